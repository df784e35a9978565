"""BingX's face: its envelopes, its checks of key, time and signature, its refusals, and what it shares with no one."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest

from blave_mcp.exchanges.paper.face import BookStore, FaceTransport, MemoryBookStore
from blave_mcp.exchanges.paper.faces import open_face
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.wire import HttpReply, HttpRequest
from tests.exchanges.paper.face_client import KEY, SECRET, Clock, few_listings

D = Decimal
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BTC = {"symbol": "BTC-USDT"}


@dataclass
class BingX:
    """A client that signs by hand, as the venue's documentation shows it."""

    clock: Clock = field(default_factory=Clock)
    store: BookStore = field(default_factory=MemoryBookStore)
    face: FaceTransport = field(init=False)

    def __post_init__(self) -> None:
        listings = few_listings()
        market = SyntheticMarket(listings)
        self.face = open_face("bingx", market, self.store, self.clock, KEY, SECRET, listings=listings)

    def send(self, method: str, path: str, params: Mapping[str, Any], *, public: bool = False) -> HttpReply:
        if public:
            text = "&".join(f"{name}={value}" for name, value in params.items())
            return self.face.answer(HttpRequest("GET", f"https://venue.test/openApi/{path}?{text}"))
        pairs = sorted({**{k: str(v) for k, v in params.items()}, "timestamp": str(self.clock.now)}.items())
        plain = "&".join(f"{name}={value}" for name, value in pairs)
        sign = hmac.new(SECRET.encode(), plain.encode(), hashlib.sha256).hexdigest()
        text = "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs) + f"&signature={sign}"
        return self.raw(method, path, text)

    def raw(self, method: str, path: str, text: str, key: str = KEY) -> HttpReply:
        headers = {"X-BX-APIKEY": key, **FORM}
        url = f"https://venue.test/openApi/{path}"
        if method == "POST":
            return self.face.answer(HttpRequest("POST", url, headers, text.encode()))
        return self.face.answer(HttpRequest(method, f"{url}?{text}", headers))

    def body(self, method: str, path: str, **params: Any) -> Any:
        reply = self.send(method, path, params)
        assert reply.status == 200
        return json.loads(reply.body, parse_float=Decimal)

    def ok(self, method: str, path: str, **params: Any) -> Any:
        told = self.body(method, path, **params)
        assert (told["code"], told["msg"]) == (0, ""), (path, params, told)
        return told.get("data")

    def refused(self, method: str, path: str, **params: Any) -> int:
        told = self.body(method, path, **params)
        assert set(told) == {"code", "msg", "debugMsg", "data"}
        assert told["msg"]
        return int(told["code"])

    def get(self, path: str, **params: Any) -> Any:
        told = json.loads(self.send("GET", path, params, public=True).body, parse_float=Decimal)
        assert told["code"] == 0, told
        return told["data"]

    def near(self, share: str, *, swap: bool = True) -> str:
        last = D(self.get("swap/v2/quote/ticker", **BTC)["lastPrice"])
        return str((last * D(share)).quantize(D("0.1") if swap else D("0.01")))


@pytest.fixture
def venue() -> BingX:
    return BingX()


SWAP_BUY = {**BTC, "side": "BUY", "type": "MARKET", "positionSide": "BOTH", "quantity": "0.01"}
SPOT_BUY = {**BTC, "side": "BUY", "type": "MARKET", "quantity": "0.01"}


# Key, time, signature.


def test_a_key_that_is_not_the_account_s_is_refused(venue: BingX):
    reply = venue.raw("GET", "swap/v3/user/balance", f"timestamp={venue.clock.now}&signature=00", key="other")
    assert json.loads(reply.body)["code"] == 100413


def test_a_signature_that_is_missing_or_wrong_is_refused(venue: BingX):
    assert json.loads(venue.raw("GET", "swap/v3/user/balance", "timestamp=1").body)["code"] == 100412
    text = f"timestamp={venue.clock.now}&signature={'0' * 64}"
    assert json.loads(venue.raw("GET", "swap/v3/user/balance", text).body)["code"] == 100001


