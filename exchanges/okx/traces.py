"""What became of a write: for each writing endpoint, the read that tells.

OKX takes a request within 30 seconds of its timestamp (50102). A look-up by client id that finds nothing after that
proves that the order was not placed; where a state is read, the state that was asked for is the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.dialect import Ask, VenueFault
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.exact import number
from blave_mcp.exchanges.models import Order, OrderStatus, Trace
from blave_mcp.exchanges.okx.endpoints import OKX
from blave_mcp.exchanges.okx.parse import ask, only, rows, sizes_of
from blave_mcp.exchanges.okx.parse_orders import algo_order, order
from blave_mcp.exchanges.params import plain

Make = Callable[[Call, int], Ask[Trace]]
ENDED = (OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED)
LAG_MS = 2_000
"""How much earlier than our clock a change may stand in the venue's history."""


def trace(call: Call, sent_ms: int) -> Ask[Trace] | None:
    """Returns the read that tells what became of `call`, or None where OKX has none."""
    make = _TRACES.get(call.endpoint.id)
    return None if make is None else make(call, sent_ms)


def contracts_of(native: str) -> tuple[Call, ...]:
    """The read that tells the contract size of `native`; none for what counts in base."""
    if not native.endswith("-SWAP"):
        return ()
    return (OKX["v5.instruments.list"].call(instType="SWAP", instId=native),)


# One order.


def told(found: Order) -> Trace:
    """An order that exists, in the venue's own numbers."""
    size = "the whole position" if found.close_position else "-" if found.size is None else plain(found.size)
    line = f"Order {found.id} (client id {found.client_id}) is {found.status}: {plain(found.filled)} of {size} filled"
    if found.average is not None:
        line += f" at {plain(found.average)} on average"
    if found.cost:
        line += f", {plain(found.cost)} in quote"
    return Trace(found=True, text=f"{line}.", facts=facts(found))


def facts(found: Order) -> dict[str, str]:
    known = {"order_id": found.id, "client_id": found.client_id, "status": str(found.status)}
    numbers = {
        "size": found.size, "filled": found.filled, "average": found.average, "price": found.price,
        "trigger": found.trigger, "cost": found.cost,
    }  # fmt: skip
    return known | {name: plain(value) for name, value in numbers.items() if value is not None}


def _read(payload: Any, *listed: Any) -> Order | None:
    """None where OKX has no such order; an order or an algo order otherwise."""
    if isinstance(payload, VenueFault) or not rows(payload):
        return None
    each = only(payload)
    return algo_order(each, sizes_of(listed)) if "ordIdList" in each else order(each, sizes_of(listed))


def _order_call(native: str, id: Any, client_id: Any) -> Call:
    return OKX["v5.order.get"].call(instId=native, ordId=id, clOrdId=client_id if id is None else None)


def _algo_call(id: Any, client_id: Any) -> Call:
    return OKX["v5.algo.get"].call(algoId=id, algoClOrdId=client_id if id is None else None)


def _question(parse: Callable[[Order | None], Trace], call: Call, native: str) -> Ask[Trace]:
    return ask(lambda payload, *listed: parse(_read(payload, *listed)), call, *contracts_of(native), missing=True)


def _was_placed(found: Order | None) -> Trace:
    if found is None:
        return Trace(found=False, text="OKX has no order with this client id.")
    if found.status is OrderStatus.REJECTED:
        return Trace(found=False, text=f"Order {found.id} was rejected by OKX.", facts=facts(found))
    return told(found)


def _was_canceled(found: Order | None) -> Trace:
    if found is None:
        return Trace(found=None, text="OKX does not know the order that was to be cancelled.")
    now = told(found)
    return Trace(found=found.status is OrderStatus.CANCELED, text=now.text, facts=now.facts)


def _placed(call: Call, _: int) -> Ask[Trace]:
    native = call.get("instId")
    return _question(_was_placed, _order_call(native, None, call.get("clOrdId")), native)


def _algo_placed(call: Call, _: int) -> Ask[Trace]:
    return _question(_was_placed, _algo_call(None, call.get("algoClOrdId")), call.get("instId"))


def _canceled(call: Call, _: int) -> Ask[Trace]:
    native = call.get("instId")
    return _question(_was_canceled, _order_call(native, call.get("ordId"), call.get("clOrdId")), native)


