"""Every code of the reference, and the forms of OKX's answers: what each proves, and what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from blave_mcp.exchanges.client import VenueClient
from blave_mcp.exchanges.dialect import VenueFault, Verdict
from blave_mcp.exchanges.errors import (
    BlaveError,
    MissingCredentials,
    OutcomeUnknown,
    RateLimited,
    Unavailable,
    VenueRefused,
)
from blave_mcp.exchanges.gate import _MINT, Approved
from blave_mcp.exchanges.limits import Pacer
from blave_mcp.exchanges.okx.codes import CODES
from blave_mcp.exchanges.okx.endpoints import OKX
from blave_mcp.exchanges.wire import HttpReply
from tests.exchanges.okx.examples import BASE, DIALECT, KEY, LIMIT, envelope, example
from tests.fakes import FakeClock, RecordingTransport

PLACE = example(OKX["v5.order.create"])
BATCH = example(OKX["v5.batch.create"])
READ = example(OKX["v5.balance.get"])


def reply(body: Any, status: int = 200, **headers: str) -> HttpReply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpReply(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)


def item(code: str, message: str = "why", **more: str) -> dict[str, str]:
    return {"clOrdId": "b15", "ordId": "", "sCode": code, "sMsg": message, **more}


def failed(*codes: str, top: str = "1") -> HttpReply:
    return reply({"code": top, "msg": "All operations failed", "data": [item(code) for code in codes]})


def fault(answer: HttpReply, call: Any = PLACE) -> VenueFault:
    with pytest.raises(VenueFault) as raised:
        DIALECT.decipher(call, answer)
    return raised.value


async def told(answer: HttpReply, *, write: bool) -> BlaveError:
    """What the user is told, through the client."""
    clock = FakeClock()
    call = PLACE if write else READ
    now = {"code": "0", "data": [{"ts": str(clock.now_ms())}], "msg": ""}
    wire = RecordingTransport({("GET", "/api/v5/public/time"): now, (call.endpoint.method, call.endpoint.path): answer})
    client = VenueClient(DIALECT, wire, KEY, base_urls={"v5": BASE}, clock=clock, pacer=Pacer(clock))
    with pytest.raises(BlaveError) as raised:
        await (client.write(Approved(_MINT, call)) if write else client.read(call))
    return raised.value


def top(code: str, status: int = 200) -> HttpReply:
    return reply({"code": code, "msg": "why", "data": []}, status)


# The codes that the operator's reference names. Where OKX's own page means something else by a number, it wins:
# https://www.okx.com/docs-v5/en/#error-code-rest-api (50013 is a busy system, 50102 the expired timestamp; 50111 is the
# key, 50113 the signature).
REFERENCE = [
    ("50011", 429, RateLimited, OutcomeUnknown, "Wait"),
    ("50013", 429, Unavailable, OutcomeUnknown, "before anything is sent again"),
    ("50102", 401, VenueRefused, VenueRefused, "clock is compared"),
    ("50111", 401, MissingCredentials, MissingCredentials, "OKX_PASSPHRASE"),
    ("50113", 401, MissingCredentials, MissingCredentials, "OKX_SECRET_KEY"),
    ("51000", 400, VenueRefused, VenueRefused, "parameters"),
    ("51008", 200, VenueRefused, VenueRefused, "ctVal"),
]


@pytest.mark.parametrize(("code", "status", "read", "write", "advice"), REFERENCE, ids=[row[0] for row in REFERENCE])
async def test_every_code_of_the_reference_is_the_right_error_with_the_right_advice(
    code: str, status: int, read: type[BlaveError], write: type[BlaveError], advice: str
):
    error = await told(top(code, status), write=False)
    assert type(error) is read
    assert advice in error.advice or read in (RateLimited, Unavailable)
    error = await told(top(code, status), write=True)
    assert type(error) is write
    assert CODES[code].advice.find(advice) >= 0
    assert code in error.what


async def test_a_request_that_the_edge_turned_away_never_reached_okx():
    answer = reply(b"<html>error code: 1010</html>", 403)
    error = await told(answer, write=True)
    assert type(error) is VenueRefused
    assert "User-Agent" in error.what


def test_zero_is_success_and_the_payload_is_the_data():
    for name, call in (("order_placed", PLACE), ("balance", READ)):
        assert DIALECT.decipher(call, reply(envelope_text(name)))[0] is not None


def envelope_text(name: str) -> bytes:
    return json.dumps(envelope(name), default=str).encode()


@pytest.mark.parametrize("code", ["51008", "51121", "51016", "51006", "51169", "51020"])
def test_an_order_s_own_code_says_that_it_was_refused(code: str):
    found = fault(failed(code))
    assert (found.verdict, found.code) == (Verdict.REFUSED, code)
    assert found.meaning
    assert found.message == "why"


def test_an_unlisted_code_of_an_order_is_a_refusal_by_its_form():
    found = fault(failed("51999"))
    assert (found.verdict, found.code, found.meaning) == (Verdict.REFUSED, "51999", "")


def test_a_refusal_is_read_also_where_the_code_above_it_says_success():
    assert fault(failed("51603", top="0")).not_found


@pytest.mark.parametrize("code", ["50004", "50026", "50001", "50013", "51149"])
def test_a_code_that_proves_nothing_leaves_a_write_unknown(code: str):
    assert fault(failed(code)).verdict is Verdict.UNKNOWN
    assert fault(top(code)).verdict is Verdict.UNKNOWN
    assert fault(top(code), READ).verdict is Verdict.UNAVAILABLE


@pytest.mark.parametrize("status", [200, 400, 500, 503])
async def test_a_code_that_nobody_knows_is_unknown_for_a_write(status: int):
    assert fault(top("50999", status)).verdict is Verdict.UNKNOWN
    assert type(await told(top("50999", status), write=True)) is OutcomeUnknown


@pytest.mark.parametrize(
    "answer",
    [
        reply(b"", 502), reply(b"<html>", 504), reply(b"not json"), reply([]), reply({"code": "0"}),
        reply({"code": "0", "data": {}}), top("1"), reply({"msg": "x"}, 404),
    ],
)  # fmt: skip
async def test_any_other_form_is_unknown_for_a_write(answer: HttpReply):
    assert type(await told(answer, write=True)) is OutcomeUnknown


def test_a_refusal_in_a_server_error_is_no_proof():
    assert fault(reply({"code": "51008", "msg": "", "data": []}, 503)).verdict is Verdict.UNKNOWN


def test_a_batch_of_which_a_part_failed_is_an_answer_that_tells_the_part():
    body = {"code": "2", "msg": "", "data": [item("0", ordId="1"), item("51008")]}
    payload = DIALECT.decipher(BATCH, reply(body))
    assert DIALECT.refused_parts(BATCH, payload) == ("element 2: 51008 why",)
    assert DIALECT.refused_parts(PLACE, [item("0")]) == ()


def test_of_a_batch_that_failed_the_worst_decides():
    assert fault(failed("51008", "50004"), BATCH).verdict is Verdict.UNKNOWN
    assert fault(failed("51008", "51020"), BATCH).verdict is Verdict.REFUSED


def test_rate_limits_carry_what_the_venue_asks_for():
    found = fault(reply({"code": "50011", "msg": "Too Many Requests", "data": []}, 429, retry_after="3"))
    assert (found.verdict, found.retry_after) == (Verdict.RATE_LIMITED, 3)
    assert fault(reply(b"slow down", 429)).verdict is Verdict.RATE_LIMITED
    assert fault(top("50061")).verdict is Verdict.RATE_LIMITED


def test_clock_skew_missing_things_and_bad_keys_are_told_apart():
    assert fault(top("50102", 401)).clock_skew
    assert fault(top("51603")).not_found
    for code in ("50101", "50103", "50105", "50110", "50111", "50113", "50119", "50120"):
        assert fault(top(code, 401)).bad_key, code


def test_a_subcode_means_what_its_code_does():
    found = fault(failed("51004_1101"))
    assert (found.verdict, found.meaning) == (Verdict.REFUSED, CODES["51004"].meaning)


def test_every_known_code_has_a_meaning_and_what_is_no_proof_says_to_look():
    for code, known in CODES.items():
        assert known.meaning.endswith("."), code
        if known.verdict is not Verdict.REFUSED:
            assert known.advice, code


def test_no_number_passes_through_a_float():
    body = b'{"code":"0","msg":"","data":[{"px":0.1,"n":1}]}'
    assert str(DIALECT.decipher(READ, HttpReply(200, {}, body))[0]["px"]) == "0.1"


def test_client_ids_are_letters_and_digits():
    assert DIALECT.client_id("v5", "", "abc1") == "abc1"
    assert DIALECT.client_id("v5", "Mine2", "abc1") == "Mine2"
    for bad in ("a-b", "x" * 33, "ä", "a b"):
        with pytest.raises(BlaveError, match="does not take the client order id"):
            DIALECT.client_id("v5", bad, "abc1")
    with pytest.raises(ValueError, match="has not been stamped"):
        DIALECT.request(OKX["v5.order.create"].call({**LIMIT, "clOrdId": "a-b"}), KEY, base_url=BASE, now_ms=0,
                        testnet=False)  # fmt: skip
