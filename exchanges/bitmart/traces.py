"""What became of a write: for each writing endpoint, the read that tells.

A look-up by client id whose answer is that there is no such order proves that the order was not placed, once the
signing window has passed (`Verbs.settles_after_ms`). Plan and trailing orders have no client id: one with the same
side, size and trigger that is not older than the request is taken for it, and absence proves nothing. Where a state is
read, the state that was asked for is the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bitmart import parse_futures, parse_spot, traces_settings
from blave_mcp.exchanges.bitmart.endpoints import BITMART
from blave_mcp.exchanges.bitmart.parse import ask
from blave_mcp.exchanges.bitmart.traces_settings import LAG_MS, contracts_of
from blave_mcp.exchanges.dialect import Ask, VenueFault
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.models import Order, OrderStatus, Trace
from blave_mcp.exchanges.params import plain

__all__ = ["contracts_of", "trace"]

ENDED = (OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED)
Tell = Callable[[Order | None], Trace]


def trace(call: Call, sent_ms: int) -> Ask[Trace] | None:
    """Returns the read that tells what became of `call`, or None where BitMart has none."""
    make = _TRACES.get(call.endpoint.id)
    return None if make is None else make(call, sent_ms)


# One order, in words.


def told(order: Order) -> Trace:
    """An order that exists, in the venue's own numbers; sizes in base."""
    named = f" (client id {order.client_id})" if order.client_id else ""
    name = f"Order {order.id}{named} is {order.status}"
    if order.close_position:
        line = f"{name}, for the whole position"
    elif order.size is None:
        line = f"{name}: {plain(order.filled)} filled"
    else:
        line = f"{name}: {plain(order.filled)} of {plain(order.size)} filled"
    if order.average is not None:
        line += f" at {plain(order.average)} on average"
    if order.trigger is not None:
        line += f", trigger {plain(order.trigger)}"
    return Trace(found=True, text=f"{line}.", facts=facts(order))


def facts(order: Order) -> dict[str, str]:
    found = {"order_id": order.id, "client_id": order.client_id, "status": str(order.status)}
    numbers = {
        "size": order.size, "filled": order.filled, "average": order.average, "price": order.price,
        "trigger": order.trigger, "cost": order.cost,
    }  # fmt: skip
    return found | {name: plain(value) for name, value in numbers.items() if value is not None}


def _placed(order: Order | None) -> Trace:
    if order is None:
        return Trace(found=False, text="BitMart has no order with this client id.")
    if order.status is OrderStatus.REJECTED:
        return Trace(found=False, text=f"Order {order.id} was rejected by BitMart.", facts=facts(order))
    return told(order)


def _canceled(order: Order | None) -> Trace:
    if order is None:
        return Trace(found=None, text="BitMart does not know the order that was to be cancelled.")
    return Trace(found=order.status is OrderStatus.CANCELED, text=told(order).text, facts=facts(order))


# Finding an order.


def _spot(id: Any, client_id: Any, tell: Tell) -> Ask[Trace]:
    call = (
        BITMART["spot.order.get"].call(orderId=id)
        if id is not None
        else BITMART["spot.order.by_client"].call(clientOrderId=client_id)
    )
    return ask(
        lambda payload: tell(None if isinstance(payload, VenueFault) else parse_spot.order(payload)), call, missing=True
    )


def _futures(symbol: str, id: Any, client_id: Any, tell: Tell) -> Ask[Trace]:
    """Plain, trailing and plan orders, open and done."""
    calls = (
        BITMART["futures.order.open"].call(symbol=symbol, limit=100),
        BITMART["futures.plan.open"].call(symbol=symbol, limit=100),
        BITMART["futures.order.list"].call(
            symbol=symbol,
            order_id=None if id is None else str(id),
            client_order_id=client_id if id is None else None,
        ),
        contracts_of(symbol),
    )

    def parse(*payloads: Any) -> Trace:
        for order in _read(*payloads):
            if (id is not None and order.id == str(id)) or (id is None and order.client_id == client_id):
                return tell(order)
        return tell(None)

    return ask(parse, *calls, missing=True)


