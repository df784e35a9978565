"""What leaves for BitMart: every endpoint through read or through propose and CONFIRM, and the bytes it becomes."""

from __future__ import annotations

import csv
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from click.testing import CliRunner

from blave_mcp.exchanges.actions import ActionState
from blave_mcp.exchanges.bitmart.dialect import NOTICE, signature
from blave_mcp.exchanges.bitmart.endpoints import BITMART
from blave_mcp.exchanges.endpoint import Auth, Effect, Endpoint
from blave_mcp.exchanges.errors import BadArgument, NeedsConfirmation, Unsupported
from blave_mcp.exchanges.models import Market
from blave_mcp.exchanges.wire import HttpReply, HttpRequest
from blave_mcp.server.app import build
from blave_mcp.server.cli import main
from blave_mcp.server.settings import Settings
from blave_mcp.server.store import Store
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.registry import ALL_TOOLS
from blave_mcp.tools.spec import Result
from tests.conftest import ROOT
from tests.desks import desk_of
from tests.exchanges.bitmart.examples import (
    BASES,
    DIALECT,
    EVERY,
    KEY,
    MORE,
    NOW_MS,
    bitmart,
    example,
    success,
    text_of,
)
from tests.fakes import FakeCaller, FakeClock

READS = [endpoint for endpoint in EVERY if endpoint.effect is Effect.READ]
WRITES = [endpoint for endpoint in EVERY if endpoint.effect is Effect.WRITE]
ANSWERS: dict[str, Any] = {
    "/system/time": {"server_time": NOW_MS},
    "/spot/v4/batch_orders": {"code": 0, "msg": "success", "data": {"orderIds": ["1", "2"]}},
    "/spot/v4/cancel_orders": {"successIds": ["1"], "failIds": []},
}
DONE = {
    "order_id": "1", "result": True, "borrow_id": "1", "repay_id": "1", "transfer_id": "1", "records": [],
}  # fmt: skip
PAYLOADS = {"/spot/v1/symbols/details": "spot_symbols", "/contract/public/details": "futures_details"}


