"""Plain futures orders of Bitget's face, fills and flash close.

https://www.bitget.com/api-doc/contract/trade/Place-Order
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from blave_mcp.exchanges.paper.bitget.account import mode_text
from blave_mcp.exchanges.paper.bitget.base import (
    Ask,
    BitgetRefusal,
    Params,
    empty,
    hedge_sides,
    ms,
    newest,
    price_text,
    refusal_of,
    sides_told,
    size_text,
    told_side,
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
    tag_of,
)
from blave_mcp.exchanges.paper.face import fixed, short
from blave_mcp.exchanges.paper.refusals import PaperRefusal
from blave_mcp.exchanges.paper.types import (
    Fill,
    Listing,
    MarginMode,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    PositionSide,
    Product,
    Side,
    TimeInForce,
)

NO_ORDER = ("40109", "The data of the order cannot be found, please confirm the order number")


def margin_mode(ask: Ask, listing: Listing) -> None:
    """The order's margin mode becomes the symbol's; refused with a position or an order in the other one.

    Raises: PaperRefusal, BitgetRefusal.
    """
    word = ask.params.need_one_of("marginMode", ("isolated", "crossed"))
    wanted = MarginMode.ISOLATED if word == "isolated" else MarginMode.CROSS
    if ask.exchange.settings(listing.key).margin_mode is not wanted:
        ask.exchange.set_margin_mode(listing.key, wanted, ask.now)


def refuse_presets(params: Params) -> None:
    if any(name.startswith(("presetStop", "stopSurplus", "stopLoss")) for name in params.given):
        raise BitgetRefusal("40805", "Unsupported operation: paper trading has no preset prices")


def request_of(ask: Ask, listing: Listing) -> OrderRequest:
    params = ask.params
    refuse_presets(params)
    if params.need("marginCoin").upper() != listing.settle:
        raise BitgetRefusal("43049", "Margin coin is not allowed")
    side, leg = hedge_sides(ask, params)
    limit = order_type_of(params)
    tif, post_only = force_of(params)
    return OrderRequest(
        key=listing.key,
        side=side,
        type=OrderType.LIMIT if limit else OrderType.MARKET,
        qty=params.amount("size"),
        price=params.amount("price") if limit else None,
        tif=tif if limit else TimeInForce.GTC,
        post_only=post_only and limit,
        reduce_only=params.flag("reduceOnly") and leg is PositionSide.BOTH,
        position_side=leg,
        client_id=params.client_id(),
        tag=tag(force=params.one_of("force", ("gtc", "ioc", "fok", "post_only"), "gtc")),
    )


def _place(ask: Ask) -> dict[str, str]:
    listing = ask.perp()
    request = request_of(ask, listing)
    margin_mode(ask, listing)
    return named(ask.exchange.place(request, ask.now))


def place(ask: Ask) -> dict[str, str]:
    return _place(ask)


def place_batch(ask: Ask) -> dict[str, Any]:
    shared = {name: value for name, value in ask.params.given.items() if name != "orderList"}

    def each(element: Params) -> dict[str, str]:
        return _place(ask.having(Params({**element.given, **shared})))

    return batch(ask.params.elements("orderList"), each, refusal_of)


def modify(ask: Ask) -> dict[str, str]:
    """Another order takes the place of one that stands untouched; where it is refused, the old one is gone."""
    listing = ask.perp()
    old = find(ask, Product.PERP, plan=False, unknown=NO_ORDER)
    if old.key != listing.key:
        raise BitgetRefusal(*NO_ORDER)
    if old.status is not OrderStatus.NEW or old.type is not OrderType.LIMIT:
        raise BitgetRefusal("40922", "Only work order modifications are allowed")
    name = ask.params.client_id("newClientOid")
    if not name:
        raise empty("newClientOid")
    if ("newSize" in ask.params) != ("newPrice" in ask.params):
        raise BitgetRefusal("40925", "price or size must be passed in together")
    if "newSize" not in ask.params:
        raise BitgetRefusal("40805", "Unsupported operation: paper trading has no preset prices")
    size, price = ask.params.amount("newSize"), ask.params.amount("newPrice")
    if (size, price) == (old.qty, old.price):
        raise BitgetRefusal("40923", "Order size and price have not changed")
    request = replace(old.request, qty=size, price=price, client_id=name)
    ask.exchange.check(request, ask.now)
    cancel(ask, old)
    return named(ask.exchange.place(request, ask.now))


def cancel_one(ask: Ask) -> dict[str, str]:
    listing = ask.perp()
    order = find(ask, Product.PERP, plan=False, unknown=("40768", "Order does not exist"))
    if order.key != listing.key:
        raise BitgetRefusal("40768", "Order does not exist")
    cancel(ask, order)
    return named(order)


def _sweep(ask: Ask, listing: Listing | None) -> dict[str, Any]:
    key = None if listing is None else listing.key
    found = [o for o in ask.exchange.open_orders(ask.now, key=key, product=Product.PERP) if is_plain(o)]
    if not found:
        raise BitgetRefusal("22001", "No order to cancel")
    for order in found:
        cancel(ask, order)
    return {"successList": [named(order) for order in found], "failureList": []}


def cancel_all(ask: Ask) -> dict[str, Any]:
    if not ask.product_type():
        raise BitgetRefusal("22001", "No order to cancel")
    return _sweep(ask, None)


def cancel_batch(ask: Ask) -> dict[str, Any]:
    """A list of orders, or every one of the symbol, or of the product."""
    mine = ask.product_type()
    if "orderIdList" not in ask.params:
        if not mine:
            raise BitgetRefusal("22001", "No order to cancel")
        return _sweep(ask, ask.some_listing(Product.PERP))
    shared = {name: value for name, value in ask.params.given.items() if name != "orderIdList"}

    def each(element: Params) -> dict[str, str]:
        return cancel_one(ask.having(Params({**element.given, **shared})))

    return batch(ask.params.elements("orderIdList"), each, refusal_of)


def close_positions(ask: Ask) -> dict[str, Any]:
    mine = ask.product_type()
    listing = ask.some_listing(Product.PERP)
    side = ask.params.one_of("holdSide", ("long", "short"))
    found = [
        position
        for position in ask.exchange.positions(ask.now, key=None if listing is None else listing.key)
        if position.qty and (not side or not ask.exchange.hedge or position.position_side.value == side)
    ]
    if not found or not mine:
        raise BitgetRefusal("22002", "No position to close")
    done, failed = [], []
    for position in found:
        name = ask.exchange.listing(position.key).symbol
        request = OrderRequest(
            key=position.key,
            side=Side.SELL if position.qty > 0 else Side.BUY,
            type=OrderType.MARKET,
            qty=abs(position.qty),
            reduce_only=position.position_side is PositionSide.BOTH,
            position_side=position.position_side,
        )
        try:
            done.append({**named(ask.exchange.place(request, ask.now)), "symbol": name})
        except PaperRefusal as refused:
            words = refusal_of(refused)
            failed.append(
                {"orderId": "", "clientOid": "", "symbol": name, "errorMsg": words.message, "errorCode": words.code}
            )
    return {"successList": done, "failureList": failed}


# Rows


def row(ask: Ask, order: Order, *, status: str = "status") -> dict[str, Any]:
    listing = ask.exchange.listing(order.key)
    fills = ask.exchange.fills(ask.now, key=order.key, order_id=order.id)
    settings = ask.exchange.settings(order.key)
    fee, profit = sum(fill.commission for fill in fills), sum(fill.realised_pnl for fill in fills)
    return {
        "symbol": listing.symbol,
        "size": size_text(listing, order.qty),
        **named(order),
        "baseVolume": size_text(listing, order.executed),
        "fee": f"-{fixed(fee)}" if fills and fee else "0",
        "price": price_text(listing, order.price),
        "priceAvg": fixed(order.average) if order.average is not None else "",
        status: state(order, "canceled"),
        "force": tag_of(order).get("force", "gtc"),
        "totalProfits": fixed(profit) if fills and profit else "0",
        "marginCoin": listing.settle,
        "quoteVolume": fixed(order.quote),
        "leverage": short(settings.leverage),
        "marginMode": mode_text(settings.margin_mode),
        "reduceOnly": "YES" if order.request.reduce_only else "NO",
        "enterPointSource": "API",
        **told_side(ask, order),
        "orderType": "market" if order.price is None else "limit",
        "orderSource": "market" if order.price is None else "normal",
        "cTime": ms(order.created_ms),
        "uTime": ms(order.updated_ms),
        "presetStopSurplusPrice": "",
        "presetStopLossPrice": "",
    }


def detail(ask: Ask) -> dict[str, Any]:
    """Here the status stands under `state`."""
    listing = ask.perp()
    order = find(ask, Product.PERP, plan=False, unknown=NO_ORDER)
    if order.key != listing.key:
        raise BitgetRefusal(*NO_ORDER)
    told = row(ask, order, status="state")
    return {**told, "cancelReason": "normal_cancel" if told["state"] == "canceled" else ""}


def _of_symbol(ask: Ask, orders: tuple[Order, ...]) -> list[Order]:
    listing = ask.some_listing(Product.PERP)
    start, end = within(ask)
    key = None if listing is None else listing.key
    found = [order for order in orders if key in (None, order.key) and start <= order.created_ms <= end]
    return chosen(ask, found)


def _page(ask: Ask, found: list[Order]) -> dict[str, Any]:
    page = newest(ask, found, 100, 100, lambda order: order.id)
    return {
        "entrustedList": [row(ask, order) for order in page] or None,
        "endId": str(page[-1].id) if page else None,
    }


def pending(ask: Ask) -> dict[str, Any]:
    """Without a status every open order; an empty list is null."""
    wanted = ask.params.one_of("status", ("live", "partially_filled"))
    mine = ask.product_type()
    found = [
        order
        for order in _of_symbol(ask, ask.exchange.open_orders(ask.now, product=Product.PERP))
        if mine and is_plain(order) and wanted in ("", state(order, "canceled"))
    ]
    return _page(ask, found)


def history(ask: Ask) -> dict[str, Any]:
    mine = ask.product_type()
    found = [
        order
        for order in _of_symbol(ask, ask.exchange.orders(ask.now, product=Product.PERP))
        if mine and is_plain(order) and order.status.done
    ]
    return _page(ask, found)


def fills(ask: Ask) -> dict[str, Any]:
    mine, listing = ask.product_type(), ask.some_listing(Product.PERP)
    (start, end), wanted = within(ask), ask.params.text("orderId")
    found = [
        fill
        for fill in ask.exchange.fills(ask.now, key=None if listing is None else listing.key, product=Product.PERP)
        if mine and start <= fill.time_ms <= end and wanted in ("", str(fill.order_id))
    ]
    page = newest(ask, found, 100, 100, lambda fill: fill.id)
    return {"fillList": [_fill(ask, fill) for fill in page] or None, "endId": str(page[-1].id) if page else None}


def _fill(ask: Ask, fill: Fill) -> dict[str, Any]:
    listing = ask.exchange.listing(fill.key)
    told = sides_told(fill.side, fill.position_side)
    del told["posSide"]
    return {
        "tradeId": str(fill.id),
        "symbol": listing.symbol,
        "marginCoin": listing.settle,
        "orderId": str(fill.order_id),
        "price": price_text(listing, fill.price),
        "baseVolume": size_text(listing, fill.qty),
        "feeDetail": [
            {
                "deduction": "no",
                "feeCoin": fill.commission_asset,
                "totalDeductionFee": "0",
                "totalFee": f"-{fixed(fill.commission)}",
            }
        ],
        "quoteVolume": fixed(fill.quote),
        "profit": fixed(fill.realised_pnl),
        "enterPointSource": "api",
        **told,
        "tradeScope": "maker" if fill.maker else "taker",
        "cTime": ms(fill.time_ms),
    }
