"""From what the user said to an order that the venue takes: sizes, prices, sides and the rules before a trade. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from blave_mcp.exchanges.errors import BadArgument, LimitExceeded, Unsupported
from blave_mcp.exchanges.models import (
    Market,
    OrderIntent,
    OrderType,
    Position,
    PositionSide,
    Side,
    TimeInForce,
    TriggerBy,
)
from blave_mcp.tools.desk import Limits
from blave_mcp.tools.estimates import Walk, walk, walk_quote
from blave_mcp.tools.format import exact
from blave_mcp.tools.grid import check_band, check_notional, check_price, check_size, floor_to, to_base, to_units
from blave_mcp.tools.situation import Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the user asked for, as typed arguments; sizes in base or in quote units."""

    side: Side
    type: OrderType
    size: Decimal | None = None
    quote_size: Decimal | None = None
    price: Decimal | None = None
    trigger: Decimal | None = None
    trigger_by: TriggerBy = TriggerBy.LAST
    callback_percent: Decimal | None = None
    activation: Decimal | None = None
    time_in_force: TimeInForce | None = None
    reduce_only: bool = False
    position_side: PositionSide | None = None
    client_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An order that keeps every rule, and what was found on the way.

    Attributes:
        base: size in base units, expected where the order is sized in quote.
        reference: the price at which cost and notional are reckoned.
        opening: base units that open or add to a position; 0 for a pure reduction and on spot.
        asked_quote: what the user asked for in quote, where the size was converted from it.
        takes: whether the order would take from the book at once.
        walked: what a taking order would meet in the book.
    """

    intent: OrderIntent
    base: Decimal
    reference: Decimal
    opening: Decimal
    takes: bool
    asked_quote: Decimal | None = None
    walked: Walk | None = None
    held: Position | None = None

    @property
    def rests(self) -> bool:
        """Whether it waits in the book, so that the maker's fee is paid."""
        return self.intent.type is OrderType.LIMIT and not self.takes

    @property
    def notional(self) -> Decimal:
        return self.base * self.reference


def check_shape(wish: Wish, order_types: tuple[str, ...], venue: str, market: Market, *, positions: bool) -> None:
    """Checks that the arguments belong together.

    Raises:
        BadArgument: says which is missing or too much.
        Unsupported: the venue has no such order type.
    """
    if wish.type.value not in order_types:
        raise Unsupported(f"{venue} {market} has no {wish.type} orders.", advice=f"It has: {', '.join(order_types)}.")
    trailing = wish.type is OrderType.TRAILING_STOP
    rules = (
        ((wish.size is None) == (wish.quote_size is None), "Give either size (base) or quote_size (quote), not both."),
        (wish.type.has_price and wish.price is None, f"A {wish.type} order wants a price."),
        (not wish.type.has_price and wish.price is not None, f"A {wish.type} order takes no price."),
        (wish.type.has_trigger and not trailing and wish.trigger is None, f"A {wish.type} order wants a trigger."),
        (
            wish.trigger is not None and (not wish.type.has_trigger or trailing),
            f"A {wish.type} order takes no trigger.",
        ),
        (trailing and wish.callback_percent is None, "A trailing_stop order wants callback_percent."),
        (
            not trailing and (wish.callback_percent or wish.activation) is not None,
            "callback_percent and activation belong to a trailing_stop order.",
        ),
        (
            wish.time_in_force is not None and not wish.type.has_price,
            f"A {wish.type} order takes no time_in_force.",
        ),
        (
            not positions and (wish.reduce_only or wish.position_side is not None),
            "reduce_only and position_side belong to positions, which this market does not keep.",
        ),
    )
    for broken, words in rules:
        if broken:
            raise BadArgument(words)


