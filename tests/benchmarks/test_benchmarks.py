"""The benchmarks run, and both sides of each do the same. No timing fails a test."""

from __future__ import annotations

import math
import sys

import pytest

from tests.benchmarks.effort import REDUCED
from tests.benchmarks.measure import Figure, Samples, at_least, at_most, interleaved, table
from tests.benchmarks.run import PARTS


@pytest.mark.benchmark
@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_it_runs_and_both_sides_agree(part: str):
    figures = PARTS[part](REDUCED)
    if not figures:
        pytest.skip("this system has no way to measure it")
    for figure in figures:
        assert math.isfinite(figure.ours)
        assert figure.ours > 0, figure
        assert figure.ratio is None or figure.ratio > 0, figure
    sys.stdout.write(f"\n{table(figures)}\n")


def test_the_two_sides_take_turns():
    order: list[str] = []

    def probe(side: str, cost: float):
        def measure() -> float:
            order.append(side)
            return cost

        return measure

    samples = interleaved(probe("ours", 3.0), probe("baseline", 2.0), 4)
    assert samples == Samples([3.0] * 4, [2.0] * 4)
    assert order == ["baseline", "ours", "ours", "baseline"] * 2


def test_a_ratio_is_the_median_of_those_of_the_rounds():
    samples = Samples([1.0, 2.0, 9.0, 2.0], [1.0, 1.0, 3.0, 1.0])
    assert samples.costlier("it", "ms", scale=1000, target=at_most(1.5)) == Figure(
        name="it", ours=2000.0, unit="ms", baseline=1000.0, ratio=2.0, noise=0.375, target=at_most(1.5)
    )
    assert samples.faster("it", "s").ratio == 0.5


@pytest.mark.parametrize(
    ("figure", "holds"),
    [
        (Figure(name="a", ours=9, unit="ms", ratio=1.1, target=at_most(1.15)), True),
        (Figure(name="a", ours=9, unit="ms", ratio=1.2, target=at_most(1.15)), False),
        (Figure(name="a", ours=9, unit="us", ratio=3, target=at_least(3)), True),
        (Figure(name="a", ours=9, unit="us", ratio=2.9, target=at_least(3)), False),
        (Figure(name="a", ours=45, unit="tools", target=at_most(45)), True),
        (Figure(name="a", ours=9, unit="ms"), None),
    ],
)
def test_a_target_is_about_the_ratio_where_there_is_one(figure: Figure, holds: bool | None):
    assert figure.holds is holds


def test_the_table_is_aligned_and_says_what_was_missed():
    figures = [
        Figure(name="start", ours=1234.5, unit="ms", baseline=1000, ratio=1.2345, noise=0.04, target=at_most(1.15)),
        Figure(name="tools", ours=34, unit="tools", target=at_most(45), note="small"),
    ]
    assert table(figures).splitlines() == [
        "measured      ours  baseline  ratio  noise   target",
        "start      1234 ms   1000 ms   1.23     4%  <= 1.15  missed",
        "tools     34 tools                            <= 45  kept; small",
    ]
