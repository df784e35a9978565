"""Orders on perpetuals: placed, changed, cancelled, asked for; fills. Those that wait for a trigger are in plans.py.

https://developer-pro.bitmart.com/en/futuresv2/#futures-trading
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.bitmart.account import take_terms
from blave_mcp.exchanges.paper.bitmart.face import Ask, BitMartRefusal, native
from blave_mcp.exchanges.paper.bitmart.terms import average, lots, text
from blave_mcp.exchanges.paper.face import fixed, short
from blave_mcp.exchanges.paper.market import DAY
from blave_mcp.exchanges.paper.refusals import PaperRefusal
from blave_mcp.exchanges.paper.types import (
    Listing,
    Order,
    OrderRequest,
    OrderType,
    PositionSide,
    Product,
    Side,
    TimeInForce,
)

CODES = {
    (Side.BUY, PositionSide.LONG): 1,
    (Side.BUY, PositionSide.SHORT): 2,
    (Side.SELL, PositionSide.LONG): 3,
    (Side.SELL, PositionSide.SHORT): 4,
}
LEGS = {code: leg for leg, code in CODES.items()}
ABSENT = (40035, "The order is not exist")
FORCES = {1: TimeInForce.GTC, 2: TimeInForce.FOK, 3: TimeInForce.IOC, 4: TimeInForce.GTC}


def told(order: Order) -> dict[str, Any]:
    """What this face has written on an order."""
    found: dict[str, Any] = json.loads(order.request.tag or "{}")
    return found


def is_waiting(order: Order) -> bool:
    return order.waits_for_trigger and not order.status.done


def is_trailing(order: Order) -> bool:
    return order.type is OrderType.TRAILING_STOP


def own_id(order: Order) -> str:
    return "" if order.client_id == f"p{order.id}" else order.client_id


def leg_of(ask: Ask) -> dict[str, Any]:
    """side 1 to 4 as the exchange has it: in one-way mode 2 and 3 reduce."""
    code = ask.integer("side") or 0
    if code not in LEGS:
        raise BitMartRefusal(40041, "The order side is invalid")
    side, leg = LEGS[code]
    if ask.exchange.hedge:
        return {"side": side, "position_side": leg}
    return {"side": side, "position_side": PositionSide.BOTH, "reduce_only": code in (2, 3)}


def code_of(order: Order) -> int:
    request = order.request
    if request.position_side is not PositionSide.BOTH:
        return CODES[order.side, request.position_side]
    reduces = request.reduce_only or request.close_position
    return (2 if reduces else 1) if order.side is Side.BUY else (3 if reduces else 4)


def size_of(ask: Ask, listing: Listing, name: str = "size") -> Decimal:
    """Whole contracts, in base units."""
    found = ask.positive(name)
    if found % 1:
        raise BitMartRefusal(40043, "The order precision is invalid")
    return found * listing.contract_size


def force_of(ask: Ask) -> tuple[TimeInForce, bool]:
    mode = ask.integer("mode") or 1
    if mode not in FORCES:
        raise BitMartRefusal(40042, "The order type is invalid")
    return FORCES[mode], mode == 4


def no_presets(ask: Ask) -> None:
    if ask.text("preset_take_profit_price") or ask.text("preset_stop_loss_price"):
        raise BitMartRefusal(40011, "Invalid request: paper trading attaches no preset prices to an order")


# Placing.


def place(ask: Ask) -> Any:
    listing = ask.listing()
    kind = ask.one_of("type", ("limit", "market"), "limit")
    price = ask.positive("price") if kind == "limit" else None
    force, maker = force_of(ask)
    leg, size, name = leg_of(ask), size_of(ask, listing), ask.client_id("client_order_id")
    if maker and kind == "market":
        raise BitMartRefusal(40042, "The order type is invalid")
    no_presets(ask)
    if (ask.integer("side") or 0) in (1, 4):
        take_terms(ask, listing, set_now=False)
    else:
        check_reducible(ask, listing, leg, size)
    order = ask.exchange.place(
        OrderRequest(
            key=listing.key,
            type=OrderType.LIMIT if kind == "limit" else OrderType.MARKET,
            qty=size,
            price=price,
            tif=force,
            post_only=maker,
            client_id=name,
            tag=json.dumps({"type": kind, "mode": ask.integer("mode") or 1}),
            **leg,
        ),
        ask.now,
    )
    return {"order_id": order.id, "price": "market price" if price is None else short(price)}


def check_reducible(ask: Ask, listing: Listing, leg: dict[str, Any], size: Decimal) -> None:
    """Raises BitMartRefusal 40021 without a position, 40020 for more than it."""
    held = [
        one
        for one in ask.exchange.positions(ask.now, key=listing.key)
        if one.position_side is leg["position_side"] and (one.qty > 0) == (leg["side"] is Side.SELL)
    ]
    if not held:
        raise BitMartRefusal(40021, "The position is not exsit")
    if size > abs(held[0].qty):
        raise BitMartRefusal(40020, "Your position volume is not enough")


def modify(ask: Ask) -> Any:
    found = wanted(ask)
    listing = ask.exchange.listing(found.key)
    if found.type is not OrderType.LIMIT or found.status.done:
        raise BitMartRefusal(40036, "The order status is invalid")
    done = ask.exchange.amend(
        found.key,
        ask.now,
        order_id=found.id,
        price=ask.decimal("price"),
        qty=size_of(ask, listing) if ask.text("size") else None,
    )
    return {"order_id": done.id, "client_order_id": own_id(done)}


# Asking.


def wanted(ask: Ask) -> Order:
    """The order that order_id or client_order_id names."""
    listing = ask.listing()
    number, name = ask.text("order_id"), ask.text("client_order_id")
    try:
        if number:
            return ask.exchange.order(ask.now, key=listing.key, order_id=int(number) if number.isdecimal() else -1)
        if name:
            return ask.exchange.order(ask.now, key=listing.key, client_id=name)
    except PaperRefusal:
        raise BitMartRefusal(*ABSENT) from None
    raise BitMartRefusal(40007, "Parse parameter error")


def row(ask: Ask, order: Order) -> dict[str, Any]:
    """https://developer-pro.bitmart.com/en/futuresv2/#get-order-detail-keyed"""
    listing, request = ask.exchange.listing(order.key), order.request
    now = ask.exchange.settings(order.key)
    trailing = is_trailing(order)
    found = {
        "order_id": str(order.id),
        "client_order_id": own_id(order),
        "symbol": native(listing),
        "side": code_of(order),
        "type": "trailing" if trailing else "market" if order.price is None else "limit",
        "leverage": short(now.leverage),
        "open_type": now.margin_mode.value,
        "size": lots(listing, order.qty),
        "price": text(order.price),
        "deal_avg_price": average(order.average),
        "deal_size": lots(listing, order.executed),
        "state": 4 if order.status.done else 2,
        "create_time": order.created_ms,
        "update_time": order.updated_ms,
        "position_mode": "hedge_mode" if ask.exchange.hedge else "one_way_mode",
        "account": "futures",
        "activation_price": text(request.activation_price) if trailing else "",
        "callback_rate": short((request.callback_rate or Decimal(0)) * 100) if trailing else "",
        "activation_price_type": told(order).get("price_type", 0) if trailing else 0,
        "preset_take_profit_price_type": 0,
        "preset_stop_loss_price_type": 0,
        "preset_take_profit_price": "",
        "preset_stop_loss_price": "",
    }
    if order.type not in (OrderType.MARKET, OrderType.LIMIT) and not trailing:
        found |= {
            "trigger_price": text(request.trigger_price), "execution_price": text(order.price),
            "executive_order_id": str(order.id),
        }  # fmt: skip
    return found


