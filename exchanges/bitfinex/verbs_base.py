"""What Bitfinex's spot and margin share: pairs, prices, one book of orders for both, three wallets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bitfinex import parse, parse_account
from blave_mcp.exchanges.bitfinex.base import WALLETS
from blave_mcp.exchanges.bitfinex.endpoints import BITFINEX
from blave_mcp.exchanges.bitfinex.parse import ask, code_of, inside
from blave_mcp.exchanges.bitfinex.place import TYPES, arguments, digits, signed
from blave_mcp.exchanges.bitfinex.traces import MOST, by_ids, trace
from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import NO_DATA, BadArgument, Unsupported, VenueRefused
from blave_mcp.exchanges.models import (
    Balance,
    Candle,
    Fill,
    Instrument,
    Order,
    OrderBook,
    OrderIntent,
    OrderType,
    PublicTrade,
    Ticker,
    Trace,
)
from blave_mcp.exchanges.verbs import Verbs

# Unified interval -> Bitfinex's. Its 2-week candle has no unified name.
INTERVALS: Mapping[str, str] = {
    "1m": "1m", "5m": "5m", "15m": "15m", "30m": "30m", "1h": "1h", "3h": "3h", "6h": "6h", "12h": "12h", "1d": "1D",
    "1w": "1W", "1M": "1M",
}  # fmt: skip
LISTED = "pub:info:pair,pub:list:pair:margin"
DEPTHS = (1, 25, 100, 250)
NO_FUNDING_RATE = (
    "Bitfinex's margin is lent by other users at rates of their own: get_funding tells the Flash Return Rate, the book"
    " and the trades of it."
)


class BitfinexMarket(Verbs):
    """See the module."""

    venue = "bitfinex"
    product = "auth"
    intervals = tuple(INTERVALS)
    order_types = tuple(TYPES)
    wallets = WALLETS
    max_candles = 10_000
    cancels_by_id = True

    # The market.

    def instruments(self) -> Ask[tuple[Instrument, ...]]:
        """The tick is that of the last price: Bitfinex counts significant digits."""
        return ask(
            lambda conf, tickers: parse.instruments(conf, tickers, self.market),
            BITFINEX["public.conf.get"].call(Config=LISTED),
            BITFINEX["public.tickers.list"].call(symbols="ALL"),
        )

    def ticker(self, symbol: str) -> Ask[Ticker]:
        return ask(lambda payload: parse.ticker(payload, symbol), BITFINEX["public.ticker.get"].call(Symbol=symbol))

    def candles(
        self, symbol: str, interval: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Candle, ...]]:
        """Bars without a trade are missing.

        Raises:
            BadArgument: an interval that Bitfinex does not have.
        """
        if interval not in INTERVALS:
            raise BadArgument(f'Bitfinex has no candles of "{interval}".', advice=f"It has: {', '.join(INTERVALS)}.")
        count = max(1, min(limit, self.max_candles))
        call = BITFINEX["public.candles.list"].call(
            TimeFrame=INTERVALS[interval],
            Symbol=symbol,
            sort=-1 if start_ms is None else 1,
            start=start_ms,
            end=None if end_ms is None else end_ms - 1,
            limit=count,
        )
        return ask(lambda payload: parse.candles(payload, start_ms, end_ms, count), call)

    def book(self, symbol: str, depth: int) -> Ask[OrderBook]:
        length = next((one for one in DEPTHS if one >= depth), DEPTHS[-1])
        call = BITFINEX["public.book.get"].call(Symbol=symbol, Precision="P0", len=length)
        return ask(lambda payload: parse.book(payload, symbol, depth), call)

    def trades(self, symbol: str, limit: int) -> Ask[tuple[PublicTrade, ...]]:
        call = BITFINEX["public.trades.list"].call(Symbol=symbol, limit=max(1, min(limit, 10_000)))
        return ask(parse.trades, call)

    # The account.

    def balances(self) -> Ask[tuple[Balance, ...]]:
        """Of all three wallets."""
        return ask(parse_account.balances, BITFINEX["auth.wallet.list"].call())

    def open_orders(self, symbol: str | None = None) -> Ask[tuple[Order, ...]]:
        if symbol is None:
            call = BITFINEX["auth.order.list"].call()
        else:
            call = BITFINEX["auth.order.symbol"].call(Symbol=symbol)
        return ask(lambda payload: parse_account.orders((payload,), self.market), call)

    def order(self, symbol: str, *, id: str = "", client_id: str = "", conditional: bool = False) -> Ask[Order]:
        """By the venue's id, or by the client id among the open orders and those of the last two weeks."""
        if id and not id.isdecimal():
            raise BadArgument(f'"{id}" is no order id of Bitfinex.', advice="It is a number.")
        calls = by_ids([int(id)]) if id else (
            BITFINEX["auth.order.symbol"].call(Symbol=symbol),
            BITFINEX["auth.order.history_symbol"].call(Symbol=symbol, limit=MOST),
        )  # fmt: skip

        def only(*payloads: Any) -> Order:
            for one in reversed(parse_account.orders(payloads, self.market)):
                if one.native == symbol and (one.id == id if id else one.client_id == client_id):
                    return one
            raise VenueRefused(
                f"Bitfinex {self.market} has no order {id or client_id} in {symbol}.",
                undone=NO_DATA,
                advice="Ended orders are kept for two weeks.",
            )

        return ask(only, *calls)

    def order_history(
        self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Order, ...]]:
        """Open orders and those that ended in the last two weeks; Bitfinex gives the newest 2500 of a span."""
        history = BITFINEX["auth.order.history_symbol"].call(Symbol=symbol, start=start_ms, limit=MOST)

        def kept(*payloads: Any) -> tuple[Order, ...]:
            found = parse_account.orders(payloads, self.market)
            return inside(found, lambda one: one.created_ms or 0, start_ms, end_ms, limit)

        return ask(kept, BITFINEX["auth.order.symbol"].call(Symbol=symbol), history)

    def fills(self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int) -> Ask[tuple[Fill, ...]]:
        call = BITFINEX["auth.trades.symbol"].call(
            Symbol=symbol,
            start=start_ms,
            end=None if end_ms is None else end_ms - 1,
            limit=MOST,
            sort=-1 if start_ms is None else 1,
        )

        def kept(payload: Any) -> tuple[Fill, ...]:
            found = parse_account.fills(payload, self.market)
            return inside(found, lambda one: one.time_ms, start_ms, end_ms, limit)

        return ask(kept, call)

    # Writes.

    def place(self, intent: OrderIntent) -> tuple[Call, ...]:
        return (BITFINEX["auth.order.create"].call(arguments(intent, self.market)),)

    def amend(
        self, order: Order, instrument: Instrument, *, price: Decimal | None, size: Decimal | None
    ) -> tuple[Call, ...]:
        """Bitfinex takes the amount that is to be left, with the order's sign."""
        if order.type is not OrderType.LIMIT:
            raise Unsupported(
                "Here Bitfinex changes limit orders alone.",
                advice="Cancel the order and place another, or use auth.order.amend in explore.",
            )
        if size is not None and size <= order.filled:
            raise BadArgument(f"{order.filled:f} of the order is filled already; the new size must be larger.")
        left = None if size is None else signed(size - order.filled, order.side)
        new_price = None if price is None else digits(price, "price")
        return (BITFINEX["auth.order.amend"].call(id=int(order.id), amount=left, price=new_price),)

    def cancel(self, order: Order) -> tuple[Call, ...]:
        return (BITFINEX["auth.order.cancel"].call(id=int(order.id)),)

    def cancel_all(self, symbol: str, orders: Sequence[Order]) -> tuple[Call, ...]:
        """By their ids: what Bitfinex calls all is every order in every market."""
        return (BITFINEX["auth.orders.cancel"].call(id=[int(one.id) for one in orders]),)

    def transfer(self, asset: str, amount: Decimal, source: str, target: str) -> tuple[Call, ...]:
        for name in (source, target):
            if name not in WALLETS:
                raise BadArgument(f'Bitfinex has no wallet "{name}".', advice=f"One of: {', '.join(WALLETS)}.")
        args = {"from": source, "to": target, "currency": code_of(asset), "amount": amount}
        return (BITFINEX["auth.transfer.create"].call(args),)

    def trace(self, call: Call, *, sent_ms: int) -> Ask[Trace] | None:
        return trace(call, sent_ms)
