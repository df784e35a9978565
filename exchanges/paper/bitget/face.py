"""Bitget's host: envelope, signatures, limits, routes.

https://www.bitget.com/api-doc/common/signature
https://www.bitget.com/api-doc/common/signature-samaple/interaction
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, NoReturn

from blave_mcp.exchanges.paper.bitget import account, futures, market, plans, spot, spot_plans
from blave_mcp.exchanges.paper.bitget.base import Ask, BitgetRefusal, Params, Route, public, refusal_of
from blave_mcp.exchanges.paper.face import BadForm, Window, header, json_reply, parse_form, path_and_query, table
from blave_mcp.exchanges.paper.face_books import Books
from blave_mcp.exchanges.paper.market import SECOND, IntervalUnavailable, MarketError, NoSuchMarket
from blave_mcp.exchanges.paper.refusals import PaperRefusal
from blave_mcp.exchanges.wire import HttpReply, HttpRequest

SUCCESS = "00000"
WINDOW_MS = 30 * SECOND

ROUTES = (
    public("/api/v2/public/time", market.time),
    public("/api/v2/spot/public/symbols", market.symbols),
    public("/api/v2/spot/public/coins", market.coins, 3),
    public("/api/v2/spot/market/tickers", market.spot_tickers),
    public("/api/v2/spot/market/orderbook", market.spot_book),
    public("/api/v2/spot/market/candles", market.spot_candles),
    public("/api/v2/spot/market/history-candles", market.spot_history_candles),
    public("/api/v2/spot/market/fills", market.spot_trades, 10),
    public("/api/v2/spot/market/fills-history", market.spot_trades, 10),
    public("/api/v2/margin/currencies", market.nothing, 10),
    public("/api/v2/mix/market/contracts", market.contracts),
    public("/api/v2/mix/market/ticker", market.contract_ticker),
    public("/api/v2/mix/market/tickers", market.contract_tickers),
    public("/api/v2/mix/market/merge-depth", market.merge_depth),
    public("/api/v2/mix/market/candles", market.contract_candles),
    public("/api/v2/mix/market/history-candles", market.contract_history_candles),
    public("/api/v2/mix/market/fills", market.contract_trades),
    public("/api/v2/mix/market/fills-history", market.contract_trades, 10),
    public("/api/v2/mix/market/current-fund-rate", market.funding_now),
    public("/api/v2/mix/market/history-fund-rate", market.funding_history),
    public("/api/v2/mix/market/open-interest", market.open_interest),
    public("/api/v2/mix/market/symbol-price", market.symbol_price),
    public("/api/v2/mix/market/query-position-lever", market.tiers, 10),
    Route("GET", "/api/v2/spot/account/assets", account.spot_assets),
    Route("GET", "/api/v2/account/funding-assets", account.funding_assets),
    Route("GET", "/api/v2/account/all-account-balance", account.overview, 1),
    Route("GET", "/api/v2/common/trade-rate", account.trade_rate),
    Route("POST", "/api/v2/spot/wallet/transfer", account.transfer),
    Route("GET", "/api/v2/spot/account/transferRecords", account.transfer_records, 20),
    Route("POST", "/api/v2/spot/trade/place-order", spot.place),
    Route("POST", "/api/v2/spot/trade/batch-orders", spot.place_batch, 5),
    Route("POST", "/api/v2/spot/trade/cancel-order", spot.cancel_one),
    Route("POST", "/api/v2/spot/trade/batch-cancel-order", spot.cancel_batch),
    Route("POST", "/api/v2/spot/trade/cancel-symbol-order", spot.cancel_symbol, 5),
    Route("POST", "/api/v2/spot/trade/cancel-replace-order", spot.replace, 5),
    Route("GET", "/api/v2/spot/trade/orderInfo", spot.info, 20),
    Route("GET", "/api/v2/spot/trade/unfilled-orders", spot.unfilled, 20),
    Route("GET", "/api/v2/spot/trade/history-orders", spot.history, 20),
    Route("GET", "/api/v2/spot/trade/fills", spot.fills),
    Route("POST", "/api/v2/spot/trade/place-plan-order", spot_plans.place, 20),
    Route("POST", "/api/v2/spot/trade/modify-plan-order", spot_plans.modify, 20),
    Route("POST", "/api/v2/spot/trade/cancel-plan-order", spot_plans.cancel_one, 20),
    Route("POST", "/api/v2/spot/trade/batch-cancel-plan-order", spot_plans.cancel_all, 5),
    Route("GET", "/api/v2/spot/trade/current-plan-order", spot_plans.active, 20),
    Route("GET", "/api/v2/spot/trade/history-plan-order", spot_plans.history, 20),
    Route("GET", "/api/v2/mix/account/accounts", account.accounts),
    Route("GET", "/api/v2/mix/account/account", account.account),
    Route("GET", "/api/v2/mix/account/bill", account.bills),
    Route("POST", "/api/v2/mix/account/set-leverage", account.set_leverage, 5),
    Route("POST", "/api/v2/mix/account/set-margin-mode", account.set_margin_mode, 5),
    Route("POST", "/api/v2/mix/account/set-position-mode", account.set_position_mode, 5),
    Route("POST", "/api/v2/mix/account/set-margin", account.set_margin, 5),
    Route("GET", "/api/v2/mix/position/all-position", account.all_positions, 5),
    Route("GET", "/api/v2/mix/position/single-position", account.single_position),
    Route("POST", "/api/v2/mix/order/place-order", futures.place),
    Route("POST", "/api/v2/mix/order/batch-place-order", futures.place_batch, 5),
    Route("POST", "/api/v2/mix/order/modify-order", futures.modify),
    Route("POST", "/api/v2/mix/order/cancel-order", futures.cancel_one),
    Route("POST", "/api/v2/mix/order/batch-cancel-orders", futures.cancel_batch),
    Route("POST", "/api/v2/mix/order/cancel-all-orders", futures.cancel_all),
    Route("POST", "/api/v2/mix/order/close-positions", futures.close_positions, 1),
    Route("GET", "/api/v2/mix/order/detail", futures.detail),
    Route("GET", "/api/v2/mix/order/orders-pending", futures.pending),
    Route("GET", "/api/v2/mix/order/orders-history", futures.history),
    Route("GET", "/api/v2/mix/order/fills", futures.fills),
    Route("GET", "/api/v2/mix/order/fill-history", futures.fills),
    Route("POST", "/api/v2/mix/order/place-plan-order", plans.place_plan),
    Route("POST", "/api/v2/mix/order/modify-plan-order", plans.modify_plan),
    Route("POST", "/api/v2/mix/order/cancel-plan-order", plans.cancel_plans),
    Route("POST", "/api/v2/mix/order/place-tpsl-order", plans.place_tpsl),
    Route("POST", "/api/v2/mix/order/place-pos-tpsl", plans.place_pair),
    Route("POST", "/api/v2/mix/order/modify-tpsl-order", plans.modify_tpsl),
    Route("GET", "/api/v2/mix/order/orders-plan-pending", plans.pending),
    Route("GET", "/api/v2/mix/order/orders-plan-history", plans.history),
)


class BitgetFace:
    """Spot and USDT-margined futures on Bitget's one host.

    Args:
        books: the account; faces that are given the same store share it.
        key, secret: the one key pair that may sign. A passphrase must be sent; which one is not looked at.
    """

    name = "bitget"
    base_urls = ("https://api.bitget.com",)

    def __init__(self, books: Books, *, key: str, secret: str) -> None:
        self._books = books
        self._key = key
        self._secret = secret.encode()
        self._routes = table(ROUTES)
        self._windows = {route: Window(SECOND, route.rate) for route in ROUTES}

    def handle(self, request: HttpRequest, now_ms: int) -> HttpReply:
        """See `face.Face`."""
        headers: dict[str, str] = {}
        try:
            data = self._answer(request, now_ms, headers)
        except BitgetRefusal as refusal:
            body = {"code": refusal.code, "msg": refusal.message, "requestTime": now_ms, "data": None}
            return json_reply(refusal.status, body, headers)
        return json_reply(200, {"code": SUCCESS, "msg": "success", "requestTime": now_ms, "data": data}, headers)

    def _answer(self, request: HttpRequest, now_ms: int, headers: dict[str, str]) -> Any:
        method = request.method.upper()
        path, query = path_and_query(request.url)
        route = self._routes.get((method, path))
        if route is None:
            words = "Request URL NOT FOUND (paper trading has no such route)" if path.startswith("/api/v2/") else (
                "Request URL NOT FOUND"
            )  # fmt: skip
            raise BitgetRefusal("40404", words, status=404)
        self._count(route, now_ms, headers)
        if not route.public:
            self._authorise(request, f"{path}?{query}" if query else path, now_ms)
        ask_params = Params(_body(request) if method == "POST" else _query(query))
        with self._books.open(now_ms) as opened:
            return _run(route, Ask(ask_params, now_ms, opened))

    def _count(self, route: Route, now_ms: int, headers: dict[str, str]) -> None:
        window = self._windows[route]
        if not window.add(1, now_ms):
            raise BitgetRefusal("429", "Too Many Requests", status=429)
        headers["x-mbx-used-remain-limit"] = str(window.limit - window.used)

    def _authorise(self, request: HttpRequest, path: str, now_ms: int) -> None:
        """Checks key, time, passphrase and signature over the very bytes that came."""
        key, sign, time, word = (
            header(request, f"access-{name}") for name in ("key", "sign", "timestamp", "passphrase")
        )
        for value, code, name in (
            (key, "40001", "ACCESS_KEY"),
            (sign, "40003", "Signature"),
            (word, "40011", "ACCESS_PASSPHRASE"),
        ):
            if not value:
                raise BitgetRefusal(code, f"{name} cannot be empty")
        if not time.isdecimal() or len(time) > 16:
            raise BitgetRefusal("40005", "Invalid ACCESS_TIMESTAMP")
        if abs(int(time) - now_ms) > WINDOW_MS:
            raise BitgetRefusal("40008", "Request timestamp expired")
        if not hmac.compare_digest(key.encode(), self._key.encode()):
            raise BitgetRefusal("40006", "Invalid ACCESS_KEY")
        text = f"{time}{request.method.upper()}{path}".encode() + request.body
        right = base64.b64encode(hmac.new(self._secret, text, hashlib.sha256).digest())
        if not hmac.compare_digest(sign.encode(), right):
            raise BitgetRefusal("40009", "sign signature error")
        if request.method.upper() == "POST" and "application/json" not in header(request, "content-type"):
            raise BitgetRefusal("40007", "Invalid Content_Type")


def _run(route: Route, ask: Ask) -> Any:
    """Runs a handler. Raises nothing but BitgetRefusal for what the exchange or the market refuses."""
    try:
        return route.handler(ask)
    except PaperRefusal as refused:
        raise (spot.words(refused) if route.path.startswith("/api/v2/spot/trade/") else refusal_of(refused)) from None
    except NoSuchMarket:
        raise BitgetRefusal("40102", "Symbol does not exist") from None
    except IntervalUnavailable:
        raise BitgetRefusal("40020", "Parameter granularity error") from None
    except MarketError:
        raise BitgetRefusal("40725", "service return an error") from None


def _query(raw: str) -> Mapping[str, str]:
    try:
        return parse_form(raw)
    except BadForm as bad:
        raise BitgetRefusal("40020", f"Parameter {bad.name} error") from None


def _body(request: HttpRequest) -> Mapping[str, Any]:
    if not request.body:
        return {}
    try:
        found = json.loads(request.body, parse_float=str, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BitgetRefusal("400172", "Parameter verification failed") from None
    if not isinstance(found, dict):
        raise BitgetRefusal("400172", "Parameter verification failed")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
