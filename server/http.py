"""Serving over streamable HTTP: on loopback alone, and to whoever holds the token."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from blave_mcp.server.app import App
from blave_mcp.server.settings import PREFIX, BadSetting

HOST = "127.0.0.1"
PATH = "/mcp"
SHORTEST_TOKEN = 24
_Message = MutableMapping[str, Any]
_Asgi = Callable[[_Message, Callable[[], Awaitable[_Message]], Callable[[_Message], Awaitable[None]]], Awaitable[None]]


def require_token(token: str) -> str:
    """Raises BadSetting where there is none, or one that could be guessed."""
    if len(token) < SHORTEST_TOKEN:
        raise BadSetting(
            f"Serving over HTTP wants {PREFIX}HTTP_TOKEN, at least {SHORTEST_TOKEN} characters that nobody can guess.",
            "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'",
        )
    return token


def guarded(app: _Asgi, token: str) -> _Asgi:
    """Lets nothing through to `app` without `Authorization: Bearer <token>`."""
    wanted = f"Bearer {token}".encode()

    async def check(
        scope: _Message, receive: Callable[[], Awaitable[_Message]], send: Callable[[_Message], Awaitable[None]]
    ) -> None:
        given = dict(scope.get("headers", [])).get(b"authorization", b"") if scope["type"] == "http" else b""
        if scope["type"] == "lifespan" or (scope["type"] == "http" and hmac.compare_digest(given, wanted)):
            await app(scope, receive, send)
        elif scope["type"] == "http":
            headers = [(b"www-authenticate", b"Bearer"), (b"content-length", b"0")]
            await send({"type": "http.response.start", "status": 401, "headers": headers})
            await send({"type": "http.response.body", "body": b""})

    return check


def holder(token: str) -> str:
    """Who is connected over HTTP: whoever holds this token, told apart without revealing it."""
    return f"http:{hashlib.sha256(token.encode()).hexdigest()[:12]}"


async def serve_http(app: App, token: str, port: int, ready: Callable[[str], None]) -> None:
    """Serves MCP at http://127.0.0.1:port/mcp until it is interrupted; 0 picks a free port.

    The SDK refuses foreign Host and Origin headers, so that no web page can reach it by DNS rebinding.
    """
    import uvicorn

    from blave_mcp.server.paper_http import listener
    from blave_mcp.server.serve import server_for

    asgi = server_for(app).streamable_http_app(streamable_http_path=PATH, host=HOST)
    config = uvicorn.Config(guarded(asgi, token), log_config=None, access_log=False, lifespan="on")
    with listener(HOST, port) as bound:
        ready(f"http://{HOST}:{bound.getsockname()[1]}{PATH}")
        try:
            await uvicorn.Server(config).serve(sockets=[bound])
        finally:
            await app.aclose()
