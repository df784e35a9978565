"""The ladder of a lending plan."""

from __future__ import annotations

from collections.abc import Sequence

from blave_mcp.tools.charts.figure import SERIES, Bars, Figure, Mark, Panel, Role, Rule, Scale
from blave_mcp.tools.charts.words import amount, percent


def ladder_figure(
    currency: str,
    rungs: Sequence[tuple[int, float, float]],
    *,
    frr: float,
    floor: float | None,
    note: str = "",
) -> Figure:
    """One bar for each offer: as high as its rate, with its amount on top, coloured by its period.

    Args:
        rungs: (days, rate a year in percent, amount) in the order of the plan; at least one.
        frr, floor: the flash return rate, and what borrowers bid for enough now; percent a year.
    """
    periods = list(dict.fromkeys(days for days, _, _ in rungs))
    total = sum(size for _, _, size in rungs)
    mean = sum(rate * size for _, rate, size in rungs) / total
    marks: list[Mark] = []
    for days, role in zip(periods, SERIES * (1 + len(periods) // len(SERIES)), strict=False):
        mine = [(n, rate, size) for n, (period, rate, size) in enumerate(rungs) if period == days]
        marks.append(
            Bars(
                [float(n) for n, _, _ in mine],
                [rate for _, rate, _ in mine],
                role,
                0.72,
                f"{days} days: {amount(sum(size for _, _, size in mine))} {currency}",
                notes=[amount(size) for _, _, size in mine],
            )
        )
    told = []
    for days in periods:
        rates = [rate for period, rate, _ in rungs if period == days]
        size = sum(each for period, _, each in rungs if period == days)
        span = percent(rates[0]) if min(rates) == max(rates) else f"{percent(min(rates))} to {percent(max(rates))}"
        told.append(f"{amount(size)} for {days} days at {span} a year")
    marks.append(Rule(frr, Role.PRICE, f"FRR {percent(frr)}"))
    if floor is not None:
        marks.append(Rule(floor, Role.QUIET, f"borrowers bid {percent(floor)}"))
    top = max([frr, floor or 0.0, *(rate for _, rate, _ in rungs)])
    return Figure(
        name=f"lending-ladder-{currency}",
        title=f"Lending plan: {amount(total)} {currency} in {len(rungs)} offer{'' if len(rungs) == 1 else 's'}, "
        f"{percent(mean)} a year",
        alt=(
            f"Ladder of {len(rungs)} offers of {currency}: {'; '.join(told)}. FRR {percent(frr)} a year; "
            f"on average the plan asks {percent(mean)}."
        ),
        caption=f"Lending plan: {amount(total)} {currency} at {percent(mean)} a year on average",
        panels=[
            Panel(
                marks=marks,
                x_label="offer",
                y_label="rate a year",
                x_scale=Scale.NAMES,
                y_scale=Scale.PERCENT,
                names=[f"{days}d\n{percent(rate)}" for days, rate, _ in rungs],
                low=0.0,
                high=top * 1.12,
            )
        ],
        height=6.2,
        note=note,
    )
