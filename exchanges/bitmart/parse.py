"""Reading BitMart's JSON: rows, symbols, times, sides, and an Ask whose answers are checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from blave_mcp.exchanges.asking import Asking
from blave_mcp.exchanges.errors import NO_DATA, BadArgument, VenueRefused
from blave_mcp.exchanges.exact import number
from blave_mcp.exchanges.models import Candle, Level, OrderBook
from blave_mcp.exchanges.verbs import by_time, unified

T = TypeVar("T")
Row = Mapping[str, Any]
DAY_MS = 24 * 60 * 60 * 1000
LONGEST_MS = 90 * DAY_MS
"""How long a stretch of a history may be asked for at once. https://developer-pro.bitmart.com/en/futuresv2/"""

QUOTES = ("USDT", "USDC", "USD1", "USD", "BTC", "ETH")

ask = Asking("BitMart")


def no_order() -> VenueRefused:
    return VenueRefused(
        "BitMart has no such order.",
        code="1000",
        undone=NO_DATA,
        advice="Look at the open orders and at the history.",
    )


def moment(value: Any) -> int | None:
    return int(value) if value not in (None, "") and int(value) > 0 else None


def rows(payload: Any) -> Sequence[Any]:
    """Returns a list; an empty one is null, too."""
    if payload is None:
        return []
    if not isinstance(payload, list):
        raise TypeError("a list was expected")
    return payload


def row(payload: Any) -> Row:
    if not isinstance(payload, dict):
        raise TypeError("an object was expected")
    return payload


def listed(payload: Any, name: str) -> Sequence[Any]:
    """Returns the list under a name of an object."""
    return [] if payload is None else rows(row(payload).get(name))


def symbol_of(native: str) -> str:
    """Returns BTC/USDT for BTC_USDT and for BTCUSDT; the native name where the quote cannot be told from it."""
    name = native.upper()
    if "_" in name:
        base, _, quote = name.partition("_")
        return unified(base, quote)
    for quote in QUOTES:
        if name.endswith(quote) and len(name) > len(quote):
            return unified(name.removesuffix(quote), quote)
    return name


def within(
    found: Sequence[T], time: Callable[[T], int], start_ms: int | None, end_ms: int | None, limit: int
) -> tuple[T, ...]:
    """Sorts by time and keeps what lies in [start, end): with a start the first rows, otherwise the last."""
    inside = [
        one
        for one in sorted(found, key=time)
        if (start_ms is None or time(one) >= start_ms) and (end_ms is None or time(one) < end_ms)
    ]
    return tuple(inside[:limit] if start_ms is not None else inside[-limit:])


def kept_candles(found: Sequence[Candle], start_ms: int | None, end_ms: int | None, limit: int) -> tuple[Candle, ...]:
    return within(by_time(found), lambda one: one.open_ms, start_ms, end_ms, limit)


def check_span(start_ms: int | None, end_ms: int | None) -> None:
    """Raises BadArgument for a stretch longer than BitMart gives at once, or one that ends before it begins."""
    if start_ms is None or end_ms is None:
        return
    if end_ms <= start_ms:
        raise BadArgument("The end must lie after the start.")
    if end_ms - start_ms > LONGEST_MS:
        raise BadArgument(
            "BitMart gives histories in stretches of at most 90 days.", advice="Ask for a shorter stretch of time."
        )


def book(payload: Any, symbol: str, depth: int, *, time: str) -> OrderBook:
    """GET /spot/quotation/v3/books and /contract/public/depth."""
    found = row(payload)
    bids, asks = (
        tuple(Level(number(each[0]), number(each[1])) for each in rows(found[name])[:depth])
        for name in ("bids", "asks")
    )
    return OrderBook(symbol_of(symbol), bids, asks, moment(found.get(time)))
