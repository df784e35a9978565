"""The face's traders on Hyperliquid: a hundred made-up ones over the paper market's daily bars.

Every trader holds three coins. What they hold of each changes after a few days and is drawn from a hash of trader, coin
and stretch; some of them are right more often than chance would have it, others
less. PnL is what the position of the day before
made, booked at an uneven time of each day. All of it is synthetic, names included.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from typing import Any

from blave_mcp.exchanges.paper.blave.asking import Ask, BlaveRefusal, Route
from blave_mcp.exchanges.paper.face import short
from blave_mcp.exchanges.paper.market import DAY, MINUTE, SECOND, Bar, bar_opens
from blave_mcp.exchanges.paper.types import ZERO, Listing

TRADERS = 100
HELD = 3
COINS = 12
DAYS = 200
FILL_DAYS = 30
WARM_MS = 4 * SECOND
WINDOWS = {"day": 1, "week": 7, "month": 30, "allTime": DAYS}
SORTS = ("accountValue", "week", "month", "allTime")
CURATED = (
    ("Steady Otter", "穩健水獺", "Holds few coins for days.", "少量持倉，一抱數日。"),
    ("Loud Heron", "高調蒼鷺", "Trades often and large.", "交易頻繁，倉位偏大。"),
    ("Patient Crane", "耐心白鶴", "Waits for quiet markets.", "等待市場平靜再進場。"),
)
SIZES = (
    ("lt_100", 100), ("100_to_1k", 1_000), ("1k_to_10k", 10_000), ("10k_to_100k", 100_000),
    ("100k_to_1M", 1_000_000), ("gt_1M", None),
)  # fmt: skip


def _draw(*words: object) -> Decimal:
    """Returns a number in [0, 1) that the words decide."""
    digest = sha256(" ".join(map(str, words)).encode()).digest()
    return Decimal(int.from_bytes(digest[:6], "big")) / Decimal(2**48)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of one coin of a trader: what was held through it, from which close to which."""

    coin: str
    open_ms: int
    size: Decimal
    before: Decimal
    after: Decimal

    @property
    def pnl(self) -> Decimal:
        return self.size * (self.after - self.before)


class Book:
    """One trader.

    Args:
        days: the daily bars of every coin that traders hold, oldest first; the last one forming.
    """

    def __init__(self, number: int, days: dict[str, list[Bar]]) -> None:
        self.number = number
        self.address = "0x" + sha256(f"paper trader {number}".encode()).hexdigest()[:40]
        self.stake = round(Decimal(10) ** (Decimal("4.3") + Decimal(3) * _draw("stake", number)), 2)
        self._hold = 1 + int(_draw("hold", number) * 6)
        self._skill = (_draw("skill", number) - Decimal("0.4")) / 2
        self._leverage = Decimal(1) + _draw("leverage", number) * 4
        names = sorted(days, key=lambda coin: _draw("coin", number, coin))[:HELD]
        self._bars = {coin: days[coin] for coin in names}

    @cached_property
    def days(self) -> list[Day]:
        found = []
        for coin, bars in self._bars.items():
            leans: dict[int, Decimal] = {}
            for before, bar in pairwise(bars):
                stretch = bar.open_ms // DAY // self._hold
                if stretch not in leans:
                    leans[stretch] = 2 * _draw("lean", self.number, coin, stretch) - 1
                lean = leans[stretch]
                # Of the day that is not over, nobody knows better.
                if bar is not bars[-1] and _draw("right", self.number, coin, bar.open_ms) < abs(self._skill):
                    right = (bar.close >= before.close) == (self._skill > 0)
                    lean = abs(lean) if right else -abs(lean)
                if abs(lean) < Decimal("0.15"):
                    lean = ZERO
                size = self.stake * self._leverage * lean / HELD / before.close
                found.append(Day(coin, bar.open_ms, _digits(size), before.close, bar.close))
        return sorted(found, key=lambda day: day.open_ms)

    @cached_property
    def pnl_by_day(self) -> dict[int, Decimal]:
        made: dict[int, Decimal] = {}
        for day in self.days:
            made[day.open_ms] = made.get(day.open_ms, ZERO) + day.pnl
        return made

    @property
    def value(self) -> Decimal:
        return max(self.stake / 100, self.stake + sum(self.pnl_by_day.values(), ZERO))

    def result(self, days: int) -> dict[str, str]:
        times = sorted(self.pnl_by_day)[-days:]
        since = times[0] if times else 0
        pnl = sum((self.pnl_by_day[at] for at in times), ZERO)
        volume = sum((abs(day.size) * day.before for day in self.days if day.open_ms >= since), ZERO) / self._hold
        return {"pnl": _usd(pnl), "roi": str(round(pnl / self.stake, 6)), "vlm": _usd(volume)}

    def now(self) -> list[Day]:
        """Returns what is held now."""
        last = max((day.open_ms for day in self.days), default=0)
        return [day for day in self.days if day.open_ms == last and day.size]

    @property
    def name(self) -> tuple[str, str, str, str] | None:
        return CURATED[self.number] if self.number < len(CURATED) else None


