"""What Bitfinex lists and how its account works, where it differs from the paper exchange's defaults.

Pairs are against UST (Tether). Margin trades the same pairs at the same prices: a position is a perpetual one of the
core at the spot price, backed by the UST of the margin wallet, that pays no funding between longs and shorts. What a
margin position borrows costs nothing on paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache

from blave_mcp.exchanges.paper.listings import default_listings, tiers_of
from blave_mcp.exchanges.paper.market import Bar, Depth, Funding, Market, Prices, Quote, Span, Tick, Trade
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
NEVER_MS = 10**15
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
        found += [spot, replace(spot, product=Product.PERP, tiers=tiers, funding_interval_ms=NEVER_MS)]
    return tuple(found)


class SpotPrices:
    """A market in which margin trades at the prices of spot: one book for both."""

    def __init__(self, market: Market) -> None:
        self._market = market

    @staticmethod
    def _spot(key: str) -> str:
        return key_of(key.partition(":")[0], Product.SPOT)

    def keys(self) -> tuple[str, ...]:
        return self._market.keys()

    def origin(self, key: str) -> str:
        return self._market.origin(self._spot(key))

    def clock(self, now_ms: int) -> int:
        return self._market.clock(now_ms)

    def memento(self) -> str:
        return self._market.memento()

    def restore(self, memento: str) -> None:
        self._market.restore(memento)

    def prices(self, key: str, now_ms: int) -> Prices:
        return self._market.prices(self._spot(key), now_ms)

    def quote(self, key: str, now_ms: int) -> Quote:
        return self._market.quote(self._spot(key), now_ms)

    def depth(self, key: str, now_ms: int, levels: int) -> Depth:
        return self._market.depth(self._spot(key), now_ms, levels)

    def bars(self, key: str, interval_ms: int, start_ms: int, end_ms: int, now_ms: int) -> list[Bar]:
        return self._market.bars(self._spot(key), interval_ms, start_ms, end_ms, now_ms)

    def trades(self, key: str, now_ms: int, count: int) -> list[Trade]:
        return self._market.trades(self._spot(key), now_ms, count)

    def open_interest(self, key: str, now_ms: int) -> Decimal:
        return ZERO

    def funding_rate(self, key: str, time_ms: int) -> Decimal:
        return ZERO

    def fundings(self, key: str, start_ms: int, end_ms: int, now_ms: int) -> list[Funding]:
        return []

    def span(self, key: str, from_ms: int, to_ms: int) -> Span | None:
        return self._market.span(self._spot(key), from_ms, to_ms)

    def path(self, key: str, from_ms: int, to_ms: int) -> Sequence[Tick]:
        return self._market.path(self._spot(key), from_ms, to_ms)
