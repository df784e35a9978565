"""The two styles: a colour for each meaning, the same meaning in both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from blave_mcp.tools.charts.figure import Role


@dataclass(frozen=True, slots=True)
class Style:
    """colours: by role. The others: of the paper, the panels, the grid and the text."""

    name: str
    paper: str
    panel: str
    grid: str
    text: str
    faint: str
    colours: Mapping[Role, str]
    heat: tuple[str, str, str]


DARK = Style(
    name="dark",
    paper="#0d1117",
    panel="#161b22",
    grid="#30363d",
    text="#e6edf3",
    faint="#9aa4b0",
    colours={
        Role.UP: "#3fb97f",
        Role.DOWN: "#f0605d",
        Role.LONG: "#3fb97f",
        Role.SHORT: "#f0605d",
        Role.PRICE: "#ffa657",
        Role.QUIET: "#7d8793",
        Role.EQUITY: "#58a6ff",
        Role.LOSS: "#f0605d",
        Role.SIGNAL: "#bc8cff",
        Role.PEAK: "#ffd33d",
        Role.PLATEAU: "#39d3e6",
        Role.NEWEST: "#f0f6fc",
        Role.RECENT: "#39c5e6",
        Role.OLDER: "#8d6fd1",
        Role.A: "#58a6ff",
        Role.B: "#ffa657",
        Role.C: "#7ee787",
        Role.D: "#d2a8ff",
        Role.E: "#ff7bac",
        Role.F: "#e3c341",
    },
    heat=("#8a2f3c", "#2a3038", "#2f8f5b"),
)
LIGHT = Style(
    name="light",
    paper="#ffffff",
    panel="#fbfcfd",
    grid="#dde3ea",
    text="#1b222b",
    faint="#5b6672",
    colours={
        Role.UP: "#1a8f57",
        Role.DOWN: "#d1343c",
        Role.LONG: "#1a8f57",
        Role.SHORT: "#d1343c",
        Role.PRICE: "#c25b00",
        Role.QUIET: "#8b949e",
        Role.EQUITY: "#0b62c4",
        Role.LOSS: "#d1343c",
        Role.SIGNAL: "#7a3fc9",
        Role.PEAK: "#a67c00",
        Role.PLATEAU: "#0086a3",
        Role.NEWEST: "#16202b",
        Role.RECENT: "#0a9cc0",
        Role.OLDER: "#a58be0",
        Role.A: "#0b62c4",
        Role.B: "#c25b00",
        Role.C: "#2a9134",
        Role.D: "#7a3fc9",
        Role.E: "#cf2f76",
        Role.F: "#937000",
    },
    heat=("#e58b92", "#f3f5f7", "#7cc9a0"),
)
STYLES: Mapping[str, Style] = {style.name: style for style in (DARK, LIGHT)}
