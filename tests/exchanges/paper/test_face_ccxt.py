"""ccxt, which knows nothing of us, trades on both Binance faces over HTTP on loopback."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from blave_mcp.exchanges.paper.face import FaceTransport, MemoryBookStore
from blave_mcp.exchanges.paper.faces import open_face
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.server.paper_http import MAX_BODY, listener, serve, server_of
from tests.exchanges.paper.face_client import BALANCES, FUTURES, KEY, SECRET, SPOT, few_listings, form, signature

pytestmark = pytest.mark.slow


@contextmanager
def served(face: FaceTransport) -> Iterator[str]:
    """Serves a face in a thread of its own."""
    bound = listener()
    server = server_of(face)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        bound.close()
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def hosts() -> Iterator[dict[str, str]]:
    market, store = SyntheticMarket(few_listings()), MemoryBookStore()

    def face(name: str) -> FaceTransport:
        clock = lambda: time.time_ns() // 1_000_000  # noqa: E731
        return open_face(name, market, store, clock, KEY, SECRET, listings=few_listings(), balances=BALANCES)

    with served(face(SPOT)) as spot_url, served(face(FUTURES)) as futures_url:
        yield {SPOT: spot_url, FUTURES: futures_url}


def client(hosts: dict[str, str], kind: str) -> Any:
    ccxt = pytest.importorskip("ccxt")
    types = {"spot": ["spot"], "swap": ["linear"]}[kind]
    venue = ccxt.binance(
        {
            "apiKey": KEY,
            "secret": SECRET,
            "enableRateLimit": False,
            "options": {"defaultType": kind, "fetchMarkets": {"types": types}, "fetchCurrencies": kind == "spot"},
        }
    )
    venue.session.trust_env = False
    hosts_by_path = {"/fapi/": hosts[FUTURES], "/api/": hosts[SPOT], "/sapi/": hosts[SPOT]}
    for name, url in venue.urls["api"].items():
        path = next((part for part in hosts_by_path if part in f"{url}/"), None)
        if path is not None:
            venue.urls["api"][name] = hosts_by_path[path] + path + url.partition(path)[2]
    return venue


@pytest.fixture
def spot(hosts: dict[str, str]) -> Iterator[Any]:
    venue = client(hosts, "spot")
    yield venue
    venue.session.close()


@pytest.fixture
def swap(hosts: dict[str, str]) -> Iterator[Any]:
    venue = client(hosts, "swap")
    yield venue
    venue.session.close()


def test_ccxt_trades_spot_from_markets_to_fills(spot: Any):
    markets = spot.load_markets()
    assert set(markets) == {"BTC/USDT", "ETH/USDT", "DOGE/USDT"}
    assert markets["BTC/USDT"]["limits"]["cost"]["min"] == 5
    assert markets["BTC/USDT"]["precision"] == {"amount": 0.00001, "price": 0.01} | markets["BTC/USDT"]["precision"]
    before = spot.fetch_balance()
    assert before["total"]["USDT"] == 50_000
    bought = spot.create_market_buy_order("BTC/USDT", 0.01)
    assert (bought["status"], bought["filled"], bought["fee"]["currency"]) == ("closed", 0.01, "BTC")
    price = spot.fetch_ticker("BTC/USDT")["last"]
    resting = spot.create_limit_buy_order("BTC/USDT", 0.01, price * 0.97)
    assert [order["id"] for order in spot.fetch_open_orders("BTC/USDT")] == [resting["id"]]
    assert spot.fetch_order(resting["id"], "BTC/USDT")["status"] == "open"
    assert spot.cancel_order(resting["id"], "BTC/USDT")["status"] == "canceled"
    trades = spot.fetch_my_trades("BTC/USDT")
    assert sum(trade["amount"] for trade in trades) == pytest.approx(0.01)
    after = spot.fetch_balance()
    assert after["total"]["USDT"] == pytest.approx(50_000 - bought["cost"])
    assert after["total"]["BTC"] == pytest.approx(1.01 - bought["fee"]["cost"])


def test_ccxt_places_what_waits_on_spot(spot: Any):
    spot.load_markets()
    price = spot.fetch_ticker("BTC/USDT")["last"]
    stop = spot.create_order("BTC/USDT", "limit", "sell", 0.01, price * 0.94, {"stopLossPrice": price * 0.95})
    assert stop["type"] == "limit" or stop["info"]["type"] == "STOP_LOSS_LIMIT"
    maker = spot.create_order("BTC/USDT", "limit", "sell", 0.01, price * 1.05, {"postOnly": True})
    assert maker["postOnly"]
    assert {order["id"] for order in spot.fetch_open_orders("BTC/USDT")} == {stop["id"], maker["id"]}
    spot.cancel_all_orders("BTC/USDT")
    assert spot.fetch_open_orders("BTC/USDT") == []
    assert {order["status"] for order in spot.fetch_orders("BTC/USDT") if order["id"] in (stop["id"], maker["id"])} == {
        "canceled"
    }


def test_ccxt_reads_spot_market_data(spot: Any):
    spot.load_markets()
    candles = spot.fetch_ohlcv("ETH/USDT", "1h", limit=24)
    assert len(candles) == 24
    book = spot.fetch_order_book("ETH/USDT", 10)
    assert book["bids"][0][0] < book["asks"][0][0]
    assert len(spot.fetch_trades("ETH/USDT", limit=10)) == 10
    assert set(spot.fetch_tickers()) == {"BTC/USDT", "ETH/USDT", "DOGE/USDT"}
    assert abs(spot.fetch_time() - time.time() * 1_000) < 5_000
    assert "BTC" in spot.fetch_currencies()
    assert spot.fetch_trading_fee("BTC/USDT")["taker"] == 0.001


def test_ccxt_understands_refusals(spot: Any):
    ccxt: Any = pytest.importorskip("ccxt")
    spot.load_markets()
    with pytest.raises(ccxt.InsufficientFunds):
        spot.create_market_buy_order("BTC/USDT", 50)
    with pytest.raises(ccxt.OrderNotFound):
        spot.fetch_order("999999", "BTC/USDT")
    with pytest.raises(ccxt.OrderNotFound):
        spot.cancel_order("999999", "BTC/USDT")
    with pytest.raises(ccxt.BadRequest, match="NOTIONAL"):
        spot.create_market_buy_order("BTC/USDT", 0.00001)
    spot.secret = "wrong"
    with pytest.raises(ccxt.AuthenticationError):
        spot.fetch_balance()
    spot.apiKey = "wrong"
    with pytest.raises(ccxt.AuthenticationError):
        spot.fetch_balance()


def test_ccxt_trades_futures_from_leverage_to_flat(swap: Any):
    symbol = "BTC/USDT:USDT"
    assert set(swap.load_markets()) == {symbol, "ETH/USDT:USDT", "DOGE/USDT:USDT"}
    assert swap.fetch_balance()["total"]["USDT"] == 50_000
    assert swap.set_leverage(10, symbol)["leverage"] == 10
    swap.set_margin_mode("isolated", symbol)
    assert swap.fetch_leverage(symbol)["longLeverage"] == 10
    assert swap.fetch_margin_mode(symbol)["marginMode"] == "isolated"
    assert not swap.fetch_position_mode(symbol)["hedged"]
    bought = swap.create_market_buy_order(symbol, 0.1)
    assert (bought["status"], bought["filled"]) == ("closed", 0.1)
    (position,) = swap.fetch_positions([symbol])
    assert (position["contracts"], position["side"], position["marginMode"]) == (0.1, "long", "isolated")
    assert position["entryPrice"] == bought["average"]
    assert position["liquidationPrice"] < position["entryPrice"]
    (risk,) = swap.fetch_positions_risk([symbol])
    assert (risk["contracts"], risk["side"]) == (0.1, "long")
    added = swap.add_margin(symbol, 50)
    assert added["amount"] == 50

    price = swap.fetch_ticker(symbol)["last"]
    resting = swap.create_limit_buy_order(symbol, 0.1, price * 0.97)
    changed = swap.edit_order(resting["id"], symbol, "limit", "buy", 0.2, price * 0.96)
    assert changed["amount"] == 0.2
    assert [order["id"] for order in swap.fetch_open_orders(symbol)] == [resting["id"]]
    assert swap.cancel_order(resting["id"], symbol)["status"] == "canceled"

    sold = swap.create_market_sell_order(symbol, 0.1, {"reduceOnly": True})
    assert sold["status"] == "closed"
    assert swap.fetch_positions([symbol]) == []
    assert {trade["side"] for trade in swap.fetch_my_trades(symbol)} == {"buy", "sell"}
    assert swap.fetch_ledger("USDT")


def test_ccxt_places_stops_as_algo_orders(swap: Any):
    symbol = "ETH/USDT:USDT"
    swap.load_markets()
    swap.create_market_buy_order(symbol, 1)
    price = swap.fetch_ticker(symbol)["last"]
    stop = swap.create_order(symbol, "market", "sell", 1, None, {"stopLossPrice": price * 0.95, "reduceOnly": True})
    take = swap.create_order(symbol, "market", "sell", 1, None, {"takeProfitPrice": price * 1.05, "reduceOnly": True})
    assert [order["info"]["orderType"] for order in (stop, take)] == ["STOP_MARKET", "TAKE_PROFIT_MARKET"]
    assert {order["id"] for order in swap.fetch_open_orders(symbol, params={"trigger": True})} == {
        stop["id"],
        take["id"],
    }
    assert swap.fetch_open_orders(symbol) == []
    assert swap.fetch_order(stop["id"], symbol, {"trigger": True})["stopPrice"] == pytest.approx(price * 0.95, abs=0.01)
    for order in (stop, take):
        swap.cancel_order(order["id"], symbol, {"trigger": True})
    assert swap.fetch_open_orders(symbol, params={"trigger": True}) == []
    swap.create_market_sell_order(symbol, 1, {"reduceOnly": True})


def test_ccxt_reads_futures_market_data(swap: Any):
    symbol = "BTC/USDT:USDT"
    swap.load_markets()
    assert len(swap.fetch_ohlcv(symbol, "4h", limit=10)) == 10
    assert len(swap.fetch_mark_ohlcv(symbol, "1h", limit=3)) == 3
    assert swap.fetch_funding_rate(symbol)["fundingRate"] is not None
    assert len(swap.fetch_funding_rate_history(symbol, limit=3)) == 3
    assert swap.fetch_open_interest(symbol)["openInterestAmount"] > 0
    assert swap.fetch_leverage_tiers([symbol])[symbol][0]["maxLeverage"] == 125
    assert swap.fetch_trading_fee(symbol)["maker"] == 0.0002
    assert swap.fetch_bids_asks([symbol])[symbol]["bid"] > 0


def test_ccxt_moves_money_between_the_wallets(spot: Any, swap: Any):
    spot.load_markets()
    before = swap.fetch_balance()["total"]["USDT"]
    assert spot.transfer("USDT", 25, "spot", "future")["id"]
    assert swap.fetch_balance()["total"]["USDT"] == pytest.approx(before + 25)
    assert spot.fetch_transfers("USDT")[0]["amount"] == 25


def test_bytes_reach_the_face_as_they_were_sent(hosts: dict[str, str]):
    # An encoded comma and a lower-case escape: whatever decodes and encodes them again breaks the signature.
    query = "symbol=BTCUSDT&side=BUY&type=MARKET&newClientOrderId=a%3ab%2Fc"
    body = f"quantity=0.01&timestamp={time.time_ns() // 1_000_000}"
    with httpx.Client(trust_env=False, base_url=hosts[SPOT], headers={"X-MBX-APIKEY": KEY}) as http:
        form_kind = {"Content-Type": "application/x-www-form-urlencoded"}
        signed = f"{body}&signature={signature(query + body)}"
        reply = http.post(httpx.URL(f"{hosts[SPOT]}/api/v3/order?{query}"), content=signed, headers=form_kind)
        assert (reply.status_code, reply.json()["clientOrderId"]) == (200, "a:b/c")
        assert reply.headers["x-mbx-order-count-10s"]
        assert http.get("/api/v3/nothing").json()["code"] == -1020
        assert http.post("/api/v3/order", content=b"x" * (MAX_BODY + 1)).status_code == 413


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])  # noqa: S104 - refused before it is bound
def test_a_face_is_served_on_loopback_only(host: str):
    with pytest.raises(ValueError, match="on loopback only"):
        listener(host)


def test_a_port_that_is_taken_is_told():
    with listener() as bound, pytest.raises(OSError, match="in use"):
        listener(port=bound.getsockname()[1])


async def test_a_served_face_tells_its_port_and_ends_when_it_is_cancelled():
    import anyio

    face = open_face(
        SPOT,
        SyntheticMarket(few_listings()),
        MemoryBookStore(),
        lambda: 1_760_000_000_000,
        KEY,
        SECRET,
        listings=few_listings(),
    )
    ports: list[int] = []
    ready = anyio.Event()

    def told(port: int) -> None:
        ports.append(port)
        ready.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: serve(face, ready=told))
        with anyio.fail_after(10):
            await ready.wait()
            async with httpx.AsyncClient(trust_env=False) as http:
                reply = await http.get(f"http://127.0.0.1:{ports[0]}/api/v3/time?{form({})}")
        assert reply.json() == {"serverTime": 1_760_000_000_000}
        tasks.cancel_scope.cancel()
