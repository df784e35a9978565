"""Spot: the market and orders; and the three wallets with transfers between them."""

from __future__ import annotations

from blave_mcp.exchanges.bingx.base import (
    ANY_SYMBOL,
    FORCES,
    ORDER_ID,
    SIDE,
    SPOT_ACCOUNT,
    SPOT_BASE,
    SPOT_MARKET,
    SPOT_TRADE,
    SYMBOL,
    at_least_one,
    by_type,
    each_of,
    exactly_one,
    interval,
    limit,
    moment,
    page,
    public,
    read,
    together,
    write,
)
from blave_mcp.exchanges.cautions import TIMED
from blave_mcp.exchanges.params import Args, client_id, decimal, flag, integer, json_list, one_of, text

TYPES = ("MARKET", "LIMIT", "TAKE_STOP_LIMIT", "TAKE_STOP_MARKET", "TRIGGER_LIMIT", "TRIGGER_MARKET")
SPAN = (moment("startTime"), moment("endTime"))
CLIENT_ORDER_ID = text("clientOrderID", "The order's client id.", example="abc1")
NEW_ID = client_id("newClientOrderId", "1 to 40 letters and digits.")

# The market.

public("spot.time.get", "GET /openApi/spot/v1/server/time", doc="The venue's clock.", url=SPOT_BASE)
public(
    "spot.instruments.list", "GET /openApi/spot/v1/common/symbols",
    doc="Pairs: steps of price and size, least and most notional, whether they can be traded.",
    url=SPOT_MARKET, params=[ANY_SYMBOL],
)  # fmt: skip
public(
    "spot.ticker.day", "GET /openApi/spot/v1/ticker/24hr",
    doc="Price, volume and change over 24 hours, with best bid and ask.", url=SPOT_MARKET, params=[ANY_SYMBOL],
)  # fmt: skip
public(
    "spot.ticker.book", "GET /openApi/spot/v1/ticker/bookTicker",
    doc="Best bid and ask.", url=SPOT_MARKET, params=[SYMBOL],
)  # fmt: skip
public("spot.ticker.price", "GET /openApi/spot/v2/ticker/price", doc="Last price.", url=SPOT_MARKET, params=[SYMBOL])
public(
    "spot.book.get", "GET /openApi/spot/v1/market/depth",
    doc="The order book.", url=SPOT_MARKET, params=[SYMBOL, limit(1000, 20)],
)  # fmt: skip
public(
    "spot.trades.list", "GET /openApi/spot/v1/market/trades",
    doc="The market's latest trades.", url=SPOT_MARKET, params=[SYMBOL, limit(500, 100)],
)  # fmt: skip
public(
    "spot.candles.list", "GET /openApi/spot/v2/market/kline",
    doc="Candles.", url=SPOT_MARKET, params=[SYMBOL, interval(), *SPAN, limit(1440, 500)],
)  # fmt: skip

# Wallets.

ACCOUNTS = ("fund", "spot", "stdFutures", "coinMPerp", "USDTMPerp")
FROM = one_of("fromAccount", ACCOUNTS, required=True)
TO = one_of("toAccount", ACCOUNTS, required=True, example="USDTMPerp")
read("spot.fund.get", "GET /openApi/fund/v1/account/balance", doc="The fund wallet, where deposits land.",
     url=SPOT_ACCOUNT)  # fmt: skip
read("spot.account.get", "GET /openApi/spot/v1/account/balance", doc="The spot wallet.", url=SPOT_ACCOUNT)
read(
    "spot.account.all", "GET /openApi/account/v1/allAccountBalance",
    doc="What each of the account's wallets is worth in USDT.", url=SPOT_ACCOUNT,
    params=[one_of("accountType", ("sopt", "stdFutures", "coinMPerp", "USDTMPerp", "copyTrading", "grid", "eran",
                                   "c2c"), "One wallet; the venue spells spot \"sopt\".")],
)  # fmt: skip


def two_wallets(args: Args) -> str | None:
    return "fromAccount and toAccount are the same." if args["fromAccount"] == args["toAccount"] else None


