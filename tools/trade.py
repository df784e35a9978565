"""Opening, closing and protecting: each tool checks, reads what the check needs, and returns a pending action."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec import structs

from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.models import (
    MarginMode,
    OrderType,
    Position,
    PositionSide,
    Side,
    TimeInForce,
    TriggerBy,
)
from blave_mcp.exchanges.params import to_decimal
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.format import exact
from blave_mcp.tools.grid import check_price, check_size, floor_to, to_base, to_units, unit_words
from blave_mcp.tools.guards import Guard, position_guard, price_guard, settings_guard
from blave_mcp.tools.orders import Plan, Wish, check_shape, plan_order
from blave_mcp.tools.screens import account_rows, order_rows, order_words, protect_rows
from blave_mcp.tools.situation import Situation, read_situation
from blave_mcp.tools.spec import Result
from blave_mcp.tools.summary import Summary
from blave_mcp.tools.terms import check_funds, terms_for


def _number(value: str) -> Decimal | None:
    return Decimal(value) if value else None


async def place_order(
    desk: Desk,
    *,
    venue: str,
    market: str,
    symbol: str,
    side: str,
    type: str = "market",
    size: str = "",
    quote_size: str = "",
    price: str = "",
    trigger: str = "",
    trigger_by: str = "last",
    callback_percent: str = "",
    activation: str = "",
    time_in_force: str = "",
    reduce_only: bool = False,
    position_side: str = "",
    leverage: int | None = None,
    margin_mode: str = "",
    client_id: str = "",
) -> Result:
    wish = Wish(
        side=Side(side),
        type=OrderType(type),
        size=_number(size),
        quote_size=_number(quote_size),
        price=_number(price),
        trigger=_number(trigger),
        trigger_by=TriggerBy(trigger_by),
        callback_percent=_number(callback_percent),
        activation=_number(activation),
        time_in_force=TimeInForce(time_in_force) if time_in_force else None,
        reduce_only=reduce_only,
        position_side=PositionSide(position_side) if position_side else None,
        client_id=client_id,
    )
    place, verbs = desk.verbs(venue, market)
    check_shape(wish, verbs.order_types, place.title, verbs.market, positions=verbs.opens_positions)
    now = await read_situation(desk, venue, market, symbol)
    if (leverage is not None or margin_mode) and not now.derivative:
        raise BadArgument(
            f"leverage and margin_mode belong to positions, not to {market}.",
            advice="Leave them out.",
        )
    plan = plan_order(wish, now, desk.limits)
    return propose_order(desk, now, plan, leverage=leverage, margin_mode=margin_mode)


def propose_order(desk: Desk, now: Situation, plan: Plan, *, leverage: int | None, margin_mode: str) -> Result:
    """The pending action for an order that keeps every rule."""
    steps: list[tuple[str, Call]] = []
    symbol, native = now.instrument.symbol, now.instrument.native
    summary = Summary(f"{order_words(plan, now)} on {now.venue.title} {now.verbs.market}")
    guards: list[Guard] = []
    verbs = now.verbs
    if now.derivative:
        terms = terms_for(now, plan, leverage, margin_mode, desk.limits)
        check_funds(plan, now, terms.leverage)
        if terms.margin_mode:
            verbs = verbs.under(MarginMode(terms.margin_mode), plan.intent.position_side)
        if terms.set_margin_mode and not verbs.names_margin_mode:
            calls = verbs.set_margin_mode(native, MarginMode(terms.set_margin_mode))
            steps += [(f"Set the margin mode of {symbol} to {terms.set_margin_mode}", call) for call in calls]
        if terms.set_leverage:
            calls = verbs.set_leverage_for(native, terms.set_leverage, now.settings)
            steps += [(f"Set the leverage of {symbol} to {terms.set_leverage}x", call) for call in calls]
        order_rows(summary, plan, now)
        account_rows(summary, plan, now, terms)
        if terms.margin_mode:
            plan = replace(plan, intent=structs.replace(plan.intent, margin_mode=MarginMode(terms.margin_mode)))
        plan = replace(plan, intent=structs.replace(plan.intent, leverage=terms.leverage))
        market = now.verbs.market
        guards += [position_guard(market, native, now.here), settings_guard(market, native, now.settings)]
        summary.verify = "the order by its client id, then the position with its liquidation price"
    else:
        check_funds(plan, now, None)
        order_rows(summary, plan, now)
        account_rows(summary, plan, now, None)
        summary.verify = "the order by its client id"
    for words in now.cautions:
        summary.warn(words)
    if plan.takes or plan.intent.type.has_trigger:
        guards.append(price_guard(now.verbs.market, native, now.ticker.last, desk.limits.price_tolerance_percent))
        summary.row(
            "Sent only if",
            f"the price is within {exact(desk.limits.price_tolerance_percent)} % of {exact(now.ticker.last)}",
        )
    placing = verbs.place(plan.intent)
    for caution in dict.fromkeys(call.endpoint.caution_for(call.arguments) for call in placing):
        if caution:
            summary.warn(caution)
    steps += [(order_words(plan, now), call) for call in placing]
    summary.facts.update(venue=now.venue.name, market=now.verbs.market.value, symbol=symbol, native=native)
    return desk.propose(now.venue, now.verbs.market, summary, steps, guards)


def pick_position(now: Situation, position_side: str) -> Position:
    """Returns the one position that is meant.

    Raises:
        BadArgument: there is none, or there are two and neither was named.
    """
    held = [p for p in now.here if not position_side or p.side.value == position_side]
    if not held:
        others = ", ".join(f"{p.side} {exact(p.size)} {p.symbol}" for p in now.positions) or "none"
        raise BadArgument(
            f"There is no {position_side + ' ' if position_side else ''}position in {now.instrument.symbol}"
            f" on {now.venue.title}.",
            advice=f"Open positions: {others}.",
        )
    if len(held) > 1:
        raise BadArgument(
            f"{now.instrument.symbol} has a long and a short position.", advice="Say position_side long or short."
        )
    return held[0]


async def close_position(
    desk: Desk,
    *,
    venue: str,
    symbol: str,
    position_side: str = "",
    size: str = "",
    percent: str = "",
    price: str = "",
    market: str = "perpetual",
) -> Result:
    if size and percent:
        raise BadArgument("Give size or percent, not both.", advice="Leave both out to close the whole position.")
    now = await read_situation(desk, venue, market, symbol)
    held = pick_position(now, position_side)
    base = Decimal(size) if size else held.size
    if percent:
        units = floor_to(to_units(now.instrument, held.size * Decimal(percent) / 100), now.instrument.step)
        if units <= 0:
            raise BadArgument(
                f"{percent} % of {exact(held.size)} {now.instrument.base} is less than the step,"
                f" {unit_words(now.instrument, now.instrument.step)}.",
                advice="Use a larger percentage.",
            )
        base = to_base(now.instrument, units)
    wish = Wish(
        side=Side.SELL if held.side is PositionSide.LONG else Side.BUY,
        type=OrderType.LIMIT if price else OrderType.MARKET,
        size=base,
        price=_number(price),
        reduce_only=True,
        position_side=held.position_side,
    )
    if now.verbs.buys_in_quote and wish.side is Side.BUY and wish.type is OrderType.MARKET:
        wish = _bounded(wish, now, desk.limits.price_tolerance_percent)
    plan = plan_order(wish, now, desk.limits)
    return propose_order(desk, now, plan, leverage=None, margin_mode="")


def _bounded(wish: Wish, now: Situation, tolerance_percent: Decimal) -> Wish:
    """The same size at the market, where a market buy would be sized in quote: a limit that fills at once or never."""
    best = now.ticker.ask or now.ticker.last
    price = floor_to(best * (1 + tolerance_percent / 100), now.instrument.tick)
    return replace(wish, type=OrderType.LIMIT, price=price, time_in_force=TimeInForce.IOC)


def _target(value: str, entry: Decimal, tick: Decimal, *, up: bool, name: str) -> Decimal | None:
    """A price, or a distance from entry in percent: "5%" towards profit or loss, "+5%" up and "-5%" down.

    Raises:
        BadArgument: neither of them, or no price above zero.
    """
    given = value.strip()
    if not given:
        return None
    distance = given.endswith("%")
    try:
        number = to_decimal(given.removesuffix("%").strip(), name)
    except BadArgument as error:
        raise BadArgument(error.what, advice='Write a price, "61000", or a distance from entry, "5%".') from None
    price = number
    if distance:
        share = number / 100 if given[0] in "+-" or up else -number / 100
        price = floor_to(entry * (1 + share), tick)
    if price <= 0:
        raise BadArgument(f'{name} "{given}" is no price above zero.', advice='Write "61000" or "5%".')
    return price


async def protect_position(
    desk: Desk,
    *,
    venue: str,
    symbol: str,
    take_profit: str = "",
    stop_loss: str = "",
    size: str = "",
    position_side: str = "",
    trigger_by: str = "mark",
    market: str = "perpetual",
) -> Result:
    if not take_profit and not stop_loss:
        raise BadArgument("Give take_profit, stop_loss or both.", advice='A price, or a distance from entry: "5%".')
    now = await read_situation(desk, venue, market, symbol)
    held = pick_position(now, position_side)
    long = held.side is PositionSide.LONG
    tick = now.instrument.tick
    target = _target(take_profit, held.entry, tick, up=long, name="take_profit")
    stop = _target(stop_loss, held.entry, tick, up=not long, name="stop_loss")
    reference = now.mark if trigger_by == "mark" else now.ticker.last
    for name, value, above in (("take_profit", target, long), ("stop_loss", stop, not long)):
        if value is None:
            continue
        check_price(now.instrument, value, name=name)
        if value == reference or (value > reference) != above:
            raise BadArgument(
                f"The {name} of a {held.side} lies {'above' if above else 'below'} the {trigger_by} price"
                f" {exact(reference)}; {exact(value)} would trigger at once.",
                advice=f"Choose a price {'above' if above else 'below'} it.",
            )
    if stop is not None and held.liquidation and ((stop <= held.liquidation) if long else (stop >= held.liquidation)):
        raise BadArgument(
            f"The position is liquidated at {exact(held.liquidation)} before the stop_loss {exact(stop)} is reached.",
            advice=f"Choose a stop {'above' if long else 'below'} {exact(held.liquidation)}.",
        )
    units = None
    if size:
        units = check_size(now.instrument, to_units(now.instrument, Decimal(size)), market=True)
        if Decimal(size) > held.size:
            raise BadArgument(f"The position is {exact(held.size)}; {size} is more.", advice="Leave size out for all.")
    elif not now.verbs.protects_whole:
        units = check_size(
            now.instrument, floor_to(to_units(now.instrument, held.size), now.instrument.step), market=True
        )
    closing = Side.SELL if long else Side.BUY
    calls = now.verbs.under(held.margin_mode, held.position_side).protect(
        now.instrument,
        closing=closing,
        position_side=held.position_side,
        size=units,
        take_profit=target,
        stop_loss=stop,
        trigger_by=TriggerBy(trigger_by),
    )
    what = unit_words(now.instrument, units) if units is not None else "the whole position"
    wanted = {
        f"{name} at {exact(value)}": value for name, value in (("Take-profit", target), ("Stop-loss", stop)) if value
    }
    summary = Summary(
        f"{' and '.join(wanted)} for the {held.side} in {now.instrument.symbol} on {now.venue.title} {market}"
    )
    protect_rows(summary, now, held, target=target, stop=stop, what=what)
    summary.verify = "each order by its client id, then the position"
    native, kind = now.instrument.native, now.verbs.market
    guards = [
        position_guard(kind, native, now.here),
        price_guard(kind, native, now.ticker.last, desk.limits.price_tolerance_percent),
    ]
    summary.facts.update(venue=venue, market=market, symbol=now.instrument.symbol, native=native)
    steps = [(" and ".join(w for w, price in wanted.items() if names_price(call, price)), call) for call in calls]
    return desk.propose(now.venue, market, summary, steps, guards)


def names_price(call: Call, price: Decimal) -> bool:
    """Whether a call carries this price, wherever its venue has it: some take both prices in one order."""
    return _holds(list(call.arguments.values()), price)


def _holds(value: Any, price: Decimal) -> bool:
    if isinstance(value, dict):
        return _holds(list(value.values()), price)
    if isinstance(value, list):
        return any(_holds(one, price) for one in value)
    try:
        return isinstance(value, str) and Decimal(value) == price
    except InvalidOperation:
        return False
