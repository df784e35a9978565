"""Intents become Bybit's arguments, and each write has the reads that tell what became of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from blave_mcp.exchanges.bybit.endpoints import BYBIT
from blave_mcp.exchanges.bybit.verbs import BybitLinear, BybitSpot
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.models import (
    Instrument,
    Order,
    OrderIntent,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    Side,
    TimeInForce,
    Trace,
    TriggerBy,
)
from tests.exchanges.bybit.examples import EVERY, example, payload, stamped

SPOT, LINEAR = BybitSpot(), BybitLinear()
D = Decimal
SPOT_BTC = SPOT.instruments().parse(payload("spot_instruments"))[0]
LINEAR_BTC = LINEAR.instruments().parse(payload("linear_instruments"))[0]


def intent(instrument: Instrument, type: OrderType, side: Side = Side.BUY, **more: Any) -> OrderIntent:
    if not more.get("quote_size") and not more.get("close_position"):
        more.setdefault("size", D("0.01"))
    return OrderIntent(instrument=instrument, side=side, type=type, **more)


def sent(calls: tuple[Call, ...]) -> tuple[str, dict[str, Any]]:
    (call,) = calls
    return call.endpoint.id, call.arguments


BASE = {"category": "spot", "symbol": "BTCUSDT", "side": "Buy"}
PERP = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "qty": "0.01", "positionIdx": 0}


@pytest.mark.parametrize(
    ("wish", "args"),
    [
        (
            intent(SPOT_BTC, OrderType.MARKET),
            {**BASE, "orderType": "Market", "qty": "0.01", "marketUnit": "baseCoin"},
        ),
        (
            intent(SPOT_BTC, OrderType.MARKET, quote_size=D(200)),
            {**BASE, "orderType": "Market", "qty": "200", "marketUnit": "quoteCoin"},
        ),
        (
            intent(SPOT_BTC, OrderType.LIMIT, price=D(28000), time_in_force=TimeInForce.POST_ONLY, client_id="mine"),
            {**BASE, "orderType": "Limit", "qty": "0.01", "price": "28000", "timeInForce": "PostOnly",
             "orderLinkId": "mine"},
        ),
        (
            intent(SPOT_BTC, OrderType.STOP_MARKET, trigger=D(30000)),
            {**BASE, "orderType": "Market", "qty": "0.01", "marketUnit": "baseCoin", "orderFilter": "tpslOrder",
             "triggerPrice": "30000"},
        ),
        (
            intent(SPOT_BTC, OrderType.TAKE_PROFIT_LIMIT, Side.SELL, trigger=D(30000), price=D(29900)),
            {**BASE, "side": "Sell", "orderType": "Limit", "qty": "0.01", "price": "29900", "timeInForce": "GTC",
             "orderFilter": "tpslOrder", "triggerPrice": "30000"},
        ),
        (intent(LINEAR_BTC, OrderType.MARKET), {**PERP, "orderType": "Market"}),
        (
            intent(LINEAR_BTC, OrderType.LIMIT, price=D(28000), time_in_force=TimeInForce.FOK),
            {**PERP, "orderType": "Limit", "price": "28000", "timeInForce": "FOK"},
        ),
        (
            intent(LINEAR_BTC, OrderType.MARKET, Side.SELL, reduce_only=True),
            {**PERP, "side": "Sell", "orderType": "Market", "reduceOnly": True},
        ),
        (
            intent(LINEAR_BTC, OrderType.MARKET, Side.SELL, position_side=PositionSide.LONG),
            {**PERP, "side": "Sell", "orderType": "Market", "reduceOnly": True, "positionIdx": 1},
        ),
        (
            intent(LINEAR_BTC, OrderType.MARKET, Side.SELL, position_side=PositionSide.SHORT),
            {**PERP, "side": "Sell", "orderType": "Market", "positionIdx": 2},
        ),
        (
            intent(LINEAR_BTC, OrderType.STOP_MARKET, trigger=D(30000), trigger_by=TriggerBy.MARK),
            {**PERP, "orderType": "Market", "triggerPrice": "30000", "triggerDirection": 1, "triggerBy": "MarkPrice"},
        ),
        (
            intent(LINEAR_BTC, OrderType.TAKE_PROFIT_LIMIT, trigger=D(26000), price=D(26100)),
            {**PERP, "orderType": "Limit", "price": "26100", "timeInForce": "GTC", "triggerPrice": "26000",
             "triggerDirection": 2, "triggerBy": "LastPrice"},
        ),
        (
            intent(LINEAR_BTC, OrderType.STOP_MARKET, Side.SELL, trigger=D(26000), close_position=True),
            {**PERP, "side": "Sell", "qty": "0", "orderType": "Market", "triggerPrice": "26000", "triggerDirection": 2,
             "triggerBy": "LastPrice", "reduceOnly": True, "closeOnTrigger": True},
        ),
    ],
)  # fmt: skip
def test_an_intent_becomes_one_order(wish: OrderIntent, args: dict[str, Any]):
    verbs = SPOT if wish.instrument is SPOT_BTC else LINEAR
    assert sent(verbs.place(wish)) == (f"{verbs.product}.order.create", args)


@pytest.mark.parametrize(
    ("wish", "error", "why"),
    [
        (intent(SPOT_BTC, OrderType.MARKET, reduce_only=True), Unsupported, "no positions"),
        (intent(SPOT_BTC, OrderType.STOP_MARKET, trigger=D(1), trigger_by=TriggerBy.MARK), Unsupported, "last price"),
        (intent(SPOT_BTC, OrderType.TRAILING_STOP, callback_percent=D(1)), Unsupported, "trailing_stop.set"),
        (intent(LINEAR_BTC, OrderType.TRAILING_STOP, callback_percent=D(1)), Unsupported, "trailing_stop.set"),
        (intent(LINEAR_BTC, OrderType.MARKET, quote_size=D(50)), Unsupported, "a size in base"),
        (intent(LINEAR_BTC, OrderType.MARKET, close_position=True), BadArgument, "can close whatever is open"),
        (
            intent(LINEAR_BTC, OrderType.STOP_MARKET, trigger=D(1), close_position=True, size=D(1)),
            BadArgument,
            "has no size",
        ),
    ],
)
def test_what_bybit_has_not_is_refused_in_words(wish: OrderIntent, error: type[Exception], why: str):
    verbs = SPOT if wish.instrument is SPOT_BTC else LINEAR
    with pytest.raises(error, match=why.replace("trailing_stop.set", r"trading_stop\.set")):
        verbs.place(wish)


def resting(**more: Any) -> Order:
    base: dict[str, Any] = {
        "id": "7", "client_id": "c", "symbol": "BTC/USDT", "native": "BTCUSDT", "side": Side.BUY,
        "type": OrderType.LIMIT, "status": OrderStatus.OPEN, "size": D(2), "filled": D(1), "price": D(10),
    }  # fmt: skip
    return Order(**{**base, **more})


def test_an_amendment_names_only_what_changes():
    calls = LINEAR.amend(resting(), LINEAR_BTC, price=D(11), size=None)
    assert sent(calls) == (
        "linear.order.amend", {"category": "linear", "symbol": "BTCUSDT", "orderId": "7", "price": "11"},
    )  # fmt: skip
    assert sent(SPOT.amend(resting(), SPOT_BTC, price=None, size=D(3)))[1]["qty"] == "3"
    with pytest.raises(BadArgument, match="1 of the order is filled"):
        SPOT.amend(resting(), SPOT_BTC, price=None, size=D(1))
    with pytest.raises(BadArgument, match="has no price"):
        LINEAR.amend(resting(type=OrderType.STOP_MARKET), LINEAR_BTC, price=D(1), size=None)
    with pytest.raises(Unsupported, match="no size in base"):
        SPOT.amend(resting(size=None), SPOT_BTC, price=None, size=D(5))
    with pytest.raises(Unsupported, match="trailing stop"):
        LINEAR.amend(resting(type=OrderType.TRAILING_STOP), LINEAR_BTC, price=None, size=D(5))


@pytest.mark.parametrize(
    ("order", "kind"),
    [
        (resting(), None),
        (resting(type=OrderType.STOP_MARKET, conditional=True), "tpslOrder"),
        (resting(type="StopOrder", conditional=True), "StopOrder"),
        (resting(type="OcoOrder", conditional=True), "OcoOrder"),
    ],
)
def test_a_spot_order_is_canceled_under_its_kind(order: Order, kind: str | None):
    wanted = {"category": "spot", "symbol": "BTCUSDT", "orderId": "7"} | ({"orderFilter": kind} if kind else {})
    assert sent(SPOT.cancel(order)) == ("spot.order.cancel", wanted)


def test_all_orders_of_a_symbol_are_canceled_at_once_on_contracts_and_by_kind_on_spot():
    assert sent(LINEAR.cancel_all("BTCUSDT", ())) == (
        "linear.order.cancel_all", {"category": "linear", "symbol": "BTCUSDT"},
    )  # fmt: skip
    kinds = [call.get("orderFilter") for call in SPOT.cancel_all("BTCUSDT", ())]
    assert kinds == ["Order", "tpslOrder", "StopOrder", "OcoOrder", "BidirectionalTpslOrder"]


def protect(verbs: Any, instrument: Instrument, **more: Any) -> tuple[Call, ...]:
    args: dict[str, Any] = {
        "closing": Side.SELL, "position_side": PositionSide.BOTH, "size": None, "take_profit": D(30000),
        "stop_loss": D(26000), "trigger_by": TriggerBy.MARK,
    }  # fmt: skip
    calls: tuple[Call, ...] = verbs.protect(instrument, **{**args, **more})
    return calls


def test_both_prices_of_a_position_are_set_in_one_call():
    id, args = sent(protect(LINEAR, LINEAR_BTC))
    assert id == "linear.trading_stop.set"
    assert args == {
        "category": "linear", "symbol": "BTCUSDT", "tpslMode": "Full", "positionIdx": 0, "takeProfit": "30000",
        "stopLoss": "26000", "tpTriggerBy": "MarkPrice", "slTriggerBy": "MarkPrice", "tpOrderType": "Market",
        "slOrderType": "Market",
    }  # fmt: skip
    _, part = sent(protect(LINEAR, LINEAR_BTC, size=D("0.5"), take_profit=None, position_side=PositionSide.SHORT))
    assert (part["tpslMode"], part["slSize"], part["positionIdx"]) == ("Partial", "0.5", 2)
    assert "takeProfit" not in part
    with pytest.raises(BadArgument, match="must be given"):
        protect(LINEAR, LINEAR_BTC, take_profit=None, stop_loss=None)


def test_spot_is_protected_by_one_order_and_says_that_it_has_no_pair():
    last = {"trigger_by": TriggerBy.LAST, "size": D(1)}
    id, args = sent(protect(SPOT, SPOT_BTC, take_profit=None, **last))
    assert (id, args["orderFilter"], args["triggerPrice"]) == ("spot.order.create", "tpslOrder", "26000")
    with pytest.raises(Unsupported, match="no OCO pair over the API"):
        protect(SPOT, SPOT_BTC, **last)
    with pytest.raises(Unsupported, match="no position to close"):
        protect(SPOT, SPOT_BTC)
    with pytest.raises(BadArgument, match="must be given"):
        protect(SPOT, SPOT_BTC, take_profit=None, stop_loss=None, **last)


def test_settings_margin_and_transfers():
    assert sent(LINEAR.set_leverage("BTCUSDT", 6))[1] == {
        "category": "linear", "symbol": "BTCUSDT", "buyLeverage": "6", "sellLeverage": "6",
    }  # fmt: skip
    assert sent(LINEAR.set_position_mode(PositionMode.HEDGE)) == (
        "linear.position_mode.set", {"category": "linear", "coin": "USDT", "mode": 3},
    )  # fmt: skip
    assert sent(LINEAR.set_position_mode(PositionMode.ONE_WAY))[1]["mode"] == 0
    assert sent(LINEAR.adjust_margin("BTCUSDT", PositionSide.LONG, D(-10)))[1] == {
        "category": "linear", "symbol": "BTCUSDT", "margin": "-10", "positionIdx": 1,
    }  # fmt: skip
    assert sent(SPOT.transfer("USDT", D(5), "fund", "unified")) == (
        "spot.transfer.create", {"coin": "USDT", "amount": "5", "fromAccountType": "FUND", "toAccountType": "UNIFIED"},
    )  # fmt: skip
    with pytest.raises(BadArgument, match='no wallet "spot"'):
        LINEAR.transfer("USDT", D(5), "spot", "fund")


# What became of it.


def page(*rows: dict[str, Any], **result: Any) -> Any:
    return {"retCode": 0, "result": {"list": list(rows), **result}}


EMPTY = page()
ROW = payload("open_orders")["result"]["list"][0]
HELD = payload("positions")["result"]["list"][0]


def traced(call: Call, *answers: Any, sent_ms: int = 10**13) -> Trace:
    verbs = SPOT if call.endpoint.product == "spot" else LINEAR
    question = verbs.trace(call, sent_ms=sent_ms)
    assert question is not None
    assert {one.endpoint.effect.value for one in question.calls} == {"read"}
    assert len(question.calls) == len(answers)
    return question.parse(*answers)


# Bybit has no read that tells of these.
UNTOLD = {"linear.tpsl_mode.set", "linear.margin.add", "linear.risk.confirm"}


def test_every_write_has_a_trace_but_those_of_which_bybit_tells_nothing():
    untold = set()
    for endpoint in EVERY:
        if endpoint.writes:
            verbs = SPOT if endpoint.product == "spot" else LINEAR
            if verbs.trace(example(endpoint), sent_ms=0) is None:
                untold.add(endpoint.id)
    assert untold == UNTOLD


def test_an_order_that_neither_list_knows_was_not_placed():
    call = example(BYBIT["linear.order.create"])
    question = LINEAR.trace(call, sent_ms=0)
    assert question is not None
    assert [one.get("orderLinkId") for one in question.calls] == [call.get("orderLinkId")] * 2
    assert traced(call, EMPTY, EMPTY).found is False
    placed = traced(
        call, page({**ROW, "cumExecQty": "0.05", "avgPrice": "1599", "orderStatus": "PartiallyFilled"}), EMPTY
    )
    assert placed.found is True
    assert placed.facts["status"] == "partially_filled"
    assert "0.05 of 0.10 filled at 1599 on average" in placed.text
    assert traced(call, EMPTY, payload("order_history")).found is True


def test_an_order_that_was_acknowledged_and_then_turned_away_says_why():
    call = example(BYBIT["linear.order.create"])
    told = traced(call, page({**ROW, "orderStatus": "Rejected", "rejectReason": "EC_NoEnoughQtyToFill"}), EMPTY)
    assert "is rejected" in told.text
    assert "EC_NoEnoughQtyToFill" in told.text
    assert "EC_PostOnlyWillTakeLiquidity" in traced(call, EMPTY, payload("order_history")).text


def test_a_cancellation_took_effect_where_the_order_is_canceled():
    call = example(BYBIT["spot.order.cancel"])
    assert traced(call, page({**ROW, "orderStatus": "Cancelled"}), EMPTY).found is True
    assert traced(call, page({**ROW, "orderStatus": "Deactivated"}), EMPTY).found is True
    assert traced(call, page(ROW), EMPTY).found is False
    assert traced(call, EMPTY, EMPTY).found is None


def test_an_amendment_took_effect_where_the_order_has_the_new_numbers():
    call = example(BYBIT["linear.order.amend"])
    assert traced(call, page({**ROW, "qty": "0.150", "price": "1050.0"}), EMPTY).found is True
    assert traced(call, page(ROW), EMPTY).found is False
    assert traced(call, EMPTY, page({**ROW, "orderStatus": "Filled"})).found is None
    assert traced(call, EMPTY, EMPTY).found is None


@pytest.mark.parametrize("product", ["spot", "linear"])
def test_orders_from_before_that_are_still_open_were_not_canceled(product: str):
    call = example(BYBIT[f"{product}.order.cancel_all"])
    created = int(ROW["createdTime"])
    assert traced(call, page(ROW), sent_ms=created + 1).found is False
    assert traced(call, page(ROW), sent_ms=created).found is True
    assert traced(call, EMPTY).found is True


def test_a_batch_is_told_element_by_element():
    call = example(BYBIT["linear.batch.create"])
    told = traced(call, page(ROW), EMPTY, EMPTY, EMPTY)
    assert told.found is True
    assert told.text.startswith("1: Order fd4300ae")
    assert "2: Bybit has no order" in told.text
    assert told.facts["1.status"] == "open"
    assert traced(call, EMPTY, EMPTY, EMPTY, EMPTY).found is False
    assert traced(example(BYBIT["spot.batch.cancel"]), page(ROW), EMPTY, EMPTY, EMPTY).found is None


@pytest.mark.parametrize(
    ("id", "answer", "found"),
    [
        ("linear.leverage.set", page({**HELD, "leverage": "6"}), True),
        ("linear.leverage.set", page(HELD), False),
        ("linear.position_mode.set", page({**HELD, "positionIdx": 1}, {**HELD, "positionIdx": 2}), True),
        ("linear.position_mode.set", page(HELD), False),
        ("linear.margin_mode.set", {"result": {"marginMode": "ISOLATED_MARGIN"}}, True),
        ("linear.margin_mode.set", {"result": {"marginMode": "REGULAR_MARGIN"}}, False),
        ("linear.margin_mode.switch", page(HELD), True),
        ("linear.margin.auto", page({**HELD, "autoAddMargin": 0}), True),
        ("linear.margin.auto", page(HELD), False),
        ("spot.collateral.set", page({"currency": "BTC", "collateralSwitch": True}), True),
        ("spot.collateral.set", page({"currency": "BTC", "collateralSwitch": False}), False),
        ("spot.margin.switch", {"result": {"spotMarginMode": "1"}}, True),
        ("spot.margin.leverage", {"result": {"spotLeverage": "3", "spotMarginMode": "1"}}, False),
    ],
)
def test_a_setting_is_proven_by_the_state(id: str, answer: Any, found: bool):
    told = traced(example(BYBIT[id]), answer)
    assert told.found is found
    assert told.facts


def test_take_profit_and_stop_loss_are_read_from_the_position_or_from_their_orders():
    full = protect(LINEAR, LINEAR_BTC)[0]
    assert traced(full, page({**HELD, "takeProfit": "30000.0", "stopLoss": "26000"}), EMPTY).found is True
    assert traced(full, page({**HELD, "takeProfit": "30000"}), EMPTY).found is False
    assert traced(full, page({**HELD, "size": "0"}), EMPTY).found is None
    part = protect(LINEAR, LINEAR_BTC, size=D("0.5"))[0]
    stop = {**ROW, "positionIdx": 0, "stopOrderType": "PartialStopLoss", "triggerPrice": "26000"}
    profit = {**stop, "stopOrderType": "PartialTakeProfit", "triggerPrice": "30000"}
    assert traced(part, page(HELD), page(stop, profit)).found is True
    assert traced(part, page(HELD), page(stop)).found is False


def test_a_transfer_is_looked_up_by_its_own_id():
    call = stamped(SPOT.transfer("USDT", D(5), "fund", "unified")[0])
    row = {**payload("transfers")["result"]["list"][0], "transferId": call.get("transferId")}
    assert traced(call, page(row)).found is True
    assert traced(call, page({**row, "status": "FAILED"})).found is False
    assert traced(call, page({**row, "status": "PENDING"})).found is None
    assert traced(call, payload("transfers")).found is None
