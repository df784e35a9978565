"""The values that go into the paper exchange and come out of it: frozen, Decimal, times in Unix milliseconds UTC.

A listing is named by its key, "BTCUSDT:spot" or "BTCUSDT:perp" (`key_of`). Every size is in base units; a venue that
counts in contracts divides by `Listing.contract_size`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from blave_mcp.exchanges.paper.refusals import Reason

ZERO = Decimal(0)
ONE = Decimal(1)
QUANTUM = Decimal("1e-8")
"""The smallest amount of any asset. Whatever is made by a division is rounded to it once, when it is made."""


class Product(StrEnum):
    SPOT = "spot"
    PERP = "perp"


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
    TRANSFER = "transfer"
    INSURANCE = "insurance"
    HOUSE = "house"


def key_of(symbol: str, product: Product) -> str:
    """Returns the listing key: "BTCUSDT" and PERP give "BTCUSDT:perp"."""
    return f"{symbol}:{product.value}"


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier of maintenance margin; it holds for notionals in (floor, cap].

    maintenance = notional * rate - cum. `cum` makes maintenance continuous from tier to tier.
    """

    floor: Decimal
    cap: Decimal
    max_leverage: Decimal
    rate: Decimal
    cum: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What can be traded.

    Attributes:
        symbol: base and quote run together, "BTCUSDT".
        settle: asset of margin and PnL; the quote unless said otherwise (perpetuals are linear).
        tick, step: grids of price and size. `tick * step` is a multiple of QUANTUM.
        market_step, market_max_qty: the same for market orders.
        min_notional: least price * size in quote; reducing orders of a perpetual are exempt.
        band_up, band_down: a limit price lies within reference * band_down .. reference * band_up (spot: both sides,
            against the last price; perpetual: a buy is bound above and a sell below, against the mark).
        contract_size: base units in one contract, for faces that count so.
        maker_fee, taker_fee: fractions; a negative maker fee is a rebate.
        tiers: perpetuals only, by rising notional.
    """

    symbol: str
    base: str
    quote: str
    product: Product
    tick: Decimal
    step: Decimal
    min_qty: Decimal
    max_qty: Decimal
    market_step: Decimal
    market_max_qty: Decimal
    min_notional: Decimal
    band_up: Decimal
    band_down: Decimal
    maker_fee: Decimal
    taker_fee: Decimal
    contract_size: Decimal = ONE
    settle: str = ""
    funding_interval_ms: int = 8 * 3_600_000
    tiers: tuple[Tier, ...] = ()

    def __post_init__(self) -> None:
        if not self.settle:
            object.__setattr__(self, "settle", self.quote)
        for step in (self.step, self.market_step):
            if (self.tick * step) % QUANTUM:
                raise ValueError(f"{self.key}: tick {self.tick} times step {step} is finer than {QUANTUM}")
        if self.product is Product.PERP and not self.tiers:
            raise ValueError(f"{self.key}: a perpetual needs tiers")

    @property
    def key(self) -> str:
        return key_of(self.symbol, self.product)

    @property
    def max_leverage(self) -> Decimal:
        return self.tiers[0].max_leverage if self.tiers else ONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How a venue differs from the others, given once per exchange.

    Attributes:
        spot_wallet, perp_wallet: wallets that the products trade from; the same name makes a unified account.
        spot_fee_in: "received" charges a buyer in base and a seller in quote; "quote" always charges quote.
        post_only: what a post-only order that would take does: "refuse" raises POST_ONLY_WOULD_TAKE, "expire" leaves an
            EXPIRED order.
        default_leverage, default_margin_mode, hedge: settings of a fresh account.
        cancel_list_together: whether cancelling one order of a list cancels all of it.
        max_open_orders: per listing.
        keep_orders, keep_fills, keep_entries: how many done orders (and lists), fills, and entries of each other record
            are kept; the oldest go first.
    """

    spot_wallet: str = "spot"
    perp_wallet: str = "perp"
    spot_fee_in: str = "received"
    post_only: str = "refuse"
    default_leverage: Decimal = Decimal(20)
    default_margin_mode: MarginMode = MarginMode.CROSS
    hedge: bool = False
    cancel_list_together: bool = True
    max_open_orders: int = 200
    keep_orders: int = 2_000
    keep_fills: int = 4_000
    keep_entries: int = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """An order as it is asked for.

    Attributes:
        qty: base units. Exactly one of qty, quote_qty, close_position is given.
        quote_qty: quote to spend (buy) or to receive (sell); spot market orders, also behind a trigger.
        price: LIMIT, STOP_LIMIT, TAKE_PROFIT_LIMIT; optional for TRAILING_STOP.
        post_only: rest or refuse; limits, GTC only.
        reduce_only: perpetual in one-way mode (in hedge mode the leg and the side say it).
        close_position: closes whatever is open when it triggers; trigger types of a perpetual only.
        trigger_price: for STOP_* and TAKE_PROFIT_*.
        activation_price: a trailing stop starts to trail when it is reached; at once if None.
        callback_rate: distance of a trailing stop as a fraction (0.01 is 1 %); or
        callback_distance: the same in quote units of price.
        client_id: empty lets the exchange name it "p<order id>".
        expire_ms: good till this time.
        tied_to_position: expires when its position is closed (perpetual, conditional orders).
        tag: the face's own text, kept and handed back unread.
    """

    key: str
    side: Side
    type: OrderType
    qty: Decimal | None = None
    quote_qty: Decimal | None = None
    price: Decimal | None = None
    tif: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False
    close_position: bool = False
    position_side: PositionSide = PositionSide.BOTH
    trigger_price: Decimal | None = None
    trigger_by: TriggerBy = TriggerBy.LAST
    activation_price: Decimal | None = None
    callback_rate: Decimal | None = None
    callback_distance: Decimal | None = None
    client_id: str = ""
    expire_ms: int | None = None
    tied_to_position: bool = False
    tag: str = ""


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
    """amount is what the account received (negative: paid) for holding `qty` (signed) at `mark` at the funding time."""

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
