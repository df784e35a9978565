"""Orders, batches, fills: one set for spot and one for contracts, each with the parameters that it takes."""

from __future__ import annotations

from collections.abc import Callable

from blave_mcp.exchanges.bybit.base import (
    ANY_SYMBOL,
    BASE_COIN,
    BYBIT,
    CURSOR,
    DOCS,
    LINEAR_FILTERS,
    ORDER_ID,
    ORDER_LINK_ID,
    ORDER_TYPES,
    SETTLE_COIN,
    SIDES,
    SPOT_FILTERS,
    SYMBOL,
    TIME_IN_FORCE,
    TPSL_MODES,
    at_least_one,
    category,
    each_of,
    level,
    limit,
    position_idx,
    price,
    together,
    trigger_by,
    week,
    whole,
)
from blave_mcp.exchanges.cautions import BORROWS, where
from blave_mcp.exchanges.params import Args, Param, client_id, decimal, flag, json_list, one_of, text

CLIENT_ID = client_id("orderLinkId", "Your own id: letters, digits, - and _; at most 36; never used before.")
EITHER_ID = at_least_one("orderId", "orderLinkId")
SMP = one_of("smpType", ("None", "CancelMaker", "CancelTaker", "CancelBoth"), "What is cancelled in a self-match.")
SLIPPAGE = (
    one_of("slippageToleranceType", ("TickSize", "Percent"), "For market orders: unit of slippageTolerance."),
    decimal("slippageTolerance", "TickSize: 5 to 2000 ticks; Percent: 0.05 to 1.", example="0.5"),
)


def targets(make: Callable[[str, str, str], Param] = price) -> tuple[Param, ...]:
    return (
        make("takeProfit", "Trigger of the take-profit.", "70000"),
        make("stopLoss", "Trigger of the stop-loss.", "50000"),
    )


LIMITS = (
    price("tpLimitPrice", "Price of the take-profit where its order is a limit order.", "69900"),
    price("slLimitPrice", "Price of the stop-loss where its order is a limit order.", "49900"),
    one_of("tpOrderType", ORDER_TYPES, "What the take-profit becomes; Market unless told."),
    one_of("slOrderType", ORDER_TYPES, "What the stop-loss becomes; Market unless told."),
)
TPSL_TRIGGERS = (trigger_by("tpTriggerBy"), trigger_by("slTriggerBy"))
TPSL_MODE = one_of("tpslMode", TPSL_MODES, "Full: for the whole position, at market; Partial: for what is filled.")

COMMON = (
    SYMBOL,
    one_of("side", SIDES, required=True),
    one_of("orderType", ORDER_TYPES, required=True, example="Market"),
)
SPOT_ORDER = (
    *COMMON,
    decimal("qty", "In base; a market buy in quote unless marketUnit says baseCoin.", required=True, example="0.01"),
    one_of("marketUnit", ("baseCoin", "quoteCoin"), "Unit of a market order's qty."),
    *SLIPPAGE,
    price("price", "Required for Limit."),
    TIME_IN_FORCE, CLIENT_ID,
    whole("isLeverage", (0, 1), "1 borrows what is missing (spot margin must be on)."),
    one_of("orderFilter", SPOT_FILTERS[:3], "tpslOrder sets the assets aside at once, StopOrder when it triggers."),
    price("triggerPrice", "Trigger of a tpslOrder or StopOrder."),
    *targets(), *LIMITS, SMP,
)  # fmt: skip
LINEAR_ORDER = (
    *COMMON,
    decimal("qty", 'In base; "0" with reduceOnly and closeOnTrigger closes all.', required=True, low="0", example="1"),
    *SLIPPAGE,
    price("price", "Required for Limit."),
    whole("triggerDirection", (1, 2), "1 triggers when the price rises to it, 2 when it falls."),
    price("triggerPrice", "Makes the order a conditional one."),
    trigger_by("triggerBy"),
    TIME_IN_FORCE, position_idx(), CLIENT_ID,
    *targets(), *TPSL_TRIGGERS,
    flag("reduceOnly", "Only makes a position smaller.", example=False),
    flag("closeOnTrigger", "Closes even where margin is short, cancelling other orders.", example=False),
    SMP, TPSL_MODE, *LIMITS,
)  # fmt: skip


def limit_has_price(args: Args) -> str | None:
    """price is required for Limit."""
    if args["orderType"] == "Limit" and "price" not in args:
        return "price is required for orderType Limit."
    return None


def spot_market(args: Args) -> str | None:
    """marketUnit and slippageTolerance are for Market; triggerPrice goes with orderFilter tpslOrder or StopOrder."""
    if args["orderType"] == "Limit" and "marketUnit" in args:
        return "marketUnit is for orderType Market."
    waits = args.get("orderFilter", "Order") != "Order"
    if waits != ("triggerPrice" in args):
        return "triggerPrice goes with orderFilter tpslOrder or StopOrder, and they with it."
    return None


