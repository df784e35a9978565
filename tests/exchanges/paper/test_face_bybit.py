"""Bybit's paper face, asked as any client of the venue would: with signatures that are made here."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from blave_mcp.exchanges.bybit.endpoints import BYBIT
from blave_mcp.exchanges.endpoint import Auth
from blave_mcp.exchanges.paper.bybit.routes import ROUTES
from blave_mcp.exchanges.paper.face import MemoryBookStore
from blave_mcp.exchanges.paper.faces import open_face
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.wire import HttpReply, HttpRequest
from tests.exchanges.bybit.examples import EVERY, arguments, payload

KEY, SECRET = "fake-key", "fake-secret"
START_MS = 1_767_225_600_000


class Client:
    """Speaks Bybit's V5 API to a face, at a time that a test moves."""

    def __init__(self, store: MemoryBookStore | None = None) -> None:
        self.now = START_MS
        self.store = store or MemoryBookStore()
        self.face = open_face("bybit", SyntheticMarket(), self.store, lambda: self.now, KEY, SECRET)

    def send(
        self, method: str, path: str, args: dict[str, Any] | None = None, *, key: str = KEY, secret: str = SECRET,
        stamp: int | None = None, signature: str | None = None, body: bytes | None = None, signed: bool = True,
    ) -> HttpReply:  # fmt: skip
        query = urlencode(args or {}) if method == "GET" else ""
        raw = body if body is not None else json.dumps(args or {}).encode() if method == "POST" else b""
        time = str(self.now if stamp is None else stamp)
        text = f"{time}{key}5000".encode() + (raw or query.encode())
        headers = {
            "X-BAPI-API-KEY": key, "X-BAPI-TIMESTAMP": time, "X-BAPI-RECV-WINDOW": "5000",
            "X-BAPI-SIGN": signature or hmac.new(secret.encode(), text, hashlib.sha256).hexdigest(),
        } if signed else {}  # fmt: skip
        url = f"https://api.bybit.com{path}{'?' + query if query else ''}"
        return self.face.handle(HttpRequest(method, url, headers, raw), self.now)

    def told(self, method: str, path: str, args: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.send(method, path, args, **more).body)
        assert set(found) == {"retCode", "retMsg", "result", "retExtInfo", "time"}
        return found

    def get(self, path: str, **args: Any) -> Any:
        found = self.told("GET", path, args)
        assert found["retCode"] == 0, found
        return found["result"]

    def post(self, path: str, **args: Any) -> Any:
        found = self.told("POST", path, args)
        assert found["retCode"] == 0, found
        return found["result"]

    def refused(self, path: str, **args: Any) -> int:
        code: int = self.told("POST", path, args)["retCode"]
        assert code != 0
        return code

    def last(self, category: str = "linear") -> float:
        return float(self.get("/v5/market/tickers", category=category, symbol="BTCUSDT")["list"][0]["lastPrice"])


@pytest.fixture
def client() -> Client:
    return Client()


ORDER = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Market", "qty": "0.01"}
CREATE, CANCEL, AMEND = "/v5/order/create", "/v5/order/cancel", "/v5/order/amend"
STOP, LEVERAGE = "/v5/position/trading-stop", "/v5/position/set-leverage"


# Keys, time, signature, routes.


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"key": "other-key"}, 10003),
        ({"signed": False}, 10003),
        ({"secret": "other-secret"}, 10004),
        ({"signature": "00"}, 10004),
        ({"stamp": START_MS - 5001}, 10002),
        ({"stamp": START_MS + 1000}, 10002),
    ],
)
def test_a_request_that_is_not_the_account_s_is_refused_as_bybit_does(client: Client, more: dict[str, Any], code: int):
    for method, path in (("GET", "/v5/account/info"), ("POST", LEVERAGE)):
        assert client.told(method, path, **more)["retCode"] == code
    assert client.told("GET", "/v5/account/info", stamp=START_MS - 5000)["retCode"] == 0
    assert client.told("GET", "/v5/account/info", stamp=START_MS + 999)["retCode"] == 0


