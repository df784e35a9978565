"""When strategies hold a position. A strategy is a value; how to add one stands in docs of `Strategy`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType

import numpy as np

from blave_mcp.exchanges.errors import BadArgument, did_you_mean
from blave_mcp.tools.backtest import kernels
from blave_mcp.tools.backtest.bars import Bars
from blave_mcp.tools.backtest.kernels import Flags, Floats, Ints, Trades

Values = Mapping[str, float]
"""The parameters of one run, by name."""

TIE = 1e-9
"""%K and %D (0 to 100) closer than this are equal: their sums differ by rounding."""

NO_INTS = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """A parameter of a strategy.

    Attributes:
        low, high: inclusive bounds.
        whole: whether it counts something.
    """

    name: str
    default: float
    low: float
    high: float
    doc: str
    whole: bool = False

    def check(self, value: float) -> float:
        """Raises BadArgument: out of bounds or not whole."""
        if not self.low <= value <= self.high or (self.whole and value != round(value)):
            kind = "a whole number " if self.whole else ""
            raise BadArgument(
                f"{self.name} must be {kind}from {self.low:g} to {self.high:g}, not {value:g}.",
                undone="No backtest was run.",
                advice=self.doc,
            )
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """A strategy: its parameters, its usual grid, and the function that says when it holds what.

    To add one, write a function of the bars and the parameters that returns trades (or a position per bar through
    `kernels.trades_of`), using nothing of bar i that is not known when bar i closes, and add the value to STRATEGIES:

        def breakout(bars: Bars, values: Values) -> Trades:
            top = kernels.shifted(kernels.rolling_max(bars.high, int(values["window"])), 1, np.nan)
            return kernels.trades_of((bars.close > top).astype(np.int8))

        BREAKOUT = Strategy(
            name="breakout", title="Close above the highest high", doc="...", trades=breakout,
            memory=lambda values, per_day: int(values["window"]),
            knobs=(Knob(name="window", default=20, low=2, high=500, doc="Bars looked back.", whole=True),),
            grid={"window": (10, 20, 40, 80)},
        )

    Attributes:
        trades: bars and parameters -> trades on the bars' grid, before lag.
        memory: parameters and bars per day -> how many bars before a bar its signal looks at.
        grid: the parameters that a scan varies and their values; one or two of them make a map.
        needs_alpha: whether it reads the indicator named "alpha".
        valid: whether a combination makes sense; others are left out of a scan.
        events: a faster way to the trades of many cells at once, where there is one.
        lines: what a chart shows under the price: series by name.
    """

    name: str
    title: str
    doc: str
    trades: Callable[[Bars, Values], Trades]
    memory: Callable[[Values, float], int]
    knobs: tuple[Knob, ...]
    grid: Mapping[str, tuple[float, ...]]
    needs_alpha: bool = False
    valid: Callable[[Values], bool] = lambda values: True
    events: Callable[[Bars, Sequence[Values]], list[Trades]] | None = None
    lines: Callable[[Bars, Values], Mapping[str, Floats]] | None = None

    def values(self, given: Mapping[str, float]) -> Values:
        """All parameters, the given ones checked.

        Raises:
            BadArgument: an unknown one, one out of bounds, or a combination that makes no sense.
        """
        known = {knob.name: knob for knob in self.knobs}
        for name in given:
            if name not in known:
                raise BadArgument(
                    f'{self.name} has no parameter "{name}".', undone="No backtest was run.",
                    advice=did_you_mean(name, known),
                )  # fmt: skip
        values = {name: knob.check(float(given.get(name, knob.default))) for name, knob in known.items()}
        if not self.valid(values):
            shown = ", ".join(f"{name}={values[name]:g}" for name in values)
            raise BadArgument(f"{self.name}: {shown} is no sensible combination.", advice=self.doc)
        return MappingProxyType(values)

    def all_trades(self, bars: Bars, cells: Sequence[Values]) -> list[Trades]:
        """The trades of each cell."""
        if self.events is not None:
            return self.events(bars, cells)
        return [self.trades(bars, values) for values in cells]


@dataclass(frozen=True, slots=True)
class Grid:
    """The combinations of a scan.

    Attributes:
        axes: parameter -> values; the first is the rows of a map, the second its columns.
        cells: every combination that makes sense; at: the place of each in the full product, counted row by row.
    """

    axes: Mapping[str, tuple[float, ...]]
    cells: tuple[Values, ...]
    at: Ints

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(values) for values in self.axes.values())

    def map_of(self, per_cell: Floats) -> Floats:
        """Values of the cells in the shape of the grid; NaN where a combination makes no sense."""
        out = np.full(int(np.prod(self.shape)), np.nan)
        out[self.at] = per_cell
        return out.reshape(self.shape)


def grid_of(strategy: Strategy, fixed: Mapping[str, float], axes: Mapping[str, Sequence[float]], most: int) -> Grid:
    """The grid over `axes`, or over the strategy's usual one where that is empty.

    Raises:
        BadArgument: an unknown or unusable value; more than `most` combinations; none that makes sense.
    """
    chosen = {name: tuple(dict.fromkeys(float(v) for v in values)) for name, values in axes.items()} or {
        name: values for name, values in strategy.grid.items() if name not in fixed
    }
    if not chosen:
        chosen = dict(strategy.grid)
    size = 1
    for values in chosen.values():
        size *= len(values)
    if size > most:
        shape = " x ".join(str(len(values)) for values in chosen.values())
        raise BadArgument(
            f"The grid has {size} combinations ({shape}), more than {most}.",
            undone="No scan was run.",
            advice=f"Take every {-(-size // most)}th value, fewer parameters, or scan a part at a time.",
        )
    base = strategy.values({k: v for k, v in fixed.items() if k not in chosen} | _sensible(strategy, chosen))
    known = {knob.name: knob for knob in strategy.knobs}
    for name, values in chosen.items():
        for value in values:
            known[name].check(value)
    cells, at = [], []
    for n, combination in enumerate(product(*chosen.values())):
        cell = {**base, **dict(zip(chosen, combination, strict=True))}
        if strategy.valid(cell):
            cells.append(MappingProxyType(cell))
            at.append(n)
    if not cells:
        raise BadArgument(
            f"None of the {size} combinations makes sense for {strategy.name}.", undone="No scan was run.",
            advice=strategy.doc,
        )  # fmt: skip
    return Grid(chosen, tuple(cells), np.array(at, np.int64))


def _sensible(strategy: Strategy, axes: Mapping[str, tuple[float, ...]]) -> dict[str, float]:
    """One combination of the axes that makes sense, for the checks that a single run has too."""
    defaults = {knob.name: knob.default for knob in strategy.knobs}
    for name in axes:
        if name not in defaults:
            raise BadArgument(
                f'{strategy.name} has no parameter "{name}".', undone="No scan was run.",
                advice=did_you_mean(name, defaults),
            )  # fmt: skip
    for combination in product(*axes.values()):
        one = dict(zip(axes, combination, strict=True))
        if strategy.valid({**defaults, **one}):
            return one
    return {}


# Thresholds on an indicator.


def carried(bars: Bars, values: Values) -> int:
    """For how many bars a value may be carried; by default for a day, and at least three bars."""
    return int(values["max_age"]) if values["max_age"] >= 0 else max(3, bars.bars_in(1))


def stale_from(alpha: Floats, max_age: int) -> Flags:
    """Where the last known value is more than `max_age` bars old, or there was none."""
    return kernels.bars_since(np.isfinite(alpha)) > max_age


def _leg(high: Flags, low: Flags, stale: Flags, side: int) -> Trades:
    start, end = kernels.alternate(np.flatnonzero(high), np.flatnonzero(low | stale), len(high))
    return start, end, np.full(len(start), side, np.int8)


def _both(one: Trades, other: Trades) -> Trades:
    start = np.concatenate((one[0], other[0]))
    order = np.argsort(start, kind="stable")
    return start[order], np.concatenate((one[1], other[1]))[order], np.concatenate((one[2], other[2]))[order]


def threshold_trades(bars: Bars, values: Values) -> Trades:
    """Long above `entry` until below `exit`; short below -`entry` until above -`exit`; nothing between changes it."""
    alpha = bars.alpha("alpha")
    stale = stale_from(alpha, carried(bars, values))
    entry, leave, side = values["entry"], values["exit"], int(values["side"])
    if side == 0:
        # What opens the other side closes this one.
        leave = max(leave, -entry)
    with np.errstate(invalid="ignore"):
        long = _leg(alpha > entry, alpha < leave, stale, 1) if side >= 0 else None
        short = _leg(alpha < -entry, alpha > -leave, stale, -1) if side <= 0 else None
    if long is None or short is None:
        return long or short or (NO_INTS, NO_INTS, np.zeros(0, np.int8))
    return _both(long, short)


def threshold_events(bars: Bars, cells: Sequence[Values]) -> list[Trades]:
    """`threshold_trades` of every cell; the bars at which a level is crossed are looked for once per level."""
    alpha = bars.alpha("alpha")
    levels: dict[int, _Levels] = {}
    day, ones = max(3, bars.bars_in(1)), np.ones(len(alpha), np.int8)
    out = []
    for values in cells:
        if values["side"] != 1:
            out.append(threshold_trades(bars, values))
            continue
        age = int(values["max_age"]) if values["max_age"] >= 0 else day
        if age not in levels:
            levels[age] = _Levels(alpha, age)
        above, below = levels[age].above(values["entry"]), levels[age].below(values["exit"])
        start, end = kernels.alternate(above, below, len(alpha))
        out.append((start, end, ones[: len(start)]))
    return out


class _Levels:
    """The bars at which an indicator goes above or below a level, or is known no more."""

    def __init__(self, alpha: Floats, max_age: int) -> None:
        self._known = np.flatnonzero(np.isfinite(alpha))
        self._dense = alpha[self._known]
        self._anew = np.diff(self._known, prepend=-1) - 1 > max_age
        self._torn = bool(self._anew.any())
        self._stale = kernels.spells(stale_from(alpha, max_age))[0]
        self._above: dict[float, Ints] = {}
        self._below: dict[float, Ints] = {}

    def above(self, level: float) -> Ints:
        if level not in self._above:
            self._above[level] = self._known[self._starts(self._dense > level)]
        return self._above[level]

    def below(self, level: float) -> Ints:
        if level not in self._below:
            at = self._known[self._starts(self._dense < level)]
            self._below[level] = np.sort(np.concatenate((at, self._stale))) if len(self._stale) else at
        return self._below[level]

    def _starts(self, on: Flags) -> Ints:
        """Where a run of True begins; a stale stretch ends one."""
        begins = np.empty(len(on), np.bool_)
        begins[:1] = on[:1]
        np.greater(on[1:], on[:-1], out=begins[1:])
        if self._torn:
            begins |= on & self._anew
        return np.flatnonzero(begins)


# KD stochastic cross.


def kd_lines(bars: Bars, values: Values) -> tuple[Floats, Floats]:
    """Slow %K and %D, 0 to 100; NaN in warm-up and where the range of the window is zero."""
    smooth = kernels.exponential_average if values["ewm"] else kernels.moving_average
    raw = kernels.stochastic(bars.high, bars.low, bars.close, int(values["k_period"]))
    slow = smooth(raw, int(values["k_smooth"]))
    return slow, smooth(slow, int(values["d_smooth"]))


def kd_trades(bars: Bars, values: Values) -> Trades:
    """Long from the bar in which %K rises above %D until that in which it falls below."""
    return _crosses(*kd_lines(bars, values), values)


def _crosses(slow: Floats, signal: Floats, values: Values) -> Trades:
    gap = slow - signal
    with np.errstate(invalid="ignore"):
        above, below, known = gap > TIE, gap < -TIE, np.isfinite(gap)
        up = above[1:] & ~above[:-1] & known[:-1]
        down = below[1:] & ~below[:-1] & known[:-1]
        side = int(values["side"])
        low, high = values["oversold"], 100 - values["oversold"]
        rise = np.flatnonzero(up & (slow[1:] < low) if low < 100 else up) + 1
        fall = np.flatnonzero(down & (slow[1:] > high) if low < 100 else down) + 1
    up_at, down_at, n = np.flatnonzero(up) + 1, np.flatnonzero(down) + 1, len(gap)
    long = _spell(rise, down_at, n, 1) if side >= 0 else None
    short = _spell(fall, up_at, n, -1) if side <= 0 else None
    if long is None or short is None:
        return long or short or (NO_INTS, NO_INTS, np.zeros(0, np.int8))
    return _both(long, short)


def _spell(enter: Ints, leave: Ints, n: int, side: int) -> Trades:
    start, end = kernels.alternate(enter, leave, n)
    return start, end, np.full(len(start), side, np.int8)


def kd_events(bars: Bars, cells: Sequence[Values]) -> list[Trades]:
    """`kd_trades` of every cell; what cells have in common is computed once."""
    raws: dict[int, Floats] = {}
    slows: dict[tuple[int, int, float], Floats] = {}
    out = []
    for values in cells:
        period, k_smooth, ewm = int(values["k_period"]), int(values["k_smooth"]), values["ewm"]
        smooth = kernels.exponential_average if ewm else kernels.moving_average
        if period not in raws:
            raws[period] = kernels.stochastic(bars.high, bars.low, bars.close, period)
        if (period, k_smooth, ewm) not in slows:
            slows[period, k_smooth, ewm] = smooth(raws[period], k_smooth)
        slow = slows[period, k_smooth, ewm]
        out.append(_crosses(slow, smooth(slow, int(values["d_smooth"])), values))
    return out


# Price above its moving average.


def trend_trades(bars: Bars, values: Values) -> Trades:
    """Long while the close is above its moving average; short below it where `side` says so."""
    average = kernels.moving_average(bars.close, bars.bars_in(values["days"]))
    side = int(values["side"])
    with np.errstate(invalid="ignore"):
        above, below = bars.close > average, bars.close < average
    position = (above if side >= 0 else False) * np.int8(1) - (below if side <= 0 else False) * np.int8(1)
    return kernels.trades_of(np.asarray(position, np.int8))


_SIDE = Knob(name="side", default=1, low=-1, high=1, doc="1 long only, -1 short only, 0 both.", whole=True)
_LEVELS = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)

THRESHOLD = Strategy(
    name="threshold",
    title="Indicator threshold",
    doc="Long when the indicator rises above entry, until it falls below exit; exit is at most entry (strict in, "
    "loose out), and with side=0 entry is at least 0.",
    trades=threshold_trades,
    events=threshold_events,
    memory=lambda values, per_day: int(values["max_age"] if values["max_age"] >= 0 else max(3, per_day)),
    knobs=(
        Knob(name="entry", default=1.0, low=-1e9, high=1e9, doc="Enter above it."),
        Knob(name="exit", default=-0.5, low=-1e9, high=1e9, doc="Leave below it; at most entry."),
        _SIDE,
        Knob(
            name="max_age", default=-1, low=-1, high=100_000, whole=True,
            doc="Bars a value may be carried, then flat; -1: one day of them.",
        ),
    ),
    grid={"entry": _LEVELS, "exit": _LEVELS},
    needs_alpha=True,
    valid=lambda values: values["exit"] <= values["entry"] and (values["side"] != 0 or values["entry"] >= 0),
    lines=lambda bars, values: {"alpha": bars.alpha("alpha")},
)  # fmt: skip

KD = Strategy(
    name="kd",
    title="KD stochastic cross",
    doc="Long when %K rises above %D, until it falls below.",
    trades=kd_trades,
    events=kd_events,
    memory=lambda values, per_day: int(
        values["k_period"] + (values["k_smooth"] + values["d_smooth"]) * (8 if values["ewm"] else 1)
    ),
    knobs=(
        Knob(name="k_period", default=9, low=2, high=2000, doc="Bars of the high-low range.", whole=True),
        Knob(name="k_smooth", default=3, low=1, high=500, doc="Smoothing of %K, in bars.", whole=True),
        Knob(name="d_smooth", default=3, low=1, high=500, doc="Smoothing of %D, in bars.", whole=True),
        Knob(name="ewm", default=0, low=0, high=1, doc="1: exponential smoothing (span), 0: simple.", whole=True),
        Knob(name="oversold", default=100, low=1, high=100, doc="Enter only with %K under it; 100: always."),
        _SIDE,
    ),
    grid={"k_period": (5, 9, 14, 21, 34, 55), "k_smooth": (2, 3, 5, 8, 13)},
    lines=lambda bars, values: dict(zip(("k", "d"), kd_lines(bars, values), strict=True)),
)

TREND = Strategy(
    name="trend",
    title="Price above its moving average",
    doc="Long while the close is above its moving average.",
    trades=trend_trades,
    memory=lambda values, per_day: int(values["days"] * per_day) + 1,
    knobs=(Knob(name="days", default=20, low=0.01, high=2000, doc="Days averaged."), _SIDE),
    grid={"days": (1, 2, 4, 7, 14, 20, 30, 50, 100, 200)},
    lines=lambda bars, values: {"average": kernels.moving_average(bars.close, bars.bars_in(values["days"]))},
)

STRATEGIES: Mapping[str, Strategy] = {one.name: one for one in (THRESHOLD, KD, TREND)}


def strategy_named(name: str) -> Strategy:
    """Raises BadArgument with the names that there are."""
    found = STRATEGIES.get(name.strip().lower())
    if found is None:
        raise BadArgument(
            f'There is no strategy "{name}".', undone="No backtest was run.", advice=did_you_mean(name, STRATEGIES)
        )
    return found


def filtered(trades: Trades, allowed: Flags) -> Trades:
    """The trades where and while `allowed`: a position is closed where the filter turns against it."""
    position = kernels.position_of(trades, len(allowed))
    return kernels.trades_of(np.where(allowed, position, np.int8(0)))


def trend_allows(bars: Bars, window: int, side_of: Trades) -> Flags:
    """Where the trend does not stand against the position: close above its average for long, below for short."""
    average = kernels.moving_average(bars.close, window)
    position = kernels.position_of(side_of, len(bars))
    with np.errstate(invalid="ignore"):
        return np.where(position < 0, bars.close < average, bars.close > average)
