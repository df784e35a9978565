"""The perpetual wallet, positions, fills, leverage and modes of BingX's host.

https://bingx-api.github.io/docs/#/en-us/swapV2/account-api.html
https://bingx-api.github.io/docs/#/en-us/swapV2/trade-api.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.bingx.core import Ask, BingXRefusal, Whole, native, shown_id
from blave_mcp.exchanges.paper.bingx.market import price_text, size_text
from blave_mcp.exchanges.paper.bingx.words import refusal
from blave_mcp.exchanges.paper.face import fixed
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import (
    ZERO,
    EntryKind,
    Fill,
    MarginMode,
    OrderRequest,
    OrderType,
    Position,
    PositionSide,
    Product,
    Side,
)

_ZONE = timezone(timedelta(hours=8))
INCOMES: Mapping[EntryKind, str] = {
    EntryKind.REALISED_PNL: "REALIZED_PNL",
    EntryKind.FUNDING: "FUNDING_FEE",
    EntryKind.COMMISSION: "TRADING_FEE",
    EntryKind.TRANSFER: "TRANSFER",
    EntryKind.INSURANCE: "INSURANCE_CLEAR",
}


def balance(ask: Ask) -> list[dict[str, Any]]:
    found = []
    for asset in ask.exchange.margin_assets():
        account = ask.exchange.margin_account(ask.now, asset)
        found.append(
            {
                "userId": "paper",
                "asset": asset,
                "balance": fixed(account.wallet_balance),
                "equity": fixed(account.margin_balance),
                "unrealizedProfit": fixed(account.unrealised),
                "realisedProfit": fixed(ZERO),
                "availableMargin": fixed(account.available),
                "usedMargin": fixed(account.position_initial_margin),
                "freezedMargin": fixed(account.order_initial_margin),
                "shortUid": "paper",
            }
        )
    return found


def _held(ask: Ask) -> list[Position]:
    listing = ask.some_listing()
    return list(ask.exchange.positions(ask.now, key=None if listing is None else listing.key))


def positions(ask: Ask) -> list[dict[str, Any]]:
    """In one-way mode a row says which way the one position goes, and that it is the only one."""
    return [_position(ask, each) for each in _held(ask)]


def _position(ask: Ask, each: Position) -> dict[str, Any]:
    listing = ask.exchange.listing(each.key)
    isolated = each.margin_mode is MarginMode.ISOLATED
    margin = each.isolated_margin if isolated else each.initial_margin
    return {
        "positionId": str(each.id),
        "symbol": native(listing),
        "currency": listing.settle,
        "positionAmt": size_text(listing, abs(each.qty)),
        "availableAmt": size_text(listing, abs(each.qty)),
        "positionSide": "LONG" if each.qty > 0 else "SHORT",
        "isolated": isolated,
        "avgPrice": fixed(each.entry_price),
        "initialMargin": fixed(each.initial_margin, 4),
        "margin": fixed(margin, 4),
        "leverage": int(each.leverage),
        "unrealizedProfit": fixed(each.unrealised, 4),
        "realisedProfit": fixed(each.realised_pnl, 4),
        "liquidationPrice": each.liquidation_price or 0,
        "pnlRatio": fixed(each.unrealised / margin if margin else ZERO, 4),
        "maxMarginReduction": "0.0000",
        "riskRate": "0.0000",
        "markPrice": price_text(listing, each.mark),
        "positionValue": fixed(abs(each.notional), 4),
        "onlyOnePosition": not ask.exchange.hedge,
        "createTime": each.opened_ms,
        "updateTime": each.updated_ms,
    }


def _close(ask: Ask, held: Position) -> int:
    """Closes a position at market; returns the order's id."""
    request = OrderRequest(
        key=held.key,
        side=Side.SELL if held.qty > 0 else Side.BUY,
        type=OrderType.MARKET,
        qty=abs(held.qty),
        reduce_only=held.position_side is PositionSide.BOTH,
        position_side=held.position_side,
    )
    try:
        return ask.exchange.place(request, ask.now).id
    except PaperRefusal as refused:
        raise refusal(refused, Product.PERP) from None


def close_all(ask: Ask) -> dict[str, Any]:
    return {"success": [_close(ask, each) for each in _held(ask)], "failed": None}


