"""A market of old, real bars that run again at wall speed, beside made-up ones for what the files do not hold.

Market time is wall time less a constant of whole days, so that hours and funding times agree. Bars are the file's to
the digit. Within a bar the price goes from the open to one extreme (the low where it closes higher, else the high), to
the other one, to the close: a straight line between each two, in steps of one second.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from os import PathLike
from pathlib import Path

from blave_mcp.exchanges.paper.ladder import ladder
from blave_mcp.exchanges.paper.market import (
    DAY,
    SECOND,
    BadFeed,
    Bar,
    Depth,
    FeedEnded,
    Funding,
    IntervalUnavailable,
    NoSuchMarket,
    Prices,
    Quote,
    Span,
    Tick,
    Trade,
    bar_opens,
)
from blave_mcp.exchanges.paper.series import Row, Series
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.paper.types import QUANTUM, ZERO, Listing, Product

_RUNWAY_MS = 30 * DAY
_KIND = "file"


class FeedMarket:
    """See `Market`. A series serves its own product; the symbol's other product too where that has no file.

    Args:
        series: parsed files.
        rest: prices of everything else, at the same market time.
        offset_ms: wall time less market time, whole days; None: chosen at the first use, so that market time is then
            between 30 and 31 days before the end of the shortest feed (in its middle if that is nearer), and kept in
            `memento`.

    Raises:
        BadFeed: no listing for any file, or files with no time in common.
    """

    def __init__(
        self, series: Iterable[Series], rest: SyntheticMarket | None = None, *, offset_ms: int | None = None
    ) -> None:
        self._rest = rest or SyntheticMarket()
        self._files: dict[str, _File] = {}
        given = list(series)
        for listing in self._rest.listings():
            fits = [s for s in given if s.symbol == listing.symbol]
            own = [s for s in fits if s.product is listing.product]
            if own or fits:
                self._files[listing.key] = _File(listing, (own or fits)[0])
        if not self._files:
            raise BadFeed(f"no listing for {', '.join(s.symbol for s in given) or 'an empty feed'}.")
        self._start_ms = max(file.series.start_ms for file in self._files.values())
        self._end_ms = min(file.series.end_ms for file in self._files.values())
        if self._end_ms <= self._start_ms:
            raise BadFeed("the files have no time in common.")
        self._offset = offset_ms

    @classmethod
    def from_file(
        cls, path: str | PathLike[str], rest: SyntheticMarket | None = None, *, offset_ms: int | None = None
    ) -> FeedMarket:
        """Reads one file, or every *.csv and *.csv.gz of a folder: the only thing here that touches the disk.

        Raises: BadFeed, OSError.
        """
        root = Path(path)
        files = sorted([*root.glob("*.csv"), *root.glob("*.csv.gz")]) if root.is_dir() else [root]
        return cls([Series.parse(file.name, file.read_bytes()) for file in files], rest, offset_ms=offset_ms)

    @property
    def start_ms(self) -> int:
        """Market time at which every feed has begun; `end_ms` at which the first of them ends."""
        return self._start_ms

    @property
    def end_ms(self) -> int:
        return self._end_ms

    def keys(self) -> tuple[str, ...]:
        return self._rest.keys()

    def origin(self, key: str) -> str:
        return _KIND if key in self._files else self._rest.origin(key)

    def clock(self, now_ms: int) -> int:
        if self._offset is None:
            start = max(self._end_ms - _RUNWAY_MS - DAY, (self._start_ms + self._end_ms) // 2)
            self._offset = (now_ms - start) // DAY * DAY
        return now_ms - self._offset

    def memento(self) -> str:
        return f"{_KIND}:{'' if self._offset is None else self._offset}"

    def restore(self, memento: str) -> None:
        kind, _, offset = memento.partition(":")
        if kind == _KIND and offset and self._offset is None:
            self._offset = int(offset)

    def _time(self, now_ms: int) -> int:
        """Returns market time. Raises: FeedEnded."""
        time = self.clock(now_ms)
        if time >= self._end_ms:
            raise FeedEnded(f"The feed's last bar closed at {self._end_ms} ms; market time is {time} ms.")
        if time < self._start_ms:
            raise NoSuchMarket(f"The feed begins at {self._start_ms} ms; market time is {time} ms.")
        return time

    def prices(self, key: str, now_ms: int) -> Prices:
        time = self._time(now_ms)
        file = self._files.get(key)
        return file.prices(time) if file else self._rest.prices(key, time)

    def quote(self, key: str, now_ms: int) -> Quote:
        time = self._time(now_ms)
        file = self._files.get(key)
        if file is None:
            quote = self._rest.quote(key, time)
            return replace(quote, next_funding_ms=quote.next_funding_ms and quote.next_funding_ms + now_ms - time)
        prices = file.prices(time)
        depth = file.depth(time, 1)
        day = file.summary(max(time - DAY, file.series.start_ms), time)
        perp = file.listing.product is Product.PERP
        interval = file.listing.funding_interval_ms
        coming = (now_ms // interval + 1) * interval
        return Quote(
            key=key,
            time_ms=time,
            bid=prices.bid,
            bid_qty=depth.bids[0].qty,
            ask=prices.ask,
            ask_qty=depth.asks[0].qty,
            last=prices.last,
            mark=prices.mark,
            index=prices.index,
            funding_rate=self.funding_rate(key, coming) if perp else ZERO,
            next_funding_ms=coming if perp else 0,
            open_24h=day.open,
            high_24h=day.high,
            low_24h=day.low,
            volume_24h=day.volume,
            quote_volume_24h=day.quote_volume,
        )

    def depth(self, key: str, now_ms: int, levels: int) -> Depth:
        time = self._time(now_ms)
        file = self._files.get(key)
        return file.depth(time, levels) if file else self._rest.depth(key, time, levels)

    def bars(self, key: str, interval_ms: int, start_ms: int, end_ms: int, now_ms: int) -> list[Bar]:
        time = self._time(now_ms)
        file = self._files.get(key)
        if file is None:
            return self._rest.bars(key, interval_ms, start_ms, end_ms, time)
        if interval_ms % file.series.interval_ms:
            raise IntervalUnavailable(
                f"The feed of {key} has bars of {file.series.interval_ms // SECOND} s: others are multiples of it."
            )
        first = max(start_ms, file.series.start_ms - interval_ms + 1)
        spans = bar_opens(interval_ms, first, min(end_ms, time + 1))
        return [bar for start, end in spans if (bar := file.bar(start, end, time)) is not None]

    def trades(self, key: str, now_ms: int, count: int) -> list[Trade]:
        time = self._time(now_ms)
        file = self._files.get(key)
        return file.trades(time, count) if file else self._rest.trades(key, time, count)

    def open_interest(self, key: str, now_ms: int) -> Decimal:
        return self._rest.open_interest(key, self._time(now_ms))

    def funding_rate(self, key: str, time_ms: int) -> Decimal:
        return self._rest.funding_rate(key, self.clock(time_ms))

    def fundings(self, key: str, start_ms: int, end_ms: int, now_ms: int) -> list[Funding]:
        time = self._time(now_ms)
        shift = now_ms - time
        file = self._files.get(key)
        found = self._rest.fundings(key, start_ms - shift, end_ms - shift, time)
        if file is not None:
            found = [replace(f, mark=file.price(f.time_ms)) for f in found if f.time_ms >= file.series.start_ms]
        return [replace(f, time_ms=f.time_ms + shift) for f in found]

    def span(self, key: str, from_ms: int, to_ms: int) -> Span | None:
        time = self._time(to_ms)
        shift = to_ms - time
        file = self._files.get(key)
        return file.span(from_ms - shift, time) if file else self._rest.span(key, from_ms - shift, time)

    def path(self, key: str, from_ms: int, to_ms: int) -> list[Tick]:
        time = self._time(to_ms)
        shift = to_ms - time
        file = self._files.get(key)
        ticks = file.path(from_ms - shift, time) if file else self._rest.path(key, from_ms - shift, time)
        return [replace(tick, time_ms=tick.time_ms + shift) for tick in ticks]


class _File:
    """One listing's prices from one series. All times are market time. Mark and index are the price itself."""

    def __init__(self, listing: Listing, series: Series) -> None:
        self.listing = listing
        self.series = series
        self._tick = listing.tick
        count = min(len(series.rows), 24 * 30)
        traded = sum((row.volume for row in series.rows[-count:]), ZERO)
        self._day_volume = traded * DAY / (count * series.interval_ms)

    def price(self, time_ms: int) -> Decimal:
        """Returns the price at a time; after a gap begins, the last close."""
        series = self.series
        row = series.rows[max(series.number_at(time_ms), 0)]
        return self._within(row, (time_ms - row.open_ms) // SECOND)

    def _corners(self, row: Row) -> tuple[tuple[int, Decimal], ...]:
        """Returns (second, price) of the points between which a bar's price runs straight."""
        last = self.series.interval_ms // SECOND - 1
        near, far = (row.low, row.high) if row.close >= row.open else (row.high, row.low)
        return (0, row.open), (last // 3, near), (2 * last // 3, far), (last, row.close)

    def _within(self, row: Row, second: int) -> Decimal:
        corners = self._corners(row)
        before = corners[0]
        for corner in corners:
            if second == corner[0]:
                return corner[1]
            if second < corner[0]:
                part = Decimal(second - before[0]) / (corner[0] - before[0])
                price = (before[1] + (corner[1] - before[1]) * part) // self._tick * self._tick
                low, high = sorted((before[1], corner[1]))
                return min(max(price, low), high)
            before = corner
        return row.close

    def prices(self, time_ms: int) -> Prices:
        last = self.price(time_ms)
        bid = max(last // self._tick * self._tick, self._tick)
        return Prices(bid=bid, ask=bid + self._tick, last=last, mark=last, index=last)

    def depth(self, time_ms: int, levels: int) -> Depth:
        prices = self.prices(time_ms)
        return ladder(
            self.listing.key,
            prices.bid,
            prices.ask,
            time_ms,
            levels,
            tick=self._tick,
            unit=self.listing.step,
            day=self._day_volume,
        )

    def summary(self, start_ms: int, end_ms: int) -> Bar:
        """Returns one bar over [start, end], of which the first and the last bar of the file may be parts."""
        span = self.span(start_ms - 1, end_ms)
        volume = taker = ZERO
        for row in self.series.between(start_ms - self.series.interval_ms + 1, end_ms + 1):
            covered = min(end_ms, row.open_ms + self.series.interval_ms) - max(start_ms, row.open_ms)
            part = Decimal(covered) / self.series.interval_ms
            volume += (row.volume * part).quantize(QUANTUM)
            taker += ((row.taker_buy or ZERO) * part).quantize(QUANTUM)
        tells = self.series.rows[0].taker_buy is not None
        first = self.price(start_ms)
        low, high = (min(first, span.low), max(first, span.high)) if span else (first, first)
        return _bar(start_ms, (first, high, low, self.price(end_ms)), volume, taker if tells else None)

    def bar(self, start_ms: int, end_ms: int, time_ms: int) -> Bar | None:
        """Returns the bar over [start, end) as it is known at `time_ms`; None where the file holds nothing of it."""
        rows = self.series.between(start_ms, min(end_ms, time_ms + 1))
        if not rows:
            return None
        last = rows[-1]
        if rows[0] is last and last.open_ms + self.series.interval_ms <= time_ms:
            return _bar(start_ms, (last.open, last.high, last.low, last.close), last.volume, last.taker_buy)
        forming = last.open_ms + self.series.interval_ms > time_ms
        whole = rows[:-1] if forming else rows
        parts = [Bar(r.open_ms, r.open, r.high, r.low, r.close, r.volume, r.taker_buy, ZERO, 0) for r in whole]
        if forming:
            parts.append(self.summary(last.open_ms, time_ms))
        takers = [part.taker_buy for part in parts if part.taker_buy is not None]
        return _bar(
            start_ms,
            (
                parts[0].open,
                max(part.high for part in parts),
                min(part.low for part in parts),
                parts[-1].close,
            ),
            sum((part.volume for part in parts), ZERO),
            sum(takers, ZERO) if takers else None,
        )

    def trades(self, time_ms: int, count: int) -> list[Trade]:
        """One trade a second, each an equal part of its bar's volume."""
        found: list[Trade] = []
        for second in range(time_ms // SECOND, max(time_ms // SECOND - count, self.series.start_ms // SECOND - 1), -1):
            at = second * SECOND
            row = self.series.rows[self.series.number_at(at)]
            share = row.volume * SECOND / self.series.interval_ms // self.listing.step * self.listing.step
            sold = self.price(at) < self.price(max(at - SECOND, self.series.start_ms))
            found.append(Trade(second, self.price(at), max(share, self.listing.step), at, sold))
        return found[::-1]

    def path(self, from_ms: int, to_ms: int) -> list[Tick]:
        found: list[Tick] = []
        for second in range(from_ms // SECOND + 1, to_ms // SECOND + 1):
            price = self.price(second * SECOND)
            found.append(Tick(second * SECOND, price, price))
        return found

    def span(self, from_ms: int, to_ms: int) -> Span | None:
        first, final = from_ms // SECOND + 1, to_ms // SECOND
        if first > final:
            return None
        prices = [self.price(first * SECOND), self.price(final * SECOND)]
        for row in self.series.between(first * SECOND - self.series.interval_ms, final * SECOND + 1):
            start = row.open_ms // SECOND
            prices += [price for second, price in self._corners(row) if first <= start + second <= final]
        low, high = min(prices), max(prices)
        return Span(low, high, low, high, prices[1], prices[1], True)


def _bar(
    open_ms: int,
    prices: tuple[Decimal, Decimal, Decimal, Decimal],
    volume: Decimal,
    taker: Decimal | None,
) -> Bar:
    first, high, low, last = prices
    quote = (volume * (first + high + low + last) / 4).quantize(QUANTUM)
    # The files do not count trades.
    return Bar(open_ms, first, high, low, last, volume, taker, quote, 0)
