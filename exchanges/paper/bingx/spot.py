"""Spot orders of BingX's host.

https://bingx-api.github.io/docs/#/en-us/spot/trade-api.html
"""

from __future__ import annotations

import json
from decimal import ROUND_DOWN, Decimal
from typing import Any

from blave_mcp.exchanges.paper.bingx.core import Ask, BingXRefusal, client_id_of, native, shown_id
from blave_mcp.exchanges.paper.bingx.words import refusal
from blave_mcp.exchanges.paper.face import short
from blave_mcp.exchanges.paper.refusals import PaperRefusal
from blave_mcp.exchanges.paper.types import (
    ZERO,
    Listing,
    ListKind,
    Order,
    OrderList,
    OrderRequest,
    OrderStatus,
    OrderType,
    Product,
    Side,
    TimeInForce,
)

TYPES = ("MARKET", "LIMIT", "TAKE_STOP_LIMIT", "TAKE_STOP_MARKET", "TRIGGER_LIMIT", "TRIGGER_MARKET")
FORCES = ("GTC", "IOC", "FOK", "PostOnly")
STATUS = {
    OrderStatus.PENDING: "NEW",
    OrderStatus.PARTIALLY_FILLED: "PARTIALLY_FILLED",
    OrderStatus.FILLED: "FILLED",
    OrderStatus.CANCELED: "CANCELED",
    OrderStatus.EXPIRED: "CANCELED",
    OrderStatus.REJECTED: "FAILED",
}


def side_of(ask: Ask) -> Side:
    ask.wanted("side")
    return Side(ask.one_of("side", ("BUY", "SELL")).lower())


def triggered_type(ask: Ask, listing: Listing, side: Side, trigger: Decimal, *, limit: bool) -> OrderType:
    """A trigger on the side that a move against the order leads to is a stop, on the other a take-profit."""
    above = trigger > ask.exchange.market.prices(listing.key, ask.now).last
    if above == (side is Side.BUY):
        return OrderType.STOP_LIMIT if limit else OrderType.STOP_MARKET
    return OrderType.TAKE_PROFIT_LIMIT if limit else OrderType.TAKE_PROFIT_MARKET


def request_of(ask: Ask) -> OrderRequest:
    listing, side = ask.listing(), side_of(ask)
    ask.wanted("type")
    kind = ask.one_of("type", TYPES)
    limit = kind.endswith("LIMIT")
    price = ask.decimal("price") if limit else None
    if limit and price is None:
        raise ask.missing("price")
    qty, quote = ask.decimal("quantity"), ask.decimal("quoteOrderQty")
    if qty is not None:
        quote = None
    elif quote is not None and price is not None:
        qty, quote = (quote / price).quantize(listing.step, rounding=ROUND_DOWN), None
    elif quote is None:
        raise ask.missing("quantity")
    trigger = ask.decimal("stopPrice") if kind not in ("MARKET", "LIMIT") else None
    if kind in ("MARKET", "LIMIT"):
        made = OrderType(kind.lower())
    elif trigger is None:
        raise ask.missing("stopPrice")
    else:
        made = triggered_type(ask, listing, side, trigger, limit=limit)
    force = ask.one_of("timeInForce", FORCES, "GTC") if limit else "GTC"
    return OrderRequest(
        key=listing.key,
        side=side,
        type=made,
        qty=qty,
        quote_qty=quote,
        price=price,
        tif=TimeInForce(force.lower()) if force in ("IOC", "FOK") else TimeInForce.GTC,
        post_only=force == "PostOnly",
        trigger_price=trigger,
        client_id=client_id_of(ask, "newClientOrderId") if trigger is None else "",
        tag=json.dumps({"type": kind, "tif": force}),
    )


def tag_of(order: Order) -> dict[str, str]:
    """What was asked for; an order of another venue's face has other words for it, or none."""
    try:
        found = json.loads(order.request.tag)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def status_of(order: Order) -> str:
    if order.status is OrderStatus.NEW:
        return "NEW" if order.waits_for_trigger else "PENDING"
    return STATUS[order.status]


def row(ask: Ask, order: Order) -> dict[str, Any]:
    """An order as GET trade/query tells it."""
    listing = ask.exchange.listing(order.key)
    fills = ask.exchange.fills(ask.now, order_id=order.id)
    fee = sum((fill.commission for fill in fills), ZERO)
    asset = fills[-1].commission_asset if fills else listing.base if order.side is Side.BUY else listing.quote
    told = tag_of(order)
    kind = told.get("type", "")
    return {
        "symbol": native(listing),
        "orderId": order.id,
        "price": short(order.price or ZERO),
        "StopPrice": short(order.request.trigger_price or ZERO),
        "origQty": short(order.request.qty or ZERO),
        "executedQty": short(order.executed),
        "cummulativeQuoteQty": short(order.quote),
        "status": status_of(order),
        "type": kind if kind in TYPES else ("MARKET" if order.price is None else "LIMIT"),
        "side": order.side.value.upper(),
        "time": order.created_ms,
        "updateTime": order.updated_ms,
        "origQuoteOrderQty": short(order.request.quote_qty or ZERO),
        "fee": short(-fee),
        "feeAsset": asset,
        "clientOrderID": shown_id(order),
        "orderListId": str(order.list_id) if order.list_id else "",
    }


