"""Spot endpoints: the market, the account and single orders. Order lists are in endpoints_lists.py."""

from __future__ import annotations

from blave_mcp.exchanges.binance.base import (
    ANY_SYMBOL,
    BINANCE,
    ORDER_ID,
    ORIG_CLIENT_ORDER_ID,
    SIDE,
    SPOT_DOCS,
    SPOT_INTERVALS,
    SPOT_TIME_IN_FORCE,
    SYMBOL,
    WALLET_DOCS,
    at_least_one,
    bips,
    by_type,
    exactly_one,
    interval,
    limit,
    moment,
    not_together,
    together,
)
from blave_mcp.exchanges.endpoint import Auth
from blave_mcp.exchanges.params import Args, client_id, decimal, flag, integer, json_value, one_of, text

ORDER_TYPES = ("LIMIT", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT", "LIMIT_MAKER")
STOPS = ("STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")
PRICED = ("LIMIT", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT", "LIMIT_MAKER")
TIMED = ("LIMIT", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT")
STP_MODES = ("NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER")
CANCEL_RESTRICTIONS = one_of(
    "cancelRestrictions", ("ONLY_NEW", "ONLY_PARTIALLY_FILLED"), "Cancel only an order that is in this state."
)

NEEDS = {
    "LIMIT": ("timeInForce", "quantity", "price|pegPriceType"),
    "MARKET": (),
    "STOP_LOSS": ("quantity", "stopPrice|trailingDelta"),
    "STOP_LOSS_LIMIT": ("timeInForce", "quantity", "price|pegPriceType", "stopPrice|trailingDelta"),
    "TAKE_PROFIT": ("quantity", "stopPrice|trailingDelta"),
    "TAKE_PROFIT_LIMIT": ("timeInForce", "quantity", "price|pegPriceType", "stopPrice|trailingDelta"),
    "LIMIT_MAKER": ("quantity", "price|pegPriceType"),
}
ALLOWS = {
    "quoteOrderQty": ("MARKET",),
    "price": PRICED,
    "timeInForce": TIMED,
    "stopPrice": STOPS,
    "trailingDelta": STOPS,
    "icebergQty": PRICED,
    "pegPriceType": PRICED,
}


def market_size(args: Args) -> str | None:
    """A market order is sized in base or in quote, never in both."""
    if args["type"] == "MARKET" and ("quantity" in args) == ("quoteOrderQty" in args):
        return "A MARKET order takes quantity (base) or quoteOrderQty (quote): one of them."
    return None


def peg_offset(args: Args) -> str | None:
    if ("pegOffsetType" in args) != ("pegOffsetValue" in args):
        return "pegOffsetType and pegOffsetValue are given together."
    return "pegOffsetType wants pegPriceType." if "pegOffsetType" in args and "pegPriceType" not in args else None


def iceberg_time_in_force(args: Args) -> str | None:
    if "icebergQty" in args and args.get("timeInForce", "GTC") != "GTC":
        return "An order with icebergQty must have timeInForce GTC."
    return None


SINGLE = together(by_type(NEEDS, ALLOWS), market_size, peg_offset, iceberg_time_in_force)
"""https://developers.binance.com/en/docs/catalog/core-trading-spot-trading/api/rest-api/trade#new-order"""


def sor_type(args: Args) -> str | None:
    if args["type"] == "LIMIT" and not {"price", "timeInForce"} <= args.keys():
        return "A LIMIT order wants price and timeInForce."
    if args["type"] == "MARKET" and {"price", "timeInForce", "icebergQty"} & args.keys():
        return "A MARKET order takes neither price nor timeInForce nor icebergQty."
    return iceberg_time_in_force(args)


RESPONSE = one_of("newOrderRespType", ("ACK", "RESULT", "FULL"), "How much the answer tells.", example="FULL")
STP = one_of("selfTradePreventionMode", STP_MODES, "What happens where the account would trade with itself.")
STRATEGY = (
    integer("strategyId", "Any number of the caller's.", example=1),
    integer("strategyType", "Any number of the caller's from 1000000.", low=1_000_000),
)
NEW_ID = client_id("newClientOrderId")
TIME_IN_FORCE = one_of("timeInForce", SPOT_TIME_IN_FORCE, "Required for LIMIT and the *_LIMIT types.")
QUANTITY = decimal("quantity", "In base.", example="0.001")
QUOTE_ORDER_QTY = decimal("quoteOrderQty", "In quote, for MARKET: to spend (BUY) or to receive (SELL).", example="100")
PRICE = decimal("price", "Required for the limit types.", example="60000")
STOP_PRICE = decimal("stopPrice", "Trigger; for STOP_LOSS and TAKE_PROFIT types.", example="59000")
ICEBERG = decimal("icebergQty", "Visible part of the order; GTC only.", example="0.0005")
PEG = (
    one_of("pegPriceType", ("PRIMARY_PEG", "MARKET_PEG"), "Peg to the best price of the own or the other side."),
    one_of("pegOffsetType", ("PRICE_LEVEL",), "With pegOffsetValue."),
    integer("pegOffsetValue", "Levels away from the best price.", low=1, high=100),
)
TYPE = one_of("type", ORDER_TYPES, "LIMIT_MAKER is post-only.", required=True)
ORDER = (
    SYMBOL, SIDE, TYPE, TIME_IN_FORCE, QUANTITY, QUOTE_ORDER_QTY, PRICE, NEW_ID, *STRATEGY, STOP_PRICE,
    bips("trailingDelta"), ICEBERG, RESPONSE, STP, *PEG,
)  # fmt: skip
SOR_ORDER = (
    SYMBOL, SIDE, one_of("type", ("LIMIT", "MARKET"), required=True),
    decimal("quantity", "In base.", required=True, example="0.001"), TIME_IN_FORCE, PRICE, NEW_ID, *STRATEGY, ICEBERG,
    RESPONSE, STP,
)  # fmt: skip
RATES = flag("computeCommissionRates", "Also tell the fees that the order would meet (weight 20 instead of 1).")
SYMBOLS = json_value("symbols", 'A JSON list, ["BTCUSDT","BNBUSDT"].', example=["BTCUSDT", "BNBUSDT"])
STATUS = one_of("symbolStatus", ("TRADING", "HALT", "BREAK"), "Only symbols in this state.")
ONE_OR_MANY = not_together("symbol", "symbols")

# The market.

BINANCE.read(
    "spot.time.get", "GET /api/v3/time",
    doc="The venue's clock.", url=f"{SPOT_DOCS}general#time", bucket="spot.weight", auth=Auth.NONE,
)  # fmt: skip
BINANCE.read(
    "spot.instruments.list", "GET /api/v3/exchangeInfo",
    doc="Trading rules: symbols, filters, order types, rate limits.", url=f"{SPOT_DOCS}general#exchange-info",
    bucket="spot.weight", weight=20, auth=Auth.NONE,
    params=[
        ANY_SYMBOL, SYMBOLS,
        flag("showPermissionSets", "Whether the permission sets are listed (default true).", example=False),
        STATUS,
    ],
    rule=not_together("symbol", "symbols", "symbolStatus"),
)  # fmt: skip
BINANCE.read(
    "spot.ticker.day", "GET /api/v3/ticker/24hr",
    doc="Price, volume and change over 24 hours.", url=f"{SPOT_DOCS}market#ticker24hr",
    bucket="spot.weight", weight=2, auth=Auth.NONE,
    params=[ANY_SYMBOL, SYMBOLS, one_of("type", ("FULL", "MINI"), "MINI leaves out bid, ask and change."), STATUS],
    rule=ONE_OR_MANY,
)  # fmt: skip
BINANCE.read(
    "spot.ticker.book", "GET /api/v3/ticker/bookTicker",
    doc="Best bid and ask.", url=f"{SPOT_DOCS}market#ticker-book-ticker",
    bucket="spot.weight", weight=2, auth=Auth.NONE, params=[ANY_SYMBOL, SYMBOLS, STATUS], rule=ONE_OR_MANY,
)  # fmt: skip
BINANCE.read(
    "spot.ticker.price", "GET /api/v3/ticker/price",
    doc="Last price.", url=f"{SPOT_DOCS}market#ticker-price",
    bucket="spot.weight", weight=2, auth=Auth.NONE, params=[ANY_SYMBOL, SYMBOLS, STATUS], rule=ONE_OR_MANY,
)  # fmt: skip
BINANCE.read(
    "spot.candles.list", "GET /api/v3/klines",
    doc="Candles, oldest first.", url=f"{SPOT_DOCS}market#klines",
    bucket="spot.weight", weight=2, auth=Auth.NONE,
    params=[
        SYMBOL, interval(SPOT_INTERVALS), moment("startTime"), moment("endTime"),
        text("timeZone", "In which days and weeks begin: 0 (UTC) unless told, -12:00 to +14:00.", example="0"),
        limit(1000, 500),
    ],
)  # fmt: skip
BINANCE.read(
    "spot.book.get", "GET /api/v3/depth",
    doc="The order book.", url=f"{SPOT_DOCS}market#depth",
    bucket="spot.weight", weight=5, auth=Auth.NONE, params=[SYMBOL, limit(5000, 100), STATUS],
)  # fmt: skip
BINANCE.read(
    "spot.trades.list", "GET /api/v3/trades",
    doc="The market's latest trades.", url=f"{SPOT_DOCS}market#get-trades",
    bucket="spot.weight", weight=25, auth=Auth.NONE, params=[SYMBOL, limit(1000, 500)],
)  # fmt: skip

# The account.

BINANCE.read(
    "spot.account.get", "GET /api/v3/account",
    doc="Balances, permissions and fees of the spot account.", url=f"{SPOT_DOCS}account#get-account",
    bucket="spot.weight", weight=20, params=[flag("omitZeroBalances", "Leave out assets of which there is nothing.")],
)  # fmt: skip
BINANCE.read(
    "spot.fills.list", "GET /api/v3/myTrades",
    doc="The account's own trades in a symbol; at most 24 hours between startTime and endTime.",
    url=f"{SPOT_DOCS}account#my-trades", bucket="spot.weight", weight=20,
    params=[
        SYMBOL, ORDER_ID, moment("startTime"), moment("endTime"),
        integer("fromId", "Trades from this trade id on.", example=1), limit(1000, 500),
    ],
    rule=together(
        not_together("fromId", "startTime"), not_together("fromId", "endTime"),
        not_together("orderId", "startTime"), not_together("orderId", "endTime"),
    ),
)  # fmt: skip
BINANCE.read(
    "spot.fees.get", "GET /api/v3/account/commission",
    doc="Maker and taker fees in a symbol.", url=f"{SPOT_DOCS}account#account-commission",
    bucket="spot.weight", weight=20, params=[SYMBOL],
)  # fmt: skip
BINANCE.read(
    "spot.limits.orders", "GET /api/v3/rateLimit/order",
    doc="How many unfilled orders count against each limit.", url=f"{SPOT_DOCS}account#rate-limit-order",
    bucket="spot.weight", weight=40,
)  # fmt: skip

# Orders.

BINANCE.write(
    "spot.order.create", "POST /api/v3/order",
    doc="Places an order.", url=f"{SPOT_DOCS}trade#new-order", bucket="spot.orders", params=ORDER, rule=SINGLE,
)  # fmt: skip
BINANCE.validate(
    "spot.order.test", "POST /api/v3/order/test",
    doc="Checks an order without placing it.", url=f"{SPOT_DOCS}trade#order-test",
    bucket="spot.weight", weight=20, params=[*ORDER, RATES], rule=SINGLE,
)  # fmt: skip
BINANCE.write(
    "spot.order.cancel", "DELETE /api/v3/order",
    doc="Cancels an order; one that belongs to a list takes the whole list with it.",
    url=f"{SPOT_DOCS}trade#delete-order", bucket="spot.weight",
    params=[SYMBOL, ORDER_ID, ORIG_CLIENT_ORDER_ID, CANCEL_RESTRICTIONS],
    rule=at_least_one("orderId", "origClientOrderId"),
)  # fmt: skip
BINANCE.write(
    "spot.order.cancel_all", "DELETE /api/v3/openOrders",
    doc="Cancels every open order in a symbol, order lists included.",
    url=f"{SPOT_DOCS}trade#delete-open-orders", bucket="spot.weight", params=[SYMBOL],
)  # fmt: skip
BINANCE.write(
    "spot.order.replace", "POST /api/v3/order/cancelReplace",
    doc="Cancels an order and places another in the same symbol, in one request.",
    url=f"{SPOT_DOCS}trade#order-cancel-replace", bucket="spot.orders",
    params=[
        SYMBOL, SIDE, TYPE,
        one_of(
            "cancelReplaceMode", ("STOP_ON_FAILURE", "ALLOW_FAILURE"),
            "Whether the new order is placed although the old one could not be cancelled.", required=True,
        ),
        TIME_IN_FORCE, QUANTITY, QUOTE_ORDER_QTY, PRICE,
        text("cancelOrigClientOrderId", "Client id of the order to cancel.", example="x-1"),
        integer("cancelOrderId", "Venue id of the order to cancel.", example=1),
        NEW_ID, *STRATEGY, STOP_PRICE, bips("trailingDelta"), ICEBERG, RESPONSE, STP, CANCEL_RESTRICTIONS,
        one_of(
            "orderRateLimitExceededMode", ("DO_NOTHING", "CANCEL_ONLY"),
            "Whether the old order is cancelled although the order limit is used up.",
        ),
        *PEG,
    ],
    rule=together(at_least_one("cancelOrderId", "cancelOrigClientOrderId"), SINGLE),
)  # fmt: skip
BINANCE.write(
    "spot.order.amend", "PUT /api/v3/order/amend/keepPriority",
    doc="Makes an open order smaller; it keeps its place in the queue and takes a new client id.",
    url=f"{SPOT_DOCS}trade#order-amend-keep-priority", bucket="spot.weight", weight=4,
    params=[
        SYMBOL, ORDER_ID, ORIG_CLIENT_ORDER_ID, NEW_ID,
        decimal("newQty", "New total quantity, less than the present one.", required=True, example="0.0005"),
    ],
    rule=exactly_one("orderId", "origClientOrderId"),
)  # fmt: skip
BINANCE.read(
    "spot.order.get", "GET /api/v3/order",
    doc="One order in any state.", url=f"{SPOT_DOCS}account#get-order",
    bucket="spot.weight", weight=4, params=[SYMBOL, ORDER_ID, ORIG_CLIENT_ORDER_ID],
    rule=at_least_one("orderId", "origClientOrderId"),
)  # fmt: skip
BINANCE.read(
    "spot.order.open", "GET /api/v3/openOrders",
    doc="Open orders (weight 80 without a symbol).", url=f"{SPOT_DOCS}account#get-open-orders",
    bucket="spot.weight", weight=6, params=[ANY_SYMBOL],
)  # fmt: skip
BINANCE.read(
    "spot.order.list", "GET /api/v3/allOrders",
    doc="Orders in a symbol in any state; at most 24 hours between startTime and endTime.",
    url=f"{SPOT_DOCS}account#all-orders", bucket="spot.weight", weight=20,
    params=[SYMBOL, ORDER_ID, moment("startTime"), moment("endTime"), limit(1000, 500)],
)  # fmt: skip
BINANCE.write(
    "spot.sor.create", "POST /api/v3/sor/order",
    doc="Places an order by smart order routing.", url=f"{SPOT_DOCS}trade#sor-order",
    bucket="spot.orders", params=SOR_ORDER, rule=sor_type,
)  # fmt: skip
BINANCE.validate(
    "spot.sor.test", "POST /api/v3/sor/order/test",
    doc="Checks a smart-routed order without placing it.", url=f"{SPOT_DOCS}trade#sor-order-test",
    bucket="spot.weight", weight=20, params=[*SOR_ORDER, RATES], rule=sor_type,
)  # fmt: skip

# Transfers between the account's own wallets, on the spot host.

TRANSFERS = (
    "MAIN_UMFUTURE", "UMFUTURE_MAIN", "MAIN_FUNDING", "FUNDING_MAIN", "FUNDING_UMFUTURE", "UMFUTURE_FUNDING",
    "MAIN_MARGIN", "MARGIN_MAIN", "MAIN_CMFUTURE", "CMFUTURE_MAIN",
)  # fmt: skip
DIRECTION = one_of("type", TRANSFERS, "From and to; MAIN is spot, UMFUTURE is USDS-M futures.", required=True)
BINANCE.write(
    "spot.transfer.create", "POST /sapi/v1/asset/transfer",
    doc="Moves an asset between the user's own wallets; the key must permit universal transfer.",
    url=f"{WALLET_DOCS}user-universal-transfer", bucket="wallet.uid", weight=900,
    params=[
        DIRECTION,
        text("asset", "For instance USDT.", required=True, example="USDT"),
        decimal("amount", required=True, example="10"),
    ],
)  # fmt: skip
BINANCE.read(
    "spot.transfer.list", "GET /sapi/v1/asset/transfer",
    doc="Transfers of one direction, newest first.", url=f"{WALLET_DOCS}query-user-universal-transfer",
    bucket="wallet.ip",
    params=[
        DIRECTION, moment("startTime"), moment("endTime"),
        integer("current", "Page, from 1.", low=1), integer("size", "Rows a page.", low=1, high=100, example=10),
    ],
)  # fmt: skip
