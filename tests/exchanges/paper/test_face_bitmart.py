"""BitMart's face: keys and signatures, envelopes, codes, and the same forms as the documentation's answers."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest

from blave_mcp.exchanges.bitmart.endpoints import BITMART
from blave_mcp.exchanges.paper.bitmart.face import Level
from blave_mcp.exchanges.paper.bitmart.routes import ROUTES
from blave_mcp.exchanges.paper.bitmart.terms import listings
from blave_mcp.exchanges.paper.face import BookStore, FaceTransport, MemoryBookStore
from blave_mcp.exchanges.paper.faces import open_face
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.paper.types import Listing
from blave_mcp.exchanges.wire import HttpReply, HttpRequest
from tests.exchanges.bitmart.examples import BASES, DIALECT, example
from tests.exchanges.bitmart.examples import KEY as CREDENTIALS
from tests.exchanges.bitmart.examples import payload as documented
from tests.exchanges.paper.face_client import Clock

KEY, SECRET, MEMO = "paper-key", "paper-secret", "paper-memo"
LEVELS = {"none": Level.NONE, "key": Level.KEYED, "signed": Level.SIGNED}
PATHS = {route.path: route for route in ROUTES}
TERMS = {"leverage": "10", "open_type": "cross"}


def few() -> tuple[Listing, ...]:
    return tuple(each for each in listings() if each.symbol in ("BTCUSDT", "ETHUSDT"))


@dataclass
class BitMart:
    """A client that signs by hand."""

    clock: Clock = field(default_factory=Clock)
    store: BookStore = field(default_factory=MemoryBookStore)
    face: FaceTransport = field(init=False)

    def __post_init__(self) -> None:
        self.face = open_face(
            "bitmart", SyntheticMarket(few()), self.store, self.clock, KEY, SECRET, passphrase=MEMO, listings=few()
        )

    def send(self, path: str, given: dict[str, Any] | None = None, **changes: str) -> HttpReply:
        """By the route's own method and level; `changes` replace a header, the secret, the memo or the time."""
        route = PATHS[path]
        body = json.dumps(given or {}) if route.method == "POST" else ""
        at = changes.pop("at", str(self.clock.now))
        text = f"{at}#{changes.pop('memo', MEMO)}#{body}".encode()
        headers = {"User-Agent": "test"} | ({"Content-Type": "application/json"} if body else {})
        if route.level is not Level.NONE:
            headers["X-BM-KEY"] = KEY
        if route.level is Level.SIGNED:
            headers["X-BM-TIMESTAMP"] = at
            headers["X-BM-SIGN"] = hmac.new(changes.pop("secret", SECRET).encode(), text, hashlib.sha256).hexdigest()
        for name, value in changes.items():
            headers[name.replace("_", "-").upper()] = value
        query = f"?{urlencode(given)}" if given and route.method == "GET" else ""
        url = f"https://api-cloud.bitmart.com{path}{query}"
        kept = {name: value for name, value in headers.items() if value}
        return self.face.answer(HttpRequest(route.method, url, kept, body.encode()))

    def ask(self, path: str, **given: Any) -> Any:
        """What stands under `data` of a success."""
        reply = self.send(path, given)
        body = json.loads(reply.body)
        assert (reply.status, body["code"]) == (200, 1000), body
        return body["data"]

    def refused(self, path: str, **given: Any) -> int:
        reply = self.send(path, given)
        code: int = json.loads(reply.body)["code"]
        assert code != 1000
        return code

    def last(self, symbol: str = "BTC_USDT") -> Decimal:
        return Decimal(self.ask("/spot/quotation/v3/ticker", symbol=symbol)["last"])


@pytest.fixture
def venue() -> BitMart:
    return BitMart()


# Keys and signatures.

SIGNED, KEYED = "/spot/v4/query/open-orders", "/spot/v1/wallet"


