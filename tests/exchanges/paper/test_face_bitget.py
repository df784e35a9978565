"""Bitget's face as a client sees it that signs by hand: envelopes, keys, codes, and the life of its orders."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from decimal import Decimal
from typing import Any

import pytest

from blave_mcp.exchanges.bitget.endpoints import BITGET
from blave_mcp.exchanges.paper.bitget.face import ROUTES
from blave_mcp.exchanges.paper.face import FaceTransport, MemoryBookStore
from blave_mcp.exchanges.paper.faces import open_face
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.wire import HttpReply, HttpRequest
from tests.conftest import ROOT
from tests.exchanges.paper.face_client import BALANCES, KEY, SECRET, Clock, few_listings

URL = "https://api.bitget.com"
PERP = {"symbol": "BTCUSDT", "productType": "USDT-FUTURES", "marginCoin": "USDT"}
ORDER = {**PERP, "marginMode": "crossed", "size": "0.01", "side": "buy", "orderType": "market"}
MIX, SPOT = "/api/v2/mix", "/api/v2/spot"


class House:
    """The face over one account, and a hand that signs for it."""

    def __init__(self) -> None:
        self.clock, self.store = Clock(), MemoryBookStore()
        self.face = self.open()

    def open(self) -> FaceTransport:
        market = SyntheticMarket(few_listings())
        return open_face(
            "bitget", market, self.store, self.clock, KEY, SECRET, listings=few_listings(), balances=BALANCES
        )

    def raw(self, method: str, path: str, body: bytes = b"", **changes: Any) -> HttpReply:
        self.clock.wait(1)
        stamp = changes.pop("time", str(self.clock.now))
        text = f"{stamp}{method}{path}".encode() + body
        sign = base64.b64encode(hmac.new(SECRET.encode(), text, hashlib.sha256).digest()).decode()
        headers = {
            "ACCESS-KEY": KEY, "ACCESS-SIGN": sign, "ACCESS-TIMESTAMP": stamp, "ACCESS-PASSPHRASE": "word",
            "Content-Type": "application/json",
        }  # fmt: skip
        headers |= {name.replace("_", "-"): value for name, value in changes.items()}
        return self.face.answer(HttpRequest(method, f"{URL}{path}", headers, body))

    def told(self, method: str, path: str, args: dict[str, Any] | None = None) -> dict[str, Any]:
        args = args or {}
        if method == "POST":
            reply = self.raw(method, path, json.dumps(args).encode())
        else:
            query = "&".join(f"{name}={value}" for name, value in args.items())
            reply = self.raw(method, f"{path}?{query}" if query else path)
        found: dict[str, Any] = json.loads(reply.body)
        assert (reply.status == 200) == (found["code"] == "00000")
        assert found["requestTime"] == self.clock.now
        return found

    def get(self, path: str, **args: Any) -> Any:
        found = self.told("GET", path, args)
        assert found["code"] == "00000", found
        return found["data"]

    def post(self, path: str, args: dict[str, Any]) -> Any:
        found = self.told("POST", path, args)
        assert found["code"] == "00000", found
        return found["data"]

    def refused(self, path: str, args: dict[str, Any], method: str = "POST") -> str:
        found = self.told(method, path, args)
        assert found["data"] is None
        code: str = found["code"]
        assert code != "00000"
        return code

    @property
    def price(self) -> Decimal:
        return Decimal(self.get(f"{MIX}/market/ticker", symbol="BTCUSDT", productType="USDT-FUTURES")[0]["lastPr"])


@pytest.fixture
def house() -> House:
    return House()


# Keys and envelopes.


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ACCESS_KEY": ""}, "40001"),
        ({"ACCESS_KEY": "other"}, "40006"),
        ({"ACCESS_SIGN": ""}, "40003"),
        ({"ACCESS_SIGN": "AAAA"}, "40009"),
        ({"ACCESS_PASSPHRASE": ""}, "40011"),
        ({"time": "soon"}, "40005"),
        ({"time": "1"}, "40008"),
    ],
)
def test_a_request_that_is_not_signed_right_is_refused_with_its_code(house: House, changes: dict[str, Any], code: str):
    reply = house.raw("GET", f"{SPOT}/account/assets", **changes)
    assert (reply.status, json.loads(reply.body)["code"]) == (400, code)


def test_the_signature_covers_query_and_body(house: House):
    good = house.raw("GET", f"{SPOT}/account/assets?coin=USDT")
    assert good.status == 200
    sent = HttpRequest("GET", f"{URL}{SPOT}/account/assets?coin=BTC", {}, b"")
    assert json.loads(house.face.answer(sent).body)["code"] == "40001"
    body = json.dumps(ORDER).encode()
    tampered = house.raw("POST", f"{MIX}/order/place-order", body, ACCESS_SIGN="x" * 44)
    assert json.loads(tampered.body)["code"] == "40009"
    plain = house.raw("POST", f"{MIX}/order/place-order", body, Content_Type="text/plain")
    assert json.loads(plain.body)["code"] == "40007"


def test_every_other_route_is_refused_in_the_venues_own_form(house: House):
    served = {(route.method, route.path) for route in ROUTES}
    others = [endpoint for endpoint in BITGET if (endpoint.method, endpoint.path) not in served]
    assert {endpoint.id for endpoint in others} == {
        "spot.trades.reference", "futures.instruments.reference", "futures.book.reference", "futures.trades.reference",
        "futures.funding.reference", "spot.transfer.subaccount", "spot.transfer.subaccounts", "futures.auto_margin.set",
        "futures.position.history",
    }  # fmt: skip
    for endpoint in others:
        reply = house.raw(endpoint.method, endpoint.path, b"{}" if endpoint.method == "POST" else b"")
        found = json.loads(reply.body)
        assert (reply.status, found["code"]) == (404, "40404")
        assert "paper trading has no such route" in found["msg"]


def test_more_than_the_limit_is_turned_away_for_that_endpoint_alone(house: House):
    request = HttpRequest("GET", f"{URL}/api/v2/public/time", {}, b"")
    replies = [house.face.answer(request) for _ in range(21)]
    assert [reply.status for reply in replies].count(429) == 1
    assert replies[0].headers["x-mbx-used-remain-limit"] == "19"
    assert house.face.answer(HttpRequest("GET", f"{URL}{SPOT}/public/symbols", {}, b"")).status == 200
    house.clock.wait(1)
    assert house.face.answer(request).status == 200


DOCUMENTED = {
    "spot_symbols": (f"{SPOT}/public/symbols", {}),
    "spot_tickers": (f"{SPOT}/market/tickers", {"symbol": "BTCUSDT"}),
    "spot_assets": (f"{SPOT}/account/assets", {}),
    "futures_contracts": (f"{MIX}/market/contracts", {"productType": "USDT-FUTURES"}),
    "futures_ticker": (f"{MIX}/market/ticker", {"symbol": "BTCUSDT", "productType": "USDT-FUTURES"}),
    "futures_funding_now": (f"{MIX}/market/current-fund-rate", {"symbol": "BTCUSDT", "productType": "USDT-FUTURES"}),
    "futures_funding": (f"{MIX}/market/history-fund-rate", {"symbol": "BTCUSDT", "productType": "USDT-FUTURES"}),
    "futures_tiers": (f"{MIX}/market/query-position-lever", {"symbol": "BTCUSDT", "productType": "USDT-FUTURES"}),
    "futures_account": (f"{MIX}/account/account", PERP),
    "futures_accounts": (f"{MIX}/account/accounts", {"productType": "USDT-FUTURES"}),
    "futures_positions": (f"{MIX}/position/all-position", {"productType": "USDT-FUTURES"}),
    "futures_order": (f"{MIX}/order/detail", {**PERP, "clientOid": "a"}),
    "futures_history": (f"{MIX}/order/orders-history", {"productType": "USDT-FUTURES"}),
    "futures_fill_history": (f"{MIX}/order/fill-history", {"productType": "USDT-FUTURES"}),
    "futures_plans": (f"{MIX}/order/orders-plan-pending", {"productType": "USDT-FUTURES", "planType": "profit_loss"}),
    "spot_order": (f"{SPOT}/trade/orderInfo", {"clientOid": "s"}),
    "spot_history": (f"{SPOT}/trade/history-orders", {}),
    "spot_unfilled": (f"{SPOT}/trade/unfilled-orders", {}),
    "spot_fills": (f"{SPOT}/trade/fills", {}),
    "spot_plans": (f"{SPOT}/trade/current-plan-order", {}),
    "transfers": (f"{SPOT}/account/transferRecords", {"coin": "USDT"}),
    "trade_rate": ("/api/v2/common/trade-rate", {"symbol": "BTCUSDT", "businessType": "mix"}),
}
LEFT_OUT = {
    "futures_account": {"symbol"},
    "futures_accounts": {"unionTotalMagin", "unionAvailable", "unionMm", "assetList"},
    "futures_order": {
        "presetStopSurplusType", "presetStopSurplusExecutePrice", "presetStopLossType", "presetStopLossExecutePrice",
    },
    "futures_history": {"posAvg"},
}  # fmt: skip
"""Fields of multi-assets mode and of preset prices, which paper trading does not have."""


def fields(value: Any) -> set[str]:
    """The names of an answer's rows, however they are wrapped."""
    if isinstance(value, dict):
        inner = next((value[name] for name in ("entrustedList", "fillList", "orderList") if value.get(name)), None)
        return set(value) if inner is None else fields(inner)
    return set(value[0])


