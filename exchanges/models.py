"""What every venue's answers become: frozen values, every amount and price a Decimal, every time Unix milliseconds UTC.

A field that a venue does not give is None, never a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from msgspec import Struct, field


class Market(StrEnum):
    SPOT = "spot"
    MARGIN = "margin"
    PERPETUAL = "perpetual"


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> Side:
        return Side.SELL if self is Side.BUY else Side.BUY


class PositionSide(StrEnum):
    """BOTH is the one position of one-way mode, whose sign tells its direction."""

    BOTH = "both"
    LONG = "long"
    SHORT = "short"


class OrderType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"
    STOP_MARKET = "stop_market"
    STOP_LIMIT = "stop_limit"
    TAKE_PROFIT_MARKET = "take_profit_market"
    TAKE_PROFIT_LIMIT = "take_profit_limit"
    TRAILING_STOP = "trailing_stop"

    @property
    def has_price(self) -> bool:
        return self in (OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT)

    @property
    def has_trigger(self) -> bool:
        return self not in (OrderType.MARKET, OrderType.LIMIT)


class TimeInForce(StrEnum):
    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    POST_ONLY = "post_only"


class OrderStatus(StrEnum):
    """UNTRIGGERED is a conditional order that waits for its trigger."""

    OPEN = "open"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    UNTRIGGERED = "untriggered"
    TRIGGERED = "triggered"


class MarginMode(StrEnum):
    CROSS = "cross"
    ISOLATED = "isolated"


class PositionMode(StrEnum):
    ONE_WAY = "one_way"
    HEDGE = "hedge"


class TriggerBy(StrEnum):
    LAST = "last"
    MARK = "mark"


class Bracket(Struct, frozen=True):
    """A tier of maintenance margin: it holds for notionals in [floor, cap).

    maintenance = notional * rate - deduction.
    """

    floor: Decimal
    cap: Decimal | None
    max_leverage: int
    rate: Decimal
    deduction: Decimal


class Instrument(Struct, frozen=True, kw_only=True, gc=False):
    """What can be traded, and the grid that its prices and sizes lie on.

    Attributes:
        symbol: unified, "BTC/USDT".
        native: as the venue spells it.
        contract_size: base units in one contract; 1 where the venue counts in base units.
        tick, step: grid of price and of size in the venue's own size unit (base or contracts).
        market_step, market_max: the same for market orders where they differ.
        min_notional: least price * size, in quote.
        price_up, price_down: a buy's limit price may be at most mark * up, a sell's at least mark * down; where
            `band_both_sides`, each bounds buys and sells.
        trading: whether the venue takes orders for it now.
    """

    venue: str
    market: Market
    symbol: str
    native: str
    base: str
    quote: str
    settle: str
    contract_size: Decimal = Decimal(1)
    tick: Decimal
    step: Decimal
    min_size: Decimal
    max_size: Decimal | None = None
    market_step: Decimal | None = None
    market_min: Decimal | None = None
    market_max: Decimal | None = None
    min_notional: Decimal | None = None
    price_up: Decimal | None = None
    price_down: Decimal | None = None
    band_both_sides: bool = False
    trading: bool = True


class Ticker(Struct, frozen=True, kw_only=True):
    """The market now; amounts of the last 24 hours in base and in quote."""

    symbol: str
    last: Decimal
    bid: Decimal | None = None
    ask: Decimal | None = None
    mark: Decimal | None = None
    index: Decimal | None = None
    open_24h: Decimal | None = None
    high_24h: Decimal | None = None
    low_24h: Decimal | None = None
    change_24h_percent: Decimal | None = None
    volume_24h_base: Decimal | None = None
    volume_24h_quote: Decimal | None = None
    funding_rate: Decimal | None = None
    next_funding_ms: int | None = None
    open_interest: Decimal | None = None
    time_ms: int | None = None


class Candle(Struct, frozen=True, array_like=True, gc=False):
    """open_ms is the time at which the bar opens. Venues write bars as rows that begin with these fields."""

    open_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal | None = None


class Level(Struct, frozen=True):
    """A step of the book."""

    price: Decimal
    size: Decimal


class OrderBook(Struct, frozen=True):
    """Best level first on both sides; size in the venue's own size unit."""

    symbol: str
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    time_ms: int | None = None


class PublicTrade(Struct, frozen=True, kw_only=True):
    """A trade of the market's; `side` is the taker's."""

    id: str
    price: Decimal
    size: Decimal
    side: Side
    time_ms: int


