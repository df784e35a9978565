"""The faces by name, and how to open one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from blave_mcp.exchanges.paper.face import BookStore, Clock, Face, FaceTransport
from blave_mcp.exchanges.paper.face_books import Books
from blave_mcp.exchanges.paper.market import Market
from blave_mcp.exchanges.paper.types import Listing, Rules

Terms = tuple[tuple[Listing, ...] | None, Mapping[str, Mapping[str, Decimal]] | None, Rules | None]
USUAL: Terms = (None, None, None)

FACES: Mapping[str, str] = {
    "binance-spot": "binance",
    "binance-futures": "binance",
    "bingx": "bingx",
    "blave": "blave",
    "okx": "okx",
    "bitfinex": "bitfinex",
    "bitget": "bitget",
    "bitmart": "bitmart",
    "bybit": "bybit",
}
"""The venue of each face: faces of one venue take one key, and share an account where they share a store."""
WITH_PASSPHRASE = ("bitmart", "okx")


def _terms(venue: str) -> Terms:
    """What is traded and how, where a venue differs from the usual; such a venue wants a store of its own."""
    match venue:
        case "bitfinex":
            from blave_mcp.exchanges.paper.bitfinex import terms as bitfinex

            return bitfinex.listings(), bitfinex.BALANCES, bitfinex.RULES
        case "bitmart":
            from blave_mcp.exchanges.paper.bitmart import terms as bitmart

            return bitmart.listings(), bitmart.BALANCES, bitmart.RULES
        case "bybit":
            from blave_mcp.exchanges.paper.bybit import terms as bybit

            return bybit.listings(), bybit.BALANCES, bybit.RULES
        case "okx":
            from blave_mcp.exchanges.paper.okx import terms as okx

            return okx.listings(), okx.BALANCES, okx.RULES
        case _:
            return USUAL


def _face(name: str, books: Books, key: str, secret: str, passphrase: str) -> Face:
    """Makes a face; its venue's modules are loaded here, so that an unused one costs nothing."""
    match name:
        case "binance-spot":
            from blave_mcp.exchanges.paper.binance.spot import BinanceSpotFace

            return BinanceSpotFace(books, key=key, secret=secret)
        case "binance-futures":
            from blave_mcp.exchanges.paper.binance.futures import BinanceFuturesFace

            return BinanceFuturesFace(books, key=key, secret=secret)
        case "bingx":
            from blave_mcp.exchanges.paper.bingx import BingXFace

            return BingXFace(books, key=key, secret=secret)
        case "bitfinex":
            from blave_mcp.exchanges.paper.bitfinex.face import BitfinexFace

            return BitfinexFace(books, key=key, secret=secret)
        case "bitget":
            from blave_mcp.exchanges.paper.bitget.face import BitgetFace

            return BitgetFace(books, key=key, secret=secret)
        case "bitmart":
            from blave_mcp.exchanges.paper.bitmart.routes import open_bitmart

            return open_bitmart(books, key, secret, passphrase)
        case "blave":
            from blave_mcp.exchanges.paper.blave.face import BlaveFace

            return BlaveFace(books, key=key, secret=secret)
        case "bybit":
            from blave_mcp.exchanges.paper.bybit.face import BybitFace

            return BybitFace(books, key=key, secret=secret)
        case "okx":
            from blave_mcp.exchanges.paper.okx.routes import open_okx

            return open_okx(books, key, secret, passphrase)
        case _:
            raise ValueError(f"there is no paper face {name!r}; there are {', '.join(FACES)}")


def open_books(
    venue: str,
    market: Market,
    store: BookStore,
    *,
    listings: Iterable[Listing] | None = None,
    balances: Mapping[str, Mapping[str, Decimal]] | None = None,
    rules: Rules | None = None,
) -> Books:
    """Returns a venue's account, for the faces that share it; what is None is the venue's own, or the usual."""
    own_listings, own_balances, own_rules = _terms(venue)
    return Books(
        store,
        market,
        listings=own_listings if listings is None else listings,
        balances=own_balances if balances is None else balances,
        rules=own_rules if rules is None else rules,
    )


def open_face(  # noqa: PLR0917 - what a face is made of, in the order of its making
    name: str,
    market: Market,
    store: BookStore | Books,
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
        store: faces that are given the same one share its account, so that transfers between their wallets work. Faces
            of one process that are given the same `open_books` need not read it again after each other.
        key, secret, passphrase: the one key that the face knows; not every venue has a passphrase.
        listings, balances, rules: what is traded and how, and what a new account begins with; the venue's own, or the
            usual, where they are None. They belong to a store, not to books that are open.

    Raises:
        ValueError: no such face.
    """
    if name not in FACES:
        raise ValueError(f"there is no paper face {name!r}; there are {', '.join(FACES)}")
    books = store
    if not isinstance(books, Books):
        books = open_books(FACES[name], market, books, listings=listings, balances=balances, rules=rules)
    return FaceTransport(_face(name, books, key, secret, passphrase), clock)
