"""Blave's endpoints. All of them read."""

from __future__ import annotations

import re
from decimal import Decimal

from blave_mcp.exchanges.blave.indicators import INDICATORS, PERIODS, Indicator, Scope
from blave_mcp.exchanges.catalogue import Bucket, Catalogue
from blave_mcp.exchanges.endpoint import Auth
from blave_mcp.exchanges.params import Args, Param, decimal, integer, one_of, text

DOCS = "https://github.com/Blave-TW/blave-quant-skill"
SORTS = ("accountValue", "week", "month", "allTime")

BLAVE = Catalogue("blave", products={"data": "blave"}, buckets={"requests": Bucket(100, 300)})

SYMBOL = text("symbol", "For instance BTCUSDT.", required=True, example="BTCUSDT")
PERIOD = text("period", f"A number and min, h or d: {', '.join(PERIODS)} ...", required=True, example="1h")
START = text("start_date", "First day, YYYY-MM-DD, UTC.", example="2025-01-01")
END = text("end_date", "Last day, YYYY-MM-DD, UTC; at most a year after the first.", example="2025-03-01")
TRADER = text("address", "A trader's wallet: 0x and 40 hexadecimal digits.", required=True, example=f"0x{'0' * 40}")
PRICE_MIN = decimal("price_min", "Lowest price of the map.", example="50000")
PRICE_MAX = decimal("price_max", "Highest price of the map.", example="150000")


def known_period(args: Args) -> str | None:
    """A whole number above zero and one of the units min, h and d."""
    period = args["period"]
    count = next((period.removesuffix(unit) for unit in ("min", "h", "d") if period.endswith(unit)), "")
    if count.isdecimal() and count.isascii() and int(count) > 0:
        return None
    return f'period cannot be "{period}"; it is a number and min, h or d, for instance {", ".join(PERIODS)}.'


def wallet(args: Args) -> str | None:
    """An address of a wallet as Hyperliquid has them."""
    if re.fullmatch(r"0x[0-9a-fA-F]{40}", args["address"]):
        return None
    return f'address cannot be "{args["address"][:60]}"; it is 0x and 40 hexadecimal digits.'


def map_range(args: Args) -> str | None:
    """Where both ends of a map are given, the lower lies below the higher."""
    low, high = args.get("price_min"), args.get("price_max")
    if low is None or high is None or Decimal(low) < Decimal(high):
        return None
    return f"price_min ({low}) must lie below price_max ({high})."


BLAVE.read(
    "data.price.get", "GET /price",
    doc="Price and its change over 24 hours in percent.", url=DOCS, bucket="requests", auth=Auth.KEY, params=[SYMBOL],
)  # fmt: skip
BLAVE.read(
    "data.alpha.table", "GET /alpha_table",
    doc="Every symbol with its latest indicators and statistics; fresh every 5 minutes.",
    url=DOCS, bucket="requests", auth=Auth.KEY,
)  # fmt: skip
BLAVE.read(
    "data.candles.list", "GET /kline",
    doc="Candles without volume; at most a year in one request.",
    url=DOCS, bucket="requests", auth=Auth.KEY, params=[SYMBOL, PERIOD, START, END], rule=known_period,
)  # fmt: skip


def _params(indicator: Indicator) -> list[Param]:
    options = [
        one_of(name, values, f"Default {values[0]}.", example=values[0]) for name, values in indicator.options.items()
    ]
    return [
        *([SYMBOL] if indicator.scope is Scope.SYMBOL else []),
        *([] if indicator.fixed_period else [PERIOD]),
        *options,
        START,
        END,
    ]


for _each in INDICATORS.values():
    BLAVE.read(
        f"data.{_each.name}.alpha", f"GET {_each.path}",
        doc=f"{_each.en} ({_each.zh}) over time; at most a year in one request.",
        url=DOCS, bucket="requests", auth=Auth.KEY, params=_params(_each),
        rule=None if _each.fixed_period else known_period,
    )  # fmt: skip
    if _each.symbols_path:
        BLAVE.read(
            f"data.{_each.name}.symbols", f"GET {_each.symbols_path}",
            doc=f"The symbols that have {_each.en}.", url=DOCS, bucket="requests", auth=Auth.KEY,
        )  # fmt: skip

