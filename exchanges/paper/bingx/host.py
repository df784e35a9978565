"""BingX's one host: its routes, and how it answers.

https://bingx-api.github.io/docs/#/en-us/swapV2/base-info.html
"""

from __future__ import annotations

from typing import Any, ClassVar

from blave_mcp.exchanges.paper.bingx import market, positions, spot, swap, wallets
from blave_mcp.exchanges.paper.bingx.core import (
    Ask,
    BingXRefusal,
    Handler,
    Route,
    TransferRefusal,
    Whole,
    authorise,
    parameters,
)
from blave_mcp.exchanges.paper.bingx.words import refusal
from blave_mcp.exchanges.paper.face import json_reply, path_and_query, table
from blave_mcp.exchanges.paper.face_books import Books
from blave_mcp.exchanges.paper.market import IntervalUnavailable, MarketError, NoSuchMarket
from blave_mcp.exchanges.paper.refusals import PaperRefusal
from blave_mcp.exchanges.paper.types import Product
from blave_mcp.exchanges.wire import HttpReply, HttpRequest


def _spot(method: str, path: str, handler: Handler, *, signed: bool = True) -> Route:
    return Route(method, f"/openApi/{path}", handler, Product.SPOT, signed)


def _swap(method: str, path: str, handler: Handler, *, signed: bool = True) -> Route:
    return Route(method, f"/openApi/{path}", handler, Product.PERP, signed)


