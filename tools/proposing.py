"""A write endpoint as a pending action: shown in full, priced where it can be, held to the operator's limits."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.endpoint import Call, Effect, Endpoint
from blave_mcp.exchanges.errors import BadArgument, BlaveError, LimitExceeded
from blave_mcp.exchanges.models import Instrument, Ticker
from blave_mcp.exchanges.params import Args, Kind, Param, plain, to_decimal
from blave_mcp.exchanges.verbs import Verbs
from blave_mcp.tools.desk import Desk, Limits, Venue
from blave_mcp.tools.format import money, short
from blave_mcp.tools.guards import Guard, price_guard
from blave_mcp.tools.listings import has_verb
from blave_mcp.tools.raw import as_object, pick, probe_ids, shown_args
from blave_mcp.tools.spec import Result
from blave_mcp.tools.summary import Summary

TYPED = (
    (r"(order|algo|plan|batch|trigger|tpsl|sor)\.(create|place|submit|open)", "place", "place_order"),
    (r"(order|algo|plan|batch|trigger|tpsl)\.(modify|amend|edit|update|replace)", "amend", "amend_order"),
    (r"(order|algo|plan|batch|trigger|tpsl|list)\.cancel", "cancel", "cancel_order"),
    (r"\w+\.cancel_all", "cancel_all", "cancel_all_orders"),
    (r"positions?\.(close|close_all)", "place", "close_position"),
    (r"leverage\.set", "set_leverage", "set_leverage"),
    (r"margin_mode\.set", "set_margin_mode", "set_margin_mode"),
    (r"position_mode\.set", "set_position_mode", "set_position_mode"),
    (r"margin\.(adjust|add|set)", "adjust_margin", "adjust_margin"),
    (r"transfer\.(create|submit)", "transfer", "transfer_funds"),
)
"""Endpoint ids, the verb that a venue must have, and the typed tool that then checks more."""

AMENDS = TYPED[1][0]
MOST_PRICES = 5
_SIZE = re.compile(r"(qty|quantity|size|sz|amount|vol(ume)?)$", re.IGNORECASE)
_QUOTE_SIZE = re.compile(r"quote", re.IGNORECASE)
_PRICE = re.compile(r"(price|px)$", re.IGNORECASE)
_LEVERAGE = re.compile(r"lever(age)?$", re.IGNORECASE)
_SYMBOL = re.compile(r"(symbol|inst_?id|pair|contract)$", re.IGNORECASE)

Prices = Mapping[str, tuple[Instrument, Ticker]]
"""By native symbol."""


@dataclass(frozen=True, slots=True)
class Part:
    """The call's arguments, or one element of a batch in it."""

    params: Sequence[Param]
    args: Args

    def given(self, pattern: re.Pattern[str], *kinds: Kind) -> dict[str, Any]:
        """The arguments whose names fit, of these kinds."""
        fits = (p.name for p in self.params if p.kind in kinds and pattern.search(p.name))
        return {name: self.args[name] for name in fits if name in self.args}

    @property
    def trades(self) -> bool:
        """Whether it could open or close something, rather than set, move or cancel."""
        names = {p.name for p in self.params}
        return "side" in names or {"amount", "type", "symbol"} <= names


def parts_of(params: Sequence[Param], args: Args) -> Iterator[Part]:
    yield Part(params, args)
    for param in params:
        if param.items:
            for element in args.get(param.name, ()):
                yield from parts_of(param.items, element)


