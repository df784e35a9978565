"""What time does to positions: funding, and liquidation."""

from dataclasses import replace
from decimal import Decimal

import pytest

from blave_mcp.exchanges.paper.market import StalePrice
from blave_mcp.exchanges.paper.refusals import Reason
from blave_mcp.exchanges.paper.types import (
    EntryKind,
    OrderStatus,
    Rules,
    Side,
)
from tests.exchanges.paper.perpetuals import (
    FREE,
    ISOLATED,
    LONG,
    SHORT,
    D,
    cash,
    free_exchange,
    isolated_exchange,
)
from tests.exchanges.paper.scripted import (
    ETH,
    HOUR,
    LISTINGS,
    PERP,
    T0,
    ScriptedMarket,
    buy,
    net,
    new_exchange,
    new_market,
    sell,
    state_of,
)
from tests.exchanges.paper.test_margin import OLD_BTC, OLD_ETH, WALLET

# Funding


def test_funding_is_paid_by_longs_to_the_house_at_each_funding_time():
    market = new_market()
    market.rate = D("0.0001")
    exchange = free_exchange(market)
    exchange.place(buy(PERP, "1"), T0 + 1)
    paid = exchange.funding_payments(T0 + 16 * HOUR)
    assert [(p.time_ms, p.amount, p.rate, p.mark) for p in paid] == [
        (T0 + 8 * HOUR, -5, D("0.0001"), 50_000),
        (T0 + 16 * HOUR, -5, D("0.0001"), 50_000),
    ]
    assert cash(exchange, T0 + 16 * HOUR) == 9_990
    assert exchange.system_accounts().house == {"USDT": 10}
    assert [e.amount for e in exchange.entries(T0 + 16 * HOUR, kind=EntryKind.FUNDING)] == [-5, -5]


def test_shorts_collect_and_an_isolated_position_keeps_its_funding():
    market = new_market()
    market.rate = D("0.0001")
    exchange = free_exchange(market)
    exchange.set_margin_mode(PERP, ISOLATED, T0)
    exchange.place(sell(PERP, "1", "50000"), T0 + 1)
    assert exchange.positions(T0 + 8 * HOUR)[0].isolated_margin == 2_505


def test_a_funding_whose_rate_is_not_known_yet_is_paid_when_it_is():
    class Late(ScriptedMarket):
        known = False

        def funding_rate(self, key: str, time_ms: int) -> Decimal:
            if not self.known:
                raise StalePrice("not yet")
            return D("0.0001")

    market = Late({PERP: "50000", ETH: "2000"})
    exchange = free_exchange(market)
    exchange.place(buy(PERP, "1"), T0 + 1)
    exchange.place(buy(ETH, "1"), T0 + 1)
    for _ in range(2):
        with pytest.raises(StalePrice):
            exchange.advance(T0 + 9 * HOUR)
    assert exchange.settled_ms < T0 + 8 * HOUR
    market.known = True
    paid = exchange.funding_payments(T0 + 9 * HOUR)
    assert [(p.key, p.time_ms) for p in paid] == [(PERP, T0 + 8 * HOUR), (ETH, T0 + 8 * HOUR)]


def test_funding_beyond_an_isolated_positions_margin_is_paid_by_the_wallet():
    market = new_market()
    exchange = isolated_exchange(market)
    market.move(PERP, T0 + 1_000, "60000")
    market.rate = D("0.1")
    (position,) = exchange.positions(T0 + 8 * HOUR)
    assert (position.isolated_margin, position.unrealised) == (D(0), D("9999.9"))
    balance = exchange.balance("perp", "USDT", T0 + 8 * HOUR)
    assert (balance.locked, balance.free) == (D(0), D(4_000))


def test_who_has_left_before_the_funding_time_pays_nothing():
    market = new_market()
    market.rate = D("0.0001")
    exchange = free_exchange(market)
    exchange.place(buy(PERP, "1"), T0 + 1)
    exchange.place(sell(PERP, "1"), T0 + 8 * HOUR - 1)
    assert exchange.funding_payments(T0 + 24 * HOUR) == ()


