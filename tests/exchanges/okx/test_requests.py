"""Every endpoint through the client: reads are read, writes are proposed, confirmed and sent; what leaves is compared.

The signature is computed here by hand, from the vendor's description:
https://www.okx.com/docs-v5/en/#overview-rest-authentication-signature
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import ccxt  # type: ignore[import-untyped]
import pytest

from blave_mcp.exchanges.endpoint import Auth, Effect, Endpoint
from blave_mcp.exchanges.models import Market
from blave_mcp.exchanges.okx.dialect import TAG
from blave_mcp.exchanges.okx.verbs import OkxMargin, OkxPerpetual, OkxSpot
from blave_mcp.exchanges.wire import HttpReply, HttpRequest
from blave_mcp.server.store import Store
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.registry import ALL_TOOLS
from blave_mcp.tools.spec import Result
from tests.desks import desk_of, venue_over
from tests.exchanges.okx.examples import BASE, DIALECT, EVERY, KEY, NOW_MS, example
from tests.fakes import FakeCaller, FakeClock

MARKETS = {Market.SPOT: OkxSpot(), Market.MARGIN: OkxMargin(), Market.PERPETUAL: OkxPerpetual()}
TAGGED_PATHS = {"order", "amend-order", "batch-orders", "amend-batch-orders", "order-algo", "amend-algos"}


class Anything:
    """Answers every request as OKX answers one that went well, and keeps it."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.requests: list[HttpRequest] = []

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        self.requests.append(request)
        data: list[Any] = [{"ts": str(self.clock.now_ms())}] if request.url.endswith("/public/time") else []
        return HttpReply(200, {}, json.dumps({"code": "0", "msg": "", "data": data}).encode())

    def sent(self, endpoint: Endpoint) -> list[HttpRequest]:
        return [r for r in self.requests if (r.method, urlsplit(r.url).path) == (endpoint.method, endpoint.path)]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW_MS)


@pytest.fixture
def wire(clock: FakeClock) -> Anything:
    return Anything(clock)


@pytest.fixture
def desk(clock: FakeClock, wire: Anything, tmp_path: Path) -> Iterator[Desk]:
    with Store(tmp_path / "record.sqlite3") as store:
        yield desk_of(clock, store, venue_over(DIALECT, wire, clock, markets=MARKETS, key=KEY))


async def run(desk: Desk, name: str, given: dict[str, Any]) -> Result:
    tool = next(tool for tool in ALL_TOOLS if tool.name == name)
    checked = tool.check(given)
    if tool.wants_caller:
        checked["caller"] = FakeCaller()
    return await tool.run(desk, **checked)


def expected_body(endpoint: Endpoint, args: dict[str, Any]) -> Any:
    def one(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: one(v) for k, v in value.items()}
        if isinstance(value, list):
            return [one(v) for v in value]
        return value if isinstance(value, bool) else str(value)

    body = one(args.get("orders", args))
    if endpoint.writes and endpoint.path.rpartition("/")[2] in TAGGED_PATHS and "/trade/" in endpoint.path:
        tag = {"tag": "96ee7de3fd4bBCDE"}
        body = [{**each, **tag} for each in body] if isinstance(body, list) else {**body, **tag}
    return body


def compare(request: HttpRequest, endpoint: Endpoint, args: dict[str, Any], *, at_ms: int) -> None:
    """Path, method, query or body, headers, attribution and signature of what left."""
    parts = urlsplit(request.url)
    assert (request.method, f"{parts.scheme}://{parts.netloc}", parts.path) == (endpoint.method, BASE, endpoint.path)
    headers = dict(request.headers)
    assert headers.pop("User-Agent") == "Mozilla/5.0"
    if endpoint.method == "GET":
        assert request.body == b""
        wanted = [(name, str(value).lower() if isinstance(value, bool) else str(value)) for name, value in args.items()]
        assert parse_qsl(parts.query) == wanted
    else:
        assert headers.pop("Content-Type") == "application/json"
        assert parts.query == ""
        assert json.loads(request.body) == expected_body(endpoint, args)
    if endpoint.auth is Auth.NONE:
        assert headers == {}
        return
    stamp = headers.pop("OK-ACCESS-TIMESTAMP")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", stamp)
    path = endpoint.path + (f"?{parts.query}" if parts.query else "")
    prehash = stamp + request.method + path + request.body.decode()
    made = base64.b64encode(hmac.new(KEY.secret.encode(), prehash.encode(), hashlib.sha256).digest()).decode()
    assert headers == {
        "OK-ACCESS-KEY": KEY.key,
        "OK-ACCESS-PASSPHRASE": KEY.passphrase,
        "OK-ACCESS-SIGN": made,
    }


@pytest.mark.parametrize("endpoint", [e for e in EVERY if e.effect is not Effect.WRITE], ids=lambda e: e.id)
async def test_every_read_leaves_as_the_documentation_shows_it(desk: Desk, wire: Anything, endpoint: Endpoint):
    call = example(endpoint)
    if endpoint.id == "v5.time.get":
        await desk.venue("okx").client.read(call)
    else:
        await run(desk, "read_endpoint", {"venue": "okx", "endpoint": endpoint.id, "args": call.arguments})
    (request,) = wire.sent(endpoint)
    compare(request, endpoint, call.arguments, at_ms=NOW_MS)


