"""What an order would cost and where it would be liquidated, before it is sent. Pure; every figure is an estimate.

Liquidation follows Binance's published formula for one position:
https://www.binance.com/en/support/faq/how-to-calculate-liquidation-price-of-usd%E2%93%A2-m-futures-contracts-b3c689c1f50a44cabb3a84e663b81d93
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from blave_mcp.exchanges.models import Bracket, Level, OrderBook, Side


@dataclass(frozen=True, slots=True)
class Walk:
    """What a market order would meet in the book.

    Attributes:
        filled: size that the shown levels hold, at most what was asked for.
        average, worst: price of that; None where the side is empty.
    """

    filled: Decimal
    average: Decimal | None
    worst: Decimal | None


def walk(book: OrderBook, side: Side, size: Decimal) -> Walk:
    """Walks the book's other side for `size` (the venue's unit)."""
    levels: Sequence[Level] = book.asks if side is Side.BUY else book.bids
    left, cost, worst = size, Decimal(0), None
    for level in levels:
        taken = min(left, level.size)
        cost, left, worst = cost + taken * level.price, left - taken, level.price
        if left == 0:
            break
    filled = size - left
    return Walk(filled, cost / filled if filled else None, worst)


def walk_quote(book: OrderBook, side: Side, quote: Decimal) -> Walk:
    """Walks the book's other side until `quote` is spent or received."""
    levels: Sequence[Level] = book.asks if side is Side.BUY else book.bids
    left, filled, worst = quote, Decimal(0), None
    for level in levels:
        spent = min(left, level.price * level.size)
        filled, left, worst = filled + spent / level.price, left - spent, level.price
        if left == 0:
            break
    return Walk(filled, (quote - left) / filled if filled else None, worst)


def bracket_for(brackets: Sequence[Bracket], notional: Decimal) -> Bracket | None:
    """The tier that holds for a notional; the last where it is beyond all."""
    for bracket in brackets:
        if bracket.cap is None or notional < bracket.cap:
            return bracket
    return brackets[-1] if brackets else None


def liquidation_price(
    *, size: Decimal, entry: Decimal, long: bool, collateral: Decimal, brackets: Sequence[Bracket]
) -> Decimal | None:
    """The mark price at which maintenance margin would eat the collateral.

    Args:
        size: base units, positive.
        collateral: isolated margin; or, on cross, wallet balance less other positions' maintenance plus their PnL.

    Returns:
        None where no price above zero does it, or no tier is known.
    """
    sign = 1 if long else -1
    for bracket in brackets:
        price = (collateral + bracket.deduction - sign * size * entry) / (size * (bracket.rate - sign))
        if price <= 0:
            continue
        notional = price * size
        if bracket.floor <= notional and (bracket.cap is None or notional < bracket.cap):
            return price
    return None


def merged_entry(held: Decimal, entry: Decimal, added: Decimal, price: Decimal) -> Decimal:
    """The average entry after adding to a position on the same side."""
    return (held * entry + added * price) / (held + added)
