"""Binance's spot face: orders, wallets, and the codes of what it refuses."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.exchanges.paper.face_client import SPOT, House, futures, spot
from tests.exchanges.paper.spot_orders import BTC, ZERO, free, limit, market, oco


def test_a_market_order_fills_and_pays_its_commission_in_what_it_receives():
    venue = spot()
    order = venue.ok("POST", "/api/v3/order", **market(quantity="0.5", newClientOrderId="mine-1"))
    assert (order["status"], order["executedQty"], order["clientOrderId"]) == ("FILLED", "0.50000000", "mine-1")
    quote = sum(Decimal(fill["price"]) * Decimal(fill["qty"]) for fill in order["fills"])
    assert Decimal(order["cummulativeQuoteQty"]) == quote
    fee = sum(Decimal(fill["commission"]) for fill in order["fills"])
    assert {fill["commissionAsset"] for fill in order["fills"]} == {"BTC"}
    assert free(venue, "BTC") == (Decimal(1) + Decimal("0.5") - fee, ZERO)
    assert free(venue, "USDT") == (Decimal(50_000) - quote, ZERO)
    trades = venue.ok("GET", "/api/v3/myTrades", **BTC)
    assert [(row["orderId"], row["isBuyer"], row["isMaker"]) for row in trades] == [
        (order["orderId"], True, False)
    ] * len(trades)
    assert sum(Decimal(row["qty"]) for row in trades) == Decimal("0.5")


def test_a_market_order_may_be_sized_in_quote():
    venue = spot()
    order = venue.ok("POST", "/api/v3/order", **market(quoteOrderQty="1000"))
    assert order["origQuoteOrderQty"] == "1000.00000000"
    assert Decimal(990) < Decimal(order["cummulativeQuoteQty"]) <= Decimal(1000)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("ACK", {"symbol", "orderId", "orderListId", "clientOrderId", "transactTime"}),
        ("RESULT", {"status", "executedQty", "workingTime", "selfTradePreventionMode"}),
        ("FULL", {"status", "fills"}),
    ],
)
def test_an_answer_is_as_long_as_was_asked(kind: str, fields: set[str]):
    order = spot().ok("POST", "/api/v3/order", **market(quantity="0.01", newOrderRespType=kind))
    assert fields <= order.keys()
    assert ("fills" in order) is (kind == "FULL")
    assert ("status" in order) is (kind != "ACK")


def test_a_limit_order_rests_locks_its_cost_and_is_cancelled():
    venue = spot()
    order = venue.ok(
        "POST", "/api/v3/order", **limit(venue, newClientOrderId="rest-1", strategyId=7, strategyType=1_000_000)
    )
    cost = Decimal(order["price"]) * Decimal("0.01")
    assert (order["status"], order["strategyId"], order["fills"]) == ("NEW", 7, [])
    assert free(venue, "USDT") == (Decimal(50_000) - cost, cost)
    assert [row["clientOrderId"] for row in venue.ok("GET", "/api/v3/openOrders")] == ["rest-1"]
    asked = venue.ok("GET", "/api/v3/order", **BTC, origClientOrderId="rest-1")
    assert asked["orderId"] == order["orderId"]
    assert asked["isWorking"] is True
    gone = venue.ok("DELETE", "/api/v3/order", **BTC, orderId=order["orderId"], newClientOrderId="cancel-1")
    assert (gone["status"], gone["origClientOrderId"], gone["clientOrderId"]) == ("CANCELED", "rest-1", "cancel-1")
    assert free(venue, "USDT") == (Decimal(50_000), ZERO)
    assert venue.ok("GET", "/api/v3/openOrders", **BTC) == []
    assert [row["status"] for row in venue.ok("GET", "/api/v3/allOrders", **BTC)] == ["CANCELED"]


def test_a_limit_order_that_crosses_takes_at_once():
    venue = spot()
    order = venue.ok("POST", "/api/v3/order", **limit(venue, "1.01"))
    assert order["status"] == "FILLED"
    assert Decimal(order["fills"][0]["price"]) < Decimal(order["price"])


def test_what_cannot_be_filled_at_once_expires_with_ioc_and_fok():
    venue = spot()
    for tif in ("IOC", "FOK"):
        order = venue.ok("POST", "/api/v3/order", **limit(venue, timeInForce=tif))
        assert (order["status"], order["executedQty"]) == ("EXPIRED", "0.00000000")
    assert venue.ok("GET", "/api/v3/openOrders") == []


@pytest.mark.parametrize(
    ("kind", "side", "share", "more"),
    [
        ("STOP_LOSS", "SELL", "0.95", {}),
        ("STOP_LOSS_LIMIT", "SELL", "0.95", {"price": "0.94", "timeInForce": "GTC"}),
        ("TAKE_PROFIT", "SELL", "1.05", {}),
        ("TAKE_PROFIT_LIMIT", "SELL", "1.05", {"price": "1.04", "timeInForce": "GTC"}),
        ("STOP_LOSS", "BUY", "1.05", {}),
        ("TAKE_PROFIT", "BUY", "0.95", {}),
    ],
)
def test_conditional_orders_wait_for_their_trigger(kind: str, side: str, share: str, more: dict[str, Any]):
    venue = spot()
    if "price" in more:
        more = {**more, "price": venue.near(more["price"])}
    stop = venue.near(share)
    order = venue.ok(
        "POST",
        "/api/v3/order",
        **BTC,
        side=side,
        type=kind,
        quantity="0.01",
        stopPrice=stop,
        newOrderRespType="RESULT",
        **more,
    )
    assert (order["status"], order["type"], order["workingTime"]) == ("NEW", kind, -1)
    assert Decimal(order["stopPrice"]) == Decimal(stop)
    asked = venue.ok("GET", "/api/v3/order", **BTC, orderId=order["orderId"])
    assert (asked["isWorking"], asked["type"]) == (False, kind)
    assert venue.refused(
        "POST",
        "/api/v3/order",
        **BTC,
        side="SELL" if side == "BUY" else "BUY",
        type=kind,
        quantity="0.01",
        stopPrice=stop,
        **more,
    ) == (-2010)


def test_a_trailing_stop_tells_its_distance():
    venue = spot()
    order = venue.ok(
        "POST",
        "/api/v3/order",
        **BTC,
        side="SELL",
        type="STOP_LOSS",
        quantity="0.01",
        trailingDelta=300,
        newOrderRespType="RESULT",
    )
    assert (order["type"], order["trailingDelta"]) == ("STOP_LOSS", 300)
    for delta in (9, 2001):
        more = {"side": "SELL", "type": "STOP_LOSS", "quantity": "0.01", "trailingDelta": delta}
        assert venue.refused("POST", "/api/v3/order", **BTC, **more) == -1013


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"price": "80000.001"}, -1013),
        ({"price": "80000.000000001"}, -1111),
        ({"price": "0"}, -1013),
        ({"price": "1"}, -1013),
        ({"price": "900000"}, -1013),
        ({"quantity": "0.000001"}, -1013),
        ({"quantity": "0.000000001"}, -1111),
        ({"quantity": "0"}, -1013),
        ({"quantity": "0.00001"}, -1013),
        ({"quantity": "100"}, -2010),
        ({"quantity": "1000000"}, -1013),
        ({"timeInForce": "GTX"}, -1115),
        ({"timeInForce": None}, -1102),
        ({"quantity": None}, -1102),
        ({"price": None}, -1102),
        ({"stopPrice": "1"}, -1106),
        ({"icebergQty": "0.001"}, -2010),
        ({"pegPriceType": "PRIMARY_PEG"}, -2010),
        ({"strategyType": "1"}, -1134),
        ({"selfTradePreventionMode": "MAYBE"}, -1130),
        ({"newOrderRespType": "LONG"}, -1130),
    ],
)
def test_a_limit_order_that_breaks_a_rule_is_refused(change: dict[str, Any], code: int):
    venue = spot()
    params = {name: value for name, value in {**limit(venue), **change}.items() if value is not None}
    assert venue.refused("POST", "/api/v3/order", **params) == code
    assert venue.ok("GET", "/api/v3/allOrders", **BTC) == []


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, -1102),
        ({"quantity": "1", "quoteOrderQty": "1"}, -1128),
        ({"quantity": "0.01", "price": "1"}, -1106),
        ({"quantity": "0.01", "timeInForce": "GTC"}, -1106),
        ({"quoteOrderQty": "1"}, -1013),
        ({"quoteOrderQty": "60000"}, -2010),
        ({"quantity": "10000"}, -1013),
    ],
)
def test_a_market_order_that_breaks_a_rule_is_refused(params: dict[str, Any], code: int):
    assert spot().refused("POST", "/api/v3/order", **market(**params)) == code


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"price": "80000.001"}, "PRICE_FILTER"),
        ({"quantity": "0.000001"}, "LOT_SIZE"),
        ({"quantity": "0.00001"}, "NOTIONAL"),
        ({"price": "900000"}, "PERCENT_PRICE_BY_SIDE"),
    ],
)
def test_the_filter_that_failed_is_named(params: dict[str, str], message: str):
    venue = spot()
    reply = venue.house.send(SPOT, "POST", "/api/v3/order", {**limit(venue), **params})
    assert json.loads(reply.body) == {"code": -1013, "msg": f"Filter failure: {message}"}


def test_a_post_only_order_is_refused_where_it_would_take():
    venue = spot()
    maker = {**BTC, "side": "BUY", "type": "LIMIT_MAKER", "quantity": "0.01"}
    assert venue.refused("POST", "/api/v3/order", **maker, price=venue.near("1.01")) == -2010
    order = venue.ok("POST", "/api/v3/order", **maker, price=venue.near("0.99"), newOrderRespType="RESULT")
    assert (order["type"], order["status"]) == ("LIMIT_MAKER", "NEW")


def test_a_client_id_is_unique_among_open_orders():
    venue = spot()
    venue.ok("POST", "/api/v3/order", **limit(venue, newClientOrderId="one"))
    assert venue.refused("POST", "/api/v3/order", **limit(venue, newClientOrderId="one")) == -2010
    venue.ok("DELETE", "/api/v3/order", **BTC, origClientOrderId="one")
    venue.ok("POST", "/api/v3/order", **limit(venue, newClientOrderId="one"))


def test_an_order_that_is_not_there_has_one_code_for_asking_and_one_for_cancelling():
    venue = spot()
    assert venue.refused("GET", "/api/v3/order", **BTC, orderId=99) == -2013
    assert venue.refused("GET", "/api/v3/order", **BTC) == -1102
    assert venue.refused("DELETE", "/api/v3/order", **BTC, orderId=99) == -2011
    assert venue.refused("DELETE", "/api/v3/openOrders", **BTC) == -2011
    order = venue.ok("POST", "/api/v3/order", **market(quantity="0.01"))
    assert venue.refused("DELETE", "/api/v3/order", **BTC, orderId=order["orderId"]) == -2011
    assert venue.refused("GET", "/api/v3/order", symbol="ETHUSDT", orderId=order["orderId"]) == -2013


def test_cancelling_can_be_restricted_to_untouched_orders():
    venue = spot()
    order = venue.ok("POST", "/api/v3/order", **limit(venue))
    only = {**BTC, "orderId": order["orderId"]}
    assert venue.refused("DELETE", "/api/v3/order", **only, cancelRestrictions="ONLY_PARTIALLY_FILLED") == -2011
    assert venue.refused("DELETE", "/api/v3/order", **only, cancelRestrictions="ONLY_MINE") == -1145
    venue.ok("DELETE", "/api/v3/order", **only, cancelRestrictions="ONLY_NEW")


def test_all_open_orders_of_a_symbol_are_cancelled_and_lists_with_them():
    venue = spot()
    order = venue.ok("POST", "/api/v3/order", **limit(venue))
    listed = venue.ok("POST", "/api/v3/orderList/oco", **oco(venue))
    rows = venue.ok("DELETE", "/api/v3/openOrders", **BTC)
    assert rows[0]["orderId"] == order["orderId"]
    assert rows[1]["orderListId"] == listed["orderListId"]
    assert [row["status"] for row in rows[1]["orderReports"]] == ["CANCELED"] * 2
    assert venue.ok("GET", "/api/v3/openOrders") == []


def test_an_amended_order_is_smaller_and_has_a_new_client_id():
    venue = spot()
    order = venue.ok("POST", "/api/v3/order", **limit(venue, newClientOrderId="before"))
    path = "/api/v3/order/amend/keepPriority"
    done = venue.ok("PUT", path, **BTC, orderId=order["orderId"], newQty="0.004", newClientOrderId="after")
    amended = done["amendedOrder"]
    assert (amended["qty"], amended["origClientOrderId"], amended["clientOrderId"]) == ("0.00400000", "before", "after")
    assert venue.ok("GET", "/api/v3/order", **BTC, origClientOrderId="after")["origQty"] == "0.00400000"
    assert venue.refused("GET", "/api/v3/order", **BTC, origClientOrderId="before") == -2013
    assert venue.refused("PUT", path, **BTC, orderId=order["orderId"], newQty="0.004") == -2038
    assert venue.refused("PUT", path, **BTC, orderId=order["orderId"], newQty="0.005") < -1000
    rows = venue.ok("GET", "/api/v3/order/amendments", **BTC, orderId=order["orderId"])
    assert [(row["origQty"], row["newQty"]) for row in rows] == [("0.01000000", "0.00400000")]
    venue.ok("DELETE", "/api/v3/order", **BTC, origClientOrderId="after")


def test_a_routed_order_is_told_as_such():
    venue = spot()
    order = venue.ok("POST", "/api/v3/sor/order", **market(quantity="0.01"))
    assert (order["workingFloor"], order["usedSor"], order["fills"][0]["matchType"]) == (
        "SOR",
        True,
        "ONE_PARTY_TRADE_REPORT",
    )
    assert venue.ok("POST", "/api/v3/sor/order/test", **market(quantity="0.01")) == {}
    assert (
        venue.refused("POST", "/api/v3/sor/order", **{**BTC, "side": "BUY", "type": "STOP_LOSS", "quantity": "1"})
        == -1116
    )


def test_a_test_order_changes_nothing_and_can_tell_its_commission():
    venue = spot()
    before = venue.ok("GET", "/api/v3/account")
    assert venue.ok("POST", "/api/v3/order/test", **market(quantity="0.01")) == {}
    rates = venue.ok("POST", "/api/v3/order/test", **market(quantity="0.01"), computeCommissionRates="true")
    assert rates["standardCommissionForOrder"] == {"maker": "0.00100000", "taker": "0.00100000"}
    assert venue.refused("POST", "/api/v3/order/test", **market(quantity="0.000001")) == -1013
    assert venue.ok("GET", "/api/v3/account") == before
    assert venue.ok("GET", "/api/v3/allOrders", **BTC) == []


def test_transfers_move_between_spot_and_futures():
    house = House()
    venue, other = spot(house), futures(house)
    done = venue.ok("POST", "/sapi/v1/asset/transfer", type="MAIN_UMFUTURE", asset="USDT", amount="1000.5")
    assert other.ok("GET", "/fapi/v2/balance")[0]["balance"] == "51000.50000000"
    assert free(venue, "USDT") == (Decimal("48999.5"), ZERO)
    rows = venue.ok("GET", "/sapi/v1/asset/transfer", type="MAIN_UMFUTURE")
    assert rows["total"] == 1
    assert rows["rows"][0] | {"timestamp": 0} == {
        "asset": "USDT",
        "amount": "1000.5",
        "type": "MAIN_UMFUTURE",
        "status": "CONFIRMED",
        "tranId": done["tranId"],
        "timestamp": 0,
    }
    assert other.ok("GET", "/fapi/v1/income", incomeType="TRANSFER")[0]["income"] == "1000.50000000"
    more: dict[str, Any] = {"type": "MAIN_UMFUTURE", "asset": "USDT"}
    assert venue.refused("POST", "/sapi/v1/asset/transfer", **more, amount="1000000") == -5013
    assert venue.refused("POST", "/sapi/v1/asset/transfer", **{**more, "type": "MAIN_MOON"}, amount="1") == -1130


def test_only_what_is_held_is_told_when_zeros_are_not_wanted():
    venue = spot()
    assert [row["asset"] for row in venue.ok("GET", "/api/v3/account", omitZeroBalances="true")["balances"]] == [
        "BTC",
        "USDT",
    ]
    assert len(venue.ok("GET", "/api/v3/account")["balances"]) == 4
    assert {row["coin"] for row in venue.ok("GET", "/sapi/v1/capital/config/getall")} == {"BTC", "ETH", "DOGE", "USDT"}


def test_histories_can_be_cut_by_id_and_time():
    venue = spot()
    for _ in range(3):
        venue.ok("POST", "/api/v3/order", **market(quantity="0.01"))
        venue.house.clock.wait(60)
    every = venue.ok("GET", "/api/v3/myTrades", **BTC)
    assert venue.ok("GET", "/api/v3/myTrades", **BTC, fromId=every[1]["id"]) == every[1:]
    assert venue.ok("GET", "/api/v3/myTrades", **BTC, orderId=every[1]["orderId"]) == every[1:2]
    assert (
        venue.ok("GET", "/api/v3/myTrades", **BTC, startTime=every[1]["time"], endTime=every[1]["time"]) == every[1:2]
    )
    assert venue.ok("GET", "/api/v3/myTrades", **BTC, limit=2) == every[1:]
    day = 86_400_000
    assert venue.refused("GET", "/api/v3/myTrades", **BTC, startTime=1, endTime=day + 2) == -1127
    assert venue.refused("GET", "/api/v3/allOrders", **BTC, startTime=2, endTime=1) == -1023
    orders = venue.ok("GET", "/api/v3/allOrders", **BTC)
    assert venue.ok("GET", "/api/v3/allOrders", **BTC, orderId=orders[2]["orderId"]) == orders[2:]
