"""The only way a write is sent.

A write is proposed, shown, and confirmed by the user's literal word. Only this module can mint an `Approved`, and the
client sends nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import anyio

from blave_mcp.exchanges.actions import (
    CONFIRM,
    Action,
    ActionState,
    Ledger,
    Origin,
    Proposal,
    StepRecord,
    StepState,
)
from blave_mcp.exchanges.clock import Clock
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import (
    NOTHING_SENT,
    BlaveError,
    NeedsConfirmation,
    NoSuchAction,
    OutcomeUnknown,
)
from blave_mcp.exchanges.models import Trace
from blave_mcp.exchanges.untrusted import quoted

_MINT = object()
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_ID_LENGTH = 12
DEFAULT_TTL_MS = 5 * 60 * 1000
DEFAULT_READING_MS = 2_000
LOOKUPS = 3
LOOKUP_PAUSE = 0.5


class Approved:
    """Leave to send one call, once. Minted by the gate alone."""

    __slots__ = ("_call", "_spent", "left")

    def __init__(self, mint: object, call: Call) -> None:
        if mint is not _MINT:
            raise NeedsConfirmation("An approval comes from confirm_action and from nowhere else.")
        self._call = call
        self._spent = False
        self.left = False

    @property
    def call(self) -> Call:
        return self._call

    def spend(self) -> Call:
        """Returns the call, the first time; raises NeedsConfirmation ever after."""
        if self._spent:
            raise NeedsConfirmation("This approval has been used.")
        self._spent = True
        return self._call

    def leaving(self) -> None:
        """Said by the client just before the first byte leaves."""
        self.left = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What a write tool returns: the only place where the token stands in clear."""

    action: Action
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What the gate needs of the world, given by the desk.

    Attributes:
        revive: makes the call again from its stored form, with every check.
        recheck: reads again what the action's guards name; returns the objection, or "".
        send: sends one approved call; returns what of a batch the venue refused, a line each.
        trace: asks the venue what became of a call; None where no read tells.
    """

    revive: Callable[[StepRecord], Call]
    recheck: Callable[[Action], Awaitable[str]]
    send: Callable[[Action, Approved], Awaitable[Sequence[str]]]
    trace: Callable[[Action, Call, int], Awaitable[Trace | None]]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _seal(token: str, action: Action) -> str:
    """Binds everything that will be sent and everything that was shown to the token, which the record does not hold."""
    content = [
        action.id,
        action.title,
        action.venue,
        action.market,
        [action.origin.mode, action.origin.account, action.origin.principal],
        action.summary,
        action.guards,
        [[step.label, step.call] for step in action.steps],
        action.created_ms,
        action.expires_ms,
    ]
    text = json.dumps(content, sort_keys=True, ensure_ascii=True)
    return hmac.new(token.encode(), text.encode(), hashlib.sha256).hexdigest()


class Gate:
    """Proposes, confirms, sends and accounts for writes.

    Args:
        ttl_ms: how long a pending action can be confirmed.
        reading_ms: a confirmation that comes faster than this was not read by a person.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        hands: Hands,
        *,
        ttl_ms: int = DEFAULT_TTL_MS,
        reading_ms: int = DEFAULT_READING_MS,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._hands = hands
        self.ttl_ms = ttl_ms
        self.reading_ms = reading_ms

    @staticmethod
    def new_id() -> str:
        """An action's id: 60 random bits in letters and digits, short enough for every venue's client order id."""
        return "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH))

    def propose(self, id: str, proposal: Proposal, origin: Origin) -> Pending:
        """Records a pending action and returns its token. Nothing is sent.

        Raises:
            ValueError: a step does not write (a programming error).
        """
        if not proposal.steps or any(not step.call.endpoint.writes for step in proposal.steps):
            raise ValueError("an action is made of writes")
        now = self._clock.now_ms()
        token = f"{id}-{secrets.token_urlsafe(18)}"
        action = Action(
            id=id,
            title=proposal.title,
            venue=proposal.venue,
            market=proposal.market,
            state=ActionState.PENDING,
            origin=origin,
            summary=proposal.summary,
            facts=proposal.facts,
            guards=list(proposal.guards),
            steps=[StepRecord(label=step.label, call=step.call.to_json()) for step in proposal.steps],
            created_ms=now,
            expires_ms=now + self.ttl_ms,
            token_hash=_digest(token),
        )
        action.seal = _seal(token, action)
        self._ledger.add(action)
        return Pending(action=action, token=token)

    def get(self, token_or_id: str) -> Action:
        """Raises NoSuchAction."""
        action = self._ledger.get(token_or_id[:_ID_LENGTH])
        if action is None:
            raise NoSuchAction("There is no such action.", advice="list_actions shows those that there are.")
        return self._aged(action)

    def recent(self, limit: int = 20) -> list[Action]:
        """Newest first."""
        return [self._aged(action) for action in self._ledger.recent(limit=limit)]

    def _aged(self, action: Action) -> Action:
        now = self._clock.now_ms()
        if action.state is ActionState.PENDING and now >= action.expires_ms:
            self._ledger.move(
                action.id, ActionState.PENDING, ActionState.EXPIRED, reason="not confirmed in time", at_ms=now
            )
            return self._ledger.get(action.id) or action
        return action

    def discard(self, token_or_id: str, reason: str = "discarded on request") -> Action:
        """Raises NoSuchAction where it is no longer pending."""
        action = self.get(token_or_id)
        now = self._clock.now_ms()
        if not self._ledger.move(action.id, ActionState.PENDING, ActionState.DISCARDED, reason=reason, at_ms=now):
            raise NoSuchAction(
                f"Action {action.id} is {self.get(action.id).state}; it can no longer be discarded.",
                undone="Nothing was changed.",
            )
        return self.get(action.id)

    def _held(self, token: str, origin_of: Callable[[Action], Origin]) -> Action:
        """Returns the pending action that this token opens, here and now."""
        action = self._ledger.get(token[:_ID_LENGTH])
        if action is None or not hmac.compare_digest(action.token_hash, _digest(token)):
            raise NoSuchAction("No pending action has this token.", advice="Propose the action again.")
        action = self._aged(action)
        if action.state is not ActionState.PENDING:
            undone = (
                NOTHING_SENT
                if action.state in (ActionState.DISCARDED, ActionState.EXPIRED)
                else "It was not sent again."
            )
            raise NoSuchAction(
                f"Action {action.id} is {action.state}.", undone=undone, advice="get_action tells what became of it."
            )
        origin = origin_of(action)
        if action.origin != origin:
            raise NoSuchAction(
                f"Action {action.id} was proposed in {action.origin.mode} mode, for another account or by another"
                f" client than this one ({origin.mode}).",
                advice="Propose it again here.",
            )
        return action

    async def confirm(
        self, token: str, word: str, *, origin_of: Callable[[Action], Origin], channel: str, client: str
    ) -> Action:
        """Sends the action that the token opens, once, if and only if the word is CONFIRM to the letter.

        Returns:
            The action as it stands afterwards: done, refused or unknown.

        Raises:
            NoSuchAction: unknown, used, expired, discarded or foreign token. Nothing was sent.
            NeedsConfirmation: another word (the action is discarded), or faster than a person reads (it stays
                pending). Nothing was sent.
        """
        action = self._held(token, origin_of)
        if word != CONFIRM:
            self._ledger.move(
                action.id,
                ActionState.PENDING,
                ActionState.DISCARDED,
                reason=f"the answer was {quoted(word, most=40)}",
                at_ms=self._clock.now_ms(),
            )
            told = quoted(word, most=40)
            near = f"{CONFIRM} with something invisible in or around it" if told == quoted(CONFIRM) else told
            raise NeedsConfirmation(
                f"The answer was {near}, not {CONFIRM} to the letter. The action was discarded.",
                advice="Propose it again if the user still wants it.",
            )
        waited = max(0, self._clock.now_ms() - action.created_ms)
        if waited < self.reading_ms:
            raise NeedsConfirmation(
                f"The confirmation came {waited / 1000:.1f} s after the summary, faster than a person can read it."
                " The action is still pending.",
                advice="Show the summary to the user and pass on the word that the user types.",
            )
        if not hmac.compare_digest(action.seal, _seal(token, action)):
            self._refuse(action.id, ActionState.PENDING, "the record was changed after it was shown")
            raise NoSuchAction(
                f"The record of action {action.id} was changed after it was shown.", advice="Propose it again."
            )
        calls = [self._hands.revive(step) for step in action.steps]
        if not self._ledger.claim(action.id, now_ms=self._clock.now_ms(), channel=channel, client=client):
            return self._raise_taken(action.id)
        with anyio.CancelScope(shield=True):
            await self._carry_out(action, calls)
        return self.get(action.id)

    def _raise_taken(self, id: str) -> Action:
        state = self.get(id).state
        raise NoSuchAction(
            f"Action {id} is {state}.", undone="It was not sent again.", advice="get_action tells what became of it."
        )

    def _refuse(self, id: str, source: ActionState, reason: str) -> None:
        self._ledger.move(id, source, ActionState.REFUSED, reason=reason, at_ms=self._clock.now_ms())

    async def _carry_out(self, action: Action, calls: list[Call]) -> None:
        try:
            objection = await self._hands.recheck(action)
        except BlaveError as error:
            objection = f"What the summary rests on could not be read again: {error.what}"
        except Exception as error:  # noqa: BLE001 - nothing has left; an action must not stay approved
            objection = f"What the summary rests on could not be read again ({type(error).__name__})."
        if objection:
            self._refuse(
                action.id, ActionState.APPROVED, f"{objection} {NOTHING_SENT} Propose it again for a fresh summary."
            )
            return
        for n, call in enumerate(calls):
            if not await self._send_step(action, n, call):
                break
        self._conclude(action.id)

    async def _send_step(self, action: Action, n: int, call: Call) -> bool:
        """Sends one step and records it; tells whether the next may follow."""
        step = action.steps[n]
        step.state, step.sent_ms = StepState.SENDING, self._clock.now_ms()
        self._ledger.step(action.id, n, step)
        approved = Approved(_MINT, call)
        try:
            refused = await self._hands.send(action, approved)
        except BlaveError as error:
            known = not isinstance(error, OutcomeUnknown) or not approved.left
            step.state = StepState.REFUSED if known else StepState.UNKNOWN
            step.report = str(error) if approved.left else f"{error.what} {NOTHING_SENT} {error.advice}".strip()
        except Exception as error:  # noqa: BLE001 - whatever it is, what left stays unknown and is recorded
            step.state = StepState.UNKNOWN if approved.left else StepState.REFUSED
            step.report = (
                f"A fault in the server ({type(error).__name__}). {'' if approved.left else NOTHING_SENT}".strip()
            )
        else:
            step.state = StepState.DONE
            step.report = "\n".join(["The venue accepted it.", *(f"It refused a part: {part}" for part in refused)])
            step.facts = {"refused_parts": list(refused)} if refused else {}
        self._ledger.step(action.id, n, step)
        if step.state is not StepState.REFUSED:
            await self._look_up(action, n, call)
        return step.state is StepState.DONE

    async def _look_up(self, action: Action, n: int, call: Call) -> None:
        """Asks the venue what became of a step, a few times where it does not know yet."""
        step = action.steps[n]
        for attempt in range(LOOKUPS):
            if attempt:
                await self._clock.sleep(LOOKUP_PAUSE * attempt)
            try:
                trace = await self._hands.trace(action, call, step.sent_ms or 0)
            except Exception as error:  # noqa: BLE001 - what was sent is recorded, whatever the look-up meets
                why = error.what if isinstance(error, BlaveError) else type(error).__name__
                if step.state is StepState.DONE:
                    step.report = f"The venue accepted it; it could not be verified: {why}"
                continue
            if trace is None:
                break
            if trace.found:
                refused = step.facts.get("refused_parts", [])
                step.report = "\n".join([trace.text, *(f"The venue refused a part: {part}" for part in refused)])
                step.state, step.facts = StepState.DONE, {**step.facts, **trace.facts}
                break
            if trace.found is False and step.state is StepState.UNKNOWN:
                step.state, step.report = StepState.REFUSED, f"{trace.text} It did not take effect."
                break
        self._ledger.step(action.id, n, step)

    def _conclude(self, id: str) -> None:
        """Derives the action's state from its steps'."""
        action = self._ledger.get(id)
        if action is None or action.state not in (ActionState.SENT, ActionState.UNKNOWN):
            return
        states = [step.state for step in action.steps]
        if StepState.UNKNOWN in states or StepState.SENDING in states:
            target, reason = ActionState.UNKNOWN, "the outcome is being looked up"
        elif all(state is StepState.DONE for state in states):
            target, reason = ActionState.DONE, ""
        else:
            done = states.count(StepState.DONE)
            target = ActionState.REFUSED
            reason = f"{done} of {len(states)} steps took effect; the rest was not sent" if done else "refused"
        if target is not action.state:
            self._ledger.move(id, action.state, target, reason=reason, at_ms=self._clock.now_ms())

    async def recover(self) -> list[Action]:
        """Brings actions that a crash left open to a true state; those that cannot be told yet stay unknown.

        An approved action whose process is gone never sent a byte, since intent is on disk before the first one.
        Steps that were waiting are never sent.
        """
        settled = []
        for action in self._ledger.orphans():
            if action.state is ActionState.APPROVED:
                self._refuse(action.id, ActionState.APPROVED, f"the server stopped before sending. {NOTHING_SENT}")
            else:
                for step_n, step in enumerate(action.steps):
                    if step.state is StepState.SENDING:
                        step.state, step.report = StepState.UNKNOWN, "the server stopped while sending"
                        self._ledger.step(action.id, step_n, step)
                await self.resolve(action.id)
            settled.append(self.get(action.id))
        return settled

    async def resolve(self, id: str) -> Action:
        """Looks an unknown action's open steps up once more."""
        action = self.get(id)
        for n, step in enumerate(action.steps):
            if step.state is StepState.UNKNOWN:
                await self._look_up(action, n, self._hands.revive(step))
        self._conclude(id)
        return self.get(id)

    def unresolved(self) -> list[Action]:
        """Actions of this process whose outcome is unknown."""
        return self._ledger.mine(ActionState.UNKNOWN)
