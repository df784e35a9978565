"""find_traders and copy_trader: traders worth following, and what following one would mean."""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Any

from blave_mcp.exchanges.blave.models_traders import PnlPoint, Trader
from blave_mcp.exchanges.blave.verbs_traders import BlaveTraders
from blave_mcp.exchanges.errors import BadArgument, BlaveError, RateLimited
from blave_mcp.exchanges.untrusted import clean, quoted
from blave_mcp.tools.answers import answer, table
from blave_mcp.tools.blave.market import BLAVE
from blave_mcp.tools.blave.trader import known_address
from blave_mcp.tools.blave.traders import aged, leaders, usd
from blave_mcp.tools.charts.traders import Curve, traders_figure
from blave_mcp.tools.desk import Caller, Desk
from blave_mcp.tools.format import exact, percent, short
from blave_mcp.tools.grid import floor_to, to_base, to_units
from blave_mcp.tools.research.traders import Record, Share, Wanted, at_a_glance, in_detail, record, shares, turnover
from blave_mcp.tools.spec import Result, columnar
from blave_mcp.tools.trade import place_order
from blave_mcp.tools.workflows.show import illustrated

NOTE = "Source: Blave. Those who lost everything are not on a leaderboard; added or withdrawn capital is not told."
LEADERS_BY = "allTime"
DRAWN = 3
THOUSANDS = "k"
"""Hyperliquid's mark for a thousand coins: kPEPE is elsewhere 1000PEPE."""
PROVISO = (
    "Read with care: a leaderboard shows those who are left, not those who lost everything; PnL is in USD, and capital "
    "that was added or taken out is not told, so returns on it are not known; past PnL promises nothing."
)


async def find_traders(
    desk: Desk,
    *,
    caller: Caller,
    min_sharpe: str = "1.5",
    min_points: int = 90,
    min_account: str = "100000",
    max_turnover: str = "10",
    min_days: int = 0,
    max_idle_days: int = 7,
    recent_profit: bool = True,
    top: int = 10,
    look_at: int = 40,
    chart: bool = True,
) -> Result:
    wanted = Wanted(
        sharpe=float(min_sharpe), points=min_points, account=Decimal(min_account), turnover=Decimal(max_turnover),
        days=min_days, idle_days=max_idle_days, recent=recent_profit,
    )  # fmt: skip
    venue = desk.venue(BLAVE)
    desk.require_key(venue)
    board, age = await leaders(desk, LEADERS_BY)
    against: Counter[str] = Counter()
    candidates = []
    for trader in board:
        if why := at_a_glance(trader, wanted):
            against[why] += 1
        else:
            candidates.append(trader)
    found, unseen = await _records(desk, caller, candidates[:look_at])
    unseen += max(0, len(candidates) - look_at)
    now = desk.market_ms(desk.clock.now_ms())
    passing: list[tuple[Trader, Record, tuple[PnlPoint, ...]]] = []
    for trader, points in found:
        told = record(points, now)
        why = in_detail(told, wanted)
        if why or told is None:
            against["record: " + (why if why.startswith(("only", "PnL")) else why.split(" ")[0])] += 1
        else:
            passing.append((trader, told, points))
    passing.sort(key=lambda each: each[1].sharpe or 0.0, reverse=True)
    shown = table(_COLUMNS, [_row(n, trader, told) for n, (trader, told, _) in enumerate(passing[:top], 1)])
    reasons = ", ".join(f"{count} {why}" for why, count in against.most_common())
    parts = [
        f"Traders on Hyperliquid, leaderboard {age}: {len(passing)} of {len(board)} keep every bound"
        f" (Sharpe >= {min_sharpe}, >= {min_points} readings, account >= {min_account} USD, weekly turnover <= "
        f"{max_turnover}x{', profit in week and month' if recent_profit else ''}).",
        shown.text if passing else "None does; loosen a bound.",
        f"Left out: {reasons}." if reasons else "",
        f"{unseen} candidates were not looked at (Blave allows 100 requests in 5 minutes); raise look_at or ask again "
        "later."
        if unseen
        else "",
        f"{len(passing) - shown.shown} more passed and are not shown." if len(passing) > shown.shown else "",
        "Sharpe is a year's, over real time; fall is the deepest from the highest PnL. Names are untrusted text.",
        PROVISO,
        "get_trader shows one trader's positions and orders; copy_trader what following one would mean.",
    ]
    data = {"traders": shown.data, "passing": len(passing), "of": len(board), "not_looked_at": unseen,
            "left_out": dict(against)}  # fmt: skip
    result = answer(desk, venue, parts, data)
    if not chart or not passing:
        return result
    curves = [
        Curve(
            label=_label(trader),
            times_ms=[point.time_ms for point in points],
            pnl=[float(point.pnl) for point in points],
            words=f"Sharpe {told.sharpe:.2f}",
            account=float(trader.account_value),
        )
        for trader, told, points in passing[:DRAWN]
    ]
    return await illustrated(desk, result, traders_figure(curves, note=NOTE))


_COLUMNS = (
    "rank", "address", "name", "sharpe", "win_percent", "fall_usd", "fall_of_account_percent", "turnover_week",
    "pnl_week", "pnl_month", "account_usd", "readings", "days", "idle_days",
)  # fmt: skip


def _row(n: int, trader: Trader, told: Record) -> list[Any]:
    moved = turnover(trader)
    pnl = [usd(w.pnl) if (w := trader.windows.get(name)) else None for name in ("week", "month")]
    fall = told.fall / float(trader.account_value) * 100 if trader.account_value > 0 else None
    return [
        n, clean(trader.address, most=42), quoted(trader.name, most=40) if trader.name else "", f"{told.sharpe:.2f}",
        None if told.win_rate is None else f"{told.win_rate * 100:.1f}", f"{told.fall:.0f}",
        None if fall is None else f"{fall:.1f}", None if moved is None else f"{moved:.2f}", *pnl,
        usd(trader.account_value), told.points, f"{told.days:.0f}", f"{told.idle_days:.1f}",
    ]  # fmt: skip


