"""Every endpoint of the reference answers, with the fields that the vendor's documentation gives it and no other.

The field lists are those of the response models in Binance's own SDKs (binance-sdk-spot 11.0,
binance-sdk-derivatives-trading-usds-futures 16.0); fields that only some orders have are listed as optional.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from blave_mcp.exchanges.paper.binance.futures import BinanceFuturesFace
from blave_mcp.exchanges.paper.binance.spot import BinanceSpotFace
from tests.exchanges.paper.face_client import FUTURES, SPOT, START, House, futures, spot

BTC: dict[str, Any] = {"symbol": "BTCUSDT"}
DECIMAL = re.compile(r"-?\d+(\.\d+)?")


@dataclass
class Stage:
    """An account in which there is one of everything."""

    house: House = field(default_factory=House)

    def __post_init__(self) -> None:
        one, two = spot(self.house), futures(self.house)
        self.low, self.high = one.near("0.96"), one.near("1.05")
        rest = {**BTC, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": self.low}
        one.ok("POST", "/api/v3/order", **BTC, side="BUY", type="MARKET", quantity="0.01")
        self.spot_order = one.ok("POST", "/api/v3/order", **rest, quantity="0.01")["orderId"]
        self.spot_list = one.ok("POST", "/api/v3/orderList/oco", **self.oco())["orderListId"]
        one.ok("POST", "/sapi/v1/asset/transfer", type="MAIN_UMFUTURE", asset="USDT", amount="10")
        two.ok("POST", "/fapi/v1/marginType", **BTC, marginType="ISOLATED")
        two.ok("POST", "/fapi/v1/order", **BTC, side="BUY", type="MARKET", quantity="0.1")
        two.ok("POST", "/fapi/v1/positionMargin", **BTC, amount="10", type=1)
        self.order = two.ok("POST", "/fapi/v1/order", **rest, quantity="0.1")["orderId"]
        self.algo = two.ok("POST", "/fapi/v1/algoOrder", **self.stop())["algoId"]

    def oco(self) -> dict[str, Any]:
        return {
            **BTC, "side": "SELL", "quantity": "0.01", "aboveType": "LIMIT_MAKER", "abovePrice": self.high,
            "belowType": "STOP_LOSS", "belowStopPrice": self.low,
        }  # fmt: skip

    def oto(self) -> dict[str, Any]:
        return {
            **BTC, "workingType": "LIMIT", "workingSide": "BUY", "workingPrice": self.low, "workingQuantity": "0.01",
            "workingTimeInForce": "GTC", "pendingSide": "SELL", "pendingQuantity": "0.01",
        }  # fmt: skip

    def stop(self) -> dict[str, Any]:
        return {
            "algoType": "CONDITIONAL", **BTC, "side": "SELL", "type": "STOP_MARKET", "quantity": "0.1",
            "triggerPrice": self.low, "reduceOnly": "true",
        }  # fmt: skip

    def limit(self, quantity: str) -> dict[str, Any]:
        price = self.low
        return {**BTC, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": quantity, "price": price}


Params = Callable[[Stage], dict[str, Any]]


def symbol(_: Stage) -> dict[str, Any]:
    return dict(BTC)


def nothing(_: Stage) -> dict[str, Any]:
    return {}


ORDER = "symbol orderId orderListId clientOrderId"
SPOT_STATE = "price origQty executedQty origQuoteOrderQty cummulativeQuoteQty status timeInForce type side"
SPOT_MAYBE = "stopPrice strategyId strategyType trailingDelta trailingTime workingFloor usedSor"
PLACED = f"{ORDER} transactTime {SPOT_STATE} workingTime selfTradePreventionMode fills"
REPORTED = f"{ORDER} {SPOT_STATE} stopPrice icebergQty time updateTime isWorking workingTime selfTradePreventionMode"
CANCELED = f"{ORDER} origClientOrderId transactTime {SPOT_STATE} selfTradePreventionMode"
LISTED = "orderListId contingencyType listStatusType listOrderStatus listClientOrderId transactionTime symbol orders"
FUTURE = (
    "clientOrderId executedQty orderId origQty price reduceOnly side positionSide status stopPrice closePosition "
    "symbol timeInForce type origType updateTime workingType priceProtect priceMatch selfTradePreventionMode "
    "goodTillDate cumQuote"
)
QUERIED = f"{FUTURE} avgPrice time"
ALGO = (
    "algoId clientAlgoId algoType orderType symbol side positionSide timeInForce quantity algoStatus triggerPrice "
    "price icebergQuantity selfTradePreventionMode workingType priceMatch closePosition priceProtect reduceOnly "
    "createTime updateTime triggerTime goodTillDate"
)
ALGO_LISTED = f"{ALGO} actualOrderId actualPrice tpTriggerPrice tpPrice slTriggerPrice slPrice tpOrderType"
TOTALS = (
    "totalInitialMargin totalMaintMargin totalWalletBalance totalUnrealizedProfit totalMarginBalance "
    "totalPositionInitialMargin totalOpenOrderInitialMargin totalCrossWalletBalance totalCrossUnPnl availableBalance "
    "maxWithdrawAmount assets positions"
)
RISK_2 = (
    "entryPrice breakEvenPrice marginType isAutoAddMargin isolatedMargin leverage liquidationPrice markPrice "
    "maxNotionalValue positionAmt notional isolatedWallet symbol unRealizedProfit positionSide updateTime"
)
RISK_3 = (
    "symbol positionSide positionAmt entryPrice breakEvenPrice markPrice unRealizedProfit liquidationPrice "
    "isolatedMargin notional marginAsset isolatedWallet initialMargin maintMargin positionInitialMargin "
    "openOrderInitialMargin adl bidNotional askNotional updateTime"
)
FILLS = "buyer commission commissionAsset id maker orderId price qty quoteQty realizedPnl side positionSide symbol time"

# The 50 endpoints of the reference: face, method, path, parameters, fields of the answer or of its elements.
ROWS: list[tuple[str, str, str, Params, str]] = [
    (
        SPOT, "GET", "/api/v3/account", nothing,
        "makerCommission takerCommission buyerCommission sellerCommission commissionRates canTrade canWithdraw "
        "canDeposit brokered requireSelfTradePrevention preventSor updateTime accountType balances permissions uid",
    ),
    (
        SPOT, "GET", "/api/v3/myTrades", symbol,
        "symbol id orderId orderListId price qty quoteQty commission commissionAsset time isBuyer isMaker isBestMatch",
    ),
    (
        SPOT, "GET", "/api/v3/account/commission", symbol,
        "symbol standardCommission specialCommission taxCommission discount",
    ),
    (SPOT, "GET", "/api/v3/rateLimit/order", nothing, "rateLimitType interval intervalNum limit count"),
    (SPOT, "POST", "/api/v3/order", lambda s: s.limit("0.01"), PLACED),
    (SPOT, "POST", "/api/v3/order/test", lambda s: s.limit("0.01"), ""),
    (SPOT, "DELETE", "/api/v3/order", lambda s: {**BTC, "orderId": s.spot_order}, CANCELED),
    (SPOT, "DELETE", "/api/v3/openOrders", symbol, CANCELED),
    (
        SPOT, "POST", "/api/v3/order/cancelReplace",
        lambda s: {**s.limit("0.02"), "cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": s.spot_order},
        "cancelResult newOrderResult cancelResponse newOrderResponse",
    ),
    (
        SPOT, "PUT", "/api/v3/order/amend/keepPriority",
        lambda s: {**BTC, "orderId": s.spot_order, "newQty": "0.005"}, "transactTime executionId amendedOrder",
    ),
    (SPOT, "GET", "/api/v3/order", lambda s: {**BTC, "orderId": s.spot_order}, REPORTED),
    (SPOT, "GET", "/api/v3/openOrders", symbol, REPORTED),
    (SPOT, "GET", "/api/v3/allOrders", symbol, REPORTED),
    (SPOT, "POST", "/api/v3/orderList/oco", lambda s: s.oco(), f"{LISTED} orderReports"),
    (
        SPOT, "POST", "/api/v3/orderList/oto",
        lambda s: {**s.oto(), "pendingType": "MARKET"}, f"{LISTED} orderReports",
    ),
    (
        SPOT, "POST", "/api/v3/orderList/otoco",
        lambda s: {
            **s.oto(), "pendingAboveType": "TAKE_PROFIT", "pendingAboveStopPrice": s.high,
            "pendingBelowType": "STOP_LOSS", "pendingBelowStopPrice": str(float(s.low) * 0.9)[:7],
        },
        f"{LISTED} orderReports",
    ),
    (
        SPOT, "DELETE", "/api/v3/orderList", lambda s: {**BTC, "orderListId": s.spot_list},
        f"{LISTED} orderReports",
    ),
    (SPOT, "GET", "/api/v3/orderList", lambda s: {"orderListId": s.spot_list}, LISTED),
    (SPOT, "GET", "/api/v3/openOrderList", nothing, LISTED),
    (SPOT, "POST", "/api/v3/sor/order", lambda s: s.limit("0.01"), PLACED),
    (SPOT, "POST", "/api/v3/sor/order/test", lambda s: s.limit("0.01"), ""),
    (
        FUTURES, "GET", "/fapi/v2/account", nothing,
        f"feeTier feeBurn canTrade canDeposit canWithdraw updateTime multiAssetsMargin tradeGroupId {TOTALS}",
    ),
    (FUTURES, "GET", "/fapi/v3/account", nothing, TOTALS),
    (
        FUTURES, "GET", "/fapi/v2/balance", nothing,
        "accountAlias asset balance crossWalletBalance crossUnPnl availableBalance maxWithdrawAmount marginAvailable "
        "updateTime",
    ),
    (FUTURES, "GET", "/fapi/v2/positionRisk", nothing, RISK_2),
    (FUTURES, "GET", "/fapi/v3/positionRisk", nothing, RISK_3),
    (FUTURES, "GET", "/fapi/v1/userTrades", symbol, FILLS),
    (FUTURES, "GET", "/fapi/v1/forceOrders", nothing, ""),
    (FUTURES, "POST", "/fapi/v1/order", lambda s: s.limit("0.1"), f"{FUTURE} cumQty avgPrice"),
    (
        FUTURES, "POST", "/fapi/v1/batchOrders", lambda s: {"batchOrders": json.dumps([s.limit("0.1")])},
        f"{FUTURE} cumQty avgPrice",
    ),
    (FUTURES, "POST", "/fapi/v1/algoOrder", lambda s: s.stop(), f"{ALGO} activatePrice callbackRate"),
    (
        FUTURES, "PUT", "/fapi/v1/order",
        lambda s: {**BTC, "orderId": s.order, "side": "BUY", "quantity": "0.2", "price": s.low},
        f"{FUTURE} cumQty avgPrice pair",
    ),
    (
        FUTURES, "PUT", "/fapi/v1/batchOrders",
        lambda s: {
            "batchOrders": json.dumps([{**BTC, "orderId": s.order, "side": "BUY", "quantity": "0.2", "price": s.low}])
        },
        f"{FUTURE} cumQty avgPrice pair",
    ),
    (FUTURES, "DELETE", "/fapi/v1/order", lambda s: {**BTC, "orderId": s.order}, f"{FUTURE} cumQty"),
    (
        FUTURES, "DELETE", "/fapi/v1/batchOrders", lambda s: {**BTC, "orderIdList": json.dumps([s.order])},
        f"{FUTURE} cumQty",
    ),
    (FUTURES, "DELETE", "/fapi/v1/allOpenOrders", symbol, "code msg"),
    (FUTURES, "DELETE", "/fapi/v1/algoOrder", lambda s: {"algoId": s.algo}, "algoId clientAlgoId code msg"),
    (FUTURES, "DELETE", "/fapi/v1/algoOpenOrders", symbol, "code msg"),
    (FUTURES, "GET", "/fapi/v1/order", lambda s: {**BTC, "orderId": s.order}, QUERIED),
    (FUTURES, "GET", "/fapi/v1/openOrder", lambda s: {**BTC, "orderId": s.order}, QUERIED),
    (FUTURES, "GET", "/fapi/v1/openOrders", nothing, QUERIED),
    (FUTURES, "GET", "/fapi/v1/allOrders", symbol, QUERIED),
    (FUTURES, "GET", "/fapi/v1/openAlgoOrders", nothing, ALGO_LISTED),
    (FUTURES, "GET", "/fapi/v1/allAlgoOrders", symbol, ALGO_LISTED),
    (FUTURES, "POST", "/fapi/v1/leverage", lambda s: {**BTC, "leverage": 30}, "leverage maxNotionalValue symbol"),
    (FUTURES, "POST", "/fapi/v1/marginType", lambda s: {"symbol": "ETHUSDT", "marginType": "ISOLATED"}, "code msg"),
    (FUTURES, "POST", "/fapi/v1/positionSide/dual", lambda s: {"dualSidePosition": "true"}, "code msg"),
    (
        FUTURES, "POST", "/fapi/v1/positionMargin", lambda s: {**BTC, "amount": "10", "type": 1},
        "amount code msg type",
    ),
    (
        FUTURES, "GET", "/fapi/v1/positionMargin/history", symbol,
        "symbol type deltaType amount asset time positionSide",
    ),
    (FUTURES, "GET", "/fapi/v1/leverageBracket", nothing, "symbol brackets"),
]  # fmt: skip
REFUSED = {("POST", "/fapi/v1/positionSide/dual"): -4068}
"""What the stage's open position forbids."""


