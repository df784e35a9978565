"""Bitfinex's paper face, asked as any client of the venue would: with signatures that are made here."""

from __future__ import annotations

import hashlib
import hmac
import json
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest

from blave_mcp.exchanges.endpoint import Endpoint
from blave_mcp.exchanges.paper.bitfinex.face import ROUTES
from blave_mcp.exchanges.paper.bitfinex.terms import hourly
from blave_mcp.exchanges.paper.face import MemoryBookStore
from blave_mcp.exchanges.paper.faces import open_face
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.wire import HttpReply, HttpRequest
from tests.exchanges.bitfinex.examples import EVERY, example, plain

KEY, SECRET = "fake-key", "fake-secret"
START_MS = 1_767_225_600_000
HOUR = 3_600_000
BTC = "tBTCUST"
ORDER = {"type": "EXCHANGE LIMIT", "symbol": BTC, "amount": "0.01", "price": "60000"}
D = Decimal


class Client:
    """Speaks Bitfinex's v2 API to a face, at a time that a test moves."""

    def __init__(self, store: MemoryBookStore | None = None) -> None:
        self.now = START_MS
        self.nonce = START_MS * 1000
        self.store = store or MemoryBookStore()
        self.face = open_face("bitfinex", SyntheticMarket(), self.store, lambda: self.now, KEY, SECRET)

    def send(
        self, path: str, args: dict[str, Any] | None = None, *, key: str = KEY, secret: str = SECRET,
        nonce: str | None = None, body: bytes | None = None, signed: bool = True, method: str = "POST",
    ) -> HttpReply:  # fmt: skip
        self.nonce += 1
        raw = json.dumps(args or {}).encode() if body is None else body
        stamp = str(self.nonce) if nonce is None else nonce
        text = f"/api{path}{stamp}".encode() + raw
        headers = {
            "bfx-nonce": stamp, "bfx-apikey": key,
            "bfx-signature": hmac.new(secret.encode(), text, hashlib.sha384).hexdigest(),
        } if signed else {}  # fmt: skip
        return self.face.handle(HttpRequest(method, f"https://api.bitfinex.com{path}", headers, raw), self.now)

    def get(self, path: str, **args: Any) -> Any:
        query = f"?{urlencode(args)}" if args else ""
        reply = self.face.handle(HttpRequest("GET", f"https://api-pub.bitfinex.com/v2/{path}{query}"), self.now)
        assert reply.status == 200, reply.body
        return json.loads(reply.body)

    def read(self, path: str, **args: Any) -> Any:
        reply = self.send(f"/v2/auth/r/{path}", args)
        assert reply.status == 200, reply.body
        return json.loads(reply.body)

    def write(self, path: str, **args: Any) -> Any:
        reply = self.send(f"/v2/auth/w/{path}", args)
        assert reply.status == 200, reply.body
        found = json.loads(reply.body)
        assert (len(found), found[6]) == (8, "SUCCESS")
        return found[4]

    def refused(self, path: str, args: dict[str, Any] | None = None, **more: Any) -> tuple[int, str]:
        reply = self.send(path, args, **more)
        word, code, text = json.loads(reply.body)
        assert (word, reply.status >= 400) == ("error", True)
        return code, text

    def wallet(self, name: str, code: str = "UST") -> tuple[Decimal, Decimal]:
        """Balance and available balance."""
        for one in json.loads(self.send("/v2/auth/r/wallets").body, parse_float=D, parse_int=D):
            if one[:2] == [name, code]:
                return one[2], one[4]
        return D(0), D(0)


@pytest.fixture
def client() -> Client:
    return Client()


WALLETS = "/v2/auth/r/wallets"
SUBMIT, OFFER = "/v2/auth/w/order/submit", "/v2/auth/w/funding/offer/submit"


# Keys, nonces, signatures, routes.


