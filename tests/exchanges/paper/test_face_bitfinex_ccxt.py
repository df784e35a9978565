"""ccxt as a client of Bitfinex's paper face, over HTTP on this machine."""

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
BTC = "BTC/USDT"
MARGIN = {"marginMode": "cross"}


@pytest.fixture
def exchange() -> Iterator[Any]:
    def now_ms() -> int:
        return time.time_ns() // 1_000_000

    face = open_face("bitfinex", SyntheticMarket(), MemoryBookStore(), now_ms, KEY, SECRET)
    bound = listener()
    server = server_of(face)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    client = ccxt.bitfinex({"apiKey": KEY, "secret": SECRET, "enableRateLimit": False, "timeout": 20_000})
    client.urls["api"] = dict.fromkeys(client.urls["api"], url)
    client.session.trust_env = False
    # ccxt's own nonce is the millisecond, which two requests may share.
    client.nonce = lambda: time.time_ns() // 1_000
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
    market = exchange.market(BTC)
    assert (market["id"], market["spot"], market["margin"], market["quoteId"]) == ("tBTCUST", True, True, "UST")
    assert (market["precision"]["price"], market["limits"]["amount"]["min"]) == (5, 0.00001)
    assert exchange.market("LINK/USDT")["id"] == "tLINK:UST"
    ticker = exchange.fetch_ticker(BTC)
    assert 0 < ticker["bid"] < ticker["ask"]
    assert exchange.fetch_tickers([BTC])[BTC]["last"] > 0
    book = exchange.fetch_order_book(BTC, 25)
    assert len(book["bids"]) == len(book["asks"]) == 25
    assert book["bids"][0][0] < book["asks"][0][0]
    (first, *_, last) = exchange.fetch_ohlcv(BTC, "1h", limit=3)
    assert first[0] < last[0]
    assert exchange.fetch_trades(BTC, limit=5)
    assert exchange.fetch_status()["status"] == "ok"
    balance = exchange.fetch_balance()
    assert (balance["USDT"]["total"], balance["BTC"]["free"]) == (50_000, 1)
    assert exchange.fetch_balance({"type": "funding"})["USDT"]["free"] == 50_000
    assert exchange.fetch_trading_fees()[BTC]["taker"] == 0.002


@pytest.mark.slow
def test_ccxt_trades_spot(exchange: Any):
    price = exchange.fetch_ticker(BTC)["last"]
    bought = exchange.create_order(BTC, "market", "buy", 0.01)
    done = exchange.fetch_closed_order(bought["id"], BTC)
    assert (done["status"], done["filled"], done["side"], done["type"]) == ("closed", 0.01, "buy", "market")
    limit = exchange.create_order(BTC, "limit", "buy", 0.01, round(price * 0.9), {"clientOrderId": 4711})
    (resting,) = exchange.fetch_open_orders(BTC)
    assert (resting["id"], resting["status"], resting["remaining"]) == (limit["id"], "open", 0.01)
    assert resting["clientOrderId"] == "4711"
    assert exchange.fetch_balance()["USDT"]["used"] > 0
    exchange.edit_order(limit["id"], BTC, "limit", "buy", 0.02, round(price * 0.91))
    assert exchange.fetch_open_orders(BTC)[0]["remaining"] == 0.02
    exchange.cancel_order(limit["id"], BTC)
    assert exchange.fetch_open_orders(BTC) == []
    assert sorted(one["status"] for one in exchange.fetch_closed_orders(BTC)) == ["canceled", "closed"]
    (trade,) = exchange.fetch_my_trades(BTC)
    assert (trade["side"], trade["fee"]["currency"], trade["takerOrMaker"]) == ("buy", "BTC", "taker")
    stop = exchange.create_order(BTC, "market", "sell", 0.01, None, {"triggerPrice": round(price * 0.8)})
    assert exchange.fetch_open_orders(BTC)[0]["triggerPrice"] == round(price * 0.8)
    both = exchange.create_orders(
        [{"symbol": BTC, "type": "limit", "side": "buy", "amount": 0.01, "price": round(price * 0.9)}] * 2
    )
    assert len(both) == 2
    assert len(exchange.cancel_all_orders()) == 3
    assert stop["id"] not in {one["id"] for one in exchange.fetch_open_orders(BTC)}
    with pytest.raises(ccxt.InsufficientFunds):
        exchange.create_order(BTC, "limit", "buy", 50, round(price * 0.9))
    with pytest.raises(ccxt.OrderNotFound):
        exchange.cancel_order(limit["id"], BTC)


@pytest.mark.slow
def test_ccxt_trades_margin_and_moves_funds(exchange: Any):
    exchange.create_order(BTC, "market", "buy", 0.1, None, MARGIN)
    (held,) = exchange.fetch_positions()
    assert (held["symbol"], held["side"], held["notional"]) == (BTC, "long", 0.1)
    assert held["entryPrice"] > 0
    exchange.create_order(BTC, "market", "sell", 0.1, None, {**MARGIN, "reduceOnly": True})
    assert exchange.fetch_positions() == []
    # ccxt counts an amount of currency in significant digits, and takes for their number what is no whole one.
    exchange.currencies["USDT"]["precision"] = 8
    moved = exchange.transfer("USDT", 100, "spot", "funding")
    assert (moved["status"], moved["amount"], moved["fromAccount"]) == ("ok", 100, "exchange")
    assert exchange.fetch_balance({"type": "funding"})["USDT"]["free"] == 50_100
    assert any(one["amount"] == 100 for one in exchange.fetch_ledger("USDT"))


@pytest.mark.slow
def test_ccxt_is_refused_as_by_the_venue(exchange: Any):
    exchange.secret = "another"
    with pytest.raises(ccxt.AuthenticationError, match="digest"):
        exchange.fetch_balance()
    exchange.secret = SECRET
    exchange.fetch_balance()
    exchange.nonce = lambda: 1
    with pytest.raises(ccxt.InvalidNonce, match="small"):
        exchange.fetch_balance()
