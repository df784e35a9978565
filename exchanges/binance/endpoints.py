"""Binance's endpoints: importing this module fills the catalogue."""

from __future__ import annotations

from blave_mcp.exchanges.binance import endpoints_futures, endpoints_lists, endpoints_orders, endpoints_spot
from blave_mcp.exchanges.binance.base import BINANCE

__all__ = ["BINANCE", "endpoints_futures", "endpoints_lists", "endpoints_orders", "endpoints_spot"]
