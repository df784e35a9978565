"""What an answer of BingX is taken for: a success, a refusal that is proven, or an outcome that is not known."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from blave_mcp.exchanges.bingx.codes import CODES, KEY_PAGE
from blave_mcp.exchanges.bingx.endpoints import BINGX
from blave_mcp.exchanges.dialect import VenueFault, Verdict
from blave_mcp.exchanges.wire import HttpReply
from tests.exchanges.bingx.examples import DIALECT, answer, example, payload

READ = example(BINGX["swap.order.get"])
WRITE = example(BINGX["swap.order.create"])
# Every code that the reference's sources name, and what must come of it for a write.
REFUSED = (
    100004, 100412, 100413, 100419, 100001, 100421, 101204, 101206, 101211, 101400, 101415, 101419, 101481, 104103,
    109400, 109421, 109425, 110206, 110400, 80014, 80016, 80017, 100202, 100204, 100400, 100437,
)  # fmt: skip
UNKNOWN = (100500, 100503, 109500, 110500, 80001, 80012)
LIMITED = (100410, 109429)


def reply(body: Any, status: int = 200, **headers: str) -> HttpReply:
    return HttpReply(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def fault(call: Any, answered: HttpReply) -> VenueFault:
    with pytest.raises(VenueFault) as told:
        DIALECT.decipher(call, answered)
    return told.value


def told(code: int, message: str = "said") -> HttpReply:
    return reply({"code": code, "msg": message, "data": {}})


def test_a_success_is_what_stands_under_data_with_every_fraction_a_decimal():
    found = DIALECT.decipher(example(BINGX["swap.fees.get"]), reply(b'{"code":0,"data":{"rate":0.0005,"n":1e-7}}'))
    assert found == {"rate": Decimal("0.0005"), "n": Decimal("1E-7")}
    assert all(isinstance(value, Decimal) for value in found.values())
    assert DIALECT.decipher(example(BINGX["swap.margin_mode.set"]), reply({"code": 0, "msg": ""})) == {}
    assert DIALECT.decipher(example(BINGX["swap.position_mode.get"]), reply(answer("swap_position_mode"))) == {
        "dualSidePosition": "false"
    }
    assert DIALECT.decipher(READ, reply({"code": 0, "data": None})) == {}


def test_the_transfer_endpoints_answer_without_a_code():
    create = example(BINGX["spot.transfer.create"])
    assert DIALECT.decipher(create, reply(answer("spot_transfer")))["transferId"] == "1051450703949464903736"
    listed = json.dumps(answer("spot_transfers")).encode()
    assert DIALECT.decipher(example(BINGX["spot.transfer.list"]), reply(listed))["total"] == 2
    short = fault(create, reply({"transferErrorMsg": "Insufficient assets"}))
    assert (short.verdict, short.meaning) == (Verdict.REFUSED, "The balance is not enough.")
    assert fault(create, reply({"transferErrorMsg": "something new"})).verdict is Verdict.UNKNOWN
    assert fault(create, reply({})).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("code", REFUSED)
def test_a_code_that_proves_a_refusal_is_a_refusal_with_advice(code: int):
    for call in (READ, WRITE):
        found = fault(call, told(code))
        assert (found.verdict, found.code, found.message) == (Verdict.REFUSED, str(code), "said")
        assert found.meaning
        assert found.advice


@pytest.mark.parametrize("code", UNKNOWN)
def test_a_busy_system_leaves_a_write_unknown_and_makes_a_read_unavailable(code: int):
    written, read = fault(WRITE, told(code)), fault(READ, told(code))
    assert (written.verdict, read.verdict) == (Verdict.UNKNOWN, Verdict.UNAVAILABLE)
    assert "before anything is sent again" in written.advice


@pytest.mark.parametrize("code", LIMITED)
def test_a_limit_is_a_limit(code: int):
    assert fault(READ, told(code)).verdict is Verdict.RATE_LIMITED
    until = "will be unblocked after 1696751141337"
    date = "Sun, 08 Oct 2023 07:45:31 GMT"
    assert fault(READ, reply({"code": code, "msg": until}, date=date)).retry_after == 11
    assert fault(READ, reply({"code": code, "msg": until}, date="nonsense")).retry_after is None
    assert fault(READ, reply({"code": code, "msg": ""}, 200, **{"retry-after": "7"})).retry_after == 7


@pytest.mark.parametrize("code", [100001, 100004, 100412, 100413, 100419])
def test_a_bad_key_is_told_with_the_variables_and_the_page(code: int):
    found = fault(READ, told(code))
    assert found.bad_key
    assert "BINGX_API_KEY" in found.advice
    assert KEY_PAGE in found.advice


@pytest.mark.parametrize(("code", "message"), [(100421, "Null timestamp"), (109400, "timestamp is invalid")])
def test_a_clock_that_is_off_is_told_by_the_words(code: int, message: str):
    assert fault(READ, told(code, message)).clock_skew
    assert not fault(READ, told(code, "This pair is currently restricted from API trading")).clock_skew


@pytest.mark.parametrize(
    ("code", "message"), [(80016, ""), (109421, ""), (100404, ""), (109420, ""), (109400, "order not exist")]
)
def test_a_thing_that_is_not_there_is_told_as_not_found(code: int, message: str):
    assert fault(READ, told(code, message)).not_found
    assert not fault(READ, told(109400, "symbol is wrong")).not_found


@pytest.mark.parametrize("code", [1, 99999, 123456, -1])
def test_an_unknown_code_proves_nothing_for_a_write_and_is_not_asked_again_for_a_read(code: int):
    assert fault(WRITE, told(code)).verdict is Verdict.UNKNOWN
    assert fault(READ, told(code)).verdict is Verdict.REFUSED


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_proves_nothing_even_with_a_code(status: int):
    for body in (b"<html>", b"", {"code": 109421, "msg": "order not exist"}, {"code": 100500, "msg": ""}):
        assert fault(WRITE, reply(body, status)).verdict is Verdict.UNKNOWN
    assert fault(READ, reply(b"<html>", status)).verdict is Verdict.UNAVAILABLE


@pytest.mark.parametrize(
    ("status", "verdict", "bad_key"),
    [
        (400, Verdict.REFUSED, False),
        (401, Verdict.REFUSED, True),
        (403, Verdict.REFUSED, True),
        (404, Verdict.REFUSED, False),
        (418, Verdict.RATE_LIMITED, False),
        (429, Verdict.RATE_LIMITED, False),
        (302, Verdict.UNKNOWN, False),
    ],
)
def test_a_status_without_a_code_is_judged_by_itself(status: int, verdict: Verdict, bad_key: bool):
    found = fault(WRITE, reply(b"no json", status))
    assert (found.verdict, found.bad_key, found.code) == (verdict, bad_key, f"HTTP {status}")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"code":0}', b'{"code":0,"data":{}}', b'{"code":0,"data":{"x":NaN}}', b'{"code":"x"}']
)
def test_a_success_that_does_not_hold_the_order_proves_nothing(body: bytes):
    assert fault(WRITE, reply(body)).verdict is Verdict.UNKNOWN


def test_every_code_has_a_meaning_of_its_own_words_and_what_to_do():
    for code, known in CODES.items():
        assert known.meaning.endswith("."), code
        assert known.advice.endswith((".", ";")) or "BINGX_API_KEY" in known.advice, code


def test_what_of_a_batch_was_refused_is_told_line_by_line():
    create, cancel, replace = (
        example(BINGX[id]) for id in ("swap.batch.create", "swap.batch.cancel", "swap.order.replace")
    )
    errors = {"orders": [{"orderId": 1}], "errors": [{"code": 101204, "msg": "Insufficient margin"}]}
    assert DIALECT.refused_parts(create, errors) == ("element 1: 101204 Insufficient margin",)
    failed = {"success": [], "failed": [{"orderId": 7, "errorCode": 109421, "errorMessage": "order not exist"}]}
    assert DIALECT.refused_parts(cancel, failed) == ("7: 109421 order not exist",)
    assert DIALECT.refused_parts(cancel, payload("swap_canceled_batch")) == ()
    inside = {"orders": [{"orderId": 1}, {"code": 100202, "msg": "Insufficient balance"}]}
    assert DIALECT.refused_parts(example(BINGX["spot.batch.create"]), inside) == (
        "element 2: 100202 Insufficient balance",
    )
    assert DIALECT.refused_parts(replace, payload("swap_replaced")) == ()
    half = payload("swap_replaced") | {"replaceResult": "false", "replaceMsg": "101204 Insufficient margin"}
    assert DIALECT.refused_parts(replace, half) == ("new: 101204 Insufficient margin",)
    spot = example(BINGX["spot.order.replace"])
    assert DIALECT.refused_parts(spot, payload("spot_replaced")) == ()
    bad = {"code": "100202", "msg": "Insufficient balance", "result": False}
    assert DIALECT.refused_parts(spot, payload("spot_replaced") | {"openResult": bad}) == (
        "new: 100202 Insufficient balance",
    )
    assert DIALECT.refused_parts(READ, []) == ()


def test_what_is_left_of_an_endpoint_s_own_limit_is_read_from_its_answer():
    call = example(BINGX["swap.order.create"])
    left = HttpReply(200, {"x-ratelimit-requests-remain": "7"}, b"")
    assert DIALECT.used(call, left) == {"swap.order.create": 3}
    assert DIALECT.used(call, HttpReply(200, {}, b"")) == {}
    assert DIALECT.used(example(BINGX["swap.ticker.day"]), left) == {}, "market data share one limit"
