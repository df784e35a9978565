"""Orders on BingX's perpetuals.

https://bingx-api.github.io/docs/#/en-us/swapV2/trade-api.html
"""

from __future__ import annotations

import json
from decimal import ROUND_DOWN, Decimal
from typing import Any

from blave_mcp.exchanges.paper.bingx.core import Ask, BingXRefusal, client_id_of, native, shown_id
from blave_mcp.exchanges.paper.bingx.market import price_text, size_text
from blave_mcp.exchanges.paper.bingx.spot import FORCES, side_of, tag_of, triggered_type
from blave_mcp.exchanges.paper.bingx.words import refusal
from blave_mcp.exchanges.paper.face import fixed, short
from blave_mcp.exchanges.paper.refusals import PaperRefusal
from blave_mcp.exchanges.paper.types import (
    ZERO,
    Listing,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    PositionSide,
    Product,
    TimeInForce,
    TriggerBy,
)

KINDS = {
    "MARKET": OrderType.MARKET,
    "LIMIT": OrderType.LIMIT,
    "STOP_MARKET": OrderType.STOP_MARKET,
    "STOP": OrderType.STOP_LIMIT,
    "TAKE_PROFIT_MARKET": OrderType.TAKE_PROFIT_MARKET,
    "TAKE_PROFIT": OrderType.TAKE_PROFIT_LIMIT,
    "TRAILING_STOP_MARKET": OrderType.TRAILING_STOP,
}
NAMES = {kind: name for name, kind in KINDS.items()}
TYPES = (*KINDS, "TRIGGER_MARKET", "TRIGGER_LIMIT")
LIMITS = ("LIMIT", "STOP", "TAKE_PROFIT", "TRIGGER_LIMIT")
STATUS = {
    OrderStatus.PENDING: "NEW",
    OrderStatus.PARTIALLY_FILLED: "PARTIALLY_FILLED",
    OrderStatus.FILLED: "FILLED",
    OrderStatus.CANCELED: "CANCELLED",
    OrderStatus.EXPIRED: "EXPIRED",
    OrderStatus.REJECTED: "FAILED",
}


def position_side_of(ask: Ask) -> PositionSide:
    """Returns positionSide; refused where it does not fit the account's position mode."""
    word = ask.one_of("positionSide", ("BOTH", "LONG", "SHORT"), "LONG" if ask.exchange.hedge else "BOTH")
    if ask.exchange.hedge and word == "BOTH":
        raise ask.bad("In the Hedge mode, the 'PositionSide' field can only be set to LONG or SHORT.")
    if not ask.exchange.hedge and word != "BOTH":
        raise ask.bad("In the One-way mode, the 'PositionSide' field can only be set to BOTH.")
    return PositionSide(word.lower())


