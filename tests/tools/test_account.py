"""What the account tools say, over the paper faces, after real orders through the gate."""

from decimal import Decimal as D
from typing import Any

import pytest

from blave_mcp.exchanges.errors import BadArgument, MissingCredentials, Unsupported, VenueRefused
from blave_mcp.exchanges.models import Fill, MarginMode, Position, PositionSide, Side
from blave_mcp.exchanges.wire import HttpReply, HttpRequest
from blave_mcp.server.store import Store
from blave_mcp.tools.account import fill_totals, to_liquidation
from blave_mcp.tools.desk import Desk, Venue
from tests.desks import ByHost, binance, desk_of
from tests.fakes import FakeClock, RecordingTransport, unreachable
from tests.tools.conftest import Run, call

PERP = {"venue": "binance", "market": "perpetual", "symbol": "BTC/USDT"}
SPOT = {"venue": "binance", "market": "spot", "symbol": "BTC/USDT"}


def table(told: dict[str, Any]) -> list[dict[str, str | None]]:
    return [dict(zip(told["columns"], row, strict=True)) for row in told["rows"]]


async def test_a_new_account_has_balances_and_nothing_else(run: Run):
    balances = table((await run("get_balances")).data["balances"])
    assert [(b["wallet"], b["asset"], b["total"]) for b in balances] == [
        ("spot", "BTC", "1"),
        ("spot", "USDT", "50000"),
        ("futures", "USDT", "50000"),
    ]
    assert "no open positions" in (await run("get_positions")).text
    assert "Binance spot, Binance perpetual: no open orders" in (await run("get_open_orders")).text
    fills = await run("get_fills", **SPOT)
    assert "no fills." in fills.text
    assert fills.data["totals"] == {"fees": {}}


async def test_balances_are_worth_what_the_tickers_say(run: Run):
    told = await run("get_balances", venue="binance")
    btc = table(told.data["balances"])[0]
    ticker = table((await run("get_ticker", venue="binance", symbols="BTC/USDT", market="spot")).data["tickers"])[0]
    assert D(btc["usd"] or 0) == D(ticker["last"] or 0)
    assert D(told.data["usd"]) == D(ticker["last"] or 0) + 100_000
    assert told.data["unpriced"] == []


async def test_an_asset_without_a_cheap_price_is_named_and_left_out_of_the_sum(
    clock: FakeClock, store: Store, house: ByHost
):
    info = await call(
        desk_of(clock, store, binance(house, clock)),
        "read_endpoint", venue="binance", endpoint="spot.instruments.list",
    )  # fmt: skip
    odd = {"asset": "ODD", "free": "5.00", "locked": "0.00"}
    dollars = {"asset": "USDC", "free": "2.50", "locked": "0.50"}
    transport = RecordingTransport(
        {
            ("GET", "/api/v3/time"): {"serverTime": clock.ms},
            ("GET", "/fapi/v1/time"): {"serverTime": clock.ms},
            ("GET", "/api/v3/exchangeInfo"): info.data["payload"],
            ("GET", "/fapi/v1/exchangeInfo"): {"symbols": []},
            ("GET", "/api/v3/account"): {"balances": [odd, dollars]},
            ("GET", "/fapi/v3/account"): {"assets": []},
        }
    )
    told = await call(desk_of(clock, store, binance(transport, clock)), "get_balances")
    rows = table(told.data["balances"])
    assert [(r["asset"], r["total"], r["usd"]) for r in rows] == [("ODD", "5", None), ("USDC", "3", "3.00")]
    assert told.data["unpriced"] == ["ODD"]
    assert "Together 3.00 USD" in told.text
    assert "Not in the sum, having no cheap price: ODD." in told.text


async def test_a_venue_that_fails_does_not_hide_another(clock: FakeClock, store: Store, house: ByHost):
    down = binance(Down(), clock)
    broken = Venue(name="other", title="Other", client=down.client, markets=down.markets)
    told = await call(desk_of(clock, store, binance(house, clock), broken), "get_balances")
    assert len(told.data["balances"]["rows"]) == 3
    assert len(told.data["failed"]) == 1
    assert told.data["failed"][0].startswith("Other: Unavailable: ")
    assert "USD without those that failed" in told.text


@pytest.mark.parametrize(("tool", "says"), [("get_positions", "open positions"), ("get_open_orders", "open orders")])
async def test_nothing_is_said_to_be_open_where_it_could_not_be_read(
    clock: FakeClock, store: Store, house: ByHost, tool: str, says: str
):
    down = binance(Down(), clock)
    broken = Venue(name="other", title="Other", client=down.client, markets=down.markets)
    told = await call(desk_of(clock, store, binance(house, clock), broken), tool)
    line = next(line for line in told.text.splitlines() if f"no {says}" in line)
    assert line.startswith("Binance ")
    assert "Other" not in line
    assert "Other" in told.text


