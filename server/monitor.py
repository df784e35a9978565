"""Watching feeds from a terminal: what is new is printed and pushed, and marked only after it arrived."""

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
from blave_mcp.server.notify import Channels
from blave_mcp.server.store import open_database
from blave_mcp.tools.workflows.posts import when

FIRST = 3
"""How many posts a first run hands on; the others were there before it."""
KEPT = 2_000

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
