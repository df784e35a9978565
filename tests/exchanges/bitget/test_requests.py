"""What leaves for Bitget: every endpoint through read or through propose and CONFIRM, and the bytes it becomes."""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from blave_mcp.exchanges.actions import ActionState
from blave_mcp.exchanges.bitget.dialect import signature
from blave_mcp.exchanges.bitget.endpoints import BITGET
from blave_mcp.exchanges.endpoint import Auth, Effect, Endpoint
from blave_mcp.exchanges.errors import BadArgument, NeedsConfirmation
from blave_mcp.exchanges.wire import HttpReply, HttpRequest
from blave_mcp.server.store import Store
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.registry import ALL_TOOLS
from blave_mcp.tools.spec import Result
from tests.conftest import ROOT
from tests.desks import desk_of
from tests.exchanges.bitget.examples import BASE, DIALECT, EVERY, KEY, NOW_MS, bitget, example, success, text_of
from tests.fakes import FakeCaller, FakeClock

READS = [endpoint for endpoint in EVERY if endpoint.effect is Effect.READ]
WRITES = [endpoint for endpoint in EVERY if endpoint.effect is Effect.WRITE]
ANSWERS = {
    "/api/v2/public/time": {"serverTime": str(NOW_MS)},
    "/api/v2/spot/trade/cancel-replace-order": {"orderId": "1", "clientOid": "a", "success": "success", "msg": None},
    "/api/v2/spot/trade/cancel-plan-order": {"result": "success"},
    "/api/v2/spot/wallet/transfer": {"transferId": "1", "clientOid": "a"},
    "/api/v2/spot/wallet/subaccount-transfer": {"transferId": "1", "clientOid": "a"},
}
PLACED = {"orderId": "1", "clientOid": "a", "successList": [], "failureList": []}


class Recorder:
    """Answers everything with a success and keeps it."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        self.requests.append(request)
        path = urlsplit(request.url).path
        if path == "/api/v2/spot/public/symbols":
            return HttpReply(200, {}, text_of("spot_symbols").encode())
        if path == "/api/v2/mix/market/contracts":
            return HttpReply(200, {}, text_of("futures_contracts").encode())
        return success(ANSWERS.get(path, PLACED if request.method == "POST" else []))

    def of(self, endpoint: Endpoint) -> list[HttpRequest]:
        return [r for r in self.requests if (r.method, urlsplit(r.url).path) == (endpoint.method, endpoint.path)]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW_MS)


@pytest.fixture
def wire() -> Recorder:
    return Recorder()


@pytest.fixture
def desk(clock: FakeClock, wire: Recorder, tmp_path: Path) -> Iterator[Desk]:
    with Store(tmp_path / "record.sqlite3") as store:
        yield desk_of(clock, store, bitget(wire, clock))


async def run(desk: Desk, name: str, **given: Any) -> Result:
    tool = next(tool for tool in ALL_TOOLS if tool.name == name)
    checked = tool.check(given)
    if tool.wants_caller:
        checked["caller"] = FakeCaller()
    return await tool.run(desk, **checked)


def as_documented(value: Any) -> Any:
    """Every single value is a text in Bitget's requests."""
    if isinstance(value, list):
        return [as_documented(each) for each in value]
    if isinstance(value, dict):
        return {name: as_documented(each) for name, each in value.items()}
    return str(value)


def check(request: HttpRequest, endpoint: Endpoint, args: dict[str, Any]) -> None:
    """Compares a request with the documented one: path, method, query or body, headers, signature."""
    parts = urlsplit(request.url)
    assert (request.method, f"{parts.scheme}://{parts.netloc}", parts.path) == (endpoint.method, BASE, endpoint.path)
    headers = request.headers
    assert headers["locale"] == "en-US"
    assert "paptrading" not in headers
    assert not {name for name in headers if name.lower().startswith("x-")}, "no attribution header is asked for"
    if endpoint.method == "POST":
        assert parts.query == ""
        body = json.loads(request.body)
        extra = {"size": ""} if endpoint.id == "futures.tpsl.modify" and "size" not in args else {}
        assert body == as_documented(args) | extra
        assert b" " not in request.body.replace(b"\\ ", b"")
    else:
        assert request.body == b""
        assert dict(parse_qsl(parts.query)) == as_documented(args)
    if endpoint.auth is Auth.NONE:
        assert not {name for name in headers if name.startswith("ACCESS")}
        return
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    text = f"{headers['ACCESS-TIMESTAMP']}{request.method}{path}".encode() + request.body
    right = base64.b64encode(hmac.new(KEY.secret.encode(), text, hashlib.sha256).digest()).decode()
    assert headers["ACCESS-SIGN"] == right
    assert (headers["ACCESS-KEY"], headers["ACCESS-PASSPHRASE"]) == (KEY.key, KEY.passphrase)
    assert headers["Content-Type"] == "application/json"
    assert KEY.secret not in request.url + request.body.decode() + str(dict(headers))


