"""Futures: orders that wait for a trigger - plan orders, trailing stops, take-profits and stop-losses."""

from __future__ import annotations

from blave_mcp.exchanges.bitget.base import (
    ANY_COIN,
    ANY_SYMBOL,
    BITGET,
    CLIENT_OID,
    COIN,
    DOCS,
    IDENTIFIED,
    MARGIN_MODE,
    ORDER_ID,
    ORDER_TYPE,
    PAGE,
    PRODUCT_TYPE,
    REDUCE_ONLY,
    SIDE,
    STP,
    SYMBOL,
    TRADE_SIDE,
    TRIGGER_TYPE,
    each_of,
    forbids,
    hedge_or_one_way,
    limit,
    needs,
    price,
    size,
    together,
)
from blave_mcp.exchanges.params import Args, Param, client_id, decimal, json_list, one_of

PROTECTIONS = ("profit_plan", "loss_plan", "moving_plan", "pos_profit", "pos_loss")
PLANS = ("normal_plan", "track_plan", *PROTECTIONS)
HOLD = one_of(
    "holdSide", ("long", "short", "buy", "sell"),
    "The position: long or short in hedge mode; buy (long) or sell (short) in one-way mode.", required=True,
)  # fmt: skip
TRIGGER = price("triggerPrice", "What the market must reach.", required=True)
CALLBACK = decimal("callbackRatio", "Distance of a trailing stop in percent, at most 10.", high=10, example="1")


def preset(kind: str, words: str) -> tuple[Param, ...]:
    """The three parameters of a take-profit or stop-loss that comes with the fill."""
    return (
        price(f"{kind}TriggerPrice", f"Trigger of the {words}; in percent for a trailing stop.", example="70000"),
        price(f"{kind}ExecutePrice", "Its limit price; 0 is market.", low="0", example="0"),
        one_of(f"{kind}TriggerType", ("fill_price", "mark_price"), "Last price or mark."),
    )


PLAN_RULE = together(
    needs("planType", "track_plan", "callbackRatio"),
    forbids("planType", "track_plan", "price", "stopSurplusExecutePrice", "stopLossExecutePrice"),
    forbids("planType", "normal_plan", "callbackRatio"),
    forbids("orderType", "market", "price"),
    hedge_or_one_way,
)


def priced(args: Args) -> str | None:
    """A normal_plan of orderType limit wants a price; a track_plan is market."""
    if args["planType"] == "track_plan":
        return None if args["orderType"] == "market" else "A track_plan has orderType market."
    return needs("orderType", "limit", "price")(args)


BITGET.write(
    "futures.plan.create", "POST /api/v2/mix/order/place-plan-order",
    doc="Places a trigger order or a trailing stop.", url=f"{DOCS}contract/plan/Place-Plan-Order", bucket="uid.10",
    params=[
        one_of("planType", ("normal_plan", "track_plan"), "Trigger order or trailing stop.", required=True),
        SYMBOL, PRODUCT_TYPE, MARGIN_MODE, COIN, size("size", "In base.", required=True),
        price("price", "Required for a limit order."), CALLBACK, TRIGGER,
        one_of("triggerType", ("fill_price", "mark_price"), "Last price or mark.", required=True),
        SIDE, TRADE_SIDE, ORDER_TYPE, client_id("clientOid"), REDUCE_ONLY, *preset("stopSurplus", "take-profit"),
        *preset("stopLoss", "stop-loss"), STP,
    ],
    rule=together(PLAN_RULE, priced),
)  # fmt: skip


def protected(args: Args) -> str | None:
    """size for profit_plan, loss_plan and moving_plan alone; rangeRate for moving_plan alone."""
    kind = args["planType"]
    if (kind in PROTECTIONS[:3]) != ("size" in args):
        return f"size is required for {', '.join(PROTECTIONS[:3])}, and only for them."
    if (kind == "moving_plan") != ("rangeRate" in args):
        return "rangeRate is required for moving_plan, and only for it."
    return "moving_plan takes no executePrice." if kind == "moving_plan" and "executePrice" in args else None


EXECUTE = price("executePrice", "Limit price; market where it is 0 or left out.", low="0", example="0")
RANGE = decimal("rangeRate", "Distance of a trailing stop in percent.", example="1")

BITGET.write(
    "futures.tpsl.create", "POST /api/v2/mix/order/place-tpsl-order",
    doc="Places a take-profit, a stop-loss or a trailing stop for a position.",
    url=f"{DOCS}contract/plan/Place-Tpsl-Order", bucket="uid.10",
    params=[
        COIN, PRODUCT_TYPE, SYMBOL,
        one_of("planType", PROTECTIONS, "pos_profit and pos_loss close the whole position.", required=True,
               example="pos_loss"),
        TRIGGER, TRIGGER_TYPE, EXECUTE, HOLD, size("size", "In base."), RANGE, client_id("clientOid"), STP,
    ],
    rule=protected,
)  # fmt: skip


def either_price(args: Args) -> str | None:
    """stopSurplusTriggerPrice, stopLossTriggerPrice or both."""
    names = ("stopSurplusTriggerPrice", "stopLossTriggerPrice")
    return None if any(name in args for name in names) else f"{' or '.join(names)} must be given."


