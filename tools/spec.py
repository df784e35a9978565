"""A tool is a value: its name, its parameters, what it does to the world, and the function that does it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from blave_mcp.exchanges.params import Kind, Param, check_args

Run = Callable[..., Awaitable["Result"]]


class Toolset(StrEnum):
    MARKET = "market"
    ACCOUNT = "account"
    TRADE = "trade"
    FUNDING = "funding"
    RESEARCH = "research"
    WORKFLOW = "workflow"
    EXPLORE = "explore"
    CONFIRM = "confirm"


class Touch(StrEnum):
    """What a tool does to the world.

    READ asks; PROPOSE records a pending action and sends nothing; DISCARD takes one back; CONFIRM sends one.
    """

    READ = "read"
    PROPOSE = "propose"
    DISCARD = "discard"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class File:
    """A whole table or text beside a short answer: kept on disk and offered as a resource.

    Attributes:
        name: what it holds, with the suffix of its form: "equity.csv", "trades.json", "notes.txt".
        title: the same in words.
    """

    name: str
    text: str
    title: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart: shown inline, kept on disk, offered as a resource, and sent to the channel that the user set up.

    Attributes:
        name: what it shows, without a suffix: "liquidation-map-BTCUSDT".
        alt: what a reader who cannot see it should know.
        caption: one line above it, also where it is sent.
    """

    name: str
    png: bytes = field(repr=False)
    alt: str
    caption: str


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool answers.

    Attributes:
        text: for the model and the user; numbers as aligned or comma-separated tables.
        data: the same by name, for programs: plain JSON, decimals as strings, tables as columns and rows.
        failed: the answer is a failure that is told, not raised.
        files, pictures: what belongs to the answer and is no text for a model.
    """

    text: str
    data: Mapping[str, Any] = field(default_factory=dict)
    failed: bool = False
    files: tuple[File, ...] = ()
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class Guide:
    """A text that clients can read as a resource.

    Attributes:
        uri: "blave://guide/..."; `read` makes the text (Markdown) when it is asked for.
    """

    uri: str
    title: str
    doc: str
    read: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A workflow that a user can start by name: what it says to the model, with the user's arguments in it.

    Attributes:
        params: as a tool's; MCP hands every argument over as text.
        render: arguments, checked, by name -> the message.
    """

    name: str
    title: str
    doc: str
    params: tuple[Param, ...]
    render: Callable[..., str]

    def __post_init__(self) -> None:
        taken, named = set(inspect.signature(self.render).parameters), {param.name for param in self.params}
        if taken != named:
            raise ValueError(f"{self.name}: parameters and signature differ in {sorted(taken ^ named)}")

    def message(self, given: Mapping[str, str]) -> str:
        """Raises BadArgument: an unknown argument, a missing or an unusable one."""
        kinds = {param.name: param.kind for param in self.params}
        typed = {name: _from_text(value, kinds.get(name)) for name, value in given.items() if value.strip()}
        return self.render(**check_args(self.params, typed))


def _from_text(value: str, kind: Kind | None) -> Any:
    text = value.strip()
    if kind is Kind.INTEGER and text.removeprefix("-").isdecimal():
        return int(text)
    if kind is Kind.FLAG and text.lower() in ("true", "false"):
        return text.lower() == "true"
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool. The defaults of its parameters are those of `run`'s signature.

    Attributes:
        doc: what it answers, units and limits; the first sentence stands alone.
        wants_caller: whether `run` takes `caller`, which tells who calls and can ask them.
    """

    name: str
    title: str
    doc: str
    toolset: Toolset
    touch: Touch
    run: Run
    params: tuple[Param, ...] = ()
    wants_caller: bool = False

    def __post_init__(self) -> None:
        taken = set(inspect.signature(self.run).parameters) - {"desk", "caller"}
        named = {param.name for param in self.params}
        if taken != named:
            raise ValueError(f"{self.name}: parameters and signature differ in {sorted(taken ^ named)}")

    def check(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Raises BadArgument: an unknown argument (with the nearest name), a missing or an unusable one."""
        return check_args(self.params, given)

    def schema(self) -> dict[str, Any]:
        """The JSON schema of the arguments; nothing else is taken."""
        defaults = inspect.signature(self.run).parameters
        properties = {}
        for param in self.params:
            shape = _shape(param)
            default = defaults[param.name].default
            if default not in (inspect.Parameter.empty, None, ""):
                shape["default"] = default
            properties[param.name] = shape
        schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
        if required := [param.name for param in self.params if param.required]:
            schema["required"] = required
        return schema


def _shape(param: Param) -> dict[str, Any]:
    shape: dict[str, Any] = {}
    match param.kind:
        case Kind.DECIMAL | Kind.TEXT | Kind.CLIENT_ID | Kind.ANYTHING:
            shape["type"] = "string"
        case Kind.ONE_OF:
            shape.update(type="string", enum=list(param.choices))
        case Kind.INTEGER:
            shape["type"] = "integer"
            if param.low is not None:
                shape["minimum"] = int(param.low)
            if param.high is not None:
                shape["maximum"] = int(param.high)
        case Kind.FLAG:
            shape["type"] = "boolean"
        case Kind.JSON:
            shape["type"] = "object" if not param.items else "array"
    if param.doc:
        shape["description"] = param.doc
    return shape


def csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Comma-separated text with a header line; None is empty, texts with commas are quoted."""
    return "\n".join(",".join(_cell(value) for value in row) for row in [columns, *rows])


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\n') else text


def columnar(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """A table as data: column names once, then rows; decimals become strings."""
    return {"columns": list(columns), "rows": [[_plain(value) for value in row] for row in rows]}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | str) else str(value)
