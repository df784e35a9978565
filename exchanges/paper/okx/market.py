"""Public data: instruments, tickers, candles, book, trades, funding, interest, tiers.

https://www.okx.com/docs-v5/en/#order-book-trading-market-data
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.face import short
from blave_mcp.exchanges.paper.market import DAY, HOUR, MINUTE, MONTH, WEEK, Bar
from blave_mcp.exchanges.paper.okx.face import Ask, OkxRefusal, empty, inst_id, inst_type, wrong
from blave_mcp.exchanges.paper.okx.terms import lots
from blave_mcp.exchanges.paper.types import ONE, Listing, Product

KINDS = {"SPOT": Product.SPOT, "MARGIN": Product.MARGIN, "SWAP": Product.PERP}
LISTED_MS = 1_606_468_572_000
_BARS = {
    "1m": MINUTE, "3m": 3 * MINUTE, "5m": 5 * MINUTE, "15m": 15 * MINUTE, "30m": 30 * MINUTE, "1H": HOUR,
    "2H": 2 * HOUR, "4H": 4 * HOUR, "6Hutc": 6 * HOUR, "12Hutc": 12 * HOUR, "1Dutc": DAY, "2Dutc": 2 * DAY,
    "3Dutc": 3 * DAY, "1Wutc": WEEK, "1Mutc": MONTH,
}  # fmt: skip
_SHORTEST_WINDOW = 1_440


def time(ask: Ask) -> list[Any]:
    return [{"ts": str(ask.now)}]


def kind_of(ask: Ask, *, required: bool = True) -> Product | None:
    """Returns the product of instType; None for kinds that paper trading does not list."""
    kind = ask.need("instType") if required else ask.text("instType")
    if kind and kind not in ("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"):
        raise wrong("instType")
    return KINDS.get(kind)


def instruments(ask: Ask) -> list[Any]:
    product = kind_of(ask)
    if product is None:
        return []
    found = [each for each in ask.exchange.listings(product) if ask.text("instFamily") in ("", _family(each))]
    if ask.text("instId"):
        found = [each for each in found if inst_id(each) == ask.text("instId")]
        if not found:
            raise OkxRefusal("51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist.")
    return [instrument(each) for each in found]


def _family(listing: Listing) -> str:
    return f"{listing.base}-{listing.quote}"


def instrument(listing: Listing) -> dict[str, Any]:
    """https://www.okx.com/docs-v5/en/#public-data-rest-api-get-instruments"""
    swap, margin = listing.product is Product.PERP, listing.product is Product.MARGIN
    far = max(listing.band_up - ONE, ONE - listing.band_down)
    return {
        "alias": "", "auctionEndTime": "",
        "baseCcy": "" if swap else listing.base,
        "category": "1",
        "ctMult": "1" if swap else "",
        "ctType": "linear" if swap else "",
        "ctVal": short(listing.contract_size) if swap else "",
        "ctValCcy": listing.base if swap else "",
        "contTdSwTime": "", "expTime": "", "futureSettlement": False,
        "groupId": "2" if swap else "1",
        "instFamily": _family(listing) if swap or margin else "",
        "instId": inst_id(listing),
        "instType": inst_type(listing),
        "lever": short(listing.max_leverage) if swap or margin else "",
        "listTime": str(LISTED_MS),
        "lotSz": lots(listing, listing.step),
        "maxIcebergSz": lots(listing, listing.max_qty),
        "maxLmtAmt": "20000000",
        "maxLmtSz": lots(listing, listing.max_qty),
        "maxMktAmt": "" if swap else "1000000",
        "maxMktSz": lots(listing, listing.market_max_qty) if swap else "1000000",
        "maxPxLmtPct": short(far),
        "maxStopSz": lots(listing, listing.market_max_qty),
        "maxTriggerSz": lots(listing, listing.max_qty),
        "maxTwapSz": lots(listing, listing.max_qty),
        "minSz": lots(listing, listing.min_qty),
        "optType": "", "openType": "" if swap else "call_auction", "preMktSwTime": "",
        "quoteCcy": "" if swap else listing.quote,
        "tradeQuoteCcyList": [] if swap else [listing.quote],
        "settleCcy": listing.settle if swap else "",
        "state": "live", "ruleType": "normal", "stk": "",
        "tickSz": short(listing.tick),
        "uly": _family(listing) if swap or margin else "",
        "instIdCode": None, "instCategory": "1", "upcChg": [],
    }  # fmt: skip


