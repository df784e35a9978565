"""Whether a result may be skill: tests, intervals and corrections, each for what it is good for.

The slope of the equity curve against its residuals ("slope Sharpe") is left out on purpose: it weighs the bars in the
middle most and neither punishes decay nor rewards improvement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import e, sqrt
from statistics import NormalDist

import numpy as np

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.tools.backtest import kernels
from blave_mcp.tools.backtest.engine import Run, Scan, returns_of
from blave_mcp.tools.backtest.kernels import Floats, Ints
from blave_mcp.tools.backtest.permutation import Tick, silent

EULER = 0.5772156649015329

# The Sharpe ratio among many that were tried.


def expected_best_sharpe(variance: float, trials: int) -> float:
    """The Sharpe ratio that the best of so many trials without skill is expected to reach, in the trials' unit.

    Args:
        variance: of the trials' Sharpe ratios.
    """
    if trials < 2:
        return 0.0
    normal = NormalDist()
    high, higher = normal.inv_cdf(1 - 1 / trials), normal.inv_cdf(1 - 1 / (trials * e))
    return sqrt(variance) * ((1 - EULER) * high + EULER * higher)


def probabilistic_sharpe(sharpe: float, against: float, n: int, skew: float, kurtosis: float) -> float:
    """The probability that the true Sharpe ratio exceeds `against`. All per bar; `kurtosis` is 3 for a normal."""
    spread = 1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe * sharpe
    if n < 2 or spread <= 0:
        return float("nan")
    return NormalDist().cdf((sharpe - against) * sqrt(n - 1) / sqrt(spread))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeflatedSharpe:
    """Bailey and Lopez de Prado, "The Deflated Sharpe Ratio" (2014).

    Attributes:
        trials: cells with a Sharpe ratio; expected: annualised, what the best of them would reach without skill.
        probability: that the true Sharpe ratio is above zero, the search allowed for; None where it is undefined.
    """

    trials: int
    expected: float
    probability: float | None


def deflated_sharpe(returns: Floats, trials: Floats, per_year: float) -> DeflatedSharpe:
    """Args: trials: annualised Sharpe ratios of everything that was tried."""
    tried = trials[np.isfinite(trials)]
    own = kernels.sharpe(returns, per_year)
    if len(tried) < 2 or not np.isfinite(own):
        return DeflatedSharpe(trials=len(tried), expected=0.0, probability=None)
    root = sqrt(per_year)
    against = expected_best_sharpe(float(tried.var(ddof=1)) / per_year, len(tried))
    centred = returns - returns.mean()
    second = float((centred**2).mean())
    skew = float((centred**3).mean()) / second**1.5
    kurtosis = float((centred**4).mean()) / second**2
    found = probabilistic_sharpe(own / root, against, len(returns), skew, kurtosis)
    return DeflatedSharpe(trials=len(tried), expected=against * root, probability=found if np.isfinite(found) else None)


# Blocks of bars, per cell: what walk-forward and CSCV work on.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blocks:
    """Sums of returns and of their squares per cell and block, shape (cells, blocks); bars per block."""

    sums: Floats
    squares: Floats
    bars: Ints
    edges: Ints


def blocks_of(scan: Scan, edges: Ints, tick: Tick = silent) -> Blocks:
    """Splits the tape at `edges` (first bar of each block; they start at 0)."""
    sums, squares = [], []
    for done, trades in enumerate(scan.trades):
        returns = kernels.until_ruin(returns_of(scan.tape, trades)[0])[0]
        sums.append(np.add.reduceat(returns, edges))
        squares.append(np.add.reduceat(returns * returns, edges))
        tick((done + 1) / len(scan.trades))
    bars = np.diff(np.append(edges, len(scan.tape)))
    return Blocks(sums=np.array(sums), squares=np.array(squares), bars=bars, edges=edges)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Overfitting:
    """Combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado, Zhu, 2015).

    Attributes:
        pbo: share of splits in which the best in-sample cell is in the lower half out of sample; None where too few
            cells traded.
        logits: of its relative rank out of sample, shape (splits,).
        loss: share of splits in which it lost money out of sample.
    """

    pbo: float | None
    logits: Floats
    loss: float | None
    cells: int
    splits: int


def overfitting(scan: Scan, blocks: int = 16, tick: Tick = silent) -> Overfitting:
    """How often the choice of the best cell would have been a choice of noise."""
    n = len(scan.tape)
    live = np.flatnonzero(np.isfinite(scan.sharpe))
    if len(live) < 2 or n < 2 * blocks:
        return Overfitting(pbo=None, logits=np.zeros(0), loss=None, cells=len(live), splits=0)
    edges = np.linspace(0, n, blocks, endpoint=False).astype(np.int64)
    found = blocks_of(scan, edges, tick)
    sums, squares = found.sums[live].T, found.squares[live].T
    chosen = np.array(list(combinations(range(blocks), blocks // 2)))
    inside = np.zeros((len(chosen), blocks))
    np.put_along_axis(inside, chosen, 1.0, axis=1)

    def sharpes(which: Floats) -> tuple[Floats, Floats]:
        total, second, count = which @ sums, which @ squares, (which @ found.bars.astype(np.float64))[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = np.sqrt(np.maximum(second - total * total / count, 0.0) / (count - 1))
            return np.where(spread > 0, total / count / spread, np.nan), total

    before, _ = sharpes(inside)
    after, earned = sharpes(1.0 - inside)
    before, after = np.nan_to_num(before, nan=-np.inf), np.nan_to_num(after, nan=0.0)
    best = before.argmax(axis=1)
    at = np.arange(len(best))
    own = after[at, best][:, None]
    rank = (after < own).sum(axis=1) + ((after == own).sum(axis=1) + 1) / 2
    share = rank / (len(live) + 1)
    logits = np.log(share / (1 - share))
    return Overfitting(
        pbo=float((logits <= 0).mean()), logits=logits, loss=float((earned[at, best] < 0).mean()), cells=len(live),
        splits=len(chosen),
    )  # fmt: skip


# Intervals.


def block_length(n: int, bars_per_day: float) -> float:
    """The mean block of the bootstrap: a day, or the cube root of the length where that is more."""
    return max(2.0, bars_per_day, float(n ** (1 / 3)))


def bootstrap_sharpes(returns: Floats, per_year: float, block: float, draws: int, seed: int) -> Floats:
    """Annualised Sharpe ratios of stationary bootstrap samples (Politis and Romano, 1994), shape (draws,).

    Blocks start anywhere, wrap around the end and have geometric lengths of mean `block`; each is a difference of
    prefix sums, so that a sample costs as much as its blocks.
    """
    n = len(returns)
    rng = np.random.default_rng(seed)
    twice = np.concatenate((returns, returns))
    sums, squares = kernels.prefix(twice), kernels.prefix(twice * twice)
    many = int(n / block + 6 * sqrt(n / block) + 12)
    out = np.empty(draws)
    for first in range(0, draws, 256):
        rows = min(256, draws - first)
        lengths = np.minimum(rng.geometric(1.0 / block, (rows, many)), n)
        ends = np.minimum(np.cumsum(lengths, axis=1), n)
        ends[:, -1] = n
        lengths = np.diff(ends, axis=1, prepend=0)
        starts = rng.integers(0, n, (rows, many))
        total = (sums[starts + lengths] - sums[starts]).sum(axis=1)
        second = (squares[starts + lengths] - squares[starts]).sum(axis=1)
        out[first : first + rows] = kernels.sharpe_of_sums(total, second, n, per_year)
    return out


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its bootstrap interval (percentiles); None where it is undefined."""

    value: float | None
    low: float | None
    high: float | None


