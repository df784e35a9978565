"""Order intents -> endpoint and arguments, for spot, margin and perpetuals. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.models import Market, OrderIntent, OrderType, PositionSide, Side, TimeInForce, TriggerBy

SPOT_TYPES = {TimeInForce.GTC: "limit", TimeInForce.IOC: "ioc", TimeInForce.POST_ONLY: "limit_maker"}
MODES = {TimeInForce.GTC: 1, TimeInForce.FOK: 2, TimeInForce.IOC: 3, TimeInForce.POST_ONLY: 4}
PRICE_TYPES = {TriggerBy.LAST: 1, TriggerBy.MARK: 2}
STOPS = (OrderType.STOP_MARKET, OrderType.STOP_LIMIT)
CLOSES = {OrderType.TAKE_PROFIT_MARKET: "take_profit", OrderType.STOP_MARKET: "stop_loss"}

Placed = tuple[str, dict[str, Any]]


def given(**args: Any) -> dict[str, Any]:
    return {name: value for name, value in args.items() if value is not None}


def spot_order(intent: OrderIntent) -> Placed:
    """Returns the endpoint's id and what it takes; margin orders differ in the endpoint alone.

    Raises:
        Unsupported: what belongs to positions, a trigger, fill-or-kill, a market buy sized in base, a market sell sized
            in quote.
    """
    if intent.reduce_only or intent.close_position or intent.position_side is not PositionSide.BOTH:
        raise Unsupported(
            "BitMart spot has no positions to reduce or close.", advice="Sell what you hold with a plain order."
        )
    if intent.type.has_trigger:
        raise Unsupported(
            "BitMart's documentation does not tell how a spot order that waits for a trigger reads back.",
            advice="Use a limit order, or spot.algo.create in explore.",
        )
    margin = intent.instrument.market is Market.MARGIN
    id, name = ("spot.margin_order.create", "clientOrderId") if margin else ("spot.order.create", "client_order_id")
    args: dict[str, Any] = {"symbol": intent.instrument.native, "side": intent.side.value}
    args |= given(**{name: intent.client_id or None})
    if intent.type is OrderType.LIMIT:
        force = intent.time_in_force or TimeInForce.GTC
        if force not in SPOT_TYPES:
            raise Unsupported("BitMart spot has no fill-or-kill.", advice="Use time_in_force ioc.")
        return id, args | {"type": SPOT_TYPES[force], "price": intent.price, "size": intent.size}
    if intent.side is Side.BUY and intent.quote_size is None:
        raise Unsupported(
            "BitMart sizes a spot market buy in the quote coin (notional).",
            advice="Use quote_size, or a limit order with time_in_force ioc.",
        )
    if intent.side is Side.SELL and intent.size is None:
        raise Unsupported("BitMart sizes a spot market sell in the base coin.", advice="Use size.")
    sized = {"notional": intent.quote_size} if intent.side is Side.BUY else {"size": intent.size}
    return id, args | {"type": "market"} | sized


def side_code(side: Side, position_side: PositionSide, *, reduces: bool) -> int:
    """1 open long, 2 close short, 3 close long, 4 open short.

    In one-way mode the same numbers are 1 buy, 2 buy to reduce, 3 sell to reduce, 4 sell.
    https://developer-pro.bitmart.com/en/futuresv2/#submit-order-signed
    """
    buys = side is Side.BUY
    if position_side is not PositionSide.BOTH:
        reduces = buys != (position_side is PositionSide.LONG)
    if buys:
        return 2 if reduces else 1
    return 3 if reduces else 4


def futures_order(intent: OrderIntent) -> Placed:
    """Returns the endpoint's id and what it takes.

    Raises:
        Unsupported: a size in quote.
        BadArgument: an opening or waiting order without leverage and margin mode, closing a position with a size or a
            type that does not close, a trailing stop without an activation price or with another callback than
            BitMart takes.
    """
    if intent.quote_size is not None:
        raise Unsupported("BitMart takes a size in contracts, not in quote.", advice="Divide the amount by the price.")
    code = side_code(intent.side, intent.position_side, reduces=intent.reduce_only or intent.close_position)
    if intent.close_position:
        return "futures.tpsl.create", protection(
            intent.instrument.native, _closing(intent), code, trigger=intent.trigger, by=intent.trigger_by
        ) | given(client_order_id=intent.client_id or None)
    args: dict[str, Any] = {"symbol": intent.instrument.native, "side": code, "size": intent.size}
    terms = given(leverage=None if intent.leverage is None else str(intent.leverage),
                  open_type=None if intent.margin_mode is None else intent.margin_mode.value)  # fmt: skip
    if len(terms) < 2 and (code in (1, 4) or intent.type.has_trigger):
        raise BadArgument(
            "BitMart wants leverage and margin mode with this order, and does not tell which hold now.",
            advice="Say leverage and margin_mode.",
        )
    kind = "limit" if intent.type.has_price else "market"
    if not intent.type.has_trigger:
        terms = terms if code in (1, 4) else {}
        priced = (
            {"price": intent.price, "mode": MODES[intent.time_in_force or TimeInForce.GTC]} if kind == "limit" else {}
        )
        named = given(client_order_id=intent.client_id or None)
        return "futures.order.create", args | {"type": kind} | priced | terms | named
    if intent.client_id:
        raise Unsupported("BitMart's plan and trailing orders have no client id of one's own.", advice="Leave it out.")
    if intent.type is OrderType.TRAILING_STOP:
        return "futures.trail.create", args | terms | _trailing(intent)
    rises = (intent.type in STOPS) == (intent.side is Side.BUY)
    limited = {"executive_price": intent.price, "mode": MODES[intent.time_in_force or TimeInForce.GTC]}
    return "futures.plan.create", args | terms | (limited if kind == "limit" else {}) | {
        "type": kind,
        "trigger_price": intent.trigger,
        "price_way": 1 if rises else 2,
        "price_type": PRICE_TYPES[intent.trigger_by],
    }  # fmt: skip


def _trailing(intent: OrderIntent) -> dict[str, Any]:
    rate = intent.callback_percent
    if intent.activation is None:
        raise BadArgument(
            "A trailing stop on BitMart wants an activation price.",
            advice="Give activation: the price from which on it trails.",
        )
    if rate is None or not Decimal("0.1") <= rate <= 5:
        raise BadArgument(
            "A trailing stop on BitMart trails by 0.1 to 5 percent.", advice="Choose callback_percent so."
        )
    return {
        "activation_price": intent.activation,
        "callback_rate": rate,
        "activation_price_type": PRICE_TYPES[intent.trigger_by],
    }


def _closing(intent: OrderIntent) -> str:
    if intent.type not in CLOSES:
        raise BadArgument("Only a stop-market or take-profit-market order can close whatever is open.")
    if intent.size is not None:
        raise BadArgument("An order that closes whatever is open has no size.")
    return CLOSES[intent.type]


def protection(
    symbol: str, kind: str, code: int, *, trigger: Decimal | None, by: TriggerBy, size: Decimal | None = None
) -> dict[str, Any]:
    """Returns what POST /contract/private/submit-tp-sl-order takes; market execution."""
    return {
        "symbol": symbol,
        "type": kind,
        "side": code,
        "trigger_price": trigger,
        "executive_price": "0",
        "price_type": PRICE_TYPES[by],
        "plan_category": 2 if size is None else 1,
        "category": "market",
    } | given(size=size)