@pytest.mark.parametrize("name", sorted(DOCUMENTED))
def test_answers_have_every_field_of_the_documented_ones(house: House, name: str):
    house.post(f"{MIX}/order/place-order", {**ORDER, "clientOid": "a"})
    low = f"{house.price * Decimal('0.8'):.1f}"
    tpsl = {**PERP, "planType": "pos_loss", "triggerPrice": low, "holdSide": "buy"}
    house.post(f"{MIX}/order/place-tpsl-order", tpsl)
    buy = {"symbol": "BTCUSDT", "side": "buy", "orderType": "market", "size": "500"}
    house.post(f"{SPOT}/trade/place-order", {**buy, "clientOid": "s"})
    rest = {**buy, "orderType": "limit", "size": "0.01", "price": low, "force": "gtc"}
    house.post(f"{SPOT}/trade/place-order", rest)
    plan = {**buy, "side": "sell", "size": "0.01", "triggerPrice": low, "triggerType": "fill_price"}
    house.post(f"{SPOT}/trade/place-plan-order", plan)
    moved = {"fromType": "spot", "toType": "usdt_futures", "coin": "USDT", "amount": "1", "clientOid": "t"}
    house.post(f"{SPOT}/wallet/transfer", moved)
    path, args = DOCUMENTED[name]
    documented = json.loads((ROOT / "tests" / "payloads" / "bitget" / f"{name}.json").read_text())["data"]
    assert fields(documented) - fields(house.get(path, **args)) - LEFT_OUT.get(name, set()) == set()


