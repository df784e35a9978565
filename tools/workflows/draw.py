"""draw_chart: what is drawn on request. Other tools draw their own findings."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from blave_mcp.exchanges.blave.indicators import INDICATORS
from blave_mcp.exchanges.blave.models_market import LiquidationChange
from blave_mcp.exchanges.blave.models_market import LiquidationMap as BlaveMap
from blave_mcp.exchanges.blave.verbs_market import BlaveMaps
from blave_mcp.exchanges.errors import BadArgument, did_you_mean
from blave_mcp.exchanges.untrusted import clean
from blave_mcp.tools.answers import PERPETUAL, answer
from blave_mcp.tools.blave import meaning
from blave_mcp.tools.blave.history import alpha, known_arguments, known_symbol
from blave_mcp.tools.blave.liquidation import at_each
from blave_mcp.tools.blave.market import BLAVE, native_symbol
from blave_mcp.tools.blave.sectors import WINDOWS, change
from blave_mcp.tools.charts.figure import Study
from blave_mcp.tools.charts.flows import sectors_figure
from blave_mcp.tools.charts.liquidation import LiquidationMap, MapChange, liquidation_figure, named
from blave_mcp.tools.charts.market import klines_figure
from blave_mcp.tools.charts.words import price
from blave_mcp.tools.desk import Caller, Desk
from blave_mcp.tools.format import exact
from blave_mcp.tools.market import Klines, read_klines
from blave_mcp.tools.research.studies import KNOWN, study_of
from blave_mcp.tools.spec import Result
from blave_mcp.tools.times import DAY_MS, interval_ms, minute
from blave_mcp.tools.workflows.show import illustrated

KINDS = ("klines", "liquidation_map", "sector_rotation")
TAKES = {
    "klines": {"symbol", "venue", "market", "interval", "limit", "indicators"},
    "liquidation_map": {"symbol", "price_min", "price_max"},
    "sector_rotation": {"window"},
}
MOST_STUDIES = 5
WINDOW = "24h"
_EPOCH = date(1970, 1, 1)


async def draw_chart(
    desk: Desk,
    *,
    caller: Caller,
    kind: str,
    symbol: str = "",
    venue: str = "",
    market: str = "",
    interval: str = "",
    limit: int = 0,
    indicators: str = "",
    price_min: str = "",
    price_max: str = "",
    window: str = "",
) -> Result:
    given = {
        "symbol": symbol, "venue": venue, "market": market, "interval": interval, "limit": limit,
        "indicators": indicators, "price_min": price_min, "price_max": price_max, "window": window,
    }  # fmt: skip
    if odd := [name for name, value in given.items() if value and name not in TAKES[kind]]:
        raise BadArgument(f"{kind} takes no {odd[0]}.", advice=f"It takes: {', '.join(sorted(TAKES[kind]))}.")
    if kind != "sector_rotation" and not symbol:
        raise BadArgument("symbol is required here.", advice='Write "BTC/USDT".')
    match kind:
        case "liquidation_map":
            return await _liquidation(desk, symbol, price_min, price_max)
        case "sector_rotation":
            return await _sectors(desk, window)
        case _:
            found = await read_klines(
                desk, venue=venue or BLAVE, symbol=symbol, interval=interval or "1h", market=market or PERPETUAL,
                start="", end="", limit=limit or 150,
            )  # fmt: skip
            return await _klines(desk, caller, symbol, found, indicators)


async def _klines(desk: Desk, caller: Caller, symbol: str, found: Klines, indicators: str) -> Result:
    bars = found.candles
    if not bars:
        return answer(desk, found.venue, [f"{found.what} {found.interval}: no candles, so no chart."], {"bars": 0})
    words = [word.strip() for word in indicators.split(",") if word.strip()]
    if len(words) > MOST_STUDIES:
        raise BadArgument(f"At most {MOST_STUDIES} indicators fit under one chart, not {len(words)}.")
    studies = [study_of(word, bars) or await _alpha(desk, caller, word, symbol, found) for word in words]
    last = {
        name: next((value for value in reversed(values) if value is not None), None)
        for study in studies
        for name, values in study.lines
    }
    lines = [
        f"Chart of {found.venue.title} {found.what}, {found.interval}, {len(bars)} bars to "
        f"{minute(bars[-1].open_ms)} UTC: last {exact(bars[-1].close)}, from {exact(bars[0].open)}; highest "
        f"{exact(max(c.high for c in bars))}, lowest {exact(min(c.low for c in bars))}.",
        f"Indicators now: {', '.join(f'{name} {price(value)}' for name, value in last.items() if value is not None)}."
        if last
        else "",
        "The last bar may be unfinished. get_klines gives the numbers.",
    ]
    prices = f", {desk.prices}" if desk.prices else ""
    figure = klines_figure(
        found.what.rpartition(" ")[2], found.interval, bars, width_ms=interval_ms(found.interval),
        source=f"{found.venue.title}{prices}", studies=studies,
    )  # fmt: skip
    data = {"bars": len(bars), "last": exact(bars[-1].close), "indicators": last}
    return await illustrated(desk, answer(desk, found.venue, [line for line in lines if line], data), figure)


async def _alpha(desk: Desk, caller: Caller, word: str, symbol: str, found: Klines) -> Study:
    """One of Blave's indicators over the same bars: "holder_concentration", "whale_hunter timeframe=24h"."""
    name, *more = word.split()
    try:
        taken = INDICATORS[meaning.resolve(name).name]
    except (BadArgument, KeyError):
        raise BadArgument(
            f'There is no indicator "{name[:40]}" to draw.', advice=did_you_mean(name, [*KNOWN, *INDICATORS])
        ) from None
    options = dict(part.partition("=")[::2] for part in more)
    bars, period = found.candles, taken.fixed_period or found.interval
    native, asked, chosen = known_arguments(taken, native_symbol(symbol) if taken.symbols_path else "", period, options)
    first, last = (_EPOCH + timedelta(days=bar.open_ms // DAY_MS) for bar in (bars[0], bars[-1]))
    history = await alpha(
        desk, taken.name, native, asked, first, last + timedelta(days=1), options=chosen, caller=caller
    )
    known = {point.time_ms: point.value for point in history.rows}
    values = [None if (value := known.get(bar.open_ms)) is None else float(value) for bar in bars]
    return Study(taken.en, [(taken.en, values)], levels=(0.0,))


async def _liquidation(desk: Desk, symbol: str, price_min: str, price_max: str) -> Result:
    native = known_symbol(symbol)
    low, high = price_min or None, price_max or None
    if low and high and Decimal(low) >= Decimal(high):
        raise BadArgument(f"price_min ({low}) must lie below price_max ({high}).")
    venue = desk.venue(BLAVE)
    desk.require_key(venue)
    found = await venue.client.ask(BlaveMaps().liquidation_map(native, price_min=low, price_max=high))
    moved = await venue.client.ask(BlaveMaps().liquidation_change(native, price_min=low, price_max=high))
    if not found.labels:
        return answer(desk, venue, [f"{native}: the liquidation map is empty, so no chart."], {"symbol": native})
    shown = drawn_map(found)
    below, above = shown.below(), shown.above()
    lines = [
        f"Liquidation map of {native} at {exact(found.price)}, {len(found.labels)} price levels, USD.",
        f"Clusters of longs below the price, largest first: {named(below)}.",
        f"Clusters of shorts above it: {named(above)}.",
        "A fall to the clusters below would force longs to sell, a rise to those above shorts to buy: estimates of "
        "what could happen. The lower panel is what was liquidated in the last 24 hours.",
        "get_liquidation_map gives the numbers.",
    ]
    data = {
        "symbol": native, "price": exact(found.price),
        "below": [{"low": one.low, "high": one.high, "usd": round(one.size)} for one in below],
        "above": [{"low": one.low, "high": one.high, "usd": round(one.size)} for one in above],
    }  # fmt: skip
    figure = liquidation_figure(native, shown, drawn_change(moved), window=WINDOW, note="Source: Blave. USD.")
    return await illustrated(desk, answer(desk, venue, lines, data), figure)


def drawn_map(found: BlaveMap) -> LiquidationMap:
    """Blave's map with its running sum from the lowest price up; sides that are not told are read from its steps."""
    amounts = [float(amount) for amount in at_each(found)]
    labels, now = [float(label) for label in found.labels], float(found.price)
    side = found.sides.get(WINDOW) or next(iter(found.sides.values()), {})
    long = [float(value) for value in side.get("buy_liq", ())]
    short = [float(value) for value in side.get("sell_liq", ())]
    total, cumulative = 0.0, []
    for amount in amounts:
        total += amount
        cumulative.append(total)
    return LiquidationMap(
        labels=labels,
        long=long or [a if at <= now else 0.0 for at, a in zip(labels, amounts, strict=True)],
        short=short or [a if at > now else 0.0 for at, a in zip(labels, amounts, strict=True)],
        open_interest=[float(value) for value in found.open_interest] or [0.0] * len(labels),
        cumsum=cumulative,
        price=now,
    )


def drawn_change(found: LiquidationChange) -> MapChange:
    newest, recent, older = (
        [float(value) for value in values] for values in (found.last_hour, found.to_8_hours, found.to_24_hours)
    )
    return MapChange([float(label) for label in found.labels], newest, recent, older, float(found.price))


async def _sectors(desk: Desk, window: str) -> Result:
    names = [f"{days}d" for days in WINDOWS]
    chosen = window or "7d"
    if chosen not in names:
        raise BadArgument(f'There is no window "{chosen[:20]}".', advice=f"There are: {', '.join(names)}.")
    venue = desk.venue(BLAVE)
    desk.require_key(venue)
    rotation = await venue.client.ask(BlaveMaps().sector_rotation())
    if not rotation.times_ms or not rotation.sectors:
        return answer(desk, venue, ["Sector rotation: no data, so no chart."], {"sectors": 0})
    sectors = [clean(sector.en, most=28) for sector in rotation.sectors]
    changes = [
        [None if (value := change(rotation, sector, days)) is None else float(value * 100) for days in WINDOWS]
        for sector in rotation.sectors
    ]
    figure = sectors_figure(sectors, names, changes, sort_by=chosen)
    lines = [f"Sector rotation, {len(sectors)} sectors, daily data to {minute(rotation.times_ms[-1])} UTC.", figure.alt]
    return await illustrated(desk, answer(desk, venue, lines, {"sectors": len(sectors), "window": chosen}), figure)
