"""The verbs of Binance's USDS-margined futures."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.binance import parse_futures, parse_spot
from blave_mcp.exchanges.binance.base import FUTURES_INTERVALS
from blave_mcp.exchanges.binance.endpoints import BINANCE
from blave_mcp.exchanges.binance.endpoints_futures import DEPTHS
from blave_mcp.exchanges.binance.forms import ExchangeInfo
from blave_mcp.exchanges.binance.parse import DAY_MS, KLINES, ask, candles, rows, span, windows
from blave_mcp.exchanges.binance.place import futures_arguments
from blave_mcp.exchanges.binance.traces import trace
from blave_mcp.exchanges.binance.verbs_spot import WALLETS, transfer
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
    Trace,
    TriggerBy,
)
from blave_mcp.exchanges.verbs import Verbs

WEEK_MS = 7 * DAY_MS


class BinanceFutures(Verbs):
    """USDS-margined perpetuals. Sizes are in base; conditional orders live in a book of their own."""

    venue = "binance"
    market = Market.PERPETUAL
    product = "futures"
    intervals = FUTURES_INTERVALS
    order_types = tuple(OrderType)
    wallets = tuple(WALLETS)
    max_candles = 1500
    settles_after_ms = 20_000

    # The market.

    def instruments(self) -> Ask[tuple[Instrument, ...]]:
        return ask(parse_futures.instruments, BINANCE["futures.instruments.list"].call(), form=ExchangeInfo)

    def ticker(self, symbol: str) -> Ask[Ticker]:
        ids = ("futures.ticker.day", "futures.ticker.book", "futures.funding.now", "futures.interest.get")
        return ask(parse_futures.ticker, *(BINANCE[id].call(symbol=symbol) for id in ids))

    def candles(
        self, symbol: str, interval: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Candle, ...]]:
        count = min(limit, self.max_candles)
        call = BINANCE["futures.candles.list"].call(
            symbol=symbol, interval=interval, limit=count, **span(start_ms, end_ms)
        )
        return ask(lambda found: candles(found, start_ms, end_ms, count), call, form=KLINES)

    def book(self, symbol: str, depth: int) -> Ask[OrderBook]:
        count = next((known for known in DEPTHS if known >= depth), DEPTHS[-1])
        call = BINANCE["futures.book.get"].call(symbol=symbol, limit=count)
        return ask(lambda payload: parse_futures.book(payload, symbol, depth), call)

    def trades(self, symbol: str, limit: int) -> Ask[tuple[PublicTrade, ...]]:
        return ask(parse_spot.trades, BINANCE["futures.trades.list"].call(symbol=symbol, limit=min(limit, 1000)))

    def funding_rates(
        self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[FundingRate, ...]]:
        count = min(limit, 1000)
        call = BINANCE["futures.funding.list"].call(symbol=symbol, limit=count, **span(start_ms, end_ms))
        return ask(
            lambda payload: parse_futures.funding_rates(payload, count, first=start_ms is not None), call
        )  # fmt: skip

    # The account.

    def balances(self) -> Ask[tuple[Balance, ...]]:
        return ask(parse_futures.balances, BINANCE["futures.account.get"].call())

    def positions(self, symbol: str | None = None) -> Ask[tuple[Position, ...]]:
        return ask(parse_futures.positions, BINANCE["futures.position.v2"].call(symbol=symbol))

    def open_orders(self, symbol: str | None = None) -> Ask[tuple[Order, ...]]:
        return ask(
            lambda plain, algo: _merged([plain], [algo]),
            BINANCE["futures.order.open"].call(symbol=symbol),
            BINANCE["futures.algo.open"].call(symbol=symbol),
        )

    def order(self, symbol: str, *, id: str = "", client_id: str = "", conditional: bool = False) -> Ask[Order]:
        if conditional:
            call = BINANCE["futures.algo.get"].call(algoId=id or None, clientAlgoId=client_id or None)
            return ask(parse_futures.algo_order, call)
        call = BINANCE["futures.order.get"].call(symbol=symbol, orderId=id or None, origClientOrderId=client_id or None)
        return ask(parse_futures.order, call)

    def order_history(
        self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Order, ...]]:
        """Plain and conditional orders, asked in weeks; without a start, Binance gives the last week."""
        plain = _by_week("futures.order.list", symbol, start_ms, end_ms, limit)
        algo = _by_week("futures.algo.list", symbol, start_ms, end_ms, limit)

        def parse(*pages: Any) -> tuple[Order, ...]:
            return _kept(_merged(pages[: len(plain)], pages[len(plain) :]), start_ms, limit)

        return ask(parse, *plain, *algo)

    def fills(self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int) -> Ask[tuple[Fill, ...]]:
        """Asked in weeks; without a start, Binance gives the last week."""
        calls = _by_week("futures.fills.list", symbol, start_ms, end_ms, limit)

        def parse(*pages: Any) -> tuple[Fill, ...]:
            found = [fill for page in pages for fill in parse_futures.fills(page)]
            return _kept(tuple(sorted(found, key=lambda fill: fill.time_ms)), start_ms, limit)

        return ask(parse, *calls)

    def settings(self, symbol: str) -> Ask[AccountSettings]:
        return ask(
            lambda config, account, fees: parse_futures.settings(symbol, config, account, fees),
            BINANCE["futures.settings.symbol"].call(symbol=symbol),
            BINANCE["futures.settings.account"].call(),
            BINANCE["futures.fees.get"].call(symbol=symbol),
        )

    def brackets(self, symbol: str) -> Ask[tuple[Bracket, ...]]:
        call = BINANCE["futures.brackets.list"].call(symbol=symbol)
        return ask(lambda payload: parse_futures.brackets(payload, symbol), call)

    # Writes.

    def place(self, intent: OrderIntent) -> tuple[Call, ...]:
        id, args = futures_arguments(intent)
        return (BINANCE[id].call(args),)

    def amend(
        self, order: Order, instrument: Instrument, *, price: Decimal | None, size: Decimal | None
    ) -> tuple[Call, ...]:
        """Binance changes limit orders alone, and wants price and size both; the order goes to the queue's end.

        A partly filled order whose new size is not more than what is filled would be cancelled by Binance; that is
        refused here.
        """
        if order.conditional or order.type is not OrderType.LIMIT:
            raise Unsupported(
                "Binance futures change plain limit orders alone.", advice="Cancel the order and place another."
            )
        total = order.size if size is None else size
        if total is not None and total <= order.filled:
            raise BadArgument(f"{order.filled:f} of the order is filled already; the new size must be larger.")
        return (
            BINANCE["futures.order.modify"].call(
                orderId=order.id,
                symbol=order.native,
                side=order.side.value.upper(),
                quantity=total,
                price=order.price if price is None else price,
            ),
        )

    def cancel(self, order: Order) -> tuple[Call, ...]:
        if order.conditional:
            return (BINANCE["futures.algo.cancel"].call(algoId=order.id),)
        return (BINANCE["futures.order.cancel"].call(symbol=order.native, orderId=order.id),)

    def cancel_all(self, symbol: str, orders: Sequence[Order]) -> tuple[Call, ...]:
        return (
            BINANCE["futures.order.cancel_all"].call(symbol=symbol),
            BINANCE["futures.algo.cancel_all"].call(symbol=symbol),
        )

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
        """One conditional market order for each price; the stop-loss first, so that it stands if the other fails."""
        wanted = ((OrderType.STOP_MARKET, stop_loss), (OrderType.TAKE_PROFIT_MARKET, take_profit))
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
        return (BINANCE["futures.leverage.set"].call(symbol=symbol, leverage=leverage),)

    def set_margin_mode(self, symbol: str, mode: MarginMode) -> tuple[Call, ...]:
        native = "ISOLATED" if mode is MarginMode.ISOLATED else "CROSSED"
        return (BINANCE["futures.margin_mode.set"].call(symbol=symbol, marginType=native),)

    def set_position_mode(self, mode: PositionMode) -> tuple[Call, ...]:
        """Holds for every symbol."""
        return (BINANCE["futures.position_mode.set"].call(dualSidePosition=mode is PositionMode.HEDGE),)

    def adjust_margin(self, symbol: str, position_side: PositionSide, amount: Decimal) -> tuple[Call, ...]:
        named = None if position_side is PositionSide.BOTH else position_side.value.upper()
        return (
            BINANCE["futures.margin.adjust"].call(
                symbol=symbol, positionSide=named, amount=abs(amount), type=1 if amount > 0 else 2
            ),
        )

    def transfer(self, asset: str, amount: Decimal, source: str, target: str) -> tuple[Call, ...]:
        return transfer(asset, amount, source, target)

    def trace(self, call: Call, *, sent_ms: int) -> Ask[Trace] | None:
        return trace(call, sent_ms)


def _merged(plain: Any, algo: Any) -> tuple[Order, ...]:
    found = [parse_futures.order(each) for page in plain for each in rows(page)]
    found += [parse_futures.algo_order(each) for page in algo for each in rows(page)]
    return tuple(sorted(found, key=lambda order: order.created_ms or 0))


def _kept(found: tuple[Any, ...], start_ms: int | None, limit: int) -> tuple[Any, ...]:
    return found[:limit] if start_ms is not None else found[-limit:]


def _by_week(id: str, symbol: str, start_ms: int | None, end_ms: int | None, limit: int) -> list[Call]:
    most = max(1, min(limit, 1000))
    return [
        BINANCE[id].call(symbol=symbol, limit=most, **span(start, end))
        for start, end in windows(start_ms, end_ms, WEEK_MS)
    ]
