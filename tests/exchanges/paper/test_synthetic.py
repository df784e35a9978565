"""The made-up market: the same for everyone, and consistent with itself."""

import subprocess
import sys
import time
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from blave_mcp.exchanges.paper.listings import default_listings
from blave_mcp.exchanges.paper.market import (
    DAY,
    HOUR,
    MINUTE,
    MONTH,
    SECOND,
    WEEK,
    Bar,
    IntervalUnavailable,
    NoSuchMarket,
)
from blave_mcp.exchanges.paper.synthetic import GENESIS_MS, SyntheticMarket, spot_asset
from blave_mcp.exchanges.paper.types import Product
from blave_mcp.exchanges.paper.walk import exp

D = Decimal
PERP, SPOT = "BTCUSDT:perp", "BTCUSDT:spot"
NOW = 1_763_000_123_456
MARKET = SyntheticMarket()
KEYS = ("BTCUSDT:perp", "BTCUSDT:spot", "DOGEUSDT:perp", "1000PEPEUSDT:perp", "PEPEUSDT:spot", "MKRUSDT:spot")
TICKS = {x.key: x.tick for x in default_listings()}
times = st.integers(GENESIS_MS + 70 * DAY, NOW + 400 * DAY)
keys = st.sampled_from(KEYS)


def total(bars: list[Bar]) -> tuple[Decimal, Decimal, Decimal, Decimal, Decimal, Decimal | None]:
    return (
        bars[0].open,
        max(bar.high for bar in bars),
        min(bar.low for bar in bars),
        bars[-1].close,
        sum((bar.volume for bar in bars), D(0)),
        sum((bar.taker_buy or D(0) for bar in bars), D(0)),
    )


@given(
    key=keys,
    time_ms=times,
    intervals=st.sampled_from(
        [(HOUR, 5 * MINUTE), (HOUR, MINUTE), (DAY, HOUR), (DAY, 3 * MINUTE), (MINUTE, SECOND), (12 * HOUR, 2 * HOUR)]
    ),
)
@settings(deadline=None, max_examples=60)
def test_a_bar_is_the_sum_of_the_shorter_bars_within_it(key: str, time_ms: int, intervals: tuple[int, int]):
    long, short = intervals
    start = time_ms // long * long
    (whole,) = MARKET.bars(key, long, start, start + 1, start + long)
    parts = MARKET.bars(key, short, start, start + long, start + long)
    assert [part.open_ms for part in parts] == list(range(start, start + long, short))
    assert (whole.open, whole.high, whole.low, whole.close, whole.volume, whole.taker_buy) == total(parts)


@given(
    key=keys, time_ms=times, interval=st.sampled_from([SECOND, MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, DAY, WEEK, MONTH])
)
@settings(deadline=None, max_examples=100)
def test_the_forming_bar_holds_what_has_happened_and_nothing_of_the_future(key: str, time_ms: int, interval: int):
    bars = MARKET.bars(key, interval, time_ms - interval * 2, time_ms + interval, time_ms)
    assume(bars)  # a bar that opened before the market began is not there
    bar = bars[-1]
    prices = MARKET.prices(key, time_ms)
    assert bar.open_ms <= time_ms
    assert bar.close == prices.last
    assert bar.low <= prices.last <= bar.high
    later = MARKET.bars(key, interval, bar.open_ms, bar.open_ms + 1, time_ms + interval)[0]
    assert (later.open, later.low <= bar.low, later.high >= bar.high) == (bar.open, True, True)
    assert later.volume >= bar.volume


@given(key=keys, time_ms=times)
@settings(deadline=None, max_examples=100)
def test_prices_lie_on_their_grid_and_around_the_last_one(key: str, time_ms: int):
    prices = MARKET.prices(key, time_ms)
    tick = TICKS[key]
    for price in (prices.bid, prices.ask, prices.last, prices.mark, prices.index):
        assert price > 0
        assert price % tick == 0
    assert prices.bid < prices.ask
    assert prices.bid <= prices.last <= prices.ask
    assert abs(prices.mark / prices.last - 1) < D("0.001") + tick / prices.last
    assert abs(prices.index / prices.last - 1) < D("0.001") + tick / prices.last


