"""What Blave's answers become. Every number is a Decimal; what Blave leaves empty is None."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct, field

Value = Decimal | str | bool | None


class Price(Struct, frozen=True):
    """change_24h_percent: 2.5 is 2.5 %."""

    symbol: str
    price: Decimal
    change_24h_percent: Decimal | None = None


class Statistics(Struct, frozen=True, kw_only=True):
    """What followed the symbol's present reading in the past.

    Attributes:
        sufficient: whether there is data enough; where it is not True, the numbers mean nothing.
        up_prob: how often the price was higher 24 hours later.
        exp_value: the mean return of those 24 hours.
    """

    sufficient: bool | None
    up_prob: Decimal | None
    exp_value: Decimal | None
    avg_up_return: Decimal | None
    avg_down_return: Decimal | None
    return_ratio: Decimal | None


class AlphaRow(Struct, frozen=True, kw_only=True):
    """One symbol of the alpha table.

    Attributes:
        price_change: percent by window ("15min", "1h", "24h").
        funding_rate: by exchange, in Blave's own unit.
        market_cap_percentile: rank among all listed coins, 0 to 100.
        indicators: the other fields: name -> variant ("-" where there is one alone) -> value.
    """

    symbol: str
    price: Decimal | None
    price_change: Mapping[str, Decimal | None]
    market_cap: Decimal | None
    market_cap_percentile: Decimal | None
    funding_rate: Mapping[str, Decimal | None]
    oi_imbalance: Decimal | None
    statistics: Statistics
    indicators: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)


class AlphaTable(Struct, frozen=True, kw_only=True):
    """The whole table: `fields` describes the indicators and `note` their colour ranges, both as Blave sends them."""

    rows: tuple[AlphaRow, ...]
    fields: object = None
    note: object = None


class AlphaPoint(Struct, frozen=True):
    """One reading of an indicator.

    Attributes:
        time_ms: the bar's label. Whether that is its beginning or its end is not documented; only closed bars have one.
        value: None where Blave has none.
        extra: what comes beside the value for the same bar, as text: "scolor" with squeeze momentum.
    """

    time_ms: int
    value: Decimal | None
    extra: Mapping[str, str] = field(default_factory=dict)


class AlphaSeries(Struct, frozen=True, kw_only=True):
    """An indicator over time: oldest first, each time once. `statistics` is None where the indicator has none."""

    points: tuple[AlphaPoint, ...]
    statistics: Statistics | None = None
