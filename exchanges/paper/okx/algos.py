"""Algo orders: conditional, oco, trigger and trailing. The exchange keeps an oco as two orders; its id is the first's.

https://www.okx.com/docs-v5/en/#order-book-trading-algo-trading
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.face import short
from blave_mcp.exchanges.paper.okx.account import SIDES
from blave_mcp.exchanges.paper.okx.asking import paged
from blave_mcp.exchanges.paper.okx.face import NOT_IN_DEMO, Ask, OkxRefusal, inst_id, inst_type, words_of, wrong
from blave_mcp.exchanges.paper.okx.orders import (
    client_id,
    client_name,
    elements,
    found_of,
    is_algo,
    position_side,
    reduces,
    side_of,
    size_of,
    td_mode,
    told,
    traded,
)
from blave_mcp.exchanges.paper.okx.terms import lots, text
from blave_mcp.exchanges.paper.refusals import PaperRefusal
from blave_mcp.exchanges.paper.types import (
    ListKind,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    Product,
    Side,
    TriggerBy,
)

KINDS = ("conditional", "oco", "trigger", "move_order_stop")
UNKNOWN = ("51603", "Order does not exist")
_STOPS = (OrderType.STOP_MARKET, OrderType.STOP_LIMIT)


def place(ask: Ask) -> list[Any]:
    try:
        orders = _place(ask)
    except OkxRefusal as refused:
        return [_result(ask, None, (refused.code, refused.message))]
    except PaperRefusal as refused:
        return [_result(ask, None, words_of(refused))]
    return [_result(ask, orders[0], ("0", ""))]


def _result(ask: Ask, order: Order | None, code: tuple[str, str]) -> dict[str, Any]:
    return {
        "algoClOrdId": ask.text("algoClOrdId") if order is None else client_id(order),
        "algoId": "" if order is None else str(order.id),
        "clOrdId": "",
        "sCode": code[0],
        "sMsg": code[1],
        "tag": ask.text("tag"),
    }


def _place(ask: Ask) -> list[Order]:
    listing = traded(ask)
    kind, name = ask.need("ordType"), client_name(ask, "algoClOrdId")
    if kind not in KINDS or ask.given.get("attachAlgoOrds") or ask.text("tpOrdKind") == "limit":
        raise OkxRefusal(NOT_IN_DEMO[0], f"{NOT_IN_DEMO[1]}: paper trading has no such algo order")
    whole = ask.text("closeFraction") == "1"
    swap = listing.product is Product.PERP
    if whole and not swap:
        raise OkxRefusal("51327", "closeFraction is only available for Expiry Futures and Perpetual Futures")
    if whole and not ask.exchange.hedge and not ask.flag("reduceOnly"):
        raise OkxRefusal("51328", "closeFraction is only available for reduceOnly orders")
    if not whole and not ask.text("sz"):
        raise OkxRefusal("50015", "Either parameter sz or closeFraction is required")
    last = ask.exchange.market.prices(listing.key, ask.now).last
    note = {"ordType": kind, "tdMode": td_mode(ask, listing), "tag": ask.text("tag"), "last": short(last)}
    shared: dict[str, Any] = {
        "key": listing.key,
        "side": side_of(ask),
        "qty": None if whole else size_of(ask, listing),
        "close_position": whole,
        "reduce_only": reduces(ask, listing) and not whole,
        "position_side": position_side(ask, listing),
        "tag": json.dumps(note),
    }
    if kind == "oco":
        legs = [_leg(ask, "tp", shared, name), _leg(ask, "sl", shared, "")]
        group = ask.exchange.place_list(ListKind.OCO, legs, ask.now)
        return [ask.exchange.order(ask.now, order_id=number) for number in group.order_ids]
    return [ask.exchange.place(_single(ask, kind, shared, name, last), ask.now)]


def _single(ask: Ask, kind: str, shared: dict[str, Any], name: str, last: Decimal) -> OrderRequest:
    if kind == "move_order_stop":
        return OrderRequest(
            **shared,
            type=OrderType.TRAILING_STOP,
            callback_rate=ask.decimal("callbackRatio"),
            callback_distance=ask.decimal("callbackSpread"),
            activation_price=ask.decimal("activePx"),
            client_id=name,
        )
    if kind == "trigger":
        trigger, price = _positive(ask, "triggerPx"), _order_price(ask, "orderPx")
        stops = (trigger > last) == (shared["side"] is Side.BUY)
        return OrderRequest(
            **shared,
            type=_type(stops=stops, price=price),
            price=price,
            trigger_price=trigger,
            trigger_by=_by(ask, "triggerPxType"),
            client_id=name,
        )
    given = [leg for leg in ("sl", "tp") if ask.text(f"{leg}TriggerPx")]
    if not given:
        raise wrong("slTriggerPx")
    return _leg(ask, given[0], shared, name)


def _leg(ask: Ask, leg: str, shared: dict[str, Any], name: str) -> OrderRequest:
    trigger, price = _positive(ask, f"{leg}TriggerPx"), _order_price(ask, f"{leg}OrdPx")
    buys, last = shared["side"] is Side.BUY, Decimal(json.loads(shared["tag"])["last"])
    by = _by(ask, f"{leg}TriggerPxType")
    at = ask.exchange.market.prices(shared["key"], ask.now).mark if by is TriggerBy.MARK else last
    rises = buys == (leg == "sl")
    if trigger == at or (trigger > at) != rises:
        codes = {("tp", True): "51277", ("sl", True): "51278", ("tp", False): "51279", ("sl", False): "51280"}
        than = "lower" if rises else "higher"
        raise OkxRefusal(codes[leg, buys], f"{leg.upper()} trigger price cannot be {than} than the last price")
    return OrderRequest(
        **shared,
        type=_type(stops=leg == "sl", price=price),
        price=price,
        trigger_price=trigger,
        trigger_by=by,
        client_id=name,
    )


def _type(*, stops: bool, price: Decimal | None) -> OrderType:
    if stops:
        return OrderType.STOP_MARKET if price is None else OrderType.STOP_LIMIT
    return OrderType.TAKE_PROFIT_MARKET if price is None else OrderType.TAKE_PROFIT_LIMIT


def _positive(ask: Ask, name: str) -> Decimal:
    found = ask.decimal(name)
    if found is None or found <= 0:
        raise wrong(name)
    return found


def _order_price(ask: Ask, name: str) -> Decimal | None:
    """-1 is a market order."""
    found = ask.decimal(name)
    if found is None or (found <= 0 and found != -1):
        raise wrong(name)
    return None if found == -1 else found


def _by(ask: Ask, name: str) -> TriggerBy:
    return TriggerBy(ask.one_of(name, ("last", "mark"), "last"))


# Groups: one order, or the two of an oco.


def _group(ask: Ask, order: Order) -> list[Order]:
    if not order.list_id:
        return [order]
    ids = ask.exchange.order_list(ask.now, list_id=order.list_id).order_ids
    return [ask.exchange.order(ask.now, order_id=number) for number in ids]


def _wanted(ask: Ask, instrument: str) -> list[Order]:
    number, name = ask.integer("algoId"), ask.text("algoClOrdId")
    if number is None and not name:
        raise OkxRefusal("50015", "Either parameter algoId or algoClOrdId is required", status=400)
    found = found_of(ask, instrument, number, name)
    if found is None or not is_algo(found):
        raise OkxRefusal(*UNKNOWN)
    return _group(ask, found)


def _state(orders: list[Order]) -> str:
    if any(each.waits_for_trigger and not each.status.done for each in orders):
        return "live"
    if any(each.triggered_ms is not None for each in orders):
        return "effective"
    return "order_failed" if orders[0].status is OrderStatus.REJECTED else "canceled"


def row(ask: Ask, orders: list[Order]) -> dict[str, Any]:
    """https://www.okx.com/docs-v5/en/#order-book-trading-algo-trading-get-algo-order-details"""
    first = orders[0]
    listing, note, request = ask.exchange.listing(first.key), told(first), first.request
    kind, state, swap = note["ordType"], _state(orders), listing.product is Product.PERP
    fired = next((each for each in orders if each.triggered_ms is not None), None)
    legs = {"sl": "", "tp": ""}
    found: dict[str, str] = {}
    if kind in ("conditional", "oco"):
        for each in orders:
            leg = "sl" if each.type in _STOPS else "tp"
            legs[leg] = "used"
            found |= {
                f"{leg}TriggerPx": text(each.request.trigger_price),
                f"{leg}OrdPx": "-1" if each.price is None else text(each.price),
                f"{leg}TriggerPxType": each.request.trigger_by.value,
            }
    for leg in (leg for leg, used in legs.items() if not used):
        found |= {f"{leg}TriggerPx": "", f"{leg}OrdPx": "", f"{leg}TriggerPxType": ""}
    triggers = kind == "trigger"
    return {
        "activePx": text(request.activation_price), "actualPx": text(fired.average if fired else None),
        "actualSide": "" if fired is None or triggers else "sl" if fired.type in _STOPS else "tp",
        "actualSz": lots(listing, fired.qty) if fired else "0",
        "algoClOrdId": client_id(first), "algoId": str(first.id), "amendPxOnTriggerType": "0", "attachAlgoOrds": [],
        "cTime": str(first.created_ms),
        "callbackRatio": text(request.callback_rate), "callbackSpread": text(request.callback_distance),
        "ccy": listing.settle if listing.product.leveraged else "", "chaseType": "", "chaseVal": "", "clOrdId": "",
        "closeFraction": "1" if request.close_position else "",
        "failCode": "", "instId": inst_id(listing), "instType": inst_type(listing), "isTradeBorrowMode": "",
        "last": note["last"],
        "lever": short(ask.exchange.settings(first.key).leverage) if listing.product.leveraged else "",
        "linkedOrd": {"ordId": ""}, "maxChaseType": "", "maxChaseVal": "",
        "moveTriggerPx": "", "ordId": str(fired.id) if fired else "",
        "ordIdList": [str(fired.id)] if fired else [],
        "ordPx": ("-1" if first.price is None else text(first.price)) if triggers else "",
        "ordType": kind,
        "posSide": SIDES[request.position_side] if swap else "net",
        "pxLimit": "", "pxSpread": "", "pxVar": "", "quickMgnType": "",
        "reduceOnly": "true" if request.reduce_only or request.close_position else "false",
        "side": first.side.value, **found, "state": state,
        "sz": "" if request.close_position else lots(listing, first.qty),
        "szLimit": "", "tag": note["tag"], "tdMode": note["tdMode"], "tgtCcy": "", "timeInterval": "",
        "triggerPx": text(request.trigger_price) if triggers else "",
        "triggerPxType": request.trigger_by.value if triggers else "",
        "triggerTime": str(fired.triggered_ms) if fired else "",
        "tradeQuoteCcy": "" if swap else listing.quote, "uTime": str(max(each.updated_ms for each in orders)),
    }  # fmt: skip


