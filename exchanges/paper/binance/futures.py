"""Binance's USDⓈ-M futures host.

https://developers.binance.com/docs/derivatives/usds-margined-futures
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from blave_mcp.exchanges.paper.binance import futures_account as accounts
from blave_mcp.exchanges.paper.binance import futures_algo as algo
from blave_mcp.exchanges.paper.binance import futures_batch as batches
from blave_mcp.exchanges.paper.binance import futures_orders as orders
from blave_mcp.exchanges.paper.binance import futures_records as records
from blave_mcp.exchanges.paper.binance import futures_settings as settings
from blave_mcp.exchanges.paper.binance import market
from blave_mcp.exchanges.paper.binance.face import Ask, BinanceFace, Limit, Route, mapped, public
from blave_mcp.exchanges.paper.binance.futures_fields import (
    CONDITIONAL,
    MODIFY_FIELDS,
    ORDER_FIELDS,
    TIFS,
    price_places,
    price_text,
    qty_text,
)
from blave_mcp.exchanges.paper.binance.params import BinanceRefusal, Params
from blave_mcp.exchanges.paper.face import fixed, places_of
from blave_mcp.exchanges.paper.market import HOUR
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import Listing, Product

_NEVER_MS = 4_133_404_800_000
_DEPTHS = (5, 10, 20, 50, 100, 500, 1_000)
_INTEREST = Decimal("0.0001")
_FUNDING_CAP = Decimal("0.03")
_WORDS: Mapping[Reason, tuple[int, str]] = {
    Reason.UNKNOWN_SYMBOL: (-1121, "Invalid symbol."),
    Reason.BAD_REQUEST: (-1014, "Unsupported order combination."),
    Reason.UNSUPPORTED_TYPE: (-1116, "Invalid orderType."),
    Reason.BAD_TICK: (-4014, "Price not increased by tick size."),
    Reason.BAD_LOT: (-4023, "Qty not increased by step size."),
    Reason.QTY_TOO_SMALL: (-4004, "Quantity less than min quantity."),
    Reason.QTY_TOO_LARGE: (-4005, "Quantity greater than max quantity."),
    Reason.NOTIONAL_TOO_SMALL: (-4164, "Order's notional must be no smaller than 5 (unless you choose reduce only)"),
    Reason.PRICE_BAND: (-4016, "Price is higher than mark price multiplier cap."),
    Reason.BAD_CALLBACK: (-2007, "Invalid callBack rate."),
    Reason.EXPIRE_IN_PAST: (-5040, "The goodTillDate timestamp must be greater than the current time plus 600 seconds"),
    Reason.INSUFFICIENT_BALANCE: (-2018, "Balance is insufficient."),
    Reason.INSUFFICIENT_MARGIN: (-2019, "Margin is insufficient."),
    Reason.MAX_POSITION: (-2027, "Exceeded the maximum allowable position at current leverage."),
    Reason.NO_LIQUIDITY: (-2020, "Unable to fill."),
    Reason.POST_ONLY_WOULD_TAKE: (
        -5022,
        "Due to the order could not be executed as maker, the Post Only order will be rejected. "
        "The order will not be recorded in the order history",
    ),
    Reason.WOULD_TRIGGER_NOW: (-2021, "Order would immediately trigger."),
    Reason.DUPLICATE_CLIENT_ID: (-4116, "ClientOrderId is duplicated."),
    Reason.TOO_MANY_ORDERS: (-2025, "Reach max open order limit."),
    Reason.CLOSE_POSITION_EXISTS: (
        -4130,
        "An open stop or take profit order with GTE and closePosition in the direction is existing.",
    ),
    Reason.UNKNOWN_ORDER: (-2013, "Order does not exist."),
    Reason.ORDER_DONE: (-2013, "Order does not exist."),
    Reason.NOT_AMENDABLE: (-5025, "Only limit order is supported."),
    Reason.NOTHING_TO_AMEND: (-5027, "No need to modify the order."),
    Reason.REDUCE_ONLY_REJECTED: (-2022, "ReduceOnly Order is rejected."),
    Reason.POSITION_SIDE_MISMATCH: (-4061, "Order's position side does not match user's setting."),
    Reason.LEVERAGE_TOO_HIGH: (-2027, "Exceeded the maximum allowable position at current leverage."),
    Reason.LEVERAGE_NEEDS_MARGIN: (-2028, "Leverage is smaller than permitted: insufficient margin balance."),
    Reason.MARGIN_MODE_UNCHANGED: (-4046, "No need to change margin type."),
    Reason.MARGIN_MODE_HAS_ORDERS: (-4047, "Margin type cannot be changed if there exists open orders."),
    Reason.MARGIN_MODE_HAS_POSITION: (-4048, "Margin type cannot be changed if there exists position."),
    Reason.POSITION_MODE_UNCHANGED: (-4059, "No need to change position side."),
    Reason.POSITION_MODE_HAS_ORDERS: (-4067, "Position side cannot be changed if there exists open orders."),
    Reason.POSITION_MODE_HAS_POSITION: (-4068, "Position side cannot be changed if there exists position."),
    Reason.NO_POSITION: (-4054, "Cannot add position margin: position is 0."),
    Reason.NOT_ISOLATED: (-4049, "Add margin only support for isolated position."),
    Reason.ISOLATED_MARGIN_INSUFFICIENT: (-4051, "Isolated balance insufficient."),
    Reason.BAD_AMOUNT: (-4055, "Amount must be positive."),
}


def exchange_info(ask: Ask) -> dict[str, Any]:
    face = ask.face
    return {
        "timezone": "UTC",
        "serverTime": ask.now,
        "rateLimits": [limit.told() for limit in (face.weight_limit, *face.order_limits)],
        "exchangeFilters": [],
        "assets": [
            {"asset": asset, "marginAvailable": True, "autoAssetExchange": "0"}
            for asset in ask.exchange.margin_assets()
        ],
        "symbols": [symbol_info(each, ask.exchange.rules.max_open_orders) for each in market.traded(ask)],
    }


def symbol_info(listing: Listing, most_orders: int) -> dict[str, Any]:
    return {
        "symbol": listing.symbol,
        "pair": listing.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": _NEVER_MS,
        "onboardDate": 0,
        "status": "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": listing.base,
        "quoteAsset": listing.quote,
        "marginAsset": listing.settle,
        "pricePrecision": price_places(listing),
        "quantityPrecision": places_of(listing.step),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "settlePlan": 0,
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "filters": filters(listing, most_orders),
        "orderTypes": ["LIMIT", "MARKET", *CONDITIONAL],
        "timeInForce": list(TIFS),
    }


def filters(listing: Listing, most_orders: int) -> list[dict[str, Any]]:
    """https://developers.binance.com/docs/derivatives/usds-margined-futures/common-definition#symbol-filters"""
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": price_text(listing, listing.tick),
            "maxPrice": price_text(listing, listing.tick * 10**8),
            "tickSize": price_text(listing, listing.tick),
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": qty_text(listing, listing.min_qty),
            "maxQty": qty_text(listing, listing.max_qty),
            "stepSize": qty_text(listing, listing.step),
        },
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": qty_text(listing, listing.min_qty),
            "maxQty": qty_text(listing, listing.market_max_qty),
            "stepSize": qty_text(listing, listing.market_step),
        },
        {"filterType": "MAX_NUM_ORDERS", "limit": most_orders},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": most_orders},
        {"filterType": "MIN_NOTIONAL", "notional": f"{listing.min_notional:f}"},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": fixed(listing.band_up, 4),
            "multiplierDown": fixed(listing.band_down, 4),
            "multiplierDecimal": "4",
        },
    ]


