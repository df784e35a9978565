"""Money that moves: ETF flows by day, sectors by window."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from blave_mcp.tools.charts.figure import Bars, Dots, Figure, Gappy, Heat, Line, Mark, Panel, Role, Rule, Scale
from blave_mcp.tools.charts.words import amount
from blave_mcp.tools.times import DAY_MS

MILLION = 1e6


def etf_figure(
    asset: str,
    days_ms: Sequence[int],
    totals: Gappy,
    *,
    fund: str,
    fund_flows: Gappy,
    divergent: Sequence[int] = (),
    source: str = "",
) -> Figure:
    """Net flow of all funds by day with its running sum, and the largest fund below.

    Args:
        totals, fund_flows: million USD; None where the day has no data, which is not zero.
        divergent: indexes of days on which the largest fund and the total point opposite ways.
    """
    known = [(float(at), value * MILLION) for at, value in zip(days_ms, totals, strict=True) if value is not None]
    x, heights = [at for at, _ in known], [value for _, value in known]
    roles = [Role.UP if value >= 0 else Role.DOWN for value in heights]
    total = sum(heights)
    sums = list(accumulate(heights))
    of_fund = [(float(at), v * MILLION) for at, v in zip(days_ms, fund_flows, strict=True) if v is not None]
    apart = [n for n in divergent if fund_flows[n] is not None]
    second: list[Mark] = [
        Bars([at for at, _ in of_fund], [v for _, v in of_fund], Role.QUIET, DAY_MS * 0.8,
             roles=[Role.UP if v >= 0 else Role.DOWN for _, v in of_fund]),
        Rule(0.0, Role.QUIET, dashed=False),
    ]  # fmt: skip
    if apart:
        at = [float(days_ms[n]) for n in apart]
        tops = [(fund_flows[n] or 0.0) * MILLION for n in apart]
        second.append(Dots(at, tops, Role.PRICE, f"{fund} against the total", marker="D"))
    last = f"{amount(heights[-1])} USD on the last day" if heights else "no data"
    return Figure(
        name=f"etf-flows-{asset}",
        title=f"{asset} spot ETF flows: {amount(total)} USD net over {len(heights)} days",
        subtitle=last,
        alt=(
            f"Daily net flows of the {asset} spot ETFs over {len(heights)} days, {amount(total)} USD together, {last}; "
            f"below them those of {fund}, the largest fund; {len(apart)} days on which it went against the total."
        ),
        caption=f"{asset} spot ETFs: {amount(total)} USD net over {len(heights)} days; {last}",
        panels=[
            Panel(
                marks=(
                    Bars(x, heights, Role.QUIET, DAY_MS * 0.8, roles=roles),
                    Rule(0.0, Role.QUIET, dashed=False),
                    Line(x, sums, Role.EQUITY, "sum since the first day shown", 1.8, right=True),
                ),
                title="All funds: green in, red out",
                y_label="USD a day",
                right_label="USD, sum",
                y_scale=Scale.MONEY,
                weight=1.0,
            ),
            Panel(
                marks=second, title=f"{fund}, the largest fund", y_label="USD a day", y_scale=Scale.MONEY, weight=0.6
            ),
        ],
        height=7.6,
        note=source,
    )


def sectors_figure(
    sectors: Sequence[str], windows: Sequence[str], changes: Sequence[Gappy], *, sort_by: str = "", note: str = ""
) -> Figure:
    """A table of colours: each sector's change in percent over each window, best on top.

    Args:
        changes: sectors by windows.
        sort_by: the window whose order the sectors stand in; the last where it is empty.
    """
    column = windows.index(sort_by) if sort_by else len(windows) - 1
    low = float("-inf")
    order = sorted(range(len(sectors)), key=lambda n: low if changes[n][column] is None else changes[n][column] or 0.0)
    best = [sectors[n] for n in reversed(order)][:3]
    grid = Heat(
        [changes[n] for n in order], [sectors[n] for n in order], windows, "percent", each_column=True, unit=" %"
    )
    return Figure(
        name="sector-rotation",
        title=f"Sector rotation, by {windows[column]}",
        subtitle=f"ahead: {', '.join(best)}",
        alt=(
            f"Change of {len(sectors)} sectors over {', '.join(windows)}; "
            f"ahead over {windows[column]}: {', '.join(best)}."
        ),
        caption=f"Sector rotation over {windows[column]}: {', '.join(best)} ahead",
        panels=[Panel(marks=(grid,), x_scale=Scale.NAMES, x_label="window", legend=False)],
        height=min(12.0, 2.0 + 0.36 * len(sectors)),
        note=note or "Colours are scaled within each window.",
    )
