"""Blave's candles and indicators over any stretch of days; what was fetched before comes from the store."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Generic, TypeVar

from blave_mcp.exchanges.blave.indicators import INDICATORS, PERIODS, Indicator, Scope
from blave_mcp.exchanges.blave.models import AlphaPoint, Statistics
from blave_mcp.exchanges.blave.verbs import MOST_YEARS, YEAR, BlaveData, day_ms
from blave_mcp.exchanges.errors import BadArgument, did_you_mean
from blave_mcp.exchanges.models import Candle
from blave_mcp.tools.blave.market import BLAVE, blave_interval, native_symbol
from blave_mcp.tools.desk import Caller, Desk, Venue
from blave_mcp.tools.series import Row, Window
from blave_mcp.tools.times import DAY_MS, interval_ms

T = TypeVar("T")
SETTLED_MS = 3_600_000
"""So long after a stretch has ended, what Blave has not in it does not come any more."""
MOST_MS = 1 << 62
_EPOCH = date(1970, 1, 1)
_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class History(Generic[T]):
    """A stretch of history.

    Attributes:
        rows: the finished bars, oldest first, each time once.
        unfinished: bars at the end that can still change; they are never stored.
        stored: how many of `rows` came from the store.
        fetched_ms: when the oldest part of `rows` was fetched.
        statistics: what came with the newest page, where one was fetched that has them.
    """

    rows: tuple[T, ...]
    unfinished: tuple[T, ...] = ()
    stored: int = 0
    fetched_ms: int
    statistics: Statistics | None = None


async def candles(
    desk: Desk,
    symbol: str,
    period: str,
    start: date,
    end: date,
    *,
    fresh: bool = False,
    caller: Caller | None = None,
) -> History[Candle]:
    """Blave's candles that open on the days [start, end), UTC.

    Args:
        symbol: in any spelling: "BTC", "BTC/USDT".
        fresh: whether to fetch again what is stored.
        caller: is told the progress where several requests are needed.

    Raises:
        BadArgument: a wrong symbol or period, reversed or future dates, more than 20 years. No request is spent.
        MissingCredentials, VenueRefused, RateLimited, Unavailable: from the first request that fails; the pages before
            it are stored, so that asking again goes on from there.
    """
    native, interval = known_symbol(symbol), blave_interval(period)

    async def page(venue: Venue, first: date, last: date) -> tuple[Sequence[Candle], None]:
        return await venue.client.ask(BlaveData().candles(native, interval, first, last)), None

    series = _Series(
        key=f"candles {native} {interval}",
        title=f"{native} {interval} candles",
        length_ms=interval_ms(interval),
        page=page,
        time=lambda candle: candle.open_ms,
        known=lambda _candle: True,
        write=_candle_text,
        read=_candle_of,
    )
    return await series.get(desk, start, end, fresh=fresh, caller=caller)


async def newest_candles(
    desk: Desk, symbol: str, period: str, *, start_ms: int | None, end_ms: int | None, limit: int
) -> tuple[tuple[Candle, ...], int]:
    """The newest candles that open in [start_ms, end_ms), the unfinished one among them.

    Returns:
        At most `limit` of them, oldest first, and how many older ones of the range there are beside.
    """
    length = interval_ms(period)
    until = min(desk.data_ms() + 1, end_ms or MOST_MS)
    first = max(until - limit * length, until - MOST_YEARS * 365 * DAY_MS + DAY_MS)
    older = 0
    if start_ms is not None:
        older = max(0, -(-first // length) - -(-start_ms // length))
        first = max(first, start_ms)
    if first >= until:
        return (), 0
    start, end = (_EPOCH + timedelta(days=ms // DAY_MS) for ms in (first, until - 1))
    found = await candles(desk, symbol, period, start, end + timedelta(days=1))
    kept = [candle for candle in (*found.rows, *found.unfinished) if first <= candle.open_ms < until]
    return tuple(kept[-limit:]), older + max(0, len(kept) - limit)


async def alpha(  # noqa: PLR0917 - what, then from when to when
    desk: Desk,
    indicator: str,
    symbol: str,
    period: str,
    start: date,
    end: date,
    *,
    options: Mapping[str, str] = _NOTHING,
    fresh: bool = False,
    caller: Caller | None = None,
) -> History[AlphaPoint]:
    """An indicator's readings labelled with the days [start, end), UTC.

    Args:
        indicator: by its name: "holder_concentration".
        symbol: in any spelling; "" or BTC where the indicator takes none.
        period: "" where the indicator has one alone.
        options: timeframe and score_type, where the indicator has them; the defaults where left out.

    Raises:
        BadArgument: as `candles`, and for an unknown indicator or option.
    """
    taken = known_indicator(indicator)
    native, interval, chosen = known_arguments(taken, symbol, period, options)

    async def page(venue: Venue, first: date, last: date) -> tuple[Sequence[AlphaPoint], Statistics | None]:
        found = await venue.client.ask(BlaveData().alpha(taken.name, native, interval, first, last, chosen))
        return found.points, found.statistics

    words = [taken.name, native, taken.fixed_period or interval, *(f"{k}={v}" for k, v in chosen.items())]
    series = _Series(
        key=" ".join(["alpha", *(word or "-" for word in words)]),
        title=" ".join(word for word in words if word),
        length_ms=interval_ms(taken.fixed_period or interval),
        page=page,
        time=lambda point: point.time_ms,
        known=lambda point: point.value is not None,
        write=_point_text,
        read=_point_of,
    )
    return await series.get(desk, start, end, fresh=fresh, caller=caller)


# Arguments, checked before any request.


def known_symbol(symbol: str) -> str:
    """Raises BadArgument where nothing of it is a symbol."""
    native = native_symbol(symbol)
    if not native or not native.isascii() or len(native) > 40:
        raise BadArgument(f'symbol cannot be "{symbol[:40]}".', advice='Write "BTC/USDT", "BTCUSDT" or "BTC".')
    return native


def known_indicator(name: str) -> Indicator:
    """Raises BadArgument with the nearest names."""
    found = INDICATORS.get(name)
    if found is None:
        raise BadArgument(f'There is no indicator "{name[:40]}".', advice=did_you_mean(name, INDICATORS))
    return found


def known_arguments(
    taken: Indicator, symbol: str, period: str, options: Mapping[str, str]
) -> tuple[str, str, dict[str, str]]:
    """Returns symbol, period and options as the indicator takes them; "" for what it does not take.

    Raises:
        BadArgument: one that it wants and lacks, or has and does not take.
    """
    if taken.scope is Scope.SYMBOL:
        if not symbol:
            raise BadArgument(f"{taken.en} wants a symbol.", advice='Write "BTC/USDT", "BTCUSDT" or "BTC".')
        native = known_symbol(symbol)
    else:
        native = ""
        if symbol and known_symbol(symbol) != "BTCUSDT":
            of = "of BTC alone" if taken.scope is Scope.BTC else "of the whole market"
            raise BadArgument(f"{taken.en} is {of}; it takes no symbol.", advice="Leave symbol out.")
    if taken.fixed_period:
        if period and blave_interval(period) != taken.fixed_period:
            raise BadArgument(f"{taken.en} has the period {taken.fixed_period} alone, not {period[:20]}.")
        interval = ""
    elif not period:
        raise BadArgument(f"{taken.en} wants a period.", advice=f"For instance {', '.join(PERIODS)}.")
    else:
        interval = blave_interval(period)
    for name, value in options.items():
        values = taken.options.get(name)
        if values is None:
            has = f"It takes {' and '.join(taken.options)}." if taken.options else "It takes neither."
            raise BadArgument(f"{taken.en} takes no {name}.", advice=has)
        if value not in values:
            raise BadArgument(f'{name} cannot be "{value[:20]}".', advice=f"One of: {', '.join(values)}.")
    return native, interval, {name: options.get(name, values[0]) for name, values in taken.options.items()}


# Texts in the store.


def _candle_text(candle: Candle) -> str:
    prices = f"{candle.open:f} {candle.high:f} {candle.low:f} {candle.close:f}"
    return prices if candle.volume is None else f"{prices} {candle.volume:f}"


def _candle_of(time_ms: int, text: str) -> Candle:
    return Candle(time_ms, *map(Decimal, text.split(" ")))


def _point_text(point: AlphaPoint) -> str:
    value = "" if point.value is None else f"{point.value:f}"
    return f"{value} {json.dumps(dict(point.extra))}" if point.extra else value


def _point_of(time_ms: int, text: str) -> AlphaPoint:
    value, _, extra = text.partition(" ")
    return AlphaPoint(time_ms, Decimal(value) if value else None, json.loads(extra) if extra else _NOTHING)


# Fetching.


@dataclass(frozen=True, slots=True, kw_only=True)
class _Series(Generic[T]):
    """One series: how its pages are fetched, and how its rows are kept."""

    key: str
    title: str
    length_ms: int
    page: Callable[[Venue, date, date], Awaitable[tuple[Sequence[T], Statistics | None]]]
    time: Callable[[T], int]
    known: Callable[[T], bool]
    write: Callable[[T], str]
    read: Callable[[int, str], T]

    async def get(self, desk: Desk, start: date, end: date, *, fresh: bool, caller: Caller | None) -> History[T]:
        venue = desk.venue(BLAVE)
        desk.require_key(venue)
        now, data_ms = desk.clock.now_ms(), desk.data_ms()
        start_ms, end_ms = self._range(start, end, max(now, data_ms))
        kept = [] if fresh else [w for w in desk.series.windows(self.key) if _overlap(w, start_ms, end_ms)]
        stored = [row for w in kept for row in self._stored(desk, w, start_ms, end_ms)]
        pages = list(pieces(gaps(kept, start_ms, min(end_ms, _next_day_ms(data_ms)))))
        found: dict[int, T] = {}
        statistics: Statistics | None = None
        for n, (first, last) in enumerate(pages):
            if caller is not None and len(pages) > 1:
                await caller.progress(n, len(pages), f"{self.title}: {first} to {last}")
            got, statistics = await self.page(venue, first, last)
            self._keep(desk, got, day_ms(first), day_ms(last), data_ms)
            found |= {self.time(one): one for one in got}
        if caller is not None and len(pages) > 1:
            await caller.progress(len(pages), len(pages), self.title)
        rows = {time: self.read(time, text) for time, text in stored if time not in found}
        from_store = len(rows)
        rows |= {time: one for time, one in found.items() if start_ms <= time < end_ms}
        ordered = [rows[time] for time in sorted(rows)]
        done = sum(1 for one in ordered if self._finished(one, data_ms))
        return History(
            rows=tuple(ordered[:done]),
            unfinished=tuple(ordered[done:]),
            stored=from_store,
            fetched_ms=min([now, *(window.fetched_ms for window in kept if from_store)]),
            statistics=statistics,
        )

    def _range(self, start: date, end: date, now_ms: int) -> tuple[int, int]:
        start_ms, end_ms = day_ms(start), day_ms(end)
        if end_ms <= start_ms:
            raise BadArgument(
                f"end ({end}) must be after start ({start}).", advice="The range is start <= day < end, in UTC."
            )
        if start_ms > now_ms:
            raise BadArgument(
                f"start ({start}) is in the future.", advice=f"It is {_EPOCH + timedelta(milliseconds=now_ms)} UTC now."
            )
        if end - start > MOST_YEARS * YEAR:
            raise BadArgument(f"At most {MOST_YEARS} years are asked at once, not {start} to {end}.")
        return start_ms, end_ms

    def _finished(self, one: T, data_ms: int) -> bool:
        return self.time(one) + self.length_ms <= data_ms

    def _stored(self, desk: Desk, window: Window, start_ms: int, end_ms: int) -> list[Row]:
        return desk.series.rows(self.key, max(window.start_ms, start_ms), min(window.end_ms, end_ms))

    def _keep(self, desk: Desk, got: Sequence[T], start_ms: int, end_ms: int, data_ms: int) -> None:
        """Stores a page. Where it reaches up to now, only as far as it has readings that cannot change any more."""
        covered = end_ms
        if end_ms + max(self.length_ms, SETTLED_MS) > data_ms:
            last = max((self.time(one) for one in got if self.known(one) and self._finished(one, data_ms)), default=-1)
            covered = min(end_ms, last + self.length_ms)
        if covered > start_ms:
            rows = [(self.time(one), self.write(one)) for one in got if start_ms <= self.time(one) < covered]
            desk.series.put(self.key, Window(start_ms, covered, desk.clock.now_ms()), rows)


def _overlap(window: Window, start_ms: int, end_ms: int) -> bool:
    return window.start_ms < end_ms and window.end_ms > start_ms


def gaps(windows: Sequence[Window], start_ms: int, end_ms: int) -> Iterator[tuple[int, int]]:
    """The parts of [start_ms, end_ms) that no window covers; the windows are in order and do not overlap."""
    at = start_ms
    for window in windows:
        if window.start_ms > at:
            yield at, min(window.start_ms, end_ms)
        at = max(at, window.end_ms)
        if at >= end_ms:
            return
    if at < end_ms:
        yield at, end_ms


def pieces(missing: Iterator[tuple[int, int]]) -> Iterator[tuple[date, date]]:
    """Whole days [first, last) that cover what is missing: few, none longer than a year, none twice.

    Two gaps that one request can cover are asked in one.
    """
    asked: tuple[date, date] | None = None
    for start_ms, end_ms in missing:
        start, end = _EPOCH + timedelta(days=start_ms // DAY_MS), _EPOCH + timedelta(days=-(-end_ms // DAY_MS))
        while start < end:
            if asked is None or start >= asked[0] + YEAR:
                if asked is not None:
                    yield asked
                asked = (start, min(end, start + YEAR))
            else:
                asked = (asked[0], max(asked[1], min(end, asked[0] + YEAR)))
            start = asked[1]
    if asked is not None:
        yield asked


def _next_day_ms(ms: int) -> int:
    return (ms // DAY_MS + 1) * DAY_MS
