"""What the tests of Bitfinex share: documented examples as arguments, payloads, and a signature made apart."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from blave_mcp.exchanges.bitfinex.dialect import BitfinexDialect
from blave_mcp.exchanges.bitfinex.endpoints import BITFINEX
from blave_mcp.exchanges.bitfinex.verbs import BitfinexMargin, BitfinexSpot
from blave_mcp.exchanges.endpoint import Call, Endpoint
from blave_mcp.exchanges.exact import exact_json
from blave_mcp.exchanges.models import Market, Trace
from blave_mcp.exchanges.verbs import Verbs
from blave_mcp.exchanges.wire import Credentials, HttpReply, HttpRequest

DIALECT = BitfinexDialect()
EVERY = tuple(BITFINEX)
WRITES = tuple(one for one in EVERY if one.writes)
KEY = Credentials("test-key", "test-secret")
MARKETS: dict[Market, Verbs] = {Market.SPOT: BitfinexSpot(), Market.MARGIN: BitfinexMargin()}
FOLDER = Path(__file__).parents[2] / "payloads" / "bitfinex"
ORDER = {"type": "EXCHANGE LIMIT", "symbol": "tBTCUSD", "amount": "0.01", "price": "50000", "flags": 0}

# Where a parameter's own example does not do: those of the documentation's pages.
ARGS: dict[str, dict[str, Any]] = {
    "auth.order.create": ORDER,
    "auth.order.amend": {"id": 1747566428, "amount": "0.02", "price": "50001"},
    "auth.order.cancel": {"id": 123456789},
    "auth.orders.cancel": {"all": 1},
    "auth.orders.batch": {
        "ops": [["on", {**ORDER, "cid": 12345}], ["oc", {"id": 123456789}], ["ou", {"id": 7, "price": "50001"}]]
    },
    "auth.transfer.create": {"from": "exchange", "to": "funding", "currency": "USD", "amount": "1000"},
    "auth.funding_offer.create": {
        "type": "LIMIT", "symbol": "fUSD", "amount": "1000", "rate": "0.0002", "period": 2,
    },
    "auth.funding_offer.cancel": {"id": 987654321},
}  # fmt: skip


def example(endpoint: Endpoint) -> Call:
    """The endpoint's documented example as a call; its client id is the one that a test action gets."""
    args = ARGS.get(endpoint.id)
    if args is None:
        args = {param.name: param.example for param in endpoint.params if param.required}
    call = endpoint.call(args)
    return call.stamped(lambda wished, at: DIALECT.client_id("auth", wished, f"test{at}"))


def payload(name: str) -> Any:
    """A documented answer as the dialect hands it on."""
    return exact_json((FOLDER / f"{name}.json").read_bytes())


def plain(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def reply(value: Any, status: int = 200) -> HttpReply:
    return HttpReply(status, {"content-type": "application/json"}, json.dumps(value).encode())


def sign(secret: str, path: str, nonce: str, body: bytes) -> str:
    """https://docs.bitfinex.com/docs/rest-auth, written apart from the dialect."""
    return hmac.new(secret.encode(), b"/api" + path.encode() + nonce.encode() + body, hashlib.sha384).hexdigest()


def sent(call: Call, now_ms: int = 1_700_000_000_000) -> HttpRequest:
    base = DIALECT.hosts[call.endpoint.product].live
    return DIALECT.request(call, KEY, base_url=base, now_ms=now_ms, testnet=False)


__all__ = ["ARGS", "BITFINEX", "DIALECT", "EVERY", "KEY", "MARKETS", "ORDER", "WRITES", "Trace"]
