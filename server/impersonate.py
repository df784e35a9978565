"""A transport that greets servers as a browser does, for pages that turn other programs away. An extra."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from blave_mcp.exchanges.wire import HttpReply, HttpRequest, NetworkFault, Transport

BROWSER = "chrome"


class BrowserTransport:
    """curl_cffi with a browser's handshake. No cookies, no redirects, no proxy from the environment.

    It is opened for each request: it is used seldom, and must not outlive an event loop.
    """

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        library: Any = import_module("curl_cffi.requests")
        # The browser's own user-agent, not ours: the two must fit together.
        headers = {name: value for name, value in request.headers.items() if name != "user-agent"}
        async with library.AsyncSession(trust_env=False) as session:
            try:
                reply = await session.request(
                    request.method,
                    request.url,
                    headers=headers,
                    timeout=timeout,
                    impersonate=BROWSER,
                    allow_redirects=False,
                )
            except library.exceptions.RequestException as error:
                raise NetworkFault(f"no answer ({type(error).__name__})", sent=True) from None
        return HttpReply(reply.status_code, {k.lower(): v for k, v in reply.headers.items()}, reply.content)


@cache
def browser_like() -> Transport | None:
    """None where the extra is not installed."""
    return BrowserTransport() if find_spec("curl_cffi") is not None else None