async def propose_endpoint(desk: Desk, *, venue: str, endpoint: str, args: Mapping[str, Any] | None = None) -> Result:
    found = desk.venue(venue)
    one = pick(found.client.dialect.catalogue, endpoint)
    if one.effect is not Effect.WRITE:
        raise BadArgument(f"{one.venue} {one.id} changes nothing.", advice="Call it with read_endpoint.")
    call = one.call(as_object(args))
    desk.check_halt()
    desk.require_key(found)
    parts = list(parts_of(one.params, call.arguments))
    verbs = await _verbs_for(desk, found, one.product, parts)
    market = verbs.market.value if verbs else one.product
    summary = Summary(f"{found.title} {one.id}: {one.doc}")
    summary.row("Venue", f"{found.title} {market}")
    summary.row("Endpoint", f"{one.id} - {one.doc}")
    for place, value in shown_args(one.params, call.arguments):
        summary.row(place, value)
    if not call.args:
        summary.row("Arguments", "none")
    prices = await _prices(desk, found, verbs, parts, summary)
    amends = re.fullmatch(AMENDS, one.id.partition(".")[2]) is not None
    within_limits(desk.limits, parts, prices, amends=amends)
    for part in parts if verbs is not None else ():
        worth = _worth(part, parts[0], prices) if part.trades or amends else None
        if worth is not None:
            summary.row("Worth", f"about {money(worth)} at most, in quote")
    await _cautioned(found, verbs, call, parts, summary)
    summary.verify = _verification(found, verbs, call, desk.clock.now_ms())
    if caution := one.caution_for(call.arguments):
        summary.warn(caution)
    if tool := typed_tool(one, verbs):
        summary.warn(f"{tool} checks more (balance, grid, position, liquidation) than this raw call; prefer it.")
    summary.facts.update(venue=found.name, market=market, endpoint=one.id, args=call.arguments)
    guards: list[Guard] = [
        price_guard(verbs.market, native, ticker.last, desk.limits.price_tolerance_percent)
        for native, (_, ticker) in prices.items()
        if verbs is not None and any(part.trades for part in parts)
    ]
    if guards:
        summary.row(
            "Sent only if", f"no price moves more than {plain(desk.limits.price_tolerance_percent)} % until then"
        )
    return desk.propose(found, market, summary, [(one.doc.rstrip("."), call)], guards)


async def _verbs_for(desk: Desk, venue: Venue, product: str, parts: Sequence[Part]) -> Verbs | None:
    """The market that the call is about: of several that share a product, the one that lists what the call names."""
    able = [verbs for verbs in venue.markets.values() if verbs.product == product]
    named = {name for part in parts for name in part.given(_SYMBOL, Kind.TEXT).values()}
    if len(able) > 1 and named:
        for verbs in able:
            with contextlib.suppress(BlaveError):
                if named & {one.native for one in await desk.instruments(venue.name, verbs.market)}:
                    return verbs
    return able[0] if able else None


async def _cautioned(venue: Venue, verbs: Verbs | None, call: Call, parts: Sequence[Part], summary: Summary) -> None:
    """What the venue itself says of the risk of this call; what cannot be read is said, too."""
    for name in dict.fromkeys(name for part in parts for name in part.given(_SYMBOL, Kind.TEXT).values()):
        question = verbs.cautions(name, call) if verbs is not None else None
        if question is None:
            continue
        try:
            for words in await venue.client.ask(question):
                summary.warn(words)
        except BlaveError as error:
            summary.warn(f"The risk could not be read: {error.what}")


async def _prices(
    desk: Desk, venue: Venue, verbs: Verbs | None, parts: Sequence[Part], summary: Summary
) -> dict[str, tuple[Instrument, Ticker]]:
    """The instruments that the call names, with their prices; what cannot be read is a warning."""
    if verbs is None or not has_verb(verbs, "ticker"):
        return {}
    named = list(dict.fromkeys(name for part in parts for name in part.given(_SYMBOL, Kind.TEXT).values()))
    found: dict[str, tuple[Instrument, Ticker]] = {}
    for name in named[:MOST_PRICES]:
        try:
            listed = {one.native: one for one in await desk.instruments(venue.name, verbs.market)}
            if name not in listed:
                summary.warn(f"{venue.title} {verbs.market} lists no {name}.")
                continue
            ticker = await venue.client.ask(verbs.ticker(name))
        except BlaveError as error:
            summary.warn(f"The price of {name} could not be read: {error.what}")
            continue
        found[name] = listed[name], ticker
        mark = "" if ticker.mark is None else f", mark {short(ticker.mark, 9)}"
        summary.row("Price now", f"{listed[name].symbol} {short(ticker.last, 9)}{mark}")
        summary.facts.setdefault("prices", {})[name] = plain(ticker.last)
    if len(named) > MOST_PRICES:
        summary.warn(f"The prices of {len(named) - MOST_PRICES} more symbols were not read.")
    return found


