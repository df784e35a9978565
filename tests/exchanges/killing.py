"""A process that confirms one action and dies, by SIGKILL, at the step it was told to. Run by test_kill.py."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import anyio

from blave_mcp.exchanges.actions import Action, Origin, Proposal, Step, StepRecord, StepState
from blave_mcp.exchanges.clock import SystemClock
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.gate import Approved, Gate, Hands
from blave_mcp.exchanges.models import Trace
from blave_mcp.server.store import SqliteLedger, Store
from tests.toy import PLACE, TOY

HERE = Origin(mode="paper", account="a", principal="p")
STEPS = 2
POINTS = (
    "confirm:before",
    "claim:before",
    "claim:after",
    "recheck:before",
    "recheck:after",
    "sending0:before",
    "sending0:after",
    "send0:before",
    "send0:after",
    "done0:before",
    "done0:after",
    "trace0:before",
    "trace0:after",
    "traced0:after",
    "sending1:before",
    "sending1:after",
    "send1:before",
    "send1:after",
    "done1:before",
    "done1:after",
    "trace1:before",
    "traced1:after",
    "finish:before",
    "finish:after",
)
"""Every step between approval and answer, before and after it takes effect."""


class Venue:
    """A venue as a file: one line for each order that it has got, which is on disk before it answers."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "venue.txt"

    def take(self, call: Call) -> None:
        with self._file.open("a") as book:
            book.write(f"{call.get('cid')}\n")
            book.flush()
            os.fsync(book.fileno())

    def orders(self) -> list[str]:
        return self._file.read_text().split() if self._file.exists() else []


def hands(venue: Venue, die: Any = lambda _: None) -> Hands:
    async def recheck(action: Action) -> str:
        die("recheck:before")
        await anyio.lowlevel.checkpoint()
        die("recheck:after")
        return ""

    async def send(action: Action, approved: Approved) -> tuple[str, ...]:
        call = approved.spend()
        n = int(call.get("size")) - 1
        approved.leaving()
        die(f"send{n}:before")
        venue.take(call)
        die(f"send{n}:after")
        return ()

    async def trace(action: Action, call: Call, sent_ms: int) -> Trace:
        n = int(call.get("size")) - 1
        die(f"trace{n}:before")
        found = call.get("cid") in venue.orders()
        die(f"trace{n}:after")
        return Trace(found=found, text="The venue has it." if found else "The venue has no such order.")

    return Hands(revive=lambda step: TOY.revive(step.call), recheck=recheck, send=send, trace=trace)


class DyingLedger(SqliteLedger):
    """Dies before or after a record is written."""

    def __init__(self, store: Store, die: Any) -> None:
        super().__init__(store)
        self._die = die

    def claim(self, id: str, *, now_ms: int, channel: str, client: str) -> bool:
        self._die("claim:before")
        claimed = super().claim(id, now_ms=now_ms, channel=channel, client=client)
        self._die("claim:after")
        return claimed

    def step(self, id: str, n: int, record: StepRecord) -> None:
        traced = record.report.startswith("The venue has")
        name = "sending" if record.state is StepState.SENDING else "traced" if traced else "done"
        self._die(f"{name}{n}:before")
        super().step(id, n, record)
        self._die(f"{name}{n}:after")

    def move(self, *args: Any, **more: Any) -> bool:
        self._die("finish:before")
        moved = super().move(*args, **more)
        self._die("finish:after")
        return moved


def proposal(id: str) -> Proposal:
    calls = [PLACE.call(symbol="BTC", size=str(n + 1), cid=f"toy-{id}{n}") for n in range(STEPS)]
    steps = tuple(Step(f"step {n}", call) for n, call in enumerate(calls))
    return Proposal(title="Buy", venue="toy", market="spot", steps=steps, summary="S")


async def main(folder: Path, point: str) -> None:
    def die(here: str) -> None:
        if here == point:
            os.kill(os.getpid(), signal.SIGKILL)

    with Store(folder / "record.sqlite3") as store:
        gate = Gate(DyingLedger(store, die), SystemClock(), hands(Venue(folder), die), reading_ms=0)
        id = gate.new_id()
        pending = gate.propose(id, proposal(id), HERE)
        (folder / "token.txt").write_text(pending.token)
        die("confirm:before")
        await gate.confirm(pending.token, "CONFIRM", origin_of=lambda _: HERE, channel="chat", client="x")


if __name__ == "__main__":
    anyio.run(main, Path(sys.argv[1]), sys.argv[2])
