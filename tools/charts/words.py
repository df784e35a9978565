"""Numbers as axes and captions write them."""

from __future__ import annotations

import math

from blave_mcp.tools.charts.figure import Scale

_STEPS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))


def amount(value: float) -> str:
    """1.2M, 350K, -4B; three significant digits at most, no trailing zeros."""
    size = abs(value)
    for step, letter in _STEPS:
        if size >= step * 0.9995:
            return f"{_trimmed(value / step, 3)}{letter}"
    return _trimmed(value, 3)


def price(value: float) -> str:
    """67,890.1 - six significant digits, thousands separators, no trailing zeros."""
    return _trimmed(value, 6, separators=True)


def percent(value: float) -> str:
    """5 % from 5."""
    return f"{_trimmed(value, 3, separators=True)} %"


def _trimmed(value: float, digits: int, *, separators: bool = False) -> str:
    if not math.isfinite(value):
        return ""
    if value == 0 or abs(value) < 1e-15:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{places}f}" if separators else f"{value:.{places}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def tick(scale: Scale, value: float) -> str:
    """One tick's text; times and names are written by their own locators."""
    match scale:
        case Scale.MONEY:
            return amount(value)
        case Scale.PERCENT:
            return percent(value)
        case Scale.FRACTION:
            return percent(value * 100)
        case Scale.PRICE:
            return price(value)
        case _:
            return _trimmed(value, 4, separators=True)
