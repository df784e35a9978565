"""What the account holds and did: balances, positions, orders, fills, settings. Nothing here changes anything."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Any

from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.models import Fill, Instrument, Market, Order, Position, PositionSide, Side
from blave_mcp.exchanges.params import Param, flag, integer, one_of, text
from blave_mcp.exchanges.untrusted import clean
from blave_mcp.tools.answers import (
    ANY_MARKET,
    END,
    MARKET,
    MARKETS,
    PERPETUAL,
    START,
    VENUE,
    answer,
    answered,
    asked_venues,
    failures,
    market_of,
    newest,
    rest,
    table,
    together,
    told,
)
from blave_mcp.tools.desk import Desk, Venue
from blave_mcp.tools.format import exact, money, near, ratio
from blave_mcp.tools.listings import has_verb
from blave_mcp.tools.spec import Result, Run, Tool, Toolset, Touch
from blave_mcp.tools.times import second, to_span
from blave_mcp.tools.wealth import get_balances


async def get_positions(desk: Desk, *, venue: str = "", market: str = PERPETUAL, symbol: str = "") -> Result:
    venues = [one for one in asked_venues(desk, venue) if venue or Market(market) in one.markets]

    async def of(one: Venue) -> tuple[Position, ...]:
        _, verbs = desk.verbs(one.name, market)
        native = (await desk.instrument(one.name, market, symbol)).native if symbol else None
        return await one.client.ask(verbs.positions(native))

    found = await together([partial(of, one) for one in venues])
    wrong = failures([one.title for one in venues], found)
    columns = (
        "venue", "symbol", "side", "size_base", "entry", "mark", "unrealised_pnl", "pnl_percent_of_entry",
        "liquidation", "to_liquidation_percent", "leverage", "margin_mode", "margin", "notional", "break_even",
        "contracts",
    )  # fmt: skip
    held = [(one, p) for one, ps in zip(venues, found, strict=True) if isinstance(ps, tuple) for p in ps]
    shown = table(columns, [(one.name, *_position(p)) for one, p in held], optional=columns[5:])
    names = answered([one.title for one in venues], found)
    head = f"{names} {market}: {_count(len(held), 'open position')}; amounts in the settlement asset."
    pnl = [p.unrealised_pnl for _, p in held if p.unrealised_pnl is not None]
    parts = [head, shown.text if held else ""]
    if len(pnl) > 1:
        parts.append(f"Unrealised PnL of all: {money(sum(pnl, Decimal(0)))}.")
    parts += [f"{shown.left_out} positions are not shown; ask by symbol.", *wrong] if shown.left_out else wrong
    data = {"market": market, "positions": shown.data, "not_shown": shown.left_out, "failed": wrong}
    return answer(desk, venues, parts, data)


def _position(p: Position) -> tuple[Any, ...]:
    move = None if p.mark is None else ratio(p.mark - p.entry, p.entry, 6)
    if move is not None and p.side is PositionSide.SHORT:
        move = -move
    return (
        p.symbol, p.side.value if p.position_side is PositionSide.BOTH else f"{p.position_side.value} (hedge)",
        exact(p.size), exact(p.entry), exact(p.mark), exact(p.unrealised_pnl),
        None if move is None else near(move * 100, 4), exact(p.liquidation), to_liquidation(p),
        p.leverage, p.margin_mode and p.margin_mode.value, exact(p.margin), exact(p.notional), exact(p.break_even),
        exact(p.contracts),
    )  # fmt: skip


def to_liquidation(p: Position) -> str | None:
    """How far the mark price may still move against the position, in percent of the mark."""
    if p.mark is None or not p.liquidation or p.liquidation <= 0:
        return None
    away = p.liquidation - p.mark if p.side is PositionSide.SHORT else p.mark - p.liquidation
    share = ratio(away, p.mark, 6)
    return None if share is None else near(share * 100, 4)


def _count(n: int, what: str) -> str:
    return f"{n or 'no'} {what}{'' if n == 1 else 's'}"


ORDER_COLUMNS = (
    "symbol", "side", "type", "status", "size_base", "filled", "price", "average", "trigger", "take_profit",
    "trigger_by", "callback_percent", "time_in_force", "reduce_only", "close_position", "position_side",
    "conditional", "created_utc", "updated_utc", "order_id", "client_id", "list_id",
)  # fmt: skip
ORDER_OPTIONAL = (*ORDER_COLUMNS[6:19], "client_id", "list_id")


def order_row(o: Order) -> tuple[Any, ...]:
    return (
        o.symbol, o.side.value, clean(str(o.type), most=40), o.status.value, exact(o.size), exact(o.filled),
        exact(o.price), near(o.average), exact(o.trigger), exact(o.take_profit), o.trigger_by and o.trigger_by.value,
        exact(o.callback_percent), o.time_in_force and clean(str(o.time_in_force), most=20),
        "yes" if o.reduce_only else None, "yes" if o.close_position else None,
        None if o.position_side in (None, PositionSide.BOTH) else o.position_side and o.position_side.value,
        "yes" if o.conditional else None,
        None if o.created_ms is None else second(o.created_ms), None if o.updated_ms is None else second(o.updated_ms),
        clean(o.id, most=64), clean(o.client_id, most=64), clean(o.list_id, most=64),
    )  # fmt: skip


async def get_open_orders(desk: Desk, *, venue: str = "", market: str = "", symbol: str = "") -> Result:
    asked = [
        (one, name)
        for one in asked_venues(desk, venue)
        for name, verbs in one.markets.items()
        if market in ("", name) and (market or has_verb(verbs, "open_orders"))
    ]
    if not asked:
        raise Unsupported(f"No venue asked has a {market} market.", advice="list_venues tells which has.")

    async def of(one: Venue, name: str) -> tuple[Order, ...]:
        _, verbs = desk.verbs(one.name, name)
        native = (await desk.instrument(one.name, name, symbol)).native if symbol else None
        return await one.client.ask(verbs.open_orders(native))

    found = await together([partial(of, one, name) for one, name in asked])
    places = [f"{one.title} {name}" for one, name in asked]
    wrong = failures(places, found)
    orders = [
        (one.name, name.value, *order_row(o))
        for (one, name), some in zip(asked, found, strict=True)
        if isinstance(some, tuple)
        for o in some
    ]
    shown = table(("venue", "market", *ORDER_COLUMNS), orders, optional=ORDER_OPTIONAL)
    parts = [
        f"{answered(places, found)}: {_count(len(orders), 'open order')}, conditional ones included.",
        shown.text if orders else "",
        f"{shown.left_out} more are not shown; ask by symbol." if shown.left_out else "",
        *wrong,
    ]
    data = {"orders": shown.data, "not_shown": shown.left_out, "failed": wrong}
    return answer(desk, list({one.name: one for one, _ in asked}.values()), parts, data)


async def get_order(
    desk: Desk,
    *,
    venue: str,
    symbol: str,
    market: str = "",
    order_id: str = "",
    client_id: str = "",
    conditional: bool = False,
) -> Result:
    if bool(order_id) == bool(client_id):
        raise BadArgument("One of order_id and client_id is wanted, and not both.")
    found, name, instrument = await _place(desk, venue, market, symbol)
    _, verbs = desk.verbs(venue, name)
    question = verbs.order(instrument.native, id=order_id, client_id=client_id, conditional=conditional)
    order = await found.client.ask(question)
    facts = {k: v for k, v in zip(ORDER_COLUMNS, order_row(order), strict=True) if v not in (None, "")}
    if order.remaining is not None:
        facts["remaining"] = exact(order.remaining)
    if order.cost is not None:
        facts["cost_quote"] = exact(order.cost)
    width = max(map(len, facts))
    lines = [f"{found.title} {name} order, as the venue tells it:"]
    lines += [f"  {label:<{width}}  {value}" for label, value in facts.items()]
    return answer(desk, found, lines, told(found, name, order=facts))


async def _place(desk: Desk, venue: str, market: str, symbol: str) -> tuple[Venue, str, Instrument]:
    """The venue (with a key), the market and the instrument that are meant."""
    found = asked_venues(desk, venue)[0]
    name = market_of(desk, venue, market)
    return found, name, await desk.instrument(venue, name, symbol)


async def get_order_history(
    desk: Desk, *, venue: str, symbol: str, market: str = "", start: str = "", end: str = "", limit: int = 50
) -> Result:
    start_ms, end_ms = to_span(start, end, desk.clock.now_ms())
    found, name, instrument = await _place(desk, venue, market, symbol)
    _, verbs = desk.verbs(venue, name)
    question = verbs.order_history(instrument.native, start_ms=start_ms, end_ms=end_ms, limit=limit)
    asked = await found.client.ask(question)
    orders = newest(asked, limit, start_ms)
    rows = [order_row(o) for o in orders]
    shown = table(ORDER_COLUMNS, rows, newest_last=start_ms is None, optional=ORDER_OPTIONAL)
    states = ", ".join(f"{n} {state}" for state, n in Counter(o.status.value for o in orders).items())
    how = f" ({states}), oldest first" if orders else ""
    parts = [
        f"{found.title} {name} {instrument.symbol}: {_count(len(orders), 'order')}{how}.",
        shown.text if orders else "",
        rest(shown, [o.created_ms for o in orders], limit, start_ms),
    ]
    return answer(desk, found, parts, told(found, name, orders=shown.data, not_shown=shown.left_out))


async def get_fills(
    desk: Desk, *, venue: str, symbol: str, market: str = "", start: str = "", end: str = "", limit: int = 50
) -> Result:
    start_ms, end_ms = to_span(start, end, desk.clock.now_ms())
    found, name, instrument = await _place(desk, venue, market, symbol)
    _, verbs = desk.verbs(venue, name)
    question = verbs.fills(instrument.native, start_ms=start_ms, end_ms=end_ms, limit=limit)
    asked = await found.client.ask(question)
    fills = newest(asked, limit, start_ms)
    columns = (
        "time_utc", "side", "price", "size_base", "fee", "fee_asset", "role", "realised_pnl", "position_side",
        "order_id", "fill_id",
    )  # fmt: skip
    shown = table(columns, [_fill(f) for f in fills], newest_last=start_ms is None, optional=columns[6:9])
    totals = fill_totals(fills)
    parts = [
        f"{found.title} {name} {instrument.symbol}: {_count(len(fills), 'fill')}{', oldest first' if fills else ''}.",
        shown.text if fills else "",
        *_totals_text(totals, instrument),
        rest(shown, [f.time_ms for f in fills], limit, start_ms),
    ]
    data = told(found, name, symbol=instrument.symbol, fills=shown.data, totals=totals, not_shown=shown.left_out)
    return answer(desk, found, parts, data)


def _fill(f: Fill) -> tuple[Any, ...]:
    role = None if f.maker is None else "maker" if f.maker else "taker"
    return (
        second(f.time_ms), f.side.value, exact(f.price), exact(f.size), exact(f.fee), clean(f.fee_asset, most=20), role,
        exact(f.realised_pnl), None if f.position_side in (None, PositionSide.BOTH) else f.position_side.value,
        clean(f.order_id, most=64), clean(f.id, most=64),
    )  # fmt: skip


def fill_totals(fills: Sequence[Fill]) -> dict[str, Any]:
    """What the fills add up to, those not shown included: per side, fees per asset, realised PnL."""
    totals: dict[str, Any] = {}
    for side in Side:
        of_side = [f for f in fills if f.side is side]
        if of_side:
            size = sum((f.size for f in of_side), Decimal(0))
            worth = sum((f.size * f.price for f in of_side), Decimal(0))
            totals[side.value] = {"size": exact(size), "quote": exact(worth), "average": exact(ratio(worth, size, 10))}
    fees: dict[str, Decimal] = defaultdict(Decimal)
    for f in fills:
        fees[clean(f.fee_asset, most=20)] += f.fee
    totals["fees"] = {asset: exact(fee) for asset, fee in fees.items()}
    realised = [f.realised_pnl for f in fills if f.realised_pnl is not None]
    if realised:
        totals["realised_pnl"] = exact(sum(realised, Decimal(0)))
    return totals


def _totals_text(totals: dict[str, Any], instrument: Instrument) -> list[str]:
    lines = [
        f"{verb} {totals[side]['size']} {instrument.base} for {totals[side]['quote']} {instrument.quote},"
        f" {totals[side]['average']} on average."
        for side, verb in (("buy", "Bought"), ("sell", "Sold"))
        if side in totals
    ]
    if totals["fees"]:
        lines.append(f"Fees paid: {', '.join(f'{fee} {asset}' for asset, fee in totals['fees'].items())}.")
    if "realised_pnl" in totals:
        lines.append(f"Realised PnL before fees: {totals['realised_pnl']} {instrument.settle}.")
    return lines


def _yes(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "no"


async def get_account_settings(desk: Desk, *, venue: str, symbol: str, market: str = PERPETUAL) -> Result:
    found, name, instrument = await _place(desk, venue, market, symbol)
    _, verbs = desk.verbs(venue, name)
    s = await found.client.ask(verbs.settings(instrument.native))
    rows = [
        ("leverage", None if s.leverage is None else f"{s.leverage}x", s.leverage),
        ("margin_mode", s.margin_mode, s.margin_mode),
        ("position_mode", s.position_mode, s.position_mode),
        ("maker_fee", None if s.maker_fee is None else f"{exact(s.maker_fee * 100)} %", exact(s.maker_fee)),
        ("taker_fee", None if s.taker_fee is None else f"{exact(s.taker_fee * 100)} %", exact(s.taker_fee)),
        ("can_trade", _yes(s.can_trade), s.can_trade),
        ("multi_asset", _yes(s.multi_asset), s.multi_asset),
    ]
    for asset, rate in (s.borrow_rates or {}).items():
        rows.append((f"borrow_{asset}", f"{exact(rate * 100)} % an hour", exact(rate)))
    lines = [f"{found.title} {name} {instrument.symbol}: what the next order would meet."]
    lines += [f"  {label:<13}  {words}" for label, words, _ in rows if words is not None]
    missing = [label for label, _, value in rows if value is None]
    if missing:
        lines.append(f"  The venue does not tell: {', '.join(missing)}.")
    facts = {label: str(v) if isinstance(v, StrEnum) else v for label, _, v in rows if v is not None}
    return answer(desk, found, lines, told(found, name, symbol=instrument.symbol, settings=facts))


_SYMBOL = text("symbol", 'Unified or native: "BTC/USDT".', required=True)
_VENUE = text("venue", VENUE, required=True)
_ANY_VENUE = text("venue", "A venue; all with a key where left out.")
_SPAN = (text("start", START), text("end", END), integer("limit", "Newest rows.", low=1, high=500))


def _tool(name: str, title: str, doc: str, run: Run, *params: Param) -> Tool:
    return Tool(name=name, title=title, doc=doc, toolset=Toolset.ACCOUNT, touch=Touch.READ, run=run, params=params)


ACCOUNT_TOOLS = (
    _tool(
        "get_balances",
        "Balances",
        "Tells what the account holds, per asset and wallet (spot, futures): free, locked, total, and its worth in "
        "dollars where a ticker tells it cheaply.",
        get_balances,
        _ANY_VENUE,
    ),
    _tool(
        "get_positions",
        "Positions",
        "Tells the open positions: side, size in base, entry, mark, unrealised PnL, liquidation price and how many "
        "percent away it is, leverage, margin mode.",
        get_positions,
        _ANY_VENUE,
        MARKET,
        text("symbol", "Only this one."),
    ),
    _tool(
        "get_open_orders",
        "Open orders",
        "Tells the orders that rest or wait for a trigger (stops, take-profits, trailing stops), with their ids; sizes "
        "in base.",
        get_open_orders,
        _ANY_VENUE,
        one_of("market", MARKETS, "All of them where left out."),
        text("symbol", "Only this one."),
    ),
    _tool(
        "get_order",
        "One order",
        "Tells one order's state, filled size and average price, by order_id or by client_id.",
        get_order,
        _VENUE,
        _SYMBOL,
        ANY_MARKET,
        text("order_id", "The venue's id."),
        text("client_id", "The client order id."),
        flag("conditional", "It is a stop, take-profit or trailing order of the venue's separate trigger book."),
    ),
    _tool(
        "get_order_history",
        "Past orders",
        "Tells the orders of one symbol in any state, with filled size and average price; the newest are kept.",
        get_order_history,
        _VENUE,
        _SYMBOL,
        ANY_MARKET,
        *_SPAN,
    ),
    _tool(
        "get_fills",
        "Own trades",
        "Tells the account's own trades in one symbol: price, size in base, fee; with totals per side, fees per asset "
        "and realised PnL.",
        get_fills,
        _VENUE,
        _SYMBOL,
        ANY_MARKET,
        *_SPAN,
    ),
    _tool(
        "get_account_settings",
        "Leverage, modes and fees",
        "Tells what the next order in a symbol would meet: leverage, margin mode, position mode (one-way or hedge), "
        "maker and taker fee.",
        get_account_settings,
        _VENUE,
        _SYMBOL,
        MARKET,
    ),
)
