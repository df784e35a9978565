"""Orders: placed, changed, cancelled, asked for, alone and in batches; fills; closing a position.

https://www.okx.com/docs-v5/en/#order-book-trading-trade
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.face import short
from blave_mcp.exchanges.paper.okx.account import NATIVE_SIDES, SIDES, take_mode
from blave_mcp.exchanges.paper.okx.face import NOT_IN_DEMO, Ask, OkxRefusal, inst_id, inst_type, words_of, wrong
from blave_mcp.exchanges.paper.okx.terms import lots, text
from blave_mcp.exchanges.paper.refusals import PaperRefusal
from blave_mcp.exchanges.paper.types import (
    ZERO,
    Listing,
    MarginMode,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    PositionSide,
    Product,
    Side,
    TimeInForce,
)

STATES = {
    OrderStatus.NEW: "live",
    OrderStatus.PARTIALLY_FILLED: "partially_filled",
    OrderStatus.FILLED: "filled",
    OrderStatus.CANCELED: "canceled",
    OrderStatus.EXPIRED: "canceled",
    OrderStatus.REJECTED: "canceled",
}
PRICED = ("limit", "post_only", "fok", "ioc")
ORD_TYPES = (*PRICED, "market", "optimal_limit_ioc")
_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_TAG = re.compile(r"[A-Za-z0-9]{0,16}")


def is_algo(order: Order) -> bool:
    return order.type not in (OrderType.MARKET, OrderType.LIMIT)


def visible(order: Order) -> bool:
    """Whether it is an order: an algo order becomes one when it is triggered."""
    return not is_algo(order) or order.triggered_ms is not None


def told(order: Order) -> dict[str, str]:
    """What this face has written on an order."""
    found: dict[str, str] = json.loads(order.request.tag or "{}")
    return found


# How orders are told.


def row(ask: Ask, order: Order) -> dict[str, Any]:
    """https://www.okx.com/docs-v5/en/#order-book-trading-trade-get-order-details"""
    listing = ask.exchange.listing(order.key)
    note, algo = told(order), is_algo(order)
    fills = ask.exchange.fills(ask.now, key=order.key, order_id=order.id) if order.executed else ()
    last = fills[-1] if fills else None
    fee = sum((fill.commission for fill in fills), ZERO)
    pnl = sum((fill.realised_pnl for fill in fills), ZERO)
    request = order.request
    size = short(request.quote_qty) if request.quote_qty is not None else lots(listing, order.qty)
    average = order.average
    swap, leveraged = listing.product is Product.PERP, listing.product.leveraged
    return {
        "accFillSz": lots(listing, order.executed),
        "algoClOrdId": order.client_id if algo else "",
        "algoId": str(order.id) if algo else "",
        "attachAlgoClOrdId": "", "attachAlgoOrds": [],
        "avgPx": "" if average is None else short(average.quantize(Decimal("1e-10"))),
        "cTime": str(order.triggered_ms or order.created_ms),
        "cancelSource": _canceled_by(order), "cancelSourceReason": "",
        "category": "normal",
        "ccy": listing.settle if leveraged else "",
        "clOrdId": "" if algo else client_id(order),
        "fee": short(-fee),
        "feeCcy": last.commission_asset if last else "",
        "fillPx": text(last.price if last else None),
        "fillSz": lots(listing, last.qty) if last else "0",
        "fillTime": str(last.time_ms) if last else "",
        "instId": inst_id(listing), "instType": inst_type(listing), "isTpLimit": "false",
        "lever": short(ask.exchange.settings(order.key).leverage) if leveraged else "",
        "linkedAlgoOrd": {"algoId": ""},
        "ordId": str(order.id),
        "ordType": ("market" if order.price is None else "limit") if algo else note["ordType"],
        "pnl": short(pnl),
        "posSide": SIDES[request.position_side] if swap else "net",
        "px": text(order.price),
        "pxType": "", "pxUsd": "", "pxVol": "", "quickMgnType": "", "rebate": "0", "rebateCcy": listing.quote,
        "reduceOnly": "true" if request.reduce_only or request.close_position else "false",
        "side": order.side.value,
        "slOrdPx": "", "slTriggerPx": "", "slTriggerPxType": "",
        "source": "7" if algo else "",
        "state": STATES.get(order.status, "live"),
        "stpId": "", "stpMode": "cancel_maker",
        "sz": size,
        "tag": note.get("tag", ""),
        "tdMode": note["tdMode"],
        "tgtCcy": note.get("tgtCcy", ""),
        "tpOrdPx": "", "tpTriggerPx": "", "tpTriggerPxType": "",
        "tradeId": str(last.id) if last else "",
        "tradeQuoteCcy": "" if swap else listing.quote,
        "uTime": str(order.updated_ms),
    }  # fmt: skip


def _canceled_by(order: Order) -> str:
    """1: the user, 0: the venue."""
    if order.status is not OrderStatus.CANCELED:
        return ""
    return "1" if order.reason is None else "0"


def client_id(order: Order) -> str:
    """ "" where the exchange named the order itself."""
    return "" if order.client_id == f"p{order.id}" else order.client_id


