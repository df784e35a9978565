"""What became of a change of settings, loans or wallets: the read that tells."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bitmart import parse_futures
from blave_mcp.exchanges.bitmart.endpoints import BITMART
from blave_mcp.exchanges.bitmart.parse import ask, listed, row, rows
from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.exact import number, positive
from blave_mcp.exchanges.models import PositionMode, Trace
from blave_mcp.exchanges.params import plain

LAG_MS = 2_000
"""How much earlier than our clock a change may stand in the venue's history."""


def contracts_of(symbol: str | None) -> Call:
    """The read that tells the size of one contract."""
    return BITMART["futures.instruments.list"].call(symbol=symbol)


def leverage(call: Call, _: int) -> Ask[Trace]:
    symbol, mode = call.get("symbol"), call.get("open_type")
    wanted = None if call.get("leverage") is None else int(Decimal(call.get("leverage")))

    def parse(payload: Any) -> Trace:
        now, margin_mode = parse_futures.terms(payload, symbol)
        if now is None or margin_mode is None:
            return Trace(found=None, text=f"BitMart does not tell the leverage of {symbol}.")
        done = margin_mode.value == mode and wanted in (None, now)
        text = f"The leverage of {symbol} is {now}, its margin mode {margin_mode}."
        return Trace(found=done, text=text, facts={"leverage": str(now), "margin_mode": margin_mode.value})

    return ask(parse, BITMART["futures.position.extended"].call(symbol=symbol))


def position_mode(call: Call, _: int) -> Ask[Trace]:
    wanted = call.get("position_mode")

    def parse(payload: Any) -> Trace:
        now = parse_futures.position_mode(payload)
        text = f"The position mode is {'hedge' if now is PositionMode.HEDGE else 'one-way'}."
        return Trace(found=row(payload)["position_mode"] == wanted, text=text, facts={"position_mode": str(now)})

    return ask(parse, BITMART["futures.position_mode.get"].call())


def preset(call: Call, _: int) -> Ask[Trace]:
    names = ("preset_take_profit_price", "preset_stop_loss_price")
    wanted = {name: Decimal(call.get(name)) for name in names if call.get(name) is not None}

    def parse(payload: Any) -> Trace:
        now = {name: positive(row(payload).get(name)) for name in wanted}
        shown = {name: "none" if value is None else plain(value) for name, value in now.items()}
        text = "Preset now: " + ", ".join(f"{name} {value}" for name, value in shown.items()) + "."
        return Trace(found=now == wanted, text=text, facts=shown)

    return ask(parse, BITMART["futures.order.get"].call(symbol=call.get("symbol"), order_id=call.get("order_id")))


def transfer(call: Call, sent_ms: int) -> Ask[Trace]:
    """A history without the transfer does not prove that it will not come, hence None."""
    amount, kind, coin = Decimal(call.get("amount")), call.get("type"), call.get("currency")

    def parse(payload: Any) -> Trace:
        for each in listed(payload, "records"):
            if each["type"] == kind and each["currency"] == coin and number(each["amount"]) == amount:
                done = {"FINISHED": True, "FAILED": False}.get(str(each["state"]).upper())
                text = f"Transfer {each['transfer_id']} of {plain(amount)} {coin} ({kind}) is {each['state']}."
                return Trace(
                    found=done, text=text, facts={"transfer_id": str(each["transfer_id"]), "status": each["state"]}
                )
        return Trace(found=None, text="The history does not show this transfer.")

    return ask(
        parse,
        BITMART["futures.transfer.list"].call(currency=coin, time_start=max(0, sent_ms - LAG_MS), page=1, limit=20),
    )


def loan(call: Call, sent_ms: int) -> Ask[Trace]:
    """The newest record with this amount; its time is in seconds. None without one, which may still come."""
    borrows = call.endpoint.id == "spot.margin.borrow"
    amount, coin, pair = Decimal(call.get("amount")), call.get("currency"), call.get("symbol")
    field, time = ("borrow_amount", "create_time") if borrows else ("repaid_amount", "repay_time")

    def parse(payload: Any) -> Trace:
        for each in listed(payload, "records"):
            recent = int(each[time]) * 1000 >= sent_ms - sent_ms % 1000 - LAG_MS
            if recent and each["currency"] == coin and number(each[field]) == amount:
                if borrows:
                    text = f"Loan {each['borrow_id']} of {plain(amount)} {coin} in {pair} was made."
                    return Trace(found=True, text=text, facts={"borrow_id": str(each["borrow_id"])})
                parts = {name: plain(number(each[f"repaid_{name}"]).normalize()) for name in ("principal", "interest")}
                text = f"Repaid {parts['principal']} {coin} and {parts['interest']} of interest in {pair}."
                return Trace(found=True, text=text, facts={"repay_id": str(each["repay_id"]), **parts})
        return Trace(found=None, text="The records do not show it.")

    query = BITMART[f"spot.margin.{'borrows' if borrows else 'repayments'}"].call(
        symbol=pair, start_time=max(0, sent_ms - sent_ms % 1000 - LAG_MS), N=100
    )
    return ask(parse, query)


def subaccount(call: Call, sent_ms: int) -> Ask[Trace]:
    """By amount, account and time: the venue's history does not tell the request's own number."""
    sub, amount, coin = call.get("subAccount"), Decimal(call.get("amount")), call.get("currency")
    to_main = call.endpoint.id != "futures.subaccount.from_main"

    def parse(payload: Any) -> Trace:
        for each in rows(payload):
            recent = int(each["submissionTime"]) * 1000 >= sent_ms - sent_ms % 1000 - LAG_MS
            named = sub in (None, each["fromAccount" if to_main else "toAccount"])
            if recent and named and each["currency"] == coin and number(each["amount"]) == amount:
                text = f"{plain(amount)} {coin} went from {each['fromAccount']} to {each['toAccount']}."
                return Trace(found=True, text=text, facts={"amount": plain(amount), "asset": coin})
        return Trace(found=None, text="The history does not show this transfer.")

    if sub is None:
        return ask(parse, BITMART["futures.subaccount.history"].call(limit=100))
    return ask(parse, BITMART["futures.subaccount.transfers"].call(subAccount=sub, limit=100))
