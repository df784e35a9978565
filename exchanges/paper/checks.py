"""What is wrong with an order by itself: its fields, its grids, the market it would meet. `funds` looks at money."""

from __future__ import annotations

from decimal import Decimal

from blave_mcp.exchanges.paper.market import Prices
from blave_mcp.exchanges.paper.matching import (
    STOPS,
    TAKE_PROFITS,
    at_market,
    closes_leg,
    conditional,
    crosses,
    reduces,
    rises_to,
    triggered_by,
)
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import (
    Listing,
    OrderRequest,
    OrderType,
    PositionSide,
    Product,
    Side,
    TimeInForce,
    TriggerBy,
)

_MIN_CALLBACK, _MAX_CALLBACK = Decimal("0.001"), Decimal("0.2")
_NUMBERS = (
    "qty",
    "quote_qty",
    "price",
    "trigger_price",
    "activation_price",
    "callback_rate",
    "callback_distance",
)
_PRICED = (OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT)


def check_form(request: OrderRequest, listing: Listing, *, hedge: bool, now_ms: int) -> None:
    """Refuses fields that are missing, do not go together, or lie off the listing's grids.

    Raises: PaperRefusal.
    """
    _check_fields(request, listing, hedge=hedge)
    for name in ("price", "trigger_price", "activation_price"):
        check_tick(getattr(request, name), listing, name)
    if request.qty is not None:
        check_size(request.qty, listing, market=at_market(request))
    if request.type is OrderType.TRAILING_STOP:
        _check_callback(request)
    if request.expire_ms is not None and request.expire_ms <= now_ms:
        raise PaperRefusal(Reason.EXPIRE_IN_PAST, f"expires at {request.expire_ms}, now is {now_ms}")


def _bad(detail: str) -> PaperRefusal:
    return PaperRefusal(Reason.BAD_REQUEST, detail)


def _check_fields(request: OrderRequest, listing: Listing, *, hedge: bool) -> None:
    leveraged = listing.product.leveraged
    kind = request.type
    sizes = (request.qty is not None) + (request.quote_qty is not None) + request.close_position
    if sizes != 1:
        raise _bad("give exactly one of qty, quote_qty and close_position")
    for name in _NUMBERS:
        value = getattr(request, name)
        if value is not None and not (value.is_finite() and value > 0):
            raise _bad(f"{name} is {value}, not a positive number")
    if kind in _PRICED and request.price is None:
        raise _bad(f"{kind.value} needs a price")
    if request.price is not None and kind not in (*_PRICED, OrderType.TRAILING_STOP):
        raise _bad(f"{kind.value} takes no price")
    if (kind in (*STOPS, *TAKE_PROFITS)) != (request.trigger_price is not None):
        raise _bad(f"trigger_price does not fit {kind.value}")
    if request.post_only and (kind not in _PRICED or request.tif is not TimeInForce.GTC):
        raise _bad("post_only is for limit orders that are good till cancelled")
    if request.quote_qty is not None and (listing.product is Product.PERP or not at_market(request)):
        raise PaperRefusal(Reason.UNSUPPORTED_TYPE, "quote_qty is for market orders on spot and margin")
    if request.close_position and not (leveraged and conditional(request) and at_market(request)):
        raise PaperRefusal(Reason.UNSUPPORTED_TYPE, "close_position is for market triggers of a position")
    if leveraged:
        _check_side(request, hedge=hedge)
    elif request.reduce_only or request.tied_to_position or request.position_side is not PositionSide.BOTH:
        raise PaperRefusal(Reason.UNSUPPORTED_TYPE, "spot has no positions")
    elif request.trigger_by is TriggerBy.MARK:
        raise PaperRefusal(Reason.UNSUPPORTED_TYPE, "spot has no mark price")


def _check_side(request: OrderRequest, *, hedge: bool) -> None:
    if (request.position_side is PositionSide.BOTH) == hedge:
        mode = "hedge" if hedge else "one-way"
        raise PaperRefusal(Reason.POSITION_SIDE_MISMATCH, f"{request.position_side.value} in {mode} mode")
    if hedge and request.reduce_only and not closes_leg(request):
        raise PaperRefusal(
            Reason.REDUCE_ONLY_REJECTED, f"a {request.side.value} opens the {request.position_side.value} leg"
        )


