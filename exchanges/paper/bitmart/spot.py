"""Spot and margin orders, and the spot wallet. A margin order trades its pair's margin wallet: see loans.py.

https://developer-pro.bitmart.com/en/spot/#spot-margin-trading
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.bitmart import loans
from blave_mcp.exchanges.paper.bitmart.face import Ask, BitMartRefusal, native
from blave_mcp.exchanges.paper.bitmart.terms import SPOT, average
from blave_mcp.exchanges.paper.face import fixed, short
from blave_mcp.exchanges.paper.refusals import PaperRefusal
from blave_mcp.exchanges.paper.types import (
    ZERO,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    Product,
    Side,
    TimeInForce,
)

STATES = {
    OrderStatus.NEW: "new",
    OrderStatus.PARTIALLY_FILLED: "partially_filled",
    OrderStatus.FILLED: "filled",
}
TYPES = ("limit", "market", "limit_maker", "ioc")
MARGIN = "iso_margin"
ABSENT = (50005, "Order Id not found")


def told(order: Order) -> dict[str, str]:
    """What this face has written on an order."""
    found: dict[str, str] = json.loads(order.request.tag or "{}")
    return found


def own_id(order: Order) -> str:
    """BitMart writes its own number where there is no client id."""
    return str(order.id) if order.client_id == f"p{order.id}" else order.client_id


# Wallets.


def spot_wallet(ask: Ask) -> Any:
    return {
        "wallet": [
            {"id": asset, "available": fixed(free), "name": asset, "frozen": fixed(frozen)}
            for asset, free, frozen in _held(ask)
        ]
    }


def _held(ask: Ask) -> list[tuple[str, Decimal, Decimal]]:
    """What is spot's own: without what margin orders have brought there."""
    lent = loans.at_work(ask)
    rows = []
    for each in ask.exchange.balances(ask.now, SPOT):
        away = lent.get(each.asset, ZERO)
        frozen = max(ZERO, each.locked - away)
        rows.append((each.asset, each.total - away - frozen, frozen))
    return rows


def wallets(ask: Ask) -> Any:
    wanted, worth = ask.text("currency"), ask.text("needUsdValuation") == "true"
    rows = []
    for asset, free, frozen in _held(ask):
        if wanted not in ("", asset):
            continue
        row = {
            "currency": asset, "name": asset, "available": fixed(free), "frozen": fixed(frozen),
            "unAvailable": fixed(frozen), "available_usd_valuation": None,
        }  # fmt: skip
        rows.append(row | ({"available_usd_valuation": fixed(free * _usd(ask, asset), 2)} if worth else {}))
    return {"wallet": rows}


def _usd(ask: Ask, asset: str) -> Decimal:
    pair = next((each for each in ask.exchange.listings(Product.SPOT) if each.base == asset), None)
    return Decimal(1) if pair is None else ask.exchange.market.prices(pair.key, ask.now).last


def trade_fee(ask: Ask) -> Any:
    listing = ask.listing()
    taker, maker = short(listing.taker_fee), short(listing.maker_fee)
    return {
        "symbol": native(listing), "buy_taker_fee_rate": taker, "sell_taker_fee_rate": taker,
        "buy_maker_fee_rate": maker, "sell_maker_fee_rate": maker,
    }  # fmt: skip


def user_fee(ask: Ask) -> Any:
    listing = ask.exchange.listings(Product.SPOT)[0]
    rates = {
        f"{role}_fee_rate_{letter}": short(rate)
        for letter in "ABCD"
        for role, rate in (("taker", listing.taker_fee), ("maker", listing.maker_fee))
    }
    return {"user_rate_type": 0, "level": "LV1", **rates}


# Placing.


