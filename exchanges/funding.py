"""Lending and borrowing between users, on venues that have a book of it. Rates are fractions per day.

A venue's `verbs_funding.py` has a subclass of `FundingVerbs`. As with `verbs.Verbs`, reads return an `Ask`, writes the
calls to send, and nothing here sends anything. Currencies are unified (USDT).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from msgspec import Struct

from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.models import Balance

FUNDING = "funding"
"""Stands where an action names its market."""


class OfferType(StrEnum):
    """LIMIT: the rate itself. The others: an offset to the venue's reference rate.

    FRR_FIX follows that rate until the offer is matched, FRR_VAR for as long as the loan runs.
    """

    LIMIT = "limit"
    FRR_FIX = "frr_fix"
    FRR_VAR = "frr_var"


class FundingLevel(Struct, frozen=True):
    """A step of the funding book; `amount` is positive on both sides."""

    rate: Decimal
    period: int
    count: int
    amount: Decimal


class FundingBook(Struct, frozen=True, kw_only=True):
    """`offers` to lend, lowest rate first; `bids` to borrow, highest rate first."""

    currency: str
    offers: tuple[FundingLevel, ...]
    bids: tuple[FundingLevel, ...]


class FundingPoint(Struct, frozen=True, kw_only=True):
    """The market at an earlier time; `lent` and `used` are amounts over all users."""

    time_ms: int
    frr: Decimal
    average_period: Decimal
    lent: Decimal
    used: Decimal


class FundingRates(Struct, frozen=True, kw_only=True):
    """What lending pays now.

    Attributes:
        frr: the Flash Return Rate: the venue's mean of fixed rates in use, followed by FRR offers.
        history: oldest first.
    """

    currency: str
    frr: Decimal
    bid: Decimal
    bid_period: int
    bid_size: Decimal
    offer: Decimal
    offer_period: int
    offer_size: Decimal
    last: Decimal
    high_24h: Decimal
    low_24h: Decimal
    volume_24h: Decimal
    frr_available: Decimal | None = None
    history: tuple[FundingPoint, ...] = ()


class FundingTrade(Struct, frozen=True, kw_only=True):
    id: str
    time_ms: int
    amount: Decimal
    rate: Decimal
    period: int


class FundingOffer(Struct, frozen=True, kw_only=True):
    """An offer to lend (positive amounts) or a bid to borrow (negative).

    Attributes:
        amount: what is left of `original`.
        type: the venue's own word where it is none of OfferType.
        rate: per day; an offset for types that follow the FRR.
    """

    id: str
    currency: str
    amount: Decimal
    original: Decimal
    type: OfferType | str
    rate: Decimal
    period: int
    status: str
    hidden: bool
    renews: bool
    created_ms: int
    updated_ms: int


class Lent(Struct, frozen=True, kw_only=True):
    """Funds that have been lent, or borrowed where `borrowed`.

    Attributes:
        in_use: whether a position uses them; they earn the same.
        variable: whether the rate follows the FRR.
        pair: of the position that uses them.
    """

    id: str
    currency: str
    amount: Decimal
    rate: Decimal
    period: int
    opened_ms: int
    last_payout_ms: int | None
    in_use: bool
    variable: bool
    borrowed: bool
    renews: bool
    pair: str = ""

    @property
    def ends_ms(self) -> int:
        return self.opened_ms + self.period * 86_400_000


class FundingYield(Struct, frozen=True, kw_only=True):
    """Means over what the account has lent and borrowed: rate per day and days."""

    lent_rate: Decimal
    lent_days: Decimal
    borrowed_rate: Decimal
    borrowed_days: Decimal


class FundingStatus(Struct, frozen=True, kw_only=True):
    """An account's lending in one currency."""

    currency: str
    wallet: Balance
    offers: tuple[FundingOffer, ...]
    lent: tuple[Lent, ...]
    means: FundingYield | None


class OfferIntent(Struct, frozen=True, kw_only=True):
    """An offer to lend as the user means it. `rate` per day, an offset where the type follows the FRR."""

    currency: str
    amount: Decimal
    type: OfferType
    rate: Decimal
    period: int
    hidden: bool = False


class FundingVerbs(ABC):
    """See the module.

    Attributes:
        wallet: the wallet that lends.
        least_dollars: the least that one offer may be worth.
        periods: shortest and longest, in days.
        fee, hidden_fee: fractions of the interest that the venue keeps.
    """

    venue: ClassVar[str]
    wallet: ClassVar[str]
    least_dollars: ClassVar[Decimal]
    periods: ClassVar[tuple[int, int]]
    fee: ClassVar[Decimal]
    hidden_fee: ClassVar[Decimal]

    @abstractmethod
    def dollars(self, currency: str) -> Ask[Decimal] | None:
        """What one of the currency is worth in dollars; None for dollars."""

    @abstractmethod
    def book(self, currency: str, depth: int) -> Ask[FundingBook]:
        """At most `depth` levels a side."""

    @abstractmethod
    def rates(self, currency: str, *, limit: int) -> Ask[FundingRates]:
        """The market now, with up to `limit` points of its past; with 0 the past is not asked for."""

    @abstractmethod
    def trades(
        self, currency: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[FundingTrade, ...]]:
        """Trades in [start_ms, end_ms), oldest first; the newest where there is no start."""

    @abstractmethod
    def status(self, currency: str) -> Ask[FundingStatus]: ...

    @abstractmethod
    def offer(self, currency: str, id: str) -> Ask[FundingOffer | None]:
        """An offer that rests; None where there is none with this id."""

    @abstractmethod
    def submit(self, intent: OfferIntent) -> tuple[Call, ...]: ...

    @abstractmethod
    def cancel(self, id: str) -> tuple[Call, ...]: ...

    @abstractmethod
    def cancel_all(self, currency: str) -> tuple[Call, ...]:
        """Takes back every offer in a currency."""
