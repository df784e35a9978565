"""The one screen that is put to the user before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from blave_mcp.exchanges.actions import CONFIRM

RISK = "Not financial advice. Trading carries significant risk of loss."
MODE_LINES = {
    "paper": "PAPER - simulated exchange, no real money",
    "testnet": "TESTNET - the venue's test environment, no real money",
    "live": "LIVE - REAL MONEY",
}


def utc(ms: int) -> str:
    """2026-01-31 08:15:00 UTC."""
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


@dataclass(slots=True)
class Summary:
    """Rows in the order in which they are shown. A row whose value is "" or None is left out."""

    title: str
    rows: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    verify: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    def row(self, label: str, value: object) -> None:
        if value not in ("", None):
            self.rows.append((label, str(value)))

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def render(
        self, *, mode: str, steps: Sequence[str], expires_ms: int, ttl_ms: int, prices: str = "", notice: str = ""
    ) -> str:
        """Returns the screen. `steps` are shown where there is more than one."""
        rows = [("Mode", MODE_LINES[mode]), *([("Prices", prices)] if prices else []), *self.rows]
        if len(steps) == 1:
            rows.append(("Sends", steps[0]))
        if self.verify:
            rows.append(("Then reads", self.verify))
        rows.append(("Expires", f"{utc(expires_ms)} (in {ttl_ms // 1000} s)"))
        width = max(len(label) for label, _ in rows)
        lines = [f"PENDING ACTION: {self.title}"]
        lines += [f"  {label:<{width}}  {value}" for label, value in rows]
        if len(steps) > 1:
            lines.append("  Sends, in this order, stopping at the first that fails:")
            lines += [f"    {n}. {step}" for n, step in enumerate(steps, 1)]
        lines += [f"  WARNING: {warning}" for warning in self.warnings]
        if notice:
            lines.append(f"  NOTICE: {notice}")
        lines.append(f"  {RISK}")
        return "\n".join(lines)


def ask_user(token: str, facts: Mapping[str, Any]) -> str:
    """What the model is to do with a pending action."""
    return (
        "Nothing has been sent. Show the summary above to the user and ask: "
        f'"Reply with exactly {CONFIRM} to send this one action; anything else discards it." '
        f"Then call confirm_action with token {token} and, as confirmation, the user's reply to the letter. "
        "Never write the word yourself."
    )
