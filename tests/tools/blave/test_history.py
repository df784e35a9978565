"""Long histories: fetched in years, stored once finished, and asked again only for what is new."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal as D
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blave_mcp.exchanges.blave.indicators import INDICATORS, Scope
from blave_mcp.exchanges.blave.models import AlphaPoint
from blave_mcp.exchanges.blave.verbs import YEAR, day_ms
from blave_mcp.exchanges.errors import BadArgument, RateLimited
from blave_mcp.server.series_store import SqliteSeries
from blave_mcp.server.store import Store
from blave_mcp.tools.blave.history import alpha, candles, gaps, pieces
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.series import MemorySeries, SeriesStore, Window
from tests.desks import ByHost, blave, desk_of, paper_blave
from tests.fakes import START_MS, FakeCaller, FakeClock, RecordingTransport, query, reply

DAY, HOUR = 86_400_000, 3_600_000
TODAY = date(2026, 1, 1)


@pytest.fixture
def host(clock: FakeClock) -> ByHost:
    clock.ms = START_MS + 10 * HOUR + 60_000
    return paper_blave(clock)


@pytest.fixture
def desk(clock: FakeClock, store: Store, host: ByHost) -> Desk:
    return desk_of(clock, store, blave(host, clock))


def asked(host: ByHost) -> list[tuple[str, str]]:
    found = [query(request) for request in host.requests]
    host.requests.clear()
    return [(each["start_date"], each["end_date"]) for each in found]


async def test_a_range_asked_twice_is_fetched_once(desk: Desk, host: ByHost):
    first = await candles(desk, "BTC/USDT", "1h", date(2025, 12, 1), date(2025, 12, 20))
    assert asked(host) == [("2025-12-01", "2025-12-20")]
    assert (len(first.rows), first.stored, first.unfinished) == (19 * 24, 0, ())
    again = await candles(desk, "btcusdt", "1h", date(2025, 12, 1), date(2025, 12, 20))
    assert asked(host) == []
    assert (again.rows, again.stored) == (first.rows, 19 * 24)


async def test_only_what_is_new_is_fetched(desk: Desk, host: ByHost, clock: FakeClock):
    start = date(2025, 12, 1)
    await candles(desk, "BTC", "1h", start, date(2025, 12, 10))
    fetched = clock.ms
    clock.advance(60)
    host.requests.clear()
    longer = await candles(desk, "BTC", "1h", start, date(2026, 1, 2))
    assert asked(host) == [("2025-12-10", "2026-01-02")]
    assert (longer.stored, longer.fetched_ms) == (9 * 24, fetched)
    assert [c.open_ms for c in longer.rows] == [day_ms(start) + n * HOUR for n in range(31 * 24 + 10)]
    assert [c.open_ms for c in longer.unfinished] == [START_MS + 10 * HOUR]


async def test_the_unfinished_bar_is_never_stored_and_comes_finished_later(desk: Desk, host: ByHost, clock: FakeClock):
    before = await candles(desk, "BTC", "1h", TODAY, date(2026, 1, 2))
    clock.advance(2 * 3600)
    host.requests.clear()
    after = await candles(desk, "BTC", "1h", TODAY, date(2026, 1, 2))
    assert asked(host) == [("2026-01-01", "2026-01-02")]
    assert len(after.rows) == 12
    assert after.rows[:10] == before.rows
    assert after.rows[10].open_ms == before.unfinished[0].open_ms
    assert all(START_MS + time < clock.ms for time in (0, HOUR))
    assert max(time for time, _ in desk.series.rows("candles BTCUSDT 1h", 0, clock.ms)) == START_MS + 11 * HOUR


async def test_a_bar_that_the_venue_has_not_yet_is_asked_for_again(clock: FakeClock, store: Store):
    late = [{"time": START_MS // 1000 + n * 3600, "open": 1, "high": 1, "low": 1, "close": 1} for n in range(3)]
    wire = RecordingTransport({("GET", "/kline"): lambda _: late})
    desk = desk_of(clock, store, blave(wire, clock))
    clock.ms = START_MS + 5 * HOUR
    first = await candles(desk, "BTC", "1h", TODAY, date(2026, 1, 2))
    assert len(first.rows) == 3
    late.append({"time": START_MS // 1000 + 3 * 3600, "open": 2, "high": 2, "low": 2, "close": 2})
    assert len((await candles(desk, "BTC", "1h", TODAY, date(2026, 1, 2))).rows) == 4


async def test_fresh_fetches_all_of_it_again(desk: Desk, host: ByHost, clock: FakeClock):
    await candles(desk, "BTC", "1d", date(2025, 11, 1), date(2025, 12, 1))
    host.requests.clear()
    clock.advance(60)
    again = await candles(desk, "BTC", "1d", date(2025, 11, 1), date(2025, 12, 1), fresh=True)
    assert asked(host) == [("2025-11-01", "2025-12-01")]
    assert (again.stored, again.fetched_ms) == (0, clock.ms)


async def test_years_are_asked_apart_with_progress_and_never_share_a_bar(desk: Desk, host: ByHost):
    caller = FakeCaller()
    found = await candles(desk, "BTC", "1d", date(2022, 1, 1), date(2024, 3, 1), caller=caller)
    spans = asked(host)
    assert spans == [("2022-01-01", "2023-01-01"), ("2023-01-01", "2024-01-01"), ("2024-01-01", "2024-03-01")]
    times = [c.open_ms for c in found.rows]
    assert times == sorted(set(times))
    assert len(times) == (date(2024, 3, 1) - date(2022, 1, 1)).days
    assert len(caller.heard) == 4


async def test_what_was_fetched_before_a_failure_is_kept(clock: FakeClock, store: Store):
    def answer(request: Any) -> Any:
        if query(request)["start_date"] > "2024-06-01":
            return reply({"message": "slow down"}, 429)
        at = day_ms(date.fromisoformat(query(request)["start_date"]))
        return [{"time": (at + n * DAY) // 1000, "open": 1, "high": 1, "low": 1, "close": 1} for n in range(365)]

    wire = RecordingTransport({("GET", "/kline"): answer})
    desk = desk_of(clock, store, blave(wire, clock))
    with pytest.raises(RateLimited, match="100 requests"):
        await candles(desk, "BTC", "1d", date(2023, 8, 1), date(2025, 7, 1))
    assert [w.start_ms for w in desk.series.windows("candles BTCUSDT 1d")] == [day_ms(date(2023, 8, 1))]


@pytest.mark.parametrize("name", INDICATORS)
async def test_every_indicator_has_a_history_on_paper_that_comes_from_the_store_the_second_time(
    name: str, desk: Desk, host: ByHost
):
    symbol = "ETH" if INDICATORS[name].scope is Scope.SYMBOL else ""
    period = "" if INDICATORS[name].fixed_period else "4h"
    first = await alpha(desk, name, symbol, period, date(2025, 12, 1), date(2025, 12, 15))
    host.requests.clear()
    again = await alpha(desk, name, symbol, period, date(2025, 12, 1), date(2025, 12, 15))
    assert host.requests == []
    assert (again.rows, again.stored) == (first.rows, len(first.rows))
    assert len(first.rows) == (14 if INDICATORS[name].fixed_period else 14 * 6)
    assert all(isinstance(point.value, D) for point in first.rows)
    assert (first.statistics is None) == (name in ("market_direction", "top_trader_exposure"))
    if name == "squeeze_momentum":
        assert {point.extra["scolor"] for point in again.rows} <= {"black", "grey"}


async def test_options_are_kept_apart_and_defaults_are_one_with_what_they_stand_for(desk: Desk, host: ByHost):
    span = date(2025, 12, 1), date(2025, 12, 3)
    plain = await alpha(desk, "whale_hunter", "BTC", "1h", *span)
    host.requests.clear()
    named = await alpha(
        desk, "whale_hunter", "BTC", "1h", *span, options={"timeframe": "24h", "score_type": "score_oi"}
    )
    assert (host.requests, named.rows) == ([], plain.rows)
    other = await alpha(desk, "whale_hunter", "BTC", "1h", *span, options={"score_type": "score_volume"})
    assert len(host.requests) == 1
    assert other.rows != plain.rows


async def test_missing_readings_are_kept_as_missing(clock: FakeClock, store: Store):
    data = {"alpha": [1.5, "", None], "timestamp": [START_MS // 1000 + n * 3600 for n in range(3)], "stat": ""}
    desk = desk_of(
        clock, store, blave(RecordingTransport({("GET", "/holder_concentration/get_alpha"): {"data": data}}), clock)
    )
    clock.ms = START_MS + 3 * DAY
    for _ in range(2):
        found = await alpha(desk, "holder_concentration", "BTC", "1h", TODAY, date(2026, 1, 2))
        assert [point.value for point in found.rows] == [D("1.5"), None, None]
        assert found.statistics is None


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        (("nope", "BTC", "1h", TODAY, date(2026, 1, 2)), "no indicator"),
        (("holder_concentratoin", "BTC", "1h", TODAY, date(2026, 1, 2)), "Did you mean holder_concentration"),
        (("holder_concentration", "", "1h", TODAY, date(2026, 1, 2)), "wants a symbol"),
        (("capital_shortage", "ETH", "1h", TODAY, date(2026, 1, 2)), "whole market"),
        (("market_direction", "ETH", "1h", TODAY, date(2026, 1, 2)), "BTC alone"),
        (("squeeze_momentum", "BTC", "1h", TODAY, date(2026, 1, 2)), "period 1d alone"),
        (("holder_concentration", "BTC", "", TODAY, date(2026, 1, 2)), "wants a period"),
        (("holder_concentration", "BTC", "1w", TODAY, date(2026, 1, 2)), "no interval"),
        (("holder_concentration", "BTC", "1h", date(2026, 1, 2), TODAY), "must be after start"),
        (("holder_concentration", "BTC", "1h", date(2027, 1, 1), date(2027, 2, 1)), "in the future"),
        (("holder_concentration", "BTC", "1h", date(1990, 1, 1), TODAY), "At most 20 years"),
        (("holder_concentration", "§$%", "1h", TODAY, date(2026, 1, 2)), "symbol"),
    ],
)
async def test_wrong_arguments_spend_no_request(given: Any, wrong: str, desk: Desk, host: ByHost):
    with pytest.raises(BadArgument, match=wrong):
        await alpha(desk, *given)
    assert host.requests == []


@pytest.mark.parametrize(
    ("indicator", "options"),
    [("holder_concentration", {"timeframe": "24h"}), ("taker_intensity", {"timeframe": "2h"}),
     ("taker_intensity", {"score_type": "score_oi"}), ("whale_hunter", {"score_type": "oi"})],
)  # fmt: skip
async def test_a_wrong_option_spends_no_request(indicator: str, options: dict[str, str], desk: Desk, host: ByHost):
    with pytest.raises(BadArgument):
        await alpha(desk, indicator, "BTC", "1h", TODAY, date(2026, 1, 2), options=options)
    assert host.requests == []


# The store.


@pytest.fixture(params=["memory", "sqlite"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> SeriesStore:
    return MemorySeries() if request.param == "memory" else SqliteSeries(tmp_path / "s.sqlite3", "paper")


def test_a_window_replaces_what_was_in_it_and_joins_its_neighbours(kept: SeriesStore):
    kept.put("k", Window(0, 10, 5), [(1, "a"), (9, "b")])
    kept.put("k", Window(10, 20, 6), [(12, "c")])
    kept.put("k", Window(40, 50, 7), [(44, "d")])
    assert kept.windows("k") == [Window(0, 20, 5), Window(40, 50, 7)]
    kept.put("k", Window(5, 45, 8), [(6, "e")])
    assert kept.rows("k", 0, 100) == [(1, "a"), (6, "e")]
    assert kept.windows("k") == [Window(0, 50, 5)]
    assert kept.rows("k", 1, 6) == [(1, "a")]
    assert (kept.rows("other", 0, 100), kept.windows("other")) == ([], [])


def test_sources_never_see_each_other_and_what_is_kept_outlives_the_process(tmp_path: Path):
    path = tmp_path / "s.sqlite3"
    paper, live = SqliteSeries(path, "paper synthetic"), SqliteSeries(path, "blave")
    paper.put("k", Window(0, 10, 5), [(1, "a")])
    assert (live.rows("k", 0, 10), live.windows("k")) == ([], [])
    live.put("k", Window(0, 10, 5), [(1, "z")])
    paper.close()
    assert SqliteSeries(path, "paper synthetic").rows("k", 0, 10) == [(1, "a")]
    assert path.stat().st_mode & 0o077 == 0


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 800)), max_size=6), st.integers(1, 4000))
@settings(deadline=None, max_examples=150)
def test_pages_cover_every_gap_in_half_open_pieces_of_at_most_a_year(kept: list[tuple[int, int]], days: int):
    windows: list[Window] = []
    at = 0
    for skip, length in kept:
        start = at + skip * HOUR + 1
        windows.append(Window(start, start + length * DAY, 0))
        at = windows[-1].end_ms
    missing = list(gaps(windows, 0, days * DAY))
    asked = list(pieces(iter(missing)))
    assert all(a[0] < a[1] and a[1] - a[0] <= YEAR for a in asked)
    assert all(a[1] <= b[0] for a, b in pairwise(asked))
    for start, end in missing:
        day = start // DAY
        while day * DAY < end:
            wanted = date(1970, 1, 1) + timedelta(days=day)
            assert any(a <= wanted < b for a, b in asked)
            day += 1


async def test_a_reading_survives_the_store_to_the_last_digit(clock: FakeClock, store: Store, tmp_path: Path):
    body = b'{"data": {"alpha": [-1.19319097183068610000], "timestamp": [1767225600.0], "scolor": ["black"]}}'
    assert json.loads(body)
    wire = RecordingTransport({("GET", "/squeeze_momentum/get_alpha"): lambda _: reply_bytes(body)})
    desk = desk_of(clock, store, blave(wire, clock))
    desk.series = SqliteSeries(tmp_path / "s.sqlite3", "x")
    clock.ms = START_MS + 9 * DAY
    for _ in range(2):
        found = await alpha(desk, "squeeze_momentum", "BTC", "", TODAY, date(2026, 1, 2))
        assert found.rows == (AlphaPoint(START_MS, D("-1.19319097183068610000"), {"scolor": "black"}),)
    assert len(wire.requests) == 1


def reply_bytes(body: bytes) -> Any:
    from blave_mcp.exchanges.wire import HttpReply

    return HttpReply(200, {}, body)
