"""Plan orders of Bitget's spot face: orders that wait for a trigger.

https://www.bitget.com/api-doc/spot/plan/Place-Plan-Order
"""

from __future__ import annotations

from typing import Any

from blave_mcp.exchanges.paper.bitget.base import (
    Ask,
    BitgetRefusal,
    ms,
    newest,
    price_text,
    wrong,
)
from blave_mcp.exchanges.paper.bitget.orders import (
    amend,
    cancel,
    find,
    is_plain,
    is_plan,
    named,
    order_type_of,
    plan_state,
    tag,
    tag_of,
    trigger_kind,
)
from blave_mcp.exchanges.paper.bitget.spot import of_symbol
from blave_mcp.exchanges.paper.face import short
from blave_mcp.exchanges.paper.types import (
    ZERO,
    Order,
    OrderRequest,
    Product,
    Side,
    TriggerBy,
)

NO_PLAN = ("43025", "Plan order does not exist")


def place(ask: Ask) -> dict[str, str]:
    listing, params = ask.listing(Product.SPOT), ask.params
    side = Side(params.need_one_of("side", ("buy", "sell")))
    limit = order_type_of(params)
    trigger, size = params.amount("triggerPrice"), params.amount("size")
    # The paper exchange's spot has no mark price.
    by = params.need_one_of("triggerType", ("fill_price", "mark_price", "market_price"))
    by_quote = params.one_of("planType", ("amount", "total"), "amount") == "total"
    if by_quote and limit:
        raise wrong("planType")
    request = OrderRequest(
        key=listing.key,
        side=side,
        type=trigger_kind(ask, listing, side, trigger, TriggerBy.LAST, limit=limit),
        qty=None if by_quote else size,
        quote_qty=size if by_quote else None,
        price=params.amount("executePrice") if limit else None,
        trigger_price=trigger,
        client_id=params.client_id(),
        tag=tag(by=by),
    )
    return named(ask.exchange.place(request, ask.now))


def modify(ask: Ask) -> dict[str, str]:
    order = find(ask, Product.SPOT, plan=True, unknown=NO_PLAN)
    if order.status.done or order.triggered_ms is not None:
        raise BitgetRefusal("43026", "The planned order has been closed")
    limit = order_type_of(ask.params)
    if limit != (order.price is not None):
        raise wrong("orderType")
    wanted = {
        "trigger_price": (ask.params.amount("triggerPrice"), order.request.trigger_price),
        "qty": (ask.params.amount("size"), order.request.qty),
        "price": (ask.params.amount("executePrice") if limit else None, order.price),
    }
    changes = {name: new for name, (new, old) in wanted.items() if new is not None and new != old}
    if changes:
        amend(ask, order, changes)
    return named(order)


def cancel_one(ask: Ask) -> dict[str, str]:
    order = find(ask, Product.SPOT, plan=True, unknown=NO_PLAN)
    if order.status.done or order.triggered_ms is not None:
        raise BitgetRefusal("43026", "The planned order has been closed")
    cancel(ask, order)
    return {"result": "success"}


def cancel_all(ask: Ask) -> dict[str, Any]:
    names = ask.params.given.get("symbolList")
    if names is not None and not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise wrong("symbolList")
    done = []
    for order in ask.exchange.open_orders(ask.now, product=Product.SPOT):
        if is_plan(order) and not is_plain(order) and (names is None or order.key.partition(":")[0] in names):
            cancel(ask, order)
            done.append(named(order))
    return {"successList": done, "failureList": []}


def row(ask: Ask, order: Order) -> dict[str, Any]:
    listing = ask.exchange.listing(order.key)
    by_quote = order.request.quote_qty is not None
    size = order.request.quote_qty if order.request.quote_qty is not None else order.request.qty or ZERO
    return {
        **named(order),
        "symbol": listing.symbol,
        "size": short(size),
        "executePrice": price_text(listing, order.price) or "0",
        "triggerPrice": price_text(listing, order.request.trigger_price),
        "status": plan_state(order),
        "orderType": "market" if order.price is None else "limit",
        "side": order.side.value,
        "planType": "total" if by_quote else "amount",
        "triggerType": tag_of(order).get("by", "fill_price"),
        "enterPointSource": "API",
        "uTime": ms(order.updated_ms),
        "cTime": ms(order.created_ms),
    }


def _plans(ask: Ask, default: int, *, open_ones: bool) -> dict[str, Any]:
    found = [
        order
        for order in of_symbol(ask, ask.exchange.orders(ask.now, product=Product.SPOT))
        if is_plan(order) and (plan_state(order) == "live") is open_ones
    ]
    page = newest(ask, found, default, 100, lambda order: order.id)
    last = str(page[-1].id) if page else ""
    return {
        "nextFlag": len(page) < len(found),
        "idLessThan": last,
        "orderList": [row(ask, order) for order in page],
    }


def active(ask: Ask) -> dict[str, Any]:
    return _plans(ask, 20, open_ones=True)


def history(ask: Ask) -> dict[str, Any]:
    return _plans(ask, 100, open_ones=False)
