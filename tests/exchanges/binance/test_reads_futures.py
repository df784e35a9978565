"""The documented answers of futures become models, whole; and the reads ask what they should."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from blave_mcp.exchanges.binance.parse import DAY_MS
from blave_mcp.exchanges.binance.verbs import BinanceFutures, BinanceSpot
from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.models import (
    AccountSettings,
    Balance,
    Bracket,
    Fill,
    FundingRate,
    Instrument,
    MarginMode,
    Market,
    Order,
    OrderStatus,
    OrderType,
    Position,
    PositionMode,
    PositionSide,
    Side,
    Ticker,
    TimeInForce,
    TriggerBy,
)
from tests.exchanges.binance.examples import payload

SPOT, FUTURES = BinanceSpot(), BinanceFutures()
D = Decimal


def asked(question: Ask[Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(call.endpoint.id, call.arguments) for call in question.calls]


# Futures.


def test_a_perpetual_has_the_grid_of_its_filters_and_dated_contracts_are_left_out():
    info = payload("futures_exchange_info")
    info["symbols"].append({**info["symbols"][0], "symbol": "BLZUSDT_260327", "contractType": "CURRENT_QUARTER"})
    assert FUTURES.instruments().parse(info) == (
        Instrument(
            venue="binance",
            market=Market.PERPETUAL,
            symbol="BLZ/USDT",
            native="BLZUSDT",
            base="BLZ",
            quote="USDT",
            settle="USDT",
            tick=D("0.0001"),
            step=D("1"),
            min_size=D("1"),
            max_size=D("10000000"),
            market_step=D("1"),
            market_min=D("1"),
            market_max=D("590119"),
            min_notional=D("5.0"),
            price_up=D("1.1500"),
            price_down=D("0.8500"),
            trading=True,
        ),
    )


def test_a_futures_ticker_puts_four_answers_together():
    question = FUTURES.ticker("BTCUSDT")
    names = ("futures_ticker_day", "futures_book_ticker", "futures_premium_index", "futures_open_interest")
    assert question.parse(*(payload(name) for name in names)) == Ticker(
        symbol="BTC/USDT",
        last=D("4.00000200"),
        bid=D("4.00000000"),
        ask=D("4.00000200"),
        mark=D("11793.63104562"),
        index=D("11781.80495970"),
        open_24h=D("99.00000000"),
        high_24h=D("100.00000000"),
        low_24h=D("0.10000000"),
        change_24h_percent=D("-95.960"),
        volume_24h_base=D("8913.30000000"),
        volume_24h_quote=D("15.30000000"),
        funding_rate=D("0.00038246"),
        next_funding_ms=1597392000000,
        open_interest=D("10659.509"),
        time_ms=1499869899040,
    )


@pytest.mark.parametrize(("depth", "limit"), [(1, 5), (5, 5), (6, 10), (51, 100), (101, 500), (9999, 1000)])
def test_a_futures_book_is_asked_in_a_depth_that_the_venue_gives(depth: int, limit: int):
    question = FUTURES.book("BTCUSDT", depth)
    assert question.calls[0].get("limit") == limit
    assert question.parse(payload("futures_depth")).time_ms == 1589436922959


def test_funding_rates_come_oldest_first():
    rates = (
        FundingRate(symbol="BTC/USDT", rate=D("-0.03750000"), time_ms=1570608000000, mark=D("34287.54619963")),
        FundingRate(symbol="BTC/USDT", rate=D("0.00010000"), time_ms=1570636800000, mark=D("34287.54619963")),
    )
    documented = payload("futures_funding_rates")
    assert FUTURES.funding_rates("BTCUSDT", start_ms=0, end_ms=None, limit=9).parse(documented) == rates
    assert FUTURES.funding_rates("BTCUSDT", start_ms=0, end_ms=None, limit=1).parse(documented) == rates[:1]
    assert FUTURES.funding_rates("BTCUSDT", start_ms=None, end_ms=None, limit=1).parse(documented) == rates[1:]


def test_futures_balances():
    zero = D("0E-8")
    assert FUTURES.balances().parse(payload("futures_account")) == tuple(
        Balance(asset=asset, wallet="futures", total=D(total), free=D(free), locked=zero, unrealised_pnl=zero)
        for asset, total, free in (("USDT", "23.72469206", "23.72469206"), ("USDC", "103.12345678", "126.72469206"))
    )


def test_positions_have_leverage_and_margin_mode_and_empty_ones_are_left_out():
    question = FUTURES.positions("BTCUSDT")
    assert asked(question) == [("futures.position.v2", {"symbol": "BTCUSDT"})]
    assert question.parse(payload("futures_positions")) == (
        Position(
            symbol="BTC/USDT",
            native="BTCUSDT",
            side=PositionSide.LONG,
            position_side=PositionSide.LONG,
            size=D("0.001"),
            entry=D("22185.2"),
            mark=D("21123.05052574"),
            liquidation=D("19731.45529116"),
            leverage=4,
            margin_mode=MarginMode.CROSS,
            notional=D("21.12305052"),
            unrealised_pnl=D("-1.06214947"),
            time_ms=1655217461579,
        ),
    )


def test_a_one_way_short_is_a_negative_amount():
    row = {**payload("futures_positions")[0], "positionAmt": "-0.5", "positionSide": "BOTH", "marginType": "isolated"}
    (short,) = FUTURES.positions().parse([{**row, "isolatedMargin": "12.5", "liquidationPrice": "0"}])
    assert (short.side, short.position_side, short.size) == (PositionSide.SHORT, PositionSide.BOTH, D("0.5"))
    assert (short.margin, short.liquidation, short.margin_mode) == (D("12.5"), None, MarginMode.ISOLATED)


def test_futures_settings():
    question = FUTURES.settings("BTCUSDT")
    names = ("futures_symbol_config", "futures_account_config", "futures_commission")
    assert question.parse(*(payload(name) for name in names)) == AccountSettings(
        symbol="BTC/USDT",
        leverage=21,
        margin_mode=MarginMode.CROSS,
        position_mode=PositionMode.HEDGE,
        maker_fee=D("0.0002"),
        taker_fee=D("0.0004"),
        can_trade=True,
        multi_asset=False,
    )


def test_brackets_come_as_a_list_or_as_one_object():
    tier = Bracket(floor=D(0), cap=D(10000), max_leverage=75, rate=D("0.0065"), deduction=D("0.0"))
    documented = payload("futures_brackets")
    assert FUTURES.brackets("ETHUSDT").parse(documented) == (tier,)
    assert FUTURES.brackets("ETHUSDT").parse(documented[0]) == (tier,)


def test_a_futures_order():
    assert FUTURES.order("BTCUSDT", id="1917641").parse(payload("futures_order")) == Order(
        id="1917641",
        client_id="abc",
        symbol="BTC/USDT",
        native="BTCUSDT",
        side=Side.BUY,
        type=OrderType.TRAILING_STOP,
        status=OrderStatus.OPEN,
        size=D("0.40"),
        filled=D("0"),
        trigger=D("9300"),
        trigger_by=TriggerBy.LAST,
        callback_percent=D("0.3"),
        time_in_force=TimeInForce.GTC,
        reduce_only=False,
        close_position=False,
        position_side=PositionSide.SHORT,
        cost=D("0"),
        created_ms=1579276756075,
        updated_ms=1579276756075,
    )


ALGO = Order(
    id="2146760",
    client_id="6B2I9XVcJpCjqPAJ4YoFX7",
    symbol="BNB/USDT",
    native="BNBUSDT",
    side=Side.SELL,
    type=OrderType.TAKE_PROFIT_LIMIT,
    status=OrderStatus.UNTRIGGERED,
    size=D("0.01"),
    filled=D("0"),
    price=D("750.000"),
    trigger=D("750.000"),
    trigger_by=TriggerBy.LAST,
    time_in_force=TimeInForce.GTC,
    reduce_only=False,
    close_position=False,
    position_side=PositionSide.BOTH,
    conditional=True,
    created_ms=1750485492076,
    updated_ms=1750485492076,
)


def test_open_orders_hold_the_conditional_ones():
    question = FUTURES.open_orders("BNBUSDT")
    assert [id for id, _ in asked(question)] == ["futures.order.open", "futures.algo.open"]
    assert question.parse([], [payload("futures_algo_new")]) == (ALGO,)


def algo_order(**changes: Any) -> Order:
    question = FUTURES.order("BNBUSDT", id="2146760", conditional=True)
    assert asked(question) == [("futures.algo.get", {"algoId": 2146760})]
    return question.parse({**payload("futures_algo"), **changes})


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, OrderStatus.CANCELED),
        ({"algoStatus": "TRIGGERING"}, OrderStatus.TRIGGERED),
        ({"algoStatus": "TRIGGERED"}, OrderStatus.TRIGGERED),
        ({"algoStatus": "FINISHED"}, OrderStatus.TRIGGERED),
        ({"algoStatus": "FINISHED", "actualQty": "0.01", "actualPrice": "751"}, OrderStatus.FILLED),
        ({"algoStatus": "EXPIRED"}, OrderStatus.EXPIRED),
        ({"algoStatus": "REJECTED"}, OrderStatus.REJECTED),
    ],
)
def test_the_states_of_a_conditional_order(changes: dict[str, Any], status: OrderStatus):
    assert algo_order(**changes).status is status


def test_futures_history_holds_both_books_oldest_first():
    question = FUTURES.order_history("BNBUSDT", start_ms=0, end_ms=8 * DAY_MS, limit=3)
    assert [id for id, _ in asked(question)] == ["futures.order.list"] * 2 + ["futures.algo.list"] * 2
    plain, algo = payload("futures_order"), payload("futures_algo")
    found = question.parse([{**plain, "time": 3}], [{**plain, "time": 4}], [{**algo, "createTime": 1}], [])
    assert [order.created_ms for order in found] == [1, 3, 4]


def test_futures_fills_keep_the_sign_of_the_fee():
    assert FUTURES.fills("BTCUSDT", start_ms=None, end_ms=None, limit=9).parse(payload("futures_fills")) == (
        Fill(
            id="698759",
            order_id="25851813",
            symbol="BTC/USDT",
            side=Side.SELL,
            price=D("7819.01"),
            size=D("0.002"),
            fee=D("-0.07819010"),
            fee_asset="USDT",
            maker=False,
            time_ms=1569514978020,
            realised_pnl=D("-0.91539999"),
            position_side=PositionSide.SHORT,
        ),
    )
