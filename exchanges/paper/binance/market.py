"""Public market data as Binance's spot and futures hosts give it alike.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api
"""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.binance.face import Ask
from blave_mcp.exchanges.paper.binance.params import BinanceRefusal, not_valid
from blave_mcp.exchanges.paper.market import DAY, HOUR, MINUTE, MONTH, SECOND, Bar, IntervalUnavailable, Quote
from blave_mcp.exchanges.paper.types import ZERO, Listing

_TRADES_KEPT = 1_000
INTERVALS: Mapping[str, int] = {
    "1m": MINUTE,
    "3m": 3 * MINUTE,
    "5m": 5 * MINUTE,
    "15m": 15 * MINUTE,
    "30m": 30 * MINUTE,
    "1h": HOUR,
    "2h": 2 * HOUR,
    "4h": 4 * HOUR,
    "6h": 6 * HOUR,
    "8h": 8 * HOUR,
    "12h": 12 * HOUR,
    "1d": DAY,
    "3d": 3 * DAY,
    "1w": 7 * DAY,
}


def ping(_: Ask) -> dict[str, Any]:
    return {}


def time(ask: Ask) -> dict[str, Any]:
    return {"serverTime": ask.now}


def interval_of(ask: Ask, name: str = "interval") -> int:
    """Raises BinanceRefusal -1120."""
    word = ask.params.text(name)
    if word == "1M":
        return MONTH
    if word == "1s" and ask.face.has_seconds:
        return SECOND
    if word not in INTERVALS:
        raise BinanceRefusal(-1120, "Invalid interval.")
    return INTERVALS[word]


def bars_of(ask: Ask, key: str, limit: int) -> tuple[list[Bar], int]:
    """Returns the wanted bars, and their interval.

    With startTime the first `limit` from there, else the last ones up to endTime; both are opening times, inclusive.
    """
    interval = interval_of(ask)
    longest = interval + DAY if interval == MONTH else interval
    market = ask.exchange.market
    start, end = ask.params.integer("startTime"), ask.params.integer("endTime")
    last = market.clock(ask.now) if end is None else min(end, market.clock(ask.now))
    if start is None:
        found = market.bars(key, interval, max(0, last - limit * longest), last + 1, ask.now)
        return found[-limit:], interval
    stop = min(last + 1, start + (limit + 1) * longest)
    return (market.bars(key, interval, start, stop, ask.now)[:limit] if start < stop else []), interval


def kline(ask: Ask, listing: Listing, bar: Bar, interval: int) -> list[Any]:
    face = ask.face
    taker = bar.volume / 2 if bar.taker_buy is None else bar.taker_buy
    share = taker / bar.volume if bar.volume else ZERO
    return [
        bar.open_ms,
        face.price(listing, bar.open),
        face.price(listing, bar.high),
        face.price(listing, bar.low),
        face.price(listing, bar.close),
        face.size(listing, bar.volume),
        closes_at(bar.open_ms, interval),
        face.money(bar.quote_volume),
        bar.trades,
        face.size(listing, taker),
        face.money(bar.quote_volume * share),
        "0",
    ]


def closes_at(open_ms: int, interval: int) -> int:
    """Returns the last millisecond of a bar."""
    if interval != MONTH:
        return open_ms + interval - 1
    first = datetime.fromtimestamp(open_ms / SECOND, UTC)
    return open_ms + monthrange(first.year, first.month)[1] * DAY - 1


def klines(ask: Ask) -> list[list[Any]]:
    listing = ask.listing()
    bars, interval = bars_of(ask, listing.key, ask.face.rows(ask, 500, ask.face.most_klines))
    return [kline(ask, listing, bar, interval) for bar in bars]


def depth_sides(ask: Ask, listing: Listing, levels: int) -> tuple[dict[str, Any], int]:
    """Returns bids and asks, and the market time they are of."""
    depth = ask.exchange.market.depth(listing.key, ask.now, levels)
    face = ask.face

    def side(rows: Any) -> list[list[str]]:
        return [[face.price(listing, level.price), face.size(listing, level.qty)] for level in rows]

    # Rises with time, as the venue's update id does.
    body = {"lastUpdateId": depth.time_ms, "bids": side(depth.bids), "asks": side(depth.asks)}
    return body, depth.time_ms


