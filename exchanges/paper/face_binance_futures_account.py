"""Account, positions, settings and records of Binance's USDⓈ-M futures host.

https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api
https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.face import fixed, short
from blave_mcp.exchanges.paper.face_binance import Ask, BinanceRefusal, missing, not_valid, window_of
from blave_mcp.exchanges.paper.face_binance_futures_fields import price_text, qty_text
from blave_mcp.exchanges.paper.face_binance_futures_orders import week_of
from blave_mcp.exchanges.paper.market import DAY
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import (
    ZERO,
    EntryKind,
    Listing,
    MarginAccount,
    MarginMode,
    Position,
    PositionSide,
    Product,
    Side,
    SymbolSettings,
)

ALIAS = "paper"
DONE = {"code": 200, "msg": "success"}
MARGIN_CHANGES = "futures-margin-changes"
_INCOME: Mapping[EntryKind, str] = {
    EntryKind.TRANSFER: "TRANSFER",
    EntryKind.REALISED_PNL: "REALIZED_PNL",
    EntryKind.FUNDING: "FUNDING_FEE",
    EntryKind.COMMISSION: "COMMISSION",
    EntryKind.INSURANCE: "INSURANCE_CLEAR",
}
_INCOME_TYPES = (
    *("TRANSFER", "WELCOME_BONUS", "REALIZED_PNL", "FUNDING_FEE", "COMMISSION", "INSURANCE_CLEAR", "REFERRAL_KICKBACK"),
    *("COMMISSION_REBATE", "API_REBATE", "CONTEST_REWARD", "CROSS_COLLATERAL_TRANSFER", "OPTIONS_PREMIUM_FEE"),
    *("OPTIONS_SETTLE_PROFIT", "INTERNAL_TRANSFER", "AUTO_EXCHANGE", "DELIVERED_SETTELMENT", "COIN_SWAP_DEPOSIT"),
    *("COIN_SWAP_WITHDRAW", "POSITION_LIMIT_INCREASE_FEE", "STRATEGY_UMFUTURES_TRANSFER", "FEE_RETURN"),
    "BFUSD_REWARD",
)


# Balances and account


def _accounts(ask: Ask) -> list[MarginAccount]:
    return [ask.exchange.margin_account(ask.now, asset) for asset in ask.exchange.margin_assets()]


def balance(ask: Ask) -> list[dict[str, Any]]:
    return [
        {
            "accountAlias": ALIAS,
            "asset": account.asset,
            "balance": fixed(account.wallet_balance),
            "crossWalletBalance": fixed(account.cross_wallet),
            "crossUnPnl": fixed(account.cross_unrealised),
            "availableBalance": fixed(account.available),
            "maxWithdrawAmount": fixed(account.max_withdraw),
            "marginAvailable": True,
            "updateTime": ask.exchange.settled_ms,
        }
        for account in _accounts(ask)
    ]


def _asset(ask: Ask, account: MarginAccount) -> dict[str, Any]:
    return {
        "asset": account.asset,
        "walletBalance": fixed(account.wallet_balance),
        "unrealizedProfit": fixed(account.unrealised),
        "marginBalance": fixed(account.margin_balance),
        "maintMargin": fixed(account.maintenance_margin),
        "initialMargin": fixed(account.initial_margin),
        "positionInitialMargin": fixed(account.position_initial_margin),
        "openOrderInitialMargin": fixed(account.order_initial_margin),
        "crossWalletBalance": fixed(account.cross_wallet),
        "crossUnPnl": fixed(account.cross_unrealised),
        "availableBalance": fixed(account.available),
        "maxWithdrawAmount": fixed(account.max_withdraw),
        "updateTime": ask.exchange.settled_ms,
    }


def _totals(accounts: list[MarginAccount]) -> dict[str, str]:
    """The sums over the account: of USDT alone, as in single-asset mode."""
    usdt = next((account for account in accounts if account.asset == "USDT"), None)

    def told(name: str) -> str:
        value: Decimal = ZERO if usdt is None else getattr(usdt, name)
        return fixed(value)

    return {
        "totalInitialMargin": told("initial_margin"),
        "totalMaintMargin": told("maintenance_margin"),
        "totalWalletBalance": told("wallet_balance"),
        "totalUnrealizedProfit": told("unrealised"),
        "totalMarginBalance": told("margin_balance"),
        "totalPositionInitialMargin": told("position_initial_margin"),
        "totalOpenOrderInitialMargin": told("order_initial_margin"),
        "totalCrossWalletBalance": told("cross_wallet"),
        "totalCrossUnPnl": told("cross_unrealised"),
        "availableBalance": told("available"),
        "maxWithdrawAmount": told("max_withdraw"),
    }


def account_v2(ask: Ask) -> dict[str, Any]:
    accounts = _accounts(ask)
    assets = []
    for account in accounts:
        told = _asset(ask, account)
        updated = told.pop("updateTime")
        assets.append({**told, "marginAvailable": True, "updateTime": updated})
    return {
        "feeTier": 0,
        "feeBurn": False,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": True,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
        **_totals(accounts),
        "assets": assets,
        "positions": [_position_v2(ask, position) for position in ask.exchange.positions(ask.now, include_empty=True)],
    }


def _position_v2(ask: Ask, position: Position) -> dict[str, Any]:
    listing = ask.exchange.listing(position.key)
    return {
        "symbol": listing.symbol,
        "initialMargin": short(position.initial_margin),
        "maintMargin": short(position.maintenance_margin),
        "unrealizedProfit": fixed(position.unrealised),
        "positionInitialMargin": short(position.initial_margin),
        "openOrderInitialMargin": "0",
        "leverage": short(position.leverage),
        "isolated": position.margin_mode is MarginMode.ISOLATED,
        "entryPrice": entry_text(position.entry_price),
        "breakEvenPrice": entry_text(position.break_even),
        "maxNotional": short(position.max_notional),
        "bidNotional": "0",
        "askNotional": "0",
        "positionSide": position.position_side.value.upper(),
        "positionAmt": qty_text(listing, position.qty),
        "updateTime": position.updated_ms,
    }


def account_v3(ask: Ask) -> dict[str, Any]:
    accounts = _accounts(ask)
    return {
        **_totals(accounts),
        "assets": [_asset(ask, account) for account in accounts],
        "positions": [
            {
                "symbol": listing.symbol,
                "positionSide": position.position_side.value.upper(),
                "positionAmt": qty_text(listing, position.qty),
                "unrealizedProfit": fixed(position.unrealised),
                "isolatedMargin": fixed(_isolated_margin(position)),
                "notional": short(position.notional),
                "isolatedWallet": short(position.isolated_margin),
                "initialMargin": short(position.initial_margin),
                "maintMargin": short(position.maintenance_margin),
                "updateTime": position.updated_ms,
            }
            for listing, position in _engaged(ask, None)
        ],
    }


def entry_text(value: Decimal) -> str:
    """Returns an entry price: "0.0" where there is none, else with the digits it has, eight places at most."""
    return short(value.quantize(Decimal("1e-8"))) if value else "0.0"


def _isolated_margin(position: Position) -> Decimal:
    """Returns what an isolated position has with its profit; isolatedWallet is the same without."""
    return position.isolated_margin + position.unrealised if position.margin_mode is MarginMode.ISOLATED else ZERO


def _engaged(ask: Ask, listing: Listing | None) -> list[tuple[Listing, Position]]:
    """Returns the positions, and the empty ones that have open orders."""
    key = None if listing is None else listing.key
    orders = ask.exchange.open_orders(ask.now, key=key, product=Product.PERP)
    busy = {(order.key, order.request.position_side) for order in orders}
    return [
        (ask.exchange.listing(position.key), position)
        for position in ask.exchange.positions(ask.now, key=key, include_empty=True)
        if position.qty or (position.key, position.position_side) in busy
    ]


def risk_v2(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.some_listing()
    key = None if listing is None else listing.key
    return [_risk_v2(ask, position) for position in ask.exchange.positions(ask.now, key=key, include_empty=True)]


def _risk_v2(ask: Ask, position: Position) -> dict[str, Any]:
    listing = ask.exchange.listing(position.key)
    return {
        "symbol": listing.symbol,
        "positionAmt": qty_text(listing, position.qty),
        "entryPrice": entry_text(position.entry_price),
        "breakEvenPrice": entry_text(position.break_even),
        "markPrice": fixed(position.mark),
        "unRealizedProfit": fixed(position.unrealised),
        "liquidationPrice": short(position.liquidation_price or ZERO),
        "leverage": short(position.leverage),
        "maxNotionalValue": short(position.max_notional),
        "marginType": position.margin_mode.value,
        "isolatedMargin": fixed(_isolated_margin(position)),
        "isAutoAddMargin": "false",
        "positionSide": position.position_side.value.upper(),
        "notional": short(position.notional),
        "isolatedWallet": short(position.isolated_margin),
        "updateTime": position.updated_ms,
    }


def risk_v3(ask: Ask) -> list[dict[str, Any]]:
    return [
        {
            "symbol": listing.symbol,
            "positionSide": position.position_side.value.upper(),
            "positionAmt": qty_text(listing, position.qty),
            "entryPrice": entry_text(position.entry_price),
            "breakEvenPrice": entry_text(position.break_even),
            "markPrice": fixed(position.mark),
            "unRealizedProfit": fixed(position.unrealised),
            "liquidationPrice": short(position.liquidation_price or ZERO),
            "isolatedMargin": fixed(_isolated_margin(position)),
            "notional": short(position.notional),
            "marginAsset": listing.settle,
            "isolatedWallet": short(position.isolated_margin),
            "initialMargin": short(position.initial_margin),
            "maintMargin": short(position.maintenance_margin),
            "positionInitialMargin": short(position.initial_margin),
            "openOrderInitialMargin": "0",
            "adl": 1 if position.qty else 0,
            "bidNotional": "0",
            "askNotional": "0",
            "updateTime": position.updated_ms,
        }
        for listing, position in _engaged(ask, ask.some_listing())
    ]


# Settings


def leverage(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    wanted = ask.params.integer("leverage") or 0
    try:
        told = ask.exchange.set_leverage(listing.key, Decimal(wanted), ask.now)
    except PaperRefusal as refused:
        if refused.reason is Reason.LEVERAGE_INVALID:
            raise BinanceRefusal(-4028, f"Leverage {wanted} is not valid") from None
        if refused.reason is Reason.LEVERAGE_NEEDS_MARGIN and _is_isolated(ask, listing):
            what = "Leverage reduction is not supported in Isolated Margin Mode with open positions"
            raise BinanceRefusal(-4161, what) from None
        raise
    return {
        "symbol": listing.symbol,
        "leverage": int(told.leverage),
        "maxNotionalValue": short(told.max_notional),
    }


def _is_isolated(ask: Ask, listing: Listing) -> bool:
    return ask.exchange.settings(listing.key).margin_mode is MarginMode.ISOLATED


def margin_type(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    word = ask.params.one_of("marginType", ("ISOLATED", "CROSSED"))
    mode = MarginMode.ISOLATED if word == "ISOLATED" else MarginMode.CROSS
    ask.exchange.set_margin_mode(listing.key, mode, ask.now)
    return DONE


def position_mode(ask: Ask) -> dict[str, Any]:
    return {"dualSidePosition": ask.exchange.hedge}


def set_position_mode(ask: Ask) -> dict[str, Any]:
    ask.exchange.set_hedge(ask.params.flag("dualSidePosition"), ask.now)
    return DONE


def multi_assets(_: Ask) -> dict[str, Any]:
    return {"multiAssetsMargin": False}


def set_multi_assets(ask: Ask) -> dict[str, Any]:
    """There is single-asset mode only."""
    if ask.params.flag("multiAssetsMargin"):
        raise BinanceRefusal(-4084, "Method is not allowed currently. Upcoming soon.")
    raise BinanceRefusal(-4171, "Adjusted asset mode is currently set and does not need to be adjusted repeatedly")


def fee_burn(_: Ask) -> dict[str, Any]:
    return {"feeBurn": False}


def symbol_config(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.some_listing()
    listed = [listing] if listing is not None else ask.exchange.listings(Product.PERP)
    return [_config(each, ask.exchange.settings(each.key)) for each in listed]


def _config(listing: Listing, told: SymbolSettings) -> dict[str, Any]:
    return {
        "symbol": listing.symbol,
        "marginType": "ISOLATED" if told.margin_mode is MarginMode.ISOLATED else "CROSSED",
        "isAutoAddMargin": False,
        "leverage": int(told.leverage),
        "maxNotionalValue": short(told.max_notional),
    }


def account_config(ask: Ask) -> dict[str, Any]:
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": True,
        "dualSidePosition": ask.exchange.hedge,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }


def commission_rate(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    return {
        "symbol": listing.symbol,
        "makerCommissionRate": fixed(listing.maker_fee, 6),
        "takerCommissionRate": fixed(listing.taker_fee, 6),
        "rpiCommissionRate": fixed(ZERO, 6),
    }


def brackets(ask: Ask) -> list[dict[str, Any]]:
    """Returns the brackets: a list with a symbol too, as the host does, where its documentation shows one object."""
    listing = ask.some_listing()
    return [_brackets(each) for each in ([listing] if listing is not None else ask.exchange.listings(Product.PERP))]


def _brackets(listing: Listing) -> dict[str, Any]:
    return {
        "symbol": listing.symbol,
        "brackets": [
            {
                "bracket": number,
                "initialLeverage": int(tier.max_leverage),
                "notionalCap": int(tier.cap),
                "notionalFloor": int(tier.floor),
                "maintMarginRatio": tier.rate,
                "cum": tier.cum,
            }
            for number, tier in enumerate(listing.tiers, 1)
        ],
    }


# Isolated margin


def position_margin(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    kind = ask.params.integer("type")
    if kind not in (1, 2):
        raise not_valid("type")
    amount = ask.params.decimal("amount", signed=True)
    if amount is None:
        raise missing("amount")
    if amount <= 0:
        raise BinanceRefusal(-4055, "Amount must be positive.")
    side = PositionSide(ask.params.one_of("positionSide", ("BOTH", "LONG", "SHORT")).lower() or "both")
    if (side is PositionSide.BOTH) is ask.exchange.hedge:
        raise BinanceRefusal(-4061, "Order's position side does not match user's setting.")
    signed = amount if kind == 1 else -amount
    ask.exchange.adjust_margin(listing.key, signed, ask.now, position_side=side)
    ask.account.note(
        MARGIN_CHANGES,
        {
            "symbol": listing.symbol,
            "type": kind,
            "deltaType": "USER_ADJUST",
            "amount": short(signed),
            "asset": listing.settle,
            "time": ask.now,
            "positionSide": side.value.upper(),
        },
    )
    return {"amount": amount, "code": 200, "msg": "Successfully modify position margin.", "type": kind}


def margin_history(ask: Ask) -> list[dict[str, Any]]:
    """The user's own changes; what trades and funding do to an isolated margin is not told."""
    listing = ask.listing()
    kind = ask.params.integer("type")
    start, end = window_of(ask, 30 * DAY, BinanceRefusal(-4165, "Maximum time interval is 30 days."))
    found = [
        row
        for row in ask.account.noted_under(MARGIN_CHANGES)
        if row["symbol"] == listing.symbol and start <= row["time"] <= end and kind in (None, row["type"])
    ]
    return found[-ask.face.rows(ask, 500, 500) :]


