"""Indicators like Blave's, made from the paper market's bars: names and scales are the venue's, formulas are not.

The venue does not publish its formulas. Here every indicator is a standard score over a trailing week of hourly bars,
so that it lives on the scale the venue's labels use (0.5, 2 and 3 are its steps). With `buy` and `volume` of the
perpetual, `flow(n)` = sum of (2 buy - volume) over n hours / sum of volume, and z(x) = (x - mean(x)) / deviation(x):

* taker_intensity = z(flow(n))
* whale_hunter: score_volume = z(volume over n hours); score_oi = z(open interest less that of n hours before)
* holder_concentration = z(flow(72)) - z(return over 72 hours): takers buy what does not rise
* market_sentiment = z(perpetual / spot - 1)
* squeeze_momentum = (close - middle) / deviation of 20 daily closes, middle = mean of the 20 days' mean and mid-range
* liquidation = z(volume-weighted fall over n hours): what falls on volume liquidates longs
* market_direction = (z(flow(24)) + z(return over 24 hours)) / 2 of BTC
* capital_shortage = z(open interest) of BTC: more of it, more borrowed
* top_trader_exposure = 25 (flow(72) scored) of BTC, in percent of their assets

A reading of a bar is made of the hourly bars that are closed when the bar closes; a period finer than an hour repeats
the hour's. Statistics are those of the days on the same side of the 20-day mean as the last one, in fractions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from itertools import pairwise
from typing import Any

from blave_mcp.exchanges.paper.market import DAY, HOUR, MINUTE, Bar, IntervalUnavailable, Market, MarketError
from blave_mcp.exchanges.paper.types import ZERO, Listing, Product, key_of

WEEK_HOURS = 168
HOLDER_HOURS = 72
SQUEEZE_DAYS = 20
Series = list[Decimal | None]
"""One value for each bar, None where there is not enough before it."""

_EXACT = Context(prec=120)
_ROUND = Context(prec=28)

TIMEFRAMES: Mapping[str, int] = {"15min": 1, "1h": 1, "4h": 4, "8h": 8, "24h": 24, "3d": 72}
"""In hours; there are none finer."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the indicators of one perpetual are made of: closed hourly bars, oldest first, aligned."""

    times: Sequence[int]
    closes: Sequence[Decimal]
    volumes: Sequence[Decimal]
    flows: Sequence[Decimal]
    interest: Sequence[Decimal]
    spot: Sequence[Decimal]


def sheet_of(
    market: Market, listing: Listing, hours: int, now_ms: int, *, until_ms: int = 0, parts: str = "interest spot"
) -> Sheet:
    """Returns the last `hours` closed bars of a perpetual; fewer where there are fewer, none where none so fine.

    Args:
        until_ms: market time before which they close; 0 is now.
        parts: which of interest and spot are wanted; the others are left empty.
    """
    at = market.clock(now_ms)
    until = min(until_ms or at, at)
    until -= until % HOUR
    try:
        bars = market.bars(listing.key, HOUR, until - hours * HOUR, until, now_ms)
    except IntervalUnavailable:
        bars = []
    times = [bar.open_ms for bar in bars]
    return Sheet(
        times=times,
        closes=[bar.close for bar in bars],
        volumes=[bar.volume for bar in bars],
        flows=[2 * _taker(bar) - bar.volume for bar in bars],
        interest=(
            _interest(market, listing, [now_ms - (at - time - HOUR) for time in times]) if "interest" in parts else []
        ),
        spot=_spot(market, listing, times, now_ms) if "spot" in parts else [],
    )


def _taker(bar: Bar) -> Decimal:
    return bar.volume / 2 if bar.taker_buy is None else bar.taker_buy


def _interest(market: Market, listing: Listing, wall_times: Sequence[int]) -> list[Decimal]:
    """Returns the open interest at some wall times; none where the market only knows the present one."""
    try:
        return [market.open_interest(listing.key, time) for time in wall_times]
    except MarketError:
        return []


def _spot(market: Market, listing: Listing, times: Sequence[int], now_ms: int) -> list[Decimal]:
    """Returns the spot closes of the same hours; none where there is no such spot market."""
    if not times:
        return []
    try:
        bars = market.bars(key_of(listing.symbol, Product.SPOT), HOUR, times[0], times[-1] + 1, now_ms)
    except MarketError:
        return []
    return [bar.close for bar in bars] if [bar.open_ms for bar in bars] == list(times) else []


# Building blocks


def mean_of(values: Sequence[Decimal]) -> Decimal:
    return sum(values, ZERO) / len(values) if values else ZERO


