"""Orders, fills, positions, balances, settings -> models. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bybit.parse import (
    POSITION_SIDES,
    Row,
    moment,
    only,
    result,
    rows,
    side_of,
    split,
    symbol_of,
    zero,
)
from blave_mcp.exchanges.exact import number, optional, positive
from blave_mcp.exchanges.models import (
    AccountSettings,
    Balance,
    Fill,
    MarginMode,
    Order,
    OrderStatus,
    OrderType,
    Position,
    PositionMode,
    PositionSide,
    Side,
    TimeInForce,
    TriggerBy,
)

# https://bybit-exchange.github.io/docs/v5/enum#orderstatus
STATUSES: Mapping[str, OrderStatus] = {
    "New": OrderStatus.OPEN,
    "PartiallyFilled": OrderStatus.PARTIALLY_FILLED,
    "Untriggered": OrderStatus.UNTRIGGERED,
    "Rejected": OrderStatus.REJECTED,
    "PartiallyFilledCanceled": OrderStatus.CANCELED,
    "Filled": OrderStatus.FILLED,
    "Cancelled": OrderStatus.CANCELED,
    "Triggered": OrderStatus.TRIGGERED,
    "Deactivated": OrderStatus.CANCELED,
}
TIMES: Mapping[str, TimeInForce] = {
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
    "PostOnly": TimeInForce.POST_ONLY,
}
TRIGGERS: Mapping[str, TriggerBy] = {"LastPrice": TriggerBy.LAST, "MarkPrice": TriggerBy.MARK}
MARGINS: Mapping[str, MarginMode] = {"ISOLATED_MARGIN": MarginMode.ISOLATED, "REGULAR_MARGIN": MarginMode.CROSS}
PROFITS = ("TakeProfit", "PartialTakeProfit")
LOSSES = ("StopLoss", "PartialStopLoss")
PLAIN = ("", "UNKNOWN")
ENDED = (OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED)
# https://bybit-exchange.github.io/docs/v5/enum#exectype : what moves money without a trade.
NOT_TRADES = ("Funding", "Settle", "SessionSettlePnL", "Delivery")
RISES, FALLS = 1, 2


def order(each: Row) -> Order:
    """One order of GET /v5/order/realtime or history.

    A spot conditional order that is no TP/SL order keeps Bybit's name of its kind ("StopOrder", "OcoOrder",
    "BidirectionalTpslOrder") as its type. `size` is None for a market order sized in quote.
    """
    kind = order_type(each)
    stop = str(each.get("stopOrderType") or "")
    in_quote = _in_quote(each)
    force = str(each.get("timeInForce") or "")
    return Order(
        id=str(each["orderId"]),
        client_id=str(each.get("orderLinkId") or ""),
        symbol=symbol_of(each["symbol"]),
        native=each["symbol"],
        side=side_of(each["side"]),
        type=kind,
        status=STATUSES[each["orderStatus"]],
        size=None if in_quote else positive(each["qty"]),
        filled=zero(each.get("cumExecQty")),
        price=positive(each.get("price")) if each["orderType"] == "Limit" else None,
        average=positive(each.get("avgPrice")),
        trigger=positive(each.get("triggerPrice")),
        trigger_by=TRIGGERS.get(str(each.get("triggerBy") or "")) if stop not in PLAIN else None,
        time_in_force=TIMES.get(force, force or None),
        reduce_only=each.get("reduceOnly"),
        close_position=_closes(each, stop),
        position_side=POSITION_SIDES.get(int(each.get("positionIdx") or 0)),
        conditional=stop not in PLAIN,
        cost=optional(each.get("cumExecValue")),
        created_ms=moment(each.get("createdTime")),
        updated_ms=moment(each.get("updatedTime")),
    )


def _closes(each: Row, stop: str) -> bool | None:
    """Whether the whole position is closed: the TP/SL of a position in Full mode, or closeOnTrigger without a size."""
    if stop in ("TakeProfit", "StopLoss", "TrailingStop"):
        return str(each.get("tpslMode") or "Full") == "Full"
    closes = each.get("closeOnTrigger")
    return None if closes is None else bool(closes) and not zero(each["qty"])


def _in_quote(each: Row) -> bool:
    """A spot market buy is sized in quote unless it says otherwise; isLeverage tells spot ("0", "1") from contracts."""
    unit = str(each.get("marketUnit") or "")
    by_default = not unit and each["side"] == "Buy" and str(each.get("isLeverage", "")) in ("0", "1")
    return each["orderType"] == "Market" and (unit == "quoteCoin" or by_default)


def order_type(each: Row) -> OrderType | str:
    """Tells the kind from what became known of the trigger: Bybit has one kind of conditional order for both ways."""
    limit = each["orderType"] == "Limit"
    stop = str(each.get("stopOrderType") or "")
    if stop in PLAIN:
        if each["orderType"] not in ("Limit", "Market"):
            return str(each["orderType"])
        return OrderType.LIMIT if limit else OrderType.MARKET
    if stop == "TrailingStop":
        return OrderType.TRAILING_STOP
    if stop in PROFITS:
        return OrderType.TAKE_PROFIT_LIMIT if limit else OrderType.TAKE_PROFIT_MARKET
    if stop in LOSSES:
        return OrderType.STOP_LIMIT if limit else OrderType.STOP_MARKET
    # Spot tells no direction, but what the price was when the order was placed.
    spot = "basePrice" in each
    if spot and stop != "tpslOrder":
        return "StopOrder" if stop == "Stop" else stop
    direction = int(each.get("triggerDirection") or 0) or _direction(each)
    if direction is None:
        return stop
    stops = (direction == RISES) == (side_of(each["side"]) is Side.BUY)
    if stops:
        return OrderType.STOP_LIMIT if limit else OrderType.STOP_MARKET
    return OrderType.TAKE_PROFIT_LIMIT if limit else OrderType.TAKE_PROFIT_MARKET


def _direction(each: Row) -> int | None:
    base, trigger = positive(each.get("basePrice")), positive(each.get("triggerPrice"))
    if base is None or trigger is None or base == trigger:
        return None
    return RISES if trigger > base else FALLS


def orders(*pages: Any) -> tuple[Order, ...]:
    """Oldest first; an order that stands on several pages is taken as the last tells it."""
    found = {one.id: one for page in pages for one in map(order, rows(page))}
    return tuple(sorted(found.values(), key=lambda one: one.created_ms or 0))


def fills(pages: tuple[Any, ...], *, spot: bool) -> tuple[Fill, ...]:
    """GET /v5/execution/list, oldest first; funding and settlements, which Bybit lists too, are left out.

    Where no fee currency is told, it is the settlement coin; on spot what was received.
    https://bybit-exchange.github.io/docs/v5/enum#spot-fee-currency-instruction
    """
    found = {}
    for each in (one for page in pages for one in rows(page)):
        if each.get("execType") in NOT_TRADES:
            continue
        base, quote = split(each["symbol"])
        side = side_of(each["side"])
        found[str(each["execId"])] = Fill(
            id=str(each["execId"]),
            order_id=str(each["orderId"]),
            symbol=symbol_of(each["symbol"]),
            side=side,
            price=number(each["execPrice"]),
            size=number(each["execQty"]),
            fee=zero(each.get("execFee")),
            fee_asset=str(each.get("feeCurrency") or (base if spot and side is Side.BUY else quote)),
            maker=each.get("isMaker"),
            time_ms=int(each["execTime"]),
            realised_pnl=optional(each.get("execPnl")),
        )
    return tuple(sorted(found.values(), key=lambda fill: fill.time_ms))


def margin_mode(payload: Any) -> MarginMode | None:
    """GET /v5/account/info: one mode for the whole account; None for portfolio margin."""
    return MARGINS.get(str(result(payload)["marginMode"]))


def leverage(value: Any) -> int | None:
    """None for portfolio margin, which has none, and for a leverage that is no whole number."""
    found = positive(value)
    return int(found) if found is not None and found == found.to_integral_value() else None


def positions(account: Any, *pages: Any) -> tuple[Position, ...]:
    """GET /v5/position/list, with the account's margin mode of GET /v5/account/info (tradeMode there is always 0)."""
    mode = margin_mode(account)
    found = []
    for each in (one for page in pages for one in rows(page)):
        size = zero(each.get("size"))
        if not size:
            continue
        isolated = mode is MarginMode.ISOLATED
        found.append(
            Position(
                symbol=symbol_of(each["symbol"]),
                native=each["symbol"],
                side=PositionSide.LONG if each["side"] == "Buy" else PositionSide.SHORT,
                position_side=POSITION_SIDES[int(each["positionIdx"])],
                size=size,
                entry=number(each["avgPrice"]),
                mark=positive(each.get("markPrice")),
                liquidation=positive(each.get("liqPrice")),
                leverage=leverage(each.get("leverage")),
                margin_mode=mode,
                margin=positive(each.get("positionBalance")) if isolated else None,
                notional=positive(each.get("positionValue")),
                unrealised_pnl=optional(each.get("unrealisedPnl")),
                break_even=positive(each.get("breakEvenPrice")),
                maintenance=positive(each.get("positionMM")),
                time_ms=moment(each.get("updatedTime")),
            )
        )
    return tuple(found)


