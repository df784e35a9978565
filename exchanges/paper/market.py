"""Where the paper exchange's prices come from: one protocol, three sources (`synthetic`, `feeds`, `live`).

Two times: wall time (`now_ms`, what orders, funding and settlement are stamped with) and market time (what bars,
trades and quotes are stamped with). They differ only in a feed of old bars, by whole days: `Market.clock`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Protocol

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
MONTH = 30 * DAY
"""Stands for a calendar month."""
_MONDAY = 4 * DAY


class MarketError(Exception):
    """The market cannot answer. The account is untouched."""


class NoSuchMarket(MarketError):
    """No prices for this key."""


class FeedEnded(MarketError):
    """Market time has reached the end of the feed's last bar."""


class BadFeed(MarketError):
    """A feed file that cannot be used; names the line and the column."""


class IntervalUnavailable(MarketError):
    """Bars of this interval cannot be made: finer than the feed's, or not a multiple of it."""


class StalePrice(MarketError):
    """A live price is missing or too old."""


@dataclass(frozen=True, slots=True)
class Prices:
    """The least that matching needs. bid < ask, both on the tick grid; `last` lies within one spread of both."""

    bid: Decimal
    ask: Decimal
    last: Decimal
    mark: Decimal
    index: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Prices and the rolling 24 hours before them.

    Attributes:
        time_ms: market time.
        funding_rate: of the coming funding, a fraction; 0 for spot.
        next_funding_ms: wall time; 0 for spot.
        volume_24h: base; quote_volume_24h: quote, at typical prices.
    """

    key: str
    time_ms: int
    bid: Decimal
    bid_qty: Decimal
    ask: Decimal
    ask_qty: Decimal
    last: Decimal
    mark: Decimal
    index: Decimal
    funding_rate: Decimal
    next_funding_ms: int
    open_24h: Decimal
    high_24h: Decimal
    low_24h: Decimal
    volume_24h: Decimal
    quote_volume_24h: Decimal


@dataclass(frozen=True, slots=True)
class Level:
    price: Decimal
    qty: Decimal


@dataclass(frozen=True, slots=True)
class Depth:
    """Best level first on both sides. time_ms is market time."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    time_ms: int


@dataclass(frozen=True, slots=True)
class Bar:
    """open_ms is market time. Volumes in base; quote volumes are at the typical price, so they do not add up exactly.

    taker_buy is None where the source does not tell.
    """

    open_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    taker_buy: Decimal | None
    quote_volume: Decimal
    trades: int


@dataclass(frozen=True, slots=True)
class Trade:
    """A public trade. `id` rises with time_ms (market time). buyer_maker: the taker sold."""

    id: int
    price: Decimal
    qty: Decimal
    time_ms: int
    buyer_maker: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """One step of the price path, at wall time time_ms; it holds until the next."""

    time_ms: int
    last: Decimal
    mark: Decimal


@dataclass(frozen=True, slots=True)
class Span:
    """What the path does in (from, to]: its extremes, and where it ends.

    exact: the mark reaches its extremes too; else they are bounds that it does not leave. Always so up to an hour.
    """

    low: Decimal
    high: Decimal
    mark_low: Decimal
    mark_high: Decimal
    last: Decimal
    mark: Decimal
    exact: bool


@dataclass(frozen=True, slots=True)
class Funding:
    """A funding that has been: wall time, rate (a fraction), mark price then."""

    time_ms: int
    rate: Decimal
    mark: Decimal


def bar_opens(interval_ms: int, start_ms: int, end_ms: int) -> Iterator[tuple[int, int]]:
    """Yields (open, close) of the bars that open in [start_ms, end_ms).

    Bars count from 1970; weeks begin on Monday; MONTH gives calendar months (UTC).
    """
    if interval_ms == MONTH:
        at = datetime.fromtimestamp(max(start_ms, 0) / 1000, UTC)
        year, month = at.year, at.month
        while True:
            first = _month_ms(year, month)
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
            if first >= end_ms:
                return
            if first >= start_ms:
                yield first, _month_ms(year, month)
    shift = _MONDAY if interval_ms % WEEK == 0 else 0
    at_ms = -(-(start_ms - shift) // interval_ms) * interval_ms + shift
    while at_ms < end_ms:
        yield at_ms, at_ms + interval_ms
        at_ms += interval_ms


def _month_ms(year: int, month: int) -> int:
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * 1000


class Market(Protocol):
    """Prices by listing key. Every `now_ms`, `from_ms` and `to_ms` is wall time unless it says market time.

    Every method may raise MarketError.
    """

    def keys(self) -> tuple[str, ...]:
        """Returns the keys that have prices."""
        ...

    def origin(self, key: str) -> str:
        """Returns "synthetic", "file" or "live"."""
        ...

    def clock(self, now_ms: int) -> int:
        """Returns the market time at `now_ms`."""
        ...

    def memento(self) -> str:
        """Returns what must be stored so that `restore` gives the same prices in another process."""
        ...

    def restore(self, memento: str) -> None:
        """Takes over a stored memento; one of another kind of market is ignored."""
        ...

    def prices(self, key: str, now_ms: int) -> Prices: ...

    def quote(self, key: str, now_ms: int) -> Quote: ...

    def depth(self, key: str, now_ms: int, levels: int) -> Depth:
        """Returns up to `levels` levels a side; fewer levels are a prefix of more."""
        ...

    def bars(self, key: str, interval_ms: int, start_ms: int, end_ms: int, now_ms: int) -> list[Bar]:
        """Returns the bars that open in [start_ms, end_ms), both market time, oldest first.

        None opens after the market time of `now_ms`; the one forming then holds only what has happened. Weeks begin on
        Monday, and MONTH stands for calendar months. Bars without a trade may be missing.
        """
        ...

    def trades(self, key: str, now_ms: int, count: int) -> list[Trade]:
        """Returns the last `count` trades, oldest first."""
        ...

    def open_interest(self, key: str, now_ms: int) -> Decimal:
        """Returns the open interest in base units."""
        ...

    def funding_rate(self, key: str, time_ms: int) -> Decimal:
        """Returns the rate of the funding at wall time `time_ms`, a multiple of the listing's interval."""
        ...

    def fundings(self, key: str, start_ms: int, end_ms: int, now_ms: int) -> list[Funding]:
        """Returns the fundings in [start_ms, end_ms) (wall time) that are past, oldest first."""
        ...

    def span(self, key: str, from_ms: int, to_ms: int) -> Span | None:
        """Returns the bounds of the path in (from_ms, to_ms]; None where nothing is known of it."""
        ...

    def path(self, key: str, from_ms: int, to_ms: int) -> Sequence[Tick]:
        """Returns the steps of the path in (from_ms, to_ms]. The same however a longer time is cut."""
        ...
