"""The same day on every venue: from the first balance to the last transfer, through the tools, on the paper face."""

from __future__ import annotations

import json
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
from tests.exchanges.bitmart.examples import FUTURES, MARGIN, SPOT, bitmart, paper_bitmart
from tests.fakes import FakeCaller, FakeClock

Run = Callable[..., Awaitable[Result]]
PERP_AT = {"venue": "bitmart", "market": "perpetual", "symbol": "BTC/USDT"}
SPOT_AT = {"venue": "bitmart", "market": "spot", "symbol": "BTC/USDT"}
MARGIN_AT = {"venue": "bitmart", "market": "margin", "symbol": "ETH/USDT"}
SPAN: dict[str, Any] = {"start_ms": None, "end_ms": None, "limit": 50}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def house(clock: FakeClock) -> ByHost:
    return paper_bitmart(clock)


@pytest.fixture
def desk(clock: FakeClock, house: ByHost, tmp_path: Path) -> Iterator[Desk]:
    with Store(tmp_path / "record.sqlite3") as store:
        yield desk_of(clock, store, bitmart(house, clock))


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
    verbs = desk.verbs("bitmart", market)[1]
    price: Decimal = (await desk.ask("bitmart", verbs.ticker("BTCUSDT" if market == "perpetual" else "BTC_USDT"))).last
    return price


def near(price: Decimal, part: str, places: str) -> str:
    return f"{(price * Decimal(part)).quantize(Decimal(places)):f}"


async def test_a_day_on_spot_ends_as_on_every_venue(run: Run, carry_out: Run, desk: Desk, house: ByHost) -> None:
    assert "50000" in (await run("get_balances", venue="bitmart")).text.replace(",", "")
    assert "BTC/USDT" in (await run("get_ticker", venue="bitmart", market="spot", symbols="BTC/USDT")).text
    details = await run("find_instruments", venue="bitmart", market="spot", search="BTC/USDT", details=True)
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
    house.requests.clear()
    amended = await carry_out("amend_order", **SPOT_AT, order="me1", price=near(price, "0.91", "0.01"), size="0.02")
    sent = [r.url.rpartition("/")[2] for r in house.requests if r.url.endswith(("cancel_order", "submit_order"))]
    assert sent == ["cancel_order", "submit_order"], "cancelled before it is replaced"
    assert Decimal(facts(amended)["size"]) == Decimal("0.02")
    new = facts(amended)["order_id"]
    assert new != facts(resting)["order_id"]
    canceled = await carry_out("cancel_order", **SPOT_AT, order=new)
    assert facts(canceled)["status"] == "canceled"

    house.requests.clear()
    bought = await carry_out("place_order", **SPOT_AT, side="buy", quote_size="500")
    (body,) = [json.loads(r.body) for r in house.requests if r.url.endswith("/spot/v2/submit_order")]
    assert (body["notional"], "size" in body) == ("500", False)
    assert facts(bought)["status"] == "filled"
    assert Decimal(facts(bought)["filled"]) > 0
    assert Decimal(facts(bought)["fees"]["USDT"]) > 0
    sold = await carry_out("place_order", **SPOT_AT, side="sell", size="0.001")
    assert Decimal(facts(sold)["filled"]) == Decimal("0.001")

    for part in ("0.9", "0.8"):
        await carry_out(
            "place_order", **SPOT_AT, side="buy", type="limit", size="0.01", price=near(price, part, "0.01"),
            time_in_force="post_only",
        )  # fmt: skip
    await carry_out("cancel_all_orders", **SPOT_AT)
    assert await desk.ask("bitmart", SPOT.open_orders("BTC_USDT")) == ()

    history = await desk.ask("bitmart", SPOT.order_history("BTC_USDT", **SPAN))
    canceled_state, filled = OrderStatus.CANCELED, OrderStatus.FILLED
    assert [one.status for one in history] == [
        canceled_state, canceled_state, filled, filled, canceled_state, canceled_state,
    ]  # fmt: skip
    fills = await desk.ask("bitmart", SPOT.fills("BTC_USDT", **SPAN))
    assert {fill.order_id for fill in fills} == {facts(bought)["order_id"], facts(sold)["order_id"]}
    moved = await carry_out(
        "transfer_funds", venue="bitmart", asset="USDT", amount="100", source="spot", target="futures"
    )
    assert facts(moved)["status"] == "FINISHED"


