"""A valid call for every endpoint of the catalogue, and payloads by name."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.endpoint import Call, Endpoint
from blave_mcp.exchanges.okx.dialect import OkxDialect
from blave_mcp.exchanges.okx.endpoints import OKX
from blave_mcp.exchanges.wire import Credentials
from tests.conftest import ROOT

DIALECT = OkxDialect()
KEY = Credentials("fake-key", "fake-secret", "fake-passphrase")
NOW_MS = 1_767_225_600_123
BASE = "https://www.okx.com"

LIMIT = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "2.15", "sz": "2"}
SWAP = {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "sell", "ordType": "market", "sz": "3"}

# What an endpoint wants beyond the examples of its required parameters; from the pages of the documentation.
MORE: dict[str, dict[str, Any]] = {
    "v5.instruments.list": {"instType": "SPOT"},
    "v5.index.list": {"instId": "BTC-USDT"},
    "v5.tiers.list": {"instType": "SWAP", "instFamily": "BTC-USDT"},
    "v5.funding.list": {"instId": "BTC-USDT-SWAP", "limit": 3},
    "v5.candles.list": {"bar": "1H", "limit": 5},
    "v5.balance.get": {"ccy": "BTC,ETH"},
    "v5.position.list": {"instId": "BTC-USDT"},
    "v5.leverage.get": {"instId": "BTC-USDT-SWAP"},
    "v5.leverage.set": {"instId": "BTC-USDT-SWAP", "mgnMode": "isolated", "posSide": "long"},
    "v5.fees.get": {"instType": "SPOT", "instId": "BTC-USDT"},
    "v5.transfer.get": {"transId": "1", "type": "1"},
    "v5.subaccount.list": {"enable": True},
    "v5.order.create": {**LIMIT, "clOrdId": "b15"},
    "v5.order.precheck": LIMIT,
    "v5.order.cancel": {"ordId": "590908157585625111"},
    "v5.order.amend": {"ordId": "590909145319051111", "newSz": "2"},
    "v5.order.get": {"ordId": "680800019749904384"},
    "v5.batch.create": {"orders": [LIMIT, {**SWAP, "reduceOnly": True}]},
    "v5.batch.cancel": {"orders": [{"instId": "BTC-USDT", "ordId": "1"}, {"instId": "BTC-USDT", "clOrdId": "b15"}]},
    "v5.batch.amend": {"orders": [{"instId": "BTC-USDT", "ordId": "1", "newPx": "2.2"}]},
    "v5.position.close": {"mgnMode": "cross", "autoCxl": True},
    "v5.algo.create": {"tdMode": "cross", "sz": "2", "tpTriggerPx": "15", "tpOrdPx": "18"},
    "v5.algo.cancel": {"orders": [{"instId": "BTC-USDT", "algoId": "590919993110396111"}]},
    "v5.algo.amend": {"algoId": "2510789768709120", "newSz": "2"},
    "v5.algo.get": {"algoId": "1753184812254216192"},
    "v5.algo.open": {"ordType": "conditional"},
    "v5.algo.list": {"ordType": "conditional", "state": "effective"},
    "v5.loan.auto": {"autoLoan": True},
    "v5.loan.limits": {"ccy": "BTC"},
}


def example(endpoint: Endpoint) -> Call:
    """The endpoint's call as it would be sent: stamped where it carries client ids."""
    required = {param.name: param.example for param in endpoint.params if param.required and not param.items}
    call = endpoint.call({**required, **MORE.get(endpoint.id, {})})
    return call.stamped(lambda wished, suffix: DIALECT.client_id(endpoint.product, wished, f"t1{suffix}"))


def envelope(name: str) -> Any:
    """A documented answer, whole."""
    text = (ROOT / "tests" / "payloads" / "okx" / f"{name}.json").read_text()
    return json.loads(text, parse_float=Decimal)


def payload(name: str) -> Any:
    """A documented answer as the dialect hands it on: its `data`."""
    return envelope(name)["data"]


EVERY = list(OKX)
