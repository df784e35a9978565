"""ccxt as a client of Bybit's paper face, over HTTP on this machine."""

from __future__ import annotations

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

KEY, SECRET = "fake-key", "fake-secret"
SPOT, PERP = "BTC/USDT", "BTC/USDT:USDT"


@pytest.fixture
def exchange() -> Iterator[Any]:
    def now_ms() -> int:
        return time.time_ns() // 1_000_000

    face = open_face("bybit", SyntheticMarket(), MemoryBookStore(), now_ms, KEY, SECRET)
    bound = listener()
    server = server_of(face)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    client = ccxt.bybit({"apiKey": KEY, "secret": SECRET, "enableRateLimit": False, "timeout": 20_000})
    client.urls["api"] = dict.fromkeys(client.urls["api"], url)
    client.session.trust_env = False
    try:
        client.load_markets()
        yield client
    finally:
        client.session.close()
        server.should_exit = True
        thread.join(20)
        bound.close()
    assert not thread.is_alive()


@pytest.mark.slow
def test_ccxt_reads_markets_prices_and_balances(exchange: Any):
    perp, spot = exchange.market(PERP), exchange.market(SPOT)
    assert (perp["id"], perp["linear"], perp["contractSize"], perp["settle"]) == ("BTCUSDT", True, 1, "USDT")
    assert (spot["id"], spot["spot"], spot["limits"]["cost"]["min"]) == ("BTCUSDT", True, 5)
    assert perp["precision"] == {"amount": 0.001, "price": 0.1}
    for symbol in (SPOT, PERP):
        ticker = exchange.fetch_ticker(symbol)
        assert 0 < ticker["bid"] < ticker["ask"]
        book = exchange.fetch_order_book(symbol, 5)
        assert len(book["bids"]) == len(book["asks"]) == 5
        assert len(exchange.fetch_ohlcv(symbol, "1h", limit=3)) == 3
        assert exchange.fetch_trades(symbol, limit=5)
    balance = exchange.fetch_balance()
    assert (balance["USDT"]["total"], balance["BTC"]["total"]) == (50_000, 1)
    assert exchange.fetch_balance({"type": "funding"})["USDT"]["free"] == 50_000
    assert exchange.fetch_funding_rate(PERP)["fundingRate"] is not None
    assert exchange.fetch_market_leverage_tiers(PERP)[0]["maintenanceMarginRate"] == 0.004


@pytest.mark.slow
def test_ccxt_trades_spot(exchange: Any):
    price = exchange.fetch_ticker(SPOT)["last"]
    bought = exchange.create_order(SPOT, "market", "buy", 0.01)
    done = exchange.fetch_closed_order(bought["id"], SPOT)
    assert (done["status"], done["filled"], done["side"]) == ("closed", 0.01, "buy")
    limit = exchange.create_order(SPOT, "limit", "buy", 0.01, round(price * 0.9, 2))
    (resting,) = exchange.fetch_open_orders(SPOT)
    assert (resting["id"], resting["status"], resting["remaining"]) == (limit["id"], "open", 0.01)
    assert exchange.fetch_balance()["USDT"]["used"] > 0
    changed = exchange.edit_order(limit["id"], SPOT, "limit", "buy", 0.02)
    assert changed["id"] == limit["id"]
    assert exchange.fetch_open_orders(SPOT)[0]["amount"] == 0.02
    exchange.cancel_order(limit["id"], SPOT)
    assert exchange.fetch_open_orders(SPOT) == []
    assert [one["side"] for one in exchange.fetch_my_trades(SPOT)] == ["buy"]
    with pytest.raises(ccxt.InsufficientFunds):
        exchange.create_order(SPOT, "limit", "buy", 50, round(price * 0.9, 2))
    with pytest.raises(ccxt.OrderNotFound):
        exchange.cancel_order(limit["id"], SPOT)


@pytest.mark.slow
def test_ccxt_trades_perpetuals(exchange: Any):
    price = exchange.fetch_ticker(PERP)["last"]
    exchange.set_leverage(5, PERP)
    assert exchange.fetch_leverage(PERP)["longLeverage"] == 5
    opened = exchange.create_order(PERP, "market", "buy", 0.01)
    assert exchange.fetch_closed_order(opened["id"], PERP)["status"] == "closed"
    (held,) = exchange.fetch_positions([PERP])
    assert (held["side"], held["contracts"], held["leverage"]) == ("long", 0.01, 5)
    assert held["entryPrice"] == pytest.approx(price, rel=0.01)
    limit = exchange.create_order(PERP, "limit", "sell", 0.01, round(price * 1.02, 1), {"reduceOnly": True})
    stop = exchange.create_order(
        PERP, "market", "sell", 0.01, None, {"triggerPrice": round(price * 0.9, 1), "triggerDirection": "descending"}
    )
    assert {one["id"] for one in exchange.fetch_open_orders(PERP)} == {limit["id"], stop["id"]}
    exchange.cancel_order(limit["id"], PERP)
    exchange.cancel_all_orders(PERP)
    assert exchange.fetch_open_orders(PERP) == []
    closed = exchange.create_order(PERP, "market", "sell", 0.01, None, {"reduceOnly": True})
    assert exchange.fetch_closed_order(closed["id"], PERP)["filled"] == 0.01
    assert [one for one in exchange.fetch_positions([PERP]) if one["contracts"]] == []
    assert [one["side"] for one in exchange.fetch_my_trades(PERP)] == ["buy", "sell"]
    exchange.set_position_mode(True, PERP)
    with pytest.raises(ccxt.ExchangeError, match="position idx not match"):
        exchange.create_order(PERP, "market", "buy", 0.01)


@pytest.mark.slow
def test_ccxt_moves_funds_and_meets_bybit_s_own_errors(exchange: Any):
    moved = exchange.transfer("USDT", 25, "funding", "unified")
    assert moved["status"] == "ok"
    assert exchange.fetch_balance()["USDT"]["total"] == 50_025
    exchange.secret = "another-secret"
    with pytest.raises(ccxt.AuthenticationError):
        exchange.fetch_balance()