def interval(value: float, draws: Floats, level: float) -> Interval:
    """Args: level: 0.95 for 2.5 to 97.5 percent."""
    draws = draws[np.isfinite(draws)]
    if not np.isfinite(value) or len(draws) < 2:
        return Interval(None, None, None)
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(value), float(low), float(high))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decay:
    """In-sample against out-of-sample, annualised Sharpe ratios.

    Attributes:
        difference: out-of-sample less in-sample.
        ratio: only where the in-sample interval lies above zero: of two losses, a ratio above one says nothing good.
    """

    inside: Interval
    outside: Interval
    difference: Interval
    ratio: float | None


def decay(inside: Run, outside: Run, *, draws: int = 1000, level: float = 0.95, seed: int = 0) -> Decay:
    """Compares two runs that share no bar."""
    sampled, known = [], []
    for n, one in enumerate((inside, outside)):
        per_year = one.tape.per_year
        block = block_length(len(one.returns), per_year / 365)
        sampled.append(bootstrap_sharpes(one.returns, per_year, block, draws, seed + n))
        known.append(kernels.sharpe(one.returns, per_year))
    before, after = (interval(value, many, level) for value, many in zip(known, sampled, strict=True))
    clear = before.low is not None and before.low > 0 and after.value is not None
    return Decay(
        inside=before, outside=after, difference=interval(known[1] - known[0], sampled[1] - sampled[0], level),
        ratio=known[1] / known[0] if clear else None,
    )  # fmt: skip


