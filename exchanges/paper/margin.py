"""What perpetual positions need and what they are worth: formulas, no state of their own.

The formulas are those of Binance's USDⓈ-M futures:
https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93 (liquidation price, maintenance)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from blave_mcp.exchanges.paper.types import QUANTUM, ZERO, Listing, PositionSide, Side, Tier


@dataclass(slots=True)
class Leg:
    """A position as it is kept.

    Attributes:
        qty: signed.
        cost: sum of price * size of what is open, positive: the entry price is cost / |qty|.
        isolated: margin set aside for it.
        mark: the last one seen.
        realised, fees: since it was opened; fees only of what is still open.
    """

    key: str
    side: PositionSide
    id: int = 0
    qty: Decimal = ZERO
    cost: Decimal = ZERO
    isolated: Decimal = ZERO
    mark: Decimal = ZERO
    realised: Decimal = ZERO
    fees: Decimal = ZERO
    opened_ms: int = 0
    updated_ms: int = 0

    @property
    def sign(self) -> int:
        return (self.qty > 0) - (self.qty < 0)

    @property
    def size(self) -> Decimal:
        return abs(self.qty)

    def closable(self, side: Side) -> Decimal:
        """Returns how much an order of this side can close."""
        return max(ZERO, -side.sign * self.qty)

    def unrealised(self, mark: Decimal) -> Decimal:
        return self.qty * mark - self.sign * self.cost


@dataclass(frozen=True, slots=True)
class Load:
    """Notional of open orders that would open or add to a position; in hedge mode buys are LONG's and sells SHORT's."""

    buys: Decimal = ZERO
    sells: Decimal = ZERO

    def plus(self, side: Side, notional: Decimal) -> Load:
        if side is Side.BUY:
            return Load(self.buys + notional, self.sells)
        return Load(self.buys, self.sells + notional)


def tier_at(tiers: Sequence[Tier], notional: Decimal) -> Tier:
    """Returns the tier of a notional; the last one also above its cap."""
    return next((tier for tier in tiers if notional <= tier.cap), tiers[-1])


def maintenance(tiers: Sequence[Tier], notional: Decimal) -> Decimal:
    """Returns the maintenance margin of a position of this notional; exact, continuous, convex."""
    tier = tier_at(tiers, notional)
    return notional * tier.rate - tier.cum


def initial(notional: Decimal, leverage: Decimal) -> Decimal:
    """Returns the initial margin, rounded up to QUANTUM."""
    return (notional / leverage).quantize(QUANTUM, ROUND_UP)


def max_notional(tiers: Sequence[Tier], leverage: Decimal) -> Decimal:
    """Returns the most that a position at this leverage may be worth; 0 where the leverage is above every tier's."""
    return max((tier.cap for tier in tiers if tier.max_leverage >= leverage), default=ZERO)


def exposure(legs: Iterable[Leg], load: Load, *, hedge: bool) -> tuple[Decimal, Decimal]:
    """Returns the notional at mark of one listing's positions, and the most it can become when its open orders fill.

    One-way: max(|P|, |P + buys|, |P - sells|). Hedge mode: each leg with its own orders.
    """
    held = [leg.qty * leg.mark for leg in legs]
    if hedge:
        total = sum(map(abs, held), ZERO)
        return total, total + load.buys + load.sells
    net = sum(held, ZERO)
    return abs(net), max(abs(net), abs(net + load.buys), abs(net - load.sells))


def surplus(listing: Listing, legs: Iterable[Leg], mark: Decimal) -> Decimal:
    """Returns unrealised PnL less maintenance of one listing's legs at a mark. Concave in the mark."""
    return sum((leg.unrealised(mark) - maintenance(listing.tiers, leg.size * mark) for leg in legs), ZERO)


def liquidation_price(listing: Listing, legs: Sequence[Leg], balance: Decimal, mark: Decimal) -> Decimal | None:
    """Returns the mark at which what is left equals maintenance, to 8 decimals; None where there is none above zero.

    Args:
        legs: those that stand or fall together: both legs of a cross listing, or one isolated leg.
        balance: cash behind them, plus unrealised PnL less maintenance of the other cross listings.
    """
    legs = [leg for leg in legs if leg.qty]
    if not legs:
        return None
    # What is left less maintenance is linear in the price between the prices at which a leg changes its tier.
    edges = sorted({ZERO, *(tier.floor / leg.size for leg in legs for tier in listing.tiers)})
    roots = [
        root
        for low, high in zip(edges, [*edges[1:], None], strict=True)
        if (root := _root(listing, legs, balance, low + 1 if high is None else (low + high) / 2)) is not None
        if root > 0 and low <= root and (high is None or root <= high)
    ]
    return min(roots, key=lambda root: abs(root - mark)).quantize(QUANTUM) if roots else None


def _root(listing: Listing, legs: Sequence[Leg], balance: Decimal, price: Decimal) -> Decimal | None:
    """Where what is left would equal maintenance if every leg kept the tier that it has at `price`."""
    tiers = [tier_at(listing.tiers, leg.size * price) for leg in legs]
    top = balance + sum((tier.cum - leg.sign * leg.cost for leg, tier in zip(legs, tiers, strict=True)), ZERO)
    bottom = sum((leg.size * tier.rate - leg.qty for leg, tier in zip(legs, tiers, strict=True)), ZERO)
    return top / bottom if bottom else None
