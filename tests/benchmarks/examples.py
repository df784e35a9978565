"""Scans, shuffles and grids as people write them with pandas: what the research engine is measured against.

The state machines of the signals are compiled where numba is there, as such scripts usually do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd

Judge = Callable[[Any, Any], float]
TARGET, CAP, WINDOW, PER_YEAR, FEE = 0.3, 2.0, 720, 8760, 0.0005


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    try:
        from numba import njit
    except ImportError:
        return function
    return njit(cache=True)(function)


def _threshold(signal: Any, entry: float, leave: float) -> Any:
    position, held = np.zeros(len(signal)), False
    for i in range(len(signal)):
        if not np.isnan(signal[i]):
            if not held and signal[i] > entry:
                held = True
            elif held and signal[i] < leave:
                held = False
        position[i] = 1.0 if held else 0.0
    return position


def _crosses(k: Any, d: Any) -> Any:
    position, held = np.zeros(len(k)), False
    for i in range(1, len(k)):
        if not np.isnan(k[i] + d[i] + k[i - 1] + d[i - 1]):
            if not held and k[i - 1] <= d[i - 1] and k[i] > d[i]:
                held = True
            elif held and k[i - 1] >= d[i - 1] and k[i] < d[i]:
                held = False
        position[i] = 1.0 if held else 0.0
    return position


threshold_positions, cross_positions = compiled(_threshold), compiled(_crosses)


def forward(close: Any) -> Any:
    out = np.empty(len(close))
    out[:-1] = np.diff(close) / close[:-1]
    out[-1] = 0.0
    return out


def volatility(close: Any) -> Any:
    moves = np.concatenate([[0.0], np.log(close[1:] / close[:-1])])
    return pd.Series(moves).rolling(WINDOW).std().to_numpy() * np.sqrt(PER_YEAR)


def sizes(close: Any) -> Any:
    vol = volatility(close)
    with np.errstate(invalid="ignore"):
        return np.where((vol > 0) & ~np.isnan(vol), np.clip(TARGET / vol, 0, CAP), 0.0)


def strategy_returns(close: Any, position: Any) -> Any:
    """Net returns of each bar, those that are unknown left out."""
    exposure = position * sizes(close)
    returns = exposure * forward(close) - np.abs(np.diff(exposure, prepend=0)) * FEE
    return returns[~np.isnan(returns)]


def sharpe(returns: Any) -> float:
    spread = returns.std(ddof=1)
    return float(returns.mean() / spread * sqrt(PER_YEAR)) if spread > 0 else float("nan")


def threshold_scan(frame: pd.DataFrame, levels: Sequence[float]) -> Any:
    """The Sharpe ratio of every cell with exit <= entry."""
    grid = np.full((len(levels), len(levels)), np.nan)
    for (i, entry), (j, leave) in product(enumerate(levels), repeat=2):
        if leave <= entry:
            close, alpha = frame["close"].to_numpy().astype(np.float64), frame["alpha"].to_numpy().astype(np.float64)
            returns = strategy_returns(close, threshold_positions(alpha, entry, leave))
            if len(returns) and returns.std() > 0:
                grid[i, j] = sharpe(returns)
    return grid


def sharpe_alone(close: Any, position: Any) -> float:
    return sharpe(strategy_returns(close, position))


def sharpe_among_metrics(close: Any, position: Any) -> float:
    return metrics(close, position)["sharpe"]


def metrics(close: Any, position: Any) -> dict[str, float]:
    """What a single backtest reports, its trades one by one."""
    returns = strategy_returns(close, position)
    worth = np.cumprod(1 + returns)
    drawdown = (worth / np.maximum.accumulate(worth) - 1).min()
    turns = np.diff(position.astype(int))
    trades = np.array(
        [
            np.prod(1 + held[~np.isnan(held)]) - 1
            for begun, ended in zip(np.where(turns == 1)[0] + 1, np.where(turns == -1)[0] + 1, strict=False)
            if len(held := returns[begun:ended])
        ]
    )
    won = trades > 0
    return {
        "sharpe": sharpe(returns), "total": worth[-1] - 1, "volatility": returns.std() * sqrt(PER_YEAR),
        "drawdown": drawdown, "trades": len(trades), "won": won.mean() if len(trades) else np.nan,
        "win": trades[won].mean() if won.any() else np.nan, "loss": trades[~won].mean() if (~won).any() else np.nan,
    }  # fmt: skip


def kd_scan(frame: pd.DataFrame, periods: Sequence[int], smooths: Sequence[int], judge: Judge) -> Any:
    """The Sharpe ratio of every cell, found by `judge` from closes and positions."""
    grid = np.full((len(periods), len(smooths)), np.nan)
    for (i, period), (j, smooth) in product(enumerate(periods), enumerate(smooths)):
        low, high = frame["low"].rolling(period).min(), frame["high"].rolling(period).max()
        slow = ((frame["close"] - low) / (high - low) * 100).rolling(smooth).mean()
        line = slow.rolling(3).mean()
        position = cross_positions(slow.to_numpy(), line.to_numpy())
        grid[i, j] = judge(frame["close"].to_numpy().astype(np.float64), position)
    return grid


def shuffle_p(close: Any, position: Any, times: int, seed: int = 0) -> float:
    """The p-value of shuffled returns."""
    exposure, moves = position * sizes(close), forward(close)
    costs = np.abs(np.diff(exposure, prepend=0)) * FEE
    rng = np.random.default_rng(seed)
    observed = sharpe(exposure * moves - costs)
    null = [sharpe(exposure * rng.permutation(moves) - costs) for _ in range(times)]
    return float(np.mean(np.array(null) >= observed))
