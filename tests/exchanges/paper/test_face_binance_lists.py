"""Binance's spot face: order lists and replacements."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.exchanges.paper.face_client import SPOT, spot
from tests.exchanges.paper.spot_orders import BTC, ZERO, free, limit, oco


def test_an_oco_locks_once_and_is_cancelled_whole():
    venue = spot()
    placed = venue.ok(
        "POST", "/api/v3/orderList/oco", **oco(venue, listClientOrderId="list-1", aboveClientOrderId="up")
    )
    assert (placed["contingencyType"], placed["listStatusType"], placed["listClientOrderId"]) == (
        "OCO",
        "EXEC_STARTED",
        "list-1",
    )
    assert placed["orders"][0]["clientOrderId"] == "up"
    assert [row["type"] for row in placed["orderReports"]] == ["LIMIT_MAKER", "STOP_LOSS_LIMIT"]
    assert free(venue, "BTC") == (Decimal("0.9"), Decimal("0.1"))
    asked = venue.ok("GET", "/api/v3/orderList", orderListId=placed["orderListId"])
    assert asked["orders"] == placed["orders"]
    assert "orderReports" not in asked
    assert venue.ok("GET", "/api/v3/openOrderList") == [asked]
    gone = venue.ok("DELETE", "/api/v3/orderList", **BTC, listClientOrderId="list-1")
    assert (gone["listStatusType"], gone["listOrderStatus"]) == ("ALL_DONE", "ALL_DONE")
    assert free(venue, "BTC") == (Decimal(1), ZERO)
    assert venue.ok("GET", "/api/v3/allOrderList")[0]["listOrderStatus"] == "ALL_DONE"
    assert venue.refused("DELETE", "/api/v3/orderList", **BTC, orderListId=placed["orderListId"]) == -2011


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"aboveType": "LIMIT_MAKER", "belowType": "LIMIT_MAKER"}, -1168),
        ({"side": "BUY"}, -1165),
        ({"aboveType": "STOP_LOSS", "belowType": "LIMIT_MAKER"}, -1166),
        ({"side": "BUY", "aboveType": "TAKE_PROFIT", "belowType": "LIMIT_MAKER"}, -1198),
        ({"side": "BUY", "aboveType": "STOP_LOSS", "belowType": "STOP_LOSS"}, -1196),
        ({"aboveType": "STOP_LOSS", "belowType": "STOP_LOSS"}, -1197),
        ({"aboveType": "TAKE_PROFIT", "belowType": "TAKE_PROFIT"}, -1199),
        ({"aboveType": "MARKET"}, -1158),
        ({"belowStopPrice": None}, -1102),
        ({"belowTimeInForce": None}, -1102),
        ({"belowPegPriceType": "PRIMARY_PEG"}, -2010),
        ({"quantity": "5"}, -2010),
    ],
)
def test_an_oco_whose_legs_do_not_fit_is_refused(change: dict[str, Any], code: int):
    venue = spot()
    params = {name: value for name, value in {**oco(venue), **change}.items() if value is not None}
    assert venue.refused("POST", "/api/v3/orderList/oco", **params) == code


def test_an_oco_with_prices_on_one_side_of_the_market_is_refused():
    venue = spot()
    wrong = oco(venue, abovePrice=venue.near("0.97"))
    assert venue.refused("POST", "/api/v3/orderList/oco", **wrong) == -2010


def test_the_pending_order_of_an_oto_waits_for_the_working_one():
    venue = spot()
    params = {
        **BTC,
        "workingType": "LIMIT",
        "workingSide": "BUY",
        "workingPrice": venue.near("0.97"),
        "workingQuantity": "0.01",
        "workingTimeInForce": "GTC",
        "pendingType": "LIMIT_MAKER",
        "pendingSide": "SELL",
        "pendingPrice": venue.near("1.05"),
        "pendingQuantity": "0.01",
    }
    placed = venue.ok("POST", "/api/v3/orderList/oto", **params)
    assert placed["contingencyType"] == "OTO"
    assert [row["status"] for row in placed["orderReports"]] == ["NEW", "PENDING_NEW"]
    rows = venue.ok("GET", "/api/v3/openOrders")
    assert [(row["status"], row["isWorking"]) for row in rows] == [("NEW", True), ("PENDING_NEW", False)]
    at_once = venue.ok("POST", "/api/v3/orderList/oto", **{**params, "workingPrice": venue.near("1.01")})
    assert [row["status"] for row in at_once["orderReports"]] == ["FILLED", "NEW"]


def test_an_otoco_has_three_orders():
    venue = spot()
    placed = venue.ok(
        "POST",
        "/api/v3/orderList/otoco",
        **BTC,
        workingType="LIMIT_MAKER",
        workingSide="BUY",
        workingPrice=venue.near("0.97"),
        workingQuantity="0.01",
        pendingSide="SELL",
        pendingQuantity="0.01",
        pendingAboveType="LIMIT_MAKER",
        pendingAbovePrice=venue.near("1.05"),
        pendingBelowType="STOP_LOSS",
        pendingBelowStopPrice=venue.near("0.93"),
        newOrderRespType="ACK",
    )
    assert len(placed["orders"]) == 3
    assert "status" not in placed["orderReports"][0]


def test_cancel_replace_does_both_or_tells_which_failed():
    venue = spot()
    first = venue.ok("POST", "/api/v3/order", **limit(venue))
    again = limit(venue, "0.96")
    done = venue.ok(
        "POST",
        "/api/v3/order/cancelReplace",
        **again,
        cancelReplaceMode="STOP_ON_FAILURE",
        cancelOrderId=first["orderId"],
    )
    assert (done["cancelResult"], done["newOrderResult"]) == ("SUCCESS", "SUCCESS")
    assert done["cancelResponse"]["orderId"] == first["orderId"]
    assert done["newOrderResponse"]["price"] == f"{Decimal(again['price']):.8f}"

    stopped = venue.house.send(
        SPOT,
        "POST",
        "/api/v3/order/cancelReplace",
        {**again, "cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": 99},
    )
    body = json.loads(stopped.body)
    assert (stopped.status, body["code"]) == (400, -2022)
    assert body["data"]["cancelResponse"]["code"] == -2011
    assert (body["data"]["newOrderResult"], body["data"]["newOrderResponse"]) == ("NOT_ATTEMPTED", None)

    half = venue.house.send(
        SPOT,
        "POST",
        "/api/v3/order/cancelReplace",
        {**again, "cancelReplaceMode": "ALLOW_FAILURE", "cancelOrderId": 99},
    )
    body = json.loads(half.body)
    assert (half.status, body["code"]) == (409, -2021)
    assert (body["data"]["cancelResult"], body["data"]["newOrderResult"]) == ("FAILURE", "SUCCESS")
    assert len(venue.ok("GET", "/api/v3/openOrders")) == 2


def test_a_replacement_that_breaks_a_filter_cancels_nothing():
    venue = spot()
    order = venue.ok("POST", "/api/v3/order", **limit(venue))
    broken = {
        **limit(venue),
        "quantity": "0.000001",
        "cancelReplaceMode": "ALLOW_FAILURE",
        "cancelOrderId": order["orderId"],
    }
    assert venue.refused("POST", "/api/v3/order/cancelReplace", **broken) == -1013
    assert len(venue.ok("GET", "/api/v3/openOrders")) == 1


def test_a_replacement_without_funds_leaves_the_order_cancelled_and_says_so():
    venue = spot()
    order = venue.ok("POST", "/api/v3/order", **limit(venue))
    reply = venue.house.send(
        SPOT,
        "POST",
        "/api/v3/order/cancelReplace",
        {**limit(venue, quantity="50"), "cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": order["orderId"]},
    )
    body = json.loads(reply.body)
    assert (reply.status, body["code"], body["data"]["newOrderResponse"]["code"]) == (409, -2021, -2010)
    assert venue.ok("GET", "/api/v3/openOrders") == []
