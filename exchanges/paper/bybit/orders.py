"""Placing, changing, cancelling and asking for orders. https://bybit-exchange.github.io/docs/v5/order/create-order"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.bybit.ask import ELSEWHERE, Ask, paged
from blave_mcp.exchanges.paper.bybit.fields import LEGS, SIDES, number_of, order_id, row, stop_kind, tag, tag_of
from blave_mcp.exchanges.paper.bybit.wire import BybitRefusal, Params, wrong
from blave_mcp.exchanges.paper.bybit.words import refusal
from blave_mcp.exchanges.paper.face import short
from blave_mcp.exchanges.paper.market import DAY
from blave_mcp.exchanges.paper.refusals import PaperRefusal
from blave_mcp.exchanges.paper.types import (
    Listing,
    Order,
    OrderRequest,
    OrderType,
    Product,
    Side,
    TimeInForce,
    TriggerBy,
)

WEEK = 7 * DAY
_SIDES = {name: side for side, name in SIDES.items()}
_FORCES = ("GTC", "IOC", "FOK", "PostOnly")
_BEYOND = ("takeProfit", "stopLoss", "smpType", "slippageToleranceType", "orderIv")
"""What a plain order may carry at Bybit and not on paper."""
_LINK_ID = re.compile(r"[A-Za-z0-9_-]{1,36}")


def request_of(ask: Ask, listing: Listing, params: Params) -> OrderRequest:
    """Returns what an order asks for.

    Bybit has one kind of conditional order; whether it is a stop or a take-profit follows from the way that its trigger
    is reached.
    """
    spot = listing.product is Product.SPOT
    for name in _BEYOND:
        if name in params and params.text(name) != "None":
            raise wrong(f"paper trading takes no {name} on an order; set it on the position")
    if params.text("isLeverage", "0") != "0":
        raise BybitRefusal(170036, "You haven't enabled Cross Margin Trading yet.")
    side = _SIDES[params.one_of("side", tuple(_SIDES))]
    limit = params.one_of("orderType", ("Market", "Limit")) == "Limit"
    price = params.decimal("price") if limit else None
    if limit and price is None:
        raise wrong("params error: price is required")
    force = params.one_of("timeInForce", _FORCES, "GTC")
    last = ask.exchange.market.prices(listing.key, ask.now).last
    kind, trigger = OrderType.LIMIT if limit else OrderType.MARKET, params.decimal("triggerPrice")
    stop, filter_ = "", params.text("orderFilter", "Order") if spot else "Order"
    if trigger is not None:
        rises = trigger > last if spot else _rises(params)
        kind = _conditional(rises, side, limit=limit)
        if not spot:
            _check_trigger(ask, listing, params, trigger)
        stop = ("tpslOrder" if filter_ == "tpslOrder" else "Stop") if spot else "Stop"
    if spot and (filter_ != "Order") != (trigger is not None):
        raise BybitRefusal(170130, "Data sent for parameter 'orderFilter' is not valid.")
    qty, quote_qty, unit = _size(params, side, spot=spot, limit=limit)
    closes = not spot and not qty
    if closes and not (params.flag("reduceOnly") and params.flag("closeOnTrigger")):
        raise wrong("Qty invalid")
    return OrderRequest(
        key=listing.key,
        side=side,
        type=kind,
        qty=None if closes or quote_qty is not None else qty,
        quote_qty=quote_qty,
        price=price,
        tif=TimeInForce(force.lower()) if limit and force in ("IOC", "FOK") else TimeInForce.GTC,
        post_only=limit and force == "PostOnly",
        reduce_only=not spot and params.flag("reduceOnly") and not closes,
        close_position=closes and trigger is not None,
        position_side=LEGS[_idx(params)] if not spot else LEGS[0],
        trigger_price=trigger,
        trigger_by=TriggerBy.MARK if params.text("triggerBy") == "MarkPrice" else TriggerBy.LAST,
        client_id=_link_id(ask, listing, params),
        tag=tag(stop=stop, unit=unit, base=short(last), mode="" if spot else "UNKNOWN"),
    )


def _check_trigger(ask: Ask, listing: Listing, params: Params, trigger: Decimal) -> None:
    """Refuses a trigger that the price has reached already."""
    prices = ask.exchange.market.prices(listing.key, ask.now)
    at = prices.mark if params.text("triggerBy") == "MarkPrice" else prices.last
    if _rises(params) and trigger <= at:
        raise BybitRefusal(110092, f"expect Rising, but trigger_price[{short(trigger)}] <= current[{short(at)}]")
    if not _rises(params) and trigger >= at:
        raise BybitRefusal(110093, f"expect Falling, but trigger_price[{short(trigger)}] >= current[{short(at)}]")


def _rises(params: Params) -> bool:
    return params.one_of("triggerDirection", ("1", "2")) == "1"


def _conditional(rises: bool, side: Side, *, limit: bool) -> OrderType:
    stops = rises == (side is Side.BUY)
    if stops:
        return OrderType.STOP_LIMIT if limit else OrderType.STOP_MARKET
    return OrderType.TAKE_PROFIT_LIMIT if limit else OrderType.TAKE_PROFIT_MARKET


def _size(params: Params, side: Side, *, spot: bool, limit: bool) -> tuple[Decimal | None, Decimal | None, str]:
    """Returns size in base, size in quote, and marketUnit. A spot market buy is in quote unless it says otherwise."""
    params.needed("qty")
    qty = params.decimal("qty")
    if qty is None or qty < 0 or (spot and not qty):
        raise wrong("Qty invalid")
    if not spot or limit:
        return qty, None, ""
    unit = params.one_of("marketUnit", ("baseCoin", "quoteCoin"), "quoteCoin" if side is Side.BUY else "baseCoin")
    return (None, qty, unit) if unit == "quoteCoin" else (qty, None, unit)


def _idx(params: Params) -> int:
    idx = params.integer("positionIdx", 0)
    if idx not in LEGS:
        raise wrong("positionIdx invalid")
    return idx or 0


def _link_id(ask: Ask, listing: Listing, params: Params) -> str:
    """An order's own id is never used twice, not even after the order has ended."""
    id = params.text("orderLinkId")
    if id and not _LINK_ID.fullmatch(id):
        raise wrong("params error: orderLinkId invalid")
    if id:
        try:
            ask.exchange.order(ask.now, key=listing.key, client_id=id)
        except PaperRefusal:
            return id
        spot = listing.product is Product.SPOT
        raise (
            BybitRefusal(170141, "Duplicate clientOrderId")
            if spot
            else BybitRefusal(110072, "OrderLinkedID is duplicate")
        )
    return id


