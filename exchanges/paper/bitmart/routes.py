"""The routes that paper trading has; every other is told, in BitMart's own form, that there is no such route."""

from __future__ import annotations

from blave_mcp.exchanges.paper.bitmart import account, futures, loans, market, plans, spot
from blave_mcp.exchanges.paper.bitmart.face import BitMartFace, Handler, Level, Route
from blave_mcp.exchanges.paper.face_books import Books


def _public(path: str, handler: Handler) -> Route:
    return Route("GET", path, handler)


def _keyed(path: str, handler: Handler) -> Route:
    return Route("GET", path, handler, Level.KEYED)


def _signed(path: str, handler: Handler) -> Route:
    return Route("POST", path, handler, Level.SIGNED)


ROUTES = (
    _public("/system/time", market.time),
    _public("/system/service", market.service),
    _public("/spot/quotation/v3/ticker", market.ticker),
    _public("/spot/quotation/v3/tickers", market.tickers),
    _public("/spot/quotation/v3/books", market.books),
    _public("/spot/quotation/v3/trades", market.trades),
    _public("/spot/quotation/v3/klines", market.klines),
    _public("/spot/quotation/v3/lite-klines", market.klines),
    _public("/spot/v1/symbols/details", market.details),
    _public("/spot/v1/symbols", market.names),
    _public("/spot/v1/currencies", market.currencies),
    _public("/account/v1/currencies", market.networks),
    _public("/contract/public/details", market.contracts),
    _public("/contract/public/depth", market.depth),
    _public("/contract/public/market-trade", market.market_trades),
    _public("/contract/public/funding-rate", market.funding_rate),
    _public("/contract/public/funding-rate-history", market.funding_history),
    _public("/contract/public/kline", market.kline),
    _public("/contract/public/open-interest", market.open_interest),
    _public("/contract/public/leverage-bracket", market.brackets),
    _keyed("/account/v1/wallet", spot.wallets),
    _keyed("/spot/v1/wallet", spot.spot_wallet),
    _keyed("/spot/v1/trade_fee", spot.trade_fee),
    _keyed("/spot/v1/user_fee", spot.user_fee),
    _keyed("/spot/v1/margin/isolated/account", loans.account),
    _keyed("/spot/v1/margin/isolated/pairs", loans.pairs),
    _keyed("/spot/v1/margin/isolated/borrow_record", loans.borrows),
    _keyed("/spot/v1/margin/isolated/repay_record", loans.repayments),
    _signed("/spot/v1/margin/isolated/borrow", loans.borrow),
    _signed("/spot/v1/margin/isolated/repay", loans.repay),
    _signed("/spot/v1/margin/isolated/transfer", loans.move),
    _signed("/spot/v2/submit_order", spot.place),
    _signed("/spot/v1/margin/submit_order", spot.place_margin),
    _signed("/spot/v4/batch_orders", spot.place_batch),
    _signed("/spot/v3/cancel_order", spot.cancel),
    _signed("/spot/v4/cancel_orders", spot.cancel_batch),
    _signed("/spot/v4/cancel_all", spot.cancel_all),
    _signed("/spot/v4/query/order", spot.query),
    _signed("/spot/v4/query/client-order", spot.query_by_client),
    _signed("/spot/v4/query/open-orders", spot.open_orders),
    _signed("/spot/v4/query/history-orders", spot.history),
    _signed("/spot/v4/query/trades", spot.fills),
    _signed("/spot/v4/query/order-trades", spot.fills_of_order),
    _keyed("/contract/private/assets-detail", account.assets),
    _keyed("/contract/private/trade-fee-rate", account.fee_rate),
    _keyed("/contract/private/position", account.positions),
    _keyed("/contract/private/position-v2", account.positions_extended),
    _keyed("/contract/private/position-risk", account.position_risk),
    _keyed("/contract/private/get-position-mode", account.position_mode),
    _keyed("/contract/private/transaction-history", account.flows),
    _signed("/contract/private/submit-leverage", account.set_leverage),
    _signed("/contract/private/set-position-mode", account.set_position_mode),
    _signed("/account/v1/transfer-contract", account.transfer),
    _signed("/account/v1/transfer-contract-list", account.transfers),
    _signed("/contract/private/submit-order", futures.place),
    _signed("/contract/private/modify-limit-order", futures.modify),
    _signed("/contract/private/cancel-order", futures.cancel),
    _signed("/contract/private/cancel-orders", futures.cancel_all),
    _keyed("/contract/private/order", futures.query),
    _keyed("/contract/private/order-history", futures.history),
    _keyed("/contract/private/get-open-orders", futures.open_orders),
    _keyed("/contract/private/trades", futures.fills),
    _signed("/contract/private/submit-plan-order", plans.place),
    _signed("/contract/private/modify-plan-order", plans.modify),
    _signed("/contract/private/cancel-plan-order", plans.cancel),
    _signed("/contract/private/submit-tp-sl-order", plans.place_tpsl),
    _signed("/contract/private/modify-tp-sl-order", plans.modify_tpsl),
    _signed("/contract/private/submit-trail-order", plans.place_trailing),
    _signed("/contract/private/cancel-trail-order", plans.cancel_trailing),
    _keyed("/contract/private/current-plan-order", plans.current),
)


def open_bitmart(books: Books, key: str, secret: str, memo: str) -> BitMartFace:
    return BitMartFace(books, ROUTES, loans.settle, key=key, secret=secret, memo=memo)
