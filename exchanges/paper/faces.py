"""The faces by name, and how to open one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from blave_mcp.exchanges.paper.binance.futures import BinanceFuturesFace
from blave_mcp.exchanges.paper.binance.spot import BinanceSpotFace
from blave_mcp.exchanges.paper.bingx import BingXFace
from blave_mcp.exchanges.paper.blave.face import BlaveFace
from blave_mcp.exchanges.paper.face import BookStore, Clock, Face, FaceTransport
from blave_mcp.exchanges.paper.face_books import Books
from blave_mcp.exchanges.paper.market import Market
from blave_mcp.exchanges.paper.types import Listing, Rules

_MAKERS: Mapping[str, Callable[[Books, str, str], Face]] = {
    "binance-spot": lambda books, key, secret: BinanceSpotFace(books, key=key, secret=secret),
    "binance-futures": lambda books, key, secret: BinanceFuturesFace(books, key=key, secret=secret),
    "bingx": lambda books, key, secret: BingXFace(books, key=key, secret=secret),
    "blave": lambda books, key, secret: BlaveFace(books, key=key, secret=secret),
}
FACES: Mapping[str, str] = {
    "binance-spot": "binance",
    "binance-futures": "binance",
    "bingx": "bingx",
    "blave": "blave",
}
"""The venue of each face: faces of one venue take one key, and share an account where they share a store."""


def open_face(  # noqa: PLR0917 - what a face is made of, in the order of its making
    name: str,
    market: Market,
    store: BookStore,
    clock: Clock,
    key: str,
    secret: str,
    *,
    listings: Iterable[Listing] | None = None,
    balances: Mapping[str, Mapping[str, Decimal]] | None = None,
    rules: Rules | None = None,
) -> FaceTransport:
    """Returns a face with its clock: a transport to it, and itself a face.

    Args:
        name: one of `FACES`.
        store: faces that are given the same one share its account, so that transfers between their wallets work.
        key, secret: the one key pair that the face knows.
        listings, balances, rules: what is traded and how, and what a new account begins with.

    Raises:
        ValueError: no such face.
    """
    if name not in _MAKERS:
        raise ValueError(f"there is no paper face {name!r}; there are {', '.join(FACES)}")
    books = Books(store, market, listings=listings, balances=balances, rules=rules)
    return FaceTransport(_MAKERS[name](books, key, secret), clock)
