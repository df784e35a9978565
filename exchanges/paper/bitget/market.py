"""Public market data of Bitget's face.

https://www.bitget.com/api-doc/spot/market/Get-Symbols
https://www.bitget.com/api-doc/contract/market/Get-All-Symbols-Contracts
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.bitget.base import Ask, BitgetRefusal, ms, price_text, size_text, wrong
from blave_mcp.exchanges.paper.face import fixed, places_of, short
from blave_mcp.exchanges.paper.market import DAY, HOUR, MINUTE, MONTH, Quote
from blave_mcp.exchanges.paper.types import ONE, Listing, Product

_FINE: Mapping[str, int] = {
    "1m": MINUTE, "3m": 3 * MINUTE, "5m": 5 * MINUTE, "15m": 15 * MINUTE, "30m": 30 * MINUTE, "1h": HOUR,
    "4h": 4 * HOUR,
}  # fmt: skip
_UTC: Mapping[str, int] = {
    "6hutc": 6 * HOUR, "12hutc": 12 * HOUR, "1dutc": DAY, "3dutc": 3 * DAY, "1wutc": 7 * DAY, "1mutc": MONTH,
}  # fmt: skip
_EAST = ("6h", "12h", "1d", "3d", "1w", "1day", "3day", "1week")
_FUNDING_CAP = Decimal("0.003")


def time(ask: Ask) -> dict[str, str]:
    return {"serverTime": ms(ask.now)}


def nothing(_: Ask) -> list[Any]:
    return []


# Instruments


def coins(ask: Ask) -> list[dict[str, Any]]:
    """Every coin that is traded on spot; none can be deposited or withdrawn here.

    https://www.bitget.com/api-doc/spot/market/Get-Coin-List
    """
    names = dict.fromkeys(n for each in ask.exchange.listings(Product.SPOT) for n in (each.quote, each.base))
    wanted = ask.params.text("coin").upper()
    return [
        {"coinId": str(number), "coin": name, "transfer": "true", "chains": [], "areaCoin": "no"}
        for number, name in enumerate(names, 1)
        if wanted in ("", name)
    ]


def symbols(ask: Ask) -> list[dict[str, Any]]:
    one = ask.some_listing(Product.SPOT)
    return [_symbol(each) for each in ([one] if one is not None else ask.exchange.listings(Product.SPOT))]


def _symbol(listing: Listing) -> dict[str, Any]:
    return {
        "symbol": listing.symbol,
        "baseCoin": listing.base,
        "quoteCoin": listing.quote,
        "minTradeAmount": short(listing.min_qty),
        "maxTradeAmount": "900000000000000000000",
        "takerFeeRate": short(listing.taker_fee),
        "makerFeeRate": short(listing.maker_fee),
        "pricePrecision": str(places_of(listing.tick)),
        "quantityPrecision": str(places_of(listing.step)),
        "quotePrecision": "8",
        "status": "online",
        "minTradeUSDT": short(listing.min_notional),
        "buyLimitPriceRatio": short(listing.band_up - ONE),
        "sellLimitPriceRatio": short(ONE - listing.band_down),
        "areaSymbol": "no",
        "orderQuantity": "200",
        "openTime": "1532454360000",
        "offTime": "",
    }


def contracts(ask: Ask) -> list[dict[str, Any]]:
    if not ask.product_type():
        return []
    one = ask.some_listing(Product.PERP)
    found = [one] if one is not None else ask.exchange.listings(Product.PERP)
    return [_contract(each, ask.exchange.rules.max_open_orders) for each in found]


def _contract(listing: Listing, most_orders: int) -> dict[str, Any]:
    return {
        "symbol": listing.symbol,
        "baseCoin": listing.base,
        "quoteCoin": listing.quote,
        "buyLimitPriceRatio": short(listing.band_up - ONE),
        "sellLimitPriceRatio": short(ONE - listing.band_down),
        "feeRateUpRatio": "0.005",
        "makerFeeRate": short(listing.maker_fee),
        "takerFeeRate": short(listing.taker_fee),
        "openCostUpRatio": "0.01",
        "supportMarginCoins": [listing.settle],
        "minTradeNum": short(listing.min_qty),
        "priceEndStep": "1",
        "volumePlace": str(places_of(listing.step)),
        "pricePlace": str(places_of(listing.tick)),
        "sizeMultiplier": short(listing.step),
        "symbolType": "perpetual",
        "minTradeUSDT": short(listing.min_notional),
        "maxSymbolOrderNum": str(most_orders),
        "maxProductOrderNum": "1000",
        "maxPositionNum": "150",
        "symbolStatus": "normal",
        "offTime": "-1",
        "limitOpenTime": "-1",
        "deliveryTime": "",
        "deliveryStartTime": "",
        "deliveryPeriod": "",
        "launchTime": "",
        "fundInterval": str(listing.funding_interval_ms // HOUR),
        "minLever": "1",
        "maxLever": short(listing.max_leverage),
        "posLimit": "0.05",
        "maintainTime": "",
        "maxMarketOrderQty": short(listing.market_max_qty),
        "maxOrderQty": short(listing.max_qty),
        "isRwa": "NO",
    }


# Prices


def _quote(ask: Ask, listing: Listing) -> Quote:
    return ask.exchange.market.quote(listing.key, ask.now)


def _day(listing: Listing, quote: Quote) -> dict[str, str]:
    change = quote.last / quote.open_24h - 1 if quote.open_24h else Decimal(0)
    return {
        "lastPr": price_text(listing, quote.last),
        "askPr": price_text(listing, quote.ask),
        "bidPr": price_text(listing, quote.bid),
        "bidSz": size_text(listing, quote.bid_qty),
        "askSz": size_text(listing, quote.ask_qty),
        "high24h": price_text(listing, quote.high_24h),
        "low24h": price_text(listing, quote.low_24h),
        "ts": ms(quote.time_ms),
        "change24h": fixed(change, 5),
        "baseVolume": size_text(listing, quote.volume_24h),
        "quoteVolume": fixed(quote.quote_volume_24h, 2),
        "usdtVolume": fixed(quote.quote_volume_24h, 2),
        "openUtc": price_text(listing, quote.open_24h),
        "changeUtc24h": fixed(change, 5),
    }


def spot_tickers(ask: Ask) -> list[dict[str, Any]]:
    one = ask.some_listing(Product.SPOT)
    found = [one] if one is not None else ask.exchange.listings(Product.SPOT)
    told = []
    for listing in found:
        quote = _quote(ask, listing)
        told.append({"symbol": listing.symbol, "open": price_text(listing, quote.open_24h), **_day(listing, quote)})
    return told


def _contract_ticker(ask: Ask, listing: Listing) -> dict[str, Any]:
    quote = _quote(ask, listing)
    return {
        "symbol": listing.symbol,
        **_day(listing, quote),
        "indexPrice": fixed(quote.index, places_of(listing.tick) + 2),
        "fundingRate": fixed(quote.funding_rate, 6),
        "holdingAmount": size_text(listing, ask.exchange.market.open_interest(listing.key, ask.now)),
        "deliveryStartTime": None,
        "deliveryTime": None,
        "deliveryStatus": "",
        "open24h": price_text(listing, quote.open_24h),
        "markPrice": fixed(quote.mark, places_of(listing.tick)),
    }


def contract_ticker(ask: Ask) -> list[dict[str, Any]]:
    return [_contract_ticker(ask, ask.perp())]


def contract_tickers(ask: Ask) -> list[dict[str, Any]]:
    if not ask.product_type():
        return []
    return [_contract_ticker(ask, listing) for listing in ask.exchange.listings(Product.PERP)]


def symbol_price(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.perp()
    quote = _quote(ask, listing)
    return [
        {
            "symbol": listing.symbol,
            "price": price_text(listing, quote.last),
            "indexPrice": fixed(quote.index, places_of(listing.tick) + 2),
            "markPrice": fixed(quote.mark, places_of(listing.tick)),
            "ts": ms(quote.time_ms),
        }
    ]


def open_interest(ask: Ask) -> dict[str, Any]:
    listing = ask.perp()
    size = ask.exchange.market.open_interest(listing.key, ask.now)
    return {
        "openInterestList": [{"symbol": listing.symbol, "size": size_text(listing, size)}],
        "ts": ms(ask.exchange.market.clock(ask.now)),
    }


def funding_now(ask: Ask) -> list[dict[str, Any]]:
    if not ask.product_type():
        return []
    one = ask.some_listing(Product.PERP)
    told = []
    for listing in [one] if one is not None else ask.exchange.listings(Product.PERP):
        quote = _quote(ask, listing)
        told.append(
            {
                "symbol": listing.symbol,
                "fundingRate": fixed(quote.funding_rate, 6),
                "fundingRateInterval": str(listing.funding_interval_ms // HOUR),
                "nextUpdate": ms(quote.next_funding_ms),
                "minFundingRate": fixed(-_FUNDING_CAP, 3),
                "maxFundingRate": fixed(_FUNDING_CAP, 3),
            }
        )
    return told


def funding_history(ask: Ask) -> list[dict[str, str]]:
    listing = ask.perp()
    size, page = ask.params.limit(20, 100, "pageSize"), ask.params.limit(1, 1000, "pageNo")
    start = max(0, ask.now - listing.funding_interval_ms * (size * page + 1))
    found = ask.exchange.market.fundings(listing.key, start, ask.now, ask.now)[::-1]
    return [
        {"symbol": listing.symbol, "fundingRate": fixed(each.rate, 6), "fundingTime": ms(each.time_ms)}
        for each in found[size * (page - 1) : size * page]
    ]


# Book, trades, candles


def spot_book(ask: Ask) -> dict[str, Any]:
    listing = ask.listing(Product.SPOT)
    if ask.params.one_of("type", [f"step{n}" for n in range(6)], "step0") != "step0":
        raise wrong("type")
    depth = ask.exchange.market.depth(listing.key, ask.now, ask.params.limit(150, 150))
    return {
        "asks": [[price_text(listing, level.price), size_text(listing, level.qty)] for level in depth.asks],
        "bids": [[price_text(listing, level.price), size_text(listing, level.qty)] for level in depth.bids],
        "ts": ms(depth.time_ms),
    }


def merge_depth(ask: Ask) -> dict[str, Any]:
    """Prices and sizes are numbers here, not texts."""
    listing = ask.perp()
    if ask.params.one_of("precision", [f"scale{n}" for n in range(4)], "scale0") != "scale0":
        raise wrong("precision")
    words = {"1": 1, "5": 5, "15": 15, "50": 50, "100": 100, "max": 500}
    levels = words[ask.params.one_of("limit", words, "100")]
    depth = ask.exchange.market.depth(listing.key, ask.now, levels)
    return {
        "asks": [[level.price, level.qty] for level in depth.asks],
        "bids": [[level.price, level.qty] for level in depth.bids],
        "ts": ms(depth.time_ms),
        "scale": short(listing.tick),
        "precision": "scale0",
        "isMaxPrecision": "NO",
    }


def _trades(ask: Ask, listing: Listing, most: int) -> list[dict[str, str]]:
    found = ask.exchange.market.trades(listing.key, ask.now, ask.params.limit(100, most))
    return [
        {
            "tradeId": str(trade.id),
            "price": price_text(listing, trade.price),
            "size": size_text(listing, trade.qty),
            "side": "sell" if trade.buyer_maker else "buy",
            "ts": ms(trade.time_ms),
            "symbol": listing.symbol,
        }
        for trade in reversed(found)
    ]


def spot_trades(ask: Ask) -> list[dict[str, str]]:
    return _trades(ask, ask.listing(Product.SPOT), 500)


def contract_trades(ask: Ask) -> list[dict[str, str]]:
    return _trades(ask, ask.perp(), 100)


def _interval(ask: Ask) -> int:
    """Raises BitgetRefusal, also for candles that open at UTC+8, which the paper market does not have."""
    word = ask.params.need("granularity")
    name = word.lower().replace("min", "m")
    if word == "1M" or name in _EAST:
        raise BitgetRefusal("40020", f"Parameter granularity error: paper trading has no candles at UTC+8 ({word})")
    interval = _UTC.get(name) or _FINE.get(name)
    if interval is None:
        raise wrong("granularity")
    return interval


def _candles(ask: Ask, listing: Listing, most: int, *, quote_twice: bool) -> list[list[str]]:
    interval = _interval(ask)
    count = ask.params.limit(100, most)
    market = ask.exchange.market
    end = ask.params.integer("endTime")
    start = ask.params.integer("startTime") or 0
    now = market.clock(ask.now) + 1
    stop = now if end is None else min(end, now)
    longest = interval + DAY if interval == MONTH else interval
    first = max(start, stop - (count + 1) * longest)
    bars = market.bars(listing.key, interval, first, stop, ask.now)[-count:] if first < stop else []
    told = []
    for bar in bars:
        quote = fixed(bar.quote_volume, 4)
        told.append(
            [
                ms(bar.open_ms),
                *(price_text(listing, value) for value in (bar.open, bar.high, bar.low, bar.close)),
                size_text(listing, bar.volume),
                quote,
                *([quote] if quote_twice else []),
            ]
        )
    return told


def spot_candles(ask: Ask) -> list[list[str]]:
    return _candles(ask, ask.listing(Product.SPOT), 1000, quote_twice=True)


def spot_history_candles(ask: Ask) -> list[list[str]]:
    ask.params.need("endTime")
    return _candles(ask, ask.listing(Product.SPOT), 200, quote_twice=True)


def contract_candles(ask: Ask) -> list[list[str]]:
    if ask.params.text("kLineType", "MARKET").upper() != "MARKET":
        raise wrong("kLineType")
    return _candles(ask, ask.perp(), 1000, quote_twice=False)


def contract_history_candles(ask: Ask) -> list[list[str]]:
    return _candles(ask, ask.perp(), 200, quote_twice=False)


def tiers(ask: Ask) -> list[dict[str, str]]:
    listing = ask.perp()
    return [
        {
            "symbol": listing.symbol,
            "level": str(number),
            "startUnit": short(tier.floor),
            "endUnit": short(tier.cap),
            "leverage": short(tier.max_leverage),
            "keepMarginRate": short(tier.rate),
        }
        for number, tier in enumerate(listing.tiers, 1)
    ]