def ticker(ask: Ask) -> list[Any]:
    return [_ticker(ask, ask.listing())]


def tickers(ask: Ask) -> list[Any]:
    product = kind_of(ask)
    return [] if product is None else [_ticker(ask, each) for each in ask.exchange.listings(product)]


def _ticker(ask: Ask, listing: Listing) -> dict[str, Any]:
    quote = ask.exchange.market.quote(listing.key, ask.now)
    swap = listing.product is Product.PERP
    return {
        "instType": "SWAP" if swap else "SPOT",
        "instId": inst_id(listing),
        "last": short(quote.last),
        "lastSz": lots(listing, listing.step),
        "askPx": short(quote.ask),
        "askSz": lots(listing, quote.ask_qty),
        "bidPx": short(quote.bid),
        "bidSz": lots(listing, quote.bid_qty),
        "open24h": short(quote.open_24h),
        "high24h": short(quote.high_24h),
        "low24h": short(quote.low_24h),
        "volCcy24h": short(quote.volume_24h if swap else quote.quote_volume_24h),
        "vol24h": lots(listing, quote.volume_24h),
        "sodUtc0": short(quote.open_24h),
        "sodUtc8": short(quote.open_24h),
        "ts": str(quote.time_ms),
    }


def books(ask: Ask) -> list[Any]:
    listing = ask.listing()
    wanted = ask.integer("sz") or 1
    depth = ask.exchange.market.depth(listing.key, ask.now, min(wanted, 400))
    asks, bids = (
        [[short(level.price), lots(listing, level.qty), "0", "1"] for level in side[:wanted]]
        for side in (depth.asks, depth.bids)
    )
    return [{"asks": asks, "bids": bids, "ts": str(depth.time_ms)}]


def candles(ask: Ask) -> list[Any]:
    """The latest 1440."""
    return _candles(ask, finished=False)


def history_candles(ask: Ask) -> list[Any]:
    """Those that are finished."""
    return _candles(ask, finished=True)


def _candles(ask: Ask, *, finished: bool) -> list[Any]:
    listing = ask.listing()
    bar = ask.text("bar") or "1m"
    length = _BARS.get(bar) or _BARS.get(f"{bar}utc")
    if length is None:
        raise wrong("bar")
    market = ask.exchange.market
    now = market.clock(ask.now)
    after, before = ask.integer("after"), ask.integer("before")
    count = ask.rows(300, 100)
    end = min(now + 1, now + 1 if after is None else after)
    start = end - (count + 1) * length
    if before is not None:
        start = max(start, before + 1)
    if not finished:
        start = max(start, now - _SHORTEST_WINDOW * length)
    found = market.bars(listing.key, length, max(0, start), end, ask.now) if start < end else []
    rows = [_candle(listing, each, each.open_ms + length <= now) for each in found]
    if finished:
        rows = [row for row in rows if row[-1] == "1"]
    return rows[::-1][:count]


def _candle(listing: Listing, bar: Bar, done: bool) -> list[str]:
    swap = listing.product is Product.PERP
    quote = short(bar.quote_volume)
    prices = [short(value) for value in (bar.open, bar.high, bar.low, bar.close)]
    volumes = [lots(listing, bar.volume), short(bar.volume) if swap else quote, quote]
    return [str(bar.open_ms), *prices, *volumes, "1" if done else "0"]


def trades(ask: Ask) -> list[Any]:
    listing = ask.listing()
    found = ask.exchange.market.trades(listing.key, ask.now, ask.rows(500, 100))
    return [
        {
            "instId": inst_id(listing),
            "side": "sell" if each.buyer_maker else "buy",
            "sz": lots(listing, each.qty),
            "source": "0",
            "px": short(each.price),
            "tradeId": str(each.id),
            "ts": str(each.time_ms),
        }
        for each in reversed(found)
    ]


def _swap(ask: Ask) -> Listing:
    listing = ask.listing()
    if listing.product is not Product.PERP:
        raise OkxRefusal("51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist.")
    return listing


