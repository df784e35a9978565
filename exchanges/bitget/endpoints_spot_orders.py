"""Spot: orders, batches, and the plan orders that wait for a trigger."""

from __future__ import annotations

from blave_mcp.exchanges.bitget.base import (
    ANY_SYMBOL,
    BITGET,
    CLIENT_OID,
    DOCS,
    FORCE,
    IDENTIFIED,
    LIMIT_OR_MARKET,
    ORDER_ID,
    ORDER_TYPE,
    PAGE,
    STP,
    SYMBOL,
    each_of,
    forbids,
    limit,
    needs,
    price,
    size,
    together,
)
from blave_mcp.exchanges.params import Args, client_id, json_list, json_value, one_of

SIDE = one_of("side", ("buy", "sell"), required=True)
SIZE = size("size", "In base; the amount of quote to spend for a market buy.", required=True, example="10")
PRESETS = (
    price("presetTakeProfitPrice", "Trigger of a take-profit that comes with the fill."),
    price("executeTakeProfitPrice", "Its limit price; market where left out."),
    price("presetStopLossPrice", "Trigger of a stop-loss that comes with the fill.", example="50000"),
    price("executeStopLossPrice", "Its limit price; market where left out.", example="49900"),
)
TPSL = one_of("tpslType", ("normal", "tpsl"), "tpsl is an order that waits for triggerPrice.")
ORDER = (
    SIDE, ORDER_TYPE, FORCE, price("price", "Required for a limit order."), SIZE, client_id("clientOid"), STP, *PRESETS,
)  # fmt: skip


def triggered(args: Args) -> str | None:
    """tpslType tpsl wants triggerPrice and takes no presets; no other order takes triggerPrice."""
    if (args.get("tpslType") == "tpsl") != ("triggerPrice" in args):
        return "triggerPrice is required for tpslType tpsl, and only for it."
    if args.get("tpslType") == "tpsl" and any(preset.name in args for preset in PRESETS):
        return "An order of tpslType tpsl takes no preset prices."
    return None


BITGET.write(
    "spot.order.create", "POST /api/v2/spot/trade/place-order",
    doc="Places an order.", url=f"{DOCS}spot/trade/Place-Order", bucket="uid.10",
    params=[SYMBOL, *ORDER, TPSL, price("triggerPrice", "For tpslType tpsl alone.")],
    rule=together(LIMIT_OR_MARKET, triggered),
)  # fmt: skip


def one_currency(args: Args) -> str | None:
    """symbol beside the list in single mode, in every element in multiple mode."""
    elements = args["orderList"]
    if args.get("batchMode") == "multiple":
        missing = any("symbol" not in element for element in elements)
        return "Every element wants a symbol in batchMode multiple." if missing else None
    return None if "symbol" in args else "symbol is required unless batchMode is multiple."


BATCH_MODE = one_of("batchMode", ("single", "multiple"), "multiple: each element names its symbol.")

BITGET.write(
    "spot.batch.create", "POST /api/v2/spot/trade/batch-orders",
    doc="Places up to 50 orders.", url=f"{DOCS}spot/trade/Batch-Place-Orders", bucket="uid.5",
    params=[
        ANY_SYMBOL, BATCH_MODE,
        json_list("orderList", (ANY_SYMBOL, *ORDER), "The orders.", required=True, most=50),
    ],
    rule=together(one_currency, each_of("orderList", LIMIT_OR_MARKET)),
)  # fmt: skip


def named_symbol(args: Args) -> str | None:
    """symbol is required but for tpslType tpsl, which wants orderId."""
    if args.get("tpslType") == "tpsl":
        return None if "orderId" in args else "orderId is required for tpslType tpsl."
    return None if "symbol" in args else "symbol is required."


BITGET.write(
    "spot.order.cancel", "POST /api/v2/spot/trade/cancel-order",
    doc="Cancels an order.", url=f"{DOCS}spot/trade/Cancel-Order", bucket="uid.10",
    params=[ANY_SYMBOL, TPSL, ORDER_ID, CLIENT_OID], rule=together(IDENTIFIED, named_symbol),
)  # fmt: skip


def one_kind_of_id(args: Args) -> str | None:
    """All by orderId or all by clientOid: mixed, those with a clientOid alone are not cancelled."""
    elements = args["orderList"]
    by_id = sum("orderId" in element for element in elements)
    return None if by_id in (0, len(elements)) else "All elements are named by orderId, or all by clientOid."


