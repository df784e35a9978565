"""How results read: tables and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from blave_mcp.tools.backtest.bars import Bars
from blave_mcp.tools.backtest.engine import Run
from blave_mcp.tools.backtest.kernels import Floats
from blave_mcp.tools.backtest.metrics import Curve, HeatMap, Metrics, Regime, Trade, moment, plain
from blave_mcp.tools.backtest.permutation import NullTest
from blave_mcp.tools.backtest.strategy import Strategy, Values
from blave_mcp.tools.backtest.tape import Settings, Tape
from blave_mcp.tools.spec import File, columnar, csv
from blave_mcp.tools.times import day

ADVICE = "Past results say little about future ones. Not financial advice."
SAMPLED = 120
BINS = 40


def share(value: float | None, digits: int = 1) -> str:
    """0.1234 -> "12.3 %"."""
    return "n/a" if value is None else f"{value * 100:.{digits}f} %"


def figure(value: float | None, digits: int = 2) -> str:
    """1.234 -> "1.23"."""
    return "n/a" if value is None else f"{value:.{digits}f}"


def values_told(values: Values, strategy: Strategy | None = None) -> str:
    """The parameters; those at their default that matter little are left out."""
    quiet = {knob.name: knob.default for knob in strategy.knobs if knob.name in ("side", "max_age", "ewm", "oversold")}\
        if strategy else {}  # fmt: skip
    return " ".join(f"{name}={value:g}" for name, value in values.items() if quiet.get(name) != value)


def settings_told(settings: Settings) -> str:
    """Every assumption about size, cost and timing, in a sentence or two."""
    if settings.target_vol > 0:
        size = (
            f"Size: {share(settings.target_vol, 0)} annual volatility (window {settings.vol_days:g} days, floor"
            f" {share(settings.vol_floor, 0)}), at most {settings.cap:g} x equity, "
        )
        size += (
            "fixed at entry."
            if settings.fixed
            else f"changed once {share(settings.band, 0)} off."
            if settings.band
            else "changed every bar."
        )
    else:
        size = f"Size: {min(1.0, settings.cap):g} x equity."
    lag = (
        "lag 0: a signal is traded at the very close that gives it, which no one can do"
        if settings.lag == 0
        else f"lag {settings.lag}: a signal is traded {settings.lag} bar{'s' if settings.lag > 1 else ''} after the"
        " close that gives it"
    )
    trend = f" Only with the {settings.trend_days:g}-day trend." if settings.trend_days else ""
    return (
        f"{size} Costs per side: fee {share(settings.fee, 3)}, slippage {share(settings.slippage, 3)}; funding"
        f" {share(settings.funding, 4)} per 8 h. Timing: {lag}.{trend}"
    )


def stamp_told(settings: Settings) -> str:
    """What is not known about an indicator's times."""
    safe = "lag 1 or more is safe either way" if settings.lag else "lag 0 may look ahead"
    return f"Whether an indicator's time is its bar's open or close is not documented; {safe}."


def range_told(tape: Tape, words: str) -> str:
    """Which data, and from when to when."""
    times = tape.time_ms
    return (
        f"{tape.bars.symbol} {tape.bars.period}, {words}: {day(int(times[0]))} to"
        f" {day(int(times[-1]) + tape.bars.bar_ms)} UTC, {len(tape)} bars, {tape.years:.2f} years."
    )


def data_told(bars: Bars, tape: Tape) -> str:
    """What the data report says."""
    lines = bars.report.lines(bars.bar_ms)
    if tape.moves:
        lines.append(f"Price moves across the gaps that nobody is credited with add up to {share(tape.moves)}.")
    return "Data: " + " ".join(lines)


METRIC_ROWS: Sequence[tuple[str, str, str]] = (
    ("total return", "total_return", "share"), ("annual return", "annual_return", "share"),
    ("annual volatility", "annual_volatility", "share"), ("Sharpe", "sharpe", "figure"),
    ("Sortino", "sortino", "figure"), ("max drawdown", "max_drawdown", "share"), ("Calmar", "calmar", "figure"),
    ("time in market", "held", "share"), ("closed trades", "trades", "count"),
    ("trades per year", "trades_per_year", "figure"), ("win rate", "win_rate", "share"),
    ("average win", "average_win", "fine"), ("average loss", "average_loss", "fine"),
    ("profit factor", "profit_factor", "figure"), ("turnover per year, signals", "signal_turnover", "figure"),
    ("turnover per year, resizing", "resize_turnover", "figure"), ("costs paid", "costs", "share"),
    ("funding paid", "funding", "share"),
)  # fmt: skip


def metrics_table(columns: Mapping[str, Metrics], only: Sequence[str] = ()) -> str:
    """Figures side by side."""
    rows = []
    for title, name, form in METRIC_ROWS:
        if only and name not in only:
            continue
        cells = []
        for one in columns.values():
            value = getattr(one, name)
            cells.append(
                str(value) if form == "count" else share(value) if form == "share" else share(value, 3)
                if form == "fine" else figure(value)
            )  # fmt: skip
        rows.append((title, *cells))
    return csv(("figure", *columns), rows)