def test_a_body_that_was_changed_on_its_way_has_the_wrong_signature(client: Client):
    signature = hmac.new(SECRET.encode(), f"{START_MS}{KEY}5000{{}}".encode(), hashlib.sha256).hexdigest()
    assert client.told("POST", CREATE, body=b'{"qty":"9"}', signature=signature)["retCode"] == 10004


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_a_body_that_is_no_object_is_a_wrong_parameter(client: Client, body: bytes):
    assert client.told("POST", CREATE, body=body)["retCode"] == 10001


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda one: one.id)
def test_every_route_of_the_catalogue_answers_or_says_that_paper_has_none(client: Client, endpoint: Any):
    args = arguments(endpoint)
    found = client.told(endpoint.method, endpoint.path, args, signed=endpoint.auth is not Auth.NONE)
    known = (endpoint.method, endpoint.path) in {(route.method, route.path) for route in ROUTES}
    if known:
        assert found["retCode"] != 10017
    else:
        assert found["retCode"] == 10017
        assert f"paper trading has no {endpoint.method} {endpoint.path}" in found["retMsg"]


def test_every_route_of_the_face_is_one_that_the_catalogue_or_ccxt_asks_for():
    asked = {(one.method, one.path) for one in BYBIT}
    assert {(route.method, route.path) for route in ROUTES} <= asked
    assert all(route.signed == (not route.path.startswith("/v5/market/")) for route in ROUTES)


def test_a_limit_is_counted_by_endpoint_and_told_in_the_headers(client: Client):
    replies = [client.send("POST", LEVERAGE, {"category": "linear"}) for _ in range(11)]
    assert [reply.headers["x-bapi-limit-status"] for reply in replies] == [str(n) for n in range(9, -1, -1)] + ["0"]
    assert json.loads(replies[-1].body)["retCode"] == 10006
    assert int(replies[-1].headers["x-bapi-limit-reset-timestamp"]) == client.now + 1000
    assert client.told("GET", "/v5/account/info")["retCode"] == 0
    client.now += 1000
    assert client.refused(LEVERAGE, category="linear") == 10001


# Shapes.

SHAPES = [
    ("time", "GET", "/v5/market/time", {}),
    ("spot_instruments", "GET", "/v5/market/instruments-info", {"category": "spot", "symbol": "BTCUSDT"}),
    ("linear_instruments", "GET", "/v5/market/instruments-info", {"category": "linear", "symbol": "BTCUSDT"}),
    ("contract_ticker", "GET", "/v5/market/tickers", {"category": "linear", "symbol": "BTCUSDT"}),
    ("spot_ticker", "GET", "/v5/market/tickers", {"category": "spot", "symbol": "BTCUSDT"}),
    ("book", "GET", "/v5/market/orderbook", {"category": "spot", "symbol": "BTCUSDT"}),
    ("trades", "GET", "/v5/market/recent-trade", {"category": "spot", "symbol": "BTCUSDT"}),
    ("funding", "GET", "/v5/market/funding/history", {"category": "linear", "symbol": "BTCUSDT"}),
    ("risk_limit", "GET", "/v5/market/risk-limit", {"category": "linear", "symbol": "BTCUSDT"}),
    ("wallet", "GET", "/v5/account/wallet-balance", {"accountType": "UNIFIED"}),
    ("funds", "GET", "/v5/asset/transfer/query-account-coins-balance", {"accountType": "FUND"}),
    ("fee_rate", "GET", "/v5/account/fee-rate", {"category": "linear", "symbol": "BTCUSDT"}),
    ("account_info", "GET", "/v5/account/info", {}),
    ("positions", "GET", "/v5/position/list", {"category": "linear", "symbol": "BTCUSDT"}),
    ("open_orders", "GET", "/v5/order/realtime", {"category": "linear", "symbol": "BTCUSDT"}),
    ("order_history", "GET", "/v5/order/history", {"category": "linear", "symbol": "BTCUSDT"}),
    ("fills", "GET", "/v5/execution/list", {"category": "linear", "symbol": "BTCUSDT"}),
    ("transfers", "GET", "/v5/asset/transfer/query-inter-transfer-list", {}),
]
# What the documented example has and the face leaves out: options, market makers' data, and what is deprecated.
LEFT_OUT = {
    "symbolId", "MNT", "postOnlyMaxLimitOrderSize", "availableToBorrow", "mmrSysUpdateTime", "positionMMByMp",
    "positionIMByMp", "slippageToleranceType", "slippageTolerance", "extraFees", "underlyingPrice", "tradeIv", "markIv",
}  # fmt: skip


