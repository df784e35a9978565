"""Dates and times as people write them, and as venues count them: Unix milliseconds UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from blave_mcp.exchanges.errors import BadArgument

EARLIEST_MS = 1_230_768_000_000
"""2009-01-01, before there was any market."""

DAY_MS = 86_400_000
_UNITS = {"s": 1_000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_INTERVAL = re.compile(r"(\d{1,4})(s|m|min|h|d|w|M)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"\d{1,16}")
_HOW = 'Write "2026-01-31", "2026-01-31T08:15Z" (UTC unless it says otherwise) or Unix milliseconds.'
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(text: str, at: str) -> int:
    """Reads an ISO date (its midnight), an ISO datetime or Unix milliseconds; UTC where no offset is given.

    Raises:
        BadArgument: none of these, Unix seconds, or a time before there was any market.
    """
    given = text.strip()
    if _NUMBER.fullmatch(given):
        ms = int(given)
        if ms < EARLIEST_MS and ms * 1000 >= EARLIEST_MS:
            raise BadArgument(f"{at} looks like Unix seconds: {given}.", advice=f"Write milliseconds: {ms * 1000}.")
    else:
        ms = _iso_ms(given, at)
    if ms < EARLIEST_MS:
        raise BadArgument(f'{at} is before 2009, when there was no market: "{given[:40]}".', advice=_HOW)
    return ms


def _iso_ms(given: str, at: str) -> int:
    try:
        if _DATE.fullmatch(given):
            day = date.fromisoformat(given)
            when = datetime(day.year, day.month, day.day, tzinfo=UTC)
        elif _DATE.match(given):
            when = datetime.fromisoformat(given)
        else:
            raise ValueError
    except ValueError:
        raise BadArgument(f'{at} is no date or time: "{given[:40]}".', advice=_HOW) from None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return (when - _EPOCH) // timedelta(milliseconds=1)


def to_span(start: str, end: str, now_ms: int) -> tuple[int | None, int | None]:
    """Reads a half-open range [start, end); "" is open.

    Raises:
        BadArgument: a bound that cannot be read or lies in the future, or an end that is not after the start.
    """
    start_ms = to_ms(start, "start") if start.strip() else None
    end_ms = to_ms(end, "end") if end.strip() else None
    for name, ms, instead in (("start", start_ms, ""), ("end", end_ms, " Leave end out for everything until now.")):
        if ms is not None and ms > now_ms:
            raise BadArgument(
                f"{name} is in the future: {minute(ms)} UTC.", advice=f"It is {minute(now_ms)} UTC now.{instead}"
            )
    if start_ms is not None and end_ms is not None and end_ms <= start_ms:
        raise BadArgument(
            f"end ({minute(end_ms)} UTC) must be after start ({minute(start_ms)} UTC).",
            advice="The range is start <= time < end.",
        )
    return start_ms, end_ms


def interval_ms(interval: str) -> int:
    """The length of a bar: "15m", "15min", "1h", "1d", "1w"; a month ("1M") counts as its longest, 31 days.

    Raises:
        BadArgument: not an interval.
    """
    found = _INTERVAL.fullmatch(interval)
    if found is None or int(found[1]) == 0:
        raise BadArgument(f'"{interval[:20]}" is no interval.', advice='Write "1m", "15m", "1h", "4h", "1d", "1w".')
    return int(found[1]) * (31 * _UNITS["d"] if found[2] == "M" else _UNITS[found[2]])


def closes_ms(open_ms: int, interval: str) -> int:
    """When the bar that opens at `open_ms` closes; months are calendar months."""
    if not interval.endswith("M"):
        return open_ms + interval_ms(interval)
    interval_ms(interval)
    opened = _EPOCH + timedelta(milliseconds=open_ms)
    months = opened.year * 12 + opened.month - 1 + int(interval[:-1])
    return (datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)


def minute(ms: int) -> str:
    """2026-01-31 08:15."""
    return f"{_EPOCH + timedelta(milliseconds=ms):%Y-%m-%d %H:%M}"


def stamp(ms: int) -> str:
    """2026-01-31T08:15Z, or Unix milliseconds where that would lose some; `to_ms` reads both."""
    return str(ms) if ms % _UNITS["m"] else f"{minute(ms).replace(' ', 'T')}Z"


def second(ms: int) -> str:
    """2026-01-31 08:15:07."""
    return f"{_EPOCH + timedelta(milliseconds=ms):%Y-%m-%d %H:%M:%S}"


def day(ms: int) -> str:
    """2026-01-31."""
    return f"{_EPOCH + timedelta(milliseconds=ms):%Y-%m-%d}"


def duration(ms: int) -> str:
    """How long, in the two largest units: "7 h 59 min", "45 s"."""
    parts = []
    for name, size in (("d", _UNITS["d"]), ("h", _UNITS["h"]), ("min", _UNITS["m"]), ("s", _UNITS["s"])):
        count, ms = divmod(ms, size)
        if count:
            parts.append(f"{count} {name}")
        if len(parts) == 2:
            break
    return " ".join(parts) or "0 s"