def _acknowledged(order: Order, product: Product) -> dict[str, str]:
    return {
        "orderId": order_id(order, product),
        "orderLinkId": "" if order.client_id == f"p{order.id}" else order.client_id,
    }


def place(ask: Ask) -> dict[str, str]:
    return _place(ask, ask.params)


def _place(ask: Ask, params: Params) -> dict[str, str]:
    listing = ask.listing_of(params.needed("symbol"))
    request = request_of(ask, listing, params)
    if request.qty is None and request.quote_qty is None and not request.close_position:
        leg = next(
            (one for one in ask.exchange.positions(ask.now, key=listing.key)
             if one.position_side is request.position_side),
            None,
        )  # fmt: skip
        if leg is None:
            raise BybitRefusal(110017, "current position is zero, cannot fix reduce-only order qty")
        request = replace(request, qty=abs(leg.qty), reduce_only=True)
    return _acknowledged(ask.exchange.place(request, ask.now), listing.product)


# Changing and cancelling.


def wanted(ask: Ask, params: Params) -> Order:
    """Returns the order that orderId or orderLinkId names; the former counts where both are sent."""
    listing = ask.listing_of(params.needed("symbol"))
    id, link = params.text("orderId"), params.text("orderLinkId")
    if not id and not link:
        raise wrong("params error: OrderId or orderLinkId is required")
    if id:
        return ask.exchange.order(ask.now, key=listing.key, order_id=number_of(id, listing.product))
    return ask.exchange.order(ask.now, key=listing.key, client_id=link)


def amend(ask: Ask) -> dict[str, str]:
    return _amend(ask, ask.params)


def _amend(ask: Ask, params: Params) -> dict[str, str]:
    order = wanted(ask, params)
    price, qty, trigger = (params.decimal(name) for name in ("price", "qty", "triggerPrice"))
    if qty is not None and qty <= order.executed:
        spot = ask.product is Product.SPOT
        raise BybitRefusal(
            170313 if spot else 110064, "The modified contract quantity cannot be less than the filled quantity"
        )
    changed = ask.exchange.amend(
        order.key, ask.now, order_id=order.id, price=price, qty=qty, trigger_price=trigger
    )  # fmt: skip
    return _acknowledged(changed, ask.product)


