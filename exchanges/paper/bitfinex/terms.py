"""What Bitfinex lists and how its account works, where it differs from the paper exchange's defaults.

Pairs are against UST (Tether). Margin trades the same pairs at the same prices, backed by the UST of the margin wallet.
What a position borrows costs interest by the hour, at the level around which the reference rate of lending moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache

from blave_mcp.exchanges.paper.borrowing import margin_of
from blave_mcp.exchanges.paper.lending import CURRENCIES, RATE_GRID, Credit
from blave_mcp.exchanges.paper.listings import default_listings, tiers_of
from blave_mcp.exchanges.paper.types import QUANTUM, ZERO, Listing, Product, Rules, key_of

EXCHANGE, MARGIN, FUNDING = "exchange", "margin", "funding"
WALLETS: Mapping[str, str] = {EXCHANGE: EXCHANGE, MARGIN: MARGIN, "trading": MARGIN, FUNDING: FUNDING}
RULES = Rules(
    spot_wallet=EXCHANGE, perp_wallet=MARGIN, post_only="expire", default_leverage=Decimal(5), max_open_orders=2_500
)
BALANCES: Mapping[str, Mapping[str, Decimal]] = {
    EXCHANGE: {"USDT": Decimal(50_000), "BTC": Decimal(1)},
    MARGIN: {"USDT": Decimal(50_000)},
    FUNDING: {"USDT": Decimal(50_000), "USD": Decimal(20_000)},
}
CODES: Mapping[str, str] = {"USDT": "UST", "USDC": "UDC", "ATOM": "ATO", "ALGO": "ALG"}
NAMES: Mapping[str, str] = {code: name for name, code in CODES.items()}
MAJOR = ("BTC", "ETH", "LTC", "XRP")
OTHER = Credit(Decimal("0.05"), Decimal(1))
INITIAL: Mapping[bool, Decimal] = {True: Decimal("0.2"), False: Decimal("0.3")}
MINIMUM: Mapping[bool, Decimal] = {True: Decimal("0.1"), False: Decimal("0.15")}
"""Of the large pairs, and of the others. https://api-pub.bitfinex.com/v2/conf/pub:spec:margin"""
MAKER, TAKER = Decimal("0.001"), Decimal("0.002")
MOST_WORTH = 10**12


def code_of(asset: str) -> str:
    return CODES.get(asset, asset)


def asset_of(code: str) -> str:
    return NAMES.get(code, code)


def pair_of(listing: Listing) -> str:
    """BTCUST; a base of more than three letters is set apart by a colon."""
    base, quote = code_of(listing.base), code_of(listing.quote)
    return f"{base}{quote}" if len(base) == len(quote) == 3 else f"{base}:{quote}"


def key_for(symbol: str, product: Product) -> str:
    """The key of a listing; of a symbol that is none, a key that is not listed either."""
    bare = symbol.removeprefix("t")
    base, colon, quote = bare.partition(":")
    if not colon:
        base, quote = bare[:-3], bare[-3:]
    return key_of(f"{asset_of(base)}{asset_of(quote)}", product)


def hourly(asset: str) -> Decimal:
    """What borrowing costs an hour, as a share of the amount."""
    return (CURRENCIES.get(asset, OTHER).yearly / 8_760).quantize(RATE_GRID)


@cache
def listings() -> tuple[Listing, ...]:
    """Returns the default spot listings, with sizes as fine as the core takes them, each also for margin."""
    found = []
    for one in default_listings():
        if one.product is not Product.SPOT:
            continue
        step = max(QUANTUM, QUANTUM / one.tick)
        spot = replace(
            one, step=step, market_step=step, min_qty=max(step, one.min_qty), min_notional=ZERO,
            maker_fee=MAKER, taker_fee=TAKER,
        )  # fmt: skip
        major = one.base in MAJOR
        leverage = int(1 / INITIAL[major])
        tiers = tiers_of([(MOST_WORTH, leverage, str(MINIMUM[major]))])
        base, quote = (hourly(asset) for asset in (one.base, one.quote))
        found += [spot, margin_of(spot, tiers, base_interest=base, quote_interest=quote)]
    return tuple(found)
