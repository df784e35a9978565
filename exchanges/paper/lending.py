"""A made-up lending market, the same for everyone who asks at the same time, and an account's part in it.

The rules, all of them:

- The reference rate (FRR) of a currency moves from day to day around a level of its own, in a straight line in between.
- At every full hour borrowers come with a rate for each period, from 0.7 to 1.3 times the FRR, more for 30 days and for
  120. An offer that rests is taken as a whole, at its own rate, when that hour's rate is not below it.
- An offer that one of the bids on the book would take is lent at once, at that bid's rate.
- What is lent stays locked in the wallet for the whole period, in use by a position. Interest is paid at midnight UTC
  for the time since the last payment, and at the end, less the venue's part; then the amount is free again.
- Rates that follow the FRR (`variable`) are those of the hour of the payment.

Amounts are Decimal throughout. State is plain JSON, kept by whoever keeps the account.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from decimal import ROUND_DOWN, Decimal
from functools import lru_cache
from typing import Any

from blave_mcp.exchanges.paper.exchange import PaperExchange
from blave_mcp.exchanges.paper.market import DAY, HOUR, MINUTE
from blave_mcp.exchanges.paper.types import QUANTUM, ZERO

RATE_GRID = Decimal("1e-8")
TRADE_EVERY = 5 * MINUTE
PERIODS = (2, 2, 2, 7, 30, 2, 14, 120)
LEVELS = 250
KEEP = 500
_SPAN = Decimal(2**32)


@dataclass(frozen=True, slots=True)
class Credit:
    """What lending a currency is like: a level of yearly interest, and amounts that are usual."""

    yearly: Decimal
    unit: Decimal


CURRENCIES: Mapping[str, Credit] = {
    "USD": Credit(Decimal("0.11"), Decimal(1)),
    "USDT": Credit(Decimal("0.085"), Decimal(1)),
    "BTC": Credit(Decimal("0.006"), Decimal("0.00001")),
    "ETH": Credit(Decimal("0.012"), Decimal("0.0005")),
}


def _noise(*what: object) -> Decimal:
    """From 0 to 1, the same for the same question."""
    digest = hashlib.sha256("|".join(map(str, what)).encode()).digest()
    return Decimal(int.from_bytes(digest[:4], "big")) / _SPAN


def _grid(rate: Decimal) -> Decimal:
    return max(RATE_GRID, rate.quantize(RATE_GRID))


@lru_cache(maxsize=4_096)
def _level(currency: str, day: int) -> Decimal:
    return CURRENCIES[currency].yearly / 365 * (Decimal("0.7") + Decimal("0.6") * _noise("frr", currency, day))


@lru_cache(maxsize=4_096)
def frr(currency: str, now_ms: int) -> Decimal:
    """The reference rate per day; it changes with the hour."""
    hour = now_ms // HOUR
    day, within = divmod(hour, 24)
    one, two = _level(currency, day), _level(currency, day + 1)
    return _grid(one + (two - one) * within / 24)


def demand(currency: str, period: int, hour: int) -> Decimal:
    """What the borrowers of an hour would pay at most for a period."""
    longer = Decimal(1) + Decimal("0.1") * (period >= 30) + Decimal("0.1") * (period >= 120)
    spread = Decimal("0.7") + Decimal("0.6") * _noise("demand", currency, period, hour)
    return _grid(frr(currency, hour * HOUR) * longer * spread)


@dataclass(frozen=True, slots=True)
class Level:
    """A step of the book; `amount` is positive on both sides."""

    rate: Decimal
    period: int
    amount: Decimal


def bids(currency: str, now_ms: int, count: int = LEVELS) -> Iterator[Level]:
    """Bids to borrow, highest rate first."""
    top, hour = frr(currency, now_ms) * Decimal("0.95"), now_ms // HOUR
    for n in range(count):
        yield Level(_grid(top * (1 - Decimal(n) / 400)), PERIODS[n % len(PERIODS)], _size(currency, "bid", hour, n))


def offers(currency: str, now_ms: int, count: int = LEVELS) -> Iterator[Level]:
    """Offers to lend, lowest rate first."""
    bottom, hour = frr(currency, now_ms) * Decimal("0.97"), now_ms // HOUR
    for n in range(count):
        yield Level(
            _grid(bottom * (1 + Decimal(n) / 300)), PERIODS[-1 - n % len(PERIODS)], _size(currency, "ask", hour, n)
        )


def _size(currency: str, *what: object) -> Decimal:
    unit = CURRENCIES[currency].unit
    return ((500 + 60_000 * _noise("size", currency, *what)) * unit).quantize(QUANTUM)


@dataclass(frozen=True, slots=True)
class LoanTrade:
    id: int
    time_ms: int
    amount: Decimal
    rate: Decimal
    period: int


def trades(currency: str, start_ms: int, end_ms: int) -> Iterator[LoanTrade]:
    """Loans that others made in [start, end], one every five minutes, oldest first."""
    for n in range(-(-start_ms // TRADE_EVERY), end_ms // TRADE_EVERY + 1):
        at = n * TRADE_EVERY
        share = Decimal("0.8") + Decimal("0.35") * _noise("trade", currency, n)
        period = PERIODS[int(_noise("period", currency, n) * len(PERIODS))]
        yield LoanTrade(n, at, _size(currency, "trade", n), _grid(frr(currency, at) * share), period)


# The account's part.


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An offer to lend.

    Attributes:
        kind: "limit" or, following the FRR, "fix" or "var"; then `rate` is an offset.
        status: "active", "canceled" or "executed"; `taken_at` is the rate of the latter.
    """

    id: int
    currency: str
    amount: Decimal
    kind: str
    rate: Decimal
    period: int
    hidden: bool
    created_ms: int
    updated_ms: int
    status: str = "active"
    taken_at: Decimal = ZERO

    def rate_at(self, now_ms: int) -> Decimal:
        return self.rate if self.kind == "limit" else _grid(frr(self.currency, now_ms) + self.rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """What has been lent. `rate` is an offset to the FRR where it is variable; `paid_ms` is the last payment."""

    id: int
    offer_id: int
    currency: str
    amount: Decimal
    rate: Decimal
    period: int
    variable: bool
    hidden: bool
    opened_ms: int
    paid_ms: int
    earned: Decimal = ZERO

    @property
    def ends_ms(self) -> int:
        return self.opened_ms + self.period * DAY

    def rate_at(self, now_ms: int) -> Decimal:
        return _grid(frr(self.currency, now_ms) + self.rate) if self.variable else self.rate


_DECIMALS = ("amount", "rate", "earned", "taken_at")


def _from(kind: Any, row: Mapping[str, Any]) -> Any:
    return kind(**{name: Decimal(value) if name in _DECIMALS else value for name, value in row.items()})


def _to(item: Offer | Loan) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(item).items()}


