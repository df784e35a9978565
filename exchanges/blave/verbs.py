"""Blave's verbs, so far: price, candles and the alpha table. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from blave_mcp.exchanges.blave.endpoints import BLAVE, PERIODS
from blave_mcp.exchanges.blave.models import AlphaRow, AlphaTable, Price, Statistics, Value
from blave_mcp.exchanges.dialect import Ask, VenueFault
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import BadArgument, Unavailable, VenueRefused
from blave_mcp.exchanges.models import Candle
from blave_mcp.exchanges.verbs import by_time

T = TypeVar("T")
YEAR = timedelta(days=365)
MOST_YEARS = 20
KNOWN = (
    "price", "price_change", "market_cap", "market_cap_percentile", "funding_rate", "oi_imbalance", "statistics",
)  # fmt: skip


class BlaveData:
    """Blave as a source of data: it has no orders and no account."""

    venue = "blave"
    product = "data"
    periods = PERIODS

    def price(self, symbol: str) -> Ask[Price]:
        return _ask(parse_price, BLAVE["data.price.get"].call(symbol=symbol))

    def alpha_table(self) -> Ask[AlphaTable]:
        return _ask(parse_alpha_table, BLAVE["data.alpha.table"].call())

    def candles(self, symbol: str, period: str, start: date, end: date) -> Ask[tuple[Candle, ...]]:
        """Candles that open on the days [start, end), UTC, oldest first and without volume.

        Blave gives at most a year at once, so there is one request for each year begun.

        Raises:
            BadArgument: an end that is not after its start, or more than 20 years.
        """
        calls = [
            BLAVE["data.candles.list"].call(
                symbol=symbol, period=period, start_date=first.isoformat(), end_date=last.isoformat()
            )
            for first, last in years(start, end)
        ]
        return _ask(lambda *pages: _within(pages, start, end), *calls)


def years(start: date, end: date) -> Iterator[tuple[date, date]]:
    """Cuts the days [start, end) into pieces [a, b) of at most 365 days; each begins where the last one ends.

    Whether Blave counts the end's own day in is not documented: a bar that comes twice is kept once (`joined`), and one
    that lies on or after the end is left out.
    """
    if end <= start:
        raise BadArgument("The end must lie after the start.")
    if end - start > MOST_YEARS * YEAR:
        raise BadArgument(f"At most {MOST_YEARS} years of candles are asked at once.")
    while start < end:
        stop = min(start + YEAR, end)
        yield start, stop
        start = stop


def joined(pages: tuple[Any, ...]) -> tuple[Candle, ...]:
    """Puts pages of candles together, oldest first, each time once."""
    return by_time([candle for page in pages for candle in parse_candles(page)])


def _within(pages: tuple[Any, ...], start: date, end: date) -> tuple[Candle, ...]:
    first, stop = (int(datetime(d.year, d.month, d.day, tzinfo=UTC).timestamp()) * 1000 for d in (start, end))
    return tuple(candle for candle in joined(pages) if first <= candle.open_ms < stop)


# Payload -> model.


def parse_price(payload: Any) -> Price:
    """{"symbol", "price", "change_24h"}"""
    return Price(payload["symbol"], _number(payload["price"]), _optional(payload.get("change_24h")))


def parse_candles(payload: Any) -> tuple[Candle, ...]:
    """[{"time", "open", "high", "low", "close"}, ...], time in Unix seconds UTC."""
    if not isinstance(payload, list):
        raise TypeError("a list was expected")
    return tuple(
        Candle(int(each["time"]) * 1000, *(_number(each[name]) for name in ("open", "high", "low", "close")))
        for each in payload
    )


def parse_alpha_table(payload: Any) -> AlphaTable:
    """{"data": {symbol: {field: {variant: value}}}, "fields": ..., "note": ...}.

    An empty string stands for a missing value, in place of a single value or of a whole field.
    """
    return AlphaTable(
        rows=tuple(_row(symbol, each) for symbol, each in payload["data"].items()),
        fields=payload.get("fields"),
        note=payload.get("note"),
    )


def _row(symbol: str, each: Mapping[str, Any]) -> AlphaRow:
    statistics = _field(each.get("statistics"))
    sufficient = statistics.get("is_data_sufficient")
    return AlphaRow(
        symbol=symbol,
        price=_optional(_field(each.get("price")).get("-")),
        price_change=_numbers(each.get("price_change")),
        market_cap=_optional(_field(each.get("market_cap")).get("-")),
        market_cap_percentile=_optional(_field(each.get("market_cap_percentile")).get("-")),
        funding_rate=_numbers(each.get("funding_rate")),
        oi_imbalance=_optional(_field(each.get("oi_imbalance")).get("-")),
        statistics=Statistics(
            sufficient=sufficient if isinstance(sufficient, bool) else None,
            up_prob=_optional(statistics.get("up_prob")),
            exp_value=_optional(statistics.get("exp_value")),
            avg_up_return=_optional(statistics.get("avg_up_return")),
            avg_down_return=_optional(statistics.get("avg_down_return")),
            return_ratio=_optional(statistics.get("return_ratio")),
        ),
        indicators={
            name: {variant: _value(value) for variant, value in _field(of).items()}
            for name, of in each.items()
            if name not in KNOWN
        },
    )


def _field(value: Any) -> Mapping[str, Any]:
    """A field's variants; a bare value is the variant "-", an empty one has none."""
    if isinstance(value, dict):
        return value
    return {} if value in ("", None) else {"-": value}


def _numbers(value: Any) -> dict[str, Decimal | None]:
    return {name: _optional(each) for name, each in _field(value).items()}


def _value(value: Any) -> Value:
    if value in ("", None):
        return None
    if isinstance(value, bool | Decimal):
        return value
    return Decimal(value) if isinstance(value, int) else str(value)


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise TypeError(f"not a number: {type(value).__name__}")
    return Decimal(value)


def _optional(value: Any) -> Decimal | None:
    return None if value in ("", None) else _number(value)


def _ask(parse: Callable[..., T], *calls: Call) -> Ask[T]:
    """Returns the Ask whose `parse` tells an answer of another form than the documented one as Unavailable."""

    def checked(*payloads: Any) -> T:
        for fault in payloads:
            if isinstance(fault, VenueFault):
                raise VenueRefused(
                    f"Blave answered {fault.code}: {fault.meaning}",
                    code=fault.code,
                    undone="No data was returned.",
                    advice=fault.advice,
                )
        try:
            return parse(*payloads)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, InvalidOperation) as error:
            raise Unavailable(
                f"Blave's answer does not have the documented form ({calls[0].endpoint.id}: {type(error).__name__}).",
                undone="No data was returned.",
            ) from error

    return Ask(calls, checked)
