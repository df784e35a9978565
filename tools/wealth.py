"""Balances and what they are worth."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import partial

from blave_mcp.exchanges.errors import BlaveError, MissingCredentials
from blave_mcp.exchanges.models import Balance, Instrument, Market
from blave_mcp.exchanges.untrusted import clean
from blave_mcp.exchanges.verbs import Verbs
from blave_mcp.tools.answers import answer, answered, asked_venues, failures, table, together
from blave_mcp.tools.desk import Desk, Venue
from blave_mcp.tools.format import DOLLARS, exact, money
from blave_mcp.tools.listings import has_verb
from blave_mcp.tools.spec import Result

MOST_TICKERS = 10


async def get_balances(desk: Desk, *, venue: str = "") -> Result:
    venues = asked_venues(desk, venue)
    found = await together([partial(_held, one) for one in venues])
    wrong = failures([one.title for one in venues], found)
    held = [(one, b) for one, some in zip(venues, found, strict=True) if isinstance(some, dict) for b in some.values()]
    prices = {one.name: await _prices(desk, one, {b.asset for o, b in held if o is one}) for one in venues}
    rows, total, unpriced = [], Decimal(0), set()
    for one, b in held:
        price = prices[one.name].get(b.asset)
        worth = None if price is None else (b.total + (b.unrealised_pnl or 0)) * price
        total += worth or 0
        if worth is None:
            unpriced.add(b.asset)
        rows.append(
            (
                one.name, clean(b.wallet, most=30), clean(b.asset, most=30), exact(b.total), exact(b.free),
                exact(b.locked), exact(b.unrealised_pnl), money(worth).replace(",", "") if worth is not None else None,
            )
        )  # fmt: skip
    columns = ("venue", "wallet", "asset", "total", "free", "locked", "unrealised_pnl", "usd")
    shown = table(columns, rows, optional=("unrealised_pnl",))
    names = answered([one.title for one in venues], found)
    left_out = " without those that failed" if wrong else ""
    sum_words = f"Together {money(total, 'USD')}{left_out}, unrealised PnL included; dollar coins count as 1."
    parts = [
        f"{names}: {len(rows)} balances that are not zero." if rows else f"{names}: no balance that is not zero.",
        shown.text if rows else "",
        sum_words if rows else "",
        f"Not in the sum, having no cheap price: {', '.join(sorted(unpriced))}." if unpriced else "",
        f"{shown.left_out} balances are not shown, but in the sum; ask venue by venue." if shown.left_out else "",
        *wrong,
    ]
    data = {"balances": shown.data, "usd": exact(total), "unpriced": sorted(unpriced), "not_shown": shown.left_out}
    return answer(desk, venues, parts, {**data, "failed": wrong})


async def _held(venue: Venue) -> dict[tuple[str, str], Balance]:
    """The balances of every market of a venue; a wallet that several markets share is counted once."""
    found: dict[tuple[str, str], Balance] = {}
    for verbs in venue.markets.values():
        if has_verb(verbs, "balances"):
            for balance in await _told(venue, verbs):
                found[balance.wallet, balance.asset] = balance
    return found


async def _told(venue: Venue, verbs: Verbs) -> tuple[Balance, ...]:
    """Every wallet; those that pay for orders alone where the key may not read the others."""
    try:
        return await venue.client.ask(verbs.holdings())
    except MissingCredentials:
        return await venue.client.ask(verbs.balances())


async def _prices(desk: Desk, venue: Venue, assets: set[str]) -> Mapping[str, Decimal]:
    """Dollars per asset, for those that it can be told of with a few requests."""
    prices = {asset: Decimal(1) for asset in assets if asset.upper() in DOLLARS}
    others = sorted(assets - prices.keys())
    if not others or len(others) > MOST_TICKERS:
        return prices
    for market in (Market.SPOT, Market.PERPETUAL):
        if market in venue.markets and (missing := [a for a in others if a not in prices]):
            prices |= await _last(desk, venue, market, missing)
    return prices


async def _last(desk: Desk, venue: Venue, market: Market, assets: list[str]) -> Mapping[str, Decimal]:
    verbs = venue.markets[market]

    async def price(one: Instrument) -> Decimal:
        return (await venue.client.ask(verbs.ticker(one.native))).last

    try:
        listed = {one.base: one for one in await desk.instruments(venue.name, market) if one.quote in DOLLARS[:3]}
    except BlaveError:
        return {}
    found = [listed[asset] for asset in assets if asset in listed]
    prices = await together([partial(price, one) for one in found])
    return {one.base: p for one, p in zip(found, prices, strict=True) if isinstance(p, Decimal)}
