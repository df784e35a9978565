"""Our requests and those of ccxt, endpoint by endpoint: the same parameters, the same bytes, the same signature.

The order of the parameters is not compared: ccxt puts the timestamp first, Binance takes any order.
https://developers.binance.com/docs/binance-spot-api-docs/rest-api/general-information-on-endpoints
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import ccxt  # type: ignore[import-untyped]
import pytest

from blave_mcp.exchanges.binance.dialect import signature, wire_value
from blave_mcp.exchanges.endpoint import Auth, Call, Endpoint
from tests.exchanges.binance.examples import BASE, DIALECT, EVERY, KEY, NOW_MS, example

# ccxt sends a batch unescaped and spells its id lists in small letters. Binance documents orderIdList and
# origClientOrderIdList, and percent-encoding before signing:
# https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Cancel-Multiple-Orders
# https://developers.binance.com/docs/binance-spot-api-docs/rest-api/request-security
UNESCAPED = {"futures.batch.create", "futures.batch.modify"}
SMALL = {"futures.batch.cancel"}
APIS = {
    "/api/v3/": ("private", "public"),
    "/sapi/v1/": ("sapi", "sapi"),
    "/fapi/v1/": ("fapiPrivate", "fapiPublic"),
    "/fapi/v2/": ("fapiPrivateV2", "fapiPublicV2"),
    "/fapi/v3/": ("fapiPrivateV3", "fapiPublicV3"),
}


@pytest.fixture(scope="module")
def other() -> Any:
    exchange = ccxt.binance({"apiKey": KEY.key, "secret": KEY.secret, "options": {"recvWindow": 5000}})
    exchange.nonce = lambda: NOW_MS
    return exchange


def as_ccxt_takes_it(call: Call) -> dict[str, Any]:
    """Lists as ccxt's callers hand them over: batches and id lists as lists, others as JSON text."""
    found: dict[str, Any] = {}
    for name, value in call.args:
        if call.endpoint.id in UNESCAPED | SMALL and isinstance(value, list):
            key = name.lower() if call.endpoint.id in SMALL else name
            found[key] = [str(each) for each in value] if call.endpoint.id in SMALL else json.loads(wire_value(value))
        else:
            found[name] = wire_value(value)
    return found


def pairs(text: str) -> list[str]:
    return sorted(text.split("&"))


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_ccxt_sends_the_same_bytes(endpoint: Endpoint, other: Any):
    call = example(endpoint)
    ours = DIALECT.request(call, KEY, base_url=BASE[endpoint.product], now_ms=NOW_MS, testnet=False)
    root = next(root for root in APIS if endpoint.path.startswith(root))
    signed, open_ = APIS[root]
    theirs = other.sign(
        endpoint.path.removeprefix(root),
        signed if endpoint.auth is Auth.SIGNED else open_,
        endpoint.method,
        as_ccxt_takes_it(call),
    )
    assert theirs["url"].partition("?")[0] == ours.url.partition("?")[0]
    assert theirs["method"] == ours.method
    our_text = ours.body.decode() or urlsplit(ours.url).query
    their_text = theirs["body"] or urlsplit(theirs["url"]).query
    if endpoint.auth is Auth.NONE:
        assert pairs(our_text) == pairs(their_text)
        return
    assert (theirs["headers"] or {})["X-MBX-APIKEY"] == ours.headers["X-MBX-APIKEY"]
    our_payload, _, our_signature = our_text.rpartition("&signature=")
    their_payload, _, their_signature = their_text.rpartition("&signature=")
    assert signature(KEY.secret, their_payload) == their_signature
    assert signature(KEY.secret, our_payload) == our_signature
    if endpoint.id in UNESCAPED:
        our_payload = unquote(our_payload)
    if endpoint.id in SMALL:
        their_payload = their_payload.replace("orderidlist", "orderIdList")
    assert pairs(our_payload) == pairs(their_payload)


def test_ccxt_would_sign_our_very_bytes_as_we_do(other: Any):
    for endpoint in EVERY:
        if endpoint.auth is Auth.NONE:
            continue
        ours = DIALECT.request(
            example(endpoint), KEY, base_url=BASE[endpoint.product], now_ms=NOW_MS, testnet=False
        )  # fmt: skip
        payload, _, given = (ours.body.decode() or urlsplit(ours.url).query).rpartition("&signature=")
        assert other.hmac(other.encode(payload), other.encode(KEY.secret), hashlib.sha256) == given


def test_ccxt_escapes_values_as_we_do(other: Any):
    odd = 'a b/c?d=é&[1,"x"]~_.-'
    assert other.urlencode({"v": odd}) == f"v={quote(odd, safe='')}"
