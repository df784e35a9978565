"""Public market data: of pairs (t...) and of funding currencies (f...)."""

from __future__ import annotations

import re

from blave_mcp.exchanges.bitfinex.base import (
    BITFINEX,
    CURRENCY,
    DOCS,
    END,
    PAIR,
    SORT,
    START,
    TIME_FRAMES,
    currency,
    limit,
    pair,
    shaped,
    together,
)
from blave_mcp.exchanges.endpoint import Auth
from blave_mcp.exchanges.params import integer, one_of, text

PRECISION = one_of("Precision", ("P0", "P1", "P2", "P3", "P4"), "P0 the finest price steps.", required=True)
LENGTH = integer("len", "Levels a side: 1, 25 (default), 100 or 250.", low=1, high=250, example=25)
_CONFIG = re.compile(r"pub:[a-z]+(:[A-Za-z0-9]+)*(,pub:[a-z]+(:[A-Za-z0-9]+)*)*")
_STAT = re.compile(r"[a-z0-9.]+:[0-9a-zA-Z]+:[tf][A-Z0-9:]+(:[a-z]+)?")
_SYMBOLS = re.compile(r"ALL|[tf][A-Z0-9:]+(,[tf][A-Z0-9:]+)*")

BITFINEX.read(
    "public.status.get",
    "GET /v2/platform/status",
    doc="Whether the platform works (1) or is in maintenance (0).",
    url=f"{DOCS}rest-public-platform-status",
    bucket="status",
    auth=Auth.NONE,
)
BITFINEX.read(
    "public.ticker.get",
    "GET /v2/ticker/{Symbol}",
    doc="Best prices, last price and 24 h statistics of a pair.",
    url=f"{DOCS}rest-public-ticker",
    bucket="ticker",
    auth=Auth.NONE,
    params=[PAIR],
    rule=pair(),
)
BITFINEX.read(
    "public.ticker.funding",
    "GET /v2/ticker/{fSymbol}",
    doc="Flash Return Rate (per day), best bid and offer with their periods, and 24 h statistics of a currency.",
    url=f"{DOCS}rest-public-ticker",
    bucket="ticker",
    auth=Auth.NONE,
    params=[CURRENCY],
    rule=currency("fSymbol"),
)
BITFINEX.read(
    "public.tickers.list",
    "GET /v2/tickers",
    doc="Tickers of several pairs and currencies; each row begins with its symbol.",
    url=f"{DOCS}rest-public-tickers",
    bucket="tickers",
    auth=Auth.NONE,
    params=[text("symbols", "Comma separated, or ALL.", required=True, example="tBTCUSD,tETHUSD")],
    rule=shaped("symbols", _SYMBOLS, "tBTCUSD,fUSD or ALL"),
)
BITFINEX.read(
    "public.candles.list",
    "GET /v2/candles/trade:{TimeFrame}:{Symbol}/hist",
    doc="Candles of a pair: time, open, close, high, low, volume in base.",
    url=f"{DOCS}rest-public-candles",
    bucket="candles",
    auth=Auth.NONE,
    params=[one_of("TimeFrame", TIME_FRAMES, required=True, example="1h"), PAIR, SORT, START, END, limit(10_000, 100)],
    rule=pair(),
)
BITFINEX.read(
    "public.candles.funding",
    "GET /v2/candles/trade:{TimeFrame}:{fSymbol}:p{Period}/hist",
    doc="Candles of a currency's funding rate for one period.",
    url=f"{DOCS}rest-public-candles",
    bucket="candles",
    auth=Auth.NONE,
    params=[
        one_of("TimeFrame", TIME_FRAMES, required=True, example="1h"),
        CURRENCY,
        integer("Period", "Days.", low=2, high=120, required=True, example=30),
        SORT,
        START,
        END,
        limit(10_000, 100),
    ],
    rule=currency("fSymbol"),
)
BITFINEX.read(
    "public.book.get",
    "GET /v2/book/{Symbol}/{Precision}",
    doc="Book of a pair: price, orders, amount (positive a bid, negative an ask).",
    url=f"{DOCS}rest-public-book",
    bucket="book",
    auth=Auth.NONE,
    params=[PAIR, PRECISION, LENGTH],
    rule=together(
        pair(), lambda args: None if args.get("len", 25) in (1, 25, 100, 250) else "len is 1, 25, 100 or 250."
    ),
)
BITFINEX.read(
    "public.book.funding",
    "GET /v2/book/{fSymbol}/{Precision}",
    doc="Funding book: rate per day, period, offers, amount (positive an offer to lend, negative a bid to borrow).",
    url=f"{DOCS}rest-public-book",
    bucket="book",
    auth=Auth.NONE,
    params=[CURRENCY, PRECISION, LENGTH],
    rule=together(
        currency("fSymbol"),
        lambda args: None if args.get("len", 25) in (1, 25, 100, 250) else "len is 1, 25, 100 or 250.",
    ),
)
BITFINEX.read(
    "public.trades.list",
    "GET /v2/trades/{Symbol}/hist",
    doc="Trades of a pair: id, time, amount (negative where the taker sold), price.",
    url=f"{DOCS}rest-public-trades",
    bucket="trades",
    auth=Auth.NONE,
    params=[PAIR, limit(10_000, 125), START, END, SORT],
    rule=pair(),
)
BITFINEX.read(
    "public.trades.funding",
    "GET /v2/trades/{fSymbol}/hist",
    doc="Funding trades of a currency: id, time, amount, rate per day, period in days.",
    url=f"{DOCS}rest-public-trades",
    bucket="trades",
    auth=Auth.NONE,
    params=[CURRENCY, limit(10_000, 125), START, END, SORT],
    rule=currency("fSymbol"),
)
BITFINEX.read(
    "public.funding.stats",
    "GET /v2/funding/stats/{fSymbol}/hist",
    doc="History of the Flash Return Rate (here 1/365 of the daily rate), of amounts lent and of those in use.",
    url=f"{DOCS}rest-public-funding-stats",
    bucket="funding_stats",
    auth=Auth.NONE,
    params=[CURRENCY, limit(250, 100), START, END],
    rule=currency("fSymbol"),
)
BITFINEX.read(
    "public.stats.list",
    "GET /v2/stats1/{Stat}/hist",
    doc="Statistics: pos.size (open interest of longs or shorts), funding.size, credits.size, vol.",
    url=f"{DOCS}rest-public-stats",
    bucket="stats",
    auth=Auth.NONE,
    params=[
        text(
            "Stat", "key:size:symbol, a side after it for pos.size.", required=True, example="pos.size:1m:tBTCUSD:long"
        ),
        SORT,
        START,
        END,
        limit(10_000, 120),
    ],
    rule=shaped("Stat", _STAT, "pos.size:1m:tBTCUSD:long"),
)
BITFINEX.read(
    "public.conf.get",
    "GET /v2/conf/{Config}",
    doc="Configuration: pub:info:pair (sizes, margin), pub:list:pair:margin, pub:map:currency:sym; several by comma.",
    url=f"{DOCS}rest-public-conf",
    bucket="conf",
    auth=Auth.NONE,
    params=[text("Config", "What is asked for, comma separated.", required=True, example="pub:info:pair")],
    rule=shaped("Config", _CONFIG, "pub:info:pair,pub:list:pair:margin"),
)
