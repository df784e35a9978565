"""What Blave's liquidation maps, sectors and screener become. Every number is a Decimal; what is empty is None."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidationMap:
    """What could be liquidated, by price, in USD.

    Attributes:
        price: the market's.
        labels: the prices of the buckets, rising.
        open_interest: at each bucket.
        cumulative: exposure from the lowest price up to each bucket.
        sides: timeframe ("24h") -> the lists "buy_liq" and "sell_liq", one value a bucket, under Blave's own names.
    """

    price: Decimal
    labels: tuple[Decimal, ...]
    open_interest: tuple[Decimal, ...]
    cumulative: tuple[Decimal, ...]
    sides: Mapping[str, Mapping[str, tuple[Decimal, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidationChange:
    """Liquidations by price in USD: those of the last hour, of 1 to 8 hours ago, and of 8 to 24 hours ago."""

    price: Decimal
    labels: tuple[Decimal, ...]
    last_hour: tuple[Decimal, ...]
    to_8_hours: tuple[Decimal, ...]
    to_24_hours: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sector:
    """A sector over time.

    Attributes:
        values: its return since the series began, as a fraction, one for each time; None where there is none.
    """

    key: str
    en: str
    zh: str
    values: tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectorRotation:
    """All sectors over the same times, oldest first."""

    times_ms: tuple[int, ...]
    sectors: tuple[Sector, ...]


@dataclass(frozen=True, slots=True)
class SavedCondition:
    """A screener condition as the user saved it; `content` is Blave's own JSON."""

    id: int
    content: Any
