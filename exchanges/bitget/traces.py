"""What became of a write: for each writing endpoint, the read that tells.

A look-up by client id whose answer is that there is no such order proves that the order was not placed, once the
signing window has passed (`Verbs.settles_after_ms`). Where a state is read, the state that was asked for is the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bitget import parse_futures, parse_spot, traces_settings
from blave_mcp.exchanges.bitget.endpoints import BITGET
from blave_mcp.exchanges.bitget.parse import ask, listed, rows
from blave_mcp.exchanges.dialect import Ask, VenueFault
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.models import Order, OrderStatus, Trace
from blave_mcp.exchanges.params import plain

Read = Callable[[Any], Sequence[Order]]
Find = Callable[[Call, Any, Any], tuple[Read, tuple[Call, ...]]]
ENDED = (OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED)


def trace(call: Call, sent_ms: int) -> Ask[Trace] | None:
    """Returns the read that tells what became of `call`, or None where Bitget has none."""
    make = _TRACES.get(call.endpoint.id)
    return None if make is None else make(call, sent_ms)


# Finding an order.


def _spot(call: Call, id: Any, client_id: Any) -> tuple[Read, tuple[Call, ...]]:
    query = BITGET["spot.order.get"].call(orderId=id, clientOid=client_id if id is None else None)
    return (lambda payload: [parse_spot.order(each) for each in rows(payload)]), (query,)


def _spot_plan(call: Call, id: Any, client_id: Any) -> tuple[Read, tuple[Call, ...]]:
    """Plan orders cannot be asked for by id: the open ones and the newest of the others are looked through."""
    symbol = call.get("symbol")
    return parse_spot.plan_orders, (
        BITGET["spot.plan.open"].call(symbol=symbol, limit=100),
        BITGET["spot.plan.list"].call(symbol=symbol, limit=100),
    )


def _futures(call: Call, id: Any, client_id: Any) -> tuple[Read, tuple[Call, ...]]:
    what = {"symbol": call.get("symbol"), "productType": call.get("productType")}
    query = BITGET["futures.order.get"].call(what, orderId=id, clientOid=client_id if id is None else None)
    return (lambda payload: [parse_futures.order(payload)]), (query,)


def _plan(call: Call, id: Any, client_id: Any) -> tuple[Read, tuple[Call, ...]]:
    kind = call.get("planType", "normal_plan")
    if call.endpoint.id.startswith("futures.tpsl"):
        kind = "profit_loss"
    group = kind if kind in ("normal_plan", "track_plan") else "profit_loss"
    what = {"productType": call.get("productType"), "symbol": call.get("symbol"), "planType": group}
    what |= {"orderId": id, "clientOid": client_id if id is None else None}
    return parse_futures.plan_orders, tuple(
        BITGET[book].call(what) for book in ("futures.plan.open", "futures.plan.list")
    )


def _look_up(find: Find, call: Call, id: Any, client_id: Any, tell: Callable[[Order | None], Trace]) -> Ask[Trace]:
    """Asks for one order and tells what is found of it, None where there is no such order."""
    read, calls = find(call, id, client_id)

    def parse(*payloads: Any) -> Trace:
        return tell(_first(read, payloads, id, client_id))

    return ask(parse, *calls, missing=True)


def _first(read: Read, payloads: Sequence[Any], id: Any, client_id: Any) -> Order | None:
    for payload in payloads:
        for order in () if isinstance(payload, VenueFault) else read(payload):
            if (id is not None and order.id == id) or (id is None and order.client_id == client_id):
                return order
    return None


# One order.


def told(order: Order) -> Trace:
    """An order that exists, in the venue's own numbers."""
    name = f"Order {order.id} (client id {order.client_id}) is {order.status}"
    if order.close_position:
        line = f"{name}, for the whole position"
    elif order.size is None:
        line = f"{name}: {plain(order.filled)} filled"
    else:
        line = f"{name}: {plain(order.filled)} of {plain(order.size)} filled"
    if order.average is not None:
        line += f" at {plain(order.average)} on average"
    if order.cost:
        line += f", {plain(order.cost)} in quote"
    return Trace(found=True, text=f"{line}.", facts=facts(order))


def facts(order: Order) -> dict[str, str]:
    found = {"order_id": order.id, "client_id": order.client_id, "status": str(order.status)}
    numbers = {
        "size": order.size, "filled": order.filled, "average": order.average, "price": order.price,
        "trigger": order.trigger, "cost": order.cost,
    }  # fmt: skip
    return found | {name: plain(value) for name, value in numbers.items() if value is not None}


def _told_placed(order: Order | None) -> Trace:
    if order is None:
        return Trace(found=False, text="Bitget has no order with this client id.")
    if order.status is OrderStatus.REJECTED:
        return Trace(found=False, text=f"Order {order.id} was rejected by Bitget.", facts=facts(order))
    return told(order)


