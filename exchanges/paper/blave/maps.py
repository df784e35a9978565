"""The face's liquidation maps, sectors and screener, made of the paper market's bars.

Positions are taken to be opened at every hourly close of the last week, long and short alike, with leverages of 10, 25,
50 and 100; a quarter of each is liquidated where the price has moved against it by 1 / leverage. The map holds those
that no later bar has reached, `buy_liq` of longs and `sell_liq` of shorts; open interest lies where they were opened.
The map's change holds what bars of the last day did reach. Sectors are the mean return of their coins since the first
of 366 days. The saved conditions are two made-up ones over the alpha table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

from blave_mcp.exchanges.paper.blave import series
from blave_mcp.exchanges.paper.blave.asking import Ask, BlaveRefusal, Route, number
from blave_mcp.exchanges.paper.market import HOUR, Bar, IntervalUnavailable
from blave_mcp.exchanges.paper.types import ZERO, Listing

BUCKETS = 200
LEVERAGES = (10, 25, 50, 100)
OPENED = Decimal("0.02")
"""The share of an hour's turnover that stays open, on each side."""
SECTOR_DAYS = 366
SECTORS: Mapping[str, tuple[str, str]] = {
    "Layer 1": ("Layer 1", "公鏈"),
    "DeFi": ("DeFi", "去中心化金融"),
    "AI": ("AI", "人工智能"),
    "Meme": ("Meme", "迷因"),
    "Infrastructure": ("Infrastructure", "基礎設施"),
    "Gaming": ("Gaming", "遊戲"),
}
CONDITIONS: Mapping[str, Mapping[str, Any]] = {
    "1": {
        "name": "Concentrated and bought",
        "filters": [
            {"indicator": "holder_concentration", "param": "-", "min": Decimal("0.5"), "max": ""},
            {"indicator": "taker_intensity", "param": "24h", "min": 0, "max": ""},
        ],
    },
    "2": {
        "name": "Whales at work",
        "filters": [{"indicator": "whale_hunter", "param": "24h-score_oi", "min": Decimal("0.5"), "max": ""}],
    },
}


class Grid:
    """200 buckets between two prices.

    Raises:
        BlaveRefusal: bounds that are no prices, or the wrong way round.
    """

    def __init__(self, ask: Ask, price: Decimal) -> None:
        self.low = _bound(ask, "price_min") or price * Decimal("0.7")
        self.high = _bound(ask, "price_max") or price * Decimal("1.3")
        if self.low >= self.high:
            raise BlaveRefusal(400, "price_min must be below price_max")
        self.step = (self.high - self.low) / BUCKETS
        self.labels = [round(self.low + n * self.step, 8) for n in range(BUCKETS)]

    def empty(self) -> list[Decimal]:
        return [ZERO] * BUCKETS

    def add(self, to: list[Decimal], price: Decimal, amount: Decimal) -> None:
        if self.low <= price < self.high:
            to[int((price - self.low) / self.step)] += amount


def _bound(ask: Ask, name: str) -> Decimal | None:
    text = ask.params.get(name)
    if text is None:
        return None
    try:
        found = Decimal(text)
    except ArithmeticError:
        raise BlaveRefusal(400, f"{name} must be a number") from None
    if not found.is_finite() or found <= 0:
        raise BlaveRefusal(400, f"{name} must be a number")
    return found


def _hours(ask: Ask, listing: Listing, count: int) -> list[Bar]:
    at = ask.market.clock(ask.now)
    try:
        return ask.market.bars(listing.key, HOUR, at - at % HOUR - count * HOUR, at, ask.now)
    except IntervalUnavailable:
        return []


