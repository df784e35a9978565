"""Changing what is already there: orders, leverage, modes, margin, wallets. Each tool returns a pending action."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import BadArgument, LimitExceeded
from blave_mcp.exchanges.models import MarginMode, Order, Position, PositionMode, PositionSide
from blave_mcp.exchanges.verbs import Verbs
from blave_mcp.tools.desk import Desk, Venue
from blave_mcp.tools.estimates import liquidation_price
from blave_mcp.tools.format import coins, exact, money
from blave_mcp.tools.grid import floor_to
from blave_mcp.tools.guards import Guard, order_guard, position_guard, settings_guard
from blave_mcp.tools.orders import percent
from blave_mcp.tools.screens import balance_words, head_rows, position_words, signed_percent
from blave_mcp.tools.situation import Situation, read_all, read_situation
from blave_mcp.tools.spec import Result
from blave_mcp.tools.summary import Summary
from blave_mcp.tools.terms import max_leverage
from blave_mcp.tools.trade import pick_position


def order_line(order: Order) -> str:
    """An order in a line, as the account's owner knows it."""
    size = "whole position" if order.close_position else f"{exact(order.size) if order.size is not None else '?'}"
    filled = f", {exact(order.filled)} filled" if order.filled else ""
    price = f" at {exact(order.price)}" if order.price else ""
    trigger = f", trigger {exact(order.trigger)}" if order.trigger else ""
    profit = f", take-profit {exact(order.take_profit)}" if order.take_profit else ""
    return f"{order.side} {size} {order.symbol} {order.type}{price}{trigger}{profit}{filled} ({order.status})"


async def open_order(desk: Desk, venue: Venue, verbs: Verbs, symbol: str, order: str) -> Order:
    """Finds an open order by the venue's id or by its client id.

    Raises:
        BadArgument: there is none; names those that there are.
    """
    listed = await desk.ask(venue.name, verbs.open_orders(symbol))
    for one in listed:
        if order in (one.id, one.client_id):
            return one
    open_ids = ", ".join(f"{one.id} ({order_line(one)})" for one in listed[:5]) or "none"
    raise BadArgument(f'There is no open order "{order}" in {symbol}.', advice=f"Open orders: {open_ids}.")


async def _basis(desk: Desk, venue: str, market: str) -> tuple[Venue, Verbs]:
    place, verbs = desk.verbs(venue, market)
    desk.check_halt()
    desk.require_key(place)
    return place, verbs


def propose_change(
    desk: Desk,
    place: Venue,
    verbs: Verbs,
    summary: Summary,
    label: str,
    *,
    calls: Sequence[Call],
    guards: Sequence[Guard] = (),
    native: str = "",
) -> Result:
    many = len(calls) > 1
    steps = [(f"{label} ({n} of {len(calls)})" if many else label, call) for n, call in enumerate(calls, 1)]
    summary.facts.update(venue=place.name, market=verbs.market.value, native=native)
    return desk.propose(place, verbs.market, summary, steps, guards)


async def cancel_order(desk: Desk, *, venue: str, market: str, symbol: str, order: str) -> Result:
    place, verbs = await _basis(desk, venue, market)
    instrument = await desk.instrument(venue, market, symbol)
    found = await open_order(desk, place, verbs, instrument.native, order)
    summary = Summary(f"Cancel order {found.id} in {instrument.symbol} on {place.title} {market}")
    head_rows(summary, place, verbs, instrument)
    summary.row("Order", order_line(found))
    if found.filled:
        summary.warn(f"{exact(found.filled)} is filled already and stays.")
    if found.list_id:
        summary.warn("The order belongs to a list; the venue cancels the whole list with it.")
    if found.type not in ("limit", "market") and found.reduce_only:
        summary.warn("The order protects a position; without it the position is unprotected.")
    summary.verify = "the order"
    guards = [order_guard(verbs.market, instrument.native, found)]
    return propose_change(
        desk,
        place,
        verbs,
        summary,
        f"Cancel order {found.id}",
        calls=verbs.cancel(found),
        guards=guards,
        native=instrument.native,
    )


