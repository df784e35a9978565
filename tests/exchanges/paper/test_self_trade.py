"""An order does not trade with its own account, where the venue keeps it from that."""

from decimal import Decimal

import pytest

from blave_mcp.exchanges.paper.exchange import PaperExchange
from blave_mcp.exchanges.paper.refusals import Reason
from blave_mcp.exchanges.paper.types import ListKind, OrderRequest, OrderStatus, OrderType, Rules, Side
from tests.exchanges.paper.scripted import (
    MARGIN,
    PERP,
    SPOT,
    T0,
    ScriptedMarket,
    buy,
    new_exchange,
    new_market,
    request,
    sell,
    state_of,
)

D = Decimal


@pytest.fixture
def market() -> ScriptedMarket:
    """Spot at 50000 bid, 50000.01 ask, ten on each level, a cent apart."""
    return new_market()


@pytest.fixture
def exchange(market: ScriptedMarket) -> PaperExchange:
    rules = Rules(spot_wallet="one", perp_wallet="one", self_trade="cancel_maker")
    return new_exchange(market, rules=rules, balances={"one": {"USDT": D(100_000), "BTC": D(20)}})


def test_a_market_order_cancels_its_own_resting_orders_as_far_as_it_goes(
    exchange: PaperExchange, market: ScriptedMarket
):
    market.level_qty = D(1)
    near = exchange.place(sell(SPOT, "0.1", "50000.01"), T0)
    far = exchange.place(sell(SPOT, "0.1", "50000.05"), T0)
    below = exchange.place(buy(SPOT, "0.1", "49999"), T0)
    taken = exchange.place(buy(SPOT, "1.5"), T0)
    assert (taken.status, taken.executed) == (OrderStatus.FILLED, D("1.5"))
    gone = state_of(exchange, near, T0)
    assert (gone.status, gone.reason, gone.executed) == (OrderStatus.CANCELED, Reason.SELF_TRADE, D(0))
    assert [order.id for order in exchange.open_orders(T0)] == [far.id, below.id]


def test_a_limit_order_cancels_those_up_to_its_price_where_the_book_does_not_fill_it(
    exchange: PaperExchange, market: ScriptedMarket
):
    reached = exchange.place(sell(SPOT, "0.1", "50000.5"), T0)
    beyond = exchange.place(sell(SPOT, "0.1", "50000.7"), T0)
    small = exchange.place(buy(SPOT, "0.1", "50000.6"), T0)
    assert small.status is OrderStatus.FILLED
    assert state_of(exchange, reached, T0).status is OrderStatus.NEW, "what lies before it was enough"
    market.levels = 1
    market.level_qty = D("0.1")
    exchange.place(buy(SPOT, "0.3", "50000.6"), T0)
    assert state_of(exchange, reached, T0).status is OrderStatus.CANCELED
    assert state_of(exchange, beyond, T0).status is OrderStatus.NEW


def test_margin_and_spot_are_one_book_and_perpetuals_another(exchange: PaperExchange, market: ScriptedMarket):
    spot, perp = (exchange.place(sell(key, "0.1", "50000.1"), T0) for key in (SPOT, PERP))
    exchange.place(buy(MARGIN, quote_qty="20000"), T0)
    assert state_of(exchange, spot, T0).status is OrderStatus.NEW
    market.level_qty = D("0.01")
    exchange.place(buy(MARGIN, "0.15"), T0)
    assert state_of(exchange, spot, T0).reason is Reason.SELF_TRADE
    assert state_of(exchange, perp, T0).status is OrderStatus.NEW


def test_a_list_goes_as_a_whole(exchange: PaperExchange):
    upper: OrderRequest = sell(SPOT, "0.1", "50000.01")
    lower = request(SPOT, Side.SELL, OrderType.STOP_MARKET, "0.1", trigger_price="49000")
    group = exchange.place_list(ListKind.OCO, [upper, lower], T0)
    exchange.place(buy(SPOT, "0.1"), T0)
    assert exchange.open_orders(T0) == ()
    assert exchange.order_list(T0, list_id=group.id).done


def test_without_the_rule_the_house_is_met_and_the_order_rests():
    market: ScriptedMarket = new_market()
    exchange = new_exchange(market, balances={"spot": {"USDT": D(100_000), "BTC": D(20)}})
    mine = exchange.place(sell(SPOT, "0.1", "50000.01"), T0)
    exchange.place(buy(SPOT, "0.1"), T0)
    assert state_of(exchange, mine, T0).status is OrderStatus.NEW
