"""A face of the paper exchange over HTTP, on loopback only, so that any client of the venue can be pointed at it."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, MutableMapping
from ipaddress import ip_address
from typing import Any

import anyio

from blave_mcp.exchanges.paper.face import FaceTransport, OpenStream
from blave_mcp.exchanges.wire import HttpReply, HttpRequest

MAX_BODY = 1_000_000
_Message = MutableMapping[str, Any]
App = Callable[[_Message, Callable[[], Awaitable[_Message]], Callable[[_Message], Awaitable[None]]], Awaitable[None]]


def app_of(face: FaceTransport) -> App:
    """Returns an ASGI application that hands path, query and body to a face byte for byte.

    https://asgi.readthedocs.io/en/latest/specs/www.html
    """

    async def app(
        scope: _Message, receive: Callable[[], Awaitable[_Message]], send: Callable[[_Message], Awaitable[None]]
    ) -> None:
        if scope["type"] != "http":
            return
        body = await _body(receive)
        if body is None:
            await _reply(send, 413, {}, b"")
            return
        # `raw_path` is as it was sent; `path` is already percent-decoded, and the signature is over the former.
        path = scope.get("raw_path") or scope["path"].encode()
        query = scope["query_string"]
        url = f"http://{_host(scope)}{(path + (b'?' + query if query else b'')).decode('latin-1')}"
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        opened = face.open_stream(HttpRequest(scope["method"], url, headers, body))
        if isinstance(opened, HttpReply):
            await _reply(send, opened.status, dict(opened.headers), opened.body)
        else:
            await _stream(face, opened, receive, send)

    return app


async def _body(receive: Callable[[], Awaitable[_Message]]) -> bytes | None:
    """Returns the whole body; None if it is larger than any venue takes."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            return None
        if not message.get("more_body"):
            return bytes(body)


async def _reply(
    send: Callable[[_Message], Awaitable[None]], status: int, headers: dict[str, str], body: bytes
) -> None:
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def _stream(
    face: FaceTransport,
    opened: OpenStream,
    receive: Callable[[], Awaitable[_Message]],
    send: Callable[[_Message], Awaitable[None]],
) -> None:
    """Sends a stream until either side ends it."""
    raw = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": raw})

    async def until_gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(until_gone)
        while (sent := opened.poll(face.clock())) is not None:
            if sent:
                await send({"type": "http.response.body", "body": sent, "more_body": True})
            await anyio.sleep(face.pause)
        await send({"type": "http.response.body", "body": b""})
        group.cancel_scope.cancel()


def _host(scope: _Message) -> str:
    host, port = scope.get("server") or ("127.0.0.1", 0)
    return f"{host}:{port}"


def listener(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """Returns a listening socket; port 0 takes a free one.

    Raises:
        ValueError: a host that is not this machine's own.
        OSError: the port is taken.
    """
    if not ip_address(host).is_loopback:
        raise ValueError(f"a paper exchange is served on loopback only, not on {host}")
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(128)
    except OSError:
        bound.close()
        raise
    return bound


def server_of(face: FaceTransport) -> Any:
    """Returns a uvicorn server that writes nothing to stdout and leaves no line for each request."""
    import uvicorn

    return uvicorn.Server(uvicorn.Config(app_of(face), log_config=None, access_log=False, lifespan="off"))


async def serve(
    face: FaceTransport,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    ready: Callable[[int], None] | None = None,
) -> None:
    """Serves a face until the task is cancelled or the process is told to stop.

    Args:
        ready: is told the port as soon as connections are taken.

    Raises:
        ValueError: a host that is not this machine's own.
        OSError: the port is taken.
    """
    bound = listener(host, port)
    try:
        if ready is not None:
            ready(int(bound.getsockname()[1]))
        await server_of(face).serve(sockets=[bound])
    finally:
        bound.close()
