"""The face's indicators over time, and the symbols that have them. `series` tells how they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.blave import series
from blave_mcp.exchanges.paper.blave.asking import ABSENT, Ask, BlaveRefusal, Route, gap_of, number
from blave_mcp.exchanges.paper.blave.series import Series, Sheet
from blave_mcp.exchanges.paper.market import DAY, HOUR, bar_opens
from blave_mcp.exchanges.paper.types import Listing

STATISTICS_DAYS = 400
WARM_HOURS = series.WEEK_HOURS + series.HOLDER_HOURS
SCORES = ("score_oi", "score_volume")
Readings = Callable[[Sheet, int, str], Series]
"""Takes the sheet, the timeframe in hours and the score type."""


@dataclass(frozen=True, slots=True)
class Kind:
    """An indicator. `parts`: what of a sheet it needs beside the perpetual's bars; `btc`: it takes no symbol."""

    name: str
    path: str
    readings: Readings
    parts: str = ""
    btc: bool = False
    timeframe: bool = False
    scored: bool = False
    stat: bool = True

    @property
    def params(self) -> str:
        names = ["" if self.btc else "symbol", "period", "timeframe" if self.timeframe else ""]
        return " ".join([*names, "score_type" if self.scored else "", "start_date", "end_date"])


def _whale(sheet: Sheet, hours: int, score_type: str) -> Series:
    if score_type == SCORES[0]:
        return series.score(series.change(sheet.interest, hours)) if sheet.interest else []
    return series.score(series.trailing_sum(sheet.volumes, hours))


def _exposure(sheet: Sheet, _hours: int, _score_type: str) -> Series:
    flow = series.score(series.flow_share(sheet, series.HOLDER_HOURS))
    return [None if each is None else 25 * each for each in flow]


KINDS = (
    Kind("holder_concentration", "/holder_concentration/get_alpha", lambda sheet, _h, _s: series.holder_series(sheet)),
    Kind(
        "taker_intensity", "/taker_intensity/get_alpha",
        lambda sheet, hours, _s: series.score(series.flow_share(sheet, hours)), timeframe=True,
    ),
    Kind("whale_hunter", "/whale_hunter/get_alpha", _whale, parts="interest", timeframe=True, scored=True),
    Kind(
        "market_sentiment", "/market_sentiment/get_alpha",
        lambda sheet, _h, _s: series.score(series.premium(sheet)), parts="spot",
    ),
    Kind(
        "market_direction", "/market_direction/get_alpha",
        lambda sheet, _h, _s: series.direction(sheet), btc=True, stat=False,
    ),
    Kind(
        "capital_shortage", "/capital_shortage/get_alpha",
        lambda sheet, _h, _s: series.score(list(sheet.interest)), parts="interest", btc=True,
    ),
    Kind(
        "liquidation", "/liquidation/get_alpha",
        lambda sheet, hours, _s: series.score(series.falls(sheet, hours)), timeframe=True,
    ),
    Kind("top_trader_exposure", "/blave_top_trader/get_exposure", _exposure, btc=True, stat=False),
)  # fmt: skip


def _alpha(kind: Kind, ask: Ask) -> dict[str, Any]:
    listing = _bitcoin(ask) if kind.btc else ask.listing()
    period, (start, end) = ask.period(), ask.span()
    hours = series.TIMEFRAMES.get(ask.params.get("timeframe", "24h"))
    score_type = ask.params.get("score_type", SCORES[0])
    if hours is None:
        raise BlaveRefusal(400, "invalid timeframe")
    if score_type not in SCORES:
        raise BlaveRefusal(400, "invalid score_type")
    end = min(end, ask.market.clock(ask.now))
    span_hours = max(0, -(-(end - start) // HOUR)) + WARM_HOURS + 1
    sheet = series.sheet_of(ask.market, listing, span_hours, ask.now, until_ms=end + period, parts=kind.parts)
    readings = kind.readings(sheet, hours, score_type)
    by_hour: dict[int, Decimal | None] = dict(zip(sheet.times, readings, strict=True)) if readings else {}
    now = ask.market.clock(ask.now)
    opens = [at for at, _ in bar_opens(period, start, end) if at + period <= now]
    lost = kind.name == "holder_concentration" and gap_of(listing) == "indicator"
    values = [ABSENT if lost else number(by_hour.get(_last_hour(at + period))) for at in opens]
    data: dict[str, Any] = {"alpha": values, "timestamp": [at // 1_000 for at in opens]}
    if kind.stat:
        data["stat"] = _statistics(ask, listing)
    return {"data": data}


def _last_hour(closes: int) -> int:
    return closes - closes % HOUR - HOUR


def _bitcoin(ask: Ask) -> Listing:
    found = ask.listings.get("BTCUSDT") or next(iter(ask.listings.values()), None)
    if found is None:
        raise BlaveRefusal(404, "no market")
    return found


def _statistics(ask: Ask, listing: Listing) -> Mapping[str, Any]:
    if gap_of(listing) == "young":
        return series.statistics(None)
    days = series.daily_bars(ask.market, listing, STATISTICS_DAYS, ask.now)
    return series.statistics(series.outlook([bar.close for bar in days]))


def _squeeze(ask: Ask) -> dict[str, Any]:
    """Daily alone. The colour is black while the price is squeezed, grey while it is not."""
    listing = ask.listing()
    start, end = ask.span()
    warm = series.SQUEEZE_DAYS + 1
    days = series.daily_bars(ask.market, listing, (end - start) // DAY + warm, ask.now, end)
    shown = [n for n, bar in enumerate(days) if start <= bar.open_ms < end]
    return {
        "data": {
            "alpha": [number(series.squeeze_momentum(days[max(0, n + 1 - warm) : n + 1])) for n in shown],
            "scolor": ["black" if series.squeezed(days[max(0, n + 1 - warm) : n + 1]) else "grey" for n in shown],
            "timestamp": [days[n].open_ms // 1_000 for n in shown],
            "stat": _statistics(ask, listing),
        }
    }


def _symbols(name: str, ask: Ask) -> dict[str, Any]:
    lacking = "indicator" if name == "holder_concentration" else None
    return {"data": sorted(symbol for symbol, each in ask.listings.items() if gap_of(each) != lacking)}


def _alpha_route(kind: Kind) -> Route:
    return Route(kind.path, lambda ask: _alpha(kind, ask), kind.params)


def _symbols_route(name: str) -> Route:
    return Route(f"/{name}/get_symbols", lambda ask: _symbols(name, ask))


ALPHA_ROUTES: tuple[Route, ...] = (
    *(_alpha_route(kind) for kind in KINDS),
    Route("/squeeze_momentum/get_alpha", _squeeze, "symbol start_date end_date"),
    *(_symbols_route(kind.name) for kind in KINDS if not kind.btc),
    _symbols_route("squeeze_momentum"),
)
