"""Conditional orders of Binance's USDⓈ-M futures host, which are algo orders until they are triggered.

https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/New-Algo-Order
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.binance.face import Ask
from blave_mcp.exchanges.paper.binance.futures_fields import (
    CONDITIONAL,
    DEFAULT_STP,
    client_id_of,
    expiry_of,
    matched_price,
    position_side_of,
    price_of,
    price_text,
    qty_text,
    quantity_of,
    reduce_only_of,
    side_of,
    stp_of,
    tag,
    tag_of,
    tif_of,
)
from blave_mcp.exchanges.paper.binance.futures_orders import (
    NO_SUCH_ORDER,
    UNKNOWN,
    is_algo,
    placing_refusal,
    response_type,
    week_of,
)
from blave_mcp.exchanges.paper.binance.params import BinanceRefusal, missing, not_valid
from blave_mcp.exchanges.paper.face import fixed, short
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import (
    ZERO,
    Listing,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    Product,
    TimeInForce,
    TriggerBy,
)

FIELDS = (
    "algoType! symbol! side! type! positionSide timeInForce quantity price triggerPrice workingType priceMatch "
    "closePosition priceProtect reduceOnly activatePrice callbackRate clientAlgoId newOrderRespType "
    "selfTradePreventionMode goodTillDate"
)
ID_BASE = 1_000_000_000
"""Algo ids are numbers of their own: an order's id is never a valid algo id."""
_TYPES: Mapping[str, OrderType] = {
    "STOP": OrderType.STOP_LIMIT,
    "STOP_MARKET": OrderType.STOP_MARKET,
    "TAKE_PROFIT": OrderType.TAKE_PROFIT_LIMIT,
    "TAKE_PROFIT_MARKET": OrderType.TAKE_PROFIT_MARKET,
    "TRAILING_STOP_MARKET": OrderType.TRAILING_STOP,
}


def _not_required(name: str) -> BinanceRefusal:
    return BinanceRefusal(-1106, f"Parameter '{name}' sent when not required.")


def request_of(ask: Ask, listing: Listing) -> OrderRequest:
    params = ask.params
    if params.text("algoType") != "CONDITIONAL":
        raise not_valid("algoType")
    side = side_of(params)
    kind = params.one_of("type", CONDITIONAL, BinanceRefusal(-1116, "Invalid orderType."))
    limit = kind in ("STOP", "TAKE_PROFIT")
    trailing = kind == "TRAILING_STOP_MARKET"
    position_side = position_side_of(ask)
    price = _price(ask, listing, limit=limit)
    trigger = price_of(listing, params, "triggerPrice")
    if trailing and trigger is not None:
        raise _not_required("triggerPrice")
    if not trailing and trigger is None:
        raise missing("triggerPrice")
    close = _closes(ask, kind)
    quantity = quantity_of(listing, params, market=not limit)
    if quantity is None and not close:
        raise missing("quantity")
    tif = tif_of(params, "GTC")
    working = params.one_of(
        "workingType", ("MARK_PRICE", "CONTRACT_PRICE"), BinanceRefusal(-4031, "Invalid parameter working type")
    )
    return OrderRequest(
        key=listing.key,
        side=side,
        type=_TYPES[kind],
        qty=None if close else quantity,
        price=price,
        tif=TimeInForce(tif.lower()) if limit and tif in ("IOC", "FOK") else TimeInForce.GTC,
        post_only=limit and tif == "GTX",
        reduce_only=reduce_only_of(ask),
        close_position=close,
        position_side=position_side,
        trigger_price=trigger,
        trigger_by=TriggerBy.MARK if working == "MARK_PRICE" else TriggerBy.LAST,
        activation_price=_activation(ask, listing, trailing=trailing),
        callback_rate=_callback(ask, trailing=trailing),
        client_id=client_id_of(params, "clientAlgoId"),
        expire_ms=expiry_of(ask, tif),
        tag=tag(
            type=kind,
            tif=tif,
            stp=stp_of(params),
            match=params.text("priceMatch"),
            protect="true" if params.flag("priceProtect") else "",
        ),
    )


