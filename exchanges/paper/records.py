"""What comes out of the paper exchange: orders, fills, movements, positions, balances."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from blave_mcp.exchanges.paper.enums import (
    EntryKind,
    ListKind,
    MarginMode,
    OrderStatus,
    OrderType,
    PositionSide,
    Side,
)
from blave_mcp.exchanges.paper.refusals import Reason
from blave_mcp.exchanges.paper.terms import (
    ZERO,
    OrderRequest,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order in some state of its life; a new value for each state, the same `id` throughout.

    Attributes:
        request: as accepted, with price, quantity and trigger as last amended.
        qty: base units; 0 while a quote-sized or close-position order has not been sized.
        quote: executed, in quote.
        triggered_ms: when the trigger fired; None while it has not, or where there is none.
        working_ms: when it went on the book or to the market; None while it has not.
        extreme: best price a trailing stop has seen since its activation; None before it.
        list_id: 0 outside a list.
        reason: why it was expired or rejected by the exchange.
    """

    id: int
    client_id: str
    request: OrderRequest
    qty: Decimal
    status: OrderStatus
    created_ms: int
    updated_ms: int
    executed: Decimal = ZERO
    quote: Decimal = ZERO
    triggered_ms: int | None = None
    working_ms: int | None = None
    extreme: Decimal | None = None
    list_id: int = 0
    reason: Reason | None = None

    @property
    def key(self) -> str:
        return self.request.key

    @property
    def side(self) -> Side:
        return self.request.side

    @property
    def type(self) -> OrderType:
        return self.request.type

    @property
    def price(self) -> Decimal | None:
        return self.request.price

    @property
    def remaining(self) -> Decimal:
        return self.qty - self.executed

    @property
    def average(self) -> Decimal | None:
        """Average price of what was executed, not rounded."""
        return self.quote / self.executed if self.executed else None

    @property
    def waits_for_trigger(self) -> bool:
        return self.type not in (OrderType.MARKET, OrderType.LIMIT) and self.triggered_ms is None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderList:
    """Orders that are bound together. `order_ids`: OCO both; OTO, OTOCO: the working order, then the waiting ones."""

    id: int
    client_id: str
    kind: ListKind
    key: str
    order_ids: tuple[int, ...]
    done: bool
    created_ms: int
    updated_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """quote = price * qty. `commission` is positive when paid. `liquidation` fills are at the bankruptcy price."""

    id: int
    order_id: int
    key: str
    side: Side
    position_side: PositionSide
    price: Decimal
    qty: Decimal
    quote: Decimal
    commission: Decimal
    commission_asset: str
    maker: bool
    realised_pnl: Decimal
    time_ms: int
    liquidation: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One movement in a wallet.

    Attributes:
        key: listing it belongs to, or "".
        ref: id of the fill, transfer, funding payment or liquidation behind it.
    """

    id: int
    kind: EntryKind
    wallet: str
    asset: str
    amount: Decimal
    key: str
    ref: int
    time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    id: int
    asset: str
    amount: Decimal
    source: str
    target: str
    tag: str
    time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingPayment:
    """amount is what the account received (negative: paid) for holding `qty` (signed) at `mark` at the funding time.

    Of a margin position: the interest of an hour, at the hourly rate.
    """

    id: int
    key: str
    position_side: PositionSide
    qty: Decimal
    mark: Decimal
    rate: Decimal
    amount: Decimal
    asset: str
    time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Liquidation:
    """A position closed by the exchange.

    Attributes:
        side: of the closing order.
        mark: at which maintenance was breached.
        price: bankruptcy price, at which the account's part ended.
        insurance: what the insurance fund gained (negative: lost).
    """

    id: int
    order_id: int
    key: str
    position_side: PositionSide
    side: Side
    qty: Decimal
    mark: Decimal
    price: Decimal
    realised_pnl: Decimal
    insurance: Decimal
    time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Of one asset in one wallet.

    locked: held by resting spot orders, `hold` and isolated margins. free: all the rest; of a margin asset in the
    perpetual wallet that is the cross wallet balance, of which `MarginAccount.available` can be spent (and which can be
    negative while a profit that is not realised outweighs it).
    """

    wallet: str
    asset: str
    free: Decimal
    locked: Decimal

    @property
    def total(self) -> Decimal:
        return self.free + self.locked


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A position, or an empty leg (qty 0).

    Attributes:
        id: new for each opening; 0 when empty.
        qty: signed; LONG legs are >= 0 and SHORT legs <= 0.
        entry_price, break_even: not rounded; 0 when empty.
        notional: signed, at mark.
        isolated_margin: amount set aside for it; 0 when cross.
        initial_margin: of the position at mark, without orders.
        liquidation_price: estimated; None when there is none above zero.
        max_notional: the most that the leverage allows.
        realised_pnl: since it was opened, without fees and funding.
    """

    id: int
    key: str
    position_side: PositionSide
    qty: Decimal
    entry_price: Decimal
    break_even: Decimal
    mark: Decimal
    notional: Decimal
    unrealised: Decimal
    realised_pnl: Decimal
    leverage: Decimal
    margin_mode: MarginMode
    isolated_margin: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    liquidation_price: Decimal | None
    max_notional: Decimal
    opened_ms: int
    updated_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginAccount:
    """The perpetual wallet of one margin asset.

    Attributes:
        wallet_balance: cash, isolated margins included, unrealised PnL not.
        cross_wallet: without isolated margins.
        unrealised, cross_unrealised: of all positions, and of the cross ones.
        margin_balance: wallet_balance + unrealised.
        position_initial_margin, order_initial_margin, initial_margin: the two and their sum, isolated ones included.
        maintenance_margin: of all positions; cross_maintenance of the cross ones.
        available: what new orders can use; never negative.
        max_withdraw: what can be transferred out; unrealised profit cannot.
    """

    asset: str
    wallet_balance: Decimal
    cross_wallet: Decimal
    unrealised: Decimal
    cross_unrealised: Decimal
    margin_balance: Decimal
    position_initial_margin: Decimal
    order_initial_margin: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    cross_maintenance: Decimal
    available: Decimal
    max_withdraw: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolSettings:
    """max_notional: the most that a position at this leverage may be worth."""

    key: str
    leverage: Decimal
    margin_mode: MarginMode
    max_notional: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemAccounts:
    """The exchange's own cash per asset: counterparty of every fill and funding payment, fee income, insurance fund."""

    house: dict[str, Decimal]
    fees: dict[str, Decimal]
    insurance: dict[str, Decimal]
