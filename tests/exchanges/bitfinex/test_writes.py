"""Intents become the calls that mean them, nothing that Bitfinex cannot do is imitated, and writes can be traced."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from blave_mcp.exchanges.bitfinex.endpoints import BITFINEX
from blave_mcp.exchanges.bitfinex.verbs import BitfinexFunding, BitfinexMargin, BitfinexSpot
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.funding import OfferIntent, OfferType
from blave_mcp.exchanges.models import (
    Instrument,
    Market,
    Order,
    OrderIntent,
    OrderStatus,
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
    Trace,
    TriggerBy,
)
from tests.exchanges.bitfinex.examples import MARKETS, ORDER, WRITES, example, payload
from tests.exchanges.bitfinex.test_reads import rows_like

SPOT, MARGIN, FUNDING = BitfinexSpot(), BitfinexMargin(), BitfinexFunding()
D = Decimal
SENT = 1_573_476_700_000


def instrument(market: Market) -> Instrument:
    return Instrument(
        venue="bitfinex", market=market, symbol="BTC/USDT", native="tBTCUST", base="BTC", quote="USDT", settle="USDT",
        tick=D(1), step=D("1e-8"), min_size=D("0.00006"),
    )  # fmt: skip


def said(calls: tuple[Call, ...]) -> tuple[str, dict[str, Any]]:
    (call,) = calls
    return call.endpoint.id, call.arguments


def intent(kind: OrderType, market: Market = Market.SPOT, **more: Any) -> OrderIntent:
    return OrderIntent(**{"instrument": instrument(market), "side": Side.BUY, "type": kind, "size": D("0.5"), **more})


MARKET, LIMIT, STOP = OrderType.MARKET, OrderType.LIMIT, OrderType.STOP_MARKET
PLACED: list[tuple[OrderIntent, dict[str, Any]]] = [
    (intent(MARKET), {"type": "MARKET", "amount": "0.5"}),
    (intent(MARKET, side=Side.SELL), {"type": "MARKET", "amount": "-0.5"}),
    (intent(LIMIT, price=D(60000)), {"type": "LIMIT", "amount": "0.5", "price": "60000"}),
    (
        intent(LIMIT, price=D(60000), time_in_force=TimeInForce.POST_ONLY),
        {"type": "LIMIT", "amount": "0.5", "price": "60000", "flags": 4096},
    ),
    (intent(LIMIT, price=D(6), time_in_force=TimeInForce.IOC), {"type": "IOC", "amount": "0.5", "price": "6"}),
    (intent(LIMIT, price=D(6), time_in_force=TimeInForce.FOK), {"type": "FOK", "amount": "0.5", "price": "6"}),
    (intent(STOP, trigger=D(9), side=Side.SELL), {"type": "STOP", "amount": "-0.5", "price": "9"}),
    (
        intent(OrderType.STOP_LIMIT, trigger=D(9), price=D(8), side=Side.SELL),
        {"type": "STOP LIMIT", "amount": "-0.5", "price": "9", "price_aux_limit": "8"},
    ),
    (intent(MARKET, client_id="77"), {"type": "MARKET", "amount": "0.5", "cid": "77"}),
]


@pytest.mark.parametrize(("wish", "wanted"), PLACED)
def test_the_prefix_tells_spot_from_margin_and_the_sign_buys_from_sells(wish: OrderIntent, wanted: dict[str, Any]):
    for verbs, prefix in ((SPOT, "EXCHANGE "), (MARGIN, "")):
        id, args = said(verbs.place(wish))
        assert id == "auth.order.create"
        assert args == {"symbol": "tBTCUST", **wanted, "type": f"{prefix}{wanted['type']}"}


def test_what_reduces_on_margin_says_so():
    _, args = said(MARGIN.place(intent(MARKET, Market.MARGIN, side=Side.SELL, reduce_only=True)))
    assert args["flags"] == 1024
    wish = intent(LIMIT, price=D(6), time_in_force=TimeInForce.POST_ONLY, reduce_only=True)
    assert said(MARGIN.place(wish))[1]["flags"] == 1024 + 4096


REFUSED: list[tuple[Any, OrderIntent, type[Exception], str]] = [
    (SPOT, intent(MARKET, size=None, quote_size=D(50)), Unsupported, "size in base"),
    (SPOT, intent(MARKET, reduce_only=True), Unsupported, "no positions to reduce"),
    (MARGIN, intent(STOP, size=D(1), trigger=D(9), close_position=True), Unsupported, "wants a size to close"),
    (MARGIN, intent(MARKET, position_side=PositionSide.LONG), Unsupported, "no hedge mode"),
    (MARGIN, intent(STOP, trigger=D(9), trigger_by=TriggerBy.MARK), Unsupported, "last price alone"),
    (SPOT, intent(OrderType.TRAILING_STOP, callback_percent=D(1)), Unsupported, "no trailing stop by percent"),
    (SPOT, intent(OrderType.TAKE_PROFIT_MARKET, trigger=D(9)), Unsupported, "no take_profit_market"),
    (SPOT, intent(LIMIT, price=D("60000.5")), BadArgument, "5 significant digits.*"),
    (SPOT, intent(LIMIT, price=D("0.000000001")), BadArgument, "eight decimals"),
    (
        SPOT,
        intent(OrderType.STOP_LIMIT, trigger=D(9), price=D(8), time_in_force=TimeInForce.IOC),
        Unsupported,
        "no time_in_force",
    ),
]


@pytest.mark.parametrize(("verbs", "wish", "error", "words"), REFUSED)
def test_what_bitfinex_cannot_do_is_refused_in_words(verbs: Any, wish: OrderIntent, error: type[Exception], words: str):
    with pytest.raises(error, match=words) as refused:
        verbs.place(wish)
    assert refused.value.advice  # type: ignore[attr-defined]


def test_a_price_of_too_many_digits_is_told_with_its_neighbours():
    with pytest.raises(BadArgument, match="Nearest: 60000 or 60001"):
        SPOT.place(intent(LIMIT, price=D("60000.5")))


def resting(**changes: Any) -> Order:
    base: dict[str, Any] = {
        "id": "7", "client_id": "9", "symbol": "BTC/USDT", "native": "tBTCUST", "side": Side.SELL, "type": LIMIT,
        "status": OrderStatus.OPEN, "size": D("0.5"), "filled": D("0.2"), "price": D(60000),
    }  # fmt: skip
    return Order(**base | changes)


def test_amending_sends_the_amount_that_is_to_be_left_with_its_sign():
    one = instrument(Market.SPOT)
    assert said(SPOT.amend(resting(), one, price=None, size=D(1))) == (
        "auth.order.amend", {"id": 7, "amount": "-0.8"},
    )  # fmt: skip
    assert said(SPOT.amend(resting(), one, price=D(61000), size=None))[1] == {"id": 7, "price": "61000"}
    with pytest.raises(BadArgument, match=r"0\.2 of the order is filled"):
        SPOT.amend(resting(), one, price=None, size=D("0.2"))
    with pytest.raises(Unsupported, match="limit orders alone"):
        SPOT.amend(resting(type=STOP), one, price=D(61000), size=None)


def test_orders_are_canceled_by_their_ids_and_never_all_of_the_account():
    assert said(MARGIN.cancel(resting())) == ("auth.order.cancel", {"id": 7})
    for verbs in MARKETS.values():
        assert verbs.cancels_by_id
        both = verbs.cancel_all("tBTCUST", (resting(), resting(id="8")))
        assert said(both) == ("auth.orders.cancel", {"id": [7, 8]})


def protection(verbs: Any, **more: Any) -> dict[str, Any]:
    wish: dict[str, Any] = {
        "closing": Side.SELL, "position_side": PositionSide.BOTH, "size": D("0.5"), "take_profit": None,
        "stop_loss": None, "trigger_by": TriggerBy.LAST,
    }  # fmt: skip
    id, args = said(verbs.protect(instrument(verbs.market), **wish | more))
    assert id == "auth.order.create"
    return args


def test_take_profit_and_stop_loss_are_one_oco_pair():
    assert protection(MARGIN, take_profit=D(70000), stop_loss=D(50000)) == {
        "symbol": "tBTCUST", "amount": "-0.5", "type": "LIMIT", "price": "70000", "price_oco_stop": "50000",
        "flags": 16384 + 1024,
    }  # fmt: skip
    assert protection(MARGIN, stop_loss=D(50000)) == {
        "symbol": "tBTCUST", "amount": "-0.5", "type": "STOP", "price": "50000", "flags": 1024,
    }  # fmt: skip
    assert protection(SPOT, take_profit=D(70000)) == {
        "symbol": "tBTCUST", "amount": "-0.5", "type": "EXCHANGE LIMIT", "price": "70000",
    }  # fmt: skip
    with pytest.raises(Unsupported, match="closes by a size"):
        protection(MARGIN, take_profit=D(70000), size=None)
    with pytest.raises(Unsupported, match="last price alone"):
        protection(MARGIN, take_profit=D(70000), trigger_by=TriggerBy.MARK)
    with pytest.raises(BadArgument, match="must be given"):
        protection(MARGIN)


def test_a_transfer_names_wallets_and_the_venue_s_code():
    assert said(SPOT.transfer("USDT", D("10.5"), "exchange", "funding")) == (
        "auth.transfer.create", {"from": "exchange", "to": "funding", "currency": "UST", "amount": "10.5"},
    )  # fmt: skip
    with pytest.raises(BadArgument, match='no wallet "spot"'):
        SPOT.transfer("USDT", D(1), "spot", "funding")


# Funding.


def offer(**more: Any) -> OfferIntent:
    base: dict[str, Any] = {
        "currency": "USDT", "amount": D(1000), "type": OfferType.LIMIT, "rate": D("0.0002"), "period": 2,
    }  # fmt: skip
    return OfferIntent(**base | more)


def test_an_offer_to_lend_is_positive():
    assert said(FUNDING.submit(offer())) == (
        "auth.funding_offer.create",
        {"type": "LIMIT", "symbol": "fUST", "amount": "1000", "rate": "0.0002", "period": 2},
    )
    hidden = said(FUNDING.submit(offer(type=OfferType.FRR_VAR, rate=D(0), hidden=True, currency="fUSD")))[1]
    assert (hidden["type"], hidden["symbol"], hidden["rate"], hidden["flags"]) == ("FRRDELTAVAR", "fUSD", "0", 64)
    assert said(FUNDING.submit(offer(type=OfferType.FRR_FIX, rate=D("-0.00001"))))[1]["type"] == "FRRDELTAFIX"
    with pytest.raises(BadArgument, match="positive"):
        FUNDING.submit(offer(amount=D(-1000)))
    with pytest.raises(BadArgument, match="at most 120"):
        FUNDING.submit(offer(period=121))


def test_offers_are_taken_back_one_by_one_or_by_currency():
    assert said(FUNDING.cancel("41238905")) == ("auth.funding_offer.cancel", {"id": 41238905})
    assert said(FUNDING.cancel_all("USDT")) == ("auth.funding_offer.cancel_currency", {"currency": "UST"})
    with pytest.raises(BadArgument, match="no offer id"):
        FUNDING.cancel("x")


# What became of it.


def traced(call: Call, *payloads: Any) -> Trace:
    question = SPOT.trace(call, sent_ms=SENT)
    assert question is not None
    found: Trace = question.parse(*payloads)
    return found


PLACE = BITFINEX["auth.order.create"].call({**ORDER, "symbol": "tETHUSD", "cid": "1573476747887"})


def test_an_order_is_found_by_its_client_id_wherever_it_is():
    question = SPOT.trace(PLACE, sent_ms=SENT)
    assert question is not None
    assert [call.endpoint.id for call in question.calls] == ["auth.order.symbol", "auth.order.history_symbol"]
    for open_, ended in ((payload("orders"), []), ([], payload("orders"))):
        found = traced(PLACE, open_, ended)
        assert (found.found, found.facts["order_id"], found.facts["status"]) == (True, "33950998275", "open")
    gone = traced(PLACE, payload("orders_history"), [])
    assert gone.found is False, "no later request could be answered before this one was"


def test_an_oco_pair_is_told_whole():
    pair = rows_like("orders", {0: 1}, {0: 2, 8: "STOP"})
    assert traced(PLACE, pair, []).text.count("Order ") == 2


def test_a_canceled_order_is_told_by_its_state():
    call = BITFINEX["auth.order.cancel"].call(id=33950998275)
    assert traced(call, payload("orders"), []).found is False
    ended = rows_like("orders", {5: 1573476749000, 13: "CANCELED"})
    assert traced(call, payload("orders"), ended).found is True
    assert traced(call, [], []).found is None
    by_cid = BITFINEX["auth.order.cancel"].call(cid=1573476747887, cid_date="2019-11-11")
    assert traced(by_cid, [], ended).found is True


def test_an_amended_order_is_told_by_what_was_asked():
    call = BITFINEX["auth.order.amend"].call(id=33950998275, amount="-0.5", price="220")
    assert traced(call, payload("orders"), []).found is True
    other = BITFINEX["auth.order.amend"].call(id=33950998275, price="221")
    assert traced(other, payload("orders"), []).found is False
    ended = rows_like("orders", {5: 1573476749000, 6: 0, 13: "EXECUTED @ 220.0(-0.5)"})
    assert traced(other, [], ended).found is None


def test_several_cancellations_are_told_by_what_is_still_open():
    every = BITFINEX["auth.orders.cancel"].call(all=1)
    assert traced(every, []).found is True
    assert traced(every, rows_like("orders", {4: SENT - 1})).found is False
    assert traced(every, payload("orders")).found is True, "it was placed after the request"
    one = BITFINEX["auth.orders.cancel"].call(id=[33950998275])
    assert traced(one, payload("orders")).found is False


def test_a_batch_is_told_by_client_ids_and_by_ids():
    call = BITFINEX["auth.orders.batch"].call(ops=[["on", {**ORDER, "cid": 1573476747887}], ["oc", {"id": 5}]])
    assert traced(call, payload("orders"), []).found is True
    assert traced(call, [], []).found is False
    nameless = BITFINEX["auth.orders.batch"].call(ops=[["on", ORDER]])
    assert SPOT.trace(nameless, sent_ms=SENT) is None


def test_a_transfer_is_told_by_the_ledger_and_never_denied():
    call = BITFINEX["auth.transfer.create"].call(ARGS_TRANSFER)
    row = list(payload("ledger")[0])
    row[3], row[5] = SENT, D("-1000")
    assert traced(call, [row]).found is True
    assert traced(call, payload("ledger")).found is None


ARGS_TRANSFER = {"from": "exchange", "to": "funding", "currency": "USD", "amount": "1000"}


def test_an_offer_is_told_by_its_terms_and_its_time():
    call = BITFINEX["auth.funding_offer.create"].call(
        type="LIMIT", symbol="fETH", amount="0.5", rate="0.0024", period=2
    )
    fresh = rows_like("funding_offers", {2: SENT})
    assert traced(call, fresh, []).facts["offer_id"] == "41237920"
    assert traced(call, [], fresh).found is True
    assert traced(call, rows_like("funding_offers", {2: SENT - 600_000}), []).found is None, "an older offer"
    assert traced(call, rows_like("funding_offers", {2: SENT, 14: D("0.002")}), []).found is None, "another rate"


def test_offers_that_were_taken_back_rest_no_more():
    call = BITFINEX["auth.funding_offer.cancel"].call(id=41237920)
    assert traced(call, payload("funding_offers")).found is False
    assert traced(call, []).found is True
    by_currency = BITFINEX["auth.funding_offer.cancel_currency"].call(currency="ETH")
    assert traced(by_currency, rows_like("funding_offers", {2: SENT - 1})).found is False
    assert traced(by_currency, []).found is True


def test_every_write_that_a_read_can_tell_of_has_its_trace():
    without = {one.id for one in WRITES if SPOT.trace(example(one), sent_ms=SENT) is None}
    assert without == {
        "auth.position.claim", "auth.position.increase", "auth.funding.close", "auth.funding.auto", "auth.funding.keep",
    }  # fmt: skip
