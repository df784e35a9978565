"""The error tree.

Every failure that a user can meet is one of these. Each says three things: what was wrong, what was not done,
and what to do next. None carries a secret.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

NOTHING_SENT = "Nothing was sent."
NO_DATA = "No data was returned."


class BlaveError(Exception):
    """A failure that is told to the user.

    Args:
        what: what was wrong, one or two sentences.
        undone: what was not done; empty where the answer is not known.
        advice: what to do next.
    """

    def __init__(self, what: str, *, undone: str = NOTHING_SENT, advice: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.undone = undone
        self.advice = advice

    @property
    def name(self) -> str:
        return type(self).__name__

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.undone, self.advice) if part)


class BadArgument(BlaveError):
    """An argument that cannot be used as it is."""


class MissingCredentials(BlaveError):
    """No key, or half of one: says which variables are wanted and where to make a key."""


class NeedsConfirmation(BlaveError):
    """A write was asked for where only a confirmed action may write."""


class NoSuchAction(BlaveError):
    """The token belongs to no action that can still be confirmed."""


class VenueRefused(BlaveError):
    """The venue said no, and its answer proves that nothing was changed.

    Attributes:
        code: the venue's own code.
    """

    def __init__(self, what: str, *, code: str = "", undone: str = "", advice: str = "") -> None:
        super().__init__(what, undone=undone or "Nothing was changed.", advice=advice)
        self.code = code


class RateLimited(BlaveError):
    """A limit was met before or by the venue.

    Attributes:
        seconds: how long to wait.
    """

    def __init__(self, what: str, *, seconds: float, undone: str = NOTHING_SENT, advice: str = "") -> None:
        super().__init__(what, undone=undone, advice=advice or f"Wait {seconds:.0f} s and ask again.")
        self.seconds = seconds


class OutcomeUnknown(BlaveError):
    """A write left, and what became of it is not known.

    Attributes:
        client_ids: the client order ids by which the venue can be asked.
    """

    def __init__(self, what: str, *, client_ids: tuple[str, ...] = (), advice: str = "") -> None:
        super().__init__(what, undone="It may or may not have taken effect; do not send it again.", advice=advice)
        self.client_ids = client_ids


class Unavailable(BlaveError):
    """The network or the venue is down, or the data cannot be had now."""


class Unsupported(BlaveError):
    """The venue has no such thing; says the nearest that it has."""


class LimitExceeded(BlaveError):
    """One of the operator's own limits."""


class Halted(BlaveError):
    """The operator has halted trading."""


def nearest(word: str, known: Iterable[str], *, count: int = 5) -> list[str]:
    """Returns the names in `known` that look most like `word`, best first, compared without case."""
    by_folded = {name.casefold(): name for name in known}
    found = get_close_matches(word.casefold(), by_folded, n=count, cutoff=0.5)
    return [by_folded[name] for name in found]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Returns "Did you mean a, b?" or the first few known names where nothing is near."""
    names = list(known)
    near = nearest(word, names)
    if near:
        return f"Did you mean {', '.join(near)}?"
    shown = ", ".join(names[:12])
    return f"Known: {shown}{' ...' if len(names) > 12 else ''}." if names else ""
