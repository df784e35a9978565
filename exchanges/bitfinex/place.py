"""Order intents -> arguments, for spot and for margin. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bitfinex.base import EXCHANGE, POST_ONLY, REDUCE_ONLY
from blave_mcp.exchanges.bitfinex.parse import DIGITS, tick_at
from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.models import Market, OrderIntent, OrderType, PositionSide, Side, TimeInForce, TriggerBy
from blave_mcp.exchanges.params import plain

TYPES = (OrderType.MARKET, OrderType.LIMIT, OrderType.STOP_MARKET, OrderType.STOP_LIMIT)
NO_TAKE_PROFIT = "A take-profit on Bitfinex is a plain limit order; with a stop beside it, an OCO pair (protect)."
NO_TRAILING = (
    "Bitfinex trails by a distance in quote, not in percent: auth.order.create in explore, type TRAILING STOP with"
    " price_trailing."
)


def digits(price: Decimal, name: str) -> Decimal:
    """Raises BadArgument for a price that Bitfinex would cut.

    https://docs.bitfinex.com/docs/introduction#price-precision
    """
    tick = tick_at(price)
    if price % tick:
        below = price // tick * tick
        raise BadArgument(
            f"{name} {plain(price)} has more than {DIGITS} significant digits or eight decimals; Bitfinex cuts it.",
            advice=f"Nearest: {plain(below)} or {plain(below + tick)}.",
        )
    return price


def signed(size: Decimal, side: Side) -> Decimal:
    return size if side is Side.BUY else -size


def arguments(intent: OrderIntent, market: Market) -> dict[str, Any]:
    """Returns what POST /v2/auth/w/order/submit takes.

    Raises:
        Unsupported: a size in quote, a trailing stop, a take-profit, a mark-price trigger, hedge mode, and on spot
            whatever belongs to positions.
        BadArgument: a price of too many digits.
    """
    spot = market is Market.SPOT
    if intent.type is OrderType.TRAILING_STOP:
        raise Unsupported("Bitfinex has no trailing stop by percent.", advice=NO_TRAILING)
    if intent.type not in TYPES:
        raise Unsupported(f"Bitfinex has no {intent.type} orders.", advice=NO_TAKE_PROFIT)
    if intent.quote_size is not None or intent.size is None:
        raise Unsupported("Bitfinex takes a size in base, not in quote.", advice="Divide the amount by the price.")
    if intent.position_side is not PositionSide.BOTH:
        raise Unsupported("Bitfinex has no hedge mode.", advice="Leave position_side out.")
    if spot and (intent.reduce_only or intent.close_position):
        raise Unsupported(
            "Bitfinex spot has no positions to reduce or close.", advice="Sell what you hold with a plain order."
        )
    if intent.close_position:
        raise Unsupported("Here Bitfinex wants a size to close.", advice="Give the position's size, reduce-only.")
    if intent.type.has_trigger and intent.trigger_by is not TriggerBy.LAST:
        raise Unsupported("Bitfinex triggers on the last price alone.", advice='Give trigger_by "last".')
    kind, flags = _kind(intent)
    args: dict[str, Any] = {
        "type": kind if not spot else f"{EXCHANGE}{kind}",
        "symbol": intent.instrument.native,
        "amount": signed(intent.size, intent.side),
    }
    if intent.type.has_trigger and intent.trigger is not None:
        args["price"] = digits(intent.trigger, "trigger")
        if intent.price is not None:
            args["price_aux_limit"] = digits(intent.price, "price")
    elif intent.price is not None:
        args["price"] = digits(intent.price, "price")
    if flags:
        args["flags"] = flags
    if intent.client_id:
        args["cid"] = intent.client_id
    return args


def _kind(intent: OrderIntent) -> tuple[str, int]:
    """Bitfinex's type without the prefix, and the flags."""
    flags = REDUCE_ONLY if intent.reduce_only else 0
    force = intent.time_in_force or TimeInForce.GTC
    if intent.type is OrderType.MARKET:
        return "MARKET", flags
    if intent.type is OrderType.STOP_MARKET:
        return "STOP", flags
    if intent.type is OrderType.STOP_LIMIT:
        if force is not TimeInForce.GTC:
            raise Unsupported(f"A STOP LIMIT on Bitfinex takes no time_in_force {force}.", advice="Leave it out.")
        return "STOP LIMIT", flags
    if force in (TimeInForce.IOC, TimeInForce.FOK):
        return force.value.upper(), flags
    return "LIMIT", flags | (POST_ONLY if force is TimeInForce.POST_ONLY else 0)
