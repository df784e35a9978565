"""The paper exchange as a face sees it.

Pure: no I/O, no clock. Every method that takes `now_ms` (wall time) first settles the world up to it: resting orders
fill, triggers fire, funding and interest are paid, positions are liquidated. Time never goes back: an earlier `now_ms`
counts as the latest. Whatever is refused raises PaperRefusal and changes nothing; what the market cannot answer raises
MarketError. One account per exchange; the house is the counterparty of every fill.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper import purse
from blave_mcp.exchanges.paper.book import amended
from blave_mcp.exchanges.paper.codec import dumps
from blave_mcp.exchanges.paper.listings import DEFAULT_BALANCES, default_listings
from blave_mcp.exchanges.paper.market import Market
from blave_mcp.exchanges.paper.reading import Reading, of
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import (
    Listing,
    ListKind,
    MarginMode,
    Order,
    OrderList,
    OrderRequest,
    OrderStatus,
    Position,
    PositionSide,
    Product,
    Rules,
    SymbolSettings,
    Transfer,
)

_VERSION = 1


class PaperExchange(Reading):
    """See the module; what can be asked of it is in `Reading`.

    Args:
        market: prices; its keys cover the listings'.
        now_ms: when the account is opened.
        listings: what can be traded; `listings.default_listings()` if None.
        balances: wallet -> asset -> amount; `listings.DEFAULT_BALANCES` if None. What is not named starts at 0.
        rules: how the venue differs from others.
    """

    def __init__(
        self,
        market: Market,
        *,
        now_ms: int,
        listings: Iterable[Listing] | None = None,
        balances: Mapping[str, Mapping[str, Decimal]] | None = None,
        rules: Rules | None = None,
    ) -> None:
        super().__init__(market, default_listings() if listings is None else listings, rules or Rules())
        self._account.cash.open(DEFAULT_BALANCES if balances is None else balances)
        self._account.settled_ms = now_ms

    # State

    def to_json(self) -> str:
        """Returns the whole state (not the listings, not the rules), Decimals as strings."""
        return self._text(self._account.to_json())

    def head(self) -> str:
        """Returns the state without what is only ever added to: that is told by `take_rows`."""
        return self._text(self._account.head())

    def _text(self, account: str) -> str:
        return f'{{"version":{_VERSION},"market":{dumps(self._market.memento())},"account":{account}}}'

    def take_rows(self) -> list[tuple[str, str]]:
        """Returns what was added since the last time: the name of a log, and the row as JSON."""
        added = [(name, row) for name, log in self._account.logs.items() for row in log.take()]
        return added + [(name, row) for name, rows in self._account.book.take().items() for row in rows]

    def kept_rows(self) -> Mapping[str, int]:
        """Returns how many rows of each log count; older ones are forgotten."""
        orders = self._account.rules.keep_orders
        return {name: log.cap for name, log in self._account.logs.items()} | {"done": orders, "lists": orders}

    @classmethod
    def from_json(
        cls, text: str, market: Market, *, listings: Iterable[Listing] | None = None, rules: Rules | None = None
    ) -> PaperExchange:
        """Restores what `to_json` gave; behaves from then on as the original would.

        Raises:
            ValueError: not such a text, or of a version this code does not know.
        """
        try:
            return cls._of(json.loads(text), market, listings, rules)
        except (KeyError, TypeError, ArithmeticError) as error:
            raise ValueError(f"not a stored paper account: {error!r}") from error

    @classmethod
    def from_rows(
        cls,
        head: Mapping[str, Any],
        rows: Iterable[tuple[str, str]],
        market: Market,
        *,
        listings: Iterable[Listing] | None = None,
        rules: Rules | None = None,
    ) -> PaperExchange:
        """Restores what `head`, read as JSON, and every `take_rows` gave.

        Raises:
            ValueError: as `from_json`.
        """
        try:
            account = head["account"]
            logs: dict[str, list[Any]] = {}
            for name, row in rows:
                logs.setdefault(name, []).append(json.loads(row))
            done, lists = logs.pop("done", []), [*logs.pop("lists", []), *account["book"]["lists"]]
            book = {**account["book"], "done": done, "lists": lists}
            names = ("fills", "entries", "transfers", "fundings", "liquidations")
            state = {**account, **{name: logs.get(name, []) for name in names}, "book": book}
            exchange = cls._of({**head, "account": state}, market, listings, rules)
        except (KeyError, TypeError, ArithmeticError) as error:
            raise ValueError(f"not a stored paper account: {error!r}") from error
        exchange.take_rows()
        return exchange

    @classmethod
    def _of(
        cls, state: Mapping[str, Any], market: Market, listings: Iterable[Listing] | None, rules: Rules | None
    ) -> PaperExchange:
        if state["version"] != _VERSION:
            raise ValueError(f"a paper account of version {state['version']}, not {_VERSION}")
        market.restore(state["market"])
        exchange = cls(market, now_ms=0, listings=listings, balances={}, rules=rules)
        exchange._account.from_state(state["account"])
        exchange._check_known()
        return exchange

    # Wallets

    def transfer(
        self, asset: str, amount: Decimal, *, source: str, target: str, now_ms: int, tag: str = ""
    ) -> Transfer:
        """Moves an amount between two wallets; a wallet comes into being when something is put into it.

        Raises: PaperRefusal BAD_AMOUNT, SAME_WALLET, INSUFFICIENT_BALANCE.
        """
        self.advance(now_ms)
        return purse.transfer(
            self._account, asset, amount, source=source, target=target, now_ms=self.settled_ms, tag=tag
        )

    def hold(self, wallet: str, asset: str, amount: Decimal, *, now_ms: int) -> None:
        """Locks an amount, for what a face keeps books of itself (an offer of funding, an earn product).

        Raises: PaperRefusal BAD_AMOUNT, INSUFFICIENT_BALANCE.
        """
        self.advance(now_ms)
        purse.hold(self._account, (wallet, asset), amount)

    def release(self, wallet: str, asset: str, amount: Decimal, *, now_ms: int) -> None:
        """Unlocks part of what `hold` locked.

        Raises: PaperRefusal BAD_AMOUNT, NOT_HELD.
        """
        self.advance(now_ms)
        purse.release(self._account, (wallet, asset), amount)

    def pay(self, wallet: str, asset: str, amount: Decimal, *, now_ms: int, key: str = "") -> None:
        """Pays from the house into a wallet (negative: the other way), for interest and the like.

        Raises: PaperRefusal BAD_AMOUNT, INSUFFICIENT_BALANCE.
        """
        self.advance(now_ms)
        purse.pay(self._account, (wallet, asset), amount, self.settled_ms, key)

    # Orders

    def check(self, request: OrderRequest, now_ms: int, *, funds: bool = False) -> None:
        """Refuses what `place` would refuse, and changes nothing; balance and margin only where `funds`.

        Raises: PaperRefusal.
        """
        self.advance(now_ms)
        self.listing(request.key)
        self._engine.admit(request, self.settled_ms, funds=funds)

    def place(self, request: OrderRequest, now_ms: int) -> Order:
        """Places an order and returns its state after matching against the book of this moment.

        FOK that cannot be filled, and the rest of an IOC or market order, come back EXPIRED with a reason.

        Raises: PaperRefusal.
        """
        self.check(request, now_ms, funds=True)
        order = self._engine.enter(self._engine.create(request, self.settled_ms), self.settled_ms)
        self._settle_margin(request.key)
        return order

    def place_list(
        self, kind: ListKind, requests: Sequence[OrderRequest], now_ms: int, *, client_id: str = ""
    ) -> OrderList:
        """Places orders that are bound together: OCO two; OTO working, waiting; OTOCO working, waiting, waiting.

        Waiting orders are PENDING and hold no funds until the working order is FILLED; what is refused then is
        REJECTED.

        Raises: PaperRefusal; nothing is placed then.
        """
        self.advance(now_ms)
        now = self.settled_ms
        if len(requests) != (3 if kind is ListKind.OTOCO else 2):
            raise PaperRefusal(Reason.BAD_REQUEST, f"{len(requests)} orders do not make an {kind.value}")
        listing = self.listing(requests[0].key)
        self._engine.admit_list(kind, requests, now, client_id)
        group = self._engine.create_list(kind, requests, now, client_id)
        self._settle_margin(listing.key)
        return self._account.book.find_list(group.id, None)

    def amend(
        self,
        key: str,
        now_ms: int,
        *,
        order_id: int | None = None,
        client_id: str | None = None,
        price: Decimal | None = None,
        qty: Decimal | None = None,
        trigger_price: Decimal | None = None,
        reduce_only_qty: bool = False,
    ) -> Order:
        """Changes an open order in place, keeping its id; one whose new price crosses the book takes.

        Args:
            qty: the new total quantity, what was executed included; at most that ends the order as CANCELED.
            reduce_only_qty: refuses anything but a smaller quantity (the amend that keeps priority).

        Raises: PaperRefusal UNKNOWN_ORDER, ORDER_DONE, NOT_AMENDABLE, NOTHING_TO_AMEND, and what `place` raises; the
            order stays as it was.
        """
        self.advance(now_ms)
        now = self.settled_ms
        order = self._open_order(key, order_id, client_id)
        request = amended(order, price=price, qty=qty, trigger_price=trigger_price, only_less=reduce_only_qty)
        if qty is not None and qty <= order.executed:
            return self._engine.cancel(order, now)
        self._engine.admit_amended(order, request, now)
        self._engine.amend(order, request, now)
        self._settle_margin(key)
        return self._account.book.get(order.id) or order

    def cancel(self, key: str, now_ms: int, *, order_id: int | None = None, client_id: str | None = None) -> Order:
        """Cancels one open order; of a list, all of it.

        Raises: PaperRefusal UNKNOWN_ORDER, ORDER_DONE.
        """
        self.advance(now_ms)
        return self._engine.cancel(self._open_order(key, order_id, client_id), self.settled_ms)

    def cancel_list(
        self, key: str, now_ms: int, *, list_id: int | None = None, client_id: str | None = None
    ) -> OrderList:
        """Raises: PaperRefusal UNKNOWN_LIST, ORDER_DONE."""
        self.advance(now_ms)
        group = self._account.book.find_list(list_id, client_id)
        if group.key != key:
            raise PaperRefusal(Reason.UNKNOWN_LIST, f"list {group.id} is not of {key}")
        if group.done:
            raise PaperRefusal(Reason.ORDER_DONE, f"list {group.id} is done")
        for order in reversed(list(self._account.book.members(group))):
            if not order.status.done:
                self._engine.finish(order, OrderStatus.CANCELED, self.settled_ms)
        return self._account.book.find_list(group.id, None)

    def cancel_all(self, now_ms: int, *, key: str | None = None, product: Product | None = None) -> tuple[Order, ...]:
        """Cancels every open order of a listing or a product, or all; returns them as they are now."""
        self.advance(now_ms)
        book = self._account.book
        chosen = of(book.open(), key, product)
        # Those that wait go first: a working order that ends would end them its own way.
        for order in reversed(chosen):
            if book.is_open(order.id):
                self._engine.finish(order, OrderStatus.CANCELED, self.settled_ms)
        return tuple(found for order in chosen if (found := book.get(order.id)) is not None)

    # Positions

    def set_hedge(self, hedge: bool, now_ms: int) -> None:
        """Raises: PaperRefusal POSITION_MODE_*."""
        self.advance(now_ms)
        purse.set_hedge(self._account, hedge)

    def set_leverage(self, key: str, leverage: Decimal, now_ms: int) -> SymbolSettings:
        """Raises: PaperRefusal LEVERAGE_*."""
        self.advance(now_ms)
        purse.set_leverage(self._account, self.listing(key), leverage)
        return self.settings(key)

    def set_margin_mode(self, key: str, mode: MarginMode, now_ms: int) -> SymbolSettings:
        """Raises: PaperRefusal MARGIN_MODE_*."""
        self.advance(now_ms)
        purse.set_margin_mode(self._account, self.listing(key), mode)
        return self.settings(key)

    def adjust_margin(
        self, key: str, amount: Decimal, now_ms: int, *, position_side: PositionSide = PositionSide.BOTH
    ) -> Position:
        """Adds to an isolated position's margin, or takes from it (negative amount).

        Raises: PaperRefusal BAD_AMOUNT, NO_POSITION, NOT_ISOLATED, INSUFFICIENT_MARGIN, ISOLATED_MARGIN_INSUFFICIENT.
        """
        self.advance(now_ms)
        purse.adjust_margin(self._account, self.listing(key), position_side, amount)
        return self._account.position(key, position_side)

    # Inside

    def _check_known(self) -> None:
        book = self._account.book
        lost = {*book.open_keys(), *(key for key, _ in self._account.legs)} - self._listings.keys()
        if lost:
            raise ValueError(f"orders or positions in what is not listed: {', '.join(sorted(lost))}")

    def _open_order(self, key: str, order_id: int | None, client_id: str | None) -> Order:
        self.listing(key)
        order = self._account.book.find(key=key, order_id=order_id, client_id=client_id)
        if order.status.done:
            raise PaperRefusal(Reason.ORDER_DONE, f"order {order.id} is {order.status.value}")
        return order

    def _settle_margin(self, key: str) -> None:
        listing = self.listing(key)
        if listing.product.leveraged:
            self._passage.check_margin(listing.settle, self.settled_ms)