def liquidation_map(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    price = ask.market.prices(listing.key, ask.now).last
    grid = Grid(ask, price)
    longs, shorts, interest = grid.empty(), grid.empty(), grid.empty()
    lowest = highest = price
    for bar in reversed(_hours(ask, listing, series.WEEK_HOURS)):
        stake = bar.quote_volume * OPENED / len(LEVERAGES)
        for leverage in LEVERAGES:
            down, up = bar.close * (1 - Decimal(1) / leverage), bar.close * (1 + Decimal(1) / leverage)
            if down < lowest:
                grid.add(longs, down, stake)
                grid.add(interest, bar.close, stake)
            if up > highest:
                grid.add(shorts, up, stake)
                grid.add(interest, bar.close, stake)
        lowest, highest = min(lowest, bar.low), max(highest, bar.high)
    total, cumulative = ZERO, []
    for long, short in zip(longs, shorts, strict=True):
        total += long + short
        cumulative.append(total)
    return {
        "data": {
            "labels": grid.labels,
            "liquidation": {"24h": {"buy_liq": _whole(longs), "sell_liq": _whole(shorts)}},
            "cumsum": _whole(cumulative),
            "oi_value": _whole(interest),
            "price": price,
        }
    }


def liquidation_change(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    price = ask.market.prices(listing.key, ask.now).last
    grid = Grid(ask, price)
    bars = _hours(ask, listing, series.WEEK_HOURS)
    now = ask.market.clock(ask.now)
    windows = {"hist_0_1h": (0, 1), "hist_1_8h": (1, 8), "hist_8_24h": (8, 24)}
    found = {name: grid.empty() for name in windows}
    for n, bar in enumerate(bars):
        stake = bar.quote_volume * OPENED / len(LEVERAGES)
        for leverage in LEVERAGES:
            down, up = bar.close * (1 - Decimal(1) / leverage), bar.close * (1 + Decimal(1) / leverage)
            for level, hit in ((down, _first(bars[n + 1 :], down, below=True)), (up, _first(bars[n + 1 :], up))):
                if hit is None:
                    continue
                age = (now - hit.open_ms) // HOUR
                name = next((name for name, (low, high) in windows.items() if low <= age < high), None)
                if name is not None:
                    grid.add(found[name], level, stake)
    return {"data": {"labels": grid.labels, "price": price, **{name: _whole(each) for name, each in found.items()}}}


def _first(bars: Sequence[Bar], level: Decimal, *, below: bool = False) -> Bar | None:
    """Returns the first bar that reaches a price."""
    return next((bar for bar in bars if (bar.low <= level if below else bar.high >= level)), None)


def _whole(values: Sequence[Decimal]) -> list[Decimal]:
    return [round(value, 2) for value in values]


def sector_of(listing: Listing) -> str:
    return list(SECTORS)[sha256(listing.base.encode()).digest()[1] % len(SECTORS)]


def sectors(ask: Ask) -> Any:
    return ask.face.renewed("sectors", ask.now, HOUR, lambda: _sectors(ask))


def _sectors(ask: Ask) -> dict[str, Any]:
    by_sector: dict[str, list[list[Bar]]] = {}
    for listing in ask.listings.values():
        days = series.daily_bars(ask.market, listing, SECTOR_DAYS, ask.now)
        by_sector.setdefault(sector_of(listing), []).append(days)
    times = sorted({bar.open_ms for coins in by_sector.values() for days in coins for bar in days})
    alpha = {}
    for name, coins in by_sector.items():
        returns: dict[int, list[Decimal]] = {}
        for days in coins:
            for bar in days:
                returns.setdefault(bar.open_ms, []).append(bar.close / days[0].close - 1)
        values = [number(series.mean_of(returns[at])) if at in returns else "" for at in times]
        alpha[name] = {"data": values, "name_en": SECTORS[name][0], "name_zh": SECTORS[name][1]}
    return {"data": {"alpha": alpha, "timestamp": [at // 1_000 for at in times]}}


def conditions(ask: Ask) -> dict[str, Any]:
    return {"data": CONDITIONS}


def condition_result(ask: Ask) -> dict[str, Any]:
    given = ask.params.get("condition_id", "")
    if not given:
        raise BlaveRefusal(400, "Missing parameter: condition_id is required.")
    if not (given.isascii() and given.removeprefix("-").isdecimal()):
        raise BlaveRefusal(400, "Invalid parameter: condition_id must be an integer.")
    if given not in CONDITIONS:
        raise BlaveRefusal(404, f"Invalid condition_id: {given} not found for user.")
    rows = ask.face.table(ask)["data"]
    return {"data": [symbol for symbol, row in rows.items() if _fits(row, CONDITIONS[given]["filters"])]}


def _fits(row: Mapping[str, Any], filters: Sequence[Mapping[str, Any]]) -> bool:
    for each in filters:
        value = row[each["indicator"]]
        value = value.get(each["param"], "") if isinstance(value, Mapping) else ""
        if value == "" or (each["min"] != "" and value < each["min"]) or (each["max"] != "" and value > each["max"]):
            return False
    return True


MAP_ROUTES: tuple[Route, ...] = (
    Route("/liquidation/get_map", liquidation_map, "symbol price_max price_min"),
    Route("/liquidation/get_map_change", liquidation_change, "symbol price_max price_min"),
    Route("/sector_rotation/get_history_data", sectors),
    Route("/screener/get_saved_conditions", conditions),
    Route("/screener/get_saved_condition_result", condition_result, "condition_id"),
)
