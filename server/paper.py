"""Paper mode: the embedded exchange, its prices, its books and its faces. `paper_house` loads it off the event loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from blave_mcp.exchanges.clock import Clock, SystemClock
from blave_mcp.exchanges.paper.face import FaceTransport
from blave_mcp.exchanges.paper.faces import FACES, WITH_PASSPHRASE, open_books, open_face
from blave_mcp.exchanges.paper.feeds import FeedMarket
from blave_mcp.exchanges.paper.listings import default_listings
from blave_mcp.exchanges.paper.live import LiveMarket
from blave_mcp.exchanges.paper.market import BadFeed, Market
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.wire import Transport
from blave_mcp.server.paper_books import PaperBooks
from blave_mcp.server.paper_house import BOOKS, paper_key
from blave_mcp.server.settings import BadSetting, Settings

if TYPE_CHECKING:
    from blave_mcp.server.paper_live import LiveFeed


def open_market(settings: Settings, books: PaperBooks, clock: Clock) -> Market:
    """The prices of the paper exchange, as BLAVE_MCP_PAPER_FEED says.

    Where in a file's time the market stands is kept in the books, so that every venue and every process agree on it.

    Raises:
        BadSetting: the feed cannot be read.
    """
    if not settings.paper_feed:
        return SyntheticMarket()
    if settings.paper_feed.lower() == "live":
        return LiveMarket(default_listings())
    try:
        market = FeedMarket.from_file(settings.paper_feed, SyntheticMarket())
    except (BadFeed, OSError) as error:
        raise BadSetting(
            f"BLAVE_MCP_PAPER_FEED cannot be read: {error}.", "It is a CSV of bars, gzip allowed; empty is synthetic."
        ) from None
    with books.of(f"market {Path(settings.paper_feed).name}").session() as session:
        market.restore(session.load() or "")
        market.clock(clock.now_ms())
        session.save(market.memento())
    return market


def open_faces(market: Market, clock: Clock, books: PaperBooks, names: Iterable[str]) -> dict[str, FaceTransport]:
    """The named faces over one market; faces of one venue share one account."""
    keys = {name: paper_key(FACES[name]) for name in names}
    accounts = {venue: open_books(venue, market, books.of(venue)) for venue in {FACES[name] for name in keys}}
    return {
        name: open_face(
            name, market, accounts[FACES[name]], clock.now_ms, key.key, key.secret, passphrase=key.passphrase
        )
        for name, key in keys.items()
    }


def live_feed(market: Market, network: Transport, settings: Settings, clock: Clock) -> LiveFeed | None:
    """What keeps a live market fresh; None for the others."""
    if not isinstance(market, LiveMarket):
        return None
    from blave_mcp.server.paper_live import LiveFeed

    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    return LiveFeed(market, network, clock, settings.home / "paper-live.json")


def reset_books(settings: Settings) -> None:
    """Forgets the paper account; the next request finds a new one."""
    books = PaperBooks(settings.home / BOOKS)
    books.reset()
    books.close()


async def serve_face(settings: Settings, name: str, port: int, say: Callable[[str], None]) -> None:
    """Serves one face on 127.0.0.1 until it is interrupted.

    Raises:
        BadSetting: no such face.
    """
    from blave_mcp.server.paper_http import serve

    if name not in FACES:
        raise BadSetting(f'There is no paper venue "{name}".', f"There are: {', '.join(FACES)}.")
    books = PaperBooks(settings.home / BOOKS)
    key = paper_key(FACES[name])
    clock = SystemClock()
    market = open_market(settings, books, clock)
    if isinstance(market, LiveMarket):
        raise BadSetting("A face over HTTP has no live prices.", "Unset BLAVE_MCP_PAPER_FEED, or name a file.")
    transport = open_faces(market, clock, books, [name])[name]
    words = f"key={key.key} secret={key.secret}"
    if name in WITH_PASSPHRASE:
        words += f" passphrase={key.passphrase}"
    await serve(transport, port=port, ready=lambda at: say(f"{name} http://127.0.0.1:{at} {words}"))
