"""Public market data as Bitfinex tells it. https://docs.bitfinex.com/reference/rest-public-ticker"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.bitfinex import funding
from blave_mcp.exchanges.paper.bitfinex.terms import INITIAL, MAJOR, MINIMUM, code_of, key_for, pair_of
from blave_mcp.exchanges.paper.bitfinex.wire import PARAMS, Ask, BitfinexRefusal, wrong
from blave_mcp.exchanges.paper.face import short
from blave_mcp.exchanges.paper.market import DAY, HOUR, MINUTE, MONTH, WEEK
from blave_mcp.exchanges.paper.types import ZERO, Listing, Product

FRAMES: Mapping[str, int] = {
    "1m": MINUTE, "5m": 5 * MINUTE, "15m": 15 * MINUTE, "30m": 30 * MINUTE, "1h": HOUR, "3h": 3 * HOUR, "6h": 6 * HOUR,
    "12h": 12 * HOUR, "1D": DAY, "1W": WEEK, "7D": WEEK, "14D": 14 * DAY, "1M": MONTH,
}  # fmt: skip
LENGTHS = (1, 25, 100, 250)


def status(ask: Ask) -> list[int]:
    return [1]


def listing_of(ask: Ask, symbol: str, product: Product = Product.SPOT) -> Listing:
    if not symbol.startswith("t"):
        raise wrong("symbol")
    return ask.exchange.listing(key_for(symbol, product))


def _fields(ask: Ask, listing: Listing) -> list[Any]:
    quote = ask.exchange.market.quote(listing.key, ask.now)
    change = quote.last - quote.open_24h
    share = round(change / quote.open_24h, 8) if quote.open_24h else ZERO
    return [
        quote.bid, quote.bid_qty, quote.ask, quote.ask_qty, change, share, quote.last, quote.volume_24h, quote.high_24h,
        quote.low_24h,
    ]  # fmt: skip


def ticker(ask: Ask) -> list[Any]:
    """A price in dollars is the one in Tether; nothing is listed against dollars."""
    symbol = ask.params.path["symbol"]
    if symbol.startswith("f"):
        return funding.ticker(ask, symbol)
    return _fields(ask, listing_of(ask, f"{symbol[:-3]}UST" if symbol.endswith("USD") else symbol))


def tickers(ask: Ask) -> list[Any]:
    named = ask.params.needed("symbols")
    if named == "ALL":
        pairs = [[f"t{pair_of(one)}", *_fields(ask, one)] for one in ask.exchange.listings(Product.SPOT)]
        return pairs + [[symbol, *funding.ticker(ask, symbol)] for symbol in funding.symbols()]
    return [
        [one, *(funding.ticker(ask, one) if one.startswith("f") else _fields(ask, listing_of(ask, one)))]
        for one in named.split(",")
    ]


def candles(ask: Ask) -> list[Any]:
    """[MTS, OPEN, CLOSE, HIGH, LOW, VOLUME], newest first unless told."""
    params = ask.params
    listing, frame = listing_of(ask, params.path["symbol"]), params.path["frame"]
    if frame not in FRAMES:
        raise wrong("time_frame")
    interval, limit = FRAMES[frame], params.rows(100, 10_000)
    longest = interval + DAY if interval == MONTH else interval
    market = ask.exchange.market
    now = market.clock(ask.now)
    start, end = params.integer("start"), params.integer("end")
    last = now if end is None else min(end, now)
    rising = params.integer("sort", -1) == 1
    if rising and start is not None:
        stop = min(last + 1, start + (limit + 1) * longest)
        found = market.bars(listing.key, interval, start, stop, ask.now)[:limit]
    else:
        first = max(0, last - (limit + 1) * longest, start or 0)
        found = market.bars(listing.key, interval, first, last + 1, ask.now)[-limit:] if first <= last else []
    rows = [[bar.open_ms, bar.open, bar.close, bar.high, bar.low, bar.volume] for bar in found]
    return rows if rising else rows[::-1]


def book(ask: Ask) -> list[Any]:
    """P0 to P4: [PRICE, COUNT, AMOUNT]; R0: [ORDER_ID, PRICE, AMOUNT]. A positive amount is a bid."""
    symbol, precision = ask.params.path["symbol"], ask.params.path["precision"]
    length = ask.params.integer("len", 25) or 25
    if length not in LENGTHS and precision != "R0":
        raise wrong("len")
    if precision not in ("P0", "P1", "P2", "P3", "P4", "R0"):
        raise wrong("precision")
    if symbol.startswith("f"):
        return funding.book(ask, symbol, length)
    depth = ask.exchange.market.depth(listing_of(ask, symbol).key, ask.now, length)
    rows: list[Any] = []
    for sign, levels in ((1, depth.bids), (-1, depth.asks)):
        for n, level in enumerate(levels):
            amount = sign * level.qty
            head = [level.price, 1] if precision != "R0" else [depth.time_ms * 1000 + sign * n, level.price]
            rows.append([*head, amount])
    return rows


def trades(ask: Ask) -> list[Any]:
    """[ID, MTS, AMOUNT, PRICE]; a negative amount was sold by the taker."""
    params = ask.params
    symbol = params.path["symbol"]
    if symbol.startswith("f"):
        return funding.trades(ask, symbol)
    limit = params.rows(125, 10_000)
    start, end = params.integer("start"), params.integer("end")
    found = [
        [one.id, one.time_ms, -one.qty if one.buyer_maker else one.qty, one.price]
        for one in ask.exchange.market.trades(listing_of(ask, symbol).key, ask.now, min(1_000, limit))
        if (start is None or one.time_ms >= start) and (end is None or one.time_ms <= end)
    ]
    return found[:limit] if params.integer("sort", -1) == 1 else found[::-1][:limit]


def conf(ask: Ask) -> list[Any]:
    """One list for each thing that was asked for; what the paper exchange knows nothing of is an empty list."""
    listed = ask.exchange.listings(Product.SPOT)
    pairs = [pair_of(one) for one in listed]
    codes = sorted({code_of(one.base) for one in listed} | {"USD", "UST"})
    known: dict[str, Any] = {
        "pub:info:pair": [[pair, _info(one)] for pair, one in zip(pairs, listed, strict=True)],
        "pub:info:pair:futures": [],
        "pub:list:pair:exchange": pairs,
        "pub:list:pair:margin": pairs,
        "pub:list:pair:futures": [],
        "pub:list:pair:securities": [],
        "pub:list:currency": codes,
        "pub:list:currency:margin": [symbol.removeprefix("f") for symbol in funding.symbols()],
        "pub:map:currency:sym": [["UST", "USDt"]],
    }
    found = []
    for name in ask.params.path["config"].split(","):
        if name not in known and not name.startswith(("pub:map:", "pub:info:tx:", "pub:list:")):
            raise BitfinexRefusal(PARAMS, f"{name}: invalid")
        found.append(known.get(name, []))
    return found


def _info(listing: Listing) -> list[Any]:
    """[3] least and [4] most size, [8] initial and [9] maintenance margin."""
    major = listing.base in MAJOR
    sizes: list[Any] = [None, None, None, short(listing.min_qty), short(listing.max_qty), None, None, None]
    return [*sizes, INITIAL[major], MINIMUM[major], None, None]


def stats(ask: Ask) -> list[Any]:
    """The paper exchange keeps no statistics over all users: nothing is told for any time."""
    if ":" not in ask.params.path["stat"]:
        raise wrong("key")
    return []


def number(value: Decimal) -> Decimal:
    """Money as Bitfinex tells it: at most eight decimals."""
    return round(value, 8).normalize()
