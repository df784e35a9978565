"""Blave's limit, kept together by every process of the machine."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from blave_mcp.exchanges.catalogue import Bucket
from blave_mcp.exchanges.errors import RateLimited
from blave_mcp.exchanges.limits import WAITING
from blave_mcp.server.pacing import MARGIN_MS, SharedPacer
from tests.fakes import FakeClock

BUCKET = Bucket(100, 300)
PATIENCE_S = 60

CHILD = """
import asyncio, json, os, sys, time
from pathlib import Path
from blave_mcp.exchanges.catalogue import Bucket
from blave_mcp.server.pacing import SharedPacer

folder, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

class Clock:
    # The parent holds the time in a file and moves it on when every child sleeps.
    def now_ms(self):
        return int((folder / "now").read_text() or 0)
    def monotonic(self):
        return self.now_ms() / 1000
    async def sleep(self, seconds):
        until = self.now_ms() + int(seconds * 1000)
        tell({"until": until})
        while self.now_ms() < until:
            time.sleep(0.002)
        tell({})

def tell(state):
    (folder / f"{name}.new").write_text(json.dumps(state))
    os.replace(folder / f"{name}.new", folder / f"{name}.state")

async def main():
    clock = Clock()
    pacer = SharedPacer(folder / "limits.sqlite3", "key", clock, patience=10_000)
    for _ in range(count):
        await pacer.take("blave", "requests", Bucket(100, 300), 1)
        with open(folder / "sent", "a") as face:
            face.write(f"{clock.now_ms()} {name}\\n")
    tell({"until": None})

asyncio.run(main())
"""


def test_three_processes_never_send_more_than_a_hundred_in_five_minutes(tmp_path: Path):
    names, each = ("a", "b", "c"), 110
    now = 1_767_225_600_000
    (tmp_path / "now").write_text(str(now))
    children = [
        subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path), name, str(each)], stderr=subprocess.PIPE)
        for name in names
    ]
    try:
        deadline = time.monotonic() + PATIENCE_S
        while any(child.poll() is None for child in children):
            assert time.monotonic() < deadline
            states = [_state(tmp_path / f"{name}.state") for name in names]
            untils = [state.get("until", 0) for state in states]
            asleep = [until for until in untils if until is not None]
            if all(until > now for until in asleep) and asleep:
                now = min(asleep)
                (tmp_path / "next").write_text(str(now))
                (tmp_path / "next").replace(tmp_path / "now")
            time.sleep(0.002)
    finally:
        for child in children:
            child.kill()
    assert [child.wait() for child in children] == [0, 0, 0], [c.stderr.read() for c in children if c.stderr]
    for child in children:
        assert child.stderr is not None
        child.stderr.close()
    sent = [line.split() for line in (tmp_path / "sent").read_text().splitlines()]
    times = sorted(int(at) for at, _ in sent)
    assert len(times) == 330
    assert sorted(name for _, name in sent) == sorted(name for name in names for _ in range(each))
    most = max(sum(1 for at in times if start <= at < start + 300_000) for start in set(times))
    assert most == 100
    assert times[-1] - times[0] < 4 * (300_000 + MARGIN_MS + 5_000), "and none waits longer than it must"


def _state(path: Path) -> dict[str, int | None]:
    try:
        found: dict[str, int | None] = json.loads(path.read_text())
    except FileNotFoundError:
        return {"until": 0}
    return found


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def spend(pacer: SharedPacer, count: int) -> None:
    for _ in range(count):
        await pacer.take("blave", "requests", BUCKET, 1)


async def test_what_one_process_spent_another_does_not_have(clock: FakeClock, tmp_path: Path):
    path = tmp_path / "limits.sqlite3"
    await spend(SharedPacer(path, "key", clock), 100)
    other = SharedPacer(path, "key", clock)
    with pytest.raises(RateLimited, match="100 requests per 300 s") as told:
        await spend(other, 1)
    assert told.value.seconds == 301
    assert "Wait 301 s" in str(told.value)
    assert clock.slept == []
    await spend(SharedPacer(path, "another key", clock), 1)
    clock.advance(301)
    await spend(other, 100)


async def test_a_short_wait_is_waited_and_told_as_progress(clock: FakeClock, tmp_path: Path):
    pacer = SharedPacer(tmp_path / "limits.sqlite3", "key", clock)
    await spend(pacer, 100)
    clock.advance(289)
    heard: list[tuple[float, float, str]] = []

    async def told(done: float, whole: float, why: str) -> None:
        heard.append((done, whole, why))

    WAITING.set(told)
    await spend(pacer, 1)
    WAITING.set(None)
    assert clock.slept == [5, 5, 2]
    assert [(done, whole) for done, whole, _ in heard] == [(0, 12), (5, 12), (10, 12)]
    assert "limit is used up; 12 s to wait" in heard[0][2]


async def test_the_venue_s_own_word_keeps_every_process_silent(clock: FakeClock, tmp_path: Path):
    path = tmp_path / "limits.sqlite3"
    SharedPacer(path, "key", clock).close("blave", "requests", BUCKET, 120)
    with pytest.raises(RateLimited) as told:
        await spend(SharedPacer(path, "key", clock), 1)
    assert told.value.seconds == 120
    clock.advance(120)
    await spend(SharedPacer(path, "key", clock), 1)


async def test_a_clock_that_was_set_back_locks_nobody_out(clock: FakeClock, tmp_path: Path):
    pacer = SharedPacer(tmp_path / "limits.sqlite3", "key", clock)
    await spend(pacer, 100)
    clock.advance(-86_400)
    await spend(pacer, 1)
