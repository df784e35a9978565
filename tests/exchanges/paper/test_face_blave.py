"""Blave's face: keys, limits, ranges, and indicators that follow from the market."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from blave_mcp.exchanges.paper.blave import series
from blave_mcp.exchanges.paper.blave.asking import gap_of
from blave_mcp.exchanges.paper.feeds import FeedMarket
from blave_mcp.exchanges.paper.listings import default_listings
from blave_mcp.exchanges.paper.market import DAY, HOUR
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.paper.types import ZERO, Listing, Product
from blave_mcp.exchanges.wire import HttpReply, HttpRequest
from tests.exchanges.paper.face_client import BLAVE, KEY, SECRET, START, House, form, spot

PAIR = {"api-key": KEY, "secret-key": SECRET}


def send(house: House, path: str, params: Mapping[str, Any] | None = None, **headers: str) -> HttpReply:
    query = form(params or {})
    url = f"https://api.blave.org{path}" + (f"?{query}" if query else "")
    return house.face(BLAVE).answer(HttpRequest("GET", url, headers or PAIR))


def ok(house: House, path: str, **params: Any) -> Any:
    reply = send(house, path, params)
    assert reply.status == 200, reply.body
    return json.loads(reply.body, parse_float=Decimal)


def status(house: House, path: str, **params: Any) -> int:
    reply = send(house, path, params)
    assert (reply.status == 200) or json.loads(reply.body)["message"]
    return reply.status


def some(*symbols: str) -> House:
    listings = tuple(each for each in default_listings() if each.symbol in symbols)
    return House(market=SyntheticMarket(listings), listings=listings)


def gapped() -> dict[str, Listing]:
    """One listing for each kind of gap."""
    return {gap_of(each): each for each in default_listings() if each.product is Product.PERP}


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        ({"x": "y"}, 401),
        ({"api-key": KEY}, 401),
        ({"secret-key": SECRET}, 401),
        ({"api-key": KEY, "secret-key": "wrong"}, 403),
        ({"api-key": "wrong", "secret-key": SECRET}, 403),
        ({"api-key": SECRET, "secret-key": KEY}, 403),
        (PAIR, 200),
    ],
)
def test_both_halves_of_the_key_are_wanted(headers: dict[str, str], answer: int):
    assert send(House(), "/price", {"symbol": "BTCUSDT"}, **headers).status == answer


@pytest.mark.parametrize(
    ("path", "params", "answer"),
    [
        ("/price", {}, 400),
        ("/price", {"symbol": "NOPEUSDT"}, 404),
        ("/price", {"symbol": "BTCUSDT", "colour": "red"}, 400),
        ("/nothing", {}, 404),
        ("/kline", {"symbol": "BTCUSDT"}, 400),
        ("/kline", {"symbol": "BTCUSDT", "period": "1w"}, 400),
        ("/kline", {"symbol": "BTCUSDT", "period": "0h"}, 400),
        ("/kline", {"symbol": "BTCUSDT", "period": "1h", "start_date": "2025/01/01"}, 400),
        ("/kline", {"symbol": "BTCUSDT", "period": "1h", "start_date": "2025-13-01"}, 400),
        ("/kline", {"symbol": "BTCUSDT", "period": "1h", "start_date": "2025-02-01", "end_date": "2025-01-01"}, 400),
        ("/kline", {"symbol": "BTCUSDT", "period": "1d", "start_date": "2024-01-01", "end_date": "2025-01-03"}, 400),
        ("/kline", {"symbol": "BTCUSDT", "period": "1d", "start_date": "2024-01-01", "end_date": "2025-01-01"}, 200),
    ],
)
def test_a_request_that_cannot_be_answered_says_so_by_status(path: str, params: dict[str, str], answer: int):
    assert status(House(), path, **params) == answer


def test_a_hundred_requests_in_five_minutes_and_no_more():
    house = House()
    assert [status(house, "/price", symbol="BTCUSDT") for _ in range(100)] == [200] * 100
    reply = send(house, "/price", {"symbol": "BTCUSDT"})
    assert reply.status == 429
    house.clock.wait(int(reply.headers["retry-after"]))
    assert status(house, "/price", symbol="BTCUSDT") == 200


def test_a_wrong_key_uses_up_nothing():
    house = House()
    for _ in range(200):
        assert send(house, "/price", {"symbol": "BTCUSDT"}, **{"api-key": "x", "secret-key": "y"}).status == 403
    assert status(house, "/price", symbol="BTCUSDT") == 200


def test_the_price_is_the_perpetuals_and_its_origin_is_told():
    house = House()
    reply = send(house, "/price", {"symbol": "BTCUSDT"})
    assert reply.headers["x-blave-paper-origin"] == "synthetic"
    told = json.loads(reply.body, parse_float=Decimal)
    quote = house.market.quote("BTCUSDT:perp", START)
    assert told["symbol"] == "BTCUSDT"
    assert told["price"] == quote.last
    assert told["change_24h"] == round((quote.last / quote.open_24h - 1) * 100, 2)


def test_candles_cover_both_days_and_none_of_the_future():
    house = House()
    rows = ok(house, "/kline", symbol="BTCUSDT", period="1h", start_date="2025-03-01", end_date="2025-03-02")
    first = int(datetime(2025, 3, 1, tzinfo=UTC).timestamp())
    assert [row["time"] for row in rows] == [first + 3_600 * n for n in range(48)]
    assert all(row.keys() == {"time", "open", "high", "low", "close"} for row in rows)
    assert all(
        row["low"] <= min(row["open"], row["close"]) <= max(row["open"], row["close"]) <= row["high"] for row in rows
    )
    latest = ok(house, "/kline", symbol="BTCUSDT", period="15min")
    assert latest[-1]["time"] * 1_000 <= START < (latest[-1]["time"] + 900) * 1_000
    assert ok(house, "/kline", symbol="BTCUSDT", period="1d", start_date="2030-01-01", end_date="2030-02-01") == []


def test_the_alpha_table_has_a_row_for_every_perpetual():
    house = House()
    table = ok(house, "/alpha_table")
    assert table.keys() == {"data", "fields", "note"}
    assert table["data"].keys() == {"BTCUSDT", "ETHUSDT", "DOGEUSDT"}
    row = table["data"]["BTCUSDT"]
    assert row.keys() == {
        *("holder_concentration", "taker_intensity", "whale_hunter", "market_sentiment", "squeeze_momentum"),
        *("oi_imbalance", "statistics", "price", "price_change", "market_cap", "market_cap_percentile", "funding_rate"),
    }
    assert row["whale_hunter"].keys() >= {"24h-score_oi", "24h-score_volume"}
    assert row["statistics"].keys() == {
        *("up_prob", "exp_value", "avg_up_return", "avg_down_return", "return_ratio", "is_data_sufficient"),
    }
    assert row["price"] == {"-": house.market.prices("BTCUSDT:perp", START).last}
    assert row["price_change"].keys() == {"15min", "1h", "24h"}
    assert sorted(each["market_cap_percentile"]["-"] for each in table["data"].values())[-1] == 100
    for name, meta in table["fields"].items():
        assert list(row[name]) == meta["columns"]
    assert table["note"].keys() == table["fields"].keys()


def test_the_same_moment_gives_the_same_table_in_every_process():
    assert send(House(), "/alpha_table").body == send(House(), "/alpha_table").body


def test_the_table_is_renewed_every_five_minutes_and_not_between():
    house = House()
    first = send(house, "/alpha_table").body
    house.clock.wait(299 - house.clock() // 1_000 % 300)
    assert send(house, "/alpha_table").body == first
    house.clock.wait(1)
    assert send(house, "/alpha_table").body != first


def test_numbers_lie_on_the_scale_of_the_venues_labels():
    row = ok(House(), "/alpha_table")["data"]["BTCUSDT"]
    scores = [
        value
        for name in ("taker_intensity", "whale_hunter", "market_sentiment", "squeeze_momentum")
        for value in row[name].values()
    ]
    assert all(abs(value) < 8 for value in scores)
    assert len(set(scores)) > 10
    assert 0 < row["statistics"]["up_prob"] < 1
    assert row["statistics"]["avg_up_return"] > 0 > row["statistics"]["avg_down_return"]


def test_gaps_are_written_as_nothing_at_either_level():
    gaps = gapped()
    assert gaps.keys() == {"", "indicator", "variant", "young"}
    rows = ok(some(*(each.symbol for each in gaps.values())), "/alpha_table")["data"]
    assert rows[gaps["indicator"].symbol]["holder_concentration"] == ""
    assert set(rows[gaps["variant"].symbol]["whale_hunter"].values()) == {""}
    young = rows[gaps["young"].symbol]["statistics"]
    assert young.pop("is_data_sufficient") is False
    assert set(young.values()) == {""}
    assert "" not in rows[gaps[""].symbol]["statistics"].values()


def test_asking_writes_no_books_but_the_first():
    house = House()
    spot(house).ok("GET", "/api/v3/account")
    with house.store.session() as session:
        before = session.load()
    ok(house, "/alpha_table")
    with house.store.session() as session:
        assert session.load() == before


def test_a_coarse_feed_leaves_the_indicators_empty_and_keeps_the_prices(tmp_path: Path):
    path = tmp_path / "BTCUSDT.csv"
    rows = [f"{1_577_836_800 + n * 86_400},{100 + n % 7},{110 + n % 7},{90},{101 + n % 5},10" for n in range(500)]
    path.write_text("\n".join(["time,open,high,low,close,volume", *rows]) + "\n")
    listings = tuple(each for each in default_listings() if each.symbol == "BTCUSDT")
    house = House(market=FeedMarket.from_file(path, SyntheticMarket(listings)), listings=listings)
    row = ok(house, "/alpha_table")["data"]["BTCUSDT"]
    assert set(row["taker_intensity"].values()) == {""}
    assert row["oi_imbalance"] == {"-": ""}
    assert isinstance(row["price"]["-"], Decimal | int)


def test_taker_intensity_is_the_standard_score_of_the_net_taker_share():
    market, listing = SyntheticMarket(), next(each for each in default_listings() if each.key == "BTCUSDT:perp")
    sheet = series.sheet_of(market, listing, series.WEEK_HOURS, START)
    end = START - START % HOUR
    bars = market.bars(listing.key, HOUR, end - series.WEEK_HOURS * HOUR, end, START)
    shares = []
    for i in range(3, len(bars)):
        four = bars[i - 3 : i + 1]
        flow = sum((2 * (bar.taker_buy or ZERO) - bar.volume for bar in four), ZERO)
        shares.append(flow / sum((bar.volume for bar in four), ZERO))
    mean = sum(shares, ZERO) / len(shares)
    deviation = (sum(((x - mean) ** 2 for x in shares), ZERO) / len(shares)).sqrt()
    found = series.taker_intensity(sheet, 4)
    assert found is not None
    assert abs(found - (shares[-1] - mean) / deviation) < Decimal("1e-9")


def test_no_score_looks_ahead():
    values: series.Series = [Decimal(n * 7 % 13) for n in range(200)]
    whole = series.score(values)
    assert series.score(values[:150]) == whole[:150]
    assert whole[: series.WEEK_HOURS // 2 - 1] == [None] * (series.WEEK_HOURS // 2 - 1)
    assert whole[-1] == series.last_score(values)


def test_building_blocks_need_enough_before_them():
    assert series.trailing_sum([Decimal(1), Decimal(2), Decimal(3)], 2) == [None, 3, 5]
    assert series.change([Decimal(1), Decimal(2), Decimal(4)], 1) == [None, 1, 2]
    assert series.last_score([]) is None
    assert series.last_score([Decimal(1)] * series.WEEK_HOURS) == 0
    assert series.outlook([Decimal(1)] * 364) is None
    assert series.squeeze_momentum([]) is None


def test_the_outlook_counts_the_days_like_the_last_one():
    closes = [Decimal(100 + (n % 2)) for n in range(400)]
    ahead = series.outlook(closes)
    assert ahead is not None
    assert ahead.up_prob == ahead.avg_up_return == 0
    assert ahead.exp_value == ahead.avg_down_return < 0


def test_a_day_of_market_time_is_a_day_of_the_feed():
    market, listing = SyntheticMarket(), default_listings()[1]
    days = series.daily_bars(market, listing, 3, START)
    assert [bar.open_ms for bar in days] == [START - START % DAY - n * DAY for n in (3, 2, 1)]
