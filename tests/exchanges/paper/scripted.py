"""A market that a test moves by hand, and short ways to speak to an exchange on it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from blave_mcp.exchanges.paper.borrowing import margin_of
from blave_mcp.exchanges.paper.exchange import PaperExchange
from blave_mcp.exchanges.paper.listings import default_listings, tiers_of
from blave_mcp.exchanges.paper.market import (
    Bar,
    Depth,
    Funding,
    Level,
    NoSuchMarket,
    Prices,
    Quote,
    Span,
    Tick,
    Trade,
)
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import ZERO, Listing, Order, OrderRequest, OrderType, Rules, Side

T0 = 1_700_006_400_000
"""Midnight, and a funding time."""
HOUR = 3_600_000
SPOT, PERP, ETH, MARGIN = "BTCUSDT:spot", "BTCUSDT:perp", "ETHUSDT:perp", "BTCUSDT:margin"
_USUAL = {x.key: x for x in default_listings() if x.key in (SPOT, PERP, ETH, "ETHUSDT:spot")}
_LENT = margin_of(
    _USUAL[SPOT],
    tiers_of([(2_000_000, 10, "0.03"), (5_000_000, 5, "0.06")]),
    base_interest=Decimal("0.000002"),
    quote_interest=Decimal("0.00001"),
)
LISTINGS: Mapping[str, Listing] = {**_USUAL, MARGIN: _LENT}


class ScriptedMarket:
    """Steps that a test sets. bid is the last price, ask one tick above; each further level lies one tick behind.

    Attributes:
        level_qty: size of each level; levels: how many there are a side.
        rate: of every funding.
    """

    def __init__(self, prices: Mapping[str, str], *, start_ms: int = T0) -> None:
        self.ticks = {key: [Tick(start_ms, Decimal(text), Decimal(text))] for key, text in prices.items()}
        self.level_qty = Decimal(10)
        self.levels = 20
        self.rate = ZERO

    def move(self, key: str, time_ms: int, last: str | Decimal, mark: str | Decimal | None = None) -> None:
        self.ticks[key].append(Tick(time_ms, Decimal(last), Decimal(last if mark is None else mark)))

    def _at(self, key: str, now_ms: int) -> Tick:
        if key not in self.ticks:
            raise NoSuchMarket(key)
        ticks = self.ticks[key]
        return ticks[max(0, bisect_right(ticks, now_ms, key=lambda tick: tick.time_ms) - 1)]

    def keys(self) -> tuple[str, ...]:
        return tuple(self.ticks)

    def origin(self, key: str) -> str:
        return "synthetic"

    def clock(self, now_ms: int) -> int:
        return now_ms

    def memento(self) -> str:
        return "scripted:"

    def restore(self, memento: str) -> None:
        assert memento == "scripted:"

    def prices(self, key: str, now_ms: int) -> Prices:
        tick = self._at(key, now_ms)
        return Prices(tick.last, tick.last + LISTINGS[key].tick, tick.last, tick.mark, tick.mark)

    def depth(self, key: str, now_ms: int, levels: int) -> Depth:
        prices = self.prices(key, now_ms)
        tick = LISTINGS[key].tick
        count = range(min(levels, self.levels))
        return Depth(
            tuple(Level(prices.bid - i * tick, self.level_qty) for i in count),
            tuple(Level(prices.ask + i * tick, self.level_qty) for i in count),
            now_ms,
        )

    def path(self, key: str, from_ms: int, to_ms: int) -> Sequence[Tick]:
        return [tick for tick in self.ticks[key] if from_ms < tick.time_ms <= to_ms]

    def span(self, key: str, from_ms: int, to_ms: int) -> Span | None:
        ticks = self.path(key, from_ms, to_ms)
        if not ticks:
            return None
        lasts, marks = [t.last for t in ticks], [t.mark for t in ticks]
        return Span(min(lasts), max(lasts), min(marks), max(marks), lasts[-1], marks[-1], True)

    def funding_rate(self, key: str, time_ms: int) -> Decimal:
        return self.rate

    def fundings(self, key: str, start_ms: int, end_ms: int, now_ms: int) -> list[Funding]:
        raise NotImplementedError

    def quote(self, key: str, now_ms: int) -> Quote:
        raise NotImplementedError

    def bars(self, key: str, interval_ms: int, start_ms: int, end_ms: int, now_ms: int) -> list[Bar]:
        raise NotImplementedError

    def trades(self, key: str, now_ms: int, count: int) -> list[Trade]:
        raise NotImplementedError

    def open_interest(self, key: str, now_ms: int) -> Decimal:
        raise NotImplementedError


def new_market() -> ScriptedMarket:
    return ScriptedMarket({SPOT: "50000", PERP: "50000", ETH: "2000", "ETHUSDT:spot": "2000"})


def new_exchange(
    market: ScriptedMarket | None = None,
    *,
    rules: Rules | None = None,
    balances: Mapping[str, Mapping[str, Decimal]] | None = None,
    listings: Mapping[str, Listing] = LISTINGS,
) -> PaperExchange:
    market = new_market() if market is None else market
    return PaperExchange(market, now_ms=T0, listings=listings.values(), balances=balances, rules=rules)


def request(key: str, side: Side, type_: OrderType, qty: str | None = None, **numbers: Any) -> OrderRequest:
    """A request whose numbers may be given as text."""
    decimals = {"price", "quote_qty", "trigger_price", "activation_price", "callback_rate", "callback_distance"}
    fields: dict[str, Any] = {name: Decimal(value) if name in decimals else value for name, value in numbers.items()}
    return OrderRequest(key=key, side=side, type=type_, qty=None if qty is None else Decimal(qty), **fields)


def buy(key: str, qty: str | None = None, price: str | None = None, **numbers: Any) -> OrderRequest:
    """A market order, or a limit order where a price is given."""
    if price is not None:
        return request(key, Side.BUY, OrderType.LIMIT, qty, price=price, **numbers)
    return request(key, Side.BUY, OrderType.MARKET, qty, **numbers)


def sell(key: str, qty: str | None = None, price: str | None = None, **numbers: Any) -> OrderRequest:
    if price is not None:
        return request(key, Side.SELL, OrderType.LIMIT, qty, price=price, **numbers)
    return request(key, Side.SELL, OrderType.MARKET, qty, **numbers)


def refused(exchange: PaperExchange, order: OrderRequest, now_ms: int = T0) -> Reason:
    """Places an order that has to be refused without a trace; returns why."""
    exchange.advance(now_ms)
    before = exchange.to_json()
    with pytest.raises(PaperRefusal) as caught:
        exchange.place(order, now_ms)
    assert exchange.to_json() == before, "a refusal changes nothing"
    return caught.value.reason


def state_of(exchange: PaperExchange, order: Order, now_ms: int) -> Order:
    return exchange.order(now_ms, order_id=order.id)


def net(totals: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Totals without the assets that nobody holds on balance."""
    return {asset: amount for asset, amount in totals.items() if amount}
