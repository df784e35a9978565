"""How an order of Binance's spot host is asked for: its parameters, and the codes for those that cannot be used.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api/trading-endpoints#new-order-trade
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.binance.face import Ask
from blave_mcp.exchanges.paper.binance.params import BinanceRefusal, Params, missing
from blave_mcp.exchanges.paper.types import Listing, Order, OrderRequest, OrderType, Side, TimeInForce

TYPES: Mapping[str, tuple[OrderType, bool, bool]] = {
    # name: (type, has a price, has a trigger)
    "LIMIT": (OrderType.LIMIT, True, False),
    "MARKET": (OrderType.MARKET, False, False),
    "STOP_LOSS": (OrderType.STOP_MARKET, False, True),
    "STOP_LOSS_LIMIT": (OrderType.STOP_LIMIT, True, True),
    "TAKE_PROFIT": (OrderType.TAKE_PROFIT_MARKET, False, True),
    "TAKE_PROFIT_LIMIT": (OrderType.TAKE_PROFIT_LIMIT, True, True),
    "LIMIT_MAKER": (OrderType.LIMIT, True, False),
}
STP_MODES = ("EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT", "NONE")
DEFAULT_STP = "EXPIRE_MAKER"
PLACES = 8
ORDER_PARAMS = (
    "symbol! side! type! timeInForce quantity quoteOrderQty price newClientOrderId strategyId strategyType stopPrice "
    "trailingDelta icebergQty newOrderRespType selfTradePreventionMode pegPriceType pegOffsetValue pegOffsetType"
)


@dataclass(frozen=True, slots=True)
class Leg:
    """Reads an order's parameters where their names carry a prefix: "price" is "pendingAbovePrice" in a list."""

    params: Params
    prefix: str = ""

    def name(self, field: str) -> str:
        if not self.prefix:
            return "newClientOrderId" if field == "clientOrderId" else field
        return self.prefix + field[0].upper() + field[1:]

    def has(self, field: str) -> bool:
        return self.name(field) in self.params

    def word(self, field: str) -> str:
        return self.params.text(self.name(field))

    def decimal(self, field: str) -> Decimal | None:
        """Returns a decimal of at most eight places, greater than zero."""
        value = self.params.decimal(self.name(field))
        if value is None:
            return None
        if value <= 0:
            raise BinanceRefusal(-1013, f"Invalid {self.name(field)}.")
        exponent = value.normalize().as_tuple().exponent
        if isinstance(exponent, int) and exponent < -PLACES:
            raise BinanceRefusal(-1111, f"Parameter '{self.name(field)}' has too much precision.")
        return value

    def need(self, field: str) -> None:
        if not self.has(field):
            raise missing(self.name(field))

    def refuse(self, field: str) -> None:
        if self.has(field):
            raise BinanceRefusal(-1106, f"Parameter '{self.name(field)}' sent when not required.")


def side_of(params: Params, name: str = "side") -> Side:
    word = params.one_of(name, ("BUY", "SELL"), BinanceRefusal(-1117, "Invalid side."))
    return Side(word.lower())


def request_of(
    ask: Ask, listing: Listing, leg: Leg, side: Side, kind: str, *, quantity: Decimal | None = None, more: str = ""
) -> OrderRequest:
    """Returns what one order's parameters ask for.

    Args:
        quantity: of a list's legs, where it is not the leg's own parameter.
        more: set to "sor" for an order that is routed.
    """
    if kind not in TYPES:
        raise BinanceRefusal(-1116, "Invalid orderType.")
    type_, priced, triggered = TYPES[kind]
    _fields(leg, kind, priced=priced, triggered=triggered)
    trailing = leg.params.integer(leg.name("trailingDelta")) if triggered else None
    stop = leg.decimal("stopPrice") if triggered else None
    if trailing is not None:
        if kind.startswith("TAKE_PROFIT"):
            raise BinanceRefusal(-1014, "Unsupported order combination.")
        if not 10 <= trailing <= 2000:
            raise BinanceRefusal(-1013, "Filter failure: TRAILING_DELTA")
        type_ = OrderType.TRAILING_STOP
    return OrderRequest(
        key=listing.key,
        side=side,
        type=type_,
        qty=leg.decimal("quantity") if quantity is None else quantity,
        quote_qty=leg.decimal("quoteOrderQty") if kind == "MARKET" and not leg.prefix else None,
        price=leg.decimal("price") if priced else None,
        tif=_tif(leg),
        post_only=kind == "LIMIT_MAKER",
        trigger_price=None if trailing is not None else stop,
        activation_price=stop if trailing is not None else None,
        callback_rate=None if trailing is None else Decimal(trailing) / 10_000,
        client_id=leg.params.client_id(leg.name("clientOrderId")),
        tag=_tag(ask.params, leg, kind, trailing, more),
    )


def _fields(leg: Leg, kind: str, *, priced: bool, triggered: bool) -> None:
    """Refuses what is missing for a type, or does not go with it."""
    if leg.has("icebergQty"):
        raise BinanceRefusal(-2010, "Iceberg orders are not supported for this symbol.")
    if leg.has("pegPriceType") or leg.has("pegOffsetValue") or leg.has("pegOffsetType"):
        raise BinanceRefusal(-2010, "Pegged orders are not supported for this symbol.")
    if priced and kind != "LIMIT_MAKER":
        leg.need("timeInForce")
    elif kind != "LIMIT_MAKER" or leg.word("timeInForce") not in ("", "GTC"):
        leg.refuse("timeInForce")
    if priced:
        leg.need("price")
    else:
        leg.refuse("price")
    if not triggered:
        leg.refuse("stopPrice")
        leg.refuse("trailingDelta")
    elif not leg.has("stopPrice") and not leg.has("trailingDelta"):
        both = f"Param '{leg.name('stopPrice')}' or '{leg.name('trailingDelta')}' must be sent"
        raise BinanceRefusal(-1102, f"{both}, but both were empty/null!")
    if leg.prefix:
        return
    if kind != "MARKET":
        leg.need("quantity")
        leg.refuse("quoteOrderQty")
    elif leg.has("quantity") == leg.has("quoteOrderQty"):
        if leg.has("quantity"):
            raise BinanceRefusal(-1128, "Combination of optional parameters invalid.")
        raise BinanceRefusal(-1102, "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!")


def _tif(leg: Leg) -> TimeInForce:
    word = leg.word("timeInForce") or "GTC"
    if word not in ("GTC", "IOC", "FOK"):
        raise BinanceRefusal(-1115, "Invalid timeInForce.")
    return TimeInForce(word.lower())


def _tag(params: Params, leg: Leg, kind: str, trailing: int | None, more: str) -> str:
    stp = params.one_of("selfTradePreventionMode", STP_MODES)
    strategy = params.integer(leg.name("strategyId")), params.integer(leg.name("strategyType"))
    if strategy[1] is not None and strategy[1] < 1_000_000:
        raise BinanceRefusal(-1134, "strategyType was less than 1000000.")
    told = {"type": kind, "stp": stp, "id": strategy[0], "kind": strategy[1], "trailing": trailing, "more": more}
    return json.dumps({name: value for name, value in told.items() if value})


def tag_of(order: Order) -> dict[str, Any]:
    """Returns what `_tag` wrote."""
    found: dict[str, Any] = json.loads(order.request.tag) if order.request.tag else {}
    return found