def linear_settings(symbol: str, held: Any, account: Any, fees: Any) -> AccountSettings:
    """GET /v5/position/list with a symbol (one row in one-way mode, two in hedge mode), account/info and fee-rate."""
    ours = [each for each in rows(held) if each["symbol"] == symbol]
    if not ours:
        raise KeyError(symbol)
    hedge = any(int(each["positionIdx"]) for each in ours)
    leverages = {leverage(each.get("leverage")) for each in ours}
    rates = only(fees)
    return AccountSettings(
        symbol=symbol_of(symbol),
        leverage=leverages.pop() if len(leverages) == 1 else None,
        margin_mode=margin_mode(account),
        position_mode=PositionMode.HEDGE if hedge else PositionMode.ONE_WAY,
        maker_fee=number(rates["makerFeeRate"]),
        taker_fee=number(rates["takerFeeRate"]),
    )


def spot_settings(symbol: str, fees: Any) -> AccountSettings:
    """GET /v5/account/fee-rate."""
    rates = only(fees)
    return AccountSettings(
        symbol=symbol_of(symbol), maker_fee=number(rates["makerFeeRate"]), taker_fee=number(rates["takerFeeRate"])
    )


def wallet(payload: Any) -> tuple[Balance, ...]:
    """GET /v5/account/wallet-balance. `locked` is what orders and positions hold of the coin; free is the rest.

    A coin that positions settle in is free no further than the account's available balance reaches: unrealised losses
    eat it. Other coins that count as collateral are not added to it, so free never says too much.
    """
    whole = only(payload)
    available = optional(whole.get("totalAvailableBalance"))
    found = []
    for each in whole["coin"]:
        total = number(each["walletBalance"]) - zero(each.get("spotBorrow"))
        margin = zero(each.get("totalPositionIM")) + zero(each.get("totalOrderIM"))
        held = margin + zero(each.get("locked")) + zero(each.get("bonus"))
        free = max(total - held, Decimal(0))
        unrealised = optional(each.get("unrealisedPnl"))
        if available is not None and (margin or unrealised):
            worth, equity = zero(each.get("usdValue")), zero(each.get("equity"))
            rate = worth / equity if worth > 0 and equity > 0 else Decimal(1)
            free = min(free, max(available / rate, Decimal(0)).quantize(Decimal("1e-8")))
        if total or unrealised:
            found.append(
                Balance(
                    asset=each["coin"],
                    wallet="unified",
                    total=total,
                    free=free,
                    locked=total - free if total > 0 else Decimal(0),
                    unrealised_pnl=unrealised,
                )
            )
    return tuple(found)


def funding_wallet(payload: Any) -> tuple[Balance, ...]:
    """GET /v5/asset/transfer/query-account-coins-balance, accountType FUND; free is what can be transferred."""
    found = []
    for each in rows(payload, "balance"):
        total = number(each["walletBalance"])
        free = zero(each.get("transferBalance"))
        if total or free:
            found.append(Balance(asset=each["coin"], wallet="fund", total=total, free=free, locked=total - free))
    return tuple(found)
