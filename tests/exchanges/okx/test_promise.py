"""The promise on OKX: without the user's word, no request but a documented read leaves; with it, that write, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from blave_mcp.exchanges.actions import ActionState
from blave_mcp.exchanges.endpoint import Effect, Endpoint
from blave_mcp.exchanges.errors import NeedsConfirmation, Unsupported
from blave_mcp.exchanges.okx.endpoints import OKX
from blave_mcp.exchanges.wire import HttpRequest
from blave_mcp.server.store import Store
from blave_mcp.tools.registry import ALL_TOOLS
from blave_mcp.tools.spec import Tool, Toolset, Touch
from tests.exchanges.okx.examples import example
from tests.exchanges.okx.paper import SWAP, Day

WRITES = [endpoint for endpoint in OKX if endpoint.effect is Effect.WRITE]
HARMLESS = {(endpoint.method, endpoint.path) for endpoint in OKX if endpoint.effect is not Effect.WRITE}


def is_read(request: HttpRequest) -> bool:
    return (request.method, urlsplit(request.url).path) in HARMLESS


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    with Store(tmp_path / "record.sqlite3") as store:
        yield Day(store)


@pytest.mark.parametrize("endpoint", WRITES, ids=lambda e: e.id)
async def test_no_write_endpoint_is_sent_by_reading_or_proposing(day: Day, endpoint: Endpoint):
    call = example(endpoint)
    with pytest.raises(NeedsConfirmation):
        await day.desk.venue("okx").client.read(call)
    with pytest.raises(NeedsConfirmation, match="propose_endpoint"):
        await day.run("read_endpoint", endpoint=endpoint.id, args=call.arguments)
    assert day.house.requests == []
    pending = await day.run("propose_endpoint", endpoint=endpoint.id, args=call.arguments)
    assert all(map(is_read, day.house.requests))
    asked = len(day.house.requests)
    with pytest.raises(NeedsConfirmation, match="Nothing was sent"):
        await day.run("confirm_action", token=pending.data["token"], confirmation="confirm")
    assert len(day.house.requests) == asked


@pytest.mark.parametrize("endpoint", WRITES, ids=lambda e: e.id)
async def test_with_the_word_exactly_that_write_is_sent_once(day: Day, endpoint: Endpoint):
    pending = await day.run("propose_endpoint", endpoint=endpoint.id, args=example(endpoint).arguments)
    day.clock.advance(3)
    await day.run("confirm_action", token=pending.data["token"], confirmation="CONFIRM")
    writes = [(r.method, urlsplit(r.url).path) for r in day.house.requests if not is_read(r)]
    assert writes == [(endpoint.method, endpoint.path)]
    state = day.desk.gate.get(pending.data["action"]).state
    assert state in (ActionState.DONE, ActionState.REFUSED, ActionState.UNKNOWN)


PROPOSING = [t for t in ALL_TOOLS if t.touch is Touch.PROPOSE and t.toolset not in (Toolset.FUNDING, Toolset.WORKFLOW)]
"""Those of every venue; lending and the workflows have tests of their own."""

PROPOSALS: dict[str, dict[str, Any]] = {
    "place_order": {"market": "perpetual", "symbol": "BTC/USDT", "side": "buy", "size": "0.01"},
    "close_position": {"symbol": "BTC/USDT"},
    "protect_position": {"symbol": "BTC/USDT", "take_profit": "5%", "stop_loss": "5%"},
    "amend_order": {"market": "perpetual", "symbol": "BTC/USDT", "order": "$resting", "size": "0.03"},
    "cancel_order": {"market": "perpetual", "symbol": "BTC/USDT", "order": "$resting"},
    "cancel_all_orders": {"market": "perpetual", "symbol": "BTC/USDT"},
    "set_leverage": {"symbol": "BTC/USDT", "leverage": 10},
    "set_position_mode": {"position_mode": "hedge"},
    "adjust_margin": {"symbol": "BTC/USDT", "amount": "10"},
    "transfer_funds": {"asset": "USDT", "amount": "10", "source": "trading", "target": "funding"},
    "propose_endpoint": {
        "endpoint": "v5.leverage.set", "args": {"instId": "ETH-USDT-SWAP", "lever": "9", "mgnMode": "cross"},
    },
}  # fmt: skip
LACKED = {
    "set_margin_mode": {"symbol": "ETH/USDT", "margin_mode": "isolated"},
}


@pytest.mark.parametrize("tool", PROPOSING, ids=lambda t: t.name)
async def test_every_write_tool_proposes_first_and_sends_only_when_confirmed(day: Day, tool: Tool):
    if tool.name not in ("set_position_mode", "place_order"):
        await day.do("place_order", **PROPOSALS["place_order"], leverage=5, margin_mode="isolated")
        await day.do("place_order", **{**PROPOSALS["place_order"], "size": "0.02"}, type="limit",
                     price=await day.near("0.9"))  # fmt: skip
    orders = await day.desk.ask("okx", day.verbs().open_orders(SWAP))
    day.house.requests.clear()
    if tool.name in LACKED:
        with pytest.raises(Unsupported):
            await day.run(tool.name, **LACKED[tool.name])
        assert all(map(is_read, day.house.requests))
        return
    given = {k: orders[0].id if v == "$resting" else v for k, v in PROPOSALS[tool.name].items()}
    pending = await day.run(tool.name, **given)
    assert pending.data["state"] == "pending"
    assert all(map(is_read, day.house.requests))
    day.clock.advance(3)
    done = await day.run("confirm_action", token=pending.data["token"], confirmation="CONFIRM")
    assert done.data["state"] == "done", done.text
    sent = [request for request in day.house.requests if not is_read(request)]
    assert len(sent) == len(done.data["steps"])


async def test_a_raw_call_about_a_swap_is_priced_as_one(day: Day):
    args = {"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "market", "sz": "3"}
    pending = await day.run("propose_endpoint", endpoint="v5.order.create", args=args)
    assert pending.data["market"] == "perpetual"
    assert "lists no" not in pending.text
