"""The five research tools over a desk: what they answer, say and refuse."""

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest

from blave_mcp.exchanges.errors import BadArgument, BlaveError, MissingCredentials
from blave_mcp.server.store import Store
from blave_mcp.tools.backtest.jobs import Stopped, in_thread
from blave_mcp.tools.backtest.signals import STRATEGIES
from blave_mcp.tools.backtest.tape import Settings
from blave_mcp.tools.desk import Desk, Workshop
from blave_mcp.tools.registry import ALL_TOOLS
from blave_mcp.tools.spec import Result
from tests.desks import binance, blave, desk_of, paper_binance, paper_blave
from tests.fakes import FakeCaller, FakeClock
from tests.tools.backtest.markets import HOUR_MS, START_MS, persistent, walk

Run = Callable[..., Awaitable[Result]]
FILE: dict[str, Any] = {"source": "x.csv", "symbol": "X/USDT", "period": "1h"}
SCORE: dict[str, Any] = {**FILE, "strategy": "threshold", "indicator": "score"}
N = 2400


def write(folder: Path, name: str, close: np.ndarray, alpha: np.ndarray, drop: tuple[int, ...] = ()) -> None:
    lines = ["time,open,high,low,close,score,flat"]
    before = close[0]
    for i, (price, value) in enumerate(zip(close.tolist(), alpha.tolist(), strict=True)):
        if i not in drop:
            high, low = max(price, before) * 1.001, min(price, before) * 0.999
            lines.append(f"{(START_MS + i * HOUR_MS) // 1000},{before},{high},{low},{price},{value},0")
        before = price
    (folder / name).write_text("\n".join(lines))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data")
    write(path, "x.csv", walk(N, 1), persistent(N, 2, 0.9))
    write(path, "torn.csv", walk(N, 1), persistent(N, 2, 0.9), tuple(range(1500, 1512)))
    write(path, "short.csv", walk(90, 1), persistent(90, 2))
    write(path, "flat.csv", np.full(N, 5.0), persistent(N, 2))
    return path


@pytest.fixture
def desk(tmp_path: Path, folder: Path) -> Desk:
    clock, store = FakeClock(), Store(tmp_path / "blave.sqlite3")
    made = desk_of(clock, store, binance(paper_binance(clock), clock), blave(paper_blave(clock), clock))
    made.workshop = Workshop(data=folder)
    return made


@pytest.fixture
def ask(desk: Desk) -> Run:
    async def run(name: str, /, **given: Any) -> Result:
        tool = next(tool for tool in ALL_TOOLS if tool.name == name)
        return await tool.run(desk, **tool.check(given), caller=FakeCaller())

    return run


async def test_a_backtest_answers_with_figures_regimes_trades_and_every_bar(ask: Run):
    found = await ask("backtest", **SCORE, params="entry=0.8 exit=-0.2", settings="vol_days=7")
    assert found.data["bars"] == N - 7 * 24 - 1 - 1
    assert found.data["params"] == {"entry": 0.8, "exit": -0.2, "side": 1.0, "max_age": -1.0}
    assert found.data["metrics"]["trades"] > 20
    assert "buy and hold" in found.text
    bars, trades = found.files
    assert bars.text.splitlines()[0] == "time_utc,close,alpha,exposure,return,equity,drawdown,buy_and_hold"
    assert len(bars.text.splitlines()) == found.data["bars"] + 1
    last = bars.text.splitlines()[-1].split(",")
    assert float(last[5]) - 1 == pytest.approx(found.data["metrics"]["total_return"])
    assert len(trades.text.splitlines()) - 1 == found.data["metrics"]["trades"] + found.data["metrics"]["open"]
    assert {r["split"] for r in found.data["regimes"]} >= {"year", "volatility"}


async def test_the_result_says_its_timing_its_costs_and_what_the_data_lacked(ask: Run):
    found = await ask("backtest", **{**SCORE, "source": "torn.csv"}, settings="vol_days=7")
    assert "lag 1: a signal is traded 1 bar after the close that gives it" in found.text
    assert "Whether an indicator's time is its bar's open or close is not documented" in found.text
    assert "fee 0.050 %, slippage 0.000 %; funding 0.0000 % per 8 h" in found.text
    assert "1 gaps, 12 bars missing" in found.text
    assert "No return is computed across them" in found.text
    assert found.data["data"]["missing"] == 12
    no_lag = await ask("backtest", **SCORE, settings="vol_days=7 lag=0")
    assert "which no one can do" in no_lag.text