# Orders.


REFUSALS = [
    (f"{MIX}/order/place-order", {**ORDER, "symbol": "NOPEUSDT"}, "40072"),
    (f"{MIX}/order/place-order", {**ORDER, "size": "0.0001"}, "45111"),
    (f"{MIX}/order/place-order", {**ORDER, "size": "0.0105"}, "40808"),
    (f"{MIX}/order/place-order", {**ORDER, "size": "90"}, "40762"),
    (f"{MIX}/order/place-order", {**ORDER, "size": "x"}, "40020"),
    (f"{MIX}/order/place-order", {**ORDER, "side": ""}, "40019"),
    (f"{MIX}/order/place-order", {**ORDER, "marginCoin": "USDC"}, "43049"),
    (f"{MIX}/order/place-order", {**ORDER, "reduceOnly": "YES"}, "22002"),
    (f"{MIX}/order/cancel-order", {**PERP, "orderId": "9"}, "40768"),
    (f"{MIX}/order/modify-order", {**PERP, "orderId": "9", "newClientOid": "b", "newSize": "1"}, "40109"),
    (f"{MIX}/order/cancel-plan-order", PERP, "22001"),
    (f"{MIX}/order/close-positions", PERP, "22002"),
    (
        f"{MIX}/order/place-tpsl-order",
        {**PERP, "planType": "pos_loss", "triggerPrice": "1", "holdSide": "buy"},
        "40837",
    ),
    (f"{MIX}/account/set-leverage", {**PERP, "leverage": "500"}, "45044"),
    (f"{MIX}/account/set-margin", {**PERP, "holdSide": "long", "amount": "1"}, "40802"),
    (f"{SPOT}/trade/cancel-order", {"symbol": "BTCUSDT", "orderId": "9"}, "43001"),
    (f"{SPOT}/trade/cancel-plan-order", {"orderId": "9"}, "43025"),
    (
        f"{SPOT}/trade/place-order",
        {"symbol": "BTCUSDT", "side": "buy", "orderType": "market", "size": "900000"},
        "43012",
    ),
    (f"{SPOT}/trade/place-order", {"symbol": "BTCUSDT", "side": "buy", "orderType": "market", "size": "1"}, "45110"),
    (
        f"{SPOT}/wallet/transfer",
        {"fromType": "spot", "toType": "usdt_futures", "coin": "USDT", "amount": "9999999"},
        "43117",
    ),
]


