"""The promise, over everything: without the user's word, no request but a documented read leaves the process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blave_mcp.exchanges.binance.endpoints import BINANCE
from blave_mcp.exchanges.blave.dialect import BlaveDialect
from blave_mcp.exchanges.endpoint import Effect
from blave_mcp.exchanges.errors import BlaveError
from blave_mcp.exchanges.paper.face import MemoryBookStore
from blave_mcp.exchanges.paper.faces import open_face
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.params import Kind, Param
from blave_mcp.exchanges.wire import HttpRequest
from blave_mcp.server.store import Store
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.registry import ALL_TOOLS
from blave_mcp.tools.spec import Result, Tool, Toolset, Touch
from tests.desks import KEY, ByHost, binance, desk_of, paper_binance, venue_over
from tests.fakes import FakeCaller, FakeClock

HARMLESS = {
    (urlsplit(BlaveDialect().hosts["data"].live).netloc, e.method, e.path) for e in BlaveDialect().catalogue
} | {
    (
        urlsplit({"spot": "https://api.binance.com", "futures": "https://fapi.binance.com"}[e.product]).netloc,
        e.method,
        e.path,
    )
    for e in BINANCE
    if e.effect is not Effect.WRITE
}


def is_read(request: HttpRequest) -> bool:
    """Whether a request is one that a catalogue documents as changing nothing."""
    parts = urlsplit(request.url)
    return (parts.netloc, request.method, parts.path) in HARMLESS


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def house(clock: FakeClock) -> ByHost:
    house = paper_binance(clock)
    face = open_face("blave", SyntheticMarket(), MemoryBookStore(), clock.now_ms, key=KEY.key, secret=KEY.secret)
    house.faces["api.blave.org"] = face
    return house


@pytest.fixture
def desk(tmp_path: Path, clock: FakeClock, house: ByHost) -> Iterator[Desk]:
    with Store(tmp_path / "record.sqlite3") as store:
        yield desk_of(clock, store, binance(house, clock), venue_over(BlaveDialect(), house, clock))


async def run(desk: Desk, tool: Tool, given: dict[str, Any]) -> Result:
    checked = tool.check(given)
    if tool.wants_caller:
        checked["caller"] = FakeCaller()
    return await tool.run(desk, **checked)


def named(name: str) -> Tool:
    return next(tool for tool in ALL_TOOLS if tool.name == name)


POOL = {
    "venue": ["binance", "blave", "binanse", ""],
    "venues": ["binance", "all"],
    "symbol": ["BTC/USDT", "ETHUSDT", "sol-usdt", "NOPE/USDT", "CONFIRM"],
    "symbols": ["BTC/USDT", "BTC/USDT,ETH/USDT"],
    "asset": ["USDT", "BTC"],
    "endpoint": [e.id for e in BINANCE] + ["POST /api/v3/order", "DELETE /fapi/v1/order"],
    "interval": ["1h", "1d", "7x"],
    "order": ["1", "x-52DDFAFNabc"],
    "action": ["aaaaaaaaaaaa"],
    "token": ["aaaaaaaaaaaa-bbbb"],
    "confirmation": ["CONFIRM", "yes", ""],
    "source": ["spot", "futures"],
    "target": ["futures", "spot"],
    "size": ["0.01", "1", "0.0000001"],
    "quote_size": ["50", "1500"],
    "price": ["40000", "1000", "0.5"],
    "trigger": ["40000", "60000"],
    "take_profit": ["5%", "90000"],
    "stop_loss": ["5%", "20000"],
}


def values(param: Param) -> st.SearchStrategy[Any]:
    if param.name in POOL:
        return st.sampled_from(POOL[param.name])
    match param.kind:
        case Kind.ONE_OF:
            return st.sampled_from(param.choices)
        case Kind.INTEGER:
            return st.integers(int(param.low or 0), int(param.high or 1000))
        case Kind.FLAG:
            return st.booleans()
        case Kind.DECIMAL:
            return st.sampled_from(["1", "0.01", "100", "-5"])
        case Kind.JSON:
            return st.sampled_from([{}, {"symbol": "BTCUSDT"}, {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET"}])
        case _:
            return st.sampled_from(["BTC", "2026-01-01", "abc", "CONFIRM"])


def arguments(tool: Tool) -> st.SearchStrategy[dict[str, Any]]:
    needed = {p.name: values(p) for p in tool.params if p.required}
    optional = {p.name: values(p) for p in tool.params if not p.required}
    return st.fixed_dictionaries(needed, optional=optional)


@pytest.mark.slow
@pytest.mark.parametrize("tool", ALL_TOOLS, ids=lambda t: t.name)
def test_no_tool_sends_anything_but_reads_without_an_approval(tmp_path: Path, tool: Tool) -> None:
    clock = FakeClock()
    house = paper_binance(clock)
    house.faces["api.blave.org"] = open_face(
        "blave", SyntheticMarket(), MemoryBookStore(), clock.now_ms, key=KEY.key, secret=KEY.secret
    )
    answered: list[bool] = []
    with Store(tmp_path / "record.sqlite3") as store:
        desk = desk_of(clock, store, binance(house, clock), venue_over(BlaveDialect(), house, clock))

        @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
        @given(arguments(tool))
        def walk(given_args: dict[str, Any]) -> None:
            clock.advance(30)

            async def once() -> None:
                try:
                    await run(desk, tool, given_args)
                    answered.append(True)
                except BlaveError:
                    answered.append(False)

            anyio.run(once)

        walk()
    assert len(answered) > 0
    stray = [request for request in house.requests if not is_read(request)]
    assert stray == []


PROPOSING = [t for t in ALL_TOOLS if t.touch is Touch.PROPOSE and t.toolset not in (Toolset.FUNDING, Toolset.WORKFLOW)]
"""Those of every venue; lending and the workflows, which propose by these and by lending's, have tests of their own."""

