"""The same study of many symbols: in this process, in a pool of processes, or on a Dask cluster.

Every way calls `study` on the same jobs, so that the numbers are the same. Only as many jobs as there are workers (and
as many again in waiting) are held at once: memory does not grow with the number of symbols.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from blave_mcp.exchanges.errors import BlaveError, Unavailable, Unsupported
from blave_mcp.tools.backtest import fast, kernels, metrics, permutation, validation
from blave_mcp.tools.backtest.bars import Bars
from blave_mcp.tools.backtest.engine import buy_and_hold, scan
from blave_mcp.tools.backtest.signals import strategy_named
from blave_mcp.tools.backtest.strategy import grid_of
from blave_mcp.tools.backtest.tape import Settings, evaluated, tape_of

MOST_CELLS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """One symbol to study. Everything in it can be sent to another process.

    Attributes:
        bars: them, or a function without arguments that makes them where the job runs.
        compiled: whether to take the compiled loops, where they can do it; cache: where their code is kept.
    """

    symbol: str
    bars: Bars | Callable[[], Bars]
    strategy: str
    fixed: dict[str, float]
    axes: dict[str, tuple[float, ...]]
    settings: Settings
    choose: str = "plateau"
    permutations: int = 500
    seed: int = 0
    start_ms: int | None = None
    end_ms: int | None = None
    compiled: bool = False
    cache: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What was found for one symbol; `failed` says why nothing was.

    Attributes:
        params: of the chosen cell; sharpe: its own, in sample; best: that of the best cell.
        p: of the search over the whole grid; None where no cell traded.
    """

    symbol: str
    failed: str = ""
    bars: int = 0
    years: float = 0.0
    cells: int = 0
    params: tuple[tuple[str, float], ...] = ()
    sharpe: float | None = None
    best: float | None = None
    total_return: float | None = None
    trades: int = 0
    market_sharpe: float | None = None
    p: float | None = None
    error: float = 0.0
    note: str = ""


def study(job: Job) -> Study:
    """Scans the grid on one symbol, chooses a cell, and tests the search by rotating the whole grid."""
    try:
        bars = job.bars if isinstance(job.bars, Bars) else job.bars()
        strategy = strategy_named(job.strategy)
        grid = grid_of(strategy, job.fixed, job.axes, MOST_CELLS)
        loops = fast.loops(job.cache) if job.compiled and fast.available() else None
        quick = loops is not None and fast.takes(bars, job.settings)
        whole = fast.tape_of(bars, job.settings) if quick else tape_of(bars, job.settings)
        tape = evaluated(whole, job.start_ms, job.end_ms)
    except BlaveError as error:
        return Study(symbol=job.symbol, failed=error.what)
    found = fast.scan(tape, strategy, grid) if quick and fast.takes_grid(strategy, grid, job.settings) else None
    if found is None:
        found = scan(tape, strategy, grid)
    choice = metrics.choose(found)
    cell = choice.peak if job.choose == "peak" else choice.plateau
    market = kernels.sharpe(buy_and_hold(tape).returns, tape.per_year)
    base = Study(
        symbol=job.symbol, bars=len(tape), years=tape.years, cells=len(grid.cells),
        market_sharpe=market if np.isfinite(market) else None,
    )  # fmt: skip
    if cell < 0:
        return replace(base, note="No cell of the grid traded.")
    test = permutation.selection_test(found, permutations=job.permutations, seed=job.seed, compiled=loops)
    return replace(
        base, params=tuple(grid.cells[cell].items()), sharpe=float(found.sharpe[cell]),
        best=float(found.sharpe[choice.peak]), total_return=float(found.growth[cell] - 1.0),
        trades=int(found.counts[cell]), p=test.p, error=test.error, note=test.note,
    )  # fmt: skip


def one_by_one(jobs: Iterable[Job]) -> Iterator[Study]:
    """In this process."""
    return map(study, jobs)


@contextmanager
def process_pool(workers: int = 0) -> Iterator[Callable[[Iterable[Job]], Iterator[Study]]]:
    """In so many processes, by default one for each processor that may be used."""
    count = workers or len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1))
    pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_quiet)
    try:
        yield lambda jobs: _streamed(pool, jobs, 2 * count)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _quiet() -> None:
    """What a worker prints goes to stderr: stdout may be somebody's protocol."""
    os.dup2(2, 1)


def _streamed(pool: Executor, jobs: Iterable[Job], most: int) -> Iterator[Study]:
    """In the order of the jobs, at most `most` of them taken before they are needed."""
    waiting: list[Future[Study]] = []
    for job in jobs:
        while len(waiting) >= most:
            wait(waiting[:1], return_when=FIRST_COMPLETED)
            yield waiting.pop(0).result()
        waiting.append(pool.submit(study, job))
        while waiting and waiting[0].done():
            yield waiting.pop(0).result()
    while waiting:
        yield waiting.pop(0).result()


@contextmanager
def dask_cluster(address: str) -> Iterator[Callable[[Iterable[Job]], Iterator[Study]]]:
    """On the workers of a Dask scheduler.

    Raises:
        Unsupported: the packages for it are not installed.
        Unavailable: nothing answers there.
    """
    try:
        from distributed import Client
    except ImportError:
        raise Unsupported(
            "No Dask is installed here.", undone="Nothing was run.", advice='pip install "blave-quant-mcp[cluster]"'
        ) from None
    try:
        client = Client(address, timeout=10, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise Unavailable(
            f"No Dask scheduler answers at {address} ({type(error).__name__}).", undone="Nothing was run.",
            advice="Start it, or unset BLAVE_MCP_CLUSTER to use this machine's processes.",
        ) from None  # fmt: skip
    try:
        yield lambda jobs: _on(client, jobs)
    finally:
        client.close()


def _on(client: Any, jobs: Iterable[Job]) -> Iterator[Study]:
    most = 2 * max(1, sum(client.nthreads().values()))
    waiting: list[Any] = []
    for job in jobs:
        if len(waiting) >= most:
            yield waiting.pop(0).result()
        # A pure task would be looked up by its arguments' hash; each job is its own.
        waiting.append(client.submit(study, job, pure=False))
    while waiting:
        yield waiting.pop(0).result()


@dataclass(frozen=True, slots=True)
class Ranked:
    """A study with its p-value corrected for all that were made."""

    study: Study
    corrected: float | None


def ranked(studies: Iterable[Study], *, dependent: bool = True) -> list[Ranked]:
    """Best first by p-value and then Sharpe ratio; those without a p-value come last."""
    found = list(studies)
    tested = [one for one in found if one.p is not None]
    raised = validation.adjusted([one.p for one in tested if one.p is not None], dependent=dependent)
    corrected = {id(one): float(value) for one, value in zip(tested, raised, strict=True)}
    rows = [Ranked(one, corrected.get(id(one))) for one in found]
    return sorted(rows, key=lambda r: (r.study.p is None, r.study.p or 0.0, -(r.study.sharpe or 0.0)))
