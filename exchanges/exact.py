"""Reading a venue's JSON and numbers without ever making a float, fast enough for whole markets."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any


@cache
def _decoder() -> Any:
    # Several times as fast as the standard library's; a fraction reaches the hook as its own digits.
    import msgspec

    return msgspec.json.Decoder(float_hook=Decimal)


def exact_json(body: bytes) -> Any:
    """Returns plain JSON in which every fraction is a Decimal, digit by digit.

    Raises:
        ValueError: it is no JSON; NaN and infinities are none.
        RecursionError: it is nested too deeply.
    """
    return _decoder().decode(body)


@cache
def _decoder_of(form: Any) -> Any:
    import msgspec

    return msgspec.json.Decoder(form)


def read_as(body: bytes, form: Any) -> Any:
    """Returns the JSON as values of `form`, without plain objects on the way; amounts are Decimals, digit by digit.

    Raises:
        ValueError: it is no JSON, or of another form.
    """
    return _decoder_of(form).decode(body)


def formed(payload: Any, form: Any) -> Any:
    """Returns plain JSON as values of `form`; what is of that form already is returned as it is.

    Raises:
        ValueError: it is of another form.
    """
    import msgspec

    return msgspec.convert(payload, form, strict=False)


def number(value: Any) -> Decimal:
    """Returns an amount or price that a venue wrote as a text, an integer or a fraction.

    Raises:
        TypeError: anything else, a bool among it.
        decimal.InvalidOperation: a text that is no number.
    """
    if type(value) is str:
        return Decimal(value)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise TypeError(f"not a number: {type(value).__name__}")
    return Decimal(value)


def optional(value: Any) -> Decimal | None:
    """None where the venue leaves the field out or empty."""
    return None if value is None or value == "" else number(value)


def positive(value: Any) -> Decimal | None:
    """None also for zero, which venues write where there is no such price or size."""
    if value is None or value == "":
        return None
    found = number(value)
    return found if found > 0 else None
