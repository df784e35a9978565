"""Payloads of perpetuals -> models. Pure. A payload here is what BingX puts under `data`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bingx.parse import (
    Row,
    force_of,
    levels,
    listed,
    moment,
    row,
    rows,
    side_of,
    single,
    status_of,
    symbol_of,
    truth,
    written_moment,
)
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
    OrderBook,
    OrderType,
    Position,
    PositionMode,
    PositionSide,
    PublicTrade,
    Side,
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
TRIGGERS: Mapping[str, TriggerBy] = {"CONTRACT_PRICE": TriggerBy.LAST, "MARK_PRICE": TriggerBy.MARK}
MARGINS: Mapping[str, MarginMode] = {
    "CROSSED": MarginMode.CROSS,
    "ISOLATED": MarginMode.ISOLATED,
    "SEPARATE_ISOLATED": MarginMode.ISOLATED,
}
INTEREST_PLACES = Decimal("0.0001")


def instruments(payload: Any) -> tuple[Instrument, ...]:
    """GET /openApi/swap/v2/quote/contracts. Every size of an order or a position is in base units.

    `size`, the contract size of the app, plays no part in the API: "only support units by COIN" (place order).
    """
    found = []
    for each in rows(payload):
        base, _, quote = each["symbol"].partition("-")
        step = Decimal(1).scaleb(-int(each["quantityPrecision"]))
        open_now = all(truth(each.get(name, True)) for name in ("apiStateOpen", "apiStateClose"))
        found.append(
            Instrument(
                venue="bingx",
                market=Market.PERPETUAL,
                symbol=symbol_of(each["symbol"]),
                native=each["symbol"],
                base=base,
                quote=quote,
                settle=each["currency"],
                tick=Decimal(1).scaleb(-int(each["pricePrecision"])),
                step=step,
                min_size=positive(each.get("tradeMinQuantity")) or step,
                min_notional=positive(each.get("tradeMinUSDT")),
                trading=int(each["status"]) == 1 and open_now,
            )
        )
    return tuple(found)


def percent(value: Any) -> Decimal | None:
    """BingX writes "0.31%", now and then without the sign."""
    return optional(str(value).removesuffix("%")) if value is not None else None


def ticker(day: Any, premium: Any, interest: Any) -> Ticker:
    """GET .../quote/ticker, premiumIndex and openInterest, each with one symbol.

    BingX tells the open interest in quote; it is told in base at the mark price, like the venues' others.
    """
    of_day, of_mark = single(day), single(premium)
    mark = number(of_mark["markPrice"])
    worth = number(row(interest)["openInterest"])
    return Ticker(
        symbol=symbol_of(of_day["symbol"]),
        last=number(of_day["lastPrice"]),
        bid=positive(of_day.get("bidPrice")),
        ask=positive(of_day.get("askPrice")),
        mark=mark,
        index=positive(of_mark.get("indexPrice")),
        open_24h=number(of_day["openPrice"]),
        high_24h=number(of_day["highPrice"]),
        low_24h=number(of_day["lowPrice"]),
        change_24h_percent=percent(of_day.get("priceChangePercent")),
        volume_24h_base=number(of_day["volume"]),
        volume_24h_quote=number(of_day["quoteVolume"]),
        funding_rate=optional(of_mark.get("lastFundingRate")),
        next_funding_ms=moment(of_mark.get("nextFundingTime")),
        open_interest=(worth / mark).quantize(INTEREST_PLACES) if mark else None,
        time_ms=moment(of_day.get("closeTime")),
    )


def candle(each: Any) -> Candle:
    """One row of GET .../quote/klines: an object; `time` is when it opens."""
    return Candle(
        int(each["time"]),
        number(each["open"]),
        number(each["high"]),
        number(each["low"]),
        number(each["close"]),
        number(each["volume"]),
    )


def book(payload: Any, symbol: str, depth: int) -> OrderBook:
    """GET .../quote/depth. `bids` and `asks` count base units; `bidsCoin` and `asksCoin` are not read.

    The documentation calls the former contracts, but they lie on the grid of quantityPrecision, and not on that of
    whole contracts.
    """
    found = row(payload)
    bids = levels(found["bids"], depth, bids=True)
    return OrderBook(symbol_of(symbol), bids, levels(found["asks"], depth, bids=False), moment(found.get("T")))


def trades(payload: Any) -> tuple[PublicTrade, ...]:
    """GET .../quote/trades. Where the buyer was the maker, the taker sold. Older rows have no id."""
    return tuple(
        PublicTrade(
            id=str(each.get("id") or each.get("fillId") or ""),
            price=number(each["price"]),
            size=number(each["qty"]),
            side=Side.SELL if each["isBuyerMaker"] else Side.BUY,
            time_ms=int(each["time"]),
        )
        for each in rows(payload)
    )


def funding_rates(payload: Any, limit: int, *, first: bool) -> tuple[FundingRate, ...]:
    """GET .../quote/fundingRate: the first or the last `limit`, oldest first."""
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
    """GET /openApi/swap/v3/user/balance. `locked` is margin in use or frozen; free is what a new position may take."""
    found = []
    for each in rows(payload):
        if not each.get("asset"):
            continue
        total, free = number(each["balance"]), number(each["availableMargin"])
        used = number(each["usedMargin"]) + (optional(each.get("freezedMargin")) or 0)
        if total or free or used:
            found.append(
                Balance(
                    asset=each["asset"],
                    wallet="swap",
                    total=total,
                    free=free,
                    locked=used,
                    unrealised_pnl=number(each["unrealizedProfit"]),
                )
            )
    return tuple(found)


def positions(payload: Any) -> tuple[Position, ...]:
    """GET /openApi/swap/v2/user/positions. In one-way mode a row still says LONG or SHORT, with onlyOnePosition."""
    found = []
    for each in rows(payload):
        size = number(each["positionAmt"])
        if not size:
            continue
        side = PositionSide(each["positionSide"].lower())
        if side is PositionSide.BOTH:
            side = PositionSide.LONG if size > 0 else PositionSide.SHORT
        one_way = each["positionSide"] == "BOTH" or truth(each.get("onlyOnePosition", False))
        mode = MarginMode.ISOLATED if truth(each["isolated"]) else MarginMode.CROSS
        worth = optional(each.get("positionValue"))
        found.append(
            Position(
                symbol=symbol_of(each["symbol"]),
                native=each["symbol"],
                side=side,
                position_side=PositionSide.BOTH if one_way else side,
                size=abs(size),
                entry=number(each["avgPrice"]),
                mark=positive(each.get("markPrice")),
                liquidation=positive(each.get("liquidationPrice")),
                leverage=int(each["leverage"]),
                margin_mode=mode,
                margin=positive(each.get("margin")) if mode is MarginMode.ISOLATED else None,
                notional=None if worth is None else abs(worth),
                unrealised_pnl=optional(each.get("unrealizedProfit")),
                time_ms=moment(each.get("updateTime")),
            )
        )
    return tuple(found)


def settings(symbol: str, leverage: Any, margin: Any, mode: Any, fees: Any) -> AccountSettings:
    """GET .../trade/leverage, marginType, positionSide/dual and user/commissionRate.

    The leverage is None where that of longs and that of shorts differ.
    """
    long, short = int(row(leverage)["longLeverage"]), int(row(leverage)["shortLeverage"])
    rates = row(row(fees)["commission"]) if "commission" in row(fees) else row(fees)
    return AccountSettings(
        symbol=symbol_of(symbol),
        leverage=long if long == short else None,
        margin_mode=MARGINS[row(margin)["marginType"].upper()],
        position_mode=PositionMode.HEDGE if truth(row(mode)["dualSidePosition"]) else PositionMode.ONE_WAY,
        maker_fee=number(rates["makerCommissionRate"]),
        taker_fee=number(rates["takerCommissionRate"]),
    )


def brackets(payload: Any, leverage: Any) -> tuple[Bracket, ...]:
    """GET .../maintMarginRatio and trade/leverage.

    BingX gives no highest leverage by tier: it is the symbol's, and no more than leaves the maintenance margin.
    """
    found = row(leverage)
    most = min(int(found["maxLongLeverage"]), int(found["maxShortLeverage"]))
    tiers = []
    for each in rows(payload):
        rate = number(each["maintMarginRatio"])
        tiers.append(
            Bracket(
                floor=number(each["minPositionVal"]),
                cap=positive(each.get("maxPositionVal")),
                max_leverage=min(most, max(1, int(1 / rate))) if rate else most,
                rate=rate,
                deduction=optional(each.get("maintAmount")) or Decimal(0),
            )
        )
    return tuple(sorted(tiers, key=lambda bracket: bracket.floor))


def order(payload: Any) -> Order:
    """One order of .../trade/order, openOrders, allOrders; the first two wrap a single one in `order`.

    A conditional order lives in the same book as the others, with an id of the same kind.
    """
    each = row(payload)
    each = row(each["order"]) if "order" in each else each
    kind = each["type"]
    conditional = kind not in ("MARKET", "LIMIT")
    filled = optional(each.get("executedQty")) or Decimal(0)
    return Order(
        id=id_of(each),
        client_id=str(each.get("clientOrderId") or each.get("clientOrderID") or ""),
        symbol=symbol_of(each["symbol"]),
        native=each["symbol"],
        side=side_of(each["side"]),
        type=TYPES.get(kind, kind),
        status=status_of(each["status"], conditional=conditional and not filled),
        size=positive(each.get("origQty")),
        filled=filled,
        price=positive(each.get("price")) if kind != "MARKET" else None,
        average=positive(each.get("avgPrice")),
        trigger=positive(each.get("stopPrice")),
        trigger_by=TRIGGERS.get(each.get("workingType") or "") if conditional else None,
        callback_percent=_percent_of(each.get("priceRate")),
        time_in_force=force_of(each.get("timeInForce")),
        reduce_only=_maybe(each.get("reduceOnly")),
        close_position=_maybe(each.get("closePosition")),
        position_side=PositionSide(each["positionSide"].lower()) if each.get("positionSide") else None,
        cost=positive(each.get("cumQuote")),
        created_ms=moment(each.get("time")),
        updated_ms=moment(each.get("updateTime")),
    )


def id_of(each: Row) -> str:
    return str(each.get("orderID") or each["orderId"])


def _percent_of(rate: Any) -> Decimal | None:
    found = positive(rate)
    return None if found is None else found * 100


def _maybe(value: Any) -> bool | None:
    return None if value in (None, "") else truth(value)


def fills(payload: Any) -> tuple[Fill, ...]:
    """GET .../trade/fillHistory, oldest first. A fee that is paid stands there with a minus.

    Only `filledTime` tells the zone (+0800); `filledTm`, which some rows have too, gives the same digits with a Z.
    """
    found = [
        Fill(
            id=str(each["tradeId"]),
            order_id=str(each["orderId"]),
            symbol=symbol_of(each["symbol"]),
            side=side_of(each["side"]),
            price=number(each["price"]),
            size=number(each["qty"]),
            fee=-number(each["commission"]),
            fee_asset=each.get("commissionAsset") or each.get("currency") or "",
            maker={"maker": True, "taker": False}.get(str(each.get("role", "")).lower()),
            time_ms=written_moment(each["filledTime"]),
            realised_pnl=optional(each.get("realisedPNL", each.get("realizedPnl"))),
            position_side=PositionSide(each["positionSide"].lower()) if each.get("positionSide") else None,
        )
        for each in listed(payload, "fill_history_orders", "fill_orders")
    ]
    return tuple(sorted(found, key=lambda fill: fill.time_ms))
