"""The venues that this server knows. A catalogue is loaded when its venue is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from blave_mcp.exchanges.dialect import Dialect
from blave_mcp.exchanges.funding import FundingVerbs
from blave_mcp.exchanges.models import Market
from blave_mcp.exchanges.verbs import Verbs
from blave_mcp.server.settings import PREFIX


@dataclass(frozen=True, slots=True)
class Kind:
    """A venue that this server knows: its dialect and the verbs of its markets."""

    dialect: Dialect
    markets: Mapping[Market, Verbs]
    data_only: bool = False
    funding: FundingVerbs | None = None
    in_turn: bool = False
    """Whether the venue takes a key's requests by a rising number, one after another."""


def _blave() -> Kind:
    from blave_mcp.exchanges.blave.dialect import BlaveDialect

    return Kind(BlaveDialect(), {}, data_only=True)


def _binance() -> Kind:
    from blave_mcp.exchanges.binance.dialect import BinanceDialect
    from blave_mcp.exchanges.binance.verbs import BinanceFutures, BinanceSpot

    return Kind(BinanceDialect(), {Market.SPOT: BinanceSpot(), Market.PERPETUAL: BinanceFutures()})


def _okx() -> Kind:
    from blave_mcp.exchanges.okx.dialect import OkxDialect
    from blave_mcp.exchanges.okx.verbs import OkxMargin, OkxPerpetual, OkxSpot

    return Kind(OkxDialect(), {Market.SPOT: OkxSpot(), Market.MARGIN: OkxMargin(), Market.PERPETUAL: OkxPerpetual()})


def _bybit() -> Kind:
    from blave_mcp.exchanges.bybit.dialect import BybitDialect
    from blave_mcp.exchanges.bybit.verbs import BybitLinear, BybitSpot

    return Kind(BybitDialect(), {Market.SPOT: BybitSpot(), Market.PERPETUAL: BybitLinear()})


def _bingx() -> Kind:
    from blave_mcp.exchanges.bingx.dialect import BingXDialect
    from blave_mcp.exchanges.bingx.verbs import BingXSpot, BingXSwap

    return Kind(BingXDialect(), {Market.SPOT: BingXSpot(), Market.PERPETUAL: BingXSwap()})


def _bitget() -> Kind:
    from blave_mcp.exchanges.bitget.dialect import BitgetDialect
    from blave_mcp.exchanges.bitget.verbs import BitgetFutures, BitgetSpot

    return Kind(BitgetDialect(), {Market.SPOT: BitgetSpot(), Market.PERPETUAL: BitgetFutures()})


def _bitfinex() -> Kind:
    from blave_mcp.exchanges.bitfinex.dialect import BitfinexDialect
    from blave_mcp.exchanges.bitfinex.verbs import BitfinexFunding, BitfinexMargin, BitfinexSpot

    markets = {Market.SPOT: BitfinexSpot(), Market.MARGIN: BitfinexMargin()}
    return Kind(BitfinexDialect(), markets, funding=BitfinexFunding(), in_turn=True)


def _bitmart() -> Kind:
    from blave_mcp.exchanges.bitmart.dialect import BitMartDialect
    from blave_mcp.exchanges.bitmart.verbs import BitMartFutures, BitMartMargin, BitMartSpot

    markets: Mapping[Market, Verbs] = {
        Market.SPOT: BitMartSpot(),
        Market.MARGIN: BitMartMargin(),
        Market.PERPETUAL: BitMartFutures(),
    }
    return Kind(BitMartDialect(), markets)


KINDS: Mapping[str, Callable[[], Kind]] = {
    "blave": _blave,
    "binance": _binance,
    "okx": _okx,
    "bybit": _bybit,
    "bingx": _bingx,
    "bitget": _bitget,
    "bitmart": _bitmart,
    "bitfinex": _bitfinex,
}
"""In the order in which they are listed."""

PRODUCTS: Mapping[str, tuple[str, ...]] = {
    "blave": ("data",),
    "binance": ("spot", "futures"),
    "okx": ("v5",),
    "bybit": ("spot", "linear"),
    "bingx": ("spot", "swap"),
    "bitget": ("spot", "futures"),
    "bitmart": ("spot", "futures"),
    "bitfinex": ("public", "auth"),
}
"""Each venue's hosts by product, as its dialect has them (kept by a test); known without loading any catalogue."""


@cache
def kind(name: str) -> Kind:
    """Raises KeyError."""
    return KINDS[name]()


def kinds() -> dict[str, Kind]:
    """Every venue, loaded."""
    return {name: kind(name) for name in KINDS}


def url_names() -> dict[str, tuple[str, str]]:
    """Every variable that overrides a base URL: its name -> (venue, product)."""
    return {
        f"{PREFIX}{venue}{'' if len(products) == 1 else f'_{product}'}_URL".upper(): (venue, product)
        for venue, products in PRODUCTS.items()
        for product in products
    }
