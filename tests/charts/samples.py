"""One picture of each kind, made by formulas, so that it is the same wherever it is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal

from blave_mcp.exchanges.models import Candle
from blave_mcp.tools.charts.backtest import (
    equity_figure,
    heat_figure,
    permutations_figure,
    regimes_figure,
    spans_held,
)
from blave_mcp.tools.charts.figure import Figure, Study
from blave_mcp.tools.charts.flows import etf_figure, sectors_figure
from blave_mcp.tools.charts.lending import ladder_figure
from blave_mcp.tools.charts.liquidation import LiquidationMap, MapChange, liquidation_figure
from blave_mcp.tools.charts.market import klines_figure
from blave_mcp.tools.charts.traders import Curve, traders_figure
from tests.fakes import START_MS

HOUR = 3_600_000
DAY = 24 * HOUR
PRICE = 67_420.0


def wave(n: int, *, turn: float = 0.0) -> float:
    """Between -1 and 1, without a period that shows."""
    return math.sin(n * 0.37 + turn) * 0.6 + math.sin(n * 0.051 + turn * 2) * 0.4


def candles(count: int = 120) -> list[Candle]:
    found = []
    last = 67_000.0
    for n in range(count):
        close = 67_000 + 1_800 * wave(n)
        high, low = max(last, close) + 90 + 40 * wave(n, turn=1), min(last, close) - 90 - 40 * wave(n, turn=2)
        first, top, bottom, end = (Decimal(f"{value:.1f}") for value in (last, high, low, close))
        volume = Decimal(f"{900 + 500 * wave(n, turn=3):.2f}")
        found.append(Candle(START_MS + n * HOUR, first, top, bottom, end, volume))
        last = close
    return found


def klines() -> Figure:
    bars = candles()
    closes = [float(bar.close) for bar in bars]
    mean = [None if n < 19 else sum(closes[n - 19 : n + 1]) / 20 for n in range(len(closes))]
    alpha = [None if n < 5 else 2 * wave(n, turn=4) for n in range(len(closes))]
    studies = [
        Study("MA 20", [("MA 20", mean)], overlay=True),
        Study("holder concentration", [("holder concentration", alpha)], levels=(-1.0, 1.0)),
    ]
    return klines_figure("BTC/USDT", "1h", bars, width_ms=HOUR, source="synthetic", studies=studies)


def equity() -> Figure:
    times = [START_MS + n * HOUR for n in range(900)]
    price = [67_000 * (1 + 0.0002 * n + 0.05 * wave(n // 4)) for n in range(900)]
    signal = [2 * wave(n // 3, turn=1) for n in range(900)]
    position = [1.0 if value > 0.8 else 0.0 for value in signal]
    grown = [1.0]
    for n in range(1, 900):
        grown.append(grown[-1] * (1 + position[n - 1] * (price[n] / price[n - 1] - 1)))
    return equity_figure(
        "BTC/USDT threshold", times, grown, price=price, signal=signal, signal_name="holder concentration",
        levels=[("entry", 0.8), ("exit", 0.0)], held=spans_held(times, position), split_ms=times[600],
    )  # fmt: skip


ENTRIES = [f"{n / 10:.1f}" for n in range(-8, 10, 2)]
EXITS = ENTRIES[:7]


def grid() -> list[list[float | None]]:
    return [[None if r - c > 6 else 1.5 * wave(r * 7 + c * 3) for c in range(len(EXITS))] for r in range(len(ENTRIES))]


def heat() -> Figure:
    cells = grid()
    mean = [[None if value is None else value * 0.6 for value in row] for row in cells]
    return heat_figure(
        "BTC/USDT threshold", cells, ENTRIES, EXITS, row_name="entry", column_name="exit", smoothed=mean,
        peak=(6, 2), plateau=(3, 4),
    )  # fmt: skip


def regimes() -> Figure:
    return regimes_figure(
        "BTC/USDT threshold",
        [
            ("trend", [("above the mean", 42.1, 1.4, -12.3), ("below the mean", -8.2, -0.3, -25.0)]),
            ("volatility", [("high", 30.2, 0.9, -20.1), ("low", None, None, None)]),
        ],
    )


def permutations() -> Figure:
    return permutations_figure("BTC/USDT threshold", [1.4 * wave(n * 5) for n in range(2_000)], 1.05, 0.0311)


def liquidation_map() -> LiquidationMap:
    labels = [50_000 + 170.0 * n for n in range(200)]

    def hill(at: float, middle: float, width: float, size: float) -> float:
        return size * math.exp(-(((at - middle) / width) ** 2))

    long = [
        hill(at, 64_000, 700, 3e6) + hill(at, 61_000, 400, 5e6) + 1e5 * (1 + wave(n)) if at < PRICE else 0.0
        for n, at in enumerate(labels)
    ]
    short = [
        hill(at, 70_500, 600, 4e6) + hill(at, 75_000, 400, 2e6) + 1e5 * (1 + wave(n)) if at > PRICE else 0.0
        for n, at in enumerate(labels)
    ]
    cumsum = [0.0]
    for a, b in zip(long, short, strict=True):
        cumsum.append(cumsum[-1] + a + b)
    interest = [7e5 * (1 + wave(n, turn=2)) for n in range(200)]
    return LiquidationMap(labels, long, short, interest, cumsum[1:], PRICE)


def map_change() -> MapChange:
    labels = [56_000 + 150.0 * n for n in range(150)]
    newest, recent, older = ([size * (1 + wave(n, turn=size)) for n in range(150)] for size in (1e5, 3e5, 6e5))
    return MapChange(labels, newest, recent, older, PRICE)


def liquidation() -> Figure:
    return liquidation_figure("BTCUSDT", liquidation_map(), map_change(), note="Source: Blave.")


FLOW_DAYS = [START_MS + n * DAY for n in range(60) if n % 7 < 5]


def etf() -> Figure:
    totals: list[float | None] = [400 * wave(n) for n in range(len(FLOW_DAYS))]
    fund: list[float | None] = [250 * wave(n) for n in range(len(FLOW_DAYS))]
    fund[10] = 90.0
    totals[10], totals[7] = -80.0, None
    return etf_figure("Bitcoin", FLOW_DAYS, totals, fund="IBIT", fund_flows=fund, divergent=[10])


SECTORS = ("AI", "Meme", "Layer 1", "Layer 2", "DeFi", "Gaming", "RWA", "Oracles", "Storage", "Exchange tokens")
WINDOWS = ("1h", "24h", "7d", "30d")


def sectors() -> Figure:
    size = (0.5, 3, 9, 25)
    changes = [[None if (s, w) == (4, 3) else size[w] * wave(s * 5 + w) for w in range(4)] for s in range(10)]
    return sectors_figure(SECTORS, WINDOWS, changes, sort_by="24h")


def traders() -> Figure:
    curves = []
    for k, label in enumerate(("麻吉 Machi", "0x8f3a…c9d1", "Trader $three$")):
        times = [START_MS + int(DAY * (n * 0.5 + 0.3 * wave(n))) for n in range(200)]
        pnl = [1e5 * (k + 1) * n + 2e6 * wave(n, turn=k) for n in range(200)]
        curves.append(Curve(label, times, pnl, f"Sharpe {2.3 - k * 0.4:.2f}", 1e7 * (k + 1) ** 2))
    return traders_figure(curves)


RUNGS = [(2, 5.2, 700.0), (2, 5.4, 700.0), (30, 7.06, 1_000.0), (30, 9.44, 1_000.0), (120, 10.0, 2_500.0)]


def ladder() -> Figure:
    return ladder_figure("UST", RUNGS, frr=8.87, floor=5.2)


SAMPLES: Mapping[str, Callable[[], Figure]] = {
    one.__name__: one
    for one in (
        klines, equity, heat, regimes, permutations, liquidation, etf, sectors, traders, ladder,
    )
}  # fmt: skip
