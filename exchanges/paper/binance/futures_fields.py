"""How an order of Binance's USDⓈ-M futures is asked for: its parameters, and the codes for those that cannot be used.

https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/New-Order
https://developers.binance.com/docs/derivatives/usds-margined-futures/error-code
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

from blave_mcp.exchanges.paper.binance.face import Ask
from blave_mcp.exchanges.paper.binance.params import BinanceRefusal, Params, missing
from blave_mcp.exchanges.paper.face import fixed, places_of
from blave_mcp.exchanges.paper.market import SECOND
from blave_mcp.exchanges.paper.types import (
    ZERO,
    Listing,
    Order,
    OrderRequest,
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
)

CONDITIONAL = ("STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET")
TIFS = ("GTC", "IOC", "FOK", "GTX", "GTD")
STP_MODES = ("EXPIRE_TAKER", "EXPIRE_BOTH", "EXPIRE_MAKER", "NONE")
DEFAULT_STP = "EXPIRE_MAKER"
MATCHES = ("OPPONENT", "OPPONENT_5", "OPPONENT_10", "OPPONENT_20", "QUEUE", "QUEUE_5", "QUEUE_10", "QUEUE_20")
ORDER_FIELDS = (
    "symbol! side! type! positionSide timeInForce reduceOnly quantity price newClientOrderId newOrderRespType "
    "priceMatch selfTradePreventionMode goodTillDate stopPrice closePosition activationPrice callbackRate workingType "
    "priceProtect"
)
"""The last six were read until conditional orders moved to their own endpoints; now only to refuse them with -4120."""
MODIFY_FIELDS = "symbol! side! quantity! price orderId origClientOrderId priceMatch modifyId"


def price_places(listing: Listing) -> int:
    """Returns pricePrecision: one more than the tick has, as for most of the venue's contracts."""
    return places_of(listing.tick) + 1


def price_text(listing: Listing, value: Decimal | None) -> str:
    return fixed(value or ZERO, price_places(listing))


def qty_text(listing: Listing, value: Decimal) -> str:
    return fixed(value, places_of(listing.step))


def side_of(params: Params) -> Side:
    return Side(params.one_of("side", ("BUY", "SELL"), BinanceRefusal(-1117, "Invalid side.")).lower())


def position_side_of(ask: Ask) -> PositionSide:
    """Returns positionSide; refused where it does not fit the account's position mode."""
    word = ask.params.one_of("positionSide", ("BOTH", "LONG", "SHORT"), BinanceRefusal(-4060, "Invalid position side."))
    side = PositionSide(word.lower() or "both")
    if (side is PositionSide.BOTH) is ask.exchange.hedge:
        raise BinanceRefusal(-4061, "Order's position side does not match user's setting.")
    return side


def price_of(listing: Listing, params: Params, name: str) -> Decimal | None:
    value = params.decimal(name, signed=True)
    if value is None:
        return None
    if value <= 0:
        raise BinanceRefusal(-4001, "Price less than or equal to zero.")
    if _too_fine(value, price_places(listing)):
        raise BinanceRefusal(-1111, "Precision is over the maximum defined for this asset.")
    if value % listing.tick:
        raise BinanceRefusal(-4014, "Price not increased by tick size.")
    return value


def quantity_of(listing: Listing, params: Params, *, market: bool, name: str = "quantity") -> Decimal | None:
    value = params.decimal(name, signed=True)
    if value is None:
        return None
    if value <= 0:
        raise BinanceRefusal(-4003, "Quantity less than or equal to zero.")
    step = listing.market_step if market else listing.step
    if _too_fine(value, places_of(step)):
        raise BinanceRefusal(-1111, "Precision is over the maximum defined for this asset.")
    if value < listing.min_qty:
        raise BinanceRefusal(-4004, "Quantity less than min quantity.")
    if value > (listing.market_max_qty if market else listing.max_qty):
        raise BinanceRefusal(-4005, "Quantity greater than max quantity.")
    if value % step:
        raise BinanceRefusal(-4023, "Qty not increased by step size.")
    return value


def _too_fine(value: Decimal, places: int) -> bool:
    exponent = value.normalize().as_tuple().exponent
    return isinstance(exponent, int) and exponent < -places


def client_id_of(params: Params, name: str = "newClientOrderId") -> str:
    if len(params.text(name)) > 36:
        raise BinanceRefusal(-4015, "Client order id length should not be more than 36 chars")
    return params.client_id(name)


def tif_of(params: Params, default: str) -> str:
    return params.one_of("timeInForce", TIFS, BinanceRefusal(-1115, "Invalid timeInForce.")) or default


