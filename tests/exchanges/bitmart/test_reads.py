"""Every read of the three markets on a documented payload: what is asked, and what its answer becomes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from blave_mcp.exchanges.dialect import Ask, VenueFault, Verdict
from blave_mcp.exchanges.errors import BadArgument, Unavailable, VenueRefused
from blave_mcp.exchanges.models import (
    Balance,
    Bracket,
    MarginMode,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    Side,
    TimeInForce,
    TriggerBy,
)
from tests.exchanges.bitmart.examples import FUTURES, MARGIN, SPOT, payload

SPAN: dict[str, Any] = {"start_ms": None, "end_ms": None, "limit": 50}
ABSENT = VenueFault(Verdict.REFUSED, code="40035", message="no", not_found=True)


def routes(question: Ask[Any]) -> list[str]:
    return [f"{call.endpoint.method} {call.endpoint.path}" for call in question.calls]


def read(question: Ask[Any], *names: str) -> Any:
    """Parses documented payloads; "[]" stands for an empty list."""
    return question.parse(*([] if name == "[]" else payload(name) for name in names))


# The market.


def test_pairs_have_the_finer_step_and_the_tick_of_their_places():
    (one,) = read(SPOT.instruments(), "spot_symbols")
    assert (one.symbol, one.native, one.market, one.contract_size) == ("BTC/USDT", "BTC_USDT", "spot", 1)
    assert (one.tick, one.step, one.min_size) == (Decimal("0.000001"), Decimal("0.00001"), Decimal("0.00001"))
    assert (one.min_notional, one.trading) == (5, True)
    (margin,) = read(MARGIN.instruments(), "spot_symbols")
    assert margin.market == "margin"


def test_perpetuals_are_counted_in_contracts_of_a_size_that_is_read():
    (one,) = read(FUTURES.instruments(), "futures_details")
    assert (one.symbol, one.native, one.settle) == ("BTC/USDT", "BTCUSDT", "USDT")
    assert (one.contract_size, one.tick, one.step, one.min_size) == (Decimal("0.001"), Decimal("0.1"), 1, 1)
    assert (one.max_size, one.market_max, one.trading) == (1_000_000, 50_000, True)
    dated = {"symbols": [{**payload("futures_details")["symbols"][0], "product_type": 2}]}
    assert FUTURES.instruments().parse(dated) == ()
    gone = {"symbols": [{**payload("futures_details")["symbols"][0], "status": "Delisted"}]}
    assert FUTURES.instruments().parse(gone)[0].trading is False


def test_tickers_tell_their_change_in_percent_and_amounts_in_base():
    spot = read(SPOT.ticker("BTC_USDT"), "spot_ticker")
    assert (spot.symbol, spot.last, spot.change_24h_percent) == ("BTC/USDT", Decimal("67000.00"), Decimal("0.75"))
    assert (spot.bid, spot.ask, spot.time_ms) == (Decimal("66999.50"), Decimal("67000.50"), 1700000000000)
    perp = read(FUTURES.ticker("BTCUSDT"), "futures_details", "futures_depth")
    assert (perp.last, perp.bid, perp.ask, perp.index) == (
        Decimal("67123.4"), Decimal("67120.0"), Decimal("67125.0"), Decimal("67120.5"),
    )  # fmt: skip
    assert (perp.mark, perp.change_24h_percent) == (None, Decimal("1.5"))
    assert perp.volume_24h_base == Decimal("123456.789")
    assert perp.open_interest == Decimal("12345.678")
    assert (perp.funding_rate, perp.next_funding_ms) == (Decimal("0.0001"), 1773158400000)


def test_candles_come_oldest_first_with_their_volume_in_base():
    found = read(SPOT.candles("BTC_USDT", "1h", **SPAN), "spot_klines")
    assert [one.open_ms for one in found] == [1699992800000, 1699996400000, 1700000000000]
    assert (found[-1].open, found[-1].close, found[-1].volume) == (Decimal("66800"), Decimal("67000"), Decimal("125.5"))
    (one,) = read(FUTURES.candles("BTCUSDT", "1h", **SPAN), "futures_candles", "futures_details")
    assert (one.open_ms, one.high, one.volume) == (1709971200000, Decimal("67200.0"), Decimal("12.345"))


def test_candles_are_asked_for_in_seconds_and_cut_to_the_stretch():
    """https://developer-pro.bitmart.com/en/spot/#get-history-k-line-v3: after the one, before the other."""
    start, hour = 1_699_992_800_000, 3_600_000
    question = SPOT.candles("BTC_USDT", "1h", start_ms=start, end_ms=None, limit=2)
    assert question.calls[0].arguments == {
        "symbol": "BTC_USDT", "before": (start + 2 * hour) // 1000, "after": start // 1000 - 1, "step": "60",
        "limit": 2,
    }  # fmt: skip
    assert [one.open_ms for one in read(question, "spot_klines")] == [start, start + hour]
    late = SPOT.candles("BTC_USDT", "1h", start_ms=None, end_ms=start + hour, limit=9)
    assert [one.open_ms for one in read(late, "spot_klines")] == [start]
    perp = FUTURES.candles("BTCUSDT", "1h", start_ms=start, end_ms=None, limit=2)
    args = perp.calls[0].arguments
    assert (args["start_time"], args["end_time"]) == (start // 1000, (start + hour) // 1000)
    back = FUTURES.candles("BTCUSDT", "1h", start_ms=None, end_ms=start, limit=2).calls[0].arguments
    assert (back["start_time"], back["end_time"]) == ((start - 2 * hour) // 1000, (start - 1) // 1000)
    assert "start_time" not in FUTURES.candles("BTCUSDT", "1h", **SPAN).calls[0].arguments


def test_books_have_the_best_level_first():
    spot = read(SPOT.book("BTC_USDT", 2), "spot_books")
    assert (len(spot.asks), spot.bids[0].price, spot.asks[0].size) == (2, Decimal("66999.50"), Decimal("0.3200"))
    perp = read(FUTURES.book("BTCUSDT", 5), "futures_depth")
    assert (perp.asks[0].price, perp.asks[0].size, perp.time_ms) == (Decimal("67125.0"), 150, 1709971200000)


def test_public_trades_are_told_in_the_unit_of_the_instrument():
    found = read(SPOT.trades("BTC_USDT", 3), "spot_trades")
    assert [one.time_ms for one in found] == [1699999999000, 1699999999500, 1700000000000]
    assert (found[-1].side, found[-1].size) == (Side.BUY, Decimal("0.1500"))
    (one,) = read(FUTURES.trades("BTCUSDT", 3), "futures_trades", "futures_details")
    assert (one.side, one.size, one.time_ms) == (Side.BUY, 1506, 1709971200000)


def test_past_funding_is_cut_here_since_the_venue_takes_no_times():
    (one,) = read(FUTURES.funding_rates("BTCUSDT", **SPAN), "futures_funding")
    assert (one.symbol, one.rate, one.time_ms) == ("BTC/USDT", Decimal("0.0001"), 1709971200000)
    later = FUTURES.funding_rates("BTCUSDT", start_ms=1709971200001, end_ms=None, limit=5)
    assert read(later, "futures_funding") == ()


def test_brackets_have_the_deduction_that_the_venue_tells():
    (one,) = read(FUTURES.brackets("BTCUSDT"), "futures_brackets")
    assert one == Bracket(Decimal(0), Decimal(500000), 100, Decimal("0.004"), Decimal(0))


# The account.


def test_balances_of_each_wallet():
    spot = read(SPOT.balances(), "spot_wallet")
    assert [(one.asset, one.wallet, one.total, one.free) for one in spot] == [
        ("BTC", "spot", Decimal("1.35"), Decimal("1.25")), ("USDT", "spot", 55000, 50000),
    ]  # fmt: skip
    (perp,) = read(FUTURES.balances(), "futures_assets")
    assert perp == Balance(
        asset="USDT", wallet="futures", total=Decimal("65000.00"), free=Decimal("50000.00"), locked=Decimal(15000),
        unrealised_pnl=Decimal("0.00"),
    )  # fmt: skip
    margin = read(MARGIN.balances(), "margin_account")
    assert {(one.asset, one.wallet, one.total) for one in margin} == {
        ("BTC", "margin BTC_USDT", Decimal(1)), ("USDT", "margin BTC_USDT", Decimal(50000)),
    }  # fmt: skip
    assert MARGIN.balances().parse(ABSENT) == (), "margin was never opened"
    assert MARGIN.wallet_of("BTC_USDT") == "margin BTC_USDT"
    assert SPOT.wallet_of("BTC_USDT") == ""


def test_positions_are_told_in_base_with_the_venues_own_count():
    (one,) = read(FUTURES.positions("BTCUSDT"), "futures_positions", "futures_details")
    assert (one.side, one.position_side, one.size, one.contracts) == (
        PositionSide.LONG, PositionSide.LONG, Decimal("0.1"), 100,
    )  # fmt: skip
    assert (one.entry, one.mark, one.liquidation) == (Decimal("67000.0"), Decimal("67123.4"), Decimal("60500.0"))
    assert (one.leverage, one.margin_mode, one.margin, one.maintenance) == (
        10,
        MarginMode.CROSS,
        None,
        Decimal("26.80"),
    )
    assert routes(FUTURES.positions())[0] == "GET /contract/private/position-v2"
    (first,) = payload("futures_positions")
    empty = {**first, "current_amount": "0"}
    short = {**first, "position_side": "both", "position_amount": "-100", "open_type": "isolated"}
    (found,) = FUTURES.positions().parse([empty, short], payload("futures_details"))
    assert (found.side, found.position_side, found.margin) == (
        PositionSide.SHORT, PositionSide.BOTH, Decimal("670.00"),
    )  # fmt: skip


def test_settings_come_from_the_rows_that_even_an_empty_position_has():
    question = FUTURES.settings("BTCUSDT")
    found = read(question, "futures_positions", "futures_position_mode", "futures_fees")
    assert (found.leverage, found.margin_mode, found.position_mode) == (10, MarginMode.CROSS, PositionMode.HEDGE)
    assert (found.maker_fee, found.taker_fee) == (Decimal("0.0002"), Decimal("0.0006"))
    (first,) = payload("futures_positions")
    more = payload("futures_position_mode"), payload("futures_fees")
    flat = {**first, "current_amount": "0", "leverage": "7"}
    assert question.parse([flat, {**flat, "position_side": "short"}], *more).leverage == 7
    assert question.parse([flat, {**flat, "leverage": "8"}], *more).leverage is None
    assert question.parse([first, flat], *more).leverage == 10, "an open position's own"
    assert question.parse([], *more).margin_mode is None
    spot = read(SPOT.settings("BTC_USDT"), "spot_fees")
    assert (spot.maker_fee, spot.taker_fee, spot.leverage) == (Decimal("0.0025"), Decimal("0.0025"), None)
    margin = read(MARGIN.settings("BTC_USDT"), "spot_fees", "margin_pairs")
    assert (margin.leverage, margin.margin_mode, margin.can_trade) == (5, MarginMode.ISOLATED, True)


def test_spot_orders_and_fills_are_posted_queries():
    question = SPOT.order("BTC_USDT", id="1234567890")
    assert routes(question) == ["POST /spot/v4/query/order"]
    one = read(question, "spot_order")
    assert (one.id, one.client_id, one.side, one.type) == ("1234567890", "my_order_001", Side.BUY, OrderType.LIMIT)
    assert (one.status, one.size, one.filled, one.price) == (OrderStatus.OPEN, Decimal("0.001"), 0, Decimal(60000))
    assert (one.average, one.time_in_force, one.created_ms) == (None, TimeInForce.GTC, 1700000000000)
    assert routes(SPOT.order("BTC_USDT", client_id="a")) == ["POST /spot/v4/query/client-order"]
    assert [one.id for one in read(SPOT.open_orders("BTC_USDT"), "spot_open_orders")] == ["1234567890"]
    history = SPOT.order_history("BTC_USDT", **SPAN)
    assert routes(history) == ["POST /spot/v4/query/open-orders", "POST /spot/v4/query/history-orders"]
    assert [one.status for one in read(history, "spot_open_orders", "spot_history")] == [
        OrderStatus.FILLED, OrderStatus.OPEN,
    ]  # fmt: skip
    (fill,) = read(SPOT.fills("BTC_USDT", **SPAN), "spot_fills")
    assert (fill.id, fill.order_id, fill.side, fill.maker) == ("9876543210", "1234567880", Side.SELL, False)
    assert (fill.fee, fill.fee_asset, fill.size) == (Decimal("0.067"), "USDT", Decimal("0.001"))
    assert SPOT.open_orders().calls[0].get("orderMode") == "spot"
    assert MARGIN.open_orders().calls[0].get("orderMode") == "iso_margin"


@pytest.mark.parametrize(
    ("change", "status", "force"),
    [
        ({"state": "partially_filled", "filledSize": "0.0005"}, OrderStatus.PARTIALLY_FILLED, TimeInForce.GTC),
        ({"state": "partially_canceled", "type": "ioc"}, OrderStatus.CANCELED, TimeInForce.IOC),
        ({"state": "canceled", "type": "limit_maker"}, OrderStatus.CANCELED, TimeInForce.POST_ONLY),
        ({"state": "filled", "type": "market", "filledSize": "0.002", "size": "0"}, OrderStatus.FILLED, None),
    ],
)
def test_the_states_and_types_of_spot(change: dict[str, str], status: OrderStatus, force: TimeInForce | None):
    one = SPOT.order("BTC_USDT", id="1").parse({**payload("spot_order"), **change})
    assert (one.status, one.time_in_force) == (status, force)
    if change.get("type") == "market":
        assert (one.size, one.price) == (Decimal("0.002"), None)


def test_an_order_of_a_perpetual_is_told_in_base_with_its_side_and_leg():
    question = FUTURES.order("BTCUSDT", id="23456789012345678")
    assert routes(question) == ["GET /contract/private/order", "GET /contract/public/details"]
    one = read(question, "futures_order", "futures_details")
    assert (one.side, one.position_side, one.reduce_only) == (Side.BUY, PositionSide.LONG, False)
    assert (one.status, one.size, one.filled, one.average) == (
        OrderStatus.FILLED, Decimal("0.001"), Decimal("0.001"), Decimal("67123.4"),
    )  # fmt: skip
    assert (one.price, one.type, one.conditional) == (None, OrderType.MARKET, False)


@pytest.mark.parametrize(
    ("code", "mode", "side", "leg", "reduces"),
    [
        (1, "hedge_mode", Side.BUY, PositionSide.LONG, False),
        (2, "hedge_mode", Side.BUY, PositionSide.SHORT, True),
        (3, "hedge_mode", Side.SELL, PositionSide.LONG, True),
        (4, "hedge_mode", Side.SELL, PositionSide.SHORT, False),
        (1, "one_way_mode", Side.BUY, PositionSide.BOTH, False),
        (3, "one_way_mode", Side.SELL, PositionSide.BOTH, True),
        (4, None, Side.SELL, None, False),
    ],
)
def test_the_four_sides_in_both_modes(code: int, mode: str | None, side: Side, leg: PositionSide | None, reduces: bool):
    given = {**payload("futures_order"), "side": code, "position_mode": mode}
    one = FUTURES.order("BTCUSDT", id="1").parse(given, payload("futures_details"))
    assert (one.side, one.position_side, one.reduce_only) == (side, leg, reduces)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"state": 2, "deal_size": "0"}, OrderStatus.OPEN),
        ({"state": 1, "deal_size": "0"}, OrderStatus.OPEN),
        ({"state": 2, "deal_size": "1", "size": "3"}, OrderStatus.PARTIALLY_FILLED),
        ({"state": 4, "deal_size": "1", "size": "3"}, OrderStatus.CANCELED),
        ({"state": 4, "deal_size": "0", "trigger_price": "60000", "executive_order_id": "9"}, OrderStatus.TRIGGERED),
        ({"state": 2, "type": "trailing", "deal_size": "0", "activation_price": "72000", "callback_rate": "2"},
         OrderStatus.UNTRIGGERED),
    ],
)  # fmt: skip
def test_closed_is_filled_or_cancelled_as_its_sizes_say(change: dict[str, Any], status: OrderStatus):
    one = FUTURES.order("BTCUSDT", id="1").parse({**payload("futures_order"), **change}, payload("futures_details"))
    assert one.status is status
    assert one.conditional is ("trigger_price" in change or "activation_price" in change)
    if "activation_price" in change:
        assert (one.trigger, one.callback_percent, one.type) == (
            Decimal(72000), Decimal(2), OrderType.TRAILING_STOP,
        )  # fmt: skip


