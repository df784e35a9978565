"""What a pre-trade check reads: the market and the account as they are now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.errors import BlaveError
from blave_mcp.exchanges.models import (
    AccountSettings,
    Balance,
    Bracket,
    Instrument,
    OrderBook,
    Position,
    PositionMode,
    PositionSide,
    Ticker,
)
from blave_mcp.exchanges.verbs import Verbs
from blave_mcp.tools.answers import together
from blave_mcp.tools.desk import Desk, Venue

BOOK_DEPTH = 100
NONE = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One instrument of one venue with everything that decides about an order in it.

    Attributes:
        positions: in every symbol of this market (cross margin shares one collateral).
        brackets: empty on spot.
        cautions: what the owner must know of besides, in lines.
    """

    venue: Venue
    verbs: Verbs
    instrument: Instrument
    ticker: Ticker
    book: OrderBook
    settings: AccountSettings
    balances: tuple[Balance, ...]
    positions: tuple[Position, ...] = ()
    brackets: tuple[Bracket, ...] = ()
    cautions: tuple[str, ...] = ()

    @property
    def derivative(self) -> bool:
        return self.verbs.opens_positions

    @property
    def hedged(self) -> bool:
        return self.settings.position_mode is PositionMode.HEDGE

    @property
    def here(self) -> tuple[Position, ...]:
        """The positions in this symbol: at most one in one-way mode, at most two in hedge mode."""
        return tuple(p for p in self.positions if p.native == self.instrument.native)

    def held(self, position_side: PositionSide) -> Position | None:
        """The position that an order with this position side would meet."""
        for position in self.here:
            if position.position_side is position_side:
                return position
        return None

    def free(self, asset: str) -> Decimal:
        return sum((b.free for b in self.balances if b.asset == asset and self._trades_from(b)), NONE)

    def total(self, asset: str) -> Decimal:
        return sum((b.total for b in self.balances if b.asset == asset and self._trades_from(b)), NONE)

    def _trades_from(self, balance: Balance) -> bool:
        return self.verbs.wallet_of(self.instrument.native) in ("", balance.wallet)

    @property
    def mark(self) -> Decimal:
        return self.ticker.mark or self.ticker.last

    @property
    def taker(self) -> Decimal | None:
        return self.settings.taker_fee


async def read_all(desk: Desk, venue: str, questions: Sequence[Ask[Any]]) -> list[Any]:
    """Asks side by side; raises the first failure."""
    found = await together([lambda q=q: desk.ask(venue, q) for q in questions])  # type: ignore[misc]
    for one in found:
        if isinstance(one, BlaveError):
            raise one
    return found


async def read_situation(desk: Desk, venue: str, market: str, symbol: str) -> Situation:
    """Raises BadArgument for an unknown venue, market or symbol, MissingCredentials without a key."""
    place, verbs = desk.verbs(venue, market)
    desk.check_halt()
    desk.require_key(place)
    instrument = await desk.instrument(venue, market, symbol)
    native = instrument.native
    questions: list[Ask[Any]] = [
        verbs.ticker(native),
        verbs.book(native, BOOK_DEPTH),
        verbs.settings(native),
        verbs.balances(),
    ]
    if verbs.opens_positions:
        questions += [verbs.positions(), verbs.brackets(native)]
    cautions = verbs.cautions(native)
    if cautions is not None:
        questions.append(cautions)
    ticker, book, settings, balances, *more = await read_all(desk, venue, questions)
    warned = more.pop() if cautions is not None else ()
    positions, brackets = more or ((), ())
    return Situation(
        venue=place,
        verbs=verbs,
        instrument=instrument,
        ticker=ticker,
        book=book,
        settings=settings,
        balances=balances,
        positions=positions,
        brackets=brackets,
        cautions=warned,
    )
