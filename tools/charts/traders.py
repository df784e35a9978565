"""PnL of traders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from blave_mcp.tools.charts.figure import SERIES, Figure, Line, Mark, Panel, Rule, Scale
from blave_mcp.tools.charts.figure import Role as _Role
from blave_mcp.tools.charts.words import amount


@dataclass(frozen=True, slots=True)
class Curve:
    """A trader's cumulative PnL in USD, at its own times.

    Attributes:
        label: its name or the beginning of its address, made safe.
        words: what stands behind it in the legend.
        account: today's, in USD; where every curve has one, PnL is drawn as a part of it, so that a small account is
            seen beside a large one.
    """

    label: str
    times_ms: Sequence[int]
    pnl: Sequence[float]
    words: str = ""
    account: float | None = None


def traders_figure(curves: Sequence[Curve], *, note: str = "") -> Figure:
    """Cumulative PnL above, the fall from its highest below; at most six curves."""
    shown = list(curves)[: len(SERIES)]
    upper: list[Mark] = [Rule(0.0, _Role.QUIET, dashed=False)]
    lower: list[Mark] = []
    told = []
    parts = all(curve.account for curve in shown)
    scale, unit = (Scale.PERCENT, "% of today's account") if parts else (Scale.MONEY, "USD")
    for curve, role in zip(shown, SERIES, strict=False):
        x = [float(at) for at in curve.times_ms]
        whole = (curve.account or 0.0) / 100 if parts else 1.0
        pnl = [value / whole for value in curve.pnl]
        upper.append(Line(x, pnl, role, f"{curve.label}  {curve.words}".rstrip(), 1.7))
        falls = falls_of(pnl)
        lower.append(Line(x, falls, role, "", 1.1, fill=True))
        told.append(f"{curve.label} {amount(curve.pnl[-1])} USD, deepest fall {amount(min(falls) * whole)} USD")
    return Figure(
        name="traders-pnl",
        title=f"Cumulative PnL of {len(shown)} trader{'' if len(shown) == 1 else 's'}",
        alt=f"Cumulative PnL by trader: {'; '.join(told)}.",
        caption=f"Traders: {'; '.join(told)}",
        panels=[
            Panel(marks=upper, y_label=f"cumulative PnL, {unit}", y_scale=scale, weight=1.0),
            Panel(marks=lower, y_label="fall from the highest", y_scale=scale, weight=0.5, legend=False),
        ],
        height=7.6,
        note=note,
    )


def falls_of(pnl: Sequence[float]) -> list[float]:
    """How far each value lies below the highest so far, 0 or negative, in its own unit."""
    high = float("-inf")
    found = []
    for value in pnl:
        high = max(high, value)
        found.append(value - high)
    return found
