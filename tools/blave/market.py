"""Blave's own price and candles, for the tools that give a venue's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

from blave_mcp.exchanges.blave.models import Price
from blave_mcp.exchanges.blave.verbs import BlaveData
from blave_mcp.exchanges.errors import BlaveError
from blave_mcp.exchanges.models import Ticker
from blave_mcp.tools.answers import together
from blave_mcp.tools.desk import Venue
from blave_mcp.tools.history import known_interval

BLAVE = BlaveData.venue
_ANY_PERIOD = re.compile(r"[1-9]\d{0,3}(min|h|d)")


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
