"""Answers that are no success: which prove a refusal, which do not, and what the user is told to do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from blave_mcp.exchanges.bybit.codes import CODES
from blave_mcp.exchanges.bybit.endpoints import BYBIT
from blave_mcp.exchanges.dialect import VenueFault, Verdict
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.wire import HttpReply
from tests.exchanges.bybit.examples import DIALECT, EVERY, example, payload

WRITE, READ = example(BYBIT["linear.order.create"]), example(BYBIT["linear.order.open"])
TRANSFER = example(BYBIT["spot.transfer.create"])


def fault(call: Call, body: Any, status: int = 200, **headers: str) -> VenueFault:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises(VenueFault) as caught:
        DIALECT.decipher(call, HttpReply(status, named, raw))
    return caught.value


def said(code: int, message: str = "said") -> dict[str, Any]:
    return {"retCode": code, "retMsg": message, "result": {}, "retExtInfo": {}, "time": 1_000}


@pytest.mark.parametrize("code", CODES)
def test_every_known_code_has_a_meaning_in_our_words_and_what_to_do_where_a_key_or_funds_lack(code: int):
    met = fault(WRITE, said(code, "the venue's words"))
    assert (met.code, met.message) == (str(code), "the venue's words")
    assert met.meaning
    assert "the venue's words" not in met.meaning
    if met.bad_key:
        assert "BYBIT_API_KEY" in met.advice
    if met.verdict is Verdict.UNKNOWN:
        assert met.advice, "an unknown outcome says what to look at"


@pytest.mark.parametrize("code", CODES)
def test_no_code_leaves_a_read_in_doubt(code: int):
    assert fault(READ, said(code)).verdict in (Verdict.REFUSED, Verdict.UNAVAILABLE, Verdict.RATE_LIMITED)


@pytest.mark.parametrize(
    ("code", "verdict", "flags"),
    [
        (10001, Verdict.REFUSED, set()),
        (10002, Verdict.REFUSED, {"clock_skew"}),
        (10003, Verdict.REFUSED, {"bad_key"}),
        (10004, Verdict.REFUSED, {"bad_key"}),
        (10005, Verdict.REFUSED, {"bad_key"}),
        (10010, Verdict.REFUSED, {"bad_key"}),
        (33004, Verdict.REFUSED, {"bad_key"}),
        (10006, Verdict.RATE_LIMITED, set()),
        (10018, Verdict.RATE_LIMITED, set()),
        (10000, Verdict.UNKNOWN, set()),
        (10016, Verdict.UNKNOWN, set()),
        (170007, Verdict.UNKNOWN, set()),
        (170146, Verdict.UNKNOWN, set()),
        (110079, Verdict.UNKNOWN, set()),
        (110007, Verdict.REFUSED, set()),
        (170131, Verdict.REFUSED, set()),
        (110001, Verdict.REFUSED, {"not_found"}),
        (170213, Verdict.REFUSED, {"not_found"}),
        (110043, Verdict.REFUSED, set()),
        (110072, Verdict.REFUSED, set()),
        (131212, Verdict.REFUSED, set()),
    ],
)
def test_what_a_code_proves(code: int, verdict: Verdict, flags: set[str]):
    met = fault(WRITE, said(code))
    assert met.verdict is verdict
    assert {name for name in ("clock_skew", "bad_key", "not_found") if getattr(met, name)} == flags


def test_a_code_that_nobody_knows_proves_nothing_for_a_write_and_ends_a_read():
    assert fault(WRITE, said(987654)).verdict is Verdict.UNKNOWN
    assert fault(READ, said(987654)).verdict is Verdict.REFUSED


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (400, Verdict.REFUSED), (401, Verdict.REFUSED), (403, Verdict.RATE_LIMITED), (404, Verdict.REFUSED),
        (429, Verdict.RATE_LIMITED), (500, Verdict.UNKNOWN), (502, Verdict.UNKNOWN), (504, Verdict.UNKNOWN),
        (302, Verdict.UNKNOWN),
    ],
)  # fmt: skip
def test_what_a_status_without_an_envelope_proves(status: int, verdict: Verdict):
    met = fault(WRITE, b"<html>", status)
    assert (met.verdict, met.code, met.message) == (verdict, f"HTTP {status}", "<html>")
    assert met.bad_key is (status == 401)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b'{"retCode":"0"}', b'{"retCode":true,"result":{}}'])
def test_a_good_status_with_another_form_leaves_a_write_in_doubt(body: bytes):
    assert fault(WRITE, body).verdict is Verdict.UNKNOWN
    assert fault(READ, body).verdict is Verdict.UNAVAILABLE


def test_a_code_of_0_without_an_order_id_is_no_proof():
    assert fault(WRITE, said(0)).verdict is Verdict.UNKNOWN
    assert fault(WRITE, {**said(0), "result": {"orderId": ""}}).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(("state", "verdict"), [("FAILED", Verdict.REFUSED), ("STATUS_UNKNOWN", Verdict.UNKNOWN)])
def test_a_transfer_is_done_only_where_its_state_says_so(state: str, verdict: Verdict):
    assert fault(TRANSFER, {**said(0), "result": {"transferId": "x", "status": state}}).verdict is verdict
    good = DIALECT.decipher(TRANSFER, HttpReply(200, {}, json.dumps(payload("transfer")).encode()))
    assert good["result"]["status"] == "SUCCESS"


def test_the_reasons_of_a_refused_margin_mode_are_told():
    met = fault(example(BYBIT["linear.margin_mode.set"]), payload("margin_mode_failed"))
    assert met.verdict is Verdict.REFUSED
    assert "1000 USDC" in met.message
    assert "close positions" in met.advice


def test_a_rate_limit_says_how_long_it_lasts():
    assert fault(READ, said(10006), x_bapi_limit_reset_timestamp="3500").retry_after == 2.5
    assert fault(READ, said(10006)).retry_after == 1.0
    assert fault(READ, b"", 403).retry_after == 600.0
    assert fault(READ, said(10001)).retry_after is None


def test_what_of_a_batch_was_refused_is_told_by_element():
    call = example(BYBIT["spot.batch.create"])
    body = payload("batch")
    assert DIALECT.refused_parts(call, DIALECT.decipher(call, HttpReply(200, {}, json.dumps(body).encode()))) == ()
    body["retExtInfo"]["list"][1] = {"code": 170131, "msg": "Insufficient balance."}
    assert DIALECT.refused_parts(call, body) == ("element 2: 170131 Insufficient balance.",)
    assert DIALECT.refused_parts(WRITE, body) == ()


def test_the_usage_headers_count_against_the_endpoint_that_was_asked_where_its_limit_is_the_documented_one():
    def used(id: str, **headers: str) -> dict[str, int]:
        reply = HttpReply(200, {name.replace("_", "-"): text for name, text in headers.items()})
        return dict(DIALECT.used(example(BYBIT[id]), reply))

    assert used("linear.order.create", x_bapi_limit="10", x_bapi_limit_status="7") == {"linear.create": 3}
    assert used("linear.order.create", x_bapi_limit="20", x_bapi_limit_status="7") == {}
    assert used("spot.time.get", x_bapi_limit="10", x_bapi_limit_status="7") == {}
    assert used("linear.order.create", x_bapi_limit="10") == {}
    assert used("linear.order.create", x_bapi_limit="10", x_bapi_limit_status="11") == {}
    assert used("linear.order.create") == {}


def test_amounts_never_become_floats():
    body = b'{"retCode":0,"result":{"list":[{"x":0.1}]}}'
    assert str(DIALECT.decipher(READ, HttpReply(200, {}, body))["result"]["list"][0]["x"]) == "0.1"


def test_every_endpoint_s_success_is_told_whole():
    proofs = {"orderId": "1", "list": [], "transferId": "x", "status": "SUCCESS"}
    for endpoint in EVERY:
        body = {**said(0), "result": proofs}
        assert DIALECT.decipher(example(endpoint), HttpReply(200, {}, json.dumps(body).encode())) == body


def test_the_time_is_read_to_the_millisecond():
    assert DIALECT.clock_ms(payload("time")) == 1688639403423
