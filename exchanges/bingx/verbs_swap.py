"""The verbs of BingX's perpetuals."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bingx import parse_swap
from blave_mcp.exchanges.bingx.base import INTERVALS
from blave_mcp.exchanges.bingx.endpoints import BINGX
from blave_mcp.exchanges.bingx.endpoints_swap import DEPTHS
from blave_mcp.exchanges.bingx.parse import WEEK_MS, ask, candles, kept, listed, span, windows
from blave_mcp.exchanges.bingx.place import swap_arguments
from blave_mcp.exchanges.bingx.traces import trace
from blave_mcp.exchanges.bingx.verbs_spot import WALLETS, transfer
from blave_mcp.exchanges.dialect import Ask
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
    TimeInForce,
    Trace,
    TriggerBy,
)
from blave_mcp.exchanges.verbs import Verbs


class BingXSwap(Verbs):
    """USDT- and USDC-margined perpetuals. Sizes are in base; conditional orders live in the same book as the others."""

    venue = "bingx"
    market = Market.PERPETUAL
    product = "swap"
    intervals = INTERVALS
    order_types = tuple(OrderType)
    wallets = tuple(WALLETS)
    wallet = "swap"
    max_candles = 1440
    settles_after_ms = 20_000

    # The market.

    def instruments(self) -> Ask[tuple[Instrument, ...]]:
        return ask(parse_swap.instruments, BINGX["swap.instruments.list"].call())

    def ticker(self, symbol: str) -> Ask[Ticker]:
        ids = ("swap.ticker.day", "swap.funding.now", "swap.interest.get")
        return ask(parse_swap.ticker, *(BINGX[id].call(symbol=symbol) for id in ids))

    def candles(
        self, symbol: str, interval: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Candle, ...]]:
        count = min(limit, self.max_candles)
        call = BINGX["swap.candles.list"].call(symbol=symbol, interval=interval, limit=count, **span(start_ms, end_ms))
        return ask(lambda payload: candles(payload, start_ms, end_ms, count, parse_swap.candle), call)

    def book(self, symbol: str, depth: int) -> Ask[OrderBook]:
        count = next((known for known in DEPTHS if known >= depth), DEPTHS[-1])
        call = BINGX["swap.book.get"].call(symbol=symbol, limit=count)
        return ask(lambda payload: parse_swap.book(payload, symbol, depth), call)

    def trades(self, symbol: str, limit: int) -> Ask[tuple[PublicTrade, ...]]:
        return ask(parse_swap.trades, BINGX["swap.trades.list"].call(symbol=symbol, limit=min(limit, 1000)))

    def funding_rates(
        self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[FundingRate, ...]]:
        count = min(limit, 1000)
        call = BINGX["swap.funding.list"].call(symbol=symbol, limit=count, **span(start_ms, end_ms))
        return ask(lambda payload: parse_swap.funding_rates(payload, count, first=start_ms is not None), call)

    # The account.

    def balances(self) -> Ask[tuple[Balance, ...]]:
        return ask(parse_swap.balances, BINGX["swap.account.get"].call())

    def positions(self, symbol: str | None = None) -> Ask[tuple[Position, ...]]:
        return ask(parse_swap.positions, BINGX["swap.position.list"].call(symbol=symbol))

    def open_orders(self, symbol: str | None = None) -> Ask[tuple[Order, ...]]:
        return ask(_orders, BINGX["swap.order.open"].call(symbol=symbol))

    def order(self, symbol: str, *, id: str = "", client_id: str = "", conditional: bool = False) -> Ask[Order]:
        """Conditional orders live in the same book as the others; `conditional` is not looked at."""
        call = BINGX["swap.order.get"].call(
            symbol=symbol, orderId=id or None, clientOrderId=None if id else client_id or None
        )
        return ask(parse_swap.order, call)

    def order_history(
        self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Order, ...]]:
        """Asked in weeks; without a start, BingX gives the last week."""
        most = max(1, min(limit, 1000))
        calls = [
            BINGX["swap.order.all"].call(symbol=symbol, limit=most, **span(start, end))
            for start, end in windows(start_ms, end_ms, WEEK_MS)
        ]

        def parse(*pages: Any) -> tuple[Order, ...]:
            found = [order for page in pages for order in _orders(page)]
            return kept(sorted(found, key=lambda order: order.created_ms or 0), start_ms, limit)

        return ask(parse, *calls)

    def fills(self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int) -> Ask[tuple[Fill, ...]]:
        """Asked in weeks; without a time, the last week."""
        most = max(1, min(limit, 1000))
        calls = [
            BINGX["swap.fills.list"].call(
                symbol=symbol, pageSize=most, **span(start, end, start="startTs", end="endTs")
            )
            for start, end in windows(start_ms, end_ms, WEEK_MS)
        ]

        def parse(*pages: Any) -> tuple[Fill, ...]:
            found = [fill for page in pages for fill in parse_swap.fills(page)]
            return kept(sorted(found, key=lambda fill: fill.time_ms), start_ms, limit)

        return ask(parse, *calls)

    def settings(self, symbol: str) -> Ask[AccountSettings]:
        return ask(
            lambda leverage, margin, mode, fees: parse_swap.settings(symbol, leverage, margin, mode, fees),
            BINGX["swap.leverage.get"].call(symbol=symbol),
            BINGX["swap.margin_mode.get"].call(symbol=symbol),
            BINGX["swap.position_mode.get"].call(),
            BINGX["swap.fees.get"].call(),
        )

    def brackets(self, symbol: str) -> Ask[tuple[Bracket, ...]]:
        ids = ("swap.brackets.list", "swap.leverage.get")
        return ask(parse_swap.brackets, *(BINGX[id].call(symbol=symbol) for id in ids))

    # Writes.

    def place(self, intent: OrderIntent) -> tuple[Call, ...]:
        return (BINGX["swap.order.create"].call(swap_arguments(intent)),)

    def amend(
        self, order: Order, instrument: Instrument, *, price: Decimal | None, size: Decimal | None
    ) -> tuple[Call, ...]:
        """A new size alone changes the order. A new price is a cancel-replace for what is still unfilled.

        That stops where the cancellation fails; if the order was untouched when it was read, it is replaced only if it
        still is (a resting limit order is PENDING), so that a fill in between cannot be bought twice.
        """
        if order.type is not OrderType.LIMIT or order.size is None:
            raise Unsupported(f"A {order.type} order cannot be changed.", advice="Cancel it and place another.")
        total = order.size if size is None else size
        if total <= order.filled:
            raise BadArgument(f"{order.filled:f} of the order is filled already; the new size must be larger.")
        if price is None or price == order.price:
            return (BINGX["swap.order.amend"].call(symbol=order.native, orderId=order.id, quantity=total),)
        intent = OrderIntent(
            instrument=instrument,
            side=order.side,
            type=OrderType.LIMIT,
            size=total - order.filled,
            price=price,
            time_in_force=order.time_in_force if isinstance(order.time_in_force, TimeInForce) else TimeInForce.GTC,
            reduce_only=bool(order.reduce_only),
            position_side=order.position_side or PositionSide.BOTH,
        )
        more: dict[str, Any] = {"cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": order.id}
        if not order.filled:
            more["cancelRestrictions"] = "ONLY_PENDING"
        return (BINGX["swap.order.replace"].call(swap_arguments(intent) | more),)

    def cancel(self, order: Order) -> tuple[Call, ...]:
        return (BINGX["swap.order.cancel"].call(symbol=order.native, orderId=order.id),)

    def cancel_all(self, symbol: str, orders: Sequence[Order]) -> tuple[Call, ...]:
        return (BINGX["swap.order.cancel_all"].call(symbol=symbol),)

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
        """One conditional market order for each price, the take-profit first.

        The order of the answers is the order of the words that the user is shown.
        """
        wanted = ((OrderType.TAKE_PROFIT_MARKET, take_profit), (OrderType.STOP_MARKET, stop_loss))
        intents = [
            OrderIntent(
                instrument=instrument,
                side=closing,
                type=kind,
                size=size,
                trigger=trigger,
                trigger_by=trigger_by,
                reduce_only=size is not None,
                close_position=size is None,
                position_side=position_side,
            )
            for kind, trigger in wanted
            if trigger is not None
        ]
        if not intents:
            raise BadArgument("A take-profit or a stop-loss must be given.")
        return tuple(call for intent in intents for call in self.place(intent))

    def set_leverage(self, symbol: str, leverage: int) -> tuple[Call, ...]:
        """In one-way mode; see `set_leverage_for`."""
        return (BINGX["swap.leverage.set"].call(symbol=symbol, side="BOTH", leverage=leverage),)

    def set_leverage_for(self, symbol: str, leverage: int, settings: AccountSettings) -> tuple[Call, ...]:
        """In hedge mode BingX sets longs and shorts apart, and knows no BOTH."""
        if settings.position_mode is not PositionMode.HEDGE:
            return self.set_leverage(symbol, leverage)
        return tuple(
            BINGX["swap.leverage.set"].call(symbol=symbol, side=side, leverage=leverage) for side in ("LONG", "SHORT")
        )

    def set_margin_mode(self, symbol: str, mode: MarginMode) -> tuple[Call, ...]:
        native = "ISOLATED" if mode is MarginMode.ISOLATED else "CROSSED"
        return (BINGX["swap.margin_mode.set"].call(symbol=symbol, marginType=native),)

    def set_position_mode(self, mode: PositionMode) -> tuple[Call, ...]:
        """Holds for every symbol."""
        hedge = "true" if mode is PositionMode.HEDGE else "false"
        return (BINGX["swap.position_mode.set"].call(dualSidePosition=hedge),)

    def adjust_margin(self, symbol: str, position_side: PositionSide, amount: Decimal) -> tuple[Call, ...]:
        return (
            BINGX["swap.margin.adjust"].call(
                symbol=symbol,
                positionSide=position_side.value.upper(),
                amount=abs(amount),
                type=1 if amount > 0 else 2,
            ),
        )

    def transfer(self, asset: str, amount: Decimal, source: str, target: str) -> tuple[Call, ...]:
        return transfer(asset, amount, source, target)

    def trace(self, call: Call, *, sent_ms: int) -> Ask[Trace] | None:
        return trace(call, sent_ms)


def _orders(payload: Any) -> tuple[Order, ...]:
    found = [parse_swap.order(each) for each in listed(payload, "orders")]
    return tuple(sorted(found, key=lambda order: order.created_ms or 0))
