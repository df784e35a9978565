"""What Bitget's answers become: success, refusal, limit, unknown."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from blave_mcp.exchanges import gate
from blave_mcp.exchanges.bitget.codes import CODES, NOTHING_OPEN
from blave_mcp.exchanges.bitget.endpoints import BITGET
from blave_mcp.exchanges.client import VenueClient
from blave_mcp.exchanges.dialect import VenueFault, Verdict
from blave_mcp.exchanges.errors import MissingCredentials, OutcomeUnknown, RateLimited, VenueRefused
from blave_mcp.exchanges.limits import Pacer
from blave_mcp.exchanges.wire import HttpReply
from tests.exchanges.bitget.examples import BASE, DIALECT, KEY, NOW_MS, example, payload, success, text_of, told
from tests.fakes import FakeClock, RecordingTransport

PLACE = example(BITGET["futures.order.create"])
READ = example(BITGET["futures.order.get"])
TIME = ("GET", "/api/v2/public/time")


def fault(reply: HttpReply, call=PLACE) -> VenueFault:
    with pytest.raises(VenueFault) as told_fault:
        DIALECT.decipher(call, reply)
    return told_fault.value


def client_over(answer: HttpReply) -> VenueClient:
    clock = FakeClock(NOW_MS)
    route = ("POST", PLACE.endpoint.path)
    read = ("GET", READ.endpoint.path)
    transport = RecordingTransport({TIME: success({"serverTime": str(NOW_MS)}), route: answer, read: answer})
    return VenueClient(
        DIALECT, transport, KEY, base_urls={"spot": BASE, "futures": BASE}, clock=clock, pacer=Pacer(clock)
    )


def test_the_payload_is_what_stands_under_data_and_no_fraction_is_a_float():
    found = DIALECT.decipher(example(BITGET["futures.book.get"]), HttpReply(200, {}, text_of("futures_depth").encode()))
    assert found["asks"][0] == [Decimal("26347.5"), Decimal("0.25")]
    assert DIALECT.decipher(PLACE, HttpReply(200, {}, text_of("futures_placed").encode()))["orderId"] == "121211212122"
    assert DIALECT.clock_ms(payload("server_time")) == 1688008631614
    assert DIALECT.clock_call("futures") == BITGET["spot.time.get"].call()


def test_what_is_left_of_a_limit_tells_what_is_used():
    assert DIALECT.used(PLACE, HttpReply(200, {"x-mbx-used-remain-limit": "7"})) == {"uid.10": 3}
    assert DIALECT.used(PLACE, HttpReply(200, {"x-mbx-used-remain-limit": "20"})) == {}
    assert DIALECT.used(PLACE, HttpReply(200, {})) == {}


def test_a_reduce_only_order_is_accepted_without_an_order_id():
    assert DIALECT.decipher(PLACE, success({"clientOid": "t1"}))["clientOid"] == "t1"
    assert fault(success({})).verdict is Verdict.UNKNOWN
    assert fault(success(None)).verdict is Verdict.UNKNOWN


def test_a_replacement_that_failed_may_have_cancelled_the_old_order():
    call = example(BITGET["spot.order.replace"])
    assert DIALECT.decipher(call, HttpReply(200, {}, text_of("spot_replace").encode()))["success"] == "success"
    half = fault(success({"orderId": None, "clientOid": None, "success": "failure", "msg": "duplicate"}), call)
    assert half.verdict is Verdict.UNKNOWN
    assert fault(success({"result": "failure"}), example(BITGET["spot.plan.cancel"])).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("code", NOTHING_OPEN)
def test_cancelling_whatever_is_open_where_nothing_is_has_what_it_asked_for(code: str):
    sweep = BITGET["futures.batch.cancel"].call(symbol="BTCUSDT", productType="USDT-FUTURES")
    assert DIALECT.decipher(sweep, told(code)) == {"successList": [], "failureList": []}
    assert fault(told(code), example(BITGET["futures.batch.cancel"])).verdict is Verdict.REFUSED
    assert fault(told(code), example(BITGET["futures.order.cancel"])).verdict is Verdict.REFUSED


def test_what_a_batch_refused_is_told_order_by_order():
    call = example(BITGET["futures.batch.cancel"])
    found = DIALECT.decipher(call, HttpReply(200, {}, text_of("futures_batch_cancel").encode()))
    assert DIALECT.refused_parts(call, found) == ("order 232:  notExistend",)
    spot = DIALECT.decipher(
        example(BITGET["spot.batch.create"]), HttpReply(200, {}, text_of("spot_batch").encode())
    )  # fmt: skip
    assert DIALECT.refused_parts(call, spot) == ("order 121211212122:  clientOrderId duplicate",)
    named = {"failureList": [{"clientOid": "a", "errorCode": "43012", "errorMsg": "Insufficient balance"}]}
    assert DIALECT.refused_parts(call, named) == ("order a: 43012 Insufficient balance",)
    assert DIALECT.refused_parts(call, payload("futures_placed")) == ()
    assert DIALECT.refused_parts(call, []) == ()


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_of_the_table_has_a_meaning_and_its_verdict(code: str):
    known = CODES[code]
    found = fault(told(code))
    assert known.meaning
    assert (found.code, found.meaning, found.verdict) == (code, known.meaning, known.verdict)
    assert (found.bad_key, found.clock_skew, found.not_found) == (known.bad_key, known.clock_skew, known.not_found)
    if known.bad_key:
        assert "BITGET_PASSPHRASE" in found.advice
    if known.verdict is Verdict.UNKNOWN:
        assert fault(told(code), READ).verdict is Verdict.UNAVAILABLE, "a read may be asked again"


@pytest.mark.parametrize(
    ("code", "verdict", "flag"),
    [
        ("40009", Verdict.REFUSED, "bad_key"),
        ("40012", Verdict.REFUSED, "bad_key"),
        ("40037", Verdict.REFUSED, "bad_key"),
        ("40008", Verdict.REFUSED, "clock_skew"),
        ("40109", Verdict.REFUSED, "not_found"),
        ("43001", Verdict.REFUSED, "not_found"),
        ("43025", Verdict.REFUSED, "not_found"),
        ("43012", Verdict.REFUSED, ""),
        ("40762", Verdict.REFUSED, ""),
        ("45110", Verdict.REFUSED, ""),
        ("40774", Verdict.REFUSED, ""),
        ("40015", Verdict.UNKNOWN, ""),
        ("40725", Verdict.UNKNOWN, ""),
        ("45001", Verdict.UNKNOWN, ""),
        ("429", Verdict.RATE_LIMITED, ""),
    ],
)
def test_the_codes_that_decide_are_read_as_they_are_meant(code: str, verdict: Verdict, flag: str):
    found = fault(told(code))
    assert found.verdict is verdict
    assert [name for name in ("bad_key", "clock_skew", "not_found") if getattr(found, name)] == ([flag] if flag else [])


def test_a_code_that_is_not_known_is_unknown_for_a_write_and_refused_for_a_read():
    assert fault(told("99999")).verdict is Verdict.UNKNOWN
    assert fault(told("99999"), READ).verdict is Verdict.REFUSED
    assert fault(told("99999", status=500), READ).verdict is Verdict.UNAVAILABLE
    assert fault(told("43012", status=500)).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("reply", "write", "read"),
    [
        (HttpReply(502, {}, b"<html>"), Verdict.UNKNOWN, Verdict.UNAVAILABLE),
        (HttpReply(200, {}, b"<html>"), Verdict.UNKNOWN, Verdict.UNAVAILABLE),
        (HttpReply(200, {}, b'{"code": "00000", "data": NaN}'), Verdict.UNKNOWN, Verdict.UNAVAILABLE),
        (HttpReply(429, {}, b""), Verdict.RATE_LIMITED, Verdict.RATE_LIMITED),
        (HttpReply(403, {}, b"denied"), Verdict.RATE_LIMITED, Verdict.RATE_LIMITED),
        (HttpReply(401, {}, b""), Verdict.REFUSED, Verdict.REFUSED),
        (HttpReply(404, {}, b"gone"), Verdict.UNKNOWN, Verdict.UNAVAILABLE),
    ],
)
def test_an_answer_without_an_envelope_proves_nothing(reply: HttpReply, write: Verdict, read: Verdict):
    assert fault(reply).verdict is write
    assert fault(reply, READ).verdict is read


def test_a_limit_tells_how_long_to_wait():
    assert fault(HttpReply(429, {"retry-after": "7"}, b"")).retry_after == 7
    assert fault(told("429", status=429)).retry_after == 1
    assert fault(HttpReply(403, {}, b"")).retry_after == 300


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (told("43012", "Insufficient balance"), VenueRefused, "Nothing was changed"),
        (told("40009", "sign signature error"), MissingCredentials, "BITGET_PASSPHRASE"),
        (told("40725", "service return an error"), OutcomeUnknown, "do not send it again"),
        (told("99999", "new"), OutcomeUnknown, "t1"),
        (HttpReply(504, {}, b""), OutcomeUnknown, "do not send it again"),
    ],
)
async def test_a_write_becomes_the_right_member_of_the_error_tree(
    answer: HttpReply, error: type[Exception], words: str
):
    with pytest.raises(error, match=words):
        await client_over(answer).write(gate.Approved(gate._MINT, PLACE))


async def test_a_read_over_the_limit_says_how_long():
    with pytest.raises(RateLimited, match="429"):
        await client_over(HttpReply(429, {"retry-after": "60"}, json.dumps({"code": "429"}).encode())).read(READ)