def stp_of(params: Params) -> str:
    refusal = BinanceRefusal(-5039, "Invalid self trade prevention mode")
    return params.one_of("selfTradePreventionMode", STP_MODES, refusal)


def expiry_of(ask: Ask, tif: str) -> int | None:
    """Returns goodTillDate, to the second as the venue keeps it."""
    value = ask.params.integer("goodTillDate")
    if tif != "GTD":
        if value is not None:
            raise BinanceRefusal(-1106, "Parameter 'goodTillDate' sent when not required.")
        return None
    if value is None:
        raise missing("goodTillDate")
    if not ask.now + 600 * SECOND < value < 253402300799000:
        limits = "must be greater than the current time plus 600 seconds and smaller than 253402300799000"
        raise BinanceRefusal(-5040, f"The goodTillDate timestamp {limits} (UTC 9999-12-31 23:59:59)")
    return value - value % SECOND


def matched_price(ask: Ask, listing: Listing, side: Side) -> Decimal | None:
    """Returns the price that priceMatch takes from the book, or None if it was not sent."""
    word = ask.params.one_of("priceMatch", (*MATCHES, "NONE"), BinanceRefusal(-5037, "Invalid price match"))
    if word in ("", "NONE"):
        return None
    if "price" in ask.params:
        raise BinanceRefusal(-1106, "Parameter 'price' sent when not required.")
    where, _, level = word.partition("_")
    depth = ask.exchange.market.depth(listing.key, ask.now, int(level or 1))
    rows = depth.asks if (side is Side.BUY) is (where == "OPPONENT") else depth.bids
    if len(rows) < int(level or 1):
        raise BinanceRefusal(-5041, "No depth matches this BBO order")
    return rows[-1].price


def reduce_only_of(ask: Ask) -> bool:
    if "reduceOnly" in ask.params and ask.exchange.hedge:
        raise BinanceRefusal(-1106, "Parameter 'reduceonly' sent when not required.")
    return ask.params.flag("reduceOnly")


def request_of(ask: Ask, listing: Listing) -> OrderRequest:
    params = ask.params
    side = side_of(params)
    kind = params.text("type")
    if kind in CONDITIONAL:
        advice = "Please use the Algo Order API endpoints instead."
        raise BinanceRefusal(-4120, f"Order type not supported for this endpoint. {advice}")
    if kind not in ("LIMIT", "MARKET"):
        raise BinanceRefusal(-1116, "Invalid orderType.")
    for name in ("stopPrice", "closePosition", "activationPrice", "callbackRate", "workingType", "priceProtect"):
        if params.text(name).lower() not in ("", "false"):
            raise BinanceRefusal(-1106, f"Parameter '{name.lower()}' sent when not required.")
    market = kind == "MARKET"
    if market:
        for name, code in (("timeInForce", -1114), ("price", -1106), ("priceMatch", -5038)):
            if params.text(name) not in ("", "NONE"):
                raise _not_for_market(name, code)
    tif = "GTC" if market else tif_of(params, "")
    if not tif:
        raise missing("timeInForce")
    position_side = position_side_of(ask)
    price = None if market else matched_price(ask, listing, side) or price_of(listing, params, "price")
    if price is None and not market:
        raise missing("price")
    quantity = quantity_of(listing, params, market=market)
    if quantity is None:
        raise missing("quantity")
    return OrderRequest(
        key=listing.key,
        side=side,
        type=OrderType.MARKET if market else OrderType.LIMIT,
        qty=quantity,
        price=price,
        tif=TimeInForce(tif.lower()) if tif in ("IOC", "FOK") else TimeInForce.GTC,
        post_only=tif == "GTX",
        reduce_only=reduce_only_of(ask),
        position_side=position_side,
        client_id=client_id_of(params),
        expire_ms=expiry_of(ask, tif),
        tag=tag(tif=tif, stp=stp_of(params), match=params.text("priceMatch")),
    )


def _not_for_market(name: str, code: int) -> BinanceRefusal:
    if code == -1114:
        return BinanceRefusal(code, "TimeInForce parameter sent when not required.")
    if code == -5038:
        return BinanceRefusal(code, "Price match only supports order type: LIMIT, STOP AND TAKE_PROFIT")
    return BinanceRefusal(code, f"Parameter '{name}' sent when not required.")


def tag(**told: str) -> str:
    return json.dumps({name: value for name, value in told.items() if value})


def tag_of(order: Order) -> Mapping[str, str]:
    found: Mapping[str, str] = json.loads(order.request.tag) if order.request.tag else {}
    return found
