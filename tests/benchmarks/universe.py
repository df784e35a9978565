"""A universe of made-up symbols through the pool of processes, and some of it through a Dask cluster too."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import gettempdir

from blave_mcp.tools.backtest import fast
from blave_mcp.tools.backtest.tape import Settings
from blave_mcp.tools.backtest.universe import Job, Study, dask_cluster, process_pool
from tests.benchmarks.effort import FULL, Effort
from tests.benchmarks.measure import Figure, at_most
from tests.tools.backtest.markets import made

CACHE = Path(gettempdir()) / "blave-mcp-benchmarks"
STATUS = Path("/proc/self/status")


def jobs(symbols: int, bars: int, *, compiled: bool) -> Iterator[Job]:
    """Each makes its bars where it runs, as a loader of files would."""
    for seed in range(symbols):
        yield Job(
            symbol=f"S{seed}", bars=partial(made, bars, seed), strategy="threshold", fixed={}, axes={},
            settings=Settings(), permutations=500, seed=seed, compiled=compiled, cache=CACHE,
        )  # fmt: skip


def held_mib() -> float:
    """Memory of this process."""
    lines = STATUS.read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def universe(effort: Effort) -> list[Figure]:
    """45 cells and 500 rotations of each symbol: how long, whether memory grows, whether Dask finds the same."""
    symbols, bars = (200, 26_280) if effort is FULL else (6, 3_000)
    # Compiling takes longer than a few symbols do.
    compiled = effort is FULL and fast.available()
    found: list[Study] = []
    held: list[float] = []
    begun = time.perf_counter()
    with process_pool(2) as through:
        for one in through(jobs(symbols, bars, compiled=compiled)):
            found.append(one)
            if STATUS.exists():
                held.append(held_mib())
    seconds = time.perf_counter() - begun
    if any(one.failed or one.p is None for one in found):
        raise AssertionError("a symbol was not studied")
    note = f"{symbols} symbols x 45 cells x {bars} bars, 500 rotations each"
    figures = [Figure(name="universe, two processes", ours=seconds, unit="s", target=at_most(240), note=note)]
    if held:
        quarter = held[len(held) // 4]
        figures.append(
            Figure(name="memory, end against a quarter", ours=held[-1], unit="MiB", baseline=quarter,
                   ratio=held[-1] / quarter, target=at_most(1.1))
        )  # fmt: skip
    if find_spec("distributed") is not None:
        figures.append(on_dask(found, bars, compiled=compiled))
    return figures


def on_dask(found: list[Study], bars: int, *, compiled: bool) -> Figure:
    from distributed import LocalCluster

    symbols = len(found)
    begun = time.perf_counter()
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as cluster,
        dask_cluster(cluster.scheduler_address) as through,
    ):
        theirs = list(through(jobs(symbols, bars, compiled=compiled)))
    if theirs != found[:symbols]:
        raise AssertionError("the cluster found other numbers")
    seconds = time.perf_counter() - begun
    return Figure(name="universe, two Dask workers", ours=seconds, unit="s", note=f"{symbols} symbols, same numbers")
