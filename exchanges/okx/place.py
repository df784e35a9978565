"""Order intents -> endpoint and arguments. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.models import MarginMode, Market, OrderIntent, OrderType, PositionSide, Side, TimeInForce

ORDER_TYPES = {
    TimeInForce.GTC: "limit",
    TimeInForce.IOC: "ioc",
    TimeInForce.FOK: "fok",
    TimeInForce.POST_ONLY: "post_only",
}
AT_MARKET = Decimal(-1)
STOPS = (OrderType.STOP_MARKET, OrderType.STOP_LIMIT)


def arguments(intent: OrderIntent, mode: MarginMode) -> tuple[str, dict[str, Any]]:
    """Returns the endpoint's id and what it takes.

    What waits for a trigger is an algo order: a trailing stop; a conditional order (take-profit or stop-loss) where it
    can only reduce, and for spot and margin; a trigger order where it opens a contract position.

    Raises:
        Unsupported, BadArgument: what the market cannot do.
    """
    if intent.instrument.market is not Market.PERPETUAL and (intent.close_position or _sided(intent)):
        raise Unsupported("OKX spot and margin orders have no position side, and cannot close what is open.",
                          advice="Give a size.")  # fmt: skip
    if intent.instrument.market is Market.SPOT and intent.reduce_only:
        raise Unsupported("OKX spot has no positions to reduce.", advice="Sell what you hold with a plain order.")
    if not intent.type.has_trigger:
        if intent.close_position:
            raise BadArgument("Only a stop-market or take-profit-market order can close whatever is open.")
        return "v5.order.create", _common(intent, mode) | _plain(intent)
    return "v5.algo.create", _common(intent, mode) | _algo(intent)


def _sided(intent: OrderIntent) -> bool:
    return intent.position_side is not PositionSide.BOTH


def _common(intent: OrderIntent, mode: MarginMode) -> dict[str, Any]:
    """In long/short mode side and posSide say together what reduceOnly says in net mode, which is then left out."""
    instrument = intent.instrument
    args: dict[str, Any] = {
        "instId": instrument.native,
        "tdMode": "cash" if instrument.market is Market.SPOT else mode.value,
        "side": intent.side.value,
    }
    if instrument.market is Market.MARGIN:
        # Futures mode wants to know which currency backs the position; other modes do not look at it.
        args["ccy"] = instrument.quote
    if _sided(intent):
        args["posSide"] = intent.position_side.value
    elif intent.reduce_only or intent.close_position:
        args["reduceOnly"] = True
    return args


def _plain(intent: OrderIntent) -> dict[str, Any]:
    args: dict[str, Any] = {"sz": intent.size, "px": intent.price, "clOrdId": intent.client_id or None}
    if intent.type is OrderType.LIMIT:
        args["ordType"] = ORDER_TYPES[intent.time_in_force or TimeInForce.GTC]
        return args
    args["ordType"] = "market"
    market = intent.instrument.market
    if intent.quote_size is not None:
        if market is Market.PERPETUAL or (market is Market.MARGIN and intent.side is Side.SELL):
            raise Unsupported("OKX takes an amount of quote for spot market orders and margin market buys alone.",
                              advice="Divide the amount by the price.")  # fmt: skip
        args["sz"] = intent.quote_size
    elif market is Market.MARGIN and intent.side is Side.BUY:
        raise Unsupported("OKX sizes a margin market buy in quote.", advice="Give quote_size, or use a limit order.")
    if market is Market.SPOT:
        # Without banAmend OKX shrinks an order that the balance does not cover.
        args |= {"tgtCcy": "base_ccy" if intent.quote_size is None else "quote_ccy", "banAmend": True}
    return args


def _algo(intent: OrderIntent) -> dict[str, Any]:
    args: dict[str, Any] = {"algoClOrdId": intent.client_id or None}
    if intent.quote_size is not None:
        raise Unsupported("An OKX order with a trigger is sized in base or contracts.", advice="Give a size.")
    args |= {"closeFraction": "1"} if intent.close_position else {"sz": intent.size}
    if intent.type is OrderType.TRAILING_STOP:
        if intent.callback_percent is None:
            raise BadArgument("A trailing stop wants its distance in percent.", advice='For instance "1" for 1 %.')
        if intent.close_position:
            raise Unsupported("An OKX trailing stop wants a size.", advice="Give the position's size.")
        return args | {
            "ordType": "move_order_stop", "callbackRatio": intent.callback_percent / 100, "activePx": intent.activation,
        }  # fmt: skip
    by, price = intent.trigger_by.value, AT_MARKET if intent.price is None else intent.price
    force = intent.time_in_force
    opens = intent.instrument.market is Market.PERPETUAL and not (intent.close_position or reduces(intent))
    if force is TimeInForce.POST_ONLY or (force in (TimeInForce.IOC, TimeInForce.FOK) and not opens):
        raise Unsupported("OKX takes no such time_in_force behind this trigger.", advice="Leave time_in_force out.")
    if opens:
        advanced = force.value if force in (TimeInForce.IOC, TimeInForce.FOK) else None
        return args | {
            "ordType": "trigger", "triggerPx": intent.trigger, "orderPx": price, "triggerPxType": by,
            "advanceOrdType": advanced,
        }  # fmt: skip
    name = "sl" if intent.type in STOPS else "tp"
    args |= {"ordType": "conditional", f"{name}TriggerPx": intent.trigger, f"{name}OrdPx": price}
    args[f"{name}TriggerPxType"] = by
    if intent.instrument.market is Market.SPOT and intent.price is None and intent.side is Side.BUY:
        args["tgtCcy"] = "base_ccy"
    return args


def reduces(intent: OrderIntent) -> bool:
    """Whether an order can only make a position smaller."""
    if intent.position_side is PositionSide.BOTH:
        return intent.reduce_only
    return (intent.position_side is PositionSide.LONG) == (intent.side is Side.SELL)
