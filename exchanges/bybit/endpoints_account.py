"""Account, wallets, transfers; positions and their settings."""

from __future__ import annotations

from blave_mcp.exchanges.bybit.base import (
    ANY_SYMBOL,
    BASE_COIN,
    BYBIT,
    CURSOR,
    DOCS,
    ORDER_TYPES,
    SETTLE_COIN,
    SYMBOL,
    TPSL_MODES,
    at_least_one,
    category,
    level,
    limit,
    position_idx,
    price,
    same_leverage,
    together,
    trigger_by,
    uuid_of,
    week,
    whole,
)
from blave_mcp.exchanges.cautions import BORROWS, OTHER_ACCOUNT, WHOLE_ACCOUNT
from blave_mcp.exchanges.params import Args, Param, client_id, decimal, integer, one_of, text

COIN = text("coin", "In capitals.", example="USDT")
COINS = text("coin", "Coins, by commas; all that are not zero where it is left out.", example="USDT")
ACCOUNTS = ("UNIFIED", "FUND")
STATUS = one_of("status", ("SUCCESS", "PENDING", "FAILED"), "Only transfers in this state.")
MEMBER = text("memberId", "A sub-account's id; wants the main account's key.", example="592334")

# Wallets and the account.

for product in ("spot", "linear"):
    BYBIT.read(
        f"{product}.wallet.get", "GET /v5/account/wallet-balance",
        doc="The unified trading account: balances, margin rates, equity in dollars.",
        url=f"{DOCS}account/wallet-balance", bucket="private.read",
        params=[one_of("accountType", ("UNIFIED",), required=True), COINS],
    )  # fmt: skip
    BYBIT.read(
        f"{product}.fees.get", "GET /v5/account/fee-rate",
        doc="The account's own fee rates.", url=f"{DOCS}account/fee-rate", bucket=f"{product}.fees",
        params=[category(product), ANY_SYMBOL],
    )  # fmt: skip
BYBIT.read(
    "linear.account.get", "GET /v5/account/info",
    doc="Margin mode and kind of the account.", url=f"{DOCS}account/account-info", bucket="private.read",
)  # fmt: skip
BYBIT.write(
    "linear.margin_mode.set", "POST /v5/account/set-margin-mode", caution=WHOLE_ACCOUNT,
    doc="Sets the margin mode of the whole unified account: isolated, cross (REGULAR_MARGIN) or portfolio.",
    url=f"{DOCS}account/set-margin-mode", bucket="account.set",
    params=[one_of("setMarginMode", ("ISOLATED_MARGIN", "REGULAR_MARGIN", "PORTFOLIO_MARGIN"), required=True)],
)  # fmt: skip
BYBIT.read(
    "spot.ledger.list", "GET /v5/account/transaction-log",
    doc="Every movement in the unified account.", url=f"{DOCS}account/transaction-log", bucket="private.read",
    params=[
        one_of("accountType", ("UNIFIED",)), one_of("category", ("spot", "linear", "inverse", "option")),
        text("currency", "Only this coin.", example="USDT"), BASE_COIN,
        text("type", "Only this kind: TRADE, SETTLEMENT, TRANSFER_IN, ...", example="TRADE"),
        *week("Unix milliseconds; with endTime at most 7 d apart. Without both: the last 24 h."), limit(50, 20), CURSOR,
    ],
)  # fmt: skip
BYBIT.read(
    "spot.borrow.list", "GET /v5/account/borrow-history",
    doc="Interest paid on what was borrowed.", url=f"{DOCS}account/borrow-history", bucket="private.read",
    params=[
        text("currency", "Only this coin.", example="USDT"),
        *week("Unix milliseconds; with endTime at most 30 d apart."), limit(50, 20), CURSOR,
    ],
)  # fmt: skip
BYBIT.read(
    "spot.collateral.list", "GET /v5/account/collateral-info",
    doc="What each coin counts as collateral, and what can be borrowed at which hourly rate.",
    url=f"{DOCS}account/collateral-info", bucket="private.read",
    params=[text("currency", "Only this coin.", example="BTC")],
)  # fmt: skip
BYBIT.write(
    "spot.collateral.set", "POST /v5/account/set-collateral-switch",
    doc="Counts a coin as collateral, or not.", url=f"{DOCS}account/set-collateral", bucket="account.set",
    params=[
        text("coin", "In capitals; not USDT and USDC.", required=True, example="BTC"),
        one_of("collateralSwitch", ("ON", "OFF"), required=True),
    ],
)  # fmt: skip
BYBIT.read(
    "spot.margin.state", "GET /v5/spot-margin-trade/state",
    doc="Whether spot margin is on, and its leverage.", url=f"{DOCS}spot-margin-uta/status", bucket="private.read",
)  # fmt: skip
BYBIT.write(
    "spot.margin.switch", "POST /v5/spot-margin-trade/switch-mode", caution=BORROWS,
    doc="Switches spot margin of the unified account on or off.", url=f"{DOCS}spot-margin-uta/switch-mode",
    bucket="account.set", params=[one_of("spotMarginMode", ("1", "0"), "1 on, 0 off.", required=True)],
)  # fmt: skip
BYBIT.write(
    "spot.margin.leverage", "POST /v5/spot-margin-trade/set-leverage", caution=BORROWS,
    doc="Sets the leverage of spot margin for the whole account.", url=f"{DOCS}spot-margin-uta/set-leverage",
    bucket="account.set", params=[decimal("leverage", "2 to 10.", required=True, low="2", high=10, example="4")],
)  # fmt: skip
BYBIT.read(
    "spot.key.get", "GET /v5/user/query-api",
    doc="What the key may do, until when, and the account's kind.", url=f"{DOCS}user/apikey-info", bucket="user.read",
)  # fmt: skip

