"""Spot payloads -> models. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.binance.forms import ExchangeInfo, Filter
from blave_mcp.exchanges.binance.parse import (
    NO_FILTER,
    STATUSES,
    instrument,
    levels,
    moment,
    row,
    rows,
    side_of,
    symbol_of,
)
from blave_mcp.exchanges.exact import number, optional, positive
from blave_mcp.exchanges.models import (
    AccountSettings,
    Balance,
    Fill,
    Instrument,
    Market,
    Order,
    OrderBook,
    OrderStatus,
    OrderType,
    PublicTrade,
    Side,
    Ticker,
    TimeInForce,
)

TYPES: Mapping[str, OrderType] = {
    "MARKET": OrderType.MARKET,
    "LIMIT": OrderType.LIMIT,
    "LIMIT_MAKER": OrderType.LIMIT,
    "STOP_LOSS": OrderType.STOP_MARKET,
    "STOP_LOSS_LIMIT": OrderType.STOP_LIMIT,
    "TAKE_PROFIT": OrderType.TAKE_PROFIT_MARKET,
    "TAKE_PROFIT_LIMIT": OrderType.TAKE_PROFIT_LIMIT,
}


def instruments(info: ExchangeInfo) -> tuple[Instrument, ...]:
    """GET /api/v3/exchangeInfo. Price limits are the wider of both sides'; the venue keeps the narrower."""
    found = []
    for entry in info.symbols:
        filters = {each.filter_type: each for each in entry.filters}
        notional = filters.get("NOTIONAL") or filters.get("MIN_NOTIONAL") or NO_FILTER
        up, down = _band(filters)
        found.append(
            instrument(
                entry,
                Market.SPOT,
                filters,
                entry.quote_asset_precision,
                settle=entry.quote_asset,
                min_notional=notional.min_notional or None,
                price_up=up,
                price_down=down,
                band_both_sides=True,
                trading=entry.status == "TRADING" and entry.is_spot_trading_allowed,
            )
        )
    return tuple(found)


def _band(filters: Mapping[str, Filter]) -> tuple[Decimal | None, Decimal | None]:
    sides = filters.get("PERCENT_PRICE_BY_SIDE")
    if sides is None:
        percent = filters.get("PERCENT_PRICE", NO_FILTER)
        return percent.multiplier_up, percent.multiplier_down
    ups, downs = (
        (sides.bid_multiplier_up, sides.ask_multiplier_up),
        (sides.bid_multiplier_down, sides.ask_multiplier_down),
    )
    return max(up for up in ups if up is not None), min(down for down in downs if down is not None)


def ticker(payload: Any) -> Ticker:
    """GET /api/v3/ticker/24hr with one symbol, type FULL."""
    day = row(payload)
    return Ticker(
        symbol=symbol_of(day["symbol"]),
        last=number(day["lastPrice"]),
        bid=positive(day.get("bidPrice")),
        ask=positive(day.get("askPrice")),
        open_24h=number(day["openPrice"]),
        high_24h=number(day["highPrice"]),
        low_24h=number(day["lowPrice"]),
        change_24h_percent=number(day["priceChangePercent"]),
        volume_24h_base=number(day["volume"]),
        volume_24h_quote=number(day["quoteVolume"]),
        time_ms=int(day["closeTime"]),
    )


def book(payload: Any, symbol: str, depth: int) -> OrderBook:
    """GET /api/v3/depth. Binance gives a spot book no time."""
    found = row(payload)
    return OrderBook(symbol_of(symbol), levels(found["bids"], depth), levels(found["asks"], depth))


def trades(payload: Any) -> tuple[PublicTrade, ...]:
    """GET .../trades, spot and futures. Where the buyer was the maker, the taker sold."""
    return tuple(
        PublicTrade(
            id=str(each["id"]),
            price=number(each["price"]),
            size=number(each["qty"]),
            side=Side.SELL if each["isBuyerMaker"] else Side.BUY,
            time_ms=int(each["time"]),
        )
        for each in rows(payload)
    )