def plan_order(wish: Wish, now: Situation, limits: Limits) -> Plan:
    """Puts a wish on the venue's grid and checks it against the account.

    Raises:
        BadArgument, LimitExceeded, Unsupported: what does not fit, and what would.
    """
    instrument = now.instrument
    if not instrument.trading:
        raise Unsupported(f"{now.venue.title} does not take orders for {instrument.symbol} now.")
    _check_prices(wish, now)
    reference = wish.price or wish.trigger or wish.activation or _touch(now, wish.side)
    units, native_quote = _units(wish, now, reference)
    takes = _takes(wish, now)
    walked = None
    if takes:
        walked = (
            walk_quote(now.book, wish.side, wish.quote_size)
            if native_quote and wish.quote_size is not None
            else walk(now.book, wish.side, units)
        )
        if wish.type is OrderType.MARKET and walked.average is not None:
            reference = walked.average
    base = to_base(instrument, units)
    if native_quote and wish.quote_size is not None:
        base = wish.quote_size / reference
        if instrument.min_notional is not None and wish.quote_size < instrument.min_notional:
            raise BadArgument(
                f"The order is worth {exact(wish.quote_size)} {instrument.quote}; {instrument.symbol} takes no less"
                f" than {exact(instrument.min_notional)}.",
                advice=f"Use a quote_size of {exact(instrument.min_notional)} or more.",
            )
    elif not wish.reduce_only:
        check_notional(instrument, units, reference)
    position_side, held, opening, reduce_only = _sides(wish, now, base)
    check_limit(limits, opening_value(now, opening, base, reference), instrument.quote)
    intent = OrderIntent(
        instrument=instrument,
        side=wish.side,
        type=wish.type,
        size=None if native_quote else units,
        quote_size=wish.quote_size if native_quote else None,
        price=wish.price,
        trigger=wish.trigger,
        trigger_by=wish.trigger_by,
        callback_percent=wish.callback_percent,
        activation=wish.activation,
        time_in_force=wish.time_in_force,
        reduce_only=reduce_only,
        position_side=position_side,
        client_id=wish.client_id,
    )
    return Plan(
        intent=intent,
        base=base,
        reference=reference,
        opening=opening,
        takes=takes,
        asked_quote=None if native_quote else wish.quote_size,
        walked=walked,
        held=held,
    )


def check_limit(limits: Limits, worth: Decimal, quote: str) -> None:
    """Raises LimitExceeded where one order is worth more than the operator allows."""
    if limits.max_order_quote is not None and worth > limits.max_order_quote:
        raise LimitExceeded(
            f"The order is worth {exact(round(worth, 2))} {quote}; the operator's limit is"
            f" {exact(limits.max_order_quote)} for one order.",
            advice="Use less. The limit is BLAVE_MCP_MAX_ORDER_QUOTE.",
        )


def opening_value(now: Situation, opening: Decimal, base: Decimal, reference: Decimal) -> Decimal:
    """What an operator's limit counts: the part that opens on a perpetual, the whole order on spot."""
    return (opening if now.derivative else base) * reference


def _touch(now: Situation, side: Side) -> Decimal:
    best = now.ticker.ask if side is Side.BUY else now.ticker.bid
    return best or now.ticker.last


def _check_prices(wish: Wish, now: Situation) -> None:
    for name, value in (("price", wish.price), ("trigger", wish.trigger), ("activation", wish.activation)):
        if value is not None:
            check_price(now.instrument, value, name=name)
    if wish.price is not None and wish.trigger is None:
        check_band(now.instrument, wish.side, wish.price, now.mark)
    if wish.trigger is None or wish.type is OrderType.TRAILING_STOP:
        return
    market = now.mark if wish.trigger_by is TriggerBy.MARK else now.ticker.last
    stop = wish.type in (OrderType.STOP_MARKET, OrderType.STOP_LIMIT)
    wants_above = stop == (wish.side is Side.BUY)
    if (wish.trigger > market) != wants_above or wish.trigger == market:
        where = "above" if wants_above else "below"
        raise BadArgument(
            f"A {wish.side} {wish.type} triggers {where} the market; {exact(wish.trigger)} is not {where}"
            f" {exact(market)}, so it would trigger at once.",
            advice=f"Choose a trigger {where} {exact(market)}, or the other kind (stop or take-profit).",
        )


def _units(wish: Wish, now: Situation, reference: Decimal) -> tuple[Decimal, bool]:
    """The size in the venue's unit, and whether the venue takes the quote amount as it is."""
    instrument = now.instrument
    market = wish.type in (OrderType.MARKET, OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET)
    if wish.quote_size is None:
        return check_size(instrument, to_units(instrument, wish.size or Decimal(0)), market=market), False
    if wish.type is OrderType.MARKET and (not now.derivative or (now.verbs.buys_in_quote and wish.side is Side.BUY)):
        return wish.quote_size / reference, True
    units = floor_to(to_units(instrument, wish.quote_size / reference), instrument.step)
    if units < instrument.min_size:
        least = instrument.min_size * instrument.contract_size * reference
        raise BadArgument(
            f"{exact(wish.quote_size)} {instrument.quote} at {exact(reference)} is less than the least size of"
            f" {instrument.symbol}, {exact(to_base(instrument, instrument.min_size))} {instrument.base}.",
            advice=f"Use about {exact(round(least, 2))} {instrument.quote} or more.",
        )
    return check_size(instrument, units, market=market), False


