"""Parameters of a request to Binance, and the refusals that its faces give.

https://developers.binance.com/docs/binance-spot-api-docs/errors
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.face_books import Refused

DECIMAL_RANGE = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
INTEGER_RANGE = r"^[0-9]{1,20}$"
CLIENT_ID_RANGE = r"^[a-zA-Z0-9-_\.:/]{1,36}$"


class BinanceRefusal(Refused):
    """An answer of the kind `{"code": -1121, "msg": "Invalid symbol."}`.

    Attributes:
        data: what stands beside code and msg, where the venue adds something.
    """

    def __init__(self, code: int, message: str, *, status: int = 400, data: Any = None, wait: int = 0) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.status = status
        self.data = data
        self.wait = wait

    def envelope(self) -> dict[str, Any]:
        return {"code": self.code, "msg": self.message} | ({} if self.data is None else {"data": self.data})


def missing(name: str) -> BinanceRefusal:
    return BinanceRefusal(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def illegal(name: str, legal: str) -> BinanceRefusal:
    return BinanceRefusal(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


def not_valid(name: str) -> BinanceRefusal:
    return BinanceRefusal(-1130, f"Data sent for parameter '{name}' is not valid.")


INVALID_SYMBOL = (-1121, "Invalid symbol.")


class Params:
    """The parameters of one request, read by kind."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self.given = given

    def __contains__(self, name: str) -> bool:
        return name in self.given

    def text(self, name: str, default: str = "") -> str:
        return self.given.get(name, default)

    def decimal(self, name: str, *, signed: bool = False) -> Decimal | None:
        """Returns a decimal, or None if it was not sent.

        Args:
            signed: lets a minus sign pass, for the rules behind to refuse.
        """
        value = self.given.get(name)
        if value is None:
            return None
        if not re.fullmatch(DECIMAL_RANGE, value.removeprefix("-") if signed else value):
            raise illegal(name, DECIMAL_RANGE)
        return Decimal(value)

    def integer(self, name: str) -> int | None:
        value = self.given.get(name)
        if value is None:
            return None
        if not re.fullmatch(INTEGER_RANGE, value):
            raise illegal(name, INTEGER_RANGE)
        return int(value)

    def limit(self, default: int, most: int, *, name: str = "limit", strict: bool = False) -> int:
        """Returns how many rows are wanted; more than `most` is refused if `strict`, else cut."""
        value = self.integer(name)
        if value is None:
            return default
        if value == 0 or (strict and value > most):
            raise not_valid(name)
        return min(value, most)

    def one_of(self, name: str, choices: Iterable[str], refusal: BinanceRefusal | None = None) -> str:
        """Returns one of some words, or "" if it was not sent."""
        value = self.given.get(name)
        if value is None:
            return ""
        if value not in choices:
            raise refusal or not_valid(name)
        return value

    def flag(self, name: str) -> bool:
        return self.one_of(name, ("true", "false", "TRUE", "FALSE", "True", "False")).lower() == "true"

    def client_id(self, name: str) -> str:
        """Returns a client's own id, or "" if it was not sent."""
        value = self.given.get(name, "")
        if value and not re.fullmatch(CLIENT_ID_RANGE, value):
            raise illegal(name, CLIENT_ID_RANGE)
        return value
