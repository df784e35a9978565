"""Candles with volume and indicators."""

from __future__ import annotations

from collections.abc import Sequence

from blave_mcp.exchanges.models import Candle
from blave_mcp.tools.charts.figure import SERIES, Bars, Candles, Figure, Line, Mark, Panel, Role, Rule, Scale, Study
from blave_mcp.tools.charts.words import price
from blave_mcp.tools.summary import utc


def klines_figure(
    symbol: str, interval: str, candles: Sequence[Candle], *, width_ms: int, source: str, studies: Sequence[Study] = ()
) -> Figure:
    """Candles, their volume where the source has it, and each study over them or in a panel below.

    Args:
        candles: at least one, oldest first.
        width_ms: of one bar.
        studies: each of their lines has a value (or None) for every candle.
    """
    x = [float(c.open_ms + width_ms / 2) for c in candles]
    first, last = candles[0], candles[-1]
    change = float(last.close / first.open - 1) * 100
    high, low = max(c.high for c in candles), min(c.low for c in candles)
    over: list[Mark] = [
        Candles(
            x,
            [float(c.open) for c in candles],
            [float(c.high) for c in candles],
            [float(c.low) for c in candles],
            [float(c.close) for c in candles],
            width_ms * 0.72,
        ),
        Rule(float(last.close), Role.PRICE, f"last {price(float(last.close))}"),
    ]  # fmt: skip
    under: list[Panel] = []
    if all(c.volume is not None for c in candles):
        roles = [Role.UP if c.close >= c.open else Role.DOWN for c in candles]
        bars = Bars(x, [float(c.volume or 0) for c in candles], Role.QUIET, width_ms * 0.72, roles=roles)
        under.append(Panel(marks=(bars,), y_label="volume", y_scale=Scale.MONEY, weight=0.28, legend=False, low=0.0))
    colours = iter(SERIES * 4)
    for study in studies:
        lines: list[Mark] = [Line(x, values, next(colours), name, width=1.4) for name, values in study.lines]
        if study.overlay:
            over += lines
            continue
        levels: list[Mark] = [Rule(level, Role.QUIET, f"{level:g}") for level in study.levels]
        under.append(Panel(marks=[*lines, *levels], y_label=study.name, y_scale=Scale.PLAIN, weight=0.38))
    named = f" with {', '.join(study.name for study in studies)}" if studies else ""
    return Figure(
        name=f"klines-{symbol}-{interval}",
        title=f"{symbol}  {interval}  last {price(float(last.close))}  {change:+.2f} %",
        subtitle=f"{utc(first.open_ms)[:16]} to {utc(last.open_ms + width_ms)[:16]} UTC, {len(candles)} bars",
        alt=(
            f"Candles of {symbol}, {len(candles)} bars of {interval}{named}: from {price(float(first.open))} to "
            f"{price(float(last.close))} ({change:+.2f} %), between {price(float(low))} and {price(float(high))}."
        ),
        caption=f"{symbol} {interval}: {price(float(last.close))} ({change:+.2f} % over {len(candles)} bars)",
        note=f"Prices: {source}.",
        panels=[Panel(marks=over, y_label="price", weight=1.0), *under],
        height=6.4 + 1.1 * sum(not study.overlay for study in studies),
    )
