"""A process that sends signed requests of one key, as fast as its turns come. Run by test_turns.py."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import anyio

from blave_mcp.exchanges.clock import SystemClock
from blave_mcp.server.turns import FileTurns

STOPPED_MS = 1_700_000_000_000
"""A clock that stands still for every process: only what the others did can make the numbers rise."""


async def main(folder: Path, count: int) -> None:
    turns = FileTurns(folder / "turns")
    log = os.open(folder / "arrived.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for n in range(count):
        now = STOPPED_MS if n % 2 else STOPPED_MS - 5
        async with turns.turn("one-key", now) as given:
            os.write(log, f"{os.getpid()} {given}\n".encode())
            await anyio.sleep(0.001)
            os.write(log, f"{os.getpid()} answered\n".encode())
    os.close(log)
    assert SystemClock().now_ms() > STOPPED_MS


if __name__ == "__main__":
    anyio.run(main, Path(sys.argv[1]), int(sys.argv[2]))
