"""Tool values become MCP tools: hints, schemas, errors, output limits, files and pictures."""

from __future__ import annotations

import base64
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from blave_mcp.exchanges.errors import BlaveError, Unavailable, did_you_mean
from blave_mcp.exchanges.limits import WAITING
from blave_mcp.exchanges.untrusted import clean, quoted
from blave_mcp.server.instructions import instructions
from blave_mcp.server.live import LiveResources
from blave_mcp.server.publishing import Prompts, Resources
from blave_mcp.server.results import LONGEST, ResultShelf
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.spec import Guide, Picture, Prompt, Result, Tool, Touch

log = logging.getLogger("blave_mcp")

NAME = "blave-quant-mcp"
WORD_FIELD = "confirmation"
MOST_INLINE = 700_000
"""Clients refuse images over a megabyte, counted after base64; a larger one is a link."""

Deliver = Callable[[Picture], Awaitable[str]]
"""Sends a picture to the user's own channels; returns what is to be told of it, or ""."""


def version() -> str:
    return metadata.version("blave-quant-mcp")


class AskAgain(Exception):
    """The client must put a question to the user and call again with the answer (protocol 2026-07-28)."""

    def __init__(self, question: str) -> None:
        super().__init__(question)
        self.question = question


class McpCaller:
    """The client behind one call; see `Caller`."""

    def __init__(self, ctx: Any, params: types.CallToolRequestParams) -> None:
        self._ctx = ctx
        self._answers = params.input_responses or {}

    @property
    def client(self) -> str:
        told = self._ctx.session.client_params
        return clean(f"{told.client_info.name} {told.client_info.version}", most=80) if told else "unknown"

    async def progress(self, done: float, total: float | None, text: str) -> None:
        await self._ctx.session.report_progress(done, total, text)

    async def ask_word(self, question: str) -> str | None:
        """See `Caller`. On the 2026-07-28 protocol the first round raises AskAgain.

        Raises:
            Unavailable: the client could not show its dialog, or answered something else.
        """
        session = self._ctx.session
        can = session.client_capabilities
        declared = can.elicitation if can else None
        if declared is None or (declared.form is None and declared.url is not None):
            return None
        if not session.can_send_request:
            if WORD_FIELD not in self._answers:
                raise AskAgain(question)
            return _word(self._answers[WORD_FIELD])
        try:
            return _word(await session.elicit_form(question, _WORD_SCHEMA, self._ctx.request_id))
        except (MCPError, ValidationError) as error:
            why = quoted(str(error)) if isinstance(error, MCPError) else "its answer has another form"
            raise Unavailable(
                f"The client's dialog failed: {why}. The action is still pending.", advice="Try confirm_action again."
            ) from None


_WORD_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        WORD_FIELD: {
            "type": "string",
            "title": "Confirmation",
            "description": "Type CONFIRM in capitals to send this one action. Anything else discards it.",
        }
    },
    "required": [WORD_FIELD],
}


def _word(answer: Any) -> str:
    content = getattr(answer, "content", None) or {}
    word = content.get(WORD_FIELD) if getattr(answer, "action", "") == "accept" else None
    return word if isinstance(word, str) else ""


_HINTS = {
    Touch.READ: types.ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True
    ),
    Touch.PROPOSE: types.ToolAnnotations(
        read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True
    ),
    Touch.DISCARD: types.ToolAnnotations(
        read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    ),
    Touch.CONFIRM: types.ToolAnnotations(
        read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=True
    ),
}


_AT_HOME = frozenset({"list_venues", "find_endpoints", "describe_endpoint", "list_actions"})
"""Reads that ask no venue."""


def listed(tool: Tool) -> types.Tool:
    """The tool as a client sees it."""
    hints = _HINTS[tool.touch].model_copy(update={"title": tool.title})
    if tool.name in _AT_HOME:
        hints.open_world_hint = False
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.doc,
        input_schema=tool.schema(),
        annotations=hints,
    )


def _failure(error: BlaveError) -> types.CallToolResult:
    data: dict[str, Any] = {"error": error.name, "what": error.what, "not_done": error.undone, "next": error.advice}
    for extra in ("code", "seconds", "client_ids"):
        if (value := getattr(error, extra, None)) not in (None, ""):
            data[extra] = list(value) if isinstance(value, tuple) else value
    return types.CallToolResult(
        content=[types.TextContent(text=f"{error.name}: {error}")], structured_content=data, is_error=True
    )


