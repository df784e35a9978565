"""ccxt as a client of BingX's face over loopback HTTP: an independent signer and reader of its answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import localcontext
from typing import Any

import ccxt  # type: ignore[import-untyped]
import pytest

from blave_mcp.exchanges.paper.face import MemoryBookStore
from blave_mcp.exchanges.paper.faces import open_face
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.server.paper_http import listener, server_of
from tests.server.venues import now_ms

SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    face = open_face("bingx", SyntheticMarket(), MemoryBookStore(), now_ms, "paper-key", "paper-secret")
    bound = listener()
    server = server_of(face)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{bound.getsockname()[1]}/openApi"
    server.should_exit = True
    thread.join(10)
    bound.close()


@pytest.fixture(autouse=True)
def own_arithmetic() -> Iterator[None]:
    """ccxt sets how this thread rounds, and leaves it so."""
    with localcontext():
        yield


@pytest.fixture
def client(url: str) -> Any:
    made = ccxt.bingx({"apiKey": "paper-key", "secret": "paper-secret", "enableRateLimit": False})
    made.urls["api"] = dict.fromkeys(made.urls["api"], url)
    made.session.trust_env = False
    return made


def test_it_finds_the_markets(client: Any) -> None:
    markets = client.load_markets()
    assert markets[SPOT]["spot"]
    assert markets[SPOT]["active"]
    assert markets[SWAP]["linear"]
    assert markets[SWAP]["precision"] == {"amount": 0.001, "price": 0.1}
    assert abs(client.fetch_time() - now_ms()) < 5_000


def test_it_reads_the_market(client: Any) -> None:
    for symbol in (SPOT, SWAP):
        ticker, book = client.fetch_ticker(symbol), client.fetch_order_book(symbol, 5)
        assert ticker["bid"] < ticker["ask"]
        assert book["bids"][0][0] < book["asks"][0][0]
        assert len(client.fetch_ohlcv(symbol, "1h", limit=3)) == 3
        assert client.fetch_trades(symbol, limit=3)
    assert client.fetch_funding_rate(SWAP)["markPrice"] > 0
    assert client.fetch_open_interest(SWAP)["openInterestValue"] > 0


def test_it_trades_spot(client: Any) -> None:
    before = client.fetch_balance({"type": "spot"})
    price = client.fetch_ticker(SPOT)["last"]
    limit = client.create_order(SPOT, "limit", "buy", 0.01, round(price * 0.9, 2))
    assert limit["status"] == "open"
    assert [one["id"] for one in client.fetch_open_orders(SPOT)] == [limit["id"]]
    assert client.cancel_order(limit["id"], SPOT)["status"] == "canceled"
    assert client.fetch_open_orders(SPOT) == []
    bought = client.create_order(SPOT, "market", "buy", 0.01)
    assert client.fetch_order(bought["id"], SPOT)["status"] == "closed"
    after = client.fetch_balance({"type": "spot"})
    assert after["BTC"]["free"] == pytest.approx(before["BTC"]["free"] + 0.00999)
    trades = client.fetch_my_trades(SPOT)
    assert trades[-1]["order"] == bought["id"]
    assert client.fetch_trading_fee(SPOT)["taker"] == 0.001


def test_it_trades_the_perpetual(client: Any) -> None:
    assert client.fetch_balance({"type": "swap"})["USDT"]["free"] > 0
    assert client.set_leverage(7, SWAP, {"side": "BOTH"})["data"]["leverage"] == 7
    assert client.fetch_leverage(SWAP)["longLeverage"] == 7
    assert client.fetch_position_mode()["hedged"] is False
    price = client.fetch_ticker(SWAP)["last"]
    limit = client.create_order(SWAP, "limit", "buy", 0.01, round(price * 0.9, 1))
    assert [one["id"] for one in client.fetch_open_orders(SWAP)] == [limit["id"]]
    edited = client.edit_order(limit["id"], SWAP, "limit", "buy", 0.02, round(price * 0.89, 1))
    assert client.cancel_order(edited["id"], SWAP)["status"] == "canceled"
    opened = client.create_order(SWAP, "market", "buy", 0.01)
    assert client.fetch_order(opened["id"], SWAP)["status"] == "closed"
    (held,) = client.fetch_positions([SWAP])
    assert (held["side"], held["contracts"], held["leverage"], held["marginMode"]) == ("long", 0.01, 7.0, "cross")
    stop = client.create_order(SWAP, "market", "sell", 0.01, None, {"stopLossPrice": round(price * 0.9, 1)})
    assert client.fetch_order(stop["id"], SWAP)["stopLossPrice"] == round(price * 0.9, 1)
    client.cancel_all_orders(SWAP)
    client.close_position(SWAP)
    assert client.fetch_positions([SWAP]) == []
    assert {one["side"] for one in client.fetch_my_trades(SWAP)} <= {"buy", "sell", None}
    assert client.fetch_market_leverage_tiers(SWAP)[0]["maintenanceMarginRate"] == 0.004


def test_it_moves_money_between_wallets(client: Any) -> None:
    moved = client.transfer("USDT", 25, "spot", "swap")
    (told,) = client.fetch_transfers("USDT", params={"fromAccount": "spot", "toAccount": "swap"})
    assert (told["id"], told["amount"], told["status"]) == (moved["id"], 25.0, "ok")


def test_its_mistakes_are_told_as_its_own_errors(client: Any) -> None:
    with pytest.raises(ccxt.InsufficientFunds):
        client.create_order(SPOT, "market", "buy", 50)
    with pytest.raises(ccxt.InsufficientFunds):
        client.create_order(SWAP, "market", "buy", 20)
    client.secret = "other"
    with pytest.raises(ccxt.AuthenticationError):
        client.fetch_balance({"type": "spot"})
