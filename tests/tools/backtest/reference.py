"""The engine written anew to be read: one bar at a time, nothing clever, nothing shared with what it checks."""

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from blave_mcp.tools.backtest.bars import Bars
from blave_mcp.tools.backtest.tape import Settings

YEAR_MS = 365 * 24 * 3600 * 1000


def frame_of(bars: Bars) -> pd.DataFrame:
    table = {"open": bars.open, "high": bars.high, "low": bars.low, "close": bars.close, **bars.alphas}
    return pd.DataFrame(table, index=pd.to_datetime(bars.time_ms, unit="ms", utc=True))


def threshold(frame: pd.DataFrame, entry: float, leave: float, max_age: int) -> list[int]:
    wanted, held, age = [], 0, math.inf
    for value in frame["alpha"]:
        if math.isnan(value):
            age += 1
            if age > max_age:
                held = 0
        else:
            age = 0
            if value > entry:
                held = 1
            elif value < leave:
                held = 0
        wanted.append(held)
    return wanted


def threshold_both(frame: pd.DataFrame, entry: float, leave: float, max_age: int) -> list[int]:
    wanted, held, age = [], 0, math.inf
    for value in frame["alpha"]:
        if math.isnan(value):
            age += 1
            if age > max_age:
                held = 0
        else:
            age = 0
            if value > entry:
                held = 1
            elif value < -entry or (held == -1 and value <= -leave):
                held = -1
            elif (held == 1 and value < leave) or (held == -1 and value > -leave):
                held = 0
        wanted.append(held)
    return wanted


def kd(frame: pd.DataFrame, k_period: int, k_smooth: int, d_smooth: int, tie: float = 1e-9) -> list[int]:
    raw = []
    for i in range(len(frame)):
        window = frame.iloc[max(0, i - k_period + 1) : i + 1]
        low, high = window["low"].min(skipna=False), window["high"].max(skipna=False)
        full = len(window) == k_period and high > low
        raw.append((frame["close"].iloc[i] - low) / (high - low) * 100 if full else math.nan)
    slow = mean(raw, k_smooth)
    signal = mean(slow, d_smooth)
    wanted, held = [0], 0
    for i in range(1, len(frame)):
        now, before = slow[i] - signal[i], slow[i - 1] - signal[i - 1]
        if held == 0 and before <= tie and now > tie:
            held = 1
        elif held == 1 and before >= -tie and now < -tie:
            held = 0
        wanted.append(held)
    return wanted


def mean(values: list[float], window: int) -> list[float]:
    return [
        math.fsum(values[i - window + 1 : i + 1]) / window if i >= window - 1 and ok(values[i - window + 1 : i + 1])
        else math.nan
        for i in range(len(values))
    ]  # fmt: skip


def ok(values: list[float]) -> bool:
    return not any(math.isnan(value) for value in values)


@dataclass
class Outcome:
    returns: list[float] = field(default_factory=list)
    exposure: list[float] = field(default_factory=list)
    equity: list[float] = field(default_factory=list)
    trades: list[float] = field(default_factory=list)
    open_trade: bool = False

    @property
    def total(self) -> float:
        return self.equity[-1] - 1

    def sharpe(self, per_year: float) -> float:
        returns = pd.Series(self.returns)
        return returns.mean() / returns.std(ddof=1) * math.sqrt(per_year)

    @property
    def max_drawdown(self) -> float:
        peak, worst = 1.0, 0.0
        for worth in self.equity:
            peak = max(peak, worth)
            worst = min(worst, worth / peak - 1)
        return worst


def target_sizes(frame: pd.DataFrame, bar_ms: int, settings: Settings) -> list[float]:
    """What the volatility known at each bar's close says."""
    if settings.target_vol == 0:
        return [min(1.0, settings.cap)] * len(frame)
    per_year = YEAR_MS / bar_ms
    window = max(2, round(settings.vol_days * 86_400_000 / bar_ms))
    moves = np.log(frame["close"] / frame["close"].shift(1)).to_numpy()
    sizes = []
    for i in range(len(frame)):
        seen = moves[i - window + 1 : i + 1] if i >= window else np.array([])
        known = seen[~np.isnan(seen)]
        if len(known) < max(2, math.ceil(0.9 * window)) or not known.any():
            sizes.append(0.0)
            continue
        vol = math.sqrt(math.fsum((known - known.mean()) ** 2) / (len(known) - 1)) * math.sqrt(per_year)
        sizes.append(min(settings.target_vol / max(vol, settings.vol_floor), settings.cap))
    return sizes


def run(bars: Bars, wanted: list[int], settings: Settings) -> Outcome:
    """Walks from the first bar with a size on to the last that has a next one."""
    frame = frame_of(bars)
    close = frame["close"].to_list()
    targets = target_sizes(frame, bars.bar_ms, settings)
    out = Outcome()
    size_kept, size, side, held, worth = 0.0, 0.0, 0, 0.0, 1.0
    trade: float | None = None
    begun = ruined = False
    cost = settings.fee + settings.slippage
    carry = settings.funding * bars.bar_ms / (8 * 3600 * 1000)
    for i in range(len(close) - 1):
        if math.isnan(close[i]) or math.isnan(close[i + 1]):
            continue
        target = targets[i - settings.lag] if i >= settings.lag else 0.0
        if target < size_kept * (1 - settings.band) or target > size_kept * (1 + settings.band):
            size_kept = target
        begun = begun or size_kept > 0
        if not begun:
            continue
        new_side = wanted[i - settings.lag] if i >= settings.lag else 0
        if ruined:
            new_side = 0
        if new_side != side or not settings.fixed:
            size = size_kept
        exposure = new_side * size
        paid = 0.0 if ruined else cost * abs(exposure - held)
        change = exposure * (close[i + 1] / close[i] - 1 - carry) - paid
        if new_side != side and trade is not None:
            out.trades.append(trade * (1 - cost * abs(held)) - 1)
            trade = None
        if new_side != 0:
            own = cost * abs(exposure - (held if new_side == side else 0.0))
            grown = 1 + exposure * (close[i + 1] / close[i] - 1 - carry) - own
            trade = (1.0 if trade is None else trade) * max(grown, 0.0)
        if change <= -1:
            change, ruined = -1.0, True
        worth *= 1 + change
        side, held = new_side, exposure
        out.returns.append(change)
        out.exposure.append(exposure)
        out.equity.append(worth)
    if trade is not None:
        out.trades.append(trade - 1)
        out.open_trade = True
    return out
