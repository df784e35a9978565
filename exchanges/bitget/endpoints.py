"""Bitget's endpoints: importing this module fills the catalogue."""

from __future__ import annotations

from blave_mcp.exchanges.bitget import (
    endpoints_futures,
    endpoints_orders,
    endpoints_plans,
    endpoints_spot,
    endpoints_spot_orders,
)
from blave_mcp.exchanges.bitget.base import BITGET

__all__ = [
    "BITGET",
    "endpoints_futures",
    "endpoints_orders",
    "endpoints_plans",
    "endpoints_spot",
    "endpoints_spot_orders",
]
