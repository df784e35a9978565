"""Our requests and those of ccxt, endpoint by endpoint: the same path, query, body and signature.

ccxt 4.5.70 is its last release with BitMart. It signs every private request, of a GET the query; the documentation has
these carry the key alone (KEYED), as ours do, and where a GET is signed leaves the query out:
https://developer-pro.bitmart.com/en/spot/#authentication
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import ccxt  # type: ignore[import-untyped]
import pytest

from blave_mcp.exchanges.endpoint import Auth, Endpoint
from tests.exchanges.bitmart.examples import BASES, DIALECT, EVERY, KEY, NOW_MS, example

# Newer than what ccxt has, or of no use to it; each is on the page that its `url` names.
UNKNOWN_TO_CCXT = {
    "futures.trades.list", "futures.brackets.list", "futures.fees.get", "futures.order.cancel_after",
    "futures.demo.claim", "futures.affiliate.rebates", "futures.affiliate.trades", "futures.affiliate.user",
    "futures.affiliate.api_user", "futures.affiliate.invited", "futures.affiliate.customers",
}  # fmt: skip
"""ccxt spells the first two of affiliate "affilate"."""


@pytest.fixture(scope="module")
def other() -> Any:
    exchange = ccxt.bitmart(
        {"apiKey": KEY.key, "secret": KEY.secret, "uid": KEY.passphrase, "options": {"brokerId": "BlaveData666666"}}
    )
    exchange.nonce = lambda: NOW_MS
    return exchange


def known(other: Any, endpoint: Endpoint) -> bool:
    routes = other.api["public" if endpoint.auth is Auth.NONE else "private"]
    return endpoint.path.removeprefix("/") in routes.get(endpoint.method.lower(), {})


def as_sent(args: dict[str, Any], endpoint: Endpoint) -> dict[str, Any]:
    futures = endpoint.product == "futures"
    return {name: int(value) if futures and name == "size" else value for name, value in args.items()}


def test_ccxt_knows_every_route_but_the_newest(other: Any):
    assert {endpoint.id for endpoint in EVERY if not known(other, endpoint)} == UNKNOWN_TO_CCXT


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_ccxt_signs_the_same_request_to_the_same_bytes(endpoint: Endpoint, other: Any):
    call = example(endpoint)
    ours = DIALECT.request(call, KEY, base_url=BASES[endpoint.product], now_ms=NOW_MS, testnet=False)
    access = "public" if endpoint.auth is Auth.NONE else "private"
    args = as_sent(call.arguments, endpoint)
    theirs = other.sign(endpoint.path.removeprefix("/"), access, endpoint.method, args)
    path, query = urlsplit(theirs["url"]).path, dict(parse_qsl(urlsplit(theirs["url"]).query))
    mine = dict(parse_qsl(urlsplit(ours.url).query))
    assert (theirs["method"], path) == (ours.method, endpoint.path)
    if endpoint.id.startswith("futures.candles"):
        mine = {name: value for name, value in mine.items() if name in query}
    assert query == mine
    theirs_at = f"{urlsplit(theirs['url']).scheme}://{urlsplit(theirs['url']).netloc}"
    if endpoint.product == "spot" and not endpoint.path.startswith("/system"):
        assert theirs_at == BASES["spot"]
    if endpoint.path.startswith("/contract"):
        assert theirs_at == BASES["futures"]
    if endpoint.auth is Auth.NONE:
        return
    headers = theirs["headers"]
    assert headers["X-BM-KEY"] == ours.headers["X-BM-KEY"]
    assert headers["X-BM-BROKER-ID"] == ours.headers["X-BM-BROKER-ID"]
    if endpoint.auth is Auth.KEY:
        text = f"{NOW_MS}#{KEY.passphrase}#{urlsplit(theirs['url']).query}"
        assert headers["X-BM-SIGN"] == hmac.new(KEY.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        assert "X-BM-SIGN" not in ours.headers
        return
    assert (theirs["body"] or "").replace("[]", "{}") == ours.body.decode()
    if args:
        assert headers["X-BM-SIGN"] == ours.headers["X-BM-SIGN"]
    assert headers["X-BM-TIMESTAMP"] == ours.headers["X-BM-TIMESTAMP"]
