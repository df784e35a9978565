"""Blave's data as the server puts them together: where they come from, what is kept of them, and for how long."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from blave_mcp.server.app import App, build, data_source
from blave_mcp.server.settings import BadSetting, Settings, load
from tests.fakes import START_MS, FakeClock
from tests.tools.conftest import call

OLD_S = 1_640_995_200
"""2022-01-01."""


def settings(home: Path, **more: str) -> Settings:
    names = {"BLAVE_MCP_BLAVE_URL": ("blave", "data")}
    return load({"BLAVE_MCP_HOME": str(home), **more}, url_names=names, env_file=home / "none")


@contextmanager
def running(home: Path, clock: FakeClock, **more: str) -> Iterator[App]:
    app = build(settings(home, **more), clock=clock)
    try:
        yield app
    finally:
        app.alerts.close()
        app.series.close()
        for pacer in app.pacers:
            pacer.put_away()
        if app.transports:
            app.transports[0].close()  # type: ignore[attr-defined]
        app.store.close()


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    """Forty days of hours in 2022."""
    path = tmp_path / "BTCUSDT-perp-1h.csv"
    rows = [f"{OLD_S + n * 3600},{100 + n % 7},{111},{90},{101 + n % 5},{10 + n % 3}" for n in range(40 * 24)]
    path.write_text("\n".join(["time,open,high,low,close,volume", *rows]) + "\n")
    return path


async def test_an_old_file_of_bars_has_candles_and_indicators_without_a_range(tmp_path: Path, feed: Path):
    clock = FakeClock()
    with running(tmp_path / "home", clock, BLAVE_MCP_PAPER_FEED=str(feed)) as app:
        candles = await call(app.desk, "get_klines", venue="blave", symbol="BTC", interval="1h", limit=48)
        rows = candles.data["candles"]["rows"]
        assert len(rows) == 48
        assert rows[-1][0].startswith("2022-0")
        data_ms = app.desk.data_ms()
        assert data_ms < START_MS
        assert 0 <= data_ms - candles.data["candles"]["open_ms"][-1] < 3_600_000
        told = await call(app.desk, "get_alpha", indicator="TI", symbol="BTC")
        assert told.data["count"] > 100
        assert 0 < data_ms - told.data["latest"]["time_ms"] <= 2 * 3_600_000
        sets = app.series.windows("alpha taker_intensity BTCUSDT 1h timeframe=24h")
        assert sets[-1].end_ms <= data_ms, "what the market has not reached is not stored"


async def test_what_was_fetched_outlives_the_process_and_never_reaches_another_source(tmp_path: Path, feed: Path):
    clock, home = FakeClock(), tmp_path / "home"
    given: dict[str, Any] = {"indicator": "HC", "symbol": "BTC", "start": "2025-12-01", "end": "2025-12-20"}
    with running(home, clock) as app:
        first = await call(app.desk, "get_alpha", **given)
        assert (first.data["stored"], first.data["count"]) == (0, 19 * 24)
    with running(home, clock) as app:
        assert (await call(app.desk, "get_alpha", **given)).data["stored"] == 19 * 24
    with running(home, clock, BLAVE_MCP_PAPER_FEED=str(feed)) as app:
        assert app.series.windows("alpha holder_concentration BTCUSDT 1h") == []


def test_each_source_has_a_name_of_its_own(tmp_path: Path, feed: Path):
    home = tmp_path / "home"
    first = data_source(settings(home, BLAVE_MCP_PAPER_FEED=str(feed)))
    os.utime(feed, (1, 1))
    names = [
        first,
        data_source(settings(home, BLAVE_MCP_PAPER_FEED=str(feed))),
        data_source(settings(home, BLAVE_MCP_PAPER_FEED=str(feed.parent))),
        data_source(settings(home)),
        data_source(settings(home, BLAVE_MCP_PAPER_FEED="live")),
        data_source(settings(home, BLAVE_MCP_BLAVE_URL="http://127.0.0.1:1")),
        data_source(settings(home, BLAVE_MCP_MODE="live")),
        data_source(settings(home, BLAVE_MCP_MODE="live", BLAVE_MCP_BLAVE_URL="https://example.org")),
    ]
    assert len(set(names)) == len(names)
    assert data_source(settings(home, BLAVE_MCP_MODE="testnet")) == data_source(settings(home, BLAVE_MCP_MODE="live"))


async def test_two_servers_of_one_home_share_the_limit(tmp_path: Path):
    clock, home = FakeClock(), tmp_path / "home"
    with running(home, clock) as one, running(home, clock) as two:
        for app in (one, two) * 50:
            await call(app.desk, "get_screener")
        assert clock.slept == []
        clock.advance(290)
        await call(two.desk, "get_screener")
        assert sum(clock.slept) == 11


def test_a_channel_that_cannot_be_one_is_told_at_start(tmp_path: Path):
    with pytest.raises(BadSetting, match="ALERT_CHANNELS"):
        build(settings(tmp_path / "home", BLAVE_MCP_ALERT_CHANNELS="good, not good"))


def test_nothing_of_blave_is_written_before_it_is_asked_for(tmp_path: Path):
    with running(tmp_path / "home", FakeClock()) as app:
        assert app.alerts.channels == []
        names = {path.name for path in (tmp_path / "home").iterdir()}
        assert not names & {"series.sqlite3", "alerts.sqlite3", "limits.sqlite3", "paper.sqlite3"}
