"""When the strategies that there are hold a position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from blave_mcp.exchanges.errors import BadArgument, did_you_mean
from blave_mcp.tools.backtest import kernels
from blave_mcp.tools.backtest.bars import Bars
from blave_mcp.tools.backtest.kernels import Flags, Floats, Ints, Trades
from blave_mcp.tools.backtest.strategy import Knob, Strategy, Values

TIE = 1e-9
"""%K and %D (0 to 100) closer than this are equal: their sums differ by rounding."""

NO_INTS = np.zeros(0, np.int64)


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
