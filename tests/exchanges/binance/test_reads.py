"""The documented answers become models, whole; and the reads ask what they should."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blave_mcp.exchanges.binance.parse import DAY_MS, MOST_WINDOWS, symbol_of, windows
from blave_mcp.exchanges.binance.verbs import BinanceFutures, BinanceSpot
from blave_mcp.exchanges.dialect import Ask, VenueFault, Verdict
from blave_mcp.exchanges.errors import BadArgument, Unavailable, Unsupported, VenueRefused
from blave_mcp.exchanges.models import (
    AccountSettings,
    Balance,
    Bracket,
    Candle,
    Fill,
    FundingRate,
    Instrument,
    Level,
    MarginMode,
    Market,
    Order,
    OrderBook,
    OrderStatus,
    OrderType,
    Position,
    PositionMode,
    PositionSide,
    PublicTrade,
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


# Spot.


def test_a_spot_instrument_has_the_grid_of_its_filters():
    question = SPOT.instruments()
    assert asked(question) == [("spot.instruments.list", {"showPermissionSets": False})]
    assert question.parse(payload("spot_exchange_info")) == (
        Instrument(
            venue="binance",
            market=Market.SPOT,
            symbol="ETH/BTC",
            native="ETHBTC",
            base="ETH",
            quote="BTC",
            settle="BTC",
            tick=D("0.00000100"),
            step=D("0.00100000"),
            min_size=D("0.00100000"),
            max_size=D("100000.00000000"),
            market_step=D("0.00100000"),
            market_min=D("0.00100000"),
            market_max=D("100000.00000000"),
            min_notional=D("10.00000000"),
            price_up=D("5"),
            price_down=D("0.2"),
            band_both_sides=True,
            trading=True,
        ),
    )


def test_a_market_lot_size_of_zero_is_no_step_and_a_tick_of_zero_is_the_quote_s_precision():
    info = payload("spot_exchange_info")
    for each in info["symbols"][0]["filters"]:
        if each["filterType"] == "MARKET_LOT_SIZE":
            each.update(stepSize="0.00000000", minQty="0.00000000")
        if each["filterType"] == "PRICE_FILTER":
            each["tickSize"] = "0.00000000"
    info["symbols"][0]["status"] = "HALT"
    (found,) = SPOT.instruments().parse(info)
    assert (found.market_step, found.market_min, found.tick, found.trading) == (None, None, D("1E-8"), False)


def test_a_spot_ticker():
    question = SPOT.ticker("BNBBTC")
    assert asked(question) == [("spot.ticker.day", {"symbol": "BNBBTC", "type": "FULL"})]
    assert question.parse(payload("spot_ticker_day")) == Ticker(
        symbol="BNB/BTC",
        last=D("4.00000200"),
        bid=D("4.00000000"),
        ask=D("4.00000200"),
        open_24h=D("99.00000000"),
        high_24h=D("100.00000000"),
        low_24h=D("0.10000000"),
        change_24h_percent=D("-95.960"),
        volume_24h_base=D("8913.30000000"),
        volume_24h_quote=D("15.30000000"),
        time_ms=1499869899040,
    )


def test_candles_are_asked_half_open_and_kept_half_open():
    question = SPOT.candles("ETHBTC", "1w", start_ms=1499040000000, end_ms=1499644800000, limit=5000)
    assert asked(question) == [
        (
            "spot.candles.list",
            {
                "symbol": "ETHBTC",
                "interval": "1w",
                "startTime": 1499040000000,
                "endTime": 1499644799999,
                "limit": 1000,
            },
        )
    ]
    bar = Candle(
        1499040000000, D("0.01634790"), D("0.80000000"), D("0.01575800"), D("0.01577100"), D("148976.11427815")
    )
    assert question.parse(payload("spot_klines")) == (bar,)
    later = SPOT.candles("ETHBTC", "1w", start_ms=1499040000001, end_ms=None, limit=5)
    assert later.parse(payload("spot_klines")) == ()
    assert FUTURES.candles("ETHUSDT", "1w", start_ms=None, end_ms=None, limit=9999).calls[0].get("limit") == 1500


def test_without_a_start_the_latest_candles_are_kept():
    rows = [[n, "1", "1", "1", "1", "1"] for n in (3, 1, 2)]
    opened = [candle.open_ms for candle in SPOT.candles("X", "1m", start_ms=None, end_ms=9, limit=2).parse(rows)]
    assert opened == [2, 3]
    opened = [candle.open_ms for candle in SPOT.candles("X", "1m", start_ms=1, end_ms=9, limit=2).parse(rows)]
    assert opened == [1, 2]


def test_a_spot_book_has_no_time():
    assert SPOT.book("BNBBTC", 5).parse(payload("spot_depth")) == OrderBook(
        "BNB/BTC", (Level(D("4.00000000"), D("431.00000000")),), (Level(D("4.00000200"), D("12.00000000")),), None
    )


def test_where_the_buyer_was_the_maker_the_taker_sold():
    trade = PublicTrade(id="28457", price=D("4.00000100"), size=D("12.00000000"), side=Side.SELL, time_ms=1499865549590)
    assert SPOT.trades("BNBBTC", 10).parse(payload("spot_trades")) == (trade,)
    assert FUTURES.trades("BNBUSDT", 10).parse(payload("futures_trades")) == (trade,)


def test_spot_balances():
    assert SPOT.balances().parse(payload("spot_account")) == tuple(
        Balance(asset=asset, wallet="spot", total=D(free), free=D(free), locked=D("0E-8"))
        for asset, free in (("BTC", "4723846.89208129"), ("LTC", "4763368.68006011"))
    )


def test_spot_fees_are_the_sum_of_standard_special_and_tax():
    question = SPOT.settings("BTCUSDT")
    assert [id for id, _ in asked(question)] == ["spot.fees.get", "spot.account.get"]
    assert question.parse(payload("spot_commission"), payload("spot_account")) == AccountSettings(
        symbol="BTC/USDT", maker_fee=D("0.01000122"), taker_fee=D("0.02000134"), can_trade=True
    )


SPOT_ORDER = Order(
    id="1",
    client_id="myOrder1",
    symbol="LTC/BTC",
    native="LTCBTC",
    side=Side.BUY,
    type=OrderType.LIMIT,
    status=OrderStatus.OPEN,
    size=D("1.0"),
    filled=D("0.0"),
    price=D("0.1"),
    time_in_force=TimeInForce.GTC,
    cost=D("0.0"),
    created_ms=1499827319559,
    updated_ms=1499827319559,
)


def test_a_spot_order():
    question = SPOT.order("LTCBTC", client_id="myOrder1")
    assert asked(question) == [("spot.order.get", {"symbol": "LTCBTC", "origClientOrderId": "myOrder1"})]
    assert question.parse(payload("spot_order")) == SPOT_ORDER
    assert SPOT.open_orders().parse([payload("spot_order")]) == (SPOT_ORDER,)


def spot_order(**changes: Any) -> Order:
    return SPOT.order("LTCBTC", id="1").parse({**payload("spot_order"), **changes})


def test_the_average_of_a_spot_order_is_its_cost_by_its_size():
    done = spot_order(status="FILLED", executedQty="0.8", cummulativeQuoteQty="0.1")
    assert (done.status, done.filled, done.average, done.remaining) == (
        OrderStatus.FILLED, D("0.8"), D("0.125"), D("0.2"),
    )  # fmt: skip
    old = spot_order(status="FILLED", executedQty="0.8", cummulativeQuoteQty="-1")
    assert (old.cost, old.average) == (None, None)


def test_a_stop_that_is_not_on_the_book_waits_for_its_trigger():
    stop = spot_order(type="STOP_LOSS_LIMIT", stopPrice="0.2", isWorking=False)
    assert (stop.type, stop.status, stop.trigger) == (OrderType.STOP_LIMIT, OrderStatus.UNTRIGGERED, D("0.2"))
    assert spot_order(type="STOP_LOSS_LIMIT", isWorking=True).status is OrderStatus.OPEN
    assert spot_order(status="PENDING_NEW", orderListId=7).list_id == "7"
    assert spot_order(type="LIMIT_MAKER").time_in_force is TimeInForce.POST_ONLY
    trailing = spot_order(type="STOP_LOSS", trailingDelta=150)
    assert (trailing.type, trailing.callback_percent) == (OrderType.TRAILING_STOP, D("1.5"))
    assert spot_order(type="SOMETHING_NEW").type == "SOMETHING_NEW"


def test_spot_fills():
    assert SPOT.fills("BNBBTC", start_ms=None, end_ms=None, limit=10).parse(payload("spot_fills")) == (
        Fill(
            id="28457",
            order_id="100234",
            symbol="BNB/BTC",
            side=Side.BUY,
            price=D("4.00000100"),
            size=D("12.00000000"),
            fee=D("10.10000000"),
            fee_asset="BNB",
            maker=False,
            time_ms=1499865549590,
        ),
    )


def test_spot_history_is_asked_a_day_at_a_time():
    question = SPOT.order_history("BTCUSDT", start_ms=0, end_ms=2 * DAY_MS + 1, limit=3)
    assert [(call.get("startTime"), call.get("endTime")) for call in question.calls] == [
        (0, DAY_MS - 1),
        (DAY_MS, 2 * DAY_MS - 1),
        (2 * DAY_MS, 2 * DAY_MS),
    ]
    order = payload("spot_order")
    pages = [[{**order, "orderId": n, "time": n}] for n in (1, 2, 3)]
    assert [each.id for each in question.parse(*pages)] == ["1", "2", "3"]
    with pytest.raises(BadArgument, match="shorter stretch"):
        SPOT.fills("BTCUSDT", start_ms=0, end_ms=40 * DAY_MS, limit=3)


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


# Both.


@pytest.mark.parametrize("broken", [None, [], {}, "x", 7, [{}], {"symbols": [{}]}, [[]], {"code": 1}])
def test_an_answer_of_another_form_is_told_and_never_guessed(broken: Any):
    for question in (
        SPOT.instruments(), SPOT.ticker("BTCUSDT"), SPOT.book("BTCUSDT", 5), SPOT.order("BTCUSDT", id="1"),
        FUTURES.instruments(), FUTURES.brackets("BTCUSDT"), FUTURES.order("BTCUSDT", id="1"),
    ):  # fmt: skip
        with pytest.raises(Unavailable, match="documented form"):
            question.parse(*[broken] * len(question.calls))


def test_a_state_that_binance_does_not_document_is_not_guessed():
    for question, answer in (
        (SPOT.order("LTCBTC", id="1"), {**payload("spot_order"), "status": "NEWER"}),
        (FUTURES.order("BTCUSDT", id="1"), {**payload("futures_order"), "status": "NEWER"}),
        (FUTURES.order("BTCUSDT", id="1", conditional=True), {**payload("futures_algo"), "algoStatus": "NEWER"}),
    ):
        with pytest.raises(Unavailable, match="documented form"):
            question.parse(answer)


def test_what_does_not_exist_is_refused_by_a_plain_read():
    fault = VenueFault(Verdict.REFUSED, code="-2013", message="Order does not exist.", meaning="No.", not_found=True)
    with pytest.raises(VenueRefused, match="-2013"):
        SPOT.order("BTCUSDT", id="1").parse(fault)


def test_what_spot_does_not_have_is_said_in_words():
    with pytest.raises(Unsupported, match=r"has no set leverage.*binance perpetual"):
        SPOT.set_leverage("BTCUSDT", 3)
    for verb in SPOT.lacks:
        assert verb not in vars(BinanceSpot)


@pytest.mark.parametrize(
    ("native", "symbol"),
    [
        ("BTCUSDT", "BTC/USDT"), ("ETHBTC", "ETH/BTC"), ("1000PEPEUSDC", "1000PEPE/USDC"), ("BTCFDUSD", "BTC/FDUSD"),
        ("BNBETH", "BNB/ETH"), ("USDT", "USDT"), ("XYZ", "XYZ"),
    ],
)  # fmt: skip
def test_a_native_symbol_is_parted_where_its_quote_is_known(native: str, symbol: str):
    assert symbol_of(native) == symbol


@given(start=st.integers(0, 10**13), length=st.integers(1, MOST_WINDOWS * DAY_MS))
@settings(deadline=None, max_examples=100)
def test_windows_cover_a_stretch_of_time_without_gap_or_overlap(start: int, length: int):
    pieces = list(windows(start, start + length, DAY_MS))
    assert pieces[0][0] == start
    assert pieces[-1][1] == start + length
    assert all(a[1] == b[0] for a, b in pairwise(pieces))
    assert all(0 < int(b or 0) - int(a or 0) <= DAY_MS for a, b in pieces)