def missing(documented: Any, ours: Any, at: str = "") -> list[str]:
    """What stands in the documented answer and not in ours, or as another kind of value."""
    if isinstance(documented, dict):
        assert isinstance(ours, dict), at
        found = [f"{at}.{name}" for name in documented if name not in ours and name not in LEFT_OUT]
        for name, value in documented.items():
            if name in ours and value not in ({}, None):
                found += missing(value, ours[name], f"{at}.{name}")
        return found
    if isinstance(documented, list):
        assert isinstance(ours, list), at
        return missing(documented[0], ours[0], f"{at}[0]") if documented and ours else []
    return [] if type(documented) is type(ours) else [f"{at}: {type(ours).__name__}"]


@pytest.mark.parametrize(
    ("name", "method", "path", "args"), SHAPES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_an_answer_has_every_field_of_the_documented_one(
    client: Client, name: str, method: str, path: str, args: dict[str, Any]
):
    client.post(CREATE, **ORDER, orderLinkId="first")
    client.post(CREATE, **{**ORDER, "orderType": "Limit", "price": "40000"})
    client.post(
        "/v5/asset/transfer/inter-transfer", transferId="42c0cfb0-6bca-c242-bc76-4e6df6cbcb16", coin="USDT",
        amount="5", fromAccountType="FUND", toAccountType="UNIFIED",
    )  # fmt: skip
    documented = payload(name)["result"]
    ours = client.get(path, **args)
    for listed in ("list", "balance"):
        if listed in documented:
            assert ours[listed], "there is something to compare"
    assert missing(documented, ours) == []


# Orders.


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"symbol": "NOPEUSDT"}, 10001),
        ({"side": "Up"}, 10001),
        ({"qty": "0.0001"}, 10001),
        ({"qty": "0.0015"}, 10001),
        ({"qty": "0"}, 10001),
        ({"qty": True}, 10001),
        ({"orderType": "Limit"}, 10001),
        ({"orderType": "Limit", "price": "1"}, 110094),
        ({"orderType": "Limit", "price": "900000"}, 110003),
        ({"orderType": "Limit", "price": "40000.05"}, 10001),
        ({"qty": "50"}, 110007),
        ({"side": "Sell", "reduceOnly": True}, 110017),
        ({"positionIdx": 1}, 10001),
        ({"triggerPrice": "100000", "triggerDirection": 2}, 110093),
        ({"triggerPrice": "100", "triggerDirection": 1}, 110092),
        ({"category": "option"}, 10001),
        ({"category": "spot", "qty": "60000"}, 170131),
        ({"category": "spot", "qty": "1"}, 170140),
        ({"category": "spot", "symbol": "NOPEUSDT"}, 170121),
        ({"category": "spot", "orderType": "Limit", "price": "40000.001", "qty": "0.1"}, 170134),
        ({"category": "spot", "orderType": "Limit", "price": "40000", "qty": "0.0000001"}, 170136),
        ({"category": "spot", "isLeverage": 1}, 170036),
        ({"category": "spot", "orderFilter": "tpslOrder"}, 170130),
    ],
)
def test_an_order_is_refused_with_bybit_s_own_code(client: Client, change: dict[str, Any], code: int):
    assert client.refused(CREATE, **{**ORDER, **change}) == code
    assert client.get("/v5/order/realtime", category="linear", settleCoin="USDT")["list"] == []


