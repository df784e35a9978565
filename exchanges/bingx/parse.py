"""Reading BingX's JSON: numbers, symbols, times, and an Ask whose answers are checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from blave_mcp.exchanges.asking import Asking
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.exact import number
from blave_mcp.exchanges.models import Candle, Level, OrderStatus, Side, TimeInForce
from blave_mcp.exchanges.verbs import by_time, unified

T = TypeVar("T")
Row = Mapping[str, Any]
DAY_MS = 24 * 60 * 60 * 1000
WEEK_MS = 7 * DAY_MS
MOST_WINDOWS = 31
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


ask = Asking("BingX")


def moment(value: Any) -> int | None:
    """None for a time that BingX writes as 0 or not at all."""
    return int(value) if value not in (None, "") and int(value) > 0 else None


def written_moment(value: str) -> int:
    """Unix milliseconds of "2023-07-04T20:56:01.000+0800"."""
    at = datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%f%z")
    return (at - EPOCH) // timedelta(milliseconds=1)


def truth(value: Any) -> bool:
    """BingX writes true and false as such or as text."""
    if value in (True, False):
        return bool(value)
    return {"true": True, "false": False}[str(value).lower()]


def symbol_of(native: str) -> str:
    """Returns BTC/USDT for BTC-USDT."""
    base, _, quote = native.partition("-")
    return unified(base, quote) if quote else native


def side_of(native: str) -> Side:
    return Side(native.lower())


STATUSES: Mapping[str, OrderStatus] = {
    "NEW": OrderStatus.OPEN,
    "PENDING": OrderStatus.OPEN,
    "WORKING": OrderStatus.OPEN,
    "PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED,
    "FILLED": OrderStatus.FILLED,
    "CANCELED": OrderStatus.CANCELED,
    "CANCELLED": OrderStatus.CANCELED,
    "EXPIRED": OrderStatus.EXPIRED,
    "FAILED": OrderStatus.REJECTED,
    "REJECTED": OrderStatus.REJECTED,
    "TRIGGERED": OrderStatus.TRIGGERED,
}
FORCES: Mapping[str, TimeInForce] = {
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
    "POSTONLY": TimeInForce.POST_ONLY,
}


def status_of(native: str, *, conditional: bool) -> OrderStatus:
    found = STATUSES[native.upper()]
    return OrderStatus.UNTRIGGERED if conditional and found is OrderStatus.OPEN else found


def force_of(native: Any) -> TimeInForce | str | None:
    return FORCES.get(str(native).upper(), str(native)) if native else None


def rows(payload: Any) -> Sequence[Any]:
    if not isinstance(payload, list):
        raise TypeError("a list was expected")
    return payload


def row(payload: Any) -> Row:
    if not isinstance(payload, dict):
        raise TypeError("an object was expected")
    return payload


def single(payload: Any) -> Row:
    """Returns the object, or the only one of a list: BingX answers now so, now so."""
    return row(payload[0] if isinstance(payload, list) else payload)


def listed(payload: Any, *names: str) -> Sequence[Any]:
    """Returns the list under the first of these names; an empty one where BingX writes null."""
    found = next((row(payload)[name] for name in names if name in row(payload)), None)
    if found is None and not any(name in row(payload) for name in names) and row(payload):
        raise KeyError(names[0])
    return rows([] if found is None else found)


def candles(
    payload: Any, start_ms: int | None, end_ms: int | None, limit: int, read: Callable[[Any], Candle]
) -> tuple[Candle, ...]:
    """Keeps the candles that open in [start, end): with a start the first `limit`, otherwise the last."""
    inside = [
        candle
        for candle in by_time([read(each) for each in (payload if isinstance(payload, list) else [payload])])
        if (start_ms is None or candle.open_ms >= start_ms) and (end_ms is None or candle.open_ms < end_ms)
    ]
    return tuple(inside[:limit] if start_ms is not None else inside[-limit:])


def levels(side: Any, depth: int, *, bids: bool) -> tuple[Level, ...]:
    """Best first, whichever way BingX lists them."""
    found = [Level(number(each[0]), number(each[1])) for each in rows(side)]
    found.sort(key=lambda level: level.price, reverse=bids)
    return tuple(found[:depth])


def span(start_ms: int | None, end_ms: int | None, *, start: str = "startTime", end: str = "endTime") -> dict[str, int]:
    """BingX's end is inclusive, ours is not."""
    found = {}
    if start_ms is not None:
        found[start] = start_ms
    if end_ms is not None:
        found[end] = end_ms - 1
    return found


def windows(start_ms: int | None, end_ms: int | None, width_ms: int) -> Iterator[tuple[int | None, int | None]]:
    """Cuts [start, end) into pieces of at most `width_ms`, oldest first.

    An open end makes one piece: the first `width_ms` after a start, the last before an end.

    Raises:
        BadArgument: more than 31 pieces, or an end that is not after its start.
    """
    if start_ms is None or end_ms is None:
        if start_ms is not None:
            yield start_ms, start_ms + width_ms
        elif end_ms is not None:
            yield max(0, end_ms - width_ms), end_ms
        else:
            yield None, None
        return
    if end_ms <= start_ms:
        raise BadArgument("The end must lie after the start.")
    if end_ms - start_ms > MOST_WINDOWS * width_ms:
        raise BadArgument(
            f"BingX gives this in pieces of {width_ms // DAY_MS} d; at most {MOST_WINDOWS} are asked at once.",
            advice="Ask for a shorter stretch of time.",
        )
    for start in range(start_ms, end_ms, width_ms):
        yield start, min(start + width_ms, end_ms)


def kept(found: Sequence[T], start_ms: int | None, limit: int) -> tuple[T, ...]:
    return tuple(found[:limit] if start_ms is not None else found[-limit:])
