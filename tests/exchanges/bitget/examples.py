"""A valid call for every endpoint of the catalogue, payloads by name, and a desk over the paper face."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bitget.dialect import BitgetDialect
from blave_mcp.exchanges.bitget.endpoints import BITGET
from blave_mcp.exchanges.bitget.verbs import BitgetFutures, BitgetSpot
from blave_mcp.exchanges.endpoint import Call, Endpoint
from blave_mcp.exchanges.models import Market
from blave_mcp.exchanges.paper.face import MemoryBookStore
from blave_mcp.exchanges.paper.faces import open_face
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.verbs import Verbs
from blave_mcp.exchanges.wire import Credentials, HttpReply, Transport
from blave_mcp.tools.desk import Venue
from tests.conftest import ROOT
from tests.desks import ByHost, venue_over
from tests.fakes import FakeClock

DIALECT = BitgetDialect()
KEY = Credentials("fake-key", "fake-secret", "fake-passphrase")
NOW_MS = 1_767_225_600_000
BASE = "https://api.bitget.com"
SPOT, FUTURES = BitgetSpot(), BitgetFutures()
MARKETS: Mapping[Market, Verbs] = {Market.SPOT: SPOT, Market.PERPETUAL: FUTURES}

LIMIT = {"orderType": "limit", "force": "gtc", "price": "60000"}
NAMED = {"orderId": "121211212122"}
TPSL = {"planType": "pos_loss", "triggerPrice": "59000", "triggerType": "mark_price", "holdSide": "long"}

# What an endpoint wants beyond the examples of its required parameters.
MORE: dict[str, dict[str, Any]] = {
    "spot.order.create": {**LIMIT, "size": "0.01"},
    "spot.order.cancel": {"symbol": "BTCUSDT", **NAMED},
    "spot.order.get": NAMED,
    "spot.order.replace": NAMED,
    "spot.batch.create": {
        "symbol": "BTCUSDT",
        "orderList": [
            {"side": "buy", "size": "0.01", **LIMIT},
            {"side": "sell", "orderType": "market", "size": "0.02"},
        ],
    },
    "spot.batch.cancel": {"symbol": "BTCUSDT", "orderList": [NAMED, {"orderId": "121211212123"}]},
    "spot.plan.create": {"orderType": "limit", "executePrice": "59900"},
    "spot.plan.modify": {**NAMED, "orderType": "limit", "executePrice": "59900"},
    "spot.plan.cancel": NAMED,
    "spot.plan.cancel_all": {"symbolList": ["BTCUSDT", "ETHUSDT"]},
    "futures.leverage.set": {"leverage": 20},
    "futures.order.create": {**LIMIT, "tradeSide": "open"},
    "futures.order.modify": {**NAMED, "newSize": "0.02", "newPrice": "60001"},
    "futures.order.cancel": {**NAMED, "marginCoin": "USDT"},
    "futures.order.get": NAMED,
    "futures.batch.create": {
        "orderList": [
            {"size": "0.01", "side": "buy", **LIMIT, "reduceOnly": "YES"},
            {"size": "0.02", "side": "sell", "orderType": "market"},
        ]
    },
    "futures.batch.cancel": {"orderIdList": [NAMED], "symbol": "BTCUSDT"},
    "futures.position.close": {"symbol": "BTCUSDT", "holdSide": "long"},
    "futures.plan.create": {"orderType": "limit", "price": "59900"},
    "futures.plan.modify": {**NAMED, "symbol": "BTCUSDT", "newTriggerPrice": "59500"},
    "futures.plan.cancel": {"orderIdList": [NAMED], "symbol": "BTCUSDT", "planType": "pos_loss"},
    "futures.tpsl.create": TPSL,
    "futures.tpsl.pair": {"stopSurplusTriggerPrice": "70000", "stopLossTriggerPrice": "50000"},
    "futures.tpsl.modify": {**NAMED, "triggerPrice": "58000"},
}


def example(endpoint: Endpoint) -> Call:
    """The endpoint's call as it would be sent: stamped where it places orders."""
    required = {param.name: param.example for param in endpoint.params if param.required}
    call = endpoint.call({**required, **MORE.get(endpoint.id, {})})
    return call.stamped(lambda wished, suffix: DIALECT.client_id(endpoint.product, wished, f"t1{suffix}"))


def text_of(name: str) -> str:
    return (ROOT / "tests" / "payloads" / "bitget" / f"{name}.json").read_text()


def payload(name: str) -> Any:
    """What stands under `data` of a documented answer, read as the dialect reads it."""
    return json.loads(text_of(name), parse_float=Decimal)["data"]


def told(code: str, message: str = "said", status: int = 400) -> HttpReply:
    body = {"code": code, "msg": message, "requestTime": NOW_MS, "data": None}
    return HttpReply(status, {}, json.dumps(body).encode())


def success(data: Any) -> HttpReply:
    body = {"code": "00000", "msg": "success", "requestTime": NOW_MS, "data": data}
    return HttpReply(200, {}, json.dumps(body, default=str).encode())


def paper_bitget(clock: FakeClock) -> ByHost:
    """Bitget's face over an account with the usual balances."""
    market, books = SyntheticMarket(), MemoryBookStore()
    return ByHost({"api.bitget.com": open_face("bitget", market, books, clock.now_ms, KEY.key, KEY.secret)})


def bitget(transport: Transport, clock: FakeClock, *, key: Credentials | None = KEY) -> Venue:
    return venue_over(DIALECT, transport, clock, markets=MARKETS, key=key)


EVERY = list(BITGET)
