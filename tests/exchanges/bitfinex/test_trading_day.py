"""A trading day and a lending week on Bitfinex's paper face, through the tools that the model calls."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from blave_mcp.exchanges.bitfinex.parse import tick_at
from blave_mcp.exchanges.errors import BadArgument, LimitExceeded, MissingCredentials, Unsupported
from blave_mcp.exchanges.models import Market
from blave_mcp.server.store import Store
from blave_mcp.tools.desk import Desk, Limits
from blave_mcp.tools.spec import Result
from tests.desks import BITFINEX_MARKETS, ByHost, binance, bitfinex, desk_of, paper_binance, paper_bitfinex
from tests.fakes import FakeClock
from tests.tools.conftest import call

V = {"venue": "bitfinex"}
SPOT = {**V, "market": "spot", "symbol": "BTC/USDT"}
MARGIN = {**V, "market": "margin", "symbol": "BTC/USDT"}
OFFER: dict[str, Any] = {"currency": "USDT", "amount": "1000", "rate": "0.0002", "period": 2}


class Trader:
    """Runs tools over a desk; `do` proposes, reads as long as a person does, and confirms."""

    def __init__(self, desk: Desk, clock: FakeClock, house: ByHost) -> None:
        self.desk = desk
        self.clock = clock
        self.house = house

    async def ask(self, name: str, **given: Any) -> Result:
        return await call(self.desk, name, **given)

    async def confirm(self, pending: Result) -> Result:
        self.clock.advance(5)
        return await call(self.desk, "confirm_action", token=pending.data["token"], confirmation="CONFIRM")

    async def do(self, name: str, **given: Any) -> Result:
        done = await self.confirm(await call(self.desk, name, **given))
        assert done.data["state"] == "done", done.text
        assert "could not be verified" not in done.text
        return done

    async def price(self, share: str) -> str:
        """A price of five digits at a share of the last."""
        ticker = await self.desk.ask("bitfinex", BITFINEX_MARKETS[Market.SPOT].ticker("tBTCUST"))
        wanted = ticker.last * Decimal(share)
        return f"{wanted // tick_at(wanted) * tick_at(wanted):f}"

    async def rows(self, name: str, key: str, **given: Any) -> list[dict[str, str]]:
        table = (await self.ask(name, **given)).data[key]
        return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]

    async def free(self, wallet: str, asset: str = "USDT") -> Decimal:
        rows = await self.rows("get_balances", "balances", **V)
        return next(Decimal(row["free"]) for row in rows if (row["wallet"], row["asset"]) == (wallet, asset))


@pytest.fixture
def trader(tmp_path: Path) -> Iterator[Trader]:
    clock = FakeClock()
    house = paper_bitfinex(clock)
    with Store(tmp_path / "blave.sqlite3") as store:
        yield Trader(desk_of(clock, store, bitfinex(house, clock)), clock, house)


def facts(done: Result) -> dict[str, Any]:
    found: dict[str, Any] = done.data["steps"][-1]["facts"]
    return found


async def test_a_day_on_spot(trader: Trader):
    held = {(row["wallet"], row["asset"]): row["free"] for row in await trader.rows("get_balances", "balances")}
    assert held == {
        ("exchange", "BTC"): "1", ("exchange", "USDT"): "50000", ("margin", "USDT"): "50000",
        ("funding", "USDT"): "50000", ("funding", "USD"): "20000",
    }  # fmt: skip
    (ticker,) = await trader.rows("get_ticker", "tickers", **V, market="spot", symbols="BTC/USDT")
    assert Decimal(ticker["bid"]) < Decimal(ticker["ask"])
    instrument = await trader.desk.instrument("bitfinex", "spot", "tBTCUST")
    assert (instrument.symbol, instrument.tick, instrument.contract_size) == ("BTC/USDT", Decimal(1), Decimal(1))

    resting = await trader.do(
        "place_order", **SPOT, side="buy", type="limit", size="0.01", price=await trader.price("0.9")
    )
    id = facts(resting)["order_id"]
    assert facts(resting)["status"] == "open"
    amended = await trader.do("amend_order", **SPOT, order=id, size="0.02", price=await trader.price("0.91"))
    assert (facts(amended)["order_id"], facts(amended)["size"]) == (id, "0.02")
    canceled = await trader.do("cancel_order", **SPOT, order=id)
    assert facts(canceled)["status"] == "canceled"

    bought = await trader.do("place_order", **SPOT, side="buy", size="0.01")
    assert (facts(bought)["status"], facts(bought)["filled"]) == ("filled", "0.01")
    assert facts(bought)["fees"] == {"BTC": "0.00002"}
    sold = await trader.do("place_order", **SPOT, side="sell", size="0.005")
    assert Decimal(facts(sold)["fees"]["USDT"]) > 0
    stop = await trader.do(
        "place_order", **SPOT, side="sell", type="stop_market", size="0.01", trigger=await trader.price("0.8")
    )
    assert facts(stop)["status"] == "untriggered"
    await trader.do(
        "place_order", **SPOT, side="sell", type="stop_limit", size="0.01", trigger=await trader.price("0.8"),
        price=await trader.price("0.79"),
    )  # fmt: skip
    waiting = await trader.rows("get_open_orders", "orders", **V, market="spot")
    assert [row["type"] for row in waiting] == ["stop_market", "stop_limit"]
    assert await trader.rows("get_open_orders", "orders", **V, market="margin") == []
    pending = await trader.ask("cancel_all_orders", **SPOT)
    assert "Orders placed after this summary stay." in pending.text
    done = await trader.confirm(pending)
    assert "None of the orders that were meant is open now." in done.text
    history = await trader.rows("get_order_history", "orders", **SPOT)
    assert sorted(row["status"] for row in history) == ["canceled"] * 3 + ["filled"] * 2
    fills = await trader.rows("get_fills", "fills", **SPOT)
    assert [row["side"] for row in fills] == ["buy", "sell"]
    settings = (await trader.ask("get_account_settings", **SPOT)).data["settings"]
    assert (settings["maker_fee"], settings["taker_fee"]) == ("0.001", "0.002")


async def test_a_day_on_margin_shows_the_liquidation_before_it_opens(trader: Trader):
    pending = await trader.ask("place_order", **MARGIN, side="buy", size="2")
    assert Decimal(pending.data["liquidation"]) > 0
    assert "Est. liquidation" in pending.text
    assert "5x" in pending.text
    assert "Borrowed money costs interest until it is repaid" in pending.text
    done = await trader.confirm(pending)
    assert done.data["state"] == "done", done.text
    (position,) = facts(done)["positions"]
    assert (position["side"], position["size"], position["margin_mode"]) == ("long", "2", "cross")
    told, seen = Decimal(pending.data["liquidation"]), Decimal(position["liquidation"])
    assert abs(seen / told - 1) < Decimal("0.01"), "the estimate is what the venue then tells"
    (row,) = await trader.rows("get_positions", "positions", **V, market="margin")
    assert (row["symbol"], row["side"], row["leverage"]) == ("BTC/USDT", "long", 3)  # type: ignore[comparison-overlap]

    take, stop = await trader.price("1.1"), await trader.price("0.9")
    await trader.do(
        "protect_position", **MARGIN, take_profit=take, stop_loss=stop, size="2", trigger_by="last",
    )  # fmt: skip
    orders = await trader.rows("get_open_orders", "orders", **V, market="margin")
    assert [(row["type"], row["side"], row["reduce_only"]) for row in orders] == [
        ("limit", "sell", "yes"), ("stop_market", "sell", "yes"),
    ]  # fmt: skip
    closing = await trader.ask("close_position", **MARGIN, percent="50")
    assert "Borrowed money" not in closing.text
    half = await trader.confirm(closing)
    assert facts(half)["positions"][0]["size"] == "1"
    closed = await trader.do("close_position", **MARGIN)
    assert facts(closed)["positions"] == []
    assert await trader.rows("get_open_orders", "orders", **V, market="margin") == []

    short = await trader.do("place_order", **MARGIN, side="sell", size="0.1")
    assert facts(short)["positions"][0]["side"] == "short"
    resting = await trader.do(
        "place_order", **MARGIN, side="sell", type="limit", size="0.1", price=await trader.price("1.1"),
        time_in_force="post_only",
    )  # fmt: skip
    assert facts(resting)["status"] == "open"
    await trader.do("cancel_order", **MARGIN, order=facts(resting)["order_id"])
    await trader.do("close_position", **MARGIN)
    with pytest.raises(BadArgument, match=r"nothing for a reduce-only|no position"):
        await trader.ask("place_order", **MARGIN, side="sell", size="0.1", reduce_only=True)


async def test_margin_takes_no_more_than_its_wallet_backs_and_turns_no_position_round(trader: Trader):
    with pytest.raises(BadArgument, match="50000 is free in this wallet"):
        await trader.ask("place_order", **MARGIN, side="buy", size="5")
    await trader.do("place_order", **MARGIN, side="buy", size="0.1")
    with pytest.raises(BadArgument, match="Use close_position first"):
        await trader.ask("place_order", **MARGIN, side="sell", size="0.2")
    with pytest.raises(BadArgument, match="has an open position with leverage 5"):
        await trader.ask("place_order", **MARGIN, side="buy", size="0.1", leverage=3)


async def test_funds_move_between_the_three_wallets(trader: Trader):
    done = await trader.do(
        "transfer_funds", **V, asset="usdt", amount="100.5", source="exchange", target="funding"
    )  # fmt: skip
    assert facts(done)["status"] == "SUCCESS"
    assert (await trader.free("exchange"), await trader.free("funding")) == (Decimal("49899.5"), Decimal("50100.5"))
    await trader.do("transfer_funds", **V, asset="USDT", amount="0.5", source="funding", target="margin")
    assert await trader.free("margin") == Decimal("50000.5")
    with pytest.raises(BadArgument, match=r"more than the 49899\.5 that is free in exchange"):
        await trader.ask("transfer_funds", **V, asset="USDT", amount="49900", source="exchange", target="margin")


async def test_what_bitfinex_lacks_is_listed_with_the_nearest_thing(trader: Trader):
    told = (await trader.ask("list_venues", **V)).data["markets"]
    never = {"funding_rates", "set_leverage", "set_margin_mode", "set_position_mode", "adjust_margin"}
    assert set(told["spot"]["lacks"]) == never | {"positions", "brackets"}
    assert set(told["margin"]["lacks"]) == never
    assert all(told[market]["lacks"][verb] for market in told for verb in told[market]["lacks"])
    with pytest.raises(Unsupported, match=r"no perpetual market here.*It has: spot, margin"):
        await trader.ask("get_ticker", **V, symbols="BTC/USDT")
    with pytest.raises(Unsupported, match="size in base"):
        await trader.ask("place_order", **SPOT, side="buy", quote_size="100")
    with pytest.raises(Unsupported, match="no trailing_stop orders"):
        await trader.ask("place_order", **SPOT, side="sell", type="trailing_stop", size="0.1", callback_percent="1")


async def test_market_data_of_both_markets(trader: Trader):
    for market in ("spot", "margin"):
        candles = await trader.ask("get_klines", **V, market=market, symbol="BTC/USDT", interval="1h", limit=5)
        assert len(candles.data["candles"]["rows"]) == 5
        book = await trader.ask("get_order_book", **V, market=market, symbol="BTC/USDT", depth=5)
        assert "BTC/USDT" in book.text
        trades = await trader.ask("get_recent_trades", **V, market=market, symbol="BTC/USDT", limit=5)
        assert "BTC/USDT" in trades.text


async def test_a_batch_tells_which_of_its_orders_was_refused(trader: Trader):
    order = {"type": "EXCHANGE LIMIT", "symbol": "tBTCUST", "amount": "0.01", "price": await trader.price("0.9")}
    ops = [["on", {**order, "cid": 7}], ["on", {**order, "amount": "100", "cid": 8}], ["oc", {"id": 1}]]
    done = await trader.do("propose_endpoint", **V, endpoint="auth.orders.batch", args={"ops": ops})
    assert "client id 7) is open" in done.text
    assert "operation 2: ERROR Invalid order: not enough exchange balance" in done.text
    assert "operation 3: ERROR Order not found." in done.text


# Lending.


async def test_funding_is_told_in_four_views(trader: Trader):
    rates = (await trader.ask("get_funding", currency="USDT", limit=3)).data
    assert Decimal(rates["bid"]["rate"]) < Decimal(rates["offer"]["rate"])
    assert Decimal(rates["history"]["rows"][-1][1]) == Decimal(rates["frr"]) * 100
    book = await trader.rows("get_funding", "book", currency="USDT", view="book", limit=10)
    assert [row["side"] for row in book] == ["bid"] * 10 + ["offer"] * 10
    bids, offers = ([Decimal(r["rate_day"]) for r in book if r["side"] == side] for side in ("bid", "offer"))
    assert bids == sorted(bids, reverse=True)
    assert offers == sorted(offers)
    assert bids[0] < offers[0]
    trades = await trader.ask("get_funding", currency="USDT", view="trades", period=30, limit=20)
    assert {row[3] for row in trades.data["trades"]["rows"]} == {30}
    (digest,) = trades.data["by_period"]["rows"]
    assert Decimal(digest[2]) <= Decimal(digest[3]) <= Decimal(digest[4]) <= Decimal(digest[5])
    status = (await trader.ask("get_funding", currency="USDT", view="status")).data
    assert (status["wallet"]["free"], status["totals"]["lent"]) == ("50000", "0")


async def test_an_offer_is_shown_with_everything_that_it_means(trader: Trader):
    pending = await trader.ask("submit_funding_offer", **{**OFFER, "rate": "0.0004", "period": 30})
    for words in (
        "0.04 % a day (14.6 % a year)", "FRR", "Best bid", "1000 USDT from the funding wallet", "30 days",
        "about 12.00 USDT in all, 10.20 USDT after the venue's 15 %", "50000 USDT; free 50000, 49000 after",
        "cannot be taken back for up to 30 days", "may never be lent", "Sent only if",
    ):  # fmt: skip
        assert words in pending.text
    assert (pending.data["rate"], pending.data["period"]) == ("0.0004", 30)
    done = await trader.confirm(pending)
    assert (facts(done)["status"], facts(done)["rate"]) == ("ACTIVE", "0.0004")
    assert await trader.free("funding") == 49_000
    canceled = await trader.do("cancel_funding_offer", currency="USDT", offer=facts(done)["offer_id"])
    assert "rests no more" in canceled.text
    assert await trader.free("funding") == 50_000


@pytest.mark.parametrize("spelt", ["0.0002", "0.02%", "0.02 %", "7.3%/y", "7.3 %/year"])
async def test_a_rate_may_be_written_per_day_or_per_year(trader: Trader, spelt: str):
    pending = await trader.ask("submit_funding_offer", **{**OFFER, "rate": spelt})
    assert Decimal(pending.data["rate"]) == Decimal("0.0002")


async def test_offers_that_follow_the_frr_say_how(trader: Trader):
    frr = Decimal((await trader.ask("get_funding", currency="USDT")).data["frr"])
    variable = await trader.ask("submit_funding_offer", **{**OFFER, "rate": "0", "type": "frr_var"})
    assert "follows the FRR for the whole period" in variable.text
    assert Decimal(variable.data["effective_rate"]) == frr
    fixed = await trader.ask("submit_funding_offer", **{**OFFER, "rate": "-0.00001", "type": "frr_fix"})
    assert Decimal(fixed.data["effective_rate"]) == frr - Decimal("0.00001")
    hidden = await trader.ask("submit_funding_offer", **{**OFFER, "hidden": True})
    assert "after the venue's 18 %" in hidden.text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"amount": "50001"}, "more than the 50000 that is free in the funding wallet"),
        ({"amount": "149"}, "worth at least 150 USD"),
        ({"currency": "BTC", "amount": "0.001"}, "more than the 0 that is free"),
        ({"rate": "0"}, "greater than zero"),
        ({"rate": "much"}, "is no rate"),
        ({"rate": "7.3/y"}, "is no rate"),
        ({"rate": "-0.1", "type": "frr_fix"}, "nothing would be earned"),
        ({"rate": "-0.0001", "type": "frr_var"}, "0 or more"),
    ],
)
async def test_an_offer_that_cannot_be_is_refused_with_what_could(trader: Trader, given: dict[str, str], words: str):
    with pytest.raises(BadArgument, match=words):
        await trader.ask("submit_funding_offer", **{**OFFER, **given})
    assert not any("/w/" in request.url for request in trader.house.requests)


async def test_what_is_lent_earns_interest_less_the_fee_and_comes_back(trader: Trader):
    rates = (await trader.ask("get_funding", currency="USDT")).data
    low = Decimal(rates["bid"]["rate"]) - Decimal("0.00001")
    pending = await trader.ask("submit_funding_offer", **{**OFFER, "rate": f"{low:f}"})
    assert "may be lent at once" in pending.text
    done = await trader.confirm(pending)
    assert facts(done)["status"].startswith("EXECUTED")
    status = (await trader.ask("get_funding", currency="USDT", view="status")).data
    assert (status["wallet"]["total"], status["wallet"]["free"], status["totals"]["lent"]) == ("50000", "49000", "1000")
    (credit,) = [dict(zip(status["lent"]["columns"], row, strict=True)) for row in status["lent"]["rows"]]
    assert (credit["rate_day"], credit["in_use"]) == (rates["bid"]["rate"], "yes")
    trader.clock.advance(3 * 86_400)
    after = (await trader.ask("get_funding", currency="USDT", view="status")).data
    assert (after["wallet"]["free"], after["totals"]["lent"]) == (after["wallet"]["total"], "0")
    gross = 1000 * Decimal(rates["bid"]["rate"]) * 2
    assert abs(Decimal(after["wallet"]["total"]) - 50_000 - gross * Decimal("0.85")) < Decimal("0.000001")


async def test_offers_are_read_again_before_they_are_sent_or_canceled(trader: Trader):
    offer = await trader.ask("submit_funding_offer", **{**OFFER, "amount": "49990", "rate": "0.01"})
    await trader.do("transfer_funds", **V, asset="USDT", amount="100", source="funding", target="exchange")
    refused = await trader.confirm(offer)
    assert refused.data["state"] == "refused"
    assert "49900" in refused.text
    assert "Nothing was sent" in refused.text
    done = await trader.do("submit_funding_offer", **{**OFFER, "rate": "0.01"})
    id = facts(done)["offer_id"]
    cancel = await trader.ask("cancel_funding_offer", currency="USDT", offer=id)
    await trader.do("cancel_funding_offer", currency="USDT", all=True)
    gone = await trader.confirm(cancel)
    assert gone.data["state"] == "refused"
    assert "rests no more" in gone.text


async def test_an_offer_is_refused_when_the_frr_has_run_away(trader: Trader):
    trader.desk.gate.ttl_ms = 10 * 86_400_000
    before = Decimal((await trader.ask("get_funding", currency="USDT")).data["frr"])
    pending = await trader.ask("submit_funding_offer", **OFFER)
    for _ in range(100):
        trader.clock.advance(3600)
        now = Decimal((await trader.ask("get_funding", currency="USDT")).data["frr"])
        if abs(now / before - 1) > Decimal("0.12"):
            break
    told = await trader.confirm(pending)
    assert told.data["state"] == "refused"
    assert "The FRR moved" in told.text


async def test_which_offer_is_meant_must_be_said(trader: Trader):
    with pytest.raises(BadArgument, match="Give offer"):
        await trader.ask("cancel_funding_offer", currency="USDT")
    with pytest.raises(BadArgument, match="Give offer"):
        await trader.ask("cancel_funding_offer", currency="USDT", offer="1", all=True)
    with pytest.raises(BadArgument, match=r'no offer "1" in USDT.*Offers: none'):
        await trader.ask("cancel_funding_offer", currency="USDT", offer="1")


async def test_the_operator_s_limit_holds_for_lending_too(tmp_path: Path):
    clock = FakeClock()
    with Store(tmp_path / "other.sqlite3") as store:
        limits = Limits(max_order_quote=Decimal(500))
        desk = desk_of(clock, store, bitfinex(paper_bitfinex(clock), clock), limits=limits)
        with pytest.raises(LimitExceeded, match=r"operator's limit is 500\.00"):
            await call(desk, "submit_funding_offer", **OFFER)


async def test_a_venue_without_lending_tells_which_has_it_and_what_is_nearest(tmp_path: Path):
    clock = FakeClock()
    with Store(tmp_path / "other.sqlite3") as store:
        desk = desk_of(
            clock, store, bitfinex(paper_bitfinex(clock), clock), binance(paper_binance(clock), clock)
        )  # fmt: skip
        for tool, given in (
            ("get_funding", {"currency": "USDT"}), ("submit_funding_offer", OFFER),
            ("cancel_funding_offer", {"currency": "USDT", "all": True}),
        ):  # fmt: skip
            with pytest.raises(Unsupported, match=r"no lending.*on: bitfinex.*get_funding_rates"):
                await call(desk, tool, venue="binance", **given)


async def test_without_a_key_the_way_to_one_is_told(tmp_path: Path):
    clock = FakeClock()
    with Store(tmp_path / "other.sqlite3") as store:
        desk = desk_of(clock, store, bitfinex(paper_bitfinex(clock), clock, key=None))
        for tool, given in (
            ("place_order", {**SPOT, "side": "buy", "size": "0.01"}), ("submit_funding_offer", OFFER),
            ("get_funding", {"currency": "USDT", "view": "status"}),
        ):  # fmt: skip
            with pytest.raises(MissingCredentials, match="BITFINEX_API_KEY, BITFINEX_API_SECRET"):
                await call(desk, tool, **given)
        assert (await call(desk, "get_funding", currency="USDT")).data["frr"]
