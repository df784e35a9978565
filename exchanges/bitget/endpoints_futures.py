"""Futures: the market, the account, positions, leverage and margin. Orders are in endpoints_orders.py."""

from __future__ import annotations

from blave_mcp.exchanges.bitget.base import (
    ANY_COIN,
    ANY_SYMBOL,
    BITGET,
    COIN,
    DOCS,
    HOLD_SIDE,
    ID_LESS_THAN,
    MARGIN_MODE,
    PAGE,
    PRODUCT_TYPE,
    PRODUCT_TYPES,
    SYMBOL,
    limit,
    moment,
)
from blave_mcp.exchanges.cautions import WHOLE_ACCOUNT
from blave_mcp.exchanges.endpoint import Auth
from blave_mcp.exchanges.params import Args, decimal, integer, one_of, text

GRANULARITIES = (
    "1m", "3m", "5m", "15m", "30m", "1H", "4H", "6H", "12H", "1D", "3D", "1W", "1M",
    "6Hutc", "12Hutc", "1Dutc", "3Dutc", "1Wutc", "1Mutc",
)  # fmt: skip
GRANULARITY = one_of(
    "granularity", GRANULARITIES, "Length of a candle; those with utc open at UTC, the others at UTC+8.",
    required=True, example="1H",
)  # fmt: skip
OF_SYMBOL = (SYMBOL, PRODUCT_TYPE)
SPAN = (moment("startTime"), moment("endTime"))
HOLD = one_of("holdSide", ("long", "short"), "The position's direction.", required=True)
OLD_NAME = "by a name that Bitget's documentation does not have; see"


# The market.

