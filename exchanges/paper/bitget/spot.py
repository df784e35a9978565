"""Spot orders of Bitget's face, and fills.

https://www.bitget.com/api-doc/spot/trade/Place-Order
"""

from __future__ import annotations

import json
from typing import Any

from blave_mcp.exchanges.paper.bitget.base import (
    WORDS,
    Ask,
    BitgetRefusal,
    Params,
    ms,
    newest,
    price_text,
    refusal_of,
    size_text,
    within,
)
from blave_mcp.exchanges.paper.bitget.orders import (
    batch,
    cancel,
    chosen,
    find,
    force_of,
    is_plain,
    named,
    order_type_of,
    state,
    tag,
)
from blave_mcp.exchanges.paper.face import fixed
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import (
    ZERO,
    Fill,
    Listing,
    Order,
    OrderRequest,
    OrderType,
    Product,
    Side,
    TimeInForce,
)

_SPOT_WORDS = {
    Reason.DUPLICATE_CLIENT_ID: ("43118", "clientOrderId duplicate"),
    Reason.QTY_TOO_SMALL: ("43006", "The order quantity is less than the minimum transaction quantity"),
    Reason.QTY_TOO_LARGE: ("43007", "The order quantity is greater than the maximum transaction quantity"),
    Reason.TOO_MANY_ORDERS: ("43005", "Exceed the maximum number of orders"),
    Reason.WOULD_TRIGGER_NOW: ("43035", "The trigger price should be ≥ the current market price"),
}


def words(refused: PaperRefusal) -> BitgetRefusal:
    found = _SPOT_WORDS.get(refused.reason) or WORDS.get(refused.reason)
    return refusal_of(refused) if found is None else BitgetRefusal(*found)


# Rows


def row(ask: Ask, order: Order) -> dict[str, Any]:
    listing = ask.exchange.listing(order.key)
    in_quote = order.request.quote_qty is not None
    size = order.request.quote_qty if order.request.quote_qty is not None else order.qty
    return {
        "userId": "1000000000",
        "symbol": listing.symbol,
        **named(order),
        "price": price_text(listing, order.price) or "0",
        "size": fixed(size) if in_quote else size_text(listing, size),
        "orderType": "market" if order.price is None else "limit",
        "side": order.side.value,
        "status": state(order, "cancelled"),
        "priceAvg": fixed(order.average) if order.average is not None else "0",
        "baseVolume": size_text(listing, order.executed),
        "quoteVolume": fixed(order.quote),
        "enterPointSource": "API",
        "feeDetail": _fees(ask, order),
        "orderSource": "market" if order.price is None else "normal",
        "cancelReason": "normal_cancel" if state(order, "cancelled") == "cancelled" else "",
        "cTime": ms(order.created_ms),
        "uTime": ms(order.updated_ms),
        "tpslType": "normal",
        "triggerPrice": None,
    }


def _fees(ask: Ask, order: Order) -> str:
    """Returns the fees as Bitget writes them here: JSON in a text."""
    fills = ask.exchange.fills(ask.now, key=order.key, order_id=order.id)
    if not fills:
        return "{}"
    total = f"-{fixed(sum((fill.commission for fill in fills), ZERO))}"
    coin = fills[0].commission_asset
    part = {"deduction": False, "feeCoinCode": coin, "totalDeductionFee": "0", "totalFee": total}
    return json.dumps({coin: part, "newFees": {"c": "0", "d": "0", "deduction": False, "r": total, "t": total,
                                               "totalDeductionFee": "0"}}, separators=(",", ":"))  # fmt: skip


def pending_row(ask: Ask, order: Order) -> dict[str, Any]:
    """An open order: its price stands under priceAvg and its average under basePrice.

    https://www.bitget.com/api-doc/spot/trade/Get-Unfilled-Orders
    """
    told = row(ask, order)
    average = told["priceAvg"]
    told["priceAvg"] = told.pop("price")
    for name in ("feeDetail", "cancelReason"):
        del told[name]
    return told | {
        "basePrice": average, "presetTakeProfitPrice": "", "executeTakeProfitPrice": "", "presetStopLossPrice": "",
        "executeStopLossPrice": "",
    }  # fmt: skip


# Plain orders


def request_of(ask: Ask, listing: Listing) -> OrderRequest:
    params = ask.params
    if params.one_of("tpslType", ("normal", "tpsl"), "normal") == "tpsl":
        raise BitgetRefusal("40805", "Unsupported operation: paper trading has plan orders, not tpslType tpsl")
    presets = ("presetTakeProfitPrice", "presetStopLossPrice")
    if any(name in params for name in presets):
        raise BitgetRefusal("40805", "Unsupported operation: paper trading has no preset prices")
    side = Side(params.need_one_of("side", ("buy", "sell")))
    limit = order_type_of(params)
    size = params.amount("size")
    tif, post_only = force_of(params)
    by_quote = not limit and side is Side.BUY
    return OrderRequest(
        key=listing.key,
        side=side,
        type=OrderType.LIMIT if limit else OrderType.MARKET,
        qty=None if by_quote else size,
        quote_qty=size if by_quote else None,
        price=params.amount("price") if limit else None,
        tif=tif if limit else TimeInForce.GTC,
        post_only=post_only and limit,
        client_id=params.client_id(),
        tag=tag(force=params.text("force").lower()),
    )


def _place(ask: Ask) -> dict[str, str]:
    listing = ask.listing(Product.SPOT)
    return named(ask.exchange.place(request_of(ask, listing), ask.now))