class Recorder:
    """Answers everything with a success and keeps it."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        self.requests.append(request)
        path = urlsplit(request.url).path
        if name := PAYLOADS.get(path):
            return HttpReply(200, {}, text_of(name).encode())
        return success(ANSWERS.get(path, DONE if request.method == "POST" else []))

    def of(self, endpoint: Endpoint) -> list[HttpRequest]:
        return [
            r
            for r in self.requests
            if (r.method, r.url.partition("?")[0]) == (endpoint.method, f"{BASES[endpoint.product]}{endpoint.path}")
        ]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW_MS)


@pytest.fixture
def wire() -> Recorder:
    return Recorder()


@pytest.fixture
def desk(clock: FakeClock, wire: Recorder, tmp_path: Path) -> Iterator[Desk]:
    with Store(tmp_path / "record.sqlite3") as store:
        yield desk_of(clock, store, bitmart(wire, clock))


async def run(desk: Desk, name: str, **given: Any) -> Result:
    tool = next(tool for tool in ALL_TOOLS if tool.name == name)
    checked = tool.check(given)
    if tool.wants_caller:
        checked["caller"] = FakeCaller()
    return await tool.run(desk, **checked)


def in_query(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def check(request: HttpRequest, endpoint: Endpoint, args: dict[str, Any]) -> None:
    """Compares a request with the documented one: path, method, query or body, headers, signature."""
    parts = urlsplit(request.url)
    base = f"{parts.scheme}://{parts.netloc}"
    assert (request.method, base, parts.path) == (endpoint.method, BASES[endpoint.product], endpoint.path)
    headers = request.headers
    assert headers["X-BM-BROKER-ID"] == "BlaveData666666"
    assert headers["User-Agent"]
    if endpoint.method == "POST":
        assert parts.query == ""
        wanted = {n: int(v) if n == "size" and endpoint.product == "futures" else v for n, v in args.items()}
        assert json.loads(request.body) == wanted
        assert b": " not in request.body
        assert headers["Content-Type"] == "application/json"
    else:
        assert request.body == b""
        assert dict(parse_qsl(parts.query)) == {name: in_query(value) for name, value in args.items()}
    levels = {
        Auth.NONE: set(),
        Auth.KEY: {"X-BM-KEY"},
        Auth.SIGNED: {"X-BM-KEY", "X-BM-SIGN", "X-BM-TIMESTAMP"},
    }
    assert {name for name in headers if name.startswith("X-BM-")} - {"X-BM-BROKER-ID"} == levels[endpoint.auth]
    if endpoint.auth is not Auth.NONE:
        assert headers["X-BM-KEY"] == KEY.key
    if endpoint.auth is Auth.SIGNED:
        text = f"{headers['X-BM-TIMESTAMP']}#{KEY.passphrase}#".encode() + request.body
        assert headers["X-BM-SIGN"] == hmac.new(KEY.secret.encode(), text, hashlib.sha256).hexdigest()
    everything = request.url + request.body.decode() + str(dict(headers))
    assert KEY.secret not in everything
    assert KEY.passphrase not in everything


@pytest.fixture
def reference_rows() -> list[dict[str, str]]:
    """The rows that the reference has for BitMart, kept beside this test."""
    file = ROOT / "tests" / "exchanges" / "bitmart" / "reference_endpoints.csv"
    return list(csv.DictReader(file.read_text().splitlines()))


def test_every_row_of_the_reference_is_in_the_catalogue(reference_rows: list[dict[str, str]]):
    ours = {(BITMART.csv_venue(e), e.method, e.path, e.effect.value) for e in EVERY}
    assert len(reference_rows) == 34 + 53
    assert [row for row in reference_rows if tuple(row.values()) not in ours] == []


def test_the_command_lists_both_products_by_their_own_names(reference_rows: list[dict[str, str]]):
    for venue in ("bitmart-spot", "bitmart-futures"):
        told = CliRunner().invoke(main, ["endpoints", "--csv", "--venue", venue])
        found = {(row["method"], row["path"]) for row in csv.DictReader(told.output.splitlines())}
        assert found >= {(row["method"], row["path"]) for row in reference_rows if row["venue"] == venue}


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_every_endpoint_has_a_valid_example_and_a_page_of_the_venue(endpoint: Endpoint):
    call = example(endpoint)
    assert BITMART.revive(call.to_json()) == call
    assert endpoint.url.startswith("https://developer-pro.bitmart.com/en/")
    for param in endpoint.params:
        if not param.items:
            param.check(param.example)


@pytest.mark.parametrize("endpoint", READS, ids=lambda endpoint: endpoint.id)
async def test_every_read_leaves_as_documented(desk: Desk, wire: Recorder, endpoint: Endpoint):
    args = example(endpoint).arguments
    await run(desk, "read_endpoint", venue="bitmart", endpoint=endpoint.id, args=args)
    if endpoint.id == "futures.candles.mark":
        args |= {"end_time": NOW_MS // 1000, "start_time": NOW_MS // 1000 - 499 * 60}
    check(wire.of(endpoint)[-1], endpoint, args)


@pytest.mark.parametrize("endpoint", WRITES, ids=lambda endpoint: endpoint.id)
async def test_every_write_is_proposed_and_leaves_once_on_the_word(
    desk: Desk, wire: Recorder, clock: FakeClock, endpoint: Endpoint
):
    given = {"venue": "bitmart", "endpoint": endpoint.id, "args": example(endpoint).arguments}
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
    stamped = BITMART.revive(desk.gate.get(pending.data["action"]).steps[0].call)
    check(sent, endpoint, stamped.arguments)
    harmless = {e.path for e in READS if e.method == "POST"}
    posts = [r for r in wire.requests if r.method == "POST" and urlsplit(r.url).path not in harmless]
    assert posts == [sent]
    assert desk.gate.get(pending.data["action"]).state in (ActionState.DONE, ActionState.UNKNOWN)


def test_the_three_levels_of_requests_are_kept_apart():
    levels = {level: {e.method for e in EVERY if e.auth is level} for level in Auth}
    assert levels == {Auth.NONE: {"GET"}, Auth.KEY: {"GET"}, Auth.SIGNED: {"POST"}}
    assert all(e.reason for e in READS if e.method == "POST")


def test_the_signature_is_that_of_the_documented_text():
    """https://developer-pro.bitmart.com/en/spot/#signature: timestamp#memo#body; the key is made up."""
    body = '{"symbol":"BTC_USDT","side":"buy","type":"limit","size":"0.001","price":"60000"}'
    right = hmac.new(b"fake-secret", f"1709971200000#my_memo#{body}".encode(), hashlib.sha256).hexdigest()
    assert signature("fake-secret", "my_memo", 1709971200000, body) == right
    bare = hmac.new(b"fake-secret", b"1709971200000#my_memo#", hashlib.sha256).hexdigest()
    assert signature("fake-secret", "my_memo", 1709971200000, "") == bare