@pytest.mark.parametrize(("name", "method", "path", "params", "fields"), ROWS, ids=[f"{r[1]} {r[2]}" for r in ROWS])
def test_every_endpoint_answers_with_the_documented_fields(
    name: str, method: str, path: str, params: Params, fields: str
):
    stage = Stage()
    reply = stage.house.send(name, method, path, params(stage))
    body = json.loads(reply.body)
    if (method, path) in REFUSED:
        assert (reply.status, body["code"]) == (400, REFUSED[method, path])
        return
    assert reply.status == 200, body
    rows = body if isinstance(body, list) else [body]
    if fields:
        assert rows
    for row in rows:
        if "orderReports" in row and "orderReports" not in fields:
            continue
        maybe = set(SPOT_MAYBE.split()) if name == SPOT else {"modifyId"}
        assert row.keys() - maybe == set(fields.split()) - maybe


def test_no_reference_endpoint_is_missing_from_the_walk():
    assert len(ROWS) == len({(method, path) for _, method, path, _, _ in ROWS}) == 50


PUBLIC: list[tuple[str, str, dict[str, Any], str]] = [
    (SPOT, "/api/v3/ping", {}, ""),
    (SPOT, "/api/v3/time", {}, "serverTime"),
    (SPOT, "/api/v3/exchangeInfo", {}, "timezone serverTime rateLimits exchangeFilters symbols sors"),
    (SPOT, "/api/v3/depth", {**BTC, "limit": 5}, "lastUpdateId bids asks"),
    (SPOT, "/api/v3/trades", BTC, "id price qty quoteQty time isBuyerMaker isBestMatch"),
    (SPOT, "/api/v3/historicalTrades", BTC, "id price qty quoteQty time isBuyerMaker isBestMatch"),
    (SPOT, "/api/v3/aggTrades", {**BTC, "limit": 3}, "a p q f l T m M"),
    (SPOT, "/api/v3/avgPrice", BTC, "mins price closeTime"),
    (SPOT, "/api/v3/ticker/price", BTC, "symbol price"),
    (SPOT, "/api/v3/ticker/bookTicker", {"symbols": '["BTCUSDT"]'}, "symbol bidPrice bidQty askPrice askQty"),
    (
        SPOT, "/api/v3/ticker/24hr", BTC,
        "symbol priceChange priceChangePercent weightedAvgPrice prevClosePrice lastPrice lastQty bidPrice bidQty "
        "askPrice askQty openPrice highPrice lowPrice volume quoteVolume openTime closeTime firstId lastId count",
    ),
    (
        SPOT, "/api/v3/ticker/24hr", {**BTC, "type": "MINI"},
        "symbol openPrice highPrice lowPrice lastPrice volume quoteVolume openTime closeTime firstId lastId count",
    ),
    (FUTURES, "/fapi/v1/ping", {}, ""),
    (FUTURES, "/fapi/v1/time", {}, "serverTime"),
    (FUTURES, "/fapi/v1/exchangeInfo", {}, "exchangeFilters rateLimits serverTime assets symbols timezone"),
    (FUTURES, "/fapi/v1/depth", BTC, "lastUpdateId E T bids asks"),
    (FUTURES, "/fapi/v1/trades", BTC, "id price qty quoteQty time isBuyerMaker isRPITrade"),
    (FUTURES, "/fapi/v1/aggTrades", {**BTC, "limit": 3}, "a p q nq f l T m"),
    (FUTURES, "/fapi/v1/ticker/price", BTC, "symbol price time"),
    (FUTURES, "/fapi/v2/ticker/price", {}, "symbol price time"),
    (FUTURES, "/fapi/v1/ticker/bookTicker", BTC, "symbol bidPrice bidQty askPrice askQty time"),
    (
        FUTURES, "/fapi/v1/ticker/24hr", {},
        "symbol priceChange priceChangePercent weightedAvgPrice lastPrice lastQty openPrice highPrice lowPrice volume "
        "quoteVolume openTime closeTime firstId lastId count",
    ),
    (
        FUTURES, "/fapi/v1/premiumIndex", BTC,
        "symbol markPrice indexPrice estimatedSettlePrice lastFundingRate interestRate nextFundingTime time",
    ),
    (FUTURES, "/fapi/v1/fundingRate", BTC, "symbol fundingRate fundingTime markPrice"),
    (
        FUTURES, "/fapi/v1/fundingInfo", {},
        "symbol adjustedFundingRateCap adjustedFundingRateFloor fundingIntervalHours disclaimer",
    ),
    (FUTURES, "/fapi/v1/openInterest", BTC, "openInterest symbol time"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "path", "params", "fields"), PUBLIC, ids=[f"{r[1]} {r[2]}" for r in PUBLIC])
