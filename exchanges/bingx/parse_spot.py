"""Spot and wallet payloads -> models. Pure. A payload here is what BingX puts under `data`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bingx.parse import (
    Row,
    force_of,
    levels,
    listed,
    moment,
    row,
    rows,
    side_of,
    single,
    status_of,
    symbol_of,
    truth,
)
from blave_mcp.exchanges.bingx.parse_swap import percent
from blave_mcp.exchanges.exact import number, optional, positive
from blave_mcp.exchanges.models import (
    AccountSettings,
    Balance,
    Candle,
    Fill,
    Instrument,
    Market,
    Order,
    OrderBook,
    OrderType,
    PublicTrade,
    Side,
    Ticker,
)

TYPES: Mapping[str, OrderType] = {"MARKET": OrderType.MARKET, "LIMIT": OrderType.LIMIT}
"""TAKE_STOP_* and TRIGGER_* do not tell on which side of the market they wait; they keep their own names."""


def instruments(payload: Any) -> tuple[Instrument, ...]:
    """GET /openApi/spot/v1/common/symbols. minQty and maxQty are no longer kept up; the notional bounds an order."""
    found = []
    for each in listed(payload, "symbols"):
        base, _, quote = each["symbol"].partition("-")
        step = number(each["stepSize"])
        sells, buys = truth(each.get("apiStateSell", True)), truth(each.get("apiStateBuy", True))
        found.append(
            Instrument(
                venue="bingx",
                market=Market.SPOT,
                symbol=symbol_of(each["symbol"]),
                native=each["symbol"],
                base=base,
                quote=quote,
                settle=quote,
                tick=number(each["tickSize"]),
                step=step,
                min_size=step,
                min_notional=positive(each.get("minNotional")),
                trading=int(each["status"]) == 1 and sells and buys,
            )
        )
    return tuple(found)


def ticker(payload: Any) -> Ticker:
    """GET /openApi/spot/v1/ticker/24hr with one symbol."""
    day = single(payload)
    last, opened = number(day["lastPrice"]), number(day["openPrice"])
    return Ticker(
        symbol=symbol_of(day["symbol"]),
        last=last,
        bid=positive(day.get("bidPrice")),
        ask=positive(day.get("askPrice")),
        open_24h=opened,
        high_24h=number(day["highPrice"]),
        low_24h=number(day["lowPrice"]),
        change_24h_percent=percent(day.get("priceChangePercent")),
        volume_24h_base=number(day["volume"]),
        volume_24h_quote=number(day["quoteVolume"]),
        time_ms=moment(day.get("closeTime")),
    )


def candle(each: Any) -> Candle:
    """One row of GET /openApi/spot/v2/market/kline: [opens, open, high, low, close, volume, closes, quote volume]."""
    return Candle(
        int(each[0]), number(each[1]), number(each[2]), number(each[3]), number(each[4]), number(each[5])
    )  # fmt: skip


def book(payload: Any, symbol: str, depth: int) -> OrderBook:
    """GET /openApi/spot/v1/market/depth."""
    found = row(payload)
    bids = levels(found["bids"], depth, bids=True)
    return OrderBook(symbol_of(symbol), bids, levels(found["asks"], depth, bids=False), moment(found.get("ts")))


def trades(payload: Any) -> tuple[PublicTrade, ...]:
    """GET /openApi/spot/v1/market/trades. Where the buyer was the maker, the taker sold."""
    return tuple(
        PublicTrade(
            id=str(each["id"]),
            price=number(each["price"]),
            size=number(each["qty"]),
            side=Side.SELL if each["buyerMaker"] else Side.BUY,
            time_ms=int(each["time"]),
        )
        for each in rows(payload)
    )


def balances(spot: Any, fund: Any) -> tuple[Balance, ...]:
    """GET .../spot/v1/account/balance and .../fund/v1/account/balance: two wallets."""
    found = []
    for wallet, payload in (("spot", spot), ("fund", fund)):
        for each in listed(payload, "balances", "assets"):
            free, locked = number(each["free"]), number(each["locked"])
            if free or locked:
                found.append(Balance(asset=each["asset"], wallet=wallet, total=free + locked, free=free, locked=locked))
    return tuple(found)


def settings(symbol: str, fees: Any) -> AccountSettings:
    """GET /openApi/spot/v1/user/commissionRate."""
    rates = row(fees)
    return AccountSettings(
        symbol=symbol_of(symbol),
        maker_fee=number(rates["makerCommissionRate"]),
        taker_fee=number(rates["takerCommissionRate"]),
    )


def order(payload: Any) -> Order:
    """One order of .../trade/query, openOrders, historyOrders, or of the answer to a placed one.

    A market order that was sized in quote has an origQty of 0. Lists write the trigger as StopPrice.
    """
    each = row(payload)
    kind = each["type"]
    filled = optional(each.get("executedQty")) or Decimal(0)
    cost = positive(each.get("cummulativeQuoteQty"))
    return Order(
        id=str(each["orderId"]),
        client_id=str(each.get("clientOrderID") or each.get("clientOrderId") or ""),
        symbol=symbol_of(each["symbol"]),
        native=each["symbol"],
        side=side_of(each["side"]),
        type=TYPES.get(kind, kind),
        status=status_of(each["status"], conditional=kind not in TYPES and not filled),
        size=positive(each.get("origQty")),
        filled=filled,
        price=positive(each.get("price")) if kind != "MARKET" else None,
        average=positive(each.get("avgPrice")) or (cost / filled if cost and filled else None),
        trigger=_trigger(each),
        time_in_force=force_of(each.get("timeInForce")),
        cost=cost,
        list_id=_list_id(each),
        created_ms=moment(each.get("time") or each.get("transactTime")),
        updated_ms=moment(each.get("updateTime")),
    )


def _trigger(each: Row) -> Decimal | None:
    return positive(each.get("stopPrice", each.get("StopPrice")))


def _list_id(each: Row) -> str:
    found = str(each.get("orderListId") or "")
    return "" if found in ("0", "-1") else found


def fills(payload: Any) -> tuple[Fill, ...]:
    """GET /openApi/spot/v1/trade/myTrades, oldest first. A fee that is paid stands there with a minus."""
    found = [
        Fill(
            id=str(each["id"]),
            order_id=str(each["orderId"]),
            symbol=symbol_of(each["symbol"]),
            side=Side.BUY if each["isBuyer"] else Side.SELL,
            price=number(each["price"]),
            size=number(each["qty"]),
            fee=-number(each["commission"]),
            fee_asset=each["commissionAsset"],
            maker=each["isMaker"],
            time_ms=int(each["time"]),
        )
        for each in listed(payload, "fills")
    ]
    return tuple(sorted(found, key=lambda fill: (fill.time_ms, int(fill.id))))