# Liquidation


def test_a_cross_position_is_liquidated_at_its_bankruptcy_price_when_the_mark_breaches_maintenance():
    market = new_market()
    exchange = free_exchange(market)
    exchange.place(buy(PERP, "2", "50000.1"), T0)
    resting = exchange.place(buy(PERP, "0.1", "45000"), T0)
    price = exchange.positions(T0)[0].liquidation_price
    assert price is not None
    market.move(PERP, T0 + 1_000, (price // 1) + 1)
    assert exchange.positions(T0 + 1_000) != ()
    market.move(PERP, T0 + 2_000, price // 1)
    now = T0 + 3_000
    assert exchange.positions(now) == ()
    assert cash(exchange, now) == 0
    (record,) = exchange.liquidations(now)
    # 10,000 lost on 2: 5,000 below the entry.
    assert (record.price, record.realised_pnl, record.side) == (D("45000.1"), -10_000, Side.SELL)
    assert record.insurance == 2 * (record.mark - record.price)
    assert exchange.system_accounts().insurance["USDT"] == record.insurance > 0
    cancelled = state_of(exchange, resting, now)
    assert (cancelled.status, cancelled.reason) == (OrderStatus.CANCELED, Reason.LIQUIDATED)
    closing = exchange.order(now, order_id=record.order_id)
    assert (closing.status, closing.executed, closing.client_id) == (OrderStatus.FILLED, 2, "autoclose-1")
    fill = exchange.fills(now, order_id=closing.id)[0]
    assert (fill.liquidation, fill.price, fill.realised_pnl) == (True, record.price, -10_000)
    assert net(exchange.totals()) == {"USDT": 10_000}


def test_a_liquidation_happens_even_if_the_price_has_come_back_before_anyone_looks():
    market = new_market()
    exchange = free_exchange(market)
    exchange.place(buy(PERP, "2"), T0)
    market.move(PERP, T0 + 1_000, "45000")
    market.move(PERP, T0 + 2_000, "55000")
    assert exchange.positions(T0 + HOUR) == ()
    assert exchange.liquidations(T0 + HOUR)[0].time_ms == T0 + 1_000


@pytest.mark.parametrize("size", ["33.333", "37.777", "41.111", "43.219"])
def test_of_positions_that_fall_together_nothing_is_left_over(size: str):
    market = new_market()
    exchange = free_exchange(market, rules=Rules(hedge=True), balances={"perp": {"USDT": D("9999.99999999")}})
    exchange.place(buy(PERP, "0.7", position_side=LONG), T0)
    exchange.place(sell(PERP, "0.013", position_side=SHORT), T0)
    exchange.place(buy(ETH, size, position_side=LONG), T0)
    market.move(ETH, T0 + 1_000, "1733.33")
    market.move(PERP, T0 + 2_000, "45111.1")
    assert len(exchange.liquidations(T0 + 2_000)) == 3
    assert cash(exchange, T0 + 2_000) == 0


def test_a_sale_far_below_the_mark_can_end_in_liquidation_at_once():
    market = new_market()
    exchange = free_exchange(market, balances={"perp": {"USDT": D(7_500)}})
    exchange.place(buy(PERP, "2"), T0)
    market.move(PERP, T0 + 1_000, "46000", "50000")
    exchange.place(sell(PERP, "1.9"), T0 + 1_000)
    assert [record.qty for record in exchange._account.liquidations] == [D("0.1")]
    assert cash(exchange, T0 + 1_000) == 0
    assert exchange.system_accounts().insurance["USDT"] < 0


def test_a_gap_beyond_bankruptcy_is_the_insurance_funds_loss():
    market = new_market()
    exchange = free_exchange(market)
    exchange.place(sell(PERP, "2", "50000"), T0)
    market.move(PERP, T0 + 1_000, "60000")
    (record,) = exchange.liquidations(T0 + 1_000)
    assert (record.price, record.insurance, record.realised_pnl) == (55_000, -10_000, -10_000)
    assert cash(exchange, T0 + 1_000) == 0


def test_cross_positions_fall_together_and_an_isolated_one_alone():
    market = new_market()
    exchange = free_exchange(market)
    exchange.set_margin_mode(PERP, ISOLATED, T0)
    exchange.place(buy(PERP, "1", "50000.1"), T0)
    exchange.place(buy(ETH, "20"), T0)
    market.move(PERP, T0 + 1_000, "47000")
    (record,) = exchange.liquidations(T0 + 1_000)
    assert (record.key, record.realised_pnl) == (PERP, D("-2500.005"))
    assert [p.key for p in exchange.positions(T0 + 1_000)] == [ETH]
    assert cash(exchange, T0 + 1_000) == 10_000 - D("2500.005")

    market = new_market()
    both = free_exchange(market)
    both.place(buy(PERP, "1"), T0)
    both.place(buy(ETH, "50"), T0)
    market.move(ETH, T0 + 1_000, "1900")
    assert len(both.positions(T0 + 1_000)) == 2
    market.move(PERP, T0 + 2_000, "45000")
    assert len(both.liquidations(T0 + 2_000)) == 2
    assert both.positions(T0 + 2_000) == ()
    assert cash(both, T0 + 2_000) == 0
    assert net(both.totals()) == {"USDT": 10_000}


def test_a_profit_that_is_not_realised_carries_a_realised_loss():
    market = new_market()
    exchange = free_exchange(market, rules=Rules(hedge=True))
    exchange.place(buy(PERP, "1", position_side=LONG), T0)
    exchange.place(sell(PERP, "1", position_side=SHORT), T0)
    market.move(PERP, T0 + 1_000, "35000")
    exchange.place(sell(PERP, "1", position_side=LONG), T0 + 1_000)
    balance = exchange.balance("perp", "USDT", T0 + 1_000)
    assert balance.free == 10_000 - D("15000.1")
    account = exchange.margin_account(T0 + 1_000)
    assert account.margin_balance == D("9999.9")
    assert account.max_withdraw == 0
    exchange.place(buy(PERP, "1", position_side=SHORT), T0 + 1_000)
    assert exchange.balance("perp", "USDT", T0 + 1_000).free == D("9999.8")


def test_positions_and_liquidation_prices_are_those_of_binances_worked_example():
    # https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93 as of 2021
    market = new_market()
    listings = {
        key: replace(FREE[key], tiers=OLD_BTC if key == PERP else OLD_ETH, max_qty=D(10_000), tick=D("0.01"))
        for key in (PERP, ETH)
    }
    exchange = new_exchange(market, balances={"perp": {"USDT": WALLET}}, listings=listings)
    market.level_qty = D(100_000)
    for key, qty, entry, mark, leverage in (
        (PERP, "109.488", "32481.98", "31967.27", 20),
        (ETH, "3683.979", "1456.84", "1335.18", 4),
    ):
        exchange.set_leverage(key, D(leverage), T0)
        market.move(key, T0 + 1_000, D(entry) - LISTINGS[key].tick, entry)
        exchange.place(buy(key, qty, entry), T0 + 1_000)
        market.move(key, T0 + 2_000, mark)
    btc, eth = exchange.positions(T0 + 3_000)
    assert (btc.entry_price, eth.entry_price) == (D("32481.98"), D("1456.84"))
    assert round(btc.maintenance_margin, 5) == D("71200.81144")
    assert round(eth.maintenance_margin, 3) == D("356512.508")
    assert round(btc.unrealised, 2) == D("-56354.57")
    assert round(eth.unrealised, 2) == D("-448192.89")
    assert btc.liquidation_price is not None
    assert eth.liquidation_price is not None
    assert round(btc.liquidation_price, 2) == D("26316.89")
    assert round(eth.liquidation_price, 2) == D("1153.26")