def funding_rate(ask: Ask) -> list[Any]:
    listing = _swap(ask)
    quote = ask.exchange.market.quote(listing.key, ask.now)
    past = quote.next_funding_ms - listing.funding_interval_ms
    return [
        {
            "formulaType": "noRate",
            "fundingRate": short(quote.funding_rate),
            "fundingTime": str(quote.next_funding_ms),
            "impactValue": "",
            "instId": inst_id(listing),
            "instType": "SWAP",
            "interestRate": "",
            "maxFundingRate": "0.00375",
            "method": "current_period",
            "minFundingRate": "-0.00375",
            "nextFundingRate": "",
            "nextFundingTime": str(quote.next_funding_ms + listing.funding_interval_ms),
            "premium": short(quote.mark / quote.index - 1 if quote.index else Decimal(0)),
            "settFundingRate": short(ask.exchange.market.funding_rate(listing.key, past)),
            "settState": "settled",
            "ts": str(ask.now),
        }
    ]


def funding_history(ask: Ask) -> list[Any]:
    listing = _swap(ask)
    after, before = ask.integer("after"), ask.integer("before")
    count = ask.rows(400)
    end = ask.now + 1 if after is None else min(after, ask.now + 1)
    start = max(0, end - count * listing.funding_interval_ms - 1)
    if before is not None:
        start = max(start, before + 1)
    found = ask.exchange.market.fundings(listing.key, start, end, ask.now) if start < end else []
    return [
        {
            "formulaType": "noRate",
            "fundingRate": short(each.rate),
            "fundingTime": str(each.time_ms),
            "instId": inst_id(listing),
            "instType": "SWAP",
            "method": "current_period",
            "realizedRate": short(each.rate),
        }
        for each in reversed(found)
    ][:count]


def _swaps(ask: Ask) -> list[Listing]:
    if kind_of(ask) is not Product.PERP:
        return []
    one = ask.some_listing()
    found = ask.exchange.listings(Product.PERP) if one is None else (one,)
    return [each for each in found if ask.text("instFamily") in ("", _family(each))]


def open_interest(ask: Ask) -> list[Any]:
    rows = []
    for each in _swaps(ask):
        value = ask.exchange.market.open_interest(each.key, ask.now)
        last = ask.exchange.market.prices(each.key, ask.now).last
        rows.append(
            {
                "instType": "SWAP",
                "instId": inst_id(each),
                "oi": lots(each, value),
                "oiCcy": short(value),
                "oiUsd": short(value * last),
                "ts": str(ask.now),
            }
        )
    return rows


def mark_price(ask: Ask) -> list[Any]:
    """Of swaps; of a pair for margin, where `instId` names it."""
    lent = ask.text("instType") == "MARGIN"
    found = [ask.lent(ask.need("instId"))] if lent else _swaps(ask)
    return [
        {
            "instType": inst_type(each),
            "instId": inst_id(each),
            "markPx": short(ask.exchange.market.prices(each.key, ask.now).mark),
            "ts": str(ask.now),
        }
        for each in found
    ]


def price_limit(ask: Ask) -> list[Any]:
    listing = ask.listing()
    prices = ask.exchange.market.prices(listing.key, ask.now)
    at = prices.mark if listing.product is Product.PERP else prices.last
    return [
        {
            "instType": "SWAP" if listing.product is Product.PERP else "SPOT",
            "instId": inst_id(listing),
            "buyLmt": short(at * listing.band_up),
            "sellLmt": short(at * listing.band_down),
            "ts": str(ask.now),
            "enabled": True,
        }
    ]


def position_tiers(ask: Ask) -> list[Any]:
    """OKX cuts tiers in contracts: here the exchange's, which are in quote, at the mark price of the moment."""
    ask.one_of("tdMode", ("cross", "isolated"))
    if kind_of(ask) is not Product.PERP:
        return []
    family = ask.text("instFamily")
    if not family:
        raise empty("instFamily")
    listing = ask.listing_of(f"{family}-SWAP")
    worth = ask.exchange.market.prices(listing.key, ask.now).mark * listing.contract_size
    rows = []
    for n, tier in enumerate(listing.tiers, 1):
        most, least = (int(value / worth) for value in (tier.cap, tier.floor))
        rows.append(
            {
                "baseMaxLoan": "",
                "imr": short((ONE / tier.max_leverage).quantize(Decimal("1e-6"))),
                "instFamily": family,
                "instId": "",
                "maxLever": short(tier.max_leverage),
                "maxSz": str(most),
                "minSz": str(least + 1 if least else 0),
                "mmr": short(tier.rate),
                "optMgnFactor": "0",
                "quoteMaxLoan": "",
                "tier": str(n),
                "uly": family,
            }
        )
    return rows
