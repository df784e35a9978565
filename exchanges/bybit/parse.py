"""Reading Bybit's envelopes: numbers, symbols, times, and an Ask whose answers are checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from blave_mcp.exchanges.asking import Asking
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.exact import optional
from blave_mcp.exchanges.models import PositionSide, Side
from blave_mcp.exchanges.verbs import unified

T = TypeVar("T")
Row = Mapping[str, Any]
DAY_MS = 24 * 60 * 60 * 1000
WEEK_MS = 7 * DAY_MS
MOST_WINDOWS = 31

QUOTES = (
    "USDT", "USDC", "USDE", "USDQ", "USDR", "USD1", "EURQ", "EURR", "RLUSD", "PYUSD", "DAI", "BTC", "ETH", "SOL", "MNT",
    "EUR", "BRL", "PLN", "TRY", "BRZ", "USD",
)  # fmt: skip


ask = Asking("Bybit")


def result(payload: Any) -> Row:
    """Returns the `result` of an envelope."""
    found = payload["result"]
    if not isinstance(found, dict):
        raise TypeError("an object was expected")
    return found


def rows(payload: Any, name: str = "list") -> Sequence[Any]:
    """Returns the list in the `result` of an envelope."""
    found = result(payload)[name]
    if not isinstance(found, list):
        raise TypeError("a list was expected")
    return found


def only(payload: Any) -> Row:
    """Returns the first of the rows; raises IndexError where there is none."""
    found: Row = rows(payload)[0]
    return found


def zero(value: Any) -> Decimal:
    """0 where Bybit leaves the field out or empty."""
    return optional(value) or Decimal(0)


def moment(value: Any) -> int | None:
    """None for a time that Bybit writes as 0 or not at all."""
    return int(value) if value not in (None, "") and int(value) > 0 else None


def split(native: str) -> tuple[str, str]:
    """Returns base and quote of a native name ("BTCUSDT", "BTCPERP"); the quote is "" where it cannot be told."""
    if native.endswith("PERP") and len(native) > len("PERP"):
        return native.removesuffix("PERP"), "USDC"
    for quote in QUOTES:
        if native.endswith(quote) and len(native) > len(quote):
            return native.removesuffix(quote), quote
    return native, ""


def symbol_of(native: str) -> str:
    """Returns BTC/USDT for BTCUSDT; the native name itself where the quote cannot be told from it."""
    base, quote = split(native)
    return unified(base, quote) if quote else native


def side_of(native: str) -> Side:
    return Side(native.lower())


POSITION_SIDES: Mapping[int, PositionSide] = {0: PositionSide.BOTH, 1: PositionSide.LONG, 2: PositionSide.SHORT}
POSITION_IDX: Mapping[PositionSide, int] = {side: idx for idx, side in POSITION_SIDES.items()}


def windows(
    start_ms: int | None, end_ms: int | None, width_ms: int, *, most: int = MOST_WINDOWS
) -> Iterator[tuple[int | None, int | None]]:
    """Cuts [start, end) into pieces of at most `width_ms`, oldest first; one piece where an end is open.

    Raises:
        BadArgument: more than `most` pieces, or an end that is not after its start.
    """
    if start_ms is None or end_ms is None:
        yield start_ms, end_ms
        return
    if end_ms <= start_ms:
        raise BadArgument("The end must lie after the start.")
    if end_ms - start_ms > most * width_ms:
        raise BadArgument(
            f"Bybit gives this in pieces of {width_ms / DAY_MS:.3g} d; at most {most} are asked at once.",
            advice="Ask for a shorter stretch of time.",
        )
    for start in range(start_ms, end_ms, width_ms):
        yield start, min(start + width_ms, end_ms)


def span(start_ms: int | None, end_ms: int | None) -> dict[str, int]:
    """Bybit's end is inclusive, ours is not."""
    found = {}
    if start_ms is not None:
        found["startTime"] = start_ms
    if end_ms is not None:
        found["endTime"] = end_ms - 1
    return found
