"""A market made of a file of real bars."""

import csv
import gzip
import io
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blave_mcp.exchanges.paper.exchange import PaperExchange
from blave_mcp.exchanges.paper.feeds import FeedMarket
from blave_mcp.exchanges.paper.market import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    BadFeed,
    FeedEnded,
    IntervalUnavailable,
    NoSuchMarket,
)
from blave_mcp.exchanges.paper.series import Series
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.paper.types import OrderStatus, Product
from tests.conftest import ROOT
from tests.exchanges.paper.scripted import buy, sell

D = Decimal
PERP, SPOT, ETH = "BTCUSDT:perp", "BTCUSDT:spot", "ETHUSDT:perp"
NOW = 1_763_000_123_456
START_S = 1_600_041_600
"""A midnight."""
HEADER = "time,open,high,low,close,volume,taker_buy_volume"
ROWS = [
    "100,110,95,105,24,10",
    "105,106,90,92,12,3",
    "92,99,92,98,36,30",
]
REAL = ROOT.parent / "shared" / "data" / "BTCUSDT-perp-1h.csv.gz"


def text(rows: list[str] | None = None, header: str = HEADER) -> str:
    lines = [f"{START_S + i * 3600},{row}" for i, row in enumerate(ROWS if rows is None else rows)]
    return "\n".join([header, *lines])


def series(rows: list[str] | None = None, name: str = "BTCUSDT-perp-1h.csv") -> Series:
    return Series.parse(name, text(rows).encode())


def days(count: int) -> list[str]:
    return [ROWS[i % 3] for i in range(24 * count)]


def market(rows: list[str] | None = None) -> FeedMarket:
    """A feed whose first bar opens at WALL."""
    return FeedMarket([series(rows)], offset_ms=WALL - START_S * SECOND)


WALL = NOW // DAY * DAY


def test_bars_are_the_files_to_the_digit_and_carry_their_own_times():
    feed = market()
    bars = feed.bars(PERP, HOUR, 0, 2**60, WALL + 3 * HOUR - 1)
    assert [bar.open_ms for bar in bars] == [(START_S + i * 3600) * SECOND for i in range(3)]
    shown = [f"{b.open},{b.high},{b.low},{b.close},{b.volume},{b.taker_buy}" for b in bars]
    assert shown[:2] == ROWS[:2]
    assert (feed.origin(PERP), feed.origin(SPOT), feed.origin(ETH)) == ("file", "file", "synthetic")


