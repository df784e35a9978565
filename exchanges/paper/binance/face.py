"""What the faces of Binance's products share: envelope, parameters, signatures, limits.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api/general-api-information
https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info
"""

from __future__ import annotations

import hashlib
import hmac
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from blave_mcp.exchanges.paper.binance.params import INVALID_SYMBOL, BinanceRefusal, Params, illegal, missing
from blave_mcp.exchanges.paper.exchange import PaperExchange
from blave_mcp.exchanges.paper.face import BadForm, Window, fixed, header, json_reply, parse_form, path_and_query, table
from blave_mcp.exchanges.paper.face_books import Account, Books
from blave_mcp.exchanges.paper.market import DAY, MINUTE, IntervalUnavailable, MarketError, NoSuchMarket
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import Listing, Product
from blave_mcp.exchanges.wire import HttpReply, HttpRequest


class Security(StrEnum):
    """https://developers.binance.com/docs/binance-spot-api-docs/rest-api/request-security"""

    NONE = "none"
    KEY = "key"
    SIGNED = "signed"


@dataclass(slots=True)
class Ask:
    """One request, as a handler gets it."""

    face: BinanceFace
    params: Params
    now: int
    account: Account

    @property
    def exchange(self) -> PaperExchange:
        return self.account.exchange

    def listing(self, name: str = "symbol") -> Listing:
        """Returns what a symbol stands for on this product. Raises BinanceRefusal -1121."""
        return self.listing_of(self.params.text(name))

    def listing_of(self, symbol: str) -> Listing:
        try:
            return self.exchange.listing(f"{symbol}:{self.face.product.value}")
        except PaperRefusal:
            raise BinanceRefusal(*INVALID_SYMBOL) from None

    def some_listing(self) -> Listing | None:
        """Returns the listing of the optional symbol."""
        return self.listing() if "symbol" in self.params else None

    def count_orders(self, amount: int = 1) -> None:
        self.face.count_orders(amount, self.now)