def test_a_plan_order_waits_and_its_way_tells_what_it_is():
    question = FUTURES.open_orders("BTCUSDT")
    assert routes(question)[:2] == ["GET /contract/private/get-open-orders", "GET /contract/private/current-plan-order"]
    (one,) = read(question, "[]", "futures_plans", "futures_details")
    assert (one.type, one.status, one.conditional) == (
        OrderType.TAKE_PROFIT_MARKET, OrderStatus.UNTRIGGERED, True,
    )  # fmt: skip
    assert (one.trigger, one.trigger_by, one.size) == (65000, TriggerBy.LAST, Decimal("0.01"))
    (plan,) = payload("futures_plans")
    details = payload("futures_details")
    rising = {**plan, "price_way": 1, "type": "limit", "executive_price": "65100"}
    (limited,) = question.parse([], [rising], details)
    assert (limited.type, limited.price) == (OrderType.STOP_LIMIT, Decimal(65100))
    whole = {**plan, "type": "stop_loss", "side": 3, "plan_category": 2, "price_type": 2}
    (stop,) = question.parse([], [whole], details)
    assert (stop.type, stop.close_position, stop.size, stop.trigger_by) == (
        OrderType.STOP_MARKET, True, None, TriggerBy.MARK,
    )  # fmt: skip
    part = {**plan, "type": "take_profit", "side": 2, "plan_category": 1, "executive_price": "64000"}
    (taken,) = question.parse([], [part], details)
    assert (taken.type, taken.size, taken.reduce_only) == (OrderType.TAKE_PROFIT_LIMIT, Decimal("0.01"), True)