def test_an_order_is_acknowledged_and_told_by_either_id(client: Client):
    made = client.post(CREATE, **ORDER, orderLinkId="mine-1")
    assert made["orderLinkId"] == "mine-1"
    for name in ("orderId", "orderLinkId"):
        (found,) = client.get("/v5/order/realtime", category="linear", **{name: made[name]})["list"]
        assert (found["orderStatus"], found["cumExecQty"], found["qty"]) == ("Filled", "0.01", "0.01")
    assert client.refused(CREATE, **ORDER, orderLinkId="mine-1") == 110072, "an id is never used twice"
    spot = {**ORDER, "category": "spot", "qty": "100"}
    client.post(CREATE, **spot, orderLinkId="mine-1")
    assert client.refused(CREATE, **spot, orderLinkId="mine-1") == 170141


def test_the_size_of_a_spot_market_order_has_the_unit_that_bybit_gives_it(client: Client):
    spot = {**ORDER, "category": "spot"}
    sizes = {}
    for name, more in {
        "buy": {"qty": "650"},
        "buy base": {"qty": "0.01", "marketUnit": "baseCoin"},
        "sell": {"qty": "0.01", "side": "Sell"},
        "sell quote": {"qty": "650", "side": "Sell", "marketUnit": "quoteCoin"},
    }.items():
        id = client.post(CREATE, **{**spot, **more})["orderId"]
        (row,) = client.get("/v5/order/history", category="spot", orderId=id)["list"]
        sizes[name] = row["marketUnit"], float(row["cumExecQty"])
    assert {name: unit for name, (unit, _) in sizes.items()} == {
        "buy": "quoteCoin", "buy base": "baseCoin", "sell": "baseCoin", "sell quote": "quoteCoin",
    }  # fmt: skip
    assert all(0.009 < size < 0.011 for _, size in sizes.values())


def test_amending_and_canceling(client: Client):
    limit = {**ORDER, "orderType": "Limit", "price": "40000"}
    id = client.post(CREATE, **limit)["orderId"]
    args = {"category": "linear", "symbol": "BTCUSDT", "orderId": id}
    assert client.post(AMEND, **args, qty="0.02", price="41000")["orderId"] == id
    (row,) = client.get("/v5/order/realtime", category="linear", symbol="BTCUSDT")["list"]
    assert (row["qty"], row["price"], row["orderId"]) == ("0.02", "41000", id)
    assert client.refused(AMEND, **args, qty="0.02") == 10001
    assert client.post(CANCEL, **args)["orderId"] == id
    assert client.refused(CANCEL, **args) == 110001
    assert client.refused(CANCEL, **{**args, "orderId": "nope"}) == 110001
    assert client.refused(CANCEL, category="spot", symbol="BTCUSDT", orderId="1") == 170213
    (row,) = client.get("/v5/order/history", category="linear", symbol="BTCUSDT")["list"]
    assert row["orderStatus"] == "Cancelled"


def test_spot_orders_are_canceled_by_kind(client: Client):
    low = f"{client.last('spot') * 0.9:.2f}"
    limit = {**ORDER, "category": "spot", "orderType": "Limit", "qty": "0.001", "price": low}
    client.post(CREATE, **limit)
    for kind in ("tpslOrder", "StopOrder"):
        client.post(CREATE, **limit, orderFilter=kind, triggerPrice=low)
    kinds = {
        row["stopOrderType"] for row in client.get("/v5/order/realtime", category="spot", symbol="BTCUSDT")["list"]
    }
    assert kinds == {"", "tpslOrder", "Stop"}
    for wanted in ({}, {"orderFilter": "tpslOrder"}, {"orderFilter": "StopOrder"}):
        gone = client.post("/v5/order/cancel-all", category="spot", symbol="BTCUSDT", **wanted)
        assert (len(gone["list"]), gone["success"]) == (1, "1")


def test_a_history_reaches_seven_days_and_no_further(client: Client):
    day = 86_400_000
    wide = {"category": "linear", "symbol": "BTCUSDT", "startTime": client.now - 8 * day, "endTime": client.now}
    assert client.told("GET", "/v5/order/history", wide)["retCode"] == 10001
    client.post(CREATE, **ORDER)
    client.now += 8 * day
    assert client.get("/v5/order/history", category="linear", symbol="BTCUSDT")["list"] == []
    old = client.get("/v5/order/history", category="linear", symbol="BTCUSDT", startTime=START_MS)["list"]
    assert len(old) == 1