@given(second=st.integers(0, 3 * 3600 - 1))
@settings(deadline=None, max_examples=100)
def test_the_price_keeps_within_its_bar_and_the_forming_bar_shows_nothing_of_the_future(second: int):
    feed = market()
    now = WALL + second * SECOND
    row = feed._files[PERP].series.rows[second // 3600]
    last = feed.prices(PERP, now).last
    assert row.low <= last <= row.high
    bar = feed.bars(PERP, HOUR, 0, 2**60, now)[-1]
    path = [feed.prices(PERP, now - i * SECOND).last for i in range(second % 3600 + 1)]
    assert (bar.open, bar.close, bar.high, bar.low) == (row.open, last, max(path), min(path))
    assert bar.volume <= row.volume


def test_within_a_bar_the_price_goes_open_extreme_extreme_close_and_touches_each():
    feed = market()
    up = [feed.prices(PERP, WALL + i * SECOND).last for i in range(3600)]
    assert (up[0], min(up), max(up), up[-1]) == (D(100), D(95), D(110), D(105))
    assert up.index(D(95)) < up.index(D(110))
    down = [feed.prices(PERP, WALL + HOUR + i * SECOND).last for i in range(3600)]
    assert (down[0], min(down), max(down), down[-1]) == (D(105), D(90), D(106), D(92))
    assert down.index(D(106)) < down.index(D(90))


@given(start=st.integers(0, 2 * 3_600_000), lengths=st.lists(st.integers(1, 90_000), min_size=1, max_size=4))
@settings(deadline=None, max_examples=60)
def test_the_path_is_the_same_however_it_is_cut_and_a_span_bounds_it(start: int, lengths: list[int]):
    feed = market()
    begin = WALL + start
    stop = begin + sum(lengths)
    whole = feed.path(PERP, begin, stop)
    pieces, at = [], begin
    for length in lengths:
        pieces += feed.path(PERP, at, at + length)
        at += length
    assert pieces == whole
    assert all(begin < tick.time_ms <= stop for tick in whole)
    span = feed.span(PERP, begin, stop)
    if whole:
        assert span is not None
        assert (span.low, span.high) == (min(t.last for t in whole), max(t.last for t in whole))
        assert (span.last, span.mark) == (whole[-1].last, whole[-1].mark)
    else:
        assert span is None


def test_longer_bars_are_sums_and_shorter_ones_are_refused():
    feed = market(days(2))
    hours = feed.bars(PERP, HOUR, 0, 2**60, WALL + DAY)
    (day, _) = feed.bars(PERP, DAY, 0, 2**60, WALL + DAY)
    assert (day.open, day.close) == (hours[0].open, hours[23].close)
    assert (day.high, day.low) == (D(110), D(90))
    assert day.volume == sum(bar.volume for bar in hours[:24])
    for interval in (15 * MINUTE, 90 * MINUTE):
        with pytest.raises(IntervalUnavailable):
            feed.bars(PERP, interval, 0, 2**60, WALL + DAY)
    assert len(feed.bars(ETH, 15 * MINUTE, START_S * SECOND, START_S * SECOND + HOUR, WALL + DAY)) == 4


def test_the_clock_is_set_thirty_days_before_the_end_and_runs_at_wall_speed():
    feed = FeedMarket([series(days(100))])
    first = feed.clock(NOW)
    left = feed.end_ms - first
    assert 30 * DAY <= left <= 31 * DAY
    assert (NOW - first) % DAY == 0, "whole days, so that funding hours agree"
    assert feed.clock(NOW + 12_345) == first + 12_345
    again = FeedMarket([series(days(100))])
    again.restore(feed.memento())
    assert again.clock(NOW + 5 * DAY) == first + 5 * DAY
    again.restore("file:0")
    again.restore("synthetic:1")
    assert again.memento() == feed.memento()


def test_a_short_feed_starts_in_its_middle():
    feed = FeedMarket([series(days(10))])
    assert 4 * DAY <= feed.clock(NOW) - feed.start_ms <= 6 * DAY


def test_after_the_last_bar_the_feed_has_ended_for_everything():
    feed = market()
    assert feed.prices(PERP, WALL + 3 * HOUR - 1).last == 98
    for key in (PERP, ETH):
        with pytest.raises(FeedEnded):
            feed.prices(key, WALL + 3 * HOUR)
    with pytest.raises(FeedEnded):
        feed.path(PERP, WALL, WALL + 3 * HOUR)
    with pytest.raises(NoSuchMarket):
        feed.prices(PERP, WALL - 1)


def test_an_account_keeps_what_it_was_when_the_feed_ends():
    feed = market()
    exchange = PaperExchange(feed, now_ms=WALL, balances={"perp": {"USDT": D(1_000)}})
    exchange.place(buy(PERP, "1"), WALL)
    with pytest.raises(FeedEnded):
        exchange.advance(WALL + 4 * HOUR)
    assert exchange.totals() == {"USDT": 1_000}
    assert exchange.settled_ms < WALL + 3 * HOUR


def test_orders_fill_on_the_files_prices_and_are_stamped_with_wall_time():
    feed = market()
    exchange = PaperExchange(feed, now_ms=WALL, balances={"perp": {"USDT": D(10_000)}})
    exchange.place(buy(PERP, "2"), WALL)
    order = exchange.place(sell(PERP, "2", "110", reduce_only=True), WALL)
    done = exchange.order(WALL + HOUR, order_id=order.id)
    assert (done.status, done.average) == (OrderStatus.FILLED, D(110))
    assert done.updated_ms == WALL + 2 * 3599 // 3 * SECOND


def test_other_symbols_come_from_the_generator_at_market_time():
    feed, rest = market(days(2)), SyntheticMarket()
    then = START_S * SECOND + HOUR
    assert feed.prices(ETH, WALL + HOUR) == rest.prices(ETH, then)
    quote = feed.quote(ETH, WALL + HOUR)
    assert (quote.time_ms, quote.next_funding_ms) == (then, WALL + 8 * HOUR)
    assert feed.quote(PERP, WALL + HOUR).next_funding_ms == WALL + 8 * HOUR
    times = [f.time_ms for f in feed.fundings(PERP, WALL, WALL + 2 * DAY, WALL + DAY)]
    assert times == [WALL + i * 8 * HOUR for i in range(4)]
    assert feed.funding_rate(PERP, WALL + 8 * HOUR) == feed.fundings(PERP, WALL + 1, WALL + DAY, WALL + DAY)[0].rate


def test_a_file_of_one_product_serves_the_other_until_that_has_its_own():
    both = FeedMarket(
        [series(), series(["200,210,190,205,1,1"] * 3, name="BTCUSDT_spot.csv")], offset_ms=WALL - START_S * SECOND
    )
    assert (both.prices(PERP, WALL).last, both.prices(SPOT, WALL).last) == (D(100), D(200))
    assert market().prices(SPOT, WALL).last == 100
    assert Series.parse("ethusdt.csv", text().encode()).product is None
    assert series().product is Product.PERP


def test_a_gap_holds_the_last_close():
    lines = text().splitlines()
    lines[3] = lines[3].replace(str(START_S + 7200), str(START_S + 4 * 3600))
    feed = FeedMarket([Series.parse("BTCUSDT.csv", "\n".join(lines).encode())], offset_ms=WALL - START_S * SECOND)
    assert feed.prices(PERP, WALL + 3 * HOUR).last == 92
    assert [(bar.open_ms // SECOND - START_S) // 3600 for bar in feed.bars(PERP, HOUR, 0, 2**60, WALL + 4 * HOUR)] == [
        0,
        1,
        4,
    ]


def test_quotes_books_and_trades_hang_together():
    feed = market(days(3))
    now = WALL + DAY + HOUR + 5 * MINUTE
    quote, depth = feed.quote(PERP, now), feed.depth(PERP, now, 20)
    assert quote.bid < quote.ask
    assert (depth.bids[0].price, depth.bids[0].qty) == (quote.bid, quote.bid_qty)
    assert all(a.price > b.price for a, b in pairwise(depth.bids))
    assert (quote.high_24h, quote.low_24h) == (D(110), D(90))
    assert abs(quote.volume_24h - 24 * 24) < 24
    trades = feed.trades(PERP, now, 50)
    assert len(trades) == 50
    assert trades[-1].price == feed.prices(PERP, trades[-1].time_ms + WALL - START_S * SECOND).last
    assert feed.open_interest(PERP, now) > 0


def test_of_bars_with_the_same_time_the_last_one_counts():
    lines = text().splitlines()
    lines.insert(2, lines[1].replace("100,110", "101,111"))
    parsed = Series.parse("BTCUSDT.csv", "\n".join(lines).encode())
    assert (len(parsed.rows), parsed.rows[0].open) == (3, D(101))


def test_taker_volume_is_optional_and_other_columns_are_ignored():
    cut = "\n".join(f"x,{line.rpartition(',')[0]}" for line in text().splitlines())
    parsed = Series.parse("BTCUSDT.csv", gzip.compress(cut.encode()))
    assert parsed.rows[0].taker_buy is None
    feed = FeedMarket([parsed], offset_ms=WALL - START_S * SECOND)
    assert feed.bars(PERP, HOUR, 0, 2**60, WALL + 2 * HOUR)[0].taker_buy is None


LINES = text().splitlines()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "line 1: no column time, open, high, low, close, volume"),
        ("time,open,high,low,close\n1,2,3,4,5", "line 1: no column volume"),
        (LINES[0], "at least two bars"),
        ("\n".join([*LINES, "oops"]), "line 5, column time: 'oops' is not a number"),
        ("\n".join([*LINES, f"{START_S + 10800},1,2"]), "line 5, column low: '' is not a number"),
        ("\n".join([*LINES, f"{START_S + 10800},1,nan,1,1,1,1"]), "line 5, column high: nan is not possible"),
        ("\n".join([*LINES, f"{START_S + 10800},1,Infinity,1,1,1,1"]), "line 5, column high: Infinity is not possible"),
        ("\n".join([*LINES, f"{START_S + 10800},0,1,0,1,1,1"]), "line 5, column open: 0 is not possible"),
        ("\n".join([*LINES, f"{START_S + 10800},1,1,1,1,-1,1"]), "line 5, column volume: -1 is not possible"),
        ("\n".join([*LINES, f"{START_S + 10800},2,1,1,1,1,1"]), "line 5, column high: 1 is below open or close"),
        ("\n".join([*LINES, f"{START_S + 10800},2,3,2.5,2.6,1,1"]), "line 5, column low: 2.5 is above open or close"),
        ("\n".join([LINES[0], LINES[2], LINES[1]]), "line 3, column time: earlier than the line before"),
        ("\n".join([*LINES, f"{START_S + 8434},1,1,1,1,1,1"]), "column time: bars are not on a grid"),
        ("\n".join([LINES[0], *(f"{i},1,1,1,1,1,1" for i in range(5))]), "too short"),
    ],
)
def test_a_bad_file_is_told_by_line_and_column(content: str, says: str):
    with pytest.raises(BadFeed) as caught:
        Series.parse("BTCUSDT-perp-1h.csv", content.encode())
    assert says in str(caught.value)
    assert str(caught.value).startswith("BTCUSDT-perp-1h.csv")