BITGET.write(
    "futures.tpsl.pair", "POST /api/v2/mix/order/place-pos-tpsl",
    doc="Places a take-profit and a stop-loss for a position at once.",
    url=f"{DOCS}contract/plan/Place-Pos-Tpsl-Order", bucket="uid.10",
    params=[
        COIN, PRODUCT_TYPE, SYMBOL, price("stopSurplusTriggerPrice", "Trigger of the take-profit.", example="70000"),
        size("stopSurplusSize", "In base; the whole position where left out."),
        one_of("stopSurplusTriggerType", ("fill_price", "mark_price"), "Last price or mark."),
        price("stopSurplusExecutePrice", "Its limit price; 0 is market.", low="0", example="0"),
        price("stopLossTriggerPrice", "Trigger of the stop-loss.", example="50000"),
        size("stopLossSize", "In base; the whole position where left out."),
        one_of("stopLossTriggerType", ("fill_price", "mark_price"), "Last price or mark."),
        price("stopLossExecutePrice", "Its limit price; 0 is market.", low="0", example="0"),
        HOLD, STP, client_id("stopSurplusClientOid"), client_id("stopLossClientOid"),
    ],
    rule=either_price,
)  # fmt: skip
BITGET.write(
    "futures.tpsl.modify", "POST /api/v2/mix/order/modify-tpsl-order",
    doc="Modifies a take-profit, a stop-loss or a trailing stop.", url=f"{DOCS}contract/plan/Modify-Tpsl-Order",
    bucket="uid.10",
    params=[
        ORDER_ID, CLIENT_OID, COIN, PRODUCT_TYPE, SYMBOL, TRIGGER, TRIGGER_TYPE, EXECUTE,
        size("size", "In base; left out for pos_profit and pos_loss."), RANGE,
    ],
    rule=IDENTIFIED,
)  # fmt: skip


def some_change(args: Args) -> str | None:
    """Something new must be given; newTriggerType wants newTriggerPrice."""
    if not any(name.startswith("new") for name in args):
        return "newSize, newPrice, newTriggerPrice or another new value must be given."
    if "newTriggerType" in args and "newTriggerPrice" not in args:
        return "newTriggerType wants newTriggerPrice."
    return None


def new_preset(kind: str, words: str) -> tuple[Param, ...]:
    """The three parameters that change the take-profit or stop-loss that comes with the fill."""
    return (
        price(f"new{kind}TriggerPrice", f"Trigger of the {words}; 0 takes it away.", low="0", example="70000"),
        price(f"new{kind}ExecutePrice", "Its limit price; 0 is market.", low="0", example="0"),
        one_of(f"new{kind}TriggerType", ("fill_price", "mark_price"), "Last price or mark."),
    )


BITGET.write(
    "futures.plan.modify", "POST /api/v2/mix/order/modify-plan-order",
    doc="Modifies a trigger order or a trailing stop.", url=f"{DOCS}contract/plan/Modify-Plan-Order", bucket="uid.10",
    params=[
        one_of("planType", ("normal_plan", "track_plan"), "Which kind it is."), ORDER_ID, CLIENT_OID, ANY_SYMBOL,
        PRODUCT_TYPE, size("newSize", "In base."), price("newPrice"),
        decimal("newCallbackRatio", "In percent, at most 10.", high=10, example="1"),
        price("newTriggerPrice"), one_of("newTriggerType", ("fill_price", "mark_price"), "Last price or mark."),
        *new_preset("StopSurplus", "take-profit"), *new_preset("StopLoss", "stop-loss"),
    ],
    rule=together(IDENTIFIED, some_change),
)  # fmt: skip


def list_with_symbol(args: Args) -> str | None:
    """symbol is required beside orderIdList."""
    return "symbol is required beside orderIdList." if "orderIdList" in args and "symbol" not in args else None


BITGET.write(
    "futures.plan.cancel", "POST /api/v2/mix/order/cancel-plan-order",
    doc="Cancels trigger orders: those of a list, or all of a kind in a symbol or in the product.",
    url=f"{DOCS}contract/plan/Cancel-Plan-Order", bucket="uid.10",
    params=[
        json_list("orderIdList", (ORDER_ID, CLIENT_OID), "The orders.", most=50), ANY_SYMBOL, PRODUCT_TYPE, ANY_COIN,
        one_of("planType", PLANS, "Which kind; normal_plan where left out."),
    ],
    rule=together(list_with_symbol, each_of("orderIdList", IDENTIFIED)),
)  # fmt: skip

PLAN_GROUP = one_of(
    "planType", ("normal_plan", "track_plan", "profit_loss"),
    "Trigger orders, trailing stops, or everything of futures.tpsl.create.", required=True,
)  # fmt: skip
BITGET.read(
    "futures.plan.open", "GET /api/v2/mix/order/orders-plan-pending",
    doc="Open trigger orders.", url=f"{DOCS}contract/plan/get-orders-plan-pending", bucket="uid.10",
    params=[ORDER_ID, CLIENT_OID, ANY_SYMBOL, PLAN_GROUP, PRODUCT_TYPE, *PAGE, limit(100, 100)],
)  # fmt: skip
BITGET.read(
    "futures.plan.list", "GET /api/v2/mix/order/orders-plan-history",
    doc="Trigger orders that are done, three months at a time.", url=f"{DOCS}contract/plan/orders-plan-history",
    bucket="uid.10",
    params=[
        ORDER_ID, CLIENT_OID, PLAN_GROUP,
        one_of("planStatus", ("executed", "fail_execute", "cancelled"), "Only these."), ANY_SYMBOL, PRODUCT_TYPE,
        *PAGE, limit(100, 100),
    ],
)  # fmt: skip