def close(ask: Ask) -> dict[str, Any]:
    wanted = ask.wanted("positionId")
    for each in ask.exchange.positions(ask.now):
        if str(each.id) == wanted:
            told = _position(ask, each)
            return {
                "orderId": _close(ask, each),
                "positionId": wanted,
                "symbol": told["symbol"],
                "side": "Ask" if each.qty > 0 else "Bid",
                "type": "MARKET",
                "positionSide": told["positionSide"].title(),
                "origQty": told["positionAmt"],
            }
    raise BingXRefusal(109420, "position not exist")


def _written(time_ms: int) -> str:
    at = datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(_ZONE)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03d}+0800"


def _fills(ask: Ask) -> list[Fill]:
    for name in ("startTs", "endTs"):
        ask.wanted(name)
    start, end = ask.integer("startTs") or 0, ask.integer("endTs") or 0
    listing = ask.some_listing()
    key, order_id = None if listing is None else listing.key, ask.integer("orderId")
    found = ask.exchange.fills(ask.now, key=key, product=Product.PERP, order_id=order_id)
    return [each for each in found if start <= each.time_ms <= end]


def fill_history(ask: Ask) -> dict[str, Any]:
    """Newest first."""
    ask.listing()
    found = [each for each in reversed(_fills(ask)) if each.id > (ask.integer("lastFillId", 0) or 0)]
    size, page = ask.count("pageSize", 50, 1_000), ask.count("pageIndex", 1, 10_000)
    rows = [
        {
            "symbol": native(listing),
            "qty": size_text(listing, each.qty),
            "price": price_text(listing, each.price),
            "quoteQty": fixed(each.quote, 4),
            "commission": fixed(-each.commission),
            "commissionAsset": each.commission_asset,
            "orderId": str(each.order_id),
            "tradeId": str(each.id),
            "filledTime": _written(each.time_ms),
            "side": each.side.value.upper(),
            "positionSide": each.position_side.value.upper(),
            "role": "maker" if each.maker else "taker",
            "realisedPNL": fixed(each.realised_pnl, 4),
            "total": len(found),
        }
        for each in found[(page - 1) * size : page * size]
        for listing in [ask.exchange.listing(each.key)]
    ]
    return {"fill_history_orders": rows}


def all_fills(ask: Ask) -> dict[str, Any]:
    ask.one_of("tradingUnit", ("COIN", "CONT"))
    rows = []
    for each in _fills(ask):
        listing = ask.exchange.listing(each.key)
        order = ask.exchange.order(ask.now, order_id=each.order_id)
        rows.append(
            {
                "filledTm": _written(each.time_ms)[:19] + "Z",
                "volume": size_text(listing, each.qty),
                "price": price_text(listing, each.price),
                "amount": fixed(each.quote, 4),
                "commission": fixed(-each.commission),
                "currency": each.commission_asset,
                "orderId": str(each.order_id),
                "liquidatedPrice": "",
                "liquidatedMarginRatio": "",
                "filledTime": _written(each.time_ms),
                "clientOrderID": shown_id(order),
                "symbol": native(listing),
            }
        )
    return {"fill_orders": rows}


def income(ask: Ask) -> list[dict[str, Any]]:
    """Newest first."""
    listing, wanted = ask.some_listing(), ask.text("incomeType")
    start, end = ask.integer("startTime", 0) or 0, ask.integer("endTime")
    found = [
        {
            "symbol": native(ask.exchange.listing(each.key)) if each.key else "",
            "incomeType": INCOMES[each.kind],
            "income": fixed(each.amount),
            "asset": each.asset,
            "info": "",
            "time": each.time_ms,
            "tranId": str(each.id),
            "tradeId": str(each.ref),
        }
        for each in reversed(ask.exchange.entries(ask.now, wallet=ask.exchange.rules.perp_wallet))
        if each.kind in INCOMES and start <= each.time_ms <= (end or ask.now)
        if (listing is None or each.key == listing.key) and wanted in ("", INCOMES[each.kind])
    ]
    return found[: ask.count("limit", 100, 1_000)]


def fees(ask: Ask) -> dict[str, Any]:
    """BingX has one pair of rates for all perpetuals; the listings agree on them."""
    one = ask.exchange.listings(Product.PERP)[0]
    return {"commission": {"takerCommissionRate": one.taker_fee, "makerCommissionRate": one.maker_fee}}


# Leverage, modes, margin