def _read(opened: Any, plans: Any, done: Any, details: Any) -> list[Order]:
    counted = parse_futures.sizes(details)
    found: list[Order] = []
    for payload, read in (
        (opened, parse_futures.orders), (plans, parse_futures.plan_orders), (done, parse_futures.orders),
    ):  # fmt: skip
        found += [] if isinstance(payload, VenueFault) else read(payload, counted)
    return found


def _spot_placed(name: str) -> Callable[[Call, int], Ask[Trace]]:
    return lambda call, _: _spot(None, call.get(name), _placed)


def _futures_placed(call: Call, _: int) -> Ask[Trace]:
    return _futures(call.get("symbol"), None, call.get("client_order_id"), _placed)


def _spot_canceled(call: Call, _: int) -> Ask[Trace]:
    return _spot(call.get("order_id"), call.get("client_order_id"), _canceled)


def _futures_canceled(call: Call, sent_ms: int) -> Ask[Trace]:
    """One order; without an id all of them. An order that waited for a trigger may be in no list once it is gone."""
    id, client_id = call.get("order_id"), call.get("client_order_id")
    if id is None and client_id is None:
        return _swept(call, sent_ms)

    def tell(order: Order | None) -> Trace:
        if order is None and call.endpoint.id != "futures.order.cancel":
            return Trace(found=True, text=f"Order {id or client_id} does not wait any more.")
        return _canceled(order)

    return _futures(call.get("symbol"), id, client_id, tell)


# All orders.


def _left(orders: Sequence[Order], sent_ms: int) -> Trace:
    """Orders that were open before the request and still are prove that it was not carried out."""
    still = [order for order in orders if (order.created_ms or 0) < sent_ms]
    if not still:
        return Trace(found=True, text="None of the orders that were open before is open now.")
    shown = ", ".join(order.id for order in still[:5])
    return Trace(found=False, text=f"{len(still)} orders that were open before still are: {shown}.")


def _spot_swept(call: Call, sent_ms: int) -> Ask[Trace]:
    side = call.get("side")

    def parse(payload: Any) -> Trace:
        return _left([one for one in parse_spot.orders(payload) if side in (None, one.side.value)], sent_ms)

    return ask(parse, BITMART["spot.order.open"].call(symbol=call.get("symbol"), limit=200))


def _swept(call: Call, sent_ms: int) -> Ask[Trace]:
    """Each of the three requests that cancel all answers for its own kind of order."""
    symbol, kind = call.get("symbol"), call.endpoint.id.split(".")[1]
    book = "futures.plan.open" if kind == "plan" else "futures.order.open"

    def parse(payload: Any, details: Any) -> Trace:
        read = parse_futures.plan_orders if kind == "plan" else parse_futures.orders
        found = read(payload, parse_futures.sizes(details))
        if kind != "plan":
            found = [one for one in found if one.conditional == (kind == "trail")]
        return _left(found, sent_ms)

    return ask(parse, BITMART[book].call(symbol=symbol, limit=100), contracts_of(symbol))


# Orders without a client id.


def _waiting(call: Call, sent_ms: int) -> Ask[Trace]:
    trail = call.endpoint.id == "futures.trail.create"
    symbol = call.get("symbol")
    trigger = Decimal(call.get("activation_price" if trail else "trigger_price"))

    def same(order: Order, size: Decimal) -> bool:
        code = call.get("side")
        buys, reduces = code in parse_futures.BUYS, code in parse_futures.REDUCES
        return (
            order.trigger == trigger
            and order.size == size
            and (order.side == "buy") == buys
            and order.reduce_only == reduces
            and (order.created_ms or 0) >= sent_ms - LAG_MS
        )

    def parse(payload: Any, details: Any) -> Trace:
        counted = parse_futures.sizes(details)
        read = parse_futures.orders if trail else parse_futures.plan_orders
        size = Decimal(call.get("size")) * counted[symbol]
        found = next((one for one in reversed(read(payload, counted)) if same(one, size)), None)
        if found is None:
            return Trace(found=None, text="No such order waits; it may not have been placed, or have been triggered.")
        return told(found)

    query = (
        BITMART["futures.order.open"].call(symbol=symbol, type="trailing", limit=100)
        if trail
        else BITMART["futures.plan.open"].call(symbol=symbol, limit=100)
    )
    return ask(parse, query, contracts_of(symbol))


