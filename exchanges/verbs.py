"""The verbs, alike on every venue. A venue's `verbs.py` has one subclass of `Verbs` per market.

Reads return an `Ask`, writes return the calls to send in order. Both are pure: nothing here sends anything.
Symbols are the venue's own (`Instrument.native`) unless an Instrument is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from operator import lt
from typing import ClassVar, NoReturn

from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import Unsupported
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
    Position,
    PositionMode,
    PositionSide,
    PublicTrade,
    Side,
    Ticker,
    Trace,
    TriggerBy,
)


class Verbs:
    """One market of one venue.

    Where a history takes a `limit`: with a start the first rows are kept, without one the newest.

    Attributes:
        venue, market, product: which one; `product` is the catalogue's name for it.
        intervals: candle intervals that the venue has ("1m" ... "1d").
        order_types: values of OrderType that it takes.
        lacks: verb name -> what the venue has instead, for every verb that it does not have.
        wallets: names that `transfer` takes.
        wallet: of the balances, the one that this market trades from; "" where they are all of it.
        names_margin_mode: each order names its margin mode, which is no setting of the symbol; leverage is set for each
            mode apart (`under`).
        cancels_by_id: whether `cancel_all` cancels the orders that it is told, and none that is placed later.
        margin_by_direction: whether `adjust_margin` wants LONG or SHORT in one-way mode too.
        keeps_positions: of a margin market: whether its orders open and close positions with a liquidation price, as
            those of perpetuals do, rather than spend what was borrowed beforehand.
        buys_in_quote: a market buy takes an amount of quote, and no size.
        protects_whole: `protect` without a size closes whatever is open; where not, it wants a size.
    """

    venue: ClassVar[str]
    market: ClassVar[Market]
    product: ClassVar[str]
    intervals: ClassVar[tuple[str, ...]] = ()
    order_types: ClassVar[tuple[str, ...]] = ()
    lacks: ClassVar[Mapping[str, str]] = {}
    wallets: ClassVar[tuple[str, ...]] = ()
    max_candles: ClassVar[int] = 500
    wallet: ClassVar[str] = ""
    names_margin_mode: ClassVar[bool] = False
    cancels_by_id: ClassVar[bool] = False
    margin_by_direction: ClassVar[bool] = False
    keeps_positions: ClassVar[bool] = False
    buys_in_quote: ClassVar[bool] = False
    protects_whole: ClassVar[bool] = True

    @property
    def opens_positions(self) -> bool:
        """Whether orders in this market open and close positions, which can be liquidated."""
        return self.market is Market.PERPETUAL or self.keeps_positions

    def _lacking(self, verb: str) -> NoReturn:
        instead = self.lacks.get(verb, "")
        raise Unsupported(f"{self.venue} {self.market} has no {verb.replace('_', ' ')}.", advice=instead)

    def under(self, margin_mode: MarginMode | None, position_side: PositionSide = PositionSide.BOTH) -> Verbs:
        """The verbs whose writes name this margin mode (and side); the same verbs where orders do not name one."""
        return self

    # Reads: the market.

    def instruments(self) -> Ask[tuple[Instrument, ...]]:
        """Every instrument of this market."""
        self._lacking("instruments")

    def ticker(self, symbol: str) -> Ask[Ticker]:
        self._lacking("ticker")

    def candles(
        self, symbol: str, interval: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Candle, ...]]:
        """Candles that open in [start_ms, end_ms), oldest first, at most `limit` and at most `max_candles`."""
        self._lacking("candles")

    def book(self, symbol: str, depth: int) -> Ask[OrderBook]:
        self._lacking("book")

    def trades(self, symbol: str, limit: int) -> Ask[tuple[PublicTrade, ...]]:
        self._lacking("trades")

    def funding_rates(
        self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[FundingRate, ...]]:
        """Past funding, oldest first."""
        self._lacking("funding_rates")

    # Reads: the account.

    def balances(self) -> Ask[tuple[Balance, ...]]:
        """Balances that are not all zero."""
        self._lacking("balances")

    def holdings(self) -> Ask[tuple[Balance, ...]]:
        """Balances of every wallet that `transfer` knows, those included that orders are not paid from."""
        return self.balances()

    def positions(self, symbol: str | None = None) -> Ask[tuple[Position, ...]]:
        """Positions whose size is not zero."""
        self._lacking("positions")

    def open_orders(self, symbol: str | None = None) -> Ask[tuple[Order, ...]]:
        """Orders that rest or wait for a trigger, conditional ones included."""
        self._lacking("open_orders")

    def order(self, symbol: str, *, id: str = "", client_id: str = "", conditional: bool = False) -> Ask[Order]:
        self._lacking("order")

    def order_history(
        self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Order, ...]]:
        """Orders in any state, oldest first."""
        self._lacking("order_history")

    def fills(self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int) -> Ask[tuple[Fill, ...]]:
        """The account's own trades, oldest first."""
        self._lacking("fills")

    def settings(self, symbol: str) -> Ask[AccountSettings]:
        """Leverage, margin mode, position mode and fees that the next order in `symbol` would meet."""
        self._lacking("settings")

    def brackets(self, symbol: str) -> Ask[tuple[Bracket, ...]]:
        """Maintenance tiers, smallest notional first."""
        self._lacking("brackets")

    def wallet_of(self, symbol: str) -> str:
        """`wallet`, where each symbol has one of its own."""
        return self.wallet

    def cautions(self, symbol: str, call: Call | None = None) -> Ask[tuple[str, ...]] | None:
        """What the owner must know of before trading `symbol` here or before a raw `call` about it: interest, risk.

        Returns:
            None where there is nothing that the other checks do not tell.
        """
        return None

    # Writes.

    def place(self, intent: OrderIntent) -> tuple[Call, ...]:
        self._lacking("place")

    def amend(
        self, order: Order, instrument: Instrument, *, price: Decimal | None, size: Decimal | None
    ) -> tuple[Call, ...]:
        """Changes a resting order's price, size or both; `size` is the new total size."""
        self._lacking("amend")

    def cancel(self, order: Order) -> tuple[Call, ...]:
        self._lacking("cancel")

    def cancel_all(self, symbol: str, orders: Sequence[Order]) -> tuple[Call, ...]:
        """Cancels every open order in `symbol`, conditional ones included.

        Args:
            orders: the open ones as they were just read, for venues that cancel by id (`cancels_by_id`).
        """
        self._lacking("cancel_all")

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
        """Take-profit and/or stop-loss for an open position; `size` None closes whatever is open when triggered."""
        self._lacking("protect")

    def set_leverage(self, symbol: str, leverage: int) -> tuple[Call, ...]:
        self._lacking("set_leverage")

    def set_leverage_for(self, symbol: str, leverage: int, settings: AccountSettings) -> tuple[Call, ...]:
        """`set_leverage` under known settings, for venues that set it by position side in hedge mode."""
        return self.set_leverage(symbol, leverage)

    def set_margin_mode(self, symbol: str, mode: MarginMode) -> tuple[Call, ...]:
        self._lacking("set_margin_mode")

    def set_position_mode(self, mode: PositionMode) -> tuple[Call, ...]:
        self._lacking("set_position_mode")

    def adjust_margin(self, symbol: str, position_side: PositionSide, amount: Decimal) -> tuple[Call, ...]:
        """Adds margin to an isolated position, or removes it where `amount` is negative."""
        self._lacking("adjust_margin")

    def transfer(self, asset: str, amount: Decimal, source: str, target: str) -> tuple[Call, ...]:
        self._lacking("transfer")

    # What became of a write.

    def trace(self, call: Call, *, sent_ms: int) -> Ask[Trace] | None:
        """The read that tells what became of a write, found by its client id or by the state that it set.

        A trace whose `found` is False is proof: the call did not and will not take effect. It may be given only where
        the venue's rules allow that conclusion (the signing window has passed, see `settles_after_ms`).

        Returns:
            None where the venue has no read that tells.
        """
        return None

    settles_after_ms: ClassVar[int] = 10_000
    """Time after sending at which a request that the venue has not seen can no longer be accepted."""


def unified(base: str, quote: str) -> str:
    return f"{base}/{quote}"


def by_time(rows: Sequence[Candle]) -> tuple[Candle, ...]:
    """Sorts candles by opening time and drops repeated times, keeping the last."""
    times = [row.open_ms for row in rows]
    if all(map(lt, times, times[1:])):
        return tuple(rows)
    last = {row.open_ms: row for row in rows}
    return tuple(last[open_ms] for open_ms in sorted(last))