def result(ask: Ask, order: Order | None, refused: tuple[str, str] = ("0", "")) -> dict[str, Any]:
    """An element of an answer to orders."""
    return {
        "clOrdId": ask.text("clOrdId") if order is None else client_id(order),
        "ordId": "" if order is None else str(order.id),
        "tag": ask.text("tag"),
        "ts": str(ask.now),
        "sCode": refused[0],
        "sMsg": refused[1],
        "subCode": "",
    }


def judged(ask: Ask, act: Callable[[Ask], Order]) -> dict[str, Any]:
    """Carries out one element: what is refused is told in the element."""
    try:
        return result(ask, act(ask), ("0", ""))
    except OkxRefusal as refused:
        told_so = refused.code, refused.message
    except PaperRefusal as refused:
        told_so = words_of(refused)
    return result(ask, None, told_so)


# Placing.


def side_of(ask: Ask) -> Side:
    return Side(ask.one_of("side", ("buy", "sell")))


def position_side(ask: Ask, listing: Listing) -> PositionSide:
    name = ask.text("posSide")
    if listing.product is not Product.PERP:
        if name not in ("", "net"):
            raise wrong("posSide")
        return PositionSide.BOTH
    if name not in ("", *NATIVE_SIDES):
        raise wrong("posSide")
    return NATIVE_SIDES[name or "net"]


def traded(ask: Ask) -> Listing:
    """The listing that an order is for: tdMode tells whether a pair is traded as spot or on margin.

    Margin is backed by the quote, which `ccy` has to name.
    """
    listing, name = ask.listing(), ask.text("tdMode")
    if listing.product is Product.PERP or name not in ("cross", "isolated"):
        return listing
    lent = ask.lent(inst_id(listing))
    backing = ask.text("ccy")
    if backing == lent.base:
        raise OkxRefusal(NOT_IN_DEMO[0], f"{NOT_IN_DEMO[1]}: paper trading backs margin with the quote")
    if backing != lent.quote:
        raise wrong("ccy")
    return lent


def td_mode(ask: Ask, listing: Listing) -> str:
    """Spot is traded without borrowing; another order puts the instrument into its margin mode."""
    name = ask.one_of("tdMode", ("cash", "cross", "isolated", "spot_isolated"))
    if listing.product.leveraged:
        if name not in ("cross", "isolated"):
            raise wrong("tdMode")
        take_mode(ask, listing, MarginMode(name))
    elif name != "cash":
        raise OkxRefusal(NOT_IN_DEMO[0], f"{NOT_IN_DEMO[1]}: paper trading has no {name}")
    return name


def reduces(ask: Ask, listing: Listing) -> bool:
    """reduceOnly, which long/short mode and spot do not look at."""
    hedged = ask.exchange.hedge and listing.product is Product.PERP
    return ask.flag("reduceOnly") and listing.product.leveraged and not hedged


def client_name(ask: Ask, name: str) -> str:
    """Raises OkxRefusal 51000 for anything but letters and digits."""
    found = ask.text(name)
    if found and not _ID.fullmatch(found):
        raise wrong(name)
    if not _TAG.fullmatch(ask.text("tag")):
        raise wrong("tag")
    return found


def size_of(ask: Ask, listing: Listing, name: str = "sz") -> Decimal:
    """In base units."""
    found = ask.decimal(name)
    if found is None or found <= 0:
        raise wrong(name)
    return found * listing.contract_size


def place_one(ask: Ask) -> Order:
    listing = traded(ask)
    kind = ask.one_of("ordType", ORD_TYPES)
    price, name = ask.decimal("px"), client_name(ask, "clOrdId")
    if ask.given.get("attachAlgoOrds"):
        raise OkxRefusal(NOT_IN_DEMO[0], f"{NOT_IN_DEMO[1]}: paper trading attaches no orders to another")
    if ask.text("stpMode") not in ("", "cancel_maker"):
        raise OkxRefusal(NOT_IN_DEMO[0], f"{NOT_IN_DEMO[1]}: paper trading has self-trade prevention by cancel_maker")
    if kind in PRICED and (price is None or price <= 0):
        raise wrong("px")
    side = side_of(ask)
    target = ""
    if listing.product is not Product.PERP and kind == "market":
        target = "quote_ccy" if side is Side.BUY else "base_ccy"
        if listing.product is Product.SPOT:
            target = ask.one_of("tgtCcy", ("base_ccy", "quote_ccy"), target)
    size = size_of(ask, listing)
    note = {"ordType": kind, "tdMode": td_mode(ask, listing), "tag": ask.text("tag"), "tgtCcy": target}
    request = OrderRequest(
        key=listing.key,
        side=side,
        type=OrderType.LIMIT if kind in PRICED else OrderType.MARKET,
        qty=None if target == "quote_ccy" else size,
        quote_qty=size if target == "quote_ccy" else None,
        price=price if kind in PRICED else None,
        tif={"fok": TimeInForce.FOK, "ioc": TimeInForce.IOC}.get(kind, TimeInForce.GTC),
        post_only=kind == "post_only",
        reduce_only=reduces(ask, listing),
        position_side=position_side(ask, listing),
        client_id=name,
        tag=json.dumps(note),
    )
    return ask.exchange.place(request, ask.now)


