"""How arguments become BingX's parameters, and what is signed of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from blave_mcp.exchanges.signing import hmac_hex

NUMBERS = frozenset({"quantity", "quoteOrderQty", "price", "stopPrice", "priceRate", "activationPrice"})
"""What is a JSON number inside a list or an object; BingX refuses a quoted one there.

https://github.com/BingX-API/api-ai-skills/blob/master/skills/swap-trade/api-reference.md (stopLoss / takeProfit)
"""
NESTED = frozenset({"stopLoss", "takeProfit"})
"""Objects that travel as a JSON text, also inside a batch."""
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def wire_value(value: Any) -> str:
    """Returns a checked argument as BingX writes it: true and false in small letters, JSON without blanks."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return _json(value)
    return str(value)


def _json(value: Any, name: str = "") -> str:
    """Writes JSON in which sizes and prices are numbers with all their digits, never floats."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(key)}:{_member(key, each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_json(each, name) for each in value) + "]"
    if isinstance(value, str) and name in NUMBERS and _NUMBER.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _member(name: str, value: Any) -> str:
    return json.dumps(_json(value), ensure_ascii=False) if name in NESTED else _json(value, name)


def ordered(args: Iterable[tuple[str, Any]]) -> list[tuple[str, str]]:
    """Returns names and values as texts, by name in the order of their bytes."""
    return sorted((name, wire_value(value)) for name, value in args)


def canonical(pairs: Iterable[tuple[str, str]]) -> str:
    """The text that is signed: values as they are, not percent-encoded."""
    return "&".join(f"{name}={value}" for name, value in pairs)


def encoded(pairs: Iterable[tuple[str, str]]) -> str:
    """The text that is sent: values percent-encoded (RFC 3986, UTF-8), a blank as %20."""
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs)


def signature(secret: str, text: str) -> str:
    """HMAC-SHA256 of the canonical text, in small hexadecimal letters.

    https://github.com/BingX-API/api-ai-skills/blob/master/skills/references/authentication.md
    """
    return hmac_hex(secret, text.encode())