def placed_row(ask: Ask, order: Order) -> dict[str, Any]:
    told = row(ask, order)
    names = ("symbol", "orderId", "price", "origQty", "executedQty", "cummulativeQuoteQty", "status", "type", "side")
    return {
        **{name: told[name] for name in names},
        "stopPrice": told["StopPrice"],
        "transactTime": order.created_ms,
        "clientOrderID": told["clientOrderID"],
    }


def place(ask: Ask) -> dict[str, Any]:
    try:
        return placed_row(ask, ask.exchange.place(request_of(ask), ask.now))
    except PaperRefusal as refused:
        raise refusal(refused, Product.SPOT) from None


def place_batch(ask: Ask) -> dict[str, Any]:
    """Orders that are refused stand in the list with a code of their own."""
    orders: list[dict[str, Any]] = []
    for given in ask.elements("data", 5):
        try:
            orders.append(place(ask.part(given)))
        except BingXRefusal as refused:
            orders.append({"code": refused.code, "msg": refused.message, "symbol": given.get("symbol", "")})
    return {"orders": orders}


def wanted(ask: Ask, *, id_name: str = "orderId", client_name: str = "clientOrderID") -> Order:
    listing = ask.listing()
    number, name = ask.integer(id_name), ask.text(client_name).lower()
    if number is None and not name:
        raise ask.missing(id_name)
    try:
        if number is not None:
            return ask.exchange.order(ask.now, key=listing.key, order_id=number)
        return ask.exchange.order(ask.now, key=listing.key, client_id=name)
    except PaperRefusal as refused:
        raise refusal(refused, Product.SPOT) from None


def query(ask: Ask) -> dict[str, Any]:
    return row(ask, wanted(ask))


def _end(ask: Ask, order: Order) -> Order:
    try:
        return ask.exchange.cancel(order.key, ask.now, order_id=order.id)
    except PaperRefusal as refused:
        raise refusal(refused, Product.SPOT) from None


def cancel(ask: Ask) -> dict[str, Any]:
    order = wanted(ask)
    only = ask.text("cancelRestrictions")
    if only and status_of(order) != only:
        raise BingXRefusal(100400, f"the order is not {only}")
    return placed_row(ask, _end(ask, order))


def cancel_batch(ask: Ask) -> dict[str, Any]:
    names = ("orderIds", "orderId") if ask.text("orderIds") else ("clientOrderIDs", "clientOrderID")
    ended = []
    for id in ask.wanted(names[0]).split(","):
        part = ask.part({"symbol": ask.wanted("symbol"), names[1]: id.strip()})
        ended.append(placed_row(ask, _end(ask, wanted(part))))
    return {"orders": ended}


def cancel_all(ask: Ask) -> dict[str, Any]:
    listing = ask.some_listing()
    key = None if listing is None else listing.key
    return {
        "orders": [placed_row(ask, each) for each in ask.exchange.cancel_all(ask.now, key=key, product=Product.SPOT)]
    }


def replace(ask: Ask) -> dict[str, Any]:
    """Cancels, then places; with STOP_ON_FAILURE nothing is placed where nothing was cancelled."""
    good = {"code": 0, "msg": "", "result": True}
    told: dict[str, Any] = {"cancelResult": good, "openResult": good}
    mode = ask.one_of("cancelReplaceMode", ("STOP_ON_FAILURE", "ALLOW_FAILURE"))
    try:
        old = wanted(ask, id_name="cancelOrderId", client_name="cancelClientOrderID")
        only = ask.text("cancelRestrictions")
        if only and status_of(old) != only:
            raise BingXRefusal(100400, f"the order is not {only}")
        told["orderCancelResponse"] = placed_row(ask, _end(ask, old))
    except BingXRefusal as refused:
        if mode != "ALLOW_FAILURE":
            raise
        told["cancelResult"] = {"code": refused.code, "msg": refused.message, "result": False}
    try:
        told["orderOpenResponse"] = place(ask)
    except BingXRefusal as refused:
        told["openResult"] = {"code": refused.code, "msg": refused.message, "result": False}
    return told


def open_orders(ask: Ask) -> dict[str, Any]:
    listing = ask.some_listing()
    key = None if listing is None else listing.key
    found = ask.exchange.open_orders(ask.now, key=key, product=Product.SPOT)
    return {"orders": [row(ask, each) for each in found]}


