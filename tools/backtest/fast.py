"""Compiled loops for jobs that run a thousand times. Nothing is imported, compiled or waited for before that.

Without numba everything works as it does with it, and slower; `why_not` says so.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
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

            numba.config.CACHE_DIR = str(cache)
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
        bars.close, bars.bars_in(settings.vol_days), settings.target_vol / root, settings.vol_floor / root, settings.cap
    )
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
    run, cost = loops(), tape.settings.cost
    held, ruins = run.sums(tape.net, tape.sizes, tape.carry, cost)
    if ruins:
        return None
    parts = [_threshold(run, tape, grid)] if strategy.name == "threshold" else _kd(run, tape, grid, workers)
    found, trades = np.zeros((len(grid.cells), 5)), []
    for cells, rows, count in parts:
        found[cells] = run.totals(rows, count, len(cells), held, tape.net, tape.sizes, tape.carry, cost)
        trades.append((cells, rows, count))
    counts = found[:, 0].astype(np.int64)
    sharpe = kernels.sharpe_of_sums(found[:, 2], found[:, 3], len(tape), tape.per_year)
    return Scan(
        tape=tape, strategy=strategy, grid=grid, trades=_Lazy(trades, len(grid.cells)), counts=counts,
        sharpe=np.where(counts > 0, sharpe, np.nan), total=found[:, 2], growth=found[:, 4],
        held=found[:, 1] / len(tape), ruined=np.zeros(len(counts), np.bool_),
    )  # fmt: skip


Part = tuple[list[int], Any, int]
"""The cells of the grid that it is about, the rows of trades (cell among these, start, end), how many rows hold."""


class _Lazy(Sequence[Trades]):
    """The trades of each cell, sorted out of their rows once somebody asks."""

    def __init__(self, parts: list[Part], cells: int) -> None:
        self._parts, self._cells = parts, cells
        self._found: list[Trades] | None = None

    def __len__(self) -> int:
        return self._cells

    def __getitem__(self, index: Any) -> Any:
        if self._found is None:
            self._found = self._sorted()
        return self._found[index]

    def _sorted(self) -> list[Trades]:
        out: list[Trades] = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int8))] * self._cells
        for cells, rows, count in self._parts:
            held = rows[:count][rows[:count, 1] < rows[:count, 2]].astype(np.int64)
            held = held[np.argsort(held[:, 0], kind="stable")]
            edges = np.searchsorted(held[:, 0], np.arange(len(cells) + 1)).tolist()
            for n, cell in enumerate(cells):
                mine = held[edges[n] : edges[n + 1]]
                out[cell] = (mine[:, 1].copy(), mine[:, 2].copy(), np.ones(len(mine), np.int8))
        return out


def _threshold(run: Any, tape: Tape, grid: Grid) -> Part:
    bars = tape.bars
    levels = sorted({cell[name] for cell in grid.cells for name in ("entry", "exit")})
    at = {level: n for n, level in enumerate(levels)}
    entry, leaving = (np.array([at[cell[name]] for cell in grid.cells]) for name in ("entry", "exit"))
    rows, count = run.threshold_trades(
        bars.alpha("alpha"), np.array(levels), entry, leaving, carried(bars, grid.cells[0]), _shift(tape), len(tape)
    )
    return list(range(len(grid.cells))), rows, count


def _shift(tape: Tape) -> int:
    return tape.settings.lag - int(tape.at[0])


def _kd(run: Any, tape: Tape, grid: Grid, workers: ThreadPoolExecutor | None) -> Iterable[Part]:
    bars, d_smooth = tape.bars, int(grid.cells[0]["d_smooth"])
    by_period: dict[int, list[int]] = {}
    for n, cell in sorted(enumerate(grid.cells), key=lambda pair: pair[1]["k_smooth"]):
        by_period.setdefault(int(cell["k_period"]), []).append(n)
    powers = max(by_period).bit_length()
    lows, highs = _powers(bars.low, powers, np.minimum), _powers(bars.high, powers, np.maximum)

    def one(period: int) -> Part:
        cells = by_period[period]
        smooths = np.array([int(grid.cells[n]["k_smooth"]) for n in cells])
        rows, count = run.kd_trades(bars.close, lows, highs, period, smooths, d_smooth, _shift(tape), len(tape))
        return cells, rows, count

    return map(one, by_period) if workers is None else workers.map(one, by_period)


def _powers(values: Floats, powers: int, take: np.ufunc) -> Floats:
    """Extremes of 1, 2, 4, ... values, each at the first of them; what would need values after the end is left over."""
    out = np.empty((powers, len(values)))
    out[0] = values
    for k in range(1, powers):
        span = 2 ** (k - 1)
        take(out[k - 1, span:], out[k - 1, :-span], out=out[k, :-span])
        out[k, -span:] = out[k - 1, -span:]
    return out
