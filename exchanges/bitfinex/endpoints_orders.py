"""Orders and the account's own trades."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blave_mcp.exchanges.bitfinex.base import (
    BITFINEX,
    CLOSE,
    DOCS,
    END,
    HIDDEN,
    NO_VAR_RATES,
    OCO,
    ORDER_TYPES,
    PAIR,
    POST_ONLY,
    POSTED,
    REDUCE_ONLY,
    SORT,
    START,
    all_caution,
    at_least_one,
    batch_caution,
    date,
    known_flags,
    limit,
    nonzero,
    number_id,
    order_caution,
    order_terms,
    pair,
    signed,
    together,
)
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.params import Args, check_args, client_id, decimal, integer, json_value, one_of, text

MOST_OPS = 75
CID = client_id(
    "cid", "Your own number for the order, unique within a UTC day; one is made from the action if left out."
)
TIF = text("tif", 'The order ends then: "2026-01-15 10:45:23" (UTC).', example="2026-01-15 10:45:23")
FLAGS_DOC = "Sum of 64 hidden, 512 close, 1024 reduce-only, 4096 post-only, 16384 OCO, 524288 no variable rates."
IDS = json_value("id", "A list of order ids.", example=[33950998275])
_FLAGS = known_flags(HIDDEN, CLOSE, REDUCE_ONLY, POST_ONLY, OCO, NO_VAR_RATES)

NEW = (
    one_of(
        "type", ORDER_TYPES, "EXCHANGE ... trades from the exchange wallet (spot), the rest on margin.", required=True
    ),
    text("symbol", "tBTCUSD, tBTCUST.", required=True, example="tBTCUSD"),
    signed("amount", "In base; positive buys, negative sells.", required=True, example="0.01"),
    decimal(
        "price", "Limit price; the stop price of STOP and STOP LIMIT; at most 5 significant digits.", example="50000"
    ),
    decimal("price_trailing", "Distance of a TRAILING STOP in quote.", example="100"),
    decimal("price_aux_limit", "Limit price of a STOP LIMIT.", example="49000"),
    decimal("price_oco_stop", "Stop price of an OCO pair.", example="48000"),
    integer("lev", "Leverage of a derivative, 1 to 100.", low=1, high=100, example=10),
    integer("flags", FLAGS_DOC, example=0),
    TIF,
    integer("gid", "Group id.", low=0, example=1),
    json_value("meta", "An object; the affiliate code is added to it.", example={"protect_selfmatch": 1}),
)
CHANGED = (
    number_id("id", "The order's id.", required=True),
    signed("amount", "The remaining amount from now on, signed as the order's.", example="0.02"),
    signed("delta", "Change of the remaining amount.", example="0.01"),
    decimal("price", example="50001"),
    decimal("price_aux_limit", example="49000"),
    decimal("price_trailing", example="100"),
    integer("flags", FLAGS_DOC, example=0),
    integer("lev", low=1, high=100, example=10),
    TIF,
    integer("gid", low=0, example=1),
)


def _meta_object(args: Args) -> str | None:
    """meta is an object."""
    return None if isinstance(args.get("meta", {}), dict) else "meta must be an object."


new_order = together(pair("symbol"), nonzero("amount"), order_terms, _FLAGS, _meta_object)
changed_order = together(
    at_least_one("amount", "delta", "price", "price_aux_limit", "price_trailing", "flags", "lev", "tif", "gid"),
    nonzero("amount", "delta"),
    lambda args: "amount and delta cannot go together." if {"amount", "delta"} <= args.keys() else None,
    _FLAGS,
)


def one_order(args: Args) -> str | None:
    """An order is named by id, or by cid and cid_date."""
    if ("cid" in args) != ("cid_date" in args):
        return "cid and cid_date are given together."
    return None if ("id" in args) != ("cid" in args) else "Give id, or cid with cid_date."


def some_orders(args: Args) -> str | None:
    """Orders are named by id, cid with its date, or gid, or all of them are meant."""
    for name in ("id", "gid", "cid"):
        if name in args and not isinstance(args[name], list):
            return f"{name} must be a list."
    if "all" in args and len(args) > 1:
        return "all stands alone."
    return None


_CANCEL = (
    number_id("id", "The order's id."),
    integer("cid", "The order's client id.", low=0, example=12345),
    text("cid_date", "The UTC day on which it was placed.", example="2026-04-17"),
)
_SEVERAL = (
    json_value("id", "A list of order ids.", example=[1747566428]),
    json_value("cid", 'A list of [cid, "YYYY-MM-DD"].', example=[[12345, "2026-04-17"]]),
    json_value("gid", "A list of group ids.", example=[1]),
    integer("all", "1: every open order of the account, margin and derivatives included.", low=1, high=1, example=1),
)
_OPS: Mapping[str, tuple[Any, Any]] = {
    "on": ((*NEW, integer("cid", low=0, example=12345)), new_order),
    "ou": (CHANGED, changed_order),
    "oc": (_CANCEL, together(one_order, date("cid_date"))),
    "oc_multi": (_SEVERAL, together(at_least_one("id", "cid", "gid", "all"), some_orders)),
}


def operations(args: Args) -> str | None:
    """ops is a list of at most 75 pairs: on (new), ou (update), oc (cancel) or oc_multi, and its object."""
    ops = args["ops"]
    if not isinstance(ops, list) or not 1 <= len(ops) <= MOST_OPS:
        return f"ops must be a list of 1 to {MOST_OPS} operations."
    for n, op in enumerate(ops):
        if not isinstance(op, list) or len(op) != 2 or op[0] not in _OPS:
            return f'ops[{n}] must be a pair like ["on", {{...}}]; the first is one of {", ".join(_OPS)}.'
        params, rule = _OPS[op[0]]
        try:
            if wrong := rule(check_args(params, op[1], f"ops[{n}]")):
                return f"ops[{n}]: {wrong}"
        except BadArgument as bad:
            return bad.what
    return None


BITFINEX.write(
    "auth.order.create",
    "POST /v2/auth/w/order/submit",
    doc="Places an order on spot (type EXCHANGE ...) or on margin.",
    caution=order_caution,
    url=f"{DOCS}rest-auth-submit-order",
    bucket="orders.write",
    params=[*NEW, CID],
    rule=new_order,
)
BITFINEX.write(
    "auth.order.amend",
    "POST /v2/auth/w/order/update",
    doc="Changes an open order.",
    url=f"{DOCS}rest-auth-update-order",
    bucket="orders.write",
    params=CHANGED,
    rule=changed_order,
)
BITFINEX.write(
    "auth.order.cancel",
    "POST /v2/auth/w/order/cancel",
    doc="Cancels an open order by its id, or by its client id and the day of it.",
    url=f"{DOCS}rest-auth-cancel-order",
    bucket="orders.write",
    params=_CANCEL,
    rule=together(one_order, date("cid_date")),
)
BITFINEX.write(
    "auth.orders.cancel",
    "POST /v2/auth/w/order/cancel/multi",
    doc="Cancels several orders, or with all = 1 every order of the account in every market.",
    caution=all_caution,
    url=f"{DOCS}rest-auth-order-cancel-multi",
    bucket="orders.write",
    params=_SEVERAL,
    rule=together(at_least_one("id", "cid", "gid", "all"), some_orders),
)
BITFINEX.write(
    "auth.orders.batch",
    "POST /v2/auth/w/order/multi",
    doc="Up to 75 order operations in one request; each is carried out by itself.",
    caution=batch_caution,
    url=f"{DOCS}rest-auth-order-multi",
    bucket="orders.write",
    params=[
        json_value(
            "ops",
            'Pairs of "on", "ou", "oc" or "oc_multi" and its object.',
            required=True,
            example=[["on", {"type": "EXCHANGE LIMIT", "symbol": "tBTCUSD", "amount": "0.01", "price": "100"}]],
        )
    ],
    rule=operations,
)
BITFINEX.read(
    "auth.order.list",
    "POST /v2/auth/r/orders",
    doc="Open orders.",
    url=f"{DOCS}rest-auth-retrieve-orders",
    bucket="orders.read",
    reason=POSTED,
    params=[IDS],
)
BITFINEX.read(
    "auth.order.symbol",
    "POST /v2/auth/r/orders/{Symbol}",
    doc="Open orders of a pair.",
    url=f"{DOCS}rest-auth-retrieve-orders-by-symbol",
    bucket="orders.read",
    reason=POSTED,
    params=[PAIR, IDS],
    rule=pair(),
)
BITFINEX.read(
    "auth.order.history",
    "POST /v2/auth/r/orders/hist",
    doc="Orders of the last two weeks that were executed or canceled.",
    url=f"{DOCS}rest-auth-orders-history",
    bucket="orders.history",
    reason=POSTED,
    params=[IDS, START, END, limit(2500, 25)],
)
BITFINEX.read(
    "auth.order.history_symbol",
    "POST /v2/auth/r/orders/{Symbol}/hist",
    doc="The same for one pair.",
    url=f"{DOCS}rest-auth-orders-history-by-symbol",
    bucket="orders.history",
    reason=POSTED,
    params=[PAIR, IDS, START, END, limit(2500, 25)],
    rule=pair(),
)
BITFINEX.read(
    "auth.order.trades",
    "POST /v2/auth/r/order/{Symbol}:{Id}/trades",
    doc="Trades of one order.",
    url=f"{DOCS}rest-auth-order-trades",
    bucket="own_trades",
    reason=POSTED,
    params=[PAIR, number_id("Id", "The order's id.", required=True)],
    rule=pair(),
)
BITFINEX.read(
    "auth.trades.list",
    "POST /v2/auth/r/trades/hist",
    doc="The account's trades.",
    url=f"{DOCS}rest-auth-trades",
    bucket="own_trades",
    reason=POSTED,
    params=[START, END, limit(2500, 25), SORT],
)
BITFINEX.read(
    "auth.trades.symbol",
    "POST /v2/auth/r/trades/{Symbol}/hist",
    doc="The account's trades in a pair.",
    url=f"{DOCS}rest-auth-trades-by-symbol",
    bucket="own_trades",
    reason=POSTED,
    params=[PAIR, START, END, limit(2500, 25), SORT],
    rule=pair(),
)
