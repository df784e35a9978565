"""What a run amounts to: figures, trades, regimes, the choice of a cell of a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from blave_mcp.tools.backtest import kernels
from blave_mcp.tools.backtest.engine import Run, Scan
from blave_mcp.tools.backtest.kernels import Flags, Floats
from blave_mcp.tools.backtest.tape import Tape

SHORTEST_YEARS = 30 / 365
"""A return of a shorter time is not told per year."""

TREND_DAYS = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Figures of one run; None where a figure is undefined. Shares, not percent.

    Attributes:
        annual_return: None for less than 30 days, or after a ruin it is -1.
        held: share of bars with a position; trades: closed ones; open: whether one is left open at the end.
        win_rate, average_win, average_loss, profit_factor: of closed trades, after costs.
        signal_turnover, resize_turnover: units of equity traded per year, for signals and for keeping the size.
        costs, funding: sums over the range, as shares of the equity of each bar.
    """

    bars: int
    years: float
    total_return: float
    annual_return: float | None
    annual_volatility: float | None
    sharpe: float | None
    sortino: float | None
    max_drawdown: float
    calmar: float | None
    held: float
    trades: int
    open: bool
    trades_per_year: float
    win_rate: float | None
    average_win: float | None
    average_loss: float | None
    profit_factor: float | None
    signal_turnover: float
    resize_turnover: float
    costs: float
    funding: float
    ruined: bool

    def data(self) -> dict[str, Any]:
        """Plain JSON, floats rounded to ten digits."""
        return {name: plain(value) for name, value in asdict(self).items()}