@pytest.mark.parametrize(
    ("path", "changes", "code"),
    [
        (KEYED, {"x_bm_key": ""}, 30001),
        (KEYED, {"x_bm_key": "other"}, 30002),
        (SIGNED, {"x_bm_key": ""}, 30001),
        (SIGNED, {"x_bm_key": "other"}, 30002),
        (SIGNED, {"x_bm_sign": ""}, 30004),
        (SIGNED, {"x_bm_sign": "00"}, 30005),
        (SIGNED, {"secret": "other"}, 30005),
        (SIGNED, {"memo": "other"}, 30005),
        (SIGNED, {"x_bm_timestamp": ""}, 30006),
        (SIGNED, {"at": "1709971200"}, 30008),
        (SIGNED, {"at": str(Clock().now - 60_001)}, 30007),
        (SIGNED, {"at": str(Clock().now + 60_001)}, 30007),
    ],
)
def test_a_request_that_is_not_the_keys_own_is_turned_away(
    venue: BitMart, path: str, changes: dict[str, str], code: int
):
    reply = venue.send(path, None, **changes)
    assert (reply.status, json.loads(reply.body)["code"]) == (401, code)


def test_a_keyed_request_wants_no_signature_and_a_signed_one_is_held_to_its_own_window(venue: BitMart):
    assert venue.ask(KEYED)["wallet"]
    assert venue.ask(SIGNED) == []
    late = str(venue.clock.now - 6_000)
    assert json.loads(venue.send(SIGNED, {}, at=late).body)["code"] == 1000
    assert json.loads(venue.send(SIGNED, {"recvWindow": 5000}, at=late).body)["code"] == 30007


def test_a_body_that_was_changed_on_its_way_is_turned_away(venue: BitMart):
    request = DIALECT.request(
        example(BITMART["futures.position_mode.set"]), CREDENTIALS, base_url=BASES["futures"],
        now_ms=venue.clock.now, testnet=False,
    )  # fmt: skip
    face = open_face(
        "bitmart", SyntheticMarket(few()), MemoryBookStore(), venue.clock, CREDENTIALS.key, CREDENTIALS.secret,
        passphrase=CREDENTIALS.passphrase,
    )  # fmt: skip
    assert json.loads(face.answer(request).body)["code"] == 1000
    other = HttpRequest(request.method, request.url, request.headers, request.body.replace(b"hedge", b"other"))
    assert json.loads(face.answer(other).body)["code"] == 30005


# Routes.


def test_every_route_is_an_endpoint_of_the_venue_at_its_own_level():
    known = {(e.method, e.path): LEVELS[e.auth.value] for e in BITMART}
    assert {(r.method, r.path): r.level for r in ROUTES}.items() <= known.items()


@pytest.mark.parametrize("id", [e.id for e in BITMART if e.path not in PATHS])
def test_any_other_endpoint_is_told_in_the_venues_form_that_there_is_no_such_route(venue: BitMart, id: str):
    endpoint = BITMART[id]
    request = DIALECT.request(
        example(endpoint), CREDENTIALS, base_url=BASES[endpoint.product], now_ms=venue.clock.now, testnet=False
    )
    reply = venue.face.answer(request)
    body = json.loads(reply.body)
    assert (reply.status, body["code"]) == (404, 30000)
    assert endpoint.path in body["message"]


def test_what_is_no_json_and_what_is_no_client_is_told(venue: BitMart):
    headers = {"User-Agent": "test", "Content-Type": "application/json", "X-BM-KEY": KEY}
    url = f"https://api-cloud.bitmart.com{SIGNED}"
    assert venue.face.answer(HttpRequest("POST", url, headers, b"[1]")).status == 503
    assert venue.face.answer(HttpRequest("POST", url, {"User-Agent": "t"}, b"{}")).status == 415
    assert venue.face.answer(HttpRequest("GET", url, {}, b"")).status == 403


# Forms.