def request_of(ask: Ask) -> OrderRequest:
    listing, side = ask.listing(), side_of(ask)
    ask.wanted("type")
    kind = ask.one_of("type", TYPES)
    for name in ("stopLoss", "takeProfit"):
        if ask.text(name):
            raise BingXRefusal(110400, f"paper trading takes no {name} with an order; place it by itself")
    position_side = position_side_of(ask)
    closes, reduces = ask.flag("closePosition"), ask.flag("reduceOnly")
    if reduces and ask.exchange.hedge:
        raise ask.bad("In the Hedge mode, the 'ReduceOnly' field can not be filled.")
    price = ask.decimal("price")
    if kind in LIMITS and price is None:
        raise ask.missing("price")
    trigger = ask.decimal("stopPrice")
    made = KINDS.get(kind)
    if kind not in ("MARKET", "LIMIT", "TRAILING_STOP_MARKET") and trigger is None:
        raise ask.missing("stopPrice")
    if made is None and trigger is not None:
        made = triggered_type(ask, listing, side, trigger, limit=kind == "TRIGGER_LIMIT")
    if closes and kind not in ("STOP_MARKET", "TAKE_PROFIT_MARKET"):
        raise ask.bad("Invalid parameters, err:closePosition: unsupported for this type")
    force = ask.one_of("timeInForce", FORCES, "GTC") if kind in LIMITS else "GTC"
    trails = kind == "TRAILING_STOP_MARKET"
    rate, activation = ask.decimal("priceRate"), ask.decimal("activationPrice")
    if trails and rate is None and price is None:
        raise ask.missing("priceRate")
    plain = kind in ("MARKET", "LIMIT")
    by = ask.one_of("workingType", ("MARK_PRICE", "CONTRACT_PRICE", "INDEX_PRICE"), "MARK_PRICE")
    return OrderRequest(
        key=listing.key,
        side=side,
        type=made or OrderType.MARKET,
        qty=None if closes else _quantity(ask, listing, price),
        price=price if kind in LIMITS else None,
        tif=TimeInForce(force.lower()) if force in ("IOC", "FOK") else TimeInForce.GTC,
        post_only=force == "PostOnly",
        reduce_only=reduces,
        close_position=closes,
        position_side=position_side,
        trigger_price=None if plain or trails else trigger,
        trigger_by=TriggerBy.LAST if by == "CONTRACT_PRICE" or plain else TriggerBy.MARK,
        activation_price=activation if trails else None,
        callback_rate=rate if trails else None,
        callback_distance=price if trails and rate is None else None,
        client_id=client_id_of(ask, "clientOrderId") or client_id_of(ask, "clientOrderID") if plain else "",
        tied_to_position=closes,
        tag=json.dumps({"type": kind, "tif": force, "working": by}),
    )


def _quantity(ask: Ask, listing: Listing, price: Decimal | None) -> Decimal:
    qty, quote = ask.decimal("quantity"), ask.decimal("quoteOrderQty")
    if qty is not None:
        return qty
    if quote is None:
        raise ask.missing("quantity")
    at = price or ask.exchange.market.prices(listing.key, ask.now).last
    return (quote / at).quantize(listing.step, rounding=ROUND_DOWN)


def status_of(order: Order) -> str:
    if order.status is OrderStatus.NEW:
        return "NEW" if order.waits_for_trigger else "PENDING"
    return STATUS[order.status]


def _kind(order: Order) -> str:
    kind = tag_of(order).get("type", "")
    return kind if kind in TYPES else NAMES[order.type]


def row(ask: Ask, order: Order) -> dict[str, Any]:
    """An order as GET trade/order tells it."""
    listing, request = ask.exchange.listing(order.key), order.request
    fills = ask.exchange.fills(ask.now, order_id=order.id)
    told = tag_of(order)
    working = "CONTRACT_PRICE" if request.trigger_by is TriggerBy.LAST else "MARK_PRICE"
    return {
        "symbol": native(listing),
        "orderId": order.id,
        "orderID": str(order.id),
        "side": order.side.value.upper(),
        "positionSide": request.position_side.value.upper(),
        "type": _kind(order),
        "origQty": size_text(listing, order.qty),
        "price": price_text(listing, order.price or ZERO),
        "executedQty": size_text(listing, order.executed),
        "avgPrice": price_text(listing, order.average or ZERO),
        "cumQuote": fixed(order.quote, 4),
        "stopPrice": "" if request.trigger_price is None else price_text(listing, request.trigger_price),
        "profit": fixed(sum((each.realised_pnl for each in fills), ZERO), 4),
        "commission": fixed(-sum((each.commission for each in fills), ZERO), 6),
        "status": status_of(order),
        "time": order.created_ms,
        "updateTime": order.updated_ms,
        "clientOrderId": shown_id(order),
        "leverage": f"{ask.exchange.settings(order.key).leverage:.0f}X",
        "takeProfit": "",
        "stopLoss": "",
        "advanceAttr": 0,
        "positionID": 0,
        "takeProfitEntrustPrice": 0,
        "stopLossEntrustPrice": 0,
        "orderType": "",
        "workingType": told.get("working", working),
        "stopGuaranteed": "false",
        "triggerOrderId": 0,
        "onlyOnePosition": not ask.exchange.hedge,
        "reduceOnly": request.reduce_only,
        "closePosition": "true" if request.close_position else "",
        "timeInForce": told.get("tif", "GTC"),
        "priceRate": short(request.callback_rate or ZERO),
    }


