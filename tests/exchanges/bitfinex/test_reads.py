"""Every verb that reads: what it asks, and what the documented answers become."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from blave_mcp.exchanges.bitfinex import parse, parse_account
from blave_mcp.exchanges.bitfinex.verbs import BitfinexFunding, BitfinexMargin, BitfinexSpot
from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.errors import BadArgument, Unavailable, Unsupported, VenueRefused
from blave_mcp.exchanges.exact import exact_json
from blave_mcp.exchanges.funding import FundingLevel, OfferType
from blave_mcp.exchanges.models import (
    AccountSettings,
    Balance,
    Bracket,
    Candle,
    Fill,
    Level,
    MarginMode,
    Market,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    PublicTrade,
    Side,
    TimeInForce,
)
from tests.exchanges.bitfinex.examples import payload

SPOT, MARGIN, FUNDING = BitfinexSpot(), BitfinexMargin(), BitfinexFunding()
D = Decimal
BTC = "tBTCUSD"
# The form of pub:info:pair with the margins of pub:spec:margin. https://docs.bitfinex.com/reference/rest-public-conf
CONF = exact_json(
    b"""[[["BTCUSD",[null,null,null,"0.00006","2000.0",null,null,null,0.2,0.1,null,null]],
    ["BTCUST",[null,null,null,"0.00006","2000.0",null,null,null,0.2,0.1,null,null]],
    ["TESTBTC:TESTUSD",[null,null,null,"0.001","100.0",null,null,null,0.3,0.15,null,null]],
    ["BTCF0:USTF0",[null,null,null,"0.0001","100.0",null,null,null,0.01,0.005,null,null]]],
    ["BTCUSD","TESTBTC:TESTUSD"]]"""
)


def asked(question: Ask[Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(call.endpoint.id, call.arguments) for call in question.calls]


def rows_like(name: str, *changes: dict[int, Any]) -> list[list[Any]]:
    """The first documented row, once for each set of changed places."""
    made = []
    for each in changes:
        row = list(payload(name)[0])
        for place, value in each.items():
            row[place] = value
        made.append(row)
    return made


def test_instruments_come_with_the_tick_of_their_last_price():
    question = SPOT.instruments()
    assert [id for id, _ in asked(question)] == ["public.conf.get", "public.tickers.list"]
    (aave,) = question.parse(payload("conf"), payload("tickers"))
    assert (aave.symbol, aave.native, aave.min_size, aave.max_size, aave.trading) == (
        "AAVE/USD", "tAAVE:USD", D("0.02"), D(5000), False,
    )  # fmt: skip
    btc, ust, test = question.parse(CONF, payload("tickers"))
    assert (btc.symbol, btc.tick, btc.step, btc.contract_size, btc.trading) == ("BTC/USD", D(1), D("1e-8"), D(1), True)
    assert (ust.symbol, ust.native, ust.quote) == ("BTC/USDT", "tBTCUST", "USDT")
    assert (test.symbol, test.native) == ("TESTBTC/TESTUSD", "tTESTBTC:TESTUSD")


def test_margin_lists_the_pairs_that_can_be_traded_on_margin_and_no_derivative():
    listed = MARGIN.instruments().parse(CONF, payload("tickers"))
    assert [(one.native, one.market) for one in listed] == [
        ("tBTCUSD", Market.MARGIN), ("tTESTBTC:TESTUSD", Market.MARGIN),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("price", "tick"),
    [("80123", "1"), ("9999.5", "0.1"), ("123.45", "0.01"), ("1.2345", "0.0001"), ("0.00012345", "0.00000001"),
     ("0.0000001", "0.00000001"), ("123456", "10")],
)  # fmt: skip
def test_the_tick_is_five_significant_digits_and_at_most_eight_decimals(price: str, tick: str):
    assert parse.tick_at(D(price)) == D(tick)


def test_a_ticker():
    question = SPOT.ticker(BTC)
    assert asked(question) == [("public.ticker.get", {"Symbol": BTC})]
    found = question.parse(payload("ticker"))
    assert (found.symbol, found.last, found.bid, found.ask) == ("BTC/USD", D("10644.00645389"), D(10645), D(10647))
    assert (found.high_24h, found.low_24h, found.volume_24h_base) == (D(10766), D("9889.1449809"), D("14480.89849423"))
    assert (found.change_24h_percent, found.open_24h) == (D("7.38"), D("9912.4"))


def test_candles_have_their_close_before_their_high():
    question = SPOT.candles(BTC, "1d", start_ms=None, end_ms=None, limit=5)
    assert asked(question) == [("public.candles.list", {"TimeFrame": "1D", "Symbol": BTC, "sort": -1, "limit": 5})]
    assert question.parse(payload("candles")) == (
        Candle(1678465320000, D(20097), D(20125), D(20094), D(20114), D("1.43504645")),
    )
    _, span = asked(SPOT.candles(BTC, "1h", start_ms=10, end_ms=20, limit=5))[0]
    assert (span["sort"], span["start"], span["end"]) == (1, 10, 19)
    with pytest.raises(BadArgument, match=r'no candles of "4h".*3h'):
        SPOT.candles(BTC, "4h", start_ms=None, end_ms=None, limit=5)


def test_a_positive_amount_of_a_book_is_a_bid():
    question = SPOT.book(BTC, 30)
    assert asked(question) == [("public.book.get", {"Symbol": BTC, "Precision": "P0", "len": 100})]
    assert question.parse(payload("book")).bids == (Level(D("8744.9"), D("0.45603413")),)
    both = question.parse([*payload("book"), [8745, 3, D("-0.5")], [8746, 1, -2], [8740, 1, 7]])
    assert both.asks == (Level(D(8745), D("0.5")), Level(D(8746), D(2)))
    assert [one.price for one in both.bids] == [D("8744.9"), D(8740)]


def test_a_negative_amount_of_a_trade_was_sold():
    question = SPOT.trades(BTC, 7)
    assert asked(question) == [("public.trades.list", {"Symbol": BTC, "limit": 7})]
    older = [388063447, 1567526214870, D("-0.05"), D("10681.5")]
    sold, bought = question.parse([*payload("trades"), older])
    assert bought == PublicTrade(
        id="388063448", price=D(10682), size=D("1.918524"), side=Side.BUY, time_ms=1567526214876
    )
    assert (sold.side, sold.size) == (Side.SELL, D("0.05"))


# The account.


def test_balances_of_three_wallets_in_everyone_s_names():
    question = SPOT.balances()
    assert asked(question) == [("auth.wallet.list", {})]
    (held,) = question.parse(payload("wallets"))
    assert held == Balance(
        asset="USDT", wallet="exchange", total=D("19788.6529257"), free=D("19788.6529257"), locked=D(0)
    )


def test_only_a_balance_whose_free_part_is_not_told_counts_as_free():
    told = rows_like("wallets", {0: "funding", 2: 5, 4: None}, {0: "margin", 2: 5, 4: 0}, {2: 0, 4: 0}, {2: 5, 4: 3})
    found = SPOT.balances().parse(told)
    assert [(one.wallet, one.free, one.locked) for one in found] == [
        ("funding", D(5), D(0)), ("margin", D(0), D(5)), ("exchange", D(3), D(2)),
    ]  # fmt: skip


def test_an_open_order():
    assert asked(MARGIN.open_orders()) == [("auth.order.list", {})]
    assert asked(MARGIN.open_orders(BTC)) == [("auth.order.symbol", {"Symbol": BTC})]
    (one,) = MARGIN.open_orders().parse(payload("orders"))
    assert (one.id, one.client_id, one.symbol, one.native) == ("33950998275", "1573476747887", "ETH/USD", "tETHUSD")
    assert (one.side, one.type, one.status, one.size, one.filled) == (
        Side.SELL, OrderType.LIMIT, OrderStatus.OPEN, D("0.5"), D(0),
    )  # fmt: skip
    assert (one.price, one.average, one.time_in_force, one.conditional) == (D(220), None, TimeInForce.GTC, False)


def test_the_prefix_of_the_type_tells_spot_from_margin():
    both = rows_like("orders", {0: 1, 8: "EXCHANGE LIMIT"}, {0: 2, 8: "LIMIT"}, {0: 3, 8: "LIMIT", 3: "tBTCF0:USTF0"})
    assert [one.id for one in SPOT.open_orders().parse(both)] == ["1"]
    assert [one.id for one in MARGIN.open_orders().parse(both)] == ["2"]


@pytest.mark.parametrize(
    ("kind", "flags", "type_", "force"),
    [
        ("MARKET", 0, OrderType.MARKET, None),
        ("LIMIT", 4096, OrderType.LIMIT, TimeInForce.POST_ONLY),
        ("IOC", 0, OrderType.LIMIT, TimeInForce.IOC),
        ("FOK", 0, OrderType.LIMIT, TimeInForce.FOK),
        ("STOP", 1024, OrderType.STOP_MARKET, None),
        ("TRAILING STOP", 0, OrderType.TRAILING_STOP, None),
    ],
)
def test_types_and_flags(kind: str, flags: int, type_: OrderType, force: TimeInForce | None):
    (one,) = MARGIN.open_orders().parse(rows_like("orders", {8: kind, 12: flags}))
    assert (one.type, one.time_in_force, one.reduce_only) == (type_, force, flags == 1024)
    assert one.status is (OrderStatus.UNTRIGGERED if type_.has_trigger else OrderStatus.OPEN)


def test_of_a_stop_limit_the_price_is_the_trigger():
    (one,) = MARGIN.open_orders().parse(rows_like("orders", {8: "STOP LIMIT", 16: 220, 19: 219}))
    assert (one.type, one.trigger, one.price) == (OrderType.STOP_LIMIT, D(220), D(219))


def test_the_price_stands_at_16_and_the_average_at_17():
    """https://docs.bitfinex.com/reference/rest-auth-submit-order"""
    _, done = SPOT.order_history(BTC, start_ms=0, end_ms=None, limit=9).parse([], payload("orders_history"))
    assert (done.price, done.average) == (D(15), None)
    done, _ = SPOT.order_history(BTC, start_ms=0, end_ms=None, limit=9).parse([], payload("orders_history"))
    assert (done.price, done.average, done.status, done.size, done.filled) == (
        D(1670), D("1662.2"), OrderStatus.FILLED, D("0.1"), D("0.1"),
    )  # fmt: skip
    assert done.cost == D("166.22")