# Transfers.

TRANSFER_ID = client_id("transferId", "A UUID of your own; one is made from the action where it is left out.")
AMOUNT = decimal("amount", "In the coin.", required=True, example="10")
NEEDED_COIN = text("coin", "In capitals.", required=True, example="USDT")
FROM_TO = (
    one_of("fromAccountType", ACCOUNTS, required=True, example="FUND"),
    one_of("toAccountType", ACCOUNTS, required=True, example="UNIFIED"),
)


def two_accounts(args: Args) -> str | None:
    """fromAccountType and toAccountType differ."""
    return "A transfer wants two different accounts." if args["fromAccountType"] == args["toAccountType"] else None


BYBIT.write(
    "spot.transfer.create", "POST /v5/asset/transfer/inter-transfer",
    doc="Moves a coin between the funding and the unified account of one user.",
    url=f"{DOCS}asset/transfer/create-inter-transfer", bucket="asset.transfer",
    params=[TRANSFER_ID, NEEDED_COIN, AMOUNT, *FROM_TO], rule=together(uuid_of("transferId"), two_accounts),
)  # fmt: skip
BYBIT.read(
    "spot.transfer.list", "GET /v5/asset/transfer/query-inter-transfer-list",
    doc="Transfers between the user's own accounts.", url=f"{DOCS}asset/transfer/inter-transfer-list",
    bucket="asset.read",
    params=[text("transferId", "One transfer.", example="a"), COIN, STATUS, *week(), limit(50, 20), CURSOR],
)  # fmt: skip
BYBIT.read(
    "spot.transfer.coins", "GET /v5/asset/transfer/query-transfer-coin-list",
    doc="Which coins can be moved between two accounts.", url=f"{DOCS}asset/transfer/transferable-coin",
    bucket="asset.read", params=FROM_TO,
)  # fmt: skip
BYBIT.write(
    "spot.transfer.universal", "POST /v5/asset/transfer/universal-transfer", caution=OTHER_ACCOUNT,
    doc="Moves a coin between the main account and a sub-account, or between sub-accounts.",
    url=f"{DOCS}asset/transfer/unitransfer", bucket="asset.universal",
    params=[
        TRANSFER_ID, NEEDED_COIN, AMOUNT,
        integer("fromMemberId", "User id that it leaves.", required=True, example=592334),
        integer("toMemberId", "User id that it goes to.", required=True, example=691355),
        *FROM_TO,
    ],
    rule=uuid_of("transferId"),
)  # fmt: skip
BYBIT.read(
    "spot.transfer.universal_list", "GET /v5/asset/transfer/query-universal-transfer-list",
    doc="Transfers between main and sub-accounts.", url=f"{DOCS}asset/transfer/unitransfer-list",
    bucket="asset.universal",
    params=[text("transferId", "One transfer.", example="a"), COIN, STATUS, *week(), limit(50, 20), CURSOR],
)  # fmt: skip
BYBIT.read(
    "spot.members.list", "GET /v5/asset/transfer/query-sub-member-list",
    doc="The sub-accounts that can be transferred with.", url=f"{DOCS}asset/sub-uid-list", bucket="asset.read",
)  # fmt: skip
BYBIT.read(
    "spot.funds.list", "GET /v5/asset/transfer/query-account-coins-balance",
    doc="Balances of the funding account (or of others; UNIFIED wants coins named).",
    url=f"{DOCS}asset/balance/all-balance", bucket="asset.balance",
    params=[one_of("accountType", ("FUND", "UNIFIED"), required=True), COINS, MEMBER, whole("withBonus", (0, 1))],
)  # fmt: skip
BYBIT.read(
    "spot.funds.get", "GET /v5/asset/transfer/query-account-coin-balance",
    doc="One coin in one account, with what can be transferred out.", url=f"{DOCS}asset/balance/account-coin-balance",
    bucket="asset.balance", params=[one_of("accountType", ("FUND", "UNIFIED"), required=True), NEEDED_COIN, MEMBER],
)  # fmt: skip
BYBIT.read(
    "spot.coin.list", "GET /v5/asset/coin/query-info",
    doc="Chains, deposit and withdrawal terms of coins.", url=f"{DOCS}asset/coin-info", bucket="asset.universal",
    params=[COIN],
)  # fmt: skip

