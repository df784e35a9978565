"""Binance's two markets."""

from __future__ import annotations

from blave_mcp.exchanges.binance.verbs_futures import BinanceFutures
from blave_mcp.exchanges.binance.verbs_spot import BinanceSpot

__all__ = ["BinanceFutures", "BinanceSpot"]
