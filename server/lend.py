"""`blave-mcp lend`: a person sees the whole plan in a terminal and types CONFIRM for this one run.

Every cancel and every offer still goes through the gate as an action of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from blave_mcp.exchanges.actions import CONFIRM, Action, ActionState
from blave_mcp.exchanges.errors import BlaveError
from blave_mcp.tools.confirm import report
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.format import exact
from blave_mcp.tools.spec import Result
from blave_mcp.tools.summary import MODE_LINES, RISK
from blave_mcp.tools.workflows.lending import Plan, make_plan, plan_lines, propose_cancels, propose_offers

CHANNEL = "terminal"
CLIENT = "blave-mcp lend"
ASK = f"Type {CONFIRM} to do exactly this, once; anything else ends it: "

Say = Callable[[str], None]
Ask = Callable[[str], str]


class Lender:
    """One run.

    Args:
        options: of `make_plan`, but for the currency.
        ask: puts a question to the person at the terminal and returns what was typed.
    """

    def __init__(self, desk: Desk, currency: str, options: dict[str, object], say: Say, ask: Ask) -> None:
        self._desk = desk
        self._currency = currency
        self._options = options
        self._say = say
        self._ask = ask

    async def run(self) -> int:
        """Returns 0 where everything was done, 1 where something was not, and says what."""
        plan = await self._plan()
        self._show(plan)
        if not plan.rungs:
            return 0
        if not self._agreed():
            return 1
        if plan.resting:
            if not await self._carry_out(await propose_cancels(self._desk, plan)):
                self._say("Not every offer could be taken back; nothing was offered. Look at the account.")
                return 1
            again = await self._plan()
            if again.resting or again.status.wallet.free < plan.total:
                self._say("The wallet is not what the plan was made for; this is the plan for what is free now.")
                self._show(again)
                if again.resting or not again.rungs:
                    return 1
                if not self._agreed():
                    return 1
                plan = again
        done = await self._carry_out(propose_offers(self._desk, plan))
        return 0 if done else 1

    async def _plan(self) -> Plan:
        options = {name: value for name, value in self._options.items() if value not in (None, "")}
        return await make_plan(self._desk, self._currency, **options)  # type: ignore[arg-type]

    def _show(self, plan: Plan) -> None:
        prices = f" Prices: {self._desk.prices}." if self._desk.prices else ""
        self._say(f"Mode: {MODE_LINES[self._desk.mode]}.{prices}")
        for line in plan_lines(plan):
            self._say(line)
        if not plan.rungs:
            return
        for one in plan.resting:
            self._say(f"First takes back offer {one.id}: {exact(one.amount)} at {exact(one.rate)} a day.")
        self._say(f"Then makes {len(plan.rungs)} offers as above. What is lent cannot be taken back for its period.")
        self._say(RISK)

    def _agreed(self) -> bool:
        if self._ask(ASK) == CONFIRM:
            return True
        self._say("Nothing was sent.")
        return False

    async def _carry_out(self, proposed: Sequence[Result]) -> bool:
        """Confirms one action after the other, stopping at the first that is not done."""
        gate = self._desk.gate
        await self._desk.clock.sleep(gate.reading_ms / 1000)
        for n, one in enumerate(proposed):
            try:
                action = await gate.confirm(
                    one.data["token"], CONFIRM, origin_of=self._desk.origin_of, channel=CHANNEL, client=CLIENT
                )
            except BlaveError as error:
                self._say(f"{error.name}: {error}")
                return self._stop(proposed[n + 1 :])
            if action.state is ActionState.UNKNOWN:
                action = await self._settled(action)
            self._say(report(action))
            if action.state is not ActionState.DONE:
                return self._stop(proposed[n + 1 :])
        return True

    async def _settled(self, action: Action) -> Action:
        for _ in range(6):
            await self._desk.clock.sleep(2)
            action = await self._desk.gate.resolve(action.id)
            if action.state is not ActionState.UNKNOWN:
                break
        return action

    def _stop(self, left: Sequence[Result]) -> bool:
        for one in left:
            self._desk.gate.discard(one.data["token"])
        self._say(f"Stopped. {len(left)} more actions were not sent.")
        return False
