"""Paper mode's faces in the server: which are opened, when, and where that happens."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

import anyio
import pytest

from blave_mcp.exchanges.clock import Clock
from blave_mcp.exchanges.paper.face import FaceTransport
from blave_mcp.exchanges.paper.faces import FACES
from blave_mcp.exchanges.paper.market import Market
from blave_mcp.server import paper
from blave_mcp.server.app import build
from blave_mcp.server.kinds import kind, kinds
from blave_mcp.server.paper import open_faces
from blave_mcp.server.paper_books import PaperBooks
from blave_mcp.server.paper_house import PaperHouse
from blave_mcp.server.settings import Settings
from tests.fakes import FakeClock
from tests.tools.conftest import call


async def test_a_venue_s_faces_are_opened_once_by_its_first_requests_and_off_the_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    opened: list[tuple[int, tuple[str, ...]]] = []

    def watched(market: Market, clock: Clock, books: PaperBooks, names: Iterable[str]) -> dict[str, FaceTransport]:
        wanted = tuple(names)
        opened.append((threading.get_ident(), wanted))
        return open_faces(market, clock, books, wanted)

    monkeypatch.setattr(paper, "open_faces", watched)
    app = build(Settings(home=tmp_path), clock=FakeClock())
    assert app.desk.venues["binance"].title
    assert opened == [], "naming a venue opens nothing"
    asked = {"venue": "binance", "symbols": "BTC/USDT"}

    async def ask(market: str) -> None:
        assert (await call(app.desk, "get_ticker", **asked, market=market)).data["tickers"]["rows"]

    async with anyio.create_task_group() as group:
        for market in ("spot", "perpetual", "spot", "perpetual"):
            group.start_soon(ask, market)
    await app.aclose()
    ((thread, names),) = opened
    assert set(names) == {name for name, venue in FACES.items() if venue == "binance"}
    assert thread != threading.get_ident()


@pytest.mark.parametrize("venue", sorted(set(FACES.values())))
def test_every_host_of_a_venue_has_a_face(venue: str, tmp_path: Path):
    house = PaperHouse(Settings(home=tmp_path), FakeClock())
    answered = {url for face in house.faces_of(venue) for url in face.base_urls}
    assert {host.live for host in kind(venue).dialect.hosts.values()} <= answered
    assert set(FACES.values()) <= set(kinds())