def test_pages_are_followed_by_their_cursor(client: Client):
    for _ in range(5):
        client.post(CREATE, **{**ORDER, "orderType": "Limit", "price": "40000"})
    wanted = {"category": "linear", "symbol": "BTCUSDT", "limit": 2}
    first = client.get("/v5/order/realtime", **wanted)
    second = client.get("/v5/order/realtime", **wanted, cursor=first["nextPageCursor"])
    third = client.get("/v5/order/realtime", **wanted, cursor=second["nextPageCursor"])
    pages = [[row["orderId"] for row in one["list"]] for one in (first, second, third)]
    assert [len(one) for one in pages] == [2, 2, 1]
    assert len({id for one in pages for id in one}) == 5
    assert third["nextPageCursor"] == ""


# Positions.


def test_a_position_in_one_way_and_in_hedge_mode(client: Client):
    wanted = {"category": "linear", "symbol": "BTCUSDT"}
    (empty,) = client.get("/v5/position/list", **wanted)["list"]
    assert (empty["positionIdx"], empty["side"], empty["size"], empty["leverage"]) == (0, "", "0", "10")
    client.post("/v5/position/switch-mode", category="linear", coin="USDT", mode=3)
    assert client.refused("/v5/position/switch-mode", category="linear", coin="USDT", mode=3) == 110025
    assert [row["positionIdx"] for row in client.get("/v5/position/list", **wanted)["list"]] == [1, 2]
    client.post(CREATE, **ORDER, positionIdx=1)
    (held,) = client.get("/v5/position/list", category="linear", settleCoin="USDT")["list"]
    assert (held["positionIdx"], held["side"], held["size"]) == (1, "Buy", "0.01")
    assert client.refused("/v5/position/switch-mode", category="linear", coin="USDT", mode=0) == 110024


def test_leverage_is_set_once_and_within_the_tier(client: Client):
    args = {"category": "linear", "symbol": "BTCUSDT"}
    client.post(LEVERAGE, **args, buyLeverage="6", sellLeverage="6")
    assert client.refused(LEVERAGE, **args, buyLeverage="6", sellLeverage="6.0") == 110043
    assert client.refused(LEVERAGE, **args, buyLeverage="6", sellLeverage="7") == 10001
    assert client.refused(LEVERAGE, **args, buyLeverage="500", sellLeverage="500") == 110013


def test_take_profit_and_stop_loss_follow_the_position(client: Client):
    args = {"category": "linear", "symbol": "BTCUSDT", "tpslMode": "Full", "positionIdx": 0}
    assert client.refused(STOP, **args, takeProfit="100000") == 10001
    client.post(CREATE, **ORDER)
    assert client.refused(STOP, **args, takeProfit="100") == 10001
    client.post(STOP, **args, takeProfit="100000", stopLoss="40000")
    assert client.refused(STOP, **args, takeProfit="100000") == 34040
    client.post(STOP, **args, takeProfit="90000", trailingStop="500")
    (held,) = client.get("/v5/position/list", category="linear", symbol="BTCUSDT")["list"]
    assert (held["takeProfit"], held["stopLoss"], held["trailingStop"]) == ("90000", "40000", "500")
    client.post(STOP, **args, stopLoss="0")
    waiting = {
        row["stopOrderType"] for row in client.get("/v5/order/realtime", category="linear", symbol="BTCUSDT")["list"]
    }
    assert waiting == {"TakeProfit", "TrailingStop"}
    client.post(STOP, **{**args, "tpslMode": "Partial"}, takeProfit="95000", tpSize="0.005")
    client.post(CREATE, **{**ORDER, "side": "Sell", "reduceOnly": True})
    assert client.get("/v5/order/realtime", category="linear", symbol="BTCUSDT")["list"] == []


def test_a_qty_of_0_closes_the_whole_position(client: Client):
    close = {**ORDER, "side": "Sell", "qty": "0", "reduceOnly": True, "closeOnTrigger": True}
    assert client.refused(CREATE, **close) == 110017
    client.post(CREATE, **ORDER)
    client.post(CREATE, **close)
    assert client.get("/v5/position/list", category="linear", settleCoin="USDT")["list"] == []


