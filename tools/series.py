"""What is kept of a series of bars or readings, so that a stretch asked twice is fetched once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

Row = tuple[int, str]
"""A time in Unix milliseconds, and the bar or reading of that time as text."""


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A stretch of time [start_ms, end_ms) of which everything is kept, as it was at `fetched_ms`."""

    start_ms: int
    end_ms: int
    fetched_ms: int


class SeriesStore(Protocol):
    """Keeps series by key, each as rows and as the windows of time that the rows cover wholly.

    A store belongs to one source of data. Another source (paper and live, or two feeds) never sees its rows.
    """

    def windows(self, key: str) -> list[Window]:
        """The windows that are kept, oldest first; no two overlap or touch."""
        ...

    def rows(self, key: str, start_ms: int, end_ms: int) -> list[Row]:
        """The rows kept in [start_ms, end_ms), oldest first."""
        ...

    def put(self, key: str, window: Window, rows: Sequence[Row]) -> None:
        """Replaces everything in the window by these rows, which lie in it."""
        ...


def merged(windows: Sequence[Window], new: Window) -> list[Window]:
    """The windows with a new one, which is newer than those that it overlaps; touching ones become one.

    A window that grew counts as old as its oldest part.
    """
    found: list[Window] = []
    for one in windows:
        if one.end_ms <= new.start_ms or one.start_ms >= new.end_ms:
            found.append(one)
            continue
        if one.start_ms < new.start_ms:
            found.append(Window(one.start_ms, new.start_ms, one.fetched_ms))
        if one.end_ms > new.end_ms:
            found.append(Window(new.end_ms, one.end_ms, one.fetched_ms))
    joined: list[Window] = []
    for one in sorted([*found, new]):
        if joined and joined[-1].end_ms == one.start_ms:
            last = joined.pop()
            joined.append(Window(last.start_ms, one.end_ms, min(last.fetched_ms, one.fetched_ms)))
        else:
            joined.append(one)
    return joined


@dataclass(slots=True)
class MemorySeries:
    """A store that lives as long as this object."""

    _windows: dict[str, list[Window]] = field(default_factory=dict)
    _rows: dict[str, list[Row]] = field(default_factory=dict)

    def windows(self, key: str) -> list[Window]:
        return list(self._windows.get(key, []))

    def rows(self, key: str, start_ms: int, end_ms: int) -> list[Row]:
        kept = self._rows.get(key, [])
        return kept[bisect_left(kept, (start_ms, "")) : bisect_left(kept, (end_ms, ""))]

    def put(self, key: str, window: Window, rows: Sequence[Row]) -> None:
        kept = self._rows.get(key, [])
        low, high = bisect_left(kept, (window.start_ms, "")), bisect_left(kept, (window.end_ms, ""))
        self._rows[key] = [*kept[:low], *sorted(rows), *kept[high:]]
        self._windows[key] = merged(self._windows.get(key, []), window)