def regimes_table(regimes: Sequence[Regime]) -> str:
    """Regimes as CSV; the trend and volatility splits say how much of the range they cover."""
    rows = [
        (r.group, r.label, share(r.share), share(r.held), share(r.total_return), share(r.annual_return),
         figure(r.sharpe), share(r.max_drawdown), share(r.market))
        for r in regimes
    ]  # fmt: skip
    head = ("split", "regime", "share_of_bars", "time_in_market", "return", "annual", "Sharpe", "max_drawdown",
            "market_return")  # fmt: skip
    covered = {r.group: r.covered for r in regimes if r.covered < 1}
    note = "; ".join(f"the {group} split is known for {share(part)} of the bars" for group, part in covered.items())
    return csv(head, rows) + (f"\n({note}; the rest is too early.)" if note else "")


def regimes_data(regimes: Sequence[Regime]) -> list[dict[str, Any]]:
    return [
        {"split": r.group, "label": r.label, "covered": plain(r.covered), "share": plain(r.share),
         "held": plain(r.held), "total_return": plain(r.total_return), "annual_return": plain(r.annual_return),
         "sharpe": plain(r.sharpe), "max_drawdown": plain(r.max_drawdown), "market": plain(r.market)}
        for r in regimes
    ]  # fmt: skip


def map_table(found: HeatMap) -> str:
    """A grid of Sharpe ratios; * marks the peak, # the plateau."""
    rows = []
    for n, row in enumerate(found.values):
        cells = []
        for m, value in enumerate(row):
            mark = ("*" if (n, m) == found.peak else "") + ("#" if (n, m) == found.plateau else "")
            cells.append("" if value is None else f"{value:.2f}{mark}")
        rows.append((f"{found.rows[n]:g}" if found.row_name else "Sharpe", *cells))
    head = f"{found.row_name} \\ {found.column_name}" if found.row_name else found.column_name
    return csv((head, *(f"{value:g}" for value in found.columns)), rows)


def map_data(found: HeatMap) -> dict[str, Any]:
    return {
        "row_name": found.row_name, "column_name": found.column_name, "rows": list(found.rows),
        "columns": list(found.columns), "sharpe": [list(row) for row in found.values],
        "peak": None if found.peak is None else list(found.peak),
        "plateau": None if found.plateau is None else list(found.plateau),
    }  # fmt: skip


def null_data(test: NullTest) -> dict[str, Any]:
    """A permutation distribution as a histogram."""
    told: dict[str, Any] = {
        "method": test.method, "observed": plain(test.observed), "p": plain(test.p), "error": plain(test.error),
        "permutations": len(test.null),
    }  # fmt: skip
    finite = test.null[np.isfinite(test.null)]
    if len(finite):
        low, high = float(finite.min()), float(finite.max())
        if high - low < 1e-9 * max(1.0, abs(low), abs(high)):  # all alike but for their last digits
            low, high = low - 0.5, high + 0.5
        counts, edges = np.histogram(finite, bins=BINS, range=(low, high))
        told |= {
            "counts": counts.tolist(),
            "edges": plain(edges),
            "percentile_95": plain(float(np.quantile(finite, 0.95))),
        }
    return told


def curve_data(curve: Curve) -> dict[str, Any]:
    """The curve at no more than some hundred bars, for a reader; the file has every bar."""
    n = len(curve.equity)
    at = np.unique(np.linspace(0, n - 1, min(n, SAMPLED)).astype(np.int64))
    return {
        "time_ms": curve.time_ms[at].tolist(), "equity": plain(curve.equity[at].round(6)),
        "market": plain(curve.market[at].round(6)), "drawdown": plain(curve.drawdown[at].round(6)), "bars": n,
    }  # fmt: skip


def curve_file(curve: Curve, run: Run) -> File:
    """Every bar of a run as CSV."""
    columns: list[tuple[str, Floats]] = [
        ("close", curve.close), *curve.lines.items(), ("exposure", curve.exposure), ("return", run.returns),
        ("equity", curve.equity), ("drawdown", curve.drawdown), ("buy_and_hold", curve.market),
    ]  # fmt: skip
    cells = [[f"{v:.10g}" if v == v else "" for v in series.tolist()] for _, series in columns]  # noqa: PLR0124 - NaN
    times = np.datetime_as_string(np.array(curve.time_ms, "datetime64[ms]"), unit="m").tolist()
    lines = [",".join(("time_utc", *(name for name, _ in columns)))]
    lines += [",".join(row) for row in zip(times, *cells, strict=True)]
    return File("bars.csv", "\n".join(lines) + "\n", f"{curve.title}: every bar, by the time at which it closes")


TRADE_COLUMNS = ("entry_utc", "exit_utc", "side", "entry_price", "exit_price", "size", "bars", "result")


def trade_rows(trades: Sequence[Trade]) -> list[tuple[Any, ...]]:
    return [
        (moment(t.entry_ms), None if t.exit_ms is None else moment(t.exit_ms), "long" if t.side > 0 else "short",
         f"{t.entry_price:g}", None if t.exit_price is None else f"{t.exit_price:g}", f"{t.size:.4g}", t.bars,
         f"{t.result:.6f}")
        for t in trades
    ]  # fmt: skip


def trades_file(trades: Sequence[Trade], title: str) -> File:
    """Every trade as CSV; one without an exit is open."""
    return File("trades.csv", csv(TRADE_COLUMNS, trade_rows(trades)) + "\n", f"{title}: every trade")


def trades_data(trades: Sequence[Trade], most: int = 10) -> dict[str, Any]:
    return columnar(TRADE_COLUMNS, trade_rows(trades[-most:]))
