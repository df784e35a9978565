"""What reaches the web in every mode, paper too: public pages that are read, and the user's own channels."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from blave_mcp.exchanges.clock import Clock
from blave_mcp.exchanges.sources.pages import ETF_URL, POSTS_URL, Pages
from blave_mcp.exchanges.wire import HttpReply, HttpRequest, Transport
from blave_mcp.server.impersonate import browser_like
from blave_mcp.server.settings import Settings

if TYPE_CHECKING:
    from blave_mcp.server.notify import Channels


class Later:
    """A transport that is opened when the first request leaves."""

    def __init__(self, opened: Callable[[], Transport]) -> None:
        self._opened = opened

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        return await self._opened().send(request, timeout=timeout)


def pages_of(settings: Settings, transport: Transport, clock: Clock) -> Pages:
    return Pages(
        transport,
        clock,
        etf_url=settings.etf_url or ETF_URL,
        posts_url=settings.posts_url or POSTS_URL,
        disguised=browser_like(),
    )


def channels_of(settings: Settings, transport: Transport, clock: Clock) -> Channels | None:
    """What the user set up to be told by; nothing is imported for it where nothing was."""
    if not (settings.telegram_chat or settings.slack_webhook or settings.discord_webhook):
        return None
    from blave_mcp.server import notify

    return notify.channels_of(settings, transport, clock)
