"""What a venue's dialect and verbs must offer. The engine knows a venue through these and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from blave_mcp.exchanges.catalogue import Catalogue
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.wire import Credentials, HttpReply, HttpRequest

T = TypeVar("T")
Payload = Any
"""A venue's answer: plain JSON in which every fraction is a Decimal."""


@dataclass(frozen=True, slots=True)
class Host:
    """Where a product lives. `backup` serves reads alone when `live` cannot be reached; `testnet` is "" where none."""

    live: str
    testnet: str = ""
    backup: str = ""


class Verdict(StrEnum):
    """What a fault says about the request that met it."""

    REFUSED = "refused"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"


class VenueFault(Exception):
    """A dialect's reading of an answer that is not a success.

    Attributes:
        verdict: REFUSED only where the venue's documentation proves that nothing was changed.
        meaning: what the code means, in our words; `message` is the venue's own text (untrusted).
        retry_after: seconds, where the venue gives them.
        clock_skew: the request's timestamp was outside the venue's window.
        not_found: the thing that was asked for does not exist.
        bad_key: the key is wrong, expired, or lacks the permission.
    """

    def __init__(
        self,
        verdict: Verdict,
        *,
        code: str,
        message: str,
        meaning: str = "",
        advice: str = "",
        retry_after: float | None = None,
        clock_skew: bool = False,
        not_found: bool = False,
        bad_key: bool = False,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.verdict = verdict
        self.code = code
        self.message = message
        self.meaning = meaning
        self.advice = advice
        self.retry_after = retry_after
        self.clock_skew = clock_skew
        self.not_found = not_found
        self.bad_key = bad_key


class Dialect(Protocol):
    """How one venue signs and answers. Pure: no clock, no network, no state.

    Attributes:
        hosts: by product.
        variables: the environment variables of its key, in the order key, secret, passphrase.
        key_page: where a key is made.
        notice: a dated notice that goes with every result in live mode, or "".
    """

    @property
    def venue(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def catalogue(self) -> Catalogue: ...

    @property
    def hosts(self) -> Mapping[str, Host]: ...

    @property
    def variables(self) -> tuple[str, ...]: ...

    @property
    def key_page(self) -> str: ...

    @property
    def notice(self) -> str: ...

    def request(
        self, call: Call, credentials: Credentials | None, *, base_url: str, now_ms: int, testnet: bool
    ) -> HttpRequest:
        """Returns the exact bytes to send. `credentials` are present wherever the endpoint's auth wants them."""
        ...

    def decipher(self, call: Call, reply: HttpReply) -> Payload:
        """Returns the answer's payload, or raises VenueFault."""
        ...

    def refused_parts(self, call: Call, payload: Payload) -> tuple[str, ...]:
        """Returns what of a batch was refused though its answer is a success: one line each, with code and message."""
        ...

    def used(self, call: Call, reply: HttpReply) -> Mapping[str, int]:
        """Returns how much of each bucket the venue says is used, by bucket name."""
        ...

    def client_id(self, product: str, wished: str, tag: str) -> str:
        """Returns a client order id that carries the venue's attribution.

        Args:
            wished: the user's own id, or "".
            tag: unique to the action, the step and the order within it; 1 to 16 letters and digits.

        Raises:
            BadArgument: the user's own id has characters that the venue does not take, or is too long.
        """
        ...

    def clock_call(self, product: str) -> Call | None:
        """Returns the call that reads the venue's time, or None where signing needs no clock."""
        ...

    def clock_ms(self, payload: Payload) -> int:
        """Returns the venue's time from that call's answer."""
        ...


@dataclass(frozen=True, slots=True)
class Ask(Generic[T]):
    """A question to a venue: the reads to send, in order, and how their answers become one model.

    Attributes:
        calls: reads alone.
        parse: takes one payload per call, in the same order.
        form: a type that an answer with a 2xx status may be decoded to straight from its bytes, where it fits; `parse`
            takes plain JSON too. Only for answers that a failure cannot be mistaken for.
    """

    calls: tuple[Call, ...]
    parse: Callable[..., T]
    form: Any = None
