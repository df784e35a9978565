"""Order intents -> endpoint and arguments, for spot and for futures. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bitget.base import MARGIN_COIN, PRODUCT
from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.models import MarginMode, OrderIntent, OrderType, PositionSide, Side, TimeInForce, TriggerBy

FORCE = {
    TimeInForce.GTC: "gtc",
    TimeInForce.IOC: "ioc",
    TimeInForce.FOK: "fok",
    TimeInForce.POST_ONLY: "post_only",
}
TRIGGER = {TriggerBy.LAST: "fill_price", TriggerBy.MARK: "mark_price"}
CLOSES = {OrderType.TAKE_PROFIT_MARKET: "pos_profit", OrderType.STOP_MARKET: "pos_loss"}
MARGIN = {MarginMode.CROSS: "crossed", MarginMode.ISOLATED: "isolated"}

Placed = tuple[str, dict[str, Any]]


def given(**args: Any) -> dict[str, Any]:
    return {name: value for name, value in args.items() if value is not None}


def of_contract(symbol: str) -> dict[str, str]:
    return {"symbol": symbol, "productType": PRODUCT, "marginCoin": MARGIN_COIN}


def spot_order(intent: OrderIntent) -> Placed:
    """Returns the endpoint's id and what it takes.

    Raises:
        Unsupported: what belongs to positions, a market buy sized in base or a market sell sized in quote, a trailing
            stop, post-only behind a trigger.
    """
    if intent.reduce_only or intent.close_position or intent.position_side is not PositionSide.BOTH:
        raise Unsupported(
            "Bitget spot has no positions to reduce or close.", advice="Sell what you hold with a plain order."
        )
    if intent.type is OrderType.TRAILING_STOP:
        raise Unsupported("Bitget spot has no trailing stops by API.", advice="Use a stop_market order.")
    side, kind = intent.side.value, "limit" if intent.type.has_price else "market"
    args: dict[str, Any] = {"symbol": intent.instrument.native, "side": side, "orderType": kind}
    args |= given(clientOid=intent.client_id or None)
    if intent.type.has_trigger:
        return "spot.plan.create", args | _spot_plan(intent)
    if kind == "limit":
        force = FORCE[intent.time_in_force or TimeInForce.GTC]
        return "spot.order.create", args | {"force": force, "price": intent.price, "size": intent.size}
    if intent.side is Side.BUY and intent.quote_size is None:
        raise Unsupported(
            "Bitget sizes a spot market buy in the quote coin.",
            advice="Use quote_size, or a limit order with time_in_force ioc.",
        )
    if intent.side is Side.SELL and intent.size is None:
        raise Unsupported("Bitget sizes a spot market sell in the base coin.", advice="Use size.")
    return "spot.order.create", args | {"size": intent.quote_size if intent.side is Side.BUY else intent.size}


def _spot_plan(intent: OrderIntent) -> dict[str, Any]:
    if intent.time_in_force not in (None, TimeInForce.GTC):
        raise Unsupported("A trigger order on Bitget spot takes no time in force.", advice="Leave it out.")
    by_quote = intent.size is None
    return given(
        planType="total" if by_quote else "amount",
        size=intent.quote_size if by_quote else intent.size,
        triggerPrice=intent.trigger,
        triggerType=TRIGGER[intent.trigger_by],
        executePrice=intent.price,
    )


def direction(intent: OrderIntent) -> dict[str, str]:
    """side, tradeSide and reduceOnly.

    In hedge mode side names the position, and tradeSide says whether it is opened or closed; in one-way mode there is
    no tradeSide. https://www.bitget.com/api-doc/contract/trade/Place-Order
    """
    if intent.position_side is PositionSide.BOTH:
        return {"side": intent.side.value} | ({"reduceOnly": "YES"} if intent.reduce_only else {})
    long = intent.position_side is PositionSide.LONG
    opens = long == (intent.side is Side.BUY)
    return {"side": "buy" if long else "sell", "tradeSide": "open" if opens else "close"}


def hold_side(closing: Side, position_side: PositionSide) -> str:
    """Returns the position that an order protects: buy or sell in one-way mode, long or short in hedge mode."""
    if position_side is PositionSide.BOTH:
        return "buy" if closing is Side.SELL else "sell"
    return position_side.value


def futures_order(intent: OrderIntent) -> Placed:
    """Returns the endpoint's id and what it takes.

    Raises:
        Unsupported: a size in quote, or a time in force behind a trigger.
        BadArgument: no margin mode, closing a position with a size or a type that does not close, a trailing stop
            without an activation price.
    """
    if intent.quote_size is not None:
        raise Unsupported("Bitget futures take a size in base, not in quote.", advice="Divide the amount by the price.")
    if intent.close_position:
        return "futures.tpsl.create", protection(
            intent.instrument.native,
            _closing_plan(intent),
            trigger=intent.trigger,
            by=intent.trigger_by,
            hold=hold_side(intent.side, intent.position_side),
        ) | given(clientOid=intent.client_id or None)
    if intent.margin_mode is None:
        raise BadArgument("Bitget wants the margin mode with every order.", advice="Say cross or isolated.")
    args: dict[str, Any] = of_contract(intent.instrument.native) | direction(intent)
    args |= {"marginMode": MARGIN[intent.margin_mode], "size": intent.size}
    args |= given(price=intent.price, clientOid=intent.client_id or None)
    args["orderType"] = "limit" if intent.type.has_price else "market"
    if not intent.type.has_trigger:
        if intent.type.has_price:
            args["force"] = FORCE[intent.time_in_force or TimeInForce.GTC]
        return "futures.order.create", args
    if intent.time_in_force not in (None, TimeInForce.GTC):
        raise Unsupported("A trigger order on Bitget futures takes no time in force.", advice="Leave it out.")
    args["triggerType"] = TRIGGER[intent.trigger_by]
    if intent.type is not OrderType.TRAILING_STOP:
        return "futures.plan.create", args | {"planType": "normal_plan", "triggerPrice": intent.trigger}
    if intent.activation is None:
        raise BadArgument(
            "A trailing stop on Bitget wants an activation price.",
            advice="Give activation: the price from which on it trails.",
        )
    return "futures.plan.create", args | given(
        planType="track_plan", triggerPrice=intent.activation, callbackRatio=intent.callback_percent
    )


def _closing_plan(intent: OrderIntent) -> str:
    if intent.type not in CLOSES:
        raise BadArgument("Only a stop-market or take-profit-market order can close whatever is open.")
    if intent.size is not None:
        raise BadArgument("An order that closes whatever is open has no size.")
    return CLOSES[intent.type]


def protection(
    symbol: str, plan: str, *, trigger: Decimal | None, by: TriggerBy, hold: str, size: Decimal | None = None
) -> dict[str, Any]:
    """Returns what POST /api/v2/mix/order/place-tpsl-order takes; market execution."""
    return of_contract(symbol) | given(
        planType=plan, triggerPrice=trigger, triggerType=TRIGGER[by], holdSide=hold, size=size
    )
