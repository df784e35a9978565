"""Posts of a public feed (RSS), newest first. Pure. Everything in them was written by others."""

from __future__ import annotations

import calendar
import unicodedata
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from blave_mcp.exchanges.errors import NO_DATA, Unavailable
from blave_mcp.exchanges.untrusted import clean

PATH = "/feed"
NO_TITLE = "[No Title]"
LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class Post:
    """One post.

    Attributes:
        id: the original's own; the mirror's where it names none.
        text: without markup and control characters, paragraphs kept; untrusted.
        url: https alone, or "".
        time_ms: None where the feed's time cannot be read.
    """

    id: str
    text: str
    url: str
    time_ms: int | None


@dataclass(frozen=True, slots=True)
class Posts:
    """In the feed's order, each id once. `without_text`: pictures and re-posts without a word of their own."""

    posts: tuple[Post, ...]
    without_text: int = 0


def parse_posts(feed: bytes) -> Posts:
    """Raises Unavailable: no feed."""
    import feedparser  # type: ignore[import-untyped]

    # Bytes alone: a text that looks like an address would be fetched.
    found = feedparser.parse(bytes(feed), sanitize_html=False, resolve_relative_uris=False)
    if not found.entries and not found.get("version"):
        raise Unavailable("The feed of posts is no feed.", undone=NO_DATA, advice="Try again later.")
    posts: dict[str, Post] = {}
    silent = 0
    for entry in found.entries:
        post = _post(entry)
        if not post.text:
            silent += 1
        elif post.id and post.id not in posts:
            posts[post.id] = post
    return Posts(tuple(posts.values()), silent)


def _post(entry: Any) -> Post:
    guid = str(entry.get("id") or entry.get("link") or "").strip()
    text = plain(str(entry.get("summary") or ""))
    if not text and not (title := _lines(str(entry.get("title") or ""))).startswith(NO_TITLE):
        text = title
    at = entry.get("published_parsed")
    return Post(
        id=clean(str(entry.get("truth_originalid") or "").strip() or guid.rstrip("/").rpartition("/")[2], most=100),
        text=text,
        url=_link(str(entry.get("truth_originalurl") or entry.get("link") or guid)),
        time_ms=None if at is None else calendar.timegm(at) * 1000,
    )


def _link(url: str) -> str:
    bare = url.strip()
    try:
        parts = urlsplit(bare)
    except ValueError:
        return ""
    safe = parts.scheme == "https" and parts.hostname and bare.isascii() and bare.isprintable() and " " not in bare
    return bare if safe and len(bare) <= 500 else ""


def plain(html: str) -> str:
    """Markup to text: entities decoded once, a line for each paragraph and line break, no control characters."""
    from bs4 import BeautifulSoup

    if "<" in html or "&" in html:
        soup = BeautifulSoup(html, "html.parser")
        for gone in soup(["script", "style"]):
            gone.decompose()
        for broken in soup.find_all(["br", "p", "div", "li", "blockquote"]):
            broken.insert_before("\n")
            broken.insert_after("\n")
        html = soup.get_text()
    return _lines(html)


def _lines(text: str) -> str:
    lines = []
    for line in text.replace("\r", "\n").split("\n"):
        kept = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in line)
        if shown := " ".join(kept.split()):
            lines.append(shown)
    text = "\n".join(lines)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ... [{len(text) - LONGEST} more characters]"
