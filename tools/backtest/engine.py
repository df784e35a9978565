"""From bars and a strategy to what it would have earned, bar by bar.

A position taken on what is known when bar i closes is held from the close of bar i + lag on. Everything happens on
bars whose close and next close are both there: on others nothing is traded and no return is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from blave_mcp.tools.backtest import kernels
from blave_mcp.tools.backtest.bars import Bars
from blave_mcp.tools.backtest.kernels import Floats, Ints, Signs, Trades
from blave_mcp.tools.backtest.signals import filtered, trend_allows
from blave_mcp.tools.backtest.strategy import Grid, Strategy, Values
from blave_mcp.tools.backtest.tape import Settings, Tape


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """One strategy over one range.

    Attributes:
        returns: net return of each bar of the tape; after a ruin 0.
        position, exposure: side, and side times size, of each bar.
        trades: on the tape's bars.
        ruined: the bar in which everything was lost, or -1.
        signal_turnover, resize_turnover: units of equity traded for signals and for keeping the size.
    """

    tape: Tape
    strategy: str
    values: Values
    returns: Floats
    position: Signs
    exposure: Floats
    trades: Trades
    ruined: int
    signal_turnover: float
    resize_turnover: float
    lines: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def equity(self) -> Floats:
        return kernels.equity_curve(self.returns)


def signal_trades(bars: Bars, strategy: Strategy, cells: Sequence[Values], settings: Settings) -> list[Trades]:
    """The trades of each cell on the grid, the trend filter applied, before lag."""
    found = strategy.all_trades(bars, cells)
    if settings.trend_days > 0:
        window = bars.bars_in(settings.trend_days)
        found = [filtered(trades, trend_allows(bars, window, trades)) for trades in found]
    return found


def sizes_of(tape: Tape, trades: Trades) -> Floats:
    """The size of each bar: the tape's, or that at the entry of its trade."""
    if not tape.settings.fixed:
        return tape.sizes
    entry = np.zeros(len(tape), np.int64)
    entry[trades[0]] = trades[0]
    # Between trades it is the size of the last one, and nothing is held of it.
    return tape.sizes[np.maximum.accumulate(entry)]


def returns_of(tape: Tape, trades: Trades) -> tuple[Floats, Signs, Floats]:
    """Net returns, before any ruin, positions and exposures of trades on the tape."""
    position = kernels.position_of(trades, len(tape))
    sizes = sizes_of(tape, trades)
    returns = kernels.bar_returns(position, sizes, tape.net - tape.carry, tape.settings.cost)
    return returns, position, position * sizes


def run(tape: Tape, trades: Trades, strategy: str, values: Values, lines: Mapping[str, Floats] | None = None) -> Run:
    """Runs trades that were placed on the tape."""
    returns, position, exposure = returns_of(tape, trades)
    returns, ruined = kernels.until_ruin(returns)
    if ruined >= 0:
        position, exposure = position.copy(), exposure.copy()
        position[ruined + 1 :] = 0
        exposure[ruined + 1 :] = 0.0
        trades = kernels.trades_of(position)
    turnover = np.abs(np.diff(exposure, prepend=0.0))
    if ruined >= 0:
        turnover[ruined + 1 :] = 0.0
    kept = position == np.concatenate((np.zeros(1, np.int8), position[:-1]))
    return Run(
        tape=tape, strategy=strategy, values=values, returns=returns, position=position, exposure=exposure,
        trades=trades, ruined=ruined, signal_turnover=float(turnover[~kept].sum()),
        resize_turnover=float(turnover[kept].sum()), lines=lines or {},
    )  # fmt: skip


def backtest(tape: Tape, strategy: Strategy, values: Values) -> Run:
    """Runs a strategy over a tape: signals from the whole of its bars, results on its range."""
    found = signal_trades(tape.bars, strategy, [values], tape.settings)[0]
    lines = strategy.lines(tape.bars, values) if strategy.lines else {}
    return run(tape, tape.place(found), strategy.name, values, {k: v[tape.at] for k, v in lines.items()})


