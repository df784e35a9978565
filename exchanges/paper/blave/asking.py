"""What every handler of Blave's face is made of: a request taken apart, a refusal, a route."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from blave_mcp.exchanges.paper.face_books import Refused
from blave_mcp.exchanges.paper.market import DAY, HOUR, MINUTE, Market
from blave_mcp.exchanges.paper.types import Listing

if TYPE_CHECKING:
    from blave_mcp.exchanges.paper.blave.face import BlaveFace

LONGEST_DAYS = 366
DEFAULT_DAYS = 30
ABSENT = ""
"""What the venue writes where there is not enough data."""
LESSER_LEVERAGE = 50
_UNITS = {"min": MINUTE, "h": HOUR, "d": DAY}


class BlaveRefusal(Refused):
    """An answer that is no data: a status, and a message or a body."""

    def __init__(self, status: int, message: str, *, wait: int = 0, body: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message} if body is None else body
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, as a handler gets it."""

    face: BlaveFace
    params: Mapping[str, str]
    market: Market
    listings: Mapping[str, Listing]
    now: int

    def text(self, name: str) -> str:
        value = self.params.get(name, "")
        if not value:
            raise BlaveRefusal(400, f"{name} is required")
        return value

    def listing(self) -> Listing:
        """Returns the perpetual of the symbol."""
        symbol = self.text("symbol")
        if symbol not in self.listings:
            raise BlaveRefusal(404, f"symbol {symbol} not found")
        return self.listings[symbol]

    def period(self) -> int:
        """Returns the period in milliseconds."""
        found = re.fullmatch(r"([1-9]\d{0,3})(min|h|d)", self.text("period"))
        if found is None:
            raise BlaveRefusal(400, "period must be a number and min, h or d")
        return int(found[1]) * _UNITS[found[2]]

    def span(self) -> tuple[int, int]:
        """Returns the wanted time, market time, half open: whole days, both dates included."""
        today = self.market.clock(self.now)
        end = self._date("end_date")
        last = today - today % DAY if end is None else end
        start = self._date("start_date")
        first = last - DEFAULT_DAYS * DAY if start is None else start
        if first > last:
            raise BlaveRefusal(400, "start_date is after end_date")
        if last - first > LONGEST_DAYS * DAY:
            raise BlaveRefusal(400, "the range between start_date and end_date cannot exceed 1 year")
        return first, last + DAY

    def _date(self, name: str) -> int | None:
        value = self.params.get(name)
        if value is None:
            return None
        try:
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
                raise ValueError(value)
            return int(datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()) * 1_000
        except ValueError:
            raise BlaveRefusal(400, f"{name} must be a date, YYYY-MM-DD") from None


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint. `params`: the names it takes; another is refused."""

    path: str
    handler: Callable[[Ask], Any]
    params: str = ""
    method: str = "GET"


def number(value: Decimal | None, places: int = 4) -> Decimal | str:
    """Returns a number for JSON, or what stands for none."""
    return ABSENT if value is None else round(value, places)


def gap_of(listing: Listing) -> str:
    """Returns what is missing for a symbol: "indicator", "variant", "young" or nothing.

    The venue has such gaps for lesser coins, and a reader of the table must meet them.
    """
    if listing.max_leverage > LESSER_LEVERAGE:
        return ""
    return ("indicator", "variant", "young", "")[sha256(listing.symbol.encode()).digest()[0] % 4]
