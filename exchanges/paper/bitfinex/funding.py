"""Funding as Bitfinex tells it, over the paper exchange's lending. https://docs.bitfinex.com/reference/rest-public-book

On a funding book a positive amount is an offer to lend, a negative one a bid. Whatever is lent is in use (a credit).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper import lending
from blave_mcp.exchanges.paper.bitfinex.terms import FUNDING, asset_of, code_of
from blave_mcp.exchanges.paper.bitfinex.wire import Ask, generic, notification, wrong
from blave_mcp.exchanges.paper.lending import CURRENCIES, Lender, Loan, Offer
from blave_mcp.exchanges.paper.market import DAY, HOUR
from blave_mcp.exchanges.paper.refusals import PaperRefusal
from blave_mcp.exchanges.paper.types import ZERO, Product, key_of

NOTES = "bitfinex-lending"
FEE, HIDDEN_FEE = Decimal("0.15"), Decimal("0.18")
LEAST_DOLLARS = Decimal(150)
KINDS = {"LIMIT": "limit", "FRRDELTAFIX": "fix", "FRRDELTAVAR": "var"}
WORDS = {kind: word for word, kind in KINDS.items()}
STATUS = {"active": "ACTIVE", "canceled": "CANCELED"}
FIRST_ID = 41_000_000
HIDDEN = 64
PAIR = "tBTCUST"


def symbols() -> list[str]:
    return [f"f{code_of(name)}" for name in CURRENCIES]


def currency_of(symbol: str) -> str:
    name = asset_of(symbol.removeprefix("f"))
    if not symbol.startswith("f") or name not in CURRENCIES:
        raise wrong("symbol")
    return name


@contextmanager
def lender(ask: Ask) -> Iterator[Lender]:
    """The account's lending as it is now; what changes is kept."""
    state = ask.account.notes.get(NOTES, {})
    ask.exchange.advance(ask.now)
    one = Lender(ask.exchange, FUNDING, state, fee=FEE, hidden_fee=HIDDEN_FEE)
    one.advance(ask.now)
    try:
        yield one
    finally:
        if one.changed:
            ask.account.notes[NOTES] = one.to_json()
            ask.account.noted = True


def settle(ask: Ask) -> None:
    with lender(ask):
        pass


# Public.


def ticker(ask: Ask, symbol: str) -> list[Any]:
    currency = currency_of(symbol)
    bid, offer = next(lending.bids(currency, ask.now)), next(lending.offers(currency, ask.now))
    day = list(lending.trades(currency, ask.now - DAY, ask.now))
    rates = [one.rate for one in day]
    change = rates[-1] - rates[0]
    volume = sum((one.amount for one in day), ZERO)
    frr = lending.frr(currency, ask.now)
    return [
        frr, bid.rate, bid.period, bid.amount, offer.rate, offer.period, offer.amount, change,
        round(change / rates[0], 8), rates[-1], volume, max(rates), min(rates), None, None, volume * 10,
    ]  # fmt: skip


def book(ask: Ask, symbol: str, length: int) -> list[Any]:
    currency = currency_of(symbol)
    rows = [[one.rate, one.period, 1, -one.amount] for one in lending.bids(currency, ask.now, length)]
    return rows + [[one.rate, one.period, 1, one.amount] for one in lending.offers(currency, ask.now, length)]


def trades(ask: Ask, symbol: str) -> list[Any]:
    """[ID, MTS, AMOUNT, RATE, PERIOD], newest first unless told."""
    params, currency = ask.params, currency_of(symbol)
    limit = params.rows(125, 10_000)
    end = min(params.integer("end", ask.now) or ask.now, ask.now)
    rising = params.integer("sort", -1) == 1
    reach = (limit + 1) * lending.TRADE_EVERY
    start = params.integer("start")
    if rising and start is not None:
        end = min(end, start + reach)
    first = max(end - reach, start or 0) if not rising else (start if start is not None else end - reach)
    found = [[one.id, one.time_ms, one.amount, one.rate, one.period] for one in lending.trades(currency, first, end)]
    return found[:limit] if rising else found[::-1][:limit]


