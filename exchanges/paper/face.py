"""What every venue's face is made of: requests taken apart, replies put together, routes, and the transport.

A face answers as its venue would, from an embedded exchange. It shares no code with the dialect that speaks to it, so
that the two check each other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from json.encoder import encode_basestring
from threading import Lock
from typing import Any, Protocol, TypeVar
from urllib.parse import unquote_to_bytes, urlsplit

import anyio

from blave_mcp.exchanges.wire import HttpReply, HttpRequest, NetworkFault, StreamReply

Clock = Callable[[], int]
"""Wall time in Unix milliseconds."""


class Face(Protocol):
    """A venue, seen from outside."""

    @property
    def name(self) -> str:
        """The venue and product: "binance-spot"."""
        ...

    @property
    def base_urls(self) -> tuple[str, ...]:
        """The hosts of the venue that this face stands for, production first."""
        ...

    def handle(self, request: HttpRequest, now_ms: int) -> HttpReply:
        """Answers one request. Whatever is wrong with it is told in the venue's own envelope; nothing is raised."""
        ...


class OpenStream(Protocol):
    """An answer without an end."""

    def poll(self, now_ms: int) -> bytes | None:
        """Returns what is to be sent at this time, b"" for nothing; None where the connection is cut."""
        ...


@dataclass(frozen=True, slots=True)
class FaceTransport:
    """A `Transport` that carries a request no further than to a face in this process; a face itself, too.

    The timeout never runs out: the answer is computed before `send` yields, so that no cancellation cuts it in half.

    Attributes:
        pause: seconds between two looks at a stream.
    """

    face: Face
    clock: Clock
    pause: float = 1 / 4

    @property
    def name(self) -> str:
        return self.face.name

    @property
    def base_urls(self) -> tuple[str, ...]:
        return self.face.base_urls

    def handle(self, request: HttpRequest, now_ms: int) -> HttpReply:
        return self.face.handle(request, now_ms)

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        return self.answer(request)

    def answer(self, request: HttpRequest) -> HttpReply:
        """Answers at the clock's time."""
        return self.face.handle(request, self.clock())

    def open_stream(self, request: HttpRequest) -> OpenStream | HttpReply:
        """Opens what the request asks for; an ordinary answer where it is no stream, or is refused."""
        opening = getattr(self.face, "open_stream", None)
        opened: OpenStream | HttpReply = opening(request, self.clock()) if opening else self.answer(request)
        return opened

    @asynccontextmanager
    async def stream(self, request: HttpRequest, *, timeout: float, silence: float) -> AsyncIterator[StreamReply]:
        """See `Streams`."""
        opened = self.open_stream(request)
        if isinstance(opened, HttpReply):
            yield StreamReply(opened.status, opened.headers, _once(opened.body))
        else:
            yield StreamReply(200, {"content-type": "text/event-stream"}, self._chunks(opened))

    async def _chunks(self, opened: OpenStream) -> AsyncIterator[bytes]:
        while (sent := opened.poll(self.clock())) is not None:
            if sent:
                yield sent
            await anyio.sleep(self.pause)
        raise NetworkFault("the stream was cut", sent=True)


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body


class BookSession(Protocol):
    """Sole access to the books for the length of one request.

    The books are a text that changes, and rows that are added to logs.
    """

    def load(self) -> str | None:
        """Returns the text that was saved last, by whichever process; None if none ever was."""
        ...

    def rows(self) -> list[tuple[str, str]]:
        """Returns every row that is kept: the name of its log, and the row; each log oldest first."""
        ...

    def save(
        self,
        text: str,
        rows: Sequence[tuple[str, str]] = (),
        *,
        keep: Mapping[str, int] | None = None,
        anew: bool = False,
    ) -> None:
        """Replaces the text and adds rows. What was saved is kept when the session ends, also with an exception.

        Args:
            keep: how many rows of a log stay, the newest; all of a log that is not named.
            anew: the rows that were kept before go.
        """
        ...


class BookStore(Protocol):
    """Where an account lies between requests."""

    def session(self) -> AbstractContextManager[BookSession]:
        """Waits until no other session, in this process or another, is open."""
        ...


class MemoryBookStore:
    """Books that live as long as this object."""

    def __init__(self, text: str | None = None) -> None:
        self._text = text
        self._logs: dict[str, deque[str]] = {}
        self._lock = Lock()
        self.saves = 0

    def copy(self) -> MemoryBookStore:
        """Books of their own that begin as these are."""
        other = MemoryBookStore(self._text)
        other._logs = {name: rows.copy() for name, rows in self._logs.items()}
        return other

    @contextmanager
    def session(self) -> Iterator[BookSession]:
        with self._lock:
            yield self

    def load(self) -> str | None:
        return self._text

    def rows(self) -> list[tuple[str, str]]:
        return [(name, row) for name, rows in self._logs.items() for row in rows]

    def save(
        self,
        text: str,
        rows: Sequence[tuple[str, str]] = (),
        *,
        keep: Mapping[str, int] | None = None,
        anew: bool = False,
    ) -> None:
        if anew:
            self._logs.clear()
        for name, row in rows:
            log = self._logs.setdefault(name, deque())
            log.append(row)
            while keep and len(log) > keep.get(name, len(log)):
                log.popleft()
        self._text = text
        self.saves += 1