def test_a_signature_over_the_order_of_sending_is_taken_as_the_older_documentation_shows_it(venue: BingX):
    plain = f"timestamp={venue.clock.now}&symbol=BTC-USDT&recvWindow=5000"
    sign = hmac.new(SECRET.encode(), plain.encode(), hashlib.sha256).hexdigest()
    assert json.loads(venue.raw("GET", "swap/v2/user/positions", f"{plain}&signature={sign}").body)["code"] == 0


@pytest.mark.parametrize("off", [-5_001, 5_001])
def test_a_time_outside_the_window_is_refused(venue: BingX, off: int):
    plain = f"timestamp={venue.clock.now + off}"
    sign = hmac.new(SECRET.encode(), plain.encode(), hashlib.sha256).hexdigest()
    told = json.loads(venue.raw("GET", "swap/v3/user/balance", f"{plain}&signature={sign}").body)
    assert (told["code"], "timestamp" in told["msg"]) == (100421, True)


def test_market_data_wants_neither_key_nor_signature(venue: BingX):
    assert venue.get("swap/v2/server/time")["serverTime"] == venue.clock.now
    assert {one["symbol"] for one in venue.get("spot/v1/common/symbols")["symbols"]} == {
        "BTC-USDT",
        "ETH-USDT",
        "DOGE-USDT",
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "swap/v1/twap/order"), ("POST", "swap/v2/trade/cancelAllAfter"), ("GET", "nowhere"), ("PUT", "swap")],
)
def test_a_route_that_paper_trading_has_not_is_answered_in_the_venue_s_own_form(venue: BingX, method: str, path: str):
    told = json.loads(venue.raw(method, path, "").body)
    assert (told["code"], "paper trading has no such route" in told["msg"]) == (100400, True)


# Refusals.


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"symbol": "NOPE-USDT"}, 109425),
        ({"symbol": ""}, 109400),
        ({"side": "LONG"}, 109400),
        ({"type": "ICEBERG"}, 109400),
        ({"positionSide": "LONG"}, 109400),
        ({"quantity": ""}, 109400),
        ({"quantity": "x"}, 109400),
        ({"quantity": "0.0115"}, 110422),
        ({"quantity": "0.0001"}, 101400),
        ({"quantity": "400"}, 101400),
        ({"quantity": "20"}, 101204),
        ({"type": "LIMIT"}, 109400),
        ({"type": "LIMIT", "price": "1.23"}, 110400),
        ({"type": "LIMIT", "price": "999999"}, 101211),
        ({"type": "STOP_MARKET"}, 109400),
        ({"type": "STOP_MARKET", "stopPrice": "20000"}, 110412),
        ({"reduceOnly": "true"}, 101290),
        ({"closePosition": "true"}, 109400),
        ({"stopLoss": "{}"}, 110400),
        ({"type": "TRAILING_STOP_MARKET"}, 109400),
        ({"clientOrderId": "has space"}, 109400),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_order_that_cannot_be_is_refused_with_the_venue_s_code(venue: BingX, change: dict[str, str], code: int):
    assert venue.refused("POST", "swap/v2/trade/order", **{**SWAP_BUY, **change}) == code
    if code != 101204:
        assert venue.refused("POST", "swap/v2/trade/order/test", **{**SWAP_BUY, **change}) == code
    assert venue.ok("GET", "swap/v2/trade/openOrders")["orders"] == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"symbol": "NOPE-USDT"}, 100400),
        ({"quantity": "100"}, 100202),
        ({"quantity": "0.000001"}, 100400),
        ({"type": "LIMIT", "price": "1"}, 100440),
        ({"type": "TAKE_STOP_MARKET"}, 100400),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_spot_order_that_cannot_be_is_refused(venue: BingX, change: dict[str, str], code: int):
    assert venue.refused("POST", "spot/v1/trade/order", **{**SPOT_BUY, **change}) == code


def test_orders_that_are_not_there(venue: BingX):
    for method, path in (("GET", "swap/v2/trade/order"), ("DELETE", "swap/v2/trade/order")):
        assert venue.refused(method, path, **BTC, orderId=99) == 109421
    assert venue.refused("GET", "spot/v1/trade/query", **BTC, orderId=99) == 100404
    assert venue.refused("POST", "spot/v1/trade/cancel", **BTC, clientOrderID="abc") == 100404
    assert venue.refused("POST", "spot/v1/oco/cancel", orderId=99) == 100404
    assert venue.refused("GET", "swap/v2/trade/order", **BTC) == 109400


