"""What became of a write: for each writing endpoint, the read that tells.

A look-up by client id whose answer is that there is no such order proves that the order was not placed, once the
signing window has passed (`Verbs.settles_after_ms`). Where a state is read, the state that was asked for is the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.binance import parse_futures, parse_spot
from blave_mcp.exchanges.binance.endpoints import BINANCE
from blave_mcp.exchanges.binance.parse import ask, of_symbol, row, rows
from blave_mcp.exchanges.dialect import Ask, VenueFault
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.exact import number
from blave_mcp.exchanges.models import Order, OrderStatus, Trace
from blave_mcp.exchanges.params import plain

Read = Callable[[Any], Order]
MARGIN_LAG_MS = 2_000
"""How much earlier than our clock a change may stand in the venue's history."""

ENDED = (OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED)


def trace(call: Call, sent_ms: int) -> Ask[Trace] | None:
    """Returns the read that tells what became of `call`, or None where Binance has none."""
    make = _TRACES.get(call.endpoint.id)
    return None if make is None else make(call, sent_ms)


# One order.


def told(order: Order) -> Trace:
    """An order that exists, in the venue's own numbers."""
    size = "the whole position" if order.size is None else plain(order.size)
    line = f"Order {order.id} (client id {order.client_id}) is {order.status}: {plain(order.filled)} of {size} filled"
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
    return Trace(found=False, text=f"Binance has no {what} ({fault.code}).")


def _placed(read: Read) -> Callable[[Any], Trace]:
    def parse(payload: Any) -> Trace:
        if isinstance(payload, VenueFault):
            return absent(payload, "order with this client id")
        order = read(payload)
        if order.status is OrderStatus.REJECTED:
            return Trace(found=False, text=f"Order {order.id} was rejected by Binance.", facts=facts(order))
        return told(order)

    return parse


def _spot_query(symbol: str, id: Any, client_id: Any) -> Call:
    return BINANCE["spot.order.get"].call(
        symbol=symbol, orderId=id, origClientOrderId=client_id if id is None else None
    )  # fmt: skip


def _futures_query(symbol: str, id: Any, client_id: Any) -> Call:
    return BINANCE["futures.order.get"].call(
        symbol=symbol, orderId=id, origClientOrderId=client_id if id is None else None
    )  # fmt: skip


def _spot_placed(call: Call, _: int) -> Ask[Trace]:
    query = _spot_query(call.get("symbol"), None, call.get("newClientOrderId"))
    return ask(_placed(parse_spot.order), query, missing=True)


def _futures_placed(call: Call, _: int) -> Ask[Trace]:
    query = _futures_query(call.get("symbol"), None, call.get("newClientOrderId"))
    return ask(_placed(parse_futures.order), query, missing=True)


def _algo_placed(call: Call, _: int) -> Ask[Trace]:
    query = BINANCE["futures.algo.get"].call(clientAlgoId=call.get("clientAlgoId"))
    return ask(_placed(parse_futures.algo_order), query, missing=True)


# Cancellations.


def _canceled(read: Read) -> Callable[[Any], Trace]:
    def parse(payload: Any) -> Trace:
        if isinstance(payload, VenueFault):
            return Trace(found=None, text=f"Binance does not know the order that was to be cancelled ({payload.code}).")
        order = read(payload)
        now = told(order)
        return Trace(found=order.status is OrderStatus.CANCELED, text=now.text, facts=now.facts)

    return parse


def _spot_canceled(call: Call, _: int) -> Ask[Trace]:
    query = _spot_query(call.get("symbol"), call.get("orderId"), call.get("origClientOrderId"))
    return ask(_canceled(parse_spot.order), query, missing=True)


def _futures_canceled(call: Call, _: int) -> Ask[Trace]:
    query = _futures_query(call.get("symbol"), call.get("orderId"), call.get("origClientOrderId"))
    return ask(_canceled(parse_futures.order), query, missing=True)


def _algo_canceled(call: Call, _: int) -> Ask[Trace]:
    query = BINANCE["futures.algo.get"].call(call.arguments)
    return ask(_canceled(parse_futures.algo_order), query, missing=True)


def _all_canceled(id: str, read: Read) -> Callable[[Call, int], Ask[Trace]]:
    """Orders that were open before the request and still are prove that it was not carried out."""

    def make(call: Call, sent_ms: int) -> Ask[Trace]:
        def parse(payload: Any) -> Trace:
            left = [order for order in map(read, rows(payload)) if (order.created_ms or 0) < sent_ms]
            if not left:
                return Trace(found=True, text="None of the orders that were open before is open now.")
            shown = ", ".join(order.id for order in left[:5])
            return Trace(found=False, text=f"{len(left)} orders that were open before still are: {shown}.")

        return ask(parse, BINANCE[id].call(symbol=call.get("symbol")))

    return make


# Changes.


