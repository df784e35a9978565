"""What every answer means: successes by their notification, errors by code or text, and what proves a refusal."""

from __future__ import annotations

from typing import Any

import pytest

from blave_mcp.exchanges.bitfinex.codes import CODES
from blave_mcp.exchanges.bitfinex.endpoints import BITFINEX
from blave_mcp.exchanges.client import VenueClient
from blave_mcp.exchanges.dialect import VenueFault, Verdict
from blave_mcp.exchanges.errors import MissingCredentials, RateLimited, Unavailable, VenueRefused
from blave_mcp.exchanges.limits import Pacer
from blave_mcp.exchanges.turns import MemoryTurns
from blave_mcp.exchanges.wire import HttpReply
from tests.exchanges.bitfinex.examples import DIALECT, KEY, WRITES, example, plain, reply
from tests.fakes import FakeClock, RecordingTransport

READ = BITFINEX["auth.wallet.list"].call()
WRITE = example(BITFINEX["auth.order.create"])


def fault(call: Any, answer: HttpReply) -> VenueFault:
    with pytest.raises(VenueFault) as found:
        DIALECT.decipher(call, answer)
    return found.value


def error(code: Any, text: str, status: int = 500) -> HttpReply:
    return reply(["error", code, text], status)


@pytest.mark.parametrize(
    ("id", "name"),
    [
        ("auth.order.create", "order_submit"), ("auth.order.cancel", "order_cancel"),
        ("auth.orders.batch", "order_multi"), ("auth.transfer.create", "transfer"),
        ("auth.funding_offer.create", "funding_offer_submit"), ("auth.funding_offer.cancel", "funding_offer_cancel"),
    ],
)  # fmt: skip
def test_a_notification_of_success_is_a_success(id: str, name: str):
    found = DIALECT.decipher(example(BITFINEX[id]), reply(plain(name)))
    assert found[6] == "SUCCESS"


@pytest.mark.parametrize("endpoint", WRITES, ids=lambda one: one.id)
@pytest.mark.parametrize("status", ["ERROR", "FAILURE"])
def test_error_and_failure_prove_that_a_write_was_refused(endpoint: Any, status: str):
    found = fault(example(endpoint), reply([1, "x", None, None, None, None, status, "Something was wrong."]))
    assert (found.verdict, found.code, found.message) == (Verdict.REFUSED, status, "Something was wrong.")


@pytest.mark.parametrize("endpoint", WRITES, ids=lambda one: one.id)
@pytest.mark.parametrize(
    "body",
    [
        [], [1, 2], {"x": 1}, "text", [1, "x", None, None, None, None, "INFO", "?"],
        [1, "x", None, None, None, None, None, None],
    ],
)  # fmt: skip
def test_a_write_whose_answer_does_not_say_success_is_unknown(endpoint: Any, body: Any):
    assert fault(example(endpoint), reply(body)).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("code", "text", "verdict", "marks"),
    [
        (10001, "Invalid order: not enough exchange balance for 1.0 BTCUSD at 50000.0", Verdict.REFUSED, ""),
        (10001, "Invalid order: minimum size for BTCUSD is 0.00006", Verdict.REFUSED, ""),
        (10001, "Invalid offer: incorrect amount, minimum is 150.0 dollar or equivalent in USD", Verdict.REFUSED, ""),
        (10001, "available balance is only 5.0 USD", Verdict.REFUSED, ""),
        (10001, "Order not found.", Verdict.REFUSED, "not_found"),
        (10001, "api_key: permission invalid", Verdict.REFUSED, "bad_key"),
        (10001, "Something that nobody has seen", Verdict.UNKNOWN, ""),
        (10000, "unknown", Verdict.UNKNOWN, ""),
        (10008, "concurrency", Verdict.UNKNOWN, ""),
        (10020, "limit: invalid", Verdict.REFUSED, ""),
        (10100, "apikey: invalid", Verdict.REFUSED, "bad_key"),
        (10111, "payload", Verdict.REFUSED, "bad_key"),
        (10112, "signature", Verdict.REFUSED, "bad_key"),
        (10113, "hmac", Verdict.REFUSED, "bad_key"),
        (10114, "nonce: small", Verdict.REFUSED, "clock_skew"),
        (11000, "not ready", Verdict.UNAVAILABLE, ""),
        (11010, "ratelimit: error", Verdict.RATE_LIMITED, ""),
        (20051, "stopping", Verdict.UNAVAILABLE, ""),
        (20060, "maintenance", Verdict.UNAVAILABLE, ""),
        (99999, "never documented", Verdict.UNKNOWN, ""),
    ],
)
def test_a_write_is_refused_only_where_code_or_text_proves_it(code: int, text: str, verdict: Verdict, marks: str):
    found = fault(WRITE, error(code, text))
    assert (found.verdict, found.code) == (verdict, str(code))
    assert {name for name in ("not_found", "bad_key", "clock_skew") if getattr(found, name)} == set(marks.split())
    if code in CODES:
        assert found.meaning
    read = fault(READ, error(code, text))
    assert read.verdict is (Verdict.REFUSED if verdict is Verdict.UNKNOWN else verdict)


