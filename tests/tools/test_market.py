"""What the market tools say, over the paper faces."""

from decimal import Decimal as D
from typing import ClassVar

import pytest

from blave_mcp.exchanges.binance.dialect import BinanceDialect
from blave_mcp.exchanges.binance.verbs import BinanceFutures
from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.models import Instrument, Level, Market, OrderBook, Side
from blave_mcp.server.store import Store
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.market import book_cost
from tests.desks import BINANCE_MARKETS, ByHost, binance, desk_of, venue_over
from tests.fakes import FakeClock, query
from tests.tools.conftest import Run, call

HOUR = 3_600_000


async def test_several_prices_come_in_one_table_in_the_order_asked(run: Run):
    told = await run("get_ticker", venue="binance", symbols="ETH/USDT, btcusdt,btc-usdt:usdt")
    table = told.data["tickers"]
    assert [row[0] for row in table["rows"]] == ["ETH/USDT", "BTC/USDT", "BTC/USDT"]
    assert {"last", "bid", "ask", "mark", "index", "funding_rate_percent"} <= set(table["columns"])
    assert told.text.startswith("PAPER mode")


async def test_a_spot_price_has_no_empty_columns_of_perpetuals(run: Run):
    table = (await run("get_ticker", venue="binance", symbols="BTC/USDT", market="spot")).data["tickers"]
    assert not {"mark", "funding_rate_percent", "open_interest"} & set(table["columns"])


async def test_an_unknown_symbol_among_others_is_told_beside_them(run: Run):
    told = await run("get_ticker", venue="binance", symbols="BTC/USDT,BTX/USDT")
    assert [row[0] for row in told.data["tickers"]["rows"]] == ["BTC/USDT"]
    assert 'no symbol "BTX/USDT"' in told.text
    assert len(told.data["failed"]) == 1


async def test_an_unknown_symbol_alone_is_refused_with_the_nearest(run: Run):
    with pytest.raises(BadArgument, match="BTX") as refused:
        await run("get_ticker", venue="binance", symbols="BTX/USDT")
    assert "BTC/USDT" in refused.value.advice


async def test_a_market_that_the_venue_lacks_is_refused_with_those_it_has(run: Run):
    with pytest.raises(Unsupported) as refused:
        await run("get_ticker", venue="binance", symbols="BTC/USDT", market="margin")
    assert refused.value.advice == "It has: spot, perpetual."


async def test_an_unknown_venue_is_refused_with_the_nearest(run: Run):
    with pytest.raises(BadArgument) as refused:
        await run("get_ticker", venue="binanse", symbols="BTC/USDT")
    assert refused.value.advice == "Did you mean binance?"


# Candles.


async def test_an_unfinished_last_bar_is_said(run: Run, clock: FakeClock):
    clock.advance(600)
    told = await run("get_klines", venue="binance", symbol="BTC/USDT", interval="1h", limit=2)
    assert told.data["last_unfinished"] is True
    assert told.data["candles"]["open_ms"] == [clock.ms - 600_000 - HOUR, clock.ms - 600_000]
    assert "The last bar is unfinished: it closes at 2026-01-01 01:00 UTC." in told.text
    past = await run("get_klines", venue="binance", symbol="BTC/USDT", interval="1h", end="2026-01-01")
    assert past.data["last_unfinished"] is False
    assert "unfinished" not in past.text


async def test_a_range_is_half_open(run: Run):
    told = await run(
        "get_klines", venue="binance", symbol="BTC/USDT", interval="1d", start="2025-12-01", end="2025-12-04"
    )
    assert [row[0] for row in told.data["candles"]["rows"]] == [
        "2025-12-01 00:00",
        "2025-12-02 00:00",
        "2025-12-03 00:00",
    ]
    assert told.data["not_shown"] == 0


class FewCandles(BinanceFutures):
    """Binance as if it gave seven candles at a time."""

    max_candles: ClassVar[int] = 7


async def test_pages_join_without_a_gap_or_a_bar_twice(run: Run, clock: FakeClock, store: Store, house: ByHost):
    whole = await run("get_klines", venue="binance", symbol="BTC/USDT", interval="1h", start="2025-12-30", limit=100)
    house.requests.clear()
    paged = venue_over(BinanceDialect(), house, clock, markets={Market.PERPETUAL: FewCandles()})
    told = await call(
        desk_of(clock, store, paged),
        "get_klines", venue="binance", symbol="BTC/USDT", interval="1h", start="2025-12-30", limit=100,
    )  # fmt: skip
    assert told.data["candles"] == whole.data["candles"]
    pages = [query(r) for r in house.requests if "/klines" in r.url]
    assert len(pages) == 7
    assert {page["limit"] for page in pages} == {"7"}
    ends = [int(page["endTime"]) + 1 for page in pages]
    assert [int(page["startTime"]) for page in pages[1:]] == ends[:-1]


