"""kill -9 at every step between approval and answer: nothing is sent twice, and every action ends in a true state."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from blave_mcp.exchanges.actions import ActionState, StepState
from blave_mcp.exchanges.clock import SystemClock
from blave_mcp.exchanges.errors import NoSuchAction
from blave_mcp.exchanges.gate import Gate
from blave_mcp.server.store import SqliteLedger, Store
from tests.exchanges import killing
from tests.exchanges.killing import HERE, POINTS, Venue, hands

ROOT = Path(__file__).parents[2]


def run(folder: Path, point: str) -> int:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
    }
    command = [sys.executable, "-m", killing.__name__, str(folder), point]
    return subprocess.run(command, env=environment, cwd=folder, check=False, timeout=60).returncode


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
async def test_an_action_killed_anywhere_ends_in_a_true_state_and_is_never_sent_twice(
    tmp_path: Path, point: str
) -> None:
    assert run(tmp_path, point) == -signal.SIGKILL, "the process must die where it was told to"
    venue = Venue(tmp_path)
    sent_before = venue.orders()
    token = (tmp_path / "token.txt").read_text()
    with Store(tmp_path / "record.sqlite3") as store:
        gate = Gate(SqliteLedger(store), SystemClock(), hands(venue), reading_ms=0)
        await gate.recover()
        action = gate.get(token)
        assert venue.orders() == sent_before, "recovery sends nothing"
        ids = [step.call["args"]["cid"] for step in action.steps]
        for step, id in zip(action.steps, ids, strict=True):
            assert (step.state is StepState.DONE) == (id in sent_before)
        if action.state is not ActionState.PENDING:
            assert action.state is (ActionState.DONE if sent_before == ids else ActionState.REFUSED)
            with pytest.raises(NoSuchAction, match=r"not sent again|Nothing was sent"):
                await gate.confirm(token, "CONFIRM", origin_of=lambda _: HERE, channel="chat", client="x")
            assert venue.orders() == sent_before
        else:
            assert point in ("confirm:before", "claim:before"), "only an unclaimed action may still be confirmed"
            await gate.confirm(token, "CONFIRM", origin_of=lambda _: HERE, channel="chat", client="x")
            assert venue.orders() == ids
    assert len(set(venue.orders())) == len(venue.orders())


def test_a_process_that_is_not_killed_sends_everything_once(tmp_path: Path) -> None:
    assert run(tmp_path, "nowhere") == 0
    assert len(Venue(tmp_path).orders()) == killing.STEPS