def query(ask: Ask) -> list[Any]:
    return [row(ask, _wanted(ask, ""))]


def _listed(ask: Ask, orders: tuple[Order, ...], states: tuple[str, ...]) -> list[Any]:
    kinds, kind, name = ask.need("ordType").split(","), ask.text("instType"), ask.some_name()
    number = ask.text("algoId")
    seen: dict[int, dict[str, Any]] = {}
    for each in orders:
        if not is_algo(each) or name not in ("", inst_id(ask.exchange.listing(each.key))):
            continue
        group = _group(ask, each)
        told_so = row(ask, group)
        fits = told_so["ordType"] in kinds and told_so["state"] in states
        if fits and kind in ("", told_so["instType"]) and number in ("", told_so["algoId"]):
            seen[group[0].id] = told_so
    return paged(ask, seen.values(), "algoId")


def pending(ask: Ask) -> list[Any]:
    return _listed(ask, ask.exchange.open_orders(ask.now), ("live",))


def history(ask: Ask) -> list[Any]:
    state = ask.text("state")
    if not state and not ask.text("algoId"):
        raise OkxRefusal("50015", "Either parameter state or algoId is required", status=400)
    states = (state,) if state else ("effective", "canceled", "order_failed")
    return _listed(ask, ask.exchange.orders(ask.now), states)


