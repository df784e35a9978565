"""The listener: one stream for each TradingView channel, written down before anything is handed on."""

from __future__ import annotations

import json
import logging
import random
import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from anyio.abc import TaskGroup

from blave_mcp.exchanges.blave.stream import NEWEST, SILENCE_S, AlertReader, known_channel, stream_call
from blave_mcp.exchanges.clock import Clock
from blave_mcp.exchanges.errors import BadArgument, BlaveError, MissingCredentials, RateLimited, VenueRefused
from blave_mcp.exchanges.untrusted import clean
from blave_mcp.tools.blave.alerts import WARNING, Alert, Listening

if TYPE_CHECKING:
    from blave_mcp.exchanges.client import VenueClient
    from blave_mcp.server.alert_book import AlertBook

log = logging.getLogger("blave_mcp")

URI = "blave://alerts/"
FIRST_PAUSE_S, LONGEST_PAUSE_S, REFUSED_PAUSE_S = 1.0, 60.0, 300.0
LOOK_EVERY_S = 1.0
ANOTHER_S = 5.0
START_MARGIN_MS = 2_000
"""A server's Date has whole seconds; so much before it counts as the start."""
SHOWN = 50
MOST_CHANNELS = 8


class _State:
    """How a channel is doing in this process."""

    def __init__(self) -> None:
        self.connected = False
        self.heard_ms: int | None = None
        self.trouble = ""
        self.shared = False


