"""Descriptions become PNG files.

With `fonts` and `panels` it is all that knows matplotlib, which is imported when the first chart is drawn: Figure
objects alone, never pyplot, whose global state belongs to one thread.
"""

from __future__ import annotations

import io
import math
import threading
from typing import Any

import anyio.to_thread

from blave_mcp.tools.charts.figure import Figure
from blave_mcp.tools.charts.fonts import legible, library_of_charts
from blave_mcp.tools.charts.panels import PanelDrawing
from blave_mcp.tools.charts.styles import STYLES
from blave_mcp.tools.spec import Picture

WIDTH_INCHES = 12.0
DPI = 120

_LOCK = threading.Lock()
"""One chart at a time: the library's caches are not safe to share."""


def build(figure: Figure, style: str = "dark") -> Any:
    """The description as a matplotlib Figure.

    Raises:
        Unavailable: matplotlib is not installed.
    """
    library_of_charts()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Sheet

    look = STYLES[style]
    sheet = Sheet(figsize=(WIDTH_INCHES, figure.height), dpi=DPI, facecolor=look.paper, layout="constrained")
    FigureCanvasAgg(sheet)
    head = 0.62 if figure.subtitle else 0.38
    foot = 0.3 if figure.note else 0.0
    room = (0.0, foot / figure.height, 1.0, 1.0 - (head + foot) / figure.height)
    layout: Any = sheet.get_layout_engine()
    layout.set(rect=room, h_pad=0.07, w_pad=0.1, hspace=0.02, wspace=0.03)
    across = figure.columns
    rows = math.ceil(len(figure.panels) / across)
    weights = [max(p.weight for p in figure.panels[r * across : (r + 1) * across]) for r in range(rows)]
    grid = sheet.add_gridspec(rows, across, height_ratios=weights)
    tops: dict[int, Any] = {}
    for n, panel in enumerate(figure.panels):
        row, column = divmod(n, across)
        axes = sheet.add_subplot(grid[row, column], sharex=tops.get(column) if figure.shared else None)
        tops.setdefault(column, axes)
        inches = (figure.height - head - foot) * weights[row] / sum(weights) - 0.4
        last = not figure.shared or n + across >= len(figure.panels)
        PanelDrawing(axes, panel, look, inches=inches, inches_wide=WIDTH_INCHES / across - 1, bottom=last).draw()
    top = 1.0 - 0.14 / figure.height
    sheet.text(0.012, top, legible(figure.title), color=look.text, fontsize=14, fontweight="bold", va="top")
    if figure.subtitle:
        below = 1.0 - 0.42 / figure.height
        sheet.text(0.012, below, legible(figure.subtitle), color=look.faint, fontsize=10, va="top")
    if figure.note:
        sheet.text(0.012, 0.09 / figure.height, legible(figure.note), color=look.faint, fontsize=8.5, va="bottom")
    return sheet


def render(figure: Figure, style: str = "dark") -> bytes:
    """The description as a PNG, 1,440 pixels wide.

    Raises:
        Unavailable: matplotlib is not installed.
    """
    with _LOCK:
        sheet = build(figure, style)
        sheet.get_layout_engine().execute(sheet)
        sheet.set_layout_engine("none")  # laid out once; savefig would draw everything a second time for it
        out = io.BytesIO()
        sheet.canvas.print_png(out, metadata={"Software": None})
        return out.getvalue()


async def picture(figure: Figure, style: str = "dark") -> Picture:
    """Draws in a worker thread.

    Raises:
        Unavailable: matplotlib is not installed.
    """
    png = await anyio.to_thread.run_sync(render, figure, style)
    return Picture(figure.name, png, figure.alt, figure.caption or figure.title)
