"""Order lists of Binance's spot host: OCO, OTO, OTOCO.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api/trading-endpoints#order-lists
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.binance.face import Ask, window_of
from blave_mcp.exchanges.paper.binance.params import BinanceRefusal, missing
from blave_mcp.exchanges.paper.binance.spot_fields import Leg, request_of, side_of
from blave_mcp.exchanges.paper.binance.spot_orders import canceled, client_id_of, placed
from blave_mcp.exchanges.paper.market import DAY
from blave_mcp.exchanges.paper.refusals import PaperRefusal
from blave_mcp.exchanges.paper.types import Listing, ListKind, Order, OrderList, OrderRequest, Side

_LEG = "ClientOrderId IcebergQty Price StopPrice TrailingDelta TimeInForce StrategyId StrategyType"
_PEG = "PegPriceType PegOffsetType PegOffsetValue"


def _leg(prefix: str, *, mandatory: str = "") -> str:
    required = " ".join(f"{prefix}{name}!" for name in mandatory.split())
    return " ".join([required, *(f"{prefix}{name}" for name in f"{_LEG} {_PEG}".split() if name not in mandatory)])


_COMMON = "listClientOrderId newOrderRespType selfTradePreventionMode"
_WORKING = _leg("working", mandatory="Type Side Price Quantity")
OCO_PARAMS = f"symbol! side! quantity! {_COMMON} {_leg('above', mandatory='Type')} {_leg('below', mandatory='Type')}"
OTO_PARAMS = f"symbol! {_COMMON} {_WORKING} {_leg('pending', mandatory='Type Side Quantity')}"
OTOCO_PARAMS = (
    f"symbol! {_COMMON} {_WORKING} pendingSide! pendingQuantity! "
    f"{_leg('pendingAbove', mandatory='Type')} {_leg('pendingBelow')} pendingBelowType"
)
_ABOVE = ("STOP_LOSS_LIMIT", "STOP_LOSS", "LIMIT_MAKER", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")


def list_told(ask: Ask, bound: OrderList) -> dict[str, Any]:
    """Returns an order list as queries tell it."""
    done = "ALL_DONE" if bound.done else ""
    symbol = ask.exchange.listing(bound.key).symbol
    return {
        "orderListId": bound.id,
        "contingencyType": "OCO" if bound.kind is ListKind.OCO else "OTO",
        "listStatusType": done or "EXEC_STARTED",
        "listOrderStatus": done or "EXECUTING",
        "listClientOrderId": bound.client_id,
        "transactionTime": bound.updated_ms,
        "symbol": symbol,
        "orders": [
            {"symbol": symbol, "orderId": order.id, "clientOrderId": client_id_of(ask, order)}
            for order in _orders(ask, bound)
        ],
    }


def list_reports(ask: Ask, orders: Sequence[Order]) -> list[dict[str, Any]]:
    """Returns the orders of a cancelled list."""
    return [canceled(ask, order) for order in orders]


def _orders(ask: Ask, bound: OrderList) -> list[Order]:
    return [ask.exchange.order(ask.now, key=bound.key, order_id=number) for number in bound.order_ids]


def _place(ask: Ask, kind: ListKind, requests: Sequence[OrderRequest]) -> dict[str, Any]:
    answer = ask.params.one_of("newOrderRespType", ("ACK", "RESULT", "FULL")) or "RESULT"
    name = ask.params.client_id("listClientOrderId")
    ask.count_orders(len(requests))
    bound = ask.exchange.place_list(kind, requests, ask.now, client_id=name)
    # A list has no FULL answer of its own: its reports carry no fills.
    # https://developers.binance.com/docs/binance-spot-api-docs/rest-api/trading-endpoints#new-order-list---oco-trade
    kind_of_report = "ACK" if answer == "ACK" else "RESULT"
    return {
        **list_told(ask, bound),
        "orderReports": [placed(ask, order, kind_of_report) for order in _orders(ask, bound)],
    }


def _quantity(ask: Ask, name: str) -> Decimal:
    value = Leg(ask.params).decimal(name)
    if value is None:
        raise missing(name)
    return value


def _pair(
    ask: Ask, listing: Listing, side: Side, quantity: Decimal, *, prefixes: tuple[str, str]
) -> tuple[OrderRequest, OrderRequest]:
    """Returns the two orders of an OCO, above and below, whose parameters begin with the two prefixes."""
    kinds = [ask.params.text(f"{prefix}Type") for prefix in prefixes]
    for kind in kinds:
        if kind not in _ABOVE:
            raise BinanceRefusal(-1158, "Order type not supported in OCO.")
    _arrangement(side, *kinds)
    first, second = (
        request_of(ask, listing, Leg(ask.params, prefix), side, kind, quantity=quantity)
        for prefix, kind in zip(prefixes, kinds, strict=True)
    )
    return first, second


def _arrangement(side: Side, above: str, below: str) -> None:
    """Refuses legs on the wrong side. https://developers.binance.com/docs/binance-spot-api-docs/errors"""
    buy = side is Side.BUY
    contingent = [not kind.startswith("LIMIT") for kind in (above, below)]
    if not any(contingent):
        raise BinanceRefusal(-1168, "At least one OCO order must be contingent.")
    if buy and above == "LIMIT_MAKER":
        raise BinanceRefusal(-1165, "A limit order in a buy OCO must be below.")
    if not buy and below == "LIMIT_MAKER":
        raise BinanceRefusal(-1166, "A limit order in a sell OCO must be above.")
    if buy and below.startswith("STOP_LOSS"):
        raise BinanceRefusal(-1196, "A stop loss order in a buy OCO must be above.")
    if not buy and above.startswith("STOP_LOSS"):
        raise BinanceRefusal(-1197, "A stop loss order in a sell OCO must be below.")
    if buy and above.startswith("TAKE_PROFIT"):
        raise BinanceRefusal(-1198, "A take profit order in a buy OCO must be below.")
    if not buy and below.startswith("TAKE_PROFIT"):
        raise BinanceRefusal(-1199, "A take profit order in a sell OCO must be above.")


