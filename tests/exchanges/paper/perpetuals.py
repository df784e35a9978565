"""Exchanges with a perpetual account, for the tests of positions."""

from dataclasses import replace
from decimal import Decimal

from blave_mcp.exchanges.paper.types import (
    MarginMode,
    PositionSide,
)
from tests.exchanges.paper.scripted import (
    LISTINGS,
    PERP,
    T0,
    buy,
    new_exchange,
)

D = Decimal
BOTH, LONG, SHORT = PositionSide.BOTH, PositionSide.LONG, PositionSide.SHORT
ISOLATED, CROSS = MarginMode.ISOLATED, MarginMode.CROSS
CASH = {"perp": {"USDT": D(10_000)}}
FREE = {
    key: replace(x, maker_fee=D(0), taker_fee=D(0), band_up=D(10), band_down=D("0.01")) for key, x in LISTINGS.items()
}
"""Without fees, so that sums can be done in the head."""


def free_exchange(market=None, rules=None, balances=CASH):
    return new_exchange(market, rules=rules, balances=balances, listings=FREE)


def cash(exchange, now_ms: int = T0) -> Decimal:
    return exchange.balance("perp", "USDT", now_ms).total


def isolated_exchange(market=None):
    exchange = free_exchange(market)
    exchange.set_margin_mode(PERP, ISOLATED, T0)
    exchange.place(buy(PERP, "1", "50000.1"), T0)
    return exchange