class Down:
    """A network that is not there."""

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        raise unreachable(sent=False)


async def test_a_position_is_told_with_its_distance_to_liquidation(run: Run, carry_out: Run, clock: FakeClock):
    await carry_out("place_order", **PERP, side="buy", size="0.1", leverage=20, margin_mode="isolated")
    await carry_out("place_order", **{**PERP, "symbol": "ETH/USDT"}, side="sell", size="2")
    clock.advance(60)
    told = await run("get_positions")
    long, short = table(told.data["positions"])
    assert (long["symbol"], long["side"], long["size_base"], long["margin_mode"]) == (
        "BTC/USDT", "long", "0.1", "isolated",
    )  # fmt: skip
    mark, liquidation, entry = (D(long[name] or 0) for name in ("mark", "liquidation", "entry"))
    assert abs(D(long["to_liquidation_percent"] or 0) - (mark - liquidation) / mark * 100) < D("0.001")
    assert abs(D(long["pnl_percent_of_entry"] or 0) - (mark / entry - 1) * 100) < D("0.001")
    assert short["side"] == "short"
    assert "2 open positions" in told.text
    pnl = D(long["unrealised_pnl"] or 0) + D(short["unrealised_pnl"] or 0)
    assert f"Unrealised PnL of all: {pnl:.2f}." in told.text
    one = await run("get_positions", venue="binance", symbol="eth-usdt")
    assert [row["symbol"] for row in table(one.data["positions"])] == ["ETH/USDT"]


@pytest.mark.parametrize(
    ("side", "mark", "liquidation", "away"),
    [
        (PositionSide.LONG, "100", "80", "20"),
        (PositionSide.SHORT, "100", "130", "30"),
        (PositionSide.SHORT, "100", "1200", "1100"),
        (PositionSide.LONG, "100", None, None),
        (PositionSide.LONG, None, "80", None),
        (PositionSide.LONG, "100", "0", None),
    ],
)
def test_the_distance_to_liquidation_is_in_percent_of_the_mark(
    side: PositionSide, mark: str | None, liquidation: str | None, away: str | None
):
    position = Position(
        symbol="BTC/USDT", native="BTCUSDT", side=side, position_side=PositionSide.BOTH, size=D(1), entry=D(100),
        mark=None if mark is None else D(mark), liquidation=None if liquidation is None else D(liquidation),
        leverage=5, margin_mode=MarginMode.CROSS,
    )  # fmt: skip
    assert to_liquidation(position) == away


async def test_open_orders_of_every_market_come_with_the_conditional_ones(run: Run, carry_out: Run):
    await carry_out("place_order", **SPOT, side="sell", size="0.1", type="limit", price="70000")
    await carry_out("place_order", **PERP, side="buy", size="0.1")
    await carry_out("place_order", **PERP, side="buy", size="0.05", type="limit", price="64000")
    await carry_out("protect_position", venue="binance", symbol="BTC/USDT", take_profit="70000", stop_loss="62000")
    every = table((await run("get_open_orders")).data["orders"])
    assert sorted((str(o["market"]), str(o["type"]), o["conditional"] == "yes") for o in every) == [
        ("perpetual", "limit", False),
        ("perpetual", "stop_market", True),
        ("perpetual", "take_profit_market", True),
        ("spot", "limit", False),
    ]
    assert {o["trigger"] for o in every if o["conditional"]} == {"62000", "70000"}
    spot = await run("get_open_orders", venue="binance", market="spot", symbol="BTC/USDT")
    assert len(spot.data["orders"]["rows"]) == 1
    assert (await run("get_open_orders", venue="binance", market="spot", symbol="ETH/USDT")).data["orders"][
        "rows"
    ] == []


async def test_a_market_that_no_venue_has_is_refused(run: Run):
    with pytest.raises(Unsupported, match="No venue asked has a margin market"):
        await run("get_open_orders", market="margin")


async def test_an_order_is_found_by_either_id(run: Run, carry_out: Run):
    await carry_out("place_order", **PERP, side="buy", size="0.1")
    [past] = table((await run("get_order_history", **PERP)).data["orders"])
    by_id = await run("get_order", **PERP, order_id=past["order_id"])
    by_name = await run("get_order", **PERP, client_id=past["client_id"])
    assert by_id.data == by_name.data
    assert by_id.data["order"]["status"] == "filled"
    assert by_id.data["order"]["remaining"] == "0"
    assert D(by_id.data["order"]["cost_quote"]) == D(by_id.data["order"]["average"]) * D("0.1")