def cancel(ask: Ask) -> dict[str, str]:
    return _cancel(ask, ask.params)


def _cancel(ask: Ask, params: Params) -> dict[str, str]:
    order = wanted(ask, params)
    if ask.product is Product.SPOT and not _of_kind(order, params.text("orderFilter", "Order"), Product.SPOT):
        raise BybitRefusal(170213, "Order does not exist.")
    return _acknowledged(ask.exchange.cancel(order.key, ask.now, order_id=order.id), ask.product)


def _of_kind(order: Order, filter_: str, product: Product) -> bool:
    """Whether an order is of the kind that orderFilter names; "" names all."""
    stop = stop_kind(order)
    if filter_ in ("", "OpenOrder"):
        return True
    if filter_ == "Order":
        return not stop
    if product is Product.SPOT:
        return {"tpslOrder": "tpslOrder", "StopOrder": "Stop"}.get(filter_, "-") == stop
    return filter_ == "StopOrder" and bool(stop)


def _chosen(ask: Ask, filter_: str) -> list[Order]:
    params = ask.params
    key = ask.listing().key if "symbol" in params else None
    coin, base = params.text("settleCoin"), params.text("baseCoin")
    found = []
    for order in ask.exchange.open_orders(ask.now, key=key, product=ask.product):
        listing = ask.exchange.listing(order.key)
        if coin in ("", listing.settle) and base in ("", listing.base) and _of_kind(order, filter_, ask.product):
            found.append(order)
    return found


def cancel_all(ask: Ask) -> dict[str, Any]:
    """Contracts: every kind unless told; spot: plain orders unless told."""
    spot = ask.product is Product.SPOT
    if not spot and not any(name in ask.params for name in ("symbol", "baseCoin", "settleCoin")):
        raise wrong("params error: symbol, baseCoin or settleCoin is required")
    kind = ask.params.text("orderFilter", "Order" if spot else "")
    gone = [ask.exchange.cancel(one.key, ask.now, order_id=one.id) for one in _chosen(ask, kind)]
    return {"list": [_acknowledged(one, ask.product) for one in gone], "success": "1"}


def _batch(ask: Ask, one_by_one: Any) -> dict[str, Any]:
    """Each element by itself: what is refused is told beside the result, with code and message."""
    product, found, codes = ask.product, [], []
    for params in ask.params.elements("request", 10 if ask.product is Product.SPOT else 20):
        told = {"category": ask.category, "symbol": params.text("symbol"), "orderId": "", "orderLinkId": ""}
        told["orderLinkId"] = params.text("orderLinkId")
        try:
            found.append({**told, **one_by_one(ask, params), "createAt": str(ask.now)})
            codes.append({"code": 0, "msg": "OK"})
        except PaperRefusal as refused:
            bad = refusal(refused, product)
            found.append({**told, "createAt": ""})
            codes.append({"code": bad.code, "msg": bad.message})
        except BybitRefusal as bad:
            found.append({**told, "createAt": ""})
            codes.append({"code": bad.code, "msg": bad.message})
    ask.beside["list"] = codes
    return {"list": found}


def place_batch(ask: Ask) -> dict[str, Any]:
    return _batch(ask, _place)


def amend_batch(ask: Ask) -> dict[str, Any]:
    return _batch(ask, _amend)


def cancel_batch(ask: Ask) -> dict[str, Any]:
    return _batch(ask, _cancel)


# Asking.


def _listed(ask: Ask, found: list[Order], default: int, most: int) -> dict[str, Any]:
    newest = sorted(found, key=lambda one: (one.created_ms, one.id), reverse=True)
    page, cursor = paged(ask, newest, default, most)
    rows = [row(ask, one, ask.product) for one in page]
    return {"list": rows, "nextPageCursor": cursor, "category": ask.category}


def _named(ask: Ask) -> list[Order] | None:
    """Returns the order that an id names, in a list; None where no id was sent."""
    params, product = ask.params, ask.product
    id, link = params.text("orderId"), params.text("orderLinkId")
    if not id and not link:
        return None
    key = ask.listing().key if "symbol" in params else None
    number = number_of(id, product)
    return [
        one
        for one in ask.exchange.orders(ask.now, key=key, product=product)
        if (one.id == number if id else one.client_id == link)
    ]


