"""The verbs of Binance spot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from blave_mcp.exchanges.binance import parse_spot
from blave_mcp.exchanges.binance.base import SPOT_INTERVALS
from blave_mcp.exchanges.binance.endpoints import BINANCE
from blave_mcp.exchanges.binance.forms import ExchangeInfo
from blave_mcp.exchanges.binance.parse import DAY_MS, KLINES, ask, candles, rows, span, windows
from blave_mcp.exchanges.binance.place import SPOT_TYPES, spot_arguments
from blave_mcp.exchanges.binance.traces import trace
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

WALLETS: Mapping[str, str] = {"spot": "MAIN", "futures": "UMFUTURE", "funding": "FUNDING"}
_NO_POSITIONS = "Spot holds assets, not positions: see balances. Leverage, margin and funding are on binance perpetual."


def transfer(asset: str, amount: Decimal, source: str, target: str) -> tuple[Call, ...]:
    """Moves an asset between the user's own wallets."""
    for name in (source, target):
        if name not in WALLETS:
            raise BadArgument(f'Binance has no wallet "{name}" here.', advice=f"One of: {', '.join(WALLETS)}.")
    if source == target:
        raise BadArgument("A transfer wants two different wallets.")
    kind = f"{WALLETS[source]}_{WALLETS[target]}"
    return (BINANCE["spot.transfer.create"].call(type=kind, asset=asset, amount=amount),)