Handler = Callable[[Ask], Any]
Weight = int | Callable[[Params], int]


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint.

    Attributes:
        params: names, in the documentation's order; "!" marks the mandatory ones.
        weight: what it counts against the IP's limit.
    """

    method: str
    path: str
    handler: Handler
    params: str = ""
    weight: Weight = 1
    security: Security = Security.SIGNED

    def names(self) -> tuple[str, ...]:
        return tuple(name.removesuffix("!") for name in self.params.split())

    def mandatory(self) -> tuple[str, ...]:
        return tuple(name.removesuffix("!") for name in self.params.split() if name.endswith("!"))


def public(path: str, handler: Handler, params: str = "", weight: Weight = 1, method: str = "GET") -> Route:
    return Route(method, path, handler, params, weight, Security.NONE)


@dataclass(frozen=True, slots=True)
class Limit:
    """A limiter as exchangeInfo tells it; `letter` names it in headers."""

    kind: str
    interval: str
    letter: str
    count: int
    limit: int

    @property
    def length_ms(self) -> int:
        return {"S": 1_000, "M": MINUTE, "D": DAY}[self.letter] * self.count

    def told(self) -> dict[str, Any]:
        return {
            "rateLimitType": self.kind,
            "interval": self.interval,
            "intervalNum": self.count,
            "limit": self.limit,
        }


class BinanceFace(ABC):
    """A product of Binance.

    Args:
        books: the account; faces that are given the same store share it.
        key, secret: the one key pair that may sign.
    """

    name: ClassVar[str]
    base_urls: ClassVar[tuple[str, ...]]
    product: ClassVar[Product]
    weight_limit: ClassVar[Limit]
    order_limits: ClassVar[tuple[Limit, ...]]
    routes: ClassVar[tuple[Route, ...]]
    has_seconds: ClassVar[bool] = False
    most_klines: ClassVar[int] = 1_000
    strict_rows: ClassVar[bool] = False
    trade_extra: ClassVar[Mapping[str, Any]] = {}
    agg_trade_extra: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, books: Books, *, key: str, secret: str) -> None:
        self._books = books
        self._key = key
        self._secret = secret.encode()
        self._routes = table(self.routes)
        self._weight = Window(self.weight_limit.length_ms, self.weight_limit.limit)
        self._orders = {limit: Window(limit.length_ms, limit.limit) for limit in self.order_limits}

    def handle(self, request: HttpRequest, now_ms: int) -> HttpReply:
        """See `face.Face`."""
        headers: dict[str, str] = {}
        try:
            return json_reply(200, self._answer(request, now_ms, headers), headers)
        except BinanceRefusal as refusal:
            if refusal.wait:
                headers["retry-after"] = str(refusal.wait)
            return json_reply(refusal.status, refusal.envelope(), headers)

    @abstractmethod
    def price(self, listing: Listing, value: Decimal) -> str:
        """Writes a price as this product does."""

    @abstractmethod
    def size(self, listing: Listing, value: Decimal) -> str:
        """Writes a quantity of the base asset."""

    def money(self, value: Decimal) -> str:
        """Writes an amount of the quote asset."""
        return fixed(value)

    def rows(self, ask: Ask, default: int, most: int) -> int:
        """Returns `limit`."""
        return ask.params.limit(default, most, strict=self.strict_rows)

    @abstractmethod
    def refusal(self, refused: PaperRefusal) -> BinanceRefusal:
        """Returns the venue's words for what the exchange refused."""

    @abstractmethod
    def unknown_route(self, method: str, path: str) -> BinanceRefusal:
        """Returns the venue's words for a path that it does not have."""

    def count_orders(self, amount: int, now_ms: int) -> None:
        """Counts new orders. Raises BinanceRefusal -1015, 429."""
        for limit, window in self._orders.items():
            if window.at(now_ms) + amount > limit.limit:
                what = f"current limit is {limit.limit} orders per {limit.count} {limit.interval}."
                raise BinanceRefusal(-1015, f"Too many new orders; {what}", status=429)
        for window in self._orders.values():
            window.add(amount, now_ms)

    def orders_counted(self, now_ms: int) -> list[dict[str, Any]]:
        return [{**limit.told(), "count": window.at(now_ms)} for limit, window in self._orders.items()]

    def _answer(self, request: HttpRequest, now_ms: int, headers: dict[str, str]) -> Any:
        path, query = path_and_query(request.url)
        route = self._routes.get((request.method.upper(), path))
        if route is None:
            raise self.unknown_route(request.method.upper(), path)
        body = _form_body(request)
        given = {**_form(body), **_form(query)}
        params = Params(given)
        self._weigh(route, params, now_ms, headers)
        _authorise(route, request, query, body, params, key=self._key, secret=self._secret, now_ms=now_ms)
        _demand(route, params)
        before = [window.at(now_ms) for window in self._orders.values()]
        try:
            with self._books.open(now_ms) as account:
                return self._handle(route, Ask(self, params, now_ms, account))
        finally:
            if before != [window.at(now_ms) for window in self._orders.values()]:
                for limit, window in self._orders.items():
                    headers[f"x-mbx-order-count-{limit.count}{limit.letter.lower()}"] = str(window.at(now_ms))

    def _handle(self, route: Route, ask: Ask) -> Any:
        """Runs a handler. Raises nothing but BinanceRefusal for what the exchange or the market refuses."""
        try:
            return route.handler(ask)
        except PaperRefusal as refused:
            raise self.refusal(refused) from None
        except NoSuchMarket:
            raise BinanceRefusal(*INVALID_SYMBOL) from None
        except IntervalUnavailable:
            raise BinanceRefusal(-1120, "Invalid interval.") from None
        except MarketError:
            # Of the three kinds of 503, the one that says the operation failed and may be sent again.
            message = "Internal error; unable to process your request. Please try again."
            raise BinanceRefusal(-1001, message, status=503) from None

    def _weigh(self, route: Route, params: Params, now_ms: int, headers: dict[str, str]) -> None:
        weight = route.weight if isinstance(route.weight, int) else route.weight(params)
        limit = self.weight_limit
        within = self._weight.add(weight, now_ms)
        headers[f"x-mbx-used-weight-{limit.count}{limit.letter.lower()}"] = str(self._weight.used)
        if not within:
            what = f"current limit is {limit.limit} request weight per {limit.count} {limit.interval}."
            message = f"Too much request weight used; {what} Please use WebSocket Streams for live updates."
            raise BinanceRefusal(-1003, message, status=429, wait=self._weight.seconds_left(now_ms))


