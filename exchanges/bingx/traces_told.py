"""How a trace tells an order, and several of them together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from blave_mcp.exchanges.dialect import Ask, VenueFault
from blave_mcp.exchanges.models import Order, OrderStatus, Trace
from blave_mcp.exchanges.params import plain

Read = Callable[[Any], Order]
LAG_MS = 2_000
"""How much earlier than our clock a change may stand in the venue's records."""


def told(order: Order) -> Trace:
    """An order that exists, in the venue's own numbers."""
    size = "the whole position" if order.size is None else plain(order.size)
    name = f" (client id {order.client_id})" if order.client_id else ""
    line = f"Order {order.id}{name} is {order.status}: {plain(order.filled)} of {size} filled"
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


def absent(fault: VenueFault, what: str) -> Trace:
    return Trace(found=False, text=f"BingX has no {what} ({fault.code}).")


def placed(read: Read) -> Callable[[Any], Trace]:
    """Reads the answer to a look-up by client id."""

    def parse(payload: Any) -> Trace:
        if isinstance(payload, VenueFault):
            return absent(payload, "order with this client id")
        order = read(payload)
        if order.status is OrderStatus.REJECTED:
            return Trace(found=False, text=f"Order {order.id} was rejected by BingX.", facts=facts(order))
        return told(order)

    return parse


def canceled(read: Read) -> Callable[[Any], Trace]:
    def parse(payload: Any) -> Trace:
        if isinstance(payload, VenueFault):
            return Trace(found=None, text=f"BingX does not know the order that was to be cancelled ({payload.code}).")
        order = read(payload)
        now = told(order)
        return Trace(found=order.status is OrderStatus.CANCELED, text=now.text, facts=now.facts)

    return parse


def all_gone(left: Sequence[Order]) -> Trace:
    if not left:
        return Trace(found=True, text="None of the orders that were open before is open now.")
    shown = ", ".join(order.id for order in left[:5])
    return Trace(found=False, text=f"{len(left)} orders that were open before still are: {shown}.")


def each(traces: Sequence[Ask[Trace]]) -> Ask[Trace]:
    """Puts the traces of a batch's elements together: it took effect if any of them did."""

    def parse(*payloads: Any) -> Trace:
        left = list(payloads)
        single = [question.parse(*[left.pop(0) for _ in question.calls]) for question in traces]
        verdicts = [one.found for one in single]
        done = True if True in verdicts else None if None in verdicts else False
        text = "\n".join(f"{n}: {one.text}" for n, one in enumerate(single, 1))
        merged = {f"{n}.{name}": value for n, one in enumerate(single, 1) for name, value in one.facts.items()}
        return Trace(found=done, text=text, facts=merged)

    return Ask(tuple(call for question in traces for call in question.calls), parse)