@pytest.mark.parametrize(
    ("amounts", "text", "status", "size", "filled"),
    [
        (("0", "1"), "EXECUTED @ 16680.0(0.91): was PARTIALLY FILLED @ 16673.0(0.09)", OrderStatus.FILLED, "1", "1"),
        (("0.01", "1.2"), "PARTIALLY FILLED @ 16680.0(1.19)", OrderStatus.PARTIALLY_FILLED, "1.2", "1.19"),
        (("-0.1", "-0.2"), "CANCELED was: PARTIALLY FILLED @ 107.6(-0.1)", OrderStatus.CANCELED, "0.2", "0.1"),
        (("0.25", "0.1"), "CANCELED", OrderStatus.CANCELED, "0.25", "0"),
        (("0", "0.1"), "EXECUTED @ 25000.0(0.25)", OrderStatus.FILLED, "0.25", "0.25"),
        (("0.05", "0.1"), "ACTIVE", OrderStatus.OPEN, "0.05", "0"),
        (("0.1", "0.1"), "POSTONLY CANCELED", OrderStatus.CANCELED, "0.1", "0"),
        (("0.1", "0.1"), "IOC CANCELED", OrderStatus.CANCELED, "0.1", "0"),
        (("0.1", "0.1"), "INSUFFICIENT BALANCE (G1) was: ACTIVE", OrderStatus.CANCELED, "0.1", "0"),
        (("0.1", "0.1"), "RSN_PAUSE", OrderStatus.REJECTED, "0.1", "0"),
    ],
)
def test_an_order_s_state_is_read_from_its_text_and_its_amounts(
    amounts: tuple[str, str], text: str, status: OrderStatus, size: str, filled: str
):
    left, original = amounts
    one = parse_account.order(rows_like("orders", {6: D(left), 7: D(original), 13: text, 17: 100})[0])
    assert (one.status, one.size, one.filled) == (status, D(size), D(filled))


