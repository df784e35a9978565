"""What a picture shows, as plain values: panels, marks in them, and the meaning of each colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

Numbers = Sequence[float]
Gappy = Sequence[float | None]
"""None leaves a gap."""


class Role(StrEnum):
    """What a colour means. Each style gives every role a colour of its own."""

    UP = "up"
    DOWN = "down"
    LONG = "long"
    SHORT = "short"
    PRICE = "price"
    QUIET = "quiet"
    EQUITY = "equity"
    LOSS = "loss"
    SIGNAL = "signal"
    PEAK = "peak"
    PLATEAU = "plateau"
    NEWEST = "newest"
    RECENT = "recent"
    OLDER = "older"
    A = "a"
    B = "b"
    C = "c"
    D = "d"
    E = "e"
    F = "f"


SERIES = (Role.A, Role.B, Role.C, Role.D, Role.E, Role.F)
"""For things that have no meaning but their name, in order."""


class Scale(StrEnum):
    """How the ticks of an axis are written."""

    TIME = "time"
    """Unix milliseconds UTC."""
    PRICE = "price"
    """67,890.1"""
    MONEY = "money"
    """1.2M"""
    PERCENT = "percent"
    """A number of percent: 5 is 5 %."""
    FRACTION = "fraction"
    """0.05 is 5 %."""
    PLAIN = "plain"
    NAMES = "names"
    """The panel's own names at 0, 1, 2 ..."""


@dataclass(frozen=True, slots=True)
class Line:
    """fill: shades the area down to zero."""

    x: Numbers
    y: Gappy
    role: Role
    label: str = ""
    width: float = 1.6
    dashed: bool = False
    steps: bool = False
    right: bool = False
    fill: bool = False


@dataclass(frozen=True, slots=True)
class Bars:
    """Upright bars, centered on x.

    Attributes:
        width: in units of the axis.
        bottom: where each begins; zero where it is empty.
        roles: a colour for each bar instead of `role`.
        notes: a short text over each bar.
    """

    x: Numbers
    height: Numbers
    role: Role
    width: float
    label: str = ""
    bottom: Numbers = ()
    roles: Sequence[Role] = ()
    notes: Sequence[str] = ()
    right: bool = False


@dataclass(frozen=True, slots=True)
class Candles:
    """width: of a body, in units of the axis."""

    x: Numbers
    open: Numbers
    high: Numbers
    low: Numbers
    close: Numbers
    width: float


@dataclass(frozen=True, slots=True)
class Spans:
    """Shaded ranges of x over the panel's whole height."""

    ranges: Sequence[tuple[float, float]]
    role: Role
    label: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line across the panel at one value of an axis, with its label beside it."""

    at: float
    role: Role
    label: str = ""
    upright: bool = False
    dashed: bool = True


@dataclass(frozen=True, slots=True)
class Dots:
    x: Numbers
    y: Numbers
    role: Role
    label: str = ""
    marker: str = "o"
    size: float = 40.0


@dataclass(frozen=True, slots=True)
class Heat:
    """A grid of values with one colour scale; None is left blank.

    Attributes:
        values: rows of cells; row 0 lies at the bottom.
        marks: (row, column, role, label) of cells that are framed.
        each_column: every column has a colour scale of its own, for columns of unlike size; no scale is drawn then.
        unit: after each number.
    """

    values: Sequence[Gappy]
    rows: Sequence[str]
    columns: Sequence[str]
    title: str
    marks: Sequence[tuple[int, int, Role, str]] = ()
    each_column: bool = False
    unit: str = ""


Mark = Line | Bars | Candles | Spans | Rule | Dots | Heat


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One pair of axes.

    Attributes:
        weight: its share of the height.
        names: of the places 0, 1, 2 ... on the x axis, where x_scale is NAMES.
        right_label, right_scale: of the second y axis, where a mark asks for it.
        low, high, right_low: bounds of the y axes where they are not to be found from the data.
        legend: whether the labels of its marks are explained above it.
    """

    marks: Sequence[Mark]
    title: str = ""
    x_label: str = ""
    y_label: str = ""
    right_label: str = ""
    x_scale: Scale = Scale.TIME
    y_scale: Scale = Scale.PRICE
    right_scale: Scale = Scale.MONEY
    names: Sequence[str] = ()
    left: float | None = None
    right: float | None = None
    low: float | None = None
    high: float | None = None
    right_low: float | None = None
    weight: float = 1.0
    legend: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A whole picture.

    Attributes:
        name: for its file, without a suffix.
        alt: what a reader who cannot see it should know: what is shown, and the numbers that matter.
        caption: one line above it.
        columns: panels beside each other in a row.
        shared: whether panels above one another share the x axis.
        note: a line at the bottom: units, source, provisos.
        height: inches; the width is 12.
    """

    name: str
    title: str
    alt: str
    panels: Sequence[Panel]
    caption: str = ""
    subtitle: str = ""
    note: str = ""
    columns: int = 1
    shared: bool = True
    height: float = 7.0


@dataclass(frozen=True, slots=True)
class Study:
    """An indicator to draw with candles.

    Attributes:
        overlay: over the prices; otherwise in a panel of its own.
        levels: values at which a line is drawn across.
    """

    name: str
    lines: Sequence[tuple[str, Gappy]]
    overlay: bool = False
    levels: Sequence[float] = field(default_factory=tuple)
