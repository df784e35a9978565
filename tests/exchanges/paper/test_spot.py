"""Orders on spot: what fills, what waits, what is refused, and what the wallet says meanwhile."""

from decimal import Decimal

import pytest

from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import (
    EntryKind,
    OrderRequest,
    OrderStatus,
    OrderType,
    PositionSide,
    Product,
    Rules,
    Side,
    TimeInForce,
    TriggerBy,
)
from tests.exchanges.paper.scripted import (
    PERP,
    SPOT,
    T0,
    buy,
    net,
    new_exchange,
    new_market,
    refused,
    request,
    sell,
    state_of,
)

D = Decimal
NEW, FILLED, CANCELED, EXPIRED = OrderStatus.NEW, OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED


def test_a_market_buy_walks_the_book_and_pays_its_fee_in_base():
    market = new_market()
    market.level_qty = D("0.3")
    exchange = new_exchange(market)
    order = exchange.place(buy(SPOT, "0.5"), T0)
    assert (order.status, order.executed) == (FILLED, D("0.5"))
    assert order.quote == D("0.3") * D("50000.01") + D("0.2") * D("50000.02")
    assert [(f.price, f.qty, f.commission, f.commission_asset) for f in exchange.fills(T0)] == [
        (D("50000.01"), D("0.3"), D("0.0003"), "BTC"),
        (D("50000.02"), D("0.2"), D("0.0002"), "BTC"),
    ]
    assert exchange.balance("spot", "USDT", T0).free == 50_000 - order.quote
    assert exchange.balance("spot", "BTC", T0).free == D("1.4995")


def test_fees_and_the_other_side_of_each_fill_go_to_accounts_of_their_own():
    exchange = new_exchange()
    order = exchange.place(buy(SPOT, "0.5"), T0)
    accounts = exchange.system_accounts()
    assert accounts.fees == {"BTC": D("0.0005")}
    assert accounts.house == {"BTC": D("-0.5"), "USDT": order.quote}
    assert accounts.insurance == {}
    assert net(exchange.totals()) == {"USDT": 100_000, "BTC": 1}


def test_a_market_sell_pays_its_fee_in_quote():
    exchange = new_exchange()
    exchange.place(sell(SPOT, "0.1"), T0)
    assert exchange.balance("spot", "USDT", T0).free == 50_000 + 5_000 - 5
    assert exchange.balance("spot", "BTC", T0).free == D("0.9")


def test_a_venue_may_always_charge_quote():
    exchange = new_exchange(rules=Rules(spot_fee_in="quote"))
    order = exchange.place(buy(SPOT, "0.1"), T0)
    fill = exchange.fills(T0)[0]
    assert (fill.commission_asset, fill.commission) == ("USDT", order.quote / 1000)
    assert exchange.balance("spot", "BTC", T0).free == D("1.1")
    assert refused(exchange, buy(SPOT, "0.8999", "50000")) is Reason.INSUFFICIENT_BALANCE


def test_a_market_order_can_be_sized_in_quote():
    exchange = new_exchange()
    order = exchange.place(buy(SPOT, quote_qty="1000"), T0)
    assert order.status is FILLED
    # As many steps of 0.00001 as 1000 buys at 50000.01.
    assert (order.qty, order.executed) == (D("0.01999"), D("0.01999"))
    back = exchange.place(sell(SPOT, quote_qty="500"), T0)
    assert back.executed == D("0.01")


def test_a_limit_order_locks_what_it_will_pay_and_fills_as_maker_at_its_own_price():
    market = new_market()
    exchange = new_exchange(market)
    order = exchange.place(buy(SPOT, "0.5", "49000"), T0)
    assert order.status is NEW
    balance = exchange.balance("spot", "USDT", T0)
    assert (balance.free, balance.locked) == (D(25_500), D(24_500))
    market.move(SPOT, T0 + 1_000, "49000.01")
    assert state_of(exchange, order, T0 + 1_500).status is NEW
    market.move(SPOT, T0 + 2_000, "48000")
    done = state_of(exchange, order, T0 + 5_000)
    assert (done.status, done.average, done.updated_ms) == (FILLED, D(49_000), T0 + 2_000)
    assert exchange.fills(T0 + 5_000)[0].maker
    assert exchange.balance("spot", "USDT", T0 + 5_000).locked == 0


