"""The trading account, the funding account and sub-accounts. Nothing here withdraws."""

from __future__ import annotations

from blave_mcp.exchanges.cautions import BORROWS, OTHER_ACCOUNT, WHOLE_ACCOUNT, where
from blave_mcp.exchanges.okx.base import (
    ACCOUNT_DOCS,
    AFTER,
    ANY_CCY,
    ANY_INST_ID,
    BEFORE,
    CCY,
    FUNDING_DOCS,
    INST_FAMILY,
    INST_ID,
    MARGIN_MODE,
    OKX,
    SPAN,
    SUB_DOCS,
    SWAP_ID,
    TD_MODE,
    at_least_one,
    inst_type,
    limit,
    needed_for,
    not_together,
    together,
)
from blave_mcp.exchanges.params import client_id, decimal, flag, one_of, text

WALLET_CODES = ("6", "18")
SUBACCOUNT = text("subAcct", "Name of the sub-account.", required=True, example="test1")
FROM = one_of("from", WALLET_CODES, "6: funding account, 18: trading account.", required=True)
TO = one_of("to", WALLET_CODES, "6: funding account, 18: trading account.", required=True, example="18")
AMOUNT = decimal("amt", "In the currency.", required=True, example="1.5")

# The trading account.

OKX.read(
    "v5.balance.get", "GET /api/v5/account/balance", doc="Equity, cash and free balance of the trading account.",
    url=f"{ACCOUNT_DOCS}get-balance", bucket="balance.get", params=[ANY_CCY],
)  # fmt: skip
OKX.read(
    "v5.position.list", "GET /api/v5/account/positions", doc="Open positions, sizes in contracts for SWAP.",
    url=f"{ACCOUNT_DOCS}get-positions", bucket="position.list",
    params=[
        inst_type("MARGIN", "SWAP", "FUTURES", "OPTION", required=False), ANY_INST_ID,
        text("posId", "Up to 20 position ids, separated by commas.", example="1752810569801498626"),
    ],
)  # fmt: skip
OKX.read(
    "v5.position.history", "GET /api/v5/account/positions-history", doc="Positions closed in the last three months.",
    url=f"{ACCOUNT_DOCS}get-positions-history", bucket="position.history",
    params=[
        inst_type("MARGIN", "SWAP", "FUTURES", "OPTION", required=False), ANY_INST_ID,
        one_of("mgnMode", ("cross", "isolated")),
        one_of("type", ("1", "2", "3", "4", "5", "6"), "1: closed in part, 2: closed, 3: liquidated, 4: liquidated in "
               "part, 5: ADL, 6: ADL in part."),
        text("posId", "One position.", example="1752810569801498626"), AFTER, BEFORE, limit(100),
    ],
)  # fmt: skip
OKX.read(
    "v5.position.risk", "GET /api/v5/account/account-position-risk",
    doc="Balances and positions as of one moment.", url=f"{ACCOUNT_DOCS}get-account-and-position-risk",
    bucket="position.risk", params=[inst_type("MARGIN", "SWAP", "FUTURES", "OPTION", required=False)],
)  # fmt: skip
OKX.read(
    "v5.account.get", "GET /api/v5/account/config", doc="Account mode, position mode and the key's permissions.",
    url=f"{ACCOUNT_DOCS}get-account-configuration", bucket="account.get",
)  # fmt: skip
OKX.read(
    "v5.instruments.account", "GET /api/v5/account/instruments", doc="Instruments that this account may trade.",
    url=f"{ACCOUNT_DOCS}get-instruments", bucket="instruments.account",
    params=[inst_type(), INST_FAMILY, ANY_INST_ID], rule=needed_for("instType", ("OPTION",), "instFamily"),
)  # fmt: skip
OKX.write(
    "v5.account.mode", "POST /api/v5/account/set-account-level", caution=WHOLE_ACCOUNT,
    doc="Sets the account mode; refused while there are positions, orders or debts that it does not allow.",
    url=f"{ACCOUNT_DOCS}set-account-mode", bucket="account.mode",
    params=[
        one_of("acctLv", ("1", "2", "3", "4"), "1: spot, 2: futures, 3: multi-currency margin, 4: portfolio margin.",
               required=True, example="2"),
    ],
)  # fmt: skip
OKX.write(
    "v5.position_mode.set", "POST /api/v5/account/set-position-mode", caution=WHOLE_ACCOUNT,
    doc="Sets net (one-way) or long/short (hedge) mode for every contract; refused while positions or orders are open.",
    url=f"{ACCOUNT_DOCS}set-position-mode", bucket="position_mode.set",
    params=[one_of("posMode", ("net_mode", "long_short_mode"), required=True, example="long_short_mode")],
)  # fmt: skip
OKX.write(
    "v5.isolated_mode.set", "POST /api/v5/account/set-isolated-mode",
    doc="Sets how margin reaches isolated positions.", url=f"{ACCOUNT_DOCS}isolated-margin-trading-settings",
    bucket="isolated_mode.set",
    params=[
        one_of("isoMode", ("auto_transfers_ccy", "automatic", "autonomy"), "automatic: moved as positions open.",
               required=True, example="automatic"),
        one_of("type", ("MARGIN", "CONTRACTS"), required=True, example="CONTRACTS"),
    ],
)  # fmt: skip
OKX.read(
    "v5.leverage.get", "GET /api/v5/account/leverage-info",
    doc="Leverage of an instrument in a margin mode; of both sides in long/short mode.",
    url=f"{ACCOUNT_DOCS}get-leverage", bucket="leverage.get",
    params=[
        text("instId", "Up to 20 instruments, separated by commas.", example="BTC-USDT-SWAP"),
        text("ccy", "Cross MARGIN: currency, in place of instId.", example="BTC"), MARGIN_MODE,
    ],
    rule=at_least_one("instId", "ccy"),
)  # fmt: skip
OKX.write(
    "v5.leverage.set", "POST /api/v5/account/set-leverage",
    doc="Sets the leverage of an instrument in one margin mode.", url=f"{ACCOUNT_DOCS}set-leverage",
    bucket="leverage.set",
    params=[
        text("instId", "Instrument.", example="BTC-USDT-SWAP"),
        text("ccy", "Cross MARGIN: currency, in place of instId.", example="BTC"),
        decimal("lever", "Up to what the instrument's tiers allow.", required=True, example="5"), MARGIN_MODE,
        one_of("posSide", ("long", "short"), "Isolated contracts in long/short mode: which side."),
    ],
    rule=together(at_least_one("instId", "ccy"), not_together("instId", "ccy")),
)  # fmt: skip
OKX.write(
    "v5.margin.adjust", "POST /api/v5/account/position/margin-balance",
    doc="Adds margin to an isolated position or takes some out.",
    url=f"{ACCOUNT_DOCS}increase-decrease-margin", bucket="margin.adjust",
    params=[
        SWAP_ID, one_of("posSide", ("net", "long", "short"), required=True),
        one_of("type", ("add", "reduce"), required=True), AMOUNT, text("ccy", "Isolated MARGIN.", example="USDT"),
    ],
)  # fmt: skip
OKX.read(
    "v5.fees.get", "GET /api/v5/account/trade-fee", doc="Maker and taker fees; a negative rate is charged.",
    url=f"{ACCOUNT_DOCS}get-fee-rates", bucket="fees.get",
    params=[
        inst_type(), text("instId", "Spot and margin.", example="BTC-USDT"), INST_FAMILY,
        text("groupId", "Fee group, in place of the others.", example="1"),
    ],
    rule=together(not_together("groupId", "instId"), not_together("groupId", "instFamily")),
)  # fmt: skip
OKX.read(
    "v5.size.max", "GET /api/v5/account/max-size", doc="The largest order that could be placed now.",
    url=f"{ACCOUNT_DOCS}get-maximum-order-quantity", bucket="size.max",
    params=[
        INST_ID, TD_MODE, text("ccy", "Margin currency.", example="USDT"), decimal("px", "Price.", example="60000"),
        decimal("leverage", "For contracts and margin; the current one unless told.", example="5"),
    ],
)  # fmt: skip
OKX.read(
    "v5.size.available", "GET /api/v5/account/max-avail-size", doc="The balance or position that an order could use.",
    url=f"{ACCOUNT_DOCS}get-maximum-available-balance-equity", bucket="size.available",
    params=[
        INST_ID, TD_MODE, text("ccy", "Margin currency.", example="USDT"), flag("reduceOnly", "For closing orders."),
        decimal("px", "Closing price.", example="60000"),
    ],
)  # fmt: skip

