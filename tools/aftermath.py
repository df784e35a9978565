"""What an action has changed, in the venue's own words: fees, realised PnL, the position and where it is liquidated."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from msgspec import structs

from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.errors import BlaveError
from blave_mcp.exchanges.models import Fill, Position, Trace
from blave_mcp.exchanges.params import plain
from blave_mcp.exchanges.verbs import Verbs
from blave_mcp.tools.format import exact, money

AskVenue = Callable[[Ask[Any]], Awaitable[Any]]
FILLS = 100


async def aftermath(trace: Trace, verbs: Verbs, native: str, ask: AskVenue) -> Trace:
    """Adds the fills of the order and the position in its symbol to what is known of the last step."""
    lines, facts = [trace.text], dict(trace.facts)
    try:
        order_id = facts.get("order_id")
        if order_id and Decimal(facts.get("filled", "0")) > 0:
            found = await ask(verbs.fills(native, start_ms=None, end_ms=None, limit=FILLS))
            _fills(tuple(f for f in found if f.order_id == order_id), lines, facts)
        if verbs.opens_positions:
            _positions(await ask(verbs.positions(native)), lines, facts)
    except BlaveError as error:
        lines.append(f"What it changed could not be read: {error.what}")
    return structs.replace(trace, text="\n".join(lines), facts=facts)


def _fills(fills: tuple[Fill, ...], lines: list[str], facts: dict[str, Any]) -> None:
    if not fills:
        return
    fees: dict[str, Decimal] = {}
    for fill in fills:
        fees[fill.fee_asset] = fees.get(fill.fee_asset, Decimal(0)) + fill.fee
    facts["fees"] = {asset: plain(amount) for asset, amount in fees.items()}
    words = "Fee " + ", ".join(f"{exact(amount)} {asset}" for asset, amount in fees.items())
    realised = [fill.realised_pnl for fill in fills if fill.realised_pnl is not None]
    if any(realised):
        facts["realised_pnl"] = plain(sum(realised, Decimal(0)))
        words += f", realised PnL {money(sum(realised, Decimal(0)))}"
    lines.append(f"{words}.")


def _positions(positions: tuple[Position, ...], lines: list[str], facts: dict[str, Any]) -> None:
    for held in positions:
        liquidation = exact(held.liquidation) if held.liquidation else "none reported"
        lines.append(
            f"Position now: {held.side} {exact(held.size)}, entry {exact(held.entry)}, mark {exact(held.mark)},"
            f" liquidation {liquidation}, {held.leverage}x {held.margin_mode}."
        )
    if not positions:
        lines.append("Position now: none.")
    facts["positions"] = [
        {
            "side": held.side.value,
            "size": plain(held.size),
            "entry": plain(held.entry),
            "liquidation": plain(held.liquidation) if held.liquidation else None,
            "leverage": held.leverage,
            "margin_mode": held.margin_mode.value if held.margin_mode else None,
        }
        for held in positions
    ]