@pytest.mark.parametrize("verbs", [SPOT, MARGIN, FUTURES], ids=lambda verbs: verbs.market.value)
async def test_what_a_market_lacks_is_told_with_what_there_is_instead(verbs: Any) -> None:
    for verb in verbs.lacks:
        with pytest.raises(Unsupported, match=f"bitmart {verbs.market} has no"):
            verbs._lacking(verb)
        assert len(verbs.lacks[verb]) > 20
    assert set(FUTURES.lacks) == {"adjust_margin"}
    common = {"funding_rates", "positions", "brackets", "set_leverage", "set_margin_mode", "set_position_mode",
              "adjust_margin", "protect"}  # fmt: skip
    assert set(SPOT.lacks) == common
    assert set(MARGIN.lacks) == common | {"transfer"}


async def test_spot_says_how_bitmart_sizes_its_market_orders(run: Run) -> None:
    with pytest.raises(Unsupported, match="in the quote coin"):
        await run("place_order", **SPOT_AT, side="buy", size="0.01")
    with pytest.raises(Unsupported, match="in the base coin"):
        await run("place_order", **SPOT_AT, side="sell", quote_size="500")
    with pytest.raises(Unsupported, match="no stop_market orders"):
        await run("place_order", **SPOT_AT, side="sell", type="stop_market", size="0.01", trigger="1")
    with pytest.raises(BadArgument, match="USDT alone"):
        await run("transfer_funds", venue="bitmart", asset="BTC", amount="0.1", source="spot", target="futures")


async def test_a_day_on_perpetuals_ends_as_on_every_venue(run: Run, carry_out: Run, desk: Desk, house: ByHost) -> None:
    price = await last(desk, "perpetual")
    details = await run("find_instruments", venue="bitmart", market="perpetual", search="BTC/USDT", details=True)
    assert details.data["brackets"]
    assert details.data["instrument"]["contract_size"] == "0.001"
    await carry_out("set_position_mode", venue="bitmart", position_mode="one_way")
    resting = await carry_out(
        "place_order", **PERP_AT, side="buy", type="limit", size="0.01", price=near(price, "0.95", "0.1"),
        leverage=5, margin_mode="isolated", client_id="mine",
    )  # fmt: skip
    assert [step["label"] for step in resting.data["steps"]][:1] == ["Set the leverage of BTC/USDT to 5x"]
    (body,) = [json.loads(r.body) for r in house.requests if r.url.endswith("/contract/private/submit-order")]
    assert body == {
        "symbol": "BTCUSDT", "side": 1, "type": "limit", "price": body["price"], "size": 10, "leverage": "5",
        "open_type": "isolated", "mode": 1, "client_order_id": "mine",
    }  # fmt: skip
    amended = await carry_out("amend_order", **PERP_AT, order="mine", size="0.02")
    assert Decimal(facts(amended)["size"]) == Decimal("0.02")
    assert facts(amended)["order_id"] == facts(resting)["order_id"]
    canceled = await carry_out("cancel_order", **PERP_AT, order="mine")
    assert facts(canceled)["status"] == "canceled"

    opened = await carry_out("place_order", **PERP_AT, side="buy", size="0.02")
    assert facts(opened)["positions"][0]["side"] == "long"
    assert facts(opened)["positions"][0]["leverage"] == 5
    assert facts(opened)["positions"][0]["margin_mode"] == "isolated"
    (held,) = await desk.ask("bitmart", FUTURES.positions("BTCUSDT"))
    assert (held.position_side, held.size, held.contracts) == (PositionSide.BOTH, Decimal("0.02"), Decimal(20))

    protected = await carry_out(
        "protect_position", venue="bitmart", symbol="BTC/USDT", take_profit="10%", stop_loss="5%"
    )
    assert [step["state"] for step in protected.data["steps"]] == ["done", "done"]
    waiting = await desk.ask("bitmart", FUTURES.open_orders("BTCUSDT"))
    assert sorted(str(one.type) for one in waiting) == ["stop_market", "take_profit_market"]
    assert all(one.close_position and one.conditional and one.reduce_only for one in waiting)
    await carry_out("cancel_order", **PERP_AT, order=waiting[0].id)
    with pytest.raises(Unsupported, match="has no adjust margin"):
        await run("adjust_margin", venue="bitmart", symbol="BTC/USDT", amount="25")

    part = await carry_out("close_position", venue="bitmart", symbol="BTC/USDT", percent="50")
    assert Decimal(facts(part)["positions"][0]["size"]) == Decimal("0.01")
    house.requests.clear()
    closed = await carry_out("close_position", venue="bitmart", symbol="BTC/USDT")
    (body,) = [json.loads(r.body) for r in house.requests if r.url.endswith("/contract/private/submit-order")]
    assert body.keys() == {"symbol", "side", "type", "size", "client_order_id"}, "a close names no leverage and no mode"
    assert (body["side"], body["size"]) == (3, 10)
    assert facts(closed)["positions"] == []
    assert "realised PnL" in closed.text
    assert await desk.ask("bitmart", FUTURES.open_orders("BTCUSDT")) == ()

    history = await desk.ask("bitmart", FUTURES.order_history("BTCUSDT", **SPAN))
    assert {one.status for one in history} == {OrderStatus.CANCELED, OrderStatus.FILLED}
    fills = await desk.ask("bitmart", FUTURES.fills("BTCUSDT", **SPAN))
    assert facts(closed)["order_id"] in {fill.order_id for fill in fills}
    moved = await carry_out(
        "transfer_funds", venue="bitmart", asset="USDT", amount="100", source="futures", target="spot"
    )
    assert facts(moved)["status"] == "FINISHED"


