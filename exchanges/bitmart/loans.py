"""What the owner of an isolated margin account must know before borrowing, trading or repaying. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bitmart.endpoints import BITMART
from blave_mcp.exchanges.bitmart.parse import Row, ask, listed, row
from blave_mcp.exchanges.dialect import Ask, VenueFault
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.exact import number, optional, positive
from blave_mcp.exchanges.params import plain

ZERO = Decimal(0)
INTEREST = "What is borrowed costs interest every hour until it is repaid."


def cautions(symbol: str, call: Call | None) -> Ask[tuple[str, ...]]:
    """Interest, what is owed, and where the account is liquidated; for a loan also whether it fits the limits."""

    def parse(account: Any, pairs: Any) -> tuple[str, ...]:
        held = None if isinstance(account, VenueFault) else _of(account, symbol)
        pair = None if isinstance(pairs, VenueFault) else _of(pairs, symbol)
        if pair is None or pair["symbol_enabled"] is not True:
            return (f"Isolated margin is not enabled for {symbol}; enable it on BitMart first.",)
        lines = [_interest(pair), *_owed(held), *_risk(held)]
        if call is not None:
            lines += _about(call, pair, held)
        return tuple(lines)

    return ask(
        parse,
        BITMART["spot.margin.account"].call(symbol=symbol),
        BITMART["spot.margin.pairs"].call(symbol=symbol),
        missing=True,
    )


def _of(payload: Any, symbol: str) -> Row | None:
    return next((each for each in listed(payload, "symbols") if each["symbol"] == symbol), None)


def _coins(found: Row) -> list[Row]:
    return [row(found["base"]), row(found["quote"])]


def _amount(value: Any) -> str:
    """Without the zeros that BitMart fills its amounts with."""
    return plain(number(value).normalize())


def _percent(value: Any) -> str:
    return f"{_amount(number(value) * 100)} %"


def _interest(pair: Row) -> str:
    rates = ", ".join(
        f"{one['currency']} {_percent(one['hourly_interest'])} an hour ({_percent(one['daily_interest'])} a day)"
        for one in _coins(pair)
    )
    return f"{INTEREST} Rates now: {rates}."


def _owed(held: Row | None) -> list[str]:
    owed = [
        f"{_amount(one['borrow_unpaid'])} {one['currency']} and {_amount(one['interest_unpaid'])} interest"
        for one in (_coins(held) if held else [])
        if number(one["borrow_unpaid"]) or number(one["interest_unpaid"])
    ]
    return [f"Owed in this account now: {'; '.join(owed)}."] if owed else ["Nothing is owed in this account now."]


def _risk(held: Row | None) -> list[str]:
    if held is None:
        return ["Below its liquidation rate the venue sells what the account holds to repay the loans."]
    price = positive(held.get("liquidate_price"))
    at = "" if price is None else f", at a price of about {_amount(price)}"
    return [
        f"The account is liquidated when its risk rate falls to {held['liquidate_rate']}{at}: the venue then sells what"
        f" it holds to repay the loans. The risk rate is {held['risk_rate']} now (level {held['risk_level']} of 3)."
    ]


def _about(call: Call, pair: Row, held: Row | None) -> list[str]:
    coin, given = call.get("currency"), optional(call.get("amount"))
    if given is None:
        return []
    limits = next((one for one in _coins(pair) if one["currency"] == coin), None)
    if limits is None:
        return [f"{pair['symbol']} has no {coin}; the venue will refuse this."]
    if call.endpoint.id == "spot.margin.borrow":
        most, least = number(limits["borrowable_amount"]), number(limits["min_borrow_amount"])
        fits = least <= given <= most
        cost = given * number(limits["hourly_interest"])
        return [
            f"This loan costs about {_amount(round(cost, 8))} {coin} an hour.",
            f"Borrowable now: {_amount(least)} to {_amount(most)} {coin}"
            f"{'.' if fits else f'; {plain(given)} is outside, and the venue will refuse it.'}",
        ]
    if call.endpoint.id == "spot.margin.repay" and held is not None:
        one = next((one for one in _coins(held) if one["currency"] == coin), None)
        owed = ZERO if one is None else number(one["borrow_unpaid"]) + number(one["interest_unpaid"])
        if given > owed:
            return [f"{plain(given)} is more than the {_amount(owed)} {coin} that is owed; the venue will refuse it."]
        if given < owed:
            return [f"{_amount(owed - given)} {coin} stays owed, and goes on costing interest."]
    if call.endpoint.id == "spot.margin.move" and call.get("side") == "out":
        return ["Taking assets out lowers the risk rate and brings liquidation nearer."]
    return []
