"""Blave's payloads -> models. Pure. An answer of another form than the documented one raises an ordinary error, which
`ask` tells as Unavailable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from blave_mcp.exchanges.asking import Asking
from blave_mcp.exchanges.blave.models import AlphaPoint, AlphaRow, AlphaSeries, AlphaTable, Price, Statistics, Value
from blave_mcp.exchanges.exact import number, optional
from blave_mcp.exchanges.models import Candle
from blave_mcp.exchanges.verbs import by_time

T = TypeVar("T")
KNOWN = (
    "price", "price_change", "market_cap", "market_cap_percentile", "funding_rate", "oi_imbalance", "statistics",
)  # fmt: skip
LATEST_S = 10**11
_NO_EXTRA: Mapping[str, str] = {}


ask = Asking("Blave")


def parse_price(payload: Any) -> Price:
    """{"symbol", "price", "change_24h"}"""
    return Price(payload["symbol"], number(payload["price"]), optional(payload.get("change_24h")))


def seconds_to_ms(value: Any) -> int:
    """A time in Unix seconds, which Blave may write with a fraction of zero.

    Raises:
        ValueError: a number that is no time in seconds: milliseconds, or nonsense.
    """
    seconds = number(value)
    if not 0 <= seconds < LATEST_S:
        raise ValueError("a time in seconds was expected")
    return int(seconds * 1000)


def parse_candles(payload: Any) -> tuple[Candle, ...]:
    """[{"time", "open", "high", "low", "close"}, ...], time in Unix seconds UTC; a volume where Blave gives one."""
    if not isinstance(payload, list):
        raise TypeError("a list was expected")
    return tuple(
        Candle(
            seconds_to_ms(each["time"]),
            number(each["open"]),
            number(each["high"]),
            number(each["low"]),
            number(each["close"]),
            optional(each.get("volume")),
        )
        for each in payload
    )


def joined(pages: Sequence[Any]) -> tuple[Candle, ...]:
    """Puts pages of candles together, oldest first, each time once."""
    return by_time([candle for page in pages for candle in parse_candles(page)])


def parse_alpha(payload: Any) -> AlphaSeries:
    """{"data": {"alpha": [...], "timestamp": [...], "stat": {...}, "scolor": [...]}}: lists with one element a bar.

    Every list that is as long as the timestamps goes with them; an empty text is a missing value.

    Raises:
        ValueError: values and times are not equally many.
    """
    data = payload["data"]
    if data in ("", None) or data == []:
        return AlphaSeries(points=())
    times, values = data["timestamp"], data["alpha"]
    if not isinstance(times, list) or len(times) != len(values):
        raise ValueError("as many values as times")
    beside = {
        name: each
        for name, each in data.items()
        if name not in ("timestamp", "alpha") and isinstance(each, list) and len(each) == len(times)
    }
    points: dict[int, AlphaPoint] = {}
    for n, (at, value) in enumerate(zip(times, values, strict=True)):
        ms = seconds_to_ms(at)
        extra = {name: str(each[n]) for name, each in beside.items() if each[n] not in ("", None)}
        points[ms] = AlphaPoint(ms, optional(value), extra or _NO_EXTRA)
    stat = data.get("stat")
    return AlphaSeries(
        points=tuple(points[ms] for ms in sorted(points)),
        statistics=parse_statistics(stat) if stat else None,
    )


def parse_statistics(value: Any) -> Statistics:
    """{"up_prob", "exp_value", ...}; an empty text in place of it all, or of one value, is missing."""
    given = field_of(value)
    sufficient = given.get("is_data_sufficient")
    return Statistics(
        sufficient=sufficient if isinstance(sufficient, bool) else None,
        up_prob=optional(given.get("up_prob")),
        exp_value=optional(given.get("exp_value")),
        avg_up_return=optional(given.get("avg_up_return")),
        avg_down_return=optional(given.get("avg_down_return")),
        return_ratio=optional(given.get("return_ratio")),
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
    return AlphaRow(
        symbol=symbol,
        price=optional(field_of(each.get("price")).get("-")),
        price_change=_numbers(each.get("price_change")),
        market_cap=optional(field_of(each.get("market_cap")).get("-")),
        market_cap_percentile=optional(field_of(each.get("market_cap_percentile")).get("-")),
        funding_rate=_numbers(each.get("funding_rate")),
        oi_imbalance=optional(field_of(each.get("oi_imbalance")).get("-")),
        statistics=parse_statistics(each.get("statistics")),
        indicators={
            name: {variant: plain_value(value) for variant, value in field_of(of).items()}
            for name, of in each.items()
            if name not in KNOWN
        },
    )


def field_of(value: Any) -> Mapping[str, Any]:
    """A field's variants; a bare value is the variant "-", an empty one has none."""
    if isinstance(value, dict):
        return value
    return {} if value in ("", None) else {"-": value}


def _numbers(value: Any) -> dict[str, Decimal | None]:
    return {name: optional(each) for name, each in field_of(value).items()}


def plain_value(value: Any) -> Value:
    """A number, a text or a flag as it is; an empty text is None."""
    if value in ("", None):
        return None
    if isinstance(value, bool | Decimal):
        return value
    return Decimal(value) if isinstance(value, int) else str(value)


def parse_symbols(payload: Any) -> tuple[str, ...]:
    """{"data": [symbol, ...]}"""
    symbols = payload["data"]
    if not isinstance(symbols, list) or not all(isinstance(each, str) for each in symbols):
        raise TypeError("a list of symbols was expected")
    return tuple(dict.fromkeys(symbols))
