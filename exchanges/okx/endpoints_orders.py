"""Orders, batches and algo orders. The dialect adds the broker's `tag` to whatever creates or changes one."""

from __future__ import annotations

from decimal import Decimal

from blave_mcp.exchanges.cautions import TIMED
from blave_mcp.exchanges.okx.base import (
    AFTER,
    ALGO_DOCS,
    ALGO_ID,
    ANY_INST_ID,
    BEFORE,
    CLIENT_ALGO_ID,
    CLIENT_ORDER_ID,
    INST_FAMILY,
    INST_ID,
    MARGIN_MODE,
    OKX,
    ORDER_ID,
    POS_SIDE,
    REDUCE_ONLY,
    SIDE,
    SPAN,
    SWAP_ID,
    TD_MODE,
    TGT_CCY,
    TRADE_DOCS,
    at_least_one,
    both_or_none,
    each_of,
    inst_type,
    limit,
    lots,
    market_or_positive,
    needed_for,
    not_together,
    only_for,
    order_price,
    px_type,
    together,
)
from blave_mcp.exchanges.params import Args, Param, client_id, decimal, flag, integer, json_list, one_of, text

ORD_TYPES = ("market", "limit", "post_only", "fok", "ioc", "optimal_limit_ioc")
PRICED = ("limit", "post_only", "fok", "ioc")
ALGO_TYPES = ("conditional", "oco", "trigger", "move_order_stop", "chase", "twap")
LISTED_ALGO_TYPES = ("conditional", "oco", "conditional,oco", *ALGO_TYPES[2:], "iceberg", "smart_iceberg")
SOURCE = "The caller's own id, 1 to 32 letters and digits."


def tpsl(prefix: str = "", *, ratios: bool = False) -> tuple[Param, ...]:
    """Take-profit and stop-loss of an order; each wants a trigger and an order price."""
    found: list[Param] = []
    for kind, words in (("tp", "Take-profit"), ("sl", "Stop-loss")):
        name = f"new{kind.title()}" if prefix else kind
        found.append(decimal(f"{name}TriggerPx", f"{words}: trigger price.", low=0, example="60000"))
        if ratios:
            found.append(decimal(f"{name}TriggerRatio", f"{words}: trigger as a fraction.", low=-1, example="0.3"))
        found += [px_type(f"{name}TriggerPxType"), order_price(f"{name}OrdPx", f"{words}: order price")]
    return tuple(found)


ATTACHED = json_list(
    "attachAlgoOrds",
    [
        client_id("attachAlgoClOrdId", SOURCE), *tpsl(ratios=True),
        one_of("tpOrdKind", ("condition", "limit"), "limit: a limit order without a trigger."),
        lots("sz", "Size of one of several take-profits."),
        one_of("amendPxOnTriggerType", ("0", "1"), "1: the stop moves to the entry when the first target is hit."),
    ],
    "Take-profit and stop-loss that come with the order.",
    example=[{"slTriggerPx": "50000", "slOrdPx": "-1"}],
)  # fmt: skip

NEW_ORDER = (
    INST_ID, TD_MODE, text("ccy", "Margin currency; MARGIN in futures mode.", example="USDT"),
    client_id("clOrdId", SOURCE), SIDE, POS_SIDE,
    one_of("ordType", ORD_TYPES, required=True, example="limit"), lots("sz", required=True, example="2"),
    decimal("px", "Limit price.", example="2.15"), REDUCE_ONLY, TGT_CCY,
    flag("banAmend", "Spot market orders: refuse rather than shrink to the balance."),
    one_of("pxAmendType", ("0", "1"), "1: a price beyond the limit is moved to it; 0 (default): refused."),
    text("tradeQuoteCcy", "Spot: the quote currency that is used.", example="USDT"),
    decimal("slippagePct", "Spot market orders sized in what is received: most slippage, 0.05 is 5 %.", low=0,
            high=Decimal("0.05"), example="0.01"),
    one_of("stpMode", ("cancel_maker", "cancel_taker", "cancel_both"), "Self-trade prevention."),
    ATTACHED,
)  # fmt: skip