@given(key=keys, time_ms=times, count=st.integers(1, 200))
@settings(deadline=None, max_examples=40)
def test_the_book_is_sorted_starts_at_the_quote_and_deepens_without_changing(key: str, time_ms: int, count: int):
    depth = MARKET.depth(key, time_ms, count)
    prices = MARKET.prices(key, time_ms)
    assert (depth.bids[0].price, depth.asks[0].price) == (prices.bid, prices.ask)
    assert all(a.price > b.price > 0 for a, b in pairwise(depth.bids))
    assert all(a.price < b.price for a, b in pairwise(depth.asks))
    assert all(level.qty > 0 and level.price % TICKS[key] == 0 for level in (*depth.bids, *depth.asks))
    deeper = MARKET.depth(key, time_ms, count + 50)
    assert deeper.asks[: len(depth.asks)] == depth.asks
    assert deeper.bids[: len(depth.bids)] == depth.bids


@given(key=keys, start=times, lengths=st.lists(st.integers(1, 90_000), min_size=1, max_size=4))
@settings(deadline=None, max_examples=60)
def test_the_path_is_the_same_however_it_is_cut_and_a_span_bounds_it(key: str, start: int, lengths: list[int]):
    stop = start + sum(lengths)
    whole = MARKET.path(key, start, stop)
    pieces, at = [], start
    for length in lengths:
        pieces += MARKET.path(key, at, at + length)
        at += length
    assert pieces == whole
    span = MARKET.span(key, start, stop)
    if not whole:
        assert span is None
        return
    assert span is not None
    assert span.exact
    assert (span.low, span.high) == (min(t.last for t in whole), max(t.last for t in whole))
    assert (span.mark_low, span.mark_high) == (min(t.mark for t in whole), max(t.mark for t in whole))
    assert (span.last, span.mark) == (whole[-1].last, whole[-1].mark)
    assert (whole[-1].last, whole[-1].mark) == (MARKET.prices(key, stop).last, MARKET.prices(key, stop).mark)


@given(start=times, length=st.integers(HOUR + 1, 3 * HOUR))
@settings(deadline=None, max_examples=4)
def test_a_long_span_bounds_the_mark(start: int, length: int):
    span = MARKET.span(PERP, start, start + length)
    path = MARKET.path(PERP, start, start + length)
    assert span is not None
    assert not span.exact
    assert span.mark_low <= min(t.mark for t in path)
    assert span.mark_high >= max(t.mark for t in path)


