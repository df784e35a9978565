"""What the verbs of Bybit's two markets share."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from blave_mcp.exchanges.bybit import parse_account, parse_market
from blave_mcp.exchanges.bybit.endpoints import BYBIT
from blave_mcp.exchanges.bybit.parse import DAY_MS, WEEK_MS, ask, rows, span, windows
from blave_mcp.exchanges.bybit.place import NO_TRAILING, TYPES
from blave_mcp.exchanges.bybit.traces import trace
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
    OrderType,
    PublicTrade,
    Ticker,
    Trace,
)
from blave_mcp.exchanges.verbs import Verbs

INTERVALS: Mapping[str, tuple[str, int]] = {
    "1m": ("1", 60_000),
    "3m": ("3", 180_000),
    "5m": ("5", 300_000),
    "15m": ("15", 900_000),
    "30m": ("30", 1_800_000),
    "1h": ("60", 3_600_000),
    "2h": ("120", 7_200_000),
    "4h": ("240", 14_400_000),
    "6h": ("360", 21_600_000),
    "12h": ("720", 43_200_000),
    "1d": ("D", DAY_MS),
    "1w": ("W", WEEK_MS),
    "1M": ("M", 31 * DAY_MS),
}
"""Our name of an interval -> Bybit's, and its length (of a month: the most)."""
WALLETS: Mapping[str, str] = {"unified": "UNIFIED", "fund": "FUND"}
MOST_ORDERS, MOST_FILLS = 50, 100


