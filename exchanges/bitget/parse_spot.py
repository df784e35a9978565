"""Spot payloads -> models. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bitget.parse import (
    PLAN_STATUSES,
    STATUSES,
    Row,
    listed,
    moment,
    row,
    rows,
    symbol_of,
    time_in_force,
)
from blave_mcp.exchanges.exact import number, optional, positive
from blave_mcp.exchanges.models import (
    AccountSettings,
    Balance,
    Fill,
    Instrument,
    Market,
    Order,
    OrderStatus,
    OrderType,
    Side,
    Ticker,
    TriggerBy,
)
from blave_mcp.exchanges.verbs import unified

ONE = Decimal(1)
DOLLARS = ("USDT", "USDC", "USD1", "USDE", "USD")
TRIGGERS = {"fill_price": TriggerBy.LAST, "mark_price": TriggerBy.MARK}


def instruments(payload: Any) -> tuple[Instrument, ...]:
    """GET /api/v2/spot/public/symbols. The least worth is given in USDT, and so only used for pairs in dollars."""
    found = []
    for each in rows(payload):
        base, quote = each["baseCoin"], each["quoteCoin"]
        step = ONE.scaleb(-int(each["quantityPrecision"]))
        found.append(
            Instrument(
                venue="bitget",
                market=Market.SPOT,
                symbol=unified(base, quote),
                native=each["symbol"],
                base=base,
                quote=quote,
                settle=quote,
                tick=ONE.scaleb(-int(each["pricePrecision"])),
                step=step,
                min_size=max(step, positive(each.get("minTradeAmount")) or step),
                min_notional=positive(each.get("minTradeUSDT")) if quote in DOLLARS else None,
                price_up=_ratio(each, "buyLimitPriceRatio", 1),
                price_down=_ratio(each, "sellLimitPriceRatio", -1),
                trading=each["status"] == "online",
            )
        )
    return tuple(found)


def _ratio(each: Row, name: str, sign: int) -> Decimal | None:
    ratio = positive(each.get(name))
    bound = None if ratio is None else ONE + sign * ratio
    return bound if bound is not None and bound > 0 else None


def ticker(payload: Any) -> Ticker:
    """GET /api/v2/spot/market/tickers with one symbol. Its changes are fractions."""
    each = row(rows(payload)[0])
    change = optional(each.get("change24h"))
    return Ticker(
        symbol=symbol_of(each["symbol"]),
        last=number(each["lastPr"]),
        bid=positive(each.get("bidPr")),
        ask=positive(each.get("askPr")),
        open_24h=positive(each.get("open")),
        high_24h=positive(each.get("high24h")),
        low_24h=positive(each.get("low24h")),
        change_24h_percent=None if change is None else change * 100,
        volume_24h_base=optional(each.get("baseVolume")),
        volume_24h_quote=optional(each.get("quoteVolume")),
        time_ms=moment(each.get("ts")),
    )


def balances(payload: Any) -> tuple[Balance, ...]:
    """GET /api/v2/spot/account/assets. What may be used for spot copy trading alone counts as locked."""
    found = []
    for each in rows(payload):
        free = number(each["available"])
        held = [optional(each.get(name)) or Decimal(0) for name in ("frozen", "locked", "limitAvailable")]
        locked = sum(held, Decimal(0))
        if free or locked:
            coin = str(each["coin"]).upper()
            found.append(Balance(asset=coin, wallet="spot", total=free + locked, free=free, locked=locked))
    return tuple(found)


def settings(symbol: str, fees: Any) -> AccountSettings:
    """GET /api/v2/common/trade-rate."""
    rates = row(fees)
    return AccountSettings(
        symbol=symbol_of(symbol), maker_fee=number(rates["makerFeeRate"]), taker_fee=number(rates["takerFeeRate"])
    )


def order(payload: Any) -> Order:
    """One order of GET orderInfo, unfilled-orders or history-orders.

    A market buy's size is an amount of quote; its size in base is known once it has been filled. In unfilled-orders the
    order's price stands under priceAvg and the average under basePrice.
    https://www.bitget.com/api-doc/spot/trade/Get-Unfilled-Orders
    """
    each = row(payload)
    kind, side = str(each["orderType"]), Side(str(each["side"]).lower())
    waiting = each.get("tpslType") == "tpsl"
    filled = optional(each.get("baseVolume")) or Decimal(0)
    in_quote = kind == "market" and side is Side.BUY
    pending = "basePrice" in each
    status = STATUSES[str(each["status"])]
    return Order(
        id=str(each["orderId"]),
        client_id=str(each.get("clientOid") or ""),
        symbol=symbol_of(each["symbol"]),
        native=str(each["symbol"]).upper(),
        side=side,
        type=f"tpsl_{kind}" if waiting else OrderType(kind),
        status=OrderStatus.UNTRIGGERED if waiting and status is OrderStatus.OPEN else status,
        size=(filled or None) if in_quote else positive(each["size"]),
        filled=filled,
        price=positive(each.get("priceAvg" if pending else "price")),
        average=positive(each.get("basePrice" if pending else "priceAvg")) if filled else None,
        trigger=positive(each.get("triggerPrice")) if waiting else None,
        time_in_force=time_in_force(each.get("force")),
        conditional=waiting,
        cost=optional(each.get("quoteVolume")),
        created_ms=moment(each.get("cTime")),
        updated_ms=moment(each.get("uTime")),
    )


def plan_orders(payload: Any) -> tuple[Order, ...]:
    """GET current-plan-order and history-plan-order."""
    return tuple(plan_order(each) for each in listed(payload, "orderList"))


def plan_order(payload: Any) -> Order:
    """One plan order. Whether it stops a loss or takes a profit the venue does not tell: its type is trigger_...

    Its size is known in base unless it is one by amount of quote (planType total).
    """
    each = row(payload)
    return Order(
        id=str(each["orderId"]),
        client_id=str(each.get("clientOid") or ""),
        symbol=symbol_of(each["symbol"]),
        native=str(each["symbol"]).upper(),
        side=Side(str(each["side"]).lower()),
        type=f"trigger_{each['orderType']}",
        status=PLAN_STATUSES[str(each["status"])],
        size=positive(each["size"]) if each.get("planType", "amount") == "amount" else None,
        filled=Decimal(0),
        price=positive(each.get("executePrice")) if each["orderType"] == "limit" else None,
        trigger=positive(each["triggerPrice"]),
        trigger_by=TRIGGERS.get(str(each.get("triggerType"))),
        conditional=True,
        created_ms=moment(each.get("cTime")),
        updated_ms=moment(each.get("uTime")),
    )


def fills(payload: Any) -> tuple[Fill, ...]:
    """GET /api/v2/spot/trade/fills. Bitget writes a fee that was paid as a negative amount."""
    found = []
    for each in rows(payload):
        fee = row(each["feeDetail"])
        found.append(
            Fill(
                id=str(each["tradeId"]),
                order_id=str(each["orderId"]),
                symbol=symbol_of(each["symbol"]),
                side=Side(str(each["side"]).lower()),
                price=number(each["priceAvg"]),
                size=number(each["size"]),
                fee=-(optional(fee.get("totalFee")) or Decimal(0)),
                fee_asset=str(fee.get("feeCoin") or ""),
                maker=each["tradeScope"] == "maker" if each.get("tradeScope") else None,
                time_ms=int(each["cTime"]),
            )
        )
    return tuple(found)
