"""Amending an open order: held to the same rules as placing it, and shown with what it comes to."""

from __future__ import annotations

from decimal import Decimal

import pytest

from blave_mcp.exchanges.errors import BadArgument, LimitExceeded
from blave_mcp.tools.desk import Desk, Limits
from tests.fakes import FakeClock
from tests.tools.conftest import Run
from tests.tools.test_trade import PERP, last, on_tick, rows

SIDES = {"spot": Decimal("0.98"), "perpetual": Decimal("0.97")}


async def resting(carry_out: Run, desk: Desk, market: str, **more: str) -> dict[str, str]:
    """Places a buy of 0.01 BTC that waits below the market; returns how amend_order finds it."""
    price = on_tick(await last(desk, market) * SIDES[market])
    here = {**PERP, "market": market}
    done = await carry_out("place_order", **here, side="buy", size="0.01", type="limit", price=price, **more)
    return {**here, "order": done.data["steps"][-1]["facts"]["order_id"]}


@pytest.mark.parametrize("market", SIDES)
async def test_an_amended_order_is_held_to_the_operators_limit(
    run: Run, carry_out: Run, desk: Desk, market: str
) -> None:
    order = await resting(carry_out, desk, market)
    desk.limits = Limits(max_order_quote=await last(desk, market) * Decimal("0.015"))
    with pytest.raises(LimitExceeded, match=r"operator's limit is .* for one order"):
        await run("amend_order", **order, size="0.02")
    assert (await run("amend_order", **order, size="0.012")).data["state"] == "pending"


@pytest.mark.parametrize("market", SIDES)
async def test_a_change_that_the_free_balance_does_not_cover_is_refused(
    run: Run, carry_out: Run, desk: Desk, market: str
) -> None:
    order = await resting(carry_out, desk, market)
    with pytest.raises(BadArgument, match=r"needs about .* USDT more; .* is free in this wallet"):
        await run("amend_order", **order, size="90")


async def test_the_summary_says_where_what_it_is_worth_and_what_is_free(
    run: Run, carry_out: Run, desk: Desk, clock: FakeClock
) -> None:
    order = await resting(carry_out, desk, "spot")
    price = Decimal(on_tick(await last(desk, "spot") * Decimal("0.9")))
    pending = await run("amend_order", **order, price=str(price), size="0.02")
    shown = rows(pending.data["summary"])
    assert shown["Venue"] == "Binance spot"
    assert shown["Symbol"] == "BTC/USDT (BTCUSDT)"
    assert shown["New size"] == "0.02 BTC (was 0.01)"
    assert shown["Worth"].startswith(f"{price * Decimal('0.02'):,.2f} USDT")
    now, after = (Decimal(words.split()[0].replace(",", "")) for words in shown["Free balance"].split(" now, about "))
    clock.advance(5)
    done = await run("confirm_action", token=pending.data["token"], confirmation="CONFIRM")
    assert done.data["state"] == "done", done.text
    held = (await run("get_balances", venue="binance")).data["balances"]
    usdt = next(row for row in held["rows"] if row[1:3] == ["spot", "USDT"])
    free = Decimal(usdt[held["columns"].index("free")])
    assert abs(free - after) < Decimal("0.01")
    assert after < now


async def test_a_new_price_that_takes_from_the_book_is_said_priced_and_guarded(
    run: Run, carry_out: Run, desk: Desk
) -> None:
    order = await resting(carry_out, desk, "perpetual")
    pending = await run("amend_order", **order, price=on_tick(await last(desk) * Decimal("1.01")))
    shown = rows(pending.data["summary"])
    assert "takes from the book at once" in pending.data["summary"]
    assert shown["Slippage"].startswith("about ")
    assert shown["Est. fee"].endswith("% taker)")
    assert shown["Sent only if"].startswith("the price is within 1 %")
    kept = on_tick(await last(desk) * Decimal("0.96"))
    assert rows((await run("amend_order", **order, price=kept)).data["summary"])["Est. fee"].endswith("% maker)")


async def test_a_post_only_order_is_not_amended_into_the_book(run: Run, carry_out: Run, desk: Desk) -> None:
    order = await resting(carry_out, desk, "perpetual", time_in_force="post_only")
    with pytest.raises(BadArgument, match=r"post-only buy .* would take from the book"):
        await run("amend_order", **order, price=on_tick(await last(desk) * Decimal("1.01")))
