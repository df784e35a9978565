"""The verbs of Bitget spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from blave_mcp.exchanges.bitget import parse_spot
from blave_mcp.exchanges.bitget.endpoints import BITGET
from blave_mcp.exchanges.bitget.parse import NO_SUCH_ORDER, ask, book, candles, kept, rows, span, trades
from blave_mcp.exchanges.bitget.place import spot_order
from blave_mcp.exchanges.bitget.traces import trace
from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.models import (
    AccountSettings,
    Balance,
    Candle,
    Fill,
    Instrument,
    Market,
    Order,
    OrderBook,
    OrderIntent,
    OrderStatus,
    OrderType,
    PublicTrade,
    Ticker,
    Trace,
)
from blave_mcp.exchanges.verbs import Verbs

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
# Candles of six hours and more open at UTC+8 unless their name says utc.
# https://www.bitget.com/api-doc/spot/market/Get-Candle-Data
INTERVALS: Mapping[str, tuple[str, int]] = {
    "1m": ("1min", MINUTE_MS),
    "3m": ("3min", 3 * MINUTE_MS),
    "5m": ("5min", 5 * MINUTE_MS),
    "15m": ("15min", 15 * MINUTE_MS),
    "30m": ("30min", 30 * MINUTE_MS),
    "1h": ("1h", HOUR_MS),
    "4h": ("4h", 4 * HOUR_MS),
    "6h": ("6Hutc", 6 * HOUR_MS),
    "12h": ("12Hutc", 12 * HOUR_MS),
    "1d": ("1Dutc", DAY_MS),
    "3d": ("3Dutc", 3 * DAY_MS),
    "1w": ("1Wutc", 7 * DAY_MS),
    "1M": ("1Mutc", 31 * DAY_MS),
}
MOST_CANDLES = 200
MOST_ROWS = 100
WALLETS: Mapping[str, str] = {
    "spot": "spot",
    "futures": "usdt_futures",
    "funding": "p2p",
    "usdc_futures": "usdc_futures",
    "coin_futures": "coin_futures",
}
_NO_POSITIONS = "Spot holds assets, not positions: see balances. Leverage, margin and funding are on bitget perpetual."


def transfer(asset: str, amount: Decimal, source: str, target: str) -> tuple[Call, ...]:
    """Moves an asset between the user's own wallets."""
    for name in (source, target):
        if name not in WALLETS:
            raise BadArgument(f'Bitget has no wallet "{name}" here.', advice=f"One of: {', '.join(WALLETS)}.")
    if source == target:
        raise BadArgument("A transfer wants two different wallets.")
    return (
        BITGET["spot.transfer.create"].call(
            fromType=WALLETS[source], toType=WALLETS[target], coin=asset, amount=amount
        ),
    )


def window(start_ms: int | None, end_ms: int | None, width_ms: int, count: int) -> tuple[int | None, int | None]:
    """Bounds a stretch of candles that begins at a start to what one answer of the history holds."""
    if start_ms is None:
        return None, end_ms
    last = start_ms + count * width_ms
    return start_ms, last if end_ms is None else min(last, end_ms)


