"""Spot and margin orders: placed, cancelled and asked for, alone and in batches."""

from __future__ import annotations

from blave_mcp.exchanges.bitmart.base import (
    ANY_PAIR,
    BITMART,
    CLIENT_ORDER_ID,
    ORDER_ID,
    ORDER_MODE,
    PAIR,
    POSTED,
    QUERY_STATE,
    RECV_WINDOW,
    SIDE,
    SPOT_DOCS,
    STP,
    each_of,
    exactly_one,
    limit,
    moment,
    price,
    required,
    spot_sized,
)
from blave_mcp.exchanges.cautions import BORROWS
from blave_mcp.exchanges.params import Args, Param, client_id, decimal, json_list, json_value, one_of, text

ORDER_TYPE = one_of(
    "type", ("limit", "market", "limit_maker", "ioc"), "limit_maker rests or is refused.", required=True
)  # fmt: skip
SIZES = (
    decimal("size", "In base; not for a market buy.", example="0.001"), price(doc="Not for a market order."),
    decimal("notional", "In quote; for a market buy alone.", example="50"),
)  # fmt: skip
ID = text("orderId", "The venue's own id.", required=True, example="1234567890")
WHAT = (ANY_PAIR, ORDER_MODE, moment("startTime"), moment("endTime"), limit(200, 200), RECV_WINDOW)
MOST_IDS = 10


def ids(name: str) -> Param:
    return json_value(name, f"Up to {MOST_IDS} ids.", example=["1234567890", "1234567891"])


def listed_ids(args: Args) -> str | None:
    """Ids are a list of one to ten texts."""
    for name in ("orderIds", "clientOrderIds"):
        given = args.get(name)
        if given is None:
            continue
        if not isinstance(given, list) or not given or not all(isinstance(one, str) and one for one in given):
            return f"{name} is a list of texts."
        if len(given) > MOST_IDS:
            return f"{name} takes at most {MOST_IDS} ids."
    return None


def some_ids(args: Args) -> str | None:
    """One of orderIds and clientOrderIds, with one to ten texts."""
    return exactly_one("orderIds", "clientOrderIds")(args) or listed_ids(args)


BITMART.write(
    "spot.order.create", "POST /spot/v2/submit_order",
    doc="Places an order.", url=f"{SPOT_DOCS}new-order-v2-signed", bucket="uid.40",
    params=[PAIR, SIDE, ORDER_TYPE, *SIZES, client_id("client_order_id"), STP], rule=spot_sized,
)  # fmt: skip
BITMART.write(
    "spot.margin_order.create", "POST /spot/v1/margin/submit_order", caution=BORROWS,
    doc="Places an order with an isolated margin account's money, borrowed money included.",
    url=f"{SPOT_DOCS}new-margin-order-v1-signed", bucket="margin",
    params=[PAIR, SIDE, ORDER_TYPE, *SIZES, client_id("clientOrderId")], rule=spot_sized,
)  # fmt: skip
BITMART.write(
    "spot.batch.create", "POST /spot/v4/batch_orders",
    doc="Places up to ten orders in one pair; what is refused of them does not stop the others.",
    url=f"{SPOT_DOCS}new-batch-order-v4-signed", bucket="uid.40",
    params=[
        PAIR,
        json_list("orderParams", [SIDE, ORDER_TYPE, *SIZES, client_id("clientOrderId"), STP], required=True, most=10),
        RECV_WINDOW,
    ],
    rule=each_of("orderParams", spot_sized),
)  # fmt: skip
BITMART.write(
    "spot.order.cancel", "POST /spot/v3/cancel_order",
    doc="Cancels an order.", url=f"{SPOT_DOCS}cancel-order-v3-signed", bucket="uid.40",
    params=[PAIR, ORDER_ID, CLIENT_ORDER_ID], rule=exactly_one("order_id", "client_order_id"),
)  # fmt: skip
BITMART.write(
    "spot.batch.cancel", "POST /spot/v4/cancel_orders",
    doc="Cancels up to ten orders of one pair.", url=f"{SPOT_DOCS}cancel-batch-order-v4-signed", bucket="uid.40",
    params=[PAIR, ids("orderIds"), ids("clientOrderIds"), RECV_WINDOW], rule=some_ids,
)  # fmt: skip
BITMART.write(
    "spot.order.cancel_all", "POST /spot/v4/cancel_all",
    doc="Cancels every open order of a pair or of all pairs, of one side or both.",
    url=f"{SPOT_DOCS}cancel-all-order-v4-signed", bucket="cancel_all",
    params=[ANY_PAIR, one_of("side", ("buy", "sell"), "One side alone.")],
)  # fmt: skip

# Queries.

BITMART.read(
    "spot.order.get", "POST /spot/v4/query/order",
    doc="One order.", url=f"{SPOT_DOCS}query-order-by-id-v4-signed", bucket="key.50",
    params=[ID, QUERY_STATE, RECV_WINDOW], reason=POSTED,
)  # fmt: skip
BITMART.read(
    "spot.order.by_client", "POST /spot/v4/query/client-order",
    doc="One order by its client id.", url=f"{SPOT_DOCS}query-order-by-clientorderid-v4-signed", bucket="key.50",
    params=[
        text("clientOrderId", "The order's client id.", required=True, example="order1"), QUERY_STATE, RECV_WINDOW,
    ],
    reason=POSTED,
)  # fmt: skip
BITMART.read(
    "spot.order.open", "POST /spot/v4/query/open-orders",
    doc="Open orders.", url=f"{SPOT_DOCS}current-open-orders-v4-signed", bucket="key.12", params=WHAT, reason=POSTED,
)  # fmt: skip
BITMART.read(
    "spot.order.list", "POST /spot/v4/query/history-orders",
    doc="Orders that are done.", url=f"{SPOT_DOCS}account-orders-v4-signed", bucket="key.12", params=WHAT,
    reason=POSTED,
)  # fmt: skip
BITMART.read(
    "spot.fills.list", "POST /spot/v4/query/trades",
    doc="The account's own trades.", url=f"{SPOT_DOCS}account-trade-list-v4-signed", bucket="key.12", params=WHAT,
    reason=POSTED,
)  # fmt: skip
BITMART.read(
    "spot.fills.of_order", "POST /spot/v4/query/order-trades",
    doc="The trades of one order.", url=f"{SPOT_DOCS}order-trade-list-v4-signed", bucket="key.12",
    params=[required(ID), RECV_WINDOW], reason=POSTED,
)  # fmt: skip