async def test_what_is_too_long_to_show_is_counted_and_can_be_asked_for(run: Run):
    ask = {"venue": "binance", "symbol": "BTC/USDT", "interval": "1h", "start": "2025-11-01", "limit": 1000}
    newest = await run("get_klines", **ask)
    shown, left = len(newest.data["candles"]["rows"]), newest.data["not_shown"]
    assert len(newest.text) < 25_000
    assert shown + left == 61 * 24 + 1
    end = newest.text.rsplit("end=", 1)[1].rstrip(".")
    assert f"{left} older bars of this range are not shown" in newest.text
    before = await run("get_klines", **{**ask, "end": end})
    assert before.data["candles"]["open_ms"][-1] + HOUR == newest.data["candles"]["open_ms"][0]
    assert len(before.data["candles"]["rows"]) + before.data["not_shown"] == left


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"interval": "7m"}, 'Binance perpetual has no interval "7m".'),
        ({"start": "2026-02-01"}, "start is in the future"),
        ({"start": "2025-12-02", "end": "2025-12-01"}, "must be after start"),
        ({"start": "soon"}, "start is no date or time"),
        ({"limit": 0}, "limit must be at least 1"),
        ({"limit": 1001}, "limit must be at most 1000"),
    ],
)
async def test_candles_that_cannot_be_are_refused_before_any_traffic(
    run: Run, house: ByHost, given: dict[str, str | int], wrong: str
):
    with pytest.raises(BadArgument, match=wrong):
        await run("get_klines", **{"venue": "binance", "symbol": "BTC/USDT", "interval": "1h", **given})
    assert house.requests == []


# The book.


async def test_the_cost_of_an_amount_is_walked_through_the_book(run: Run):
    told = await run("get_order_book", venue="binance", symbol="BTC/USDT", depth=5, quote_amount="250000")
    raw = await run("read_endpoint", venue="binance", endpoint="futures.book.get", args={"symbol": "BTCUSDT"})
    left, base = D(250_000), D(0)
    for price, size in raw.data["payload"]["asks"]:
        taken = min(left, D(price) * D(size))
        left, base = left - taken, base + taken / D(price)
    costs = told.data["costs"]
    assert left == 0
    assert abs(D(costs["buy"]["average"]) - 250_000 / base) < D("0.0001")
    assert D(costs["sell"]["average"]) < D(told.data["mid"]) < D(costs["buy"]["average"])
    assert [row[0] for row in told.data["levels"]["rows"]] == ["ask"] * 5 + ["bid"] * 5
    prices = [D(row[1]) for row in told.data["levels"]["rows"]]
    assert prices == sorted(prices, reverse=True)
    assert D(told.data["spread"]) == prices[4] - prices[5]


def instrument(contract_size: str) -> Instrument:
    return Instrument(
        venue="x", market=Market.PERPETUAL, symbol="BTC/USDT", native="BTCUSDT", base="BTC", quote="USDT",
        settle="USDT", contract_size=D(contract_size), tick=D("0.1"), step=D(1), min_size=D(1),
    )  # fmt: skip


def test_a_book_in_contracts_costs_what_the_same_book_in_base_costs():
    in_base = OrderBook("BTC/USDT", (Level(D(99), D(1)),), (Level(D(100), D(1)), Level(D(110), D(1))))
    in_contracts = OrderBook("BTC/USDT", (Level(D(99), D(1000)),), (Level(D(100), D(1000)), Level(D(110), D(1000))))
    for side in Side:
        one = book_cost(in_base, instrument("1"), side, D(155), D("99.5"))
        assert book_cost(in_contracts, instrument("0.001"), side, D(155), D("99.5")) == one
    bought = book_cost(in_base, instrument("1"), Side.BUY, D(155), D("99.5"))["facts"]
    assert bought == {"base": "1.5", "average": "103.3333333", "from_mid": "0.03853", "not_covered": "0"}


def test_a_book_that_is_too_thin_says_how_much_is_lacking():
    thin = OrderBook("BTC/USDT", (Level(D(99), D(1)),), (Level(D(100), D(1)),))
    cost = book_cost(thin, instrument("1"), Side.BUY, D(1000), D("99.5"))
    assert cost["facts"]["not_covered"] == "900"
    assert "Buying 100 USDT worth" in cost["text"]
    assert "The 1 levels read hold 900 USDT too little." in cost["text"]


