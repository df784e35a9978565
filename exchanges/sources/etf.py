"""Daily flows of the US spot ETFs, from Farside's tables. Pure.

Columns are found by their headings, so that a new fund is a new column and not a shift of all the others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from blave_mcp.exchanges.errors import NO_DATA, Unavailable
from blave_mcp.exchanges.untrusted import clean

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

PATHS: Mapping[str, str] = {"BTC": "/bitcoin-etf-flow-all-data/", "ETH": "/ethereum-etf-flow-all-data/"}
SUMMARY = ("total", "average", "maximum", "minimum", "seed", "fee", "staking")
"""Rows that are no days."""

_TICKER = re.compile(r"[A-Z][A-Z0-9]{1,5}")
_DAY = re.compile(r"(\d{1,2}) ([A-Za-z]{3})[a-z]* (\d{4})")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_EMPTY = {"", "-", "–", "—", "−", "n/a", "na"}
MOST_SPAN = 60


@dataclass(frozen=True, slots=True)
class FlowDay:
    """Net flows of a day in million USD; None where there is no datum, which is not zero."""

    day: date
    flows: Mapping[str, Decimal | None]
    total: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EtfFlows:
    """Oldest first, each day once.

    Attributes:
        funds: tickers in the page's order.
        notes: what in the page did not fit, one line each.
    """

    asset: str
    funds: tuple[str, ...]
    days: tuple[FlowDay, ...]
    notes: tuple[str, ...] = ()


def parse_etf(page: bytes, asset: str) -> EtfFlows:
    """Raises Unavailable: the page has no table of flows by day."""
    from bs4 import BeautifulSoup

    tables = [_rows(table) for table in BeautifulSoup(page, "html.parser").find_all("table")]
    best = max(tables, key=lambda rows: sum(_day(row[0]) is not None for row in rows), default=[])
    first = next((n for n, row in enumerate(best) if _day(row[0]) is not None), None)
    if first is None:
        raise _unreadable("no table with days")
    columns, total = _columns(best[:first])
    if not columns:
        raise _unreadable("no headings with fund names above the days")
    return _flows(asset, best[first:], columns, total)


def _unreadable(what: str) -> Unavailable:
    return Unavailable(
        f"The page of ETF flows has changed: it has {what}.",
        undone=NO_DATA,
        advice="Look at the page in a browser; this server must be told of its new form.",
    )


def _rows(table: Tag | BeautifulSoup) -> list[list[str]]:
    """Rows of texts, a cell over several columns repeated, so that a column is an index."""
    found = []
    for row in table.find_all("tr"):
        texts: list[str] = []
        for cell in row.find_all(["td", "th"]):
            span = str(cell.get("colspan") or "1")
            texts += [" ".join(cell.get_text(" ").split())] * (min(int(span), MOST_SPAN) if span.isdecimal() else 1)
        if texts:
            found.append(texts)
    return found


def _columns(heads: Sequence[Sequence[str]]) -> tuple[dict[int, str], int | None]:
    """The funds by column, and the column of the total."""
    width = max((len(row) for row in heads), default=0)
    columns: dict[int, str] = {}
    total = None
    for n in range(1, width):
        names = [row[n] for row in heads if n < len(row)]
        if any(name.casefold() == "total" for name in names):
            total = n
        elif ticker := next((name for name in reversed(names) if _TICKER.fullmatch(name)), None):
            columns[n] = ticker if ticker not in columns.values() else f"{ticker}.{n}"
    return columns, total


def _flows(asset: str, rows: Sequence[Sequence[str]], columns: Mapping[int, str], total: int | None) -> EtfFlows:
    days: dict[date, FlowDay] = {}
    notes: list[str] = []
    if total is None:
        notes.append("The page has no total; it is summed from the funds here.")
    width = max([*columns, total or 0]) + 1
    for row in rows:
        day = _day(row[0])
        if day is None:
            if not row[0].casefold().startswith(SUMMARY):
                notes.append(f"A row that is no day was left out: {clean(row[0], most=40) or '(empty)'}.")
            continue
        if len(row) != width:
            notes.append(f"{day}: {len(row)} cells instead of {width}; the day was left out.")
            continue
        unreadable = [columns[n] for n in columns if _number(row[n]) is None and row[n].casefold() not in _EMPTY]
        if unreadable:
            notes.append(f"{day}: no number for {', '.join(unreadable)}.")
        flows = {fund: _number(row[n]) for n, fund in columns.items()}
        told = _number(row[total]) if total is not None else None
        days[day] = _reconciled(day, flows, told, notes)
    ordered = tuple(days[day] for day in sorted(days))
    return EtfFlows(asset=asset, funds=tuple(columns.values()), days=ordered, notes=tuple(notes))


def _reconciled(day: date, flows: Mapping[str, Decimal | None], told: Decimal | None, notes: list[str]) -> FlowDay:
    """Checks the page's total against the sum; figures are rounded to a tenth, each of them."""
    known = [value for value in flows.values() if value is not None]
    if not known:
        if told:
            notes.append(f"{day}: a total of {told} and no fund's figure; taken as no data.")
        return FlowDay(day, flows, None)
    total = sum(known, Decimal(0))
    if told is None:
        return FlowDay(day, flows, total)
    if abs(told - total) > Decimal("0.05") * (len(known) + 2):
        notes.append(f"{day}: the page's total {told} is not the sum of its funds, {total}.")
    return FlowDay(day, flows, told)


def _day(text: str) -> date | None:
    found = _DAY.fullmatch(text.strip())
    if found is None or found[2].lower() not in _MONTHS:
        return None
    try:
        return date(int(found[3]), _MONTHS.index(found[2].lower()) + 1, int(found[1]))
    except ValueError:
        return None


def _number(text: str) -> Decimal | None:
    """(86.5), -86.5 and −86.5 alike; None where there is none."""
    bare = text.strip().replace(",", "").replace("−", "-").replace("–", "-").replace("$", "").replace(" ", "")
    if bare in _EMPTY:
        return None
    negative = bare.startswith("(") and bare.endswith(")")
    try:
        value = Decimal(bare.strip("()") if negative else bare)
    except InvalidOperation:
        return None
    if not value.is_finite():
        return None
    return -value if negative else value
