"""Bars and indicators for backtests: from Blave, from a venue, or from a file that the operator lends."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import anyio.to_thread
import numpy as np

from blave_mcp.exchanges.blave.indicators import Scope
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.models import Candle
from blave_mcp.tools.backtest.bars import Bars, Rows, Stamps, regular
from blave_mcp.tools.backtest.kernels import Floats
from blave_mcp.tools.blave import history
from blave_mcp.tools.blave.market import BLAVE, blave_interval
from blave_mcp.tools.desk import Caller, Desk
from blave_mcp.tools.history import fetch_candles, known_interval
from blave_mcp.tools.times import DAY_MS, interval_ms, minute, to_ms, to_span

LARGEST_FILE = 300_000_000
MOST_VENUE_BARS = 60_000
UNDONE = "No backtest was run."
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What data a job wants.

    Attributes:
        source: "blave", a venue's name, or the name of a CSV file in the operator's folder.
        start, end: as the model wrote them; "" is open.
        indicator: "" where none is needed; in a file it is a column.
        warm_ms: how much is wanted before the start.
    """

    source: str
    symbol: str
    period: str
    start: str
    end: str
    market: str
    indicator: str = ""
    options: str = ""
    warm_ms: int = 0
    fresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loaded:
    """Bars with their warm-up, and the range that was asked for; `words` says where they come from."""

    bars: Bars
    start_ms: int | None
    end_ms: int | None
    words: str


async def load(desk: Desk, wanted: Wanted, caller: Caller | None) -> Loaded:
    """Fetches bars and the indicator, puts them on one grid and says what was found.

    Raises:
        BadArgument: dates, symbol, period, file or column that cannot be used; a range without data.
    """
    now = desk.data_ms()
    if wanted.source.lower().endswith((".csv", ".csv.gz")):
        return await anyio.to_thread.run_sync(load_file, desk.workshop.data, wanted, now, abandon_on_cancel=True)
    start_ms, end_ms = to_span(wanted.start, wanted.end, now)
    if start_ms is None:
        raise BadArgument("start is required here.", undone=UNDONE, advice='Write the first day: "2023-01-01".')
    period = blave_interval(wanted.period) if wanted.source.lower() == BLAVE else wanted.period
    wanted = replace(wanted, period=period)
    end_ms = now if end_ms is None else end_ms
    candles, words = await _candles(desk, wanted, start_ms - wanted.warm_ms, end_ms, caller)
    stamps: dict[str, Stamps] = {}
    if wanted.indicator:
        first, last = _days(start_ms - wanted.warm_ms, end_ms)
        options = dict(part.split("=", 1) for part in wanted.options.replace(",", " ").split() if "=" in part)
        taken = history.known_indicator(wanted.indicator)
        symbol = wanted.symbol if taken.scope is Scope.SYMBOL else ""
        asked = "" if taken.fixed_period else wanted.period
        found = await history.alpha(
            desk, wanted.indicator, symbol, asked, first, last, options=options, fresh=wanted.fresh, caller=caller
        )
        stamps["alpha"] = Stamps(
            np.array([point.time_ms for point in found.rows], np.int64),
            np.array([float("nan") if p.value is None else float(p.value) for p in found.rows], np.float64),
        )
        words += f", {taken.en} by Blave"
    rows = Rows(
        np.array([c.open_ms for c in candles], np.int64),
        np.array([[float(c.open), float(c.high), float(c.low), float(c.close)] for c in candles]).reshape(-1, 4),
    )
    bars = regular(rows, symbol=wanted.symbol, period=period, source=words, alphas=stamps, now_ms=now)
    return Loaded(bars=bars, start_ms=start_ms, end_ms=end_ms, words=words)


