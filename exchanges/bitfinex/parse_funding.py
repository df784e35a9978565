"""Funding arrays -> models. Pure. On a funding book a positive amount is an offer to lend, a negative one a bid.

https://docs.bitfinex.com/reference/rest-public-book
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bitfinex.base import HIDDEN
from blave_mcp.exchanges.bitfinex.parse import Row, inside, moment, name_of, rows
from blave_mcp.exchanges.bitfinex.parse_account import balances
from blave_mcp.exchanges.exact import number, optional
from blave_mcp.exchanges.funding import (
    FundingBook,
    FundingLevel,
    FundingOffer,
    FundingPoint,
    FundingRates,
    FundingStatus,
    FundingTrade,
    FundingYield,
    Lent,
    OfferType,
)
from blave_mcp.exchanges.models import Balance

WALLET = "funding"
TYPES: Mapping[str, OfferType] = {
    "LIMIT": OfferType.LIMIT,
    "FRRDELTAFIX": OfferType.FRR_FIX,
    "FRRDELTAVAR": OfferType.FRR_VAR,
}
YEAR = 365


def currency_of(symbol: str) -> str:
    """USDT for fUST."""
    return name_of(symbol.removeprefix("f"))


def book(payload: Any, currency: str, depth: int) -> FundingBook:
    """[RATE, PERIOD, COUNT, AMOUNT]"""
    offers: list[FundingLevel] = []
    bids: list[FundingLevel] = []
    for one in rows(payload):
        amount = number(one[3])
        side = offers if amount > 0 else bids
        side.append(FundingLevel(number(one[0]), int(one[1]), int(one[2]), abs(amount)))
    offers.sort(key=lambda one: (one.rate, -one.period))
    bids.sort(key=lambda one: (-one.rate, one.period))
    return FundingBook(currency=currency, offers=tuple(offers[:depth]), bids=tuple(bids[:depth]))


def rates(payload: Any, stats: Any, currency: str) -> FundingRates:
    """Ticker: [FRR, BID, BID_PERIOD, BID_SIZE, ASK, ASK_PERIOD, ASK_SIZE, CHANGE, CHANGE_RELATIVE, LAST, VOLUME, HIGH,
    LOW, _, _, FRR_AMOUNT_AVAILABLE]. Statistics: [0] MTS, [3] 1/365 of the FRR, [4] AVG_PERIOD (in 1/365 of ... days as
    told), [7] FUNDING_AMOUNT, [8] FUNDING_AMOUNT_USED.
    """
    frr, bid, bid_period, bid_size, offer, offer_period, offer_size, _, _, last, volume, high, low = payload[:13]
    return FundingRates(
        currency=currency,
        frr=number(frr),
        bid=number(bid),
        bid_period=int(bid_period),
        bid_size=number(bid_size),
        offer=number(offer),
        offer_period=int(offer_period),
        offer_size=number(offer_size),
        last=number(last),
        high_24h=number(high),
        low_24h=number(low),
        volume_24h=number(volume),
        frr_available=optional(payload[15]) if len(payload) > 15 else None,
        history=tuple(
            FundingPoint(
                time_ms=int(one[0]),
                frr=number(one[3]) * YEAR,
                average_period=number(one[4]),
                lent=number(one[7]),
                used=number(one[8]),
            )
            for one in sorted(rows(stats), key=lambda one: one[0])
        ),
    )


def trades(payload: Any, start_ms: int | None, end_ms: int | None, limit: int) -> tuple[FundingTrade, ...]:
    """[ID, MTS, AMOUNT, RATE, PERIOD]; the sign of the amount is the taker's, and not told here."""
    found = {
        one[0]: FundingTrade(
            id=str(one[0]), time_ms=int(one[1]), amount=abs(number(one[2])), rate=number(one[3]), period=int(one[4])
        )
        for one in rows(payload)
    }
    return inside(found.values(), lambda one: one.time_ms, start_ms, end_ms, limit)


def offer(one: Row) -> FundingOffer:
    """[0] ID, [1] SYMBOL, [2] MTS_CREATED, [3] MTS_UPDATED, [4] AMOUNT, [5] AMOUNT_ORIG, [6] TYPE, [9] FLAGS, [10]
    STATUS, [14] RATE, [15] PERIOD, [17] HIDDEN, [19] RENEW."""
    return FundingOffer(
        id=str(one[0]),
        currency=currency_of(one[1]),
        amount=number(one[4]),
        original=number(one[5]),
        type=TYPES.get(one[6], str(one[6])),
        rate=number(one[14] or 0),
        period=int(one[15]),
        status=str(one[10]),
        hidden=bool(one[17]) or bool(_flags(one[9]) & HIDDEN),
        renews=bool(one[19]),
        created_ms=int(one[2]),
        updated_ms=int(one[3]),
    )


def _flags(value: Any) -> int:
    return value if isinstance(value, int) else 0


def offers(payload: Any) -> tuple[FundingOffer, ...]:
    return tuple(sorted((offer(one) for one in rows(payload)), key=lambda one: (one.created_ms, one.id)))


def lent(payload: Any, *, in_use: bool) -> tuple[Lent, ...]:
    """[0] ID, [1] SYMBOL, [2] SIDE (1 lender, 0 both, -1 borrower), [5] AMOUNT, [8] RATE_TYPE, [11] RATE, [12] PERIOD,
    [13] MTS_OPENING, [14] MTS_LAST_PAYOUT, [18] RENEW; of a credit [21] POSITION_PAIR."""
    return tuple(
        Lent(
            id=str(one[0]),
            currency=currency_of(one[1]),
            amount=abs(number(one[5])),
            rate=number(one[11] or 0),
            period=int(one[12]),
            opened_ms=int(one[13]),
            last_payout_ms=moment(one[14]),
            in_use=in_use,
            variable=one[8] == "VAR",
            borrowed=one[2] == -1,
            renews=bool(one[18]),
            pair=str(one[21] or "") if len(one) > 21 else "",
        )
        for one in rows(payload)
    )


def status(currency: str, *payloads: Any) -> FundingStatus:
    """Of wallets, offers, loans, credits and means, in this order."""
    wallets, resting, loans, credits_, info = payloads
    held = [one for one in balances(wallets) if one.wallet == WALLET and one.asset == currency]
    zero = Decimal(0)
    return FundingStatus(
        currency=currency,
        wallet=held[0] if held else Balance(asset=currency, wallet=WALLET, total=zero, free=zero, locked=zero),
        offers=offers(resting),
        lent=(*lent(loans, in_use=False), *lent(credits_, in_use=True)),
        means=means(info),
    )


def means(info: Any) -> FundingYield | None:
    """["sym", SYMBOL, [YIELD_LOAN, YIELD_LEND, DURATION_LOAN, DURATION_LEND]]; rates per day and days."""
    told = info[2] if isinstance(info, list) and len(info) > 2 else None
    if not told or any(one is None for one in told[:4]):
        return None
    loan, lend, loan_days, lend_days = (number(one) for one in told[:4])
    return FundingYield(lent_rate=lend, lent_days=lend_days, borrowed_rate=loan, borrowed_days=loan_days)
