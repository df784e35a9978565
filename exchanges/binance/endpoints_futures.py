"""USDS-margined futures: the market, the account, leverage and margin. Orders are in endpoints_orders.py."""

from __future__ import annotations

from blave_mcp.exchanges.binance.base import (
    ANY_SYMBOL,
    BINANCE,
    FUTURES_DOCS,
    FUTURES_INTERVALS,
    POSITION_SIDE,
    SYMBOL,
    interval,
    limit,
    moment,
    not_together,
    together,
)
from blave_mcp.exchanges.cautions import WHOLE_ACCOUNT
from blave_mcp.exchanges.endpoint import Auth
from blave_mcp.exchanges.params import Args, decimal, flag, integer, one_of

SPAN = (moment("startTime"), moment("endTime"))
CANDLES = (SYMBOL, interval(FUTURES_INTERVALS), *SPAN, limit(1500, 500))
DEPTHS = (5, 10, 20, 50, 100, 500, 1000)
INCOME_TYPES = (
    "TRANSFER", "WELCOME_BONUS", "REALIZED_PNL", "FUNDING_FEE", "COMMISSION", "INSURANCE_CLEAR", "REFERRAL_KICKBACK",
    "COMMISSION_REBATE", "API_REBATE", "CONTEST_REWARD", "CROSS_COLLATERAL_TRANSFER", "OPTIONS_PREMIUM_FEE",
    "OPTIONS_SETTLE_PROFIT", "INTERNAL_TRANSFER", "AUTO_EXCHANGE", "DELIVERED_SETTELMENT", "COIN_SWAP_DEPOSIT",
    "COIN_SWAP_WITHDRAW", "POSITION_LIMIT_INCREASE_FEE", "STRATEGY_UMFUTURES_TRANSFER", "FEE_RETURN", "BFUSD_REWARD",
)  # fmt: skip


def known_depth(args: Args) -> str | None:
    if args.get("limit", 5) not in DEPTHS:
        return f"limit is one of {', '.join(map(str, DEPTHS))}."
    return None


# The market.

BINANCE.read(
    "futures.time.get", "GET /fapi/v1/time",
    doc="The venue's clock.", url=f"{FUTURES_DOCS}market-data#check-server-time",
    bucket="futures.weight", auth=Auth.NONE,
)  # fmt: skip
BINANCE.read(
    "futures.instruments.list", "GET /fapi/v1/exchangeInfo",
    doc="Trading rules: contracts, filters, order types, rate limits.",
    url=f"{FUTURES_DOCS}market-data#exchange-information", bucket="futures.weight", auth=Auth.NONE,
)  # fmt: skip
BINANCE.read(
    "futures.ticker.day", "GET /fapi/v1/ticker/24hr",
    doc="Price, volume and change over 24 hours.",
    url=f"{FUTURES_DOCS}market-data#ticker24hr-price-change-statistics",
    bucket="futures.weight", auth=Auth.NONE, params=[ANY_SYMBOL],
)  # fmt: skip
BINANCE.read(
    "futures.ticker.book", "GET /fapi/v1/ticker/bookTicker",
    doc="Best bid and ask.", url=f"{FUTURES_DOCS}market-data#symbol-order-book-ticker",
    bucket="futures.weight", weight=2, auth=Auth.NONE, params=[ANY_SYMBOL],
)  # fmt: skip
BINANCE.read(
    "futures.ticker.price", "GET /fapi/v2/ticker/price",
    doc="Last price.", url=f"{FUTURES_DOCS}market-data#symbol-price-ticker-v2",
    bucket="futures.weight", auth=Auth.NONE, params=[ANY_SYMBOL],
)  # fmt: skip
BINANCE.read(
    "futures.candles.list", "GET /fapi/v1/klines",
    doc="Candles of the last price, oldest first.", url=f"{FUTURES_DOCS}market-data#kline-candlestick-data",
    bucket="futures.weight", weight=5, auth=Auth.NONE, params=CANDLES,
)  # fmt: skip
BINANCE.read(
    "futures.candles.mark", "GET /fapi/v1/markPriceKlines",
    doc="Candles of the mark price, oldest first.",
    url=f"{FUTURES_DOCS}market-data#mark-price-kline-candlestick-data",
    bucket="futures.weight", weight=5, auth=Auth.NONE, params=CANDLES,
)  # fmt: skip
BINANCE.read(
    "futures.book.get", "GET /fapi/v1/depth",
    doc="The order book.", url=f"{FUTURES_DOCS}market-data#order-book",
    bucket="futures.weight", weight=10, auth=Auth.NONE,
    params=[SYMBOL, integer("limit", "Levels: 5, 10, 20, 50, 100, 500 (default) or 1000.", low=5, high=1000)],
    rule=known_depth,
)  # fmt: skip
BINANCE.read(
    "futures.trades.list", "GET /fapi/v1/trades",
    doc="The market's latest trades.", url=f"{FUTURES_DOCS}market-data#recent-trades-list",
    bucket="futures.weight", weight=5, auth=Auth.NONE, params=[SYMBOL, limit(1000, 500)],
)  # fmt: skip
BINANCE.read(
    "futures.funding.now", "GET /fapi/v1/premiumIndex",
    doc="Mark price, index price, funding rate and next funding time.", url=f"{FUTURES_DOCS}market-data#mark-price",
    bucket="futures.weight", auth=Auth.NONE, params=[ANY_SYMBOL],
)  # fmt: skip
BINANCE.read(
    "futures.funding.list", "GET /fapi/v1/fundingRate",
    doc="Past funding rates, oldest first.", url=f"{FUTURES_DOCS}market-data#get-funding-rate-history",
    bucket="futures.funding", auth=Auth.NONE, params=[ANY_SYMBOL, *SPAN, limit(1000, 100)],
)  # fmt: skip
BINANCE.read(
    "futures.funding.rules", "GET /fapi/v1/fundingInfo",
    doc="Funding interval, cap and floor of the symbols where they were adjusted.",
    url=f"{FUTURES_DOCS}market-data#get-funding-rate-info", bucket="futures.funding", auth=Auth.NONE,
)  # fmt: skip
BINANCE.read(
    "futures.interest.get", "GET /fapi/v1/openInterest",
    doc="Open interest in base.", url=f"{FUTURES_DOCS}market-data#open-interest",
    bucket="futures.weight", auth=Auth.NONE, params=[SYMBOL],
)  # fmt: skip

