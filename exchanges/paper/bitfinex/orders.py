"""Placing, changing, cancelling and asking for orders. https://docs.bitfinex.com/reference/rest-auth-submit-order"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.bitfinex.market import listing_of, number
from blave_mcp.exchanges.paper.bitfinex.terms import pair_of
from blave_mcp.exchanges.paper.bitfinex.wire import Ask, BitfinexRefusal, Params, generic, notification, wrong
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import (
    ZERO,
    Listing,
    ListKind,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    Product,
    Side,
    TimeInForce,
)

PREFIX = "EXCHANGE "
FIRST_ID = 150_000_000_000
HIDDEN, CLOSE, REDUCE_ONLY, POST_ONLY, OCO = 64, 512, 1024, 4096, 16384
TYPES = {
    "LIMIT": OrderType.LIMIT,
    "MARKET": OrderType.MARKET,
    "STOP": OrderType.STOP_MARKET,
    "STOP LIMIT": OrderType.STOP_LIMIT,
    "TRAILING STOP": OrderType.TRAILING_STOP,
    "FOK": OrderType.LIMIT,
    "IOC": OrderType.LIMIT,
}
FORCES = {"FOK": TimeInForce.FOK, "IOC": TimeInForce.IOC}
DIGITS = 5
MOST_OPS = 75
TWO_WEEKS = 14 * 86_400_000

_ENDED = {
    Reason.POST_ONLY_WOULD_TAKE: "POSTONLY CANCELED",
    Reason.IOC_REMAINDER: "IOC CANCELED",
    Reason.FOK_NOT_FILLABLE: "FILLORKILL CANCELED",
    Reason.LIST_SIBLING: "OCO CANCELED",
    Reason.INSUFFICIENT_BALANCE: "INSUFFICIENT BALANCE",
    Reason.INSUFFICIENT_MARGIN: "INSUFFICIENT MARGIN",
}


def cut(price: Decimal) -> Decimal:
    """A price as Bitfinex takes it: cut to five significant digits.

    https://docs.bitfinex.com/docs/introduction#price-precision
    """
    grid = Decimal(1).scaleb(price.adjusted() - DIGITS + 1)
    return price // grid * grid


# Arrays.


def tag_of(order: Order) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(order.request.tag or "{}")
    return found


def row(ask: Ask, order: Order) -> list[Any]:
    """AMOUNT is what is left; AMOUNT_ORIG, what was placed, is not touched by an update."""
    tag = tag_of(order)
    sign = order.side.sign
    listing = ask.exchange.listing(order.key)
    kind, before = tag["type"], None
    request = order.request
    price, aux = order.price or ZERO, ZERO
    if request.type in (OrderType.STOP_MARKET, OrderType.STOP_LIMIT):
        price, aux = request.trigger_price or ZERO, order.price or ZERO
        if order.triggered_ms is not None and request.type is OrderType.STOP_LIMIT:
            kind, before, price, aux = kind.replace("STOP LIMIT", "LIMIT"), kind, aux, ZERO
    average = ZERO if order.average is None else number(order.average)
    expires = request.expire_ms
    return [
        order.id + FIRST_ID, tag.get("gid"), tag.get("cid"), f"t{pair_of(listing)}", order.created_ms, order.updated_ms,
        sign * order.remaining if order.status is not OrderStatus.FILLED else ZERO, Decimal(tag["orig"]), kind, before,
        expires, None, tag.get("flags", 0), status_of(order), None, None, price, average,
        request.callback_distance or ZERO, aux, None, None, None, 0, int(bool(tag.get("flags", 0) & HIDDEN)),
        tag.get("placed") or None, None, None, "API>BFX", None, None, tag.get("meta") or None,
    ]  # fmt: skip


def status_of(order: Order) -> str:
    done = f"{round(order.average or ZERO, 5).normalize():f}({(order.side.sign * order.executed).normalize():f})"
    partly = f"PARTIALLY FILLED @ {done}" if order.executed else ""
    match order.status:
        case OrderStatus.FILLED:
            return f"EXECUTED @ {done}"
        case OrderStatus.PARTIALLY_FILLED:
            return partly
        case OrderStatus.NEW | OrderStatus.PENDING:
            return "ACTIVE"
        case _:
            word = _ENDED.get(order.reason, "CANCELED") if order.reason else "CANCELED"
            return f"{word} was: {partly}" if partly else word


def fresh(ask: Ask, order: Order) -> list[Any]:
    """An order as its placing is answered: active, nothing done yet."""
    found = row(ask, order)
    found[6], found[13], found[17] = found[7], "ACTIVE", ZERO
    return found


# Placing.


def _flags(params: Params) -> int:
    flags = params.integer("flags", 0) or 0
    if flags < 0:
        raise wrong("flags")
    return flags


def _expiry(params: Params) -> int | None:
    text = params.text("tif")
    if not text:
        return None
    if text.isdecimal():
        return int(text)
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        raise wrong("tif") from None


def _request(ask: Ask, params: Params) -> tuple[Listing, OrderRequest, dict[str, Any]]:
    word = params.needed("type")
    spot = word.startswith(PREFIX)
    kind = word.removeprefix(PREFIX)
    if kind not in TYPES:
        raise wrong("type")
    listing = listing_of(ask, params.needed("symbol"), Product.SPOT if spot else Product.MARGIN)
    amount, flags = params.amount("amount"), _flags(params)
    if "lev" in params:
        raise generic("Invalid order: paper trading has no derivatives")
    prices = {name: params.decimal(name) for name in ("price", "price_aux_limit", "price_trailing", "price_oco_stop")}
    if any(value is not None and value <= 0 for value in prices.values()):
        raise generic("Invalid price.")
    price = None if prices["price"] is None else cut(prices["price"])
    if kind not in ("MARKET", "TRAILING STOP") and price is None:
        raise generic("Invalid price.")
    stops = kind in ("STOP", "STOP LIMIT")
    aux = prices["price_aux_limit"]
    meta = params.given.get("meta") or {}
    tag: dict[str, Any] = {"type": word, "orig": f"{amount:f}", "flags": flags, "meta": meta}
    for name in ("cid", "gid"):
        if name in params:
            tag[name] = params.integer(name)
    size = abs(amount)
    reduce = not spot and bool(flags & (REDUCE_ONLY | CLOSE))
    if flags & CLOSE and not spot:
        size = _held(ask, listing) or size
    limit = price if kind in ("LIMIT", "FOK", "IOC") else cut(aux) if kind == "STOP LIMIT" and aux is not None else None
    request = OrderRequest(
        key=listing.key,
        side=Side.BUY if amount > 0 else Side.SELL,
        type=TYPES[kind],
        qty=size,
        price=limit,
        tif=FORCES.get(kind, TimeInForce.GTC),
        post_only=bool(flags & POST_ONLY),
        reduce_only=reduce,
        trigger_price=price if stops else None,
        callback_distance=prices["price_trailing"],
        tied_to_position=reduce and kind not in ("LIMIT", "MARKET", "FOK", "IOC"),
        expire_ms=_expiry(params),
    )
    return listing, request, tag


def _held(ask: Ask, listing: Listing) -> Decimal:
    return sum((abs(one.qty) for one in ask.exchange.positions(ask.now, key=listing.key)), ZERO)


def _tagged(request: OrderRequest, tag: dict[str, Any]) -> OrderRequest:
    return replace(request, tag=json.dumps(tag, default=str))


def _place(ask: Ask, params: Params) -> list[list[Any]]:
    """Returns the arrays of what was placed: one order, or the two of an OCO pair."""
    listing, request, tag = _request(ask, params)
    try:
        if not tag["flags"] & OCO:
            return [fresh(ask, ask.exchange.place(_tagged(request, tag), ask.now))]
        stop = params.decimal("price_oco_stop")
        if stop is None or request.type is not OrderType.LIMIT:
            raise generic("Invalid price.")
        second = replace(
            request,
            type=OrderType.STOP_MARKET,
            price=None,
            trigger_price=cut(stop),
            post_only=False,
            tied_to_position=request.reduce_only,
        )
        other = {**tag, "type": tag["type"].replace("LIMIT", "STOP")}
        pair = [_tagged(request, tag), _tagged(second, other)]
        made = ask.exchange.place_list(ListKind.OCO, pair, ask.now)
        return [fresh(ask, ask.exchange.order(ask.now, order_id=id)) for id in made.order_ids]
    except PaperRefusal as refused:
        raise refusal(refused, listing, request) from None


def refusal(refused: PaperRefusal, listing: Listing, request: OrderRequest | None = None) -> BitfinexRefusal:
    """What the exchange refuses, in Bitfinex's words."""
    pair = pair_of(listing).replace(":", "")
    what = f"{request.side.sign * (request.qty or ZERO):f} {pair} at {request.price or 'market'}" if request else pair
    spot = listing.product is Product.SPOT
    wallet = "exchange" if spot else "tradable"
    words = {
        Reason.INSUFFICIENT_BALANCE: f"Invalid order: not enough {wallet} balance for {what}",
        Reason.INSUFFICIENT_MARGIN: f"Invalid order: not enough tradable balance for {what}",
        Reason.MAX_POSITION: f"Invalid order: not enough tradable balance for {what}",
        Reason.QTY_TOO_SMALL: f"Invalid order: minimum size for {pair} is {listing.min_qty:f}",
        Reason.QTY_TOO_LARGE: f"Invalid order: maximum size for {pair} is {listing.max_qty:f}",
        Reason.BAD_LOT: f"Invalid order: on paper the amount of {pair} is a multiple of {listing.step:f}",
        Reason.UNKNOWN_ORDER: "Order not found.",
        Reason.ORDER_DONE: "Order not found.",
        Reason.REDUCE_ONLY_REJECTED: "Invalid order: reduce-only order would increase the position",
        Reason.NO_POSITION: "Invalid order: there is no position to reduce",
        Reason.WOULD_TRIGGER_NOW: "Invalid order: stop price would trigger at once",
        Reason.NOTHING_TO_AMEND: "Invalid order: nothing to update",
    }
    return generic(words.get(refused.reason, f"Invalid order: {refused.detail}"))