def attached_whole(args: Args) -> str | None:
    rule = together(both_or_none("slTriggerPx", "slOrdPx"), market_or_positive("tpOrdPx", "slOrdPx"))
    return each_of("attachAlgoOrds", rule)(args)


def contracts_only(args: Args) -> str | None:
    """OKX refuses posSide for spot and margin, and tgtCcy for contracts."""
    swap = args["instId"].count("-") > 1
    if not swap and args.get("posSide", "net") != "net":
        return "posSide belongs to SWAP and FUTURES."
    if swap and args.get("tdMode") == "cash":
        return "tdMode cash belongs to spot; a contract takes cross or isolated."
    return "tgtCcy belongs to spot market orders." if swap and "tgtCcy" in args else None


order_rule = together(
    needed_for("ordType", PRICED, "px"), only_for("ordType", PRICED, "px"),
    only_for("ordType", ("market",), "tgtCcy", "banAmend", "slippagePct"), contracts_only, attached_whole,
)  # fmt: skip

AMENDED = (
    INST_ID, flag("cxlOnFail", "Cancels the order where the change fails."), ORDER_ID, CLIENT_ORDER_ID,
    text("reqId", "The change's own id.", example="b12344"),
    lots("newSz", "The new whole size, what is filled included."), decimal("newPx", "The new price.", example="2.2"),
    one_of("pxAmendType", ("0", "1"), "1: a price beyond the limit is moved to it."),
    json_list(
        "attachAlgoOrds",
        [
            text("attachAlgoId", "Id of the attached order.", example="abc1"),
            text("attachAlgoClOrdId", "Its client id.", example="mine1"), *tpsl("new"),
            lots("sz", "Size of one of several take-profits."),
        ],
        "Changes of the attached take-profit and stop-loss.",
        example=[{"attachAlgoId": "abc1", "newSlTriggerPx": "50000", "newSlOrdPx": "-1"}],
    ),
)  # fmt: skip
amend_rule = together(at_least_one("ordId", "clOrdId"), at_least_one("newSz", "newPx", "attachAlgoOrds"))
CANCELED = (INST_ID, ORDER_ID, CLIENT_ORDER_ID)
by_id = at_least_one("ordId", "clOrdId")


def batch(items: tuple[Param, ...], doc: str, most: int = 20) -> Param:
    """Becomes the body itself, which OKX wants as an array."""
    return json_list("orders", items, doc, required=True, most=most)


