"""Live prices for the paper exchange: before a face answers, what it needs is fetched from Binance's public endpoints.

Orders stay on paper. Only public reads are sent, without a key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import anyio

from blave_mcp.exchanges.binance.dialect import BinanceDialect
from blave_mcp.exchanges.binance.verbs import BinanceFutures, BinanceSpot
from blave_mcp.exchanges.client import VenueClient
from blave_mcp.exchanges.clock import Clock
from blave_mcp.exchanges.errors import BlaveError
from blave_mcp.exchanges.limits import Pacer
from blave_mcp.exchanges.models import Candle, OrderBook, PublicTrade, Side, Ticker
from blave_mcp.exchanges.paper.live import LiveMarket
from blave_mcp.exchanges.paper.market import DAY, HOUR, MINUTE, Bar, Depth, Level, Quote, Trade
from blave_mcp.exchanges.verbs import Verbs
from blave_mcp.exchanges.wire import HttpRequest, NetworkFault, Transport

FRESH_MS = 2_000
DEPTH = 100
TRADES = 100
HOURS = 26
BARS = 500
_UNITS = {"m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY}
_ZERO = Decimal(0)


class LiveFeed:
    """Keeps a LiveMarket fresh for the symbols that are asked for, and for those that were traded.

    Args:
        transport: to the venue's public endpoints.
        base_urls: by product; the venue's own where None.
        memory: a file that remembers which symbols were traded, so that positions have prices after a restart.
    """

    def __init__(
        self,
        market: LiveMarket,
        transport: Transport,
        clock: Clock,
        memory: Path,
        base_urls: Mapping[str, str] | None = None,
    ) -> None:
        dialect = BinanceDialect()
        urls = base_urls or {product: host.live for product, host in dialect.hosts.items()}
        self._client = VenueClient(dialect, transport, None, base_urls=urls, clock=clock, pacer=Pacer(clock))
        self._market = market
        self._clock = clock
        self._memory = memory
        self._fetched: dict[str, int] = {}
        self._traded: set[str] = set(json.loads(memory.read_text())) if memory.is_file() else set()

    async def prepare(self, request: HttpRequest) -> None:
        """Fetches what the answer to this request rests on.

        Raises:
            NetworkFault: it could not be fetched; the face is not asked.
        """
        fields = dict(parse_qsl(urlsplit(request.url).query) + parse_qsl(request.body.decode("utf-8", "replace")))
        product = "spot" if "//api.binance.com" in request.url else "perp"
        key = f"{fields.get('symbol', '')}:{product}"
        asked = {key} & set(self._market.keys())
        if asked and request.method != "GET" and key not in self._traded:
            self._traded.add(key)
            self._memory.write_text(json.dumps(sorted(self._traded)))
        interval = fields.get("interval") or fields.get("period") or ""
        try:
            async with anyio.create_task_group() as group:
                for one in asked | self._traded:
                    if self._clock.now_ms() - self._fetched.get(one, 0) > FRESH_MS:
                        group.start_soon(self._quote, one)
                if asked and interval:
                    group.start_soon(self._bars, key, interval, fields)
        except* BlaveError as errors:
            raise NetworkFault(f"live prices could not be fetched: {errors.exceptions[0]}", sent=False) from None

    @staticmethod
    def _verbs(key: str) -> tuple[str, Verbs]:
        symbol, _, product = key.partition(":")
        return symbol, BinanceSpot() if product == "spot" else BinanceFutures()

    async def _quote(self, key: str) -> None:
        symbol, verbs = self._verbs(key)
        ticker = await self._client.ask(verbs.ticker(symbol))
        book = await self._client.ask(verbs.book(symbol, DEPTH))
        trades = await self._client.ask(verbs.trades(symbol, TRADES))
        now = self._clock.now_ms()
        self._market.update(
            _quote(key, ticker, book, now),
            now,
            depth=_depth(book, now),
            trades=[_trade(one) for one in trades],
            open_interest=ticker.open_interest,
        )
        day = await self._client.ask(verbs.candles(symbol, "1h", start_ms=None, end_ms=None, limit=HOURS))
        self._market.update_bars(key, HOUR, [_bar(one) for one in day], now)
        self._fetched[key] = now

    async def _bars(self, key: str, interval: str, fields: Mapping[str, str]) -> None:
        symbol, verbs = self._verbs(key)
        name = interval.replace("min", "m")
        count = "".join(c for c in name if c.isdigit())
        unit = name.removeprefix(count)
        if not count or unit not in _UNITS:
            return
        start, end = (int(fields[name]) if name in fields else None for name in ("startTime", "endTime"))
        limit = int(fields.get("limit", BARS))
        candles = await self._client.ask(verbs.candles(symbol, name, start_ms=start, end_ms=end, limit=limit))
        bars = [_bar(candle) for candle in candles]
        self._market.update_bars(key, int(count) * _UNITS[unit], bars, self._clock.now_ms())


def _quote(key: str, ticker: Ticker, book: OrderBook, now_ms: int) -> Quote:
    bid, ask = book.bids[0], book.asks[0]
    return Quote(
        key=key,
        time_ms=now_ms,
        bid=bid.price,
        bid_qty=bid.size,
        ask=ask.price,
        ask_qty=ask.size,
        last=ticker.last,
        mark=ticker.mark or ticker.last,
        index=ticker.index or ticker.last,
        funding_rate=ticker.funding_rate or _ZERO,
        next_funding_ms=ticker.next_funding_ms or 0,
        open_24h=ticker.open_24h or ticker.last,
        high_24h=ticker.high_24h or ticker.last,
        low_24h=ticker.low_24h or ticker.last,
        volume_24h=ticker.volume_24h_base or _ZERO,
        quote_volume_24h=ticker.volume_24h_quote or _ZERO,
    )


def _depth(book: OrderBook, now_ms: int) -> Depth:
    bids, asks = (tuple(Level(one.price, one.size) for one in side) for side in (book.bids, book.asks))
    return Depth(bids, asks, now_ms)


def _trade(trade: PublicTrade) -> Trade:
    return Trade(int(trade.id), trade.price, trade.size, trade.time_ms, buyer_maker=trade.side is Side.SELL)


def _bar(candle: Candle) -> Bar:
    volume = candle.volume or _ZERO
    return Bar(
        open_ms=candle.open_ms,
        open=candle.open,
        high=candle.high,
        low=candle.low,
        close=candle.close,
        volume=volume,
        taker_buy=None,
        quote_volume=volume * candle.close,
        trades=0,
    )
