"""What is stored is all there is: a restored account behaves as the original would."""

import json
import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blave_mcp.exchanges.paper.exchange import PaperExchange
from blave_mcp.exchanges.paper.listings import default_listings
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.paper.types import OrderType, Rules, Side, TriggerBy
from tests.exchanges.paper.deeds import Deed, Life, beginnings, deeds
from tests.exchanges.paper.scripted import LISTINGS, PERP, SPOT, T0, buy, new_exchange, new_market, request, sell

D = Decimal


@given(beginning=beginnings, story=deeds, cut=st.integers(0, 29))
@settings(deadline=None, max_examples=300)
def test_a_restored_account_goes_on_exactly_as_the_original(
    beginning: tuple[int, bool, bool, int], story: list[Deed], cut: int
):
    life = Life.begin(beginning)
    for deed in story[:cut]:
        life.do(deed)
    text = life.exchange.to_json()
    rules = life.exchange.rules
    twin = Life(
        PaperExchange.from_json(text, life.market, listings=LISTINGS.values(), rules=rules),
        life.market,
        life.start,
        life.now,
    )
    assert twin.exchange.to_json() == text
    for deed in story[cut:]:
        now, steps = life.now, {key: list(ticks) for key, ticks in life.market.ticks.items()}
        life.do(deed)
        # The market is shared: what the deed did to it is undone before the twin does it again.
        after = life.market.ticks
        twin.now, life.market.ticks = now, steps
        twin.do(deed)
        life.market.ticks = after
        assert twin.now == life.now
    life.exchange.advance(life.now)
    twin.exchange.advance(life.now)
    assert twin.exchange.to_json() == life.exchange.to_json()


