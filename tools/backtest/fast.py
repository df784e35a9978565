"""Compiled loops for jobs that run a thousand times. Nothing is imported, compiled or waited for before that.

Without numba everything works as it does with it, and slower; `why_not` says so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from blave_mcp.tools.backtest import kernels
from blave_mcp.tools.backtest.bars import Bars
from blave_mcp.tools.backtest.engine import FUNDING_MS, Scan, Settings, Tape
from blave_mcp.tools.backtest.kernels import Floats, Trades
from blave_mcp.tools.backtest.signals import Grid, Strategy, carried

LOOPS = "blave_mcp.tools.backtest.loops"
_lock = threading.Lock()
_loaded: list[Any] = []


class _Rooms(threading.local):
    """Where a thread's loops write: one room for all of its jobs, since new memory costs more than the loops do."""

    def __init__(self) -> None:
        self.rows = np.empty((65_536, 3), np.int32)
        self._extremes = np.empty(0)
        self._grow(0)

    def _grow(self, bars: int) -> None:
        self.floats, self.held = np.empty((5, bars)), np.empty((bars + 1, 3))
        self.changes = np.empty(bars + 1, np.int32)

    def extremes(self, powers: int, bars: int) -> Floats:
        """Room for the extremes of two series, shape (2, powers, bars), without holes: the loops are made for that."""
        wanted = 2 * powers * bars
        if len(self._extremes) < wanted:
            self._extremes = np.empty(wanted)
        return self._extremes[:wanted].reshape(2, powers, bars)

    def of(self, bars: int) -> _Rooms:
        """The rooms of this thread, large enough for so many bars."""
        if len(self.held) <= bars:
            self._grow(bars)
        return self

    def kept(self, found: tuple[Any, int]) -> tuple[Any, int]:
        """Keeps the rows that a loop had to enlarge."""
        self.rows = found[0]
        return found


_rooms = _Rooms()


def available() -> bool:
    """Whether numba is installed; it is not imported to know."""
    return find_spec("numba") is not None


def why_not() -> str:
    """What a user may do about slowness, or ""."""
    return "" if available() else 'Without numba this takes longer: pip install "blave-quant-mcp[research]".'


def loops(cache: Path | None = None) -> Any:
    """The compiled loops: slow the first time, and from the cache folder the first time in a process.

    Args:
        cache: where compiled code is kept; None leaves that to numba.

    Raises:
        ImportError: no numba.
    """
    if _loaded:
        return _loaded[0]
    with _lock:
        if cache is not None:
            import numba

            setattr(numba.config, "CACHE_DIR", str(cache))  # noqa: B010 - set at run time, unknown to its types
        _loaded.append(import_module(LOOPS))
    return _loaded[0]


def takes(bars: Bars, settings: Settings) -> bool:
    """Whether the loops can prepare these bars: none is missing, and sizes follow the volatility."""
    return not settings.fixed and settings.target_vol > 0 and bool(np.isfinite(bars.close).all())


def takes_grid(strategy: Strategy, grid: Grid, settings: Settings) -> bool:
    """Whether the loops can scan this grid: a long-only threshold or plain KD, and no trend filter."""
    if settings.trend_days:
        return False
    first = grid.cells[0]
    if strategy.name == "threshold":
        return all(cell["side"] == 1 and cell["max_age"] == first["max_age"] for cell in grid.cells)
    if strategy.name == "kd":
        plain = {"side": 1.0, "ewm": 0.0, "oversold": 100.0, "d_smooth": first["d_smooth"]}
        return all(cell[name] == value for cell in grid.cells for name, value in plain.items())
    return False


def tape_of(bars: Bars, settings: Settings) -> Tape:
    """What `engine.tape_of` makes, by the loops."""
    root = np.sqrt(bars.per_year)
    net, vols, sizes = loops().market(
        bars.close, bars.bars_in(settings.vol_days), settings.target_vol / root, settings.vol_floor / root,
        settings.cap, _rooms.of(len(bars)).floats,
    )  # fmt: skip
    n = len(bars) - 1
    sizes, vols = kernels.shifted(sizes, settings.lag, 0.0), kernels.shifted(vols, settings.lag, np.nan)
    return Tape(
        bars=bars, settings=settings, at=np.arange(n, dtype=np.int64), net=net[:n],
        carry=settings.funding * bars.bar_ms / FUNDING_MS, sizes=kernels.banded(sizes[:n], settings.band),
        vol=vols[:n] * root, moves=0.0,
    )  # fmt: skip


def scan(tape: Tape, strategy: Strategy, grid: Grid, workers: ThreadPoolExecutor | None = None) -> Scan | None:
    """What `engine.scan` finds; None where a bar may ruin.

    Args:
        workers: threads for the periods of a KD grid.
    """
    return Grids(tape.bars, strategy, grid, workers).over(tape)


Part = tuple[list[int], Any, int]
"""The cells of the grid that it is about, the rows of trades (cell among these, start, end), how many rows hold."""


