"""Made-up markets and signals."""

import numpy as np

from blave_mcp.tools.backtest.bars import Bars, Rows, Stamps, regular

START_MS = 1_600_000_000_000 // 3_600_000 * 3_600_000
HOUR_MS = 3_600_000


def walk(n: int, seed: int = 0, *, vol: float = 0.006, drift: float = 0.0, kind: str = "constant") -> np.ndarray:
    """Closes with constant volatility, with clusters of it ("clustered"), or with trends ("trending")."""
    rng = np.random.default_rng(seed)
    shocks = rng.standard_normal(n)
    if kind == "clustered":
        logs, level = np.empty(n), 0.0
        for i, step in enumerate(rng.standard_normal(n) * 0.1):
            level = 0.98 * level + step
            logs[i] = level
        shocks *= np.exp(logs)
    if kind == "trending":
        level, slow = 0.0, np.empty(n)
        for i, step in enumerate(rng.standard_normal(n) * 0.05):
            level = 0.97 * level + step
            slow[i] = level
        shocks += slow
    return 100 * np.exp(np.cumsum(shocks * vol + drift))


def persistent(n: int, seed: int = 1, memory: float = 0.97) -> np.ndarray:
    """A standardised indicator that remembers."""
    rng = np.random.default_rng(seed)
    out, level, scale = np.empty(n), 0.0, np.sqrt(1 - memory**2)
    for i, step in enumerate(rng.standard_normal(n) * scale):
        level = memory * level + step
        out[i] = level
    return out


def bars_of(
    close: np.ndarray, alpha: np.ndarray | None = None, *, period: str = "1h", drop: tuple[int, ...] = (), seed: int = 2
) -> Bars:
    """Bars around closes, the bars in `drop` missing."""
    rng = np.random.default_rng(seed)
    n = len(close)
    width = 1 + np.abs(rng.standard_normal((2, n))) * 0.002
    before = np.concatenate((close[:1], close[:-1]))
    high, low = np.maximum(close, before) * width[0], np.minimum(close, before) / width[1]
    step = {"1h": HOUR_MS, "4h": 4 * HOUR_MS, "1d": 24 * HOUR_MS, "15m": HOUR_MS // 4}[period]
    times = START_MS + step * np.arange(n)
    prices = np.stack([before, high, low, close], axis=1)
    kept = np.setdiff1d(np.arange(n), drop)
    alphas = {} if alpha is None else {"alpha": Stamps(times, alpha)}
    return regular(Rows(times[kept], prices[kept]), symbol="X", period=period, source="test", alphas=alphas)


def made(n: int, seed: int) -> Bars:
    """Bars with an indicator, made wherever this is called."""
    return bars_of(walk(n, seed), persistent(n, seed + 500, 0.9))