async def test_settings_are_set_and_read_back(carry_out: Run, run: Run) -> None:
    leverage = await carry_out("set_leverage", venue="bitmart", symbol="ETH/USDT", leverage=7)
    assert facts(leverage)["leverage"] == "7"
    mode = await carry_out("set_margin_mode", venue="bitmart", symbol="ETH/USDT", margin_mode="isolated")
    assert facts(mode)["margin_mode"] == "isolated"
    one_way = await carry_out("set_position_mode", venue="bitmart", position_mode="one_way")
    assert facts(one_way)["position_mode"] == "one_way"
    with pytest.raises(BadArgument, match="in one_way mode already"):
        await run("set_position_mode", venue="bitmart", position_mode="one_way")


async def test_hedge_mode_keeps_each_side_apart_by_the_numbers_of_its_sides(
    carry_out: Run, run: Run, desk: Desk, house: ByHost
) -> None:
    await carry_out("place_order", **PERP_AT, side="buy", size="0.02")
    await carry_out("place_order", **PERP_AT, side="sell", size="0.01")
    held = await desk.ask("bitmart", FUTURES.positions())
    assert sorted(one.position_side for one in held) == [PositionSide.LONG, PositionSide.SHORT]
    closed = await carry_out("close_position", venue="bitmart", symbol="BTC/USDT", position_side="short")
    bodies = [json.loads(r.body) for r in house.requests if r.url.endswith("/contract/private/submit-order")]
    assert [body["side"] for body in bodies] == [1, 4, 2]
    assert [one["side"] for one in facts(closed)["positions"]] == ["long"]
    with pytest.raises(BadArgument, match="inherits it"):
        await run("place_order", **PERP_AT, side="buy", size="0.01", leverage=3)
    with pytest.raises(BadArgument, match="position"):
        await run("set_position_mode", venue="bitmart", position_mode="one_way")
    await carry_out(
        "protect_position", venue="bitmart", symbol="BTC/USDT", stop_loss="5%", size="0.01", position_side="long"
    )
    (stop,) = await desk.ask("bitmart", FUTURES.open_orders("BTCUSDT"))
    assert (stop.side, stop.position_side, stop.size) == ("sell", PositionSide.LONG, Decimal("0.01"))
    price = await last(desk, "perpetual")
    await carry_out("place_order", **PERP_AT, side="buy", type="limit", size="0.01", price=near(price, "0.9", "0.1"))
    await carry_out("cancel_all_orders", **PERP_AT)
    assert await desk.ask("bitmart", FUTURES.open_orders("BTCUSDT")) == ()


async def test_every_kind_of_trigger_is_placed_read_and_cancelled(carry_out: Run, desk: Desk) -> None:
    price = await last(desk, "perpetual")
    order = {**PERP_AT, "size": "0.01", "leverage": 5}
    below, above = near(price, "0.9", "0.1"), near(price, "1.04", "0.1")
    await carry_out("place_order", **order, side="sell", type="stop_market", trigger=below, position_side="short")
    await carry_out("place_order", **order, side="buy", type="stop_limit", trigger=above, price=above)
    await carry_out("place_order", **order, side="buy", type="take_profit_market", trigger=below, trigger_by="mark")
    trailing = await carry_out(
        "place_order", **order, side="sell", type="trailing_stop", callback_percent="2", activation=above,
        position_side="short",
    )  # fmt: skip
    assert facts(trailing)["status"] == "untriggered"
    waiting = await desk.ask("bitmart", FUTURES.open_orders("BTCUSDT"))
    assert sorted(str(one.type) for one in waiting) == [
        "stop_limit", "stop_market", "take_profit_market", "trailing_stop",
    ]  # fmt: skip
    assert next(one for one in waiting if one.type == "trailing_stop").callback_percent == Decimal(2)
    limited = next(one for one in waiting if one.type == "stop_limit")
    amended = await carry_out("amend_order", **PERP_AT, order=limited.id, price=near(price, "1.03", "0.1"))
    assert Decimal(facts(amended)["price"]) == Decimal(near(price, "1.03", "0.1"))
    for one in waiting:
        await carry_out("cancel_order", **PERP_AT, order=one.id)
    assert await desk.ask("bitmart", FUTURES.open_orders()) == ()
    with pytest.raises(BadArgument, match="wants an activation price"):
        await carry_out(
            "place_order", **order, side="sell", type="trailing_stop", callback_percent="2", position_side="short"
        )