async def test_what_was_chosen_on_the_same_data_is_labelled_in_sample(ask: Run):
    found = await ask("scan_parameters", **SCORE, settings="vol_days=7")
    assert "IN-SAMPLE: these cells were chosen on the bars that they are judged by." in found.text
    assert found.data["in_sample"] is True
    assert found.data["cells"] == 45
    picture = found.data["heat_map"]
    row, column = picture["peak"]
    assert picture["sharpe"][row][column] == max(v for line in picture["sharpe"] for v in line if v is not None)
    assert found.data["peak"]["params"]["entry"] == picture["rows"][row]
    assert len(found.files[0].text.splitlines()) == 46
    assert "make this an in-sample result" in (await ask("backtest", **SCORE, settings="vol_days=7")).text


@pytest.mark.parametrize("strategy", ["kd", "trend"])
async def test_price_strategies_need_no_indicator(ask: Run, strategy: str):
    grid = "days=1,2,4,7" if strategy == "trend" else "k_period=5,9 k_smooth=2,3"
    found = await ask("scan_parameters", **FILE, strategy=strategy, settings="vol_days=7", grid=grid)
    assert found.data["cells"] == 4
    assert found.data["indicator"] is None


async def test_a_validation_gives_every_test_and_a_verdict_with_reasons(ask: Run):
    found = await ask("validate_strategy", **SCORE, settings="vol_days=7")
    assert found.data["verdict"] in ("supported", "mixed", "not supported")
    words = ("Rotation, out of sample", "Search, in sample", "Sharpe out of sample less in sample", "Deflated Sharpe",
             "overfitting", "Walk-forward")  # fmt: skip
    for word in words:
        assert any(word in reason["text"] for reason in found.data["reasons"]), word
    assert 0 < found.data["rotation"]["p"] <= 1
    assert sum(found.data["rotation"]["counts"]) == found.data["rotation"]["permutations"]
    assert (
        found.data["metrics"]["in_sample"]["bars"] + found.data["metrics"]["out_of_sample"]["bars"]
        == (found.data["bars"])
    )
    assert [file.name for file in found.files] == ["walk_forward.csv", "bars.csv", "trades.csv", "grid_in_sample.csv"]
    again = await ask("validate_strategy", **SCORE, settings="vol_days=7")
    assert again.data == found.data


async def test_in_sample_and_out_of_sample_share_no_bar(ask: Run):
    found = await ask("validate_strategy", **SCORE, settings="vol_days=7", split="2020-11-20", permutations=50)
    rows = found.files[1].text.splitlines()
    assert rows[1].startswith("2020-11-20T00:00")
    assert found.data["split_ms"] == 1_605_830_400_000
    assert "50 rotations out of sample" in found.text
    assert re.search(r"p = 0\.\d{4} \(\+- 0\.\d{4}\)", found.text)


async def test_shuffling_is_an_option_beside_the_rotation(ask: Run):
    found = await ask("validate_strategy", **SCORE, settings="vol_days=7", method="shuffle", grid="entry=0.5,1 exit=0")
    assert "Shuffled returns, as asked: p = " in found.text
    assert "the rotation test is the one to judge by" in found.text


async def test_strategies_are_compared_on_the_same_bars(ask: Run):
    found = await ask(
        "compare_strategies", **FILE, settings="vol_days=7", strategies="kd; threshold score; kd k_period=9 k_smooth=3"
    )
    names = [one["name"] for one in found.data["strategies"]]
    assert names == ["kd (1)", "threshold on score", "kd (3)"]
    bars = [o["out_of_sample"]["trades"] for o in found.data["strategies"]]
    assert all(count > 0 for count in bars)
    for one in found.data["strategies"]:
        assert one["corrected_p"] >= one["rotation"]["p"]
    assert "chosen from,30 cells,45 cells,1 cells" in found.text


