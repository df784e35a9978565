"""Our requests and those of ccxt, endpoint by endpoint: the same path, query, body and signature.

ccxt puts its own broker code into X-CHANNEL-API-CODE; Bitget asks for it of brokers alone, and it is not signed.
https://www.bitget.com/api-doc/contract/trade/Place-Order
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import ccxt  # type: ignore[import-untyped]
import pytest

from blave_mcp.exchanges.endpoint import Auth, Call, Endpoint
from tests.exchanges.bitget.examples import BASE, DIALECT, EVERY, KEY, NOW_MS, example

UNDOCUMENTED = {
    "spot.trades.reference", "futures.instruments.reference", "futures.book.reference", "futures.trades.reference",
    "futures.funding.reference",
}  # fmt: skip
"""Routes by names that Bitget's documentation does not have; the reference lists them."""
UNKNOWN_TO_CCXT = UNDOCUMENTED | {"spot.transfer.subaccounts"}
"""The last is https://www.bitget.com/api-doc/spot/account/Get-SubAccount-TransferRecords."""
API = {"mix": "mix", "spot": "spot", "public": "common", "account": "common", "common": "common"}


@pytest.fixture(scope="module")
def other() -> Any:
    exchange = ccxt.bitget({"apiKey": KEY.key, "secret": KEY.secret, "password": KEY.passphrase})
    exchange.nonce = lambda: NOW_MS
    return exchange


def as_ccxt_takes_it(call: Call) -> dict[str, Any]:
    found = {name: plain(value) for name, value in call.args}
    if call.endpoint.id == "futures.tpsl.modify":
        found.setdefault("size", "")
    return found


def plain(value: Any) -> Any:
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return str(value)


def known(other: Any, endpoint: Endpoint) -> bool:
    side = "public" if endpoint.auth is Auth.NONE else "private"
    route = endpoint.path.removeprefix("/api/")
    return any(route in routes.get(endpoint.method.lower(), {}) for routes in other.api[side].values())


def test_ccxt_knows_every_route_but_those_that_bitget_does_not_document(other: Any):
    assert {endpoint.id for endpoint in EVERY if not known(other, endpoint)} == UNKNOWN_TO_CCXT


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_ccxt_signs_the_same_request_to_the_same_bytes(endpoint: Endpoint, other: Any):
    call = example(endpoint)
    ours = DIALECT.request(call, KEY, base_url=BASE, now_ms=NOW_MS, testnet=False)
    section = API[endpoint.path.split("/")[3]]
    api = ["public" if endpoint.auth is Auth.NONE else "private", section]
    theirs = other.sign(endpoint.path.removeprefix("/api/"), api, endpoint.method, as_ccxt_takes_it(call))
    assert theirs["method"] == ours.method
    if endpoint.auth is Auth.NONE:
        assert sorted(urlsplit(theirs["url"]).query.split("&")) == sorted(urlsplit(ours.url).query.split("&"))
        assert theirs["url"].partition("?")[0] == ours.url.partition("?")[0]
        return
    assert theirs["url"] == ours.url
    assert (theirs["body"] or "") == ours.body.decode()
    for name in ("ACCESS-KEY", "ACCESS-SIGN", "ACCESS-TIMESTAMP", "ACCESS-PASSPHRASE"):
        assert theirs["headers"][name] == ours.headers[name]
