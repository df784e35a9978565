"""Spot and margin payloads -> models. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bitmart.parse import listed, moment, row, rows, symbol_of
from blave_mcp.exchanges.exact import number, optional, positive
from blave_mcp.exchanges.models import (
    AccountSettings,
    Balance,
    Candle,
    Fill,
    Instrument,
    MarginMode,
    Market,
    Order,
    OrderStatus,
    OrderType,
    PublicTrade,
    Side,
    Ticker,
    TimeInForce,
)
from blave_mcp.exchanges.verbs import unified

ZERO, ONE = Decimal(0), Decimal(1)
STATES: Mapping[str, OrderStatus] = {
    "new": OrderStatus.OPEN,
    "partially_filled": OrderStatus.PARTIALLY_FILLED,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
    "partially_canceled": OrderStatus.CANCELED,
    "failed": OrderStatus.REJECTED,
}
TYPES: Mapping[str, tuple[OrderType, TimeInForce | None]] = {
    "limit": (OrderType.LIMIT, TimeInForce.GTC),
    "limit_maker": (OrderType.LIMIT, TimeInForce.POST_ONLY),
    "ioc": (OrderType.LIMIT, TimeInForce.IOC),
    "market": (OrderType.MARKET, None),
}


def instruments(payload: Any, market: Market) -> tuple[Instrument, ...]:
    """GET /spot/v1/symbols/details.

    What quote_increment counts is not told twice in the same way (a least size, a step of the size, a step of the
    price); the step of the size is the finer of it and of the least size, and the tick is that of price_max_precision.
    https://developer-pro.bitmart.com/en/spot/#get-trading-pair-details-v1
    """
    found = []
    for each in listed(payload, "symbols"):
        base, quote = each["base_currency"], each["quote_currency"]
        least = number(each["base_min_size"])
        amounts = [positive(each.get(name)) or ZERO for name in ("min_buy_amount", "min_sell_amount")]
        found.append(
            Instrument(
                venue="bitmart",
                market=market,
                symbol=unified(base, quote),
                native=each["symbol"],
                base=base,
                quote=quote,
                settle=quote,
                tick=ONE.scaleb(-int(each["price_max_precision"])),
                step=min(least, positive(each.get("quote_increment")) or least).normalize(),
                min_size=least.normalize(),
                max_size=positive(each.get("base_max_size")),
                min_notional=max(amounts) or None,
                trading=each["trade_status"] == "trading",
            )
        )
    return tuple(found)


def ticker(payload: Any) -> Ticker:
    """GET /spot/quotation/v3/ticker; the change is a fraction."""
    each = row(payload)
    change = optional(each.get("fluctuation"))
    return Ticker(
        symbol=symbol_of(each["symbol"]),
        last=number(each["last"]),
        bid=positive(each.get("bid_px")),
        ask=positive(each.get("ask_px")),
        open_24h=positive(each.get("open_24h")),
        high_24h=positive(each.get("high_24h")),
        low_24h=positive(each.get("low_24h")),
        change_24h_percent=None if change is None else change * 100,
        volume_24h_base=optional(each.get("v_24h")),
        volume_24h_quote=optional(each.get("qv_24h")),
        time_ms=moment(each.get("ts")),
    )


def candles(payload: Any) -> list[Candle]:
    """GET /spot/quotation/v3/klines: [seconds, open, high, low, close, base volume, quote volume]."""
    return [
        Candle(int(each[0]) * 1000, number(each[1]), number(each[2]), number(each[3]), number(each[4]), number(each[5]))
        for each in rows(payload)
    ]


def trades(payload: Any) -> tuple[PublicTrade, ...]:
    """GET /spot/quotation/v3/trades: [symbol, ms, price, size, side], newest first. They have no ids."""
    found = [
        PublicTrade(id="", price=number(each[2]), size=number(each[3]), side=Side(each[4]), time_ms=int(each[1]))
        for each in rows(payload)
    ]
    return tuple(sorted(found, key=lambda trade: trade.time_ms))


def balances(payload: Any) -> tuple[Balance, ...]:
    """GET /spot/v1/wallet."""
    found = []
    for each in listed(payload, "wallet"):
        free, locked = number(each["available"]), number(each["frozen"])
        if free or locked:
            found.append(Balance(asset=each["id"], wallet="spot", total=free + locked, free=free, locked=locked))
    return tuple(found)


def fees(payload: Any) -> tuple[Decimal, Decimal]:
    """Maker and taker fee of GET /spot/v1/trade_fee, the higher where buyer and seller differ."""
    each = row(payload)
    maker, taker = (
        max(number(each[f"{side}_{role}_fee_rate"]) for side in ("buy", "sell")) for role in ("maker", "taker")
    )
    return maker, taker


def settings(symbol: str, payload: Any) -> AccountSettings:
    maker, taker = fees(payload)
    return AccountSettings(symbol=symbol_of(symbol), maker_fee=maker, taker_fee=taker)


def order(payload: Any) -> Order:
    """One order of the v4 queries.

    A market buy is sized in quote: its size is what was bought once it is filled.
    """
    each = row(payload)
    kind, force = TYPES[str(each["type"])]
    filled = number(each["filledSize"])
    status = STATES[str(each["state"])]
    size = positive(each.get("size"))
    if kind is OrderType.MARKET and each["side"] == "buy" and status is OrderStatus.FILLED:
        size = filled
    return Order(
        id=str(each["orderId"]),
        client_id=_own(each),
        symbol=symbol_of(each["symbol"]),
        native=str(each["symbol"]),
        side=Side(each["side"]),
        type=kind,
        status=status,
        size=size,
        filled=filled,
        price=positive(each.get("price")) if kind is OrderType.LIMIT else None,
        average=positive(each.get("priceAvg")) if filled else None,
        time_in_force=force,
        cost=optional(each.get("filledNotional")),
        created_ms=moment(each.get("createTime")),
        updated_ms=moment(each.get("updateTime")),
    )


def _own(each: Mapping[str, Any]) -> str:
    """The client id; the venue writes its own number where there is none."""
    own = str(each.get("clientOrderId") or "")
    return "" if own == str(each["orderId"]) else own


def orders(payload: Any) -> list[Order]:
    return [order(each) for each in rows(payload)]


def fills(payload: Any) -> list[Fill]:
    """POST /spot/v4/query/trades."""
    return [
        Fill(
            id=str(each["tradeId"]),
            order_id=str(each["orderId"]),
            symbol=symbol_of(each["symbol"]),
            side=Side(each["side"]),
            price=number(each["price"]),
            size=number(each["size"]),
            fee=number(each["fee"]),
            fee_asset=str(each["feeCoinName"]),
            maker=each["tradeRole"] == "maker" if each.get("tradeRole") else None,
            time_ms=int(each["createTime"]),
        )
        for each in rows(payload)
    ]


# Isolated margin.


def margin_wallet(pair: str) -> str:
    """The name of a pair's margin account among the wallets."""
    return f"margin {pair}"