def test_a_limit_order_that_crosses_takes_what_is_there_and_rests_with_the_remainder():
    market = new_market()
    market.levels, market.level_qty = 2, D("0.1")
    exchange = new_exchange(market)
    order = exchange.place(buy(SPOT, "0.5", "50000.01"), T0)
    assert (order.status, order.executed, order.remaining) == (OrderStatus.PARTIALLY_FILLED, D("0.1"), D("0.4"))
    assert exchange.balance("spot", "USDT", T0).locked == D("0.4") * D("50000.01")


@pytest.mark.parametrize(
    ("tif", "price", "status", "executed", "reason"),
    [
        (TimeInForce.IOC, "50000.01", EXPIRED, "0.1", Reason.IOC_REMAINDER),
        (TimeInForce.IOC, "49000", EXPIRED, "0", Reason.IOC_REMAINDER),
        (TimeInForce.IOC, "50001", FILLED, "0.2", None),
        (TimeInForce.FOK, "50000.01", EXPIRED, "0", Reason.FOK_NOT_FILLABLE),
        (TimeInForce.FOK, "50000.02", FILLED, "0.2", None),
    ],
)
def test_ioc_takes_what_it_can_and_fok_all_or_nothing(
    tif: TimeInForce, price: str, status: OrderStatus, executed: str, reason: Reason | None
):
    market = new_market()
    market.level_qty = D("0.1")
    exchange = new_exchange(market)
    order = exchange.place(buy(SPOT, "0.2", price, tif=tif), T0)
    assert (order.status, order.executed, order.reason) == (status, D(executed), reason)
    assert exchange.balance("spot", "USDT", T0).locked == 0


def test_a_market_order_larger_than_the_book_fills_in_part():
    market = new_market()
    market.level_qty, market.levels = D("0.01"), 3
    exchange = new_exchange(market)
    order = exchange.place(buy(SPOT, "0.05"), T0)
    assert (order.status, order.executed, order.reason) == (EXPIRED, D("0.03"), Reason.IOC_REMAINDER)


def test_post_only_rests_or_is_refused():
    exchange = new_exchange()
    assert exchange.place(buy(SPOT, "0.1", "50000", post_only=True), T0).status is NEW
    assert refused(exchange, buy(SPOT, "0.1", "50000.01", post_only=True)) is Reason.POST_ONLY_WOULD_TAKE
    assert refused(exchange, sell(SPOT, "0.1", "50000", post_only=True)) is Reason.POST_ONLY_WOULD_TAKE


def test_on_some_venues_post_only_that_would_take_expires():
    exchange = new_exchange(rules=Rules(post_only="expire"))
    order = exchange.place(buy(SPOT, "0.1", "50000.01", post_only=True), T0)
    assert (order.status, order.executed, order.reason) == (EXPIRED, D(0), Reason.POST_ONLY_WOULD_TAKE)


@pytest.mark.parametrize(
    ("type_", "side", "trigger", "price", "quiet", "fires"),
    [
        (OrderType.STOP_MARKET, Side.SELL, "49000", None, "49000.01", "49000"),
        (OrderType.STOP_MARKET, Side.BUY, "51000", None, "50999.99", "51000"),
        (OrderType.TAKE_PROFIT_MARKET, Side.SELL, "51000", None, "50999.99", "51000"),
        (OrderType.TAKE_PROFIT_MARKET, Side.BUY, "49000", None, "49000.01", "49000"),
        (OrderType.STOP_LIMIT, Side.SELL, "49000", "48900", "49000.01", "49000"),
        (OrderType.TAKE_PROFIT_LIMIT, Side.BUY, "49000", "49500", "49000.01", "49000"),
    ],
)
def test_a_conditional_order_waits_for_its_trigger_and_then_takes(
    *, type_: OrderType, side: Side, trigger: str, price: str | None, quiet: str, fires: str
):
    market = new_market()
    exchange = new_exchange(market)
    prices = {} if price is None else {"price": price}
    order = exchange.place(request(SPOT, side, type_, "0.1", trigger_price=trigger, **prices), T0)
    assert (order.status, order.waits_for_trigger) == (NEW, True)
    market.move(SPOT, T0 + 1_000, quiet)
    assert state_of(exchange, order, T0 + 1_000).waits_for_trigger
    market.move(SPOT, T0 + 2_000, fires)
    done = state_of(exchange, order, T0 + 3_000)
    assert (done.status, done.triggered_ms, done.executed) == (FILLED, T0 + 2_000, D("0.1"))
    assert not exchange.fills(T0 + 3_000)[0].maker


