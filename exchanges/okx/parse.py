"""What OKX's payloads share: texts as numbers, names of instruments, contract sizes. Pure.

A payload here is the answer's `data`. Sizes of contracts are told in contracts alone, so whatever carries a size of one
is read together with the instruments (`contract_sizes`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from blave_mcp.exchanges.asking import Asking
from blave_mcp.exchanges.dialect import VenueFault
from blave_mcp.exchanges.exact import number, optional, positive
from blave_mcp.exchanges.models import (
    Candle,
    FundingRate,
    Instrument,
    Level,
    Market,
    OrderBook,
    PositionSide,
    PublicTrade,
    Side,
    Ticker,
)
from blave_mcp.exchanges.verbs import by_time, unified

T = TypeVar("T")
Row = Mapping[str, Any]
Sizes = Mapping[str, Decimal]
"""Base units in one contract, by instrument; what is not in it counts in base."""

ONE = Decimal(1)


ask = Asking("OKX")


def moment(value: Any) -> int | None:
    return None if value in (None, "", "0") else int(value)


def rows(payload: Any) -> Sequence[Any]:
    if not isinstance(payload, list):
        raise TypeError("a list was expected")
    return payload


def row(value: Any) -> Row:
    if not isinstance(value, dict):
        raise TypeError("an object was expected")
    return value


def only(payload: Any) -> Row:
    """The one element of a list."""
    return row(rows(payload)[0])


def symbol_of(native: str) -> str:
    """Returns BTC/USDT for BTC-USDT and for BTC-USDT-SWAP."""
    base, _, rest = native.partition("-")
    return unified(base, rest.partition("-")[0]) if rest else native


def family_of(native: str) -> str:
    return native.removesuffix("-SWAP")


def side_of(native: str) -> Side:
    return Side(native)


def position_side_of(native: str | None) -> PositionSide | None:
    return {"net": PositionSide.BOTH, "long": PositionSide.LONG, "short": PositionSide.SHORT}.get(native or "")


# Instruments.


def contract_size(entry: Row) -> Decimal:
    """https://www.okx.com/docs-v5/en/#public-data-rest-api-get-instruments: ctVal base times the multiplier."""
    return number(entry["ctVal"]) * (optional(entry.get("ctMult")) or ONE)


def contract_sizes(payload: Any) -> Sizes:
    """Of linear swaps: GET /api/v5/public/instruments."""
    return {entry["instId"]: contract_size(entry) for entry in rows(payload) if entry.get("ctType") == "linear"}


def sizes_of(listed: Sequence[Any]) -> Sizes:
    """Of the answers that `contracts_of` asks for: one for a swap, none for what counts in base."""
    return contract_sizes(listed[0]) if listed and not isinstance(listed[0], VenueFault) else {}


def instruments(payload: Any, market: Market) -> tuple[Instrument, ...]:
    """GET /api/v5/public/instruments. Of the swaps the linear ones: an inverse contract is not a number of base units.

    The band is the venue's cap on how far a price may lie from the index; it keeps a narrower one of its own.
    """
    found = []
    for entry in rows(payload):
        swap = market is Market.PERPETUAL
        if swap and entry["ctType"] != "linear":
            continue
        base, quote = entry["instId"].split("-")[:2]
        band = positive(entry.get("maxPxLmtPct"))
        found.append(
            Instrument(
                venue="okx",
                market=market,
                symbol=unified(base, quote),
                native=entry["instId"],
                base=base,
                quote=quote,
                settle=entry["settleCcy"] if swap else quote,
                contract_size=contract_size(entry) if swap else ONE,
                tick=number(entry["tickSz"]),
                step=number(entry["lotSz"]),
                min_size=number(entry["minSz"]),
                max_size=positive(entry.get("maxLmtSz")),
                # For spot and margin it is counted in dollars, and no size.
                market_max=positive(entry.get("maxMktSz")) if swap else None,
                price_up=None if band is None else 1 + band,
                price_down=None if band is None else 1 - band,
                trading=entry["state"] == "live",
            )
        )
    return tuple(found)


