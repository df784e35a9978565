"""Real hourly bars, where the folder with them lies beside the project or MARKET_DATA names it."""

import csv
import gzip
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from blave_mcp.tools.backtest.bars import Bars, Rows, Stamps, regular
from tests.conftest import ROOT

FILE = Path(os.environ.get("MARKET_DATA", ROOT.parent / "shared" / "data")) / "BTCUSDT-perp-1h.csv.gz"
WINDOW = 720


def real_bars() -> Bars:
    """BTCUSDT hours from 2019-09 to 2023-06, with the standardised taker imbalance as "alpha"; skips without them."""
    if not FILE.exists():
        pytest.skip("the real bars are not here: ../shared/data, or the folder that MARKET_DATA names")
    return _read()


@cache
def _read() -> Bars:
    with gzip.open(FILE, "rt") as file:
        rows = list(csv.DictReader(file))
    time_ms = np.array([int(row["time"]) for row in rows]) * 1000
    prices = np.array([[float(row[name]) for name in ("open", "high", "low", "close")] for row in rows])
    volume = np.array([float(row["volume"]) for row in rows])
    bought = np.array([float(row["taker_buy_volume"]) for row in rows])
    with np.errstate(invalid="ignore", divide="ignore"):
        share = bought / volume - 0.5
    alpha = np.full(len(share), np.nan)
    # A few hours had no volume: what is known of a window standardises its last value.
    for i in range(WINDOW - 1, len(share)):
        window = share[i - WINDOW + 1 : i + 1]
        known = window[np.isfinite(window)]
        alpha[i] = (share[i] - known.mean()) / known.std(ddof=1)
    return regular(
        Rows(time_ms, prices), symbol="BTCUSDT", period="1h", source="real bars",
        alphas={"alpha": Stamps(time_ms, alpha)},
    )  # fmt: skip