def test_a_stop_limit_whose_price_is_left_behind_rests():
    market = new_market()
    exchange = new_exchange(market)
    stop = request(SPOT, Side.SELL, OrderType.STOP_LIMIT, "0.1", trigger_price="49000", price="48900")
    order = exchange.place(stop, T0)
    market.move(SPOT, T0 + 1_000, "48000")
    triggered = state_of(exchange, order, T0 + 1_000)
    assert (triggered.status, triggered.waits_for_trigger, triggered.triggered_ms) == (NEW, False, T0 + 1_000)
    market.move(SPOT, T0 + 2_000, "48900")
    assert state_of(exchange, order, T0 + 2_000).average == 48_900


def test_a_trailing_stop_follows_the_best_price_since_its_activation():
    market = new_market()
    exchange = new_exchange(market)
    trailing = request(SPOT, Side.SELL, OrderType.TRAILING_STOP, "0.1", activation_price="51000", callback_rate="0.01")
    order = exchange.place(trailing, T0)
    for second, price in enumerate(("49000", "50990", "51000", "52000", "51480.01"), 1):
        market.move(SPOT, T0 + second * 1_000, price)
    waiting = state_of(exchange, order, T0 + 6_000)
    assert (waiting.status, waiting.extreme) == (NEW, D(52_000))
    market.move(SPOT, T0 + 7_000, "51480")
    done = state_of(exchange, order, T0 + 8_000)
    assert (done.status, done.triggered_ms, done.average) == (FILLED, T0 + 7_000, D(51_480))


def test_a_trailing_stop_can_keep_a_distance_and_buy():
    market = new_market()
    exchange = new_exchange(market)
    order = exchange.place(request(SPOT, Side.BUY, OrderType.TRAILING_STOP, "0.1", callback_distance="500"), T0)
    for second, price in enumerate(("48000", "48499.99", "48500"), 1):
        market.move(SPOT, T0 + second * 1_000, price)
    assert state_of(exchange, order, T0 + 2_000).status is NEW
    assert state_of(exchange, order, T0 + 3_000).status is FILLED


def test_of_two_orders_hit_in_one_step_the_one_nearer_to_where_the_price_came_from_goes_first():
    market = new_market()
    exchange = new_exchange(market)
    far = exchange.place(buy(SPOT, "0.1", "48000"), T0)
    near = exchange.place(buy(SPOT, "0.1", "49000"), T0)
    market.move(SPOT, T0 + 1_000, "47000")
    assert [fill.order_id for fill in exchange.fills(T0 + 1_000)] == [near.id, far.id]


def test_a_market_stop_that_cannot_be_paid_for_expires_when_it_fires():
    market = new_market()
    exchange = new_exchange(market)
    stop = request(SPOT, Side.BUY, OrderType.STOP_MARKET, "0.98", trigger_price="51000")
    order = exchange.place(stop, T0)
    assert exchange.balance("spot", "USDT", T0).locked == D("0.98") * 51_000
    market.move(SPOT, T0 + 1_000, "52000")
    done = state_of(exchange, order, T0 + 1_000)
    assert (done.status, done.reason, done.executed) == (EXPIRED, Reason.INSUFFICIENT_BALANCE, D(0))
    assert exchange.balance("spot", "USDT", T0 + 1_000).free == 50_000


def test_an_order_is_good_till_its_time():
    market = new_market()
    exchange = new_exchange(market)
    order = exchange.place(buy(SPOT, "0.1", "49000", expire_ms=T0 + 10_000), T0)
    assert state_of(exchange, order, T0 + 9_999).status is NEW
    done = state_of(exchange, order, T0 + 60_000)
    assert (done.status, done.reason, done.updated_ms) == (EXPIRED, Reason.GOOD_TILL_PASSED, T0 + 10_000)