BITGET.read(
    "futures.instruments.list", "GET /api/v2/mix/market/contracts",
    doc="Contract config: grids, limits, fees, leverage.", url=f"{DOCS}contract/market/Get-All-Symbols-Contracts",
    bucket="ip.20", auth=Auth.NONE, params=[ANY_SYMBOL, PRODUCT_TYPE],
)  # fmt: skip
BITGET.read(
    "futures.instruments.reference", "GET /api/v2/mix/public/contracts",
    doc=f"Contract info {OLD_NAME} futures.instruments.list.", url=f"{DOCS}contract/market/Get-All-Symbols-Contracts",
    bucket="ip.20", auth=Auth.NONE, params=[ANY_SYMBOL, PRODUCT_TYPE],
)  # fmt: skip
BITGET.read(
    "futures.ticker.get", "GET /api/v2/mix/market/ticker",
    doc="Ticker of one symbol: prices, volume, funding rate, open interest.", url=f"{DOCS}contract/market/Get-Ticker",
    bucket="ip.20", auth=Auth.NONE, params=OF_SYMBOL,
)  # fmt: skip
BITGET.read(
    "futures.ticker.list", "GET /api/v2/mix/market/tickers",
    doc="Tickers of every symbol.", url=f"{DOCS}contract/market/Get-All-Symbol-Ticker",
    bucket="ip.20", auth=Auth.NONE, params=[PRODUCT_TYPE],
)  # fmt: skip
BITGET.read(
    "futures.book.get", "GET /api/v2/mix/market/merge-depth",
    doc="The order book, merged or not.", url=f"{DOCS}contract/market/Get-Merge-Depth", bucket="ip.20", auth=Auth.NONE,
    params=[
        *OF_SYMBOL, one_of("precision", ("scale0", "scale1", "scale2", "scale3"), "scale0 (default) is not merged."),
        one_of("limit", ("1", "5", "15", "50", "max"), "Levels; 100 where left out.", example="50"),
    ],
)  # fmt: skip
BITGET.read(
    "futures.book.reference", "GET /api/v2/mix/market/depth",
    doc=f"The order book {OLD_NAME} futures.book.get.", url=f"{DOCS}contract/market/Get-Merge-Depth",
    bucket="ip.20", auth=Auth.NONE, params=[*OF_SYMBOL, limit(100, 100)],
)  # fmt: skip
BITGET.read(
    "futures.candles.list", "GET /api/v2/mix/market/candles",
    doc="Candles of the last, mark or index price, oldest first; the finer, the less far back.",
    url=f"{DOCS}contract/market/Get-Candle-Data", bucket="ip.20", auth=Auth.NONE,
    params=[
        *OF_SYMBOL, GRANULARITY, *SPAN, one_of("kLineType", ("MARKET", "MARK", "INDEX"), "MARKET unless told."),
        limit(1000, 100),
    ],
)  # fmt: skip
BITGET.read(
    "futures.candles.history", "GET /api/v2/mix/market/history-candles",
    doc="Candles, also those of years ago.", url=f"{DOCS}contract/market/Get-History-Candle-Data",
    bucket="ip.20", auth=Auth.NONE, params=[*OF_SYMBOL, GRANULARITY, *SPAN, limit(200, 100)],
)  # fmt: skip
BITGET.read(
    "futures.trades.list", "GET /api/v2/mix/market/fills",
    doc="The market's latest trades.", url=f"{DOCS}contract/market/Get-Recent-Fills",
    bucket="ip.20", auth=Auth.NONE, params=[*OF_SYMBOL, limit(100, 100)],
)  # fmt: skip
BITGET.read(
    "futures.trades.reference", "GET /api/v2/mix/market/trades",
    doc=f"Recent trades {OLD_NAME} futures.trades.list.", url=f"{DOCS}contract/market/Get-Recent-Fills",
    bucket="ip.20", auth=Auth.NONE, params=[*OF_SYMBOL, limit(100, 100)],
)  # fmt: skip
BITGET.read(
    "futures.funding.now", "GET /api/v2/mix/market/current-fund-rate",
    doc="The coming funding: rate, interval, time.", url=f"{DOCS}contract/market/Get-Current-Funding-Rate",
    bucket="ip.20", auth=Auth.NONE, params=[ANY_SYMBOL, PRODUCT_TYPE],
)  # fmt: skip
BITGET.read(
    "futures.funding.list", "GET /api/v2/mix/market/history-fund-rate",
    doc="Past funding rates, newest first.", url=f"{DOCS}contract/market/Get-History-Funding-Rate",
    bucket="ip.20", auth=Auth.NONE,
    params=[*OF_SYMBOL, limit(100, 20, name="pageSize"), integer("pageNo", "Page, from 1.", low=1)],
)  # fmt: skip
BITGET.read(
    "futures.funding.reference", "GET /api/v2/mix/market/funding-rate",
    doc=f"Funding rate {OLD_NAME} futures.funding.now and futures.funding.list.",
    url=f"{DOCS}contract/market/Get-Current-Funding-Rate", bucket="ip.20", auth=Auth.NONE, params=OF_SYMBOL,
)  # fmt: skip
BITGET.read(
    "futures.interest.get", "GET /api/v2/mix/market/open-interest",
    doc="Open interest in base.", url=f"{DOCS}contract/market/Get-Open-Interest",
    bucket="ip.20", auth=Auth.NONE, params=OF_SYMBOL,
)  # fmt: skip
BITGET.read(
    "futures.prices.get", "GET /api/v2/mix/market/symbol-price",
    doc="Last, mark and index price.", url=f"{DOCS}contract/market/Get-Symbol-Price",
    bucket="ip.20", auth=Auth.NONE, params=OF_SYMBOL,
)  # fmt: skip
BITGET.read(
    "futures.brackets.list", "GET /api/v2/mix/market/query-position-lever",
    doc="Position tiers: notional, most leverage, maintenance rate.",
    url=f"{DOCS}contract/position/Get-Query-Position-Lever", bucket="ip.10", auth=Auth.NONE, params=OF_SYMBOL,
)  # fmt: skip

# The account.

