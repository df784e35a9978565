"""What Bybit lists and how its account works, where it differs from the paper exchange's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache

from blave_mcp.exchanges.paper.listings import default_listings
from blave_mcp.exchanges.paper.types import Listing, Product, Rules

UNIFIED, FUND = "unified", "fund"
WALLETS: Mapping[str, str] = {"UNIFIED": UNIFIED, "FUND": FUND}
RULES = Rules(spot_wallet=UNIFIED, perp_wallet=UNIFIED, post_only="expire", default_leverage=Decimal(10))
"""One wallet pays for both markets; a post-only order that would take is cancelled, not refused."""
BALANCES: Mapping[str, Mapping[str, Decimal]] = {
    UNIFIED: {"USDT": Decimal(50_000), "BTC": Decimal(1)},
    FUND: {"USDT": Decimal(50_000)},
}
LEAST = Decimal(5)


@cache
def listings() -> tuple[Listing, ...]:
    """Returns the default listings with Bybit's least order value and fees.

    https://www.bybit.com/en/announcement-info/fee-rate/
    """
    return tuple(
        replace(one, min_notional=LEAST, maker_fee=Decimal("0.0002"), taker_fee=Decimal("0.00055"))
        if one.product is Product.PERP
        else replace(one, min_notional=LEAST)
        for one in default_listings()
    )
