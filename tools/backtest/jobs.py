"""The research tools' work: data in, results in words, tables and files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import numpy as np

from blave_mcp.tools.answers import MODE_TAGS
from blave_mcp.tools.backtest import inputs, metrics, pictures, texts
from blave_mcp.tools.backtest.data import Loaded, Wanted, load
from blave_mcp.tools.backtest.engine import Run, Scan, backtest, buy_and_hold, scan
from blave_mcp.tools.backtest.kernels import Floats
from blave_mcp.tools.backtest.permutation import Tick
from blave_mcp.tools.backtest.signals import strategy_named
from blave_mcp.tools.backtest.strategy import Grid, Strategy, grid_of
from blave_mcp.tools.backtest.tape import Settings, Tape, evaluated, tape_of
from blave_mcp.tools.charts.figure import Figure
from blave_mcp.tools.desk import Caller, Desk
from blave_mcp.tools.spec import File, Result, csv
from blave_mcp.tools.times import day, interval_ms
from blave_mcp.tools.workflows.show import illustrated

T = TypeVar("T")
MOST_CELLS = 2_000
OUTSIDE = 1 / 3
DRAWS = 1_000
DEFAULT_INDICATOR = "holder_concentration"
_DAY_MS = 86_400_000


class Stopped(Exception):
    """The caller gave up."""


async def in_thread(work: Callable[[Tick], T], caller: Caller | None, title: str) -> T:
    """Runs work beside the event loop; tells its progress every second, and stops it where the caller gives up."""
    stop, state = threading.Event(), [0.0]

    def tick(done: float) -> None:
        state[0] = done
        if stop.is_set():
            raise Stopped

    async def report() -> None:
        while True:
            await anyio.sleep(1)
            if caller is not None:
                await caller.progress(state[0], 1.0, title)

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(report)
            found = await anyio.to_thread.run_sync(work, tick, abandon_on_cancel=True)
            group.cancel_scope.cancel()
    except BaseExceptionGroup as several:
        if len(several.exceptions) == 1:
            raise several.exceptions[0] from None
        raise
    finally:
        stop.set()
    return found


async def with_pictures(desk: Desk, result: Result, drawn: Sequence[Figure | None]) -> Result:
    """The answer with those pictures that there are."""
    return await illustrated(desk, result, *(figure for figure in drawn if figure is not None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What every research tool is asked for: the data, the strategy, what is fixed of it, and how it is traded."""

    source: str
    symbol: str
    period: str
    start: str
    end: str
    market: str
    indicator: str
    options: str
    strategy: Strategy
    fixed: dict[str, float]
    settings: Settings

    def wanted(self, symbol: str = "", extra_bars: int = 0) -> Wanted:
        """The data wanted, with enough before the start for every window."""
        per_day = _DAY_MS / interval_ms(self.period)
        warm_days = max(self.settings.vol_days if self.settings.target_vol else 0, self.settings.trend_days) + 1
        values = {knob.name: knob.default for knob in self.strategy.knobs} | self.fixed
        memory = max(self.strategy.memory(values, per_day), extra_bars) + self.settings.lag + 1
        return Wanted(
            source=self.source, symbol=symbol or self.symbol, period=self.period, start=self.start, end=self.end,
            market=self.market, indicator=self.needs, options=self.options,
            warm_ms=int(max(warm_days, memory / per_day) * _DAY_MS) + _DAY_MS,
        )  # fmt: skip

    @property
    def needs(self) -> str:
        """The indicator that is read; "" where the strategy reads none."""
        return (self.indicator or DEFAULT_INDICATOR) if self.strategy.needs_alpha else ""

    @property
    def title(self) -> str:
        return self.strategy.name + (f" on {self.needs}" if self.needs else "")


def asked(*, strategy: str, params: str, settings: str, **where: str) -> Asked:
    """Reads what a tool was given. Raises BadArgument: an unknown strategy, parameter or setting."""
    found = strategy_named(strategy)
    fixed = inputs.pairs(params, "params")
    known = {knob.name: knob for knob in found.knobs}
    if unknown := [name for name in fixed if name not in known]:
        found.values({unknown[0]: 0.0})
    for name, value in fixed.items():
        known[name].check(value)
    return Asked(strategy=found, fixed=fixed, settings=Settings.of(inputs.pairs(settings, "settings")), **where)


def memory_of(strategy: Strategy, grid: Grid, per_day: float) -> int:
    return max(strategy.memory(values, per_day) for values in grid.cells)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ready:
    """Data that is ready to be traded: the tape of the range, and the range's own warm-up in its bars."""

    loaded: Loaded
    tape: Tape