class BinanceSpot(Verbs):
    """Spot. `protect` is an OCO pair, or one order where only one of the two prices is given."""

    venue = "binance"
    market = Market.SPOT
    product = "spot"
    intervals = SPOT_INTERVALS
    order_types = tuple(OrderType)
    wallets = tuple(WALLETS)
    max_candles = 1000
    lacks: ClassVar[Mapping[str, str]] = {
        "funding_rates": _NO_POSITIONS,
        "positions": _NO_POSITIONS,
        "brackets": _NO_POSITIONS,
        "set_leverage": _NO_POSITIONS,
        "set_margin_mode": _NO_POSITIONS,
        "set_position_mode": _NO_POSITIONS,
        "adjust_margin": _NO_POSITIONS,
    }
    # recvWindow (5 s), then the API's own timeout of 10 s towards the matching engine, and a margin.
    # https://developers.binance.com/docs/binance-spot-api-docs/rest-api/general-api-information
    settles_after_ms = 20_000

    # The market.

    def instruments(self) -> Ask[tuple[Instrument, ...]]:
        return ask(
            parse_spot.instruments, BINANCE["spot.instruments.list"].call(showPermissionSets=False), form=ExchangeInfo
        )

    def ticker(self, symbol: str) -> Ask[Ticker]:
        return ask(parse_spot.ticker, BINANCE["spot.ticker.day"].call(symbol=symbol, type="FULL"))

    def candles(
        self, symbol: str, interval: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Candle, ...]]:
        count = min(limit, self.max_candles)
        call = BINANCE["spot.candles.list"].call(
            symbol=symbol, interval=interval, limit=count, **span(start_ms, end_ms)
        )
        return ask(lambda found: candles(found, start_ms, end_ms, count), call, form=KLINES)

    def book(self, symbol: str, depth: int) -> Ask[OrderBook]:
        call = BINANCE["spot.book.get"].call(symbol=symbol, limit=max(1, min(depth, 5000)))
        return ask(lambda payload: parse_spot.book(payload, symbol, depth), call)

    def trades(self, symbol: str, limit: int) -> Ask[tuple[PublicTrade, ...]]:
        return ask(parse_spot.trades, BINANCE["spot.trades.list"].call(symbol=symbol, limit=min(limit, 1000)))

    # The account.

    def balances(self) -> Ask[tuple[Balance, ...]]:
        return ask(parse_spot.balances, BINANCE["spot.account.get"].call(omitZeroBalances=True))

    def open_orders(self, symbol: str | None = None) -> Ask[tuple[Order, ...]]:
        return ask(_orders, BINANCE["spot.order.open"].call(symbol=symbol))

    def order(self, symbol: str, *, id: str = "", client_id: str = "", conditional: bool = False) -> Ask[Order]:
        """Conditional orders live in the same book as the others; `conditional` is not looked at."""
        call = BINANCE["spot.order.get"].call(symbol=symbol, orderId=id or None, origClientOrderId=client_id or None)
        return ask(parse_spot.order, call)

    def order_history(
        self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Order, ...]]:
        """Asked in days, of which Binance gives one at a time; at most 31. Without a start: the latest."""
        calls = _by_day("spot.order.list", symbol, start_ms, end_ms, limit)
        return ask(lambda *pages: _kept(_orders(_joined(pages)), start_ms, limit), *calls)

    def fills(self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int) -> Ask[tuple[Fill, ...]]:
        """Asked in days, of which Binance gives one at a time; at most 31. Without a start: the latest."""
        calls = _by_day("spot.fills.list", symbol, start_ms, end_ms, limit)
        return ask(lambda *pages: _kept(parse_spot.fills(_joined(pages)), start_ms, limit), *calls)

    def settings(self, symbol: str) -> Ask[AccountSettings]:
        return ask(
            parse_spot.settings,
            BINANCE["spot.fees.get"].call(symbol=symbol),
            BINANCE["spot.account.get"].call(omitZeroBalances=True),
        )

    # Writes.

    def place(self, intent: OrderIntent) -> tuple[Call, ...]:
        return (BINANCE["spot.order.create"].call(spot_arguments(intent)),)

    def amend(
        self, order: Order, instrument: Instrument, *, price: Decimal | None, size: Decimal | None
    ) -> tuple[Call, ...]:
        """A smaller size alone keeps the order and its place in the queue.

        Anything else is a cancel-replace that stops where the cancellation fails: the new order is for what is still
        unfilled of the new size. If the order was untouched when it was read, it is replaced only if it still is, so
        that a fill in between cannot be bought twice.
        """
        if order.size is None:
            raise Unsupported("This order has no size in base.", advice="Cancel it and place another.")
        if order.list_id:
            raise Unsupported(
                "This order belongs to an order list, which would be cancelled as a whole.",
                advice="Cancel the list and place another.",
            )
        total = order.size if size is None else size
        if total <= order.filled:
            raise BadArgument(f"{order.filled:f} of the order is filled already; the new size must be larger.")
        if price is None and total < order.size:
            return (BINANCE["spot.order.amend"].call(symbol=order.native, orderId=order.id, newQty=total),)
        if order.type not in SPOT_TYPES or order.type is OrderType.MARKET:
            raise Unsupported(f"A {order.type} order cannot be changed.", advice="Cancel it and place another.")
        kind = OrderType(order.type)
        if price is not None and not kind.has_price:
            raise BadArgument(f"A {kind} order has no price.")
        force = order.time_in_force if isinstance(order.time_in_force, TimeInForce) else TimeInForce.GTC
        intent = OrderIntent(
            instrument=instrument,
            side=order.side,
            type=kind,
            size=total - order.filled,
            price=(order.price if price is None else price) if kind.has_price else None,
            trigger=order.trigger,
            time_in_force=force if kind.has_price else None,
        )
        more: dict[str, Any] = {"cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": order.id}
        if not order.filled:
            more["cancelRestrictions"] = "ONLY_NEW"
        return (BINANCE["spot.order.replace"].call(spot_arguments(intent) | more),)

    def cancel(self, order: Order) -> tuple[Call, ...]:
        return (BINANCE["spot.order.cancel"].call(symbol=order.native, orderId=order.id),)

    def cancel_all(self, symbol: str, orders: Sequence[Order]) -> tuple[Call, ...]:
        return (BINANCE["spot.order.cancel_all"].call(symbol=symbol),)

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
        if size is None:
            raise Unsupported("Spot has no position to close as a whole.", advice="Say how much of it to protect.")
        if trigger_by is not TriggerBy.LAST:
            raise Unsupported("Binance spot triggers on the last price alone.", advice="Use the last price.")
        if take_profit is None or stop_loss is None:
            kind = OrderType.STOP_MARKET if take_profit is None else OrderType.TAKE_PROFIT_MARKET
            trigger = stop_loss if take_profit is None else take_profit
            if trigger is None:
                raise BadArgument("A take-profit or a stop-loss must be given.")
            return self.place(OrderIntent(instrument=instrument, side=closing, type=kind, size=size, trigger=trigger))
        profit, loss = ("above", "below") if closing is Side.SELL else ("below", "above")
        return (
            BINANCE["spot.list.oco"].call(
                {
                    "symbol": instrument.native,
                    "side": closing.value.upper(),
                    "quantity": size,
                    f"{profit}Type": "TAKE_PROFIT",
                    f"{profit}StopPrice": take_profit,
                    f"{loss}Type": "STOP_LOSS",
                    f"{loss}StopPrice": stop_loss,
                }
            ),
        )

    def transfer(self, asset: str, amount: Decimal, source: str, target: str) -> tuple[Call, ...]:
        return transfer(asset, amount, source, target)

    def trace(self, call: Call, *, sent_ms: int) -> Ask[Trace] | None:
        return trace(call, sent_ms)


def _joined(pages: Iterable[Any]) -> list[Any]:
    return [each for page in pages for each in rows(page)]


def _orders(payload: Any) -> tuple[Order, ...]:
    found = [parse_spot.order(each) for each in rows(payload)]
    return tuple(sorted(found, key=lambda order: order.created_ms or 0))


def _kept(found: tuple[Any, ...], start_ms: int | None, limit: int) -> tuple[Any, ...]:
    return found[:limit] if start_ms is not None else found[-limit:]


def _by_day(id: str, symbol: str, start_ms: int | None, end_ms: int | None, limit: int) -> list[Call]:
    most = max(1, min(limit, 1000))
    return [
        BINANCE[id].call(symbol=symbol, limit=most, **span(start, end))
        for start, end in windows(start_ms, end_ms, DAY_MS)
    ]
