"""Data become descriptions: what a picture says, before anything is drawn."""

import pytest

from blave_mcp.exchanges.models import Candle
from blave_mcp.tools.charts.backtest import drawdown, heat_figure, permutations_figure, spans_held
from blave_mcp.tools.charts.figure import Bars, Candles, Dots, Heat, Line, Role, Rule
from blave_mcp.tools.charts.liquidation import Cluster, LiquidationMap, clusters, liquidation_figure, named, running
from blave_mcp.tools.charts.market import klines_figure
from blave_mcp.tools.charts.traders import falls_of
from blave_mcp.tools.charts.words import amount, percent, price
from tests.charts import samples

# Candles.


def test_candles_come_with_volume_coloured_by_direction_and_each_study():
    bars = samples.candles()
    over, volume, study = samples.klines().panels
    candle = next(mark for mark in over.marks if isinstance(mark, Candles))
    assert len(candle.close) == len(bars)
    drawn = next(mark for mark in volume.marks if isinstance(mark, Bars))
    assert list(drawn.roles) == [Role.UP if bar.close >= bar.open else Role.DOWN for bar in bars]
    assert [mark.label for mark in over.marks if isinstance(mark, Line)] == ["MA 20"]
    assert study.y_label == "holder concentration"
    assert [mark.at for mark in study.marks if isinstance(mark, Rule)] == [-1.0, 1.0]


def test_candles_without_volume_have_no_volume_panel():
    bars = [Candle(b.open_ms, b.open, b.high, b.low, b.close) for b in samples.candles(5)]
    figure = klines_figure("BTC/USDT", "1h", bars, width_ms=samples.HOUR, source="Blave")
    assert len(figure.panels) == 1
    assert "5 bars of 1h" in figure.alt


# Backtests.


def test_a_drawdown_is_measured_from_the_highest_so_far_and_gaps_stay_gaps():
    assert drawdown([1.0, 2.0, None, 1.5, 3.0]) == [0.0, 0.0, None, -0.25, 0.0]
    assert drawdown([1.0, 0.0, 0.0]) == [0.0, -1.0, -1.0]


def test_ranges_of_a_position_begin_and_end_with_it_and_the_last_stays_open_to_the_end():
    assert spans_held([0, 10, 20, 30, 40], [1.0, 1.0, 0.0, None, -1.0]) == [(0, 20), (40, 40)]
    assert spans_held([0, 10], [0.0, float("nan")]) == []


def test_the_heat_map_frames_peak_and_plateau_and_says_that_they_are_in_sample():
    figure = samples.heat()
    first, second = (panel.marks[0] for panel in figure.panels)
    assert isinstance(first, Heat)
    assert isinstance(second, Heat)
    assert [(r, c, role) for r, c, role, _ in first.marks] == [(6, 2, Role.PEAK), (3, 4, Role.PLATEAU)]
    assert [(r, c, role) for r, c, role, _ in second.marks] == [(3, 4, Role.PLATEAU)]
    assert "in-sample" in figure.note
    assert "entry 0.4, exit -0.4" in figure.subtitle


def test_a_grid_without_a_single_trade_is_said_in_words():
    figure = heat_figure("x", [[None, None]], ["1"], ["1", "2"], row_name="a", column_name="b")
    assert figure.subtitle == "no cell has trades"


def test_the_permutations_add_up_and_those_beyond_the_strategy_have_its_warning_colour():
    values = [n / 100 for n in range(-100, 101)]
    figure = permutations_figure("x", values, 0.5, 0.25)
    bars = figure.panels[0].marks[0]
    assert isinstance(bars, Bars)
    assert sum(bars.height) == len(values)
    assert all((role is Role.PRICE) == (x >= 0.5) for x, role in zip(bars.x, bars.roles, strict=True))
    assert "p = 0.2500" in figure.title


def test_permutations_that_are_all_alike_stand_in_one_bar():
    figure = permutations_figure("x", [0.1 + 0.2, 0.3, 0.3], 0.3, 1.0)
    bars = figure.panels[0].marks[0]
    assert isinstance(bars, Bars)
    assert max(bars.height) == sum(bars.height) == 3


def test_without_trades_there_is_no_p_value_and_the_picture_says_so():
    assert "no p-value" in permutations_figure("x", [0.0, 1.0], 0.0, None).title


# The liquidation map.


def test_exposure_is_counted_from_the_price_outwards_on_both_sides():
    labels, cumsum = [10.0, 20.0, 30.0, 40.0], [1.0, 3.0, 6.0, 10.0]
    assert running(labels, cumsum, 20.0) == [2.0, 0.0, 3.0, 7.0]
    assert running(labels, cumsum, 25.0) == [3.5, 1.5, 1.5, 5.5]
    assert running(labels, cumsum, 5.0)[0] == 0.0
    assert running(labels, cumsum, 99.0)[-1] == 0.0