LIMIT, STOP = OrderType.LIMIT, OrderType.STOP_MARKET
TRAIL = OrderType.TRAILING_STOP


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (buy("NOSUCH:spot", "1"), Reason.UNKNOWN_SYMBOL),
        (buy(SPOT), Reason.BAD_REQUEST),
        (buy(SPOT, "1", quote_qty="5"), Reason.BAD_REQUEST),
        (buy(SPOT, "0"), Reason.BAD_REQUEST),
        (buy(SPOT, "NaN"), Reason.BAD_REQUEST),
        (buy(SPOT, "-1", "50000"), Reason.BAD_REQUEST),
        (buy(SPOT, "1", "Infinity"), Reason.BAD_REQUEST),
        (request(SPOT, Side.BUY, LIMIT, "1"), Reason.BAD_REQUEST),
        (request(SPOT, Side.BUY, OrderType.MARKET, "1", price="50000"), Reason.BAD_REQUEST),
        (request(SPOT, Side.BUY, STOP, "1"), Reason.BAD_REQUEST),
        (buy(SPOT, "1", "49000", trigger_price="49000"), Reason.BAD_REQUEST),
        (buy(SPOT, "0.1", "49000", post_only=True, tif=TimeInForce.IOC), Reason.BAD_REQUEST),
        (request(SPOT, Side.SELL, TRAIL, "0.1"), Reason.BAD_REQUEST),
        (request(SPOT, Side.SELL, TRAIL, "0.1", callback_rate="0.0009"), Reason.BAD_CALLBACK),
        (request(SPOT, Side.SELL, TRAIL, "0.1", callback_rate="0.21"), Reason.BAD_CALLBACK),
        (buy(SPOT, "0.1", "49000", reduce_only=True), Reason.UNSUPPORTED_TYPE),
        (buy(SPOT, "0.1", "49000", position_side=PositionSide.LONG), Reason.UNSUPPORTED_TYPE),
        (request(SPOT, Side.SELL, LIMIT, quote_qty="100", price="51000"), Reason.UNSUPPORTED_TYPE),
        (
            request(SPOT, Side.SELL, STOP, "0.1", trigger_price="49000", trigger_by=TriggerBy.MARK),
            Reason.UNSUPPORTED_TYPE,
        ),
        (buy(SPOT, "0.1", "49000.001"), Reason.BAD_TICK),
        (request(SPOT, Side.SELL, STOP, "0.1", trigger_price="49000.005"), Reason.BAD_TICK),
        (buy(SPOT, "0.000001", "49000"), Reason.QTY_TOO_SMALL),
        (buy(SPOT, "0.000015", "49000"), Reason.BAD_LOT),
        (buy(SPOT, "9001", "49000"), Reason.QTY_TOO_LARGE),
        (buy(SPOT, "101"), Reason.QTY_TOO_LARGE),
        (buy(SPOT, quote_qty="6000000"), Reason.QTY_TOO_LARGE),
        (buy(SPOT, "0.0001", "49000"), Reason.NOTIONAL_TOO_SMALL),
        (buy(SPOT, quote_qty="4.99"), Reason.NOTIONAL_TOO_SMALL),
        (buy(SPOT, "0.1", "9999"), Reason.PRICE_BAND),
        (sell(SPOT, "0.1", "250000.01"), Reason.PRICE_BAND),
        (buy(SPOT, "1.1"), Reason.INSUFFICIENT_BALANCE),
        (buy(SPOT, "1.1", "49000"), Reason.INSUFFICIENT_BALANCE),
        (sell(SPOT, "1.00001", "51000"), Reason.INSUFFICIENT_BALANCE),
        (request(SPOT, Side.SELL, STOP, "0.1", trigger_price="50000"), Reason.WOULD_TRIGGER_NOW),
        (request(SPOT, Side.BUY, STOP, "0.1", trigger_price="49999"), Reason.WOULD_TRIGGER_NOW),
        (
            request(SPOT, Side.SELL, OrderType.TAKE_PROFIT_MARKET, "0.1", trigger_price="49000"),
            Reason.WOULD_TRIGGER_NOW,
        ),
        (buy(SPOT, "0.1", "49000", expire_ms=T0), Reason.EXPIRE_IN_PAST),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason_and_leaves_no_trace(order: OrderRequest, reason: Reason):
    assert refused(new_exchange(), order) is reason


