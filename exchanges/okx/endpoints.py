"""Every endpoint of OKX that this project knows. Importing this module fills the catalogue."""

from __future__ import annotations

from blave_mcp.exchanges.okx import endpoints_account, endpoints_market, endpoints_orders
from blave_mcp.exchanges.okx.base import OKX

__all__ = ["OKX", "endpoints_account", "endpoints_market", "endpoints_orders"]