async def test_borrow_trade_and_repay_with_interest_and_liquidation_told(
    run: Run, carry_out: Run, desk: Desk, clock: FakeClock
) -> None:
    async def raw(endpoint: str, **args: Any) -> Result:
        given = {"symbol": "ETH_USDT", "currency": "USDT", **args}
        return await carry_out("propose_endpoint", venue="bitmart", endpoint=endpoint, args=given)

    await raw("spot.margin.move", amount="1000", side="in")
    args = {"symbol": "ETH_USDT", "currency": "USDT", "amount": "1000"}
    pending = await run("propose_endpoint", venue="bitmart", endpoint="spot.margin.borrow", args=args)
    for words in ("interest every hour", "0.002 % an hour", "liquidated when its risk rate falls to 1.15",
                  "costs about 0.02 USDT an hour", "Borrowable now: 10 to 4000 USDT."):  # fmt: skip
        assert words in pending.text, pending.text
    borrowed = await raw("spot.margin.borrow", amount="1000")
    assert facts(borrowed)["borrow_id"] == "1"

    held = await desk.ask("bitmart", MARGIN.balances())
    assert [(one.wallet, one.asset, one.free) for one in held] == [("margin ETH_USDT", "USDT", Decimal(2000))]
    assert held[0].total == Decimal("999.98"), "net of what is owed"
    pending = await run("place_order", **MARGIN_AT, side="buy", quote_size="1500")
    assert "Owed in this account now: 1000 USDT and 0.02 interest" in pending.text
    assert "risk rate" in pending.text
    bought = await carry_out("place_order", **MARGIN_AT, side="buy", quote_size="1500")
    assert facts(bought)["status"] == "filled"
    with pytest.raises(BadArgument, match="is free in this wallet"):
        await run("place_order", **MARGIN_AT, side="buy", quote_size="1500")
    resting = await carry_out("place_order", **MARGIN_AT, side="sell", type="limit", size="0.1", price="9000")
    (waiting,) = await desk.ask("bitmart", MARGIN.open_orders("ETH_USDT"))
    assert waiting.id == facts(resting)["order_id"]
    assert await desk.ask("bitmart", SPOT.open_orders("ETH_USDT")) == ()
    await carry_out("cancel_order", **MARGIN_AT, order=waiting.id)

    clock.advance(7200)
    mine = {one.asset: one for one in await desk.ask("bitmart", MARGIN.balances())}
    size = mine["ETH"].free.quantize(Decimal("0.0001"), "ROUND_DOWN")
    await carry_out("place_order", **MARGIN_AT, side="sell", size=f"{size:f}")
    read = await run("read_endpoint", venue="bitmart", endpoint="spot.margin.account", args={"symbol": "ETH_USDT"})
    owed = read.data["payload"]["symbols"][0]["quote"]
    assert Decimal(owed["interest_unpaid"]) == Decimal("0.06"), "the first hour at once, then two more"
    whole = Decimal(owed["borrow_unpaid"]) + Decimal(owed["interest_unpaid"])
    short = await run("propose_endpoint", venue="bitmart", endpoint="spot.margin.repay", args=args)
    assert "stays owed" in short.text
    repaid = await raw("spot.margin.repay", amount=f"{whole:f}")
    assert (facts(repaid)["principal"], Decimal(facts(repaid)["interest"])) == ("1000", Decimal("0.06"))
    read = await run("read_endpoint", venue="bitmart", endpoint="spot.margin.account", args={"symbol": "ETH_USDT"})
    assert read.data["payload"]["symbols"][0]["risk_rate"] == "999"


async def test_market_data_reads_alike_through_the_tools(run: Run, desk: Desk) -> None:
    for at in (SPOT_AT, MARGIN_AT, PERP_AT):
        assert len((await run("get_klines", **at, interval="1h", limit=30)).data["candles"]["rows"]) == 30
        assert (await run("get_order_book", **at)).data
        assert (await run("get_recent_trades", **at)).data["trades"]
    one = await run("get_klines", **PERP_AT, interval="1h", start="2025-12-20", limit=24)
    assert len(one.data["candles"]["rows"]) == 24
    rates = await desk.ask("bitmart", FUTURES.funding_rates("BTCUSDT", start_ms=None, end_ms=None, limit=5))
    assert len(rates) == 5
    assert rates[0].time_ms < rates[-1].time_ms
