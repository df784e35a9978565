"""Serving over stdio, and the work that goes on beside it."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import AsyncIterator
from typing import Any

import anyio
import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.runner import serve_dual_era_loop
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage

from blave_mcp.exchanges.errors import BlaveError
from blave_mcp.server.app import App
from blave_mcp.server.mcp import build_server
from blave_mcp.tools.registry import choose

log = logging.getLogger("blave_mcp")

RESOLVE_EVERY_S = 5.0
PROBE = "server/discover"


def log_to_stderr(level: str) -> None:
    """stdout belongs to the protocol."""
    logging.basicConfig(
        stream=sys.stderr, level=level.upper(), format="%(levelname)s %(name)s: %(message)s", force=True
    )
    for quiet in ("httpx", "httpcore", "filelock"):
        logging.getLogger(quiet).setLevel(max(logging.WARNING, logging.getLogger().level))


async def keep_accounts(app: App) -> None:
    """Settles what a crash left open, then looks up unknown outcomes until it is canceled."""
    gate = app.desk.gate
    while True:
        try:
            for action in await gate.recover():
                log.warning("action %s, left open by a process that is gone, is %s", action.id, action.state)
            for action in gate.unresolved():
                settled = await gate.resolve(action.id)
                if settled.state is not action.state:
                    log.warning("action %s is %s", settled.id, settled.state)
        except BlaveError as error:
            log.warning("looking up open actions: %s", error)
        except Exception:
            log.exception("looking up open actions")
        await app.desk.clock.sleep(RESOLVE_EVERY_S)


def server_for(app: App) -> Server[Any]:
    """The MCP server of an app; its lifespan keeps the accounts."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Server[Any]) -> AsyncIterator[dict[str, Any]]:
        async with anyio.create_task_group() as group:
            group.start_soon(keep_accounts, app)
            try:
                yield {}
            finally:
                group.cancel_scope.cancel()

    tools = choose(app.settings.toolsets, read_only=app.settings.read_only)
    return build_server(app.desk, tools, app.settings.home, lifespan)


async def serve_stdio(app: App) -> None:
    """Serves one client over stdin and stdout until stdin ends."""
    server = server_for(app)
    try:
        async with stdio_server() as (read, write), server.lifespan(server) as state:
            unprobed = await _answer_probes(server, read, write, state, handshake=app.settings.protocol == "handshake")
            await serve_dual_era_loop(
                server, unprobed, write, lifespan_state=state, init_options=server.create_initialization_options()
            )
    finally:
        await app.aclose()


async def _answer_probes(server: Server[Any], read: Any, write: Any, state: Any, *, handshake: bool) -> Any:
    """Answers `server/discover` ahead of the client's first real request, without choosing an era by it.

    The SDK locks the connection's era at its first frame, so that a client which probes and then falls back to
    `initialize` would be refused. Where the operator forces the handshake era, the probe gets "method not found",
    at which such clients fall back.

    Returns:
        The stream from the first other frame on.
    """
    async for item in read:
        request = item.message if isinstance(item, SessionMessage) else None
        if not isinstance(request, types.JSONRPCRequest) or request.method != PROBE:
            return _Rest(item, read)
        if handshake:
            error = types.ErrorData(code=types.METHOD_NOT_FOUND, message=f"Method not found: {PROBE}")
            await write.send(SessionMessage(types.JSONRPCError(jsonrpc="2.0", id=request.id, error=error)))
            continue
        await _answer_alone(server, item, write, state)
    return _Rest(None, read)


async def _answer_alone(server: Server[Any], item: SessionMessage, write: Any, state: Any) -> None:
    """Lets the SDK answer one request on a connection of its own."""
    ask, asked = anyio.create_memory_object_stream[Any](1)
    answer, answered = anyio.create_memory_object_stream[Any](8)
    await ask.send(item)
    async with anyio.create_task_group() as group:

        async def pass_on() -> None:
            async with answered:
                async for reply in answered:
                    await write.send(reply)
                    await ask.aclose()

        group.start_soon(pass_on)
        await serve_dual_era_loop(server, asked, answer, lifespan_state=state)


class _Rest:
    """A stream with its first item put back."""

    def __init__(self, first: Any, rest: Any) -> None:
        self._first = first
        self._rest = rest
        self.last_context = None

    def __aiter__(self) -> _Rest:
        return self

    async def __anext__(self) -> Any:
        return await self.receive()

    async def receive(self) -> Any:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        try:
            item = await self._rest.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None
        self.last_context = getattr(self._rest, "last_context", None)
        return item

    async def aclose(self) -> None:
        await self._rest.aclose()

    async def __aenter__(self) -> _Rest:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
