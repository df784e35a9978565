"""Public market data of BingX's host, spot and perpetual.

https://bingx-api.github.io/docs/#/en-us/spot/market-api.html
https://bingx-api.github.io/docs/#/en-us/swapV2/market-api.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.bingx.core import Ask, native
from blave_mcp.exchanges.paper.face import fixed, places_of, short
from blave_mcp.exchanges.paper.market import DAY, HOUR, MINUTE, MONTH, Bar, Quote
from blave_mcp.exchanges.paper.types import ZERO, Listing

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
    "1M": MONTH,
}
_LEVELS = (5, 10, 20, 50, 100, 500, 1_000)


def price_text(listing: Listing, value: Decimal) -> str:
    return fixed(value, places_of(listing.tick))


def size_text(listing: Listing, value: Decimal) -> str:
    return fixed(value, places_of(listing.step))


def time(ask: Ask) -> dict[str, Any]:
    return {"serverTime": ask.now}


def nothing(_: Ask) -> list[Any]:
    """What the paper exchange has none of: coin-margined contracts, networks to deposit on."""
    return []


def _per_symbol(ask: Ask, told: Callable[[Listing], Any]) -> Any:
    """Returns one row for a symbol, a list without one."""
    one = ask.some_listing()
    return [told(each) for each in ask.listings()] if one is None else told(one)


def _quote(ask: Ask, listing: Listing) -> Quote:
    return ask.exchange.market.quote(listing.key, ask.now)


# Instruments


def symbols(ask: Ask) -> dict[str, Any]:
    return {
        "symbols": [
            {
                "symbol": native(each),
                "minQty": each.min_qty,
                "maxQty": each.max_qty,
                "minNotional": each.min_notional,
                "maxNotional": Decimal(1_000_000),
                "status": 1,
                "tickSize": each.tick,
                "stepSize": each.step,
                "apiStateSell": True,
                "apiStateBuy": True,
                "timeOnline": 0,
                "offTime": 0,
                "maintainTime": 0,
            }
            for each in ask.listings()
        ]
    }


def contracts(ask: Ask) -> list[dict[str, Any]]:
    return [
        {
            "contractId": str(number),
            "symbol": native(each),
            "size": short(each.step),
            "quantityPrecision": places_of(each.step),
            "pricePrecision": places_of(each.tick),
            "feeRate": each.taker_fee,
            "makerFeeRate": each.maker_fee,
            "takerFeeRate": each.taker_fee,
            "tradeMinLimit": 0,
            "tradeMinQuantity": each.min_qty,
            "tradeMinUSDT": each.min_notional,
            "maxLongLeverage": int(each.max_leverage),
            "maxShortLeverage": int(each.max_leverage),
            "currency": each.settle,
            "asset": each.base,
            "status": 1,
            "apiStateOpen": "true",
            "apiStateClose": "true",
            "ensureTrigger": False,
            "triggerFeeRate": "0.00000000",
        }
        for number, each in enumerate(ask.listings(), 100)
    ]


# Tickers


def _day(ask: Ask, listing: Listing) -> dict[str, Any]:
    quote = _quote(ask, listing)
    change = quote.last - quote.open_24h
    percent = change * 100 / quote.open_24h if quote.open_24h else ZERO
    return {
        "symbol": native(listing),
        "priceChange": price_text(listing, change),
        "priceChangePercent": f"{percent:.2f}%",
        "openPrice": price_text(listing, quote.open_24h),
        "highPrice": price_text(listing, quote.high_24h),
        "lowPrice": price_text(listing, quote.low_24h),
        "lastPrice": price_text(listing, quote.last),
        "volume": size_text(listing, quote.volume_24h),
        "quoteVolume": fixed(quote.quote_volume_24h, 2),
        "openTime": quote.time_ms - DAY,
        "closeTime": quote.time_ms,
    }


def spot_ticker(ask: Ask) -> list[dict[str, Any]]:
    """A list, also for one symbol; with the best prices as numbers."""
    found = []
    for each in ask.listings():
        quote = _quote(ask, each)
        best = {"bidPrice": quote.bid, "bidQty": quote.bid_qty, "askPrice": quote.ask, "askQty": quote.ask_qty}
        found.append({**_day(ask, each), **best})
    return found


def swap_ticker(ask: Ask) -> Any:
    def told(listing: Listing) -> dict[str, Any]:
        latest = ask.exchange.market.trades(listing.key, ask.now, 1)
        last = size_text(listing, latest[-1].qty if latest else ZERO)
        return {**_day(ask, listing), "lastQty": last, **_best(ask, listing)}

    return _per_symbol(ask, told)


def _best(ask: Ask, listing: Listing) -> dict[str, str]:
    quote = _quote(ask, listing)
    return {
        "bidPrice": price_text(listing, quote.bid),
        "bidQty": size_text(listing, quote.bid_qty),
        "askPrice": price_text(listing, quote.ask),
        "askQty": size_text(listing, quote.ask_qty),
    }


def spot_book_ticker(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.listing()
    told = _best(ask, listing)
    names = {"bidQty": "bidVolume", "askQty": "askVolume"}
    best = {names.get(name, name): value for name, value in told.items()}
    return [{"eventType": "bookTicker", "symbol": native(listing), **best}]


def swap_book_ticker(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    best = {name: Decimal(value) for name, value in _best(ask, listing).items()}
    return {"book_ticker": {"symbol": native(listing), **best, "time": ask.now}}


def spot_price(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.listing()
    latest = ask.exchange.market.trades(listing.key, ask.now, 1)
    return [
        {
            "symbol": f"{listing.base}_{listing.quote}",
            "trades": [
                {
                    "timestamp": each.time_ms,
                    "tradeId": str(each.id),
                    "price": price_text(listing, each.price),
                    "amount": "",
                    "type": 2 if each.buyer_maker else 1,
                    "volume": size_text(listing, each.qty),
                }
                for each in latest
            ],
        }
    ]


def swap_price(ask: Ask) -> Any:
    def told(listing: Listing) -> dict[str, Any]:
        last = ask.exchange.market.prices(listing.key, ask.now).last
        return {"symbol": native(listing), "price": price_text(listing, last), "time": ask.now}

    return _per_symbol(ask, told)


# Book, trades, candles


def spot_depth(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    bids, asks, at = _sides(ask, listing, ask.count("limit", 20, 1_000))
    return {"bids": bids, "asks": asks[::-1], "ts": at, "lastUpdateId": at}


def swap_depth(ask: Ask) -> dict[str, Any]:
    """Asks come worst first, as on the venue."""
    listing = ask.listing()
    wanted = ask.integer("limit", 20)
    if wanted not in _LEVELS:
        raise ask.bad(f"Invalid parameters, err:limit: This field must be one of {list(_LEVELS)}.")
    bids, asks, at = _sides(ask, listing, wanted)
    return {"T": at, "bids": bids, "asks": asks[::-1]}


def _sides(ask: Ask, listing: Listing, levels: int) -> tuple[list[list[str]], list[list[str]], int]:
    depth = ask.exchange.market.depth(listing.key, ask.now, levels)
    bids, asks = (
        [[price_text(listing, level.price), size_text(listing, level.qty)] for level in side]
        for side in (depth.bids, depth.asks)
    )
    return bids, asks, depth.time_ms


def spot_trades(ask: Ask) -> list[dict[str, Any]]:
    """Newest first, prices and sizes as numbers."""
    listing = ask.listing()
    found = ask.exchange.market.trades(listing.key, ask.now, ask.count("limit", 100, 500))
    return [
        {"id": each.id, "price": each.price, "qty": each.qty, "time": each.time_ms, "buyerMaker": each.buyer_maker}
        for each in reversed(found)
    ]


def swap_trades(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.listing()
    found = ask.exchange.market.trades(listing.key, ask.now, ask.count("limit", 500, 1_000))
    return [
        {
            "id": str(each.id),
            "time": each.time_ms,
            "isBuyerMaker": each.buyer_maker,
            "price": price_text(listing, each.price),
            "qty": size_text(listing, each.qty),
            "quoteQty": fixed(each.price * each.qty, 2),
        }
        for each in found
    ]


def _bars(ask: Ask, listing: Listing) -> list[tuple[Bar, int]]:
    """Returns the bars newest first, each with the time when it closes."""
    word = ask.wanted("interval")
    if word not in INTERVALS:
        raise ask.bad("Invalid parameters, err:interval: unsupported")
    step, limit = INTERVALS[word], ask.count("limit", 500, 1_440)
    market = ask.exchange.market
    start, end = ask.integer("startTime"), ask.integer("endTime")
    until = market.clock(ask.now) + 1 if end is None else end + 1
    since = max(0, until - limit * step) if start is None else start
    found = market.bars(listing.key, step, since, until, ask.now)
    kept = found[-limit:] if start is None else found[:limit]
    return [(bar, bar.open_ms + step - 1) for bar in reversed(kept)]


def spot_klines(ask: Ask) -> list[list[Any]]:
    listing = ask.listing()
    return [
        [bar.open_ms, bar.open, bar.high, bar.low, bar.close, bar.volume, closes, bar.quote_volume]
        for bar, closes in _bars(ask, listing)
    ]


def swap_klines(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.listing()
    return [
        {
            "open": price_text(listing, bar.open),
            "close": price_text(listing, bar.close),
            "high": price_text(listing, bar.high),
            "low": price_text(listing, bar.low),
            "volume": size_text(listing, bar.volume),
            "time": bar.open_ms,
        }
        for bar, _ in _bars(ask, listing)
    ]


# Funding and interest


def premium(ask: Ask) -> Any:
    def told(listing: Listing) -> dict[str, Any]:
        quote = _quote(ask, listing)
        return {
            "symbol": native(listing),
            "markPrice": price_text(listing, quote.mark),
            "indexPrice": price_text(listing, quote.index),
            "lastFundingRate": fixed(quote.funding_rate),
            "nextFundingTime": quote.next_funding_ms,
        }

    return _per_symbol(ask, told)


def funding(ask: Ask) -> list[dict[str, Any]]:
    """Newest first."""
    listing = ask.listing()
    limit = ask.count("limit", 100, 1_000)
    start, end = ask.integer("startTime"), ask.integer("endTime")
    until = ask.now + 1 if end is None else end + 1
    since = max(0, until - limit * listing.funding_interval_ms) if start is None else start
    found = ask.exchange.market.fundings(listing.key, since, until, ask.now)
    kept = found[-limit:] if start is None else found[:limit]
    return [
        {
            "symbol": native(listing),
            "fundingRate": fixed(past.rate),
            "fundingTime": past.time_ms,
            "markPrice": price_text(listing, past.mark),
        }
        for past in reversed(kept)
    ]


def interest(ask: Ask) -> dict[str, Any]:
    """In quote, as the venue tells it."""
    listing = ask.listing()
    market = ask.exchange.market
    worth = market.open_interest(listing.key, ask.now) * market.prices(listing.key, ask.now).mark
    return {"openInterest": fixed(worth, 2), "symbol": native(listing), "time": ask.now}
