"""Orders on perpetuals: plain, conditional, batches, replacements, TWAP, and what became of them."""

from __future__ import annotations

from blave_mcp.exchanges.bingx.base import (
    ANY_SYMBOL,
    BINGX,
    FORCES,
    ORDER_ID,
    SIDE,
    SWAP_TRADE,
    SYMBOL,
    at_least_one,
    by_type,
    each_of,
    exactly_one,
    id_list,
    limit,
    moment,
    page,
    read,
    together,
    truth,
    write,
)
from blave_mcp.exchanges.bingx.endpoints_swap import CURRENCY, SPAN
from blave_mcp.exchanges.cautions import TIMED
from blave_mcp.exchanges.params import Args, client_id, decimal, integer, json_list, json_value, one_of, text

TYPES = (
    "MARKET", "LIMIT", "STOP_MARKET", "STOP", "TAKE_PROFIT_MARKET", "TAKE_PROFIT", "TRIGGER_MARKET", "TRIGGER_LIMIT",
    "TRAILING_STOP_MARKET", "TRAILING_TP_SL",
)  # fmt: skip
TRIGGERED = TYPES[2:8]
TRAILING = TYPES[8:]
CLOSING = ("STOP_MARKET", "TAKE_PROFIT_MARKET")
CLIENT_ORDER_ID = text("clientOrderId", "The order's client id.", example="abc1")
ORDER = (
    SYMBOL, SIDE, one_of("type", TYPES, required=True),
    one_of("positionSide", ("BOTH", "LONG", "SHORT"), "BOTH in one-way mode; LONG or SHORT in hedge mode."),
    decimal("quantity", "In base units.", example="0.001"),
    decimal("quoteOrderQty", "In quote; quantity goes before it.", example="100"),
    decimal("price", "Limit price; on a trailing order the distance in quote.", example="60000"),
    decimal("stopPrice", "Trigger.", example="61000"),
    decimal("priceRate", "Trailing distance as a fraction: 0.05 is 5 %.", high=1, example="0.01"),
    decimal("activationPrice", "Where a trailing order starts to trail; at once if left out.", example="62000"),
    one_of("workingType", ("MARK_PRICE", "CONTRACT_PRICE", "INDEX_PRICE"), "What triggers; MARK_PRICE unless told."),
    one_of("timeInForce", FORCES, "GTC unless told."),
    truth("reduceOnly", "One-way mode only."),
    truth("closePosition", "Closes whatever is open when it triggers; without a quantity."),
    one_of("stopGuaranteed", ("true", "false", "cutfee"), "A guaranteed stop, for a fee."),
    json_value("stopLoss", "Attached stop-loss: {type, stopPrice, price, workingType}; MARKET and LIMIT only.",
               example={"type": "STOP_MARKET", "stopPrice": "50000", "workingType": "MARK_PRICE"}),
    json_value("takeProfit", "Attached take-profit, like stopLoss.",
               example={"type": "TAKE_PROFIT_MARKET", "stopPrice": "70000", "workingType": "MARK_PRICE"}),
    integer("positionId", "To close a position of SEPARATE_ISOLATED mode.", example=1),
    client_id("clientOrderId", "1 to 40 letters and digits, kept in small letters; MARKET and LIMIT alone keep it."),
)  # fmt: skip
_TYPE_RULE = by_type(
    {
        "MARKET": ("quantity|quoteOrderQty",),
        "LIMIT": ("quantity|quoteOrderQty", "price"),
        "STOP_MARKET": ("stopPrice", "quantity|closePosition"),
        "TAKE_PROFIT_MARKET": ("stopPrice", "quantity|closePosition"),
        "STOP": ("stopPrice", "price", "quantity"),
        "TAKE_PROFIT": ("stopPrice", "price", "quantity"),
        "TRIGGER_MARKET": ("stopPrice", "quantity"),
        "TRIGGER_LIMIT": ("stopPrice", "price", "quantity"),
        "TRAILING_STOP_MARKET": ("priceRate|price", "quantity"),
        "TRAILING_TP_SL": ("priceRate|price",),
    },
    {
        "price": ("LIMIT", "STOP", "TAKE_PROFIT", "TRIGGER_LIMIT", *TRAILING),
        "stopPrice": TRIGGERED,
        "priceRate": TRAILING,
        "activationPrice": TRAILING,
        "closePosition": CLOSING,
        "stopLoss": ("MARKET", "LIMIT"),
        "takeProfit": ("MARKET", "LIMIT"),
        "stopGuaranteed": TRIGGERED,
    },
)


def sides(args: Args) -> str | None:
    if args.get("positionSide") in ("LONG", "SHORT") and "reduceOnly" in args:
        return "reduceOnly is not taken in hedge mode; side and positionSide say it."
    if "closePosition" in args and "quantity" in args:
        return "quantity cannot be given with closePosition."
    return None


