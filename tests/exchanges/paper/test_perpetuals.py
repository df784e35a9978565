"""Positions: one-way and hedge, reduce-only and close-position orders."""

import pytest

from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import (
    OrderRequest,
    OrderStatus,
    OrderType,
    PositionSide,
    Rules,
    Side,
    TriggerBy,
)
from tests.exchanges.paper.perpetuals import (
    BOTH,
    CASH,
    LONG,
    SHORT,
    D,
    cash,
    free_exchange,
)
from tests.exchanges.paper.scripted import (
    PERP,
    SPOT,
    T0,
    buy,
    new_exchange,
    new_market,
    refused,
    request,
    sell,
    state_of,
)

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
