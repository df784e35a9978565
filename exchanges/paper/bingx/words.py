"""BingX's words for what the exchange refuses.

https://github.com/BingX-API/api-ai-skills/blob/master/skills/swap-trade/api-reference.md (Common Error Codes)
"""

from __future__ import annotations

from collections.abc import Mapping

from blave_mcp.exchanges.paper.bingx.core import BAD_PARAM, BingXRefusal
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import Product

SPOT: Mapping[Reason, tuple[int, str]] = {
    Reason.BAD_TICK: (100400, "price precision is invalid"),
    Reason.BAD_LOT: (100400, "quantity precision is invalid"),
    Reason.QTY_TOO_SMALL: (100400, "quantity is less than the minimum"),
    Reason.QTY_TOO_LARGE: (100400, "quantity is greater than the maximum"),
    Reason.NOTIONAL_TOO_SMALL: (100400, "The order amount is less than the minimum"),
    Reason.PRICE_BAND: (100440, "The order price deviates greatly from the market price"),
    Reason.INSUFFICIENT_BALANCE: (100202, "Insufficient balance"),
    Reason.NO_LIQUIDITY: (100490, "spot symbol is offline currently"),
    Reason.POST_ONLY_WOULD_TAKE: (100400, "The PostOnly order would be executed immediately"),
    Reason.WOULD_TRIGGER_NOW: (100400, "The trigger price would be reached immediately"),
    Reason.LIST_PRICES: (100400, "The prices of the OCO orders are invalid"),
    Reason.DUPLICATE_CLIENT_ID: (100400, "clientOrderID is duplicated"),
    Reason.TOO_MANY_ORDERS: (100400, "The number of open orders reached the limit"),
    Reason.UNKNOWN_ORDER: (100404, "the order is not a valid order id, please verify"),
    Reason.ORDER_DONE: (100404, "the order you want to cancel is FILLED or CANCELLED already"),
    Reason.UNKNOWN_LIST: (100404, "the order list does not exist"),
}
SWAP: Mapping[Reason, tuple[int, str]] = {
    Reason.UNSUPPORTED_TYPE: (109400, "Invalid parameters, err:type: unsupported"),
    Reason.BAD_TICK: (110400, "price precision is invalid"),
    Reason.BAD_LOT: (110422, "quantity precision is invalid"),
    Reason.QTY_TOO_SMALL: (101400, "The minimum order amount is not reached."),
    Reason.QTY_TOO_LARGE: (101400, "The maximum order amount is exceeded."),
    Reason.NOTIONAL_TOO_SMALL: (101400, "The minimum order amount is not reached."),
    Reason.PRICE_BAND: (101211, "Order price should be within the allowed range"),
    Reason.BAD_CALLBACK: (109400, "Invalid parameters, err:priceRate: out of range"),
    Reason.INSUFFICIENT_BALANCE: (101206, "Insufficient available balance"),
    Reason.INSUFFICIENT_MARGIN: (101204, "Insufficient margin"),
    Reason.MAX_POSITION: (101209, "The maximum position value for this leverage is exceeded"),
    Reason.NO_LIQUIDITY: (110500, "order system busy"),
    Reason.POST_ONLY_WOULD_TAKE: (101215, "The PostOnly order would be executed immediately"),
    Reason.WOULD_TRIGGER_NOW: (110412, "The trigger price would be reached immediately"),
    Reason.DUPLICATE_CLIENT_ID: (101481, "The clientOrderID has been used"),
    Reason.TOO_MANY_ORDERS: (101419, "The number of pending orders reached the upper limit"),
    Reason.CLOSE_POSITION_EXISTS: (110206, "TP/SL orders reached the maximum limit"),
    Reason.UNKNOWN_ORDER: (109421, "order not exist"),
    Reason.ORDER_DONE: (109421, "order not exist"),
    Reason.NOT_AMENDABLE: (101400, "this order cannot be amended"),
    Reason.NOTHING_TO_AMEND: (101400, "the quantity is unchanged"),
    Reason.REDUCE_ONLY_REJECTED: (101290, "The Reduce Only order can only decrease the position."),
    Reason.POSITION_SIDE_MISMATCH: (109400, "the 'PositionSide' field does not fit the position mode"),
    Reason.NO_POSITION: (101205, "No position to close"),
    Reason.LEVERAGE_INVALID: (101414, "The leverage is out of range"),
    Reason.LEVERAGE_TOO_HIGH: (101209, "The maximum position value for this leverage is exceeded"),
    Reason.LEVERAGE_NEEDS_MARGIN: (101204, "Insufficient margin"),
    Reason.MARGIN_MODE_HAS_POSITION: (109400, "The margin type cannot be changed while a position exists"),
    Reason.MARGIN_MODE_HAS_ORDERS: (109400, "The margin type cannot be changed while orders are pending"),
    Reason.POSITION_MODE_HAS_POSITION: (104103, "The position mode cannot be switched while positions exist"),
    Reason.POSITION_MODE_HAS_ORDERS: (104103, "The position mode cannot be switched while orders are pending"),
    Reason.NOT_ISOLATED: (109400, "Only an isolated position has margin to adjust"),
    Reason.ISOLATED_MARGIN_INSUFFICIENT: (101204, "Insufficient margin"),
}


def refusal(refused: PaperRefusal, product: Product) -> BingXRefusal:
    """Returns the venue's code and text; a reason without its own is a request that BingX calls invalid."""
    words = (SPOT if product is Product.SPOT else SWAP).get(refused.reason)
    code, message = words or (BAD_PARAM[product], f"Invalid parameters, err:{refused.detail}")
    return BingXRefusal(code, message)
