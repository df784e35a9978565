"""The verbs of BitMart spot, and of isolated margin, which trades the same pairs with borrowed money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from blave_mcp.exchanges.bitmart import parse_spot
from blave_mcp.exchanges.bitmart.endpoints import BITMART
from blave_mcp.exchanges.bitmart.loans import cautions
from blave_mcp.exchanges.bitmart.parse import ask, book, check_span, kept_candles, within
from blave_mcp.exchanges.bitmart.place import spot_order
from blave_mcp.exchanges.bitmart.traces import trace
from blave_mcp.exchanges.dialect import Ask, VenueFault
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
    PublicTrade,
    Ticker,
    TimeInForce,
    Trace,
)
from blave_mcp.exchanges.verbs import Verbs

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
INTERVALS: Mapping[str, tuple[str, int]] = {
    "1m": ("1", MINUTE_MS),
    "5m": ("5", 5 * MINUTE_MS),
    "15m": ("15", 15 * MINUTE_MS),
    "30m": ("30", 30 * MINUTE_MS),
    "1h": ("60", HOUR_MS),
    "2h": ("120", 2 * HOUR_MS),
    "4h": ("240", 4 * HOUR_MS),
    "1d": ("1440", DAY_MS),
    "1w": ("10080", 7 * DAY_MS),
    "1M": ("43200", 31 * DAY_MS),
}
MOST_CANDLES = 200
MOST_ROWS = 200
MOST_IDS = 10
MOST_PUBLIC = 50
RESTING = (TimeInForce.GTC, TimeInForce.POST_ONLY)
WALLETS: Mapping[tuple[str, str], str] = {
    ("spot", "futures"): "spot_to_contract",
    ("futures", "spot"): "contract_to_spot",
}
# A request is taken up to a minute after its time. https://developer-pro.bitmart.com/en/error/ (30007)
SETTLES_AFTER_MS = 70_000
_NO_POSITIONS = "Spot holds assets, not positions: see balances. Leverage and funding are on bitmart perpetual."
_PROTECT = "BitMart binds no two spot orders together: spot.algo.create in explore places one that waits for a trigger."


def transfer(asset: str, amount: Decimal, source: str, target: str) -> tuple[Call, ...]:
    """Moves USDT, and no other coin, between the spot and the futures wallet."""
    if (source, target) not in WALLETS:
        raise BadArgument(
            f"BitMart has no transfer from {source} to {target} here.", advice="Between spot and futures."
        )
    if asset != "USDT":
        raise BadArgument(f"BitMart moves USDT alone between spot and futures, not {asset}.", advice="Trade it first.")
    return (BITMART["futures.transfer.create"].call(currency=asset, amount=amount, type=WALLETS[source, target]),)


def stretch(start_ms: int | None, end_ms: int | None, width_ms: int, count: int) -> dict[str, int]:
    """The bounds of a candle query, both exclusive, in seconds; with a start as far as one answer reaches."""
    if start_ms is None:
        return {} if end_ms is None else {"before": -(-end_ms // 1000)}
    last = start_ms + count * width_ms
    last = last if end_ms is None else min(last, end_ms)
    return {"after": max(0, start_ms // 1000 - 1), "before": -(-last // 1000)}


class _Pairs(Verbs):
    """What spot and isolated margin share. Changing an order is cancelling it and placing another, in this order."""

    venue = "bitmart"
    product = "spot"
    intervals = tuple(INTERVALS)
    order_types = (OrderType.MARKET, OrderType.LIMIT)
    max_candles = MOST_CANDLES
    settles_after_ms = SETTLES_AFTER_MS
    buys_in_quote = True
    mode: ClassVar[str]

    # The market.

    def instruments(self) -> Ask[tuple[Instrument, ...]]:
        return ask(
            lambda payload: parse_spot.instruments(payload, self.market), BITMART["spot.instruments.list"].call()
        )

    def ticker(self, symbol: str) -> Ask[Ticker]:
        return ask(parse_spot.ticker, BITMART["spot.ticker.get"].call(symbol=symbol))

    def candles(
        self, symbol: str, interval: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Candle, ...]]:
        step, width = INTERVALS[interval]
        count = min(limit, self.max_candles)
        call = BITMART["spot.candles.history"].call(
            symbol=symbol, step=step, limit=count, **stretch(start_ms, end_ms, width, count)
        )
        return ask(lambda payload: kept_candles(parse_spot.candles(payload), start_ms, end_ms, count), call)

    def book(self, symbol: str, depth: int) -> Ask[OrderBook]:
        call = BITMART["spot.book.get"].call(symbol=symbol, limit=max(1, min(depth, MOST_PUBLIC)))
        return ask(lambda payload: book(payload, symbol, depth, time="ts"), call)

    def trades(self, symbol: str, limit: int) -> Ask[tuple[PublicTrade, ...]]:
        call = BITMART["spot.trades.list"].call(symbol=symbol, limit=min(limit, MOST_PUBLIC))
        return ask(parse_spot.trades, call)

    # The account.

    def open_orders(self, symbol: str | None = None) -> Ask[tuple[Order, ...]]:
        return ask(lambda payload: _in_order(parse_spot.orders(payload)), self._listed("spot.order.open", symbol))

    def order(self, symbol: str, *, id: str = "", client_id: str = "", conditional: bool = False) -> Ask[Order]:
        if id:
            return ask(parse_spot.order, BITMART["spot.order.get"].call(orderId=id))
        return ask(parse_spot.order, BITMART["spot.order.by_client"].call(clientOrderId=client_id))

    def order_history(
        self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Order, ...]]:
        """Done and open: at most 200 of each, 90 days at a time."""
        done = self._listed("spot.order.list", symbol, start_ms, end_ms)

        def parse(*payloads: Any) -> tuple[Order, ...]:
            found = {one.id: one for payload in payloads for one in parse_spot.orders(payload)}
            return within(tuple(found.values()), lambda one: one.created_ms or 0, start_ms, end_ms, limit)

        return ask(parse, self._listed("spot.order.open", symbol), done)

    def fills(self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int) -> Ask[tuple[Fill, ...]]:
        """At most 200, 90 days at a time."""
        call = self._listed("spot.fills.list", symbol, start_ms, end_ms)
        return ask(
            lambda payload: within(parse_spot.fills(payload), lambda one: one.time_ms, start_ms, end_ms, limit), call
        )

    def _listed(self, id: str, symbol: str | None, start_ms: int | None = None, end_ms: int | None = None) -> Call:
        check_span(start_ms, end_ms)
        return BITMART[id].call(symbol=symbol, orderMode=self.mode, startTime=start_ms, endTime=end_ms, limit=MOST_ROWS)

    # Writes.

    def place(self, intent: OrderIntent) -> tuple[Call, ...]:
        id, args = spot_order(intent)
        return (BITMART[id].call(args),)

    def amend(
        self, order: Order, instrument: Instrument, *, price: Decimal | None, size: Decimal | None
    ) -> tuple[Call, ...]:
        """Cancels, and then places what is unfilled of the new size at the new price.

        https://developer-pro.bitmart.com/en/spot/ has no request that changes an order.
        """
        if order.type is not OrderType.LIMIT or order.size is None:
            raise Unsupported(f"A {order.type} order cannot be changed.", advice="Cancel it and place another.")
        total, force = order.size if size is None else size, order.time_in_force
        if total <= order.filled:
            raise BadArgument(f"{order.filled:f} of the order is filled already; the new size must be larger.")
        again = OrderIntent(
            instrument=instrument,
            side=order.side,
            type=OrderType.LIMIT,
            size=total - order.filled,
            price=order.price if price is None else price,
            time_in_force=force if isinstance(force, TimeInForce) and force in RESTING else None,
        )
        return (*self.cancel(order), *self.place(again))

    def cancel(self, order: Order) -> tuple[Call, ...]:
        return (BITMART["spot.order.cancel"].call(symbol=order.native, order_id=order.id),)

    def trace(self, call: Call, *, sent_ms: int) -> Ask[Trace] | None:
        return trace(call, sent_ms)


class BitMartSpot(_Pairs):
    """Spot."""

    market = Market.SPOT
    mode = "spot"
    wallets = ("spot", "futures")
    lacks: ClassVar[Mapping[str, str]] = {
        "funding_rates": _NO_POSITIONS,
        "positions": _NO_POSITIONS,
        "brackets": _NO_POSITIONS,
        "set_leverage": _NO_POSITIONS,
        "set_margin_mode": _NO_POSITIONS,
        "set_position_mode": _NO_POSITIONS,
        "adjust_margin": _NO_POSITIONS,
        "protect": _PROTECT,
    }

    def balances(self) -> Ask[tuple[Balance, ...]]:
        return ask(parse_spot.balances, BITMART["spot.account.spot"].call())

    def settings(self, symbol: str) -> Ask[AccountSettings]:
        call = BITMART["spot.fees.get"].call(symbol=symbol)
        return ask(lambda payload: parse_spot.settings(symbol, payload), call)

    def cautions(self, symbol: str, call: Call | None = None) -> Ask[tuple[str, ...]] | None:
        """What borrowing costs and risks, for the calls that borrow, repay or move margin."""
        if call is None or not call.endpoint.id.startswith("spot.margin"):
            return None
        return cautions(symbol, call)

    def cancel_all(self, symbol: str, orders: Sequence[Order]) -> tuple[Call, ...]:
        return (BITMART["spot.order.cancel_all"].call(symbol=symbol),)

    def transfer(self, asset: str, amount: Decimal, source: str, target: str) -> tuple[Call, ...]:
        return transfer(asset, amount, source, target)


class BitMartMargin(_Pairs):
    """Isolated margin: an account for each pair. Orders use what it holds; borrowing and repaying are calls of their
    own (spot.margin.borrow, spot.margin.repay, spot.margin.move in explore)."""

    market = Market.MARGIN
    mode = "iso_margin"
    cancels_by_id = True
    _LOANS: ClassVar[str] = (
        "Isolated margin borrows assets instead: spot.margin.account and spot.margin.pairs in explore."
    )
    lacks: ClassVar[Mapping[str, str]] = {
        "funding_rates": "Loans cost interest by the hour: spot.margin.pairs in explore.",
        "positions": _LOANS,
        "brackets": _LOANS,
        "set_leverage": "What is borrowed makes the leverage: spot.margin.borrow and spot.margin.repay in explore.",
        "set_margin_mode": "BitMart's margin is isolated; cross margin is on bitmart perpetual.",
        "set_position_mode": "Margin has no positions; hedge mode belongs to bitmart perpetual.",
        "adjust_margin": "spot.margin.move in explore moves a coin into the pair's account or out of it.",
        "protect": _PROTECT,
        "transfer": "spot.margin.move in explore moves a coin into the pair's account or out of it.",
    }

    def wallet_of(self, symbol: str) -> str:
        return parse_spot.margin_wallet(symbol)

    def balances(self) -> Ask[tuple[Balance, ...]]:
        """Of every pair's account; none where margin was never opened. The wallet names the pair."""
        return ask(_margin_balances, BITMART["spot.margin.account"].call(), missing=True)

    def settings(self, symbol: str) -> Ask[AccountSettings]:
        return ask(
            lambda fees, pairs: parse_spot.margin_settings(symbol, fees, pairs),
            BITMART["spot.fees.get"].call(symbol=symbol),
            BITMART["spot.margin.pairs"].call(symbol=symbol),
        )

    def cautions(self, symbol: str, call: Call | None = None) -> Ask[tuple[str, ...]] | None:
        return cautions(symbol, call)

    def cancel_all(self, symbol: str, orders: Sequence[Order]) -> tuple[Call, ...]:
        """Ten at a time by their ids: what cancels a pair's every order does not ask in which account it is."""
        ids = [one.id for one in orders]
        return tuple(
            BITMART["spot.batch.cancel"].call(symbol=symbol, orderIds=ids[at : at + MOST_IDS])
            for at in range(0, len(ids), MOST_IDS)
        )


def _margin_balances(payload: Any) -> tuple[Balance, ...]:
    return () if isinstance(payload, VenueFault) else parse_spot.margin_balances(payload)


def _in_order(found: list[Order]) -> tuple[Order, ...]:
    return tuple(sorted(found, key=lambda order: order.created_ms or 0))
