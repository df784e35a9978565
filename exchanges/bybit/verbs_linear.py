"""The verbs of Bybit's linear perpetuals (USDT and USDC)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from blave_mcp.exchanges.bybit import parse_account, parse_market
from blave_mcp.exchanges.bybit.parse import POSITION_IDX, ask, span, windows
from blave_mcp.exchanges.bybit.place import WORKING, linear_arguments
from blave_mcp.exchanges.bybit.verbs_common import MOST_ORDERS, BybitMarket
from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.models import (
    AccountSettings,
    Bracket,
    FundingRate,
    Instrument,
    Market,
    Order,
    OrderIntent,
    Position,
    PositionMode,
    PositionSide,
    Side,
    TriggerBy,
)

HOUR_MS = 60 * 60 * 1000
MOST_RATES = 200
SETTLE_COINS = ("USDT", "USDC")
MOST_POSITIONS = 200
MOST_INSTRUMENTS = 1000
HEDGED, MERGED = 3, 0


class BybitLinear(BybitMarket):
    """Perpetuals that settle in USDT or USDC. Sizes are in base.

    One margin mode holds for the whole unified account; position mode is set by settlement coin, leverage by symbol.
    """

    market = Market.PERPETUAL
    product = "linear"
    depth = 500
    most_trades = 1000
    lacks: ClassVar[Mapping[str, str]] = {
        "set_margin_mode": (
            "A unified account has one margin mode for all symbols: linear.margin_mode.set (propose_endpoint) sets it, "
            "with setMarginMode ISOLATED_MARGIN or REGULAR_MARGIN (cross). The switch by symbol, "
            "linear.margin_mode.switch, is for classic accounts."
        ),
    }

    # The market.

    def instruments(self) -> Ask[tuple[Instrument, ...]]:
        call = self._call("instruments.list", limit=MOST_INSTRUMENTS)
        return ask(parse_market.linear_instruments, call)

    def funding_rates(
        self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[FundingRate, ...]]:
        """Asked in stretches of 200 hours, so that hourly funding fits; a start alone gets as many as `limit` wants."""
        count = max(1, limit)
        if start_ms is not None and end_ms is None:
            end_ms = start_ms + min(count * 8 * HOUR_MS, 31 * MOST_RATES * HOUR_MS)
        calls = [
            self._call("funding.list", symbol=symbol, limit=MOST_RATES, **span(start, end))
            for start, end in windows(start_ms, end_ms, MOST_RATES * HOUR_MS)
            if start is not None or end is not None
        ] or [self._call("funding.list", symbol=symbol, limit=min(count, MOST_RATES))]

        def parse(*pages: Any) -> tuple[FundingRate, ...]:
            return parse_market.funding_rates(pages, count, first=start_ms is not None)

        return ask(parse, *calls)

    # The account.

    def positions(self, symbol: str | None = None) -> Ask[tuple[Position, ...]]:
        """Without a symbol Bybit wants the settlement coin; the margin mode is the account's."""
        if symbol is not None:
            lists = [self._call("position.list", symbol=symbol)]
        else:
            lists = [
                self._call("position.list", settleCoin=coin, limit=MOST_POSITIONS) for coin in SETTLE_COINS
            ]  # fmt: skip
        return ask(parse_account.positions, self._call("account.get"), *lists)

    def open_orders(self, symbol: str | None = None) -> Ask[tuple[Order, ...]]:
        """Plain orders, conditional ones, and those that Bybit made for take-profit and stop-loss of a position."""
        wanted: list[dict[str, Any]] = [{"symbol": symbol}]
        if symbol is None:
            wanted = [{"settleCoin": coin} for coin in SETTLE_COINS]
        return ask(
            parse_account.orders, *(self._call("order.open", limit=MOST_ORDERS, **each) for each in wanted)
        )  # fmt: skip

    def settings(self, symbol: str) -> Ask[AccountSettings]:
        return ask(
            lambda held, account, fees: parse_account.linear_settings(symbol, held, account, fees),
            self._call("position.list", symbol=symbol),
            self._call("account.get"),
            self._call("fees.get", symbol=symbol),
        )

    def brackets(self, symbol: str) -> Ask[tuple[Bracket, ...]]:
        call = self._call("risk_limit.list", symbol=symbol)
        return ask(lambda payload: parse_market.brackets(payload, symbol), call)

    # Writes.

    def place(self, intent: OrderIntent) -> tuple[Call, ...]:
        return (self._call("order.create", **linear_arguments(intent)),)

    def cancel(self, order: Order) -> tuple[Call, ...]:
        return (self._call("order.cancel", symbol=order.native, orderId=order.id),)

    def cancel_all(self, symbol: str, orders: Sequence[Order]) -> tuple[Call, ...]:
        """One call takes plain and conditional orders, take-profits and stop-losses alike."""
        return (self._call("order.cancel_all", symbol=symbol),)

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
        """Both prices in one call, so that they stand or fall together.

        For the whole position (`size` None) they replace what was set before and follow its size; for a part, they are
        orders of their own beside others.
        """
        if take_profit is None and stop_loss is None:
            raise BadArgument("A take-profit or a stop-loss must be given.")
        partial = size is not None
        more: dict[str, Any] = {}
        for short, name, trigger in (("tp", "takeProfit", take_profit), ("sl", "stopLoss", stop_loss)):
            if trigger is not None:
                more |= {name: trigger, f"{short}TriggerBy": WORKING[trigger_by], f"{short}OrderType": "Market"}
                more |= {f"{short}Size": size} if partial else {}
        return (
            self._call(
                "trading_stop.set",
                symbol=instrument.native,
                tpslMode="Partial" if partial else "Full",
                positionIdx=POSITION_IDX[position_side],
                **more,
            ),
        )

    def set_leverage(self, symbol: str, leverage: int) -> tuple[Call, ...]:
        return (self._call("leverage.set", symbol=symbol, buyLeverage=leverage, sellLeverage=leverage),)

    def set_position_mode(self, mode: PositionMode) -> tuple[Call, ...]:
        """Holds for every USDT perpetual without position and orders; Bybit's USDC contracts have one-way mode only.

        https://bybit-exchange.github.io/docs/v5/position/position-mode
        """
        native = HEDGED if mode is PositionMode.HEDGE else MERGED
        return (self._call("position_mode.set", coin="USDT", mode=native),)

    def adjust_margin(self, symbol: str, position_side: PositionSide, amount: Decimal) -> tuple[Call, ...]:
        return (self._call("margin.add", symbol=symbol, margin=amount, positionIdx=POSITION_IDX[position_side]),)
