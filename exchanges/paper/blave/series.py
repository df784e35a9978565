"""Indicators like Blave's, made from the paper market's bars: names and scales are the venue's, formulas are not.

The venue does not publish its formulas. Here every indicator is a standard score over a trailing week of hourly bars,
so that it lives on the scale the venue's labels use (0.5, 2 and 3 are its steps). With `buy` and `volume` of the
perpetual, `flow(n)` = sum of (2 buy - volume) over n hours / sum of volume, and z(x) = (x - mean(x)) / deviation(x):

* taker_intensity = z(flow(n))
* whale_hunter: score_volume = z(volume over n hours); score_oi = z(open interest less that of n hours before)
* holder_concentration = z(flow(72)) - z(return over 72 hours): takers buy what does not rise
* market_sentiment = z(perpetual / spot - 1)
* squeeze_momentum = (close - middle) / deviation of 20 daily closes, middle = mean of the 20 days' mean and mid-range

"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from blave_mcp.exchanges.paper.market import DAY, HOUR, MINUTE, Bar, IntervalUnavailable, Market, MarketError
from blave_mcp.exchanges.paper.types import ZERO, Listing, Product, key_of

WEEK_HOURS = 168
HOLDER_HOURS = 72
SQUEEZE_DAYS = 20
Series = list[Decimal | None]
"""One value for each bar, None where there is not enough before it."""

TIMEFRAMES: Mapping[str, int] = {"1h": 1, "4h": 4, "8h": 8, "24h": 24, "3d": 72}
"""In hours."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the indicators of one perpetual are made of: closed hourly bars, oldest first, aligned."""

    times: Sequence[int]
    closes: Sequence[Decimal]
    volumes: Sequence[Decimal]
    flows: Sequence[Decimal]
    interest: Sequence[Decimal]
    spot: Sequence[Decimal]


def sheet_of(market: Market, listing: Listing, hours: int, now_ms: int) -> Sheet:
    """Returns the last `hours` closed bars of a perpetual; fewer where there are fewer, none where none so fine."""
    at = market.clock(now_ms)
    until = at - at % HOUR
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
        interest=_interest(market, listing, [now_ms - (at - time - HOUR) for time in times]),
        spot=_spot(market, listing, times, now_ms),
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
    return [last_score(values[: i + 1], window) for i in range(len(values))]


def last_score(values: Series, window: int = WEEK_HOURS) -> Decimal | None:
    """Returns the last of `score`, without the others."""
    past = [x for x in values[-window:] if x is not None]
    value = values[-1] if values else None
    if value is None or len(past) * 2 < window:
        return None
    mean, deviation = spread(past)
    return (value - mean) / deviation if deviation else ZERO


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
        exp_value, avg_up_return, avg_down_return: next day's returns in percent.
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
        (after / close - 1) * 100
        for close, after, side in zip(closes, closes[1:], above, strict=False)
        if side is above[-1]
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


def daily_bars(market: Market, listing: Listing, count: int, now_ms: int) -> list[Bar]:
    """Returns the last closed daily bars."""
    at = market.clock(now_ms)
    until = at - at % DAY
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