def within_limits(limits: Limits, parts: Sequence[Part], prices: Prices, *, amends: bool = False) -> None:
    """Holds a raw call to the operator's limits; where its worth cannot be told, it is not let through.

    Args:
        amends: whether the call changes orders, so that a size in it is an order's.

    Raises:
        LimitExceeded: above a limit, or an order whose worth is not known while there is one.
    """
    for part in parts:
        for name, value in part.given(_LEVERAGE, Kind.INTEGER, Kind.DECIMAL, Kind.TEXT).items():
            leverage = to_decimal(value, name)
            if limits.max_leverage is not None and leverage > limits.max_leverage:
                raise LimitExceeded(
                    f"Leverage {plain(leverage)}x is above the operator's limit, {limits.max_leverage}x.",
                    advice="Use less.",
                )
        most = limits.max_order_quote
        resized = amends and bool(part.given(_SIZE, Kind.DECIMAL))
        if most is None or not (part.trades or resized or _sized(part)):
            continue
        worth = _worth(part, parts[0], prices)
        if worth is None:
            raise LimitExceeded(
                f"The operator limits one order to {money(most)}, and what this raw call is worth cannot be told.",
                advice="Use place_order, protect_position or close_position, which can.",
            )
        if worth > most:
            raise LimitExceeded(
                f"The order is worth about {money(worth)}; the operator's limit for one order is {money(most)}.",
                advice="Use less.",
            )


def _sized(part: Part) -> bool:
    """Whether free JSON among the arguments names sizes, of which the catalogue knows nothing."""
    free = (part.args[p.name] for p in part.params if p.kind is Kind.JSON and not p.items and p.name in part.args)
    return any(_names_size(value) for value in free)


def _names_size(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_SIZE.search(name) or _names_size(one) for name, one in value.items())
    return isinstance(value, list) and any(_names_size(one) for one in value)


def _worth(part: Part, whole: Part, prices: Prices) -> Decimal | None:
    """The most that one order of it could be worth in quote: its largest size at its highest price."""
    named = part.given(_SYMBOL, Kind.TEXT) or whole.given(_SYMBOL, Kind.TEXT)
    known = [prices[name] for name in named.values() if name in prices]
    sizes = {name: abs(Decimal(value)) for name, value in part.given(_SIZE, Kind.DECIMAL).items()}
    if not known or not sizes or _sized(part):
        return None
    instrument, ticker = known[0]
    price = max([ticker.last, *map(Decimal, part.given(_PRICE, Kind.DECIMAL).values())]) * instrument.contract_size
    return max(size if _QUOTE_SIZE.search(name) else size * price for name, size in sizes.items())


def _verification(venue: Venue, verbs: Verbs | None, call: Call, now_ms: int) -> str:
    """Which read tells afterwards what became of it."""
    nothing = "nothing: no read tells what became of this call; check the account afterwards"
    if verbs is None:
        return nothing
    question = verbs.trace(probe_ids(venue.client.dialect, call), sent_ms=now_ms)
    if question is None:
        return nothing
    return ", ".join(dict.fromkeys(f"{c.endpoint.method} {c.endpoint.path}" for c in question.calls))


def typed_tool(endpoint: Endpoint, verbs: Verbs | None) -> str:
    """The typed tool that does the same with more checks, or "" where there is none for this venue."""
    what = endpoint.id.partition(".")[2]
    for pattern, verb, tool in TYPED:
        if re.fullmatch(pattern, what) and verbs is not None and has_verb(verbs, verb):
            return tool
    return ""