def test_an_order_by_client_id_or_one_that_waits_is_sought_in_every_list():
    details, history = payload("futures_details"), [{**payload("futures_order"), "client_order_id": "mine"}]
    question = FUTURES.order("BTCUSDT", client_id="mine")
    assert question.calls[2].get("client_order_id") == "mine"
    assert question.parse([], [], history, details).id == "23456789012345678"
    waiting = FUTURES.order("BTCUSDT", id="34567890123456789", conditional=True)
    assert waiting.parse([], payload("futures_plans"), ABSENT, details).conditional
    with pytest.raises(VenueRefused, match="no such order"):
        question.parse([], [], ABSENT, details)


def test_histories_of_a_perpetual_are_asked_for_in_seconds():
    question = FUTURES.order_history("BTCUSDT", start_ms=1709900000500, end_ms=1710000000500, limit=9)
    args = question.calls[0].arguments
    assert (args["start_time"], args["end_time"]) == (1709900000, 1710000001)
    found = question.parse([payload("futures_order")], [], payload("futures_plans"), payload("futures_details"))
    assert {one.id for one in found} == {"23456789012345678", "34567890123456789"}
    (fill,) = read(FUTURES.fills("BTCUSDT", **SPAN), "futures_fills", "futures_details")
    assert (fill.id, fill.side, fill.size, fill.maker) == ("98765432101234568", Side.BUY, Decimal("0.001"), False)
    assert (fill.fee, fill.fee_asset, fill.realised_pnl) == (Decimal("0.04027"), "USDT", 0)
    with pytest.raises(BadArgument, match="at most 90 days"):
        FUTURES.fills("BTCUSDT", start_ms=1, end_ms=91 * 86_400_000, limit=5)
    with pytest.raises(BadArgument, match="after the start"):
        SPOT.fills("BTC_USDT", start_ms=5, end_ms=5, limit=5)