def test_one_colour_has_one_meaning_in_bars_and_line():
    upper = samples.liquidation().panels[0]
    bars = {mark.label: mark.role for mark in upper.marks if isinstance(mark, Bars)}
    lines = {mark.label: mark.role for mark in upper.marks if isinstance(mark, Line)}
    assert bars == {
        "open interest": Role.QUIET, "long exposure, 24h": Role.LONG, "short exposure, 24h": Role.SHORT,
    }  # fmt: skip
    assert lines == {"longs liquidated down to here": Role.LONG, "shorts liquidated up to here": Role.SHORT}
    below, above = (mark for mark in upper.marks if isinstance(mark, Line))
    assert max(below.x) == min(above.x) == samples.PRICE
    assert below.y[-1] == above.y[0] == 0.0
    lower = {mark.role for mark in samples.liquidation().panels[1].marks if isinstance(mark, Bars)}
    assert not lower & {Role.LONG, Role.SHORT}, "time is no side"


def test_each_panel_of_the_map_has_its_own_price_levels():
    upper, lower = samples.liquidation().panels
    assert (upper.left, upper.right) == (samples.liquidation_map().labels[0], samples.liquidation_map().labels[-1])
    assert (lower.left, lower.right) == (samples.map_change().labels[0], samples.map_change().labels[-1])


def test_clusters_are_joined_neighbours_with_their_whole_size_largest_first():
    labels = [float(n) for n in range(10)]
    sizes = [0.0, 8.0, 0.0, 4.0, 0.0, 0.0, 0.0, 6.0, 7.0, 1.0]
    assert clusters(labels, sizes) == [Cluster(7.0, 8.0, 8.0, 13.0), Cluster(1.0, 3.0, 1.0, 12.0)]
    assert clusters(labels, [0.0] * 10) == []
    assert named([]) == "none"


def test_the_alternative_text_names_the_clusters_on_both_sides():
    alt = samples.liquidation().alt
    assert "Longs would be liquidated below at 60,5" in alt
    assert "shorts above at 69,8" in alt


def test_a_map_of_one_side_or_of_one_level_is_still_drawn():
    flat = LiquidationMap([100.0], [0.0], [5.0], [1.0], [5.0], 99.0)
    assert "below at none" in liquidation_figure("X", flat).alt


# Flows, traders.


def test_a_day_without_data_is_no_bar_and_no_inflow():
    upper = samples.etf().panels[0]
    bars = next(mark for mark in upper.marks if isinstance(mark, Bars))
    assert len(bars.x) == len(samples.FLOW_DAYS) - 1
    assert float(samples.FLOW_DAYS[7]) not in bars.x
    assert all((role is Role.UP) == (value >= 0) for role, value in zip(bars.roles, bars.height, strict=True))


def test_days_on_which_the_largest_fund_goes_against_the_total_are_marked():
    lower = samples.etf().panels[1]
    dots = next(mark for mark in lower.marks if isinstance(mark, Dots))
    assert (list(dots.x), list(dots.y)) == ([float(samples.FLOW_DAYS[10])], [90e6])


def test_sectors_stand_in_the_order_of_the_window_that_was_asked_for():
    heat = samples.sectors().panels[0].marks[0]
    assert isinstance(heat, Heat)
    column = [row[1] for row in heat.values]
    assert column == sorted(column, key=lambda value: -99.0 if value is None else value)
    assert heat.rows[-1] in samples.sectors().subtitle


def test_falls_are_measured_from_the_highest_so_far_also_below_zero():
    assert falls_of([-5.0, -7.0, 3.0, 1.0]) == [0.0, -2.0, 0.0, -2.0]


def test_the_ladder_has_one_bar_for_each_offer_coloured_by_period():
    panel = samples.ladder().panels[0]
    bars = [mark for mark in panel.marks if isinstance(mark, Bars)]
    assert sum(len(mark.x) for mark in bars) == len(samples.RUNGS)
    assert [mark.label for mark in bars] == ["2 days: 1.4K UST", "30 days: 2K UST", "120 days: 2.5K UST"]
    assert len({mark.role for mark in bars}) == 3
    assert [mark.label for mark in panel.marks if isinstance(mark, Rule)] == ["FRR 8.87 %", "borrowers bid 5.2 %"]


# Numbers in words.


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-0.0, "0"), (999.6, "1K"), (1_234, "1.23K"), (-4.5e9, "-4.5B"), (1e6, "1M"), (0.00123, "0.00123")],
)
def test_amounts_are_short(value: float, text: str):
    assert amount(value) == text


def test_prices_have_separators_and_percentages_a_sign():
    assert (price(67_890.12), price(0.000012345), price(1e6)) == ("67,890.1", "0.000012345", "1,000,000")
    assert (percent(5.0), percent(-12.34), percent(1_234.0)) == ("5 %", "-12.3 %", "1,234 %")
    assert amount(float("nan")) == ""
