"""Bitget's two markets."""

from __future__ import annotations

from blave_mcp.exchanges.bitget.verbs_futures import BitgetFutures
from blave_mcp.exchanges.bitget.verbs_spot import BitgetSpot

__all__ = ["BitgetFutures", "BitgetSpot"]
