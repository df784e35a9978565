"""Binance's futures face: settings, batches, records and market data."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.exchanges.paper.face_client import FUTURES, House, futures, spot
from tests.exchanges.paper.futures_orders import BTC, ORDER, limit, market, position

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
