"""A market of pushed snapshots."""

from dataclasses import replace
from decimal import Decimal

import pytest

from blave_mcp.exchanges.paper.exchange import PaperExchange
from blave_mcp.exchanges.paper.live import LiveMarket
from blave_mcp.exchanges.paper.market import (
    HOUR,
    MINUTE,
    Bar,
    Depth,
    Funding,
    Level,
    NoSuchMarket,
    Quote,
    StalePrice,
    Trade,
)
from blave_mcp.exchanges.paper.types import OrderStatus
from tests.exchanges.paper.scripted import LISTINGS, PERP, SPOT, T0, buy, sell

D = Decimal


def quote(last: str, key: str = PERP, time_ms: int = T0) -> Quote:
    price = D(last)
    return Quote(
        key=key,
        time_ms=time_ms,
        bid=price,
        bid_qty=D(5),
        ask=price + D("0.1"),
        ask_qty=D(5),
        last=price,
        mark=price,
        index=price,
        funding_rate=D("0.0002"),
        next_funding_ms=T0 + 8 * HOUR,
        open_24h=price,
        high_24h=price,
        low_24h=price,
        volume_24h=D(1),
        quote_volume_24h=price,
    )


def new_live() -> LiveMarket:
    market = LiveMarket(LISTINGS.values(), max_age_ms=10_000)
    market.update(quote("50000"), T0)
    return market


def test_the_latest_snapshot_is_served_until_it_is_too_old():
    market = new_live()
    market.update(quote("50010"), T0 + 1_000)
    assert market.prices(PERP, T0 + 11_000).last == 50_010
    assert market.quote(PERP, T0 + 11_000).ask == D("50010.1")
    with pytest.raises(StalePrice, match="10 s old"):
        market.prices(PERP, T0 + 11_001)
    with pytest.raises(StalePrice, match="yet"):
        market.prices(SPOT, T0)
    with pytest.raises(NoSuchMarket):
        market.prices("NOSUCH:spot", T0)
    assert (market.origin(PERP), market.clock(5), set(market.keys())) == ("live", 5, set(LISTINGS))


def test_an_older_snapshot_than_the_one_held_is_dropped():
    market = new_live()
    market.update(quote("49000"), T0 - 1)
    assert market.prices(PERP, T0).last == 50_000
    market.update(quote("50001"), T0)
    assert [tick.last for tick in market.path(PERP, T0 - 1, T0)] == [50_001]


def test_the_book_is_the_one_fetched_with_the_quote_or_the_quote_itself():
    market = new_live()
    assert market.depth(PERP, T0, 20).asks == (Level(D("50000.1"), D(5)),)
    book = Depth((Level(D(50_000), D(1)), Level(D(49_999), D(2))), (Level(D("50000.1"), D(3)),), T0)
    market.update(quote("50000"), T0 + 1, depth=book)
    assert market.depth(PERP, T0 + 1, 1).bids == (Level(D(50_000), D(1)),)
    market.update(quote("50000"), T0 + 2)
    assert market.depth(PERP, T0 + 2, 20).bids == (Level(D(50_000), D(5)),)


def test_bars_trades_interest_and_fundings_are_served_as_pushed():
    market = new_live()
    bar = Bar(T0, D(1), D(2), D(1), D(2), D(9), None, D(12), 3)
    for missing in (
        lambda: market.bars(PERP, MINUTE, 0, T0, T0),
        lambda: market.trades(PERP, T0, 5),
        lambda: market.open_interest(PERP, T0),
        lambda: market.funding_rate(SPOT, T0),
    ):
        with pytest.raises(StalePrice):
            missing()
    market.update_bars(PERP, MINUTE, [bar, replace(bar, open_ms=T0 + MINUTE)], T0 + MINUTE)
    market.update_bars(PERP, MINUTE, [replace(bar, open_ms=T0 + MINUTE, volume=D(10))], T0 + MINUTE)
    found = market.bars(PERP, MINUTE, 0, T0 + HOUR, T0 + MINUTE)
    assert [(b.open_ms, b.volume) for b in found] == [(T0, D(9)), (T0 + MINUTE, D(10))]
    trade = Trade(1, D(1), D(1), T0, True)
    market.update(quote("50000"), T0 + MINUTE, trades=[trade, trade], open_interest=D(77))
    assert market.trades(PERP, T0 + MINUTE, 1) == [trade]
    assert market.open_interest(PERP, T0 + MINUTE) == 77
    assert market.funding_rate(PERP, T0 + 8 * HOUR) == D("0.0002")
    market.update_fundings(PERP, [Funding(T0 + 8 * HOUR, D("0.0005"), D(50_000))])
    assert market.funding_rate(PERP, T0 + 8 * HOUR) == D("0.0005")
    assert market.fundings(PERP, T0, T0 + 9 * HOUR, T0 + 8 * HOUR)[0].rate == D("0.0005")
    assert market.fundings(PERP, T0, T0 + 9 * HOUR, T0) == []


def test_orders_live_on_the_pushed_prices():
    market = new_live()
    exchange = PaperExchange(market, now_ms=T0, listings=LISTINGS.values())
    resting = exchange.place(buy(PERP, "0.1", "49500"), T0)
    taken = exchange.place(buy(PERP, "0.1"), T0)
    assert taken.average == D("50000.1")
    market.update(quote("49500"), T0 + 5_000)
    assert exchange.order(T0 + 6_000, order_id=resting.id).status is OrderStatus.FILLED
    assert exchange.positions(T0 + 6_000)[0].mark == 49_500


def test_without_fresh_prices_nothing_can_be_traded_or_valued_but_orders_can_be_cancelled():
    market = new_live()
    exchange = PaperExchange(market, now_ms=T0, listings=LISTINGS.values())
    order = exchange.place(sell(PERP, "0.1", "51000"), T0)
    exchange.place(buy(PERP, "0.1"), T0)
    late = T0 + HOUR
    for attempt in (
        lambda: exchange.place(buy(PERP, "0.1"), late),
        lambda: exchange.positions(late),
        lambda: exchange.margin_account(late),
    ):
        with pytest.raises(StalePrice):
            attempt()
    assert exchange.cancel(PERP, late, order_id=order.id).status is OrderStatus.CANCELED


def test_its_memento_keeps_nothing():
    market = new_live()
    market.restore("synthetic:9")
    assert market.memento() == "live:"
    assert market.prices(PERP, T0).last == 50_000
