"""What does not fit into an answer, kept whole in files and offered as resources: long texts, tables, charts."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mcp_types as types

from blave_mcp.server.store import private

LONGEST = 25_000
KEPT = 200
KEPT_BYTES = 200_000_000
SCHEME = "blave://results/"
FORMS: Mapping[str, str] = {
    ".txt": "text/plain",
    ".csv": "text/csv",
    ".json": "application/json",
    ".png": "image/png",
}
_UNFIT = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file on the shelf."""

    path: Path
    title: str

    @property
    def uri(self) -> str:
        return f"{SCHEME}{self.path.name}"

    @property
    def form(self) -> str:
        return FORMS[self.path.suffix]

    def link(self) -> types.ResourceLink:
        return types.ResourceLink(
            name=self.path.name, uri=self.uri, title=self.title, mime_type=self.form, size=self.path.stat().st_size
        )

    def told(self) -> dict[str, Any]:
        return {"title": self.title, "uri": self.uri, "path": str(self.path), "mime_type": self.form}


class ResultShelf:
    """Keeps the newest results.

    Args:
        folder: made when the first is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, name: str, content: str | bytes, title: str) -> Kept:
        """Writes a file that only its owner may read, and clears away the oldest.

        Args:
            name: with one of the suffixes of FORMS; a moment and some random letters are added to it.
        """
        stem, suffix = Path(name).stem, Path(name).suffix
        if suffix not in FORMS:
            raise ValueError(f"{name}: results are kept as {', '.join(FORMS)}")
        fit = _UNFIT.sub("-", stem).strip("-")[:80] or "result"
        path = self._folder / f"{fit}-{int(time.time())}-{secrets.token_hex(4)}{suffix}"
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(path, "xb", opener=private) as file:
            file.write(content.encode() if isinstance(content, str) else content)
        self._clear()
        return Kept(path, title)

    def fit(self, tool: str, text: str, *, most: int = LONGEST) -> tuple[str, Kept | None]:
        """Returns the text as it may be shown, and the whole where something was left out."""
        if len(text) <= most:
            return text, None
        kept = self.keep(f"{tool}.txt", text, f"Whole result of {tool}")
        head = text[: most - 300]
        if (line := head.rfind("\n", most // 2)) > 0:
            head = head[:line]
        left = text.count("\n") - head.count("\n")
        note = f"\n[{left} more lines, {len(text) - len(head)} characters, are left out here; the whole is {kept.uri}]"
        return head + note, kept

    @staticmethod
    def small(data: Mapping[str, Any]) -> dict[str, Any]:
        """Drops what makes structured data as long as the text that was cut; says what was dropped."""
        kept, room = {}, LONGEST // 2
        for name, value in data.items():
            size = len(json.dumps(value, default=str))
            if size <= min(room, LONGEST // 4):
                kept[name] = value
                room -= size
        dropped = [name for name in data if name not in kept]
        return {**kept, "left_out": dropped} if dropped else kept

    def _files(self) -> list[Path]:
        found = self._folder.iterdir() if self._folder.is_dir() else ()
        return sorted(
            (path for path in found if path.suffix in FORMS), key=lambda path: path.stat().st_mtime_ns, reverse=True
        )

    def _clear(self) -> None:
        room = KEPT_BYTES
        for n, path in enumerate(self._files()):
            room -= path.stat().st_size
            if n and (n >= KEPT or room < 0):
                path.unlink(missing_ok=True)

    def listing(self) -> list[types.Resource]:
        """Newest first."""
        return [
            types.Resource(
                name=path.name, uri=f"{SCHEME}{path.name}", mime_type=FORMS[path.suffix], size=path.stat().st_size
            )
            for path in self._files()
        ]

    def read(self, uri: str) -> tuple[str, bytes] | None:
        """Returns the form and the content of a kept result, or None.

        The name is looked up in the listing: no path can be asked for.
        """
        for path in self._files():
            if uri == f"{SCHEME}{path.name}":
                return FORMS[path.suffix], path.read_bytes()
        return None