def prepare(loaded: Loaded, settings: Settings) -> Ready:
    return Ready(loaded=loaded, tape=evaluated(tape_of(loaded.bars, settings), loaded.start_ms, loaded.end_ms))


def head(desk: Desk, ask: Asked, ready: Ready) -> list[str]:
    """The first lines of every result: where the prices come from, the range, the assumptions, the data."""
    file = ask.source.lower().endswith((".csv", ".csv.gz"))
    mode = "" if file else f"{MODE_TAGS[desk.mode]}{f' Prices: {desk.prices}.' if desk.prices else ''}"
    lines = [mode, texts.range_told(ready.tape, ready.loaded.words), texts.settings_told(ask.settings)]
    if ask.needs:
        lines.append(texts.stamp_told(ask.settings))
    lines.append(texts.data_told(ready.loaded.bars, ready.tape))
    return [line for line in lines if line]


def facts(desk: Desk, ask: Asked, ready: Ready) -> dict[str, Any]:
    tape = ready.tape
    return {
        "mode": desk.mode, "symbol": tape.bars.symbol, "period": tape.bars.period, "strategy": ask.strategy.name,
        "indicator": ask.needs or None, "from_ms": int(tape.time_ms[0]),
        "to_ms": int(tape.time_ms[-1]) + tape.bars.bar_ms, "bars": len(tape),
        "settings": {name: metrics.plain(getattr(ask.settings, name)) for name in ask.settings.__slots__},
        "data": tape.bars.report.data(),
    }  # fmt: skip


# One run.


async def backtest_job(desk: Desk, ask: Asked, caller: Caller | None) -> Result:
    values = ask.strategy.values(ask.fixed)
    loaded = await load(desk, ask.wanted(), caller)

    def work(tick: Tick) -> tuple[Result, list[Figure | None]]:
        ready = prepare(loaded, ask.settings)
        ours, market = backtest(ready.tape, ask.strategy, values), buy_and_hold(ready.tape)
        tick(0.5)
        found, plain_hold = metrics.metrics_of(ours), metrics.metrics_of(market)
        regimes, trades = metrics.regimes_of(ours), metrics.trades_of(ours)
        title = f"{loaded.bars.symbol} {ask.title}"
        curve = metrics.curve_of(ours, title)
        parts = [
            f"Backtest: {ask.title}, {texts.values_told(values)}.", *head(desk, ask, ready), "",
            texts.metrics_table({"strategy": found, "buy and hold": plain_hold}), "", *run_notes(ours, found, trades),
            "", "Regimes:", texts.regimes_table(regimes), "",
            "Parameters that were chosen by looking at this range make this an in-sample result; validate_strategy"
            " judges them on bars that the choice has not seen.",
            texts.ADVICE,
        ]  # fmt: skip
        data = {
            **facts(desk, ask, ready), "params": dict(values), "metrics": found.data(),
            "buy_and_hold": plain_hold.data(), "regimes": texts.regimes_data(regimes),
            "last_trades": texts.trades_data(trades), "curve": texts.curve_data(curve),
        }  # fmt: skip
        files = (texts.curve_file(curve, ours), texts.trades_file(trades, title))
        note = "Fees as set; parameters that were chosen on this range make it in-sample."
        drawn = [pictures.curve_figure(curve, note=note), pictures.regime_figure(title, regimes)]
        return Result("\n".join(parts), data, files=files), drawn

    return await with_pictures(desk, *await in_thread(work, caller, "Backtest"))


def run_notes(ours: Run, found: metrics.Metrics, trades: Sequence[metrics.Trade]) -> list[str]:
    """What the figures do not say by themselves."""
    notes = []
    if not trades:
        notes.append("The signal never fired in this range: nothing was traded, and there is no Sharpe ratio.")
    elif found.sharpe is None:
        notes.append("The returns are constant, so there is no Sharpe ratio.")
    if found.ruined:
        when = day(int(ours.tape.time_ms[ours.ruined]))
        notes.append(f"RUINED on {when}: a bar lost all the equity. Nothing was traded after it.")
    if found.open and trades:
        last = trades[-1]
        notes.append(
            f"One trade is still open at the end ({'long' if last.side > 0 else 'short'} since"
            f" {metrics.moment(last.entry_ms)}, {texts.share(last.result)} so far, its exit fee not paid); it is not"
            " among the closed ones."
        )
    if found.annual_return is None and not found.ruined:
        notes.append("The range is too short for an annual return.")
    return notes


# A grid.