def test_a_key_and_a_signature_over_the_very_bytes_are_wanted(client: Client):
    assert client.refused(WALLETS, key="other-key") == (10100, "apikey: invalid")
    assert client.refused(WALLETS, signed=False) == (10100, "apikey: invalid")
    assert client.refused(WALLETS, secret="other-secret") == (10100, "apikey: digest invalid")
    assert client.read("wallets")


def test_a_body_that_is_changed_after_signing_is_refused(client: Client):
    reply = client.send(SUBMIT, ORDER)
    assert reply.status == 200
    headers = {"bfx-nonce": "9999999999999999", "bfx-apikey": KEY, "bfx-signature": "0" * 96}
    changed = HttpRequest("POST", f"https://api.bitfinex.com{SUBMIT}", headers, b"{}")
    assert json.loads(client.face.handle(changed, client.now).body) == ["error", 10100, "apikey: digest invalid"]


def test_a_nonce_must_be_above_every_one_before_it_in_whichever_process(client: Client):
    client.read("wallets")
    spent = client.nonce
    for nonce in (spent, spent - 1, 0):
        assert client.refused(WALLETS, nonce=str(nonce)) == (10114, "nonce: small")
    assert client.refused(WALLETS, nonce="soon") == (10114, "nonce: invalid")
    assert client.refused(WALLETS, nonce="9007199254740992") == (10114, "nonce: invalid")
    other = Client(client.store)
    assert other.refused(WALLETS, nonce=str(spent)) == (10114, "nonce: small")
    assert other.send(WALLETS, nonce=str(spent + 1)).status == 200


def test_a_wrong_signature_spends_no_nonce_and_a_refused_order_does(client: Client):
    far = str(client.nonce + 1_000_000)
    client.refused(WALLETS, secret="other-secret", nonce=far)
    assert client.refused(SUBMIT, {**ORDER, "amount": "0"}, nonce=far)[0] == 10020
    assert client.refused(WALLETS, nonce=far) == (10114, "nonce: small")


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda one: one.id)
def test_a_route_of_the_catalogue_is_answered_or_said_not_to_be_on_paper(client: Client, endpoint: Endpoint):
    known = {(one.method, one.pattern()) for one in ROUTES}
    call = example(endpoint)
    path = endpoint.path
    for name, value in call.arguments.items():
        path = path.replace(f"{{{name}}}", str(value))
    answered = any(method == endpoint.method and pattern.fullmatch(path) for method, pattern in known)
    reply = (
        client.face.handle(HttpRequest("GET", f"https://api-pub.bitfinex.com{path}"), client.now)
        if endpoint.method == "GET"
        else client.send(path, {})
    )
    body = json.loads(reply.body)
    missing = reply.status == 404
    assert missing is not answered
    if missing:
        assert body == ["error", 10020, f"route: paper trading has no {endpoint.method} {path}"]


def test_more_requests_than_the_limit_are_turned_away_until_the_minute_is_over(client: Client):
    for _ in range(90):
        assert client.send(WALLETS).status == 200
    reply = client.send(WALLETS)
    assert (reply.status, json.loads(reply.body)) == (429, ["error", 11010, "ratelimit: error"])
    client.now += 60_000
    assert client.send(WALLETS).status == 200


@pytest.mark.parametrize(
    ("body", "text"), [(b"[]", "body: invalid"), (b"{", "body: invalid"), (b'{"id":"x"}', "id: invalid")]
)
def test_a_body_that_cannot_be_read_is_told(client: Client, body: bytes, text: str):
    assert client.refused("/v2/auth/w/order/cancel", body=body) == (10020, text)


# The shapes of the documentation.


def same_shape(ours: Any, theirs: Any) -> None:
    """The same places: as many, and each of the same kind where the documentation's example has something there."""
    assert isinstance(ours, list), ours
    assert len(ours) == len(theirs), (len(ours), len(theirs))
    for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        numbers = isinstance(one, int | float) and isinstance(other, int | float)
        assert one is None or other is None or numbers or isinstance(other, dict) or type(one) is type(other), place