def test_an_order_is_found_by_its_id_or_its_client_id():
    by_id = MARGIN.order("tETHUSD", id="33950998275")
    assert asked(by_id) == [
        ("auth.order.list", {"id": [33950998275]}), ("auth.order.history", {"id": [33950998275]}),
    ]  # fmt: skip
    assert by_id.parse(payload("orders"), []).id == "33950998275"
    by_cid = MARGIN.order("tETHUSD", client_id="1573476747887")
    assert [id for id, _ in asked(by_cid)] == ["auth.order.symbol", "auth.order.history_symbol"]
    assert by_cid.parse(payload("orders"), []).client_id == "1573476747887"
    with pytest.raises(VenueRefused, match="no order 7"):
        MARGIN.order("tETHUSD", id="7").parse(payload("orders"), [])
    with pytest.raises(BadArgument, match="is no order id"):
        MARGIN.order("tETHUSD", id="my-order")


def test_of_an_order_in_both_lists_the_latest_state_counts():
    open_ = rows_like("orders", {})
    ended = rows_like("orders", {5: 1573476749000, 13: "CANCELED"})
    (one,) = MARGIN.order_history("tETHUSD", start_ms=None, end_ms=None, limit=9).parse(open_, ended)
    assert one.status is OrderStatus.CANCELED


