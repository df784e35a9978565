"""Reading Binance's JSON: numbers, symbols, times, and an Ask whose answers are checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

from blave_mcp.exchanges.asking import Asking
from blave_mcp.exchanges.binance.forms import Filter, Symbol
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.exact import number
from blave_mcp.exchanges.models import Candle, Instrument, Level, Market, OrderStatus, Side
from blave_mcp.exchanges.verbs import by_time, unified

T = TypeVar("T")
Row = Mapping[str, Any]
DAY_MS = 24 * 60 * 60 * 1000
MOST_WINDOWS = 31

QUOTES = (
    "FDUSD", "USDT", "USDC", "TUSD", "BUSD", "USD1", "RLUSD", "EURI", "AEUR", "USDE", "XUSD", "BFUSD", "USDP", "PAX",
    "DAI", "BTC", "ETH", "BNB", "XRP", "TRX", "DOGE", "SOL", "DOT", "TRY", "EUR", "BRL", "ARS", "COP", "MXN", "ZAR",
    "UAH", "PLN", "RON", "CZK", "JPY", "IDR", "IDRT", "BIDR", "BVND", "NGN", "RUB", "GBP", "AUD", "VAI", "UST", "KGST",
    "U",
)  # fmt: skip


ask = Asking("Binance")


def moment(value: Any) -> int | None:
    """None for a time that Binance writes as 0, -1 or not at all."""
    if value is None or value == "":
        return None
    found = int(value)
    return found if found > 0 else None


@lru_cache(maxsize=10_000)
def symbol_of(native: str) -> str:
    """Returns BTC/USDT for BTCUSDT; the native name itself where the quote cannot be told from it."""
    for quote in QUOTES:
        if native.endswith(quote) and len(native) > len(quote):
            return unified(native.removesuffix(quote), quote)
    return native


SIDES: Mapping[str, Side] = {"BUY": Side.BUY, "SELL": Side.SELL}


def side_of(native: str) -> Side:
    """Raises KeyError for anything but BUY and SELL."""
    return SIDES[native]


STATUSES: Mapping[str, OrderStatus] = {
    "NEW": OrderStatus.OPEN,
    "PENDING_NEW": OrderStatus.UNTRIGGERED,
    "PENDING_CANCEL": OrderStatus.OPEN,
    "PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED,
    "FILLED": OrderStatus.FILLED,
    "CANCELED": OrderStatus.CANCELED,
    "REJECTED": OrderStatus.REJECTED,
    "EXPIRED": OrderStatus.EXPIRED,
    "EXPIRED_IN_MATCH": OrderStatus.EXPIRED,
    "NEW_INSURANCE": OrderStatus.OPEN,
    "NEW_ADL": OrderStatus.OPEN,
}


def rows(payload: Any) -> Sequence[Any]:
    if not isinstance(payload, list):
        raise TypeError("a list was expected")
    return payload


def row(payload: Any) -> Row:
    if not isinstance(payload, dict):
        raise TypeError("an object was expected")
    return payload


def of_symbol(payload: Any, symbol: str) -> Row:
    """Returns a symbol's row of a list; raises KeyError."""
    for each in rows(payload):
        if each["symbol"] == symbol:
            return row(each)
    raise KeyError(symbol)


KLINES = tuple[Candle, ...]
"""Rows of [open time, open, high, low, close, volume, ...]."""


def candles(found: tuple[Candle, ...], start_ms: int | None, end_ms: int | None, limit: int) -> tuple[Candle, ...]:
    """Keeps those that open in [start, end). With a start the first `limit` are kept, otherwise the last."""
    inside = by_time(found)
    if start_ms is not None:
        inside = tuple(candle for candle in inside if candle.open_ms >= start_ms)
    if end_ms is not None:
        inside = tuple(candle for candle in inside if candle.open_ms < end_ms)
    return inside[:limit] if start_ms is not None else inside[-limit:]


def levels(side: Any, depth: int) -> tuple[Level, ...]:
    return tuple(Level(number(each[0]), number(each[1])) for each in rows(side)[:depth])


NO_FILTER = Filter("")


def instrument(
    entry: Symbol, market: Market, filters: Mapping[str, Filter], digits: int | None, **more: Any
) -> Instrument:
    """Reads what spot and futures give alike.

    A tick size of 0 switches the price filter off; then the quote's precision (`digits`) is the grid. MARKET_LOT_SIZE
    with a step of 0 has no step of its own.
    https://developers.binance.com/docs/binance-spot-api-docs/filters

    Raises:
        KeyError, TypeError: a filter or a field that every symbol has is absent.
    """
    tick, lot = filters["PRICE_FILTER"].tick_size, filters["LOT_SIZE"]
    own = filters.get("MARKET_LOT_SIZE", NO_FILTER)
    if tick is None or lot.step_size is None or lot.min_qty is None or (not tick and digits is None):
        raise TypeError("a filter lacks a field")
    base, quote = entry.base_asset, entry.quote_asset
    return Instrument(
        venue="binance",
        market=market,
        symbol=unified(base, quote),
        native=entry.symbol,
        base=base,
        quote=quote,
        tick=tick or Decimal(1).scaleb(-(digits or 0)),
        step=lot.step_size,
        min_size=lot.min_qty,
        max_size=lot.max_qty or None,
        market_step=own.step_size or None,
        market_min=own.min_qty or None,
        market_max=own.max_qty or None,
        **more,
    )


def span(start_ms: int | None, end_ms: int | None) -> dict[str, int]:
    """Binance's end is inclusive, ours is not."""
    found = {}
    if start_ms is not None:
        found["startTime"] = start_ms
    if end_ms is not None:
        found["endTime"] = end_ms - 1
    return found


def windows(start_ms: int | None, end_ms: int | None, width_ms: int) -> Iterator[tuple[int | None, int | None]]:
    """Cuts [start, end) into pieces of at most `width_ms`, oldest first; one piece where an end is open.

    Raises:
        BadArgument: more than 31 pieces, or an end that is not after its start.
    """
    if start_ms is None or end_ms is None:
        yield start_ms, end_ms
        return
    if end_ms <= start_ms:
        raise BadArgument("The end must lie after the start.")
    if end_ms - start_ms > MOST_WINDOWS * width_ms:
        raise BadArgument(
            f"Binance gives this in pieces of {width_ms // DAY_MS} d; at most {MOST_WINDOWS} are asked at once.",
            advice="Ask for a shorter stretch of time.",
        )
    for start in range(start_ms, end_ms, width_ms):
        yield start, min(start + width_ms, end_ms)
