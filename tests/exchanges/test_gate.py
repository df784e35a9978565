"""The gate over a real SQLite record: one word, one action, one send."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest

from blave_mcp.exchanges.actions import Action, ActionState, Origin, Proposal, Step, StepRecord, StepState
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import (
    NeedsConfirmation,
    NoSuchAction,
    OutcomeUnknown,
    Unavailable,
    VenueRefused,
)
from blave_mcp.exchanges.gate import Approved, Gate, Hands, Pending
from blave_mcp.exchanges.models import Trace
from blave_mcp.server.store import SqliteLedger, Store
from tests.fakes import FakeClock
from tests.toy import LOOK, PLACE, TOY

HERE = Origin(mode="paper", account="abc", principal="local:me")


@dataclass
class World:
    """What the gate reaches: everything is recorded, and fails as told."""

    sent: list[Call] = field(default_factory=list)
    fails: list[Exception | None] = field(default_factory=list)
    leaves: bool = True
    objection: str = ""
    traces: list[Trace | None] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    origin: Origin = HERE

    def hands(self) -> Hands:
        return Hands(revive=self.revive, recheck=self.recheck, send=self.send, trace=self.trace)

    def revive(self, step: StepRecord) -> Call:
        return TOY.revive(step.call)

    async def recheck(self, action: Action) -> str:
        await anyio.lowlevel.checkpoint()
        return self.objection

    async def send(self, action: Action, approved: Approved) -> list[str]:
        call = approved.spend()
        if self.leaves:
            approved.leaving()
            self.sent.append(call)
        await anyio.sleep(0.01)
        failure = self.fails.pop(0) if self.fails else None
        if failure is not None:
            raise failure
        return self.refused

    async def trace(self, action: Action, call: Call, sent_ms: int) -> Trace | None:
        return self.traces.pop(0) if self.traces else None

    def origin_of(self, action: Action) -> Origin:
        return self.origin


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "record.sqlite3") as opened:
        yield opened


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def gate(store: Store, world: World, clock: FakeClock) -> Gate:
    return Gate(SqliteLedger(store), clock, world.hands())


def propose(gate: Gate, steps: int = 1, origin: Origin = HERE) -> Pending:
    id = gate.new_id()
    calls = [PLACE.call(symbol="BTC", size=str(n + 1), cid=f"toy-{id}{n}") for n in range(steps)]
    proposal = Proposal(
        title="Buy",
        venue="toy",
        market="spot",
        steps=tuple(Step(f"step {n}", c) for n, c in enumerate(calls)),
        summary="S",
    )
    return gate.propose(id, proposal, origin)


async def confirm(gate: Gate, world: World, token: str, word: str = "CONFIRM", *, after: float = 3.0) -> Action:
    gate._clock.advance(after)  # type: ignore[attr-defined]
    return await gate.confirm(token, word, origin_of=world.origin_of, channel="chat", client="test 1")


async def test_the_word_sends_the_action_once_and_the_record_says_who_gave_it(gate: Gate, world: World) -> None:
    done = await confirm(gate, world, propose(gate).token)
    assert done.state is ActionState.DONE
    assert [call.get("size") for call in world.sent] == ["1"]
    assert (done.channel, done.client) == ("chat", "test 1")
    assert done.approved_ms is not None
    assert done.finished_ms is not None


WRONG_WORDS = [
    "confirm",
    "Confirm",
    " CONFIRM",
    "CONFIRM ",
    "CONFIRM\n",
    "CONFIRM.",
    '"CONFIRM"',
    "CONFIRM CONFIRM",
    "СОNFIRM",
    "CОNFIRM",
    "CONFIRＭ",
    "CONFIRM\u200b",
    "CON\u00adFIRM",
    "ＣＯＮＦＩＲＭ",
    "",
    "yes",
    "ok",
    "確認",
    "True",
    "CONFIRM\x00",
    "NFIRMCO",
]


@pytest.mark.parametrize("word", WRONG_WORDS)
async def test_any_other_word_discards_the_action_and_nothing_is_sent(gate: Gate, world: World, word: str) -> None:
    pending = propose(gate)
    with pytest.raises(NeedsConfirmation, match="Nothing was sent"):
        await confirm(gate, world, pending.token, word)
    assert gate.get(pending.action.id).state is ActionState.DISCARDED
    with pytest.raises(NoSuchAction, match=r"discarded\. Nothing was sent"):
        await confirm(gate, world, pending.token)
    assert world.sent == []


@pytest.mark.parametrize("word", ["CONFIRM ", "\u200bCONFIRM", "CONFIRM\n"])
async def test_what_is_wrong_with_a_word_that_looks_right_is_said(gate: Gate, world: World, word: str) -> None:
    with pytest.raises(NeedsConfirmation, match=r"CONFIRM with something invisible .*, not CONFIRM to the letter"):
        await confirm(gate, world, propose(gate).token, word)
    assert world.sent == []


async def test_a_clock_that_is_put_back_is_told_as_no_time_at_all(gate: Gate, world: World) -> None:
    pending = propose(gate)
    with pytest.raises(NeedsConfirmation, match=r"came 0\.0 s after the summary"):
        await confirm(gate, world, pending.token, after=-3600.0)
    assert world.sent == []


async def test_a_token_works_once(gate: Gate, world: World) -> None:
    token = propose(gate).token
    await confirm(gate, world, token)
    with pytest.raises(NoSuchAction, match=r"is done\. It was not sent again"):
        await confirm(gate, world, token)
    assert len(world.sent) == 1


async def test_fifty_confirmations_at_once_send_one_order(gate: Gate, world: World) -> None:
    token = propose(gate).token
    gate._clock.advance(3)  # type: ignore[attr-defined]
    outcomes: list[str] = []

    async def one() -> None:
        try:
            await gate.confirm(token, "CONFIRM", origin_of=world.origin_of, channel="chat", client="x")
            outcomes.append("sent")
        except NoSuchAction:
            outcomes.append("refused")

    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(one)
    assert sorted(outcomes) == ["refused"] * 49 + ["sent"]
    assert len(world.sent) == 1


async def test_a_confirmation_faster_than_a_person_reads_is_refused_and_stays_pending(gate: Gate, world: World) -> None:
    pending = propose(gate)
    with pytest.raises(NeedsConfirmation, match="faster than a person"):
        await confirm(gate, world, pending.token, after=1.9)
    assert gate.get(pending.action.id).state is ActionState.PENDING
    assert world.sent == []
    assert (await confirm(gate, world, pending.token, after=0.1)).state is ActionState.DONE


async def test_an_expired_action_is_not_sent(gate: Gate, world: World) -> None:
    pending = propose(gate)
    with pytest.raises(NoSuchAction, match=r"expired\. Nothing was sent"):
        await confirm(gate, world, pending.token, after=300)
    assert gate.get(pending.action.id).state is ActionState.EXPIRED
    assert world.sent == []


async def test_an_action_can_be_confirmed_to_the_last_moment_before_it_expires(gate: Gate, world: World) -> None:
    assert (await confirm(gate, world, propose(gate).token, after=299.999)).state is ActionState.DONE


async def test_a_discarded_action_is_not_sent(gate: Gate, world: World) -> None:
    pending = propose(gate)
    assert gate.discard(pending.action.id).state is ActionState.DISCARDED
    with pytest.raises(NoSuchAction):
        await confirm(gate, world, pending.token)
    with pytest.raises(NoSuchAction, match="can no longer be discarded"):
        gate.discard(pending.action.id)
    assert world.sent == []


@pytest.mark.parametrize("change", ["mode", "account", "principal"])
async def test_an_action_is_bound_to_mode_account_and_principal(gate: Gate, world: World, change: str) -> None:
    pending = propose(gate)
    other = {"mode": "live", "account": "other", "principal": "local:you"}[change]
    world.origin = Origin(**{"mode": "paper", "account": "abc", "principal": "local:me", change: other})
    with pytest.raises(NoSuchAction, match=r"proposed in paper mode.*Nothing was sent"):
        await confirm(gate, world, pending.token)
    assert world.sent == []


@pytest.mark.parametrize("token", ["", "x", "CONFIRM", "a" * 12, "a" * 12 + "-" + "b" * 24])
async def test_a_made_up_token_opens_nothing(gate: Gate, world: World, token: str) -> None:
    pending = propose(gate)
    for wrong in (token, pending.action.id, pending.token[:-1], pending.token + "x", pending.token.upper()):
        with pytest.raises(NoSuchAction, match="Nothing was sent"):
            await confirm(gate, world, wrong, after=0.1)
    assert gate.get(pending.action.id).state is ActionState.PENDING
    assert world.sent == []


async def test_the_secret_of_one_action_does_not_open_another(gate: Gate, world: World) -> None:
    one, two = propose(gate), propose(gate)
    mixed = two.action.id + one.token[len(one.action.id) :]
    with pytest.raises(NoSuchAction, match="No pending action has this token"):
        await confirm(gate, world, mixed)
    assert world.sent == []


TAMPERED = [
    'UPDATE steps SET call = replace(call, \'"size":"1"\', \'"size":"100"\')',
    "UPDATE steps SET label = 'something harmless'",
    "UPDATE actions SET summary = 'T'",
    "UPDATE actions SET guards = '[1]'",
    "UPDATE actions SET expires_ms = expires_ms + 1",
    "INSERT INTO steps SELECT action, 1, label, call, state, sent_ms, report, facts FROM steps",
    "DELETE FROM steps",
]


@pytest.mark.parametrize("statement", TAMPERED)
async def test_a_record_changed_after_it_was_shown_is_not_sent(
    gate: Gate, world: World, store: Store, statement: str
) -> None:
    pending = propose(gate)
    with store.transaction() as db:
        assert db.execute(statement).rowcount == 1
    with pytest.raises(NoSuchAction, match="changed after it was shown"):
        await confirm(gate, world, pending.token)
    assert world.sent == []


async def test_the_record_does_not_hold_the_token(gate: Gate, store: Store) -> None:
    token = propose(gate).token
    rows = store._db.execute("SELECT * FROM actions").fetchall() + store._db.execute("SELECT * FROM steps").fetchall()
    assert token[13:] not in repr(rows)


async def test_a_pending_action_survives_a_restart_and_a_used_one_stays_used(tmp_path: Path, world: World) -> None:
    clock, path = FakeClock(), tmp_path / "record.sqlite3"
    with Store(path) as store:
        before = Gate(SqliteLedger(store), clock, world.hands())
        used, kept = propose(before), propose(before)
        await confirm(before, world, used.token)
    with Store(path) as store:
        after = Gate(SqliteLedger(store), clock, world.hands())
        assert await after.recover() == []
        with pytest.raises(NoSuchAction):
            await confirm(after, world, used.token)
        assert (await confirm(after, world, kept.token)).state is ActionState.DONE
    assert len(world.sent) == 2


async def test_steps_are_sent_in_order_and_stop_at_the_first_that_fails(gate: Gate, world: World) -> None:
    world.fails = [None, VenueRefused("No.", code="-1")]
    done = await confirm(gate, world, propose(gate, steps=3).token)
    assert done.state is ActionState.REFUSED
    assert [step.state for step in done.steps] == [StepState.DONE, StepState.REFUSED, StepState.WAITING]
    assert [call.get("size") for call in world.sent] == ["1", "2"]
    assert "1 of 3 steps took effect" in done.reason


async def test_an_unknown_outcome_is_looked_up_and_never_sent_again(gate: Gate, world: World) -> None:
    world.fails = [OutcomeUnknown("No answer.")]
    world.traces = [Trace(found=None, text="not yet"), Trace(found=True, text="filled 1", facts={"filled": "1"})]
    done = await confirm(gate, world, propose(gate).token)
    assert done.state is ActionState.DONE
    assert done.steps[0].report == "filled 1"
    assert len(world.sent) == 1


async def test_an_outcome_that_cannot_be_told_stays_unknown_until_it_can(gate: Gate, world: World) -> None:
    world.fails = [OutcomeUnknown("No answer.")]
    done = await confirm(gate, world, propose(gate, steps=2).token)
    assert done.state is ActionState.UNKNOWN
    assert [action.id for action in gate.unresolved()] == [done.id]
    world.traces = [Trace(found=False, text="There is no such order.")]
    settled = await gate.resolve(done.id)
    assert settled.state is ActionState.REFUSED
    assert "did not take effect" in settled.steps[0].report
    assert len(world.sent) == 1


async def test_a_venue_that_accepted_but_cannot_be_read_is_done_and_says_so(gate: Gate, world: World) -> None:
    async def down(action: Action, call: Call, sent_ms: int) -> Trace | None:
        raise Unavailable("Down.")

    gate._hands = Hands(revive=world.revive, recheck=world.recheck, send=world.send, trace=down)
    done = await confirm(gate, world, propose(gate).token)
    assert done.state is ActionState.DONE
    assert "could not be verified" in done.steps[0].report


async def test_what_of_a_batch_was_refused_is_told(gate: Gate, world: World) -> None:
    world.refused = ["order 2: -2019 Margin is insufficient."]
    world.traces = [Trace(found=True, text="order 1 is filled")]
    done = await confirm(gate, world, propose(gate).token)
    assert done.state is ActionState.DONE
    assert done.steps[0].report == "order 1 is filled\nThe venue refused a part: order 2: -2019 Margin is insufficient."
    assert done.steps[0].facts["refused_parts"] == world.refused


async def test_a_changed_world_refuses_the_action_before_anything_leaves(gate: Gate, world: World) -> None:
    world.objection = "The price moved 3 %."
    done = await confirm(gate, world, propose(gate).token)
    assert done.state is ActionState.REFUSED
    assert done.reason == "The price moved 3 %. Nothing was sent. Propose it again for a fresh summary."
    assert world.sent == []


async def test_a_fault_of_ours_in_a_reading_leaves_no_action_between_two_states(gate: Gate, world: World) -> None:
    async def broken(_: Action) -> str:
        raise RuntimeError("a fault of ours")

    async def blind(action: Action, call: Call, sent_ms: int) -> Trace | None:
        raise RuntimeError("a fault of ours")

    gate._hands = Hands(revive=world.revive, recheck=broken, send=world.send, trace=world.trace)
    done = await confirm(gate, world, propose(gate).token)
    assert done.state is ActionState.REFUSED
    assert "Nothing was sent." in done.reason
    gate._hands = Hands(revive=world.revive, recheck=world.recheck, send=world.send, trace=blind)
    done = await confirm(gate, world, propose(gate).token)
    assert done.state is ActionState.DONE
    assert "could not be verified: RuntimeError" in done.steps[0].report


@pytest.mark.parametrize("failure", [Unavailable("No connection."), ValueError("a fault of ours")])
async def test_a_failure_before_the_first_byte_is_refused_with_nothing_sent(
    gate: Gate, world: World, failure: Exception
) -> None:
    world.leaves, world.fails = False, [failure]
    done = await confirm(gate, world, propose(gate).token)
    assert done.state is ActionState.REFUSED
    assert "Nothing was sent." in done.steps[0].report


async def test_a_fault_of_ours_after_the_first_byte_is_unknown_not_failed(gate: Gate, world: World) -> None:
    world.fails = [ValueError("a fault of ours")]
    done = await confirm(gate, world, propose(gate).token)
    assert done.state is ActionState.UNKNOWN
    assert "ValueError" in done.steps[0].report


async def test_a_client_that_gives_up_cannot_cut_a_send_in_half(gate: Gate, world: World) -> None:
    pending = propose(gate, steps=2)
    gate._clock.advance(3)  # type: ignore[attr-defined]
    async with anyio.create_task_group() as group:
        group.start_soon(
            lambda: gate.confirm(pending.token, "CONFIRM", origin_of=world.origin_of, channel="chat", client="x")
        )
        await anyio.sleep(0.005)
        group.cancel_scope.cancel()
    assert gate.get(pending.action.id).state is ActionState.DONE
    assert len(world.sent) == 2


def test_a_read_cannot_be_made_an_action(gate: Gate) -> None:
    proposal = Proposal(title="x", venue="toy", market="spot", steps=(Step("x", LOOK.call(id="1")),), summary="S")
    with pytest.raises(ValueError, match="made of writes"):
        gate.propose(gate.new_id(), proposal, HERE)


def test_only_the_gate_mints_and_only_the_client_spends() -> None:
    root = Path(__file__).parents[2]
    for folder in ("server", "tools", "exchanges"):
        for path in (root / folder).rglob("*.py"):
            source = path.read_text("utf-8")
            if path.name != "gate.py":
                assert "_MINT" not in source, path
                assert "Approved(" not in source, path
            if path.name not in ("gate.py", "client.py"):
                assert ".spend()" not in source, path
