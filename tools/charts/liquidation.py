"""The liquidation map, and what was liquidated lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from blave_mcp.tools.charts.figure import Bars, Figure, Line, Mark, Numbers, Panel, Role, Rule, Scale
from blave_mcp.tools.charts.words import amount, price


@dataclass(frozen=True, slots=True)
class Cluster:
    """A run of neighbouring price levels where much would be liquidated.

    Attributes:
        low, high, top: the levels at its ends and the largest one.
        size: the whole of it in USD.
    """

    low: float
    high: float
    top: float
    size: float


def running(labels: Numbers, cumsum: Numbers, at: float) -> list[float]:
    """The exposure that lies between the price and each level, from `cumsum`, which runs from the lowest price up."""
    now = _between(labels, cumsum, at)
    return [abs(value - now) for value in cumsum]


def _between(x: Numbers, y: Numbers, at: float) -> float:
    if at <= x[0]:
        return float(y[0])
    for n in range(1, len(x)):
        if at <= x[n]:
            part = (at - x[n - 1]) / (x[n] - x[n - 1]) if x[n] > x[n - 1] else 0.0
            return float(y[n - 1] + part * (y[n] - y[n - 1]))
    return float(y[-1])


def clusters(labels: Numbers, sizes: Numbers, *, most: int = 3) -> list[Cluster]:
    """The largest clusters: levels above a quarter of the largest one, joined where at most one level lies between."""
    top = max(sizes, default=0.0)
    if top <= 0:
        return []
    high = [n for n, size in enumerate(sizes) if size >= top / 4]
    groups: list[list[int]] = []
    for n in high:
        if groups and n - groups[-1][-1] <= 2:
            groups[-1].append(n)
        else:
            groups.append([n])
    found = []
    for group in groups:
        first, last = group[0], group[-1]
        within = range(first, last + 1)
        best = max(within, key=lambda n: sizes[n])
        found.append(Cluster(labels[first], labels[last], labels[best], float(sum(sizes[n] for n in within))))
    return sorted(found, key=lambda one: one.size, reverse=True)[:most]


@dataclass(frozen=True, slots=True)
class LiquidationMap:
    """Blave's map: by price level (lowest first), USD."""

    labels: Numbers
    long: Numbers
    short: Numbers
    open_interest: Numbers
    cumsum: Numbers
    price: float

    def below(self) -> list[Cluster]:
        """Where longs would be liquidated if the price fell."""
        kept = [size if at < self.price else 0.0 for at, size in zip(self.labels, self.long, strict=True)]
        return clusters(self.labels, kept)

    def above(self) -> list[Cluster]:
        """Where shorts would be liquidated if the price rose."""
        kept = [size if at > self.price else 0.0 for at, size in zip(self.labels, self.short, strict=True)]
        return clusters(self.labels, kept)


@dataclass(frozen=True, slots=True)
class MapChange:
    """What was liquidated at each price level, by how long ago, USD. Its levels are its own."""

    labels: Numbers
    newest: Numbers
    recent: Numbers
    older: Numbers
    price: float


def named(found: Sequence[Cluster]) -> str:
    """66,100 to 66,400 (12.5M), largest first."""
    return ", ".join(f"{price(one.low)} to {price(one.high)} ({amount(one.size)})" for one in found) or "none"


def liquidation_figure(
    symbol: str, shown: LiquidationMap, change: MapChange | None = None, *, window: str = "24h", note: str = ""
) -> Figure:
    """Both panels. Green is long and red is short, in bars and lines alike."""
    labels = list(shown.labels)
    width = _width(labels)
    reach = running(labels, shown.cumsum, shown.price)
    low = [n for n, at in enumerate(labels) if at <= shown.price]
    high = [n for n, at in enumerate(labels) if at >= shown.price]
    longs = Line([*(labels[n] for n in low), shown.price], [*(reach[n] for n in low), 0.0], Role.LONG,
                 "longs liquidated down to here", 2.0, right=True, fill=True)  # fmt: skip
    shorts = Line([shown.price, *(labels[n] for n in high)], [0.0, *(reach[n] for n in high)], Role.SHORT,
                  "shorts liquidated up to here", 2.0, right=True, fill=True)  # fmt: skip
    stacked = [a + b for a, b in zip(shown.open_interest, shown.long, strict=True)]
    first: list[Mark] = [
        Bars(labels, shown.open_interest, Role.QUIET, width, "open interest"),
        Bars(labels, shown.long, Role.LONG, width, f"long exposure, {window}", bottom=list(shown.open_interest)),
        Bars(labels, shown.short, Role.SHORT, width, f"short exposure, {window}", bottom=stacked),
        longs,
        shorts,
        Rule(shown.price, Role.PRICE, f"price {price(shown.price)}", upright=True),
    ]
    panels = [
        Panel(
            marks=first,
            title="What would be liquidated",
            x_label="price level",
            y_label="USD at the level",
            right_label="USD between the price and the level",
            x_scale=Scale.PRICE,
            y_scale=Scale.MONEY,
            left=labels[0],
            right=labels[-1],
            low=0.0,
            right_low=0.0,
        )
    ]
    if change is not None and len(change.labels):
        panels.append(_change_panel(change))
    below, above = named(shown.below()), named(shown.above())
    return Figure(
        name=f"liquidation-map-{symbol}",
        title=f"{symbol} liquidation map  price {price(shown.price)}",
        subtitle=f"longs below: {named(shown.below()[:1])}   shorts above: {named(shown.above()[:1])}",
        alt=(
            f"Liquidation map of {symbol} at {price(shown.price)}. Longs would be liquidated below at {below}; "
            f"shorts above at {above}."
        ),
        caption=f"{symbol} at {price(shown.price)}: longs below {named(shown.below()[:1])}; "
        f"shorts above {named(shown.above()[:1])}",
        panels=panels,
        shared=False,
        height=5.2 + 3.6 * (len(panels) - 1),
        note=note,
    )


def _change_panel(change: MapChange) -> Panel:
    labels = list(change.labels)
    width = _width(labels)
    upper = [a + b for a, b in zip(change.older, change.recent, strict=True)]
    return Panel(
        marks=(
            Bars(labels, change.older, Role.OLDER, width, "8 to 24 h ago"),
            Bars(labels, change.recent, Role.RECENT, width, "1 to 8 h ago", bottom=list(change.older)),
            Bars(labels, change.newest, Role.NEWEST, width, "last hour", bottom=upper),
            Rule(change.price, Role.PRICE, f"price {price(change.price)}", upright=True),
        ),
        title="What was liquidated in the last 24 hours, by age",
        x_label="price level",
        y_label="USD at the level",
        x_scale=Scale.PRICE,
        y_scale=Scale.MONEY,
        left=labels[0],
        right=labels[-1],
        low=0.0,
    )


def _width(labels: Numbers) -> float:
    return float(labels[1] - labels[0]) * 0.9 if len(labels) > 1 else max(abs(labels[0]) * 0.001, 1e-9)