def test_every_public_endpoint_answers_with_the_documented_fields(
    name: str, path: str, params: dict[str, Any], fields: str
):
    reply = House().send(name, "GET", path, params, public=True)
    body = json.loads(reply.body)
    assert reply.status == 200, body
    for row in body if isinstance(body, list) else [body]:
        assert row.keys() == set(fields.split())


SYMBOL = {
    SPOT: "symbol status baseAsset baseAssetPrecision quoteAsset quotePrecision quoteAssetPrecision "
    "baseCommissionPrecision quoteCommissionPrecision orderTypes icebergAllowed ocoAllowed otoAllowed opoAllowed "
    "quoteOrderQtyMarketAllowed allowTrailingStop cancelReplaceAllowed amendAllowed pegInstructionsAllowed "
    "isSpotTradingAllowed isMarginTradingAllowed filters permissions permissionSets defaultSelfTradePreventionMode "
    "allowedSelfTradePreventionModes",
    FUTURES: "symbol pair contractType deliveryDate onboardDate status maintMarginPercent requiredMarginPercent "
    "baseAsset quoteAsset marginAsset pricePrecision quantityPrecision baseAssetPrecision quotePrecision "
    "underlyingType underlyingSubType settlePlan triggerProtect filters orderTypes timeInForce liquidationFee "
    "marketTakeBound",
}


