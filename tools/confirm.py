"""The tools that confirm, discard and look up actions. `confirm_action` alone sends."""

from __future__ import annotations

from typing import Any

from blave_mcp.exchanges.actions import CONFIRM, Action, ActionState, StepState
from blave_mcp.exchanges.errors import NOTHING_SENT, NeedsConfirmation
from blave_mcp.exchanges.params import anything, integer, text
from blave_mcp.tools.desk import Caller, Desk
from blave_mcp.tools.spec import Result, Tool, Toolset, Touch, columnar, csv
from blave_mcp.tools.summary import MODE_LINES, utc


async def confirm_action(desk: Desk, caller: Caller, *, token: str, confirmation: str = "") -> Result:
    word, channel = confirmation, "chat"
    if desk.channel == "dialog":
        action = desk.gate.get(token)
        if action.state is ActionState.PENDING:
            typed = await caller.ask_word(f"{action.summary}\n\nType {CONFIRM} to send this one action.")
            if typed is None:
                raise NeedsConfirmation(
                    "This server takes confirmations from a dialog only, and this client has none."
                    " The action is pending.",
                    advice="Use a client with elicitation, or let the operator set BLAVE_MCP_CONFIRM=chat.",
                )
            word, channel = typed, "dialog"
    done = await desk.gate.confirm(token, word, origin_of=desk.origin_of, channel=channel, client=caller.client)
    return _result(done)


async def discard_action(desk: Desk, *, action: str) -> Result:
    gone = desk.gate.discard(action)
    return Result(f"Action {gone.id} ({gone.title}) was discarded. {NOTHING_SENT}", action_data(gone))


async def get_action(desk: Desk, *, action: str) -> Result:
    found = desk.gate.get(action)
    if found.state is ActionState.UNKNOWN:
        found = await desk.gate.resolve(found.id)
    return _result(found, failed=False)


async def list_actions(desk: Desk, *, limit: int = 20) -> Result:
    actions = desk.gate.recent(limit)
    columns = ("action", "proposed", "mode", "state", "title", "reason")
    rows = [(a.id, utc(a.created_ms), a.origin.mode, a.state.value, a.title, a.reason) for a in actions]
    head = f"{len(actions)} newest action{'' if len(actions) == 1 else 's'}" if actions else "There are no actions yet."
    return Result(f"{head}\n{csv(columns, rows)}" if actions else head, columnar(columns, rows))


def _result(action: Action, *, failed: bool | None = None) -> Result:
    bad = action.state in (ActionState.REFUSED, ActionState.UNKNOWN)
    return Result(report(action), action_data(action), failed=bad if failed is None else failed)


def report(action: Action) -> str:
    """What became of an action, for the user."""
    lines = [f"{action.state.upper()}: {action.title}", f"  Mode    {MODE_LINES[action.origin.mode]}"]
    if action.reason:
        lines.append(f"  Reason  {action.reason}")
    for n, step in enumerate(action.steps, 1):
        numbered = f"{n}. " if len(action.steps) > 1 else ""
        lines.append(f"  {numbered}{step.label}: {_STEP_WORDS[step.state]}")
        lines += [f"      {line}" for line in step.report.splitlines()]
    if action.state is ActionState.PENDING:
        lines.append(f"  {NOTHING_SENT} It can be confirmed until {utc(action.expires_ms)}.")
    if action.state in (ActionState.DISCARDED, ActionState.EXPIRED):
        lines.append(f"  {NOTHING_SENT}")
    if action.state is ActionState.UNKNOWN:
        lines.append("  It may have taken effect. Do not send it again; ask get_action in a few seconds.")
    lines.append(f"  Action  {action.id}, proposed {utc(action.created_ms)}")
    if action.channel:
        lines.append(f"  Confirmed by {action.channel}, from {action.client}, {utc(action.approved_ms or 0)}")
    return "\n".join(lines)


_STEP_WORDS = {
    StepState.WAITING: "not sent",
    StepState.SENDING: "being sent",
    StepState.DONE: "done",
    StepState.REFUSED: "refused",
    StepState.UNKNOWN: "outcome unknown",
}


def action_data(action: Action) -> dict[str, Any]:
    return {
        "action": action.id,
        "state": action.state.value,
        "title": action.title,
        "venue": action.venue,
        "market": action.market,
        "mode": action.origin.mode,
        "reason": action.reason,
        "created_ms": action.created_ms,
        "expires_ms": action.expires_ms,
        "approved_ms": action.approved_ms,
        "channel": action.channel,
        "client": action.client,
        "steps": [
            {"label": s.label, "state": s.state.value, "report": s.report, "facts": dict(s.facts)} for s in action.steps
        ],
    }


_ACTION = text("action", "The action's id or token.", required=True)

CONFIRM_TOOLS = (
    Tool(
        name="confirm_action",
        title="Confirm an action",
        doc=(
            "Sends one pending action, once, if the user's own reply is exactly CONFIRM; any other reply discards it "
            "and nothing is sent. Pass the user's reply to the letter; never supply the word yourself. Returns what "
            "the venue says became of it: filled size, average price, position, liquidation price."
        ),
        toolset=Toolset.CONFIRM,
        touch=Touch.CONFIRM,
        run=confirm_action,
        params=(
            text("token", "The token of the pending action.", required=True),
            anything("confirmation", "The user's reply, unchanged."),
        ),
        wants_caller=True,
    ),
    Tool(
        name="discard_action",
        title="Discard an action",
        doc="Takes a pending action back. Nothing is sent.",
        toolset=Toolset.CONFIRM,
        touch=Touch.DISCARD,
        run=discard_action,
        params=(_ACTION,),
    ),
    Tool(
        name="get_action",
        title="What became of an action",
        doc="Tells an action's state, and looks an unknown outcome up at the venue once more. Sends no write.",
        toolset=Toolset.CONFIRM,
        touch=Touch.READ,
        run=get_action,
        params=(_ACTION,),
    ),
    Tool(
        name="list_actions",
        title="The record of actions",
        doc="Lists proposed, confirmed, refused and discarded actions, newest first.",
        toolset=Toolset.CONFIRM,
        touch=Touch.READ,
        run=list_actions,
        params=(integer("limit", "How many, at most 200.", low=1, high=200),),
    ),
)