def attached(args: Args) -> str | None:
    """https://github.com/BingX-API/api-ai-skills/blob/master/skills/swap-trade/api-reference.md (1. Place Order)"""
    for name, kinds in (("stopLoss", ("STOP_MARKET", "STOP")), ("takeProfit", ("TAKE_PROFIT_MARKET", "TAKE_PROFIT"))):
        given = args.get(name)
        if given is None:
            continue
        if not isinstance(given, dict) or given.get("type") not in kinds or "stopPrice" not in given:
            return f"{name} is an object with a type ({' or '.join(kinds)}) and a stopPrice."
    return None


order_rule = together(_TYPE_RULE, sides, attached)
REPLACE = (
    integer("cancelOrderId", "The order to cancel.", example=1),
    text("cancelClientOrderId", "The order to cancel, by its client id."),
    one_of("cancelReplaceMode", ("STOP_ON_FAILURE", "ALLOW_FAILURE"),
           "Whether the new order is placed though the old one could not be cancelled.", required=True),
    one_of("cancelRestrictions", ("ONLY_NEW", "ONLY_PENDING", "ONLY_PARTIALLY_FILLED"),
           "Cancel only if the order is in this state."),
)  # fmt: skip
replace_rule = together(order_rule, at_least_one("cancelOrderId", "cancelClientOrderId"))

write(
    "swap.order.create", "POST /openApi/swap/v2/trade/order",
    doc="Place an order.", url=SWAP_TRADE, params=ORDER, rule=order_rule,
)  # fmt: skip
BINGX.validate(
    "swap.order.test", "POST /openApi/swap/v2/trade/order/test",
    doc="Check an order without placing it.", url=SWAP_TRADE, bucket="swap.order.test", params=ORDER, rule=order_rule,
    reason="a test order changes nothing",
)  # fmt: skip
write(
    "swap.batch.create", "POST /openApi/swap/v2/trade/batchOrders",
    doc="Place up to five orders.", url=SWAP_TRADE, rule=each_of("batchOrders", order_rule),
    params=[json_list("batchOrders", ORDER, "The orders.", required=True, most=5)],
)  # fmt: skip
write(
    "swap.order.cancel", "DELETE /openApi/swap/v2/trade/order",
    doc="Cancel one order.", url=SWAP_TRADE, params=[SYMBOL, ORDER_ID, CLIENT_ORDER_ID],
    rule=exactly_one("orderId", "clientOrderId"),
)  # fmt: skip
write(
    "swap.batch.cancel", "DELETE /openApi/swap/v2/trade/batchOrders",
    doc="Cancel up to ten orders of a symbol.", url=SWAP_TRADE,
    params=[
        SYMBOL, json_value("orderIdList", "Order ids, at most ten.", example=[1234567, 2345678]),
        json_value("clientOrderIdList", "Client ids, at most ten.", example=["abc1", "abc2"]),
    ],
    rule=together(
        exactly_one("orderIdList", "clientOrderIdList"), id_list("orderIdList", 10, int),
        id_list("clientOrderIdList", 10, str),
    ),
)  # fmt: skip
write(
    "swap.order.cancel_all", "DELETE /openApi/swap/v2/trade/allOpenOrders",
    doc="Cancel all open orders, conditional ones included.", url=SWAP_TRADE,
    params=[ANY_SYMBOL, one_of("type", TYPES, "Only orders of this type.")],
)  # fmt: skip
write(
    "swap.kill_switch.set", "POST /openApi/swap/v2/trade/cancelAllAfter", caution=TIMED,
    doc="Cancel all open orders unless this is sent again within the time; or stop that countdown.", url=SWAP_TRADE,
    params=[
        one_of("type", ("ACTIVATE", "CLOSE"), required=True),
        integer("timeOut", "Seconds, 10 to 120.", low=10, high=120, required=True),
    ],
)  # fmt: skip
write(
    "swap.order.amend", "POST /openApi/swap/v1/trade/amend",
    doc="Change the quantity of an open order.", url=SWAP_TRADE,
    params=[SYMBOL, ORDER_ID, CLIENT_ORDER_ID, decimal("quantity", "The new quantity.", required=True)],
    rule=exactly_one("orderId", "clientOrderId"),
)  # fmt: skip
write(
    "swap.order.replace", "POST /openApi/swap/v1/trade/cancelReplace",
    doc="Cancel an order and place another.", url=SWAP_TRADE, params=(*REPLACE, *ORDER), rule=replace_rule,
)  # fmt: skip
write(
    "swap.batch.replace", "POST /openApi/swap/v1/trade/batchCancelReplace",
    doc="Cancel and replace up to five orders, each by itself.", url=SWAP_TRADE,
    params=[json_list("batchOrders", (*REPLACE, *ORDER), "The replacements.", required=True, most=5)],
    rule=each_of("batchOrders", replace_rule),
)  # fmt: skip

# Queries.