def test_every_row_of_the_reference_is_in_the_catalogue(reference_rows: list[dict[str, str]]):
    ours = {(e.method, e.path, e.effect.value) for e in EVERY}
    assert len(reference_rows) == 52
    assert [row for row in reference_rows if (row["method"], row["path"], row["effect"]) not in ours] == []


@pytest.fixture
def reference_rows() -> list[dict[str, str]]:
    """The rows that the reference has for Bitget, kept beside this test."""
    file = ROOT / "tests" / "exchanges" / "bitget" / "reference_endpoints.csv"
    return list(csv.DictReader(file.read_text().splitlines()))


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_every_endpoint_has_a_valid_example_and_a_page_of_the_venue(endpoint: Endpoint):
    call = example(endpoint)
    assert BITGET.revive(call.to_json()) == call
    assert endpoint.url.startswith("https://www.bitget.com/api-doc/")
    for param in endpoint.params:
        if not param.items:
            param.check(param.example)


@pytest.mark.parametrize("endpoint", READS, ids=lambda endpoint: endpoint.id)
async def test_every_read_leaves_as_documented(desk: Desk, wire: Recorder, endpoint: Endpoint):
    args = example(endpoint).arguments
    await run(desk, "read_endpoint", venue="bitget", endpoint=endpoint.id, args=args)
    check(wire.of(endpoint)[-1], endpoint, args)


@pytest.mark.parametrize("endpoint", WRITES, ids=lambda endpoint: endpoint.id)
async def test_every_write_is_proposed_and_leaves_once_on_the_word(
    desk: Desk, wire: Recorder, clock: FakeClock, endpoint: Endpoint
):
    given = {"venue": "bitget", "endpoint": endpoint.id, "args": example(endpoint).arguments}
    with pytest.raises(NeedsConfirmation, match="propose_endpoint"):
        await run(desk, "read_endpoint", **given)
    pending = await run(desk, "propose_endpoint", **given)
    assert wire.of(endpoint) == []
    clock.advance(5)
    with pytest.raises(NeedsConfirmation, match="Nothing was sent"):
        await run(desk, "confirm_action", token=pending.data["token"], confirmation="yes")
    pending = await run(desk, "propose_endpoint", **given)
    clock.advance(5)
    await run(desk, "confirm_action", token=pending.data["token"], confirmation="CONFIRM")
    (sent,) = wire.of(endpoint)
    stamped = BITGET.revive(desk.gate.get(pending.data["action"]).steps[0].call)
    check(sent, endpoint, stamped.arguments)
    posts = [r for r in wire.requests if r.method == "POST"]
    assert posts == [sent]
    assert desk.gate.get(pending.data["action"]).state in (ActionState.DONE, ActionState.UNKNOWN)


def test_the_signature_is_that_of_the_documented_method():
    """https://www.bitget.com/api-doc/common/signature shows the text that is signed; the key is made up."""
    text = "16273667805456GET/api/mix/v2/market/depth?limit=20&symbol=BTCUSDT"
    right = base64.b64encode(hmac.new(b"fake-secret", text.encode(), hashlib.sha256).digest()).decode()
    assert signature("fake-secret", text) == right


def test_a_demo_key_is_told_by_a_header_but_for_the_clock():
    for endpoint in EVERY:
        request = DIALECT.request(example(endpoint), KEY, base_url=BASE, now_ms=NOW_MS, testnet=True)
        assert request.headers.get("paptrading") == (None if endpoint.id == "spot.time.get" else "1")
    assert {host.testnet for host in DIALECT.hosts.values()} == {BASE}


def test_client_ids_are_the_users_own_or_the_tag_and_never_cut():
    assert DIALECT.client_id("spot", "", "abc0") == "abc0"
    assert DIALECT.client_id("futures", "my-order_1", "abc0") == "my-order_1"
    assert DIALECT.client_id("spot", "a" * 49, "") == "a" * 49
    with pytest.raises(BadArgument, match="at most 49"):
        DIALECT.client_id("spot", "a" * 50, "t")
    for odd in ("a b", "a+b", "a#b", "é"):
        with pytest.raises(BadArgument, match="characters"):
            DIALECT.client_id("spot", odd, "t")