@pytest.mark.parametrize("endpoint", [e for e in EVERY if e.writes], ids=lambda e: e.id)
async def test_every_write_leaves_once_confirmed_and_as_the_documentation_shows_it(
    desk: Desk, wire: Anything, clock: FakeClock, endpoint: Endpoint
):
    args = {"venue": "okx", "endpoint": endpoint.id, "args": example(endpoint).arguments}
    pending = await run(desk, "propose_endpoint", args)
    assert wire.sent(endpoint) == []
    clock.advance(3)
    await run(desk, "confirm_action", {"token": pending.data["token"], "confirmation": "CONFIRM"})
    (request,) = [r for r in wire.sent(endpoint) if r.method == "POST"]
    stored = desk.gate.get(pending.data["action"]).steps[0].call["args"]
    compare(request, endpoint, stored, at_ms=clock.now_ms())


def test_the_tag_is_in_every_order_body_and_nowhere_else():
    assert TAG == "96ee7de3fd4bBCDE"
    found = set()
    for endpoint in EVERY:
        request = DIALECT.request(example(endpoint), KEY, base_url=BASE, now_ms=NOW_MS, testnet=False)
        count = request.body.count(b'"tag":"96ee7de3fd4bBCDE"')
        assert TAG not in request.url
        if count:
            found.add(endpoint.path)
            assert count == len(example(endpoint).get("orders", [None]))
    assert found == {f"/api/v5/trade/{name}" for name in TAGGED_PATHS}


def test_demo_keys_go_with_the_demo_header_and_live_ones_without():
    for endpoint in EVERY:
        for testnet in (True, False):
            request = DIALECT.request(example(endpoint), KEY, base_url=BASE, now_ms=NOW_MS, testnet=testnet)
            assert request.headers.get("x-simulated-trading") == ("1" if testnet else None)
    assert DIALECT.hosts["v5"].testnet == DIALECT.hosts["v5"].live


def test_the_documented_prehash_is_the_one_that_is_signed():
    call = next(e for e in EVERY if e.id == "v5.balance.get").call(ccy="BTC")
    request = DIALECT.request(call, KEY, base_url=BASE, now_ms=1607418537715, testnet=False)
    assert request.headers["OK-ACCESS-TIMESTAMP"] == "2020-12-08T09:08:57.715Z"
    prehash = b"2020-12-08T09:08:57.715ZGET/api/v5/account/balance?ccy=BTC"
    made = base64.b64encode(hmac.new(b"fake-secret", prehash, hashlib.sha256).digest()).decode()
    assert request.headers["OK-ACCESS-SIGN"] == made


# ccxt adds a client order id of its own to an algo order, where OKX knows algoClOrdId alone.
# https://www.okx.com/docs-v5/en/#order-book-trading-algo-trading-post-place-algo-order
ADDS_AN_ID = {"v5.algo.create"}


@pytest.fixture(scope="module")
def other() -> Any:
    exchange = ccxt.okx({"apiKey": KEY.key, "secret": KEY.secret, "password": KEY.passphrase})
    exchange.nonce = lambda: NOW_MS
    exchange.options["brokerId"] = TAG
    return exchange


def known_to_ccxt(other: Any, endpoint: Endpoint) -> bool:
    group = "public" if endpoint.auth is Auth.NONE else "private"
    return endpoint.path.removeprefix("/api/v5/") in other.api[group][endpoint.method.lower()]


def test_ccxt_knows_all_of_the_catalogue(other: Any):
    assert {endpoint.id for endpoint in EVERY if not known_to_ccxt(other, endpoint)} == set()


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_ccxt_sends_the_same_bytes(endpoint: Endpoint, other: Any):
    ours = DIALECT.request(example(endpoint), KEY, base_url=BASE, now_ms=NOW_MS, testnet=False)
    params = json.loads(ours.body) if ours.body else dict(parse_qsl(urlsplit(ours.url).query))
    if endpoint.id in ADDS_AN_ID:
        params["clOrdId"] = "x"
    group = "public" if endpoint.auth is Auth.NONE else "private"
    theirs = other.sign(endpoint.path.removeprefix("/api/v5/"), group, endpoint.method, params)
    assert theirs["method"] == ours.method
    # ccxt leaves a comma in a query as it is; both are valid, and each signs what it sends.
    assert theirs["url"].replace(",", "%2C") == ours.url
    if endpoint.id in ADDS_AN_ID:
        assert json.loads(theirs["body"]).items() - json.loads(ours.body).items() == {("clOrdId", "x")}
        return
    if ours.body:
        assert theirs["body"].encode() == ours.body
    if endpoint.auth is Auth.SIGNED and "," not in theirs["url"]:
        for name, value in theirs["headers"].items():
            assert ours.headers[name] == value, name
