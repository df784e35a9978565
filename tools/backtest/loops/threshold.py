"""Long-only thresholds on an indicator: all cells of a grid from one pass over it.

Entry levels are numbered upwards, and so are exit levels. A value has a place: how many entry levels lie below it, and
how many exit levels below or at it. Cells change only where the place does, and they change in ranges:

- Falling below exit level b puts those out whose entry level was passed since the value was last below b.
- Rising above entry level k puts those in whose exit level was passed since the value was last above k.

So what a bar brings or takes is added once for each level crossed, to the bin of that range, not once for each cell.
"""

from __future__ import annotations

from math import log1p
from typing import Any

import numpy as np

from blave_mcp.tools.backtest.loops.compiling import BLOCK, compiled

NEVER = 2**30
SHIFT, ENTRIES = 20, 2**20 - 1
"""A place as one number: exit levels below it or at it in the upper bits, entry levels below it in the lower ones."""
SMALL = 0.1
THIRD, FIFTH, SEVENTH, NINTH, ELEVENTH, THIRTEENTH, LAST = (1 / k for k in (3, 5, 7, 9, 11, 13, 15))


@compiled
def _places(alpha: Any, first: int, entries: Any, exits: Any, max_age: int, state: Any, places: Any, bars: Any) -> int:
    """The bars, counted from its first, at which a stretch of the indicator changes its place, and the places.

    An unknown value is where the last known one was, or, if that is more than `max_age` bars old or there was none,
    below all levels.

    Args:
        first: how many bars are before it.
        state: the place of the bar before, and the last bar with a known value; both are carried on.
        places, bars: where they are written, shape (len(alpha) + 1 or more,).

    Returns:
        How many changes there are.
    """
    n, known, changed = len(alpha), 0, 0
    places[:n] = 0
    for k in range(max(len(entries), len(exits))):
        entry = entries[k] if k < len(entries) else np.inf
        leaving = exits[k] if k < len(exits) else np.inf
        for i in range(n):
            places[i] += (alpha[i] > entry) + ((alpha[i] >= leaving) << SHIFT)
    for i in range(n):
        known += abs(alpha[i]) < np.inf
    before, last = state
    if known < n:
        now = before
        for i in range(n):
            if abs(alpha[i]) < np.inf:
                last, now = first + i, places[i]
            elif first + i - last > max_age:
                now = 0
            places[i] = now
    elif n:
        last = first + n - 1
    for i in range(n):
        now = places[i]
        places[changed], bars[changed] = now, i
        changed += now != before
        before = now
    state[0], state[1] = before, last
    return changed