class Grids:
    """The cells of a grid over one series of bars; their trades do not depend on sizes and costs.

    With `workers`, the trades of a threshold grid are looked for while the caller prepares the tape.
    """

    def __init__(self, bars: Bars, strategy: Strategy, grid: Grid, workers: ThreadPoolExecutor | None = None) -> None:
        self._bars, self._strategy, self._grid, self._workers = bars, strategy, grid, workers
        alone = strategy.name == "threshold"
        self._ahead = workers.submit(self._threshold) if workers is not None and alone else None

    def over(self, tape: Tape) -> Scan | None:
        """The scan on a tape of these bars; None where a bar may ruin."""
        run, cost = loops(), tape.settings.cost
        held, ruins = run.sums(tape.net, tape.sizes, tape.carry, cost, _rooms.of(len(self._bars)).held)
        if ruins:
            return None
        shift = tape.settings.lag - int(tape.at[0])

        def one(part: Part) -> tuple[list[int], Any]:
            cells, rows, count = part
            return cells, run.totals(rows, count, len(cells), shift, held, tape.net, tape.sizes, tape.carry, cost)

        if self._ahead is not None:
            parts: Iterable[tuple[list[int], Any]] = [one(self._ahead.result())]
        elif self._workers is not None:
            parts = self._workers.map(lambda job: one(job()), self._jobs())
        else:
            parts = (one(job()) for job in self._jobs())
        found = np.zeros((len(self._grid.cells), 5))
        for cells, part in parts:
            found[cells] = part
        counts = found[:, 0].astype(np.int64)
        sharpe = kernels.sharpe_of_sums(found[:, 2], found[:, 3], len(tape), tape.per_year)
        return Scan(
            tape=tape, strategy=self._strategy, grid=self._grid, trades=_Lazy(self, tape), counts=counts,
            sharpe=np.where(counts > 0, sharpe, np.nan), total=found[:, 2], growth=found[:, 4],
            held=found[:, 1] / len(tape), ruined=np.zeros(len(counts), np.bool_),
        )  # fmt: skip

    def trades(self) -> list[Trades]:
        """The trades of each cell on the grid of the bars, before lag."""
        out: list[Trades] = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int8))] * len(
            self._grid.cells
        )
        for job in self._jobs():
            cells, rows, count = job()
            held = rows[:count].astype(np.int64)
            held = held[np.argsort(held[:, 0], kind="stable")]
            edges = np.searchsorted(held[:, 0], np.arange(len(cells) + 1)).tolist()
            for n, cell in enumerate(cells):
                mine = held[edges[n] : edges[n + 1]]
                out[cell] = (mine[:, 1].copy(), mine[:, 2].copy(), np.ones(len(mine), np.int8))
        return out

    def _jobs(self) -> list[Callable[[], Part]]:
        """What looks for the trades, to be done before this thread asks for others: they share its rooms."""
        return [self._threshold] if self._strategy.name == "threshold" else self._kd()

    def _threshold(self) -> Part:
        cells = self._grid.cells
        levels = sorted({cell[name] for cell in cells for name in ("entry", "exit")})
        at = {level: n for n, level in enumerate(levels)}
        entry, leaving = (np.array([at[cell[name]] for cell in cells]) for name in ("entry", "exit"))
        age = carried(self._bars, cells[0])
        room = _rooms.of(len(self._bars))
        found = loops().threshold_trades(
            self._bars.alpha("alpha"), np.array(levels), entry, leaving, age, room.rows, room.floats, room.changes
        )
        return list(range(len(cells))), *room.kept(found)

    def _kd(self) -> list[Callable[[], Part]]:
        bars, cells, d_smooth = self._bars, self._grid.cells, int(self._grid.cells[0]["d_smooth"])
        by_period: dict[int, list[int]] = {}
        for n, cell in sorted(enumerate(cells), key=lambda pair: pair[1]["k_smooth"]):
            by_period.setdefault(int(cell["k_period"]), []).append(n)
        powers = max(by_period).bit_length()
        low_room, high_room = _rooms.of(len(bars)).extremes(powers, len(bars))
        lows = _powers(bars.low, np.minimum, low_room)
        highs = _powers(bars.high, np.maximum, high_room)

        def one(period: int) -> Part:
            mine = by_period[period]
            smooths = np.array([int(cells[n]["k_smooth"]) for n in mine])
            room = _rooms.of(len(bars))
            found = loops().kd_trades(
                bars.close, lows, highs, period, smooths, d_smooth, room.rows, room.floats, room.changes
            )
            return mine, *room.kept(found)

        return [partial(one, period) for period in by_period]


class _Lazy(Sequence[Trades]):
    """The trades of each cell on a tape, made once somebody asks."""

    def __init__(self, grids: Grids, tape: Tape) -> None:
        self._grids, self._tape = grids, tape
        self._found: list[Trades] | None = None

    def __len__(self) -> int:
        return len(self._grids._grid.cells)

    def __getitem__(self, index: Any) -> Any:
        if self._found is None:
            self._found = self._tape.place_all(self._grids.trades())
        return self._found[index]


def _powers(values: Floats, take: np.ufunc, out: Floats) -> Floats:
    """Extremes of 1, 2, 4, ... values, each at the first of them; what would need values after the end is left over.

    Args:
        out: shape (how many powers, bars).
    """
    out[0] = values
    for k in range(1, len(out)):
        span = 2 ** (k - 1)
        take(out[k - 1, span:], out[k - 1, :-span], out=out[k, :-span])
        out[k, -span:] = out[k - 1, -span:]
    return out
