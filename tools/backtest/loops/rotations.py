"""Rotations of a grid's trades around a circle of bars."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from blave_mcp.tools.backtest.loops.compiling import compiled


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
