"""Traders on Hyperliquid together: the leaderboard, those whom Blave follows, what they hold, how they are exposed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from blave_mcp.exchanges.blave.endpoints import SORTS
from blave_mcp.exchanges.errors import NO_DATA, BadArgument, Unavailable
from blave_mcp.exchanges.params import integer, one_of, text
from blave_mcp.exchanges.untrusted import clean, quoted
from blave_mcp.tools.answers import END, START, answer
from blave_mcp.tools.blave.history import known_symbol
from blave_mcp.tools.blave.market import BLAVE, blave_interval
from blave_mcp.tools.desk import Caller, Desk
from blave_mcp.tools.format import exact, rounded, short
from blave_mcp.tools.spec import File, Result, Tool, Toolset, Touch, columnar, csv
from blave_mcp.tools.times import DAY_MS, interval_ms, minute, to_span

if TYPE_CHECKING:
    from blave_mcp.exchanges.blave.models_traders import BucketStats, CoinPosition, Trader
    from blave_mcp.exchanges.blave.verbs_traders import BlaveTraders

T = TypeVar("T")
VIEWS = ("leaderboard", "curated", "positions", "exposure", "buckets")
LIST_AGE_S = 300.0
WARM_TRIES, WARM_PAUSE_S = 8, 3.0
SHOWN = 30


async def get_traders(
    desk: Desk,
    *,
    caller: Caller,
    view: str = "leaderboard",
    sort_by: str = "accountValue",
    symbol: str = "",
    period: str = "",
    start: str = "",
    end: str = "",
    limit: int = 20,
) -> Result:
    used = {"leaderboard": ("sort_by",), "exposure": ("symbol", "period", "start", "end")}.get(view, ())
    for name, value in (("symbol", symbol), ("period", period), ("start", start), ("end", end)):
        if value and name not in used:
            raise BadArgument(f"view {view} takes no {name}.", advice="view exposure does.")
    if sort_by != SORTS[0] and view != "leaderboard":
        raise BadArgument(f"view {view} takes no sort_by.", advice="view leaderboard does.")
    desk.require_key(desk.venue(BLAVE))
    match view:
        case "leaderboard":
            return await _leaderboard(desk, sort_by, limit)
        case "curated":
            return await _curated(desk, limit)
        case "positions":
            return await _positions(desk, limit)
        case "exposure":
            return await _exposure(desk, symbol, period, start, end)
        case _:
            return await _buckets(desk, caller)


def verbs() -> BlaveTraders:
    """Loaded when a trader is first asked about."""
    from blave_mcp.exchanges.blave.verbs_traders import BlaveTraders

    return BlaveTraders()


async def aged(desk: Desk, key: str, seconds: float, ask: Callable[[], Awaitable[T]]) -> tuple[T, str]:
    """What Blave renews no oftener, and a word on its age."""
    found, age = await desk.aged(f"blave {key}", seconds, ask)
    return found, f"fetched {age:.0f} s ago" if age >= 1 else "fetched now"


async def leaders(desk: Desk, sort_by: str) -> tuple[tuple[Trader, ...], str]:
    """The leaderboard, at most five minutes old, and a word on its age."""
    client = desk.venue(BLAVE).client
    return await aged(desk, f"leaderboard {sort_by}", LIST_AGE_S, lambda: client.ask(verbs().leaderboard(sort_by)))


LEADER_COLUMNS = (
    "rank",
    "address",
    "name",
    "account_usd",
    "pnl_day",
    "pnl_week",
    "pnl_month",
    "pnl_all",
    "turnover_week",
)


async def _leaderboard(desk: Desk, sort_by: str, limit: int) -> Result:
    found, age = await leaders(desk, sort_by)
    rows = [(n, *_leader(one)) for n, one in enumerate(found, 1)]
    shown = rows[:limit]
    parts = [
        f"Hyperliquid leaderboard by {sort_by}, {age}: {len(shown)} of {len(rows)}; USD. Turnover is the week's volume "
        "over the account; above 10 it is likely a bot.",
        csv(LEADER_COLUMNS, shown),
        "get_trader with an address tells one trader's positions, fills, performance or orders.",
    ]
    data = {"view": "leaderboard", "sort_by": sort_by, "traders": columnar(LEADER_COLUMNS, shown), "count": len(rows)}
    result = answer(desk, desk.venue(BLAVE), parts, data)
    return whole(result, "leaderboard.csv", LEADER_COLUMNS, rows, shown=len(shown))


def _leader(one: Trader) -> tuple[Any, ...]:
    week = one.windows.get("week")
    turnover = week.volume / one.account_value if week and week.volume is not None and one.account_value > 0 else None
    pnl = [w.pnl if (w := one.windows.get(name)) else None for name in ("day", "week", "month", "allTime")]
    return (
        clean(one.address, most=42),
        quoted(one.name, most=40) if one.name else "",
        usd(one.account_value),
        *map(usd, pnl),
        None if turnover is None else exact(rounded(turnover, 3)),
    )


async def _curated(desk: Desk, limit: int) -> Result:
    client = desk.venue(BLAVE).client
    found, age = await aged(desk, "curated", LIST_AGE_S, lambda: client.ask(verbs().curated()))
    columns = ("address", "name_en", "name_zh", "description")
    rows = [
        (
            clean(one.address, most=42),
            *(quoted(one.names.get(lang, ""), most=40) if one.names.get(lang) else "" for lang in ("en", "zh")),
            quoted(next(iter(one.descriptions.values()), ""), most=120) if one.descriptions else "",
        )
        for one in found
    ]
    parts = [f"Traders that Blave follows on Hyperliquid, {age}: {min(limit, len(rows))} of {len(rows)}."]
    parts += [csv(columns, rows[:limit])] if rows else []
    data = {"view": "curated", "traders": columnar(columns, rows[:limit]), "count": len(rows)}
    result = answer(desk, desk.venue(BLAVE), parts, data)
    return whole(result, "curated-traders.csv", columns, rows, shown=limit)


async def _positions(desk: Desk, limit: int) -> Result:
    client = desk.venue(BLAVE).client
    found, age = await aged(desk, "top positions", LIST_AGE_S, lambda: client.ask(verbs().top_positions()))
    extra = sorted({name for one in (*found.long, *found.short) for name in one.extra})[:4]
    columns = ("side", "coin", "position", *(clean(name, most=20) for name in extra))
    rows = [_coin(side, one, extra) for side, held in (("long", found.long), ("short", found.short)) for one in held]
    shown = [row for side in ("long", "short") for row in [r for r in rows if r[0] == side][: max(1, limit // 2)]]
    parts = [
        f"What the top 100 traders on Hyperliquid hold together, {age}: {len(found.long)} coins long, "
        f"{len(found.short)} short on balance; positions in coins.",
        csv(columns, shown),
        f"{len(rows) - len(shown)} coins are not shown; the file has all." if len(rows) > len(shown) else "",
    ]
    data = {"view": "positions", "positions": columnar(columns, shown), "count": len(rows)}
    result = answer(desk, desk.venue(BLAVE), parts, data)
    return whole(result, "top-positions.csv", columns, rows, shown=len(shown))


def _coin(side: str, one: CoinPosition, extra: Sequence[str]) -> tuple[Any, ...]:
    more = (one.extra.get(name) for name in extra)
    return (
        side,
        clean(one.coin, most=20),
        exact(one.size),
        *(exact(v) if isinstance(v, Decimal) else None if v is None else clean(str(v), most=30) for v in more),
    )


async def _exposure(desk: Desk, symbol: str, period: str, start: str, end: str) -> Result:
    if not symbol:
        raise BadArgument("view exposure wants a symbol.", advice='Write "BTC/USDT".')
    native, interval = known_symbol(symbol), blave_interval(period or "1d")
    now = desk.data_ms()
    start_ms, end_ms = to_span(start, end, max(now, desk.clock.now_ms()))
    end_ms = now + 1 if end_ms is None else end_ms
    start_ms = end_ms - max(30 * DAY_MS, 30 * interval_ms(interval)) if start_ms is None else start_ms
    if end_ms - start_ms > 365 * DAY_MS:
        raise BadArgument("view exposure covers at most a year.", advice="Choose start and end closer together.")
    first, last = (date(1970, 1, 1) + timedelta(days=ms // DAY_MS) for ms in (start_ms, end_ms - 1))
    venue = desk.venue(BLAVE)
    asked = await venue.client.ask(verbs().exposure(native, interval, first, last + timedelta(days=1)))
    points = [point for point in asked if start_ms <= point.time_ms < end_ms]
    names = sorted({name for point in points for name in point.values})
    columns = ("time_utc", *(clean("net" if name == "alpha" else name, most=20) for name in names))
    rows = [(minute(p.time_ms), *(_value(p.values.get(name)) for name in names)) for p in points]
    step = -(-len(rows) // SHOWN) or 1
    shown = rows[::-1][::step][::-1]
    every = f", one in {step} of {len(rows)}" if step > 1 else ""
    parts = [f"Exposure of the top Hyperliquid traders in {native}, {interval} bars{every}; above zero is net long."]
    parts += [csv(columns, shown)] if rows else ["No data in this range."]
    data = {"view": "exposure", "symbol": native, "period": interval, "series": columnar(columns, shown)}
    result = answer(desk, desk.venue(BLAVE), parts, data)
    return whole(result, f"top-exposure-{native}.csv", columns, rows, shown=len(shown))


BUCKET_COLUMNS = ("bucket", "traders", "gaining_percent", "losing_percent", "long_usd", "short_usd", "net_usd")


async def _buckets(desk: Desk, caller: Caller) -> Result:
    client = desk.venue(BLAVE).client

    async def warm() -> BucketStats:
        for attempt in range(WARM_TRIES):
            found = await client.ask(verbs().buckets())
            if found.buckets is not None:
                return found
            if attempt < WARM_TRIES - 1:
                await caller.progress(attempt + 1, WARM_TRIES, "Blave is still computing the statistics")
                await desk.clock.sleep(WARM_PAUSE_S)
        raise Unavailable(
            f"Blave is still computing the bucket statistics, after {WARM_TRIES} questions.",
            undone=NO_DATA,
            advice="Ask again in a minute.",
        )

    found, age = await aged(desk, "buckets", LIST_AGE_S, warm)
    rows = [
        (
            clean(b.name, most=20), b.count, _percent(b.profit_ratio), _percent(b.loss_ratio), usd(b.long_exposure),
            usd(b.short_exposure), usd(b.net_exposure),
        )
        for b in found.buckets or ()
    ]  # fmt: skip
    parts = [
        f"Hyperliquid traders by account size, {age}; USD. top_traders are those that Blave follows.",
        csv(BUCKET_COLUMNS, rows),
    ]
    return answer(desk, desk.venue(BLAVE), parts, {"view": "buckets", "buckets": columnar(BUCKET_COLUMNS, rows)})


def whole(result: Result, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, shown: int) -> Result:
    """Adds all rows as a file where not all of them are shown."""
    if shown >= len(rows):
        return result
    file = File(name, csv(columns, rows), f"All {len(rows)} rows")
    return replace(result, files=(*result.files, file))


def usd(value: Decimal | None) -> str | None:
    """Five significant digits, no separators."""
    return None if value is None else short(value, 5).replace(",", "")


def _percent(ratio: Decimal | None) -> str | None:
    return None if ratio is None else exact(round(ratio * 100, 1))


def _value(value: Decimal | None) -> str | None:
    return None if value is None else exact(rounded(value, 6))


TRADERS_TOOL = Tool(
    name="get_traders",
    title="Hyperliquid traders",
    doc=(
        "Tells of traders on Hyperliquid together: leaderboard (top 100), curated (followed by Blave), positions (the "
        "top 100's, by coin), exposure (net, in a symbol over time), buckets (gains and exposure by account size)."
    ),
    toolset=Toolset.MARKET,
    touch=Touch.READ,
    run=get_traders,
    wants_caller=True,
    params=(
        one_of("view", VIEWS, "What to tell."),
        one_of("sort_by", SORTS, "Of leaderboard; a window is its PnL."),
        text("symbol", "Of exposure.", example="BTC/USDT"),
        text("period", "Of exposure; default 1d.", example="1h"),
        text("start", START, example="2025-01-01"),
        text("end", END, example="2025-03-01"),
        integer("limit", "Rows.", low=1, high=100),
    ),
)
