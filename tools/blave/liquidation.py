"""Where liquidations lie, and where they have just been."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.params import decimal, one_of, text
from blave_mcp.exchanges.untrusted import clean
from blave_mcp.tools.answers import answer
from blave_mcp.tools.blave.history import known_symbol
from blave_mcp.tools.blave.market import BLAVE
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.format import exact, percent, ratio, rounded, short
from blave_mcp.tools.spec import File, Result, Tool, Toolset, Touch, columnar, csv

if TYPE_CHECKING:
    from blave_mcp.exchanges.blave.models_market import LiquidationChange, LiquidationMap

VIEWS = ("map", "change")
CLUSTERS = 6
ZERO = Decimal(0)


async def get_liquidation_map(
    desk: Desk, *, symbol: str, view: str = "map", price_min: str = "", price_max: str = ""
) -> Result:
    native = known_symbol(symbol)
    low, high = price_min or None, price_max or None
    if low and high and Decimal(low) >= Decimal(high):
        raise BadArgument(f"price_min ({low}) must lie below price_max ({high}).")
    from blave_mcp.exchanges.blave.verbs_market import BlaveMaps

    venue = desk.venue(BLAVE)
    desk.require_key(venue)
    if view == "map":
        found = await venue.client.ask(BlaveMaps().liquidation_map(native, price_min=low, price_max=high))
        return _map(desk, native, found)
    moved = await venue.client.ask(BlaveMaps().liquidation_change(native, price_min=low, price_max=high))
    return _change(desk, native, moved)


def at_each(found: LiquidationMap) -> list[Decimal]:
    """What would be liquidated at each bucket: the steps of the cumulative line.

    Blave describes the line as running from the lowest price up. One that falls towards the price and rises beyond it,
    counted from the price outwards, is read as such.
    """
    line = found.cumulative
    steps = [after - before for before, after in pairwise(line)]
    if all(step >= 0 for step in steps):
        return [line[0], *steps]
    below = sum(1 for label in found.labels if label <= found.price)
    amounts = [*(-step for step in steps[:below]), line[0] * 0, *steps[below:]] if below < len(line) else [
        *(-step for step in steps), line[-1]
    ]  # fmt: skip
    return [max(ZERO, amount) for amount in amounts]


def exposure(found: LiquidationMap) -> tuple[Decimal, Decimal]:
    """What would be liquidated below the price (longs), and above it (shorts)."""
    amounts = zip(found.labels, at_each(found), strict=True)
    below = above = ZERO
    for label, amount in amounts:
        if label <= found.price:
            below += amount
        else:
            above += amount
    return below, above


def clusters(labels: Sequence[Decimal], amounts: Sequence[Decimal], count: int) -> list[tuple[Decimal, Decimal]]:
    """The buckets with most, largest first."""
    filled = [(label, amount) for label, amount in zip(labels, amounts, strict=True) if amount > 0]
    return sorted(filled, key=lambda each: -each[1])[:count]


def _map(desk: Desk, native: str, found: LiquidationMap) -> Result:
    venue = desk.venue(BLAVE)
    if not found.labels:
        return answer(
            desk, venue, [f"{native}: the liquidation map is empty."], {"symbol": native, "price": exact(found.price)}
        )
    below, above = exposure(found)
    amounts = at_each(found)
    rows: list[tuple[Any, ...]] = []
    for side, low in (("longs", True), ("shorts", False)):
        picked = [(p, a) for p, a in zip(found.labels, amounts, strict=True) if (p <= found.price) is low]
        largest = clusters([p for p, _ in picked], [a for _, a in picked], CLUSTERS)
        rows += [(side, _price(p), _distance(p, found.price), _usd(a)) for p, a in sorted(largest, reverse=True)]
    columns = ("side", "price", "from_price_percent", "usd")
    lean = ratio(below, below + above, 3)
    parts = [
        f"Blave liquidation map {native}: price {_price(found.price)}, {len(found.labels)} prices from "
        f"{_price(found.labels[0])} to {_price(found.labels[-1])}; USD.",
        f"Below the price {_usd(below)} (longs, if it falls there), above it {_usd(above)} (shorts, if it rises there)"
        + (f"; {percent(lean, 1).lstrip('+')} lies below." if lean is not None else "."),
        f"Largest {CLUSTERS} prices on each side, highest first:",
        csv(columns, rows),
        "Clusters below can speed up a fall, clusters above a rise. An estimate of what could happen, not of what did.",
    ]
    data = {
        "symbol": native,
        "price": exact(found.price),
        "below_usd": exact(below),
        "above_usd": exact(above),
        "open_interest_usd": exact(sum(found.open_interest, ZERO)),
        "clusters": columnar(columns, rows),
    }
    result = answer(desk, venue, parts, data)
    return Result(result.text, result.data, files=(_map_file(native, found, amounts),))


def _map_file(native: str, found: LiquidationMap, amounts: Sequence[Decimal]) -> File:
    sides = {f"{clean(t, most=20)}_{clean(n, most=20)}": v for t, of in found.sides.items() for n, v in of.items()}
    columns = ("price", "liquidation_usd", "cumulative_usd", "open_interest_usd", *sides)
    series = (found.labels, amounts, found.cumulative, found.open_interest, *sides.values())
    rows = [tuple(map(exact, row)) for row in zip(*series, strict=True)]
    return File(f"liquidation-map-{native}.csv", csv(columns, rows), f"Liquidation map of {native}, {len(rows)} prices")


WINDOWS = ("0-1h", "1-8h", "8-24h")


def _change(desk: Desk, native: str, found: LiquidationChange) -> Result:
    venue = desk.venue(BLAVE)
    series = dict(zip(WINDOWS, (found.last_hour, found.to_8_hours, found.to_24_hours), strict=True))
    totals = []
    rows: list[tuple[Any, ...]] = []
    for window, amounts in series.items():
        below = sum((a for p, a in zip(found.labels, amounts, strict=True) if p <= found.price), ZERO)
        totals.append((window, _usd(below), _usd(sum(amounts, ZERO) - below)))
        largest = clusters(found.labels, amounts, CLUSTERS)
        rows += [(window, _price(p), _distance(p, found.price), _usd(a)) for p, a in sorted(largest, reverse=True)]
    total_columns, columns = ("window", "below_usd", "above_usd"), ("window", "price", "from_price_percent", "usd")
    parts = [
        f"Blave liquidation map change {native}: price {_price(found.price)}; USD by price in the last 0-1, 1-8 and "
        "8-24 hours.",
        csv(total_columns, totals),
        f"Largest {CLUSTERS} prices of each window, highest first:",
        csv(columns, rows),
        "The last hour's clusters are where leverage is being cleared now; prices cleared earlier resist less.",
    ]
    data = {
        "symbol": native, "price": exact(found.price), "totals": columnar(total_columns, totals),
        "clusters": columnar(columns, rows),
    }  # fmt: skip
    table = [tuple(map(exact, row)) for row in zip(found.labels, *series.values(), strict=True)]
    name, title = f"liquidation-change-{native}.csv", f"Liquidation map change of {native}, {len(table)} prices"
    result = answer(desk, venue, parts, data)
    return Result(result.text, result.data, files=(File(name, csv(("price", *WINDOWS), table), title),))


def _price(value: Decimal) -> str:
    return exact(rounded(value, 6))


def _distance(value: Decimal, price: Decimal) -> str:
    part = ratio(value - price, price, 6)
    return "" if part is None else exact(round(part * 100, 2))


def _usd(value: Decimal) -> str:
    return short(value, 4).replace(",", "")


LIQUIDATION_TOOL = Tool(
    name="get_liquidation_map",
    title="Liquidation map",
    doc=(
        "Tells at which prices positions would be liquidated (view map: totals below and above the price and the "
        "largest clusters), or were in the last 24 hours (view change); in USD, whole as a file."
    ),
    toolset=Toolset.MARKET,
    touch=Touch.READ,
    run=get_liquidation_map,
    params=(
        text("symbol", '"BTC/USDT".', required=True, example="BTC/USDT"),
        one_of("view", VIEWS, "What could be liquidated, or what was."),
        decimal("price_min", "Lowest price.", example="50000"),
        decimal("price_max", "Highest price.", example="150000"),
    ),
)
