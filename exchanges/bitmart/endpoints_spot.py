"""Spot: the market, the wallets, fees, and isolated margin's account and loans."""

from __future__ import annotations

from blave_mcp.exchanges.bitmart.base import ANY_PAIR, BITMART, PAIR, SPOT_DOCS, limit, moment, second
from blave_mcp.exchanges.cautions import BORROWS
from blave_mcp.exchanges.endpoint import Auth
from blave_mcp.exchanges.params import decimal, flag, one_of, text

STEPS = ("1", "5", "15", "30", "60", "120", "240", "1440", "10080", "43200")
STEP = one_of("step", STEPS, "Length of a candle in minutes; 1 unless told.", example="60")
# The documentation and ccxt have it this way round: rows before `before` and after `after`.
# https://developer-pro.bitmart.com/en/spot/#get-history-k-line-v3
SPAN = (second("before", "Rows before this time, in Unix seconds."), second("after", "Rows after it."))
CURRENCY = text("currency", "Which coin.", required=True, example="USDT")
AMOUNT = decimal("amount", "In that coin.", required=True, example="1000")

# The market.

BITMART.read(
    "spot.ticker.get", "GET /spot/quotation/v3/ticker",
    doc="Ticker of one pair: last, best bid and ask, 24 hours.", url=f"{SPOT_DOCS}get-ticker-of-a-trading-pair-v3",
    bucket="ip.15", auth=Auth.NONE, params=[PAIR],
)  # fmt: skip
BITMART.read(
    "spot.ticker.list", "GET /spot/quotation/v3/tickers",
    doc="Tickers of every pair, as arrays.", url=f"{SPOT_DOCS}get-ticker-of-all-pairs-v3",
    bucket="ip.10", auth=Auth.NONE,
)  # fmt: skip
BITMART.read(
    "spot.book.get", "GET /spot/quotation/v3/books",
    doc="The order book.", url=f"{SPOT_DOCS}get-depth-v3", bucket="ip.15", auth=Auth.NONE, params=[PAIR, limit(50, 35)],
)  # fmt: skip
BITMART.read(
    "spot.trades.list", "GET /spot/quotation/v3/trades",
    doc="The market's latest trades.", url=f"{SPOT_DOCS}get-recent-trades-v3",
    bucket="ip.15", auth=Auth.NONE, params=[PAIR, limit(50, 50)],
)  # fmt: skip
BITMART.read(
    "spot.candles.history", "GET /spot/quotation/v3/klines",
    doc="Candles of any time.", url=f"{SPOT_DOCS}get-history-k-line-v3",
    bucket="ip.10", auth=Auth.NONE, params=[PAIR, *SPAN, STEP, limit(200, 100)],
)  # fmt: skip
BITMART.read(
    "spot.candles.list", "GET /spot/quotation/v3/lite-klines",
    doc="The latest candles, sooner than the history has them.", url=f"{SPOT_DOCS}get-latest-k-line-v3",
    bucket="ip.15", auth=Auth.NONE, params=[PAIR, *SPAN, STEP, limit(200, 100)],
)  # fmt: skip
BITMART.read(
    "spot.instruments.list", "GET /spot/v1/symbols/details",
    doc="Every pair with its grids, least amounts and status.", url=f"{SPOT_DOCS}get-trading-pair-details-v1",
    bucket="ip.12", auth=Auth.NONE,
)  # fmt: skip
BITMART.read(
    "spot.instruments.names", "GET /spot/v1/symbols",
    doc="The names of every pair.", url=f"{SPOT_DOCS}get-trading-pairs-list-v1", bucket="ip.8", auth=Auth.NONE,
)  # fmt: skip
BITMART.read(
    "spot.currencies.list", "GET /spot/v1/currencies",
    doc="Every coin, and whether it can be deposited and withdrawn.", url=f"{SPOT_DOCS}get-currency-list-v1",
    bucket="ip.8", auth=Auth.NONE,
)  # fmt: skip
BITMART.read(
    "spot.currencies.networks", "GET /account/v1/currencies",
    doc="Every coin by network, with least withdrawals and fees.", url=f"{SPOT_DOCS}get-currencies",
    bucket="ip.8", auth=Auth.NONE,
    params=[text("currencies", "Coins, comma-separated; all of them where left out.", example="BTC,ETH")],
)  # fmt: skip
BITMART.read(
    "spot.time.get", "GET /system/time",
    doc="The venue's time.", url=f"{SPOT_DOCS}get-system-time", bucket="system", auth=Auth.NONE,
)  # fmt: skip
BITMART.read(
    "spot.service.get", "GET /system/service",
    doc="Whether a service is stopped, or will be.", url=f"{SPOT_DOCS}get-system-service-status",
    bucket="system", auth=Auth.NONE,
)  # fmt: skip

