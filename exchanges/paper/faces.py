"""The faces by name, and how to open one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from blave_mcp.exchanges.paper.face import BookStore, Clock, Face, FaceTransport
from blave_mcp.exchanges.paper.face_binance_futures import BinanceFuturesFace
from blave_mcp.exchanges.paper.face_binance_spot import BinanceSpotFace
from blave_mcp.exchanges.paper.face_books import Books
from blave_mcp.exchanges.paper.market import Market
from blave_mcp.exchanges.paper.types import Listing, Rules

_BINANCE = Rules(spot_wallet="spot", perp_wallet="perp", spot_fee_in="received", post_only="refuse")
_Maker = Callable[[Books, str, str], Face]
_MAKERS: Mapping[str, tuple[Rules, _Maker]] = {
    "binance-spot": (_BINANCE, lambda books, key, secret: BinanceSpotFace(books, key=key, secret=secret)),
    "binance-futures": (_BINANCE, lambda books, key, secret: BinanceFuturesFace(books, key=key, secret=secret)),
}
VENUES = tuple(_MAKERS)


def open_face(
    venue: str,
    market: Market,
    store: BookStore,
    clock: Clock,
    *,
    key: str,
    secret: str,
    listings: Iterable[Listing] | None = None,
    balances: Mapping[str, Mapping[str, Decimal]] | None = None,
) -> FaceTransport:
    """Returns a transport to a venue's face.

    The faces of one venue that are given one store share one account, so that its wallets and transfers are one.

    Args:
        venue: one of `VENUES`.
        key, secret: the one key pair that the face knows.
        listings, balances: what is traded, and what a new account begins with.

    Raises:
        ValueError: no such face.
    """
    if venue not in _MAKERS:
        raise ValueError(f"there is no paper face {venue!r}; there are {', '.join(VENUES)}")
    rules, make = _MAKERS[venue]
    books = Books(store, market, listings=listings, balances=balances, rules=rules)
    return FaceTransport(make(books, key, secret), clock)