def _amended(call: Call, _: int) -> Ask[Trace]:
    """The order as it is; price and size (in the venue's unit) as they were asked for are the proof."""
    native = call.get("instId")

    def parse(payload: Any, *listed: Any) -> Trace:
        found = _read(payload, *listed)
        if found is None:
            return Trace(found=None, text="OKX does not know the order that was to be changed.")
        each, now = only(payload), told(found)
        wanted = [(each["sz"], call.get("newSz")), (each["px"], call.get("newPx"))]
        done: bool | None = all(number(is_now) == Decimal(new) for is_now, new in wanted if new is not None)
        if (not done and found.status in ENDED) or all(new is None for _, new in wanted):
            done = None
        text = f"{now.text} Its size is {each['sz']} (the venue's unit), its price {each['px']}."
        return Trace(found=done, text=text, facts=now.facts)

    return ask(parse, _order_call(native, call.get("ordId"), call.get("clOrdId")), *contracts_of(native), missing=True)


def _algo_amended(call: Call, _: int) -> Ask[Trace]:
    names = {
        "sz": "newSz", "tpTriggerPx": "newTpTriggerPx", "slTriggerPx": "newSlTriggerPx", "tpOrdPx": "newTpOrdPx",
        "slOrdPx": "newSlOrdPx", "triggerPx": "newTriggerPx", "ordPx": "newOrdPx",
    }  # fmt: skip

    def parse(payload: Any, *listed: Any) -> Trace:
        found = _read(payload, *listed)
        if found is None:
            return Trace(found=None, text="OKX does not know the algo order that was to be changed.")
        each, now = only(payload), told(found)
        wanted = [(each[name], call.get(new)) for name, new in names.items() if call.get(new) is not None]
        done: bool | None = all(number(is_now or "0") == Decimal(new) for is_now, new in wanted)
        return Trace(found=None if not done and found.status in ENDED else done, text=now.text, facts=now.facts)

    query = _algo_call(call.get("algoId"), call.get("algoClOrdId"))
    return ask(parse, query, *contracts_of(call.get("instId")), missing=True)


def _closed(call: Call, _: int) -> Ask[Trace]:
    """The position is gone; or it is not, which does not prove that it will stay."""
    native, side = call.get("instId"), call.get("posSide", "net")

    def parse(payload: Any) -> Trace:
        left = [each for each in rows(payload) if number(each["pos"] or "0") and each["posSide"] == side
                and each["mgnMode"] == call.get("mgnMode")]  # fmt: skip
        if not left:
            return Trace(found=True, text=f"{native} has no such position now.")
        return Trace(found=None, text=f"{native} still has a position of {left[0]['pos']} contracts.")

    return ask(parse, OKX["v5.position.list"].call(instId=native))


# Batches.


def _each(traces: list[Ask[Trace]]) -> Ask[Trace]:
    """Puts the traces of a batch's elements together: it took effect if any of them did."""
    widths = [len(question.calls) for question in traces]

    def parse(*payloads: Any) -> Trace:
        single, at = [], 0
        for question, width in zip(traces, widths, strict=True):
            single.append(question.parse(*payloads[at : at + width]))
            at += width
        verdicts = [one.found for one in single]
        done = True if True in verdicts else None if None in verdicts else False
        text = "\n".join(f"{n}: {one.text}" for n, one in enumerate(single, 1))
        merged = {f"{n}.{name}": value for n, one in enumerate(single, 1) for name, value in one.facts.items()}
        return Trace(found=done, text=text, facts=merged)

    return Ask(tuple(call for question in traces for call in question.calls), parse)


def _batch(single: str) -> Make:
    def make(call: Call, sent_ms: int) -> Ask[Trace]:
        elements = [OKX[single].call(each) for each in call.get("orders")]
        return _each([_TRACES[single](element, sent_ms) for element in elements])

    return make


def _algos_canceled(call: Call, _: int) -> Ask[Trace]:
    return _each(
        [
            _question(_was_canceled, _algo_call(each.get("algoId"), each.get("algoClOrdId")), each["instId"])
            for each in call.get("orders")
        ]
    )


# Settings and money.


def _leverage(call: Call, _: int) -> Ask[Trace]:
    name = "instId" if call.get("instId") else "ccy"
    wanted, side, what = Decimal(call.get("lever")), call.get("posSide"), call.get(name)

    def parse(payload: Any) -> Trace:
        now = [number(each["lever"]) for each in rows(payload) if side in (None, each["posSide"])]
        shown = ", ".join(map(plain, now))
        text = f"The leverage of {what} on {call.get('mgnMode')} margin is {shown}."
        return Trace(found=bool(now) and all(one == wanted for one in now), text=text, facts={"leverage": shown})

    query = OKX["v5.leverage.get"].call({name: what, "mgnMode": call.get("mgnMode")})
    return ask(parse, query)


