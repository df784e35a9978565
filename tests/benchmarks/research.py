"""The research engine against a script with pandas, and against vectorbt where it is installed.

Both sides scan the same bars with the same assumptions and find the same Sharpe ratios, or the part fails.
"""

from __future__ import annotations

import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import numpy as np

from blave_mcp.tools.backtest import fast
from blave_mcp.tools.backtest.bars import Bars
from blave_mcp.tools.backtest.engine import Scan, scan
from blave_mcp.tools.backtest.permutation import rotation_test, selection_test
from blave_mcp.tools.backtest.signals import KD, THRESHOLD
from blave_mcp.tools.backtest.strategy import Grid, Strategy, grid_of
from blave_mcp.tools.backtest.tape import Settings, tape_of
from tests.benchmarks.effort import FULL, Effort
from tests.benchmarks.measure import Figure, Samples, at_least, at_most, interleaved, per_call
from tests.tools.backtest.markets import bars_of, persistent, walk

BARS, YEAR = 26_280, 8_760
WARM = 20
AS_SCRIPTS = Settings(band=0, lag=0)
CACHE = Path(gettempdir()) / "blave-mcp-benchmarks"
COLD = """
import time, numpy as np
from tests.benchmarks.research import market
bars = market()
from blave_mcp.tools.backtest.engine import scan
from blave_mcp.tools.backtest.tape import Settings, tape_of
from blave_mcp.tools.backtest.signals import THRESHOLD
from blave_mcp.tools.backtest.strategy import grid_of
begun = time.perf_counter()
scan(tape_of(bars, Settings(band=0, lag=0)), THRESHOLD, grid_of(THRESHOLD, {}, {}, 2000))
print(time.perf_counter() - begun)
"""
PEAK = r"""
import re, numpy as np
from tests.benchmarks.research import market
bars = market()
from blave_mcp.tools.backtest import engine, metrics, permutation, signals, strategy, tape as tapes, validation
tape = tapes.evaluated(tapes.tape_of(bars, tapes.Settings()))
found = engine.scan(tape, signals.THRESHOLD, strategy.grid_of(signals.THRESHOLD, {}, {}, 2000))
metrics.metrics_of(engine.backtest(tape, signals.THRESHOLD, signals.THRESHOLD.values({})))
permutation.selection_test(found)
validation.overfitting(found)
print(int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1]) / 1024)
"""


def market(n: int = BARS) -> Bars:
    """Bars without memory, and an indicator with some."""
    return bars_of(walk(n, 1), persistent(n, 2))


def frame(bars: Bars) -> Any:
    import pandas as pd

    return pd.DataFrame({"close": bars.close, "high": bars.high, "low": bars.low, "alpha": bars.alphas["alpha"]})


def once(work: Any) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def agree(ours: Any, theirs: Any) -> None:
    """A script's first return is a made-up zero and its last bar earns another: it counts one bar more at each end."""
    apart = np.nanmax(np.abs(ours - theirs))
    if not apart < 0.01:
        raise AssertionError(f"the Sharpe ratios of the two sides are up to {apart:.1e} apart")


def array_scan(bars: Bars, strategy: Strategy, grid: Grid) -> Scan:
    return scan(tape_of(bars, AS_SCRIPTS), strategy, grid)


def loop_scan(bars: Bars, strategy: Strategy, grid: Grid) -> Scan:
    found = fast.scan(fast.tape_of(bars, AS_SCRIPTS), strategy, grid)
    if found is None:
        raise AssertionError("the loops did not take it")
    return found


