"""Order intents -> arguments, for spot and for futures. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.models import OrderIntent, OrderType, PositionSide, TimeInForce, TriggerBy

SPOT_TYPES = {
    OrderType.MARKET: "MARKET",
    OrderType.LIMIT: "LIMIT",
    OrderType.STOP_MARKET: "STOP_LOSS",
    OrderType.STOP_LIMIT: "STOP_LOSS_LIMIT",
    OrderType.TAKE_PROFIT_MARKET: "TAKE_PROFIT",
    OrderType.TAKE_PROFIT_LIMIT: "TAKE_PROFIT_LIMIT",
}
FUTURES_TYPES = {
    OrderType.MARKET: "MARKET",
    OrderType.LIMIT: "LIMIT",
    OrderType.STOP_MARKET: "STOP_MARKET",
    OrderType.STOP_LIMIT: "STOP",
    OrderType.TAKE_PROFIT_MARKET: "TAKE_PROFIT_MARKET",
    OrderType.TAKE_PROFIT_LIMIT: "TAKE_PROFIT",
    OrderType.TRAILING_STOP: "TRAILING_STOP_MARKET",
}
FUTURES_TIF = {
    TimeInForce.GTC: "GTC",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "FOK",
    TimeInForce.POST_ONLY: "GTX",
}
WORKING = {TriggerBy.LAST: "CONTRACT_PRICE", TriggerBy.MARK: "MARK_PRICE"}


def spot_arguments(intent: OrderIntent) -> dict[str, Any]:
    """Returns what POST /api/v3/order takes.

    A trailing stop is a STOP_LOSS with a trailingDelta; with an activation price it is a TAKE_PROFIT, whose stopPrice
    is what the market must first reach on the favourable side.
    https://developers.binance.com/docs/binance-spot-api-docs/faqs/trailing-stop-faq

    Raises:
        Unsupported: what belongs to positions, or a mark-price trigger.
        BadArgument: a trailing distance that is no whole number of basis points.
    """
    if intent.reduce_only or intent.close_position or intent.position_side is not PositionSide.BOTH:
        raise Unsupported(
            "Binance spot has no positions to reduce or close.", advice="Sell what you hold with a plain order."
        )
    if intent.type.has_trigger and intent.trigger_by is not TriggerBy.LAST:
        raise Unsupported("Binance spot triggers on the last price alone.", advice="Use the last price.")
    symbol, side = intent.instrument.native, intent.side.value.upper()
    args: dict[str, Any] = {"symbol": symbol, "side": side, "newOrderRespType": "FULL"}
    args |= _given(quantity=intent.size, quoteOrderQty=intent.quote_size, newClientOrderId=intent.client_id or None)
    if intent.type is OrderType.TRAILING_STOP:
        args["type"] = "STOP_LOSS" if intent.activation is None else "TAKE_PROFIT"
        return args | _given(trailingDelta=basis_points(intent.callback_percent), stopPrice=intent.activation)
    args["type"] = SPOT_TYPES[intent.type]
    args |= _given(price=intent.price, stopPrice=intent.trigger)
    if intent.time_in_force is TimeInForce.POST_ONLY:
        if intent.type is not OrderType.LIMIT:
            raise Unsupported("On Binance spot only a limit order can be post-only.", advice="Leave post-only out.")
        args["type"] = "LIMIT_MAKER"
    elif intent.type.has_price:
        args["timeInForce"] = (intent.time_in_force or TimeInForce.GTC).value.upper()
    return args


def basis_points(percent: Decimal | None) -> int:
    """Returns a distance in percent as whole basis points."""
    if percent is None:
        raise BadArgument("A trailing stop wants its distance in percent.", advice='For instance "1" for 1 %.')
    points = percent * 100
    if points != points.to_integral_value() or not 10 <= points <= 2000:
        raise BadArgument(
            f"Binance spot takes trailing distances from 0.1 to 20 %, in steps of 0.01 %, not {percent:f} %."
        )
    return int(points)


def futures_arguments(intent: OrderIntent) -> tuple[str, dict[str, Any]]:
    """Returns the endpoint's id and what it takes.

    In hedge mode (a position side is named) reduceOnly is left out: Binance refuses it there, and side and position
    side say the same.

    Raises:
        Unsupported: a size in quote.
        BadArgument: closing a position with a size, or with a type that does not close.
    """
    if intent.quote_size is not None:
        raise Unsupported(
            "Binance futures take a size in base, not in quote.", advice="Divide the amount by the price."
        )
    if intent.close_position and intent.type not in (OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET):
        raise BadArgument("Only a stop-market or take-profit-market order can close whatever is open.")
    if intent.close_position and intent.size is not None:
        raise BadArgument("An order that closes whatever is open has no size.")
    args: dict[str, Any] = {
        "symbol": intent.instrument.native,
        "side": intent.side.value.upper(),
        "type": FUTURES_TYPES[intent.type],
    }
    if intent.position_side is not PositionSide.BOTH:
        args["positionSide"] = intent.position_side.value.upper()
    elif intent.reduce_only and not intent.close_position:
        args["reduceOnly"] = True
    args |= _given(quantity=intent.size, price=intent.price)
    if intent.type.has_price:
        args["timeInForce"] = FUTURES_TIF[intent.time_in_force or TimeInForce.GTC]
    if not intent.type.has_trigger:
        args |= _given(newClientOrderId=intent.client_id or None)
        if intent.type is OrderType.MARKET:
            args["newOrderRespType"] = "RESULT"
        return "futures.order.create", args
    args |= {"algoType": "CONDITIONAL", "workingType": WORKING[intent.trigger_by]}
    args |= _given(clientAlgoId=intent.client_id or None)
    if intent.close_position:
        args["closePosition"] = True
    if intent.type is OrderType.TRAILING_STOP:
        return "futures.algo.create", args | _given(
            callbackRate=intent.callback_percent, activatePrice=intent.activation
        )
    return "futures.algo.create", args | _given(triggerPrice=intent.trigger)


def _given(**args: Any) -> dict[str, Any]:
    return {name: value for name, value in args.items() if value is not None}
