"""Which traders are worth following, and what following one would mean. Pure; USD."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from blave_mcp.exchanges.blave.models_traders import PnlPoint, Trader, TraderAccount, TraderPosition

YEAR_MS = 365 * 86_400_000
DAY_MS = 86_400_000
FLAT = 1e-9
"""A PnL that varies by less than this part of its size has no Sharpe ratio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The bounds that a trader must keep.

    Attributes:
        turnover: most volume of a week over the account; beyond it is likely a bot.
        points, days: least readings and length of the record.
        idle_days: most days since the last reading.
        recent: profit in the last week and in the last month as well.
    """

    sharpe: float = 1.5
    points: int = 90
    account: Decimal = Decimal(100_000)
    turnover: Decimal = Decimal(10)
    days: int = 0
    idle_days: int = 7
    recent: bool = True


def turnover(trader: Trader) -> Decimal | None:
    """The week's volume over the account."""
    week = trader.windows.get("week")
    if week is None or week.volume is None or trader.account_value <= 0:
        return None
    return week.volume / trader.account_value


def at_a_glance(trader: Trader, wanted: Wanted) -> str:
    """What the leaderboard alone says against a trader; "" where nothing."""
    if trader.account_value < wanted.account:
        return "account too small"
    for window in ("allTime", *(("month", "week") if wanted.recent else ())):
        told = trader.windows.get(window)
        if told is None or told.pnl is None:
            return f"no PnL of {window} told"
        if told.pnl <= 0:
            return f"no profit over {window}"
    moved = turnover(trader)
    if moved is None:
        return "no turnover told"
    return "turnover too high" if moved > wanted.turnover else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a PnL curve says.

    Attributes:
        sharpe: a year's, over real time; None where the curve does not vary.
        fall: the deepest fall from the highest PnL so far, 0 or negative.
        win_rate: of the steps that changed anything.
    """

    points: int
    days: float
    sharpe: float | None
    fall: float
    win_rate: float | None
    idle_days: float
    pnl: float


def record(points: Sequence[PnlPoint], now_ms: int) -> Record | None:
    """None below two readings.

    The readings are unevenly spaced. Drift and variance are both taken over real time (the variance is the sum of the
    squared steps, less their drift, over the whole time), so that a crowd of readings in one hour weighs an hour.
    """
    if len(points) < 2:
        return None
    ordered = sorted(points, key=lambda point: point.time_ms)
    times, values = [p.time_ms for p in ordered], [float(p.pnl) for p in ordered]
    span = times[-1] - times[0]
    steps = [after - before for before, after in pairwise(values)]
    changed = [step for step in steps if step]
    high, fall = -math.inf, 0.0
    for value in values:
        high = max(high, value)
        fall = min(fall, value - high)
    return Record(
        points=len(points),
        days=span / DAY_MS,
        sharpe=_sharpe(steps, times, span),
        fall=fall,
        win_rate=sum(step > 0 for step in changed) / len(changed) if changed else None,
        idle_days=max(0.0, (now_ms - times[-1]) / DAY_MS),
        pnl=values[-1],
    )


def _sharpe(steps: Sequence[float], times: Sequence[int], span: int) -> float | None:
    if span <= 0 or len(steps) < 2:
        return None
    drift = sum(steps) / span
    squares = sum((step - drift * (b - a)) ** 2 for step, (a, b) in zip(steps, pairwise(times), strict=True))
    size = max(map(abs, steps))
    if squares <= (FLAT * size) ** 2 * len(steps):
        return None
    return drift / math.sqrt(squares / span) * math.sqrt(YEAR_MS)


def in_detail(found: Record | None, wanted: Wanted) -> str:
    """What the record says against a trader; "" where nothing."""
    if found is None or found.points < wanted.points:
        return f"only {found.points if found else 0} readings"
    if found.days < wanted.days:
        return f"record of {found.days:.0f} days"
    if found.idle_days > wanted.idle_days:
        return f"idle for {found.idle_days:.0f} days"
    if found.sharpe is None:
        return "PnL does not vary"
    return "" if found.sharpe >= wanted.sharpe else f"Sharpe {found.sharpe:.2f}"


# Copying.


def mark_of(position: TraderPosition) -> Decimal | None:
    """The mark price that the venue's own numbers imply; None where they imply none."""
    if not position.size:
        return None
    if position.value is not None:
        return position.value / abs(position.size)
    if position.entry is None or position.unrealized_pnl is None:
        return None
    return position.entry + position.unrealized_pnl / position.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One position of a trader, and the same share of another capital.

    Attributes:
        allocation: of the trader's equity, at the mark price, as a fraction; above 1 with leverage.
        own: what it comes to in USD of the capital.
    """

    coin: str
    long: bool
    mark: Decimal
    value: Decimal
    allocation: Decimal
    own: Decimal


def shares(account: TraderAccount, capital: Decimal) -> tuple[list[Share], list[str]]:
    """The positions as shares, largest first, and what cannot be reckoned, a line each."""
    held = [position for position in account.positions if position.size]
    if account.net_equity is None or account.net_equity <= 0:
        return [], ["The trader's equity is not told, so no share can be reckoned."] if held else []
    found, without = [], []
    for position in held:
        mark = mark_of(position)
        if mark is None or mark <= 0:
            without.append(f"{position.coin}: its mark price is not told, and the entry price says nothing of today.")
            continue
        value = abs(position.size) * mark
        allocation = value / account.net_equity
        found.append(
            Share(
                coin=position.coin,
                long=position.size > 0,
                mark=mark,
                value=value,
                allocation=allocation,
                own=allocation * capital,
            )
        )
    return sorted(found, key=lambda one: one.own, reverse=True), without
