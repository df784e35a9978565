"""Every reading verb: what it asks, and what a documented answer becomes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from blave_mcp.exchanges.bingx.parse import written_moment
from blave_mcp.exchanges.bingx.verbs import BingXSpot, BingXSwap
from blave_mcp.exchanges.dialect import Ask, VenueFault, Verdict
from blave_mcp.exchanges.errors import BadArgument, Unavailable, VenueRefused
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
    OrderStatus,
    OrderType,
    Position,
    PositionMode,
    PositionSide,
    PublicTrade,
    Side,
    Ticker,
)
from tests.exchanges.bingx.examples import payload

SPOT, SWAP = BingXSpot(), BingXSwap()
D = Decimal
DAY = 86_400_000


def asked(question: Ask[Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(call.endpoint.id, call.arguments) for call in question.calls]


# Perpetuals.


def test_a_contract_has_its_grid_from_its_precisions_and_counts_in_base():
    question = SWAP.instruments()
    assert asked(question) == [("swap.instruments.list", {})]
    assert question.parse(payload("swap_contracts")) == (
        Instrument(
            venue="bingx", market=Market.PERPETUAL, symbol="BTC/USDT", native="BTC-USDT", base="BTC", quote="USDT",
            settle="USDT", contract_size=D(1), tick=D("0.1"), step=D("0.0001"), min_size=D("0.0001"),
            min_notional=D(2), trading=True,
        ),
    )  # fmt: skip


@pytest.mark.parametrize("closed", [{"status": "0"}, {"apiStateOpen": "false"}, {"apiStateClose": "false"}])
def test_a_contract_that_is_closed_to_the_api_is_not_trading(closed: dict[str, str]):
    entry = payload("swap_contracts")[0] | closed
    assert SWAP.instruments().parse([entry])[0].trading is False


def test_a_perpetual_ticker_is_made_of_three_reads_and_tells_the_open_interest_in_base():
    question = SWAP.ticker("BTC-USDT")
    assert [id for id, _ in asked(question)] == ["swap.ticker.day", "swap.funding.now", "swap.interest.get"]
    premium = payload("swap_premium_all")[0]
    assert question.parse(payload("swap_ticker"), premium, payload("swap_interest")) == Ticker(
        symbol="BTC/USDT", last=D("16880.5"), mark=D("16884.5"), index=D("16886.9"), open_24h=D("16832.0"),
        high_24h=D("16897.5"), low_24h=D("16726.0"), change_24h_percent=D("0.31"), volume_24h_base=D("245870.1692"),
        volume_24h_quote=D("4151395117.73"), funding_rate=D("0.0001"), next_funding_ms=1672041600000,
        open_interest=D("194832.0381"), time_ms=1672026648425,
    )  # fmt: skip
    day = payload("swap_ticker") | {"priceChangePercent": "-0.31%", "bidPrice": "16880.0", "askPrice": "16881.0"}
    found = question.parse([day], [payload("swap_premium")], payload("swap_interest"))
    assert (found.change_24h_percent, found.bid, found.ask, found.mark) == (
        D("-0.31"), D("16880.0"), D("16881.0"), D("2408.40"),
    )  # fmt: skip


def test_a_book_is_put_best_first_and_counted_in_base():
    question = SWAP.book("BTC-USDT", 2)
    assert asked(question) == [("swap.book.get", {"symbol": "BTC-USDT", "limit": 5})]
    found = question.parse(payload("swap_depth"))
    assert found.asks == (Level(D("83780.1"), D("18.0617")), Level(D("83782.8"), D("23.7289")))
    assert found.bids == (Level(D("83760.7"), D("7.0861")), Level(D("83760.6"), D("0.0044")))
    assert found.time_ms == 1743240836255


def test_the_taker_of_a_trade_is_told():
    found = SWAP.trades("BTC-USDT", 5000)
    assert asked(found) == [("swap.trades.list", {"symbol": "BTC-USDT", "limit": 1000})]
    assert found.parse(payload("swap_trades"))[0] == PublicTrade(
        id="", price=D("16885.0"), size=D("3.3002"), side=Side.SELL, time_ms=1672025549368
    )
    assert found.parse(payload("swap_trades"))[1].side is Side.BUY


def test_candles_are_asked_half_open_and_kept_half_open_oldest_first():
    question = SWAP.candles("BTC-USDT", "5m", start_ms=1666583700000, end_ms=1666584000000, limit=9999)
    assert asked(question) == [
        (
            "swap.candles.list",
            {
                "symbol": "BTC-USDT",
                "interval": "5m",
                "startTime": 1666583700000,
                "endTime": 1666583999999,
                "limit": 1440,
            },
        )
    ]
    bar = Candle(1666583700000, D("19396.8"), D("19397.5"), D("19385.7"), D("19394.4"), D("110.05"))
    assert question.parse(payload("swap_klines")) == (bar,)
    latest = SWAP.candles("BTC-USDT", "5m", start_ms=None, end_ms=None, limit=1)
    assert [one.open_ms for one in latest.parse(payload("swap_klines")[::-1])] == [1666584000000]
    assert latest.parse(payload("swap_klines")[0]) == (bar,), "BingX gives the newest alone as an object"


def test_past_funding_is_told_oldest_first():
    question = SWAP.funding_rates("BTC-USDT", start_ms=None, end_ms=None, limit=1)
    assert question.parse(payload("swap_funding")[::-1]) == (
        FundingRate(symbol="BTC/USDT", rate=D("-0.0017"), time_ms=1585713600000),
    )


def test_the_perpetual_wallet():
    question = SWAP.balances()
    assert asked(question) == [("swap.account.get", {})]
    assert question.parse(payload("swap_balance")) == (
        Balance(
            asset="USDT", wallet="swap", total=D("194.8212"), free=D("193.7609"), locked=D("1.0602"),
            unrealised_pnl=D("1.9219"),
        ),
    )  # fmt: skip
    assert question.parse([{"asset": ""}]) == ()


def test_a_position_of_one_way_mode_is_the_only_one_and_has_a_side_all_the_same():
    question = SWAP.positions()
    assert question.parse(payload("swap_positions")) == (
        Position(
            symbol="LTC/USDT", native="LTC-USDT", side=PositionSide.LONG, position_side=PositionSide.BOTH,
            size=D("0.1"), entry=D("83.53"), mark=D("73.14"), liquidation=None, leverage=6,
            margin_mode=MarginMode.CROSS, margin=None, notional=D("7.3136"), unrealised_pnl=D("-1.0393"),
            time_ms=1721088016688,
        ),
    )  # fmt: skip
    short = payload("swap_positions")[0] | {"positionSide": "SHORT"}
    found = question.parse([short])[0]
    assert (found.side, found.position_side, found.size) == (PositionSide.SHORT, PositionSide.BOTH, D("0.1"))


def test_a_position_of_hedge_mode_has_a_side_of_its_own():
    (found,) = SWAP.positions("BTC-USDT").parse(payload("swap_positions_hedge"))
    assert (found.side, found.position_side) == (PositionSide.LONG, PositionSide.LONG)
    assert (found.margin_mode, found.leverage, found.size, found.mark) == (MarginMode.ISOLATED, 10, D("123.33"), None)


def test_the_settings_that_the_next_order_meets():
    question = SWAP.settings("BTC-USDT")
    names = ("swap_leverage", "swap_margin_mode", "swap_position_mode", "swap_fees")
    found = question.parse(*map(payload, names))
    assert found == AccountSettings(
        symbol="BTC/USDT", leverage=5, margin_mode=MarginMode.CROSS, position_mode=PositionMode.ONE_WAY,
        maker_fee=D("0.0002"), taker_fee=D("0.0005"),
    )  # fmt: skip
    apart = question.parse(payload("swap_leverage") | {"shortLeverage": 7}, *map(payload, names[1:]))
    assert apart.leverage is None, "longs and shorts differ"
    hedge = question.parse(payload(names[0]), {"marginType": "SEPARATE_ISOLATED"}, {"dualSidePosition": True},
                           payload(names[3]))  # fmt: skip
    assert (hedge.margin_mode, hedge.position_mode) == (MarginMode.ISOLATED, PositionMode.HEDGE)


def test_brackets_are_the_venue_s_tiers_with_no_more_leverage_than_the_symbol_and_the_margin_allow():
    question = SWAP.brackets("ETH-USDT")
    assert [id for id, _ in asked(question)] == ["swap.brackets.list", "swap.leverage.get"]
    tier = Bracket(D(0), D(900000), 125, D("0.003300"), D("0.000000"))
    assert question.parse(payload("swap_tiers"), payload("swap_leverage")) == (tier,)
    steep = [payload("swap_tiers")[0] | {"maintMarginRatio": "0.25"}]
    assert question.parse(steep, payload("swap_leverage"))[0].max_leverage == 4


def test_an_order_of_the_perpetual():
    question = SWAP.order("BTC-USDT", id="1597597642269917184")
    assert asked(question) == [("swap.order.get", {"symbol": "BTC-USDT", "orderId": 1597597642269917184})]
    assert question.parse(payload("swap_order")) == Order(
        id="1597597642269917184", client_id="", symbol="BTC/USDT", native="BTC-USDT", side=Side.SELL,
        type=OrderType.TAKE_PROFIT_MARKET, status=OrderStatus.FILLED, size=D("1.0000"), filled=D("0.0000"),
        trigger=D("16494.0"), position_side=PositionSide.LONG, created_ms=1669731935000, updated_ms=1669752524000,
    )  # fmt: skip
    named = SWAP.order("BTC-USDT", client_id="abc1")
    assert asked(named) == [("swap.order.get", {"symbol": "BTC-USDT", "clientOrderId": "abc1"})]


def test_an_id_beyond_what_a_float_holds_is_read_to_the_last_digit():
    (found,) = SWAP.open_orders().parse(payload("swap_open_orders"))
    assert found.id == "1597783850786750464"
    assert (found.type, found.status, found.trigger) == ("TRIGGER_MARKET", OrderStatus.UNTRIGGERED, D("5.0000"))
    both = payload("swap_open_orders")["orders"][0] | {"orderID": "1597783850786750465"}
    assert SWAP.open_orders().parse({"orders": [both]})[0].id == "1597783850786750465"


def test_history_is_asked_in_weeks_and_told_oldest_first():
    question = SWAP.order_history("BTC-USDT", start_ms=0, end_ms=8 * DAY, limit=500)
    windows = [(args["startTime"], args["endTime"]) for _, args in asked(question)]
    assert windows == [(0, 7 * DAY - 1), (7 * DAY, 8 * DAY - 1)]
    found = question.parse(payload("swap_orders"), {"orders": []})
    assert [one.status for one in found] == [OrderStatus.FILLED, OrderStatus.CANCELED]
    assert found[0].average == D("20668.0")
    with pytest.raises(BadArgument, match="at most 31"):
        SWAP.order_history("BTC-USDT", start_ms=0, end_ms=400 * DAY, limit=5)
    with pytest.raises(BadArgument, match="end must lie after"):
        SWAP.fills("BTC-USDT", start_ms=5, end_ms=5, limit=5)


def test_fills_have_their_fee_with_a_plus_where_it_was_paid():
    """The fields are those that the venue's page tables; it shows no example.

    https://bingx-api.github.io/docs/#/en-us/swapV2/trade-api.html (Query historical transaction details)
    """
    question = SWAP.fills("BTC-USDT", start_ms=None, end_ms=None, limit=100)
    assert asked(question) == [("swap.fills.list", {"symbol": "BTC-USDT", "pageSize": 100})]
    row = {
        "symbol": "BTC-USDT", "qty": "0.01", "price": "60000.5", "quoteQty": "600.005", "commission": "-0.3",
        "commissionAsset": "USDT", "orderId": "17", "tradeId": "4", "filledTime": "2023-12-16T20:58:36.000+0800",
        "side": "SELL", "positionSide": "BOTH", "role": "taker", "total": 1,
    }  # fmt: skip
    for name in ("fill_history_orders", "fill_orders"):
        assert question.parse({name: [row]}) == (
            Fill(
                id="4", order_id="17", symbol="BTC/USDT", side=Side.SELL, price=D("60000.5"), size=D("0.01"),
                fee=D("0.3"), fee_asset="USDT", maker=False, time_ms=1702731516000, position_side=PositionSide.BOTH,
            ),
        )  # fmt: skip
    assert question.parse({"fill_history_orders": None}) == ()


def test_the_time_of_a_fill_is_the_one_with_its_zone():
    """The order's id holds its own time, eight hours before what `filledTm` claims with its Z."""
    row = payload("swap_fills")["fill_orders"][0]
    placed_ms = (int(row["orderId"]) >> 22) + 1_288_834_974_657
    assert 0 < written_moment(row["filledTime"]) - placed_ms < 60_000


