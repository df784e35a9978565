"""USDS-margined futures: plain orders, batches, and the conditional (algo) orders."""

from __future__ import annotations

from blave_mcp.exchanges.binance.base import (
    ANY_SYMBOL,
    BINANCE,
    FUTURES_DOCS,
    FUTURES_TIME_IN_FORCE,
    ORDER_ID,
    ORIG_CLIENT_ORDER_ID,
    POSITION_SIDE,
    PRICE_MATCH,
    SIDE,
    SYMBOL,
    at_least_one,
    by_type,
    each_of,
    exactly_one,
    id_list,
    limit,
    moment,
    not_together,
    percent,
    together,
)
from blave_mcp.exchanges.params import Args, client_id, decimal, flag, integer, json_list, json_value, one_of, text

SPAN = (moment("startTime"), moment("endTime"))
CONDITIONAL = ("STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET")
LIMITED = ("STOP", "TAKE_PROFIT")
CLOSING = ("STOP_MARKET", "TAKE_PROFIT_MARKET")
STP = one_of(
    "selfTradePreventionMode", ("EXPIRE_MAKER", "EXPIRE_TAKER", "EXPIRE_BOTH", "NONE"), "For IOC, GTC and GTD alone."
)
RESPONSE = one_of("newOrderRespType", ("ACK", "RESULT"), "RESULT waits for a market order's fill.", example="RESULT")
GOOD_TILL = moment("goodTillDate", "When a GTD order ends: Unix milliseconds, more than 600 s from now.")
TIME_IN_FORCE = one_of(
    "timeInForce", FUTURES_TIME_IN_FORCE, "Required for LIMIT; GTX is post-only, GTD wants goodTillDate."
)
REDUCE_ONLY = flag("reduceOnly", "Only makes a position smaller; not in hedge mode.")
QUANTITY = decimal("quantity", "In base.", example="0.001")
PRICE = decimal("price", "Required for LIMIT.", example="60000")


def not_conditional(args: Args) -> str | None:
    """https://developers.binance.com/docs/derivatives/change-log#2025-11-06 (error -4120 since 2025-12-09)."""
    if args["type"] in CONDITIONAL:
        return (
            f"Binance takes {args['type']} orders at futures.algo.create (POST /fapi/v1/algoOrder, stopPrice is"
            " triggerPrice there) and refuses them here with -4120."
        )
    return None


def good_till_date(args: Args) -> str | None:
    if (args.get("timeInForce") == "GTD") != ("goodTillDate" in args):
        return "goodTillDate is required for timeInForce GTD, and only for it."
    return None


def one_way_reduce(args: Args) -> str | None:
    if "reduceOnly" in args and args.get("positionSide", "BOTH") != "BOTH":
        return "reduceOnly cannot be given in hedge mode: there positionSide and side say which position shrinks."
    return None


PLAIN = together(
    not_conditional,
    by_type(
        {"LIMIT": ("timeInForce", "quantity", "price|priceMatch"), "MARKET": ("quantity",)},
        {"price": ("LIMIT",), "timeInForce": ("LIMIT",), "priceMatch": ("LIMIT",)},
    ),
    not_together("price", "priceMatch"),
    good_till_date,
    one_way_reduce,
)
"""https://developers.binance.com/en/docs/catalog/core-trading-derivatives-trading-usd-s-m-futures/api/rest-api/trade#new-order"""

ORDER = (
    SYMBOL, SIDE, POSITION_SIDE,
    one_of("type", ("LIMIT", "MARKET", *CONDITIONAL), "LIMIT or MARKET; for the others see futures.algo.create.",
           required=True, example="MARKET"),
    TIME_IN_FORCE, QUANTITY, REDUCE_ONLY, PRICE, client_id("newClientOrderId"), RESPONSE, PRICE_MATCH, STP, GOOD_TILL,
)  # fmt: skip

BINANCE.write(
    "futures.order.create", "POST /fapi/v1/order",
    doc="Places a limit or market order.", url=f"{FUTURES_DOCS}trade#new-order", bucket="futures.orders",
    params=ORDER, rule=PLAIN,
)  # fmt: skip


