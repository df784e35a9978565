"""The promise, on BitMart: without the user's word, no request but a documented read leaves the process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from blave_mcp.exchanges.actions import ActionState
from blave_mcp.exchanges.bitmart.endpoints import BITMART
from blave_mcp.exchanges.endpoint import Effect, Endpoint
from blave_mcp.exchanges.errors import NeedsConfirmation
from blave_mcp.exchanges.wire import HttpRequest
from blave_mcp.server.store import Store
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.registry import ALL_TOOLS
from blave_mcp.tools.spec import Result
from tests.desks import ByHost, desk_of
from tests.exchanges.bitmart.examples import FUTURES, bitmart, example, paper_bitmart
from tests.fakes import FakeCaller, FakeClock

WRITES = [endpoint for endpoint in BITMART if endpoint.effect is Effect.WRITE]
HARMLESS = {(e.method, e.path) for e in BITMART if e.effect is not Effect.WRITE}
HOSTS = ("api-cloud.bitmart.com", "api-cloud-v2.bitmart.com")


def is_read(request: HttpRequest) -> bool:
    parts = urlsplit(request.url)
    return parts.netloc in HOSTS and (request.method, parts.path) in HARMLESS


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def house(clock: FakeClock) -> ByHost:
    return paper_bitmart(clock)


@pytest.fixture
def desk(tmp_path: Path, clock: FakeClock, house: ByHost) -> Iterator[Desk]:
    with Store(tmp_path / "record.sqlite3") as store:
        yield desk_of(clock, store, bitmart(house, clock))


async def run(desk: Desk, name: str, /, **given: Any) -> Result:
    tool = next(tool for tool in ALL_TOOLS if tool.name == name)
    checked = tool.check(given)
    if tool.wants_caller:
        checked["caller"] = FakeCaller()
    return await tool.run(desk, **checked)


@pytest.mark.parametrize("endpoint", WRITES, ids=lambda e: e.id)
async def test_no_write_is_sent_by_reading_or_proposing_or_any_other_word(
    desk: Desk, house: ByHost, endpoint: Endpoint
) -> None:
    call = example(endpoint)
    with pytest.raises(NeedsConfirmation):
        await desk.venue("bitmart").client.read(call)
    given = {"venue": "bitmart", "endpoint": endpoint.id, "args": call.arguments}
    with pytest.raises(NeedsConfirmation, match="propose_endpoint"):
        await run(desk, "read_endpoint", **given)
    assert house.requests == []
    pending = await run(desk, "propose_endpoint", **given)
    with pytest.raises(NeedsConfirmation, match="Nothing was sent"):
        await run(desk, "confirm_action", token=pending.data["token"], confirmation="yes")
    assert all(map(is_read, house.requests))


@pytest.mark.parametrize("endpoint", WRITES, ids=lambda e: e.id)
async def test_with_the_word_exactly_that_write_is_sent_once(
    desk: Desk, house: ByHost, clock: FakeClock, endpoint: Endpoint
) -> None:
    given = {"venue": "bitmart", "endpoint": endpoint.id, "args": example(endpoint).arguments}
    pending = await run(desk, "propose_endpoint", **given)
    clock.advance(3)
    await run(desk, "confirm_action", token=pending.data["token"], confirmation="CONFIRM")
    writes = [(r.method, urlsplit(r.url).path) for r in house.requests if not is_read(r)]
    assert writes == [(endpoint.method, endpoint.path)]
    assert desk.gate.get(pending.data["action"]).state in (ActionState.DONE, ActionState.REFUSED, ActionState.UNKNOWN)


AT = {"market": "perpetual", "symbol": "BTC/USDT"}
OPEN = {**AT, "side": "buy", "size": "0.01"}
PROPOSALS: dict[str, dict[str, Any]] = {
    "place_order": OPEN,
    "close_position": {"symbol": "BTC/USDT"},
    "protect_position": {"symbol": "BTC/USDT", "take_profit": "5%", "stop_loss": "5%"},
    "amend_order": {**AT, "order": "$resting", "size": "0.03"},
    "cancel_order": {**AT, "order": "$resting"},
    "cancel_all_orders": AT,
    "set_leverage": {"symbol": "ETH/USDT", "leverage": 12},
    "set_margin_mode": {"symbol": "ETH/USDT", "margin_mode": "isolated"},
    "transfer_funds": {"asset": "USDT", "amount": "10", "source": "spot", "target": "futures"},
}


@pytest.mark.parametrize("tool", sorted(PROPOSALS))
async def test_every_write_tool_proposes_first_and_sends_only_its_steps(
    desk: Desk, house: ByHost, clock: FakeClock, tool: str
) -> None:
    async def confirmed(name: str, **given: Any) -> Result:
        pending = await run(desk, name, venue="bitmart", **given)
        clock.advance(3)
        return await run(desk, "confirm_action", token=pending.data["token"], confirmation="CONFIRM")

    if tool != "place_order":
        await confirmed("place_order", **OPEN, leverage=5, margin_mode="isolated")
        low = f"{(await desk.ask('bitmart', FUTURES.ticker('BTCUSDT'))).last * 9 // 10}"
        await confirmed("place_order", **{**OPEN, "type": "limit", "price": low, "size": "0.02"})
    orders = await desk.ask("bitmart", FUTURES.open_orders("BTCUSDT"))
    given = {k: orders[0].id if v == "$resting" else v for k, v in PROPOSALS[tool].items()}
    house.requests.clear()
    pending = await run(desk, tool, venue="bitmart", **given)
    assert pending.data["state"] == "pending"
    assert all(map(is_read, house.requests))
    clock.advance(3)
    done = await run(desk, "confirm_action", token=pending.data["token"], confirmation="CONFIRM")
    assert done.data["state"] == "done", done.text
    assert len([r for r in house.requests if not is_read(r)]) == len(done.data["steps"])