@compiled
def threshold_trades(alpha: Any, cells: Any, max_age: int) -> Any:
    """The trades of cells, before any lag.

    Args:
        cells: the entry and the exit level of each, shape (cells, 2).

    Returns:
        Rows of start and end, cell by cell, and how many there are up to the end of each cell.
    """
    entries, exits = np.unique(cells[:, 0]), np.unique(cells[:, 1])
    places, bars = np.empty(len(alpha) + 1, np.int64), np.empty(len(alpha) + 1, np.int64)
    changed = _places(alpha, 0, entries, exits, max_age, np.array([0, -max_age - 1]), places, bars)
    count, edges = 0, np.empty(len(cells), np.int64)
    rows = np.empty((changed // 2 + 1, 2), np.int64)
    for cell in range(len(cells)):
        if count + changed // 2 + 1 > len(rows):
            more = np.empty((2 * len(rows) + changed, 2), np.int64)
            more[:count] = rows[:count]
            rows = more
        entry, leaving = np.searchsorted(entries, cells[cell, 0]), np.searchsorted(exits, cells[cell, 1])
        held = False
        for at in range(changed):
            above, under = places[at] & ENTRIES, places[at] >> SHIFT
            if held and under <= leaving:
                rows[count, 1], held = bars[at], False
                count += 1
            elif not held and above > entry:
                rows[count, 0], held = bars[at], True
        if held:
            rows[count, 1] = NEVER
            count += 1
        edges[cell] = count
    return rows[:count], edges


@compiled
def _gains(net: Any, sizes: Any, before: float, carry: float, cost: float, hold: Any, enter: Any, leave: Any) -> int:
    """What a long earns in each bar: held before it, entering in it, leaving in it; returns how many bars may ruin."""
    n, bad, sign, later = len(net), 0, 1.0 if cost > 0.0 else -1.0, leave[1:]
    leave[0] = -cost * before
    for i in range(n - 1):
        later[i] = -cost * sizes[i]
    for i in range(n):
        earned, paid = sizes[i] * (net[i] - carry), -cost * sizes[i]
        enter[i], hold[i] = earned + paid, earned - sign * abs(paid - leave[i])
        bad += (hold[i] <= -0.9) | (enter[i] <= -0.9)
    return bad


@compiled
def _logs(values: Any, out: Any) -> None:
    """log(1 + values), to the last digit or two: a series below a tenth."""
    n, large = len(values), 0
    for i in range(n):
        x = values[i]
        z = x / (2.0 + x)
        y = z * z
        series = y * (THIRD + y * (FIFTH + y * (SEVENTH + y * (NINTH + y * (ELEVENTH + y * (THIRTEENTH + y * LAST))))))
        out[i] = 2.0 * (z + z * series)
    for i in range(n):
        large += abs(values[i]) > SMALL
    if large:
        for i in range(n):
            if abs(values[i]) > SMALL:
                out[i] = log1p(values[i])


@compiled
def _brought(places: Any, bars: Any, changed: int, before: int, enter: Any, leave: Any, out: Any) -> None:
    """What each change of place brings to the cells that it concerns: upwards they enter, downwards they leave."""
    for e in range(changed):
        out[e] = enter[bars[e]] if places[e] > before else leave[bars[e]]
        before = places[e]


@compiled
def _cross(places: Any, bars: Any, changed: int, before: int, passed: Any, deepest: Any, live: bool, t: int,
           brought: Any, logs: Any, sums: Any, entered: Any, left: Any) -> None:  # fmt: skip
    """Goes from place to place; adds what each brings to the bins of the cells that enter or leave there.

    Args:
        before: the place to begin with.
        passed: by exit levels below or at, the most entry levels below since then, those of higher ones apart.
        deepest: by entry levels below, the fewest exit levels below or at since then, those of lower ones apart.
        live: whether to add; t: the tape's bar at which `bars` count 0; brought, logs: returns, and of 1 + returns.
        sums: by bar: of what is held up to it, of its squares and of its logarithms.
    """
    above, under = before & ENTRIES, before >> SHIFT
    for e in range(changed):
        now_above, now_under, i = places[e] & ENTRIES, places[e] >> SHIFT, bars[e]
        x, log = brought[e], logs[e]
        if now_under < under or now_above < above:
            while under > now_under:
                most = passed[under]
                under -= 1
                if live:
                    left[under, most, 1] += t + i
                    left[under, most, 2] += sums[i, 0] + x
                    left[under, most, 3] += sums[i, 1] + x * x
                    left[under, most, 4] += sums[i, 2] + log
                passed[under] = max(passed[under], most)
            while above > now_above:
                above -= 1
                deepest[above] = len(left)
            deepest[above] = min(deepest[above], under)
        else:
            while above < now_above:
                least = deepest[above]
                if live:
                    entered[above, least, 0] += 1.0
                    entered[above, least, 1] -= t + i
                    entered[above, least, 2] += x - sums[i + 1, 0]
                    entered[above, least, 3] += x * x - sums[i + 1, 1]
                    entered[above, least, 4] += log - sums[i + 1, 2]
                above += 1
                deepest[above] = min(deepest[above], least)
            while under < now_under:
                under += 1
                passed[under] = 0
            passed[under] = max(passed[under], above)


@compiled
def _add_held(place: int, passed: Any, entry_of: Any, exit_of: Any, what: Any, out: Any) -> None:
    """Adds to the cells that are in."""
    most = np.zeros(len(passed), np.int64)
    for under in range(place >> SHIFT, 0, -1):
        most[under - 1] = max(most[under], passed[under])
    for cell in range(len(out)):
        if entry_of[cell] < most[exit_of[cell]]:
            out[cell] += what


@compiled
def threshold_totals(
    alpha: Any, cells: Any, max_age: int, shift: int, net: Any, sizes: Any, carry: float, cost: float
) -> Any:  # fmt: skip
    """Per cell: trades, bars held, sum of returns, of their squares, of log(1 + return); shape (cells, 5).

    Args:
        cells: as for `threshold_trades`; an exit level is at most the entry level of its cell.
        shift: the tape's bar less the indicator's.

    Returns:
        The totals, and whether a bar may ruin: then they mean nothing.
    """
    n, out, state = len(net), np.zeros((len(cells), 5)), np.array([0, -max_age - 1])
    entries, exits = np.unique(cells[:, 0]), np.unique(cells[:, 1])
    entry_of, exit_of = np.searchsorted(entries, cells[:, 0]), np.searchsorted(exits, cells[:, 1])
    passed, deepest = np.zeros(len(exits) + 1, np.int64), np.full(len(entries) + 1, len(exits))
    deepest[0] = 0
    # By entry level and the deepest exit level passed, and by exit level and the highest entry level passed.
    entered, left = np.zeros((len(entries), len(exits) + 1, 5)), np.zeros((len(exits), len(entries) + 1, 5))
    places, bars = np.empty(BLOCK + 1, np.int64), np.empty(BLOCK + 1, np.int64)
    hold, enter, leave, logs = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    sums, bad = np.zeros((BLOCK + 1, 3)), 0
    # Up to the tape's first bar, all that counts is who is in then.
    warm, last = max(1 - shift, 0), max(min(len(alpha), n - shift), 0)
    for first in range(0, warm, BLOCK):
        stretch = alpha[first : min(first + BLOCK, warm)]
        before = state[0]
        changed = _places(stretch, first, entries, exits, max_age, state, places, bars)
        _cross(places, bars, changed, before, passed, deepest, False, 0, hold, logs, sums, entered, left)
    if warm:
        bad += _gains(net[:1], sizes[:1], 0.0, carry, cost, hold, enter, leave)
        first_bar = np.array([1.0, 0.0, enter[0], enter[0] ** 2, log1p(enter[0])])
        _add_held(state[0], passed, entry_of, exit_of, first_bar, out)
    for first in range(warm, last, BLOCK):
        stretch = alpha[first : min(first + BLOCK, last)]
        size, t = len(stretch), first + shift
        bad += _gains(net[t : t + size], sizes[t : t + size], sizes[t - 1], carry, cost, hold, enter, leave)
        _logs(hold[:size], logs)
        a, b, c = sums[0]
        for i in range(size):
            x = hold[i]
            a += x
            b += x * x
            c += logs[i]
            sums[i + 1, 0], sums[i + 1, 1], sums[i + 1, 2] = a, b, c
        before = state[0]
        changed = _places(stretch, first, entries, exits, max_age, state, places, bars)
        _brought(places, bars, changed, before, enter, leave, hold)
        _logs(hold[:changed], logs)
        _cross(places, bars, changed, before, passed, deepest, True, t, hold, logs, sums, entered, left)
        sums[0] = sums[size]
    _add_held(state[0], passed, entry_of, exit_of, np.array([0.0, n, sums[0, 0], sums[0, 1], sums[0, 2]]), out)
    for k in range(1, len(exits) + 1):
        entered[:, k] += entered[:, k - 1]
    for k in range(len(entries) - 1, -1, -1):
        left[:, k] += left[:, k + 1]
    for cell in range(len(cells)):
        for k in range(5):
            out[cell, k] += entered[entry_of[cell], exit_of[cell], k] + left[exit_of[cell], entry_of[cell] + 1, k]
    return out, bad > 0
