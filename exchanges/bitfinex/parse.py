"""What Bitfinex's arrays share, and market data -> models. Pure.

An array's fields are told by place alone; each reader below names those that it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from blave_mcp.exchanges.asking import Asking
from blave_mcp.exchanges.exact import number
from blave_mcp.exchanges.models import (
    Candle,
    Instrument,
    Level,
    Market,
    OrderBook,
    PublicTrade,
    Side,
    Ticker,
)
from blave_mcp.exchanges.verbs import by_time, unified

T = TypeVar("T")
Row = Sequence[Any]

# Codes of Bitfinex -> the names that everyone else uses; others are the same. What Bitfinex itself maps:
# https://api-pub.bitfinex.com/v2/conf/pub:map:currency:sym
NAMES: Mapping[str, str] = {
    "UST": "USDT", "UDC": "USDC", "EUT": "EURT", "TSD": "TUSD", "XCH": "XCHF", "DSH": "DASH", "IOT": "IOTA",
    "ATO": "ATOM", "ALG": "ALGO", "QTM": "QTUM", "MNA": "MANA", "STJ": "STORJ", "RBT": "RBTC", "TESTUSDT": "TESTUSDT",
}  # fmt: skip
CODES: Mapping[str, str] = {name: code for code, name in NAMES.items()}
DOLLARS = ("USD", "USDT", "USDC", "TUSD", "DAI")
FIAT = ("USD", "EUR", "GBP", "JPY", "TRY", "MXN", "CHF")
DIGITS = 5
"""Prices have at most so many significant digits. https://docs.bitfinex.com/docs/introduction#price-precision"""
FINEST = Decimal("1e-8")


ask = Asking("Bitfinex")


def rows(payload: Any) -> Sequence[Row]:
    if not isinstance(payload, list) or not all(isinstance(one, list) for one in payload):
        raise TypeError("a list of arrays was expected")
    return payload


def name_of(code: str) -> str:
    """BTC for BTC, USDT for UST."""
    return NAMES.get(code, code)


def code_of(name: str) -> str:
    """UST for USDT."""
    return CODES.get(name.upper(), name.upper())


def parts_of(pair: str) -> tuple[str, str]:
    """Returns the codes of base and quote of BTCUSD, LINK:USD or tBTCUSD."""
    bare = pair.removeprefix("t")
    base, colon, quote = bare.partition(":")
    return (base, quote) if colon else (bare[:-3], bare[-3:])


def symbol_of(native: str) -> str:
    """Returns BTC/USDT for tBTCUST."""
    base, quote = parts_of(native)
    return unified(name_of(base), name_of(quote))


def tick_at(price: Decimal) -> Decimal:
    """The grid of prices near `price`: five significant digits, at most eight decimals."""
    return max(FINEST, Decimal(1).scaleb(price.adjusted() - DIGITS + 1))


# Instruments.


def instruments(conf: Any, tickers: Any, market: Market) -> tuple[Instrument, ...]:
    """Pairs of `pub:info:pair,pub:list:pair:margin`, and their last prices, which give the tick.

    Of a pair's array: [3] least and [4] most size. A pair that has no ticker is not traded now.
    """
    listed, margin = conf
    prices = {one[0]: number(one[7]) for one in rows(tickers) if str(one[0]).startswith("t") and one[7]}
    lent = set(margin)
    found = []
    for pair, info in rows(listed):
        base, quote = parts_of(pair)
        if base.endswith("F0") or (market is Market.MARGIN and pair not in lent):
            continue
        native = f"t{pair}"
        last = prices.get(native)
        found.append(
            Instrument(
                venue="bitfinex",
                market=market,
                symbol=unified(name_of(base), name_of(quote)),
                native=native,
                base=name_of(base),
                quote=name_of(quote),
                settle=name_of(quote),
                tick=tick_at(last) if last else FINEST,
                step=FINEST,
                min_size=number(info[3]) if info[3] is not None else FINEST,
                max_size=None if info[4] is None else number(info[4]),
                trading=last is not None,
            )
        )
    return tuple(found)


def margins(conf: Any, native: str) -> tuple[Decimal, Decimal]:
    """Initial and maintenance margin of a pair, as fractions of its value: [8] and [9] of its array."""
    for pair, info in rows(conf[0]):
        if f"t{pair}" == native:
            return number(info[8]), number(info[9])
    raise KeyError(native)


# Prices.


def ticker(payload: Any, native: str) -> Ticker:
    """[BID, BID_SIZE, ASK, ASK_SIZE, CHANGE, CHANGE_RELATIVE, LAST, VOLUME, HIGH, LOW]"""
    bid, _, ask_, _, change, share, last, volume, high, low = payload[:10]
    return Ticker(
        symbol=symbol_of(native),
        last=number(last),
        bid=number(bid),
        ask=number(ask_),
        open_24h=number(last) - number(change),
        high_24h=number(high),
        low_24h=number(low),
        change_24h_percent=number(share) * 100,
        volume_24h_base=number(volume),
    )


def candles(payload: Any, start_ms: int | None, end_ms: int | None, limit: int) -> tuple[Candle, ...]:
    """[MTS, OPEN, CLOSE, HIGH, LOW, VOLUME]; the close comes before the high."""
    found = by_time(
        [
            Candle(int(mts), number(open_), number(high), number(low), number(close), number(volume))
            for mts, open_, close, high, low, volume in (one[:6] for one in rows(payload))
            if (start_ms is None or mts >= start_ms) and (end_ms is None or mts < end_ms)
        ]
    )
    return found[:limit] if start_ms is not None else found[-limit:]


def book(payload: Any, native: str, depth: int) -> OrderBook:
    """[PRICE, COUNT, AMOUNT]; a positive amount is a bid."""
    levels = [(number(one[0]), number(one[2])) for one in rows(payload)]
    bids = sorted((Level(price, amount) for price, amount in levels if amount > 0), key=lambda one: -one.price)
    asks = sorted((Level(price, -amount) for price, amount in levels if amount < 0), key=lambda one: one.price)
    return OrderBook(symbol=symbol_of(native), bids=tuple(bids[:depth]), asks=tuple(asks[:depth]))


def trades(payload: Any) -> tuple[PublicTrade, ...]:
    """[ID, MTS, AMOUNT, PRICE], newest first; a negative amount was sold by the taker."""
    return tuple(
        PublicTrade(
            id=str(one[0]), price=number(one[3]), size=abs(number(one[2])), side=side_of(one[2]), time_ms=int(one[1])
        )
        for one in sorted(rows(payload), key=lambda one: (one[1], one[0]))
    )


def side_of(amount: Any) -> Side:
    return Side.BUY if number(amount) > 0 else Side.SELL


def moment(value: Any) -> int | None:
    return None if value in (None, "", 0) else int(value)


def inside(
    found: Iterable[T], when: Callable[[T], int], start: int | None, end: int | None, limit: int
) -> tuple[T, ...]:
    """Those in [start, end), oldest first: the first `limit` where there is a start, else the newest."""
    kept = sorted(
        (one for one in found if (start is None or when(one) >= start) and (end is None or when(one) < end)), key=when
    )
    return tuple(kept[:limit] if start is not None else kept[-limit:])
