"""Regimes, signals and pictures' data say what they mean, and use nothing of the future."""

from typing import Any

import numpy as np
import pytest

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.tools.backtest import inputs, kernels, metrics, signals
from blave_mcp.tools.backtest.engine import backtest, run, scan
from blave_mcp.tools.backtest.metrics import choose, curve_of, heat_map, metrics_of, regimes_of
from blave_mcp.tools.backtest.signals import KD, THRESHOLD
from blave_mcp.tools.backtest.strategy import Knob, Strategy, grid_of
from blave_mcp.tools.backtest.tape import Settings, evaluated, tape_of
from tests.tools.backtest.markets import bars_of, persistent, walk

LONG = Settings(vol_days=5)


def long_run(n: int = 9_000, seed: int = 3, how: Settings = LONG) -> Any:
    bars = bars_of(walk(n, seed), persistent(n, seed + 1, 0.95))
    return backtest(evaluated(tape_of(bars, how)), THRESHOLD, THRESHOLD.values({"entry": 0.5, "exit": 0}))


def test_time_in_market_is_not_the_share_of_bars():
    found = long_run()
    for regime in regimes_of(found):
        assert 0 < regime.held < regime.share or regime.held < 0.9
    years = [r for r in regimes_of(found) if r.group == "year"]
    assert sum(r.share for r in years) == pytest.approx(1)
    held = sum(r.share * r.held for r in years)
    assert held == pytest.approx(metrics_of(found).held)


def test_the_trend_row_says_what_part_of_the_range_it_covers():
    found = long_run()
    bull, bear = (r for r in regimes_of(found) if r.group == "trend")
    # 200 days of hours are needed; the range begins after five days of them.
    known = (9_000 - 1 - 200 * 24 + 1) / len(found.tape)
    assert bull.covered == bear.covered == pytest.approx(known, abs=2e-3)
    assert bull.share + bear.share == pytest.approx(known, abs=2e-3)
    short = long_run(2_000)
    assert not [r for r in regimes_of(short) if r.group == "trend"]


def test_the_volatility_split_uses_no_future():
    found = long_run()
    months = np.array(found.tape.time_ms, "datetime64[ms]").astype("datetime64[M]")
    before = metrics._past_median(found.tape.vol, months)
    assert np.isnan(before[months == months[0]]).all()
    changed = found.tape.vol.copy()
    later = np.flatnonzero(months == months[-1])[0]
    changed[later:] *= 100
    np.testing.assert_array_equal(before, metrics._past_median(changed, months))
    second = np.flatnonzero(months != months[0])[0]
    assert before[second] == np.median(found.tape.vol[:second])


def test_the_warm_up_of_k_is_unknown_and_not_fifty():
    bars = bars_of(walk(60, 1))
    slow, line = signals.kd_lines(bars, KD.values({}))
    assert np.isnan(slow[:10]).all()
    assert np.isfinite(slow[10:]).all()
    assert np.isnan(line[:12]).all()
    flat = bars_of(np.full(60, 5.0))
    raw = kernels.stochastic(np.full(60, 5.0), np.full(60, 5.0), flat.close, 9)
    assert np.isnan(raw).all()


def test_equal_k_and_d_are_no_cross_however_they_were_rounded():
    values = KD.values({})
    noise = np.where(np.arange(50) % 2, 1e-13, -1e-13)
    start, _, _ = signals._crosses(50 + noise, np.full(50, 50.0), values)
    assert len(start) == 0
    slow = np.full(50, 50.0)
    slow[20:30] = 51
    start, end, _ = signals._crosses(slow + noise, np.full(50, 50.0), values)
    # From above back to equal is no fall below; only the start is a cross.
    assert (list(start), list(end)) == ([20], [50])
    slow[30:] = 49
    assert list(signals._crosses(slow + noise, np.full(50, 50.0), values)[1]) == [30]


def test_an_oversold_filter_takes_only_crosses_from_below():
    bars = bars_of(walk(2_000, 4))
    every, low = (signals.kd_trades(bars, KD.values({"oversold": level})) for level in (100, 25))
    slow, _ = signals.kd_lines(bars, KD.values({}))
    assert set(low[0]) < set(every[0])
    assert (slow[low[0]] < 25).all()


def test_exponential_smoothing_is_the_usual_recursion():
    pd = pytest.importorskip("pandas")
    values = persistent(300, 1)
    theirs = pd.Series(values).ewm(span=5, adjust=False).mean().to_numpy()
    np.testing.assert_allclose(kernels.exponential_average(values, 5), theirs, rtol=1e-12)
    bars = bars_of(walk(500, 2))
    assert len(signals.kd_trades(bars, KD.values({"ewm": 1}))[0]) > 10


@pytest.mark.parametrize("window", [2, 3, 7, 16, 17, 64, 100])
def test_rolling_windows_are_those_of_pandas(window: int):
    pd = pytest.importorskip("pandas")
    values = persistent(400, 9)
    values[[50, 51, 200]] = np.nan
    theirs = pd.Series(values).rolling(window)
    np.testing.assert_array_equal(kernels.rolling_min(values, window), theirs.min().to_numpy())
    np.testing.assert_array_equal(kernels.rolling_max(values, window), theirs.max().to_numpy())
    np.testing.assert_allclose(kernels.moving_average(values, window), theirs.mean().to_numpy(), atol=1e-12)
    clean = persistent(400, 9)
    theirs = np.lib.stride_tricks.sliding_window_view(clean, window)[1:].std(axis=1, ddof=1)
    np.testing.assert_allclose(
        kernels.volatility(clean, window, window)[window:], theirs, rtol=1e-11 if window > 3 else 1e-8
    )


