"""The write tools on the paper exchange: every rule before a trade, and what the user is shown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from blave_mcp.exchanges.errors import BadArgument, BlaveError, Halted, LimitExceeded, Unsupported
from blave_mcp.exchanges.models import PositionSide
from blave_mcp.tools.desk import Desk, Limits
from blave_mcp.tools.summary import RISK
from tests.desks import ByHost, binance, desk_of
from tests.fakes import FakeClock
from tests.tools.conftest import Run, call

PERP = {"venue": "binance", "market": "perpetual", "symbol": "BTC/USDT"}
SPOT = {"venue": "binance", "market": "spot", "symbol": "BTC/USDT"}
BUY = {**PERP, "side": "buy", "size": "0.01"}


async def last(desk: Desk, market: str = "perpetual", native: str = "BTCUSDT") -> Decimal:
    price: Decimal = (await desk.ask("binance", desk.verbs("binance", market)[1].ticker(native))).last
    return price


def on_tick(price: Decimal) -> str:
    return f"{price.quantize(Decimal('0.1')):f}"


def rows(text: str) -> dict[str, str]:
    """The rows of a summary by label."""
    found = [
        line.strip().split("  ", 1) for line in text.splitlines() if line.startswith("  ") and "  " in line.strip()
    ]
    return {pair[0]: pair[1].strip() for pair in found if len(pair) == 2}


async def test_a_summary_shows_everything_that_decides(run: Run, desk: Desk) -> None:
    pending = await run("place_order", **PERP, side="buy", quote_size="1500", leverage=5, margin_mode="isolated")
    shown = rows(pending.data["summary"])
    assert shown["Mode"].startswith("PAPER")
    assert shown["Side"] == "BUY"
    assert "BTC = about" in shown["Size"]
    assert "rounded down to the step 0.001" in shown["Converted"]
    assert shown["Leverage"] == "5x (set by this action)"
    assert shown["Margin mode"] == "isolated (set by this action)"
    for label in (
        "Market",
        "Slippage",
        "Est. fee",
        "Est. margin",
        "Free balance",
        "Holding",
        "Est. liquidation",
        "Expires",
    ):
        assert shown[label], label
    assert shown["Client order id"].startswith("x-52DDFAFN")
    assert RISK in pending.text
    assert "Reply with exactly CONFIRM" in pending.text
    assert len(pending.data["summary"].splitlines()) <= 35, "it is one screen"
    assert max(map(len, pending.data["summary"].splitlines())) <= 120


async def test_a_quote_size_on_a_perpetual_is_converted_and_shown_both_ways(run: Run, desk: Desk) -> None:
    pending = await run("place_order", **PERP, side="buy", quote_size="1500")
    price = Decimal(pending.data["reference"])
    base = Decimal(pending.data["size_base"])
    assert base < 1, "1500 USDT are not 1500 contracts"
    assert base <= Decimal(1500) / price < base + Decimal("0.001")
    assert "1500 USDT at" in pending.text


async def test_the_estimated_liquidation_agrees_with_the_venues(run: Run, carry_out: Run) -> None:
    pending = await run("place_order", **BUY, leverage=10, margin_mode="isolated")
    await carry_out("place_order", **BUY, leverage=10, margin_mode="isolated")
    told = (await run("get_positions", venue="binance")).data["positions"]
    venue = Decimal(told["rows"][0][told["columns"].index("liquidation")])
    assert abs(Decimal(pending.data["liquidation"]) / venue - 1) < Decimal("0.001")


async def test_what_the_venue_says_is_reported_with_fill_fee_and_position(carry_out: Run) -> None:
    done = await carry_out("place_order", **BUY, leverage=5, margin_mode="isolated")
    facts = done.data["steps"][-1]["facts"]
    assert facts["status"] == "filled"
    assert Decimal(facts["filled"]) == Decimal("0.01")
    assert Decimal(facts["fees"]["USDT"]) > 0
    assert facts["positions"][0]["side"] == "long"
    assert facts["positions"][0]["leverage"] == 5
    assert "liquidation" in done.text


async def test_closing_reports_the_realised_pnl(carry_out: Run) -> None:
    await carry_out("place_order", **BUY)
    done = await carry_out("close_position", venue="binance", symbol="BTC/USDT")
    assert "realised PnL" in done.text
    assert "Position now: none." in done.text
    assert done.data["steps"][0]["facts"]["positions"] == []


async def test_an_open_positions_leverage_and_margin_mode_are_inherited(run: Run, carry_out: Run) -> None:
    await carry_out("place_order", **BUY, leverage=5, margin_mode="isolated")
    shown = rows((await run("place_order", **BUY)).data["summary"])
    assert shown["Leverage"] == "5x (inherited from the open position)"
    assert shown["Margin mode"] == "isolated (inherited)"
    with pytest.raises(BadArgument, match=r"open position with leverage 5.*cannot have 7"):
        await run("place_order", **BUY, leverage=7)
    with pytest.raises(BadArgument, match=r"open position with margin_mode isolated.*cannot have cross"):
        await run("place_order", **BUY, margin_mode="cross")


async def test_an_order_never_turns_a_position_round(run: Run, carry_out: Run) -> None:
    await carry_out("place_order", **BUY)
    with pytest.raises(BadArgument, match=r"would close it and open a short of 0\.01"):
        await run("place_order", **{**BUY, "side": "sell", "size": "0.02"})
    shown = rows((await run("place_order", **{**BUY, "side": "sell", "size": "0.004"})).data["summary"])
    assert shown["Reduce-only"].startswith("yes")


async def test_close_in_part_by_percent_or_size_rounds_down_to_the_step(run: Run, carry_out: Run) -> None:
    await carry_out("place_order", **{**BUY, "size": "0.015"})
    assert (await run("close_position", venue="binance", symbol="BTC/USDT", percent="50")).data["size_base"] == "0.007"
    assert (await run("close_position", venue="binance", symbol="BTC/USDT", size="0.002")).data["size_base"] == "0.002"
    with pytest.raises(BadArgument, match="would close it and open"):
        await run("close_position", venue="binance", symbol="BTC/USDT", size="0.02")
    with pytest.raises(BadArgument, match="size or percent"):
        await run("close_position", venue="binance", symbol="BTC/USDT", size="0.002", percent="5")


async def test_protection_is_computed_from_entry_and_its_risk_shown(run: Run, carry_out: Run) -> None:
    await carry_out("place_order", **BUY)
    pending = await run("protect_position", venue="binance", symbol="BTC/USDT", take_profit="10%", stop_loss="5%")
    shown = rows(pending.data["summary"])
    assert "+10.00 % from entry" in shown["Take-profit"]
    assert "-5.00 % from entry" in shown["Stop-loss"]
    assert shown["Reward : risk"].startswith(("1.9", "2.0"))
    assert pending.data["summary"].count("POST /fapi/v1/algoOrder") == 2


async def test_each_protecting_order_is_labelled_as_what_it_is(carry_out: Run) -> None:
    await carry_out("place_order", **BUY)
    done = await carry_out("protect_position", venue="binance", symbol="BTC/USDT", take_profit="10%", stop_loss="5%")
    for step in done.data["steps"]:
        name, _, price = step["label"].partition(" at ")
        assert name in ("Take-profit", "Stop-loss")
        assert Decimal(step["facts"]["trigger"]) == Decimal(price)


async def test_protection_on_the_wrong_side_or_beyond_liquidation_is_refused(
    run: Run, carry_out: Run, desk: Desk
) -> None:
    await carry_out("place_order", **BUY, leverage=20, margin_mode="isolated")
    price = await last(desk)
    above, below, far = (on_tick(price * part) for part in (Decimal("1.05"), Decimal("0.97"), Decimal("0.5")))
    protect = {"venue": "binance", "symbol": "BTC/USDT"}
    with pytest.raises(BadArgument, match="take_profit of a long lies above"):
        await run("protect_position", **protect, take_profit=below)
    with pytest.raises(BadArgument, match="stop_loss of a long lies below"):
        await run("protect_position", **protect, stop_loss=above)
    with pytest.raises(BadArgument, match="is liquidated at"):
        await run("protect_position", **protect, stop_loss=far)
    with pytest.raises(BadArgument, match="take_profit, stop_loss or both"):
        await run("protect_position", **protect)
    with pytest.raises(BadArgument, match=r"stop_loss is not a decimal number.*a distance from entry"):
        await run("protect_position", **protect, stop_loss="x%")


@pytest.mark.parametrize(
    "given", ["abc", "NaN", "Infinity", "1e400", "61,000", "%", "5%%", "5\uff05", "NaN%", "1e400%"]
)
async def test_a_target_that_cannot_be_read_is_refused_and_what_can_be_written_is_said(
    run: Run, carry_out: Run, given: str
) -> None:
    await carry_out("place_order", **BUY)
    for name in ("take_profit", "stop_loss"):
        with pytest.raises(BadArgument, match=rf'{name} .*Write a price, "61000", or a distance from entry, "5%"'):
            await run("protect_position", venue="binance", symbol="BTC/USDT", **{name: given})


@pytest.mark.parametrize("given", ["0", "-3", "100%", "150%", "-150%"])
async def test_a_stop_that_is_no_price_above_zero_is_refused(run: Run, carry_out: Run, given: str) -> None:
    await carry_out("place_order", **BUY)
    with pytest.raises(BadArgument, match=r"stop_loss .* is no price above zero"):
        await run("protect_position", venue="binance", symbol="BTC/USDT", stop_loss=given)


async def test_a_signed_distance_is_up_or_down_and_never_the_other_way(run: Run, carry_out: Run) -> None:
    await carry_out("place_order", **BUY)
    protect = {"venue": "binance", "symbol": "BTC/USDT"}
    down = rows((await run("protect_position", **protect, stop_loss="-5%")).data["summary"])
    assert "-5.00 % from entry" in down["Stop-loss"]
    with pytest.raises(BadArgument, match="stop_loss of a long lies below"):
        await run("protect_position", **protect, stop_loss="+5%")
    with pytest.raises(BadArgument, match="take_profit of a long lies above"):
        await run("protect_position", **protect, take_profit="-5%")


async def test_a_reduction_says_what_it_realises_and_what_is_free_afterwards(
    run: Run, carry_out: Run, clock: FakeClock
) -> None:
    await carry_out("place_order", **{**BUY, "size": "0.03"}, leverage=5)
    pending = await run("close_position", venue="binance", symbol="BTC/USDT", percent="50")
    shown = rows(pending.data["summary"])
    expected = Decimal(shown["Free balance"].split("about ")[1].split()[0].replace(",", ""))
    done = await carry_out("close_position", venue="binance", symbol="BTC/USDT", percent="50")
    held = (await run("get_balances", venue="binance")).data["balances"]
    futures = next(row for row in held["rows"] if row[1] == "futures")
    assert abs(Decimal(futures[held["columns"].index("free")]) - expected) < Decimal("0.5")
    realised = Decimal(done.data["steps"][0]["facts"].get("realised_pnl", "0"))
    assert abs(Decimal(shown["Est. PnL"].split()[0].replace(",", "")) - realised) < Decimal("0.5")


async def test_what_a_spot_sale_takes_and_brings_is_told_in_digits_that_matter(run: Run) -> None:
    shown = rows((await run("place_order", **SPOT, side="sell", size="0.001")).data["summary"])
    assert shown["Sells"] == "0.001 BTC"
    assert shown["Free balance"] == "1 BTC now, about 0.999 BTC after"
    assert shown["Receives"].endswith(" USDT")


async def test_an_order_that_rests_pays_the_makers_fee(run: Run, desk: Desk) -> None:
    price = on_tick(await last(desk) * Decimal("0.9"))
    shown = rows((await run("place_order", **BUY, type="limit", price=price)).data["summary"])
    assert shown["Est. fee"].endswith("(0.02 % maker)")
    assert rows((await run("place_order", **BUY)).data["summary"])["Est. fee"].endswith("(0.05 % taker)")


async def test_margin_is_not_taken_out_beyond_what_there_is_or_past_liquidation(run: Run, carry_out: Run) -> None:
    await carry_out("place_order", **BUY, leverage=5, margin_mode="isolated")
    here = {"venue": "binance", "symbol": "BTC/USDT"}
    with pytest.raises(BadArgument, match=r"has .* USDT of margin; 100000 cannot be taken out"):
        await run("adjust_margin", **here, amount="-100000")
    margin = rows((await run("adjust_margin", **here, amount="-1")).data["summary"])["Margin"].split()[0]
    with pytest.raises(BadArgument, match="would be liquidated at about"):
        await run("adjust_margin", **here, amount=f"-{Decimal(margin) - 1}")


async def test_a_price_that_moved_refuses_the_action_at_the_last_moment(run: Run, desk: Desk, clock: FakeClock) -> None:
    desk.limits = Limits(price_tolerance_percent=Decimal("0.000001"))
    pending = await run("place_order", **BUY)
    clock.advance(240)
    done = await run("confirm_action", token=pending.data["token"], confirmation="CONFIRM")
    assert done.data["state"] == "refused"
    assert "The price moved" in done.text
    assert "Nothing was sent." in done.text
    assert (await desk.ask("binance", desk.verbs("binance", "perpetual")[1].positions())) == ()


async def test_a_position_that_changed_refuses_the_action_at_the_last_moment(
    run: Run, carry_out: Run, clock: FakeClock
) -> None:
    await carry_out("place_order", **BUY)
    closing = await run("close_position", venue="binance", symbol="BTC/USDT")
    await carry_out("close_position", venue="binance", symbol="BTC/USDT", percent="50")
    done = await run("confirm_action", token=closing.data["token"], confirmation="CONFIRM")
    assert done.data["state"] == "refused"
    assert "position in BTCUSDT changed since the summary" in done.text


async def test_an_order_that_filled_meanwhile_is_not_canceled_unseen(run: Run, carry_out: Run, desk: Desk) -> None:
    price = on_tick(await last(desk) * Decimal("0.9"))
    resting = await carry_out("place_order", **BUY, type="limit", price=price)
    id = resting.data["steps"][-1]["facts"]["order_id"]
    again = await run("cancel_order", **PERP, order=id)
    await carry_out("cancel_order", **PERP, order=id)
    done = await run("confirm_action", token=again.data["token"], confirmation="CONFIRM")
    assert done.data["state"] == "refused"
    assert "changed since the summary" in done.text


async def test_a_resting_order_is_amended_and_canceled_by_either_id(run: Run, carry_out: Run, desk: Desk) -> None:
    price = await last(desk)
    order = await carry_out("place_order", **BUY, type="limit", price=on_tick(price * Decimal("0.9")), client_id="mine")
    facts = order.data["steps"][-1]["facts"]
    assert facts["client_id"] == "x-52DDFAFNmine"
    new = on_tick(price * Decimal("0.91"))
    amended = await carry_out("amend_order", **PERP, order="x-52DDFAFNmine", price=new, size="0.02")
    assert Decimal(amended.data["steps"][-1]["facts"]["price"]) == Decimal(new)
    await carry_out("cancel_order", **PERP, order=facts["order_id"])
    with pytest.raises(BadArgument, match="no open order"):
        await run("cancel_order", **PERP, order=facts["order_id"])


async def test_spot_buys_by_quote_and_sells_by_base(carry_out: Run, run: Run) -> None:
    bought = await carry_out("place_order", **SPOT, side="buy", quote_size="200")
    filled = Decimal(bought.data["steps"][0]["facts"]["filled"])
    sold = await carry_out("place_order", **SPOT, side="sell", size="0.001")
    assert filled > 0
    assert sold.data["steps"][0]["facts"]["status"] == "filled"
    with pytest.raises(BadArgument, match="belong to positions"):
        await run("place_order", **SPOT, side="buy", size="0.001", reduce_only=True)
    with pytest.raises(BadArgument, match="leverage and margin_mode belong to positions"):
        await run("place_order", **SPOT, side="buy", size="0.001", leverage=3)


async def test_hedge_mode_opens_and_closes_each_side_on_its_own(run: Run, carry_out: Run, desk: Desk) -> None:
    await carry_out("set_position_mode", venue="binance", position_mode="hedge")
    await carry_out("place_order", **BUY)
    await carry_out("place_order", **{**BUY, "side": "sell"})
    positions = await desk.ask("binance", desk.verbs("binance", "perpetual")[1].positions())
    assert sorted(p.side for p in positions) == [PositionSide.LONG, PositionSide.SHORT]
    with pytest.raises(BadArgument, match="a long and a short position"):
        await run("close_position", venue="binance", symbol="BTC/USDT")
    await carry_out("close_position", venue="binance", symbol="BTC/USDT", position_side="short")
    left = await desk.ask("binance", desk.verbs("binance", "perpetual")[1].positions())
    assert [p.side for p in left] == [PositionSide.LONG]
    with pytest.raises(BadArgument, match="cannot change with 1 positions"):
        await run("set_position_mode", venue="binance", position_mode="one_way")


async def test_funds_move_between_wallets_and_the_history_proves_it(carry_out: Run, run: Run) -> None:
    transfer = {"venue": "binance", "asset": "USDT", "source": "spot", "target": "futures"}
    done = await carry_out("transfer_funds", **transfer, amount="100")
    assert "CONFIRMED" in done.text
    with pytest.raises(BadArgument, match="is more than"):
        await run("transfer_funds", **transfer, amount="1000000000")
    with pytest.raises(BadArgument, match='no wallet "moon"'):
        await run("transfer_funds", **{**transfer, "target": "moon"}, amount="1")


async def test_margin_of_an_isolated_position_is_added_and_taken_out(carry_out: Run, run: Run, desk: Desk) -> None:
    await carry_out("place_order", **BUY, leverage=10, margin_mode="isolated")
    verbs = desk.verbs("binance", "perpetual")[1]
    before = (await desk.ask("binance", verbs.positions()))[0]
    await carry_out("adjust_margin", venue="binance", symbol="BTC/USDT", amount="25")
    after = (await desk.ask("binance", verbs.positions()))[0]
    assert after.margin is not None
    assert before.margin is not None
    assert after.margin - before.margin == pytest.approx(Decimal(25), abs=Decimal("1.5"))
    assert (after.liquidation or 0) < (before.liquidation or 0)
    pending = await run("adjust_margin", venue="binance", symbol="BTC/USDT", amount="-5")
    assert "brings the liquidation price nearer" in pending.text


async def test_a_halted_desk_neither_proposes_nor_confirms(run: Run, desk: Desk, clock: FakeClock) -> None:
    pending = await run("place_order", **BUY)
    desk.halt.why = "maintenance"  # type: ignore[attr-defined]
    with pytest.raises(Halted, match="maintenance"):
        await run("place_order", **BUY)
    clock.advance(3)
    done = await run("confirm_action", token=pending.data["token"], confirmation="CONFIRM")
    assert done.data["state"] == "refused"
    assert "halted" in done.text


async def test_the_operators_own_limits_hold(run: Run, desk: Desk) -> None:
    desk.limits = Limits(max_order_quote=Decimal(100))
    with pytest.raises(LimitExceeded, match="the operator's limit is 100"):
        await run("place_order", **BUY)
    desk.limits = Limits(max_leverage=3)
    with pytest.raises(LimitExceeded, match="BLAVE_MCP_MAX_LEVERAGE"):
        await run("place_order", **PERP, side="buy", size="0.002", leverage=5)
    with pytest.raises(LimitExceeded):
        await run("set_leverage", venue="binance", symbol="BTC/USDT", leverage=50)


BAD: list[tuple[dict[str, Any], type[BlaveError], str]] = [
    ({"symbol": "BTC/USDX"}, BadArgument, r'no symbol "BTC/USDX".*Nearest: BTC/USDT'),
    ({"symbol": ""}, BadArgument, "symbol must be a text"),
    ({"venue": "binanse"}, BadArgument, r'no venue "binanse".*Did you mean binance'),
    ({"market": "margin"}, Unsupported, "no margin market here.*spot, perpetual"),
    ({"size": 0.01}, BadArgument, "size is a float"),
    ({"size": "-1"}, BadArgument, "greater than zero"),
    ({"size": "0"}, BadArgument, "greater than zero"),
    ({"size": "NaN"}, BadArgument, "finite"),
    ({"size": "1e400"}, BadArgument, "more digits"),
    ({"size": True}, BadArgument, "must be a decimal string"),
    ({"size": "0.0105"}, BadArgument, r"off the step of BTC/USDT, 0.001 BTC.*Nearest: 0.01 or 0.011"),
    ({"size": "0.0001"}, BadArgument, "under the least"),
    ({"size": "99999999"}, BadArgument, "over the most"),
    ({"quote_size": "100"}, BadArgument, "either size .* or quote_size"),
    ({"size": None}, BadArgument, "either size .* or quote_size"),
    ({"size": None, "quote_size": "5"}, BadArgument, "less than the least size"),
    ({"size": "0.001"}, BadArgument, r"takes no less than 100\. Nothing was sent\. At .* the least size is"),
    ({"type": "limit"}, BadArgument, "limit order wants a price"),
    ({"price": "100"}, BadArgument, "market order takes no price"),
    ({"type": "limit", "price": "60000.05"}, BadArgument, r"off the tick of BTC/USDT, 0.1.*Nearest: 60000 or 60000.1"),
    ({"type": "limit", "price": "9999999"}, BadArgument, "outside the venue's band for a buy .* at most"),
    ({"type": "stop_market"}, BadArgument, "wants a trigger"),
    ({"type": "stop_market", "trigger": "1000"}, BadArgument, "would trigger at once"),
    ({"type": "take_profit_market", "trigger": "999999"}, BadArgument, "would trigger at once"),
    ({"type": "trailing_stop"}, BadArgument, "wants callback_percent"),
    ({"callback_percent": "1"}, BadArgument, "belong to a trailing_stop"),
    ({"time_in_force": "ioc"}, BadArgument, "takes no time_in_force"),
    ({"leverage": 126}, BadArgument, "allows at most 125x"),
    ({"leverage": 0}, BadArgument, "at least 1"),
    ({"reduce_only": True}, BadArgument, "nothing for a reduce-only buy to reduce"),
    ({"reduce_only": "yes"}, BadArgument, "true or false"),
    ({"position_side": "long"}, BadArgument, "one-way mode"),
    ({"side": "BUY"}, BadArgument, 'side cannot be "BUY"'),
    ({"size": "100", "leverage": 1}, BadArgument, "needs about .* USDT, and 50000 is free"),
    ({"client_id": "has space"}, BadArgument, "."),
    ({"client_id": "x" * 40}, BadArgument, "."),
    ({"leverge": 5}, BadArgument, 'no argument "leverge".*leverage'),
]


@pytest.mark.parametrize(("change", "kind", "says"), BAD, ids=lambda value: str(value)[:40])
async def test_bad_input_is_refused_with_the_reason_and_nothing_is_sent(
    run: Run, house: ByHost, change: dict[str, Any], kind: type[BlaveError], says: str
) -> None:
    with pytest.raises(kind, match=says) as told:
        await run("place_order", **{**BUY, **change})
    assert "Nothing was sent." in str(told.value)
    assert [r for r in house.requests if r.method != "GET"] == []


async def test_a_post_only_price_that_would_take_is_refused(run: Run, desk: Desk) -> None:
    price = on_tick(await last(desk) * Decimal("1.01"))
    with pytest.raises(BadArgument, match="would take from the book"):
        await run("place_order", **BUY, type="limit", price=price, time_in_force="post_only")
    resting = on_tick(await last(desk) * Decimal("0.99"))
    assert (await run("place_order", **BUY, type="limit", price=resting, time_in_force="post_only")).data["token"]


async def test_leverage_above_the_bracket_of_the_size_is_refused_with_the_most_that_is_allowed(run: Run) -> None:
    with pytest.raises(BadArgument, match=r"allows at most \d+x for .* of BTC/USDT, not 125x"):
        await run("place_order", **{**BUY, "size": "60"}, leverage=125)


async def test_no_key_names_the_variables_and_where_to_make_one(clock: FakeClock, store: Any, house: ByHost) -> None:

    desk = desk_of(clock, store, binance(house, clock, key=None))
    with pytest.raises(BlaveError, match="BINANCE_API_KEY, BINANCE_SECRET_KEY") as told:
        await call(desk, "place_order", **BUY)
    assert told.value.name == "MissingCredentials"
    assert house.requests == []