async def test_trades_come_oldest_first_with_the_takers_side(run: Run):
    told = await run("get_recent_trades", venue="binance", symbol="BTC/USDT", limit=20)
    rows = told.data["trades"]["rows"]
    assert len(rows) == 20
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    assert sum(D(row[3]) for row in rows if row[1] == "buy") == D(told.data["bought"])
    assert sum(D(row[3]) for row in rows) == D(told.data["total"])


# Funding.


async def test_funding_is_annualised_by_the_time_between_rates(run: Run):
    told = await run("get_funding_rates", venue="binance", symbol="BTC/USDT", limit=6)
    assert told.data["interval_ms"] == 8 * HOUR
    rows = told.data["history"]["rows"]
    assert len(rows) == 6
    for _, rate, yearly, _ in rows:
        assert abs(D(yearly) - D(rate) * 3 * 365) <= abs(D(rate)) / 100
    assert D(told.data["sum"]) == sum(D(row[1]) for row in rows)
    assert abs(D(told.data["next_yearly"]) - D(told.data["next_rate"]) * 1095) <= abs(D(told.data["next_rate"])) / 100


async def test_one_past_rate_does_not_tell_the_interval(run: Run):
    told = await run("get_funding_rates", venue="binance", symbol="BTC/USDT", limit=1)
    assert told.data["interval_ms"] is None
    assert "the interval is not known from one rate" in told.text
    assert "yearly" not in told.data["history"]["columns"]


# What there is.


async def test_venues_are_listed_without_any_part_of_a_key(run: Run, desk: Desk):
    told = await run("list_venues")
    assert [row[:4] for row in told.data["venues"]["rows"]] == [["binance", "Binance", "yes", "spot perpetual"]]
    one = await run("list_venues", venue="binance")
    key = desk.venue("binance").client.credentials
    assert key is not None
    for text in (told.text, one.text, str(told.data), str(one.data)):
        assert key.key not in text
        assert key.secret not in text


async def test_a_venue_tells_what_it_lacks_and_what_is_there_instead(run: Run):
    told = await run("list_venues", venue="binance")
    spot, perpetual = told.data["markets"]["spot"], told.data["markets"]["perpetual"]
    assert "positions" in spot["lacks"]
    assert "positions" in perpetual["can"]
    assert spot["intervals"] == list(BINANCE_MARKETS[Market.SPOT].intervals)
    assert not set(spot["can"]) & set(spot["lacks"])
    assert "lacks funding rates, positions" in told.text


async def test_a_venue_without_a_key_tells_how_to_set_one(clock: FakeClock, store: Store, house: ByHost):
    told = await call(desk_of(clock, store, binance(house, clock, key=None)), "list_venues", venue="binance")
    assert told.data["key"] is False
    assert "The key is not set. Set BINANCE_API_KEY, BINANCE_SECRET_KEY." in told.text


async def test_instruments_are_found_by_part_of_a_name_base_or_quote(run: Run):
    by_part = await run("find_instruments", venue="binance", search="bt")
    assert by_part.data["instruments"]["rows"][0][0] == "BTC/USDT"
    by_base = await run("find_instruments", venue="binance", base="eth")
    assert [row[0] for row in by_base.data["instruments"]["rows"]] == ["ETH/USDT"]
    none = await run("find_instruments", venue="binance", search="zzzz")
    assert none.data["instruments"]["rows"] == []
    assert "0 match" in none.text


async def test_instruments_beyond_the_limit_are_counted(run: Run):
    told = await run("find_instruments", venue="binance", quote="USDT", limit=2)
    assert len(told.data["instruments"]["rows"]) == 2
    assert f"{told.data['not_shown']} more are not shown" in told.text
    assert told.data["not_shown"] > 0


async def test_details_tell_every_limit_and_the_brackets(run: Run):
    told = await run("find_instruments", venue="binance", search="BTC/USDT", details=True)
    assert told.data["instrument"]["min_notional"] == "100"
    first = told.data["brackets"]["rows"][0]
    assert first == ["0", "50000", 125, "0.4", "0"]
    spot = await run("find_instruments", venue="binance", search="BTC/USDT", market="spot", details=True)
    assert "brackets" not in spot.data


async def test_details_without_a_key_say_why_there_are_no_brackets(clock: FakeClock, store: Store, house: ByHost):
    keyless = desk_of(clock, store, binance(house, clock, key=None))
    told = await call(keyless, "find_instruments", venue="binance", search="BTC/USDT", details=True)
    assert told.data["instrument"]["tick"] == "0.1"
    assert "Maintenance brackets are not known: " in told.text
    with pytest.raises(BadArgument, match="details wants one symbol"):
        await call(keyless, "find_instruments", venue="binance", details=True)
