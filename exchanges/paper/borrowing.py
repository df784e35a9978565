"""Margin: positions in spot pairs on borrowed money. What is borrowed, what it costs, and at which prices it trades.

The loan is the whole position, as on venues that keep the margin apart from it: a long owes the quote that it cost, a
short the base that it sold. https://www.okx.com/help/6995928593165
Interest is simple: at every full hour what is owed times the hourly rate, paid out of the margin in quote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from blave_mcp.exchanges.paper.margin import Leg
from blave_mcp.exchanges.paper.market import HOUR, Bar, Depth, Funding, Market, Prices, Quote, Span, Tick, Trade
from blave_mcp.exchanges.paper.terms import Listing, Tier, key_of
from blave_mcp.exchanges.paper.types import Product

_ENDING = f":{Product.MARGIN.value}"


def margin_of(spot: Listing, tiers: tuple[Tier, ...], *, base_interest: Decimal, quote_interest: Decimal) -> Listing:
    """Returns the margin listing of a spot pair: the same grid and fees. Interest: fractions an hour."""
    return replace(
        spot,
        product=Product.MARGIN,
        tiers=tiers,
        funding_interval_ms=HOUR,
        base_interest=base_interest,
        quote_interest=quote_interest,
    )


def loan_of(listing: Listing, leg: Leg) -> tuple[str, Decimal]:
    """Returns what a margin position owes: asset and amount."""
    return (listing.quote, leg.cost) if leg.qty > 0 else (listing.base, leg.size)


def loan_value(leg: Leg) -> Decimal:
    """Returns what the loan is worth in quote: that of a short at the mark."""
    return leg.cost if leg.qty > 0 else leg.size * leg.mark


def interest_rate(listing: Listing, leg: Leg) -> Decimal:
    return listing.quote_interest if leg.qty > 0 else listing.base_interest


def spot_key(key: str) -> str:
    """Returns the key whose prices a listing has: margin has those of spot."""
    return key_of(key.removesuffix(_ENDING), Product.SPOT) if key.endswith(_ENDING) else key


class MarginMarket:
    """A market in which margin meets the book of spot."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def keys(self) -> tuple[str, ...]:
        return self._market.keys()

    def origin(self, key: str) -> str:
        return self._market.origin(spot_key(key))

    def clock(self, now_ms: int) -> int:
        return self._market.clock(now_ms)

    def memento(self) -> str:
        return self._market.memento()

    def restore(self, memento: str) -> None:
        self._market.restore(memento)

    def prices(self, key: str, now_ms: int) -> Prices:
        return self._market.prices(spot_key(key), now_ms)

    def quote(self, key: str, now_ms: int) -> Quote:
        return self._market.quote(spot_key(key), now_ms)

    def depth(self, key: str, now_ms: int, levels: int) -> Depth:
        return self._market.depth(spot_key(key), now_ms, levels)

    def bars(self, key: str, interval_ms: int, start_ms: int, end_ms: int, now_ms: int) -> list[Bar]:
        return self._market.bars(spot_key(key), interval_ms, start_ms, end_ms, now_ms)

    def trades(self, key: str, now_ms: int, count: int) -> list[Trade]:
        return self._market.trades(spot_key(key), now_ms, count)

    def open_interest(self, key: str, now_ms: int) -> Decimal:
        return self._market.open_interest(spot_key(key), now_ms)

    def funding_rate(self, key: str, time_ms: int) -> Decimal:
        return self._market.funding_rate(spot_key(key), time_ms)

    def fundings(self, key: str, start_ms: int, end_ms: int, now_ms: int) -> list[Funding]:
        return self._market.fundings(spot_key(key), start_ms, end_ms, now_ms)

    def span(self, key: str, from_ms: int, to_ms: int) -> Span | None:
        return self._market.span(spot_key(key), from_ms, to_ms)

    def path(self, key: str, from_ms: int, to_ms: int) -> Sequence[Tick]:
        return self._market.path(spot_key(key), from_ms, to_ms)
