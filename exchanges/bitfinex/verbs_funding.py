"""Bitfinex's funding: the book of loans, and the account's part in it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bitfinex import parse, parse_funding
from blave_mcp.exchanges.bitfinex.base import HIDDEN, LEAST_PERIOD, MOST_PERIOD
from blave_mcp.exchanges.bitfinex.endpoints import BITFINEX
from blave_mcp.exchanges.bitfinex.parse import DOLLARS, ask, code_of
from blave_mcp.exchanges.bitfinex.parse_funding import TYPES, WALLET
from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.funding import (
    FundingBook,
    FundingOffer,
    FundingRates,
    FundingStatus,
    FundingTrade,
    FundingVerbs,
    OfferIntent,
)

_SYMBOL = re.compile(r"f[A-Z0-9]{3,}")
WORDS = {type_: word for word, type_ in TYPES.items()}
LENGTHS = (1, 25, 100, 250)
MOST_TRADES = 10_000
MOST_POINTS = 250


def symbol_of(currency: str) -> str:
    """fUST for USDT, and for fUST itself."""
    return currency if _SYMBOL.fullmatch(currency) else f"f{code_of(currency)}"


class BitfinexFunding(FundingVerbs):
    """Lends from the funding wallet. https://support.bitfinex.com/hc/en-us/articles/214441185"""

    venue = "bitfinex"
    wallet = WALLET
    least_dollars = Decimal(150)
    periods = (LEAST_PERIOD, MOST_PERIOD)
    # https://www.bitfinex.com/fees/ : of the interest, and more of that of a hidden offer.
    fee = Decimal("0.15")
    hidden_fee = Decimal("0.18")

    def dollars(self, currency: str) -> Ask[Decimal] | None:
        code = code_of(currency)
        if parse.name_of(code) in DOLLARS:
            return None
        pair = f"t{code}USD" if len(code) == 3 else f"t{code}:USD"
        return ask(
            lambda payload: parse.ticker(payload, pair).last, BITFINEX["public.ticker.get"].call(Symbol=pair)
        )  # fmt: skip

    def book(self, currency: str, depth: int) -> Ask[FundingBook]:
        length = next((one for one in LENGTHS if one >= depth), LENGTHS[-1])
        call = BITFINEX["public.book.funding"].call(fSymbol=symbol_of(currency), Precision="P0", len=length)
        return ask(lambda payload: parse_funding.book(payload, _name(currency), depth), call)

    def rates(self, currency: str, *, limit: int) -> Ask[FundingRates]:
        symbol = symbol_of(currency)
        calls = [BITFINEX["public.ticker.funding"].call(fSymbol=symbol)]
        if limit > 0:
            calls.append(BITFINEX["public.funding.stats"].call(fSymbol=symbol, limit=min(limit, MOST_POINTS)))

        def parse(payload: Any, *stats: Any) -> FundingRates:
            return parse_funding.rates(payload, stats[0] if stats else [], _name(currency))

        return ask(parse, *calls)

    def trades(
        self, currency: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[FundingTrade, ...]]:
        count = max(1, min(limit, MOST_TRADES))
        call = BITFINEX["public.trades.funding"].call(
            fSymbol=symbol_of(currency),
            limit=count,
            start=start_ms,
            end=None if end_ms is None else end_ms - 1,
            sort=-1 if start_ms is None else 1,
        )
        return ask(lambda payload: parse_funding.trades(payload, start_ms, end_ms, count), call)

    def status(self, currency: str) -> Ask[FundingStatus]:
        symbol = symbol_of(currency)
        return ask(
            lambda *payloads: parse_funding.status(_name(currency), *payloads),
            BITFINEX["auth.wallet.list"].call(),
            BITFINEX["auth.funding.offers"].call(Symbol=symbol),
            BITFINEX["auth.funding.loans"].call(Symbol=symbol),
            BITFINEX["auth.funding.credits"].call(Symbol=symbol),
            BITFINEX["auth.funding.info"].call(key=symbol),
        )

    def offer(self, currency: str, id: str) -> Ask[FundingOffer | None]:
        def only(payload: Any) -> FundingOffer | None:
            return next((one for one in parse_funding.offers(payload) if one.id == id), None)

        return ask(only, BITFINEX["auth.funding.offers"].call(Symbol=symbol_of(currency)))

    def submit(self, intent: OfferIntent) -> tuple[Call, ...]:
        """A positive amount lends.

        Raises:
            BadArgument: an amount that is not positive, or finer than eight decimals.
        """
        if intent.amount <= 0 or intent.amount % parse.FINEST:
            raise BadArgument("The amount to lend is positive and has at most eight decimals.")
        return (
            BITFINEX["auth.funding_offer.create"].call(
                type=WORDS[intent.type],
                symbol=symbol_of(intent.currency),
                amount=intent.amount,
                rate=intent.rate,
                period=intent.period,
                flags=HIDDEN if intent.hidden else None,
            ),
        )

    def cancel(self, id: str) -> tuple[Call, ...]:
        if not id.isdecimal():
            raise BadArgument(f'"{id}" is no offer id of Bitfinex.', advice="It is a number.")
        return (BITFINEX["auth.funding_offer.cancel"].call(id=int(id)),)

    def cancel_all(self, currency: str) -> tuple[Call, ...]:
        return (BITFINEX["auth.funding_offer.cancel_currency"].call(currency=code_of(currency)),)


def _name(currency: str) -> str:
    return parse_funding.currency_of(symbol_of(currency))
