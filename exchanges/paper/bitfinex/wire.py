"""Bitfinex's arrays, bodies and refusals as its paper face gives them. https://docs.bitfinex.com/docs/rest-auth"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from blave_mcp.exchanges.paper.exchange import PaperExchange
from blave_mcp.exchanges.paper.face import BadForm, header, parse_form
from blave_mcp.exchanges.paper.face_books import Account, Refused
from blave_mcp.exchanges.wire import HttpRequest

GENERIC, PARAMS, AUTH, NONCE, RATE, MAINTENANCE = 10001, 10020, 10100, 10114, 11010, 20060
NONCES = "bitfinex-nonces"
MOST_NONCE = 9_007_199_254_740_991
"""https://docs.bitfinex.com/docs/rest-auth : the largest whole number that JavaScript takes for exact."""


class BitfinexRefusal(Refused):
    """An error array; most of them come with status 500."""

    def __init__(self, code: int | str, message: str, *, status: int = 500) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.status = status


def wrong(name: str) -> BitfinexRefusal:
    """What a parameter that is missing or wrong is answered with."""
    return BitfinexRefusal(PARAMS, f"{name}: invalid")


def generic(message: str) -> BitfinexRefusal:
    return BitfinexRefusal(GENERIC, message)


class Params:
    """What was sent: a query's texts, or the values of a JSON body, and what stood in the path."""

    def __init__(self, given: Mapping[str, Any], path: Mapping[str, str] | None = None) -> None:
        self.given = {name: value for name, value in given.items() if value is not None}
        self.path = dict(path or {})

    def __contains__(self, name: str) -> bool:
        return name in self.given

    def text(self, name: str, default: str = "") -> str:
        value = self.given.get(name, default)
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise wrong(name)
        return str(value)

    def needed(self, name: str) -> str:
        if name not in self.given:
            raise wrong(name)
        return self.text(name)

    def decimal(self, name: str) -> Decimal | None:
        """Amounts are texts; a JSON number is read to the digit, too."""
        value = self.given.get(name)
        if value is None:
            return None
        try:
            number = Decimal(value) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else None
        except InvalidOperation:
            number = None
        if number is None or not number.is_finite() or abs(number.adjusted()) > 30:
            raise wrong(name)
        return number

    def amount(self, name: str) -> Decimal:
        number = self.decimal(name)
        if not number:
            raise wrong(name)
        return number

    def integer(self, name: str, default: int | None = None) -> int | None:
        if name not in self.given:
            return default
        word = self.text(name)
        if not word.lstrip("-").isdecimal() or len(word) > 20:
            raise wrong(name)
        return int(word)

    def rows(self, default: int, most: int) -> int:
        """Returns `limit`."""
        wanted = self.integer("limit", default)
        if wanted is None or not 1 <= wanted <= most:
            raise wrong("limit")
        return wanted

    def ids(self, name: str) -> set[int] | None:
        """A list of ids; None where none was sent."""
        found = self.given.get(name)
        if found is None:
            return None
        if not isinstance(found, list) or not all(isinstance(one, int) for one in found):
            raise wrong(name)
        return set(found)


@dataclass(slots=True)
class Ask:
    """One request, as a handler gets it."""

    params: Params
    now: int
    account: Account
    key: str = field(default="")

    @property
    def exchange(self) -> PaperExchange:
        return self.account.exchange


def params_of(request: HttpRequest, query: str, path: Mapping[str, str]) -> Params:
    if request.method.upper() != "POST":
        try:
            return Params(parse_form(query), path)
        except BadForm as bad:
            raise wrong(bad.name or "query") from None
    try:
        body = json.loads(request.body or b"{}", parse_float=Decimal)
    except ValueError:
        raise BitfinexRefusal(PARAMS, "body: invalid") from None
    if not isinstance(body, dict):
        raise BitfinexRefusal(PARAMS, "body: invalid")
    return Params(body, path)


def check_signature(request: HttpRequest, path: str, *, key: str, secret: bytes) -> int:
    """Checks key and signature over the very bytes that came; returns the nonce."""
    sent, nonce = header(request, "bfx-apikey"), header(request, "bfx-nonce")
    if not sent or not hmac.compare_digest(sent.encode(), key.encode()):
        raise BitfinexRefusal(AUTH, "apikey: invalid")
    payload = f"/api{path}{nonce}".encode() + request.body
    expected = hmac.new(secret, payload, hashlib.sha384).hexdigest()
    if not hmac.compare_digest(expected.encode(), header(request, "bfx-signature").lower().encode()):
        raise BitfinexRefusal(AUTH, "apikey: digest invalid")
    if not nonce.isdecimal() or int(nonce) > MOST_NONCE:
        raise BitfinexRefusal(NONCE, "nonce: invalid")
    return int(nonce)


def spend_nonce(account: Account, key: str, nonce: int) -> None:
    """A nonce is above every one before it, whoever sent them."""
    name = hashlib.sha256(key.encode()).hexdigest()[:16]
    if nonce <= int(account.named(NONCES).get(name, "0")):
        raise BitfinexRefusal(NONCE, "nonce: small")
    account.name(NONCES, name, str(nonce))


def notification(kind: str, data: Any, text: str, now_ms: int, status: str = "SUCCESS") -> list[Any]:
    return [now_ms, kind, None, None, data, None, status, text]