def _config(argument: str, field: str, words: str) -> Make:
    """A setting of the account, which its configuration shows."""

    def make(call: Call, _: int) -> Ask[Trace]:
        wanted = call.get(argument)

        def parse(payload: Any) -> Trace:
            now = only(payload)[field]
            return Trace(found=now == wanted, text=f"The {words} is {now}.", facts={field: str(now)})

        return ask(parse, OKX["v5.account.get"].call())

    return make


def _isolated_mode(call: Call, sent_ms: int) -> Ask[Trace]:
    field = "mgnIsoMode" if call.get("type") == "MARGIN" else "ctIsoMode"
    return _config("isoMode", field, "way in which margin reaches isolated positions")(call, sent_ms)


def _margin(call: Call, sent_ms: int) -> Ask[Trace]:
    """The bills show a change of margin (type 6); one that is not there may still come, hence None."""
    amount = Decimal(call.get("amt"))

    def parse(payload: Any) -> Trace:
        for each in rows(payload):
            same = each.get("instId") == call.get("instId") and int(each["ts"]) >= sent_ms - LAG_MS
            if same and abs(number(each["balChg"] or "0")) == amount:
                change = plain(-number(each["balChg"]))
                text = f"The margin of {call.get('instId')} changed by {change} {each['ccy']}."
                return Trace(found=True, text=text, facts={"amount": plain(amount), "asset": each["ccy"]})
        return Trace(found=None, text="The bills do not show this change of margin.")

    return ask(parse, OKX["v5.bills.list"].call(type="6", begin=max(0, sent_ms - LAG_MS)))


def _transfer(call: Call, _: int) -> Ask[Trace]:
    def parse(payload: Any) -> Trace:
        if isinstance(payload, VenueFault) or not rows(payload):
            return Trace(found=False, text="OKX has no transfer with this client id.")
        each = only(payload)
        done = {"success": True, "failed": False}.get(each["state"])
        text = f"Transfer {each['transId']} of {each['amt']} {each['ccy']} is {each['state']}."
        return Trace(found=done, text=text, facts={"transfer_id": str(each["transId"]), "status": each["state"]})

    query = OKX["v5.transfer.get"].call(clientId=call.get("clientId"), type=call.get("type"))
    return ask(parse, query, missing=True)


def _subaccount_transfer(call: Call, sent_ms: int) -> Ask[Trace]:
    amount, asset = Decimal(call.get("amt")), call.get("ccy")

    def parse(payload: Any) -> Trace:
        for each in rows(payload):
            if number(each["amt"]) == amount and int(each["ts"]) >= sent_ms - LAG_MS:
                return Trace(found=True, text=f"Transfer {each['billId']} of {each['amt']} {asset} is in the history.",
                             facts={"transfer_id": str(each["billId"])})  # fmt: skip
        return Trace(found=None, text="The history does not show this transfer.")

    return ask(parse, OKX["v5.subaccount.bills"].call(ccy=asset))


_TRACES: Mapping[str, Make] = {
    "v5.order.create": _placed,
    "v5.order.cancel": _canceled,
    "v5.order.amend": _amended,
    "v5.batch.create": _batch("v5.order.create"),
    "v5.batch.cancel": _batch("v5.order.cancel"),
    "v5.batch.amend": _batch("v5.order.amend"),
    "v5.algo.create": _algo_placed,
    "v5.algo.cancel": _algos_canceled,
    "v5.algo.amend": _algo_amended,
    "v5.position.close": _closed,
    "v5.leverage.set": _leverage,
    "v5.position_mode.set": _config("posMode", "posMode", "position mode"),
    "v5.account.mode": _config("acctLv", "acctLv", "account mode"),
    "v5.isolated_mode.set": _isolated_mode,
    "v5.loan.auto": _config("autoLoan", "autoLoan", "automatic borrowing"),
    "v5.loan.auto_repay": _config("autoRepay", "spotBorrowAutoRepay", "automatic repayment"),
    "v5.margin.adjust": _margin,
    "v5.transfer.create": _transfer,
    "v5.subaccount.transfer": _subaccount_transfer,
}
