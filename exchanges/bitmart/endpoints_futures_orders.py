"""Orders on perpetuals: plain, plan (trigger), take-profit and stop-loss, trailing; their queries and fills."""

from __future__ import annotations

from blave_mcp.exchanges.bitmart.base import (
    ACCOUNT,
    ANY_CONTRACT,
    BITMART,
    CLIENT_ORDER_ID,
    CONTRACT,
    FUTURES_DOCS,
    FUTURES_SIDE,
    LEVERAGE,
    MODE,
    OPEN_TYPE,
    ORDER_ID,
    PRESETS,
    PRICE_TYPE,
    at_least_one,
    contracts,
    limit,
    limit_or_market,
    maker_only_limits,
    opens_with_terms,
    presets_open,
    price,
    required,
    second,
    together,
    whole_contracts,
)
from blave_mcp.exchanges.cautions import TIMED
from blave_mcp.exchanges.endpoint import Auth
from blave_mcp.exchanges.params import Args, client_id, decimal, integer, one_of

LIMIT_MARKET = one_of("type", ("limit", "market"), "limit unless told.")
NUMBER = integer("order_id", "The venue's own id.", low=1, example=23456789012345678)
TRIGGER = price("trigger_price", "Where it fires.", required=True, example="65000")
EXECUTIVE = price("executive_price", "Price of the order that is then placed; 0 for market.", low=0, example="64900")
CATEGORY = one_of("category", ("limit", "market"), "Of the order that is then placed; market for a whole position.")
SPAN = (second("start_time", "Unix seconds; the last 7 days unless told, 90 at the most."), second("end_time"))
IDENTIFIED = at_least_one("order_id", "client_order_id")
CLOSING = integer(
    "side", "2 closes a short (one-way: buys to reduce), 3 closes a long (sells to reduce).",
    low=2, high=3, required=True,
)  # fmt: skip


def one_id(args: Args) -> str | None:
    """At most one of order_id and client_order_id."""
    return "Give one of order_id and client_order_id." if {"order_id", "client_order_id"} <= args.keys() else None


# Plain orders.

BITMART.write(
    "futures.order.create", "POST /contract/private/submit-order",
    doc="Places an order, with a preset take-profit and stop-loss if wished.",
    url=f"{FUTURES_DOCS}submit-order-signed", bucket="key.24",
    params=[
        CONTRACT, FUTURES_SIDE, LIMIT_MARKET, price(doc="For type limit."), contracts(required=True), LEVERAGE,
        OPEN_TYPE, MODE, client_id("client_order_id"),
        integer("stp_mode", "Against trading with oneself: 1 cancel maker (default), 2 taker, 3 both.", low=1, high=3),
        *PRESETS,
    ],
    rule=together(limit_or_market("price"), whole_contracts, opens_with_terms, maker_only_limits, presets_open),
)  # fmt: skip
BITMART.write(
    "futures.order.cancel", "POST /contract/private/cancel-order",
    doc="Cancels an order; without an id every open order of the contract.",
    url=f"{FUTURES_DOCS}cancel-order-signed", bucket="key.40", params=[CONTRACT, ORDER_ID, CLIENT_ORDER_ID],
    rule=one_id,
)  # fmt: skip
BITMART.write(
    "futures.order.cancel_all", "POST /contract/private/cancel-orders",
    doc="Cancels every open order of a contract.", url=f"{FUTURES_DOCS}cancel-all-orders-signed",
    bucket="sweep", params=[CONTRACT],
)  # fmt: skip
BITMART.write(
    "futures.order.modify", "POST /contract/private/modify-limit-order",
    doc="Changes the price or the size of a limit order.", url=f"{FUTURES_DOCS}modify-limit-order-signed",
    bucket="uid.24",
    params=[CONTRACT, NUMBER, CLIENT_ORDER_ID, price(doc="The new price."), contracts("The new size.")],
    rule=together(IDENTIFIED, at_least_one("price", "size"), whole_contracts),
)  # fmt: skip


