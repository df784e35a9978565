"""Whole desks for tests: every venue over the embedded exchange, or over answers that a test gives."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from blave_mcp.exchanges.binance.dialect import BinanceDialect
from blave_mcp.exchanges.binance.verbs import BinanceFutures, BinanceSpot
from blave_mcp.exchanges.bitfinex.dialect import BitfinexDialect
from blave_mcp.exchanges.bitfinex.verbs import BitfinexFunding, BitfinexMargin, BitfinexSpot
from blave_mcp.exchanges.blave.dialect import BlaveDialect
from blave_mcp.exchanges.bybit.dialect import BybitDialect
from blave_mcp.exchanges.bybit.verbs import BybitLinear, BybitSpot
from blave_mcp.exchanges.client import VenueClient
from blave_mcp.exchanges.dialect import Dialect
from blave_mcp.exchanges.gate import Gate
from blave_mcp.exchanges.limits import Pacer
from blave_mcp.exchanges.models import Market
from blave_mcp.exchanges.paper.face import FaceTransport, MemoryBookStore
from blave_mcp.exchanges.paper.faces import open_face
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.turns import MemoryTurns
from blave_mcp.exchanges.verbs import Verbs
from blave_mcp.exchanges.wire import Credentials, HttpReply, HttpRequest, StreamReply, Transport
from blave_mcp.server.alert_book import AlertBook
from blave_mcp.server.alerts import AlertListener
from blave_mcp.server.store import SqliteLedger, Store
from blave_mcp.tools.desk import Desk, Limits, Venue
from tests.fakes import FakeClock, FakeHalt

KEY = Credentials("test-key", "test-secret")
BINANCE_MARKETS: Mapping[Market, Verbs] = {Market.SPOT: BinanceSpot(), Market.PERPETUAL: BinanceFutures()}

BITFINEX_MARKETS: Mapping[Market, Verbs] = {Market.SPOT: BitfinexSpot(), Market.MARGIN: BitfinexMargin()}
BYBIT_MARKETS: Mapping[Market, Verbs] = {Market.SPOT: BybitSpot(), Market.PERPETUAL: BybitLinear()}


class ByHost:
    """Carries each request to the face of its host, and keeps it.

    Attributes:
        requests: everything that was sent, in order.
    """

    def __init__(self, faces: Mapping[str, FaceTransport]) -> None:
        self.faces = dict(faces)
        self.requests: list[HttpRequest] = []

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        self.requests.append(request)
        return await self.faces[urlsplit(request.url).netloc].send(request, timeout=timeout)

    def stream(
        self, request: HttpRequest, *, timeout: float, silence: float
    ) -> AbstractAsyncContextManager[StreamReply]:
        self.requests.append(request)
        return self.faces[urlsplit(request.url).netloc].stream(request, timeout=timeout, silence=silence)


def paper_binance(clock: FakeClock) -> ByHost:
    """Binance's two faces over one account with the usual balances."""
    market, books = SyntheticMarket(), MemoryBookStore()
    return ByHost(
        {
            urlsplit(host.live).netloc: open_face(
                f"binance-{product}", market, books, clock.now_ms, KEY.key, KEY.secret
            )
            for product, host in BinanceDialect().hosts.items()
        }
    )


def paper_blave(clock: FakeClock) -> ByHost:
    face = open_face("blave", SyntheticMarket(), MemoryBookStore(), clock.now_ms, KEY.key, KEY.secret)
    return ByHost({urlsplit(BlaveDialect().hosts["data"].live).netloc: face})


def paper_bybit(clock: FakeClock) -> ByHost:
    """Bybit's face over one account with the usual balances."""
    face = open_face("bybit", SyntheticMarket(), MemoryBookStore(), clock.now_ms, key=KEY.key, secret=KEY.secret)
    return ByHost({urlsplit(host.live).netloc: face for host in BybitDialect().hosts.values()})


def paper_bitfinex(clock: FakeClock) -> ByHost:
    """Bitfinex's face, which answers for both hosts, over one account with the usual balances."""
    face = open_face("bitfinex", SyntheticMarket(), MemoryBookStore(), clock.now_ms, KEY.key, KEY.secret)
    return ByHost({urlsplit(host.live).netloc: face for host in BitfinexDialect().hosts.values()})


def venue_over(
    dialect: Dialect,
    transport: Transport,
    clock: FakeClock,
    *,
    markets: Mapping[Market, Verbs] | None = None,
    key: Credentials | None = KEY,
) -> Venue:
    client = VenueClient(
        dialect,
        transport,
        key,
        base_urls={product: host.live for product, host in dialect.hosts.items()},
        clock=clock,
        pacer=Pacer(clock),
    )
    return Venue(
        name=dialect.venue,
        title=dialect.title,
        client=client,
        markets=markets or {},
        account="account" if key else "",
        setup=f"Set {', '.join(dialect.variables)}.",
    )


def desk_of(clock: FakeClock, store: Store, *venues: Venue, mode: str = "paper", limits: Limits | None = None) -> Desk:
    """A desk whose record of actions lies in `store`."""
    desk = Desk(
        mode=mode,
        venues={venue.name: venue for venue in venues},
        clock=clock,
        principal="local:test",
        halt=FakeHalt(),
        limits=limits or Limits(),
    )
    desk.gate = Gate(SqliteLedger(store), clock, desk.hands())
    return desk


def binance(transport: Transport, clock: FakeClock, *, key: Credentials | None = KEY) -> Venue:
    return venue_over(BinanceDialect(), transport, clock, markets=BINANCE_MARKETS, key=key)


def bybit(transport: Transport, clock: FakeClock, *, key: Credentials | None = KEY) -> Venue:
    return venue_over(BybitDialect(), transport, clock, markets=BYBIT_MARKETS, key=key)


def blave(transport: Transport, clock: FakeClock, *, key: Credentials | None = KEY) -> Venue:
    return venue_over(BlaveDialect(), transport, clock, key=key)


def bitfinex(transport: Transport, clock: FakeClock, *, key: Credentials | None = KEY) -> Venue:
    """Bitfinex takes requests in turn, and has lending beside its markets."""
    venue = venue_over(BitfinexDialect(), transport, clock, markets=BITFINEX_MARKETS, key=key)
    venue.client.turns = MemoryTurns()
    return replace(venue, funding=BitfinexFunding())


def listener_of(desk: Desk, folder: Path, *channels: str) -> AlertListener:
    """What listens to TradingView alerts of the desk's Blave, written down in a folder."""
    return AlertListener(
        lambda: desk.venue("blave").client,
        lambda: AlertBook(folder / "alerts.sqlite3", "test"),
        desk.clock,
        channels,
        locks=folder / "locks",
    )
