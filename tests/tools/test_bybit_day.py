"""A trading day on Bybit's paper face, through the tools that the model calls."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from blave_mcp.exchanges.errors import BadArgument, MissingCredentials, Unsupported
from blave_mcp.exchanges.models import Market
from blave_mcp.server.store import Store
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.spec import Result
from tests.desks import BYBIT_MARKETS, ByHost, bybit, desk_of, paper_bybit
from tests.fakes import FakeClock
from tests.tools.conftest import call

PERP = {"venue": "bybit", "market": "perpetual", "symbol": "BTC/USDT"}
SPOT = {"venue": "bybit", "market": "spot", "symbol": "BTC/USDT"}
HERE = {"venue": "bybit", "symbol": "BTC/USDT"}


class Trader:
    """Runs tools over a desk; `do` proposes, reads as long as a person does, and confirms."""

    def __init__(self, desk: Desk, clock: FakeClock, house: ByHost) -> None:
        self.desk = desk
        self.clock = clock
        self.house = house

    async def ask(self, name: str, **given: Any) -> Result:
        return await call(self.desk, name, **given)

    async def do(self, name: str, **given: Any) -> Result:
        pending = await call(self.desk, name, **given)
        self.clock.advance(5)
        done = await call(self.desk, "confirm_action", token=pending.data["token"], confirmation="CONFIRM")
        assert done.data["state"] == "done", done.text
        assert "could not be verified" not in done.text
        return done

    async def price(self, market: Market, share: str) -> str:
        """A price on the tick at a share of the last."""
        ticker = await self.desk.ask("bybit", BYBIT_MARKETS[market].ticker("BTCUSDT"))
        return f"{(ticker.last * Decimal(share)).quantize(Decimal('0.1')):f}"

    async def rows(self, name: str, key: str, **given: Any) -> list[dict[str, str]]:
        table = (await self.ask(name, **given)).data[key]
        return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


@pytest.fixture
def trader(tmp_path: Path) -> Iterator[Trader]:
    clock = FakeClock()
    house = paper_bybit(clock)
    with Store(tmp_path / "blave.sqlite3") as store:
        yield Trader(desk_of(clock, store, bybit(house, clock)), clock, house)


def facts(done: Result) -> dict[str, Any]:
    found: dict[str, Any] = done.data["steps"][-1]["facts"]
    return found


async def test_a_day_on_perpetuals(trader: Trader):
    held = {(row["wallet"], row["asset"]): row["free"] for row in await trader.rows("get_balances", "balances")}
    assert held == {("unified", "USDT"): "50000", ("unified", "BTC"): "1", ("fund", "USDT"): "50000"}
    (ticker,) = await trader.rows("get_ticker", "tickers", venue="bybit", symbols="BTC/USDT")
    assert Decimal(ticker["bid"]) < Decimal(ticker["ask"])
    assert ticker["mark"]
    assert ticker["funding_rate_percent"]

    resting = await trader.do(
        "place_order", **PERP, side="buy", type="limit", size="0.01", price=await trader.price(Market.PERPETUAL, "0.9")
    )
    id = facts(resting)["order_id"]
    assert facts(resting)["status"] == "open"
    amended = await trader.do("amend_order", **PERP, order=id, size="0.02")
    assert (facts(amended)["order_id"], facts(amended)["size"]) == (id, "0.02")
    canceled = await trader.do("cancel_order", **PERP, order=id)
    assert facts(canceled)["status"] == "canceled"

    bought = await trader.do("place_order", **PERP, side="buy", size="0.01", leverage=5)
    assert bought.data["steps"][0]["label"] == "Set the leverage of BTC/USDT to 5x"
    assert (facts(bought)["status"], facts(bought)["positions"][0]["leverage"]) == ("filled", 5)
    assert Decimal(facts(bought)["fees"]["USDT"]) > 0
    (position,) = await trader.rows("get_positions", "positions", venue="bybit")
    assert (position["side"], position["size_base"], position["margin_mode"]) == ("long", "0.01", "cross")

    await trader.do("protect_position", **HERE, take_profit="10%", stop_loss="5%")
    kinds = {row["type"] for row in await trader.rows("get_open_orders", "orders", venue="bybit")}
    assert kinds == {"take_profit_market", "stop_market"}
    half = await trader.do("close_position", **HERE, percent="50")
    assert facts(half)["positions"][0]["size"] == "0.005"
    closed = await trader.do("close_position", **HERE)
    assert facts(closed)["positions"] == []
    assert "realised PnL" in closed.text
    assert await trader.rows("get_open_orders", "orders", venue="bybit") == []

    history = await trader.rows("get_order_history", "orders", **PERP)
    assert [row["status"] for row in history].count("filled") == 3
    fills = await trader.rows("get_fills", "fills", **PERP)
    assert [row["side"] for row in fills] == ["buy", "sell", "sell"]


async def test_a_day_on_spot(trader: Trader):
    by_quote = await trader.do("place_order", **SPOT, side="buy", quote_size="100")
    assert facts(by_quote)["status"] == "filled"
    assert 99 < Decimal(facts(by_quote)["cost"]) <= 100
    sold = await trader.do("place_order", **SPOT, side="sell", size="0.001")
    assert facts(sold)["filled"] == "0.001"
    resting = await trader.do(
        "place_order", **SPOT, side="buy", type="limit", size="0.001", price=await trader.price(Market.SPOT, "0.9")
    )
    id = facts(resting)["order_id"]
    amended = await trader.do("amend_order", **SPOT, order=id, size="0.002")
    assert facts(amended)["size"] == "0.002"
    stop = await trader.do(
        "place_order",
        **SPOT,
        side="sell",
        type="stop_market",
        size="0.01",
        trigger=await trader.price(Market.SPOT, "0.8"),
    )
    assert facts(stop)["status"] == "untriggered"
    (btc,) = [row for row in await trader.rows("get_balances", "balances") if row["asset"] == "BTC"]
    assert Decimal(btc["locked"]) == Decimal("0.01"), "a TP/SL order sets its assets aside"
    gone = await trader.do("cancel_order", **SPOT, order=facts(stop)["order_id"])
    assert facts(gone)["status"] == "canceled"
    await trader.do("cancel_all_orders", **SPOT)
    assert await trader.rows("get_open_orders", "orders", venue="bybit") == []
    history = await trader.rows("get_order_history", "orders", **SPOT)
    assert sorted(row["status"] for row in history) == ["canceled", "canceled", "filled", "filled"]


async def test_funds_move_between_the_funding_and_the_unified_account(trader: Trader):
    done = await trader.do(
        "transfer_funds", venue="bybit", asset="usdt", amount="100.5", source="fund", target="unified"
    )
    assert facts(done)["status"] == "SUCCESS"
    rows = await trader.rows("get_balances", "balances")
    held = {row["wallet"]: row["total"] for row in rows if row["asset"] == "USDT"}
    assert held == {"unified": "50100.5", "fund": "49899.5"}
    with pytest.raises(BadArgument, match=r"more than the 49899\.5 that is free in fund"):
        await trader.ask("transfer_funds", venue="bybit", asset="USDT", amount="49900", source="fund", target="unified")
    with pytest.raises(BadArgument, match=r"more than the 50100\.5 that is free in unified"):
        await trader.ask("transfer_funds", venue="bybit", asset="USDT", amount="50101", source="unified", target="fund")


async def test_what_lies_in_the_funding_account_pays_for_no_order(trader: Trader):
    with pytest.raises(BadArgument, match="50000 is free in this wallet"):
        await trader.ask("place_order", **SPOT, side="buy", quote_size="60000")


async def test_isolated_margin_is_the_whole_account_s_and_is_set_by_its_own_endpoint(trader: Trader):
    with pytest.raises(Unsupported, match=r"linear\.margin_mode\.set"):
        await trader.ask("set_margin_mode", **HERE, margin_mode="isolated")
    with pytest.raises(Unsupported, match="one margin mode for all symbols"):
        await trader.ask("place_order", **PERP, side="buy", size="0.01", margin_mode="isolated")
    switched = await trader.do(
        "propose_endpoint", venue="bybit", endpoint="linear.margin_mode.set",
        args={"setMarginMode": "ISOLATED_MARGIN"},
    )  # fmt: skip
    assert facts(switched)["margin_mode"] == "ISOLATED_MARGIN"
    bought = await trader.do("place_order", **PERP, side="buy", size="0.01", leverage=20)
    assert facts(bought)["positions"][0]["margin_mode"] == "isolated"
    assert Decimal(facts(bought)["positions"][0]["liquidation"]) > 0
    await trader.do("adjust_margin", **HERE, amount="25")
    (position,) = await trader.rows("get_positions", "positions", venue="bybit")
    assert Decimal(position["margin"]) > Decimal(50)
    refused = await trader.ask(
        "propose_endpoint", venue="bybit", endpoint="linear.margin_mode.set", args={"setMarginMode": "REGULAR_MARGIN"}
    )
    trader.clock.advance(5)
    told = await trader.ask("confirm_action", token=refused.data["token"], confirmation="CONFIRM")
    assert told.data["state"] == "refused"
    assert "3400045" in told.text
    assert "open positions or orders" in told.text


async def test_a_day_in_hedge_mode(trader: Trader):
    await trader.do("set_position_mode", venue="bybit", position_mode="hedge")
    await trader.do("place_order", **PERP, side="buy", size="0.01", position_side="long")
    await trader.do("place_order", **PERP, side="sell", size="0.02", position_side="short")
    both = {row["side"]: row["size_base"] for row in await trader.rows("get_positions", "positions", venue="bybit")}
    assert both == {"long (hedge)": "0.01", "short (hedge)": "0.02"}
    await trader.do("protect_position", **HERE, position_side="short", stop_loss="5%", size="0.01")
    (stop,) = await trader.rows("get_open_orders", "orders", venue="bybit")
    assert (stop["side"], stop["type"], stop["size_base"], stop["position_side"]) == (
        "buy", "stop_market", "0.01", "short",
    )  # fmt: skip
    await trader.do("close_position", **HERE, position_side="long")
    closed = await trader.do("close_position", **HERE, position_side="short")
    assert facts(closed)["positions"] == []


async def test_leverage_and_conditional_orders(trader: Trader):
    await trader.do("set_leverage", **HERE, leverage=7)
    settings = (await trader.ask("get_account_settings", **HERE)).data["settings"]
    assert settings == {
        "leverage": 7, "margin_mode": "cross", "position_mode": "one_way", "maker_fee": "0.0002",
        "taker_fee": "0.00055",
    }  # fmt: skip
    above = await trader.price(Market.PERPETUAL, "1.05")
    stop = await trader.do("place_order", **PERP, side="buy", type="stop_market", size="0.01", trigger=above)
    (row,) = await trader.rows("get_open_orders", "orders", venue="bybit")
    assert (row["type"], row["status"], row["order_id"]) == ("stop_market", "untriggered", facts(stop)["order_id"])
    await trader.do("cancel_all_orders", **PERP)
    assert await trader.rows("get_open_orders", "orders", venue="bybit") == []
    with pytest.raises(Unsupported, match="no trailing_stop orders"):
        await trader.ask("place_order", **PERP, side="sell", type="trailing_stop", size="0.01", callback_percent="1")
    with pytest.raises(BadArgument, match="at most"):
        await trader.ask("place_order", **PERP, side="buy", size="0.01", leverage=150)


async def test_a_post_only_order_that_would_take_is_told_as_canceled(trader: Trader):
    args = {
        "category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01",
        "price": await trader.price(Market.PERPETUAL, "1.01"), "timeInForce": "PostOnly",
    }  # fmt: skip
    done = await trader.do("propose_endpoint", venue="bybit", endpoint="linear.order.create", args=args)
    assert facts(done)["status"] == "canceled"
    assert "EC_PostOnlyWillTakeLiquidity" in done.text


async def test_a_batch_tells_which_of_its_orders_was_refused(trader: Trader):
    order = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01", "timeInForce": "GTC"}
    price = await trader.price(Market.PERPETUAL, "0.9")
    args = {"category": "linear", "request": [{**order, "price": price}, {**order, "price": "0.1", "qty": "0.001"}]}
    done = await trader.do("propose_endpoint", venue="bybit", endpoint="linear.batch.create", args=args)
    assert "1: Order 00000001" in done.text
    assert "element 2: 110094" in done.text


async def test_what_bybit_lacks_is_listed_with_the_nearest_thing(trader: Trader):
    told = (await trader.ask("list_venues", venue="bybit")).data["markets"]
    assert set(told["perpetual"]["lacks"]) == {"set_margin_mode"}
    assert set(told["spot"]["lacks"]) == {
        "funding_rates", "positions", "brackets", "set_leverage", "set_margin_mode", "set_position_mode",
        "adjust_margin",
    }  # fmt: skip
    assert all(told[market]["lacks"][verb] for market in told for verb in told[market]["lacks"])


async def test_market_data_of_both_markets(trader: Trader):
    for market in ("spot", "perpetual"):
        candles = await trader.ask(
            "get_klines", venue="bybit", market=market, symbol="BTC/USDT", interval="1h", limit=5
        )  # fmt: skip
        assert len(candles.data["candles"]["rows"]) == 5
        book = await trader.ask("get_order_book", venue="bybit", market=market, symbol="BTC/USDT", depth=5)
        assert "BTC/USDT" in book.text
        trades = await trader.ask("get_recent_trades", venue="bybit", market=market, symbol="BTC/USDT", limit=5)
        assert "BTC/USDT" in trades.text
    rates = await trader.rows("get_funding_rates", "history", venue="bybit", symbol="BTC/USDT", limit=3)
    assert len(rates) == 3


async def test_without_a_key_the_way_to_one_is_told(tmp_path: Path):
    clock = FakeClock()
    with Store(tmp_path / "other.sqlite3") as store:
        desk = desk_of(clock, store, bybit(paper_bybit(clock), clock, key=None))
        with pytest.raises(MissingCredentials, match="BYBIT_API_KEY, BYBIT_API_SECRET"):
            await call(desk, "place_order", **PERP, side="buy", size="0.01")
        assert (await call(desk, "get_ticker", venue="bybit", symbols="BTC/USDT")).data["tickers"]["rows"]
