"""The verbs of BingX spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from blave_mcp.exchanges.bingx import parse_spot
from blave_mcp.exchanges.bingx.base import INTERVALS
from blave_mcp.exchanges.bingx.endpoints import BINGX
from blave_mcp.exchanges.bingx.parse import DAY_MS, ask, candles, kept, listed, span, windows
from blave_mcp.exchanges.bingx.place import SPOT_TYPES, spot_arguments
from blave_mcp.exchanges.bingx.traces import trace
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
    OrderType,
    PositionSide,
    PublicTrade,
    Side,
    Ticker,
    TimeInForce,
    Trace,
    TriggerBy,
)
from blave_mcp.exchanges.verbs import Verbs

WALLETS: Mapping[str, str] = {"spot": "spot", "swap": "USDTMPerp", "fund": "fund"}
_NO_POSITIONS = "Spot holds assets, not positions: see balances. Leverage, margin and funding are on bingx perpetual."


def transfer(asset: str, amount: Decimal, source: str, target: str) -> tuple[Call, ...]:
    """Moves an asset between the user's own wallets."""
    for name in (source, target):
        if name not in WALLETS:
            raise BadArgument(f'BingX has no wallet "{name}" here.', advice=f"One of: {', '.join(WALLETS)}.")
    if source == target:
        raise BadArgument("A transfer wants two different wallets.")
    return (
        BINGX["spot.transfer.create"].call(
            fromAccount=WALLETS[source], toAccount=WALLETS[target], asset=asset, amount=amount
        ),
    )