class FundingRate(Struct, frozen=True, kw_only=True):
    """A funding that has been: a fraction of the notional, paid by longs where it is positive."""

    symbol: str
    rate: Decimal
    time_ms: int
    mark: Decimal | None = None


class Balance(Struct, frozen=True, kw_only=True):
    """total = free + locked, where the venue counts so; `wallet` is the venue's own name for it ("spot", "futures")."""

    asset: str
    wallet: str
    total: Decimal
    free: Decimal
    locked: Decimal
    unrealised_pnl: Decimal | None = None


class Position(Struct, frozen=True, kw_only=True):
    """size is positive for both sides, in base units; `contracts` is the venue's own count where it differs."""

    symbol: str
    native: str
    side: PositionSide
    position_side: PositionSide
    size: Decimal
    entry: Decimal
    mark: Decimal | None
    liquidation: Decimal | None
    leverage: int | None
    margin_mode: MarginMode | None
    margin: Decimal | None = None
    notional: Decimal | None = None
    unrealised_pnl: Decimal | None = None
    contracts: Decimal | None = None
    break_even: Decimal | None = None
    maintenance: Decimal | None = None
    time_ms: int | None = None


class Order(Struct, frozen=True, kw_only=True):
    """size and filled in base units. `conditional` orders live in the venue's algo book and have its ids.

    Attributes:
        take_profit: the other trigger of an order that waits for either of two; `trigger` is then its stop-loss.
    """

    id: str
    client_id: str
    symbol: str
    native: str
    side: Side
    type: OrderType | str
    status: OrderStatus
    size: Decimal | None
    filled: Decimal
    price: Decimal | None = None
    average: Decimal | None = None
    trigger: Decimal | None = None
    take_profit: Decimal | None = None
    trigger_by: TriggerBy | None = None
    callback_percent: Decimal | None = None
    time_in_force: TimeInForce | str | None = None
    reduce_only: bool | None = None
    close_position: bool | None = None
    position_side: PositionSide | None = None
    conditional: bool = False
    cost: Decimal | None = None
    list_id: str = ""
    created_ms: int | None = None
    updated_ms: int | None = None

    @property
    def remaining(self) -> Decimal | None:
        return None if self.size is None else self.size - self.filled


class Fill(Struct, frozen=True, kw_only=True):
    """A trade of the account's own; `fee` is positive where it was paid."""

    id: str
    order_id: str
    symbol: str
    side: Side
    price: Decimal
    size: Decimal
    fee: Decimal
    fee_asset: str
    maker: bool | None
    time_ms: int
    realised_pnl: Decimal | None = None
    position_side: PositionSide | None = None


class AccountSettings(Struct, frozen=True, kw_only=True):
    """What the venue will apply to the next order in a symbol.

    Fees are fractions (0.0005 is 0.05 %).

    Attributes:
        borrow_rates: on margin: asset -> what an hour's loan of it costs, a fraction.
    """

    symbol: str
    leverage: int | None = None
    margin_mode: MarginMode | None = None
    position_mode: PositionMode | None = None
    maker_fee: Decimal | None = None
    taker_fee: Decimal | None = None
    can_trade: bool | None = None
    multi_asset: bool | None = None
    borrow_rates: Mapping[str, Decimal] | None = None


class OrderIntent(Struct, frozen=True, kw_only=True):
    """An order as the user means it, sized on the venue's grid.

    Attributes:
        size: in the venue's own size unit (base units, or contracts where `Instrument.contract_size` is not 1).
        quote_size: amount of quote to spend or receive instead of a size; spot market orders only.
        callback_percent: distance of a trailing stop in percent ("1" is 1 %).
        close_position: the trigger closes whatever is then open; no size.
        margin_mode, leverage: what will hold for the order, for venues that want it said with each one.
    """

    instrument: Instrument
    side: Side
    type: OrderType
    size: Decimal | None = None
    quote_size: Decimal | None = None
    price: Decimal | None = None
    trigger: Decimal | None = None
    trigger_by: TriggerBy = TriggerBy.LAST
    callback_percent: Decimal | None = None
    activation: Decimal | None = None
    time_in_force: TimeInForce | None = None
    reduce_only: bool = False
    close_position: bool = False
    position_side: PositionSide = PositionSide.BOTH
    margin_mode: MarginMode | None = None
    leverage: int | None = None
    client_id: str = ""


class Trace(Struct, frozen=True, kw_only=True):
    """What the venue itself says became of a call, asked by a read.

    Attributes:
        found: True: it took effect. False: it certainly did not. None: the answer does not tell.
        text: one to four lines for the user, in the venue's own numbers.
        facts: the same numbers by name, as decimal strings.
    """

    found: bool | None
    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)
