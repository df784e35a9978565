"""What is listed, what a venue's rules are, and what an order asks for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from blave_mcp.exchanges.paper.enums import (
    MarginMode,
    OrderType,
    PositionSide,
    Product,
    Side,
    TimeInForce,
    TriggerBy,
)

ZERO = Decimal(0)
ONE = Decimal(1)
QUANTUM = Decimal("1e-8")
"""The smallest amount of any asset. Whatever is made by a division is rounded to it once, when it is made."""


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
        settle: asset of margin and PnL; the quote unless said otherwise (positions are linear).
        tick, step: grids of price and size. `tick * step` is a multiple of QUANTUM.
        market_step, market_max_qty: the same for market orders.
        min_notional: least price * size in quote; orders that reduce a position are exempt.
        band_up, band_down: a limit price lies within reference * band_down .. reference * band_up (spot: both sides,
            against the last price; perpetual: a buy is bound above and a sell below, against the mark).
        contract_size: base units in one contract, for faces that count so.
        base_interest, quote_interest: margin only, fractions: what borrowed base and quote cost in an interval.
        funding_interval_ms: from one funding to the next; on margin from one payment of interest to the next.
        maker_fee, taker_fee: fractions; a negative maker fee is a rebate.
        tiers: of what is traded in positions, by rising notional.
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
    base_interest: Decimal = ZERO
    quote_interest: Decimal = ZERO

    def __post_init__(self) -> None:
        if not self.settle:
            object.__setattr__(self, "settle", self.quote)
        for step in (self.step, self.market_step):
            if (self.tick * step) % QUANTUM:
                raise ValueError(f"{self.key}: tick {self.tick} times step {step} is finer than {QUANTUM}")
        if self.product.leveraged and not self.tiers:
            raise ValueError(f"{self.key}: positions need tiers")

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
        spot_wallet, perp_wallet: wallets of spot and of positions; the same name makes a unified account.
        spot_fee_in: "received" charges a buyer in base and a seller in quote; "quote" always charges quote.
        post_only: what a post-only order that would take does: "refuse" raises POST_ONLY_WOULD_TAKE, "expire" leaves an
            EXPIRED order.
        default_leverage, default_margin_mode, hedge: settings of a fresh account.
        cancel_list_together: whether cancelling one order of a list cancels all of it.
        self_trade: what becomes of the account's own resting orders that an order would meet: "none" lets them rest.
        max_open_orders: per listing.
        keep_orders, keep_fills, keep_entries: how many done orders (and lists), fills, and entries of each other record
            are kept; the oldest go first.
    """

    spot_wallet: str = "spot"
    perp_wallet: str = "perp"
    spot_fee_in: Literal["received", "quote"] = "received"
    post_only: Literal["refuse", "expire"] = "refuse"
    default_leverage: Decimal = Decimal(20)
    default_margin_mode: MarginMode = MarginMode.CROSS
    hedge: bool = False
    cancel_list_together: bool = True
    self_trade: Literal["none", "cancel_maker"] = "none"
    max_open_orders: int = 200
    keep_orders: int = 2_000
    keep_fills: int = 4_000
    keep_entries: int = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """An order as it is asked for.

    Attributes:
        qty: base units. Exactly one of qty, quote_qty, close_position is given.
        quote_qty: quote to spend (buy) or to receive (sell); market orders on spot and margin, also behind a trigger.
        price: LIMIT, STOP_LIMIT, TAKE_PROFIT_LIMIT; optional for TRAILING_STOP.
        post_only: rest or refuse; limits, GTC only.
        reduce_only: positions in one-way mode (in hedge mode the leg and the side say it).
        close_position: closes whatever is open when it triggers; trigger types of positions only.
        trigger_price: for STOP_* and TAKE_PROFIT_*.
        activation_price: a trailing stop starts to trail when it is reached; at once if None.
        callback_rate: distance of a trailing stop as a fraction (0.01 is 1 %); or
        callback_distance: the same in quote units of price.
        client_id: empty lets the exchange name it "p<order id>".
        expire_ms: good till this time.
        tied_to_position: expires when its position is closed (conditional orders).
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
