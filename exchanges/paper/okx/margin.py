"""Margin: spot pairs on borrowed money, backed by the quote. Loans, their interest and the tiers.

Position tiers hold for what a position is worth; on OKX for what is borrowed, which is the same when it is opened.
Interest is taken out of the margin in quote, also for a short, which at OKX owes it in base.
https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-interest-accrued-data
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import Any

from blave_mcp.exchanges.paper.face import short
from blave_mcp.exchanges.paper.okx.account import leverage_of
from blave_mcp.exchanges.paper.okx.face import NOT_IN_DEMO, Ask, OkxRefusal, empty, inst_id
from blave_mcp.exchanges.paper.types import ONE, ZERO, FundingPayment, Listing, MarginMode, Product, Side

_SMALL = Decimal("1e-8")


def _named(ask: Ask) -> list[Listing]:
    return [ask.lent(name) for name in ask.need("instId").split(",")]


def max_loan(ask: Ask) -> list[Any]:
    """What could be borrowed now: quote for buying, base for selling."""
    mode = MarginMode(ask.one_of("mgnMode", ("cross", "isolated")))
    rows = []
    for listing in _named(ask):
        if ask.text("mgnCcy") not in ("", listing.quote):
            raise OkxRefusal(NOT_IN_DEMO[0], f"{NOT_IN_DEMO[1]}: paper trading backs margin with the quote")
        worth = _most(ask, listing, mode)
        price = ask.exchange.market.prices(listing.key, ask.now).bid
        for side, asset, amount in ((Side.BUY, listing.quote, worth), (Side.SELL, listing.base, worth / price)):
            rows.append(
                {
                    "instId": inst_id(listing), "mgnMode": mode.value, "mgnCcy": listing.quote,
                    "maxLoan": short(amount.quantize(_SMALL, ROUND_DOWN)), "ccy": asset, "side": side.value,
                }
            )  # fmt: skip
    return rows


def _most(ask: Ask, listing: Listing, mode: MarginMode) -> Decimal:
    """In quote: what the free margin carries, within the tiers that the leverage allows."""
    lever = leverage_of(ask, listing, mode)
    cap = max((tier.cap for tier in listing.tiers if tier.max_leverage >= lever), default=ZERO)
    held = sum((abs(each.notional) for each in ask.exchange.positions(ask.now, key=listing.key)), ZERO)
    free = ask.exchange.margin_account(ask.now, listing.settle).available
    return max(ZERO, min(free * lever, cap - held))


def interest_rate(ask: Ask) -> list[Any]:
    """An hour's interest, as a fraction, of each currency that is lent."""
    rates: dict[str, Decimal] = {}
    for listing in ask.exchange.listings(Product.MARGIN):
        rates |= {listing.base: listing.base_interest, listing.quote: listing.quote_interest}
    wanted = [one for one in ask.text("ccy").split(",") if one]
    return [
        {"ccy": asset, "interestRate": short(rate)}
        for asset, rate in sorted(rates.items())
        if not wanted or asset in wanted
    ]


def interest_accrued(ask: Ask) -> list[Any]:
    """Interest that was charged, newest first; `after` and `before` are times."""
    asset, name, mode = ask.text("ccy"), ask.text("instId"), ask.text("mgnMode")
    after, before = ask.integer("after"), ask.integer("before")
    rows = [
        _charged(ask, each)
        for each in reversed(ask.exchange.funding_payments(ask.now))
        if ask.exchange.listing(each.key).product is Product.MARGIN
        and (after is None or each.time_ms < after)
        and (before is None or each.time_ms > before)
    ]
    rows = [
        row
        for row in rows
        if asset in ("", row["ccy"]) and name in ("", row["instId"]) and mode in ("", row["mgnMode"])
    ]
    return rows[: ask.rows(100)]


def _charged(ask: Ask, payment: FundingPayment) -> dict[str, Any]:
    listing = ask.exchange.listing(payment.key)
    long = payment.qty > 0
    interest = -payment.amount if long else payment.rate * abs(payment.qty)
    owed = interest / payment.rate if payment.rate else ZERO
    return {
        "ccy": listing.quote if long else listing.base,
        "instId": inst_id(listing),
        "interest": short(interest.quantize(Decimal("1e-12"))),
        "interestRate": short(payment.rate),
        "liab": short(owed.quantize(_SMALL)),
        "mgnMode": ask.exchange.settings(payment.key).margin_mode.value,
        "ts": str(payment.time_ms),
        "type": "2",
    }


def tiers(ask: Ask) -> list[Any]:
    """https://www.okx.com/docs-v5/en/#public-data-rest-api-get-position-tiers"""
    if not ask.text("instId"):
        raise empty("instId")
    rows = []
    for listing in _named(ask):
        price = ask.exchange.market.prices(listing.key, ask.now).mark
        for n, tier in enumerate(listing.tiers, 1):
            rows.append(
                {
                    "baseMaxLoan": short((tier.cap / price).quantize(_SMALL, ROUND_DOWN)),
                    "imr": short((ONE / tier.max_leverage).quantize(Decimal("1e-6"))),
                    "instFamily": "", "instId": inst_id(listing),
                    "maxLever": short(tier.max_leverage),
                    "maxSz": short(tier.cap), "minSz": short(tier.floor),
                    "mmr": short(tier.rate),
                    "optMgnFactor": "0",
                    "quoteMaxLoan": short(tier.cap),
                    "tier": str(n), "uly": "",
                }
            )  # fmt: skip
    return rows
