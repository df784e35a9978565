"""The values that go into the paper exchange and come out of it: frozen, Decimal, times in Unix milliseconds UTC.

A listing is named by its key, "BTCUSDT:spot" or "BTCUSDT:perp" (`key_of`). Every size is in base units; a venue that
counts in contracts divides by `Listing.contract_size`.
"""

from __future__ import annotations

from blave_mcp.exchanges.paper.enums import (
    EntryKind,
    ListKind,
    MarginMode,
    OrderStatus,
    OrderType,
    PositionSide,
    Product,
    Side,
    TimeInForce,
    TriggerBy,
)
from blave_mcp.exchanges.paper.records import (
    Balance,
    Entry,
    Fill,
    FundingPayment,
    Liquidation,
    MarginAccount,
    Order,
    OrderList,
    Position,
    SymbolSettings,
    SystemAccounts,
    Transfer,
)
from blave_mcp.exchanges.paper.terms import (
    ONE,
    QUANTUM,
    ZERO,
    Listing,
    OrderRequest,
    Rules,
    Tier,
    key_of,
)

__all__ = [
    "ONE",
    "QUANTUM",
    "ZERO",
    "Balance",
    "Entry",
    "EntryKind",
    "Fill",
    "FundingPayment",
    "Liquidation",
    "ListKind",
    "Listing",
    "MarginAccount",
    "MarginMode",
    "Order",
    "OrderList",
    "OrderRequest",
    "OrderStatus",
    "OrderType",
    "Position",
    "PositionSide",
    "Product",
    "Rules",
    "Side",
    "SymbolSettings",
    "SystemAccounts",
    "Tier",
    "TimeInForce",
    "Transfer",
    "TriggerBy",
    "key_of",
]
