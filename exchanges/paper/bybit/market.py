"""Public market data as Bybit tells it. https://bybit-exchange.github.io/docs/v5/market/time"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.bybit.ask import Ask, paged
from blave_mcp.exchanges.paper.bybit.wire import wrong
from blave_mcp.exchanges.paper.face import places_of, short
from blave_mcp.exchanges.paper.market import DAY, HOUR, MINUTE, MONTH, WEEK, Bar
from blave_mcp.exchanges.paper.types import ONE, ZERO, Listing, Product

INTERVALS: Mapping[str, int] = {
    **{str(minutes): minutes * MINUTE for minutes in (1, 3, 5, 15, 30, 60, 120, 240, 360, 720)},
    "D": DAY,
    "W": WEEK,
    "M": MONTH,
}
PERIODS: Mapping[str, int] = {
    "5min": 5 * MINUTE, "15min": 15 * MINUTE, "30min": 30 * MINUTE, "1h": HOUR, "4h": 4 * HOUR, "1d": DAY,
}  # fmt: skip
_CAP = Decimal("0.00375")


def time(ask: Ask) -> dict[str, Any]:
    return {"timeSecond": str(ask.now // 1000), "timeNano": str(ask.now * 1_000_000)}


def instruments(ask: Ask) -> dict[str, Any]:
    listed = ask.listed()
    found = [_spot(one) if one.product is Product.SPOT else _linear(one) for one in listed]
    if ask.category == "spot":
        return {"category": "spot", "list": found}
    page, cursor = paged(ask, found, 500, 1000)
    return {"category": ask.category, "list": page, "nextPageCursor": cursor}


def _spot(listing: Listing) -> dict[str, Any]:
    return {
        "symbol": listing.symbol,
        "baseCoin": listing.base,
        "quoteCoin": listing.quote,
        "innovation": "0",
        "symbolType": "",
        "status": "Trading",
        "marginTrading": "none",
        "stTag": "0",
        "lotSizeFilter": {
            "basePrecision": short(listing.step),
            "quotePrecision": "0.00000001",
            "minOrderQty": short(listing.min_qty),
            "maxOrderQty": short(listing.max_qty),
            "minOrderAmt": short(listing.min_notional),
            "maxOrderAmt": "8000000",
            "maxLimitOrderQty": short(listing.max_qty),
            "maxMarketOrderQty": short(listing.market_max_qty),
        },
        "priceFilter": {"tickSize": short(listing.tick)},
        "riskParameters": {"priceLimitRatioX": "0.5", "priceLimitRatioY": "0.5"},
    }


def _linear(listing: Listing) -> dict[str, Any]:
    return {
        "symbol": listing.symbol,
        "contractType": "LinearPerpetual",
        "status": "Trading",
        "baseCoin": listing.base,
        "quoteCoin": listing.quote,
        "launchTime": "1585526400000",
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": str(places_of(listing.tick)),
        "leverageFilter": {"minLeverage": "1", "maxLeverage": f"{listing.max_leverage:.2f}", "leverageStep": "0.01"},
        "priceFilter": {
            "minPrice": short(listing.tick),
            "maxPrice": short(listing.tick * 10**8),
            "tickSize": short(listing.tick),
        },
        "lotSizeFilter": {
            "maxOrderQty": short(listing.max_qty),
            "minOrderQty": short(listing.min_qty),
            "qtyStep": short(listing.step),
            "postOnlyMaxOrderQty": short(listing.max_qty),
            "maxMktOrderQty": short(listing.market_max_qty),
            "minNotionalValue": short(listing.min_notional),
        },
        "unifiedMarginTrade": True,
        "fundingInterval": listing.funding_interval_ms // MINUTE,
        "settleCoin": listing.settle,
        "copyTrading": "none",
        "upperFundingRate": short(_CAP),
        "lowerFundingRate": short(-_CAP),
        "isPreListing": False,
        "preListingInfo": None,
        "riskParameters": {
            "priceLimitRatioX": short(listing.band_up - 1),
            "priceLimitRatioY": short(listing.band_up - 1),
        },
        "symbolType": "",
    }


def tickers(ask: Ask) -> dict[str, Any]:
    return {"category": ask.category, "list": [_ticker(ask, one) for one in ask.listed()]}


def _ticker(ask: Ask, listing: Listing) -> dict[str, Any]:
    quote = ask.exchange.market.quote(listing.key, ask.now)
    change = (quote.last / quote.open_24h - 1) if quote.open_24h else ZERO
    common = {
        "symbol": listing.symbol,
        "bid1Price": short(quote.bid),
        "bid1Size": short(quote.bid_qty),
        "ask1Price": short(quote.ask),
        "ask1Size": short(quote.ask_qty),
        "lastPrice": short(quote.last),
        "prevPrice24h": short(quote.open_24h),
        "price24hPcnt": f"{change:.6f}",
        "highPrice24h": short(quote.high_24h),
        "lowPrice24h": short(quote.low_24h),
        "turnover24h": short(quote.quote_volume_24h),
        "volume24h": short(quote.volume_24h),
    }
    if listing.product is Product.SPOT:
        return {**common, "usdIndexPrice": short(quote.index)}
    interest = ask.exchange.market.open_interest(listing.key, ask.now)
    return {
        **common,
        "indexPrice": short(quote.index),
        "markPrice": short(quote.mark),
        "prevPrice1h": short(quote.last),
        "openInterest": short(interest),
        "openInterestValue": short(round(interest * quote.mark, 2)),
        "fundingRate": short(quote.funding_rate),
        "nextFundingTime": str(quote.next_funding_ms),
        "predictedDeliveryPrice": "",
        "basisRate": "",
        "deliveryFeeRate": "",
        "deliveryTime": "0",
    }


def _bars(ask: Ask, listing: Listing) -> list[Bar]:
    """With a start and an end, the newest `limit` in between, as Bybit gives them; with a start alone, the first."""
    word = ask.params.needed("interval")
    if word not in INTERVALS:
        raise wrong("Invalid period!")
    interval, limit = INTERVALS[word], ask.params.rows(200, 1000)
    longest = interval + DAY if interval == MONTH else interval
    market = ask.exchange.market
    now = market.clock(ask.now)
    start, end = ask.params.integer("start"), ask.params.integer("end")
    last = now if end is None else min(end, now)
    if start is not None and end is None:
        return market.bars(listing.key, interval, start, min(now, start + limit * longest) + 1, ask.now)[:limit]
    first = max(0, last - limit * longest, start or 0)
    return market.bars(listing.key, interval, first, last + 1, ask.now)[-limit:] if first <= last else []


def _candle(bar: Bar) -> list[str]:
    return [str(bar.open_ms), *(short(price) for price in (bar.open, bar.high, bar.low, bar.close))]


def candles(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    rows = [[*_candle(bar), short(bar.volume), short(bar.quote_volume)] for bar in reversed(_bars(ask, listing))]
    return {"category": ask.category, "symbol": listing.symbol, "list": rows}


def price_candles(ask: Ask) -> dict[str, Any]:
    """Bars of the last price, which mark and index follow, without volumes."""
    listing = ask.listing()
    rows = [_candle(bar) for bar in reversed(_bars(ask, listing))]
    return {"category": ask.category, "symbol": listing.symbol, "list": rows}


def book(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    spot = listing.product is Product.SPOT
    depth = ask.exchange.market.depth(listing.key, ask.now, ask.params.rows(*((1, 200) if spot else (25, 500))))
    return {
        "s": listing.symbol,
        "b": [[short(level.price), short(level.qty)] for level in depth.bids],
        "a": [[short(level.price), short(level.qty)] for level in depth.asks],
        "ts": depth.time_ms,
        "u": depth.time_ms // 100,
        "seq": depth.time_ms // 10,
        "cts": depth.time_ms,
    }


def trades(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    spot = listing.product is Product.SPOT
    count = ask.params.rows(*((60, 60) if spot else (500, 1000)))
    found = ask.exchange.market.trades(listing.key, ask.now, count)
    rows = [
        {
            "execId": str(trade.id),
            "symbol": listing.symbol,
            "price": short(trade.price),
            "size": short(trade.qty),
            "side": "Sell" if trade.buyer_maker else "Buy",
            "time": str(trade.time_ms),
            "isBlockTrade": False,
            "isRPITrade": False,
            "seq": str(trade.id),
        }
        for trade in reversed(found)
    ]
    return {"category": ask.category, "list": rows}


def funding(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    start, end = ask.params.integer("startTime"), ask.params.integer("endTime")
    if start is not None and end is None:
        raise wrong("startTime and endTime must be passed together")
    limit = ask.params.rows(200, 200)
    until = (ask.now if end is None else min(end, ask.now)) + 1
    since = max(0, until - limit * listing.funding_interval_ms) if start is None else start
    found = ask.exchange.market.fundings(listing.key, since, until, ask.now) if since < until else []
    rows = [
        {"symbol": listing.symbol, "fundingRate": short(past.rate), "fundingRateTimestamp": str(past.time_ms)}
        for past in reversed(found)
    ]
    return {"category": ask.category, "list": rows[:limit]}


def interest(ask: Ask) -> dict[str, Any]:
    """The open interest of now at each of the last points: the paper market keeps no past of it."""
    listing = ask.listing()
    step = PERIODS[ask.params.one_of("intervalTime", tuple(PERIODS))]
    value = short(ask.exchange.market.open_interest(listing.key, ask.now))
    last = ask.now - ask.now % step
    rows = [
        {"openInterest": value, "timestamp": str(last - n * step)} for n in range(ask.params.rows(50, 200))
    ]  # fmt: skip
    return {"category": ask.category, "symbol": listing.symbol, "list": rows, "nextPageCursor": ""}


def risk_limits(ask: Ask) -> dict[str, Any]:
    rows = []
    for listing in ask.listed():
        for number, tier in enumerate(listing.tiers, 1):
            rows.append(
                {
                    "id": number,
                    "symbol": listing.symbol,
                    "riskLimitValue": short(tier.cap),
                    "maintenanceMargin": short(tier.rate),
                    "initialMargin": short(round(ONE / tier.max_leverage, 6)),
                    "isLowestRisk": int(number == 1),
                    "maxLeverage": f"{tier.max_leverage:.2f}",
                    "mmDeduction": short(tier.cum) if tier.cum else "",
                }
            )
    return {"category": ask.category, "list": rows, "nextPageCursor": ""}


def price_limit(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    prices = ask.exchange.market.prices(listing.key, ask.now)
    at = prices.last if listing.product is Product.SPOT else prices.mark
    return {
        "symbol": listing.symbol,
        "buyLmt": short(at * listing.band_up // listing.tick * listing.tick),
        "sellLmt": short(-(-at * listing.band_down // listing.tick) * listing.tick),
        "ts": str(ask.now),
    }