def spread(values: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """Returns mean and standard deviation."""
    mean = mean_of(values)
    return mean, mean_of([(value - mean) ** 2 for value in values]).sqrt()


def trailing_sum(values: Sequence[Decimal], count: int) -> Series:
    """Returns the sum of each value and the count - 1 before it."""
    sums: Series = []
    total = ZERO
    for i, value in enumerate(values):
        total += value - (values[i - count] if i >= count else ZERO)
        sums.append(total if i >= count - 1 else None)
    return sums


def change(values: Sequence[Decimal], count: int) -> Series:
    """Returns each value less the one `count` before it."""
    return [None if i < count else value - values[i - count] for i, value in enumerate(values)]


def score(values: Series, window: int = WEEK_HOURS) -> Series:
    """Returns standard scores within a trailing window, which must be at least half full."""
    scores: Series = []
    with localcontext(_EXACT):
        count, total, squares = 0, ZERO, ZERO
        for i, value in enumerate(values):
            gone = values[i - window] if i >= window else None
            if gone is not None:
                count, total, squares = count - 1, total - gone, squares - gone * gone
            if value is not None:
                count, total, squares = count + 1, total + value, squares + value * value
            scores.append(None if value is None or count * 2 < window else _standard(value, count, total, squares))
    return scores


def last_score(values: Series, window: int = WEEK_HOURS) -> Decimal | None:
    """Returns the last of `score`, without the others."""
    past = [x for x in values[-window:] if x is not None]
    value = values[-1] if values else None
    if value is None or len(past) * 2 < window:
        return None
    with localcontext(_EXACT):
        return _standard(value, len(past), sum(past, ZERO), sum((x * x for x in past), ZERO))


def _standard(value: Decimal, count: int, total: Decimal, squares: Decimal) -> Decimal:
    """(value - mean) / deviation; the sums are exact, so that it does not matter in which order they were made."""
    variance = squares * count - total * total
    return _ROUND.divide(value * count - total, _ROUND.sqrt(variance)) if variance > 0 else ZERO


# Indicators


def flow_share(sheet: Sheet, hours: int) -> Series:
    flows, volumes = trailing_sum(sheet.flows, hours), trailing_sum(sheet.volumes, hours)
    return [
        None if flow is None or volume is None else (flow / volume if volume > 0 else ZERO)
        for flow, volume in zip(flows, volumes, strict=True)
    ]


def holder_parts(sheet: Sheet) -> tuple[Series, Series]:
    """Returns what is scored for holder concentration: flow and return."""
    returns: Series = [
        None if i < HOLDER_HOURS else close / sheet.closes[i - HOLDER_HOURS] - 1 for i, close in enumerate(sheet.closes)
    ]
    return flow_share(sheet, HOLDER_HOURS), returns


def premium(sheet: Sheet) -> Series:
    return [perp / spot - 1 for perp, spot in zip(sheet.closes, sheet.spot, strict=True)] if sheet.spot else []


def taker_intensity(sheet: Sheet, hours: int) -> Decimal | None:
    return last_score(flow_share(sheet, hours))


def whale_volume(sheet: Sheet, hours: int) -> Decimal | None:
    return last_score(trailing_sum(sheet.volumes, hours))


def whale_interest(sheet: Sheet, hours: int) -> Decimal | None:
    return last_score(change(sheet.interest, hours))


def holder_concentration(sheet: Sheet) -> Decimal | None:
    flow, returns = map(last_score, holder_parts(sheet))
    return None if flow is None or returns is None else flow - returns


def market_sentiment(sheet: Sheet) -> Decimal | None:
    return last_score(premium(sheet))


def holder_series(sheet: Sheet) -> Series:
    flow, returns = map(score, holder_parts(sheet))
    return [None if f is None or r is None else f - r for f, r in zip(flow, returns, strict=True)]


def falls(sheet: Sheet, hours: int) -> Series:
    """Returns how far the price fell on how much volume; rises count the other way."""
    moves = [
        ZERO if i == 0 else (sheet.closes[i - 1] - close) / sheet.closes[i - 1] * volume
        for i, (close, volume) in enumerate(zip(sheet.closes, sheet.volumes, strict=True))
    ]
    return trailing_sum(moves, hours)


def direction(sheet: Sheet) -> Series:
    day = 24
    returns: Series = [None if i < day else close / sheet.closes[i - day] - 1 for i, close in enumerate(sheet.closes)]
    both = zip(score(flow_share(sheet, day)), score(returns), strict=True)
    return [None if flow is None or change is None else (flow + change) / 2 for flow, change in both]


def squeezed(days: Sequence[Bar]) -> bool:
    """Whether the Bollinger bands (2 deviations) of 20 days lie inside the Keltner channel (1.5 true ranges)."""
    window = days[-SQUEEZE_DAYS - 1 :]
    if len(window) <= SQUEEZE_DAYS:
        return False
    ranges = [max(bar.high, before.close) - min(bar.low, before.close) for before, bar in pairwise(window)]
    return 2 * spread([bar.close for bar in window[1:]])[1] < Decimal("1.5") * mean_of(ranges)


def squeeze_momentum(days: Sequence[Bar]) -> Decimal | None:
    """Returns the momentum at the last of some daily bars."""
    window = days[-SQUEEZE_DAYS:]
    if len(window) < SQUEEZE_DAYS:
        return None
    closes = [bar.close for bar in window]
    mean, deviation = spread(closes)
    middle = (mean + (max(bar.high for bar in window) + min(bar.low for bar in window)) / 2) / 2
    return (closes[-1] - middle) / deviation if deviation else ZERO


@dataclass(frozen=True, slots=True)
class Outlook:
    """What followed days like the last one: those on the same side of the 20-day mean.

    Attributes:
        up_prob: share of them after which the next day closed higher.
        exp_value, avg_up_return, avg_down_return: next day's returns as fractions.
    """

    up_prob: Decimal
    exp_value: Decimal
    avg_up_return: Decimal
    avg_down_return: Decimal

    @property
    def return_ratio(self) -> Decimal:
        return abs(self.avg_up_return / self.avg_down_return) if self.avg_down_return else ZERO


def outlook(closes: Sequence[Decimal]) -> Outlook | None:
    """Returns the outlook from daily closes; None for less than a year of them."""
    if len(closes) < 365:
        return None
    sums = trailing_sum(closes, SQUEEZE_DAYS)
    above = [None if total is None else close > total / SQUEEZE_DAYS for close, total in zip(closes, sums, strict=True)]
    returns = [
        after / close - 1 for close, after, side in zip(closes, closes[1:], above, strict=False) if side is above[-1]
    ]
    if not returns:
        return None
    ups, downs = [r for r in returns if r > 0], [r for r in returns if r <= 0]
    return Outlook(
        up_prob=Decimal(len(ups)) / len(returns),
        exp_value=mean_of(returns),
        avg_up_return=mean_of(ups),
        avg_down_return=mean_of(downs),
    )


def statistics(ahead: Outlook | None) -> dict[str, Any]:
    """Returns an outlook as the venue writes it; empty texts where there is none."""
    names = ("up_prob", "exp_value", "avg_up_return", "avg_down_return", "return_ratio")
    values = {name: "" if ahead is None else round(getattr(ahead, name), 6) for name in names}
    return {**values, "is_data_sufficient": ahead is not None}


def daily_bars(market: Market, listing: Listing, count: int, now_ms: int, until_ms: int = 0) -> list[Bar]:
    """Returns the last daily bars that are closed, now or at a market time before."""
    at = market.clock(now_ms)
    until = min(until_ms or at, at)
    until -= until % DAY
    return market.bars(listing.key, DAY, until - count * DAY, until, now_ms)


def price_change(market: Market, listing: Listing, minutes: int, now_ms: int) -> Decimal | None:
    """Returns the change of the last price in percent; None where there is no price so far back.

    Taken from five-minute bars, or from hourly ones where the market has none finer and the stretch is whole hours.
    """
    at = market.clock(now_ms)
    for step in (5, 60):
        if minutes % step:
            continue
        since, until = at - (minutes + 2 * step) * MINUTE, at - minutes * MINUTE + 1
        try:
            bars = market.bars(listing.key, step * MINUTE, since, until, now_ms)
        except IntervalUnavailable:
            continue
        break
    else:
        return None
    if not bars:
        return None
    last = market.prices(listing.key, now_ms).last
    return (last / bars[-1].open - 1) * 100


Indicator = Callable[[Sheet], Decimal | None]


def indicators() -> dict[str, dict[str, Indicator]]:
    """Returns every indicator that is made from a sheet: name -> variant -> formula. "-" where there is one alone."""

    def of(formula: Callable[[Sheet, int], Decimal | None], hours: int) -> Indicator:
        return lambda sheet: formula(sheet, hours)

    return {
        "holder_concentration": {"-": holder_concentration},
        "taker_intensity": {name: of(taker_intensity, hours) for name, hours in TIMEFRAMES.items()},
        "whale_hunter": {
            f"{name}-{kind}": of(formula, hours)
            for name, hours in TIMEFRAMES.items()
            for kind, formula in (("score_oi", whale_interest), ("score_volume", whale_volume))
        },
        "market_sentiment": {"-": market_sentiment},
    }
