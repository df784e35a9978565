"""The passage of time: orders are hit and triggered, positions cost funding or interest and are liquidated, in turn.

The path is looked at from far off first: a stretch in which nothing can happen is skipped, else it is cut and looked at
more closely, down to single ticks. What comes of it does not depend on how often or when someone looks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from blave_mcp.exchanges.paper.account import Account
from blave_mcp.exchanges.paper.book import working
from blave_mcp.exchanges.paper.borrowing import interest_rate
from blave_mcp.exchanges.paper.engine import Engine
from blave_mcp.exchanges.paper.margin import Leg, surplus
from blave_mcp.exchanges.paper.market import DAY, HOUR, MINUTE, SECOND, Market, MarketError, Span, Tick
from blave_mcp.exchanges.paper.matching import fires, level_of, stirs, trail
from blave_mcp.exchanges.paper.refusals import Reason
from blave_mcp.exchanges.paper.settlement import charge_interest, cover, fund, liquidate
from blave_mcp.exchanges.paper.types import (
    ZERO,
    Fill,
    Liquidation,
    MarginMode,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    Product,
    TriggerBy,
)

_SIZES = (DAY, 4 * HOUR, HOUR, 15 * MINUTE, 5 * MINUTE, MINUTE, 15 * SECOND, 5 * SECOND, SECOND)


class Passage:
    """Moves one account along the market's path."""

    def __init__(self, account: Account, market: Market, engine: Engine) -> None:
        self._account = account
        self._market = market
        self._engine = engine

    def advance(self, now_ms: int) -> None:
        """Settles everything due in (settled, now]. Where MarketError stops it half way, what was settled stands."""
        account = self._account
        while account.settled_ms < now_ms:
            keys = self._active()
            if not keys:
                account.settled_ms = now_ms
                return
            stop = min(now_ms, *self._due(keys, now_ms))
            self._run(account.settled_ms, stop, 0)
            account.settled_ms = stop
            self._at(stop)

    def _active(self) -> list[str]:
        return sorted({*self._account.book.open_keys(), *(key for key, _ in self._account.legs)})

    def _due(self, keys: list[str], now_ms: int) -> Iterator[int]:
        """Yields the next funding times and expiries."""
        yield now_ms
        settled = self._account.settled_ms
        for key in keys:
            listing = self._account.listings[key]
            if listing.product.leveraged:
                yield (settled // listing.funding_interval_ms + 1) * listing.funding_interval_ms
        for order in self._account.book.open():
            if order.request.expire_ms is not None:
                yield max(order.request.expire_ms, settled + 1)

    def _at(self, now_ms: int) -> None:
        """Does what happens at one moment: funding and interest, then expiry."""
        account = self._account
        legs = [leg for _, leg in sorted(account.legs.items()) if not now_ms % self._funding_interval(leg.key)]
        try:
            rates = {leg.key: self._rate(leg, now_ms) for leg in legs}
        except MarketError:
            # Asked again next time, so that no funding is left out.
            account.settled_ms = now_ms - 1
            raise
        for leg in legs:
            pay = charge_interest if account.listings[leg.key].product is Product.MARGIN else fund
            pay(account, leg, rates[leg.key], now_ms)
        for asset in sorted({account.listings[leg.key].settle for leg in legs}):
            self.check_margin(asset, now_ms)
        for order in account.book.open():
            expiry = order.request.expire_ms
            if expiry is not None and expiry <= now_ms and account.book.is_open(order.id):
                self._engine.finish(order, OrderStatus.EXPIRED, now_ms, Reason.GOOD_TILL_PASSED)

    def _funding_interval(self, key: str) -> int:
        return self._account.listings[key].funding_interval_ms

    def _rate(self, leg: Leg, now_ms: int) -> Decimal:
        listing = self._account.listings[leg.key]
        if listing.product is Product.MARGIN:
            return interest_rate(listing, leg)
        return self._market.funding_rate(leg.key, now_ms)

    # From far off

    def _run(self, start_ms: int, stop_ms: int, level: int) -> None:
        """Settles (start, stop], cut at whole multiples of this level's size."""
        size = _SIZES[level]
        at = start_ms
        while at < stop_ms:
            # A tick on the border belongs to what follows it, as in a bar.
            end = min(((at + 1) // size + 1) * size - 1, stop_ms)
            keys = self._active()
            if keys and not self._skip(keys, at, end):
                if level + 1 < len(_SIZES):
                    self._run(at, end, level + 1)
                else:
                    self._closely(keys, at, end)
            self._account.settled_ms = at = end

    def _skip(self, keys: list[str], start_ms: int, end_ms: int) -> bool:
        """Moves on to `end_ms` if it is certain that nothing happens until then."""
        account = self._account
        spans: dict[str, Span] = {}
        for key in keys:
            span = self._market.span(key, start_ms, end_ms)
            if span is None:
                continue
            spans[key] = span
            if any(
                stirs(order, span) for order in account.book.open_of(key) if order.status is not OrderStatus.PENDING
            ):
                return False
        if not self._safe(spans):
            return False
        for key, span in spans.items():
            for leg in account.legs_of(key):
                leg.mark = span.mark
            self._trail(key, span)
        return True

    def _safe(self, spans: dict[str, Span]) -> bool:
        """Whether no position can be liquidated within the spans, however the markets move together.

        A listing's surplus is concave in its mark, so it is least at one of the ends.
        """
        account = self._account
        for asset in {account.listings[key].settle for key in spans}:
            room = account.cash.free_of(account.margin_slot(asset))
            crossed = account.cross_legs(asset)
            for key in sorted({leg.key for leg in crossed}):
                listing = account.listings[key]
                legs = [leg for leg in crossed if leg.key == key]
                span = spans.get(key)
                ends = {leg.mark for leg in legs} if span is None else {span.mark_low, span.mark_high}
                room += min(surplus(listing, legs, mark) for mark in ends)
            if crossed and room <= 0:
                return False
            for leg in account.settling_in(asset):
                span = spans.get(leg.key)
                if span is not None and account.mode(leg.key) is MarginMode.ISOLATED:
                    listing = account.listings[leg.key]
                    worst = min(surplus(listing, [leg], mark) for mark in (span.mark_low, span.mark_high))
                    if leg.isolated + worst <= 0:
                        return False
        return True

    def _trail(self, key: str, span: Span) -> None:
        for order in self._account.book.open_of(key):
            if order.type is OrderType.TRAILING_STOP and order.waits_for_trigger:
                marked = order.request.trigger_by is TriggerBy.MARK
                low, high = (span.mark_low, span.mark_high) if marked else (span.low, span.high)
                self._move_extreme(order, low, high)

    def _move_extreme(self, order: Order, low: Decimal, high: Decimal) -> Order:
        if order.status is OrderStatus.PENDING:
            return order
        extreme = trail(order, low, high)
        if extreme != order.extreme:
            order = replace(order, extreme=extreme)
            self._account.book.put(order)
        return order

    # Tick by tick

    def _closely(self, keys: list[str], start_ms: int, end_ms: int) -> None:
        ticks = [(tick.time_ms, key, tick) for key in keys for tick in self._market.path(key, start_ms, end_ms)]
        for time_ms, key, tick in sorted(ticks, key=lambda item: item[:2]):
            self._account.settled_ms = time_ms
            self._tick(key, tick)

    def _tick(self, key: str, tick: Tick) -> None:
        account, book, now_ms = self._account, self._account.book, tick.time_ms
        for leg in account.legs_of(key):
            leg.mark = tick.mark
        due: list[Order] = []
        for order in book.open_of(key):
            if order.status is OrderStatus.PENDING:
                continue
            if order.type is OrderType.TRAILING_STOP and order.waits_for_trigger:
                at = tick.mark if order.request.trigger_by is TriggerBy.MARK else tick.last
                order = self._move_extreme(order, at, at)  # noqa: PLW2901 - its newest state
            if fires(order, tick.last, tick.mark):
                due.append(order)
        # The price came from where the farthest level lies.
        due.sort(key=lambda order: (-abs(level_of(order) - tick.last), order.id))
        for order_id in [order.id for order in due]:
            newest = book.get(order_id)
            if newest is None or newest.status.done:
                continue
            if working(newest):
                self._engine.hit(newest, now_ms)
            else:
                self._engine.trigger(newest, now_ms)
        if account.listings[key].product.leveraged:
            self.check_margin(account.listings[key].settle, now_ms)

    # Liquidation

    def check_margin(self, asset: str, now_ms: int) -> None:
        """Liquidates what no longer meets its maintenance margin, at the marks last seen."""
        account = self._account
        for leg in account.settling_in(asset):
            if account.mode(leg.key) is MarginMode.ISOLATED and account.isolated_room(leg) <= 0:
                self._cancel_orders({leg.key}, now_ms)
                self._liquidate([leg], leg.isolated + leg.unrealised(leg.mark), now_ms)
        legs = account.cross_legs(asset)
        if legs and account.cross_room(asset) <= 0:
            keys = {key for key, listing in account.listings.items() if listing.settle == asset and self._margined(key)}
            self._cancel_orders(keys, now_ms)
            if account.cross_room(asset) <= 0:
                equity = account.cash.free_of(account.margin_slot(asset))
                equity += sum((leg.unrealised(leg.mark) for leg in legs), ZERO)
                self._liquidate(legs, equity, now_ms)
        cover(account, asset, now_ms)

    def _margined(self, key: str) -> bool:
        """Whether a listing's orders draw on the wallet behind the positions."""
        rules = self._account.rules
        return self._account.listings[key].product.leveraged or rules.spot_wallet == rules.perp_wallet

    def _cancel_orders(self, keys: set[str], now_ms: int) -> None:
        for order in self._account.book.open():
            if order.key in keys and self._account.book.is_open(order.id):
                self._engine.finish(order, OrderStatus.CANCELED, now_ms, Reason.LIQUIDATED)

    def _liquidate(self, legs: list[Leg], equity: Decimal, now_ms: int) -> None:
        for leg, fill, record in liquidate(self._account, legs, equity, now_ms):
            self._account.book.put(_closing_order(leg, fill, record, now_ms))


def _closing_order(leg: Leg, fill: Fill, record: Liquidation, now_ms: int) -> Order:
    client_id = f"autoclose-{record.id}"
    return Order(
        id=fill.order_id,
        client_id=client_id,
        request=OrderRequest(
            key=leg.key,
            side=fill.side,
            type=OrderType.MARKET,
            qty=fill.qty,
            position_side=leg.side,
            reduce_only=True,
            client_id=client_id,
        ),
        qty=fill.qty,
        status=OrderStatus.FILLED,
        created_ms=now_ms,
        updated_ms=now_ms,
        executed=fill.qty,
        quote=fill.quote,
        working_ms=now_ms,
        reason=Reason.LIQUIDATED,
    )
