"""Positions: one-way and hedge, cross and isolated, margin, funding, liquidation."""

from dataclasses import replace
from decimal import Decimal

import pytest

from blave_mcp.exchanges.paper.market import StalePrice
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import (
    EntryKind,
    MarginMode,
    OrderRequest,
    OrderStatus,
    OrderType,
    PositionSide,
    Rules,
    Side,
    TriggerBy,
)
from tests.exchanges.paper.scripted import (
    ETH,
    HOUR,
    LISTINGS,
    PERP,
    SPOT,
    T0,
    ScriptedMarket,
    buy,
    net,
    new_exchange,
    new_market,
    refused,
    request,
    sell,
    state_of,
)
from tests.exchanges.paper.test_margin import OLD_BTC, OLD_ETH, WALLET

D = Decimal
BOTH, LONG, SHORT = PositionSide.BOTH, PositionSide.LONG, PositionSide.SHORT
ISOLATED, CROSS = MarginMode.ISOLATED, MarginMode.CROSS
CASH = {"perp": {"USDT": D(10_000)}}
FREE = {
    key: replace(x, maker_fee=D(0), taker_fee=D(0), band_up=D(10), band_down=D("0.01")) for key, x in LISTINGS.items()
}
"""Without fees, so that sums can be done in the head."""


def free_exchange(market=None, rules=None, balances=CASH):
    return new_exchange(market, rules=rules, balances=balances, listings=FREE)


def cash(exchange, now_ms: int = T0) -> Decimal:
    return exchange.balance("perp", "USDT", now_ms).total


# Positions


def test_entries_are_averaged_and_a_reduction_realises_its_part():
    market = new_market()
    exchange = free_exchange(market)
    exchange.place(buy(PERP, "1", "50000.1"), T0)
    market.move(PERP, T0 + 1_000, "51000.1")
    exchange.place(buy(PERP, "1", "51000.2"), T0 + 1_000)
    position = exchange.positions(T0 + 1_000)[0]
    assert (position.qty, position.entry_price) == (2, D("50500.15"))
    assert position.unrealised == 2 * (D("51000.1") - D("50500.15"))
    exchange.place(sell(PERP, "0.5"), T0 + 1_000)
    position = exchange.positions(T0 + 1_000)[0]
    assert (position.qty, position.entry_price) == (D("1.5"), D("50500.15"))
    assert position.realised_pnl == D("0.5") * (D("51000.1") - D("50500.15"))
    assert cash(exchange, T0 + 1_000) == 10_000 + position.realised_pnl


def test_in_one_way_mode_a_larger_order_turns_the_position_over():
    exchange = free_exchange()
    exchange.place(buy(PERP, "1"), T0)
    first = exchange.positions(T0)[0]
    exchange.place(sell(PERP, "1.5"), T0)
    position = exchange.positions(T0)[0]
    assert (position.qty, position.entry_price, position.position_side) == (D("-0.5"), 50_000, BOTH)
    assert position.id != first.id
    assert cash(exchange) == 10_000 - D("0.1")


def test_break_even_is_the_entry_and_the_fees_paid_for_what_is_open():
    exchange = new_exchange(balances=CASH)
    exchange.place(buy(PERP, "1"), T0)
    position = exchange.positions(T0)[0]
    assert position.break_even == D("50000.1") * (1 + D("0.0005"))
    exchange.place(sell(PERP, "0.5"), T0)
    assert exchange.positions(T0)[0].break_even == position.break_even


def test_empty_legs_are_shown_when_asked_for():
    exchange = new_exchange()
    assert exchange.positions(T0) == ()
    (empty,) = exchange.positions(T0, key=PERP, include_empty=True)
    assert (empty.qty, empty.leverage, empty.liquidation_price) == (D(0), D(20), None)
    assert exchange.positions(T0, key=SPOT, include_empty=True) == ()
    exchange.set_hedge(True, T0)
    assert [p.position_side for p in exchange.positions(T0, key=PERP, include_empty=True)] == [LONG, SHORT]


