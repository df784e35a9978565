"""Bitfinex's catalogue, whole."""

from __future__ import annotations

from blave_mcp.exchanges.bitfinex import endpoints_account, endpoints_funding, endpoints_orders, endpoints_public
from blave_mcp.exchanges.bitfinex.base import BITFINEX

__all__ = ["BITFINEX", "endpoints_account", "endpoints_funding", "endpoints_orders", "endpoints_public"]