def test_isolated_margin_holds_for_the_account_and_can_be_added_to(client: Client):
    add = {"category": "linear", "symbol": "BTCUSDT", "margin": "10"}
    mode = "/v5/account/set-margin-mode"
    client.post(CREATE, **ORDER)
    assert client.refused("/v5/position/add-margin", **add) == 110015
    assert client.refused(mode, setMarginMode="ISOLATED_MARGIN") == 3400045
    client.post(CREATE, **{**ORDER, "side": "Sell", "reduceOnly": True})
    client.post(mode, setMarginMode="ISOLATED_MARGIN")
    assert client.get("/v5/account/info")["marginMode"] == "ISOLATED_MARGIN"
    assert client.refused("/v5/position/add-margin", **add) == 110033
    client.post(CREATE, **ORDER)
    before = client.get("/v5/position/list", category="linear", symbol="BTCUSDT")["list"][0]
    after = client.post("/v5/position/add-margin", **add)
    assert float(after["positionBalance"]) == pytest.approx(float(before["positionBalance"]) + 10)
    assert client.get("/v5/account/wallet-balance", accountType="UNIFIED")["list"][0]["totalAvailableBalance"] == ""
    assert client.refused(mode, setMarginMode="PORTFOLIO_MARGIN") == 3400045


# Wallets, and what is kept.


def test_transfers_are_made_once_for_each_id(client: Client):
    path = "/v5/asset/transfer/inter-transfer"
    args = {
        "transferId": "42c0cfb0-6bca-c242-bc76-4e6df6cbcb16", "coin": "USDT", "amount": "5", "fromAccountType": "FUND",
        "toAccountType": "UNIFIED",
    }  # fmt: skip
    assert client.post(path, **args)["status"] == "SUCCESS"
    assert client.refused(path, **args) == 131214
    other = {**args, "transferId": "42c0cfb0-6bca-c242-bc76-4e6df6cbcb17"}
    assert client.refused(path, **{**other, "amount": "99999"}) == 131212
    assert client.refused(path, **{**other, "toAccountType": "FUND"}) == 131211
    assert client.refused(path, **{**other, "transferId": "mine"}) == 131203
    (row,) = client.get("/v5/asset/transfer/query-inter-transfer-list", transferId=args["transferId"])["list"]
    assert (row["amount"], row["fromAccountType"], row["status"]) == ("5", "FUND", "SUCCESS")
    (fund,) = client.get("/v5/asset/transfer/query-account-coins-balance", accountType="FUND")["balance"]
    assert (fund["coin"], fund["walletBalance"]) == ("USDT", "49995")


def test_the_account_outlives_its_process(client: Client):
    client.post(CREATE, **{**ORDER, "orderType": "Limit", "price": "40000"}, orderLinkId="kept")
    again = Client(client.store)
    (row,) = again.get("/v5/order/realtime", category="linear", symbol="BTCUSDT")["list"]
    assert row["orderLinkId"] == "kept"


def test_candles_are_the_newest_of_a_range(client: Client):
    hour = 3_600_000
    args = {"category": "linear", "symbol": "BTCUSDT", "interval": "60"}
    rows = client.get("/v5/market/kline", **args, start=START_MS - 10 * hour, end=START_MS - 1, limit=3)["list"]
    assert [int(row[0]) for row in rows] == [START_MS - n * hour for n in (1, 2, 3)]
    ahead = client.get("/v5/market/kline", **args, start=START_MS - 10 * hour, limit=2)["list"]
    assert [int(row[0]) for row in ahead] == [START_MS - 9 * hour, START_MS - 10 * hour]
    assert client.told("GET", "/v5/market/kline", {**args, "interval": "7"})["retCode"] == 10001
    assert client.told("GET", "/v5/market/funding/history", {**args, "startTime": 1})["retCode"] == 10001


@pytest.mark.parametrize("category", ["inverse", "option"])
def test_what_paper_does_not_list_is_empty_and_not_wrong(client: Client, category: str):
    for path in ("/v5/market/instruments-info", "/v5/order/realtime", "/v5/order/history", "/v5/position/list"):
        assert client.get(path, category=category)["list"] == []
