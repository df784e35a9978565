"""The documented answers become models, whole; and the reads ask what they should."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from blave_mcp.exchanges.bybit.parse import DAY_MS, MOST_WINDOWS, WEEK_MS, symbol_of, windows
from blave_mcp.exchanges.bybit.parse_account import order, order_type
from blave_mcp.exchanges.bybit.verbs import BybitLinear, BybitSpot
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
)
from tests.exchanges.bybit.examples import payload

SPOT, LINEAR = BybitSpot(), BybitLinear()
D = Decimal


def asked(question: Ask[Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(call.endpoint.id, call.arguments) for call in question.calls]


def ids(question: Ask[Any]) -> list[str]:
    return [call.endpoint.id for call in question.calls]


def changed(name: str, **fields: Any) -> Any:
    """A payload with fields of its first row replaced."""
    found = payload(name)
    found["result"]["list"][0].update(fields)
    return found


def page(*rows: dict[str, Any]) -> Any:
    return {"retCode": 0, "result": {"list": list(rows)}}


ROW = payload("open_orders")["result"]["list"][0]


# The market.


def test_a_spot_instrument_goes_by_step_and_least_amount():
    question = SPOT.instruments()
    assert asked(question) == [("spot.instruments.list", {"category": "spot"})]
    assert question.parse(payload("spot_instruments")) == (
        Instrument(
            venue="bybit", market=Market.SPOT, symbol="BTC/USDT", native="BTCUSDT", base="BTC", quote="USDT",
            settle="USDT", tick=D("0.1"), step=D("0.000001"), min_size=D("0.000001"), max_size=D(83),
            market_max=D("41.5"), min_notional=D(5),
        ),
    )  # fmt: skip


def test_a_perpetual_is_sized_in_base():
    question = LINEAR.instruments()
    assert asked(question) == [("linear.instruments.list", {"category": "linear", "limit": 1000})]
    assert question.parse(payload("linear_instruments")) == (
        Instrument(
            venue="bybit", market=Market.PERPETUAL, symbol="BTC/USDT", native="BTCUSDT", base="BTC", quote="USDT",
            settle="USDT", contract_size=D(1), tick=D("0.10"), step=D("0.001"), min_size=D("0.001"),
            max_size=D("1190.000"), market_max=D("500.000"), min_notional=D(5),
        ),
    )  # fmt: skip
    assert question.parse(changed("linear_instruments", contractType="LinearFutures")) == ()
    (usdc,) = question.parse(changed("linear_instruments", symbol="BTCPERP", quoteCoin="USDC", settleCoin="USDC"))
    assert (usdc.symbol, usdc.native, usdc.settle) == ("BTC/USDC", "BTCPERP", "USDC")
    (early,) = question.parse(changed("linear_instruments", status="PreLaunch"))
    assert not early.trading


def test_a_contract_s_ticker_has_mark_index_and_funding_in_one_answer():
    question = LINEAR.ticker("BTCUSD")
    assert asked(question) == [("linear.ticker.get", {"category": "linear", "symbol": "BTCUSD"})]
    assert question.parse(payload("contract_ticker")) == Ticker(
        symbol="BTC/USD", last=D("16597.00"), bid=D("16596.00"), ask=D("16597.50"), mark=D("16596.00"),
        index=D("16598.54"), open_24h=D("16464.50"), high_24h=D("30912.50"), low_24h=D("15700.00"),
        change_24h_percent=D("0.804700"), volume_24h_base=D(49337318), volume_24h_quote=D("2352.94950046"),
        funding_rate=D("-0.001034"), next_funding_ms=1672387200000, open_interest=D(373504107), time_ms=1672376496682,
    )  # fmt: skip


def test_a_spot_ticker_has_neither_mark_nor_funding():
    found = SPOT.ticker("BTCUSDT").parse(payload("spot_ticker"))
    assert (found.symbol, found.last, found.change_24h_percent) == ("BTC/USDT", D("20533.13"), D("0.6800"))
    assert (found.mark, found.index, found.funding_rate, found.open_interest) == (None, None, None, None)


def test_candles_come_oldest_first_and_half_open():
    question = LINEAR.candles("BTCUSD", "1h", start_ms=1670601600000, end_ms=1670608800000, limit=5000)
    assert asked(question) == [
        (
            "linear.candles.list",
            {
                "category": "linear", "symbol": "BTCUSD", "interval": "60", "start": 1670601600000,
                "end": 1670608799999, "limit": 1000,
            },
        )
    ]  # fmt: skip
    assert question.parse(payload("candles")) == (
        Candle(1670601600000, D("17086.5"), D(17088), D(16978), D("17071.5"), D(6356)),
        Candle(1670605200000, D("17071.5"), D("17071.5"), D(17061), D(17071), D(4177)),
    )


def test_a_range_longer_than_an_answer_is_cut_at_its_start():
    (call,) = SPOT.candles("BTCUSDT", "1m", start_ms=0, end_ms=10**9, limit=3).calls
    assert (call.get("start"), call.get("end"), call.get("limit")) == (0, 179_999, 3)
    (open_end,) = SPOT.candles("BTCUSDT", "1d", start_ms=None, end_ms=None, limit=3).calls
    assert (open_end.get("start"), open_end.get("end")) == (None, None)
    with pytest.raises(BadArgument, match="no 7m candles"):
        SPOT.candles("BTCUSDT", "7m", start_ms=None, end_ms=None, limit=3)


def test_a_book_has_the_matching_engine_s_time():
    question = SPOT.book("BTCUSDT", 1000)
    assert asked(question) == [("spot.book.get", {"category": "spot", "symbol": "BTCUSDT", "limit": 200})]
    assert question.parse(payload("book")) == OrderBook(
        "BTC/USDT", (Level(D("65485.47"), D("47.081829")),), (Level(D("65557.7"), D("16.606555")),), 1716863718905
    )


def test_a_public_trade_tells_the_taker_s_side():
    question = SPOT.trades("BTCUSDT", 500)
    assert asked(question) == [("spot.trades.list", {"category": "spot", "symbol": "BTCUSDT", "limit": 60})]
    assert question.parse(payload("trades")) == (
        PublicTrade(
            id="2100000000007764263", price=D("16618.49"), size=D("0.00012"), side=Side.BUY, time_ms=1672052955758
        ),
    )


def test_past_funding_is_asked_with_both_ends():
    latest = LINEAR.funding_rates("ETHPERP", start_ms=None, end_ms=None, limit=10)
    assert asked(latest) == [("linear.funding.list", {"category": "linear", "symbol": "ETHPERP", "limit": 10})]
    rate = FundingRate(symbol="ETH/USDC", rate=D("0.0001"), time_ms=1672041600000)
    assert latest.parse(payload("funding")) == (rate,)
    since = LINEAR.funding_rates("ETHPERP", start_ms=0, end_ms=None, limit=50)
    hours = 3_600_000
    assert [(c.get("startTime"), c.get("endTime")) for c in since.calls] == [
        (0, 200 * hours - 1), (200 * hours, 400 * hours - 1),
    ]  # fmt: skip
    until = LINEAR.funding_rates("ETHPERP", start_ms=None, end_ms=10, limit=50)
    assert asked(until)[0][1]["endTime"] == 9


def test_tiers_are_read_from_fractions_and_from_percent():
    question = LINEAR.brackets("BTCUSD")
    assert asked(question) == [("linear.risk_limit.list", {"category": "linear", "symbol": "BTCUSD"})]
    assert question.parse(payload("risk_limit")) == (
        Bracket(floor=D(0), cap=D(150), max_leverage=100, rate=D("0.005"), deduction=D(0)),
    )
    tier = {"symbol": "BTCUSD", "mmDeduction": "", "maxLeverage": "100.00"}
    fractions = page(
        {**tier, "riskLimitValue": "4000000", "maintenanceMargin": "0.01", "initialMargin": "0.02",
         "maxLeverage": "50.00", "mmDeduction": "10000"},
        {**tier, "riskLimitValue": "2000000", "maintenanceMargin": "0.005", "initialMargin": "0.01"},
        {**tier, "symbol": "ETHUSD", "riskLimitValue": "1", "maintenanceMargin": "0.5", "initialMargin": "1"},
    )  # fmt: skip
    assert question.parse(fractions) == (
        Bracket(floor=D(0), cap=D(2000000), max_leverage=100, rate=D("0.005"), deduction=D(0)),
        Bracket(floor=D(2000000), cap=D(4000000), max_leverage=50, rate=D("0.01"), deduction=D(10000)),
    )


# The account.


def test_the_unified_wallet_pays_for_both_markets_and_the_funding_wallet_for_none():
    for verbs in (SPOT, LINEAR):
        question = verbs.balances()
        assert asked(question) == [(f"{verbs.product}.wallet.get", {"accountType": "UNIFIED"})]
        assert question.parse(payload("wallet")) == (
            Balance(
                asset="BTC", wallet="unified", total=D("0.805994"), free=D("0.805994"), locked=D(0),
                unrealised_pnl=D(0),
            ),
        )  # fmt: skip
    whole = SPOT.holdings()
    assert ids(whole) == ["spot.wallet.get", "spot.funds.list"]
    funds = payload("funds")
    funds["result"]["balance"][0].update(walletBalance="7", transferBalance="5")
    assert whole.parse(payload("wallet"), funds)[1] == Balance(
        asset="USDC", wallet="fund", total=D(7), free=D(5), locked=D(2)
    )


def test_what_orders_positions_and_losses_hold_is_not_free():
    held = payload("wallet")
    held["result"]["list"][0]["totalAvailableBalance"] = "700"
    coin = {
        "coin": "USDT", "walletBalance": "1000", "equity": "900", "usdValue": "900", "totalPositionIM": "100",
        "totalOrderIM": "50", "locked": "25", "bonus": "5", "unrealisedPnl": "-100", "spotBorrow": "0",
    }  # fmt: skip
    held["result"]["list"][0]["coin"] = [coin]
    (found,) = LINEAR.balances().parse(held)
    assert (found.free, found.locked, found.total) == (D(700), D(300), D(1000))
    held["result"]["list"][0]["totalAvailableBalance"] = ""
    (isolated,) = LINEAR.balances().parse(held)
    assert isolated.free == D(820)
    coin.update(walletBalance="1100", spotBorrow="1100", totalPositionIM="", totalOrderIM="", unrealisedPnl="0")
    assert LINEAR.balances().parse(held) == ()


def test_a_position_has_the_margin_mode_of_the_account():
    question = LINEAR.positions("BTCUSD")
    assert asked(question) == [
        ("linear.account.get", {}),
        ("linear.position.list", {"category": "linear", "symbol": "BTCUSD"}),
    ]
    assert question.parse(payload("account_info"), payload("positions")) == (
        Position(
            symbol="BTC/USD", native="BTCUSD", side=PositionSide.SHORT, position_side=PositionSide.BOTH, size=D(300),
            entry=D("27464.50441675"), mark=D("28224.50"), liquidation=None, leverage=10, margin_mode=MarginMode.CROSS,
            notional=D("0.01092319"), unrealised_pnl=D("-0.00029413"), maintenance=D("0.0000015"),
            time_ms=1697673600012,
        ),
    )  # fmt: skip
    isolated = payload("account_info")
    isolated["result"]["marginMode"] = "ISOLATED_MARGIN"
    (found,) = question.parse(isolated, payload("positions"))
    assert (found.margin_mode, found.margin) == (MarginMode.ISOLATED, D("0.00139186"))
    assert question.parse(isolated, changed("positions", size="0", side="")) == ()
    (long,) = question.parse(isolated, changed("positions", positionIdx=1, side="Buy", leverage="2.5"))
    assert (long.position_side, long.side, long.leverage) == (PositionSide.LONG, PositionSide.LONG, None)


def test_all_positions_are_asked_by_settlement_coin():
    coins = [call.get("settleCoin") for call in LINEAR.positions().calls[1:]]
    assert coins == ["USDT", "USDC"]
    assert [call.get("settleCoin") for call in LINEAR.open_orders().calls] == ["USDT", "USDC"]


def test_settings_tell_leverage_modes_and_fees():
    question = LINEAR.settings("BTCUSD")
    assert ids(question) == ["linear.position.list", "linear.account.get", "linear.fees.get"]
    answers = payload("positions"), payload("account_info"), payload("fee_rate")
    assert question.parse(*answers) == AccountSettings(
        symbol="BTC/USD", leverage=10, margin_mode=MarginMode.CROSS, position_mode=PositionMode.ONE_WAY,
        maker_fee=D("0.0001"), taker_fee=D("0.0006"),
    )  # fmt: skip
    hedge = payload("positions")
    row = hedge["result"]["list"][0]
    hedge["result"]["list"] = [{**row, "positionIdx": 1}, {**row, "positionIdx": 2, "leverage": "5"}]
    found = question.parse(hedge, *answers[1:])
    assert (found.position_mode, found.leverage) == (PositionMode.HEDGE, None)
    portfolio = payload("account_info")
    portfolio["result"]["marginMode"] = "PORTFOLIO_MARGIN"
    assert question.parse(answers[0], portfolio, answers[2]).margin_mode is None
    with pytest.raises(Unavailable, match="documented form"):
        question.parse(page(), *answers[1:])


def test_spot_settings_are_its_fees():
    question = SPOT.settings("ETHUSDT")
    assert asked(question) == [("spot.fees.get", {"category": "spot", "symbol": "ETHUSDT"})]
    assert question.parse(payload("fee_rate")) == AccountSettings(
        symbol="ETH/USDT", maker_fee=D("0.0001"), taker_fee=D("0.0006")
    )


def test_an_open_order():
    question = LINEAR.open_orders("ETHUSDT")
    assert asked(question) == [("linear.order.open", {"category": "linear", "symbol": "ETHUSDT", "limit": 50})]
    assert question.parse(payload("open_orders")) == (
        Order(
            id="fd4300ae-7847-404e-b947-b46980a4d140", client_id="test-000005", symbol="ETH/USDT", native="ETHUSDT",
            side=Side.BUY, type=OrderType.LIMIT, status=OrderStatus.OPEN, size=D("0.10"), filled=D("0.00"),
            price=D("1600.00"), time_in_force=TimeInForce.GTC, reduce_only=False, close_position=False,
            position_side=PositionSide.LONG, cost=D(0), created_ms=1684738540559, updated_ms=1684738540561,
        ),
    )  # fmt: skip


def test_a_post_only_order_that_would_have_taken_is_canceled():
    question = LINEAR.order_history("BTCUSDT", start_ms=None, end_ms=None, limit=20)
    assert ids(question) == ["linear.order.history", "linear.order.open"]
    (found,) = question.parse(payload("order_history"), page())
    assert (found.status, found.time_in_force, found.filled) == (
        OrderStatus.CANCELED, TimeInForce.POST_ONLY, D("0.000"),
    )  # fmt: skip


def test_a_history_is_asked_in_days_or_weeks_with_an_inclusive_end():
    days = SPOT.order_history("BTCUSDT", start_ms=0, end_ms=2 * DAY_MS, limit=500).calls
    assert [(c.get("startTime"), c.get("endTime"), c.get("limit")) for c in days[:-1]] == [
        (0, DAY_MS - 1, 50), (DAY_MS, 2 * DAY_MS - 1, 50),
    ]  # fmt: skip
    weeks = LINEAR.fills("BTCUSDT", start_ms=0, end_ms=40 * DAY_MS, limit=500).calls
    assert [c.get("startTime") for c in weeks] == [n * WEEK_MS for n in range(6)]
    assert {c.get("limit") for c in weeks} == {100}
    with pytest.raises(BadArgument, match="at most 31"):
        LINEAR.fills("BTCUSDT", start_ms=0, end_ms=(MOST_WINDOWS + 1) * WEEK_MS, limit=5)
    with pytest.raises(BadArgument, match="must lie after"):
        list(windows(5, 5, 1))


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"orderType": "Market"}, OrderType.MARKET),
        ({"stopOrderType": "Stop", "triggerDirection": 1}, OrderType.STOP_LIMIT),
        ({"stopOrderType": "Stop", "triggerDirection": 2}, OrderType.TAKE_PROFIT_LIMIT),
        ({"stopOrderType": "Stop", "triggerDirection": 2, "side": "Sell"}, OrderType.STOP_LIMIT),
        (
            {"stopOrderType": "Stop", "triggerDirection": 1, "side": "Sell", "orderType": "Market"},
            OrderType.TAKE_PROFIT_MARKET,
        ),
        ({"stopOrderType": "StopLoss", "orderType": "Market"}, OrderType.STOP_MARKET),
        ({"stopOrderType": "PartialTakeProfit"}, OrderType.TAKE_PROFIT_LIMIT),
        ({"stopOrderType": "TrailingStop", "orderType": "Market"}, OrderType.TRAILING_STOP),
        ({"stopOrderType": "tpslOrder", "basePrice": "1500", "triggerPrice": "1600"}, OrderType.STOP_LIMIT),
        ({"stopOrderType": "tpslOrder", "basePrice": "1700", "triggerPrice": "1600"}, OrderType.TAKE_PROFIT_LIMIT),
        ({"stopOrderType": "Stop", "basePrice": "1500", "triggerPrice": "1600"}, "StopOrder"),
        ({"stopOrderType": "OcoOrder", "basePrice": "1500"}, "OcoOrder"),
    ],
)
def test_the_kind_of_an_order_follows_from_its_trigger(fields: dict[str, Any], kind: OrderType | str):
    assert order_type({**ROW, **fields}) == kind


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({"orderType": "Market", "marketUnit": "quoteCoin", "isLeverage": "0"}, None),
        ({"orderType": "Market", "marketUnit": "", "isLeverage": "0"}, None),
        ({"orderType": "Market", "marketUnit": "baseCoin", "isLeverage": "0"}, D("0.10")),
        ({"orderType": "Market", "isLeverage": "0", "side": "Sell"}, D("0.10")),
        ({"orderType": "Market"}, D("0.10")),
    ],
)
def test_a_size_in_quote_is_no_size_in_base(fields: dict[str, Any], size: Decimal | None):
    assert order({**ROW, **fields}).size == size


def test_a_stop_of_the_whole_position_says_so():
    whole = order({**ROW, "stopOrderType": "StopLoss", "orderType": "Market", "tpslMode": "Full", "qty": "0"})
    part = order({**ROW, "stopOrderType": "PartialStopLoss", "orderType": "Market", "tpslMode": "Partial"})
    assert (whole.close_position, whole.size, whole.conditional) == (True, None, True)
    assert (part.close_position, part.size, part.conditional) == (False, D("0.10"), True)


def test_a_state_that_is_not_documented_is_told_and_not_guessed():
    with pytest.raises(Unavailable, match="documented form"):
        LINEAR.open_orders("ETHUSDT").parse(changed("open_orders", orderStatus="Dancing"))


def test_one_order_is_looked_for_among_the_live_and_in_the_history():
    question = LINEAR.order("ETHUSDT", client_id="test-000005")
    wanted = {"category": "linear", "symbol": "ETHUSDT", "orderLinkId": "test-000005"}
    assert asked(question) == [("linear.order.open", wanted), ("linear.order.history", wanted)]
    assert question.parse(payload("open_orders"), page()).client_id == "test-000005"
    assert question.parse(page(), payload("order_history")).client_id == "YLxaWKMiHU"
    with pytest.raises(VenueRefused, match="no order test-000005"):
        question.parse(page(), page())
    both = LINEAR.order("ETHUSDT", id="1", client_id="x").calls[0]
    assert (both.get("orderId"), both.get("orderLinkId")) == ("1", None)


def test_a_fill_names_its_fee_and_what_is_no_trade_is_left_out():
    question = LINEAR.fills("ETHPERP", start_ms=None, end_ms=None, limit=20)
    assert asked(question) == [("linear.fills.list", {"category": "linear", "symbol": "ETHPERP", "limit": 20})]
    assert question.parse(payload("fills")) == (
        Fill(
            id="e0cbe81d-0f18-5866-9415-cf319b5dab3b", order_id="8c065341-7b52-4ca9-ac2c-37e31ac55c94",
            symbol="ETH/USDC", side=Side.BUY, price=D("1190.15"), size=D("0.1"), fee=D("0.071409"), fee_asset="USDC",
            maker=False, time_ms=1672282722429,
        ),
    )  # fmt: skip
    assert question.parse(changed("fills", execType="Funding")) == ()
    spot = SPOT.fills("ETHUSDT", start_ms=None, end_ms=None, limit=20)
    (bought,) = spot.parse(changed("fills", symbol="ETHUSDT"))
    (sold,) = spot.parse(changed("fills", symbol="ETHUSDT", side="Sell", execPnl="1.5"))
    assert (bought.fee_asset, sold.fee_asset, sold.realised_pnl) == ("ETH", "USDT", D("1.5"))


# What is lacking, and other forms.


def test_what_spot_lacks_is_said_with_the_nearest_thing():
    for verb in ("positions", "brackets"):
        with pytest.raises(Unsupported, match="perpetual"):
            getattr(SPOT, verb)(*(["BTCUSDT"] if verb == "brackets" else []))
    for verb, args in (
        ("set_leverage", ("X", 5)),
        ("set_position_mode", (PositionMode.HEDGE,)),
        ("set_margin_mode", ("X", MarginMode.CROSS)),
        ("adjust_margin", ("X", PositionSide.BOTH, D(1))),
    ):
        with pytest.raises(Unsupported, match="Spot holds assets"):
            getattr(SPOT, verb)(*args)
    with pytest.raises(Unsupported, match="Spot holds assets"):
        SPOT.funding_rates("X", start_ms=None, end_ms=None, limit=1)


def test_the_margin_mode_is_the_account_s_and_the_way_to_it_is_named():
    with pytest.raises(Unsupported, match=r"one margin mode for all symbols: linear\.margin_mode\.set"):
        LINEAR.set_margin_mode("BTCUSDT", MarginMode.ISOLATED)


def test_a_fault_in_place_of_an_answer_is_told_as_the_venue_s():
    missing = VenueFault(Verdict.REFUSED, code="110001", message="m", meaning="There is no such order.", not_found=True)
    with pytest.raises(VenueRefused, match="110001: There is no such order"):
        LINEAR.open_orders("X").parse(missing)


@pytest.mark.parametrize("body", [{}, {"result": []}, {"result": {"list": {}}}, {"result": {"list": [{}]}}, None])
def test_an_answer_of_another_form_is_unavailable_and_never_a_crash(body: Any):
    for question in (SPOT.instruments(), LINEAR.ticker("X"), LINEAR.open_orders("X"), SPOT.balances()):
        with pytest.raises(Unavailable, match="documented form"):
            question.parse(body)


@pytest.mark.parametrize(
    ("native", "symbol"),
    [("BTCUSDT", "BTC/USDT"), ("ETHPERP", "ETH/USDC"), ("SOLBTC", "SOL/BTC"), ("BTC-26DEC25", "BTC-26DEC25"),
     ("1000PEPEUSDT", "1000PEPE/USDT"), ("USDT", "USDT")],
)  # fmt: skip
def test_native_names_become_unified_where_the_quote_can_be_told(native: str, symbol: str):
    assert symbol_of(native) == symbol