def test_what_borrowing_costs_and_risks_is_read_from_the_account_and_the_pair():
    question = MARGIN.cautions("BTC_USDT")
    assert question is not None
    lines = read(question, "margin_account", "margin_pairs")
    text = " ".join(lines)
    assert "BTC 0.004167 % an hour (0.1 % a day)" in text
    assert "Nothing is owed" in text
    assert "falls to 1.15" in text
    assert SPOT.cautions("BTC_USDT") is None
    account = payload("margin_account")
    account["symbols"][0]["quote"] |= {"borrow_unpaid": "10000.00", "interest_unpaid": "1.50"}
    account["symbols"][0]["liquidate_price"] = "41000.00"
    told = " ".join(question.parse(account, payload("margin_pairs")))
    assert "10000 USDT and 1.5 interest" in told
    assert "at a price of about 41000" in told
    off = payload("margin_pairs")
    off["symbols"][0]["symbol_enabled"] = False
    assert "not enabled" in question.parse(account, off)[0]
    assert "not enabled" in question.parse(ABSENT, ABSENT)[0]


def test_an_answer_of_another_form_is_told_as_such():
    with pytest.raises(Unavailable, match="does not have the documented form"):
        SPOT.ticker("BTC_USDT").parse({"nothing": 1})
    with pytest.raises(Unavailable, match=r"futures\.position\.extended"):
        FUTURES.positions().parse({}, payload("futures_details"))
    with pytest.raises(VenueRefused, match="40035"):
        SPOT.ticker("BTC_USDT").parse(ABSENT)
