"""Paper mode: every venue's transport is its face on the embedded exchange, which is loaded when it is first asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from blave_mcp.exchanges.clock import Clock
from blave_mcp.exchanges.http import HttpTransport
from blave_mcp.exchanges.wire import Credentials, HttpReply, HttpRequest, NetworkFault, StreamReply, Streams
from blave_mcp.server.paper_books import PaperBooks
from blave_mcp.server.settings import BadSetting, Settings

if TYPE_CHECKING:
    from blave_mcp.exchanges.paper.face import FaceTransport
    from blave_mcp.exchanges.paper.market import Market
    from blave_mcp.server.paper_live import LiveFeed

BOOKS = "paper.sqlite3"


def paper_key(venue: str) -> Credentials:
    """The key of the paper account: the same for everyone, worth nothing."""
    return Credentials(f"paper-{venue}-key", f"paper-{venue}-secret", f"paper-{venue}-passphrase")


@dataclass(slots=True)
class _Routed:
    """Carries each request to the face that answers for its host, or over loopback to another process's face.

    Attributes:
        load: opens the faces of a venue; called in a thread, since their modules take a while to read.
        venues: host -> venue, of venues whose faces are opened by their first request.
        faces: by host, of those that are open.
    """

    load: Callable[[str], Iterable[FaceTransport]]
    network: HttpTransport
    close: Callable[[], None]
    feed: LiveFeed | None = None
    venues: dict[str, str] = field(default_factory=dict)
    faces: dict[str, FaceTransport] = field(default_factory=dict)
    _loading: anyio.Lock = field(default_factory=anyio.Lock)

    async def _face(self, url: str) -> FaceTransport | None:
        """The face that stands for a URL's host; None where none does."""
        host = next((host for host in self.venues if url.startswith(f"{host}/")), None)
        if host is None:
            return None
        if host not in self.faces:
            async with self._loading:
                if host not in self.faces:
                    for face in await anyio.to_thread.run_sync(self.load, self.venues[host]):
                        self.faces.update(dict.fromkeys(face.base_urls, face))
        return self.faces.get(host)

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        face = await self._face(request.url)
        if face is not None:
            if self.feed is not None:
                await self.feed.prepare(request)
            return await face.send(request, timeout=timeout)
        if request.url.startswith("http://"):
            return await self.network.send(request, timeout=timeout)
        raise NetworkFault("paper mode sends nothing beyond this machine", sent=False)

    @asynccontextmanager
    async def stream(self, request: HttpRequest, *, timeout: float, silence: float) -> AsyncIterator[StreamReply]:
        """See `Streams`."""
        found: Streams | None = await self._face(request.url)
        if found is None and request.url.startswith("http://"):
            found = self.network
        if found is None:
            raise NetworkFault("paper mode sends nothing beyond this machine", sent=False)
        async with found.stream(request, timeout=timeout, silence=silence) as reply:
            yield reply

    async def aclose(self) -> None:
        await self.network.aclose()
        self.close()


class PaperHouse:
    """The faces of every venue over one market, an account for each venue. A face is opened by its first request.

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
        self._world: tuple[Market, PaperBooks] | None = None
        network, feed = HttpTransport(), None
        if settings.paper_feed:
            # What is wrong with a feed is told at once.
            from blave_mcp.server.paper import live_feed

            feed = live_feed(self._opened()[0], network, settings, clock)
        self.transport = _Routed(self.faces_of, network, self._close, feed)

    def _opened(self) -> tuple[Market, PaperBooks]:
        """The market and the books; those of made-up prices are opened with the first face."""
        if self._world is None:
            from blave_mcp.server.paper import open_market

            books = PaperBooks(self._settings.home / BOOKS)
            self._world = open_market(self._settings, books, self._clock), books
        return self._world

    def _close(self) -> None:
        if self._world is not None:
            self._world[1].close()

    def market_ms(self, now_ms: int) -> int:
        """The market time at our time."""
        return now_ms if self._world is None else self._world[0].clock(now_ms)

    def open(self, venue: str, hosts: Iterable[str]) -> None:
        """Has the faces of a venue answer for its hosts, from their first request on."""
        self.transport.venues.update(dict.fromkeys(hosts, venue))

    def faces_of(self, venue: str) -> Iterable[FaceTransport]:
        """Opens the faces of a venue."""
        from blave_mcp.exchanges.paper.faces import FACES
        from blave_mcp.server import paper

        market, books = self._opened()
        names = [name for name, of in FACES.items() if of == venue]
        return paper.open_faces(market, self._clock, books, names).values()

    @staticmethod
    def credentials(venue: str) -> Credentials:
        return paper_key(venue)

    def urls(self, venue: str, live: Mapping[str, str]) -> dict[str, str]:
        """Base URLs by product: the venue's own names, which lead to its face, or a face served on loopback."""
        return {product: self._settings.url(venue, product) or url for product, url in live.items()}
