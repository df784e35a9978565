"""What OKX trades on paper, what a new account holds, and how amounts are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache

from blave_mcp.exchanges.paper.borrowing import margin_of
from blave_mcp.exchanges.paper.face import short
from blave_mcp.exchanges.paper.listings import default_listings, tiers_of
from blave_mcp.exchanges.paper.types import Listing, Product, Rules

# One contract of the large ones as OKX lists them; of the others ten steps.
# https://www.okx.com/trade-market/info/swap
_CONTRACTS: Mapping[str, str] = {"BTC": "0.01", "ETH": "0.1", "SOL": "1", "DOGE": "1000", "XRP": "100"}
BALANCES: Mapping[str, Mapping[str, Decimal]] = {
    "trading": {"USDT": Decimal(100_000), "BTC": Decimal(1)},
    "funding": {"USDT": Decimal(10_000)},
}
RULES = Rules(
    spot_wallet="trading",
    perp_wallet="trading",
    post_only="expire",
    self_trade="cancel_maker",
    default_leverage=Decimal(10),
    max_open_orders=500,
)

# Margin tiers of a large pair and of the others, made after what OKX publishes: ten times at most.
# https://www.okx.com/trade-market/position/margin
_MAJOR = ("BTC", "ETH")
_TIERS = {
    True: tiers_of([(2_000_000, 10, "0.03"), (5_000_000, 5, "0.06"), (10_000_000, 3, "0.1")]),
    False: tiers_of([(200_000, 5, "0.06"), (500_000, 3, "0.1"), (1_000_000, 2, "0.2")]),
}
# What is lent, by the hour: 0.00001 is 8.76 % a year.
INTEREST: Mapping[str, Decimal] = {
    "USDT": Decimal("0.00001"), "BTC": Decimal("0.0000012"), "ETH": Decimal("0.0000025"),
}  # fmt: skip
OTHER_INTEREST = Decimal("0.00002")


@cache
def listings() -> tuple[Listing, ...]:
    """The usual ones, the perpetuals in contracts; each spot pair also for margin."""
    usual = default_listings()
    lent = (_lent(each) for each in usual if each.product is Product.SPOT)
    return (*(_counted(each) if each.product is Product.PERP else each for each in usual), *lent)


def _lent(spot: Listing) -> Listing:
    base, quote = (INTEREST.get(asset, OTHER_INTEREST) for asset in (spot.base, spot.quote))
    return margin_of(spot, _TIERS[spot.base in _MAJOR], base_interest=base, quote_interest=quote)


def _counted(listing: Listing) -> Listing:
    size = Decimal(_CONTRACTS.get(listing.base, listing.step * 10))
    return replace(listing, contract_size=size)


def lots(listing: Listing, base: Decimal) -> str:
    """Writes a size: contracts for a swap, base for spot and margin."""
    return short(base / listing.contract_size)


def text(value: Decimal | None) -> str:
    """OKX writes "" where there is nothing to tell."""
    return "" if value is None else short(value)