OKX.write(
    "v5.order.create", "POST /api/v5/trade/order", doc="Places an order.", url=f"{TRADE_DOCS}post-place-order",
    bucket="order.create", params=NEW_ORDER, rule=order_rule,
)  # fmt: skip
OKX.validate(
    "v5.order.precheck", "POST /api/v5/trade/order-precheck",
    doc="Tells the account's figures before and after an order, without placing it (multi-currency and portfolio).",
    url=f"{TRADE_DOCS}post-order-precheck", bucket="order.precheck",
    params=[
        INST_ID, TD_MODE, SIDE, POS_SIDE, one_of("ordType", ORD_TYPES, required=True, example="limit"),
        lots("sz", required=True, example="2"), decimal("px", "Limit price.", example="2.15"), REDUCE_ONLY, TGT_CCY,
    ],
    rule=together(needed_for("ordType", PRICED, "px"), contracts_only),
)  # fmt: skip
OKX.write(
    "v5.order.cancel", "POST /api/v5/trade/cancel-order", doc="Cancels an order.",
    url=f"{TRADE_DOCS}post-cancel-order", bucket="order.cancel", params=CANCELED, rule=by_id,
)  # fmt: skip
OKX.write(
    "v5.order.amend", "POST /api/v5/trade/amend-order", doc="Changes a resting order's price or size.",
    url=f"{TRADE_DOCS}post-amend-order", bucket="order.amend", params=AMENDED, rule=amend_rule,
)  # fmt: skip
OKX.write(
    "v5.batch.create", "POST /api/v5/trade/batch-orders", doc="Places up to 20 orders.",
    url=f"{TRADE_DOCS}post-place-multiple-orders", bucket="batch.create", weight=20,
    params=[batch(NEW_ORDER, "Orders, each as for v5.order.create.")], rule=each_of("orders", order_rule),
)  # fmt: skip
OKX.write(
    "v5.batch.cancel", "POST /api/v5/trade/cancel-batch-orders", doc="Cancels up to 20 orders.",
    url=f"{TRADE_DOCS}post-cancel-multiple-orders", bucket="batch.cancel", weight=20,
    params=[batch(CANCELED, "Orders.")], rule=each_of("orders", by_id),
)  # fmt: skip
OKX.write(
    "v5.batch.amend", "POST /api/v5/trade/amend-batch-orders", doc="Changes up to 20 resting orders.",
    url=f"{TRADE_DOCS}post-amend-multiple-orders", bucket="batch.amend", weight=20,
    params=[batch(AMENDED, "Changes.")], rule=each_of("orders", amend_rule),
)  # fmt: skip
OKX.write(
    "v5.position.close", "POST /api/v5/trade/close-position", doc="Closes a whole position at the market.",
    url=f"{TRADE_DOCS}post-close-positions", bucket="position.close",
    params=[
        SWAP_ID, POS_SIDE, MARGIN_MODE, text("ccy", "Cross MARGIN in futures mode: margin currency.", example="USDT"),
        flag("autoCxl", "Cancels orders that would close the position; without it they make the call fail."),
        client_id("clOrdId", SOURCE),
    ],
)  # fmt: skip
OKX.write(
    "v5.order.deadline", "POST /api/v5/trade/cancel-all-after", caution=TIMED,
    doc="Cancels every open order when the time runs out, unless it is called again; 0 stops the countdown.",
    url=f"{TRADE_DOCS}post-cancel-all-after", bucket="order.deadline",
    params=[
        integer("timeOut", "Seconds: 0, or 10 to 120.", required=True, high=120, example=60),
    ],
    rule=lambda args: "timeOut is 0, or 10 to 120." if 0 < args["timeOut"] < 10 else None,
)  # fmt: skip
OKX.read(
    "v5.order.get", "GET /api/v5/trade/order",
    doc="One order; cancelled ones without a fill are forgotten after two hours.",
    url=f"{TRADE_DOCS}get-order-details", bucket="order.get", params=CANCELED, rule=by_id,
)  # fmt: skip

FILTERS = (
    INST_FAMILY, ANY_INST_ID, one_of("ordType", ORD_TYPES, "One type.", example="limit"),
)  # fmt: skip
DONE = one_of("state", ("canceled", "filled", "mmp_canceled"), "One state.")
OKX.read(
    "v5.order.open", "GET /api/v5/trade/orders-pending", doc="Open orders, newest first; algo orders apart.",
    url=f"{TRADE_DOCS}get-order-list", bucket="order.open",
    params=[
        inst_type(required=False), *FILTERS, one_of("state", ("live", "partially_filled"), "One state."), AFTER, BEFORE,
        limit(100),
    ],
)  # fmt: skip
OKX.read(
    "v5.order.list", "GET /api/v5/trade/orders-history", doc="Orders that ended in the last 7 days, newest first.",
    url=f"{TRADE_DOCS}get-order-history-last-7-days", bucket="order.list",
    params=[inst_type(), *FILTERS, DONE, AFTER, BEFORE, *SPAN, limit(100)],
)  # fmt: skip
OKX.read(
    "v5.order.archive", "GET /api/v5/trade/orders-history-archive",
    doc="Orders that ended in the last three months, those without a fill left out, newest first.",
    url=f"{TRADE_DOCS}get-order-history-last-3-months", bucket="order.archive",
    params=[inst_type(), *FILTERS, DONE, AFTER, BEFORE, *SPAN, limit(100)],
)  # fmt: skip
OKX.read(
    "v5.order.limit", "GET /api/v5/trade/account-rate-limit", doc="The account's own limit on orders.",
    url=f"{TRADE_DOCS}get-account-rate-limit", bucket="order.limit",
)  # fmt: skip

