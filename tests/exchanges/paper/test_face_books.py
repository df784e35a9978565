"""The account behind the faces: kept, shared, and written only when it has changed."""

import json
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from blave_mcp.exchanges.paper.face import MemoryBookStore
from blave_mcp.exchanges.paper.face_books import KEEP_NOTES, Books, Refused
from blave_mcp.exchanges.paper.faces import open_books
from blave_mcp.exchanges.paper.feeds import FeedMarket
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.paper.types import Rules
from tests.exchanges.paper.face_client import BALANCES, START, House, few_listings, futures, spot
from tests.exchanges.paper.scripted import buy


def a_house() -> tuple[House, MemoryBookStore]:
    store = MemoryBookStore()
    return House(store=store), store


def test_the_first_request_opens_the_account_and_reads_do_not_write_again():
    house, store = a_house()
    spot(house).ok("GET", "/api/v3/account")
    assert store.saves == 1
    for path in ("/api/v3/account", "/api/v3/openOrders", "/api/v3/openOrderList"):
        spot(house).ok("GET", path)
    futures(house).ok("GET", "/fapi/v3/account")
    assert store.saves == 1


def test_a_change_is_written_and_a_refusal_is_not():
    house, store = a_house()
    spot(house).ok("GET", "/api/v3/account")
    spot(house).refused("POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="1000")
    assert store.saves == 1
    spot(house).ok("POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01")
    assert store.saves == 2


def test_a_new_process_finds_the_account_as_it_was_left():
    house, store = a_house()
    futures(house).ok("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=7)
    futures(house).ok("POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.1")
    spot(house).ok("POST", "/sapi/v1/asset/transfer", type="UMFUTURE_MAIN", asset="USDT", amount="1000")
    reads = ("/fapi/v2/positionRisk", "/fapi/v3/account", "/fapi/v1/income", "/fapi/v1/symbolConfig")
    before = [futures(house).ok("GET", path) for path in reads]
    later = House(clock=house.clock, store=store.copy())
    assert [futures(later).ok("GET", path) for path in reads] == before


def test_processes_that_take_turns_lose_nothing():
    house, store = a_house()
    other = House(clock=house.clock, store=store)
    for each in (house, other) * 5:
        spot(each).ok("POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01")
        each.clock.wait(1)
    ids = [trade["orderId"] for trade in spot(house).ok("GET", "/api/v3/myTrades", symbol="BTCUSDT")]
    assert len(set(ids)) == 10
    assert spot(other).ok("GET", "/api/v3/account") == spot(house).ok("GET", "/api/v3/account")


def test_what_time_does_is_kept_when_the_request_is_refused():
    house, store = a_house()
    venue = futures(house)
    venue.ok("POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.1")
    house.clock.wait(9 * 3_600)
    before = store.saves
    venue.refused("POST", "/fapi/v1/marginType", symbol="BTCUSDT", marginType="CROSSED")
    assert store.saves == before + 1
    assert [row["incomeType"] for row in venue.ok("GET", "/fapi/v1/income", incomeType="FUNDING_FEE")]
    assert store.saves == before + 1


def test_a_fault_in_the_middle_leaves_the_account_as_it_was():
    store = MemoryBookStore()
    books = Books(store, SyntheticMarket(few_listings()), listings=few_listings(), balances=BALANCES)
    with books.open(START):
        pass
    text = store.load()

    def break_down() -> None:
        with books.open(START) as account:
            account.exchange.transfer("USDT", Decimal(1), source="spot", target="perp", now_ms=START)
            raise RuntimeError("a fault")

    with pytest.raises(RuntimeError, match="fault"):
        break_down()
    assert store.load() == text
    with books.open(START) as account:
        assert account.exchange.balance("spot", "USDT", START).total == Decimal(50_000)


class Watched(MemoryBookStore):
    """Remembers what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def save(self, text: str, rows: Sequence[tuple[str, str]] = (), **terms: Any) -> None:
        self.sizes.append(len(text) + sum(len(row) for _, row in rows))
        super().save(text, rows, **terms)


def test_what_an_order_writes_does_not_grow_with_what_was_traded_before():
    store = Watched()
    house = House(store=store)
    for number in range(120):
        side = ("BUY", "SELL")[number % 2]
        futures(house).ok("POST", "/fapi/v1/order", symbol="BTCUSDT", side=side, type="MARKET", quantity="0.01")
        house.clock.wait(1)
    early, late = store.sizes[2:12], store.sizes[-10:]
    assert max(late) < min(early) * 1.1
    again = House(clock=house.clock, store=store.copy())
    reads = ("/fapi/v1/userTrades", "/fapi/v1/allOrders")
    for path in reads:
        rows = futures(again).ok("GET", path, symbol="BTCUSDT", limit=500)
        assert len(rows) == 120
        assert rows == futures(house).ok("GET", path, symbol="BTCUSDT", limit=500)


def test_rows_beyond_what_is_kept_are_forgotten_here_and_in_the_store():
    store = MemoryBookStore()
    rules = Rules(keep_orders=5, keep_fills=4, keep_entries=3)
    books = Books(store, SyntheticMarket(few_listings()), listings=few_listings(), balances=BALANCES, rules=rules)
    for number in range(12):
        with books.open(START + number) as account:
            account.exchange.place(buy("BTCUSDT:spot", "0.01"), START + number)
    counts = Counter(log for log, _ in store.rows())
    assert counts == {"done": 5, "fills": 4, "entries": 3}
    again = Books(store.copy(), SyntheticMarket(few_listings()), listings=few_listings(), rules=rules)
    with again.open(START + 12) as account, books.open(START + 12) as first:
        assert account.exchange.to_json() == first.exchange.to_json()
        assert [order.id for order in account.exchange.orders(START + 12)] == [8, 9, 10, 11, 12]
        assert [fill.order_id for fill in account.exchange.fills(START + 12)] == [9, 10, 11, 12]
        assert len(account.exchange.fills(START + 12, order_id=12)) == 1
        assert account.exchange.fills(START + 12, order_id=8) == ()


def test_lists_of_orders_come_back_open_and_done():
    store = MemoryBookStore()
    house = House(store=store)
    venue = spot(house)
    for _ in range(2):
        spot(house).ok(
            "POST", "/api/v3/orderList/oco", symbol="BTCUSDT", side="SELL", quantity="0.01", aboveType="LIMIT_MAKER",
            abovePrice=venue.near("1.1"), belowType="STOP_LOSS", belowStopPrice=venue.near("0.9"),
        )  # fmt: skip
    first = spot(house).ok("GET", "/api/v3/openOrderList")[0]["orderListId"]
    spot(house).ok("DELETE", "/api/v3/orderList", symbol="BTCUSDT", orderListId=first)
    again = House(clock=house.clock, store=store.copy())
    for path in ("/api/v3/allOrderList", "/api/v3/openOrderList", "/api/v3/openOrders", "/api/v3/account"):
        assert spot(again).ok("GET", path) == spot(house).ok("GET", path)


def test_books_of_the_format_before_are_read_and_written_anew():
    """Format 1 held the whole account in the text, as JSON within JSON."""
    store = MemoryBookStore()
    house = House(store=store)
    for side in ("BUY", "SELL", "BUY"):
        spot(house).ok("POST", "/api/v3/order", symbol="BTCUSDT", side=side, type="MARKET", quantity="0.01")
    books = Books(store, SyntheticMarket(few_listings()), listings=few_listings(), balances=BALANCES)
    with books.open(house.clock()) as account:
        old = json.dumps({"format": 1, "exchange": account.exchange.to_json(), "notes": account.notes})
    former = MemoryBookStore(old)
    later = House(clock=house.clock, store=former)
    reads = ("/api/v3/account", "/api/v3/openOrders")
    assert [spot(later).ok("GET", path) for path in reads] == [spot(house).ok("GET", path) for path in reads]
    assert json.loads(former.load() or "")["format"] == 2
    assert sorted(former.rows()) == sorted(store.rows())
    assert former.saves == 1
    trades = spot(House(clock=house.clock, store=former.copy())).ok("GET", "/api/v3/myTrades", symbol="BTCUSDT")
    assert trades == spot(house).ok("GET", "/api/v3/myTrades", symbol="BTCUSDT")


def test_faces_that_share_open_books_do_not_read_them_again():
    store = MemoryBookStore()
    books = open_books("binance", SyntheticMarket(few_listings()), store, listings=few_listings(), balances=BALANCES)
    with books.open(START) as first:
        first.exchange.place(buy("BTCUSDT:spot", "0.01"), START)
    with books.open(START) as second:
        assert second is first


def test_notes_are_kept_with_the_account_and_the_oldest_go_first():
    store = MemoryBookStore()
    books = Books(store, SyntheticMarket(few_listings()), listings=few_listings())
    with books.open(START) as account:
        for number in range(KEEP_NOTES + 3):
            account.note("changes", {"n": number})
        account.name("names", "1", "one")
    again = Books(store.copy(), SyntheticMarket(few_listings()), listings=few_listings())
    with again.open(START) as account:
        assert [row["n"] for row in account.noted_under("changes")] == list(range(3, KEEP_NOTES + 3))
        assert account.named("names") == {"1": "one"}
        assert account.noted_under("nothing") == []


def test_a_refusal_after_a_change_keeps_the_change():
    store = MemoryBookStore()
    books = Books(store, SyntheticMarket(few_listings()), listings=few_listings())

    def refuse() -> None:
        with books.open(START) as account:
            account.note("changes", {"n": 1})
            raise Refused("half of it was done")

    with pytest.raises(Refused):
        refuse()
    with books.open(START) as account:
        assert account.noted_under("changes") == [{"n": 1}]


@pytest.mark.parametrize("text", ["", "x", "[]", json.dumps({"format": 99})])
def test_books_that_are_none_are_refused_and_left_alone(text: str):
    store = MemoryBookStore(text)
    books = Books(store, SyntheticMarket(few_listings()), listings=few_listings())
    with pytest.raises(ValueError, match="the books are"), books.open(START):
        pass
    assert store.load() == text


def test_a_feed_stays_where_the_first_price_has_set_it(tmp_path: Path):
    path = tmp_path / "BTCUSDT.csv"
    rows = [f"{1_577_836_800 + n * 3_600},{100 + n},{110 + n},{90 + n},{101 + n},10" for n in range(4_000)]
    path.write_text("\n".join(["time,open,high,low,close,volume", *rows]) + "\n")
    listings = tuple(each for each in few_listings() if each.symbol == "BTCUSDT")

    def a_process(house: House | None = None) -> House:
        market = FeedMarket.from_file(path, SyntheticMarket(listings))
        if house is None:
            return House(market=market, listings=listings)
        return House(market=market, listings=listings, clock=house.clock, store=house.store)

    house = a_process()
    spot(house).get("/api/v3/time")
    first = spot(house).price()
    house.clock.wait(86_400)
    assert spot(a_process(house)).price() == spot(house).price() != first


def test_the_books_of_the_server_fit(tmp_path: Path):
    store_module = pytest.importorskip("blave_mcp.server.paper_books")
    store = store_module.PaperBooks(tmp_path / "paper.sqlite3")
    house = House(store=store)
    spot(house).ok("POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01")
    store.close()
    again = store_module.PaperBooks(tmp_path / "paper.sqlite3")
    try:
        assert len(spot(House(store=again)).ok("GET", "/api/v3/myTrades", symbol="BTCUSDT")) == 1
    finally:
        again.close()
