"""The account behind the faces: kept, shared, and written only when it has changed."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from blave_mcp.exchanges.paper.face import MemoryBookStore
from blave_mcp.exchanges.paper.face_books import KEEP_NOTES, Books, Refused
from blave_mcp.exchanges.paper.feeds import FeedMarket
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from tests.exchanges.paper.face_client import BALANCES, START, House, few_listings, futures, spot


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
    later = House(clock=house.clock, store=MemoryBookStore(store.load()))
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


def test_notes_are_kept_with_the_account_and_the_oldest_go_first():
    store = MemoryBookStore()
    books = Books(store, SyntheticMarket(few_listings()), listings=few_listings())
    with books.open(START) as account:
        for number in range(KEEP_NOTES + 3):
            account.note("changes", {"n": number})
        account.name("names", "1", "one")
    again = Books(MemoryBookStore(store.load()), SyntheticMarket(few_listings()), listings=few_listings())
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
    store_module = pytest.importorskip("blave_mcp.server.store")
    store = store_module.PaperBooks(tmp_path / "paper.sqlite3")
    house = House(store=store)
    spot(house).ok("POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01")
    store.close()
    again = store_module.PaperBooks(tmp_path / "paper.sqlite3")
    try:
        assert len(spot(House(store=again)).ok("GET", "/api/v3/myTrades", symbol="BTCUSDT")) == 1
    finally:
        again.close()
