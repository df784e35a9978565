"""Pacing: no more traffic than a venue allows, keyed by what the venue meters."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field

from blave_mcp.exchanges.catalogue import Bucket
from blave_mcp.exchanges.clock import Clock
from blave_mcp.exchanges.errors import LimitExceeded, RateLimited

Key = tuple[str, str]
Told = Callable[[float, float, str], Awaitable[None]]

WAITING: ContextVar[Told | None] = ContextVar("waiting", default=None)
"""Who is told of a wait while one request of a client is served: seconds waited, seconds in all, and why."""


async def tell_waiting(waited: float, whole: float, why: str) -> None:
    """Tells whoever waits, where anybody does."""
    if (told := WAITING.get()) is not None:
        await told(waited, whole, why)


@dataclass(slots=True)
class _Window:
    """What was spent in the last `bucket.seconds`, and a time before which the venue wants silence."""

    bucket: Bucket
    spent: deque[tuple[float, int]] = field(default_factory=deque)
    total: int = 0
    closed_until: float = 0.0

    def _forget(self, now: float) -> None:
        while self.spent and self.spent[0][0] <= now - self.bucket.seconds:
            self.total -= self.spent.popleft()[1]

    def wait(self, weight: int, now: float) -> float:
        """Seconds until `weight` fits; 0 where it fits now."""
        self._forget(now)
        silent = max(0.0, self.closed_until - now)
        over = self.total + weight - self.bucket.amount
        if over <= 0:
            return silent
        freed = 0
        for at, amount in self.spent:
            freed += amount
            if freed >= over:
                return max(silent, at + self.bucket.seconds - now)
        return max(silent, self.bucket.seconds)

    def spend(self, weight: int, now: float) -> None:
        self.spent.append((now, weight))
        self.total += weight


class Pacer:
    """Spends from sliding windows and waits where one is full.

    A sliding window never lets more than `amount` through in any stretch of `seconds`, which the venues' own
    fixed windows cannot tell from less. The venue's usage headers correct it when another program spends too.

    Args:
        patience: the longest wait in seconds; where more is wanted, RateLimited says how much.
    """

    def __init__(self, clock: Clock, *, patience: float = 10.0) -> None:
        self._clock = clock
        self._patience = patience
        self._windows: dict[Key, _Window] = {}

    def _window(self, key: Key, bucket: Bucket) -> _Window:
        return self._windows.setdefault(key, _Window(bucket))

    async def take(self, venue: str, name: str, bucket: Bucket, weight: int) -> None:
        """Waits until `weight` may be spent, and spends it.

        Raises:
            RateLimited: the wait would be longer than the pacer's patience; nothing was spent.
            LimitExceeded: the weight alone is more than the bucket holds.
        """
        if weight > bucket.amount:
            raise LimitExceeded(
                f"One request of weight {weight} is more than {venue} allows in {bucket.seconds:.0f} s."
            )
        window = self._window((venue, name), bucket)
        deadline = self._clock.monotonic() + self._patience
        while (wait := window.wait(weight, self._clock.monotonic())) > 0:
            if self._clock.monotonic() + wait > deadline:
                raise RateLimited(
                    f"{venue} allows {bucket.amount} per {bucket.seconds:.0f} s ({name}), and they are used up.",
                    seconds=wait,
                )
            await self._clock.sleep(wait)
        window.spend(weight, self._clock.monotonic())

    def observe(self, venue: str, buckets: Mapping[str, Bucket], used: Mapping[str, int]) -> None:
        """Takes the venue's own count into account where it is higher than ours."""
        now = self._clock.monotonic()
        for name, count in used.items():
            if name in buckets:
                window = self._window((venue, name), buckets[name])
                window.wait(0, now)
                if count > window.total:
                    window.spend(count - window.total, now)

    def close(self, venue: str, name: str, bucket: Bucket, seconds: float) -> None:
        """Keeps silent for as long as the venue asked."""
        window = self._window((venue, name), bucket)
        window.closed_until = max(window.closed_until, self._clock.monotonic() + seconds)