FILL_FILTERS = (
    INST_FAMILY, ANY_INST_ID, ORDER_ID, text("subType", "Kind of trade.", example="1"), AFTER, BEFORE, *SPAN,
    limit(100),
)  # fmt: skip
OKX.read(
    "v5.fills.list", "GET /api/v5/trade/fills", doc="The account's trades of the last three days, newest first.",
    url=f"{TRADE_DOCS}get-transaction-details-last-3-days", bucket="fills.list",
    params=[inst_type(required=False), *FILL_FILTERS],
)  # fmt: skip
OKX.read(
    "v5.fills.history", "GET /api/v5/trade/fills-history", doc="The account's trades of the last three months.",
    url=f"{TRADE_DOCS}get-transaction-details-last-3-months", bucket="fills.history",
    params=[inst_type(), *FILL_FILTERS],
)  # fmt: skip

# Algo orders.


def algo_rule(args: Args) -> str | None:
    return together(
        not_together("sz", "closeFraction"), at_least_one("sz", "closeFraction"),
        only_for("ordType", ("conditional", "oco"), "closeFraction", "tpTriggerPx", "slTriggerPx", "cxlOnClosePos"),
        needed_for("ordType", ("conditional",), "tpTriggerPx", "slTriggerPx"),
        needed_for("ordType", ("oco",), "tpTriggerPx", "tpOrdPx"), needed_for("ordType", ("oco",), "slTriggerPx"),
        both_or_none("slTriggerPx", "slOrdPx"), needed_for("ordType", ("trigger",), "triggerPx"),
        needed_for("ordType", ("trigger",), "orderPx"),
        only_for("ordType", ("trigger",), "triggerPx", "advanceOrdType"),
        needed_for("ordType", ("move_order_stop",), "callbackRatio", "callbackSpread"),
        not_together("callbackRatio", "callbackSpread"),
        needed_for("ordType", ("twap",), "szLimit"), needed_for("ordType", ("twap",), "pxLimit"),
        needed_for("ordType", ("twap",), "timeInterval"), needed_for("ordType", ("twap",), "pxVar", "pxSpread"),
        market_or_positive("tpOrdPx", "slOrdPx", "orderPx"), one_target, contracts_only, attached_whole,
    )(args)  # fmt: skip


def one_target(args: Args) -> str | None:
    """OKX would silently drop the take-profit of a conditional order that also has a stop-loss."""
    if args.get("ordType") == "conditional" and "tpTriggerPx" in args and "slTriggerPx" in args:
        return "A conditional order has a take-profit or a stop-loss; use ordType oco for both."
    return None


