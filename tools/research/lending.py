"""A lending plan: how much for how long at what rate. Pure; rates are fractions per day, amounts in the currency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.funding import FundingLevel, FundingTrade

YEAR = Decimal(365)
CENT = Decimal("0.00000001")
RATE = Decimal("0.0000000001")
THIN = 5
"""Fewer trades of a period than this tell no distribution."""

Weights = Mapping[int, Decimal]
TIERS: Sequence[tuple[Decimal, Weights]] = tuple(
    (Decimal(floor), {days: Decimal(weight) for days, weight in weights.items()})
    for floor, weights in (
        ("0.10", {2: "0.1", 30: "0.2", 120: "0.7"}),
        ("0.06", {2: "0.2", 7: "0.2", 30: "0.3", 120: "0.3"}),
        ("0.03", {2: "0.4", 7: "0.3", 30: "0.2", 120: "0.1"}),
        ("0", {2: "0.7", 7: "0.2", 30: "0.1"}),
    )
)
"""From which FRR a year on: shares by period in days. High rates are locked in, low ones leave the money free soon."""


def weights_for(frr: Decimal) -> tuple[Decimal, Weights]:
    """The tier's floor (a year) and its shares."""
    yearly = frr * YEAR
    return next(((floor, weights) for floor, weights in TIERS if yearly >= floor), TIERS[-1])


def read_weights(text: str, periods: tuple[int, int]) -> Weights:
    """Reads "2:70,30:30": shares by period; they need not sum to 100.

    Raises:
        BadArgument: not of this form, a period that the venue does not take, or no share above zero.
    """
    found: dict[int, Decimal] = {}
    for part in text.split(","):
        days, colon, share = part.strip().partition(":")
        bare = share.strip().rstrip("%").strip()
        if not (colon and days.strip().isdecimal() and bare.replace(".", "", 1).isdecimal()):
            raise BadArgument(f'"{part.strip()[:40]}" is no period with its share.', advice='Write "2:70,30:30".')
        if not periods[0] <= int(days) <= periods[1]:
            raise BadArgument(f"A period is {periods[0]} to {periods[1]} days, not {days.strip()}.")
        found[int(days)] = found.get(int(days), Decimal(0)) + Decimal(bare)
    total = sum(found.values(), Decimal(0))
    if not total:
        raise BadArgument("The shares are all zero.", advice='Write "2:70,30:30".')
    return {days: share / total for days, share in sorted(found.items()) if share}


@dataclass(frozen=True, slots=True)
class Rates:
    """Trades of one period: how many, and where their rates lie."""

    period: int
    count: int
    median: Decimal | None
    upper: Decimal | None


def rates_of(trades: Sequence[FundingTrade], period: int) -> Rates:
    """Median and third quartile."""
    found = sorted(trade.rate for trade in trades if trade.period == period)
    if not found:
        return Rates(period, 0, None, None)
    return Rates(period, len(found), _quantile(found, Decimal("0.5")), _quantile(found, Decimal("0.75")))


def _quantile(ordered: Sequence[Decimal], part: Decimal) -> Decimal:
    at = part * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def borrowers_bid(bids: Sequence[FundingLevel], demand: Decimal) -> Decimal | None:
    """The rate at which borrowers together bid for at least `demand`; the lowest where they bid for less.

    None where nobody bids: then nothing holds the plan's rates up.
    """
    reached = Decimal(0)
    best = None
    for level in sorted(bids, key=lambda one: one.rate, reverse=True):
        reached += level.amount
        best = level.rate
        if reached >= demand:
            break
    return best


@dataclass(frozen=True, slots=True)
class Rung:
    """One offer. `why` says where its rate comes from."""

    period: int
    rate: Decimal
    amount: Decimal
    why: str


def split(total: Decimal, least: Decimal, weights: Weights, tranches: int) -> dict[int, tuple[int, Decimal]]:
    """Divides an amount over periods: period -> (offers, amount).

    By the shares, where each period then has enough for an offer. Otherwise as many offers as there is money for, given
    to periods by the largest remainder; at last a single one. Nothing below the least.

    The amounts sum to `total`.
    """
    if total < least or total <= 0:
        return {}
    whole = sum(weights.values(), Decimal(0))
    by_share = {days: (total * weight / whole).quantize(CENT, ROUND_DOWN) for days, weight in weights.items()}
    if min(by_share.values()) >= least:
        found = {days: (min(tranches, int(size // least)), size) for days, size in by_share.items()}
    else:
        slots = int(total // least)
        quotas = {days: weight / whole * slots for days, weight in weights.items()}
        given = {days: int(quota) for days, quota in quotas.items()}
        order = sorted(weights, key=lambda days: (quotas[days] - given[days], weights[days]), reverse=True)
        for days in order[: slots - sum(given.values())]:
            given[days] += 1
        each = total / slots
        found = {
            days: (min(tranches, count), (each * count).quantize(CENT, ROUND_DOWN))
            for days, count in given.items()
            if count
        }
    last = max(found, key=lambda days: found[days][1])
    rest = total - sum((size for _, size in found.values()), Decimal(0))
    found[last] = (found[last][0], found[last][1] + rest)
    return dict(sorted(found.items()))


def ladder(
    total: Decimal,
    *,
    least: Decimal,
    weights: Weights,
    trades: Sequence[FundingTrade],
    frr: Decimal,
    floor: Decimal | None,
    tranches: int = 3,
) -> list[Rung]:
    """The plan: for each period rates from the median to the third quartile of its trades, never below `floor`.

    A period with too few trades gets one offer at the FRR, or at the floor where that is higher. The amounts sum to
    `total`, or there is no offer because it is below `least`.
    """
    rungs: list[Rung] = []
    for period, (count, size) in split(total, least, weights, tranches).items():
        rates = rates_of(trades, period)
        if rates.count < THIN or rates.median is None or rates.upper is None:
            rungs.append(_rung(period, frr, size, floor, f"FRR; {rates.count} trades tell no rate"))
            continue
        sizes = _parts(size, count)
        for n, part in enumerate(sizes):
            share = Decimal(n) / (count - 1) if count > 1 else Decimal("0.5")
            rate = rates.median + share * (rates.upper - rates.median)
            where = "median" if not share else "upper quartile" if share == 1 else "between median and upper quartile"
            rungs.append(_rung(period, rate, part, floor, f"{where} of {rates.count} trades"))
    return rungs


def _parts(size: Decimal, count: int) -> list[Decimal]:
    each = (size / count).quantize(CENT, ROUND_DOWN)
    return [*([each] * (count - 1)), size - each * (count - 1)]


def _rung(period: int, rate: Decimal, amount: Decimal, floor: Decimal | None, why: str) -> Rung:
    if floor is not None and rate < floor:
        return Rung(period, floor.quantize(RATE), amount, f"what borrowers bid; the {why} is lower")
    return Rung(period, rate.quantize(RATE), amount, why)


@dataclass(frozen=True, slots=True)
class Yield:
    """What a plan earns if all of it is lent at once for its whole periods: fractions a year, and currency a day."""

    gross: Decimal
    net: Decimal
    net_per_day: Decimal


def expected(rungs: Sequence[Rung], fee: Decimal) -> Yield | None:
    """None for an empty plan."""
    total = sum((one.amount for one in rungs), Decimal(0))
    if not total:
        return None
    daily = sum((one.rate * one.amount for one in rungs), Decimal(0))
    gross = daily / total * YEAR
    return Yield(gross, gross * (1 - fee), daily * (1 - fee))
