"""Binance's spot host, and the few wallet endpoints that live on it.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from blave_mcp.exchanges.paper.binance import market
from blave_mcp.exchanges.paper.binance import spot_account as accounts
from blave_mcp.exchanges.paper.binance import spot_changes as changes
from blave_mcp.exchanges.paper.binance import spot_fields as fields
from blave_mcp.exchanges.paper.binance import spot_lists as lists
from blave_mcp.exchanges.paper.binance import spot_orders as orders
from blave_mcp.exchanges.paper.binance.face import Ask, BinanceFace, Limit, Route, mapped, public
from blave_mcp.exchanges.paper.binance.params import BinanceRefusal, Params
from blave_mcp.exchanges.paper.face import fixed, places_of
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import ZERO, Listing, Product

_WORDS: Mapping[Reason, tuple[int, str]] = {
    Reason.UNKNOWN_SYMBOL: (-1121, "Invalid symbol."),
    Reason.BAD_REQUEST: (-1014, "Unsupported order combination."),
    Reason.UNSUPPORTED_TYPE: (-1116, "Invalid orderType."),
    Reason.BAD_TICK: (-1013, "Filter failure: PRICE_FILTER"),
    Reason.BAD_LOT: (-1013, "Filter failure: LOT_SIZE"),
    Reason.QTY_TOO_SMALL: (-1013, "Filter failure: LOT_SIZE"),
    Reason.QTY_TOO_LARGE: (-1013, "Filter failure: LOT_SIZE"),
    Reason.NOTIONAL_TOO_SMALL: (-1013, "Filter failure: NOTIONAL"),
    Reason.PRICE_BAND: (-1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
    Reason.BAD_CALLBACK: (-1013, "Filter failure: TRAILING_DELTA"),
    Reason.TOO_MANY_ORDERS: (-1013, "Filter failure: MAX_NUM_ORDERS"),
    Reason.INSUFFICIENT_BALANCE: (-2010, "Account has insufficient balance for requested action."),
    Reason.NO_LIQUIDITY: (-2010, "Order book liquidity is less than symbol minimum quantity."),
    Reason.POST_ONLY_WOULD_TAKE: (-2010, "Order would immediately match and take."),
    Reason.WOULD_TRIGGER_NOW: (-2010, "Order would trigger immediately."),
    Reason.LIST_PRICES: (-2010, "The relationship of the prices for the orders is not correct."),
    Reason.DUPLICATE_CLIENT_ID: (-2010, "Duplicate order sent."),
    Reason.UNKNOWN_ORDER: (-2013, "Order does not exist."),
    Reason.ORDER_DONE: (-2011, "Unknown order sent."),
    Reason.UNKNOWN_LIST: (-2013, "Order list does not exist."),
}


def _text(value: Decimal) -> str:
    return fixed(value)


def exchange_info(ask: Ask) -> dict[str, Any]:
    params = ask.params
    params.one_of("symbolStatus", ("TRADING", "HALT", "BREAK"), BinanceRefusal(-1122, "Invalid symbolStatus."))
    if "symbol" in params and "symbols" in params:
        raise BinanceRefusal(-1128, "Combination of optional parameters invalid.")
    listed = [ask.listing()] if "symbol" in params else market.chosen(ask)
    bases = sorted({listing.base for listing in listed})
    face = ask.face
    return {
        "timezone": "UTC",
        "serverTime": ask.now,
        "rateLimits": [limit.told() for limit in (face.weight_limit, *face.order_limits)],
        "exchangeFilters": [],
        "symbols": [symbol_info(listing, ask.exchange.rules.max_open_orders) for listing in listed],
        "sors": [
            {"baseAsset": base, "symbols": [listing.symbol for listing in listed if listing.base == base]}
            for base in bases
        ],
    }


def symbol_info(listing: Listing, most_orders: int) -> dict[str, Any]:
    return {
        "symbol": listing.symbol,
        "status": "TRADING",
        "baseAsset": listing.base,
        "baseAssetPrecision": 8,
        "quoteAsset": listing.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": list(fields.TYPES),
        "icebergAllowed": False,
        "ocoAllowed": True,
        "otoAllowed": True,
        "opoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": filters(listing, most_orders),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": fields.DEFAULT_STP,
        "allowedSelfTradePreventionModes": list(fields.STP_MODES),
    }


def filters(listing: Listing, most_orders: int) -> list[dict[str, Any]]:
    """https://developers.binance.com/docs/binance-spot-api-docs/filters"""
    band = {"up": short_band(listing.band_up), "down": short_band(listing.band_down)}
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": _text(listing.tick),
            "maxPrice": _text(ZERO),
            "tickSize": _text(listing.tick),
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": _text(listing.min_qty),
            "maxQty": _text(listing.max_qty),
            "stepSize": _text(listing.step),
        },
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": _text(ZERO),
            "maxQty": _text(listing.market_max_qty),
            "stepSize": _text(listing.market_step),
        },
        {
            "filterType": "TRAILING_DELTA",
            "minTrailingAboveDelta": 10,
            "maxTrailingAboveDelta": 2000,
            "minTrailingBelowDelta": 10,
            "maxTrailingBelowDelta": 2000,
        },
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": band["up"],
            "bidMultiplierDown": band["down"],
            "askMultiplierUp": band["up"],
            "askMultiplierDown": band["down"],
            "avgPriceMins": 0,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": _text(listing.min_notional),
            "applyMinToMarket": True,
            "maxNotional": _text(Decimal(9_000_000_000)),
            "applyMaxToMarket": False,
            "avgPriceMins": 0,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": most_orders},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": most_orders},
    ]


