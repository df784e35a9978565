"""Dates as people write them, and bars as they close."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.tools.times import EARLIEST_MS, closes_ms, duration, interval_ms, minute, second, stamp, to_ms, to_span

NEW_YEAR = 1_767_225_600_000
HOUR = 3_600_000


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2026-01-01", NEW_YEAR),
        (" 2026-01-01 ", NEW_YEAR),
        ("2026-01-01T00:00", NEW_YEAR),
        ("2026-01-01 00:00:00", NEW_YEAR),
        ("2026-01-01T00:00:00.250Z", NEW_YEAR + 250),
        ("2026-01-01T08:00:00+08:00", NEW_YEAR),
        ("2025-12-31T19:00-05:00", NEW_YEAR),
        ("1767225600000", NEW_YEAR),
    ],
)
def test_every_way_to_write_a_moment_is_read_as_utc(text: str, ms: int):
    assert to_ms(text, "start") == ms


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-13-01", "2026-02-30", "01/02/2026", "2026-1-1", "2026-01-01T25:00", "1e12", "-5", "12"]
)
def test_what_is_no_moment_is_refused_by_name(text: str):
    with pytest.raises(BadArgument) as refused:
        to_ms(text, "start")
    assert refused.value.what.startswith("start ")
    assert "2026-01-31" in refused.value.advice


def test_seconds_are_told_from_milliseconds():
    with pytest.raises(BadArgument, match="seconds") as refused:
        to_ms("1767225600", "end")
    assert refused.value.advice == "Write milliseconds: 1767225600000."


def test_a_span_is_half_open_and_either_end_may_be_left_out():
    assert to_span("2025-12-30", "2025-12-31", NEW_YEAR) == (NEW_YEAR - 48 * HOUR, NEW_YEAR - 24 * HOUR)
    assert to_span("", "", NEW_YEAR) == (None, None)
    assert to_span("2026-01-01", "", NEW_YEAR) == (NEW_YEAR, None)


@pytest.mark.parametrize(
    ("start", "end", "wrong"),
    [
        ("2025-12-31", "2025-12-30", "end (2025-12-30 00:00 UTC) must be after start (2025-12-31 00:00 UTC)."),
        ("2025-12-31", "2025-12-31", "end (2025-12-31 00:00 UTC) must be after start (2025-12-31 00:00 UTC)."),
        ("2026-01-02", "", "start is in the future: 2026-01-02 00:00 UTC."),
        ("", "2026-01-02", "end is in the future: 2026-01-02 00:00 UTC."),
    ],
)
def test_a_span_that_is_reversed_empty_or_in_the_future_is_refused(start: str, end: str, wrong: str):
    with pytest.raises(BadArgument) as refused:
        to_span(start, end, NEW_YEAR)
    assert refused.value.what == wrong
    assert refused.value.advice


def test_both_spellings_of_a_minute_are_the_same_length():
    assert interval_ms("15m") == interval_ms("15min") == 15 * 60_000
    assert [interval_ms(i) for i in ("1s", "4h", "1d", "1w")] == [1000, 4 * HOUR, 24 * HOUR, 168 * HOUR]


@pytest.mark.parametrize("interval", ["", "h", "0m", "1y", "1.5h", "-1h", "1 h", "99999m"])
def test_what_is_no_interval_is_refused(interval: str):
    with pytest.raises(BadArgument, match="is no interval"):
        interval_ms(interval)


@pytest.mark.parametrize(
    ("opens", "interval", "closes"),
    [
        ("2026-01-01", "1M", "2026-02-01"),
        ("2025-12-01", "1M", "2026-01-01"),
        ("2024-02-01", "1M", "2024-03-01"),
        ("2025-11-01", "3M", "2026-02-01"),
        ("2024-02-28", "1d", "2024-02-29"),
        ("2025-12-29", "1w", "2026-01-05"),
    ],
)
def test_a_bar_closes_by_the_calendar(opens: str, interval: str, closes: str):
    assert closes_ms(to_ms(opens, "x"), interval) == to_ms(closes, "x")


@given(st.integers(EARLIEST_MS, 4_102_444_800_000))
def test_a_stamp_is_read_back_as_the_same_moment(ms: int):
    assert to_ms(stamp(ms), "end") == ms
    assert second(ms).startswith(minute(ms))
    assert minute(ms) == datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%d %H:%M")


def test_a_duration_is_told_in_its_two_largest_units():
    assert [duration(ms) for ms in (0, 999, 45_000, 8 * HOUR, 25 * HOUR + 61_000)] == [
        "0 s",
        "0 s",
        "45 s",
        "8 h",
        "1 d 1 h",
    ]
