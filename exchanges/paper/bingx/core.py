"""What the parts of BingX's face share: envelope, parameters, key and signature.

https://github.com/BingX-API/api-ai-skills/blob/master/skills/references/authentication.md
https://bingx-api.github.io/docs/#/en-us/swapV2/base-info.html
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from blave_mcp.exchanges.paper.exchange import PaperExchange
from blave_mcp.exchanges.paper.face import BadForm, header, parse_form, path_and_query
from blave_mcp.exchanges.paper.face_books import Account, Refused
from blave_mcp.exchanges.paper.refusals import PaperRefusal
from blave_mcp.exchanges.paper.types import Listing, Order, Product
from blave_mcp.exchanges.wire import HttpRequest

BAD_PARAM = {Product.SPOT: 100400, Product.PERP: 109400}


class BingXRefusal(Refused):
    """An answer of the kind `{"code": 109421, "msg": "order not exist", "data": {}}`, which comes with HTTP 200.

    Attributes:
        status: 404 where there is no such route at all.
    """

    def __init__(self, code: int, message: str, *, status: int = 200) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.status = status


class TransferRefusal(Refused):
    """What the transfer endpoint says instead: `{"transferErrorMsg": "Insufficient assets"}`."""


@dataclass(frozen=True, slots=True)
class Whole:
    """An answer that is not wrapped in code, msg and data."""

    body: Mapping[str, Any]


@dataclass(slots=True)
class Ask:
    """One request, as a handler gets it.

    Attributes:
        product: which of the venue's halves the route belongs to.
    """

    given: Mapping[str, str]
    now: int
    account: Account
    product: Product

    @property
    def exchange(self) -> PaperExchange:
        return self.account.exchange

    def bad(self, message: str) -> BingXRefusal:
        return BingXRefusal(BAD_PARAM[self.product], message)

    def missing(self, name: str) -> BingXRefusal:
        return self.bad(f"Invalid parameters, err:{name}: This field is required.")

    def text(self, name: str, default: str = "") -> str:
        return self.given.get(name) or default

    def wanted(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise self.missing(name)
        return value

    def decimal(self, name: str) -> Decimal | None:
        """Returns a positive decimal, None if it was not sent or is 0."""
        value = self.text(name)
        if not value:
            return None
        try:
            found = Decimal(value)
        except InvalidOperation:
            raise self.bad(f"Invalid parameters, err:{name}: mismatched type") from None
        if not found.is_finite() or found < 0:
            raise self.bad(f"Invalid parameters, err:{name}: must be greater than or equal to 0")
        return found or None

    def amount(self, name: str) -> Decimal:
        found = self.decimal(name)
        if found is None:
            raise self.missing(name)
        return found

    def integer(self, name: str, default: int | None = None) -> int | None:
        value = self.text(name)
        if not value:
            return default
        if not re.fullmatch(r"\d{1,19}", value):
            raise self.bad(f"Invalid parameters, err:{name}: mismatched type")
        return int(value)

    def count(self, name: str, default: int, most: int) -> int:
        return max(1, min(self.integer(name, default) or default, most))

    def one_of(self, name: str, choices: Iterable[str], default: str = "") -> str:
        value = self.text(name, default)
        if value and value not in choices:
            raise self.bad(f"Invalid parameters, err:{name}: This field must be one of {list(choices)}.")
        return value

    def flag(self, name: str) -> bool:
        return self.one_of(name, ("true", "false"), "false") == "true"

    def elements(self, name: str, most: int) -> list[dict[str, str]]:
        """Returns a batch: a JSON list of objects, their values as texts."""
        try:
            found = json.loads(self.wanted(name), parse_float=str, parse_int=str)
        except ValueError:
            raise self.bad(f"Invalid parameters, err:{name}: mismatched type") from None
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found) or not found:
            raise self.bad(f"Invalid parameters, err:{name}: mismatched type")
        if len(found) > most:
            raise self.bad(f"Invalid parameters, err:{name}: at most {most} orders")
        return [{key: _text(value) for key, value in each.items()} for each in found]

    def part(self, given: Mapping[str, str]) -> Ask:
        """Returns the request of one element of a batch."""
        return Ask(given, self.now, self.account, self.product)

    def listing(self, name: str = "symbol") -> Listing:
        return self.listing_of(self.wanted(name))

    def some_listing(self) -> Listing | None:
        return self.listing() if self.text("symbol") else None

    def listing_of(self, symbol: str) -> Listing:
        base, hyphen, quote = symbol.partition("-")
        try:
            return self.exchange.listing(f"{base}{quote}:{self.product.value}" if hyphen else "")
        except PaperRefusal:
            code, message = _NO_SYMBOL[self.product]
            raise BingXRefusal(code, message.format(symbol)) from None

    def listings(self) -> list[Listing]:
        """Returns the one of the optional symbol, or all."""
        one = self.some_listing()
        return [one] if one is not None else list(self.exchange.listings(self.product))


_NO_SYMBOL = {Product.SPOT: (100400, "symbol {} not exist"), Product.PERP: (109425, "{} is not exist")}
Handler = Callable[[Ask], Any]


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint of the face."""

    method: str
    path: str
    handler: Handler
    product: Product
    signed: bool = True