# Walk-forward.


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: chosen on the bars before, run on those after. Numbers are the tape's bars; cell -1: none traded."""

    fit_from: int
    begins: int
    ends: int
    cell: int
    fitted: float | None
    reached: float | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WalkForward:
    """Attributes: returns: of all steps one after the other; sharpe: annualised, None where it is undefined."""

    steps: tuple[Step, ...]
    returns: Floats
    sharpe: float | None


def walk_forward(
    scan: Scan, pick: Callable[[Floats], int], *, fit_bars: int, step_bars: int, expanding: bool = False,
    tick: Tick = silent,
) -> WalkForward:  # fmt: skip
    """Chooses anew before every step, on the bars before it alone.

    Args:
        pick: Sharpe ratios per cell -> the cell chosen, or -1.

    Raises:
        BadArgument: the range is shorter than one fit and one step.
    """
    n = len(scan.tape)
    begins = list(range(fit_bars, n, step_bars))
    if begins and n - begins[-1] < max(2, step_bars // 2):
        begins.pop()
    if not begins or fit_bars < 2:
        raise BadArgument(
            f"Walk-forward needs at least {fit_bars + step_bars} bars; the range has {n}.", undone="It was not run."
        )
    edges = sorted({0, *begins, *(b - fit_bars for b in begins if not expanding)})
    found = blocks_of(scan, np.array(edges, np.int64), tick)
    sums, squares = np.cumsum(found.sums, axis=1), np.cumsum(found.squares, axis=1)
    per_year, place = scan.tape.per_year, {edge: at for at, edge in enumerate(edges)}
    steps, parts = [], []
    for at, begin in enumerate(begins):
        end = begins[at + 1] if at + 1 < len(begins) else n
        first = 0 if expanding else begin - fit_bars
        upto, since = place[begin] - 1, place[first] - 1
        total = sums[:, upto] - (sums[:, since] if since >= 0 else 0.0)
        second = squares[:, upto] - (squares[:, since] if since >= 0 else 0.0)
        fitted = kernels.sharpe_of_sums(total, second, begin - first, per_year)
        fitted = np.where(scan.counts > 0, fitted, np.nan)
        cell = pick(fitted)
        if cell < 0:
            part = np.zeros(end - begin)
        else:
            part = kernels.until_ruin(returns_of(scan.tape, scan.trades[cell])[0])[0][begin:end]
        reached = kernels.sharpe(part, per_year)
        parts.append(part)
        steps.append(
            Step(
                fit_from=first, begins=begin, ends=end, cell=cell, fitted=float(fitted[cell]) if cell >= 0 else None,
                reached=reached if np.isfinite(reached) else None,
            )
        )  # fmt: skip
    returns = np.concatenate(parts)
    found_sharpe = kernels.sharpe(returns, per_year)
    return WalkForward(steps=tuple(steps), returns=returns, sharpe=found_sharpe if np.isfinite(found_sharpe) else None)


# Many tests at once.


def adjusted(p_values: Sequence[float], *, dependent: bool = True) -> Floats:
    """p-values under control of the false discovery rate: Benjamini-Yekutieli, or Benjamini-Hochberg.

    Args:
        dependent: whether the tests may depend on each other in any way, as those of symbols of one market do.
    """
    given = np.asarray(p_values, np.float64)
    m = len(given)
    if not m:
        return given
    order = np.argsort(given, kind="stable")
    weight = float((1.0 / np.arange(1, m + 1)).sum()) if dependent else 1.0
    raised = given[order] * m * weight / np.arange(1, m + 1)
    out = np.empty(m)
    out[order] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1.0)
    return out