@pytest.mark.parametrize(
    ("name", "path", "kinds"),
    [
        (
            SPOT, "/api/v3/exchangeInfo",
            "PRICE_FILTER LOT_SIZE MARKET_LOT_SIZE TRAILING_DELTA PERCENT_PRICE_BY_SIDE NOTIONAL MAX_NUM_ORDERS "
            "MAX_NUM_ALGO_ORDERS",
        ),
        (
            FUTURES, "/fapi/v1/exchangeInfo",
            "PRICE_FILTER LOT_SIZE MARKET_LOT_SIZE MAX_NUM_ORDERS MAX_NUM_ALGO_ORDERS MIN_NOTIONAL PERCENT_PRICE",
        ),
    ],
)  # fmt: skip
def test_a_symbol_is_told_with_all_its_filters(name: str, path: str, kinds: str):
    house = House()
    for row in json.loads(house.send(name, "GET", path, public=True).body)["symbols"]:
        assert row.keys() == set(SYMBOL[name].split())
        assert [each["filterType"] for each in row["filters"]] == kinds.split()


WHOLE = {
    "orderId", "orderListId", "algoId", "id", "uid", "tranId", "time", "updateTime", "createTime", "triggerTime",
    "transactTime", "transactionTime", "workingTime", "goodTillDate", "limit", "count", "intervalNum",
    "makerCommission", "code", "type", "bracket", "initialLeverage", "notionalCap", "notionalFloor", "serverTime",
    "executionId",
}  # fmt: skip
"""Names of integers; but `type` of an order and `code` of an algo order are texts."""
AMOUNT = re.compile("(?i)(price|qty|margin|balance|amt|pnl|profit|notional|commission)$")
WORDS = {"", "CONTRACT_PRICE", "MARK_PRICE"}


