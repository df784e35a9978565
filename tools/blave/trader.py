"""One trader on Hyperliquid: positions, fills, performance, open orders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.params import integer, one_of, text
from blave_mcp.exchanges.untrusted import clean, quoted
from blave_mcp.tools.answers import answer
from blave_mcp.tools.blave.market import BLAVE
from blave_mcp.tools.blave.traders import aged, usd, verbs, whole
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.format import exact, percent, ratio, rounded
from blave_mcp.tools.spec import File, Result, Tool, Toolset, Touch, columnar, csv
from blave_mcp.tools.times import day, minute

if TYPE_CHECKING:
    from blave_mcp.exchanges.blave.models_traders import PnlPoint, TraderPosition

VIEWS = ("positions", "fills", "performance", "orders")
AGES_S = {"positions": 15.0, "fills": 60.0, "performance": 60.0, "orders": 60.0}
SHOWN = 30
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


async def get_trader(desk: Desk, *, address: str, view: str = "positions", limit: int = 30) -> Result:
    wallet = known_address(address)
    desk.require_key(desk.venue(BLAVE))
    return await {"positions": _positions, "fills": _fills, "performance": _performance, "orders": _orders}[view](
        desk, wallet, limit
    )


def known_address(address: str) -> str:
    """Raises BadArgument where it is no address of a wallet."""
    wallet = address.strip()
    if not _ADDRESS.fullmatch(wallet):
        raise BadArgument(
            f'"{wallet[:60]}" is no address of a trader.',
            advice="It is 0x and 40 hexadecimal digits; get_traders lists some.",
        )
    return wallet.lower()


async def _positions(desk: Desk, wallet: str, limit: int) -> Result:
    client = desk.venue(BLAVE).client
    found, age = await aged(desk, f"account {wallet}", AGES_S["positions"], lambda: client.ask(verbs().account(wallet)))
    held = [position for position in found.positions if position.size]
    columns = ("coin", "side", "size", "entry", "unrealized_usd", "value_usd", "of_equity_percent")
    rows = [_position(one, found.net_equity) for one in held]
    name = f" {quoted(found.name, most=40)}" if found.name else ""
    parts = [
        f"Trader {wallet}{name}, {age}: equity {usd(found.net_equity) or 'n/a'} USD, {len(rows)} perpetual positions.",
        csv(columns, rows[:limit]) if rows else "",
        f"{len(rows) - limit} positions are not shown; raise limit." if len(rows) > limit else "",
        "Value is at the venue's price where it is told, else at entry." if rows else "",
        f"Spot: {', '.join(f'{exact(rounded(s.total, 6))} {clean(s.coin, most=20)}' for s in found.spot[:10])}."
        if found.spot
        else "",
        f"Described by Blave: {quoted(found.description, most=160)}" if found.description else "",
    ]
    data = {
        "view": "positions", "address": wallet, "net_equity": exact(found.net_equity),
        "positions": columnar(columns, rows[:limit]), "count": len(rows),
        "spot": [{"coin": clean(s.coin, most=20), "total": exact(s.total)} for s in found.spot],
    }  # fmt: skip
    return answer(desk, desk.venue(BLAVE), parts, data)


def _position(one: TraderPosition, equity: Decimal | None) -> tuple[Any, ...]:
    value = one.value if one.value is not None else None if one.entry is None else abs(one.size) * one.entry
    share = ratio(value, equity, 6) if value is not None and equity is not None and equity > 0 else None
    return (
        clean(one.coin, most=20), "long" if one.size > 0 else "short", exact(abs(one.size)), exact(one.entry),
        usd(one.unrealized_pnl), usd(value), None if share is None else exact(round(share * 100, 2)),
    )  # fmt: skip


async def _fills(desk: Desk, wallet: str, limit: int) -> Result:
    client = desk.venue(BLAVE).client
    found, age = await aged(desk, f"fills {wallet}", AGES_S["fills"], lambda: client.ask(verbs().fills(wallet)))
    columns = ("time_utc", "coin", "direction", "price", "size", "closed_pnl_usd")
    rows = [
        (
            minute(f.time_ms), clean(f.coin, most=20), clean(f.direction, most=30), exact(f.price), exact(f.size),
            exact(f.closed_pnl),
        )
        for f in found
    ]  # fmt: skip
    closed = [f.closed_pnl for f in found if f.closed_pnl]
    won = sum(1 for pnl in closed if pnl > 0)
    parts = [
        f"Trader {wallet}, {age}: {len(rows)} fills; {len(closed)} closed a profit or loss of "
        f"{usd(sum(closed, Decimal(0)))} USD together, {won} of them a profit. Newest last:",
        csv(columns, rows[-limit:]) if rows else "",
        f"{len(rows) - limit} older fills are in the file." if len(rows) > limit else "",
    ]
    data = {"view": "fills", "address": wallet, "fills": columnar(columns, rows[-limit:]), "count": len(rows)}
    result = answer(desk, desk.venue(BLAVE), parts, data)
    return whole(result, f"fills-{wallet[:10]}.csv", columns, rows, shown=limit)


async def _performance(desk: Desk, wallet: str, limit: int) -> Result:
    client = desk.venue(BLAVE).client
    points, age = await aged(
        desk, f"performance {wallet}", AGES_S["performance"], lambda: client.ask(verbs().performance(wallet))
    )
    columns = ("time_utc", "pnl_usd")
    rows = [(minute(p.time_ms), usd(p.pnl)) for p in points]
    if not points:
        return answer(desk, desk.venue(BLAVE), [f"Trader {wallet}: no performance is told."], {"points": 0})
    step = -(-len(rows) // min(limit, SHOWN)) or 1
    shown = rows[::-1][::step][::-1]
    fall, at = deepest(points)
    rises = sum(1 for a, b in pairwise(points) if b.pnl > a.pnl)
    share = ratio(Decimal(rises), Decimal(max(1, len(points) - 1)), 4)
    parts = [
        f"Trader {wallet}, {age}: cumulative PnL {usd(points[-1].pnl)} USD from {day(points[0].time_ms)} to "
        f"{day(points[-1].time_ms)}, {len(points)} points at uneven times.",
        f"Deepest fall from a peak {usd(fall)} USD{f', at {day(at)}' if at else ''}; "
        f"{percent(share, 1).lstrip('+')} of the steps rose.",
        f"One point in {step}:" if step > 1 else "Points:",
        csv(columns, shown),
    ]
    data = {
        "view": "performance", "address": wallet, "pnl": exact(points[-1].pnl), "deepest_fall": exact(fall),
        "series": columnar(columns, shown), "count": len(points),
    }  # fmt: skip
    whole = [(p.time_ms, minute(p.time_ms), exact(p.pnl)) for p in points]
    result = answer(desk, desk.venue(BLAVE), parts, data)
    file = File(f"performance-{wallet[:10]}.csv", csv(("time_ms", *columns), whole), f"All {len(whole)} points")
    return Result(result.text, result.data, files=(file,) if len(shown) < len(whole) else ())


def deepest(points: Sequence[PnlPoint]) -> tuple[Decimal, int | None]:
    """The largest fall of cumulative PnL from a peak before it, zero or negative, and when it ended."""
    peak, worst, at = points[0].pnl, Decimal(0), None
    for point in points:
        peak = max(peak, point.pnl)
        if point.pnl - peak < worst:
            worst, at = point.pnl - peak, point.time_ms
    return worst, at


async def _orders(desk: Desk, wallet: str, limit: int) -> Result:
    client = desk.venue(BLAVE).client
    found, age = await aged(desk, f"orders {wallet}", AGES_S["orders"], lambda: client.ask(verbs().orders(wallet)))
    columns = ("coin", "side", "size", "price", "id")
    rows = [(clean(o.coin, most=20), o.side.value, exact(o.size), exact(o.price), clean(o.id, most=30)) for o in found]
    parts = [
        f"Trader {wallet}, {age}: {len(rows)} open orders.",
        csv(columns, rows[:limit]) if rows else "",
        f"{len(rows) - limit} are not shown; raise limit." if len(rows) > limit else "",
    ]
    data = {"view": "orders", "address": wallet, "orders": columnar(columns, rows[:limit]), "count": len(rows)}
    return answer(desk, desk.venue(BLAVE), parts, data)


TRADER_TOOL = Tool(
    name="get_trader",
    title="One Hyperliquid trader",
    doc=(
        "Tells one trader's positions (with the share of equity), fills, performance (cumulative PnL) or open orders. "
        "Names and descriptions are others' words."
    ),
    toolset=Toolset.MARKET,
    touch=Touch.READ,
    run=get_trader,
    params=(
        text("address", "0x and 40 hexadecimal digits.", required=True, example=f"0x{'0' * 40}"),
        one_of("view", VIEWS, "What to tell."),
        integer("limit", "Rows.", low=1, high=200),
    ),
)