def _check_callback(request: OrderRequest) -> None:
    rate, distance = request.callback_rate, request.callback_distance
    if (rate is None) == (distance is None):
        raise _bad("give one of callback_rate and callback_distance")
    if rate is not None and not _MIN_CALLBACK <= rate <= _MAX_CALLBACK:
        raise PaperRefusal(
            Reason.BAD_CALLBACK, f"callback rate {rate} is not within {_MIN_CALLBACK} .. {_MAX_CALLBACK}"
        )


def check_tick(price: Decimal | None, listing: Listing, name: str = "price") -> None:
    if price is not None and price % listing.tick:
        raise PaperRefusal(Reason.BAD_TICK, f"{name} {price} is not a multiple of {listing.tick}")


def check_size(qty: Decimal, listing: Listing, *, market: bool) -> None:
    step = listing.market_step if market else listing.step
    most = min(listing.max_qty, listing.market_max_qty) if market else listing.max_qty
    if qty < listing.min_qty:
        raise PaperRefusal(Reason.QTY_TOO_SMALL, f"{qty} is below {listing.min_qty}")
    if qty > most:
        raise PaperRefusal(Reason.QTY_TOO_LARGE, f"{qty} is above {most}")
    if qty % step:
        raise PaperRefusal(Reason.BAD_LOT, f"{qty} is not a multiple of {step}")


def check_market(request: OrderRequest, listing: Listing, prices: Prices, *, post_only_refuses: bool) -> None:
    """Refuses what the prices of the moment forbid: bands, notional, triggers already passed, post-only that takes.

    Raises: PaperRefusal.
    """
    if request.price is not None:
        _check_band(request.price, request, listing, prices)
    exempt = listing.product.leveraged and reduces(request)
    if not exempt:
        at = request.price or request.trigger_price or prices.last
        notional = request.quote_qty or (request.qty or Decimal(0)) * at
        if request.quote_qty is not None and request.quote_qty > listing.market_max_qty * prices.last:
            most = listing.market_max_qty
            raise PaperRefusal(Reason.QTY_TOO_LARGE, f"{request.quote_qty} {listing.quote} is worth more than {most}")
        if notional < listing.min_notional:
            raise PaperRefusal(Reason.NOTIONAL_TOO_SMALL, f"{notional} is below {listing.min_notional} {listing.quote}")
    reference = prices.mark if request.trigger_by is TriggerBy.MARK else prices.last
    if triggered_by(request, reference):
        raise PaperRefusal(
            Reason.WOULD_TRIGGER_NOW,
            f"trigger {request.trigger_price} must be {'above' if rises_to(request) else 'below'} {reference}",
        )
    if request.post_only and not conditional(request) and post_only_refuses and crosses(request, prices):
        raise PaperRefusal(Reason.POST_ONLY_WOULD_TAKE, f"{request.price} would take: {prices.bid} / {prices.ask}")


def _check_band(price: Decimal, request: OrderRequest, listing: Listing, prices: Prices) -> None:
    perp, side = listing.product is Product.PERP, request.side
    # What waits for a trigger will meet the market there.
    reference = request.trigger_price or (prices.mark if perp else prices.last)
    top, bottom = reference * listing.band_up, reference * listing.band_down
    too_high = price > top and (side is Side.BUY or not perp)
    too_low = price < bottom and (side is Side.SELL or not perp)
    if too_high or too_low:
        raise PaperRefusal(Reason.PRICE_BAND, f"price {price} is outside {bottom} .. {top}")


def check_pair(first: OrderRequest, second: OrderRequest, prices: Prices | None) -> None:
    """Refuses two orders that cannot cancel each other: one has to act above the market and one below.

    Args:
        prices: None where they will wait for another order first.

    Raises: PaperRefusal.
    """
    if first.key != second.key or first.side is not second.side or first.position_side is not second.position_side:
        raise _bad("both orders of an OCO have one listing and one side")
    levels = [request.trigger_price or request.activation_price or request.price for request in (first, second)]
    if None in levels or OrderType.MARKET in (first.type, second.type):
        raise _bad("an OCO is made of limit, stop and take-profit orders")
    if prices is None:
        return
    low, high = sorted(level for level in levels if level is not None)
    if not low < prices.last < high:
        raise PaperRefusal(Reason.LIST_PRICES, f"{low} and {high} are not on both sides of {prices.last}")