def test_bodies_are_written_as_the_documentation_shows_them():
    shown = {
        "futures.order.create": '{"symbol":"BTCUSDT","side":1,"type":"market","size":1,"leverage":"10",'
        '"open_type":"cross","client_order_id":"t1"}',
        "futures.leverage.set": '{"symbol":"BTCUSDT","leverage":"20","open_type":"cross"}',
        "futures.order.modify": '{"symbol":"BTCUSDT","order_id":23456789012345678,"price":"66500"}',
        "futures.order.cancel_after": '{"symbol":"BTCUSDT","timeout":60}',
        "spot.order.cancel": '{"symbol":"BTC_USDT","order_id":"1234567890"}',
        "spot.margin.borrow": '{"symbol":"BTC_USDT","currency":"USDT","amount":"1000"}',
        "spot.order.get": '{"orderId":"1234567890","queryState":"open","recvWindow":5000}',
        "futures.demo.claim": "{}",
    }
    for id, body in shown.items():
        endpoint = BITMART[id]
        request = DIALECT.request(
            example(endpoint), KEY, base_url=BASES[endpoint.product], now_ms=NOW_MS, testnet=False
        )
        assert request.body.decode() == body


def test_candles_without_times_are_asked_up_to_now_and_as_far_back_as_one_answer_reaches():
    call = BITMART["futures.candles.list"].call(symbol="BTCUSDT", step="60")
    request = DIALECT.request(call, None, base_url=BASES["futures"], now_ms=NOW_MS, testnet=False)
    now = NOW_MS // 1000
    assert dict(parse_qsl(urlsplit(request.url).query)) == {
        "symbol": "BTCUSDT", "step": "60", "end_time": str(now), "start_time": str(now - 499 * 3600),
    }  # fmt: skip


def test_the_venue_carries_the_dates_of_its_closing():
    assert DIALECT.notice == NOTICE
    for date in ("2026-07-26", "2026-08-26", "2027-01-31"):
        assert date in NOTICE


async def test_the_notice_is_shown_in_live_mode_and_in_no_other(clock: FakeClock, wire: Recorder, tmp_path: Path):
    with Store(tmp_path / "record.sqlite3") as store:
        for mode, shown in (("live", True), ("paper", False)):
            desk = desk_of(clock, store, replace(bitmart(wire, clock), notice=NOTICE), mode=mode)
            given = {
                "venue": "bitmart",
                "endpoint": "spot.order.cancel",
                "args": {"symbol": "BTC_USDT", "order_id": "1"},
            }
            assert (NOTICE in (await run(desk, "propose_endpoint", **given)).text) is shown
            read = await run(desk, "read_endpoint", venue="bitmart", endpoint="spot.time.get")
            assert ("2027-01-31" in read.text) is shown


async def test_the_demo_has_perpetuals_alone(tmp_path: Path):
    keys = dict(zip(DIALECT.variables, (KEY.key, KEY.secret, KEY.passphrase), strict=True))
    app = build(Settings(home=tmp_path, mode="testnet", keys=keys), clock=FakeClock(NOW_MS))
    venue = app.desk.venue("bitmart")
    assert set(venue.markets) == {Market.PERPETUAL}
    assert dict(venue.client.base_urls) == {"futures": "https://demo-api-cloud-v2.bitmart.com"}
    with pytest.raises(Unsupported, match="no test environment for spot"):
        await venue.client.read(BITMART["spot.time.get"].call())
    await app.aclose()


def test_client_ids_are_the_users_own_or_the_tag_and_never_cut():
    assert DIALECT.client_id("spot", "", "abc0") == "abc0"
    assert DIALECT.client_id("futures", "MyOrder1", "abc0") == "MyOrder1"
    assert DIALECT.client_id("spot", "a" * 32, "") == "a" * 32
    with pytest.raises(BadArgument, match="at most 32"):
        DIALECT.client_id("spot", "a" * 33, "t")
    for odd in ("a b", "a-b", "a_b", "é"):
        with pytest.raises(BadArgument, match="characters"):
            DIALECT.client_id("spot", odd, "t")


def test_an_order_without_its_client_id_and_a_call_without_a_key_never_become_requests():
    bare = BITMART["futures.order.create"].call(MORE["futures.order.create"], symbol="BTCUSDT")
    with pytest.raises(ValueError, match="stamped"):
        DIALECT.request(bare, KEY, base_url=BASES["futures"], now_ms=NOW_MS, testnet=False)
    for id in ("spot.account.spot", "spot.order.open"):
        with pytest.raises(ValueError, match="no credentials"):
            DIALECT.request(example(BITMART[id]), None, base_url=BASES["spot"], now_ms=NOW_MS, testnet=False)


