"""What research draws: the pictures of each tool, and when there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blave_mcp.server.store import Store
from blave_mcp.tools.backtest.permutation import NullTest
from blave_mcp.tools.backtest.pictures import MOST_POINTS, null_figure, regime_figure, thinned
from blave_mcp.tools.backtest.texts import null_data
from blave_mcp.tools.charts.backtest import together_figure
from blave_mcp.tools.desk import Desk, Workshop
from tests.desks import desk_of
from tests.fakes import FakeClock
from tests.tools.backtest.markets import persistent, walk
from tests.tools.backtest.test_research_tools import N, write
from tests.tools.conftest import call

WHAT: dict[str, Any] = {
    "source": "x.csv", "symbol": "X/USDT", "period": "1h", "strategy": "threshold", "indicator": "score",
}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    write(tmp_path, "x.csv", walk(N, 1), persistent(N, 2, 0.9))
    made = desk_of(FakeClock(), Store(tmp_path / "blave.sqlite3"))
    made.workshop = Workshop(data=tmp_path)
    return made


async def test_a_backtest_shows_its_equity_and_its_regimes(desk: Desk):
    result = await call(desk, "backtest", **WHAT)
    equity, regimes = result.pictures
    assert equity.name.startswith("equity-X/USDT")
    assert f"{result.data['metrics']['total_return'] * 100:+.1f} %" in equity.alt
    assert f"{result.data['metrics']['max_drawdown'] * 100:.1f} %" in equity.alt
    assert regimes.alt.startswith("Bars by regime for X/USDT")


async def test_a_scan_shows_its_map_with_peak_and_plateau(desk: Desk):
    result = await call(desk, "scan_parameters", grid="entry=0:1:0.5 exit=-1,-0.5", **WHAT)
    (heat,) = result.pictures
    assert "3 by 2 cells" in heat.alt
    assert f"highest {result.data['peak']['sharpe']:.2f}" in heat.alt


async def test_a_grid_of_three_parameters_has_no_map_and_is_answered_all_the_same(desk: Desk):
    result = await call(desk, "scan_parameters", grid="entry=0,1 exit=-1,0 max_age=-1,24", **WHAT)
    assert result.pictures == ()
    assert "Scan" in result.text


async def test_a_validation_shows_the_grid_the_run_out_of_sample_and_its_rotations(desk: Desk):
    result = await call(desk, "validate_strategy", grid="entry=0:1:0.5 exit=-1,-0.5", permutations=100, **WHAT)
    assert [picture.name.partition("-")[0] for picture in result.pictures] == ["heat", "equity", "permutations"]
    assert "in sample" in result.pictures[0].alt
    assert "out of sample" in result.pictures[1].alt


async def test_a_comparison_shows_all_of_them_over_the_same_bars(desk: Desk):
    given = {name: value for name, value in WHAT.items() if name not in ("strategy", "indicator")}
    result = await call(desk, "compare_strategies", strategies="kd; trend", permutations=50, **given)
    (together,) = result.pictures
    assert "Equity of 2 strategies" in together.alt
    assert "1 kd" in together.alt
    assert "2 trend" in together.alt


def test_long_histories_are_thinned_and_keep_their_last_bar():
    for count in (1, MOST_POINTS, MOST_POINTS + 1, 26_280):
        kept = np.arange(count)[thinned(count)]
        assert len(kept) <= MOST_POINTS
        assert kept[-1] == count - 1


def null(observed: float, *values: float) -> NullTest:
    return NullTest(method="rotation", observed=observed, null=np.array(values), p=0.5, error=0.0)


def test_what_was_not_permuted_or_told_apart_has_no_picture():
    assert null_figure("x", null(float("nan"), 1.0, 2.0)) is None
    assert null_figure("x", null(1.0)) is None
    assert regime_figure("x", []) is None
    found = null_figure("x", null(1.0, 0.0, 2.0, float("nan")))
    assert found is not None
    assert "among 2 permutations" in found.title


def test_a_null_whose_values_are_alike_but_for_their_last_digits_is_told():
    assert sum(null_data(null(0.3, 0.1 + 0.2, 0.3, 0.3))["counts"]) == 3


def test_a_comparison_names_where_each_ends():
    figure = together_figure("X", [0, 1], [("a", [1.0, 1.5]), ("b", [None, None])])
    assert figure.alt.endswith("a +50.0 %; b nothing.")
