"""Candles over any stretch of time, fetched page by page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.models import Candle
from blave_mcp.exchanges.verbs import by_time
from blave_mcp.tools.times import closes_ms, interval_ms

Page = Callable[[int | None, int | None, int], Awaitable[tuple[Candle, ...]]]
"""Reads candles that open in [start_ms, end_ms), oldest first, at most `limit`."""


def known_interval(interval: str, known: Sequence[str], whose: str) -> str:
    """Returns the interval as the venue spells it: "15min" and "15m" are the same.

    Raises:
        BadArgument: the venue does not have it; names those that it has.
    """
    if interval in known:
        return interval
    for one in known:
        if _spelt(one) == _spelt(interval):
            return one
    raise BadArgument(f'{whose} has no interval "{interval[:20]}".', advice=f"It has: {', '.join(known)}.")


def _spelt(interval: str) -> str:
    return interval.strip().removesuffix("in") if interval.strip().endswith("min") else interval.strip()


async def fetch_candles(
    page: Page, interval: str, *, start_ms: int | None, end_ms: int | None, most: int, page_size: int, now_ms: int
) -> tuple[tuple[Candle, ...], int]:
    """Reads the newest `most` candles that open in [start_ms, end_ms), in half-open pages.

    Returns:
        The candles, oldest first, and the number of bars of the range that were not asked for, being older.
    """
    length = interval_ms(interval)
    if start_ms is None and most <= page_size:
        return by_time(await page(None, end_ms, most)), 0
    until = now_ms + 1 if end_ms is None else end_ms
    earliest = until - most * length
    older = 0
    if start_ms is not None:
        older = max(0, -(-earliest // length) - -(-start_ms // length))
        earliest = max(earliest, start_ms)
    found: list[Candle] = []
    for at in range(earliest, until, page_size * length):
        found += await page(at, min(at + page_size * length, until), page_size)
    kept = by_time(found)
    return kept[-most:], older + max(0, len(kept) - most)


def unfinished(candles: Sequence[Candle], interval: str, now_ms: int) -> bool:
    """Whether the last candle can still change."""
    return bool(candles) and closes_ms(candles[-1].open_ms, interval) > now_ms