# Spot.


def test_a_pair_has_its_steps_and_least_notional():
    question = SPOT.instruments()
    assert asked(question) == [("spot.instruments.list", {})]
    assert question.parse(payload("spot_symbols")) == (
        Instrument(
            venue="bingx", market=Market.SPOT, symbol="GEAR/USDT", native="GEAR-USDT", base="GEAR", quote="USDT",
            settle="USDT", tick=D("0.000001"), step=D(1), min_size=D(1), min_notional=D(5), trading=True,
        ),
    )  # fmt: skip
    closed = payload("spot_symbols")["symbols"][0] | {"apiStateBuy": False}
    assert question.parse({"symbols": [closed]})[0].trading is False


def test_a_spot_ticker_keeps_every_digit_of_its_numbers():
    found = SPOT.ticker("BTC-USDT").parse(payload("spot_ticker"))
    assert found == Ticker(
        symbol="BTC/USDT", last=D("26113.60"), bid=D("16726.0"), ask=D("16726.0"), open_24h=D("26032.08"),
        high_24h=D("26178.86"), low_24h=D("25968.18"), volume_24h_base=D("1161.79"),
        volume_24h_quote=D("30288466.44"), time_ms=1693167420762,
    )  # fmt: skip


def test_a_spot_book_candles_and_trades():
    book = SPOT.book("BTC-USDT", 5000)
    assert asked(book) == [("spot.book.get", {"symbol": "BTC-USDT", "limit": 1000})]
    assert book.parse(payload("spot_depth")).bids == (Level(D("25770.20"), D("0.027944")),)
    candles = SPOT.candles("BTC-USDT", "1m", start_ms=None, end_ms=None, limit=3)
    bar = Candle(1691402580000, D("29093.61"), D("29093.93"), D("29087.73"), D("29093.24"), D("0.59"))
    assert candles.parse(payload("spot_klines")) == (bar,)
    trades = SPOT.trades("BTC-USDT", 10)
    assert trades.parse(payload("spot_trades")) == (
        PublicTrade(id="43148253", price=D("25714.71"), size=D("1.674571"), side=Side.BUY, time_ms=1655085975589),
    )


