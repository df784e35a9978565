"""Intents become the calls that mean them, and nothing that Binance cannot do is imitated."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from blave_mcp.exchanges.binance.verbs import BinanceFutures, BinanceSpot
from blave_mcp.exchanges.endpoint import Call
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
    TriggerBy,
)
from tests.exchanges.binance.examples import payload

SPOT, FUTURES = BinanceSpot(), BinanceFutures()
D = Decimal
(ETHBTC,) = SPOT.instruments().parse(payload("spot_exchange_info"))
(BLZ,) = FUTURES.instruments().parse(payload("futures_exchange_info"))


def said(calls: tuple[Call, ...]) -> list[tuple[str, dict[str, Any]]]:
    return [(call.endpoint.id, call.arguments) for call in calls]


def intent(instrument: Instrument, kind: OrderType, **more: Any) -> OrderIntent:
    return OrderIntent(**{"instrument": instrument, "side": Side.BUY, "type": kind, "size": D("2"), **more})


SPOT_PLACED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"type": OrderType.MARKET}, {"type": "MARKET", "quantity": "2"}),
    ({"type": OrderType.MARKET, "size": None, "quote_size": D("50")}, {"type": "MARKET", "quoteOrderQty": "50"}),
    (
        {"type": OrderType.LIMIT, "price": D("0.05")},
        {"type": "LIMIT", "quantity": "2", "price": "0.05", "timeInForce": "GTC"},
    ),
    (
        {"type": OrderType.LIMIT, "price": D("0.05"), "time_in_force": TimeInForce.FOK},
        {"type": "LIMIT", "quantity": "2", "price": "0.05", "timeInForce": "FOK"},
    ),
    (
        {"type": OrderType.LIMIT, "price": D("0.05"), "time_in_force": TimeInForce.POST_ONLY},
        {"type": "LIMIT_MAKER", "quantity": "2", "price": "0.05"},
    ),
    (
        {"type": OrderType.STOP_MARKET, "trigger": D("0.06")},
        {"type": "STOP_LOSS", "quantity": "2", "stopPrice": "0.06"},
    ),
    (
        {"type": OrderType.STOP_LIMIT, "trigger": D("0.06"), "price": D("0.061")},
        {"type": "STOP_LOSS_LIMIT", "quantity": "2", "price": "0.061", "stopPrice": "0.06", "timeInForce": "GTC"},
    ),
    (
        {"type": OrderType.TAKE_PROFIT_MARKET, "trigger": D("0.04")},
        {"type": "TAKE_PROFIT", "quantity": "2", "stopPrice": "0.04"},
    ),
    (
        {"type": OrderType.TAKE_PROFIT_LIMIT, "trigger": D("0.04"), "price": D("0.039")},
        {"type": "TAKE_PROFIT_LIMIT", "quantity": "2", "price": "0.039", "stopPrice": "0.04", "timeInForce": "GTC"},
    ),
    (
        {"type": OrderType.TRAILING_STOP, "callback_percent": D("1.5")},
        {"type": "STOP_LOSS", "quantity": "2", "trailingDelta": 150},
    ),
    (
        {"type": OrderType.TRAILING_STOP, "callback_percent": D("1"), "activation": D("0.04")},
        {"type": "TAKE_PROFIT", "quantity": "2", "trailingDelta": 100, "stopPrice": "0.04"},
    ),
]


@pytest.mark.parametrize(("wish", "args"), SPOT_PLACED)
def test_a_spot_intent_becomes_one_order(wish: dict[str, Any], args: dict[str, Any]):
    kind = wish["type"]
    calls = SPOT.place(intent(ETHBTC, kind, **{name: value for name, value in wish.items() if name != "type"}))
    assert said(calls) == [
        ("spot.order.create", {"symbol": "ETHBTC", "side": "BUY", "newOrderRespType": "FULL", **args})
    ]


@pytest.mark.parametrize(
    ("wish", "error", "why"),
    [
        ({"reduce_only": True}, Unsupported, "no positions"),
        ({"position_side": PositionSide.LONG}, Unsupported, "no positions"),
        ({"type": OrderType.STOP_MARKET, "trigger": D(1), "trigger_by": TriggerBy.MARK}, Unsupported, "last price"),
        (
            {"type": OrderType.STOP_LIMIT, "trigger": D(1), "price": D(1), "time_in_force": TimeInForce.POST_ONLY},
            Unsupported,
            "post-only",
        ),
        ({"type": OrderType.TRAILING_STOP}, BadArgument, "wants its distance"),
        ({"type": OrderType.TRAILING_STOP, "callback_percent": D("1.555")}, BadArgument, "steps of 0.01"),
        ({"type": OrderType.TRAILING_STOP, "callback_percent": D("21")}, BadArgument, "0.1 to 20"),
        ({"quote_size": D("5")}, BadArgument, "one of them"),
        ({"type": OrderType.LIMIT}, BadArgument, "price or pegPriceType"),
    ],
)
def test_what_spot_cannot_do_is_refused(wish: dict[str, Any], error: type[Exception], why: str):
    kind = wish.get("type", OrderType.MARKET)
    with pytest.raises(error, match=why):
        SPOT.place(intent(ETHBTC, kind, **{name: value for name, value in wish.items() if name != "type"}))


FUTURES_PLACED: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    (
        {"type": OrderType.MARKET},
        "futures.order.create",
        {"type": "MARKET", "quantity": "2", "newOrderRespType": "RESULT"},
    ),
    (
        {"type": OrderType.MARKET, "reduce_only": True, "client_id": "mine"},
        "futures.order.create",
        {
            "type": "MARKET", "quantity": "2", "reduceOnly": True, "newClientOrderId": "mine",
            "newOrderRespType": "RESULT",
        },
    ),
    (
        {"type": OrderType.MARKET, "reduce_only": True, "position_side": PositionSide.SHORT},
        "futures.order.create",
        {"positionSide": "SHORT", "type": "MARKET", "quantity": "2", "newOrderRespType": "RESULT"},
    ),
    (
        {"type": OrderType.LIMIT, "price": D("1"), "time_in_force": TimeInForce.POST_ONLY},
        "futures.order.create",
        {"type": "LIMIT", "timeInForce": "GTX", "quantity": "2", "price": "1"},
    ),
    (
        {"type": OrderType.STOP_MARKET, "trigger": D("1"), "trigger_by": TriggerBy.MARK, "client_id": "mine"},
        "futures.algo.create",
        {
            "algoType": "CONDITIONAL", "type": "STOP_MARKET", "quantity": "2", "triggerPrice": "1",
            "workingType": "MARK_PRICE", "clientAlgoId": "mine",
        },
    ),
    (
        {"type": OrderType.STOP_LIMIT, "trigger": D("1"), "price": D("2")},
        "futures.algo.create",
        {
            "algoType": "CONDITIONAL", "type": "STOP", "timeInForce": "GTC", "quantity": "2", "price": "2",
            "triggerPrice": "1", "workingType": "CONTRACT_PRICE",
        },
    ),
    (
        {"type": OrderType.TAKE_PROFIT_LIMIT, "trigger": D("1"), "price": D("2")},
        "futures.algo.create",
        {
            "algoType": "CONDITIONAL", "type": "TAKE_PROFIT", "timeInForce": "GTC", "quantity": "2", "price": "2",
            "triggerPrice": "1", "workingType": "CONTRACT_PRICE",
        },
    ),
    (
        {"type": OrderType.TAKE_PROFIT_MARKET, "trigger": D("1"), "size": None, "close_position": True},
        "futures.algo.create",
        {
            "algoType": "CONDITIONAL", "type": "TAKE_PROFIT_MARKET", "triggerPrice": "1",
            "workingType": "CONTRACT_PRICE", "closePosition": True,
        },
    ),
    (
        {"type": OrderType.TRAILING_STOP, "callback_percent": D("0.5"), "activation": D("3"), "reduce_only": True},
        "futures.algo.create",
        {
            "algoType": "CONDITIONAL", "type": "TRAILING_STOP_MARKET", "quantity": "2",
            "workingType": "CONTRACT_PRICE", "reduceOnly": True, "activatePrice": "3", "callbackRate": "0.5",
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("wish", "id", "args"), FUTURES_PLACED)
def test_a_futures_intent_becomes_one_order_in_the_book_where_it_belongs(
    wish: dict[str, Any], id: str, args: dict[str, Any]
):
    kind = wish["type"]
    calls = FUTURES.place(intent(BLZ, kind, **{name: value for name, value in wish.items() if name != "type"}))
    assert said(calls) == [(id, {"symbol": "BLZUSDT", "side": "BUY", **args})]


@pytest.mark.parametrize(
    ("wish", "error", "why"),
    [
        ({"quote_size": D("5"), "size": None}, Unsupported, "in base, not in quote"),
        ({"close_position": True, "size": None}, BadArgument, "Only a stop-market"),
        ({"type": OrderType.STOP_MARKET, "trigger": D(1), "close_position": True}, BadArgument, "has no size"),
    ],
)
def test_what_futures_cannot_do_is_refused(wish: dict[str, Any], error: type[Exception], why: str):
    kind = wish.get("type", OrderType.MARKET)
    with pytest.raises(error, match=why):
        FUTURES.place(intent(BLZ, kind, **{name: value for name, value in wish.items() if name != "type"}))


def resting(instrument: Instrument, **changes: Any) -> Order:
    fields: dict[str, Any] = {
        "id": "7", "client_id": "c", "symbol": instrument.symbol, "native": instrument.native, "side": Side.SELL,
        "type": OrderType.LIMIT, "status": OrderStatus.OPEN, "size": D("2"), "filled": D("0"), "price": D("0.05"),
        "time_in_force": TimeInForce.GTC,
    }  # fmt: skip
    return Order(**{**fields, **changes})


def test_a_smaller_spot_order_keeps_its_place():
    assert said(SPOT.amend(resting(ETHBTC), ETHBTC, price=None, size=D("1.5"))) == [
        ("spot.order.amend", {"symbol": "ETHBTC", "orderId": 7, "newQty": "1.5"})
    ]


def test_another_spot_price_replaces_the_order_only_if_it_is_still_untouched():
    assert said(SPOT.amend(resting(ETHBTC), ETHBTC, price=D("0.06"), size=None)) == [
        (
            "spot.order.replace",
            {
                "symbol": "ETHBTC", "side": "SELL", "type": "LIMIT", "cancelReplaceMode": "STOP_ON_FAILURE",
                "timeInForce": "GTC", "quantity": "2", "price": "0.06", "cancelOrderId": 7,
                "newOrderRespType": "FULL", "cancelRestrictions": "ONLY_NEW",
            },
        )
    ]  # fmt: skip


def test_a_partly_filled_spot_order_is_replaced_for_what_is_left():
    ((_, args),) = said(SPOT.amend(resting(ETHBTC, filled=D("0.5")), ETHBTC, price=D("0.06"), size=D("3")))
    assert args["quantity"] == "2.5"
    assert "cancelRestrictions" not in args


def test_a_post_only_spot_order_stays_post_only_when_it_is_replaced():
    order = resting(ETHBTC, time_in_force=TimeInForce.POST_ONLY)
    ((_, args),) = said(SPOT.amend(order, ETHBTC, price=D("0.06"), size=None))
    assert args["type"] == "LIMIT_MAKER"
    assert "timeInForce" not in args


@pytest.mark.parametrize(
    ("changes", "wish", "error", "why"),
    [
        ({"list_id": "3"}, {"price": D(1), "size": None}, Unsupported, "order list"),
        ({"filled": D(1)}, {"price": None, "size": D(1)}, BadArgument, "filled already"),
        ({"type": "SOMETHING_NEW"}, {"price": D(1), "size": None}, Unsupported, "cannot be changed"),
        ({"type": OrderType.STOP_MARKET, "trigger": D(1)}, {"price": D(1), "size": None}, BadArgument, "no price"),
        ({"size": None}, {"price": D(1), "size": None}, Unsupported, "no size"),
    ],
)
def test_a_spot_order_that_cannot_be_amended(
    changes: dict[str, Any], wish: dict[str, Any], error: type[Exception], why: str
):
    with pytest.raises(error, match=why):
        SPOT.amend(resting(ETHBTC, **changes), ETHBTC, **wish)


def test_a_futures_order_is_modified_with_price_and_size_both():
    assert said(FUTURES.amend(resting(BLZ), BLZ, price=D("0.06"), size=None)) == [
        (
            "futures.order.modify",
            {"orderId": 7, "symbol": "BLZUSDT", "side": "SELL", "quantity": "2", "price": "0.06"},
        )
    ]
    with pytest.raises(BadArgument, match="filled already"):
        FUTURES.amend(resting(BLZ, filled=D("1")), BLZ, price=None, size=D("1"))
    for changes in ({"conditional": True}, {"type": OrderType.STOP_MARKET}):
        with pytest.raises(Unsupported, match="plain limit orders alone"):
            FUTURES.amend(resting(BLZ, **changes), BLZ, price=D(1), size=None)


def test_a_conditional_order_is_cancelled_in_its_own_book():
    assert said(FUTURES.cancel(resting(BLZ, conditional=True))) == [("futures.algo.cancel", {"algoId": 7})]
    assert said(FUTURES.cancel(resting(BLZ))) == [("futures.order.cancel", {"symbol": "BLZUSDT", "orderId": 7})]
    assert said(SPOT.cancel(resting(ETHBTC))) == [("spot.order.cancel", {"symbol": "ETHBTC", "orderId": 7})]


def test_cancelling_all_futures_orders_empties_both_books():
    assert said(FUTURES.cancel_all("BLZUSDT", ())) == [
        ("futures.order.cancel_all", {"symbol": "BLZUSDT"}),
        ("futures.algo.cancel_all", {"symbol": "BLZUSDT"}),
    ]
    assert said(SPOT.cancel_all("ETHBTC", ())) == [("spot.order.cancel_all", {"symbol": "ETHBTC"})]


def protect(verbs: Any, instrument: Instrument, **changes: Any) -> list[tuple[str, dict[str, Any]]]:
    wish = {
        "closing": Side.SELL, "position_side": PositionSide.BOTH, "size": None, "take_profit": D("3"),
        "stop_loss": D("1"), "trigger_by": TriggerBy.LAST,
    }  # fmt: skip
    return said(verbs.protect(instrument, **{**wish, **changes}))


def test_a_position_is_protected_as_a_whole_with_the_stop_first():
    common = {
        "algoType": "CONDITIONAL", "symbol": "BLZUSDT", "side": "SELL", "workingType": "CONTRACT_PRICE",
        "closePosition": True,
    }  # fmt: skip
    assert protect(FUTURES, BLZ) == [
        ("futures.algo.create", {**common, "type": "STOP_MARKET", "triggerPrice": "1"}),
        ("futures.algo.create", {**common, "type": "TAKE_PROFIT_MARKET", "triggerPrice": "3"}),
    ]


def test_a_part_of_a_position_is_protected_reduce_only_or_by_its_side():
    ((_, one_way),) = protect(FUTURES, BLZ, size=D("2"), take_profit=None)
    assert (one_way["reduceOnly"], one_way["quantity"]) == (True, "2")
    assert "closePosition" not in one_way
    ((_, hedge),) = protect(FUTURES, BLZ, size=D("2"), take_profit=None, position_side=PositionSide.LONG)
    assert hedge["positionSide"] == "LONG"
    assert "reduceOnly" not in hedge


def test_spot_is_protected_by_an_oco_or_by_one_order():
    assert protect(SPOT, ETHBTC, size=D("2")) == [
        (
            "spot.list.oco",
            {
                "symbol": "ETHBTC", "side": "SELL", "quantity": "2", "aboveType": "TAKE_PROFIT",
                "aboveStopPrice": "3", "belowType": "STOP_LOSS", "belowStopPrice": "1",
            },
        )
    ]  # fmt: skip
    ((_, buying),) = protect(SPOT, ETHBTC, size=D("2"), closing=Side.BUY, take_profit=D("1"), stop_loss=D("3"))
    assert (buying["aboveType"], buying["belowType"]) == ("STOP_LOSS", "TAKE_PROFIT")
    ((id, alone),) = protect(SPOT, ETHBTC, size=D("2"), take_profit=None)
    assert (id, alone["type"], alone["stopPrice"]) == ("spot.order.create", "STOP_LOSS", "1")


@pytest.mark.parametrize(
    ("verbs", "instrument", "changes", "error"),
    [
        (SPOT, ETHBTC, {}, Unsupported),
        (SPOT, ETHBTC, {"size": D(1), "trigger_by": TriggerBy.MARK}, Unsupported),
        (SPOT, ETHBTC, {"size": D(1), "take_profit": None, "stop_loss": None}, BadArgument),
        (FUTURES, BLZ, {"take_profit": None, "stop_loss": None}, BadArgument),
    ],
)
def test_what_cannot_be_protected(verbs: Any, instrument: Instrument, changes: dict[str, Any], error: type[Exception]):
    with pytest.raises(error):
        protect(verbs, instrument, **changes)


def test_settings_and_margin():
    assert said(FUTURES.set_leverage("BTCUSDT", 5)) == [("futures.leverage.set", {"symbol": "BTCUSDT", "leverage": 5})]
    assert said(FUTURES.set_margin_mode("BTCUSDT", MarginMode.CROSS)) == [
        ("futures.margin_mode.set", {"symbol": "BTCUSDT", "marginType": "CROSSED"})
    ]
    assert said(FUTURES.set_position_mode(PositionMode.HEDGE)) == [
        ("futures.position_mode.set", {"dualSidePosition": True})
    ]
    assert said(FUTURES.adjust_margin("BTCUSDT", PositionSide.LONG, D("-5"))) == [
        ("futures.margin.adjust", {"symbol": "BTCUSDT", "positionSide": "LONG", "amount": "5", "type": 2})
    ]
    assert said(FUTURES.adjust_margin("BTCUSDT", PositionSide.BOTH, D("5"))) == [
        ("futures.margin.adjust", {"symbol": "BTCUSDT", "amount": "5", "type": 1})
    ]
    with pytest.raises(BadArgument):
        FUTURES.set_leverage("BTCUSDT", 126)


@pytest.mark.parametrize("verbs", [SPOT, FUTURES])
def test_transfers_between_the_user_s_wallets(verbs: Any):
    for source, target, kind in (
        ("spot", "futures", "MAIN_UMFUTURE"),
        ("futures", "spot", "UMFUTURE_MAIN"),
        ("funding", "spot", "FUNDING_MAIN"),
    ):
        assert said(verbs.transfer("USDT", D("10"), source, target)) == [
            ("spot.transfer.create", {"type": kind, "asset": "USDT", "amount": "10"})
        ]
    with pytest.raises(BadArgument, match="no wallet"):
        verbs.transfer("USDT", D("10"), "spot", "margin")
    with pytest.raises(BadArgument, match="two different"):
        verbs.transfer("USDT", D("10"), "spot", "spot")