def test_a_client_id_is_kept_in_small_letters_and_a_conditional_order_keeps_none(venue: BingX):
    low = venue.near("0.9")
    limit = {**SWAP_BUY, "type": "LIMIT", "price": low, "clientOrderId": "MyId1"}
    assert venue.ok("POST", "swap/v2/trade/order", **limit)["order"]["clientOrderId"] == "myid1"
    assert venue.refused("POST", "swap/v2/trade/order", **limit) == 101481
    found = venue.ok("GET", "swap/v2/trade/order", **BTC, clientOrderId="MYID1")["order"]
    assert (found["status"], found["origQty"]) == ("PENDING", "0.010")
    stop = {**SWAP_BUY, "type": "STOP_MARKET", "stopPrice": venue.near("1.1"), "clientOrderId": "other1"}
    placed = venue.ok("POST", "swap/v2/trade/order", **stop)["order"]
    assert (placed["clientOrderId"], placed["status"]) == ("", "NEW")
    assert venue.refused("GET", "swap/v2/trade/order", **BTC, clientOrderId="other1") == 109421


# A position's life.


def test_a_position_opens_is_told_changes_and_closes(venue: BingX):
    placed = venue.ok("POST", "swap/v2/trade/order", **SWAP_BUY)["order"]
    assert (placed["status"], placed["orderID"]) == ("FILLED", str(placed["orderId"]))
    (held,) = venue.ok("GET", "swap/v2/user/positions", **BTC)
    assert (held["positionSide"], held["onlyOnePosition"], held["positionAmt"]) == ("LONG", True, "0.010")
    assert held["leverage"] == 20
    told = venue.body("POST", "swap/v2/trade/positionMargin", **BTC, amount="5", type=1, positionSide="BOTH")
    assert told["code"] == 109400, "the position is on cross margin"
    assert venue.refused("POST", "swap/v1/positionSide/dual", dualSidePosition="true") == 104103
    assert venue.refused("POST", "swap/v2/trade/marginType", **BTC, marginType="ISOLATED") == 109400
    closed = venue.ok("POST", "swap/v1/trade/closePosition", positionId=held["positionId"])
    assert closed["positionId"] == held["positionId"]
    assert venue.ok("GET", "swap/v2/user/positions") == []
    assert venue.refused("POST", "swap/v1/trade/closePosition", positionId=held["positionId"]) == 109420
    fills = venue.ok(
        "GET", "swap/v2/trade/fillHistory", **BTC, startTs=0, endTs=venue.clock.now + 1
    )["fill_history_orders"]  # fmt: skip
    assert [(one["side"], one["role"]) for one in fills] == [("SELL", "taker"), ("BUY", "taker")]
    assert all(D(one["commission"]) < 0 and one["filledTime"].endswith("+0800") for one in fills)
    incomes = venue.ok("GET", "swap/v2/user/income")
    assert {"TRADING_FEE", "REALIZED_PNL"} == {one["incomeType"] for one in incomes}
    every = venue.ok("GET", "swap/v2/trade/allFillOrders", tradingUnit="COIN", startTs=1, endTs=venue.clock.now + 1)
    assert len(every["fill_orders"]) == 2


def test_isolated_margin_is_added_and_the_answer_stands_beside_the_code(venue: BingX):
    assert venue.body("POST", "swap/v2/trade/marginType", **BTC, marginType="ISOLATED").keys() >= {"code", "msg"}
    assert venue.ok("GET", "swap/v2/trade/marginType", **BTC) == {"marginType": "ISOLATED"}
    venue.ok("POST", "swap/v2/trade/order", **SWAP_BUY)
    told = venue.body("POST", "swap/v2/trade/positionMargin", **BTC, amount="5", type=1, positionSide="BOTH")
    assert (told["code"], told["amount"], told["type"]) == (0, 5, 1)
    assert venue.refused("POST", "swap/v2/trade/positionMargin", **BTC, amount="5", type=3) == 109400