def placed_row(ask: Ask, order: Order) -> dict[str, Any]:
    told = row(ask, order)
    names = (
        "orderId", "orderID", "symbol", "positionSide", "side", "type", "workingType", "clientOrderId", "timeInForce",
        "stopLoss", "takeProfit", "reduceOnly", "closePosition", "stopGuaranteed", "status", "avgPrice", "executedQty",
    )  # fmt: skip
    request = order.request
    return {
        **{name: told[name] for name in names},
        "clientOrderID": told["clientOrderId"],
        "price": request.price or 0,
        "quantity": order.qty,
        "stopPrice": request.trigger_price or 0,
        "priceRate": request.callback_rate or 0,
        "activationPrice": request.activation_price or 0,
    }


def _place(ask: Ask) -> Order:
    try:
        return ask.exchange.place(request_of(ask), ask.now)
    except PaperRefusal as refused:
        raise refusal(refused, Product.PERP) from None


def place(ask: Ask) -> dict[str, Any]:
    return {"order": placed_row(ask, _place(ask))}


def test(ask: Ask) -> dict[str, Any]:
    request = request_of(ask)
    try:
        ask.exchange.check(request, ask.now)
    except PaperRefusal as refused:
        raise refusal(refused, Product.PERP) from None
    imagined = Order(
        id=0,
        client_id=request.client_id or "p0",
        request=request,
        qty=request.qty or ZERO,
        status=OrderStatus.NEW,
        created_ms=ask.now,
        updated_ms=ask.now,
    )
    return {"order": placed_row(ask, imagined)}


def place_batch(ask: Ask) -> dict[str, Any]:
    orders, errors = [], []
    for given in ask.elements("batchOrders", 5):
        try:
            orders.append(placed_row(ask, _place(ask.part(given))))
        except BingXRefusal as refused:
            errors.append({"code": refused.code, "msg": refused.message, "symbol": given.get("symbol", "")})
    return {"orders": orders, "errors": errors}


def wanted(ask: Ask, *, id_name: str = "orderId", client_names: tuple[str, ...] = ("clientOrderId",)) -> Order:
    listing = ask.listing()
    names = (ask.text(name).lower() for name in (*client_names, "clientOrderID"))
    number, name = ask.integer(id_name), next((each for each in names if each), "")
    if number is None and not name:
        raise ask.missing(id_name)
    try:
        if number is not None:
            return ask.exchange.order(ask.now, key=listing.key, order_id=number)
        return ask.exchange.order(ask.now, key=listing.key, client_id=name)
    except PaperRefusal as refused:
        raise refusal(refused, Product.PERP) from None


def query(ask: Ask) -> dict[str, Any]:
    return {"order": row(ask, wanted(ask))}


def open_order(ask: Ask) -> dict[str, Any]:
    order = wanted(ask)
    if order.status.done:
        raise BingXRefusal(109421, "order not exist")
    return {"order": row(ask, order)}


def _end(ask: Ask, order: Order) -> Order:
    try:
        return ask.exchange.cancel(order.key, ask.now, order_id=order.id)
    except PaperRefusal as refused:
        raise refusal(refused, Product.PERP) from None


def cancel(ask: Ask) -> dict[str, Any]:
    return {"order": row(ask, _end(ask, wanted(ask)))}


