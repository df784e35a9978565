"""How long each chart takes to draw, once the first of a process has loaded fonts and the library.

The baseline is an empty picture of the same size by the same library: what no description of ours can do without.
"""

from __future__ import annotations

import io
from functools import partial
from importlib.util import find_spec
from typing import Any

from tests.benchmarks.effort import FULL, Effort
from tests.benchmarks.measure import Figure, at_most, interleaved, per_call

MOST_MS = at_most(1000)


def charts(effort: Effort) -> list[Figure]:
    """One figure for each kind of chart; none without matplotlib."""
    if find_spec("matplotlib") is None:
        return []
    from blave_mcp.tools.charts.render import render
    from tests.charts.samples import SAMPLES

    rounds = 5 if effort is FULL else 1
    figures = []
    render(SAMPLES["klines"]())
    for name, make in SAMPLES.items():
        samples = interleaved(per_call(partial(render, make()), 1), per_call(_empty, 1), rounds)
        told = samples.costlier(f"draw {name}", "ms", scale=1000)
        note = f"{told.ratio:.1f} times an empty one"
        figures.append(Figure(name=told.name, ours=told.ours, unit="ms", target=MOST_MS, note=note))
    return figures


def _empty() -> Any:
    from matplotlib.figure import Figure as Canvas

    out = io.BytesIO()
    Canvas(figsize=(14.4, 9), dpi=100).savefig(out, format="png")
    return out