def native(listing: Listing) -> str:
    return f"{listing.base}-{listing.quote}"


def shown_id(order: Order) -> str:
    """Returns the client's own id; the exchange's own name for an order without one is not the client's."""
    return "" if order.client_id == f"p{order.id}" else order.client_id


def client_id_of(ask: Ask, name: str) -> str:
    """BingX keeps client ids in small letters."""
    value = ask.text(name)
    if value and not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", value):
        raise ask.bad(f"Invalid parameters, err:{name}: 1 to 40 characters")
    return value.lower()


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value)
    return "" if value is None else str(value)


def parameters(request: HttpRequest) -> dict[str, str]:
    """Returns the parameters of query and form together. Raises BingXRefusal 100400."""
    _, query = path_and_query(request.url)
    kind = header(request, "content-type").partition(";")[0].strip().lower()
    try:
        body = request.body.decode() if kind in ("", "application/x-www-form-urlencoded") else ""
        return {**parse_form(body), **parse_form(query)}
    except (BadForm, UnicodeDecodeError):
        raise BingXRefusal(100400, "Invalid parameters") from None


def authorise(request: HttpRequest, given: Mapping[str, str], *, key: str, secret: bytes, now_ms: int) -> None:
    """Checks key, time and signature; the signature is over the parameters as the server reads them.

    They are signed in the order of their names; the older documentation also shows them in the order of sending.
    """
    if not hmac.compare_digest(header(request, "x-bx-apikey").encode(), key.encode()):
        raise BingXRefusal(100413, "Incorrect apiKey")
    sent = given.get("signature", "")
    if not sent:
        raise BingXRefusal(100412, "Null signature")
    pairs = [(name, value) for name, value in given.items() if name != "signature"]
    forms = ("&".join(f"{name}={value}" for name, value in each) for each in (sorted(pairs), pairs))
    good = [hmac.new(secret, form.encode(), hashlib.sha256).hexdigest() for form in forms]
    if not any(hmac.compare_digest(each.encode(), sent.lower().encode()) for each in good):
        raise BingXRefusal(100001, "Signature verification failed due to signature mismatch")
    stamp, window = given.get("timestamp", ""), given.get("recvWindow", "")
    if not stamp.isdecimal():
        raise BingXRefusal(100421, "Null timestamp or timestamp mismatch")
    if abs(now_ms - int(stamp)) > min(int(window) if window.isdecimal() and int(window) else 5_000, 5_000):
        raise BingXRefusal(100421, "Null timestamp or timestamp mismatch")