@pytest.mark.parametrize(("path", "args", "code"), REFUSALS)
def test_a_refusal_has_the_venues_own_code_and_changes_nothing(
    house: House, path: str, args: dict[str, Any], code: str
):
    before = house.get(f"{SPOT}/account/assets")
    assert house.refused(path, args) == code
    assert [row["available"] for row in house.get(f"{SPOT}/account/assets")] == [row["available"] for row in before]
    assert house.get(f"{MIX}/position/all-position", productType="USDT-FUTURES") == []


def test_a_client_id_is_taken_once_while_its_order_is_open(house: House):
    limit = {**ORDER, "orderType": "limit", "price": f"{house.price * Decimal('0.97'):.1f}", "clientOid": "twice"}
    house.post(f"{MIX}/order/place-order", limit)
    assert house.refused(f"{MIX}/order/place-order", limit) == "40786"


def test_a_batch_does_what_it_can_and_tells_what_it_could_not(house: House):
    good = {"size": "0.01", "side": "buy", "orderType": "market", "clientOid": "good"}
    shared = {**PERP, "marginMode": "crossed"}
    done = house.post(
        f"{MIX}/order/batch-place-order",
        {**shared, "orderList": [good, {**good, "size": "0.0001", "clientOid": "bad"}]},
    )
    assert [one["clientOid"] for one in done["successList"]] == ["good"]
    assert [(one["clientOid"], one["errorCode"]) for one in done["failureList"]] == [("bad", "45111")]


def test_in_hedge_mode_the_side_names_the_position_and_one_way_words_are_refused(house: House):
    house.post(f"{MIX}/account/set-position-mode", {"productType": "USDT-FUTURES", "posMode": "hedge_mode"})
    assert house.refused(f"{MIX}/order/place-order", ORDER) == "40774"
    house.post(f"{MIX}/order/place-order", {**ORDER, "tradeSide": "Open"})
    (held,) = house.get(f"{MIX}/position/single-position", **PERP)
    assert (held["holdSide"], held["posMode"], held["total"]) == ("long", "hedge_mode", "0.010")
    tpsl = {**PERP, "planType": "pos_loss", "triggerPrice": "100", "holdSide": "buy"}
    assert house.refused(f"{MIX}/order/place-tpsl-order", tpsl) == "43011"
    mode = {"productType": "USDT-FUTURES", "posMode": "one_way_mode"}
    assert house.refused(f"{MIX}/account/set-position-mode", mode) == "40920"
    closing = house.post(f"{MIX}/order/place-order", {**ORDER, "tradeSide": "close", "clientOid": "out"})
    told = house.get(f"{MIX}/order/detail", **PERP, orderId=closing["orderId"])
    assert (told["side"], told["tradeSide"], told["posSide"], told["state"]) == ("buy", "close", "long", "filled")
    assert house.get(f"{MIX}/position/single-position", **PERP) == []