BITGET.write(
    "spot.batch.cancel", "POST /api/v2/spot/trade/batch-cancel-order",
    doc="Cancels up to 50 orders.", url=f"{DOCS}spot/trade/Batch-Cancel-Orders", bucket="uid.10",
    params=[
        ANY_SYMBOL, BATCH_MODE,
        json_list("orderList", (ANY_SYMBOL, ORDER_ID, CLIENT_OID), "The orders.", required=True, most=50),
    ],
    rule=together(one_currency, each_of("orderList", IDENTIFIED), one_kind_of_id),
)  # fmt: skip
BITGET.write(
    "spot.order.cancel_all", "POST /api/v2/spot/trade/cancel-symbol-order",
    doc="Cancels every order of a symbol, plan orders excepted; carried out after the answer.",
    url=f"{DOCS}spot/trade/Cancel-Symbol-Orders", bucket="uid.5", params=[SYMBOL],
)  # fmt: skip
BITGET.write(
    "spot.order.replace", "POST /api/v2/spot/trade/cancel-replace-order",
    doc="Cancels a limit order and places another in its stead.", url=f"{DOCS}spot/trade/Cancel-Replace-Order",
    bucket="uid.5",
    params=[
        SYMBOL, price("price", "Of the new order.", required=True), size("size", "Of the new order.", required=True),
        ORDER_ID, CLIENT_OID, client_id("newClientOid"), *PRESETS,
    ],
    rule=IDENTIFIED,
)  # fmt: skip
BITGET.read(
    "spot.order.get", "GET /api/v2/spot/trade/orderInfo",
    doc="Order details: a list of one, or of none.", url=f"{DOCS}spot/trade/Get-Order-Info", bucket="uid.20",
    params=[ORDER_ID, CLIENT_OID], rule=IDENTIFIED,
)  # fmt: skip
BITGET.read(
    "spot.order.open", "GET /api/v2/spot/trade/unfilled-orders",
    doc="Open orders; those of tpslType tpsl only where it is given.", url=f"{DOCS}spot/trade/Get-Unfilled-Orders",
    bucket="uid.20", params=[ANY_SYMBOL, *PAGE, limit(100, 100), ORDER_ID, TPSL],
)  # fmt: skip
BITGET.read(
    "spot.order.list", "GET /api/v2/spot/trade/history-orders",
    doc="Orders that are done, of the last 90 days.", url=f"{DOCS}spot/trade/Get-History-Orders", bucket="uid.20",
    params=[ANY_SYMBOL, *PAGE, limit(100, 100), ORDER_ID, TPSL],
)  # fmt: skip
BITGET.read(
    "spot.fills.list", "GET /api/v2/spot/trade/fills",
    doc="Execution fills of the last 90 days.", url=f"{DOCS}spot/trade/Get-Fills", bucket="uid.10",
    params=[ANY_SYMBOL, ORDER_ID, *PAGE, limit(100, 100)],
)  # fmt: skip

# Plan orders.

EXECUTED_AT = together(needs("orderType", "limit", "executePrice"), forbids("orderType", "market", "executePrice"))
PLAN_SIZE = size("size", "In base; in quote for planType total.", required=True)

BITGET.write(
    "spot.plan.create", "POST /api/v2/spot/trade/place-plan-order",
    doc="Creates a trigger order.", url=f"{DOCS}spot/plan/Place-Plan-Order", bucket="uid.20",
    params=[
        SYMBOL, SIDE, price("triggerPrice", "What the market must reach.", required=True), ORDER_TYPE,
        price("executePrice", "Required for a limit order."),
        one_of("planType", ("amount", "total"), "size in base (default) or in quote."), PLAN_SIZE,
        one_of("triggerType", ("fill_price", "mark_price"), "Last price or mark.", required=True),
        client_id("clientOid"), STP,
    ],
    rule=EXECUTED_AT,
)  # fmt: skip
BITGET.write(
    "spot.plan.modify", "POST /api/v2/spot/trade/modify-plan-order",
    doc="Modifies a trigger order.", url=f"{DOCS}spot/plan/Modify-Plan-Order", bucket="uid.20",
    params=[
        ORDER_ID, CLIENT_OID, price("triggerPrice", "What the market must reach.", required=True), ORDER_TYPE,
        price("executePrice", "Required for a limit order."), PLAN_SIZE,
    ],
    rule=together(IDENTIFIED, EXECUTED_AT),
)  # fmt: skip
BITGET.write(
    "spot.plan.cancel", "POST /api/v2/spot/trade/cancel-plan-order",
    doc="Cancels a trigger order.", url=f"{DOCS}spot/plan/Cancel-Plan-Order", bucket="uid.20",
    params=[ORDER_ID, CLIENT_OID], rule=IDENTIFIED,
)  # fmt: skip


def names_of_symbols(args: Args) -> str | None:
    """symbolList is a list of symbols."""
    names = args.get("symbolList")
    good = names is None or (isinstance(names, list) and names and all(isinstance(name, str) for name in names))
    return None if good else 'symbolList is a list of symbols: ["BTCUSDT"].'


BITGET.write(
    "spot.plan.cancel_all", "POST /api/v2/spot/trade/batch-cancel-plan-order",
    doc="Cancels every trigger order of some symbols, or of all.", url=f"{DOCS}spot/plan/Batch-Cancel-Plan-Order",
    bucket="uid.5",
    params=[json_value("symbolList", 'Symbols; every one where it is left out.', example=["BTCUSDT", "ETHUSDT"])],
    rule=names_of_symbols,
)  # fmt: skip
BITGET.read(
    "spot.plan.open", "GET /api/v2/spot/trade/current-plan-order",
    doc="Open plan orders.", url=f"{DOCS}spot/plan/Get-Current-Plan-Order", bucket="uid.20",
    params=[ANY_SYMBOL, limit(100, 20), *PAGE],
)  # fmt: skip
BITGET.read(
    "spot.plan.list", "GET /api/v2/spot/trade/history-plan-order",
    doc="Plan order history, 90 days at a time.", url=f"{DOCS}spot/plan/Get-History-Plan-Order", bucket="uid.20",
    params=[ANY_SYMBOL, *PAGE, limit(100, 100)],
)  # fmt: skip
