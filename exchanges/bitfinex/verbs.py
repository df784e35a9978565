"""Bitfinex's two markets."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from blave_mcp.exchanges.bitfinex import parse_account
from blave_mcp.exchanges.bitfinex.base import EXCHANGE, OCO, REDUCE_ONLY
from blave_mcp.exchanges.bitfinex.endpoints import BITFINEX
from blave_mcp.exchanges.bitfinex.parse import ask
from blave_mcp.exchanges.bitfinex.place import digits, signed
from blave_mcp.exchanges.bitfinex.verbs_base import LISTED, NO_FUNDING_RATE, BitfinexMarket
from blave_mcp.exchanges.bitfinex.verbs_funding import BitfinexFunding
from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.models import (
    AccountSettings,
    Bracket,
    Instrument,
    Market,
    Position,
    PositionSide,
    Side,
    TriggerBy,
)

__all__ = ["BitfinexFunding", "BitfinexMargin", "BitfinexSpot"]

_NO_POSITIONS = "Spot holds assets, not positions: see balances. Positions are on bitfinex margin."
_NO_LEVERAGE = (
    "Bitfinex margin has no leverage to set: the initial margin of the pair bounds it, the order's size sets it."
)


class BitfinexSpot(BitfinexMarket):
    """Pairs traded from the exchange wallet: every order type begins with EXCHANGE."""

    market = Market.SPOT
    wallet = "exchange"
    lacks: ClassVar[Mapping[str, str]] = {
        "funding_rates": NO_FUNDING_RATE,
        "positions": _NO_POSITIONS,
        "brackets": _NO_POSITIONS,
        "set_leverage": _NO_POSITIONS,
        "set_margin_mode": _NO_POSITIONS,
        "set_position_mode": _NO_POSITIONS,
        "adjust_margin": _NO_POSITIONS,
    }

    def settings(self, symbol: str) -> Ask[AccountSettings]:
        call = BITFINEX["auth.account.summary"].call()
        return ask(lambda summary: parse_account.spot_settings(symbol, summary), call)

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
        """A stop, a limit order, or an OCO pair of both, for what the wallet holds."""
        return _protection(instrument, closing, size, (take_profit, stop_loss), trigger_by, prefix=EXCHANGE, flags=0)


class BitfinexMargin(BitfinexMarket):
    """Pairs traded with borrowed funds, the whole margin wallet behind them. Funding is taken at the best rate."""

    market = Market.MARGIN
    wallet = "margin"
    keeps_positions = True
    protects_whole = False
    lacks: ClassVar[Mapping[str, str]] = {
        "funding_rates": NO_FUNDING_RATE,
        "set_leverage": _NO_LEVERAGE,
        "set_margin_mode": "The whole margin wallet backs every position; there is no isolated margin.",
        "set_position_mode": "Bitfinex keeps one position for each pair; there is no hedge mode.",
        "adjust_margin": "The margin is what the margin wallet holds: transfer_funds into it or out of it.",
    }

    def positions(self, symbol: str | None = None) -> Ask[tuple[Position, ...]]:
        """With the last price as their mark."""
        return ask(
            lambda held, tickers: parse_account.positions(held, tickers, symbol),
            BITFINEX["auth.position.list"].call(),
            BITFINEX["public.tickers.list"].call(symbols=symbol or "ALL"),
        )

    def settings(self, symbol: str) -> Ask[AccountSettings]:
        return ask(
            lambda summary, conf: parse_account.margin_settings(symbol, summary, conf),
            BITFINEX["auth.account.summary"].call(),
            BITFINEX["public.conf.get"].call(Config=LISTED),
        )

    def brackets(self, symbol: str) -> Ask[tuple[Bracket, ...]]:
        call = BITFINEX["public.conf.get"].call(Config=LISTED)
        return ask(lambda conf: parse_account.brackets(conf, symbol), call)

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
        """A stop, a limit order, or an OCO pair of both, reduce-only."""
        prices = take_profit, stop_loss
        return _protection(instrument, closing, size, prices, trigger_by, prefix="", flags=REDUCE_ONLY)


def _protection(
    instrument: Instrument,
    closing: Side,
    size: Decimal | None,
    prices: tuple[Decimal | None, Decimal | None],
    trigger_by: TriggerBy,
    *,
    prefix: str,
    flags: int,
) -> tuple[Call, ...]:
    take_profit, stop_loss = prices
    if size is None:
        raise Unsupported("Bitfinex closes by a size.", advice="Give the size that is to be protected.")
    if take_profit is None and stop_loss is None:
        raise BadArgument("A take-profit or a stop-loss must be given.")
    if trigger_by is not TriggerBy.LAST:
        raise Unsupported("Bitfinex triggers on the last price alone.", advice='Give trigger_by "last".')
    args: dict[str, Any] = {"symbol": instrument.native, "amount": signed(size, closing)}
    if take_profit is not None:
        args |= {"type": f"{prefix}LIMIT", "price": digits(take_profit, "take_profit")}
        if stop_loss is not None:
            args["price_oco_stop"] = digits(stop_loss, "stop_loss")
            flags |= OCO
    elif stop_loss is not None:
        args |= {"type": f"{prefix}STOP", "price": digits(stop_loss, "stop_loss")}
    if flags:
        args["flags"] = flags
    return (BITFINEX["auth.order.create"].call(args),)