def stats(ask: Ask) -> list[Any]:
    """[3] holds 1/365 of the FRR; a point for each hour, newest first."""
    params = ask.params
    currency = currency_of(params.path["symbol"])
    limit = params.rows(100, 250)
    end = min(params.integer("end", ask.now) or ask.now, ask.now)
    last = end - end % HOUR
    start = params.integer("start", 0) or 0
    found = []
    for n in range(limit):
        at = last - n * HOUR
        if at < start:
            break
        total = CURRENCIES[currency].unit * 1_000_000_000
        share = round(lending.frr(currency, at) / 365, 12)
        found.append(
            [at, None, None, share, Decimal("60.5"), None, None, total, total * 9 / 10, None, None, total / 20]
        )
    return found


# The account's.


def _row(offer: Offer, now_ms: int) -> list[Any]:
    """`RATE` is what was asked for; of an offer that follows the FRR its offset."""
    left = offer.amount if offer.status != "executed" else ZERO
    told = STATUS.get(offer.status) or f"EXECUTED at {offer.taken_at:f} ({offer.amount:f})"
    return [
        offer.id + FIRST_ID, f"f{code_of(offer.currency)}", offer.created_ms, offer.updated_ms, left, offer.amount,
        WORDS[offer.kind], None, None, HIDDEN if offer.hidden else 0, told, None, None, None, offer.rate, offer.period,
        0, int(offer.hidden), None, 0, None,
    ]  # fmt: skip


def _credit(loan: Loan, now_ms: int, status: str = "ACTIVE") -> list[Any]:
    rate = loan.rate_at(now_ms)
    return [
        loan.id + FIRST_ID, f"f{code_of(loan.currency)}", 1, loan.opened_ms, loan.paid_ms, loan.amount, None, status,
        "VAR" if loan.variable else "FIXED", None, None, rate, loan.period, loan.opened_ms,
        loan.paid_ms if loan.paid_ms > loan.opened_ms else None, 0, int(loan.hidden), None, 0, None, 0, PAIR,
    ]  # fmt: skip


def _wanted(ask: Ask) -> str | None:
    symbol = ask.params.path.get("symbol")
    return None if symbol is None else currency_of(symbol)


def offers(ask: Ask) -> list[Any]:
    wanted = _wanted(ask)
    with lender(ask) as one:
        return [_row(offer, ask.now) for offer in one.offers if wanted in (None, offer.currency)]


def credits(ask: Ask) -> list[Any]:
    wanted = _wanted(ask)
    with lender(ask) as one:
        return [_credit(loan, ask.now) for loan in one.loans if wanted in (None, loan.currency)]


def loans(ask: Ask) -> list[Any]:
    """Whatever is lent is in use at once."""
    _wanted(ask)
    settle(ask)
    return []


def _span(ask: Ask, found: list[list[Any]], when: int, most: int) -> list[Any]:
    start, end = ask.params.integer("start", 0) or 0, ask.params.integer("end", ask.now) or ask.now
    return [row for row in reversed(found) if start <= row[when] <= end][: ask.params.rows(25, most)]


def offers_history(ask: Ask) -> list[Any]:
    wanted = _wanted(ask)
    with lender(ask) as one:
        rows = [_row(offer, ask.now) for offer in one.past_offers if wanted in (None, offer.currency)]
    return _span(ask, rows, 3, 500)


def credits_history(ask: Ask) -> list[Any]:
    wanted = _wanted(ask)
    with lender(ask) as one:
        rows = [
            _credit(loan, ask.now, "CLOSED (expired)") for loan in one.past_loans if wanted in (None, loan.currency)
        ]
    return _span(ask, rows, 4, 500)


def loans_history(ask: Ask) -> list[Any]:
    _wanted(ask)
    return []


