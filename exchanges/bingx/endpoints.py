"""BingX's endpoints: importing this module fills the catalogue."""

from __future__ import annotations

from blave_mcp.exchanges.bingx import endpoints_orders, endpoints_spot, endpoints_swap
from blave_mcp.exchanges.bingx.base import BINGX

__all__ = ["BINGX", "endpoints_orders", "endpoints_spot", "endpoints_swap"]
