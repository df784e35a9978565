"""The record and the paper books, in real SQLite files."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from blave_mcp.exchanges.actions import Action, ActionState, Origin, StepRecord, StepState
from blave_mcp.server.app import build
from blave_mcp.server.paper_books import PaperBooks
from blave_mcp.server.settings import load
from blave_mcp.server.store import HaltFile, SqliteLedger, Store, principal
from tests.fakes import START_MS, FakeClock
from tests.server.peers import PATIENCE, SPOT_ORDER, Peer, environment

HERE = Origin(mode="paper", account="abc", principal="local:me")
LIFE = 300_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "home" / "record.sqlite3") as opened:
        yield opened


@pytest.fixture
def ledger(store: Store) -> SqliteLedger:
    return SqliteLedger(store)


def action(id: str = "a", *, origin: Origin = HERE, created_ms: int = START_MS, steps: int = 2) -> Action:
    call = {"venue": "toy", "endpoint": "spot.order.create", "args": {"size": "0.10", "note": "確認 “x”"}}
    return Action(
        id=id,
        title="Buy “0.1” BTC\nnow",
        venue="binance",
        market="spot",
        state=ActionState.PENDING,
        origin=origin,
        summary="S",
        facts={"prices": {"BTC": "1.50"}},
        guards=[{"kind": "price", "at": "1.50"}],
        steps=[StepRecord(label=f"step {n}", call=call) for n in range(steps)],
        created_ms=created_ms,
        expires_ms=created_ms + LIFE,
        token_hash="hash",
        seal="seal",
    )


def claim(ledger: SqliteLedger, id: str = "a", now_ms: int = START_MS) -> bool:
    return ledger.claim(id, now_ms=now_ms, channel="chat", client="test 1")


# The record.


def test_an_action_comes_back_as_it_went_in(ledger: SqliteLedger):
    one = action()
    ledger.add(one)
    assert ledger.get("a") == one
    assert ledger.get("b") is None


def test_an_id_is_taken_once(ledger: SqliteLedger):
    ledger.add(action())
    with pytest.raises(sqlite3.IntegrityError):
        ledger.add(action(steps=1))
    kept = ledger.get("a")
    assert kept is not None
    assert len(kept.steps) == 2, "a refused addition leaves nothing behind"


def test_the_newest_come_first_and_can_be_chosen_by_state(ledger: SqliteLedger):
    for n, id in enumerate("abc"):
        ledger.add(action(id, created_ms=START_MS + n % 2))
    assert [one.id for one in ledger.recent(limit=10)] == ["b", "c", "a"]
    assert [one.id for one in ledger.recent(limit=1)] == ["b"]
    claim(ledger, "a")
    assert [one.id for one in ledger.recent(limit=10, states=[ActionState.APPROVED])] == ["a"]


def test_a_claim_holds_once_and_says_who(ledger: SqliteLedger):
    ledger.add(action())
    assert claim(ledger, now_ms=START_MS + 5)
    assert not claim(ledger)
    taken = ledger.get("a")
    assert taken is not None
    assert (taken.state, taken.approved_ms, taken.channel, taken.client) == ("approved", START_MS + 5, "chat", "test 1")


@pytest.mark.parametrize("state", [state for state in ActionState if state is not ActionState.PENDING])
def test_only_what_is_pending_can_be_claimed(state: ActionState, ledger: SqliteLedger):
    ledger.add(replace(action(), state=state))
    assert not claim(ledger)
    kept = ledger.get("a")
    assert kept is not None
    assert (kept.state, kept.approved_ms, kept.channel) == (state, None, "")


def test_an_action_can_be_claimed_until_it_expires_and_not_then(ledger: SqliteLedger):
    for id, after, held in (("a", LIFE - 1, True), ("b", LIFE, False), ("c", LIFE + 1, False)):
        ledger.add(action(id))
        assert claim(ledger, id, START_MS + after) is held
    assert not claim(ledger, "there is none")


def test_one_of_many_claims_at_once_holds(store: Store):
    SqliteLedger(store).add(action())
    start, held = threading.Barrier(8), []

    def one() -> None:
        with Store(store.path) as mine:
            ledger = SqliteLedger(mine)
            start.wait(PATIENCE)
            if claim(ledger):
                held.append(threading.get_ident())

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(held) == 1


def test_a_state_is_changed_only_from_where_it_was_thought_to_be(ledger: SqliteLedger):
    ledger.add(action())
    assert not ledger.move("a", ActionState.APPROVED, ActionState.DONE, at_ms=START_MS)
    assert ledger.move("a", ActionState.PENDING, ActionState.DISCARDED, reason="no", at_ms=START_MS + 7)
    assert not ledger.move("a", ActionState.PENDING, ActionState.EXPIRED, at_ms=START_MS)
    gone = ledger.get("a")
    assert gone is not None
    assert (gone.state, gone.reason, gone.finished_ms) == ("discarded", "no", START_MS + 7)


def test_a_state_that_is_not_final_finishes_nothing(ledger: SqliteLedger):
    ledger.add(replace(action(), state=ActionState.SENT))
    assert ledger.move("a", ActionState.SENT, ActionState.UNKNOWN, at_ms=START_MS)
    assert [one.finished_ms for one in ledger.recent(limit=1)] == [None]


def test_the_first_step_that_is_sent_moves_the_action_and_none_moves_it_back(ledger: SqliteLedger):
    one = action()
    ledger.add(one)
    claim(ledger)
    sending = replace(one.steps[0], state=StepState.SENDING, sent_ms=START_MS + 9)
    ledger.step("a", 0, sending)
    assert [found.state for found in ledger.recent(limit=1)] == ["sent"]
    ledger.move("a", ActionState.SENT, ActionState.UNKNOWN)
    ledger.step("a", 1, replace(one.steps[1], state=StepState.SENDING))
    done = replace(sending, state=StepState.DONE, report="filled", facts={"filled": "0.10"})
    ledger.step("a", 0, done)
    found = ledger.get("a")
    assert found is not None
    assert (found.state, found.steps[0], found.steps[1].state) == ("unknown", done, "sending")


def test_what_a_step_sends_cannot_be_changed_by_recording_it(ledger: SqliteLedger):
    ledger.add(action())
    before = ledger.get("a")
    ledger.step("a", 0, StepRecord(label="harmless", call={"endpoint": "other"}, state=StepState.DONE))
    after = ledger.get("a")
    assert before is not None
    assert after is not None
    assert (after.steps[0].label, after.steps[0].call) == (before.steps[0].label, before.steps[0].call)


def test_a_transaction_that_fails_leaves_nothing_and_the_next_one_holds(store: Store, ledger: SqliteLedger):
    ledger.add(action())

    def fail() -> None:
        with store.transaction() as db:
            db.execute("UPDATE actions SET state = 'done'")
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        fail()
    assert [one.state for one in ledger.recent(limit=1)] == ["pending"]
    assert claim(ledger)


def test_what_is_written_is_on_disk_before_the_method_returns(store: Store, ledger: SqliteLedger):
    assert store._db.execute("PRAGMA synchronous").fetchone() == (2,), "FULL"
    assert store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    ledger.add(action())
    with Store(store.path) as other:
        assert SqliteLedger(other).get("a") == ledger.get("a")


# Processes that died.

OPEN = (ActionState.APPROVED, ActionState.SENT, ActionState.UNKNOWN)

OWNER = """
import sys
from pathlib import Path
from dataclasses import replace
from blave_mcp.exchanges.actions import ActionState, Origin
from blave_mcp.server.store import SqliteLedger, Store
from tests.server.test_store import HERE, action
store = Store(Path(sys.argv[1]))
for state in ActionState:
    SqliteLedger(store).add(replace(action(state.value), state=state))
