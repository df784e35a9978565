"""Files of real bars: CSV, plain or gzipped, to rows of decimals. The bytes come in, nothing is read here."""

from __future__ import annotations

import gzip
import zlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from blave_mcp.exchanges.paper.market import SECOND, BadFeed
from blave_mcp.exchanges.paper.types import Product

_ENDLESS = Decimal("Infinity")
_COLUMNS = ("time", "open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True)
class Row:
    """One bar of a file. taker_buy is None where the file has no such column."""

    open_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    taker_buy: Decimal | None


class Series:
    """The bars of one file, by time.

    Attributes:
        symbol: "BTCUSDT"; product: None where the file's name does not tell.
    """

    def __init__(self, symbol: str, product: Product | None, interval_ms: int, rows: Sequence[Row]) -> None:
        self.symbol = symbol
        self.product = product
        self.interval_ms = interval_ms
        self.rows = rows
        self._opens = [row.open_ms for row in rows]

    @property
    def start_ms(self) -> int:
        return self._opens[0]

    @property
    def end_ms(self) -> int:
        """When the last bar closes."""
        return self._opens[-1] + self.interval_ms

    def number_at(self, time_ms: int) -> int:
        """Returns the number of the bar that holds or last preceded a time; -1 before the first."""
        return bisect_right(self._opens, time_ms) - 1

    def between(self, start_ms: int, end_ms: int) -> Sequence[Row]:
        """Returns the bars that open in [start, end)."""
        return self.rows[self.number_at(start_ms - 1) + 1 : self.number_at(end_ms - 1) + 1]

    @staticmethod
    def parse(name: str, data: bytes) -> Series:
        """Reads "BTCUSDT-perp-1h.csv" or ".csv.gz": symbol first; "spot" or "perp" among the other parts.

        Columns: time (Unix seconds of the open), open, high, low, close, volume, and taker_buy_volume if there is one;
        others are ignored. Of two bars with the same time the later one counts.

        Raises: BadFeed, naming the line and the column.
        """
        parts = name.partition(".")[0].replace("_", "-").split("-")
        product = next((p for p in Product if p.value in (part.lower() for part in parts[1:])), None)
        if not parts[0]:
            raise BadFeed(f"{name}: the file's name begins with the symbol, as in BTCUSDT-perp-1h.csv.")
        rows = _parse_rows(name, _text(name, data))
        steps = {b.open_ms - a.open_ms for a, b in pairwise(rows)}
        if not steps:
            raise BadFeed(f"{name}: at least two bars are needed, {len(rows)} found.")
        interval = min(steps)
        if any(step % interval for step in steps) or rows[0].open_ms % interval or interval % SECOND:
            raise BadFeed(f"{name}: column time: bars are not on a grid of {interval // SECOND} s.")
        if interval < 10 * SECOND:
            raise BadFeed(f"{name}: column time: bars of {interval // SECOND} s are too short, 10 s is the least.")
        return Series(parts[0].upper(), product, interval, rows)


def _text(name: str, data: bytes) -> str:
    try:
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        return data.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise BadFeed(f"{name}: cannot be read: {error}.") from error


def _parse_rows(name: str, text: str) -> list[Row]:
    lines = text.splitlines()
    header = [cell.strip().lower() for cell in lines[0].split(",")] if lines else []
    missing = [column for column in _COLUMNS if column not in header]
    if missing:
        raise BadFeed(f"{name}, line 1: no column {', '.join(missing)}.")
    columns = [*_COLUMNS, *(["taker_buy_volume"] if "taker_buy_volume" in header else [])]
    places = [header.index(column) for column in columns]
    rows: list[Row] = []
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        cells = line.split(",")
        try:
            values = [Decimal(cells[place]) for place in places]
            sound = _sound(values)
        except (IndexError, InvalidOperation):
            sound, values = False, []
        if not sound:
            raise BadFeed(f"{name}, line {number}, {_fault(columns, places, cells)}")
        time, first, high, low, last, volume = values[:6]
        row = Row(int(time * 1000), first, high, low, last, volume, values[6] if len(values) > 6 else None)
        if rows and row.open_ms < rows[-1].open_ms:
            raise BadFeed(f"{name}, line {number}, column time: earlier than the line before.")
        if rows and row.open_ms == rows[-1].open_ms:
            rows[-1] = row
        else:
            rows.append(row)
    return rows


def _sound(values: list[Decimal]) -> bool:
    """Whether a line's numbers make a bar. Raises: InvalidOperation for NaN."""
    time, first, high, low, last, *volumes = values
    return (
        0 <= time < _ENDLESS
        and 0 < low <= min(first, last)
        and max(first, last) <= high < _ENDLESS
        and all(0 <= volume < _ENDLESS for volume in volumes)
    )


def _fault(columns: list[str], places: list[int], cells: list[str]) -> str:
    """Returns what is wrong with a line that is not sound."""
    for column, place in zip(columns, places, strict=True):
        cell = cells[place].strip() if place < len(cells) else ""
        try:
            value = Decimal(cell)
        except InvalidOperation:
            return f"column {column}: {cell!r} is not a number."
        least = "volume" in column or column == "time"
        if not value.is_finite() or value < 0 or (not value and not least):
            return f"column {column}: {cell} is not possible."
    cell = cells[places[2]].strip()
    _, first, high, _, last = (Decimal(cells[place]) for place in places[:5])
    if high < max(first, last):
        return f"column high: {cell} is below open or close."
    return f"column low: {cells[places[3]].strip()} is above open or close."