def _place(ask: Ask, *, mode: str, id_name: str) -> Order:
    listing = ask.listing()
    side, kind = Side(ask.one_of("side", ("buy", "sell"))), ask.one_of("type", TYPES)
    priced = kind != "market"
    by_quote = not priced and side is Side.BUY
    if by_quote and not ask.text("notional"):
        raise BitMartRefusal(50012, "RequestParam notional is required")
    if not by_quote and not ask.text("size"):
        raise BitMartRefusal(50010, "RequestParam size is required")
    if priced and not ask.text("price"):
        raise BitMartRefusal(50011, "RequestParam price is required")
    request = OrderRequest(
        key=listing.key,
        side=side,
        type=OrderType.LIMIT if priced else OrderType.MARKET,
        qty=None if by_quote else ask.positive("size"),
        quote_qty=ask.positive("notional") if by_quote else None,
        price=ask.positive("price") if priced else None,
        tif=TimeInForce.IOC if kind == "ioc" else TimeInForce.GTC,
        post_only=kind == "limit_maker",
        client_id=ask.client_id(id_name),
        tag=json.dumps({"type": kind, "mode": mode}),
    )
    if mode == MARGIN:
        return loans.place(ask, listing, request)
    return ask.exchange.place(request, ask.now)


def place(ask: Ask) -> Any:
    return {"order_id": str(_place(ask, mode=SPOT, id_name="client_order_id").id)}


def place_margin(ask: Ask) -> Any:
    return {"order_id": str(_place(ask, mode=MARGIN, id_name="clientOrderId").id)}


def place_batch(ask: Ask) -> Any:
    """What is refused does not stop the others; where all are refused the inside says why."""
    given = ask.given.get("orderParams")
    if not isinstance(given, list) or not 0 < len(given) <= 10:
        raise BitMartRefusal(50033, "The order quantity should be greater than 0 and less than or equal to 10")
    ids, first = [], None
    for one in given:
        try:
            ids.append(str(_place(ask.element(one), mode=SPOT, id_name="clientOrderId").id))
        except PaperRefusal as refused:
            first = first or ask.refusal(refused)
        except BitMartRefusal as refused:
            first = first or refused
    if not ids and first is not None:
        return {"code": first.code, "msg": first.message, "data": {"orderIds": []}}
    return {"code": 0, "msg": "success", "data": {"orderIds": ids}}


# Asking.


def _wanted(ask: Ask, *, id: str, client_id: str, absent: tuple[int, str] = ABSENT) -> Order:
    number, name = ask.text(id), ask.text(client_id)
    if not number and not name:
        raise BitMartRefusal(50039, "Order_id and clientOrderId cannot be empty at the same time")
    try:
        if number:
            found = ask.exchange.order(ask.now, order_id=int(number) if number.isdecimal() else -1)
        else:
            found = ask.exchange.order(ask.now, client_id=name)
    except PaperRefusal:
        raise BitMartRefusal(*absent) from None
    if not found.key.endswith(f":{Product.SPOT.value}"):
        raise BitMartRefusal(*absent)
    return found


def row(ask: Ask, order: Order) -> dict[str, Any]:
    """https://developer-pro.bitmart.com/en/spot/#query-order-by-id-v4-signed"""
    listing, note = ask.exchange.listing(order.key), told(order)
    price, request = order.price, order.request
    state = STATES.get(order.status) or ("partially_canceled" if order.executed else "canceled")
    notional = request.quote_qty or (price * order.qty if price is not None else order.quote)
    return {
        "orderId": str(order.id),
        "clientOrderId": own_id(order),
        "symbol": native(listing),
        "side": order.side.value,
        "orderMode": note["mode"],
        "type": note["type"],
        "state": state,
        "cancelSource": "" if state in STATES.values() else "user" if order.reason is None else "system",
        "stpMode": "none",
        "price": "0" if price is None else short(price),
        "priceAvg": average(order.average),
        "size": "0" if request.quote_qty is not None and not order.executed else short(order.qty),
        "filledSize": short(order.executed),
        "notional": fixed(notional),
        "filledNotional": fixed(order.quote),
        "createTime": order.created_ms,
        "updateTime": order.updated_ms,
    }


def query(ask: Ask) -> Any:
    return row(ask, _seen(ask, _wanted(ask, id="orderId", client_id="")))


def query_by_client(ask: Ask) -> Any:
    return row(ask, _seen(ask, _wanted(ask, id="", client_id="clientOrderId")))


def _seen(ask: Ask, order: Order) -> Order:
    state = ask.text("queryState")
    if state not in ("", "open", "history"):
        raise BitMartRefusal(52003, "Unsupported Query State Type")
    if state and (state == "history") != order.status.done:
        raise BitMartRefusal(*ABSENT)
    return order