def short_band(value: Decimal) -> str:
    return fixed(value, max(1, places_of(value)))


def ticker_24hr(ask: Ask) -> Any:
    return market.per_symbol(ask, _statistics, several=True)


_MINI = [
    "symbol",
    "openPrice",
    "highPrice",
    "lowPrice",
    "lastPrice",
    "volume",
    "quoteVolume",
    "openTime",
    "closeTime",
    "firstId",
    "lastId",
    "count",
]


def _statistics(ask: Ask, listing: Listing) -> dict[str, Any]:
    quote = market.quote_of(ask, listing)
    told = market.day_statistics(ask, listing, quote)
    if ask.params.one_of("type", ("FULL", "MINI")) == "MINI":
        return {name: told[name] for name in _MINI}
    full: dict[str, Any] = {}
    for name, value in told.items():
        if name == "lastPrice":
            full["prevClosePrice"] = told["openPrice"]
        if name == "openPrice":
            full |= market.best(ask, listing, quote)
        full[name] = value
    return full


def ticker_price(ask: Ask) -> Any:
    return market.per_symbol(ask, _price, several=True)


def _price(ask: Ask, listing: Listing) -> dict[str, Any]:
    return {"symbol": listing.symbol, "price": _text(market.last_price(ask, listing))}


def book_ticker(ask: Ask) -> Any:
    return market.per_symbol(ask, _best, several=True)


def _best(ask: Ask, listing: Listing) -> dict[str, Any]:
    return {"symbol": listing.symbol, **market.best(ask, listing, market.quote_of(ask, listing))}


def average_price(ask: Ask) -> dict[str, Any]:
    """The filters use the last price (avgPriceMins 0), and so this is it."""
    listing = ask.listing()
    return {"mins": 0, "price": _text(market.last_price(ask, listing)), "closeTime": ask.now}