def _takes(wish: Wish, now: Situation) -> bool:
    if wish.type is OrderType.MARKET:
        return True
    if wish.type is not OrderType.LIMIT or wish.price is None:
        return False
    return crosses(now, wish.side, wish.price, post_only=wish.time_in_force is TimeInForce.POST_ONLY)


def crosses(now: Situation, side: Side, price: Decimal, *, post_only: bool) -> bool:
    """Whether a limit order at this price would take from the book at once.

    Raises:
        BadArgument: it would, and may not.
    """
    best = now.book.asks[:1] if side is Side.BUY else now.book.bids[:1]
    taking = bool(best) and (price >= best[0].price if side is Side.BUY else price <= best[0].price)
    if taking and post_only:
        raise BadArgument(
            f"A post-only {side} at {exact(price)} would take from the book at {exact(best[0].price)}.",
            advice="Choose a price that rests, or another time_in_force.",
        )
    return taking


def _sides(wish: Wish, now: Situation, base: Decimal) -> tuple[PositionSide, Position | None, Decimal, bool]:
    """Position side, the position that is met, how much opens, and whether reduce-only is said to the venue."""
    if not now.derivative:
        return PositionSide.BOTH, None, Decimal(0), False
    if now.hedged:
        return _hedge_sides(wish, now, base)
    if wish.position_side not in (None, PositionSide.BOTH):
        raise BadArgument(
            f"The account is in one-way mode; position_side {wish.position_side} belongs to hedge mode.",
            advice="Leave position_side out.",
        )
    held = now.held(PositionSide.BOTH)
    if held is None or (held.side is PositionSide.LONG) == (wish.side is Side.BUY):
        if wish.reduce_only:
            _nothing_to_reduce(wish, now, held)
        return PositionSide.BOTH, held, base, False
    if base > held.size:
        raise BadArgument(
            f"You hold {held.side} {exact(held.size)} {now.instrument.base}; a {wish.side} of {exact(base)} would close"
            f" it and open a {'long' if wish.side is Side.BUY else 'short'} of {exact(base - held.size)}.",
            advice="Use close_position first, or a size up to the position's.",
        )
    return PositionSide.BOTH, held, Decimal(0), True


def _hedge_sides(wish: Wish, now: Situation, base: Decimal) -> tuple[PositionSide, Position | None, Decimal, bool]:
    side = wish.position_side
    if side is None or side is PositionSide.BOTH:
        buys_long = wish.side is Side.BUY
        side = PositionSide.LONG if buys_long != wish.reduce_only else PositionSide.SHORT
    held = now.held(side)
    opens = (side is PositionSide.LONG) == (wish.side is Side.BUY)
    if opens:
        if wish.reduce_only:
            raise BadArgument(f"A {wish.side} on the {side} side opens; it cannot be reduce_only.")
        return side, held, base, False
    if held is None:
        _nothing_to_reduce(wish, now, None)
    elif base > held.size:
        raise BadArgument(
            f"The {side} position is {exact(held.size)} {now.instrument.base}; {exact(base)} is more.",
            advice=f"Use up to {exact(held.size)}.",
        )
    return side, held, Decimal(0), False


def _nothing_to_reduce(wish: Wish, now: Situation, held: Position | None) -> None:
    has = f"a {held.side} of {exact(held.size)}" if held else "no position"
    raise BadArgument(
        f"There is nothing for a reduce-only {wish.side} to reduce in {now.instrument.symbol}: the account has {has}.",
        advice="get_positions shows what is open.",
    )


def percent(part: Decimal, whole: Decimal) -> Decimal:
    return (part / whole - 1) * 100


WISH_WORDS: Mapping[OrderType, str] = {
    OrderType.MARKET: "at market",
    OrderType.LIMIT: "limit",
    OrderType.STOP_MARKET: "stop market",
    OrderType.STOP_LIMIT: "stop limit",
    OrderType.TAKE_PROFIT_MARKET: "take-profit market",
    OrderType.TAKE_PROFIT_LIMIT: "take-profit limit",
    OrderType.TRAILING_STOP: "trailing stop",
}