def history(ask: Ask) -> dict[str, Any]:
    """Newest first."""
    listing = ask.some_listing()
    key = None if listing is None else listing.key
    start, end, first = ask.integer("startTime", 0) or 0, ask.integer("endTime"), ask.integer("orderId", 0) or 0
    status, kind = ask.text("status"), ask.text("type")
    found = [
        told
        for each in reversed(ask.exchange.orders(ask.now, key=key, product=Product.SPOT))
        if start <= each.created_ms <= (end or ask.now) and each.id >= first
        for told in [row(ask, each)]
        if status in ("", told["status"]) and kind in ("", told["type"])
    ]
    size, page = ask.count("pageSize", 100, 100), ask.count("pageIndex", 1, 10_000)
    return {"orders": found[(page - 1) * size : page * size]}


def my_trades(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    start, end = ask.integer("startTime", 0) or 0, ask.integer("endTime")
    first, order_id = ask.integer("fromId", 0) or 0, ask.integer("orderId")
    found = [
        {
            "symbol": native(listing),
            "id": each.id,
            "orderId": each.order_id,
            "price": short(each.price),
            "qty": short(each.qty),
            "quoteQty": short(each.quote),
            "commission": -each.commission,
            "commissionAsset": each.commission_asset,
            "time": each.time_ms,
            "isBuyer": each.side is Side.BUY,
            "isMaker": each.maker,
        }
        for each in ask.exchange.fills(ask.now, key=listing.key, order_id=order_id)
        if start <= each.time_ms <= (end or ask.now) and each.id >= first
    ]
    limit = ask.count("limit", 500, 1_000)
    return {"fills": found[:limit] if start or first else found[-limit:]}


def fees(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    return {"takerCommissionRate": listing.taker_fee, "makerCommissionRate": listing.maker_fee}


# OCO


def _leg(ask: Ask, order: Order, group: OrderList) -> dict[str, Any]:
    trigger = order.request.trigger_price
    return {
        "transactionTime": order.created_ms,
        "orderId": str(order.id),
        "clientOrderId": shown_id(order),
        "symbol": native(ask.exchange.listing(order.key)),
        "orderType": "ocoLimit" if trigger is None else "ocoTps",
        "side": order.side.value.upper(),
        "triggerPrice": trigger or 0,
        "price": order.price or 0,
        "quantity": order.qty,
        "orderListId": str(group.id),
        "status": status_of(order),
    }


def _legs(ask: Ask, group: OrderList) -> list[dict[str, Any]]:
    return [_leg(ask, ask.exchange.order(ask.now, key=group.key, order_id=id), group) for id in group.order_ids]


def oco(ask: Ask) -> list[dict[str, Any]]:
    listing, side, qty = ask.listing(), side_of(ask), ask.amount("quantity")
    trigger = ask.amount("triggerPrice")
    limit = OrderRequest(
        key=listing.key,
        side=side,
        type=OrderType.LIMIT,
        qty=qty,
        price=ask.amount("limitPrice"),
        client_id=client_id_of(ask, "aboveClientOrderId"),
        tag=json.dumps({"type": "LIMIT", "tif": "GTC"}),
    )
    stop = OrderRequest(
        key=listing.key,
        side=side,
        type=triggered_type(ask, listing, side, trigger, limit=True),
        qty=qty,
        price=ask.amount("orderPrice"),
        trigger_price=trigger,
        client_id=client_id_of(ask, "belowClientOrderId"),
        tag=json.dumps({"type": "TAKE_STOP_LIMIT", "tif": "GTC"}),
    )
    name = client_id_of(ask, "listClientOrderId")
    try:
        return _legs(ask, ask.exchange.place_list(ListKind.OCO, [limit, stop], ask.now, client_id=name))
    except PaperRefusal as refused:
        raise refusal(refused, Product.SPOT) from None


def _pairs(ask: Ask, *, done: bool) -> list[dict[str, Any]]:
    groups = [g for g in ask.exchange.order_lists(ask.now) if g.done is done and g.key.endswith(":spot")]
    size, page = ask.count("pageSize", 100, 100), ask.count("pageIndex", 1, 1_000)
    return [leg for g in groups[::-1][(page - 1) * size : page * size] for leg in _legs(ask, g)]


def oco_open(ask: Ask) -> list[dict[str, Any]]:
    return _pairs(ask, done=False)


def oco_history(ask: Ask) -> list[dict[str, Any]]:
    return _pairs(ask, done=True)


def oco_get(ask: Ask) -> list[dict[str, Any]]:
    number, name = ask.integer("orderListId"), ask.text("clientOrderId").lower()
    try:
        return _legs(ask, ask.exchange.order_list(ask.now, list_id=number, client_id=name or None))
    except PaperRefusal as refused:
        raise refusal(refused, Product.SPOT) from None


def oco_cancel(ask: Ask) -> dict[str, Any]:
    number, name = ask.text("orderId"), ask.text("clientOrderId").lower()
    for group in ask.exchange.order_lists(ask.now, open_only=True):
        legs = _legs(ask, group)
        if any(number == leg["orderId"] or (name and name == leg["clientOrderId"]) for leg in legs):
            ask.exchange.cancel_list(group.key, ask.now, list_id=group.id)
            return {"orderId": number or legs[0]["orderId"], "clientOrderId": name}
    raise BingXRefusal(100404, "the order list does not exist")
