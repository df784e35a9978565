"""Serving over stdio, and the work that goes on beside it."""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any

import anyio
import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.runner import serve_dual_era_loop, serve_loop
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage

from blave_mcp.exchanges.errors import BlaveError
from blave_mcp.server.app import App
from blave_mcp.server.live import LiveResources
from blave_mcp.server.mcp import build_server
from blave_mcp.server.stdio import Wire
from blave_mcp.tools.registry import ALL_GUIDES, ALL_PROMPTS, choose

log = logging.getLogger("blave_mcp")

RESOLVE_EVERY_S = 5.0
PROBE = "server/discover"
MOST_LEAD = 8


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
            group.start_soon(app.alerts.run)
            try:
                yield {}
            finally:
                group.cancel_scope.cancel()

    tools = choose(app.settings.toolsets, read_only=app.settings.read_only)
    deliver = app.channels.deliver if app.channels else None
    return build_server(
        app.desk,
        tools,
        app.settings.home,
        lifespan,
        guides=ALL_GUIDES,
        prompts=ALL_PROMPTS,
        deliver=deliver,
        live=LiveResources(app.alerts),
    )


async def serve_stdio(app: App, wire: Wire) -> None:
    """Serves one client until stdin ends, or the process is told to stop.

    Either way an action that is being sent is carried out to its end first.
    """
    server = server_for(app)
    try:
        async with anyio.create_task_group() as group:
            serving = anyio.CancelScope()
            group.start_soon(_stop_at_signal, serving)
            with serving:
                streams: Any = wire
                async with stdio_server(streams, streams) as (read, write), server.lifespan(server) as state:
                    await _serve(server, read, write, state, handshake=app.settings.protocol == "handshake")
            group.cancel_scope.cancel()
    finally:
        wire.close()
        with anyio.CancelScope(shield=True):
            await app.aclose()


async def _stop_at_signal(serving: anyio.CancelScope) -> None:
    """Stops serving at SIGTERM or SIGINT, however often they come; the default would cut a send in half."""
    if sys.platform == "win32":
        return
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for _ in signals:
            serving.cancel()


async def _serve(server: Server[Any], read: Any, write: Any, state: Any, *, handshake: bool) -> None:
    options = server.create_initialization_options()
    if handshake:
        await serve_loop(server, read, write, lifespan_state=state, init_options=options)
        return
    unprobed = await _answer_probes(server, read, write, state)
    await serve_dual_era_loop(server, unprobed, write, lifespan_state=state, init_options=options)


async def _answer_probes(server: Server[Any], read: Any, write: Any, state: Any) -> _Rest:
    """Answers `server/discover` ahead of the client's first other request, without choosing an era by it.

    The SDK locks the connection's era at its first request, so that a client which probes and then goes on with
    `initialize` would be refused.

    Returns:
        The stream without the probes.
    """
    lead: list[Any] = []
    async for item in read:
        message = item.message if isinstance(item, SessionMessage) else None
        if isinstance(message, types.JSONRPCRequest) and message.method == PROBE:
            await _answer_alone(server, item, write, state)
            continue
        if len(lead) < MOST_LEAD or isinstance(message, types.JSONRPCRequest):
            lead.append(item)
        if isinstance(message, types.JSONRPCRequest):
            break
    return _Rest(lead, read)


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
    """A stream with its first items put back."""

    def __init__(self, lead: list[Any], rest: Any) -> None:
        self._lead = lead
        self._rest = rest

    def __aiter__(self) -> _Rest:
        return self

    async def __anext__(self) -> Any:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def receive(self) -> Any:
        return self._lead.pop(0) if self._lead else await self._rest.receive()

    async def aclose(self) -> None:
        await self._rest.aclose()

    async def __aenter__(self) -> _Rest:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