class Handlers:
    """The MCP requests that this server answers."""

    def __init__(self, desk: Desk, tools: Sequence[Tool], shelf: ResultShelf, deliver: Deliver | None = None) -> None:
        self._desk = desk
        self._tools = {tool.name: tool for tool in tools}
        self._shelf = shelf
        self._deliver = deliver

    async def list_tools(self, ctx: Any, params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[listed(tool) for tool in self._tools.values()])

    async def call_tool(
        self, ctx: Any, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        tool = self._tools.get(params.name)
        if tool is None:
            raise MCPError(
                types.INVALID_PARAMS, f'There is no tool "{params.name}". {did_you_mean(params.name, self._tools)}'
            )
        try:
            given = tool.check(params.arguments or {})
            caller = McpCaller(ctx, params)
            WAITING.set(caller.progress)
            if tool.wants_caller:
                given["caller"] = caller
            result = await tool.run(self._desk, **given)
        except BlaveError as error:
            return _failure(error)
        except AskAgain as wanted:
            request = types.ElicitRequest(
                params=types.ElicitRequestFormParams(message=wanted.question, requested_schema=_WORD_SCHEMA)
            )
            return types.InputRequiredResult(input_requests={WORD_FIELD: request})
        except (sqlite3.Error, OSError) as error:
            log.exception("tool %s failed", tool.name)
            return _failure(_unkept(tool, error))
        except Exception as error:
            log.exception("tool %s failed", tool.name)
            return _broken(tool, error)
        return await self._told(tool, result)

    async def _told(self, tool: Tool, result: Result) -> types.CallToolResult:
        kept = [self._shelf.keep(file.name, file.text, file.title) for file in result.files]
        pictures = [(p, self._shelf.keep(f"{p.name}.png", p.png, p.caption)) for p in result.pictures]
        notes = [f"[{one.title}: {one.uri}, file {one.path}]" for one in kept]
        for picture, one in pictures:
            notes.append(f"[Chart: {picture.alt} {one.uri}, file {one.path}]")
            if self._deliver is not None and (sent := await self._deliver(picture)):
                notes.append(f"[{sent}]")
        tail = "".join(f"\n{note}" for note in notes)
        text, whole = self._shelf.fit(tool.name, result.text, most=LONGEST - len(tail))
        data = dict(result.data)
        if whole is not None:
            data = {**self._shelf.small(result.data), "full_result": whole.uri}
        if kept or pictures:
            data["files"] = [one.told() for one in (*kept, *(one for _, one in pictures))]
        content: list[types.ContentBlock] = [types.TextContent(text=text + tail)]
        content += [_shown(picture) for picture, _ in pictures if len(picture.png) <= MOST_INLINE]
        content += [one.link() for one in ([whole] if whole else []) + kept + [one for _, one in pictures]]
        return types.CallToolResult(content=content, structured_content=data or None, is_error=result.failed)


def _shown(picture: Picture) -> types.ImageContent:
    return types.ImageContent(data=base64.b64encode(picture.png).decode(), mime_type="image/png")


def _unkept(tool: Tool, error: sqlite3.Error | OSError) -> BlaveError:
    """The server's own folder cannot be written or read: nothing is sent without a record of it."""
    undone = "Nothing was sent."
    if tool.touch is Touch.CONFIRM:
        undone = "get_action tells what became of the action."
    why = getattr(error, "strerror", None) or str(error)
    return Unavailable(
        f"The server's own record cannot be used ({why}).",
        undone=undone,
        advice="The operator should look at the disk under BLAVE_MCP_HOME; then ask again.",
    )


def _broken(tool: Tool, error: Exception) -> types.CallToolResult:
    """A fault of ours. Its text may hold anything, so only its kind is told; the log has the rest."""
    undone = "Nothing was sent." if tool.touch is not Touch.CONFIRM else "get_action tells what became of the action."
    text = f"InternalError: {tool.name} failed inside the server ({type(error).__name__}). {undone} The log says more."
    return types.CallToolResult(content=[types.TextContent(text=text)], is_error=True)


def build_server(
    desk: Desk,
    tools: Sequence[Tool],
    home: Path,
    lifespan: Any = None,
    *,
    guides: Sequence[Guide] = (),
    prompts: Sequence[Prompt] = (),
    deliver: Deliver | None = None,
    live: LiveResources | None = None,
) -> Server[Any]:
    """The MCP server over these tools, guides and prompts."""
    shelf = ResultShelf(home / "results")
    handlers = Handlers(desk, tools, shelf, deliver)
    resources = Resources(shelf, guides, live)
    told = Prompts(prompts)
    more: dict[str, Any] = {} if lifespan is None else {"lifespan": lifespan}
    if live is not None:
        more |= {
            "on_subscribe_resource": live.subscribe,
            "on_unsubscribe_resource": live.unsubscribe,
            "on_subscriptions_listen": live.listen,
        }
    if prompts:
        more |= {"on_list_prompts": told.list, "on_get_prompt": told.get}
    return Server(
        NAME,
        version=version(),
        title="Blave Quant",
        instructions=instructions(desk, tools),
        website_url="https://blave.org",
        on_list_tools=handlers.list_tools,
        on_call_tool=handlers.call_tool,
        on_list_resources=resources.list,
        on_read_resource=resources.read,
        **more,
    )