OKX.write(
    "v5.algo.create", "POST /api/v5/trade/order-algo",
    doc="Places an algo order: take-profit, stop-loss, both (oco), trigger, trailing stop, chase or TWAP.",
    url=f"{ALGO_DOCS}post-place-algo-order", bucket="algo.create",
    params=[
        INST_ID, TD_MODE, text("ccy", "Margin currency; MARGIN in futures mode.", example="USDT"), SIDE, POS_SIDE,
        one_of("ordType", ALGO_TYPES, required=True), lots("sz", example="2"),
        one_of("closeFraction", ("1",), "In place of sz: closes whatever is open when it triggers (contracts)."),
        TGT_CCY, client_id("algoClOrdId", SOURCE), *tpsl(),
        one_of("tpOrdKind", ("condition", "limit"), "limit: the take-profit rests as a limit order."),
        flag("cxlOnClosePos", "Ends with the position; wants reduceOnly."), REDUCE_ONLY,
        decimal("triggerPx", "trigger: the trigger price.", example="60000"),
        order_price("orderPx", "trigger: order price"), px_type("triggerPxType"),
        one_of("advanceOrdType", ("fok", "ioc"), "trigger: how long the limit order lives."),
        decimal("callbackRatio", "Trailing stop: distance as a fraction; 0.01 is 1 %.", example="0.05"),
        decimal("callbackSpread", "Trailing stop: distance in price.", example="10"),
        decimal("activePx", "Trailing stop: starts to trail when this price is reached.", example="60000"),
        one_of("chaseType", ("distance", "ratio"), "chase: unit of chaseVal."),
        decimal("chaseVal", "chase: distance from the best price.", low=0, example="0"),
        one_of("maxChaseType", ("distance", "ratio"), "chase: unit of maxChaseVal."),
        decimal("maxChaseVal", "chase: gives up beyond this distance.", example="100"),
        decimal("pxVar", "TWAP: distance from the best price as a fraction.", example="0.01"),
        decimal("pxSpread", "TWAP: distance from the best price.", low=0, example="10"),
        lots("szLimit", "TWAP: size of each order.", example="10"), decimal("pxLimit", "TWAP: price limit.", low=0),
        integer("timeInterval", "TWAP: seconds between orders.", low=1, example=10),
        text("tradeQuoteCcy", "Spot: the quote currency that is used.", example="USDT"), ATTACHED,
    ],
    rule=algo_rule,
)  # fmt: skip
algo_by_id = at_least_one("algoId", "algoClOrdId")
OKX.write(
    "v5.algo.cancel", "POST /api/v5/trade/cancel-algos", doc="Cancels up to 10 algo orders.",
    url=f"{ALGO_DOCS}post-cancel-algo-order", bucket="algo.cancel", weight=10,
    params=[batch((INST_ID, ALGO_ID, CLIENT_ALGO_ID), "Algo orders.", most=10)], rule=each_of("orders", algo_by_id),
)  # fmt: skip
OKX.write(
    "v5.algo.amend", "POST /api/v5/trade/amend-algos", doc="Changes a take-profit, stop-loss or trigger order.",
    url=f"{ALGO_DOCS}post-amend-algo-order", bucket="algo.amend",
    params=[
        INST_ID, ALGO_ID, CLIENT_ALGO_ID, flag("cxlOnFail", "Cancels the order where the change fails."),
        text("reqId", "The change's own id.", example="b12344"), lots("newSz", "The new size.", example="2"),
        *tpsl("new"), decimal("newTriggerPx", "trigger: the new trigger price.", example="60000"),
        order_price("newOrdPx", "trigger: the new order price"), px_type("newTriggerPxType"),
    ],
    rule=together(
        algo_by_id,
        at_least_one("newSz", "newTpTriggerPx", "newTpOrdPx", "newSlTriggerPx", "newSlOrdPx", "newTriggerPx",
                     "newOrdPx"),
    ),
)  # fmt: skip
OKX.read(
    "v5.algo.get", "GET /api/v5/trade/order-algo", doc="One algo order.", url=f"{ALGO_DOCS}get-algo-order-details",
    bucket="algo.get", params=[ALGO_ID, CLIENT_ALGO_ID], rule=algo_by_id,
)  # fmt: skip
ALGO_FILTERS = (
    one_of("ordType", LISTED_ALGO_TYPES, "conditional and oco may be asked for together.", required=True), ALGO_ID,
    inst_type("SPOT", "SWAP", "FUTURES", "MARGIN", required=False), ANY_INST_ID, AFTER, BEFORE, limit(100),
)  # fmt: skip
OKX.read(
    "v5.algo.open", "GET /api/v5/trade/orders-algo-pending", doc="Algo orders that wait for their trigger.",
    url=f"{ALGO_DOCS}get-algo-order-list", bucket="algo.open", params=ALGO_FILTERS,
)  # fmt: skip
OKX.read(
    "v5.algo.list", "GET /api/v5/trade/orders-algo-history", doc="Algo orders that ended in the last three months.",
    url=f"{ALGO_DOCS}get-algo-order-history", bucket="algo.list",
    params=[one_of("state", ("effective", "canceled", "order_failed"), "Or algoId."), *ALGO_FILTERS],
    rule=at_least_one("state", "algoId"),
)  # fmt: skip