def test_public_answers_have_the_documented_places(client: Client):
    same_shape(client.get(f"ticker/{BTC}"), plain("ticker"))
    same_shape(client.get("ticker/fUST"), plain("ticker_funding"))
    for row, documented in zip(client.get("tickers", symbols=f"{BTC},fUST"), plain("tickers"), strict=True):
        same_shape(row, documented)
    same_shape(client.get(f"candles/trade:1h:{BTC}/hist", limit=1)[0], plain("candles")[0])
    same_shape(client.get(f"book/{BTC}/P0")[0], plain("book")[0])
    same_shape(client.get("book/fUST/P0")[0], plain("book_funding")[0])
    same_shape(client.get(f"trades/{BTC}/hist", limit=1)[0], plain("trades")[0])
    same_shape(client.get("trades/fUST/hist", limit=1)[0], plain("trades_funding")[0])
    same_shape(client.get("funding/stats/fUST/hist", limit=1)[0], plain("funding_stats")[0])
    listed, margin = client.get("conf/pub:info:pair,pub:list:pair:margin")
    same_shape(listed[0][1], plain("conf")[0][0][1])
    assert listed[0][0] == margin[0] == "BTCUST"
    assert client.get("platform/status") == [1]


def test_the_account_s_answers_have_the_documented_places(client: Client):
    same_shape(client.read("wallets")[0], plain("wallets")[0])
    (placed,) = client.write("order/submit", **ORDER, cid=12345)
    same_shape(placed, plain("order_submit")[4][0])
    assert (placed[2], placed[8], placed[13], placed[16]) == (12345, "EXCHANGE LIMIT", "ACTIVE", 60000)
    same_shape(client.read("orders")[0], plain("orders")[0])
    same_shape(client.write("order/cancel", id=placed[0]), plain("order_cancel")[4])
    same_shape(client.read("orders/hist")[0], plain("orders_history")[0])
    client.write("order/submit", type="MARKET", symbol=BTC, amount="0.1")
    same_shape(client.read("positions")[0], plain("positions")[0])
    same_shape(client.read("trades/hist")[0], plain("own_trades")[0])
    same_shape(client.read("summary")[4], plain("summary")[4])
    moved = {"from": "exchange", "to": "funding", "currency": "UST", "amount": "1"}
    same_shape(client.write("transfer", **moved), plain("transfer")[4])
    same_shape(client.read("ledgers/UST/hist", category=51)[0], plain("ledger")[0])
    batch = client.write("order/multi", ops=[["on", ORDER]])
    same_shape(batch[0], plain("order_multi")[4][0])


def test_funding_answers_have_the_documented_places(client: Client):
    terms = {"type": "LIMIT", "symbol": "fUST", "amount": "500", "rate": "0.02", "period": 2}
    offer = client.write("funding/offer/submit", **terms)
    same_shape(offer, plain("funding_offer_submit")[4])
    same_shape(client.read("funding/offers/fUST")[0], plain("funding_offers")[0])
    same_shape(client.write("funding/offer/cancel", id=offer[0]), plain("funding_offer_cancel")[4])
    client.write("funding/offer/submit", **{**terms, "rate": "0.00001"})
    same_shape(client.read("funding/credits/fUST")[0], plain("funding_credits")[0])
    assert client.read("funding/loans/fUST") == []
    assert client.read("info/funding/fUST")[:2] == ["sym", "fUST"]
    same_shape(client.read("info/funding/fUST")[2], plain("funding_info")[2])


# Orders.


def test_amounts_are_signed_and_the_prefix_tells_the_wallet(client: Client):
    before = client.wallet("exchange")[0]
    client.write("order/submit", type="EXCHANGE MARKET", symbol=BTC, amount="-0.1")
    assert client.wallet("exchange")[0] > before
    assert client.wallet("exchange", "BTC")[0] == D("0.9")
    client.write("order/submit", type="MARKET", symbol=BTC, amount="-0.1")
    (held,) = client.read("positions")
    assert (held[0], held[2]) == (BTC, -0.1)
    assert client.wallet("exchange", "BTC")[0] == D("0.9")


