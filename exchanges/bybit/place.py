"""Order intents -> arguments, for spot and for linear contracts. Pure."""

from __future__ import annotations

from typing import Any

from blave_mcp.exchanges.bybit.parse import POSITION_IDX
from blave_mcp.exchanges.bybit.parse_account import FALLS, RISES
from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.models import OrderIntent, OrderType, PositionSide, Side, TimeInForce, TriggerBy

FORCES = {
    TimeInForce.GTC: "GTC",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "FOK",
    TimeInForce.POST_ONLY: "PostOnly",
}
WORKING = {TriggerBy.LAST: "LastPrice", TriggerBy.MARK: "MarkPrice"}
STOPS = (OrderType.STOP_MARKET, OrderType.STOP_LIMIT)
TYPES = tuple(kind for kind in OrderType if kind is not OrderType.TRAILING_STOP)
NO_TRAILING = "Bybit trails a position's stop by a price distance: linear.trading_stop.set with trailingStop."


def direction(intent: OrderIntent) -> int:
    """1 where the trigger is reached from below: a stop that buys, a take-profit that sells."""
    return RISES if (intent.type in STOPS) == (intent.side is Side.BUY) else FALLS


def _shared(intent: OrderIntent, category: str) -> dict[str, Any]:
    if intent.type not in TYPES:
        raise Unsupported("Bybit has no trailing-stop orders.", advice=NO_TRAILING)
    args: dict[str, Any] = {
        "category": category,
        "symbol": intent.instrument.native,
        "side": intent.side.value.capitalize(),
        "orderType": "Limit" if intent.type.has_price else "Market",
    }
    args |= _given(price=intent.price, triggerPrice=intent.trigger, orderLinkId=intent.client_id or None)
    if intent.type.has_price:
        args["timeInForce"] = FORCES[intent.time_in_force or TimeInForce.GTC]
    return args


def spot_arguments(intent: OrderIntent) -> dict[str, Any]:
    """Returns what POST /v5/order/create takes for spot.

    A market order says the unit of its size, which Bybit otherwise takes as quote for a buy and as base for a sell. A
    conditional order is a TP/SL order, which sets its assets aside at once.

    Raises:
        Unsupported: what belongs to positions, a mark-price trigger, a trailing stop.
    """
    if intent.reduce_only or intent.close_position or intent.position_side is not PositionSide.BOTH:
        raise Unsupported(
            "Bybit spot has no positions to reduce or close.", advice="Sell what you hold with a plain order."
        )
    if intent.type.has_trigger and intent.trigger_by is not TriggerBy.LAST:
        raise Unsupported("Bybit spot triggers on the last price alone.", advice="Use the last price.")
    args = _shared(intent, "spot")
    if not intent.type.has_price:
        args["marketUnit"] = "baseCoin" if intent.quote_size is None else "quoteCoin"
    if intent.type.has_trigger:
        args["orderFilter"] = "tpslOrder"
    return args | {"qty": intent.size if intent.quote_size is None else intent.quote_size}


def linear_arguments(intent: OrderIntent) -> dict[str, Any]:
    """Returns what POST /v5/order/create takes for linear contracts.

    In hedge mode (a position side is named) an order against its side reduces, and says so: Bybit wants reduceOnly on
    whatever closes.

    Raises:
        Unsupported: a size in quote, a trailing stop.
        BadArgument: closing a position with a size, or with a type that does not close.
    """
    if intent.quote_size is not None:
        raise Unsupported(
            "Bybit's contracts take a size in base, not in quote.", advice="Divide the amount by the price."
        )
    if intent.close_position and intent.type not in (OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET):
        raise BadArgument("Only a stop-market or take-profit-market order can close whatever is open.")
    if intent.close_position and intent.size is not None:
        raise BadArgument("An order that closes whatever is open has no size.")
    args = _shared(intent, "linear") | {"positionIdx": POSITION_IDX[intent.position_side]}
    against = (PositionSide.LONG, Side.SELL), (PositionSide.SHORT, Side.BUY)
    if intent.reduce_only or intent.close_position or (intent.position_side, intent.side) in against:
        args["reduceOnly"] = True
    if intent.type.has_trigger:
        args |= {"triggerDirection": direction(intent), "triggerBy": WORKING[intent.trigger_by]}
    if intent.close_position:
        return args | {"qty": "0", "closeOnTrigger": True}
    return args | {"qty": intent.size}


def _given(**args: Any) -> dict[str, Any]:
    return {name: value for name, value in args.items() if value is not None}