def shape(value: Any) -> Any:
    """The names and kinds of an answer, of lists the first element's."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def fits(ours: Any, theirs: Any) -> bool:
    """Whether everything that is documented is there, in its kind; null and empty lists fit anything."""
    if isinstance(theirs, dict):
        return isinstance(ours, dict) and all(name in ours and fits(ours[name], one) for name, one in theirs.items())
    if isinstance(theirs, list):
        if not isinstance(ours, list):
            return False
        return not theirs or not ours or fits(ours[0], theirs[0])
    return ours == theirs or "NoneType" in (ours, theirs)


@pytest.fixture
def traded(venue: BitMart) -> BitMart:
    """An account with something in every list."""
    price = venue.last()
    venue.ask("/spot/v2/submit_order", symbol="BTC_USDT", side="buy", type="market", notional="500")
    low = f"{(price * Decimal('0.9')).quantize(Decimal('0.01'))}"
    venue.ask("/spot/v2/submit_order", symbol="BTC_USDT", side="buy", type="limit", size="0.01", price=low)
    order = {"symbol": "BTCUSDT", "side": 1, "size": 20, **TERMS}
    venue.ask("/contract/private/submit-order", **order, type="market")
    venue.ask("/contract/private/submit-order", **order, type="limit", price=f"{int(price * 9 // 10)}")
    venue.ask(
        "/contract/private/submit-plan-order", **order, type="market", trigger_price=f"{int(price * 8 // 10)}",
        price_way=2, price_type=1,
    )  # fmt: skip
    margin = {"symbol": "BTC_USDT", "currency": "USDT"}
    venue.ask("/spot/v1/margin/isolated/transfer", **margin, amount="1000", side="in")
    venue.ask("/spot/v1/margin/isolated/borrow", **margin, amount="500")
    venue.ask("/spot/v1/margin/isolated/repay", **margin, amount="100")
    venue.ask("/account/v1/transfer-contract", currency="USDT", amount="10", type="spot_to_contract")
    return venue


FORMS: list[tuple[str, dict[str, Any], str]] = [
    ("/system/time", {}, "server_time"),
    ("/spot/quotation/v3/ticker", {"symbol": "BTC_USDT"}, "spot_ticker"),
    ("/spot/quotation/v3/books", {"symbol": "BTC_USDT"}, "spot_books"),
    ("/spot/quotation/v3/trades", {"symbol": "BTC_USDT"}, "spot_trades"),
    ("/spot/quotation/v3/klines", {"symbol": "BTC_USDT"}, "spot_klines"),
    ("/spot/v1/wallet", {}, "spot_wallet"),
    ("/spot/v1/trade_fee", {"symbol": "BTC_USDT"}, "spot_fees"),
    ("/spot/v1/margin/isolated/account", {"symbol": "BTC_USDT"}, "margin_account"),
    ("/spot/v1/margin/isolated/pairs", {"symbol": "BTC_USDT"}, "margin_pairs"),
    ("/spot/v1/margin/isolated/borrow_record", {"symbol": "BTC_USDT"}, "margin_borrows"),
    ("/spot/v1/margin/isolated/repay_record", {"symbol": "BTC_USDT"}, "margin_repayments"),
    ("/spot/v4/query/open-orders", {"symbol": "BTC_USDT"}, "spot_open_orders"),
    ("/spot/v4/query/history-orders", {}, "spot_history"),
    ("/spot/v4/query/trades", {}, "spot_fills"),
    ("/contract/public/details", {"symbol": "BTCUSDT"}, "futures_details"),
    ("/contract/public/depth", {"symbol": "BTCUSDT"}, "futures_depth"),
    ("/contract/public/market-trade", {"symbol": "BTCUSDT"}, "futures_trades"),
    ("/contract/public/funding-rate", {"symbol": "BTCUSDT"}, "futures_funding_now"),
    ("/contract/public/funding-rate-history", {"symbol": "BTCUSDT"}, "futures_funding"),
    ("/contract/public/leverage-bracket", {"symbol": "BTCUSDT"}, "futures_brackets"),
    ("/contract/private/assets-detail", {}, "futures_assets"),
    ("/contract/private/trade-fee-rate", {"symbol": "BTCUSDT"}, "futures_fees"),
    ("/contract/private/position-v2", {}, "futures_positions"),
    ("/contract/private/get-position-mode", {}, "futures_position_mode"),
    ("/contract/private/trades", {"symbol": "BTCUSDT"}, "futures_fills"),
    ("/account/v1/transfer-contract-list", {"page": 1, "limit": 20}, "futures_transfers"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "given", "name"), FORMS, ids=[path for path, _, _ in FORMS])
def test_answers_have_the_documented_form(traded: BitMart, path: str, given: dict[str, Any], name: str):
    wanted = documented(name)
    if name == "spot_symbols":
        wanted["symbols"][0].pop("planned_down_time")
    assert fits(shape(traded.ask(path, **given)), shape(wanted)), shape(traded.ask(path, **given))


def test_orders_have_the_documented_form(traded: BitMart):
    (waiting,) = traded.ask("/contract/private/get-open-orders")
    one = traded.ask("/contract/private/order", symbol="BTCUSDT", order_id=waiting["order_id"])
    assert one == waiting
    assert fits(shape(one), shape(documented("futures_order")))
    (plan,) = traded.ask("/contract/private/current-plan-order", plan_type="plan")
    form = documented("futures_plans")[0] | {
        "state": 2
    }  # a number, as https://developer-pro.bitmart.com/en/futuresv2/ has it
    assert fits(shape(plan), shape(form))
    assert (plan["trigger_price"], plan["price_way"], plan["size"]) == (plan["trigger_price"], 2, "20")


# Codes.

ORDER: dict[str, Any] = {"symbol": "BTC_USDT", "side": "buy", "type": "limit", "size": "0.01", "price": "50000"}
REFUSED: list[tuple[str, dict[str, Any], int]] = [
    ("/spot/v2/submit_order", {**ORDER, "symbol": "NO_USDT"}, 50001),
    ("/spot/v2/submit_order", {**ORDER, "size": ""}, 50010),
    ("/spot/v2/submit_order", {**ORDER, "price": ""}, 50011),
    ("/spot/v2/submit_order", {"symbol": "BTC_USDT", "side": "buy", "type": "market", "size": "1"}, 50012),
    ("/spot/v2/submit_order", {**ORDER, "size": "abc"}, 50021),
    ("/spot/v2/submit_order", {**ORDER, "size": "0.00001"}, 51011),
    ("/spot/v2/submit_order", {**ORDER, "size": "100"}, 50020),
    ("/spot/v2/submit_order", {**ORDER, "price": "70000.001"}, 50021),
    ("/spot/v2/submit_order", {**ORDER, "client_order_id": "a-b"}, 50038),
    ("/spot/v2/submit_order", {**ORDER, "client_order_id": "a" * 33}, 50037),
    ("/spot/v4/batch_orders", {"symbol": "BTC_USDT", "orderParams": []}, 50033),
    ("/spot/v4/query/order", {"orderId": "99"}, 50005),
    ("/spot/v4/query/order", {}, 50039),
    ("/spot/v4/query/client-order", {"clientOrderId": "zz"}, 50005),
    ("/spot/v4/query/open-orders", {"orderMode": "cross"}, 52000),
    ("/spot/v4/query/history-orders", {"startTime": 2, "endTime": 1}, 52004),
    ("/spot/v3/cancel_order", {"symbol": "BTC_USDT", "order_id": "99"}, 50032),
    ("/spot/v1/margin/isolated/borrow", {"symbol": "BTC_USDT", "currency": "USDT", "amount": "100"}, 51004),
    ("/spot/v1/margin/isolated/borrow", {"symbol": "BTC_USDT", "currency": "USDT", "amount": "1"}, 51005),
    ("/spot/v1/margin/isolated/borrow", {"symbol": "BTC_USDT", "currency": "ETH", "amount": "1"}, 51000),
    ("/spot/v1/margin/isolated/repay", {"symbol": "BTC_USDT", "currency": "USDT", "amount": "1"}, 51006),
    ("/account/v1/transfer-contract", {"currency": "USDT", "amount": "999999", "type": "spot_to_contract"}, 61001),
    ("/account/v1/transfer-contract", {"currency": "BTC", "amount": "1", "type": "spot_to_contract"}, 60002),
    ("/contract/public/kline", {"symbol": "BTCUSDT", "step": 7, "start_time": 1, "end_time": 2}, 40038),
    ("/contract/public/kline", {"symbol": "BTCUSDT", "step": 5}, 40039),
    ("/contract/private/submit-order", {"symbol": "NO", "side": 1, "size": 1, "type": "market"}, 40034),
    ("/contract/private/submit-order", {"symbol": "BTCUSDT", "side": 5, "size": 1, "type": "market"}, 40041),
    ("/contract/private/submit-order", {"symbol": "BTCUSDT", "side": 3, "size": 1, "type": "market"}, 40021),
    ("/contract/private/submit-order", {"symbol": "BTCUSDT", "side": 1, "size": "1.5", "type": "market"}, 40043),
    ("/contract/private/submit-order", {"symbol": "BTCUSDT", "side": 1, "size": 50000, "type": "market"}, 40027),
    ("/contract/private/submit-order",
     {"symbol": "BTCUSDT", "side": 1, "size": 1, "type": "market", "leverage": "500"}, 40040),
    ("/contract/private/submit-order",
     {"symbol": "BTCUSDT", "side": 1, "size": 1, "type": "market", "open_type": "other"}, 40045),
    ("/contract/private/submit-order",
     {"symbol": "BTCUSDT", "side": 1, "size": 1, "type": "market", "client_order_id": "a_b"}, 40048),
    ("/contract/private/order", {"symbol": "BTCUSDT", "order_id": "99"}, 40035),
    ("/contract/private/cancel-order", {"symbol": "BTCUSDT", "order_id": "99"}, 40035),
    ("/contract/private/submit-tp-sl-order",
     {"symbol": "BTCUSDT", "type": "stop_loss", "side": 3, "trigger_price": "1", "executive_price": "0",
      "price_type": 1}, 40021),
]  # fmt: skip


@pytest.mark.parametrize(("path", "given", "code"), REFUSED)
def test_refusals_have_the_venues_own_codes(venue: BitMart, path: str, given: dict[str, Any], code: int):
    assert venue.refused(path, **given) == code


def test_an_open_position_keeps_its_leverage_and_mode_and_the_mode_of_the_account(traded: BitMart):
    order = {"symbol": "BTCUSDT", "side": 1, "size": 1, "type": "market"}
    assert traded.refused("/contract/private/submit-order", **order, leverage="5", open_type="cross") == 40040
    assert traded.refused("/contract/private/submit-order", **order, leverage="10", open_type="isolated") == 40012
    assert traded.refused("/contract/private/set-position-mode", position_mode="one_way_mode") == 40059
    close = {**order, "side": 3, "size": 21}
    assert traded.refused("/contract/private/submit-order", **close) == 40020
    wrong = {"symbol": "BTCUSDT", "type": "take_profit", "side": 3, "trigger_price": "1", "executive_price": "0",
             "price_type": 1}  # fmt: skip
    assert traded.refused("/contract/private/submit-tp-sl-order", **wrong) == 40031


def test_a_done_order_says_which_end_it_met(venue: BitMart):
    price = f"{(venue.last() * Decimal('0.9')).quantize(Decimal('0.01'))}"
    id = venue.ask("/spot/v2/submit_order", **{**ORDER, "price": price, "client_order_id": "mine"})["order_id"]
    assert venue.refused("/spot/v2/submit_order", **{**ORDER, "price": price, "client_order_id": "mine"}) == 50042
    assert venue.ask("/spot/v3/cancel_order", symbol="BTC_USDT", order_id=id) == {"result": True}
    assert venue.refused("/spot/v3/cancel_order", symbol="BTC_USDT", order_id=id) == 50030
    filled = venue.ask("/spot/v2/submit_order", symbol="BTC_USDT", side="buy", type="market", notional="50")
    assert venue.refused("/spot/v3/cancel_order", symbol="BTC_USDT", order_id=filled["order_id"]) == 50031
    assert venue.ask("/spot/v4/query/order", orderId=id, queryState="history")["state"] == "canceled"
    assert venue.refused("/spot/v4/query/order", orderId=id, queryState="open") == 50005
    batch = venue.ask("/spot/v4/cancel_orders", symbol="BTC_USDT", orderIds=[id, "99"])
    assert (batch["failIds"], batch["failedCount"]) == ([id, "99"], 2)
    two = [
        {**ORDER, "price": price}, {**ORDER, "size": "1000"},
    ]  # fmt: skip
    made = venue.ask("/spot/v4/batch_orders", symbol="BTC_USDT", orderParams=two)
    assert (made["code"], len(made["data"]["orderIds"])) == (0, 1)
    none = venue.ask("/spot/v4/batch_orders", symbol="BTC_USDT", orderParams=two[1:])
    assert none["code"] == 50007 or none["code"] == 50020
    assert venue.ask("/spot/v4/cancel_all", symbol="BTC_USDT") == {}
    assert venue.ask("/spot/v4/query/open-orders") == []


# Books.


def totals(venue: BitMart) -> dict[str, Decimal]:
    """What spot and the margin accounts hold, debts taken off."""
    found: dict[str, Decimal] = {}
    for each in venue.ask("/spot/v1/wallet")["wallet"]:
        found[each["id"]] = Decimal(each["available"]) + Decimal(each["frozen"])
    for pair in venue.ask("/spot/v1/margin/isolated/account")["symbols"]:
        for side in ("base", "quote"):
            one = pair[side]
            held = Decimal(one["total_asset"]) - Decimal(one["borrow_unpaid"])
            found[one["currency"]] = found.get(one["currency"], Decimal(0)) + held
    return found


def test_margin_orders_use_their_pairs_money_and_bring_back_all_of_it(venue: BitMart):
    before = totals(venue)
    margin = {"symbol": "ETH_USDT", "currency": "USDT"}
    venue.ask("/spot/v1/margin/isolated/transfer", **margin, amount="1000", side="in")
    venue.ask("/spot/v1/margin/isolated/borrow", **margin, amount="1000")
    assert totals(venue)["USDT"] == before["USDT"]
    price = venue.last("ETH_USDT")
    low = f"{(price * Decimal('0.9')).quantize(Decimal('0.01'))}"
    order = {"symbol": "ETH_USDT", "side": "buy", "type": "limit", "size": "0.2", "price": low}
    id = venue.ask("/spot/v1/margin/submit_order", **order)["order_id"]
    assert totals(venue) == before | {"ETH": Decimal(0)}
    (account,) = venue.ask("/spot/v1/margin/isolated/account")["symbols"]
    assert Decimal(account["quote"]["frozen"]) > 0
    assert venue.ask("/spot/v4/query/open-orders", orderMode="spot") == []
    assert [one["orderId"] for one in venue.ask("/spot/v4/query/open-orders", orderMode="iso_margin")] == [id]
    venue.ask("/spot/v3/cancel_order", symbol="ETH_USDT", order_id=id)
    (account,) = venue.ask("/spot/v1/margin/isolated/account")["symbols"]
    assert Decimal(account["quote"]["available"]) == 2000
    bought = venue.ask("/spot/v1/margin/submit_order", symbol="ETH_USDT", side="buy", type="market", notional="1900")[
        "order_id"
    ]
    fills = venue.ask("/spot/v4/query/order-trades", orderId=bought)
    cost = sum(Decimal(one["notional"]) + Decimal(one["fee"]) for one in fills)
    after = totals(venue)
    assert after["USDT"] == before["USDT"] - cost
    assert after["ETH"] == sum(Decimal(one["size"]) for one in fills)
    spot = {one["id"]: one for one in venue.ask("/spot/v1/wallet")["wallet"]}
    assert Decimal(spot["USDT"]["available"]) == before["USDT"] - 1000, "spot's own money is untouched"
    assert venue.refused("/spot/v1/margin/submit_order", symbol="ETH_USDT", side="buy", type="market",
                         notional="1900") == 50020  # fmt: skip
    assert venue.refused("/spot/v1/margin/isolated/transfer", symbol="ETH_USDT", currency="ETH", amount="0.2",
                         side="out") == 51003  # fmt: skip


def test_interest_is_for_every_hour_begun_and_is_repaid_first(venue: BitMart):
    margin = {"symbol": "ETH_USDT", "currency": "USDT"}
    venue.ask("/spot/v1/margin/isolated/transfer", **margin, amount="1000", side="in")
    venue.ask("/spot/v1/margin/isolated/borrow", **margin, amount="1000")

    def owed() -> tuple[Decimal, Decimal]:
        (account,) = venue.ask("/spot/v1/margin/isolated/account")["symbols"]
        return Decimal(account["quote"]["borrow_unpaid"]), Decimal(account["quote"]["interest_unpaid"])

    assert owed() == (Decimal(1000), Decimal("0.02"))
    venue.clock.now += 3 * 3_600_000
    assert owed() == (Decimal(1000), Decimal("0.08"))
    venue.ask("/spot/v1/margin/isolated/repay", **margin, amount="500.08")
    assert owed() == (Decimal(500), Decimal(0))
    (record,) = venue.ask("/spot/v1/margin/isolated/repay_record", symbol="ETH_USDT")["records"]
    assert (Decimal(record["repaid_principal"]), Decimal(record["repaid_interest"])) == (Decimal(500), Decimal("0.08"))


def test_the_account_is_kept_between_two_faces_over_one_store(traded: BitMart):
    other = BitMart(clock=traded.clock, store=traded.store)
    for path in ("/spot/v1/wallet", "/contract/private/position-v2", "/spot/v1/margin/isolated/account"):
        assert other.ask(path) == traded.ask(path)


def test_the_four_sides_move_the_two_legs_of_hedge_mode(venue: BitMart):
    def legs() -> dict[str, str]:
        return {one["position_side"]: one["current_amount"] for one in venue.ask("/contract/private/position-v2")}

    order = {"symbol": "BTCUSDT", "type": "market", **TERMS}
    venue.ask("/contract/private/submit-order", **order, side=1, size=5)
    venue.ask("/contract/private/submit-order", **order, side=4, size=3)
    assert legs() == {"long": "5", "short": "3"}
    venue.ask("/contract/private/submit-order", **order, side=2, size=3)
    venue.ask("/contract/private/submit-order", **order, side=3, size=4)
    assert legs() == {"long": "1"}
    named = venue.ask("/contract/private/position-v2", symbol="BTCUSDT")
    assert [one["current_amount"] for one in named] == ["1", "0"], "of a named contract the empty leg too"
    (risk, _) = venue.ask("/contract/private/position-risk", symbol="BTCUSDT")
    assert risk["position_side"] == "Long"
    kinds = {one["flow_type"] for one in venue.ask("/contract/private/transaction-history")}
    assert kinds >= {2, 4}
