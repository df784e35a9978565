"""Measuring one thing against another in the same run, and telling it in a table."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Probe = Callable[[], float]
"""Does the work once and returns what it cost: seconds, or kilobytes."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a figure should keep to; nothing fails where it does not."""

    limit: float
    at_least: bool = False

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.limit:g}"

    def holds(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit


def at_most(limit: float) -> Bound:
    return Bound(limit)


def at_least(limit: float) -> Bound:
    return Bound(limit, at_least=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table.

    Attributes:
        ours, baseline: in `unit`; medians where they were sampled.
        ratio: the number that the target is about; None where that is `ours` itself.
        noise: half the interquartile range of the ratios of single rounds, as a share of their median.
        note: what the line does not say by itself.
    """

    name: str
    ours: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    noise: float | None = None
    target: Bound | None = None
    note: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the target is kept; None where there is none."""
        if self.target is None:
            return None
        return self.target.holds(self.ours if self.ratio is None else self.ratio)


@dataclass(slots=True)
class Samples:
    """What the two sides cost, round by round: the n-th of each were measured next to each other."""

    ours: list[float] = field(default_factory=list)
    baseline: list[float] = field(default_factory=list)

    def costlier(self, name: str, unit: str, *, scale: float = 1.0, target: Bound | None = None) -> Figure:
        """How many times the baseline's cost ours is."""
        return self._figure(name, unit, scale, target, [a / b for a, b in zip(self.ours, self.baseline, strict=True)])

    def faster(self, name: str, unit: str, *, scale: float = 1.0, target: Bound | None = None) -> Figure:
        """How many times as fast as the baseline ours is."""
        return self._figure(name, unit, scale, target, [b / a for a, b in zip(self.ours, self.baseline, strict=True)])

    def _figure(self, name: str, unit: str, scale: float, target: Bound | None, ratios: list[float]) -> Figure:
        # Both sides of a round meet the same load, so that the median of their ratios is steadier than the ratio of
        # two medians, or of two minima.
        ratio = statistics.median(ratios)
        return Figure(
            name=name,
            ours=statistics.median(self.ours) * scale,
            unit=unit,
            baseline=statistics.median(self.baseline) * scale,
            ratio=ratio,
            noise=spread(ratios, ratio),
            target=target,
        )


def spread(values: Sequence[float], middle: float) -> float | None:
    """Half the interquartile range as a share of the median; None for too few values to have quartiles."""
    if len(values) < 4:
        return None
    low, _, high = statistics.quantiles(values, n=4)
    return (high - low) / 2 / middle


def interleaved(ours: Probe, baseline: Probe, rounds: int) -> Samples:
    """Measures both sides in turn; which of them goes first changes from round to round."""
    samples = Samples()
    for n in range(rounds):
        sides = [(ours, samples.ours), (baseline, samples.baseline)]
        for probe, kept in sides if n % 2 else reversed(sides):
            kept.append(probe())
    return samples


def per_call(work: Callable[[], object], repeats: int) -> Probe:
    """Returns a probe that does the work so many times and tells the seconds that one of them took."""

    def probe() -> float:
        begun = time.perf_counter()
        for _ in range(repeats):
            work()
        return (time.perf_counter() - begun) / repeats

    return probe


COLUMNS = ("measured", "ours", "baseline", "ratio", "noise", "target", "")


def table(figures: Sequence[Figure]) -> str:
    """Aligned text, one line a figure. The last column says whether the target is kept."""
    rows = [COLUMNS, *map(_row, figures)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(COLUMNS))]
    lines = []
    for row in rows:
        name, *cells = (cell.ljust(width) if n in (0, 6) else cell.rjust(width)
                        for n, (cell, width) in enumerate(zip(row, widths, strict=True)))  # fmt: skip
        lines.append("  ".join([name, *cells]).rstrip())
    return "\n".join(lines)


def _row(figure: Figure) -> tuple[str, ...]:
    kept = {None: "", True: "kept", False: "missed"}[figure.holds]
    return (
        figure.name,
        f"{_short(figure.ours)} {figure.unit}",
        "" if figure.baseline is None else f"{_short(figure.baseline)} {figure.unit}",
        "" if figure.ratio is None else f"{figure.ratio:.2f}",
        "" if figure.noise is None else f"{figure.noise:.0%}",
        "" if figure.target is None else str(figure.target),
        f"{kept}; {figure.note}".strip("; "),
    )


def _short(value: float) -> str:
    """Three digits, or all those before the point."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
