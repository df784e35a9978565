"""Funding: offers to lend (positive amounts) and bids to borrow, and what has been lent.

A loan is lent and not in use by a position, a credit is in use; both earn interest.
"""

from __future__ import annotations

from blave_mcp.exchanges.bitfinex.base import (
    BITFINEX,
    DOCS,
    END,
    FUNDING,
    HIDDEN,
    LEAST_PERIOD,
    MOST_PERIOD,
    POSTED,
    START,
    bid_caution,
    code,
    currency,
    known_flags,
    limit,
    nonzero,
    number_id,
    signed,
    together,
)
from blave_mcp.exchanges.params import Args, decimal, integer, json_value, one_of, text

OFFER_TYPES = ("LIMIT", "FRRDELTAFIX", "FRRDELTAVAR")


def offer_rate(args: Args) -> str | None:
    """A LIMIT wants a rate above 0, FRRDELTAVAR an offset of 0 or more; FRRDELTAFIX takes any offset."""
    negative, zero = args["rate"].startswith("-"), not args["rate"].strip("-0.")
    if args["type"] == "LIMIT" and (negative or zero):
        return "rate must be greater than zero for a LIMIT offer."
    if args["type"] == "FRRDELTAVAR" and negative and not zero:
        return "rate is an offset to the FRR; for FRRDELTAVAR it cannot be negative."
    return None


BITFINEX.write(
    "auth.funding_offer.create",
    "POST /v2/auth/w/funding/offer/submit",
    doc="Offers funds to lend, or with a negative amount bids to borrow.",
    caution=bid_caution,
    url=f"{DOCS}rest-auth-submit-funding-offer",
    bucket="funding.write",
    params=[
        one_of("type", OFFER_TYPES, "LIMIT a fixed rate; FRRDELTA... an offset to the FRR.", required=True),
        text("symbol", "fUSD, fUST (USDT), fBTC.", required=True, example="fUSD"),
        signed("amount", "Positive lends, negative borrows.", required=True, example="1000"),
        signed("rate", "Per day, as a fraction (0.0002 is 0.02 %); an offset for FRRDELTA types.", required=True,
               example="0.0002"),
        integer("period", "Days.", low=LEAST_PERIOD, high=MOST_PERIOD, required=True, example=2),
        integer("flags", "64 hidden.", example=0),
    ],
    rule=together(currency("symbol"), nonzero("amount"), offer_rate, known_flags(HIDDEN)),
)  # fmt: skip
BITFINEX.write(
    "auth.funding_offer.cancel",
    "POST /v2/auth/w/funding/offer/cancel",
    doc="Takes back an offer or bid that is not yet matched.",
    url=f"{DOCS}rest-auth-cancel-funding-offer",
    bucket="funding.write",
    params=[number_id("id", "The offer's id.", required=True, example=41238905)],
)
BITFINEX.write(
    "auth.funding_offer.cancel_currency",
    "POST /v2/auth/w/funding/offer/cancel/all",
    doc="Takes back every offer in a currency; without one, every offer.",
    url=f"{DOCS}rest-auth-cancel-all-funding-offers",
    bucket="funding.write",
    params=[text("currency", "USD, UST, BTC.", example="USD")],
    rule=code("currency"),
)
BITFINEX.write(
    "auth.funding.close",
    "POST /v2/auth/w/funding/close",
    doc="Returns funding that was taken.",
    url=f"{DOCS}rest-auth-funding-close",
    bucket="funding.write",
    params=[number_id("id", "Id of the loan or credit.", required=True, example=26222883)],
)
BITFINEX.write(
    "auth.funding.auto",
    "POST /v2/auth/w/funding/auto",
    doc="Switches the auto-renewal of a currency on or off.",
    url=f"{DOCS}rest-auth-funding-auto-renew",
    bucket="funding.write",
    params=[
        integer("status", "1 on, 0 off.", low=0, high=1, required=True, example=1),
        text("currency", required=True, example="USD"),
        decimal("amount", "The most that is renewed; 0 for all.", low="0", example="0"),
        decimal("rate", "Per day in percent; 0 for the FRR.", low="0", example="0"),
        integer("period", "Days.", low=LEAST_PERIOD, high=MOST_PERIOD, example=2),
    ],
    rule=code("currency"),
)
BITFINEX.write(
    "auth.funding.keep",
    "POST /v2/auth/w/funding/keep",
    doc="Keeps funding that was taken after its position is closed, or no longer does.",
    url=f"{DOCS}rest-auth-keep-funding",
    bucket="funding.write",
    params=[
        one_of("type", ("credit", "loan"), required=True),
        json_value("id", "A list of ids.", example=[26222883]),
        json_value("changes", "An object: id to 1 (keep), 2 (do not) or 3 (keep and renew).", example={"26222883": 1}),
    ],
)


def _list(name: str, path: str, doc: str, page: str) -> None:
    """An endpoint for one currency and its twin for all."""
    BITFINEX.read(
        f"auth.funding.{name}",
        f"POST /v2/auth/r/funding/{path}/{{Symbol}}",
        doc=doc,
        url=f"{DOCS}{page}",
        bucket="funding.read",
        reason=POSTED,
        params=[FUNDING],
        rule=currency(),
    )
    BITFINEX.read(
        f"auth.funding.{name}_all",
        f"POST /v2/auth/r/funding/{path}",
        doc=f"{doc.rstrip('.')}, in every currency.",
        url=f"{DOCS}{page}",
        bucket="funding.read",
        reason=POSTED,
    )
    BITFINEX.read(
        f"auth.funding.{name}_history",
        f"POST /v2/auth/r/funding/{path}/{{Symbol}}/hist",
        doc=f"{doc.rstrip('.')}, those that have ended.",
        url=f"{DOCS}{page}-hist",
        bucket="funding.history",
        reason=POSTED,
        params=[FUNDING, START, END, limit(500, 25)],
        rule=currency(),
    )


_list("offers", "offers", "Offers and bids in a currency that rest.", "rest-auth-funding-offers")
_list("loans", "loans", "Funds that are lent and in use by no position.", "rest-auth-funding-loans")
_list("credits", "credits", "Funds that are lent and in use by positions.", "rest-auth-funding-credits")
BITFINEX.read(
    "auth.funding.trades",
    "POST /v2/auth/r/funding/trades/{Symbol}/hist",
    doc="The account's funding trades in a currency.",
    url=f"{DOCS}rest-auth-funding-trades-hist",
    bucket="funding.history",
    reason=POSTED,
    params=[FUNDING, START, END, limit(1000, 25)],
    rule=currency(),
)
BITFINEX.read(
    "auth.funding.info",
    "POST /v2/auth/r/info/funding/{key}",
    doc="Mean rates per day and mean periods of what the account has lent and borrowed in a currency.",
    url=f"{DOCS}rest-auth-info-funding",
    bucket="funding.read",
    reason=POSTED,
    params=[text("key", "fUSD, fUST, fBTC.", required=True, example="fUSD")],
    rule=currency("key"),
)
