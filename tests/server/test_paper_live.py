"""Paper trading on live prices: a second set of faces plays the venue's public endpoints."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from blave_mcp.exchanges import gate
from blave_mcp.exchanges.binance.verbs import BinanceFutures, BinanceSpot
from blave_mcp.exchanges.errors import Unavailable
from blave_mcp.exchanges.models import Instrument, OrderIntent, OrderType, Side
from blave_mcp.exchanges.paper.listings import default_listings
from blave_mcp.exchanges.paper.live import LiveMarket
from blave_mcp.exchanges.wire import HttpReply, HttpRequest, Transport
from blave_mcp.server.app import App, build
from blave_mcp.server.paper_live import LiveFeed
from blave_mcp.server.settings import load
from tests.desks import ByHost, paper_binance
from tests.fakes import FakeClock, unreachable


def app_over(source: Transport, clock: FakeClock, home: Path) -> App:
    """The app in paper mode with a live feed whose public endpoints are `source`."""
    settings = load({"BLAVE_MCP_HOME": str(home), "BLAVE_MCP_PAPER_FEED": "live"}, url_names={})
    app = build(settings, clock=clock)
    routed = app.transports[0]
    feed = routed.feed  # type: ignore[attr-defined]
    assert isinstance(feed, LiveFeed)
    feed._client.transport = source
    return app


class Nowhere:
    """A network that is down."""

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        raise unreachable(sent=False)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def venue(clock: FakeClock) -> ByHost:
    return paper_binance(clock)


async def test_prices_candles_and_book_are_the_venues_own(venue: ByHost, clock: FakeClock, tmp_path: Path) -> None:
    app = app_over(venue, clock, tmp_path)
    verbs = BinanceFutures()
    told = await app.desk.ask("binance", verbs.ticker("BTCUSDT"))
    book = await app.desk.ask("binance", verbs.book("BTCUSDT", 5))
    bars = await app.desk.ask("binance", verbs.candles("BTCUSDT", "1h", start_ms=None, end_ms=None, limit=10))
    feed = app.transports[0].feed  # type: ignore[attr-defined]
    assert told.last == (await feed._client.ask(verbs.ticker("BTCUSDT"))).last
    assert book.bids == (await feed._client.ask(verbs.book("BTCUSDT", 5))).bids
    theirs = await feed._client.ask(verbs.candles("BTCUSDT", "1h", start_ms=None, end_ms=None, limit=10))
    assert [(b.open_ms, b.close) for b in bars] == [(b.open_ms, b.close) for b in theirs]
    await app.aclose()


async def test_only_public_reads_leave_and_orders_stay_on_paper(
    venue: ByHost, clock: FakeClock, tmp_path: Path
) -> None:
    app = app_over(venue, clock, tmp_path)
    listed = await app.desk.ask("binance", BinanceSpot().instruments())
    btc: Instrument = next(one for one in listed if one.native == "BTCUSDT")
    intent = OrderIntent(instrument=btc, side=Side.BUY, type=OrderType.MARKET, quote_size=Decimal(100))

    call = BinanceSpot().place(intent)[0].stamped(lambda wished, at: f"x-GBN6HWR2t{at}")
    answer = await app.desk.venue("binance").client.write(gate.Approved(gate._MINT, call))
    assert answer["status"] == "FILLED"
    assert {request.method for request in venue.requests} == {"GET"}
    assert all("signature" not in r.url and "X-MBX-APIKEY" not in r.headers for r in venue.requests)
    assert all("account" not in urlsplit(r.url).path for r in venue.requests)
    await app.aclose()


async def test_a_traded_symbol_keeps_its_price_after_a_restart(venue: ByHost, clock: FakeClock, tmp_path: Path) -> None:
    memory = tmp_path / "live.json"
    memory.write_text('["BTCUSDT:perp"]')
    market = LiveMarket(default_listings())
    feed = LiveFeed(market, venue, clock, memory)

    await feed.prepare(HttpRequest("GET", "https://fapi.binance.com/fapi/v2/positionRisk"))
    assert market.quote("BTCUSDT:perp", clock.now_ms()).last > 0


async def test_without_the_network_it_says_so_and_invents_nothing(clock: FakeClock, tmp_path: Path) -> None:
    app = app_over(Nowhere(), clock, tmp_path)
    with pytest.raises(Unavailable, match="live prices could not be fetched"):
        await app.desk.ask("binance", BinanceFutures().ticker("BTCUSDT"))
    await app.aclose()
