"""Blave's table, price and candles: filtered, sorted and cut here, fetched afresh every time."""

from decimal import Decimal as D
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blave_mcp.exchanges.blave.models import Value
from blave_mcp.exchanges.errors import BadArgument, MissingCredentials, Unsupported
from blave_mcp.server.store import Store
from blave_mcp.tools.blave.alpha_table import conditions, resolve, sort_rows
from blave_mcp.tools.blave.market import blave_interval, native_symbol
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.times import to_ms
from tests.desks import blave, desk_of, paper_blave
from tests.fakes import START_MS, FakeClock, RecordingTransport, query, reply
from tests.tools.conftest import call

HOUR = 3_600_000


def row(price: float, cap: float | str, hc: float | str, whale: float | str, **more: Any) -> dict[str, Any]:
    """One symbol as Blave's documentation shows it; "" is what it has no data for."""
    return {
        "price": {"-": price},
        "price_change": {"15min": 0.1, "1h": -0.2, "24h": 3.5},
        "market_cap": {"-": 1_000_000},
        "market_cap_percentile": {"-": cap},
        "funding_rate": {"binance": -0.01, "bybit": ""},
        "oi_imbalance": {"-": 0.12},
        "holder_concentration": {"-": hc},
        "whale_hunter": {"24h-score_oi": whale, "24h-score_volume": 0.25},
        "statistics": {"up_prob": 0.65, "exp_value": 0.05, "is_data_sufficient": True, **more},
    }


TABLE = {
    "data": {
        "BTCUSDT": row(95000.5, 99.9, 0.5, 1),
        "ETHUSDT": row(3000, 99.5, -1.25, ""),
        "TRUUSDT": row(0.04, 7.4, 8.16, 14.66, is_data_sufficient=False),
        "KOMAUSDT": row(0.01, 1.7, 4.91, 9.78),
        "NEWUSDT": row(0.5, "", "", ""),
    },
    "fields": {},
    "note": {},
}


@pytest.fixture
def wire(clock: FakeClock) -> RecordingTransport:
    def candles(request: Any) -> Any:
        asked = query(request)
        first, last = (to_ms(asked[name], name) for name in ("start_date", "end_date"))
        opens = range(first, min(last, clock.ms + 1), HOUR)
        return [{"time": at // 1000, "open": 1, "high": 2.5, "low": 0.5, "close": 1.5} for at in opens]

    return RecordingTransport(
        {
            ("GET", "/alpha_table"): TABLE,
            ("GET", "/kline"): candles,
            ("GET", "/price"): lambda request: {
                "symbol": query(request)["symbol"],
                "price": 95000.0,
                "change_24h": 2.5,
            },
        }
    )


@pytest.fixture
def table_desk(clock: FakeClock, store: Store, wire: RecordingTransport) -> Desk:
    return desk_of(clock, store, blave(wire, clock))


def names(told: Any) -> list[str]:
    return [line[0] for line in told.data["rows"]["rows"]]


async def test_rows_are_filtered_sorted_and_counted(table_desk: Desk):
    told = await call(
        table_desk,
        "get_alpha_table", filter="market_cap_percentile<=50 and holder_concentration>0.5",
        sort_by="whale_hunter.24h-score_oi", top=1,
    )  # fmt: skip
    assert names(told) == ["TRUUSDT"]
    assert (told.data["matching"], told.data["of"], told.data["not_shown"]) == (2, 5, 1)
    assert "2 of 5 symbols match, by whale_hunter.24h-score_oi descending" in told.text
    assert "1 matching rows are not shown" in told.text
    assert "Left out for want of a value: 1 in market_cap_percentile, 1 in holder_concentration." in told.text


async def test_a_missing_value_never_passes_a_filter_and_is_sorted_last(table_desk: Desk):
    for sign in (">", "<", ">=", "<=", "=", "!="):
        told = await call(table_desk, "get_alpha_table", filter=f"holder_concentration{sign}1")
        assert "NEWUSDT" not in names(told)
    for descending in (True, False):
        told = await call(table_desk, "get_alpha_table", sort_by="whale_hunter.24h-score_oi", descending=descending)
        assert set(names(told)[-2:]) == {"ETHUSDT", "NEWUSDT"}


async def test_statistics_come_with_the_word_on_whether_they_hold(table_desk: Desk):
    told = await call(table_desk, "get_alpha_table", columns="up_prob", filter="is_data_sufficient=true")
    assert told.data["rows"]["columns"] == ["symbol", "up_prob", "is_data_sufficient"]
    assert "TRUUSDT" not in names(told)
    assert "mean little where is_data_sufficient is false" in told.text


async def test_only_the_named_symbols_are_shown_in_their_order(table_desk: Desk):
    told = await call(table_desk, "get_alpha_table", symbols="eth, BTC/USDT, DOGE", columns="price")
    assert told.data["rows"]["rows"] == [["ETHUSDT", "3000"], ["BTCUSDT", "95000.5"]]
    assert told.data["absent"] == ["DOGE"]
    assert "Not in the table: DOGE." in told.text


async def test_columns_not_shown_are_named(table_desk: Desk):
    told = await call(table_desk, "get_alpha_table")
    shown = told.data["rows"]["columns"]
    assert shown[:4] == ["symbol", "price", "price_change.24h", "market_cap"]
    others = told.text.rsplit("Other columns: ", 1)[1].rstrip(".").split(", ")
    assert not set(shown) & set(others)
    assert "funding_rate.(binance bybit)" in others
    assert "price_change.(15min 1h)" in others
    assert "oi_imbalance" in others


async def test_the_table_is_fetched_afresh_every_time(table_desk: Desk, wire: RecordingTransport):
    await call(table_desk, "get_alpha_table")
    await call(table_desk, "get_alpha_table")
    assert len(wire.sent("GET", "/alpha_table")) == 2


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"filter": "holder_concentration is high"}, "is no comparison"),
        ({"filter": "holder_concentration>high"}, "compares numbers"),
        ({"filter": "holder_concentratio>1"}, 'no column "holder_concentratio"'),
        ({"filter": "whale_hunter>1"}, "is several columns"),
        ({"sort_by": "nothing"}, 'no column "nothing"'),
        ({"columns": "price,,nix"}, 'no column "nix"'),
        ({"filter": "price>1 or price<2"}, "is no comparison"),
    ],
)
async def test_a_wrong_column_or_comparison_is_refused(table_desk: Desk, given: dict[str, str], wrong: str):
    with pytest.raises(BadArgument, match=wrong) as refused:
        await call(table_desk, "get_alpha_table", **given)
    assert refused.value.advice


