"""What the funding tools show: rates, the book, trades, and the account's own lending."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.funding import (
    FUNDING,
    FundingBook,
    FundingOffer,
    FundingRates,
    FundingStatus,
    FundingTrade,
    FundingVerbs,
    Lent,
)
from blave_mcp.exchanges.untrusted import clean
from blave_mcp.tools.answers import answer, rest, table, told
from blave_mcp.tools.desk import Desk, Venue
from blave_mcp.tools.format import exact, money, near, short
from blave_mcp.tools.spec import Result
from blave_mcp.tools.times import second

YEAR = 365


def per_day(rate: Decimal) -> str:
    return f"{near(rate * 100, 6)} % a day"


def both(rate: Decimal) -> str:
    """0.02 % a day (7.3 % a year), without compounding."""
    return f"{per_day(rate)} ({short(rate * 100 * YEAR, 4)} % a year)"


def show_rates(desk: Desk, venue: Venue, r: FundingRates) -> Result:
    lines = [
        f"{venue.title} funding in {r.currency}: rates are for lending, before the venue's part of the interest.",
        f"FRR (Flash Return Rate): {both(r.frr)}"
        + (f", {short(r.frr_available)} {r.currency} on offer at it." if r.frr_available is not None else "."),
        f"Best bid to borrow: {both(r.bid)} for {r.bid_period} days, {short(r.bid_size)} {r.currency}.",
        f"Best offer to lend: {both(r.offer)} for {r.offer_period} days, {short(r.offer_size)} {r.currency}.",
        f"Last trade: {both(r.last)}; in 24 hours {per_day(r.low_24h)} to {per_day(r.high_24h)},"
        f" {short(r.volume_24h)} {r.currency} lent.",
    ]
    columns = ("time_utc", "frr_percent_day", "frr_percent_year", "average_period", "lent", "used")
    rows = [
        (second(p.time_ms), near(p.frr * 100, 6), short(p.frr * 100 * YEAR, 4), near(p.average_period, 4),
         near(p.lent, 8), near(p.used, 8))
        for p in r.history
    ]  # fmt: skip
    shown = table(columns, rows, newest_last=True)
    data = {
        "frr": exact(r.frr), "frr_percent_year": near(r.frr * 100 * YEAR, 6),
        "bid": _side(r.bid, r.bid_period, r.bid_size), "offer": _side(r.offer, r.offer_period, r.offer_size),
        "last": exact(r.last), "high_24h": exact(r.high_24h), "low_24h": exact(r.low_24h),
        "volume_24h": exact(r.volume_24h), "history": shown.data,
    }  # fmt: skip
    more = [shown.text] if rows else []
    return answer(desk, venue, [*lines, *more], told(venue, FUNDING, currency=r.currency, **data))


def _side(rate: Decimal, period: int, amount: Decimal) -> dict[str, Any]:
    return {"rate": exact(rate), "period": period, "amount": exact(amount)}


def show_book(desk: Desk, venue: Venue, book: FundingBook) -> Result:
    columns = ("side", "rate_day", "percent_year", "period_days", "amount", "orders")
    rows = [
        (side, exact(one.rate), short(one.rate * 100 * YEAR, 4), one.period, exact(one.amount), one.count)
        for side, levels in (("bid", book.bids), ("offer", book.offers))
        for one in levels
    ]
    shown = table(columns, rows)
    head = (
        f"{venue.title} funding book in {book.currency}: bids to borrow (highest rate first), then offers to lend"
        " (lowest first); rates are fractions per day."
    )
    parts = [head, shown.text, f"{shown.left_out} levels are not shown." if shown.left_out else ""]
    return answer(desk, venue, parts, told(venue, FUNDING, currency=book.currency, book=shown.data))


def show_trades(
    desk: Desk, venue: Venue, currency: str, found: Sequence[FundingTrade], *, limit: int, start_ms: int | None
) -> Result:
    columns = ("time_utc", "rate_day", "percent_year", "period_days", "amount")
    rows = [(second(t.time_ms), exact(t.rate), short(t.rate * 100 * YEAR, 4), t.period, exact(t.amount)) for t in found]
    shown = table(columns, rows, newest_last=start_ms is None)
    by_period: dict[int, list[FundingTrade]] = {}
    for one in found:
        by_period.setdefault(one.period, []).append(one)
    summary = [(p, len(some), *_spread([t.rate for t in some]), exact(sum((t.amount for t in some), Decimal(0))))
               for p, some in sorted(by_period.items())]  # fmt: skip
    digest = table(("period_days", "trades", "lowest", "median", "p75", "highest", "amount"), summary)
    parts = [
        f"{venue.title} funding trades in {currency}: {len(found)}, rates are fractions per day.",
        "By period:" if summary else "",
        digest.text if summary else "",
        shown.text if rows else "",
        rest(shown, [t.time_ms for t in found], limit, start_ms),
    ]
    data = told(venue, FUNDING, currency=currency, trades=shown.data, by_period=digest.data)
    return answer(desk, venue, parts, {**data, "not_shown": shown.left_out})


def _spread(rates: list[Decimal]) -> tuple[str, str, str, str]:
    """Lowest, median, third quartile (both by nearest rank) and highest."""
    ordered, n = sorted(rates), len(rates)
    return exact(ordered[0]), exact(ordered[n // 2]), exact(ordered[3 * n // 4]), exact(ordered[-1])


OFFER_COLUMNS = ("offer", "amount", "left", "type", "rate_day", "period_days", "status", "hidden", "created_utc")
LENT_COLUMNS = (
    "id", "amount", "rate_day", "percent_year", "period_days", "opened_utc", "ends_utc", "in_use", "variable", "pair",
)  # fmt: skip


def _offer_row(o: FundingOffer) -> tuple[Any, ...]:
    return (
        o.id, exact(o.original), exact(o.amount), clean(str(o.type), most=20), exact(o.rate), o.period,
        clean(o.status, most=60), "yes" if o.hidden else None, second(o.created_ms),
    )  # fmt: skip


def _lent_row(one: Lent) -> tuple[Any, ...]:
    return (
        one.id, exact(one.amount), exact(one.rate), short(one.rate * 100 * YEAR, 4), one.period, second(one.opened_ms),
        second(one.ends_ms), "yes" if one.in_use else "no", "yes" if one.variable else None, clean(one.pair, most=20),
    )  # fmt: skip


def show_status(desk: Desk, venue: Venue, verbs: FundingVerbs, s: FundingStatus) -> Result:
    mine = [one for one in s.lent if not one.borrowed]
    lent = sum((one.amount for one in mine), Decimal(0))
    daily = sum((one.amount * one.rate for one in mine), Decimal(0))
    offered = sum((one.amount for one in s.offers if one.amount > 0), Decimal(0))
    mean = daily / lent if lent else Decimal(0)
    offers = table(OFFER_COLUMNS, [_offer_row(o) for o in s.offers], optional=OFFER_COLUMNS)
    loans = table(LENT_COLUMNS, [_lent_row(one) for one in s.lent], optional=LENT_COLUMNS)
    unit = s.currency
    parts = [
        f"{venue.title} funding in {unit}: wallet {exact(s.wallet.total)}, free {exact(s.wallet.free)};"
        f" {exact(offered)} on offer, {exact(lent)} lent out (loans and credits).",
        f"Lent at {both(mean)} on average: about {money(daily * (1 - verbs.fee), unit)} a day after the venue's"
        f" {exact(verbs.fee * 100)} %."
        if lent
        else "Nothing is lent.",
        f"{len(s.offers)} offers rest:\n{offers.text}" if s.offers else "No offer rests.",
        f"{len(s.lent)} loans and credits:\n{loans.text}" if s.lent else "",
    ]
    wallet = {"total": exact(s.wallet.total), "free": exact(s.wallet.free), "locked": exact(s.wallet.locked)}
    data = told(venue, FUNDING, currency=unit, wallet=wallet, offers=offers.data, lent=loans.data)
    totals = {
        "lent": exact(lent),
        "offered": exact(offered),
        "mean_rate": near(mean, 8),
        "daily_gross": near(daily, 10),
    }
    return answer(desk, venue, parts, {**data, "totals": totals})
