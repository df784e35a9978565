"""A limit that every process of this machine keeps together: what was spent stands in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from blave_mcp.exchanges.catalogue import Bucket
from blave_mcp.exchanges.clock import Clock
from blave_mcp.exchanges.errors import LimitExceeded, RateLimited
from blave_mcp.exchanges.limits import Pacer, tell_waiting
from blave_mcp.server.store import open_database

MARGIN_MS = 1_000
"""A venue counts when a request arrives, a little after it was spent here."""
STEP_S = 5.0
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS spent (name TEXT NOT NULL, at_ms INTEGER NOT NULL, weight INTEGER NOT NULL) STRICT",
    "CREATE INDEX IF NOT EXISTS spent_by_time ON spent (name, at_ms)",
    "CREATE TABLE IF NOT EXISTS silent (name TEXT PRIMARY KEY, until_ms INTEGER NOT NULL) STRICT",
)


class SharedPacer(Pacer):
    """A `Pacer` whose sliding windows lie on disk, counted in wall time.

    Args:
        owner: whose limit it is: processes with the same owner share it.
        patience: the longest wait in seconds; a longer one is told at once as RateLimited.
    """

    def __init__(self, path: Path, owner: str, clock: Clock, *, patience: float = 30.0) -> None:
        super().__init__(clock, patience=patience)
        self._path = path
        self._owner = owner
        self._opened: sqlite3.Connection | None = None

    @property
    def _db(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = open_database(self._path)
            self._opened.execute("PRAGMA journal_mode=WAL")
            self._opened.execute("PRAGMA synchronous=OFF")  # after a power cut nothing was spent lately
            for statement in _SCHEMA:
                self._opened.execute(statement)
        return self._opened

    async def take(self, venue: str, name: str, bucket: Bucket, weight: int) -> None:
        """See `Pacer.take`. A wait is told to whoever called, as progress."""
        if weight > bucket.amount:
            raise LimitExceeded(
                f"One request of weight {weight} is more than {venue} allows in {bucket.seconds:.0f} s."
            )
        started = self._clock.monotonic()
        while (wait := self._spend(self._key(venue, name), bucket, weight)) > 0:
            waited = self._clock.monotonic() - started
            if waited + wait > self._patience:
                raise RateLimited(
                    f"{venue} allows {bucket.amount} requests per {bucket.seconds:.0f} s, and this machine has used "
                    "them up.",
                    seconds=wait,
                )
            await tell_waiting(waited, waited + wait, f"{venue}'s limit is used up; {wait:.0f} s to wait")
            await self._clock.sleep(min(wait, STEP_S))

    def _key(self, venue: str, name: str) -> str:
        return f"{venue} {name} {self._owner}"

    def _spend(self, key: str, bucket: Bucket, weight: int) -> float:
        """Spends if it fits; returns the seconds until it does, 0 where it was spent."""
        now = self._clock.now_ms()
        length = int(bucket.seconds * 1000) + MARGIN_MS
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        try:
            # What lies in the future was spent before the clock was set back.
            db.execute(
                "DELETE FROM spent WHERE name = ? AND (at_ms <= ? OR at_ms > ?)", (key, now - length, now + length)
            )
            wait = self._wait_ms(key, bucket, weight, now, length)
            if wait <= 0:
                db.execute("INSERT INTO spent VALUES (?, ?, ?)", (key, now, weight))
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        return max(0, wait) / 1000

    def _wait_ms(self, key: str, bucket: Bucket, weight: int, now: int, length: int) -> int:
        row = self._db.execute("SELECT until_ms FROM silent WHERE name = ?", (key,)).fetchone()
        silent = min(int(row[0]) - now, 2 * length) if row else 0
        rows = self._db.execute("SELECT at_ms, weight FROM spent WHERE name = ? ORDER BY at_ms", (key,)).fetchall()
        over = sum(spent for _, spent in rows) + weight - bucket.amount
        if over <= 0:
            return silent
        freed = 0
        for at_ms, spent in rows:
            freed += spent
            if freed >= over:
                return max(silent, int(at_ms) + length - now, 1)
        return max(silent, length)

    def observe(self, venue: str, buckets: Mapping[str, Bucket], used: Mapping[str, int]) -> None:
        """See `Pacer.observe`. What is shared here is no venue's that tells how much is used."""

    def close(self, venue: str, name: str, bucket: Bucket, seconds: float) -> None:
        """Keeps every process silent for as long as the venue asked."""
        until = self._clock.now_ms() + int(seconds * 1000)
        self._db.execute(
            "INSERT INTO silent VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET"
            " until_ms = max(until_ms, excluded.until_ms)",
            (self._key(venue, name), until),
        )

    def put_away(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None