PAIR = {"symbol": "BTC_USDT"}
ONE = {"symbol": "BTCUSDT", "side": 1, "size": "1"}
TERMS = {"leverage": "10", "open_type": "cross"}
PLAN = {**ONE, **TERMS, "trigger_price": "1", "price_way": 1, "price_type": 1}
TPSL = {"symbol": "A", "type": "stop_loss", "side": 3, "trigger_price": "1", "executive_price": "0", "price_type": 1}
REFUSED = [
    ("spot.order.create", {**PAIR, "side": "buy", "type": "market", "size": "1"}, "notional is required"),
    (
        "spot.order.create",
        {**PAIR, "side": "buy", "type": "market", "notional": "5", "size": "1"},
        "size cannot be given",
    ),
    ("spot.order.create", {**PAIR, "side": "sell", "type": "market", "notional": "5"}, "size is required"),
    ("spot.order.create", {**PAIR, "side": "buy", "type": "ioc", "size": "1"}, "price is required"),
    ("spot.margin_order.create", {**PAIR, "side": "buy", "type": "limit_maker", "price": "1"}, "size is required"),
    (
        "spot.batch.create",
        {**PAIR, "orderParams": [{"side": "buy", "type": "limit", "price": "1"}]},
        r"orderParams\[0\]: size is required",
    ),
    ("spot.order.cancel", PAIR, "one of order_id and client_order_id"),
    ("spot.order.cancel", {**PAIR, "order_id": "1", "client_order_id": "a"}, "one of"),
    ("spot.batch.cancel", {**PAIR, "orderIds": ["1"], "clientOrderIds": ["a"]}, "one of"),
    ("spot.batch.cancel", {**PAIR, "orderIds": [str(n) for n in range(11)]}, "at most 10"),
    ("spot.batch.cancel", {**PAIR, "orderIds": [1]}, "a list of texts"),
    ("futures.order.create", {**ONE, "type": "market"}, "leverage is required to open"),
    ("futures.order.create", {**ONE, **TERMS}, "price is required for type limit"),
    ("futures.order.create", {**ONE, **TERMS, "type": "market", "price": "1"}, "price cannot be given"),
    ("futures.order.create", {**ONE, **TERMS, "type": "market", "mode": 4}, "maker only"),
    ("futures.order.create", {**ONE, **TERMS, "type": "market", "size": "1.5"}, "whole number of contracts"),
    (
        "futures.order.create",
        {**ONE, "side": 3, "type": "market", "preset_stop_loss_price": "1"},
        "for opening orders",
    ),
    ("futures.order.create", {**ONE, "side": 5}, "at most 4"),
    ("futures.order.cancel", {"symbol": "A", "order_id": "1", "client_order_id": "a"}, "one of"),
    ("futures.order.modify", {"symbol": "A", "order_id": 1}, "price or size"),
    ("futures.order.modify", {"symbol": "A", "price": "1"}, "order_id or client_order_id"),
    ("futures.order.cancel_after", {"symbol": "A", "timeout": 3}, "at least 5"),
    ("futures.plan.create", {**PLAN, "type": "limit"}, "executive_price is required"),
    ("futures.plan.create", {**PLAN, "type": "market", "executive_price": "5"}, "cannot be given"),
    ("futures.tpsl.create", {**TPSL, "side": 1}, "at least 2"),
    (
        "futures.tpsl.modify",
        {"symbol": "A", "order_id": "1", "trigger_price": "1", "price_type": 1, "plan_category": 1},
        "executive_price is required",
    ),
    ("futures.preset.modify", {"symbol": "A", "order_id": "1"}, "must be given"),
    (
        "futures.trail.create",
        {**ONE, **TERMS, "activation_price": "1", "callback_rate": "6", "activation_price_type": 1},
        "at most 5",
    ),
    (
        "futures.transfer.create",
        {"currency": "BTC", "amount": "1", "type": "spot_to_contract"},
        "One of: USDT",
    ),
    (
        "futures.affiliate.user",
        {"cid": 1, "start_time": 0, "end_time": 61 * 24 * 3600},
        "60 days apart",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("id", "args", "words"), REFUSED)
def test_conditional_rules_are_kept_before_anything_is_sent(id: str, args: dict[str, Any], words: str):
    with pytest.raises(BadArgument) as refused:
        BITMART[id].call(args)
    assert re.search(words, str(refused.value))