BILLS = (
    inst_type(required=False), ANY_INST_ID, text("ccy", "Currency.", example="USDT"),
    one_of("mgnMode", ("isolated", "cross")), one_of("ctType", ("linear", "inverse")),
    text("type", "Kind: 1 transfer, 2 trade, 5 liquidation, 7 interest, 8 funding, and more.", example="8"),
    text("subType", "Kind within the kind.", example="173"), AFTER, BEFORE, *SPAN, limit(100),
)  # fmt: skip
OKX.read(
    "v5.bills.list", "GET /api/v5/account/bills", doc="Movements of the trading account in the last 7 days.",
    url=f"{ACCOUNT_DOCS}get-bills-details-last-7-days", bucket="bills.list", params=BILLS,
)  # fmt: skip
OKX.read(
    "v5.bills.archive", "GET /api/v5/account/bills-archive", doc="Movements of the last three months.",
    url=f"{ACCOUNT_DOCS}get-bills-details-last-3-months", bucket="bills.archive", params=BILLS,
)  # fmt: skip

# Borrowing.

OKX.read(
    "v5.loan.max", "GET /api/v5/account/max-loan", doc="The most that could be borrowed for an instrument.",
    url=f"{ACCOUNT_DOCS}get-the-maximum-loan-of-instrument", bucket="loan.max",
    params=[
        MARGIN_MODE, text("instId", "Up to 5 instruments.", example="BTC-USDT"),
        text("ccy", "Spot mode.", example="BTC"),
        text("mgnCcy", "Margin currency; cross MARGIN in futures mode.", example="USDT"),
    ],
)  # fmt: skip
OKX.read(
    "v5.loan.interest", "GET /api/v5/account/interest-accrued", doc="Interest charged in the last year.",
    url=f"{ACCOUNT_DOCS}get-interest-accrued-data", bucket="loan.interest",
    params=[
        text("ccy", "Currency.", example="USDT"), text("instId", "Isolated margin.", example="BTC-USDT"),
        one_of("mgnMode", ("cross", "isolated")), AFTER, BEFORE, limit(100),
    ],
)  # fmt: skip
OKX.read(
    "v5.loan.rate", "GET /api/v5/account/interest-rate", doc="Hourly interest rates for this account.",
    url=f"{ACCOUNT_DOCS}get-interest-rate", bucket="loan.rate", params=[ANY_CCY],
)  # fmt: skip
OKX.read(
    "v5.loan.limits", "GET /api/v5/account/interest-limits", doc="Debts, interest and what may be borrowed.",
    url=f"{ACCOUNT_DOCS}get-borrow-interest-and-limit", bucket="loan.limits",
    params=[one_of("type", ("2",), "2: market loans."), ANY_CCY],
)  # fmt: skip
OKX.write(
    "v5.loan.change", "POST /api/v5/account/spot-manual-borrow-repay", caution=BORROWS,
    doc="Borrows or repays by hand, in spot mode with borrowing on.",
    url=f"{ACCOUNT_DOCS}manual-borrow-repay", bucket="loan.change",
    params=[CCY, one_of("side", ("borrow", "repay"), required=True), AMOUNT],
)  # fmt: skip
OKX.write(
    "v5.loan.auto_repay", "POST /api/v5/account/set-auto-repay", doc="Switches automatic repayment in spot mode.",
    url=f"{ACCOUNT_DOCS}set-auto-repay", bucket="loan.auto_repay",
    params=[flag("autoRepay", "Repay debts by themselves.", required=True)],
)  # fmt: skip
OKX.write(
    "v5.loan.auto", "POST /api/v5/account/set-auto-loan", caution=BORROWS,
    doc="Switches automatic borrowing in multi-currency and portfolio margin.",
    url=f"{ACCOUNT_DOCS}set-auto-loan", bucket="loan.auto", params=[flag("autoLoan", "On unless told.")],
)  # fmt: skip
OKX.read(
    "v5.loan.history", "GET /api/v5/account/spot-borrow-repay-history", doc="Borrowings and repayments in spot mode.",
    url=f"{ACCOUNT_DOCS}get-borrow-repay-history", bucket="loan.history",
    params=[
        text("ccy", "Currency.", example="USDT"),
        one_of("type", ("auto_borrow", "auto_repay", "manual_borrow", "manual_repay")), AFTER, BEFORE, limit(100),
    ],
)  # fmt: skip
OKX.read(
    "v5.withdrawal.max", "GET /api/v5/account/max-withdrawal",
    doc="The most that could leave the trading account for the funding account.",
    url=f"{ACCOUNT_DOCS}get-maximum-withdrawals", bucket="withdrawal.max", params=[ANY_CCY],
)  # fmt: skip