class Lender:
    """An account that lends from one of its wallets.

    Args:
        state: what `to_json` gave; empty for a new one.
        fee, hidden_fee: the parts of the interest that the venue keeps.

    Attributes:
        changed: whether there is something to keep.
    """

    def __init__(
        self, exchange: PaperExchange, wallet: str, state: Mapping[str, Any], *, fee: Decimal, hidden_fee: Decimal
    ) -> None:
        self._exchange = exchange
        self._wallet = wallet
        self._fees = {False: fee, True: hidden_fee}
        self.offers: list[Offer] = [_from(Offer, row) for row in state.get("offers", ())]
        self.loans: list[Loan] = [_from(Loan, row) for row in state.get("loans", ())]
        self.past_offers: list[Offer] = [_from(Offer, row) for row in state.get("past_offers", ())]
        self.past_loans: list[Loan] = [_from(Loan, row) for row in state.get("past_loans", ())]
        self._last_id: int = state.get("last_id", 0)
        self._settled: int = state.get("settled", 0)
        self.changed = False

    def to_json(self) -> dict[str, Any]:
        return {
            "offers": [_to(one) for one in self.offers],
            "loans": [_to(one) for one in self.loans],
            "past_offers": [_to(one) for one in self.past_offers[-KEEP:]],
            "past_loans": [_to(one) for one in self.past_loans[-KEEP:]],
            "last_id": self._last_id,
            "settled": self._settled,
        }

    def _id(self) -> int:
        self._last_id += 1
        return self._last_id

    def advance(self, now_ms: int) -> None:
        """Takes offers, pays interest and ends loans, as far as it is due."""
        if self.offers:
            for hour in range(self._settled // HOUR + 1, now_ms // HOUR + 1):
                for one in list(self.offers):
                    at = hour * HOUR
                    if one.created_ms <= at and one.rate_at(at) <= demand(one.currency, one.period, hour):
                        self._lend(one, one.rate_at(at), at)
                if not self.offers:
                    break
        for loan in list(self.loans):
            self._pay(loan, now_ms)
        if now_ms > self._settled:
            self._settled = now_ms
            self.changed = self.changed or bool(self.offers)

    def submit(self, offer: Offer, now_ms: int) -> Offer:
        """Sets the amount aside and lets the offer rest, or lends it at once where a bid takes it.

        Raises: PaperRefusal BAD_AMOUNT, INSUFFICIENT_BALANCE.
        """
        self.advance(now_ms)
        self._exchange.hold(self._wallet, offer.currency, offer.amount, now_ms=now_ms)
        offer = replace(offer, id=self._id(), created_ms=now_ms, updated_ms=now_ms)
        self.offers.append(offer)
        self.changed = True
        wanted = offer.rate_at(now_ms)
        for bid in bids(offer.currency, now_ms, 25):
            if bid.rate >= wanted and bid.period <= offer.period and offer.kind == "limit":
                self._lend(offer, bid.rate, now_ms)
                break
        return offer

    def cancel(self, id: int, now_ms: int) -> Offer | None:
        """Frees the amount of an offer that rests; None where there is none with this id."""
        self.advance(now_ms)
        for offer in self.offers:
            if offer.id == id:
                self._exchange.release(self._wallet, offer.currency, offer.amount, now_ms=now_ms)
                return self._end(offer, "canceled", now_ms)
        return None

    def _end(self, offer: Offer, status: str, at_ms: int, rate: Decimal = ZERO) -> Offer:
        self.offers.remove(offer)
        ended = replace(offer, status=status, updated_ms=at_ms, taken_at=rate)
        self.past_offers.append(ended)
        self.changed = True
        return ended

    def _lend(self, offer: Offer, rate: Decimal, at_ms: int) -> None:
        self._end(offer, "executed", at_ms, rate)
        variable = offer.kind == "var"
        loan = Loan(
            id=self._id(),
            offer_id=offer.id,
            currency=offer.currency,
            amount=offer.amount,
            rate=offer.rate if variable else rate,
            period=offer.period,
            variable=variable,
            hidden=offer.hidden,
            opened_ms=at_ms,
            paid_ms=at_ms,
        )
        self.loans.append(loan)

    def _pay(self, loan: Loan, now_ms: int) -> None:
        at = self.loans.index(loan)
        while loan.paid_ms < (due := min(loan.ends_ms, (loan.paid_ms // DAY + 1) * DAY)) <= now_ms:
            interest = loan.amount * loan.rate_at(due) * (due - loan.paid_ms) / DAY
            net = (interest * (1 - self._fees[loan.hidden])).quantize(QUANTUM, ROUND_DOWN)
            if net > 0:
                self._exchange.pay(self._wallet, loan.currency, net, now_ms=now_ms, key="lending")
            loan = replace(loan, paid_ms=due, earned=loan.earned + net)
            self.loans[at] = loan
            self.changed = True
        if loan.ends_ms <= now_ms:
            self._exchange.release(self._wallet, loan.currency, loan.amount, now_ms=now_ms)
            self.loans.remove(loan)
            self.past_loans.append(loan)
            self.changed = True
