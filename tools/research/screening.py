"""Ranking coins by several readings of unlike scales. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from decimal import Decimal

MOVED_PERCENT = Decimal(20)
"""A change over 24 hours from which on a coin has moved already."""
CROWDED = Decimal(4)
"""How many times the usual size (the median) a funding rate is far out."""


def percentiles(values: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Each name's place among all, 0 to 100: the share that lies below it, ties counted half."""
    ordered = sorted(values.values())
    count = len(ordered)
    return {
        name: Decimal(bisect_left(ordered, value) + bisect_right(ordered, value)) / 2 / count * 100
        for name, value in values.items()
    }


def scores(columns: Sequence[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    """The mean of a coin's places in every column, for coins that have them all.

    Values of unlike scales are never added: a score of 8 in one indicator may be less than a 2 in another.
    """
    places = [percentiles(column) for column in columns]
    names = set(places[0]).intersection(*places[1:]) if places else set()
    return {name: sum((place[name] for place in places), Decimal(0)) / len(places) for name in names}


def notes(change_24h: Decimal | None, funding: Sequence[Decimal], usual_funding: Decimal | None) -> str:
    """What speaks against chasing a coin now; "" where nothing.

    Args:
        funding: its rates, of every exchange that tells one.
        usual_funding: the median of the sizes of all coins' rates.
    """
    said = []
    if change_24h is not None and abs(change_24h) >= MOVED_PERCENT:
        said.append(f"already {'up' if change_24h > 0 else 'down'} {abs(change_24h):.0f} % in 24 h")
    if funding and usual_funding:
        most = max(funding, key=abs)
        if abs(most) >= usual_funding * CROWDED:
            said.append(f"{'longs' if most > 0 else 'shorts'} pay much ({most.normalize():f})")
    return "; ".join(said)


def median_size(values: Sequence[Decimal]) -> Decimal | None:
    """The median of the absolute values that are not zero."""
    sizes = sorted(abs(value) for value in values if value)
    return sizes[len(sizes) // 2] if sizes else None