def zero_or_five(args: Args) -> str | None:
    """timeout is 0 or at least 5."""
    return "timeout is 0 or at least 5." if 0 < args["timeout"] < 5 else None


BITMART.write(
    "futures.order.cancel_after", "POST /contract/private/cancel-all-after", caution=TIMED,
    doc="Cancels every open order of a contract when the countdown ends; 0 stops the countdown.",
    url=f"{FUTURES_DOCS}timed-cancel-all-orders-signed", bucket="uid.4",
    params=[CONTRACT, integer("timeout", "Seconds, from 5 on; 0 stops it.", required=True, example=60)],
    rule=zero_or_five,
)  # fmt: skip

# Orders that wait for a trigger.

BITMART.write(
    "futures.plan.create", "POST /contract/private/submit-plan-order",
    doc="Places an order that waits for a trigger.", url=f"{FUTURES_DOCS}submit-plan-order-signed", bucket="uid.24",
    params=[
        CONTRACT, FUTURES_SIDE,
        one_of("type", ("limit", "market", "take_profit", "stop_loss"), "limit unless told."), required(LEVERAGE),
        required(OPEN_TYPE), MODE, contracts(required=True), TRIGGER, EXECUTIVE,
        integer(
            "price_way", "Fires when the price 1 rises to the trigger, 2 falls to it.", low=1, high=2, required=True
        ),
        PRICE_TYPE, integer("plan_category", "1 TP/SL of a size, 2 of the whole position.", low=1, high=2), *PRESETS,
    ],
    rule=together(limit_or_market("executive_price"), whole_contracts, maker_only_limits, presets_open),
)  # fmt: skip
BITMART.write(
    "futures.plan.cancel", "POST /contract/private/cancel-plan-order",
    doc="Cancels a plan, take-profit or stop-loss order; without an id every one of the contract.",
    url=f"{FUTURES_DOCS}cancel-plan-order-signed", bucket="key.40", params=[CONTRACT, ORDER_ID, CLIENT_ORDER_ID],
    rule=one_id,
)  # fmt: skip
BITMART.write(
    "futures.plan.modify", "POST /contract/private/modify-plan-order",
    doc="Changes the trigger and the price of a plan order.", url=f"{FUTURES_DOCS}modify-plan-order-signed",
    bucket="uid.24",
    params=[CONTRACT, ORDER_ID, required(LIMIT_MARKET), TRIGGER, EXECUTIVE, PRICE_TYPE],
    rule=limit_or_market("executive_price"),
)  # fmt: skip
BITMART.write(
    "futures.tpsl.create", "POST /contract/private/submit-tp-sl-order",
    doc="Places a take-profit or a stop-loss for an open position.", url=f"{FUTURES_DOCS}submit-tp-sl-order-signed",
    bucket="uid.24",
    params=[
        CONTRACT, one_of("type", ("take_profit", "stop_loss"), required=True), CLOSING, TRIGGER, required(EXECUTIVE),
        PRICE_TYPE, contracts("The whole position where it is left out."),
        integer("plan_category", "1 for a size, 2 for the whole position (default).", low=1, high=2),
        client_id("client_order_id"), CATEGORY,
    ],
    rule=whole_contracts,
)  # fmt: skip


def priced_if_sized(args: Args) -> str | None:
    """executive_price is required for plan_category 1."""
    wrong = args.get("plan_category") == 1 and "executive_price" not in args
    return "executive_price is required for plan_category 1." if wrong else None