def balances(payload: Any) -> tuple[Balance, ...]:
    """GET /api/v3/account."""
    found = []
    for each in rows(row(payload)["balances"]):
        free, locked = number(each["free"]), number(each["locked"])
        if free or locked:
            found.append(Balance(asset=each["asset"], wallet="spot", total=free + locked, free=free, locked=locked))
    return tuple(found)


def settings(fees: Any, account: Any) -> AccountSettings:
    """GET /api/v3/account/commission and GET /api/v3/account.

    A fee is the sum of the standard, special and tax rates; the discount for paying in BNB is not taken off.
    https://developers.binance.com/docs/binance-spot-api-docs/faqs/commission_faq
    """
    rates = row(fees)
    kinds = [rates[name] for name in ("standardCommission", "specialCommission", "taxCommission") if name in rates]
    return AccountSettings(
        symbol=symbol_of(rates["symbol"]),
        maker_fee=sum((number(kind["maker"]) for kind in kinds), Decimal(0)),
        taker_fee=sum((number(kind["taker"]) for kind in kinds), Decimal(0)),
        can_trade=row(account)["canTrade"],
    )


def order(payload: Any) -> Order:
    """One order of GET /api/v3/order, openOrders, allOrders, or of the answer to a placed order.

    A contingent order that is not on the book yet (`isWorking` false) is UNTRIGGERED. A negative
    `cummulativeQuoteQty` means that Binance does not have the figure.
    """
    each = row(payload)
    kind = each["type"]
    stops = kind not in ("LIMIT", "MARKET", "LIMIT_MAKER")
    filled = number(each["executedQty"])
    cost = optional(each.get("cummulativeQuoteQty"))
    cost = cost if cost is not None and cost >= 0 else None
    status = STATUSES[each["status"]]
    if status is OrderStatus.OPEN and stops and each.get("isWorking") is False:
        status = OrderStatus.UNTRIGGERED
    delta = optional(each.get("trailingDelta"))
    list_id = str(each.get("orderListId", -1))
    return Order(
        id=str(each["orderId"]),
        client_id=each["clientOrderId"],
        symbol=symbol_of(each["symbol"]),
        native=each["symbol"],
        side=side_of(each["side"]),
        type=OrderType.TRAILING_STOP if delta else TYPES.get(kind, kind),
        status=status,
        size=positive(each["origQty"]),
        filled=filled,
        price=positive(each.get("price")),
        average=cost / filled if cost and filled else None,
        trigger=positive(each.get("stopPrice")),
        callback_percent=delta / 100 if delta else None,
        time_in_force=TimeInForce.POST_ONLY if kind == "LIMIT_MAKER" else time_in_force(each.get("timeInForce")),
        cost=cost,
        list_id="" if list_id == "-1" else list_id,
        created_ms=moment(each.get("time")),
        updated_ms=moment(each.get("updateTime")) or moment(each.get("transactTime")),
    )


def time_in_force(native: str | None) -> TimeInForce | str | None:
    if native is None:
        return None
    known = {"GTC": TimeInForce.GTC, "IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK, "GTX": TimeInForce.POST_ONLY}
    return known.get(native, native)


def fills(payload: Any) -> tuple[Fill, ...]:
    """GET /api/v3/myTrades."""
    return tuple(
        Fill(
            id=str(each["id"]),
            order_id=str(each["orderId"]),
            symbol=symbol_of(each["symbol"]),
            side=Side.BUY if each["isBuyer"] else Side.SELL,
            price=number(each["price"]),
            size=number(each["qty"]),
            fee=number(each["commission"]),
            fee_asset=each["commissionAsset"],
            maker=each["isMaker"],
            time_ms=int(each["time"]),
        )
        for each in rows(payload)
    )