def test_spot_balances_are_those_of_the_spot_and_of_the_fund_wallet():
    question = SPOT.balances()
    assert [id for id, _ in asked(question)] == ["spot.account.get", "spot.fund.get"]
    spot, fund = question.parse(payload("spot_balance"), payload("fund_balance"))
    assert spot == Balance(
        asset="USDT", wallet="spot", total=D("16.73971130673954"), free=D("16.73971130673954"), locked=D(0)
    )
    assert (fund.wallet, fund.free) == ("fund", D("44.376922000000002373"))


def test_a_spot_order():
    question = SPOT.order("XRP-USDT", client_id="abc1")
    assert asked(question) == [("spot.order.get", {"symbol": "XRP-USDT", "clientOrderID": "abc1"})]
    assert question.parse(payload("spot_order")) == Order(
        id="1514087361158316032", client_id="", symbol="XRP/USDT", native="XRP-USDT", side=Side.BUY,
        type=OrderType.LIMIT, status=OrderStatus.CANCELED, size=D(10), filled=D(0), price=D("0.5"),
        created_ms=1649821532000, updated_ms=1649821543000,
    )  # fmt: skip


def test_spot_history_gives_the_average_of_a_market_order_and_the_trigger_of_a_waiting_one():
    question = SPOT.order_history("XRP-USDT", start_ms=None, end_ms=None, limit=500)
    assert asked(question) == [("spot.order.list", {"symbol": "XRP-USDT", "pageIndex": 1, "pageSize": 100})]
    (filled,) = question.parse(payload("spot_history"))
    assert (filled.average, filled.cost, filled.size) == (D("9.9927") / D("13.5"), D("9.9927"), None)
    (waiting,) = SPOT.open_orders("ETH-USDT").parse(payload("spot_stop"))
    assert (waiting.type, waiting.status) == ("TAKE_STOP_LIMIT", OrderStatus.UNTRIGGERED)
    assert (waiting.trigger, waiting.price, waiting.created_ms) == (D("2778.42"), D("2775.65"), 1716191156868)


