"""ccxt as a client: it trades against the paper face over HTTP on loopback, as against the venue."""

from __future__ import annotations

import asyncio
import decimal
import threading
import time
from collections.abc import Iterator
from typing import Any

import ccxt  # type: ignore[import-untyped]
import pytest

from blave_mcp.exchanges.paper.face import MemoryBookStore
from blave_mcp.exchanges.paper.faces import open_face
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.server.paper_http import listener, server_of
from tests.exchanges.bitget.examples import KEY

SPOT, PERP = "BTC/USDT", "BTC/USDT:USDT"


@pytest.fixture(scope="module", autouse=True)
def rounding() -> Iterator[None]:
    """ccxt changes how this thread rounds, and leaves it so."""
    before = decimal.getcontext().copy()
    yield
    decimal.setcontext(before)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    face = open_face("bitget", SyntheticMarket(), MemoryBookStore(), now_ms, KEY.key, KEY.secret)
    bound = listener()
    server = server_of(face)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[bound])))
    thread.start()
    yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    bound.close()


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[Any]:
    exchange = ccxt.bitget({"apiKey": KEY.key, "secret": KEY.secret, "password": KEY.passphrase})
    exchange.urls["api"] = dict.fromkeys(exchange.urls["api"], url)
    exchange.options["uta"] = False
    exchange.session.trust_env = False
    exchange.load_markets()
    yield exchange
    exchange.session.close()


def test_markets_have_the_grid_of_the_listings(client: Any):
    spot, perp = client.market(SPOT), client.market(PERP)
    assert (spot["precision"]["price"], spot["precision"]["amount"], spot["active"]) == (0.01, 0.00001, True)
    assert (perp["precision"]["price"], perp["precision"]["amount"], perp["contractSize"]) == (0.1, 0.001, 1)
    assert (perp["linear"], perp["limits"]["leverage"]["max"]) == (True, 125)


def test_market_data_is_parsed(client: Any):
    for symbol in (SPOT, PERP):
        ticker = client.fetch_ticker(symbol)
        assert ticker["bid"] < ticker["ask"]
        assert len(client.fetch_order_book(symbol, 50)["bids"]) > 5
        assert len(client.fetch_ohlcv(symbol, "1h", limit=10)) == 10
        assert client.fetch_trades(symbol, limit=5)
    assert client.fetch_funding_rate(PERP)["fundingRate"] is not None
    assert client.fetch_market_leverage_tiers(PERP)[0]["maxLeverage"] == 125


def test_spot_is_traded(client: Any):
    assert client.fetch_balance()["USDT"]["free"] == 50_000
    price = client.fetch_ticker(SPOT)["last"]
    resting = client.create_order(SPOT, "limit", "buy", 0.01, round(price * 0.9, 2))
    (found,) = client.fetch_open_orders(SPOT)
    assert (found["id"], found["status"], found["amount"]) == (resting["id"], "open", 0.01)
    client.cancel_order(resting["id"], SPOT)
    assert client.fetch_open_orders(SPOT) == []
    assert client.fetch_order(resting["id"], SPOT)["status"] == "canceled"
    bought = client.create_order(SPOT, "market", "buy", 0.01, price)
    done = client.fetch_order(bought["id"], SPOT)
    assert (done["status"], done["side"]) == ("closed", "buy")
    assert done["fee"]["currency"] == "BTC"
    (fill, *_) = client.fetch_my_trades(SPOT)
    assert (fill["order"], fill["takerOrMaker"]) == (bought["id"], "taker")
    with pytest.raises(ccxt.InsufficientFunds):
        client.create_order(SPOT, "limit", "buy", 100, round(price * 0.9, 2))
    with pytest.raises(ccxt.InvalidOrder):
        client.create_order(SPOT, "limit", "buy", 0.00001, round(price * 0.9, 2))


def test_perpetuals_are_traded(client: Any):
    client.set_margin_mode("isolated", PERP)
    client.set_leverage(5, PERP)
    price = client.fetch_ticker(PERP)["last"]
    isolated = {"marginMode": "isolated"}
    resting = client.create_order(PERP, "limit", "buy", 0.01, round(price * 0.96, 1), isolated)
    (found,) = client.fetch_open_orders(PERP)
    assert (found["id"], found["status"]) == (resting["id"], "open")
    client.cancel_order(resting["id"], PERP)
    opened = client.create_order(PERP, "market", "buy", 0.02, None, isolated)
    assert client.fetch_order(opened["id"], PERP)["filled"] == 0.02
    (held,) = client.fetch_positions([PERP])
    assert (held["side"], held["contracts"], held["leverage"], held["marginMode"]) == ("long", 0.02, 5, "isolated")
    assert held["liquidationPrice"] < price
    stop = client.create_order(PERP, "market", "sell", 0.02, None, {"stopLossPrice": round(price * 0.95, 1)})
    assert [one["id"] for one in client.fetch_open_orders(PERP, params={"planType": "profit_loss"})] == [stop["id"]]
    client.create_order(PERP, "market", "sell", 0.02, None, {**isolated, "reduceOnly": True})
    assert client.fetch_positions([PERP]) == []
    assert {one["order"] for one in client.fetch_my_trades(PERP)} >= {opened["id"]}
    balance = client.fetch_balance({"type": "swap"})["USDT"]
    assert 49_000 < balance["free"] < 50_000


def test_a_transfer_moves_funds(client: Any):
    moved = client.transfer("USDT", 100, "spot", "swap")
    assert moved["id"]
    (found,) = client.fetch_transfers("USDT")
    assert (found["amount"], found["status"]) == (100, "ok")


def test_a_wrong_secret_is_refused(client: Any, url: str):
    exchange = ccxt.bitget({"apiKey": KEY.key, "secret": "other", "password": "p", "options": {"uta": False}})
    exchange.urls["api"] = dict.fromkeys(exchange.urls["api"], url)
    exchange.session.trust_env = False
    exchange.markets = client.markets
    with pytest.raises(ccxt.AuthenticationError):
        exchange.fetch_balance()
    exchange.session.close()
