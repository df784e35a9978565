"""What a strategy is: its parameters, its grid, and when it holds a position. How to add one: see `Strategy`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType

import numpy as np

from blave_mcp.exchanges.errors import BadArgument, did_you_mean
from blave_mcp.tools.backtest.bars import Bars
from blave_mcp.tools.backtest.kernels import Floats, Ints, Trades

Values = Mapping[str, float]
"""The parameters of one run, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """A parameter of a strategy.

    Attributes:
        low, high: inclusive bounds.
        whole: whether it counts something.
    """

    name: str
    default: float
    low: float
    high: float
    doc: str
    whole: bool = False

    def check(self, value: float) -> float:
        """Raises BadArgument: out of bounds or not whole."""
        if not self.low <= value <= self.high or (self.whole and value != round(value)):
            kind = "a whole number " if self.whole else ""
            raise BadArgument(
                f"{self.name} must be {kind}from {self.low:g} to {self.high:g}, not {value:g}.",
                undone="No backtest was run.",
                advice=self.doc,
            )
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """A strategy: its parameters, its usual grid, and the function that says when it holds what.

    To add one, write a function of the bars and the parameters that returns trades (or a position per bar through
    `kernels.trades_of`), using nothing of bar i that is not known when bar i closes, and add the value to STRATEGIES:

        def breakout(bars: Bars, values: Values) -> Trades:
            top = kernels.shifted(kernels.rolling_max(bars.high, int(values["window"])), 1, np.nan)
            return kernels.trades_of((bars.close > top).astype(np.int8))

        BREAKOUT = Strategy(
            name="breakout", title="Close above the highest high", doc="...", trades=breakout,
            memory=lambda values, per_day: int(values["window"]),
            knobs=(Knob(name="window", default=20, low=2, high=500, doc="Bars looked back.", whole=True),),
            grid={"window": (10, 20, 40, 80)},
        )

    Attributes:
        trades: bars and parameters -> trades on the bars' grid, before lag.
        memory: parameters and bars per day -> how many bars before a bar its signal looks at.
        grid: the parameters that a scan varies and their values; one or two of them make a map.
        needs_alpha: whether it reads the indicator named "alpha".
        valid: whether a combination makes sense; others are left out of a scan.
        events: a faster way to the trades of many cells at once, where there is one.
        lines: what a chart shows under the price: series by name.
    """

    name: str
    title: str
    doc: str
    trades: Callable[[Bars, Values], Trades]
    memory: Callable[[Values, float], int]
    knobs: tuple[Knob, ...]
    grid: Mapping[str, tuple[float, ...]]
    needs_alpha: bool = False
    valid: Callable[[Values], bool] = lambda values: True
    events: Callable[[Bars, Sequence[Values]], list[Trades]] | None = None
    lines: Callable[[Bars, Values], Mapping[str, Floats]] | None = None

    def values(self, given: Mapping[str, float]) -> Values:
        """All parameters, the given ones checked.

        Raises:
            BadArgument: an unknown one, one out of bounds, or a combination that makes no sense.
        """
        known = {knob.name: knob for knob in self.knobs}
        for name in given:
            if name not in known:
                raise BadArgument(
                    f'{self.name} has no parameter "{name}".', undone="No backtest was run.",
                    advice=did_you_mean(name, known),
                )  # fmt: skip
        values = {name: knob.check(float(given.get(name, knob.default))) for name, knob in known.items()}
        if not self.valid(values):
            shown = ", ".join(f"{name}={values[name]:g}" for name in values)
            raise BadArgument(f"{self.name}: {shown} is no sensible combination.", advice=self.doc)
        return MappingProxyType(values)

    def all_trades(self, bars: Bars, cells: Sequence[Values]) -> list[Trades]:
        """The trades of each cell."""
        if self.events is not None:
            return self.events(bars, cells)
        return [self.trades(bars, values) for values in cells]


@dataclass(frozen=True, slots=True)
class Grid:
    """The combinations of a scan.

    Attributes:
        axes: parameter -> values; the first is the rows of a map, the second its columns.
        cells: every combination that makes sense; at: the place of each in the full product, counted row by row.
    """

    axes: Mapping[str, tuple[float, ...]]
    cells: tuple[Values, ...]
    at: Ints

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(values) for values in self.axes.values())

    def map_of(self, per_cell: Floats) -> Floats:
        """Values of the cells in the shape of the grid; NaN where a combination makes no sense."""
        out = np.full(int(np.prod(self.shape)), np.nan)
        out[self.at] = per_cell
        return out.reshape(self.shape)


def grid_of(strategy: Strategy, fixed: Mapping[str, float], axes: Mapping[str, Sequence[float]], most: int) -> Grid:
    """The grid over `axes`, or over the strategy's usual one where that is empty.

    Raises:
        BadArgument: an unknown or unusable value; more than `most` combinations; none that makes sense.
    """
    chosen = {name: tuple(dict.fromkeys(float(v) for v in values)) for name, values in axes.items()} or {
        name: values for name, values in strategy.grid.items() if name not in fixed
    }
    if not chosen:
        chosen = dict(strategy.grid)
    size = 1
    for values in chosen.values():
        size *= len(values)
    if size > most:
        shape = " x ".join(str(len(values)) for values in chosen.values())
        raise BadArgument(
            f"The grid has {size} combinations ({shape}), more than {most}.",
            undone="No scan was run.",
            advice=f"Take every {-(-size // most)}th value, fewer parameters, or scan a part at a time.",
        )
    base = strategy.values({k: v for k, v in fixed.items() if k not in chosen} | _sensible(strategy, chosen))
    known = {knob.name: knob for knob in strategy.knobs}
    for name, values in chosen.items():
        for value in values:
            known[name].check(value)
    cells, at = [], []
    for n, combination in enumerate(product(*chosen.values())):
        cell = {**base, **dict(zip(chosen, combination, strict=True))}
        if strategy.valid(cell):
            cells.append(MappingProxyType(cell))
            at.append(n)
    if not cells:
        raise BadArgument(
            f"None of the {size} combinations makes sense for {strategy.name}.", undone="No scan was run.",
            advice=strategy.doc,
        )  # fmt: skip
    return Grid(chosen, tuple(cells), np.array(at, np.int64))


def _sensible(strategy: Strategy, axes: Mapping[str, tuple[float, ...]]) -> dict[str, float]:
    """One combination of the axes that makes sense, for the checks that a single run has too."""
    defaults = {knob.name: knob.default for knob in strategy.knobs}
    for name in axes:
        if name not in defaults:
            raise BadArgument(
                f'{strategy.name} has no parameter "{name}".', undone="No scan was run.",
                advice=did_you_mean(name, defaults),
            )  # fmt: skip
    for combination in product(*axes.values()):
        one = dict(zip(axes, combination, strict=True))
        if strategy.valid({**defaults, **one}):
            return one
    return {}