class BingXSpot(Verbs):
    """Spot. Its balances are those of the spot and of the fund wallet."""

    venue = "bingx"
    market = Market.SPOT
    product = "spot"
    intervals = INTERVALS
    order_types = tuple(SPOT_TYPES)
    wallets = tuple(WALLETS)
    wallet = "spot"
    max_candles = 1440
    lacks: ClassVar[Mapping[str, str]] = {
        "funding_rates": _NO_POSITIONS,
        "positions": _NO_POSITIONS,
        "brackets": _NO_POSITIONS,
        "set_leverage": _NO_POSITIONS,
        "set_margin_mode": _NO_POSITIONS,
        "set_position_mode": _NO_POSITIONS,
        "adjust_margin": _NO_POSITIONS,
    }
    # recvWindow (5 s), and as much again as BingX's gateway may take to hand a request on (504).
    settles_after_ms = 20_000

    # The market.

    def instruments(self) -> Ask[tuple[Instrument, ...]]:
        return ask(parse_spot.instruments, BINGX["spot.instruments.list"].call())

    def ticker(self, symbol: str) -> Ask[Ticker]:
        return ask(parse_spot.ticker, BINGX["spot.ticker.day"].call(symbol=symbol))

    def candles(
        self, symbol: str, interval: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Candle, ...]]:
        count = min(limit, self.max_candles)
        call = BINGX["spot.candles.list"].call(symbol=symbol, interval=interval, limit=count, **span(start_ms, end_ms))
        return ask(lambda payload: candles(payload, start_ms, end_ms, count, parse_spot.candle), call)

    def book(self, symbol: str, depth: int) -> Ask[OrderBook]:
        call = BINGX["spot.book.get"].call(symbol=symbol, limit=max(1, min(depth, 1000)))
        return ask(lambda payload: parse_spot.book(payload, symbol, depth), call)

    def trades(self, symbol: str, limit: int) -> Ask[tuple[PublicTrade, ...]]:
        return ask(parse_spot.trades, BINGX["spot.trades.list"].call(symbol=symbol, limit=min(limit, 500)))

    # The account.

    def balances(self) -> Ask[tuple[Balance, ...]]:
        return ask(parse_spot.balances, BINGX["spot.account.get"].call(), BINGX["spot.fund.get"].call())

    def open_orders(self, symbol: str | None = None) -> Ask[tuple[Order, ...]]:
        return ask(_orders, BINGX["spot.order.open"].call(symbol=symbol))

    def order(self, symbol: str, *, id: str = "", client_id: str = "", conditional: bool = False) -> Ask[Order]:
        """Conditional orders live in the same book as the others; `conditional` is not looked at."""
        call = BINGX["spot.order.get"].call(
            symbol=symbol, orderId=id or None, clientOrderID=None if id else client_id or None
        )
        return ask(parse_spot.order, call)

    def order_history(
        self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Order, ...]]:
        """One page of at most 100, the newest of the time that is asked for."""
        count = max(1, min(limit, 100))
        call = BINGX["spot.order.list"].call(symbol=symbol, pageIndex=1, pageSize=count, **span(start_ms, end_ms))
        return ask(lambda payload: kept(_orders(payload), start_ms, count), call)

    def fills(self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int) -> Ask[tuple[Fill, ...]]:
        """Asked in pieces of a week; without a time, BingX gives the last day."""
        count = max(1, min(limit, 1000))
        calls = [
            BINGX["spot.fills.list"].call(symbol=symbol, limit=count, **span(start, end))
            for start, end in windows(start_ms, end_ms, 7 * DAY_MS)
        ]

        def parse(*pages: Any) -> tuple[Fill, ...]:
            found = [fill for page in pages for fill in parse_spot.fills(page)]
            return kept(sorted(found, key=lambda fill: fill.time_ms), start_ms, count)

        return ask(parse, *calls)

    def settings(self, symbol: str) -> Ask[AccountSettings]:
        return ask(
            lambda fees: parse_spot.settings(symbol, fees), BINGX["spot.fees.get"].call(symbol=symbol)
        )  # fmt: skip

    # Writes.

    def place(self, intent: OrderIntent) -> tuple[Call, ...]:
        return (BINGX["spot.order.create"].call(spot_arguments(intent)),)

    def amend(
        self, order: Order, instrument: Instrument, *, price: Decimal | None, size: Decimal | None
    ) -> tuple[Call, ...]:
        """A cancel-replace that stops where the cancellation fails; the new order is for what is still unfilled.

        If the order was untouched when it was read, it is replaced only if it still is, so that a fill in between
        cannot be bought twice.
        """
        if order.size is None:
            raise Unsupported("This order has no size in base.", advice="Cancel it and place another.")
        if order.list_id:
            raise Unsupported("This order belongs to an OCO pair.", advice="Cancel the pair and place another.")
        if order.type is not OrderType.LIMIT:
            raise Unsupported(f"A {order.type} order cannot be changed.", advice="Cancel it and place another.")
        total = order.size if size is None else size
        if total <= order.filled:
            raise BadArgument(f"{order.filled:f} of the order is filled already; the new size must be larger.")
        force = order.time_in_force if isinstance(order.time_in_force, TimeInForce) else TimeInForce.GTC
        intent = OrderIntent(
            instrument=instrument,
            side=order.side,
            type=OrderType.LIMIT,
            size=total - order.filled,
            price=order.price if price is None else price,
            time_in_force=force,
        )
        more: dict[str, Any] = {"cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": order.id}
        if not order.filled:
            more["cancelRestrictions"] = "PENDING"
        return (BINGX["spot.order.replace"].call(spot_arguments(intent) | more),)

    def cancel(self, order: Order) -> tuple[Call, ...]:
        return (BINGX["spot.order.cancel"].call(symbol=order.native, orderId=order.id),)

    def cancel_all(self, symbol: str, orders: Sequence[Order]) -> tuple[Call, ...]:
        return (BINGX["spot.order.cancel_all"].call(symbol=symbol),)

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
        """Both prices make an OCO pair: a limit order at the one, and a limit order at the other once it is reached.

        A market that falls through the stop may leave that order unfilled: BingX's OCO has no market leg. One price
        alone makes a market order with that trigger.
        """
        if size is None:
            raise Unsupported("Spot has no position to close as a whole.", advice="Say how much of it to protect.")
        if trigger_by is not TriggerBy.LAST:
            raise Unsupported("BingX spot triggers on the last price alone.", advice="Use the last price.")
        if take_profit is not None and stop_loss is not None:
            return (
                BINGX["spot.oco.create"].call(
                    symbol=instrument.native,
                    side=closing.value.upper(),
                    quantity=size,
                    limitPrice=take_profit,
                    orderPrice=stop_loss,
                    triggerPrice=stop_loss,
                ),
            )
        kind = OrderType.STOP_MARKET if take_profit is None else OrderType.TAKE_PROFIT_MARKET
        trigger = stop_loss if take_profit is None else take_profit
        if trigger is None:
            raise BadArgument("A take-profit or a stop-loss must be given.")
        return self.place(OrderIntent(instrument=instrument, side=closing, type=kind, size=size, trigger=trigger))

    def transfer(self, asset: str, amount: Decimal, source: str, target: str) -> tuple[Call, ...]:
        return transfer(asset, amount, source, target)

    def trace(self, call: Call, *, sent_ms: int) -> Ask[Trace] | None:
        return trace(call, sent_ms)


def _orders(payload: Any) -> tuple[Order, ...]:
    found = [parse_spot.order(each) for each in listed(payload, "orders")]
    return tuple(sorted(found, key=lambda order: order.created_ms or 0))