BLAVE.read(
    "data.sector_rotation.history", "GET /sector_rotation/get_history_data",
    doc="Sector Rotation (板塊輪動): how each sector did over several windows.",
    url=DOCS, bucket="requests", auth=Auth.KEY,
)  # fmt: skip
BLAVE.read(
    "data.liquidation.map", "GET /liquidation/get_map",
    doc="Pending liquidations in USD at 200 prices, with open interest.",
    url=DOCS, bucket="requests", auth=Auth.KEY, params=[SYMBOL, PRICE_MIN, PRICE_MAX], rule=map_range,
)  # fmt: skip
BLAVE.read(
    "data.liquidation.map_change", "GET /liquidation/get_map_change",
    doc="Liquidations in USD that happened at each price in the last 0-1, 1-8 and 8-24 hours.",
    url=DOCS, bucket="requests", auth=Auth.KEY, params=[SYMBOL, PRICE_MIN, PRICE_MAX], rule=map_range,
)  # fmt: skip
BLAVE.read(
    "data.screener.conditions", "GET /screener/get_saved_conditions",
    doc="The screener conditions that the user has saved at Blave.", url=DOCS, bucket="requests", auth=Auth.KEY,
)  # fmt: skip
BLAVE.read(
    "data.screener.result", "GET /screener/get_saved_condition_result",
    doc="The symbols that match a saved condition now.",
    url=DOCS, bucket="requests", auth=Auth.KEY,
    params=[integer("condition_id", "Which condition.", required=True, low=0, example=1)],
)  # fmt: skip
BLAVE.read(
    "data.hyperliquid.leaderboard", "GET /hyperliquid/leaderboard",
    doc="The top 100 traders on Hyperliquid; renewed every 5 minutes.",
    url=DOCS, bucket="requests", auth=Auth.KEY,
    params=[one_of("sort_by", SORTS, "accountValue, or the window whose PnL sorts.", example="allTime")],
)  # fmt: skip
BLAVE.read(
    "data.hyperliquid.traders", "GET /hyperliquid/traders",
    doc="Traders that Blave has picked, with names and descriptions.", url=DOCS, bucket="requests", auth=Auth.KEY,
)  # fmt: skip
BLAVE.read(
    "data.hyperliquid.position", "GET /hyperliquid/trader_position",
    doc="A trader's perpetual positions, spot balances and equity; renewed every 15 s.",
    url=DOCS, bucket="requests", auth=Auth.KEY, params=[TRADER], rule=wallet,
)  # fmt: skip
BLAVE.read(
    "data.hyperliquid.fills", "GET /hyperliquid/trader_history",
    doc="A trader's fills; renewed every 60 s.",
    url=DOCS, bucket="requests", auth=Auth.KEY, params=[TRADER], rule=wallet,
)  # fmt: skip
BLAVE.read(
    "data.hyperliquid.performance", "GET /hyperliquid/trader_performance",
    doc="A trader's cumulative PnL in USD, at uneven times; renewed every 60 s.",
    url=DOCS, bucket="requests", auth=Auth.KEY, params=[TRADER], rule=wallet,
)  # fmt: skip
BLAVE.read(
    "data.hyperliquid.orders", "GET /hyperliquid/trader_open_order",
    doc="A trader's open orders; renewed every 60 s.",
    url=DOCS, bucket="requests", auth=Auth.KEY, params=[TRADER], rule=wallet,
)  # fmt: skip
BLAVE.read(
    "data.hyperliquid.top_positions", "GET /hyperliquid/top_trader_position",
    doc="Positions of the top 100 traders together, by coin; renewed every 5 minutes.",
    url=DOCS, bucket="requests", auth=Auth.KEY,
)  # fmt: skip
BLAVE.read(
    "data.hyperliquid.exposure", "GET /hyperliquid/top_trader_exposure_history",
    doc="Net exposure of the top traders in a symbol over time.",
    url=DOCS, bucket="requests", auth=Auth.KEY, params=[SYMBOL, PERIOD, START, END], rule=known_period,
)  # fmt: skip
BLAVE.read(
    "data.hyperliquid.buckets", "GET /hyperliquid/bucket_stats",
    doc="Traders by account size: how many gain, and how they are exposed. 202 while it is being computed.",
    url=DOCS, bucket="requests", auth=Auth.KEY,
)  # fmt: skip
BLAVE.read(
    "data.tradingview.stream", "GET /sse/tradingview/stream",
    doc="TradingView alerts of a channel, as server-sent events.",
    url=DOCS, bucket="requests", auth=Auth.KEY, stream=True,
    params=[
        text("channel", "The channel's name, from Blave.", required=True, example="demo"),
        text("last_id", 'Alerts after this id; "$" or nothing for new ones alone.', example="1712054400000-0"),
    ],
)  # fmt: skip