# The market.


def mark(payload: Any) -> Decimal | None:
    """GET /api/v5/public/mark-price of one instrument; None where OKX has none for it."""
    found = rows(payload)
    return positive(found[0].get("markPx")) if found else None


def ticker(payload: Any, *more: Any) -> Ticker:
    """GET /api/v5/market/ticker; for a swap also mark-price, funding-rate and open-interest, each of one instrument."""
    day = only(payload)
    last, opened = number(day["last"]), positive(day.get("open24h"))
    mark, funding, interest = (only(each) for each in more) if more else ({}, {}, {})
    base, other = optional(day["vol24h"]), optional(day["volCcy24h"])
    return Ticker(
        symbol=symbol_of(day["instId"]),
        last=last,
        bid=positive(day.get("bidPx")),
        ask=positive(day.get("askPx")),
        mark=positive(mark.get("markPx")),
        open_24h=opened,
        high_24h=positive(day.get("high24h")),
        low_24h=positive(day.get("low24h")),
        change_24h_percent=None if opened is None else (last / opened - 1) * 100,
        # vol24h counts contracts for a swap, and volCcy24h base; for spot they are base and quote.
        volume_24h_base=other if more else base,
        volume_24h_quote=None if more else other,
        funding_rate=optional(funding.get("fundingRate")),
        next_funding_ms=moment(funding.get("fundingTime")),
        open_interest=optional(interest.get("oiCcy")),
        time_ms=moment(day.get("ts")),
    )


def _candle(each: Sequence[Any], column: int) -> Candle:
    opened, high, low, close = (number(price) for price in each[1:5])
    return Candle(int(each[0]), opened, high, low, close, number(each[column]))


def candles(
    pages: Iterable[Any], start_ms: int | None, end_ms: int | None, limit: int, column: int
) -> tuple[Candle, ...]:
    """Reads [time, open, high, low, close, vol, volCcy, volCcyQuote, confirm] rows of one or more pages.

    Args:
        column: where the volume in base stands.
    """
    read = by_time([_candle(each, column) for page in pages for each in rows(page)])
    inside = [
        candle
        for candle in read
        if (start_ms is None or candle.open_ms >= start_ms) and (end_ms is None or candle.open_ms < end_ms)
    ]
    return tuple(inside[:limit] if start_ms is not None else inside[-limit:])


def book(payload: Any, symbol: str, depth: int) -> OrderBook:
    """GET /api/v5/market/books: [price, size, "0", orders]."""
    found = only(payload)

    def side(levels: Any) -> tuple[Level, ...]:
        return tuple(Level(number(each[0]), number(each[1])) for each in rows(levels)[:depth])

    return OrderBook(symbol_of(symbol), side(found["bids"]), side(found["asks"]), moment(found["ts"]))


def trades(payload: Any) -> tuple[PublicTrade, ...]:
    """GET /api/v5/market/trades, newest first; the side is the taker's."""
    found = [
        PublicTrade(
            id=str(each["tradeId"]),
            price=number(each["px"]),
            size=number(each["sz"]),
            side=side_of(each["side"]),
            time_ms=int(each["ts"]),
        )
        for each in rows(payload)
    ]
    return tuple(reversed(found))


def funding_rates(pages: Iterable[Any], limit: int, *, first: bool) -> tuple[FundingRate, ...]:
    """GET /api/v5/public/funding-rate-history: what was really paid, oldest first."""
    found = {
        int(each["fundingTime"]): FundingRate(
            symbol=symbol_of(each["instId"]),
            rate=number(each.get("realizedRate") or each["fundingRate"]),
            time_ms=int(each["fundingTime"]),
        )
        for page in pages
        for each in rows(page)
    }
    ordered = [found[time] for time in sorted(found)]
    return tuple(ordered[:limit] if first else ordered[-limit:])
