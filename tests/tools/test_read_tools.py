"""Promises that every tool that reads keeps, each tested for all of them."""

import inspect
import json
import re
from typing import Any

import pytest

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.server.store import Store
from blave_mcp.tools.account import ACCOUNT_TOOLS
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.explore import EXPLORE_TOOLS
from blave_mcp.tools.market import MARKET_TOOLS
from blave_mcp.tools.spec import Tool, Touch
from tests.desks import ByHost, binance, blave, desk_of, listener_of, paper_binance, paper_blave
from tests.fakes import FakeClock
from tests.tools.conftest import Run, call

TOOLS = (*MARKET_TOOLS, *ACCOUNT_TOOLS, *EXPLORE_TOOLS)
READS = [tool for tool in TOOLS if tool.touch is Touch.READ]
SYMBOL = {"venue": "binance", "symbol": "BTC/USDT"}
PERP = {**SYMBOL, "market": "perpetual"}

USUAL: dict[str, dict[str, Any]] = {
    "list_venues": {},
    "find_instruments": {"venue": "binance", "search": "BTC/USDT", "details": True},
    "get_ticker": {"venue": "binance", "symbols": "BTC/USDT,ETH/USDT"},
    "get_klines": {**SYMBOL, "interval": "1h", "limit": 1000},
    "get_order_book": {**SYMBOL, "quote_amount": "10000"},
    "get_recent_trades": {**SYMBOL, "limit": 500},
    "get_funding_rates": {**SYMBOL, "limit": 500},
    "get_alpha_table": {"top": 200, "sort_by": "holder_concentration"},
    "get_alpha": {"indicator": "籌碼集中度", "symbol": "BTC/USDT", "period": "5min", "start": "2025-12-20"},
    "get_liquidation_map": {"symbol": "BTC/USDT"},
    "get_screener": {},
    "get_traders": {"limit": 100},
    "get_trader": {"address": "0x231c75ff8a97b96716081cfa9e2fed65336c3e36", "view": "fills", "limit": 200},
    "get_alerts": {"channel": "demo"},
    "get_balances": {},
    "get_positions": {},
    "get_open_orders": {},
    "get_order": {**PERP, "order_id": "1"},
    "get_order_history": {**PERP, "limit": 500},
    "get_fills": {**PERP, "limit": 500},
    "get_account_settings": SYMBOL,
    "find_endpoints": {"limit": 100},
    "describe_endpoint": {"venue": "binance", "endpoint": "spot.order.create"},
    "read_endpoint": {"venue": "binance", "endpoint": "spot.instruments.list"},
}


LONGER = {"get_alpha": 1_300}
"""It stands for ten indicators, which it names."""


def named(tool: Tool) -> str:
    return tool.name


@pytest.fixture
def whole(clock: FakeClock, store: Store) -> tuple[Desk, list[ByHost]]:
    """A desk over Binance's and Blave's faces, and everything that is sent."""
    faces = [paper_binance(clock), paper_blave(clock)]
    desk = desk_of(clock, store, binance(faces[0], clock), blave(faces[1], clock))
    desk.alerts = listener_of(desk, store.path.parent)
    return desk, faces


def test_every_reading_tool_is_tried_here():
    assert set(USUAL) == {tool.name for tool in READS}


@pytest.mark.parametrize("tool", READS, ids=named)
async def test_a_reading_tool_sends_reads_alone_and_answers_in_plain_json(
    tool: Tool, whole: tuple[Desk, list[ByHost]], clock: FakeClock
):
    desk, faces = whole
    pending = await call(desk, "place_order", **PERP, side="buy", size="0.01")
    clock.advance(5)
    await call(desk, "confirm_action", token=pending.data["token"], confirmation="CONFIRM")
    for face in faces:
        face.requests.clear()
    told = await call(desk, tool.name, **USUAL[tool.name])
    assert {request.method for face in faces for request in face.requests} <= {"GET"}
    assert len(told.text) <= 25_000
    assert json.loads(json.dumps(told.data, allow_nan=False)) == told.data
    assert not re.search(r"\d\.\d*[eE][+-]?\d", told.text)
    assert not _floats(told.data)
    assert told.text.startswith("PAPER mode")
    assert told.data["mode"] == "paper"


def _floats(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_floats, value.values()))
    return isinstance(value, float) or (isinstance(value, list) and any(map(_floats, value)))


@pytest.mark.parametrize("tool", TOOLS, ids=named)
def test_what_the_model_reads_of_a_tool_is_short_and_complete(tool: Tool):
    seen = {"name": tool.name, "title": tool.title, "description": tool.doc, "inputSchema": tool.schema()}
    assert len(json.dumps(seen).encode()) <= LONGER.get(tool.name, 1_150)
    assert re.fullmatch(r"(get|list|find|describe|read|propose)_[a-z_]+", tool.name)
    assert tool.doc.endswith(".")
    assert all(param.doc for param in tool.params), "every argument is explained"
    for name, shape in tool.schema()["properties"].items():
        default = inspect.signature(tool.run).parameters[name].default
        assert shape.get("default", default) == default
        assert (default is inspect.Parameter.empty) == (name in tool.schema().get("required", []))


@pytest.mark.parametrize("tool", TOOLS, ids=named)
async def test_an_argument_that_there_is_not_is_refused_before_any_traffic(tool: Tool, run: Run, house: ByHost):
    with pytest.raises(BadArgument, match='There is no argument "dry_run"'):
        await run(tool.name, **{**USUAL.get(tool.name, {}), "dry_run": False})
    assert house.requests == []


def test_propose_endpoint_alone_of_these_does_not_only_read():
    assert [tool.name for tool in TOOLS if tool.touch is not Touch.READ] == ["propose_endpoint"]
    assert {tool.touch for tool in EXPLORE_TOOLS} == {Touch.READ, Touch.PROPOSE}