# Positions.

CATEGORY = category("linear")
LEVERAGES = (
    decimal("buyLeverage", "1 to the highest of the tier.", required=True, example="6"),
    decimal(
        "sellLeverage", "The same as buyLeverage, but in hedge mode with isolated margin.", required=True, example="6"
    ),
)


def stop_params() -> tuple[Param, ...]:
    return (
        CATEGORY, SYMBOL,
        one_of("tpslMode", TPSL_MODES, "Full: the whole position; Partial: tpSize and slSize.", required=True),
        position_idx(required=True),
        level("takeProfit", "Trigger of the take-profit.", "70000"),
        level("stopLoss", "Trigger of the stop-loss.", "50000"),
        level("trailingStop", "Distance of a trailing stop, in price.", "500"),
        trigger_by("tpTriggerBy"), trigger_by("slTriggerBy"),
        price("activePrice", "Price from which the trailing stop trails.", "65000"),
        decimal("tpSize", "Partial: size in base; equal to slSize where both are given.", example="0.01"),
        decimal("slSize", "Partial: size in base; equal to tpSize where both are given.", example="0.01"),
        price("tpLimitPrice", "Partial: price of a limit take-profit.", "69900"),
        price("slLimitPrice", "Partial: price of a limit stop-loss.", "49900"),
        one_of("tpOrderType", ORDER_TYPES, "Market unless told."),
        one_of("slOrderType", ORDER_TYPES, "Market unless told."),
    )  # fmt: skip


def partial_sizes(args: Args) -> str | None:
    """tpSize and slSize are for tpslMode Partial, and equal where both are given."""
    sizes = [args[name] for name in ("tpSize", "slSize") if name in args]
    if sizes and args["tpslMode"] != "Partial":
        return "tpSize and slSize are for tpslMode Partial."
    if len(set(sizes)) > 1:
        return "tpSize and slSize must be equal."
    if "Limit" in (args.get("tpOrderType"), args.get("slOrderType")) and args["tpslMode"] != "Partial":
        return "A take-profit or stop-loss of type Limit wants tpslMode Partial."
    return None


STOP_RULE = together(at_least_one("takeProfit", "stopLoss", "trailingStop"), partial_sizes)