def test_hedge_legs_live_side_by_side():
    exchange = free_exchange(rules=Rules(hedge=True))
    exchange.place(buy(PERP, "1", position_side=LONG), T0)
    exchange.place(sell(PERP, "0.4", position_side=SHORT), T0)
    assert {p.position_side: p.qty for p in exchange.positions(T0)} == {LONG: 1, SHORT: D("-0.4")}
    exchange.place(sell(PERP, "1", position_side=LONG), T0)
    assert {p.position_side: p.qty for p in exchange.positions(T0)} == {SHORT: D("-0.4")}
    assert refused(exchange, buy(PERP, "0.5", position_side=SHORT)) is Reason.REDUCE_ONLY_REJECTED
    assert refused(exchange, sell(PERP, "0.5", position_side=LONG)) is Reason.REDUCE_ONLY_REJECTED
    opening = sell(PERP, "0.5", position_side=SHORT, reduce_only=True)
    assert refused(exchange, opening) is Reason.REDUCE_ONLY_REJECTED


@pytest.mark.parametrize(("hedge", "side"), [(False, LONG), (False, SHORT), (True, BOTH)])
def test_the_position_side_has_to_fit_the_mode(hedge: bool, side: PositionSide):
    exchange = new_exchange(rules=Rules(hedge=hedge))
    assert refused(exchange, buy(PERP, "0.1", position_side=side)) is Reason.POSITION_SIDE_MISMATCH


def test_the_position_mode_changes_only_with_nothing_open():
    exchange = new_exchange()
    reasons = []

    def attempt(hedge: bool) -> None:
        with pytest.raises(PaperRefusal) as caught:
            exchange.set_hedge(hedge, T0)
        reasons.append(caught.value.reason)

    attempt(False)
    order = exchange.place(buy(PERP, "0.1", "49000"), T0)
    attempt(True)
    exchange.cancel(PERP, T0, order_id=order.id)
    exchange.place(buy(PERP, "0.1"), T0)
    attempt(True)
    exchange.place(sell(PERP, "0.1"), T0)
    exchange.place(buy(SPOT, "0.1", "49000"), T0)
    exchange.set_hedge(True, T0)
    assert exchange.hedge
    assert reasons == [
        Reason.POSITION_MODE_UNCHANGED,
        Reason.POSITION_MODE_HAS_ORDERS,
        Reason.POSITION_MODE_HAS_POSITION,
    ]


# Reduce-only, close-position


def test_reduce_only_needs_a_position_to_reduce():
    exchange = free_exchange()
    assert refused(exchange, sell(PERP, "0.1", reduce_only=True)) is Reason.REDUCE_ONLY_REJECTED
    exchange.place(buy(PERP, "0.5"), T0)
    assert refused(exchange, buy(PERP, "0.1", reduce_only=True)) is Reason.REDUCE_ONLY_REJECTED
    order = exchange.place(sell(PERP, "2", reduce_only=True), T0)
    assert (order.status, order.executed, order.reason) == (OrderStatus.EXPIRED, D("0.5"), Reason.POSITION_CLOSED)
    assert exchange.positions(T0) == ()


def test_a_resting_reduce_only_order_ends_with_its_position():
    exchange = free_exchange()
    exchange.place(buy(PERP, "0.5"), T0)
    resting = exchange.place(sell(PERP, "0.5", "51000", reduce_only=True), T0)
    exchange.place(sell(PERP, "0.5"), T0)
    done = state_of(exchange, resting, T0)
    assert (done.status, done.reason) == (OrderStatus.EXPIRED, Reason.POSITION_CLOSED)


def test_a_reduce_only_order_fills_only_what_is_left_to_close():
    market = new_market()
    exchange = free_exchange(market)
    exchange.place(buy(PERP, "0.5"), T0)
    resting = exchange.place(sell(PERP, "0.5", "51000", reduce_only=True), T0)
    exchange.place(sell(PERP, "0.3"), T0)
    market.move(PERP, T0 + 1_000, "51000")
    done = state_of(exchange, resting, T0 + 1_000)
    assert (done.status, done.executed) == (OrderStatus.EXPIRED, D("0.2"))
    assert exchange.positions(T0 + 1_000) == ()


