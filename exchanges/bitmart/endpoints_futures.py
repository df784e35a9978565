"""Perpetuals: the market, the account, positions, leverage and modes. Orders are in endpoints_futures_orders.py."""

from __future__ import annotations

from blave_mcp.exchanges.bitmart.base import (
    ACCOUNT,
    ANY_CONTRACT,
    BITMART,
    CONTRACT,
    FUTURES_DOCS,
    LEVERAGE,
    OPEN_TYPE,
    limit,
    moment,
    required,
    second,
)
from blave_mcp.exchanges.cautions import WHOLE_ACCOUNT
from blave_mcp.exchanges.endpoint import Auth
from blave_mcp.exchanges.params import integer, one_of

STEPS = ("1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "1440", "4320", "10080")
KLINES = (
    CONTRACT, one_of("step", STEPS, "Length of a candle in minutes; 1 unless told.", example="60"),
    second("start_time", "Unix seconds. Where it is left out, as long before the end as 500 candles reach."),
    second("end_time", "Unix seconds; now where it is left out."),
)  # fmt: skip

# The market.

BITMART.read(
    "futures.instruments.list", "GET /contract/public/details",
    doc="Contracts: size of one, grids, limits, leverage; last and index price, funding, open interest, 24 hours.",
    url=f"{FUTURES_DOCS}get-contract-details", bucket="ip.12", auth=Auth.NONE, params=[ANY_CONTRACT],
)  # fmt: skip
BITMART.read(
    "futures.book.get", "GET /contract/public/depth",
    doc="The order book, in contracts.", url=f"{FUTURES_DOCS}get-market-depth",
    bucket="ip.12", auth=Auth.NONE, params=[CONTRACT],
)  # fmt: skip
BITMART.read(
    "futures.trades.list", "GET /contract/public/market-trade",
    doc="The market's latest trades, in base.", url=f"{FUTURES_DOCS}get-market-trade",
    bucket="ip.12", auth=Auth.NONE, params=[CONTRACT, limit(100, 50)],
)  # fmt: skip
BITMART.read(
    "futures.funding.now", "GET /contract/public/funding-rate",
    doc="The coming funding: rate, time, bounds.", url=f"{FUTURES_DOCS}get-current-funding-rate",
    bucket="ip.12", auth=Auth.NONE, params=[CONTRACT],
)  # fmt: skip
BITMART.read(
    "futures.funding.list", "GET /contract/public/funding-rate-history",
    doc="Past funding rates, the newest 100 at most.", url=f"{FUTURES_DOCS}get-funding-rate-history",
    bucket="ip.12", auth=Auth.NONE, params=[CONTRACT, limit(100, 100)],
)  # fmt: skip
BITMART.read(
    "futures.candles.list", "GET /contract/public/kline",
    doc="Candles, at most 500; BitMart wants both times, and one that is left out is filled in.",
    url=f"{FUTURES_DOCS}get-k-line", bucket="ip.12", auth=Auth.NONE, params=KLINES,
)  # fmt: skip
BITMART.read(
    "futures.candles.mark", "GET /contract/public/markprice-kline",
    doc="Candles of the mark price, as futures.candles.list.", url=f"{FUTURES_DOCS}get-markprice-k-line",
    bucket="ip.12", auth=Auth.NONE, params=KLINES,
)  # fmt: skip
BITMART.read(
    "futures.interest.get", "GET /contract/public/open-interest",
    doc="Open interest, in contracts and in quote.", url=f"{FUTURES_DOCS}get-futures-openinterest",
    bucket="interest", auth=Auth.NONE, params=[CONTRACT],
)  # fmt: skip
BITMART.read(
    "futures.brackets.list", "GET /contract/public/leverage-bracket",
    doc="Risk tiers: notional, most leverage, maintenance rate and its deduction.",
    url=f"{FUTURES_DOCS}get-leverage-bracket", bucket="ip.12", auth=Auth.NONE, params=[ANY_CONTRACT],
)  # fmt: skip
BITMART.read(
    "futures.time.get", "GET /system/time",
    doc="The venue's time.", url=f"{FUTURES_DOCS}get-system-time", bucket="system", auth=Auth.NONE,
)  # fmt: skip
BITMART.read(
    "futures.service.get", "GET /system/service",
    doc="Whether a service is stopped, or will be.", url=f"{FUTURES_DOCS}get-system-service-status",
    bucket="system", auth=Auth.NONE,
)  # fmt: skip

# The account. A key alone is enough; nothing is signed.

BITMART.read(
    "futures.account.assets", "GET /contract/private/assets-detail",
    doc="The futures wallet: free, frozen, margin in use, equity.", url=f"{FUTURES_DOCS}get-contract-assets-keyed",
    bucket="key.12", auth=Auth.KEY,
)  # fmt: skip
BITMART.read(
    "futures.fees.get", "GET /contract/private/trade-fee-rate",
    doc="What the account pays in one contract.", url=f"{FUTURES_DOCS}get-trade-fee-rate-keyed",
    bucket="fees.futures", auth=Auth.KEY, params=[CONTRACT],
)  # fmt: skip
BITMART.read(
    "futures.position.list", "GET /contract/private/position",
    doc="Open positions, without their liquidation prices.", url=f"{FUTURES_DOCS}get-current-position-keyed",
    bucket="positions.v1", auth=Auth.KEY, params=[ANY_CONTRACT, ACCOUNT],
)  # fmt: skip
BITMART.read(
    "futures.position.extended", "GET /contract/private/position-v2",
    doc="Positions with liquidation price, leverage and margin mode; of a named contract the empty ones too.",
    url=f"{FUTURES_DOCS}get-current-position-v2-keyed", bucket="positions", auth=Auth.KEY,
    params=[ANY_CONTRACT, ACCOUNT],
)  # fmt: skip
BITMART.read(
    "futures.position.risk", "GET /contract/private/position-risk",
    doc="Positions with their risk.", url=f"{FUTURES_DOCS}get-current-position-risk-details-keyed",
    bucket="key.24", auth=Auth.KEY, params=[ANY_CONTRACT, ACCOUNT],
)  # fmt: skip
BITMART.read(
    "futures.position_mode.get", "GET /contract/private/get-position-mode",
    doc="Whether the account is in hedge or one-way mode.", url=f"{FUTURES_DOCS}get-position-mode-keyed",
    bucket="mode.get", auth=Auth.KEY,
)  # fmt: skip
BITMART.read(
    "futures.account.flows", "GET /contract/private/transaction-history",
    doc="Movements in the futures wallet; the last 7 days unless told.",
    url=f"{FUTURES_DOCS}get-transaction-history-keyed", bucket="flows", auth=Auth.KEY,
    params=[
        ANY_CONTRACT,
        integer("flow_type", "0 all, 1 transfer, 2 realised PnL, 3 funding, 4 commission, 5 liquidation.", high=5),
        ACCOUNT, moment("start_time"), moment("end_time"), limit(1000, 100, name="page_size"),
    ],
)  # fmt: skip

# Settings.

BITMART.write(
    "futures.leverage.set", "POST /contract/private/submit-leverage",
    doc="Sets a contract's leverage and margin mode; not to another margin mode while it has a position.",
    url=f"{FUTURES_DOCS}submit-leverage-signed", bucket="key.24", params=[CONTRACT, LEVERAGE, required(OPEN_TYPE)],
)  # fmt: skip
BITMART.write(
    "futures.position_mode.set", "POST /contract/private/set-position-mode", caution=WHOLE_ACCOUNT,
    doc="Sets the position mode of the whole account; not with a position or an order.",
    url=f"{FUTURES_DOCS}submit-position-mode-signed", bucket="mode.set",
    params=[one_of("position_mode", ("hedge_mode", "one_way_mode"), required=True)],
)  # fmt: skip
