"""Futures orders of Bitget's face that wait for a trigger: plan orders, trailing stops, TP/SL.

https://www.bitget.com/api-doc/contract/plan/Place-Plan-Order
https://www.bitget.com/api-doc/contract/plan/Place-Tpsl-Order
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.bitget.account import mode_text
from blave_mcp.exchanges.paper.bitget.base import (
    Ask,
    BitgetRefusal,
    Params,
    empty,
    hedge_sides,
    held,
    ms,
    newest,
    price_text,
    refusal_of,
    size_text,
    told_side,
    within,
    wrong,
)
from blave_mcp.exchanges.paper.bitget.futures import margin_mode, refuse_presets
from blave_mcp.exchanges.paper.bitget.orders import (
    amend,
    batch,
    cancel,
    chosen,
    find,
    is_plan,
    named,
    order_type_of,
    plan_state,
    tag,
    tag_of,
    trigger_kind,
)
from blave_mcp.exchanges.paper.face import fixed, short
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import (
    Listing,
    Order,
    OrderRequest,
    OrderType,
    PositionSide,
    Product,
    Side,
    TriggerBy,
)

NO_PLAN = ("43025", "Plan order does not exist")
TPSL = ("profit_plan", "loss_plan", "moving_plan", "pos_profit", "pos_loss")
PLANS = ("normal_plan", "track_plan", *TPSL)
GROUPS = ("normal_plan", "track_plan", "profit_loss")
_SIDES = {
    ("profit", True): ("40915", "Long position take profit price please > mark price"),
    ("loss", True): ("40917", "Stop price for long positions please < mark price"),
    ("profit", False): ("40832", "The take profit price of short positions should be less than the current price"),
    ("loss", False): ("45122", "Short position stop loss price please > mark price"),
}


def group_of(plan: str) -> str:
    return plan if plan in GROUPS else "profit_loss"


def plan_of(order: Order) -> str:
    return tag_of(order).get("plan", "normal_plan")


def trigger_by(params: Params, default: str = "") -> TriggerBy:
    word = params.one_of("triggerType", ("fill_price", "mark_price"), default)
    if not word:
        raise empty("triggerType")
    return TriggerBy.MARK if word == "mark_price" else TriggerBy.LAST


def _percent(params: Params, name: str) -> Decimal:
    rate = params.amount(name)
    if rate > 10:
        raise BitgetRefusal("40059", f"Parameter {name} should be less than 10")
    return rate / 100


# Plan orders and trailing stops


def place_plan(ask: Ask) -> dict[str, str]:
    listing, params = ask.perp(), ask.params
    refuse_presets(params)
    plan = params.need_one_of("planType", ("normal_plan", "track_plan"))
    trailing = plan == "track_plan"
    side, leg = hedge_sides(ask, params)
    limit = order_type_of(params)
    if trailing and limit:
        raise wrong("orderType")
    trigger, by = params.amount("triggerPrice"), trigger_by(params)
    request = OrderRequest(
        key=listing.key,
        side=side,
        type=OrderType.TRAILING_STOP if trailing else trigger_kind(ask, listing, side, trigger, by, limit=limit),
        qty=params.amount("size"),
        price=params.amount("price") if limit else None,
        reduce_only=params.flag("reduceOnly") and leg is PositionSide.BOTH,
        position_side=leg,
        trigger_price=None if trailing else trigger,
        trigger_by=by,
        activation_price=trigger if trailing else None,
        callback_rate=_percent(params, "callbackRatio") if trailing else None,
        client_id=params.client_id(),
        tag=tag(plan=plan),
    )
    margin_mode(ask, listing)
    return named(ask.exchange.place(request, ask.now))


def modify_plan(ask: Ask) -> dict[str, str]:
    order = _waiting(ask)
    if plan_of(order) != "normal_plan":
        raise BitgetRefusal("40805", "Unsupported operation: paper trading does not modify trailing stops")
    return _amend(ask, order, size="newSize", price="newPrice", trigger="newTriggerPrice")


def _amend(ask: Ask, order: Order, *, size: str, price: str, trigger: str) -> dict[str, str]:
    wanted = {
        "qty": (ask.params.decimal(size), order.request.qty),
        "price": (ask.params.decimal(price), order.price),
        "trigger_price": (ask.params.decimal(trigger), order.request.trigger_price),
    }
    changes = {name: new for name, (new, old) in wanted.items() if new and new != old}
    if changes:
        amend(ask, order, changes)
    return named(order)


def _waiting(ask: Ask) -> Order:
    order = find(ask, Product.PERP, plan=True, unknown=NO_PLAN)
    if order.status.done or order.triggered_ms is not None:
        raise BitgetRefusal("43026", "The planned order has been closed")
    return order


# Take-profit and stop-loss


def _leg(ask: Ask) -> tuple[PositionSide, bool]:
    """Returns the leg that is protected, and whether it is long: long and short in hedge mode, buy and sell in one-way.

    Raises:
        BitgetRefusal: a word of the other mode.
    """
    word = ask.params.need_one_of("holdSide", ("long", "short", "buy", "sell"))
    if (word in ("long", "short")) != ask.exchange.hedge:
        raise BitgetRefusal("43011", "The parameter does not meet the specification holdSide error")
    long = word in ("long", "buy")
    if not ask.exchange.hedge:
        return PositionSide.BOTH, long
    return (PositionSide.LONG if long else PositionSide.SHORT), long


def _protect(ask: Ask, listing: Listing, plan: str, *, names: tuple[str, str, str, str], name: str) -> Order:
    """names: of the parameters trigger price, trigger type, execute price and size."""
    trigger_name, by_name, execute_name, size_name = names
    params = ask.params
    leg, long = _leg(ask)
    position = held(ask, listing.key, leg)
    if position is None or (position.qty > 0) != long:
        words = "There is no position in this position, so stop-profit and stop-loss orders cannot be made"
        raise BitgetRefusal("40837", words)
    whole = plan.startswith("pos_")
    # A size that comes with an order on the whole position is not read.
    size = None if whole else params.amount(size_name)
    if size is not None and size > abs(position.qty):
        raise BitgetRefusal("40891", "Insufficient position, can not set profit or stop loss")
    execute = params.decimal(execute_name)
    price = execute if execute is not None and execute > 0 else None
    trigger = params.amount(trigger_name)
    moving = plan == "moving_plan"
    profit = "profit" in plan
    limit, market = (
        (OrderType.TAKE_PROFIT_LIMIT, OrderType.TAKE_PROFIT_MARKET)
        if profit
        else (OrderType.STOP_LIMIT, OrderType.STOP_MARKET)
    )
    by = params.one_of(by_name, ("fill_price", "mark_price"), "fill_price")
    request = OrderRequest(
        key=listing.key,
        side=Side.SELL if long else Side.BUY,
        type=OrderType.TRAILING_STOP if moving else market if price is None else limit,
        qty=abs(position.qty) if whole and price is not None else size,
        price=price,
        close_position=whole and price is None,
        reduce_only=leg is PositionSide.BOTH and not (whole and price is None),
        position_side=leg,
        trigger_price=None if moving else trigger,
        trigger_by=TriggerBy.MARK if by == "mark_price" else TriggerBy.LAST,
        activation_price=trigger if moving else None,
        callback_rate=_percent(params, "rangeRate") if moving else None,
        client_id=name,
        tied_to_position=True,
        tag=tag(plan=plan),
    )
    try:
        return ask.exchange.place(request, ask.now)
    except PaperRefusal as refused:
        if refused.reason is Reason.WOULD_TRIGGER_NOW:
            raise BitgetRefusal(*_SIDES["profit" if profit else "loss", long]) from None
        raise


def _coin(ask: Ask, listing: Listing) -> None:
    if ask.params.need("marginCoin").upper() != listing.settle:
        raise BitgetRefusal("43049", "Margin coin is not allowed")


def place_tpsl(ask: Ask) -> dict[str, str]:
    listing = ask.perp()
    _coin(ask, listing)
    plan = ask.params.need_one_of("planType", TPSL)
    names = ("triggerPrice", "triggerType", "executePrice", "size")
    return named(_protect(ask, listing, plan, names=names, name=ask.params.client_id()))


def place_pair(ask: Ask) -> list[dict[str, str]]:
    """A take-profit, a stop-loss, or both; where the second is refused the first is taken back."""
    listing = ask.perp()
    _coin(ask, listing)
    done: list[Order] = []
    for kind, word in (("stopSurplus", "profit"), ("stopLoss", "loss")):
        if f"{kind}TriggerPrice" not in ask.params:
            continue
        plan = f"{word}_plan" if f"{kind}Size" in ask.params else f"pos_{word}"
        names = (f"{kind}TriggerPrice", f"{kind}TriggerType", f"{kind}ExecutePrice", f"{kind}Size")
        try:
            done.append(_protect(ask, listing, plan, names=names, name=ask.params.client_id(f"{kind}ClientOid")))
        except (BitgetRefusal, PaperRefusal):
            for order in done:
                cancel(ask, order)
            raise
    if not done:
        raise empty("stopSurplusTriggerPrice")
    ids = {name: ask.params.text(name) for name in ("stopSurplusClientOid", "stopLossClientOid")}
    return [{"orderId": str(order.id), **ids} for order in done]


def modify_tpsl(ask: Ask) -> dict[str, str]:
    _coin(ask, ask.perp())
    order = _waiting(ask)
    if plan_of(order) not in TPSL or plan_of(order) == "moving_plan":
        raise BitgetRefusal("40805", "Unsupported operation: paper trading modifies take-profits and stop-losses alone")
    ask.params.amount("triggerPrice")
    return _amend(ask, order, size="size", price="executePrice", trigger="triggerPrice")


# Cancelling and listing


def cancel_plans(ask: Ask) -> dict[str, Any]:
    """A list of orders, or every one of a kind in a symbol or in the product."""
    mine = ask.product_type()
    plan = ask.params.one_of("planType", PLANS, "normal_plan")
    if "orderIdList" in ask.params:
        listing = ask.perp()

        def each(element: Params) -> dict[str, str]:
            order = _waiting(ask.having(element))
            if order.key != listing.key or ("planType" in ask.params and plan_of(order) != plan):
                raise BitgetRefusal(*NO_PLAN)
            cancel(ask, order)
            return named(order)

        return batch(ask.params.elements("orderIdList"), each, refusal_of)
    one = ask.some_listing(Product.PERP)
    key = None if one is None else one.key
    found = [
        order
        for order in ask.exchange.open_orders(ask.now, key=key, product=Product.PERP)
        if mine and is_plan(order) and order.triggered_ms is None and plan_of(order) == plan
    ]
    if not found:
        raise BitgetRefusal("22001", "No order to cancel")
    for order in found:
        cancel(ask, order)
    return {"successList": [named(order) for order in found], "failureList": []}


def row(ask: Ask, order: Order) -> dict[str, Any]:
    listing, request = ask.exchange.listing(order.key), order.request
    rate, trigger = request.callback_rate, request.trigger_price or request.activation_price
    size = "" if request.close_position else size_text(listing, request.qty or Decimal(0))
    return {
        "planType": plan_of(order),
        "symbol": listing.symbol,
        "size": size,
        **named(order),
        "price": price_text(listing, order.price),
        "executePrice": price_text(listing, order.price) or "0",
        "callbackRatio": "" if rate is None else short(rate * 100),
        "triggerPrice": price_text(listing, trigger),
        "triggerType": "mark_price" if request.trigger_by is TriggerBy.MARK else "fill_price",
        "planStatus": plan_state(order),
        **told_side(ask, order),
        "marginCoin": listing.settle,
        "marginMode": mode_text(ask.exchange.settings(order.key).margin_mode),
        "enterPointSource": "API",
        "orderType": "market" if order.price is None else "limit",
        "orderSource": "normal",
        "reduceOnly": "YES" if request.reduce_only or request.close_position else "NO",
        "cTime": ms(order.created_ms),
        "uTime": ms(order.updated_ms),
        "stopSurplusExecutePrice": "",
        "stopSurplusTriggerPrice": "",
        "stopSurplusTriggerType": "fill_price",
        "stopLossExecutePrice": "",
        "stopLossTriggerPrice": "",
        "stopLossTriggerType": "fill_price",
    }


def _found(ask: Ask, *, open_ones: bool) -> list[Order]:
    mine, listing = ask.product_type(), ask.some_listing(Product.PERP)
    group = ask.params.need_one_of("planType", GROUPS)
    status = ask.params.one_of("planStatus", ("executed", "fail_execute", "cancelled"))
    start, end = within(ask)
    key = None if listing is None else listing.key
    found = [
        order
        for order in ask.exchange.orders(ask.now, key=key, product=Product.PERP)
        if mine
        and is_plan(order)
        and group_of(plan_of(order)) == group
        and (plan_state(order) == "live") is open_ones
        and status in ("", plan_state(order))
        and start <= order.created_ms <= end
    ]
    return newest(ask, chosen(ask, found), 100, 100, lambda order: order.id)


def pending(ask: Ask) -> dict[str, Any]:
    page = _found(ask, open_ones=True)
    return {"entrustedList": [row(ask, order) for order in page] or None, "endId": str(page[-1].id) if page else None}


def history(ask: Ask) -> dict[str, Any]:
    page = _found(ask, open_ones=False)
    rows = []
    for order in page:
        executed = order.triggered_ms is not None
        listing = ask.exchange.listing(order.key)
        rows.append(
            {
                **row(ask, order),
                "executeOrderId": str(order.id) if executed else "",
                "priceAvg": fixed(order.average) if order.average is not None else "",
                "baseVolume": size_text(listing, order.executed) if executed else "",
            }
        )
    return {"entrustedList": rows or None, "endId": str(page[-1].id) if page else None}
