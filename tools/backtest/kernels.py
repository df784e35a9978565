"""Arithmetic of backtests: NumPy arrays in, arrays out.

Float arrays are float64 of shape (n,) unless said; an index counts bars. Trades are three arrays of one length:
`start` and `end` (a half-open range of bars) and `side` (+1 or -1), in order, not overlapping.
"""

from __future__ import annotations

from math import isnan

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Signs = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]
Trades = tuple[Ints, Ints, Signs]

CONSTANT = 1e-12
"""A variance under this share of the mean square is that of rounding: the series is constant."""


LARGEST_FACTOR = 200
"""A transform is quick where no prime factor of its length is larger (measured with numpy's)."""


def circle_length(n: int) -> int:
    """The length of transforms that correlate circles of `n` bars: `n`, or one that holds two circles and is quick."""
    rest, factor = n, 2
    while factor * factor <= rest:
        if rest % factor:
            factor += 1
        else:
            rest //= factor
    return n if rest <= LARGEST_FACTOR else smooth_length(2 * n - 1)


def smooth_length(least: int) -> int:
    """The least product of twos, threes and fives that is not below: a transform of that length is fast."""
    best, fives = 1 << max(least - 1, 0).bit_length(), 1
    while fives < best:
        threes = fives
        while threes < best:
            best = min(best, threes << max(-(-least // threes) - 1, 0).bit_length())
            threes *= 3
        fives *= 5
    return best


def log_returns(close: Floats) -> Floats:
    """log(close[i] / close[i-1]); NaN at 0 and on both sides of a missing bar."""
    out = np.empty(len(close))
    if len(close):
        out[0] = np.nan
        np.log(close[1:] / close[:-1], out=out[1:])
    return out


def forward_returns(close: Floats) -> Floats:
    """close[i+1] / close[i] - 1; NaN at the last bar and on both sides of a missing bar."""
    out = np.empty(len(close))
    if len(close):
        out[-1] = np.nan
        np.divide(close[1:], close[:-1], out=out[:-1])
        out[:-1] -= 1
    return out


def prefix(values: Floats) -> Floats:
    """Sums of the first k values, shape (n + 1,)."""
    out = np.empty(len(values) + 1)
    out[0] = 0.0
    np.cumsum(values, out=out[1:])
    return out


def window_sums(values: Floats, window: int) -> Floats:
    """Sums of the last `window` values; of fewer at the start.

    In extended precision where the machine has it: a price spike would else leave its rounding in all later windows.
    """
    sums = np.cumsum(values, dtype=np.longdouble)
    out = sums.astype(np.float64)
    np.subtract(sums[window:], sums[:-window], out=out[window:], casting="same_kind")
    return out


def volatility(returns: Floats, window: int, least: int) -> Floats:
    """Sample standard deviation of the last `window` returns, per bar.

    NaN until `window` returns could have been seen, where fewer than `least` of them are known, and where every known
    one is zero: a market that stands still tells nothing about its volatility.
    """
    n = len(returns)
    out = np.full(n, np.nan)
    if n <= window or window < 2:
        return out
    known = np.isfinite(returns)
    if whole := bool(known[1:].all()):
        filled = returns.copy()
        filled[0] = 0.0
    else:
        filled = np.where(known, returns, 0.0)
    sums = np.cumsum(filled)
    total = sums[window:] - sums[:-window]
    squares = window_sums(filled * filled, window)[window:]
    moved = np.cumsum(filled != 0)
    moving = moved[window:] - moved[:-window] > 0
    if whole:
        count: Floats | float = float(window)
    else:
        counts = np.cumsum(known)
        count = (counts[window:] - counts[:-window]).astype(np.float64)
        moving &= count >= max(least, 2)
        count = np.maximum(count, 2)
    variance = np.maximum(squares - total * total / count, 0.0) / (count - 1.0)
    # What is left of a sum of squares after cancellation is rounding, not a market that moves.
    moving &= variance > CONSTANT * squares / count
    out[window:] = np.where(moving, np.sqrt(variance), np.nan)
    return out


def target_sizes(vol: Floats, target: float, floor: float, cap: float) -> Floats:
    """target / max(vol, floor), at most `cap`; 0 where the volatility is unknown. All in the same unit of time."""
    with np.errstate(invalid="ignore"):
        return np.where(np.isnan(vol), 0.0, np.minimum(target / np.maximum(vol, floor), cap))


def banded(sizes: Floats, band: float) -> Floats:
    """Follows `sizes`, but moves only where they are more than a share `band` away from the size last taken."""
    if band <= 0 or not len(sizes):
        return sizes
    out = np.empty_like(sizes)
    held, begun = sizes[0], 0
    low, high = held * (1 - band), held * (1 + band)
    for at, size in enumerate(sizes.tolist()):
        if size < low or size > high:
            out[begun:at] = held
            held, begun = size, at
            low, high = size * (1 - band), size * (1 + band)
    out[begun:] = held
    return out


def shifted(values: Floats, bars: int, fill: float) -> Floats:
    """Each value moved `bars` later."""
    if bars <= 0:
        return values
    out = np.full(len(values), fill)
    out[bars:] = values[:-bars]
    return out


def rolling_min(values: Floats, window: int) -> Floats:
    """Least of the last `window` values; NaN before there are so many, or where one of them is."""
    return _rolling(values, window, np.minimum)


def rolling_max(values: Floats, window: int) -> Floats:
    """Greatest of the last `window` values; NaN as in `rolling_min`."""
    return _rolling(values, window, np.maximum)


def _rolling(values: Floats, window: int, take: np.ufunc) -> Floats:
    # Doubling: the extreme of 2 w values is that of two extremes of w.
    n = len(values)
    out = np.full(n, np.nan)
    if n < window:
        return out
    best, span = values, 1
    while span * 2 <= window:
        best = take(best[span:], best[:-span])
        span *= 2
    rest = window - span
    out[window - 1 :] = take(best[rest:], best[: len(best) - rest]) if rest else best
    return out


def moving_average(values: Floats, window: int) -> Floats:
    """Mean of the last `window` values; NaN before there are so many, or where one of them is."""
    n = len(values)
    out = np.full(n, np.nan)
    if n < window:
        return out
    if window <= 16:
        total = values[window - 1 :].copy()
        for back in range(1, window):
            total += values[window - 1 - back : n - back]
        out[window - 1 :] = total / window
        return out
    known = np.isfinite(values)
    sums = window_sums(np.where(known, values, 0.0), window)
    unknown = np.cumsum(~known)
    unknown[window:] -= unknown[:-window].copy()
    out[window - 1 :] = np.where(unknown[window - 1 :] == 0, sums[window - 1 :] / window, np.nan)
    return out


def exponential_average(values: Floats, span: int) -> Floats:
    """Recursive mean with weight 2 / (span + 1); starts at the first value, and anew after a missing one."""
    weight = 2.0 / (span + 1.0)
    out, mean = [], float("nan")
    for value in values.tolist():
        mean = value if isnan(mean) or isnan(value) else mean + weight * (value - mean)
        out.append(mean)
    return np.array(out, dtype=np.float64)


def stochastic(high: Floats, low: Floats, close: Floats, window: int) -> Floats:
    """Raw %K, 0 to 100. NaN while the window is not full, and where its range is zero: there is no place in it."""
    least, most = rolling_min(low, window), rolling_max(high, window)
    span = most - least
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(span > 0, (close - least) / span * 100.0, np.nan)


def bars_since(known: Flags) -> Ints:
    """How many bars ago the last known one was: 0 where it is known; the bar's number plus one before the first."""
    at = np.arange(len(known))
    last = np.maximum.accumulate(np.where(known, at, -1))
    return at - last


def spells(on: Flags) -> tuple[Ints, Ints]:
    """The half-open ranges in which `on` holds."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], on, [False]))))
    return edges[0::2].astype(np.int64), edges[1::2].astype(np.int64)


def trades_of(position: Signs) -> Trades:
    """The trades of a position in -1, 0, +1; a change of side ends one and starts the next."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], position, [0]))))
    held = position[edges[:-1]] != 0 if len(edges) else np.zeros(0, np.bool_)
    start, end = edges[:-1][held].astype(np.int64), edges[1:][held].astype(np.int64)
    return start, end, position[start].astype(np.int8)


def position_of(trades: Trades, n: int) -> Signs:
    """The position in each of `n` bars."""
    start, end, side = trades
    change = np.zeros(n + 1, np.int8)
    # A bar is the start of one trade at most, and the end of one.
    change[start] = side
    change[np.minimum(end, n)] -= side
    return np.cumsum(change[:n], dtype=np.int8)


def alternate(enter: Ints, leave: Ints, n: int) -> tuple[Ints, Ints]:
    """The spells between events that enter and events that leave, each a sorted array of bars, never both at one bar.

    Entering while in, and leaving while out, change nothing. A spell that never ends has the end `n`.
    """
    if not len(enter):
        return enter, enter
    after = np.searchsorted(leave, enter)
    first = np.empty(len(enter), np.bool_)
    first[0] = True
    np.not_equal(after[1:], after[:-1], out=first[1:])
    after = after[first]
    end = np.full(len(after), n, np.int64)
    ended = after < len(leave)
    end[ended] = leave[after[ended]]
    return enter[first], end


def bar_returns(position: Signs, sizes: Floats, net: Floats, cost: float) -> Floats:
    """Return of each bar: exposure times `net` (the market's return less funding), less `cost` per unit of turnover.

    The exit of a position is paid for in the first bar without it.
    """
    exposure = position * sizes
    turnover = np.abs(np.diff(exposure, prepend=0.0))
    return exposure * net - cost * turnover


def until_ruin(returns: Floats) -> tuple[Floats, int]:
    """Cuts the loss of a bar at all there is and trades no more after it.

    Returns:
        The returns, and the bar of the ruin or -1.
    """
    lost = np.flatnonzero(returns <= -1.0)
    if not len(lost):
        return returns, -1
    out = returns.copy()
    out[lost[0]] = -1.0
    out[lost[0] + 1 :] = 0.0
    return out, int(lost[0])


def equity_curve(returns: Floats) -> Floats:
    """Worth after each bar of 1 at the start."""
    return np.cumprod(1.0 + returns, dtype=np.float64)


def drawdowns(equity: Floats) -> Floats:
    """Share lost since the highest worth so far, the start included: 0 or negative."""
    peak = np.maximum(np.maximum.accumulate(equity), 1.0)
    return equity / peak - 1.0


def deviation(total: Floats, squares: Floats, n: int) -> Floats:
    """Sample standard deviation from sums; NaN for fewer than two values and for a constant series."""
    if n < 2:
        return np.full(np.shape(total), np.nan)
    spread = squares - total * total / n
    with np.errstate(invalid="ignore"):
        return np.where(spread > CONSTANT * squares, np.sqrt(np.maximum(spread, 0.0) / (n - 1)), np.nan)


def sharpe_of_sums(total: Floats, squares: Floats, n: int, per_year: float) -> Floats:
    """Annualised Sharpe ratios from sums of returns and of their squares over `n` bars; NaN where undefined."""
    return total / n / deviation(total, squares, n) * np.sqrt(per_year) if n else np.full(np.shape(total), np.nan)


def sharpe(returns: Floats, per_year: float) -> float:
    """Mean over sample standard deviation, annualised; NaN where the series is constant or has fewer than two bars."""
    n = len(returns)
    if n < 2:
        return float("nan")
    mean = returns.mean()
    # Sums, not inner products: the last digit of those depends on where the arrays lie in memory.
    spread = float(((returns - mean) ** 2).sum())
    if not spread > CONSTANT * float((returns * returns).sum()):
        return float("nan")
    return float(mean / np.sqrt(spread / (n - 1)) * np.sqrt(per_year))
