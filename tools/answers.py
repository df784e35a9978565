"""What every read tool's answer has in common: where it comes from, how long it may be, what was left out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import anyio

from blave_mcp.exchanges.errors import BadArgument, BlaveError, MissingCredentials
from blave_mcp.exchanges.models import Market
from blave_mcp.exchanges.params import one_of
from blave_mcp.tools.desk import Desk, Venue
from blave_mcp.tools.spec import Result, columnar, csv

T = TypeVar("T")

MOST_CHARACTERS = 20_000
"""The longest table that a tool shows; whole answers stay below 25,000 characters."""

MARKETS = tuple(market.value for market in Market)
PERPETUAL = Market.PERPETUAL.value
MODE_TAGS = {
    "paper": "PAPER mode: the simulated exchange, not the venue.",
    "testnet": "TESTNET: the venue's test environment.",
    "live": "",
}

VENUE = "A venue's name from list_venues."
MARKET = one_of("market", MARKETS, "Which market of the venue.", example=PERPETUAL)
ANY_MARKET = one_of("market", MARKETS, "Needed where the venue has several.", example=PERPETUAL)
START = "From then on: ISO date or datetime (UTC) or Unix ms."
END = "Until before then; default now."


@dataclass(frozen=True, slots=True)
class Table:
    """A table that was cut to what may be shown.

    Attributes:
        text: CSV.
        data: the same, columnar.
        first: the index of the first row shown.
        shown: how many rows are shown.
        left_out: how many are not.
    """

    text: str
    data: dict[str, Any]
    first: int
    shown: int
    left_out: int


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    newest_last: bool = False,
    most: int = MOST_CHARACTERS,
    optional: Sequence[str] = (),
) -> Table:
    """Makes a table that fits; nothing is left out without being counted.

    Args:
        newest_last: keep the last rows where not all fit; otherwise the first.
        optional: columns to drop where no row has a value.
    """
    kept = [
        n for n, name in enumerate(columns) if name not in optional or any(row[n] not in (None, "") for row in rows)
    ]
    columns = [columns[n] for n in kept]
    rows = [[row[n] for n in kept] for row in rows]
    lines = [csv(row, []) for row in [columns, *rows]]
    budget = most - len(lines[0])
    order = range(len(rows) - 1, -1, -1) if newest_last else range(len(rows))
    shown = 0
    for n in order:
        budget -= len(lines[n + 1]) + 1
        if budget < 0 and shown:
            break
        shown += 1
    first = len(rows) - shown if newest_last else 0
    text = "\n".join([lines[0], *lines[first + 1 : first + 1 + shown]])
    return Table(text, columnar(columns, rows[first : first + shown]), first, shown, len(rows) - shown)


def newest(rows: Sequence[T], limit: int, start_ms: int | None) -> Sequence[T]:
    """The part of a history, oldest first, that a tool shows: the newest rows, or the first ones from a start on."""
    return rows[-limit:] if start_ms is None else rows[:limit]


def rest(shown: Table, times: Sequence[int | None], limit: int, start_ms: int | None) -> str:
    """Says what a history left out, and how to get it; "" where it is whole.

    Args:
        times: of every row that the table was made of, oldest first.
    """
    if not shown.left_out and len(times) < limit:
        return ""
    more = f"{shown.left_out} rows are not shown" if shown.left_out else f"There may be more than these {limit}"
    which, edge = ("older", times[shown.first]) if start_ms is None else ("later", times[shown.first + shown.shown - 1])
    if edge is None:
        return f"{more}."
    return f"{more}; ask for {which} ones with {'end' if start_ms is None else 'start'}={edge}."


def answer(desk: Desk, venues: Venue | Sequence[Venue], parts: Sequence[str], data: dict[str, Any]) -> Result:
    """Puts the mode and the venues' notices with what was found. Empty parts are left out."""
    asked = [venues] if isinstance(venues, Venue) else venues
    notices = [f"NOTICE ({v.title}): {v.notice}" for v in asked if v.notice and desk.mode == "live"]
    lines = [f"{MODE_TAGS[desk.mode]}{f' Prices: {desk.prices}.' if desk.prices else ''}", *notices, *parts]
    more: dict[str, Any] = {"mode": desk.mode}
    if desk.prices:
        more["prices"] = desk.prices
    if notices:
        more["notices"] = notices
    return Result("\n".join(line for line in lines if line), {**more, **data})


def told(venue: Venue, market: str, **more: Any) -> dict[str, Any]:
    """The structured part of an answer about one market; empty lists are left out."""
    return {"venue": venue.name, "market": str(market), **{name: value for name, value in more.items() if value != []}}


def asked_venues(desk: Desk, venue: str) -> list[Venue]:
    """The venue that was named, or all that have markets and a key.

    Raises:
        MissingCredentials: the named venue has no key, or none has.
        BadArgument: the named venue has no account to look at.
    """
    if venue:
        found = desk.venue(venue)
        if not found.markets:
            raise BadArgument(f"{found.title} has data alone, no account.", advice="list_venues tells which have.")
        desk.require_key(found)
        return [found]
    venues = [one for one in desk.venues.values() if one.markets and one.configured]
    if not venues:
        raise MissingCredentials("No venue has a key here.", advice="list_venues with a venue tells how to set one.")
    return venues


def market_of(desk: Desk, venue: str, market: str) -> str:
    """Returns the market that is meant: the one given, or the only one that the venue has.

    Raises:
        BadArgument: none was given and the venue has several, or none at all.
    """
    if market:
        return market
    found = desk.venue(venue)
    if len(found.markets) == 1:
        return next(iter(found.markets)).value
    has = ", ".join(found.markets)
    if not has:
        raise BadArgument(f"{found.title} has data alone, no market.", advice="list_venues tells which venues have.")
    raise BadArgument("market is required here.", advice=f"{found.title} has: {has}.")


async def together(jobs: Sequence[Callable[[], Awaitable[T]]]) -> list[T | BlaveError]:
    """Runs jobs side by side; a failure that can be told takes the place of its answer."""
    found: list[T | BlaveError | None] = [None] * len(jobs)

    async def run(n: int) -> None:
        try:
            found[n] = await jobs[n]()
        except BlaveError as error:
            found[n] = error

    async with anyio.create_task_group() as group:
        for n in range(len(jobs)):
            group.start_soon(run, n)
    return [one for one in found if one is not None]


def failures(names: Sequence[str], found: Sequence[Any]) -> list[str]:
    """One line for each of them that failed.

    Raises:
        BlaveError: all of them failed; the first failure.
    """
    wrong = [(name, one) for name, one in zip(names, found, strict=True) if isinstance(one, BlaveError)]
    if wrong and len(wrong) == len(found):
        raise wrong[0][1]
    return [f"{name}: {error.name}: {error}" for name, error in wrong]


def answered(names: Sequence[str], found: Sequence[Any]) -> str:
    """The names of those that did not fail: what is not there can be said of them alone."""
    return ", ".join(name for name, one in zip(names, found, strict=True) if not isinstance(one, BlaveError))


def split(names: str, at: str, most: int) -> list[str]:
    """Reads a comma-separated list, each name once.

    Raises:
        BadArgument: empty, or more than `most`.
    """
    found = list(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    if not found:
        raise BadArgument(f"{at} is empty.", advice='Write one or several, separated by commas: "BTC/USDT,ETH/USDT".')
    if len(found) > most:
        raise BadArgument(f"{at} takes at most {most}, not {len(found)}.", advice="Ask in several calls.")
    return found
