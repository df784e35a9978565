"""The engine agrees with one written to be read, and keeps to what is right about fees, sizes, gaps and ruin."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.tools.backtest import kernels
from blave_mcp.tools.backtest.bars import Bars
from blave_mcp.tools.backtest.engine import (
    Run,
    backtest,
    buy_and_hold,
    grid_sums,
    run,
    scan,
    scan_trades,
    signal_trades,
)
from blave_mcp.tools.backtest.metrics import metrics_of, trade_results, trades_of
from blave_mcp.tools.backtest.signals import KD, THRESHOLD, TREND
from blave_mcp.tools.backtest.strategy import grid_of
from blave_mcp.tools.backtest.tape import Settings, evaluated, tape_of
from tests.real_bars import real_bars
from tests.tools.backtest.markets import bars_of, persistent, walk

pytest.importorskip("pandas", reason="the reference implementation is written with pandas")
from tests.tools.backtest import reference

QUICK = Settings(vol_days=4)
N = 900


def bars_with_gaps(seed: int = 0, n: int = N) -> Bars:
    alpha = persistent(n, seed + 50)
    alpha[200:260] = np.nan
    alpha[::37] = np.nan
    return bars_of(walk(n, seed), alpha, drop=(150, 151, 152, 400, 601))


def same(ours: Any, theirs: Any, tolerance: float = 1e-12) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=1e-12)


def compare(ours: Run, wanted: list[int], how: Settings) -> None:
    bars = ours.tape.bars
    theirs = reference.run(bars, wanted, how)
    same(ours.returns, theirs.returns)
    same(ours.exposure, theirs.exposure)
    same(ours.equity, theirs.equity)
    same(trade_results(ours), theirs.trades)
    figures = metrics_of(ours)
    assert figures.open == theirs.open_trade
    assert figures.max_drawdown == pytest.approx(theirs.max_drawdown, rel=1e-12, abs=1e-12)
    assert figures.total_return == pytest.approx(theirs.total, rel=1e-12, abs=1e-12)
    if figures.sharpe is not None:
        assert figures.sharpe == pytest.approx(theirs.sharpe(bars.per_year), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    "how",
    [
        QUICK,
        Settings(vol_days=4, band=0, lag=0),
        Settings(vol_days=4, fixed=True, slippage=0.0003, funding=0.0002, lag=2),
        Settings(target_vol=0, funding=-0.0001),
        Settings(vol_days=4, cap=1.0, vol_floor=2.0, band=0.3),
    ],
    ids=["default", "every bar, no lag", "fixed at entry", "one unit", "floor and band"],
)
@pytest.mark.parametrize("side", [1, 0])
def test_a_threshold_run_agrees_with_the_reference_bar_by_bar(how: Settings, side: int):
    bars = bars_with_gaps()
    tape = evaluated(tape_of(bars, how))
    ours = backtest(tape, THRESHOLD, THRESHOLD.values({"entry": 0.7, "exit": -0.2, "side": side}))
    wanted = reference.threshold if side else reference.threshold_both
    compare(ours, wanted(reference.frame_of(bars), 0.7, -0.2, 24), how)
    assert len(ours.trades[0]) > 5


@pytest.mark.parametrize(("period", "k", "d"), [(9, 3, 3), (14, 1, 5), (21, 8, 3)])
def test_a_kd_run_agrees_with_the_reference_bar_by_bar(period: int, k: int, d: int):
    bars = bars_with_gaps(3)
    tape = evaluated(tape_of(bars, QUICK))
    ours = backtest(tape, KD, KD.values({"k_period": period, "k_smooth": k, "d_smooth": d}))
    compare(ours, reference.kd(reference.frame_of(bars), period, k, d), QUICK)
    assert len(ours.trades[0]) > 20


@pytest.mark.parametrize("how", [Settings(), Settings(band=0, lag=0)], ids=["default", "as the market quotes it"])
def test_a_run_over_the_real_bars_agrees_with_the_reference(how: Settings):
    bars = real_bars()
    bars = bars.cut(0, 6_000)
    tape = evaluated(tape_of(bars, how))
    ours = backtest(tape, THRESHOLD, THRESHOLD.values({}))
    compare(ours, reference.threshold(reference.frame_of(bars), 1.0, -0.5, 24), how)


@pytest.mark.slow
def test_every_real_bar_agrees_with_the_reference_for_both_strategies():
    bars = real_bars()
    tape = evaluated(tape_of(bars, Settings()))
    frame = reference.frame_of(bars)
    compare(backtest(tape, THRESHOLD, THRESHOLD.values({})), reference.threshold(frame, 1.0, -0.5, 24), Settings())
    compare(backtest(tape, KD, KD.values({})), reference.kd(frame, 9, 3, 3), Settings())


@pytest.mark.parametrize("strategy", [THRESHOLD, KD, TREND], ids=lambda s: s.name)
@pytest.mark.parametrize("how", [QUICK, Settings(vol_days=4, fixed=True), Settings(vol_days=4, trend_days=5)])
def test_every_cell_of_a_scan_is_the_run_with_its_parameters(strategy, how: Settings):
    tape = evaluated(tape_of(bars_with_gaps(1), how))
    axes = {"days": (1, 2, 4, 7)} if strategy is TREND else {}
    found = scan(tape, strategy, grid_of(strategy, {}, axes, 100))
    assert found.counts.sum() > 20
    for cell, values in enumerate(found.grid.cells):
        one = backtest(tape, strategy, values)
        assert found.counts[cell] == len(one.trades[0])
        same(found.sharpe[cell], kernels.sharpe(one.returns, tape.per_year))
        same(found.growth[cell], one.equity[-1])
        same(found.total[cell], one.returns.sum())


@pytest.mark.parametrize("side", [-1, 0])
def test_a_scan_of_shorts_and_of_flips_is_made_of_its_runs_too(side: int):
    tape = evaluated(tape_of(bars_with_gaps(4), QUICK))
    found = scan(tape, THRESHOLD, grid_of(THRESHOLD, {"side": side}, {"entry": (0, 0.5, 1), "exit": (-1, 0, 0.5)}, 9))
    flips = 0
    for cell, values in enumerate(found.grid.cells):
        one = backtest(tape, THRESHOLD, values)
        flips += int(np.sum(one.trades[0][1:] == one.trades[1][:-1]))
        same(found.growth[cell], one.equity[-1])
        same(found.sharpe[cell], kernels.sharpe(one.returns, tape.per_year))
    assert (flips > 0) == (side == 0)


@pytest.mark.parametrize("strategy", [THRESHOLD, KD, TREND], ids=lambda s: s.name)
@pytest.mark.parametrize("how", [QUICK, Settings(vol_days=4, lag=0), Settings(vol_days=4, trend_days=3)])
def test_changing_the_future_leaves_the_past_unmoved(strategy, how: Settings):
    close, alpha = walk(N, 7), persistent(N, 8)
    values = strategy.values({"days": 2} if strategy is TREND else {})
    before = backtest(evaluated(tape_of(bars_of(close, alpha), how)), strategy, values)
    for at in (300, 555, 898):
        changed, other = close.copy(), alpha.copy()
        changed[at:] *= np.linspace(3, 0.2, N - at)
        other[at:] = -5 * other[at:]
        after = backtest(evaluated(tape_of(bars_of(changed, other), how)), strategy, values)
        # Bar i earns from its close to that of i + 1, so that the close of bar `at` is the first to matter.
        seen = int(np.searchsorted(before.tape.at, at - 1))
        np.testing.assert_array_equal(before.exposure[:seen], after.exposure[:seen])
        np.testing.assert_array_equal(before.returns[:seen], after.returns[:seen])
        assert at > 800 or not np.array_equal(before.returns[seen:], after.returns[seen:])


def test_a_signal_is_traded_one_bar_after_it_is_known_unless_the_lag_says_otherwise():
    close = walk(200, 1)
    alpha = np.zeros(200)
    alpha[120:130] = 9.0
    alpha[130] = -9.0
    for lag in (0, 1, 3):
        how = Settings(vol_days=1, lag=lag) if lag != 1 else Settings(vol_days=1)
        tape = evaluated(tape_of(bars_of(close, alpha), how))
        start, end, _ = backtest(tape, THRESHOLD, THRESHOLD.values({})).trades
        assert (tape.at[start[0]], tape.at[end[0]]) == (120 + lag, 130 + lag)


def test_bars_per_year_and_windows_follow_the_period():
    close, alpha = walk(N, 3), persistent(N, 3)
    hours, fours = (bars_of(close, alpha, period=period) for period in ("1h", "4h"))
    assert (hours.per_year, fours.per_year) == (8760, 2190)
    assert (hours.bars_in(30), fours.bars_in(30)) == (720, 180)
    quick, slow = Settings(target_vol=0), Settings(target_vol=0)
    of_hours = metrics_of(backtest(evaluated(tape_of(hours, quick)), KD, KD.values({})))
    of_fours = metrics_of(backtest(evaluated(tape_of(fours, slow)), KD, KD.values({})))
    assert of_fours.sharpe is not None
    assert of_hours.sharpe == pytest.approx(2 * of_fours.sharpe)
    assert of_fours.years == pytest.approx(4 * of_hours.years)


def test_nothing_is_held_while_the_volatility_is_unknown():
    how = Settings(vol_days=4, lag=0, band=0)
    tape = tape_of(bars_of(walk(400, 2), np.full(400, 5.0)), how)
    assert not tape.sizes[:96].any()
    assert (tape.sizes[96:] > 0).all()
    ours = run(tape, tape.place(signal_trades(tape.bars, THRESHOLD, [THRESHOLD.values({})], how)[0]), "x", {})
    assert not ours.returns[:96].any()
    assert len(evaluated(tape)) == len(tape) - 96


def test_warm_up_bars_before_the_range_are_used_and_then_cut():
    bars = bars_of(walk(600, 5), persistent(600, 5))
    whole = tape_of(bars, QUICK)
    begin = int(bars.time_ms[300])
    ranged = evaluated(whole, begin)
    assert ranged.time_ms[0] == begin
    assert (ranged.sizes > 0).all()
    np.testing.assert_array_equal(ranged.sizes, whole.sizes[whole.since(begin) :])


def test_a_flat_window_has_no_volatility_and_a_quiet_one_has_the_floor():
    close = walk(400, 6)
    close[100:250] = close[99]
    tape = tape_of(bars_of(close), Settings(vol_days=2, lag=0, band=0, cap=3.0))
    flat = (tape.at >= 150) & (tape.at < 250)
    assert not tape.sizes[flat].any()
    quiet = tape_of(bars_of(walk(400, 6, vol=1e-7)), Settings(vol_days=2, lag=0, band=0, cap=3.0, vol_floor=0.2))
    np.testing.assert_allclose(quiet.sizes[60:], 0.3 / 0.2)


def test_no_return_is_computed_across_a_gap():
    close = walk(300, 8)
    close[200:] *= 2
    whole, torn = bars_of(close), bars_of(close, drop=tuple(range(190, 200)))
    how = Settings(target_vol=0)
    assert metrics_of(buy_and_hold(tape_of(whole, how))).total_return > 0.8
    tape = tape_of(torn, how)
    assert len(tape) == 300 - 1 - 10 - 1
    assert np.abs(tape.net).max() < 0.05
    assert tape.moves == pytest.approx(np.log(close[200] / close[189]))


def test_a_carried_value_expires():
    alpha = np.full(400, np.nan)
    alpha[150] = 3.0
    tape = evaluated(tape_of(bars_of(walk(400, 1), alpha), QUICK))
    for age in (0, 5, 48):
        start, end, _ = backtest(tape, THRESHOLD, THRESHOLD.values({"max_age": age})).trades
        assert list(end - start) == [age + 1]
    start, end, _ = backtest(tape, THRESHOLD, THRESHOLD.values({})).trades
    assert list(end - start) == [25]


def test_the_exit_fee_belongs_to_its_trade():
    close = np.full(300, 100.0)
    close[::2] = 101.0
    alpha = np.zeros(300)
    alpha[100], alpha[110] = 5.0, -5.0
    tape = evaluated(tape_of(bars_of(close, alpha), Settings(target_vol=0, fee=0.01, lag=0)))
    ours = backtest(tape, THRESHOLD, THRESHOLD.values({}))
    trades = trades_of(ours)
    assert len(trades) == 1
    assert trades[0].result == pytest.approx(ours.equity[-1] - 1)
    assert trades[0].result < -0.0195


def test_a_position_that_is_on_at_the_first_bar_is_a_trade_and_pays_its_entry():
    bars = bars_of(walk(400, 4), np.full(400, 5.0))
    tape = evaluated(tape_of(bars, Settings(vol_days=2)), int(bars.time_ms[200]))
    ours = backtest(tape, THRESHOLD, THRESHOLD.values({}))
    (trade,) = trades_of(ours)
    assert trade.entry_ms == bars.time_ms[200]
    assert ours.returns[0] == pytest.approx(ours.exposure[0] * (tape.net[0] - 0.0005))


def test_the_last_trade_is_listed_as_open_and_not_counted_as_closed():
    tape = evaluated(tape_of(bars_of(walk(400, 4), np.full(400, 5.0)), QUICK))
    ours = backtest(tape, THRESHOLD, THRESHOLD.values({}))
    figures = metrics_of(ours)
    assert (figures.trades, figures.open, figures.win_rate) == (0, True, None)
    assert trades_of(ours)[-1].exit_ms is None


def test_a_rebalance_band_and_a_fixed_size_save_orders_and_both_turnovers_are_told():
    bars = bars_of(walk(2000, 9, kind="clustered"), persistent(2000, 9, 0.995))
    told = {}
    for name, how in {
        "every bar": Settings(vol_days=4, band=0),
        "band": Settings(vol_days=4, band=0.2),
        "fixed": Settings(vol_days=4, fixed=True, band=0),
    }.items():
        told[name] = metrics_of(backtest(evaluated(tape_of(bars, how)), THRESHOLD, THRESHOLD.values({})))
    assert told["every bar"].resize_turnover > 1.5 * told["band"].resize_turnover > 0
    assert told["fixed"].resize_turnover == 0
    assert all(one.signal_turnover > 0 for one in told.values())


def test_funding_and_slippage_are_charged():
    bars = bars_of(np.full(300, 100.0) * np.where(np.arange(300) % 2, 1.001, 1.0), np.full(300, 5.0))
    free = metrics_of(
        backtest(evaluated(tape_of(bars, Settings(target_vol=0, fee=0))), THRESHOLD, THRESHOLD.values({}))
    )
    how = Settings(target_vol=0, fee=0, slippage=0.002, funding=0.0008)
    paid = metrics_of(backtest(evaluated(tape_of(bars, how)), THRESHOLD, THRESHOLD.values({})))
    held = round(paid.held * paid.bars)
    assert paid.funding == pytest.approx(held * 0.0001)
    assert paid.costs == pytest.approx(0.002)
    assert free.total_return - paid.total_return == pytest.approx(held * 0.0001 + 0.002, rel=0.02)


def test_equity_stops_at_ruin():
    close = np.full(300, 100.0)
    close[200:] = 300.0
    alpha = np.full(300, -5.0)
    tape = evaluated(tape_of(bars_of(close, alpha), Settings(target_vol=0)))
    ours = backtest(tape, THRESHOLD, THRESHOLD.values({"side": -1, "entry": 1}))
    assert tape.at[ours.ruined] == 199
    assert ours.equity[ours.ruined] == 0
    assert not ours.returns[ours.ruined + 1 :].any()
    figures = metrics_of(ours)
    assert (figures.ruined, figures.total_return, figures.annual_return) == (True, -1.0, None)
    assert trade_results(ours)[-1] == -1.0
    found = scan(tape, THRESHOLD, grid_of(THRESHOLD, {"side": -1}, {"entry": (1, 9)}, 9))
    assert list(found.ruined) == [True, False]
    assert grid_sums(tape, found.trades, found.counts) is None
    compare(ours, [-1] * 300, Settings(target_vol=0))


def test_the_sharpe_ratio_of_a_constant_series_is_undefined():
    assert np.isnan(kernels.sharpe(np.full(1000, 0.1), 8760))
    assert np.isnan(kernels.sharpe(np.zeros(1000), 8760))
    assert np.isnan(kernels.sharpe(1e-3 + np.where(np.arange(1000) % 2, 1e-18, 0), 8760))
    assert kernels.sharpe(np.where(np.arange(1000) % 2, 1e-9, 2e-9), 8760) > 0
    sums = np.array([0.1 * 1000]), np.array([0.01 * 1000])
    assert np.isnan(kernels.sharpe_of_sums(*sums, 1000, 8760)).all()


def test_the_last_bar_has_no_forward_return():
    tape = tape_of(bars_of(walk(300)), Settings(target_vol=0))
    assert len(tape) == 299
    assert np.isnan(kernels.forward_returns(np.array([1.0, 2.0]))[-1])


def test_a_signal_that_never_fires_trades_nothing_and_has_no_sharpe_ratio():
    tape = evaluated(tape_of(bars_of(walk(400), np.zeros(400)), QUICK))
    ours = backtest(tape, THRESHOLD, THRESHOLD.values({}))
    figures = metrics_of(ours)
    assert (figures.trades, figures.open, figures.sharpe, figures.total_return) == (0, False, None, 0.0)
    assert trades_of(ours) == []


def test_too_little_history_says_how_much_is_needed():
    with pytest.raises(BadArgument, match=r"Too little history: of 300 bars.*At least 783 bars \(32 d 15 h\)"):
        evaluated(tape_of(bars_of(walk(300)), Settings()))
    with pytest.raises(BadArgument, match="stands still"):
        evaluated(tape_of(bars_of(np.full(2000, 5.0)), Settings()))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"fees": 0.1}, "Did you mean fee"),
        ({"fee": 5}, "fee must be from -0.01 to 0.1"),
        ({"lag": 0.5}, "lag must be a whole number"),
        ({"sharpe_mode": 1}, "weighs the bars in the middle most"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(given: dict[str, float], told: str):
    with pytest.raises(BadArgument, match=told):
        Settings.of(given)


numbers = st.floats(allow_nan=True, allow_infinity=True, width=32)


@settings(max_examples=60, deadline=None)
@given(
    moves=st.lists(st.one_of(st.floats(-0.6, 3.0), st.just(0.0), st.just(float("nan"))), min_size=1, max_size=200),
    alpha=st.lists(numbers, min_size=1, max_size=160),
    side=st.sampled_from([-1, 0, 1]),
    lag=st.integers(0, 3),
    fixed=st.booleans(),
    target=st.sampled_from([0, 0.3]),
)
def test_whatever_the_market_does_the_scan_the_run_and_the_reference_agree(moves, alpha, *, side, lag, fixed, target):
    n = len(moves) * (1 + 80 // len(moves))
    steps = np.resize(np.array(moves), n)
    gone = tuple(np.flatnonzero(np.isnan(steps))[: n // 3] + 1)
    close = 100 * np.cumprod(np.clip(1 + np.nan_to_num(steps), 0.05, 4.0) ** 0.7)
    close = np.clip(close, 1e-6, 1e12)
    bars = bars_of(close, np.resize(np.array(alpha), n), drop=tuple(i for i in gone if 0 < i < n - 1))
    how = Settings(target_vol=target, vol_days=0.1, lag=lag, fixed=fixed, cap=3, funding=0.001)
    tape = tape_of(bars, how)
    if len(tape) - 5 - lag < 60 or len(np.flatnonzero(tape.sizes)) < 60:
        with pytest.raises(BadArgument, match="No backtest was run"):
            evaluated(tape.part(0, min(len(tape), 59)))
        return
    sized = int(np.flatnonzero(tape.sizes)[0])
    tape = tape.part(sized, len(tape))
    values = THRESHOLD.values({"entry": 0.5, "exit": 0.0, "side": side, "max_age": 3})
    ours = backtest(tape, THRESHOLD, values)
    assert np.isfinite(ours.returns).all()
    assert (ours.equity >= 0).all()
    found = scan_trades(tape, THRESHOLD, grid_of(THRESHOLD, dict(values), {"side": (side,)}, 1), [
        tape.place(signal_trades(bars, THRESHOLD, [values], how)[0])
    ])  # fmt: skip
    same(found.growth[0], ours.equity[-1], 1e-9)
    if side == 1:
        theirs = reference.run(bars, reference.threshold(reference.frame_of(bars), 0.5, 0.0, 3), how)
        same(ours.returns, theirs.returns, 1e-9)