@given(
    seed=st.integers(0, 50),
    cuts=st.lists(st.integers(1, 3 * 86_400_000), max_size=6),
    leverage=st.sampled_from(["5", "50", "125"]),
    callback=st.sampled_from(["0.002", "0.01", "0.05"]),
    mark=st.booleans(),
)
@settings(deadline=None, max_examples=60)
def test_what_happens_does_not_depend_on_how_often_someone_looks(
    seed: int, cuts: list[int], leverage: str, callback: str, mark: bool
):
    start = 1_750_000_000_123
    end = start + 3 * 86_400_000
    market = SyntheticMarket(seed=seed)

    def account() -> PaperExchange:
        exchange = PaperExchange(
            market, now_ms=start, balances={"perp": {"USDT": D(1_000)}, "spot": {"USDT": D(90_000)}}
        )
        last = market.prices(PERP, start).last
        exchange.set_leverage(PERP, D(leverage), start)
        exchange.place(buy(PERP, str(D(leverage) * 400 / last // D("0.001") * D("0.001"))), start)
        exchange.place(buy("ETHUSDT:perp", "0.1"), start)
        trailing = request(
            PERP, Side.SELL, OrderType.TRAILING_STOP, "0.004", callback_rate=callback, reduce_only=True,
            trigger_by=TriggerBy.MARK if mark else TriggerBy.LAST,
        )  # fmt: skip
        exchange.place(trailing, start)
        exchange.place(buy(SPOT, "0.05", str(last // 1 * D("0.99"))), start)
        exchange.place(sell(PERP, "0.003", str(last // 1 * D("1.01") // D("0.1") * D("0.1")), reduce_only=True), start)
        return exchange

    once, often = account(), account()
    once.advance(end)
    for cut in sorted(cuts):
        often.advance(start + cut)
    often.advance(end)
    assert often.to_json() == once.to_json()


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_a_trailing_stop_on_the_mark_knows_the_best_mark_exactly(side: Side):
    start = 1_750_000_000_123
    market = SyntheticMarket(seed=2)
    exchange = PaperExchange(market, now_ms=start, balances={"perp": {"USDT": D(90_000)}})
    exchange.place(request(PERP, side.opposite, OrderType.MARKET, "0.01"), start)
    trailing = request(PERP, side, OrderType.TRAILING_STOP, "0.01", callback_rate="0.2", trigger_by=TriggerBy.MARK)
    order = exchange.place(trailing, start)
    end = start + 6 * 3_600_000
    marks = [market.prices(PERP, start).mark, *(tick.mark for tick in market.path(PERP, start, end))]
    assert exchange.order(end, order_id=order.id).extreme == (min(marks) if side is Side.BUY else max(marks))


def test_time_never_goes_back():
    exchange = new_exchange()
    exchange.advance(T0 + 5_000)
    order = exchange.place(buy(SPOT, "0.1", "49000"), T0)
    assert (exchange.settled_ms, order.created_ms) == (T0 + 5_000, T0 + 5_000)


def test_the_version_rises_with_changes_and_not_with_questions():
    market = new_market()
    exchange = new_exchange(market)
    before = exchange.version
    exchange.balances(T0 + 1)
    exchange.positions(T0 + 2, include_empty=True)
    exchange.check(buy(SPOT, "0.1"), T0 + 3)
    assert exchange.version == before
    exchange.place(buy(SPOT, "0.1", "49000"), T0 + 4)
    placed = exchange.version
    exchange.advance(T0 + 1_000)
    assert before < placed == exchange.version
    market.move(SPOT, T0 + 2_000, "49000")
    exchange.advance(T0 + 3_000)
    assert exchange.version > placed


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version":1}', "null", '{"version":1,"market":"x","account":{}}'])
def test_what_is_no_stored_account_is_an_error(text: str):
    with pytest.raises(ValueError, match=r"."):
        PaperExchange.from_json(text, SyntheticMarket())


def test_another_version_or_a_lost_listing_is_an_error_that_says_so():
    exchange = new_exchange()
    exchange.place(buy(PERP, "0.1"), T0)
    state = json.loads(exchange.to_json())
    with pytest.raises(ValueError, match="not listed: BTCUSDT:perp"):
        PaperExchange.from_json(json.dumps(state), exchange.market, listings=[LISTINGS[SPOT]])
    state["version"] = 2
    with pytest.raises(ValueError, match="version 2"):
        PaperExchange.from_json(json.dumps(state), exchange.market)


def test_only_the_newest_records_are_kept_and_ids_go_on():
    exchange = new_exchange(rules=Rules(keep_orders=3, keep_fills=2, keep_entries=4))
    for _ in range(5):
        exchange.place(buy(SPOT, "0.01"), T0)
    assert [order.id for order in exchange.orders(T0)] == [3, 4, 5]
    assert [fill.id for fill in exchange.fills(T0)] == [4, 5]
    assert len(exchange.entries(T0)) == 4
    restored = PaperExchange.from_json(
        exchange.to_json(), exchange.market, listings=LISTINGS.values(), rules=exchange.rules
    )
    assert restored.to_json() == exchange.to_json()
    assert restored.place(buy(SPOT, "0.01"), T0).id == 6


def test_a_long_history_does_not_make_saving_slow():
    market = SyntheticMarket()
    now = 1_750_000_000_000
    exchange = PaperExchange(market, now_ms=now)
    price = str(market.prices(SPOT, now).last // 10 * 9)
    for i in range(500):
        exchange.cancel(SPOT, now, order_id=exchange.place(buy(SPOT, "0.01", price, client_id=str(i)), now).id)
    exchange.to_json()
    began = time.perf_counter()
    for _ in range(20):
        exchange.place(buy(SPOT, "0.001", price), now)
        exchange.to_json()
    each = (time.perf_counter() - began) / 20
    # About 1.5 ms on an ordinary machine; the bound only catches a change of kind.
    assert each < 0.05


def test_every_listing_survives_its_own_checks():
    listings = default_listings()
    assert len({x.key for x in listings}) == len(listings) >= 80
    assert {x.symbol for x in listings if x.product.value == "perp"} >= {"BTCUSDT", "ETHUSDT", "SOLUSDT"}
    for x in listings:
        assert x.min_qty <= x.market_max_qty <= x.max_qty
        assert x.min_qty % x.step == 0
        assert [t.floor for t in x.tiers[1:]] == [t.cap for t in x.tiers[:-1]]
