"""The parameters of endpoints and tools: what each holds, its bounds, and the check of what was given.

A value that passes is as the venue takes it: decimals as plain text, never a float.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from blave_mcp.exchanges.errors import BadArgument, did_you_mean

Args = Mapping[str, Any]
MAX_DIGITS = 40
MAX_MAGNITUDE = 18
"""Powers of ten; beyond it lies no amount, and arithmetic that must not round ends."""
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Unicode categories that are not seen as what they are: in a summary they could make one thing look like another."""


class Kind(StrEnum):
    """What a parameter holds."""

    DECIMAL = "decimal"
    TEXT = "text"
    ONE_OF = "one_of"
    INTEGER = "integer"
    FLAG = "flag"
    JSON = "json"
    CLIENT_ID = "client_id"
    ANYTHING = "anything"


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """One parameter.

    Attributes:
        name: as the venue spells it.
        doc: one line: unit, meaning, default.
        choices: for ONE_OF.
        low, high: inclusive bounds of a DECIMAL or INTEGER.
        items: for JSON: the parameters of each element of a list of objects.
        most: for JSON lists: how many elements at the most.
        example: a valid value, as the venue's documentation shows it; used by describe and by tests.
    """

    name: str
    kind: Kind
    doc: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    items: tuple[Param, ...] = ()
    most: int | None = None
    example: Any = None

    def __post_init__(self) -> None:
        if (self.kind is Kind.ONE_OF) != bool(self.choices):
            raise ValueError(f"{self.name}: choices belong to one_of and only to it")
        if self.items and self.kind is not Kind.JSON:
            raise ValueError(f"{self.name}: items belong to json")

    def check(self, value: Any, at: str = "") -> Any:
        """Returns the value in its canonical form: text for decimals, str, int, bool or plain JSON.

        Raises:
            BadArgument: says which parameter, what was given and what is wanted.
        """
        return _CHECKS[self.kind](self, value, at or self.name)


def decimal(name: str, doc: str = "", **more: Any) -> Param:
    """A decimal string or Decimal; zero and negative values are refused unless `low` says otherwise."""
    more.setdefault("example", "1")
    low, high = (None if bound is None else Decimal(bound) for bound in (more.pop("low", None), more.pop("high", None)))
    return Param(name=name, kind=Kind.DECIMAL, doc=doc, low=low, high=high, **more)


def text(name: str, doc: str = "", **more: Any) -> Param:
    more.setdefault("example", "abc")
    return Param(name=name, kind=Kind.TEXT, doc=doc, **more)


def one_of(name: str, choices: Sequence[str], doc: str = "", **more: Any) -> Param:
    more.setdefault("example", choices[0])
    return Param(name=name, kind=Kind.ONE_OF, choices=tuple(choices), doc=doc, **more)


def integer(name: str, doc: str = "", *, low: int = 0, high: int | None = None, **more: Any) -> Param:
    more.setdefault("example", low)
    top = None if high is None else Decimal(high)
    return Param(name=name, kind=Kind.INTEGER, doc=doc, low=Decimal(low), high=top, **more)


def flag(name: str, doc: str = "", **more: Any) -> Param:
    more.setdefault("example", True)
    return Param(name=name, kind=Kind.FLAG, doc=doc, **more)


def json_list(name: str, items: Sequence[Param], doc: str = "", **more: Any) -> Param:
    """A list of objects (a batch), each checked against `items`."""
    return Param(name=name, kind=Kind.JSON, items=tuple(items), doc=doc, **more)


def json_value(name: str, doc: str = "", **more: Any) -> Param:
    """Any JSON value; a float in it is refused."""
    return Param(name=name, kind=Kind.JSON, doc=doc, **more)


def anything(name: str, doc: str = "") -> Param:
    """Whatever is given, unchanged where it is a text: for what is to be judged, not to be understood."""
    return Param(name=name, kind=Kind.ANYTHING, doc=doc, example="")


def client_id(name: str, doc: str = "The caller's own id; the venue's attribution prefix is put before it.") -> Param:
    """A client order id. The dialect fills it in when an action is made."""
    return Param(name=name, kind=Kind.CLIENT_ID, doc=doc, example="my-order-1")


def to_decimal(value: Any, at: str) -> Decimal:
    """Reads a decimal without ever passing through a float.

    Raises:
        BadArgument: a float, a bool, NaN, an infinity, or more digits than any venue takes.
    """
    if isinstance(value, float):
        raise BadArgument(f"{at} is a float; amounts and prices are decimal strings.", advice=f'Send it as "{value}".')
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise BadArgument(f"{at} must be a decimal string, not {type(value).__name__}.")
    try:
        number = Decimal(value.strip()) if isinstance(value, str) else Decimal(value)
    except InvalidOperation:
        raise BadArgument(f'{at} is not a decimal number: "{str(value)[:60]}".', advice='Write it as "0.01".') from None
    if not number.is_finite():
        raise BadArgument(f"{at} must be a finite number, not {number}.")
    if abs(number.adjusted()) > MAX_MAGNITUDE or len(number.as_tuple().digits) > MAX_DIGITS:
        raise BadArgument(f"{at} has more digits than any venue takes.")
    return number


