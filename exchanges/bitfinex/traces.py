"""What became of a write: for each writing endpoint, the reads that tell.

Bitfinex takes a key's requests by rising nonce. So an answer to a look-up proves that an earlier request which has not
arrived by then will be refused: an order whose client id neither the open nor the ended orders know was not placed
(`Verbs.settles_after_ms` leaves time for one that is being worked on).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bitfinex import parse_account, parse_funding
from blave_mcp.exchanges.bitfinex.endpoints import BITFINEX
from blave_mcp.exchanges.bitfinex.parse import Row, ask, code_of, rows
from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.exact import number
from blave_mcp.exchanges.funding import FundingOffer
from blave_mcp.exchanges.models import Order, OrderStatus, Trace
from blave_mcp.exchanges.params import plain

Make = Callable[[Call, int], Ask[Trace] | None]
DAY_MS = 86_400_000
SKEW_MS = 60_000
"""Bitfinex tells no time of its own; its stamps may differ from ours by so much."""
MOST = 2500
TRANSFER = 51
ENDED = (OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED, OrderStatus.EXPIRED)


def trace(call: Call, sent_ms: int) -> Ask[Trace] | None:
    """Returns the reads that tell what became of `call`, or None where Bitfinex has none."""
    make = _TRACES.get(call.endpoint.id)
    return None if make is None else make(call, sent_ms)


# Orders.


def latest(payloads: Iterable[Any], fits: Callable[[Row], bool]) -> list[Row]:
    """The latest state of every order that fits, from lists of orders."""
    found: dict[int, Row] = {}
    for payload in payloads:
        for one in rows(payload):
            known = found.get(one[0])
            if fits(one) and (known is None or one[5] >= known[5]):
                found[one[0]] = one
    return list(found.values())


def told(one: Order, each: Row) -> Trace:
    """An order that exists, in the venue's own numbers."""
    size = "what was asked" if one.size is None else plain(one.size)
    line = f"Order {one.id} (client id {one.client_id or '-'}) is {one.status}: {plain(one.filled)} of {size} filled"
    if one.average is not None:
        line += f" at {plain(one.average)} on average"
    if one.status in ENDED and one.status is not OrderStatus.FILLED:
        line += f" ({each[13]})"
    return Trace(found=True, text=f"{line}.", facts=facts(one))


def facts(one: Order) -> dict[str, str]:
    found = {"order_id": one.id, "client_id": one.client_id, "status": str(one.status)}
    numbers = {
        "size": one.size, "filled": one.filled, "average": one.average, "price": one.price, "trigger": one.trigger,
        "cost": one.cost,
    }  # fmt: skip
    return found | {name: plain(value) for name, value in numbers.items() if value is not None}


def of_pair(symbol: str, sent_ms: int) -> tuple[Call, Call]:
    """Open orders of a pair, and those that ended since a day before the request."""
    return (
        BITFINEX["auth.order.symbol"].call(Symbol=symbol),
        BITFINEX["auth.order.history_symbol"].call(Symbol=symbol, start=max(0, sent_ms - DAY_MS), limit=MOST),
    )


def by_ids(ids: list[int]) -> tuple[Call, Call]:
    return BITFINEX["auth.order.list"].call(id=ids), BITFINEX["auth.order.history"].call(id=ids)


def _by_cid(call: Call, sent_ms: int) -> Ask[Trace]:
    cid = str(call.get("cid"))

    def parse(*payloads: Any) -> Trace:
        found = latest(payloads, lambda one: str(one[2]) == cid)
        if not found:
            return Trace(found=False, text="Bitfinex has no order with this client id.")
        # An OCO pair has two orders of one client id.
        found.sort(key=lambda one: int(one[0]))
        each = [told(parse_account.order(one), one) for one in found]
        return Trace(found=True, text="\n".join(one.text for one in each), facts=each[0].facts)

    return ask(parse, *of_pair(call.get("symbol"), sent_ms))