# The account.

BINANCE.read(
    "futures.account.v2", "GET /fapi/v2/account",
    doc="Assets and positions, also of symbols without a position.",
    url=f"{FUTURES_DOCS}account#account-information-v2", bucket="futures.weight", weight=5,
)  # fmt: skip
BINANCE.read(
    "futures.account.get", "GET /fapi/v3/account",
    doc="Assets with margin in use, and open positions.",
    url=f"{FUTURES_DOCS}account#account-information-v3", bucket="futures.weight", weight=5,
)  # fmt: skip
BINANCE.read(
    "futures.balance.v2", "GET /fapi/v2/balance",
    doc="Balances by asset.", url=f"{FUTURES_DOCS}account#futures-account-balance-v2",
    bucket="futures.weight", weight=5,
)  # fmt: skip
BINANCE.read(
    "futures.balance.get", "GET /fapi/v3/balance",
    doc="Balances by asset.", url=f"{FUTURES_DOCS}account#futures-account-balance-v3",
    bucket="futures.weight", weight=5,
)  # fmt: skip
BINANCE.read(
    "futures.position.v2", "GET /fapi/v2/positionRisk",
    doc="Positions with leverage, margin type and liquidation price, also of symbols without a position.",
    url=f"{FUTURES_DOCS}trade#position-information-v2", bucket="futures.weight", weight=5, params=[ANY_SYMBOL],
)  # fmt: skip
BINANCE.read(
    "futures.position.get", "GET /fapi/v3/positionRisk",
    doc="Symbols with a position or an open order, with margins; without leverage and margin type.",
    url=f"{FUTURES_DOCS}trade#position-information-v3", bucket="futures.weight", weight=5, params=[ANY_SYMBOL],
)  # fmt: skip
BINANCE.read(
    "futures.fills.list", "GET /fapi/v1/userTrades",
    doc="The account's own trades in a symbol; at most 7 days between startTime and endTime, the last 6 months.",
    url=f"{FUTURES_DOCS}trade#account-trade-list", bucket="futures.weight", weight=5,
    params=[
        SYMBOL, integer("orderId", "Trades of one order.", example=1), *SPAN,
        integer("fromId", "Trades from this trade id on.", example=1), limit(1000, 500),
    ],
    rule=together(not_together("fromId", "startTime"), not_together("fromId", "endTime")),
)  # fmt: skip
BINANCE.read(
    "futures.liquidations.list", "GET /fapi/v1/forceOrders",
    doc="The account's own liquidation and auto-deleveraging orders (weight 50 without a symbol).",
    url=f"{FUTURES_DOCS}trade#users-force-orders", bucket="futures.weight", weight=20,
    params=[
        ANY_SYMBOL, one_of("autoCloseType", ("LIQUIDATION", "ADL"), "Both where it is left out."), *SPAN,
        limit(100, 50),
    ],
)  # fmt: skip
BINANCE.read(
    "futures.income.list", "GET /fapi/v1/income",
    doc="Funding, fees, realised PnL and transfers of the last three months; 7 days unless told.",
    url=f"{FUTURES_DOCS}account#get-income-history", bucket="futures.weight", weight=30,
    params=[
        ANY_SYMBOL, one_of("incomeType", INCOME_TYPES, "All kinds where it is left out.", example="FUNDING_FEE"), *SPAN,
        integer("page", "Page, from 1.", low=1), limit(1000, 100),
    ],
)  # fmt: skip
BINANCE.read(
    "futures.fees.get", "GET /fapi/v1/commissionRate",
    doc="Maker and taker fee in a symbol.", url=f"{FUTURES_DOCS}account#user-commission-rate",
    bucket="futures.weight", weight=20, params=[SYMBOL],
)  # fmt: skip
BINANCE.read(
    "futures.settings.symbol", "GET /fapi/v1/symbolConfig",
    doc="Leverage and margin type by symbol.", url=f"{FUTURES_DOCS}account#symbol-configuration",
    bucket="futures.weight", weight=5, params=[ANY_SYMBOL],
)  # fmt: skip
BINANCE.read(
    "futures.settings.account", "GET /fapi/v1/accountConfig",
    doc="Position mode, multi-assets mode and permissions.", url=f"{FUTURES_DOCS}account#futures-account-configuration",
    bucket="futures.weight", weight=5,
)  # fmt: skip
BINANCE.read(
    "futures.brackets.list", "GET /fapi/v1/leverageBracket",
    doc="Tiers of leverage and maintenance margin.", url=f"{FUTURES_DOCS}account#notional-and-leverage-brackets",
    bucket="futures.weight", params=[ANY_SYMBOL],
)  # fmt: skip

