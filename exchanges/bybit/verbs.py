"""Bybit's two markets."""

from __future__ import annotations

from blave_mcp.exchanges.bybit.verbs_linear import BybitLinear
from blave_mcp.exchanges.bybit.verbs_spot import BybitSpot

__all__ = ["BybitLinear", "BybitSpot"]
