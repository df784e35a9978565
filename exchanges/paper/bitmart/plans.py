"""Orders on perpetuals that wait for a trigger: plan orders, take-profit and stop-loss, trailing stops.

https://developer-pro.bitmart.com/en/futuresv2/#submit-plan-order-signed
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.bitmart.account import take_terms
from blave_mcp.exchanges.paper.bitmart.face import Ask, BitMartRefusal, native
from blave_mcp.exchanges.paper.bitmart.futures import (
    ABSENT,
    check_reducible,
    code_of,
    force_of,
    is_trailing,
    is_waiting,
    leg_of,
    no_presets,
    own_id,
    size_of,
    sweep,
    told,
    wanted,
)
from blave_mcp.exchanges.paper.bitmart.terms import lots, text
from blave_mcp.exchanges.paper.face import short
from blave_mcp.exchanges.paper.types import Listing, Order, OrderRequest, OrderType, Product, Side, TriggerBy

BY = {1: TriggerBy.LAST, 2: TriggerBy.MARK}
PLAN, TPSL = "plan", "profit_loss"


def _price_type(ask: Ask, name: str = "price_type") -> tuple[int, TriggerBy]:
    found = ask.integer(name) or 0
    if found not in BY:
        raise BitMartRefusal(40007, "Parse parameter error")
    return found, BY[found]


def _type(*, stops: bool, price: Decimal | None) -> OrderType:
    if stops:
        return OrderType.STOP_MARKET if price is None else OrderType.STOP_LIMIT
    return OrderType.TAKE_PROFIT_MARKET if price is None else OrderType.TAKE_PROFIT_LIMIT


def _executive(ask: Ask, *, limited: bool) -> Decimal | None:
    price = ask.decimal("executive_price")
    if limited and (price is None or price <= 0):
        raise BitMartRefusal(40007, "Parse parameter error")
    return price if limited else None


# Plan orders.


def place(ask: Ask) -> Any:
    listing = ask.listing()
    kind = ask.one_of("type", ("limit", "market"), "limit")
    way = ask.integer("price_way") or 0
    if way not in (1, 2):
        raise BitMartRefusal(40007, "Parse parameter error")
    number, by = _price_type(ask)
    leg, size = leg_of(ask), size_of(ask, listing)
    ask.need("leverage"), ask.need("open_type")
    no_presets(ask)
    if (ask.integer("side") or 0) in (1, 4):
        take_terms(ask, listing, set_now=False)
    else:
        check_reducible(ask, listing, leg, size)
    price, (force, maker) = _executive(ask, limited=kind == "limit"), force_of(ask)
    note = {"plan": PLAN, "type": kind, "price_way": way, "price_type": number, "mode": ask.integer("mode") or 1}
    order = ask.exchange.place(
        OrderRequest(
            key=listing.key,
            type=_type(stops=(way == 1) == (leg["side"] is Side.BUY), price=price),
            qty=size,
            price=price,
            tif=force,
            post_only=maker and price is not None,
            trigger_price=ask.positive("trigger_price"),
            trigger_by=by,
            tag=json.dumps(note),
            **leg,
        ),
        ask.now,
    )
    return {"order_id": order.id}


def place_tpsl(ask: Ask) -> Any:
    """For an open position; plan_category 2 is for all of it."""
    listing = ask.listing()
    kind = ask.one_of("type", ("take_profit", "stop_loss"))
    category = ask.integer("plan_category") or 2
    number, by = _price_type(ask)
    leg = leg_of(ask)
    if ask.text("category") != "market":
        ask.need("executive_price")
    whole = category == 2 or not ask.text("size")
    limited = ask.text("category") == "limit" and not whole
    size = None if whole else size_of(ask, listing)
    check_reducible(ask, listing, leg, size or listing.step)
    price, trigger = _executive(ask, limited=limited), ask.positive("trigger_price")
    _check_side(ask, listing, kind, leg["side"], trigger, by)
    order = ask.exchange.place(
        OrderRequest(
            key=listing.key,
            type=_type(stops=kind == "stop_loss", price=price),
            qty=size,
            price=price,
            close_position=whole,
            trigger_price=trigger,
            trigger_by=by,
            tied_to_position=True,
            client_id=ask.client_id("client_order_id"),
            tag=json.dumps(
                {"plan": TPSL, "type": kind, "plan_category": 2 if whole else 1, "price_type": number, "mode": 1}
            ),
            **(leg | ({"reduce_only": False} if whole else {})),
        ),
        ask.now,
    )
    return {"order_id": str(order.id), "client_order_id": own_id(order)}


def _check_side(ask: Ask, listing: Listing, kind: str, side: Side, trigger: Decimal, by: TriggerBy) -> None:  # noqa: PLR0917
    prices = ask.exchange.market.prices(listing.key, ask.now)
    at = prices.mark if by is TriggerBy.MARK else prices.last
    above = (kind == "stop_loss") == (side is Side.BUY)
    if trigger == at or (trigger > at) != above:
        raise BitMartRefusal(40031, "The deviation between current price and trigger price is too large.")


def place_trailing(ask: Ask) -> Any:
    listing = ask.listing()
    number, by = _price_type(ask, "activation_price_type")
    rate = ask.positive("callback_rate")
    leg, size = leg_of(ask), size_of(ask, listing)
    ask.need("leverage"), ask.need("open_type")
    if not Decimal("0.1") <= rate <= 5:
        raise BitMartRefusal(40044, "The order range is invalid")
    if (ask.integer("side") or 0) in (1, 4):
        take_terms(ask, listing, set_now=False)
    else:
        check_reducible(ask, listing, leg, size)
    order = ask.exchange.place(
        OrderRequest(
            key=listing.key,
            type=OrderType.TRAILING_STOP,
            qty=size,
            activation_price=ask.positive("activation_price"),
            callback_rate=rate / 100,
            trigger_by=by,
            tag=json.dumps({"type": "trailing", "price_type": number}),
            **leg,
        ),
        ask.now,
    )
    return {"order_id": order.id}


# Asking.


def _waits(order: Order) -> bool:
    return is_waiting(order) and not is_trailing(order)


def row(ask: Ask, order: Order) -> dict[str, Any]:
    """https://developer-pro.bitmart.com/en/futuresv2/#get-all-current-plan-orders-keyed"""
    listing, note, request = ask.exchange.listing(order.key), told(order), order.request
    now = ask.exchange.settings(order.key)
    held = sum(abs(one.qty) for one in ask.exchange.positions(ask.now, key=order.key)
               if one.position_side is request.position_side)  # fmt: skip
    stops = order.type in (OrderType.STOP_MARKET, OrderType.STOP_LIMIT)
    rises = stops == (order.side is Side.BUY)
    return {
        "order_id": str(order.id), "client_order_id": own_id(order), "symbol": native(listing), "side": code_of(order),
        "type": note["type"], "leverage": short(now.leverage), "open_type": now.margin_mode.value,
        "size": lots(listing, Decimal(held) if request.close_position else order.qty),
        "executive_price": text(order.price), "trigger_price": text(request.trigger_price),
        "price_way": note.get("price_way", 1 if rises else 2), "price_type": note["price_type"],
        "plan_category": note.get("plan_category", 0), "state": 2, "mode": note["mode"],
        "position_mode": "hedge_mode" if ask.exchange.hedge else "one_way_mode", "create_time": order.created_ms,
        "update_time": order.updated_ms, "preset_take_profit_price_type": 0, "preset_stop_loss_price_type": 0,
        "preset_take_profit_price": "", "preset_stop_loss_price": "",
    }  # fmt: skip


