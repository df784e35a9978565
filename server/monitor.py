"""Watching feeds and alerts from a terminal: what is new is printed and pushed, and marked only after it arrived."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from blave_mcp.exchanges.clock import Clock
from blave_mcp.exchanges.errors import BlaveError, Unavailable
from blave_mcp.exchanges.sources.pages import Pages
from blave_mcp.exchanges.sources.posts import PATH, Post, parse_posts
from blave_mcp.exchanges.untrusted import clean
from blave_mcp.server.notify import Channels
from blave_mcp.server.store import open_database
from blave_mcp.tools.blave.alerts import Alert, AlertSource
from blave_mcp.tools.summary import utc
from blave_mcp.tools.workflows.posts import when

FIRST = 3
"""How many posts a first run hands on; the others were there before it."""
KEPT = 2_000
ALERTS_AT_ONCE = 50
LOOK_EVERY_S = 1.0
AFTER_FAILURE_S = 30.0

Say = Callable[[str], None]
Translate = Callable[[str], str]


class Seen:
    """Which posts were delivered, in order, in a SQLite file of its own; safe for several processes."""

    def __init__(self, path: Path) -> None:
        self._db = open_database(path)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS seen (n INTEGER PRIMARY KEY AUTOINCREMENT, feed TEXT NOT NULL,"
            " id TEXT NOT NULL, delivered_ms INTEGER, UNIQUE (feed, id)) STRICT"
        )

    def empty(self, feed: str) -> bool:
        return self._db.execute("SELECT 1 FROM seen WHERE feed = ? LIMIT 1", (feed,)).fetchone() is None

    def new(self, feed: str, ids: Sequence[str]) -> list[str]:
        """Those of the ids that were not delivered yet, in their order."""
        known = {
            row[0]
            for id in ids
            for row in self._db.execute("SELECT id FROM seen WHERE feed = ? AND id = ?", (feed, id))
        }
        return [id for id in ids if id not in known]

    def last(self, feed: str) -> str:
        """The id that was marked last; "" for none."""
        row = self._db.execute("SELECT id FROM seen WHERE feed = ? ORDER BY n DESC LIMIT 1", (feed,)).fetchone()
        return "" if row is None else str(row[0])

    def mark(self, feed: str, ids: Sequence[str], at_ms: int | None) -> None:
        """Marks ids, oldest first; `at_ms` is None for those that were there before the watch began."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(
            "INSERT INTO seen (feed, id, delivered_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [(feed, id, at_ms) for id in ids],
        )
        self._db.execute(
            "DELETE FROM seen WHERE feed = ? AND n <= (SELECT max(n) FROM seen WHERE feed = ?) - ?", (feed, feed, KEPT)
        )
        self._db.execute("COMMIT")

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Seen:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(slots=True)
class PostWatch:
    """One watch on the feed of posts.

    Attributes:
        channels: None prints alone, and printing is then the delivery.
        translate: a post's text in another language; where it fails, the original goes alone and says so.
    """

    pages: Pages
    seen: Seen
    clock: Clock
    say: Say
    channels: Channels | None = None
    translate: Translate | None = None
    failures: list[str] = field(default_factory=list)

    async def once(self) -> int:
        """Delivers what is new, oldest first; stops at the first that cannot be, so that none is lost or overtaken.

        Returns:
            How many were delivered.

        Raises:
            Unavailable, RateLimited: the feed cannot be read.
        """
        feed = self.pages.posts_url
        posts = parse_posts(await self.pages.read(feed + PATH)).posts
        fresh = set(self.seen.new(feed, [post.id for post in posts]))
        waiting = [post for post in posts if post.id in fresh]
        if self.seen.empty(feed):
            self.seen.mark(feed, [post.id for post in reversed(waiting[FIRST:])], None)
            waiting = waiting[:FIRST]
        count = 0
        for post in reversed(waiting):
            if not await self._deliver(post):
                break
            self.seen.mark(feed, [post.id], self.clock.now_ms())
            count += 1
        return count

    async def _deliver(self, post: Post) -> bool:
        text = await self._worded(post)
        self.say(text + "\n")
        if self.channels is None:
            return True
        found = await self.channels.tell(text)
        for one in found:
            if not one.arrived:
                self.failures.append(f"NOT sent to {one.channel}: {one.why}.")
        return any(one.arrived for one in found)

    async def _worded(self, post: Post) -> str:
        parts = [f"Truth Social, {when(post)}", post.text]
        if self.translate is not None:
            try:
                parts.append(await anyio.to_thread.run_sync(self.translate, post.text))
            except Unavailable as error:
                parts.append(f"[{error.what}]")
        return "\n".join(part for part in (*parts, post.url) if part)


