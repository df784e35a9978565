"""What became of a change of settings, margin, positions or wallets: the read that tells."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bitget import parse_futures
from blave_mcp.exchanges.bitget.base import MARGIN_COIN, PRODUCT
from blave_mcp.exchanges.bitget.endpoints import BITGET
from blave_mcp.exchanges.bitget.parse import ask, listed, row, rows
from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.exact import number
from blave_mcp.exchanges.models import MarginMode, PositionMode, Trace
from blave_mcp.exchanges.params import plain

LAG_MS = 2_000
"""How much earlier than our clock a change may stand in the venue's history."""

ANY_SYMBOL = "BTCUSDT"
"""The position mode is told with a symbol's settings; it is the same for all."""


def _account(call: Call, symbol: str) -> Call:
    product = call.get("productType", PRODUCT)
    return BITGET["futures.account.get"].call(
        symbol=symbol, productType=product, marginCoin=call.get("marginCoin", MARGIN_COIN)
    )


def leverage(call: Call, _: int) -> Ask[Trace]:
    symbol = call.get("symbol")
    same = [call.get(name) for name in ("leverage", "longLeverage", "shortLeverage")]
    wanted = {"long": same[1] or same[0], "short": same[2] or same[0]}
    side = call.get("holdSide")

    def parse(payload: Any) -> Trace:
        each = row(payload)
        crossed = parse_futures.MARGINS[each["marginMode"]] is MarginMode.CROSS
        names = dict.fromkeys(("long", "short"), "crossedMarginLeverage") if crossed else {
            "long": "isolatedLongLever", "short": "isolatedShortLever",
        }  # fmt: skip
        now = {which: int(number(each[name])) for which, name in names.items()}
        done = all(now[which] == value for which, value in wanted.items() if not crossed or side in (None, which))
        text = str(now["long"]) if now["long"] == now["short"] else f"{now['long']} long and {now['short']} short"
        return Trace(found=done, text=f"The leverage of {symbol} is {text}.", facts={"leverage": text})

    return ask(parse, _account(call, symbol))


def margin_mode(call: Call, _: int) -> Ask[Trace]:
    symbol, wanted = call.get("symbol"), parse_futures.MARGINS[call.get("marginMode")]

    def parse(payload: Any) -> Trace:
        now = parse_futures.MARGINS[row(payload)["marginMode"]]
        text = f"The margin mode of {symbol} is {now}."
        return Trace(found=now is wanted, text=text, facts={"margin_mode": str(now)})

    return ask(parse, _account(call, symbol))


def position_mode(call: Call, _: int) -> Ask[Trace] | None:
    if call.get("productType") != PRODUCT:
        return None
    wanted = PositionMode.HEDGE if call.get("posMode") == "hedge_mode" else PositionMode.ONE_WAY

    def parse(payload: Any) -> Trace:
        now = parse_futures.position_mode(payload)
        text = f"The position mode is {'hedge' if now is PositionMode.HEDGE else 'one-way'}."
        return Trace(found=now is wanted, text=text, facts={"position_mode": str(now)})

    return ask(parse, _account(call, ANY_SYMBOL))


def margin(call: Call, sent_ms: int) -> Ask[Trace]:
    """A history without the change does not prove that it will not come, hence None."""
    amount = Decimal(call.get("amount"))
    kind = "append_margin" if amount > 0 else "reduce_margin"

    def parse(payload: Any) -> Trace:
        for each in listed(payload, "bills"):
            if each["symbol"] == call.get("symbol") and abs(number(each["amount"])) == abs(amount):
                text = f"The margin of {each['symbol']} changed by {plain(amount)} {each['coin']}."
                return Trace(found=True, text=text, facts={"amount": plain(amount), "asset": str(each["coin"])})
        return Trace(found=None, text="The bills do not show this change of margin.")

    query = BITGET["futures.account.bills"].call(
        productType=call.get("productType"), businessType=kind, startTime=max(0, sent_ms - LAG_MS), limit=100
    )
    return ask(parse, query)


def closed(call: Call, _: int) -> Ask[Trace]:
    symbol, side = call.get("symbol"), call.get("holdSide")

    def parse(payload: Any) -> Trace:
        left = [
            held
            for held in parse_futures.positions(payload)
            if symbol in (None, held.native) and side in (None, held.side.value)
        ]
        if not left:
            return Trace(found=True, text="None of these positions is open now.")
        text = ", ".join(f"{held.side} {plain(held.size)} {held.native}" for held in left[:5])
        return Trace(found=None, text=f"Still open: {text}.")

    return ask(parse, BITGET["futures.position.list"].call(productType=call.get("productType")))


def transfer(call: Call, sent_ms: int) -> Ask[Trace]:
    """A history without the transfer does not prove that it will not come, hence None."""
    coin, client_id = call.get("coin"), call.get("clientOid")

    def parse(payload: Any) -> Trace:
        for each in rows(payload):
            if each["clientOid"] == client_id:
                done = {"successful": True, "failed": False}.get(str(each["status"]).lower())
                text = f"Transfer {each['transferId']} of {each['size']} {coin} is {each['status']}."
                return Trace(
                    found=done, text=text, facts={"transfer_id": str(each["transferId"]), "status": each["status"]}
                )
        return Trace(found=None, text="The history does not show this transfer.")

    id = "spot.transfer.list" if call.endpoint.id == "spot.transfer.create" else "spot.transfer.subaccounts"
    return ask(parse, BITGET[id].call(coin=coin, clientOid=client_id, startTime=max(0, sent_ms - LAG_MS), limit=100))
