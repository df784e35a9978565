"""The same day on every venue: from the first balance to the last transfer, through the tools, on the paper face."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.models import OrderStatus, PositionSide
from blave_mcp.server.store import Store
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.registry import ALL_TOOLS
from blave_mcp.tools.spec import Result
from tests.desks import ByHost, desk_of
from tests.exchanges.bitget.examples import FUTURES, SPOT, bitget, paper_bitget
from tests.fakes import FakeCaller, FakeClock

Run = Callable[..., Awaitable[Result]]
PERP_AT = {"venue": "bitget", "market": "perpetual", "symbol": "BTC/USDT"}
SPOT_AT = {"venue": "bitget", "market": "spot", "symbol": "BTC/USDT"}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def house(clock: FakeClock) -> ByHost:
    return paper_bitget(clock)


@pytest.fixture
def desk(clock: FakeClock, house: ByHost, tmp_path: Path) -> Iterator[Desk]:
    with Store(tmp_path / "record.sqlite3") as store:
        yield desk_of(clock, store, bitget(house, clock))


@pytest.fixture
def run(desk: Desk) -> Run:
    async def call(name: str, /, **given: Any) -> Result:
        tool = next(tool for tool in ALL_TOOLS if tool.name == name)
        checked = tool.check(given)
        if tool.wants_caller:
            checked["caller"] = FakeCaller()
        return await tool.run(desk, **checked)

    return call


@pytest.fixture
def carry_out(run: Run, clock: FakeClock) -> Run:
    """Proposes, waits as long as a person reads, and confirms."""

    async def both(name: str, /, **given: Any) -> Result:
        pending = await run(name, **given)
        clock.advance(5)
        done = await run("confirm_action", token=pending.data["token"], confirmation="CONFIRM")
        assert done.data["state"] == "done", done.text
        return done

    return both


def facts(done: Result) -> dict[str, Any]:
    found: dict[str, Any] = done.data["steps"][-1]["facts"]
    return found


async def last(desk: Desk, market: str) -> Decimal:
    price: Decimal = (await desk.ask("bitget", desk.verbs("bitget", market)[1].ticker("BTCUSDT"))).last
    return price


def near(price: Decimal, part: str, places: str) -> str:
    return f"{(price * Decimal(part)).quantize(Decimal(places)):f}"


async def test_a_day_on_spot_ends_as_on_every_venue(run: Run, carry_out: Run, desk: Desk) -> None:
    assert "50000" in (await run("get_balances", venue="bitget")).text.replace(",", "")
    assert "BTC/USDT" in (await run("get_ticker", venue="bitget", market="spot", symbols="BTC/USDT")).text
    details = await run("find_instruments", venue="bitget", market="spot", search="BTC/USDT", details=True)
    assert details.data["instrument"]["contract_size"] == "1"
    price = await last(desk, "spot")

    resting = await carry_out(
        "place_order",
        **SPOT_AT,
        side="buy",
        type="limit",
        size="0.01",
        price=near(price, "0.9", "0.01"),
        client_id="me1",
    )
    assert (facts(resting)["status"], facts(resting)["client_id"]) == ("open", "me1")
    amended = await carry_out("amend_order", **SPOT_AT, order="me1", price=near(price, "0.91", "0.01"), size="0.02")
    assert Decimal(facts(amended)["size"]) == Decimal("0.02")
    new = facts(amended)["order_id"]
    assert new != facts(resting)["order_id"]
    canceled = await carry_out("cancel_order", **SPOT_AT, order=new)
    assert facts(canceled)["status"] == "canceled"

    bought = await carry_out("place_order", **SPOT_AT, side="buy", quote_size="500")
    assert facts(bought)["status"] == "filled"
    assert Decimal(facts(bought)["filled"]) > 0
    assert facts(bought)["fees"]["BTC"]
    sold = await carry_out("place_order", **SPOT_AT, side="sell", size="0.001")
    assert Decimal(facts(sold)["filled"]) == Decimal("0.001")

    stop = await carry_out(
        "place_order", **SPOT_AT, side="sell", type="stop_market", size="0.001", trigger=near(price, "0.8", "0.01")
    )
    assert facts(stop)["status"] == "untriggered"
    await carry_out("cancel_order", **SPOT_AT, order=facts(stop)["order_id"])
    await carry_out("place_order", **SPOT_AT, side="buy", type="limit", size="0.01", price=near(price, "0.9", "0.01"))
    await carry_out(
        "place_order", **SPOT_AT, side="sell", type="stop_market", size="0.001", trigger=near(price, "0.8", "0.01")
    )
    await carry_out("cancel_all_orders", **SPOT_AT)
    assert await desk.ask("bitget", SPOT.open_orders("BTCUSDT")) == ()

    history = await desk.ask("bitget", SPOT.order_history("BTCUSDT", start_ms=None, end_ms=None, limit=50))
    assert [one.status for one in history] == [
        OrderStatus.CANCELED, OrderStatus.CANCELED, OrderStatus.FILLED, OrderStatus.FILLED, OrderStatus.CANCELED,
        OrderStatus.CANCELED, OrderStatus.CANCELED,
    ]  # fmt: skip
    fills = await desk.ask("bitget", SPOT.fills("BTCUSDT", start_ms=None, end_ms=None, limit=50))
    assert {fill.order_id for fill in fills} == {facts(bought)["order_id"], facts(sold)["order_id"]}
    moved = await carry_out(
        "transfer_funds", venue="bitget", asset="USDT", amount="100", source="spot", target="futures"
    )
    assert facts(moved)["status"] == "Successful"


@pytest.mark.parametrize("verb", sorted(SPOT.lacks))
async def test_what_spot_lacks_is_told_with_what_there_is_instead(verb: str) -> None:
    with pytest.raises(Unsupported, match="bitget spot has no"):
        SPOT._lacking(verb)
    assert SPOT.lacks[verb]
    assert FUTURES.lacks == {}


async def test_spot_says_how_bitget_sizes_its_market_orders(run: Run) -> None:
    with pytest.raises(Unsupported, match="sizes a spot market buy in the quote coin"):
        await run("place_order", **SPOT_AT, side="buy", size="0.01")
    with pytest.raises(Unsupported, match="sizes a spot market sell in the base coin"):
        await run("place_order", **SPOT_AT, side="sell", quote_size="500")
    with pytest.raises(Unsupported, match="no trailing_stop orders"):
        await run("place_order", **SPOT_AT, side="sell", type="trailing_stop", size="0.01", callback_percent="1")


async def test_a_day_on_perpetuals_ends_as_on_every_venue(run: Run, carry_out: Run, desk: Desk) -> None:
    price = await last(desk, "perpetual")
    details = await run("find_instruments", venue="bitget", market="perpetual", search="BTC/USDT", details=True)
    assert details.data["brackets"]
    resting = await carry_out(
        "place_order", **PERP_AT, side="buy", type="limit", size="0.01", price=near(price, "0.95", "0.1"),
        leverage=5, margin_mode="isolated", client_id="mine",
    )  # fmt: skip
    assert [step["label"].split(" of ")[0] for step in resting.data["steps"][:2]] == [
        "Set the margin mode", "Set the leverage",
    ]  # fmt: skip
    amended = await carry_out("amend_order", **PERP_AT, order="mine", size="0.02")
    assert Decimal(facts(amended)["size"]) == Decimal("0.02")
    await carry_out("cancel_order", **PERP_AT, order=facts(amended)["order_id"])

    opened = await carry_out("place_order", **PERP_AT, side="buy", size="0.02")
    assert facts(opened)["positions"][0]["side"] == "long"
    assert facts(opened)["positions"][0]["leverage"] == 5
    assert facts(opened)["positions"][0]["margin_mode"] == "isolated"
    (held,) = await desk.ask("bitget", FUTURES.positions("BTCUSDT"))
    assert (held.position_side, held.size) == (PositionSide.BOTH, Decimal("0.02"))

    protected = await carry_out(
        "protect_position", venue="bitget", symbol="BTC/USDT", take_profit="10%", stop_loss="5%"
    )
    assert [step["state"] for step in protected.data["steps"]] == ["done", "done"]
    waiting = await desk.ask("bitget", FUTURES.open_orders("BTCUSDT"))
    assert sorted(str(one.type) for one in waiting) == ["stop_market", "take_profit_market"]
    assert all(one.close_position and one.conditional for one in waiting)
    await carry_out("cancel_order", **PERP_AT, order=waiting[0].id)

    added = await carry_out("adjust_margin", venue="bitget", symbol="BTC/USDT", amount="25")
    assert facts(added)["amount"] == "25"
    (after,) = await desk.ask("bitget", FUTURES.positions("BTCUSDT"))
    assert held.margin is not None
    assert after.margin == held.margin + 25

    part = await carry_out("close_position", venue="bitget", symbol="BTC/USDT", percent="50")
    assert Decimal(facts(part)["positions"][0]["size"]) == Decimal("0.01")
    closed = await carry_out("close_position", venue="bitget", symbol="BTC/USDT")
    assert facts(closed)["positions"] == []
    assert "realised PnL" in closed.text
    assert await desk.ask("bitget", FUTURES.open_orders("BTCUSDT")) == ()

    history = await desk.ask("bitget", FUTURES.order_history("BTCUSDT", start_ms=None, end_ms=None, limit=50))
    assert {one.status for one in history} == {OrderStatus.CANCELED, OrderStatus.FILLED}
    fills = await desk.ask("bitget", FUTURES.fills("BTCUSDT", start_ms=None, end_ms=None, limit=50))
    assert facts(closed)["order_id"] in {fill.order_id for fill in fills}
    moved = await carry_out(
        "transfer_funds", venue="bitget", asset="USDT", amount="100", source="futures", target="spot"
    )
    assert facts(moved)["status"] == "Successful"


async def test_settings_are_set_and_read_back(carry_out: Run, run: Run) -> None:
    leverage = await carry_out("set_leverage", venue="bitget", symbol="ETH/USDT", leverage=7)
    assert facts(leverage)["leverage"] == "7"
    mode = await carry_out("set_margin_mode", venue="bitget", symbol="ETH/USDT", margin_mode="isolated")
    assert facts(mode)["margin_mode"] == "isolated"
    hedge = await carry_out("set_position_mode", venue="bitget", position_mode="hedge")
    assert facts(hedge)["position_mode"] == "hedge"
    with pytest.raises(BadArgument, match="in hedge mode already"):
        await run("set_position_mode", venue="bitget", position_mode="hedge")


async def test_hedge_mode_keeps_each_side_apart_and_names_the_side_as_bitget_does(
    carry_out: Run, run: Run, desk: Desk, house: ByHost
) -> None:
    await carry_out("set_position_mode", venue="bitget", position_mode="hedge")
    await carry_out("place_order", **PERP_AT, side="buy", size="0.02")
    await carry_out("place_order", **PERP_AT, side="sell", size="0.01")
    held = await desk.ask("bitget", FUTURES.positions())
    assert sorted(one.position_side for one in held) == [PositionSide.LONG, PositionSide.SHORT]
    house.requests.clear()
    closed = await carry_out("close_position", venue="bitget", symbol="BTC/USDT", position_side="short")
    (sent,) = [r.body.decode() for r in house.requests if r.url.endswith("/api/v2/mix/order/place-order")]
    assert '"side":"sell","tradeSide":"close"' in sent
    assert '"reduceOnly"' not in sent
    assert [one["side"] for one in facts(closed)["positions"]] == ["long"]
    await carry_out(
        "protect_position", venue="bitget", symbol="BTC/USDT", stop_loss="5%", size="0.01", position_side="long"
    )
    (stop,) = await desk.ask("bitget", FUTURES.open_orders("BTCUSDT"))
    assert (stop.side, stop.position_side, stop.size) == ("sell", PositionSide.LONG, Decimal("0.01"))
    await carry_out("cancel_all_orders", **PERP_AT)
    assert await desk.ask("bitget", FUTURES.open_orders("BTCUSDT")) == ()
    fills = await desk.ask("bitget", FUTURES.fills("BTCUSDT", start_ms=None, end_ms=None, limit=10))
    assert [str(fill.side) for fill in fills][-1] == "buy", "closing a short buys, whatever Bitget calls its side"


async def test_every_kind_of_trigger_is_placed_read_and_cancelled(carry_out: Run, desk: Desk) -> None:
    price = await last(desk, "perpetual")
    order = {**PERP_AT, "size": "0.01"}
    below, above = near(price, "0.9", "0.1"), near(price, "1.04", "0.1")
    await carry_out("place_order", **order, side="sell", type="stop_market", trigger=below)
    await carry_out("place_order", **order, side="buy", type="stop_limit", trigger=above, price=above)
    await carry_out("place_order", **order, side="buy", type="take_profit_market", trigger=below, trigger_by="mark")
    trailing = await carry_out(
        "place_order", **order, side="sell", type="trailing_stop", callback_percent="2", activation=above
    )
    assert facts(trailing)["status"] == "untriggered"
    waiting = await desk.ask("bitget", FUTURES.open_orders("BTCUSDT"))
    assert [str(one.type) for one in waiting] == [
        "trigger_market", "trigger_limit", "trigger_market", "trailing_stop",
    ]  # fmt: skip
    assert waiting[3].callback_percent == Decimal(2)
    limited = next(one for one in waiting if one.type == "trigger_limit")
    amended = await carry_out("amend_order", **PERP_AT, order=limited.id, price=near(price, "1.03", "0.1"))
    assert Decimal(facts(amended)["price"]) == Decimal(near(price, "1.03", "0.1"))
    for one in waiting:
        await carry_out("cancel_order", **PERP_AT, order=one.id)
    assert await desk.ask("bitget", FUTURES.open_orders()) == ()
    with pytest.raises(BadArgument, match="wants an activation price"):
        await carry_out("place_order", **order, side="sell", type="trailing_stop", callback_percent="2")


async def test_market_data_reads_alike_through_the_tools(run: Run, desk: Desk) -> None:
    for at in (SPOT_AT, PERP_AT):
        assert len((await run("get_klines", **at, interval="1h", limit=30)).data["candles"]["rows"]) == 30
        assert (await run("get_order_book", **at)).data
    rates = await desk.ask("bitget", FUTURES.funding_rates("BTCUSDT", start_ms=None, end_ms=None, limit=5))
    assert len(rates) == 5
    assert rates[0].time_ms < rates[-1].time_ms
