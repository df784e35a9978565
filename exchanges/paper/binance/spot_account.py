"""Account, fills and wallets of Binance's spot host.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api/account-endpoints
https://developers.binance.com/docs/wallet/asset/user-universal-transfer
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.binance.face import Ask, window_of
from blave_mcp.exchanges.paper.binance.params import BinanceRefusal, not_valid
from blave_mcp.exchanges.paper.binance.spot_orders import discount, money
from blave_mcp.exchanges.paper.face import short
from blave_mcp.exchanges.paper.market import DAY
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import ZERO, Product, Side

UID = 1
_WALLETS = {"MAIN": "spot", "UMFUTURE": "perp", "FUNDING": "funding"}
TRANSFERS: Mapping[str, tuple[str, str]] = {
    f"{source}_{target}": (_WALLETS[source], _WALLETS[target])
    for source in _WALLETS
    for target in _WALLETS
    if source != target
}


def account(ask: Ask) -> dict[str, Any]:
    maker, taker = _fees(ask)
    omit = ask.params.flag("omitZeroBalances")
    wallet = ask.exchange.rules.spot_wallet
    held = {balance.asset: balance for balance in ask.exchange.balances(ask.now, wallet)}
    rows = [
        {
            "asset": asset,
            "free": money(held[asset].free if asset in held else ZERO),
            "locked": money(held[asset].locked if asset in held else ZERO),
        }
        for asset in sorted({*held, *_assets(ask)})
        if not omit or (asset in held and held[asset].total)
    ]
    return {
        "makerCommission": int(maker * 10_000),
        "takerCommission": int(taker * 10_000),
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {"maker": money(maker), "taker": money(taker), "buyer": money(ZERO), "seller": money(ZERO)},
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": False,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": ask.exchange.settled_ms,
        "accountType": "SPOT",
        "balances": rows,
        "permissions": ["SPOT"],
        "uid": UID,
    }


def _fees(ask: Ask) -> tuple[Decimal, Decimal]:
    listings = ask.exchange.listings(Product.SPOT)
    return (listings[0].maker_fee, listings[0].taker_fee) if listings else (ZERO, ZERO)


def _assets(ask: Ask) -> set[str]:
    listings = ask.exchange.listings(Product.SPOT)
    return {listing.base for listing in listings} | {listing.quote for listing in listings}


def commission(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    none = {name: money(ZERO) for name in ("maker", "taker", "buyer", "seller")}
    standard = {**none, "maker": money(listing.maker_fee), "taker": money(listing.taker_fee)}
    return {
        "symbol": listing.symbol,
        "standardCommission": standard,
        "specialCommission": none,
        "taxCommission": none,
        "discount": discount(),
    }


def order_count(ask: Ask) -> list[dict[str, Any]]:
    return ask.face.orders_counted(ask.now)


def my_trades(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.listing()
    start, end = window_of(ask, DAY, BinanceRefusal(-1127, "More than 24 hours between startTime and endTime."))
    limit = ask.face.rows(ask, 500, 1_000)
    number, first = ask.params.integer("orderId"), ask.params.integer("fromId")
    found = [
        fill
        for fill in ask.exchange.fills(ask.now, key=listing.key, order_id=number)
        if start <= fill.time_ms <= end and (first is None or fill.id >= first)
    ]
    forward = first is not None or "startTime" in ask.params
    lists = {order.id: order.list_id or -1 for order in ask.exchange.orders(ask.now, key=listing.key)}
    return [
        {
            "symbol": listing.symbol,
            "id": fill.id,
            "orderId": fill.order_id,
            "orderListId": lists.get(fill.order_id, -1),
            "price": money(fill.price),
            "qty": money(fill.qty),
            "quoteQty": money(fill.quote),
            "commission": money(fill.commission),
            "commissionAsset": fill.commission_asset,
            "time": fill.time_ms,
            "isBuyer": fill.side is Side.BUY,
            "isMaker": fill.maker,
            "isBestMatch": True,
        }
        for fill in (found[:limit] if forward else found[-limit:])
    ]


def transfer(ask: Ask) -> dict[str, Any]:
    """Moves an asset between wallets. https://developers.binance.com/docs/wallet/error-code"""
    kind = ask.params.text("type")
    if kind not in TRANSFERS:
        raise not_valid("type")
    amount = ask.params.decimal("amount")
    source, target = TRANSFERS[kind]
    try:
        moved = ask.exchange.transfer(
            ask.params.text("asset"), amount or ZERO, source=source, target=target, now_ms=ask.now, tag=kind
        )
    except PaperRefusal as refused:
        if refused.reason is Reason.INSUFFICIENT_BALANCE:
            raise BinanceRefusal(-5013, "Asset transfer failed: insufficient balance") from None
        raise not_valid("amount") from None
    return {"tranId": moved.id}


def transfers(ask: Ask) -> dict[str, Any]:
    kind = ask.params.text("type")
    if kind not in TRANSFERS:
        raise not_valid("type")
    start, end = window_of(ask, 180 * DAY, not_valid("startTime"))
    page = ask.params.integer("current") or 1
    size = ask.params.limit(10, 100, name="size")
    found = [
        moved
        for moved in reversed(ask.exchange.transfers(ask.now))
        if (moved.source, moved.target) == TRANSFERS[kind] and start <= moved.time_ms <= end
    ]
    return {
        "total": len(found),
        "rows": [
            {
                "asset": moved.asset,
                "amount": short(moved.amount),
                "type": kind,
                "status": "CONFIRMED",
                "tranId": moved.id,
                "timestamp": moved.time_ms,
            }
            for moved in found[(page - 1) * size : page * size]
        ],
    }


def coins(ask: Ask) -> list[dict[str, Any]]:
    """Every coin, none of which can be deposited or withdrawn.

    https://developers.binance.com/docs/wallet/capital/all-coins-info
    """
    held = {balance.asset: balance for balance in ask.exchange.balances(ask.now, ask.exchange.rules.spot_wallet)}
    return [
        {
            "coin": asset,
            "depositAllEnable": False,
            "free": money(held[asset].free if asset in held else ZERO),
            "freeze": money(ZERO),
            "ipoable": money(ZERO),
            "ipoing": money(ZERO),
            "isLegalMoney": False,
            "locked": money(held[asset].locked if asset in held else ZERO),
            "name": asset,
            "networkList": [],
            "storage": money(ZERO),
            "trading": True,
            "withdrawAllEnable": False,
            "withdrawing": money(ZERO),
        }
        for asset in sorted({*held, *_assets(ask)})
    ]


def trade_fees(ask: Ask) -> list[dict[str, str]]:
    """https://developers.binance.com/docs/wallet/asset/trade-fee"""
    listing = ask.some_listing()
    listed = [listing] if listing is not None else ask.exchange.listings(Product.SPOT)
    return [
        {
            "symbol": each.symbol,
            "makerCommission": short(each.maker_fee),
            "takerCommission": short(each.taker_fee),
        }
        for each in listed
    ]


def no_pairs(_: Ask) -> list[Any]:
    """There is no margin trading here."""
    return []