def _placed(find: Find, name: str = "clientOid") -> Callable[[Call, int], Ask[Trace] | None]:
    def make(call: Call, _: int) -> Ask[Trace] | None:
        if call.get("tpslType") == "tpsl":
            # Its clientOid is not kept. https://www.bitget.com/api-doc/spot/trade/Place-Order
            return None
        return _look_up(find, call, None, call.get(name), _told_placed)

    return make


def _spot_plan_placed(call: Call, _: int) -> Ask[Trace]:
    """Absence among the newest hundred of a symbol proves nothing where there are that many."""
    read, calls = _spot_plan(call, None, None)

    def parse(*payloads: Any) -> Trace:
        found = _first(read, payloads, None, call.get("clientOid"))
        if found is None and any(len(listed(payload, "orderList")) >= 100 for payload in payloads):
            return Trace(found=None, text="The order is not among the newest hundred.")
        return _told_placed(found)

    return ask(parse, *calls)


def _pair(call: Call, sent_ms: int) -> Ask[Trace]:
    wanted = {"stopSurplusTriggerPrice": "stopSurplusClientOid", "stopLossTriggerPrice": "stopLossClientOid"}
    ids = [call.get(name) for price, name in wanted.items() if call.get(price) is not None]
    return _each([_look_up(_plan, call, None, id, _told_placed) for id in ids])


# Cancellations.


def _told_canceled(order: Order | None) -> Trace:
    if order is None:
        return Trace(found=None, text="Bitget does not know the order that was to be cancelled.")
    return Trace(found=order.status is OrderStatus.CANCELED, text=told(order).text, facts=facts(order))


def _canceled(find: Find) -> Callable[[Call, int], Ask[Trace] | None]:
    def make(call: Call, _: int) -> Ask[Trace] | None:
        if call.get("tpslType") == "tpsl":
            return None
        return _look_up(find, call, call.get("orderId"), call.get("clientOid"), _told_canceled)

    return make


def _told_left(left: Sequence[Order]) -> Trace:
    if not left:
        return Trace(found=True, text="None of the orders that were open before is open now.")
    shown = ", ".join(order.id for order in left[:5])
    return Trace(found=False, text=f"{len(left)} orders that were open before still are: {shown}.")


def _all_canceled(read: Read, calls: Sequence[Call], sent_ms: int) -> Ask[Trace]:
    """Orders that were open before the request and still are prove that it was not carried out."""

    def parse(*payloads: Any) -> Trace:
        found = [order for payload in payloads for order in read(payload)]
        return _told_left([order for order in found if (order.created_ms or 0) < sent_ms])

    return ask(parse, *calls)


def _spot_swept(call: Call, sent_ms: int) -> Ask[Trace]:
    query = BITGET["spot.order.open"].call(symbol=call.get("symbol"), limit=100)
    return _all_canceled(lambda payload: [parse_spot.order(each) for each in rows(payload)], [query], sent_ms)


def _spot_plans_swept(call: Call, sent_ms: int) -> Ask[Trace]:
    names = call.get("symbolList") or [None]
    queries = [BITGET["spot.plan.open"].call(symbol=name, limit=100) for name in names]
    return _all_canceled(parse_spot.plan_orders, queries, sent_ms)


def _swept(call: Call, sent_ms: int) -> Ask[Trace]:
    what = {"symbol": call.get("symbol"), "productType": call.get("productType"), "limit": 100}
    queries = [BITGET["futures.order.open"].call(what, status=status) for status in (None, "partially_filled")]
    return _all_canceled(parse_futures.orders, queries, sent_ms)


def _batch_canceled(call: Call, sent_ms: int) -> Ask[Trace]:
    listed_ids = call.get("orderIdList")
    if listed_ids is None:
        return _swept(call, sent_ms)
    return _each(
        [_look_up(_futures, call, one.get("orderId"), one.get("clientOid"), _told_canceled) for one in listed_ids]
    )


def _spot_batch_canceled(call: Call, _: int) -> Ask[Trace]:
    return _each(
        [
            _look_up(_spot, call, one.get("orderId"), one.get("clientOid"), _told_canceled)
            for one in call.get("orderList")
        ]
    )


def _plans_canceled(call: Call, sent_ms: int) -> Ask[Trace]:
    listed_ids = call.get("orderIdList")
    if listed_ids is not None:
        return _each(
            [_look_up(_plan, call, one.get("orderId"), one.get("clientOid"), _told_canceled) for one in listed_ids]
        )
    kind = call.get("planType", "normal_plan")
    group = kind if kind in ("normal_plan", "track_plan") else "profit_loss"
    what = {"symbol": call.get("symbol"), "productType": call.get("productType"), "limit": 100}
    query = BITGET["futures.plan.open"].call(what, planType=group)

    def of_kind(payload: Any) -> Sequence[Order]:
        return [order for order in parse_futures.plan_orders(payload) if parse_futures.plan_type(order) == kind]

    return _all_canceled(of_kind, [query], sent_ms)


# Changes.


