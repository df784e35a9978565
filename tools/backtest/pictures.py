"""What research has found as pictures: equity, the grid, regimes, permutations. Descriptions; nothing is drawn here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from blave_mcp.tools.backtest.engine import Scan
from blave_mcp.tools.backtest.metrics import Choice, Curve, Regime, heat_map, plain, plateau_scores
from blave_mcp.tools.backtest.permutation import NullTest
from blave_mcp.tools.charts.backtest import (
    equity_figure,
    heat_figure,
    permutations_figure,
    regimes_figure,
    together_figure,
)
from blave_mcp.tools.charts.figure import Figure, Gappy

MOST_POINTS = 4_000
MOST_REGIMES = 12


def thinned(count: int) -> slice:
    """Every so many bars that no more than MOST_POINTS are drawn; the last is always among them."""
    step = -(-count // MOST_POINTS)
    return slice((count - 1) % step, None, step)


def curve_figure(curve: Curve, *, split_ms: int | None = None, note: str = "") -> Figure:
    """Equity beside holding the asset, drawdown, price and the signal."""
    part = thinned(len(curve.time_ms))
    name, values = next(iter(curve.lines.items()), ("", np.array([])))
    return equity_figure(
        curve.title,
        [int(at) for at in curve.time_ms[part]],
        _plain(curve.equity[part]),
        price=_plain(curve.close[part]),
        fell=_plain(curve.drawdown[part]),
        signal=_plain(values[part]) if len(values) == len(curve.time_ms) else (),
        signal_name=name.replace("_", " "),
        levels=sorted(curve.levels.items()),
        held=[(start, end) for start, end, _ in curve.spans],
        split_ms=split_ms,
        note=note,
    )


def regime_figure(title: str, regimes: Sequence[Regime]) -> Figure | None:
    """None where nothing was told apart."""
    groups: dict[str, list[tuple[str, float | None, float | None, float | None]]] = {}
    for one in regimes[:MOST_REGIMES]:
        yearly = None if one.annual_return is None else one.annual_return * 100
        row = (one.label, yearly, one.sharpe, one.max_drawdown * 100)
        groups.setdefault(one.group, []).append(row)
    if not groups:
        return None
    covered = {one.group: f"{one.group} covers {one.covered:.0%} of the range" for one in regimes}
    return regimes_figure(title, list(groups.items()), note="; ".join(covered.values()) + ".")


def scan_figure(found: Scan, choice: Choice, title: str) -> Figure | None:
    """The grid with its peak, beside the means with neighbours and their plateau; None where there is no map."""
    picture = heat_map(found, choice, title)
    if picture is None or choice.peak < 0:
        return None
    smooth = np.atleast_2d(plateau_scores(found.grid.map_of(found.sharpe)))
    return heat_figure(
        title,
        picture.values,
        [f"{value:g}" for value in picture.rows] if picture.row_name else [""],
        [f"{value:g}" for value in picture.columns],
        row_name=picture.row_name,
        column_name=picture.column_name,
        smoothed=[[plain(value) for value in row] for row in smooth.tolist()],
        peak=picture.peak,
        plateau=picture.plateau,
    )


def null_figure(title: str, found: NullTest) -> Figure | None:
    """Where the observed Sharpe lies among those of the permutations; None without at least two of them."""
    finite = found.null[np.isfinite(found.null)]
    if len(finite) < 2 or not np.isfinite(found.observed):
        return None
    note = f"Permuted by {found.method}." + (f" {found.note}" if found.note else "")
    return permutations_figure(title, finite.tolist(), float(found.observed), found.p, note=note)


def compared_figure(title: str, curves: Sequence[tuple[str, Curve]], *, note: str = "") -> Figure:
    """The equity of several strategies over the same bars."""
    first = curves[0][1]
    part = thinned(len(first.time_ms))
    lines = [(name, _plain(curve.equity[part])) for name, curve in curves]
    return together_figure(title, [int(at) for at in first.time_ms[part]], lines, note=note)


def _plain(values: object) -> Gappy:
    return [plain(value) for value in np.asarray(values, dtype=float).tolist()]