# The funding account.

OKX.read(
    "v5.wallet.balance", "GET /api/v5/asset/balances", doc="Balances of the funding account.",
    url=f"{FUNDING_DOCS}get-balance", bucket="wallet.balance", params=[ANY_CCY],
)  # fmt: skip
OKX.read(
    "v5.wallet.currencies", "GET /api/v5/asset/currencies", doc="Currencies and their networks.",
    url=f"{FUNDING_DOCS}get-currencies", bucket="wallet.currencies", params=[ANY_CCY],
)  # fmt: skip
OKX.read(
    "v5.wallet.valuation", "GET /api/v5/asset/asset-valuation", doc="What everything is worth, by account.",
    url=f"{FUNDING_DOCS}get-account-asset-valuation", bucket="wallet.valuation",
    params=[text("ccy", "Unit; BTC unless told.", example="USDT")],
)  # fmt: skip
OKX.read(
    "v5.wallet.bills", "GET /api/v5/asset/bills", doc="Movements of the funding account in the last month.",
    url=f"{FUNDING_DOCS}asset-bills-details", bucket="wallet.bills",
    params=[
        text("ccy", "Currency.", example="USDT"), text("type", "Kind, as the venue numbers them.", example="1"),
        text("clientId", "The transfer's client id.", example="mine1"), AFTER, BEFORE, limit(100),
    ],
)  # fmt: skip
OKX.write(
    "v5.transfer.create", "POST /api/v5/asset/transfer", caution=where("type", ("1", "2", "3", "4"), OTHER_ACCOUNT),
    doc="Moves money between funding and trading account, or between master and sub-account.",
    url=f"{FUNDING_DOCS}funds-transfer", bucket="transfer.create",
    params=[
        one_of("type", ("0", "1", "2", "3", "4"), "0 (default): within the account; 1: master to sub-account, 2: "
               "sub-account to master, 3 and 4: from a sub-account's own key, to master, to another."),
        CCY, AMOUNT, FROM, TO, text("subAcct", "Sub-account; for type 1, 2 and 4.", example="test1"),
        flag("loanTrans", "Whether borrowed coins may go; not unless told."), client_id("clientId"),
    ],
    rule=needed_for("type", ("1", "2", "4"), "subAcct"),
)  # fmt: skip
OKX.read(
    "v5.transfer.get", "GET /api/v5/asset/transfer-state", doc="What became of a transfer of the last two weeks.",
    url=f"{FUNDING_DOCS}get-funds-transfer-state", bucket="transfer.get",
    params=[
        text("transId", "The venue's own id.", example="754147"), text("clientId", "Its client id.", example="mine1"),
        one_of("type", ("0", "1", "2", "3", "4"), "As for the transfer; 0 unless told."),
    ],
    rule=at_least_one("transId", "clientId"),
)  # fmt: skip