class BingXFace:
    """Spot, perpetuals and wallets.

    Args:
        books: the account.
        key, secret: the one key pair that may sign.
    """

    name = "bingx"
    base_urls = (
        "https://open-api.bingx.com",
        "https://open-api.bingx.pro",
        "https://open-api-vst.bingx.com",
        "https://open-api-vst.bingx.pro",
    )
    routes: ClassVar[tuple[Route, ...]] = (
        _spot("GET", "spot/v1/server/time", market.time, signed=False),
        _spot("GET", "spot/v1/common/symbols", market.symbols, signed=False),
        _spot("GET", "spot/v1/ticker/24hr", market.spot_ticker, signed=False),
        _spot("GET", "spot/v1/ticker/bookTicker", market.spot_book_ticker, signed=False),
        _spot("GET", "spot/v2/ticker/price", market.spot_price, signed=False),
        _spot("GET", "spot/v1/market/depth", market.spot_depth, signed=False),
        _spot("GET", "spot/v1/market/trades", market.spot_trades, signed=False),
        _spot("GET", "spot/v1/market/kline", market.spot_klines, signed=False),
        _spot("GET", "spot/v2/market/kline", market.spot_klines, signed=False),
        _swap("GET", "swap/v2/server/time", market.time, signed=False),
        _swap("GET", "swap/v2/quote/contracts", market.contracts, signed=False),
        _swap("GET", "swap/v2/quote/ticker", market.swap_ticker, signed=False),
        _swap("GET", "swap/v2/quote/bookTicker", market.swap_book_ticker, signed=False),
        _swap("GET", "swap/v1/ticker/price", market.swap_price, signed=False),
        _swap("GET", "swap/v2/quote/depth", market.swap_depth, signed=False),
        _swap("GET", "swap/v2/quote/trades", market.swap_trades, signed=False),
        _swap("GET", "swap/v3/quote/klines", market.swap_klines, signed=False),
        _swap("GET", "swap/v2/quote/premiumIndex", market.premium, signed=False),
        _swap("GET", "swap/v2/quote/fundingRate", market.funding, signed=False),
        _swap("GET", "swap/v2/quote/openInterest", market.interest, signed=False),
        _swap("GET", "cswap/v1/market/contracts", market.nothing, signed=False),
        _spot("GET", "wallets/v1/capital/config/getall", market.nothing),
        _spot("GET", "spot/v1/account/balance", wallets.spot_balance),
        _spot("GET", "fund/v1/account/balance", wallets.fund_balance),
        _spot("GET", "account/v1/allAccountBalance", wallets.overview),
        _spot("POST", "api/asset/v1/transfer", wallets.transfer),
        _spot("GET", "api/v3/asset/transferRecord", wallets.transfers),
        _spot("POST", "spot/v1/trade/order", spot.place),
        _spot("POST", "spot/v1/trade/batchOrders", spot.place_batch),
        _spot("POST", "spot/v1/trade/cancel", spot.cancel),
        _spot("POST", "spot/v1/trade/cancelOrders", spot.cancel_batch),
        _spot("POST", "spot/v1/trade/cancelOpenOrders", spot.cancel_all),
        _spot("POST", "spot/v1/trade/order/cancelReplace", spot.replace),
        _spot("GET", "spot/v1/trade/query", spot.query),
        _spot("GET", "spot/v1/trade/openOrders", spot.open_orders),
        _spot("GET", "spot/v1/trade/historyOrders", spot.history),
        _spot("GET", "spot/v1/trade/myTrades", spot.my_trades),
        _spot("GET", "spot/v1/user/commissionRate", spot.fees),
        _spot("POST", "spot/v1/oco/order", spot.oco),
        _spot("POST", "spot/v1/oco/cancel", spot.oco_cancel),
        _spot("GET", "spot/v1/oco/orderList", spot.oco_get),
        _spot("GET", "spot/v1/oco/openOrderList", spot.oco_open),
        _spot("GET", "spot/v1/oco/historyOrderList", spot.oco_history),
        _swap("GET", "swap/v3/user/balance", positions.balance),
        _swap("GET", "swap/v2/user/positions", positions.positions),
        _swap("GET", "swap/v2/user/commissionRate", positions.fees),
        _swap("GET", "swap/v2/user/income", positions.income),
        _swap("POST", "swap/v2/trade/order", swap.place),
        _swap("POST", "swap/v2/trade/order/test", swap.test),
        _swap("POST", "swap/v2/trade/batchOrders", swap.place_batch),
        _swap("DELETE", "swap/v2/trade/order", swap.cancel),
        _swap("DELETE", "swap/v2/trade/batchOrders", swap.cancel_batch),
        _swap("DELETE", "swap/v2/trade/allOpenOrders", swap.cancel_all),
        _swap("GET", "swap/v2/trade/openOrder", swap.open_order),
        _swap("GET", "swap/v2/trade/order", swap.query),
        _swap("GET", "swap/v2/trade/openOrders", swap.open_orders),
        _swap("GET", "swap/v2/trade/allOrders", swap.ended_orders),
        _swap("GET", "swap/v1/trade/fullOrder", swap.all_orders),
        _swap("GET", "swap/v2/trade/fillHistory", positions.fill_history),
        _swap("GET", "swap/v2/trade/allFillOrders", positions.all_fills),
        _swap("POST", "swap/v1/trade/amend", swap.amend),
        _swap("POST", "swap/v1/trade/cancelReplace", swap.replace),
        _swap("POST", "swap/v2/trade/closeAllPositions", positions.close_all),
        _swap("POST", "swap/v1/trade/closePosition", positions.close),
        _swap("POST", "swap/v2/trade/positionMargin", positions.adjust_margin),
        _swap("GET", "swap/v2/trade/marginType", positions.margin_type),
        _swap("POST", "swap/v2/trade/marginType", positions.set_margin_type),
        _swap("GET", "swap/v2/trade/leverage", positions.leverage),
        _swap("POST", "swap/v2/trade/leverage", positions.set_leverage),
        _swap("GET", "swap/v1/positionSide/dual", positions.position_mode),
        _swap("POST", "swap/v1/positionSide/dual", positions.set_position_mode),
        _swap("GET", "swap/v1/maintMarginRatio", positions.tiers),
    )

    def __init__(self, books: Books, *, key: str, secret: str) -> None:
        self._books = books
        self._key = key
        self._secret = secret.encode()
        self._routes = table(self.routes)

    def handle(self, request: HttpRequest, now_ms: int) -> HttpReply:
        """See `face.Face`. A refusal comes with HTTP 200, as on the venue."""
        try:
            return json_reply(200, self._answer(request, now_ms))
        except BingXRefusal as refused:
            envelope = {"code": refused.code, "msg": refused.message, "debugMsg": "", "data": {}}
            return json_reply(refused.status, envelope)
        except TransferRefusal as refused:
            return json_reply(200, {"transferErrorMsg": str(refused)})

    def _answer(self, request: HttpRequest, now_ms: int) -> Any:
        path, _ = path_and_query(request.url)
        route = self._routes.get((request.method.upper(), path))
        if route is None:
            words = f"{request.method.upper()} {path}: this api is not exist, paper trading has no such route"
            raise BingXRefusal(100400, words, status=404)
        given = parameters(request)
        if route.signed:
            authorise(request, given, key=self._key, secret=self._secret, now_ms=now_ms)
        with self._books.open(now_ms) as account:
            found = self._handle(route, Ask(given, now_ms, account, route.product))
        if isinstance(found, Whole):
            return found.body
        told = {"code": 0, "msg": "", "timestamp": now_ms}
        return told if found is None else {**told, "data": found}

    @staticmethod
    def _handle(route: Route, ask: Ask) -> Any:
        """Runs a handler. Raises nothing but refusals for what the exchange or the market refuses."""
        try:
            return route.handler(ask)
        except PaperRefusal as refused:
            raise refusal(refused, route.product) from None
        except NoSuchMarket:
            raise ask.bad(f"{ask.text('symbol')} is not exist") from None
        except IntervalUnavailable:
            raise ask.bad("Invalid parameters, err:interval: unsupported") from None
        except MarketError:
            raise BingXRefusal(100500, "The current system is busy, please try again later") from None