def slippage(args: Args) -> str | None:
    """slippageTolerance goes with its type, for plain market orders."""
    given = [name for name in ("slippageToleranceType", "slippageTolerance") if name in args]
    if not given:
        return None
    if len(given) == 1:
        return "slippageToleranceType and slippageTolerance are given together."
    if args["orderType"] != "Market" or "triggerPrice" in args:
        return "slippageTolerance is for market orders without a trigger."
    return None


def conditional(args: Args) -> str | None:
    """triggerPrice and triggerDirection are given together."""
    if ("triggerPrice" in args) != ("triggerDirection" in args):
        return "triggerPrice and triggerDirection are given together."
    return None


def reducing(args: Args) -> str | None:
    """takeProfit and stopLoss do not go with reduceOnly; a qty of 0 wants reduceOnly and closeOnTrigger."""
    if args.get("reduceOnly") and ("takeProfit" in args or "stopLoss" in args):
        return "takeProfit and stopLoss cannot be set on a reduceOnly order."
    if not args["qty"].strip("0.") and not (args.get("reduceOnly") and args.get("closeOnTrigger")):
        return "A qty of 0 is taken with reduceOnly and closeOnTrigger only."
    return None


def partial_limits(args: Args) -> str | None:
    """Limit take-profits and stop-losses want tpslMode Partial."""
    wants = "Limit" in (args.get("tpOrderType"), args.get("slOrderType"))
    if wants and args.get("tpslMode") != "Partial":
        return "A take-profit or stop-loss of type Limit wants tpslMode Partial."
    return None


ORDER_RULES = {
    "spot": together(limit_has_price, spot_market, slippage),
    "linear": together(limit_has_price, conditional, reducing, partial_limits, slippage),
}
ORDERS = {"spot": SPOT_ORDER, "linear": LINEAR_ORDER}
AMENDED = (
    ORDER_ID, ORDER_LINK_ID,
    price("triggerPrice", "New trigger."),
    decimal("qty", "New total size, what is filled included.", example="0.02"),
    price("price", "New price.", "59000"),
    *targets(level),
)  # fmt: skip
CHANGE = at_least_one("triggerPrice", "qty", "price", "takeProfit", "stopLoss", "tpLimitPrice", "slLimitPrice")
AMENDS = {
    "spot": (SYMBOL, *AMENDED, *LIMITS[:2]),
    "linear": (SYMBOL, *AMENDED, TPSL_MODE, *TPSL_TRIGGERS, trigger_by("triggerBy"), *LIMITS[:2]),
}
CONDITIONAL_ALONE = one_of("stopOrderType", ("Stop",), "With StopOrder: leaves TP/SL and trailing stops.")
FILTERS = {"spot": SPOT_FILTERS, "linear": LINEAR_FILTERS}
MOST_IN_A_BATCH = {"spot": 10, "linear": 20}


def some_of(args: Args) -> str | None:
    """One of symbol, baseCoin, settleCoin, orderId and orderLinkId must be given."""
    names = ("symbol", "baseCoin", "settleCoin", "orderId", "orderLinkId")
    return None if any(name in args for name in names) else f"One of {', '.join(names)} must be given."


MARGINED = {"spot": where("isLeverage", ("1",), BORROWS), "linear": ""}