def close_position(args: Args) -> str | None:
    if not args.get("closePosition"):
        return None
    if args["type"] not in CLOSING:
        return f"closePosition belongs to {' and '.join(CLOSING)}."
    for name in ("quantity", "reduceOnly"):
        if name in args:
            return f"{name} cannot be given with closePosition."
    if (args["side"], args.get("positionSide")) in (("BUY", "LONG"), ("SELL", "SHORT")):
        return "closePosition closes: SELL for a LONG position, BUY for a SHORT one."
    return None


def conditional_size(args: Args) -> str | None:
    if args["type"] in CONDITIONAL and not args.get("closePosition") and "quantity" not in args:
        return f"quantity is required for {args['type']}{', or closePosition' if args['type'] in CLOSING else ''}."
    return None


# The documentation of this validator still lists the conditional types, with stopPrice and activationPrice.
TESTED = {
    "LIMIT": ("timeInForce", "quantity", "price|priceMatch"),
    "MARKET": ("quantity",),
    "STOP": ("price|priceMatch", "stopPrice"),
    "TAKE_PROFIT": ("price|priceMatch", "stopPrice"),
    "STOP_MARKET": ("stopPrice",),
    "TAKE_PROFIT_MARKET": ("stopPrice",),
    "TRAILING_STOP_MARKET": ("callbackRate",),
}
TRIGGERED = ("STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET")
BINANCE.validate(
    "futures.order.test", "POST /fapi/v1/order/test",
    doc="Checks an order without placing it.", url=f"{FUTURES_DOCS}trade#test-order", bucket="futures.weight",
    params=[
        *ORDER,
        decimal("stopPrice", "Trigger of STOP and TAKE_PROFIT types.", example="59000"),
        flag("closePosition", "Closes whatever is open; STOP_MARKET and TAKE_PROFIT_MARKET alone."),
        decimal("activationPrice", "Where a trailing stop starts to follow the price.", example="61000"),
        percent("callbackRate"),
        one_of("workingType", ("CONTRACT_PRICE", "MARK_PRICE"), "The price that triggers."),
        flag("priceProtect", "Do not trigger while mark and last price are far apart."),
    ],
    rule=together(
        by_type(
            TESTED,
            {
                "price": ("LIMIT", *LIMITED), "priceMatch": ("LIMIT", *LIMITED), "timeInForce": ("LIMIT", *LIMITED),
                "stopPrice": TRIGGERED, "callbackRate": ("TRAILING_STOP_MARKET",),
                "activationPrice": ("TRAILING_STOP_MARKET",),
            },
        ),
        not_together("price", "priceMatch"), good_till_date, one_way_reduce, close_position, conditional_size,
    ),
)  # fmt: skip

# Conditional orders.