write(
    "spot.transfer.create", "POST /openApi/api/asset/v1/transfer",
    doc="Move an asset between two of the account's wallets.", url=SPOT_ACCOUNT, rule=two_wallets,
    params=[FROM, TO, text("asset", "Asset.", required=True, example="USDT"),
            decimal("amount", "Amount.", required=True, example="10")],
)  # fmt: skip
read(
    "spot.transfer.list", "GET /openApi/api/v3/asset/transferRecord",
    doc="Transfers between the account's wallets.", url=SPOT_ACCOUNT, rule=two_wallets,
    params=[FROM, TO, text("transferId", "One transfer."), *SPAN, page(), limit(100, 10, name="pageSize")],
)  # fmt: skip
read(
    "spot.transfer.coins", "GET /openApi/api/asset/v1/transfer/supportCoins",
    doc="Assets that can be moved between two wallets.", url=SPOT_ACCOUNT, params=[FROM, TO], rule=two_wallets,
)  # fmt: skip

# Orders.

ORDER = (
    SYMBOL, SIDE, one_of("type", TYPES, required=True),
    decimal("quantity", "In base units.", example="0.001"),
    decimal("quoteOrderQty", "In quote; quantity goes before it.", example="100"),
    decimal("price", "Limit price.", example="60000"),
    decimal("stopPrice", "Trigger.", example="61000"),
    one_of("timeInForce", FORCES, "GTC unless told."),
    NEW_ID,
)  # fmt: skip
order_rule = by_type(
    {
        "MARKET": ("quantity|quoteOrderQty",),
        "LIMIT": ("quantity|quoteOrderQty", "price"),
        "TAKE_STOP_LIMIT": ("quantity|quoteOrderQty", "price", "stopPrice"),
        "TAKE_STOP_MARKET": ("quantity|quoteOrderQty", "stopPrice"),
        "TRIGGER_LIMIT": ("quantity|quoteOrderQty", "price", "stopPrice"),
        "TRIGGER_MARKET": ("quantity|quoteOrderQty", "stopPrice"),
    },
    {"price": ("LIMIT", "TAKE_STOP_LIMIT", "TRIGGER_LIMIT"), "stopPrice": TYPES[2:]},
)

write(
    "spot.order.create", "POST /openApi/spot/v1/trade/order",
    doc="Place an order.", url=SPOT_TRADE, params=ORDER, rule=order_rule,
)  # fmt: skip
write(
    "spot.batch.create", "POST /openApi/spot/v1/trade/batchOrders",
    doc="Place up to five orders.", url=SPOT_TRADE, rule=each_of("data", order_rule),
    params=[json_list("data", ORDER, "The orders.", required=True, most=5),
            flag("sync", "One after the other, stopping at the first that fails.")],
)  # fmt: skip
write(
    "spot.order.cancel", "POST /openApi/spot/v1/trade/cancel",
    doc="Cancel one order.", url=SPOT_TRADE, rule=exactly_one("orderId", "clientOrderID"),
    params=[SYMBOL, ORDER_ID, CLIENT_ORDER_ID,
            one_of("cancelRestrictions", ("NEW", "PENDING", "PARTIALLY_FILLED"), "Only if it is in this state.")],
)  # fmt: skip
write(
    "spot.batch.cancel", "POST /openApi/spot/v1/trade/cancelOrders",
    doc="Cancel several orders of a symbol.", url=SPOT_TRADE, rule=exactly_one("orderIds", "clientOrderIDs"),
    params=[SYMBOL, text("orderIds", "Order ids with commas between them.", example="1,2"),
            text("clientOrderIDs", "Client ids with commas between them.", example="abc1,abc2"),
            one_of("process", ("0", "1"), "0: none unless all are valid; 1: those that are.")],
)  # fmt: skip
write(
    "spot.order.cancel_all", "POST /openApi/spot/v1/trade/cancelOpenOrders",
    doc="Cancel all open orders of a pair.", url=SPOT_TRADE, params=[ANY_SYMBOL],
)  # fmt: skip
write(
    "spot.kill_switch.set", "POST /openApi/spot/v1/trade/cancelAllAfter", caution=TIMED,
    doc="Cancel all open orders unless this is sent again within the time; or stop that countdown.", url=SPOT_TRADE,
    params=[one_of("type", ("ACTIVATE", "CLOSE"), required=True),
            integer("timeOut", "Seconds, 10 to 120.", low=10, high=120, required=True)],
)  # fmt: skip
write(
    "spot.order.replace", "POST /openApi/spot/v1/trade/order/cancelReplace",
    doc="Cancel an order and place another.", url=SPOT_TRADE,
    params=(
        integer("cancelOrderId", "The order to cancel.", example=1),
        text("cancelClientOrderID", "The order to cancel, by its client id."),
        one_of("cancelReplaceMode", ("STOP_ON_FAILURE", "ALLOW_FAILURE"),
               "Whether the new order is placed though the old one could not be cancelled.", required=True),
        one_of("cancelRestrictions", ("NEW", "PENDING", "PARTIALLY_FILLED"), "Cancel only if it is in this state."),
        *ORDER,
    ),
    rule=together(order_rule, at_least_one("cancelOrderId", "cancelClientOrderID")),
)  # fmt: skip
read(
    "spot.order.get", "GET /openApi/spot/v1/trade/query",
    doc="One order in any state.", url=SPOT_TRADE, params=[SYMBOL, ORDER_ID, CLIENT_ORDER_ID],
    rule=exactly_one("orderId", "clientOrderID"),
)  # fmt: skip
read(
    "spot.order.open", "GET /openApi/spot/v1/trade/openOrders",
    doc="Open orders.", url=SPOT_TRADE, params=[ANY_SYMBOL],
)  # fmt: skip
read(
    "spot.order.list", "GET /openApi/spot/v1/trade/historyOrders",
    doc="Orders, newest first; at most 10,000 rows in all.", url=SPOT_TRADE,
    params=[ANY_SYMBOL, integer("orderId", "This order and later ones.", example=1), *SPAN, page(),
            limit(100, 100, name="pageSize"),
            one_of("status", ("FILLED", "CANCELED", "FAILED"), "Only orders in this state."),
            one_of("type", TYPES, "Only orders of this type.")],
)  # fmt: skip
read(
    "spot.fills.list", "GET /openApi/spot/v1/trade/myTrades",
    doc="The account's trades in a pair with their fees; the last day unless told.", url=SPOT_TRADE,
    params=[SYMBOL, ORDER_ID, *SPAN, integer("fromId", "First trade id.", example=1), limit(1000, 500)],
)  # fmt: skip
read(
    "spot.fees.get", "GET /openApi/spot/v1/user/commissionRate",
    doc="The account's maker and taker fees in a pair.", url=SPOT_TRADE, params=[SYMBOL],
)  # fmt: skip