def test_nothing_is_computed_from_too_few_values():
    few = np.array([1.0, 2.0])
    for made in (kernels.rolling_min(few, 5), kernels.moving_average(few, 5), kernels.volatility(few, 5, 5)):
        assert np.isnan(made).all()
    assert np.isnan(kernels.sharpe(few[:1], 8760))
    empty = kernels.trades_of(np.zeros(0, np.int8))
    assert len(empty[0]) == 0
    assert len(kernels.log_returns(np.zeros(0))) == 0


def test_a_strategy_can_be_added_as_its_documentation_says():
    def breakout(bars: Any, values: Any) -> Any:
        top = kernels.shifted(kernels.rolling_max(bars.high, int(values["window"])), 1, np.nan)
        return kernels.trades_of((bars.close > top).astype(np.int8))

    strategy = Strategy(
        name="breakout", title="Close above the highest high", doc="...", trades=breakout,
        memory=lambda values, per_day: int(values["window"]),
        knobs=(Knob(name="window", default=20, low=2, high=500, doc="Bars looked back.", whole=True),),
        grid={"window": (10, 20, 40, 80)},
    )  # fmt: skip
    tape = evaluated(tape_of(bars_of(walk(1_500, 1)), LONG))
    found = scan(tape, strategy, grid_of(strategy, {}, {}, 10))
    assert found.counts.min() > 0
    assert "def breakout" in (Strategy.__doc__ or "")


def test_a_heat_map_marks_its_peak_and_its_plateau():
    tape = evaluated(tape_of(bars_of(walk(1_500, 1), persistent(1_500, 2, 0.9)), LONG))
    found = scan(tape, THRESHOLD, grid_of(THRESHOLD, {}, {}, 100))
    picture = heat_map(found, choose(found), "title")
    assert picture is not None
    assert (len(picture.values), len(picture.values[0])) == (9, 9)
    assert (picture.row_name, picture.column_name) == ("entry", "exit")
    assert picture.values[0][8] is None
    assert picture.peak is not None
    row, column = picture.peak
    assert picture.values[row][column] == pytest.approx(float(np.nanmax(found.sharpe)), rel=1e-9)
    line = scan(tape, THRESHOLD, grid_of(THRESHOLD, {"exit": -3}, {"entry": (0, 1, 2)}, 9))
    flat = heat_map(line, choose(line), "title")
    assert flat is not None
    assert (flat.row_name, len(flat.values)) == ("", 1)


def test_a_curve_has_everything_that_a_picture_shows():
    found = long_run(1_500)
    curve = curve_of(found, "title")
    assert len(curve.time_ms) == len(curve.equity) == len(curve.drawdown) == len(curve.lines["alpha"])
    assert curve.levels == {"entry": 0.5, "exit": 0.0}
    assert len(curve.spans) == len(found.trades[0])
    assert curve.drawdown.min() == metrics_of(found).max_drawdown


def test_trades_multiply_to_the_equity():
    found = long_run(1_500)
    assert np.prod(1 + metrics.trade_results(found)) == pytest.approx(found.equity[-1], rel=1e-12)


def test_an_annual_return_needs_a_month():
    tape = evaluated(tape_of(bars_of(walk(900, 1), np.full(900, 5.0)), LONG))
    assert metrics_of(backtest(tape.part(0, 24 * 29), THRESHOLD, THRESHOLD.values({}))).annual_return is None
    assert metrics_of(backtest(tape.part(0, 24 * 30), THRESHOLD, THRESHOLD.values({}))).annual_return is not None


def test_a_single_bar_has_a_return_and_no_sharpe_ratio():
    tape = evaluated(tape_of(bars_of(walk(300, 1)), Settings(target_vol=0))).part(5, 6)
    one = run(tape, (np.array([0]), np.array([1]), np.array([1], np.int8)), "x", {})
    found = metrics_of(one)
    assert (found.bars, found.sharpe, found.annual_volatility) == (1, None, None)
    assert found.total_return == pytest.approx(tape.net[0] - 0.0005)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("entry=1 exit=-0.5", {"entry": 1.0, "exit": -0.5}),
        ("entry = 1, exit = -0.5;side=0", {"entry": 1.0, "exit": -0.5, "side": 0.0}),
        ('{"entry": 1.5, "exit": 0}', {"entry": 1.5, "exit": 0.0}),
        ("fixed=true", {"fixed": 1.0}),
        ("", {}),
    ],
)
def test_parameters_are_read_as_they_are_written(text: str, read: dict[str, float]):
    assert inputs.pairs(text, "params") == read


def test_a_grid_is_read_as_lists_and_as_steps():
    assert inputs.axes("entry=0:1:0.5 exit=-1, 0") == {"entry": (0.0, 0.5, 1.0), "exit": (-1.0, 0.0)}
    assert inputs.axes("days=0.1:0.3:0.1") == {"days": (0.1, 0.2, 0.3)}
    for wrong in ("entry", "entry=", "entry=1:0:1", "entry=0:1", "entry=a", "a=1 a=2"):
        with pytest.raises(BadArgument):
            inputs.axes(wrong)
