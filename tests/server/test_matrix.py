"""The README's table of venues is what the venues are."""

from __future__ import annotations

import pytest

from blave_mcp.exchanges.models import Market
from blave_mcp.server.kinds import kinds
from blave_mcp.server.matrix import NO, YES, capabilities, put_into
from blave_mcp.tools.listings import VERBS, has_verb
from tests.conftest import ROOT


def cells() -> dict[str, dict[str, str]]:
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in capabilities().splitlines()]
    return {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in rows}


def test_the_readme_holds_the_table_as_it_is_now():
    page = (ROOT / "README.md").read_text("utf-8")
    assert page == put_into(page), "paste what `blave-mcp venues` prints between the marks"


def test_every_market_has_a_column_and_every_verb_a_row():
    table = cells()
    markets = [(kind, market) for kind in kinds().values() for market in kind.markets]
    assert all(len(row) == len(markets) for row in table.values())
    assert len(table) >= len(VERBS)


def test_a_mark_says_what_the_verbs_say():
    table, bitget = cells(), kinds()["bitget"].markets
    assert not has_verb(bitget[Market.SPOT], "protect")
    assert table["take-profit and stop-loss"]["Bitget spot"] == NO
    assert table["take-profit and stop-loss"]["Bitget perp"] == YES
    assert table["order: trailing stop"]["Binance perp"] == YES
    assert int(table["endpoints"]["Binance spot"]) > 30


def test_a_page_without_the_marks_is_refused():
    with pytest.raises(ValueError, match="marks"):
        put_into("# A page")
