"""What is traded on: bars prepared with the sizes that a position has and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise

import numpy as np

from blave_mcp.exchanges.errors import BadArgument, did_you_mean
from blave_mcp.tools.backtest import kernels
from blave_mcp.tools.backtest.bars import Bars
from blave_mcp.tools.backtest.kernels import Floats, Ints, Trades
from blave_mcp.tools.times import duration, minute

FUNDING_MS = 8 * 3_600_000
LEAST_BARS = 60
ENOUGH = 0.9
"""The share of a window's returns that must be known for its volatility to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a position is sized and what it costs.

    Attributes:
        target_vol: annual volatility aimed at; 0 holds one unit of equity whatever the volatility.
        cap: the largest size, in units of equity.
        vol_days: the window of the volatility; vol_floor: no annual volatility below it is believed.
        band: with a volatility target, a size is changed only once it is this share away from its target.
        fixed: the size is the one at entry until the exit.
        fee, slippage: per side, as a share of what is traded.
        funding: what longs pay to shorts per 8 hours, as a share of the position; one rate for the whole range.
        lag: bars between the close that gives a signal and the close at which it is traded.
        trend_days: trades only with the trend of so many days (close above its average for longs); 0 is off.
    """

    target_vol: float = 0.3
    cap: float = 2.0
    vol_days: float = 30.0
    vol_floor: float = 0.05
    band: float = 0.1
    fixed: bool = False
    fee: float = 0.0005
    slippage: float = 0.0
    funding: float = 0.0
    lag: int = 1
    trend_days: float = 0.0

    def __post_init__(self) -> None:
        bounds = {
            "target_vol": (0, 10), "cap": (0.01, 125), "vol_days": (0.05, 2000), "vol_floor": (0.001, 5),
            "band": (0, 0.9), "fee": (-0.01, 0.1), "slippage": (0, 0.1), "funding": (-0.05, 0.05), "lag": (0, 1000),
            "trend_days": (0, 2000),
        }  # fmt: skip
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise BadArgument(
                    f"{name} must be from {low:g} to {high:g}, not {value:g}.", undone="No backtest was run."
                )

    @classmethod
    def of(cls, given: Mapping[str, float]) -> Settings:
        """Settings by name. Raises BadArgument: an unknown one, or one out of bounds."""
        known = {each.name: each for each in fields(cls)}
        for name in given:
            if name in ("sharpe_mode", "slope"):
                raise BadArgument(
                    "There is no slope Sharpe ratio here: it weighs the bars in the middle most, and neither punishes"
                    " decay nor rewards improvement.",
                    undone="No backtest was run.",
                    advice="The Sharpe ratio is mean over standard deviation; regimes and walk-forward show decay.",
                )
            if name not in known:
                raise BadArgument(
                    f'There is no setting "{name}".', undone="No backtest was run.", advice=did_you_mean(name, known)
                )
        typed: dict[str, float | int | bool] = dict(given)
        for name in ("lag", "fixed"):
            if name in given:
                if given[name] != round(given[name]):
                    raise BadArgument(f"{name} must be a whole number, not {given[name]:g}.")
                typed[name] = bool(given[name]) if name == "fixed" else int(given[name])
        return cls(**typed)  # type: ignore[arg-type]

    @property
    def cost(self) -> float:
        """Fee and slippage per unit traded."""
        return self.fee + self.slippage


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tape:
    """What the market does to a unit held, on the bars that can be traded.

    Attributes:
        bars: the grid that it was made of; at: the grid's number of each bar here, shape (n,).
        net: return from this close to the next, shape (n,); carry: funding that a long pays in it, per unit.
        sizes: the size that a position has here (0 while the volatility is unknown); vol: annual volatility known.
        moves: sum of the price moves across gaps and missing bars, which no strategy gets.
    """

    bars: Bars
    settings: Settings
    at: Ints
    net: Floats
    carry: float
    sizes: Floats
    vol: Floats
    moves: float

    def __len__(self) -> int:
        return len(self.at)

    @property
    def per_year(self) -> float:
        return self.bars.per_year

    @property
    def years(self) -> float:
        return len(self) / self.per_year

    @property
    def time_ms(self) -> Ints:
        """When each bar closes: a position of bar i is held from then on."""
        return self.bars.time_ms[self.at] + self.bars.bar_ms

    def part(self, first: int, last: int) -> Tape:
        """The bars first <= i < last of this tape, as views."""
        part = slice(first, last)
        return replace(self, at=self.at[part], net=self.net[part], sizes=self.sizes[part], vol=self.vol[part])

    def since(self, ms: int) -> int:
        """The first bar of this tape that closes at `ms` or later."""
        return int(np.searchsorted(self.time_ms, ms))

    def slots(self, bars: Ints) -> Ints:
        """For bars of the grid, the first bar of this tape at or after each."""
        n = len(self)
        whole = n and self.at[-1] - self.at[0] + 1 == n
        found: Ints = np.clip(bars - self.at[0], 0, n) if whole else np.searchsorted(self.at, bars)
        return found

    def place(self, trades: Trades) -> Trades:
        """Trades of the grid as trades of this tape, `lag` bars later; a trade begun before it is on at bar 0."""
        return self.place_all([trades])[0]

    def place_all(self, every: Sequence[Trades]) -> list[Trades]:
        """`place` for the trades of many cells."""
        lag = self.settings.lag
        begin = self.slots(np.concatenate([trades[0] for trades in every]) + lag)
        stop = self.slots(np.concatenate([trades[1] for trades in every]) + lag)
        side = np.concatenate([trades[2] for trades in every])
        cell = np.repeat(np.arange(len(every)), [len(trades[0]) for trades in every])
        if not (kept := begin < stop).all():
            begin, stop, side, cell = begin[kept], stop[kept], side[kept], cell[kept]
        # Left and entered again while there was no price: nothing happened.
        parted = (begin[1:] != stop[:-1]) | (side[1:] != side[:-1]) | (cell[1:] != cell[:-1])
        if not parted.all():
            first, last = np.concatenate(([True], parted)), np.concatenate((parted, [True]))
            begin, stop, side, cell = begin[first], stop[last], side[first], cell[first]
        edges = np.searchsorted(cell, np.arange(len(every) + 1)).tolist()
        return [(begin[a:b], stop[a:b], side[a:b]) for a, b in pairwise(edges)]


def tape_of(bars: Bars, settings: Settings) -> Tape:
    """Prepares bars of a whole history, warm-up included; `since` and `part` take the range out of it."""
    per_year = bars.per_year
    window = bars.bars_in(settings.vol_days)
    if settings.target_vol > 0:
        per_bar = kernels.volatility(kernels.log_returns(bars.close), window, int(np.ceil(ENOUGH * window)))
        vol = per_bar * np.sqrt(per_year)
        sizes = kernels.target_sizes(vol, settings.target_vol, settings.vol_floor, settings.cap)
    else:
        vol, sizes = np.full(len(bars), np.nan), np.full(len(bars), min(1.0, settings.cap))
    sizes, vol = kernels.shifted(sizes, settings.lag, 0.0), kernels.shifted(vol, settings.lag, np.nan)
    forward = kernels.forward_returns(bars.close)
    at = np.flatnonzero(np.isfinite(forward))
    # A price that comes back after a gap has moved; nobody is credited with it.
    moves = 0.0
    if len(at) < len(bars) - 1:
        known = np.flatnonzero(np.isfinite(bars.close))
        across = np.flatnonzero(np.diff(known) > 1)
        moves = float(np.log(bars.close[known[across + 1]] / bars.close[known[across]]).sum())
    return Tape(
        bars=bars, settings=settings, at=at.astype(np.int64), net=forward[at],
        carry=settings.funding * bars.bar_ms / FUNDING_MS, sizes=kernels.banded(sizes[at], settings.band),
        vol=vol[at], moves=moves,
    )  # fmt: skip


def evaluated(tape: Tape, start_ms: int | None = None, end_ms: int | None = None) -> Tape:
    """The range of a tape: from `start_ms` on and from where sizes are known, until before `end_ms`.

    Raises:
        BadArgument: too little of it is left; says how much is needed.
    """
    last = len(tape) if end_ms is None else tape.since(end_ms)
    first = 0 if start_ms is None else tape.since(start_ms)
    sized = np.flatnonzero(tape.sizes[first:last] > 0)
    warm = first + int(sized[0]) if len(sized) else last
    if last - warm < LEAST_BARS:
        bars, settings = tape.bars, tape.settings
        window = bars.bars_in(settings.vol_days) + 1 + settings.lag if settings.target_vol > 0 else 0
        needed = window + LEAST_BARS + 1
        flat = len(tape) > needed and not (tape.sizes > 0).any()
        why = " The price stands still, so its volatility is unknown." if flat else ""
        raise BadArgument(
            f"Too little history: of {len(bars)} bars of {bars.period} from {minute(int(bars.time_ms[0]))} UTC,"
            f" {max(last - warm, 0)} can be used in this range.{why}",
            undone="No backtest was run.",
            advice=f"At least {needed} bars ({duration(needed * bars.bar_ms)}) are needed: {window} of warm-up and"
            f" {LEAST_BARS} to judge; take an earlier start, or a smaller vol_days.",
        )
    return tape.part(warm, last)