def _text(params: Params) -> str:
    amount = params.amount("amount")
    symbol = params.text("symbol").removeprefix("t")
    base = symbol.partition(":")[0] if ":" in symbol else symbol[:-3]
    side = "buy" if amount > 0 else "sell"
    return f"Submitting {params.text('type').lower()} {side} order for {abs(amount):f} {base}."


def submit(ask: Ask) -> list[Any]:
    return notification("on-req", _place(ask, ask.params), _text(ask.params), ask.now // 1000)


# Changing and cancelling.


def _open(ask: Ask, id: int) -> Order:
    try:
        order = ask.exchange.order(ask.now, order_id=id - FIRST_ID)
    except PaperRefusal:
        raise generic("Order not found.") from None
    if order.status.done:
        raise generic("Order not found.")
    return order


def _update(ask: Ask, params: Params) -> list[Any]:
    id = params.integer("id")
    if id is None:
        raise wrong("id")
    order = _open(ask, id)
    listing = ask.exchange.listing(order.key)
    amount, delta, price = params.decimal("amount"), params.decimal("delta"), params.decimal("price")
    if amount is not None and (amount > 0) != (order.side is Side.BUY):
        raise generic("Invalid order: the side of an order cannot be changed")
    qty = None
    if amount is not None:
        qty = order.executed + abs(amount)
    elif delta is not None:
        qty = order.qty + delta
    aux = params.decimal("price_aux_limit")
    first, second = (None if value is None else cut(value) for value in (price, aux))
    limit, trigger = (second, first) if order.waits_for_trigger else (first, None)
    try:
        changed = ask.exchange.amend(order.key, ask.now, order_id=order.id, qty=qty, price=limit, trigger_price=trigger)
    except PaperRefusal as refused:
        raise refusal(refused, listing) from None
    return row(ask, changed)


def update(ask: Ask) -> list[Any]:
    found = _update(ask, ask.params)
    return notification("ou-req", found, f"Submitting update to order {found[0]}.", ask.now)


def _named(ask: Ask, params: Params) -> Order:
    id = params.integer("id")
    if id is not None:
        return _open(ask, id)
    cid, day = params.integer("cid"), params.text("cid_date")
    if cid is None or not day:
        raise wrong("id")
    for order in ask.exchange.open_orders(ask.now):
        placed = datetime.fromtimestamp(order.created_ms // 1000, UTC).date().isoformat()
        if tag_of(order).get("cid") == cid and placed == day:
            return order
    raise generic("Order not found.")


def _cancel(ask: Ask, params: Params) -> list[Any]:
    order = _named(ask, params)
    return row(ask, ask.exchange.cancel(order.key, ask.now, order_id=order.id))


def cancel(ask: Ask) -> list[Any]:
    order = _named(ask, ask.params)
    before = row(ask, order)
    ask.exchange.cancel(order.key, ask.now, order_id=order.id)
    text = f"Submitted for cancellation; waiting for confirmation (ID: {before[0]})."
    return notification("oc-req", before, text, ask.now)


def _cancel_several(ask: Ask, params: Params) -> list[list[Any]]:
    ids, groups, every = params.ids("id"), params.ids("gid"), params.integer("all")
    cids = {one[0] for one in params.given.get("cid", ()) if isinstance(one, list) and one}
    if ids is None and groups is None and not cids and every != 1:
        raise wrong("id")
    gone = []
    for order in ask.exchange.open_orders(ask.now):
        tag = tag_of(order)
        named = order.id + FIRST_ID in (ids or ()) or tag.get("gid") in (groups or ()) or tag.get("cid") in cids
        if (named or every == 1) and not ask.exchange.order(ask.now, order_id=order.id).status.done:
            gone.append(row(ask, order))
            ask.exchange.cancel(order.key, ask.now, order_id=order.id)
    return gone


def cancel_several(ask: Ask) -> list[Any]:
    gone = _cancel_several(ask, ask.params)
    return notification("oc_multi-req", gone, f"Submitting {len(gone)} order cancellations.", ask.now)


_OPS: dict[str, tuple[str, Callable[[Ask, Params], Any]]] = {
    "on": ("on-req", _place),
    "ou": ("ou-req", _update),
    "oc": ("oc-req", _cancel),
    "oc_multi": ("oc_multi-req", _cancel_several),
}


def several(ask: Ask) -> list[Any]:
    """Each operation by itself: a notification for each, with a status of its own."""
    ops = ask.params.given.get("ops")
    if not isinstance(ops, list) or not 1 <= len(ops) <= MOST_OPS:
        raise wrong("ops")
    told = []
    for op in ops:
        if not isinstance(op, list) or len(op) != 2 or op[0] not in _OPS or not isinstance(op[1], dict):
            raise wrong("ops")
        kind, run = _OPS[op[0]]
        try:
            told.append(notification(kind, run(ask, Params(op[1])), "Submitting 1 orders.", ask.now))
        except BitfinexRefusal as refused:
            told.append(notification(kind, None, refused.message, ask.now, "ERROR"))
    return notification("ox_multi-req", told, f"Submitting {len(told)} order operations.", ask.now)