def _form_body(request: HttpRequest) -> str:
    """Returns the body where it is a form; any other body is not read, as on the venue."""
    kind = header(request, "content-type").partition(";")[0].strip().lower()
    if kind not in ("", "application/x-www-form-urlencoded"):
        return ""
    try:
        return request.body.decode()
    except UnicodeDecodeError:
        raise illegal("body", "UTF-8") from None


def _form(raw: str) -> dict[str, str]:
    try:
        return parse_form(raw)
    except BadForm as bad:
        if bad.twice:
            raise BinanceRefusal(-1101, "Duplicate values for a parameter detected.") from None
        raise illegal(bad.name, "^[a-zA-Z0-9]+=.*$") from None


def _authorise(
    route: Route,
    request: HttpRequest,
    query: str,
    body: str,
    params: Params,
    *,
    key: str,
    secret: bytes,
    now_ms: int,
) -> None:
    """Checks key, time and signature.

    https://developers.binance.com/docs/binance-spot-api-docs/rest-api/request-security
    """
    if route.security is Security.NONE:
        return
    sent = header(request, "x-mbx-apikey")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", sent):
        raise BinanceRefusal(-2014, "API-key format invalid.", status=401)
    if not hmac.compare_digest(sent.encode(), key.encode()):
        raise BinanceRefusal(-2015, "Invalid API-key, IP, or permissions for action.", status=401)
    if route.security is Security.KEY:
        return
    for name in ("timestamp", "signature"):
        if not params.text(name):
            raise missing(name)
    _check_time(params, now_ms)
    payload, mark, signature = (query + body).rpartition("signature=")
    if not mark or (payload and not payload.endswith("&") and payload != query):
        raise BinanceRefusal(-1022, "Signature for this request is not valid.")
    expected = hmac.new(secret, payload.removesuffix("&").encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.lower().encode()):
        raise BinanceRefusal(-1022, "Signature for this request is not valid.")


def _check_time(params: Params, now_ms: int) -> None:
    window = params.decimal("recvWindow")
    if window is None:
        window = Decimal(5_000)
    if window > 60_000:
        raise BinanceRefusal(-1131, "recvWindow must be less than 60000.")
    timestamp = params.integer("timestamp")
    if timestamp is None:
        raise missing("timestamp")
    if timestamp >= now_ms + 1_000:
        raise BinanceRefusal(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    if now_ms - timestamp > window:
        raise BinanceRefusal(-1021, "Timestamp for this request is outside of the recvWindow.")


def _demand(route: Route, params: Params) -> None:
    """Refuses what is missing, empty or not known to the route."""
    for name in route.mandatory():
        if not params.text(name):
            raise missing(name)
    for name, value in params.given.items():
        if not value:
            raise BinanceRefusal(-1105, f"Parameter '{name}' was empty.")
    known = {*route.names()}
    if route.security is Security.SIGNED:
        known |= {"timestamp", "recvWindow", "signature"}
    read = sum(name in known for name in params.given)
    if read < len(params.given):
        told = f"read '{read}' parameter(s) but was sent '{len(params.given)}'."
        raise BinanceRefusal(-1104, f"Not all sent parameters were read; {told}")


def window_of(ask: Ask, longest_ms: int, refusal: BinanceRefusal) -> tuple[int, int]:
    """Returns startTime and endTime, both inclusive, of a history; the ends of time where they were not sent.

    Raises:
        BinanceRefusal: `refusal` where both are sent and lie too far apart; -1023 where their order is wrong.
    """
    start, end = ask.params.integer("startTime"), ask.params.integer("endTime")
    if start is not None and end is not None:
        if start > end:
            raise BinanceRefusal(-1023, "Start time is greater than end time.")
        if end - start > longest_ms:
            raise refusal
    return (0 if start is None else start), (1 << 62 if end is None else end)


def mapped(reason: Reason, words: Mapping[Reason, tuple[int, str]], detail: str) -> BinanceRefusal:
    """Returns the venue's code and text for a reason; one that has none is a request the venue calls unsupported."""
    code, message = words.get(reason, (-1014, "Unsupported order combination."))
    return BinanceRefusal(code, message or detail)
