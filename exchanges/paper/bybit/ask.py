"""One request as a handler gets it, and what a route is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from blave_mcp.exchanges.paper.bybit.wire import Params, wrong
from blave_mcp.exchanges.paper.exchange import PaperExchange
from blave_mcp.exchanges.paper.face_books import Account
from blave_mcp.exchanges.paper.types import Listing, Product

PRODUCTS: Mapping[str, Product] = {"spot": Product.SPOT, "linear": Product.PERP}
ELSEWHERE = ("inverse", "option")
"""Categories of Bybit in which the paper exchange lists nothing."""


@dataclass(slots=True)
class Ask:
    """One request, as a handler gets it.

    Attributes:
        beside: what the answer carries in retExtInfo.
    """

    params: Params
    now: int
    account: Account
    beside: dict[str, Any] = field(default_factory=dict)

    @property
    def exchange(self) -> PaperExchange:
        return self.account.exchange

    @property
    def category(self) -> str:
        return self.params.one_of("category", (*PRODUCTS, *ELSEWHERE))

    @property
    def product(self) -> Product:
        """Raises BybitRefusal 10001 for a category in which nothing is listed."""
        if self.category not in PRODUCTS:
            raise wrong(f"category {self.category} is not on paper")
        return PRODUCTS[self.category]

    def listing(self) -> Listing:
        """Returns what `symbol` stands for in its category."""
        return self.listing_of(self.params.needed("symbol"))

    def listing_of(self, symbol: str) -> Listing:
        return self.exchange.listing(f"{symbol}:{self.product.value}")

    def listed(self) -> list[Listing]:
        """Returns the listing of `symbol`, or all of the category."""
        if self.category in ELSEWHERE:
            return []
        return [self.listing()] if "symbol" in self.params else list(self.exchange.listings(self.product))


Handler = Callable[[Ask], Any]


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint.

    Attributes:
        limit: requests per second on contracts, and on spot; an endpoint without a category has one limit.
        message: what retMsg says where all is well; the wallet's endpoints have a word of their own.
    """

    method: str
    path: str
    handler: Handler
    signed: bool = True
    limit: tuple[int, int] = (50, 50)
    message: str = "OK"


def paged(ask: Ask, found: list[Any], default: int, most: int) -> tuple[list[Any], str]:
    """Returns a page of what was found, and the cursor of the next."""
    first = ask.params.integer("cursor", 0) or 0
    count = ask.params.rows(default, most)
    more = len(found) > first + count
    return found[first : first + count], str(first + count) if more else ""
