"""What daily ETF flows say: months, streaks, days on which the largest fund went against the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from blave_mcp.exchanges.sources.etf import EtfFlows, FlowDay

NEEDED_DAYS = 3


@dataclass(frozen=True, slots=True)
class Month:
    """Million USD; `days` with data of `inflow` and `outflow` for all funds together."""

    month: str
    total: Decimal
    flows: Mapping[str, Decimal | None]
    days: int
    inflow: int
    outflow: int


def largest_fund(flows: EtfFlows) -> str:
    """The fund that took in most since it began; "" where there is no datum."""
    sums = {
        fund: sum((value for day in flows.days if (value := day.flows.get(fund)) is not None), Decimal(0))
        for fund in flows.funds
        if any(day.flows.get(fund) is not None for day in flows.days)
    }
    return max(sums, key=lambda fund: sums[fund]) if sums else ""


def months(flows: EtfFlows) -> list[Month]:
    """Oldest first; days without data count nowhere."""
    found = []
    for name, days in groupby(flows.days, key=lambda day: f"{day.day:%Y-%m}"):
        known = [day for day in days if day.total is not None]
        if not known:
            continue
        totals = [day.total for day in known if day.total is not None]
        by_fund = {}
        for fund in flows.funds:
            values = [value for day in known if (value := day.flows.get(fund)) is not None]
            by_fund[fund] = sum(values, Decimal(0)) if values else None
        found.append(
            Month(
                name,
                sum(totals, Decimal(0)),
                by_fund,
                len(known),
                sum(t > 0 for t in totals),
                sum(t < 0 for t in totals),
            )
        )
    return found


def streak(values: Sequence[Decimal | None]) -> int:
    """Days in a row up to the last: 3 is three of inflow, -2 two of outflow.

    Days without data are passed over; a day of exactly zero ends it.
    """
    known = [value for value in values if value is not None]
    count = 0
    for value in reversed(known):
        if value == 0 or (count and (value > 0) != (count > 0)):
            break
        count += 1 if value > 0 else -1
    return count


def divergent(days: Sequence[FlowDay], fund: str) -> list[int]:
    """Indexes of days on which the fund and the total point opposite ways."""
    found = []
    for n, day in enumerate(days):
        own = day.flows.get(fund)
        if own is not None and day.total is not None and own * day.total < 0:
            found.append(n)
    return found


@dataclass(frozen=True, slots=True)
class Bias:
    """Flows as a filter for other signals.

    Attributes:
        supports: "long", "short", or "neither" where the last days disagree or data are missing.
        why: in words.
    """

    supports: str
    why: str


def bias(days: Sequence[FlowDay], fund: str, *, needed: int = NEEDED_DAYS) -> Bias:
    """Long where the largest fund took in money on each of the last days, short where it gave."""
    last = [value for day in days if (value := day.flows.get(fund)) is not None][-needed:]
    if len(last) < needed:
        return Bias("neither", f"{fund or 'the largest fund'} has fewer than {needed} days of data")
    if all(value > 0 for value in last):
        return Bias("long", f"{fund} took in money on each of the last {needed} days with data")
    if all(value < 0 for value in last):
        return Bias("short", f"{fund} gave money back on each of the last {needed} days with data")
    return Bias("neither", f"the last {needed} days of {fund} disagree")
