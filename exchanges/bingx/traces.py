"""What became of a write: for each writing endpoint, the read that tells.

A look-up of a plain order by its client id whose answer is that there is no such order proves that it was not placed,
once the signing window has passed (`Verbs.settles_after_ms`). Conditional orders do not keep their client id; they are
looked for among the open ones, where their absence proves nothing. Where a state is read, the state that was asked for
is the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bingx import parse_spot, parse_swap
from blave_mcp.exchanges.bingx.endpoints import BINGX
from blave_mcp.exchanges.bingx.parse import ask, listed, row, rows, truth
from blave_mcp.exchanges.bingx.traces_told import LAG_MS, Read, absent, all_gone, canceled, each, facts, placed, told
from blave_mcp.exchanges.dialect import Ask, VenueFault
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.exact import number
from blave_mcp.exchanges.models import Order, Trace

KEEPS_CLIENT_ID = ("MARKET", "LIMIT")


def trace(call: Call, sent_ms: int) -> Ask[Trace] | None:
    """Returns the read that tells what became of `call`, or None where BingX has none."""
    make = _TRACES.get(call.endpoint.id)
    return None if make is None else make(call, sent_ms)


# One order.


def _spot_query(symbol: Any, id: Any, client_id: Any) -> Call:
    return BINGX["spot.order.get"].call(symbol=symbol, orderId=id, clientOrderID=client_id if id is None else None)


def _swap_query(symbol: Any, id: Any, client_id: Any) -> Call:
    return BINGX["swap.order.get"].call(symbol=symbol, orderId=id, clientOrderId=client_id if id is None else None)


def _spot_placed(call: Call, sent_ms: int) -> Ask[Trace]:
    if call.get("type") in KEEPS_CLIENT_ID:
        return ask(placed(parse_spot.order), _spot_query(call.get("symbol"), None, call.get("newClientOrderId")),
                   missing=True)  # fmt: skip
    return ask(_among(call, sent_ms, parse_spot.order), BINGX["spot.order.open"].call(symbol=call.get("symbol")))


def _swap_placed(call: Call, sent_ms: int) -> Ask[Trace]:
    if call.get("type") in KEEPS_CLIENT_ID:
        query = _swap_query(call.get("symbol"), None, call.get("clientOrderId"))
        return ask(placed(parse_swap.order), query, missing=True)
    return ask(_among(call, sent_ms, parse_swap.order), BINGX["swap.order.open"].call(symbol=call.get("symbol")))


def _among(call: Call, sent_ms: int, read: Read) -> Callable[[Any], Trace]:
    """Finds the open order that is as it was asked for, and no older."""

    def parse(payload: Any) -> Trace:
        for one in listed(payload, "orders"):
            order = read(one)
            if one["type"] == call.get("type") and _alike(order, call) and (order.created_ms or 0) >= sent_ms - LAG_MS:
                return told(order)
        return Trace(found=None, text="No such order is open: it was not placed, or it has ended already.")

    return parse


def _alike(order: Order, call: Call) -> bool:
    sides = order.side.value.upper() == call.get("side") and (
        order.position_side is None or order.position_side.value.upper() == call.get("positionSide", "BOTH")
    )
    numbers = (("stopPrice", order.trigger), ("price", order.price), ("quantity", order.size))
    return sides and all(
        call.get(name) is None or value is None or Decimal(call.get(name)) == value for name, value in numbers
    )


def _spot_canceled(call: Call, _: int) -> Ask[Trace]:
    query = _spot_query(call.get("symbol"), call.get("orderId"), call.get("clientOrderID"))
    return ask(canceled(parse_spot.order), query, missing=True)


def _swap_canceled(call: Call, _: int) -> Ask[Trace]:
    query = _swap_query(call.get("symbol"), call.get("orderId"), call.get("clientOrderId"))
    return ask(canceled(parse_swap.order), query, missing=True)


def _cancel_all(id: str, read: Read) -> Callable[[Call, int], Ask[Trace]]:
    """Orders that were open before the request and still are prove that it was not carried out."""

    def make(call: Call, sent_ms: int) -> Ask[Trace]:
        kind = call.get("type")

        def parse(payload: Any) -> Trace:
            left = [read(one) for one in listed(payload, "orders") if kind in (None, one["type"])]
            return all_gone([order for order in left if (order.created_ms or 0) < sent_ms])

        return ask(parse, BINGX[id].call(symbol=call.get("symbol")))

    return make


# Changes.


def _amended(call: Call, _: int) -> Ask[Trace]:
    query = _swap_query(call.get("symbol"), call.get("orderId"), call.get("clientOrderId"))

    def parse(payload: Any) -> Trace:
        if isinstance(payload, VenueFault):
            return Trace(found=None, text=f"BingX does not know the order that was to be changed ({payload.code}).")
        order = parse_swap.order(payload)
        now = told(order)
        return Trace(found=order.size == Decimal(call.get("quantity")), text=now.text, facts=now.facts)

    return ask(parse, query, missing=True)


def _replaced(call: Call, old: Call, new: Call, read: Read) -> Ask[Trace]:
    def parse(before: Any, after: Any) -> Trace:
        was = None if isinstance(before, VenueFault) else read(before)
        gone = "is not known to BingX" if was is None else f"is {was.status}"
        if not isinstance(after, VenueFault):
            now = told(read(after))
            return Trace(found=True, text=f"The old order {gone}. {now.text}", facts=now.facts)
        if was is not None and was.status == "canceled":
            text = "The old order is canceled; the new one was not placed."
            return Trace(found=True, text=text, facts=facts(was))
        return Trace(found=False, text=f"The old order {gone}; the new one was not placed.")

    return ask(parse, old, new, missing=True)


def _spot_replaced(call: Call, _: int) -> Ask[Trace]:
    symbol = call.get("symbol")
    old = _spot_query(symbol, call.get("cancelOrderId"), call.get("cancelClientOrderID"))
    return _replaced(call, old, _spot_query(symbol, None, call.get("newClientOrderId")), parse_spot.order)


def _swap_replaced(call: Call, sent_ms: int) -> Ask[Trace]:
    symbol = call.get("symbol")
    if call.get("type") not in KEEPS_CLIENT_ID:
        return ask(_among(call, sent_ms, parse_swap.order), BINGX["swap.order.open"].call(symbol=symbol))
    old = _swap_query(symbol, call.get("cancelOrderId"), call.get("cancelClientOrderId"))
    return _replaced(call, old, _swap_query(symbol, None, call.get("clientOrderId")), parse_swap.order)


# Batches and pairs.


def _batch(single: str, name: str) -> Callable[[Call, int], Ask[Trace]]:
    def make(call: Call, sent_ms: int) -> Ask[Trace]:
        elements = [BINGX[single].call(element) for element in call.get(name)]
        return each([_TRACES[single](element, sent_ms) for element in elements])

    return make


def _swap_batch_canceled(call: Call, sent_ms: int) -> Ask[Trace]:
    ids = call.get("orderIdList")
    name, ids = ("orderId", ids) if ids else ("clientOrderId", call.get("clientOrderIdList"))
    cancel = BINGX["swap.order.cancel"]
    return each([_swap_canceled(cancel.call({"symbol": call.get("symbol"), name: id}), sent_ms) for id in ids])


def _spot_batch_canceled(call: Call, sent_ms: int) -> Ask[Trace]:
    ids = call.get("orderIds")
    name, ids = ("orderId", ids) if ids else ("clientOrderID", call.get("clientOrderIDs"))
    cancel = BINGX["spot.order.cancel"]
    calls = [cancel.call({"symbol": call.get("symbol"), name: id.strip()}) for id in ids.split(",")]
    return each([_spot_canceled(one, sent_ms) for one in calls])


def pair_told(payload: Any) -> Trace:
    """GET /openApi/spot/v1/oco/orderList: the two orders of a pair."""
    legs = [row(one) for one in rows(payload)]
    words = ", ".join(f"{leg['orderId']} ({leg['orderType']}{_state(leg)})" for leg in legs)
    list_id = str(legs[0]["orderListId"])
    return Trace(found=True, text=f"OCO pair {list_id}: {words}.", facts={"list_id": list_id})


def _state(leg: Mapping[str, Any]) -> str:
    return f", {leg['status']}" if leg.get("status") else ""


def _pair_placed(call: Call, _: int) -> Ask[Trace]:
    def parse(payload: Any) -> Trace:
        if isinstance(payload, VenueFault):
            return absent(payload, "OCO pair with this client id")
        return pair_told(payload) if payload else Trace(found=None, text="BingX lists no such OCO pair.")

    query = BINGX["spot.oco.get"].call(clientOrderId=call.get("listClientOrderId"))
    return ask(parse, query, missing=True)


def _pair_canceled(call: Call, _: int) -> Ask[Trace]:
    wanted = call.get("orderId") or call.get("clientOrderId")

    def parse(payload: Any) -> Trace:
        open_ids = {str(leg.get(name)) for leg in rows(payload) for name in ("orderId", "clientOrderId", "orderListId")}
        if wanted in open_ids:
            return Trace(found=False, text=f"The OCO pair of {wanted} is still open.")
        return Trace(found=True, text=f"No OCO pair with {wanted} is open.")

    return ask(parse, BINGX["spot.oco.open"].call(pageIndex=1, pageSize=100))


# Settings, positions, TWAP.


def _leverage(call: Call, _: int) -> Ask[Trace]:
    symbol, wanted, side = call.get("symbol"), call.get("leverage"), call.get("side")

    def parse(payload: Any) -> Trace:
        now = {"LONG": int(row(payload)["longLeverage"]), "SHORT": int(row(payload)["shortLeverage"])}
        asked = [now[side]] if side in now else list(now.values())
        text = f"The leverage of {symbol} is {now['LONG']} for longs and {now['SHORT']} for shorts."
        return Trace(found=all(one == wanted for one in asked), text=text, facts={"leverage": str(asked[0])})

    return ask(parse, BINGX["swap.leverage.get"].call(symbol=symbol))


def _margin_mode(call: Call, _: int) -> Ask[Trace]:
    symbol, wanted = call.get("symbol"), call.get("marginType")

    def parse(payload: Any) -> Trace:
        now = row(payload)["marginType"]
        mode = str(parse_swap.MARGINS[now.upper()])
        return Trace(found=now == wanted, text=f"The margin mode of {symbol} is {mode}.", facts={"margin_mode": mode})

    return ask(parse, BINGX["swap.margin_mode.get"].call(symbol=symbol))


def _position_mode(call: Call, _: int) -> Ask[Trace]:
    def parse(payload: Any) -> Trace:
        hedge = truth(row(payload)["dualSidePosition"])
        name = "hedge" if hedge else "one_way"
        text = f"The position mode is {'hedge' if hedge else 'one-way'}."
        return Trace(found=hedge is truth(call.get("dualSidePosition")), text=text, facts={"position_mode": name})

    return ask(parse, BINGX["swap.position_mode.get"].call())


def _positions_told(payload: Any) -> Trace:
    """What is held now; whether this call made it so cannot be told from it."""
    held = parse_swap.positions(payload)
    words = ", ".join(f"{one.side} {one.size:f} {one.symbol}" for one in held) or "none"
    return Trace(found=None, text=f"Positions now: {words}.", facts={"positions": words})


def _positions(call: Call, _: int) -> Ask[Trace]:
    return ask(_positions_told, BINGX["swap.position.list"].call(symbol=call.get("symbol")))


def _closed(call: Call, _: int) -> Ask[Trace]:
    id = call.get("positionId")

    def parse(payload: Any) -> Trace:
        held = [one for one in rows(payload) if id is None or str(one["positionId"]) == id]
        if not parse_swap.positions(held):
            return Trace(found=True, text="No such position is open now.")
        return Trace(found=None, text=_positions_told(held).text)

    return ask(parse, BINGX["swap.position.list"].call(symbol=call.get("symbol")))


def _twap_placed(call: Call, sent_ms: int) -> Ask[Trace]:
    def parse(payload: Any) -> Trace:
        for one in listed(payload, "list", "orders"):
            same = one["side"] == call.get("side") and number(one["totalAmount"]) == Decimal(call.get("totalAmount"))
            if same and int(one["createdTime"]) >= sent_ms - LAG_MS:
                return _twap_told(one)
        return Trace(found=None, text="No such TWAP order runs: it was not placed, or it has ended already.")

    return ask(parse, BINGX["swap.twap.open"].call(symbol=call.get("symbol")))


def _twap_told(one: Mapping[str, Any]) -> Trace:
    status = str(one.get("orderStatus", one.get("status", "")))
    text = f"TWAP order {one['mainOrderId']} is {status}: {one['executedQty']} of {one['totalAmount']} filled."
    return Trace(found=True, text=text, facts={"main_order_id": str(one["mainOrderId"]), "status": status})


def _twap_canceled(call: Call, _: int) -> Ask[Trace]:
    def parse(payload: Any) -> Trace:
        if isinstance(payload, VenueFault):
            return Trace(found=None, text=f"BingX does not know the TWAP order ({payload.code}).")
        now = _twap_told(row(payload))
        ended = now.facts["status"].lower()
        return Trace(
            found=True if ended.startswith("cancel") else False if ended == "running" else None,
            text=now.text,
            facts=now.facts,
        )

    return ask(parse, BINGX["swap.twap.get"].call(mainOrderId=call.get("mainOrderId")), missing=True)


def _transfer(call: Call, sent_ms: int) -> Ask[Trace]:
    """A history without the transfer does not prove that it will not come, hence None."""
    asset, amount = call.get("asset"), Decimal(call.get("amount"))
    since = max(0, sent_ms - LAG_MS)

    def parse(payload: Any) -> Trace:
        for one in listed(payload, "rows"):
            if one["asset"] == asset and abs(number(one["amount"])) == amount and int(one["timestamp"]) >= since:
                id = str(one.get("transferId") or one.get("tranId"))
                return Trace(
                    found={"CONFIRMED": True, "FAILED": False}.get(one["status"]),
                    text=f"Transfer {id} of {abs(number(one['amount'])).normalize():f} {asset} is {one['status']}.",
                    facts={"transfer_id": id, "status": one["status"]},
                )
        return Trace(found=None, text="The history does not show this transfer.")

    wallets = {name: call.get(name) for name in ("fromAccount", "toAccount")}
    return ask(parse, BINGX["spot.transfer.list"].call(wallets, startTime=since, pageSize=100))


def _wallet(call: Call, _: int) -> Ask[Trace]:
    def parse(payload: Any) -> Trace:
        words = ", ".join(f"{one.total:f} {one.asset}" for one in parse_swap.balances(payload)) or "nothing"
        return Trace(found=None, text=f"The perpetual wallet holds {words}.", facts={"balances": words})

    return ask(parse, BINGX["swap.account.get"].call())


_TRACES: Mapping[str, Callable[[Call, int], Ask[Trace]]] = {
    "spot.order.create": _spot_placed,
    "spot.order.cancel": _spot_canceled,
    "spot.order.cancel_all": _cancel_all("spot.order.open", parse_spot.order),
    "spot.order.replace": _spot_replaced,
    "spot.batch.create": _batch("spot.order.create", "data"),
    "spot.batch.cancel": _spot_batch_canceled,
    "spot.oco.create": _pair_placed,
    "spot.oco.cancel": _pair_canceled,
    "spot.transfer.create": _transfer,
    "swap.order.create": _swap_placed,
    "swap.order.cancel": _swap_canceled,
    "swap.order.cancel_all": _cancel_all("swap.order.open", parse_swap.order),
    "swap.order.amend": _amended,
    "swap.order.replace": _swap_replaced,
    "swap.batch.create": _batch("swap.order.create", "batchOrders"),
    "swap.batch.cancel": _swap_batch_canceled,
    "swap.batch.replace": lambda call, sent_ms: each(
        [_swap_replaced(BINGX["swap.order.replace"].call(one), sent_ms) for one in call.get("batchOrders")]
    ),
    "swap.leverage.set": _leverage,
    "swap.margin_mode.set": _margin_mode,
    "swap.position_mode.set": _position_mode,
    "swap.position.close_all": _closed,
    "swap.position.close": _closed,
    "swap.position.reverse": _positions,
    "swap.margin.adjust": _positions,
    "swap.auto_margin.set": _positions,
    "swap.twap.create": _twap_placed,
    "swap.twap.cancel": _twap_canceled,
    "swap.vst.apply": _wallet,
}
