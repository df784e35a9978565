"""Every endpoint through the tools: reads run, writes are proposed, then sent on the word; the bytes are compared."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from blave_mcp.exchanges.actions import ActionState
from blave_mcp.exchanges.bybit.dialect import BybitDialect
from blave_mcp.exchanges.endpoint import Auth, Effect, Endpoint
from blave_mcp.exchanges.wire import HttpRequest
from blave_mcp.server.store import Store
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.registry import ALL_TOOLS
from blave_mcp.tools.spec import Result
from tests.desks import KEY, bybit, desk_of
from tests.exchanges.bybit.examples import EVERY, arguments
from tests.fakes import FakeCaller, FakeClock, RecordingTransport, unreachable

TIME = ("GET", "/v5/market/time")
READS = [one for one in EVERY if one.effect is not Effect.WRITE]
WRITES = [one for one in EVERY if one.effect is Effect.WRITE]
GOOD = {"orderId": "1", "list": [], "transferId": "x", "status": "SUCCESS", "marginMode": "", "balance": []}


def told(result: dict[str, Any]) -> dict[str, Any]:
    return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": 1}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def venue(clock: FakeClock) -> RecordingTransport:
    answers: dict[Any, Any] = {(one.method, one.path): told(GOOD) for one in EVERY}
    answers[TIME] = lambda _: told({"timeNano": str(clock.now_ms() * 1_000_000)})
    return RecordingTransport(answers)


@pytest.fixture
def desk(tmp_path: Path, clock: FakeClock, venue: RecordingTransport) -> Iterator[Desk]:
    with Store(tmp_path / "record.sqlite3") as store:
        yield desk_of(clock, store, bybit(venue, clock))


async def run(desk: Desk, name: str, **given: Any) -> Result:
    tool = next(tool for tool in ALL_TOOLS if tool.name == name)
    checked = tool.check(given)
    if tool.wants_caller:
        checked["caller"] = FakeCaller()
    return await tool.run(desk, **checked)


def compare(request: HttpRequest, endpoint: Endpoint, args: dict[str, Any]) -> None:
    """Path, method, query or body, referer, and a signature that is computed here."""
    parts = urlsplit(request.url)
    assert (request.method, f"{parts.scheme}://{parts.netloc}", parts.path) == (
        endpoint.method, "https://api.bybit.com", endpoint.path,
    )  # fmt: skip
    assert request.headers["referer"] == "Ue001036"
    if request.method == "POST":
        assert parts.query == ""
        assert json.loads(request.body) == args
        assert request.headers["Content-Type"] == "application/json"
    else:
        assert request.body == b""
        shown = {name: str(value) if name != "cursor" else "page_token=39380&" for name, value in args.items()}
        assert dict(parse_qsl(parts.query)) == shown
    if endpoint.auth is not Auth.NONE:
        assert request.headers["X-BAPI-API-KEY"] == KEY.key
        signed = f"{request.headers['X-BAPI-TIMESTAMP']}{KEY.key}5000".encode() + (
            request.body if request.method == "POST" else parts.query.encode()
        )
        expected = hmac.new(KEY.secret.encode(), signed, hashlib.sha256).hexdigest()
        assert request.headers["X-BAPI-SIGN"] == expected


def is_read(request: HttpRequest) -> bool:
    return (request.method, urlsplit(request.url).path) in {(one.method, one.path) for one in READS}


@pytest.mark.parametrize("endpoint", READS, ids=lambda one: one.id)
async def test_every_read_runs_and_leaves_as_documented(desk: Desk, venue: RecordingTransport, endpoint: Endpoint):
    args = arguments(endpoint)
    answer = await run(desk, "read_endpoint", venue="bybit", endpoint=endpoint.id, args=args)
    request = venue.requests[-1]
    if endpoint.effect is Effect.VALIDATE:
        args = {**args, "orderLinkId": json.loads(request.body)["orderLinkId"]}
    compare(request, endpoint, args)
    assert answer.data["endpoint"] == endpoint.id
    assert all(is_read(one) for one in venue.requests)


@pytest.mark.parametrize("endpoint", WRITES, ids=lambda one: one.id)
async def test_with_the_word_exactly_that_write_is_sent_once_as_documented(
    desk: Desk, venue: RecordingTransport, clock: FakeClock, endpoint: Endpoint
):
    args = arguments(endpoint)
    pending = await run(desk, "propose_endpoint", venue="bybit", endpoint=endpoint.id, args=args)
    clock.advance(3)
    await run(desk, "confirm_action", token=pending.data["token"], confirmation="CONFIRM")
    (request,) = [one for one in venue.requests if not is_read(one)]
    sent = json.loads(request.body)
    for name in ("orderLinkId", "transferId"):
        if name in sent and name not in args and any(p.name == name for p in endpoint.params):
            args = {**args, name: sent[name]}
    if endpoint.id.endswith("batch.create"):
        ids = [one.pop("orderLinkId") for one in sent["request"]]
        assert len(set(ids)) == len(ids)
        assert sent == args
        args = json.loads(request.body)
    compare(request, endpoint, args)
    assert desk.gate.get(pending.data["action"]).state in (ActionState.DONE, ActionState.REFUSED, ActionState.UNKNOWN)


async def test_a_read_goes_to_the_backup_host_and_a_write_never_does(desk: Desk, clock: FakeClock):
    hosts = BybitDialect().hosts
    client = desk.venue("bybit").client
    client.backup_urls = {product: host.backup for product, host in hosts.items()}
    transport = client.transport
    assert isinstance(transport, RecordingTransport)

    def only_backup(request: HttpRequest) -> Any:
        if urlsplit(request.url).netloc == "api.bybit.com":
            raise unreachable(sent=False)
        return told(GOOD)

    transport.answers["GET", "/v5/account/info"] = only_backup
    transport.answers["POST", "/v5/position/set-leverage"] = only_backup
    read = next(one for one in READS if one.id == "linear.account.get")
    assert (await client.read(read.call()))["result"] == GOOD
    assert [urlsplit(one.url).netloc for one in transport.sent(path="/v5/account/info")] == [
        "api.bybit.com", "api.bytick.com",
    ]  # fmt: skip
    assert all(one.headers["referer"] == "Ue001036" for one in transport.requests)
    args = {"category": "linear", "symbol": "BTCUSDT", "buyLeverage": "6", "sellLeverage": "6"}
    pending = await run(desk, "propose_endpoint", venue="bybit", endpoint="linear.leverage.set", args=args)
    clock.advance(3)
    await run(desk, "confirm_action", token=pending.data["token"], confirmation="CONFIRM")
    writes = transport.sent("POST", "/v5/position/set-leverage")
    assert [urlsplit(one.url).netloc for one in writes] == ["api.bybit.com"]