BYBIT.read(
    "linear.position.list", "GET /v5/position/list",
    doc="Positions; with a symbol also an empty one, with its leverage.", url=f"{DOCS}position", bucket="private.read",
    params=[CATEGORY, ANY_SYMBOL, BASE_COIN, SETTLE_COIN, limit(200, 20), CURSOR],
    rule=at_least_one("symbol", "settleCoin"),
)  # fmt: skip
BYBIT.write(
    "linear.leverage.set", "POST /v5/position/set-leverage",
    doc="Sets the leverage of a symbol.", url=f"{DOCS}position/leverage", bucket="position.set",
    params=[CATEGORY, SYMBOL, *LEVERAGES], rule=same_leverage,
)  # fmt: skip
BYBIT.write(
    "linear.trading_stop.set", "POST /v5/position/trading-stop",
    doc="Sets take-profit, stop-loss or trailing stop of an open position.", url=f"{DOCS}position/trading-stop",
    bucket="position.set", params=stop_params(), rule=STOP_RULE,
)  # fmt: skip
# A route that Bybit's documentation does not have (it is trading-stop there), for those who know it by name.
# https://bybit-exchange.github.io/docs/v5/position/trading-stop
BYBIT.write(
    "linear.tpsl.set", "POST /v5/position/set-tpsl",
    doc="Not in Bybit's present documentation, which has linear.trading_stop.set for TP/SL: use that.",
    url=f"{DOCS}position/trading-stop", bucket="position.set", params=stop_params(), rule=STOP_RULE,
)  # fmt: skip
BYBIT.write(
    "linear.tpsl_mode.set", "POST /v5/position/set-tpsl-mode",
    doc="Sets what tpslMode is where an order does not say (deprecated).", url=f"{DOCS}position/tpsl-mode",
    bucket="position.set", params=[CATEGORY, SYMBOL, one_of("tpSlMode", TPSL_MODES, required=True)],
)  # fmt: skip
BYBIT.write(
    "linear.margin_mode.switch", "POST /v5/position/switch-isolated",
    doc="Cross or isolated margin of one symbol: classic accounts and old unified inverse contracts only.",
    url=f"{DOCS}position/cross-isolate", bucket="position.set",
    params=[CATEGORY, SYMBOL, whole("tradeMode", (0, 1), "0 cross, 1 isolated.", required=True), *LEVERAGES],
    rule=same_leverage,
)  # fmt: skip
BYBIT.write(
    "linear.position_mode.set", "POST /v5/position/switch-mode",
    doc="One-way or hedge mode, for a symbol or for all of a settlement coin that are idle.",
    url=f"{DOCS}position/position-mode", bucket="position.set",
    params=[
        CATEGORY, ANY_SYMBOL, COIN,
        whole("mode", (0, 3), "0 merged single (one-way), 3 both sides (hedge).", required=True),
    ],
    rule=together(
        at_least_one("symbol", "coin"),
        lambda args: None if args["mode"] in (0, 3) else "mode is 0 (one-way) or 3 (hedge).",
    ),
)  # fmt: skip
BYBIT.write(
    "linear.margin.add", "POST /v5/position/add-margin",
    doc="Adds margin to an isolated position, or takes some out.", url=f"{DOCS}position/manual-add-margin",
    bucket="position.set",
    params=[
        CATEGORY, SYMBOL,
        decimal("margin", "In the settlement coin; negative takes out.", required=True, low="-1e9", example="10"),
        position_idx(),
    ],
)  # fmt: skip
BYBIT.write(
    "linear.margin.auto", "POST /v5/position/set-auto-add-margin",
    doc="Lets an isolated position take margin by itself, or not.", url=f"{DOCS}position/auto-add-margin",
    bucket="position.set",
    params=[CATEGORY, SYMBOL, whole("autoAddMargin", (0, 1), "1 on, 0 off.", required=True), position_idx()],
)  # fmt: skip
BYBIT.write(
    "linear.risk.confirm", "POST /v5/position/confirm-pending-mmr",
    doc="Lifts a reduce-only mark after the margin rules have changed.", url=f"{DOCS}position/confirm-mmr",
    bucket="position.set", params=[CATEGORY, SYMBOL],
)  # fmt: skip
BYBIT.read(
    "linear.pnl.list", "GET /v5/position/closed-pnl",
    doc="Profit and loss of closed positions.", url=f"{DOCS}position/close-pnl", bucket="private.read",
    params=[CATEGORY, ANY_SYMBOL, *week(), limit(100, 50), CURSOR],
)  # fmt: skip
