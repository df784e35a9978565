"""An action: what was proposed, in which state it is, and where that is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from blave_mcp.exchanges.endpoint import Call

CONFIRM = "CONFIRM"


class ActionState(StrEnum):
    """pending -> approved -> sent -> done | refused | unknown, or pending -> discarded | expired.

    An approved action that met an objection before its first byte left is refused, too.
    """

    PENDING = "pending"
    APPROVED = "approved"
    SENT = "sent"
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    DISCARDED = "discarded"
    EXPIRED = "expired"

    @property
    def final(self) -> bool:
        return self in _FINAL


_FINAL = (ActionState.DONE, ActionState.REFUSED, ActionState.DISCARDED, ActionState.EXPIRED)


class StepState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Step:
    """One call of an action, and what the user sees it as."""

    label: str
    call: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One deed, as the user sees it.

    Attributes:
        steps: sent in order, stopped at the first that fails.
        summary: the one screen that is put to the user.
        facts: the same by name, for programs.
        guards: what is read again just before sending, as plain JSON; the desk knows how.
    """

    title: str
    venue: str
    market: str
    steps: tuple[Step, ...]
    summary: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    guards: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What an action is bound to: it can be confirmed only where all three are the same.

    Attributes:
        mode: paper, testnet or live.
        account: a fingerprint of the venue's key (no part of it), so that a changed key voids what was proposed.
        principal: who is connected; over stdio the machine's own user.
    """

    mode: str
    account: str
    principal: str


@dataclass(slots=True, kw_only=True)
class StepRecord:
    """`report` is what the venue's own read said afterwards, or why the step failed."""

    label: str
    call: Mapping[str, Any]
    state: StepState = StepState.WAITING
    sent_ms: int | None = None
    report: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Action:
    """One row of the record. Everything here may be shown; the token is not here."""

    id: str
    title: str
    venue: str
    market: str
    state: ActionState
    origin: Origin
    summary: str
    facts: Mapping[str, Any]
    guards: Sequence[Mapping[str, Any]]
    steps: list[StepRecord]
    created_ms: int
    expires_ms: int
    approved_ms: int | None = None
    finished_ms: int | None = None
    channel: str = ""
    client: str = ""
    reason: str = ""
    token_hash: str = field(default="", repr=False)
    seal: str = field(default="", repr=False)


class Ledger(Protocol):
    """Where actions live. Every method is one durable transaction: when it returns, it is on disk."""

    def add(self, action: Action) -> None: ...

    def get(self, id: str) -> Action | None: ...

    def recent(self, *, limit: int, states: Sequence[ActionState] = ()) -> list[Action]:
        """Newest first."""
        ...

    def move(
        self, id: str, source: ActionState, target: ActionState, *, reason: str = "", at_ms: int | None = None
    ) -> bool:
        """Changes the state if it is `source`; tells whether it was. The change is one conditional UPDATE."""
        ...

    def claim(self, id: str, *, now_ms: int, channel: str, client: str) -> bool:
        """pending -> approved, if it is pending and has not expired. True for exactly one caller, ever."""
        ...

    def step(self, id: str, n: int, record: StepRecord) -> None:
        """Writes one step; the first that is sending moves the action from approved to sent."""
        ...

    def orphans(self) -> list[Action]:
        """Actions that are approved, sent or unknown and whose process is gone, taken over by this one."""
        ...

    def mine(self, state: ActionState) -> list[Action]:
        """Actions of this process in that state."""
        ...