def stop(qty: str | None, trigger: str, **more: object) -> OrderRequest:
    return request(PERP, Side.SELL, OrderType.STOP_MARKET, qty, trigger_price=trigger, **more)


def test_close_position_closes_whatever_is_open_when_it_triggers():
    market = new_market()
    exchange = free_exchange(market)
    order = exchange.place(stop(None, "49000", close_position=True), T0)
    assert refused(exchange, stop(None, "48000", close_position=True)) is Reason.CLOSE_POSITION_EXISTS
    exchange.place(buy(PERP, "0.7"), T0)
    market.move(PERP, T0 + 1_000, "49000")
    done = state_of(exchange, order, T0 + 1_000)
    assert (done.status, done.qty, done.executed) == (OrderStatus.FILLED, D("0.7"), D("0.7"))
    assert exchange.positions(T0 + 1_000) == ()


def test_close_position_without_a_position_expires_when_it_triggers():
    market = new_market()
    exchange = free_exchange(market)
    order = exchange.place(stop(None, "49000", close_position=True), T0)
    market.move(PERP, T0 + 1_000, "49000")
    done = state_of(exchange, order, T0 + 1_000)
    assert (done.status, done.reason) == (OrderStatus.EXPIRED, Reason.POSITION_CLOSED)


def test_an_order_tied_to_its_position_ends_with_it_and_others_wait_on():
    exchange = free_exchange()
    exchange.place(buy(PERP, "0.5"), T0)
    tied = exchange.place(stop("0.5", "49000", reduce_only=True, tied_to_position=True), T0)
    loose = exchange.place(stop("0.5", "48000", reduce_only=True), T0)
    exchange.place(sell(PERP, "0.5"), T0)
    assert state_of(exchange, tied, T0).status is OrderStatus.EXPIRED
    assert state_of(exchange, loose, T0).status is OrderStatus.NEW


def test_a_trigger_may_listen_to_the_mark_price():
    market = new_market()
    exchange = free_exchange(market)
    exchange.place(buy(PERP, "0.5"), T0)
    by_mark = exchange.place(stop("0.2", "49000", trigger_by=TriggerBy.MARK), T0)
    by_last = exchange.place(stop("0.2", "49000"), T0)
    market.move(PERP, T0 + 1_000, "49500", "49000")
    assert state_of(exchange, by_mark, T0 + 1_000).status is OrderStatus.FILLED
    assert state_of(exchange, by_last, T0 + 1_000).status is OrderStatus.NEW
    market.move(PERP, T0 + 2_000, "49000", "49500")
    assert state_of(exchange, by_last, T0 + 2_000).status is OrderStatus.FILLED


# Margin


def test_an_opening_order_needs_margin_and_a_reducing_one_never_does():
    exchange = free_exchange()
    # 20x on 10,000 pays for 200,000; the loss against the mark at once counts as well.
    assert refused(exchange, buy(PERP, "4")) is Reason.INSUFFICIENT_MARGIN
    exchange.place(buy(PERP, "3.9"), T0)
    account = exchange.margin_account(T0)
    assert account.position_initial_margin == D("3.9") * 50_000 / 20
    assert account.available == 10_000 - D("3.9") * D("0.1") - account.position_initial_margin
    assert refused(exchange, buy(PERP, "0.3")) is Reason.INSUFFICIENT_MARGIN
    assert exchange.place(sell(PERP, "3"), T0).status is OrderStatus.FILLED


def test_turning_over_needs_margin_only_for_what_is_larger_than_before():
    exchange = free_exchange()
    exchange.place(buy(PERP, "3"), T0)
    assert exchange.place(sell(PERP, "6.5"), T0).status is OrderStatus.FILLED
    assert exchange.positions(T0)[0].qty == D("-3.5")
    assert refused(exchange, buy(PERP, "8")) is Reason.INSUFFICIENT_MARGIN


def test_resting_orders_hold_margin_and_conditional_ones_do_not():
    exchange = free_exchange()
    exchange.place(buy(PERP, "2", "48000"), T0)
    exchange.place(sell(PERP, "1", "52000"), T0)
    exchange.place(request(PERP, Side.BUY, OrderType.STOP_MARKET, "3", trigger_price="52000"), T0)
    account = exchange.margin_account(T0)
    # The larger side alone: both cannot fill from one price.
    assert (account.order_initial_margin, account.available) == (4_800, 5_200)
    assert exchange.transferable("perp", "USDT", T0) == 5_200


