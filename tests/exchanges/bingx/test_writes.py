"""Every writing verb: the calls that it makes of what the user means."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from blave_mcp.exchanges.bingx.verbs import BingXSpot, BingXSwap
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.models import (
    AccountSettings,
    MarginMode,
    Order,
    OrderIntent,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    Side,
    TimeInForce,
    TriggerBy,
)
from tests.exchanges.bingx.examples import payload

SPOT, SWAP = BingXSpot(), BingXSwap()
D = Decimal
PERP = SWAP.instruments().parse(payload("swap_contracts"))[0]
PAIR = SPOT.instruments().parse(payload("spot_symbols"))[0]


def sent(calls: tuple[Call, ...]) -> list[tuple[str, dict[str, Any]]]:
    return [(call.endpoint.id, call.arguments) for call in calls]


def intent(**more: Any) -> OrderIntent:
    return OrderIntent(**{"instrument": PERP, "side": Side.BUY, "type": OrderType.MARKET, "size": D("0.01"), **more})


def spot(**more: Any) -> OrderIntent:
    return intent(**{"instrument": PAIR, "size": D(10), **more})


BUY = {"symbol": "BTC-USDT", "side": "BUY", "positionSide": "BOTH", "quantity": "0.01"}
PLACED = [
    ({}, {"type": "MARKET"}),
    (
        {"type": OrderType.LIMIT, "price": D(60000)},
        {"type": "LIMIT", "price": "60000", "timeInForce": "GTC"},
    ),
    (
        {"type": OrderType.LIMIT, "price": D(60000), "time_in_force": TimeInForce.POST_ONLY},
        {"type": "LIMIT", "price": "60000", "timeInForce": "PostOnly"},
    ),
    (
        {"type": OrderType.STOP_MARKET, "trigger": D(70000)},
        {"type": "STOP_MARKET", "stopPrice": "70000", "workingType": "CONTRACT_PRICE"},
    ),
    (
        {"type": OrderType.STOP_LIMIT, "trigger": D(70000), "price": D(70001), "trigger_by": TriggerBy.MARK},
        {
            "type": "STOP",
            "stopPrice": "70000",
            "price": "70001",
            "timeInForce": "GTC",
            "workingType": "MARK_PRICE",
        },
    ),
    (
        {"type": OrderType.TAKE_PROFIT_LIMIT, "trigger": D(50000), "price": D(50001)},
        {
            "type": "TAKE_PROFIT",
            "stopPrice": "50000",
            "price": "50001",
            "timeInForce": "GTC",
            "workingType": "CONTRACT_PRICE",
        },
    ),
    (
        {"type": OrderType.TRAILING_STOP, "callback_percent": D("1.5"), "activation": D(61000)},
        {
            "type": "TRAILING_STOP_MARKET",
            "priceRate": "0.015",
            "activationPrice": "61000",
            "workingType": "CONTRACT_PRICE",
        },
    ),
    ({"reduce_only": True}, {"type": "MARKET", "reduceOnly": "true"}),
    ({"client_id": "mine1"}, {"type": "MARKET", "clientOrderId": "mine1"}),
]


@pytest.mark.parametrize(("means", "args"), PLACED, ids=lambda value: str(value)[:40])
def test_an_order_on_the_perpetual(means: dict[str, Any], args: dict[str, Any]):
    assert sent(SWAP.place(intent(**means))) == [("swap.order.create", BUY | args)]


def test_in_hedge_mode_the_side_is_named_and_reduce_only_is_not():
    (call,) = SWAP.place(intent(side=Side.SELL, position_side=PositionSide.LONG, reduce_only=True))
    assert (call.get("positionSide"), call.get("side"), call.get("reduceOnly")) == ("LONG", "SELL", None)


def test_a_perpetual_takes_no_size_in_quote_and_closes_with_what_closes():
    with pytest.raises(Unsupported, match="in base"):
        SWAP.place(intent(size=None, quote_size=D(100)))
    with pytest.raises(BadArgument, match="stop-market or take-profit"):
        SWAP.place(intent(size=None, close_position=True))
    with pytest.raises(BadArgument, match="has no size"):
        SWAP.place(intent(type=OrderType.STOP_MARKET, trigger=D(1), close_position=True))
    with pytest.raises(BadArgument, match="distance in percent"):
        SWAP.place(intent(type=OrderType.TRAILING_STOP))


def test_a_spot_order_by_size_or_by_quote():
    (by_quote,) = SPOT.place(spot(size=None, quote_size=D(100)))
    assert by_quote.arguments == {"symbol": "GEAR-USDT", "side": "BUY", "type": "MARKET", "quoteOrderQty": "100"}
    (limit,) = SPOT.place(spot(type=OrderType.LIMIT, price=D("0.5"), client_id="mine1"))
    assert limit.arguments == {
        "symbol": "GEAR-USDT", "side": "BUY", "type": "LIMIT", "quantity": "10", "price": "0.5", "timeInForce": "GTC",
        "newClientOrderId": "mine1",
    }  # fmt: skip


@pytest.mark.parametrize("kind", [OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET])
def test_a_stop_and_a_take_profit_are_the_same_order_on_spot(kind: OrderType):
    (call,) = SPOT.place(spot(type=kind, trigger=D("0.4")))
    assert (call.get("type"), call.get("stopPrice")) == ("TAKE_STOP_MARKET", "0.4")


@pytest.mark.parametrize(
    ("means", "says"),
    [
        ({"reduce_only": True}, "no positions"),
        ({"position_side": PositionSide.LONG}, "no positions"),
        ({"type": OrderType.STOP_MARKET, "trigger": D(1), "trigger_by": TriggerBy.MARK}, "last price alone"),
        ({"type": OrderType.TRAILING_STOP, "callback_percent": D(1)}, "no trailing stops"),
    ],
)
def test_what_spot_does_not_have_is_said(means: dict[str, Any], says: str):
    with pytest.raises(Unsupported, match=says):
        SPOT.place(spot(**means))


ORDER = Order(
    id="7", client_id="", symbol="BTC/USDT", native="BTC-USDT", side=Side.BUY, type=OrderType.LIMIT,
    status=OrderStatus.OPEN, size=D(2), filled=D(0), price=D(100), time_in_force=TimeInForce.GTC,
    position_side=PositionSide.BOTH, reduce_only=False,
)  # fmt: skip


def test_a_new_size_changes_the_order_and_a_new_price_replaces_what_is_left_of_it():
    amended = SWAP.amend(ORDER, PERP, price=None, size=D(3))
    assert sent(amended) == [("swap.order.amend", {"symbol": "BTC-USDT", "orderId": 7, "quantity": "3"})]
    (replaced,) = SWAP.amend(ORDER, PERP, price=D(99), size=None)
    assert replaced.endpoint.id == "swap.order.replace"
    wanted = {
        "cancelOrderId": 7, "cancelReplaceMode": "STOP_ON_FAILURE", "cancelRestrictions": "ONLY_PENDING",
        "quantity": "2", "price": "99", "positionSide": "BOTH", "type": "LIMIT",
    }  # fmt: skip
    assert wanted.items() <= replaced.arguments.items()
    (partly,) = SWAP.amend(replace(ORDER, filled=D("0.5"), reduce_only=True), PERP, price=D(99), size=None)
    assert (partly.get("quantity"), partly.get("cancelRestrictions"), partly.get("reduceOnly")) == ("1.5", None, "true")


def test_a_spot_order_is_replaced_for_what_is_left_of_it():
    (call,) = SPOT.amend(replace(ORDER, native="GEAR-USDT"), PAIR, price=None, size=D(3))
    assert call.endpoint.id == "spot.order.replace"
    assert (call.get("quantity"), call.get("cancelRestrictions"), call.get("cancelOrderId")) == ("3", "PENDING", 7)
    with pytest.raises(Unsupported, match="OCO"):
        SPOT.amend(replace(ORDER, list_id="1"), PAIR, price=None, size=D(3))


@pytest.mark.parametrize("verbs", [SPOT, SWAP])
def test_what_cannot_be_amended_is_refused(verbs: Any):
    with pytest.raises(BadArgument, match="filled already"):
        verbs.amend(replace(ORDER, filled=D(1)), PERP, price=None, size=D(1))
    with pytest.raises(Unsupported, match="cannot be changed"):
        verbs.amend(replace(ORDER, type=OrderType.STOP_MARKET), PERP, price=D(1), size=None)
    with pytest.raises(Unsupported):
        verbs.amend(replace(ORDER, size=None), PERP, price=None, size=D(1))


def test_cancelling():
    assert sent(SWAP.cancel(ORDER)) == [("swap.order.cancel", {"symbol": "BTC-USDT", "orderId": 7})]
    assert sent(SPOT.cancel(ORDER)) == [("spot.order.cancel", {"symbol": "BTC-USDT", "orderId": 7})]
    assert sent(SWAP.cancel_all("BTC-USDT", ())) == [("swap.order.cancel_all", {"symbol": "BTC-USDT"})]
    assert sent(SPOT.cancel_all("BTC-USDT", ())) == [("spot.order.cancel_all", {"symbol": "BTC-USDT"})]


def protect(verbs: Any, **more: Any) -> list[tuple[str, dict[str, Any]]]:
    wanted = {
        "closing": Side.SELL, "position_side": PositionSide.BOTH, "size": None, "take_profit": D(70000),
        "stop_loss": D(50000), "trigger_by": TriggerBy.MARK, **more,
    }  # fmt: skip
    return sent(verbs.protect(PERP, **wanted))


def test_a_position_is_protected_by_one_order_for_each_price_in_the_order_of_the_words():
    first, second = protect(SWAP)
    assert [one["type"] for _, one in (first, second)] == ["TAKE_PROFIT_MARKET", "STOP_MARKET"]
    assert first[1]["closePosition"] == "true"
    assert "quantity" not in first[1]
    (alone,) = protect(SWAP, take_profit=None, size=D("0.01"))
    assert (alone[1]["quantity"], alone[1]["reduceOnly"], alone[1]["stopPrice"]) == ("0.01", "true", "50000")
    with pytest.raises(BadArgument, match="must be given"):
        protect(SWAP, take_profit=None, stop_loss=None)


def test_spot_is_protected_by_an_oco_pair_or_one_order():
    last = {"size": D("0.01"), "trigger_by": TriggerBy.LAST}
    assert protect(SPOT, **last) == [
        (
            "spot.oco.create",
            {
                "symbol": "BTC-USDT",
                "side": "SELL",
                "quantity": "0.01",
                "limitPrice": "70000",
                "orderPrice": "50000",
                "triggerPrice": "50000",
            },
        )
    ]
    ((id, alone),) = protect(SPOT, **last, take_profit=None)
    assert (id, alone["type"], alone["stopPrice"]) == ("spot.order.create", "TAKE_STOP_MARKET", "50000")
    for wrong in ({"size": None}, {"size": D(1), "trigger_by": TriggerBy.MARK}):
        with pytest.raises(Unsupported):
            protect(SPOT, **wrong)
    with pytest.raises(BadArgument, match="must be given"):
        protect(SPOT, **last, take_profit=None, stop_loss=None)


def test_leverage_is_set_once_in_one_way_mode_and_for_each_side_in_hedge_mode():
    one_way = AccountSettings(symbol="BTC/USDT", position_mode=PositionMode.ONE_WAY)
    hedge = replace(one_way, position_mode=PositionMode.HEDGE)
    assert [args["side"] for _, args in sent(SWAP.set_leverage_for("BTC-USDT", 5, one_way))] == ["BOTH"]
    assert [args["side"] for _, args in sent(SWAP.set_leverage_for("BTC-USDT", 5, hedge))] == ["LONG", "SHORT"]
    assert sent(SWAP.set_leverage("BTC-USDT", 5))[0][1]["leverage"] == 5


def test_modes_and_margin():
    assert SWAP.set_margin_mode("BTC-USDT", MarginMode.CROSS)[0].get("marginType") == "CROSSED"
    assert SWAP.set_margin_mode("BTC-USDT", MarginMode.ISOLATED)[0].get("marginType") == "ISOLATED"
    assert SWAP.set_position_mode(PositionMode.HEDGE)[0].get("dualSidePosition") == "true"
    assert SWAP.set_position_mode(PositionMode.ONE_WAY)[0].get("dualSidePosition") == "false"
    (taken,) = SWAP.adjust_margin("BTC-USDT", PositionSide.SHORT, D("-5"))
    assert (taken.get("type"), taken.get("amount"), taken.get("positionSide")) == (2, "5", "SHORT")
    assert SWAP.adjust_margin("BTC-USDT", PositionSide.BOTH, D(5))[0].get("type") == 1


@pytest.mark.parametrize("verbs", [SPOT, SWAP])
def test_a_transfer_goes_between_two_of_the_three_wallets(verbs: Any):
    assert sent(verbs.transfer("USDT", D(10), "fund", "swap")) == [
        (
            "spot.transfer.create",
            {"fromAccount": "fund", "toAccount": "USDTMPerp", "asset": "USDT", "amount": "10"},
        )
    ]
    with pytest.raises(BadArgument, match="no wallet"):
        verbs.transfer("USDT", D(10), "fund", "futures")
    with pytest.raises(BadArgument, match="two different"):
        verbs.transfer("USDT", D(10), "fund", "fund")