def buy_and_hold(tape: Tape) -> Run:
    """One unit bought at the first close and held, at the same costs."""
    plain = replace(tape, sizes=np.ones(len(tape)), settings=replace(tape.settings, fixed=False))
    whole = np.zeros(1, np.int64), np.full(1, len(tape), np.int64), np.ones(1, np.int8)
    return run(plain, whole, "buy and hold", {})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scan:
    """Every cell of a grid over one range. Arrays have shape (cells,).

    Attributes:
        trades: the trades of each cell on the tape; counts: how many.
        sharpe: NaN where it is undefined (no trade, or a constant series).
        total: sum of bar returns; growth: worth at the end of 1 at the start; held: share of bars with a position.
        ruined: whether a cell lost everything.
    """

    tape: Tape
    strategy: Strategy
    grid: Grid
    trades: Sequence[Trades]
    counts: Ints
    sharpe: Floats
    total: Floats
    growth: Floats
    held: Floats
    ruined: kernels.Flags


def scan(tape: Tape, strategy: Strategy, grid: Grid) -> Scan:
    """Runs every cell of a grid over a tape."""
    found = signal_trades(tape.bars, strategy, grid.cells, tape.settings)
    return scan_trades(tape, strategy, grid, tape.place_all(found))


def scan_trades(tape: Tape, strategy: Strategy, grid: Grid, placed: Sequence[Trades]) -> Scan:
    """Judges the trades of every cell. Where no bar can ruin, a cell costs as much as its trades."""
    n = len(tape)
    counts = np.array([len(trades[0]) for trades in placed], np.int64)
    held = np.array([float((trades[1] - trades[0]).sum()) for trades in placed]) / n
    sums = None if tape.settings.fixed else grid_sums(tape, placed, counts)
    if sums is None:
        rows = [kernels.until_ruin(returns_of(tape, trades)[0]) for trades in placed]
        total = np.array([r.sum() for r, _ in rows])
        sharpe = np.array([kernels.sharpe(r, tape.per_year) for r, _ in rows])
        growth = np.array([np.prod(1.0 + r) for r, _ in rows])
        ruined = np.array([bar >= 0 for _, bar in rows], np.bool_)
    else:
        total, squares, logs = sums
        sharpe = kernels.sharpe_of_sums(total, squares, n, tape.per_year)
        growth, ruined = np.exp(logs), np.zeros(len(placed), np.bool_)
    sharpe = np.where(counts > 0, sharpe, np.nan)
    return Scan(
        tape=tape, strategy=strategy, grid=grid, trades=placed, counts=counts, sharpe=sharpe, total=total,
        growth=growth, held=held, ruined=ruined,
    )  # fmt: skip


def grid_sums(tape: Tape, placed: Sequence[Trades], counts: Ints) -> tuple[Floats, Floats, Floats] | None:
    """Sums of returns, of their squares and of log(1 + return) per cell, from prefix sums; None where a bar ruins."""
    n, cells = len(tape), len(placed)
    start = np.concatenate([trades[0] for trades in placed]) if cells else np.zeros(0, np.int64)
    end = np.concatenate([trades[1] for trades in placed]) if cells else start
    side = np.concatenate([trades[2] for trades in placed]) if cells else np.zeros(0, np.int8)
    cell = np.repeat(np.arange(cells), counts)
    sizes, cost = tape.sizes, tape.settings.cost
    gross = sizes * (tape.net - tape.carry)
    resize = cost * np.abs(np.diff(sizes, prepend=sizes[:1]))
    leave = -cost * np.concatenate((sizes[:1], sizes))
    # A bar in which one side ends and the other starts pays for both.
    follows = np.zeros(len(start), np.bool_)
    follows[1:] = (start[1:] == end[:-1]) & (cell[1:] == cell[:-1])
    ended = end < n
    ended[:-1] &= ~follows[1:]
    last = ended.nonzero()[0]
    out = [np.zeros(cells) for _ in range(3)]
    shapes: tuple[Callable[[Floats], Floats], ...] = (lambda r: r, lambda r: r * r, np.log1p)
    for sign in (1, -1):
        ours = np.flatnonzero(side == sign)
        if not len(ours):
            continue
        hold = sign * gross - resize
        first = start[ours]
        enter = sign * gross[first] - cost * sizes[first] + np.where(follows[ours], leave[first], 0.0)
        if hold.min() <= -1 or enter.min() <= -1:
            return None
        for into, shape in zip(out, shapes, strict=True):
            sums = kernels.prefix(shape(hold))
            np.add(into, np.bincount(cell[ours], sums[end[ours]] - sums[first + 1] + shape(enter), cells), out=into)
    if len(last):
        paid = leave[end[last]]
        if paid.min() <= -1:
            return None
        for into, shape in zip(out, shapes, strict=True):
            np.add(into, np.bincount(cell[last], shape(paid), cells), out=into)
    return out[0], out[1], out[2]