def test_a_market_order_on_an_empty_book_is_refused():
    market = new_market()
    market.levels = 0
    assert refused(new_exchange(market), sell(SPOT, "0.1")) is Reason.NO_LIQUIDITY


def test_check_refuses_as_place_does_and_looks_at_funds_only_when_told_to():
    exchange = new_exchange()
    exchange.check(buy(SPOT, "1.1"), T0)
    with pytest.raises(PaperRefusal) as caught:
        exchange.check(buy(SPOT, "1.1"), T0, funds=True)
    assert caught.value.reason is Reason.INSUFFICIENT_BALANCE
    assert exchange.orders(T0) == ()


def test_a_client_id_is_free_again_once_its_order_is_done():
    exchange = new_exchange()
    first = exchange.place(buy(SPOT, "0.1", "49000", client_id="a"), T0)
    assert refused(exchange, buy(SPOT, "0.1", "48000", client_id="a")) is Reason.DUPLICATE_CLIENT_ID
    exchange.place(buy(PERP, "0.1", "49000", client_id="a"), T0)
    assert exchange.cancel(SPOT, T0, client_id="a").id == first.id
    second = exchange.place(buy(SPOT, "0.1", "48000", client_id="a"), T0)
    assert exchange.order(T0, key=SPOT, client_id="a").id == second.id
    assert exchange.order(T0, key=SPOT, order_id=first.id).status is CANCELED


def test_an_order_without_a_client_id_is_named_after_its_number():
    order = new_exchange().place(buy(SPOT, "0.1", "49000"), T0)
    assert order.client_id == order.request.client_id == f"p{order.id}"


def test_cancelling_gives_back_what_was_locked_and_works_once():
    exchange = new_exchange()
    order = exchange.place(sell(SPOT, "0.4", "51000"), T0)
    assert exchange.balance("spot", "BTC", T0).locked == D("0.4")
    assert exchange.cancel(SPOT, T0 + 1, order_id=order.id).status is CANCELED
    assert exchange.balance("spot", "BTC", T0).locked == 0
    with pytest.raises(PaperRefusal) as again:
        exchange.cancel(SPOT, T0 + 2, order_id=order.id)
    with pytest.raises(PaperRefusal) as unknown:
        exchange.cancel(SPOT, T0 + 2, order_id=99)
    with pytest.raises(PaperRefusal) as elsewhere:
        exchange.cancel(PERP, T0 + 2, order_id=order.id)
    assert [e.value.reason for e in (again, unknown, elsewhere)] == [
        Reason.ORDER_DONE,
        Reason.UNKNOWN_ORDER,
        Reason.UNKNOWN_ORDER,
    ]


def test_cancel_all_takes_a_listing_a_product_or_everything():
    exchange = new_exchange()
    for key in (SPOT, PERP):
        for price in ("49000", "48000"):
            exchange.place(buy(key, "0.1", price), T0)
    assert len(exchange.cancel_all(T0, key=SPOT)) == 2
    assert {order.key for order in exchange.open_orders(T0)} == {PERP}
    assert len(exchange.cancel_all(T0, product=Product.SPOT)) == 0
    assert {order.status for order in exchange.cancel_all(T0)} == {CANCELED}
    assert exchange.open_orders(T0) == ()


def test_there_is_a_most_of_open_orders():
    exchange = new_exchange(rules=Rules(max_open_orders=2))
    exchange.place(buy(SPOT, "0.1", "49000"), T0)
    exchange.place(buy(SPOT, "0.1", "48000"), T0)
    assert refused(exchange, buy(SPOT, "0.1", "47000")) is Reason.TOO_MANY_ORDERS


def test_an_order_is_amended_in_place():
    exchange = new_exchange()
    order = exchange.place(buy(SPOT, "0.5", "49000"), T0)
    changed = exchange.amend(SPOT, T0 + 1, order_id=order.id, price=D(48_000), qty=D("0.6"))
    assert (changed.id, changed.status, changed.price, changed.qty) == (order.id, NEW, D(48_000), D("0.6"))
    assert exchange.balance("spot", "USDT", T0).locked == D("0.6") * 48_000
    taken = exchange.amend(SPOT, T0 + 2, order_id=order.id, price=D("50000.01"))
    assert (taken.status, taken.average) == (FILLED, D("50000.01"))


