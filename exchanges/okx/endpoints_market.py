"""Market data and public data: no key is wanted."""

from __future__ import annotations

from blave_mcp.exchanges.endpoint import Auth
from blave_mcp.exchanges.okx.base import (
    AFTER,
    ANY_INST_ID,
    BARS,
    BEFORE,
    DOCS,
    INST_FAMILY,
    INST_ID,
    MARKET_DOCS,
    OKX,
    PUBLIC_DOCS,
    SWAP_ID,
    at_least_one,
    inst_type,
    limit,
    needed_for,
    together,
)
from blave_mcp.exchanges.params import Param, decimal, integer, one_of, text


def candles(most: int, *more: str) -> list[Param]:
    bar = one_of("bar", (*more, *BARS), "Length; m is minutes, M months; utc: opens at 00:00 UTC, else at UTC+8.")
    return [INST_ID, bar, AFTER, BEFORE, limit(most, 100)]


OKX.read(
    "v5.time.get", "GET /api/v5/public/time", doc="The venue's clock.", url=f"{PUBLIC_DOCS}get-system-time",
    bucket="time.get", auth=Auth.NONE,
)  # fmt: skip
OKX.read(
    "v5.status.get", "GET /api/v5/system/status", doc="Planned and running maintenance.",
    url=f"{DOCS}status-get-status", bucket="status.get", auth=Auth.NONE,
    params=[one_of("state", ("scheduled", "ongoing", "pre_open", "completed", "canceled"), "All unless told.")],
)  # fmt: skip
OKX.read(
    "v5.instruments.list", "GET /api/v5/public/instruments",
    doc="Instruments: contract size (ctVal), tick, lot and least size; to be read before every swap order.",
    url=f"{PUBLIC_DOCS}get-instruments", bucket="instruments.list", auth=Auth.NONE,
    params=[inst_type(), INST_FAMILY, ANY_INST_ID], rule=needed_for("instType", ("OPTION",), "instFamily"),
)  # fmt: skip
OKX.read(
    "v5.ticker.get", "GET /api/v5/market/ticker", doc="Last price, best bid and ask, 24 hours.",
    url=f"{MARKET_DOCS}get-ticker", bucket="ticker.get", auth=Auth.NONE, params=[INST_ID],
)  # fmt: skip
OKX.read(
    "v5.ticker.list", "GET /api/v5/market/tickers", doc="Tickers of every instrument of a type.",
    url=f"{MARKET_DOCS}get-tickers", bucket="ticker.list", auth=Auth.NONE,
    params=[inst_type("SPOT", "SWAP", "FUTURES", "OPTION"), INST_FAMILY],
)  # fmt: skip
OKX.read(
    "v5.book.get", "GET /api/v5/market/books", doc="The order book, up to 400 levels; sizes in contracts for SWAP.",
    url=f"{MARKET_DOCS}get-order-book", bucket="book.get", auth=Auth.NONE,
    params=[INST_ID, integer("sz", "Levels a side; 1 unless told.", low=1, high=400)],
)  # fmt: skip
OKX.read(
    "v5.book.full", "GET /api/v5/market/books-full", doc="The order book, up to 5000 levels, once a second.",
    url=f"{MARKET_DOCS}get-full-order-book", bucket="book.full", auth=Auth.NONE,
    params=[INST_ID, integer("sz", "Levels a side; 1 unless told.", low=1, high=5000)],
)  # fmt: skip
OKX.read(
    "v5.candles.list", "GET /api/v5/market/candles", doc="The latest 1440 candles, newest first.",
    url=f"{MARKET_DOCS}get-candlesticks", bucket="candles.list", auth=Auth.NONE, params=candles(300),
)  # fmt: skip
OKX.read(
    "v5.candles.history", "GET /api/v5/market/history-candles", doc="Finished candles of past years, newest first.",
    url=f"{MARKET_DOCS}get-candlesticks-history", bucket="candles.history", auth=Auth.NONE,
    params=candles(300, "1s"),
)  # fmt: skip
OKX.read(
    "v5.candles.mark", "GET /api/v5/market/mark-price-candles", doc="Candles of the mark price, newest first.",
    url=f"{PUBLIC_DOCS}get-mark-price-candlesticks", bucket="candles.mark", auth=Auth.NONE, params=candles(100),
)  # fmt: skip
OKX.read(
    "v5.candles.index", "GET /api/v5/market/index-candles", doc="Candles of an index (BTC-USDT), newest first.",
    url=f"{PUBLIC_DOCS}get-index-candlesticks", bucket="candles.index", auth=Auth.NONE, params=candles(100),
)  # fmt: skip
OKX.read(
    "v5.trades.list", "GET /api/v5/market/trades", doc="The market's latest trades; side is the taker's.",
    url=f"{MARKET_DOCS}get-trades", bucket="trades.list", auth=Auth.NONE, params=[INST_ID, limit(500, 100)],
)  # fmt: skip
OKX.read(
    "v5.trades.history", "GET /api/v5/market/history-trades", doc="Trades of the last three months.",
    url=f"{MARKET_DOCS}get-trades-history", bucket="trades.history", auth=Auth.NONE,
    params=[
        INST_ID, one_of("type", ("1", "2"), "Pages by trade id (1, the default) or by time (2)."), AFTER, BEFORE,
        limit(100),
    ],
)  # fmt: skip
OKX.read(
    "v5.funding.get", "GET /api/v5/public/funding-rate", doc="The coming funding rate and its time.",
    url=f"{PUBLIC_DOCS}get-funding-rate", bucket="funding.get", auth=Auth.NONE, params=[SWAP_ID],
)  # fmt: skip
OKX.read(
    "v5.funding.list", "GET /api/v5/public/funding-rate-history",
    doc="Funding rates of the last three months, newest first.", url=f"{PUBLIC_DOCS}get-funding-rate-history",
    bucket="funding.list", auth=Auth.NONE, params=[SWAP_ID, BEFORE, AFTER, limit(400)],
)  # fmt: skip
OKX.read(
    "v5.interest.get", "GET /api/v5/public/open-interest", doc="Open interest in contracts, coins and USD.",
    url=f"{PUBLIC_DOCS}get-open-interest", bucket="interest.get", auth=Auth.NONE,
    params=[inst_type("SWAP", "FUTURES", "OPTION"), INST_FAMILY, ANY_INST_ID],
    rule=needed_for("instType", ("OPTION",), "instFamily"),
)  # fmt: skip
OKX.read(
    "v5.mark.get", "GET /api/v5/public/mark-price", doc="Mark prices.", url=f"{PUBLIC_DOCS}get-mark-price",
    bucket="mark.get", auth=Auth.NONE,
    params=[inst_type("MARGIN", "SWAP", "FUTURES", "OPTION"), INST_FAMILY, ANY_INST_ID],
)  # fmt: skip
OKX.read(
    "v5.index.list", "GET /api/v5/market/index-tickers", doc="Index prices.", url=f"{PUBLIC_DOCS}get-index-tickers",
    bucket="index.list", auth=Auth.NONE,
    params=[
        text("quoteCcy", "All indices in USD, USDT, BTC or USDC.", example="USDT"),
        text("instId", "One index.", example="BTC-USDT"),
    ],
    rule=at_least_one("quoteCcy", "instId"),
)  # fmt: skip
OKX.read(
    "v5.price_limit.get", "GET /api/v5/public/price-limit", doc="Highest buy and lowest sell price now.",
    url=f"{PUBLIC_DOCS}get-limit-price", bucket="price_limit.get", auth=Auth.NONE, params=[SWAP_ID],
)  # fmt: skip
OKX.read(
    "v5.tiers.list", "GET /api/v5/public/position-tiers",
    doc="Tiers of position size (contracts), most leverage and maintenance margin rate.",
    url=f"{PUBLIC_DOCS}get-position-tiers", bucket="tiers.list", auth=Auth.NONE,
    params=[
        inst_type("MARGIN", "SWAP", "FUTURES", "OPTION"),
        one_of("tdMode", ("cross", "isolated"), required=True),
        INST_FAMILY,
        text("instId", "MARGIN: instruments, up to 5.", example="BTC-USDT"),
        text("ccy", "Cross MARGIN: margin currency, in place of instId.", example="USDT"),
        text("tier", "One tier.", example="1"),
    ],
    rule=together(
        needed_for("instType", ("SWAP", "FUTURES", "OPTION"), "instFamily"),
        needed_for("instType", ("MARGIN",), "instId", "ccy"),
    ),
)  # fmt: skip
OKX.read(
    "v5.contract.convert", "GET /api/v5/public/convert-contract-coin", doc="Coins to contracts, or contracts to coins.",
    url=f"{PUBLIC_DOCS}unit-convert", bucket="contract.convert", auth=Auth.NONE,
    params=[
        one_of("type", ("1", "2"), "1: coins to contracts (default); 2: contracts to coins."),
        SWAP_ID,
        decimal("sz", "Amount to convert.", required=True, example="0.888"),
        decimal("px", "Price; for inverse contracts.", example="35000"),
        one_of("unit", ("coin", "usds"), "Unit of the coins."),
        one_of("opType", ("open", "close"), "Rounding: open (default) down, close to nearest."),
    ],
)  # fmt: skip
