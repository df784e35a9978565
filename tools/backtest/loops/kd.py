"""Long-only crosses of %K over %D, its mean: all cells of a grid from one pass over the bars.

%K is the mean of s raw values r and %D that of d values of %K, so d s (%K - %D) at bar i is u[i] - u[i - s] with
u[i] = (d - 1) r[i] + (d - 2) r[i - 1] + ... + r[i - d + 2]: a cell of the grid is one subtraction a bar.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from blave_mcp.tools.backtest.loops.compiling import BLOCK, compiled, summing

NEVER = 2**30
UNKNOWN = 2.0


@compiled
def _powers(period: int) -> int:
    """How many powers of two there are up to it."""
    powers = 1
    while 2**powers <= period:
        powers += 1
    return powers


@compiled
def _extremes(low: Any, high: Any, lows: Any, highs: Any) -> None:
    """Extremes of 1, 2, 4, ... bars, each at the first of them; what would need bars after the end is left over.

    Args:
        lows, highs: where they are written, shape (powers, bars or more).
    """
    n = len(low)
    for i in range(n):
        lows[0, i], highs[0, i] = low[i], high[i]
    for k in range(1, len(lows)):
        span = 2 ** (k - 1)
        least, most, floor, roof = lows[k - 1], highs[k - 1], lows[k], highs[k]
        least_too, most_too = least[span:], most[span:]
        for i in range(n - span):
            floor[i] = min(least[i], least_too[i])
        for i in range(n - span):
            roof[i] = max(most[i], most_too[i])
        for i in range(max(n - span, 0), n):
            floor[i], roof[i] = least[i], most[i]


@compiled
def _paces(close: Any, lows: Any, highs: Any, period: int, d_smooth: int, raw: Any, paces: Any, holes: Any) -> bool:
    """Raw %K from the first full window on, and u of it from its number d - 2 on.

    Args:
        lows, highs: as `_extremes` made them; raw, paces, holes: where it is written, shape (bars or more,).

    Returns:
        Whether raw %K is unknown anywhere, because a window has no range; `holes` has the last such number, or one
        long before the first, for each. Else it is left as it was.
    """
    k, m, flat = _powers(period) - 1, len(close) - period + 1, 0
    span = 2**k
    least, most, last = lows[k], highs[k], close[period - 1 :]
    least_too, most_too = least[period - span :], most[period - span :]
    for i in range(m):
        floor = min(least[i], least_too[i])
        width = max(most[i], most_too[i]) - floor
        raw[i] = (last[i] - floor) / width * 100.0 if width > 0.0 else np.nan
        flat += not width > 0.0
    for i in range(m):
        paces[i] = (d_smooth - 1.0) * raw[i]
    for back in range(1, d_smooth - 1):
        weight, later = d_smooth - 1.0 - back, paces[back:]
        for i in range(m - back):
            later[i] += weight * raw[i]
    if flat:
        hole = -NEVER
        for i in range(m):
            hole = hole if raw[i] == raw[i] else i
            holes[i] = hole
    return flat > 0


@compiled
def _above(paces: Any, torn: bool, holes: Any, first: int, last: int, smooth: int, d_smooth: int, tie: float,
           state: Any, above: Any) -> None:  # fmt: skip
    """Whether a cell is in, 1 or 0, for first <= number < last; `above` has it from its second value on.

    Args:
        first: so many values that u is known for the one before the smoothing; there is none that crosses earlier.
        tie: %K and %D closer than this are level.
        state: whether it was in, and how %K stood to %D (1 above, -1 below, 0 level, 2 unknown) in the bar before;
            both are carried on.
    """
    n, reach, odd = last - first, smooth + d_smooth - 1, 0
    tie *= smooth * d_smooth
    late, early, out = paces[first:last], paces[first - smooth :], above[1:]
    for i in range(n):
        gap = late[i] - early[i]
        out[i] = 1.0 if gap > tie else 0.0
        odd += not abs(gap) > tie
    held, before = state
    # Where it is always above or below it is in whenever it is above, unless it was above without having crossed.
    if odd == 0 and before == 2.0 * held - 1.0 and not (torn and holes[last - 1] > first - reach):
        state[0], state[1] = out[n - 1], 2.0 * out[n - 1] - 1.0
        return
    for i in range(n):
        gap = late[i] - early[i]
        now = 1.0 if gap > tie else -1.0 if gap < -tie else 0.0
        if torn and holes[first + i] > first + i - reach:
            now = UNKNOWN
        if held == 0.0:
            held = 1.0 if now == 1.0 and before <= 0.0 else 0.0
        elif now == -1.0 and 0.0 <= before <= 1.0:
            held = 0.0
        before, out[i] = now, held
    state[0], state[1] = held, before


@compiled
def _gains(net: Any, sizes: Any, before: float, carry: float, cost: float, gross: Any, earlier: Any) -> int:
    """What a long earns before costs, and the size a bar ago; returns how many bars may ruin."""
    n, bad = len(net), 0
    earlier[0] = before
    earlier[1:n] = sizes[: n - 1]
    for i in range(n):
        gross[i] = sizes[i] * (net[i] - carry)
        bad += gross[i] - max(cost, 0.0) * max(sizes[i], abs(sizes[i] - earlier[i])) <= -0.9
    return bad


@summing
def _add(above: Any, gross: Any, sizes: Any, earlier: Any, cost: float, out: Any) -> None:
    """Adds a stretch of bars to the totals of a cell."""
    now = above[1:]
    stayed = held = total = squares = 0.0
    grown = 1.0
    for i in range(len(sizes)):
        p, q = now[i], above[i]
        x = p * gross[i] - cost * abs(p * sizes[i] - q * earlier[i])
        stayed += p * q
        held += p
        total += x
        squares += x * x
        grown *= 1.0 + x
    out[0] += held - stayed
    out[1] += held
    out[2] += total
    out[3] += squares
    out[4] *= grown


@compiled
def kd_totals(close: Any, low: Any, high: Any, cells: Any, d_smooth: int, tie: float, shift: int, net: Any,
              sizes: Any, carry: float, cost: float) -> Any:  # fmt: skip
    """Per cell: trades, bars held, sum of returns, of their squares, product of 1 + returns; shape (cells, 5).

    Args:
        cells: period and smoothing of %K of each, those of a period together, shape (cells, 2).
        tie: %K and %D closer than this are level.
        shift: the tape's bar less the trades' bar.

    Returns:
        The totals, and whether a bar may ruin: then they mean nothing.
    """
    size, n, bad = len(close), len(net), 0
    longest, smoothest = cells[:, 0].max(), cells[:, 1].max()
    back = longest + smoothest + d_smooth - 2
    block = max(BLOCK, 8 * back)
    powers = _powers(longest)
    lows, highs = np.empty((powers, block + back)), np.empty((powers, block + back))
    raw, paces, holes = np.empty(block + back), np.empty(block + back), np.empty(block + back, np.int64)
    above, gross, earlier = np.empty(block + 1), np.empty(block), np.empty(block)
    out, state = np.zeros((len(cells), 5)), np.zeros((len(cells), 2))
    out[:, 4], state[:, 1] = 1.0, UNKNOWN
    torn = False
    for start in range(0, min(size, n - shift), block):
        stop, origin = min(start + block, size, n - shift), max(start - back, 0)
        _extremes(low[origin:stop], high[origin:stop], lows, highs)
        t = max(start + shift, 0)
        stretch = max(stop + shift - t, 0)
        if stretch:
            before = sizes[t - 1] if t else 0.0
            bad += _gains(net[t : t + stretch], sizes[t : t + stretch], before, carry, cost, gross, earlier)
        period = 0
        for c in range(len(cells)):
            if period != cells[c, 0]:
                period = cells[c, 0]
                if stop - origin >= period:
                    torn = _paces(close[origin:stop], lows, highs, period, d_smooth, raw, paces, holes)
            begun = origin + period - 1
            first, last = max(start - begun, cells[c, 1] + max(d_smooth - 2, 0)), stop - begun
            if first >= last:
                continue
            above[0] = state[c, 0]
            _above(paces, torn, holes, first, last, cells[c, 1], d_smooth, tie, state[c], above)
            if not stretch:
                continue
            # What is in when the tape begins enters then.
            skip = max(t - first - begun - shift, 0)
            if t == 0:
                above[skip] = 0.0
            late, end = first + skip + begun + shift - t, t + stretch
            _add(above[skip:], gross[late:stretch], sizes[t + late : end], earlier[late:stretch], cost, out[c])
    return out, bad > 0


@compiled
def kd_trades(close: Any, low: Any, high: Any, cells: Any, d_smooth: int, tie: float) -> Any:
    """The trades of cells, before any lag.

    Args:
        cells, tie: as for `kd_totals`.

    Returns:
        Rows of start and end, cell by cell, and how many there are up to the end of each cell.
    """
    size, powers, count, period, torn = len(close), _powers(cells[:, 0].max()), 0, 0, False
    lows, highs = np.empty((powers, size)), np.empty((powers, size))
    raw, paces, holes, above = np.empty(size), np.empty(size), np.empty(size, np.int64), np.zeros(size + 1)
    rows, edges = np.empty((size, 2), np.int64), np.empty(len(cells), np.int64)
    _extremes(low, high, lows, highs)
    for c in range(len(cells)):
        edges[c] = count
        first, m = cells[c, 1] + max(d_smooth - 2, 0), size - cells[c, 0] + 1
        if first >= m:
            continue
        if period != cells[c, 0]:
            period = cells[c, 0]
            torn = _paces(close, lows, highs, period, d_smooth, raw, paces, holes)
        _above(paces, torn, holes, first, m, cells[c, 1], d_smooth, tie, np.array([0.0, UNKNOWN]), above)
        if count + size > len(rows):
            more = np.empty((2 * len(rows) + size, 2), np.int64)
            more[:count] = rows[:count]
            rows = more
        bar = first + period - 2
        for i in range(1, m - first + 1):
            if above[i] > above[i - 1]:
                rows[count, 0] = bar + i
            elif above[i] < above[i - 1]:
                rows[count, 1] = bar + i
                count += 1
        if above[m - first]:
            rows[count, 1] = NEVER
            count += 1
        edges[c] = count
    return rows[:count], edges
