"""The account's orders: open, done, by client id, in lists. Keeps them; decides nothing."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.borrowing import spot_key
from blave_mcp.exchanges.paper.codec import dumps, pack, unpack
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import Order, OrderList, OrderRequest, OrderStatus, Product


class Book:
    """Orders and order lists.

    Args:
        keep: how many done orders, and how many done lists, are kept.
    """

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._open: dict[str, dict[int, Order]] = {}
        self._done: OrderedDict[int, Order] = OrderedDict()
        self._fresh: dict[int, Order] = {}
        self._fresh_lists: dict[int, OrderList] = {}
        self._clients: dict[str, list[int]] = {}
        self._open_clients: dict[tuple[str, str], int] = {}
        self._lists: OrderedDict[int, OrderList] = OrderedDict()
        self._done_lists: OrderedDict[int, None] = OrderedDict()
        self.locks: dict[int, Decimal] = {}
        """What an open spot order has locked."""
        self.changes = 0

    # Orders

    def put(self, order: Order) -> None:
        """Keeps the newest state of an order."""
        self.changes += 1
        mine = self._open.setdefault(order.key, {})
        client = (_product(order.key), order.client_id)
        ids = self._clients.setdefault(order.client_id, [])
        if order.id not in ids:
            ids.append(order.id)
        if not order.status.done:
            mine[order.id] = order
            self._open_clients[client] = order.id
            return
        mine.pop(order.id, None)
        if not mine:
            del self._open[order.key]
        if self._open_clients.get(client) == order.id:
            del self._open_clients[client]
        self._done[order.id] = self._fresh[order.id] = order
        while len(self._done) > self._keep:
            self._forget(self._done.popitem(last=False)[1])

    def _forget(self, order: Order) -> None:
        self._fresh.pop(order.id, None)
        ids = self._clients[order.client_id]
        ids.remove(order.id)
        if not ids:
            del self._clients[order.client_id]

    def get(self, order_id: int) -> Order | None:
        done = self._done.get(order_id)
        if done is not None:
            return done
        return next((mine[order_id] for mine in self._open.values() if order_id in mine), None)

    def is_open(self, order_id: int) -> bool:
        return any(order_id in mine for mine in self._open.values())

    def open_keys(self) -> list[str]:
        return sorted(self._open)

    def open_of(self, key: str) -> list[Order]:
        """Returns the open orders of a listing, by id."""
        return sorted(self._open.get(key, {}).values(), key=_by_id)

    def open(self) -> list[Order]:
        return sorted((order for mine in self._open.values() for order in mine.values()), key=_by_id)

    def all(self) -> list[Order]:
        return sorted([*self._done.values(), *self.open()], key=_by_id)

    def client_is_open(self, key: str, client_id: str) -> bool:
        return (_product(key), client_id) in self._open_clients

    def find(self, *, key: str | None, order_id: int | None, client_id: str | None) -> Order:
        """Raises: PaperRefusal UNKNOWN_ORDER."""
        found: Order | None = None
        if order_id is not None:
            found = self.get(order_id)
        elif client_id:
            named = (self.get(number) for number in sorted(self._clients.get(client_id, ())))
            same = [o for o in named if o is not None and (key is None or o.key == key)]
            found = next((o for o in same if not o.status.done), same[-1] if same else None)
        if found is None or (key is not None and found.key != key) or (client_id and found.client_id != client_id):
            raise PaperRefusal(
                Reason.UNKNOWN_ORDER, f"no order {order_id or client_id or ''} of {key or 'any listing'}"
            )
        return found

    # Lists

    def put_list(self, group: OrderList) -> None:
        self.changes += 1
        self._lists[group.id] = group
        if not group.done:
            return
        self._done_lists[group.id] = None
        self._fresh_lists[group.id] = group
        while len(self._done_lists) > self._keep:
            gone, _ = self._done_lists.popitem(last=False)
            self._fresh_lists.pop(gone, None)
            del self._lists[gone]

    def lists(self) -> list[OrderList]:
        return list(self._lists.values())

    def list_of(self, order: Order) -> OrderList | None:
        return self._lists.get(order.list_id) if order.list_id else None

    def find_list(self, list_id: int | None, client_id: str | None) -> OrderList:
        """Raises: PaperRefusal UNKNOWN_LIST."""
        for group in reversed(self._lists.values()):
            if group.id == list_id or (client_id and group.client_id == client_id):
                return group
        raise PaperRefusal(Reason.UNKNOWN_LIST, f"no order list {list_id or client_id or ''}")

    def members(self, group: OrderList) -> Iterator[Order]:
        """Yields the list's orders that are still kept."""
        for order_id in group.order_ids:
            order = self.get(order_id)
            if order is not None:
                yield order

    def refresh_list(self, group: OrderList, now_ms: int) -> None:
        """Marks a list done when all its orders are."""
        if not group.done and all(order.status.done for order in self.members(group)):
            self.put_list(replace(group, done=True, updated_ms=now_ms))

    # State

    def to_json(self) -> str:
        """Returns the whole state."""
        whole = {"done": [pack(order) for order in self._done.values()], **self._plain()}
        whole["lists"] = [pack(group) for group in self._lists.values()]
        return dumps(whole)

    def head(self) -> str:
        """Returns the state without the orders and lists that are done."""
        return dumps(self._plain())

    def _plain(self) -> dict[str, Any]:
        return {
            "open": [pack(order) for order in self.open()],
            "lists": [pack(group) for group in self._lists.values() if not group.done],
            "locks": {str(k): str(v) for k, v in self.locks.items()},
        }

    def take(self) -> Mapping[str, list[str]]:
        """Returns the JSON of the orders and lists that ended since the last time."""
        fresh: tuple[Iterable[Any], Iterable[Any]] = self._fresh.values(), self._fresh_lists.values()
        done, lists = ([dumps(pack(one)) for one in some] for some in fresh)
        self._fresh, self._fresh_lists = {}, {}
        return {"done": done, "lists": lists}

    def load(self, state: dict[str, Any]) -> None:
        for row in [*state["done"], *state["open"]]:
            self.put(unpack(Order, row))
        for group in sorted((unpack(OrderList, row) for row in state["lists"]), key=lambda group: group.id):
            self.put_list(group)
        self.locks = {int(k): Decimal(v) for k, v in state["locks"].items()}