@pytest.mark.parametrize("data", [b"\x1f\x8b broken", b"\xff\xfe\x00"])
def test_bytes_that_are_no_text_are_a_bad_feed(data: bytes):
    with pytest.raises(BadFeed, match="cannot be read"):
        Series.parse("BTCUSDT.csv", data)


def test_a_feed_for_nothing_that_is_listed_is_refused():
    with pytest.raises(BadFeed, match="NOSUCH"):
        FeedMarket([series(name="NOSUCH-1h.csv")])
    with pytest.raises(BadFeed):
        FeedMarket([])


def test_files_are_read_from_a_file_or_a_folder(tmp_path: Path):
    (tmp_path / "BTCUSDT-perp-1h.csv").write_text(text())
    (tmp_path / "ETHUSDT-perp-1h.csv.gz").write_bytes(gzip.compress(text().encode()))
    assert FeedMarket.from_file(tmp_path / "BTCUSDT-perp-1h.csv").origin(ETH) == "synthetic"
    assert FeedMarket.from_file(str(tmp_path)).origin(ETH) == "file"
    with pytest.raises(OSError, match="nowhere"):
        FeedMarket.from_file(tmp_path / "nowhere.csv")


@pytest.fixture(scope="module")
def real() -> FeedMarket:
    if not REAL.exists():
        pytest.skip("the real bars are not beside this checkout")
    return FeedMarket.from_file(REAL)