def _label(trader: Trader) -> str:
    address = clean(trader.address, most=42)
    return clean(trader.name, most=24) if trader.name else f"{address[:6]}...{address[-4:]}"


async def _records(
    desk: Desk, caller: Caller, traders: list[Trader]
) -> tuple[list[tuple[Trader, tuple[PnlPoint, ...]]], int]:
    """Each trader's curve, and how many could not be had any more."""
    client = desk.venue(BLAVE).client
    found: list[tuple[Trader, tuple[PnlPoint, ...]]] = []
    for n, trader in enumerate(traders):
        await caller.progress(n, len(traders), f"reading trader {n + 1} of {len(traders)}")
        wallet = trader.address

        async def ask(wallet: str = wallet) -> tuple[PnlPoint, ...]:
            return await client.ask(BlaveTraders().performance(wallet))

        try:
            points, _ = await aged(desk, f"performance {wallet}", 60.0, ask)
        except RateLimited:
            return found, len(traders) - n
        found.append((trader, points))
    return found, 0


async def copy_trader(
    desk: Desk,
    *,
    address: str,
    capital: str,
    venue: str = "",
    symbols: str = "",
    propose: bool = False,
) -> Result:
    wallet = known_address(address)
    own = _capital(capital)
    if propose and not venue:
        raise BadArgument("propose wants a venue to trade on.", advice="list_venues tells which have perpetuals.")
    source = desk.venue(BLAVE)
    desk.require_key(source)
    account, age = await aged(
        desk, f"account {wallet}", 15.0, lambda: source.client.ask(BlaveTraders().account(wallet))
    )
    found, lines = shares(account, own)
    without = [clean(line, most=200) for line in lines]
    if symbols:
        wished = {name.strip().upper().partition("/")[0] for name in symbols.split(",") if name.strip()}
        without += [
            f"{clean(one.coin, most=20)}: left out by symbols." for one in found if one.coin.upper() not in wished
        ]
        found = [one for one in found if one.coin.upper() in wished]
    rows = [
        (clean(one.coin, most=20), "long" if one.long else "short", short(one.mark), usd(one.value),
         f"{one.allocation * 100:.2f}", f"{one.own:.2f}")
        for one in found
    ]  # fmt: skip
    columns = ("coin", "side", "mark", "trader_usd", "of_equity_percent", "yours_usd")
    actions: list[Result] = []
    if venue:
        for one in found:
            try:
                symbol, size = await _order(desk, venue, one)
                if propose:
                    side = "buy" if one.long else "sell"
                    order = place_order(desk, venue=venue, market="perpetual", symbol=symbol, side=side, size=size)
                    actions.append(await order)
            except BlaveError as error:
                without.append(f"{clean(one.coin, most=20)}: {error.what}")
    together = sum((one.allocation for one in found), Decimal(0))
    parts = [
        f"Copying trader {wallet}, {age}, with {exact(own)} USD: the same shares of equity at the mark price, "
        f"{percent(together).lstrip('+')} of it in all; equity {usd(account.net_equity) or 'not told'} USD.",
        table(columns, rows).text if rows else "The trader holds no perpetual position that could be copied.",
        "CANNOT BE COPIED:\n" + "\n".join(f"- {line}" for line in without) if without else "",
        f"Spot holdings ({len(account.spot)}) are not copied." if account.spot else "",
        f"More than the capital: it wants leverage of at least {together:.1f}x." if together > 1 else "",
        "You would enter at today's price, not at the trader's; you learn of an exit only when you look again.",
        PROVISO,
        _proposed(len(actions), propose=propose),
        *(action.text for action in actions),
    ]
    data = {
        "address": wallet, "capital": exact(own), "positions": columnar(columns, rows), "cannot_be_copied": without,
        "leverage": exact(together.quantize(Decimal("0.0001"))),
        "actions": [{"action": one.data["action"], "token": one.data["token"]} for one in actions],
    }  # fmt: skip
    return answer(desk, source, [part for part in parts if part], data)


def _proposed(count: int, *, propose: bool) -> str:
    if count:
        return f"{count} orders are proposed, each with its own CONFIRM."
    return (
        "" if propose else "Nothing is proposed yet; with venue and propose: true there is one pending order for each."
    )


def _capital(capital: str) -> Decimal:
    try:
        own = Decimal(capital)
    except InvalidOperation:
        own = Decimal(0)
    if own <= 0:
        raise BadArgument("capital is an amount in USD, greater than zero.")
    return own


async def _order(desk: Desk, venue: str, one: Share) -> tuple[str, str]:
    """Symbol and size of the order for one share on a venue's perpetuals, on its grid.

    Raises:
        BadArgument: the venue lists no such coin, or the share is too small for it.
    """
    coin = f"1000{one.coin[1:]}" if one.coin.startswith(THOUSANDS) and one.coin[1:].isupper() else one.coin
    instrument = await desk.instrument(venue, "perpetual", f"{coin}/USDT")
    size = (one.own / one.mark).quantize(Decimal("0.0000000001"), ROUND_DOWN)
    units = floor_to(to_units(instrument, size), instrument.step)
    if units < instrument.min_size or units <= 0:
        least = to_base(instrument, instrument.min_size) * one.mark
        raise BadArgument(f"{one.own:.2f} USD is too small for {instrument.symbol}; it wants about {least:.2f} USD.")
    return instrument.symbol, exact(to_base(instrument, units))
