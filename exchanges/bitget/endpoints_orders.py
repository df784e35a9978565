"""Futures: plain orders, batches and flash close. Orders that wait for a trigger are in endpoints_plans.py."""

from __future__ import annotations

from blave_mcp.exchanges.bitget.base import (
    ANY_COIN,
    ANY_SYMBOL,
    BITGET,
    CLIENT_OID,
    COIN,
    DOCS,
    FORCE,
    HOLD_SIDE,
    IDENTIFIED,
    LIMIT_OR_MARKET,
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
    each_of,
    hedge_or_one_way,
    limit,
    price,
    size,
    together,
)
from blave_mcp.exchanges.params import Args, client_id, json_list, one_of, text

SIZE = size("size", "In base.", required=True)
PRICE = price("price", "Required for a limit order.")
PRESETS = (
    price("presetStopSurplusPrice", "Trigger of a take-profit that comes with the fill.", example="70000"),
    price("presetStopLossPrice", "Trigger of a stop-loss that comes with the fill.", example="50000"),
)
EXECUTED = (
    price("presetStopSurplusExecutePrice", "Its limit price; market where left out.", example="69900"),
    price("presetStopLossExecutePrice", "Its limit price; market where left out.", example="49900"),
)
ORDER_RULE = together(LIMIT_OR_MARKET, hedge_or_one_way)
PRODUCT_SYMBOL = (SYMBOL, PRODUCT_TYPE)

BITGET.write(
    "futures.order.create", "POST /api/v2/mix/order/place-order",
    doc="Places an order.", url=f"{DOCS}contract/trade/Place-Order", bucket="uid.10",
    params=[
        *PRODUCT_SYMBOL, MARGIN_MODE, COIN, SIZE, PRICE, SIDE, TRADE_SIDE, ORDER_TYPE, FORCE, client_id("clientOid"),
        REDUCE_ONLY, *PRESETS, *EXECUTED, STP,
    ],
    rule=ORDER_RULE,
)  # fmt: skip
BITGET.write(
    "futures.batch.create", "POST /api/v2/mix/order/batch-place-order",
    doc="Places up to 50 orders in one symbol.", url=f"{DOCS}contract/trade/Batch-Order", bucket="uid.5",
    params=[
        *PRODUCT_SYMBOL, MARGIN_MODE, COIN,
        json_list(
            "orderList",
            (
                SIZE, PRICE, SIDE, TRADE_SIDE, ORDER_TYPE, FORCE, client_id("clientOid"), REDUCE_ONLY, *PRESETS, STP,
            ),
            "The orders.", required=True, most=50,
        ),
    ],
    rule=each_of("orderList", ORDER_RULE),
)  # fmt: skip


def size_with_price(args: Args) -> str | None:
    """newSize and newPrice are given together, and without preset prices."""
    if ("newSize" in args) != ("newPrice" in args):
        return "newSize and newPrice must be given together."
    presets = [name for name in ("newPresetStopSurplusPrice", "newPresetStopLossPrice") if name in args]
    if "newSize" in args and presets:
        return f"{presets[0]} has no effect beside newSize and newPrice."
    return None if "newSize" in args or presets else "newSize and newPrice must be given, or a preset price."


BITGET.write(
    "futures.order.modify", "POST /api/v2/mix/order/modify-order",
    doc="Modifies a limit order of which nothing is filled: another order takes its place, after the answer.",
    url=f"{DOCS}contract/trade/Modify-Order", bucket="uid.10",
    params=[
        ORDER_ID, CLIENT_OID, *PRODUCT_SYMBOL, ANY_COIN, client_id("newClientOid"),
        size("newSize", "In base."), price("newPrice"),
        price("newPresetStopSurplusPrice", "0 takes the take-profit away.", low="0"),
        price("newPresetStopLossPrice", "0 takes the stop-loss away.", low="0"),
    ],
    rule=together(IDENTIFIED, size_with_price),
)  # fmt: skip
BITGET.write(
    "futures.order.cancel", "POST /api/v2/mix/order/cancel-order",
    doc="Cancels an order.", url=f"{DOCS}contract/trade/Cancel-Order", bucket="uid.10",
    params=[*PRODUCT_SYMBOL, ANY_COIN, ORDER_ID, CLIENT_OID], rule=IDENTIFIED,
)  # fmt: skip


