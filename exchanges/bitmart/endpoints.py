"""BitMart's endpoints: importing this module fills the catalogue."""

from __future__ import annotations

from blave_mcp.exchanges.bitmart import (
    endpoints_account,
    endpoints_futures,
    endpoints_futures_orders,
    endpoints_spot,
    endpoints_spot_algo,
    endpoints_spot_orders,
)
from blave_mcp.exchanges.bitmart.base import BITMART

__all__ = [
    "BITMART",
    "endpoints_account",
    "endpoints_futures",
    "endpoints_futures_orders",
    "endpoints_spot",
    "endpoints_spot_algo",
    "endpoints_spot_orders",
]
