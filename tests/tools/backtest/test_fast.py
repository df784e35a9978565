"""The compiled loops give the numbers of the arithmetic that everything else uses."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blave_mcp.tools.backtest import fast
from blave_mcp.tools.backtest.engine import Settings, Tape, evaluated, scan, tape_of
from blave_mcp.tools.backtest.kernels import position_of
from blave_mcp.tools.backtest.permutation import Circles, Rotations, on_a_circle, selection_test
from blave_mcp.tools.backtest.signals import KD, THRESHOLD, TREND, grid_of
from blave_mcp.tools.backtest.universe import Job, study
from tests.tools.backtest.markets import bars_of, made, persistent, walk

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


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("strategy", [THRESHOLD, KD], ids=lambda s: s.name)
def test_a_scan_is_the_same(strategy, how: Settings):
    bars = bars_of(walk(1500, 3), torn(1500, 4))
    grid = grid_of(strategy, {}, {}, 100)
    assert fast.takes(bars, how)
    assert fast.takes_grid(strategy, grid, how)
    for first, last in ((0, None), (700, 1300)):
        tape = evaluated(tape_of(bars, how)) if last is None else tape_of(bars, how).part(first, last)
        theirs = scan(tape, strategy, grid)
        with ThreadPoolExecutor(2) as pool:
            ours = fast.scan(tape, strategy, grid, pool)
        assert ours is not None
        np.testing.assert_array_equal(ours.counts, theirs.counts)
        for one, other in zip(ours.trades, theirs.trades, strict=True):
            for part, same in zip(one, other, strict=True):
                np.testing.assert_array_equal(part, same)
        np.testing.assert_allclose(ours.sharpe, theirs.sharpe, rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(ours.growth, theirs.growth, rtol=1e-10)
        np.testing.assert_allclose(ours.held, theirs.held)


@settings(max_examples=60, deadline=None)
@given(
    alpha=st.lists(
        st.one_of(st.sampled_from([-1.0, 0.0, 0.5, 1.0, float("nan"), float("inf")]), st.floats(-3, 3)),
        min_size=5, max_size=120,
    ),
    max_age=st.integers(0, 5),
    lag=st.integers(0, 3),
)  # fmt: skip
def test_whatever_the_indicator_does_the_trades_are_the_same(alpha: list[float], max_age: int, lag: int):
    n = 260
    bars = bars_of(walk(n, 1), np.resize(np.array(alpha), n))
    tape = evaluated(tape_of(bars, Settings(vol_days=2, lag=lag)))
    grid = grid_of(THRESHOLD, {"max_age": max_age}, {"entry": (-1, 0, 0.5, 1), "exit": (-1, 0, 0.5)}, 20)
    ours, theirs = fast.scan(tape, THRESHOLD, grid), scan(tape, THRESHOLD, grid)
    assert ours is not None
    for one, other in zip(ours.trades, theirs.trades, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


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