def place(ask: Ask) -> list[Any]:
    return [judged(ask, place_one)]


def elements(ask: Ask, most: int) -> list[Ask]:
    if not isinstance(ask.body, list) or not ask.body:
        raise OkxRefusal("50002", "JSON syntax error", status=400)
    if len(ask.body) > most:
        raise OkxRefusal("51111", f"Maximum {most} orders can be placed in bulk.")
    return [ask.element(each) for each in ask.body]


def place_batch(ask: Ask) -> list[Any]:
    return [judged(each, place_one) for each in elements(ask, 20)]


# Changing and cancelling.


def found_of(ask: Ask, instrument: str, number: int | None, name: str) -> Order | None:
    """The order of this id, or else the newest of this client id, on an instrument; "" for any."""
    keys = [each.key for each in ask.face.named(ask.exchange, instrument)] if instrument else [None]
    found = []
    for key in keys:
        try:
            found.append(
                ask.exchange.order(ask.now, key=key, order_id=number)
                if number is not None
                else ask.exchange.order(ask.now, key=key, client_id=name)
            )
        except PaperRefusal:
            continue
    return max(found, key=lambda each: (not each.status.done, each.id), default=None)


def wanted(ask: Ask, unknown: tuple[str, str]) -> Order:
    """The order that ordId or clOrdId names; the former counts where both are sent."""
    instrument = inst_id(ask.listing())
    number, name = ask.integer("ordId"), ask.text("clOrdId")
    if number is None and not name:
        raise OkxRefusal("51003", "Either client order ID or order ID is required.")
    found = found_of(ask, instrument, number, name)
    if found is None or not visible(found) or (number is None and is_algo(found)):
        raise OkxRefusal(*unknown)
    return found


GONE = ("51400", "Cancellation failed as the order has been filled, canceled or does not exist.")


def cancel_one(ask: Ask) -> Order:
    found = wanted(ask, GONE)
    if found.status.done:
        raise OkxRefusal(*GONE)
    return ask.exchange.cancel(found.key, ask.now, order_id=found.id)


def cancel(ask: Ask) -> list[Any]:
    return [judged(ask, cancel_one)]


def cancel_batch(ask: Ask) -> list[Any]:
    return [judged(each, cancel_one) for each in elements(ask, 20)]


def amend_one(ask: Ask) -> Order:
    found = wanted(
        ask, ("51503", "Order modification failed as the order has been filled, canceled or does not exist.")
    )
    listing = ask.exchange.listing(found.key)
    if found.status.done:
        done = ("51510", "completed") if found.status is OrderStatus.FILLED else ("51509", "canceled")
        raise OkxRefusal(done[0], f"Modification failed as the order has been {done[1]}.")
    price = ask.decimal("newPx")
    size = size_of(ask, listing, "newSz") if ask.text("newSz") else None
    return ask.exchange.amend(found.key, ask.now, order_id=found.id, price=price, qty=size)


def _amended(ask: Ask) -> dict[str, Any]:
    told_so = judged(ask, amend_one)
    return {**told_so, "ordId": told_so["ordId"] or ask.text("ordId"), "reqId": ask.text("reqId")}


def amend(ask: Ask) -> list[Any]:
    return [_amended(ask)]


def amend_batch(ask: Ask) -> list[Any]:
    return [_amended(each) for each in elements(ask, 20)]


def close_position(ask: Ask) -> list[Any]:
    listing = ask.leveraged(ask.need("instId"))
    mode = MarginMode(ask.one_of("mgnMode", ("cross", "isolated")))
    side, name = position_side(ask, listing), client_name(ask, "clOrdId")
    held = next((each for each in ask.exchange.positions(ask.now, key=listing.key) if each.position_side is side), None)
    if held is None or held.margin_mode is not mode:
        raise OkxRefusal("51023", "Position does not exist")
    closing = Side.SELL if held.qty > 0 else Side.BUY
    blocking = [
        each
        for each in ask.exchange.open_orders(ask.now, key=listing.key)
        if visible(each) and each.side is closing and each.request.position_side is side
    ]
    if blocking and not ask.flag("autoCxl"):
        raise OkxRefusal("51115", "Cancel all pending close-orders before liquidation.")
    for each in blocking:
        ask.exchange.cancel(listing.key, ask.now, order_id=each.id)
    note = {"ordType": "market", "tdMode": mode.value, "tag": ask.text("tag")}
    ask.exchange.place(
        OrderRequest(
            key=listing.key,
            side=closing,
            type=OrderType.MARKET,
            qty=abs(held.qty),
            reduce_only=side is PositionSide.BOTH,
            position_side=side,
            client_id=name,
            tag=json.dumps(note),
        ),
        ask.now,
    )
    return [{"instId": inst_id(listing), "posSide": SIDES[side], "clOrdId": name, "tag": ask.text("tag")}]