def test_an_amendment_may_use_what_the_order_has_locked_but_no_more():
    exchange = new_exchange()
    order = exchange.place(buy(SPOT, "1", "49000"), T0)
    exchange.amend(SPOT, T0, order_id=order.id, price=D(49_999))
    before = exchange.to_json()
    with pytest.raises(PaperRefusal) as caught:
        exchange.amend(SPOT, T0, order_id=order.id, qty=D("1.01"))
    assert caught.value.reason is Reason.INSUFFICIENT_BALANCE
    assert exchange.to_json() == before


def test_a_stop_limit_can_still_be_amended_once_it_rests():
    market = new_market()
    exchange = new_exchange(market)
    stop = request(SPOT, Side.SELL, OrderType.STOP_LIMIT, "0.1", trigger_price="49000", price="48900")
    order = exchange.place(stop, T0)
    market.move(SPOT, T0 + 1_000, "48000")
    assert exchange.amend(SPOT, T0 + 1_000, order_id=order.id, price=D(48_500)).status is NEW
    done = exchange.amend(SPOT, T0 + 1_000, order_id=order.id, price=D(47_900))
    assert (done.status, done.average) == (FILLED, D(48_000))
    assert exchange.balance("spot", "BTC", T0 + 1_000).locked == 0


def test_only_a_smaller_quantity_keeps_the_priority():
    exchange = new_exchange()
    order = exchange.place(buy(SPOT, "0.5", "49000"), T0)
    assert exchange.amend(SPOT, T0, order_id=order.id, qty=D("0.4"), reduce_only_qty=True).qty == D("0.4")
    for qty, price in ((D("0.5"), None), (D("0.3"), D(48_000))):
        with pytest.raises(PaperRefusal) as caught:
            exchange.amend(SPOT, T0, order_id=order.id, qty=qty, price=price, reduce_only_qty=True)
        assert caught.value.reason is Reason.NOT_AMENDABLE


def test_an_amendment_that_changes_nothing_is_refused_and_a_trigger_can_be_moved():
    exchange = new_exchange()
    order = exchange.place(request(SPOT, Side.SELL, STOP, "0.1", trigger_price="49000"), T0)
    with pytest.raises(PaperRefusal) as same:
        exchange.amend(SPOT, T0, order_id=order.id, trigger_price=D(49_000))
    with pytest.raises(PaperRefusal) as priced:
        exchange.amend(SPOT, T0, order_id=order.id, price=D(49_000))
    assert (same.value.reason, priced.value.reason) == (Reason.NOTHING_TO_AMEND, Reason.NOT_AMENDABLE)
    assert exchange.amend(SPOT, T0, order_id=order.id, trigger_price=D(48_000)).request.trigger_price == 48_000


def test_amending_to_what_was_executed_ends_the_order():
    market = new_market()
    market.levels, market.level_qty = 1, D("0.1")
    exchange = new_exchange(market)
    order = exchange.place(buy(SPOT, "0.5", "50000.01"), T0)
    done = exchange.amend(SPOT, T0, order_id=order.id, qty=D("0.1"))
    assert (done.status, done.executed) == (CANCELED, D("0.1"))
    assert exchange.balance("spot", "USDT", T0).locked == 0


def test_every_movement_is_an_entry_and_entries_add_up_to_the_balance():
    market = new_market()
    exchange = new_exchange(market)
    exchange.place(buy(SPOT, "0.3"), T0)
    exchange.place(sell(SPOT, "0.2", "51000"), T0)
    market.move(SPOT, T0 + 1_000, "51000")
    exchange.transfer("USDT", D(1_000), source="spot", target="funding", now_ms=T0 + 2_000)
    now = T0 + 3_000
    for asset, start in (("USDT", 50_000), ("BTC", 1)):
        moved = sum(entry.amount for entry in exchange.entries(now, wallet="spot", asset=asset))
        assert start + moved == exchange.balance("spot", asset, now).total
    assert [e.amount for e in exchange.entries(now, kind=EntryKind.TRANSFER)] == [-1_000, 1_000]
    ids = [entry.id for entry in exchange.entries(now)]
    assert ids == sorted(set(ids))
