"""What the paper exchange refuses, and why: a reason that a face maps to its venue's own code."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """The first group refuses a request; orders that the exchange itself ends carry one of any group."""

    UNKNOWN_SYMBOL = "unknown_symbol"
    BAD_REQUEST = "bad_request"
    """Fields that do not go together, or a value that is not positive and finite."""
    UNSUPPORTED_TYPE = "unsupported_type"
    """A kind of order that this product has not."""
    BAD_TICK = "bad_tick"
    BAD_LOT = "bad_lot"
    QTY_TOO_SMALL = "qty_too_small"
    QTY_TOO_LARGE = "qty_too_large"
    NOTIONAL_TOO_SMALL = "notional_too_small"
    PRICE_BAND = "price_band"
    BAD_CALLBACK = "bad_callback"
    """Callback of a trailing stop outside 0.1 % to 20 %."""
    EXPIRE_IN_PAST = "expire_in_past"

    INSUFFICIENT_BALANCE = "insufficient_balance"
    INSUFFICIENT_MARGIN = "insufficient_margin"
    MAX_POSITION = "max_position"
    """Position and orders would exceed what the leverage allows."""
    NO_LIQUIDITY = "no_liquidity"
    """A market order that nothing on the book can fill."""
    POST_ONLY_WOULD_TAKE = "post_only_would_take"
    FOK_NOT_FILLABLE = "fok_not_fillable"
    """Never refuses: the order is EXPIRED with this reason."""
    IOC_REMAINDER = "ioc_remainder"
    """Never refuses: the unfilled rest of an IOC or market order is EXPIRED with this reason."""
    WOULD_TRIGGER_NOW = "would_trigger_now"
    LIST_PRICES = "list_prices"
    """Prices of an OCO's two orders not on opposite sides of the market."""
    DUPLICATE_CLIENT_ID = "duplicate_client_id"
    TOO_MANY_ORDERS = "too_many_orders"
    CLOSE_POSITION_EXISTS = "close_position_exists"
    """A close-position order in this direction already waits."""

    UNKNOWN_ORDER = "unknown_order"
    ORDER_DONE = "order_done"
    UNKNOWN_LIST = "unknown_list"
    NOT_AMENDABLE = "not_amendable"
    NOTHING_TO_AMEND = "nothing_to_amend"

    REDUCE_ONLY_REJECTED = "reduce_only_rejected"
    POSITION_SIDE_MISMATCH = "position_side_mismatch"
    """LONG or SHORT in one-way mode, or BOTH in hedge mode."""
    NO_POSITION = "no_position"
    POSITION_CLOSED = "position_closed"
    """Never refuses: an order whose position is gone is EXPIRED with this reason."""
    LIQUIDATED = "liquidated"
    """Never refuses: orders of an account in liquidation are CANCELED with this reason."""
    LIST_SIBLING = "list_sibling"
    """Never refuses: the other order of an OCO was executed, or the working order of an OTO ended unfilled."""
    SELF_TRADE = "self_trade"
    """Never refuses: a resting order that an order of the same account would have met is CANCELED with this reason."""
    GOOD_TILL_PASSED = "good_till_passed"
    """Never refuses: expire_ms was reached."""

    LEVERAGE_INVALID = "leverage_invalid"
    """Below 1 or above the listing's most."""
    LEVERAGE_TOO_HIGH = "leverage_too_high"
    """The position or its orders are larger than this leverage allows."""
    LEVERAGE_NEEDS_MARGIN = "leverage_needs_margin"
    """Lower leverage needs more margin than is available, or the position is isolated."""
    MARGIN_MODE_UNCHANGED = "margin_mode_unchanged"
    MARGIN_MODE_HAS_POSITION = "margin_mode_has_position"
    MARGIN_MODE_HAS_ORDERS = "margin_mode_has_orders"
    POSITION_MODE_UNCHANGED = "position_mode_unchanged"
    POSITION_MODE_HAS_POSITION = "position_mode_has_position"
    POSITION_MODE_HAS_ORDERS = "position_mode_has_orders"
    NOT_ISOLATED = "not_isolated"
    ISOLATED_MARGIN_INSUFFICIENT = "isolated_margin_insufficient"
    """More margin is taken from an isolated position than it can spare."""

    BAD_AMOUNT = "bad_amount"
    """Amount of a transfer, hold or margin that is not positive, or finer than the smallest unit."""
    SAME_WALLET = "same_wallet"
    NOT_HELD = "not_held"


class PaperRefusal(Exception):
    """The exchange says no, and nothing was changed (but for time: what was due up to then has happened).

    Attributes:
        reason: for the face to map.
        detail: one sentence with the numbers.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason.value}: {detail}")
        self.reason = reason
        self.detail = detail