def _digits(size: Decimal) -> Decimal:
    return round(size, max(0, 4 - size.adjusted())) if size else ZERO


def _usd(value: Decimal) -> str:
    return f"{value:.2f}"


def _books(ask: Ask) -> dict[str, Book]:
    found: dict[str, Book] = ask.face.renewed("traders", ask.now, 5 * MINUTE, lambda: _all_books(ask))
    return found


def _all_books(ask: Ask) -> dict[str, Book]:
    coins = list(ask.listings.values())[:COINS]
    days = {each.base: _daily(ask, each) for each in coins}
    books = [Book(n, {coin: bars for coin, bars in days.items() if len(bars) > 1}) for n in range(TRADERS)]
    return {book.address: book for book in books}


def _daily(ask: Ask, listing: Listing) -> list[Bar]:
    at = ask.market.clock(ask.now)
    return ask.market.bars(listing.key, DAY, at - at % DAY - DAYS * DAY, at + 1, ask.now)


def _book(ask: Ask) -> Book:
    address = ask.text("address")
    if not re.fullmatch(r"0x[0-9a-fA-F]{40}", address):
        raise BlaveRefusal(400, "invalid address")
    found = _books(ask).get(address.lower())
    if found is None:
        raise BlaveRefusal(404, "trader not found")
    return found


def leaderboard(ask: Ask) -> list[dict[str, Any]]:
    by = ask.params.get("sort_by", SORTS[0])
    if by not in SORTS:
        raise BlaveRefusal(400, "invalid sort_by")
    rows = ask.face.renewed(
        "leaderboard",
        ask.now,
        5 * MINUTE,
        lambda: [
            {
                "ethAddress": book.address,
                "accountValue": _usd(book.value),
                "windowPerformances": [[name, book.result(days)] for name, days in WINDOWS.items()],
                "displayName": book.name[0] if book.name else None,
            }
            for book in _books(ask).values()
        ],
    )

    def rank(row: dict[str, Any]) -> Decimal:
        return Decimal(row["accountValue"] if by == SORTS[0] else dict(row["windowPerformances"])[by]["pnl"])

    return sorted(rows, key=rank, reverse=True)


def curated(ask: Ask) -> dict[str, Any]:
    named = [(book, book.name) for book in _books(ask).values() if book.name]
    return {
        book.address: {"name": {"en": n[0], "zh": n[1]}, "description": {"en": n[2], "zh": n[3]}} for book, n in named
    }


def position(ask: Ask) -> dict[str, Any]:
    book = _book(ask)
    held = [
        {
            "coin": day.coin,
            "szi": short(day.size),
            "entryPx": short(day.before),
            "unrealizedPnl": _usd(day.pnl),
            "positionValue": _usd(abs(day.size) * day.after),
            "token_id": None,
        }
        for day in book.now()
    ]
    return {
        "perp": {"assetPositions": [{"position": each} for each in held]},
        "spot": {"balances": [{"coin": "USDC", "total": _usd(book.value / 4), "token_id": None}]},
        "abstraction": "default",
        "net_equity": _usd(book.value),
        "trader_name": book.name[0] if book.name else None,
        "description": book.name[2] if book.name else None,
    }


def fills(ask: Ask) -> list[dict[str, Any]]:
    book = _book(ask)
    since = ask.market.clock(ask.now) - FILL_DAYS * DAY
    found = []
    held: dict[str, Day] = {}
    for day in book.days:
        before = held.get(day.coin)
        held[day.coin] = day
        if (before.size if before else ZERO) == day.size or day.open_ms < since:
            continue
        at = day.open_ms // 1_000 + int(_draw("minute", book.number, day.coin, day.open_ms) * 3_000)
        fill = {"coin": day.coin, "px": short(day.before), "time": at, "token_id": None}
        if before and before.size:
            word = "Close Long" if before.size > 0 else "Close Short"
            found.append({**fill, "sz": short(abs(before.size)), "dir": word, "closedPnl": _usd(before.pnl)})
        if day.size:
            word = "Open Long" if day.size > 0 else "Open Short"
            found.append({**fill, "sz": short(abs(day.size)), "dir": word, "closedPnl": "0.0"})
    return sorted(found, key=lambda each: each["time"], reverse=True)


