"""Orders of Binance's spot host, and how they are told.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api/trading-endpoints
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any

from blave_mcp.exchanges.paper.binance.face import Ask, window_of
from blave_mcp.exchanges.paper.binance.params import BinanceRefusal, Params
from blave_mcp.exchanges.paper.binance.spot_fields import (
    DEFAULT_STP,
    PLACES,
    Leg,
    request_of,
    side_of,
    tag_of,
)
from blave_mcp.exchanges.paper.face import fixed
from blave_mcp.exchanges.paper.market import DAY
from blave_mcp.exchanges.paper.types import ZERO, Listing, Order, OrderRequest, OrderStatus

STATUS: Mapping[OrderStatus, str] = {
    **{status: status.value.upper() for status in OrderStatus},
    OrderStatus.PENDING: "PENDING_NEW",
}
NAMES = "spot-client-ids"
"""Notes: order id -> client order id, where amending has changed it."""


def money(value: Decimal | None) -> str:
    return fixed(value or ZERO, PLACES)


def client_id_of(ask: Ask, order: Order) -> str:
    return ask.account.named(NAMES).get(str(order.id), order.client_id)


def core(ask: Ask, order: Order) -> dict[str, Any]:
    """The fields that name an order, in every answer about it."""
    return {
        "symbol": ask.exchange.listing(order.key).symbol,
        "orderId": order.id,
        "orderListId": order.list_id or -1,
        "clientOrderId": client_id_of(ask, order),
    }


def state(order: Order) -> dict[str, Any]:
    return {
        "price": money(order.price),
        "origQty": money(order.qty),
        "executedQty": money(order.executed),
        "origQuoteOrderQty": money(order.request.quote_qty),
        "cummulativeQuoteQty": money(order.quote),
        "status": STATUS[order.status],
        "timeInForce": order.request.tif.value.upper(),
        "type": tag_of(order).get("type", order.type.value.upper()),
        "side": order.side.value.upper(),
    }


def conditional(order: Order, *, stop: bool = True) -> dict[str, Any]:
    """The fields that only some orders have.

    https://developers.binance.com/docs/binance-spot-api-docs/rest-api/trading-endpoints#conditional-fields-in-order-responses
    """
    tag = tag_of(order)
    request = order.request
    found: dict[str, Any] = {}
    trigger = request.trigger_price or request.activation_price
    if stop and trigger is not None:
        found["stopPrice"] = money(trigger)
    if "id" in tag:
        found["strategyId"] = tag["id"]
    if "kind" in tag:
        found["strategyType"] = tag["kind"]
    if "trailing" in tag:
        found["trailingDelta"] = tag["trailing"]
        found["trailingTime"] = order.created_ms if order.extreme is not None else -1
    if tag.get("more") == "sor":
        found["workingFloor"] = "SOR"
        found["usedSor"] = True
    return found


def stp_of(order: Order) -> dict[str, str]:
    return {"selfTradePreventionMode": tag_of(order).get("stp", DEFAULT_STP)}


def working(order: Order) -> int:
    return -1 if order.working_ms is None else order.working_ms


def placed(ask: Ask, order: Order, kind: str) -> dict[str, Any]:
    """Returns the answer to a new order: ACK, RESULT or FULL."""
    ack = {**core(ask, order), "transactTime": order.updated_ms}
    if kind == "ACK":
        return ack
    result = {**ack, **state(order), "workingTime": working(order), **conditional(order)}
    if kind == "RESULT":
        return {**result, **stp_of(order)}
    fills = ask.exchange.fills(ask.now, key=order.key, order_id=order.id)
    routed = tag_of(order).get("more") == "sor"
    return {
        **result,
        "fills": [
            {
                **({"matchType": "ONE_PARTY_TRADE_REPORT"} if routed else {}),
                "price": money(fill.price),
                "qty": money(fill.qty),
                "commission": money(fill.commission),
                "commissionAsset": fill.commission_asset,
                "tradeId": -1 if routed else fill.id,
                **({"allocId": fill.id} if routed else {}),
            }
            for fill in fills
        ],
        **stp_of(order),
    }


def reported(ask: Ask, order: Order) -> dict[str, Any]:
    """Returns an order as the queries tell it."""
    told = state(order)
    quote = told.pop("origQuoteOrderQty")
    return {
        **core(ask, order),
        **told,
        "stopPrice": money(order.request.trigger_price or order.request.activation_price),
        "icebergQty": money(ZERO),
        "time": order.created_ms,
        "updateTime": order.updated_ms,
        "isWorking": order.working_ms is not None,
        "workingTime": working(order),
        "origQuoteOrderQty": quote,
        **stp_of(order),
        **conditional(order, stop=False),
    }


def canceled(ask: Ask, order: Order, new_id: str = "") -> dict[str, Any]:
    """Returns an order as a cancellation tells it."""
    named = core(ask, order)
    original = named.pop("clientOrderId")
    return {
        "symbol": named["symbol"],
        "origClientOrderId": original,
        "orderId": named["orderId"],
        "orderListId": named["orderListId"],
        "clientOrderId": new_id or made_id("cancel", order),
        "transactTime": order.updated_ms,
        **state(order),
        **conditional(order),
        **stp_of(order),
    }


def made_id(what: str, order: Order) -> str:
    """Returns an id as the venue makes one where the client gives none."""
    return sha256(f"{what} {order.id} {order.updated_ms} {order.qty}".encode()).hexdigest()[:22]


# Handlers


def response_type(params: Params, kind: str) -> str:
    """Returns newOrderRespType, or what a type's answer is by default."""
    default = "FULL" if kind in ("MARKET", "LIMIT") else "ACK"
    return params.one_of("newOrderRespType", ("ACK", "RESULT", "FULL")) or default