@pytest.mark.parametrize(("name", "method", "path", "params", "fields"), ROWS, ids=[f"{r[1]} {r[2]}" for r in ROWS])
def test_amounts_are_texts_and_ids_and_times_are_integers(
    name: str, method: str, path: str, params: Params, fields: str
):
    stage = Stage()
    body = json.loads(stage.house.send(name, method, path, params(stage)).body, parse_float=Float)
    for place, value in leaves(body):
        key = place.rpartition(".")[2]
        if isinstance(value, Float):
            assert path in ("/fapi/v1/positionMargin", "/fapi/v1/leverageBracket"), place
        elif key in WHOLE:
            assert isinstance(value, int) or (key in ("type", "code") and isinstance(value, str)), place
        elif AMOUNT.search(key) and not isinstance(value, bool):
            whole = {"multiAssetsMargin", "takerCommission", "buyerCommission", "sellerCommission"}
            assert key in whole or value == "false" or value in WORDS or DECIMAL.fullmatch(value), place


class Float(float):
    """A number that was written with a point."""


def leaves(value: Any, place: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for key, each in value.items() for leaf in leaves(each, f"{place}.{key}")]
    if isinstance(value, list):
        return [leaf for each in value for leaf in leaves(each, place)]
    return [(place, value)]


@pytest.mark.parametrize("face", [BinanceSpotFace, BinanceFuturesFace])
def test_no_parameter_is_both_mandatory_and_optional(face: type[BinanceSpotFace | BinanceFuturesFace]):
    for route in face.routes:
        assert len(set(route.names())) == len(route.names()), route.path


@pytest.mark.parametrize(("name", "method", "path", "params", "fields"), ROWS, ids=[f"{r[1]} {r[2]}" for r in ROWS])
def test_no_endpoint_answers_without_a_signature(name: str, method: str, path: str, params: Params, fields: str):
    stage = Stage()
    before = stage.house.store.session()
    with before as session:
        text = session.load()
    reply = stage.house.send(name, method, path, params(stage), public=True)
    assert (reply.status, json.loads(reply.body)["code"]) == (401, -2014)
    with stage.house.store.session() as session:
        assert session.load() == text
    assert stage.house.clock() == START