def _changed(read: Read, *, size: Any, price: Any, client_id: Any = None) -> Callable[[Any], Trace]:
    def parse(payload: Any) -> Trace:
        if isinstance(payload, VenueFault):
            return absent(payload, "order with the id of the change")
        order = read(payload)
        now = told(order)
        fits = [order.size == Decimal(size)]
        fits += [order.price == Decimal(price)] if price is not None else []
        if client_id is not None:
            fits.append(order.client_id == client_id)
        done: bool | None = all(fits)
        if not done and order.status in ENDED:
            done = None
        size_now = "-" if order.size is None else plain(order.size)
        price_now = "-" if order.price is None else plain(order.price)
        return Trace(found=done, text=f"{now.text} Its size is {size_now}, its price {price_now}.", facts=now.facts)

    return parse


def _spot_amended(call: Call, _: int) -> Ask[Trace]:
    query = _spot_query(call.get("symbol"), call.get("orderId"), call.get("newClientOrderId"))
    parse = _changed(parse_spot.order, size=call.get("newQty"), price=None, client_id=call.get("newClientOrderId"))
    return ask(parse, query, missing=True)


def _modified(call: Call, _: int) -> Ask[Trace]:
    query = _futures_query(call.get("symbol"), call.get("orderId"), call.get("origClientOrderId"))
    return ask(
        _changed(parse_futures.order, size=call.get("quantity"), price=call.get("price")), query, missing=True
    )  # fmt: skip


def _replaced(call: Call, _: int) -> Ask[Trace]:
    symbol = call.get("symbol")

    def parse(old: Any, new: Any) -> Trace:
        before = None if isinstance(old, VenueFault) else parse_spot.order(old)
        gone = "is not known to Binance" if before is None else f"is {before.status}"
        if not isinstance(new, VenueFault):
            now = told(parse_spot.order(new))
            return Trace(found=True, text=f"The old order {gone}. {now.text}", facts=now.facts)
        if before is not None and before.status is OrderStatus.CANCELED:
            return Trace(
                found=True, text="The old order is canceled; the new one was not placed.", facts=facts(before)
            )  # fmt: skip
        return Trace(found=False, text=f"The old order {gone}; the new one was not placed.")

    old = _spot_query(symbol, call.get("cancelOrderId"), call.get("cancelOrigClientOrderId"))
    return ask(parse, old, _spot_query(symbol, None, call.get("newClientOrderId")), missing=True)


# Lists and batches.


def list_told(payload: Any) -> Trace:
    """GET /api/v3/orderList."""
    found = row(payload)
    orders = ", ".join(f"{each['orderId']} ({each['clientOrderId']})" for each in rows(found["orders"]))
    return Trace(
        found=True,
        text=f"Order list {found['orderListId']} ({found['contingencyType']}) is {found['listOrderStatus']}: {orders}.",
        facts={"list_id": str(found["orderListId"]), "status": found["listOrderStatus"]},
    )


def _list_placed(call: Call, _: int) -> Ask[Trace]:
    def parse(payload: Any) -> Trace:
        if isinstance(payload, VenueFault):
            return absent(payload, "order list with this client id")
        return list_told(payload)

    query = BINANCE["spot.list.get"].call(origClientOrderId=call.get("listClientOrderId"))
    return ask(parse, query, missing=True)


def _list_canceled(call: Call, _: int) -> Ask[Trace]:
    """ALL_DONE may also mean that a leg was filled; the orders themselves tell."""

    def parse(payload: Any) -> Trace:
        if isinstance(payload, VenueFault):
            return Trace(found=None, text=f"Binance does not know the order list ({payload.code}).")
        now = list_told(payload)
        return Trace(found=row(payload)["listOrderStatus"] == "ALL_DONE", text=now.text, facts=now.facts)

    id = call.get("orderListId")
    client_id = call.get("listClientOrderId") if id is None else None
    return ask(parse, BINANCE["spot.list.get"].call(orderListId=id, origClientOrderId=client_id), missing=True)


def _each(traces: list[Ask[Trace]]) -> Ask[Trace]:
    """Puts the traces of a batch's elements together: it took effect if any of them did."""

    def parse(*payloads: Any) -> Trace:
        single = [question.parse(payload) for question, payload in zip(traces, payloads, strict=True)]
        verdicts = [each.found for each in single]
        done = True if True in verdicts else None if None in verdicts else False
        text = "\n".join(f"{n + 1}: {each.text}" for n, each in enumerate(single))
        merged = {f"{n + 1}.{name}": value for n, each in enumerate(single) for name, value in each.facts.items()}
        return Trace(found=done, text=text, facts=merged)

    return Ask(tuple(question.calls[0] for question in traces), parse)


def _batch(single: str) -> Callable[[Call, int], Ask[Trace]]:
    def make(call: Call, sent_ms: int) -> Ask[Trace]:
        elements = [BINANCE[single].call(each) for each in call.get("batchOrders")]
        return _each([_TRACES[single](element, sent_ms) for element in elements])

    return make