def test_every_code_has_a_meaning_and_says_what_to_do():
    assert all(code.meaning and (code.advice or code.verdict is Verdict.RATE_LIMITED) for code in CODES.values())


@pytest.mark.parametrize(
    ("answer", "verdict", "code"),
    [
        (HttpReply(429, {}, b'{"error":"ERR_RATE_LIMIT"}'), Verdict.RATE_LIMITED, "ERR_RATE_LIMIT"),
        (HttpReply(429, {}, b""), Verdict.RATE_LIMITED, "HTTP 429"),
        (HttpReply(503, {}, b'{"code":503,"error":"temporarily_unavailable"}'), Verdict.UNAVAILABLE, "HTTP 503"),
        (HttpReply(502, {}, b"<html>"), Verdict.UNAVAILABLE, "HTTP 502"),
        (HttpReply(200, {}, b"<html>"), Verdict.UNKNOWN, "HTTP 200"),
        (HttpReply(418, {}, b"?"), Verdict.UNKNOWN, "HTTP 418"),
        (HttpReply(404, {}, b""), Verdict.REFUSED, "HTTP 404"),
    ],
)
def test_answers_outside_the_envelope(answer: HttpReply, verdict: Verdict, code: str):
    found = fault(WRITE, answer)
    assert (found.verdict, found.code) == (verdict, code)
    assert found.retry_after == (60 if verdict is Verdict.RATE_LIMITED else None)


def test_of_a_batch_the_refused_operations_are_told_one_by_one():
    body = plain("order_multi")
    body[4].append([1, "oc-req", None, None, None, None, "ERROR", "Order not found."])
    call = example(BITFINEX["auth.orders.batch"])
    found = DIALECT.decipher(call, reply(body))
    assert DIALECT.refused_parts(call, found) == ("operation 2: ERROR Order not found.",)
    assert DIALECT.refused_parts(WRITE, plain("order_submit")) == ()


def test_fractions_never_become_floats():
    found = DIALECT.decipher(READ, HttpReply(200, {}, b'[["funding","USD",0.1,0,1e-9]]'))
    assert [type(value).__name__ for value in found[0][2:]] == ["Decimal", "int", "Decimal"]


@pytest.mark.parametrize(
    ("answer", "raised", "words"),
    [
        (error(10100, "apikey: invalid"), MissingCredentials, "BITFINEX_API_KEY"),
        (error(10020, "symbol: invalid"), VenueRefused, "parameter is missing or wrong"),
        (error(20060, "maintenance"), Unavailable, "maintenance"),
        (HttpReply(429, {}, b'{"error":"ERR_RATE_LIMIT"}'), RateLimited, "limit of this endpoint"),
    ],
)
async def test_each_comes_out_as_its_member_of_the_error_tree(answer: HttpReply, raised: type[Exception], words: str):
    clock = FakeClock()
    transport = RecordingTransport({("POST", "/v2/auth/r/wallets"): answer})
    client = VenueClient(
        DIALECT, transport, KEY, base_urls={"auth": "https://x", "public": "https://y"}, clock=clock,
        pacer=Pacer(clock), turns=MemoryTurns(),
    )  # fmt: skip
    with pytest.raises(raised, match=words):
        await client.read(READ)


async def test_a_read_whose_nonce_was_small_is_asked_again_once_with_a_larger_one():
    clock = FakeClock()
    answers = [error(10114, "nonce: small"), reply([])]
    transport = RecordingTransport({("POST", "/v2/auth/r/wallets"): lambda _: answers.pop(0)})
    client = VenueClient(
        DIALECT, transport, KEY, base_urls={"auth": "https://x", "public": "https://y"}, clock=clock,
        pacer=Pacer(clock), turns=MemoryTurns(),
    )  # fmt: skip
    assert await client.read(READ) == []
    first, second = (int(one.headers["bfx-nonce"]) for one in transport.requests)
    assert second > first
