"""The same arithmetic as `kernels`, as compiled loops, for jobs that run a thousand times.

Importing this module imports numba: `fast` does it when such a job comes. The loops take whole series alone: no bar
missing. Logarithms of returns below a tenth are summed as a series, which becomes vector instructions.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log1p, sqrt
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit

F = TypeVar("F", bound=Callable[..., Any])

SMALL = 0.1
THIRD, FIFTH, SEVENTH, NINTH, ELEVENTH, THIRTEENTH, LAST = (1 / k for k in (3, 5, 7, 9, 11, 13, 15))
TIE = 1e-9
NEVER = 2**30
BLOCK = 2048
"""So many values fit into the fastest cache together with what is made of them."""


def compiled(function: F) -> F:
    return cast(F, njit(cache=True, nogil=True)(function))


@compiled
def log1p_into(values: Any, out: Any) -> None:
    """out = log(1 + values), to the last digit or two. Values above -1."""
    n, large = len(values), 0
    for i in range(n):
        large += abs(values[i]) > SMALL
    for i in range(n):
        x = values[i]
        z = x / (2.0 + x)
        y = z * z
        series = y * (THIRD + y * (FIFTH + y * (SEVENTH + y * (NINTH + y * (ELEVENTH + y * (THIRTEENTH + y * LAST))))))
        out[i] = 2.0 * (z + z * series)
    if large:
        for i in range(n):
            if abs(values[i]) > SMALL:
                out[i] = log1p(values[i])


@compiled
def market(close: Any, window: int, target: float, floor: float, cap: float, room: Any) -> Any:
    """Forward returns, volatilities and sizes, shape (n,) each; the last return is 0. Everything is per bar.

    Sums are kept in two parts (Knuth's two-sum), so that they are as exact as extended precision.

    Args:
        room: shape (5 or more, n or more); its values are lost.
    """
    n = len(close)
    net, moves = np.empty(n), room[4, :n]
    after = close[1:]
    for i in range(n - 1):
        net[i] = after[i] / close[i] - 1.0
    net[n - 1] = 0.0
    log1p_into(net, moves)
    first, rest, first2, rest2 = room[0, :n], room[1, :n], room[2, :n], room[3, :n]
    s = e = s2 = e2 = 0.0
    # moves[i] is that from bar i to i + 1: it is known when bar i + 1 closes.
    for i in range(n):
        first[i], rest[i], first2[i], rest2[i] = s, e, s2, e2
        x = moves[i]
        t = s + x
        v = t - s
        e += (s - (t - v)) + (x - v)
        s = t
        y = x * x
        t = s2 + y
        v = t - s2
        e2 += (s2 - (t - v)) + (y - v)
        s2 = t
    vols, sizes = np.empty(n), np.empty(n)
    for i in range(min(window, n)):
        vols[i], sizes[i] = np.nan, 0.0
    late, late_rest, late2, late_rest2 = first[window:], rest[window:], first2[window:], rest2[window:]
    late_vols, late_sizes = vols[window:], sizes[window:]
    share, less, constant = 1.0 / window, 1.0 / (window - 1.0), 1e-12 / window
    for i in range(len(late)):
        total = (late[i] - first[i]) + (late_rest[i] - rest[i])
        squares = (late2[i] - first2[i]) + (late_rest2[i] - rest2[i])
        variance = (squares - total * total * share) * less
        known = variance > constant * squares
        vol = sqrt(variance if known else 1.0)
        size = target / (vol if vol > floor else floor)
        late_sizes[i] = (size if size < cap else cap) if known else 0.0
        late_vols[i] = vol if known else np.nan
    return net, vols, sizes


@compiled
def sums(net: Any, sizes: Any, carry: float, cost: float, held: Any) -> Any:
    """Prefix sums of what a bar earns that is held long: of returns, their squares, and the product of 1 + returns.

    Returns:
        Shape (n + 1, 3) in the room `held`, and whether a bar may ruin or the product leaves what a float holds well.
    """
    n = len(net)
    a = b = worst = 0.0
    c = 1.0
    before = sizes[0]
    for i in range(n):
        held[i, 0], held[i, 1], held[i, 2] = a, b, c
        size = sizes[i]
        gross = size * (net[i] - carry)
        x = gross - cost * abs(size - before)
        a += x
        b += x * x
        c *= 1.0 + x
        worst = min(worst, x, gross - cost * size)
        before = size
    held[n, 0], held[n, 1], held[n, 2] = a, b, c
    return held, worst <= -0.9 or not 1e-200 < c < 1e200


@compiled
def totals(
    trades: Any, count: int, cells: int, shift: int, held: Any, net: Any, sizes: Any, carry: float, cost: float
) -> Any:  # fmt: skip
    """Per cell: trades, bars held, sum of returns, of their squares, product of 1 + returns; shape (cells, 5).

    Args:
        trades: rows of cell, start, end; the first `count` of them.
        shift: the tape's bar less the trades' bar.
    """
    n = len(net)
    out = np.zeros((cells, 5))
    out[:, 4] = 1.0
    for t in range(count):
        cell, start, end = trades[t, 0], max(trades[t, 1] + shift, 0), min(trades[t, 2] + shift, n)
        if start >= end:
            continue
        enter = sizes[start] * (net[start] - carry - cost)
        total = held[end, 0] - held[start + 1, 0] + enter
        second = held[end, 1] - held[start + 1, 1] + enter * enter
        grown = held[end, 2] / held[start + 1, 2] * (1.0 + enter)
        if end < n:
            leave = -cost * sizes[end - 1]
            total += leave
            second += leave * leave
            grown *= 1.0 + leave
        out[cell, 0] += 1.0
        out[cell, 1] += end - start
        out[cell, 2] += total
        out[cell, 3] += second
        out[cell, 4] *= grown
    return out


@compiled
def _by_level(cells: Any, many: int) -> Any:
    """The cells in the order of their levels, and where those of each level begin."""
    first = np.zeros(many + 1, np.int64)
    for c in range(len(cells)):
        first[cells[c] + 1] += 1
    for k in range(many):
        first[k + 1] += first[k]
    order, fill = np.empty(len(cells), np.int64), first.copy()
    for c in range(len(cells)):
        order[fill[cells[c]]] = c
        fill[cells[c]] += 1
    return order, first


@compiled
def threshold_trades(
    alpha: Any, levels: Any, entry: Any, leaving: Any, max_age: int, rows: Any, room: Any, changes: Any
) -> Any:  # fmt: skip
    """The trades of every cell of a long-only threshold grid in one pass over the indicator, before any lag.

    A cell changes only where the indicator crosses one of its two levels.

    Args:
        levels: sorted; entry, leaving: per cell, the number of its level.
        rows: room for trades, shape (some, 3); room, changes: shapes (5 or more, bars or more) and (bars + 1 or more,).

    Returns:
        Rows of cell, start, end, in the order in which they ended, and how many of them hold something. The rows are
        the room that was given, or a larger one.
    """
    cells, many, size = len(entry), len(levels), len(alpha)
    count = 0
    begun = np.full(cells, -1, np.int32)
    ups, first_up = _by_level(entry, many)
    downs, first_down = _by_level(leaving, many)
    codes = room[0, :size]
    changed = _codes(alpha, levels, codes, changes)
    over, under, last = 0, many, -1
    for at in range(changed + 1):
        i = changes[at] if at < changed else size
        code = codes[i] if i < size else -1.0
        if count + 2 * cells > len(rows):
            more = np.empty((2 * len(rows) + 2 * cells, 3), np.int32)
            more[:count] = rows[:count]
            rows = more
        # What was known stayed so until the bar before this one, unless nothing was.
        stale = i - last - 1 > max_age
        if stale or i == size:
            slot = last + 1 + max_age if stale else NEVER
            for c in range(cells):
                rows[count, 0], rows[count, 1], rows[count, 2] = c, begun[c], slot
                count += begun[c] >= 0
                begun[c] = -1
            over, under = 0, many
        following = changes[at + 1] if at + 1 < changed else size
        if code < 0.0:
            continue
        last = following - 1
        above, reached = int(code) // 2, (int(code) + 1) // 2
        # Without a branch on each cell: which of them are in cannot be foreseen.
        for j in range(first_down[min(reached, under)], first_down[under]):
            c = downs[j]
            rows[count, 0], rows[count, 1], rows[count, 2] = c, begun[c], i
            count += begun[c] >= 0
            begun[c] = -1
        for j in range(first_up[over], first_up[max(above, over)]):
            c = ups[j]
            begun[c] = begun[c] if begun[c] >= 0 else i
        over, under = above, reached
    return rows, count


@compiled
def _codes(alpha: Any, levels: Any, codes: Any, changes: Any) -> int:
    """For each value how many levels lie below it plus how many below or at it, -1 where it is unknown.

    Returns:
        How many bars there are at which they change, the first among them; they stand in `changes`.
    """
    size, many = len(alpha), len(levels)
    changed = 0
    for first in range(0, size, BLOCK):
        part, out = alpha[first : first + BLOCK], codes[first : first + BLOCK]
        for i in range(len(out)):
            out[i] = 0.0 if abs(part[i]) < np.inf else -1.0
        for k in range(many):
            level = levels[k]
            for i in range(len(out)):
                out[i] += (1.0 if part[i] > level else 0.0) + (1.0 if part[i] >= level else 0.0)
    before = -2.0
    for i in range(size):
        now = codes[i] if abs(alpha[i]) < np.inf else -1.0
        codes[i] = now
        changes[changed] = i
        changed += now != before
        before = now
    return changed


@compiled
def _stochastic(close: Any, lows: Any, highs: Any, period: int, raw: Any) -> None:
    """Raw %K from the first full window on."""
    k, span = 0, 1
    while span * 2 <= period:
        span *= 2
        k += 1
    m = len(raw)
    least, most, last = lows[k], highs[k], close[period - 1 :]
    least_too, most_too = least[period - span :], most[period - span :]
    for i in range(m):
        floor = min(least[i], least_too[i])
        span_of = max(most[i], most_too[i]) - floor
        raw[i] = (last[i] - floor) / span_of * 100.0 if span_of > 0.0 else np.nan


@compiled
def _lengthen(added: Any, raw: Any, summed: int, wanted: int) -> None:
    """Makes sums of `summed` values, each ending at its place in `added`, sums of `wanted` ones."""
    for first in range(0, len(added), BLOCK):
        part = added[first : first + BLOCK]
        for back in range(summed, wanted):
            skip = max(back - first, 0)
            later, earlier = part[skip:], raw[first + skip - back :]
            for i in range(len(later)):
                later[i] += earlier[i]


@compiled
def _signs(slow: Any, d_smooth: int, share: float, gap: Any, sign: Any, size: int) -> int:
    """How %K stands to %D, its mean of `d_smooth` values: 1 above, -1 below, 0 level, 2 unknown.

    Args:
        slow: %K, each divided by `share`.

    Returns:
        How many are neither above nor below.
    """
    odd, less = 0, share / d_smooth
    for first in range(0, size, BLOCK):
        line, out, told = slow[first + d_smooth - 1 :], gap[first : min(first + BLOCK, size)], sign[first:]
        for i in range(len(out)):
            out[i] = line[i]
        for back in range(1, d_smooth):
            earlier = slow[first + d_smooth - 1 - back :]
            for i in range(len(out)):
                out[i] += earlier[i]
        for i in range(len(out)):
            now = line[i] * share - out[i] * less
            told[i] = (1.0 if now > TIE else 0.0) - (1.0 if now < -TIE else 0.0) + (0.0 if abs(now) < np.inf else 2.0)
        for i in range(len(out)):
            odd += abs(told[i]) != 1.0
    return odd


@compiled
def kd_trades(
    close: Any, lows: Any, highs: Any, period: int, smooths: Any, d_smooth: int, rows: Any, room: Any, changes: Any
) -> Any:  # fmt: skip
    """The trades of the long-only KD cells of one period, one for each smoothing of %K (ascending), before any lag.

    Args:
        lows, highs: rolling extremes of 1, 2, 4, ... bars, each at the first of its bars, shape (powers, bars).

    Returns:
        As `threshold_trades`.
    """
    count = 0
    if len(close) < period:
        return rows, count
    m = len(close) - period + 1
    raw, added, gap, sign = room[0, :m], room[1, :m], room[2, :m], room[3, :m]
    _stochastic(close, lows, highs, period, raw)
    added[:] = raw
    summed = 1
    for cell in range(len(smooths)):
        m1 = m - smooths[cell] + 1
        m2 = m1 - d_smooth + 1
        if m2 < 2:
            break
        _lengthen(added, raw, summed, smooths[cell])
        summed = smooths[cell]
        odd = _signs(added[summed - 1 :], d_smooth, 1.0 / summed, gap, sign, m2)
        offset = period + summed + d_smooth - 3
        if count + m2 // 2 + 2 > len(rows):
            more = np.empty((2 * len(rows) + m2, 3), np.int32)
            more[:count] = rows[:count]
            rows = more
        # Only where the sign changes can anything happen.
        changed = 0
        for i in range(1, m2):
            changes[changed] = i
            changed += sign[i] != sign[i - 1]
        if not odd:
            # Above and below alone take turns: every second change begins a trade, and the next one ends it.
            at = 0 if changed and sign[changes[0]] == 1.0 else 1
            changes[changed] = NEVER - offset
            for n in range((changed - at + 1) // 2):
                begun, end = changes[at + 2 * n], changes[at + 2 * n + 1]
                rows[count + n, 0], rows[count + n, 1], rows[count + n, 2] = cell, begun + offset, end + offset
            count += (changed - at + 1) // 2
            continue
        begun = -1
        for at in range(changed):
            i = changes[at]
            now, before = sign[i], sign[i - 1]
            if begun < 0:
                if now == 1.0 and before <= 0.0:
                    begun = i
            elif now == -1.0 and before <= 1.0:
                rows[count, 0], rows[count, 1], rows[count, 2] = cell, begun + offset, i + offset
                count += 1
                begun = -1
        if begun >= 0:
            rows[count, 0], rows[count, 1], rows[count, 2] = cell, begun + offset, NEVER
            count += 1
    return rows, count


@compiled
def best_of_rotations(
    start: Any, end: Any, kind: Any, first: Any, shifts: Any, held: Any, held2: Any, enter: Any, enter2: Any,
    leave: Any, leave2: Any, n: int,
) -> Any:  # fmt: skip
    """For each rotation the highest mean over deviation of the cells; -inf where none is defined, shape (shifts,).

    Args:
        start, end, kind: circular trades of all cells, cell by cell; first: where those of each cell begin.
        kind: 0 long after being flat, 1 short, 2 long after a short, 3 short after a long; + 4: no exit is paid.
        held, held2: (2, 2 n + 1) prefix sums over two circles, long and short; enter, enter2: (4, 2 n) by kind;
            leave, leave2: (2 n,). The second of each is that of the squares.
    """
    out = np.full(len(shifts), -np.inf)
    for m in range(len(shifts)):
        k = shifts[m]
        for c in range(len(first) - 1):
            total = squares = 0.0
            for t in range(first[c], first[c + 1]):
                a, b = start[t] + k, end[t] + k
                if a >= n:
                    a, b = a - n, b - n
                code = kind[t] % 4
                side = code % 2
                total += held[side, b] - held[side, a + 1] + enter[code, a]
                squares += held2[side, b] - held2[side, a + 1] + enter2[code, a]
                if kind[t] < 4:
                    total += leave[b]
                    squares += leave2[b]
            spread = squares - total * total / n
            if spread > 1e-12 * squares:
                found = total / n / sqrt(spread / (n - 1))
                out[m] = max(out[m], found)
    return out
