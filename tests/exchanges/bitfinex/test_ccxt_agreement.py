"""Our requests and those of ccxt, endpoint by endpoint: the same bytes, the same signature."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

import ccxt  # type: ignore[import-untyped]
import pytest

from blave_mcp.exchanges.endpoint import Auth, Endpoint
from tests.exchanges.bitfinex.examples import EVERY, KEY, example, sent

NOW_MS = 1_700_000_000_000

# Routes that ccxt spells otherwise, or has not; the documentation has each.
UNKNOWN = {
    # ccxt puts a colon behind it. https://docs.bitfinex.com/reference/rest-auth-position-increase
    "/v2/auth/w/position/increase",
    # ccxt has it with the whole aggregation as one part. https://docs.bitfinex.com/reference/rest-public-candles
    "/v2/candles/trade:{TimeFrame}:{fSymbol}:p{Period}/hist",
    # ccxt has it part by part. https://docs.bitfinex.com/reference/rest-public-stats
    "/v2/stats1/{Stat}/hist",
}


@pytest.fixture(scope="module")
def other() -> Any:
    exchange = ccxt.bitfinex({"apiKey": KEY.key, "secret": KEY.secret})
    # ccxt counts in milliseconds, we in microseconds; Bitfinex wants a number that rises, whichever.
    exchange.nonce = lambda: NOW_MS * 1000
    return exchange


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_ccxt_signs_the_same_bytes(endpoint: Endpoint, other: Any):
    call = example(endpoint)
    ours = sent(call, NOW_MS)
    public = endpoint.auth is Auth.NONE
    holes = {name: str(value) for name, value in call.args if f"{{{name}}}" in endpoint.path}
    rest = {name: value for name, value in call.args if name not in holes} if public else json.loads(ours.body)
    path = endpoint.path.removeprefix("/v2/")
    theirs = other.sign(path, "public" if public else "private", endpoint.method, {**holes, **rest})
    assert urlsplit(theirs["url"]) == urlsplit(ours.url)
    assert (theirs.get("body") or "").encode() == ours.body
    for name, value in (theirs.get("headers") or {}).items():
        assert ours.headers[name] == value


def _shape(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_ccxt_knows_the_route_under_the_same_method(endpoint: Endpoint, other: Any):
    api = other.api["public" if endpoint.auth is Auth.NONE else "private"][endpoint.method.lower()]
    known = {_shape(path) for path in api}
    assert (_shape(endpoint.path.removeprefix("/v2/")) in known) is (endpoint.path not in UNKNOWN)


def test_ccxt_sends_no_affiliate_code_where_ours_does(other: Any):
    assert "aff_code" not in json.dumps(other.options)
