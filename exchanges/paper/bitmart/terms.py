"""What BitMart trades on paper, what a new account holds, and how amounts are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from blave_mcp.exchanges.paper.face import short
from blave_mcp.exchanges.paper.listings import default_listings
from blave_mcp.exchanges.paper.types import ZERO, Listing, Product, Rules

SPOT, FUTURES = "spot", "futures"
BALANCES: Mapping[str, Mapping[str, Decimal]] = {
    SPOT: {"USDT": Decimal(50_000), "BTC": Decimal(1)},
    FUTURES: {"USDT": Decimal(50_000)},
}
# Fees are in quote whichever side is taken. https://developer-pro.bitmart.com/en/spot/#account-trade-list-v4-signed
RULES = Rules(
    spot_wallet=SPOT, perp_wallet=FUTURES, spot_fee_in="quote", default_leverage=Decimal(10), hedge=True
)  # fmt: skip


def listings() -> tuple[Listing, ...]:
    """The usual ones; a perpetual is traded in whole contracts of its step, and has no least amount."""
    return tuple(
        replace(each, contract_size=each.step, min_notional=ZERO) if each.product is Product.PERP else each
        for each in default_listings()
    )


def lots(listing: Listing, base: Decimal) -> str:
    """Writes a size: contracts for a perpetual, base for spot."""
    return short(base / listing.contract_size)


def text(value: Decimal | None) -> str:
    """BitMart writes "0" where there is no such price."""
    return "0" if value is None else short(value)


def average(value: Decimal | None) -> str:
    return "0" if value is None else short(value.quantize(Decimal("1e-10")))
