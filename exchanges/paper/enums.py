"""The words of the paper exchange; `types` hands them on."""

from __future__ import annotations

from enum import StrEnum


class Product(StrEnum):
    """MARGIN is a spot pair traded with borrowed money: a position at spot prices, backed by the quote, always one-way.

    A long owes the quote that it cost, a short the base that it sold; either pays interest each hour.
    """

    SPOT = "spot"
    MARGIN = "margin"
    PERP = "perp"

    @property
    def leveraged(self) -> bool:
        """Whether it is traded in positions."""
        return self is not Product.SPOT


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> Side:
        return Side.SELL if self is Side.BUY else Side.BUY

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1


class PositionSide(StrEnum):
    """BOTH in one-way mode; LONG or SHORT, always named, in hedge mode."""

    BOTH = "both"
    LONG = "long"
    SHORT = "short"


class OrderType(StrEnum):
    """STOP triggers on a move against a position (buy: up to the trigger; sell: down to it); TAKE_PROFIT the other way.

    TRAILING_STOP becomes a limit order when it has a price, else a market order.
    """

    MARKET = "market"
    LIMIT = "limit"
    STOP_MARKET = "stop_market"
    STOP_LIMIT = "stop_limit"
    TAKE_PROFIT_MARKET = "take_profit_market"
    TAKE_PROFIT_LIMIT = "take_profit_limit"
    TRAILING_STOP = "trailing_stop"


class TimeInForce(StrEnum):
    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"


class TriggerBy(StrEnum):
    LAST = "last"
    MARK = "mark"


class OrderStatus(StrEnum):
    """PENDING waits for another order of its list; a conditional order that waits for its trigger is NEW."""

    PENDING = "pending"
    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"

    @property
    def done(self) -> bool:
        return self in (OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED)


class MarginMode(StrEnum):
    CROSS = "cross"
    ISOLATED = "isolated"


class ListKind(StrEnum):
    """OCO: either of two ends the other. OTO: the second waits till the first is filled. OTOCO: two wait, as an OCO."""

    OCO = "oco"
    OTO = "oto"
    OTOCO = "otoco"


class EntryKind(StrEnum):
    """What moved an amount in a wallet. The sum of a wallet's entries is its change since the start."""

    TRADE = "trade"
    COMMISSION = "commission"
    REALISED_PNL = "realised_pnl"
    FUNDING = "funding"
    INTEREST = "interest"
    TRANSFER = "transfer"
    INSURANCE = "insurance"
    HOUSE = "house"
