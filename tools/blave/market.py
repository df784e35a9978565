"""Blave's own price and candles, for the tools that give a venue's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

from blave_mcp.exchanges.blave.models import Price
from blave_mcp.exchanges.blave.verbs import BlaveData
from blave_mcp.exchanges.errors import BlaveError
from blave_mcp.exchanges.models import Candle, Ticker
from blave_mcp.tools.answers import together
from blave_mcp.tools.desk import Venue
from blave_mcp.tools.history import fetch_candles, known_interval
from blave_mcp.tools.times import DAY_MS, interval_ms

BLAVE = BlaveData.venue
_ANY_PERIOD = re.compile(r"[1-9]\d{0,3}(min|h|d)")
_EPOCH = date(1970, 1, 1)


def native_symbol(symbol: str) -> str:
    """BTCUSDT for "BTC/USDT", "btc-usdt", "BTC/USDT:USDT" or "BTC"."""
    bare = "".join(c for c in symbol.partition(":")[0].upper() if c.isalnum())
    return bare if not bare or bare.endswith(("USDT", "USDC")) else f"{bare}USDT"


async def blave_tickers(venue: Venue, symbols: Sequence[str]) -> list[Ticker | BlaveError]:
    async def one(symbol: str) -> Ticker:
        price: Price = await venue.client.ask(BlaveData().price(native_symbol(symbol)))
        return Ticker(symbol=price.symbol, last=price.price, change_24h_percent=price.change_24h_percent)

    return await together([partial(one, symbol) for symbol in symbols])


def blave_interval(interval: str) -> str:
    """Raises BadArgument where it is not a number and min, h or d."""
    wanted = interval.strip()
    if re.fullmatch(r"\d+m", wanted):
        wanted += "in"
    return wanted if _ANY_PERIOD.fullmatch(wanted) else known_interval(wanted, BlaveData.periods, "Blave")


async def blave_candles(
    venue: Venue, symbol: str, interval: str, *, start_ms: int | None, end_ms: int | None, limit: int, now_ms: int
) -> tuple[tuple[Candle, ...], int]:
    """See `fetch_candles`. Blave is asked in whole days; what lies outside the range is left out."""

    async def page(start_ms: int | None, end_ms: int | None, limit: int) -> tuple[Candle, ...]:
        until = now_ms + 1 if end_ms is None else end_ms
        first = until - limit * interval_ms(interval) if start_ms is None else start_ms
        question = BlaveData().candles(symbol, interval, _day(first), _day(until - 1) + timedelta(days=1))
        found = await venue.client.ask(question)
        return tuple(candle for candle in found if first <= candle.open_ms < until)

    return await fetch_candles(
        page, interval, start_ms=start_ms, end_ms=end_ms, most=limit, page_size=limit, now_ms=now_ms
    )


def _day(ms: int) -> date:
    return _EPOCH + timedelta(days=ms // DAY_MS)