def test_a_reduction_frees_margin_and_unrealised_profit_counts_but_cannot_be_taken_out():
    market = new_market()
    exchange = free_exchange(market)
    exchange.place(buy(PERP, "2", "50000.1"), T0)
    market.move(PERP, T0 + 1_000, "60000.1")
    account = exchange.margin_account(T0 + 1_000)
    assert account.unrealised == 20_000
    assert account.available == 10_000 + 20_000 - D("6000.01")
    assert account.max_withdraw == 10_000


def test_a_price_worse_than_the_mark_costs_its_loss_as_well_as_margin():
    market = new_market()
    exchange = free_exchange(market)
    market.move(PERP, T0 + 1_000, "50000", "48000")
    # 3 at 50000.1 need 7,500 of margin, and lose 6,000 against the mark at once.
    assert refused(exchange, buy(PERP, "3"), T0 + 1_000) is Reason.INSUFFICIENT_MARGIN
    assert exchange.place(sell(PERP, "3"), T0 + 1_000).status is OrderStatus.FILLED


def test_an_amended_order_does_not_need_margin_twice():
    exchange = free_exchange()
    order = exchange.place(buy(PERP, "3.9", "49000"), T0)
    assert exchange.amend(PERP, T0, order_id=order.id, price=D(49_500)).price == 49_500
    with pytest.raises(PaperRefusal) as caught:
        exchange.amend(PERP, T0, order_id=order.id, qty=D("4.1"))
    assert caught.value.reason is Reason.INSUFFICIENT_MARGIN


def test_a_position_that_the_market_has_made_too_large_can_still_be_made_smaller():
    market = new_market()
    exchange = free_exchange(market, balances={"perp": {"USDT": D(100_000)}})
    exchange.set_leverage(PERP, D(125), T0)
    exchange.place(buy(PERP, "0.9"), T0)
    market.move(PERP, T0 + 1_000, "60000")
    assert refused(exchange, buy(PERP, "0.01"), T0 + 1_000) is Reason.MAX_POSITION
    assert exchange.place(sell(PERP, "0.5"), T0 + 1_000).status is OrderStatus.FILLED


def test_a_profit_elsewhere_does_not_pay_for_an_isolated_position():
    market = new_market()
    exchange = free_exchange(market)
    exchange.set_margin_mode(PERP, ISOLATED, T0)
    exchange.place(buy(ETH, "90"), T0)
    market.move(ETH, T0 + 1_000, "2500")
    assert exchange.margin_account(T0 + 1_000).available > 30_000
    assert refused(exchange, buy(PERP, "5"), T0 + 1_000) is Reason.INSUFFICIENT_MARGIN
    assert exchange.place(buy(PERP, "3"), T0 + 1_000).status is OrderStatus.FILLED


def test_a_position_cannot_outgrow_what_its_leverage_allows():
    exchange = free_exchange(balances={"perp": {"USDT": D(10_000_000)}})
    exchange.set_leverage(PERP, D(125), T0)
    assert exchange.settings(PERP).max_notional == 50_000
    assert refused(exchange, buy(PERP, "1.1")) is Reason.MAX_POSITION
    exchange.place(buy(PERP, "0.9"), T0)
    assert refused(exchange, buy(PERP, "0.2", "49000")) is Reason.MAX_POSITION
    assert exchange.place(sell(PERP, "0.9", "51000"), T0).status is OrderStatus.NEW


@pytest.mark.parametrize(
    ("leverage", "reason"),
    [
        ("0", Reason.LEVERAGE_INVALID),
        ("126", Reason.LEVERAGE_INVALID),
        ("125", Reason.LEVERAGE_TOO_HIGH),
        ("2", Reason.LEVERAGE_NEEDS_MARGIN),
    ],
)
def test_leverage_is_refused_where_the_position_forbids_it(leverage: str, reason: Reason):
    exchange = free_exchange()
    exchange.place(buy(PERP, "2"), T0)
    before = exchange.to_json()
    with pytest.raises(PaperRefusal) as caught:
        exchange.set_leverage(PERP, D(leverage), T0)
    assert caught.value.reason is reason
    assert exchange.to_json() == before
    assert exchange.set_leverage(PERP, D(50), T0).leverage == 50