def test_an_order_without_its_client_id_and_a_signed_call_without_a_key_never_become_requests():
    bare = BITGET["futures.order.create"].call(
        symbol="BTCUSDT", productType="USDT-FUTURES", marginMode="crossed", marginCoin="USDT", size="1", side="buy",
        orderType="market",
    )  # fmt: skip
    with pytest.raises(ValueError, match="stamped"):
        DIALECT.request(bare, KEY, base_url=BASE, now_ms=NOW_MS, testnet=False)
    with pytest.raises(ValueError, match="no credentials"):
        DIALECT.request(example(BITGET["spot.account.assets"]), None, base_url=BASE, now_ms=NOW_MS, testnet=False)


REFUSED = [
    ("spot.order.create", {"symbol": "A", "side": "buy", "orderType": "limit", "size": "1"}, "price is required"),
    ("spot.order.create", {"symbol": "A", "side": "buy", "orderType": "market", "size": "1", "price": "2"}, "price"),
    (
        "spot.order.create",
        {"symbol": "A", "side": "buy", "orderType": "market", "size": "1", "triggerPrice": "2"},
        "tpslType tpsl",
    ),
    ("spot.order.cancel", {"orderId": "1"}, "symbol is required"),
    ("spot.order.cancel", {"symbol": "A"}, "orderId or clientOid"),
    ("spot.batch.cancel", {"symbol": "A", "orderList": [{"orderId": "1"}, {"clientOid": "b"}]}, "all by clientOid"),
    ("spot.batch.create", {"orderList": [{"side": "buy", "orderType": "market", "size": "1"}]}, "symbol is required"),
    ("spot.plan.cancel_all", {"symbolList": "BTCUSDT"}, "not JSON"),
    (
        "spot.transfer.create",
        {"fromType": "spot", "toType": "spot", "amount": "1", "coin": "USDT"},
        "two different wallets",
    ),
    (
        "spot.transfer.create",
        {"fromType": "spot", "toType": "isolated_margin", "amount": "1", "coin": "USDT"},
        "symbol is required",
    ),
    ("futures.batch.cancel", {"productType": "USDT-FUTURES", "orderIdList": [{"orderId": "1"}]}, "symbol is required"),
]
CONTRACT = {"symbol": "A", "productType": "USDT-FUTURES", "marginCoin": "USDT"}
ORDER = {**CONTRACT, "marginMode": "crossed", "size": "1", "side": "buy", "orderType": "market"}
PLAN = {**ORDER, "planType": "track_plan", "triggerPrice": "1", "triggerType": "fill_price"}
REFUSED += [
    ("futures.order.create", {**ORDER, "reduceOnly": "YES", "tradeSide": "open"}, "give one of them"),
    ("futures.order.modify", {**CONTRACT, "orderId": "1", "newSize": "2"}, "given together"),
    ("futures.leverage.set", {**CONTRACT, "longLeverage": 3}, "leverage must be given"),
    ("futures.margin.adjust", {**CONTRACT, "amount": "0", "holdSide": "long"}, "amount is zero"),
    ("futures.plan.create", PLAN, "callbackRatio is required"),
    ("futures.plan.create", {**PLAN, "callbackRatio": "11"}, "at most 10"),
    ("futures.plan.create", {**PLAN, "callbackRatio": "1", "orderType": "limit"}, "orderType market"),
    ("futures.plan.create", {**PLAN, "planType": "normal_plan", "orderType": "limit"}, "price is required"),
    ("futures.plan.modify", {"orderId": "1", "productType": "USDT-FUTURES"}, "new"),
    ("futures.tpsl.create", {**CONTRACT, "planType": "loss_plan", "triggerPrice": "1", "holdSide": "long"}, "size"),
    (
        "futures.tpsl.create",
        {**CONTRACT, "planType": "pos_loss", "triggerPrice": "1", "holdSide": "long", "size": "1"},
        "only for them",
    ),
    ("futures.tpsl.pair", {**CONTRACT, "holdSide": "long"}, "must be given"),
]


@pytest.mark.parametrize(("id", "args", "words"), REFUSED)
def test_conditional_rules_are_kept_before_anything_is_sent(id: str, args: dict[str, Any], words: str):
    with pytest.raises(BadArgument, match=words):
        BITGET[id].call(args)
