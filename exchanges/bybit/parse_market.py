"""Public market data -> models. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bybit.parse import moment, only, result, rows, side_of, symbol_of
from blave_mcp.exchanges.exact import number, optional, positive
from blave_mcp.exchanges.models import (
    Bracket,
    Candle,
    FundingRate,
    Instrument,
    Level,
    Market,
    OrderBook,
    PublicTrade,
    Ticker,
)
from blave_mcp.exchanges.verbs import by_time, unified


def spot_instruments(payload: Any) -> tuple[Instrument, ...]:
    """GET /v5/market/instruments-info, category spot.

    Bybit says of minOrderQty that it is no longer looked at, and of maxOrderQty that the two others took its place:
    the least size is one step, and the least value (minOrderAmt) decides.
    """
    found = []
    for each in rows(payload):
        lot = each["lotSizeFilter"]
        step = number(lot["basePrecision"])
        found.append(
            Instrument(
                venue="bybit",
                market=Market.SPOT,
                symbol=unified(each["baseCoin"], each["quoteCoin"]),
                native=each["symbol"],
                base=each["baseCoin"],
                quote=each["quoteCoin"],
                settle=each["quoteCoin"],
                tick=number(each["priceFilter"]["tickSize"]),
                step=step,
                min_size=step,
                max_size=positive(lot.get("maxLimitOrderQty")) or positive(lot.get("maxOrderQty")),
                market_max=positive(lot.get("maxMarketOrderQty")),
                min_notional=positive(lot.get("minOrderAmt")),
                trading=each["status"] == "Trading",
            )
        )
    return tuple(found)


def linear_instruments(payload: Any) -> tuple[Instrument, ...]:
    """GET /v5/market/instruments-info, category linear: the perpetuals; dated contracts are left out.

    Sizes are in base: Bybit's linear contracts have no contract size.
    https://bybit-exchange.github.io/docs/v5/order/create-order ("qty": base coin for perpetuals and futures)
    """
    found = []
    for each in rows(payload):
        if each["contractType"] != "LinearPerpetual":
            continue
        lot = each["lotSizeFilter"]
        found.append(
            Instrument(
                venue="bybit",
                market=Market.PERPETUAL,
                symbol=unified(each["baseCoin"], each["quoteCoin"]),
                native=each["symbol"],
                base=each["baseCoin"],
                quote=each["quoteCoin"],
                settle=each["settleCoin"],
                tick=number(each["priceFilter"]["tickSize"]),
                step=number(lot["qtyStep"]),
                min_size=number(lot["minOrderQty"]),
                max_size=positive(lot.get("maxOrderQty")),
                market_max=positive(lot.get("maxMktOrderQty")),
                min_notional=positive(lot.get("minNotionalValue")),
                trading=each["status"] == "Trading",
            )
        )
    return tuple(found)


def ticker(payload: Any) -> Ticker:
    """GET /v5/market/tickers with a symbol; price24hPcnt is a fraction. Spot has no mark, index or funding."""
    each = only(payload)
    change = optional(each.get("price24hPcnt"))
    return Ticker(
        symbol=symbol_of(each["symbol"]),
        last=number(each["lastPrice"]),
        bid=positive(each.get("bid1Price")),
        ask=positive(each.get("ask1Price")),
        mark=positive(each.get("markPrice")),
        index=positive(each.get("indexPrice")),
        open_24h=positive(each.get("prevPrice24h")),
        high_24h=positive(each.get("highPrice24h")),
        low_24h=positive(each.get("lowPrice24h")),
        change_24h_percent=None if change is None else change * 100,
        volume_24h_base=optional(each.get("volume24h")),
        volume_24h_quote=optional(each.get("turnover24h")),
        funding_rate=optional(each.get("fundingRate")),
        next_funding_ms=moment(each.get("nextFundingTime")),
        open_interest=optional(each.get("openInterest")),
        time_ms=moment(payload.get("time")),
    )


def candles(payload: Any, start_ms: int | None, end_ms: int | None, limit: int) -> tuple[Candle, ...]:
    """GET /v5/market/kline: rows of start, open, high, low, close, volume, turnover, the newest first.

    Keeps those that open in [start, end); with a start the first `limit` of them, otherwise the last.
    """
    read = by_time(
        [
            Candle(int(each[0]), number(each[1]), number(each[2]), number(each[3]), number(each[4]), number(each[5]))
            for each in rows(payload)
        ]
    )
    inside = [
        candle
        for candle in read
        if (start_ms is None or candle.open_ms >= start_ms) and (end_ms is None or candle.open_ms < end_ms)
    ]
    return tuple(inside[:limit] if start_ms is not None else inside[-limit:])


def book(payload: Any, depth: int) -> OrderBook:
    """GET /v5/market/orderbook; `cts` is the matching engine's time."""
    found = result(payload)

    def levels(side: Any) -> tuple[Level, ...]:
        return tuple(Level(number(each[0]), number(each[1])) for each in side[:depth])

    return OrderBook(
        symbol_of(found["s"]), levels(found["b"]), levels(found["a"]), moment(found.get("cts") or found.get("ts"))
    )


def trades(payload: Any) -> tuple[PublicTrade, ...]:
    """GET /v5/market/recent-trade; `side` is the taker's. Oldest first."""
    found = [
        PublicTrade(
            id=str(each["execId"]),
            price=number(each["price"]),
            size=number(each["size"]),
            side=side_of(each["side"]),
            time_ms=int(each["time"]),
        )
        for each in rows(payload)
    ]
    return tuple(sorted(found, key=lambda trade: trade.time_ms))


def funding_rates(pages: tuple[Any, ...], limit: int, *, first: bool) -> tuple[FundingRate, ...]:
    """GET /v5/market/funding/history: the first or the last `limit`, oldest first."""
    found = {
        int(each["fundingRateTimestamp"]): FundingRate(
            symbol=symbol_of(each["symbol"]),
            rate=number(each["fundingRate"]),
            time_ms=int(each["fundingRateTimestamp"]),
        )
        for page in pages
        for each in rows(page)
    }
    ordered = tuple(found[time] for time in sorted(found))
    return ordered[:limit] if first else ordered[-limit:]


def brackets(payload: Any, symbol: str) -> tuple[Bracket, ...]:
    """GET /v5/market/risk-limit: tiers by the most that a position may be worth.

    The documentation's example gives margin rates in percent (initial 1 at 100x), the API fractions (0.01): the initial
    rate is one over the leverage, which tells the two apart.
    https://bybit-exchange.github.io/docs/v5/market/risk-limit
    """
    ours = [each for each in rows(payload) if each["symbol"] == symbol]
    found = []
    floor = Decimal(0)
    for each in sorted(ours, key=lambda row: number(row["riskLimitValue"])):
        most, cap = number(each["maxLeverage"]), number(each["riskLimitValue"])
        percent = number(each["initialMargin"]) * most > 10
        rate = number(each["maintenanceMargin"]) / (100 if percent else 1)
        found.append(
            Bracket(
                floor=floor,
                cap=cap,
                max_leverage=int(most),
                rate=rate,
                deduction=optional(each.get("mmDeduction")) or Decimal(0),
            )
        )
        floor = cap
    return tuple(found)