def new(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    kind = ask.params.text("type")
    request = request_of(ask, listing, Leg(ask.params), side_of(ask.params), kind)
    answer = response_type(ask.params, kind)
    ask.count_orders()
    return placed(ask, ask.exchange.place(request, ask.now), answer)


def test(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    kind = ask.params.text("type")
    request = request_of(ask, listing, Leg(ask.params), side_of(ask.params), kind)
    response_type(ask.params, kind)
    ask.exchange.check(request, ask.now)
    return tested(ask, listing, special=True)


def tested(ask: Ask, listing: Listing, *, special: bool) -> dict[str, Any]:
    """Returns the answer to a test order: nothing, or the commissions it would bear."""
    if not ask.params.flag("computeCommissionRates"):
        return {}
    none = {"maker": money(ZERO), "taker": money(ZERO)}
    return {
        "standardCommissionForOrder": {"maker": money(listing.maker_fee), "taker": money(listing.taker_fee)},
        **({"specialCommissionForOrder": none} if special else {}),
        "taxCommissionForOrder": none,
        "discount": discount(),
    }


def discount() -> dict[str, Any]:
    return {
        "enabledForAccount": False,
        "enabledForSymbol": False,
        "discountAsset": "BNB",
        "discount": money(Decimal("0.75")),
    }


def sor(ask: Ask) -> dict[str, Any]:
    request, kind = _routed(ask)
    ask.count_orders()
    return placed(ask, ask.exchange.place(request, ask.now), response_type(ask.params, kind))


def sor_test(ask: Ask) -> dict[str, Any]:
    request, _ = _routed(ask)
    ask.exchange.check(request, ask.now)
    return tested(ask, ask.listing(), special=False)


def _routed(ask: Ask) -> tuple[OrderRequest, str]:
    kind = ask.params.text("type")
    if kind not in ("LIMIT", "MARKET"):
        raise BinanceRefusal(-1116, "Invalid orderType.")
    return request_of(ask, ask.listing(), Leg(ask.params), side_of(ask.params), kind, more="sor"), kind


def wanted(ask: Ask, listing: Listing, *, order_id: str = "orderId", client_id: str = "origClientOrderId") -> Order:
    """Returns the order that is asked for by either id; the order id counts where both are sent.

    Raises: BinanceRefusal -1102; PaperRefusal UNKNOWN_ORDER.
    """
    number = ask.params.integer(order_id)
    if number is not None:
        return ask.exchange.order(ask.now, key=listing.key, order_id=number)
    name = ask.params.text(client_id)
    if not name:
        raise BinanceRefusal(-1102, f"Param '{client_id}' or '{order_id}' must be sent, but both were empty/null!")
    renamed = ask.account.named(NAMES)
    for number_text, new_name in renamed.items():
        if new_name == name:
            return ask.exchange.order(ask.now, key=listing.key, order_id=int(number_text))
    found = ask.exchange.order(ask.now, key=listing.key, client_id=name)
    if str(found.id) in renamed:
        raise BinanceRefusal(-2013, "Order does not exist.")
    return found


def query(ask: Ask) -> dict[str, Any]:
    return reported(ask, wanted(ask, ask.listing()))


def open_orders(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.some_listing()
    key = None if listing is None else listing.key
    return [reported(ask, order) for order in ask.exchange.open_orders(ask.now, key=key, product=ask.face.product)]


def all_orders(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.listing()
    start, end = window_of(ask, DAY, BinanceRefusal(-1127, "More than 24 hours between startTime and endTime."))
    limit = ask.face.rows(ask, 500, 1_000)
    first = ask.params.integer("orderId")
    found = [
        order
        for order in ask.exchange.orders(ask.now, key=listing.key)
        if start <= order.created_ms <= end and (first is None or order.id >= first)
    ]
    forward = first is not None or "startTime" in ask.params
    return [reported(ask, order) for order in (found[:limit] if forward else found[-limit:])]