def current(ask: Ask) -> Any:
    listing, plan, kind = ask.some_listing(), ask.text("plan_type"), ask.text("type")
    found = [
        each
        for each in ask.exchange.open_orders(ask.now, product=Product.PERP)
        if _waits(each) and (listing is None or each.key == listing.key) and plan in ("", told(each)["plan"])
        and kind in ("", "market" if each.price is None else "limit")
    ]  # fmt: skip
    return [row(ask, each) for each in found[::-1][: ask.rows(100)]]


# Changing and cancelling.


def _one(ask: Ask) -> Order:
    found = wanted(ask)
    if not _waits(found):
        raise BitMartRefusal(*ABSENT)
    return found


def modify(ask: Ask) -> Any:
    found = _one(ask)
    _price_type(ask)
    limited = ask.one_of("type", ("limit", "market")) == "limit"
    if limited != (found.price is not None):
        raise BitMartRefusal(40042, "The order type is invalid")
    return _amended(ask, found, _executive(ask, limited=limited))


def modify_tpsl(ask: Ask) -> Any:
    found = _one(ask)
    _price_type(ask)
    price = ask.decimal("executive_price")
    return _amended(ask, found, price if found.price is not None and price else None)


def _amended(ask: Ask, found: Order, price: Decimal | None) -> Any:
    done = ask.exchange.amend(
        found.key, ask.now, order_id=found.id, trigger_price=ask.positive("trigger_price"), price=price
    )
    return {"order_id": str(done.id)}


def cancel(ask: Ask) -> Any:
    """Without an id every one of the contract."""
    if ask.text("order_id") or ask.text("client_order_id"):
        found = _one(ask)
        ask.exchange.cancel(found.key, ask.now, order_id=found.id)
        return {}
    ask.listing()
    sweep(ask, [each for each in ask.exchange.open_orders(ask.now, product=Product.PERP) if _waits(each)])
    return {}


def cancel_trailing(ask: Ask) -> Any:
    if ask.text("order_id"):
        found = wanted(ask)
        if not is_trailing(found):
            raise BitMartRefusal(*ABSENT)
        ask.exchange.cancel(found.key, ask.now, order_id=found.id)
        return {}
    ask.listing()
    waiting = ask.exchange.open_orders(ask.now, product=Product.PERP)
    sweep(ask, [each for each in waiting if is_trailing(each) and is_waiting(each)])
    return {}