def test_real_bars_are_the_files_exactly(real: FeedMarket):
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(REAL.read_bytes()).decode())))
    now_market = real.clock(NOW)
    bars = real.bars(PERP, HOUR, 0, 2**60, NOW)
    assert 30 * DAY <= real.end_ms - now_market <= 31 * DAY
    assert len(bars) == sum(int(row["time"]) * SECOND <= now_market for row in rows)
    for bar, row in zip(bars[:-1], rows, strict=False):
        assert bar.open_ms == int(row["time"]) * SECOND
        assert (bar.open, bar.high, bar.low, bar.close) == tuple(D(row[c]) for c in ("open", "high", "low", "close"))
        assert (bar.volume, bar.taker_buy) == (D(row["volume"]), D(row["taker_buy_volume"]))


def test_trading_on_real_bars_conserves_every_coin(real: FeedMarket):
    exchange = PaperExchange(real, now_ms=NOW)
    before = exchange.totals()
    last = real.prices(PERP, NOW).last // 1
    exchange.place(buy(PERP, "1"), NOW)
    exchange.place(sell(PERP, "0.4", str(last + 500), reduce_only=True), NOW)
    exchange.place(buy(SPOT, "0.3", str(last - 300)), NOW)
    exchange.place(buy(ETH, "3"), NOW)
    for day in range(1, 30):
        exchange.advance(NOW + day * DAY)
    totals = exchange.totals()
    assert {asset: totals[asset] for asset in before} == before
    assert {amount for asset, amount in totals.items() if asset not in before} <= {0}
    assert len(exchange.funding_payments(NOW + 29 * DAY)) >= 29 * 3
    assert len(exchange.fills(NOW + 29 * DAY)) > 3