def test_a_price_is_cut_to_five_significant_digits(client: Client):
    (placed,) = client.write("order/submit", **{**ORDER, "price": "60000.77"})
    assert placed[16] == 60000


def test_an_update_sets_what_is_left_and_leaves_the_first_amount(client: Client):
    (placed,) = client.write("order/submit", **{**ORDER, "amount": "-0.01", "price": "70000"})
    changed = client.write("order/update", id=placed[0], amount="-0.03", price="71000")
    assert (changed[6], changed[7], changed[16]) == (-0.03, -0.01, 71000)
    assert client.write("order/update", id=placed[0], delta="0.01")[6] == -0.04
    code, text = client.refused("/v2/auth/w/order/update", {"id": placed[0], "amount": "0.03"})
    assert (code, "side" in text) == (10001, True)


def test_orders_are_canceled_by_client_id_and_day_and_several_at_once(client: Client):
    client.write("order/submit", **ORDER, cid=7)
    assert client.write("order/cancel", cid=7, cid_date="2026-01-01")[2] == 7
    first, second, third = (client.write("order/submit", **ORDER, gid=gid)[0][0] for gid in (1, 2, 2))
    assert [one[0] for one in client.write("order/cancel/multi", gid=[2])] == [second, third]
    assert [one[0] for one in client.write("order/cancel/multi", all=1)] == [first]
    assert client.read("orders") == []


def test_of_an_oco_pair_one_ends_the_other(client: Client):
    pair = {"type": "EXCHANGE LIMIT", "symbol": BTC, "amount": "-0.1", "price": "80000", "flags": 16384}
    limit, stop = client.write("order/submit", **pair, price_oco_stop="50000")
    assert (limit[8], stop[8], stop[16]) == ("EXCHANGE LIMIT", "EXCHANGE STOP", 50000)
    client.write("order/cancel", id=limit[0])
    assert client.read("orders") == []


def test_a_post_only_order_that_would_take_is_canceled(client: Client):
    client.write("order/submit", **{**ORDER, "price": "90000", "flags": 4096})
    assert client.read("orders/hist")[0][13] == "POSTONLY CANCELED"


def test_orders_that_cannot_rest_end_as_bitfinex_says(client: Client):
    for kind, text in (("EXCHANGE IOC", "IOC CANCELED"), ("EXCHANGE FOK", "FILLORKILL CANCELED")):
        client.write("order/submit", **{**ORDER, "type": kind})
        assert client.read("orders/hist")[0][13] == text
        client.now += 1


def test_the_close_flag_closes_the_position_whatever_the_amount(client: Client):
    client.write("order/submit", type="MARKET", symbol=BTC, amount="0.3")
    client.write("order/submit", type="MARKET", symbol=BTC, amount="-0.1", flags=512)
    assert client.read("positions") == []


