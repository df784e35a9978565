"""Transfers, sub-accounts, what affiliates read, and the demo's money."""

from __future__ import annotations

from blave_mcp.exchanges.bitmart.base import BITMART, FUTURES_DOCS, RECV_WINDOW, limit, moment, second
from blave_mcp.exchanges.cautions import OTHER_ACCOUNT
from blave_mcp.exchanges.endpoint import Auth
from blave_mcp.exchanges.params import Args, client_id, decimal, integer, one_of, text

SUB = text("subAccount", "The sub-account's user name.", required=True, example="mysubuser")
USDT = one_of("currency", ("USDT",), "USDT alone.", required=True)
AMOUNT = decimal("amount", "In USDT.", required=True, example="100")
REQUEST = client_id("requestNo", "The request's own id, at most 64 characters; the venue takes each one once.")
COUNT = integer("limit", "Rows.", low=1, high=100, required=True, example=20)
CID = integer("cid", "The user's number.", required=True, example=123456)
PAGE = (
    integer("page", "Page, from 1.", low=1, required=True), integer("size", "Rows.", low=1, required=True, example=10),
)  # fmt: skip
DAYS = 60 * 24 * 60 * 60


def within_60_days(args: Args) -> str | None:
    """At most 60 days between start_time and end_time."""
    wrong = args["end_time"] - args["start_time"] > DAYS
    return "start_time and end_time are at most 60 days apart." if wrong else None


PERIOD = (second("start_time", required=True), second("end_time", required=True))

# Between spot and futures. The paths are those of the account, the host is that of futures.

BITMART.write(
    "futures.transfer.create", "POST /account/v1/transfer-contract",
    doc="Moves USDT between the spot and the futures wallet.", url=f"{FUTURES_DOCS}transfer-signed", bucket="transfer",
    params=[
        USDT, decimal("amount", "In USDT.", required=True, low="0.01", high=10_000_000_000, example="1000"),
        one_of("type", ("spot_to_contract", "contract_to_spot"), required=True), RECV_WINDOW,
    ],
)  # fmt: skip
BITMART.read(
    "futures.transfer.list", "POST /account/v1/transfer-contract-list",
    doc="Transfers between the spot and the futures wallet.", url=f"{FUTURES_DOCS}get-transfer-list-signed",
    bucket="transfers",
    params=[
        text("currency", example="USDT"), moment("time_start"), moment("time_end"),
        integer("page", "Page, from 1.", low=1, high=1000, required=True),
        integer("limit", "Rows.", low=10, high=100, required=True, example=20), RECV_WINDOW,
    ],
    reason="BitMart takes the arguments of this query in a signed JSON body, hence POST; it changes nothing.",
)  # fmt: skip

# Sub-accounts, for institutions.

BITMART.write(
    "futures.subaccount.to_main", "POST /account/contract/sub-account/main/v1/sub-to-main", caution=OTHER_ACCOUNT,
    doc="The main account takes futures USDT from a sub-account.",
    url=f"{FUTURES_DOCS}sub-account-to-main-account-for-main-account-signed", bucket="key.8",
    params=[REQUEST, SUB, AMOUNT, USDT],
)  # fmt: skip
BITMART.write(
    "futures.subaccount.from_main", "POST /account/contract/sub-account/main/v1/main-to-sub", caution=OTHER_ACCOUNT,
    doc="The main account gives futures USDT to a sub-account.",
    url=f"{FUTURES_DOCS}main-account-to-sub-account-for-main-account-signed", bucket="key.8",
    params=[REQUEST, SUB, AMOUNT, USDT],
)  # fmt: skip
BITMART.write(
    "futures.subaccount.own_to_main", "POST /account/contract/sub-account/sub/v1/sub-to-main", caution=OTHER_ACCOUNT,
    doc="A sub-account, by its own key, gives futures USDT to its main account.",
    url=f"{FUTURES_DOCS}sub-account-to-main-account-for-sub-account-signed", bucket="key.8",
    params=[REQUEST, AMOUNT, USDT],
)  # fmt: skip
BITMART.read(
    "futures.subaccount.wallet", "GET /account/contract/sub-account/main/v1/wallet",
    doc="A sub-account's futures wallet.",
    url=f"{FUTURES_DOCS}get-sub-account-futures-wallet-balance-for-main-account-keyed",
    bucket="key.12", auth=Auth.KEY, params=[SUB, text("currency", "One coin alone.", example="USDT")],
)  # fmt: skip
BITMART.read(
    "futures.subaccount.transfers", "GET /account/contract/sub-account/main/v1/transfer-list",
    doc="Transfers of a sub-account.", url=f"{FUTURES_DOCS}get-sub-account-transfer-history-for-main-account-keyed",
    bucket="key.8", auth=Auth.KEY, params=[SUB, COUNT],
)  # fmt: skip
BITMART.read(
    "futures.subaccount.history", "GET /account/contract/sub-account/v1/transfer-history",
    doc="Transfers between main account and sub-accounts, of whichever the key belongs to.",
    url=f"{FUTURES_DOCS}get-account-futures-asset-transfer-history-for-main-sub-account-keyed",
    bucket="key.8", auth=Auth.KEY, params=[COUNT],
)  # fmt: skip

