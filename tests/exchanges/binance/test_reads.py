"""The documented answers of spot become models, whole; and the reads ask what they should, on both markets."""

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
    Candle,
    Fill,
    Instrument,
    Level,
    Market,
    Order,
    OrderBook,
    OrderStatus,
    OrderType,
    PublicTrade,
    Side,
    Ticker,
    TimeInForce,
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
