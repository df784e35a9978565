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
        noise: half the interquartile range of the ratios of single rounds, as a share of `ratio`.
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
        # Both sides of a round meet the same load, so the median of their ratios is steadier than the ratio of medians.
        ratio = statistics.median(ratios)
        return Figure(
            name=name,
            ours=statistics.median(self.ours) * scale,
            unit=unit,
            baseline=statistics.median(self.baseline) * scale,
            ratio=ratio,
            noise=spread(ratios) / ratio,
            target=target,
        )


def spread(values: Sequence[float]) -> float | None:
    raise NotImplementedError