def realtime(ask: Ask) -> dict[str, Any]:
    if ask.category in ELSEWHERE:
        return {"list": [], "nextPageCursor": "", "category": ask.category}
    named = _named(ask)
    if named is not None:
        return _listed(ask, named, 20, 50)
    spot = ask.product is Product.SPOT
    if not spot and not any(name in ask.params for name in ("symbol", "baseCoin", "settleCoin")):
        raise wrong("Missing some parameters that must be filled in, symbol or settleCoin or baseCoin")
    kind = ask.params.text("orderFilter")
    if ask.params.integer("openOnly", 0) == 0:
        return _listed(ask, _chosen(ask, kind), 20, 50)
    key = ask.listing().key if "symbol" in ask.params else None
    ended = [one for one in ask.exchange.orders(ask.now, key=key, product=ask.product) if one.status.done]
    return _listed(ask, [one for one in ended[-500:] if _of_kind(one, kind, ask.product)], 20, 50)


def span_of(ask: Ask) -> tuple[int, int]:
    """startTime and endTime, both inclusive, at most 7 days apart; the last 7 days where nothing was sent."""
    start, end = ask.params.integer("startTime"), ask.params.integer("endTime")
    if start is not None and end is not None and end - start > WEEK:
        raise wrong("The time range between startTime and endTime cannot exceed 7 days")
    if start is not None:
        return start, start + WEEK if end is None else end
    last = ask.now if end is None else end
    return last - WEEK, last


def history(ask: Ask) -> dict[str, Any]:
    """Orders that ended."""
    if ask.category in ELSEWHERE:
        return {"list": [], "nextPageCursor": "", "category": ask.category}
    named = _named(ask)
    start, end = span_of(ask)
    key = ask.listing().key if "symbol" in ask.params else None
    found = named if named is not None else [
        one
        for one in ask.exchange.orders(ask.now, key=key, product=ask.product)
        if start <= one.created_ms <= end and _of_kind(one, ask.params.text("orderFilter"), ask.product)
    ]  # fmt: skip
    return _listed(ask, [one for one in found if one.status.done], 20, 50)


def fills(ask: Ask) -> dict[str, Any]:
    """https://bybit-exchange.github.io/docs/v5/order/execution"""
    if ask.category in ELSEWHERE:
        return {"list": [], "nextPageCursor": "", "category": ask.category}
    named = _named(ask)
    start, end = span_of(ask)
    ids = None if named is None else {one.id for one in named}
    key = ask.listing().key if "symbol" in ask.params else None
    rows = []
    for fill in reversed(ask.exchange.fills(ask.now, key=key, product=ask.product)):
        if (ids is not None and fill.order_id not in ids) or (ids is None and not start <= fill.time_ms <= end):
            continue
        order = ask.exchange.order(ask.now, order_id=fill.order_id)
        spot = ask.product is Product.SPOT
        rows.append(
            {
                "symbol": ask.exchange.listing(fill.key).symbol,
                "orderId": order_id(order, ask.product),
                "orderLinkId": "" if order.client_id == f"p{order.id}" else order.client_id,
                "side": SIDES[fill.side],
                "orderPrice": short(order.price or fill.price),
                "orderQty": short(order.qty),
                "leavesQty": short(max(order.remaining, Decimal(0))),
                **({} if spot else {"createType": tag_of(order).get("made", "CreateByUser")}),
                "orderType": "Limit" if order.price is not None else "Market",
                "stopOrderType": stop_kind(order) or ("" if spot else "UNKNOWN"),
                "execFee": short(fill.commission),
                "execId": f"{fill.id:08x}-0000-4000-8000-{fill.id:012x}",
                "execPrice": short(fill.price),
                "execQty": short(fill.qty),
                "execType": "BustTrade" if fill.liquidation else "Trade",
                "execValue": short(fill.quote),
                "execTime": str(fill.time_ms),
                "feeCurrency": fill.commission_asset,
                "isMaker": fill.maker,
                "feeRate": short(round(fill.commission / fill.quote, 6)) if not spot and fill.quote else "",
                "markPrice": "",
                "indexPrice": "",
                "blockTradeId": "",
                "closedSize": short(fill.qty) if fill.realised_pnl else "",
                "execPnl": short(fill.realised_pnl),
                "seq": fill.id,
                "extraFees": "",
            }
        )
    page, cursor = paged(ask, rows, 50, 100)
    return {"list": page, "nextPageCursor": cursor, "category": ask.category}
