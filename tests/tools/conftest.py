"""A desk over the paper faces of Binance, and what stands around it."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from blave_mcp.server.store import Store
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.registry import ALL_TOOLS
from blave_mcp.tools.spec import Result
from tests.desks import ByHost, binance, desk_of, paper_binance
from tests.fakes import FakeCaller, FakeClock

Run = Callable[..., Awaitable[Result]]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "blave.sqlite3")
    yield opened
    opened.close()


@pytest.fixture
def house(clock: FakeClock) -> ByHost:
    """Binance's paper faces, and every request that reached them."""
    return paper_binance(clock)


@pytest.fixture
def desk(clock: FakeClock, store: Store, house: ByHost) -> Desk:
    return desk_of(clock, store, binance(house, clock))


async def call(desk: Desk, name: str, /, **given: Any) -> Result:
    """Runs a tool as the server does: its arguments checked first."""
    tool = next(tool for tool in ALL_TOOLS if tool.name == name)
    checked = tool.check(given)
    if tool.wants_caller:
        checked["caller"] = FakeCaller()
    return await tool.run(desk, **checked)


@pytest.fixture
def run(desk: Desk) -> Run:
    """Runs a tool by its name over the paper desk."""
    return lambda name, /, **given: call(desk, name, **given)


@pytest.fixture
def carry_out(desk: Desk, clock: FakeClock) -> Run:
    """Proposes, waits as long as a person reads, and confirms."""

    async def both(name: str, /, **given: Any) -> Result:
        pending = await call(desk, name, **given)
        clock.advance(5)
        done = await call(desk, "confirm_action", token=pending.data["token"], confirmation="CONFIRM")
        assert done.data["state"] == "done", done.text
        return done

    return both