def _price(ask: Ask, listing: Listing, *, limit: bool) -> Decimal | None:
    if not limit:
        if "price" in ask.params:
            raise _not_required("price")
        if ask.params.text("priceMatch") not in ("", "NONE"):
            raise BinanceRefusal(-5038, "Price match only supports order type: LIMIT, STOP AND TAKE_PROFIT")
        return None
    price = matched_price(ask, listing, side_of(ask.params)) or price_of(listing, ask.params, "price")
    if price is None:
        raise missing("price")
    return price


def _closes(ask: Ask, kind: str) -> bool:
    """Returns closePosition, which goes with no quantity and no reduceOnly."""
    if not ask.params.flag("closePosition"):
        return False
    if kind not in ("STOP_MARKET", "TAKE_PROFIT_MARKET"):
        reduce = str(ask.params.flag("reduceOnly")).lower()
        raise BinanceRefusal(-4020, f"Target strategy invalid for orderType '{kind}',reduceOnly '{reduce}'.")
    if "quantity" in ask.params:
        raise BinanceRefusal(-4137, "Quantity must be zero with closePosition equals true")
    if "reduceOnly" in ask.params:
        raise _not_required("reduceonly")
    return True


def _activation(ask: Ask, listing: Listing, *, trailing: bool) -> Decimal | None:
    if not trailing and "activatePrice" in ask.params:
        raise _not_required("activatePrice")
    return price_of(listing, ask.params, "activatePrice")


def _callback(ask: Ask, *, trailing: bool) -> Decimal | None:
    """Returns callbackRate, 0.1 to 10 percent with one decimal, as a fraction."""
    rate = ask.params.decimal("callbackRate")
    if not trailing:
        if rate is not None:
            raise _not_required("callbackRate")
        return None
    if rate is None:
        raise missing("callbackRate")
    if not Decimal("0.1") <= rate <= 10:
        raise BinanceRefusal(-2007, "Invalid callBack rate.")
    return rate / 100


# Answers


def status_of(order: Order) -> str:
    """NEW until the trigger; TRIGGERED while the order it became works; FINISHED when that has ended."""
    if order.triggered_ms is None:
        return order.status.value.upper()
    if order.status is OrderStatus.REJECTED:
        return "REJECTED"
    return "FINISHED" if order.status.done else "TRIGGERED"


def row(ask: Ask, order: Order) -> dict[str, Any]:
    listing = ask.exchange.listing(order.key)
    request = order.request
    told = tag_of(order)
    return {
        "algoId": ID_BASE + order.id,
        "clientAlgoId": order.client_id,
        "algoType": "CONDITIONAL",
        "orderType": told.get("type", order.type.value.upper()),
        "symbol": listing.symbol,
        "side": order.side.value.upper(),
        "positionSide": request.position_side.value.upper(),
        "timeInForce": told.get("tif", request.tif.value.upper()),
        "quantity": qty_text(listing, request.qty or ZERO),
        "algoStatus": status_of(order),
        "triggerPrice": price_text(listing, request.trigger_price),
        "price": price_text(listing, request.price),
        "icebergQuantity": None,
        "selfTradePreventionMode": told.get("stp", DEFAULT_STP),
        "workingType": "MARK_PRICE" if request.trigger_by is TriggerBy.MARK else "CONTRACT_PRICE",
        "priceMatch": told.get("match", "NONE"),
        "closePosition": request.close_position,
        "priceProtect": told.get("protect") == "true",
        "reduceOnly": request.reduce_only,
        "createTime": order.created_ms,
        "updateTime": order.updated_ms,
        "triggerTime": order.triggered_ms or 0,
        "goodTillDate": request.expire_ms or 0,
    }


