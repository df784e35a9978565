"""Orders of Binance's USDⓈ-M futures host, all but the conditional ones.

https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api
"""

from __future__ import annotations

from typing import Any

from blave_mcp.exchanges.paper.binance.face import Ask, window_of
from blave_mcp.exchanges.paper.binance.futures_fields import (
    DEFAULT_STP,
    matched_price,
    price_of,
    price_places,
    price_text,
    qty_text,
    quantity_of,
    request_of,
    side_of,
    tag_of,
)
from blave_mcp.exchanges.paper.binance.params import BinanceRefusal, Params, missing, not_valid
from blave_mcp.exchanges.paper.face import fixed, short
from blave_mcp.exchanges.paper.market import DAY
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import (
    ZERO,
    Listing,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    Product,
    Side,
    TimeInForce,
    TriggerBy,
)

UNKNOWN = (-2011, "Unknown order sent.")
NO_SUCH_ORDER = (-2013, "Order does not exist.")
WEEK_ONLY = (-4165, "Maximum time interval is 7 days.")


def is_algo(order: Order) -> bool:
    """Whether an order came as a conditional one; it is an ordinary order only once it has been triggered."""
    return order.type not in (OrderType.MARKET, OrderType.LIMIT)


def visible(order: Order) -> bool:
    """Whether the ordinary endpoints know an order. A FOK order that could not be filled is never recorded."""
    return (not is_algo(order) or order.triggered_ms is not None) and order.reason is not Reason.FOK_NOT_FILLABLE


def plain_type(order: Order) -> str:
    return "MARKET" if order.price is None else "LIMIT"


def row(ask: Ask, order: Order, *, fresh: bool = False) -> dict[str, Any]:
    """Returns an order.

    Args:
        fresh: as an ACK tells it, before the matching engine has answered.
    """
    listing = ask.exchange.listing(order.key)
    told = tag_of(order)
    average = order.average
    executed, quote = (ZERO, ZERO) if fresh else (order.executed, order.quote)
    return {
        "clientOrderId": order.client_id,
        "cumQty": qty_text(listing, executed),
        "cumQuote": short(quote),
        "executedQty": qty_text(listing, executed),
        "orderId": order.id,
        "avgPrice": fixed(ZERO if fresh or average is None else average, max(5, price_places(listing) + 2)),
        "origQty": qty_text(listing, order.qty),
        "price": price_text(listing, order.price),
        "reduceOnly": order.request.reduce_only,
        "side": order.side.value.upper(),
        "positionSide": order.request.position_side.value.upper(),
        "status": "NEW" if fresh else order.status.value.upper(),
        "stopPrice": price_text(listing, order.request.trigger_price),
        "closePosition": order.request.close_position,
        "symbol": listing.symbol,
        "timeInForce": told.get("tif", order.request.tif.value.upper()),
        "type": plain_type(order),
        "origType": told.get("type", plain_type(order)),
        "updateTime": order.updated_ms,
        "workingType": "MARK_PRICE" if order.request.trigger_by is TriggerBy.MARK else "CONTRACT_PRICE",
        "priceProtect": told.get("protect") == "true",
        "priceMatch": told.get("match", "NONE"),
        "selfTradePreventionMode": told.get("stp", DEFAULT_STP),
        "goodTillDate": order.request.expire_ms or 0,
    }


def _without(told: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name not in names}


def queried(ask: Ask, order: Order) -> dict[str, Any]:
    return {**_without(row(ask, order), "cumQty"), "time": order.created_ms}


def canceled(ask: Ask, order: Order) -> dict[str, Any]:
    return _without(row(ask, order), "avgPrice")


def modified(ask: Ask, order: Order) -> dict[str, Any]:
    told = row(ask, order)
    number = ask.params.integer("modifyId")
    return {**told, "pair": told["symbol"], **({} if number is None else {"modifyId": number})}


# Placing


