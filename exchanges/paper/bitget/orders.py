"""What spot and futures orders of Bitget's face have in common: looking them up, tags, states.

https://www.bitget.com/api-doc/contract/trade/Get-Order-Details
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.bitget.base import Ask, BitgetRefusal, Params, empty
from blave_mcp.exchanges.paper.refusals import PaperRefusal
from blave_mcp.exchanges.paper.types import (
    Listing,
    Order,
    OrderStatus,
    OrderType,
    Product,
    Side,
    TimeInForce,
    TriggerBy,
)

FORCES = ("gtc", "ioc", "fok", "post_only")
UNKNOWN = ("43001", "The order does not exist")
_STATES: Mapping[OrderStatus, str] = {
    OrderStatus.PENDING: "live",
    OrderStatus.NEW: "live",
    OrderStatus.PARTIALLY_FILLED: "partially_filled",
    OrderStatus.FILLED: "filled",
}


def tag(**told: str) -> str:
    return json.dumps({name: value for name, value in told.items() if value})


def tag_of(order: Order) -> Mapping[str, str]:
    found: Mapping[str, str] = json.loads(order.request.tag) if order.request.tag else {}
    return found


def is_plan(order: Order) -> bool:
    """Whether it was asked for as one that waits for a trigger."""
    return order.type not in (OrderType.MARKET, OrderType.LIMIT)


def is_plain(order: Order) -> bool:
    """Whether it stands in the book of plain orders: also a plan order once it was triggered."""
    return not is_plan(order) or order.triggered_ms is not None


def state(order: Order, canceled: str) -> str:
    return _STATES.get(order.status, canceled)


def plan_state(order: Order) -> str:
    if order.triggered_ms is not None:
        return "executed"
    if order.status is OrderStatus.NEW:
        return "live"
    return "fail_execute" if order.status is OrderStatus.REJECTED else "cancelled"


def force_of(params: Params) -> tuple[TimeInForce, bool]:
    """Returns the time in force, and whether the order is post-only."""
    word = params.one_of("force", FORCES, "gtc")
    return (TimeInForce(word) if word in ("ioc", "fok") else TimeInForce.GTC), word == "post_only"


def order_type_of(params: Params) -> bool:
    """Returns whether it is a limit order."""
    return params.need_one_of("orderType", ("limit", "market")) == "limit"


def find(ask: Ask, product: Product, *, plan: bool, unknown: tuple[str, str] = UNKNOWN) -> Order:
    """Returns the order of orderId or clientOid; orderId prevails.

    Raises:
        BitgetRefusal: neither was sent, or there is no such order.
    """
    number, name = ask.params.text("orderId"), ask.params.text("clientOid")
    if not number and not name:
        raise empty("orderId")
    fits: Callable[[Order], bool] = is_plan if plan else is_plain
    for order in reversed(ask.exchange.orders(ask.now, product=product)):
        if fits(order) and (str(order.id) == number if number else order.client_id == name):
            return order
    raise BitgetRefusal(*unknown)


def cancel(ask: Ask, order: Order) -> None:
    """Raises BitgetRefusal where it is done."""
    try:
        ask.exchange.cancel(order.key, ask.now, order_id=order.id)
    except PaperRefusal:
        raise BitgetRefusal("45055", "The current order status cannot be cancelled") from None


def amend(ask: Ask, order: Order, changes: Mapping[str, Decimal]) -> None:
    """Changes what is named: price, qty, trigger_price."""
    ask.exchange.amend(
        order.key,
        ask.now,
        order_id=order.id,
        price=changes.get("price"),
        qty=changes.get("qty"),
        trigger_price=changes.get("trigger_price"),
    )


def chosen(ask: Ask, orders: list[Order]) -> list[Order]:
    """Keeps those that orderId or clientOid name, where they were sent."""
    number, name = ask.params.text("orderId"), ask.params.text("clientOid")
    if number:
        return [order for order in orders if str(order.id) == number]
    return [order for order in orders if name in ("", order.client_id)]


def named(order: Order) -> dict[str, str]:
    return {"orderId": str(order.id), "clientOid": order.client_id}


def batch(
    elements: list[Params],
    each: Callable[[Params], dict[str, str]],
    words: Callable[[PaperRefusal], BitgetRefusal],
) -> dict[str, Any]:
    """Runs every element of a batch by itself; what is refused of it stands in failureList."""
    done: list[dict[str, str]] = []
    failed: list[dict[str, str]] = []
    for element in elements:
        try:
            done.append(each(element))
        except (PaperRefusal, BitgetRefusal) as fault:
            refusal = words(fault) if isinstance(fault, PaperRefusal) else fault
            failed.append(
                {
                    "orderId": element.text("orderId"),
                    "clientOid": element.text("clientOid"),
                    "errorMsg": refusal.message,
                    "errorCode": refusal.code,
                }
            )
    return {"successList": done, "failureList": failed}


def trigger_kind(ask: Ask, listing: Listing, side: Side, trigger: Decimal, by: TriggerBy, *, limit: bool) -> OrderType:
    """Bitget's triggers have no direction: they fire when the price gets there, from whichever side it comes."""
    prices = ask.exchange.market.prices(listing.key, ask.now)
    now = prices.mark if by is TriggerBy.MARK else prices.last
    stops = (trigger > now) == (side is Side.BUY)
    if limit:
        return OrderType.STOP_LIMIT if stops else OrderType.TAKE_PROFIT_LIMIT
    return OrderType.STOP_MARKET if stops else OrderType.TAKE_PROFIT_MARKET
