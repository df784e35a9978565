"""When an order meets the market: pure questions about one order and one price, or one stretch of prices."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from blave_mcp.exchanges.paper.market import Level, Prices, Span
from blave_mcp.exchanges.paper.types import Order, OrderRequest, OrderType, PositionSide, Side, TriggerBy

STOPS = (OrderType.STOP_MARKET, OrderType.STOP_LIMIT)
TAKE_PROFITS = (OrderType.TAKE_PROFIT_MARKET, OrderType.TAKE_PROFIT_LIMIT)


def conditional(request: OrderRequest) -> bool:
    return request.type not in (OrderType.MARKET, OrderType.LIMIT)


def at_market(request: OrderRequest) -> bool:
    """Whether it takes at any price once it works."""
    return request.price is None


def rises_to(request: OrderRequest) -> bool:
    """Whether its trigger is reached from below."""
    return (request.type in STOPS) == (request.side is Side.BUY)


def crosses(request: OrderRequest, prices: Prices) -> bool:
    """Whether its limit price would take."""
    if request.price is None:
        return True
    return request.price >= prices.ask if request.side is Side.BUY else request.price <= prices.bid


def triggered_by(request: OrderRequest, price: Decimal) -> bool:
    """Whether a STOP or TAKE_PROFIT fires at this price."""
    if request.trigger_price is None:
        return False
    return price >= request.trigger_price if rises_to(request) else price <= request.trigger_price


def trail(order: Order, low: Decimal, high: Decimal) -> Decimal | None:
    """Returns the best price a trailing stop has seen once prices have been in low .. high; None: still not active."""
    request = order.request
    best, reached = (high, high) if request.side is Side.SELL else (low, low)
    if order.extreme is None:
        activation = request.activation_price
        if activation is not None and not (
            reached >= activation if request.side is Side.SELL else reached <= activation
        ):
            return None
        return best
    return max(order.extreme, best) if request.side is Side.SELL else min(order.extreme, best)


def trail_trigger(request: OrderRequest, extreme: Decimal) -> Decimal:
    """Returns where a trailing stop fires, given the best price it has seen."""
    if request.callback_distance is not None:
        distance = request.callback_distance
    else:
        distance = extreme * (request.callback_rate or Decimal(0))
    return extreme - distance if request.side is Side.SELL else extreme + distance


def fires(order: Order, last: Decimal, mark: Decimal) -> bool:
    """Whether an open order executes or triggers at these prices. A trailing stop's extreme is up to date."""
    request = order.request
    if not order.waits_for_trigger:
        if request.price is None:
            return False
        return last <= request.price if request.side is Side.BUY else last >= request.price
    price = mark if request.trigger_by is TriggerBy.MARK else last
    if request.type is OrderType.TRAILING_STOP:
        if order.extreme is None:
            return False
        trigger = trail_trigger(request, order.extreme)
        return price <= trigger if request.side is Side.SELL else price >= trigger
    return triggered_by(request, price)


def level_of(order: Order) -> Decimal:
    """Returns the price at which an open order acts."""
    request = order.request
    if not order.waits_for_trigger:
        level = request.price
    elif request.type is OrderType.TRAILING_STOP:
        level = None if order.extreme is None else trail_trigger(request, order.extreme)
    else:
        level = request.trigger_price
    return level if level is not None else Decimal(0)


def stirs(order: Order, span: Span) -> bool:
    """Whether the order may act while prices stay within the span; False is certain."""
    request = order.request
    marked = order.waits_for_trigger and request.trigger_by is TriggerBy.MARK
    low, high = (span.mark_low, span.mark_high) if marked else (span.low, span.high)
    if order.waits_for_trigger and request.type is OrderType.TRAILING_STOP:
        extreme = trail(order, low, high)
        if extreme is None:
            return False
        if order.extreme is None or (marked and not span.exact):
            # Whether it turns back after its activation, or after an extreme that is not known: look closer.
            return True
        trigger = trail_trigger(request, extreme)
        return low <= trigger if request.side is Side.SELL else high >= trigger
    return fires(order, low, low) or fires(order, high, high)


def sweep(
    levels: Iterable[Level],
    side: Side,
    *,
    step: Decimal,
    qty: Decimal | None = None,
    quote: Decimal | None = None,
    limit: Decimal | None = None,
) -> list[tuple[Decimal, Decimal]]:
    """Returns what a taker gets from the other side's levels, best first: (price, size), sizes on the step grid.

    Args:
        qty, quote: how much to take at most, in base or in quote.
        limit: worst price accepted.
    """
    taken: list[tuple[Decimal, Decimal]] = []
    for level in levels:
        if limit is not None and (level.price > limit if side is Side.BUY else level.price < limit):
            break
        size = level.qty
        if qty is not None:
            size = min(size, qty)
        if quote is not None:
            size = min(size, quote / level.price)
        size = size // step * step
        if size > 0:
            taken.append((level.price, size))
        if qty is not None:
            qty -= size
            if qty < step:
                break
        if quote is not None:
            quote -= size * level.price
            if quote < step * level.price:
                break
    return taken


def closes_leg(request: OrderRequest) -> bool:
    """Whether it is one that closes in hedge mode: a sell of LONG or a buy of SHORT."""
    if request.position_side is PositionSide.LONG:
        return request.side is Side.SELL
    return request.position_side is PositionSide.SHORT and request.side is Side.BUY


def reduces(request: OrderRequest) -> bool:
    """Whether it can only make a position smaller."""
    return request.reduce_only or request.close_position or closes_leg(request)
