"""Cancelling, replacing and amending orders of Binance's spot host.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api/trading-endpoints
"""

from __future__ import annotations

from typing import Any

from blave_mcp.exchanges.paper.binance.face import Ask
from blave_mcp.exchanges.paper.binance.params import BinanceRefusal, missing
from blave_mcp.exchanges.paper.binance.spot_fields import ORDER_PARAMS, Leg, request_of, side_of
from blave_mcp.exchanges.paper.binance.spot_lists import list_reports, list_told
from blave_mcp.exchanges.paper.binance.spot_orders import (
    NAMES,
    canceled,
    core,
    made_id,
    money,
    placed,
    response_type,
    state,
    stp_of,
    wanted,
    working,
)
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import ZERO, Listing, Order, OrderRequest, OrderStatus

AMENDMENTS = "spot-amendments"
UNKNOWN = (-2011, "Unknown order sent.")
REPLACE_PARAMS = (
    f"{ORDER_PARAMS} cancelReplaceMode! cancelNewClientOrderId cancelOrigClientOrderId cancelOrderId "
    "cancelRestrictions orderRateLimitExceededMode"
)
_RESTRICTIONS = {"ONLY_NEW": OrderStatus.NEW, "ONLY_PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED}


def cancel(ask: Ask) -> dict[str, Any]:
    return canceled(ask, _cancel(ask, ask.listing()), ask.params.client_id("newClientOrderId"))


def _cancel(ask: Ask, listing: Listing, *, order_id: str = "orderId", client_id: str = "origClientOrderId") -> Order:
    restriction = ask.params.one_of(
        "cancelRestrictions",
        _RESTRICTIONS,
        BinanceRefusal(-1145, "cancelRestrictions has to be either ONLY_NEW or ONLY_PARTIALLY_FILLED."),
    )
    try:
        order = wanted(ask, listing, order_id=order_id, client_id=client_id)
        if order.status.done:
            raise BinanceRefusal(*UNKNOWN)
        if restriction and order.status is not _RESTRICTIONS[restriction]:
            raise BinanceRefusal(-2011, "Order was not canceled due to cancel restrictions.")
        return ask.exchange.cancel(listing.key, ask.now, order_id=order.id)
    except PaperRefusal:
        raise BinanceRefusal(*UNKNOWN) from None


def cancel_all(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.listing()
    orders = ask.exchange.cancel_all(ask.now, key=listing.key)
    if not orders:
        raise BinanceRefusal(*UNKNOWN)
    lists = sorted({order.list_id for order in orders if order.list_id})
    alone = [canceled(ask, order) for order in orders if not order.list_id]
    return alone + [
        {
            **list_told(ask, ask.exchange.order_list(ask.now, list_id=number)),
            "orderReports": list_reports(ask, [order for order in orders if order.list_id == number]),
        }
        for number in lists
    ]


def cancel_replace(ask: Ask) -> dict[str, Any]:
    """Cancels, then places.

    What filters and parameters refuse is refused before anything is cancelled. With STOP_ON_FAILURE nothing is placed
    where nothing was cancelled.

    Raises:
        BinanceRefusal: -2022 where both failed, -2021 (409) where one did; both carry what became of each.
    """
    listing = ask.listing()
    params = ask.params
    mode = params.one_of("cancelReplaceMode", ("STOP_ON_FAILURE", "ALLOW_FAILURE"))
    if "cancelOrderId" not in params and "cancelOrigClientOrderId" not in params:
        both = "Param 'cancelOrigClientOrderId' or 'cancelOrderId' must be sent"
        raise BinanceRefusal(-1102, f"{both}, but both were empty/null!")
    request = request_of(ask, listing, Leg(params), side_of(params), params.text("type"))
    answer = response_type(params, params.text("type"))
    ask.exchange.check(request, ask.now)
    ask.count_orders()
    outcome: dict[str, Any] = {"cancelResult": "SUCCESS", "newOrderResult": "NOT_ATTEMPTED"}
    try:
        order = _cancel(ask, listing, order_id="cancelOrderId", client_id="cancelOrigClientOrderId")
        outcome["cancelResponse"] = canceled(ask, order, params.client_id("cancelNewClientOrderId"))
    except BinanceRefusal as refusal:
        outcome |= {"cancelResult": "FAILURE", "cancelResponse": refusal.envelope()}
    if outcome["cancelResult"] == "SUCCESS" or mode == "ALLOW_FAILURE":
        outcome |= _replacement(ask, request, answer)
    else:
        outcome["newOrderResponse"] = None
    results = {outcome["cancelResult"], outcome["newOrderResult"]}
    if results == {"SUCCESS"}:
        return outcome
    if "SUCCESS" in results:
        raise BinanceRefusal(-2021, "Order cancel-replace partially failed.", status=409, data=outcome)
    raise BinanceRefusal(-2022, "Order cancel-replace failed.", data=outcome)


def _replacement(ask: Ask, request: OrderRequest, answer: str) -> dict[str, Any]:
    try:
        placed_order = ask.exchange.place(request, ask.now)
    except PaperRefusal as refused:
        return {"newOrderResult": "FAILURE", "newOrderResponse": ask.face.refusal(refused).envelope()}
    return {"newOrderResult": "SUCCESS", "newOrderResponse": placed(ask, placed_order, answer)}


def amend(ask: Ask) -> dict[str, Any]:
    """Makes an order smaller; it keeps its place and gets a new client id."""
    listing = ask.listing()
    order = wanted(ask, listing)
    leg = Leg(ask.params)
    quantity = leg.decimal("newQty")
    if quantity is None:
        raise missing("newQty")
    original = core(ask, order)["clientOrderId"]
    try:
        amended = ask.exchange.amend(listing.key, ask.now, order_id=order.id, qty=quantity, reduce_only_qty=True)
    except PaperRefusal as refused:
        raise _amend_refusal(ask, refused) from None
    ask.account.name(NAMES, str(order.id), ask.params.client_id("newClientOrderId") or made_id("amend", amended))
    number = 1 + len(ask.account.noted_under(AMENDMENTS))
    told = {
        "symbol": listing.symbol,
        "orderId": order.id,
        "executionId": number,
        "origClientOrderId": original,
        "newClientOrderId": core(ask, amended)["clientOrderId"],
        "origQty": money(order.qty),
        "newQty": money(amended.qty),
        "time": ask.now,
    }
    ask.account.note(AMENDMENTS, told)
    answer: dict[str, Any] = {
        "transactTime": ask.now,
        "executionId": number,
        "amendedOrder": _amended(ask, amended, original),
    }
    if amended.list_id:
        listed = list_told(ask, ask.exchange.order_list(ask.now, list_id=amended.list_id))
        answer["listStatus"] = {
            name: listed[name]
            for name in ("orderListId", "contingencyType", "listOrderStatus", "listClientOrderId", "symbol", "orders")
        }
    return answer


def _amend_refusal(ask: Ask, refused: PaperRefusal) -> BinanceRefusal:
    """https://developers.binance.com/docs/binance-spot-api-docs/errors#-2038-order_amend_rejected"""
    if refused.reason is Reason.NOTHING_TO_AMEND:
        return BinanceRefusal(-2038, "The requested action would change no state; rejecting.")
    if refused.reason in (Reason.NOT_AMENDABLE, Reason.ORDER_DONE):
        return BinanceRefusal(-2038, "Order was not amended.")
    return ask.face.refusal(refused)


def _amended(ask: Ask, order: Order, original: str) -> dict[str, Any]:
    named = core(ask, order)
    told = state(order)
    return {
        "symbol": named["symbol"],
        "orderId": named["orderId"],
        "orderListId": named["orderListId"],
        "origClientOrderId": original,
        "clientOrderId": named["clientOrderId"],
        "price": told["price"],
        "qty": told["origQty"],
        "executedQty": told["executedQty"],
        "preventedQty": money(ZERO),
        "quoteOrderQty": told["origQuoteOrderQty"],
        "cumulativeQuoteQty": told["cummulativeQuoteQty"],
        "status": told["status"],
        "timeInForce": told["timeInForce"],
        "type": told["type"],
        "side": told["side"],
        **({} if order.working_ms is None else {"workingTime": working(order)}),
        **stp_of(order),
    }


def amendments(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.listing()
    number = ask.params.integer("orderId")
    first = ask.params.integer("fromExecutionId") or 0
    found = [
        row
        for row in ask.account.noted_under(AMENDMENTS)
        if row["symbol"] == listing.symbol and row["orderId"] == number and row["executionId"] >= first
    ]
    return found[: ask.face.rows(ask, 500, 1_000)]
