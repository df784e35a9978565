"""What an answer proves: success, refusal, or nothing."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blave_mcp.exchanges.binance.codes import FUTURES, SPOT, lookup
from blave_mcp.exchanges.binance.endpoints import BINANCE
from blave_mcp.exchanges.dialect import VenueFault, Verdict
from blave_mcp.exchanges.endpoint import Call, Effect
from blave_mcp.exchanges.wire import HttpReply
from tests.conftest import ROOT
from tests.exchanges.binance.examples import DIALECT, EVERY, example, payload

PLACE_SPOT = example(BINANCE["spot.order.create"])
PLACE_FUTURES = example(BINANCE["futures.order.create"])
READ = example(BINANCE["futures.order.get"])
REPLACE = example(BINANCE["spot.order.replace"])


def answer(status: int, body: Any, **headers: str) -> HttpReply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpReply(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)


def fault(call: Call, reply: HttpReply) -> VenueFault:
    with pytest.raises(VenueFault) as caught:
        DIALECT.decipher(call, reply)
    return caught.value


def error(code: int, message: str = "said") -> dict[str, Any]:
    return {"code": code, "msg": message}


def test_fractions_come_back_as_decimals_to_the_digit():
    reply = HttpReply(200, {}, b'{"a": 0.1000000000000000055511151231257827, "b": 1, "c": "0.10"}')
    assert DIALECT.decipher(READ, reply) == {"a": Decimal("0.1000000000000000055511151231257827"), "b": 1, "c": "0.10"}


@pytest.mark.parametrize(
    ("id", "body"),
    [
        ("futures.algo.cancel", payload("futures_algo_cancel")),
        ("futures.order.cancel_all", {"code": 200, "msg": "The operation of cancel all open order is done."}),
        ("futures.margin_mode.set", {"code": 200, "msg": "success"}),
        ("spot.order.test", {}),
        ("futures.batch.create", payload("futures_batch")),
        ("spot.order.cancel_all", []),
    ],
)
def test_the_documented_successes_are_payloads(id: str, body: Any):
    assert DIALECT.decipher(example(BINANCE[id]), answer(200, body)) == body


@pytest.mark.parametrize("code", [-1013, -1021, -1100, -1111, -1121, -2010, -2011, -2013, -2015])
@pytest.mark.parametrize("call", [PLACE_SPOT, PLACE_FUTURES], ids=["spot", "futures"])
def test_a_documented_refusal_proves_that_nothing_was_changed(call: Call, code: int):
    found = fault(call, answer(400, error(code)))
    assert (found.verdict, found.code, found.message) == (Verdict.REFUSED, str(code), "said")
    assert found.meaning


@pytest.mark.parametrize(
    ("call", "status", "body", "verdict"),
    [
        (PLACE_FUTURES, 400, error(-2019), Verdict.REFUSED),
        (PLACE_FUTURES, 400, error(-4120), Verdict.REFUSED),
        (PLACE_FUTURES, 400, error(-5022), Verdict.REFUSED),
        (PLACE_FUTURES, 408, error(-1007), Verdict.UNKNOWN),
        (PLACE_FUTURES, 400, error(-4083), Verdict.UNKNOWN),
        (PLACE_FUTURES, 503, error(-1008), Verdict.REFUSED),
        (PLACE_SPOT, 503, error(-1008), Verdict.UNKNOWN),
        (PLACE_FUTURES, 503, error(-1001, "Service Unavailable."), Verdict.REFUSED),
        (
            PLACE_FUTURES,
            503,
            error(-1001, "Internal error; unable to process your request. Please try again."),
            Verdict.REFUSED,
        ),
        (
            PLACE_FUTURES,
            503,
            error(-1000, "Unknown error, please check your request or try again later."),
            Verdict.UNKNOWN,
        ),
        (PLACE_SPOT, 500, error(-1121), Verdict.UNKNOWN),
        (PLACE_SPOT, 502, b"<html>Bad Gateway</html>", Verdict.UNKNOWN),
        (PLACE_SPOT, 400, error(-1006), Verdict.UNKNOWN),
        (PLACE_SPOT, 400, error(-1007), Verdict.UNKNOWN),
        (PLACE_SPOT, 400, error(-1000), Verdict.UNKNOWN),
        (PLACE_SPOT, 400, error(-9999), Verdict.UNKNOWN),
        (PLACE_SPOT, 400, b"not json", Verdict.UNKNOWN),
        (PLACE_SPOT, 404, b"", Verdict.UNKNOWN),
        (PLACE_SPOT, 200, b"", Verdict.UNKNOWN),
        (PLACE_SPOT, 200, b"NaN", Verdict.UNKNOWN),
        (PLACE_SPOT, 200, b'{"orderId": NaN}', Verdict.UNKNOWN),
        (PLACE_SPOT, 200, {}, Verdict.UNKNOWN),
        (PLACE_SPOT, 200, [], Verdict.UNKNOWN),
        (PLACE_SPOT, 200, "ok", Verdict.UNKNOWN),
        (PLACE_SPOT, 200, error(-2010), Verdict.UNKNOWN),
        (PLACE_FUTURES, 200, {"code": 200, "msg": "success"}, Verdict.UNKNOWN),
        (PLACE_SPOT, 302, b"", Verdict.UNKNOWN),
    ],
)
def test_what_is_no_proof_stays_unknown(call: Call, status: int, body: Any, verdict: Verdict):
    assert fault(call, answer(status, body)).verdict is verdict


@pytest.mark.parametrize("status", [403, 418, 429])
def test_limits_are_told_with_the_wait_that_the_venue_asks_for(status: int):
    found = fault(READ, answer(status, error(-1003), retry_after="37"))
    assert (found.verdict, found.retry_after, found.code) == (Verdict.RATE_LIMITED, 37, "-1003")
    assert fault(PLACE_SPOT, answer(status, b"<html>")).verdict is Verdict.RATE_LIMITED


@pytest.mark.parametrize("code", [-1003, -1015])
def test_a_limit_told_by_its_code_is_a_limit(code: int):
    assert fault(READ, answer(400, error(code))).verdict is Verdict.RATE_LIMITED


@pytest.mark.parametrize("code", [-1002, -1022, -2014, -2015])
def test_a_bad_key_names_the_variables_and_where_a_key_is_made(code: int):
    found = fault(READ, answer(401, error(code)))
    assert found.bad_key
    for word in ("BINANCE_API_KEY", "BINANCE_SECRET_KEY", "https://www.binance.com/en/my/settings/api-management"):
        assert word in found.advice


def test_a_clock_outside_the_window_is_told_apart():
    assert fault(READ, answer(400, error(-1021))).clock_skew
    assert fault(PLACE_FUTURES, answer(400, error(-5028))).clock_skew
    assert not fault(READ, answer(400, error(-1022))).clock_skew


def test_what_does_not_exist_is_told_apart():
    assert fault(READ, answer(400, error(-2013, "Order does not exist."))).not_found
    lists = example(BINANCE["spot.list.get"])
    assert fault(lists, answer(400, error(-2018, "Order list does not exist."))).not_found
    assert not fault(READ, answer(400, error(-2018))).not_found
    assert not fault(READ, answer(503, error(-1001, "Order does not exist."))).not_found


def test_the_same_code_means_different_things_on_spot_and_futures():
    spot, futures = lookup("spot", -2021), lookup("futures", -2021)
    assert spot is not None
    assert futures is not None
    assert spot.verdict is Verdict.UNKNOWN
    assert futures.verdict is Verdict.REFUSED
    assert "trigger" in futures.meaning


def test_a_cancel_replace_of_which_half_went_through_comes_back_whole():
    half = payload("spot_replace_half")
    assert DIALECT.decipher(REPLACE, answer(409, half)) == half
    limited = {"code": -2021, "msg": "", "data": {"cancelResult": "SUCCESS", "newOrderResult": "FAILURE"}}
    assert DIALECT.decipher(REPLACE, answer(429, limited)) == limited
    assert fault(REPLACE, answer(400, payload("spot_replace_failed"))).verdict is Verdict.REFUSED
    assert fault(REPLACE, answer(409, error(-2021))).verdict is Verdict.UNKNOWN


def test_a_read_that_may_be_asked_again_is_unavailable_and_never_unknown():
    for status, body in ((500, b""), (503, error(-1008)), (400, error(-1001)), (200, b"<html>"), (404, b"")):
        assert fault(READ, answer(status, body)).verdict is Verdict.UNAVAILABLE
    assert fault(READ, answer(400, error(-9999))).verdict is Verdict.REFUSED


ANY_BODY = st.binary(max_size=60) | st.from_regex(r'\{"code": ?-?[0-9]{1,5}\}').map(str.encode)


@given(status=st.integers(200, 599), body=ANY_BODY)
@settings(deadline=None, max_examples=300)
def test_no_answer_to_an_order_is_taken_for_more_than_it_proves(status: int, body: bytes):
    for call in (PLACE_SPOT, PLACE_FUTURES):
        found = fault(call, HttpReply(status, {}, body))
        assert found.verdict is not Verdict.UNAVAILABLE
        if found.verdict is Verdict.REFUSED:
            assert lookup(call.endpoint.product, int(found.code)) is not None
            assert status >= 400


def test_every_endpoint_s_refusal_is_deciphered():
    for endpoint in EVERY:
        found = fault(example(endpoint), answer(400, payload("error")))
        assert (found.verdict, found.code) == (Verdict.REFUSED, "-1121")


def test_every_meaning_is_one_or_two_sentences_of_ours():
    for code in (*SPOT.values(), *FUTURES.values()):
        assert re.fullmatch(r"[A-Za-z].*\.", code.meaning), code.meaning
        assert code.advice == "" or code.advice.endswith((".", ";")), code.advice


def test_every_table_holds_what_the_documentation_lists():
    for number in (-1000, -1021, -1102, -1165, -2010, -2013, -2026):
        assert number in SPOT
    for number in (-1000, -1021, -2018, -2019, -2021, -2022, -2027, -4003, -4046, -4061, -4120, -4164, -5021, -5022):
        assert number in FUTURES


def test_the_venue_s_counts_go_to_the_product_that_was_asked():
    def used(product: str, **headers: str) -> dict[str, int]:
        return dict(DIALECT.used(BINANCE[f"{product}.time.get"].call(), answer(200, {}, **headers)))

    assert used("spot", x_mbx_used_weight_1m="31", x_mbx_order_count_10s="2", x_mbx_order_count_1d="9") == {
        "spot.weight": 31,
        "spot.orders": 2,
    }
    assert used("futures", x_mbx_used_weight_1m="12", x_mbx_order_count_10s="1", x_mbx_order_count_1m="1") == {
        "futures.weight": 12,
        "futures.orders": 1,
    }
    assert used("futures", x_mbx_used_weight_1m="12") == {"futures.weight": 12}
    assert used("spot", x_sapi_used_uid_weight_1m="900") == {"wallet.uid": 900}
    assert used("spot", x_mbx_used_weight="x", x_mbx_used_weight_1m="-1") == {}


def test_every_payload_file_has_a_line_that_says_where_it_is_from():
    folder = ROOT / "tests" / "payloads"
    table = (folder / "README.md").read_text()
    for path in [*folder.glob("binance/*.json"), *folder.glob("blave/*.json")]:
        assert f"| `{path.parent.name}/{path.name}` | https://" in table


def test_no_write_is_deciphered_as_a_read():
    assert all(endpoint.writes == (endpoint.effect is Effect.WRITE) for endpoint in EVERY)