def test_a_column_is_found_by_the_part_that_is_its_own():
    columns = ["price", "price_change.24h", "whale_hunter.24h-score_oi", "whale_hunter.24h-score_volume", "up_prob"]
    assert resolve("24h-score_oi", columns) == "whale_hunter.24h-score_oi"
    assert resolve("statistics.up_prob", columns) == "up_prob"
    assert resolve("Price.-", columns) == "price"
    assert resolve("price_change", columns) == "price_change.24h"


def test_conditions_are_joined_by_and_comma_or_semicolon():
    columns = ["a", "b", "c", "d"]
    found = conditions("a>1 and b <= -2.5, c = true ; d != x", columns)
    assert [(c.column, c.sign, c.value) for c in found] == [
        ("a", ">", D(1)), ("b", "<=", D("-2.5")), ("c", "=", True), ("d", "!=", "x"),
    ]  # fmt: skip


ROWS = st.lists(st.fixed_dictionaries({"x": st.none() | st.decimals(-9, 9, places=3)}), max_size=20)


@given(ROWS, st.booleans())
def test_sorting_loses_no_row_and_puts_the_empty_ones_last(rows: list[dict[str, Value]], descending: bool):
    found = sort_rows(rows, "x", descending=descending)
    assert sorted(map(id, found)) == sorted(map(id, rows))
    values = [one["x"] for one in found if isinstance(one["x"], D)]
    assert values == sorted(values, reverse=descending)
    assert all(one["x"] is None for one in found[len(values) :])


# Price and candles.


async def test_blave_has_a_price_of_its_own(table_desk: Desk, wire: RecordingTransport):
    told = await call(table_desk, "get_ticker", venue="blave", symbols="BTC/USDT,eth")
    assert told.data["tickers"] == {
        "columns": ["symbol", "last", "change_24h_percent"],
        "rows": [["BTCUSDT", "95000", "2.5"], ["ETHUSDT", "95000", "2.5"]],
    }
    assert {query(r)["symbol"] for r in wire.requests} == {"BTCUSDT", "ETHUSDT"}


async def test_blaves_candles_are_cut_to_the_range_asked(table_desk: Desk, wire: RecordingTransport):
    told = await call(
        table_desk,
        "get_klines", venue="blave", symbol="BTC/USDT", interval="1h", start="2025-12-30T22:00", end="2025-12-31T02:00",
    )  # fmt: skip
    assert [line[0] for line in told.data["candles"]["rows"]] == [
        "2025-12-30 22:00", "2025-12-30 23:00", "2025-12-31 00:00", "2025-12-31 01:00",
    ]  # fmt: skip
    assert told.data["candles"]["columns"] == ["open_utc", "open", "high", "low", "close"]
    asked = query(wire.requests[-1])
    assert (asked["start_date"], asked["end_date"], asked["period"]) == ("2025-12-30", "2026-01-01", "1h")


async def test_blaves_newest_candles_come_with_the_open_one(table_desk: Desk, clock: FakeClock):
    clock.advance(1800)
    told = await call(table_desk, "get_klines", venue="blave", symbol="BTC", interval="1h", limit=3)
    assert told.data["candles"]["open_ms"] == [START_MS - 2 * HOUR, START_MS - HOUR, START_MS]
    assert told.data["last_unfinished"] is True


async def test_more_than_a_year_of_candles_is_asked_year_by_year(table_desk: Desk, wire: RecordingTransport):
    told = await call(
        table_desk, "get_klines", venue="blave", symbol="BTC", interval="1d", start="2023-01-01", limit=1000
    )
    asked = [query(r) for r in wire.requests]
    assert len(asked) == 3
    assert [a["end_date"] for a in asked[:-1]] == [a["start_date"] for a in asked[1:]]
    assert told.data["not_shown"] > 0


