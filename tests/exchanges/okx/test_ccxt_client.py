"""ccxt as a client of the paper face, over loopback HTTP."""

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
from tests.exchanges.okx.paper import few

KEY = ("paper-key", "paper-secret", "paper-passphrase")
SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    face = open_face(
        "okx", SyntheticMarket(few()), MemoryBookStore(), now_ms, KEY[0], KEY[1], passphrase=KEY[2], listings=few()
    )
    bound = listener()
    server = server_of(face)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        bound.close()


@pytest.fixture(scope="module")
def okx(base_url: str) -> Iterator[Any]:
    exchange = ccxt.okx(
        {
            "apiKey": KEY[0],
            "secret": KEY[1],
            "password": KEY[2],
            "enableRateLimit": False,
            "options": {"fetchMarkets": {"types": ["spot", "swap"]}},
        }
    )
    exchange.urls["api"]["rest"] = base_url
    exchange.has["fetchCurrencies"] = False
    exchange.session.trust_env = False
    exchange.load_markets()
    yield exchange
    exchange.session.close()


def near(okx: Any, symbol: str, share: float) -> float:
    return float(okx.price_to_precision(symbol, okx.fetch_ticker(symbol)["last"] * share))


def test_markets_are_read_with_their_contract_sizes(okx: Any):
    assert {SPOT, SWAP, "ETH/USDT:USDT", "DOGE/USDT:USDT"} <= okx.markets.keys()
    assert (okx.market(SWAP)["contractSize"], okx.market(SWAP)["linear"]) == (0.01, True)
    assert okx.market(SPOT)["limits"]["amount"]["min"] > 0


def test_market_data_is_read(okx: Any):
    ticker = okx.fetch_ticker(SWAP)
    assert ticker["bid"] < ticker["ask"]
    book = okx.fetch_order_book(SPOT, 5)
    assert len(book["bids"]) == len(book["asks"]) == 5
    candles = okx.fetch_ohlcv(SWAP, "1h", limit=10)
    assert len(candles) == 10
    assert candles == sorted(candles)
    assert okx.fetch_trades(SPOT, limit=5)
    assert okx.fetch_funding_rate(SWAP)["fundingRate"] is not None
    assert okx.fetch_open_interest(SWAP)["openInterestAmount"] > 0
    # ccxt names the family by `uly`, which OKX's page does not have any more.
    # https://www.okx.com/docs-v5/en/#public-data-rest-api-get-position-tiers
    tiers = okx.fetch_market_leverage_tiers(SWAP, {"instFamily": "BTC-USDT"})
    assert tiers[0]["maxLeverage"] == 125
    assert abs(okx.fetch_time() - now_ms()) < 5_000


def test_the_balance_is_read(okx: Any):
    balance = okx.fetch_balance()
    assert balance["BTC"]["free"] == 1
    assert balance["USDT"]["total"] > 0
    assert okx.fetch_balance({"type": "funding"})["USDT"]["free"] == 10_000


def test_limit_and_market_orders_open_orders_and_cancellation_on_spot(okx: Any):
    placed = okx.create_order(SPOT, "limit", "buy", 0.01, near(okx, SPOT, 0.9))
    (found,) = okx.fetch_open_orders(SPOT)
    assert (found["id"], found["status"], found["amount"]) == (placed["id"], "open", 0.01)
    okx.edit_order(placed["id"], SPOT, "limit", "buy", 0.02)
    assert okx.fetch_order(placed["id"], SPOT)["amount"] == 0.02
    okx.cancel_order(placed["id"], SPOT)
    assert okx.fetch_order(placed["id"], SPOT)["status"] == "canceled"
    assert okx.fetch_open_orders(SPOT) == []
    bought = okx.create_order(SPOT, "market", "buy", 0.01, None, {"tgtCcy": "base_ccy"})
    filled = okx.fetch_order(bought["id"], SPOT)
    assert (filled["status"], filled["filled"], filled["fee"]["currency"]) == ("closed", 0.01, "BTC")
    assert [trade["order"] for trade in okx.fetch_my_trades(SPOT)] == [bought["id"]]
    assert bought["id"] in [order["id"] for order in okx.fetch_closed_orders(SPOT)]


def test_positions_and_leverage_on_swaps(okx: Any):
    okx.set_leverage(7, SWAP, {"mgnMode": "cross"})
    assert okx.fetch_leverage(SWAP, {"marginMode": "cross"})["longLeverage"] == 7
    okx.create_order(SWAP, "market", "buy", 5, None, {"tdMode": "cross"})
    (held,) = okx.fetch_positions([SWAP])
    assert (held["side"], held["contracts"], held["contractSize"], held["leverage"]) == ("long", 5, 0.01, 7)
    assert held["marginMode"] == "cross"
    assert held["notional"] > 0
    stop = okx.create_order(
        SWAP, "market", "sell", 5, None, {"stopLossPrice": near(okx, SWAP, 0.9), "reduceOnly": True, "tdMode": "cross"}
    )
    waiting = okx.fetch_open_orders(SWAP, params={"stop": True, "ordType": "conditional"})
    assert [order["id"] for order in waiting] == [stop["id"]]
    okx.cancel_order(stop["id"], SWAP, {"stop": True})
    okx.create_order(SWAP, "market", "sell", 5, None, {"tdMode": "cross", "reduceOnly": True})
    assert okx.fetch_positions([SWAP]) == []


def test_money_is_moved_and_refusals_are_ccxt_s_own_errors(okx: Any):
    done = okx.transfer("USDT", 5, "trading", "funding")
    assert okx.fetch_transfer(done["id"])["status"] == "ok"
    with pytest.raises(ccxt.InsufficientFunds):
        okx.create_order(SPOT, "limit", "buy", 100, near(okx, SPOT, 0.9))
    with pytest.raises(ccxt.OrderNotFound):
        okx.fetch_order("999999", SPOT)
    with pytest.raises(ccxt.OrderNotFound):
        okx.cancel_order("999999", SPOT)


def test_a_wrong_secret_is_an_authentication_error(base_url: str):
    other = ccxt.okx({"apiKey": KEY[0], "secret": "other", "password": KEY[2]})
    other.urls["api"]["rest"] = base_url
    other.session.trust_env = False
    with pytest.raises(ccxt.AuthenticationError):
        other.private_get_account_balance()
    other.session.close()
