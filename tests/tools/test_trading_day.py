"""The same trading day on every market of every venue's paper face, through the tools that the model calls.

What a market lacks is listed here by name; the tool says it in words, and the day goes on without it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from blave_mcp.exchanges.errors import Unsupported
from blave_mcp.exchanges.models import Market
from blave_mcp.server.app import build
from blave_mcp.server.kinds import kinds
from blave_mcp.server.settings import Settings
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.listings import has_verb
from tests.fakes import FakeClock
from tests.recorder import Recorder
from tests.tools.conftest import call

D = Decimal
MARKETS = [(name, market) for name, kind in kinds().items() for market in kind.markets]
LACKING: dict[tuple[str, Market], set[str]] = {
    ("bitget", Market.SPOT): {"protect"},
    ("bitmart", Market.SPOT): {"protect"},
    ("bitmart", Market.MARGIN): {"protect"},
}
IN_QUOTE = {
    ("bitget", Market.SPOT), ("bitmart", Market.SPOT), ("bitmart", Market.MARGIN), ("okx", Market.MARGIN),
}  # fmt: skip
"""Markets that size a market buy in the quote coin."""
FIRST: dict[tuple[str, Market], dict[str, Any]] = {
    ("bitmart", Market.MARGIN): {
        "endpoint": "spot.margin.move",
        "args": {"symbol": "BTC_USDT", "currency": "USDT", "amount": "5000", "side": "in"},
    },
}
"""What a market wants before it can trade: isolated margin has a wallet for each pair."""
AS_ONE = {"okx": {"oco"}, "bitfinex": {"limit", "stop_market"}}
"""Venues that keep a take-profit and a stop-loss as one order, or as other kinds: listed as what they are."""
BY_LAST = {"bitfinex": {"trigger_by": "last"}}
"""What a protection must say where it goes by the last price alone."""
SYMBOL = "BTC/USDT"
WALLETS = {
    "binance": ("spot", "futures"),
    "okx": ("trading", "funding"),
    "bybit": ("unified", "fund"),
    "bingx": ("spot", "swap"),
    "bitget": ("spot", "futures"),
    "bitfinex": ("exchange", "funding"),
    "bitmart": ("spot", "futures"),
}

on_every_market = pytest.mark.parametrize(("venue", "market"), MARKETS, ids=[f"{v} {m}" for v, m in MARKETS])


class Day:
    """Runs tools on one market; `do` proposes, reads as long as a person does, and confirms."""

    def __init__(self, desk: Desk, clock: FakeClock, venue: str, market: Market) -> None:
        self.desk, self.clock, self.venue, self.market = desk, clock, venue, market
        self.sent = Recorder(desk.venue(venue).client)
        self.here = {"venue": venue, "market": market, "symbol": SYMBOL}

    async def do(self, name: str, **given: Any) -> dict[str, Any]:
        self.sent.requests.clear()
        pending = await call(self.desk, name, **given)
        assert (pending.data["state"], self.sent.writes) == ("pending", [])
        assert "PAPER" in pending.text.splitlines()[1], "the mode comes first"
        self.clock.advance(5)
        done = await call(self.desk, "confirm_action", token=pending.data["token"], confirmation="CONFIRM")
        assert done.data["state"] == "done", done.text
        assert "could not be verified" not in done.text
        assert len(self.sent.writes) == len(done.data["steps"])
        facts: dict[str, Any] = done.data["steps"][-1].get("facts", {})
        return facts

    async def rows(self, name: str, key: str, **given: Any) -> list[dict[str, Any]]:
        table = (await call(self.desk, name, **given)).data[key]
        return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]

    async def near(self, share: str) -> str:
        """A price on the tick at a share of the last."""
        verbs = self.desk.venue(self.venue).markets[self.market]
        instrument = await self.desk.instrument(self.venue, self.market, SYMBOL)
        last = (await self.desk.ask(self.venue, verbs.ticker(instrument.native))).last
        return f"{(last * D(share) // instrument.tick) * instrument.tick:f}"

    def has(self, verb: str) -> bool:
        """Whether the market has it; where not, that it is listed."""
        found = has_verb(self.desk.venue(self.venue).markets[self.market], verb)
        assert found is (verb not in LACKING.get((self.venue, self.market), set())), verb
        return found


@pytest.fixture
async def day(venue: str, market: Market, tmp_path: Path) -> AsyncIterator[Day]:
    clock = FakeClock()
    app = build(Settings(home=tmp_path), clock=clock)
    yield Day(app.desk, clock, venue, market)
    await app.aclose()


async def refusal(day: Day, name: str, **given: Any) -> str:
    with pytest.raises(Unsupported) as told:
        await call(day.desk, name, **given)
    return str(told.value)


async def funded(day: Day) -> None:
    if first := FIRST.get((day.venue, day.market)):
        await day.do("propose_endpoint", venue=day.venue, **first)


@on_every_market
async def test_a_day_ends_in_the_same_answers_everywhere(day: Day):
    here = day.here
    await funded(day)
    balances = await day.rows("get_balances", "balances", venue=day.venue)
    assert any(row["asset"] == "USDT" and D(row["free"]) > 1000 for row in balances)
    assert all(row["usd"] for row in balances), "every asset of the paper account has a price"
    (seen,) = await day.rows("get_ticker", "tickers", venue=day.venue, market=day.market, symbols=SYMBOL)
    assert D(seen["bid"]) < D(seen["ask"])
    found = await call(day.desk, "find_instruments", venue=day.venue, market=day.market, search=SYMBOL, details=True)
    assert (found.data["instrument"]["symbol"], found.data["instrument"]["trading"]) == (SYMBOL, True)

    resting = await day.do("place_order", **here, side="buy", type="limit", size="0.01", price=await day.near("0.9"))
    assert (resting["status"], D(resting["size"]), D(resting["filled"])) == ("open", D("0.01"), D(0))
    order = resting["order_id"]
    (listed,) = await day.rows("get_open_orders", "orders", venue=day.venue, market=day.market)
    assert (listed["order_id"], listed["side"], listed["type"], D(listed["size_base"])) == (
        order, "buy", "limit", D("0.01"),
    )  # fmt: skip
    if day.has("amend"):
        amended = await day.do("amend_order", **here, order=order, size="0.02")
        assert (D(amended["size"]), amended["status"]) == (D("0.02"), "open")
        order = amended["order_id"]
    else:
        assert "amend" in await refusal(day, "amend_order", **here, order=order, size="0.02")
    assert (await day.do("cancel_order", **here, order=order))["status"] == "canceled"
    assert await day.rows("get_open_orders", "orders", venue=day.venue, market=day.market) == []

    if (day.venue, day.market) in IN_QUOTE:
        assert "quote_size" in await refusal(day, "place_order", **here, side="buy", size="0.01")
        crossing = {"type": "limit", "price": await day.near("1.01"), "time_in_force": "ioc"}
    else:
        crossing = {}
    bought = await day.do("place_order", **here, side="buy", size="0.01", **crossing)
    assert (bought["status"], D(bought["filled"])) == ("filled", D("0.01"))
    assert D(bought["average"]) > 0
    await (position_end if has_verb(day.desk.venue(day.venue).markets[day.market], "positions") else spot_end)(day)

    history = await day.rows("get_order_history", "orders", **here)
    assert [row["status"] for row in history].count("filled") >= 2
    assert [row["status"] for row in history].count("canceled") >= 1
    fills = await day.rows("get_fills", "fills", **here)
    sides = [row["side"] for row in fills]
    assert (sides[0], set(sides)) == ("buy", {"buy", "sell"})
    assert sum(D(row["size_base"]) * (1 if row["side"] == "buy" else -1) for row in fills) == 0


async def spot_end(day: Day) -> None:
    """A resting stop, every order canceled, and what was bought sold."""
    here = day.here
    if "stop_market" in day.desk.venue(day.venue).markets[day.market].order_types:
        resting = await day.do(
            "place_order", **here, side="sell", type="stop_market", size="0.01", trigger=await day.near("0.8")
        )
        assert resting["status"] == "untriggered"
    else:
        wish = {"side": "sell", "type": "stop_market", "size": "0.01", "trigger": await day.near("0.8")}
        assert "stop_market" in await refusal(day, "place_order", **here, **wish)
        resting = await day.do(
            "place_order", **here, side="sell", type="limit", size="0.01", price=await day.near("1.1")
        )
    if day.has("cancel_all"):
        await day.do("cancel_all_orders", **here)
    else:
        assert "cancel" in await refusal(day, "cancel_all_orders", **here)
        await day.do("cancel_order", **here, order=resting["order_id"])
    assert await day.rows("get_open_orders", "orders", venue=day.venue, market=day.market) == []
    sold = await day.do("place_order", **here, side="sell", size="0.01")
    assert (sold["status"], D(sold["filled"])) == ("filled", D("0.01"))


async def position_end(day: Day) -> None:
    """The position, its protection, half of it closed and then the rest."""
    here, there = day.here, {"venue": day.venue, "market": day.market}
    (position,) = await day.rows("get_positions", "positions", **there)
    side = position["side"].removesuffix(" (hedge)")
    assert (side, D(position["size_base"]), position["symbol"]) == ("long", D("0.01"), SYMBOL)
    if day.has("protect"):
        await day.do("protect_position", **here, take_profit="10%", stop_loss="5%", **BY_LAST.get(day.venue, {}))
        waiting = await day.rows("get_open_orders", "orders", **there)
        assert {row["type"] for row in waiting} == AS_ONE.get(day.venue, {"take_profit_market", "stop_market"})
        assert {row["side"] for row in waiting} == {"sell"}
    half = await day.do("close_position", **here, percent="50")
    assert [D(one["size"]) for one in half["positions"]] == [D("0.005")]
    assert (await day.do("close_position", **here))["positions"] == []
    assert await day.rows("get_positions", "positions", **there) == []
    for row in await day.rows("get_open_orders", "orders", **there):
        await day.do("cancel_order", **day.here, order=row["order_id"])


@on_every_market
async def test_an_order_that_is_not_found_may_still_arrive_until_its_signature_is_too_old(day: Day):
    await funded(day)
    wish = {"side": "buy", "type": "limit", "size": "0.01", "price": await day.near("0.9")}
    pending = await call(day.desk, "place_order", **day.here, **wish)
    action, hands = day.desk.gate.get(pending.data["action"]), day.desk.hands()
    never_sent, sent_ms = hands.revive(action.steps[-1]), day.clock.now_ms()
    verbs = day.desk.venue(day.venue).markets[day.market]
    soon = await hands.trace(action, never_sent, sent_ms)
    assert soon is not None
    assert soon.found is None, soon.text
    day.clock.advance(verbs.settles_after_ms / 1000 + 1)
    later = await hands.trace(action, never_sent, sent_ms)
    assert later is not None
    assert later.found is False, later.text


PERPETUAL = sorted(venue for venue, market in MARKETS if market is Market.PERPETUAL)
MODE_ELSEWHERE: dict[str, dict[str, Any]] = {
    "okx": {},
    "bybit": {"endpoint": "linear.margin_mode.set", "args": {"setMarginMode": "ISOLATED_MARGIN"}},
}
"""Where an order names its margin mode, and where one endpoint sets that of the whole account."""
NO_MARGIN_CHANGE = {"bitmart"}


@pytest.mark.parametrize("market", [Market.PERPETUAL])
@pytest.mark.parametrize("venue", PERPETUAL)
async def test_what_is_set_is_what_the_next_order_meets(day: Day):
    async def settings() -> dict[str, Any]:
        found: dict[str, Any] = (await call(day.desk, "get_account_settings", **day.here)).data["settings"]
        return found

    at = {"venue": day.venue, "symbol": SYMBOL}
    other = "one_way" if (await settings())["position_mode"] == "hedge" else "hedge"
    await day.do("set_position_mode", venue=day.venue, position_mode=other)
    if other == "hedge":
        await day.do("set_position_mode", venue=day.venue, position_mode="one_way")
    assert (await settings())["position_mode"] == "one_way"
    await day.do("set_leverage", **at, leverage=7)
    assert (await settings())["leverage"] == 7
    if day.venue in MODE_ELSEWHERE:
        assert "margin mode" in await refusal(day, "set_margin_mode", **at, margin_mode="isolated")
        if raw := MODE_ELSEWHERE[day.venue]:
            await day.do("propose_endpoint", venue=day.venue, **raw)
    else:
        mode = "cross" if (await settings())["margin_mode"] == "isolated" else "isolated"
        await day.do("set_margin_mode", **at, margin_mode=mode)
        assert (await settings())["margin_mode"] == mode
    chosen = {} if MODE_ELSEWHERE.get(day.venue) else {"margin_mode": "isolated"}
    await day.do("place_order", **day.here, side="buy", size="0.01", **chosen)
    (before,) = await day.rows("get_positions", "positions", venue=day.venue, market=day.market)
    if day.venue in NO_MARGIN_CHANGE:
        assert "margin" in await refusal(day, "adjust_margin", **at, amount="25")
    else:
        await day.do("adjust_margin", **at, amount="25")
        (after,) = await day.rows("get_positions", "positions", venue=day.venue, market=day.market)
        assert D(after["liquidation"]) < D(before["liquidation"])


@pytest.mark.parametrize("venue", sorted(WALLETS))
async def test_funds_move_between_the_wallets_and_none_is_lost(venue: str, tmp_path: Path):
    market = next(iter(kinds()[venue].markets))
    app = build(Settings(home=tmp_path), clock=(clock := FakeClock()))
    day = Day(app.desk, clock, venue, market)

    async def held() -> dict[str, Decimal]:
        rows = await day.rows("get_balances", "balances", venue=venue)
        return {row["wallet"]: D(row["total"]) for row in rows if row["asset"] == "USDT"}

    before, (source, target) = await held(), WALLETS[venue]
    await day.do("transfer_funds", venue=venue, asset="USDT", amount="12.5", source=source, target=target)
    after = await held()
    assert sum(after.values()) == sum(before.values())
    assert sorted(
        after.get(name, D(0)) - before.get(name, D(0)) for name in before | after if after.get(name) != before.get(name)
    ) == [D("-12.5"), D("12.5")]
    await app.aclose()


def test_every_venue_that_trades_has_its_day():
    assert {venue for venue, _ in MARKETS} == set(WALLETS)
    assert LACKING.keys() <= set(MARKETS)


def test_what_a_market_lacks_is_told_with_the_nearest_thing_that_there_is():
    for name, kind in kinds().items():
        for market, verbs in kind.markets.items():
            for verb, instead in verbs.lacks.items():
                assert len(instead) > 20, (name, market, verb)
                assert not has_verb(verbs, verb), (name, market, verb)
