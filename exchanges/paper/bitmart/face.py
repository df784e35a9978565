"""BitMart's two hosts: envelope, keys, signatures and routes.

https://developer-pro.bitmart.com/en/spot/#authentication
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from blave_mcp.exchanges.paper.exchange import PaperExchange
from blave_mcp.exchanges.paper.face import BadForm, header, json_reply, parse_form, path_and_query, table
from blave_mcp.exchanges.paper.face_books import Account, Books, Refused
from blave_mcp.exchanges.paper.market import IntervalUnavailable, MarketError, NoSuchMarket
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import Listing, Product
from blave_mcp.exchanges.wire import HttpReply, HttpRequest

WINDOW_MS = 60_000
_ID = re.compile(r"[0-9A-Za-z]{1,32}")


class BitMartRefusal(Refused):
    """What BitMart answers in place of data."""

    def __init__(self, code: int, message: str, *, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


# The venue's words for what the exchange refuses: spot's, and those of perpetuals.
SPOT_WORDS: Mapping[Reason, tuple[int, str]] = {
    Reason.UNKNOWN_SYMBOL: (50001, "Symbol not found"),
    Reason.BAD_TICK: (50021, "Invalid price"),
    Reason.BAD_LOT: (50021, "Invalid size"),
    Reason.QTY_TOO_SMALL: (50006, "Minimum size is not reached"),
    Reason.QTY_TOO_LARGE: (50007, "Maximum size is exceeded"),
    Reason.NOTIONAL_TOO_SMALL: (51011, "param not match : size * price >=5"),
    Reason.PRICE_BAND: (50025, "Maximum price is exceeded"),
    Reason.INSUFFICIENT_BALANCE: (50020, "Balance not enough"),
    Reason.NO_LIQUIDITY: (50034, "The price is high and there is no matching depth"),
    Reason.POST_ONLY_WOULD_TAKE: (50034, "The price is high and there is no matching depth"),
    Reason.DUPLICATE_CLIENT_ID: (50042, "clientOrderId is duplicate"),
    Reason.UNKNOWN_ORDER: (50005, "Order Id not found"),
    Reason.ORDER_DONE: (50036, "Cancel failed, order is not revocable status"),
    Reason.BAD_AMOUNT: (60000, "Invalid request"),
}
FUTURES_WORDS: Mapping[Reason, tuple[int, str]] = {
    Reason.UNKNOWN_SYMBOL: (40034, "This contract is not found"),
    Reason.BAD_TICK: (40043, "The order precision is invalid"),
    Reason.BAD_LOT: (40043, "The order precision is invalid"),
    Reason.QTY_TOO_SMALL: (40044, "The order range is invalid"),
    Reason.QTY_TOO_LARGE: (40044, "The order range is invalid"),
    Reason.PRICE_BAND: (40044, "The order range is invalid"),
    Reason.BAD_CALLBACK: (40044, "The order range is invalid"),
    Reason.INSUFFICIENT_BALANCE: (40027, "You contract account available balance not enough"),
    Reason.INSUFFICIENT_MARGIN: (40027, "You contract account available balance not enough"),
    Reason.MAX_POSITION: (40029, "The order's leverage is too large."),
    Reason.WOULD_TRIGGER_NOW: (40031, "The deviation between current price and trigger price is too large."),
    Reason.DUPLICATE_CLIENT_ID: (40050, "Client OrderId duplicated with existing orders"),
    Reason.TOO_MANY_ORDERS: (40028, "Your plan order's count is more than system maximum limit."),
    Reason.UNKNOWN_ORDER: (40035, "The order is not exist"),
    Reason.ORDER_DONE: (40036, "The order status is invalid"),
    Reason.NOT_AMENDABLE: (40036, "The order status is invalid"),
    Reason.REDUCE_ONLY_REJECTED: (40020, "Your position volume is not enough"),
    Reason.POSITION_SIDE_MISMATCH: (40041, "The order side is invalid"),
    Reason.NO_POSITION: (40021, "The position is not exsit"),
    Reason.LEVERAGE_INVALID: (40040, "The order leverage is invalid"),
    Reason.LEVERAGE_TOO_HIGH: (40029, "The order's leverage is too large."),
    Reason.LEVERAGE_NEEDS_MARGIN: (40027, "You contract account available balance not enough"),
    Reason.MARGIN_MODE_HAS_POSITION: (40012, "The margin mode differs from that of the open position"),
    Reason.MARGIN_MODE_HAS_ORDERS: (40012, "The margin mode differs from that of the open orders"),
    Reason.POSITION_MODE_HAS_POSITION: (40059, "Some positions exist and the mode switching fails."),
    Reason.POSITION_MODE_HAS_ORDERS: (40059, "Some positions exist and the mode switching fails."),
    Reason.BAD_AMOUNT: (40005, "Transfer vol precision error"),
}


class Level(StrEnum):
    """What a request must carry."""

    NONE = "none"
    KEYED = "keyed"
    SIGNED = "signed"


@dataclass(slots=True)
class Ask:
    """One request, as a handler gets it: `given` is the query, or the body."""

    given: Mapping[str, Any]
    now: int
    account: Account
    futures: bool

    @property
    def exchange(self) -> PaperExchange:
        return self.account.exchange

    def wrong(self, name: str) -> BitMartRefusal:
        return (
            BitMartRefusal(40007, "Parse parameter error") if self.futures else BitMartRefusal(50021, f"Invalid {name}")
        )

    def text(self, name: str) -> str:
        value = self.given.get(name, "")
        if isinstance(value, bool):
            return "true" if value else "false"
        if not isinstance(value, str | int):
            raise self.wrong(name)
        return str(value)

    def need(self, name: str) -> str:
        if not (value := self.text(name)):
            raise self.wrong(name)
        return value

    def one_of(self, name: str, known: Sequence[str], default: str = "") -> str:
        value = self.text(name) or default
        if value not in known:
            raise self.wrong(name)
        return value

    def decimal(self, name: str) -> Decimal | None:
        value = self.text(name)
        if not value:
            return None
        if not re.fullmatch(r"-?\d{1,20}(\.\d{1,20})?", value):
            raise self.wrong(name)
        return Decimal(value)

    def positive(self, name: str) -> Decimal:
        found = self.decimal(name)
        if found is None or found <= 0:
            raise self.wrong(name)
        return found

    def integer(self, name: str) -> int | None:
        value = self.text(name)
        if not value:
            return None
        if not re.fullmatch(r"\d{1,19}", value):
            raise self.wrong(name)
        return int(value)

    def rows(self, most: int, name: str = "limit") -> int:
        return min(most, self.integer(name) or most)

    def client_id(self, name: str) -> str:
        found = self.text(name)
        if len(found) > 32:
            code = 40049 if self.futures else 50037
            raise BitMartRefusal(code, "The maximum length of clientOrderId cannot exceed 32")
        if found and not _ID.fullmatch(found):
            code = 40048 if self.futures else 50038
            raise BitMartRefusal(code, "ClientOrderId only allows a combination of numbers and letters")
        return found

    def listing(self, name: str = "symbol") -> Listing:
        """Raises BitMartRefusal 50001 or 40034."""
        given = self.need(name)
        product = Product.PERP if self.futures else Product.SPOT
        found = next((one for one in self.exchange.listings(product) if native(one) == given), None)
        if found is None:
            raise BitMartRefusal(*(FUTURES_WORDS if self.futures else SPOT_WORDS)[Reason.UNKNOWN_SYMBOL])
        return found

    def some_listing(self, name: str = "symbol") -> Listing | None:
        return self.listing(name) if self.text(name) else None

    def element(self, given: Mapping[str, Any]) -> Ask:
        """The same request for one element of a batch."""
        return Ask({**given, "symbol": self.text("symbol")}, self.now, self.account, self.futures)

    def refusal(self, refused: PaperRefusal) -> BitMartRefusal:
        words = FUTURES_WORDS if self.futures else SPOT_WORDS
        other = (40011, "Invalid request") if self.futures else (50000, "Bad Request")
        return BitMartRefusal(*words.get(refused.reason, other))


def native(listing: Listing) -> str:
    return listing.symbol if listing.product is Product.PERP else f"{listing.base}_{listing.quote}"


Handler = Callable[[Ask], Any]


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    handler: Handler
    level: Level = Level.NONE

    @property
    def futures(self) -> bool:
        return self.path.startswith(("/contract/", "/account/v1/transfer-contract"))


class BitMartFace:
    """BitMart in paper mode: spot, isolated margin and perpetuals.

    Args:
        books: the account.
        before: settles what the face keeps books of itself, before every request.
        key, secret, memo: the one key that may sign.
    """

    name: ClassVar[str] = "bitmart"
    base_urls: ClassVar[tuple[str, ...]] = ("https://api-cloud.bitmart.com", "https://api-cloud-v2.bitmart.com")

    def __init__(
        self, books: Books, routes: Sequence[Route], before: Handler, *, key: str, secret: str, memo: str
    ) -> None:
        self._books = books
        self._routes = table(routes)
        self._before = before
        self._key, self._secret, self._memo = key, secret.encode(), memo

    def handle(self, request: HttpRequest, now_ms: int) -> HttpReply:
        """See `face.Face`."""
        if not header(request, "user-agent"):
            return HttpReply(403, {"content-type": "text/html"}, b"error code: 1010")
        trace = f"paper.{now_ms}"
        try:
            data = self._answer(request, now_ms)
        except BitMartRefusal as refused:
            body = {"code": refused.code, "trace": trace, "message": refused.message, "data": {}}
            return json_reply(refused.status, body)
        return json_reply(200, {"code": 1000, "trace": trace, "message": "success", "data": data})

    def _answer(self, request: HttpRequest, now_ms: int) -> Any:
        path, query = path_and_query(request.url)
        route = self._routes.get((request.method.upper(), path))
        if route is None:
            message = f"Not found: paper trading has no {request.method.upper()} {path}"
            raise BitMartRefusal(30000, message, status=404)
        posts = request.method.upper() == "POST"
        given = self._body(request) if posts else self._query(query)
        if route.level is not Level.NONE:
            self._check_key(request)
        if route.level is Level.SIGNED:
            self._check_sign(request, given, now_ms)
        with self._books.open(now_ms) as account:
            ask = Ask(given, now_ms, account, route.futures)
            try:
                self._before(ask)
                return route.handler(ask)
            except PaperRefusal as refused:
                raise ask.refusal(refused) from None
            except NoSuchMarket:
                raise ask.refusal(PaperRefusal(Reason.UNKNOWN_SYMBOL, "")) from None
            except IntervalUnavailable:
                raise BitMartRefusal(40038, "The k-line step is invalid") from None
            except MarketError:
                raise BitMartRefusal(30014, "Service unavailable", status=503) from None

    @staticmethod
    def _query(query: str) -> dict[str, Any]:
        try:
            return dict(parse_form(query))
        except BadForm as bad:
            raise BitMartRefusal(50021, f"Invalid {bad.name}") from None

    @staticmethod
    def _body(request: HttpRequest) -> dict[str, Any]:
        if header(request, "content-type").partition(";")[0].strip().lower() != "application/json":
            raise BitMartRefusal(60031, "Unsupported Media Type", status=415)
        try:
            body = json.loads(request.body or b"{}", parse_float=str)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise BitMartRefusal(30018, "Request Body requires JSON format", status=503)
        return body

    def _check_key(self, request: HttpRequest) -> None:
        key = header(request, "x-bm-key")
        if not key:
            raise BitMartRefusal(30001, "Header X-BM-KEY is empty", status=401)
        if not _same(key, self._key):
            raise BitMartRefusal(30002, "Header X-BM-KEY not found", status=401)

    def _check_sign(self, request: HttpRequest, given: Mapping[str, Any], now_ms: int) -> None:
        """Time and signature; a query is not signed, a body is to the byte."""
        sign, stamp = header(request, "x-bm-sign"), header(request, "x-bm-timestamp")
        if not sign:
            raise BitMartRefusal(30004, "Header X-BM-SIGN is empty", status=401)
        if not stamp:
            raise BitMartRefusal(30006, "Header X-BM-TIMESTAMP is empty", status=401)
        if not re.fullmatch(r"\d{13}", stamp):
            raise BitMartRefusal(30008, "Header X-BM-TIMESTAMP invalid format", status=401)
        window = given.get("recvWindow", WINDOW_MS)
        if not isinstance(window, int) or not 0 < window <= WINDOW_MS or abs(now_ms - int(stamp)) > window:
            raise BitMartRefusal(30007, "Header X-BM-TIMESTAMP range. Within a minute", status=401)
        body = request.body if request.method.upper() == "POST" else b""
        made = hmac.new(self._secret, f"{stamp}#{self._memo}#".encode() + body, hashlib.sha256).hexdigest()
        if not _same(sign, made):
            raise BitMartRefusal(30005, "Header X-BM-SIGN is wrong", status=401)


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