def place(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    request = request_of(ask, listing)
    result = response_type(ask.params)
    ask.count_orders()
    return row(ask, placed(ask, listing, request), fresh=not result or not _final(request))


def response_type(params: Params) -> bool:
    """Returns whether the final state is wanted (RESULT) and not only an acknowledgement (ACK, the default)."""
    refusal = BinanceRefusal(-1136, "Invalid newOrderRespType.")
    return params.one_of("newOrderRespType", ("ACK", "RESULT"), refusal) == "RESULT"


def _final(request: OrderRequest) -> bool:
    """Whether RESULT brings the final state: market orders, and limits that do not rest."""
    return request.type is OrderType.MARKET or request.tif is not TimeInForce.GTC


def placed(ask: Ask, listing: Listing, request: OrderRequest) -> Order:
    """Places an order. Raises BinanceRefusal with the venue's code."""
    try:
        order = ask.exchange.place(request, ask.now)
    except PaperRefusal as refused:
        raise placing_refusal(ask, listing, request, refused) from None
    if order.reason is Reason.FOK_NOT_FILLABLE:
        what = "Due to the order could not be filled immediately, the FOK order has been rejected."
        raise BinanceRefusal(-5021, f"{what} The order will not be recorded in the order history")
    return order


def placing_refusal(ask: Ask, listing: Listing, request: OrderRequest, refused: PaperRefusal) -> BinanceRefusal:
    """Returns the refusal of an order, with the numbers that its text carries."""
    if refused.reason is Reason.PRICE_BAND:
        mark = ask.exchange.market.prices(listing.key, ask.now).mark
        if request.side is Side.BUY:
            return BinanceRefusal(
                -4016, f"Limit price can't be higher than {price_text(listing, mark * listing.band_up)}."
            )
        return BinanceRefusal(
            -4024, f"Limit price can't be lower than {price_text(listing, mark * listing.band_down)}."
        )
    if refused.reason is Reason.NOTIONAL_TOO_SMALL:
        least = short(listing.min_notional)
        return BinanceRefusal(
            -4164, f"Order's notional must be no smaller than {least} (unless you choose reduce only)"
        )
    return ask.face.refusal(refused)


def test(ask: Ask) -> dict[str, Any]:
    """Checks an order as if it were placed, and answers with what was understood."""
    listing = ask.listing()
    request = request_of(ask, listing)
    response_type(ask.params)
    try:
        ask.exchange.check(request, ask.now)
    except PaperRefusal as refused:
        raise placing_refusal(ask, listing, request, refused) from None
    imagined = Order(
        id=0,
        client_id=request.client_id,
        request=request,
        qty=request.qty or ZERO,
        status=OrderStatus.NEW,
        created_ms=ask.now,
        updated_ms=ask.now,
    )
    return row(ask, imagined, fresh=True)


# Changing and asking


def wanted(ask: Ask, listing: Listing, unknown: tuple[int, str]) -> Order:
    """Returns the order that orderId or origClientOrderId names; the former counts where both are sent."""
    number, name = ask.params.integer("orderId"), ask.params.text("origClientOrderId")
    if number is None and not name:
        raise BinanceRefusal(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")
    try:
        if number is not None:
            order = ask.exchange.order(ask.now, key=listing.key, order_id=number)
        else:
            order = ask.exchange.order(ask.now, key=listing.key, client_id=name)
    except PaperRefusal:
        raise BinanceRefusal(*unknown) from None
    if not visible(order):
        raise BinanceRefusal(*unknown)
    return order


def cancel(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    order = wanted(ask, listing, UNKNOWN)
    try:
        return canceled(ask, ask.exchange.cancel(listing.key, ask.now, order_id=order.id))
    except PaperRefusal:
        raise BinanceRefusal(*UNKNOWN) from None


def cancel_all(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    for order in ask.exchange.open_orders(ask.now, key=listing.key):
        if visible(order):
            ask.exchange.cancel(listing.key, ask.now, order_id=order.id)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def modify(ask: Ask) -> dict[str, Any]:
    """Changes price and quantity of a resting limit order.

    A post-only order whose new price would take is cancelled, and so is one of which more is filled than is wanted.
    """
    listing = ask.listing()
    params = ask.params
    order = wanted(ask, listing, NO_SUCH_ORDER)
    side = side_of(params)
    if order.status.done:
        raise BinanceRefusal(*NO_SUCH_ORDER)
    if side is not order.side:
        raise not_valid("side")
    if order.type is not OrderType.LIMIT:
        raise BinanceRefusal(-5025, "Only limit order is supported.")
    price = matched_price(ask, listing, order.side) or price_of(listing, params, "price")
    quantity = quantity_of(listing, params, market=False)
    if price is None or quantity is None:
        raise missing("price")
    try:
        amended = ask.exchange.amend(listing.key, ask.now, order_id=order.id, price=price, qty=quantity)
    except PaperRefusal as refused:
        if refused.reason is Reason.NOTHING_TO_AMEND:
            raise BinanceRefusal(-5027, "No need to modify the order.") from None
        if refused.reason is not Reason.POST_ONLY_WOULD_TAKE:
            raise placing_refusal(ask, listing, order.request, refused) from None
        amended = ask.exchange.cancel(listing.key, ask.now, order_id=order.id)
    return modified(ask, amended)


def query(ask: Ask) -> dict[str, Any]:
    return queried(ask, wanted(ask, ask.listing(), NO_SUCH_ORDER))


def open_order(ask: Ask) -> dict[str, Any]:
    order = wanted(ask, ask.listing(), NO_SUCH_ORDER)
    if order.status.done:
        raise BinanceRefusal(*NO_SUCH_ORDER)
    return queried(ask, order)


def open_orders(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.some_listing()
    key = None if listing is None else listing.key
    found = ask.exchange.open_orders(ask.now, key=key, product=Product.PERP)
    return [queried(ask, order) for order in found if visible(order)]


def all_orders(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.listing()
    first = ask.params.integer("orderId")
    start, end = (0, 1 << 62) if first is not None else week_of(ask)
    limit = ask.face.rows(ask, 500, 1_000)
    found = [
        order
        for order in ask.exchange.orders(ask.now, key=listing.key)
        if visible(order) and start <= order.created_ms <= end and (first is None or order.id >= first)
    ]
    forward = first is not None or "startTime" in ask.params
    return [queried(ask, order) for order in (found[:limit] if forward else found[-limit:])]


def week_of(ask: Ask) -> tuple[int, int]:
    """Returns the time a history is asked for: seven days at the most, the last seven if nothing was sent."""
    start, end = window_of(ask, 7 * DAY, BinanceRefusal(*WEEK_ONLY))
    if "startTime" not in ask.params:
        start = min(end, ask.now) - 7 * DAY
    return start, min(end, start + 7 * DAY)
