"""What every answer has in common: nothing is cut in silence, nothing is said of another venue."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blave_mcp.exchanges.errors import BadArgument, BlaveError, MissingCredentials, Unavailable, Unsupported
from blave_mcp.server.store import Store
from blave_mcp.tools.answers import answer, asked_venues, failures, market_of, rest, split, table, together
from blave_mcp.tools.desk import Desk
from tests.desks import ByHost, binance, desk_of
from tests.fakes import FakeClock


@given(st.lists(st.tuples(st.text(max_size=30), st.integers()), max_size=40), st.integers(20, 400), st.booleans())
def test_a_table_never_loses_a_row_without_counting_it(rows: list[tuple[str, int]], most: int, newest_last: bool):
    made = table(("text", "number"), rows, most=most, newest_last=newest_last)
    assert made.shown + made.left_out == len(rows)
    kept = rows[made.first : made.first + made.shown]
    assert made.data["rows"] == [list(row) for row in kept]
    if rows:
        assert made.shown >= 1
        assert kept[-1] == rows[-1] if newest_last else kept[0] == rows[0]
    if made.shown > 1:
        assert len(made.text) <= most


def test_a_column_without_any_value_is_dropped_only_where_it_may_be():
    made = table(("a", "b", "c"), [("1", None, None), ("2", None, "")], optional=("b",))
    assert made.text == "a,c\n1,\n2,"
    assert made.data == {"columns": ["a", "c"], "rows": [["1", None], ["2", ""]]}


def test_the_rest_of_a_history_can_be_asked_for():
    rows = [(n,) for n in range(5)]
    cut = table(("n",), rows, newest_last=True, most=6)
    assert rest(cut, [10, 11, 12, 13, 14], 50, None) == "3 rows are not shown; ask for older ones with end=13."
    cut = table(("n",), rows, most=6)
    assert rest(cut, [10, 11, 12, 13, 14], 50, 10) == "3 rows are not shown; ask for later ones with start=11."
    whole = table(("n",), rows)
    assert rest(whole, [10, 11, 12, 13, 14], 50, None) == ""
    assert (
        rest(whole, [10, 11, 12, 13, 14], 5, None) == "There may be more than these 5; ask for older ones with end=10."
    )
    assert rest(whole, [None] * 5, 5, None) == "There may be more than these 5."


def test_the_mode_stands_first_and_a_notice_goes_with_live_results_alone(clock: FakeClock, store: Store, house: ByHost):
    noted = binance(house, clock)
    noted = type(noted)(name="binance", title="Binance", client=noted.client, notice="Closed on 2026-02-01.")
    for mode, begins in (
        ("paper", "PAPER mode: the simulated exchange, not the venue.\nfound"),
        ("testnet", "TESTNET: the venue's test environment.\nfound"),
        ("live", "NOTICE (Binance): Closed on 2026-02-01.\nfound"),
    ):
        told = answer(desk_of(clock, store, noted, mode=mode), noted, ["found", ""], {"n": 1})
        assert told.text == begins
        assert told.data["mode"] == mode
        assert told.data.get("notices") == (["NOTICE (Binance): Closed on 2026-02-01."] if mode == "live" else None)


def test_a_market_is_asked_for_only_where_there_are_several(desk: Desk, clock: FakeClock, store: Store, house: ByHost):
    assert market_of(desk, "binance", "spot") == "spot"
    with pytest.raises(BadArgument) as refused:
        market_of(desk, "binance", "")
    assert refused.value.advice == "Binance has: spot, perpetual."
    both = binance(house, clock)
    spot_alone = type(both)(name="one", title="One", client=both.client, markets=dict(list(both.markets.items())[:1]))
    assert market_of(desk_of(clock, store, spot_alone), "one", "") == "spot"


def test_an_account_without_a_key_is_refused_with_the_way_to_one(clock: FakeClock, store: Store, house: ByHost):
    keyless = desk_of(clock, store, binance(house, clock, key=None))
    with pytest.raises(MissingCredentials) as refused:
        asked_venues(keyless, "binance")
    assert refused.value.advice == "Set BINANCE_API_KEY, BINANCE_SECRET_KEY."
    with pytest.raises(MissingCredentials, match="No venue has a key"):
        asked_venues(keyless, "")


async def test_one_failure_does_not_hide_what_the_others_found():
    async def good() -> str:
        return "found"

    async def bad() -> str:
        raise Unavailable("It is down.", undone="No data was returned.", advice="Try later.")

    found = await together([good, bad])
    assert found[0] == "found"
    assert failures(["a", "b"], found) == ["b: Unavailable: It is down. No data was returned. Try later."]


def test_where_everything_fails_the_first_failure_is_told():
    wrong: list[BlaveError] = [Unsupported("No."), Unavailable("Down.")]
    with pytest.raises(Unsupported, match="No"):
        failures(["a", "b"], wrong)


def test_a_list_of_names_is_read_once_each():
    assert split(" BTC/USDT, ETH/USDT,,BTC/USDT ", "symbols", 2) == ["BTC/USDT", "ETH/USDT"]
    with pytest.raises(BadArgument, match="symbols is empty"):
        split(" , ", "symbols", 2)
    with pytest.raises(BadArgument, match="at most 2, not 3"):
        split("a,b,c", "symbols", 2)