def query(ask: Ask) -> Any:
    found = wanted(ask)
    if is_waiting(found) and not is_trailing(found):
        raise BitMartRefusal(*ABSENT)
    return row(ask, found)


def _of(ask: Ask, orders: Iterable[Order]) -> list[Order]:
    listing = ask.some_listing()
    return [each for each in orders if listing is None or each.key == listing.key]


def open_orders(ask: Ask) -> Any:
    kind, state = ask.text("type"), ask.text("order_state")
    rows = []
    for each in _of(ask, ask.exchange.open_orders(ask.now, product=Product.PERP)):
        if is_waiting(each) and not is_trailing(each):
            continue
        found = row(ask, each)
        if kind in ("", found["type"]) and (state != "partially_filled" or each.executed):
            rows.append(found)
    return rows[::-1][: ask.rows(100)]


def _span(ask: Ask) -> tuple[int, int]:
    """start_time and end_time are in seconds; the last 7 days unless told."""
    start, end = ask.integer("start_time"), ask.integer("end_time")
    last = ask.now if end is None else end * 1000 + 999
    return (last - 7 * DAY if start is None else start * 1000), last


def history(ask: Ask) -> Any:
    """Orders that are done; one that was cancelled before it was triggered never became an order."""
    ask.listing()
    start, end = _span(ask)
    number, name = ask.text("order_id"), ask.text("client_order_id")
    found = [
        each
        for each in _of(ask, ask.exchange.orders(ask.now, product=Product.PERP))
        if each.status.done and not each.waits_for_trigger and start <= each.created_ms <= end
        and number in ("", str(each.id)) and name in ("", own_id(each))
    ]  # fmt: skip
    return [row(ask, each) for each in found[::-1][:200]]


def fills(ask: Ask) -> Any:
    listing, number, name = ask.some_listing(), ask.integer("order_id"), ask.text("client_order_id")
    start, end = _span(ask)
    rows = []
    for fill in ask.exchange.fills(ask.now, product=Product.PERP, order_id=number):
        order = ask.exchange.order(ask.now, order_id=fill.order_id)
        mine = (listing is None or listing.key == fill.key) and name in ("", own_id(order))
        if not mine or not start <= fill.time_ms <= end:
            continue
        its = ask.exchange.listing(fill.key)
        rows.append(
            {
                "order_id": str(fill.order_id), "trade_id": str(fill.id), "symbol": native(its),
                "side": code_of(order), "price": short(fill.price), "vol": lots(its, fill.qty),
                "exec_type": "Maker" if fill.maker else "Taker", "profit": fill.realised_pnl > 0,
                "realised_profit": fixed(fill.realised_pnl), "paid_fees": fixed(fill.commission),
                "account": "futures", "create_time": fill.time_ms,
            }
        )  # fmt: skip
    return rows[::-1][:200]


# Cancelling.


def cancel(ask: Ask) -> Any:
    """Without an id every plain order of the contract."""
    if not ask.text("order_id") and not ask.text("client_order_id"):
        return cancel_all(ask)
    found = wanted(ask)
    if found.waits_for_trigger:
        raise BitMartRefusal(*ABSENT)
    ask.exchange.cancel(found.key, ask.now, order_id=found.id)
    return {}


def cancel_all(ask: Ask) -> Any:
    ask.listing()
    sweep(ask, [each for each in ask.exchange.open_orders(ask.now, product=Product.PERP) if not is_waiting(each)])
    return {}


def sweep(ask: Ask, orders: Iterable[Order]) -> None:
    for each in _of(ask, orders):
        ask.exchange.cancel(each.key, ask.now, order_id=each.id)
