"""The trading day through the tools, on OKX's paper face."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.models import MarginMode, PositionMode, PositionSide
from blave_mcp.server.store import Store
from tests.exchanges.okx.paper import SWAP, Day, table

PERP = {"market": "perpetual", "symbol": "BTC/USDT"}
SPOT = {"market": "spot", "symbol": "BTC/USDT"}
D = Decimal


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    with Store(tmp_path / "record.sqlite3") as store:
        yield Day(store)


async def test_a_day_on_perpetuals(day: Day):
    balances = table((await day.run("get_balances")).data["balances"])
    assert {(b["wallet"], b["asset"]): D(b["free"]) for b in balances} == {
        ("trading", "USDT"): 100_000, ("trading", "BTC"): 1, ("funding", "USDT"): 10_000,
    }  # fmt: skip
    (seen,) = table((await day.run("get_ticker", market="perpetual", symbols="BTC/USDT")).data["tickers"])
    assert D(seen["mark"]) > 0
    facts = (await day.run("find_instruments", market="perpetual", search="BTC/USDT", details=True)).data["instrument"]
    assert (facts["native"], facts["contract_size"], facts["step"]) == (SWAP, "0.01", "0.1")

    rest = await day.near("0.9")
    placed = await day.do("place_order", **PERP, side="buy", type="limit", size="0.02", price=rest, client_id="mine1")
    facts = placed.data["steps"][-1]["facts"]
    assert (facts["client_id"], facts["status"], D(facts["size"])) == ("mine1", "open", D("0.02"))
    order = facts["order_id"]
    (opened,) = table((await day.run("get_open_orders", **PERP)).data["orders"])
    assert (opened["order_id"], D(opened["size_base"]), opened["price"]) == (order, D("0.02"), rest)
    lower = await day.near("0.89")
    amended = await day.do("amend_order", **PERP, order=order, price=lower, size="0.03")
    assert (D(amended.data["steps"][0]["facts"]["price"]), D(amended.data["steps"][0]["facts"]["size"])) == (
        D(lower), D("0.03"),
    )  # fmt: skip
    canceled = await day.do("cancel_order", **PERP, order=order)
    assert canceled.data["steps"][0]["facts"]["status"] == "canceled"

    bought = await day.do("place_order", **PERP, side="buy", size="0.05", leverage=5, margin_mode="isolated")
    assert bought.data["steps"][0]["label"] == "Set the leverage of BTC/USDT to 5x"
    facts = bought.data["steps"][-1]["facts"]
    assert (facts["status"], D(facts["filled"])) == ("filled", D("0.05"))
    assert D(facts["fees"]["USDT"]) > 0
    (held,) = facts["positions"]
    assert (held["side"], D(held["size"]), held["leverage"], held["margin_mode"]) == ("long", D("0.05"), 5, "isolated")
    (position,) = table((await day.run("get_positions")).data["positions"])
    assert (D(position["size_base"]), D(position["contracts"])) == (D("0.05"), D(5))
    assert D(position["liquidation"]) < D(position["entry"])

    added = await day.do("adjust_margin", **PERP, amount="50")
    assert "The margin of BTC-USDT-SWAP changed by 50 USDT." in added.text
    protected = await day.do("protect_position", symbol="BTC/USDT", take_profit="10%", stop_loss="5%")
    assert len(protected.data["steps"]) == 1, "one algo order has both"
    (guard,) = table((await day.run("get_open_orders", **PERP)).data["orders"])
    assert (guard["type"], guard["conditional"], guard["close_position"]) == ("oco", "yes", "yes")
    assert D(guard["trigger"]) < D(position["entry"]) < D(guard["take_profit"]), "both prices are told"
    part = await day.do("close_position", symbol="BTC/USDT", percent="40")
    assert D(part.data["steps"][0]["facts"]["filled"]) == D("0.02")
    closed = await day.do("close_position", symbol="BTC/USDT")
    assert "Position now: none." in closed.text
    assert "realised PnL" in closed.text

    history = table((await day.run("get_order_history", **PERP)).data["orders"])
    assert [row["status"] for row in history if row["order_id"] == order] == ["canceled"]
    assert sum(row["status"] == "filled" for row in history) == 3
    fills = table((await day.run("get_fills", **PERP)).data["fills"])
    assert sum(D(fill["size_base"]) for fill in fills if fill["side"] == "buy") == D("0.05")

    moved = await day.do("transfer_funds", asset="USDT", amount="100", source="trading", target="funding")
    assert moved.data["steps"][0]["facts"]["status"] == "success"
    after = {(b["wallet"], b["asset"]): D(b["total"]) for b in table((await day.run("get_balances")).data["balances"])}
    assert after["funding", "USDT"] == 10_100


async def test_a_day_on_spot(day: Day):
    limit = await day.do("place_order", **SPOT, side="buy", type="limit", size="0.01",
                         price=await day.near("0.9", "spot", "BTC-USDT"))  # fmt: skip
    order = limit.data["steps"][0]["facts"]["order_id"]
    price = await day.near("0.91", "spot", "BTC-USDT")
    amended = await day.do("amend_order", **SPOT, order=order, price=price)
    assert D(amended.data["steps"][0]["facts"]["price"]) == D(price)
    await day.do("cancel_order", **SPOT, order=order)
    bought = await day.do("place_order", **SPOT, side="buy", quote_size="500")
    assert bought.data["steps"][0]["facts"]["status"] == "filled"
    assert "BTC" in bought.data["steps"][0]["facts"]["fees"]
    sold = await day.do("place_order", **SPOT, side="sell", size="0.005")
    assert D(sold.data["steps"][0]["facts"]["filled"]) == D("0.005")
    stop = await day.do("place_order", **SPOT, side="sell", type="stop_market", size="0.01",
                        trigger=await day.near("0.8", "spot", "BTC-USDT"))  # fmt: skip
    (waiting,) = table((await day.run("get_open_orders", **SPOT)).data["orders"])
    assert (waiting["order_id"], waiting["type"]) == (stop.data["steps"][0]["facts"]["order_id"], "stop_market")
    await day.do("cancel_order", **SPOT, order=waiting["order_id"])
    rows = table((await day.run("get_order_history", **SPOT)).data["orders"])
    assert sorted(row["status"] for row in rows) == ["canceled", "canceled", "filled", "filled"]


async def test_what_okx_lacks_is_said_by_name(day: Day):
    lacking = {
        "spot": {
            "funding_rates", "positions", "brackets", "set_leverage", "set_margin_mode", "set_position_mode",
            "adjust_margin",
        },
        "margin": {"funding_rates", "set_margin_mode", "set_position_mode"},
        "perpetual": {"set_margin_mode"},
    }  # fmt: skip
    told = (await day.run("list_venues")).data["markets"]
    assert {market: set(one["lacks"]) for market, one in told.items()} == lacking
    assert all(words for one in told.values() for words in one["lacks"].values())
    await day.do("place_order", **PERP, side="buy", type="limit", size="0.02", price=await day.near("0.9"))
    await day.do("cancel_all_orders", **PERP)
    assert table((await day.run("get_open_orders", **PERP)).data["orders"]) == []
    with pytest.raises(Unsupported, match="give margin_mode to place_order"):
        await day.run("set_margin_mode", symbol="ETH/USDT", margin_mode="isolated")


async def test_leverage_is_kept_for_each_margin_mode(day: Day):
    await day.do("set_leverage", symbol="BTC/USDT", leverage=3)
    settings = await day.desk.ask("okx", day.verbs().settings(SWAP))
    assert (settings.leverage, settings.margin_mode) == (3, MarginMode.CROSS)
    isolated = await day.desk.ask("okx", day.verbs().under(MarginMode.ISOLATED).settings(SWAP))
    assert isolated.leverage == 10, "isolated margin was not touched"
    done = await day.do("place_order", **PERP, side="buy", size="0.01", margin_mode="isolated")
    assert done.data["steps"][0]["label"] == "Set the leverage of BTC/USDT to 3x", (
        "what the summary showed is what is set"
    )
    assert done.data["steps"][-1]["facts"]["positions"][0]["leverage"] == 3


async def test_an_open_position_s_margin_mode_and_leverage_are_inherited(day: Day):
    await day.do("place_order", **PERP, side="sell", size="0.01", leverage=4, margin_mode="isolated")
    with pytest.raises(BadArgument, match="open position with margin_mode isolated"):
        await day.run("place_order", **PERP, side="sell", size="0.01", margin_mode="cross")
    more = await day.do("place_order", **PERP, side="sell", size="0.01")
    assert len(more.data["steps"]) == 1, "nothing is set"
    (held,) = more.data["steps"][0]["facts"]["positions"]
    assert (held["side"], D(held["size"]), held["leverage"]) == ("short", D("0.02"), 4)


async def test_hedge_mode_keeps_a_long_and_a_short(day: Day):
    await day.do("set_position_mode", position_mode="hedge")
    settings = await day.desk.ask("okx", day.verbs().settings(SWAP))
    assert settings.position_mode is PositionMode.HEDGE
    await day.do("place_order", **PERP, side="buy", size="0.02", position_side="long")
    await day.do("place_order", **PERP, side="sell", size="0.01", position_side="short")
    held = await day.desk.ask("okx", day.verbs().positions())
    assert {(p.side, p.position_side, p.size) for p in held} == {
        (PositionSide.LONG, PositionSide.LONG, D("0.02")), (PositionSide.SHORT, PositionSide.SHORT, D("0.01")),
    }  # fmt: skip
    await day.do("protect_position", symbol="BTC/USDT", position_side="long", stop_loss="5%")
    await day.do("close_position", symbol="BTC/USDT", position_side="short")
    await day.do("close_position", symbol="BTC/USDT", position_side="long")
    assert await day.desk.ask("okx", day.verbs().positions()) == ()


async def test_fifty_dollars_are_not_fifty_contracts(day: Day):
    pending = await day.run("place_order", **PERP, side="buy", quote_size="1500")
    base = D(pending.data["size_base"])
    assert base * (await day.ticker()).last <= 1500
    assert "contracts of 0.01" in pending.data["summary"]


@pytest.mark.parametrize(
    ("type", "side", "share", "ord_type"),
    [
        ("stop_market", "buy", "1.1", "trigger"),
        ("take_profit_market", "buy", "0.9", "trigger"),
        ("stop_limit", "sell", "0.9", "trigger"),
    ],
)
async def test_what_opens_behind_a_trigger_is_a_trigger_order(
    day: Day, type: str, side: str, share: str, ord_type: str
):
    more = {"price": await day.near(share)} if type.endswith("limit") else {}
    await day.do("place_order", **PERP, side=side, type=type, size="0.01", trigger=await day.near(share), **more)
    (waiting,) = table((await day.run("get_open_orders", **PERP)).data["orders"])
    assert (waiting["type"], waiting["side"], waiting["status"]) == (type, side, "untriggered")
    assert any(f'"ordType":"{ord_type}"'.encode() in request.body for request in day.house.requests)


async def test_a_trailing_stop_is_placed_seen_and_canceled(day: Day):
    await day.do("place_order", **PERP, side="buy", size="0.02")
    done = await day.do("place_order", **PERP, side="sell", type="trailing_stop", size="0.02", callback_percent="2",
                        reduce_only=True)  # fmt: skip
    (waiting,) = table((await day.run("get_open_orders", **PERP)).data["orders"])
    assert (waiting["type"], D(waiting["callback_percent"])) == ("trailing_stop", D(2))
    await day.do("cancel_order", **PERP, order=done.data["steps"][0]["facts"]["order_id"])


MARGIN = {"market": "margin", "symbol": "BTC/USDT"}


async def test_a_day_on_margin(day: Day):
    """A long bought in quote, its margin and its protection; then a short, and the way out of it."""
    seen = await day.ticker("margin", "BTC-USDT")
    assert seen.mark == seen.last
    told = (await day.run("get_account_settings", **MARGIN)).data["settings"]
    assert (told["leverage"], told["margin_mode"], told["borrow_BTC"]) == (10, "cross", "0.0000012")

    wanted = await day.run("place_order", **MARGIN, side="buy", quote_size="1000", leverage=5, margin_mode="isolated")
    lines = {line.strip().partition("  ")[0]: line for line in wanted.text.splitlines()}
    assert "1,000" in lines["Borrows"]
    assert "0.001 % an hour" in lines["Interest"]
    assert "200" in lines["Est. margin"]
    assert "5x (set by this action)" in lines["Leverage"]
    assert "costs interest every hour" in wanted.text
    liquidation = D(lines["Est. liquidation"].split()[2])

    bought = await day.do("place_order", **MARGIN, side="buy", quote_size="1000", leverage=5, margin_mode="isolated")
    assert [step["label"] for step in bought.data["steps"]][:-1] == ["Set the leverage of BTC/USDT to 5x"]
    (held,) = bought.data["steps"][-1]["facts"]["positions"]
    assert (held["side"], held["leverage"], held["margin_mode"]) == ("long", 5, "isolated")
    assert abs(D(held["liquidation"]) / liquidation - 1) < D("0.001"), "the summary's estimate was right"
    added = await day.do("adjust_margin", **MARGIN, amount="50")
    assert added.data["steps"][0]["state"] == "done"
    with pytest.raises(BadArgument, match="inherits it"):
        await day.run("place_order", **MARGIN, side="buy", quote_size="100", margin_mode="cross")
    await day.do("protect_position", **MARGIN, take_profit="10%", stop_loss="5%")
    (waiting,) = table((await day.run("get_open_orders", **MARGIN)).data["orders"])
    assert (waiting["type"], D(waiting["size_base"])) == ("oco", D(held["size"]))
    assert table((await day.run("get_open_orders", **SPOT)).data["orders"]) == []
    await day.do("close_position", **MARGIN)
    assert table((await day.run("get_positions", market="margin")).data["positions"]) == []
    await day.do("cancel_order", **MARGIN, order=waiting["order_id"])

    wanted = await day.run("place_order", **MARGIN, side="sell", size="0.02", margin_mode="cross")
    assert "0.02 BTC" in next(line for line in wanted.text.splitlines() if "Borrows" in line)
    sold = await day.do("place_order", **MARGIN, side="sell", size="0.02", margin_mode="cross")
    (held,) = sold.data["steps"][-1]["facts"]["positions"]
    assert (held["side"], D(held["size"]), held["margin_mode"]) == ("short", D("0.02"), "cross")
    day.clock.advance(7_200)
    (position,) = table((await day.run("get_positions", market="margin")).data["positions"])
    assert D(position["size_base"]) == D("0.02")
    half = await day.do("close_position", **MARGIN, percent="50")
    assert [D(one["size"]) for one in half.data["steps"][-1]["facts"]["positions"]] == [D("0.01")]
    done = await day.do("close_position", **MARGIN)
    assert done.data["steps"][-1]["facts"]["positions"] == []


async def test_a_margin_order_that_the_free_margin_does_not_carry_is_refused_before_it_is_shown(day: Day):
    with pytest.raises(BadArgument, match="needs about"):
        await day.run("place_order", **MARGIN, side="buy", quote_size="900000", leverage=5)
    with pytest.raises(BadArgument, match="allows at most 5x for 3000000"):
        await day.run("place_order", **MARGIN, side="buy", quote_size="3000000", leverage=10)
    with pytest.raises(Unsupported, match="quote_size"):
        await day.run("place_order", **MARGIN, side="buy", size="0.01")


async def test_a_raw_call_about_a_swap_is_priced_as_one(day: Day):
    args = {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "buy", "ordType": "market", "sz": "3"}
    pending = await day.run("propose_endpoint", endpoint="v5.order.create", args=args)
    assert pending.data["market"] == "perpetual"
    assert "lists no" not in pending.text