# OCO.

write(
    "spot.oco.create", "POST /openApi/spot/v1/oco/order",
    doc="Place a limit order and a stop-limit order of which one cancels the other.", url=SPOT_TRADE,
    params=[
        SYMBOL, SIDE, decimal("quantity", "In base units, of either.", required=True, example="0.001"),
        decimal("limitPrice", "Price of the limit order.", required=True, example="70000"),
        decimal("orderPrice", "Limit price of the stop-limit order.", required=True, example="50000"),
        decimal("triggerPrice", "Trigger of the stop-limit order.", required=True, example="51000"),
        client_id("listClientOrderId", "The list's own client id."),
        client_id("aboveClientOrderId", "Client id of the limit order."),
        client_id("belowClientOrderId", "Client id of the stop-limit order."),
    ],
)  # fmt: skip
write(
    "spot.oco.cancel", "POST /openApi/spot/v1/oco/cancel",
    doc="Cancel an OCO pair, by either of its orders.", url=SPOT_TRADE, rule=exactly_one("orderId", "clientOrderId"),
    params=[text("orderId", "One of its orders.", example="1"), text("clientOrderId", "Its client id.")],
)  # fmt: skip
read(
    "spot.oco.get", "GET /openApi/spot/v1/oco/orderList",
    doc="One OCO pair.", url=SPOT_TRADE, rule=exactly_one("orderListId", "clientOrderId"),
    params=[text("orderListId", "The list's id.", example="1"), text("clientOrderId", "The list's client id.")],
)  # fmt: skip
read(
    "spot.oco.open", "GET /openApi/spot/v1/oco/openOrderList",
    doc="Open OCO pairs.", url=SPOT_TRADE,
    params=[page(required=True), limit(100, 100, name="pageSize", required=True)],
)  # fmt: skip
read(
    "spot.oco.list", "GET /openApi/spot/v1/oco/historyOrderList",
    doc="OCO pairs that have ended.", url=SPOT_TRADE,
    params=[page(required=True), limit(100, 100, name="pageSize", required=True), *SPAN],
)  # fmt: skip