def test_leverage_is_set_by_the_side_that_the_mode_knows(venue: BingX):
    assert venue.refused("POST", "swap/v2/trade/leverage", **BTC, side="LONG", leverage=5) == 109400
    assert venue.ok("POST", "swap/v2/trade/leverage", **BTC, side="BOTH", leverage=5)["leverage"] == 5
    assert venue.refused("POST", "swap/v2/trade/leverage", **BTC, side="BOTH", leverage=500) == 101414
    assert venue.ok("POST", "swap/v1/positionSide/dual", dualSidePosition="true") == {"dualSidePosition": "true"}
    assert venue.refused("POST", "swap/v2/trade/leverage", **BTC, side="BOTH", leverage=5) == 109400
    assert venue.ok("POST", "swap/v2/trade/leverage", **BTC, side="SHORT", leverage=6)["leverage"] == 6
    assert venue.refused("POST", "swap/v2/trade/order", **SWAP_BUY) == 109400
    venue.ok("POST", "swap/v2/trade/order", **{**SWAP_BUY, "positionSide": "LONG"})
    (held,) = venue.ok("GET", "swap/v2/user/positions")
    assert held["onlyOnePosition"] is False


# Changes and batches.


def test_an_amended_order_keeps_its_id_and_a_replaced_one_does_not(venue: BingX):
    limit = {**SWAP_BUY, "type": "LIMIT", "price": venue.near("0.9")}
    id = venue.ok("POST", "swap/v2/trade/order", **limit)["order"]["orderId"]
    assert venue.ok("POST", "swap/v1/trade/amend", **BTC, orderId=id, quantity="0.02")["quantity"] == D("0.02")
    assert venue.refused("POST", "swap/v1/trade/amend", **BTC, orderId=id, quantity="0.02") == 101400
    more = {"cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": id}
    assert (
        venue.refused("POST", "swap/v1/trade/cancelReplace", **limit, **more, cancelRestrictions="ONLY_NEW") == 101400
    )
    told = venue.ok("POST", "swap/v1/trade/cancelReplace", **limit, **more, cancelRestrictions="ONLY_PENDING")
    assert (told["cancelResult"], told["replaceResult"]) == ("true", "true")
    assert told["cancelResponse"]["status"] == "CANCELLED"
    new = told["newOrderResponse"]["orderId"]
    assert new != id
    assert venue.refused("POST", "swap/v1/trade/cancelReplace", **limit, **more) == 109421
    half = {**limit, "quantity": "400", "cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": new}
    failed = venue.ok("POST", "swap/v1/trade/cancelReplace", **half)
    assert (failed["cancelResult"], failed["replaceResult"]) == ("true", "false")
    assert failed["replaceMsg"].startswith("101204")


def test_of_a_batch_each_order_is_judged_by_itself(venue: BingX):
    limit = {**SWAP_BUY, "type": "LIMIT", "price": venue.near("0.9")}
    orders = json.dumps([limit, {**limit, "symbol": "NOPE-USDT"}])
    told = venue.ok("POST", "swap/v2/trade/batchOrders", batchOrders=orders)
    assert ([one["status"] for one in told["orders"]], [one["code"] for one in told["errors"]]) == (
        ["PENDING"],
        [109425],
    )
    ids = json.dumps([told["orders"][0]["orderId"], 99])
    ended = venue.ok("DELETE", "swap/v2/trade/batchOrders", **BTC, orderIdList=ids)
    assert [one["status"] for one in ended["success"]] == ["CANCELLED"]
    assert [one["errorCode"] for one in ended["failed"]] == [109421]
    assert venue.refused("POST", "swap/v2/trade/batchOrders", batchOrders=json.dumps([limit] * 6)) == 109400
    assert venue.refused("POST", "swap/v2/trade/batchOrders", batchOrders="{") == 109400
    spot = {**SPOT_BUY, "type": "LIMIT", "price": venue.near("0.9", swap=False)}
    data = json.dumps([spot, {**spot, "quantity": "900"}])
    first, second = venue.ok("POST", "spot/v1/trade/batchOrders", data=data)["orders"]
    assert (first["status"], second["code"]) == ("PENDING", 100202)
    ended = venue.ok("POST", "spot/v1/trade/cancelOrders", **BTC, orderIds=str(first["orderId"]))
    assert [one["status"] for one in ended["orders"]] == ["CANCELED"]