async def test_a_universe_is_scanned_and_its_p_values_are_corrected(ask: Run, folder: Path):
    found = await ask(
        "scan_universe", source="blave", symbols="BTC/USDT,ETH/USDT,NOPE_/!", strategy="kd", start="2025-11-01",
        grid="k_period=9,14 k_smooth=3", settings="vol_days=7", permutations=99,
    )  # fmt: skip
    table = found.data["table"]
    rows = {row[0]: dict(zip(table["columns"], row, strict=True)) for row in table["rows"]}
    assert len(rows) == 3
    for symbol in ("BTC/USDT", "ETH/USDT"):
        assert float(rows[symbol]["p_corrected"]) >= float(rows[symbol]["p"])
    assert [one["symbol"] for one in found.data["failed"]] == ["NOPE_/!"]
    assert "PAPER mode" in found.text
    assert "IN-SAMPLE" in found.text


async def test_blave_bars_and_readings_are_fetched_with_their_warm_up(ask: Run):
    found = await ask(
        "backtest", source="blave", symbol="BTC/USDT", strategy="threshold", start="2025-11-01", end="2025-12-01",
        params="entry=0.5 exit=0",
    )  # fmt: skip
    assert found.data["from_ms"] == 1_761_955_200_000
    assert found.data["to_ms"] == 1_764_547_200_000
    assert found.data["bars"] == 30 * 24
    assert found.data["indicator"] == "holder_concentration"
    assert "Blave candles, Holder Concentration by Blave" in found.text


async def test_a_venues_candles_are_read_page_by_page(ask: Run):
    found = await ask(
        "backtest", source="binance", symbol="BTC/USDT", strategy="kd", period="4h", start="2025-10-01",
        end="2025-12-01", settings="vol_days=20",
    )  # fmt: skip
    assert found.data["bars"] == 61 * 6
    assert "Binance perpetual candles" in found.text


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("backtest", {**SCORE, "source": "short.csv"}, "Too little history: of 90 bars.*At least 783 bars"),
        ("backtest", {**SCORE, "source": "flat.csv"}, "The price stands still"),
        ("backtest", {**SCORE, "params": "entri=1"}, "no parameter .entri.*entry"),
        ("backtest", {**SCORE, "params": "entry=one"}, "params: entry is no number"),
        ("backtest", {**SCORE, "params": "entry=nan"}, "params: entry is no number"),
        ("backtest", {**SCORE, "params": "entry=-1 exit=1"}, "no sensible combination"),
        ("backtest", {**SCORE, "settings": "fees=1"}, "no setting .fees"),
        ("backtest", {**SCORE, "settings": "fee=9"}, "fee must be from"),
        ("backtest", {**SCORE, "settings": "sharpe_mode=1"}, "no slope Sharpe"),
        ("backtest", {**SCORE, "indicator": "nothing"}, "has no column nothing.*score"),
        ("backtest", {**SCORE, "source": "absent.csv"}, "no file .absent.csv.*x.csv"),
        ("backtest", {**SCORE, "start": "2030-01-01"}, "in the future|no bar in this range"),
        ("backtest", {**SCORE, "period": "2 moons"}, "is no interval"),
        ("backtest", {**SCORE, "source": "blave"}, "start is required"),
        ("backtest", {**SCORE, "source": "binanse", "start": "2025-01-01"}, "no venue"),
        ("backtest", {**SCORE, "strategy": "hope"}, "strategy cannot be"),
        ("scan_parameters", {**SCORE, "grid": "entry=0:100:1 exit=-100:0:1"}, "10201 combinations.*more than 2000"),
        ("scan_parameters", {**SCORE, "grid": "entry=0:1000:1"}, "entry has 1001 values"),
        ("scan_parameters", {**SCORE, "grid": "entry"}, "no name=values"),
        ("scan_parameters", {**SCORE, "grid": "depth=1,2"}, "no parameter .depth"),
        ("scan_parameters", {**SCORE, "grid": "entry=-1 exit=0,1"}, "None of the 2 combinations makes sense"),
        ("validate_strategy", {**SCORE, "split": "2020-09-14"}, "split leaves"),
        ("validate_strategy", {**SCORE, "indicator": "flat", "grid": "entry=1,2 exit=0"}, "No cell of the grid traded"),
        ("compare_strategies", {**FILE, "strategies": "kd"}, "names 1; 2 to 8"),
        ("compare_strategies", {**FILE, "strategies": "kd; hope"}, "no strategy .hope"),
        ("scan_universe", {**SCORE, "symbols": ",", "symbol": None}, "symbols is empty"),
    ],
)  # fmt: skip
async def test_bad_input_gets_a_clear_answer(ask: Run, name: str, given: dict[str, Any], told: str):
    with pytest.raises(BlaveError, match=told):
        await ask(name, **{key: value for key, value in given.items() if value is not None})


