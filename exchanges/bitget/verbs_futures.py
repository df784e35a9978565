"""The verbs of Bitget's USDT-margined futures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.bitget import parse_futures
from blave_mcp.exchanges.bitget.base import MARGIN_COIN, PRODUCT
from blave_mcp.exchanges.bitget.endpoints import BITGET
from blave_mcp.exchanges.bitget.parse import NO_SUCH_ORDER, ask, book, candles, kept, span, trades
from blave_mcp.exchanges.bitget.place import futures_order, hold_side, of_contract, protection
from blave_mcp.exchanges.bitget.traces import trace
from blave_mcp.exchanges.bitget.verbs_spot import DAY_MS, HOUR_MS, MINUTE_MS, WALLETS, transfer, window
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

# Candles of six hours and more open at UTC+8 unless their name says utc.
# https://www.bitget.com/api-doc/contract/market/Get-Candle-Data
INTERVALS: Mapping[str, tuple[str, int]] = {
    "1m": ("1m", MINUTE_MS),
    "3m": ("3m", 3 * MINUTE_MS),
    "5m": ("5m", 5 * MINUTE_MS),
    "15m": ("15m", 15 * MINUTE_MS),
    "30m": ("30m", 30 * MINUTE_MS),
    "1h": ("1H", HOUR_MS),
    "4h": ("4H", 4 * HOUR_MS),
    "6h": ("6Hutc", 6 * HOUR_MS),
    "12h": ("12Hutc", 12 * HOUR_MS),
    "1d": ("1Dutc", DAY_MS),
    "3d": ("3Dutc", 3 * DAY_MS),
    "1w": ("1Wutc", 7 * DAY_MS),
    "1M": ("1Mutc", 31 * DAY_MS),
}
DEPTHS = (1, 5, 15, 50)
MOST_CANDLES = 200
MOST_ROWS = 100
GROUPS = ("normal_plan", "track_plan", "profit_loss")
PLANS = ("normal_plan", "track_plan", "profit_plan", "loss_plan", "moving_plan", "pos_profit", "pos_loss")


def _of(symbol: str) -> dict[str, str]:
    return {"symbol": symbol, "productType": PRODUCT}


class BitgetFutures(Verbs):
    """USDT-margined perpetuals, sized in base. Orders that wait for a trigger live in books of their own."""

    venue = "bitget"
    market = Market.PERPETUAL
    product = "futures"
    intervals = tuple(INTERVALS)
    order_types = tuple(OrderType)
    wallets = tuple(WALLETS)
    max_candles = MOST_CANDLES
    margin_by_direction = True
    settles_after_ms = 40_000

    # The market.

    def instruments(self) -> Ask[tuple[Instrument, ...]]:
        return ask(parse_futures.instruments, BITGET["futures.instruments.list"].call(productType=PRODUCT))

    def ticker(self, symbol: str) -> Ask[Ticker]:
        ids = ("futures.ticker.get", "futures.funding.now")
        return ask(parse_futures.ticker, *(BITGET[id].call(_of(symbol)) for id in ids))

    def candles(
        self, symbol: str, interval: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Candle, ...]]:
        """With a start the recent candles and the history are both asked: neither has all of them."""
        native, width = INTERVALS[interval]
        count = min(limit, self.max_candles)
        first, last = window(start_ms, end_ms, width, count)
        what = _of(symbol) | {"granularity": native, "limit": str(count)}
        ids = ["futures.candles.list"] + (["futures.candles.history"] if last is not None else [])
        calls = [BITGET[id].call(what, startTime=first, endTime=last) for id in ids]
        return ask(lambda *payloads: candles(payloads, first, last, count), *calls)

    def book(self, symbol: str, depth: int) -> Ask[OrderBook]:
        enough = next((str(known) for known in DEPTHS if known >= depth), None if depth <= 100 else "max")
        call = BITGET["futures.book.get"].call(_of(symbol), limit=enough)
        return ask(lambda payload: book(payload, symbol, depth), call)

    def trades(self, symbol: str, limit: int) -> Ask[tuple[PublicTrade, ...]]:
        return ask(trades, BITGET["futures.trades.list"].call(_of(symbol), limit=min(limit, 100)))

    def funding_rates(
        self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[FundingRate, ...]]:
        """The newest 300 at most: Bitget gives pages from the newest on and takes no times."""
        pages = 1 if start_ms is None and limit <= MOST_ROWS else 3
        calls = [
            BITGET["futures.funding.list"].call(_of(symbol), pageSize=MOST_ROWS, pageNo=page)
            for page in range(1, pages + 1)
        ]

        def parse(*payloads: Any) -> tuple[FundingRate, ...]:
            found = {one.time_ms: one for payload in payloads for one in parse_futures.funding_rates(payload)}
            return kept(tuple(found.values()), lambda one: one.time_ms, start_ms, end_ms, limit)

        return ask(parse, *calls)

    # The account.

    def balances(self) -> Ask[tuple[Balance, ...]]:
        return ask(parse_futures.balances, BITGET["futures.account.list"].call(productType=PRODUCT))

    def positions(self, symbol: str | None = None) -> Ask[tuple[Position, ...]]:
        if symbol is None:
            call = BITGET["futures.position.list"].call(productType=PRODUCT, marginCoin=MARGIN_COIN)
        else:
            call = BITGET["futures.position.get"].call(of_contract(symbol))
        return ask(parse_futures.positions, call)

    def open_orders(self, symbol: str | None = None) -> Ask[tuple[Order, ...]]:
        """Unfilled and partly filled orders are asked apart: without a status Bitget gives the unfilled alone."""
        return ask(_opened, *_open_calls(symbol))

    def order(self, symbol: str, *, id: str = "", client_id: str = "", conditional: bool = False) -> Ask[Order]:
        """A conditional order is sought in every book, among the open ones first."""
        named = {"orderId": id or None, "clientOid": client_id or None}
        if not conditional:
            return ask(parse_futures.order, BITGET["futures.order.get"].call(_of(symbol), **named))
        calls = [
            BITGET[book].call(_of(symbol), planType=group, **named)
            for book in ("futures.plan.open", "futures.plan.list")
            for group in GROUPS
        ]

        def parse(*payloads: Any) -> Order:
            for payload in payloads:
                for found in () if isinstance(payload, VenueFault) else parse_futures.plan_orders(payload):
                    if (id and found.id == id) or (client_id and found.client_id == client_id):
                        return found
            raise ask.refused(NO_SUCH_ORDER)

        return ask(parse, *calls, missing=True)

    def order_history(
        self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Order, ...]]:
        """Open and done, plain and conditional: at most 100 of each, 90 days at a time."""
        when = span(start_ms, end_ms)
        done = [BITGET["futures.order.list"].call(_of(symbol), limit=MOST_ROWS, **when)]
        done += [
            BITGET["futures.plan.list"].call(_of(symbol), planType=group, limit=MOST_ROWS, **when) for group in GROUPS
        ]

        def parse(plain: Any, *payloads: Any) -> tuple[Order, ...]:
            plans, still = payloads[: len(GROUPS)], payloads[len(GROUPS) :]
            found = {one.id: one for one in _opened(*still)}
            found |= {one.id: one for one in parse_futures.orders(plain)}
            found |= {one.id: one for payload in plans for one in parse_futures.plan_orders(payload)}
            return kept(tuple(found.values()), lambda one: one.created_ms or 0, start_ms, end_ms, limit)

        return ask(parse, *done, *_open_calls(symbol))

    def fills(self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int) -> Ask[tuple[Fill, ...]]:
        """At most 100, 90 days at a time."""
        call = BITGET["futures.fills.list"].call(_of(symbol), limit=MOST_ROWS, **span(start_ms, end_ms))
        return ask(
            lambda payload: kept(parse_futures.fills(payload), lambda one: one.time_ms, start_ms, end_ms, limit), call
        )

    def settings(self, symbol: str) -> Ask[AccountSettings]:
        return ask(
            lambda account, fees: parse_futures.settings(symbol, account, fees),
            BITGET["futures.account.get"].call(of_contract(symbol)),
            BITGET["spot.fees.get"].call(symbol=symbol, businessType="mix"),
        )

    def brackets(self, symbol: str) -> Ask[tuple[Bracket, ...]]:
        return ask(parse_futures.brackets, BITGET["futures.brackets.list"].call(_of(symbol)))

    # Writes.

    def place(self, intent: OrderIntent) -> tuple[Call, ...]:
        id, args = futures_order(intent)
        return (BITGET[id].call(args),)

    def amend(
        self, order: Order, instrument: Instrument, *, price: Decimal | None, size: Decimal | None
    ) -> tuple[Call, ...]:
        """Another order takes the place of a limit order of which nothing is filled; a trigger order is changed."""
        if str(order.type) in ("trigger_limit", "trigger_market"):
            if price is not None and order.price is None:
                raise BadArgument(f"A {order.type} order has no price.")
            changes = {"orderId": order.id, "planType": "normal_plan", "newPrice": price, "newSize": size}
            return (BITGET["futures.plan.modify"].call(_of(order.native), **changes),)
        if order.conditional or order.type is not OrderType.LIMIT:
            raise Unsupported(f"A {order.type} order cannot be changed.", advice="Cancel it and place another.")
        if order.filled:
            raise Unsupported(
                f"{order.filled:f} of the order is filled already; Bitget changes untouched orders alone.",
                advice="Cancel it and place another for the rest.",
            )
        return (
            BITGET["futures.order.modify"].call(
                of_contract(order.native),
                orderId=order.id,
                newSize=order.size if size is None else size,
                newPrice=order.price if price is None else price,
            ),
        )

    def cancel(self, order: Order) -> tuple[Call, ...]:
        if order.conditional:
            plan = parse_futures.plan_type(order)
            return (
                BITGET["futures.plan.cancel"].call(
                    of_contract(order.native), orderIdList=[{"orderId": order.id}], planType=plan
                ),
            )
        return (BITGET["futures.order.cancel"].call(of_contract(order.native), orderId=order.id),)

    def cancel_all(self, symbol: str, orders: Sequence[Order]) -> tuple[Call, ...]:
        """The plain orders, and then each kind of conditional order, which Bitget wants one by one."""
        plans = [BITGET["futures.plan.cancel"].call(of_contract(symbol), planType=plan) for plan in PLANS]
        return (BITGET["futures.batch.cancel"].call(of_contract(symbol)), *plans)

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
        whole = size is None
        wanted = (
            ("pos_loss" if whole else "loss_plan", stop_loss),
            ("pos_profit" if whole else "profit_plan", take_profit),
        )
        hold = hold_side(closing, position_side)
        calls = [
            BITGET["futures.tpsl.create"].call(
                protection(instrument.native, plan, trigger=trigger, by=trigger_by, hold=hold, size=size)
            )
            for plan, trigger in wanted
            if trigger is not None
        ]
        if not calls:
            raise BadArgument("A take-profit or a stop-loss must be given.")
        return tuple(calls)

    def set_leverage(self, symbol: str, leverage: int) -> tuple[Call, ...]:
        """Names the leverage for both sides too, which hedge mode with isolated margin wants.

        https://www.bitget.com/api-doc/contract/account/Change-Leverage
        """
        same = {"leverage": leverage, "longLeverage": leverage, "shortLeverage": leverage}
        return (BITGET["futures.leverage.set"].call(of_contract(symbol), **same),)

    def set_margin_mode(self, symbol: str, mode: MarginMode) -> tuple[Call, ...]:
        native = "isolated" if mode is MarginMode.ISOLATED else "crossed"
        return (BITGET["futures.margin_mode.set"].call(of_contract(symbol), marginMode=native),)

    def set_position_mode(self, mode: PositionMode) -> tuple[Call, ...]:
        """Holds for every symbol of the USDT-margined futures."""
        native = "hedge_mode" if mode is PositionMode.HEDGE else "one_way_mode"
        return (BITGET["futures.position_mode.set"].call(productType=PRODUCT, posMode=native),)

    def adjust_margin(self, symbol: str, position_side: PositionSide, amount: Decimal) -> tuple[Call, ...]:
        """Bitget wants the position's direction in one-way mode too.

        Raises:
            BadArgument: BOTH, which is no direction.
        """
        if position_side is PositionSide.BOTH:
            raise BadArgument("Bitget wants to know whether the position is long or short.")
        return (BITGET["futures.margin.adjust"].call(of_contract(symbol), holdSide=position_side.value, amount=amount),)

    def transfer(self, asset: str, amount: Decimal, source: str, target: str) -> tuple[Call, ...]:
        return transfer(asset, amount, source, target)

    def trace(self, call: Call, *, sent_ms: int) -> Ask[Trace] | None:
        return trace(call, sent_ms)


def _open_calls(symbol: str | None) -> tuple[Call, ...]:
    """Unfilled orders, partly filled ones, then the books of conditional orders."""
    what = {"symbol": symbol, "productType": PRODUCT, "limit": MOST_ROWS}
    return (
        BITGET["futures.order.open"].call(what),
        BITGET["futures.order.open"].call(what, status="partially_filled"),
        *(BITGET["futures.plan.open"].call(what, planType=group) for group in GROUPS),
    )


def _opened(unfilled: Any, partly: Any, *plans: Any) -> tuple[Order, ...]:
    found = {one.id: one for payload in (unfilled, partly) for one in parse_futures.orders(payload)}
    found |= {one.id: one for payload in plans for one in parse_futures.plan_orders(payload)}
    return tuple(sorted(found.values(), key=lambda order: order.created_ms or 0))