def _fits(ask: Ask) -> Callable[[str, int, str], bool]:
    """The filter of symbol, times and orderMode."""
    listing, mode = ask.some_listing(), ask.text("orderMode")
    if mode not in ("", SPOT, MARGIN):
        raise BitMartRefusal(52000, "Unsupported OrderMode Type")
    start, end = ask.integer("startTime") or 0, ask.integer("endTime")
    if end is not None and end < start:
        raise BitMartRefusal(52004, "End time must be greater than or equal to Start time")

    def fits(key: str, at_ms: int, its: str) -> bool:
        mine = listing is None or listing.key == key
        return mine and mode in ("", its) and start <= at_ms and (end is None or at_ms <= end)

    return fits


def _listed(ask: Ask, orders: Iterable[Order]) -> Any:
    fits = _fits(ask)
    found = [each for each in orders if fits(each.key, each.created_ms, told(each).get("mode", SPOT))]
    return [row(ask, each) for each in found[::-1][: ask.rows(200)]]


def open_orders(ask: Ask) -> Any:
    return _listed(ask, ask.exchange.open_orders(ask.now, product=Product.SPOT))


def history(ask: Ask) -> Any:
    return _listed(ask, [each for each in ask.exchange.orders(ask.now, product=Product.SPOT) if each.status.done])


def fills(ask: Ask) -> Any:
    fits = _fits(ask)
    return _fills(ask, lambda order, at_ms: fits(order.key, at_ms, told(order).get("mode", SPOT)))[: ask.rows(200)]


def fills_of_order(ask: Ask) -> Any:
    wanted = _wanted(ask, id="orderId", client_id="")
    return _fills(ask, lambda order, _: order.id == wanted.id)


def _fills(ask: Ask, fits: Callable[[Order, int], bool]) -> list[dict[str, Any]]:
    rows = []
    for fill in ask.exchange.fills(ask.now, product=Product.SPOT):
        order = ask.exchange.order(ask.now, order_id=fill.order_id)
        if not fits(order, fill.time_ms):
            continue
        note = told(order)
        rows.append(
            {
                "tradeId": str(fill.id), "orderId": str(order.id), "clientOrderId": own_id(order),
                "symbol": native(ask.exchange.listing(fill.key)), "side": fill.side.value, "orderMode": note["mode"],
                "type": note["type"], "stpMode": "none", "price": short(fill.price), "size": short(fill.qty),
                "notional": fixed(fill.quote), "fee": fixed(fill.commission), "feeCoinName": fill.commission_asset,
                "tradeRole": "maker" if fill.maker else "taker", "createTime": fill.time_ms,
                "updateTime": fill.time_ms,
            }
        )  # fmt: skip
    return rows[::-1]


# Cancelling.


def _cancel(ask: Ask, order: Order) -> None:
    if order.status is OrderStatus.FILLED:
        raise BitMartRefusal(50031, "Order is already completed")
    if order.status.done:
        raise BitMartRefusal(50030, "Order is already canceled")
    ask.exchange.cancel(order.key, ask.now, order_id=order.id)
    loans.settle(ask)


def cancel(ask: Ask) -> Any:
    listing = ask.listing()
    found = _wanted(ask, id="order_id", client_id="client_order_id", absent=(50032, "Order does not exist"))
    if found.key != listing.key:
        raise BitMartRefusal(50032, "Order does not exist")
    _cancel(ask, found)
    return {"result": True}


def cancel_batch(ask: Ask) -> Any:
    done, failed = [], []
    for name, number in (("orderIds", "orderId"), ("clientOrderIds", "clientOrderId")):
        for id in ask.given.get(name) or ():
            one = ask.element({number: id})
            try:
                _cancel(ask, _wanted(one, id="orderId", client_id="clientOrderId"))
                done.append(id)
            except (BitMartRefusal, PaperRefusal):
                failed.append(id)
    return {
        "successIds": done, "failIds": failed, "totalCount": len(done) + len(failed), "successCount": len(done),
        "failedCount": len(failed),
    }  # fmt: skip


def cancel_all(ask: Ask) -> Any:
    listing, side = ask.some_listing(), ask.text("side")
    for each in ask.exchange.open_orders(ask.now, product=Product.SPOT):
        if (listing is None or each.key == listing.key) and side in ("", each.side.value):
            ask.exchange.cancel(each.key, ask.now, order_id=each.id)
    loans.settle(ask)
    return {}