def cancel(ask: Ask) -> list[Any]:
    return [_cancel_one(each) for each in elements(ask, 10)]


def _cancel_one(ask: Ask) -> dict[str, Any]:
    gone = ("51400", "Cancellation failed as the order has been filled, canceled or does not exist.")
    try:
        orders = _wanted(ask, inst_id(ask.listing()))
        if _state(orders) != "live":
            raise OkxRefusal(*gone)
        for each in orders:
            if not ask.exchange.order(ask.now, order_id=each.id).status.done:
                ask.exchange.cancel(each.key, ask.now, order_id=each.id)
    except OkxRefusal as refused:
        code = gone if refused.code == UNKNOWN[0] else (refused.code, refused.message)
        return {**_result(ask, None, code), "algoId": ask.text("algoId")}
    except PaperRefusal as refused:
        return {**_result(ask, None, words_of(refused)), "algoId": ask.text("algoId")}
    return _result(ask, orders[0], ("0", ""))


def amend(ask: Ask) -> list[Any]:
    """Size, trigger and order price of one that stands alone."""
    try:
        order = _amend(ask)
    except OkxRefusal as refused:
        return [{**_result(ask, None, (refused.code, refused.message)), "reqId": ask.text("reqId")}]
    except PaperRefusal as refused:
        return [{**_result(ask, None, words_of(refused)), "reqId": ask.text("reqId")}]
    return [{**_result(ask, order, ("0", "")), "reqId": ask.text("reqId")}]


def _amend(ask: Ask) -> Order:
    listing = ask.listing()
    orders = _wanted(ask, inst_id(listing))
    if len(orders) > 1 or orders[0].type is OrderType.TRAILING_STOP:
        raise OkxRefusal("51506", "Order modification unavailable for the order type.")
    first = orders[0]
    if told(first)["ordType"] == "trigger":
        names = ("newTriggerPx", "newOrdPx")
    else:
        leg = "Sl" if first.type in _STOPS else "Tp"
        names = (f"new{leg}TriggerPx", f"new{leg}OrdPx")
    price = ask.decimal(names[1])
    if price is not None and (price <= 0) != (first.price is None):
        raise OkxRefusal("51506", "Order modification unavailable for the order type.")
    return ask.exchange.amend(
        listing.key,
        ask.now,
        order_id=first.id,
        price=price if price is not None and price > 0 else None,
        qty=size_of(ask, listing, "newSz") if ask.text("newSz") else None,
        trigger_price=ask.decimal(names[0]),
    )