class BybitMarket(Verbs):
    """One category of Bybit's V5 API over a unified account.

    Bybit gives lists in pages of at most 50 orders or 100 fills, of which the newest is read: more than that are open,
    or lie in one day of a history, only for an account that trades by program.
    """

    venue = "bybit"
    intervals = tuple(INTERVALS)
    order_types = tuple(TYPES)
    wallets = tuple(WALLETS)
    max_candles = 1000
    # recvWindow (5 s), then what Bybit takes to carry out what it has acknowledged, and a margin.
    settles_after_ms = 20_000
    depth: ClassVar[int]
    most_trades: ClassVar[int]

    def _call(self, id: str, **args: Any) -> Call:
        """A call of this market's own endpoint, with its category where it takes one."""
        endpoint = BYBIT[f"{self.product}.{id}"]
        takes = any(param.name == "category" for param in endpoint.params)
        return endpoint.call({"category": self.product} if takes else {}, **args)

    # The market.

    def ticker(self, symbol: str) -> Ask[Ticker]:
        return ask(parse_market.ticker, self._call("ticker.get", symbol=symbol))

    def candles(
        self, symbol: str, interval: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Candle, ...]]:
        """Bybit gives the newest of a range: with a start, the range is cut to what one answer holds."""
        if interval not in INTERVALS:
            raise BadArgument(f"Bybit has no {interval} candles.", advice=f"One of: {', '.join(INTERVALS)}.")
        native, length = INTERVALS[interval]
        count = max(1, min(limit, self.max_candles))
        last = None if end_ms is None else end_ms - 1
        if start_ms is not None:
            cut = start_ms + count * length - 1
            last = cut if last is None else min(last, cut)
        call = self._call("candles.list", symbol=symbol, interval=native, start=start_ms, end=last, limit=count)
        return ask(lambda payload: parse_market.candles(payload, start_ms, end_ms, count), call)

    def book(self, symbol: str, depth: int) -> Ask[OrderBook]:
        call = self._call("book.get", symbol=symbol, limit=max(1, min(depth, self.depth)))
        return ask(lambda payload: parse_market.book(payload, depth), call)

    def trades(self, symbol: str, limit: int) -> Ask[tuple[PublicTrade, ...]]:
        call = self._call("trades.list", symbol=symbol, limit=max(1, min(limit, self.most_trades)))
        return ask(parse_market.trades, call)

    # The account.

    def balances(self) -> Ask[tuple[Balance, ...]]:
        """The unified trading account, which pays for both markets."""
        return ask(parse_account.wallet, self._call("wallet.get", accountType="UNIFIED"))

    def holdings(self) -> Ask[tuple[Balance, ...]]:
        """The unified trading account and the funding account (which wants a key that may read the wallet)."""
        return ask(
            lambda unified, fund: (*parse_account.wallet(unified), *parse_account.funding_wallet(fund)),
            self._call("wallet.get", accountType="UNIFIED"),
            BYBIT["spot.funds.list"].call(accountType="FUND"),
        )

    def order(self, symbol: str, *, id: str = "", client_id: str = "", conditional: bool = False) -> Ask[Order]:
        """Asks for open and lately ended orders, and the history; conditional orders stand among the others."""

        def parse(live: Any, past: Any) -> Order:
            found = [*rows(live), *rows(past)]
            if not found:
                raise VenueRefused(
                    f"Bybit has no order {id or client_id} in {symbol}.",
                    undone=NO_DATA,
                    advice="Orders that ended without a fill are kept for 24 hours.",
                )
            return parse_account.order(found[0])

        wanted = {"symbol": symbol, "orderId": id or None, "orderLinkId": (client_id or None) if not id else None}
        return ask(parse, self._call("order.open", **wanted), self._call("order.history", **wanted))

    def order_history(
        self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Order, ...]]:
        """Open orders and those that ended, asked in days or weeks; without a start: the last week."""
        most = max(1, min(limit, MOST_ORDERS))
        pages = [
            self._call("order.history", symbol=symbol, limit=most, **span(start, end))
            for start, end in windows(start_ms, end_ms, _width(start_ms, end_ms))
        ]

        def parse(*payloads: Any) -> tuple[Order, ...]:
            found = [
                one
                for one in parse_account.orders(*payloads)
                if (start_ms is None or (one.created_ms or 0) >= start_ms)
                and (end_ms is None or (one.created_ms or 0) < end_ms)
            ]
            return tuple(found[:limit] if start_ms is not None else found[-limit:])

        return ask(parse, *pages, self._call("order.open", symbol=symbol, limit=MOST_ORDERS))

    def fills(self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int) -> Ask[tuple[Fill, ...]]:
        """Asked in days or weeks; without a start: the last week."""
        most = max(1, min(limit, MOST_FILLS))
        pages = [
            self._call("fills.list", symbol=symbol, limit=most, **span(start, end))
            for start, end in windows(start_ms, end_ms, _width(start_ms, end_ms))
        ]

        def parse(*payloads: Any) -> tuple[Fill, ...]:
            found = parse_account.fills(payloads, spot=self.product == "spot")
            return found[:limit] if start_ms is not None else found[-limit:]

        return ask(parse, *pages)

    # Writes.

    def amend(
        self, order: Order, instrument: Instrument, *, price: Decimal | None, size: Decimal | None
    ) -> tuple[Call, ...]:
        """The order keeps its id; conditional ones can be changed, too. A size that is filled already is refused."""
        if order.type is OrderType.TRAILING_STOP:
            raise Unsupported("A trailing stop is not changed as an order.", advice=NO_TRAILING)
        if price is not None and not (isinstance(order.type, OrderType) and order.type.has_price):
            raise BadArgument(f"A {order.type} order has no price.")
        if size is not None and order.size is None:
            raise Unsupported("This order has no size in base.", advice="Cancel it and place another.")
        if size is not None and size <= order.filled:
            raise BadArgument(f"{order.filled:f} of the order is filled already; the new size must be larger.")
        return (self._call("order.amend", symbol=order.native, orderId=order.id, price=price, qty=size),)

    def transfer(self, asset: str, amount: Decimal, source: str, target: str) -> tuple[Call, ...]:
        """Moves an asset between the funding and the unified account."""
        for name in (source, target):
            if name not in WALLETS:
                raise BadArgument(f'Bybit has no wallet "{name}" here.', advice=f"One of: {', '.join(WALLETS)}.")
        return (
            BYBIT["spot.transfer.create"].call(
                coin=asset, amount=amount, fromAccountType=WALLETS[source], toAccountType=WALLETS[target]
            ),
        )

    def trace(self, call: Call, *, sent_ms: int) -> Ask[Trace] | None:
        return trace(call, sent_ms)


def _width(start_ms: int | None, end_ms: int | None) -> int:
    """Days, so that a page holds one of them; weeks, the most that Bybit takes, where days would be too many."""
    if start_ms is None or end_ms is None:
        return WEEK_MS
    return DAY_MS if end_ms - start_ms <= 31 * DAY_MS else WEEK_MS
