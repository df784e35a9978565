"""Lending between users: what it pays, what the account has lent, and offers. Offers return a pending action."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Any

from blave_mcp.exchanges.errors import BadArgument, LimitExceeded
from blave_mcp.exchanges.funding import (
    FUNDING,
    FundingBook,
    FundingRates,
    FundingStatus,
    FundingVerbs,
    OfferIntent,
    OfferType,
)
from blave_mcp.exchanges.params import decimal, flag, integer, one_of, text
from blave_mcp.tools.answers import END, START, VENUE, newest
from blave_mcp.tools.desk import Desk, Venue
from blave_mcp.tools.format import exact, money, short
from blave_mcp.tools.funding_views import YEAR, both, per_day, show_book, show_rates, show_status, show_trades
from blave_mcp.tools.guards import lending_guard, offer_guard
from blave_mcp.tools.situation import read_all
from blave_mcp.tools.spec import Result, Tool, Toolset, Touch
from blave_mcp.tools.summary import Summary, utc
from blave_mcp.tools.times import to_span

DAY_MS = 86_400_000
FRR_TOLERANCE = Decimal(10)
"""Percent by which the reference rate may move between summary and sending."""
MUCH = Decimal("0.01")
CENT = Decimal("0.00000001")
VIEWS = ("rates", "book", "trades", "status")
BOOK_DEPTH = 250


def to_rate(value: str) -> Decimal:
    """Reads a rate per day: "0.0002", "0.02%", or "7.3%/y" for one per year.

    Raises:
        BadArgument: it is none of these.
    """
    bare = value.strip().lower().replace(" ", "")
    yearly = bare.endswith(("/y", "/year"))
    bare = bare.removesuffix("/year").removesuffix("/y").removesuffix("/day").removesuffix("/d")
    share = bare.endswith("%")
    try:
        number = Decimal(bare.removesuffix("%"))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > 20 or (yearly and not share):
        raise BadArgument(f'"{value[:40]}" is no rate.', advice='Write "0.0002", "0.02%" (per day) or "7.3%/y".')
    if share:
        number /= 100
    return (number / YEAR).quantize(CENT) if yearly else number


# Reading.


async def get_funding(
    desk: Desk,
    *,
    currency: str,
    venue: str = "bitfinex",
    view: str = "rates",
    period: int | None = None,
    start: str = "",
    end: str = "",
    limit: int = 50,
) -> Result:
    place, verbs = desk.funding(venue)
    name = currency.strip().upper()
    match view:
        case "book":
            book = await desk.ask(place.name, verbs.book(name, min(limit, BOOK_DEPTH)))
            return show_book(desk, place, book)
        case "trades":
            start_ms, end_ms = to_span(start, end, desk.clock.now_ms())
            question = verbs.trades(name, start_ms=start_ms, end_ms=end_ms, limit=10_000 if period else limit)
            found = [one for one in await desk.ask(place.name, question) if period in (None, one.period)]
            return show_trades(desk, place, name, newest(found, limit, start_ms), limit=limit, start_ms=start_ms)
        case "status":
            desk.require_key(place)
            return show_status(desk, place, verbs, await desk.ask(place.name, verbs.status(name)))
        case _:
            return show_rates(desk, place, await desk.ask(place.name, verbs.rates(name, limit=min(limit, 250))))


# Offering.


@dataclass(frozen=True, slots=True, kw_only=True)
class LendingMarket:
    """What an offer is checked against. `worth` is what one of the currency is worth in dollars."""

    status: FundingStatus
    rates: FundingRates
    book: FundingBook
    worth: Decimal


async def lending_market(desk: Desk, place: Venue, verbs: FundingVerbs, currency: str) -> LendingMarket:
    dollars = verbs.dollars(currency)
    questions: list[Any] = [verbs.status(currency), verbs.rates(currency, limit=0), verbs.book(currency, BOOK_DEPTH)]
    status, rates, book, *more = await read_all(desk, place.name, [*questions, *([dollars] if dollars else [])])
    return LendingMarket(status=status, rates=rates, book=book, worth=more[0] if more else Decimal(1))


async def submit_funding_offer(
    desk: Desk,
    *,
    currency: str,
    amount: str,
    rate: str,
    period: int,
    type: str = "limit",
    hidden: bool = False,
    venue: str = "bitfinex",
) -> Result:
    place, verbs = desk.funding(venue)
    desk.check_halt()
    desk.require_key(place)
    intent = OfferIntent(
        currency=currency.strip().upper(),
        amount=Decimal(amount),
        type=OfferType(type),
        rate=to_rate(rate),
        period=period,
        hidden=hidden,
    )
    _check_terms(intent, verbs)
    return propose_offer(desk, place, verbs, intent, await lending_market(desk, place, verbs, intent.currency))


def propose_offer(desk: Desk, place: Venue, verbs: FundingVerbs, intent: OfferIntent, now: LendingMarket) -> Result:
    """The pending action for an offer that keeps every rule.

    Raises:
        BadArgument: too much, too little, or a rate that earns nothing.
        LimitExceeded: above the operator's own limit.
    """
    period = intent.period
    _check_amount(intent, now, verbs, place, desk)
    effective = intent.rate if intent.type is OfferType.LIMIT else now.rates.frr + intent.rate
    if effective <= 0:
        raise BadArgument(
            f"The FRR is {both(now.rates.frr)}; with an offset of {exact(intent.rate)} nothing would be earned.",
            advice="Use a larger offset.",
        )
    summary = Summary(
        f"Lend {exact(intent.amount)} {intent.currency} for {period} days at {per_day(effective)} on {place.title}"
    )
    _offer_rows(summary, intent, effective, now, verbs=verbs, now_ms=desk.clock.now_ms())
    summary.verify = "the account's offers in this currency"
    summary.facts.update(
        venue=place.name, market=FUNDING, currency=intent.currency, amount=exact(intent.amount),
        rate=exact(intent.rate), effective_rate=exact(effective), period=period, type=intent.type.value,
    )  # fmt: skip
    guards = [lending_guard(now.status, intent.amount, now.rates.frr, FRR_TOLERANCE)]
    label = f"Offer {exact(intent.amount)} {intent.currency} to lend"
    return desk.propose(place, FUNDING, summary, [(label, call) for call in verbs.submit(intent)], guards)


def _check_terms(intent: OfferIntent, verbs: FundingVerbs) -> None:
    low, high = verbs.periods
    if not low <= intent.period <= high:
        raise BadArgument(f"A period is {low} to {high} days, not {intent.period}.")
    if intent.type is OfferType.LIMIT and intent.rate <= 0:
        raise BadArgument("The rate of a limit offer is greater than zero.")
    if intent.type is OfferType.FRR_VAR and intent.rate < 0:
        raise BadArgument("The offset of an frr_var offer is 0 or more.", advice="frr_fix takes a negative one.")


def _check_amount(intent: OfferIntent, now: LendingMarket, verbs: FundingVerbs, place: Venue, desk: Desk) -> None:
    free, unit = now.status.wallet.free, intent.currency
    if intent.amount > free:
        raise BadArgument(
            f"{exact(intent.amount)} {unit} is more than the {exact(free)} that is free in the {verbs.wallet} wallet.",
            advice="Use less, cancel an offer, or move funds with transfer_funds.",
        )
    worth = intent.amount * now.worth
    if worth < verbs.least_dollars:
        least = (verbs.least_dollars / now.worth).quantize(CENT)
        raise BadArgument(
            f"An offer on {place.title} is worth at least {exact(verbs.least_dollars)} USD; this one is worth"
            f" {money(worth)}.",
            advice=f"Use {exact(least)} {unit} or more.",
        )
    most = desk.limits.max_order_quote
    if most is not None and worth > most:
        raise LimitExceeded(
            f"The offer is worth {money(worth)} USD; the operator's limit is {money(most)}.",
            advice="Use less. The limit is BLAVE_MCP_MAX_ORDER_QUOTE.",
        )


def _offer_rows(
    summary: Summary, intent: OfferIntent, effective: Decimal, now: LendingMarket, *, verbs: FundingVerbs, now_ms: int
) -> None:
    unit, rates, wallet = intent.currency, now.rates, now.status.wallet
    summary.row("Amount", f"{exact(intent.amount)} {unit} from the {verbs.wallet} wallet")
    kinds = {
        OfferType.LIMIT: "limit: this rate for the whole period",
        OfferType.FRR_FIX: f"FRR {intent.rate:+f}: follows the FRR until it is matched, then fixed",
        OfferType.FRR_VAR: f"FRR {intent.rate:+f}: follows the FRR for the whole period",
    }
    summary.row("Type", kinds[intent.type] + (", hidden" if intent.hidden else ""))
    summary.row("Rate", both(effective) + ("" if intent.type is OfferType.LIMIT else " now"))
    difference = (effective / rates.frr - 1) * 100 if rates.frr else None
    summary.row("FRR", both(rates.frr) + ("" if difference is None else f"; the offer is {difference:+.1f} % from it"))
    summary.row("Best bid", f"{both(rates.bid)} for {rates.bid_period} days, {short(rates.bid_size)} {unit}")
    ahead = [one for one in now.book.offers if one.rate < effective]
    before = sum((one.amount for one in ahead), Decimal(0))
    summary.row("Before it", f"{short(before)} {unit} in {len(ahead)} levels of the book's {len(now.book.offers)}")
    summary.row("Period", f"{intent.period} days; if it is lent now, until {utc(now_ms + intent.period * DAY_MS)}")
    fee = verbs.hidden_fee if intent.hidden else verbs.fee
    gross = intent.amount * effective * intent.period
    net = (gross * (1 - fee)).quantize(CENT, ROUND_DOWN)
    summary.row(
        "Interest", f"about {money(gross, unit)} in all, {money(net, unit)} after the venue's {exact(fee * 100)} %"
    )
    summary.row("Per day", f"about {money(gross / intent.period * (1 - fee), unit)} after it, while it is lent")
    summary.row(
        "Wallet", f"{exact(wallet.total)} {unit}; free {exact(wallet.free)}, {exact(wallet.free - intent.amount)} after"
    )
    summary.row(
        "Sent only if", f"the amount is still free and the FRR within {exact(FRR_TOLERANCE)} % of what is shown"
    )
    summary.warn(
        f"What is lent cannot be taken back for up to {intent.period} days; the borrower may return it earlier."
    )
    if effective <= rates.bid:
        summary.warn("The rate is not above the best bid: it may be lent at once. A higher rate may be had.")
    elif effective > rates.high_24h:
        summary.warn(
            f"The rate is above all trades of 24 hours (highest {per_day(rates.high_24h)}): it may never be lent."
        )
    if effective > MUCH:
        summary.warn(f"{both(effective)} is far above what is usual: rates are fractions per day.")


async def cancel_funding_offer(
    desk: Desk, *, currency: str, offer: str = "", all: bool = False, venue: str = "bitfinex"
) -> Result:
    place, verbs = desk.funding(venue)
    desk.check_halt()
    desk.require_key(place)
    if bool(offer) == all:
        raise BadArgument("Give offer (an id) or all, one of them.", advice="get_funding with view status lists them.")
    status = await desk.ask(place.name, verbs.status(currency.strip().upper()))
    meant = [one for one in status.offers if all or one.id == offer]
    unit, wallet = status.currency, status.wallet
    if not meant:
        resting = ", ".join(f"{one.id} ({exact(one.amount)} at {per_day(one.rate)})" for one in status.offers) or "none"
        what = f'offer "{offer}"' if offer else "offer"
        raise BadArgument(f"There is no {what} in {unit} that rests on {place.title}.", advice=f"Offers: {resting}.")
    back = sum((one.amount for one in meant if one.amount > 0), Decimal(0))
    title = f"Cancel all {len(meant)} offers in {unit}" if all else f"Cancel offer {offer} in {unit}"
    summary = Summary(f"{title} on {place.title}")
    for one in meant[:15]:
        summary.row(f"Offer {one.id}", f"{exact(one.amount)} of {exact(one.original)} {unit} at {both(one.rate)},"
                    f" {one.period} days, {one.type}")  # fmt: skip
    if len(meant) > 15:
        summary.row("And", f"{len(meant) - 15} more")
    summary.row("Wallet", f"{exact(wallet.total)} {unit}; free {exact(wallet.free)}, {exact(wallet.free + back)} after")
    if any(one.amount != one.original for one in meant):
        summary.warn("A part is lent already and stays lent.")
    if all:
        summary.warn("Offers made after this summary are canceled too.")
    summary.verify = "the account's offers in this currency"
    summary.facts.update(venue=place.name, market=FUNDING, currency=unit, offers=[one.id for one in meant])
    calls = verbs.cancel_all(unit) if all else verbs.cancel(offer)
    guards = [] if all else [offer_guard(one) for one in meant]
    return desk.propose(place, FUNDING, summary, [(title, call) for call in calls], guards)


_VENUE = text("venue", VENUE)
_CURRENCY = text("currency", "USD, USDT, BTC, ...", required=True)
_PENDING = " Sends nothing: returns a pending action for the user to CONFIRM."

FUNDING_TOOLS = (
    Tool(
        name="get_funding",
        title="Lending between users",
        doc="What lending on a funding book pays, and what the account has lent. rates: FRR, best bid and offer, "
        "history; book; trades with median and third quartile by period; status: wallet, offers, loans and credits.",
        toolset=Toolset.FUNDING,
        touch=Touch.READ,
        run=get_funding,
        params=(
            _CURRENCY,
            _VENUE,
            one_of("view", VIEWS),
            integer("period", "trades: of this period in days alone.", low=1, high=365),
            text("start", f"trades: {START}"),
            text("end", END),
            integer("limit", "Rows, levels a side or points.", low=1, high=1000),
        ),
    ),
    Tool(
        name="submit_funding_offer",
        title="Offer funds to lend",
        doc="Proposes an offer to lend from the funding wallet; shows rate per day and year, net interest, FRR, "
        "place in the book, wallet before and after." + _PENDING,
        toolset=Toolset.FUNDING,
        touch=Touch.PROPOSE,
        run=submit_funding_offer,
        params=(
            _CURRENCY,
            decimal("amount", "In the currency.", required=True),
            text(
                "rate", 'Per day: "0.0002" or "0.02%"; per year "7.3%/y". frr types: offset to the FRR.', required=True
            ),
            integer("period", "Days.", low=2, high=120, required=True),
            one_of("type", tuple(OfferType)),
            flag("hidden", "Not shown in the book; the venue keeps more of the interest."),
            _VENUE,
        ),
    ),
    Tool(
        name="cancel_funding_offer",
        title="Take back an offer",
        doc="Proposes taking back one offer that is not lent yet, or all in a currency." + _PENDING,
        toolset=Toolset.FUNDING,
        touch=Touch.PROPOSE,
        run=cancel_funding_offer,
        params=(_CURRENCY, text("offer", "The offer's id."), flag("all", "All offers in the currency."), _VENUE),
    ),
)