def test_what_a_margin_position_borrows_costs_interest_every_hour(client: Client):
    client.write("order/submit", type="MARKET", symbol=BTC, amount="0.1")
    (held,) = client.read("positions")
    owed, before = D("0.1") * D(str(held[3])), client.wallet("margin")[0]
    client.now = (client.now // HOUR + 3) * HOUR + 1
    charged = client.read("ledgers/UST/hist", category=28)
    assert [row[2] for row in charged] == ["margin"] * 3
    assert {row[8] for row in charged} == {"Margin Funding Charge on wallet margin"}
    assert all(float(-row[5]) == pytest.approx(float(owed * hourly("USDT")), rel=1e-6) for row in charged)
    assert before - client.wallet("margin")[0] == -sum(D(str(row[5])) for row in charged) > 0
    client.write("order/submit", type="MARKET", symbol=BTC, amount="-0.2")
    client.now += HOUR
    assert 0 < -client.read("ledgers/UST/hist", category=28)[0][5] < -charged[0][5], "a short owes the cheaper coin"


@pytest.mark.parametrize(
    ("order", "code", "part"),
    [
        ({**ORDER, "amount": "100"}, 10001, "not enough exchange balance"),
        ({"type": "MARKET", "symbol": BTC, "amount": "100"}, 10001, "not enough tradable balance"),
        ({**ORDER, "amount": "0.000001"}, 10001, "minimum size for BTCUST is"),
        ({**ORDER, "amount": "0"}, 10020, "amount: invalid"),
        ({**ORDER, "symbol": "tNOPEUST"}, 10020, "symbol: invalid"),
        ({**ORDER, "type": "EXCHANGE SOON"}, 10020, "type: invalid"),
        ({**ORDER, "price": "-1"}, 10001, "Invalid price"),
        ({**ORDER, "lev": 10}, 10001, "no derivatives"),
        ({"type": "MARKET", "symbol": BTC, "amount": "0.1", "flags": 1024}, 10001, "position"),
    ],
)
def test_what_cannot_be_is_refused_in_bitfinex_s_words(client: Client, order: dict[str, Any], code: int, part: str):
    found, text = client.refused(SUBMIT, order)
    assert (found, part in text) == (code, True), text


def test_an_order_that_is_not_open_is_not_found(client: Client):
    for path in ("order/cancel", "order/update"):
        assert client.refused(f"/v2/auth/w/{path}", {"id": 7, "price": "1"}) == (10001, "Order not found.")


def test_the_account_lies_in_the_store(client: Client):
    client.write("order/submit", **ORDER)
    other = Client(client.store)
    other.nonce = client.nonce
    assert len(other.read("orders")) == 1


# Lending.


def lend(client: Client, **changes: Any) -> Any:
    terms = {"type": "LIMIT", "symbol": "fUST", "amount": "1000", "rate": "0.02", "period": 2}
    return client.write("funding/offer/submit", **terms | changes)


def test_an_offer_sets_its_amount_aside_until_it_is_taken_back(client: Client):
    offer = lend(client)
    assert client.wallet("funding") == (D(50_000), D(49_000))
    assert client.read("funding/offers/fUST")[0][0] == offer[0]
    assert client.read("funding/offers/fUSD") == []
    assert client.write("funding/offer/cancel", id=offer[0])[10] == "CANCELED"
    assert client.wallet("funding") == (D(50_000), D(50_000))
    assert client.read("funding/offers/fUST/hist")[0][10] == "CANCELED"
    assert client.refused("/v2/auth/w/funding/offer/cancel", {"id": offer[0]}) == (10001, "Offer not found.")


def test_an_offer_below_the_best_bid_is_lent_at_once_at_that_bid(client: Client):
    bid = client.get("ticker/fUST")[1]
    lend(client, rate=f"{D(str(bid)) / 2:f}")
    assert client.read("funding/offers/fUST") == []
    (credit,) = client.read("funding/credits/fUST")
    assert (credit[5], credit[8], credit[11], credit[12]) == (1000, "FIXED", bid, 2)
    assert client.read("funding/offers/fUST/hist")[0][10].startswith("EXECUTED at ")
    (trade,) = client.read("funding/trades/fUST/hist")
    assert trade[4:7] == [1000, bid, 2]


def test_an_offer_near_the_frr_is_lent_within_days_and_a_dear_one_never(client: Client):
    frr = client.get("ticker/fUST")[0]
    lend(client, rate=f"{D(str(frr)) * D('1.1'):.8f}")
    dear = lend(client, rate="0.05")
    client.now += 3 * 86_400_000
    assert [one[0] for one in client.read("funding/offers/fUST")] == [dear[0]]


def test_interest_is_paid_at_midnight_less_the_fee_and_the_amount_comes_back_at_the_end(client: Client):
    client.now += 6 * 3_600_000
    bid = D(str(client.get("ticker/fUST")[1]))
    lend(client, rate="0.00001", amount="10000")
    per_day = 10_000 * bid
    client.now += 18 * 3_600_000 - 1
    assert client.wallet("funding")[0] == 50_000
    client.now += 1
    total, free = client.wallet("funding")
    assert abs(total - 50_000 - per_day * D("0.75") * D("0.85")) < D("0.0000001")
    assert free == total - 10_000
    client.now += 2 * 86_400_000
    total, free = client.wallet("funding")
    assert free == total
    assert abs(total - 50_000 - 2 * per_day * D("0.85")) < D("0.0000003")
    paid = client.read("ledgers/UST/hist", category=28)
    assert len(paid) == 3
    assert client.read("funding/credits/fUST") == []
    assert client.read("funding/credits/fUST/hist")[0][7].startswith("CLOSED")


def test_of_a_hidden_offer_the_venue_keeps_more(client: Client):
    bid = D(str(client.get("ticker/fUST")[1]))
    lend(client, rate="0.00001", amount="10000", flags=64)
    client.now += 2 * 86_400_000
    assert abs(client.wallet("funding")[0] - 50_000 - 2 * 10_000 * bid * D("0.82")) < D("0.0000003")


def test_a_rate_that_follows_the_frr_changes_with_it(client: Client):
    lend(client, type="FRRDELTAVAR", rate="0", period=30)
    for _ in range(60):
        client.now += 86_400_000 // 2
        if client.read("funding/credits/fUST"):
            break
    (credit,) = client.read("funding/credits/fUST")
    assert (credit[8], credit[11]) == ("VAR", client.get("ticker/fUST")[0])
    client.now += 2 * 86_400_000
    assert client.read("funding/credits/fUST")[0][11] == client.get("ticker/fUST")[0]


def test_the_market_is_the_same_for_everyone_and_changes_with_the_hour(client: Client):
    other = Client()
    for path in ("ticker/fUST", "book/fUST/P0", "trades/fUST/hist", "funding/stats/fUST/hist"):
        assert client.get(path) == other.get(path)
    before = client.get("book/fUST/P0")
    client.now += 3_600_000
    assert client.get("book/fUST/P0") != before
    rows = client.get("trades/fUST/hist", limit=1000, start=START_MS - 86_400_000, end=START_MS, sort=1)
    times = [one[1] for one in rows]
    assert times == sorted(times)
    assert (times[0], times[-1], len(times)) == (START_MS - 86_400_000, START_MS, 289)


@pytest.mark.parametrize(
    ("changes", "code", "part"),
    [
        ({"amount": "149"}, 10001, "minimum is 150.0 dollar"),
        ({"amount": "50001"}, 10001, "not enough UST balance"),
        ({"amount": "-500"}, 10001, "does not borrow"),
        ({"period": 1}, 10020, "period: invalid"),
        ({"period": 121}, 10020, "period: invalid"),
        ({"rate": "0"}, 10001, "Invalid rate"),
        ({"type": "FRRDELTAVAR", "rate": "-0.1"}, 10001, "Invalid rate"),
        ({"type": "SOON"}, 10020, "type: invalid"),
        ({"symbol": "fNOPE"}, 10020, "symbol: invalid"),
    ],
)
def test_an_offer_that_cannot_be_is_refused(client: Client, changes: dict[str, Any], code: int, part: str):
    terms = {"type": "LIMIT", "symbol": "fUST", "amount": "1000", "rate": "0.02", "period": 2}
    found, text = client.refused(OFFER, terms | changes)
    assert (found, part in text) == (code, True), text


def test_what_is_on_offer_cannot_be_moved_away(client: Client):
    lend(client, amount="49000")
    moved = {"from": "funding", "to": "exchange", "currency": "UST", "amount": "1001"}
    code, text = client.refused("/v2/auth/w/transfer", moved)
    assert (code, "not enough UST balance" in text) == (10001, True)
    client.write("transfer", **{**moved, "amount": "1000"})
    assert client.wallet("funding") == (D(49_000), D(0))
