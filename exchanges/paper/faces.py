"""The faces by name, and how to open one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from blave_mcp.exchanges.paper.binance.futures import BinanceFuturesFace
from blave_mcp.exchanges.paper.binance.spot import BinanceSpotFace
from blave_mcp.exchanges.paper.bingx import BingXFace
from blave_mcp.exchanges.paper.bitget.face import BitgetFace
from blave_mcp.exchanges.paper.blave.face import BlaveFace
from blave_mcp.exchanges.paper.bybit import terms as bybit_terms
from blave_mcp.exchanges.paper.bybit.face import BybitFace
from blave_mcp.exchanges.paper.face import BookStore, Clock, Face, FaceTransport
from blave_mcp.exchanges.paper.face_books import Books
from blave_mcp.exchanges.paper.market import Market
from blave_mcp.exchanges.paper.okx import terms as okx_terms
from blave_mcp.exchanges.paper.okx.routes import open_okx
from blave_mcp.exchanges.paper.types import Listing, Rules

_MAKERS: Mapping[str, Callable[[Books, str, str, str], Face]] = {
    "binance-spot": lambda books, key, secret, _: BinanceSpotFace(books, key=key, secret=secret),
    "binance-futures": lambda books, key, secret, _: BinanceFuturesFace(books, key=key, secret=secret),
    "bingx": lambda books, key, secret, _: BingXFace(books, key=key, secret=secret),
    "blave": lambda books, key, secret, _: BlaveFace(books, key=key, secret=secret),
    "bitget": lambda books, key, secret, _: BitgetFace(books, key=key, secret=secret),
    "bybit": lambda books, key, secret, _: BybitFace(books, key=key, secret=secret),
    "okx": open_okx,
}
FACES: Mapping[str, str] = {
    "binance-spot": "binance",
    "binance-futures": "binance",
    "bingx": "bingx",
    "blave": "blave",
    "okx": "okx",
    "bitget": "bitget",
    "bybit": "bybit",
}
"""The venue of each face: faces of one venue take one key, and share an account where they share a store."""
WITH_PASSPHRASE = ("okx",)

Terms = tuple[tuple[Listing, ...], Mapping[str, Mapping[str, Decimal]], Rules]
TERMS: Mapping[str, Terms] = {
    "bybit": (bybit_terms.listings(), bybit_terms.BALANCES, bybit_terms.RULES),
    "okx": (okx_terms.listings(), okx_terms.BALANCES, okx_terms.RULES),
}
"""What is traded and how on the venues that differ from the usual; such a venue wants a store of its own."""


def open_face(  # noqa: PLR0917 - what a face is made of, in the order of its making
    name: str,
    market: Market,
    store: BookStore,
    clock: Clock,
    key: str,
    secret: str,
    *,
    passphrase: str = "",
    listings: Iterable[Listing] | None = None,
    balances: Mapping[str, Mapping[str, Decimal]] | None = None,
    rules: Rules | None = None,
) -> FaceTransport:
    """Returns a face with its clock: a transport to it, and itself a face.

    Args:
        name: one of `FACES`.
        store: faces that are given the same one share its account, so that transfers between their wallets work.
        key, secret, passphrase: the one key that the face knows; not every venue has a passphrase.
        listings, balances, rules: what is traded and how, and what a new account begins with; the venue's own, or the
            usual, where they are None.

    Raises:
        ValueError: no such face.
    """
    if name not in _MAKERS:
        raise ValueError(f"there is no paper face {name!r}; there are {', '.join(FACES)}")
    own_listings, own_balances, own_rules = TERMS.get(FACES[name], (None, None, None))
    books = Books(
        store,
        market,
        listings=own_listings if listings is None else listings,
        balances=own_balances if balances is None else balances,
        rules=own_rules if rules is None else rules,
    )
    return FaceTransport(_MAKERS[name](books, key, secret, passphrase), clock)
