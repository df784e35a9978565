"""The usual indicators over candles, for pictures. Floats: they are drawn, never traded on."""

from __future__ import annotations

import re
from collections.abc import Sequence

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.models import Candle
from blave_mcp.tools.charts.figure import Study

KNOWN = ("ma", "ema", "bollinger", "rsi", "kd")
USUAL = {"ma": 20, "ema": 20, "bollinger": 20, "rsi": 14, "kd": 9}
MOST = 500
_WORD = re.compile(r"([a-z]+)\s*[: ]?\s*(\d{1,3})?")

Series = list[float | None]


def study_of(word: str, candles: Sequence[Candle]) -> Study | None:
    """The study that "ma 20", "ema:50", "bollinger", "rsi 14" or "kd" means; None for another name.

    Raises:
        BadArgument: a length that is none.
    """
    found = _WORD.fullmatch(word.strip().lower())
    if found is None or found[1] not in KNOWN:
        return None
    name, length = found[1], int(found[2] or USUAL[found[1]])
    if not 2 <= length <= MOST:
        raise BadArgument(f"The length of {name} is 2 to {MOST} bars, not {length}.")
    closes = [float(candle.close) for candle in candles]
    match name:
        case "ma":
            return Study(f"MA {length}", [(f"MA {length}", mean(closes, length))], overlay=True)
        case "ema":
            return Study(f"EMA {length}", [(f"EMA {length}", exponential(closes, length))], overlay=True)
        case "bollinger":
            middle, wide = mean(closes, length), deviation(closes, length)
            upper = [None if m is None or d is None else m + 2 * d for m, d in zip(middle, wide, strict=True)]
            lower = [None if m is None or d is None else m - 2 * d for m, d in zip(middle, wide, strict=True)]
            lines = [(f"MA {length}", middle), ("+2 deviations", upper), ("-2 deviations", lower)]
            return Study(f"Bollinger {length}", lines, overlay=True)
        case "rsi":
            return Study(f"RSI {length}", [(f"RSI {length}", rsi(closes, length))], levels=(30.0, 70.0))
        case _:
            quick, slow = kd(candles, length)
            return Study(f"KD {length}", [("%K", quick), ("%D", slow)], levels=(20.0, 80.0))


def mean(values: Sequence[float], length: int) -> Series:
    """Of the last `length` values; None before there are so many."""
    found: Series = []
    total = 0.0
    for n, value in enumerate(values):
        total += value - (values[n - length] if n >= length else 0.0)
        found.append(total / length if n >= length - 1 else None)
    return found


def deviation(values: Sequence[float], length: int) -> Series:
    """The standard deviation of the last `length` values."""
    found: Series = []
    for n in range(len(values)):
        window = values[max(0, n - length + 1) : n + 1]
        middle = sum(window) / len(window)
        spread = (sum((value - middle) ** 2 for value in window) / len(window)) ** 0.5
        found.append(spread if len(window) == length else None)
    return found


def exponential(values: Sequence[float], length: int) -> Series:
    """With the span `length`, begun at the mean of the first so many."""
    found: Series = []
    weight, last = 2 / (length + 1), 0.0
    for n, value in enumerate(values):
        if n < length - 1:
            found.append(None)
            continue
        last = sum(values[:length]) / length if n == length - 1 else last + weight * (value - last)
        found.append(last)
    return found


def rsi(values: Sequence[float], length: int) -> Series:
    """Wilder's: 100 where nothing fell, 50 where nothing moved."""
    found: Series = [None] * min(len(values), length)
    rise = fall = 0.0
    for n in range(1, len(values)):
        step = values[n] - values[n - 1]
        if n <= length:
            rise, fall = rise + max(step, 0.0) / length, fall + max(-step, 0.0) / length
        else:
            rise = (rise * (length - 1) + max(step, 0.0)) / length
            fall = (fall * (length - 1) + max(-step, 0.0)) / length
        if n >= length:
            found.append(50.0 if rise == fall == 0 else 100 * rise / (rise + fall))
    return found


def kd(candles: Sequence[Candle], length: int, smooth: int = 3) -> tuple[Series, Series]:
    """%K and %D: the close's place in the range of the last bars, smoothed once and twice.

    None while there are too few bars; a range without height has no place in it.
    """
    raw: Series = []
    for n, candle in enumerate(candles):
        window = candles[max(0, n - length + 1) : n + 1]
        low, high = min(float(c.low) for c in window), max(float(c.high) for c in window)
        known = len(window) == length and high > low
        raw.append(100 * (float(candle.close) - low) / (high - low) if known else None)
    quick = _smoothed(raw, smooth)
    return quick, _smoothed(quick, smooth)


def _smoothed(values: Series, length: int) -> Series:
    found: Series = []
    for n in range(len(values)):
        window = [value for value in values[max(0, n - length + 1) : n + 1] if value is not None]
        found.append(sum(window) / length if len(window) == length else None)
    return found
