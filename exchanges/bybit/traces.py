"""What became of a write: for each writing endpoint, the reads that tell.

An order is looked up among the open and lately ended ones and in the history: an id that neither knows proves that the
order was not placed, once the signing window has passed (`Verbs.settles_after_ms`). Bybit acknowledges before it
carries out, so the trace is what counts. Where a state is read, the state that was asked for is the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bybit.endpoints import BYBIT
from blave_mcp.exchanges.bybit.parse import Row, ask, result, rows, zero
from blave_mcp.exchanges.bybit.parse_account import ENDED, PLAIN, order, orders
from blave_mcp.exchanges.dialect import Ask, VenueFault
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.exact import number
from blave_mcp.exchanges.models import Order, OrderStatus, Trace
from blave_mcp.exchanges.params import plain

Make = Callable[[Call, int], Ask[Trace] | None]


def trace(call: Call, sent_ms: int) -> Ask[Trace] | None:
    """Returns the reads that tell what became of `call`, or None where Bybit has none."""
    make = _TRACES.get(call.endpoint.id) or _SHARED.get(call.endpoint.id.partition(".")[2])
    return None if make is None else make(call, sent_ms)


def entry(call: Call, id: str) -> Any:
    """The endpoint of the same product with another id."""
    return BYBIT[f"{call.endpoint.product}.{id}"]


# One order.


def lookups(call: Call, args: Mapping[str, Any]) -> tuple[Call, ...]:
    """The reads that find an order by its id or client id, wherever it is kept; the latest state comes first."""
    name = "orderId" if args.get("orderId") is not None else "orderLinkId"
    wanted = {"category": call.get("category"), "symbol": args.get("symbol"), name: args.get(name)}
    return entry(call, "order.open").call(wanted), entry(call, "order.history").call(wanted)


def row_of(payloads: Iterable[Any]) -> Row | None:
    """Returns the order's row as the first answer that has it tells it."""
    for payload in payloads:
        if not isinstance(payload, VenueFault) and (found := rows(payload)):
            return found[0]  # type: ignore[no-any-return]
    return None


def told(one: Order, each: Row | None = None) -> Trace:
    """An order that exists, in the venue's own numbers."""
    size = "the whole position" if one.close_position else plain(one.size) if one.size is not None else "what was asked"
    line = f"Order {one.id} (client id {one.client_id or '-'}) is {one.status}: {plain(one.filled)} of {size} filled"
    if one.average is not None:
        line += f" at {plain(one.average)} on average"
    if one.cost:
        line += f", {plain(one.cost)} in quote"
    reason = str((each or {}).get("rejectReason") or "")
    if reason not in ("", "EC_NoError", "UNKNOWN") and one.status is not OrderStatus.FILLED:
        line += f" ({reason})"
    return Trace(found=True, text=f"{line}.", facts=facts(one))


def facts(one: Order) -> dict[str, str]:
    found = {"order_id": one.id, "client_id": one.client_id, "status": str(one.status)}
    numbers = {
        "size": one.size, "filled": one.filled, "average": one.average, "price": one.price, "trigger": one.trigger,
        "cost": one.cost,
    }  # fmt: skip
    return found | {name: plain(value) for name, value in numbers.items() if value is not None}


def _placed(call: Call, _: int) -> Ask[Trace]:
    def parse(*payloads: Any) -> Trace:
        each = row_of(payloads)
        if each is None:
            return Trace(found=False, text="Bybit has no order with this client id.")
        one = order(each)
        # Bybit may reject what it has acknowledged: the order is there, and its state says so.
        return told(one, each)

    return ask(parse, *lookups(call, call.arguments), missing=True)


def _canceled(call: Call, _: int) -> Ask[Trace]:
    def parse(*payloads: Any) -> Trace:
        each = row_of(payloads)
        if each is None:
            return Trace(found=None, text="Bybit does not know the order that was to be cancelled.")
        one = order(each)
        now = told(one)
        return Trace(found=one.status is OrderStatus.CANCELED, text=now.text, facts=now.facts)

    return ask(parse, *lookups(call, call.arguments), missing=True)


def _amended(call: Call, _: int) -> Ask[Trace]:
    wished = {name: call.get(name) for name in ("qty", "price", "triggerPrice")}

    def parse(*payloads: Any) -> Trace:
        each = row_of(payloads)
        if each is None:
            return Trace(found=None, text="Bybit does not know the order that was to be changed.")
        one = order(each)
        now = told(one, each)
        fits = all(value is None or zero(each.get(name)) == Decimal(value) for name, value in wished.items())
        done = True if fits else None if one.status in ENDED else False
        size = "-" if one.size is None else plain(one.size)
        price = "-" if one.price is None else plain(one.price)
        return Trace(found=done, text=f"{now.text} Its size is {size}, its price {price}.", facts=now.facts)

    return ask(parse, *lookups(call, call.arguments), missing=True)


