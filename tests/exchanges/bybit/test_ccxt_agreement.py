"""Our requests and those of ccxt, endpoint by endpoint: the same bytes, the same signature."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import ccxt  # type: ignore[import-untyped]
import pytest

from blave_mcp.exchanges.endpoint import Auth, Endpoint
from tests.exchanges.bybit.examples import BASE, DIALECT, EVERY, KEY, NOW_MS, example

# ccxt has no such route; neither has Bybit's documentation, which calls it trading-stop.
# https://bybit-exchange.github.io/docs/v5/position/trading-stop
UNKNOWN = {"/v5/position/set-tpsl"}
# ccxt escapes a cursor a second time where Bybit's own client sends it as it came.
# https://github.com/bybit-exchange/pybit
RAW_CURSOR = "cursor"


@pytest.fixture(scope="module")
def other() -> Any:
    exchange = ccxt.bybit({"apiKey": KEY.key, "secret": KEY.secret, "options": {"recvWindow": 5000}})
    exchange.nonce = lambda: NOW_MS
    return exchange


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_ccxt_signs_the_same_bytes(endpoint: Endpoint, other: Any):
    call = example(endpoint)
    ours = DIALECT.request(call, KEY, base_url=BASE, now_ms=NOW_MS, testnet=False)
    api = "public" if endpoint.auth is Auth.NONE else "private"
    params = {name: value for name, value in call.args if name != RAW_CURSOR}
    if RAW_CURSOR in call.arguments:
        call = endpoint.call(params)
        ours = DIALECT.request(call, KEY, base_url=BASE, now_ms=NOW_MS, testnet=False)
    theirs = other.sign(endpoint.path.lstrip("/"), api, endpoint.method, params)
    assert urlsplit(theirs["url"]).path == urlsplit(ours.url).path
    assert urlsplit(theirs["url"]).query == urlsplit(ours.url).query
    assert (theirs.get("body") or "").encode() == ours.body
    for name, value in (theirs.get("headers") or {}).items():
        if name not in ("Content-Type", "Referer"):
            assert ours.headers[name] == value


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_ccxt_knows_the_route_under_the_same_method(endpoint: Endpoint, other: Any):
    if endpoint.path in UNKNOWN:
        return
    api = "public" if endpoint.auth is Auth.NONE else "private"
    known = other.api[api][endpoint.method.lower()]
    assert endpoint.path.lstrip("/") in known


def test_what_ccxt_sends_to_the_broker_s_header_is_not_ours(other: Any):
    """ccxt sends its own broker id where ours is Blave's: the one header that differs by intent."""
    assert re.fullmatch(r"[A-Za-z0-9]+", other.options["brokerId"])
    assert other.options["brokerId"] != "Ue001036"
