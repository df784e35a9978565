"""Tests that ask what the same would have earned at other times.

The default is the rotation: positions move in a circle while volatility, sizes and returns stay aligned, so that
clusters and trends stay what they are on both sides. p = (b + 1) / (m + 1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from blave_mcp.tools.backtest import kernels
from blave_mcp.tools.backtest.engine import Scan, returns_of
from blave_mcp.tools.backtest.kernels import Floats, Ints, Signs, Trades
from blave_mcp.tools.backtest.tape import Tape

SLACK = 1e-9
"""Statistics nearer than this are equal: a transform leaves rounding behind."""

Spectrum = npt.NDArray[np.complex128]

Tick = Callable[[float], None]
"""Told the share that is done; raises to stop."""


def silent(done: float) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NullTest:
    """An observed statistic among those without skill.

    Attributes:
        method: "rotation", "rotation of the grid" or "shuffled returns".
        observed: annualised Sharpe ratio; null: those of the permutations, shape (m,).
        p: (b + 1) / (m + 1), b of them at least as good; None where nothing was traded.
        error: Monte-Carlo standard error of p; 0 where every permutation there is was made.
    """

    method: str
    observed: float
    null: Floats
    p: float | None
    error: float
    note: str = ""


def p_value(observed: float, null: Floats) -> float:
    """(b + 1) / (m + 1): an observed arrangement is one of those possible, so p is never 0."""
    scale = SLACK * max(1.0, abs(observed))
    return (int(np.count_nonzero(null >= observed - scale)) + 1) / (len(null) + 1)


def _undefined(method: str, note: str) -> NullTest:
    return NullTest(method=method, observed=float("nan"), null=np.zeros(0), p=None, error=0.0, note=note)


# Rotations: the positions are moved in a circle against volatility, sizes and returns, which stay aligned.


class Rotations:
    """Sharpe ratios of positions under every rotation, from circular correlations.

    What a bar earns depends on the side in it and in the bar before alone; each such pair has its own series of
    values, and its sum over a rotation is a correlation with the places where the pair occurs. Where the number of
    bars has a large prime factor, values go round the circle twice in a transform of a length that has none.
    """

    def __init__(self, tape: Tape) -> None:
        self._tape, self._n = tape, len(tape)
        self._length = kernels.circle_length(self._n)
        self._gross = tape.sizes * (tape.net - tape.carry)
        self._before = np.concatenate((tape.sizes[:1], tape.sizes[:-1]))
        self._made: dict[tuple[int, int], tuple[Spectrum, Spectrum]] = {}

    def _spectra(self, was: int, now: int) -> tuple[Spectrum, Spectrum]:
        """Transforms of what a bar earns, and of its square, with this side before it and that in it."""
        if (was, now) not in self._made:
            turnover = np.abs(now * self._tape.sizes - was * self._before)
            value = now * self._gross - self._tape.settings.cost * turnover
            if self._length > self._n:
                value = np.concatenate((value, value[:-1]))
            self._made[was, now] = (np.fft.rfft(value, self._length), np.fft.rfft(value * value, self._length))
        return self._made[was, now]

    def sharpes(self, position: Signs) -> Floats:
        """Shape (n,): the k-th is that of the positions moved k bars later; the first is the observed one."""
        was = np.concatenate((position[-1:], position[:-1]))
        total = np.zeros(self._length // 2 + 1, np.complex128)
        squares = np.zeros(self._length // 2 + 1, np.complex128)
        code = was * 3 + position
        for a, b in ((a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if a or b):
            here = code == a * 3 + b
            if here.any():
                value, square = self._spectra(a, b)
                places = np.conj(np.fft.rfft(here.astype(np.float64), self._length))
                total += places * value
                squares += places * square
        sums, sums2 = (np.fft.irfft(row, self._length)[: self._n] for row in (total, squares))
        return kernels.sharpe_of_sums(sums, sums2, self._n, self._tape.per_year)


class Circles:
    """The trades of many cells on a circle of bars, and prefix sums over two circles.

    A rotation of a trade is then two differences of prefix sums: for some hundred rotations that is less work than
    the correlations of `Rotations`, which give them all.
    """

    def __init__(self, tape: Tape, cells: Sequence[Trades]) -> None:
        self.n, self._per_year = len(tape), tape.per_year
        before = np.concatenate((tape.sizes[:1], tape.sizes[:-1]))
        gross, cost = tape.sizes * (tape.net - tape.carry), tape.settings.cost
        resize, flip = cost * np.abs(tape.sizes - before), cost * (tape.sizes + before)
        hold = [side * gross - resize for side in (1, -1)]
        self.held, self.held2 = (np.array([kernels.prefix(np.tile(row**power, 2)) for row in hold]) for power in (1, 2))
        fresh = [side * gross - cost * tape.sizes for side in (1, -1)]
        turned = [side * gross - flip for side in (1, -1)]
        self.enter = np.tile(np.array([*fresh, *turned]), (1, 2))
        self.leave = np.tile(-cost * before, 2)
        self.enter2, self.leave2 = self.enter**2, self.leave**2
        rows = [self._circular(*trades) for trades in cells]
        self.first = np.concatenate(([0], np.cumsum([len(row[0]) for row in rows]))).astype(np.int64)
        self.start, self.end, self.kind = (
            np.concatenate([row[part] for row in rows]).astype(np.int64) for part in range(3)
        )

    def _circular(self, start: Ints, end: Ints, side: Signs) -> tuple[Ints, Ints, Ints]:
        n = self.n
        if len(start) > 1 and start[0] == 0 and end[-1] == n and side[0] == side[-1]:
            end = np.append(end[1:-1], n + end[0])
            start, side = start[1:], side[1:]
        follows = start == np.roll(end, 1)
        follows[0] = start[0] + n == end[-1]
        kind = np.where(side > 0, 0, 1) + np.where(follows, 2, 0) + np.where(np.roll(follows, -1), 4, 0)
        return start, end, kind

    def best(self, shifts: Ints, compiled: Any = None) -> Floats:
        """The highest annualised Sharpe ratio of the cells under each rotation; -inf where none has one."""
        if compiled is not None:
            found = compiled.best_of_rotations(
                self.start, self.end, self.kind, self.first, shifts, self.held, self.held2, self.enter, self.enter2,
                self.leave, self.leave2, self.n,
            )  # fmt: skip
            return np.asarray(found * np.sqrt(self._per_year))
        code, paid = self.kind % 4, self.kind < 4
        side, many = code % 2, len(self.first) - 1
        cell = np.repeat(np.arange(many), np.diff(self.first))
        out = np.empty(len(shifts))
        for m, k in enumerate(shifts.tolist()):
            a = (self.start + k) % self.n
            b = a + self.end - self.start
            total = self.held[side, b] - self.held[side, a + 1] + self.enter[code, a] + self.leave[b] * paid
            second = self.held2[side, b] - self.held2[side, a + 1] + self.enter2[code, a] + self.leave2[b] * paid
            sums = np.bincount(cell, total, many).astype(np.float64)
            squares = np.bincount(cell, second, many).astype(np.float64)
            found = kernels.sharpe_of_sums(sums, squares, self.n, self._per_year)
            out[m] = np.fmax.reduce(found, initial=-np.inf)
        return out


def on_a_circle(trades: Trades, n: int) -> bool:
    """Whether the trades leave a bar free, or change side: else there is no bar in which a rotation enters."""
    start, end, side = trades
    return not bool((end - start).sum() == n and (side == side[0]).all())


def rotated(trades: Trades, shift: int, n: int) -> Trades:
    """Trades moved `shift` bars later in a circle of `n` bars; one that crosses the end is two."""
    return kernels.trades_of(np.roll(kernels.position_of(trades, n), shift))


def _shifts(n: int, permutations: int, seed: int) -> Ints:
    """The rotations to look at: all of them, or so many drawn without repetition."""
    if permutations <= 0 or permutations >= n - 1:
        return np.arange(1, n, dtype=np.int64)
    return np.random.default_rng(seed).choice(n - 1, permutations, replace=False).astype(np.int64) + 1


def _error(p: float, n: int, made: int) -> float:
    return 0.0 if made >= n - 1 else sqrt(p * (1 - p) / made)


def rotation_test(tape: Tape, trades: Trades, *, permutations: int = 0, seed: int = 0) -> NullTest:
    """Whether the timing of these positions did better than the same positions at other times.

    Args:
        permutations: how many rotations, drawn at random; 0 takes all of them.
    """
    method, n = "rotation", len(tape)
    if not len(trades[0]):
        return _undefined(method, "No trade, so there is nothing to test.")
    if tape.settings.fixed:
        # The size at entry moves with the entry: no correlation holds that.
        made = _shifts(n, permutations or 999, seed)
        observed = kernels.sharpe(returns_of(tape, trades)[0], tape.per_year)
        null = np.array(
            [kernels.sharpe(returns_of(tape, rotated(trades, int(k), n))[0], tape.per_year) for k in made.tolist()]
        )
    else:
        made = _shifts(n, permutations, seed)
        every = Rotations(tape).sharpes(kernels.position_of(trades, n))
        observed, null = float(every[0]), every[made]
    if not np.isfinite(observed):
        return _undefined(method, "The returns are constant, so their Sharpe ratio is undefined.")
    null = np.where(np.isfinite(null), null, -np.inf)
    p = p_value(observed, null)
    return NullTest(method=method, observed=observed, null=null, p=p, error=_error(p, n, len(made)))


def _sampled(tape: Tape, live: Sequence[Trades], shifts: Ints, compiled: Any) -> tuple[Floats] | None:
    """The best of the grid unmoved and under each rotation, where that is less work than all rotations."""
    trades = sum(len(one[0]) for one in live)
    each = (trades * 8e-9) if compiled is not None else (trades * 8e-8 + 4e-5)
    if len(shifts) * each > len(live) * len(tape) * 6e-7 or not all(on_a_circle(one, len(tape)) for one in live):
        return None
    return (Circles(tape, live).best(np.concatenate(([0], shifts)), compiled),)


def selection_test(
    scan: Scan, *, permutations: int = 0, seed: int = 0, tick: Tick = silent, compiled: Any = None
) -> NullTest:
    """Whether the best cell did better than the best cell of the same grid at other times.

    All cells are rotated together, the whole grid is scanned anew, and its best is kept: the search itself is tested.

    Args:
        permutations: how many rotations, drawn at random; 0 takes all of them.
        compiled: the loops of `fast`, where they are worth their start.
    """
    method, tape = "rotation of the grid", scan.tape
    n = len(tape)
    live = [trades for trades, count in zip(scan.trades, scan.counts, strict=True) if count]
    if not live:
        return _undefined(method, "No cell traded, so there is nothing to test.")
    if tape.settings.fixed:
        made = _shifts(n, permutations or 199, seed)
        rows = []
        for done, k in enumerate([0, *made.tolist()]):
            found = [kernels.sharpe(returns_of(tape, rotated(t, k, n))[0], tape.per_year) for t in live]
            rows.append(max((s for s in found if np.isfinite(s)), default=-np.inf))
            tick(done / (len(made) + 1))
        observed, null = rows[0], np.array(rows[1:])
    elif sampled := _sampled(tape, live, _shifts(n, permutations, seed), compiled):
        made = _shifts(n, permutations, seed)
        observed, null = float(sampled[0][0]), sampled[0][1:]
        tick(1.0)
    else:
        made = _shifts(n, permutations, seed)
        rotations, best = Rotations(tape), np.full(n, -np.inf)
        for done, trades in enumerate(live):
            np.fmax(best, rotations.sharpes(kernels.position_of(trades, n)), out=best)
            tick((done + 1) / len(live))
        observed, null = float(best[0]), best[made]
    if not np.isfinite(observed):
        return _undefined(method, "The returns of every cell are constant.")
    p = p_value(observed, null)
    return NullTest(method=method, observed=observed, null=null, p=p, error=_error(p, n, len(made)))


def shuffle_test(
    tape: Tape, trades: Trades, *, permutations: int = 1000, seed: int = 0, tick: Tick = silent
) -> NullTest:
    """Shuffles the market's returns under fixed positions. An option, not the default.

    It breaks the clustering of volatility and trends, and is wrong by as much: at a nominal 5 % it calls up to 15 % of
    strategies without skill significant in trending markets, and hardly any of others.
    """
    method = "shuffled returns"
    if not len(trades[0]):
        return _undefined(method, "No trade, so there is nothing to test.")
    returns, _, exposure = returns_of(tape, trades)
    observed = kernels.sharpe(returns, tape.per_year)
    if not np.isfinite(observed):
        return _undefined(method, "The returns are constant, so their Sharpe ratio is undefined.")
    costs = exposure * tape.net - returns
    rng = np.random.default_rng(seed)
    null = np.empty(permutations)
    for n in range(permutations):
        null[n] = kernels.sharpe(exposure * rng.permutation(tape.net) - costs, tape.per_year)
        if n % 64 == 0:
            tick(n / permutations)
    p = p_value(observed, null)
    note = "Shuffling returns breaks volatility clusters and trends; the rotation test is the one to judge by."
    error = sqrt(p * (1 - p) / permutations)
    return NullTest(method=method, observed=observed, null=null, p=p, error=error, note=note)
