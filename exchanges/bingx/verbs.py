"""BingX's two markets."""

from __future__ import annotations

from blave_mcp.exchanges.bingx.verbs_spot import BingXSpot
from blave_mcp.exchanges.bingx.verbs_swap import BingXSwap

__all__ = ["BingXSpot", "BingXSwap"]