SqliteLedger(store).add(replace(action("live"), state=ActionState.SENT, origin=replace(HERE, mode="live")))
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def owner(store: Store) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that has left an action in every state in the same record."""
    env = environment(store.path.parent, PYTHONPATH=str(Path(__file__).resolve().parents[2]))
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(store.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process
        process.kill()


def test_only_a_dead_process_leaves_orphans_and_one_process_takes_them(
    store: Store, ledger: SqliteLedger, owner: subprocess.Popen[bytes]
):
    assert ledger.orphans() == [], "it lives"
    assert ledger.mine(ActionState.UNKNOWN) == []
    owner.send_signal(signal.SIGKILL)
    owner.wait(PATIENCE)
    assert sorted(one.id for one in ledger.orphans()) == sorted([*OPEN, "live"])
    assert ledger.orphans() == [], "they have an owner again"
    assert [one.id for one in ledger.mine(ActionState.UNKNOWN)] == ["unknown"]
    with Store(store.path) as third:
        assert SqliteLedger(third).orphans() == []
    states = {one.id: one.state for one in ledger.recent(limit=20)}
    assert states == {**{state.value: state for state in ActionState}, "live": "sent"}, "no state has changed"


def test_a_process_that_ends_well_lets_go_too(store: Store, ledger: SqliteLedger, owner: subprocess.Popen[bytes]):
    owner.communicate(timeout=PATIENCE)
    assert sorted(one.id for one in ledger.orphans()) == sorted([*OPEN, "live"])


def test_orphans_of_another_mode_are_left_to_a_process_that_can_ask_about_them(
    store: Store, owner: subprocess.Popen[bytes]
):
    owner.kill()
    owner.wait(PATIENCE)
    paper = SqliteLedger(store, answerable=lambda venue, origin: (venue, origin.mode) == ("binance", "paper"))
    assert sorted(one.id for one in paper.orphans()) == sorted(OPEN)
    with Store(store.path) as other:
        live = SqliteLedger(other, answerable=lambda _venue, origin: origin.mode == "live")
        assert [one.id for one in live.orphans()] == ["live"]


async def test_a_paper_server_asks_its_own_exchange_nothing_about_a_live_order(tmp_path: Path):
    """It would hear that there is no such order, and say of real money that nothing took effect."""
    clock, variables = FakeClock(), {"BLAVE_MCP_HOME": str(tmp_path / "home")}
    app = build(load(variables, url_names={}, env_file=Path(os.devnull)), clock=clock)
    try:
        step = {"venue": "binance", "endpoint": "spot.order.create", "args": ORDER_ARGS}
        sent = StepRecord(label="Buy", call=step, state=StepState.UNKNOWN, sent_ms=START_MS)
        account = app.desk.venues["binance"].account
        origins = {
            "paperpaperpa": Origin(mode="paper", account=account, principal=principal()),
            "livelivelive": Origin(mode="live", account=account, principal=principal()),
            "otherotherot": Origin(mode="paper", account="another key", principal=principal()),
        }
        for id, origin in origins.items():
            one = replace(action(id, origin=origin, steps=0), state=ActionState.UNKNOWN, steps=[sent])
            SqliteLedger(app.store).add(one)
        clock.advance(3_600)
        states = {id: (await app.desk.gate.resolve(id)).state for id in origins}
    finally:
        await app.aclose()
    assert states == {"paperpaperpa": "refused", "livelivelive": "unknown", "otherotherot": "unknown"}


ORDER_ARGS = {
    "symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01", "newClientOrderId": "x-GBN6HWR2abc0",
}  # fmt: skip


# Files.


def modes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder.parent)): stat.filemode(path.stat().st_mode)
        for path in [folder, *folder.rglob("*")]
    }


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the folder of a user to the user by itself")
def test_everything_that_a_server_keeps_is_its_users_alone(tmp_path: Path):
    before = os.umask(0)
    try:
        with Peer(tmp_path / "home") as peer:
            peer.initialize()
            token = peer.data("place_order", **SPOT_ORDER)["token"]
            with Store(peer.home / "blave-mcp.sqlite3") as record:
                for n in range(200):
                    SqliteLedger(record).add(replace(action(f"crowd{n}"), title="x" * 200))
            assert len(peer.call("list_actions", limit=200)["content"]) == 2
            HaltFile(peer.home).halt("for a test")
            peer.call("confirm_action", token=token, confirmation="no")
            found = modes(peer.home)
    finally:
        os.umask(before)
    folders = {name: mode for name, mode in found.items() if mode.startswith("d")}
    assert folders == dict.fromkeys(["home", "home/locks", "home/results"], "drwx------")
    files = {name: mode for name, mode in found.items() if name not in folders}
    assert {name for name, mode in files.items() if mode != "-rw-------"} == set()
    kinds = {Path(name).name for name in files if "results" not in name and "locks" not in name}
    assert kinds >= {"blave-mcp.sqlite3", "blave-mcp.sqlite3-wal", "paper.sqlite3", "HALTED"}


def test_a_record_that_others_could_read_is_closed_to_them_when_it_is_opened(tmp_path: Path):
    path = tmp_path / "record.sqlite3"
    Store(path).close()
    path.chmod(0o644)
    Store(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


# The paper books.


def test_paper_books_keep_what_was_saved_for_the_next_process(tmp_path: Path):
    books = PaperBooks(tmp_path / "home" / "paper.sqlite3")
    with books.session() as session:
        assert session.load() is None
        session.save("one")
        session.save("two")
    books.close()
    again = PaperBooks(tmp_path / "home" / "paper.sqlite3")
    with again.session() as session:
        assert session.load() == "two"
    again.reset()
    with again.session() as session:
        assert session.load() is None
    again.close()


def test_paper_books_keep_what_was_saved_before_a_session_failed(tmp_path: Path):
    books = PaperBooks(tmp_path / "paper.sqlite3")

    def fail() -> None:
        with books.session() as session:
            session.save("one")
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        fail()
    with books.session() as session:
        assert session.load() == "one"
    books.close()


def test_rows_of_the_paper_books_are_added_bounded_and_kept_apart_by_name(tmp_path: Path):
    books = PaperBooks(tmp_path / "paper.sqlite3")
    other = books.of("other")
    with other.session() as session:
        session.save("o", [("fills", "o1")])
    with books.session() as session:
        session.save("a", [("fills", "1"), ("orders", "x"), ("fills", "2")], keep={"fills": 2})
        session.save("b", [("fills", "3")], keep={"fills": 2, "orders": 1})
        assert session.rows() == [("fills", "2"), ("fills", "3"), ("orders", "x")]
        session.save("c", [("fills", "4")], anew=True)
        assert (session.load(), session.rows()) == ("c", [("fills", "4")])
    books.close()
    again = PaperBooks(tmp_path / "paper.sqlite3")
    with again.session() as session:
        assert session.rows() == [("fills", "4")]
    with again.of("other").session() as session:
        assert session.rows() == [("fills", "o1")]
    again.reset()
    with again.session() as session:
        assert session.rows() == []
    again.close()


def test_a_save_of_the_paper_books_that_fails_half_way_leaves_them_as_they_were(tmp_path: Path):
    books = PaperBooks(tmp_path / "paper.sqlite3")
    with books.session() as session:
        session.save("one", [("fills", "1")])

    def fail() -> None:
        with books.session() as session:
            session.save("two", [("fills", "2"), ("fills", cast(str, None))])

    with pytest.raises(sqlite3.IntegrityError):
        fail()
    with books.session() as session:
        assert (session.load(), session.rows()) == ("one", [("fills", "1")])
    books.close()


def test_one_session_at_a_time_has_the_paper_books(tmp_path: Path):
    path = tmp_path / "paper.sqlite3"
    first = PaperBooks(path)
    with first.session() as session:
        session.save("0")

    def count() -> None:
        books = PaperBooks(path)
        for _ in range(25):
            with books.session() as mine:
                mine.save(str(int(mine.load() or "") + 1))
        books.close()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    with first.session() as session:
        assert session.load() == "100"
    first.close()


# The brake.


def test_a_halt_holds_until_it_is_taken_off(tmp_path: Path):
    brake = HaltFile(tmp_path / "home")
    assert brake.reason() == ""
    brake.halt("exchange maintenance")
    assert HaltFile(tmp_path / "home").reason() == "exchange maintenance"
    brake.resume()
    brake.resume()
    assert brake.reason() == ""


@pytest.mark.parametrize("content", [b"", b"  \n", b"\xff\xfe", None])
def test_a_halt_holds_whatever_is_in_its_file_even_if_it_cannot_be_read(content: Any, tmp_path: Path):
    path = tmp_path / "HALTED"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    assert HaltFile(tmp_path).reason() != ""


def test_the_principal_is_this_machines_user():
    assert principal().startswith("local:")
    assert principal() == principal()
