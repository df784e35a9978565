"""What a venue's error code means and proves, and the words that venues share."""

from __future__ import annotations

from dataclasses import dataclass, replace

from blave_mcp.exchanges.dialect import Verdict

CLOCK_ADVICE = "The clock is compared with the venue's; propose it again."
FORM_ADVICE = "Look at the endpoint's parameters and correct the request."
ASK_FIRST = "Ask for the order or the state before anything is sent again."


@dataclass(frozen=True, slots=True)
class Code:
    """A documented error.

    Attributes:
        verdict: REFUSED only where the error proves that nothing was changed.
    """

    meaning: str
    advice: str = ""
    verdict: Verdict = Verdict.REFUSED
    bad_key: bool = False
    clock_skew: bool = False
    not_found: bool = False


def unknown(meaning: str) -> Code:
    return Code(meaning, ASK_FIRST, Verdict.UNKNOWN)


def limited(meaning: str) -> Code:
    return Code(meaning, "Wait, and ask less often.", Verdict.RATE_LIMITED)


def form(meaning: str) -> Code:
    return Code(meaning, FORM_ADVICE)


def harmless(code: Code) -> Code:
    """The same error for a request that changes nothing: it may be asked again."""
    return replace(code, verdict=Verdict.UNAVAILABLE) if code.verdict is Verdict.UNKNOWN else code
