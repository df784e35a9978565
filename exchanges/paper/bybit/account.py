"""Wallets, transfers and the account's settings. https://bybit-exchange.github.io/docs/v5/account/wallet-balance"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.bybit.ask import Ask
from blave_mcp.exchanges.paper.bybit.terms import FUND, UNIFIED, WALLETS
from blave_mcp.exchanges.paper.bybit.wire import BybitRefusal, wrong
from blave_mcp.exchanges.paper.face import short
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import ONE, ZERO, Balance, MarginMode, Product

MODES = {"REGULAR_MARGIN": MarginMode.CROSS, "ISOLATED_MARGIN": MarginMode.ISOLATED}
SETTINGS = "bybit-settings"
MODE = "margin mode"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
MEMBER = "10000001"


def mode_of(ask: Ask) -> str:
    """The margin mode of the account, as Bybit names it."""
    return ask.account.named(SETTINGS).get(MODE, "REGULAR_MARGIN")


def info(ask: Ask) -> dict[str, Any]:
    return {
        "marginMode": mode_of(ask),
        "updatedTime": str(ask.exchange.settled_ms),
        "unifiedMarginStatus": 5,
        "dcpStatus": "OFF",
        "timeWindow": 0,
        "smpGroup": 0,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
    }


def key_info(ask: Ask) -> dict[str, Any]:
    return {
        "id": "1",
        "note": "paper",
        "apiKey": "",
        "readOnly": 0,
        "secret": "",
        "permissions": {
            "ContractTrade": ["Order", "Position"], "Spot": ["SpotTrade"], "Wallet": ["AccountTransfer"], "Options": [],
        },
        "ips": ["*"],
        "type": 1,
        "deadlineDay": -1,
        "expiredAt": "1970-01-01T00:00:00Z",
        "createdAt": "1970-01-01T00:00:00Z",
        "unified": 0,
        "uta": 1,
        "userID": int(MEMBER),
        "inviterID": 0,
        "vipLevel": "No VIP",
        "mktMakerLevel": "0",
        "affiliateID": 0,
        "isMaster": True,
        "parentUid": "0",
    }  # fmt: skip


def set_margin_mode(ask: Ask) -> dict[str, Any]:
    """One mode for the whole account: it changes only while no contract has a position or an order."""
    word = ask.params.one_of("setMarginMode", (*MODES, "PORTFOLIO_MARGIN"))
    if word not in MODES:
        raise _not_set("3400000", "Equity needs to be equal to or greater than 1000 USDC")
    if word == mode_of(ask):
        return {"reasons": []}
    if ask.exchange.positions(ask.now) or ask.exchange.open_orders(ask.now, product=Product.PERP):
        raise _not_set("3400110", "You have open positions or orders of contracts")
    for listing in ask.exchange.listings(Product.PERP):
        if ask.exchange.settings(listing.key).margin_mode is not MODES[word]:
            ask.exchange.set_margin_mode(listing.key, MODES[word], ask.now)
    ask.account.name(SETTINGS, MODE, word)
    return {"reasons": []}


def _not_set(code: str, reason: str) -> BybitRefusal:
    return BybitRefusal(
        3400045, "Set margin mode failed", result={"reasons": [{"reasonCode": code, "reasonMsg": reason}]}
    )


def fee_rate(ask: Ask) -> dict[str, Any]:
    rows = [
        {"symbol": one.symbol, "takerFeeRate": short(one.taker_fee), "makerFeeRate": short(one.maker_fee)}
        for one in ask.listed()
    ]
    return {"list": rows} if ask.category != "spot" else {"category": "spot", "list": rows}


# Wallets.


def _dollars(ask: Ask, asset: str) -> Decimal:
    """What one of an asset is worth; 0 where nothing is listed that tells."""
    if asset in ("USDT", "USDC"):
        return ONE
    try:
        listing = ask.exchange.listing(f"{asset}USDT:{Product.SPOT.value}")
    except PaperRefusal:
        return ZERO
    return ask.exchange.market.prices(listing.key, ask.now).last


def wallet(ask: Ask) -> dict[str, Any]:
    ask.params.one_of("accountType", ("UNIFIED",))
    named = set(ask.params.text("coin").split(",")) - {""}
    held = [one for one in ask.exchange.balances(ask.now, UNIFIED) if one.total or one.asset in ("USDT", *named)]
    coins = [_coin(ask, one) for one in held if not named or one.asset in named]
    margin = ask.exchange.margin_account(ask.now, "USDT")
    worth = sum((Decimal(one["usdValue"]) for one in coins), ZERO)
    isolated = mode_of(ask) == "ISOLATED_MARGIN"

    def told(value: Decimal) -> str:
        """Account-wide figures are not told with isolated margin."""
        return "" if isolated else short(round(value, 8))

    whole = {
        "accountType": "UNIFIED",
        "accountLTV": "",
        "accountIMRate": told(margin.initial_margin / margin.margin_balance if margin.margin_balance > 0 else ZERO),
        "accountMMRate": told(margin.maintenance_margin / margin.margin_balance if margin.margin_balance > 0 else ZERO),
        "totalEquity": short(round(worth, 8)),
        "totalWalletBalance": told(worth - margin.unrealised),
        "totalMarginBalance": told(margin.margin_balance),
        "totalAvailableBalance": told(margin.available),
        "totalPerpUPL": told(margin.unrealised),
        "totalInitialMargin": told(margin.initial_margin),
        "totalMaintenanceMargin": told(margin.maintenance_margin),
        "coin": coins,
    }
    return {"list": [whole]}


def _coin(ask: Ask, balance: Balance) -> dict[str, Any]:
    asset = balance.asset
    settles = asset in ask.exchange.margin_assets()
    margin = ask.exchange.margin_account(ask.now, asset) if settles else None
    unrealised = margin.unrealised if margin else ZERO
    isolated = sum((one.isolated_margin for one in ask.exchange.positions(ask.now)), ZERO) if asset == "USDT" else ZERO
    equity = balance.total + unrealised
    return {
        "coin": asset,
        "equity": short(equity),
        "usdValue": short(round(equity * _dollars(ask, asset), 8)),
        "walletBalance": short(balance.total),
        "locked": short(max(ZERO, balance.locked - isolated)),
        "spotHedgingQty": "0",
        "borrowAmount": "0",
        "spotBorrow": "0",
        "availableToWithdraw": "",
        "accruedInterest": "0",
        "totalOrderIM": short(round(margin.order_initial_margin, 8)) if margin else "0",
        "totalPositionIM": short(round(margin.position_initial_margin, 8)) if margin else "0",
        "totalPositionMM": short(round(margin.maintenance_margin, 8)) if margin else "0",
        "unrealisedPnl": short(round(unrealised, 8)),
        "cumRealisedPnl": "0",
        "bonus": "0",
        "marginCollateral": asset == "USDT",
        "collateralSwitch": asset == "USDT",
        "availableToBorrow": "",
    }


def _wallet_of(ask: Ask) -> tuple[str, str]:
    word = ask.params.one_of("accountType", tuple(WALLETS))
    return word, WALLETS[word]


def _balance(ask: Ask, wallet_: str, asset: str) -> dict[str, Any]:
    held = ask.exchange.balance(wallet_, asset, ask.now)
    return {
        "coin": asset,
        "walletBalance": short(held.total),
        "transferBalance": short(max(ZERO, ask.exchange.transferable(wallet_, asset, ask.now))),
        "bonus": "",
    }


def funds(ask: Ask) -> dict[str, Any]:
    word, wallet_ = _wallet_of(ask)
    named = [one for one in ask.params.text("coin").split(",") if one]
    if wallet_ == UNIFIED and not named:
        raise BybitRefusal(131002, "Parameter error: coin is required for UNIFIED")
    coins = named or [one.asset for one in ask.exchange.balances(ask.now, FUND) if one.total]
    return {"memberId": MEMBER, "accountType": word, "balance": [_balance(ask, wallet_, one) for one in coins]}


def one_fund(ask: Ask) -> dict[str, Any]:
    word, wallet_ = _wallet_of(ask)
    told = _balance(ask, wallet_, ask.params.needed("coin"))
    return {"accountId": MEMBER, "memberId": MEMBER, "accountType": word, "bizType": 1, "balance": told}


def coins(ask: Ask) -> dict[str, Any]:
    """Every asset that is traded; on paper none can be deposited or withdrawn."""
    listed = ask.exchange.listings(Product.SPOT)
    named = ask.params.text("coin")
    names = sorted({one.base for one in listed} | {one.quote for one in listed})
    rows = [
        {"name": one, "coin": one, "remainAmount": "0", "chains": []} for one in names if named in ("", one)
    ]  # fmt: skip
    return {"rows": rows}


# Transfers.


def transfer(ask: Ask) -> dict[str, Any]:
    params = ask.params
    id, coin = params.needed("transferId"), params.needed("coin")
    if not _UUID.fullmatch(id):
        raise BybitRefusal(131203, "Request parameter error: transferId is not a UUID")
    if any(one.tag == id for one in ask.exchange.transfers(ask.now)):
        raise BybitRefusal(131214, "TransferId exist")
    source, target = (params.one_of(name, tuple(WALLETS)) for name in ("fromAccountType", "toAccountType"))
    amount = params.decimal("amount")
    if amount is None:
        raise wrong("params error: amount is required")
    try:
        ask.exchange.transfer(
            coin, amount, source=WALLETS[source], target=WALLETS[target], now_ms=ask.now, tag=id
        )  # fmt: skip
    except PaperRefusal as refused:
        code, message = {
            Reason.SAME_WALLET: (131211, "fromAccountType can't be the same as toAccountType"),
            Reason.INSUFFICIENT_BALANCE: (131212, "Insufficient balance"),
        }.get(refused.reason, (131215, "Amount error"))
        raise BybitRefusal(code, message) from None
    return {"transferId": id, "status": "SUCCESS"}


def transfers(ask: Ask) -> dict[str, Any]:
    names = {wallet_: word for word, wallet_ in WALLETS.items()}
    params = ask.params
    rows = [
        {
            "transferId": one.tag,
            "coin": one.asset,
            "amount": short(one.amount),
            "fromAccountType": names[one.source],
            "toAccountType": names[one.target],
            "timestamp": str(one.time_ms),
            "status": "SUCCESS",
        }
        for one in reversed(ask.exchange.transfers(ask.now))
        if params.text("transferId") in ("", one.tag) and params.text("coin") in ("", one.asset)
    ]
    count = params.rows(20, 50)
    return {"list": rows[:count], "nextPageCursor": ""}