def _by_id(order: Order) -> int:
    return order.id


def _product(key: str) -> str:
    return Product(key.rpartition(":")[2]).value


def working(order: Order) -> bool:
    """Whether an open order rests on the book, where it can be hit and needs margin."""
    return not order.status.done and order.status is not OrderStatus.PENDING and not order.waits_for_trigger


def met_by(order: Order, reach: Decimal, orders: Iterable[Order]) -> list[Order]:
    """Returns the resting orders of the other side in the same book that an order meets on its way to a price."""
    sign = order.side.sign
    return [
        other
        for other in orders
        if spot_key(other.key) == spot_key(order.key)
        and other.side is order.side.opposite
        and working(other)
        and other.price is not None
        and sign * other.price <= sign * reach
    ]


def amended(
    order: Order, *, price: Decimal | None, qty: Decimal | None, trigger_price: Decimal | None, only_less: bool
) -> OrderRequest:
    """Returns an order's request with some numbers changed.

    Raises: PaperRefusal NOT_AMENDABLE, NOTHING_TO_AMEND.
    """
    request = order.request
    asked: dict[str, Any] = {"price": price, "qty": qty, "trigger_price": trigger_price}
    news = {name: value for name, value in asked.items() if value is not None}
    for name in news:
        if getattr(request, name) is None:
            raise PaperRefusal(Reason.NOT_AMENDABLE, f"a {request.type.value} order like this has no {name}")
    if trigger_price is not None and order.triggered_ms is not None:
        raise PaperRefusal(Reason.NOT_AMENDABLE, "it has been triggered")
    if all(getattr(request, name) == value for name, value in news.items()):
        raise PaperRefusal(Reason.NOTHING_TO_AMEND, "nothing would change")
    if only_less and (set(news) != {"qty"} or (qty is not None and qty >= order.qty)):
        raise PaperRefusal(Reason.NOT_AMENDABLE, f"only a quantity below {order.qty} keeps the priority")
    return replace(request, **news)
