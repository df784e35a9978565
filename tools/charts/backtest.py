"""Pictures of a strategy: equity, the grid of its parameters, regimes, permutations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from blave_mcp.tools.charts.figure import (
    SERIES,
    Bars,
    Figure,
    Gappy,
    Heat,
    Line,
    Mark,
    Numbers,
    Panel,
    Role,
    Rule,
    Scale,
    Spans,
)


def equity_figure(
    name: str,
    times_ms: Sequence[int],
    equity: Gappy,
    *,
    price: Gappy = (),
    fell: Gappy = (),
    signal: Gappy = (),
    signal_name: str = "signal",
    levels: Sequence[tuple[str, float]] = (),
    held: Sequence[tuple[int, int]] = (),
    split_ms: int | None = None,
    benchmark: bool = True,
    note: str = "",
) -> Figure:
    """Equity beside the price, its drawdown, and the signal with its thresholds.

    Args:
        equity: 1 at the start.
        fell: the drawdown where it is known better than from these points: of every bar, 0 or negative.
        held: ranges of time with a position on, shaded.
        levels: (name, value) of the thresholds of the signal.
        split_ms: where the data that was not used for choosing begins.
        benchmark: whether holding the asset is drawn too; wants `price`.
    """
    x = [float(t) for t in times_ms]
    known = [value for value in equity if value is not None]
    end = (known[-1] - 1) * 100 if known else 0.0
    falls = list(fell) or drawdown(equity)
    worst = min((fall for fall in falls if fall is not None), default=0.0) * 100
    split: list[Mark] = [Rule(float(split_ms), Role.PRICE, "out of sample", upright=True)] if split_ms else []
    grown: list[Mark] = [Line(x, [_percent(v) for v in equity], Role.EQUITY, "strategy", width=1.8)]
    first = next((value for value in price if value), None)
    if first and benchmark:
        held_asset = [None if value is None else (value / first - 1) * 100 for value in price]
        grown.append(Line(x, held_asset, Role.QUIET, "holding the asset", width=1.1))
    if held:
        grown.append(Spans([(float(a), float(b)) for a, b in held], Role.EQUITY, "position on"))
    panels = [Panel(marks=[*grown, *split], y_label="return", y_scale=Scale.PERCENT, weight=1.0)]
    panels.append(
        Panel(
            marks=[
                Line(x, [None if v is None else v * 100 for v in falls], Role.LOSS, "", width=1.1, fill=True),
                *_bare(split),
            ],
            y_label="drawdown",
            y_scale=Scale.PERCENT,
            weight=0.38,
            legend=False,
        )
    )
    if price:
        panels.append(Panel(marks=[Line(x, price, Role.PRICE, "", 1.1), *_bare(split)], y_label="price", weight=0.5,
                            legend=False))  # fmt: skip
    if signal:
        marks: list[Mark] = [Line(x, signal, Role.SIGNAL, "", 1.0)]
        marks += [Rule(value, Role.QUIET, f"{label} {value:g}") for label, value in levels]
        panels.append(
            Panel(marks=[*marks, *_bare(split)], y_label=signal_name, y_scale=Scale.PLAIN, weight=0.5, legend=False)
        )
    return Figure(
        name=f"equity-{name}",
        title=f"{name}: {end:+.1f} %, deepest drawdown {worst:.1f} %",
        alt=f"Equity of {name} over {len(x)} bars: it ends at {end:+.1f} %, its deepest drawdown is {worst:.1f} %.",
        caption=f"{name}: {end:+.1f} %, deepest drawdown {worst:.1f} %",
        panels=panels,
        height=4.6 + 1.4 * len(panels),
        note=note,
    )


def together_figure(
    title: str, times_ms: Sequence[int], lines: Sequence[tuple[str, Gappy]], *, note: str = ""
) -> Figure:
    """The equity of several strategies over the same bars, each 1 at its start; at most six."""
    x = [float(t) for t in times_ms]
    shown = list(zip(lines, SERIES, strict=False))
    marks: list[Mark] = [Line(x, [_percent(v) for v in values], role, name, 1.6) for (name, values), role in shown]
    ends = []
    for (name, values), _ in shown:
        known = [value for value in values if value is not None]
        ends.append(f"{name} {(known[-1] - 1) * 100:+.1f} %" if known else f"{name} nothing")
    return Figure(
        name=f"compared-{title}",
        title=title,
        alt=f"Equity of {len(shown)} strategies over the same {len(x)} points: {'; '.join(ends)}.",
        caption=f"{title}: {'; '.join(ends)}",
        panels=[Panel(marks=[*marks, Rule(0.0, Role.QUIET, dashed=False)], y_label="return", y_scale=Scale.PERCENT)],
        height=6.2,
        note=note,
    )


def drawdown(equity: Gappy) -> list[float | None]:
    """The fall from the highest equity so far, 0 or negative: -0.2 is 20 % below it."""
    high = -math.inf
    found: list[float | None] = []
    for value in equity:
        if value is None or not math.isfinite(value):
            found.append(None)
            continue
        high = max(high, value)
        found.append(value / high - 1 if high > 0 else 0.0)
    return found


def _percent(value: float | None) -> float | None:
    return None if value is None else (value - 1) * 100


def _bare(rules: Sequence[Mark]) -> list[Mark]:
    return [Rule(rule.at, rule.role, upright=True) for rule in rules if isinstance(rule, Rule)]


def heat_figure(
    name: str,
    values: Sequence[Gappy],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    row_name: str,
    column_name: str,
    measure: str = "Sharpe",
    smoothed: Sequence[Gappy] = (),
    peak: tuple[int, int] | None = None,
    plateau: tuple[int, int] | None = None,
    note: str = "Chosen on these same data: in-sample.",
) -> Figure:
    """The grid of a scan, its best cell framed; beside it each cell's mean with its neighbours, the best framed.

    Args:
        values: rows by columns; None where a cell has no trades.
        smoothed: the same cells, each the mean of itself and its neighbours.
    """
    told = []
    if peak is not None and (best := values[peak[0]][peak[1]]) is not None:
        told.append(f"highest {best:.2f} at {row_name} {rows[peak[0]]}, {column_name} {columns[peak[1]]}")
    if plateau is not None:
        told.append(f"most stable at {row_name} {rows[plateau[0]]}, {column_name} {columns[plateau[1]]}")
    words = "; ".join(told) or "no cell has trades"
    marks = [(*peak, Role.PEAK, "peak")] if peak else []
    more = [(*plateau, Role.PLATEAU, "plateau")] if plateau else []
    grids = [(f"{measure} of each cell", values, [*marks, *more])]
    if smoothed:
        grids.append((f"mean {measure} with neighbours", smoothed, more))
    panels = [
        Panel(
            marks=(Heat(grid, rows, columns, measure, framed),),
            title=title,
            x_label=column_name,
            y_label=row_name,
            x_scale=Scale.NAMES,
        )
        for title, grid, framed in grids
    ]
    return Figure(
        name=f"heat-{name}",
        title=f"{name}: {measure} by parameters",
        subtitle=words,
        alt=f"Heat map of {measure} for {name}, {len(rows)} by {len(columns)} cells: {words}.",
        caption=f"{name}: {words}",
        panels=panels,
        columns=len(panels),
        shared=False,
        height=min(9.0, 3.4 + 0.36 * len(rows)),
        note=note,
    )


def regimes_figure(
    name: str,
    groups: Sequence[tuple[str, Sequence[tuple[str, float | None, float | None, float | None]]]],
    note: str = "",
) -> Figure:
    """What the strategy did in each regime.

    Args:
        groups: (group, [(regime, return a year in percent, Sharpe, deepest drawdown in percent), ...]); None where it
            cannot be told.
    """
    rows = [row for _, regimes in groups for row in regimes]
    names = [f"{group}\n{regime[0]}" for group, regimes in groups for regime in regimes]
    shown: tuple[tuple[Gappy, str, Role], ...] = (
        ([row[1] for row in rows], "return a year", Role.EQUITY),
        ([row[2] for row in rows], "Sharpe", Role.SIGNAL),
        ([row[3] for row in rows], "deepest drawdown", Role.LOSS),
    )
    panels = []
    for values, title, role in shown:
        percent = role is not Role.SIGNAL
        low, high = _roomy(values)
        words = ["n/a" if v is None else f"{v:.1f} %" if percent else f"{v:.2f}" for v in values]
        bars = Bars(list(range(len(rows))), [float(v or 0) for v in values], role, 0.62, notes=words)
        panels.append(
            Panel(
                marks=(bars, Rule(0.0, Role.QUIET, dashed=False)),
                y_label=title,
                x_scale=Scale.NAMES,
                names=names,
                y_scale=Scale.PERCENT if percent else Scale.PLAIN,
                legend=False,
                low=low,
                high=high,
            )
        )
    told = "; ".join(
        f"{name.replace(chr(10), ' ')}: {'n/a' if row[1] is None else f'{row[1]:+.1f} % a year'}"
        for name, row in zip(names, rows, strict=True)
    )
    return Figure(
        name=f"regimes-{name}",
        title=f"{name}: by regime",
        alt=f"Bars by regime for {name}: {told}.",
        caption=f"{name} by regime",
        panels=panels,
        height=7.4,
        note=note,
    )


def _roomy(values: Gappy) -> tuple[float, float]:
    """Bounds that leave room for the notes over and under the bars; that of a missing value stands over zero."""
    known = [0.0, *(value for value in values if value is not None)]
    low, high = min(known), max(known)
    room = (high - low) * 0.2 or 1.0
    over = high > 0 or high == low or len(known) <= len(values)
    return low - (room if low < 0 else 0), high + (room if over else 0)


def permutations_figure(
    name: str, permuted: Numbers, observed: float, p_value: float | None, *, measure: str = "Sharpe", note: str = ""
) -> Figure:
    """How the measure is distributed where the signal has nothing to say, and where the strategy lies.

    Args:
        permuted: one value for each permutation; at least two.
    """
    finite = [value for value in permuted if math.isfinite(value)]
    low, high = min([*finite, observed]), max([*finite, observed])
    alike = high - low < 1e-9 * max(1.0, abs(low), abs(high))
    pad = 0.5 if alike else (high - low) * 0.03
    low, high = low - pad, high + pad
    count = max(10, min(60, math.isqrt(len(finite)) * 2))
    width = (high - low) / count
    heights = [0.0] * count
    for value in finite:
        heights[min(count - 1, int((value - low) / width))] += 1
    centers = [low + width * (n + 0.5) for n in range(count)]
    roles = [Role.PRICE if center >= observed else Role.QUIET for center in centers]
    p = "no p-value" if p_value is None else f"p = {p_value:.4f}"
    return Figure(
        name=f"permutations-{name}",
        title=f"{name}: {measure} {observed:.2f} among {len(finite):,} permutations, {p}",
        alt=(
            f"Histogram of {measure} over {len(finite):,} permutations, from {min(finite):.2f} to {max(finite):.2f}; "
            f"the strategy's {observed:.2f} is marked; {p}."
        ),
        caption=f"{name}: {measure} {observed:.2f}, {p} over {len(finite):,} permutations",
        panels=[
            Panel(
                marks=(
                    Bars(centers, heights, Role.QUIET, width * 0.94, "permutations", roles=roles),
                    Rule(observed, Role.EQUITY, f"strategy {observed:.2f}", upright=True, dashed=False),
                ),
                x_label=measure,
                y_label="permutations",
                x_scale=Scale.PLAIN,
                y_scale=Scale.PLAIN,
                legend=False,
                low=0.0,
            )
        ],
        height=5.6,
        note=note,
    )


def spans_held(times_ms: Sequence[int], position: Gappy) -> list[tuple[int, int]]:
    """The ranges of time in which the position is not zero."""
    found: list[tuple[int, int]] = []
    since: int | None = None
    for at, value in zip(times_ms, position, strict=True):
        on = bool(value) and value is not None and not math.isnan(value)
        if on and since is None:
            since = at
        elif not on and since is not None:
            found.append((since, at))
            since = None
    if since is not None:
        found.append((since, times_ms[-1]))
    return found


def step_ms(times_ms: Sequence[int]) -> float:
    """The usual distance between two bars."""
    gaps = sorted(b - a for a, b in pairwise(times_ms))
    return float(gaps[len(gaps) // 2]) if gaps else 3_600_000.0