BINANCE.write(
    "futures.algo.create", "POST /fapi/v1/algoOrder",
    doc="Places a conditional order: stop, take-profit or trailing stop.",
    url=f"{FUTURES_DOCS}trade#new-algo-order", bucket="futures.orders",
    params=[
        one_of("algoType", ("CONDITIONAL",), required=True),
        SYMBOL, SIDE, POSITION_SIDE,
        one_of("type", CONDITIONAL, "STOP and TAKE_PROFIT place a limit order.", required=True, example="STOP_MARKET"),
        one_of("timeInForce", FUTURES_TIME_IN_FORCE, "Of the limit order that a STOP or TAKE_PROFIT places (GTC)."),
        QUANTITY,
        decimal("price", "Limit price, for STOP and TAKE_PROFIT.", example="58900"),
        decimal("triggerPrice", "Where it triggers; every type but TRAILING_STOP_MARKET.", example="59000"),
        one_of("workingType", ("CONTRACT_PRICE", "MARK_PRICE"), "The price that triggers: last (default) or mark."),
        PRICE_MATCH,
        flag("closePosition", "Closes whatever is then open; without quantity; STOP_MARKET and TAKE_PROFIT_MARKET."),
        flag("priceProtect", "Do not trigger while mark and last price are far apart.", example=False),
        REDUCE_ONLY,
        decimal("activatePrice", "Where a trailing stop starts to follow; at once unless told.", example="61000"),
        percent("callbackRate"),
        client_id("clientAlgoId"), RESPONSE, STP, GOOD_TILL,
    ],
    rule=together(
        by_type(
            {
                "STOP": ("price|priceMatch", "triggerPrice"), "TAKE_PROFIT": ("price|priceMatch", "triggerPrice"),
                "STOP_MARKET": ("triggerPrice",), "TAKE_PROFIT_MARKET": ("triggerPrice",),
                "TRAILING_STOP_MARKET": ("callbackRate",),
            },
            {
                "price": LIMITED, "priceMatch": LIMITED, "timeInForce": LIMITED, "triggerPrice": TRIGGERED,
                "callbackRate": ("TRAILING_STOP_MARKET",), "activatePrice": ("TRAILING_STOP_MARKET",),
            },
        ),
        not_together("price", "priceMatch"), good_till_date, one_way_reduce, close_position, conditional_size,
    ),
)  # fmt: skip
ALGO_ID = integer("algoId", "The venue's id of the conditional order.", example=1)
CLIENT_ALGO_ID = text("clientAlgoId", "Its client id.", example="x-1")
BINANCE.write(
    "futures.algo.cancel", "DELETE /fapi/v1/algoOrder",
    doc="Cancels a conditional order.", url=f"{FUTURES_DOCS}trade#cancel-algo-order", bucket="futures.weight",
    params=[ALGO_ID, CLIENT_ALGO_ID], rule=at_least_one("algoId", "clientAlgoId"),
)  # fmt: skip
BINANCE.write(
    "futures.algo.cancel_all", "DELETE /fapi/v1/algoOpenOrders",
    doc="Cancels every conditional order in a symbol.", url=f"{FUTURES_DOCS}trade#cancel-all-algo-open-orders",
    bucket="futures.weight", params=[SYMBOL],
)  # fmt: skip
BINANCE.read(
    "futures.algo.get", "GET /fapi/v1/algoOrder",
    doc="One conditional order in any state.", url=f"{FUTURES_DOCS}trade#query-algo-order", bucket="futures.weight",
    params=[ALGO_ID, CLIENT_ALGO_ID], rule=at_least_one("algoId", "clientAlgoId"),
)  # fmt: skip
BINANCE.read(
    "futures.algo.open", "GET /fapi/v1/openAlgoOrders",
    doc="Open conditional orders (weight 40 without a symbol).",
    url=f"{FUTURES_DOCS}trade#current-all-algo-open-orders", bucket="futures.weight",
    params=[one_of("algoType", ("CONDITIONAL",)), ANY_SYMBOL, ALGO_ID],
)  # fmt: skip
BINANCE.read(
    "futures.algo.list", "GET /fapi/v1/allAlgoOrders",
    doc="Conditional orders in a symbol in any state; less than 7 days between startTime and endTime.",
    url=f"{FUTURES_DOCS}trade#query-all-algo-orders", bucket="futures.weight", weight=5,
    params=[SYMBOL, ALGO_ID, *SPAN, limit(1000, 500)],
)  # fmt: skip

# Plain orders.

