"""Order and algo order payloads -> models. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.exact import number, optional, positive
from blave_mcp.exchanges.models import Order, OrderStatus, OrderType, Side, TimeInForce, TriggerBy
from blave_mcp.exchanges.okx.parse import (
    ONE,
    Row,
    Sizes,
    moment,
    position_side_of,
    row,
    rows,
    side_of,
    sizes_of,
    symbol_of,
)

STATES: Mapping[str, OrderStatus] = {
    "live": OrderStatus.OPEN,
    "partially_filled": OrderStatus.PARTIALLY_FILLED,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
    "mmp_canceled": OrderStatus.CANCELED,
}
ALGO_STATES: Mapping[str, OrderStatus] = {
    "live": OrderStatus.UNTRIGGERED,
    "pause": OrderStatus.UNTRIGGERED,
    "partially_effective": OrderStatus.TRIGGERED,
    "effective": OrderStatus.TRIGGERED,
    "canceled": OrderStatus.CANCELED,
    "order_failed": OrderStatus.REJECTED,
    "partially_failed": OrderStatus.REJECTED,
}
TYPES: Mapping[str, tuple[OrderType, TimeInForce | None]] = {
    "market": (OrderType.MARKET, None),
    "limit": (OrderType.LIMIT, TimeInForce.GTC),
    "post_only": (OrderType.LIMIT, TimeInForce.POST_ONLY),
    "fok": (OrderType.LIMIT, TimeInForce.FOK),
    "ioc": (OrderType.LIMIT, TimeInForce.IOC),
    "optimal_limit_ioc": (OrderType.MARKET, TimeInForce.IOC),
}
TRIGGERS: Mapping[str, TriggerBy] = {"last": TriggerBy.LAST, "mark": TriggerBy.MARK}
MARKET_PRICE = Decimal(-1)


def of_type(pages: tuple[Any, ...], *listed: Any) -> tuple[Order, ...]:
    """Orders and algo orders of one or more pages, oldest first; inverse contracts are left out."""
    sizes = sizes_of(listed)
    found: dict[tuple[bool, str], Order] = {}
    for page in pages:
        for each in rows(page):
            if each["instType"] == "SWAP" and each["instId"] not in sizes:
                continue
            one = algo_order(each, sizes) if each.get("algoId") and "ordIdList" in each else order(each, sizes)
            found[one.conditional, one.id] = one
    return tuple(sorted(found.values(), key=lambda one: one.created_ms or 0))


def order(payload: Any, sizes: Sizes) -> Order:
    """One order of GET /api/v5/trade/order, orders-pending or orders-history.

    A spot market buy may be sized in quote (tgtCcy quote_ccy); then only what is filled is known in base.
    """
    each = row(payload)
    unit = sizes.get(each["instId"], ONE) if each["instType"] != "SWAP" else sizes[each["instId"]]
    kind, force = TYPES.get(each["ordType"], (each["ordType"], None))
    filled = (optional(each.get("accFillSz")) or Decimal(0)) * unit
    average = positive(each.get("avgPx"))
    in_quote = each.get("tgtCcy") == "quote_ccy" and kind is OrderType.MARKET
    status = STATES.get(each["state"], OrderStatus.OPEN)
    size = None if in_quote else number(each["sz"]) * unit
    if in_quote and status is OrderStatus.FILLED:
        size = filled
    return Order(
        id=str(each["ordId"]),
        client_id=each.get("clOrdId", ""),
        symbol=symbol_of(each["instId"]),
        native=each["instId"],
        side=side_of(each["side"]),
        type=kind,
        status=status,
        size=size,
        filled=filled,
        price=positive(each.get("px")),
        average=average,
        time_in_force=force,
        reduce_only=each.get("reduceOnly") in ("true", True),
        position_side=position_side_of(each.get("posSide")) if each["instType"] == "SWAP" else None,
        cost=average * filled if average is not None else None,
        created_ms=moment(each.get("cTime")),
        updated_ms=moment(each.get("uTime")),
    )


def algo_order(payload: Any, sizes: Sizes) -> Order:
    """One algo order of GET /api/v5/trade/order-algo, orders-algo-pending or orders-algo-history.

    `effective` says that it was triggered; the order which it placed has an id of its own. The kind of an oco is the
    venue's own name.
    """
    each = row(payload)
    unit = sizes[each["instId"]] if each["instType"] == "SWAP" else ONE
    kind, trigger, price, by = _terms(each)
    ratio = positive(each.get("callbackRatio"))
    size = positive(each.get("sz"))
    in_quote = each.get("tgtCcy") == "quote_ccy"
    return Order(
        id=str(each["algoId"]),
        client_id=each.get("algoClOrdId", ""),
        symbol=symbol_of(each["instId"]),
        native=each["instId"],
        side=side_of(each["side"]),
        type=kind,
        status=ALGO_STATES.get(each["state"], OrderStatus.UNTRIGGERED),
        size=None if size is None or in_quote or each.get("closeFraction") else size * unit,
        filled=Decimal(0),
        price=price,
        trigger=trigger,
        take_profit=None if isinstance(kind, OrderType) else positive(each.get("tpTriggerPx")),
        trigger_by=TRIGGERS.get(by),
        callback_percent=None if ratio is None else ratio * 100,
        reduce_only=each.get("reduceOnly") in ("true", True),
        close_position=each.get("closeFraction") == "1",
        position_side=position_side_of(each.get("posSide")) if each["instType"] == "SWAP" else None,
        conditional=True,
        created_ms=moment(each.get("cTime")),
        updated_ms=moment(each.get("uTime")),
    )


def _terms(each: Row) -> tuple[OrderType | str, Decimal | None, Decimal | None, str]:
    """Kind, trigger, price behind it (None for a market order) and what triggers."""
    kind = each["ordType"]
    if kind == "move_order_stop":
        return OrderType.TRAILING_STOP, positive(each.get("moveTriggerPx")) or positive(each.get("activePx")), None, ""
    if kind == "trigger":
        trigger = number(each["triggerPx"])
        return _trigger_kind(each, trigger), trigger, positive(each.get("ordPx")), each.get("triggerPxType", "")
    profit, loss = positive(each.get("tpTriggerPx")), positive(each.get("slTriggerPx"))
    if kind in ("conditional", "oco") and (profit is None) != (loss is None):
        name = "sl" if profit is None else "tp"
        price = positive(each.get(f"{name}OrdPx"))
        by = each.get(f"{name}TriggerPxType", "")
        if profit is None:
            return (OrderType.STOP_LIMIT if price else OrderType.STOP_MARKET), loss, price, by
        return (OrderType.TAKE_PROFIT_LIMIT if price else OrderType.TAKE_PROFIT_MARKET), profit, price, by
    return kind, loss, None, each.get("slTriggerPxType", "")


def _trigger_kind(each: Row, trigger: Decimal) -> OrderType | str:
    """A trigger order does not say on which side of the market it waits; the price when it was placed does."""
    last, limit = positive(each.get("last")), positive(each.get("ordPx"))
    if last is None:
        return "trigger"
    stops = (trigger > last) == (side_of(each["side"]) is Side.BUY)
    if stops:
        return OrderType.STOP_LIMIT if limit else OrderType.STOP_MARKET
    return OrderType.TAKE_PROFIT_LIMIT if limit else OrderType.TAKE_PROFIT_MARKET
