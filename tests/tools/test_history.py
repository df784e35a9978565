"""Candles over any stretch of time: half-open pages, no bar twice, none lost."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.models import Candle
from blave_mcp.tools.history import fetch_candles, known_interval, unfinished

MINUTE = 60_000
GENESIS = 1_767_225_600_000


class Archive:
    """A venue that has one bar a minute from GENESIS on, and keeps what it was asked."""

    def __init__(self, now_ms: int) -> None:
        self.bars = [Candle(at, D(1), D(1), D(1), D(1)) for at in range(GENESIS, now_ms + 1, MINUTE)]
        self.asked: list[tuple[int | None, int | None, int]] = []

    async def page(self, start_ms: int | None, end_ms: int | None, limit: int) -> tuple[Candle, ...]:
        self.asked.append((start_ms, end_ms, limit))
        inside = [
            bar
            for bar in self.bars
            if (start_ms is None or bar.open_ms >= start_ms) and (end_ms is None or bar.open_ms < end_ms)
        ]
        return tuple(inside[:limit] if start_ms is not None else inside[-limit:])


@given(
    age=st.integers(0, 300),
    start=st.none() | st.integers(-50, 300),
    length=st.integers(1, 300),
    open_ended=st.booleans(),
    most=st.integers(1, 120),
    page_size=st.integers(1, 60),
    odd=st.integers(0, MINUTE - 1),
)
async def test_the_newest_bars_of_any_range_come_whole_in_half_open_pages(
    *, age: int, start: int | None, length: int, open_ended: bool, most: int, page_size: int, odd: int
):
    now = GENESIS + age * MINUTE + odd
    archive = Archive(now)
    start_ms = None if start is None else GENESIS + start * MINUTE + odd
    end_ms = None if open_ended else GENESIS + ((start or 0) + length) * MINUTE + odd
    if start_ms is not None and start_ms > now:
        return
    found, older = await fetch_candles(
        archive.page, "1m", start_ms=start_ms, end_ms=end_ms, most=most, page_size=page_size, now_ms=now
    )
    inside = [
        bar
        for bar in archive.bars
        if (start_ms is None or bar.open_ms >= start_ms) and (end_ms is None or bar.open_ms < end_ms)
    ]
    if end_ms is None or end_ms <= now:
        assert list(found) == inside[-most:]
    assert len(archive.asked) == 1 or all(
        first[1] == second[0] for first, second in zip(archive.asked, archive.asked[1:], strict=False)
    )
    assert all(limit <= max(page_size, most) for _, _, limit in archive.asked)
    if start_ms is not None and start_ms >= GENESIS and (end_ms is None or end_ms <= now):
        assert older == len(inside) - len(found)


async def test_a_page_never_holds_more_bars_than_the_venue_gives():
    archive = Archive(GENESIS + 100 * MINUTE)
    await fetch_candles(
        archive.page, "1m", start_ms=GENESIS, end_ms=None, most=500, page_size=30, now_ms=GENESIS + 100 * MINUTE
    )
    assert len(archive.asked) == 4
    for start, end, limit in archive.asked:
        assert start is not None
        assert end is not None
        assert (end - start) // MINUTE <= limit == 30


def test_a_minute_may_be_spelt_either_way_and_a_month_is_no_minute():
    assert known_interval("15min", ("1m", "15m", "1h"), "Binance") == "15m"
    assert known_interval("5m", ("5min", "1h"), "Blave") == "5min"
    assert known_interval("1M", ("1m", "1M"), "Binance") == "1M"
    with pytest.raises(BadArgument) as refused:
        known_interval("1M", ("1m", "1h"), "Binance spot")
    assert refused.value.what == 'Binance spot has no interval "1M".'
    assert refused.value.advice == "It has: 1m, 1h."


def test_only_a_bar_that_can_still_change_is_unfinished():
    bar = Candle(GENESIS, D(1), D(1), D(1), D(1))
    assert unfinished([bar], "1m", GENESIS + MINUTE - 1)
    assert not unfinished([bar], "1m", GENESIS + MINUTE)
    assert not unfinished([], "1m", GENESIS)
