"""Binance's futures face: orders, conditional orders, and the codes of what it refuses."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.exchanges.paper.face_client import FUTURES, futures
from tests.exchanges.paper.futures_orders import ALGO, BTC, ORDER, given, limit, market, position, stop


def test_an_acknowledgement_says_nothing_of_the_fill_and_a_result_does():
    venue = futures()
    quick = venue.ok("POST", ORDER, **{**market(), "newOrderRespType": "ACK"})
    assert (quick["status"], quick["executedQty"], quick["avgPrice"]) == ("NEW", "0.000", "0.00000")
    full = venue.ok("POST", ORDER, **market())
    assert (full["status"], full["executedQty"]) == ("FILLED", "0.100")
    assert Decimal(full["avgPrice"]) * Decimal("0.1") == Decimal(full["cumQuote"])
    assert venue.ok("GET", ORDER, **BTC, orderId=quick["orderId"])["status"] == "FILLED"


def test_a_position_is_told_alike_by_every_version():
    venue = futures()
    venue.ok("POST", "/fapi/v1/leverage", **BTC, leverage=10)
    order = venue.ok("POST", ORDER, **market(quantity="1"))
    old, new = position(venue), venue.ok("GET", "/fapi/v3/positionRisk")[0]
    for name in ("positionAmt", "entryPrice", "breakEvenPrice", "markPrice", "unRealizedProfit", "liquidationPrice"):
        assert old[name] == new[name]
    assert (old["positionAmt"], old["leverage"], old["marginType"]) == ("1.000", "10", "cross")
    assert Decimal(old["entryPrice"]) == Decimal(order["avgPrice"])
    assert Decimal(0) < Decimal(old["liquidationPrice"]) < Decimal(old["entryPrice"])
    mark = Decimal(old["markPrice"])
    assert Decimal(old["unRealizedProfit"]) == mark - Decimal(order["avgPrice"])
    account = venue.ok("GET", "/fapi/v3/account")
    assert account["positions"][0]["initialMargin"] == new["initialMargin"] == new["positionInitialMargin"]
    assert Decimal(new["initialMargin"]) == (mark / 10).quantize(Decimal("1e-8"))
    assert Decimal(account["totalMarginBalance"]) == Decimal(account["totalWalletBalance"]) + Decimal(
        account["totalUnrealizedProfit"]
    )


def test_version_two_tells_every_symbol_and_version_three_only_what_is_in_use():
    venue = futures()
    assert {row["symbol"] for row in venue.ok("GET", "/fapi/v2/positionRisk")} == {"BTCUSDT", "ETHUSDT", "DOGEUSDT"}
    assert venue.ok("GET", "/fapi/v3/positionRisk") == []
    assert venue.ok("GET", "/fapi/v3/account")["positions"] == []
    assert len(venue.ok("GET", "/fapi/v2/account")["positions"]) == 3
    venue.ok("POST", ORDER, **limit(venue))
    assert [(row["symbol"], row["positionAmt"]) for row in venue.ok("GET", "/fapi/v3/positionRisk")] == [
        ("BTCUSDT", "0.000")
    ]


@pytest.mark.parametrize("hedge", [False, True])
def test_the_margin_of_orders_is_told_by_symbol_and_adds_up(hedge: bool):
    venue = futures()
    if hedge:
        venue.ok("POST", "/fapi/v1/positionSide/dual", dualSidePosition="true")
    legs = ("LONG", "SHORT") if hedge else ("BOTH", "BOTH")
    venue.ok("POST", ORDER, **market(quantity="0.1", positionSide=legs[0]))
    venue.ok("POST", ORDER, **limit(venue, positionSide=legs[0]))
    venue.ok("POST", ORDER, **limit(venue, "1.03", "SELL", quantity="0.4", positionSide=legs[1]))
    venue.ok(
        "POST", ORDER, **limit(venue, "1.04", "SELL", positionSide=legs[0], **({} if hedge else {"reduceOnly": "true"}))
    )
    venue.ok("POST", ALGO, **stop(venue, positionSide=legs[0]))
    total = Decimal(venue.ok("GET", "/fapi/v3/account")["totalOpenOrderInitialMargin"])
    assert total > 0
    for path in ("/fapi/v2/account", "/fapi/v3/positionRisk"):
        answer = venue.ok("GET", path)
        rows = answer["positions"] if isinstance(answer, dict) else answer
        assert abs(sum(Decimal(row["openOrderInitialMargin"]) for row in rows) - total) <= Decimal("2e-8")
        for row in rows:
            parts = Decimal(row["positionInitialMargin"]) + Decimal(row["openOrderInitialMargin"])
            assert Decimal(row["initialMargin"]) == parts


def test_closing_a_position_realises_its_profit():
    venue = futures()
    venue.ok("POST", ORDER, **market(quantity="0.5"))
    venue.house.clock.wait(3_600)
    venue.ok("POST", ORDER, **market("SELL", "0.5", reduceOnly="true"))
    assert position(venue)["positionAmt"] == "0.000"
    trades = venue.ok("GET", "/fapi/v1/userTrades", **BTC)
    assert {row["side"] for row in trades} == {"BUY", "SELL"}
    income = venue.ok("GET", "/fapi/v1/income")
    assert sum(Decimal(row["income"]) for row in income) + Decimal(50_000) == Decimal(
        venue.ok("GET", "/fapi/v2/balance")[0]["balance"]
    )
    realised = [row for row in income if row["incomeType"] == "REALIZED_PNL"]
    assert sum(Decimal(row["income"]) for row in realised) == sum(Decimal(row["realizedPnl"]) for row in trades)
    assert {row["tradeId"] for row in realised} <= {str(row["id"]) for row in trades if row["side"] == "SELL"}


def test_a_resting_order_is_found_everywhere_and_cancelled_once():
    venue = futures()
    order = venue.ok("POST", ORDER, **limit(venue, newClientOrderId="rest-1"))
    asked = venue.ok("GET", ORDER, **BTC, origClientOrderId="rest-1")
    assert venue.ok("GET", "/fapi/v1/openOrder", **BTC, orderId=order["orderId"]) == asked
    assert venue.ok("GET", "/fapi/v1/openOrders") == [asked] == venue.ok("GET", "/fapi/v1/openOrders", **BTC)
    assert venue.ok("GET", "/fapi/v1/openOrders", symbol="ETHUSDT") == []
    gone = venue.ok("DELETE", ORDER, **BTC, origClientOrderId="rest-1")
    assert (gone["status"], gone["orderId"]) == ("CANCELED", order["orderId"])
    assert venue.refused("DELETE", ORDER, **BTC, origClientOrderId="rest-1") == -2011
    assert venue.refused("GET", "/fapi/v1/openOrder", **BTC, orderId=order["orderId"]) == -2013
    assert [row["status"] for row in venue.ok("GET", "/fapi/v1/allOrders", **BTC)] == ["CANCELED"]


def test_all_open_orders_are_cancelled_and_conditional_ones_are_not():
    venue = futures()
    venue.ok("POST", ORDER, **limit(venue))
    venue.ok("POST", ORDER, **limit(venue, "0.96"))
    venue.ok("POST", ALGO, **stop(venue))
    assert venue.ok("DELETE", "/fapi/v1/allOpenOrders", **BTC)["code"] == 200
    assert venue.ok("GET", "/fapi/v1/openOrders") == []
    assert len(venue.ok("GET", "/fapi/v1/openAlgoOrders")) == 1
    assert venue.ok("DELETE", "/fapi/v1/algoOpenOrders", **BTC)["code"] == 200
    assert venue.ok("GET", "/fapi/v1/openAlgoOrders") == []


def test_a_limit_order_is_modified_in_place():
    venue = futures()
    order = venue.ok("POST", ORDER, **limit(venue))
    wanted = {**BTC, "orderId": order["orderId"], "side": "BUY", "quantity": "0.2", "price": venue.near("0.96")}
    done = venue.ok("PUT", ORDER, **wanted)
    assert (done["orderId"], done["origQty"], done["pair"]) == (order["orderId"], "0.200", "BTCUSDT")
    assert Decimal(done["price"]) == Decimal(wanted["price"])
    assert venue.refused("PUT", ORDER, **wanted) == -5027
    assert venue.refused("PUT", ORDER, **{**wanted, "side": "SELL"}) == -1130
    assert venue.refused("PUT", ORDER, **given(wanted, {"price": None})) == -1102
    assert venue.refused("PUT", ORDER, **{**wanted, "orderId": 99}) == -2013
    assert venue.refused("PUT", ORDER, **{**wanted, "price": "1.01"}) in (-4014, -1111)
    assert venue.ok("GET", ORDER, **BTC, orderId=order["orderId"])["origQty"] == "0.200"


def test_a_post_only_order_modified_into_the_book_is_cancelled():
    venue = futures()
    order = venue.ok("POST", ORDER, **limit(venue, timeInForce="GTX"))
    done = venue.ok("PUT", ORDER, **BTC, orderId=order["orderId"], side="BUY", quantity="0.1", price=venue.near("1.01"))
    assert done["status"] == "CANCELED"
    assert venue.ok("GET", "/fapi/v1/openOrders") == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"price": "80000.05"}, -4014),
        ({"price": "80000.001"}, -1111),
        ({"price": "0"}, -4001),
        ({"price": "-1"}, -4001),
        ({"price": "200000"}, -4016),
        ({"price": "1000", "side": "SELL"}, -4024),
        ({"price": None}, -1102),
        ({"quantity": "0"}, -4003),
        ({"quantity": "-0.1"}, -4003),
        ({"quantity": "0.0001"}, -1111),
        ({"quantity": "10000"}, -4005),
        ({"quantity": "0.001"}, -4164),
        ({"quantity": "100"}, -2019),
        ({"quantity": None}, -1102),
        ({"timeInForce": None}, -1102),
        ({"timeInForce": "DAY"}, -1115),
        ({"timeInForce": "GTD"}, -1102),
        ({"timeInForce": "GTD", "goodTillDate": 1}, -5040),
        ({"goodTillDate": 1_800_000_000_000}, -1106),
        ({"timeInForce": "GTX", "price": "85000"}, -5022),
        ({"timeInForce": "FOK"}, -5021),
        ({"reduceOnly": "true"}, -2022),
        ({"positionSide": "LONG"}, -4061),
        ({"positionSide": "UP"}, -4060),
        ({"stopPrice": "80000"}, -1106),
        ({"priceMatch": "OPPONENT"}, -1106),
        ({"priceMatch": "BEST", "price": None}, -5037),
        ({"selfTradePreventionMode": "MAYBE"}, -5039),
        ({"newOrderRespType": "FULL"}, -1136),
        ({"newClientOrderId": "x" * 37}, -4015),
        ({"type": "STOP_MARKET", "stopPrice": "1"}, -4120),
        ({"type": "STOP"}, -4120),
        ({"type": "TAKE_PROFIT"}, -4120),
        ({"type": "TAKE_PROFIT_MARKET"}, -4120),
        ({"type": "TRAILING_STOP_MARKET"}, -4120),
        ({"type": "MARKET", "price": None}, -1114),
    ],
)
def test_an_order_that_breaks_a_rule_is_refused_with_its_code(change: dict[str, Any], code: int):
    venue = futures()
    assert venue.refused("POST", ORDER, **given(limit(venue), change)) == code
    assert venue.ok("GET", "/fapi/v1/allOrders", **BTC) == []


def test_the_least_notional_is_told_and_does_not_hold_for_closing():
    venue = futures()
    reply = venue.house.send(FUTURES, "POST", ORDER, limit(venue, quantity="0.001"))
    assert (
        json.loads(reply.body)["msg"] == "Order's notional must be no smaller than 100 (unless you choose reduce only)"
    )
    venue.ok("POST", ORDER, **market(quantity="0.011"))
    venue.ok("POST", ORDER, **market("SELL", "0.010"))
    assert venue.ok("POST", ORDER, **market("SELL", "0.001", reduceOnly="true"))["status"] == "FILLED"


def test_the_edge_of_the_price_band_is_told():
    venue = futures()
    reply = venue.house.send(FUTURES, "POST", ORDER, limit(venue, price="200000"))
    mark = Decimal(venue.get("/fapi/v1/premiumIndex", **BTC)["markPrice"])
    assert json.loads(reply.body)["msg"] == f"Limit price can't be higher than {mark * Decimal('1.05'):.2f}."


def test_a_client_id_is_unique_among_open_orders():
    venue = futures()
    venue.ok("POST", ORDER, **limit(venue, newClientOrderId="one"))
    assert venue.refused("POST", ORDER, **limit(venue, newClientOrderId="one")) == -4116


def test_a_price_can_be_taken_from_the_book():
    venue = futures()
    book = venue.get("/fapi/v1/depth", **BTC, limit=5)
    queued = venue.ok("POST", ORDER, **given(limit(venue), {"price": None, "priceMatch": "QUEUE_5"}))
    assert (queued["priceMatch"], Decimal(queued["price"])) == ("QUEUE_5", Decimal(book["bids"][4][0]))
    taking = venue.ok(
        "POST",
        ORDER,
        **given(
            limit(venue), {"price": None, "priceMatch": "OPPONENT", "timeInForce": "IOC", "newOrderRespType": "RESULT"}
        ),
    )
    assert Decimal(taking["price"]) == Decimal(book["asks"][0][0])


def test_an_order_good_till_a_date_ends_then():
    venue = futures()
    until = venue.house.clock() + 3_600_000
    order = venue.ok("POST", ORDER, **limit(venue, "0.96", timeInForce="GTD", goodTillDate=until))
    assert (order["timeInForce"], order["goodTillDate"]) == ("GTD", until)
    venue.house.clock.wait(3_601)
    assert venue.ok("GET", ORDER, **BTC, orderId=order["orderId"])["status"] in ("EXPIRED", "FILLED")


# Conditional orders


@pytest.mark.parametrize(
    ("kind", "side", "share", "more"),
    [
        ("STOP_MARKET", "SELL", "0.95", {}),
        ("STOP_MARKET", "BUY", "1.05", {"workingType": "MARK_PRICE"}),
        ("STOP", "SELL", "0.95", {"price": "0.96", "timeInForce": "GTC"}),
        ("TAKE_PROFIT_MARKET", "SELL", "1.05", {"priceProtect": "TRUE"}),
        ("TAKE_PROFIT", "SELL", "1.04", {"price": "1.03"}),
    ],
)
def test_a_conditional_order_is_an_algo_order_and_no_other(kind: str, side: str, share: str, more: dict[str, Any]):
    venue = futures()
    if "price" in more:
        more = {**more, "price": venue.near(more["price"])}
    order = venue.ok("POST", ALGO, **stop(venue, kind, side, share, clientAlgoId="algo-1", **more))
    assert (order["orderType"], order["algoStatus"], order["algoType"]) == (kind, "NEW", "CONDITIONAL")
    asked = venue.ok("GET", ALGO, algoId=order["algoId"])
    assert (asked["actualOrderId"], asked["clientAlgoId"]) == ("", "algo-1")
    assert venue.ok("GET", ALGO, clientAlgoId="algo-1") == asked
    assert [row["algoId"] for row in venue.ok("GET", "/fapi/v1/openAlgoOrders", **BTC)] == [order["algoId"]]
    assert venue.ok("GET", "/fapi/v1/openOrders") == []
    for number in (order["algoId"], order["algoId"] % 1_000_000_000):
        assert venue.refused("GET", ORDER, **BTC, orderId=number) == -2013
        assert venue.refused("DELETE", ORDER, **BTC, orderId=number) == -2011
    gone = venue.ok("DELETE", ALGO, algoId=order["algoId"])
    assert gone == {"algoId": order["algoId"], "clientAlgoId": "algo-1", "code": "200", "msg": "success"}
    assert venue.refused("DELETE", ALGO, algoId=order["algoId"]) == -2011
    assert venue.ok("GET", ALGO, algoId=order["algoId"])["algoStatus"] == "CANCELED"
    assert [row["algoStatus"] for row in venue.ok("GET", "/fapi/v1/allAlgoOrders", **BTC)] == ["CANCELED"]


def test_a_triggered_algo_order_becomes_an_ordinary_one():
    venue = futures()
    venue.ok("POST", ORDER, **market())
    order = venue.ok("POST", ALGO, **stop(venue, share="0.999", reduceOnly="true"))
    asked = venue.ok("GET", ALGO, algoId=order["algoId"])
    while asked["algoStatus"] == "NEW":
        venue.house.clock.wait(600)
        asked = venue.ok("GET", ALGO, algoId=order["algoId"])
    assert asked["algoStatus"] == "FINISHED"
    real = venue.ok("GET", ORDER, **BTC, orderId=asked["actualOrderId"])
    assert (real["type"], real["origType"], real["status"]) == ("MARKET", "STOP_MARKET", "FILLED")
    assert position(venue)["positionAmt"] == "0.000"
    assert venue.ok("GET", "/fapi/v1/openAlgoOrders") == []


def test_a_close_position_order_stands_alone_in_its_direction():
    venue = futures()
    venue.ok("POST", ORDER, **market())
    whole = given(stop(venue), {"quantity": None, "closePosition": "true"})
    order = venue.ok("POST", ALGO, **whole)
    assert (order["closePosition"], order["quantity"]) == (True, "0.000")
    assert venue.refused("POST", ALGO, **whole) == -4130


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"algoType": "VP"}, -1130),
        ({"type": "LIMIT"}, -1116),
        ({"triggerPrice": None}, -1102),
        ({"triggerPrice": "1.05"}, -4014),
        ({"quantity": None}, -1102),
        ({"price": "1"}, -1106),
        ({"closePosition": "true"}, -4137),
        ({"closePosition": "true", "quantity": None, "reduceOnly": "true"}, -1106),
        ({"closePosition": "true", "quantity": None, "type": "STOP", "price": "80000"}, -4020),
        ({"type": "STOP"}, -1102),
        ({"callbackRate": "1"}, -1106),
        ({"activatePrice": "1"}, -1106),
        ({"type": "TRAILING_STOP_MARKET"}, -1106),
        ({"type": "TRAILING_STOP_MARKET", "triggerPrice": None}, -1102),
        ({"type": "TRAILING_STOP_MARKET", "triggerPrice": None, "callbackRate": "11"}, -2007),
        ({"workingType": "LAST"}, -4031),
        ({"side": "BUY"}, -2021),
        ({"priceMatch": "QUEUE"}, -5038),
        ({"positionSide": "LONG"}, -4061),
    ],
)
def test_a_conditional_order_that_breaks_a_rule_is_refused(change: dict[str, Any], code: int):
    venue = futures()
    assert venue.refused("POST", ALGO, **given(stop(venue), change)) == code


def test_a_trailing_stop_tells_rate_and_activation():
    venue = futures()
    params = given(stop(venue, "TRAILING_STOP_MARKET"), {"triggerPrice": None})
    order = venue.ok("POST", ALGO, **params, callbackRate="1.5", activatePrice=venue.near("1.02"))
    assert (order["callbackRate"], order["orderType"]) == ("1.5", "TRAILING_STOP_MARKET")
    assert Decimal(order["activatePrice"]) == Decimal(venue.near("1.02"))


def test_an_algo_order_must_be_named():
    venue = futures()
    assert venue.refused("GET", ALGO) == -1102
    assert venue.refused("DELETE", ALGO) == -1102
    assert venue.refused("GET", ALGO, algoId=1) == -2013
    assert venue.refused("DELETE", ALGO, clientAlgoId="nobody") == -2011
