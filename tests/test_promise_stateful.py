"""The promise, over any order of events: what writes is what was confirmed by the word, each at most once.

A machine proposes, confirms with right and wrong words and tokens, discards, waits, halts, changes the account and the
mode, restarts the server on the same record, and looks. After every step the writes that reached the venue are
exactly those of the actions that a CONFIRM, given in time, by the one who proposed, has let out.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from blave_mcp.exchanges.actions import ActionState, StepState
from blave_mcp.exchanges.binance.dialect import BinanceDialect
from blave_mcp.exchanges.binance.endpoints import BINANCE
from blave_mcp.exchanges.endpoint import Effect
from blave_mcp.exchanges.errors import BlaveError
from blave_mcp.exchanges.gate import DEFAULT_READING_MS, DEFAULT_TTL_MS, Gate
from blave_mcp.exchanges.wire import HttpRequest
from blave_mcp.server.store import SqliteLedger, Store
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.spec import Result
from tests.desks import binance, desk_of, paper_binance
from tests.fakes import FakeClock, FakeHalt
from tests.tools.conftest import call

PRODUCTS = {urlsplit(host.live).netloc: product for product, host in BinanceDialect().hosts.items()}
WRITES = {(e.product, e.method, e.path) for e in BINANCE if e.effect is Effect.WRITE}
HERE = {"venue": "binance", "market": "perpetual", "symbol": "BTC/USDT"}
PROPOSALS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("place_order", {**HERE, "side": "buy", "size": "0.01"}),
    ("place_order", {**HERE, "side": "sell", "size": "0.01"}),
    ("place_order", {**HERE, "side": "buy", "size": "0.01", "type": "limit", "price": "30000"}),
    ("place_order", {**HERE, "market": "spot", "side": "buy", "quote_size": "50"}),
    ("close_position", {"venue": "binance", "symbol": "BTC/USDT"}),
    ("protect_position", {"venue": "binance", "symbol": "BTC/USDT", "take_profit": "20%", "stop_loss": "20%"}),
    ("cancel_all_orders", HERE),
    ("set_leverage", {"venue": "binance", "symbol": "BTC/USDT", "leverage": 7}),
    ("transfer_funds", {"venue": "binance", "asset": "USDT", "amount": "1", "source": "spot", "target": "futures"}),
    (
        "propose_endpoint",
        {"venue": "binance", "endpoint": "futures.leverage.set", "args": {"symbol": "ETHUSDT", "leverage": 9}},
    ),
)
READING = st.sampled_from([0.5, 3, 3, 3])
"""How long somebody looks at the summary before the word is given; the first is too short."""
FORGED: tuple[Callable[[str], str], ...] = (lambda t: t[:12], lambda t: t + "x", lambda t: t[:-1], str.upper)
WRONG = ("confirm", "CONFIRM ", "yes", "", "CONFIRMED", "ＣＯＮＦＩＲＭ")


@dataclass(frozen=True)
class Held:
    """A pending action as a model holds it."""

    id: str
    token: str


def route(request: HttpRequest) -> tuple[str, str, str]:
    parts = urlsplit(request.url)
    return PRODUCTS[parts.netloc], request.method, parts.path


class Promise(RuleBasedStateMachine):
    """One account on the paper exchange, one record, and whoever tries to get a write out."""

    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = FakeClock()
        self.house = paper_binance(self.clock)
        self.halt = FakeHalt()
        self.account = "account"
        self.open()
        self.allowed: set[str] = set()
        self.proposed_ms: dict[str, int] = {}
        self.owner: dict[str, str] = {}
        self.spent: set[str] = set()

    def open(self) -> None:
        """Starts a server on the record."""
        self.store = Store(Path(self.folder.name) / "record.sqlite3")
        venue = replace(binance(self.house, self.clock), account=self.account)
        self.desk: Desk = desk_of(self.clock, self.store, venue)
        self.desk.halt = self.halt
        self.desk.gate = Gate(SqliteLedger(self.store), self.clock, self.desk.hands())

    def run_tool(self, name: str, **given: Any) -> Result | None:
        """Runs a tool; None where it refused."""
        found: list[Result] = []

        async def once() -> None:
            with suppress(BlaveError):
                found.append(await call(self.desk, name, **given))

        anyio.run(once)
        return found[0] if found else None

    def confirmable(self, one: Held) -> bool:
        """Whether the word, said now, should let this action out: nothing of the world asked."""
        age = self.clock.now_ms() - self.proposed_ms[one.id]
        in_time = DEFAULT_READING_MS <= age < DEFAULT_TTL_MS
        return one.id not in self.spent and in_time and self.account == self.owner[one.id]

    def say_the_word(self, one: Held) -> None:
        """Notes what a CONFIRM given now lets out."""
        if one.id in self.owner and self.confirmable(one):
            self.spent.add(one.id)
            self.allowed.add(one.id)

    @rule(target=held, proposal=st.sampled_from(PROPOSALS))
    def propose_alone(self, proposal: tuple[str, dict[str, Any]]) -> Held:
        return self.propose(proposal)

    def propose(self, proposal: tuple[str, dict[str, Any]]) -> Held:
        before = len(self.written())
        pending = self.run_tool(proposal[0], **proposal[1])
        assert len(self.written()) == before, "a proposal sends nothing"
        if pending is None:
            return Held("aaaaaaaaaaaa", "aaaaaaaaaaaa-none")
        one = Held(pending.data["action"], pending.data["token"])
        self.proposed_ms[one.id] = self.clock.now_ms()
        self.owner[one.id] = self.account
        return one

    @rule(target=held, proposal=st.sampled_from(PROPOSALS), after=READING)
    def propose_and_confirm(self, proposal: tuple[str, dict[str, Any]], after: float) -> Held:
        one = self.propose(proposal)
        self.confirm(one, after)
        return one

    @rule(one=held, after=READING)
    def confirm_later(self, one: Held, after: float) -> None:
        self.confirm(one, after)

    def confirm(self, one: Held, after: float) -> None:
        self.clock.advance(after)
        self.say_the_word(one)
        self.run_tool("confirm_action", token=one.token, confirmation="CONFIRM")

    @rule(one=held, times=st.integers(2, 5), after=READING)
    def confirm_at_once(self, one: Held, times: int, after: float) -> None:
        self.clock.advance(after)
        self.say_the_word(one)

        async def once() -> None:
            with suppress(BlaveError):
                await call(self.desk, "confirm_action", token=one.token, confirmation="CONFIRM")

        async def together() -> None:
            async with anyio.create_task_group() as group:
                for _ in range(times):
                    group.start_soon(once)

        anyio.run(together)

    @rule(one=held, word=st.sampled_from(WRONG), after=READING)
    def another_word(self, one: Held, word: str, after: float) -> None:
        self.clock.advance(after)
        before = len(self.written())
        self.run_tool("confirm_action", token=one.token, confirmation=word)
        assert len(self.written()) == before
        if self.account == self.owner.get(one.id):
            self.spent.add(one.id)

    @rule(
        one=held, change=st.sampled_from([lambda t: t[:12], lambda t: t + "x", lambda t: t[:-1], lambda t: t.upper()])
    )
    def another_token(self, one: Held, change: Callable[[str], str]) -> None:
        before = len(self.written())
        self.run_tool("confirm_action", token=change(one.token), confirmation="CONFIRM")
        assert len(self.written()) == before

    @rule(one=held)
    def discard(self, one: Held) -> None:
        self.run_tool("discard_action", action=one.id)
        self.spent.add(one.id)

    @rule(seconds=st.sampled_from([0.5, 1, 2, 3, 60, 299, 301]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule()
    def put_the_clock_back(self) -> None:
        self.clock.advance(-1)

    @rule(on=st.sampled_from([True, False, False, False]))
    def brake(self, on: bool) -> None:
        self.halt.why = "by a test" if on else ""

    @rule(account=st.sampled_from(["account", "account", "other"]))
    def change_the_key(self, account: str) -> None:
        self.account = account
        self.restart()

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.open()
        anyio.run(self.desk.gate.recover)

    @rule(one=held)
    def look(self, one: Held) -> None:
        before = len(self.written())
        self.run_tool("get_action", action=one.id)
        self.run_tool("list_actions")
        self.run_tool("get_open_orders", venue="binance")
        assert len(self.written()) == before

    def written(self) -> list[tuple[str, str, str]]:
        """What reached the venue and may change something."""
        return [found for found in map(route, self.house.requests) if found in WRITES]

    @precondition(lambda self: bool(self.proposed_ms))
    @invariant()
    def what_was_written_is_what_was_confirmed(self) -> None:
        actions = [self.desk.gate.get(id) for id in self.proposed_ms]
        sent = [
            (BINANCE[step.call["endpoint"]], action.id)
            for action in actions
            for step in action.steps
            if step.state is not StepState.WAITING and step.sent_ms is not None
        ]
        assert {id for _, id in sent} <= self.allowed, "nothing leaves without the word"
        assert Counter(self.written()) == Counter((e.product, e.method, e.path) for e, _ in sent), "each at most once"
        for action in actions:
            if action.id not in self.allowed:
                assert action.state in (ActionState.PENDING, ActionState.DISCARDED, ActionState.EXPIRED)

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


def walked(examples: int, steps: int) -> None:
    """Walks the machine; a failure is not shrunk, which would take longer than reading it."""
    run_state_machine_as_test(
        Promise,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_what_writes_was_confirmed_once_in_a_few_orders_of_events() -> None:
    walked(40, 40)


@pytest.mark.slow
def test_what_writes_was_confirmed_once_in_many_orders_of_events() -> None:
    walked(60, 60)