def plain(value: Any) -> Any:
    """A number as JSON takes it: None for NaN and infinities, floats to ten significant digits."""
    if isinstance(value, np.ndarray):
        return [plain(one) for one in value.tolist()]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.10g}") if np.isfinite(value) else None
    return value


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One trade: from the bar close at which it was opened to that at which it was closed.

    Attributes:
        exit_ms, exit_price: None while it is open at the end of the range.
        result: net return on equity, exit fee included; of an open one so far, without it.
    """

    entry_ms: int
    exit_ms: int | None
    side: int
    entry_price: float
    exit_price: float | None
    size: float
    bars: int
    result: float


def trades_of(run: Run) -> list[Trade]:
    """Every trade of a run, the open one last."""
    tape = run.tape
    n = len(tape)
    start, end, side = run.trades
    if not len(start):
        return []
    results = trade_results(run)
    times, closes = tape.time_ms, tape.bars.close[tape.at]
    return [
        Trade(
            entry_ms=int(times[a]), exit_ms=int(times[b]) if b < n else None, side=int(s),
            entry_price=float(closes[a]), exit_price=float(closes[b]) if b < n else None,
            size=float(abs(run.exposure[a])), bars=int(b - a), result=float(result),
        )
        for a, b, s, result in zip(start, end, side, results, strict=True)
    ]  # fmt: skip


def trade_results(run: Run) -> Floats:
    """Net return of each trade; the fee of its exit belongs to it."""
    tape = run.tape
    start, end, _ = run.trades
    if not len(start):
        return np.zeros(0)
    before = np.concatenate((np.zeros(1), run.exposure[:-1]))
    # In the bar of a flip the old trade's exit is paid for by the old trade.
    before[start] = 0.0
    held = run.exposure * (tape.net - tape.carry) - tape.settings.cost * np.abs(run.exposure - before)
    held = np.where(run.position != 0, np.maximum(held, -1.0), 0.0)
    with np.errstate(divide="ignore"):
        logs = np.log1p(held)
    alive = np.isfinite(logs)
    sums = kernels.prefix(np.where(alive, logs, 0.0))
    lost = kernels.prefix((~alive).astype(np.float64))
    leave = np.where(end < len(tape), tape.settings.cost * np.abs(run.exposure[end - 1]), 0.0)
    results = np.exp(sums[end] - sums[start]) * (1.0 - leave) - 1.0
    return np.where(lost[end] > lost[start], -1.0, results)


def metrics_of(run: Run) -> Metrics:
    """The figures of a run."""
    tape, returns = run.tape, run.returns
    equity = run.equity
    years, per_year = tape.years, tape.per_year
    total = float(equity[-1] - 1.0)
    annual = None
    if years >= SHORTEST_YEARS:
        with np.errstate(over="ignore"):
            annual = _finite(-1.0 if total <= -1 else (1.0 + total) ** (1.0 / years) - 1.0)
    deviation = float(returns.std(ddof=1)) if len(returns) > 1 else float("nan")
    sharpe = kernels.sharpe(returns, per_year)
    downside = float(np.sqrt(np.mean(np.minimum(returns, 0.0) ** 2)))
    worst = float(kernels.drawdowns(equity).min())
    results = trade_results(run)
    closed = results[run.trades[1] < len(tape)] if len(results) else results
    wins, losses = closed[closed > 0], closed[closed <= 0]
    lost = -float(losses.sum())
    turnover = run.signal_turnover + run.resize_turnover
    return Metrics(
        bars=len(tape), years=years, total_return=total, annual_return=annual,
        annual_volatility=_finite(deviation * np.sqrt(per_year)), sharpe=_finite(sharpe),
        sortino=_finite(float(returns.mean()) / downside * np.sqrt(per_year)) if downside > 0 else None,
        max_drawdown=worst, calmar=None if annual is None or worst == 0 else annual / -worst,
        held=float(np.count_nonzero(run.position)) / len(tape), trades=len(closed), open=len(closed) < len(results),
        trades_per_year=len(closed) / years,
        win_rate=len(wins) / len(closed) if len(closed) else None,
        average_win=float(wins.mean()) if len(wins) else None,
        average_loss=float(losses.mean()) if len(losses) else None,
        profit_factor=float(wins.sum()) / lost if lost > 0 else None,
        signal_turnover=run.signal_turnover / years, resize_turnover=run.resize_turnover / years,
        costs=turnover * tape.settings.cost, funding=float(run.exposure.sum()) * tape.carry, ruined=run.ruined >= 0,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """How a run did in one kind of bars, strung together where they are not in one piece.

    Attributes:
        group: "year", "trend" or "volatility"; covered: the share of the range in which the group's split is known.
        share: of the range's bars, those of this regime; held: of them, those with a position.
        market: return of a unit bought and held in them, before costs.
    """

    group: str
    label: str
    covered: float
    share: float
    held: float
    total_return: float
    annual_return: float | None
    sharpe: float | None
    max_drawdown: float
    market: float


def regimes_of(run: Run) -> list[Regime]:
    """By calendar year, by the close against its 200-day average, by volatility against all that was seen before.

    No split uses the future: the median of the volatility is that of everything before the month began.
    """
    tape = run.tape
    bars = tape.bars
    months = np.array(tape.time_ms, "datetime64[ms]").astype("datetime64[M]")
    years = months.astype("datetime64[Y]")
    masks: list[tuple[str, str, Flags, Flags]] = []
    everything = np.ones(len(tape), np.bool_)
    for year in np.unique(years):
        masks.append(("year", str(year), years == year, everything))
    average = kernels.moving_average(bars.close, bars.bars_in(TREND_DAYS))[tape.at]
    close, known = bars.close[tape.at], np.isfinite(average)
    with np.errstate(invalid="ignore"):
        masks.append(("trend", f"Bull (close above its {TREND_DAYS}-day average)", known & (close > average), known))
        masks.append(("trend", "Bear (close at or under it)", known & (close <= average), known))
    vol = _known_volatility(tape)
    middle = _past_median(vol, months)
    known = np.isfinite(middle) & np.isfinite(vol)
    with np.errstate(invalid="ignore"):
        masks.append(("volatility", "High (above the median so far)", known & (vol > middle), known))
        masks.append(("volatility", "Low (at or under it)", known & (vol <= middle), known))
    return [_regime(run, group, label, mask, known) for group, label, mask, known in masks if mask.any()]


def _known_volatility(tape: Tape) -> Floats:
    """Annual volatility of the settings' window, also where sizes do not depend on it."""
    if tape.settings.target_vol > 0:
        return tape.vol
    bars = tape.bars
    window = bars.bars_in(tape.settings.vol_days)
    per_bar = kernels.volatility(kernels.log_returns(bars.close), window, int(0.9 * window))
    return np.asarray(per_bar[tape.at] * np.sqrt(bars.per_year))


def _past_median(vol: Floats, months: Any) -> Floats:
    """For each bar the median of the volatility before its month began; NaN in the first month."""
    out = np.full(len(vol), np.nan)
    begins = np.flatnonzero(np.concatenate(([True], months[1:] != months[:-1])))
    for n, begin in enumerate(begins):
        past = vol[:begin][np.isfinite(vol[:begin])]
        if len(past):
            out[begin : begins[n + 1] if n + 1 < len(begins) else len(vol)] = np.median(past)
    return out


def _regime(run: Run, group: str, label: str, mask: Flags, known: Flags) -> Regime:
    tape = run.tape
    returns = run.returns[mask]
    equity = kernels.equity_curve(returns)
    years = len(returns) / tape.per_year
    total = float(equity[-1] - 1.0)
    annual = None
    if years >= SHORTEST_YEARS:
        annual = _finite(-1.0 if total <= -1 else (1.0 + total) ** (1.0 / years) - 1.0)
    return Regime(
        group=group, label=label, covered=float(known.mean()), share=float(mask.mean()),
        held=float(np.count_nonzero(run.position[mask])) / len(returns), total_return=total, annual_return=annual,
        sharpe=_finite(kernels.sharpe(returns, tape.per_year)),
        max_drawdown=float(kernels.drawdowns(equity).min()), market=float(np.prod(1.0 + tape.net[mask]) - 1.0),
    )  # fmt: skip