def list_with_symbol(args: Args) -> str | None:
    """symbol is required beside orderIdList."""
    return "symbol is required beside orderIdList." if "orderIdList" in args and "symbol" not in args else None


BITGET.write(
    "futures.batch.cancel", "POST /api/v2/mix/order/batch-cancel-orders",
    doc="Cancels up to 50 orders; without a list every order of the symbol, or of the product.",
    url=f"{DOCS}contract/trade/Batch-Cancel-Orders", bucket="uid.10",
    params=[
        json_list("orderIdList", (ORDER_ID, CLIENT_OID), "The orders.", most=50), ANY_SYMBOL, PRODUCT_TYPE, ANY_COIN,
    ],
    rule=together(list_with_symbol, each_of("orderIdList", IDENTIFIED)),
)  # fmt: skip
BITGET.write(
    "futures.order.cancel_all", "POST /api/v2/mix/order/cancel-all-orders",
    doc="Cancels every order of every symbol of the product, trigger orders excepted.",
    url=f"{DOCS}contract/trade/Cancel-All-Orders", bucket="uid.10", params=[PRODUCT_TYPE, ANY_COIN],
)  # fmt: skip
BITGET.write(
    "futures.position.close", "POST /api/v2/mix/order/close-positions",
    doc="Closes positions at market: a symbol's, or every one of the product.",
    url=f"{DOCS}contract/trade/Flash-Close-Position", bucket="uid.1", params=[ANY_SYMBOL, HOLD_SIDE, PRODUCT_TYPE],
)  # fmt: skip
BITGET.read(
    "futures.order.get", "GET /api/v2/mix/order/detail",
    doc="Order details.", url=f"{DOCS}contract/trade/Get-Order-Details", bucket="uid.10",
    params=[*PRODUCT_SYMBOL, ORDER_ID, CLIENT_OID], rule=IDENTIFIED,
)  # fmt: skip
BITGET.read(
    "futures.order.open", "GET /api/v2/mix/order/orders-pending",
    doc="Open orders, trigger orders excepted.", url=f"{DOCS}contract/trade/Get-Orders-Pending", bucket="uid.10",
    params=[
        ORDER_ID, CLIENT_OID, ANY_SYMBOL, PRODUCT_TYPE,
        one_of("status", ("live", "partially_filled"), "Only these; unfilled ones where left out."), *PAGE,
        limit(100, 100),
    ],
)  # fmt: skip
BITGET.read(
    "futures.order.list", "GET /api/v2/mix/order/orders-history",
    doc="Orders that are done, of the last 90 days.", url=f"{DOCS}contract/trade/Get-Orders-History", bucket="uid.10",
    params=[
        ORDER_ID, CLIENT_OID, ANY_SYMBOL, PRODUCT_TYPE, text("orderSource", "Where from.", example="normal"), *PAGE,
        limit(100, 100),
    ],
)  # fmt: skip
BITGET.read(
    "futures.fills.list", "GET /api/v2/mix/order/fills",
    doc="Fills, three months at a time.", url=f"{DOCS}contract/trade/Get-Order-Fills", bucket="uid.10",
    params=[ORDER_ID, ANY_SYMBOL, PRODUCT_TYPE, *PAGE, limit(100, 100)],
)  # fmt: skip
BITGET.read(
    "futures.fills.history", "GET /api/v2/mix/order/fill-history",
    doc="Fill history, a week at a time; not in demo trading.", url=f"{DOCS}contract/trade/Get-Fill-History",
    bucket="uid.10", params=[ORDER_ID, ANY_SYMBOL, PRODUCT_TYPE, *PAGE, limit(100, 100)],
)  # fmt: skip