class BitgetSpot(Verbs):
    """Spot. Orders that wait for a trigger are plan orders, in a book of their own, and lock nothing."""

    venue = "bitget"
    market = Market.SPOT
    product = "spot"
    intervals = tuple(INTERVALS)
    order_types = (
        OrderType.MARKET,
        OrderType.LIMIT,
        OrderType.STOP_MARKET,
        OrderType.STOP_LIMIT,
        OrderType.TAKE_PROFIT_MARKET,
        OrderType.TAKE_PROFIT_LIMIT,
    )
    wallets = tuple(WALLETS)
    max_candles = MOST_CANDLES
    lacks: ClassVar[Mapping[str, str]] = {
        "funding_rates": _NO_POSITIONS,
        "positions": _NO_POSITIONS,
        "brackets": _NO_POSITIONS,
        "set_leverage": _NO_POSITIONS,
        "set_margin_mode": _NO_POSITIONS,
        "set_position_mode": _NO_POSITIONS,
        "adjust_margin": _NO_POSITIONS,
        "protect": "Bitget's API binds no two spot orders together: place a stop_market or a take_profit_market order.",
    }
    # A request is taken up to 30 s after its time. https://www.bitget.com/api-doc/common/signature-samaple/interaction
    settles_after_ms = 40_000

    # The market.

    def instruments(self) -> Ask[tuple[Instrument, ...]]:
        return ask(parse_spot.instruments, BITGET["spot.instruments.list"].call())

    def ticker(self, symbol: str) -> Ask[Ticker]:
        return ask(parse_spot.ticker, BITGET["spot.ticker.list"].call(symbol=symbol))

    def candles(
        self, symbol: str, interval: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Candle, ...]]:
        """With a start the recent candles and the history are both asked: neither has all of them."""
        native, width = INTERVALS[interval]
        count = min(limit, self.max_candles)
        first, last = window(start_ms, end_ms, width, count)
        what = {"symbol": symbol, "granularity": native, "limit": count}
        calls = [BITGET["spot.candles.list"].call(what, startTime=first, endTime=last)]
        if last is not None:
            calls.append(BITGET["spot.candles.history"].call(what, endTime=last))
        return ask(lambda *payloads: candles(payloads, first, last, count), *calls)

    def book(self, symbol: str, depth: int) -> Ask[OrderBook]:
        call = BITGET["spot.book.get"].call(symbol=symbol, limit=max(1, min(depth, 150)))
        return ask(lambda payload: book(payload, symbol, depth), call)

    def trades(self, symbol: str, limit: int) -> Ask[tuple[PublicTrade, ...]]:
        return ask(trades, BITGET["spot.trades.list"].call(symbol=symbol, limit=min(limit, 500)))

    # The account.

    def balances(self) -> Ask[tuple[Balance, ...]]:
        return ask(parse_spot.balances, BITGET["spot.account.assets"].call(assetType="hold_only"))

    def open_orders(self, symbol: str | None = None) -> Ask[tuple[Order, ...]]:
        return ask(_all_orders, *_open_calls(symbol))

    def order(self, symbol: str, *, id: str = "", client_id: str = "", conditional: bool = False) -> Ask[Order]:
        """A conditional order is sought among the open ones and in the newest of the history."""
        if not conditional:
            call = BITGET["spot.order.get"].call(orderId=id or None, clientOid=client_id or None)
            return ask(lambda payload: _only([parse_spot.order(each) for each in rows(payload)]), call)
        calls = (*_open_calls(symbol)[1:], *_done_calls(symbol)[1:])

        def parse(*payloads: Any) -> Order:
            read = (_orders, parse_spot.plan_orders) * 2
            found = [order for each, payload in zip(read, payloads, strict=True) for order in each(payload)]
            return _only([one for one in found if (id and one.id == id) or (client_id and one.client_id == client_id)])

        return ask(parse, *calls)

    def order_history(
        self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Order, ...]]:
        """Open and done, plain and conditional: at most 100 of each, 90 days at a time."""
        calls = (*_done_calls(symbol, **span(start_ms, end_ms)), *_open_calls(symbol))

        def parse(*payloads: Any) -> tuple[Order, ...]:
            found = {one.id: one for one in (*_all_orders(*payloads[3:]), *_all_orders(*payloads[:3]))}
            return kept(tuple(found.values()), lambda one: one.created_ms or 0, start_ms, end_ms, limit)

        return ask(parse, *calls)

    def fills(self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int) -> Ask[tuple[Fill, ...]]:
        """At most 100, 90 days at a time."""
        call = BITGET["spot.fills.list"].call(symbol=symbol, limit=MOST_ROWS, **span(start_ms, end_ms))
        return ask(
            lambda payload: kept(parse_spot.fills(payload), lambda one: one.time_ms, start_ms, end_ms, limit), call
        )

    def settings(self, symbol: str) -> Ask[AccountSettings]:
        call = BITGET["spot.fees.get"].call(symbol=symbol, businessType="spot")
        return ask(lambda payload: parse_spot.settings(symbol, payload), call)

    # Writes.

    def place(self, intent: OrderIntent) -> tuple[Call, ...]:
        id, args = spot_order(intent)
        return (BITGET[id].call(args),)

    def amend(
        self, order: Order, instrument: Instrument, *, price: Decimal | None, size: Decimal | None
    ) -> tuple[Call, ...]:
        """Cancels and replaces, in one request: the new order is for what is unfilled of the new size.

        A plan order keeps its trigger.
        """
        if str(order.type).startswith("tpsl") or order.type == OrderType.MARKET or order.size is None:
            raise Unsupported(f"A {order.type} order cannot be changed.", advice="Cancel it and place another.")
        total = order.size if size is None else size
        if total <= order.filled:
            raise BadArgument(f"{order.filled:f} of the order is filled already; the new size must be larger.")
        if order.conditional:
            return (_changed_plan(order, price, total),)
        return (
            BITGET["spot.order.replace"].call(
                symbol=order.native,
                orderId=order.id,
                price=order.price if price is None else price,
                size=total - order.filled,
            ),
        )

    def cancel(self, order: Order) -> tuple[Call, ...]:
        if str(order.type).startswith("tpsl"):
            return (BITGET["spot.order.cancel"].call(orderId=order.id, tpslType="tpsl"),)
        if order.conditional:
            return (BITGET["spot.plan.cancel"].call(orderId=order.id),)
        return (BITGET["spot.order.cancel"].call(symbol=order.native, orderId=order.id),)

    def cancel_all(self, symbol: str, orders: Sequence[Order]) -> tuple[Call, ...]:
        return (
            BITGET["spot.order.cancel_all"].call(symbol=symbol),
            BITGET["spot.plan.cancel_all"].call(symbolList=[symbol]),
        )

    def transfer(self, asset: str, amount: Decimal, source: str, target: str) -> tuple[Call, ...]:
        return transfer(asset, amount, source, target)

    def trace(self, call: Call, *, sent_ms: int) -> Ask[Trace] | None:
        return trace(call, sent_ms)


