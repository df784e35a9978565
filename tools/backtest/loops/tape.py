"""What the market does to a unit held, bar by bar."""

from __future__ import annotations

from math import log1p, sqrt
from typing import Any

import numpy as np

from blave_mcp.tools.backtest.loops.compiling import compiled

SMALL = 0.1
THIRD, FIFTH, SEVENTH, NINTH, ELEVENTH, THIRTEENTH, LAST = (1 / k for k in (3, 5, 7, 9, 11, 13, 15))


@compiled
def market(close: Any, window: int, target: float, floor: float, cap: float, root: float, lag: int) -> Any:
    """Forward returns, annual volatilities and sizes of all bars but the last, shape (n,) each; none is missing.

    A window of returns is the end of one block of that length and the beginning of the next. So no sum is the
    difference of larger ones, and a spike leaves no rounding in later windows.

    Args:
        window: returns that a volatility is made of; root: of the bars in a year; lag: bars from a close to its use.
        target, floor: annual volatilities.
    """
    n = len(close) - 1
    net, vols, sizes = np.empty(n), np.empty(n), np.empty(n)
    first = min(window + lag, n) if window > 1 else n
    vols[:first] = np.nan
    sizes[:first] = 0.0
    most = min(window, n)
    moves, sums, sums_squares = np.empty(most), np.empty(most), np.empty(most)
    rest, rest_squares, back, back_squares = np.zeros(most), np.zeros(most), np.empty(most), np.empty(most)
    share, less, constant = 1.0 / window, 1.0 / (window - 1.0), 1e-12 / window
    for block in range(0, n, window):
        size = min(window, n - block)
        _moves(close[block : block + size + 1], net[block : block + size], moves)
        a = b = c = d = 0.0
        last = size - 1
        for i in range(size):
            x, y = moves[i], moves[last - i]
            a += x
            b += x * x
            # The window that ends at i has what the block before has after i.
            sums[i], sums_squares[i] = a + rest[i], b + rest_squares[i]
            back[last - i], back_squares[last - i] = c, d
            c += y
            d += y * y
        rest, rest_squares, back, back_squares = back, back_squares, rest, rest_squares
        # Returns up to number i are known at bar i + 1. The first block has a whole window at its end alone.
        skip = window - 1 if block == 0 else 0
        begin = block + skip + 1 + lag
        out, told = sizes[begin:], vols[begin:]
        s, s2 = sums[skip:], sums_squares[skip:]
        for i in range(min(size - skip, n - begin)):
            variance = (s2[i] - s[i] * s[i] * share) * less
            moved = variance > constant * s2[i]
            vol = sqrt(variance if moved else 1.0) * root
            wanted = target / (vol if vol > floor else floor)
            out[i] = (wanted if wanted < cap else cap) if moved else 0.0
            told[i] = vol if moved else np.nan
    return net, vols, sizes


@compiled
def _moves(close: Any, net: Any, moves: Any) -> None:
    """Returns and their logarithms, the latter to the last digit or two: a series below a tenth."""
    n, large = len(net), 0
    after = close[1:]
    for i in range(n):
        a, b = close[i], after[i]
        net[i] = b / a - 1.0
        z = (b - a) / (b + a)
        y = z * z
        series = y * (THIRD + y * (FIFTH + y * (SEVENTH + y * (NINTH + y * (ELEVENTH + y * (THIRTEENTH + y * LAST))))))
        moves[i] = 2.0 * (z + z * series)
    for i in range(n):
        large += abs(net[i]) > SMALL
    if large:
        for i in range(n):
            if abs(net[i]) > SMALL:
                moves[i] = log1p(net[i])


@compiled
def banded(sizes: Any, band: float) -> Any:
    """As `kernels.banded`."""
    out = np.empty(len(sizes))
    low = high = held = np.nan
    for i in range(len(sizes)):
        size = sizes[i]
        if not low <= size <= high:
            held, low, high = size, size * (1 - band), size * (1 + band)
        out[i] = held
    return out