def leverage(ask: Ask) -> dict[str, Any]:
    """The paper exchange keeps one leverage for longs and shorts."""
    listing = ask.listing()
    now = ask.exchange.settings(listing.key)
    most = int(listing.max_leverage)
    left = max(ZERO, now.max_notional)
    return {
        "longLeverage": int(now.leverage),
        "shortLeverage": int(now.leverage),
        "maxLongLeverage": most,
        "maxShortLeverage": most,
        **_volumes(ask, left, listing.key),
    }


def _volumes(ask: Ask, worth: Decimal, key: str) -> dict[str, str]:
    mark = ask.exchange.market.prices(key, ask.now).mark
    told = {"Vol": fixed(worth / mark, 4), "Val": fixed(worth, 1)}
    return {
        **{f"available{side}{what}": value for what, value in told.items() for side in ("Long", "Short")},
        "maxPositionLongVal": told["Val"],
        "maxPositionShortVal": told["Val"],
    }


def set_leverage(ask: Ask) -> dict[str, Any]:
    listing, wanted = ask.listing(), ask.integer("leverage") or 0
    side = ask.one_of("side", ("BOTH", "LONG", "SHORT"))
    if not side:
        raise ask.missing("side")
    if ask.exchange.hedge is (side == "BOTH"):
        mode, words = ("Hedge", "LONG or SHORT") if ask.exchange.hedge else ("One-way", "BOTH")
        raise ask.bad(f"In the {mode} mode, the 'Side' field can only be set to {words}.")
    try:
        told = ask.exchange.set_leverage(listing.key, Decimal(wanted), ask.now)
    except PaperRefusal as refused:
        raise refusal(refused, Product.PERP) from None
    volumes = _volumes(ask, told.max_notional, listing.key)
    return {"symbol": native(listing), "leverage": int(told.leverage), **volumes}


def margin_type(ask: Ask) -> dict[str, Any]:
    mode = ask.exchange.settings(ask.listing().key).margin_mode
    return {"marginType": "ISOLATED" if mode is MarginMode.ISOLATED else "CROSSED"}


def set_margin_type(ask: Ask) -> None:
    """What is so already is no error."""
    listing, word = ask.listing(), ask.one_of("marginType", ("ISOLATED", "CROSSED", "SEPARATE_ISOLATED"))
    if word in ("", "SEPARATE_ISOLATED"):
        raise ask.bad("Invalid parameters, err:marginType: paper trading keeps one position for a symbol and side")
    mode = MarginMode.ISOLATED if word == "ISOLATED" else MarginMode.CROSS
    try:
        ask.exchange.set_margin_mode(listing.key, mode, ask.now)
    except PaperRefusal as refused:
        if refused.reason is not Reason.MARGIN_MODE_UNCHANGED:
            raise refusal(refused, Product.PERP) from None


def position_mode(ask: Ask) -> dict[str, Any]:
    return {"dualSidePosition": "true" if ask.exchange.hedge else "false"}


def set_position_mode(ask: Ask) -> dict[str, Any]:
    ask.wanted("dualSidePosition")
    try:
        ask.exchange.set_hedge(ask.flag("dualSidePosition"), ask.now)
    except PaperRefusal as refused:
        if refused.reason is not Reason.POSITION_MODE_UNCHANGED:
            raise refusal(refused, Product.PERP) from None
    return position_mode(ask)


def adjust_margin(ask: Ask) -> Whole:
    listing, amount, kind = ask.listing(), ask.amount("amount"), ask.integer("type")
    if kind not in (1, 2):
        raise ask.bad("Invalid parameters, err:type: This field must be one of [1, 2].")
    side = ask.one_of("positionSide", ("BOTH", "LONG", "SHORT"), "LONG")
    leg = PositionSide(side.lower()) if ask.exchange.hedge else PositionSide.BOTH
    try:
        ask.exchange.adjust_margin(listing.key, amount if kind == 1 else -amount, ask.now, position_side=leg)
    except PaperRefusal as refused:
        raise refusal(refused, Product.PERP) from None
    return Whole({"code": 0, "msg": "", "amount": amount, "type": kind})


def tiers(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.listing()
    return [
        {
            "tier": f"Tier {number}",
            "symbol": native(listing),
            "minPositionVal": f"{each.floor:f}",
            "maxPositionVal": f"{each.cap:f}",
            "maintMarginRatio": fixed(each.rate, 6),
            "maintAmount": fixed(each.cum, 6),
        }
        for number, each in enumerate(listing.tiers, 1)
    ]
