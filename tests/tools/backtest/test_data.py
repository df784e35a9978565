"""Bars and series come onto one grid, and what was wrong with them is told."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.tools.backtest.bars import Bars, Rows, Stamps, regular, rows_of
from blave_mcp.tools.backtest.data import Wanted, file_in, load_file
from tests.tools.backtest.markets import HOUR_MS, START_MS, walk

NOW = START_MS + 10_000 * HOUR_MS


def bars(times: list[int], closes: list[float], alpha: list[tuple[float, float]] | None = None, **more) -> Bars:
    rows = Rows(START_MS + HOUR_MS * np.array(times), np.array(closes, np.float64))
    stamps = {}
    if alpha is not None:
        at = np.array([int(START_MS + HOUR_MS * t) for t, _ in alpha], np.int64)
        stamps["alpha"] = Stamps(at, np.array([v for _, v in alpha]))
    return regular(rows, symbol="X", period="1h", source="test", alphas=stamps, **more)


def test_duplicates_are_judged_by_time_and_the_last_is_kept():
    found = bars([0, 1, 1, 2, 3], [10, 11, 12, 12, 12])
    assert list(found.close) == [10, 12, 12, 12]
    assert found.report.duplicates == 1


def test_values_that_repeat_are_no_duplicates():
    n = 2000
    alpha = np.round(walk(n, 1) / 1e3, 2)
    found = bars(list(range(n)), list(walk(n)), list(zip(range(n), alpha, strict=True)))
    assert found.report.series["alpha"].known == n
    assert found.report.series["alpha"].duplicates == 0


def test_order_does_not_matter():
    shuffled = bars([3, 0, 2, 1], [13, 10, 12, 11])
    assert list(shuffled.close) == [10, 11, 12, 13]


def test_gaps_are_found_and_reported():
    found = bars([0, 1, 5, 6, 8], [10, 11, 12, 13, 14])
    assert len(found) == 9
    assert [(at - START_MS) // HOUR_MS for at, _ in found.report.gaps] == [2, 7]
    assert (found.report.missing, [n for _, n in found.report.gaps]) == (4, [3, 1])
    assert "2 gaps, 4 bars missing: 2020-09-13 14:00 (3 h)" in " ".join(found.report.lines(HOUR_MS))


def test_an_unfinished_last_bar_is_dropped():
    found = bars([0, 1, 2], [10, 11, 12], now_ms=START_MS + 2 * HOUR_MS + 60_000)
    assert (len(found), found.report.unfinished) == (2, True)
    assert "had not closed" in " ".join(found.report.lines(HOUR_MS))


@pytest.mark.parametrize("price", [float("nan"), float("inf"), 0.0, -3.0])
def test_a_price_that_cannot_be_is_missing(price: float):
    found = bars([0, 1, 2, 3], [10, price, 12, 13])
    assert (found.report.unusable, found.report.missing) == (1, 1)
    assert np.isnan(found.close[1])


def test_a_high_under_the_low_is_no_bar():
    rows = rows_of([START_MS, START_MS + HOUR_MS], [(10, 11, 9, 10), (10, 9, 11, 10)])
    assert len(regular(rows, symbol="X", period="1h", source="test")) == 1


def test_rows_off_the_grid_are_left_out_and_counted():
    times = np.concatenate((START_MS + HOUR_MS * np.arange(50), [START_MS + HOUR_MS // 3]))
    found = regular(Rows(times, np.full(51, 5.0)), symbol="X", period="1h", source="test")
    assert (len(found), found.report.off_grid) == (50, 1)


def test_readings_go_to_the_bar_within_which_their_time_lies():
    found = bars([0, 1, 2, 3], [10, 11, 12, 13], [(0.5, 1.0), (1.2, 2.0), (1.9, 3.0), (3, np.nan), (-2, 9.0), (9, 9.0)])
    np.testing.assert_array_equal(found.alphas["alpha"], [1.0, 3.0, np.nan, np.nan])
    one = found.report.series["alpha"]
    assert (one.duplicates, one.unusable, one.known) == (1, 1, 2)
    assert one.longest_ms == 2 * HOUR_MS


@pytest.mark.parametrize("period", ["4h", "1min"])
def test_a_period_that_the_times_contradict_is_refused(period: str):
    rows = Rows(START_MS + HOUR_MS * np.arange(500), np.full(500, 5.0))
    with pytest.raises(BadArgument, match=f"500 rows do not look like bars of {period}"):
        regular(rows, symbol="X", period=period, source="test")


def test_no_usable_bar_is_said():
    with pytest.raises(BadArgument, match="no usable bar of X 1h"):
        bars([], [])
    with pytest.raises(BadArgument, match=r"2 rows had no price"):
        bars([0, 1], [np.nan, 0.0])


def test_a_single_bar_is_a_grid():
    found = bars([4], [10.0], [(4, 1.0)])
    assert (len(found), found.report.gaps) == (1, ())


# Files.

CSV = "time,open,high,low,close,Score\n" + "".join(
    f"{(START_MS + i * HOUR_MS) // 1000},{10 + i % 3},{14},{9},{11},{'' if i == 5 else i / 10}\n" for i in range(80)
)


def wanted(source: str, **more) -> Wanted:
    given = {"symbol": "X", "period": "1h", "start": "", "end": "", "market": "perpetual", "indicator": "score"}
    return Wanted(source=source, **{**given, **more})


@pytest.mark.parametrize("name", ["mine.csv", "deep/mine.csv.gz"])
def test_a_file_of_the_data_folder_is_read(tmp_path: Path, name: str):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(CSV.encode()) if name.endswith("gz") else CSV.encode())
    found = load_file(tmp_path, wanted(name), NOW)
    assert (len(found.bars), found.words) == (80, f"file {name}, column score")
    assert found.bars.alphas["alpha"][20] == 2.0
    assert np.isnan(found.bars.alphas["alpha"][5])


def test_no_other_file_is_read(tmp_path: Path):
    folder = tmp_path / "data"
    folder.mkdir()
    (tmp_path / "secret.csv").write_text(CSV)
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "mine.csv").write_text(CSV)
    for name in ("../secret.csv", str(tmp_path / "secret.csv"), "link.csv", "absent.csv"):
        with pytest.raises(BadArgument, match=r"has no file .*There is: link.csv, mine.csv"):
            file_in(folder, name)
    with pytest.raises(BadArgument, match="BLAVE_MCP_DATA"):
        file_in(None, "mine.csv")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("time,open,high,low\n1,2,3,4\n", "has no column close and no score"),
        (CSV.replace("Score", "other"), "has no column score"),
        (CSV + "1600000000,1,2\n", "line 82: 3 columns instead of 6"),
        (CSV + "yesterday,1,2,1,1,1\n", "line 82: time is no date"),
        (CSV + "1700000000,1,x,1,1,1\n", 'line 82, high: "x" is no number'),
        ("time,open,high,low,close,score\n", "has no row"),
        ("", "has no column time"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(tmp_path: Path, text: str, told: str):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(BadArgument, match=told):
        load_file(tmp_path, wanted("a.csv"), NOW)


def test_a_range_without_data_says_which_there_is(tmp_path: Path):
    (tmp_path / "a.csv").write_text(CSV)
    with pytest.raises(BadArgument, match=r"no bar in this range.*It holds 2020-09-13 12:00 to"):
        load_file(tmp_path, wanted("a.csv", start="2020-10-20"), NOW)
    found = load_file(tmp_path, wanted("a.csv", start="2020-09-14", end="2020-09-15"), NOW)
    assert len(found.bars) == 24


def test_a_file_is_read_anew_where_it_or_the_column_has_changed(tmp_path: Path):
    def last(indicator: str) -> float:
        return float(load_file(tmp_path, wanted("a.csv", indicator=indicator), NOW).bars.alphas["alpha"][-1])

    (tmp_path / "a.csv").write_text(CSV)
    assert [last("score"), last("close"), last("score")] == [7.9, 11.0, 7.9]
    (tmp_path / "a.csv").write_text(CSV.replace(",7.9\n", ",6.5\n"))
    assert last("score") == 6.5


def test_text_that_is_no_text_is_no_csv(tmp_path: Path):
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(BadArgument, match="is no CSV text"):
        load_file(tmp_path, wanted("a.csv"), NOW)