def trades(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.listing()
    face = ask.face
    found = ask.exchange.market.trades(listing.key, ask.now, face.rows(ask, 500, _TRADES_KEPT))
    return [
        {
            "id": trade.id,
            "price": face.price(listing, trade.price),
            "qty": face.size(listing, trade.qty),
            "quoteQty": face.money(trade.price * trade.qty),
            "time": trade.time_ms,
            "isBuyerMaker": trade.buyer_maker,
            **face.trade_extra,
        }
        for trade in found
    ]


def agg_trades(ask: Ask) -> list[dict[str, Any]]:
    """Every trade stands alone in its aggregate; no further back than the last thousand."""
    listing = ask.listing()
    face = ask.face
    limit = face.rows(ask, 500, _TRADES_KEPT)
    start, end, first = (ask.params.integer(name) for name in ("startTime", "endTime", "fromId"))
    found = [
        trade
        for trade in ask.exchange.market.trades(listing.key, ask.now, _TRADES_KEPT)
        if (start is None or trade.time_ms >= start)
        and (end is None or trade.time_ms <= end)
        and (first is None or trade.id >= first)
    ]
    forward = start is not None or first is not None
    return [
        {
            "a": trade.id,
            "p": face.price(listing, trade.price),
            "q": face.size(listing, trade.qty),
            "f": trade.id,
            "l": trade.id,
            "T": trade.time_ms,
            "m": trade.buyer_maker,
            **(face.agg_trade_extra or {"nq": face.size(listing, trade.qty)}),
        }
        for trade in (found[:limit] if forward else found[-limit:])
    ]


def per_symbol(ask: Ask, row: Callable[[Ask, Listing], Any], *, several: bool) -> Any:
    """Returns one row for `symbol`, a list for `symbols` (where the product has that) or for none.

    Raises:
        BinanceRefusal: -1121, -1128 for both at once, -1100 for symbols that are no JSON list of texts.
    """
    listing = ask.some_listing()
    if listing is not None:
        if several and "symbols" in ask.params:
            raise BinanceRefusal(-1128, "Combination of optional parameters invalid.")
        return row(ask, listing)
    return [row(ask, each) for each in (chosen(ask) if several else traded(ask))]


def traded(ask: Ask) -> list[Listing]:
    return list(ask.exchange.listings(ask.face.product))


def chosen(ask: Ask) -> list[Listing]:
    """Returns the listings that `symbols` names, all where it was not sent."""
    if "symbols" not in ask.params:
        return traded(ask)
    try:
        wanted = json.loads(ask.params.text("symbols"))
    except ValueError:
        raise not_valid("symbols") from None
    if not isinstance(wanted, list) or not wanted or not all(isinstance(name, str) for name in wanted):
        raise not_valid("symbols")
    if len(set(wanted)) < len(wanted):
        raise BinanceRefusal(-1151, "Symbol is present multiple times in the list.")
    return [ask.listing_of(name) for name in wanted]


def quote_of(ask: Ask, listing: Listing) -> Quote:
    return ask.exchange.market.quote(listing.key, ask.now)


def day_statistics(ask: Ask, listing: Listing, quote: Quote) -> dict[str, Any]:
    """The fields of a 24-hour ticker that both products have, in their order."""
    face = ask.face
    market = ask.exchange.market
    change = quote.last - quote.open_24h
    percent = change * 100 / quote.open_24h if quote.open_24h else ZERO
    average = quote.quote_volume_24h / quote.volume_24h if quote.volume_24h else ZERO
    latest = market.trades(listing.key, ask.now, 1)
    last_id = latest[-1].id if latest else -1
    count = _trades_in_a_day(ask, listing, quote.time_ms)
    return {
        "symbol": listing.symbol,
        "priceChange": face.price(listing, change),
        "priceChangePercent": f"{percent:.3f}",
        "weightedAvgPrice": face.price(listing, average),
        "lastPrice": face.price(listing, quote.last),
        "lastQty": face.size(listing, latest[-1].qty if latest else ZERO),
        "openPrice": face.price(listing, quote.open_24h),
        "highPrice": face.price(listing, quote.high_24h),
        "lowPrice": face.price(listing, quote.low_24h),
        "volume": face.size(listing, quote.volume_24h),
        "quoteVolume": face.money(quote.quote_volume_24h),
        "openTime": quote.time_ms - DAY,
        "closeTime": quote.time_ms,
        "firstId": max(-1, last_id - count + 1),
        "lastId": last_id,
        "count": count,
    }


def _trades_in_a_day(ask: Ask, listing: Listing, until_ms: int) -> int:
    """Returns how many trades there were, from hourly bars or the market's finest that can be had."""
    for interval in (HOUR, DAY):
        try:
            bars = ask.exchange.market.bars(listing.key, interval, until_ms - DAY, until_ms + 1, ask.now)
        except IntervalUnavailable:
            continue
        return sum(bar.trades for bar in bars)
    return 0


def best(ask: Ask, listing: Listing, quote: Quote) -> dict[str, str]:
    face = ask.face
    return {
        "bidPrice": face.price(listing, quote.bid),
        "bidQty": face.size(listing, quote.bid_qty),
        "askPrice": face.price(listing, quote.ask),
        "askQty": face.size(listing, quote.ask_qty),
    }


def last_price(ask: Ask, listing: Listing) -> Decimal:
    return ask.exchange.market.prices(listing.key, ask.now).last
