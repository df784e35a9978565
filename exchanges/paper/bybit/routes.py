"""What the face answers to, with the limits of an account without VIP level.

https://bybit-exchange.github.io/docs/v5/rate-limit
"""

from __future__ import annotations

from blave_mcp.exchanges.paper.bybit import account, market, orders, positions
from blave_mcp.exchanges.paper.bybit.ask import Handler, Route

TRADE, SET, WALLET = (10, 20), (10, 10), (60, 60)
WORD = "success"


def _public(path: str, handler: Handler) -> Route:
    return Route("GET", f"/v5/market/{path}", handler, signed=False)


ROUTES = (
    _public("time", market.time),
    _public("instruments-info", market.instruments),
    _public("tickers", market.tickers),
    _public("kline", market.candles),
    _public("mark-price-kline", market.price_candles),
    _public("index-price-kline", market.price_candles),
    _public("orderbook", market.book),
    _public("recent-trade", market.trades),
    _public("price-limit", market.price_limit),
    _public("funding/history", market.funding),
    _public("open-interest", market.interest),
    _public("risk-limit", market.risk_limits),
    Route("POST", "/v5/order/create", orders.place, limit=TRADE),
    Route("POST", "/v5/order/amend", orders.amend, limit=TRADE),
    Route("POST", "/v5/order/cancel", orders.cancel, limit=TRADE),
    Route("POST", "/v5/order/cancel-all", orders.cancel_all, limit=TRADE),
    Route("POST", "/v5/order/create-batch", orders.place_batch, limit=TRADE),
    Route("POST", "/v5/order/amend-batch", orders.amend_batch, limit=TRADE),
    Route("POST", "/v5/order/cancel-batch", orders.cancel_batch, limit=TRADE),
    Route("GET", "/v5/order/realtime", orders.realtime),
    Route("GET", "/v5/order/history", orders.history),
    Route("GET", "/v5/execution/list", orders.fills),
    Route("GET", "/v5/position/list", positions.listed),
    Route("POST", "/v5/position/set-leverage", positions.set_leverage, limit=SET),
    Route("POST", "/v5/position/trading-stop", positions.trading_stop, limit=SET),
    Route("POST", "/v5/position/switch-mode", positions.switch_mode, limit=SET),
    Route("POST", "/v5/position/add-margin", positions.add_margin, limit=SET),
    Route("GET", "/v5/account/wallet-balance", account.wallet),
    Route("GET", "/v5/account/fee-rate", account.fee_rate, limit=(10, 5)),
    Route("GET", "/v5/account/info", account.info),
    Route("POST", "/v5/account/set-margin-mode", account.set_margin_mode, limit=SET),
    Route("GET", "/v5/user/query-api", account.key_info, limit=SET, message=""),
    Route("GET", "/v5/asset/coin/query-info", account.coins, limit=(5, 5), message=""),
    Route("POST", "/v5/asset/transfer/inter-transfer", account.transfer, limit=WALLET, message=WORD),
    Route("GET", "/v5/asset/transfer/query-inter-transfer-list", account.transfers, limit=WALLET, message=WORD),
    Route("GET", "/v5/asset/transfer/query-account-coins-balance", account.funds, limit=(5, 5), message=WORD),
    Route("GET", "/v5/asset/transfer/query-account-coin-balance", account.one_fund, limit=(5, 5), message=WORD),
)
