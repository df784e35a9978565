"""The face: routes, limits, the account behind them. https://bybit-exchange.github.io/docs/v5/intro"""

from __future__ import annotations

from typing import Any

from blave_mcp.exchanges.paper.bybit.ask import PRODUCTS, Ask, Route
from blave_mcp.exchanges.paper.bybit.routes import ROUTES
from blave_mcp.exchanges.paper.bybit.wire import BybitRefusal, Params, authorise, envelope, params_of, wrong
from blave_mcp.exchanges.paper.bybit.words import refusal
from blave_mcp.exchanges.paper.face import Window, json_reply, path_and_query, table
from blave_mcp.exchanges.paper.face_books import Books
from blave_mcp.exchanges.paper.market import IntervalUnavailable, MarketError, NoSuchMarket
from blave_mcp.exchanges.paper.refusals import PaperRefusal
from blave_mcp.exchanges.paper.types import Product
from blave_mcp.exchanges.wire import HttpReply, HttpRequest


class BybitFace:
    """Bybit's V5 API over one unified account.

    Args:
        books: the account, on Bybit's terms.
        key, secret: the one key pair that may sign.
    """

    name = "bybit"
    base_urls = ("https://api.bybit.com", "https://api.bytick.com", "https://api-testnet.bybit.com")

    def __init__(self, books: Books, *, key: str, secret: str) -> None:
        self._books = books
        self._key = key
        self._secret = secret.encode()
        self._routes = table(ROUTES)
        self._windows: dict[tuple[str, int], Window] = {}

    def handle(self, request: HttpRequest, now_ms: int) -> HttpReply:
        """See `face.Face`."""
        headers: dict[str, str] = {}
        try:
            message, result, beside = self._answer(request, now_ms, headers)
            return json_reply(200, envelope(0, message, result, beside, now_ms), headers)
        except BybitRefusal as refused:
            told = envelope(refused.code, refused.message, refused.result, {}, now_ms)
            return json_reply(refused.status, told, headers)

    def _answer(self, request: HttpRequest, now_ms: int, headers: dict[str, str]) -> tuple[str, Any, Any]:
        path, query = path_and_query(request.url)
        method = request.method.upper()
        route = self._routes.get((method, path))
        if route is None:
            raise BybitRefusal(10017, f"Route not found: paper trading has no {method} {path}.", status=404)
        if route.signed:
            authorise(request, query, key=self._key, secret=self._secret, now_ms=now_ms)
        params = params_of(request, query)
        if route.signed:
            self._count(route, params, now_ms, headers)
        with self._books.open(now_ms) as account:
            ask = Ask(params, now_ms, account)
            return route.message, self._handle(route, ask), ask.beside

    def _handle(self, route: Route, ask: Ask) -> Any:
        """Runs a handler. Raises nothing but BybitRefusal for what the exchange or the market refuses."""
        try:
            return route.handler(ask)
        except PaperRefusal as refused:
            raise refusal(refused, PRODUCTS.get(ask.params.text("category"), Product.PERP)) from None
        except NoSuchMarket:
            raise wrong("Not supported symbols") from None
        except IntervalUnavailable:
            raise wrong("Invalid period!") from None
        except MarketError:
            raise BybitRefusal(10016, "Server error.") from None

    def _count(self, route: Route, params: Params, now_ms: int, headers: dict[str, str]) -> None:
        limit = route.limit[1 if params.given.get("category") == "spot" else 0]
        window = self._windows.setdefault((f"{route.method} {route.path}", limit), Window(1_000, limit))
        within = window.add(1, now_ms)
        headers["x-bapi-limit"] = str(limit)
        headers["x-bapi-limit-status"] = str(max(0, limit - window.used))
        headers["x-bapi-limit-reset-timestamp"] = str(now_ms if within else now_ms - now_ms % 1_000 + 1_000)
        if not within:
            raise BybitRefusal(10006, "Too many visits!")