def test_a_fee_that_was_paid_is_positive():
    question = MARGIN.fills("tETHUST", start_ms=None, end_ms=None, limit=9)
    assert asked(question) == [("auth.trades.symbol", {"Symbol": "tETHUST", "limit": 2500, "sort": -1})]
    assert question.parse(payload("own_trades")) == (
        Fill(
            id="402088407", order_id="34938060782", symbol="ETH/USDT", side=Side.SELL, price=D("153.57"), size=D("0.2"),
            fee=D("0.061668"), fee_asset="USD", maker=False, time_ms=1574963975602,
        ),
    )  # fmt: skip
    assert SPOT.fills("tETHUST", start_ms=None, end_ms=None, limit=9).parse(payload("own_trades")) == ()


def test_a_position_with_the_last_price_as_its_mark():
    question = MARGIN.positions()
    assert asked(question) == [("auth.position.list", {}), ("public.tickers.list", {"symbols": "ALL"})]
    (held,) = question.parse(payload("positions"), payload("tickers"))
    assert (held.symbol, held.native, held.side, held.position_side) == (
        "BTC/USD", BTC, PositionSide.LONG, PositionSide.BOTH,
    )  # fmt: skip
    assert (held.size, held.entry, held.liquidation, held.leverage) == (
        D("0.0195"), D("8565.0267019"), D("7045.876419249083"), 3,
    )  # fmt: skip
    assert (held.mark, held.unrealised_pnl, held.margin_mode) == (
        D("10644.00645389"), D("-0.33455568705000516"), MarginMode.CROSS,
    )  # fmt: skip
    short = rows_like("positions", {2: D("-2")}, {0: "tBTCF0:USTF0"}, {0: "tETHUSD", 1: "CLOSED"})
    (sold,) = MARGIN.positions(BTC).parse(short, payload("tickers"))
    assert (sold.side, sold.size) == (PositionSide.SHORT, D(2))


def test_settings_tell_the_fees_and_on_margin_what_the_pair_allows():
    assert SPOT.settings(BTC).parse(payload("summary")) == AccountSettings(
        symbol="BTC/USD", maker_fee=D("0.001"), taker_fee=D("0.002")
    )
    assert MARGIN.settings(BTC).parse(payload("summary"), CONF) == AccountSettings(
        symbol="BTC/USD", leverage=5, margin_mode=MarginMode.CROSS, position_mode=PositionMode.ONE_WAY,
        maker_fee=D("0.001"), taker_fee=D("0.002"),
    )  # fmt: skip


def test_the_taker_fee_is_that_of_the_quote():
    summary = [None, None, None, None, [[1, 1, 1], [D("0.1"), D("0.2"), D("0.3")]]]
    assert [parse_account.fees(summary, quote)[1] for quote in ("BTC", "USDT", "EUR")] == [
        D("0.1"), D("0.2"), D("0.3"),
    ]  # fmt: skip


def test_brackets_are_the_pair_s_margins():
    assert MARGIN.brackets(BTC).parse(CONF) == (
        Bracket(floor=D(0), cap=None, max_leverage=5, rate=D("0.1"), deduction=D(0)),
    )
    assert MARGIN.brackets("tTESTBTC:TESTUSD").parse(CONF)[0].max_leverage == 3


@pytest.mark.parametrize("verb", ["funding_rates", "positions", "brackets"])
def test_what_spot_has_not_is_told_with_the_nearest_thing(verb: str):
    more = {"start_ms": None, "end_ms": None, "limit": 1} if verb == "funding_rates" else {}
    with pytest.raises(Unsupported, match="bitfinex spot has no") as refused:
        getattr(SPOT, verb)(BTC, **more)
    assert refused.value.advice


def test_an_answer_of_another_form_is_told_as_unavailable():
    for question, answer in ((SPOT.ticker(BTC), {"x": 1}), (SPOT.balances(), [["exchange"]]), (SPOT.trades(BTC, 1), 7)):
        with pytest.raises(Unavailable, match="documented form"):
            question.parse(answer)