def _changed_plan(order: Order, price: Decimal | None, size: Decimal) -> Call:
    limited = order.price is not None
    if price is not None and not limited:
        raise BadArgument(f"A {order.type} order has no price.")
    return BITGET["spot.plan.modify"].call(
        orderId=order.id,
        triggerPrice=order.trigger,
        orderType="limit" if limited else "market",
        executePrice=order.price if price is None else price,
        size=size,
    )


def _open_calls(symbol: str | None) -> tuple[Call, ...]:
    """Plain orders, TP/SL orders, plan orders."""
    return (
        BITGET["spot.order.open"].call(symbol=symbol, limit=MOST_ROWS),
        BITGET["spot.order.open"].call(symbol=symbol, limit=MOST_ROWS, tpslType="tpsl"),
        BITGET["spot.plan.open"].call(symbol=symbol, limit=MOST_ROWS),
    )


def _done_calls(symbol: str, **when: int) -> tuple[Call, ...]:
    return (
        BITGET["spot.order.list"].call(symbol=symbol, limit=MOST_ROWS, **when),
        BITGET["spot.order.list"].call(symbol=symbol, limit=MOST_ROWS, tpslType="tpsl", **when),
        BITGET["spot.plan.list"].call(symbol=symbol, limit=MOST_ROWS, **when),
    )


def _orders(payload: Any) -> tuple[Order, ...]:
    return tuple(parse_spot.order(each) for each in rows(payload))


def _all_orders(plain: Any, tpsl: Any, plans: Any) -> tuple[Order, ...]:
    found = (*_orders(plain), *_orders(tpsl), *parse_spot.plan_orders(plans))
    return tuple(sorted(found, key=lambda order: order.created_ms or 0))


def _only(found: list[Order]) -> Order:
    """Raises VenueRefused where there is none: a look-up of what does not exist is an empty list."""
    if not found:
        raise ask.refused(NO_SUCH_ORDER)
    return next((one for one in found if one.status is not OrderStatus.UNTRIGGERED), found[0])
