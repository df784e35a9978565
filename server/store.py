"""SQLite: the record of actions.

In the record each write is one transaction with `synchronous=FULL`: what a method has done is on disk when it returns.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from blave_mcp.exchanges.actions import Action, ActionState, Origin, StepRecord, StepState
from blave_mcp.server.settings import BadSetting

_SCHEMA = """
CREATE TABLE IF NOT EXISTS actions (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL, venue TEXT NOT NULL, market TEXT NOT NULL,
    state TEXT NOT NULL,
    mode TEXT NOT NULL, account TEXT NOT NULL, principal TEXT NOT NULL,
    summary TEXT NOT NULL, facts TEXT NOT NULL, guards TEXT NOT NULL,
    created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,
    approved_ms INTEGER, finished_ms INTEGER,
    channel TEXT NOT NULL DEFAULT '', client TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',
    token_hash TEXT NOT NULL, seal TEXT NOT NULL,
    owner TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS actions_by_time ON actions (created_ms DESC);
CREATE INDEX IF NOT EXISTS actions_by_state ON actions (state);
CREATE TABLE IF NOT EXISTS steps (
    action TEXT NOT NULL REFERENCES actions (id), n INTEGER NOT NULL,
    label TEXT NOT NULL, call TEXT NOT NULL, state TEXT NOT NULL,
    sent_ms INTEGER, report TEXT NOT NULL, facts TEXT NOT NULL,
    PRIMARY KEY (action, n)
) STRICT;
"""

_COLUMNS = (
    "id, title, venue, market, state, mode, account, principal, summary, facts, guards, created_ms, expires_ms,"
    " approved_ms, finished_ms, channel, client, reason, token_hash, seal"
)
_OPEN = (ActionState.APPROVED, ActionState.SENT, ActionState.UNKNOWN)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def principal() -> str:
    """Who is connected over stdio: the machine's own user."""
    try:
        return f"local:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"local:{os.getuid()}"


def private(path: str | os.PathLike[str], flags: int) -> int:
    """An opener for files that only their owner may read."""
    return os.open(path, flags, 0o600)


def open_database(path: Path) -> sqlite3.Connection:
    """Opens a database that only its owner may read; SQLite gives its journals the same mode.

    Raises:
        BadSetting: the folder cannot be written, or the file is no database.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(private(path, os.O_RDWR | os.O_CREAT))
        with contextlib.suppress(OSError):
            path.chmod(0o600)
        database = sqlite3.connect(path, isolation_level=None, timeout=30.0, check_same_thread=False)
        database.execute("PRAGMA schema_version")
    except (OSError, sqlite3.Error) as error:
        raise BadSetting(
            f"{path} cannot be opened: {getattr(error, 'strerror', None) or error}.",
            "BLAVE_MCP_HOME names the folder; it must be on a disk that can be written.",
        ) from None
    return database


class Store:
    """One SQLite file, safe for several processes.

    A process that has the store open holds a lock on a file of its own beside it; a process that died has let go of
    it, however it died. So another can tell whose open actions have been orphaned.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = open_database(path)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("PRAGMA foreign_keys=ON")
        with self.transaction():
            for statement in _SCHEMA.split(";\n"):
                if statement.strip():
                    self._db.execute(statement)
        self._owner: _Owner | None = None

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One immediate transaction: exclusive among writers from its first line."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # SQLite itself ends one where the disk is full
                self._db.execute("ROLLBACK")
            raise

    @property
    def owner(self) -> _Owner:
        """This process's mark, taken when it first matters."""
        if self._owner is None:
            self._owner = _Owner(self.path.parent / "locks")
        return self._owner

    def close(self) -> None:
        if self._owner is not None:
            self._owner.release()
            self._owner = None
        self._db.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Owner:
    """A lock file that lives as long as its process."""

    def __init__(self, folder: Path) -> None:
        from filelock import FileLock

        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self.name = secrets.token_hex(8)
        self._lock = FileLock(folder / f"{self.name}.lock", mode=0o600)
        self._lock.acquire(timeout=0)

    def release(self) -> None:
        self._lock.release(force=True)
        with contextlib.suppress(OSError):
            (self._folder / f"{self.name}.lock").unlink()

    def is_dead(self, name: str) -> bool:
        """Whether no living process holds that mark."""
        from filelock import FileLock, Timeout

        if name == self.name:
            return False
        path = self._folder / f"{name}.lock"
        if not path.exists():
            return True
        lock = FileLock(path, mode=0o600)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        lock.release(force=True)
        with contextlib.suppress(OSError):
            path.unlink()
        return True


class SqliteLedger:
    """The record of actions; see `Ledger` for what each method promises.

    Args:
        answerable: whether the venue that an action was sent to can be asked about it from here; orphans of another
            mode or account are left to a process that can.
    """

    def __init__(
        self, store: Store, *, answerable: Callable[[str, Origin], bool] = lambda _venue, _origin: True
    ) -> None:
        self._store = store
        self._answerable = answerable

    def add(self, action: Action) -> None:
        with self._store.transaction() as db:
            db.execute(
                f"INSERT INTO actions ({_COLUMNS}, owner) VALUES ({', '.join('?' * 21)})",  # noqa: S608 - constants
                (
                    action.id,
                    action.title,
                    action.venue,
                    action.market,
                    action.state,
                    action.origin.mode,
                    action.origin.account,
                    action.origin.principal,
                    action.summary,
                    _dump(action.facts),
                    _dump(action.guards),
                    action.created_ms,
                    action.expires_ms,
                    action.approved_ms,
                    action.finished_ms,
                    action.channel,
                    action.client,
                    action.reason,
                    action.token_hash,
                    action.seal,
                    self._store.owner.name,
                ),
            )
            for n, step in enumerate(action.steps):
                self._put_step(db, action.id, n, step)

    @staticmethod
    def _put_step(db: sqlite3.Connection, id: str, n: int, step: StepRecord) -> None:
        db.execute(
            "INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (action, n) DO UPDATE SET"
            " state = excluded.state, sent_ms = excluded.sent_ms, report = excluded.report, facts = excluded.facts",
            (id, n, step.label, _dump(step.call), step.state, step.sent_ms, step.report, _dump(step.facts)),
        )

    def get(self, id: str) -> Action | None:
        rows = self._select("WHERE id = ?", (id,))
        return rows[0] if rows else None

    def recent(self, *, limit: int, states: Sequence[ActionState] = ()) -> list[Action]:
        where = f"WHERE state IN ({', '.join('?' * len(states))})" if states else ""
        return self._select(f"{where} ORDER BY created_ms DESC, rowid DESC LIMIT ?", (*states, limit))

    def _select(self, tail: str, values: Sequence[Any]) -> list[Action]:
        db = self._store._db
        rows = db.execute(f"SELECT {_COLUMNS} FROM actions {tail}", values).fetchall()  # noqa: S608 - constants
        return [self._action(db, row) for row in rows]

    @staticmethod
    def _action(db: sqlite3.Connection, row: Sequence[Any]) -> Action:
        steps = db.execute(
            "SELECT label, call, state, sent_ms, report, facts FROM steps WHERE action = ? ORDER BY n", (row[0],)
        ).fetchall()
        return Action(
            id=row[0],
            title=row[1],
            venue=row[2],
            market=row[3],
            state=ActionState(row[4]),
            origin=Origin(mode=row[5], account=row[6], principal=row[7]),
            summary=row[8],
            facts=json.loads(row[9]),
            guards=json.loads(row[10]),
            created_ms=row[11],
            expires_ms=row[12],
            approved_ms=row[13],
            finished_ms=row[14],
            channel=row[15],
            client=row[16],
            reason=row[17],
            token_hash=row[18],
            seal=row[19],
            steps=[
                StepRecord(
                    label=label,
                    call=json.loads(call),
                    state=StepState(state),
                    sent_ms=sent_ms,
                    report=report,
                    facts=json.loads(facts),
                )
                for label, call, state, sent_ms, report, facts in steps
            ],
        )

    def move(
        self, id: str, source: ActionState, target: ActionState, *, reason: str = "", at_ms: int | None = None
    ) -> bool:
        finished = at_ms if target.final else None
        with self._store.transaction() as db:
            changed = db.execute(
                "UPDATE actions SET state = ?, reason = ?, finished_ms = coalesce(?, finished_ms)"
                " WHERE id = ? AND state = ?",
                (target, reason, finished, id, source),
            ).rowcount
        return changed == 1

    def claim(self, id: str, *, now_ms: int, channel: str, client: str) -> bool:
        with self._store.transaction() as db:
            changed = db.execute(
                "UPDATE actions SET state = ?, approved_ms = ?, channel = ?, client = ?, owner = ?"
                " WHERE id = ? AND state = ? AND expires_ms > ?",
                (
                    ActionState.APPROVED,
                    now_ms,
                    channel,
                    client,
                    self._store.owner.name,
                    id,
                    ActionState.PENDING,
                    now_ms,
                ),
            ).rowcount
        return changed == 1

    def step(self, id: str, n: int, record: StepRecord) -> None:
        with self._store.transaction() as db:
            if record.state is StepState.SENDING:
                db.execute(
                    "UPDATE actions SET state = ? WHERE id = ? AND state = ?",
                    (ActionState.SENT, id, ActionState.APPROVED),
                )
            self._put_step(db, id, n, record)

    def orphans(self) -> list[Action]:
        marks = ", ".join("?" * len(_OPEN))
        any_open = f"SELECT 1 FROM actions WHERE state IN ({marks}) LIMIT 1"  # noqa: S608 - marks
        if self._store._db.execute(any_open, _OPEN).fetchone() is None:
            return []
        mine = self._store.owner
        with self._store.transaction() as db:
            found = db.execute(
                f"SELECT id, owner, venue, mode, account, principal FROM actions WHERE state IN ({marks})",  # noqa: S608
                _OPEN,
            ).fetchall()
            dead = {owner for owner in {row[1] for row in found} if mine.is_dead(owner)}
            ids = [
                id
                for id, owner, venue, mode, account, who in found
                if owner in dead and self._answerable(venue, Origin(mode=mode, account=account, principal=who))
            ]
            db.executemany("UPDATE actions SET owner = ? WHERE id = ?", [(mine.name, id) for id in ids])
        return [action for action in map(self.get, ids) if action is not None]

    def mine(self, state: ActionState) -> list[Action]:
        if self._store._owner is None:
            return []  # a process that has no mark yet has proposed and confirmed nothing
        return self._select("WHERE state = ? AND owner = ? ORDER BY created_ms DESC", (state, self._store.owner.name))


class HaltFile:
    """The operator's brake: a file in the server's folder, so that it holds for every process and needs no server."""

    def __init__(self, home: Path) -> None:
        self._path = home / "HALTED"

    def reason(self) -> str:
        try:
            return self._path.read_text("utf-8", errors="replace").strip() or "no reason given"
        except FileNotFoundError:
            return ""
        except OSError as error:
            return f"{self._path.name} is there and cannot be read ({type(error).__name__})"

    def halt(self, reason: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(self._path, "w", encoding="utf-8", opener=private) as file:
            file.write(reason + "\n")

    def resume(self) -> None:
        self._path.unlink(missing_ok=True)