BITGET.read(
    "futures.account.list", "GET /api/v2/mix/account/accounts",
    doc="Futures accounts, one for each margin coin.", url=f"{DOCS}contract/account/Get-Account-List",
    bucket="uid.10", params=[PRODUCT_TYPE],
)  # fmt: skip
BITGET.read(
    "futures.account.get", "GET /api/v2/mix/account/account",
    doc="One futures account with a symbol's leverage, margin mode and position mode.",
    url=f"{DOCS}contract/account/Get-Single-Account", bucket="uid.10", params=[*OF_SYMBOL, COIN],
)  # fmt: skip
BITGET.read(
    "futures.account.bills", "GET /api/v2/mix/account/bill",
    doc="Movements in the futures account, 30 days at a time, of the last 90.",
    url=f"{DOCS}contract/account/Get-Account-Bill", bucket="uid.10",
    params=[
        PRODUCT_TYPE, text("coin", "Which coin; transfers alone.", example="USDT"),
        text("businessType", "Such as append_margin, reduce_margin, contract_settle_fee.", example="append_margin"),
        one_of("onlyFunding", ("yes", "no"), "yes leaves changes of margin out."), ID_LESS_THAN, *SPAN, limit(100, 20),
    ],
)  # fmt: skip
BITGET.read(
    "futures.position.get", "GET /api/v2/mix/position/single-position",
    doc="Single position: a symbol's, two in hedge mode.", url=f"{DOCS}contract/position/get-single-position",
    bucket="uid.10", params=[*OF_SYMBOL, COIN],
)  # fmt: skip
BITGET.read(
    "futures.position.list", "GET /api/v2/mix/position/all-position",
    doc="All positions.", url=f"{DOCS}contract/position/get-all-position", bucket="uid.5",
    params=[PRODUCT_TYPE, ANY_COIN],
)  # fmt: skip
BITGET.read(
    "futures.position.history", "GET /api/v2/mix/position/history-position",
    doc="Positions that were closed, of the last three months.", url=f"{DOCS}contract/position/Get-History-Position",
    bucket="uid.20",
    params=[ANY_SYMBOL, one_of("productType", PRODUCT_TYPES, "Without a symbol."), *PAGE, limit(100, 20)],
)  # fmt: skip

# Settings.


def some_leverage(args: Args) -> str | None:
    """leverage, or longLeverage and shortLeverage."""
    if "leverage" in args or {"longLeverage", "shortLeverage"} <= args.keys():
        return None
    return "leverage must be given, or longLeverage and shortLeverage."


BITGET.write(
    "futures.leverage.set", "POST /api/v2/mix/account/set-leverage",
    doc="Sets a symbol's leverage.", url=f"{DOCS}contract/account/Change-Leverage", bucket="uid.5",
    params=[
        *OF_SYMBOL, COIN, integer("leverage", "For cross margin, and one-way isolated.", low=1, high=200, example=20),
        integer("longLeverage", "Of the long side; hedge mode, isolated.", low=1, high=200, example=20),
        integer("shortLeverage", "Of the short side; hedge mode, isolated.", low=1, high=200, example=20), HOLD_SIDE,
    ],
    rule=some_leverage,
)  # fmt: skip
BITGET.write(
    "futures.margin_mode.set", "POST /api/v2/mix/account/set-margin-mode",
    doc="Sets a symbol's margin mode; not with a position or an order.",
    url=f"{DOCS}contract/account/Change-Margin-Mode", bucket="uid.5", params=[*OF_SYMBOL, COIN, MARGIN_MODE],
)  # fmt: skip
BITGET.write(
    "futures.position_mode.set", "POST /api/v2/mix/account/set-position-mode", caution=WHOLE_ACCOUNT,
    doc="Sets the position mode of every symbol; not with a position or an order.",
    url=f"{DOCS}contract/account/Change-Hold-Mode", bucket="uid.5",
    params=[PRODUCT_TYPE, one_of("posMode", ("one_way_mode", "hedge_mode"), required=True)],
)  # fmt: skip
BITGET.write(
    "futures.auto_margin.set", "POST /api/v2/mix/account/set-auto-margin",
    doc="Switches automatic margin of an isolated position.", url=f"{DOCS}contract/account/Set-Auto-Margin",
    bucket="uid.5", params=[SYMBOL, one_of("autoMargin", ("on", "off"), required=True), COIN, HOLD],
)  # fmt: skip


def changes_something(args: Args) -> str | None:
    """amount is not zero."""
    return "amount is zero." if not args["amount"].strip("-0.") else None


BITGET.write(
    "futures.margin.adjust", "POST /api/v2/mix/account/set-margin",
    doc="Adds margin to an isolated position, or takes from it.", url=f"{DOCS}contract/account/Change-Margin",
    bucket="uid.5",
    params=[*OF_SYMBOL, COIN, decimal("amount", "Negative takes out.", required=True, low="-1e12", example="20"), HOLD],
    rule=changes_something,
)  # fmt: skip
