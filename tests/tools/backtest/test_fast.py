"""The compiled loops give the numbers of the arithmetic that everything else uses."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blave_mcp.tools.backtest import fast
from blave_mcp.tools.backtest.bars import Rows, regular
from blave_mcp.tools.backtest.engine import scan
from blave_mcp.tools.backtest.kernels import position_of
from blave_mcp.tools.backtest.permutation import Circles, Rotations, on_a_circle, selection_test
from blave_mcp.tools.backtest.signals import KD, THRESHOLD, TREND
from blave_mcp.tools.backtest.strategy import Grid, Strategy, grid_of
from blave_mcp.tools.backtest.tape import Settings, Tape, evaluated, tape_of
from blave_mcp.tools.backtest.universe import Job, study
from tests.tools.backtest.markets import HOUR_MS, START_MS, bars_of, made, persistent, walk

HOWS = [Settings(vol_days=4), Settings(vol_days=4, band=0, lag=0), Settings(vol_days=10, funding=0.0003, lag=3)]


@pytest.fixture(scope="module", autouse=True)
def numba() -> None:
    pytest.importorskip("numba", reason="the loops are compiled by numba")


def torn(n: int, seed: int) -> np.ndarray:
    """An indicator that stops now and then, and that is often exactly at a level."""
    alpha = np.round(persistent(n, seed, 0.9) * 4) / 4
    alpha[300:360] = np.nan
    alpha[500:510] = np.nan
    alpha[-40:] = np.nan
    return alpha


@pytest.mark.parametrize("how", HOWS)
def test_a_tape_is_the_same(how: Settings):
    close = walk(1500, 3)
    close[700:] *= 40
    close[900:1000] = close[900]
    bars = bars_of(close)
    ours, theirs = fast.tape_of(bars, how), tape_of(bars, how)
    np.testing.assert_allclose(ours.sizes, theirs.sizes, rtol=1e-12)
    np.testing.assert_array_equal(ours.net, theirs.net)
    np.testing.assert_allclose(ours.vol, theirs.vol, rtol=1e-12)
    np.testing.assert_array_equal(ours.at, theirs.at)


@pytest.mark.parametrize("n", [2, 3, 24, 25, 26, 49, 100, 1100])
@pytest.mark.parametrize("lag", [0, 1, 30])
def test_a_tape_of_few_bars_is_the_same(n: int, lag: int):
    bars = bars_of(walk(n, 5))
    for days in (0.05, 0.3, 1, 2):
        how = Settings(vol_days=days, lag=lag)
        ours, theirs = fast.tape_of(bars, how), tape_of(bars, how)
        np.testing.assert_allclose(ours.sizes, theirs.sizes, rtol=1e-12)
        # Two nearly equal returns have hardly any deviation, and rounding is what is left of it.
        np.testing.assert_allclose(ours.vol, theirs.vol, rtol=1e-12, atol=1e-11)
        np.testing.assert_array_equal(ours.net, theirs.net)


def assert_same(tape: Tape, strategy: Strategy, grid: Grid) -> None:
    ours, theirs = fast.scan(tape, strategy, grid), scan(tape, strategy, grid)
    assert ours is not None
    np.testing.assert_array_equal(ours.counts, theirs.counts)
    for one, other in zip(ours.trades, theirs.trades, strict=True):
        for part, same in zip(one, other, strict=True):
            np.testing.assert_array_equal(part, same)
    np.testing.assert_allclose(ours.total, theirs.total, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(ours.sharpe, theirs.sharpe, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ours.growth, theirs.growth, rtol=1e-10)
    np.testing.assert_allclose(ours.held, theirs.held)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("strategy", [THRESHOLD, KD], ids=lambda s: s.name)
def test_a_scan_is_the_same(strategy: Strategy, how: Settings):
    bars = bars_of(walk(2500, 3), torn(2500, 4))
    grid = grid_of(strategy, {}, {}, 100)
    assert fast.takes(bars, how)
    assert fast.takes_grid(strategy, grid, how)
    whole = tape_of(bars, how)
    for tape in (whole, evaluated(whole), whole.part(700, 1300), whole.part(1100, len(whole)), whole.part(5, 60)):
        assert_same(tape, strategy, grid)


@pytest.mark.parametrize("axes", [
    {"entry": tuple(np.linspace(-3, 3, 90)), "exit": (-4.0,)},
    {"exit": tuple(np.linspace(-3, 1, 90)), "entry": (1.0, 3.5)},
    {"exit": (-0.5, 0.25), "entry": (2.0, 0.25, 0.0)},
    {"entry": (9.0,), "exit": (0.0,)},
])  # fmt: skip
def test_a_threshold_grid_of_any_shape_is_the_same(axes: dict[str, tuple[float, ...]]):
    bars = bars_of(walk(1500, 3), torn(1500, 4))
    assert_same(evaluated(tape_of(bars, HOWS[0])), THRESHOLD, grid_of(THRESHOLD, {}, axes, 1000))


@pytest.mark.parametrize("axes", [
    {"k_smooth": (1, 4, 30), "k_period": (2, 3, 40, 500)},
    {"k_period": (7,), "k_smooth": (200,)},
    {"k_period": (2000,), "k_smooth": (1, 3)},
])  # fmt: skip
@pytest.mark.parametrize("d_smooth", [1, 2, 3, 17])
def test_a_kd_grid_of_any_shape_is_the_same(axes: dict[str, tuple[float, ...]], d_smooth: int):
    bars = bars_of(walk(2200, 3))
    assert_same(evaluated(tape_of(bars, HOWS[0])), KD, grid_of(KD, {"d_smooth": d_smooth}, axes, 100))


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.sampled_from([-2, -1, -1, 0, 0, 0, 1, 1, 2]), min_size=4, max_size=80),
    width=st.sampled_from([0, 0, 1, 3]),
    d_smooth=st.integers(1, 4),
    lag=st.integers(0, 3),
    first=st.integers(0, 900),
)
def test_kd_is_the_same_where_the_price_stands_still_or_lines_touch(
    steps: list[int], width: int, d_smooth: int, lag: int, first: int
):
    """Prices on a coarse grid: windows without a range, and %K exactly at %D."""
    close = 200.0 + np.abs(np.cumsum(np.resize(np.array(steps), 1200)) % 100 - 50) + np.arange(1200) // 700
    times = START_MS + HOUR_MS * np.arange(1200)
    rows = Rows(times, np.stack([close, close + width, close - width, close], axis=1))
    bars = regular(rows, symbol="X", period="1h", source="test", alphas={})
    tape = tape_of(bars, Settings(vol_days=2, lag=lag)).part(first, 1199)
    assert_same(tape, KD, grid_of(KD, {"d_smooth": d_smooth}, {"k_period": (2, 5, 9), "k_smooth": (1, 2, 6)}, 20))


@settings(max_examples=60, deadline=None)
@given(
    alpha=st.lists(
        st.one_of(st.sampled_from([-1.0, 0.0, 0.5, 1.0, float("nan"), float("inf")]), st.floats(-3, 3)),
        min_size=5, max_size=120,
    ),
    max_age=st.integers(0, 5),
    lag=st.integers(0, 3),
    first=st.integers(0, 900),
)  # fmt: skip
def test_whatever_the_indicator_does_the_scan_is_the_same(alpha: list[float], max_age: int, lag: int, first: int):
    n = 1300
    bars = bars_of(walk(n, 1), np.resize(np.array(alpha), n))
    tape = tape_of(bars, Settings(vol_days=2, lag=lag)).part(first, n - 1)
    axes = {"entry": (-1, 0, 0.5, 1), "exit": (-1, 0, 0.5)}
    assert_same(tape, THRESHOLD, grid_of(THRESHOLD, {"max_age": max_age}, axes, 20))


def test_what_the_loops_do_not_take_is_left_to_the_arrays():
    whole, gapped = bars_of(walk(300)), bars_of(walk(300), drop=(50,))
    assert fast.takes(whole, Settings())
    assert not fast.takes(gapped, Settings())
    assert not fast.takes(whole, Settings(fixed=True))
    assert not fast.takes(whole, Settings(target_vol=0))
    for strategy, fixed in ((TREND, {}), (KD, {"ewm": 1}), (KD, {"oversold": 20}), (THRESHOLD, {"side": -1})):
        assert not fast.takes_grid(strategy, grid_of(strategy, fixed, {}, 100), Settings())
    assert not fast.takes_grid(KD, grid_of(KD, {}, {}, 100), Settings(trend_days=5))


def test_a_bar_that_may_ruin_is_left_to_the_arrays():
    close = walk(400, 1, vol=0.0005)
    close[200:] *= 0.02
    bars = bars_of(close, np.full(400, 5.0))
    tape = evaluated(tape_of(bars, Settings(vol_days=2, lag=0)))
    assert fast.scan(tape, THRESHOLD, grid_of(THRESHOLD, {}, {}, 100)) is None


def circles(side: int, seed: int) -> tuple[Tape, list, np.ndarray]:
    how = Settings(vol_days=4, funding=0.0002)
    tape = evaluated(tape_of(bars_of(walk(420, seed), persistent(420, seed + 9, 0.9)), how))
    axes = {"entry": (0.2, 0.5, 1.0), "exit": (-1.0, 0.0)}
    found = scan(tape, THRESHOLD, grid_of(THRESHOLD, {"side": side}, axes, 9))
    rotations = Rotations(tape)
    every = np.array([rotations.sharpes(position_of(trades, len(tape))) for trades in found.trades])
    return tape, list(found.trades), every.max(axis=0)


@pytest.mark.parametrize("side", [1, 0, -1])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rotating_trades_one_by_one_is_what_correlations_give(side: int, seed: int):
    tape, trades, every = circles(side, seed)
    assert all(on_a_circle(one, len(tape)) for one in trades)
    shifts = np.arange(len(tape))
    one = Circles(tape, trades)
    np.testing.assert_allclose(one.best(shifts), every, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(one.best(shifts, fast.loops()), every, rtol=1e-9, atol=1e-9)


def test_a_position_without_a_free_bar_is_on_no_circle():
    ones = np.ones(1, np.int8)
    assert not on_a_circle((np.array([0]), np.array([50]), ones), 50)
    assert on_a_circle((np.array([0]), np.array([49]), ones), 50)
    flip = np.array([1, -1], np.int8)
    assert on_a_circle((np.array([0, 20]), np.array([20, 50]), flip), 50)


def test_the_search_has_the_same_p_value_either_way():
    bars = made(1500, 7)
    tape = evaluated(tape_of(bars, Settings(vol_days=4)))
    found = scan(tape, THRESHOLD, grid_of(THRESHOLD, {}, {}, 100))
    plain = selection_test(found, permutations=300, seed=4)
    quick = selection_test(found, permutations=300, seed=4, compiled=fast.loops())
    np.testing.assert_allclose(plain.null, quick.null, rtol=1e-9, atol=1e-9)
    assert plain.p == quick.p


def test_a_study_is_the_same_either_way():
    job: dict[str, Any] = {"symbol": "S", "bars": made(1500, 2), "strategy": "threshold", "fixed": {}, "axes": {},
           "settings": Settings(vol_days=4), "permutations": 99}  # fmt: skip
    plain, quick = study(Job(**job)), study(Job(**job, compiled=True))
    assert (plain.params, plain.trades, plain.p) == (quick.params, quick.trades, quick.p)
    assert plain.sharpe == pytest.approx(quick.sharpe, rel=1e-10)
    assert plain.total_return == pytest.approx(quick.total_return, rel=1e-10)


def test_numba_is_not_loaded_before_it_is_needed():
    code = (
        "import sys, blave_mcp.tools.backtest.universe_job, blave_mcp.tools.backtest.judging; "
        "print('numba' in sys.modules, 'pandas' in sys.modules, 'distributed' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.stdout.strip() == "False False False", ran.stderr


def test_without_numba_a_user_is_told_what_would_make_it_faster(monkeypatch: pytest.MonkeyPatch):
    assert fast.why_not() == ""
    monkeypatch.setattr(fast, "find_spec", lambda name: None)
    assert "pip install" in fast.why_not()
    job = Job(symbol="S", bars=made(900, 2), strategy="kd", fixed={}, axes={}, settings=Settings(vol_days=4),
              permutations=20, compiled=True)  # fmt: skip
    assert study(job).p is not None
