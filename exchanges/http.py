"""The one network import."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING

from blave_mcp.exchanges.wire import HttpReply, HttpRequest, NetworkFault, StreamReply

if TYPE_CHECKING:
    import httpx

MAX_REPLY_BYTES = 64 * 1024 * 1024


class HttpTransport:
    """Sends requests with httpx: no redirects, no retries, no cookies, no proxy or key taken from the environment.

    httpx is imported at the first request, so that a server in paper mode never pays for it.
    """

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            import httpx

            self._client = httpx.AsyncClient(
                follow_redirects=False,
                trust_env=False,
                limits=httpx.Limits(max_connections=20, keepalive_expiry=15),
                transport=httpx.AsyncHTTPTransport(retries=0, trust_env=False),
            )
        return self._client

    def _outgoing(self, request: HttpRequest, timeout: httpx.Timeout | float) -> httpx.Request:
        outgoing = self._opened().build_request(
            request.method, request.url, headers=dict(request.headers), content=request.body or None, timeout=timeout
        )
        if str(outgoing.url) != request.url:
            raise ValueError("the URL would be changed on its way out, and its signature with it")
        return outgoing

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        client = self._opened()
        import httpx

        outgoing = self._outgoing(request, timeout)
        try:
            reply = await client.send(outgoing)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise NetworkFault(f"no connection to {outgoing.url.host} ({type(error).__name__})", sent=False) from None
        except httpx.HTTPError as error:
            raise NetworkFault(f"no answer from {outgoing.url.host} ({type(error).__name__})", sent=True) from None
        if len(reply.content) > MAX_REPLY_BYTES:
            raise NetworkFault(f"the answer from {outgoing.url.host} is larger than 64 MiB", sent=True)
        return HttpReply(reply.status_code, {k.lower(): v for k, v in reply.headers.items()}, reply.content)

    @asynccontextmanager
    async def stream(self, request: HttpRequest, *, timeout: float, silence: float) -> AsyncIterator[StreamReply]:
        """See `Streams`. A stream has a connection of its own, which no other request waits for."""
        client = self._opened()
        import httpx

        outgoing = self._outgoing(request, httpx.Timeout(timeout, read=silence))
        host = outgoing.url.host
        try:
            reply = await client.send(outgoing, stream=True)
        except httpx.HTTPError as error:
            raise NetworkFault(f"no stream from {host} ({type(error).__name__})", sent=True) from None

        async def chunks() -> AsyncIterator[bytes]:
            try:
                async for chunk in reply.aiter_bytes():
                    yield chunk
            except (httpx.HTTPError, httpx.StreamError) as error:
                raise NetworkFault(f"the stream from {host} broke ({type(error).__name__})", sent=True) from None

        try:
            yield StreamReply(reply.status_code, {k.lower(): v for k, v in reply.headers.items()}, chunks())
        finally:
            await reply.aclose()

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def __aenter__(self) -> HttpTransport:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
