"""Bybit's envelope, parameters and refusals as its paper face gives them. https://bybit-exchange.github.io/docs/v5/guide"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from blave_mcp.exchanges.paper.face import BadForm, header, parse_form
from blave_mcp.exchanges.paper.face_books import Refused
from blave_mcp.exchanges.wire import HttpRequest

AHEAD_MS = 1_000


class BybitRefusal(Refused):
    """An answer whose retCode is not 0.

    Attributes:
        result: what stands in `result`, where the venue adds something.
    """

    def __init__(self, code: int, message: str, *, status: int = 200, result: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.status = status
        self.result = dict(result or {})


def wrong(message: str) -> BybitRefusal:
    """The code of a parameter that is missing or wrong."""
    return BybitRefusal(10001, message)


def envelope(code: int, message: str, result: Any, beside: Any, now_ms: int) -> dict[str, Any]:
    return {"retCode": code, "retMsg": message, "result": result, "retExtInfo": beside, "time": now_ms}


class Params:
    """What was sent: a query's texts, or the values of a JSON body."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = {name: value for name, value in given.items() if value not in (None, "")}

    def __contains__(self, name: str) -> bool:
        return name in self.given

    def text(self, name: str, default: str = "") -> str:
        value = self.given.get(name, default)
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise wrong(f"params error: {name} invalid")
        return str(value)

    def needed(self, name: str) -> str:
        if name not in self.given:
            raise wrong(f"params error: {name} is required")
        return self.text(name)

    def one_of(self, name: str, choices: tuple[str, ...], default: str = "") -> str:
        word = self.text(name, default) if default else self.needed(name)
        if word not in choices:
            raise wrong(f"params error: {name} invalid")
        return word

    def decimal(self, name: str) -> Decimal | None:
        """Numbers are texts in Bybit's bodies; a JSON number is read to the digit, too."""
        value = self.given.get(name)
        if value is None:
            return None
        try:
            number = Decimal(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
        except InvalidOperation:
            number = None
        if number is None or not number.is_finite() or abs(number.adjusted()) > 30:
            raise wrong(f"params error: {name} invalid")
        return number

    def integer(self, name: str, default: int | None = None) -> int | None:
        if name not in self.given:
            return default
        word = self.text(name)
        if not word.lstrip("-").isdecimal() or len(word) > 20:
            raise wrong(f"params error: {name} invalid")
        return int(word)

    def flag(self, name: str) -> bool:
        value = self.given.get(name, False)
        if value in ("true", "false"):
            return bool(value == "true")
        if not isinstance(value, bool):
            raise wrong(f"params error: {name} invalid")
        return value

    def rows(self, default: int, most: int) -> int:
        """Returns `limit`."""
        wanted = self.integer("limit", default)
        if wanted is None or not 1 <= wanted <= most:
            raise wrong(f"params error: limit must be within [1, {most}]")
        return wanted

    def elements(self, name: str, most: int) -> list[Params]:
        """Returns the orders of a batch."""
        found = self.given.get(name)
        if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
            raise wrong(f"params error: {name} invalid")
        if len(found) > most:
            raise wrong(f"The number of orders in a batch exceeds {most}")
        return [Params(one) for one in found]


def params_of(request: HttpRequest, query: str) -> Params:
    if request.method.upper() != "POST":
        try:
            return Params(parse_form(query))
        except BadForm as bad:
            raise wrong(f"params error: {bad.name or 'query'} invalid") from None
    try:
        body = json.loads(request.body, parse_float=str)
    except ValueError:
        raise wrong("Request parameter error: the body is not JSON") from None
    if not isinstance(body, dict):
        raise wrong("Request parameter error: the body is not an object")
    return Params(body)


def authorise(request: HttpRequest, query: str, *, key: str, secret: bytes, now_ms: int) -> None:
    """Checks key, time and signature over the very bytes that came.

    https://bybit-exchange.github.io/docs/v5/guide#authentication : the time lies in
    [server time - recv_window, server time + 1000).
    """
    sent, stamp = header(request, "x-bapi-api-key"), header(request, "x-bapi-timestamp")
    window = header(request, "x-bapi-recv-window") or "5000"
    if not sent or not hmac.compare_digest(sent.encode(), key.encode()):
        raise BybitRefusal(10003, "API key is invalid.")
    if not (stamp.isdecimal() and window.isdecimal() and len(stamp) <= 16 and len(window) <= 9):
        raise wrong("params error: timestamp or recv_window invalid")
    if not now_ms - int(window) <= int(stamp) < now_ms + AHEAD_MS:
        told = f"req_timestamp[{stamp}],server_timestamp[{now_ms}],recv_window[{window}]"
        raise BybitRefusal(10002, f"invalid request, please check your server timestamp or recv_window param. {told}")
    payload = query.encode() if request.method.upper() != "POST" else request.body
    expected = hmac.new(secret, f"{stamp}{sent}{window}".encode() + payload, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), header(request, "x-bapi-sign").lower().encode()):
        raise BybitRefusal(10004, "Error sign, please check your signature generation algorithm.")