def own_trades(ask: Ask) -> list[Any]:
    wanted = _wanted(ask)
    with lender(ask) as one:
        made = [loan for loan in (*one.past_loans, *one.loans) if wanted in (None, loan.currency)]
    rows = [
        [loan.id + FIRST_ID, f"f{code_of(loan.currency)}", loan.opened_ms, loan.offer_id + FIRST_ID, loan.amount,
         loan.rate_at(loan.opened_ms), loan.period, None]
        for loan in made
    ]  # fmt: skip
    return _span(ask, rows, 2, 1000)


def info(ask: Ask) -> list[Any]:
    """["sym", SYMBOL, [YIELD_LOAN, YIELD_LEND, DURATION_LOAN, DURATION_LEND]]"""
    symbol = ask.params.path["symbol"]
    currency = currency_of(symbol)
    with lender(ask) as one:
        mine = [loan for loan in one.loans if loan.currency == currency]
    total = sum((loan.amount for loan in mine), ZERO)
    if not total:
        return ["sym", symbol, [ZERO, ZERO, ZERO, ZERO]]
    rate = sum((loan.amount * loan.rate_at(ask.now) for loan in mine), ZERO) / total
    days = sum((loan.amount * (loan.ends_ms - ask.now) for loan in mine), ZERO) / total / DAY
    return ["sym", symbol, [ZERO, round(rate, 8), ZERO, round(days, 2)]]


# Writes.


def _dollars(ask: Ask, currency: str) -> Decimal:
    if currency in ("USD", "USDT"):
        return Decimal(1)
    return ask.exchange.market.prices(key_of(f"{currency}USDT", Product.SPOT), ask.now).last


def submit(ask: Ask) -> list[Any]:
    params = ask.params
    kind, symbol = params.needed("type"), params.needed("symbol")
    if kind not in KINDS:
        raise wrong("type")
    currency, amount, rate = currency_of(symbol), params.amount("amount"), params.decimal("rate")
    period = params.integer("period")
    if period is None or not 2 <= period <= 120:
        raise wrong("period")
    if rate is None or (kind == "LIMIT" and rate <= 0) or (kind == "FRRDELTAVAR" and rate < 0):
        raise generic("Invalid rate.")
    if amount < 0:
        raise generic("Invalid offer: paper trading lends, it does not borrow; give a positive amount.")
    code = code_of(currency)
    if amount * _dollars(ask, currency) < LEAST_DOLLARS:
        raise generic(f"Invalid offer: incorrect amount, minimum is 150.0 dollar or equivalent in {code}")
    hidden = bool((params.integer("flags", 0) or 0) & HIDDEN)
    wish = Offer(
        id=0, currency=currency, amount=amount, kind=KINDS[kind], rate=rate, period=period, hidden=hidden,
        created_ms=ask.now, updated_ms=ask.now,
    )  # fmt: skip
    try:
        with lender(ask) as one:
            made = one.submit(wish, ask.now)
    except PaperRefusal:
        raise generic(f"Invalid offer: not enough {code} balance") from None
    text = f"Submitting funding offer of {amount:f} {code} at {rate * 100:f} for {period} days."
    return notification("fon-req", _row(made, ask.now), text, ask.now)


def cancel(ask: Ask) -> list[Any]:
    id = ask.params.integer("id")
    if id is None:
        raise wrong("id")
    with lender(ask) as one:
        gone = one.cancel(id - FIRST_ID, ask.now)
    if gone is None:
        raise generic("Offer not found.")
    return notification("foc-req", _row(gone, ask.now), f"Submitted for cancellation ({id}).", ask.now)


def cancel_all(ask: Ask) -> list[Any]:
    code = ask.params.text("currency")
    wanted = currency_of(f"f{code}") if code else None
    with lender(ask) as one:
        for offer in [offer for offer in one.offers if wanted in (None, offer.currency)]:
            one.cancel(offer.id, ask.now)
    return notification("foc_all-req", None, f"Canceling all {code} offers.".replace("  ", " "), ask.now)
