"""A desk over BingX's paper face, and every request that reached it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blave_mcp.exchanges.bingx.dialect import BingXDialect
from blave_mcp.exchanges.bingx.verbs import BingXSpot, BingXSwap
from blave_mcp.exchanges.models import Market
from blave_mcp.exchanges.paper.face import BookStore, MemoryBookStore
from blave_mcp.exchanges.paper.faces import open_face
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.verbs import Verbs
from blave_mcp.server.store import Store
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.registry import ALL_TOOLS
from blave_mcp.tools.spec import Result
from tests.desks import KEY, ByHost, desk_of, venue_over
from tests.fakes import FakeCaller, FakeClock

MARKETS: Mapping[Market, Verbs] = {Market.SPOT: BingXSpot(), Market.PERPETUAL: BingXSwap()}


def paper_bingx(clock: FakeClock, store: BookStore | None = None) -> ByHost:
    face = open_face("bingx", SyntheticMarket(), store or MemoryBookStore(), clock.now_ms, KEY.key, KEY.secret)
    return ByHost({url.removeprefix("https://"): face for url in face.base_urls})


def desk_over(house: ByHost, clock: FakeClock, store: Store) -> Desk:
    return desk_of(clock, store, venue_over(BingXDialect(), house, clock, markets=MARKETS))


async def call(desk: Desk, name: str, /, **given: Any) -> Result:
    """Runs a tool as the server does: its arguments checked first."""
    tool = next(tool for tool in ALL_TOOLS if tool.name == name)
    checked = tool.check({"venue": "bingx", **given} if "venue" in {p.name for p in tool.params} else given)
    if tool.wants_caller:
        checked["caller"] = FakeCaller()
    return await tool.run(desk, **checked)


async def carry_out(desk: Desk, clock: FakeClock, name: str, /, **given: Any) -> Result:
    """Proposes, waits as long as a person reads, and confirms."""
    pending = await call(desk, name, **given)
    clock.advance(5)
    done = await call(desk, "confirm_action", token=pending.data["token"], confirmation="CONFIRM")
    assert done.data["state"] == "done", done.text
    return done