PROPOSALS: dict[str, dict[str, Any]] = {
    "place_order": {"market": "perpetual", "symbol": "BTC/USDT", "side": "buy", "size": "0.01"},
    "close_position": {"symbol": "BTC/USDT"},
    "protect_position": {"symbol": "BTC/USDT", "take_profit": "5%", "stop_loss": "5%"},
    "amend_order": {"market": "perpetual", "symbol": "BTC/USDT", "order": "$resting", "size": "0.03"},
    "cancel_order": {"market": "perpetual", "symbol": "BTC/USDT", "order": "$resting"},
    "cancel_all_orders": {"market": "perpetual", "symbol": "BTC/USDT"},
    "set_leverage": {"symbol": "BTC/USDT", "leverage": 10},
    "set_margin_mode": {"symbol": "ETH/USDT", "margin_mode": "isolated"},
    "set_position_mode": {"position_mode": "hedge"},
    "adjust_margin": {"symbol": "BTC/USDT", "amount": "10"},
    "transfer_funds": {"asset": "USDT", "amount": "10", "source": "spot", "target": "futures"},
    "propose_endpoint": {"endpoint": "futures.leverage.set", "args": {"symbol": "BTCUSDT", "leverage": 9}},
}


async def _confirmed(desk: Desk, clock: FakeClock, tool: str, given_args: dict[str, Any]) -> Result:
    pending = await run(desk, named(tool), {"venue": "binance", **given_args})
    clock.advance(3)
    return await run(desk, named("confirm_action"), {"token": pending.data["token"], "confirmation": "CONFIRM"})


@pytest.mark.parametrize("tool", PROPOSING, ids=lambda t: t.name)
async def test_every_write_tool_proposes_first_and_sends_only_when_confirmed(
    desk: Desk, house: ByHost, clock: FakeClock, tool: Tool
) -> None:
    isolated = {"leverage": 5, "margin_mode": "isolated"}
    if tool.name not in ("set_position_mode", "place_order"):
        await _confirmed(desk, clock, "place_order", {**PROPOSALS["place_order"], **isolated})
        book = desk.verbs("binance", "perpetual")[1].ticker("BTCUSDT")
        low = (await desk.ask("binance", book)).last * 9 // 10
        resting = {**PROPOSALS["place_order"], "type": "limit", "price": str(low), "size": "0.02"}
        await _confirmed(desk, clock, "place_order", resting)
    orders = await desk.ask("binance", desk.verbs("binance", "perpetual")[1].open_orders("BTCUSDT"))
    given_args = {k: orders[0].id if v == "$resting" else v for k, v in PROPOSALS[tool.name].items()}
    house.requests.clear()
    pending = await run(desk, tool, {"venue": "binance", **given_args})
    assert pending.data["state"] == "pending"
    assert all(map(is_read, house.requests))
    clock.advance(3)
    done = await run(desk, named("confirm_action"), {"token": pending.data["token"], "confirmation": "CONFIRM"})
    assert done.data["state"] == "done", done.text
    sent = [r for r in house.requests if not is_read(r)]
    assert len(sent) == len(done.data["steps"])
