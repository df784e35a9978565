"""What OKX trades on paper, what a new account holds, and how amounts are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from blave_mcp.exchanges.paper.face import short
from blave_mcp.exchanges.paper.listings import default_listings
from blave_mcp.exchanges.paper.types import Listing, Product, Rules

# One contract of the large ones as OKX lists them; of the others ten steps.
# https://www.okx.com/trade-market/info/swap
_CONTRACTS: Mapping[str, str] = {"BTC": "0.01", "ETH": "0.1", "SOL": "1", "DOGE": "1000", "XRP": "100"}
BALANCES: Mapping[str, Mapping[str, Decimal]] = {
    "trading": {"USDT": Decimal(100_000), "BTC": Decimal(1)},
    "funding": {"USDT": Decimal(10_000)},
}
RULES = Rules(
    spot_wallet="trading", perp_wallet="trading", post_only="expire", default_leverage=Decimal(10), max_open_orders=500
)


def listings() -> tuple[Listing, ...]:
    """The usual ones, the perpetuals in contracts."""
    return tuple(_counted(each) if each.product is Product.PERP else each for each in default_listings())


def _counted(listing: Listing) -> Listing:
    size = Decimal(_CONTRACTS.get(listing.base, listing.step * 10))
    return replace(listing, contract_size=size)


def lots(listing: Listing, base: Decimal) -> str:
    """Writes a size: contracts for a swap, base for spot."""
    return short(base / listing.contract_size)


def text(value: Decimal | None) -> str:
    """OKX writes "" where there is nothing to tell."""
    return "" if value is None else short(value)