def _batch_canceled(call: Call, sent_ms: int) -> Ask[Trace]:
    name, ids = ("orderId", call.get("orderIdList")) if call.get("orderIdList") else (
        "origClientOrderId", call.get("origClientOrderIdList")
    )  # fmt: skip
    cancel = BINANCE["futures.order.cancel"]
    return _each([_futures_canceled(cancel.call({"symbol": call.get("symbol"), name: id}), sent_ms) for id in ids])


# Settings and margin.


def _leverage(call: Call, _: int) -> Ask[Trace]:
    symbol, wanted = call.get("symbol"), call.get("leverage")

    def parse(payload: Any) -> Trace:
        now = int(of_symbol(payload, symbol)["leverage"])
        return Trace(found=now == wanted, text=f"The leverage of {symbol} is {now}.", facts={"leverage": str(now)})

    return ask(parse, BINANCE["futures.settings.symbol"].call(symbol=symbol))


def _margin_mode(call: Call, _: int) -> Ask[Trace]:
    symbol, wanted = call.get("symbol"), call.get("marginType")

    def parse(payload: Any) -> Trace:
        now = parse_futures.margin_mode(of_symbol(payload, symbol)["marginType"])
        return Trace(
            found=now is parse_futures.margin_mode(wanted),
            text=f"The margin mode of {symbol} is {now}.",
            facts={"margin_mode": str(now)},
        )

    return ask(parse, BINANCE["futures.settings.symbol"].call(symbol=symbol))


def _position_mode(call: Call, _: int) -> Ask[Trace]:
    def parse(payload: Any) -> Trace:
        hedge = row(payload)["dualSidePosition"]
        text = f"The position mode is {'hedge' if hedge else 'one-way'}."
        return Trace(
            found=hedge is call.get("dualSidePosition"),
            text=text,
            facts={"position_mode": "hedge" if hedge else "one_way"},
        )

    return ask(parse, BINANCE["futures.position_mode.get"].call())


def _margin(call: Call, sent_ms: int) -> Ask[Trace]:
    """A history without the change does not prove that it will not come, hence None."""
    amount, side = Decimal(call.get("amount")), call.get("positionSide", "BOTH")

    def parse(payload: Any) -> Trace:
        for each in rows(payload):
            same = abs(number(each["amount"])) == amount and each.get("positionSide", "BOTH") == side
            if same and int(each["type"]) == call.get("type"):
                return Trace(
                    found=True,
                    text=f"The margin changed by {each['amount']} {each['asset']}.",
                    facts={"amount": str(each["amount"]), "asset": each["asset"]},
                )
        return Trace(found=None, text="The history does not show this change of margin.")

    query = BINANCE["futures.margin.list"].call(
        symbol=call.get("symbol"), type=str(call.get("type")), startTime=max(0, sent_ms - MARGIN_LAG_MS)
    )
    return ask(parse, query)


def _transfer(call: Call, sent_ms: int) -> Ask[Trace]:
    """A history without the transfer does not prove that it will not come, hence None."""
    asset, amount = call.get("asset"), Decimal(call.get("amount"))

    def parse(payload: Any) -> Trace:
        for each in rows(row(payload).get("rows", [])):
            if each["asset"] == asset and number(each["amount"]) == amount and int(each["timestamp"]) >= since:
                done = {"CONFIRMED": True, "FAILED": False}.get(each["status"])
                return Trace(
                    found=done,
                    text=f"Transfer {each['tranId']} of {each['amount']} {asset} is {each['status']}.",
                    facts={"transfer_id": str(each["tranId"]), "status": each["status"]},
                )
        return Trace(found=None, text="The history does not show this transfer.")

    since = max(0, sent_ms - MARGIN_LAG_MS)
    return ask(parse, BINANCE["spot.transfer.list"].call(type=call.get("type"), startTime=since, size=100))


_TRACES: Mapping[str, Callable[[Call, int], Ask[Trace]]] = {
    "spot.order.create": _spot_placed,
    "spot.sor.create": _spot_placed,
    "spot.order.cancel": _spot_canceled,
    "spot.order.cancel_all": _all_canceled("spot.order.open", parse_spot.order),
    "spot.order.replace": _replaced,
    "spot.order.amend": _spot_amended,
    "spot.list.oco": _list_placed,
    "spot.list.oto": _list_placed,
    "spot.list.otoco": _list_placed,
    "spot.list.cancel": _list_canceled,
    "spot.transfer.create": _transfer,
    "futures.order.create": _futures_placed,
    "futures.order.modify": _modified,
    "futures.order.cancel": _futures_canceled,
    "futures.order.cancel_all": _all_canceled("futures.order.open", parse_futures.order),
    "futures.algo.create": _algo_placed,
    "futures.algo.cancel": _algo_canceled,
    "futures.algo.cancel_all": _all_canceled("futures.algo.open", parse_futures.algo_order),
    "futures.batch.create": _batch("futures.order.create"),
    "futures.batch.modify": _batch("futures.order.modify"),
    "futures.batch.cancel": _batch_canceled,
    "futures.leverage.set": _leverage,
    "futures.margin_mode.set": _margin_mode,
    "futures.position_mode.set": _position_mode,
    "futures.margin.adjust": _margin,
}
