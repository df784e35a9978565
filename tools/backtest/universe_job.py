"""The universe scan's work: symbols are fetched one after the other while those before are studied."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext

import anyio
import anyio.to_thread

from blave_mcp.exchanges.errors import BlaveError
from blave_mcp.tools.answers import MODE_TAGS, split
from blave_mcp.tools.backtest import fast, inputs, metrics, texts
from blave_mcp.tools.backtest.data import load
from blave_mcp.tools.backtest.jobs import Asked, memory_of
from blave_mcp.tools.backtest.strategy import grid_of
from blave_mcp.tools.backtest.universe import (
    MOST_CELLS,
    Job,
    Ranked,
    Study,
    dask_cluster,
    one_by_one,
    process_pool,
    ranked,
)
from blave_mcp.tools.desk import Caller, Desk
from blave_mcp.tools.spec import File, Result, columnar, csv
from blave_mcp.tools.times import interval_ms

MOST_SYMBOLS = 500
FEW = 8
"""So few symbols are studied in this process: others take longer to start."""
SHOWN = 40
DISCOVERY = 0.1

Runner = Callable[[Iterable[Job]], Iterator[Study]]
COLUMNS = ("symbol", "params", "Sharpe_in_sample", "best_Sharpe", "market_Sharpe", "total_return", "trades", "years",
           "p", "p_corrected", "note")  # fmt: skip


async def universe_job(
    desk: Desk, ask: Asked, symbols: str, *, grid_text: str, choose: str, permutations: int, seed: int,
    caller: Caller | None,
) -> Result:  # fmt: skip
    names = split(symbols, "symbols", MOST_SYMBOLS)
    axes = inputs.axes(grid_text)
    grid = grid_of(ask.strategy, ask.fixed, axes, MOST_CELLS)
    memory = memory_of(ask.strategy, grid, 86_400_000 / interval_ms(ask.period))
    studies: list[Study] = []
    conveyor = Conveyor()

    def work() -> None:
        try:
            with runner(desk, len(names)) as through:
                studies.extend(through(conveyor.jobs()))
        finally:
            conveyor.stop.set()

    async def fetch() -> None:
        for name in names:
            try:
                found = await load(desk, ask.wanted(name, memory), None)
            except BlaveError as error:
                studies.append(Study(symbol=name, failed=f"{error.name}: {error.what}"))
                continue
            job = Job(
                symbol=name, bars=found.bars, strategy=ask.strategy.name, fixed=ask.fixed, axes=dict(axes),
                settings=ask.settings, choose=choose, permutations=permutations, seed=seed, start_ms=found.start_ms,
                end_ms=found.end_ms, compiled=len(names) > FEW, cache=desk.workshop.cache,
            )  # fmt: skip
            await anyio.to_thread.run_sync(conveyor.put, job, abandon_on_cancel=True)
            del job, found
        await anyio.to_thread.run_sync(conveyor.put, None, abandon_on_cancel=True)

    async def report() -> None:
        while True:
            await anyio.sleep(1)
            if caller is not None:
                await caller.progress(len(studies), len(names), f"{len(studies)} of {len(names)} symbols")

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(report)
            group.start_soon(fetch)
            await anyio.to_thread.run_sync(work, abandon_on_cancel=True)
            group.cancel_scope.cancel()
    except BaseExceptionGroup as several:
        if len(several.exceptions) == 1:
            raise several.exceptions[0] from None
        raise
    finally:
        conveyor.stop.set()
    return told(desk, ask, ranked(studies), cells=len(grid.cells), permutations=permutations, seed=seed)


class Conveyor:
    """Hands jobs from the event loop to a thread, few at a time; nobody waits at it once it is stopped."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._queue: queue.Queue[Job | None] = queue.Queue(maxsize=2)

    def put(self, job: Job | None) -> None:
        while not self.stop.is_set():
            try:
                self._queue.put(job, timeout=0.2)
            except queue.Full:
                continue
            return

    def jobs(self) -> Iterator[Job]:
        while not self.stop.is_set():
            try:
                job = self._queue.get(timeout=0.2)
            except queue.Empty:
                continue
            if job is None:
                return
            yield job


def runner(desk: Desk, symbols: int) -> AbstractContextManager[Runner]:
    """A cluster where the operator named one, processes for many symbols, this one for few."""
    if desk.workshop.cluster:
        return dask_cluster(desk.workshop.cluster)
    if symbols > FEW:
        return process_pool()
    return nullcontext(one_by_one)


def _row(one: Ranked) -> tuple[str | int | None, ...]:
    s = one.study
    if s.failed:
        return (s.symbol, *(None,) * 9, s.failed)
    params = " ".join(f"{name}={value:g}" for name, value in s.params if name not in ("side", "max_age"))
    return (
        s.symbol, params, texts.figure(s.sharpe), texts.figure(s.best), texts.figure(s.market_sharpe),
        texts.share(s.total_return), s.trades, f"{s.years:.2f}", texts.figure(s.p, 4), texts.figure(one.corrected, 4),
        s.note,
    )  # fmt: skip


def told(desk: Desk, ask: Asked, rows: list[Ranked], *, cells: int, permutations: int, seed: int) -> Result:
    studied = [one for one in rows if not one.study.failed]
    found = [one for one in studied if one.corrected is not None and one.corrected <= DISCOVERY]
    failed = [one.study for one in rows if one.study.failed]
    table = [_row(one) for one in rows]
    prices = f" Prices: {desk.prices}." if desk.prices else ""
    many = f"{permutations} rotations" if permutations else "every rotation"
    if not studied:
        verdict = "No symbol could be studied."
    elif found:
        verdict = (
            f"{len(found)} of {len(studied)} symbols keep a p-value of at most {DISCOVERY:g} after correction: of such"
            f" findings, no more than {texts.share(DISCOVERY, 0)} are expected to be luck."
        )
    else:
        verdict = f"No symbol of {len(studied)} keeps a p-value of {DISCOVERY:g} after correction: luck explains them."
    parts = [
        f"{MODE_TAGS[desk.mode]}{prices}".strip(),
        f"Universe scan: {ask.title}, {cells} cells on each of {len(rows)} symbols, {ask.period}.",
        texts.settings_told(ask.settings), "", verdict,
        f"IN-SAMPLE: each cell was chosen on the bars that it is judged by; p tests the whole search ({many} of the"
        f" grid, seed {seed}) and is corrected for all symbols (Benjamini-Yekutieli: they depend on each other).",
        csv(COLUMNS, table[:SHOWN]),
        f"{len(table) - SHOWN} more symbols stand in the file." if len(table) > SHOWN else "",
        f"{len(failed)} symbols could not be studied." if failed else "",
        fast.why_not() if len(rows) > FEW else "", texts.ADVICE,
    ]  # fmt: skip
    data = {
        "mode": desk.mode, "strategy": ask.strategy.name, "indicator": ask.needs or None, "period": ask.period,
        "cells": cells, "symbols": len(rows), "in_sample": True, "seed": seed, "permutations": permutations,
        "findings": [one.study.symbol for one in found],
        "failed": [{"symbol": s.symbol, "why": s.failed} for s in failed[:SHOWN]],
        "settings": {name: metrics.plain(getattr(ask.settings, name)) for name in ask.settings.__slots__},
        "table": columnar(COLUMNS, table[:SHOWN]),
    }  # fmt: skip
    whole = File("universe.csv", csv(COLUMNS, table) + "\n", "Every symbol of the scan")
    return Result("\n".join(line for line in parts if line), data, files=(whole,))
