"""The three wallets of BingX and the transfers between them.

https://bingx-api.github.io/docs/#/en-us/spot/account-api.html
"""

from __future__ import annotations

from typing import Any

from blave_mcp.exchanges.paper.bingx.core import Ask, TransferRefusal, Whole
from blave_mcp.exchanges.paper.face import fixed
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import ZERO

FUND = "fund"


def _wallets(ask: Ask) -> dict[str, str]:
    """The venue's names of the wallets, and the exchange's."""
    rules = ask.exchange.rules
    return {"fund": FUND, "spot": rules.spot_wallet, "USDTMPerp": rules.perp_wallet}


def _held(ask: Ask, wallet: str) -> list[dict[str, Any]]:
    return [
        {"asset": each.asset, "disPlayName": each.asset, "free": fixed(each.free), "locked": fixed(each.locked)}
        for each in ask.exchange.balances(ask.now, wallet)
    ]


def spot_balance(ask: Ask) -> dict[str, Any]:
    return {"balances": _held(ask, ask.exchange.rules.spot_wallet)}


def fund_balance(ask: Ask) -> dict[str, Any]:
    return {"assets": _held(ask, FUND)}


def overview(ask: Ask) -> list[dict[str, Any]]:
    """What the wallets hold in USDT; other assets are not reckoned here."""
    wanted = ask.text("accountType")
    names = {"sopt": ask.exchange.rules.spot_wallet, "USDTMPerp": ask.exchange.rules.perp_wallet}
    return [
        {"accountType": name, "usdtBalance": fixed(ask.exchange.balance(wallet, "USDT", ask.now).total)}
        for name, wallet in names.items()
        if wanted in ("", name)
    ]


def transfer(ask: Ask) -> Whole:
    wallets = _wallets(ask)
    source, target = ask.wanted("fromAccount"), ask.wanted("toAccount")
    asset, amount = ask.wanted("asset"), ask.amount("amount")
    if source not in wallets or target not in wallets:
        raise TransferRefusal("illegal transferType")
    try:
        done = ask.exchange.transfer(
            asset, amount, source=wallets[source], target=wallets[target], now_ms=ask.now, tag=f"{source}:{target}"
        )
    except PaperRefusal as refused:
        enough = refused.reason is not Reason.INSUFFICIENT_BALANCE
        raise TransferRefusal("illegal transferType" if enough else "Insufficient assets") from None
    return Whole({"tranId": done.id, "transferId": str(done.id)})


def transfers(ask: Ask) -> Whole:
    """Newest first."""
    wallets = _wallets(ask)
    names = {wallet: name for name, wallet in wallets.items()}
    wanted = (wallets.get(ask.wanted("fromAccount")), wallets.get(ask.wanted("toAccount")))
    start, end = ask.integer("startTime", 0) or 0, ask.integer("endTime", ask.now) or ask.now
    found = [
        {
            "asset": each.asset,
            "amount": fixed(each.amount, 20),
            "status": "CONFIRMED",
            "transferId": str(each.id),
            "timestamp": each.time_ms,
            "fromAccount": names[each.source],
            "toAccount": names[each.target],
        }
        for each in reversed(ask.exchange.transfers(ask.now))
        if (each.source, each.target) == wanted and start <= each.time_ms <= end and each.amount > ZERO
    ]
    size, page = ask.count("pageSize", 10, 100), ask.count("pageIndex", 1, 1_000)
    return Whole({"total": len(found), "rows": found[(page - 1) * size : page * size]})