def oco(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    side = side_of(ask.params)
    pair = _pair(ask, listing, side, _quantity(ask, "quantity"), prefixes=("above", "below"))
    return _place(ask, ListKind.OCO, pair)


def _working(ask: Ask, listing: Listing) -> OrderRequest:
    kind = ask.params.text("workingType")
    if kind not in ("LIMIT", "LIMIT_MAKER"):
        raise BinanceRefusal(-1116, "Invalid orderType.")
    side = side_of(ask.params, "workingSide")
    quantity = _quantity(ask, "workingQuantity")
    return request_of(ask, listing, Leg(ask.params, "working"), side, kind, quantity=quantity)


def oto(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    side = side_of(ask.params, "pendingSide")
    kind = ask.params.text("pendingType")
    quantity = _quantity(ask, "pendingQuantity")
    pending = request_of(ask, listing, Leg(ask.params, "pending"), side, kind, quantity=quantity)
    return _place(ask, ListKind.OTO, [_working(ask, listing), pending])


def otoco(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    side = side_of(ask.params, "pendingSide")
    if "pendingBelowType" not in ask.params:
        raise missing("pendingBelowType")
    pair = _pair(ask, listing, side, _quantity(ask, "pendingQuantity"), prefixes=("pendingAbove", "pendingBelow"))
    return _place(ask, ListKind.OTOCO, [_working(ask, listing), *pair])


def _wanted(ask: Ask, client_name: str) -> OrderList:
    number, name = ask.params.integer("orderListId"), ask.params.text(client_name)
    if number is None and not name:
        raise BinanceRefusal(-1102, f"Param '{client_name}' or 'orderListId' must be sent, but both were empty/null!")
    if number is not None:
        return ask.exchange.order_list(ask.now, list_id=number)
    return ask.exchange.order_list(ask.now, client_id=name)


def cancel(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    try:
        bound = _wanted(ask, "listClientOrderId")
        if bound.key != listing.key:
            raise BinanceRefusal(-2011, "Unknown order list sent.")
        bound = ask.exchange.cancel_list(listing.key, ask.now, list_id=bound.id)
    except PaperRefusal:
        raise BinanceRefusal(-2011, "Unknown order list sent.") from None
    return {**list_told(ask, bound), "orderReports": list_reports(ask, _orders(ask, bound))}


def query(ask: Ask) -> dict[str, Any]:
    try:
        return list_told(ask, _wanted(ask, "origClientOrderId"))
    except PaperRefusal:
        raise BinanceRefusal(-2013, "Order list does not exist.") from None


def open_lists(ask: Ask) -> list[dict[str, Any]]:
    return [list_told(ask, bound) for bound in ask.exchange.order_lists(ask.now, open_only=True)]


def all_lists(ask: Ask) -> list[dict[str, Any]]:
    start, end = window_of(ask, DAY, BinanceRefusal(-1127, "More than 24 hours between startTime and endTime."))
    first = ask.params.integer("fromId")
    limit = ask.face.rows(ask, 500, 1_000)
    found = [
        bound
        for bound in ask.exchange.order_lists(ask.now)
        if start <= bound.created_ms <= end and (first is None or bound.id >= first)
    ]
    forward = first is not None or "startTime" in ask.params
    return [list_told(ask, bound) for bound in (found[:limit] if forward else found[-limit:])]
