"""get_etf_flows: the flows of the US spot ETFs, with what they say."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.errors import NO_DATA, Unavailable
from blave_mcp.exchanges.sources.etf import PATHS, FlowDay, parse_etf
from blave_mcp.tools.answers import table
from blave_mcp.tools.charts.flows import etf_figure
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.format import exact
from blave_mcp.tools.research.etf import bias, divergent, largest_fund, months, streak
from blave_mcp.tools.spec import Result, columnar
from blave_mcp.tools.workflows.show import illustrated

ASSETS = {"BTC": "Bitcoin", "ETH": "Ethereum"}
MOST_NOTES = 8
MONTHS = 12


def _millions(value: Decimal | None) -> str | None:
    return exact(value)


def _ms(day: FlowDay) -> int:
    return int(datetime(day.day.year, day.day.month, day.day.day, tzinfo=UTC).timestamp()) * 1000


async def get_etf_flows(desk: Desk, *, asset: str = "BTC", days: int = 20, chart: bool = True) -> Result:
    flows = parse_etf(await desk.pages.read(desk.pages.etf_url + PATHS[asset]), asset)
    known = [day for day in flows.days if day.total is not None]
    if not known:
        raise Unavailable("The page of ETF flows has days, but no figure.", undone=NO_DATA)
    shown = flows.days[-days:]
    fund = largest_fund(flows)
    columns = ["day", "total", *flows.funds]
    rows = [[f"{d.day}", _millions(d.total), *(_millions(d.flows.get(f)) for f in flows.funds)] for d in shown]
    recent = table(columns, rows, newest_last=True)
    by_month = months(flows)[-MONTHS:]
    month_columns = ["month", "total", fund, "days", "inflow_days", "outflow_days"]
    month_rows: list[list[Any]] = [
        [m.month, exact(m.total), exact(m.flows.get(fund)), m.days, m.inflow, m.outflow] for m in by_month
    ]
    apart = divergent(shown, fund)
    runs = streak([day.total for day in flows.days]), streak([day.flows.get(fund) for day in flows.days])
    view = bias(flows.days, fund)
    last = known[-1]
    lines = [
        f"US spot {ASSETS[asset]} ETFs, net flow a day in million USD, from Farside Investors' page, read now"
        " (the real page, in every mode). Empty is no data, which is no inflow.",
        recent.text,
        f"{recent.left_out} older rows are not shown; ask for fewer days." if recent.left_out else "",
        f"Months (million USD):\n{table(month_columns, month_rows).text}",
        f"Last day with data: {last.day}, total {exact(last.total)}. In a row (negative: outflow): total {runs[0]} "
        f"days, {fund} {runs[1]} days.",
        f"{fund}, the largest fund by its sum, went against the total on {len(apart)} of these {len(shown)} days"
        + (f": {', '.join(str(shown[n].day) for n in apart)}." if apart else "."),
        f"As a filter for other signals: supports {view.supports} ({view.why}). Past flows promise nothing.",
        *(f"NOTE: {note}" for note in flows.notes[-MOST_NOTES:]),
        f"{len(flows.notes) - MOST_NOTES} older notes are not shown." if len(flows.notes) > MOST_NOTES else "",
    ]
    data = {
        "asset": asset,
        "unit": "million USD",
        "days": recent.data,
        "months": columnar(month_columns, month_rows),
        "largest_fund": fund,
        "streaks": {"total": runs[0], "largest_fund": runs[1]},
        "divergent_days": [str(shown[n].day) for n in apart],
        "filter": {"supports": view.supports, "why": view.why},
        "notes": list(flows.notes[-MOST_NOTES:]),
    }
    result = Result("\n".join(line for line in lines if line), data)
    if not chart:
        return result
    figure = etf_figure(
        ASSETS[asset],
        [_ms(day) for day in shown],
        [None if day.total is None else float(day.total) for day in shown],
        fund=fund,
        fund_flows=[None if (v := day.flows.get(fund)) is None else float(v) for day in shown],
        divergent=apart,
        source="Source: Farside Investors. Green is inflow, red is outflow.",
    )
    return await illustrated(desk, result, figure)