def place(ask: Ask) -> dict[str, str]:
    return _place(ask)


def place_batch(ask: Ask) -> dict[str, Any]:
    multiple = ask.params.one_of("batchMode", ("single", "multiple"), "single") == "multiple"
    symbol = ask.params.text("symbol")

    def each(element: Params) -> dict[str, str]:
        given = element.given if multiple else {**element.given, "symbol": symbol}
        return _place(ask.having(Params(given)))

    return batch(ask.params.elements("orderList"), each, words)


def cancel_one(ask: Ask) -> dict[str, str]:
    if ask.params.one_of("tpslType", ("normal", "tpsl"), "normal") == "tpsl":
        raise BitgetRefusal("43020", "Stop profit and stop loss order does not exist")
    listing = ask.listing(Product.SPOT)
    order = find(ask, Product.SPOT, plan=False)
    if order.key != listing.key:
        raise BitgetRefusal("43001", "The order does not exist")
    cancel(ask, order)
    return named(order)


def cancel_batch(ask: Ask) -> dict[str, Any]:
    multiple = ask.params.one_of("batchMode", ("single", "multiple"), "single") == "multiple"
    symbol = ask.params.text("symbol")

    def each(element: Params) -> dict[str, str]:
        given = element.given if multiple else {**element.given, "symbol": symbol}
        return cancel_one(ask.having(Params(given)))

    return batch(ask.params.elements("orderList"), each, words)


def cancel_symbol(ask: Ask) -> dict[str, str]:
    listing = ask.listing(Product.SPOT)
    for order in ask.exchange.open_orders(ask.now, key=listing.key):
        if is_plain(order):
            cancel(ask, order)
    return {"symbol": listing.symbol}


def replace(ask: Ask) -> dict[str, Any]:
    """Cancels and places: where the new order is refused, the old one is gone all the same."""
    listing = ask.listing(Product.SPOT)
    old = find(ask, Product.SPOT, plan=False)
    if old.status.done or old.key != listing.key:
        raise BitgetRefusal("43001", "The order does not exist")
    request = OrderRequest(
        key=listing.key,
        side=old.side,
        type=OrderType.LIMIT,
        qty=ask.params.amount("size"),
        price=ask.params.amount("price"),
        client_id=ask.params.client_id("newClientOid"),
    )
    cancel(ask, old)
    try:
        new = ask.exchange.place(request, ask.now)
    except PaperRefusal as refused:
        return {"orderId": None, "clientOid": None, "success": "failure", "msg": words(refused).message}
    return {**named(new), "success": "success", "msg": None}


def info(ask: Ask) -> list[dict[str, Any]]:
    """An order that is not there is an empty list."""
    try:
        return [row(ask, find(ask, Product.SPOT, plan=False))]
    except BitgetRefusal as refusal:
        if refusal.code != "43001":
            raise
        return []


def _tpsl(ask: Ask) -> bool:
    return ask.params.one_of("tpslType", ("normal", "tpsl"), "normal") == "tpsl"


def of_symbol(ask: Ask, orders: tuple[Order, ...]) -> list[Order]:
    listing = ask.some_listing(Product.SPOT)
    start, end = within(ask)
    key = None if listing is None else listing.key
    return [order for order in orders if key in (None, order.key) and start <= order.created_ms <= end]


def unfilled(ask: Ask) -> list[dict[str, Any]]:
    if _tpsl(ask):
        return []
    found = [o for o in of_symbol(ask, ask.exchange.open_orders(ask.now, product=Product.SPOT)) if is_plain(o)]
    return [pending_row(ask, order) for order in newest(ask, chosen(ask, found), 100, 100, lambda o: o.id)]


def history(ask: Ask) -> list[dict[str, Any]]:
    if _tpsl(ask):
        return []
    found = [
        order
        for order in of_symbol(ask, ask.exchange.orders(ask.now, product=Product.SPOT))
        if is_plain(order) and order.status.done
    ]
    return [row(ask, order) for order in newest(ask, chosen(ask, found), 100, 100, lambda o: o.id)]


def fills(ask: Ask) -> list[dict[str, Any]]:
    listing, (start, end), wanted = ask.some_listing(Product.SPOT), within(ask), ask.params.text("orderId")
    found = [
        fill
        for fill in ask.exchange.fills(ask.now, key=None if listing is None else listing.key, product=Product.SPOT)
        if start <= fill.time_ms <= end and wanted in ("", str(fill.order_id))
    ]
    return [_fill(ask, fill) for fill in newest(ask, found, 100, 100, lambda fill: fill.id)]


def _fill(ask: Ask, fill: Fill) -> dict[str, Any]:
    listing = ask.exchange.listing(fill.key)
    order = ask.exchange.order(ask.now, key=fill.key, order_id=fill.order_id)
    return {
        "userId": "1000000000",
        "symbol": listing.symbol,
        "orderId": str(fill.order_id),
        "tradeId": str(fill.id),
        "orderType": "market" if order.price is None else "limit",
        "side": fill.side.value,
        "priceAvg": price_text(listing, fill.price),
        "size": size_text(listing, fill.qty),
        "amount": fixed(fill.quote),
        "feeDetail": {
            "deduction": "no",
            "feeCoin": fill.commission_asset,
            "totalDeductionFee": "",
            "totalFee": f"-{fixed(fill.commission)}",
        },
        "tradeScope": "maker" if fill.maker else "taker",
        "cTime": ms(fill.time_ms),
        "uTime": ms(fill.time_ms),
    }
