"""USDS-margined futures payloads -> models. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.binance.forms import ExchangeInfo
from blave_mcp.exchanges.binance.parse import (
    NO_FILTER,
    STATUSES,
    Row,
    instrument,
    levels,
    moment,
    of_symbol,
    row,
    rows,
    side_of,
    symbol_of,
)
from blave_mcp.exchanges.binance.parse_spot import time_in_force
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
    OrderBook,
    OrderStatus,
    OrderType,
    Position,
    PositionMode,
    PositionSide,
    Ticker,
    TriggerBy,
)

TYPES: Mapping[str, OrderType] = {
    "MARKET": OrderType.MARKET,
    "LIMIT": OrderType.LIMIT,
    "STOP": OrderType.STOP_LIMIT,
    "STOP_MARKET": OrderType.STOP_MARKET,
    "TAKE_PROFIT": OrderType.TAKE_PROFIT_LIMIT,
    "TAKE_PROFIT_MARKET": OrderType.TAKE_PROFIT_MARKET,
    "TRAILING_STOP_MARKET": OrderType.TRAILING_STOP,
}
# https://developers.binance.com/docs/derivatives/usds-margined-futures/user-data-streams/Event-Algo-Order-Update
ALGO_STATUSES: Mapping[str, OrderStatus] = {
    "NEW": OrderStatus.UNTRIGGERED,
    "TRIGGERING": OrderStatus.TRIGGERED,
    "TRIGGERED": OrderStatus.TRIGGERED,
    "FINISHED": OrderStatus.TRIGGERED,
    "CANCELED": OrderStatus.CANCELED,
    "REJECTED": OrderStatus.REJECTED,
    "EXPIRED": OrderStatus.EXPIRED,
}
TRIGGERS: Mapping[str, TriggerBy] = {"CONTRACT_PRICE": TriggerBy.LAST, "MARK_PRICE": TriggerBy.MARK}
MARGINS: Mapping[str, MarginMode] = {
    "cross": MarginMode.CROSS,
    "crossed": MarginMode.CROSS,
    "isolated": MarginMode.ISOLATED,
}


def margin_mode(native: str) -> MarginMode:
    return MARGINS[native.lower()]


def instruments(info: ExchangeInfo) -> tuple[Instrument, ...]:
    """GET /fapi/v1/exchangeInfo: the perpetuals; dated contracts are left out."""
    found = []
    for entry in info.symbols:
        if entry.contract_type is None or entry.margin_asset is None:
            raise TypeError("a contract lacks a field")
        if not entry.contract_type.endswith("PERPETUAL"):
            continue
        filters = {each.filter_type: each for each in entry.filters}
        percent = filters.get("PERCENT_PRICE", NO_FILTER)
        found.append(
            instrument(
                entry,
                Market.PERPETUAL,
                filters,
                entry.price_precision,
                settle=entry.margin_asset,
                min_notional=filters.get("MIN_NOTIONAL", NO_FILTER).notional or None,
                price_up=percent.multiplier_up,
                price_down=percent.multiplier_down,
                trading=entry.status == "TRADING",
            )
        )
    return tuple(found)


def ticker(day: Any, best: Any, premium: Any, interest: Any) -> Ticker:
    """GET /fapi/v1/ticker/24hr, ticker/bookTicker, premiumIndex and openInterest, each with one symbol."""
    of_day, of_book, of_mark = row(day), row(best), row(premium)
    return Ticker(
        symbol=symbol_of(of_day["symbol"]),
        last=number(of_day["lastPrice"]),
        bid=positive(of_book["bidPrice"]),
        ask=positive(of_book["askPrice"]),
        mark=number(of_mark["markPrice"]),
        index=number(of_mark["indexPrice"]),
        open_24h=number(of_day["openPrice"]),
        high_24h=number(of_day["highPrice"]),
        low_24h=number(of_day["lowPrice"]),
        change_24h_percent=number(of_day["priceChangePercent"]),
        volume_24h_base=number(of_day["volume"]),
        volume_24h_quote=number(of_day["quoteVolume"]),
        funding_rate=optional(of_mark.get("lastFundingRate")),
        next_funding_ms=moment(of_mark.get("nextFundingTime")),
        open_interest=number(row(interest)["openInterest"]),
        time_ms=int(of_day["closeTime"]),
    )


def book(payload: Any, symbol: str, depth: int) -> OrderBook:
    """GET /fapi/v1/depth."""
    found = row(payload)
    return OrderBook(
        symbol_of(symbol), levels(found["bids"], depth), levels(found["asks"], depth), moment(found.get("T"))
    )


def funding_rates(payload: Any, limit: int, *, first: bool) -> tuple[FundingRate, ...]:
    """GET /fapi/v1/fundingRate: the first or the last `limit`, oldest first."""
    found = [
        FundingRate(
            symbol=symbol_of(each["symbol"]),
            rate=number(each["fundingRate"]),
            time_ms=int(each["fundingTime"]),
            mark=positive(each.get("markPrice")),
        )
        for each in rows(payload)
    ]
    found.sort(key=lambda rate: rate.time_ms)
    return tuple(found[:limit] if first else found[-limit:])


def balances(payload: Any) -> tuple[Balance, ...]:
    """GET /fapi/v3/account. Here `locked` is the margin in use; free is what a new position may take.

    In multi-assets mode Binance gives the whole account's free balance in USD for every asset.
    """
    found = []
    for each in rows(row(payload)["assets"]):
        total, free, used = (number(each[name]) for name in ("walletBalance", "availableBalance", "initialMargin"))
        if total or free or used:
            found.append(
                Balance(
                    asset=each["asset"],
                    wallet="futures",
                    total=total,
                    free=free,
                    locked=used,
                    unrealised_pnl=number(each["unrealizedProfit"]),
                )
            )
    return tuple(found)


def positions(payload: Any) -> tuple[Position, ...]:
    """GET /fapi/v2/positionRisk: version 3 has neither leverage nor margin type.

    https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Position-Information-V2
    """
    found = []
    for each in rows(payload):
        size = number(each["positionAmt"])
        if not size:
            continue
        mode = margin_mode(each["marginType"])
        named = PositionSide(each["positionSide"].lower())
        found.append(
            Position(
                symbol=symbol_of(each["symbol"]),
                native=each["symbol"],
                side=PositionSide.LONG if size > 0 else PositionSide.SHORT,
                position_side=named,
                size=abs(size),
                entry=number(each["entryPrice"]),
                mark=positive(each.get("markPrice")),
                liquidation=positive(each.get("liquidationPrice")),
                leverage=int(each["leverage"]),
                margin_mode=mode,
                margin=positive(each.get("isolatedMargin")) if mode is MarginMode.ISOLATED else None,
                notional=abs(number(each["notional"])) if "notional" in each else None,
                unrealised_pnl=optional(each.get("unRealizedProfit")),
                break_even=positive(each.get("breakEvenPrice")),
                time_ms=moment(each.get("updateTime")),
            )
        )
    return tuple(found)


def settings(symbol: str, config: Any, account: Any, fees: Any) -> AccountSettings:
    """GET /fapi/v1/symbolConfig, accountConfig and commissionRate."""
    ours = of_symbol(config, symbol)
    whole, rates = row(account), row(fees)
    return AccountSettings(
        symbol=symbol_of(symbol),
        leverage=int(ours["leverage"]),
        margin_mode=margin_mode(ours["marginType"]),
        position_mode=PositionMode.HEDGE if whole["dualSidePosition"] else PositionMode.ONE_WAY,
        maker_fee=number(rates["makerCommissionRate"]),
        taker_fee=number(rates["takerCommissionRate"]),
        can_trade=whole["canTrade"],
        multi_asset=whole["multiAssetsMargin"],
    )


def brackets(payload: Any, symbol: str) -> tuple[Bracket, ...]:
    """GET /fapi/v1/leverageBracket, a list or one object; the tiers are taken as they stand."""
    ours = of_symbol(payload if isinstance(payload, list) else [payload], symbol)
    found = [
        Bracket(
            floor=number(each["notionalFloor"]),
            cap=number(each["notionalCap"]),
            max_leverage=int(each["initialLeverage"]),
            rate=number(each["maintMarginRatio"]),
            deduction=number(each["cum"]),
        )
        for each in rows(ours["brackets"])
    ]
    return tuple(sorted(found, key=lambda bracket: bracket.floor))


def order(payload: Any) -> Order:
    """One order of GET /fapi/v1/order, openOrders, allOrders, or of the answer to a placed order."""
    each = row(payload)
    kind = each.get("origType") or each["type"]
    return Order(
        id=str(each["orderId"]),
        client_id=each["clientOrderId"],
        status=STATUSES[each["status"]],
        size=positive(each["origQty"]),
        filled=number(each["executedQty"]),
        average=positive(each.get("avgPrice")),
        trigger=positive(each.get("stopPrice")),
        callback_percent=positive(each.get("priceRate")),
        cost=optional(each.get("cumQuote")),
        created_ms=moment(each.get("time")),
        updated_ms=moment(each.get("updateTime")),
        **_shared(each, kind),
    )


def algo_order(payload: Any) -> Order:
    """One conditional order of GET /fapi/v1/algoOrder, openAlgoOrders, allAlgoOrders, or the answer to a placed one.

    FINISHED says only that the order which it placed is filled or cancelled: with a filled size it is FILLED,
    without one the order itself (`actualOrderId`) tells.
    """
    each = row(payload)
    filled = optional(each.get("actualQty")) or Decimal(0)
    status = ALGO_STATUSES[each["algoStatus"]]
    if each["algoStatus"] == "FINISHED" and filled > 0:
        status = OrderStatus.FILLED
    return Order(
        id=str(each["algoId"]),
        client_id=each["clientAlgoId"],
        status=status,
        size=positive(each.get("quantity")),
        filled=filled,
        average=positive(each.get("actualPrice")),
        trigger=positive(each.get("triggerPrice")) or positive(each.get("activatePrice")),
        callback_percent=positive(each.get("callbackRate")),
        conditional=True,
        created_ms=moment(each.get("createTime")),
        updated_ms=moment(each.get("updateTime")),
        **_shared(each, each["orderType"]),
    )


def _shared(each: Row, kind: str) -> dict[str, Any]:
    return {
        "symbol": symbol_of(each["symbol"]),
        "native": each["symbol"],
        "side": side_of(each["side"]),
        "type": TYPES.get(kind, kind),
        "price": positive(each.get("price")),
        "trigger_by": TRIGGERS.get(each.get("workingType", "")) if kind not in ("LIMIT", "MARKET") else None,
        "time_in_force": time_in_force(each.get("timeInForce")),
        "reduce_only": each.get("reduceOnly"),
        "close_position": each.get("closePosition"),
        "position_side": PositionSide(each["positionSide"].lower()) if each.get("positionSide") else None,
    }


def fills(payload: Any) -> tuple[Fill, ...]:
    """GET /fapi/v1/userTrades. The fee's sign is the venue's own."""
    return tuple(
        Fill(
            id=str(each["id"]),
            order_id=str(each["orderId"]),
            symbol=symbol_of(each["symbol"]),
            side=side_of(each["side"]),
            price=number(each["price"]),
            size=number(each["qty"]),
            fee=number(each["commission"]),
            fee_asset=each["commissionAsset"],
            maker=each["maker"],
            time_ms=int(each["time"]),
            realised_pnl=optional(each.get("realizedPnl")),
            position_side=PositionSide(each["positionSide"].lower()) if each.get("positionSide") else None,
        )
        for each in rows(payload)
    )
