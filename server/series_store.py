"""SQLite: finished bars and readings, so that a stretch of history is fetched once."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from blave_mcp.server.store import open_database
from blave_mcp.tools.series import Row, Window, merged

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS series (id INTEGER PRIMARY KEY, source TEXT NOT NULL, key TEXT NOT NULL,"
    " UNIQUE (source, key)) STRICT",
    "CREATE TABLE IF NOT EXISTS windows (series INTEGER NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL,"
    " fetched_ms INTEGER NOT NULL, PRIMARY KEY (series, start_ms)) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS rows (series INTEGER NOT NULL, time_ms INTEGER NOT NULL, text TEXT NOT NULL,"
    " PRIMARY KEY (series, time_ms)) STRICT, WITHOUT ROWID",
)


class SqliteSeries:
    """A `SeriesStore` in a file that several processes may share; the file is made when it is first needed.

    `synchronous=NORMAL`: a power cut loses at most what would be fetched again.

    Args:
        source: where the data come from; what is kept under another source is not seen.
    """

    def __init__(self, path: Path, source: str) -> None:
        self._path = path
        self._source = source
        self._lock = Lock()
        self._opened: sqlite3.Connection | None = None

    @property
    def _db(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = open_database(self._path)
            self._opened.execute("PRAGMA journal_mode=WAL")
            self._opened.execute("PRAGMA synchronous=NORMAL")
            for statement in _SCHEMA:
                self._opened.execute(statement)
        return self._opened

    def windows(self, key: str) -> list[Window]:
        with self._lock:
            return self._windows(self._id(key))

    def rows(self, key: str, start_ms: int, end_ms: int) -> list[Row]:
        with self._lock:
            found = self._db.execute(
                "SELECT time_ms, text FROM rows WHERE series = ? AND time_ms >= ? AND time_ms < ? ORDER BY time_ms",
                (self._id(key), start_ms, end_ms),
            )
            return found.fetchall()

    def put(self, key: str, window: Window, rows: Sequence[Row]) -> None:
        with self._lock:
            db = self._db
            db.execute("BEGIN IMMEDIATE")
            try:
                db.execute("INSERT OR IGNORE INTO series (source, key) VALUES (?, ?)", (self._source, key))
                id = self._id(key)
                kept = merged(self._windows(id), window)
                db.execute("DELETE FROM windows WHERE series = ?", (id,))
                db.executemany(
                    "INSERT INTO windows VALUES (?, ?, ?, ?)", [(id, w.start_ms, w.end_ms, w.fetched_ms) for w in kept]
                )
                db.execute(
                    "DELETE FROM rows WHERE series = ? AND time_ms >= ? AND time_ms < ?",
                    (id, window.start_ms, window.end_ms),
                )
                db.executemany("INSERT INTO rows VALUES (?, ?, ?)", [(id, time, text) for time, text in rows])
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def _id(self, key: str) -> int | None:
        found = self._db.execute("SELECT id FROM series WHERE source = ? AND key = ?", (self._source, key)).fetchone()
        return None if found is None else int(found[0])

    def _windows(self, id: int | None) -> list[Window]:
        found = self._db.execute(
            "SELECT start_ms, end_ms, fetched_ms FROM windows WHERE series = ? ORDER BY start_ms", (id,)
        )
        return [Window(*row) for row in found]

    def close(self) -> None:
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None
