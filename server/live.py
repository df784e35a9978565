"""Resources that change while they are looked at: TradingView alerts, with notifications for whoever subscribes."""

from __future__ import annotations

import logging
from typing import Any

import mcp_types as types
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ResourceUpdated
from mcp.shared.exceptions import MCPError

from blave_mcp.server.alerts import AlertListener

log = logging.getLogger("blave_mcp")
MOST_SUBSCRIBERS = 64
FORM = "application/json"


class LiveResources:
    """The alerts of each channel as a resource.

    Clients of both protocols are told when one changes: by `resources/subscribe` up to 2025-11-25, and by
    `subscriptions/listen` from 2026-07-28 on.
    """

    def __init__(self, alerts: AlertListener) -> None:
        self._alerts = alerts
        self._bus = InMemorySubscriptionBus()
        self._sessions: dict[str, list[Any]] = {}
        self.listen = ListenHandler(self._bus)
        alerts.changed = self.changed

    def listing(self) -> list[types.Resource]:
        return [
            types.Resource(name=uri.rpartition("://")[2], uri=uri, title=title, mime_type=FORM)
            for uri, title in self._alerts.uris()
        ]

    def read(self, uri: str) -> types.TextResourceContents | None:
        """Returns a resource, or None where it is none of these."""
        text = self._alerts.text(uri)
        return None if text is None else types.TextResourceContents(uri=uri, mime_type=FORM, text=text)

    async def subscribe(self, ctx: Any, params: types.SubscribeRequestParams) -> types.EmptyResult:
        uri = str(params.uri)
        if self._alerts.text(uri) is None:
            raise MCPError(types.INVALID_PARAMS, f"{uri} does not change; only blave://alerts/<channel> does.")
        sessions = self._sessions.setdefault(uri, [])
        if ctx.session not in sessions:
            self._sessions[uri] = [*sessions, ctx.session][-MOST_SUBSCRIBERS:]
        return types.EmptyResult()

    async def unsubscribe(self, ctx: Any, params: types.UnsubscribeRequestParams) -> types.EmptyResult:
        uri = str(params.uri)
        self._sessions[uri] = [one for one in self._sessions.get(uri, []) if one is not ctx.session]
        return types.EmptyResult()

    async def changed(self, uri: str) -> None:
        """Tells everybody who subscribed; a client that is gone is forgotten."""
        await self._bus.publish(ResourceUpdated(uri=uri))
        for session in list(self._sessions.get(uri, [])):
            try:
                await session.send_resource_updated(uri)
            except Exception as error:  # noqa: BLE001 - a client that cannot be reached is no trouble of the others
                log.info("a subscriber of %s is gone (%s)", uri, type(error).__name__)
                self._sessions[uri] = [one for one in self._sessions[uri] if one is not session]
