"""Wallets, orders, fills, positions and fees -> models. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from blave_mcp.exchanges.bitfinex.base import CLOSE, EXCHANGE, POST_ONLY, REDUCE_ONLY
from blave_mcp.exchanges.bitfinex.parse import (
    DOLLARS,
    FIAT,
    Row,
    margins,
    moment,
    name_of,
    rows,
    side_of,
    symbol_of,
)
from blave_mcp.exchanges.exact import number, optional, positive
from blave_mcp.exchanges.models import (
    AccountSettings,
    Balance,
    Bracket,
    Fill,
    MarginMode,
    Market,
    Order,
    OrderStatus,
    OrderType,
    Position,
    PositionMode,
    PositionSide,
    TimeInForce,
    TriggerBy,
)
from blave_mcp.exchanges.verbs import unified

ZERO = Decimal(0)
_AMOUNTS = re.compile(r"@ [\d.eE+-]+\((-?[\d.]+)\)")
TYPES: Mapping[str, tuple[OrderType, TimeInForce | None]] = {
    "MARKET": (OrderType.MARKET, None),
    "LIMIT": (OrderType.LIMIT, TimeInForce.GTC),
    "IOC": (OrderType.LIMIT, TimeInForce.IOC),
    "FOK": (OrderType.LIMIT, TimeInForce.FOK),
    "STOP": (OrderType.STOP_MARKET, None),
    "STOP LIMIT": (OrderType.STOP_LIMIT, TimeInForce.GTC),
    "TRAILING STOP": (OrderType.TRAILING_STOP, None),
}


def balances(payload: Any) -> tuple[Balance, ...]:
    """[TYPE, CURRENCY, BALANCE, UNSETTLED_INTEREST, AVAILABLE_BALANCE]

    Only where the available balance is not told (null) does the whole count as free; 0 is 0.
    """
    found = []
    for one in rows(payload):
        total = number(one[2])
        told = optional(one[4])
        free = total if told is None else told
        if total or free:
            found.append(
                Balance(asset=name_of(one[1]), wallet=str(one[0]), total=total, free=free, locked=total - free)
            )
    return tuple(found)


def of_market(kind: Any, market: Market) -> bool:
    """Whether a type of order belongs to the market: with the prefix to spot, without it to margin."""
    return str(kind).startswith(EXCHANGE) is (market is Market.SPOT)


# Orders.


def orders(payloads: tuple[Any, ...], market: Market) -> tuple[Order, ...]:
    """Orders of a market in one or more lists, oldest first; of one that is in several the latest state."""
    found: dict[int, Row] = {}
    for payload in payloads:
        for one in rows(payload):
            known = found.get(one[0])
            if of_market(one[8], market) and "F0:" not in one[3] and (known is None or one[5] >= known[5]):
                found[one[0]] = one
    return tuple(sorted((order(one) for one in found.values()), key=lambda one: (one.created_ms or 0, one.id)))


def order(one: Row) -> Order:
    """[0] ID, [2] CID, [3] SYMBOL, [4] MTS_CREATE, [5] MTS_UPDATE, [6] AMOUNT (what is left), [7] AMOUNT_ORIG,
    [8] TYPE, [12] FLAGS, [13] STATUS, [16] PRICE, [17] PRICE_AVG, [19] PRICE_AUX_LIMIT, [25] PLACED_ID.

    AMOUNT_ORIG is that of the placing, which an update does not change; the size is what is left and what was executed.
    """
    left, original = number(one[6]), number(one[7])
    kind = str(one[8]).removeprefix(EXCHANGE)
    type_, force = TYPES.get(kind, (kind, None))
    flags = int(one[12] or 0)
    status = status_of(str(one[13] or ""), type_)
    filled = _filled(str(one[13] or ""), abs(original) - abs(left))
    average = positive(one[17]) if filled else None
    stops = isinstance(type_, OrderType) and type_.has_trigger
    price = positive(one[19]) if type_ is OrderType.STOP_LIMIT else None if stops else positive(one[16])
    return Order(
        id=str(one[0]),
        client_id=str(one[2] or ""),
        symbol=symbol_of(one[3]),
        native=one[3],
        side=side_of(original or left),
        type=type_,
        status=status,
        size=abs(left) + filled,
        filled=filled,
        price=None if type_ is OrderType.MARKET else price,
        average=average,
        trigger=positive(one[16]) if stops else None,
        trigger_by=TriggerBy.LAST if stops else None,
        time_in_force=TimeInForce.POST_ONLY if flags & POST_ONLY else force,
        reduce_only=bool(flags & REDUCE_ONLY),
        close_position=bool(flags & CLOSE),
        cost=average * filled if average is not None else None,
        list_id=str(one[25]) if len(one) > 25 and one[25] else "",
        created_ms=moment(one[4]),
        updated_ms=moment(one[5]),
    )


def _filled(text: str, missing: Decimal) -> Decimal:
    """What was executed: the amounts that the status names, or what is missing where it no longer names all of them.

    An update of the amount makes something missing, too, while nothing was executed.
    """
    if text.startswith("ACTIVE"):
        return ZERO
    told = sum((abs(Decimal(part)) for part in _AMOUNTS.findall(text)), ZERO)
    return max(told, missing) if told else ZERO


def status_of(text: str, kind: OrderType | str) -> OrderStatus:
    """ "EXECUTED @ 107.6(-0.2)", "CANCELED was: PARTIALLY FILLED @ ...", "POSTONLY CANCELED", "IOC CANCELED".

    https://docs.bitfinex.com/docs/abbreviations-glossary#order-status
    """
    if text.startswith("EXECUTED"):
        return OrderStatus.FILLED
    if text.startswith("PARTIALLY FILLED"):
        return OrderStatus.PARTIALLY_FILLED
    if text.startswith(("RSN_DUST", "RSN_PAUSE")):
        return OrderStatus.REJECTED
    if "CANCELED" in text or text.startswith("INSUFFICIENT"):
        return OrderStatus.CANCELED
    waits = isinstance(kind, OrderType) and kind.has_trigger
    return OrderStatus.UNTRIGGERED if waits else OrderStatus.OPEN


def fills(payload: Any, market: Market) -> tuple[Fill, ...]:
    """[ID, PAIR, MTS, ORDER_ID, AMOUNT, PRICE, ORDER_TYPE, ORDER_PRICE, MAKER, FEE, FEE_CURRENCY, CID]

    MAKER is 1 where the order rested; a FEE that was paid is negative.
    """
    return tuple(
        Fill(
            id=str(one[0]),
            order_id=str(one[3]),
            symbol=symbol_of(one[1]),
            side=side_of(one[4]),
            price=number(one[5]),
            size=abs(number(one[4])),
            fee=-number(one[9]),
            fee_asset=name_of(one[10]),
            maker=None if one[8] is None else number(one[8]) == 1,
            time_ms=int(one[2]),
        )
        for one in sorted(rows(payload), key=lambda one: (one[2], one[0]))
        if of_market(one[6], market)
    )


# Positions and settings.


def positions(payload: Any, tickers: Any, native: str | None) -> tuple[Position, ...]:
    """[SYMBOL, STATUS, AMOUNT, BASE_PRICE, MARGIN_FUNDING, TYPE, PL, PL_PERC, PRICE_LIQ, LEVERAGE, ...]

    The leverage is the present ratio of value to margin, rounded. The margin wallet as a whole backs every position.
    Derivatives are left out.
    """
    prices = {one[0]: number(one[7]) for one in rows(tickers) if str(one[0]).startswith("t") and one[7]}
    found = []
    for one in rows(payload):
        amount = number(one[2])
        if one[1] != "ACTIVE" or not amount or "F0:" in one[0] or native not in (None, one[0]):
            continue
        leverage, mark, entry = positive(one[9]), prices.get(one[0]), number(one[3])
        notional = abs(amount) * (mark or entry)
        found.append(
            Position(
                symbol=symbol_of(one[0]),
                native=one[0],
                side=PositionSide.LONG if amount > 0 else PositionSide.SHORT,
                position_side=PositionSide.BOTH,
                size=abs(amount),
                entry=entry,
                mark=mark,
                liquidation=positive(one[8]),
                leverage=None if leverage is None else max(1, int(leverage.to_integral_value(ROUND_HALF_UP))),
                margin_mode=MarginMode.CROSS,
                notional=notional,
                unrealised_pnl=optional(one[6]),
                time_ms=moment(one[13]) if len(one) > 13 else None,
            )
        )
    return tuple(found)


def fees(summary: Any, quote: str) -> tuple[Decimal, Decimal]:
    """Maker and taker fee: [4] holds [maker ...] and [taker against crypto, stablecoins, fiat ...]."""
    maker, taker = summary[4][0], summary[4][1]
    place = 2 if quote in FIAT else 1 if quote in DOLLARS else 0
    return number(maker[0]), number(taker[place])


def spot_settings(native: str, summary: Any) -> AccountSettings:
    symbol = symbol_of(native)
    maker, taker = fees(summary, symbol.rpartition("/")[2])
    return AccountSettings(symbol=symbol, maker_fee=maker, taker_fee=taker)


def margin_settings(native: str, summary: Any, conf: Any) -> AccountSettings:
    """Leverage is no setting: the initial margin bounds it."""
    settings = spot_settings(native, summary)
    return AccountSettings(
        symbol=settings.symbol,
        leverage=most_leverage(conf, native),
        margin_mode=MarginMode.CROSS,
        position_mode=PositionMode.ONE_WAY,
        maker_fee=settings.maker_fee,
        taker_fee=settings.taker_fee,
    )


def most_leverage(conf: Any, native: str) -> int:
    return int(1 / margins(conf, native)[0])


def brackets(conf: Any, native: str) -> tuple[Bracket, ...]:
    """One tier for all sizes: Bitfinex tells an initial and a maintenance margin for each pair."""
    return (
        Bracket(
            floor=ZERO,
            cap=None,
            max_leverage=most_leverage(conf, native),
            rate=margins(conf, native)[1],
            deduction=ZERO,
        ),
    )


__all__ = [
    "balances", "brackets", "fees", "fills", "margin_settings", "of_market", "order", "orders", "positions",
    "spot_settings", "status_of", "unified",
]  # fmt: skip
