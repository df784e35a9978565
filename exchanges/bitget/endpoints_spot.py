"""Spot: the market, the account and the wallets. Orders are in endpoints_spot_orders.py."""

from __future__ import annotations

from blave_mcp.exchanges.bitget.base import ANY_SYMBOL, BITGET, DOCS, SYMBOL, WALLETS, limit, moment, size
from blave_mcp.exchanges.cautions import OTHER_ACCOUNT
from blave_mcp.exchanges.endpoint import Auth
from blave_mcp.exchanges.params import Args, client_id, integer, one_of, text

SPOT_GRANULARITIES = (
    "1min", "3min", "5min", "15min", "30min", "1h", "4h", "6h", "12h", "1day", "3day", "1week", "1M",
    "6Hutc", "12Hutc", "1Dutc", "3Dutc", "1Wutc", "1Mutc",
)  # fmt: skip
GRANULARITY = one_of(
    "granularity", SPOT_GRANULARITIES, "Length of a candle; those with utc open at UTC, the others at UTC+8.",
    required=True, example="1h",
)  # fmt: skip

# The market.

BITGET.read(
    "spot.time.get", "GET /api/v2/public/time",
    doc="The venue's clock.", url=f"{DOCS}common/public/Get-Server-Time", bucket="ip.20", auth=Auth.NONE,
)  # fmt: skip
BITGET.read(
    "spot.instruments.list", "GET /api/v2/spot/public/symbols",
    doc="Symbol info: precisions, least trade, price limits, fees.", url=f"{DOCS}spot/market/Get-Symbols",
    bucket="ip.20", auth=Auth.NONE, params=[ANY_SYMBOL],
)  # fmt: skip
BITGET.read(
    "spot.ticker.list", "GET /api/v2/spot/market/tickers",
    doc="Ticker: price, volume and change over 24 hours.", url=f"{DOCS}spot/market/Get-Tickers",
    bucket="ip.20", auth=Auth.NONE, params=[ANY_SYMBOL],
)  # fmt: skip
BITGET.read(
    "spot.book.get", "GET /api/v2/spot/market/orderbook",
    doc="The order book.", url=f"{DOCS}spot/market/Get-Orderbook", bucket="ip.20", auth=Auth.NONE,
    params=[
        SYMBOL,
        one_of("type", ("step0", "step1", "step2", "step3", "step4", "step5"), "How far prices are merged."),
        limit(150, 150),
    ],
)  # fmt: skip
BITGET.read(
    "spot.candles.list", "GET /api/v2/spot/market/candles",
    doc="Candles, oldest first; the finer, the less far back.", url=f"{DOCS}spot/market/Get-Candle-Data",
    bucket="ip.20", auth=Auth.NONE,
    params=[SYMBOL, GRANULARITY, moment("startTime"), moment("endTime"), limit(1000, 100)],
)  # fmt: skip
BITGET.read(
    "spot.candles.history", "GET /api/v2/spot/market/history-candles",
    doc="Candles before a time, also those of years ago.", url=f"{DOCS}spot/market/Get-History-Candle-Data",
    bucket="ip.20", auth=Auth.NONE,
    params=[
        SYMBOL, GRANULARITY,
        integer("endTime", "Unix milliseconds, exclusive.", required=True, example=1_700_000_000_000), limit(200, 100),
    ],
)  # fmt: skip
BITGET.read(
    "spot.trades.list", "GET /api/v2/spot/market/fills",
    doc="The market's latest trades.", url=f"{DOCS}spot/market/Get-Recent-Trades", bucket="ip.10", auth=Auth.NONE,
    params=[SYMBOL, limit(500, 100)],
)  # fmt: skip
BITGET.read(
    "spot.trades.reference", "GET /api/v2/spot/market/trades",
    doc="Recent trades by an older name; Bitget documents spot.trades.list (GET /api/v2/spot/market/fills).",
    url=f"{DOCS}spot/market/Get-Recent-Trades", bucket="ip.10", auth=Auth.NONE, params=[SYMBOL, limit(500, 100)],
)  # fmt: skip

# The account.

