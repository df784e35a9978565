"""SQLite: the books of the paper exchange."""

from __future__ import annotations

import contextlib
import copy
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from blave_mcp.server.store import open_database


class PaperBooks:
    """Paper accounts in a SQLite file of their own, by venue; see `BookStore`.

    `synchronous=NORMAL`: a crash of the process loses nothing, a power cut at most the last simulated moments.
    """

    def __init__(self, path: Path, name: str = "account") -> None:
        self.path = path
        self._name = name
        self._db = open_database(path)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("CREATE TABLE IF NOT EXISTS books (name TEXT PRIMARY KEY, content TEXT NOT NULL) STRICT")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS book_rows (name TEXT NOT NULL, log TEXT NOT NULL, number INTEGER NOT NULL,"
            " content TEXT NOT NULL, PRIMARY KEY (name, log, number)) STRICT, WITHOUT ROWID"
        )

    def of(self, name: str) -> PaperBooks:
        """Another row of the same file, over the same connection."""
        other = copy.copy(self)
        other._name = name
        return other

    @contextlib.contextmanager
    def session(self) -> Iterator[_BookSession]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield _BookSession(self._db, self._name)
        finally:
            self._db.execute("COMMIT")

    def reset(self) -> None:
        """Forgets every account."""
        with self.session():
            self._db.execute("DELETE FROM books")
            self._db.execute("DELETE FROM book_rows")

    def close(self) -> None:
        self._db.close()


class _BookSession:
    def __init__(self, db: sqlite3.Connection, name: str) -> None:
        self._db = db
        self._name = name

    def load(self) -> str | None:
        row = self._db.execute("SELECT content FROM books WHERE name = ?", (self._name,)).fetchone()
        return None if row is None else str(row[0])

    def rows(self) -> list[tuple[str, str]]:
        found = self._db.execute(
            "SELECT log, content FROM book_rows WHERE name = ? ORDER BY log, number", (self._name,)
        )
        return [(str(log), str(content)) for log, content in found]

    def save(
        self,
        text: str,
        rows: Sequence[tuple[str, str]] = (),
        *,
        keep: Mapping[str, int] | None = None,
        anew: bool = False,
    ) -> None:
        # Both or neither: text and rows are one account.
        self._db.execute("SAVEPOINT saving")
        try:
            self._write(text, rows, keep or {}, anew=anew)
        except BaseException:
            if self._db.in_transaction:  # SQLite itself ends one where the disk is full
                self._db.execute("ROLLBACK TO saving")
            raise
        self._db.execute("RELEASE saving")

    def _write(self, text: str, rows: Sequence[tuple[str, str]], keep: Mapping[str, int], *, anew: bool) -> None:
        if anew:
            self._db.execute("DELETE FROM book_rows WHERE name = ?", (self._name,))
        for log, content in rows:
            self._db.execute(
                "INSERT INTO book_rows VALUES (?1, ?2, (SELECT coalesce(max(number), 0) + 1 FROM book_rows"
                " WHERE name = ?1 AND log = ?2), ?3)",
                (self._name, log, content),
            )
        for log in {log for log, _ in rows} & keep.keys():
            self._db.execute(
                "DELETE FROM book_rows WHERE name = ?1 AND log = ?2 AND number <= (SELECT max(number) FROM book_rows"
                " WHERE name = ?1 AND log = ?2) - ?3",
                (self._name, log, keep[log]),
            )
        self._db.execute(
            "INSERT INTO books VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET content = excluded.content",
            (self._name, text),
        )
