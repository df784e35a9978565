"""draw_chart over the paper faces, and the indicators that it draws."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from blave_mcp.exchanges.blave.models_market import LiquidationMap
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.models import Candle
from blave_mcp.server.store import Store
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.research.studies import deviation, exponential, kd, mean, rsi, study_of
from blave_mcp.tools.workflows.draw import drawn_map
from tests.charts.samples import candles
from tests.desks import binance, blave, desk_of, paper_binance, paper_blave
from tests.fakes import FakeClock
from tests.tools.conftest import call

D = Decimal


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock = FakeClock()
    with Store(tmp_path / "blave.sqlite3") as store:
        yield desk_of(clock, store, blave(paper_blave(clock), clock), binance(paper_binance(clock), clock))


# Indicators.


def test_means_begin_when_there_are_enough_values():
    assert mean([1.0, 2.0, 3.0, 4.0], 2) == [None, 1.5, 2.5, 3.5]
    assert exponential([1.0, 2.0, 3.0, 5.0], 3) == [None, None, 2.0, 3.5]
    assert deviation([1.0, 3.0, 3.0], 2) == [None, 1.0, 0.0]
    assert mean([1.0], 2) == [None]


def test_rsi_is_wilders_and_50_where_nothing_moves():
    closes = [44.34, 44.09, 44.15, 43.61, 44.33, 44.83, 45.10, 45.42, 45.84, 46.08, 45.89, 46.03, 45.61, 46.28, 46.28]
    found = rsi(closes, 14)
    assert found[:14] == [None] * 14
    assert found[14] == pytest.approx(70.46, abs=0.1)  # the textbook's example
    assert rsi([5.0] * 20, 14)[-1] == 50.0
    assert rsi([float(n) for n in range(20)], 14)[-1] == 100.0


def test_kd_has_no_value_in_its_warm_up_nor_in_a_range_without_height():
    bars = candles(20)
    quick, slow = kd(bars, 9)
    assert next(n for n, value in enumerate(quick) if value is not None) == 10
    assert next(n for n, value in enumerate(slow) if value is not None) == 12
    flat = [Candle(n, D(5), D(5), D(5), D(5)) for n in range(20)]
    assert set(kd(flat, 9)[0]) == {None}


def test_an_indicators_name_may_have_a_length():
    bars = candles(40)
    for word, name in (("ma 20", "MA 20"), ("EMA:10", "EMA 10"), ("bollinger", "Bollinger 20"), ("rsi", "RSI 14")):
        found = study_of(word, bars)
        assert found is not None
        assert found.name == name
        assert {len(values) for _, values in found.lines} == {40}
    assert study_of("holder_concentration", bars) is None
    with pytest.raises(BadArgument, match="2 to 500"):
        study_of("ma 1", bars)


# The tool.


async def test_candles_of_a_venue_come_with_volume_and_of_blave_without(desk: Desk):
    venue = await call(
        desk, "draw_chart", kind="klines", symbol="BTC/USDT", venue="binance", limit=60, indicators="ma 20, rsi, kd"
    )
    assert venue.pictures[0].alt.startswith("Candles of BTC/USDT, 60 bars of 1h with MA 20, RSI 14, KD 9")
    assert set(venue.data["indicators"]) == {"MA 20", "RSI 14", "%K", "%D"}
    assert "synthetic" in venue.text or desk.prices == ""
    own = await call(desk, "draw_chart", kind="klines", symbol="BTC", indicators="holder_concentration", limit=48)
    assert own.data["indicators"]["Holder Concentration"] is not None
    assert len(own.pictures) == 1


async def test_the_liquidation_map_names_clusters_on_both_sides_and_zooms(desk: Desk):
    whole = await call(desk, "draw_chart", kind="liquidation_map", symbol="BTC/USDT")
    now = D(whole.data["price"])
    assert all(one["high"] <= now for one in whole.data["below"])
    assert all(one["low"] >= now for one in whole.data["above"])
    assert whole.data["below"] or whole.data["above"]
    assert "Clusters of longs below the price" in whole.text
    low, high = f"{now * D('0.97'):.0f}", f"{now * D('1.03'):.0f}"
    near = await call(desk, "draw_chart", kind="liquidation_map", symbol="BTC/USDT", price_min=low, price_max=high)
    assert all(one["low"] >= float(low) * 0.99 for one in near.data["below"])
    with pytest.raises(BadArgument, match="must lie below"):
        await call(desk, "draw_chart", kind="liquidation_map", symbol="BTC", price_min="2", price_max="1")


def test_a_map_whose_sides_are_not_told_is_read_from_its_running_sum():
    found = LiquidationMap(
        price=D(25),
        labels=(D(10), D(20), D(30), D(40)),
        open_interest=(D(1),) * 4,
        cumulative=(D(1), D(3), D(6), D(10)),
        sides={},
    )
    shown = drawn_map(found)
    assert list(shown.long) == [1.0, 2.0, 0.0, 0.0]
    assert list(shown.short) == [0.0, 0.0, 3.0, 4.0]
    assert list(shown.cumsum) == [1.0, 3.0, 6.0, 10.0]


async def test_sector_rotation_is_sorted_by_the_window_asked_for(desk: Desk):
    result = await call(desk, "draw_chart", kind="sector_rotation", window="30d")
    assert "ahead over 30d" in result.pictures[0].alt
    assert result.data["window"] == "30d"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"kind": "klines"}, "symbol is required"),
        ({"kind": "sector_rotation", "symbol": "BTC"}, "takes no symbol"),
        ({"kind": "sector_rotation", "window": "2d"}, "no window"),
        ({"kind": "liquidation_map", "symbol": "BTC", "interval": "1h"}, "takes no interval"),
        ({"kind": "klines", "symbol": "BTC", "indicators": "magic"}, 'no indicator "magic"'),
        ({"kind": "klines", "symbol": "BTC", "indicators": "ma,ma,ma,ma,ma,ma"}, "At most 5"),
        ({"kind": "klines", "symbol": "BTC", "interval": "7x"}, "interval"),
    ],
)
async def test_what_cannot_be_drawn_is_refused_in_words(desk: Desk, given: dict[str, Any], why: str):
    with pytest.raises(BadArgument, match=why):
        await call(desk, "draw_chart", **given)
