"""The verbs of BitMart's USDT perpetuals. Sizes are in contracts, whose size is read with every answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from blave_mcp.exchanges.bitmart import parse_futures
from blave_mcp.exchanges.bitmart.endpoints import BITMART
from blave_mcp.exchanges.bitmart.parse import ask, book, check_span, kept_candles, no_order, within
from blave_mcp.exchanges.bitmart.place import futures_order, protection, side_code
from blave_mcp.exchanges.bitmart.traces import contracts_of, trace
from blave_mcp.exchanges.bitmart.verbs_spot import DAY_MS, HOUR_MS, MINUTE_MS, SETTLES_AFTER_MS, transfer
from blave_mcp.exchanges.dialect import Ask, VenueFault
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import BadArgument, Unsupported
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
    OrderIntent,
    OrderType,
    Position,
    PositionMode,
    PositionSide,
    PublicTrade,
    Side,
    Ticker,
    Trace,
    TriggerBy,
)
from blave_mcp.exchanges.verbs import Verbs

INTERVALS: Mapping[str, tuple[str, int]] = {
    "1m": ("1", MINUTE_MS),
    "3m": ("3", 3 * MINUTE_MS),
    "5m": ("5", 5 * MINUTE_MS),
    "15m": ("15", 15 * MINUTE_MS),
    "30m": ("30", 30 * MINUTE_MS),
    "1h": ("60", HOUR_MS),
    "2h": ("120", 2 * HOUR_MS),
    "4h": ("240", 4 * HOUR_MS),
    "6h": ("360", 6 * HOUR_MS),
    "12h": ("720", 12 * HOUR_MS),
    "1d": ("1440", DAY_MS),
    "3d": ("4320", 3 * DAY_MS),
    "1w": ("10080", 7 * DAY_MS),
}
MOST_CANDLES = 500
MOST_ROWS = 100


class BitMartFutures(Verbs):
    """USDT perpetuals. Each opening order names leverage and margin mode; plan orders wait in a book of their own."""

    venue = "bitmart"
    market = Market.PERPETUAL
    product = "futures"
    intervals = tuple(INTERVALS)
    order_types = tuple(OrderType)
    wallets = ("spot", "futures")
    max_candles = MOST_CANDLES
    names_margin_mode = True
    settles_after_ms = SETTLES_AFTER_MS
    lacks: ClassVar[Mapping[str, str]] = {
        "adjust_margin": "BitMart's API cannot change the margin of an open position: close a part of it, or do it on"
        " the venue's own site.",
    }

    def __init__(self, mode: MarginMode = MarginMode.CROSS) -> None:
        self.mode = mode

    def under(self, margin_mode: MarginMode | None, position_side: PositionSide = PositionSide.BOTH) -> BitMartFutures:
        return type(self)(margin_mode or self.mode)

    # The market.

    def instruments(self) -> Ask[tuple[Instrument, ...]]:
        return ask(parse_futures.instruments, contracts_of(None))

    def ticker(self, symbol: str) -> Ask[Ticker]:
        return ask(
            lambda details, depth: parse_futures.ticker(symbol, details, depth),
            contracts_of(symbol),
            BITMART["futures.book.get"].call(symbol=symbol),
        )

    def candles(
        self, symbol: str, interval: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Candle, ...]]:
        step, width = INTERVALS[interval]
        count = min(limit, self.max_candles)
        if start_ms is not None:
            last = start_ms + (count - 1) * width
            end_ms = last + 1 if end_ms is None else min(last + 1, end_ms)
        first = start_ms if start_ms is not None or end_ms is None else end_ms - count * width
        call = BITMART["futures.candles.list"].call(
            symbol=symbol,
            step=step,
            start_time=None if first is None else max(0, first // 1000),
            end_time=None if end_ms is None else (end_ms - 1) // 1000,
        )
        return ask(
            lambda payload, details: kept_candles(
                parse_futures.candles(payload, parse_futures.sizes(details)[symbol]), start_ms, end_ms, count
            ),
            call,
            contracts_of(symbol),
        )

    def book(self, symbol: str, depth: int) -> Ask[OrderBook]:
        call = BITMART["futures.book.get"].call(symbol=symbol)
        return ask(lambda payload: book(payload, symbol, depth, time="timestamp"), call)

    def trades(self, symbol: str, limit: int) -> Ask[tuple[PublicTrade, ...]]:
        return ask(
            lambda payload, details: parse_futures.trades(payload, parse_futures.sizes(details)[symbol]),
            BITMART["futures.trades.list"].call(symbol=symbol, limit=min(limit, MOST_ROWS)),
            contracts_of(symbol),
        )

    def funding_rates(
        self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[FundingRate, ...]]:
        """The newest 100 at most: BitMart takes no times."""
        call = BITMART["futures.funding.list"].call(symbol=symbol, limit=MOST_ROWS)
        return ask(
            lambda payload: within(
                parse_futures.funding_rates(payload), lambda one: one.time_ms, start_ms, end_ms, limit
            ),
            call,
        )

    # The account.

    def balances(self) -> Ask[tuple[Balance, ...]]:
        return ask(parse_futures.balances, BITMART["futures.account.assets"].call())

    def positions(self, symbol: str | None = None) -> Ask[tuple[Position, ...]]:
        call = BITMART["futures.position.extended"].call(symbol=symbol)
        return ask(parse_futures.positions, call, contracts_of(symbol))

    def open_orders(self, symbol: str | None = None) -> Ask[tuple[Order, ...]]:
        """Plain and trailing orders, then those that wait for a trigger; at most 100 of each."""
        return ask(_opened, *_open_calls(symbol), contracts_of(symbol))

    def order(self, symbol: str, *, id: str = "", client_id: str = "", conditional: bool = False) -> Ask[Order]:
        """By a client id, and for orders that wait for a trigger, the open ones and the history are looked through."""
        if id and not conditional:
            return ask(
                lambda payload, details: parse_futures.order(payload, parse_futures.sizes(details)),
                BITMART["futures.order.get"].call(symbol=symbol, order_id=id),
                contracts_of(symbol),
            )
        done = BITMART["futures.order.list"].call(symbol=symbol, order_id=id or None, client_order_id=client_id or None)

        def parse(plain: Any, plans: Any, ended: Any, details: Any) -> Order:
            counted = parse_futures.sizes(details)
            history = [] if isinstance(ended, VenueFault) else parse_futures.orders(ended, counted)
            for found in (*_opened(plain, plans, details), *history):
                if (id and found.id == id) or (client_id and found.client_id == client_id):
                    return found
            raise no_order()

        return ask(parse, *_open_calls(symbol), done, contracts_of(symbol), missing=True)

    def order_history(
        self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Order, ...]]:
        """Done (at most 200) and open; the last 7 days unless told, 90 days at a time."""
        done = BITMART["futures.order.list"].call(symbol=symbol, **_seconds(start_ms, end_ms))

        def parse(ended: Any, plain: Any, plans: Any, details: Any) -> tuple[Order, ...]:
            found = {one.id: one for one in _opened(plain, plans, details)}
            found |= {one.id: one for one in parse_futures.orders(ended, parse_futures.sizes(details))}
            return within(tuple(found.values()), lambda one: one.created_ms or 0, start_ms, end_ms, limit)

        return ask(parse, done, *_open_calls(symbol), contracts_of(symbol))

    def fills(self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int) -> Ask[tuple[Fill, ...]]:
        """At most 200; the last 7 days unless told, 90 days at a time."""
        return ask(
            lambda payload, details: within(
                parse_futures.fills(payload, details), lambda one: one.time_ms, start_ms, end_ms, limit
            ),
            BITMART["futures.fills.list"].call(symbol=symbol, **_seconds(start_ms, end_ms)),
            contracts_of(symbol),
        )

    def settings(self, symbol: str) -> Ask[AccountSettings]:
        return ask(
            lambda held, mode, fees: parse_futures.settings(symbol, held, mode, fees),
            BITMART["futures.position.extended"].call(symbol=symbol),
            BITMART["futures.position_mode.get"].call(),
            BITMART["futures.fees.get"].call(symbol=symbol),
        )

    def brackets(self, symbol: str) -> Ask[tuple[Bracket, ...]]:
        call = BITMART["futures.brackets.list"].call(symbol=symbol)
        return ask(lambda payload: parse_futures.brackets(payload, symbol), call)

    # Writes.

    def place(self, intent: OrderIntent) -> tuple[Call, ...]:
        id, args = futures_order(intent)
        return (BITMART[id].call(args),)

    def amend(
        self, order: Order, instrument: Instrument, *, price: Decimal | None, size: Decimal | None
    ) -> tuple[Call, ...]:
        """A limit order's price and size; of an order that waits for a trigger, the price alone."""
        if order.conditional:
            return (_amended_plan(order, price, size),)
        if order.type is not OrderType.LIMIT:
            raise Unsupported(f"A {order.type} order cannot be changed.", advice="Cancel it and place another.")
        return (
            BITMART["futures.order.modify"].call(symbol=order.native, order_id=int(order.id), price=price, size=size),
        )

    def cancel(self, order: Order) -> tuple[Call, ...]:
        book = "order"
        if order.conditional:
            book = "trail" if order.type is OrderType.TRAILING_STOP else "plan"
        return (BITMART[f"futures.{book}.cancel"].call(symbol=order.native, order_id=order.id),)

    def cancel_all(self, symbol: str, orders: Sequence[Order]) -> tuple[Call, ...]:
        """The plain orders at once, then those that wait for a trigger, one by one.

        https://developer-pro.bitmart.com/en/futuresv2/#cancel-plan-order-signed wants an id for each.
        """
        sweep = BITMART["futures.order.cancel_all"].call(symbol=symbol)
        waiting = [call for one in orders if one.conditional for call in self.cancel(one)]
        return (sweep, *waiting)

    def protect(
        self,
        instrument: Instrument,
        *,
        closing: Side,
        position_side: PositionSide,
        size: Decimal | None,
        take_profit: Decimal | None,
        stop_loss: Decimal | None,
        trigger_by: TriggerBy,
    ) -> tuple[Call, ...]:
        """One order for each price, market execution; the stop-loss first, so that it stands if the other fails."""
        code = side_code(closing, position_side, reduces=True)
        calls = [
            BITMART["futures.tpsl.create"].call(
                protection(instrument.native, kind, code, trigger=trigger, by=trigger_by, size=size)
            )
            for kind, trigger in (("stop_loss", stop_loss), ("take_profit", take_profit))
            if trigger is not None
        ]
        if not calls:
            raise BadArgument("A take-profit or a stop-loss must be given.")
        return tuple(calls)

    def set_leverage(self, symbol: str, leverage: int) -> tuple[Call, ...]:
        """For this verb's margin mode, which the contract then has."""
        return (BITMART["futures.leverage.set"].call(symbol=symbol, leverage=str(leverage), open_type=self.mode.value),)

    def set_margin_mode(self, symbol: str, mode: MarginMode) -> tuple[Call, ...]:
        return (BITMART["futures.leverage.set"].call(symbol=symbol, open_type=mode.value),)

    def set_position_mode(self, mode: PositionMode) -> tuple[Call, ...]:
        """Holds for every contract."""
        named = "hedge_mode" if mode is PositionMode.HEDGE else "one_way_mode"
        return (BITMART["futures.position_mode.set"].call(position_mode=named),)

    def transfer(self, asset: str, amount: Decimal, source: str, target: str) -> tuple[Call, ...]:
        return transfer(asset, amount, source, target)

    def trace(self, call: Call, *, sent_ms: int) -> Ask[Trace] | None:
        return trace(call, sent_ms)


