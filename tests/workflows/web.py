"""A desk whose pages a test holds."""

from __future__ import annotations

from pathlib import Path

from blave_mcp.exchanges.sources.pages import Pages
from blave_mcp.exchanges.wire import HttpReply, NetworkFault
from blave_mcp.server.store import Store
from blave_mcp.tools.desk import Desk, Venue
from tests.desks import desk_of
from tests.fakes import FakeClock, RecordingTransport

ETF = "https://etf.example"
POSTS = "https://posts.example"


def pages_with(clock: FakeClock, **found: bytes | int | NetworkFault) -> Pages:
    """Pages by name: btc, eth, posts; a number is a status."""
    paths = {"btc": "/bitcoin-etf-flow-all-data/", "eth": "/ethereum-etf-flow-all-data/", "posts": "/feed"}
    answers = {
        ("GET", paths[name]): page if isinstance(page, NetworkFault)
        else HttpReply(page) if isinstance(page, int) else HttpReply(200, {}, page)
        for name, page in found.items()
    }  # fmt: skip
    return Pages(RecordingTransport(answers), clock, etf_url=ETF, posts_url=POSTS)


def desk_with(tmp_path: Path, clock: FakeClock, *venues: Venue, **found: bytes | int | NetworkFault) -> Desk:
    desk = desk_of(clock, Store(tmp_path / "blave.sqlite3"), *venues)
    desk.pages = pages_with(clock, **found)
    return desk
