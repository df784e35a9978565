"""Results that are too long for a model, kept whole in files and offered as resources."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mcp_types as types

from blave_mcp.server.store import private

LONGEST = 25_000
KEPT = 50
SCHEME = "blave://results/"


class ResultShelf:
    """Keeps the newest results that did not fit.

    Args:
        folder: made when the first is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fit(self, tool: str, text: str) -> tuple[str, types.ResourceLink | None]:
        """Returns the text as it may be shown, and a link to the whole where something was left out."""
        if len(text) <= LONGEST:
            return text, None
        name = f"{tool}-{int(time.time())}-{secrets.token_hex(4)}.txt"
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(self._folder / name, "x", encoding="utf-8", newline="", opener=private) as file:
            file.write(text)
        self._clear()
        head = text[: LONGEST - 300]
        if (line := head.rfind("\n", LONGEST // 2)) > 0:
            head = head[:line]
        left = text.count("\n") - head.count("\n")
        note = (
            f"\n[{left} more lines, {len(text) - len(head)} characters, are left out here; the whole is {SCHEME}{name}]"
        )
        size = len(text.encode())
        link = types.ResourceLink(
            name=name, uri=f"{SCHEME}{name}", title=f"Whole result of {tool}", mime_type="text/plain", size=size
        )
        return head + note, link

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
        found = self._folder.glob("*.txt") if self._folder.is_dir() else ()
        return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)

    def _clear(self) -> None:
        for path in self._files()[KEPT:]:
            path.unlink(missing_ok=True)

    def listing(self) -> list[types.Resource]:
        """Newest first."""
        return [
            types.Resource(name=path.name, uri=f"{SCHEME}{path.name}", mime_type="text/plain", size=path.stat().st_size)
            for path in self._files()
        ]

    def read(self, uri: str) -> str | None:
        """Returns a kept result, or None. The name is looked up in the listing: no path can be asked for."""
        for path in self._files():
            if uri == f"{SCHEME}{path.name}":
                return path.read_bytes().decode("utf-8")
        return None