# Wallets and fees. A key alone is enough; nothing is signed.

BITMART.read(
    "spot.account.wallets", "GET /account/v1/wallet",
    doc="What is held in all wallets, with its worth in USD if wished.", url=f"{SPOT_DOCS}get-account-balance-keyed",
    bucket="key.12", auth=Auth.KEY,
    params=[
        text("currency", "One coin alone.", example="BTC"),
        flag("needUsdValuation", "Whether to tell the worth in USD."),
    ],
)  # fmt: skip
BITMART.read(
    "spot.account.spot", "GET /spot/v1/wallet",
    doc="What is held in the spot wallet.", url=f"{SPOT_DOCS}get-spot-wallet-balance-keyed",
    bucket="key.12", auth=Auth.KEY,
)  # fmt: skip
BITMART.read(
    "spot.fees.get", "GET /spot/v1/trade_fee",
    doc="What the account pays in one pair.", url=f"{SPOT_DOCS}get-actual-trade-fee-rate-keyed",
    bucket="fees.spot", auth=Auth.KEY, params=[PAIR],
)  # fmt: skip
BITMART.read(
    "spot.fees.base", "GET /spot/v1/user_fee",
    doc="The account's fee level and the rates of each class of pairs.", url=f"{SPOT_DOCS}get-basic-fee-rate-keyed",
    bucket="fees.base", auth=Auth.KEY,
)  # fmt: skip

# Isolated margin: an account for each pair, with loans of its two coins.

BITMART.read(
    "spot.margin.account", "GET /spot/v1/margin/isolated/account",
    doc="Isolated margin accounts: what is held and owed, risk rate, liquidation price.",
    url=f"{SPOT_DOCS}get-margin-account-details-isolated-keyed", bucket="key.12", auth=Auth.KEY, params=[ANY_PAIR],
)  # fmt: skip
BITMART.read(
    "spot.margin.pairs", "GET /spot/v1/margin/isolated/pairs",
    doc="Interest, limits and most leverage of borrowing for a pair.",
    url=f"{SPOT_DOCS}get-trading-pair-borrowing-rate-and-amount-keyed", bucket="pairs", auth=Auth.KEY,
    params=[ANY_PAIR],
)  # fmt: skip
BITMART.read(
    "spot.margin.borrows", "GET /spot/v1/margin/isolated/borrow_record",
    doc="Loans that were taken.", url=f"{SPOT_DOCS}get-borrow-record-isolated-keyed",
    bucket="key.150", auth=Auth.KEY,
    params=[
        PAIR, text("borrow_id", "One loan alone.", example="123456789"), moment("start_time"), moment("end_time"),
        limit(100, 50, name="N"),
    ],
)  # fmt: skip
BITMART.read(
    "spot.margin.repayments", "GET /spot/v1/margin/isolated/repay_record",
    doc="Loans that were repaid.", url=f"{SPOT_DOCS}get-repayment-record-isolated-keyed",
    bucket="key.150", auth=Auth.KEY,
    params=[
        PAIR, text("repay_id", "One repayment alone.", example="987654321"), text("currency", example="USDT"),
        moment("start_time"), moment("end_time"), limit(100, 50, name="N"),
    ],
)  # fmt: skip
BITMART.write(
    "spot.margin.borrow", "POST /spot/v1/margin/isolated/borrow", caution=BORROWS,
    doc="Borrows into an isolated margin account; interest runs by the hour until it is repaid.",
    url=f"{SPOT_DOCS}margin-borrow-isolated-signed", bucket="borrow", params=[PAIR, CURRENCY, AMOUNT],
)  # fmt: skip
BITMART.write(
    "spot.margin.repay", "POST /spot/v1/margin/isolated/repay",
    doc="Repays a loan of an isolated margin account, interest first.",
    url=f"{SPOT_DOCS}margin-repay-isolated-signed", bucket="repay", params=[PAIR, CURRENCY, AMOUNT],
)  # fmt: skip
BITMART.write(
    "spot.margin.move", "POST /spot/v1/margin/isolated/transfer",
    doc="Moves a coin between the spot wallet and an isolated margin account.",
    url=f"{SPOT_DOCS}margin-asset-transfer-signed", bucket="move",
    params=[PAIR, CURRENCY, AMOUNT, one_of("side", ("in", "out"), "in: spot to margin; out: back.", required=True)],
)  # fmt: skip
