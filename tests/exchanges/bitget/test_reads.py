"""Every read of both markets on a documented payload: what is asked, and what its answer becomes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from blave_mcp.exchanges.dialect import Ask
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
from tests.exchanges.bitget.examples import FUTURES, SPOT, payload

SPAN: dict[str, Any] = {"start_ms": None, "end_ms": None, "limit": 50}
NOTHING: dict[str, Any] = {"entrustedList": None, "endId": None}


def routes(question: Ask[Any]) -> list[str]:
    return [f"{call.endpoint.method} {call.endpoint.path}" for call in question.calls]


def read(question: Ask[Any], *names: str) -> Any:
    """Parses documented payloads; "-" stands for an empty history."""
    return question.parse(*(NOTHING if name == "-" else [] if name == "[]" else payload(name) for name in names))


def test_spot_instruments_have_the_grid_of_their_precisions():
    (one,) = read(SPOT.instruments(), "spot_symbols")
    assert (one.symbol, one.native, one.contract_size) == ("BTC/USDT", "BTCUSDT", 1)
    assert (one.tick, one.step, one.min_size) == (Decimal("0.01"), Decimal("0.000001"), Decimal("0.000001"))
    assert (one.min_notional, one.price_up, one.price_down) == (1, Decimal("1.05"), Decimal("0.95"))
    assert one.trading


def test_perpetuals_are_counted_in_base_and_their_limits_are_read():
    (one,) = read(FUTURES.instruments(), "futures_contracts")
    assert (one.symbol, one.settle, one.contract_size) == ("BTC/USDT", "USDT", 1)
    assert (one.tick, one.step, one.min_size) == (Decimal("0.1"), Decimal("0.01"), Decimal("0.01"))
    assert (one.max_size, one.market_max, one.min_notional) == (1200, 220, 5)
    assert (one.price_up, one.price_down) == (Decimal("1.9"), Decimal("0.1"))
    dated = [{**payload("futures_contracts")[0], "symbolType": "delivery"}]
    assert FUTURES.instruments().parse(dated) == ()


def test_a_spot_ticker_tells_its_change_in_percent_and_no_quote_that_is_zero():
    found = read(SPOT.ticker("BTCUSDT"), "spot_tickers")
    assert (found.symbol, found.last, found.change_24h_percent) == ("BTC/USDT", Decimal("34413.1"), Decimal("0.069"))
    assert (found.bid, found.ask, found.time_ms) == (None, None, 1625125755277)


def test_a_futures_ticker_joins_prices_with_the_coming_funding():
    question = FUTURES.ticker("BTCUSDT")
    found = read(question, "futures_ticker", "futures_funding_now")
    assert routes(question) == ["GET /api/v2/mix/market/ticker", "GET /api/v2/mix/market/current-fund-rate"]
    assert (found.mark, found.index, found.open_interest) == (1829, Decimal("1822.15"), Decimal("9488.49"))
    assert (found.funding_rate, found.next_funding_ms) == (Decimal("0.000068"), 1743062400000)


def test_candles_are_ordered_and_repeated_ones_dropped():
    assert len(read(SPOT.candles("BTCUSDT", "1h", **SPAN), "spot_candles")) == 1
    first, second = read(FUTURES.candles("BTCUSDT", "5m", **SPAN), "futures_candles")
    assert (first.open_ms, first.open, first.close, first.volume) == (
        1695835800000, Decimal("26210.5"), Decimal("26194.5"), Decimal("26.26"),
    )  # fmt: skip
    assert second.low == 26171


def test_candles_from_a_start_ask_the_recent_ones_and_the_history_for_one_stretch():
    question = FUTURES.candles("BTCUSDT", "1d", start_ms=0, end_ms=None, limit=500)
    assert routes(question) == ["GET /api/v2/mix/market/candles", "GET /api/v2/mix/market/history-candles"]
    for call in question.calls:
        assert call.get("granularity") == "1Dutc", "a day opens at midnight UTC"
        assert (call.get("startTime"), call.get("endTime"), call.get("limit")) == (0, 200 * 86_400_000, 200)
    older = SPOT.candles("BTCUSDT", "1w", start_ms=None, end_ms=10**12, limit=10)
    assert [call.get("granularity") for call in older.calls] == ["1Wutc", "1Wutc"]
    assert "startTime" not in older.calls[1].arguments


def test_books_and_trades_are_read_in_numbers_and_in_texts():
    spot = read(SPOT.book("BTCUSDT", 1), "spot_orderbook")
    futures = read(FUTURES.book("BTCUSDT", 50), "futures_depth")
    assert (spot.bids[0].price, len(spot.asks), spot.time_ms) == (34567, 1, 1698303884584)
    assert (futures.asks[0].price, futures.asks[0].size) == (Decimal("26347.5"), Decimal("0.25"))
    assert [FUTURES.book("X", depth).calls[0].get("limit") for depth in (3, 50, 100, 500)] == ["5", "50", None, "max"]
    older, newer = read(FUTURES.trades("BTCUSDT", 2), "futures_trades")
    assert (older.id, older.side, newer.id, newer.side) == ("2", Side.BUY, "1", Side.SELL)
    assert read(SPOT.trades("BFTUSDT", 2), "spot_trades")[1].size == Decimal("2470.6224")


def test_funding_rates_come_oldest_first_within_their_stretch():
    found = read(FUTURES.funding_rates("BTCUSDT", **SPAN), "futures_funding")
    assert [one.rate for one in found] == [Decimal("0.000013"), Decimal("0.0005")]
    question = FUTURES.funding_rates("BTCUSDT", start_ms=1695770000000, end_ms=None, limit=5)
    assert len(question.calls) == 3
    assert len(question.parse(payload("futures_funding"), [], [])) == 1


def test_balances_that_are_all_zero_are_left_out():
    assert read(SPOT.balances(), "spot_assets") == ()
    held = [{"coin": "btc", "available": "1", "frozen": "0.5", "locked": "0", "limitAvailable": ""}]
    assert SPOT.balances().parse(held) == (
        Balance(asset="BTC", wallet="spot", total=Decimal("1.5"), free=Decimal(1), locked=Decimal("0.5")),
    )


def test_a_futures_balance_is_equity_without_unrealised_pnl():
    (one,) = read(FUTURES.balances(), "futures_accounts")
    assert (one.asset, one.total, one.free) == ("USDT", Decimal("10582.90265771"), Decimal("10580.56434289"))
    assert (one.locked, one.unrealised_pnl) == (Decimal("57.77"), 0)
    (other,) = FUTURES.balances().parse([{**payload("futures_accounts")[0], "unrealizedPL": "82.90265771"}])
    assert other.total == 10500


def test_positions_of_one_symbol_and_of_all_are_asked_apart():
    assert routes(FUTURES.positions()) == ["GET /api/v2/mix/position/all-position"]
    assert routes(FUTURES.positions("BTCUSDT")) == ["GET /api/v2/mix/position/single-position"]
    (held,) = read(FUTURES.positions(), "futures_positions")
    assert (held.symbol, held.side, held.position_side) == ("BTC/USDT", PositionSide.LONG, PositionSide.LONG)
    assert (held.size, held.entry, held.mark, held.leverage) == (Decimal("0.01"), 25000, 25100, 20)
    assert (held.margin_mode, held.margin) == (MarginMode.ISOLATED, Decimal("9.6695050093373343"))
    assert (held.liquidation, held.notional) == (Decimal("24144.1124161806977798"), Decimal("251.00"))


def test_in_one_way_mode_a_position_stands_on_both_and_a_low_risk_one_has_no_liquidation_price():
    row = {**payload("futures_positions")[0], "posMode": "one_way_mode", "holdSide": "short", "liquidationPrice": "-3"}
    (held,) = FUTURES.positions().parse([row, {**row, "total": "0"}])
    assert (held.side, held.position_side, held.liquidation) == (PositionSide.SHORT, PositionSide.BOTH, None)


def test_settings_join_the_account_with_the_fee_rates():
    question = FUTURES.settings("BTCUSDT")
    found = read(question, "futures_account", "trade_rate")
    assert routes(question) == ["GET /api/v2/mix/account/account", "GET /api/v2/common/trade-rate"]
    assert question.calls[1].get("businessType") == "mix"
    assert (found.leverage, found.margin_mode, found.position_mode) == (20, MarginMode.CROSS, PositionMode.HEDGE)
    assert (found.maker_fee, found.taker_fee, found.multi_asset) == (Decimal("0.0002"), Decimal("0.0006"), True)
    apart = {**payload("futures_account"), "marginMode": "isolated", "isolatedLongLever": "10"}
    assert question.parse(apart, payload("trade_rate")).leverage is None, "two sides that differ have no one leverage"
    assert read(SPOT.settings("BTCUSDT"), "trade_rate").taker_fee == Decimal("0.0006")


def test_brackets_are_the_tiers_without_a_deduction():
    assert read(FUTURES.brackets("BTCUSDT"), "futures_tiers") == (
        Bracket(Decimal(0), Decimal(50000), 125, Decimal("0.004"), Decimal(0)),
        Bracket(Decimal(50000), Decimal(200000), 100, Decimal("0.005"), Decimal(0)),
    )


def test_a_spot_market_buy_is_sized_by_what_was_filled():
    found = read(SPOT.order("BTCUSDT", id="121211212122"), "spot_order")
    assert (found.type, found.status, found.size) == (OrderType.MARKET, OrderStatus.FILLED, Decimal("0.0007"))
    assert (found.average, found.cost, found.price) == (13000, Decimal("9.1"), None)


def test_an_open_spot_order_has_its_price_where_the_documentation_puts_it():
    question = SPOT.open_orders("BTCUSDT")
    (found,) = question.parse(payload("spot_unfilled"), [], None)
    assert [call.get("tpslType") for call in question.calls] == [None, "tpsl", None]
    assert (found.native, found.price, found.average) == ("BTCUSDT", Decimal("34829.12"), None)
    assert (found.status, found.filled, found.size) == (OrderStatus.OPEN, Decimal(0), Decimal(1))


def test_a_spot_tpsl_order_and_a_plan_order_wait_for_their_triggers():
    waiting = {**payload("spot_unfilled")[0], "tpslType": "tpsl", "triggerPrice": "30000", "status": "live"}
    tpsl, plan = sorted(SPOT.open_orders().parse([], [waiting], payload("spot_plans")), key=lambda one: one.id)[::-1]
    assert (tpsl.type, tpsl.status, tpsl.trigger) == ("tpsl_limit", OrderStatus.UNTRIGGERED, Decimal(30000))
    assert (plan.type, plan.size, plan.price) == ("trigger_limit", Decimal(151), Decimal("0.041572"))
    assert (plan.trigger_by, plan.conditional, plan.status) == (TriggerBy.LAST, True, OrderStatus.UNTRIGGERED)


def test_a_spot_history_holds_open_and_done_orders_once():
    question = SPOT.order_history("BTCUSDT", **SPAN)
    (done,) = question.parse(payload("spot_history"), [], None, [], [], None)
    assert len(question.calls) == 6
    assert (done.symbol, done.filled, done.cost) == ("ETH/USDT", Decimal("0.0125"), Decimal("19.97625"))


def test_an_order_that_is_not_there_is_told_as_such():
    with pytest.raises(VenueRefused, match="no such order"):
        SPOT.order("BTCUSDT", client_id="a").parse([])
    with pytest.raises(VenueRefused, match="no such order"):
        FUTURES.order("BTCUSDT", id="9", conditional=True).parse(*[NOTHING] * 6)
    with pytest.raises(VenueRefused, match="no such order"):
        SPOT.order("BTCUSDT", id="9", conditional=True).parse([], payload("spot_plans"), [], None)


def test_conditional_orders_are_found_in_any_book():
    found = FUTURES.order("ETHUSDT", id="123", conditional=True).parse(
        payload("futures_plans"), *[NOTHING] * 5
    )  # fmt: skip
    assert (found.type, found.trigger, found.trigger_by) == ("trigger_limit", Decimal(1901), TriggerBy.MARK)
    assert (found.side, found.position_side) == (Side.BUY, PositionSide.LONG)
    spot = SPOT.order("TRXUSDT", client_id="121211212122", conditional=True).parse([], payload("spot_plans"), [], None)
    assert spot.id == "121211212122"


def test_a_futures_order_of_one_way_mode_reads_its_state():
    found = read(FUTURES.order("ETHUSDT", id="123456"), "futures_order")
    assert (found.symbol, found.native, found.status) == ("ETH/USDT", "ETHUSDT", OrderStatus.FILLED)
    assert (found.side, found.position_side, found.reduce_only) == (Side.BUY, PositionSide.BOTH, True)
    assert (found.time_in_force, found.average, found.filled) == (TimeInForce.GTC, 1900, 2)


def test_open_futures_orders_are_asked_in_every_book_and_told_once():
    question = FUTURES.open_orders("ETHUSDT")
    assert [call.get("planType") for call in question.calls] == [
        None, None, "normal_plan", "track_plan", "profit_loss",
    ]  # fmt: skip
    partly = payload("futures_pending")
    (found,) = question.parse(partly, partly, NOTHING, None, NOTHING)
    assert (found.status, found.filled, found.remaining) == (
        OrderStatus.PARTIALLY_FILLED, Decimal("12.1"), Decimal("87.9"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("side", "trade_side", "does", "leg"),
    [
        ("buy", "open", Side.BUY, PositionSide.LONG),
        ("buy", "close", Side.SELL, PositionSide.LONG),
        ("sell", "open", Side.SELL, PositionSide.SHORT),
        ("sell", "close", Side.BUY, PositionSide.SHORT),
        ("sell", "burst_close_short", Side.BUY, PositionSide.SHORT),
    ],
)
def test_in_hedge_mode_bitgets_side_names_the_position(side: str, trade_side: str, does: Side, leg: PositionSide):
    (row,) = payload("futures_history")["entrustedList"]
    told = {**row, "side": side, "tradeSide": trade_side, "posSide": leg.value}
    (found,) = FUTURES.order_history("ETHUSDT", **SPAN).parse({"entrustedList": [told]}, *[NOTHING] * 8)
    assert (found.side, found.position_side) == (does, leg)


def test_a_plan_that_was_executed_is_filled_as_far_as_the_venue_says():
    (found,) = FUTURES.order_history("ETHUSDT", **SPAN).parse(NOTHING, payload("futures_plan_history"), *[NOTHING] * 7)
    assert (found.status, found.filled, found.average) == (OrderStatus.FILLED, Decimal(1), Decimal("1999.2"))


@pytest.mark.parametrize(
    ("plan", "execute", "type", "whole"),
    [
        ("normal_plan", "", "trigger_market", False),
        ("track_plan", "", OrderType.TRAILING_STOP, False),
        ("moving_plan", "", "moving_stop", False),
        ("profit_plan", "0", OrderType.TAKE_PROFIT_MARKET, False),
        ("loss_plan", "1800", OrderType.STOP_LIMIT, False),
        ("pos_profit", "", OrderType.TAKE_PROFIT_MARKET, True),
        ("pos_loss", "", OrderType.STOP_MARKET, True),
    ],
)
def test_every_kind_of_plan_is_read_and_cancelled_as_that_kind(plan: str, execute: str, type: str, whole: bool):
    (row,) = payload("futures_plans")["entrustedList"]
    told = {**row, "planType": plan, "executePrice": execute, "price": execute, "orderType": "market"}
    (found,) = FUTURES.open_orders().parse(NOTHING, NOTHING, {"entrustedList": [told]}, NOTHING, NOTHING)
    assert (found.type, found.close_position, found.conditional) == (type, whole, True)
    (cancel,) = FUTURES.cancel(found)
    assert (cancel.get("planType"), cancel.get("orderIdList")) == (plan, [{"orderId": "123"}])


def test_fees_are_positive_when_paid():
    (spot,) = read(SPOT.fills("BTCUSDT", **SPAN), "spot_fills")
    assert (spot.fee, spot.fee_asset, spot.maker) == (Decimal("0.0000007"), "BTC", False)
    (hedge,) = read(FUTURES.fills("ETHUSDT", **SPAN), "futures_fills")
    assert (hedge.side, hedge.position_side) == (Side.SELL, PositionSide.LONG), "a long is closed by a sell"
    assert (hedge.fee, hedge.fee_asset, hedge.realised_pnl) == (Decimal("0.017118519726"), "BGB", 102)
    (one_way,) = read(FUTURES.fills("ETHUSDT", **SPAN), "futures_fill_history")
    assert (one_way.side, one_way.position_side) == (Side.SELL, PositionSide.BOTH)


def test_a_history_longer_than_bitget_gives_is_refused_before_it_is_asked():
    with pytest.raises(BadArgument, match="90 days"):
        FUTURES.fills("BTCUSDT", start_ms=0, end_ms=91 * 86_400_000, limit=5)
    with pytest.raises(BadArgument, match="after the start"):
        SPOT.order_history("BTCUSDT", start_ms=5, end_ms=5, limit=5)


def test_an_answer_of_another_form_is_unavailable():
    with pytest.raises(Unavailable, match="documented form"):
        FUTURES.positions().parse([{"symbol": "BTCUSDT"}])
    with pytest.raises(Unavailable, match="documented form"):
        SPOT.balances().parse({"no": "list"})
