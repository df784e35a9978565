"""Orders that are bound together: OCO, OTO, OTOCO."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import (
    ListKind,
    OrderList,
    OrderRequest,
    OrderStatus,
    OrderType,
    Product,
    Rules,
    Side,
)
from tests.exchanges.paper.scripted import PERP, SPOT, T0, buy, new_exchange, new_market, request, sell

D = Decimal
PENDING, NEW = OrderStatus.PENDING, OrderStatus.NEW
FILLED, CANCELED, EXPIRED = OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED


def exits(key: str = SPOT, qty: str = "0.5", **more: object) -> list[OrderRequest]:
    """A take-profit limit above and a stop below."""
    return [
        sell(key, qty, "52000", **more),
        request(key, Side.SELL, OrderType.STOP_LIMIT, qty, trigger_price="48000", price="47900", **more),
    ]


def statuses(exchange, group: OrderList, now_ms: int) -> list[OrderStatus]:
    return [exchange.order(now_ms, order_id=order_id).status for order_id in group.order_ids]


def test_the_orders_of_an_oco_share_one_lock_that_of_the_larger_need():
    exchange = new_exchange()
    exchange.place_list(ListKind.OCO, exits(), T0)
    assert exchange.balance("spot", "BTC", T0).locked == D("0.5")
    below = buy(SPOT, "0.5", "48000")
    above = request(SPOT, Side.BUY, OrderType.STOP_LIMIT, "0.5", trigger_price="52000", price="52500")
    exchange.place_list(ListKind.OCO, [below, above], T0)
    assert exchange.balance("spot", "USDT", T0).locked == D("0.5") * 52_500


@pytest.mark.parametrize(
    ("price", "expected"),
    [("52000", [FILLED, EXPIRED]), ("48000", [EXPIRED, FILLED])],
)
def test_when_one_order_of_an_oco_executes_the_other_ends(price: str, expected: list[OrderStatus]):
    market = new_market()
    exchange = new_exchange(market)
    group = exchange.place_list(ListKind.OCO, exits(), T0, client_id="mine")
    market.move(SPOT, T0 + 1_000, price)
    now = T0 + 2_000
    assert statuses(exchange, group, now) == expected
    loser = group.order_ids[expected.index(EXPIRED)]
    assert exchange.order(now, order_id=loser).reason is Reason.LIST_SIBLING
    assert exchange.order_list(now, client_id="mine").done
    assert exchange.balance("spot", "BTC", now).total == D("0.5")
    assert exchange.balance("spot", "BTC", now).locked == 0


def test_a_stop_of_an_oco_ends_the_other_order_when_it_triggers_even_if_it_then_rests():
    market = new_market()
    exchange = new_exchange(market)
    group = exchange.place_list(ListKind.OCO, exits(), T0)
    market.move(SPOT, T0 + 1_000, "47000")
    assert statuses(exchange, group, T0 + 1_000) == [EXPIRED, NEW]
    assert not exchange.order_list(T0 + 1_000, list_id=group.id).done
    assert exchange.balance("spot", "BTC", T0 + 1_000).locked == D("0.5")


@given(
    path=st.lists(st.integers(40_000, 60_000), min_size=1, max_size=8),
    qty=st.sampled_from(["0.1", "0.5", "1"]),
    kind=st.sampled_from([OrderType.STOP_MARKET, OrderType.STOP_LIMIT]),
)
@settings(deadline=None, max_examples=200)
def test_an_oco_never_executes_twice_whatever_the_price_does(path: list[int], qty: str, kind: OrderType):
    market = new_market()
    exchange = new_exchange(market)
    stop = {"price": "47900"} if kind is OrderType.STOP_LIMIT else {}
    lower = request(SPOT, Side.SELL, kind, qty, trigger_price="48000", **stop)
    group = exchange.place_list(ListKind.OCO, [sell(SPOT, qty, "52000"), lower], T0)
    for second, price in enumerate(path, 1):
        market.move(SPOT, T0 + second * 1_000, D(price))
    now = T0 + 60_000
    orders = [exchange.order(now, order_id=order_id) for order_id in group.order_ids]
    assert sum(order.executed for order in orders) in (0, D(qty))
    ended = [order for order in orders if order.reason is Reason.LIST_SIBLING]
    touched = any(price >= 52_000 or price <= 48_000 for price in path)
    assert len(ended) == (1 if touched else 0)


@pytest.mark.parametrize(
    ("orders", "reason"),
    [
        ([sell(SPOT, "0.5", "52000")], Reason.BAD_REQUEST),
        ([sell(SPOT, "0.5", "52000"), sell(SPOT, "0.5", "51000")], Reason.LIST_PRICES),
        ([sell(SPOT, "0.5", "52000"), buy(SPOT, "0.5", "48000")], Reason.BAD_REQUEST),
        ([sell(SPOT, "0.5", "52000"), sell(SPOT, "0.5")], Reason.BAD_REQUEST),
        ([sell(SPOT, "0.5", "52000"), exits(PERP)[1]], Reason.BAD_REQUEST),
        (exits(qty="1.5"), Reason.INSUFFICIENT_BALANCE),
        (exits(client_id="same"), Reason.DUPLICATE_CLIENT_ID),
    ],
)
def test_an_oco_that_cannot_be_is_refused_whole(orders: list[OrderRequest], reason: Reason):
    exchange = new_exchange()
    before = exchange.to_json()
    with pytest.raises(PaperRefusal) as caught:
        exchange.place_list(ListKind.OCO, orders, T0)
    assert caught.value.reason is reason
    assert exchange.to_json() == before


def test_the_waiting_order_of_an_oto_is_entered_when_the_working_one_is_filled():
    market = new_market()
    exchange = new_exchange(market)
    group = exchange.place_list(ListKind.OTO, [buy(SPOT, "0.5", "49000"), sell(SPOT, "0.4", "51000")], T0)
    assert statuses(exchange, group, T0) == [NEW, PENDING]
    assert exchange.balance("spot", "BTC", T0).locked == 0
    market.move(SPOT, T0 + 1_000, "49000")
    assert statuses(exchange, group, T0 + 1_000) == [FILLED, NEW]
    assert exchange.balance("spot", "BTC", T0 + 1_000).locked == D("0.4")
    market.move(SPOT, T0 + 2_000, "51000")
    assert statuses(exchange, group, T0 + 2_000) == [FILLED, FILLED]
    assert exchange.order_list(T0 + 2_000, list_id=group.id).done


def test_a_waiting_order_that_cannot_be_entered_is_rejected_with_the_reason():
    exchange = new_exchange()
    group = exchange.place_list(ListKind.OTO, [buy(SPOT, "0.5"), sell(SPOT, "2", "51000")], T0)
    assert statuses(exchange, group, T0) == [FILLED, OrderStatus.REJECTED]
    assert exchange.order(T0, order_id=group.order_ids[1]).reason is Reason.INSUFFICIENT_BALANCE
    assert exchange.order_lists(T0, open_only=True) == ()


def test_when_the_working_order_ends_unfilled_nothing_waits_any_more():
    exchange = new_exchange()
    requests = [buy(SPOT, "0.5", "49000", expire_ms=T0 + 1_000), *exits()]
    group = exchange.place_list(ListKind.OTOCO, requests, T0)
    assert statuses(exchange, group, T0 + 2_000) == [EXPIRED, EXPIRED, EXPIRED]
    assert exchange.order_list(T0 + 2_000, list_id=group.id).done


def test_an_otoco_on_a_perpetual_protects_the_position_it_opens():
    market = new_market()
    exchange = new_exchange(market)
    group = exchange.place_list(ListKind.OTOCO, [buy(PERP, "0.5"), *exits(PERP, reduce_only=True)], T0)
    assert statuses(exchange, group, T0) == [FILLED, NEW, NEW]
    market.move(PERP, T0 + 1_000, "52000")
    assert statuses(exchange, group, T0 + 1_000) == [FILLED, FILLED, EXPIRED]
    assert exchange.positions(T0 + 1_000) == ()


def test_an_otoco_on_spot_locks_once_for_both_exits():
    exchange = new_exchange()
    group = exchange.place_list(ListKind.OTOCO, [buy(SPOT, "0.5"), *exits(qty="1.4")], T0)
    assert statuses(exchange, group, T0) == [FILLED, NEW, NEW]
    assert exchange.balance("spot", "BTC", T0).locked == D("1.4")


def test_an_exit_that_executes_as_soon_as_it_is_entered_leaves_no_other_behind():
    exchange = new_exchange()
    group = exchange.place_list(ListKind.OTOCO, [buy(SPOT, "0.5"), sell(SPOT, "0.4", "49000"), exits()[1]], T0)
    assert statuses(exchange, group, T0) == [FILLED, FILLED, EXPIRED]
    assert exchange.balance("spot", "BTC", T0).locked == 0


@pytest.mark.parametrize("number", [0, 1, 2])
def test_cancelling_any_order_of_a_list_cancels_all_of_it(number: int):
    exchange = new_exchange()
    group = exchange.place_list(ListKind.OTOCO, [buy(SPOT, "0.5", "49000"), *exits()], T0)
    exchange.cancel(SPOT, T0, order_id=group.order_ids[number])
    assert statuses(exchange, group, T0) == [CANCELED] * 3
    assert exchange.balance("spot", "USDT", T0).locked == 0


def test_on_some_venues_the_orders_of_a_list_are_cancelled_one_by_one():
    exchange = new_exchange(rules=Rules(cancel_list_together=False))
    group = exchange.place_list(ListKind.OTOCO, [buy(PERP, "0.5"), *exits(PERP, reduce_only=True)], T0)
    exchange.cancel(PERP, T0, order_id=group.order_ids[2])
    assert statuses(exchange, group, T0) == [FILLED, NEW, CANCELED]


@pytest.mark.parametrize(("number", "locked"), [(0, D("0.5") * 52_500), (1, D("0.5") * 48_000)])
def test_an_order_left_over_from_an_oco_keeps_its_own_funds_locked(number: int, locked: Decimal):
    market = new_market()
    exchange = new_exchange(market, rules=Rules(cancel_list_together=False))
    above = request(SPOT, Side.BUY, OrderType.STOP_LIMIT, "0.5", trigger_price="52000", price="52500")
    group = exchange.place_list(ListKind.OCO, [buy(SPOT, "0.5", "48000"), above], T0)
    exchange.cancel(SPOT, T0, order_id=group.order_ids[number])
    assert exchange.balance("spot", "USDT", T0).locked == locked


def test_a_list_is_cancelled_by_its_own_id_once():
    exchange = new_exchange()
    group = exchange.place_list(ListKind.OCO, exits(), T0, client_id="mine")
    assert exchange.cancel_list(SPOT, T0, client_id="mine").done
    assert statuses(exchange, group, T0) == [CANCELED, CANCELED]
    with pytest.raises(PaperRefusal) as again:
        exchange.cancel_list(SPOT, T0, list_id=group.id)
    with pytest.raises(PaperRefusal) as unknown:
        exchange.cancel_list(SPOT, T0, list_id=77)
    assert (again.value.reason, unknown.value.reason) == (Reason.ORDER_DONE, Reason.UNKNOWN_LIST)


def test_cancel_all_cancels_lists_too():
    exchange = new_exchange()
    group = exchange.place_list(ListKind.OTOCO, [buy(SPOT, "0.5", "49000"), *exits()], T0)
    done = exchange.cancel_all(T0, product=Product.SPOT)
    assert [order.status for order in done] == [CANCELED] * 3
    assert exchange.order_list(T0, list_id=group.id).done
