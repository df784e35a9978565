"""One tool for every indicator: where it stands, what that means, how it came there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.blave.indicators import INDICATORS, SCORE_TYPES, TIMEFRAMES, Indicator, Scope
from blave_mcp.exchanges.blave.models import AlphaPoint, Statistics
from blave_mcp.exchanges.blave.verbs import BlaveData
from blave_mcp.exchanges.errors import BadArgument, nearest
from blave_mcp.exchanges.params import flag, one_of, text
from blave_mcp.exchanges.untrusted import clean
from blave_mcp.tools.answers import END, START, answer
from blave_mcp.tools.blave import meaning
from blave_mcp.tools.blave.history import History, alpha, known_arguments
from blave_mcp.tools.blave.market import BLAVE
from blave_mcp.tools.blave.sectors import sector_rotation
from blave_mcp.tools.desk import Caller, Desk
from blave_mcp.tools.format import exact, rounded
from blave_mcp.tools.spec import File, Result, Tool, Toolset, Touch, columnar, csv
from blave_mcp.tools.times import DAY_MS, duration, interval_ms, minute, to_span

SHOWN = 36
SYMBOLS_AGE_S = 21_600.0
USUAL_BARS = 168
DIGITS = 5
LANGUAGES = ("en", "zh")


async def get_alpha(
    desk: Desk,
    *,
    caller: Caller,
    indicator: str,
    symbol: str = "",
    period: str = "",
    timeframe: str = "",
    score_type: str = "",
    start: str = "",
    end: str = "",
    lang: str = "en",
    fresh: bool = False,
) -> Result:
    name = meaning.resolve(indicator)
    given = {"symbol": symbol, "period": period, "timeframe": timeframe, "score_type": score_type}
    if name.name == meaning.SECTORS:
        if odd := [key for key in ("symbol", "period", "timeframe", "score_type") if given[key]]:
            raise BadArgument(
                f"Sector rotation takes no {odd[0]}.", advice="It shows all sectors over its own windows."
            )
        return await sector_rotation(desk, lang)
    taken = INDICATORS[name.name]
    options = {key: given[key] for key in ("timeframe", "score_type") if given[key]}
    if taken.scope is Scope.SYMBOL and not symbol:
        known_arguments(taken, "BTC", period or taken.fixed_period or "1h", options)
        return await _symbols(desk, taken, lang)
    native, interval, chosen = known_arguments(taken, symbol, period or taken.fixed_period or "1h", options)
    length = interval_ms(taken.fixed_period or interval)
    now = desk.data_ms()
    start_ms, end_ms = to_span(start, end, max(now, desk.clock.now_ms()))
    end_ms = now + 1 if end_ms is None else end_ms
    start_ms = end_ms - max(USUAL_BARS * length, 7 * DAY_MS) if start_ms is None else start_ms
    if start_ms >= end_ms:
        raise BadArgument(
            f"start must be before {minute(end_ms)} UTC, where the data end.", advice="Choose it earlier."
        )
    venue = desk.venue(BLAVE)
    desk.require_key(venue)
    if native:
        await _has(desk, taken, native)
    span = _day(start_ms), _day(end_ms - 1) + timedelta(days=1)

    async def fetch(**other: str) -> History[AlphaPoint]:
        return await alpha(
            desk, taken.name, native, interval, *span, options={**chosen, **other}, fresh=fresh, caller=caller
        )

    found = await fetch()
    points = [p for p in (*found.rows, *found.unfinished) if start_ms <= p.time_ms < end_ms]
    other = None
    if taken.score_types:
        kind = next(each for each in SCORE_TYPES if each != chosen["score_type"])
        more = await fetch(score_type=kind)
        other = _last([p for p in (*more.rows, *more.unfinished) if p.time_ms < end_ms])
    what = " ".join(word for word in (name.title(lang), native, *chosen.values()) if word)
    reading = _Reading(name, points, length, lang)
    return _told(desk, reading, what=what, found=found, options=chosen, other=other, native=native)


class _Reading:
    """What is said of a stretch of readings."""

    def __init__(self, name: meaning.Name, points: Sequence[AlphaPoint], length_ms: int, lang: str) -> None:
        self.name, self.points, self.length_ms, self.lang = name, points, length_ms, lang
        self.known = [p for p in points if p.value is not None]

    @property
    def latest(self) -> AlphaPoint | None:
        return _last(self.known)

    def label(self) -> str:
        latest = self.latest
        if latest is None:
            return ""
        if self.name.name == "squeeze_momentum":
            before = self.known[-2] if len(self.known) > 1 else None
            return meaning.squeeze_words(
                latest.value,
                before.value if before else None,
                latest.extra.get("scolor", ""),
                before.extra.get("scolor", "") if before else "",
                self.lang,
            )
        return meaning.label(self.name.name, latest.value, self.lang)

    def changes(self) -> dict[str, Decimal]:
        """The latest reading less the one a bar, a day and the whole stretch before it."""
        latest = self.latest
        if latest is None or latest.value is None:
            return {}
        found: dict[str, Decimal] = {}
        for ms in dict.fromkeys((self.length_ms, DAY_MS, latest.time_ms - self.known[0].time_ms)):
            then = _last([p for p in self.known if p.time_ms <= latest.time_ms - ms]) if ms else None
            if then is not None and then.value is not None and latest.time_ms - then.time_ms < ms + self.length_ms:
                found[duration(ms)] = latest.value - then.value
        return found

    def sampled(self) -> list[AlphaPoint]:
        """Evenly spaced readings, the newest among them."""
        step = -(-len(self.points) // SHOWN) or 1
        return list(self.points[::-1][::step][::-1])


def _told(
    desk: Desk,
    reading: _Reading,
    *,
    what: str,
    found: History[AlphaPoint],
    options: dict[str, str],
    other: AlphaPoint | None,
    native: str,
) -> Result:
    venue = desk.venue(BLAVE)
    latest, points, lang = reading.latest, reading.points, reading.lang
    facts: dict[str, Any] = {"venue": venue.name, "indicator": reading.name.name, "symbol": native, **options}
    facts = {key: value for key, value in facts.items() if value}
    if latest is None or latest.value is None:
        parts = [f"{what}: no readings in this range.", _statistics_line(found.statistics, lang)]
        return answer(desk, venue, parts, {**facts, "count": len(points)})
    changes = {over: exact(rounded(value, DIGITS)) for over, value in reading.changes().items()}
    values = [p.value for p in reading.known if p.value is not None]
    label = reading.label()
    quadrant = ""
    if other is not None and other.value is not None:
        pair = (latest.value, other.value)
        quadrant = meaning.quadrant(*(pair if options["score_type"] == SCORE_TYPES[0] else pair[::-1]), lang)
    shown = reading.sampled()
    columns = ("time_utc", "value", *sorted({key for p in shown for key in p.extra}))
    rows = [
        (minute(p.time_ms), _short(p.value), *(clean(p.extra.get(key, ""), most=40) for key in columns[2:]))
        for p in shown
    ]
    step = "" if len(shown) == len(points) else f", one in {-(-len(points) // SHOWN)}"
    missing = len(points) - len(values)
    parts = [
        f"{what}: {duration(reading.length_ms)} bars, labelled in UTC.",
        f"Latest {_short(latest.value)} at {minute(latest.time_ms)}" + (f": {label}." if label else "."),
        _changes_line(changes),
        f"Range {_short(min(values))} to {_short(max(values))} over {len(points)} bars"
        f"{f', {missing} of them without a value' if missing else ''}.",
        f"{_other(options)} {_short(other.value)}: {quadrant or 'in none of the four whale quadrants'}."
        if other is not None
        else "",
        _statistics_line(found.statistics, lang),
        _stored_line(found),
        f"Readings{step}, oldest first:",
        csv(columns, rows),
        meaning.caution(lang),
    ]
    data = {
        **facts,
        "latest": {"value": exact(latest.value), "time_ms": latest.time_ms, "label": label, **dict(latest.extra)},
        "changes": changes,
        "low": exact(min(values)),
        "high": exact(max(values)),
        "count": len(points),
        "missing": missing,
        "stored": found.stored,
        "series": columnar(("time_ms", "value"), [(p.time_ms, _short(p.value)) for p in shown]),
        **({"statistics": _statistics(found.statistics)} if found.statistics else {}),
        **({"quadrant": quadrant} if quadrant else {}),
    }
    result = answer(desk, venue, parts, data)
    return Result(result.text, result.data, files=(_file(reading, native),) if len(shown) < len(points) else ())


def _file(reading: _Reading, native: str) -> File:
    extra = sorted({key for p in reading.points for key in p.extra})
    rows = [
        (p.time_ms, minute(p.time_ms), exact(p.value), *(p.extra.get(k, "") for k in extra)) for p in reading.points
    ]
    stem = "-".join(part for part in (reading.name.name, native) if part)
    title = f"{reading.name.en} {native}, {len(rows)} readings".replace("  ", " ")
    return File(f"{stem}.csv", csv(("time_ms", "time_utc", "value", *extra), rows), title)


def _changes_line(changes: dict[str, str]) -> str:
    if not changes:
        return ""
    told = ", ".join(f"{'' if value.startswith('-') else '+'}{value} over {over}" for over, value in changes.items())
    return f"Change: {told}."


def _stored_line(found: History[AlphaPoint]) -> str:
    if not found.stored:
        return ""
    since = minute(found.fetched_ms)
    return f"{found.stored} bars came from the store, fetched since {since} UTC; fresh=true fetches them again."


def _statistics_line(statistics: Statistics | None, lang: str) -> str:
    return meaning.statistics_words(statistics, lang) if statistics else ""


def _statistics(s: Statistics) -> dict[str, Any]:
    numbers = {
        "up_prob": s.up_prob, "exp_value": s.exp_value, "avg_up_return": s.avg_up_return,
        "avg_down_return": s.avg_down_return, "return_ratio": s.return_ratio,
    }  # fmt: skip
    return {"is_data_sufficient": s.sufficient, **{name: exact(value) for name, value in numbers.items()}}


def _other(options: dict[str, str]) -> str:
    return next(each for each in SCORE_TYPES if each != options["score_type"])


def _short(value: Decimal | None) -> str | None:
    return None if value is None else exact(rounded(value, DIGITS))


def _last(points: Sequence[AlphaPoint]) -> AlphaPoint | None:
    return points[-1] if points else None


def _day(ms: int) -> date:
    return date(1970, 1, 1) + timedelta(days=ms // DAY_MS)


# Which symbols there are.


async def symbols_of(desk: Desk, taken: Indicator) -> tuple[str, ...]:
    """The symbols that have an indicator; asked at most every six hours."""
    venue = desk.venue(BLAVE)
    desk.require_key(venue)
    found, _ = await desk.aged(
        f"blave symbols {taken.name}", SYMBOLS_AGE_S, lambda: venue.client.ask(BlaveData().symbols(taken.name))
    )
    return found


async def _has(desk: Desk, taken: Indicator, native: str) -> None:
    """Raises BadArgument, with the nearest symbols, where the indicator has no data for one."""
    known = await symbols_of(desk, taken)
    if known and native not in known:
        near = nearest(native, known) or [each for each in known if each.startswith(native[:3])][:5]
        advice = f"Nearest: {', '.join(clean(each, most=30) for each in near)}." if near else ""
        raise BadArgument(
            f"{taken.en} has no data for {native}.",
            advice=advice or "get_alpha without a symbol lists those that it has.",
        )


async def _symbols(desk: Desk, taken: Indicator, lang: str) -> Result:
    found = [clean(each, most=30) for each in await symbols_of(desk, taken)]
    name = meaning.NAMES[taken.name]
    parts = [f"{name.title(lang)} has {len(found)} symbols; give one as symbol:", " ".join(found)]
    return answer(desk, desk.venue(BLAVE), parts, {"indicator": taken.name, "symbols": found})


ALPHA_TOOL = Tool(
    name="get_alpha",
    title="Blave indicator",
    doc=(
        "Tells an indicator's value, label, change, statistics and course. English, Chinese or short names: "
        "holder_concentration (HC), taker_intensity, whale_hunter, squeeze_momentum, market_direction, "
        "market_sentiment, capital_shortage, liquidation, top_trader_exposure, sector_rotation. Without symbol: which."
    ),
    toolset=Toolset.MARKET,
    touch=Touch.READ,
    run=get_alpha,
    wants_caller=True,
    params=(
        text("indicator", "Its name.", required=True, example="holder_concentration"),
        text("symbol", '"BTC/USDT".', example="BTC/USDT"),
        text("period", '"15min", "1h" (default), "1d".', example="1h"),
        one_of("timeframe", TIMEFRAMES, "Default 24h."),
        one_of("score_type", SCORE_TYPES, "Of whale_hunter."),
        text("start", START, example="2025-01-01"),
        text("end", END, example="2025-03-01"),
        one_of("lang", LANGUAGES, "Of labels."),
        flag("fresh", "Fetch stored bars again."),
    ),
)
