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
from tests.exchanges.bitmart.examples import KEY

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
    face = open_face(
        "bitmart", SyntheticMarket(), MemoryBookStore(), now_ms, KEY.key, KEY.secret, passphrase=KEY.passphrase
    )
    bound = listener()
    server = server_of(face)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[bound])))
    thread.start()
    yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    bound.close()


@pytest.fixture(scope="module")
def venue(url: str) -> Iterator[Any]:
    exchange = ccxt.bitmart({"apiKey": KEY.key, "secret": KEY.secret, "uid": KEY.passphrase, "enableRateLimit": False})
    exchange.urls["api"] = {"spot": url, "swap": url}
    exchange.load_markets()
    yield exchange
    exchange.session.close()


def test_it_reads_the_market(venue: Any) -> None:
    assert venue.fetch_time() > 0
    assert venue.market(PERP)["contractSize"] == 0.001
    assert venue.market(SPOT)["precision"] == {"amount": 0.00001, "price": 0.01, "base": None, "quote": None} or (
        venue.market(SPOT)["precision"]["price"] == 0.01
    )
    for symbol in (SPOT, PERP):
        assert venue.fetch_ticker(symbol)["last"] > 0
        book = venue.fetch_order_book(symbol)
        assert book["bids"][0][0] < book["asks"][0][0]
        assert len(venue.fetch_ohlcv(symbol, "1h", limit=24)) == 24
    assert venue.fetch_trades(SPOT)[0]["price"] > 0
    assert venue.fetch_funding_rate(PERP)["fundingRate"] is not None
    assert len(venue.fetch_funding_rate_history(PERP)) > 10
    assert venue.fetch_open_interest(PERP)["openInterestAmount"] > 0


def test_it_trades_spot(venue: Any) -> None:
    assert venue.fetch_balance({"type": "spot"})["USDT"]["free"] == 50_000
    last = venue.fetch_ticker(SPOT)["last"]
    resting = venue.create_order(SPOT, "limit", "buy", 0.01, round(last * 0.9, 2), {"clientOrderId": "mine"})
    (waiting,) = venue.fetch_open_orders(SPOT)
    assert (waiting["id"], waiting["clientOrderId"], waiting["status"]) == (resting["id"], "mine", "open")
    assert venue.fetch_order("", SPOT, {"clientOrderId": "mine"})["id"] == resting["id"]
    venue.cancel_order(resting["id"], SPOT)
    assert venue.fetch_open_orders(SPOT) == []
    bought = venue.create_market_buy_order_with_cost(SPOT, 500)
    assert venue.fetch_order(bought["id"], SPOT)["status"] == "closed"
    venue.create_order(SPOT, "market", "sell", 0.001)
    fills = venue.fetch_my_trades(SPOT)
    assert {fill["side"] for fill in fills} == {"buy", "sell"}
    assert fills[0]["fee"]["currency"] == "USDT"
    assert venue.fetch_balance({"type": "spot"})["BTC"]["free"] > 1
    assert len(venue.fetch_closed_orders(SPOT)) == 3
    with pytest.raises(ccxt.InsufficientFunds):
        venue.create_order(SPOT, "limit", "buy", 10, round(last * 0.9, 2))
    with pytest.raises(ccxt.InvalidOrder):
        venue.create_order(SPOT, "limit", "buy", 0.00002, round(last * 0.9, 2))
    venue.transfer("USDT", 25, "spot", "swap")
    assert venue.fetch_transfers("USDT", None, 10)[0]["amount"] == 25


def test_it_trades_perpetuals(venue: Any) -> None:
    venue.set_leverage(7, PERP, {"marginMode": "isolated"})
    assert venue.fetch_position_mode()["hedged"] is True
    last = venue.fetch_ticker(PERP)["last"]
    terms = {"marginMode": "isolated", "leverage": 7}
    resting = venue.create_order(PERP, "limit", "buy", 20, round(last * 0.95, 1), {"clientOrderId": "perp1", **terms})
    (waiting,) = venue.fetch_open_orders(PERP)
    assert (waiting["id"], waiting["amount"], waiting["side"]) == (resting["id"], 20, "buy")
    venue.cancel_order(resting["id"], PERP)
    opened = venue.create_order(PERP, "market", "buy", 20, None, terms)
    assert venue.fetch_order(opened["id"], PERP)["status"] == "closed"
    (held,) = venue.fetch_positions([PERP])[:1]
    assert (held["contracts"], held["side"], held["leverage"]) == (20, "long", 7)
    stop = venue.create_order(PERP, "market", "sell", 20, None, {"stopLossPrice": round(last * 0.8, 1)})
    (plan,) = venue.fetch_open_orders(PERP, params={"trigger": True})
    assert plan["id"] == stop["id"]
    venue.cancel_order(stop["id"], PERP, {"trigger": True})
    with pytest.raises(ccxt.ExchangeError):
        venue.create_order(PERP, "market", "buy", 1, None, {"marginMode": "cross", "leverage": 7})
    venue.create_order(PERP, "market", "sell", 20, None, {"reduceOnly": True})
    assert [one["contracts"] for one in venue.fetch_positions() if one["contracts"]] == []
    assert venue.fetch_my_trades(PERP)[0]["fee"]["cost"] > 0
    assert venue.fetch_balance({"type": "swap"})["USDT"]["total"] > 0


def test_it_borrows_and_repays_on_margin(venue: Any) -> None:
    venue.transfer("USDT", 1000, "spot", "margin", {"symbol": "BTC_USDT"})
    rate = venue.fetch_isolated_borrow_rate(SPOT)
    assert rate["quoteRate"] == 0.00002
    venue.borrow_isolated_margin(SPOT, "USDT", 500)
    balance = venue.fetch_balance({"type": "spot", "marginMode": "isolated"})
    assert balance[SPOT]["USDT"]["free"] == 1500
    assert balance[SPOT]["USDT"]["debt"] == 500.01
    placed = venue.create_order(SPOT, "market", "buy", 1000, None, {
        "marginMode": "isolated", "createMarketBuyOrderRequiresPrice": False,
    })  # fmt: skip
    assert venue.fetch_order(placed["id"], SPOT)["status"] == "closed"
    venue.repay_isolated_margin(SPOT, "USDT", 100)
    assert venue.fetch_borrow_interest("USDT", SPOT)[0]["amountBorrowed"] == 500


def test_a_wrong_key_or_memo_is_told_as_the_venue_tells_it(url: str) -> None:
    for parts, method in (
        ({"apiKey": "other", "secret": KEY.secret, "uid": KEY.passphrase}, "fetch_balance"),
        ({"apiKey": KEY.key, "secret": KEY.secret, "uid": "other"}, "fetch_open_orders"),
    ):
        other = ccxt.bitmart(parts)
        other.urls["api"] = {"spot": url, "swap": url}
        with pytest.raises(ccxt.AuthenticationError):
            getattr(other, method)(**({"params": {"type": "spot"}} if method == "fetch_open_orders" else {}))
        other.session.close()