def pick_of(grid: Grid, how: str) -> Callable[[Floats], int]:
    """Sharpe ratios of the cells -> the chosen cell, -1 where none has one."""

    def pick(sharpe: Floats) -> int:
        if not np.isfinite(sharpe).any():
            return -1
        if how == "peak":
            return int(np.nanargmax(sharpe))
        scores = metrics.plateau_scores(grid.map_of(sharpe)).reshape(-1)[grid.at]
        return int(np.nanargmax(scores))

    return pick


def scan_table(found: Scan, strategy: Strategy) -> str:
    """Every cell as CSV."""
    names = list(found.grid.axes)
    rows = [
        (*(f"{values[name]:g}" for name in names), texts.figure(metrics.plain(s), 4), texts.share(g - 1.0, 2), int(c),
         texts.share(h))
        for values, s, g, c, h in zip(
            found.grid.cells, found.sharpe.tolist(), found.growth.tolist(), found.counts, found.held.tolist(),
            strict=True,
        )
    ]  # fmt: skip
    return csv((*names, "Sharpe", "total_return", "trades", "time_in_market"), rows)


def cell_told(found: Scan, cell: int, strategy: Strategy) -> str:
    return (
        f"{texts.values_told(found.grid.cells[cell], strategy)}: Sharpe {texts.figure(float(found.sharpe[cell]))},"
        f" total return {texts.share(float(found.growth[cell]) - 1)}, {int(found.counts[cell])} trades"
    )


async def scan_job(desk: Desk, ask: Asked, grid_text: str, caller: Caller | None) -> Result:
    grid = grid_of(ask.strategy, ask.fixed, inputs.axes(grid_text), MOST_CELLS)
    per_day = _DAY_MS / interval_ms(ask.period)
    loaded = await load(desk, ask.wanted(extra_bars=memory_of(ask.strategy, grid, per_day)), caller)

    def work(tick: Tick) -> tuple[Result, list[Figure | None]]:
        ready = prepare(loaded, ask.settings)
        found = scan(ready.tape, ask.strategy, grid)
        tick(0.9)
        choice = metrics.choose(found)
        market = metrics.metrics_of(buy_and_hold(ready.tape))
        picture = metrics.heat_map(found, choice, f"{loaded.bars.symbol} {ask.title}")
        parts = [f"Scan: {ask.title}, {len(grid.cells)} cells.", *head(desk, ask, ready), ""]
        if choice.peak < 0:
            parts.append("No cell of this grid traded with a Sharpe ratio that is defined: there is nothing to choose.")
        else:
            parts += [
                "IN-SAMPLE: these cells were chosen on the bars that they are judged by.",
                f"* Peak: {cell_told(found, choice.peak, ask.strategy)}.",
                f"# Plateau (best neighbourhood): {cell_told(found, choice.plateau, ask.strategy)}.",
            ]
        idle = int((found.counts == 0).sum())
        if idle and choice.peak >= 0:
            parts.append(f"{idle} cells never traded.")
        if found.ruined.any():
            parts.append(f"{int(found.ruined.sum())} cells lost everything in one bar.")
        parts.append(
            f"Buy and hold: Sharpe {texts.figure(market.sharpe)}, total return {texts.share(market.total_return)}."
        )
        if picture is not None and choice.peak >= 0:
            parts += ["", "Sharpe ratios:", texts.map_table(picture)]
        parts += ["", "validate_strategy tells whether a search like this one finds as much in noise.", texts.ADVICE]
        data = {
            **facts(desk, ask, ready), "cells": len(grid.cells), "in_sample": True,
            "peak": _cell_data(found, choice.peak), "plateau": _cell_data(found, choice.plateau),
            "buy_and_hold": market.data(), "heat_map": None if picture is None else texts.map_data(picture),
        }  # fmt: skip
        whole = File("grid.csv", scan_table(found, ask.strategy) + "\n", f"{ask.title}: every cell of the scan")
        drawn = [pictures.scan_figure(found, choice, f"{loaded.bars.symbol} {ask.title}")]
        return Result("\n".join(parts), data, files=(whole,)), drawn

    return await with_pictures(desk, *await in_thread(work, caller, f"Scan of {len(grid.cells)} cells"))


def _cell_data(found: Scan, cell: int) -> dict[str, Any] | None:
    if cell < 0:
        return None
    return {
        "params": dict(found.grid.cells[cell]), "sharpe": metrics.plain(found.sharpe[cell]),
        "total_return": metrics.plain(found.growth[cell] - 1.0), "trades": int(found.counts[cell]),
    }  # fmt: skip