def research(effort: Effort) -> list[Figure]:
    """Scans, permutations and memory; none without pandas."""
    if find_spec("pandas") is None:
        return []
    from tests.benchmarks import examples

    bars = market()
    table, cells, kd = frame(bars), grid_of(THRESHOLD, {}, {}, 100), grid_of(KD, {}, {}, 100)
    levels, (periods, smooths) = THRESHOLD.grid["entry"], (KD.grid[name] for name in ("k_period", "k_smooth"))
    rounds = 40 if effort is FULL else 2

    def thresholds() -> Any:
        return examples.threshold_scan(table, levels)

    def crosses(judge: examples.Judge = examples.sharpe_among_metrics) -> Any:
        return examples.kd_scan(table, [int(p) for p in periods], [int(s) for s in smooths], judge)

    def crosses_alone() -> Any:
        return crosses(examples.sharpe_alone)

    agree(cells.map_of(array_scan(bars, THRESHOLD, cells).sharpe), thresholds())
    agree(kd.map_of(array_scan(bars, KD, kd).sharpe), crosses())
    figures = [
        against(lambda: array_scan(bars, THRESHOLD, cells), thresholds, rounds, "threshold scan, 45 cells: arrays", 8),
        against(lambda: array_scan(bars, KD, kd), crosses, max(2, rounds // 4), "KD scan, 30 cells: arrays", None),
        cold(),
    ]
    if fast.available():
        fast.loops(CACHE)
        agree(cells.map_of(loop_scan(bars, THRESHOLD, cells).sharpe), thresholds())
        agree(kd.map_of(loop_scan(bars, KD, kd).sharpe), crosses())

        def threshold() -> Scan:
            return loop_scan(bars, THRESHOLD, cells)

        def cross() -> Scan:
            return loop_scan(bars, KD, kd)

        few, one_call, alone = (
            rounds // 4 + 2,
            "compiled, one call after the script",
            "compiled, script of Sharpe alone",
        )
        figures += [
            against(threshold, thresholds, rounds, "threshold scan, 45 cells: compiled, warm", 100, repeats=WARM),
            against(threshold, thresholds, rounds, f"threshold scan, 45 cells: {one_call}", None),
            against(cross, crosses, few, "KD scan, 30 cells: compiled, warm", 80, repeats=WARM),
            against(cross, crosses, few, f"KD scan, 30 cells: {one_call}", None),
            against(cross, crosses_alone, few, f"KD scan, 30 cells: {alone}, warm", 80, repeats=WARM),
        ]
    figures += [rotations(bars, effort), searches(bars, cells, thresholds, effort)]
    if find_spec("vectorbt") is not None:
        figures.append(beside_vectorbt(bars, cells, effort))
    if Path("/proc/self/status").exists():
        figures.append(peak())
    return figures


def against(ours: Any, theirs: Any, rounds: int, name: str, times: float | None, *, repeats: int = 1) -> Figure:
    """Rounds of the two, one after the other.

    Args:
        repeats: how often our side works in a round, the script being one of as many cells: with one call alone it
            finds the caches full of what the script left there.
    """
    ours(), theirs()
    samples = interleaved(per_call(ours, repeats), lambda: once(theirs), rounds)
    return samples.faster(name, "ms", scale=1000, target=None if times is None else at_least(times))


def cold() -> Figure:
    """The first scan of a process that has imported numpy."""
    seconds = float(python(COLD))
    return Figure(name="the first scan of a process: arrays", ours=seconds * 1000, unit="ms", target=at_most(20))


def python(code: str) -> str:
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    return run.stdout.strip()


def peak() -> Figure:
    note = "tape, scan, run, all rotations of the grid, overfitting; with Python and numpy themselves"
    return Figure(
        name="peak memory of a process: arrays", ours=float(python(PEAK)), unit="MiB", target=at_most(120), note=note
    )


def rotations(bars: Bars, effort: Effort) -> Figure:
    """All rotations of a year against a script's 2,000 shuffles; of those a tenth is measured where it is quick."""
    from tests.benchmarks import examples

    year = bars.cut(0, YEAR + 1)
    tape = tape_of(year, AS_SCRIPTS)
    found = scan(tape, THRESHOLD, grid_of(THRESHOLD, {}, {"entry": (1,), "exit": (-0.5,)}, 1))
    position = examples.threshold_positions(year.alphas["alpha"], 1.0, -0.5)
    part = 2_000 if effort is FULL else 100

    def shuffled() -> float:
        return once(lambda: examples.shuffle_p(year.close, position, part)) * 2_000 / part

    samples = interleaved(
        lambda: once(lambda: rotation_test(tape, found.trades[0])), shuffled, 10 if effort is FULL else 2
    )
    return samples.faster(f"p-value: {YEAR - 1} rotations, 2000 shuffles", "ms", scale=1000, target=at_least(100))


def searches(bars: Bars, cells: Grid, thresholds: Any, effort: Effort) -> Figure:
    """1,000 rotations of the whole grid against scanning a thousand times; the script's scan is measured once."""
    found = array_scan(bars, THRESHOLD, cells)
    compiled = fast.loops(CACHE) if fast.available() else None

    def ours() -> float:
        return once(lambda: selection_test(found, permutations=1_000, compiled=compiled))

    ours()
    samples: Samples = interleaved(ours, lambda: once(thresholds) * 1_000, 10 if effort is FULL else 2)
    return samples.faster("search tested: 1000 x 45 cells", "ms", scale=1000, target=at_least(100))


def beside_vectorbt(bars: Bars, cells: Grid, effort: Effort) -> Figure:
    """The same 45 cells as one portfolio of vectorbt, sizes and fees alike."""
    import pandas as pd
    import vectorbt as vbt

    from tests.benchmarks import examples

    index = pd.to_datetime(bars.time_ms, unit="ms", utc=True)
    close = pd.Series(bars.close, index=index)
    positions = np.stack(
        [examples.threshold_positions(bars.alphas["alpha"], c["entry"], c["exit"]) for c in cells.cells], axis=1
    )
    sizes = examples.sizes(bars.close)

    def theirs() -> Any:
        exposure = pd.DataFrame(positions * sizes[:, None], index=index)
        portfolio = vbt.Portfolio.from_orders(
            close, size=exposure, size_type="targetpercent", fees=examples.FEE, freq="1h"
        )
        return portfolio.sharpe_ratio()

    compiled = fast.available()

    def ours() -> Any:
        if compiled:
            return loop_scan(bars, THRESHOLD, cells)
        return array_scan(bars, THRESHOLD, cells)

    return against(ours, theirs, 5 if effort is FULL else 2, "threshold scan, 45 cells: vectorbt", 200)
