"""What clients can read beside calling tools: kept results and guides as resources, workflows as prompts."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import mcp_types as types
from mcp.shared.exceptions import MCPError

from blave_mcp.exchanges.errors import BlaveError, did_you_mean
from blave_mcp.server.live import LiveResources
from blave_mcp.server.results import ResultShelf
from blave_mcp.tools.spec import Guide, Prompt

_GUIDE_FORM = "text/markdown"


class Resources:
    """Guides first, then what changes, then results, newest first."""

    def __init__(self, shelf: ResultShelf, guides: Sequence[Guide], live: LiveResources | None = None) -> None:
        self._shelf = shelf
        self._live = live
        self._guides = {guide.uri: guide for guide in guides}

    async def list(self, ctx: Any, params: Any) -> types.ListResourcesResult:
        guides = [
            types.Resource(
                name=uri.rpartition("://")[2], uri=uri, title=g.title, description=g.doc, mime_type=_GUIDE_FORM
            )
            for uri, g in self._guides.items()
        ]
        live = self._live.listing() if self._live is not None else []
        return types.ListResourcesResult(resources=[*guides, *live, *self._shelf.listing()])

    async def read(self, ctx: Any, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        uri = str(params.uri)
        return types.ReadResourceResult(contents=[self._content(uri)])

    def _content(self, uri: str) -> types.TextResourceContents | types.BlobResourceContents:
        if (guide := self._guides.get(uri)) is not None:
            return types.TextResourceContents(uri=uri, mime_type=_GUIDE_FORM, text=guide.read())
        if self._live is not None and (content := self._live.read(uri)) is not None:
            return content
        found = self._shelf.read(uri)
        if found is None:
            raise MCPError(types.INVALID_PARAMS, f"There is no resource {uri}; old results are cleared away.")
        form, raw = found
        if form.startswith("image/"):
            return types.BlobResourceContents(uri=uri, mime_type=form, blob=base64.b64encode(raw).decode())
        return types.TextResourceContents(uri=uri, mime_type=form, text=raw.decode("utf-8"))


class Prompts:
    """The workflows that a user can start by name."""

    def __init__(self, prompts: Sequence[Prompt]) -> None:
        self._prompts = {prompt.name: prompt for prompt in prompts}

    async def list(self, ctx: Any, params: Any) -> types.ListPromptsResult:
        return types.ListPromptsResult(
            prompts=[
                types.Prompt(
                    name=prompt.name,
                    title=prompt.title,
                    description=prompt.doc,
                    arguments=[
                        types.PromptArgument(name=p.name, description=p.doc, required=p.required) for p in prompt.params
                    ],
                )
                for prompt in self._prompts.values()
            ]
        )

    async def get(self, ctx: Any, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        prompt = self._prompts.get(params.name)
        if prompt is None:
            near = did_you_mean(params.name, self._prompts)
            raise MCPError(types.INVALID_PARAMS, f'There is no prompt "{params.name}". {near}')
        try:
            text = prompt.message(params.arguments or {})
        except BlaveError as error:
            raise MCPError(types.INVALID_PARAMS, str(error)) from None
        message = types.PromptMessage(role="user", content=types.TextContent(text=text))
        return types.GetPromptResult(description=prompt.doc, messages=[message])