async def test_blave_without_a_key_is_asked_nothing(clock: FakeClock, store: Store, wire: RecordingTransport):
    keyless = desk_of(clock, store, blave(wire, clock, key=None))
    for tool, arguments in (
        ("get_alpha_table", {}),
        ("get_ticker", {"venue": "blave", "symbols": "BTC"}),
        ("get_klines", {"venue": "blave", "symbol": "BTC", "interval": "1h"}),
    ):
        with pytest.raises(MissingCredentials):
            await call(keyless, tool, **arguments)
    assert wire.requests == []


async def test_blave_has_no_book_and_no_account(table_desk: Desk):
    with pytest.raises(Unsupported, match="Blave has no perpetual market"):
        await call(table_desk, "get_order_book", venue="blave", symbol="BTC")
    with pytest.raises(BadArgument, match="no account"):
        await call(table_desk, "get_balances", venue="blave")


async def test_an_expired_plan_is_told_with_the_way_to_a_new_one(clock: FakeClock, store: Store):
    wire = RecordingTransport({("GET", "/alpha_table"): reply({"message": "expired"}, 403)})
    with pytest.raises(MissingCredentials) as refused:
        await call(desk_of(clock, store, blave(wire, clock)), "get_alpha_table")
    assert "https://blave.org" in refused.value.advice
    assert len(wire.requests) == 1


def test_symbols_and_periods_are_spelt_as_blave_spells_them():
    assert [native_symbol(s) for s in ("BTC/USDT", "btc-usdt", "BTC/USDT:USDT", "btc", "ETHUSDC")] == [
        "BTCUSDT", "BTCUSDT", "BTCUSDT", "BTCUSDT", "ETHUSDC",
    ]  # fmt: skip
    assert [blave_interval(i) for i in ("5m", "15min", "1h", "7d")] == ["5min", "15min", "1h", "7d"]
    with pytest.raises(BadArgument) as refused:
        blave_interval("1w")
    assert refused.value.advice.startswith("It has: 5min, 15min")


# Over Blave's paper face.


@pytest.fixture
def paper_desk(clock: FakeClock, store: Store) -> Desk:
    return desk_of(clock, store, blave(paper_blave(clock), clock))


async def test_the_paper_table_can_be_screened_as_the_example_workflow_does(paper_desk: Desk):
    told = await call(
        paper_desk,
        "get_alpha_table", filter="market_cap_percentile<=50, holder_concentration>0.5, is_data_sufficient=true",
        sort_by="holder_concentration", columns="holder_concentration,24h-score_oi,market_cap_percentile,up_prob",
    )  # fmt: skip
    columns = told.data["rows"]["columns"]
    assert columns == [
        "symbol", "holder_concentration", "whale_hunter.24h-score_oi", "market_cap_percentile", "up_prob",
        "is_data_sufficient",
    ]  # fmt: skip
    rows = [dict(zip(columns, line, strict=True)) for line in told.data["rows"]["rows"]]
    assert rows
    assert all(D(one["holder_concentration"]) > D("0.5") and D(one["market_cap_percentile"]) <= 50 for one in rows)
    ranked = [D(one["holder_concentration"]) for one in rows]
    assert ranked == sorted(ranked, reverse=True)


async def test_the_usual_columns_hold_one_of_each_indicator(paper_desk: Desk):
    columns = (await call(paper_desk, "get_alpha_table")).data["rows"]["columns"]
    indicators = [c.partition(".")[0] for c in columns if c not in ("price", "price_change.24h")]
    assert len(indicators) == len(set(indicators))
    assert {"taker_intensity.24h", "whale_hunter.24h-score_oi", "is_data_sufficient"} <= set(columns)


async def test_paper_candles_over_years_join_without_a_gap(paper_desk: Desk):
    told = await call(
        paper_desk, "get_klines", venue="blave", symbol="BTC", interval="1d", start="2024-06-01", limit=1000
    )
    opened = told.data["candles"]["open_ms"]
    assert [second - first for first, second in pairwise(opened)] == [24 * HOUR] * (len(opened) - 1)
    assert len(opened) + told.data["not_shown"] == (START_MS - to_ms("2024-06-01", "start")) // (24 * HOUR) + 1


async def test_a_symbol_that_blave_does_not_know_is_told_beside_the_others(paper_desk: Desk):
    told = await call(paper_desk, "get_ticker", venue="blave", symbols="BTC,NOSUCH")
    assert [line[0] for line in told.data["tickers"]["rows"]] == ["BTCUSDT"]
    assert len(told.data["failed"]) == 1


async def test_blave_is_listed_as_a_venue_of_data_alone(paper_desk: Desk):
    assert (await call(paper_desk, "list_venues")).data["venues"]["rows"][0][:4] == [
        "blave",
        "Blave",
        "yes",
        "data only",
    ]
    assert "candles of 5min, 15min, 1h" in (await call(paper_desk, "list_venues", venue="blave")).text
