"""A valid call for every endpoint of the catalogue, and payloads by name."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bingx.dialect import BingXDialect
from blave_mcp.exchanges.bingx.endpoints import BINGX
from blave_mcp.exchanges.endpoint import Call, Endpoint
from blave_mcp.exchanges.wire import Credentials, HttpRequest
from tests.conftest import ROOT

DIALECT = BingXDialect()
KEY = Credentials("fake-key", "fake-secret")
NOW_MS = 1_767_225_600_000
BASE = "https://open-api.bingx.com"

LIMIT = {"type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001", "price": "60000"}
SWAP_LIMIT = LIMIT | {"positionSide": "BOTH"}

# What an endpoint wants beyond the examples of its required parameters.
MORE: dict[str, dict[str, Any]] = {
    "swap.order.create": SWAP_LIMIT,
    "swap.order.test": SWAP_LIMIT
    | {"stopLoss": {"type": "STOP_MARKET", "stopPrice": "50000.5", "workingType": "MARK_PRICE"}},
    "swap.batch.create": {
        "batchOrders": [
            {"symbol": "BTC-USDT", "side": "BUY", **SWAP_LIMIT, "reduceOnly": "true"},
            {"symbol": "ETH-USDT", "side": "SELL", "type": "MARKET", "positionSide": "SHORT", "quantity": "0.1"},
        ]
    },
    "swap.order.cancel": {"orderId": 1},
    "swap.batch.cancel": {"orderIdList": [1234567, 2345678]},
    "swap.order.amend": {"orderId": 1},
    "swap.order.replace": SWAP_LIMIT | {"cancelOrderId": 7},
    "swap.batch.replace": {
        "batchOrders": [
            {
                "symbol": "BTC-USDT",
                "side": "BUY",
                **SWAP_LIMIT,
                "cancelOrderId": 7,
                "cancelReplaceMode": "STOP_ON_FAILURE",
            }
        ]
    },
    "swap.order.open_one": {"orderId": 1},
    "swap.order.get": {"clientOrderId": "abc1"},
    "swap.margin.adjust": {"positionSide": "LONG"},
    "spot.order.create": LIMIT,
    "spot.batch.create": {"data": [{"symbol": "BTC-USDT", "side": "BUY", **LIMIT}], "sync": True},
    "spot.order.cancel": {"orderId": 1},
    "spot.batch.cancel": {"orderIds": "1,2"},
    "spot.order.replace": LIMIT | {"cancelOrderId": 7},
    "spot.order.get": {"clientOrderID": "abc1"},
    "spot.oco.cancel": {"orderId": "1"},
    "spot.oco.get": {"orderListId": "1"},
}


def example(endpoint: Endpoint) -> Call:
    """The endpoint's call as it would be sent: stamped where it places orders."""
    required = {param.name: param.example for param in endpoint.params if param.required}
    call = endpoint.call({**required, **MORE.get(endpoint.id, {})})
    return call.stamped(lambda wished, suffix: DIALECT.client_id(endpoint.product, wished, f"t1{suffix}"))


def request(call: Call, *, key: Credentials | None = KEY, now_ms: int = NOW_MS) -> HttpRequest:
    return DIALECT.request(call, key, base_url=BASE, now_ms=now_ms, testnet=False)


def answer(name: str) -> Any:
    """A documented answer, whole, read as the dialect reads it."""
    text = (ROOT / "tests" / "payloads" / "bingx" / f"{name}.json").read_text()
    return json.loads(text, parse_float=Decimal)


def payload(name: str) -> Any:
    """What stands under `data`, as the dialect hands it to the verbs."""
    found = answer(name)
    return found["data"] if "code" in found else found


EVERY = list(BINGX)