def plain(number: Decimal) -> str:
    """Returns a decimal without exponent, as venues want it: Decimal("1E+2") -> "100"."""
    return f"{number:f}"


def _bounded(param: Param, number: Decimal, at: str) -> None:
    if param.low is not None and number < param.low:
        raise BadArgument(f"{at} must be at least {plain(param.low)}, not {plain(number)}.")
    if param.high is not None and number > param.high:
        raise BadArgument(f"{at} must be at most {plain(param.high)}, not {plain(number)}.")


def _check_decimal(param: Param, value: Any, at: str) -> str:
    number = to_decimal(value, at)
    if param.low is None and number <= 0:
        raise BadArgument(f"{at} must be greater than zero, not {plain(number)}.")
    _bounded(param, number, at)
    return plain(number)


def _check_text(_: Param, value: Any, at: str) -> str:
    if not isinstance(value, str):
        shown = f' Write it as "{value}".' if isinstance(value, int) and not isinstance(value, bool) else ""
        raise BadArgument(f"{at} must be a text, not {type(value).__name__}.", advice=shown.strip())
    if not value:
        raise BadArgument(f"{at} must be a text that is not empty.")
    if any(unicodedata.category(c) in HIDDEN for c in value):
        raise BadArgument(f"{at} holds control or invisible characters.")
    return value


def _check_one_of(param: Param, value: Any, at: str) -> str:
    if value not in param.choices:
        shown = value if isinstance(value, str) else repr(value)
        raise BadArgument(f'{at} cannot be "{shown}".', advice=f"One of: {', '.join(param.choices)}.")
    return str(value)


def _check_integer(param: Param, value: Any, at: str) -> int:
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,19}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadArgument(f"{at} must be a whole number, not {value!r}.")
    _bounded(param, Decimal(value), at)
    return value


def _check_flag(_: Param, value: Any, at: str) -> bool:
    if not isinstance(value, bool):
        raise BadArgument(f"{at} must be true or false, not {value!r}.")
    return value


def _check_json(param: Param, value: Any, at: str) -> Any:
    if isinstance(value, str):
        try:
            value = json.loads(value, parse_float=Decimal)
        except ValueError:
            raise BadArgument(f"{at} is not JSON.") from None
    if not param.items:
        return _without_floats(value, at)
    if not isinstance(value, list) or not value:
        raise BadArgument(f"{at} must be a list of objects with at least one element.")
    if param.most is not None and len(value) > param.most:
        raise BadArgument(f"{at} takes at most {param.most} elements, not {len(value)}.")
    return [check_args(param.items, element, f"{at}[{i}]") for i, element in enumerate(value)]


def _without_floats(value: Any, at: str) -> Any:
    if isinstance(value, float):
        raise BadArgument(f"{at} holds a float; write amounts and prices as decimal strings.")
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, list):
        return [_without_floats(v, f"{at}[{i}]") for i, v in enumerate(value)]
    if isinstance(value, dict):
        return {str(k): _without_floats(v, f"{at}.{k}") for k, v in value.items()}
    if isinstance(value, str) and any(unicodedata.category(c) in HIDDEN for c in value):
        raise BadArgument(f"{at} holds control or invisible characters.")
    if value is None or isinstance(value, str | int):
        return value
    raise BadArgument(f"{at} holds a {type(value).__name__}.")


_CHECKS: Mapping[Kind, Callable[[Param, Any, str], Any]] = {
    Kind.DECIMAL: _check_decimal,
    Kind.TEXT: _check_text,
    Kind.ONE_OF: _check_one_of,
    Kind.INTEGER: _check_integer,
    Kind.FLAG: _check_flag,
    Kind.JSON: _check_json,
    Kind.CLIENT_ID: _check_text,
    Kind.ANYTHING: lambda _param, value, _at: value if isinstance(value, str) else repr(value),
}


def check_args(params: Sequence[Param], given: Any, at: str = "") -> dict[str, Any]:
    """Checks a mapping of arguments against parameters; keeps the parameters' order.

    An argument that is None counts as not given, and so does an optional one that is an empty text.

    Raises:
        BadArgument: an unknown, missing or unusable argument.
    """
    if not isinstance(given, Mapping):
        raise BadArgument(f"{at or 'The arguments'} must be an object.")
    known = {p.name: p for p in params}
    for name in given:
        if name not in known:
            where = f" in {at}" if at else ""
            raise BadArgument(f'There is no argument "{name}"{where}.', advice=did_you_mean(str(name), known))
    checked: dict[str, Any] = {}
    for param in params:
        place = f"{at}.{param.name}" if at else param.name
        value = given.get(param.name)
        if value == "" and not param.required and param.kind is not Kind.ANYTHING:
            value = None
        if value is not None:
            checked[param.name] = param.check(value, place)
        elif param.required:
            raise BadArgument(f"{place} is required.", advice=param.doc)
    return checked
