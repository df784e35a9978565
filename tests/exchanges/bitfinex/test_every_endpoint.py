"""Every endpoint through the tools: reads run, writes are proposed, then sent on the word; the bytes are compared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from blave_mcp.exchanges.actions import ActionState
from blave_mcp.exchanges.endpoint import Auth, Effect, Endpoint
from blave_mcp.exchanges.wire import HttpReply, HttpRequest
from blave_mcp.server.store import Store
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.spec import Result
from tests.desks import KEY, bitfinex, desk_of, paper_bitfinex
from tests.exchanges.bitfinex.examples import ARGS, EVERY, WRITES, example, payload, reply, sent, sign
from tests.fakes import FakeClock
from tests.tools.conftest import call

READS = [one for one in EVERY if one.effect is Effect.READ]
DONE = [1, "x", None, None, [], None, "SUCCESS", "Done."]


class Venue:
    """Says yes to every write and nothing to every read, but for what the prices of a proposal need."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        self.requests.append(request)
        path = urlsplit(request.url).path
        if "/w/" in path:
            return reply(DONE)
        if path.startswith("/v2/conf/"):
            return HttpReply(200, {}, b'[[["BTCUSD",[null,null,null,"0.00006","2000.0"]]],["BTCUSD"]]')
        if path == "/v2/ticker/tBTCUSD":
            return reply([float(value) for value in payload("ticker")])
        return reply([])

    @property
    def writes(self) -> list[HttpRequest]:
        return [one for one in self.requests if "/w/" in urlsplit(one.url).path]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def venue() -> Venue:
    return Venue()


@pytest.fixture
def desk(tmp_path: Path, clock: FakeClock, venue: Venue) -> Iterator[Desk]:
    with Store(tmp_path / "record.sqlite3") as store:
        yield desk_of(clock, store, bitfinex(venue, clock), mode="live")


def arguments(endpoint: Endpoint) -> dict[str, Any]:
    found = ARGS.get(endpoint.id)
    return dict(found) if found else {one.name: one.example for one in endpoint.params if one.required}


def compare(request: HttpRequest, endpoint: Endpoint) -> None:
    """Path, method, query or body, and a signature that is computed here."""
    parts, documented = urlsplit(request.url), urlsplit(sent(example(endpoint)).url)
    assert (request.method, parts.netloc, parts.path) == (endpoint.method, documented.netloc, documented.path)
    if endpoint.auth is Auth.NONE:
        holes = {name for name in arguments(endpoint) if f"{{{name}}}" in endpoint.path}
        wanted = {name: str(value) for name, value in arguments(endpoint).items() if name not in holes}
        assert dict(parse_qsl(parts.query)) == wanted
        return
    assert request.headers["bfx-signature"] == sign(
        KEY.secret, parts.path, request.headers["bfx-nonce"], request.body
    )  # fmt: skip


@pytest.mark.parametrize("endpoint", READS, ids=lambda one: one.id)
async def test_every_read_runs_and_leaves_as_documented(desk: Desk, venue: Venue, endpoint: Endpoint):
    answer = await call(desk, "read_endpoint", venue="bitfinex", endpoint=endpoint.id, args=arguments(endpoint))
    (request,) = venue.requests
    compare(request, endpoint)
    assert answer.data["endpoint"] == endpoint.id
    assert venue.writes == []


@pytest.mark.parametrize("endpoint", WRITES, ids=lambda one: one.id)
async def test_with_the_word_exactly_that_write_is_sent_once_as_documented(
    desk: Desk, venue: Venue, clock: FakeClock, endpoint: Endpoint
):
    given = arguments(endpoint)
    pending = await call(desk, "propose_endpoint", venue="bitfinex", endpoint=endpoint.id, args=given)
    clock.advance(3)
    done = await call(desk, "confirm_action", token=pending.data["token"], confirmation="CONFIRM")
    (request,) = venue.writes
    compare(request, endpoint)
    body = json.loads(request.body)
    if endpoint.id == "auth.order.create":
        assert isinstance(body.pop("cid"), int)
        assert body.pop("meta") == {"aff_code": "ZZDLtrXMF"}
    if endpoint.id == "auth.orders.batch":
        assert [order.pop("meta", None) for _, order in body["ops"]] == [{"aff_code": "ZZDLtrXMF"}, None, None]
    assert body == given
    assert done.data["state"] in ("done", "unknown")


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("submit_funding_offer", {"currency": "USDT", "amount": "1000", "rate": "0.01", "period": 2}),
        ("cancel_funding_offer", {"currency": "USDT", "all": True}),
        ("place_order", {"market": "margin", "symbol": "BTC/USDT", "side": "buy", "size": "0.01"}),
        ("transfer_funds", {"asset": "USDT", "amount": "10", "source": "funding", "target": "margin"}),
    ],
)
async def test_every_write_tool_proposes_first_and_sends_only_its_steps(
    tmp_path: Path, tool: str, given: dict[str, Any]
):
    clock = FakeClock()
    house = paper_bitfinex(clock)

    def writes() -> int:
        return sum("/w/" in urlsplit(one.url).path for one in house.requests)

    with Store(tmp_path / "paper.sqlite3") as store:
        desk = desk_of(clock, store, bitfinex(house, clock))

        async def confirmed(pending: Result) -> Result:
            clock.advance(3)
            return await call(desk, "confirm_action", token=pending.data["token"], confirmation="CONFIRM")

        offer = {"currency": "USDT", "amount": "1000", "rate": "0.01", "period": 2}
        await confirmed(await call(desk, "submit_funding_offer", **offer))
        before = writes()
        pending = await call(desk, tool, venue="bitfinex", **given)
        assert (pending.data["state"], writes()) == ("pending", before)
        done = await confirmed(pending)
        assert (done.data["state"], writes()) == ("done", before + len(done.data["steps"]))
        assert desk.gate.get(pending.data["action"]).state is ActionState.DONE
