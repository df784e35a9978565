"""Public data of both hosts.

https://developer-pro.bitmart.com/en/spot/#public-market-data, https://developer-pro.bitmart.com/en/futuresv2/
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.bitmart.face import Ask, BitMartRefusal, native
from blave_mcp.exchanges.paper.bitmart.terms import lots, text
from blave_mcp.exchanges.paper.face import fixed, places_of, short
from blave_mcp.exchanges.paper.market import MINUTE, MONTH, Bar
from blave_mcp.exchanges.paper.types import Listing, Product

LISTED_MS = 1_594_080_000_000
SPOT_STEPS = (1, 5, 15, 30, 60, 120, 240, 1440, 10080, 43200)
FUTURES_STEPS = (1, 3, 5, 15, 30, 60, 120, 240, 360, 720, 1440, 4320, 10080)
MOST_FUTURES_BARS = 500


def time(ask: Ask) -> Any:
    return {"server_time": ask.now}


def service(ask: Ask) -> Any:
    return {
        "service": [
            {"title": f"{kind.title()} API", "service_type": kind, "status": "2", "start_time": 0, "end_time": 0}
            for kind in ("spot", "contract", "account")
        ]
    }


# Spot.


def details(ask: Ask) -> Any:
    return {"symbols": [_pair(n, each) for n, each in enumerate(ask.exchange.listings(Product.SPOT), 1)]}


def _pair(number: int, listing: Listing) -> dict[str, Any]:
    return {
        "symbol": native(listing),
        "symbol_id": number,
        "base_currency": listing.base,
        "quote_currency": listing.quote,
        "quote_increment": short(listing.step),
        "base_min_size": short(listing.min_qty),
        "base_max_size": short(listing.max_qty),
        "price_min_precision": 0,
        "price_max_precision": places_of(listing.tick),
        "expiration": "NA",
        "min_buy_amount": fixed(listing.min_notional, 2),
        "min_sell_amount": fixed(listing.min_notional, 2),
        "trade_status": "trading",
    }


def names(ask: Ask) -> Any:
    return {"symbols": [native(each) for each in ask.exchange.listings(Product.SPOT)]}


def _coins(ask: Ask) -> list[str]:
    found = ["USDT"]
    for each in ask.exchange.listings(Product.SPOT):
        found += [each.base] if each.base not in found else []
    return found


def currencies(ask: Ask) -> Any:
    return {
        "currencies": [
            {"id": coin, "name": coin, "withdraw_enabled": False, "deposit_enabled": False} for coin in _coins(ask)
        ]
    }


def networks(ask: Ask) -> Any:
    return {
        "currencies": [
            {
                "currency": coin, "name": coin, "contract_address": None, "network": coin, "withdraw_enabled": False,
                "deposit_enabled": False, "withdraw_minsize": None, "withdraw_minfee": None, "withdraw_fee": None,
            }
            for coin in _coins(ask)
        ]
    }  # fmt: skip


def ticker(ask: Ask) -> Any:
    found = _ticker(ask, ask.listing())
    names = (
        "symbol", "last", "v_24h", "qv_24h", "open_24h", "high_24h", "low_24h", "fluctuation", "bid_px", "bid_sz",
        "ask_px", "ask_sz", "ts",
    )  # fmt: skip
    return dict(zip(names, found, strict=True))


def tickers(ask: Ask) -> Any:
    return [_ticker(ask, each) for each in ask.exchange.listings(Product.SPOT)]


def _ticker(ask: Ask, listing: Listing) -> list[str]:
    quote = ask.exchange.market.quote(listing.key, ask.now)
    change = (quote.last / quote.open_24h - 1).quantize(Decimal("1e-5")) if quote.open_24h else Decimal(0)
    return [
        native(listing), short(quote.last), short(quote.volume_24h), short(quote.quote_volume_24h),
        short(quote.open_24h), short(quote.high_24h), short(quote.low_24h), f"{change:+f}", short(quote.bid),
        short(quote.bid_qty), short(quote.ask), short(quote.ask_qty), str(quote.time_ms),
    ]  # fmt: skip


def books(ask: Ask) -> Any:
    listing = ask.listing()
    depth = ask.exchange.market.depth(listing.key, ask.now, min(50, ask.integer("limit") or 35))
    sides = {
        name: [[short(level.price), short(level.qty)] for level in levels]
        for name, levels in (("asks", depth.asks), ("bids", depth.bids))
    }
    return {"ts": str(depth.time_ms), "symbol": native(listing), **sides}


def trades(ask: Ask) -> Any:
    listing = ask.listing()
    found = ask.exchange.market.trades(listing.key, ask.now, ask.rows(50))
    return [
        [native(listing), str(each.time_ms), short(each.price), short(each.qty), "sell" if each.buyer_maker else "buy"]
        for each in reversed(found)
    ]


def klines(ask: Ask) -> Any:
    """Rows after `after` and before `before`, both in seconds; newest first."""
    listing, step = ask.listing(), ask.integer("step") or 1
    if step not in SPOT_STEPS:
        raise BitMartRefusal(71005, "request step error", status=200)
    count = min(200, ask.integer("limit") or 100)
    after, before = ask.integer("after"), ask.integer("before")
    market = ask.exchange.market
    length = MONTH if step == 43200 else step * MINUTE
    now = market.clock(ask.now)
    end = min(now + 1, now + 1 if before is None else before * 1000)
    start = max(0, end - (count + 1) * step * MINUTE)
    if after is not None:
        start = max(start, after * 1000 + 1)
    found = market.bars(listing.key, length, start, end, ask.now) if start < end else []
    return [_kline(each) for each in found[-count:][::-1]]


def _kline(bar: Bar) -> list[str]:
    prices = [short(value) for value in (bar.open, bar.high, bar.low, bar.close)]
    return [str(bar.open_ms // 1000), *prices, short(bar.volume), short(bar.quote_volume)]


# Perpetuals.


def contracts(ask: Ask) -> Any:
    one = ask.some_listing()
    found = ask.exchange.listings(Product.PERP) if one is None else (one,)
    return {"symbols": [_contract(ask, each) for each in found]}


def _contract(ask: Ask, listing: Listing) -> dict[str, Any]:
    market = ask.exchange.market
    quote = market.quote(listing.key, ask.now)
    interest = market.open_interest(listing.key, ask.now)
    change = (quote.last / quote.open_24h - 1).quantize(Decimal("1e-8")) if quote.open_24h else Decimal(0)
    return {
        "symbol": native(listing), "product_type": 1, "open_timestamp": LISTED_MS, "expire_timestamp": 0,
        "settle_timestamp": 0, "base_currency": listing.base, "quote_currency": listing.quote,
        "last_price": short(quote.last), "volume_24h": lots(listing, quote.volume_24h),
        "turnover_24h": short(quote.quote_volume_24h), "index_price": short(quote.index), "index_name": native(listing),
        "contract_size": short(listing.contract_size), "min_leverage": "1", "max_leverage": short(listing.max_leverage),
        "price_precision": short(listing.tick), "vol_precision": lots(listing, listing.step),
        "max_volume": lots(listing, listing.max_qty), "market_max_volume": lots(listing, listing.market_max_qty),
        "min_volume": lots(listing, listing.min_qty), "funding_rate": short(quote.funding_rate),
        "expected_funding_rate": short(quote.funding_rate), "open_interest": lots(listing, interest),
        "open_interest_value": short(interest * quote.last), "high_24h": short(quote.high_24h),
        "low_24h": short(quote.low_24h), "change_24h": short(change),
        "funding_interval_hours": listing.funding_interval_ms // 3_600_000, "funding_time": quote.next_funding_ms,
        "status": "Trading", "delist_time": 0,
    }  # fmt: skip


def depth(ask: Ask) -> Any:
    listing = ask.listing()
    found = ask.exchange.market.depth(listing.key, ask.now, 50)
    sides: dict[str, list[list[str]]] = {}
    for name, levels in (("asks", found.asks), ("bids", found.bids)):
        total, sides[name] = Decimal(0), []
        for level in levels:
            total += level.qty
            sides[name].append([short(level.price), lots(listing, level.qty), lots(listing, total)])
    return {**sides, "symbol": native(listing), "timestamp": found.time_ms}


def market_trades(ask: Ask) -> Any:
    listing = ask.listing()
    found = ask.exchange.market.trades(listing.key, ask.now, ask.rows(100))
    return [
        {
            "symbol": native(listing), "price": short(each.price), "qty": short(each.qty),
            "quote_qty": short(each.price * each.qty), "time": each.time_ms // 1000, "is_buyer_maker": each.buyer_maker,
        }
        for each in reversed(found)
    ]  # fmt: skip


def funding_rate(ask: Ask) -> Any:
    listing = ask.listing()
    quote = ask.exchange.market.quote(listing.key, ask.now)
    past = quote.next_funding_ms - listing.funding_interval_ms
    return {
        "symbol": native(listing), "rate_value": short(ask.exchange.market.funding_rate(listing.key, past)),
        "expected_rate": short(quote.funding_rate), "funding_time": quote.next_funding_ms,
        "funding_upper_limit": "0.0375", "funding_lower_limit": "-0.0375", "timestamp": quote.time_ms,
    }  # fmt: skip


def funding_history(ask: Ask) -> Any:
    listing, count = ask.listing(), ask.rows(100)
    start = max(0, ask.now - (count + 1) * listing.funding_interval_ms)
    found = ask.exchange.market.fundings(listing.key, start, ask.now + 1, ask.now)
    return {
        "list": [
            {"symbol": native(listing), "funding_rate": short(each.rate), "funding_time": each.time_ms}
            for each in found[-count:][::-1]
        ]
    }


def kline(ask: Ask) -> Any:
    """Both times are wanted, in seconds; oldest first, at most 500."""
    listing, step = ask.listing(), ask.integer("step") or 1
    start, end = ask.integer("start_time"), ask.integer("end_time")
    if step not in FUTURES_STEPS:
        raise BitMartRefusal(40038, "The k-line step is invalid")
    if start is None or end is None or start > end:
        raise BitMartRefusal(40039, "The timestamp is invalid")
    market, length = ask.exchange.market, step * MINUTE
    last = min(end * 1000, market.clock(ask.now)) + 1
    found = market.bars(listing.key, length, start * 1000, last, ask.now) if start * 1000 < last else []
    return [
        {
            "timestamp": each.open_ms // 1000, "open_price": short(each.open), "high_price": short(each.high),
            "low_price": short(each.low), "close_price": short(each.close), "volume": lots(listing, each.volume),
        }
        for each in found[:MOST_FUTURES_BARS]
    ]  # fmt: skip


def open_interest(ask: Ask) -> Any:
    listing = ask.listing()
    value = ask.exchange.market.open_interest(listing.key, ask.now)
    last = ask.exchange.market.prices(listing.key, ask.now).last
    return {
        "symbol": native(listing), "open_interest": lots(listing, value), "open_interest_value": short(value * last),
        "timestamp": ask.now,
    }  # fmt: skip


def brackets(ask: Ask) -> Any:
    one = ask.some_listing()
    found = ask.exchange.listings(Product.PERP) if one is None else (one,)
    return {
        "rules": [
            {
                "symbol": native(each),
                "brackets": [
                    {
                        "bracket": n, "initial_leverage": int(tier.max_leverage), "notional_cap": short(tier.cap),
                        "notional_floor": short(tier.floor), "maint_margin_ratio": text(tier.rate),
                        "cum": short(tier.cum),
                    }
                    for n, tier in enumerate(each.tiers, 1)
                ],
            }
            for each in found
        ]
    }  # fmt: skip