async def cancel_all_orders(desk: Desk, *, venue: str, market: str, symbol: str) -> Result:
    place, verbs = await _basis(desk, venue, market)
    instrument = await desk.instrument(venue, market, symbol)
    listed = await desk.ask(place.name, verbs.open_orders(instrument.native))
    if not listed:
        raise BadArgument(f"There is no open order in {instrument.symbol} on {place.title} {market}.")
    summary = Summary(f"Cancel all {len(listed)} open orders in {instrument.symbol} on {place.title} {market}")
    head_rows(summary, place, verbs, instrument)
    for one in listed[:15]:
        summary.row(f"Order {one.id}", order_line(one))
    if len(listed) > 15:
        summary.row("And", f"{len(listed) - 15} more; get_open_orders lists them")
    if any(one.reduce_only or one.close_position for one in listed):
        summary.warn("Among them are orders that protect a position; without them it is unprotected.")
    later = "stay" if verbs.cancels_by_id else "are canceled too"
    summary.warn(f"Orders placed after this summary {later}.")
    summary.verify = "the open orders"
    calls = verbs.cancel_all(instrument.native, listed)
    return propose_change(
        desk, place, verbs, summary, f"Cancel all orders in {instrument.symbol}", calls=calls, native=instrument.native
    )


async def set_leverage(desk: Desk, *, venue: str, symbol: str, leverage: int, market: str = "perpetual") -> Result:
    now = await read_situation(desk, venue, market, symbol)
    symbol = now.instrument.symbol
    if now.settings.leverage == leverage:
        raise BadArgument(f"The leverage of {symbol} is {leverage}x already.", undone="Nothing was to be done.")
    if desk.limits.max_leverage is not None and leverage > desk.limits.max_leverage:
        raise LimitExceeded(f"{leverage}x is above the operator's limit, {desk.limits.max_leverage}x.")
    notional = sum((p.size * (p.mark or p.entry) for p in now.here), Decimal(0))
    most = max_leverage(now.brackets, notional)
    if most is not None and leverage > most:
        raise BadArgument(
            f"{now.venue.title} allows at most {most}x in {symbol} for {exact(round(notional, 2))}"
            f" {now.instrument.quote}.",
            advice=f"Use {most}x or less.",
        )
    summary = Summary(f"Set the leverage of {symbol} to {leverage}x on {now.venue.title} {market}")
    head_rows(summary, now.venue, now.verbs, now.instrument)
    summary.row("Leverage", f"{leverage}x (now {now.settings.leverage}x)")
    _holding(summary, now)
    for held in now.here:
        summary.warn("It changes the margin of the open position, and so where it is liquidated.")
        margin = held.size * (held.mark or held.entry) / leverage
        price = _isolated_liquidation(now, held, margin)
        if held.margin_mode is MarginMode.ISOLATED and price is not None:
            summary.row(
                "Est. liquidation",
                f"about {exact(price)} with margin {money(margin)} (now {exact(held.liquidation) or 'none'})",
            )
    summary.verify = "the symbol's settings"
    guards = [_settings_guard(now), _position_guard(now)]
    side = now.here[0].position_side if now.here else PositionSide.BOTH
    verbs = now.verbs.under(now.settings.margin_mode, side)
    calls = verbs.set_leverage_for(now.instrument.native, leverage, now.settings)
    return propose_change(
        desk,
        now.venue,
        now.verbs,
        summary,
        f"Set the leverage of {symbol} to {leverage}x",
        calls=calls,
        guards=guards,
        native=now.instrument.native,
    )


def _isolated_liquidation(now: Situation, held: Position, collateral: Decimal) -> Decimal | None:
    price = liquidation_price(
        size=held.size,
        entry=held.entry,
        long=held.side is PositionSide.LONG,
        collateral=collateral,
        brackets=now.brackets,
    )
    return None if price is None else floor_to(price, now.instrument.tick)


