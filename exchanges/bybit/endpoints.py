"""Bybit's endpoints: importing this module fills the catalogue."""

from __future__ import annotations

from blave_mcp.exchanges.bybit import endpoints_account, endpoints_market, endpoints_orders
from blave_mcp.exchanges.bybit.base import BYBIT

__all__ = ["BYBIT", "endpoints_account", "endpoints_market", "endpoints_orders"]
