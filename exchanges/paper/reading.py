"""What can be asked of the paper exchange. Every method that takes `now_ms` settles the world up to it first."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol, TypeVar

from blave_mcp.exchanges.paper.account import Account
from blave_mcp.exchanges.paper.borrowing import MarginMarket
from blave_mcp.exchanges.paper.engine import Engine
from blave_mcp.exchanges.paper.margin import max_notional
from blave_mcp.exchanges.paper.market import Market
from blave_mcp.exchanges.paper.passage import Passage
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import (
    Balance,
    Entry,
    EntryKind,
    Fill,
    FundingPayment,
    Liquidation,
    Listing,
    MarginAccount,
    Order,
    OrderList,
    Position,
    Product,
    Rules,
    SymbolSettings,
    SystemAccounts,
    Transfer,
)


class _Keyed(Protocol):
    @property
    def key(self) -> str: ...


_K = TypeVar("_K", bound=_Keyed)


def of(items: Iterable[_K], key: str | None, product: Product | None) -> list[_K]:
    ending = f":{product.value}" if product else ""
    return [item for item in items if key in (None, item.key) and item.key.endswith(ending)]


class Reading:
    """The readable half of `exchange.PaperExchange`."""

    def __init__(self, market: Market, listings: Iterable[Listing], rules: Rules) -> None:
        self._listings = {item.key: item for item in listings}
        if any(item.product is Product.MARGIN for item in self._listings.values()):
            market = MarginMarket(market)
        self._market = market
        self._account = Account(self._listings, rules)
        self._engine = Engine(self._account, market)
        self._passage = Passage(self._account, market, self._engine)

    @property
    def market(self) -> Market:
        return self._market

    @property
    def rules(self) -> Rules:
        return self._account.rules

    @property
    def settled_ms(self) -> int:
        """Wall time up to which everything has happened."""
        return self._account.settled_ms

    @property
    def version(self) -> int:
        """Rises with every change of the account, so that a face stores it only when it has to."""
        return self._account.changes + self._account.book.changes

    def advance(self, now_ms: int) -> None:
        """Settles everything that was due up to `now_ms`."""
        self._passage.advance(now_ms)

    def listing(self, key: str) -> Listing:
        """Raises: PaperRefusal UNKNOWN_SYMBOL."""
        found = self._listings.get(key)
        if found is None:
            raise PaperRefusal(Reason.UNKNOWN_SYMBOL, f"no listing {key}")
        return found

    def listings(self, product: Product | None = None) -> tuple[Listing, ...]:
        return tuple(item for item in self._listings.values() if product in (None, item.product))

    def balances(self, now_ms: int, wallet: str | None = None) -> tuple[Balance, ...]:
        """Returns every asset that a wallet has ever held, zeros included, by wallet and asset."""
        self.advance(now_ms)
        slots = self._account.cash.slots()
        return tuple(self._account.balance(slot) for slot in slots if wallet in (None, slot[0]))

    def balance(self, wallet: str, asset: str, now_ms: int) -> Balance:
        """Returns zeros for an asset or wallet that is not known."""
        self.advance(now_ms)
        return self._account.balance((wallet, asset))

    def transferable(self, wallet: str, asset: str, now_ms: int) -> Decimal:
        """Returns the most that can be transferred out: free, and in the perpetual wallet not needed as margin."""
        self.advance(now_ms)
        return self._account.spendable((wallet, asset))

    def order(
        self, now_ms: int, *, key: str | None = None, order_id: int | None = None, client_id: str | None = None
    ) -> Order:
        """Returns an order, open or done; by client id the newest with it.

        Raises: PaperRefusal UNKNOWN_ORDER.
        """
        self.advance(now_ms)
        return self._account.book.find(key=key, order_id=order_id, client_id=client_id)

    def open_orders(self, now_ms: int, *, key: str | None = None, product: Product | None = None) -> tuple[Order, ...]:
        """Returns the open orders, PENDING ones included, by id."""
        self.advance(now_ms)
        return tuple(of(self._account.book.open(), key, product))

    def orders(self, now_ms: int, *, key: str | None = None, product: Product | None = None) -> tuple[Order, ...]:
        """Returns every order that is kept, open and done, by id."""
        self.advance(now_ms)
        return tuple(of(self._account.book.all(), key, product))

    def order_list(self, now_ms: int, *, list_id: int | None = None, client_id: str | None = None) -> OrderList:
        """Raises: PaperRefusal UNKNOWN_LIST."""
        self.advance(now_ms)
        return self._account.book.find_list(list_id, client_id)

    def order_lists(self, now_ms: int, *, open_only: bool = False) -> tuple[OrderList, ...]:
        """Returns the lists that are kept, by id."""
        self.advance(now_ms)
        return tuple(group for group in self._account.book.lists() if not (open_only and group.done))

    def fills(
        self, now_ms: int, *, key: str | None = None, product: Product | None = None, order_id: int | None = None
    ) -> tuple[Fill, ...]:
        """Returns the fills that are kept, by id."""
        self.advance(now_ms)
        fills = self._account.fills
        return tuple(of(fills if order_id is None else fills.of(order_id), key, product))

    def positions(self, now_ms: int, *, key: str | None = None, include_empty: bool = False) -> tuple[Position, ...]:
        """Returns the positions, by key and side.

        Args:
            include_empty: also the empty ones: BOTH in one-way mode, LONG and SHORT in hedge mode, per listing.
        """
        self.advance(now_ms)
        self._fresh_marks()
        account = self._account
        return tuple(
            account.position(name, side)
            for name in sorted(x.key for x in self.listings() if x.product.leveraged and key in (None, x.key))
            for side in account.sides(name)
            if include_empty or account.leg(name, side).qty
        )

    def margin_account(self, now_ms: int, asset: str = "USDT") -> MarginAccount:
        self.advance(now_ms)
        self._fresh_marks()
        return self._account.margin_account(asset)

    def margin_assets(self) -> tuple[str, ...]:
        """Returns the assets that the perpetual listings settle in."""
        return self._account.margin_assets()

    def settings(self, key: str) -> SymbolSettings:
        """Raises: PaperRefusal UNKNOWN_SYMBOL."""
        listing = self.listing(key)
        leverage = self._account.leverage(key)
        return SymbolSettings(
            key=key,
            leverage=leverage,
            margin_mode=self._account.mode(key),
            max_notional=max_notional(listing.tiers, leverage),
        )

    @property
    def hedge(self) -> bool:
        """Whether positions are kept in LONG and SHORT legs."""
        return self._account.hedge

    def entries(
        self, now_ms: int, *, wallet: str | None = None, asset: str | None = None, kind: EntryKind | None = None
    ) -> tuple[Entry, ...]:
        """Returns the movements in the wallets."""
        self.advance(now_ms)
        return tuple(
            e
            for e in self._account.entries
            if wallet in (None, e.wallet) and asset in (None, e.asset) and kind in (None, e.kind)
        )

    def transfers(self, now_ms: int) -> tuple[Transfer, ...]:
        self.advance(now_ms)
        return tuple(self._account.transfers)

    def funding_payments(self, now_ms: int, *, key: str | None = None) -> tuple[FundingPayment, ...]:
        self.advance(now_ms)
        return tuple(of(self._account.fundings, key, None))

    def liquidations(self, now_ms: int, *, key: str | None = None) -> tuple[Liquidation, ...]:
        self.advance(now_ms)
        return tuple(of(self._account.liquidations, key, None))

    def system_accounts(self) -> SystemAccounts:
        return self._account.cash.system_accounts()

    def totals(self) -> dict[str, Decimal]:
        """Returns per asset the sum over all wallets and the exchange's own accounts: constant for ever."""
        return self._account.cash.totals()

    def _fresh_marks(self) -> None:
        """Asks for a price of every position, so that one that is too old is not shown as if it were new."""
        for leg in self._account.legs.values():
            leg.mark = self._market.prices(leg.key, self.settled_ms).mark
