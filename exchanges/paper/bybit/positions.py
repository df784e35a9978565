"""Positions and what is set on them. https://bybit-exchange.github.io/docs/v5/position"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.bybit.ask import ELSEWHERE, Ask, paged
from blave_mcp.exchanges.paper.bybit.fields import IDX, LEGS, stop_kind, tag, tag_of
from blave_mcp.exchanges.paper.bybit.wire import BybitRefusal, wrong
from blave_mcp.exchanges.paper.face import short
from blave_mcp.exchanges.paper.types import (
    ZERO,
    Listing,
    MarginMode,
    Order,
    OrderRequest,
    OrderType,
    Position,
    Side,
    TriggerBy,
)

KINDS = {
    "takeProfit": ("TakeProfit", OrderType.TAKE_PROFIT_MARKET, OrderType.TAKE_PROFIT_LIMIT),
    "stopLoss": ("StopLoss", OrderType.STOP_MARKET, OrderType.STOP_LIMIT),
}
TRAILING = "TrailingStop"


def _stops(ask: Ask, position: Position) -> dict[str, Order]:
    """The orders that Bybit made for the whole of a position, by kind."""
    return {
        stop_kind(one): one
        for one in ask.exchange.open_orders(ask.now, key=position.key)
        if tag_of(one).get("mode") == "Full" and one.request.position_side is position.position_side
    }


def row(ask: Ask, position: Position) -> dict[str, Any]:
    listing = ask.exchange.listing(position.key)
    held = bool(position.qty)
    stops = _stops(ask, position) if held else {}

    def trigger(kind: str) -> str:
        order = stops.get(kind)
        return "" if order is None or order.request.trigger_price is None else short(order.request.trigger_price)

    trailing = stops.get(TRAILING)
    isolated = position.margin_mode is MarginMode.ISOLATED
    balance = position.isolated_margin if isolated else position.initial_margin
    liquidation = position.liquidation_price
    return {
        "positionIdx": IDX[position.position_side],
        "riskId": 1,
        "riskLimitValue": short(position.max_notional),
        "symbol": listing.symbol,
        "side": "" if not held else "Buy" if position.qty > 0 else "Sell",
        "size": short(abs(position.qty)),
        "avgPrice": short(round(position.entry_price, 8)),
        "positionValue": short(abs(position.notional)) if held else "",
        "tradeMode": 0,
        "positionStatus": "Normal",
        "autoAddMargin": 0,
        "adlRankIndicator": 0,
        "leverage": short(position.leverage),
        "positionBalance": short(round(balance, 8)),
        "markPrice": short(position.mark),
        "liqPrice": "" if liquidation is None or not held else short(round(liquidation, 8)),
        "bustPrice": "",
        "positionMM": short(round(position.maintenance_margin, 8)),
        "positionIM": short(round(position.initial_margin, 8)),
        "tpslMode": "Full",
        "takeProfit": trigger("TakeProfit"),
        "stopLoss": trigger("StopLoss"),
        "trailingStop": "0" if trailing is None else short(trailing.request.callback_distance or ZERO),
        "unrealisedPnl": short(round(position.unrealised, 8)) if held else "",
        "curRealisedPnl": short(round(position.realised_pnl, 8)),
        "cumRealisedPnl": short(round(position.realised_pnl, 8)),
        "sessionAvgPrice": "",
        "breakEvenPrice": short(round(position.break_even, 8)) if held else "",
        "seq": -1 if not position.id else position.id,
        "isReduceOnly": False,
        "mmrSysUpdatedTime": "",
        "leverageSysUpdatedTime": "",
        "createdTime": str(position.opened_ms),
        "updatedTime": str(position.updated_ms),
    }


def listed(ask: Ask) -> dict[str, Any]:
    """With a symbol also what is empty: one row in one-way mode, two in hedge mode."""
    if ask.category in ELSEWHERE:
        return {"list": [], "nextPageCursor": "", "category": ask.category}
    coin = ask.params.text("settleCoin")
    if "symbol" in ask.params:
        found = list(ask.exchange.positions(ask.now, key=ask.listing().key, include_empty=True))
    elif coin:
        held = ask.exchange.positions(ask.now)
        found = [one for one in held if ask.exchange.listing(one.key).settle == coin]
    else:
        raise wrong("Missing some parameters that must be filled in, symbol or settleCoin")
    page, cursor = paged(ask, found, 20, 200)
    return {"list": [row(ask, one) for one in page], "nextPageCursor": cursor, "category": ask.category}


def _position(ask: Ask, listing: Listing) -> Position:
    """Returns the leg that positionIdx names, empty or not."""
    idx = ask.params.integer("positionIdx", 0)
    for one in ask.exchange.positions(ask.now, key=listing.key, include_empty=True):
        if idx in LEGS and one.position_side is LEGS[idx or 0]:
            return one
    raise wrong("position idx not match position mode")


def set_leverage(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    buy, sell = ask.params.decimal("buyLeverage"), ask.params.decimal("sellLeverage")
    if buy is None or sell is None:
        raise wrong("params error: buyLeverage and sellLeverage are required")
    if buy != sell:
        raise wrong("buy leverage not equal sell leverage")
    if buy == ask.exchange.settings(listing.key).leverage:
        raise BybitRefusal(110043, "leverage not modified")
    ask.exchange.set_leverage(listing.key, buy, ask.now)
    return {}


def switch_mode(ask: Ask) -> dict[str, Any]:
    """The paper account has one mode: what Bybit sets by symbol or coin holds for all."""
    mode = ask.params.integer("mode")
    if mode not in (0, 3):
        raise wrong("params error: mode invalid")
    if "symbol" in ask.params:
        ask.listing()
    elif "coin" not in ask.params:
        raise wrong("params error: symbol or coin is required")
    ask.exchange.set_hedge(mode == 3, ask.now)
    return {}


def add_margin(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    amount = ask.params.decimal("margin")
    if not amount:
        raise wrong("params error: margin invalid")
    position = _position(ask, listing)
    ask.exchange.adjust_margin(listing.key, amount, ask.now, position_side=position.position_side)
    told = row(ask, _position(ask, listing))
    return {"category": ask.category, **told}


# Take-profit, stop-loss, trailing stop.


def trading_stop(ask: Ask) -> dict[str, Any]:
    """Full: replaces what was set for the whole position. Partial: adds orders of its own."""
    listing = ask.listing()
    position = _position(ask, listing)
    mode = ask.params.one_of("tpslMode", ("Full", "Partial"))
    if not position.qty:
        raise wrong("can not set tp/sl/ts for zero position")
    wished = {name: ask.params.decimal(name) for name in (*KINDS, "trailingStop")}
    if all(value is None for value in wished.values()):
        raise wrong("params error: takeProfit, stopLoss or trailingStop is required")
    standing = _stops(ask, position)
    requests, gone = [], []
    for name, value in wished.items():
        if value is None:
            continue
        kind = TRAILING if name == "trailingStop" else KINDS[name][0]
        if mode == "Full" and kind in standing:
            gone.append(standing[kind])
        if value:
            trails = kind == TRAILING
            requests.append(_trailing(ask, position, value) if trails else _stop(ask, position, name, value))
    if (not requests and not gone) or _same(requests, gone):
        raise BybitRefusal(34040, "not modified")
    for request in requests:
        _check_side(ask, position, request)
    for order in gone:
        ask.exchange.cancel(order.key, ask.now, order_id=order.id)
    for request in requests:
        ask.exchange.place(request, ask.now)
    return {}


def _same(requests: list[OrderRequest], gone: list[Order]) -> bool:
    def terms(one: OrderRequest) -> tuple[Any, ...]:
        return one.type, one.trigger_price, one.callback_distance, one.trigger_by

    return bool(requests) and sorted(map(repr, map(terms, requests))) == sorted(
        repr(terms(one.request)) for one in gone
    )


def _stop(ask: Ask, position: Position, name: str, trigger: Decimal) -> OrderRequest:
    kind, at_market, at_limit = KINDS[name]
    short_name = "tp" if name == "takeProfit" else "sl"
    mode = ask.params.text("tpslMode")
    partial = mode == "Partial"
    limit = ask.params.text(f"{short_name}OrderType", "Market") == "Limit"
    if limit and not partial:
        raise wrong(f"{short_name}OrderType must be Market with tpslMode Full")
    size = ask.params.decimal(f"{short_name}Size")
    if partial and size is None:
        raise wrong(f"params error: {short_name}Size is required")
    prefix = "Partial" if partial else ""
    return OrderRequest(
        key=position.key,
        side=Side.SELL if position.qty > 0 else Side.BUY,
        type=at_limit if limit else at_market,
        qty=size if partial else None,
        price=ask.params.decimal(f"{short_name}LimitPrice") if limit else None,
        reduce_only=partial,
        close_position=not partial,
        position_side=position.position_side,
        trigger_price=trigger,
        trigger_by=TriggerBy.MARK if ask.params.text(f"{short_name}TriggerBy") == "MarkPrice" else TriggerBy.LAST,
        tied_to_position=True,
        tag=tag(stop=f"{prefix}{kind}", mode=mode, made=f"CreateBy{prefix}{kind}"),
    )


def _trailing(ask: Ask, position: Position, distance: Decimal) -> OrderRequest:
    return OrderRequest(
        key=position.key,
        side=Side.SELL if position.qty > 0 else Side.BUY,
        type=OrderType.TRAILING_STOP,
        close_position=True,
        position_side=position.position_side,
        activation_price=ask.params.decimal("activePrice"),
        callback_distance=distance,
        tied_to_position=True,
        tag=tag(stop=TRAILING, mode="Full", made="CreateByTrailingStop"),
    )


def _check_side(ask: Ask, position: Position, request: OrderRequest) -> None:
    """Refuses a trigger that the price has passed already."""
    if request.trigger_price is None:
        return
    prices = ask.exchange.market.prices(position.key, ask.now)
    base = prices.mark if request.trigger_by is TriggerBy.MARK else prices.last
    profit = request.type in (OrderType.TAKE_PROFIT_MARKET, OrderType.TAKE_PROFIT_LIMIT)
    higher = profit == (position.qty > 0)
    if (request.trigger_price > base) != higher or request.trigger_price == base:
        what, side = ("TakeProfit" if profit else "StopLoss"), ("Buy" if position.qty > 0 else "Sell")
        told = f"set for {side} position should be {'higher' if higher else 'lower'} than base_price:{short(base)}"
        raise wrong(f"{what}:{short(request.trigger_price)} {told}")
