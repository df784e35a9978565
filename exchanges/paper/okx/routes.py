"""The routes that paper trading has; every other is told that demo trading does not have it."""

from __future__ import annotations

from typing import Any

from blave_mcp.exchanges.paper.face_books import Books
from blave_mcp.exchanges.paper.okx import account, algos, asking, margin, market, orders
from blave_mcp.exchanges.paper.okx.face import Ask, Handler, OkxFace, Route


def _public(path: str, handler: Handler) -> Route:
    return Route("GET", path, handler, public=True)


def _tiers(ask: Ask) -> list[Any]:
    return margin.tiers(ask) if ask.text("instType") == "MARGIN" else market.position_tiers(ask)


ROUTES = (
    _public("/api/v5/public/time", market.time),
    _public("/api/v5/public/instruments", market.instruments),
    _public("/api/v5/market/ticker", market.ticker),
    _public("/api/v5/market/tickers", market.tickers),
    _public("/api/v5/market/books", market.books),
    _public("/api/v5/market/candles", market.candles),
    _public("/api/v5/market/history-candles", market.history_candles),
    _public("/api/v5/market/trades", market.trades),
    _public("/api/v5/public/funding-rate", market.funding_rate),
    _public("/api/v5/public/funding-rate-history", market.funding_history),
    _public("/api/v5/public/open-interest", market.open_interest),
    _public("/api/v5/public/mark-price", market.mark_price),
    _public("/api/v5/public/price-limit", market.price_limit),
    _public("/api/v5/public/position-tiers", _tiers),
    Route("GET", "/api/v5/account/instruments", market.instruments),
    Route("GET", "/api/v5/account/balance", account.balance),
    Route("GET", "/api/v5/account/positions", account.positions),
    Route("GET", "/api/v5/account/config", account.config),
    Route("POST", "/api/v5/account/set-position-mode", account.set_position_mode),
    Route("GET", "/api/v5/account/leverage-info", account.leverage),
    Route("POST", "/api/v5/account/set-leverage", account.set_leverage),
    Route("POST", "/api/v5/account/position/margin-balance", account.adjust_margin),
    Route("GET", "/api/v5/account/max-loan", margin.max_loan),
    Route("GET", "/api/v5/account/interest-rate", margin.interest_rate),
    Route("GET", "/api/v5/account/interest-accrued", margin.interest_accrued),
    Route("GET", "/api/v5/account/trade-fee", account.fees),
    Route("GET", "/api/v5/account/bills", account.bills),
    Route("GET", "/api/v5/account/bills-archive", account.bills),
    Route("GET", "/api/v5/asset/balances", account.funding_balance),
    Route("POST", "/api/v5/asset/transfer", account.transfer),
    Route("GET", "/api/v5/asset/transfer-state", account.transfer_state),
    Route("POST", "/api/v5/trade/order", orders.place),
    Route("POST", "/api/v5/trade/batch-orders", orders.place_batch),
    Route("POST", "/api/v5/trade/cancel-order", orders.cancel),
    Route("POST", "/api/v5/trade/cancel-batch-orders", orders.cancel_batch),
    Route("POST", "/api/v5/trade/amend-order", orders.amend),
    Route("POST", "/api/v5/trade/amend-batch-orders", orders.amend_batch),
    Route("POST", "/api/v5/trade/close-position", orders.close_position),
    Route("GET", "/api/v5/trade/order", asking.query),
    Route("GET", "/api/v5/trade/orders-pending", asking.pending),
    Route("GET", "/api/v5/trade/orders-history", asking.history),
    Route("GET", "/api/v5/trade/orders-history-archive", asking.archive),
    Route("GET", "/api/v5/trade/fills", asking.fills),
    Route("GET", "/api/v5/trade/fills-history", asking.fills_history),
    Route("POST", "/api/v5/trade/order-algo", algos.place),
    Route("POST", "/api/v5/trade/cancel-algos", algos.cancel),
    Route("POST", "/api/v5/trade/amend-algos", algos.amend),
    Route("GET", "/api/v5/trade/order-algo", algos.query),
    Route("GET", "/api/v5/trade/orders-algo-pending", algos.pending),
    Route("GET", "/api/v5/trade/orders-algo-history", algos.history),
)


def open_okx(books: Books, key: str, secret: str, passphrase: str) -> OkxFace:
    return OkxFace(books, ROUTES, key=key, secret=secret, passphrase=passphrase)
