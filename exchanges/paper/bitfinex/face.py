"""The face: routes, signatures, nonces, the account behind them. https://docs.bitfinex.com/docs/rest-general"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from blave_mcp.exchanges.paper.bitfinex import account, funding, market, orders, records
from blave_mcp.exchanges.paper.bitfinex.wire import (
    MAINTENANCE,
    PARAMS,
    RATE,
    Ask,
    BitfinexRefusal,
    check_signature,
    generic,
    params_of,
    spend_nonce,
)
from blave_mcp.exchanges.paper.face import Window, json_reply, path_and_query
from blave_mcp.exchanges.paper.face_books import Books
from blave_mcp.exchanges.paper.market import IntervalUnavailable, MarketError, NoSuchMarket
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.wire import HttpReply, HttpRequest

MINUTE_MS = 60_000
_HOLE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint. `limit` is what a minute takes; holes in the path match one name each."""

    method: str
    path: str
    handler: Callable[[Ask], Any]
    limit: int = 90

    @property
    def signed(self) -> bool:
        return "/auth/" in self.path

    def pattern(self) -> re.Pattern[str]:
        parts = _HOLE.split(self.path)
        holes = (f"(?P<{part}>[^/]+?)" if n % 2 else re.escape(part) for n, part in enumerate(parts))
        return re.compile("".join(holes))


def _get(path: str, handler: Callable[[Ask], Any], limit: int = 90) -> Route:
    return Route("GET", f"/v2/{path}", handler, limit)


def _read(path: str, handler: Callable[[Ask], Any]) -> Route:
    return Route("POST", f"/v2/auth/r/{path}", handler)


def _write(path: str, handler: Callable[[Ask], Any]) -> Route:
    return Route("POST", f"/v2/auth/w/{path}", handler)


ROUTES = (
    _get("platform/status", market.status, 30),
    _get("ticker/{symbol}", market.ticker),
    _get("tickers", market.tickers),
    _get("candles/trade:{frame}:{symbol}/hist", market.candles),
    _get("book/{symbol}/{precision}", market.book, 240),
    _get("trades/{symbol}/hist", market.trades),
    _get("funding/stats/{symbol}/hist", funding.stats),
    _get("stats1/{stat}/hist", market.stats),
    _get("conf/{config}", market.conf),
    _read("wallets", account.wallets),
    _read("positions", account.positions),
    _read("info/margin/{symbol}", account.margin_info),
    _read("ledgers/hist", account.ledgers),
    _read("ledgers/{symbol}/hist", account.ledgers),
    _read("movements/{symbol}/hist", account.movements),
    _read("summary", account.summary),
    _read("permissions", account.permissions),
    _read("info/user", account.user),
    _write("transfer", account.transfer),
    _read("orders", records.active),
    _read("orders/hist", records.history),
    _read("orders/{symbol}", records.active),
    _read("orders/{symbol}/hist", records.history),
    _read("order/{symbol}:{id}/trades", records.order_trades),
    _read("trades/hist", records.trades),
    _read("trades/{symbol}/hist", records.trades),
    _write("order/submit", orders.submit),
    _write("order/update", orders.update),
    _write("order/cancel", orders.cancel),
    _write("order/cancel/multi", orders.cancel_several),
    _write("order/multi", orders.several),
    _read("funding/offers", funding.offers),
    _read("funding/offers/{symbol}", funding.offers),
    _read("funding/offers/{symbol}/hist", funding.offers_history),
    _read("funding/loans", funding.loans),
    _read("funding/loans/{symbol}", funding.loans),
    _read("funding/loans/{symbol}/hist", funding.loans_history),
    _read("funding/credits", funding.credits),
    _read("funding/credits/{symbol}", funding.credits),
    _read("funding/credits/{symbol}/hist", funding.credits_history),
    _read("funding/trades/{symbol}/hist", funding.own_trades),
    _read("info/funding/{symbol}", funding.info),
    _write("funding/offer/submit", funding.submit),
    _write("funding/offer/cancel", funding.cancel),
    _write("funding/offer/cancel/all", funding.cancel_all),
)


def tidy(value: Any) -> Any:
    """The same without zeros at the end of a number, which JSON's numbers do not have."""
    if isinstance(value, Decimal):
        return value.normalize()
    if isinstance(value, list | tuple):
        return [tidy(one) for one in value]
    return value


class BitfinexFace:
    """Bitfinex's v2 API: public data, and one account with three wallets.

    Args:
        books: the account, on Bitfinex's terms.
        key, secret: the one key pair that may sign.
    """

    name = "bitfinex"
    base_urls = ("https://api.bitfinex.com", "https://api-pub.bitfinex.com")

    def __init__(self, books: Books, *, key: str, secret: str) -> None:
        self._books = books
        self._key = key
        self._secret = secret.encode()
        self._routes = [(route, route.pattern()) for route in ROUTES]
        self._windows: dict[str, Window] = {}

    def handle(self, request: HttpRequest, now_ms: int) -> HttpReply:
        """See `face.Face`."""
        try:
            return json_reply(200, tidy(self._answer(request, now_ms)))
        except BitfinexRefusal as refused:
            return json_reply(refused.status, ["error", refused.code, refused.message])

    def _answer(self, request: HttpRequest, now_ms: int) -> Any:
        raw, query = path_and_query(request.url)
        method, path = request.method.upper(), unquote(raw)
        route, holes = self._route(method, path)
        nonce = check_signature(request, raw, key=self._key, secret=self._secret) if route.signed else 0
        self._count(route, now_ms)
        params = params_of(request, query, holes)
        with self._books.open(now_ms) as held:
            if route.signed:
                spend_nonce(held, self._key, nonce)
            return _handle(route, Ask(params, now_ms, held))

    def _route(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        for route, pattern in self._routes:
            if route.method == method and (found := pattern.fullmatch(path)):
                return route, found.groupdict()
        raise BitfinexRefusal(PARAMS, f"route: paper trading has no {method} {path}", status=404)

    def _count(self, route: Route, now_ms: int) -> None:
        window = self._windows.setdefault(f"{route.method} {route.path}", Window(MINUTE_MS, route.limit))
        if not window.add(1, now_ms):
            raise BitfinexRefusal(RATE, "ratelimit: error", status=429)


def _handle(route: Route, ask: Ask) -> Any:
    """Runs a handler. Raises nothing but BitfinexRefusal for what the exchange or the market refuses."""
    try:
        return route.handler(ask)
    except PaperRefusal as refused:
        if refused.reason is Reason.UNKNOWN_SYMBOL:
            raise BitfinexRefusal(PARAMS, "symbol: invalid") from None
        raise generic(f"Invalid order: {refused.detail}") from None
    except NoSuchMarket:
        raise BitfinexRefusal(PARAMS, "symbol: invalid") from None
    except IntervalUnavailable:
        raise BitfinexRefusal(PARAMS, "time_frame: invalid") from None
    except MarketError:
        raise BitfinexRefusal(MAINTENANCE, "maintenance") from None
