"""A market that holds what someone else fetched: the latest snapshots, served as they are, refused when too old."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from blave_mcp.exchanges.paper.market import (
    Bar,
    Depth,
    Funding,
    Level,
    NoSuchMarket,
    Prices,
    Quote,
    Span,
    StalePrice,
    Tick,
    Trade,
    bar_opens,
)
from blave_mcp.exchanges.paper.types import ZERO, Listing

_KEPT_TICKS = 20_000
_KEPT_BARS = 2_000
_KEPT_FUNDINGS = 1_000


@dataclass(slots=True)
class _Snapshot:
    quote: Quote | None = None
    quote_ms: int = 0
    depth: Depth | None = None
    depth_ms: int = 0
    trades: Sequence[Trade] = ()
    trades_ms: int = 0
    interest: Decimal | None = None
    interest_ms: int = 0
    ticks: deque[Tick] = field(default_factory=lambda: deque(maxlen=_KEPT_TICKS))
    bars: dict[int, dict[int, Bar]] = field(default_factory=dict)
    bars_ms: dict[int, int] = field(default_factory=dict)
    fundings: dict[int, Funding] = field(default_factory=dict)


class LiveMarket:
    """See `Market`; market time is wall time. The price path is the quotes that were pushed, nothing between them.

    Args:
        listings: what has prices.
        max_age_ms: older snapshots are refused.
    """

    def __init__(self, listings: Iterable[Listing], *, max_age_ms: int = 15_000) -> None:
        self._snapshots = {listing.key: _Snapshot() for listing in listings}
        self._max_age = max_age_ms

    # What comes in

    def update(
        self,
        quote: Quote,
        now_ms: int,
        *,
        depth: Depth | None = None,
        trades: Sequence[Trade] | None = None,
        open_interest: Decimal | None = None,
    ) -> None:
        """Takes a snapshot fetched at `now_ms`; of what is None the one before stays. One older than held is dropped.

        Raises: NoSuchMarket.
        """
        mine = self._of(quote.key)
        if mine.quote is not None and now_ms < mine.quote_ms:
            return
        if mine.quote is None or now_ms > mine.quote_ms:
            mine.ticks.append(Tick(now_ms, quote.last, quote.mark))
        else:
            mine.ticks[-1] = Tick(now_ms, quote.last, quote.mark)
        mine.quote, mine.quote_ms = quote, now_ms
        if depth is not None:
            mine.depth, mine.depth_ms = depth, now_ms
        if trades is not None:
            mine.trades, mine.trades_ms = tuple(trades), now_ms
        if open_interest is not None:
            mine.interest, mine.interest_ms = open_interest, now_ms

    def update_bars(self, key: str, interval_ms: int, bars: Iterable[Bar], now_ms: int) -> None:
        """Takes bars, which replace those with the same opening."""
        mine = self._of(key)
        kept = mine.bars.setdefault(interval_ms, {})
        kept.update((bar.open_ms, bar) for bar in bars)
        for old in sorted(kept)[:-_KEPT_BARS]:
            del kept[old]
        mine.bars_ms[interval_ms] = now_ms

    def update_fundings(self, key: str, fundings: Iterable[Funding]) -> None:
        """Takes fundings that have been, for payments and history."""
        kept = self._of(key).fundings
        kept.update((funding.time_ms, funding) for funding in fundings)
        for old in sorted(kept)[:-_KEPT_FUNDINGS]:
            del kept[old]

    # What is served

    def _of(self, key: str) -> _Snapshot:
        try:
            return self._snapshots[key]
        except KeyError:
            raise NoSuchMarket(f"No prices for {key}.") from None

    def _fresh(self, key: str, what: str, then_ms: int, now_ms: int, *, there: bool) -> None:
        if not there:
            raise StalePrice(f"No live {what} of {key} yet.")
        if now_ms - then_ms > self._max_age:
            raise StalePrice(f"The live {what} of {key} is {(now_ms - then_ms) / 1000:.0f} s old.")

    def keys(self) -> tuple[str, ...]:
        return tuple(self._snapshots)

    def origin(self, key: str) -> str:
        self._of(key)
        return "live"

    def clock(self, now_ms: int) -> int:
        return now_ms

    def memento(self) -> str:
        return "live:"

    def restore(self, memento: str) -> None:
        """Keeps nothing: prices are fetched anew."""

    def quote(self, key: str, now_ms: int) -> Quote:
        mine = self._of(key)
        self._fresh(key, "quote", mine.quote_ms, now_ms, there=mine.quote is not None)
        if mine.quote is None:
            raise StalePrice(f"No live quote of {key} yet.")
        return mine.quote

    def prices(self, key: str, now_ms: int) -> Prices:
        quote = self.quote(key, now_ms)
        return Prices(bid=quote.bid, ask=quote.ask, last=quote.last, mark=quote.mark, index=quote.index)

    def depth(self, key: str, now_ms: int, levels: int) -> Depth:
        """Returns the book fetched with the latest quote; where none was, the quote's own two levels."""
        mine = self._of(key)
        quote = self.quote(key, now_ms)
        if mine.depth is None or mine.depth_ms < mine.quote_ms:
            return Depth((Level(quote.bid, quote.bid_qty),), (Level(quote.ask, quote.ask_qty),), quote.time_ms)
        return Depth(mine.depth.bids[:levels], mine.depth.asks[:levels], mine.depth.time_ms)

    def bars(self, key: str, interval_ms: int, start_ms: int, end_ms: int, now_ms: int) -> list[Bar]:
        """Returns of the bars that were pushed those asked for."""
        mine = self._of(key)
        kept = mine.bars.get(interval_ms, {})
        self._fresh(key, "bars", mine.bars_ms.get(interval_ms, 0), now_ms, there=bool(kept))
        opens = (start for start, _ in bar_opens(interval_ms, max(start_ms, min(kept)), min(end_ms, now_ms + 1)))
        return [kept[start] for start in opens if start in kept]

    def trades(self, key: str, now_ms: int, count: int) -> list[Trade]:
        mine = self._of(key)
        self._fresh(key, "trades", mine.trades_ms, now_ms, there=bool(mine.trades))
        return list(mine.trades[-count:])

    def open_interest(self, key: str, now_ms: int) -> Decimal:
        mine = self._of(key)
        self._fresh(key, "open interest", mine.interest_ms, now_ms, there=mine.interest is not None)
        return mine.interest if mine.interest is not None else ZERO

    def funding_rate(self, key: str, time_ms: int) -> Decimal:
        """Returns the rate that was pushed for this time; else the last one a quote foretold.

        Raises: StalePrice where none was ever seen.
        """
        mine = self._of(key)
        if time_ms in mine.fundings:
            return mine.fundings[time_ms].rate
        if mine.quote is None:
            raise StalePrice(f"No live funding rate of {key} yet.")
        return mine.quote.funding_rate

    def fundings(self, key: str, start_ms: int, end_ms: int, now_ms: int) -> list[Funding]:
        kept = self._of(key).fundings
        return [kept[time] for time in sorted(kept) if start_ms <= time < min(end_ms, now_ms + 1)]

    def span(self, key: str, from_ms: int, to_ms: int) -> Span | None:
        ticks = self.path(key, from_ms, to_ms)
        if not ticks:
            return None
        lasts, marks = [tick.last for tick in ticks], [tick.mark for tick in ticks]
        return Span(min(lasts), max(lasts), min(marks), max(marks), lasts[-1], marks[-1], True)

    def path(self, key: str, from_ms: int, to_ms: int) -> Sequence[Tick]:
        ticks = list(self._of(key).ticks)
        first = bisect_left(ticks, from_ms + 1, key=_time)
        return ticks[first : bisect_left(ticks, to_ms + 1, key=_time)]


def _time(tick: Tick) -> int:
    return tick.time_ms
