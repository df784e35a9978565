"""What BitMart's answers become: success, refusal, limit, unknown."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from blave_mcp.exchanges import gate
from blave_mcp.exchanges.bitmart.codes import COMMON
from blave_mcp.exchanges.bitmart.codes_futures import FUTURES
from blave_mcp.exchanges.bitmart.codes_spot import SPOT
from blave_mcp.exchanges.bitmart.endpoints import BITMART
from blave_mcp.exchanges.client import VenueClient
from blave_mcp.exchanges.dialect import VenueFault, Verdict
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import MissingCredentials, OutcomeUnknown, RateLimited, VenueRefused
from blave_mcp.exchanges.limits import Pacer
from blave_mcp.exchanges.wire import HttpReply
from tests.exchanges.bitmart.examples import BASES, DIALECT, KEY, NOW_MS, example, success, text_of, told
from tests.fakes import FakeClock, RecordingTransport

PLACE = example(BITMART["futures.order.create"])
SPOT_PLACE = example(BITMART["spot.order.create"])
READ = example(BITMART["futures.order.get"])
TIME = ("GET", "/system/time")


def fault(reply: HttpReply, call: Call = PLACE) -> VenueFault:
    with pytest.raises(VenueFault) as told_fault:
        DIALECT.decipher(call, reply)
    return told_fault.value


def client_over(call: Call, answer: HttpReply) -> VenueClient:
    clock = FakeClock(NOW_MS)
    routes = {(call.endpoint.method, call.endpoint.path): answer, TIME: success({"server_time": NOW_MS})}
    return VenueClient(DIALECT, RecordingTransport(routes), KEY, base_urls=BASES, clock=clock, pacer=Pacer(clock))


def test_the_payload_is_what_stands_under_data_and_no_fraction_is_a_float():
    found = DIALECT.decipher(PLACE, HttpReply(200, {}, b'{"code":1000,"data":{"order_id":1,"price":1.10}}'))
    assert found["price"] == Decimal("1.10")
    assert DIALECT.decipher(PLACE, HttpReply(200, {}, text_of("futures_placed").encode()))["order_id"]
    assert DIALECT.decipher(SPOT_PLACE, HttpReply(200, {}, text_of("spot_placed").encode()))["order_id"] == "1234567890"
    clock = DIALECT.decipher(BITMART["spot.time.get"].call(), HttpReply(200, {}, text_of("server_time").encode()))
    assert DIALECT.clock_ms(clock) == 1527777538000
    for product in ("spot", "futures"):
        assert DIALECT.clock_call(product) == BITMART[f"{product}.time.get"].call()


def test_the_code_of_a_success_is_a_number_or_a_text():
    affiliate = example(BITMART["futures.affiliate.invited"])
    body = b'{"code":"1000","message":"OK","data":{"isInviteUser":true}}'
    assert DIALECT.decipher(affiliate, HttpReply(200, {}, body)) == {"isInviteUser": True}


def test_what_is_left_of_a_limit_tells_what_is_used():
    headers = {"x-bm-ratelimit-remaining": "20", "x-bm-ratelimit-limit": "24", "x-bm-ratelimit-reset": "2"}
    assert DIALECT.used(PLACE, HttpReply(200, headers)) == {"key.24": 4}
    assert DIALECT.used(PLACE, HttpReply(200, headers | {"x-bm-ratelimit-limit": "12"})) == {}
    assert DIALECT.used(PLACE, HttpReply(200, {})) == {}


@pytest.mark.parametrize(
    ("id", "data"),
    [
        ("spot.order.create", {}),
        ("spot.margin.borrow", {"borrow_id": None}),
        ("spot.order.cancel", {"result": False}),
        ("spot.batch.create", {"code": 0, "msg": "success", "data": {"orderIds": []}}),
        ("spot.batch.cancel", {}),
        ("futures.tpsl.create", None),
        ("futures.order.cancel_after", {"result": False}),
    ],
)
def test_a_success_without_what_proves_it_does_not_tell(id: str, data: object):
    assert fault(success(data), example(BITMART[id])).verdict is Verdict.UNKNOWN


def test_the_envelope_inside_a_batch_is_read_too():
    call = example(BITMART["spot.batch.create"])
    inside = {"code": 50020, "msg": "Balance not enough", "data": {"orderIds": []}}
    found = fault(success(inside), call)
    assert (found.code, found.verdict) == ("50020", Verdict.REFUSED)
    assert fault(success({**inside, "code": 12345}), call).verdict is Verdict.UNKNOWN
    assert DIALECT.decipher(call, HttpReply(200, {}, text_of("spot_batch").encode()))["data"]["orderIds"]


def test_what_a_batch_refused_is_told_order_by_order():
    cancel = example(BITMART["spot.batch.cancel"])
    found = DIALECT.decipher(cancel, HttpReply(200, {}, text_of("spot_batch_cancel").encode()))
    assert DIALECT.refused_parts(cancel, found) == ("order 1234567892: not cancelled",)
    place = example(BITMART["spot.batch.create"])
    half = {"code": 0, "msg": "success", "data": {"orderIds": ["1"]}}
    (words,) = DIALECT.refused_parts(place, DIALECT.decipher(place, success(half)))
    assert words.startswith("1 of 2 orders got no id")
    assert DIALECT.refused_parts(PLACE, {"order_id": 1}) == ()
    assert DIALECT.refused_parts(PLACE, []) == ()


def test_nothing_found_is_an_empty_list_and_nothing_open_is_swept_already():
    assert DIALECT.decipher(BITMART["spot.order.open"].call(), told(50005)) == []
    assert DIALECT.decipher(BITMART["futures.order.list"].call(symbol="A"), told(40035)) == []
    assert DIALECT.decipher(BITMART["futures.trail.cancel"].call(symbol="A"), told(40035)) == {}
    assert fault(told(40035), BITMART["futures.trail.cancel"].call(symbol="A", order_id="1")).not_found
    assert fault(told(50005), example(BITMART["spot.order.get"])).not_found


# Every code that the reference names, on a write of the product that it belongs to: verdict, and a word of the advice.
NAMED = {
    "spot": {
        30002: ("key", "BITMART_API_MEMO"), 30005: ("key", "memo"), 30006: ("skew", "clock"), 30007: ("skew", "clock"),
        30010: ("key", "IP list"), 30011: ("key", "permissions"), 30012: ("key", "permissions"),
        30013: ("limit", "ask less often"), 50000: ("refused", "free balance"), 50001: ("refused", "parameters"),
        50002: ("refused", "parameters"), 50004: ("refused", "parameters"), 50005: ("refused", "open orders"),
        50006: ("refused", "tick"), 50007: ("refused", "tick"), 50008: ("refused", "tick"),
        50021: ("refused", "notional"), 51011: ("refused", "tick"), 51012: ("refused", "tick"),
        52000: ("refused", "parameters"), 51003: ("refused", "support"), 51006: ("refused", "owed"),
        51007: ("refused", "parameters"), 40044: ("refused", "tick"),
    },
    "futures": {
        30005: ("key", "memo"), 30007: ("skew", "clock"), 40012: ("refused", "inherit"), 40040: ("refused", "inherit"),
        40027: ("refused", "transfer_funds"), 42000: ("refused", "transfer_funds"),
        40059: ("refused", "Close the position"),
    },
}  # fmt: skip


@pytest.mark.parametrize(("product", "code"), [(product, code) for product, codes in NAMED.items() for code in codes])
def test_every_code_of_the_reference_is_the_right_fault_with_its_advice(product: str, code: int):
    kind, words = NAMED[product][code]
    found = fault(told(code), SPOT_PLACE if product == "spot" else PLACE)
    assert found.meaning
    assert words in found.advice
    assert found.bad_key is (kind == "key")
    assert found.clock_skew is (kind == "skew")
    assert found.verdict is (Verdict.RATE_LIMITED if kind == "limit" else Verdict.REFUSED)


@pytest.mark.parametrize("code", sorted({*COMMON, *SPOT, *FUTURES}))
def test_every_known_code_is_a_fault_with_a_meaning_in_our_words(code: str):
    for call in (PLACE if code in FUTURES or code in COMMON else SPOT_PLACE, READ):
        found = fault(told(int(code), "the venue's words"), call)
        assert found.code == code
        assert found.message == "the venue's words"
    call = SPOT_PLACE if code in SPOT else PLACE
    assert fault(told(int(code)), call).meaning


def test_a_system_error_proves_nothing_and_a_reason_does():
    assert fault(told(40012, "System error")).verdict is Verdict.UNKNOWN
    assert fault(told(40012, "You contract account available balance not enough.")).verdict is Verdict.REFUSED


def test_a_number_means_what_its_product_says():
    assert fault(told(40035), SPOT_PLACE).verdict is Verdict.UNKNOWN
    assert fault(told(40035), PLACE).verdict is Verdict.REFUSED


def test_unknown_codes_are_unknown_for_a_write_and_a_refusal_for_a_read():
    assert fault(told(99999)).verdict is Verdict.UNKNOWN
    assert fault(told(99999), READ).verdict is Verdict.REFUSED
    assert fault(told(99999, status=500), READ).verdict is Verdict.UNAVAILABLE
    assert fault(told(40027, status=500)).verdict is Verdict.UNKNOWN, "a server that failed may have done it"
    assert fault(told(59002, status=500), SPOT_PLACE).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("reply", "write", "read"),
    [
        (HttpReply(502, {}, b"<html>bad gateway</html>"), Verdict.UNKNOWN, Verdict.UNAVAILABLE),
        (HttpReply(200, {}, b"not json"), Verdict.UNKNOWN, Verdict.UNAVAILABLE),
        (HttpReply(200, {}, b"[]"), Verdict.UNKNOWN, Verdict.UNAVAILABLE),
        (HttpReply(429, {}, b""), Verdict.RATE_LIMITED, Verdict.RATE_LIMITED),
        (HttpReply(403, {}, b"<html>cloudflare</html>"), Verdict.RATE_LIMITED, Verdict.RATE_LIMITED),
        (HttpReply(404, {}, b""), Verdict.REFUSED, Verdict.REFUSED),
    ],
)
def test_answers_without_an_envelope_are_read_by_their_status(reply: HttpReply, write: Verdict, read: Verdict):
    assert fault(reply).verdict is write
    assert fault(reply, READ).verdict is read


def test_how_long_to_wait_is_read_where_the_venue_says_it():
    assert fault(HttpReply(429, {"x-bm-ratelimit-reset": "7"}, b"")).retry_after == 7
    assert fault(HttpReply(403, {}, b"")).retry_after == 30
    assert fault(told(30013, status=429)).retry_after == 2


async def test_the_client_tells_each_as_a_member_of_the_error_tree():
    async def sent(answer: HttpReply) -> object:
        return await client_over(PLACE, answer).write(gate.Approved(gate._MINT, PLACE))

    for code, kind in ((40027, VenueRefused), (30005, MissingCredentials), (99999, OutcomeUnknown)):
        with pytest.raises(kind) as error:
            await sent(told(code))
        assert str(code) in str(error.value)
    with pytest.raises(RateLimited):
        await client_over(READ, told(30013, status=429)).read(READ)
    body = {"code": 1000, "data": {"order_id": "1"}}
    assert (await sent(HttpReply(200, {}, json.dumps(body).encode()))) == {"order_id": "1"}