def _holding(summary: Summary, now: Situation) -> None:
    for held in now.here:
        summary.row("Holding", position_words(held, now.instrument.base))
    if not now.here:
        summary.row("Holding", f"no position in {now.instrument.symbol}")


def _settings_guard(now: Situation) -> Guard:
    return settings_guard(now.verbs.market, now.instrument.native, now.settings)


def _position_guard(now: Situation) -> Guard:
    return position_guard(now.verbs.market, now.instrument.native, now.here)


async def set_margin_mode(
    desk: Desk, *, venue: str, symbol: str, margin_mode: str, market: str = "perpetual"
) -> Result:
    now = await read_situation(desk, venue, market, symbol)
    symbol, native = now.instrument.symbol, now.instrument.native
    if now.settings.margin_mode == margin_mode:
        raise BadArgument(f"The margin mode of {symbol} is {margin_mode} already.", undone="Nothing was to be done.")
    resting = await desk.ask(venue, now.verbs.open_orders(native))
    if now.here or resting:
        raise BadArgument(
            f"The margin mode of {symbol} cannot change with {len(now.here)} positions and {len(resting)} open orders.",
            advice="Close and cancel them first.",
        )
    summary = Summary(f"Set the margin mode of {symbol} to {margin_mode} on {now.venue.title} {market}")
    head_rows(summary, now.venue, now.verbs, now.instrument)
    summary.row("Margin mode", f"{margin_mode} (now {now.settings.margin_mode})")
    _holding(summary, now)
    summary.verify = "the symbol's settings"
    calls = now.verbs.set_margin_mode(native, MarginMode(margin_mode))
    guards = [_settings_guard(now), _position_guard(now)]
    return propose_change(
        desk,
        now.venue,
        now.verbs,
        summary,
        f"Set the margin mode to {margin_mode}",
        calls=calls,
        guards=guards,
        native=native,
    )


async def set_position_mode(desk: Desk, *, venue: str, position_mode: str, market: str = "perpetual") -> Result:
    place, verbs = await _basis(desk, venue, market)
    positions, resting, listed = await read_all(
        desk, venue, [verbs.positions(), verbs.open_orders(), verbs.instruments()]
    )
    any_symbol = next(one for one in listed if one.trading)
    settings = await desk.ask(venue, verbs.settings(any_symbol.native))
    if settings.position_mode == position_mode:
        raise BadArgument(f"The account is in {position_mode} mode already.", undone="Nothing was to be done.")
    if positions or resting:
        raise BadArgument(
            f"The position mode cannot change with {len(positions)} positions and {len(resting)} open orders.",
            advice="Close and cancel them first.",
        )
    summary = Summary(f"Switch the account to {position_mode} mode on {place.title} {market}")
    head_rows(summary, place, verbs)
    summary.row("Position mode", f"{position_mode} (now {settings.position_mode})")
    summary.row("Holds for", "every symbol of this account's perpetuals")
    summary.verify = "the account's position mode"
    guards = [settings_guard(verbs.market, any_symbol.native, settings)]
    calls = verbs.set_position_mode(PositionMode(position_mode))
    return propose_change(
        desk,
        place,
        verbs,
        summary,
        f"Switch to {position_mode} mode",
        calls=calls,
        guards=guards,
    )