def _replaced(find: Find, *, size: str, price: str) -> Callable[[Call, int], Ask[Trace]]:
    """The new order by its client id, and the old one: together they tell."""

    def make(call: Call, sent_ms: int) -> Ask[Trace]:
        id, client_id = call.get("orderId"), call.get("clientOid")
        read, old_calls = find(call, id, client_id)
        new_calls = find(call, None, call.get("newClientOid"))[1]

        def parse(old: Any, new: Any) -> Trace:
            before = _first(read, [old], id, client_id)
            after = _first(read, [new], None, call.get("newClientOid"))
            gone = "is not known to Bitget" if before is None else f"is {before.status}"
            if after is not None:
                now = told(after)
                return Trace(found=True, text=f"The old order {gone}. {now.text}", facts=now.facts)
            if call.get(size) is None and before is not None:
                return Trace(found=None, text=f"The order {gone}; its preset prices are not told.")
            if before is not None and before.status is OrderStatus.CANCELED:
                text = "The old order is canceled; the new one is not to be seen."
                return Trace(found=True, text=text, facts=facts(before))
            return Trace(found=False, text=f"The old order {gone}; there is no new one.")

        return ask(parse, *old_calls, *new_calls, missing=True)

    return make


def _plan_changed(find: Find, names: Mapping[str, str]) -> Callable[[Call, int], Ask[Trace]]:
    """names: argument -> the order's field that must have its value."""

    def make(call: Call, _: int) -> Ask[Trace]:
        def tell(order: Order | None) -> Trace:
            if order is None:
                return Trace(found=False, text="Bitget does not know the order that was to be changed.")
            wanted = {field: Decimal(call.get(name)) for name, field in names.items() if call.get(name) is not None}
            done: bool | None = all(getattr(order, field) == value for field, value in wanted.items() if value)
            if not done and order.status in ENDED:
                done = None
            now = told(order)
            trigger = "" if order.trigger is None else f" Its trigger is {plain(order.trigger)}."
            return Trace(found=done, text=f"{now.text}{trigger}", facts=now.facts)

        return _look_up(find, call, call.get("orderId"), call.get("clientOid"), tell)

    return make


# Batches.


def _each(traces: Sequence[Ask[Trace]]) -> Ask[Trace]:
    """Puts the traces of a batch's elements together: it took effect if any of them did."""

    def parse(*payloads: Any) -> Trace:
        single, at = [], 0
        for question in traces:
            single.append(question.parse(*payloads[at : at + len(question.calls)]))
            at += len(question.calls)
        verdicts = [each.found for each in single]
        done = True if True in verdicts else None if None in verdicts else False
        if len(single) == 1:
            return single[0]
        text = "\n".join(f"{n}: {each.text}" for n, each in enumerate(single, 1))
        merged = {f"{n}.{name}": value for n, each in enumerate(single, 1) for name, value in each.facts.items()}
        return Trace(found=done, text=text, facts=merged)

    return Ask(tuple(call for question in traces for call in question.calls), parse)


def _batch(find: Find) -> Callable[[Call, int], Ask[Trace]]:
    def make(call: Call, _: int) -> Ask[Trace]:
        ids = [one.get("clientOid") for one in call.get("orderList")]
        return _each([_look_up(find, call, None, id, _told_placed) for id in ids])

    return make


_NEW = {"newSize": "size", "newPrice": "price", "newTriggerPrice": "trigger", "newCallbackRatio": "callback_percent"}
_TRACES: Mapping[str, Callable[[Call, int], Ask[Trace] | None]] = {
    "spot.order.create": _placed(_spot),
    "spot.order.cancel": _canceled(_spot),
    "spot.order.cancel_all": _spot_swept,
    "spot.order.replace": _replaced(_spot, size="size", price="price"),
    "spot.batch.create": _batch(_spot),
    "spot.batch.cancel": _spot_batch_canceled,
    "spot.plan.create": _spot_plan_placed,
    "spot.plan.modify": _plan_changed(_spot_plan, {"triggerPrice": "trigger", "executePrice": "price", "size": "size"}),
    "spot.plan.cancel": _canceled(_spot_plan),
    "spot.plan.cancel_all": _spot_plans_swept,
    "spot.transfer.create": traces_settings.transfer,
    "spot.transfer.subaccount": traces_settings.transfer,
    "futures.order.create": _placed(_futures),
    "futures.order.modify": _replaced(_futures, size="newSize", price="newPrice"),
    "futures.order.cancel": _canceled(_futures),
    "futures.order.cancel_all": _swept,
    "futures.batch.create": _batch(_futures),
    "futures.batch.cancel": _batch_canceled,
    "futures.position.close": traces_settings.closed,
    "futures.plan.create": _placed(_plan),
    "futures.plan.modify": _plan_changed(_plan, _NEW),
    "futures.plan.cancel": _plans_canceled,
    "futures.tpsl.create": _placed(_plan),
    "futures.tpsl.pair": _pair,
    "futures.tpsl.modify": _plan_changed(_plan, {"triggerPrice": "trigger", "size": "size"}),
    "futures.leverage.set": traces_settings.leverage,
    "futures.margin_mode.set": traces_settings.margin_mode,
    "futures.position_mode.set": traces_settings.position_mode,
    "futures.margin.adjust": traces_settings.margin,
}