async def keep_watching(watch: PostWatch, minutes: int, complain: Say) -> None:
    """Looks every so many minutes until it is interrupted; a failure is told and the next look taken."""
    while True:
        try:
            await watch.once()
        except BlaveError as error:
            complain(f"{error.name}: {error}")
        for failure in watch.failures:
            complain(f"{failure} It is tried again at the next look.")
        watch.failures.clear()
        await watch.clock.sleep(minutes * 60)


@dataclass(slots=True)
class AlertWatch:
    """Hands on TradingView alerts as the listener writes them down, each once, in order."""

    source: AlertSource
    seen: Seen
    clock: Clock
    say: Say
    complain: Say
    channels: Channels | None = None
    _from: dict[str, str] = field(default_factory=dict)

    async def look(self, channel: str) -> bool:
        """Delivers what is new in a channel; False where something could not be, which stays new."""
        feed = f"alerts {channel}"
        if channel not in self._from:
            known = self.seen.last(feed)
            if not known and (before := self.source.after(channel, "", 1)):
                known = before[-1].id  # what was there before the first watch
                self.seen.mark(feed, [known], None)
            self._from[channel] = known
        for alert in self.source.after(channel, self._from[channel], ALERTS_AT_ONCE):
            text = alert_text(channel, alert)
            self.say(text)
            if self.channels is not None:
                found = await self.channels.tell(text)
                for one in found:
                    if not one.arrived:
                        self.complain(f"NOT sent to {one.channel}: {one.why}.")
                if not any(one.arrived for one in found):
                    return False
            self.seen.mark(feed, [alert.id], self.clock.now_ms())
            self._from[channel] = alert.id
        return True

    async def run(self) -> None:
        """Looks every second until it is canceled, more seldom while nothing can be delivered."""
        told: dict[str, str] = {}
        while True:
            fine = True
            for channel in self.source.channels:
                fine = await self.look(channel) and fine
                trouble = self.source.listening(channel).trouble
                if trouble != told.get(channel, ""):
                    told[channel] = trouble
                    self.complain(f"{channel}: {trouble or 'connected again.'}")
            await self.clock.sleep(LOOK_EVERY_S if fine else AFTER_FAILURE_S)


def alert_text(channel: str, alert: Alert) -> str:
    """One line, without anything that a terminal or a channel would obey."""
    fields = ", ".join(f"{clean(name, most=40)}={clean(value, most=200)}" for name, value in alert.fields.items())
    return (
        f"TradingView alert in {clean(channel, most=80)}, {utc(alert.received_ms)}: {fields or '(empty)'} [{alert.id}]"
    )


def translator(language: str) -> Translate:
    """A translation by Google's free web service, which then reads the posts.

    Raises:
        Unavailable: the extra is not installed.
    """
    try:
        library: Any = import_module("deep_translator")
    except ImportError:
        raise Unavailable(
            "Translations need an extra that is not installed here.",
            advice="pip install 'blave-quant-mcp[translate]' installs it.",
        ) from None
    try:
        service = library.GoogleTranslator(source="auto", target=language)
    except library.exceptions.LanguageNotSupportedException:
        raise Unavailable(f'There is no language "{language}".', advice='For instance "zh-TW".') from None

    def translate(text: str) -> str:
        try:
            return str(service.translate(text[:4_900]) or "")
        except Exception as error:  # noqa: BLE001 - a web page is scraped: anything may come
            raise Unavailable(f"The translation failed ({type(error).__name__}).") from None

    return translate
