"""A valid call for every endpoint of the catalogue, payloads by name, and a desk over the paper face."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bitmart.dialect import BitMartDialect
from blave_mcp.exchanges.bitmart.endpoints import BITMART
from blave_mcp.exchanges.bitmart.verbs import BitMartFutures, BitMartMargin, BitMartSpot
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

DIALECT = BitMartDialect()
KEY = Credentials("fake-key", "fake-secret", "fake-memo")
NOW_MS = 1_767_225_600_000
BASES = {"spot": "https://api-cloud.bitmart.com", "futures": "https://api-cloud-v2.bitmart.com"}
SPOT, MARGIN, FUTURES = BitMartSpot(), BitMartMargin(), BitMartFutures()
MARKETS: Mapping[Market, Verbs] = {Market.SPOT: SPOT, Market.MARGIN: MARGIN, Market.PERPETUAL: FUTURES}

TERMS = {"leverage": "10", "open_type": "cross"}
LIMIT = {"side": "buy", "type": "limit", "price": "60000", "size": "0.001"}

# What an endpoint wants beyond the examples of its required parameters.
MORE: dict[str, dict[str, Any]] = {
    "spot.order.create": LIMIT,
    "spot.margin_order.create": LIMIT,
    "spot.batch.create": {
        "orderParams": [LIMIT, {"side": "buy", "type": "market", "notional": "50"}], "recvWindow": 5000,
    },
    "spot.order.cancel": {"order_id": "1234567890"},
    "spot.batch.cancel": {"orderIds": ["1234567890", "1234567891", "1234567892"]},
    "spot.order.cancel_all": {"symbol": "BTC_USDT", "side": "buy"},
    "spot.order.get": {"queryState": "open", "recvWindow": 5000},
    "spot.order.open": {"symbol": "BTC_USDT", "orderMode": "spot", "limit": 50, "recvWindow": 5000},
    "spot.account.wallets": {"needUsdValuation": True},
    "futures.candles.list": {"step": "60", "start_time": 1_709_942_400, "end_time": 1_709_971_200},
    "futures.order.create": {"side": 1, "type": "market", "size": "1", **TERMS},
    "futures.order.cancel": {"order_id": "23456789012345678"},
    "futures.order.modify": {"order_id": 23456789012345678, "price": "66500"},
    "futures.leverage.set": {"leverage": "20", "open_type": "cross"},
    "futures.plan.create": {"type": "market", "price_way": 2, **TERMS},
    "futures.plan.cancel": {"order_id": "34567890123456789"},
    "futures.plan.modify": {"order_id": "34567890123456789", "type": "market", "trigger_price": "64000"},
    "futures.tpsl.create": {"side": 3, "trigger_price": "72000", "executive_price": "71900", "plan_category": 2},
    "futures.tpsl.modify": {"order_id": "45678901234567890", "trigger_price": "73000"},
    "futures.preset.modify": {"preset_take_profit_price": "73000", "preset_stop_loss_price": "64000"},
    "futures.trail.create": {"side": 3, "size": "10", "callback_rate": "2", **TERMS},
    "futures.trail.cancel": {"order_id": "56789012345678901"},
}  # fmt: skip


def example(endpoint: Endpoint) -> Call:
    """The endpoint's call as it would be sent: stamped where it places orders."""
    required = {param.name: param.example for param in endpoint.params if param.required}
    call = endpoint.call({**required, **MORE.get(endpoint.id, {})})
    return call.stamped(lambda wished, suffix: DIALECT.client_id(endpoint.product, wished, f"t1{suffix}"))


def text_of(name: str) -> str:
    return (ROOT / "tests" / "payloads" / "bitmart" / f"{name}.json").read_text()


def payload(name: str) -> Any:
    """What stands under `data` of a documented answer, read as the dialect reads it."""
    return json.loads(text_of(name), parse_float=Decimal)["data"]


def told(code: int, message: str = "said", status: int = 400) -> HttpReply:
    body = {"code": code, "trace": "t", "message": message, "data": {}}
    return HttpReply(status, {}, json.dumps(body).encode())


def success(data: Any) -> HttpReply:
    body = {"code": 1000, "trace": "t", "message": "success", "data": data}
    return HttpReply(200, {}, json.dumps(body, default=str).encode())


def paper_bitmart(clock: FakeClock) -> ByHost:
    """BitMart's face over an account with the usual balances."""
    face = open_face(
        "bitmart", SyntheticMarket(), MemoryBookStore(), clock.now_ms, KEY.key, KEY.secret, passphrase=KEY.passphrase
    )
    return ByHost({"api-cloud.bitmart.com": face, "api-cloud-v2.bitmart.com": face})


def bitmart(transport: Transport, clock: FakeClock, *, key: Credentials | None = KEY) -> Venue:
    return venue_over(DIALECT, transport, clock, markets=MARKETS, key=key)


EVERY = list(BITMART)
