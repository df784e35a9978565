"""Account, positions, settings and records of Binance's USDⓈ-M futures host.

https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api
https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.binance.face import Ask
from blave_mcp.exchanges.paper.binance.futures_fields import qty_text
from blave_mcp.exchanges.paper.book import working
from blave_mcp.exchanges.paper.face import fixed, short
from blave_mcp.exchanges.paper.margin import initial
from blave_mcp.exchanges.paper.matching import reduces
from blave_mcp.exchanges.paper.types import (
    ZERO,
    Listing,
    MarginAccount,
    MarginMode,
    Position,
    Product,
    Side,
)

ALIAS = "paper"


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


def order_margin(ask: Ask, position: Position) -> Decimal:
    """Returns the initial margin of a position's resting orders: of what they could add to its notional."""
    buys = sells = ZERO
    for order in ask.exchange.open_orders(ask.now, key=position.key):
        if order.request.position_side is not position.position_side or order.price is None:
            continue
        if working(order) and not reduces(order.request):
            notional = order.price * order.remaining
            buys, sells = (buys + notional, sells) if order.side is Side.BUY else (buys, sells + notional)
    held = position.notional
    most = max(abs(held), abs(held + buys), abs(held - sells))
    return initial(most - abs(held), position.leverage)


def _position_v2(ask: Ask, position: Position) -> dict[str, Any]:
    listing = ask.exchange.listing(position.key)
    ordered = order_margin(ask, position)
    return {
        "symbol": listing.symbol,
        "initialMargin": short(position.initial_margin + ordered),
        "maintMargin": short(position.maintenance_margin),
        "unrealizedProfit": fixed(position.unrealised),
        "positionInitialMargin": short(position.initial_margin),
        "openOrderInitialMargin": short(ordered),
        "leverage": short(position.leverage),
        "isolated": position.margin_mode is MarginMode.ISOLATED,
        "entryPrice": entry_text(position.entry_price),
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
                "initialMargin": short(position.initial_margin + order_margin(ask, position)),
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
            "initialMargin": short(position.initial_margin + order_margin(ask, position)),
            "maintMargin": short(position.maintenance_margin),
            "positionInitialMargin": short(position.initial_margin),
            "openOrderInitialMargin": short(order_margin(ask, position)),
            "adl": 1 if position.qty else 0,
            "bidNotional": "0",
            "askNotional": "0",
            "updateTime": position.updated_ms,
        }
        for listing, position in _engaged(ask, ask.some_listing())
    ]