def test_raising_the_leverage_is_never_a_matter_of_margin():
    market = new_market()
    exchange = free_exchange(market)
    exchange.place(buy(PERP, "3.5"), T0)
    market.move(PERP, T0 + 1_000, "49500")
    assert exchange.margin_account(T0 + 1_000).available == 0
    assert exchange.set_leverage(PERP, D(25), T0 + 1_000).leverage == 25


def test_the_margin_mode_changes_only_with_nothing_open_in_the_listing():
    exchange = free_exchange()
    reasons = []

    def attempt(mode: MarginMode) -> None:
        with pytest.raises(PaperRefusal) as caught:
            exchange.set_margin_mode(PERP, mode, T0)
        reasons.append(caught.value.reason)

    attempt(CROSS)
    order = exchange.place(buy(PERP, "0.1", "49000"), T0)
    attempt(ISOLATED)
    exchange.cancel(PERP, T0, order_id=order.id)
    exchange.place(buy(PERP, "0.1"), T0)
    attempt(ISOLATED)
    assert exchange.set_margin_mode(ETH, ISOLATED, T0).margin_mode is ISOLATED
    assert reasons == [
        Reason.MARGIN_MODE_UNCHANGED,
        Reason.MARGIN_MODE_HAS_ORDERS,
        Reason.MARGIN_MODE_HAS_POSITION,
    ]


def isolated_exchange(market=None):
    exchange = free_exchange(market)
    exchange.set_margin_mode(PERP, ISOLATED, T0)
    exchange.place(buy(PERP, "1", "50000.1"), T0)
    return exchange


def test_an_isolated_position_has_its_own_margin():
    exchange = isolated_exchange()
    position = exchange.positions(T0)[0]
    assert position.isolated_margin == D("2500.005")
    balance = exchange.balance("perp", "USDT", T0)
    assert (balance.free, balance.locked) == (D("7499.995"), D("2500.005"))
    exchange.place(sell(PERP, "0.4"), T0)
    assert exchange.positions(T0)[0].isolated_margin == D("1500.003")


def test_margin_is_added_to_and_taken_from_an_isolated_position():
    exchange = isolated_exchange()
    more = exchange.adjust_margin(PERP, D(1_000), T0)
    assert more.isolated_margin == D("3500.005")
    before = exchange.positions(T0)[0].liquidation_price
    less = exchange.adjust_margin(PERP, D(-900), T0)
    assert less.isolated_margin == D("2600.005")
    assert before is not None
    assert less.liquidation_price is not None
    assert less.liquidation_price > before


@pytest.mark.parametrize(
    ("key", "amount", "reason"),
    [
        (PERP, "0", Reason.BAD_AMOUNT),
        (PERP, "0.000000001", Reason.BAD_AMOUNT),
        (PERP, "7500", Reason.INSUFFICIENT_MARGIN),
        (PERP, "-0.1", Reason.ISOLATED_MARGIN_INSUFFICIENT),
        (ETH, "1", Reason.NO_POSITION),
    ],
)
def test_isolated_margin_is_refused_where_it_is_not_there_or_not_spare(key: str, amount: str, reason: Reason):
    exchange = isolated_exchange()
    with pytest.raises(PaperRefusal) as caught:
        exchange.adjust_margin(key, D(amount), T0)
    assert caught.value.reason is reason


def test_a_cross_position_has_no_margin_of_its_own_to_adjust():
    exchange = free_exchange()
    exchange.place(buy(PERP, "1"), T0)
    with pytest.raises(PaperRefusal) as caught:
        exchange.adjust_margin(PERP, D(1), T0)
    assert caught.value.reason is Reason.NOT_ISOLATED


