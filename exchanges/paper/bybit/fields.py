"""How an order of the paper exchange reads as one of Bybit's: ids, states, and what the face remembers of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.bybit.ask import Ask
from blave_mcp.exchanges.paper.face import short
from blave_mcp.exchanges.paper.refusals import Reason
from blave_mcp.exchanges.paper.types import (
    ZERO,
    Order,
    OrderStatus,
    OrderType,
    PositionSide,
    Product,
    Side,
    TriggerBy,
)

SPOT_IDS = 1_900_000_000_000_000_000
_UUID = "{0:08x}-0000-4000-8000-{0:012x}"
SIDES: Mapping[Side, str] = {Side.BUY: "Buy", Side.SELL: "Sell"}
IDX: Mapping[PositionSide, int] = {PositionSide.BOTH: 0, PositionSide.LONG: 1, PositionSide.SHORT: 2}
LEGS: Mapping[int, PositionSide] = {idx: side for side, idx in IDX.items()}
_TAKES_ALL = (OrderType.MARKET, OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET, OrderType.TRAILING_STOP)
_RISING = {
    (OrderType.STOP_MARKET, Side.BUY), (OrderType.STOP_LIMIT, Side.BUY),
    (OrderType.TAKE_PROFIT_MARKET, Side.SELL), (OrderType.TAKE_PROFIT_LIMIT, Side.SELL),
}  # fmt: skip
_REASONS: Mapping[Reason, str] = {
    Reason.POST_ONLY_WOULD_TAKE: "EC_PostOnlyWillTakeLiquidity",
    Reason.FOK_NOT_FILLABLE: "EC_CancelForNoFullFill",
    Reason.IOC_REMAINDER: "EC_NoImmediateQtyToFill",
    Reason.NO_LIQUIDITY: "EC_NoEnoughQtyToFill",
}


def order_id(order: Order, product: Product) -> str:
    """A number for spot, a UUID for contracts, as Bybit has them."""
    return str(SPOT_IDS + order.id) if product is Product.SPOT else _UUID.format(order.id)


def number_of(text: str, product: Product) -> int:
    """Returns the exchange's id behind one of Bybit's; 0, which no order has, where it is none of ours."""
    if product is Product.SPOT:
        return int(text) - SPOT_IDS if text.isdecimal() and len(text) == 19 else 0
    tail = text.rpartition("-")[2]
    number = int(tail, 16) if len(tail) == 12 and all(c in "0123456789abcdef" for c in tail) else 0
    return number if text == _UUID.format(number) else 0


def tag(**facts: str) -> str:
    return json.dumps({name: value for name, value in facts.items() if value}, separators=(",", ":"))


def tag_of(order: Order) -> dict[str, str]:
    found: dict[str, str] = json.loads(order.request.tag) if order.request.tag else {}
    return found


def stop_kind(order: Order) -> str:
    """stopOrderType: what made an order wait for a trigger; "" for a plain one."""
    return tag_of(order).get("stop", "")


def waits(order: Order) -> bool:
    return order.waits_for_trigger and not order.status.done


def status(order: Order, product: Product) -> str:
    """https://bybit-exchange.github.io/docs/v5/enum#orderstatus"""
    if order.status is OrderStatus.NEW:
        return "Untriggered" if order.waits_for_trigger else "New"
    if order.status is OrderStatus.PARTIALLY_FILLED:
        return "PartiallyFilled"
    if order.status is OrderStatus.FILLED:
        return "Filled"
    if order.status is OrderStatus.REJECTED:
        return "Rejected"
    if order.waits_for_trigger:
        return "Deactivated"
    partly = product is Product.SPOT and order.executed
    return "PartiallyFilledCanceled" if partly else "Cancelled"


def force(order: Order) -> str:
    """A market order is IOC whatever was sent; so is what a trigger turns into one."""
    if order.type in _TAKES_ALL:
        return "IOC"
    return "PostOnly" if order.request.post_only else order.request.tif.value.upper()


def row(ask: Ask, order: Order, product: Product) -> dict[str, Any]:
    """https://bybit-exchange.github.io/docs/v5/order/open-order"""
    request, told = order.request, tag_of(order)
    spot = product is Product.SPOT
    unit = told.get("unit", "")
    qty = request.quote_qty if unit == "quoteCoin" and request.quote_qty is not None else request.qty or order.qty
    ended = order.status.done
    fees: dict[str, Decimal] = {}
    for fill in ask.exchange.fills(ask.now, order_id=order.id):
        fees[fill.commission_asset] = fees.get(fill.commission_asset, ZERO) + fill.commission
    average = order.average
    price = order.price if order.price is not None else average
    trailing = order.type is OrderType.TRAILING_STOP
    trigger = request.activation_price if trailing else request.trigger_price
    stop = stop_kind(order)
    found = {
        "orderId": order_id(order, product),
        "orderLinkId": "" if order.client_id == f"p{order.id}" else order.client_id,
        "blockTradeId": "",
        "symbol": ask.exchange.listing(order.key).symbol,
        "price": short(round(price, 8)) if price is not None else "0",
        "qty": short(qty),
        "side": SIDES[order.side],
        "isLeverage": "0" if spot else "",
        "positionIdx": IDX[request.position_side],
        "orderStatus": status(order, product),
        "cancelType": "CancelByUser" if order.status is OrderStatus.CANCELED else "UNKNOWN",
        "rejectReason": _REASONS.get(order.reason, "EC_Others") if order.reason else "EC_NoError",
        "avgPrice": "" if average is None else short(round(average, 8)),
        "leavesQty": "0" if ended else short(max(ZERO, order.remaining)),
        "leavesValue": "0" if ended or price is None else short(round(max(ZERO, order.remaining) * price, 8)),
        "cumExecQty": short(order.executed),
        "cumExecValue": short(order.quote),
        "cumExecFee": short(sum(fees.values(), ZERO)),
        "timeInForce": force(order),
        "orderType": "Market" if order.type in _TAKES_ALL and request.price is None else "Limit",
        "stopOrderType": stop or ("" if spot else "UNKNOWN"),
        "orderIv": "",
        "marketUnit": unit,
        "triggerPrice": "" if trigger is None else short(trigger),
        "takeProfit": "",
        "stopLoss": "",
        "tpslMode": told.get("mode", ""),
        "ocoTriggerBy": "",
        "tpLimitPrice": "",
        "slLimitPrice": "",
        "tpTriggerBy": "",
        "slTriggerBy": "",
        "triggerDirection": _direction(order) if not spot and stop else 0,
        "triggerBy": _trigger_by(order) if not spot and stop else "",
        "lastPriceOnCreated": told.get("base", ""),
        "reduceOnly": request.reduce_only or request.close_position,
        "closeOnTrigger": request.close_position,
        "placeType": "",
        "smpType": "None",
        "smpGroup": 0,
        "smpOrderId": "",
        "createType": told.get("made", "CreateByUser"),
        "createdTime": str(order.created_ms),
        "updatedTime": str(order.updated_ms),
        "cumFeeDetail": {asset: short(fee) for asset, fee in fees.items()},
    }
    if spot:
        # Spot has the price of the moment under another name, and neither a way of making nor a trigger price's kind.
        found["basePrice"] = found.pop("lastPriceOnCreated")
        del found["createType"], found["tpslMode"]
    return found


def _direction(order: Order) -> int:
    if order.type is OrderType.TRAILING_STOP:
        return 1 if order.side is Side.BUY else 2
    return 1 if (order.type, order.side) in _RISING else 2


def _trigger_by(order: Order) -> str:
    return "MarkPrice" if order.request.trigger_by is TriggerBy.MARK else "LastPrice"