# Changes.


def _changed(names: Mapping[str, str]) -> Callable[[Call, int], Ask[Trace]]:
    """names: argument -> the order's field that must have its value."""

    def make(call: Call, _: int) -> Ask[Trace]:
        symbol, id = call.get("symbol"), call.get("order_id")

        def tell(order: Order | None, one: Decimal) -> Trace:
            if order is None:
                return Trace(found=None, text="BitMart does not show the order that was to be changed.")
            wanted = {field: Decimal(call.get(name)) for name, field in names.items() if call.get(name) is not None}
            if "size" in wanted:
                wanted["size"] *= one
            done: bool | None = all(getattr(order, field) == value for field, value in wanted.items() if value)
            if not done and order.status in ENDED:
                done = None
            return Trace(found=done, text=told(order).text, facts=facts(order))

        base = _futures(symbol, id, call.get("client_order_id"), _placed)

        def parse(*payloads: Any) -> Trace:
            client_id = call.get("client_order_id")
            orders = _read(*payloads)
            found = next(
                (each for each in orders if (each.id == str(id) if id is not None else each.client_id == client_id)),
                None,
            )
            return tell(found, parse_futures.sizes(payloads[-1])[symbol])

        return ask(parse, *base.calls, missing=True)

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
        text = "\n".join(f"{n}: {each.text}" for n, each in enumerate(single, 1))
        merged = {f"{n}.{name}": value for n, each in enumerate(single, 1) for name, value in each.facts.items()}
        return Trace(found=done, text=text, facts=merged)

    return Ask(tuple(call for question in traces for call in question.calls), parse)


def _batch(call: Call, _: int) -> Ask[Trace]:
    return _each([_spot(None, one.get("clientOrderId"), _placed) for one in call.get("orderParams")])


def _batch_canceled(call: Call, _: int) -> Ask[Trace]:
    ids, client_ids = call.get("orderIds"), call.get("clientOrderIds")
    if ids is not None:
        return _each([_spot(id, None, _canceled) for id in ids])
    return _each([_spot(None, id, _canceled) for id in client_ids])


_TRACES: Mapping[str, Callable[[Call, int], Ask[Trace] | None]] = {
    "spot.order.create": _spot_placed("client_order_id"),
    "spot.margin_order.create": _spot_placed("clientOrderId"),
    "spot.batch.create": _batch,
    "spot.order.cancel": _spot_canceled,
    "spot.batch.cancel": _batch_canceled,
    "spot.order.cancel_all": _spot_swept,
    "spot.margin.borrow": traces_settings.loan,
    "spot.margin.repay": traces_settings.loan,
    "futures.order.create": _futures_placed,
    "futures.order.cancel": _futures_canceled,
    "futures.order.cancel_all": _swept,
    "futures.order.modify": _changed({"price": "price", "size": "size"}),
    "futures.plan.create": _waiting,
    "futures.plan.cancel": _futures_canceled,
    "futures.plan.modify": _changed({"trigger_price": "trigger", "executive_price": "price"}),
    "futures.tpsl.create": _futures_placed,
    "futures.tpsl.modify": _changed({"trigger_price": "trigger", "executive_price": "price"}),
    "futures.trail.create": _waiting,
    "futures.trail.cancel": _futures_canceled,
    "futures.preset.modify": traces_settings.preset,
    "futures.leverage.set": traces_settings.leverage,
    "futures.position_mode.set": traces_settings.position_mode,
    "futures.transfer.create": traces_settings.transfer,
    "futures.subaccount.to_main": traces_settings.subaccount,
    "futures.subaccount.from_main": traces_settings.subaccount,
    "futures.subaccount.own_to_main": traces_settings.subaccount,
}