def margin_balances(payload: Any) -> tuple[Balance, ...]:
    """GET /spot/v1/margin/isolated/account. `free` has borrowed money in it; `total` is net of what is owed."""
    found = []
    for each in listed(payload, "symbols"):
        for name in ("base", "quote"):
            one = row(each[name])
            free, locked = number(one["available"]), number(one["frozen"])
            net = number(one["net_asset"])
            if free or locked or net:
                found.append(
                    Balance(
                        asset=one["currency"],
                        wallet=margin_wallet(each["symbol"]),
                        total=net,
                        free=free,
                        locked=locked,
                    )
                )
    return tuple(found)


def margin_settings(symbol: str, fee_rates: Any, pairs: Any) -> AccountSettings:
    """GET /spot/v1/trade_fee and GET /spot/v1/margin/isolated/pairs."""
    maker, taker = fees(fee_rates)
    pair = next((each for each in listed(pairs, "symbols") if each["symbol"] == symbol), None)
    return AccountSettings(
        symbol=symbol_of(symbol),
        leverage=None if pair is None else int(number(pair["max_leverage"])),
        margin_mode=MarginMode.ISOLATED,
        maker_fee=maker,
        taker_fee=taker,
        can_trade=pair is not None and pair["symbol_enabled"] is True,
    )
