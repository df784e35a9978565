"""Requests of one key: one at a time, each with a later number, in whichever process they are made."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import anyio
import pytest
from filelock import FileLock

from blave_mcp.exchanges.errors import Unavailable
from blave_mcp.exchanges.turns import MemoryTurns, Turns
from blave_mcp.server.turns import FileTurns
from tests.conftest import ROOT
from tests.server import taking_turns

PROCESSES, EACH = 3, 40


def start(folder: Path) -> subprocess.Popen[bytes]:
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", taking_turns.__name__, str(folder), str(EACH)]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, cwd=folder)


@pytest.mark.slow
def test_the_numbers_of_three_processes_at_once_rise_in_the_order_in_which_they_are_sent(tmp_path: Path):
    running = [start(tmp_path) for _ in range(PROCESSES)]
    assert [one.wait(60) for one in running] == [0] * PROCESSES
    lines = [line.split() for line in (tmp_path / "arrived.txt").read_text().splitlines()]
    assert len(lines) == 2 * PROCESSES * EACH
    sent, answered = lines[::2], lines[1::2]
    assert [pid for pid, _ in sent] == [pid for pid, _ in answered], "none is sent before the last is answered"
    assert {word for _, word in answered} == {"answered"}
    numbers = [int(number) for _, number in sent]
    assert all(one < two for one, two in pairwise(numbers))
    assert {int(pid) for pid, _ in sent} == {one.pid for one in running}, "they have met"


def files(folder: Path, kind: str) -> list[Path]:
    return sorted(folder.glob(f"*.{kind}"))


@pytest.fixture(params=["memory", "file"])
def turns(request: pytest.FixtureRequest, tmp_path: Path) -> Turns:
    return MemoryTurns() if request.param == "memory" else FileTurns(tmp_path)


async def test_a_clock_that_stands_or_goes_back_gives_later_times_all_the_same(turns: Turns):
    given = []
    for now in (100, 100, 90, 200, 150):
        async with turns.turn("key", now) as at:
            given.append(at)
    assert given == [100, 101, 102, 200, 201]


async def test_accounts_do_not_wait_for_each_other(turns: Turns):
    async with turns.turn("one", 5) as first, turns.turn("two", 5) as second:
        assert (first, second) == (5, 5)


async def test_a_turn_begins_when_the_last_has_ended(turns: Turns):
    told: list[str] = []

    async def one(name: str) -> None:
        async with turns.turn("key", 1):
            told.append(f"{name} begins")
            await anyio.sleep(0.01)
            told.append(f"{name} ends")

    async with anyio.create_task_group() as tasks:
        for name in "abc":
            tasks.start_soon(one, name)
    assert [line.split()[1] for line in told] == ["begins", "ends"] * 3
    assert [line.split()[0] for line in told[::2]] == [line.split()[0] for line in told[1::2]]


async def test_a_turn_that_fails_is_a_turn_that_ended(turns: Turns):
    with pytest.raises(ValueError, match="broken"):
        async with turns.turn("key", 1):
            raise ValueError("broken")
    async with turns.turn("key", 1) as at:
        assert at == 2


async def test_what_another_process_holds_too_long_is_told_and_nothing_is_sent(tmp_path: Path):
    turns = FileTurns(tmp_path, patience=0.05)
    async with turns.turn("key", 1):
        pass
    (held,) = files(tmp_path, "lock")
    with FileLock(held), pytest.raises(Unavailable, match=r"Another process is using the same key.*Nothing was sent"):
        async with turns.turn("key", 1):
            raise AssertionError("it was not its turn")
    async with turns.turn("key", 1) as at:
        assert at == 2


async def test_no_file_holds_the_key_and_a_broken_one_does_no_harm(tmp_path: Path):
    turns = FileTurns(tmp_path)
    async with turns.turn("a-secret-looking-key", 7):
        pass
    (last,) = files(tmp_path, "last")
    assert last.read_text() == "7"
    assert last.stat().st_mode & 0o077 == 0
    assert not any("secret" in file.name for file in (*files(tmp_path, "lock"), *files(tmp_path, "last")))
    last.write_text("no number")
    async with turns.turn("a-secret-looking-key", 9) as at:
        assert at == 9