def cancel_batch(ask: Ask) -> dict[str, Any]:
    name = "orderId" if ask.text("orderIdList") else "clientOrderId"
    try:
        ids = json.loads(ask.wanted(f"{name}List"))
    except ValueError:
        raise ask.bad(f"Invalid parameters, err:{name}List: mismatched type") from None
    done, failed = [], []
    for id in ids if isinstance(ids, list) else []:
        try:
            order = wanted(ask.part({"symbol": ask.wanted("symbol"), name: str(id)}))
            done.append(row(ask, _end(ask, order)))
        except BingXRefusal as refused:
            failed.append({name: id, "errorCode": refused.code, "errorMessage": refused.message})
    return {"success": done, "failed": failed or None}


def cancel_all(ask: Ask) -> dict[str, Any]:
    """Cancels every order that waits; of one symbol or type where they are named."""
    found = [_end(ask, order) for order in _open(ask)]
    return {"success": [row(ask, order) for order in found], "failed": None}


def _open(ask: Ask) -> list[Order]:
    listing, kind = ask.some_listing(), ask.one_of("type", TYPES)
    key = None if listing is None else listing.key
    found = ask.exchange.open_orders(ask.now, key=key, product=Product.PERP)
    return [order for order in found if kind in ("", _kind(order))]


def open_orders(ask: Ask) -> dict[str, Any]:
    return {"orders": [row(ask, order) for order in _open(ask)]}


def amend(ask: Ask) -> dict[str, Any]:
    order, qty = wanted(ask), ask.amount("quantity")
    try:
        order = ask.exchange.amend(order.key, ask.now, order_id=order.id, qty=qty)
    except PaperRefusal as refused:
        raise refusal(refused, Product.PERP) from None
    symbol = native(ask.exchange.listing(order.key))
    return {"orderId": order.id, "clientOrderId": shown_id(order), "symbol": symbol, "quantity": order.qty}


def replace(ask: Ask) -> dict[str, Any]:
    """Cancels, then places; with STOP_ON_FAILURE nothing is placed where nothing was cancelled."""
    told: dict[str, Any] = {"cancelResult": "true", "cancelMsg": "", "replaceResult": "true", "replaceMsg": ""}
    mode = ask.one_of("cancelReplaceMode", ("STOP_ON_FAILURE", "ALLOW_FAILURE"))
    try:
        old = wanted(ask, id_name="cancelOrderId", client_names=("cancelClientOrderId",))
        only = ask.text("cancelRestrictions").removeprefix("ONLY_")
        if only and status_of(old) != only:
            raise BingXRefusal(101400, f"the order is not {only}")
        told["cancelResponse"] = {**row(ask, _end(ask, old)), "cancelOrderId": old.id, "cancelClientOrderId": ""}
    except BingXRefusal as refused:
        if mode != "ALLOW_FAILURE":
            raise
        told |= {"cancelResult": "false", "cancelMsg": f"{refused.code} {refused.message}"}
    try:
        told["newOrderResponse"] = placed_row(ask, _place(ask))
    except BingXRefusal as refused:
        told |= {"replaceResult": "false", "replaceMsg": f"{refused.code} {refused.message}"}
    return told


# History


def _history(ask: Ask, orders: list[Order]) -> dict[str, Any]:
    limit, first = ask.count("limit", 500, 1_000), ask.integer("orderId", 0) or 0
    start, end = ask.integer("startTime", 0) or 0, ask.integer("endTime")
    if start and end and end - start > 7 * 86_400_000:
        raise BingXRefusal(109400, "The query range can not be more than 7 days")
    found = [each for each in orders if start <= each.created_ms <= (end or ask.now) and each.id >= first]
    kept = found[:limit] if start else found[-limit:]
    return {"orders": [row(ask, each) for each in reversed(kept)]}


def _all(ask: Ask) -> list[Order]:
    listing = ask.some_listing()
    key = None if listing is None else listing.key
    return list(ask.exchange.orders(ask.now, key=key, product=Product.PERP))


def ended_orders(ask: Ask) -> dict[str, Any]:
    return _history(ask, [order for order in _all(ask) if order.status.done])


def all_orders(ask: Ask) -> dict[str, Any]:
    return _history(ask, _all(ask))