async def test_a_conditional_order_is_found_in_the_trigger_book(run: Run, carry_out: Run):
    await carry_out("place_order", **PERP, side="buy", size="0.1")
    await carry_out("protect_position", venue="binance", symbol="BTC/USDT", stop_loss="62000")
    stop = next(o for o in table((await run("get_open_orders")).data["orders"]) if o["conditional"])
    told = await run("get_order", **PERP, order_id=stop["order_id"], conditional=True)
    assert (told.data["order"]["type"], told.data["order"]["trigger"]) == ("stop_market", "62000")
    assert told.data["order"]["close_position"] == "yes"


@pytest.mark.parametrize("ids", [{}, {"order_id": "1", "client_id": "x"}])
async def test_an_order_is_asked_for_by_exactly_one_id(run: Run, house: ByHost, ids: dict[str, str]):
    with pytest.raises(BadArgument, match="One of order_id and client_id"):
        await run("get_order", **PERP, **ids)
    assert house.requests == []


async def test_an_order_that_is_not_there_is_said_to_be_missing(run: Run):
    with pytest.raises(VenueRefused, match="There is no such order"):
        await run("get_order", **PERP, order_id="987654")


async def test_a_history_keeps_the_newest_and_says_that_there_is_more(run: Run, carry_out: Run):
    for price in ("60000", "61000", "62000"):
        await carry_out("place_order", **SPOT, side="buy", size="0.01", type="limit", price=price)
    two = await run("get_order_history", **SPOT, limit=2)
    assert [row["price"] for row in table(two.data["orders"])] == ["61000", "62000"]
    assert "There may be more than these 2; ask for older ones with end=" in two.text
    end = two.text.rsplit("end=", 1)[1].rstrip(".")
    older = await run("get_order_history", **SPOT, limit=2, start="2025-12-31", end=end)
    assert [row["price"] for row in table(older.data["orders"])] == ["60000"]


async def test_a_market_is_wanted_where_it_is_not_clear(run: Run, house: ByHost):
    with pytest.raises(BadArgument, match="market is required"):
        await run("get_fills", venue="binance", symbol="BTC/USDT")
    assert house.requests == []


async def test_fills_are_totalled_with_their_fees(run: Run, carry_out: Run):
    await carry_out("place_order", **PERP, side="buy", size="0.1")
    await carry_out("close_position", venue="binance", symbol="BTC/USDT")
    told = await run("get_fills", **PERP)
    rows = table(told.data["fills"])
    totals = told.data["totals"]
    assert {row["side"] for row in rows} == {"buy", "sell"}
    assert D(totals["fees"]["USDT"]) == sum(D(row["fee"] or 0) for row in rows)
    assert totals["buy"]["size"] == totals["sell"]["size"] == "0.1"
    assert D(totals["realised_pnl"]) == D(totals["sell"]["quote"]) - D(totals["buy"]["quote"])
    assert "Fees paid: " in told.text


def test_fees_in_several_assets_are_never_added_together():
    def fill(side: Side, fee: str, asset: str, size: str) -> Fill:
        return Fill(
            id="1", order_id="1", symbol="BTC/USDT", side=side, price=D(100), size=D(size), fee=D(fee),
            fee_asset=asset, maker=None, time_ms=0,
        )  # fmt: skip

    fills = [fill(Side.BUY, "0.1", "BNB", "1"), fill(Side.BUY, "0.2", "BNB", "2"), fill(Side.BUY, "5", "USDT", "3")]
    assert fill_totals(fills) == {
        "buy": {"size": "6", "quote": "600", "average": "100"},
        "fees": {"BNB": "0.3", "USDT": "5"},
    }


async def test_settings_are_what_the_next_order_would_meet(run: Run, carry_out: Run):
    await carry_out("set_leverage", venue="binance", symbol="BTC/USDT", leverage=7)
    told = await run("get_account_settings", venue="binance", symbol="BTC/USDT")
    assert told.data["settings"]["leverage"] == 7
    assert "leverage       7x" in told.text
    assert "taker_fee      0.05 %" in told.text
    spot = await run("get_account_settings", venue="binance", symbol="BTC/USDT", market="spot")
    assert "The venue does not tell: leverage, margin_mode, position_mode, multi_asset." in spot.text


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("get_balances", {"venue": "binance"}),
        ("get_positions", {}),
        ("get_open_orders", {}),
        ("get_order", {**PERP, "order_id": "1"}),
        ("get_order_history", PERP),
        ("get_fills", PERP),
        ("get_account_settings", PERP),
    ],
)
async def test_without_a_key_no_account_tool_sends_anything(
    clock: FakeClock, store: Store, house: ByHost, tool: str, given: dict[str, str]
):
    keyless: Desk = desk_of(clock, store, binance(house, clock, key=None))
    with pytest.raises(MissingCredentials) as refused:
        await call(keyless, tool, **given)
    assert refused.value.advice
    assert house.requests == []