def test_another_process_sees_the_same_prices():
    code = (
        "from blave_mcp.exchanges.paper.synthetic import SyntheticMarket as S; m = S();"
        f"print([m.quote(k, {NOW}) for k in ({PERP!r}, {SPOT!r})], m.trades({PERP!r}, {NOW}, 3))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    expected = [MARKET.quote(k, NOW) for k in (PERP, SPOT)], MARKET.trades(PERP, NOW, 3)
    assert run.stdout.strip() == f"{expected[0]} {expected[1]}"


def test_known_prices_stay_what_they_were():
    # A change here moves the market under every stored paper account.
    assert str(MARKET.prices(SPOT, NOW).last) == "68567.76"
    assert str(MARKET.bars(PERP, DAY, NOW - 2 * DAY, NOW - DAY, NOW)[0].volume) == "86042.838"


def test_the_order_in_which_prices_are_asked_for_does_not_matter():
    forward, backward = SyntheticMarket(), SyntheticMarket()
    moments = [NOW - i * 12_345_678 for i in range(20)]
    first = [forward.prices(PERP, moment) for moment in moments]
    second = [backward.prices(PERP, moment) for moment in reversed(moments)]
    assert first == second[::-1]


def test_another_seed_is_another_history_and_a_memento_brings_it_back():
    other = SyntheticMarket(seed=5)
    assert other.prices(PERP, NOW) != MARKET.prices(PERP, NOW)
    restored = SyntheticMarket()
    restored.prices(PERP, NOW)
    restored.restore(other.memento())
    assert restored.prices(PERP, NOW) == other.prices(PERP, NOW)
    restored.restore("file:0")
    assert restored.memento() == other.memento()


def test_levels_are_of_the_right_size_and_both_products_agree():
    for year in range(2020, 2027):
        moment = GENESIS_MS + (year - 2019) * 365 * DAY
        price = MARKET.prices(SPOT, moment).last
        assert 30_000 < price < 200_000
        assert abs(MARKET.prices(PERP, moment).last / price - 1) < D("0.001")
        scaled = MARKET.prices("1000PEPEUSDT:perp", moment).last / 1000
        assert abs(scaled / MARKET.prices("PEPEUSDT:spot", moment).last - 1) < D("0.01")


def returns(key: str, interval: int, count: int) -> list[float]:
    bars = MARKET.bars(key, interval, NOW - count * interval, NOW - interval, NOW)
    return [float(b.close / a.close) - 1 for a, b in pairwise(bars)]


def correlation(first: list[float], second: list[float]) -> float:
    def centred(values: list[float]) -> list[float]:
        mean = sum(values) / len(values)
        return [value - mean for value in values]

    a, b = centred(first), centred(second)
    return sum(x * y for x, y in zip(a, b, strict=True)) / (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5


def test_assets_move_together_and_calm_and_wild_times_cluster():
    btc, eth = (returns(key, HOUR, 3_000) for key in (PERP, "ETHUSDT:perp"))
    assert 0.25 < correlation(btc, eth) < 0.9
    sizes = [abs(value) for value in btc]
    assert correlation(sizes[1:], sizes[:-1]) > 0.08
    assert abs(correlation(btc[1:], btc[:-1])) < 0.1
    daily = returns(PERP, DAY, 1_500)
    deviation = (sum(value * value for value in daily) / len(daily)) ** 0.5
    assert 0.015 < deviation < 0.04


def test_volume_rises_with_moves_and_takers_buy_into_rises():
    bars = MARKET.bars(PERP, HOUR, NOW - 2_000 * HOUR, NOW - HOUR, NOW)
    moves = [float(bar.close / bar.open) - 1 for bar in bars]
    assert correlation([abs(move) for move in moves], [float(bar.volume) for bar in bars]) > 0.15
    shares = [float((bar.taker_buy or D(0)) / bar.volume) for bar in bars]
    assert correlation(moves, shares) > 0.2
    assert all(0 <= share <= 1 for share in shares)


@pytest.mark.parametrize("interval", [MINUTE, 3 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, DAY])
def test_five_hundred_bars_are_quick_even_the_first_time(interval: int):
    market = SyntheticMarket(seed=interval)
    began = time.perf_counter()
    bars = market.bars(PERP, interval, NOW - 500 * interval, NOW, NOW)
    took = time.perf_counter() - began
    assert len(bars) in (500, 501)
    # 10 to 50 ms where this was written.
    assert took < 0.5


def test_a_year_of_hours_takes_about_half_a_second():
    began = time.perf_counter()
    assert len(SyntheticMarket(seed=3).bars(PERP, HOUR, NOW - 365 * DAY, NOW, NOW)) >= 8_760
    assert time.perf_counter() - began < 4


def test_nothing_is_older_than_the_genesis_or_younger_than_now():
    assert MARKET.bars(PERP, DAY, 0, NOW + DAY, NOW)[0].open_ms == GENESIS_MS
    assert MARKET.bars(PERP, DAY, NOW + 1, NOW + 5 * DAY, NOW) == []
    assert MARKET.trades(PERP, GENESIS_MS + 200, 10)[0].time_ms >= GENESIS_MS


def test_weeks_begin_on_monday_and_months_on_the_first():
    weeks = MARKET.bars(SPOT, WEEK, NOW - 5 * WEEK, NOW, NOW)
    assert {bar.open_ms // DAY % 7 for bar in weeks} == {4}
    months = MARKET.bars(SPOT, MONTH, GENESIS_MS, GENESIS_MS + 400 * DAY, NOW)
    assert [(bar.open_ms - GENESIS_MS) // DAY for bar in months[:4]] == [0, 31, 59, 90]


def test_trades_are_in_order_and_lie_within_their_second():
    trades = MARKET.trades(PERP, NOW, 100)
    assert len(trades) == 100
    assert all(a.id < b.id and a.time_ms <= b.time_ms <= NOW for a, b in pairwise(trades))
    assert trades[-1].price == MARKET.prices(PERP, trades[-1].time_ms).last
    second = trades[50].time_ms // SECOND * SECOND
    (bar,) = MARKET.bars(PERP, SECOND, second, second + 1, NOW)
    same = [trade for trade in trades if second <= trade.time_ms < second + SECOND]
    assert sum(trade.qty for trade in same) == bar.volume


def test_a_quote_sums_up_the_day_before_it():
    quote = MARKET.quote(PERP, NOW)
    seconds = MARKET.bars(PERP, MINUTE, NOW - DAY, NOW, NOW)
    assert quote.high_24h >= max(bar.high for bar in seconds)
    assert quote.low_24h <= min(bar.low for bar in seconds)
    assert quote.last == seconds[-1].close
    assert (quote.bid_qty, quote.ask_qty) == (
        MARKET.depth(PERP, NOW, 1).bids[0].qty,
        MARKET.depth(PERP, NOW, 1).asks[0].qty,
    )
    assert quote.next_funding_ms == (NOW // (8 * HOUR) + 1) * 8 * HOUR
    assert quote.funding_rate == MARKET.funding_rate(PERP, quote.next_funding_ms)
    assert (MARKET.quote(SPOT, NOW).funding_rate, MARKET.quote(SPOT, NOW).next_funding_ms) == (D(0), 0)


def test_fundings_are_those_that_have_been_and_small():
    past = MARKET.fundings(PERP, NOW - 10 * DAY, NOW + 10 * DAY, NOW)
    assert len(past) == 30
    assert all(f.time_ms % (8 * HOUR) == 0 and f.time_ms <= NOW for f in past)
    assert all(abs(f.rate) <= D("0.003") for f in past)
    assert len({f.rate for f in past}) > 20
    assert past[-1].rate == MARKET.funding_rate(PERP, past[-1].time_ms)
    assert MARKET.fundings(SPOT, NOW - DAY, NOW, NOW) == []


def test_open_interest_moves_slowly():
    now, soon, later = (MARKET.open_interest(PERP, NOW + wait) for wait in (0, MINUTE, 30 * DAY))
    assert now > 0
    assert abs(soon / now - 1) < D("0.01")
    assert later != now


def test_a_name_with_a_number_in_front_is_so_many_of_an_asset():
    assert spot_asset("1000SHIB") == ("SHIB", 1000)
    assert spot_asset("1000000MOG") == ("MOG", 1_000_000)
    assert spot_asset("BTC") == ("BTC", 1)
    assert spot_asset("1INCH") == ("1INCH", 1)


def test_an_asset_without_a_profile_has_prices_of_its_own():
    from dataclasses import replace

    listing = next(x for x in default_listings() if x.key == "DOGEUSDT:spot")
    market = SyntheticMarket([replace(listing, symbol="NEWUSDT", base="NEW")])
    assert market.keys() == ("NEWUSDT:spot",)
    assert market.prices("NEWUSDT:spot", NOW).last > 0


def test_unknown_keys_and_odd_intervals_are_typed_errors():
    with pytest.raises(NoSuchMarket):
        MARKET.prices("NOSUCH:spot", NOW)
    with pytest.raises(IntervalUnavailable):
        MARKET.bars(PERP, 1_500, NOW - DAY, NOW, NOW)
    assert (MARKET.origin(PERP), MARKET.clock(NOW)) == ("synthetic", NOW)
    assert {x.product for x in MARKET.listings()} == {Product.SPOT, Product.PERP}


def test_the_home_made_exponential_is_close_enough():
    for x, y in ((0.0, 1.0), (1.0, 2.718281828), (-1.0, 0.367879441), (0.3, 1.349858808)):
        assert abs(exp(x) / y - 1) < 1e-4