# Leverage, margin and position mode.

BINANCE.write(
    "futures.leverage.set", "POST /fapi/v1/leverage",
    doc="Sets the leverage of a symbol.", url=f"{FUTURES_DOCS}trade#change-initial-leverage", bucket="futures.weight",
    params=[
        SYMBOL, integer("leverage", "1 to 125; less where the symbol's tiers say so.", required=True, low=1, high=125),
    ],
)  # fmt: skip
BINANCE.write(
    "futures.margin_mode.set", "POST /fapi/v1/marginType",
    doc="Sets a symbol to isolated or cross margin; refused while it has a position or an open order.",
    url=f"{FUTURES_DOCS}trade#change-margin-type", bucket="futures.weight",
    params=[SYMBOL, one_of("marginType", ("ISOLATED", "CROSSED"), required=True)],
)  # fmt: skip
BINANCE.write(
    "futures.position_mode.set", "POST /fapi/v1/positionSide/dual", caution=WHOLE_ACCOUNT,
    doc="Sets hedge or one-way mode for every symbol; refused while there is a position or an open order.",
    url=f"{FUTURES_DOCS}trade#change-position-mode", bucket="futures.weight",
    params=[flag("dualSidePosition", "true: hedge mode; false: one-way mode.", required=True)],
)  # fmt: skip
BINANCE.read(
    "futures.position_mode.get", "GET /fapi/v1/positionSide/dual",
    doc="Hedge or one-way mode.", url=f"{FUTURES_DOCS}account#get-current-position-mode",
    bucket="futures.weight", weight=30,
)  # fmt: skip
BINANCE.write(
    "futures.margin.adjust", "POST /fapi/v1/positionMargin",
    doc="Adds margin to an isolated position or takes some out.",
    url=f"{FUTURES_DOCS}trade#modify-isolated-position-margin", bucket="futures.weight",
    params=[
        SYMBOL, POSITION_SIDE, decimal("amount", "In the margin asset.", required=True, example="10"),
        integer("type", "1 adds, 2 reduces.", required=True, low=1, high=2),
    ],
)  # fmt: skip
BINANCE.read(
    "futures.margin.list", "GET /fapi/v1/positionMargin/history",
    doc="Changes of isolated margin in the last 30 days.",
    url=f"{FUTURES_DOCS}trade#get-position-margin-change-history", bucket="futures.weight",
    params=[
        SYMBOL, one_of("type", ("1", "2"), "1: added, 2: reduced; both where it is left out."), *SPAN, limit(500, 500),
    ],
)  # fmt: skip