async def adjust_margin(
    desk: Desk, *, venue: str, symbol: str, amount: str, position_side: str = "", market: str = "perpetual"
) -> Result:
    now = await read_situation(desk, venue, market, symbol)
    held = pick_position(now, position_side)
    if held.margin_mode is not MarginMode.ISOLATED:
        raise BadArgument(
            f"The position in {now.instrument.symbol} is on cross margin; its margin is the whole wallet.",
            advice="Only an isolated position has margin of its own.",
        )
    change, asset = Decimal(amount), now.instrument.settle
    free = now.free(asset)
    if change == 0:
        raise BadArgument("amount is zero.", advice="A positive amount adds margin, a negative one takes it out.")
    if change > free:
        raise BadArgument(f"{exact(change)} {asset} is more than the {exact(free)} that is free.")
    margin = None if held.margin is None else held.margin + change
    if held.margin is not None and margin is not None and margin <= 0:
        raise BadArgument(
            f"The position has {money(held.margin, asset)} of margin; {exact(-change)} cannot be taken out.",
            advice="Take out less, or close the position.",
        )
    price = None if margin is None else _isolated_liquidation(now, held, margin)
    if price is not None and ((price >= now.mark) if held.side is PositionSide.LONG else (price <= now.mark)):
        raise BadArgument(
            f"With {money(margin, asset)} of margin the position would be liquidated at about {exact(price)};"
            f" the mark price is {exact(now.mark)}.",
            advice="Take out less.",
        )
    word = "Add" if change > 0 else "Take out"
    summary = Summary(
        f"{word} {exact(abs(change))} {asset} margin, {now.instrument.symbol} on {now.venue.title} {market}"
    )
    head_rows(summary, now.venue, now.verbs, now.instrument)
    _holding(summary, now)
    if held.margin is not None:
        summary.row("Margin", f"{money(held.margin)} now, {money(margin, asset)} after")
    if price is not None:
        away = signed_percent(percent(price, now.mark))
        summary.row("Est. liquidation", f"{exact(price)} ({away} from mark; now {exact(held.liquidation) or 'none'})")
    summary.row("Free balance", f"{coins(free, asset)} now, {coins(free - change, asset)} after")
    if change < 0:
        summary.warn("Less margin brings the liquidation price nearer.")
    summary.verify = "the position's margin"
    side = held.side if now.verbs.margin_by_direction else held.position_side
    calls = now.verbs.adjust_margin(now.instrument.native, side, change)
    label = f"{word} {exact(abs(change))} {asset} margin"
    return propose_change(
        desk,
        now.venue,
        now.verbs,
        summary,
        label,
        calls=calls,
        guards=[_position_guard(now)],
        native=now.instrument.native,
    )


async def transfer_funds(desk: Desk, *, venue: str, asset: str, amount: str, source: str, target: str) -> Result:
    place = desk.venue(venue)
    desk.check_halt()
    desk.require_key(place)
    able = [verbs for verbs in place.markets.values() if verbs.wallets]
    if not able:
        raise BadArgument(f"{place.title} has no wallets to transfer between here.")
    verbs = able[0]
    source, target = source.strip().lower(), target.strip().lower()
    for name in (source, target):
        if name not in verbs.wallets:
            raise BadArgument(f'There is no wallet "{name}".', advice=f"Wallets: {', '.join(verbs.wallets)}.")
    if source == target:
        raise BadArgument("source and target are the same wallet.")
    asset = asset.upper()
    balances = [b for one in place.markets.values() for b in await desk.ask(venue, one.holdings())]
    # A wallet that several markets share counts once.
    held = tuple({b.wallet: b for b in balances if b.asset == asset}.values())
    free = sum((b.free for b in held if b.wallet == source), Decimal(0))
    if Decimal(amount) > free:
        raise BadArgument(
            f"{amount} {asset} is more than the {exact(free)} that is free in {source}.",
            advice=f"{asset}: {balance_words(held, asset)}.",
        )
    summary = Summary(f"Transfer {amount} {asset} from {source} to {target} on {place.title}")
    summary.row("Venue", place.title)
    summary.row("Amount", f"{amount} {asset}")
    summary.row("From", f"{source} ({exact(free)} free)")
    summary.row("To", target)
    summary.row("Stays", "inside your own account")
    summary.verify = "the transfer history"
    calls = verbs.transfer(asset, Decimal(amount), source, target)
    return propose_change(desk, place, verbs, summary, f"Transfer {amount} {asset}", calls=calls)