def test_spot_fills_and_fees():
    question = SPOT.fills("LTC-USDT", start_ms=0, end_ms=DAY, limit=10)
    assert asked(question)[0][1] == {"symbol": "LTC-USDT", "startTime": 0, "endTime": DAY - 1, "limit": 10}
    assert question.parse(payload("spot_fills")) == (
        Fill(
            id="36237072", order_id="1674069326895775744", symbol="LTC/USDT", side=Side.BUY, price=D("85.891"),
            size=D("0.0582"), fee=D("0.00005820000000000001"), fee_asset="LTC", maker=False, time_ms=1687964205000,
        ),
    )  # fmt: skip
    settings = SPOT.settings("BTC-USDT").parse(payload("spot_fees"))
    assert (settings.maker_fee, settings.taker_fee) == (D("0.001"), D("0.001"))


# Answers of another form.


def test_an_answer_of_another_form_is_told_as_such():
    for question, wrong in (
        (SWAP.positions(), {"orders": []}),
        (SWAP.open_orders(), []),
        (SWAP.balances(), [{"asset": "USDT", "balance": 1.5}]),
        (SWAP.order("BTC-USDT", id="1"), {"order": {"orderId": 1}}),
        (SPOT.open_orders(), {"rows": []}),
    ):
        with pytest.raises(Unavailable, match="does not have the documented form"):
            question.parse(wrong)


def test_a_thing_that_does_not_exist_is_told_with_its_code():
    fault = VenueFault(Verdict.REFUSED, code="109421", message="order not exist", meaning="none", not_found=True)
    with pytest.raises(VenueRefused, match="109421"):
        SWAP.order("BTC-USDT", id="1").parse(fault)
