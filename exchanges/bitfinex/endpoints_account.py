"""The account: wallets, positions, margin, ledgers, transfers. Every request is signed."""

from __future__ import annotations

import re

from blave_mcp.exchanges.bitfinex.base import (
    BITFINEX,
    DOCS,
    END,
    PAIR,
    POSTED,
    START,
    WALLETS,
    code,
    limit,
    nonzero,
    number_id,
    pair,
    shaped,
    signed,
    together,
)
from blave_mcp.exchanges.cautions import BORROWS
from blave_mcp.exchanges.params import Args, decimal, integer, json_value, one_of, text

CODE = text("Currency", "USD, UST (USDT), BTC.", required=True, example="USD")
_MARGIN_KEY = re.compile(r"base|sym_all|t[A-Z0-9]{2,}(:[A-Z0-9]{2,})?")
WALLET_NAMES = (*WALLETS, "trading")


def two_wallets(args: Args) -> str | None:
    """A transfer wants two different wallets, or two currencies."""
    same = args["from"] == args["to"] and args.get("currency_to", args["currency"]) == args["currency"]
    return "from and to are the same wallet." if same else None


BITFINEX.read(
    "auth.wallet.list",
    "POST /v2/auth/r/wallets",
    doc="Balances of the exchange, margin and funding wallets.",
    url=f"{DOCS}rest-auth-wallets",
    bucket="wallets",
    reason=POSTED,
)
BITFINEX.read(
    "auth.wallet.history",
    "POST /v2/auth/r/wallets/hist",
    doc="Balances at an earlier time.",
    url=f"{DOCS}rest-auth-wallets-hist",
    bucket="wallets",
    reason=POSTED,
    params=[END, text("currency", "One currency.", example="USD")],
)
BITFINEX.write(
    "auth.transfer.create",
    "POST /v2/auth/w/transfer",
    doc="Moves an amount between two wallets of the account.",
    url=f"{DOCS}rest-auth-transfer",
    bucket="transfer",
    params=[
        one_of("from", WALLET_NAMES, "trading is another name of margin.", required=True, example="exchange"),
        one_of("to", WALLET_NAMES, required=True, example="funding"),
        text("currency", "USD, UST (USDT), BTC.", required=True, example="USD"),
        text("currency_to", "Only where it changes its form (UST to USTF0).", example="USD"),
        decimal("amount", required=True, example="1000"),
    ],
    rule=together(two_wallets, code("currency"), code("currency_to")),
)
BITFINEX.read(
    "auth.position.list",
    "POST /v2/auth/r/positions",
    doc="Open positions with profit, liquidation price and leverage.",
    url=f"{DOCS}rest-auth-positions",
    bucket="positions",
    reason=POSTED,
)
BITFINEX.read(
    "auth.position.history",
    "POST /v2/auth/r/positions/hist",
    doc="Positions that were closed or changed.",
    url=f"{DOCS}rest-auth-positions-hist",
    bucket="positions",
    reason=POSTED,
    params=[START, END, limit(500, 50)],
)
BITFINEX.read(
    "auth.position.snapshot",
    "POST /v2/auth/r/positions/snap",
    doc="Positions as they stood once a day.",
    url=f"{DOCS}rest-auth-positions-snap",
    bucket="positions",
    reason=POSTED,
    params=[START, END, limit(500, 50)],
)
BITFINEX.read(
    "auth.position.audit",
    "POST /v2/auth/r/positions/audit",
    doc="Every change of positions.",
    url=f"{DOCS}rest-auth-positions-audit",
    bucket="positions",
    reason=POSTED,
    params=[json_value("id", "A list of position ids.", example=[142355652]), START, END, limit(250, 50)],
)
BITFINEX.write(
    "auth.position.claim",
    "POST /v2/auth/w/position/claim",
    doc="Settles a margin position by paying for it, in whole or in part.",
    url=f"{DOCS}rest-auth-position-claim",
    bucket="positions",
    params=[
        number_id("id", "The position's id.", required=True, example=142355652),
        decimal("amount", "Part of it; all unless told.", example="0.01"),
    ],
)
BITFINEX.write(
    "auth.position.increase",
    "POST /v2/auth/w/position/increase",
    doc="Opens or enlarges a margin position without an order, against funding.",
    caution=BORROWS,
    url=f"{DOCS}rest-auth-position-increase",
    bucket="positions",
    params=[
        text("symbol", "tBTCUSD.", required=True, example="tBTCUSD"),
        signed("amount", "Negative for a short.", required=True, example="0.0001"),
    ],
    rule=together(pair("symbol"), nonzero("amount")),
)
BITFINEX.read(
    "auth.margin.info",
    "POST /v2/auth/r/info/margin/{key}",
    doc="Margin: base (balance, net value, minimum), sym_all, or one pair (tradable balance, most to buy and sell).",
    url=f"{DOCS}rest-auth-info-margin",
    bucket="margin",
    reason=POSTED,
    params=[text("key", "base, sym_all or a pair.", required=True, example="base")],
    rule=shaped("key", _MARGIN_KEY, "base, sym_all or tBTCUSD"),
)
_LEDGER = (integer("category", "Kind of movement; 51 is a transfer, 28 funding interest.", example=51), START, END)
BITFINEX.read(
    "auth.ledger.list",
    "POST /v2/auth/r/ledgers/hist",
    doc="Movements in all currencies.",
    url=f"{DOCS}rest-auth-ledgers",
    bucket="ledgers",
    reason=POSTED,
    params=[*_LEDGER, limit(2500, 25)],
)
BITFINEX.read(
    "auth.ledger.currency",
    "POST /v2/auth/r/ledgers/{Currency}/hist",
    doc="Movements in one currency.",
    url=f"{DOCS}rest-auth-ledgers",
    bucket="ledgers",
    reason=POSTED,
    params=[CODE, *_LEDGER, limit(2500, 25)],
    rule=code("Currency"),
)
BITFINEX.read(
    "auth.movement.list",
    "POST /v2/auth/r/movements/{Currency}/hist",
    doc="Deposits and withdrawals of a currency.",
    url=f"{DOCS}rest-auth-movements",
    bucket="ledgers",
    reason=POSTED,
    params=[CODE, START, END, limit(1000, 25)],
    rule=code("Currency"),
)
BITFINEX.read(
    "auth.account.summary",
    "POST /v2/auth/r/summary",
    doc="Fees and volumes of the last 30 days.",
    url=f"{DOCS}rest-auth-summary",
    bucket="account",
    reason=POSTED,
)
BITFINEX.read(
    "auth.account.user",
    "POST /v2/auth/r/info/user",
    doc="The account's own data: id, verification, time zone.",
    url=f"{DOCS}rest-auth-info-user",
    bucket="account",
    reason=POSTED,
)
BITFINEX.read(
    "auth.account.permissions",
    "POST /v2/auth/r/permissions",
    doc="What the key may read and write.",
    url=f"{DOCS}key-permissions",
    bucket="account",
    reason=POSTED,
)
BITFINEX.read(
    "auth.order.available",
    "POST /v2/auth/calc/order/avail",
    doc="The largest amount that an order or a funding offer could have.",
    url=f"{DOCS}rest-auth-calc-order-avail",
    bucket="account",
    reason=POSTED,
    params=[
        text("symbol", "tBTCUSD or fUSD.", required=True, example="tBTCUSD"),
        one_of("type", ("EXCHANGE", "MARGIN", "DERIV", "FUNDING"), required=True),
        integer("dir", "1 buy or lend, -1 sell or borrow.", low=-1, high=1, example=1),
        decimal("rate", "Price, or rate per day.", example="10000"),
        decimal("lev", "Leverage of a derivative.", example="1"),
    ],
)
__all__ = ["CODE", "PAIR", "WALLET_NAMES"]