read(
    "swap.order.open_one", "GET /openApi/swap/v2/trade/openOrder",
    doc="One open order.", url=SWAP_TRADE, params=[SYMBOL, ORDER_ID, CLIENT_ORDER_ID],
    rule=exactly_one("orderId", "clientOrderId"),
)  # fmt: skip
read(
    "swap.order.get", "GET /openApi/swap/v2/trade/order",
    doc="One order in any state.", url=SWAP_TRADE, params=[SYMBOL, ORDER_ID, CLIENT_ORDER_ID],
    rule=exactly_one("orderId", "clientOrderId"),
)  # fmt: skip
read(
    "swap.order.open", "GET /openApi/swap/v2/trade/openOrders",
    doc="Open orders, conditional ones included.", url=SWAP_TRADE,
    params=[ANY_SYMBOL, one_of("type", TYPES, "Only orders of this type.")],
)  # fmt: skip
read(
    "swap.order.list", "GET /openApi/swap/v2/trade/allOrders",
    doc="Orders that have ended; at most seven days at once, the last seven unless told.", url=SWAP_TRADE,
    params=[ANY_SYMBOL, CURRENCY, integer("orderId", "Only later orders.", example=1), *SPAN,
            limit(1000, 500, required=True)],
)  # fmt: skip
read(
    "swap.order.all", "GET /openApi/swap/v1/trade/fullOrder",
    doc="Orders in any state.", url=SWAP_TRADE,
    params=[ANY_SYMBOL, integer("orderId", "Only later orders.", example=1), *SPAN, limit(1000, 500, required=True)],
)  # fmt: skip
read(
    "swap.liquidation.list", "GET /openApi/swap/v2/trade/forceOrders",
    doc="Orders by which the venue closed positions.", url=SWAP_TRADE,
    params=[ANY_SYMBOL, CURRENCY, one_of("autoCloseType", ("LIQUIDATION", "ADL")), *SPAN, limit(100, 50)],
)  # fmt: skip
_WINDOW = "Unix milliseconds. The last seven days are asked where both are left out."
TS = (moment("startTs", _WINDOW), moment("endTs", _WINDOW))


def whole_window(args: Args) -> str | None:
    return "Give startTs and endTs both, or neither." if ("startTs" in args) != ("endTs" in args) else None


read(
    "swap.fills.list", "GET /openApi/swap/v2/trade/fillHistory",
    doc="The account's trades in a symbol with their fees.", url=SWAP_TRADE, rule=whole_window,
    params=[SYMBOL, CURRENCY, ORDER_ID, integer("lastFillId", "Only later trades.", example=1), *TS, page(),
            limit(1000, 50, name="pageSize")],
)  # fmt: skip
read(
    "swap.fills.all", "GET /openApi/swap/v2/trade/allFillOrders",
    doc="The account's trades in every symbol.", url=SWAP_TRADE, rule=whole_window,
    params=[one_of("tradingUnit", ("COIN", "CONT"), "Sizes in base units or in contracts.", required=True),
            CURRENCY, ORDER_ID, *TS],
)  # fmt: skip

# TWAP.

MAIN_ORDER_ID = text("mainOrderId", "The id of the TWAP order.", required=True, example="1")
write(
    "swap.twap.create", "POST /openApi/swap/v1/twap/order",
    doc="Place a TWAP order, which the venue splits into orders over time.", url=SWAP_TRADE,
    params=[
        SYMBOL, SIDE, one_of("positionSide", ("LONG", "SHORT", "BOTH"), required=True),
        one_of("priceType", ("constant", "percentage"), "How priceVariance is meant.", required=True),
        decimal("priceVariance", "How far from the best price an order may stand: quote units or percent.",
                required=True, example="10"),
        decimal("triggerPrice", "Buys above it and sells below it wait.", required=True, example="60000"),
        integer("interval", "Seconds between two orders, 5 to 120.", low=5, high=120, required=True),
        decimal("amountPerOrder", "Most of one order, in base units.", required=True, example="0.01"),
        decimal("totalAmount", "Of all orders, in base units.", required=True, example="0.1"),
    ],
)  # fmt: skip
write(
    "swap.twap.cancel", "POST /openApi/swap/v1/twap/cancelOrder",
    doc="Stop a TWAP order.", url=SWAP_TRADE, params=[MAIN_ORDER_ID],
)  # fmt: skip
read(
    "swap.twap.open", "GET /openApi/swap/v1/twap/openOrders",
    doc="TWAP orders that run.", url=SWAP_TRADE, params=[ANY_SYMBOL],
)  # fmt: skip
read(
    "swap.twap.list", "GET /openApi/swap/v1/twap/historyOrders",
    doc="TWAP orders that have ended.", url=SWAP_TRADE,
    params=[ANY_SYMBOL, page(required=True), limit(1000, 100, name="pageSize", required=True),
            moment("startTime", required=True), moment("endTime", required=True)],
)  # fmt: skip
read(
    "swap.twap.get", "GET /openApi/swap/v1/twap/orderDetail",
    doc="One TWAP order and what it has done.", url=SWAP_TRADE, params=[MAIN_ORDER_ID],
)  # fmt: skip