# Requests


class BadForm(ValueError):
    """A query or form that is not one.

    Attributes:
        name: of the parameter that is at fault; "" if there is none to name.
        twice: it was sent more than once.
    """

    def __init__(self, name: str, *, twice: bool = False) -> None:
        super().__init__(name)
        self.name = name
        self.twice = twice


def path_and_query(url: str) -> tuple[str, str]:
    """Returns the path and the query exactly as they were written, without "?" and fragment."""
    parts = urlsplit(url)
    return parts.path or "/", parts.query


def parse_form(raw: str) -> dict[str, str]:
    """Reads `a=1&b=2`, percent-encoded UTF-8, "+" for a space.

    Raises:
        BadForm: a parameter that comes twice or has no name, an element without "=", or bytes that are not UTF-8.
    """
    found: dict[str, str] = {}
    for piece in raw.split("&") if raw else ():
        name, equals, value = piece.partition("=")
        try:
            name = unquote_to_bytes(name.replace("+", " ")).decode()
            value = unquote_to_bytes(value.replace("+", " ")).decode()
        except UnicodeDecodeError:
            raise BadForm(piece.partition("=")[0]) from None
        if not equals or not name:
            raise BadForm(name)
        if name in found:
            raise BadForm(name, twice=True)
        found[name] = value
    return found


def header(request: HttpRequest, name: str) -> str:
    """Returns a header's value, however its name is spelt; "" if it was not sent."""
    wanted = name.lower()
    return next((value for key, value in request.headers.items() if key.lower() == wanted), "")


# Replies


def encode(value: Any) -> str:
    """Writes JSON. A Decimal becomes a number with all its digits; a float is refused.

    Raises:
        TypeError: a value that JSON has not, or a float.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return encode_basestring(str(value))
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{encode(str(k))}:{encode(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(encode, value)) + "]"
    raise TypeError(f"cannot write {type(value).__name__} as JSON")


def json_reply(status: int, value: Any, headers: Mapping[str, str] | None = None) -> HttpReply:
    """Returns a reply with a JSON body."""
    return HttpReply(
        status, {"content-type": "application/json;charset=UTF-8", **(headers or {})}, encode(value).encode()
    )


def fixed(number: Decimal, places: int = 8) -> str:
    """Returns a decimal with exactly so many places: fixed(Decimal(1), 2) is "1.00"."""
    text = f"{number:.{places}f}"
    return text if text.strip("-0.") else text.lstrip("-")


def short(number: Decimal) -> str:
    """Returns a decimal without needless zeros and without exponent: Decimal("1.50") is "1.5"."""
    if number == 0:
        return "0"
    return f"{number.normalize():f}"


def places_of(grid: Decimal) -> int:
    """Returns how many decimals a grid has: 0.010 has 2."""
    exponent = grid.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


# Limits


@dataclass(slots=True)
class Window:
    """Counts what is used in a fixed window of wall time; all of it is free again when the next begins."""

    length_ms: int
    limit: int
    used: int = 0
    started_ms: int = field(default=-1)

    def add(self, amount: int, now_ms: int) -> bool:
        """Counts `amount`, and tells whether the limit still holds."""
        self.at(now_ms)
        self.used += amount
        return self.used <= self.limit

    def at(self, now_ms: int) -> int:
        """Returns what is used in the window of `now_ms`."""
        start = now_ms - now_ms % self.length_ms
        if start != self.started_ms:
            self.started_ms, self.used = start, 0
        return self.used

    def seconds_left(self, now_ms: int) -> int:
        """Returns how long the window still lasts, in whole seconds, at least one."""
        return max(1, -(-(self.length_ms - now_ms % self.length_ms) // 1000))


class Routed(Protocol):
    """A route: what answers a method on a path."""

    @property
    def method(self) -> str: ...

    @property
    def path(self) -> str: ...


R = TypeVar("R", bound=Routed)


def table(routes: Iterable[R]) -> dict[tuple[str, str], R]:
    """Returns routes by method and path.

    Raises:
        ValueError: two routes for one.
    """
    made: dict[tuple[str, str], R] = {}
    for route in routes:
        if made.setdefault((route.method, route.path), route) is not route:
            raise ValueError(f"two routes for {route.method} {route.path}")
    return made
