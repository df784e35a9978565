"""Reading Binance's JSON: numbers, symbols, times, and an Ask whose answers are checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, TypeVar

from blave_mcp.exchanges.dialect import Ask, VenueFault
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import BadArgument, Unavailable, VenueRefused
from blave_mcp.exchanges.exact import number, positive
from blave_mcp.exchanges.models import Candle, Instrument, Level, Market, OrderStatus, Side
from blave_mcp.exchanges.verbs import by_time, unified

T = TypeVar("T")
Row = Mapping[str, Any]
DAY_MS = 24 * 60 * 60 * 1000
MOST_WINDOWS = 31

QUOTES = (
    "FDUSD", "USDT", "USDC", "TUSD", "BUSD", "USD1", "RLUSD", "EURI", "AEUR", "USDE", "XUSD", "BFUSD", "USDP", "PAX",
    "DAI", "BTC", "ETH", "BNB", "XRP", "TRX", "DOGE", "SOL", "DOT", "TRY", "EUR", "BRL", "ARS", "COP", "MXN", "ZAR",
    "UAH", "PLN", "RON", "CZK", "JPY", "IDR", "IDRT", "BIDR", "BVND", "NGN", "RUB", "GBP", "AUD", "VAI", "UST", "KGST",
    "U",
)  # fmt: skip


def ask(parse: Callable[..., T], *calls: Call, missing: bool = False) -> Ask[T]:
    """Returns the Ask whose `parse` tells an answer of another form than the documented one as Unavailable.

    Args:
        missing: whether `parse` takes a VenueFault in place of a payload, where the thing does not exist.
    """

    def checked(*payloads: Any) -> T:
        if not missing:
            for fault in payloads:
                if isinstance(fault, VenueFault):
                    raise VenueRefused(
                        f"Binance answered {fault.code}: {fault.meaning}",
                        code=fault.code,
                        undone="No data was returned.",
                        advice=fault.advice,
                    )
        try:
            return parse(*payloads)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, InvalidOperation) as error:
            where = ", ".join(dict.fromkeys(call.endpoint.id for call in calls))
            raise Unavailable(
                f"Binance's answer does not have the documented form ({where}: {type(error).__name__}).",
                undone="No data was returned.",
                advice="Read the endpoint itself to see the answer.",
            ) from error

    return Ask(calls, checked)


def moment(value: Any) -> int | None:
    """None for a time that Binance writes as 0, -1 or not at all."""
    if value is None or value == "":
        return None
    found = int(value)
    return found if found > 0 else None


@lru_cache(maxsize=10_000)
def symbol_of(native: str) -> str:
    """Returns BTC/USDT for BTCUSDT; the native name itself where the quote cannot be told from it."""
    for quote in QUOTES:
        if native.endswith(quote) and len(native) > len(quote):
            return unified(native.removesuffix(quote), quote)
    return native


SIDES: Mapping[str, Side] = {"BUY": Side.BUY, "SELL": Side.SELL}


def side_of(native: str) -> Side:
    """Raises KeyError for anything but BUY and SELL."""
    return SIDES[native]


STATUSES: Mapping[str, OrderStatus] = {
    "NEW": OrderStatus.OPEN,
    "PENDING_NEW": OrderStatus.UNTRIGGERED,
    "PENDING_CANCEL": OrderStatus.OPEN,
    "PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED,
    "FILLED": OrderStatus.FILLED,
    "CANCELED": OrderStatus.CANCELED,
    "REJECTED": OrderStatus.REJECTED,
    "EXPIRED": OrderStatus.EXPIRED,
    "EXPIRED_IN_MATCH": OrderStatus.EXPIRED,
    "NEW_INSURANCE": OrderStatus.OPEN,
    "NEW_ADL": OrderStatus.OPEN,
}


def rows(payload: Any) -> Sequence[Any]:
    if not isinstance(payload, list):
        raise TypeError("a list was expected")
    return payload


def row(payload: Any) -> Row:
    if not isinstance(payload, dict):
        raise TypeError("an object was expected")
    return payload


def of_symbol(payload: Any, symbol: str) -> Row:
    """Returns a symbol's row of a list; raises KeyError."""
    for each in rows(payload):
        if each["symbol"] == symbol:
            return row(each)
    raise KeyError(symbol)


def candles(payload: Any, start_ms: int | None, end_ms: int | None, limit: int) -> tuple[Candle, ...]:
    """Reads [open time, open, high, low, close, volume, ...] rows; keeps those that open in [start, end).

    With a start the first `limit` are kept, otherwise the last.
    """
    inside = by_time([Candle(int(each[0]), *map(number, each[1:6])) for each in rows(payload)])
    if start_ms is not None:
        inside = tuple(candle for candle in inside if candle.open_ms >= start_ms)
    if end_ms is not None:
        inside = tuple(candle for candle in inside if candle.open_ms < end_ms)
    return inside[:limit] if start_ms is not None else inside[-limit:]


def levels(side: Any, depth: int) -> tuple[Level, ...]:
    return tuple(Level(number(each[0]), number(each[1])) for each in rows(side)[:depth])


def filters_of(entry: Row) -> Mapping[str, Row]:
    return {each["filterType"]: each for each in entry["filters"]}


def grid(entry: Row, filters: Mapping[str, Row], *, digits: str) -> dict[str, Any]:
    """Reads the fields of an Instrument that spot and futures give alike.

    A tick size of 0 switches the price filter off; then the quote's precision is the grid. MARKET_LOT_SIZE with a step
    of 0 has no step of its own.
    https://developers.binance.com/docs/binance-spot-api-docs/filters
    """
    price, lot = filters["PRICE_FILTER"], filters["LOT_SIZE"]
    market = filters.get("MARKET_LOT_SIZE", {})
    return {
        "tick": positive(price["tickSize"]) or Decimal(1).scaleb(-int(entry[digits])),
        "step": number(lot["stepSize"]),
        "min_size": number(lot["minQty"]),
        "max_size": positive(lot["maxQty"]),
        "market_step": positive(market.get("stepSize")),
        "market_min": positive(market.get("minQty")),
        "market_max": positive(market.get("maxQty")),
    }


def instrument(entry: Row, market: Market, **fields: Any) -> Instrument:
    base, quote = entry["baseAsset"], entry["quoteAsset"]
    return Instrument(
        venue="binance",
        market=market,
        symbol=unified(base, quote),
        native=entry["symbol"],
        base=base,
        quote=quote,
        **fields,
    )


def span(start_ms: int | None, end_ms: int | None) -> dict[str, int]:
    """Binance's end is inclusive, ours is not."""
    found = {}
    if start_ms is not None:
        found["startTime"] = start_ms
    if end_ms is not None:
        found["endTime"] = end_ms - 1
    return found


def windows(start_ms: int | None, end_ms: int | None, width_ms: int) -> Iterator[tuple[int | None, int | None]]:
    """Cuts [start, end) into pieces of at most `width_ms`, oldest first; one piece where an end is open.

    Raises:
        BadArgument: more than 31 pieces, or an end that is not after its start.
    """
    if start_ms is None or end_ms is None:
        yield start_ms, end_ms
        return
    if end_ms <= start_ms:
        raise BadArgument("The end must lie after the start.")
    if end_ms - start_ms > MOST_WINDOWS * width_ms:
        raise BadArgument(
            f"Binance gives this in pieces of {width_ms // DAY_MS} d; at most {MOST_WINDOWS} are asked at once.",
            advice="Ask for a shorter stretch of time.",
        )
    for start in range(start_ms, end_ms, width_ms):
        yield start, min(start + width_ms, end_ms)
