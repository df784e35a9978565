"""Binance's futures face: orders, conditional orders, positions, settings, and the codes of what it refuses."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.exchanges.paper.face_client import FUTURES, House, Venue, futures, spot

BTC: dict[str, Any] = {"symbol": "BTCUSDT"}
ORDER, ALGO = "/fapi/v1/order", "/fapi/v1/algoOrder"


def market(side: str = "BUY", quantity: str = "0.1", **more: Any) -> dict[str, Any]:
    return {**BTC, "side": side, "type": "MARKET", "quantity": quantity, "newOrderRespType": "RESULT"} | more


def limit(venue: Venue, share: str = "0.97", side: str = "BUY", **more: Any) -> dict[str, Any]:
    price = venue.near(share)
    return {**BTC, "side": side, "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.1", "price": price} | more


def stop(
    venue: Venue, kind: str = "STOP_MARKET", side: str = "SELL", share: str = "0.95", **more: Any
) -> dict[str, Any]:
    asked = {"algoType": "CONDITIONAL", **BTC, "side": side, "type": kind, "quantity": "0.1"}
    return {**asked, "triggerPrice": venue.near(share)} | more


def position(venue: Venue, side: str = "BOTH") -> dict[str, Any]:
    rows = venue.ok("GET", "/fapi/v2/positionRisk", **BTC)
    return next(row for row in rows if row["positionSide"] == side)


def given(params: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**params, **change}.items() if value is not None}


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


# Settings


def test_leverage_is_set_within_the_brackets():
    venue = futures()
    done = venue.ok("POST", "/fapi/v1/leverage", **BTC, leverage=50)
    assert done == {"symbol": "BTCUSDT", "leverage": 50, "maxNotionalValue": "12000000"}
    assert venue.ok("GET", "/fapi/v1/symbolConfig", **BTC)[0]["leverage"] == 50
    for wrong in (0, 126):
        assert venue.refused("POST", "/fapi/v1/leverage", **BTC, leverage=wrong) == -4028
    brackets = venue.ok("GET", "/fapi/v1/leverageBracket", **BTC)[0]["brackets"]
    assert brackets[0]["initialLeverage"] == 125
    assert [row["notionalFloor"] for row in brackets[1:]] == [row["notionalCap"] for row in brackets[:-1]]


def test_a_position_too_large_for_a_leverage_refuses_it():
    house = House()
    spot(house).ok("POST", "/api/v3/order", **BTC, side="SELL", type="MARKET", quantity="1")
    spot(house).ok("POST", "/sapi/v1/asset/transfer", type="MAIN_UMFUTURE", asset="USDT", amount="100000")
    venue = futures(house)
    venue.ok("POST", ORDER, **market(quantity="10"))
    assert venue.refused("POST", "/fapi/v1/leverage", **BTC, leverage=125) == -2027
    assert venue.refused("POST", "/fapi/v1/leverage", **BTC, leverage=2) == -2028


def test_margin_type_changes_only_without_orders_and_positions():
    venue = futures()
    path = "/fapi/v1/marginType"
    assert venue.refused("POST", path, **BTC, marginType="CROSSED") == -4046
    assert venue.refused("POST", path, **BTC, marginType="CROSS") == -1130
    order = venue.ok("POST", ORDER, **limit(venue))
    assert venue.refused("POST", path, **BTC, marginType="ISOLATED") == -4047
    venue.ok("DELETE", ORDER, **BTC, orderId=order["orderId"])
    assert venue.ok("POST", path, **BTC, marginType="ISOLATED") == {"code": 200, "msg": "success"}
    venue.ok("POST", ORDER, **market())
    assert venue.refused("POST", path, **BTC, marginType="CROSSED") == -4048
    assert position(venue)["marginType"] == "isolated"


def test_margin_is_added_to_an_isolated_position_only():
    venue = futures()
    path = "/fapi/v1/positionMargin"
    assert venue.refused("POST", path, **BTC, amount="10", type=1) == -4054
    venue.ok("POST", ORDER, **market())
    assert venue.refused("POST", path, **BTC, amount="10", type=1) == -4049
    venue.ok("POST", ORDER, **market("SELL"))
    venue.ok("POST", "/fapi/v1/marginType", **BTC, marginType="ISOLATED")
    venue.ok("POST", ORDER, **market())
    before = Decimal(position(venue)["isolatedWallet"])
    done = venue.ok("POST", path, **BTC, amount="100.5", type=1)
    assert done == {"amount": 100.5, "code": 200, "msg": "Successfully modify position margin.", "type": 1}
    assert Decimal(position(venue)["isolatedWallet"]) == before + Decimal("100.5")
    assert venue.refused("POST", path, **BTC, amount="100000", type=1) == -4050
    assert venue.refused("POST", path, **BTC, amount="100000", type=2) == -4051
    assert venue.refused("POST", path, **BTC, amount="0", type=1) == -4055
    assert venue.refused("POST", path, **BTC, amount="1", type=3) == -1130
    assert venue.refused("POST", "/fapi/v1/leverage", **BTC, leverage=2) == -4161
    rows = venue.ok("GET", "/fapi/v1/positionMargin/history", **BTC)
    assert [(row["type"], row["amount"], row["deltaType"]) for row in rows] == [(1, "100.5", "USER_ADJUST")]
    assert venue.ok("GET", "/fapi/v1/positionMargin/history", **BTC, type=2) == []


def test_hedge_mode_keeps_two_legs_and_wants_to_know_which():
    venue = futures()
    path = "/fapi/v1/positionSide/dual"
    assert venue.ok("GET", path) == {"dualSidePosition": False}
    assert venue.refused("POST", path, dualSidePosition="false") == -4059
    venue.ok("POST", path, dualSidePosition="true")
    assert venue.ok("GET", "/fapi/v1/accountConfig")["dualSidePosition"] is True
    assert venue.refused("POST", ORDER, **market()) == -4061
    venue.ok("POST", ORDER, **market(positionSide="LONG"))
    venue.ok("POST", ORDER, **market("SELL", "0.2", positionSide="SHORT"))
    assert (position(venue, "LONG")["positionAmt"], position(venue, "SHORT")["positionAmt"]) == ("0.100", "-0.200")
    assert venue.refused("POST", ORDER, **market("SELL", positionSide="LONG", reduceOnly="true")) == -1106
    assert venue.refused("POST", path, dualSidePosition="false") == -4068
    venue.ok("POST", ORDER, **market("SELL", positionSide="LONG"))
    venue.ok("POST", ORDER, **market("BUY", "0.2", positionSide="SHORT"))
    order = venue.ok("POST", ORDER, **limit(venue, positionSide="LONG"))
    assert venue.refused("POST", path, dualSidePosition="false") == -4067
    venue.ok("DELETE", ORDER, **BTC, orderId=order["orderId"])
    venue.ok("POST", path, dualSidePosition="false")


def test_there_is_single_asset_mode_only():
    venue = futures()
    path = "/fapi/v1/multiAssetsMargin"
    assert venue.ok("GET", path) == {"multiAssetsMargin": False}
    assert venue.refused("POST", path, multiAssetsMargin="true") == -4084
    assert venue.refused("POST", path, multiAssetsMargin="false") == -4171


# Batches


def test_a_batch_answers_for_each_order():
    venue = futures()
    good, bad = limit(venue, newClientOrderId="b1"), limit(venue, quantity="0.0001")
    rows = venue.ok("POST", "/fapi/v1/batchOrders", batchOrders=json.dumps([good, bad, {"symbol": "BTCUSDT"}]))
    assert rows[0]["clientOrderId"] == "b1"
    assert [row["code"] for row in rows[1:]] == [-1111, -1102]
    changed = [{**BTC, "orderId": rows[0]["orderId"], "side": "BUY", "quantity": "0.3", "price": venue.near("0.96")}]
    assert venue.ok("PUT", "/fapi/v1/batchOrders", batchOrders=json.dumps(changed))[0]["origQty"] == "0.300"
    gone = venue.ok("DELETE", "/fapi/v1/batchOrders", **BTC, orderIdList=json.dumps([rows[0]["orderId"], 99]))
    assert gone[0]["status"] == "CANCELED"
    assert gone[1]["code"] == -2011


def test_a_batch_may_name_its_orders_by_client_id():
    venue = futures()
    venue.ok("POST", ORDER, **limit(venue, newClientOrderId="b1"))
    rows = venue.ok("DELETE", "/fapi/v1/batchOrders", **BTC, origClientOrderIdList='["b1","b2"]')
    assert (rows[0]["clientOrderId"], rows[1]["code"]) == ("b1", -2011)


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("POST", {"batchOrders": "[]"}, -4082),
        ("POST", {"batchOrders": json.dumps([{}] * 6)}, -4082),
        ("POST", {"batchOrders": "nonsense"}, -1130),
        ("POST", {"batchOrders": '{"a":1}'}, -1130),
        ("PUT", {"batchOrders": json.dumps([{}] * 6)}, -4082),
        ("DELETE", BTC, -1102),
        ("DELETE", {**BTC, "orderIdList": json.dumps(list(range(11)))}, -4032),
        ("DELETE", {**BTC, "orderIdList": "1"}, -1130),
    ],
)
def test_a_batch_of_the_wrong_size_or_shape_is_refused_whole(method: str, params: dict[str, Any], code: int):
    assert futures().refused(method, "/fapi/v1/batchOrders", **params) == code


# Records and market data


def test_a_test_order_tells_what_was_understood_and_changes_nothing():
    venue = futures()
    told = venue.ok("POST", "/fapi/v1/order/test", **limit(venue, newClientOrderId="t"))
    assert (told["orderId"], told["clientOrderId"], told["status"]) == (0, "t", "NEW")
    assert venue.refused("POST", "/fapi/v1/order/test", **limit(venue, quantity="0.001")) == -4164
    assert venue.ok("GET", "/fapi/v1/allOrders", **BTC) == []


def test_a_liquidation_is_told_as_a_force_order():
    venue = futures()
    venue.ok("POST", "/fapi/v1/leverage", symbol="DOGEUSDT", leverage=75)
    venue.ok("POST", "/fapi/v1/marginType", symbol="DOGEUSDT", marginType="ISOLATED")
    venue.ok("POST", ORDER, symbol="DOGEUSDT", side="BUY", type="MARKET", quantity="20000")
    rows: list[dict[str, Any]] = []
    for _ in range(400):
        venue.house.clock.wait(1_800)
        rows = venue.ok("GET", "/fapi/v1/forceOrders", symbol="DOGEUSDT", limit=1)
        if rows:
            break
    assert (rows[0]["side"], rows[0]["status"], rows[0]["executedQty"]) == ("SELL", "FILLED", "20000")
    assert venue.ok("GET", "/fapi/v1/forceOrders", autoCloseType="ADL") == []
    assert venue.ok("GET", "/fapi/v3/positionRisk") == []


def test_funding_is_income_at_the_rates_that_were_published():
    venue = futures()
    venue.ok("POST", ORDER, **market(quantity="1"))
    venue.house.clock.wait(24 * 3_600)
    paid = venue.ok("GET", "/fapi/v1/income", incomeType="FUNDING_FEE")
    rates = venue.get("/fapi/v1/fundingRate", **BTC, startTime=venue.house.clock() - 24 * 3_600_000)
    assert [row["time"] for row in paid] == [row["fundingTime"] for row in rates]
    for row, rate in zip(paid, rates, strict=True):
        expected = -Decimal(rate["markPrice"]) * Decimal(rate["fundingRate"])
        assert abs(Decimal(row["income"]) - expected) < Decimal("0.001")


def test_histories_reach_back_seven_days_at_a_time():
    venue = futures()
    day = 86_400_000
    start = venue.house.clock()
    order = venue.ok("POST", ORDER, **market())
    venue.house.clock.wait(8 * 86_400)
    assert venue.ok("GET", "/fapi/v1/userTrades", **BTC) == []
    assert venue.ok("GET", "/fapi/v1/allOrders", **BTC) == []
    assert len(venue.ok("GET", "/fapi/v1/userTrades", **BTC, startTime=start)) > 0
    assert venue.ok("GET", "/fapi/v1/allOrders", **BTC, orderId=1)[0]["orderId"] == order["orderId"]
    assert venue.refused("GET", "/fapi/v1/userTrades", **BTC, startTime=start, endTime=start + 7 * day + 1) == -4165
    assert venue.refused("GET", "/fapi/v1/userTrades", **BTC, startTime=start, fromId=1) == -1128


def test_bars_are_cut_by_time_and_number():
    venue = futures()
    hour = 3_600_000
    every = venue.get("/fapi/v1/klines", **BTC, interval="1h")
    assert len(every) == 500
    assert [row[0] for row in every] == list(range(every[0][0], every[-1][0] + 1, hour))
    assert every[-1][0] <= venue.house.clock() <= every[-1][6]
    assert venue.get("/fapi/v1/klines", **BTC, interval="1h", startTime=every[3][0], limit=2) == every[3:5]
    assert venue.get("/fapi/v1/klines", **BTC, interval="1h", endTime=every[-3][0], limit=2) == every[-4:-2]
    assert venue.get("/fapi/v1/klines", **BTC, interval="1h", startTime=every[1][0], endTime=every[2][0]) == every[1:3]
    assert venue.get("/fapi/v1/klines", **BTC, interval="1h", startTime=venue.house.clock() + hour) == []
    month = venue.get("/fapi/v1/klines", **BTC, interval="1M", limit=3)
    assert [row[6] + 1 for row in month[:-1]] == [row[0] for row in month[1:]]
    week = venue.get("/fapi/v1/klines", **BTC, interval="1w", limit=3)
    assert [(row[0] // 86_400_000 + 3) % 7 for row in week] == [0, 0, 0]
    mark = venue.get("/fapi/v1/markPriceKlines", **BTC, interval="1h", limit=2)
    assert [row[5] for row in mark] == ["0", "0"]


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("/fapi/v1/klines", {**BTC, "interval": "7h"}, -1120),
        ("/fapi/v1/klines", {**BTC, "interval": "1s"}, -1120),
        ("/fapi/v1/klines", {**BTC, "interval": "1h", "limit": 1501}, -1130),
        ("/fapi/v1/klines", {"symbol": "NOPE", "interval": "1h"}, -1121),
        ("/fapi/v1/depth", {**BTC, "limit": 7}, -4021),
        ("/fapi/v1/ticker/price", {"symbol": "NOPE"}, -1121),
    ],
)
def test_market_data_that_cannot_be_had_is_refused(path: str, params: dict[str, Any], code: int):
    reply = House().send(FUTURES, "GET", path, params, public=True)
    assert (reply.status, json.loads(reply.body)["code"]) == (400, code)


def test_prices_agree_with_each_other():
    venue = futures()
    quote = venue.get("/fapi/v1/ticker/bookTicker", **BTC)
    book = venue.get("/fapi/v1/depth", **BTC, limit=5)
    assert [quote["bidPrice"], quote["bidQty"]] == book["bids"][0]
    assert [quote["askPrice"], quote["askQty"]] == book["asks"][0]
    assert Decimal(quote["bidPrice"]) < Decimal(quote["askPrice"])
    day = venue.get("/fapi/v1/ticker/24hr", **BTC)
    assert day["lastPrice"] == venue.get("/fapi/v1/ticker/price", **BTC)["price"]
    assert Decimal(day["priceChange"]) == Decimal(day["lastPrice"]) - Decimal(day["openPrice"])
    assert {row["symbol"] for row in venue.get("/fapi/v1/premiumIndex")} == {"BTCUSDT", "ETHUSDT", "DOGEUSDT"}
