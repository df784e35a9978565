"""Paper mode: every venue's transport is its face on the embedded exchange."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from blave_mcp.exchanges.clock import Clock, SystemClock
from blave_mcp.exchanges.http import HttpTransport
from blave_mcp.exchanges.paper.face import FaceTransport
from blave_mcp.exchanges.paper.faces import FACES, WITH_PASSPHRASE, open_books, open_face
from blave_mcp.exchanges.paper.feeds import FeedMarket
from blave_mcp.exchanges.paper.listings import default_listings
from blave_mcp.exchanges.paper.live import LiveMarket
from blave_mcp.exchanges.paper.market import BadFeed, Market
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.wire import (
    Credentials,
    HttpReply,
    HttpRequest,
    NetworkFault,
    StreamReply,
    Streams,
    Transport,
)
from blave_mcp.server.settings import BadSetting, Settings
from blave_mcp.server.store import PaperBooks

if TYPE_CHECKING:
    from blave_mcp.server.paper_live import LiveFeed

BOOKS = "paper.sqlite3"


def paper_key(venue: str) -> Credentials:
    """The key of the paper account: the same for everyone, worth nothing."""
    return Credentials(f"paper-{venue}-key", f"paper-{venue}-secret", f"paper-{venue}-passphrase")


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


@dataclass(slots=True)
class _Routed:
    """Carries each request to the face that answers for its host, or over loopback to another process's face."""

    faces: dict[str, FaceTransport]
    network: HttpTransport
    books: PaperBooks
    feed: LiveFeed | None = None

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        for host, face in self.faces.items():
            if request.url.startswith(f"{host}/"):
                if self.feed is not None:
                    await self.feed.prepare(request)
                return await face.send(request, timeout=timeout)
        if request.url.startswith("http://"):
            return await self.network.send(request, timeout=timeout)
        raise NetworkFault("paper mode sends nothing beyond this machine", sent=False)

    @asynccontextmanager
    async def stream(self, request: HttpRequest, *, timeout: float, silence: float) -> AsyncIterator[StreamReply]:
        """See `Streams`."""
        found: Streams | None = next((f for host, f in self.faces.items() if request.url.startswith(f"{host}/")), None)
        if found is None and request.url.startswith("http://"):
            found = self.network
        if found is None:
            raise NetworkFault("paper mode sends nothing beyond this machine", sent=False)
        async with found.stream(request, timeout=timeout, silence=silence) as reply:
            yield reply

    async def aclose(self) -> None:
        await self.network.aclose()
        self.books.close()


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


class PaperHouse:
    """The faces of every venue over one market, an account for each venue. A face is opened when its venue is.

    Raises:
        BadSetting: a feed that cannot be read, or a base URL that would leave this machine.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        for name, url in settings.urls.items():
            if not url.startswith("http://"):
                raise BadSetting(
                    f"In paper mode a base URL can only be on loopback; {name} is {url}.",
                    "Unset it, or choose another BLAVE_MCP_MODE.",
                )
        self._books = PaperBooks(settings.home / BOOKS)
        self._market = open_market(settings, self._books, clock)
        network = HttpTransport()
        feed = live_feed(self._market, network, settings, clock)
        self.transport = _Routed({}, network, self._books, feed)

    def market_ms(self, now_ms: int) -> int:
        """The market time at our time."""
        return self._market.clock(now_ms)

    def open(self, venue: str) -> None:
        """Opens the faces of a venue."""
        names = [name for name, of in FACES.items() if of == venue]
        for face in open_faces(self._market, self._clock, self._books, names).values():
            self.transport.faces.update(dict.fromkeys(face.face.base_urls, face))

    @staticmethod
    def credentials(venue: str) -> Credentials:
        return paper_key(venue)

    def urls(self, venue: str, live: Mapping[str, str]) -> dict[str, str]:
        """Base URLs by product: the venue's own names, which lead to its face, or a face served on loopback."""
        return {product: self._settings.url(venue, product) or url for product, url in live.items()}


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