for product in ("spot", "linear"):
    linear = product == "linear"
    CATEGORY = category(product)
    ORDER_FILTER = one_of("orderFilter", FILTERS[product], "Only this kind of order.")
    MANY = (SETTLE_COIN, BASE_COIN) if linear else (BASE_COIN,)
    BYBIT.write(
        f"{product}.order.create", "POST /v5/order/create", caution=MARGINED[product],
        doc="Places an order." if linear else "Places a spot order, with borrowed money where isLeverage is 1.",
        url=f"{DOCS}order/create-order", bucket=f"{product}.create",
        params=[CATEGORY, *ORDERS[product]], rule=ORDER_RULES[product],
    )  # fmt: skip
    BYBIT.write(
        f"{product}.order.amend", "POST /v5/order/amend",
        doc="Changes an order that is not filled; it keeps its id.", url=f"{DOCS}order/amend-order",
        bucket=f"{product}.amend", params=[CATEGORY, *AMENDS[product]], rule=together(EITHER_ID, CHANGE),
    )  # fmt: skip
    BYBIT.write(
        f"{product}.order.cancel", "POST /v5/order/cancel",
        doc="Cancels an order.", url=f"{DOCS}order/cancel-order", bucket=f"{product}.cancel",
        params=[
            CATEGORY, SYMBOL, ORDER_ID, ORDER_LINK_ID,
            *([] if linear else [one_of("orderFilter", FILTERS[product], "Its kind; Order unless told.")]),
        ],
        rule=EITHER_ID,
    )  # fmt: skip
    BYBIT.write(
        f"{product}.order.cancel_all", "POST /v5/order/cancel-all",
        doc="Cancels all orders of a symbol or coin, conditional ones and TP/SL included."
        if linear else "Cancels all spot orders of one kind (plain ones unless told), of one symbol or all.",
        url=f"{DOCS}order/cancel-all", bucket=f"{product}.cancel_all",
        params=[
            CATEGORY, ANY_SYMBOL, *MANY, ORDER_FILTER, *([CONDITIONAL_ALONE] if linear else []),
        ],
        rule=at_least_one("symbol", "baseCoin", "settleCoin") if linear else None,
    )  # fmt: skip
    BYBIT.read(
        f"{product}.order.open", "GET /v5/order/realtime",
        doc="Open orders, or one order by its id; openOnly=1: the latest 500 that ended.",
        url=f"{DOCS}order/open-order", bucket="private.read",
        params=[
            CATEGORY, ANY_SYMBOL, *MANY, ORDER_ID, ORDER_LINK_ID,
            whole("openOnly", (0, 1, 2), "0 open orders; 1 those that ended lately."), ORDER_FILTER,
            limit(50, 20), CURSOR,
        ],
        rule=some_of if linear else None,
    )  # fmt: skip
    BYBIT.read(
        f"{product}.order.history", "GET /v5/order/history",
        doc="Orders that ended: without a fill for 24 hours, with fills for two years.",
        url=f"{DOCS}order/order-list", bucket="private.read",
        params=[
            CATEGORY, ANY_SYMBOL, *MANY, ORDER_ID, ORDER_LINK_ID, ORDER_FILTER,
            text("orderStatus", "Only this state: Filled, Cancelled, ...", example="Filled"), *week(),
            limit(50, 20), CURSOR,
        ],
    )  # fmt: skip
    BYBIT.read(
        f"{product}.fills.list", "GET /v5/execution/list",
        doc="The account's own trades, two years back.", url=f"{DOCS}order/execution", bucket="private.read",
        params=[
            CATEGORY, ANY_SYMBOL, BASE_COIN, ORDER_ID, ORDER_LINK_ID, *week(),
            text("execType", "Only this kind: Trade, Funding, BustTrade, AdlTrade, ...", example="Trade"),
            limit(100, 50), CURSOR,
        ],
    )  # fmt: skip
    BYBIT.write(
        f"{product}.batch.create", "POST /v5/order/create-batch", caution=MARGINED[product],
        doc=f"Places up to {MOST_IN_A_BATCH[product]} orders, each by itself.", url=f"{DOCS}order/batch-place",
        bucket=f"{product}.batch",
        params=[CATEGORY, json_list("request", ORDERS[product], required=True, most=MOST_IN_A_BATCH[product])],
        rule=each_of("request", ORDER_RULES[product]),
    )  # fmt: skip
    BYBIT.write(
        f"{product}.batch.amend", "POST /v5/order/amend-batch",
        doc=f"Changes up to {MOST_IN_A_BATCH[product]} orders, each by itself.", url=f"{DOCS}order/batch-amend",
        bucket=f"{product}.batch",
        params=[CATEGORY, json_list("request", AMENDS[product], required=True, most=MOST_IN_A_BATCH[product])],
        rule=each_of("request", together(EITHER_ID, CHANGE)),
    )  # fmt: skip
    BYBIT.write(
        f"{product}.batch.cancel", "POST /v5/order/cancel-batch",
        doc=f"Cancels up to {MOST_IN_A_BATCH[product]} orders, each by itself.", url=f"{DOCS}order/batch-cancel",
        bucket=f"{product}.batch",
        params=[
            CATEGORY,
            json_list("request", (SYMBOL, ORDER_ID, ORDER_LINK_ID), required=True, most=MOST_IN_A_BATCH[product]),
        ],
        rule=each_of("request", EITHER_ID),
    )  # fmt: skip

BYBIT.validate(
    "linear.order.check", "POST /v5/order/pre-check",
    doc="Tells the margin rates before and after an order, and places nothing; not with isolated margin.",
    url=f"{DOCS}order/pre-check-order", bucket="linear.create",
    params=[category("linear"), *LINEAR_ORDER], rule=ORDER_RULES["linear"],
)  # fmt: skip
BYBIT.read(
    "spot.borrow.check", "GET /v5/order/spot-borrow-check",
    doc="How much a spot margin order may buy or sell, with and without borrowing.",
    url=f"{DOCS}order/spot-borrow-quota", bucket="private.read",
    params=[category("spot"), SYMBOL, one_of("side", SIDES, required=True)],
)  # fmt: skip