def _days(start_ms: int, end_ms: int) -> tuple[date, date]:
    first = _EPOCH + timedelta(days=start_ms // DAY_MS)
    return first.date(), (_EPOCH + timedelta(days=-(-end_ms // DAY_MS))).date()


async def _candles(
    desk: Desk, wanted: Wanted, start_ms: int, end_ms: int, caller: Caller | None
) -> tuple[Sequence[Candle], str]:
    if wanted.source.lower() == BLAVE:
        first, last = _days(start_ms, end_ms)
        found = await history.candles(
            desk, wanted.symbol, wanted.period, first, last, fresh=wanted.fresh, caller=caller
        )
        return [c for c in found.rows if c.open_ms < end_ms], "Blave candles"
    venue, verbs = desk.verbs(wanted.source, wanted.market)
    interval = known_interval(wanted.period, verbs.intervals, f"{venue.title} {wanted.market}")
    instrument = await desk.instrument(wanted.source, wanted.market, wanted.symbol)
    length = interval_ms(interval)
    count = (end_ms - start_ms) // length + 1
    if count > MOST_VENUE_BARS:
        raise BadArgument(
            f"{count} bars of {interval} are more than {MOST_VENUE_BARS}, which is what is read from a venue at once.",
            undone=UNDONE,
            advice="Take a longer period, a shorter range, or source blave.",
        )
    pages, done = -(-count // verbs.max_candles), 0

    async def page(start_ms: int | None, end_ms: int | None, limit: int) -> tuple[Candle, ...]:
        nonlocal done
        if caller is not None and pages > 1:
            await caller.progress(done, pages, f"{venue.title} {instrument.symbol}: page {done + 1} of {pages}")
        done += 1
        question = verbs.candles(instrument.native, interval, start_ms=start_ms, end_ms=end_ms, limit=limit)
        return await venue.client.ask(question)

    found_candles, _ = await fetch_candles(
        page,
        interval,
        start_ms=start_ms,
        end_ms=end_ms,
        most=count,
        page_size=verbs.max_candles,
        now_ms=desk.data_ms(),
    )
    return found_candles, f"{venue.title} {wanted.market} candles"


# Files.


def file_in(folder: Path | None, name: str) -> Path:
    """The file of that name in the operator's folder, and in no other place.

    Raises:
        BadArgument: no folder is set, a name that leads out of it, or no such file; names those that there are.
    """
    if folder is None:
        raise BadArgument(
            "No folder with data files is set, so no file can be read.", undone=UNDONE,
            advice="Whoever runs the server sets BLAVE_MCP_DATA to a folder of CSV files.",
        )  # fmt: skip
    root = folder.resolve()
    wanted = (root / name).resolve()
    if not wanted.is_relative_to(root) or not wanted.is_file():
        there = sorted(path.relative_to(root).as_posix() for path in root.glob("**/*.csv*") if path.is_file())
        shown = ", ".join(there[:20]) or "none"
        raise BadArgument(f'The data folder has no file "{name[:80]}".', undone=UNDONE, advice=f"There is: {shown}.")
    if wanted.stat().st_size > LARGEST_FILE:
        raise BadArgument(f"{name} is larger than {LARGEST_FILE // 1_000_000} MB.", undone=UNDONE)
    return wanted


def load_file(folder: Path | None, wanted: Wanted, now_ms: int) -> Loaded:
    """Reads a CSV with the columns time, open, high, low, close, and one named as the indicator.

    Times are Unix seconds or milliseconds, or ISO. A file with close alone gives bars without a range.

    Raises:
        BadArgument: a column that is missing, or a time or number that cannot be read; says which and where.
    """
    path = file_in(folder, wanted.source)
    version = path.stat()
    table = _table(path, version.st_mtime_ns, version.st_size, wanted.source, wanted.indicator)
    time_ms, values = table[0].astype(np.int64), table[1:].T
    stamps = {"alpha": Stamps(time_ms, values[:, 4])} if wanted.indicator else {}
    source = f"file {wanted.source}"
    start_ms, end_ms = to_span(wanted.start, wanted.end, max(now_ms, int(time_ms.max())))
    first, last = int(time_ms.min()), int(time_ms.max())
    if (start_ms or first) > last or (end_ms or last) <= first:
        raise BadArgument(
            f"{source} has no bar in this range.", undone=UNDONE,
            advice=f"It holds {minute(first)} to {minute(last)} UTC.",
        )  # fmt: skip
    bars = regular(
        Rows(time_ms, values[:, :4]), symbol=wanted.symbol, period=wanted.period, source=source, alphas=stamps
    )
    begin = 0 if start_ms is None else bars.at(start_ms - wanted.warm_ms)
    stop = len(bars) if end_ms is None else bars.at(end_ms)
    words = source + (f", column {wanted.indicator}" if wanted.indicator else "")
    return Loaded(bars=bars.cut(begin, stop), start_ms=start_ms, end_ms=end_ms, words=words)


@lru_cache(1)
def _table(path: Path, mtime_ns: int, size: int, source: str, indicator: str) -> Floats:
    """Time in milliseconds, open, high, low, close and the indicator, shape (5 or 6, rows); kept for the next tool.

    Args:
        mtime_ns, size: of the file, so that what was kept of another version is not taken for this one.
    """
    data = path.read_bytes()
    try:
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise BadArgument(f"{source} is no CSV text: {type(error).__name__}.", undone=UNDONE) from None
    rows = csv.reader(io.StringIO(text))
    head = [name.strip().lower() for name in next(rows, [])]
    prices = ["open", "high", "low", "close"] if {"open", "high", "low"} & set(head) else ["close"] * 4
    names = ["time", *prices, *([indicator.lower()] if indicator else [])]
    if missing := [name for name in dict.fromkeys(names) if name not in head]:
        raise BadArgument(
            f"{source} has no column {' and no '.join(missing)}.", undone=UNDONE,
            advice=f"Its columns: {', '.join(head[:30])}.",
        )  # fmt: skip
    at = [head.index(name) for name in names]
    lines, kept = [], []
    for row in rows:
        if not row:
            continue
        if len(row) <= max(at):
            raise BadArgument(
                f"{source}, line {rows.line_num}: {len(row)} columns instead of {len(head)}.", undone=UNDONE
            )
        lines.append(rows.line_num)
        kept.append(row)
    if not kept:
        raise BadArgument(f"{source} has no row.", undone=UNDONE)
    columns = list(zip(*kept, strict=False))
    times = [_time(text, source, line) for text, line in zip(columns[at[0]], lines, strict=True)]
    table = np.array([times, *(_numbers(columns[n], source, lines, head[n]) for n in at[1:])], np.float64)
    table.flags.writeable = False
    return table


def _time(text: str, source: str, line: int) -> int:
    given = text.strip()
    if given.isdigit() and len(given) == 10:
        return int(given) * 1000
    return to_ms(given, f"{source}, line {line}: time")


def _numbers(column: Sequence[str], source: str, lines: Sequence[int], name: str) -> list[float]:
    try:
        return [float(text) if text else float("nan") for text in column]
    except ValueError:
        return [_number(text, f"{source}, line {n}, {name}") for text, n in zip(column, lines, strict=True)]


def _number(text: str, at: str) -> float:
    given = text.strip()
    if not given or given.lower() in ("nan", "na", "null", "none", "-"):
        return float("nan")
    try:
        return float(given)
    except ValueError:
        raise BadArgument(f'{at}: "{given[:30]}" is no number.', undone=UNDONE) from None