def depth(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    return market.depth_sides(ask, listing, ask.face.rows(ask, 100, 5_000))[0]


def _depth_weight(params: Params) -> int:
    text = params.text("limit", "100")
    wanted = int(text) if text.isdecimal() else 100
    return next((weight for most, weight in ((100, 5), (500, 25), (1_000, 50)) if wanted <= most), 250)


def _by_symbol(one: int, all_: int) -> Any:
    """Returns a weight that depends on whether a symbol was sent."""
    return lambda params: one if "symbol" in params else all_


def _test_weight(params: Params) -> int:
    return 20 if params.text("computeCommissionRates").lower() == "true" else 1


_HISTORY = "startTime endTime limit"
_TICKER = "symbol symbols symbolStatus"
_SOR = (
    "symbol! side! type! timeInForce quantity! price newClientOrderId strategyId strategyType icebergQty "
    "newOrderRespType selfTradePreventionMode"
)
_WANTED = "symbol! orderId origClientOrderId"
_KLINES = f"symbol! interval! {_HISTORY} timeZone"


class BinanceSpotFace(BinanceFace):
    """See `BinanceFace`."""

    name = "binance-spot"
    base_urls = (
        "https://api.binance.com",
        "https://testnet.binance.vision",
        "https://demo-api.binance.com",
        "https://data-api.binance.vision",
    )
    product = Product.SPOT
    has_seconds = True
    weight_limit = Limit("REQUEST_WEIGHT", "MINUTE", "M", 1, 6_000)
    order_limits = (Limit("ORDERS", "SECOND", "S", 10, 100), Limit("ORDERS", "DAY", "D", 1, 200_000))
    trade_extra: ClassVar[Mapping[str, Any]] = {"isBestMatch": True}
    agg_trade_extra: ClassVar[Mapping[str, Any]] = {"M": True}
    routes = (
        public("/api/v3/ping", market.ping),
        public("/api/v3/time", market.time),
        public("/api/v3/exchangeInfo", exchange_info, f"{_TICKER} permissions showPermissionSets", 20),
        public("/api/v3/depth", depth, "symbol! limit symbolStatus", _depth_weight),
        public("/api/v3/trades", market.trades, "symbol! limit", 25),
        public("/api/v3/historicalTrades", market.trades, "symbol! limit fromId", 25),
        public("/api/v3/aggTrades", market.agg_trades, f"symbol! fromId {_HISTORY}", 4),
        public("/api/v3/klines", market.klines, _KLINES, 2),
        public("/api/v3/uiKlines", market.klines, _KLINES, 2),
        public("/api/v3/avgPrice", average_price, "symbol!", 2),
        public("/api/v3/ticker/24hr", ticker_24hr, f"{_TICKER} type", _by_symbol(2, 80)),
        public("/api/v3/ticker/price", ticker_price, _TICKER, _by_symbol(2, 4)),
        public("/api/v3/ticker/bookTicker", book_ticker, _TICKER, _by_symbol(2, 4)),
        Route("GET", "/api/v3/account", accounts.account, "omitZeroBalances", 20),
        Route("GET", "/api/v3/myTrades", accounts.my_trades, f"symbol! orderId fromId {_HISTORY}", 20),
        Route("GET", "/api/v3/account/commission", accounts.commission, "symbol!", 20),
        Route("GET", "/api/v3/rateLimit/order", accounts.order_count, "", 40),
        Route("POST", "/api/v3/order", orders.new, fields.ORDER_PARAMS),
        Route("POST", "/api/v3/order/test", orders.test, f"{fields.ORDER_PARAMS} computeCommissionRates", _test_weight),
        Route("GET", "/api/v3/order", orders.query, _WANTED, 4),
        Route("DELETE", "/api/v3/order", changes.cancel, f"{_WANTED} newClientOrderId cancelRestrictions"),
        Route("GET", "/api/v3/openOrders", orders.open_orders, "symbol", _by_symbol(6, 80)),
        Route("DELETE", "/api/v3/openOrders", changes.cancel_all, "symbol!"),
        Route("GET", "/api/v3/allOrders", orders.all_orders, f"symbol! orderId {_HISTORY}", 20),
        Route("POST", "/api/v3/order/cancelReplace", changes.cancel_replace, changes.REPLACE_PARAMS),
        Route("PUT", "/api/v3/order/amend/keepPriority", changes.amend, f"{_WANTED} newClientOrderId newQty!", 4),
        Route("GET", "/api/v3/order/amendments", changes.amendments, "symbol! orderId! fromExecutionId limit", 4),
        Route("POST", "/api/v3/orderList/oco", lists.oco, lists.OCO_PARAMS),
        Route("POST", "/api/v3/orderList/oto", lists.oto, lists.OTO_PARAMS),
        Route("POST", "/api/v3/orderList/otoco", lists.otoco, lists.OTOCO_PARAMS),
        Route("DELETE", "/api/v3/orderList", lists.cancel, "symbol! orderListId listClientOrderId newClientOrderId"),
        Route("GET", "/api/v3/orderList", lists.query, "orderListId origClientOrderId", 4),
        Route("GET", "/api/v3/openOrderList", lists.open_lists, "", 6),
        Route("GET", "/api/v3/allOrderList", lists.all_lists, f"fromId {_HISTORY}", 20),
        Route("POST", "/api/v3/sor/order", orders.sor, _SOR),
        Route("POST", "/api/v3/sor/order/test", orders.sor_test, f"{_SOR} computeCommissionRates", _test_weight),
        Route("POST", "/sapi/v1/asset/transfer", accounts.transfer, "type! asset! amount! fromSymbol toSymbol"),
        Route(
            "GET",
            "/sapi/v1/asset/transfer",
            accounts.transfers,
            "type! startTime endTime current size fromSymbol toSymbol",
        ),
        Route("GET", "/sapi/v1/asset/tradeFee", accounts.trade_fees, "symbol"),
        Route("GET", "/sapi/v1/capital/config/getall", accounts.coins, "", 10),
        Route("GET", "/sapi/v1/margin/allPairs", accounts.no_pairs, "symbol"),
        Route("GET", "/sapi/v1/margin/isolated/allPairs", accounts.no_pairs, "symbol", 10),
    )

    def price(self, listing: Listing, value: Decimal) -> str:
        return fixed(value)

    def size(self, listing: Listing, value: Decimal) -> str:
        return fixed(value)

    def refusal(self, refused: PaperRefusal) -> BinanceRefusal:
        return mapped(refused.reason, _WORDS, refused.detail)

    def unknown_route(self, method: str, path: str) -> BinanceRefusal:
        return BinanceRefusal(-1020, "This operation is not supported.", status=404)