def _all_canceled(call: Call, sent_ms: int) -> Ask[Trace]:
    """Orders that were open before the request and still are prove that it was not carried out."""
    names = ("category", "symbol", "baseCoin", "settleCoin", "orderFilter")
    args = {name: call.get(name) for name in names if call.get(name) is not None}
    if call.endpoint.product == "spot":
        args["orderFilter"] = call.get("orderFilter", "Order")

    def parse(payload: Any) -> Trace:
        left = [one for one in orders(payload) if (one.created_ms or 0) < sent_ms]
        if not left:
            return Trace(found=True, text="None of the orders that were open before is open now.")
        shown = ", ".join(one.id for one in left[:5])
        return Trace(found=False, text=f"{len(left)} orders that were open before still are: {shown}.")

    return ask(parse, entry(call, "order.open").call(args, limit=50))


def _each(traces: list[Ask[Trace]]) -> Ask[Trace]:
    """Puts the traces of a batch's elements together: it took effect if any of them did."""

    def parse(*payloads: Any) -> Trace:
        left = list(payloads)
        single = []
        for question in traces:
            mine, left = left[: len(question.calls)], left[len(question.calls) :]
            single.append(question.parse(*mine))
        verdicts = [each.found for each in single]
        done = True if True in verdicts else None if None in verdicts else False
        text = "\n".join(f"{n}: {each.text}" for n, each in enumerate(single, 1))
        merged = {f"{n}.{name}": value for n, each in enumerate(single, 1) for name, value in each.facts.items()}
        return Trace(found=done, text=text, facts=merged)

    return Ask(tuple(call for question in traces for call in question.calls), parse)


def _batch(single: str, make: Callable[[Call, int], Ask[Trace]]) -> Make:
    def of(call: Call, sent_ms: int) -> Ask[Trace]:
        one = entry(call, single)
        return _each([
            make(one.call({"category": call.get("category"), **element}), sent_ms) for element in call.get("request")
        ])  # fmt: skip

    return of


# States.


def _position(call: Call, symbol: str) -> Call:
    category = call.get("category", "linear")
    return BYBIT["linear.position.list"].call(category=category, symbol=symbol)


def _leverage(call: Call, _: int) -> Ask[Trace]:
    symbol = call.get("symbol")
    wanted = {Decimal(call.get("buyLeverage")), Decimal(call.get("sellLeverage"))}

    def parse(payload: Any) -> Trace:
        now = {number(each["leverage"]) for each in rows(payload)}
        text = " and ".join(plain(one) for one in sorted(now))
        return Trace(found=now == wanted, text=f"The leverage of {symbol} is {text}.", facts={"leverage": text})

    return ask(parse, _position(call, symbol))


def _trading_stop(call: Call, _: int) -> Ask[Trace]:
    """Full: the position tells what is set. Partial: the orders that were made for it do."""
    symbol, idx = call.get("symbol"), call.get("positionIdx")
    wanted = {name: Decimal(call.get(name)) for name in ("takeProfit", "stopLoss", "trailingStop") if call.get(name)}
    partial = call.get("tpslMode") == "Partial"

    def parse(held: Any, resting: Any) -> Trace:
        row = next((each for each in rows(held) if int(each["positionIdx"]) == idx), None)
        if row is None or not zero(row.get("size")):
            return Trace(found=None, text=f"There is no position in {symbol} any more.")
        triggers = {
            zero(each.get("triggerPrice"))
            for each in rows(resting)
            if int(each.get("positionIdx") or 0) == idx and each.get("stopOrderType") not in PLAIN
        }
        now = {name: zero(row.get(name)) for name in wanted}
        done = all((partial and value in triggers) or now[name] == value for name, value in wanted.items())
        text = ", ".join(f"{name} {plain(value)}" for name, value in now.items() if not partial)
        if partial:
            text = f"orders wait at {', '.join(plain(one) for one in sorted(triggers)) or 'no price'}"
        return Trace(
            found=done,
            text=f"The position in {symbol} has {text}.",
            facts={name: plain(value) for name, value in now.items()},
        )

    open_orders = BYBIT["linear.order.open"].call(category=call.get("category"), symbol=symbol, limit=50)
    return ask(parse, _position(call, symbol), open_orders)


