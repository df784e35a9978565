"""A trader's day on BingX's paper face, through the MCP tools alone."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.models import MarginMode, PositionMode
from blave_mcp.server.store import Store
from blave_mcp.tools.desk import Desk
from tests.desks import ByHost
from tests.exchanges.bingx.house import MARKETS, call, carry_out, desk_over, paper_bingx
from tests.fakes import FakeClock

D = Decimal
PERP = {"market": "perpetual", "symbol": "BTC/USDT"}
SPOT = {"market": "spot", "symbol": "BTC/USDT"}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def house(clock: FakeClock) -> ByHost:
    return paper_bingx(clock)


@pytest.fixture
def desk(tmp_path: Path, clock: FakeClock, house: ByHost) -> Iterator[Desk]:
    with Store(tmp_path / "record.sqlite3") as store:
        yield desk_over(house, clock, store)


def rows(table: Any) -> list[dict[str, Any]]:
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


async def last(desk: Desk, market: str) -> Decimal:
    ticker = await call(desk, "get_ticker", market=market, symbols="BTC/USDT")
    return D(rows(ticker.data["tickers"])[0]["last"])


async def balances(desk: Desk) -> dict[tuple[str, str], Decimal]:
    told = await call(desk, "get_balances")
    return {(one["wallet"], one["asset"]): D(one["free"]) for one in rows(told.data["balances"])}


async def test_a_day_on_the_perpetual_ends_flat_with_every_step_told(desk: Desk, clock: FakeClock) -> None:
    assert (await balances(desk))["swap", "USDT"] == 50_000
    found = await call(desk, "find_instruments", market="perpetual", search="BTC/USDT", details=True)
    assert found.data["instrument"]["native"] == "BTC-USDT"
    assert found.data["instrument"]["contract_size"] == "1"
    assert found.data["brackets"]["rows"]
    price = await last(desk, "perpetual")

    low = f"{(price * D('0.9')).quantize(D('0.1')):f}"
    placed = await carry_out(
        desk, clock, "place_order", **PERP, side="buy", type="limit", size="0.02", price=low,
        leverage=5, margin_mode="isolated", client_id="Morning1",
    )  # fmt: skip
    assert placed.data["steps"][-1]["facts"]["client_id"] == "morning1"
    (resting,) = rows((await call(desk, "get_open_orders", **PERP)).data["orders"])
    assert (resting["status"], resting["price"], resting["size_base"]) == ("open", low.rstrip("0").rstrip("."), "0.02")
    smaller = await carry_out(desk, clock, "amend_order", **PERP, order=resting["order_id"], size="0.01")
    assert smaller.data["steps"][0]["facts"]["order_id"] == resting["order_id"]
    lower = f"{(price * D('0.89')).quantize(D('0.1')):f}"
    moved = await carry_out(desk, clock, "amend_order", **PERP, order=resting["order_id"], price=lower)
    new_id = moved.data["steps"][0]["facts"]["order_id"]
    assert new_id != resting["order_id"]
    assert D(moved.data["steps"][0]["facts"]["price"]) == D(lower)
    await carry_out(desk, clock, "cancel_order", **PERP, order=new_id)

    opened = await carry_out(desk, clock, "place_order", **PERP, side="buy", size="0.01")
    facts = opened.data["steps"][-1]["facts"]
    assert (facts["status"], D(facts["filled"])) == ("filled", D("0.01"))
    assert D(facts["fees"]["USDT"]) > 0
    (held,) = rows((await call(desk, "get_positions")).data["positions"])
    assert (held["side"], held["leverage"], held["margin_mode"]) == ("long", 5, "isolated")
    assert D(held["size_base"]) == D("0.01")
    await carry_out(desk, clock, "adjust_margin", symbol="BTC/USDT", amount="20")
    after = rows((await call(desk, "get_positions")).data["positions"])[0]
    assert D(after["liquidation"]) < D(held["liquidation"])

    protected = await carry_out(desk, clock, "protect_position", symbol="BTC/USDT", take_profit="10%", stop_loss="5%")
    assert [step["facts"]["status"] for step in protected.data["steps"]] == ["untriggered", "untriggered"]
    waiting = rows((await call(desk, "get_open_orders", **PERP)).data["orders"])
    assert sorted(one["type"] for one in waiting) == ["stop_market", "take_profit_market"]

    closed = await carry_out(desk, clock, "close_position", symbol="BTC/USDT")
    assert "Position now: none." in closed.text
    assert "realised PnL" in closed.text
    assert rows((await call(desk, "get_open_orders", **PERP)).data["orders"]) == [], "they were tied to the position"
    fills = rows((await call(desk, "get_fills", **PERP)).data["fills"])
    assert [one["side"] for one in fills] == ["buy", "sell"]
    history = rows((await call(desk, "get_order_history", **PERP)).data["orders"])
    assert {"filled", "canceled", "expired"} <= {one["status"] for one in history}


async def test_a_day_on_spot_ends_with_less_of_one_asset_and_more_of_the_other(desk: Desk, clock: FakeClock) -> None:
    before = await balances(desk)
    price = await last(desk, "spot")
    low = f"{(price * D('0.9')).quantize(D('0.01')):f}"
    await carry_out(desk, clock, "place_order", **SPOT, side="buy", type="limit", size="0.01", price=low)
    (resting,) = rows((await call(desk, "get_open_orders", **SPOT)).data["orders"])
    moved = await carry_out(desk, clock, "amend_order", **SPOT, order=resting["order_id"], size="0.02")
    id = moved.data["steps"][0]["facts"]["order_id"]
    assert id != resting["order_id"]
    await carry_out(desk, clock, "cancel_order", **SPOT, order=id)
    bought = await carry_out(desk, clock, "place_order", **SPOT, side="buy", quote_size="500")
    assert bought.data["steps"][0]["facts"]["status"] == "filled"
    assert 495 < D(bought.data["steps"][0]["facts"]["cost"]) <= 500
    stop = f"{(price * D('0.8')).quantize(D('0.01')):f}"
    await carry_out(desk, clock, "place_order", **SPOT, side="sell", type="stop_market", size="0.01", trigger=stop)
    (waiting,) = rows((await call(desk, "get_open_orders", **SPOT)).data["orders"])
    assert waiting["status"] == "untriggered"
    await carry_out(desk, clock, "cancel_all_orders", **SPOT)
    await carry_out(desk, clock, "place_order", **SPOT, side="sell", size="0.001")
    fills = rows((await call(desk, "get_fills", **SPOT)).data["fills"])
    assert {one["side"] for one in fills} == {"buy", "sell"}
    now = await balances(desk)
    assert now["spot", "BTC"] > before["spot", "BTC"]
    assert now["spot", "USDT"] < before["spot", "USDT"]
    history = rows((await call(desk, "get_order_history", **SPOT)).data["orders"])
    assert len(history) >= 5


async def test_funds_move_between_the_three_wallets_and_the_record_tells_it(desk: Desk, clock: FakeClock) -> None:
    done = await carry_out(
        desk, clock, "transfer_funds", asset="USDT", amount="100", source="spot", target="fund"
    )  # fmt: skip
    assert done.data["steps"][0]["facts"]["status"] == "CONFIRMED"
    assert (await balances(desk))["fund", "USDT"] == 100
    await carry_out(desk, clock, "transfer_funds", asset="USDT", amount="40", source="fund", target="swap")
    now = await balances(desk)
    assert [now[wallet, "USDT"] for wallet in ("spot", "fund", "swap")] == [49_900, 60, 50_040]


async def test_in_hedge_mode_longs_and_shorts_stand_apart_and_leverage_is_set_for_both(
    desk: Desk, clock: FakeClock, house: ByHost
) -> None:
    await carry_out(desk, clock, "set_position_mode", position_mode="hedge")
    done = await carry_out(desk, clock, "set_leverage", symbol="BTC/USDT", leverage=7)
    assert len(done.data["steps"]) == 2
    sent = [r.body.decode() for r in house.requests if r.method == "POST" and r.url.endswith("/trade/leverage")]
    assert ["side=LONG" in sent[0], "side=SHORT" in sent[1]] == [True, True]
    await carry_out(desk, clock, "place_order", **PERP, side="buy", size="0.01", position_side="long")
    await carry_out(desk, clock, "place_order", **PERP, side="sell", size="0.02", position_side="short")
    held = rows((await call(desk, "get_positions")).data["positions"])
    assert sorted((one["side"], D(one["size_base"])) for one in held) == [
        ("long (hedge)", D("0.01")),
        ("short (hedge)", D("0.02")),
    ]
    await carry_out(
        desk, clock, "protect_position", symbol="BTC/USDT", stop_loss="5%", position_side="short", size="0.01"
    )
    with pytest.raises(BadArgument, match="cannot change"):
        await call(desk, "set_position_mode", position_mode="one_way")
    await carry_out(desk, clock, "close_position", symbol="BTC/USDT", position_side="long")
    await carry_out(desk, clock, "close_position", symbol="BTC/USDT", position_side="short")
    assert rows((await call(desk, "get_positions")).data["positions"]) == []


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("stop_market", {"trigger": "1.05"}),
        ("stop_limit", {"trigger": "1.05", "price": "1.06"}),
        ("take_profit_market", {"trigger": "0.95"}),
        ("take_profit_limit", {"trigger": "0.95", "price": "0.94"}),
        ("trailing_stop", {"callback_percent": "1"}),
    ],
)
async def test_every_conditional_type_waits_and_is_found_again(
    desk: Desk, clock: FakeClock, kind: str, more: dict[str, str]
) -> None:
    price = await last(desk, "perpetual")
    scaled = {
        name: value if name == "callback_percent" else f"{(price * D(value)).quantize(D('0.1')):f}"
        for name, value in more.items()
    }
    done = await carry_out(desk, clock, "place_order", **PERP, side="buy", type=kind, size="0.01", **scaled)
    assert done.data["steps"][0]["facts"]["status"] == "untriggered"
    (one,) = rows((await call(desk, "get_open_orders", **PERP)).data["orders"])
    assert (one["type"], one["status"]) == (kind, "untriggered")
    told = await call(desk, "get_order", **PERP, order_id=one["order_id"])
    assert one["order_id"] in told.text


async def test_the_account_s_settings_are_told_as_the_venue_has_them(desk: Desk, clock: FakeClock) -> None:
    await carry_out(desk, clock, "set_leverage", symbol="BTC/USDT", leverage=9)
    await carry_out(desk, clock, "set_margin_mode", symbol="BTC/USDT", margin_mode="isolated")
    found = await desk.ask("bingx", desk.verbs("bingx", "perpetual")[1].settings("BTC-USDT"))
    assert (found.leverage, found.margin_mode, found.position_mode) == (9, MarginMode.ISOLATED, PositionMode.ONE_WAY)
    assert (found.maker_fee, found.taker_fee) == (D("0.0002"), D("0.0005"))


async def test_what_spot_lacks_is_said_by_name(desk: Desk) -> None:
    (spot, perpetual) = MARKETS.values()
    told = await call(desk, "list_venues", venue="bingx")
    assert set(told.data["markets"]["spot"]["lacks"]) == set(spot.lacks) == {
        "funding_rates", "positions", "brackets", "set_leverage", "set_margin_mode", "set_position_mode",
        "adjust_margin",
    }  # fmt: skip
    assert told.data["markets"]["perpetual"]["lacks"] == {} == dict(perpetual.lacks)
    with pytest.raises(Unsupported, match="no trailing_stop"):
        await call(desk, "place_order", **SPOT, side="sell", type="trailing_stop", size="0.01", callback_percent="1")


async def test_every_read_tool_answers(desk: Desk) -> None:
    for market in ("spot", "perpetual"):
        for tool in ("get_order_book", "get_recent_trades"):
            assert (await call(desk, tool, market=market, symbol="BTC/USDT")).text
        for interval in ("1m", "1h", "1d"):
            bars = await call(desk, "get_klines", market=market, symbol="BTC/USDT", interval=interval, limit=5)
            opened = [row[0] for row in bars.data["candles"]["rows"]]
            assert len(opened) == 5
            assert opened == sorted(opened)
    rates = await call(desk, "get_funding_rates", symbol="BTC/USDT", limit=3)
    assert rates.text


async def test_money_in_the_fund_wallet_is_not_free_for_a_spot_order(desk: Desk, clock: FakeClock) -> None:
    await carry_out(desk, clock, "transfer_funds", asset="USDT", amount="49000", source="spot", target="fund")
    with pytest.raises(BadArgument, match="1000 is free in this wallet"):
        await call(desk, "place_order", **SPOT, side="buy", quote_size="2000")
