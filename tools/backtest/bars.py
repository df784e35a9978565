"""Price bars and alpha series on one regular grid of time, and what had to be done to get them there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.tools.backtest.kernels import Floats, Ints, bars_since, spells
from blave_mcp.tools.times import duration, interval_ms, minute

YEAR_MS = 365 * 86_400_000
MOST_BARS = 2_000_000
MOST_GAPS_TOLD = 5
UNEVEN = 0.5
"""With fewer than this share of the grid's bars there, the period is taken to be wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesReport:
    """What was found in one series of an indicator.

    Attributes:
        rows: rows given; duplicates: of them, those that a later row of the same bar replaced.
        unusable: rows whose value is empty or no finite number.
        known: bars with a value, of those of the price; longest_ms: the longest stretch without one.
    """

    rows: int
    duplicates: int
    unusable: int
    known: int
    longest_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DataReport:
    """What was found in the data.

    Attributes:
        source: where it comes from, in words.
        rows: rows given; duplicates: of them, those that a later row of the same time replaced.
        unusable: rows without a finite, positive price, or with a high under the low.
        off_grid: rows whose time is not a multiple of the period after the first one; they were left out.
        unfinished: whether a last bar that had not closed was dropped.
        missing: bars that the grid has and the data has not; gaps: their stretches, as (first missing, bars).
    """

    source: str
    rows: int
    duplicates: int
    unusable: int
    off_grid: int
    unfinished: bool
    missing: int
    gaps: tuple[tuple[int, int], ...]
    series: Mapping[str, SeriesReport] = field(default_factory=dict)

    def lines(self, bar_ms: int) -> list[str]:
        """What a reader of the results should know about the data, one sentence each."""
        told = []
        if self.duplicates:
            told.append(f"{self.duplicates} rows repeated a time; the last of each was kept.")
        if self.unusable:
            told.append(f"{self.unusable} rows had no usable price and count as missing.")
        if self.off_grid:
            told.append(f"{self.off_grid} rows did not lie on the period's grid and were left out.")
        if self.unfinished:
            told.append("The last bar had not closed and was dropped.")
        if self.gaps:
            shown = ", ".join(f"{minute(at)} ({duration(n * bar_ms)})" for at, n in self.gaps[:MOST_GAPS_TOLD])
            more = f" and {len(self.gaps) - MOST_GAPS_TOLD} more" if len(self.gaps) > MOST_GAPS_TOLD else ""
            told.append(
                f"{len(self.gaps)} gaps, {self.missing} bars missing: {shown}{more}. No return is computed across them."
            )
        for name, one in self.series.items():
            if one.duplicates:
                told.append(f"{name}: {one.duplicates} values repeated a bar; the last of each was kept.")
            if one.unusable:
                told.append(f"{name}: {one.unusable} values were empty or not finite.")
            if one.longest_ms > bar_ms:
                told.append(f"{name}: the longest stretch without a value is {duration(one.longest_ms)}.")
        return told or ["No gap, no duplicate, nothing unusable."]

    def data(self) -> dict[str, Any]:
        """The same as plain JSON."""
        return {
            "source": self.source, "rows": self.rows, "duplicates": self.duplicates, "unusable": self.unusable,
            "off_grid": self.off_grid, "unfinished_dropped": self.unfinished, "missing": self.missing,
            "gaps": [{"from_ms": at, "bars": n} for at, n in self.gaps[:50]], "gaps_total": len(self.gaps),
            "series": {
                name: {"rows": one.rows, "duplicates": one.duplicates, "unusable": one.unusable, "known": one.known,
                       "longest_without_ms": one.longest_ms}
                for name, one in self.series.items()
            },
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bars:
    """Bars on a regular grid. A bar that is missing is NaN in every array.

    Attributes:
        period: as in "1h"; bar_ms: its length.
        time_ms: opening times, shape (n,), each bar_ms after the one before.
        open, high, low, close: shape (n,).
        alphas: indicator name -> value stamped within the bar, NaN where there is none.
    """

    symbol: str
    period: str
    bar_ms: int
    time_ms: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    alphas: Mapping[str, Floats]
    report: DataReport

    def __len__(self) -> int:
        return len(self.time_ms)

    @property
    def per_year(self) -> float:
        """Bars in a year of 365 days: a market that never closes."""
        return YEAR_MS / self.bar_ms

    def bars_in(self, days: float) -> int:
        """How many bars so many days are; at least 2."""
        return max(2, round(days * 86_400_000 / self.bar_ms))

    def at(self, ms: int) -> int:
        """The number of the first bar that opens at `ms` or later."""
        return int(np.searchsorted(self.time_ms, ms))

    def alpha(self, name: str) -> Floats:
        """Raises BadArgument: names the series that there are."""
        if name not in self.alphas:
            has = ", ".join(self.alphas) or "none"
            raise BadArgument(f'There is no series "{name}" in the data.', advice=f"There is: {has}.")
        return self.alphas[name]

    def cut(self, first: int, last: int) -> Bars:
        """The bars first <= i < last, as views."""
        part = slice(first, last)
        alphas = {name: values[part] for name, values in self.alphas.items()}
        return replace(
            self, time_ms=self.time_ms[part], open=self.open[part], high=self.high[part], low=self.low[part],
            close=self.close[part], alphas=alphas,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rows:
    """Bars as they were read, in any order: Unix milliseconds; prices of shape (rows, 4), or closes of (rows,)."""

    time_ms: Ints
    prices: Floats


@dataclass(frozen=True, slots=True)
class Stamps:
    """A series as it was read, in any order; a value that is NaN was empty."""

    time_ms: Ints
    values: Floats


def regular(
    rows: Rows,
    *,
    symbol: str,
    period: str,
    source: str,
    alphas: Mapping[str, Stamps] | None = None,
    now_ms: int | None = None,
) -> Bars:
    """Puts bars and series on the period's grid.

    Duplicates are judged by time and the last is kept. Values of a series go to the bar within which their time lies.

    Args:
        now_ms: bars that had not closed by then are dropped; None keeps all.

    Raises:
        BadArgument: no usable bar, or a period that the times contradict.
    """
    bar_ms = interval_ms(period)
    if period.endswith("M"):
        raise BadArgument("Months are of unequal length.", advice='Take a period of at most a week ("1d", "1w").')
    times, prices = np.asarray(rows.time_ms, np.int64), np.asarray(rows.prices, np.float64)
    if prices.ndim == 1:
        prices = np.repeat(prices[:, None], 4, axis=1)
    given = len(times)
    times, kept = _last_of_each(times)
    prices = prices[kept]
    duplicates = given - len(times)
    unfinished = False
    if now_ms is not None and len(times):
        closed = times + bar_ms <= now_ms
        unfinished = not bool(closed.all())
        times, prices = times[closed], prices[closed]
    usable = np.isfinite(prices).all(axis=1) & (prices > 0).all(axis=1) & (prices[:, 1] >= prices[:, 2])
    unusable = int((~usable).sum())
    times, prices = times[usable], prices[usable]
    if not len(times):
        raise BadArgument(
            f"{source}: there is no usable bar of {symbol} {period} in this range"
            + (f" ({unusable} rows had no price)." if unusable else "."),
            undone="No backtest was run.",
            advice="Check the symbol and the dates, or take another source.",
        )
    offsets, counts = np.unique(times % bar_ms, return_counts=True)
    on_grid = times % bar_ms == offsets[np.argmax(counts)]
    off_grid = int((~on_grid).sum())
    times, prices = times[on_grid], prices[on_grid]
    n = int((times[-1] - times[0]) // bar_ms) + 1
    if n > MOST_BARS or len(times) < UNEVEN * n or off_grid > len(times):
        raise BadArgument(
            f"{source}: {given} rows do not look like bars of {period}: a grid from {minute(int(times[0]))} to"
            f" {minute(int(times[-1]))} UTC would have {n}.",
            undone="No backtest was run.",
            advice="Give the period that the data has.",
        )
    at = (times - times[0]) // bar_ms
    grid = np.full((4, n), np.nan)
    grid[:, at] = prices.T
    grid_times = times[0] + bar_ms * np.arange(n, dtype=np.int64)
    begins, ends = spells(np.isnan(grid[3]))
    gaps = tuple((int(grid_times[b]), int(e - b)) for b, e in zip(begins, ends, strict=True))
    aligned, told = {}, {}
    for name, stamps in (alphas or {}).items():
        aligned[name], told[name] = _aligned(stamps, grid_times, bar_ms, ~np.isnan(grid[3]))
    report = DataReport(
        source=source, rows=given, duplicates=duplicates, unusable=unusable, off_grid=off_grid, unfinished=unfinished,
        missing=n - len(times), gaps=gaps, series=told,
    )  # fmt: skip
    return Bars(
        symbol=symbol, period=period, bar_ms=bar_ms, time_ms=grid_times, open=grid[0], high=grid[1], low=grid[2],
        close=grid[3], alphas=aligned, report=report,
    )  # fmt: skip


def _last_of_each(times: Ints) -> tuple[Ints, Ints]:
    """Sorted times without repetition, and for each the row that came last."""
    order = np.argsort(times, kind="stable")
    ordered = times[order]
    last = np.ones(len(ordered), np.bool_)
    last[:-1] = ordered[1:] != ordered[:-1]
    return ordered[last], order[last]


def _aligned(stamps: Stamps, grid: Ints, bar_ms: int, priced: Any) -> tuple[Floats, SeriesReport]:
    times, values = np.asarray(stamps.time_ms, np.int64), np.asarray(stamps.values, np.float64)
    usable = np.isfinite(values)
    unusable = int((~usable).sum())
    times, values = times[usable], values[usable]
    order = np.argsort(times, kind="stable")
    bar = (times[order] - grid[0]) // bar_ms
    inside = (bar >= 0) & (bar < len(grid))
    bar, kept = _last_of_each(bar[inside])
    out = np.full(len(grid), np.nan)
    out[bar] = values[order][inside][kept]
    known = ~np.isnan(out)
    longest = int(bars_since(known).max()) if len(out) else 0
    report = SeriesReport(
        rows=len(stamps.values), duplicates=int(inside.sum()) - len(bar), unusable=unusable,
        known=int((known & priced).sum()), longest_ms=longest * bar_ms,
    )  # fmt: skip
    return out, report


def rows_of(times: Sequence[int], prices: Sequence[Sequence[float]]) -> Rows:
    """Rows from plain lists: opening times in ms, and open, high, low, close each."""
    return Rows(np.array(times, np.int64), np.array(prices, np.float64).reshape(len(times), -1))