def _trail(ask: Ask, order: Order) -> dict[str, str]:
    request = order.request
    listing = ask.exchange.listing(order.key)
    return {
        "activatePrice": "" if request.activation_price is None else price_text(listing, request.activation_price),
        "callbackRate": "" if request.callback_rate is None else short(request.callback_rate * 100),
    }


def queried(ask: Ask, order: Order) -> dict[str, Any]:
    """Returns an algo order with the order it became."""
    triggered = order.triggered_ms is not None
    listing = ask.exchange.listing(order.key)
    return {
        **row(ask, order),
        "actualOrderId": str(order.id) if triggered else "",
        "actualPrice": fixed(order.average or ZERO, 5),
        "actualType": ("MARKET" if order.price is None else "LIMIT") if triggered else "",
        "actualQty": qty_text(listing, order.executed),
        "tpOrderType": "",
    }


def listed(ask: Ask, order: Order) -> dict[str, Any]:
    """Returns an algo order as lists tell it."""
    told = queried(ask, order)
    for name in ("actualType", "actualQty"):
        del told[name]
    return {**told, "tpTriggerPrice": "0.000", "tpPrice": "0.000", "slTriggerPrice": "0.000", "slPrice": "0.000"}


# Handlers


def place(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    request = request_of(ask, listing)
    response_type(ask.params)
    ask.count_orders()
    try:
        order = ask.exchange.place(request, ask.now)
    except PaperRefusal as refused:
        if refused.reason is Reason.TOO_MANY_ORDERS:
            raise BinanceRefusal(-4045, "Reach max stop order limit.") from None
        raise placing_refusal(ask, listing, request, refused) from None
    return {**row(ask, order), **_trail(ask, order)}


def _wanted(ask: Ask, unknown: tuple[int, str]) -> Order:
    number, name = ask.params.integer("algoId"), ask.params.text("clientAlgoId")
    if number is None and not name:
        raise BinanceRefusal(-1102, "Param 'algoid' or 'clientalgoid' must be sent, but both were empty/null!")
    found = [
        order
        for order in ask.exchange.orders(ask.now, product=Product.PERP)
        if is_algo(order) and (order.id + ID_BASE == number if number is not None else order.client_id == name)
    ]
    if not found:
        raise BinanceRefusal(*unknown)
    return found[-1]


def cancel(ask: Ask) -> dict[str, Any]:
    order = _wanted(ask, UNKNOWN)
    if not order.waits_for_trigger or order.status.done:
        raise BinanceRefusal(*UNKNOWN)
    ask.exchange.cancel(order.key, ask.now, order_id=order.id)
    return {"algoId": ID_BASE + order.id, "clientAlgoId": order.client_id, "code": "200", "msg": "success"}


def cancel_all(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    for order in ask.exchange.open_orders(ask.now, key=listing.key):
        if order.waits_for_trigger:
            ask.exchange.cancel(listing.key, ask.now, order_id=order.id)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def query(ask: Ask) -> dict[str, Any]:
    return queried(ask, _wanted(ask, NO_SUCH_ORDER))


def open_orders(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.some_listing()
    ask.params.one_of("algoType", ("CONDITIONAL",))
    number = ask.params.integer("algoId")
    key = None if listing is None else listing.key
    return [
        listed(ask, order)
        for order in ask.exchange.open_orders(ask.now, key=key, product=Product.PERP)
        if order.waits_for_trigger and (number is None or order.id + ID_BASE == number)
    ]


def all_orders(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.listing()
    first = ask.params.integer("algoId")
    start, end = (0, 1 << 62) if first is not None else week_of(ask)
    limit = ask.face.rows(ask, 500, 1_000)
    page = ask.params.integer("page") or 0
    found = [
        order
        for order in ask.exchange.orders(ask.now, key=listing.key)
        if is_algo(order) and start <= order.created_ms <= end and (first is None or order.id + ID_BASE >= first)
    ]
    forward = first is not None or "startTime" in ask.params
    if page:
        found = found[page * limit :] if forward else found[: -page * limit]
    return [listed(ask, order) for order in (found[:limit] if forward else found[-limit:])]
