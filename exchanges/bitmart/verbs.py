"""BitMart's three markets."""

from __future__ import annotations

from blave_mcp.exchanges.bitmart.verbs_futures import BitMartFutures
from blave_mcp.exchanges.bitmart.verbs_spot import BitMartMargin, BitMartSpot

__all__ = ["BitMartFutures", "BitMartMargin", "BitMartSpot"]