# Records


def user_trades(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.listing()
    number, first = ask.params.integer("orderId"), ask.params.integer("fromId")
    if first is not None and ("startTime" in ask.params or "endTime" in ask.params):
        raise BinanceRefusal(-1128, "Combination of optional parameters invalid.")
    start, end = (0, 1 << 62) if first is not None or number is not None else week_of(ask)
    limit = ask.face.rows(ask, 500, 1_000)
    found = [
        fill
        for fill in ask.exchange.fills(ask.now, key=listing.key, order_id=number)
        if start <= fill.time_ms <= end and (first is None or fill.id >= first)
    ]
    forward = first is not None or "startTime" in ask.params
    return [
        {
            "symbol": listing.symbol,
            "id": fill.id,
            "orderId": fill.order_id,
            "side": fill.side.value.upper(),
            "price": price_text(listing, fill.price),
            "qty": qty_text(listing, fill.qty),
            "realizedPnl": short(fill.realised_pnl),
            "quoteQty": short(fill.quote),
            "commission": short(fill.commission),
            "commissionAsset": fill.commission_asset,
            "time": fill.time_ms,
            "positionSide": fill.position_side.value.upper(),
            "buyer": fill.side is Side.BUY,
            "maker": fill.maker,
        }
        for fill in (found[:limit] if forward else found[-limit:])
    ]


def income(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.some_listing()
    kind = ask.params.one_of("incomeType", _INCOME_TYPES)
    start, end = window_of(ask, 1 << 62, not_valid("startTime"))
    if "startTime" not in ask.params and "endTime" not in ask.params:
        start = ask.now - 7 * DAY
    limit = ask.face.rows(ask, 100, 1_000)
    page = ask.params.integer("page") or 1
    found = [
        {
            "symbol": "" if not entry.key else ask.exchange.listing(entry.key).symbol,
            "incomeType": _INCOME[entry.kind],
            "income": fixed(entry.amount),
            "asset": entry.asset,
            "info": _INCOME[entry.kind],
            "time": entry.time_ms,
            "tranId": entry.id,
            "tradeId": str(entry.ref) if entry.kind in (EntryKind.REALISED_PNL, EntryKind.COMMISSION) else "",
        }
        for entry in ask.exchange.entries(ask.now, wallet=ask.exchange.rules.perp_wallet)
        if entry.kind in _INCOME
        and kind in ("", _INCOME[entry.kind])
        and start <= entry.time_ms <= end
        and (listing is None or entry.key == listing.key)
    ]
    return found[(page - 1) * limit : page * limit]


def force_orders(ask: Ask) -> list[dict[str, Any]]:
    """Liquidations; there is no auto-deleveraging here."""
    listing = ask.some_listing()
    if ask.params.one_of("autoCloseType", ("LIQUIDATION", "ADL")) == "ADL":
        return []
    start, end = window_of(ask, 1 << 62, not_valid("startTime"))
    if "startTime" not in ask.params:
        start = min(end, ask.now) - 7 * DAY
    limit = ask.face.rows(ask, 50, 100)
    found = ask.exchange.liquidations(ask.now, key=None if listing is None else listing.key)
    return [
        {
            "orderId": each.order_id,
            "symbol": of.symbol,
            "status": "FILLED",
            "clientOrderId": f"autoclose-{each.id}",
            "price": price_text(of, each.price),
            "avgPrice": price_text(of, each.price),
            "origQty": qty_text(of, each.qty),
            "executedQty": qty_text(of, each.qty),
            "cumQuote": short(each.price * each.qty),
            "timeInForce": "IOC",
            "type": "LIMIT",
            "reduceOnly": False,
            "closePosition": False,
            "side": each.side.value.upper(),
            "positionSide": each.position_side.value.upper(),
            "stopPrice": "0",
            "workingType": "CONTRACT_PRICE",
            "origType": "LIMIT",
            "time": each.time_ms,
            "updateTime": each.time_ms,
        }
        for each in found
        if start <= each.time_ms <= end
        for of in (ask.exchange.listing(each.key),)
    ][-limit:]


def order_count(ask: Ask) -> list[dict[str, Any]]:
    return [limit.told() for limit in ask.face.order_limits]
