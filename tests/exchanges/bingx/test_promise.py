"""The promise for every endpoint of BingX: reads run, writes are proposed, and leave once with the word; the request
that leaves is the documented one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from blave_mcp.exchanges.actions import ActionState
from blave_mcp.exchanges.bingx.endpoints import BINGX
from blave_mcp.exchanges.endpoint import Auth, Effect, Endpoint
from blave_mcp.exchanges.errors import VenueRefused
from blave_mcp.exchanges.wire import HttpReply, HttpRequest
from blave_mcp.server.store import Store
from blave_mcp.tools.desk import Desk
from tests.desks import KEY, ByHost
from tests.exchanges.bingx.examples import EVERY, example
from tests.exchanges.bingx.house import call, desk_over, paper_bingx
from tests.fakes import FakeClock

WRITES = [endpoint for endpoint in EVERY if endpoint.effect is Effect.WRITE]
READS = [endpoint for endpoint in EVERY if endpoint.effect is not Effect.WRITE]
HARMLESS = {(endpoint.method, endpoint.path) for endpoint in READS}


def is_read(request: HttpRequest) -> bool:
    return (request.method, urlsplit(request.url).path) in HARMLESS


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def house(clock: FakeClock) -> ByHost:
    return paper_bingx(clock)


@pytest.fixture
def desk(tmp_path: Path, clock: FakeClock, house: ByHost) -> Iterator[Desk]:
    with Store(tmp_path / "record.sqlite3") as store:
        yield desk_over(house, clock, store)


def check(request: HttpRequest, endpoint: Endpoint, arguments: dict[str, Any]) -> None:
    """Compares a request with the documented one: method, host, path, place of the parameters, headers, signature."""
    parts = urlsplit(request.url)
    assert (request.method, parts.netloc, parts.path) == (endpoint.method, "open-api.bingx.com", endpoint.path)
    assert request.headers["X-SOURCE-KEY"] == "BX-AI-SKILL"
    text = request.body.decode() if endpoint.method == "POST" else parts.query
    assert (parts.query if endpoint.method == "POST" else request.body.decode()) == ""
    sent = dict(parse_qsl(text))
    for name, value in arguments.items():
        if isinstance(value, list | dict):
            assert json.loads(sent[name]), name
        else:
            assert sent[name] == (str(value).lower() if isinstance(value, bool) else str(value)), name
    if endpoint.auth is Auth.NONE:
        assert "X-BX-APIKEY" not in request.headers
        return
    given = sent.pop("signature")
    plain = "&".join(f"{name}={sent[name]}" for name in sorted(sent))
    assert given == hmac.new(KEY.secret.encode(), plain.encode(), hashlib.sha256).hexdigest()
    assert request.headers["X-BX-APIKEY"] == KEY.key


@pytest.mark.parametrize("endpoint", READS, ids=lambda e: e.id)
async def test_every_read_is_reached_through_explore_and_leaves_as_documented(
    desk: Desk, house: ByHost, endpoint: Endpoint
) -> None:
    arguments = example(endpoint).arguments
    with suppress(VenueRefused):
        await call(desk, "read_endpoint", endpoint=endpoint.id, args=arguments)
    (sent,) = [r for r in house.requests if urlsplit(r.url).path == endpoint.path and r.method == endpoint.method][-1:]
    check(sent, endpoint, arguments)
    assert all(map(is_read, house.requests))


@pytest.mark.parametrize("endpoint", WRITES, ids=lambda e: e.id)
async def test_with_the_word_exactly_that_write_is_sent_once_as_documented(
    desk: Desk, house: ByHost, clock: FakeClock, endpoint: Endpoint
) -> None:
    arguments = example(endpoint).arguments
    pending = await call(desk, "propose_endpoint", endpoint=endpoint.id, args=arguments)
    clock.advance(3)
    await call(desk, "confirm_action", token=pending.data["token"], confirmation="CONFIRM")
    (sent,) = [r for r in house.requests if not is_read(r)]
    check(sent, endpoint, arguments)
    state = desk.gate.get(pending.data["action"]).state
    assert state in (ActionState.DONE, ActionState.REFUSED, ActionState.UNKNOWN)


class Breaking(ByHost):
    """Lets reads through and answers a write with what it was given."""

    def __init__(self, house: ByHost, answer: HttpReply) -> None:
        super().__init__(house.faces)
        self.answer = answer

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        if is_read(request):
            return await super().send(request, timeout=timeout)
        self.requests.append(request)
        return self.answer


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (HttpReply(504, {}, b"<html>"), ActionState.UNKNOWN),
        (HttpReply(200, {}, b'{"code":100410,"msg":"frequency limit"}'), ActionState.UNKNOWN),
        (HttpReply(200, {}, b'{"code":987654,"msg":"new"}'), ActionState.UNKNOWN),
        (HttpReply(200, {}, b'{"code":101204,"msg":"Insufficient margin"}'), ActionState.REFUSED),
    ],
)
async def test_a_write_is_never_sent_twice_whatever_comes_back(
    tmp_path: Path, clock: FakeClock, house: ByHost, reply: HttpReply, state: ActionState
) -> None:
    broken = Breaking(house, reply)
    with Store(tmp_path / "other.sqlite3") as store:
        desk = desk_over(broken, clock, store)
        arguments = {"symbol": "BTC-USDT", "side": "BUY", "type": "MARKET", "quantity": "0.01", "positionSide": "BOTH"}
        pending = await call(desk, "propose_endpoint", endpoint="swap.order.create", args=arguments)
        clock.advance(3)
        await call(desk, "confirm_action", token=pending.data["token"], confirmation="CONFIRM")
        assert len([r for r in broken.requests if not is_read(r)]) == 1
        found = desk.gate.get(pending.data["action"]).state
        assert found is state


def test_the_catalogue_has_writes_and_reads_of_both_halves() -> None:
    assert {endpoint.product for endpoint in WRITES} == {endpoint.product for endpoint in READS} == {"spot", "swap"}
    assert len(list(BINGX)) == len(WRITES) + len(READS) == 87
