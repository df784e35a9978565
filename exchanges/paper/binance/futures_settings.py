"""Settings of Binance's USDⓈ-M futures: leverage, margin and position mode, brackets, fees, isolated margin.

https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Change-Initial-Leverage
https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/Symbol-Config
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.binance.face import Ask, window_of
from blave_mcp.exchanges.paper.binance.params import BinanceRefusal, missing, not_valid
from blave_mcp.exchanges.paper.face import fixed, short
from blave_mcp.exchanges.paper.market import DAY
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import ZERO, Listing, MarginMode, PositionSide, Product, SymbolSettings

DONE = {"code": 200, "msg": "success"}
MARGIN_CHANGES = "futures-margin-changes"


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
    try:
        ask.exchange.adjust_margin(listing.key, signed, ask.now, position_side=side)
    except PaperRefusal as refused:
        if refused.reason is Reason.INSUFFICIENT_MARGIN:
            raise BinanceRefusal(-4050, "Cross balance insufficient.") from None
        raise
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


def order_count(ask: Ask) -> list[dict[str, Any]]:
    return [limit.told() for limit in ask.face.order_limits]