# Affiliates.

BITMART.read(
    "futures.affiliate.rebates", "GET /contract/private/affiliate/rebate-list",
    doc="Rebates, by page.", url=f"{FUTURES_DOCS}get-contract-rebate-list-keyed", bucket="key.24", auth=Auth.KEY,
    params=[
        *PAGE, text("currency", required=True, example="USDT"), integer("user_id", example=123456),
        second("rebate_start_time"), second("rebate_end_time"), second("register_start_time"),
        second("register_end_time"),
    ],
)  # fmt: skip
BITMART.read(
    "futures.affiliate.trades", "GET /contract/private/affiliate/trade-list",
    doc="Trades of an invited user, by page.", url=f"{FUTURES_DOCS}get-contract-trade-list-keyed",
    bucket="key.24", auth=Auth.KEY,
    params=[
        integer("user_id", required=True, example=123456),
        integer("type", "1 margined in USDT, 2 in coin.", low=1, high=2, required=True), *PAGE, second("start_time"),
        second("end_time"),
    ],
)  # fmt: skip
BITMART.read(
    "futures.affiliate.user", "GET /contract/private/affiliate/rebate-user",
    doc="An invited user's rebates and volume.", url=f"{FUTURES_DOCS}get-single-user-rebate-data-keyed",
    bucket="key.24", auth=Auth.KEY, params=[CID, *PERIOD], rule=within_60_days,
)  # fmt: skip
BITMART.read(
    "futures.affiliate.api_user", "GET /contract/private/affiliate/rebate-api",
    doc="An invited API user's rebates.", url=f"{FUTURES_DOCS}get-single-api-user-rebate-data-keyed",
    bucket="key.24", auth=Auth.KEY, params=[CID, *PERIOD], rule=within_60_days,
)  # fmt: skip
BITMART.read(
    "futures.affiliate.invited", "GET /contract/private/affiliate/invite-check",
    doc="Whether a user was invited by this account.", url=f"{FUTURES_DOCS}check-if-invited-user-keyed",
    bucket="key.24", auth=Auth.KEY, params=[CID],
)  # fmt: skip
BITMART.read(
    "futures.affiliate.customers", "GET /contract/private/affiliate/rebate-inviteUser",
    doc="Invited users, by page.", url=f"{FUTURES_DOCS}get-invited-customer-list-keyed", bucket="key.24",
    auth=Auth.KEY, params=[*PERIOD, PAGE[0], limit(50, 10, name="size", required=True),
                           integer("cid", "One user alone.", example=123456)], rule=within_60_days,
)  # fmt: skip

# The demo.

BITMART.write(
    "futures.demo.claim", "POST /contract/private/claim",
    doc="Claims the demo account's USDT; the demo host alone has it.",
    url=f"{FUTURES_DOCS}simulated-claim-signed", bucket="key.24",
)  # fmt: skip
