"""Compiled loops for jobs that run a thousand times. Nothing is imported, compiled or waited for before that.

Without numba everything works as it does with it, and slower; `why_not` says so.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from blave_mcp.tools.backtest import kernels
from blave_mcp.tools.backtest.bars import Bars
from blave_mcp.tools.backtest.engine import Scan
from blave_mcp.tools.backtest.kernels import Floats, Ints, Trades
from blave_mcp.tools.backtest.signals import TIE, carried
from blave_mcp.tools.backtest.strategy import Grid, Strategy
from blave_mcp.tools.backtest.tape import FUNDING_MS, Settings, Tape

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
    """What `tape.tape_of` makes, by the loops."""
    run = loops()
    net, vols, sizes = run.market(
        bars.close, bars.bars_in(settings.vol_days), settings.target_vol, settings.vol_floor, settings.cap,
        float(np.sqrt(bars.per_year)), settings.lag,
    )  # fmt: skip
    return Tape(
        bars=bars, settings=settings, at=_numbers(len(net)), net=net,
        carry=settings.funding * bars.bar_ms / FUNDING_MS,
        sizes=run.banded(sizes, settings.band) if settings.band > 0 else sizes, vol=vols, moves=0.0,
    )  # fmt: skip


@lru_cache(8)
def _numbers(n: int) -> Ints:
    """The numbers of n bars, which many tapes share."""
    out = np.arange(n, dtype=np.int64)
    out.flags.writeable = False
    return out


def scan(tape: Tape, strategy: Strategy, grid: Grid) -> Scan | None:
    """What `engine.scan` finds; None where a bar may ruin."""
    bars, settings, n = tape.bars, tape.settings, len(tape)
    shift = settings.lag - int(tape.at[0])
    market = shift, tape.net, tape.sizes, tape.carry, settings.cost
    if strategy.name == "threshold":
        totals, ruins = loops().threshold_totals(*_threshold(bars, grid), *market)
        growth = np.exp(totals[:, 4])
    else:
        totals, ruins = loops().kd_totals(*_kd(bars, grid), *market)
        growth = totals[:, 4]
    if ruins:
        return None
    counts = totals[:, 0].astype(np.int64)
    sharpe = kernels.sharpe_of_sums(totals[:, 2], totals[:, 3], n, tape.per_year)
    return Scan(
        tape=tape, strategy=strategy, grid=grid, trades=_Lazy(tape, strategy, grid), counts=counts,
        sharpe=np.where(counts > 0, sharpe, np.nan), total=totals[:, 2], growth=growth, held=totals[:, 1] / n,
        ruined=np.zeros(len(counts), np.bool_),
    )  # fmt: skip


def _threshold(bars: Bars, grid: Grid) -> tuple[Floats, Floats, int]:
    """The indicator, the levels of each cell, and for how long a value is carried."""
    cells = np.array([(cell["entry"], cell["exit"]) for cell in grid.cells])
    return bars.alpha("alpha"), cells, carried(bars, grid.cells[0])


def _kd(bars: Bars, grid: Grid) -> tuple[Floats, Floats, Floats, Ints, int, float]:
    """Close, low and high, period and smoothing of %K of each cell, the smoothing of %D, and what is level."""
    cells = np.array([(cell["k_period"], cell["k_smooth"]) for cell in grid.cells], np.int64)
    return bars.close, bars.low, bars.high, cells, int(grid.cells[0]["d_smooth"]), TIE


def trades(bars: Bars, strategy: Strategy, grid: Grid) -> list[Trades]:
    """The trades of each cell on the grid of the bars, before lag."""
    threshold = strategy.name == "threshold"
    rows, edges = (
        loops().threshold_trades(*_threshold(bars, grid)) if threshold else loops().kd_trades(*_kd(bars, grid))
    )
    return [
        (found[:, 0].copy(), found[:, 1].copy(), np.ones(len(found), np.int8)) for found in np.split(rows, edges[:-1])
    ]


class _Lazy(Sequence[Trades]):
    """The trades of each cell on a tape, made once somebody asks."""

    def __init__(self, tape: Tape, strategy: Strategy, grid: Grid) -> None:
        self._tape, self._strategy, self._grid = tape, strategy, grid
        self._found: list[Trades] | None = None

    def __len__(self) -> int:
        return len(self._grid.cells)

    def __getitem__(self, index: Any) -> Any:
        if self._found is None:
            self._found = self._tape.place_all(trades(self._tape.bars, self._strategy, self._grid))
        return self._found[index]