BITMART.write(
    "futures.tpsl.modify", "POST /contract/private/modify-tp-sl-order",
    doc="Changes a take-profit or a stop-loss.", url=f"{FUTURES_DOCS}modify-tp-sl-order-signed", bucket="uid.24",
    params=[
        CONTRACT, ORDER_ID, CLIENT_ORDER_ID, TRIGGER, EXECUTIVE, PRICE_TYPE,
        integer("plan_category", "1 for a size, 2 for the whole position.", low=1, high=2), CATEGORY,
    ],
    rule=together(IDENTIFIED, priced_if_sized),
)  # fmt: skip
BITMART.write(
    "futures.preset.modify", "POST /contract/private/modify-preset-plan-order",
    doc="Changes the preset take-profit and stop-loss of an open order.",
    url=f"{FUTURES_DOCS}modify-preset-plan-order-signed", bucket="uid.24",
    params=[CONTRACT, required(ORDER_ID), *PRESETS],
    rule=at_least_one("preset_take_profit_price", "preset_stop_loss_price"),
)  # fmt: skip
BITMART.write(
    "futures.trail.create", "POST /contract/private/submit-trail-order",
    doc="Places a trailing stop.", url=f"{FUTURES_DOCS}submit-trail-order-signed", bucket="uid.24",
    params=[
        CONTRACT, FUTURES_SIDE, required(LEVERAGE), required(OPEN_TYPE), contracts(required=True),
        price("activation_price", "From here on it trails.", required=True, example="72000"),
        decimal("callback_rate", "Percent, 0.1 to 5.", required=True, low="0.1", high=5, example="2"),
        integer("activation_price_type", "1 last, 2 mark.", low=1, high=2, required=True),
    ],
    rule=whole_contracts,
)  # fmt: skip
BITMART.write(
    "futures.trail.cancel", "POST /contract/private/cancel-trail-order",
    doc="Cancels a trailing stop; without an id every one of the contract.",
    url=f"{FUTURES_DOCS}cancel-trail-order-signed", bucket="uid.24", params=[CONTRACT, ORDER_ID],
)  # fmt: skip

# Queries. A key alone is enough; nothing is signed.

BITMART.read(
    "futures.order.get", "GET /contract/private/order",
    doc="One order.", url=f"{FUTURES_DOCS}get-order-detail-keyed", bucket="key.50", auth=Auth.KEY,
    params=[CONTRACT, required(ORDER_ID), ACCOUNT],
)  # fmt: skip
BITMART.read(
    "futures.order.list", "GET /contract/private/order-history",
    doc="Orders that are done, the newest 200 at most.", url=f"{FUTURES_DOCS}get-order-history-keyed",
    bucket="history", auth=Auth.KEY, params=[CONTRACT, ORDER_ID, CLIENT_ORDER_ID, ACCOUNT, *SPAN],
)  # fmt: skip
BITMART.read(
    "futures.order.open", "GET /contract/private/get-open-orders",
    doc="Open orders, trailing ones included.", url=f"{FUTURES_DOCS}get-all-open-orders-keyed",
    bucket="key.50", auth=Auth.KEY,
    params=[
        ANY_CONTRACT, one_of("type", ("limit", "market", "trailing"), "One type alone."),
        one_of("order_state", ("all", "partially_filled"), "all unless told."), limit(100, 100),
    ],
)  # fmt: skip
BITMART.read(
    "futures.plan.open", "GET /contract/private/current-plan-order",
    doc="Plan, take-profit and stop-loss orders that wait.", url=f"{FUTURES_DOCS}get-all-current-plan-orders-keyed",
    bucket="key.50", auth=Auth.KEY,
    params=[
        ANY_CONTRACT, one_of("type", ("limit", "market"), "One type alone."), limit(100, 100),
        one_of("plan_type", ("plan", "profit_loss"), "plan, or take-profit and stop-loss; both unless told."),
    ],
)  # fmt: skip
BITMART.read(
    "futures.fills.list", "GET /contract/private/trades",
    doc="The account's own trades, the newest 200 at most.", url=f"{FUTURES_DOCS}get-order-trade-keyed",
    bucket="fills", auth=Auth.KEY, params=[ANY_CONTRACT, ACCOUNT, *SPAN, NUMBER, CLIENT_ORDER_ID],
)  # fmt: skip
