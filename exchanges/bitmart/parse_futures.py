"""Payloads of perpetuals -> models. Pure. BitMart counts in contracts, whose size every reader is given."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bitmart.parse import Row, listed, moment, row, rows, symbol_of
from blave_mcp.exchanges.exact import number, optional, positive
from blave_mcp.exchanges.models import (
    AccountSettings,
    Balance,
    Bracket,
    Candle,
    Fill,
    FundingRate,
    Instrument,
    MarginMode,
    Market,
    Order,
    OrderStatus,
    OrderType,
    Position,
    PositionMode,
    PositionSide,
    PublicTrade,
    Side,
    Ticker,
    TimeInForce,
    TriggerBy,
)
from blave_mcp.exchanges.verbs import unified

ZERO = Decimal(0)
Sizes = Mapping[str, Decimal]
"""Base units in one contract, by native symbol."""

BUYS = (1, 2)
REDUCES = (2, 3)
LONGS = (1, 3)
TRIGGERS: Mapping[int, TriggerBy] = {1: TriggerBy.LAST, 2: TriggerBy.MARK}
MODES: Mapping[int, TimeInForce] = {
    1: TimeInForce.GTC,
    2: TimeInForce.FOK,
    3: TimeInForce.IOC,
    4: TimeInForce.POST_ONLY,
}


def sizes(payload: Any) -> Sizes:
    """Of GET /contract/public/details."""
    return {each["symbol"]: number(each["contract_size"]) for each in listed(payload, "symbols")}


def instruments(payload: Any) -> tuple[Instrument, ...]:
    """GET /contract/public/details: the perpetuals."""
    found = []
    for each in listed(payload, "symbols"):
        if int(each["product_type"]) != 1:
            continue
        base, quote = each["base_currency"], each["quote_currency"]
        found.append(
            Instrument(
                venue="bitmart",
                market=Market.PERPETUAL,
                symbol=unified(base, quote),
                native=each["symbol"],
                base=base,
                quote=quote,
                settle=quote,
                contract_size=number(each["contract_size"]),
                tick=number(each["price_precision"]),
                step=number(each["vol_precision"]),
                min_size=number(each["min_volume"]),
                max_size=positive(each.get("max_volume")),
                market_max=positive(each.get("market_max_volume")),
                trading=str(each.get("status", "Trading")).lower() == "trading",
            )
        )
    return tuple(found)


def ticker(symbol: str, details: Any, depth: Any) -> Ticker:
    """GET /contract/public/details and depth. BitMart tells the mark price with positions alone."""
    each = next(one for one in listed(details, "symbols") if one["symbol"] == symbol)
    size = number(each["contract_size"])
    best = {name: rows(row(depth)[name]) for name in ("bids", "asks")}
    bid, ask = (positive(best[name][0][0]) if best[name] else None for name in ("bids", "asks"))
    change, volume, interest = (optional(each.get(name)) for name in ("change_24h", "volume_24h", "open_interest"))
    return Ticker(
        symbol=unified(each["base_currency"], each["quote_currency"]),
        last=number(each["last_price"]),
        bid=bid,
        ask=ask,
        index=positive(each.get("index_price")),
        high_24h=positive(each.get("high_24h")),
        low_24h=positive(each.get("low_24h")),
        change_24h_percent=None if change is None else change * 100,
        volume_24h_base=None if volume is None else volume * size,
        volume_24h_quote=optional(each.get("turnover_24h")),
        funding_rate=optional(each.get("funding_rate")),
        next_funding_ms=moment(each.get("funding_time")),
        open_interest=None if interest is None else interest * size,
        time_ms=moment(row(depth).get("timestamp")),
    )


def candles(payload: Any, size: Decimal) -> list[Candle]:
    """GET /contract/public/kline; volumes are in contracts."""
    return [
        Candle(
            int(each["timestamp"]) * 1000,
            number(each["open_price"]),
            number(each["high_price"]),
            number(each["low_price"]),
            number(each["close_price"]),
            number(each["volume"]) * size,
        )
        for each in rows(payload)
    ]


def trades(payload: Any, size: Decimal) -> tuple[PublicTrade, ...]:
    """GET /contract/public/market-trade: in base and in seconds, without ids; here in contracts."""
    found = [
        PublicTrade(
            id="",
            price=number(each["price"]),
            size=number(each["qty"]) / size,
            side=Side.SELL if each["is_buyer_maker"] else Side.BUY,
            time_ms=int(each["time"]) * 1000,
        )
        for each in rows(payload)
    ]
    return tuple(sorted(found, key=lambda trade: trade.time_ms))


def funding_rates(payload: Any) -> list[FundingRate]:
    """GET /contract/public/funding-rate-history."""
    return [
        FundingRate(
            symbol=symbol_of(each["symbol"]), rate=number(each["funding_rate"]), time_ms=int(each["funding_time"])
        )
        for each in listed(payload, "list")
    ]


def brackets(payload: Any, symbol: str) -> tuple[Bracket, ...]:
    """GET /contract/public/leverage-bracket."""
    rule = next(one for one in listed(payload, "rules") if one["symbol"] == symbol)
    found = [
        Bracket(
            floor=number(each["notional_floor"]),
            cap=positive(each.get("notional_cap")),
            max_leverage=int(number(each["initial_leverage"])),
            rate=number(each["maint_margin_ratio"]),
            deduction=optional(each.get("cum")) or ZERO,
        )
        for each in rows(rule["brackets"])
    ]
    return tuple(sorted(found, key=lambda bracket: bracket.floor))


def balances(payload: Any) -> tuple[Balance, ...]:
    """GET /contract/private/assets-detail. `total` is without unrealised PnL."""
    found = []
    for each in rows(payload):
        unrealised = optional(each.get("unrealized")) or ZERO
        total = number(each["equity"]) - unrealised
        free = number(each["available_balance"])
        locked = number(each["frozen_balance"]) + number(each["position_deposit"])
        if total or free or locked:
            found.append(
                Balance(
                    asset=each["currency"],
                    wallet="futures",
                    total=total,
                    free=free,
                    locked=locked,
                    unrealised_pnl=unrealised,
                )
            )
    return tuple(found)


def positions(payload: Any, details: Any) -> tuple[Position, ...]:
    """GET /contract/private/position-v2; rows without contracts are left out."""
    counted, found = sizes(details), []
    for each in rows(payload):
        contracts = number(each["current_amount"])
        if not contracts:
            continue
        held = PositionSide(str(each["position_side"]).lower())
        size = contracts * counted[each["symbol"]]
        mark, mode = positive(each.get("mark_price")), MarginMode(str(each["open_type"]).lower())
        found.append(
            Position(
                symbol=symbol_of(each["symbol"]),
                native=each["symbol"],
                side=_direction(each, held),
                position_side=held,
                size=size,
                entry=number(each["entry_price"]),
                mark=mark,
                liquidation=positive(each.get("liquidation_price")),
                leverage=int(number(each["leverage"])),
                margin_mode=mode,
                margin=positive(each.get("initial_margin")) if mode is MarginMode.ISOLATED else None,
                notional=None if mark is None else size * mark,
                unrealised_pnl=optional(each.get("unrealized_pnl")),
                contracts=contracts,
                maintenance=optional(each.get("maintenance_margin")),
                time_ms=moment(each.get("timestamp")),
            )
        )
    return tuple(found)


def _direction(each: Row, held: PositionSide) -> PositionSide:
    """In one-way mode position_amount is negative for a short."""
    if held is not PositionSide.BOTH:
        return held
    return PositionSide.SHORT if number(each["position_amount"]) < 0 else PositionSide.LONG


def position_mode(payload: Any) -> PositionMode:
    """GET /contract/private/get-position-mode."""
    known = {"hedge_mode": PositionMode.HEDGE, "one_way_mode": PositionMode.ONE_WAY}
    return known[row(payload)["position_mode"]]


def terms(payload: Any, symbol: str) -> tuple[int | None, MarginMode | None]:
    """Leverage and margin mode of position-v2 of one contract, whose empty rows have them too.

    The leverage is None where the two sides of hedge mode differ, or where there is no row.
    """
    mine = [each for each in rows(payload) if each["symbol"] == symbol]
    held = [each for each in mine if number(each["current_amount"])] or mine
    leverages = {int(number(each["leverage"])) for each in held}
    modes = {MarginMode(str(each["open_type"]).lower()) for each in held}
    return (leverages.pop() if len(leverages) == 1 else None), (modes.pop() if len(modes) == 1 else None)


def settings(symbol: str, held: Any, mode: Any, fees: Any) -> AccountSettings:
    """GET position-v2, get-position-mode and trade-fee-rate."""
    leverage, margin_mode = terms(held, symbol)
    rates = row(fees)
    return AccountSettings(
        symbol=symbol_of(symbol),
        leverage=leverage,
        margin_mode=margin_mode,
        position_mode=position_mode(mode),
        maker_fee=number(rates["maker_fee_rate"]),
        taker_fee=number(rates["taker_fee_rate"]),
    )


# Orders.


def side_of(each: Row) -> tuple[Side, PositionSide | None]:
    """What an order does, and the position that it belongs to; None where the answer does not tell the mode."""
    code = int(each["side"])
    side = Side.BUY if code in BUYS else Side.SELL
    mode = each.get("position_mode")
    if mode == "one_way_mode":
        return side, PositionSide.BOTH
    if mode == "hedge_mode":
        return side, PositionSide.LONG if code in LONGS else PositionSide.SHORT
    return side, None


def _status(each: Row, size: Decimal | None, filled: Decimal) -> OrderStatus:
    """State 4 is closed: filled, or cancelled with what is filled kept."""
    if int(each["state"]) != 4:
        return OrderStatus.PARTIALLY_FILLED if filled else OrderStatus.OPEN
    return OrderStatus.FILLED if size is not None and filled >= size else OrderStatus.CANCELED


def order(payload: Any, counted: Sizes) -> Order:
    """One order of GET order, get-open-orders or order-history."""
    each = row(payload)
    one = counted[each["symbol"]]
    side, held = side_of(each)
    count, filled = positive(each.get("size")), number(each["deal_size"])
    kind, trigger = str(each["type"]), positive(each.get("trigger_price"))
    status = _status(each, count, filled)
    trailing = kind == "trailing"
    if trailing and status is OrderStatus.OPEN:
        status = OrderStatus.UNTRIGGERED
    if trigger is not None and not filled and status is OrderStatus.CANCELED and _placed_another(each):
        status = OrderStatus.TRIGGERED
    conditional = trailing or trigger is not None
    price = positive(each.get("price")) or (positive(each.get("execution_price")) if conditional else None)
    return Order(
        id=str(each["order_id"]),
        client_id=str(each.get("client_order_id") or ""),
        symbol=symbol_of(each["symbol"]),
        native=each["symbol"],
        side=side,
        type=OrderType.TRAILING_STOP if trailing else _plain_type(kind),
        status=status,
        size=None if count is None else count * one,
        filled=filled * one,
        price=price if kind == "limit" else None,
        average=positive(each.get("deal_avg_price")) if filled else None,
        trigger=positive(each.get("activation_price")) if trailing else trigger,
        callback_percent=positive(each.get("callback_rate")),
        trigger_by=TRIGGERS.get(int(each.get("activation_price_type") or 0)) if trailing else None,
        reduce_only=int(each["side"]) in REDUCES,
        position_side=held,
        conditional=conditional,
        created_ms=moment(each.get("create_time")),
        updated_ms=moment(each.get("update_time")),
    )


def _placed_another(each: Row) -> bool:
    return str(each.get("executive_order_id") or "0") not in ("", "0")


def _plain_type(kind: str) -> OrderType | str:
    return OrderType(kind) if kind in ("limit", "market") else kind


def orders(payload: Any, counted: Sizes) -> list[Order]:
    return [order(each, counted) for each in rows(payload)]


def plan_order(payload: Any, counted: Sizes) -> Order:
    """One order of GET current-plan-order: it waits for its trigger.

    A plan order does not say whether it stops a loss or takes a profit: its side and the way of the price tell.
    """
    each = row(payload)
    side, held = side_of(each)
    kind = str(each["type"])
    executive = positive(each.get("executive_price"))
    whole = kind in ("take_profit", "stop_loss") and int(each.get("plan_category") or 0) == 2
    rises = int(each.get("price_way") or 0) == 1
    stops = kind == "stop_loss" or (kind != "take_profit" and rises == (side is Side.BUY))
    limited = executive is not None and kind != "market" and not whole
    count = None if whole else positive(each.get("size"))
    return Order(
        id=str(each["order_id"]),
        client_id=str(each.get("client_order_id") or ""),
        symbol=symbol_of(each["symbol"]),
        native=each["symbol"],
        side=side,
        type=OrderType(f"{'stop' if stops else 'take_profit'}_{'limit' if limited else 'market'}"),
        status=OrderStatus.UNTRIGGERED,
        size=None if count is None else count * counted[each["symbol"]],
        filled=ZERO,
        price=executive if limited else None,
        trigger=positive(each["trigger_price"]),
        trigger_by=TRIGGERS.get(int(each.get("price_type") or 0)),
        time_in_force=MODES.get(int(each.get("mode") or 0)) if limited else None,
        reduce_only=int(each["side"]) in REDUCES,
        close_position=whole,
        position_side=held,
        conditional=True,
        created_ms=moment(each.get("create_time")),
        updated_ms=moment(each.get("update_time")),
    )


def plan_orders(payload: Any, counted: Sizes) -> list[Order]:
    return [plan_order(each, counted) for each in rows(payload)]


def fills(payload: Any, details: Any) -> list[Fill]:
    """GET /contract/private/trades. The fee is in the contract's own quote."""
    counted = sizes(details)
    settles = {each["symbol"]: str(each["quote_currency"]) for each in listed(details, "symbols")}
    return [
        Fill(
            id=str(each["trade_id"]),
            order_id=str(each["order_id"]),
            symbol=symbol_of(each["symbol"]),
            side=Side.BUY if int(each["side"]) in BUYS else Side.SELL,
            price=number(each["price"]),
            size=number(each["vol"]) * counted[each["symbol"]],
            fee=number(each["paid_fees"]),
            fee_asset=settles[each["symbol"]],
            maker=str(each["exec_type"]).lower() == "maker" if each.get("exec_type") else None,
            time_ms=int(each["create_time"]),
            realised_pnl=optional(each.get("realised_profit")),
        )
        for each in rows(payload)
    ]
