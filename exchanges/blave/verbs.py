"""Blave's verbs for prices, candles and indicators. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from blave_mcp.exchanges.blave.endpoints import BLAVE
from blave_mcp.exchanges.blave.indicators import INDICATORS, PERIODS, Scope
from blave_mcp.exchanges.blave.models import AlphaSeries, AlphaTable, Price
from blave_mcp.exchanges.blave.parse import (
    ask,
    joined,
    parse_alpha,
    parse_alpha_table,
    parse_price,
    parse_symbols,
)
from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.errors import BadArgument, did_you_mean
from blave_mcp.exchanges.models import Candle

YEAR = timedelta(days=365)
MOST_YEARS = 20


class BlaveData:
    """Blave as a source of data: it has no orders and no account."""

    venue = "blave"
    product = "data"
    periods = PERIODS

    def price(self, symbol: str) -> Ask[Price]:
        return ask(parse_price, BLAVE["data.price.get"].call(symbol=symbol))

    def alpha_table(self) -> Ask[AlphaTable]:
        return ask(parse_alpha_table, BLAVE["data.alpha.table"].call())

    def candles(self, symbol: str, period: str, start: date, end: date) -> Ask[tuple[Candle, ...]]:
        """Candles that open on the days [start, end), UTC, oldest first and without volume.

        Blave gives at most a year at once, so there is one request for each year begun.

        Raises:
            BadArgument: an end that is not after its start, or more than 20 years.
        """
        calls = [
            BLAVE["data.candles.list"].call(symbol=symbol, period=period, **_dates(first, last))
            for first, last in years(start, end)
        ]
        return ask(lambda *pages: _within(pages, start, end), *calls)

    def alpha(  # noqa: PLR0917 - in the order of the request
        self, indicator: str, symbol: str, period: str, start: date, end: date, options: Mapping[str, str] | None = None
    ) -> Ask[AlphaSeries]:
        """One page of an indicator's history: readings labelled with the days [start, end), at most a year.

        Args:
            symbol, period: "" where the indicator takes none.
            options: timeframe and score_type, where the indicator has them.

        Raises:
            BadArgument: an unknown indicator, or an argument that it does not take.
        """
        taken = INDICATORS.get(indicator)
        if taken is None:
            raise BadArgument(f'There is no indicator "{indicator}".', advice=did_you_mean(indicator, INDICATORS))
        given: dict[str, Any] = {**(options or {}), **_dates(start, end)}
        if taken.scope is Scope.SYMBOL:
            given["symbol"] = symbol
        if not taken.fixed_period:
            given["period"] = period
        first, stop = (day_ms(each) for each in (start, end))

        def parse(payload: Any) -> AlphaSeries:
            found = parse_alpha(payload)
            points = tuple(point for point in found.points if first <= point.time_ms < stop)
            return AlphaSeries(points=points, statistics=found.statistics)

        return ask(parse, BLAVE[f"data.{taken.name}.alpha"].call(given))

    def symbols(self, indicator: str) -> Ask[tuple[str, ...]]:
        """The symbols that have an indicator which takes one."""
        return ask(parse_symbols, BLAVE[f"data.{indicator}.symbols"].call())


def _dates(start: date, end: date) -> dict[str, str]:
    return {"start_date": start.isoformat(), "end_date": end.isoformat()}


def day_ms(day: date) -> int:
    """The midnight with which a day begins, UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000


def years(start: date, end: date) -> Iterator[tuple[date, date]]:
    """Cuts the days [start, end) into pieces [a, b) of at most 365 days; each begins where the last one ends.

    Blave counts the end's own day in: a bar that comes twice is kept once (`joined`), and one that lies on or after the
    end is left out.
    """
    if end <= start:
        raise BadArgument("The end must lie after the start.")
    if end - start > MOST_YEARS * YEAR:
        raise BadArgument(f"At most {MOST_YEARS} years of candles are asked at once.")
    while start < end:
        stop = min(start + YEAR, end)
        yield start, stop
        start = stop


def _within(pages: tuple[Any, ...], start: date, end: date) -> tuple[Candle, ...]:
    first, stop = (day_ms(each) for each in (start, end))
    return tuple(candle for candle in joined(pages) if first <= candle.open_ms < stop)
