"""A valid call for every endpoint of the catalogue, and payloads by name."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bybit.dialect import BybitDialect
from blave_mcp.exchanges.bybit.endpoints import BYBIT
from blave_mcp.exchanges.endpoint import Call, Endpoint
from blave_mcp.exchanges.wire import Credentials
from tests.conftest import ROOT

DIALECT = BybitDialect()
KEY = Credentials("fake-key", "fake-secret")
NOW_MS = 1_767_225_600_000
BASE = "https://api.bybit.com"

ORDER = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "28000"}
SPOT_ORDER = ORDER | {"timeInForce": "PostOnly", "isLeverage": 0, "orderFilter": "Order"}
LINEAR_ORDER = ORDER | {"timeInForce": "GTC", "positionIdx": 0, "reduceOnly": False, "takeProfit": "28500"}
STOPS = {"takeProfit": "0.6", "stopLoss": "0.2", "tpTriggerBy": "MarkPrice", "slTriggerBy": "IndexPrice"}

# What an endpoint wants beyond the examples of its required parameters.
MORE: dict[str, dict[str, Any]] = {
    "order.create": {},
    "order.amend": {"orderLinkId": "linear-004", "qty": "0.15", "price": "1050", "takeProfit": "0", "stopLoss": "0"},
    "order.cancel": {"orderId": "c6f055d9-7f21-4079-913d-e6523a9cfffa"},
    "order.cancel_all": {"symbol": "BTCUSDT"},
    "order.open": {"symbol": "ETHUSDT", "openOnly": 0, "limit": 1},
    "order.history": {"symbol": "ETHUSDT", "cursor": "page_token%3D39380%26"},
    "batch.amend": {"request": [{"symbol": "BTCUSDT", "orderId": "1", "qty": "0.06"}]},
    "batch.cancel": {"request": [{"symbol": "BTCUSDT", "orderId": "1"}, {"symbol": "ETHUSDT", "orderLinkId": "mine"}]},
    "instruments.list": {"symbol": "BTCUSDT"},
    "ticker.get": {"symbol": "BTCUSDT"},
    "wallet.get": {"coin": "BTC,USDT"},
    "position.list": {"symbol": "BTCUSDT"},
    "trading_stop.set": {**STOPS, "tpslMode": "Partial", "tpSize": "50", "slSize": "50"},
    "tpsl.set": STOPS,
    "position_mode.set": {"coin": "USDT", "mode": 3},
    "margin.add": {"margin": "-10", "positionIdx": 0},
    "transfer.create": {"amount": "0.05"},
    "transfer.list": {"coin": "USDT", "limit": 1},
    "funding.list": {"startTime": 1_672_041_600_000, "endTime": 1_672_051_600_000},
}
PLACES = {"spot": SPOT_ORDER, "linear": LINEAR_ORDER}


def arguments(endpoint: Endpoint) -> dict[str, Any]:
    required = {param.name: param.example for param in endpoint.params if param.required}
    name = endpoint.id.partition(".")[2]
    more = dict(MORE.get(name, {}))
    if name in ("order.create", "order.check"):
        more = PLACES[endpoint.product]
    if name == "batch.create":
        more = {"request": [PLACES[endpoint.product], {**ORDER, "symbol": "ETHUSDT"}]}
    return {**required, **more}


def stamped(call: Call) -> Call:
    return call.stamped(lambda wished, suffix: DIALECT.client_id(call.endpoint.product, wished, f"t1{suffix}"))


def example(endpoint: Endpoint) -> Call:
    """The endpoint's call as it would be sent: stamped where it places orders or moves funds."""
    return stamped(endpoint.call(arguments(endpoint)))


def payload(name: str) -> Any:
    """A documented answer, read as the dialect reads it."""
    text = (ROOT / "tests" / "payloads" / "bybit" / f"{name}.json").read_text()
    return json.loads(text, parse_float=Decimal)


EVERY = list(BYBIT)