def _amended_plan(order: Order, price: Decimal | None, size: Decimal | None) -> Call:
    if size is not None or price is None or order.price is None or (order.reduce_only and order.close_position):
        raise Unsupported(
            f"Of a {order.type} order BitMart changes the trigger and the price, not the size.",
            advice="Cancel it and place another, or futures.plan.modify and futures.tpsl.modify in explore.",
        )
    return BITMART["futures.plan.modify"].call(
        symbol=order.native,
        order_id=order.id,
        type="limit",
        trigger_price=order.trigger,
        executive_price=price,
        price_type=2 if order.trigger_by is TriggerBy.MARK else 1,
    )


def _seconds(start_ms: int | None, end_ms: int | None) -> dict[str, int | None]:
    """Times of a history, which BitMart takes in seconds; the answer is cut to the millisecond afterwards."""
    check_span(start_ms, end_ms)
    return {
        "start_time": None if start_ms is None else start_ms // 1000,
        "end_time": None if end_ms is None else -(-end_ms // 1000),
    }


def _open_calls(symbol: str | None) -> tuple[Call, ...]:
    return (
        BITMART["futures.order.open"].call(symbol=symbol, limit=MOST_ROWS),
        BITMART["futures.plan.open"].call(symbol=symbol, limit=MOST_ROWS),
    )


def _opened(plain: Any, plans: Any, details: Any) -> tuple[Order, ...]:
    counted = parse_futures.sizes(details)
    found = [*parse_futures.orders(plain, counted), *parse_futures.plan_orders(plans, counted)]
    return tuple(sorted(found, key=lambda order: order.created_ms or 0))
