"""From a verb to the wire and back, over the client: read, place, and look up what became of it."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest

from blave_mcp.exchanges import gate
from blave_mcp.exchanges.binance.verbs import BinanceFutures, BinanceSpot
from blave_mcp.exchanges.client import VenueClient
from blave_mcp.exchanges.errors import MissingCredentials, OutcomeUnknown, VenueRefused
from blave_mcp.exchanges.limits import Pacer
from blave_mcp.exchanges.models import MarginMode, OrderIntent, OrderType, Side
from blave_mcp.exchanges.wire import Credentials, HttpReply
from tests.exchanges.binance.examples import DIALECT, KEY, payload
from tests.fakes import FakeClock, RecordingTransport

SPOT, FUTURES = BinanceSpot(), BinanceFutures()
ROUTES = {
    ("GET", "/fapi/v1/exchangeInfo"): "futures_exchange_info",
    ("GET", "/fapi/v2/positionRisk"): "futures_positions",
    ("GET", "/fapi/v1/symbolConfig"): "futures_symbol_config",
    ("GET", "/fapi/v1/accountConfig"): "futures_account_config",
    ("GET", "/fapi/v1/commissionRate"): "futures_commission",
    ("GET", "/api/v3/exchangeInfo"): "spot_exchange_info",
}


def told(name: str) -> HttpReply:
    return HttpReply(200, {}, json.dumps(payload(name), default=str).encode())


def refusal(code: int) -> HttpReply:
    return HttpReply(400, {}, json.dumps({"code": code, "msg": "said"}).encode())


def client_over(answers: dict[tuple[str, str], Any], key: Credentials | None = KEY) -> Any:
    clock = FakeClock()
    time = {"serverTime": clock.now_ms() + 1234}
    transport = RecordingTransport(
        {
            ("GET", "/api/v3/time"): time,
            ("GET", "/fapi/v1/time"): time,
            **{route: told(name) for route, name in ROUTES.items()},
            **answers,
        }
    )
    client = VenueClient(
        DIALECT,
        transport,
        key,
        base_urls={product: host.live for product, host in DIALECT.hosts.items()},
        clock=clock,
        pacer=Pacer(clock),
        rng=random.Random(1),  # noqa: S311 - jitter
    )
    return client, transport


async def test_reads_of_an_account_come_back_as_models():
    client, transport = client_over({})
    (position,) = await client.ask(FUTURES.positions())
    settings = await client.ask(FUTURES.settings("BTCUSDT"))
    assert (position.leverage, settings.leverage, settings.margin_mode) == (4, 21, MarginMode.CROSS)
    (asked,) = transport.sent("GET", "/fapi/v2/positionRisk")
    assert asked.url.startswith("https://fapi.binance.com/fapi/v2/positionRisk?recvWindow=5000&timestamp=")
    assert f"timestamp={FakeClock().now_ms() + 1234}" in asked.url


async def test_market_data_needs_no_key_and_an_account_does():
    client, _ = client_over({}, key=None)
    assert (await client.ask(SPOT.instruments()))[0].symbol == "ETH/BTC"
    with pytest.raises(MissingCredentials, match="BINANCE_API_KEY"):
        await client.ask(SPOT.balances())


@pytest.mark.parametrize(
    ("answer", "error"),
    [(refusal(-2010), VenueRefused), (HttpReply(502, {}, b"<html>"), OutcomeUnknown), (refusal(-1007), OutcomeUnknown)],
)
async def test_a_placed_order_is_refused_or_unknown_and_then_looked_up(answer: HttpReply, error: type[Exception]):
    answers = {("POST", "/api/v3/order"): answer, ("GET", "/api/v3/order"): refusal(-2013)}
    client, transport = client_over(answers)
    (instrument,) = await client.ask(SPOT.instruments())
    intent = OrderIntent(instrument=instrument, side=Side.BUY, type=OrderType.MARKET, size=Decimal("0.5"))
    (call,) = SPOT.place(intent)
    call = call.stamped(lambda wished, suffix: DIALECT.client_id("spot", wished, f"k3xw{suffix}"))
    with pytest.raises(error):
        await client.write(gate.Approved(gate._MINT, call))
    (sent,) = transport.sent("POST")
    fields = dict(parse_qsl(sent.body.decode()))
    assert (fields["newClientOrderId"], fields["quantity"]) == ("x-GBN6HWR2k3xw", "0.5")
    question = SPOT.trace(call, sent_ms=0)
    assert question is not None
    assert (await client.ask(question)).found is False