# The choice of a cell.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice:
    """Two ways to choose from a grid. Numbers are those of cells; -1 where no cell traded.

    Attributes:
        peak: the cell with the highest Sharpe ratio.
        plateau: the one whose neighbourhood does best, judged by `score`.
        score: per cell, the mean over itself and its neighbours, drawn towards the mean of the grid where they are few.
    """

    peak: int
    plateau: int
    score: Floats


def choose(scan: Scan) -> Choice:
    """Chooses from a scan; what is chosen there is in-sample there."""
    values = scan.grid.map_of(scan.sharpe)
    score = plateau_scores(values).reshape(-1)[scan.grid.at]
    return Choice(peak=_best(scan.sharpe), plateau=_best(score), score=score)


def _best(values: Floats) -> int:
    return int(np.nanargmax(values)) if np.isfinite(values).any() else -1


def plateau_scores(grid: Floats) -> Floats:
    """Mean of each cell and its neighbours, shrunk by their number; NaN where the cell itself is.

    A mean of few values strays further, so that without shrinking the corners win on noise alone: its distance from
    the mean of the grid is multiplied by (neighbours there / neighbours of an inner cell) ** (2 / 3). With that power
    the corners of a triangular grid of noise are chosen as often as their share of it.
    """
    known = np.isfinite(grid)
    if not known.any():
        return np.full(grid.shape, np.nan)
    filled = np.where(known, grid, 0.0)
    total, count = np.zeros(grid.shape), np.zeros(grid.shape)
    for shift in np.ndindex(*(3,) * grid.ndim):
        source, target = [], []
        for step, size in zip(shift, grid.shape, strict=True):
            source.append(slice(max(0, step - 1), size + min(0, step - 1)))
            target.append(slice(max(0, 1 - step), size + min(0, 1 - step)))
        total[tuple(target)] += filled[tuple(source)]
        count[tuple(target)] += known[tuple(source)]
    full = float(np.prod([min(3, size) for size in grid.shape]))
    middle = float(filled.sum() / known.sum())
    mean = total / np.maximum(count, 1.0)
    return np.where(known, middle + (count / full) ** (2 / 3) * (mean - middle), np.nan)


# Plain data for pictures and files.


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatMap:
    """A grid as a picture takes it. One row where there is one axis.

    Attributes:
        rows, columns: the values of the two axes; values: rows x columns, None where there is none.
        peak, plateau: (row, column), or None.
    """

    title: str
    row_name: str
    column_name: str
    rows: Sequence[float]
    columns: Sequence[float]
    values: Sequence[Sequence[float | None]]
    peak: tuple[int, int] | None
    plateau: tuple[int, int] | None


def heat_map(scan: Scan, choice: Choice, title: str) -> HeatMap | None:
    """The scan as a map; None where more than two parameters vary."""
    names = list(scan.grid.axes)
    if len(names) > 2:
        return None
    values = np.atleast_2d(scan.grid.map_of(scan.sharpe))
    row_name, column_name = ("", names[0]) if len(names) == 1 else (names[0], names[1])

    def place(cell: int) -> tuple[int, int] | None:
        if cell < 0:
            return None
        row, column = divmod(int(scan.grid.at[cell]), values.shape[1])
        return row, column

    return HeatMap(
        title=title, row_name=row_name, column_name=column_name,
        rows=scan.grid.axes[row_name] if row_name else (0.0,), columns=scan.grid.axes[column_name],
        values=[[plain(v) for v in row] for row in values.tolist()], peak=place(choice.peak),
        plateau=place(choice.plateau),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """A run as a picture takes it; arrays of shape (n,).

    Attributes:
        time_ms: bar closes; spans: (from_ms, until_ms, side) of the trades; lines: the signal's series by name.
        levels: horizontal lines in the signal's panel, by name.
    """

    title: str
    time_ms: Any
    close: Floats
    equity: Floats
    market: Floats
    drawdown: Floats
    exposure: Floats
    spans: Sequence[tuple[int, int, int]]
    lines: dict[str, Floats]
    levels: dict[str, float]


def curve_of(run: Run, title: str) -> Curve:
    """Everything a picture of a run shows."""
    tape = run.tape
    times = tape.time_ms
    after = np.append(times, times[-1] + tape.bars.bar_ms)
    start, end, side = run.trades
    equity = run.equity
    levels = {name: run.values[name] for name in ("entry", "exit") if name in run.values}
    return Curve(
        title=title, time_ms=times, close=tape.bars.close[tape.at], equity=equity,
        market=kernels.equity_curve(tape.net), drawdown=kernels.drawdowns(equity), exposure=run.exposure,
        spans=[(int(after[a]), int(after[b]), int(s)) for a, b, s in zip(start, end, side, strict=True)],
        lines=dict(run.lines), levels=levels,
    )  # fmt: skip


def moment(ms: int) -> str:
    """2026-01-31T08:15Z."""
    return f"{_EPOCH + timedelta(milliseconds=int(ms)):%Y-%m-%dT%H:%MZ}"
