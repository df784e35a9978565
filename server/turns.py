"""Turns that several processes on this machine take together: one signed request of a key after another."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from blave_mcp.exchanges.errors import Unavailable
from blave_mcp.server.store import private

if TYPE_CHECKING:
    from filelock import BaseFileLock

PATIENCE_S = 60.0
PAUSE_S = 0.01


class FileTurns:
    """See `exchanges.turns.Turns`. A lock file for each account, and beside it the last time that was given.

    The operating system lets go of a lock when its process ends, however it ends. Of a key no file holds more than a
    part of its hash.

    Args:
        patience: how long a turn is waited for, in seconds; a request ends by its timeout long before.
    """

    def __init__(self, folder: Path, *, patience: float = PATIENCE_S) -> None:
        self._folder = folder
        self._patience = patience
        self._locks: dict[str, anyio.Lock] = {}

    @asynccontextmanager
    async def turn(self, account: str, now_ms: int) -> AsyncIterator[int]:
        name = hashlib.sha256(b"blave-mcp turn\0" + account.encode()).hexdigest()[:16]
        async with self._locks.setdefault(name, anyio.Lock()):
            lock = self._lock(name)
            await self._acquire(lock)
            try:
                yield self._next(name, now_ms)
            finally:
                lock.release()

    def _lock(self, name: str) -> BaseFileLock:
        from filelock import FileLock

        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return FileLock(self._folder / f"{name}.lock", mode=0o600)

    async def _acquire(self, lock: BaseFileLock) -> None:
        from filelock import Timeout

        with anyio.move_on_after(self._patience):
            while True:
                try:
                    lock.acquire(timeout=0)
                    return
                except Timeout:
                    await anyio.sleep(PAUSE_S)
        raise Unavailable(
            "Another process is using the same key, and its request does not end.", advice="Try again in a minute."
        )

    def _next(self, name: str, now_ms: int) -> int:
        """The time of this turn, on disk before anything is sent with it."""
        path = self._folder / f"{name}.last"
        last = 0
        with contextlib.suppress(OSError, ValueError):
            last = int(path.read_text("ascii"))
        given = max(now_ms, last + 1)
        fresh = path.with_suffix(".new")
        with open(fresh, "w", encoding="ascii", opener=private) as file:
            file.write(str(given))
        os.replace(fresh, path)
        return given