def performance(ask: Ask) -> dict[str, Any]:
    book = _book(ask)
    total, times, pnl = ZERO, [], []
    for at in sorted(book.pnl_by_day):
        total += book.pnl_by_day[at]
        if _draw("skip", book.number, at) < Decimal("0.1"):
            continue  # nothing was traded, so nothing was written that day
        times.append(at // 1_000 + int(_draw("time", book.number, at) * 80_000))
        pnl.append(round(total, 2))
    return {"chart": {"timestamp": times, "pnl": pnl}}


def orders(ask: Ask) -> list[dict[str, Any]]:
    found = []
    for n, day in enumerate(_book(ask).now()):
        away = Decimal("1.05") if day.size > 0 else Decimal("0.95")
        found.append(
            {
                "coin": day.coin,
                "sz": short(abs(day.size)),
                "px": short(round(day.after * away, 6)),
                "side": "A" if day.size > 0 else "B",
                "token_id": None,
                "oid": int(_draw("order", day.coin, day.open_ms) * 10**9) + n,
            }
        )
    return found


def _together(books: Sequence[Book]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    sizes: dict[str, list[Decimal]] = {}
    for book in books:
        for day in book.now():
            held = sizes.setdefault(day.coin, [ZERO, ZERO])
            held[0] += day.size
            held[1] += day.size * day.after
    rows = [
        {"coin": coin, "position": short(size), "value": _usd(value)}
        for coin, (size, value) in sorted(sizes.items(), key=lambda each: -abs(each[1][1]))
    ]
    return [r for r in rows if Decimal(r["position"]) > 0], [r for r in rows if Decimal(r["position"]) < 0]


def top_position(ask: Ask) -> dict[str, Any]:
    long, brief = _together(list(_books(ask).values()))
    return {"long": long, "short": brief}


def exposure(ask: Ask) -> dict[str, Any]:
    """Net exposure in percent of all accounts, by day; a finer period repeats the day's."""
    coin = ask.listing().base
    period, (start, end) = ask.period(), ask.span()
    by_day: dict[int, Decimal] = {}
    stakes = sum((book.stake for book in _books(ask).values()), ZERO)
    for book in _books(ask).values():
        for day in book.days:
            if day.coin == coin:
                by_day[day.open_ms] = by_day.get(day.open_ms, ZERO) + day.size * day.before
    now = ask.market.clock(ask.now)
    opens = [at for at, _ in bar_opens(period, start, min(end, now)) if at + period <= now]
    shown = [(at, by_day.get(at - at % DAY)) for at in opens]
    return {
        "data": {
            "alpha": ["" if value is None else round(value / stakes * 100, 4) for _, value in shown],
            "timestamp": [at // 1_000 for at, _ in shown],
        }
    }


def buckets(ask: Ask) -> dict[str, Any]:
    """Every trader stands for as many of the smaller sizes as their stake is divided by."""
    if ask.face.warming(ask.now, WARM_MS):
        raise BlaveRefusal(202, "", body={"status": "warming_up"})
    found: dict[str, Any] = {}
    for n, (name, limit) in enumerate(SIZES):
        divisor = Decimal(10) ** (len(SIZES) - 1 - n)
        low = Decimal(SIZES[n - 1][1] or 0) if n else ZERO
        books = [
            book
            for book in _books(ask).values()
            if low <= book.value / divisor and (limit is None or book.value / divisor < limit)
        ]
        found[name] = _bucket(books, divisor)
    found["top_traders"] = _bucket([book for book in _books(ask).values() if book.name], Decimal(1))
    return found


def _bucket(books: Sequence[Book], divisor: Decimal) -> dict[str, Any]:
    gaining = sum(1 for book in books if sum(book.pnl_by_day.values(), ZERO) > 0)
    count = len(books)
    long, brief = _together(books)
    values = [day.size * day.after / divisor for book in books for day in book.now()]
    up, down = sum((v for v in values if v > 0), ZERO), sum((-v for v in values if v < 0), ZERO)
    return {
        "stats": {
            "count": count,
            "profit_ratio": round(Decimal(gaining) / count, 4) if count else "",
            "loss_ratio": round(Decimal(count - gaining) / count, 4) if count else "",
        },
        "positions": {"long": long[:5], "short": brief[:5]},
        "long_exposure": round(up, 2),
        "short_exposure": round(down, 2),
        "net_exposure": round(up - down, 2),
    }


TRADER_ROUTES: tuple[Route, ...] = (
    Route("/hyperliquid/leaderboard", leaderboard, "sort_by"),
    Route("/hyperliquid/traders", curated),
    Route("/hyperliquid/trader_position", position, "address"),
    Route("/hyperliquid/trader_history", fills, "address"),
    Route("/hyperliquid/trader_performance", performance, "address"),
    Route("/hyperliquid/trader_open_order", orders, "address"),
    Route("/hyperliquid/top_trader_position", top_position),
    Route("/hyperliquid/top_trader_exposure_history", exposure, "symbol period start_date end_date"),
    Route("/hyperliquid/bucket_stats", buckets),
)
