"""What is read again just before an action is sent: has the world moved since the summary was shown?

A guard is plain JSON, since it lives in the record of actions. Each kind has a maker and a check side by side.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.funding import FUNDING, FundingOffer, FundingStatus, FundingVerbs
from blave_mcp.exchanges.models import AccountSettings, Market, Order, Position
from blave_mcp.exchanges.params import plain
from blave_mcp.exchanges.verbs import Verbs

Guard = Mapping[str, Any]
AskVenue = Callable[[Ask[Any]], Awaitable[Any]]


def price_guard(market: Market, symbol: str, reference: Decimal, tolerance_percent: Decimal) -> Guard:
    """The last price must be within the tolerance of what the summary showed."""
    return {
        "guard": "price",
        "market": market,
        "symbol": symbol,
        "reference": plain(reference),
        "tolerance_percent": plain(tolerance_percent),
    }


def position_guard(market: Market, symbol: str, positions: tuple[Position, ...]) -> Guard:
    """The positions in a symbol must be exactly those that the summary showed."""
    return {"guard": "position", "market": market, "symbol": symbol, "held": _held(positions)}


def settings_guard(market: Market, symbol: str, settings: AccountSettings) -> Guard:
    """Leverage, margin mode and position mode must be those that the summary showed."""
    return {"guard": "settings", "market": market, "symbol": symbol, "settings": _settings(settings)}


def order_guard(market: Market, symbol: str, order: Order) -> Guard:
    """The order must still be open, with nothing more filled."""
    return {
        "guard": "order",
        "market": market,
        "symbol": symbol,
        "id": order.id,
        "conditional": order.conditional,
        "seen": _order(order),
    }


def lending_guard(status: FundingStatus, amount: Decimal, frr: Decimal, tolerance_percent: Decimal) -> Guard:
    """The wallet must still hold the amount, and the reference rate be near what the summary showed."""
    return {
        "guard": "lending",
        "market": FUNDING,
        "currency": status.currency,
        "amount": plain(amount),
        "frr": plain(frr),
        "tolerance_percent": plain(tolerance_percent),
    }


def offer_guard(offer: FundingOffer) -> Guard:
    """The offer must still rest, with nothing more of it lent."""
    return {
        "guard": "offer",
        "market": FUNDING,
        "currency": offer.currency,
        "id": offer.id,
        "amount": plain(offer.amount),
    }


async def objection(guard: Guard, verbs: Verbs, ask: AskVenue) -> str:
    """Reads the world again; returns what has changed, or "" where nothing that matters has."""
    return await _CHECKS[guard["guard"]](guard, verbs, ask)


async def funding_objection(guard: Guard, verbs: FundingVerbs, ask: AskVenue) -> str:
    """The same for lending between users."""
    return await _FUNDING_CHECKS[guard["guard"]](guard, verbs, ask)


async def _lending(guard: Guard, verbs: FundingVerbs, ask: AskVenue) -> str:
    status = await ask(verbs.status(guard["currency"]))
    if status.wallet.free < Decimal(guard["amount"]):
        return (
            f"The {verbs.wallet} wallet holds {plain(status.wallet.free)} {guard['currency']} free now, less than the"
            f" {guard['amount']} of the offer."
        )
    rates = await ask(verbs.rates(guard["currency"], limit=0))
    shown, tolerance = Decimal(guard["frr"]), Decimal(guard["tolerance_percent"])
    moved = abs(rates.frr / shown - 1) * 100 if shown else Decimal(0)
    if moved <= tolerance:
        return ""
    return (
        f"The FRR moved {moved:.1f} % since the summary, from {plain(shown)} to {plain(rates.frr)} a day; the tolerance"
        f" is {plain(tolerance)} %."
    )


async def _same_offer(guard: Guard, verbs: FundingVerbs, ask: AskVenue) -> str:
    now = await ask(verbs.offer(guard["currency"], guard["id"]))
    if now is None:
        return f"Offer {guard['id']} rests no more."
    if plain(now.amount) == guard["amount"]:
        return ""
    return f"Offer {guard['id']} changed since the summary: {guard['amount']} was left, now {plain(now.amount)}."


_FUNDING_CHECKS: Mapping[str, Callable[[Guard, FundingVerbs, AskVenue], Awaitable[str]]] = {
    "lending": _lending,
    "offer": _same_offer,
}


def _held(positions: tuple[Position, ...]) -> list[list[str]]:
    return sorted([p.position_side.value, p.side.value, plain(p.size)] for p in positions)


def _settings(settings: AccountSettings) -> list[Any]:
    return [settings.leverage, settings.margin_mode, settings.position_mode]


def _order(order: Order) -> list[str | None]:
    return [order.status.value, plain(order.filled), None if order.price is None else plain(order.price)]


async def _price(guard: Guard, verbs: Verbs, ask: AskVenue) -> str:
    ticker = await ask(verbs.ticker(guard["symbol"]))
    reference, tolerance = Decimal(guard["reference"]), Decimal(guard["tolerance_percent"])
    moved = abs(ticker.last / reference - 1) * 100
    if moved <= tolerance:
        return ""
    return (
        f"The price moved {moved:.2f} % since the summary, from {plain(reference)} to {plain(ticker.last)};"
        f" the tolerance is {plain(tolerance)} %."
    )


async def _position(guard: Guard, verbs: Verbs, ask: AskVenue) -> str:
    now = _held(await ask(verbs.positions(guard["symbol"])))
    if now == guard["held"]:
        return ""
    return f"The position in {guard['symbol']} changed since the summary: {_words(guard['held'])}, now {_words(now)}."


async def _same_settings(guard: Guard, verbs: Verbs, ask: AskVenue) -> str:
    now = _settings(await ask(verbs.settings(guard["symbol"])))
    if now == guard["settings"]:
        return ""
    return f"Leverage or mode in {guard['symbol']} changed since the summary: {guard['settings']}, now {now}."


async def _same_order(guard: Guard, verbs: Verbs, ask: AskVenue) -> str:
    now = _order(await ask(verbs.order(guard["symbol"], id=guard["id"], conditional=guard["conditional"])))
    if now == guard["seen"]:
        return ""
    return f"Order {guard['id']} changed since the summary: {guard['seen']}, now {now}."


def _words(held: list[list[str]]) -> str:
    return ", ".join(f"{side} {size}" for _, side, size in held) or "none"


_CHECKS: Mapping[str, Callable[[Guard, Verbs, AskVenue], Awaitable[str]]] = {
    "price": _price,
    "position": _position,
    "settings": _same_settings,
    "order": _same_order,
}
