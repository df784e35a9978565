"""Order intents -> arguments, for spot and for perpetuals. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.models import OrderIntent, OrderType, PositionSide, TimeInForce, TriggerBy

SPOT_TYPES: Mapping[OrderType, str] = {
    OrderType.MARKET: "MARKET",
    OrderType.LIMIT: "LIMIT",
    OrderType.STOP_MARKET: "TAKE_STOP_MARKET",
    OrderType.STOP_LIMIT: "TAKE_STOP_LIMIT",
    OrderType.TAKE_PROFIT_MARKET: "TAKE_STOP_MARKET",
    OrderType.TAKE_PROFIT_LIMIT: "TAKE_STOP_LIMIT",
}
SWAP_TYPES: Mapping[OrderType, str] = {
    OrderType.MARKET: "MARKET",
    OrderType.LIMIT: "LIMIT",
    OrderType.STOP_MARKET: "STOP_MARKET",
    OrderType.STOP_LIMIT: "STOP",
    OrderType.TAKE_PROFIT_MARKET: "TAKE_PROFIT_MARKET",
    OrderType.TAKE_PROFIT_LIMIT: "TAKE_PROFIT",
    OrderType.TRAILING_STOP: "TRAILING_STOP_MARKET",
}
FORCES: Mapping[TimeInForce, str] = {
    TimeInForce.GTC: "GTC",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "FOK",
    TimeInForce.POST_ONLY: "PostOnly",
}
WORKING: Mapping[TriggerBy, str] = {TriggerBy.LAST: "CONTRACT_PRICE", TriggerBy.MARK: "MARK_PRICE"}


def spot_arguments(intent: OrderIntent) -> dict[str, Any]:
    """Returns what POST /openApi/spot/v1/trade/order takes.

    A stop and a take-profit are the same TAKE_STOP order: the venue sees from the trigger's side which it is.

    Raises:
        Unsupported: what belongs to positions, a mark-price trigger, or a trailing stop.
    """
    if intent.reduce_only or intent.close_position or intent.position_side is not PositionSide.BOTH:
        raise Unsupported(
            "BingX spot has no positions to reduce or close.", advice="Sell what you hold with a plain order."
        )
    if intent.type.has_trigger and intent.trigger_by is not TriggerBy.LAST:
        raise Unsupported("BingX spot triggers on the last price alone.", advice="Use the last price.")
    if intent.type not in SPOT_TYPES:
        raise Unsupported("BingX spot has no trailing stops.", advice="Use a stop_market order.")
    args: dict[str, Any] = {
        "symbol": intent.instrument.native,
        "side": intent.side.value.upper(),
        "type": SPOT_TYPES[intent.type],
    }
    if intent.type.has_price:
        args["timeInForce"] = FORCES[intent.time_in_force or TimeInForce.GTC]
    return args | given(
        quantity=intent.size,
        quoteOrderQty=intent.quote_size,
        price=intent.price,
        stopPrice=intent.trigger,
        newClientOrderId=intent.client_id or None,
    )


def swap_arguments(intent: OrderIntent) -> dict[str, Any]:
    """Returns what POST /openApi/swap/v2/trade/order takes.

    In hedge mode (a position side is named) reduceOnly is left out: BingX does not take it there, and side and position
    side say the same.

    Raises:
        Unsupported: a size in quote.
        BadArgument: closing a position with a size, or with a type that does not close.
    """
    if intent.quote_size is not None:
        raise Unsupported(
            "On BingX perpetuals a size is in base here, not in quote.", advice="Divide the amount by the price."
        )
    if intent.close_position and intent.type not in (OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET):
        raise BadArgument("Only a stop-market or take-profit-market order can close whatever is open.")
    if intent.close_position and intent.size is not None:
        raise BadArgument("An order that closes whatever is open has no size.")
    args: dict[str, Any] = {
        "symbol": intent.instrument.native,
        "side": intent.side.value.upper(),
        "type": SWAP_TYPES[intent.type],
        "positionSide": intent.position_side.value.upper(),
    }
    if intent.close_position:
        args["closePosition"] = "true"
    elif intent.reduce_only and intent.position_side is PositionSide.BOTH:
        args["reduceOnly"] = "true"
    if intent.type.has_price:
        args["timeInForce"] = FORCES[intent.time_in_force or TimeInForce.GTC]
    if intent.type.has_trigger:
        args["workingType"] = WORKING[intent.trigger_by]
    if intent.type is OrderType.TRAILING_STOP:
        args |= given(priceRate=_fraction(intent.callback_percent), activationPrice=intent.activation)
    return args | given(
        quantity=intent.size,
        price=intent.price,
        stopPrice=intent.trigger,
        clientOrderId=intent.client_id or None,
    )


def _fraction(percent: Decimal | None) -> Decimal:
    """BingX takes a trailing distance as a fraction: 1 % is 0.01."""
    if percent is None:
        raise BadArgument("A trailing stop wants its distance in percent.", advice='For instance "1" for 1 %.')
    return percent / 100


def given(**args: Any) -> dict[str, Any]:
    return {name: value for name, value in args.items() if value is not None}
