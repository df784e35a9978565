"""Stand-ins for what lies outside the project: time, the network, whoever calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import anyio.lowlevel
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from blave_mcp.exchanges.wire import HttpReply, HttpRequest, NetworkFault

START_MS = 1_767_225_600_000
"""2026-01-01 00:00:00 UTC."""

Answer = Any
"""What a fake venue says: an HttpReply, an exception to raise, or plain JSON (answered with 200)."""

Answers = Mapping[tuple[str, str], Answer | Callable[[HttpRequest], Answer]]


class FakeClock:
    """Time that stands still until a test moves it, or until somebody sleeps."""

    def __init__(self, now_ms: int = START_MS) -> None:
        self.ms = now_ms
        self.slept: list[float] = []

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
        await anyio.lowlevel.checkpoint()

    def advance(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)


class RecordingTransport:
    """Answers by (method, path) and keeps every request.

    An answer may be a function of the request. A request that nobody foresaw fails the test that sent it.

    Attributes:
        requests: everything that was sent, in order.
    """

    def __init__(self, answers: Answers) -> None:
        self.answers = dict(answers)
        self.requests: list[HttpRequest] = []

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        await anyio.lowlevel.checkpoint()
        self.requests.append(request)
        route = (request.method, urlsplit(request.url).path)
        if route not in self.answers:
            raise AssertionError(f"no answer for {route[0]} {route[1]}")
        answer = self.answers[route]
        if callable(answer) and not isinstance(answer, type):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, HttpReply) else reply(answer)

    def sent(self, method: str = "", path: str = "") -> list[HttpRequest]:
        """The requests of a method, to a path; "" is any."""
        return [r for r in self.requests if method in ("", r.method) and path in ("", urlsplit(r.url).path)]


class Silence:
    """A transport that no request may reach."""

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        raise AssertionError(f"{request!r} was sent")


def reply(payload: Any, status: int = 200, **headers: str) -> HttpReply:
    """JSON as a venue sends it. `headers` are written with underscores: retry_after="3"."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpReply(status, named, json.dumps(payload).encode())


def unreachable(*, sent: bool) -> NetworkFault:
    """The network breaks, before (`sent=False`) or after the first byte left."""
    return NetworkFault("the connection broke", sent=sent)


def query(request: HttpRequest) -> dict[str, str]:
    """The query of a request, decoded; the test's own reading, not the dialect's."""
    return dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True))


@dataclass(slots=True)
class FakeHalt:
    """The operator's brake, in a test's hand."""

    why: str = ""

    def reason(self) -> str:
        return self.why


@dataclass(slots=True)
class FakeCaller:
    """A client that answers a dialog with `word` (None: it has no dialog) and keeps what it was told."""

    client: str = "test 1.0"
    word: str | None = None
    asked: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    async def progress(self, done: float, total: float | None, text: str) -> None:
        self.heard.append(text)

    async def ask_word(self, question: str) -> str | None:
        self.asked.append(question)
        return self.word


def visible_text(*, most: int = 12) -> SearchStrategy[str]:
    """Any text that may stand in an argument: nothing in it is invisible."""
    seen = st.characters(exclude_categories=("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    return st.text(seen, min_size=1, max_size=most)