# Sub-accounts, with a key of the master account.

OKX.read(
    "v5.subaccount.list", "GET /api/v5/users/subaccount/list", doc="Sub-accounts.",
    url=f"{SUB_DOCS}get-sub-account-list", bucket="subaccount.list",
    params=[
        flag("enable", "true: those in use, false: those frozen."), text("subAcct", "One.", example="test1"), AFTER,
        BEFORE, limit(100),
    ],
)  # fmt: skip
OKX.read(
    "v5.subaccount.balance", "GET /api/v5/account/subaccount/balances", doc="A sub-account's trading account.",
    url=f"{SUB_DOCS}get-sub-account-trading-balance", bucket="subaccount.balance", params=[SUBACCOUNT],
)  # fmt: skip
OKX.read(
    "v5.subaccount.wallet", "GET /api/v5/asset/subaccount/balances", doc="A sub-account's funding account.",
    url=f"{SUB_DOCS}get-sub-account-funding-balance", bucket="subaccount.wallet", params=[SUBACCOUNT, ANY_CCY],
)  # fmt: skip
OKX.read(
    "v5.subaccount.bills", "GET /api/v5/asset/subaccount/bills", doc="Transfers between master and sub-accounts.",
    url=f"{SUB_DOCS}get-history-of-sub-account-transfer", bucket="subaccount.bills",
    params=[
        text("ccy", "Currency.", example="USDT"),
        one_of("type", ("0", "1"), "0: master to sub-account, 1: the other way."),
        text("subAcct", "One.", example="test1"), AFTER, BEFORE, limit(100),
    ],
)  # fmt: skip
OKX.write(
    "v5.subaccount.transfer", "POST /api/v5/asset/subaccount/transfer", doc="Moves money between two sub-accounts.",
    caution=OTHER_ACCOUNT,
    url=f"{SUB_DOCS}master-accounts-manage-the-transfers-between-sub-accounts", bucket="subaccount.transfer",
    params=[
        CCY, AMOUNT, FROM, TO, text("fromSubAccount", "From.", required=True, example="test1"),
        text("toSubAccount", "To.", required=True, example="test2"),
        flag("loanTrans", "Whether borrowed coins may go; not unless told."),
    ],
)  # fmt: skip