class AlertListener:
    """Listens to channels while `run` runs; see `AlertSource`.

    Of several processes one holds a channel's stream; the others read what it writes down.

    Args:
        client: the Blave client, made when the first channel is listened to.
        book: opened likewise.
        locks: a folder of the book's source.

    Attributes:
        changed: is told the resource of a channel that has new alerts.
    """

    def __init__(
        self,
        client: Callable[[], VenueClient],
        book: Callable[[], AlertBook],
        clock: Clock,
        channels: Sequence[str],
        *,
        locks: Path,
        rng: random.Random | None = None,
    ) -> None:
        self._client, self._open_book, self._clock, self._locks = client, book, clock, locks
        self._channels = [known_channel(name) for name in channels]
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._states: dict[str, _State] = {}
        self._group: TaskGroup | None = None
        self._book: AlertBook | None = None
        self.changed: Callable[[str], Awaitable[None]] | None = None

    @property
    def channels(self) -> Sequence[str]:
        return list(self._channels)

    @property
    def book(self) -> AlertBook:
        if self._book is None:
            self._book = self._open_book()
        return self._book

    def follow(self, channel: str) -> None:
        name = known_channel(channel)
        if name not in self._channels:
            if len(self._channels) >= MOST_CHANNELS:
                raise BadArgument(
                    f"{MOST_CHANNELS} channels are listened to already.",
                    advice=f"They are: {', '.join(self._channels)}.",
                )
            self._channels.append(name)
        if self._group is not None and name not in self._states:
            self._states[name] = _State()
            self._group.start_soon(self._keep, name)
            self._group.start_soon(self._watch, name)

    def listening(self, channel: str) -> Listening:
        state = self._states.get(channel) or _State()
        cursor = self.book.cursor(channel)
        return Listening(state.connected or state.shared, cursor[0] if cursor else "", state.heard_ms, state.trouble)

    def after(self, channel: str, id: str, limit: int) -> list[Alert]:
        return self.book.after(channel, id, limit)

    async def run(self) -> None:
        """Listens until it is canceled. Run twice, the second waits until the first is over, and takes its place."""
        while self._group is not None:
            await self._clock.sleep(LOOK_EVERY_S)
        try:
            async with anyio.create_task_group() as group:
                self._group = group
                for channel in self.channels:
                    self.follow(channel)
                await anyio.sleep_forever()
        finally:
            self._group = None
            self._states.clear()

    def close(self) -> None:
        if self._book is not None:
            self._book.close()
            self._book = None

    # One channel.

    async def _keep(self, channel: str) -> None:
        """Holds the channel's stream, or waits for the process that does to be gone."""
        from filelock import FileLock, Timeout

        self._locks.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(self._locks / f"{re.sub(r'[^A-Za-z0-9_.-]', '_', channel)}.lock", mode=0o600)
        state = self._states[channel]
        while True:
            try:
                lock.acquire(timeout=0)
            except Timeout:
                state.shared = True
                await self._clock.sleep(ANOTHER_S)
                continue
            state.shared = False
            try:
                await self._hold(channel, state)
            finally:
                lock.release()

    async def _hold(self, channel: str, state: _State) -> None:
        failed = 0
        while True:
            before = state.heard_ms
            try:
                await self._read(channel, state)
                state.trouble, pause = "Blave ended the stream.", 0.0
            except RateLimited as error:
                state.trouble, pause = str(error), error.seconds
            except (MissingCredentials, VenueRefused) as error:
                state.trouble, pause = str(error), REFUSED_PAUSE_S
            except BlaveError as error:
                state.trouble, pause = str(error), 0.0
            except Exception:
                log.exception("listening to alerts")
                state.trouble, pause = "A fault inside the server; the log says more.", REFUSED_PAUSE_S
            finally:
                state.connected = False
            failed = 0 if state.heard_ms != before else failed + 1
            log.info("alerts of %s: %s", clean(channel, most=80), clean(state.trouble))
            if not pause:
                pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(failed, 10)) * (0.5 + self._rng.random() / 2)
            await self._clock.sleep(pause)

    async def _read(self, channel: str, state: _State) -> None:
        """Reads one connection to its end."""
        cursor = self.book.cursor(channel)
        call = stream_call(channel, cursor[1] if cursor else NEWEST)
        async with self._client().stream(call, silence=SILENCE_S) as reply:
            if cursor is None:
                self.book.begin(channel, f"{_date_ms(reply.headers, self._clock.now_ms())}-0")
            state.connected, state.trouble = True, ""
            reader = AlertReader()
            async for chunk in reply.chunks:
                state.heard_ms = self._clock.now_ms()
                if events := list(reader.feed(chunk)):
                    self.book.add(channel, events, state.heard_ms)

    async def _watch(self, channel: str) -> None:
        """Tells of new alerts, whichever process has written them down."""
        seen = self.book.newest(channel)
        while True:
            await self._clock.sleep(LOOK_EVERY_S)
            if (now := self.book.newest(channel)) != seen:
                seen = now
                if self.changed is not None:
                    await self.changed(f"{URI}{channel}")

    # As a resource.

    def uris(self) -> list[tuple[str, str]]:
        """The resource and the title of each channel."""
        return [(f"{URI}{name}", f"TradingView alerts of {name}") for name in self._channels]

    def text(self, uri: str) -> str | None:
        """The newest alerts of a channel as JSON, or None where the resource is none of ours."""
        channel = uri.removeprefix(URI)
        if not uri.startswith(URI) or channel not in self._channels:
            return None
        state = self.listening(channel)
        return json.dumps(
            {
                "channel": channel,
                "warning": WARNING,
                "connected": state.connected,
                "nothing_missed_since": state.since_id,
                "alerts": [_plain(each) for each in self.after(channel, "", SHOWN)],
            },
            ensure_ascii=False,
            indent=1,
        )


def _plain(alert: Alert) -> dict[str, Any]:
    fields = {clean(name, most=40): clean(value) for name, value in alert.fields.items()}
    return {"id": alert.id, "received_ms": alert.received_ms, "fields": fields}


def _date_ms(headers: Any, now_ms: int) -> int:
    """When a first connection started by the server's own clock, a little early; by ours where it does not say."""
    from email.utils import parsedate_to_datetime

    try:
        said = int(parsedate_to_datetime(headers["date"]).timestamp()) * 1000
    except (KeyError, TypeError, ValueError):
        said = now_ms
    return max(0, said - START_MARGIN_MS)