# Market data


def ticker_24hr(ask: Ask) -> Any:
    return market.per_symbol(
        ask, lambda a, listing: market.day_statistics(a, listing, market.quote_of(a, listing)), several=False
    )


def ticker_price(ask: Ask) -> Any:
    return market.per_symbol(ask, _price, several=False)


def _price(ask: Ask, listing: Listing) -> dict[str, Any]:
    last = market.last_price(ask, listing)
    return {"symbol": listing.symbol, "price": price_text(listing, last), "time": ask.exchange.market.clock(ask.now)}


def book_ticker(ask: Ask) -> Any:
    return market.per_symbol(ask, _best, several=False)


def _best(ask: Ask, listing: Listing) -> dict[str, Any]:
    quote = market.quote_of(ask, listing)
    return {"symbol": listing.symbol, **market.best(ask, listing, quote), "time": quote.time_ms}


def depth(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    wanted = ask.params.integer("limit")
    if wanted is not None and wanted not in _DEPTHS:
        raise BinanceRefusal(-4021, f"'{wanted}' is not valid depth limit.")
    sides, time_ms = market.depth_sides(ask, listing, wanted or 500)
    return {"lastUpdateId": sides["lastUpdateId"], "E": time_ms, "T": time_ms, **sides}


def mark_klines(ask: Ask) -> list[list[Any]]:
    """Bars of the last price, which the mark follows, without the volumes that a mark price has not."""
    listing = ask.listing()
    bars, interval = market.bars_of(ask, listing.key, ask.face.rows(ask, 500, ask.face.most_klines))
    rows = [market.kline(ask, listing, bar, interval) for bar in bars]
    return [[*row[:5], "0", row[6], "0", row[8], "0", "0", "0"] for row in rows]


def premium_index(ask: Ask) -> Any:
    return market.per_symbol(ask, _premium, several=False)


def _premium(ask: Ask, listing: Listing) -> dict[str, Any]:
    quote = market.quote_of(ask, listing)
    return {
        "symbol": listing.symbol,
        "markPrice": fixed(quote.mark),
        "indexPrice": fixed(quote.index),
        "estimatedSettlePrice": fixed(quote.index),
        "lastFundingRate": fixed(quote.funding_rate),
        "interestRate": fixed(_INTEREST),
        "nextFundingTime": quote.next_funding_ms,
        "time": ask.now,
    }


def funding_rates(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.some_listing()
    start, end = ask.params.integer("startTime"), ask.params.integer("endTime")
    limit = ask.face.rows(ask, 100, 1_000)
    until = ask.now + 1 if end is None else end + 1
    found: list[dict[str, Any]] = []
    for each in [listing] if listing is not None else market.traded(ask):
        span = limit * each.funding_interval_ms
        since = max(0, until - span) if start is None else start
        stop = until if start is None else min(until, since + span)
        found += [
            {
                "symbol": each.symbol,
                "fundingRate": fixed(past.rate),
                "fundingTime": past.time_ms,
                "markPrice": fixed(past.mark),
            }
            for past in ask.exchange.market.fundings(each.key, since, stop, ask.now)
        ]
    found.sort(key=lambda row: (row["fundingTime"], row["symbol"]))
    return found[-limit:] if start is None else found[:limit]


def funding_info(ask: Ask) -> list[dict[str, Any]]:
    return [
        {
            "symbol": listing.symbol,
            "adjustedFundingRateCap": fixed(_FUNDING_CAP),
            "adjustedFundingRateFloor": fixed(-_FUNDING_CAP),
            "fundingIntervalHours": listing.funding_interval_ms // HOUR,
            "disclaimer": False,
        }
        for listing in market.traded(ask)
    ]


def open_interest(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    value = ask.exchange.market.open_interest(listing.key, ask.now)
    return {
        "openInterest": qty_text(listing, value),
        "symbol": listing.symbol,
        "time": ask.exchange.market.clock(ask.now),
    }


def _by_symbol(one: int, all_: int) -> Callable[[Params], int]:
    return lambda params: one if "symbol" in params else all_


def _limit_weight(*steps: tuple[int, int], above: int, default: int) -> Callable[[Params], int]:
    """Returns a weight that rises with `limit`."""

    def weight(params: Params) -> int:
        text = params.text("limit")
        wanted = int(text) if text.isdecimal() else default
        return next((each for most, each in steps if wanted <= most), above)

    return weight


_HISTORY = "startTime endTime limit"
_WANTED = "symbol! orderId origClientOrderId"
_KLINE_WEIGHT = _limit_weight((99, 1), (499, 2), (1_000, 5), above=10, default=500)
_DEPTH_WEIGHT = _limit_weight((50, 2), (100, 5), (500, 10), above=20, default=500)
_TRADES_PARAMS = f"symbol! orderId fromId {_HISTORY}"


class BinanceFuturesFace(BinanceFace):
    """See `BinanceFace`."""

    name = "binance-futures"
    base_urls = (
        "https://fapi.binance.com",
        "https://demo-fapi.binance.com",
        "https://testnet.binancefuture.com",
    )
    product = Product.PERP
    most_klines = 1_500
    strict_rows = True
    trade_extra: ClassVar[Mapping[str, Any]] = {"isRPITrade": False}
    weight_limit = Limit("REQUEST_WEIGHT", "MINUTE", "M", 1, 2_400)
    order_limits = (Limit("ORDERS", "SECOND", "S", 10, 300), Limit("ORDERS", "MINUTE", "M", 1, 1_200))
    routes = (
        public("/fapi/v1/ping", market.ping),
        public("/fapi/v1/time", market.time),
        public("/fapi/v1/exchangeInfo", exchange_info),
        public("/fapi/v1/depth", depth, "symbol! limit", _DEPTH_WEIGHT),
        public("/fapi/v1/trades", market.trades, "symbol! limit", 5),
        public("/fapi/v1/aggTrades", market.agg_trades, f"symbol! fromId {_HISTORY}", 20),
        public("/fapi/v1/klines", market.klines, f"symbol! interval! {_HISTORY}", _KLINE_WEIGHT),
        public("/fapi/v1/markPriceKlines", mark_klines, f"symbol! interval! {_HISTORY}", _KLINE_WEIGHT),
        public("/fapi/v1/premiumIndex", premium_index, "symbol", _by_symbol(1, 10)),
        public("/fapi/v1/fundingRate", funding_rates, f"symbol {_HISTORY}", 0),
        public("/fapi/v1/fundingInfo", funding_info, "", 0),
        public("/fapi/v1/ticker/24hr", ticker_24hr, "symbol", _by_symbol(1, 40)),
        public("/fapi/v1/ticker/price", ticker_price, "symbol", _by_symbol(1, 2)),
        public("/fapi/v2/ticker/price", ticker_price, "symbol", _by_symbol(1, 2)),
        public("/fapi/v1/ticker/bookTicker", book_ticker, "symbol", _by_symbol(2, 5)),
        public("/fapi/v1/openInterest", open_interest, "symbol!"),
        Route("GET", "/fapi/v2/balance", accounts.balance, "", 5),
        Route("GET", "/fapi/v3/balance", accounts.balance, "", 5),
        Route("GET", "/fapi/v2/account", accounts.account_v2, "", 5),
        Route("GET", "/fapi/v3/account", accounts.account_v3, "", 5),
        Route("GET", "/fapi/v2/positionRisk", accounts.risk_v2, "symbol", 5),
        Route("GET", "/fapi/v3/positionRisk", accounts.risk_v3, "symbol", 5),
        Route("GET", "/fapi/v1/userTrades", records.user_trades, _TRADES_PARAMS, 5),
        Route("GET", "/fapi/v1/income", records.income, f"symbol incomeType page {_HISTORY}", 30),
        Route(
            "GET", "/fapi/v1/forceOrders", records.force_orders, f"symbol autoCloseType {_HISTORY}", _by_symbol(20, 50)
        ),
        Route("GET", "/fapi/v1/commissionRate", settings.commission_rate, "symbol!", 20),
        Route("GET", "/fapi/v1/symbolConfig", settings.symbol_config, "symbol", 5),
        Route("GET", "/fapi/v1/accountConfig", settings.account_config, "", 5),
        Route("GET", "/fapi/v1/leverageBracket", settings.brackets, "symbol"),
        Route("GET", "/fapi/v1/rateLimit/order", settings.order_count),
        Route("GET", "/fapi/v1/feeBurn", settings.fee_burn, "", 30),
        Route("GET", "/fapi/v1/multiAssetsMargin", settings.multi_assets, "", 30),
        Route("POST", "/fapi/v1/multiAssetsMargin", settings.set_multi_assets, "multiAssetsMargin!"),
        Route("GET", "/fapi/v1/positionSide/dual", settings.position_mode, "", 30),
        Route("POST", "/fapi/v1/positionSide/dual", settings.set_position_mode, "dualSidePosition!"),
        Route("POST", "/fapi/v1/leverage", settings.leverage, "symbol! leverage!"),
        Route("POST", "/fapi/v1/marginType", settings.margin_type, "symbol! marginType!"),
        Route("POST", "/fapi/v1/positionMargin", settings.position_margin, "symbol! positionSide amount! type!"),
        Route("GET", "/fapi/v1/positionMargin/history", settings.margin_history, f"symbol! type {_HISTORY}"),
        Route("POST", "/fapi/v1/order", orders.place, ORDER_FIELDS, 0),
        Route("POST", "/fapi/v1/order/test", orders.test, ORDER_FIELDS),
        Route("PUT", "/fapi/v1/order", orders.modify, MODIFY_FIELDS, 0),
        Route("DELETE", "/fapi/v1/order", orders.cancel, _WANTED),
        Route("GET", "/fapi/v1/order", orders.query, _WANTED),
        Route("GET", "/fapi/v1/openOrder", orders.open_order, _WANTED),
        Route("GET", "/fapi/v1/openOrders", orders.open_orders, "symbol", _by_symbol(1, 40)),
        Route("GET", "/fapi/v1/allOrders", orders.all_orders, f"symbol! orderId {_HISTORY}", 5),
        Route("DELETE", "/fapi/v1/allOpenOrders", orders.cancel_all, "symbol!"),
        Route("POST", "/fapi/v1/batchOrders", batches.place_batch, "batchOrders!", 5),
        Route("PUT", "/fapi/v1/batchOrders", batches.modify_batch, "batchOrders!", 5),
        Route("DELETE", "/fapi/v1/batchOrders", batches.cancel_batch, "symbol! orderIdList origClientOrderIdList"),
        Route("POST", "/fapi/v1/algoOrder", algo.place, algo.FIELDS, 0),
        # ccxt sends a symbol as well, and the host answers it, though the documentation knows of none.
        Route("GET", "/fapi/v1/algoOrder", algo.query, "algoId clientAlgoId symbol"),
        Route("DELETE", "/fapi/v1/algoOrder", algo.cancel, "algoId clientAlgoId symbol"),
        Route("GET", "/fapi/v1/openAlgoOrders", algo.open_orders, "algoType symbol algoId", _by_symbol(1, 40)),
        Route("GET", "/fapi/v1/allAlgoOrders", algo.all_orders, f"symbol! algoId page {_HISTORY}", 5),
        Route("DELETE", "/fapi/v1/algoOpenOrders", algo.cancel_all, "symbol!"),
    )

    def price(self, listing: Listing, value: Decimal) -> str:
        return price_text(listing, value)

    def size(self, listing: Listing, value: Decimal) -> str:
        return qty_text(listing, value)

    def refusal(self, refused: PaperRefusal) -> BinanceRefusal:
        return mapped(refused.reason, _WORDS, refused.detail)

    def unknown_route(self, method: str, path: str) -> BinanceRefusal:
        return BinanceRefusal(-5000, f"Path {path}, Method {method} is invalid", status=404)
