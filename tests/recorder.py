"""What leaves the process for a venue, and whether its catalogue documents it as changing nothing."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from blave_mcp.exchanges.client import VenueClient
from blave_mcp.exchanges.endpoint import Endpoint
from blave_mcp.exchanges.wire import HttpReply, HttpRequest


class Recorder:
    """Stands before a client's transport and keeps every request, in order."""

    def __init__(self, client: VenueClient) -> None:
        self._dialect, self._transport = client.dialect, client.transport
        self._harmless = [route(one) for one in self._dialect.catalogue if not one.writes]
        self._hosts = {urlsplit(url).netloc for url in client.base_urls.values()}
        self.requests: list[HttpRequest] = []
        client.transport = self

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        self.requests.append(request)
        return await self._transport.send(request, timeout=timeout)

    def is_read(self, request: HttpRequest) -> bool:
        parts = urlsplit(request.url)
        told = f"{request.method} {parts.path}"
        return parts.netloc in self._hosts and any(one.fullmatch(told) for one in self._harmless)

    @property
    def writes(self) -> list[HttpRequest]:
        """Requests that are no documented read."""
        return [one for one in self.requests if not self.is_read(one)]


def route(endpoint: Endpoint) -> re.Pattern[str]:
    """Matches method and path of the endpoint's requests."""
    parts = re.split(r"(\{\w+\})", f"{endpoint.method} {endpoint.path}")
    return re.compile("".join("[^/]+" if part.startswith("{") else re.escape(part) for part in parts))
