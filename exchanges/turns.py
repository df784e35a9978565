"""One signed request after another, each with a later time: for venues that count a key's requests by a rising number.

Such a venue refuses a number that is not above the last one that it saw. Two requests under way at once may overtake
each other, so the next waits until the answer to the last is here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import anyio


class Turns(Protocol):
    """Whose turn it is, by account."""

    def turn(self, account: str, now_ms: int) -> AbstractAsyncContextManager[int]:
        """Waits until no other request of the account is under way, and gives a time for this one.

        Args:
            account: the key of the account; it is stored nowhere.

        Returns:
            A context that ends the turn; its value is `now_ms`, or a later time that is after every one given before.

        Raises:
            Unavailable: the turn did not come in good time. Nothing was sent.
        """
        ...


class MemoryTurns:
    """Turns of one process."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._locks: dict[str, anyio.Lock] = {}

    @asynccontextmanager
    async def turn(self, account: str, now_ms: int) -> AsyncIterator[int]:
        async with self._locks.setdefault(account, anyio.Lock()):
            self._last[account] = max(now_ms, self._last.get(account, 0) + 1)
            yield self._last[account]