# Funding.


def test_on_a_funding_book_a_positive_amount_is_an_offer():
    question = FUNDING.book("USD", 25)
    assert asked(question) == [("public.book.funding", {"fSymbol": "fUSD", "Precision": "P0", "len": 25})]
    found = question.parse([*payload("book_funding"), [D("0.00034"), 2, 1, 1500], [D("0.00033"), 120, 4, 20000]])
    assert found.bids == (FundingLevel(D("0.0003301"), 30, 1, D("3862.874")),)
    assert [one.rate for one in found.offers] == [D("0.00033"), D("0.00034")]


def test_funding_rates_are_per_day_and_those_of_the_history_too():
    question = FUNDING.rates("USDT", limit=3)
    assert asked(question) == [
        ("public.ticker.funding", {"fSymbol": "fUST"}), ("public.funding.stats", {"fSymbol": "fUST", "limit": 3}),
    ]  # fmt: skip
    found = question.parse(payload("ticker_funding"), payload("funding_stats"))
    assert (found.currency, found.frr, found.bid, found.bid_period) == (
        "USDT", D("0.0003447041095890411"), D("0.000316"), 30,
    )  # fmt: skip
    assert (found.offer, found.offer_period, found.last, found.frr_available) == (
        D("0.00033268"), 2, D("0.00033534"), D("146212916.17047712"),
    )  # fmt: skip
    (point,) = found.history
    assert (point.frr, point.average_period) == (D("0.00000187") * 365, D("68.88"))


def test_funding_trades():
    question = FUNDING.trades("USD", start_ms=5, end_ms=9, limit=100)
    assert asked(question) == [
        ("public.trades.funding", {"fSymbol": "fUSD", "limit": 100, "start": 5, "end": 8, "sort": 1}),
    ]  # fmt: skip
    (one,) = FUNDING.trades("USD", start_ms=None, end_ms=None, limit=9).parse(payload("trades_funding"))
    assert (one.amount, one.rate, one.period, one.time_ms) == (D("59.84"), D("0.00023647"), 2, 1574694605000)


def test_the_status_puts_wallet_offers_loans_and_credits_together():
    question = FUNDING.status("USDT")
    assert [id for id, _ in asked(question)] == [
        "auth.wallet.list", "auth.funding.offers", "auth.funding.loans", "auth.funding.credits", "auth.funding.info",
    ]  # fmt: skip
    wallets = rows_like("wallets", {0: "funding", 2: 1000, 4: 400}, {})
    found = question.parse(
        wallets,
        payload("funding_offers"),
        payload("funding_loans"),
        payload("funding_credits"),
        payload("funding_info"),
    )
    assert (found.wallet.total, found.wallet.free) == (D(1000), D(400))
    (offer,) = found.offers
    assert (offer.id, offer.currency, offer.amount, offer.type, offer.rate, offer.period) == (
        "41237920", "ETH", D("0.5"), OfferType.LIMIT, D("0.0024"), 2,
    )  # fmt: skip
    loan, credit = found.lent
    assert (loan.in_use, loan.amount, loan.period, loan.borrowed) == (False, D(250), 7, False)
    assert (credit.in_use, credit.amount, credit.rate, credit.pair, credit.variable) == (
        True, D(350), D("0.0024"), "tBTCUST", False,
    )  # fmt: skip
    assert credit.ends_ms == 1575293487000 + 2 * 86_400_000
    assert found.means is not None
    assert (found.means.lent_rate, found.means.lent_days) == (D("0.0024"), D("1.48"))


def test_a_wallet_that_is_not_told_is_empty_and_means_may_be_missing():
    found = FUNDING.status("BTC").parse(payload("wallets"), [], [], [], ["sym", "fBTC", [None, None, None, None]])
    assert (found.wallet.total, found.means, found.lent) == (D(0), None, ())


def test_one_offer_is_found_or_is_not():
    assert FUNDING.offer("ETH", "41237920").parse(payload("funding_offers")) is not None
    assert FUNDING.offer("ETH", "1").parse(payload("funding_offers")) is None


def test_dollars_need_no_price_and_others_are_priced_in_dollars():
    assert FUNDING.dollars("USDT") is None
    question = FUNDING.dollars("BTC")
    assert question is not None
    assert asked(question) == [("public.ticker.get", {"Symbol": "tBTCUSD"})]
    assert question.parse(payload("ticker")) == D("10644.00645389")
