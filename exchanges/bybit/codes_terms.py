"""What a return code is made of, and the advice that many of them share."""

from __future__ import annotations

from dataclasses import dataclass

from blave_mcp.exchanges.dialect import Verdict

KEY_ADVICE = (
    "Check BYBIT_API_KEY and BYBIT_API_SECRET, the key's permissions, its expiry and its IP list at"
    " https://www.bybit.com/app/user/api-management; the testnet has keys of its own."
)
FORM_ADVICE = "Look at the endpoint's parameters and correct the request."
FUNDS = "Use a smaller size, or move funds into the unified account."
GRID = "See the instrument's rules."


@dataclass(frozen=True, slots=True)
class Code:
    """A documented return code.

    Attributes:
        verdict: REFUSED only where the code proves that nothing was changed.
    """

    meaning: str
    advice: str = ""
    verdict: Verdict = Verdict.REFUSED
    bad_key: bool = False
    clock_skew: bool = False
    not_found: bool = False


def key(meaning: str) -> Code:
    return Code(meaning, KEY_ADVICE, bad_key=True)


def unknown(meaning: str) -> Code:
    return Code(meaning, "Ask for the order or the state before anything is sent again.", Verdict.UNKNOWN)


def limited(meaning: str) -> Code:
    return Code(meaning, "Wait, and ask less often.", Verdict.RATE_LIMITED)


def form(meaning: str) -> Code:
    return Code(meaning, FORM_ADVICE)


def funds(meaning: str) -> Code:
    return Code(meaning, FUNDS)
