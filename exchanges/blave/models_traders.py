"""What Blave tells of traders on Hyperliquid. Amounts are in USD unless said; names and descriptions are untrusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from blave_mcp.exchanges.blave.models import Value
from blave_mcp.exchanges.models import Side


@dataclass(frozen=True, slots=True)
class WindowResult:
    """What a trader made in a window. `roi` is a fraction; `volume` was traded."""

    pnl: Decimal | None
    roi: Decimal | None
    volume: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trader:
    """A row of the leaderboard. `windows`: day, week, month, allTime. `name` is None where Blave does not follow it."""

    address: str
    name: str | None
    account_value: Decimal
    windows: Mapping[str, WindowResult]


@dataclass(frozen=True, slots=True)
class CuratedTrader:
    """A trader whom Blave has picked: names and descriptions by language ("en", "zh")."""

    address: str
    names: Mapping[str, str]
    descriptions: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraderPosition:
    """`size` in coins, negative for a short. `value` and `leverage` where they are told."""

    coin: str
    size: Decimal
    entry: Decimal | None
    unrealized_pnl: Decimal | None
    value: Decimal | None = None
    leverage: Decimal | None = None
    liquidation: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SpotHolding:
    coin: str
    total: Decimal
    extra: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TraderAccount:
    positions: tuple[TraderPosition, ...]
    spot: tuple[SpotHolding, ...]
    net_equity: Decimal | None
    name: str | None = None
    description: str | None = None
    abstraction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TraderFill:
    """`direction` is "Open Long", "Close Long", "Open Short", "Close Short" or another word of the venue."""

    coin: str
    price: Decimal
    size: Decimal
    direction: str
    closed_pnl: Decimal | None
    time_ms: int


@dataclass(frozen=True, slots=True)
class PnlPoint:
    """Cumulative PnL at a time. The times are not evenly spaced."""

    time_ms: int
    pnl: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TraderOrder:
    coin: str
    side: Side
    size: Decimal
    price: Decimal
    id: str


@dataclass(frozen=True, slots=True)
class CoinPosition:
    """What many traders hold of one coin together. `size` in coins, negative for short; `extra`: what else is told."""

    coin: str
    size: Decimal | None
    extra: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TopPositions:
    long: tuple[CoinPosition, ...]
    short: tuple[CoinPosition, ...]


@dataclass(frozen=True, slots=True)
class ExposurePoint:
    """Readings of one time by Blave's own names: long, short, net, ..."""

    time_ms: int
    values: Mapping[str, Decimal | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Traders of one account size. Ratios are fractions of `count`."""

    name: str
    count: int | None
    profit_ratio: Decimal | None
    loss_ratio: Decimal | None
    long_exposure: Decimal | None
    short_exposure: Decimal | None
    net_exposure: Decimal | None
    long: tuple[CoinPosition, ...] = ()
    short: tuple[CoinPosition, ...] = ()


@dataclass(frozen=True, slots=True)
class BucketStats:
    """`buckets` is None while Blave is still computing them."""

    buckets: tuple[Bucket, ...] | None