BITGET.read(
    "spot.account.assets", "GET /api/v2/spot/account/assets",
    doc="Spot balances.", url=f"{DOCS}spot/account/Get-Account-Assets", bucket="uid.10",
    params=[
        text("coin", "One coin.", example="USDT"),
        one_of("assetType", ("hold_only", "all"), "Coins that are held (default), or all."),
    ],
)  # fmt: skip
BITGET.read(
    "spot.account.funding", "GET /api/v2/account/funding-assets",
    doc="Funding account assets.", url=f"{DOCS}common/account/Funding-Assets", bucket="uid.10",
    params=[text("coin", "One coin.", example="USDT")],
)  # fmt: skip
BITGET.read(
    "spot.account.overview", "GET /api/v2/account/all-account-balance",
    doc="All accounts in USDT: spot, futures, funding, earn, bots, margin.",
    url=f"{DOCS}common/account/All-Account-Balance", bucket="uid.1",
)  # fmt: skip
BITGET.read(
    "spot.fees.get", "GET /api/v2/common/trade-rate",
    doc="The account's own fee rates of a symbol.", url=f"{DOCS}common/public/Get-Trade-Rate", bucket="uid.10",
    params=[SYMBOL, one_of("businessType", ("mix", "spot", "margin"), "mix is futures.", required=True)],
)  # fmt: skip

# The wallets.


def isolated_symbol(args: Args) -> str | None:
    """symbol is required where one of the two wallets is isolated_margin."""
    if "isolated_margin" in (args["fromType"], args["toType"]) and "symbol" not in args:
        return "symbol is required where a wallet is isolated_margin."
    return None


def two_wallets(args: Args) -> str | None:
    """The two wallets differ, or one of them is isolated margin."""
    if args["fromType"] == args["toType"] != "isolated_margin":
        return "A transfer wants two different wallets."
    return isolated_symbol(args)


FROM = one_of("fromType", WALLETS, "The wallet that gives; p2p is the funding account.", required=True)
TO = one_of("toType", WALLETS, "The wallet that takes.", required=True, example="usdt_futures")
AMOUNT = size("amount", "How much.", required=True, example="10")
TRANSFER_COIN = text("coin", "Which coin.", required=True, example="USDT")

BITGET.write(
    "spot.transfer.create", "POST /api/v2/spot/wallet/transfer",
    doc="Transfers between the account's own wallets.", url=f"{DOCS}spot/account/Wallet-Transfer", bucket="uid.10",
    params=[FROM, TO, AMOUNT, TRANSFER_COIN, ANY_SYMBOL, client_id("clientOid", "The transfer's own id.")],
    rule=two_wallets,
)  # fmt: skip
BITGET.write(
    "spot.transfer.subaccount", "POST /api/v2/spot/wallet/subaccount-transfer", caution=OTHER_ACCOUNT,
    doc="Transfers to, from or between sub-accounts; a parent account's key with an IP list.",
    url=f"{DOCS}spot/account/Sub-Transfer", bucket="uid.10",
    params=[
        FROM, TO, AMOUNT, TRANSFER_COIN, ANY_SYMBOL, client_id("clientOid", "The transfer's own id."),
        text("fromUserId", "UID that gives.", required=True, example="1000000001"),
        text("toUserId", "UID that takes.", required=True, example="1000000002"),
    ],
    rule=isolated_symbol,
)  # fmt: skip
BITGET.read(
    "spot.transfer.list", "GET /api/v2/spot/account/transferRecords",
    doc="Transfers between the account's own wallets.", url=f"{DOCS}spot/account/Get-Account-TransferRecords",
    bucket="uid.20",
    params=[
        TRANSFER_COIN, one_of("fromType", WALLETS, "The wallet that gave."), moment("startTime"), moment("endTime"),
        text("clientOid", "The transfer's own id.", example="my-transfer-1"),
        integer("pageNum", "Page, from 1.", low=1, high=1000), limit(500, 100),
    ],
)  # fmt: skip
BITGET.read(
    "spot.transfer.subaccounts", "GET /api/v2/spot/account/sub-main-trans-record",
    doc="Transfers with sub-accounts.", url=f"{DOCS}spot/account/Get-SubAccount-TransferRecords", bucket="uid.20",
    params=[
        text("coin", "Which coin.", example="USDT"), one_of("role", ("initiator", "receiver"), "Which end."),
        text("subUid", "The sub-account.", example="1000000002"), moment("startTime"), moment("endTime"),
        text("clientOid", "The transfer's own id.", example="my-transfer-1"), limit(100, 100),
    ],
)  # fmt: skip