def test_an_isolated_position_does_not_lower_its_leverage():
    exchange = isolated_exchange()
    with pytest.raises(PaperRefusal) as caught:
        exchange.set_leverage(PERP, D(10), T0)
    assert caught.value.reason is Reason.LEVERAGE_NEEDS_MARGIN
    assert exchange.set_leverage(PERP, D(40), T0).leverage == 40


def test_an_isolated_loss_beyond_its_margin_is_the_insurance_funds():
    market = new_market()
    exchange = isolated_exchange(market)
    # The book is far below the mark: the sale loses more than the 2,500 set aside.
    market.move(PERP, T0 + 1_000, "46000.1", "50000")
    exchange.place(sell(PERP, "1"), T0 + 1_000)
    assert cash(exchange, T0 + 1_000) == 10_000 - D("2500.005")
    assert exchange.system_accounts().insurance == {"USDT": D("-1499.995")}
    assert net(exchange.totals()) == {"USDT": 10_000}


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


# Wallets


def test_transfers_move_what_is_free_and_no_more():
    exchange = free_exchange()
    exchange.transfer("USDT", D("2500.5"), source="perp", target="spot", now_ms=T0, tag="x")
    (done,) = exchange.transfers(T0)
    assert (done.amount, done.source, done.target, done.tag) == (D("2500.5"), "perp", "spot", "x")
    assert exchange.balance("spot", "USDT", T0).free == D("2500.5")
    exchange.place(buy(PERP, "2"), T0)
    spare = exchange.transferable("perp", "USDT", T0)
    assert spare == 7_500 - D("0.5") - D("0.2") - 5_000
    for amount, source, target, reason in (
        (spare + D("0.00000001"), "perp", "spot", Reason.INSUFFICIENT_BALANCE),
        (D(1), "nowhere", "spot", Reason.INSUFFICIENT_BALANCE),
        (D(1), "spot", "spot", Reason.SAME_WALLET),
        (D(-1), "perp", "spot", Reason.BAD_AMOUNT),
        (D("1e-9"), "perp", "spot", Reason.BAD_AMOUNT),
    ):
        with pytest.raises(PaperRefusal) as caught:
            exchange.transfer("USDT", amount, source=source, target=target, now_ms=T0)
        assert caught.value.reason is reason
    exchange.transfer("USDT", spare, source="perp", target="spot", now_ms=T0)
    assert exchange.margin_account(T0).available == 0


def test_what_is_held_cannot_be_spent_until_it_is_released():
    exchange = new_exchange()
    exchange.hold("spot", "USDT", D(49_000), now_ms=T0)
    assert refused(exchange, buy(SPOT, "0.1", "49000")) is Reason.INSUFFICIENT_BALANCE
    with pytest.raises(PaperRefusal) as caught:
        exchange.release("spot", "USDT", D(49_001), now_ms=T0)
    assert caught.value.reason is Reason.NOT_HELD
    exchange.release("spot", "USDT", D(49_000), now_ms=T0)
    assert exchange.place(buy(SPOT, "0.1", "49000"), T0).status is OrderStatus.NEW


def test_the_house_pays_interest_and_collects_it():
    exchange = new_exchange()
    exchange.pay("funding", "USDT", D(5), now_ms=T0)
    exchange.pay("spot", "USDT", D(-2), now_ms=T0)
    assert exchange.balance("funding", "USDT", T0).free == 5
    assert exchange.system_accounts().house == {"USDT": -3}
    with pytest.raises(PaperRefusal) as caught:
        exchange.pay("funding", "USDT", D(-6), now_ms=T0)
    assert caught.value.reason is Reason.INSUFFICIENT_BALANCE


def test_in_a_unified_account_spot_cannot_spend_what_positions_need():
    rules = Rules(spot_wallet="unified", perp_wallet="unified")
    exchange = free_exchange(rules=rules, balances={"unified": {"USDT": D(10_000)}})
    exchange.place(buy(PERP, "3"), T0)
    assert refused(exchange, buy(SPOT, "0.06")) is Reason.INSUFFICIENT_BALANCE
    exchange.place(buy(SPOT, "0.0499"), T0)
    assert exchange.margin_account(T0).available < 10
    assert exchange.balance("unified", "BTC", T0).free == D("0.0499")
