"""One panel on its axes: marks, scales, labels, legend."""

from __future__ import annotations

import math
import textwrap
from typing import Any

from blave_mcp.tools.charts.figure import Bars, Candles, Dots, Heat, Line, Panel, Role, Rule, Scale, Spans
from blave_mcp.tools.charts.fonts import legible
from blave_mcp.tools.charts.styles import Style
from blave_mcp.tools.charts.words import tick

DAY_MS = 86_400_000
MOST_WRITTEN = 140
"""Cells of a heat map whose numbers are written into them; beyond that a colour scale tells."""


class PanelDrawing:
    """One panel on its axes.

    Args:
        inches, inches_wide: its height and width, more or less.
        bottom: whether it shows the x axis' ticks and label.
    """

    def __init__(
        self, axes: Any, panel: Panel, look: Style, *, inches: float, inches_wide: float, bottom: bool
    ) -> None:
        self._axes = axes
        self._panel = panel
        self._look = look
        self._inches = inches
        self._inches_wide = inches_wide
        self._bottom = bottom
        self._second: Any = None
        self._time = panel.x_scale is Scale.TIME

    def draw(self) -> None:
        self._frame(self._axes)
        for layer, mark in enumerate(self._panel.marks):
            self._mark(mark, 2 + layer * 0.01)
        self._scales()
        self._beside()
        self._legend()

    # Parts of a panel.

    def _mark(self, mark: Any, layer: float) -> None:
        match mark:
            case Line():
                self._line(mark, layer)
            case Bars():
                self._bars(mark, layer)
            case Candles():
                self._candles(mark, layer)
            case Spans():
                self._spans(mark)
            case Rule():
                self._rule(mark)
            case Dots():
                colour = self._colour(mark.role)
                self._axes.scatter(
                    self._at(mark.x), mark.y, s=mark.size, marker=mark.marker, color=colour, zorder=4,
                    label=self._named(mark.label), edgecolors=self._look.panel, linewidths=0.6,
                )  # fmt: skip
            case Heat():
                self._heat(mark)

    def _colour(self, role: Role) -> str:
        return self._look.colours[role]

    @staticmethod
    def _named(label: str) -> str:
        return legible(label) if label else "_"

    def _at(self, x: Any) -> Any:
        return [value / DAY_MS for value in x] if self._time else list(x)

    def _wide(self, width: float) -> float:
        return width / DAY_MS if self._time else width

    def _side(self, right: bool) -> Any:
        if not right:
            return self._axes
        if self._second is None:
            self._second = self._axes.twinx()
            self._frame(self._second, grid=False)
            self._second.set_zorder(self._axes.get_zorder() + 1)
        return self._second

    def _line(self, mark: Line, layer: float) -> None:
        axes, colour = self._side(mark.right), self._colour(mark.role)
        x = self._at(mark.x)
        y = [math.nan if value is None else value for value in mark.y]
        how: dict[str, Any] = {"drawstyle": "steps-post"} if mark.steps else {}
        axes.plot(
            x, y, color=colour, lw=mark.width, ls="--" if mark.dashed else "-", label=self._named(mark.label),
            zorder=3 + layer, solid_joinstyle="round", **how,
        )  # fmt: skip
        if mark.fill:
            axes.fill_between(x, y, 0, color=colour, alpha=0.16, lw=0, step="post" if mark.steps else None)

    def _bars(self, mark: Bars, layer: float) -> None:
        from matplotlib.collections import PolyCollection

        axes = self._side(mark.right)
        x, half = self._at(mark.x), self._wide(mark.width) / 2
        bottoms = list(mark.bottom) or [0.0] * len(x)
        boxes = [
            ((at - half, low), (at - half, low + height), (at + half, low + height), (at + half, low))
            for at, low, height in zip(x, bottoms, mark.height, strict=True)
        ]
        colours = [self._colour(role) for role in mark.roles] or self._colour(mark.role)
        found = PolyCollection(boxes, facecolors=colours, linewidths=0, label=self._named(mark.label), zorder=layer)
        axes.add_collection(found)
        axes.update_datalim([(at, value) for box in boxes for at, value in (box[0], box[2])])
        axes.autoscale_view()
        for at, low, height, note in zip(x, bottoms, mark.height, mark.notes, strict=False):
            axes.annotate(
                legible(note), (at, low + height), (0, 4 if height >= 0 else -4), textcoords="offset points",
                ha="center", va="bottom" if height >= 0 else "top", fontsize=9, color=self._look.text, zorder=6,
            )  # fmt: skip

    def _candles(self, mark: Candles, layer: float) -> None:
        from matplotlib.collections import LineCollection, PolyCollection

        x, half = self._at(mark.x), self._wide(mark.width) / 2
        colours = [
            self._colour(Role.UP if close >= first else Role.DOWN)
            for first, close in zip(mark.open, mark.close, strict=True)
        ]
        least = (max(mark.high) - min(mark.low)) * 0.0015 if len(x) else 0.0
        wicks = [((at, low), (at, high)) for at, low, high in zip(x, mark.low, mark.high, strict=True)]
        bodies = []
        for at, first, close in zip(x, mark.open, mark.close, strict=True):
            low, high = min(first, close), max(first, close)
            if high - low < least:  # a bar that closed where it opened is still seen
                low, high = low - least / 2, low + least / 2
            bodies.append(((at - half, low), (at - half, high), (at + half, high), (at + half, low)))
        self._axes.add_collection(LineCollection(wicks, colors=colours, linewidths=0.9, zorder=layer))
        self._axes.add_collection(PolyCollection(bodies, facecolors=colours, linewidths=0, zorder=layer + 0.001))
        self._axes.update_datalim([point for wick in wicks for point in wick])
        self._axes.autoscale_view()

    def _spans(self, mark: Spans) -> None:
        from matplotlib.collections import PolyCollection

        found = [(first / DAY_MS, last / DAY_MS) if self._time else (first, last) for first, last in mark.ranges]
        boxes = [((a, 0.0), (a, 1.0), (b, 1.0), (b, 0.0)) for a, b in found]
        self._axes.add_collection(
            PolyCollection(
                boxes, facecolors=self._colour(mark.role), alpha=0.16, linewidths=0, zorder=0.5,
                transform=self._axes.get_xaxis_transform(), label=self._named(mark.label),
            ),
            autolim=False,
        )  # fmt: skip

    def _rule(self, mark: Rule) -> None:
        colour = self._colour(mark.role)
        style = {"color": colour, "lw": 1.3, "ls": "--" if mark.dashed else "-", "zorder": 3.5}
        box = {"boxstyle": "round,pad=0.25", "fc": self._look.panel, "ec": "none", "alpha": 0.85}
        if mark.upright:
            at = mark.at / DAY_MS if self._time else mark.at
            self._axes.axvline(at, **style)
            if mark.label:
                self._axes.annotate(
                    legible(mark.label), (at, 1.0), (5, -5), xycoords=self._axes.get_xaxis_transform(),
                    textcoords="offset points", ha="left", va="top", fontsize=9.5, color=colour, bbox=box, zorder=7,
                )  # fmt: skip
            return
        self._axes.axhline(mark.at, **style)

    def _beside(self) -> None:
        """The labels of level rules, right of the axes; where two would touch, they move apart."""
        rules = sorted(
            (mark for mark in self._panel.marks if isinstance(mark, Rule) and mark.label and not mark.upright),
            key=lambda rule: rule.at,
        )
        low, high = self._axes.get_ylim()
        close = (high - low) * 0.3 / self._inches
        for n, rule in enumerate(rules):
            crowded_below = n > 0 and rule.at - rules[n - 1].at < close
            crowded_above = n + 1 < len(rules) and rules[n + 1].at - rule.at < close
            self._axes.annotate(
                legible(rule.label), (1.0, rule.at), (6, 0), xycoords=self._axes.get_yaxis_transform(),
                textcoords="offset points", ha="left", fontsize=9, color=self._colour(rule.role), zorder=7,
                va="bottom" if crowded_below else "top" if crowded_above else "center",
            )  # fmt: skip

    def _heat(self, mark: Heat) -> None:
        from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm, to_rgba
        from matplotlib.patches import Rectangle

        axes = self._axes
        axes.grid(False)
        cells = [[math.nan if value is None else value for value in row] for row in mark.values]
        tones = _by_column(cells) if mark.each_column else cells
        far = max((abs(value) for row in tones for value in row if math.isfinite(value)), default=1.0) or 1.0
        ramp = LinearSegmentedColormap.from_list("blave", list(self._look.heat))
        colours = ramp.with_extremes(bad=to_rgba(self._look.grid, 0.4))
        shown = axes.imshow(tones, origin="lower", aspect="auto", cmap=colours, norm=TwoSlopeNorm(0.0, -far, far),
                             interpolation="nearest")  # fmt: skip
        axes.set_xticks(range(len(mark.columns)), [legible(name) for name in mark.columns])
        axes.set_yticks(range(len(mark.rows)), [legible(name) for name in mark.rows])
        crowd = max(len(mark.rows) / 2, len(mark.columns))
        written = len(mark.rows) * len(mark.columns) <= MOST_WRITTEN
        if written:
            for r, row in enumerate(cells):
                for c, value in enumerate(row):
                    word = f"{value:.2f}{mark.unit}" if math.isfinite(value) else "-"
                    size = 9 if crowd <= 10 else 7.5
                    told = axes.text(c, r, word, ha="center", va="center", fontsize=size, color=self._look.text)
                    told.set_in_layout(False)  # measuring every cell would take longer than drawing them
        else:
            for axis, names in ((axes.xaxis, mark.columns), (axes.yaxis, mark.rows)):
                step = math.ceil(len(names) / 12)
                axis.set_ticks(range(0, len(names), step), [legible(name) for name in names[::step]])
        for r, c, role, label in mark.marks:
            frame = Rectangle(
                (c - 0.5, r - 0.5), 1, 1, fill=False, ec=self._colour(role), lw=3, zorder=5, clip_on=False
            )
            frame.set_label(self._named(label))
            axes.add_patch(frame)
        if written or mark.each_column:
            return
        bar = axes.figure.colorbar(shown, ax=axes, pad=0.015, aspect=30)
        bar.set_label(legible(mark.title), color=self._look.text, fontsize=10)
        bar.ax.tick_params(colors=self._look.faint, labelsize=9)
        bar.outline.set_edgecolor(self._look.grid)

    # Around them.

    def _frame(self, axes: Any, *, grid: bool = True) -> None:
        look = self._look
        axes.set_facecolor(look.panel if grid else "none")
        axes.tick_params(colors=look.faint, labelsize=9, length=3)
        axes.set_axisbelow(True)
        if grid:
            axes.grid(True, color=look.grid, lw=0.6, alpha=0.8)
        for side in axes.spines.values():
            side.set_color(look.grid)

    def _scales(self) -> None:
        panel, look = self._panel, self._look
        axes = self._axes
        heat = any(isinstance(mark, Heat) for mark in panel.marks)
        if panel.title:
            labels = [mark.label for mark in panel.marks if not isinstance(mark, Candles | Rule | Heat) and mark.label]
            labels += [frame[3] for mark in panel.marks if isinstance(mark, Heat) for frame in mark.marks]
            crowded = len(panel.title) + sum(len(label) + 7 for label in labels) > self._inches_wide * 12
            axes.set_title(legible(panel.title), color=look.text, fontsize=11, loc="left", pad=22 if crowded else 6)
        if panel.y_label:
            axes.set_ylabel(self._wrapped(panel.y_label), color=look.text, fontsize=10)
        if panel.x_label and self._bottom:
            axes.set_xlabel(legible(panel.x_label), color=look.text, fontsize=10)
        if not heat:
            self._across()
            self._upright(axes, panel.y_scale)
            if panel.low is not None or panel.high is not None:
                # A series that never leaves one value has no range of its own.
                flat = panel.low is not None and panel.low == panel.high
                axes.set_ylim(panel.low - 1 if flat and panel.low is not None else panel.low, panel.high)
        if self._second is not None:
            self._upright(self._second, panel.right_scale)
            self._second.set_ylabel(self._wrapped(panel.right_label), color=look.text, fontsize=10)
            if panel.right_low is not None:
                self._second.set_ylim(bottom=panel.right_low)
        if not self._bottom:
            axes.tick_params(axis="x", labelbottom=False)

    @staticmethod
    def _upright(axes: Any, scale: Scale) -> None:
        axes.yaxis.set_major_formatter(_formatter(scale))

    def _wrapped(self, label: str) -> str:
        """The label of an upright axis, in lines that are not longer than the axis."""
        return textwrap.fill(legible(label), max(10, int(self._inches / 0.095)), break_long_words=False)

    def _across(self) -> None:
        panel, axes = self._panel, self._axes
        if self._time:
            from matplotlib import dates

            untyped: Any = dates
            where = untyped.AutoDateLocator(minticks=4, maxticks=9)
            how = untyped.ConciseDateFormatter(where, show_offset=False)
            how.formats = ["%Y", "%b %Y", "%d %b", "%H:%M", "%H:%M", "%H:%M:%S"]
            how.zero_formats = ["", "%Y", "%d %b", "%d %b", "%H:%M", "%H:%M"]
            axes.xaxis.set_major_locator(where)
            axes.xaxis.set_major_formatter(how)
        elif panel.x_scale is Scale.NAMES:
            axes.set_xticks(range(len(panel.names)), [legible(name) for name in panel.names])
            axes.grid(False, axis="x")
        else:
            axes.xaxis.set_major_formatter(_formatter(panel.x_scale))
        axes.margins(x=0.01)
        if panel.left is not None or panel.right is not None:
            bounds = [
                None if edge is None else edge / DAY_MS if self._time else edge for edge in (panel.left, panel.right)
            ]
            axes.set_xlim(*bounds)

    def _legend(self) -> None:
        if not self._panel.legend:
            return
        handles, labels = self._axes.get_legend_handles_labels()
        if self._second is not None:
            more, words = self._second.get_legend_handles_labels()
            handles, labels = handles + more, labels + words
        shown = dict(zip(labels, handles, strict=True))
        if not shown:
            return
        self._axes.legend(
            shown.values(), shown.keys(), loc="lower right", bbox_to_anchor=(1.0, 1.0), fontsize=9, frameon=False,
            labelcolor=self._look.text, ncols=min(len(shown), 5 if len(shown) < 6 else 3), borderaxespad=0.15,
            columnspacing=1.4, handlelength=1.6,
        )  # fmt: skip


def _by_column(cells: list[list[float]]) -> list[list[float]]:
    """Each cell as a part of the largest in its column, -1 to 1."""
    largest = [
        max((abs(v) for v in column if math.isfinite(v)), default=1.0) or 1.0 for column in zip(*cells, strict=True)
    ]
    return [[value / most for value, most in zip(row, largest, strict=True)] for row in cells]


def _formatter(scale: Scale) -> Any:
    from matplotlib.ticker import FuncFormatter

    return FuncFormatter(lambda value, _: tick(scale, value))
