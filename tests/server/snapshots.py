"""What a model sees of each tool, kept in tests/snapshots/, one file a tool, so that a change of it is read in review.

Refresh them with `python -m tests.server.snapshots`, and read what `git diff tests/snapshots` shows.
"""

from __future__ import annotations

import json
from pathlib import Path

from blave_mcp.server.mcp import listed
from blave_mcp.tools.registry import ALL_TOOLS

FOLDER = Path(__file__).resolve().parents[1] / "snapshots"


def fresh() -> dict[str, str]:
    """The files as they should be: name -> text."""
    shown = [listed(tool).model_dump(by_alias=True, mode="json", exclude_none=True) for tool in ALL_TOOLS]
    return {f"{one['name']}.json": json.dumps(one, ensure_ascii=False, indent=2) + "\n" for one in shown}


def kept() -> dict[str, str]:
    """The files as they are."""
    return {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}


def refresh() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in kept().keys() - fresh().keys():
        (FOLDER / name).unlink()
    for name, text in fresh().items():
        (FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    refresh()