def test_all_orders_of_a_symbol_or_a_type_are_cancelled(venue: BingX):
    venue.ok("POST", "swap/v2/trade/order", **{**SWAP_BUY, "type": "LIMIT", "price": venue.near("0.9")})
    venue.ok("POST", "swap/v2/trade/order", **{**SWAP_BUY, "type": "STOP_MARKET", "stopPrice": venue.near("1.1")})
    ended = venue.ok("DELETE", "swap/v2/trade/allOpenOrders", **BTC, type="LIMIT")
    assert [one["type"] for one in ended["success"]] == ["LIMIT"]
    assert len(venue.ok("GET", "swap/v2/trade/openOrders", type="STOP_MARKET")["orders"]) == 1
    assert len(venue.ok("DELETE", "swap/v2/trade/allOpenOrders")["success"]) == 1
    assert len(venue.ok("GET", "swap/v2/trade/allOrders", limit=10)["orders"]) == 2


@pytest.mark.parametrize(("share", "kind"), [("1.1", "STOP_MARKET"), ("0.9", "TAKE_PROFIT_MARKET")])
def test_a_trigger_order_waits_on_whichever_side_its_trigger_lies(venue: BingX, share: str, kind: str):
    order = {**SWAP_BUY, "type": "TRIGGER_MARKET", "stopPrice": venue.near(share)}
    placed = venue.ok("POST", "swap/v2/trade/order", **order)["order"]
    assert (placed["type"], placed["status"]) == ("TRIGGER_MARKET", "NEW"), kind


# Spot and wallets.


def test_an_oco_pair_lives_and_ends_together(venue: BingX):
    pair = {
        **BTC, "side": "SELL", "quantity": "0.01", "limitPrice": venue.near("1.1", swap=False),
        "triggerPrice": venue.near("0.9", swap=False), "orderPrice": venue.near("0.89", swap=False),
        "listClientOrderId": "pair1", "aboveClientOrderId": "up1", "belowClientOrderId": "down1",
    }  # fmt: skip
    legs = venue.ok("POST", "spot/v1/oco/order", **pair)
    assert [(leg["orderType"], leg["clientOrderId"]) for leg in legs] == [("ocoLimit", "up1"), ("ocoTps", "down1")]
    assert venue.ok("GET", "spot/v1/oco/orderList", clientOrderId="pair1") == legs
    assert len(venue.ok("GET", "spot/v1/oco/openOrderList", pageIndex=1, pageSize=10)) == 2
    venue.ok("POST", "spot/v1/oco/cancel", clientOrderId="up1")
    assert venue.ok("GET", "spot/v1/oco/openOrderList", pageIndex=1, pageSize=10) == []
    ended = venue.ok("GET", "spot/v1/oco/historyOrderList", pageIndex=1, pageSize=10)
    assert {leg["status"] for leg in ended} == {"CANCELED"}
    wrong = {**pair, "limitPrice": venue.near("0.8", swap=False)}
    assert venue.refused("POST", "spot/v1/oco/order", **wrong) == 100400


def test_a_transfer_is_told_without_an_envelope(venue: BingX):
    way = {"fromAccount": "spot", "toAccount": "fund", "asset": "USDT"}
    done = venue.body("POST", "api/asset/v1/transfer", **way, amount="10")
    assert set(done) == {"tranId", "transferId"}
    short = venue.body("POST", "api/asset/v1/transfer", **way, amount="1000000")
    assert short == {"transferErrorMsg": "Insufficient assets"}
    other = venue.body("POST", "api/asset/v1/transfer", **{**way, "toAccount": "stdFutures"}, amount="1")
    assert other == {"transferErrorMsg": "illegal transferType"}
    listed = venue.body("GET", "api/v3/asset/transferRecord", **way)
    assert [(one["transferId"], one["status"]) for one in listed["rows"]] == [(done["transferId"], "CONFIRMED")]
    (held,) = venue.ok("GET", "fund/v1/account/balance")["assets"]
    assert D(held["free"]) == 10
    worth = {one["accountType"]: D(one["usdtBalance"]) for one in venue.ok("GET", "account/v1/allAccountBalance")}
    assert worth == {"sopt": 49_990, "USDTMPerp": 50_000}


