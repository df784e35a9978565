"""Spot orders that wait for a trigger. What can be asked for is told by the venue's SDK, what is answered is not.

https://github.com/bitmartexchange/bitmart-python-sdk-api (2.8.0)
"""

from __future__ import annotations

from blave_mcp.exchanges.bitmart.base import (
    ANY_PAIR,
    BITMART,
    PAIR,
    POSTED,
    QUERY_STATE,
    RECV_WINDOW,
    SIDE,
    SPOT_DOCS,
    limit,
    moment,
    price,
)
from blave_mcp.exchanges.params import client_id, decimal, one_of, text

KIND = one_of("type", ("trigger", "tp/sl"), "A plan order, or a take-profit or stop-loss alone.", required=True)
WHAT = (
    ANY_PAIR, one_of("orderMode", ("trigger", "tp/sl"), "Which kind; both unless told."), moment("startTime"),
    moment("endTime"), limit(200, 200), RECV_WINDOW,
)  # fmt: skip

BITMART.write(
    "spot.algo.create", "POST /spot/v4/algo/submit_order",
    doc="Places an order that waits for a trigger.", url=f"{SPOT_DOCS}new-algo-order-v4-signed", bucket="algo.10",
    params=[
        PAIR, SIDE, KIND, client_id("client_order_id"), price("trigger_price", "Where it fires."),
        one_of("trigger_type", ("limit", "market"), "What it then places."), price(doc="For trigger_type limit."),
        decimal("notional", "In quote; for a market buy.", example="50"),
        decimal("size", "In base; for the others.", example="0.001"),
    ],
)  # fmt: skip
BITMART.write(
    "spot.algo.cancel", "POST /spot/v4/algo/cancel_order",
    doc="Cancels an order that waits for a trigger.", url=f"{SPOT_DOCS}cancel-algo-order-v4-signed", bucket="algo.10",
    params=[PAIR, text("order_id", "The venue's own id.", required=True, example="1234567890"), KIND],
)  # fmt: skip
BITMART.write(
    "spot.algo.cancel_all", "POST /spot/v4/algo/cancel_all",
    doc="Cancels every order of a kind that waits for a trigger.", url=f"{SPOT_DOCS}cancel-all-algo-order-v4-signed",
    bucket="algo.5", params=[ANY_PAIR, KIND],
)  # fmt: skip
BITMART.read(
    "spot.algo.get", "POST /spot/v4/query/algo/order",
    doc="One order that waits for a trigger, or waited.", url=f"{SPOT_DOCS}query-algo-order-by-id-v4-signed",
    bucket="algo.40", params=[text("orderId", required=True, example="1234567890"), QUERY_STATE, RECV_WINDOW],
    reason=POSTED,
)  # fmt: skip
BITMART.read(
    "spot.algo.by_client", "POST /spot/v4/query/algo/client-order",
    doc="The same by its client id.", url=f"{SPOT_DOCS}query-algo-order-by-clientorderid-v4-signed", bucket="algo.40",
    params=[text("clientOrderId", required=True, example="order1"), QUERY_STATE, RECV_WINDOW], reason=POSTED,
)  # fmt: skip
BITMART.read(
    "spot.algo.open", "POST /spot/v4/query/algo/open-orders",
    doc="Orders that wait for a trigger.", url=f"{SPOT_DOCS}current-algo-open-orders-v4-signed", bucket="algo.20",
    params=WHAT, reason=POSTED,
)  # fmt: skip
BITMART.read(
    "spot.algo.list", "POST /spot/v4/query/algo/history-orders",
    doc="Orders that waited for a trigger and are done.", url=f"{SPOT_DOCS}account-algo-orders-v4-signed",
    bucket="algo.20", params=WHAT, reason=POSTED,
)  # fmt: skip
