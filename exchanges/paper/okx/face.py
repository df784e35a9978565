"""OKX's one host: envelope, keys, signatures and routes.

https://www.okx.com/docs-v5/en/#overview-rest-authentication
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

from blave_mcp.exchanges.paper.exchange import PaperExchange
from blave_mcp.exchanges.paper.face import BadForm, header, json_reply, parse_form, path_and_query
from blave_mcp.exchanges.paper.face_books import Account, Books, Refused
from blave_mcp.exchanges.paper.market import IntervalUnavailable, MarketError, NoSuchMarket
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import Listing, Product
from blave_mcp.exchanges.wire import HttpReply, HttpRequest

WINDOW_MS = 30_000
_STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{3})Z")


class OkxRefusal(Refused):
    """What OKX answers in place of data.

    Attributes:
        data: elements with an sCode of their own, below a code of 1.
    """

    def __init__(self, code: str, message: str, *, status: int = 200, data: Sequence[Any] = ()) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.data = list(data)


def empty(name: str) -> OkxRefusal:
    return OkxRefusal("50014", f"Parameter {name} can not be empty", status=400)


def wrong(name: str) -> OkxRefusal:
    return OkxRefusal("51000", f"Parameter {name} error", status=400)


NO_INSTRUMENT = ("51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist.")
NOT_IN_DEMO = ("50038", "This feature is unavailable in demo trading")

# The venue's words for what the exchange refuses.
WORDS: Mapping[Reason, tuple[str, str]] = {
    Reason.UNKNOWN_SYMBOL: NO_INSTRUMENT,
    Reason.BAD_REQUEST: ("51000", "Parameter error"),
    Reason.UNSUPPORTED_TYPE: ("51000", "Parameter ordType error"),
    Reason.BAD_TICK: ("51000", "Parameter px error"),
    Reason.BAD_LOT: ("51121", "Order quantity must be a multiple of the lot size."),
    Reason.QTY_TOO_SMALL: ("51020", "Your order should meet or exceed the minimum order amount."),
    Reason.QTY_TOO_LARGE: ("51101", "Entered amount exceeds the max pending order amount per transaction."),
    Reason.NOTIONAL_TOO_SMALL: ("51020", "Your order should meet or exceed the minimum order amount."),
    Reason.PRICE_BAND: ("51006", "Order price is not within the price limit"),
    Reason.BAD_CALLBACK: ("51257", "Callback ratio is out of range"),
    Reason.INSUFFICIENT_BALANCE: ("51008", "Order failed. Insufficient balance in account"),
    Reason.INSUFFICIENT_MARGIN: ("51008", "Order failed. Insufficient margin in account"),
    Reason.MAX_POSITION: ("51004", "Order failed. The maximum position amount under current leverage is exceeded."),
    Reason.NO_LIQUIDITY: ("51109", "No available offer"),
    Reason.POST_ONLY_WOULD_TAKE: ("51511", "Post-only order would take"),
    Reason.WOULD_TRIGGER_NOW: ("51000", "Parameter triggerPx error"),
    Reason.DUPLICATE_CLIENT_ID: ("51016", "Client order ID already exists."),
    Reason.TOO_MANY_ORDERS: ("51025", "Order count exceeds the limit."),
    Reason.CLOSE_POSITION_EXISTS: ("51333", "A TP/SL order for the entire position exists already."),
    Reason.UNKNOWN_ORDER: ("51603", "Order does not exist"),
    Reason.ORDER_DONE: ("51400", "Cancellation failed as the order has been filled, canceled or does not exist."),
    Reason.NOT_AMENDABLE: ("51506", "Order modification unavailable for the order type."),
    Reason.NOTHING_TO_AMEND: ("51500", "You must enter a new price, quantity, or TP/SL."),
    Reason.REDUCE_ONLY_REJECTED: (
        "51169",
        "Order failed because you don't have any positions in this direction for this contract to reduce or close.",
    ),
    Reason.POSITION_SIDE_MISMATCH: ("51000", "Parameter posSide error"),
    Reason.NO_POSITION: ("51023", "Position does not exist"),
    Reason.LEVERAGE_INVALID: ("59102", "Leverage exceeds the maximum limit. Please lower the leverage."),
    Reason.LEVERAGE_TOO_HIGH: ("59104", "The leverage is too high. The borrowed position has exceeded the maximum."),
    Reason.LEVERAGE_NEEDS_MARGIN: ("59103", "Leverage is too low and no sufficient margin in your account."),
    Reason.POSITION_MODE_HAS_POSITION: ("59000", "Settings failed. Close any open positions first."),
    Reason.POSITION_MODE_HAS_ORDERS: ("59000", "Settings failed. Close any open orders first."),
    Reason.NOT_ISOLATED: ("59300", "Margin call failed. Position does not exist."),
    Reason.ISOLATED_MARGIN_INSUFFICIENT: ("59301", "Margin adjustment failed for exceeding the max limit."),
    Reason.BAD_AMOUNT: ("51000", "Parameter amt error"),
    Reason.SAME_WALLET: ("58123", "From and to accounts must differ."),
}


def words_of(refused: PaperRefusal) -> tuple[str, str]:
    return WORDS.get(refused.reason, ("51000", "Parameter error"))


def inst_id(listing: Listing) -> str:
    name = f"{listing.base}-{listing.quote}"
    return f"{name}-SWAP" if listing.product is Product.PERP else name


def inst_type(listing: Listing) -> str:
    return {Product.SPOT: "SPOT", Product.MARGIN: "MARGIN", Product.PERP: "SWAP"}[listing.product]


@dataclass(slots=True)
class Ask:
    """One request, as a handler gets it. `given` is the query, or the body where that is an object."""

    face: OkxFace
    given: Mapping[str, Any]
    body: Any
    now: int
    account: Account

    @property
    def exchange(self) -> PaperExchange:
        return self.account.exchange

    def text(self, name: str) -> str:
        value = self.given.get(name, "")
        if isinstance(value, bool):
            return "true" if value else "false"
        if not isinstance(value, str | int):
            raise wrong(name)
        return str(value)

    def need(self, name: str) -> str:
        if not (value := self.text(name)):
            raise empty(name)
        return value

    def one_of(self, name: str, known: Sequence[str], default: str = "") -> str:
        value = self.text(name) or default
        if value not in known:
            raise wrong(name) if value else empty(name)
        return value

    def decimal(self, name: str) -> Decimal | None:
        value = self.text(name)
        if not value:
            return None
        if not re.fullmatch(r"-?\d{1,20}(\.\d{1,20})?", value):
            raise wrong(name)
        return Decimal(value)

    def integer(self, name: str) -> int | None:
        value = self.text(name)
        if not value:
            return None
        if not re.fullmatch(r"\d{1,19}", value):
            raise wrong(name)
        return int(value)

    def rows(self, most: int, default: int | None = None) -> int:
        """`limit`; more than the most is the most."""
        wanted = self.integer("limit")
        return min(most, wanted or (most if default is None else default))

    def flag(self, name: str) -> bool:
        return self.text(name) == "true"

    def listing(self, name: str = "instId") -> Listing:
        """Raises OkxRefusal 50014, 51001."""
        return self.listing_of(self.need(name))

    def listing_of(self, name: str) -> Listing:
        found = self.face.listed(self.exchange).get(name)
        if found is None:
            raise OkxRefusal(*NO_INSTRUMENT)
        return found

    def lent(self, name: str) -> Listing:
        """The margin listing of a pair. Raises OkxRefusal 51001."""
        found = self.face.named(self.exchange, name)
        if found and found[-1].product is Product.MARGIN:
            return found[-1]
        raise OkxRefusal(*NO_INSTRUMENT)

    def leveraged(self, name: str) -> Listing:
        """The swap, or the margin listing of a pair. Raises OkxRefusal 51001."""
        found = self.listing_of(name)
        return found if found.product is Product.PERP else self.lent(name)

    def some_name(self) -> str:
        """`instId`, where it is given. Raises OkxRefusal 51001."""
        return inst_id(self.listing()) if self.text("instId") else ""

    def some_listing(self) -> Listing | None:
        return self.listing() if self.text("instId") else None

    def element(self, given: Mapping[str, Any]) -> Ask:
        """The same request for one element of a batch."""
        return Ask(self.face, given, given, self.now, self.account)


Handler = Callable[[Ask], list[Any]]


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    handler: Handler
    public: bool = False


class OkxFace:
    """OKX in paper mode: spot, margin and linear swaps in one trading account, and a funding account.

    Args:
        books: the account.
        key, secret, passphrase: the one key that may sign.
    """

    name: ClassVar[str] = "okx"
    base_urls: ClassVar[tuple[str, ...]] = ("https://www.okx.com",)

    def __init__(self, books: Books, routes: Sequence[Route], *, key: str, secret: str, passphrase: str) -> None:
        self._books = books
        self._routes = {(route.method, route.path): route for route in routes}
        self._key, self._secret, self._passphrase = key, secret.encode(), passphrase
        self._listed: dict[str, Listing] = {}

    def listed(self, exchange: PaperExchange) -> Mapping[str, Listing]:
        """Spot and swaps by OKX's name for them."""
        if not self._listed:
            self._listed = {inst_id(each): each for each in exchange.listings() if each.product is not Product.MARGIN}
        return self._listed

    def named(self, exchange: PaperExchange, name: str) -> Sequence[Listing]:
        """The listings of OKX's name: a pair is one for spot, and one for margin."""
        found = self.listed(exchange).get(name)
        if found is None:
            return ()
        lent = [each for each in exchange.listings(Product.MARGIN) if inst_id(each) == name]
        return (found, *lent) if found.product is Product.SPOT else (found,)

    def handle(self, request: HttpRequest, now_ms: int) -> HttpReply:
        """See `face.Face`."""
        if not header(request, "user-agent"):
            return HttpReply(403, {"content-type": "text/html"}, b"error code: 1010")
        try:
            data = self._answer(request, now_ms)
        except OkxRefusal as refused:
            body = {"code": refused.code, "data": refused.data, "msg": refused.message}
            return json_reply(refused.status, body)
        bad = sum(1 for each in data if isinstance(each, dict) and each.get("sCode", "0") != "0")
        if not bad:
            return json_reply(200, {"code": "0", "data": data, "msg": ""})
        all_failed = bad == len(data)
        told = ("1", "All operations failed") if all_failed else ("2", "Bulk operation partially succeeded.")
        return json_reply(200, {"code": told[0], "data": data, "msg": told[1]})

    def _answer(self, request: HttpRequest, now_ms: int) -> list[Any]:
        path, query = path_and_query(request.url)
        route = self._routes.get((request.method.upper(), path))
        if route is None:
            self._authorise(request, now_ms)
            raise OkxRefusal(NOT_IN_DEMO[0], f"{NOT_IN_DEMO[1]}: paper trading has no {request.method} {path}")
        if not route.public:
            self._authorise(request, now_ms)
        given: Any = self._body(request) if request.method.upper() == "POST" else self._query(query)
        with self._books.open(now_ms) as account:
            ask = Ask(self, given if isinstance(given, dict) else {}, given, now_ms, account)
            try:
                return route.handler(ask)
            except PaperRefusal as refused:
                raise OkxRefusal(*words_of(refused)) from None
            except NoSuchMarket:
                raise OkxRefusal(*NO_INSTRUMENT) from None
            except IntervalUnavailable:
                raise wrong("bar") from None
            except MarketError:
                raise OkxRefusal("50001", "Service temporarily unavailable. Try again later", status=503) from None

    @staticmethod
    def _query(query: str) -> dict[str, str]:
        try:
            return parse_form(query)
        except BadForm as bad:
            raise wrong(bad.name) from None

    @staticmethod
    def _body(request: HttpRequest) -> Any:
        if header(request, "content-type").partition(";")[0].strip().lower() != "application/json":
            message = 'Invalid Content-Type. Please use "application/JSON".'
            raise OkxRefusal("50006", message, status=400)
        if not request.body:
            raise OkxRefusal("50000", "Body for POST request cannot be empty.", status=400)
        try:
            body = json.loads(request.body, parse_float=Decimal)
        except ValueError:
            raise OkxRefusal("50002", "JSON syntax error", status=400) from None
        if not isinstance(body, dict | list) or (
            isinstance(body, list) and not all(isinstance(each, dict) for each in body)
        ):
            raise OkxRefusal("50002", "JSON syntax error", status=400)
        return body

    def _authorise(self, request: HttpRequest, now_ms: int) -> None:
        """Checks key, passphrase, time and signature, in this order."""
        for name, code in (
            ("OK-ACCESS-KEY", "50103"), ("OK-ACCESS-PASSPHRASE", "50104"), ("OK-ACCESS-SIGN", "50106"),
            ("OK-ACCESS-TIMESTAMP", "50107"),
        ):  # fmt: skip
            if not header(request, name):
                raise OkxRefusal(code, f'Request header "{name}" cannot be empty.', status=401)
        if not _same(header(request, "ok-access-key"), self._key):
            raise OkxRefusal("50119", "API key doesn't exist", status=401)
        if not _same(header(request, "ok-access-passphrase"), self._passphrase):
            raise OkxRefusal("50105", 'Request header "OK-ACCESS-PASSPHRASE" incorrect.', status=401)
        stamp = header(request, "ok-access-timestamp")
        at_ms = _milliseconds(stamp)
        if at_ms is None:
            raise OkxRefusal("50112", "Invalid OK-ACCESS-TIMESTAMP", status=401)
        if abs(now_ms - at_ms) > WINDOW_MS:
            raise OkxRefusal("50102", "Timestamp request expired", status=401)
        path, query = path_and_query(request.url)
        target = f"{path}?{query}" if query else path
        prehash = f"{stamp}{request.method.upper()}{target}".encode() + request.body
        made = base64.b64encode(hmac.new(self._secret, prehash, hashlib.sha256).digest()).decode()
        if not _same(header(request, "ok-access-sign"), made):
            raise OkxRefusal("50113", "Invalid Sign", status=401)


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _milliseconds(stamp: str) -> int | None:
    match = _STAMP.fullmatch(stamp)
    if match is None:
        return None
    try:
        whole = datetime.strptime(match[1], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(whole.timestamp()) * 1000 + int(match[2])
