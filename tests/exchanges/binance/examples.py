"""A valid call for every endpoint of the catalogue, and payloads by name."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.binance.dialect import BinanceDialect
from blave_mcp.exchanges.binance.endpoints import BINANCE
from blave_mcp.exchanges.endpoint import Call, Endpoint
from blave_mcp.exchanges.wire import Credentials
from tests.conftest import ROOT

DIALECT = BinanceDialect()
KEY = Credentials("fake-key", "fake-secret")
NOW_MS = 1_767_225_600_000
BASE = {"spot": "https://api.binance.com", "futures": "https://fapi.binance.com"}

LIMIT = {"type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001", "price": "60000"}
OCO = {"aboveType": "TAKE_PROFIT", "aboveStopPrice": "70000", "belowType": "STOP_LOSS", "belowStopPrice": "50000"}

# What an endpoint wants beyond the examples of its required parameters.
MORE: dict[str, dict[str, Any]] = {
    "spot.order.create": LIMIT,
    "spot.order.test": LIMIT | {"computeCommissionRates": True},
    "spot.order.cancel": {"orderId": 1},
    "spot.order.replace": LIMIT | {"cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": 7},
    "spot.order.amend": {"orderId": 1},
    "spot.order.get": {"origClientOrderId": "x-GBN6HWR2a"},
    "spot.sor.create": LIMIT,
    "spot.sor.test": LIMIT,
    "spot.list.oco": {"side": "SELL"} | OCO,
    "spot.list.oto": {"pendingType": "MARKET"},
    "spot.list.otoco": {f"pending{name[0].upper()}{name[1:]}": value for name, value in OCO.items()},
    "spot.list.cancel": {"orderListId": 3},
    "spot.list.get": {"orderListId": 3},
    "spot.ticker.day": {"symbols": ["BTCUSDT", "BNBUSDT"]},
    "futures.order.create": LIMIT,
    "futures.order.test": LIMIT,
    "futures.order.modify": {"orderId": 1, "price": "60001"},
    "futures.order.cancel": {"orderId": 1},
    "futures.order.get": {"orderId": 1},
    "futures.order.open_one": {"orderId": 1},
    "futures.algo.create": {"triggerPrice": "59000", "closePosition": True},
    "futures.algo.cancel": {"algoId": 1},
    "futures.algo.get": {"clientAlgoId": "x-52DDFAFNa"},
    "futures.batch.create": {
        "batchOrders": [
            {"symbol": "BTCUSDT", "side": "BUY", **LIMIT, "reduceOnly": True},
            {"symbol": "ETHUSDT", "side": "SELL", "type": "MARKET", "quantity": "0.1"},
        ]
    },
    "futures.batch.modify": {
        "batchOrders": [{"orderId": 1, "symbol": "BTCUSDT", "side": "BUY", "quantity": "0.002", "price": "60001"}]
    },
    "futures.batch.cancel": {"orderIdList": [1234567, 2345678]},
}


def example(endpoint: Endpoint) -> Call:
    """The endpoint's call as it would be sent: stamped where it places orders."""
    required = {param.name: param.example for param in endpoint.params if param.required}
    call = endpoint.call({**required, **MORE.get(endpoint.id, {})})
    return call.stamped(lambda wished, suffix: DIALECT.client_id(endpoint.product, wished, f"t1{suffix}"))


def payload(name: str) -> Any:
    """A documented answer, read as the dialect reads it."""
    text = (ROOT / "tests" / "payloads" / "binance" / f"{name}.json").read_text()
    return json.loads(text, parse_float=Decimal)


EVERY = list(BINANCE)
