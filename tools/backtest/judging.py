"""The work of validating one strategy, and of comparing several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.tools.backtest import inputs, metrics, permutation, pictures, texts, validation
from blave_mcp.tools.backtest.data import load
from blave_mcp.tools.backtest.engine import Run, Scan, buy_and_hold, run, scan_trades, signal_trades
from blave_mcp.tools.backtest.jobs import (
    MOST_CELLS,
    Asked,
    Ready,
    asked,
    facts,
    head,
    in_thread,
    memory_of,
    pick_of,
    prepare,
    run_notes,
    scan_table,
    with_pictures,
)
from blave_mcp.tools.backtest.permutation import NullTest, Tick, silent
from blave_mcp.tools.backtest.strategy import Grid, Values, grid_of
from blave_mcp.tools.backtest.tape import Tape
from blave_mcp.tools.backtest.verdict import Verdict, judge
from blave_mcp.tools.charts.figure import Figure
from blave_mcp.tools.desk import Caller, Desk
from blave_mcp.tools.spec import File, Result, csv
from blave_mcp.tools.times import day, interval_ms, to_ms

OUTSIDE = 1 / 3
DRAWS = 1_000
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Validated:
    """One strategy chosen in sample and judged out of sample."""

    ask: Asked
    inside: Scan
    cell: int
    values: Values
    before: Run
    after: Run
    search: NullTest
    timing: NullTest
    fade: validation.Decay
    deflated: validation.DeflatedSharpe
    overfit: validation.Overfitting
    walked: validation.WalkForward | None
    shuffled: NullTest | None
    verdict: Verdict


def split_of(tape: Tape, split: str) -> int:
    """The first bar of the tape that is out of sample.

    Raises:
        BadArgument: a date that leaves too few bars on a side.
    """
    n = len(tape)
    at = int(n * (1 - OUTSIDE)) if not split.strip() else tape.since(to_ms(split, "split"))
    if at < 60 or n - at < 60:
        raise BadArgument(
            f"The split leaves {at} bars in sample and {n - at} out of sample; each side wants at least 60.",
            undone="Nothing was validated.", advice="Take a longer range, or another split.",
        )  # fmt: skip
    return at


def validate(
    tape: Tape, at: int, ask: Asked, grid: Grid, *, choose: str, permutations: int, seed: int, method: str = "rotation",
    tick: Tick = silent, brief: bool = False,
) -> Validated:  # fmt: skip
    """Chooses before bar `at` and judges from it on."""
    raw = signal_trades(tape.bars, ask.strategy, grid.cells, ask.settings)
    inside_tape, outside_tape = tape.part(0, at), tape.part(at, len(tape))
    inside = scan_trades(inside_tape, ask.strategy, grid, inside_tape.place_all(raw))
    pick = pick_of(grid, choose)
    cell = pick(inside.sharpe)
    if cell < 0:
        raise BadArgument(
            "No cell of the grid traded in sample, so there is nothing to choose and nothing to validate.",
            undone="Nothing was validated.",
            advice="Take lower thresholds, a longer range, or look at the indicator's values first.",
        )
    values = grid.cells[cell]
    before = run(inside_tape, inside.trades[cell], ask.strategy.name, values)
    placed = outside_tape.place(raw[cell])
    after = run(outside_tape, placed, ask.strategy.name, values)
    tick(0.1)
    search = permutation.selection_test(
        inside, permutations=permutations, seed=seed, tick=lambda d: tick(0.1 + 0.4 * d)
    )
    timing = permutation.rotation_test(outside_tape, placed, permutations=permutations, seed=seed + 1)
    tick(0.55)
    fade = validation.decay(before, after, draws=DRAWS, seed=seed + 2)
    deflated = validation.deflated_sharpe(before.returns, inside.sharpe, tape.per_year)
    overfit = validation.overfitting(inside, tick=lambda d: tick(0.55 + 0.2 * d))
    walked, shuffled = None, None
    if not brief:
        whole = scan_trades(tape, ask.strategy, grid, tape.place_all(raw))
        fit, step = len(tape) // 3, max(len(tape) // 12, 2)
        walked = validation.walk_forward(whole, pick, fit_bars=fit, step_bars=step, tick=lambda d: tick(0.75 + 0.2 * d))
        if method == "shuffle":
            shuffled = permutation.shuffle_test(outside_tape, placed, seed=seed + 3, tick=lambda d: tick(0.95))
    verdict = judge(
        search=search, outside=metrics.metrics_of(after), timing=timing, fade=fade, deflated=deflated, overfit=overfit,
        walked=walked,
    )  # fmt: skip
    return Validated(
        ask=ask, inside=inside, cell=cell, values=values, before=before, after=after, search=search, timing=timing,
        fade=fade, deflated=deflated, overfit=overfit, walked=walked, shuffled=shuffled, verdict=verdict,
    )  # fmt: skip


async def validate_job(
    desk: Desk, ask: Asked, *, grid_text: str, split: str, choose: str, permutations: int, seed: int, method: str,
    caller: Caller | None,
) -> Result:  # fmt: skip
    grid = grid_of(ask.strategy, ask.fixed, inputs.axes(grid_text), MOST_CELLS)
    per_day = _DAY_MS / interval_ms(ask.period)
    loaded = await load(desk, ask.wanted(extra_bars=memory_of(ask.strategy, grid, per_day)), caller)

    def work(tick: Tick) -> tuple[Result, list[Figure | None]]:
        ready = prepare(loaded, ask.settings)
        at = split_of(ready.tape, split)
        found = validate(
            ready.tape, at, ask, grid, choose=choose, permutations=permutations, seed=seed, method=method, tick=tick
        )
        return validated_result(desk, ready, found, choose, seed), validated_figures(ready, found)

    return await with_pictures(desk, *await in_thread(work, caller, f"Validation of {len(grid.cells)} cells"))


def validated_figures(ready: Ready, found: Validated) -> list[Figure | None]:
    """The grid in sample, the chosen cell out of sample, and where it lies among its rotations."""
    title = f"{ready.tape.bars.symbol} {found.ask.title}"
    note = "Out of sample: chosen on the bars before these."
    return [
        pictures.scan_figure(found.inside, metrics.choose(found.inside), f"{title}, in sample"),
        pictures.curve_figure(metrics.curve_of(found.after, f"{title}, out of sample"), note=note),
        pictures.null_figure(f"{title}, out of sample", found.timing),
    ]


BRIEF = ("total_return", "annual_return", "sharpe", "max_drawdown", "held", "trades", "win_rate")


def validated_result(desk: Desk, ready: Ready, found: Validated, choose: str, seed: int) -> Result:
    ask, before, after = found.ask, found.before, found.after
    sides = {
        "in sample": metrics.metrics_of(before), "out of sample": metrics.metrics_of(after),
        "market in sample": metrics.metrics_of(buy_and_hold(before.tape)),
        "market out of sample": metrics.metrics_of(buy_and_hold(after.tape)),
    }  # fmt: skip
    marks = {True: "for", False: "against", None: "open"}
    split = int(after.tape.time_ms[0])
    parts = [
        f"Validation: {ask.title}, {len(found.inside.grid.cells)} cells, split at {metrics.moment(split)}.",
        *head(desk, ask, ready), "",
        f"VERDICT: {found.verdict.sentence}",
        *(f"- {marks[r.supports]}: {r.text}" for r in found.verdict.reasons), "",
        f"Chosen in sample by its {choose}: {texts.values_told(found.values, ask.strategy)}.",
        texts.metrics_table(sides, BRIEF), "",
        *run_notes(after, sides["out of sample"], metrics.trades_of(after)),
        f"Permutations: {len(found.timing.null)} rotations out of sample, {len(found.search.null)} of the whole grid in"
        f" sample; bootstrap of {DRAWS}; seed {seed}.",
    ]  # fmt: skip
    if found.shuffled is not None:
        p = "none" if found.shuffled.p is None else f"{found.shuffled.p:.4f} (+- {found.shuffled.error:.4f})"
        parts.append(f"Shuffled returns, as asked: p = {p}. {found.shuffled.note}")
    files = []
    data: dict[str, Any] = {
        **facts(desk, ask, ready), "params": dict(found.values), "chosen_by": choose, "split_ms": split,
        "verdict": found.verdict.word,
        "reasons": [{"supports": r.supports, "text": r.text} for r in found.verdict.reasons],
        "metrics": {name.replace(" ", "_"): one.data() for name, one in sides.items()},
        "rotation": texts.null_data(found.timing), "search": texts.null_data(found.search),
        "sharpe_in_sample": _interval_data(found.fade.inside),
        "sharpe_out_of_sample": _interval_data(found.fade.outside),
        "sharpe_difference": _interval_data(found.fade.difference), "ratio": metrics.plain(found.fade.ratio),
        "deflated_sharpe": metrics.plain(found.deflated.probability),
        "overfitting": metrics.plain(found.overfit.pbo), "seed": seed,
    }  # fmt: skip
    choice = metrics.choose(found.inside)
    picture = metrics.heat_map(found.inside, choice, f"{ready.tape.bars.symbol} {ask.title}, in sample")
    data["heat_map"] = None if picture is None else texts.map_data(picture)
    data["curve_in_sample"] = texts.curve_data(metrics.curve_of(before, "in sample"))
    data["curve_out_of_sample"] = texts.curve_data(metrics.curve_of(after, "out of sample"))
    if found.walked is not None:
        steps = walk_table(found, ready.tape)
        parts += ["", "Walk-forward:", steps]
        files.append(File("walk_forward.csv", steps + "\n", "Every step of the walk-forward"))
        data["walk_forward_sharpe"] = metrics.plain(found.walked.sharpe)
    files += [
        texts.curve_file(metrics.curve_of(after, f"{ask.title}, out of sample"), after),
        texts.trades_file(metrics.trades_of(after), f"{ask.title}, out of sample"),
        File("grid_in_sample.csv", scan_table(found.inside, ask.strategy) + "\n", "Every cell, in sample"),
    ]
    parts += ["", texts.ADVICE]
    return Result("\n".join(parts), data, files=tuple(files))


def walk_table(found: Validated, tape: Tape) -> str:
    times = np.append(tape.time_ms, tape.time_ms[-1] + tape.bars.bar_ms)
    rows = [
        (day(int(times[s.begins])), day(int(times[s.ends])),
         "none" if s.cell < 0 else texts.values_told(found.inside.grid.cells[s.cell], found.ask.strategy),
         texts.figure(s.fitted), texts.figure(s.reached))
        for s in (found.walked.steps if found.walked else ())
    ]  # fmt: skip
    return csv(("from", "until", "chosen_before", "Sharpe_fitted", "Sharpe_reached"), rows)


def _brief(found: metrics.Metrics) -> dict[str, Any]:
    told = found.data()
    return {name: told[name] for name in BRIEF}


def _interval_data(one: validation.Interval) -> dict[str, Any]:
    return {"value": metrics.plain(one.value), "low": metrics.plain(one.low), "high": metrics.plain(one.high)}


# Side by side.


async def compare_job(
    desk: Desk, base: dict[str, str], strategies: str, settings: str, *, split: str, choose: str, permutations: int,
    seed: int, caller: Caller | None,
) -> Result:  # fmt: skip
    asks = []
    for one in inputs.entrants(strategies):
        ask = asked(
            strategy=one.strategy, params=" ".join(f"{k}={v}" for k, v in one.fixed.items()), settings=settings,
            **{**base, "indicator": one.indicator},
        )  # fmt: skip
        asks.append(ask)
    grids, warm = [], 0
    per_day = _DAY_MS / interval_ms(base["period"])
    for ask in asks:
        every = all(name in ask.fixed for name in ask.strategy.grid)
        axes = {name: (ask.fixed[name],) for name in ask.strategy.grid} if every else {}
        grids.append(grid_of(ask.strategy, ask.fixed, axes, MOST_CELLS))
        warm = max(warm, memory_of(ask.strategy, grids[-1], per_day))
    loaded = [await load(desk, ask.wanted(extra_bars=warm), caller) for ask in asks]

    def work(tick: Tick) -> tuple[Result, list[Figure | None]]:
        ready = [prepare(one, ask.settings) for one, ask in zip(loaded, asks, strict=True)]
        # The same bars for all of them: those that every series has.
        first = max(int(one.tape.time_ms[0]) for one in ready)
        last = min(int(one.tape.time_ms[-1]) for one in ready) + 1
        tapes = [one.tape.part(one.tape.since(first), one.tape.since(last)) for one in ready]
        found = []
        for n, (tape, ask, grid) in enumerate(zip(tapes, asks, grids, strict=True)):
            found.append(
                validate(
                    tape, split_of(tape, split), ask, grid, choose=choose, permutations=permutations, seed=seed,
                    brief=True, tick=partial(_share, tick, n, len(asks)),
                )
            )  # fmt: skip
        words = ", ".join(dict.fromkeys(one.words for one in loaded))
        result = compared_result(desk, Ready(loaded=replace(loaded[0], words=words), tape=tapes[0]), found, seed)
        curves = [(f"{n} {one.ask.title}", metrics.curve_of(one.after, "")) for n, one in enumerate(found, 1)]
        title = f"{tapes[0].bars.symbol}: strategies compared out of sample"
        return result, [pictures.compared_figure(title, curves, note="Each chosen on the bars before these.")]

    return await with_pictures(desk, *await in_thread(work, caller, f"Comparison of {len(asks)} strategies"))


def _share(tick: Tick, n: int, of: int, done: float) -> None:
    tick((n + done) / of)


def compared_result(desk: Desk, ready: Ready, found: Sequence[Validated], seed: int) -> Result:
    names = []
    for n, one in enumerate(found):
        title = one.ask.title
        names.append(f"{title} ({n + 1})" if sum(o.ask.title == title for o in found) > 1 else title)
    tested = [one.timing.p for one in found if one.timing.p is not None]
    adjusted = iter(validation.adjusted(tested).tolist())
    sure = [None if one.timing.p is None else float(next(adjusted)) for one in found]
    inside, outside = ([metrics.metrics_of(run) for run in runs]
                       for runs in ([o.before for o in found], [o.after for o in found]))  # fmt: skip

    def spread(one: validation.Interval) -> str:
        if one.value is None or one.low is None or one.high is None:
            return "n/a"
        return f"{one.value:.2f} [{one.low:.2f} to {one.high:.2f}]"

    rows: list[tuple[str, ...]] = [
        ("parameters", *(texts.values_told(one.values, one.ask.strategy) for one in found)),
        ("chosen from", *(f"{len(one.inside.grid.cells)} cells" for one in found)),
        ("Sharpe in sample", *(spread(one.fade.inside) for one in found)),
        ("Sharpe out of sample", *(spread(one.fade.outside) for one in found)),
        ("difference", *(spread(one.fade.difference) for one in found)),
        ("annual return in sample", *(texts.share(one.annual_return) for one in inside)),
        ("annual return out of sample", *(texts.share(one.annual_return) for one in outside)),
        ("max drawdown in sample", *(texts.share(one.max_drawdown) for one in inside)),
        ("max drawdown out of sample", *(texts.share(one.max_drawdown) for one in outside)),
        ("closed trades out of sample", *(str(one.trades) for one in outside)),
        ("time in market out of sample", *(texts.share(one.held) for one in outside)),
        ("search p in sample", *(texts.figure(one.search.p, 4) for one in found)),
        ("rotation p out of sample", *(texts.figure(one.timing.p, 4) for one in found)),
        ("the same, corrected for the comparison", *(texts.figure(one, 4) for one in sure)),
        ("overfitting (PBO) in sample", *(texts.share(one.overfit.pbo) for one in found)),
        ("verdict", *(one.verdict.word for one in found)),
    ]
    market = metrics.metrics_of(buy_and_hold(found[0].after.tape))
    split = int(found[0].after.tape.time_ms[0])
    bars = ready.tape
    parts = [
        f"Comparison of {len(found)} strategies on the same bars, split at {metrics.moment(split)}; each was chosen in"
        " sample by its plateau, unless its parameters were given.",
        *head(desk, found[0].ask, ready), "", csv(("", *names), rows), "",
        f"Buy and hold out of sample: Sharpe {texts.figure(market.sharpe)}, total return"
        f" {texts.share(market.total_return)}, max drawdown {texts.share(market.max_drawdown)}.",
        "A corrected p-value allows for how many were compared (Benjamini-Yekutieli).",
        f"Bootstrap intervals at 95 %; seed {seed}. {texts.ADVICE}",
    ]  # fmt: skip
    data = {
        "mode": desk.mode, "symbol": bars.bars.symbol, "period": bars.bars.period, "split_ms": split, "seed": seed,
        "strategies": [
            {
                "name": name, "params": dict(one.values), "in_sample": _brief(m), "out_of_sample": _brief(o),
                "rotation": texts.null_data(one.timing), "search_p": metrics.plain(one.search.p),
                "corrected_p": metrics.plain(q), "overfitting": metrics.plain(one.overfit.pbo),
                "verdict": one.verdict.word,
            }
            for name, one, m, o, q in zip(names, found, inside, outside, sure, strict=True)
        ],
        "market_out_of_sample": market.data(),
    }  # fmt: skip
    whole = File("comparison.csv", csv(("", *names), rows) + "\n", "The comparison")
    return Result("\n".join(parts), data, files=(whole,))
