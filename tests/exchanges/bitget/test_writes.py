"""What the write verbs send, and what each trace makes of the venue's answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from blave_mcp.exchanges.bitget.endpoints import BITGET
from blave_mcp.exchanges.dialect import VenueFault, Verdict
from blave_mcp.exchanges.endpoint import Call, Effect
from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.models import (
    Instrument,
    MarginMode,
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
from tests.exchanges.bitget.examples import EVERY, FUTURES, NOW_MS, SPOT, example, payload

(PERP,) = FUTURES.instruments().parse(payload("futures_contracts"))
(PAIR,) = SPOT.instruments().parse(payload("spot_symbols"))
CONTRACT = {"symbol": "BTCUSDT", "productType": "USDT-FUTURES", "marginCoin": "USDT"}
ONE = Decimal(1)
ABSENT = VenueFault(Verdict.REFUSED, code="40109", message="no", not_found=True)


def intent(instrument: Instrument, **more: Any) -> OrderIntent:
    given: dict[str, Any] = {"side": Side.BUY, "type": OrderType.MARKET, "size": ONE, "margin_mode": MarginMode.CROSS}
    return OrderIntent(instrument=instrument, **{**given, **more})


def sent(calls: tuple[Call, ...]) -> dict[str, Any]:
    (call,) = calls
    return {"id": call.endpoint.id, **call.arguments}


def order(**more: Any) -> Order:
    given: dict[str, Any] = {
        "id": "7", "client_id": "c", "symbol": "BTC/USDT", "native": "BTCUSDT", "side": Side.BUY,
        "type": OrderType.LIMIT, "status": OrderStatus.OPEN, "size": Decimal(2), "filled": Decimal(0),
        "price": Decimal(100),
    }  # fmt: skip
    return Order(**{**given, **more})


@pytest.mark.parametrize(
    ("leg", "side", "reduce", "words"),
    [
        (PositionSide.BOTH, Side.BUY, False, {"side": "buy"}),
        (PositionSide.BOTH, Side.SELL, True, {"side": "sell", "reduceOnly": "YES"}),
        (PositionSide.LONG, Side.BUY, False, {"side": "buy", "tradeSide": "open"}),
        (PositionSide.LONG, Side.SELL, True, {"side": "buy", "tradeSide": "close"}),
        (PositionSide.SHORT, Side.SELL, False, {"side": "sell", "tradeSide": "open"}),
        (PositionSide.SHORT, Side.BUY, False, {"side": "sell", "tradeSide": "close"}),
    ],
)
def test_one_way_orders_have_no_trade_side_and_hedge_orders_name_their_position(
    leg: PositionSide, side: Side, reduce: bool, words: dict[str, str]
):
    args = sent(FUTURES.place(intent(PERP, side=side, position_side=leg, reduce_only=reduce)))
    names = ("side", "tradeSide", "reduceOnly")
    assert {name: args[name] for name in names if name in args} == words
    assert (args["id"], args["marginMode"], args["orderType"]) == ("futures.order.create", "crossed", "market")


def test_a_limit_order_says_how_long_it_stands():
    args = sent(
        FUTURES.place(
            intent(PERP, type=OrderType.LIMIT, price=Decimal(5), time_in_force=TimeInForce.POST_ONLY,
                   margin_mode=MarginMode.ISOLATED, client_id="me")
        )
    )  # fmt: skip
    assert (args["force"], args["price"], args["marginMode"], args["clientOid"]) == ("post_only", "5", "isolated", "me")
    spot = sent(SPOT.place(intent(PAIR, type=OrderType.LIMIT, price=Decimal(5))))
    assert (spot["id"], spot["force"], spot["size"], spot["price"]) == ("spot.order.create", "gtc", "1", "5")


def test_spot_market_orders_are_sized_as_bitget_sizes_them():
    assert sent(SPOT.place(intent(PAIR, size=None, quote_size=Decimal(50))))["size"] == "50"
    assert sent(SPOT.place(intent(PAIR, side=Side.SELL)))["size"] == "1"
    with pytest.raises(Unsupported, match="quote coin"):
        SPOT.place(intent(PAIR))
    with pytest.raises(Unsupported, match="base coin"):
        SPOT.place(intent(PAIR, side=Side.SELL, size=None, quote_size=ONE))
    with pytest.raises(Unsupported, match="no positions"):
        SPOT.place(intent(PAIR, reduce_only=True))


def test_triggers_become_plan_orders():
    stop = {"type": OrderType.STOP_LIMIT, "price": Decimal(4), "trigger": Decimal(5), "trigger_by": TriggerBy.MARK}
    futures = sent(FUTURES.place(intent(PERP, **stop)))
    assert (futures["id"], futures["planType"], futures["triggerType"]) == (
        "futures.plan.create", "normal_plan", "mark_price",
    )  # fmt: skip
    assert (futures["orderType"], futures["price"], futures["triggerPrice"]) == ("limit", "4", "5")
    spot = sent(SPOT.place(intent(PAIR, **stop)))
    assert (spot["id"], spot["planType"], spot["executePrice"]) == ("spot.plan.create", "amount", "4")
    trailing = sent(
        FUTURES.place(intent(PERP, type=OrderType.TRAILING_STOP, callback_percent=ONE, activation=Decimal(9)))
    )
    assert (trailing["planType"], trailing["callbackRatio"], trailing["triggerPrice"]) == ("track_plan", "1", "9")
    whole = sent(
        FUTURES.place(intent(PERP, side=Side.SELL, type=OrderType.STOP_MARKET, size=None, trigger=ONE,
                             close_position=True))
    )  # fmt: skip
    assert (whole["id"], whole["planType"], whole["holdSide"]) == ("futures.tpsl.create", "pos_loss", "buy")


@pytest.mark.parametrize(
    ("more", "error", "words"),
    [
        ({"size": None, "quote_size": ONE}, Unsupported, "size in base"),
        ({"margin_mode": None}, BadArgument, "margin mode with every order"),
        ({"type": OrderType.TRAILING_STOP, "callback_percent": ONE}, BadArgument, "activation price"),
        ({"type": OrderType.LIMIT, "price": ONE, "close_position": True}, BadArgument, "close whatever is open"),
        ({"type": OrderType.STOP_MARKET, "trigger": ONE, "close_position": True}, BadArgument, "has no size"),
        (
            {"type": OrderType.STOP_LIMIT, "trigger": ONE, "price": ONE, "time_in_force": TimeInForce.IOC},
            Unsupported,
            "no time in force",
        ),
    ],
)
def test_what_futures_cannot_take_is_said(more: dict[str, Any], error: type[Exception], words: str):
    with pytest.raises(error, match=words):
        FUTURES.place(intent(PERP, **more))


def test_protection_names_the_position_in_the_words_of_the_mode():
    def hold(closing: Side, leg: PositionSide, size: Decimal | None = None) -> list[dict[str, Any]]:
        calls = FUTURES.protect(
            PERP, closing=closing, position_side=leg, size=size, take_profit=Decimal(9), stop_loss=Decimal(3),
            trigger_by=TriggerBy.MARK,
        )  # fmt: skip
        return [call.arguments for call in calls]

    stop, profit = hold(Side.SELL, PositionSide.BOTH)
    assert (stop["planType"], stop["holdSide"], stop["triggerPrice"]) == ("pos_loss", "buy", "3")
    assert (profit["planType"], "size" in profit, profit["triggerType"]) == ("pos_profit", False, "mark_price")
    stop, profit = hold(Side.BUY, PositionSide.SHORT, ONE)
    assert (stop["planType"], stop["holdSide"], stop["size"]) == ("loss_plan", "short", "1")
    assert profit["planType"] == "profit_plan"
    assert hold(Side.BUY, PositionSide.BOTH)[0]["holdSide"] == "sell"


def test_settings_and_margin_are_said_in_full():
    leverage = sent(FUTURES.set_leverage("BTCUSDT", 7))
    assert {leverage[name] for name in ("leverage", "longLeverage", "shortLeverage")} == {7}
    assert sent(FUTURES.set_margin_mode("BTCUSDT", MarginMode.CROSS))["marginMode"] == "crossed"
    assert sent(FUTURES.set_position_mode(PositionMode.ONE_WAY))["posMode"] == "one_way_mode"
    taken = sent(FUTURES.adjust_margin("BTCUSDT", PositionSide.SHORT, Decimal(-5)))
    assert (taken["holdSide"], taken["amount"]) == ("short", "-5")
    with pytest.raises(BadArgument, match="long or short"):
        FUTURES.adjust_margin("BTCUSDT", PositionSide.BOTH, ONE)


def test_wallets_are_named_alike_and_sent_as_bitget_calls_them():
    moved = sent(SPOT.transfer("USDT", ONE, "funding", "futures"))
    assert (moved["fromType"], moved["toType"]) == ("p2p", "usdt_futures")
    with pytest.raises(BadArgument, match='no wallet "moon"'):
        FUTURES.transfer("USDT", ONE, "moon", "spot")
    with pytest.raises(BadArgument, match="two different"):
        FUTURES.transfer("USDT", ONE, "spot", "spot")


def test_amending_replaces_what_is_untouched_and_refuses_what_bitget_does_not_change():
    changed = sent(FUTURES.amend(order(), PERP, price=Decimal(101), size=None))
    assert (changed["id"], changed["newPrice"], changed["newSize"]) == ("futures.order.modify", "101", "2")
    spot = sent(SPOT.amend(order(filled=ONE), PAIR, price=None, size=Decimal(3)))
    assert (spot["id"], spot["price"], spot["size"]) == ("spot.order.replace", "100", "2"), "for what is unfilled"
    plan = order(type="trigger_limit", conditional=True, trigger=Decimal(90), status=OrderStatus.UNTRIGGERED)
    assert sent(FUTURES.amend(plan, PERP, price=ONE, size=None))["id"] == "futures.plan.modify"
    assert sent(SPOT.amend(plan, PAIR, price=None, size=ONE))["triggerPrice"] == "90"
    with pytest.raises(Unsupported, match="untouched orders alone"):
        FUTURES.amend(order(filled=ONE), PERP, price=ONE, size=None)
    with pytest.raises(Unsupported, match="cannot be changed"):
        FUTURES.amend(order(type=OrderType.STOP_MARKET, conditional=True), PERP, price=None, size=ONE)
    with pytest.raises(Unsupported, match="cannot be changed"):
        SPOT.amend(order(type="tpsl_limit"), PAIR, price=ONE, size=None)
    with pytest.raises(BadArgument, match="filled already"):
        SPOT.amend(order(filled=ONE), PAIR, price=None, size=ONE)
    with pytest.raises(BadArgument, match="has no price"):
        FUTURES.amend(order(type="trigger_market", price=None), PERP, price=ONE, size=None)


def test_cancelling_goes_to_the_book_that_the_order_is_in():
    assert sent(FUTURES.cancel(order()))["id"] == "futures.order.cancel"
    assert sent(SPOT.cancel(order()))["symbol"] == "BTCUSDT"
    assert sent(SPOT.cancel(order(type="trigger_market", conditional=True)))["id"] == "spot.plan.cancel"
    assert sent(SPOT.cancel(order(type="tpsl_market", conditional=True)))["tpslType"] == "tpsl"
    every = FUTURES.cancel_all("BTCUSDT", ())
    assert every[0].endpoint.id == "futures.batch.cancel", "cancel-all-orders would cancel those of other symbols too"
    assert all(call.get("symbol") == "BTCUSDT" for call in every)
    assert len({call.get("planType") for call in every[1:]}) == 7


# Traces.


def trace(id: str, *payloads: Any, **changes: Any) -> Trace:
    call = example(BITGET[id])
    if changes:
        call = call.having(**changes)
    verbs = SPOT if call.endpoint.product == "spot" else FUTURES
    question = verbs.trace(call, sent_ms=NOW_MS)
    assert question is not None
    assert all(asked.endpoint.effect is Effect.READ for asked in question.calls)
    return question.parse(*payloads)


def detail(**more: Any) -> dict[str, Any]:
    return {**payload("futures_order"), "orderId": "121211212122", "clientOid": "t1", **more}


def spot_row(**more: Any) -> dict[str, Any]:
    return {**payload("spot_order")[0], "clientOid": "t1", **more}


def plans(**more: Any) -> dict[str, Any]:
    row = {**payload("futures_plans")["entrustedList"][0], "clientOid": "t1", "orderId": "121211212122", **more}
    return {"entrustedList": [row]}


def test_every_write_but_one_is_traced_by_reads():
    untraced = set()
    for endpoint in EVERY:
        if endpoint.effect is Effect.WRITE:
            verbs = SPOT if endpoint.product == "spot" else FUTURES
            if verbs.trace(example(endpoint), sent_ms=NOW_MS) is None:
                untraced.add(endpoint.id)
    assert untraced == {"futures.auto_margin.set"}, "Bitget has no read that tells it"
    assert SPOT.trace(example(BITGET["spot.order.cancel"]).having(tpslType="tpsl"), sent_ms=0) is None
    assert FUTURES.trace(
        BITGET["futures.position_mode.set"].call(productType="USDC-FUTURES", posMode="hedge_mode"), sent_ms=0
    ) is None  # fmt: skip


NOTHING: dict[str, Any] = {"entrustedList": None}


@pytest.mark.parametrize(
    ("id", "payloads", "found"),
    [
        ("futures.order.create", [detail()], True),
        ("futures.order.create", [ABSENT], False),
        ("spot.order.create", [[spot_row()]], True),
        ("spot.order.create", [[]], False),
        ("futures.plan.create", [plans(), NOTHING], True),
        ("futures.plan.create", [NOTHING, plans(planStatus="cancelled")], True),
        ("futures.plan.create", [NOTHING, plans(planStatus="fail_execute")], False),
        ("futures.plan.create", [ABSENT, NOTHING], False),
        ("futures.tpsl.create", [plans(planType="pos_loss"), NOTHING], True),
        ("spot.plan.create", [{"orderList": []}, {"orderList": []}], False),
        ("spot.plan.create", [{"orderList": [payload("spot_plans")["orderList"][0]] * 100}, {"orderList": []}], None),
        ("futures.order.cancel", [detail(state="canceled")], True),
        ("futures.order.cancel", [detail(state="filled")], False),
        ("futures.order.cancel", [ABSENT], None),
        ("spot.order.cancel", [[spot_row(status="cancelled")]], True),
        ("futures.plan.cancel", [NOTHING, plans(planStatus="cancelled")], True),
        ("futures.plan.cancel", [plans(planStatus="live"), NOTHING], False),
        ("spot.plan.cancel", [{"orderList": []}, {"orderList": []}], None),
        ("futures.order.cancel_all", [NOTHING, NOTHING], True),
        ("futures.order.cancel_all", [payload("futures_pending"), NOTHING], False),
        ("spot.order.cancel_all", [payload("spot_unfilled")], False),
        ("spot.order.cancel_all", [[]], True),
        ("spot.plan.cancel_all", [payload("spot_plans"), {"orderList": []}], False),
        (
            "futures.order.modify",
            [detail(state="canceled", clientOid="old"), detail(orderId="9", clientOid="t1")],
            True,
        ),
        ("futures.order.modify", [detail(state="canceled"), ABSENT], True),
        ("futures.order.modify", [detail(state="live"), ABSENT], False),
        ("spot.order.replace", [[spot_row(status="live")], []], False),
        ("futures.plan.modify", [plans(triggerPrice="59500"), NOTHING], True),
        ("futures.plan.modify", [plans(triggerPrice="59000"), NOTHING], False),
        ("futures.plan.modify", [NOTHING, plans(planStatus="cancelled")], None),
        ("futures.tpsl.modify", [plans(planType="pos_loss", triggerPrice="58000"), NOTHING], True),
        ("futures.leverage.set", [payload("futures_account")], True),
        ("futures.leverage.set", [{**payload("futures_account"), "crossedMarginLeverage": "5"}], False),
        ("futures.margin_mode.set", [payload("futures_account")], True),
        ("futures.margin_mode.set", [{**payload("futures_account"), "marginMode": "isolated"}], False),
        ("futures.position_mode.set", [{**payload("futures_account"), "posMode": "one_way_mode"}], True),
        ("futures.position_mode.set", [payload("futures_account")], False),
        ("futures.margin.adjust", [payload("futures_bills")], None),
        ("futures.margin.adjust", [{"bills": [{"symbol": "BTCUSDT", "amount": "20", "coin": "USDT"}]}], True),
        ("futures.position.close", [[]], True),
        ("futures.position.close", [payload("futures_positions")], None),
        ("spot.transfer.create", [payload("transfers")], None),
        ("spot.transfer.create", [[{**payload("transfers")[0], "clientOid": "t1"}]], True),
        ("spot.transfer.create", [[{**payload("transfers")[0], "clientOid": "t1", "status": "Failed"}]], False),
    ],
)
def test_a_trace_tells_what_became_of_a_write(id: str, payloads: list[Any], found: bool | None):
    told = trace(id, *payloads)
    assert told.found is found, told.text
    assert told.text


def test_a_batch_took_effect_if_any_of_it_did_and_tells_each():
    told = trace("futures.batch.create", detail(clientOid="t10"), ABSENT)
    assert (told.found, len(told.text.splitlines())) == (True, 2)
    assert told.facts["1.client_id"] == "t10"
    assert trace("futures.batch.create", ABSENT, ABSENT).found is False
    pair = trace("futures.tpsl.pair", plans(clientOid="t1a"), NOTHING, NOTHING, plans(clientOid="t1b"))
    assert pair.found is True


def test_what_a_trace_says_is_the_venues_own_numbers():
    told = trace("futures.order.create", detail())
    assert told.text == "Order 121211212122 (client id t1) is filled: 2 of 2 filled at 1900 on average, 1900 in quote."
    assert told.facts["average"] == "1900"
    isolated = {**payload("futures_account"), "marginMode": "isolated", "isolatedLongLever": "5"}
    assert "5 long and 20 short" in trace("futures.leverage.set", isolated).text
