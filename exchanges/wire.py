"""What travels between a dialect and a transport, and the shape of both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from msgspec import Struct


class HttpRequest(Struct, frozen=True, gc=False):
    """One request, complete: `url` and `body` are the exact bytes that were signed.

    The repr leaves out headers and query, where keys and signatures travel.
    """

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes = b""

    def __repr__(self) -> str:
        return f"HttpRequest({self.method} {self.url.partition('?')[0]})"


@dataclass(frozen=True, slots=True)
class HttpReply:
    """One answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account's key. Nothing of it is ever shown; `label` tells two accounts apart without revealing either."""

    key: str = field(repr=False)
    secret: str = field(repr=False)
    passphrase: str = field(default="", repr=False)

    def __repr__(self) -> str:
        return "Credentials(***)"


class NetworkFault(Exception):
    """A transport could not bring an answer.

    Attributes:
        sent: False only where it is certain that no byte of the request left.
    """

    def __init__(self, what: str, *, sent: bool) -> None:
        super().__init__(what)
        self.sent = sent


class Transport(Protocol):
    """Carries one request and brings one answer. Never retries, never follows a redirect."""

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        """Raises NetworkFault."""
        ...


@dataclass(frozen=True, slots=True)
class StreamReply:
    """The head of an answer that goes on, and its bytes as they come.

    Reading `chunks` raises NetworkFault where the link breaks or stays silent for too long; they end where the venue
    ends the answer.
    """

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]


class Streams(Protocol):
    """A transport that can also bring an answer without an end."""

    def stream(
        self, request: HttpRequest, *, timeout: float, silence: float
    ) -> AbstractAsyncContextManager[StreamReply]:
        """Opens a stream; leaving the context closes it.

        Args:
            timeout: seconds for the answer's head.
            silence: seconds without a byte after which the link counts as dead.

        Raises:
            NetworkFault: on entering, where no answer comes.
        """
        ...
