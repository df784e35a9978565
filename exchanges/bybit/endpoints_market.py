"""Public market data, alike for spot and for contracts. Every answer lists the newest first."""

from __future__ import annotations

from blave_mcp.exchanges.bybit.base import (
    ANY_SYMBOL,
    BASE_COIN,
    BYBIT,
    CURSOR,
    DOCS,
    INTERVALS,
    SYMBOL,
    category,
    limit,
    moment,
)
from blave_mcp.exchanges.endpoint import Auth
from blave_mcp.exchanges.params import Args, one_of, text

CANDLE_PARAMS = (
    SYMBOL,
    one_of("interval", INTERVALS, "Minutes, or D, W, M.", required=True, example="60"),
    moment("start", "Unix milliseconds: candles that open at or after it."),
    moment("end", "Unix milliseconds: candles that open at or before it."),
    limit(1000, 200),
)
DEPTHS = {"spot": (200, 1), "linear": (500, 25)}
TRADES = {"spot": (60, 60), "linear": (1000, 500)}
PERIODS = ("5min", "15min", "30min", "1h", "4h", "1d")

for product in ("spot", "linear"):
    linear = product == "linear"
    CATEGORY = category(product)
    BYBIT.read(
        f"{product}.time.get", "GET /v5/market/time",
        doc="Bybit's time.", url=f"{DOCS}market/time", bucket="ip", auth=Auth.NONE,
    )  # fmt: skip
    BYBIT.read(
        f"{product}.instruments.list", "GET /v5/market/instruments-info",
        doc="What can be traded: grids, limits, leverage, funding interval.", url=f"{DOCS}market/instrument",
        bucket="ip", auth=Auth.NONE,
        params=[
            CATEGORY, ANY_SYMBOL,
            text("status", "Only symbols in this state: Trading, PreLaunch, Delivering, Closed.", example="Trading"),
            *([BASE_COIN, limit(1000, 500), CURSOR] if linear else []),
        ],
    )  # fmt: skip
    BYBIT.read(
        f"{product}.ticker.get", "GET /v5/market/tickers",
        doc="Last price, best bid and ask, 24 hours; for contracts mark, index, funding and open interest, too.",
        url=f"{DOCS}market/tickers", bucket="ip", auth=Auth.NONE, params=[CATEGORY, ANY_SYMBOL],
    )  # fmt: skip
    BYBIT.read(
        f"{product}.candles.list", "GET /v5/market/kline",
        doc="Candles.", url=f"{DOCS}market/kline", bucket="ip", auth=Auth.NONE, params=[CATEGORY, *CANDLE_PARAMS],
    )  # fmt: skip
    BYBIT.read(
        f"{product}.book.get", "GET /v5/market/orderbook",
        doc="The order book.", url=f"{DOCS}market/orderbook", bucket="ip", auth=Auth.NONE,
        params=[CATEGORY, SYMBOL, limit(*DEPTHS[product])],
    )  # fmt: skip
    BYBIT.read(
        f"{product}.trades.list", "GET /v5/market/recent-trade",
        doc="The latest public trades.", url=f"{DOCS}market/recent-trade", bucket="ip", auth=Auth.NONE,
        params=[CATEGORY, SYMBOL, limit(*TRADES[product])],
    )  # fmt: skip
    BYBIT.read(
        f"{product}.price_limit.get", "GET /v5/market/price-limit",
        doc="The highest price of a buy and the lowest of a sell that are taken now.",
        url=f"{DOCS}market/order-price-limit", bucket="ip", auth=Auth.NONE, params=[CATEGORY, SYMBOL],
    )  # fmt: skip

CATEGORY = category("linear")
SPAN = (moment("startTime"), moment("endTime"))
BYBIT.read(
    "linear.candles.mark", "GET /v5/market/mark-price-kline",
    doc="Candles of the mark price.", url=f"{DOCS}market/mark-kline", bucket="ip", auth=Auth.NONE,
    params=[CATEGORY, *CANDLE_PARAMS],
)  # fmt: skip
BYBIT.read(
    "linear.candles.index", "GET /v5/market/index-price-kline",
    doc="Candles of the index price.", url=f"{DOCS}market/index-kline", bucket="ip", auth=Auth.NONE,
    params=[CATEGORY, *CANDLE_PARAMS],
)  # fmt: skip
BYBIT.read(
    "linear.candles.premium", "GET /v5/market/premium-index-price-kline",
    doc="Candles of the premium index.", url=f"{DOCS}market/premium-index-kline", bucket="ip", auth=Auth.NONE,
    params=[category("linear", inverse=False), *CANDLE_PARAMS],
)  # fmt: skip


def funding_span(args: Args) -> str | None:
    """startTime is taken with endTime only."""
    if "startTime" in args and "endTime" not in args:
        return "startTime is taken with endTime only."
    return None


BYBIT.read(
    "linear.funding.list", "GET /v5/market/funding/history",
    doc="Past funding rates.", url=f"{DOCS}market/history-fund-rate", bucket="ip", auth=Auth.NONE,
    params=[CATEGORY, SYMBOL, *SPAN, limit(200, 200)], rule=funding_span,
)  # fmt: skip
BYBIT.read(
    "linear.interest.list", "GET /v5/market/open-interest",
    doc="Open interest over time, in base for linear contracts.", url=f"{DOCS}market/open-interest",
    bucket="ip", auth=Auth.NONE,
    params=[
        CATEGORY, SYMBOL, one_of("intervalTime", PERIODS, "Distance of the points.", required=True, example="1h"),
        *SPAN, limit(200, 50), CURSOR,
    ],
)  # fmt: skip
BYBIT.read(
    "linear.ratio.list", "GET /v5/market/account-ratio",
    doc="Share of accounts that are long and short.", url=f"{DOCS}market/long-short-ratio", bucket="ip", auth=Auth.NONE,
    params=[
        CATEGORY, SYMBOL, one_of("period", PERIODS, "Distance of the points.", required=True, example="1h"),
        *SPAN, limit(500, 50), CURSOR,
    ],
)  # fmt: skip
BYBIT.read(
    "linear.risk_limit.list", "GET /v5/market/risk-limit",
    doc="Tiers of position value with their margin rates and highest leverage.", url=f"{DOCS}market/risk-limit",
    bucket="ip", auth=Auth.NONE, params=[CATEGORY, ANY_SYMBOL, CURSOR],
)  # fmt: skip
BYBIT.read(
    "linear.insurance.list", "GET /v5/market/insurance",
    doc="The insurance fund.", url=f"{DOCS}market/insurance", bucket="ip", auth=Auth.NONE,
    params=[text("coin", "Only this coin's.", example="BTC")],
)  # fmt: skip
