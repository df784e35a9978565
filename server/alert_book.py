"""SQLite: TradingView alerts as they came, and how far each channel has been read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from blave_mcp.exchanges.blave.stream import AlertEvent, order_of
from blave_mcp.server.store import open_database
from blave_mcp.tools.blave.alerts import Alert

KEPT = 5_000
UNNUMBERED = 1_000_000_000
"""Where the counters begin that are given here, to alerts that came without an id."""
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS cursors (source TEXT NOT NULL, channel TEXT NOT NULL, since_id TEXT NOT NULL,"
    " last_id TEXT NOT NULL, PRIMARY KEY (source, channel)) STRICT",
    "CREATE TABLE IF NOT EXISTS alerts (n INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL,"
    " channel TEXT NOT NULL, id TEXT NOT NULL, ms INTEGER NOT NULL, count INTEGER NOT NULL,"
    " received_ms INTEGER NOT NULL, fields TEXT NOT NULL, UNIQUE (source, channel, id)) STRICT",
)


class AlertBook:
    """A file that several processes may share.

    `synchronous=FULL`: what `add` has returned from is on disk.

    Args:
        source: where the alerts come from; those of another source are not seen.
    """

    def __init__(self, path: Path, source: str) -> None:
        self._source = source
        self._db = open_database(path)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        for statement in _SCHEMA:
            self._db.execute(statement)

    def cursor(self, channel: str) -> tuple[str, str] | None:
        """From which id on nothing is missed, and the last one that was read; None before the first connection."""
        row = self._db.execute(
            "SELECT since_id, last_id FROM cursors WHERE source = ? AND channel = ?", (self._source, channel)
        ).fetchone()
        return None if row is None else (row[0], row[1])

    def begin(self, channel: str, id: str) -> None:
        """Writes down where a channel's first connection started."""
        self._db.execute("INSERT OR IGNORE INTO cursors VALUES (?, ?, ?, ?)", (self._source, channel, id, id))

    def add(self, channel: str, events: Iterable[AlertEvent], received_ms: int) -> int:
        """Writes alerts and the last id down together; returns how many were not there yet."""
        db, added = self._db, 0
        db.execute("BEGIN IMMEDIATE")
        try:
            for event in events:
                id = event.id or f"{received_ms}-{UNNUMBERED + self._highest()}"
                ms, count = order_of(id)
                fields = json.dumps(dict(event.fields), ensure_ascii=False)
                added += db.execute(
                    "INSERT OR IGNORE INTO alerts (source, channel, id, ms, count, received_ms, fields)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (self._source, channel, id, ms, count, received_ms, fields),
                ).rowcount
                known = self.cursor(channel)
                if event.id and (known is None or order_of(known[1]) < (ms, count)):
                    db.execute(
                        "INSERT INTO cursors VALUES (?, ?, ?, ?) ON CONFLICT (source, channel) DO UPDATE SET"
                        " last_id = excluded.last_id",
                        (self._source, channel, id, id),
                    )
            db.execute(
                "DELETE FROM alerts WHERE source = ? AND channel = ? AND n <= (SELECT n FROM alerts WHERE source = ?"
                " AND channel = ? ORDER BY n DESC LIMIT 1 OFFSET ?)",
                (self._source, channel, self._source, channel, KEPT),
            )
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        return added

    def _highest(self) -> int:
        return int(self._db.execute("SELECT coalesce(max(n), 0) FROM alerts").fetchone()[0])

    def newest(self, channel: str) -> int:
        """A number that grows with each alert of a channel; 0 without any."""
        row = self._db.execute(
            "SELECT coalesce(max(n), 0) FROM alerts WHERE source = ? AND channel = ?", (self._source, channel)
        ).fetchone()
        return int(row[0])

    def after(self, channel: str, id: str, limit: int) -> list[Alert]:
        """The first alerts written down after an id, oldest first; the newest ones where the id is ""."""
        what = "SELECT id, received_ms, fields FROM alerts WHERE source = ? AND channel = ?"
        mine = (self._source, channel)
        if not id:
            rows = self._db.execute(f"{what} ORDER BY n DESC LIMIT ?", (*mine, limit)).fetchall()[::-1]
        else:
            known = self._db.execute(
                "SELECT n FROM alerts WHERE source = ? AND channel = ? AND id = ?", (*mine, id)
            ).fetchone()
            if known:
                rows = self._db.execute(f"{what} AND n > ? ORDER BY n LIMIT ?", (*mine, known[0], limit)).fetchall()
            else:
                ms, count = order_of(id)
                later = f"{what} AND (ms > ? OR (ms = ? AND count > ?)) ORDER BY n LIMIT ?"
                rows = self._db.execute(later, (*mine, ms, ms, count, limit)).fetchall()
        return [Alert(id, received_ms, json.loads(fields)) for id, received_ms, fields in rows]

    def close(self) -> None:
        self._db.close()
