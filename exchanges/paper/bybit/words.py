"""What the paper exchange refuses, in Bybit's codes and words. https://bybit-exchange.github.io/docs/v5/error"""

from __future__ import annotations

from collections.abc import Mapping

from blave_mcp.exchanges.paper.bybit.wire import BybitRefusal
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import Product

Words = Mapping[Reason, tuple[int, str]]

_LINEAR: Words = {
    Reason.UNKNOWN_SYMBOL: (10001, "Not supported symbols"),
    Reason.UNSUPPORTED_TYPE: (10001, "orderType invalid"),
    Reason.BAD_TICK: (10001, "The price does not match the tick size."),
    Reason.BAD_LOT: (10001, "Qty invalid"),
    Reason.QTY_TOO_SMALL: (10001, "The number of contracts is below the minimum allowed."),
    Reason.QTY_TOO_LARGE: (10001, "The number of contracts exceeds the maximum limit allowed."),
    Reason.NOTIONAL_TOO_SMALL: (110094, "Order does not meet minimum order value 5USDT"),
    Reason.PRICE_BAND: (110003, "Order price exceeds the allowable range."),
    Reason.BAD_CALLBACK: (10001, "trailingStop invalid"),
    Reason.INSUFFICIENT_BALANCE: (110007, "ab not enough for new order"),
    Reason.INSUFFICIENT_MARGIN: (110007, "ab not enough for new order"),
    Reason.MAX_POSITION: (110090, "Order placement failed as your position may exceed the max limit."),
    Reason.NO_LIQUIDITY: (110021, "Not allowed to exceeded position limits due to Open Interest."),
    Reason.DUPLICATE_CLIENT_ID: (110072, "OrderLinkedID is duplicate"),
    Reason.TOO_MANY_ORDERS: (110020, "Not allowed to have more than 500 active orders."),
    Reason.UNKNOWN_ORDER: (110001, "order not exists or too late to cancel"),
    Reason.ORDER_DONE: (110001, "order not exists or too late to cancel"),
    Reason.NOT_AMENDABLE: (10001, "The order cannot be modified."),
    Reason.NOTHING_TO_AMEND: (10001, "The order remains unchanged as the parameters entered match the existing ones."),
    Reason.REDUCE_ONLY_REJECTED: (110017, "current position is zero, cannot fix reduce-only order qty"),
    Reason.POSITION_SIDE_MISMATCH: (10001, "position idx not match position mode"),
    Reason.LEVERAGE_INVALID: (110013, "Cannot set leverage due to risk limit level."),
    Reason.LEVERAGE_TOO_HIGH: (110013, "Cannot set leverage due to risk limit level."),
    Reason.LEVERAGE_NEEDS_MARGIN: (110012, "Insufficient available balance."),
    Reason.POSITION_MODE_UNCHANGED: (110025, "Position mode is not modified"),
    Reason.POSITION_MODE_HAS_POSITION: (
        110024,
        "You have an existing position, so the position mode cannot be switched.",
    ),
    Reason.POSITION_MODE_HAS_ORDERS: (
        110028,
        "You have existing open orders, so the position mode cannot be switched.",
    ),
    Reason.NO_POSITION: (110033, "You can't set margin without an open position"),
    Reason.NOT_ISOLATED: (110015, "The position is in cross margin mode."),
    Reason.ISOLATED_MARGIN_INSUFFICIENT: (110078, "Added margin more than max can reduce margin"),
    Reason.BAD_AMOUNT: (10001, "margin invalid"),
}
_SPOT: Words = {
    **_LINEAR,
    Reason.UNKNOWN_SYMBOL: (170121, "Invalid symbol."),
    Reason.UNSUPPORTED_TYPE: (170116, "Invalid orderType."),
    Reason.BAD_TICK: (170134, "Order price has too many decimals."),
    Reason.BAD_LOT: (170137, "Order quantity has too many decimals."),
    Reason.QTY_TOO_SMALL: (170136, "Order quantity exceeded lower limit."),
    Reason.QTY_TOO_LARGE: (170135, "Order quantity exceeded upper limit."),
    Reason.NOTIONAL_TOO_SMALL: (170140, "Order value exceeded lower limit."),
    Reason.PRICE_BAND: (170132, "Order price too high."),
    Reason.INSUFFICIENT_BALANCE: (170131, "Insufficient balance."),
    Reason.NO_LIQUIDITY: (170210, "New order rejected."),
    Reason.DUPLICATE_CLIENT_ID: (170141, "Duplicate clientOrderId"),
    Reason.TOO_MANY_ORDERS: (170210, "New order rejected."),
    Reason.UNKNOWN_ORDER: (170213, "Order does not exist."),
    Reason.ORDER_DONE: (170213, "Order does not exist."),
    Reason.NOT_AMENDABLE: (170312, "The current order does not support modification"),
}


def refusal(refused: PaperRefusal, product: Product) -> BybitRefusal:
    """Returns Bybit's code and text for a reason; one that has none is a parameter that Bybit calls wrong."""
    words = _SPOT if product is Product.SPOT else _LINEAR
    code, message = words.get(refused.reason, (10001, f"params error: {refused.detail}"))
    return BybitRefusal(code, message)