def test_protection_on_the_wrong_side_is_refused_and_ends_with_its_position(house: House):
    house.post(f"{MIX}/order/place-order", ORDER)
    high, low = (f"{house.price * Decimal(part):.1f}" for part in ("1.1", "0.9"))
    tpsl = {**PERP, "holdSide": "buy", "triggerType": "mark_price"}
    path = f"{MIX}/order/place-tpsl-order"
    assert house.refused(path, {**tpsl, "planType": "pos_profit", "triggerPrice": low}) == "40915"
    assert house.refused(path, {**tpsl, "planType": "pos_loss", "triggerPrice": high}) == "40917"
    assert house.refused(path, {**tpsl, "planType": "loss_plan", "triggerPrice": low, "size": "5"}) == "40891"
    pair = {**tpsl, "stopSurplusTriggerPrice": high, "stopLossTriggerPrice": low, "stopLossSize": "0.005"}
    assert len(house.post(f"{MIX}/order/place-pos-tpsl", pair)) == 2
    query = {"productType": "USDT-FUTURES", "planType": "profit_loss"}
    waiting = house.get(f"{MIX}/order/orders-plan-pending", **query)["entrustedList"]
    assert sorted(one["planType"] for one in waiting) == ["loss_plan", "pos_profit"]
    loss = next(one for one in waiting if one["planType"] == "loss_plan")
    lower = f"{Decimal(low) - 100:.1f}"
    change = {**PERP, "orderId": loss["orderId"], "triggerPrice": lower, "size": "0.004"}
    house.post(f"{MIX}/order/modify-tpsl-order", change)
    changed = house.get(f"{MIX}/order/orders-plan-pending", **query, orderId=loss["orderId"])["entrustedList"][0]
    assert (changed["triggerPrice"], changed["size"]) == (lower, "0.004")
    house.post(f"{MIX}/order/close-positions", PERP)
    assert house.get(f"{MIX}/order/orders-plan-pending", **query)["entrustedList"] is None
    ended = house.get(f"{MIX}/order/orders-plan-history", **query)["entrustedList"]
    assert {one["planStatus"] for one in ended} == {"cancelled"}


def test_an_order_in_another_margin_mode_is_refused_while_there_is_a_position(house: House):
    house.post(f"{MIX}/order/place-order", ORDER)
    assert house.refused(f"{MIX}/order/place-order", {**ORDER, "marginMode": "isolated"}) == "45117"
    assert house.refused(f"{MIX}/account/set-margin", {**PERP, "holdSide": "long", "amount": "5"}) == "40875"


def test_a_replacement_whose_new_order_is_refused_leaves_the_old_one_cancelled(house: House):
    limit = {"symbol": "BTCUSDT", "side": "buy", "orderType": "limit", "size": "0.01", "price": "40000.00"}
    old = house.post(f"{SPOT}/trade/place-order", {**limit, "force": "gtc"})
    change = {"symbol": "BTCUSDT", "orderId": old["orderId"], "price": "40000.00", "size": "90"}
    told = house.post(f"{SPOT}/trade/cancel-replace-order", change)
    assert (told["success"], told["orderId"], told["msg"]) == ("failure", None, "Insufficient balance")
    assert house.get(f"{SPOT}/trade/orderInfo", orderId=old["orderId"])[0]["status"] == "cancelled"


def test_a_transfer_with_a_used_id_moves_nothing_again(house: House):
    moved = {"fromType": "spot", "toType": "p2p", "coin": "USDT", "amount": "100", "clientOid": "once"}
    first, second = (house.post(f"{SPOT}/wallet/transfer", moved) for _ in range(2))
    assert first == second
    assert house.get("/api/v2/account/funding-assets")[0]["available"] == "100.00000000"
    assert len(house.get(f"{SPOT}/account/transferRecords", coin="USDT", clientOid="once")) == 1
    worth = {row["accountType"]: row["usdtBalance"] for row in house.get("/api/v2/account/all-account-balance")}
    assert worth["funding"] == "100.00000000"


def test_the_account_is_kept_from_one_face_to_the_next(house: House):
    house.post(f"{MIX}/order/place-order", ORDER)
    house.face = house.open()
    assert house.get(f"{MIX}/position/single-position", **PERP)[0]["total"] == "0.010"


def test_candles_that_open_at_utc_plus_eight_are_refused_and_those_at_utc_given(house: House):
    asked = {"symbol": "BTCUSDT", "limit": "3"}
    assert house.refused(f"{SPOT}/market/candles", {**asked, "granularity": "1day"}, "GET") == "40020"
    days = house.get(f"{SPOT}/market/candles", **asked, granularity="1Dutc")
    assert [int(row[0]) % 86_400_000 for row in days] == [0, 0, 0]
    end = int(days[-1][0])
    older = house.get(f"{SPOT}/market/history-candles", **asked, granularity="1Dutc", endTime=str(end))
    assert int(older[-1][0]) == end - 86_400_000
