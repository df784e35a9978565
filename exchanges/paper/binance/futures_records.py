"""Records of Binance's USDⓈ-M futures: fills, income, liquidations.

https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Account-Trade-List
https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/Get-Income-History
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blave_mcp.exchanges.paper.binance.face import Ask, window_of
from blave_mcp.exchanges.paper.binance.futures_fields import price_text, qty_text
from blave_mcp.exchanges.paper.binance.futures_orders import week_of
from blave_mcp.exchanges.paper.binance.params import BinanceRefusal, not_valid
from blave_mcp.exchanges.paper.face import fixed, short
from blave_mcp.exchanges.paper.market import DAY
from blave_mcp.exchanges.paper.types import EntryKind, Side

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