def _single(ids: list[int], judge: Callable[[Order], bool | None]) -> Ask[Trace]:
    def parse(*payloads: Any) -> Trace:
        found = latest(payloads, lambda one: one[0] in ids)
        if not found:
            return Trace(found=None, text="Bitfinex does not know the order.")
        one = parse_account.order(found[0])
        now = told(one, found[0])
        return Trace(found=judge(one), text=now.text, facts=now.facts)

    return ask(parse, *by_ids(ids))


def _amended(call: Call, _: int) -> Ask[Trace]:
    wished = {name: Decimal(call.get(name)) for name in ("amount", "price", "price_aux_limit") if call.get(name)}

    def judge(one: Order) -> bool | None:
        left = None if one.remaining is None else one.remaining
        stops = one.trigger is not None
        now = {
            "amount": left,
            "price": one.trigger if stops else one.price,
            "price_aux_limit": one.price if stops else None,
        }
        if all(now[name] == abs(value) for name, value in wished.items()) and wished:
            return True
        return None if one.status in ENDED or not wished else False

    return _single([call.get("id")], judge)


def _canceled(call: Call, sent_ms: int) -> Ask[Trace]:
    if call.get("id") is not None:
        return _single([call.get("id")], lambda one: one.status is OrderStatus.CANCELED)
    cid = str(call.get("cid"))

    def parse(*payloads: Any) -> Trace:
        found = latest(payloads, lambda one: str(one[2]) == cid)
        if not found:
            return Trace(found=None, text="Bitfinex does not know the order.")
        one = parse_account.order(found[-1])
        now = told(one, found[-1])
        return Trace(found=one.status is OrderStatus.CANCELED, text=now.text, facts=now.facts)

    history = BITFINEX["auth.order.history"].call(start=max(0, sent_ms - DAY_MS), limit=MOST)
    return ask(parse, BITFINEX["auth.order.list"].call(), history)


def _all_canceled(call: Call, sent_ms: int) -> Ask[Trace]:
    """Orders that were open before the request and still are prove that they were not canceled."""
    ids = set(call.get("id") or ())
    cids = {str(cid) for cid, _ in call.get("cid") or ()}
    groups = set(call.get("gid") or ())

    def parse(payload: Any) -> Trace:
        left = [
            one
            for one in rows(payload)
            if one[0] in ids
            or str(one[2]) in cids
            or one[1] in groups
            or (call.get("all") is not None and one[4] < sent_ms)
        ]
        if not left:
            return Trace(found=True, text="None of the orders that were meant is open now.")
        shown = ", ".join(str(one[0]) for one in left[:5])
        return Trace(found=False, text=f"{len(left)} of the orders that were meant are still open: {shown}.")

    return ask(parse, BITFINEX["auth.order.list"].call())


def _batch(call: Call, sent_ms: int) -> Ask[Trace] | None:
    """Told by what was to be placed with a client id, by what was to be changed or canceled by id."""
    ops = call.get("ops")
    cids = {str(order["cid"]) for kind, order in ops if kind == "on" and order.get("cid")}
    ids = {int(order["id"]) for kind, order in ops if kind in ("ou", "oc") and order.get("id")}
    if not cids | {str(one) for one in ids}:
        return None

    def parse(*payloads: Any) -> Trace:
        found = latest(payloads, lambda one: str(one[2]) in cids or one[0] in ids)
        placed = [one for one in found if str(one[2]) in cids]
        gone = [one for one in found if one[0] in ids and "CANCELED" in str(one[13])]
        lines = [told(parse_account.order(one), one).text for one in found]
        verdict = True if placed or gone else False if cids else None
        return Trace(found=verdict, text="\n".join(lines) or "Bitfinex knows none of these orders.")

    history = BITFINEX["auth.order.history"].call(start=max(0, sent_ms - DAY_MS), limit=MOST)
    return ask(parse, BITFINEX["auth.order.list"].call(), history)


# Money.