async def test_a_signal_that_never_fires_is_an_answer_in_words(ask: Run):
    one = await ask("backtest", **{**SCORE, "indicator": "flat"}, settings="vol_days=7")
    assert "The signal never fired in this range" in one.text
    assert (one.data["metrics"]["sharpe"], one.data["metrics"]["trades"]) == (None, 0)
    grid = await ask(
        "scan_parameters", **{**SCORE, "indicator": "flat"}, settings="vol_days=7", grid="entry=1,2 exit=0"
    )
    assert "there is nothing to choose" in grid.text
    assert (grid.data["peak"], grid.data["plateau"]) == (None, None)


async def test_no_key_for_blave_is_said(tmp_path: Path):
    clock = FakeClock()
    bare = desk_of(clock, Store(tmp_path / "b.sqlite3"), blave(paper_blave(clock), clock, key=None))
    tool = next(tool for tool in ALL_TOOLS if tool.name == "backtest")
    given = tool.check({"source": "blave", "symbol": "BTC", "strategy": "kd", "start": "2025-01-01"})
    with pytest.raises(MissingCredentials):
        await tool.run(bare, **given, caller=FakeCaller())


@pytest.mark.parametrize("name", ["backtest", "scan_parameters", "validate_strategy"])
async def test_results_are_small_plain_json_and_their_numbers_keep_their_form(ask: Run, name: str):
    found = await ask(name, **SCORE, settings="vol_days=7")
    assert len(found.text) < 6_000
    told = json.dumps(found.data, allow_nan=False)
    assert len(told) < 25_000
    assert not re.search(r"[{}]|\bnan\b|\binf\b|%%|\.\d{8}", found.text), found.text
    assert re.search(r"-?\d+\.\d %", found.text)


def test_what_the_tools_tell_of_parameters_and_settings_is_what_there_is():
    tool = next(tool for tool in ALL_TOOLS if tool.name == "backtest")
    docs = {param.name: param for param in tool.params}
    assert set(docs["strategy"].choices) == set(STRATEGIES)
    for strategy in STRATEGIES.values():
        told = re.search(rf"{strategy.name}: ([\w, ]+)", docs["strategy"].doc)
        assert told
        assert told[1].split(", ") == [knob.name for knob in strategy.knobs]
    defaults = {name: f"{float(getattr(Settings(), name)):g}" for name in Settings.__slots__}
    assert dict(pair.split("=") for pair in re.findall(r"\w+=[\d.]+\b", docs["settings"].doc)[:11]) == defaults


def test_the_tools_are_listed_without_loading_what_computes():
    code = (
        "import sys, blave_mcp.tools.registry; "
        "print([m for m in sys.modules if m in ('numpy', 'numba', 'pandas', 'distributed') or 'backtest.' in m])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "['blave_mcp.tools.backtest.tools']", run.stderr


async def test_work_that_takes_long_tells_its_progress_and_stops_when_nobody_waits():
    caller, stopped = FakeCaller(), threading.Event()

    def work(tick: Callable[[float], None]) -> None:
        try:
            while True:
                tick(0.25)
                time.sleep(0.01)
        except Stopped:
            stopped.set()
            raise

    with anyio.move_on_after(1.3) as scope:
        await in_thread(work, caller, "Scan of 45 cells")
    assert scope.cancelled_caught
    assert caller.heard == ["Scan of 45 cells"]
    assert stopped.wait(5)


async def test_a_failure_in_the_work_comes_out_as_it_is():
    def work(tick: Callable[[float], None]) -> None:
        raise BadArgument("No.")

    with pytest.raises(BadArgument, match="No"):
        await in_thread(work, FakeCaller(), "x")


def test_a_bad_argument_says_what_was_not_done():
    with pytest.raises(BadArgument, match="No backtest was run"):
        Settings.of({"fee": 3})