MODIFY = (
    ORDER_ID, ORIG_CLIENT_ORDER_ID, SYMBOL, SIDE,
    decimal("quantity", "New total quantity, in base.", required=True, example="0.002"),
    decimal("price", "New price; or priceMatch.", example="60001"), PRICE_MATCH,
    integer("modifyId", "Any number of the caller's; the answer repeats it.", example=1),
)  # fmt: skip
MODIFY_RULE = together(at_least_one("orderId", "origClientOrderId"), exactly_one("price", "priceMatch"))
BINANCE.write(
    "futures.order.modify", "PUT /fapi/v1/order",
    doc="Changes quantity and price of a LIMIT order; it loses its place in the queue.",
    url=f"{FUTURES_DOCS}trade#modify-order", bucket="futures.orders", params=MODIFY, rule=MODIFY_RULE,
)  # fmt: skip
BINANCE.write(
    "futures.order.cancel", "DELETE /fapi/v1/order",
    doc="Cancels an order.", url=f"{FUTURES_DOCS}trade#cancel-order", bucket="futures.weight",
    params=[SYMBOL, ORDER_ID, ORIG_CLIENT_ORDER_ID], rule=at_least_one("orderId", "origClientOrderId"),
)  # fmt: skip
BINANCE.write(
    "futures.order.cancel_all", "DELETE /fapi/v1/allOpenOrders",
    doc="Cancels every plain open order in a symbol; conditional ones are cancelled by futures.algo.cancel_all.",
    url=f"{FUTURES_DOCS}trade#cancel-all-open-orders", bucket="futures.weight", params=[SYMBOL],
)  # fmt: skip
BINANCE.read(
    "futures.order.get", "GET /fapi/v1/order",
    doc="One order in any state; cancelled or expired ones without a fill for 3 days, others for 90.",
    url=f"{FUTURES_DOCS}trade#query-order", bucket="futures.weight",
    params=[SYMBOL, ORDER_ID, ORIG_CLIENT_ORDER_ID], rule=at_least_one("orderId", "origClientOrderId"),
)  # fmt: skip
BINANCE.read(
    "futures.order.open_one", "GET /fapi/v1/openOrder",
    doc="One open order.", url=f"{FUTURES_DOCS}trade#query-current-open-order", bucket="futures.weight",
    params=[SYMBOL, ORDER_ID, ORIG_CLIENT_ORDER_ID], rule=at_least_one("orderId", "origClientOrderId"),
)  # fmt: skip
BINANCE.read(
    "futures.order.open", "GET /fapi/v1/openOrders",
    doc="Open orders (weight 40 without a symbol).", url=f"{FUTURES_DOCS}trade#current-all-open-orders",
    bucket="futures.weight", params=[ANY_SYMBOL],
)  # fmt: skip
BINANCE.read(
    "futures.order.list", "GET /fapi/v1/allOrders",
    doc="Orders in a symbol in any state; less than 7 days between startTime and endTime.",
    url=f"{FUTURES_DOCS}trade#all-orders", bucket="futures.weight", weight=5,
    params=[SYMBOL, ORDER_ID, *SPAN, limit(1000, 500)],
)  # fmt: skip

# Batches.

BINANCE.write(
    "futures.batch.create", "POST /fapi/v1/batchOrders",
    doc="Places up to 5 orders; each succeeds or fails by itself.",
    url=f"{FUTURES_DOCS}trade#place-multiple-orders", bucket="futures.orders", weight=5,
    params=[json_list("batchOrders", ORDER, "As for futures.order.create.", required=True, most=5)],
    rule=each_of("batchOrders", PLAIN),
)  # fmt: skip
BINANCE.write(
    "futures.batch.modify", "PUT /fapi/v1/batchOrders",
    doc="Changes up to 5 LIMIT orders; each succeeds or fails by itself.",
    url=f"{FUTURES_DOCS}trade#modify-multiple-orders", bucket="futures.orders", weight=5,
    params=[json_list("batchOrders", MODIFY, "As for futures.order.modify.", required=True, most=5)],
    rule=each_of("batchOrders", MODIFY_RULE),
)  # fmt: skip
BINANCE.write(
    "futures.batch.cancel", "DELETE /fapi/v1/batchOrders",
    doc="Cancels up to 10 orders of one symbol.", url=f"{FUTURES_DOCS}trade#cancel-multiple-orders",
    bucket="futures.weight",
    params=[
        SYMBOL,
        json_value("orderIdList", "Up to 10 order ids.", example=[1234567, 2345678]),
        json_value("origClientOrderIdList", "Up to 10 client ids.", example=["x-1", "x-2"]),
    ],
    rule=together(
        exactly_one("orderIdList", "origClientOrderIdList"),
        id_list("orderIdList", 10, int), id_list("origClientOrderIdList", 10, str),
    ),
)  # fmt: skip
