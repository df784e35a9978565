"""Futures payloads -> models. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bitget.parse import (
    PLAN_STATUSES,
    STATUSES,
    Row,
    listed,
    moment,
    row,
    rows,
    symbol_of,
    time_in_force,
)
from blave_mcp.exchanges.bitget.parse_spot import ONE, TRIGGERS
from blave_mcp.exchanges.exact import number, optional, positive
from blave_mcp.exchanges.models import (
    AccountSettings,
    Balance,
    Bracket,
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
    Side,
    Ticker,
)
from blave_mcp.exchanges.verbs import unified

ZERO = Decimal(0)
MARGINS: Mapping[str, MarginMode] = {
    "crossed": MarginMode.CROSS,
    "cross": MarginMode.CROSS,
    "isolated": MarginMode.ISOLATED,
}
PLAN_TYPES: Mapping[str, tuple[str, bool]] = {
    "normal_plan": ("trigger", False),
    "track_plan": (OrderType.TRAILING_STOP, False),
    "moving_plan": ("moving_stop", False),
    "profit_plan": ("take_profit", False),
    "loss_plan": ("stop", False),
    "pos_profit": ("take_profit", True),
    "pos_loss": ("stop", True),
}
"""planType -> what it is here, and whether it closes the whole position."""


def instruments(payload: Any) -> tuple[Instrument, ...]:
    """GET /api/v2/mix/market/contracts: the perpetuals. Bitget counts in base, so a contract is 1."""
    found = []
    for each in rows(payload):
        if each["symbolType"] != "perpetual":
            continue
        base, quote, coins = each["baseCoin"], each["quoteCoin"], rows(each.get("supportMarginCoins"))
        up, down = positive(each.get("buyLimitPriceRatio")), positive(each.get("sellLimitPriceRatio"))
        found.append(
            Instrument(
                venue="bitget",
                market=Market.PERPETUAL,
                symbol=unified(base, quote),
                native=each["symbol"],
                base=base,
                quote=quote,
                settle=quote if quote in coins or not coins else str(coins[0]),
                tick=number(each["priceEndStep"]).scaleb(-int(each["pricePlace"])),
                step=number(each["sizeMultiplier"]),
                min_size=number(each["minTradeNum"]),
                max_size=positive(each.get("maxOrderQty")),
                market_max=positive(each.get("maxMarketOrderQty")),
                min_notional=positive(each.get("minTradeUSDT")),
                price_up=None if up is None else ONE + up,
                price_down=None if down is None or down >= 1 else ONE - down,
                trading=each["symbolStatus"] == "normal",
            )
        )
    return tuple(found)


def ticker(payload: Any, funding: Any) -> Ticker:
    """GET /api/v2/mix/market/ticker and current-fund-rate, each with one symbol. Its changes are fractions."""
    each = row(rows(payload)[0])
    coming = rows(funding)
    change = optional(each.get("change24h"))
    return Ticker(
        symbol=symbol_of(each["symbol"]),
        last=number(each["lastPr"]),
        bid=positive(each.get("bidPr")),
        ask=positive(each.get("askPr")),
        mark=positive(each.get("markPrice")),
        index=positive(each.get("indexPrice")),
        open_24h=positive(each.get("open24h")),
        high_24h=positive(each.get("high24h")),
        low_24h=positive(each.get("low24h")),
        change_24h_percent=None if change is None else change * 100,
        volume_24h_base=optional(each.get("baseVolume")),
        volume_24h_quote=optional(each.get("quoteVolume")),
        funding_rate=optional(coming[0].get("fundingRate")) if coming else optional(each.get("fundingRate")),
        next_funding_ms=moment(coming[0].get("nextUpdate")) if coming else None,
        open_interest=optional(each.get("holdingAmount")),
        time_ms=moment(each.get("ts")),
    )


def funding_rates(payload: Any) -> list[FundingRate]:
    """GET /api/v2/mix/market/history-fund-rate."""
    return [
        FundingRate(
            symbol=symbol_of(each["symbol"]), rate=number(each["fundingRate"]), time_ms=int(each["fundingTime"])
        )
        for each in rows(payload)
    ]


def balances(payload: Any) -> tuple[Balance, ...]:
    """GET /api/v2/mix/account/accounts. `total` is without unrealised PnL; `locked` is the margin in use."""
    found = []
    for each in rows(payload):
        unrealised = optional(each.get("unrealizedPL")) or ZERO
        total = number(each["accountEquity"]) - unrealised
        free = number(each["crossedMaxAvailable"])
        used = [optional(each.get(name)) or ZERO for name in ("crossedMargin", "isolatedMargin")]
        locked = sum(used, ZERO) or number(each["locked"])
        if total or free or locked:
            found.append(
                Balance(
                    asset=str(each["marginCoin"]).upper(),
                    wallet="futures",
                    total=total,
                    free=free,
                    locked=locked,
                    unrealised_pnl=unrealised,
                )
            )
    return tuple(found)


def positions(payload: Any) -> tuple[Position, ...]:
    """GET /api/v2/mix/position/single-position and all-position. A liquidation price of 0 or less is none."""
    found = []
    for each in rows(payload):
        size = number(each["total"])
        if not size:
            continue
        side = PositionSide(str(each["holdSide"]).lower())
        mode, mark = MARGINS[str(each["marginMode"])], positive(each.get("markPrice"))
        found.append(
            Position(
                symbol=symbol_of(each["symbol"]),
                native=str(each["symbol"]).upper(),
                side=side,
                position_side=side if each["posMode"] == "hedge_mode" else PositionSide.BOTH,
                size=size,
                entry=number(each["openPriceAvg"]),
                mark=mark,
                liquidation=positive(each.get("liquidationPrice")),
                leverage=int(number(each["leverage"])),
                margin_mode=mode,
                margin=positive(each.get("marginSize")) if mode is MarginMode.ISOLATED else None,
                notional=None if mark is None else size * mark,
                unrealised_pnl=optional(each.get("unrealizedPL")),
                break_even=positive(each.get("breakEvenPrice")),
                time_ms=moment(each.get("uTime")),
            )
        )
    return tuple(found)


def leverage(account: Any) -> int | None:
    """The leverage of GET /api/v2/mix/account/account; None where the two sides of isolated margin differ."""
    each = row(account)
    if MARGINS[str(each["marginMode"])] is MarginMode.CROSS:
        return int(number(each["crossedMarginLeverage"]))
    sides = {int(number(each[name])) for name in ("isolatedLongLever", "isolatedShortLever")}
    return sides.pop() if len(sides) == 1 else None


def position_mode(account: Any) -> PositionMode:
    return PositionMode.HEDGE if row(account)["posMode"] == "hedge_mode" else PositionMode.ONE_WAY


def settings(symbol: str, account: Any, fees: Any) -> AccountSettings:
    """GET /api/v2/mix/account/account and GET /api/v2/common/trade-rate."""
    each, rates = row(account), row(fees)
    return AccountSettings(
        symbol=symbol_of(symbol),
        leverage=leverage(each),
        margin_mode=MARGINS[str(each["marginMode"])],
        position_mode=position_mode(each),
        maker_fee=number(rates["makerFeeRate"]),
        taker_fee=number(rates["takerFeeRate"]),
        multi_asset=each["assetMode"] == "union" if each.get("assetMode") else None,
    )


def brackets(payload: Any) -> tuple[Bracket, ...]:
    """GET /api/v2/mix/market/query-position-lever.

    The rate of a position's tier holds for all of it: Bitget documents no deduction.
    """
    found = [
        Bracket(
            floor=number(each["startUnit"]),
            cap=positive(each.get("endUnit")),
            max_leverage=int(number(each["leverage"])),
            rate=number(each["keepMarginRate"]),
            deduction=ZERO,
        )
        for each in rows(payload)
    ]
    return tuple(sorted(found, key=lambda bracket: bracket.floor))


def side_of(each: Row) -> tuple[Side, PositionSide]:
    """What an order does, and the position that it belongs to.

    In hedge mode Bitget's side names the position: closing a long is "buy" and tradeSide "close".
    https://www.bitget.com/api-doc/contract/trade/Place-Order
    """
    side = Side(str(each["side"]).lower())
    if each.get("posMode") != "hedge_mode":
        return side, PositionSide.BOTH
    named = str(each.get("posSide") or "")
    held = PositionSide(named) if named in ("long", "short") else _position_of(side)
    closes = "close" in str(each.get("tradeSide") or "")
    return (Side.BUY if (held is PositionSide.LONG) != closes else Side.SELL), held


def _position_of(side: Side) -> PositionSide:
    return PositionSide.LONG if side is Side.BUY else PositionSide.SHORT


def _flag(value: Any) -> bool | None:
    return None if value in (None, "") else str(value).upper() == "YES"


def order(payload: Any) -> Order:
    """One order of GET order/detail, orders-pending or orders-history."""
    each = row(payload)
    side, held = side_of(each)
    filled = optional(each.get("baseVolume")) or ZERO
    status = STATUSES[str(each.get("state") or each["status"])]
    return Order(
        id=str(each["orderId"]),
        client_id=str(each.get("clientOid") or ""),
        symbol=symbol_of(each["symbol"]),
        native=str(each["symbol"]).upper(),
        side=side,
        type=OrderType(str(each["orderType"])),
        status=status,
        size=positive(each["size"]),
        filled=filled,
        price=positive(each.get("price")) if each["orderType"] == "limit" else None,
        average=positive(each.get("priceAvg")) if filled else None,
        time_in_force=time_in_force(each.get("force")),
        reduce_only=_flag(each.get("reduceOnly")),
        position_side=held,
        cost=optional(each.get("quoteVolume")),
        created_ms=moment(each.get("cTime")),
        updated_ms=moment(each.get("uTime")),
    )


def orders(payload: Any) -> list[Order]:
    return [order(each) for each in listed(payload, "entrustedList")]


def plan_orders(payload: Any) -> list[Order]:
    """GET orders-plan-pending and orders-plan-history."""
    return [plan_order(each) for each in listed(payload, "entrustedList")]


def plan_order(payload: Any) -> Order:
    """One order that waits for a trigger, or waited.

    Whether a plain trigger order (normal_plan) stops a loss or takes a profit the venue does not tell: its type is
    trigger_market or trigger_limit. `executed` says only that the order which it placed is there.
    """
    each = row(payload)
    word, whole = PLAN_TYPES[str(each["planType"])]
    execute = positive(each.get("executePrice")) or positive(each.get("price"))
    limited = each.get("orderType") == "limit" if word == "trigger" else execute is not None
    side, held = side_of(each)
    filled = optional(each.get("baseVolume")) or ZERO
    status = PLAN_STATUSES[str(each["planStatus"])]
    if status is OrderStatus.TRIGGERED and filled:
        status = OrderStatus.FILLED
    trailing = word in (OrderType.TRAILING_STOP, "moving_stop")
    protects = word in ("take_profit", "stop", "moving_stop")
    return Order(
        id=str(each["orderId"]),
        client_id=str(each.get("clientOid") or ""),
        symbol=symbol_of(each["symbol"]),
        native=str(each["symbol"]).upper(),
        side=side,
        type=word if trailing else _typed(f"{word}_{'limit' if limited else 'market'}"),
        status=status,
        size=None if whole else positive(each.get("size")),
        filled=filled,
        price=execute if limited and not trailing else None,
        average=positive(each.get("priceAvg")) if filled else None,
        trigger=positive(each.get("triggerPrice")),
        trigger_by=TRIGGERS.get(str(each.get("triggerType"))),
        callback_percent=positive(each.get("callbackRatio")),
        reduce_only=True if protects else _flag(each.get("reduceOnly")),
        close_position=whole,
        position_side=held,
        conditional=True,
        created_ms=moment(each.get("cTime")),
        updated_ms=moment(each.get("uTime")),
    )


def _typed(word: str) -> OrderType | str:
    return OrderType(word) if word in {str(kind) for kind in OrderType} else word


def plan_type(found: Order) -> str:
    """Returns the planType of an order that `plan_order` read."""
    for native, (word, whole) in PLAN_TYPES.items():
        same = found.type == word or str(found.type) in (f"{word}_market", f"{word}_limit")
        if same and whole is bool(found.close_position):
            return native
    return "normal_plan"


def fills(payload: Any) -> list[Fill]:
    """GET order/fills and fill-history. Bitget writes a fee that was paid as a negative amount."""
    found = []
    for each in listed(payload, "fillList"):
        side, held = side_of(each)
        fees = [row(fee) for fee in rows(each.get("feeDetail"))]
        found.append(
            Fill(
                id=str(each["tradeId"]),
                order_id=str(each["orderId"]),
                symbol=symbol_of(each["symbol"]),
                side=side,
                price=number(each["price"]),
                size=number(each["baseVolume"]),
                fee=-sum((optional(fee.get("totalFee")) or ZERO for fee in fees), ZERO),
                fee_asset=str(fees[0].get("feeCoin") or "") if fees else "",
                maker=each["tradeScope"] == "maker" if each.get("tradeScope") else None,
                time_ms=int(each["cTime"]),
                realised_pnl=optional(each.get("profit")),
                position_side=held,
            )
        )
    return found