def _position_mode(call: Call, _: int) -> Ask[Trace]:
    """By coin, BTC's contract stands for all: those with a position or an order keep their mode."""
    symbol = call.get("symbol") or ("BTCPERP" if call.get("coin") == "USDC" else f"BTC{call.get('coin')}")

    def parse(payload: Any) -> Trace:
        hedge = any(int(each["positionIdx"]) for each in rows(payload))
        word = "hedge" if hedge else "one_way"
        return Trace(
            found=hedge is (call.get("mode") == 3),
            text=f"The position mode of {symbol} is {word.replace('_', '-')}.",
            facts={"position_mode": word},
        )

    return ask(parse, _position(call, symbol))


def _margin_mode(call: Call, _: int) -> Ask[Trace]:
    def parse(payload: Any) -> Trace:
        now = str(result(payload)["marginMode"])
        return Trace(
            found=now == call.get("setMarginMode"),
            text=f"The margin mode of the account is {now}.",
            facts={"margin_mode": now},
        )

    return ask(parse, BYBIT["linear.account.get"].call())


def _field(name: str, field: str) -> Make:
    """A number of a position that was asked for under `name` and is told as `field`."""

    def make(call: Call, _: int) -> Ask[Trace]:
        symbol, wanted = call.get("symbol"), int(call.get(name))

        def parse(payload: Any) -> Trace:
            now = {int(each[field]) for each in rows(payload) if call.get("positionIdx") in (None, each["positionIdx"])}
            text = ", ".join(map(str, sorted(now)))
            return Trace(found=now == {wanted}, text=f"{field} of {symbol} is {text}.", facts={field: text})

        return ask(parse, _position(call, symbol))

    return make


def _collateral(call: Call, _: int) -> Ask[Trace]:
    coin, wanted = call.get("coin"), call.get("collateralSwitch") == "ON"

    def parse(payload: Any) -> Trace:
        now = {each["currency"]: each["collateralSwitch"] for each in rows(payload)}[coin]
        word = "counts" if now else "does not count"
        return Trace(found=now is wanted, text=f"{coin} {word} as collateral.", facts={"collateral": word})

    return ask(parse, BYBIT["spot.collateral.list"].call(currency=coin))


def _spot_margin(name: str, field: str) -> Make:
    def make(call: Call, _: int) -> Ask[Trace]:
        wanted = Decimal(call.get(name))

        def parse(payload: Any) -> Trace:
            now = zero(result(payload).get(field))
            return Trace(found=now == wanted, text=f"{field} is {plain(now)}.", facts={field: plain(now)})

        return ask(parse, BYBIT["spot.margin.state"].call())

    return make


def _transfer(read: str) -> Make:
    """A list without the transfer does not prove that it will not come, hence None."""

    def make(call: Call, _: int) -> Ask[Trace]:
        id = call.get("transferId")

        def parse(payload: Any) -> Trace:
            for each in rows(payload):
                if each["transferId"] == id:
                    done = {"SUCCESS": True, "FAILED": False}.get(each["status"])
                    return Trace(
                        found=done,
                        text=f"Transfer {id} of {each['amount']} {each['coin']} is {each['status']}.",
                        facts={"transfer_id": id, "status": each["status"]},
                    )
            return Trace(found=None, text="Bybit's list does not show this transfer.")

        return ask(parse, BYBIT[read].call(transferId=id))

    return make


_SHARED: Mapping[str, Make] = {
    "order.create": _placed,
    "order.amend": _amended,
    "order.cancel": _canceled,
    "order.cancel_all": _all_canceled,
    "batch.create": _batch("order.create", _placed),
    "batch.amend": _batch("order.amend", _amended),
    "batch.cancel": _batch("order.cancel", _canceled),
}
_TRACES: Mapping[str, Make] = {
    "linear.leverage.set": _leverage,
    "linear.trading_stop.set": _trading_stop,
    "linear.tpsl.set": _trading_stop,
    "linear.position_mode.set": _position_mode,
    "linear.margin_mode.set": _margin_mode,
    "linear.margin_mode.switch": _field("tradeMode", "tradeMode"),
    "linear.margin.auto": _field("autoAddMargin", "autoAddMargin"),
    "spot.collateral.set": _collateral,
    "spot.margin.switch": _spot_margin("spotMarginMode", "spotMarginMode"),
    "spot.margin.leverage": _spot_margin("leverage", "spotLeverage"),
    "spot.transfer.create": _transfer("spot.transfer.list"),
    "spot.transfer.universal": _transfer("spot.transfer.universal_list"),
}
