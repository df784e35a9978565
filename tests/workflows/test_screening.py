"""Ranking by percentiles, and what the alpha table makes of it."""

from decimal import Decimal
from pathlib import Path

import pytest

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.server.store import Store
from blave_mcp.tools.research.screening import median_size, notes, percentiles, scores
from tests.desks import blave, desk_of, paper_blave
from tests.fakes import FakeClock
from tests.tools.conftest import call

D = Decimal


def test_a_place_is_the_share_that_lies_below_with_ties_counted_half():
    assert percentiles({"a": D(1), "b": D(5), "c": D(5), "d": D(9)}) == {
        "a": D("12.5"), "b": D(50), "c": D(50), "d": D("87.5"),
    }  # fmt: skip
    assert percentiles({}) == {}


def test_unlike_scales_weigh_the_same():
    small = {"a": D("0.01"), "b": D("0.02"), "c": D("0.03")}
    large = {"a": D(3000), "b": D(2000), "c": D(1000)}
    assert len(set(scores([small, large]).values())) == 1
    assert scores([small, {"a": D(1)}]).keys() == {"a"}, "a coin without a value has no score"
    assert scores([]) == {}


def test_what_has_moved_or_is_crowded_is_noted():
    assert notes(D(72), [], None) == "already up 72 % in 24 h"
    assert notes(D("-25"), [D("0.05"), D("-0.4")], D("0.01")) == "already down 25 % in 24 h; shorts pay much (-0.4)"
    assert notes(D(3), [D("0.01")], D("0.01")) == ""
    assert notes(None, [], None) == ""
    assert median_size([D(0), D(-3), D(1), D(2)]) == D(2)


async def test_the_alpha_table_ranks_small_caps_by_concentration_and_whales(tmp_path: Path):
    clock = FakeClock()
    with Store(tmp_path / "b.sqlite3") as store:
        desk = desk_of(clock, store, blave(paper_blave(clock), clock))
        columns = "holder_concentration,whale_hunter.24h-score_oi"
        result = await call(
            desk,
            "get_alpha_table",
            rank_by=columns,
            top=10,
            filter="market_cap_percentile<=50 and holder_concentration>0",
        )
        with pytest.raises(BadArgument, match="no column"):
            await call(desk, "get_alpha_table", rank_by="holder_concentrations_of_old")
    names = result.data["rows"]["columns"]
    assert names[:3] == ["symbol", "score", "notes"]
    assert {"holder_concentration", "whale_hunter.24h-score_oi", "market_cap_percentile"} <= set(names)
    ranked = [D(row[1]) for row in result.data["rows"]["rows"] if row[1] is not None]
    assert ranked == sorted(ranked, reverse=True)
    assert len(ranked) > 0
    assert all(0 <= value <= 100 for value in ranked)
    assert "unlike scales are never added" in result.text
