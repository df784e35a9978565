"""Reading Bitget's JSON: numbers, symbols, times, sides, and an Ask whose answers are checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from blave_mcp.exchanges.asking import Asking
from blave_mcp.exchanges.dialect import VenueFault, Verdict
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.exact import number
from blave_mcp.exchanges.models import Candle, Level, OrderBook, OrderStatus, PublicTrade, Side, TimeInForce
from blave_mcp.exchanges.verbs import by_time, unified

T = TypeVar("T")
Row = Mapping[str, Any]
DAY_MS = 24 * 60 * 60 * 1000
LONGEST_MS = 90 * DAY_MS
"""How long a stretch of a history may be asked for at once."""

QUOTES = ("USDT", "USDC", "USDE", "BTC", "ETH", "BGB", "EUR", "BRL", "TRY", "USD1", "USD")


ask = Asking("Bitget")
NO_SUCH_ORDER = VenueFault(
    Verdict.REFUSED,
    code="00000",
    message="",
    meaning="There is no such order.",
    advice="Look at the open orders and at the history.",
)
"""Bitget answers an order that it does not know with an empty list."""


def moment(value: Any) -> int | None:
    return int(value) if value not in (None, "") and int(value) > 0 else None


def rows(payload: Any) -> Sequence[Any]:
    """Returns a list; Bitget writes an empty one as null, too."""
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
    """Returns the list under a name of an object; an empty history is null as a whole."""
    return [] if payload is None else rows(row(payload).get(name))


def symbol_of(native: str) -> str:
    """Returns BTC/USDT for BTCUSDT, however it is written; the native name where the quote cannot be told from it."""
    name = native.upper()
    for quote in QUOTES:
        if name.endswith(quote) and len(name) > len(quote):
            return unified(name.removesuffix(quote), quote)
    return name


STATUSES: Mapping[str, OrderStatus] = {
    "init": OrderStatus.OPEN,
    "new": OrderStatus.OPEN,
    "live": OrderStatus.OPEN,
    "partially_filled": OrderStatus.PARTIALLY_FILLED,
    "filled": OrderStatus.FILLED,
    "cancelled": OrderStatus.CANCELED,
    "canceled": OrderStatus.CANCELED,
}
PLAN_STATUSES: Mapping[str, OrderStatus] = {
    "live": OrderStatus.UNTRIGGERED,
    "not_trigger": OrderStatus.UNTRIGGERED,
    "executing": OrderStatus.TRIGGERED,
    "executed": OrderStatus.TRIGGERED,
    "fail_execute": OrderStatus.REJECTED,
    "cancelled": OrderStatus.CANCELED,
}
FORCES: Mapping[str, TimeInForce] = {
    "gtc": TimeInForce.GTC,
    "ioc": TimeInForce.IOC,
    "fok": TimeInForce.FOK,
    "post_only": TimeInForce.POST_ONLY,
}


def time_in_force(native: Any) -> TimeInForce | str | None:
    return None if native in (None, "") else FORCES.get(str(native).lower(), str(native))


def candles(payloads: Sequence[Any], start_ms: int | None, end_ms: int | None, limit: int) -> tuple[Candle, ...]:
    """Reads [open time, open, high, low, close, base volume, ...] rows; keeps those that open in [start, end).

    With a start the first `limit` are kept, otherwise the last.
    """
    read = by_time(
        [
            Candle(int(each[0]), number(each[1]), number(each[2]), number(each[3]), number(each[4]), number(each[5]))
            for payload in payloads
            for each in rows(payload)
        ]
    )
    inside = [
        candle
        for candle in read
        if (start_ms is None or candle.open_ms >= start_ms) and (end_ms is None or candle.open_ms < end_ms)
    ]
    return tuple(inside[:limit] if start_ms is not None else inside[-limit:])


def book(payload: Any, symbol: str, depth: int) -> OrderBook:
    """GET .../orderbook and .../merge-depth."""
    found = row(payload)
    bids, asks = (
        tuple(Level(number(each[0]), number(each[1])) for each in rows(found[name])[:depth])
        for name in ("bids", "asks")
    )
    return OrderBook(symbol_of(symbol), bids, asks, moment(found.get("ts")))


def trades(payload: Any) -> tuple[PublicTrade, ...]:
    """GET .../market/fills, newest first there and oldest first here."""
    found = [
        PublicTrade(
            id=str(each["tradeId"]),
            price=number(each["price"]),
            size=number(each["size"]),
            side=Side(str(each["side"]).lower()),
            time_ms=int(each["ts"]),
        )
        for each in rows(payload)
    ]
    return tuple(sorted(found, key=lambda trade: trade.time_ms))


def span(start_ms: int | None, end_ms: int | None) -> dict[str, int]:
    """A stretch of a history.

    Raises:
        BadArgument: longer than Bitget gives at once, or an end that is not after its start.
    """
    if start_ms is not None and end_ms is not None:
        if end_ms <= start_ms:
            raise BadArgument("The end must lie after the start.")
        if end_ms - start_ms > LONGEST_MS:
            raise BadArgument(
                "Bitget gives histories in stretches of at most 90 days.", advice="Ask for a shorter stretch of time."
            )
    found = {}
    if start_ms is not None:
        found["startTime"] = start_ms
    if end_ms is not None:
        found["endTime"] = end_ms
    return found


def kept(
    found: Sequence[T], time: Callable[[T], int], start_ms: int | None, end_ms: int | None, limit: int
) -> tuple[T, ...]:
    """Sorts by time and keeps what lies in [start, end): with a start the first rows, otherwise the last."""
    inside = [
        one
        for one in sorted(found, key=time)
        if (start_ms is None or time(one) >= start_ms) and (end_ms is None or time(one) < end_ms)
    ]
    return tuple(inside[:limit] if start_ms is not None else inside[-limit:])