def test_spot_money_is_kept_to_the_last_digit(venue: BingX):
    before = venue.ok("GET", "spot/v1/account/balance")["balances"]
    placed = venue.ok("POST", "spot/v1/trade/order", **{**BTC, "side": "BUY", "type": "MARKET", "quoteOrderQty": "300"})
    told = venue.ok("GET", "spot/v1/trade/query", **BTC, orderId=placed["orderId"])
    after = {one["asset"]: D(one["free"]) for one in venue.ok("GET", "spot/v1/account/balance")["balances"]}
    usdt = next(D(one["free"]) for one in before if one["asset"] == "USDT")
    assert usdt - after["USDT"] == D(told["cummulativeQuoteQty"])
    assert after["BTC"] - 1 == D(told["executedQty"]) + D(told["fee"])
    (fill, *_) = venue.ok("GET", "spot/v1/trade/myTrades", **BTC)["fills"]
    assert (fill["isBuyer"], fill["isMaker"], fill["commissionAsset"]) == (True, False, "BTC")


def test_the_account_is_the_same_after_a_restart(venue: BingX):
    venue.ok("POST", "swap/v2/trade/order", **SWAP_BUY)
    again = BingX(clock=venue.clock, store=venue.store)
    assert again.ok("GET", "swap/v2/user/positions") == venue.ok("GET", "swap/v2/user/positions")
    assert again.ok("GET", "swap/v3/user/balance") == venue.ok("GET", "swap/v3/user/balance")


# Market data.


def test_candles_come_newest_first_and_asks_worst_first(venue: BingX):
    bars = venue.get("swap/v3/quote/klines", **BTC, interval="1h", limit=3)
    assert [bar["time"] for bar in bars] == sorted((bar["time"] for bar in bars), reverse=True)
    rows = venue.get("spot/v2/market/kline", **BTC, interval="1h", limit=3)
    assert len(rows) == 3
    assert all(isinstance(row[1], Decimal | int) for row in rows)
    depth = venue.get("swap/v2/quote/depth", **BTC, limit=5)
    asks, bids = ([D(price) for price, _ in depth[side]] for side in ("asks", "bids"))
    assert asks == sorted(asks, reverse=True)
    assert bids == sorted(bids, reverse=True)
    assert min(asks) > max(bids)
    told = json.loads(venue.send("GET", "swap/v2/quote/depth", {**BTC, "limit": 7}, public=True).body)
    assert told["code"] == 109400


def test_one_symbol_is_an_object_and_all_are_a_list(venue: BingX):
    for path in ("swap/v2/quote/ticker", "swap/v2/quote/premiumIndex", "swap/v1/ticker/price"):
        assert venue.get(path, **BTC)["symbol"] == "BTC-USDT"
        assert {one["symbol"] for one in venue.get(path)} == {"BTC-USDT", "ETH-USDT", "DOGE-USDT"}
    assert [one["symbol"] for one in venue.get("spot/v1/ticker/24hr", **BTC)] == ["BTC-USDT"]
    assert venue.get("swap/v2/quote/bookTicker", **BTC)["book_ticker"]["symbol"] == "BTC-USDT"
    assert venue.get("spot/v1/ticker/bookTicker", **BTC)[0]["symbol"] == "BTC-USDT"
    assert venue.get("spot/v2/ticker/price", **BTC)[0]["symbol"] == "BTC_USDT"
    assert D(venue.get("swap/v2/quote/openInterest", **BTC)["openInterest"]) > 1_000
    assert len(venue.get("swap/v2/quote/fundingRate", **BTC, limit=2)) == 2
    tiers = venue.ok("GET", "swap/v1/maintMarginRatio", **BTC)
    assert [tier["tier"] for tier in tiers][:2] == ["Tier 1", "Tier 2"]
