"""BingX's host on the paper exchange."""

from __future__ import annotations

from blave_mcp.exchanges.paper.bingx.host import BingXFace

__all__ = ["BingXFace"]
