"""Adding a picture to an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from blave_mcp.exchanges.errors import Unavailable
from blave_mcp.tools.charts.figure import Figure
from blave_mcp.tools.charts.render import picture
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.spec import Result


async def illustrated(desk: Desk, result: Result, *figures: Figure | Callable[[], Figure]) -> Result:
    """The answer with its pictures; where they cannot be drawn, the answer with the reason, never less than that."""
    made = []
    try:
        for figure in figures:
            shown = figure if isinstance(figure, Figure) else figure()
            made.append(await picture(shown, desk.chart_style))
    except Unavailable as error:
        return replace(result, text=f"{result.text}\nNo chart: {error}")
    return replace(result, pictures=(*result.pictures, *made))