def _transfer(call: Call, sent_ms: int) -> Ask[Trace]:
    """Both ends stand in the ledger. A list without it does not prove that it will not come."""
    currency, amount = call.get("currency"), Decimal(call.get("amount"))

    def parse(payload: Any) -> Trace:
        for one in rows(payload):
            if abs(number(one[5])) == amount and int(one[3]) >= sent_ms - SKEW_MS:
                return Trace(
                    found=True,
                    text=f"The ledger has a transfer of {plain(amount)} {currency}: {one[8]}.",
                    facts={"ledger_id": str(one[0]), "amount": plain(amount), "status": "SUCCESS"},
                )
        return Trace(found=None, text="Bitfinex's ledger does not show this transfer.")

    read = BITFINEX["auth.ledger.currency"].call(
        Currency=currency, category=TRANSFER, start=max(0, sent_ms - SKEW_MS), limit=100
    )
    return ask(parse, read)


def _offer_facts(one: FundingOffer) -> dict[str, str]:
    return {
        "offer_id": one.id,
        "status": one.status,
        "amount": plain(one.original),
        "left": plain(one.amount),
        "rate": plain(one.rate),
        "period": str(one.period),
    }


def _offered(call: Call, sent_ms: int) -> Ask[Trace]:
    """Offers carry no client id: one of the same terms that is not older than the request is taken for it."""
    symbol = call.get("symbol")
    amount, rate, period = Decimal(call.get("amount")), Decimal(call.get("rate")), call.get("period")

    def parse(*payloads: Any) -> Trace:
        for one in sorted((o for p in payloads for o in parse_funding.offers(p)), key=lambda one: -one.created_ms):
            same = (one.original, one.period) == (amount, period) and (one.rate == rate or call.get("type") != "LIMIT")
            if same and one.created_ms >= sent_ms - SKEW_MS:
                text = (
                    f"Offer {one.id} of {plain(one.original)} {one.currency} at {plain(one.rate)} a day for"
                    f" {one.period} days is {one.status}; {plain(one.amount)} of it is not lent yet."
                )
                return Trace(found=True, text=text, facts=_offer_facts(one))
        return Trace(found=None, text="Bitfinex shows no offer of these terms.")

    return ask(
        parse,
        BITFINEX["auth.funding.offers"].call(Symbol=symbol),
        BITFINEX["auth.funding.offers_history"].call(Symbol=symbol, start=max(0, sent_ms - SKEW_MS), limit=100),
    )


def _offer_canceled(call: Call, _: int) -> Ask[Trace]:
    id = str(call.get("id"))

    def parse(payload: Any) -> Trace:
        for one in parse_funding.offers(payload):
            if one.id == id:
                return Trace(found=False, text=f"Offer {id} is still {one.status}.", facts=_offer_facts(one))
        return Trace(found=True, text=f"Offer {id} rests no more.", facts={"offer_id": id})

    return ask(parse, BITFINEX["auth.funding.offers_all"].call())


def _offers_canceled(call: Call, sent_ms: int) -> Ask[Trace]:
    symbol = f"f{call.get('currency')}" if call.get("currency") else None

    def parse(payload: Any) -> Trace:
        left = [one for one in parse_funding.offers(payload) if one.created_ms < sent_ms]
        if not left:
            return Trace(found=True, text="None of the offers that rested before rests now.")
        shown = ", ".join(one.id for one in left[:5])
        return Trace(found=False, text=f"{len(left)} offers that rested before still do: {shown}.")

    if symbol is None:
        return ask(parse, BITFINEX["auth.funding.offers_all"].call())
    return ask(parse, BITFINEX["auth.funding.offers"].call(Symbol=symbol))


_TRACES: Mapping[str, Make] = {
    "auth.order.create": _by_cid,
    "auth.order.amend": _amended,
    "auth.order.cancel": _canceled,
    "auth.orders.cancel": _all_canceled,
    "auth.orders.batch": _batch,
    "auth.transfer.create": _transfer,
    "auth.funding_offer.create": _offered,
    "auth.funding_offer.cancel": _offer_canceled,
    "auth.funding_offer.cancel_currency": _offers_canceled,
}
__all__ = ["by_ids", "code_of", "facts", "latest", "of_pair", "told", "trace"]
