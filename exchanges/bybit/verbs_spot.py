"""The verbs of Bybit spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import ClassVar

from blave_mcp.exchanges.bybit import parse_account, parse_market
from blave_mcp.exchanges.bybit.base import SPOT_FILTERS
from blave_mcp.exchanges.bybit.parse import ask
from blave_mcp.exchanges.bybit.place import spot_arguments
from blave_mcp.exchanges.bybit.verbs_common import MOST_ORDERS, BybitMarket
from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.models import (
    AccountSettings,
    Instrument,
    Market,
    Order,
    OrderIntent,
    OrderType,
    PositionSide,
    Side,
    TriggerBy,
)

_NO_POSITIONS = (
    "Spot holds assets, not positions: see balances. Leverage, margin and funding are on bybit perpetual; spot with "
    "borrowed money is spot.order.create with isLeverage 1."
)


class BybitSpot(BybitMarket):
    """Spot. Conditional orders are TP/SL orders, whose assets are set aside at once."""

    market = Market.SPOT
    product = "spot"
    depth = 200
    most_trades = 60
    lacks: ClassVar[Mapping[str, str]] = {
        "funding_rates": _NO_POSITIONS,
        "positions": _NO_POSITIONS,
        "brackets": _NO_POSITIONS,
        "set_leverage": _NO_POSITIONS,
        "set_margin_mode": _NO_POSITIONS,
        "set_position_mode": _NO_POSITIONS,
        "adjust_margin": _NO_POSITIONS,
    }

    def instruments(self) -> Ask[tuple[Instrument, ...]]:
        return ask(parse_market.spot_instruments, self._call("instruments.list"))

    def open_orders(self, symbol: str | None = None) -> Ask[tuple[Order, ...]]:
        call = self._call("order.open", symbol=symbol, limit=MOST_ORDERS)
        return ask(parse_account.orders, call)

    def settings(self, symbol: str) -> Ask[AccountSettings]:
        return ask(
            lambda fees: parse_account.spot_settings(symbol, fees), self._call("fees.get", symbol=symbol)
        )  # fmt: skip

    def place(self, intent: OrderIntent) -> tuple[Call, ...]:
        return (self._call("order.create", **spot_arguments(intent)),)

    def cancel(self, order: Order) -> tuple[Call, ...]:
        """Bybit wants the kind of a spot order named; one that is none of ours has it as its type."""
        kind = "tpslOrder" if isinstance(order.type, OrderType) else str(order.type)
        named = kind if order.conditional and kind in SPOT_FILTERS else None
        return (self._call("order.cancel", symbol=order.native, orderId=order.id, orderFilter=named),)

    def cancel_all(self, symbol: str, orders: Sequence[Order]) -> tuple[Call, ...]:
        """One call for each kind of order: Bybit cancels spot orders by kind."""
        return tuple(self._call("order.cancel_all", symbol=symbol, orderFilter=kind) for kind in SPOT_FILTERS)

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
        """One TP/SL order: a pair in which one cancels the other is not to be had over the API."""
        if size is None:
            raise Unsupported("Spot has no position to close as a whole.", advice="Say how much of it to protect.")
        if take_profit is not None and stop_loss is not None:
            raise Unsupported(
                "Bybit spot has no OCO pair over the API, and two orders would set the assets aside twice.",
                advice="Choose take-profit or stop-loss, or give both with a limit order (spot.order.create).",
            )
        trigger = take_profit if stop_loss is None else stop_loss
        if trigger is None:
            raise BadArgument("A take-profit or a stop-loss must be given.")
        kind = OrderType.TAKE_PROFIT_MARKET if stop_loss is None else OrderType.STOP_MARKET
        return self.place(
            OrderIntent(
                instrument=instrument, side=closing, type=kind, size=size, trigger=trigger, trigger_by=trigger_by
            )
        )
