"""The life of an order: entered, triggered, executed, cancelled, bound to others. Time is moved by `time`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from blave_mcp.exchanges.paper.account import Account
from blave_mcp.exchanges.paper.book import met_by, working
from blave_mcp.exchanges.paper.checks import check_form, check_market, check_pair
from blave_mcp.exchanges.paper.funds import Funds, Plan, rest_of
from blave_mcp.exchanges.paper.market import Market
from blave_mcp.exchanges.paper.matching import at_market, conditional, crosses, reduces, trail
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.settlement import position_fill, spot_fill
from blave_mcp.exchanges.paper.types import (
    ZERO,
    Listing,
    ListKind,
    Order,
    OrderList,
    OrderRequest,
    OrderStatus,
    OrderType,
    Product,
    TimeInForce,
    TriggerBy,
)


class Engine:
    """Works on one account against one market."""

    def __init__(self, account: Account, market: Market) -> None:
        self.account = account
        self.market = market
        self.book = account.book
        self.funds = Funds(account, market)

    # Admission

    def admit(self, request: OrderRequest, now_ms: int, *, funds: bool, amends: Order | None = None) -> None:
        """Refuses an order that cannot be entered now.

        Args:
            funds: whether it has to be paid for.
            amends: the open order that `request` is the new form of, also one that is about to be activated.

        Raises: PaperRefusal.
        """
        listing = self._check_form(request, now_ms)
        if amends is not None and amends.triggered_ms is not None:
            # Its trigger is behind it: it is a limit order like any other.
            request = replace(request, type=OrderType.LIMIT, trigger_price=None, activation_price=None)
        prices = self.market.prices(request.key, now_ms)
        check_market(request, listing, prices, post_only_refuses=self.account.rules.post_only == "refuse")
        replacing = 0
        if amends is None:
            self._check_room(request)
        else:
            replacing = amends.id
            if not request.close_position:
                request = rest_of(replace(amends, request=request, qty=request.qty or amends.qty))
        if reduces(request) and not conditional(request):
            self._check_reduces(request)
        plan = []
        if not conditional(request):
            plan = self.funds.plan(request, request.qty, now_ms)
            if at_market(request) and not plan:
                raise PaperRefusal(Reason.NO_LIQUIDITY, f"nothing to {request.side.value} on the book")
        if funds:
            self.funds.check(request, plan, replacing=replacing)

    def admit_list(self, kind: ListKind, requests: Sequence[OrderRequest], now_ms: int, client_id: str) -> None:
        """Refuses a list of orders of which one cannot be entered; waiting ones are looked at by themselves only.

        Raises: PaperRefusal.
        """
        for request in requests:
            if request.key != requests[0].key:
                raise PaperRefusal(Reason.BAD_REQUEST, "the orders of a list have one listing")
        names = [request.client_id for request in requests if request.client_id]
        if len(set(names)) < len(names) or any(g.client_id == client_id and not g.done for g in self.book.lists()):
            raise PaperRefusal(Reason.DUPLICATE_CLIENT_ID, "client ids of open orders and lists differ")
        working_ones = requests if kind is ListKind.OCO else requests[:1]
        for request in working_ones:
            self.admit(request, now_ms, funds=True)
        for request in requests[len(working_ones) :]:
            self._check_form(request, now_ms)
            self._check_room(request)
        if kind is not ListKind.OTO:
            now = self.market.prices(requests[0].key, now_ms) if kind is ListKind.OCO else None
            check_pair(requests[-2], requests[-1], now)

    def admit_amended(self, order: Order, request: OrderRequest, now_ms: int) -> None:
        """Refuses an amendment that cannot be; `request` has the new total quantity.

        Raises: PaperRefusal.
        """
        if order.status is OrderStatus.PENDING:
            self._check_form(request, now_ms)
            return
        if order.list_id and self.account.listings[order.key].product is Product.SPOT:
            raise PaperRefusal(Reason.NOT_AMENDABLE, "an order of a list is cancelled and placed anew")
        self._admit_with([order], order, request, now_ms)

    def _admit_with(self, lenders: list[Order], order: Order, request: OrderRequest, now_ms: int) -> None:
        """Admits the new form of an order, which may be paid with what the lenders have locked."""
        held = sum((self.book.locks.get(other.id, ZERO) for other in lenders), ZERO)
        slot, _ = self.funds.spot_need(request, [])
        self.account.cash.lock(slot, -held)
        try:
            self.admit(request, now_ms, funds=True, amends=order)
        finally:
            self.account.cash.lock(slot, held)

    def _check_form(self, request: OrderRequest, now_ms: int) -> Listing:
        listing = self.account.listings[request.key]
        check_form(request, listing, hedge=self.account.hedged(request.key), now_ms=now_ms)
        return listing

    def _check_room(self, request: OrderRequest) -> None:
        if request.client_id and self.book.client_is_open(request.key, request.client_id):
            raise PaperRefusal(Reason.DUPLICATE_CLIENT_ID, f"an open order has the id {request.client_id!r}")
        mine = self.book.open_of(request.key)
        if len(mine) >= self.account.rules.max_open_orders:
            raise PaperRefusal(Reason.TOO_MANY_ORDERS, f"{len(mine)} orders are open")
        if request.close_position and any(
            o.request.close_position
            and (o.side, o.type, o.request.position_side) == (request.side, request.type, request.position_side)
            for o in mine
        ):
            raise PaperRefusal(Reason.CLOSE_POSITION_EXISTS, f"a {request.type.value} that closes the position waits")

    def _check_reduces(self, request: OrderRequest) -> None:
        closable = self.account.leg(request.key, request.position_side).closable(request.side)
        if not closable or (self.account.hedged(request.key) and request.qty is not None and request.qty > closable):
            raise PaperRefusal(Reason.REDUCE_ONLY_REJECTED, f"{request.qty} against {closable} that can be closed")

    # Locks of spot orders

    def lock(self, order: Order) -> None:
        """Sets aside what an open spot order will pay; orders of one OCO share one lock, that of the larger need."""
        if self.account.listings[order.key].product is not Product.SPOT:
            return
        slot, need = self.funds.spot_need(rest_of(order), [])
        for other in self._rivals(order):
            held = self.book.locks.get(other.id, ZERO)
            if held >= need:
                return
            self._unlock(other)
        self.account.cash.lock(slot, need)
        self.book.locks[order.id] = need

    def _unlock(self, order: Order) -> None:
        amount = self.book.locks.pop(order.id, None)
        if amount is not None:
            slot, _ = self.funds.spot_need(order.request, [])
            self.account.cash.lock(slot, -amount)

    # Lists

    def _rivals(self, order: Order) -> list[Order]:
        """Returns the open orders that end when this one executes."""
        group = self.book.list_of(order)
        if group is None or group.kind is ListKind.OTO:
            return []
        ids = group.order_ids if group.kind is ListKind.OCO else group.order_ids[1:]
        if order.id not in ids:
            return []
        return [
            other
            for other in self.book.members(group)
            if other.id in ids and other.id != order.id and not other.status.done
        ]

    def _waiting(self, order: Order) -> list[Order]:
        """Returns the orders that wait for this one to fill."""
        group = self.book.list_of(order)
        if group is None or group.kind is ListKind.OCO or order.id != group.order_ids[0]:
            return []
        return [other for other in self.book.members(group) if other.status is OrderStatus.PENDING]

    def create(self, request: OrderRequest, now_ms: int, *, list_id: int = 0, pending: bool = False) -> Order:
        order_id = self.account.next_id("order")
        client_id = request.client_id or f"p{order_id}"
        return Order(
            id=order_id,
            client_id=client_id,
            request=replace(request, client_id=client_id),
            qty=request.qty or ZERO,
            status=OrderStatus.PENDING if pending else OrderStatus.NEW,
            created_ms=now_ms,
            updated_ms=now_ms,
            list_id=list_id,
        )

    def create_list(self, kind: ListKind, requests: Sequence[OrderRequest], now_ms: int, client_id: str) -> OrderList:
        """Enters orders that are bound together, the waiting ones first, so that the working one finds them."""
        list_id = self.account.next_id("list")
        waiting = [number > 0 and kind is not ListKind.OCO for number in range(len(requests))]
        orders = [
            self.create(request, now_ms, list_id=list_id, pending=wait)
            for request, wait in zip(requests, waiting, strict=True)
        ]
        for order in orders:
            self.book.put(order)
        self.book.put_list(
            OrderList(
                id=list_id,
                client_id=client_id or f"l{list_id}",
                kind=kind,
                key=requests[0].key,
                order_ids=tuple(order.id for order in orders),
                done=False,
                created_ms=now_ms,
                updated_ms=now_ms,
            )
        )
        for order, wait in zip(orders, waiting, strict=True):
            if not wait and self.book.is_open(order.id):
                self.enter(order, now_ms)
        return self.book.find_list(list_id, None)

    def _activate(self, order: Order, now_ms: int) -> None:
        try:
            self._admit_with(self._rivals(order), order, order.request, now_ms)
        except PaperRefusal as refusal:
            self.finish(order, OrderStatus.REJECTED, now_ms, refusal.reason)
            return
        self.enter(replace(order, status=OrderStatus.NEW, updated_ms=now_ms), now_ms)

    # Entering and executing

    def enter(self, order: Order, now_ms: int) -> Order:
        """Puts an order on the book or to the market; returns its state then."""
        if not order.waits_for_trigger:
            return self.execute(order, now_ms)
        if order.type is OrderType.TRAILING_STOP:
            prices = self.market.prices(order.key, now_ms)
            at = prices.mark if order.request.trigger_by is TriggerBy.MARK else prices.last
            order = replace(order, extreme=trail(order, at, at))
        self.book.put(order)
        self.lock(order)
        return order

    def trigger(self, order: Order, now_ms: int) -> Order:
        """A conditional order fires: its rivals end, and it goes to the market."""
        self._end_rivals(order, now_ms)
        return self.execute(replace(order, triggered_ms=now_ms, updated_ms=now_ms), now_ms)

    def execute(self, order: Order, now_ms: int) -> Order:
        """Takes what the book of the moment gives, and rests or ends with what remains."""
        request = order.request
        self._unlock(order)
        order = replace(order, working_ms=now_ms if order.working_ms is None else order.working_ms)
        wanted: Decimal | None = order.remaining if request.quote_qty is None else None
        if reduces(request):
            closable = self._closable(order)
            if not closable:
                return self.finish(order, OrderStatus.EXPIRED, now_ms, Reason.POSITION_CLOSED)
            if request.close_position:
                order = replace(order, qty=closable)
            wanted = closable if wanted is None else min(order.remaining, closable)
        if request.post_only and crosses(request, self.market.prices(order.key, now_ms)):
            return self.finish(order, OrderStatus.EXPIRED, now_ms, Reason.POST_ONLY_WOULD_TAKE)
        plan = self.funds.plan(request, wanted, now_ms)
        taken = sum((size for _, size in plan), ZERO)
        if request.tif is TimeInForce.FOK and not at_market(request) and taken < order.remaining:
            return self.finish(order, OrderStatus.EXPIRED, now_ms, Reason.FOK_NOT_FILLABLE)
        try:
            self.funds.check(rest_of(order), plan, replacing=order.id)
        except PaperRefusal as refusal:
            return self.finish(order, OrderStatus.EXPIRED, now_ms, refusal.reason)
        if request.quote_qty is not None:
            order = replace(order, qty=taken)
        self._clear_way(order, plan, now_ms)
        if plan:
            self._end_rivals(order, now_ms)
        for price, size in plan:
            order = self._fill(order, price, size, now_ms, maker=False)
        return self._after(order, now_ms, rests=not at_market(request) and request.tif is TimeInForce.GTC)

    def _clear_way(self, order: Order, plan: Plan, now_ms: int) -> None:
        """Keeps an order from trading with its own account, where the venue does."""
        reach = plan[-1][0] if plan else None
        if order.price is not None and sum((size for _, size in plan), ZERO) < order.remaining:
            reach = order.price
        if reach is None or self.account.rules.self_trade == "none":
            return
        for other in met_by(order, reach, self.book.open()):
            if self.book.is_open(other.id):
                self.cancel(other, now_ms, Reason.SELF_TRADE)

    def hit(self, order: Order, now_ms: int) -> Order:
        """A resting limit order is reached by the market: it fills at its own price."""
        price = order.price
        if price is None:
            raise ValueError("only limit orders rest")
        self._unlock(order)
        size = min(order.remaining, self._closable(order)) if reduces(order.request) else order.remaining
        if not size:
            return self.finish(order, OrderStatus.EXPIRED, now_ms, Reason.POSITION_CLOSED)
        self._end_rivals(order, now_ms)
        order = self._fill(order, price, size, now_ms, maker=True)
        return self._after(order, now_ms, rests=True)

    def _closable(self, order: Order) -> Decimal:
        return self.account.leg(order.key, order.request.position_side).closable(order.side)

    def _fill(self, order: Order, price: Decimal, qty: Decimal, now_ms: int, *, maker: bool) -> Order:
        if self.account.listings[order.key].product is Product.SPOT:
            spot_fill(self.account, order, price, qty, now_ms, maker=maker)
        else:
            mark = self.market.prices(order.key, now_ms).mark
            position_fill(self.account, order, price, qty, now_ms, maker=maker, mark=mark)
        return replace(order, executed=order.executed + qty, quote=order.quote + price * qty, updated_ms=now_ms)

    def _after(self, order: Order, now_ms: int, *, rests: bool) -> Order:
        """Gives an order its state after it has met the market."""
        if order.executed and not order.remaining:
            order = self.finish(order, OrderStatus.FILLED, now_ms)
        elif reduces(order.request) and not self._closable(order):
            order = self.finish(order, OrderStatus.EXPIRED, now_ms, Reason.POSITION_CLOSED)
        elif not rests:
            order = self.finish(order, OrderStatus.EXPIRED, now_ms, Reason.IOC_REMAINDER)
        else:
            status = OrderStatus.PARTIALLY_FILLED if order.executed else OrderStatus.NEW
            order = replace(order, status=status, updated_ms=now_ms)
            self.book.put(order)
            self.lock(order)
        self._prune(order.key, now_ms)
        return order

    # Ends

    def finish(self, order: Order, status: OrderStatus, now_ms: int, reason: Reason | None = None) -> Order:
        """Ends an order, and what waits for it; hands a shared lock on."""
        shared = order.id in self.book.locks
        self._unlock(order)
        order = replace(order, status=status, updated_ms=now_ms, reason=reason)
        self.book.put(order)
        for other in self._rivals(order):
            if shared and other.status is not OrderStatus.PENDING:
                self.lock(other)
        for other in self._waiting(order):
            if not self.book.is_open(other.id):
                # Its rival, entered a moment ago, has executed.
                continue
            if status is OrderStatus.FILLED:
                self._activate(other, now_ms)
            else:
                self.finish(other, OrderStatus.EXPIRED, now_ms, Reason.LIST_SIBLING)
        group = self.book.list_of(order)
        if group is not None:
            self.book.refresh_list(group, now_ms)
        return order

    def _end_rivals(self, order: Order, now_ms: int) -> None:
        for other in self._rivals(order):
            self.finish(other, OrderStatus.EXPIRED, now_ms, Reason.LIST_SIBLING)
        # What they shared is now this order's, to be spent.
        self._unlock(order)

    def cancel(self, order: Order, now_ms: int, reason: Reason | None = None) -> Order:
        """Cancels an open order, and with it its list where the venue binds them so."""
        group = self.book.list_of(order)
        together = group is not None and self.account.rules.cancel_list_together
        # Those that wait go first: a working order that ends would end them its own way.
        for other in reversed(list(self.book.members(group))) if group is not None and together else [order]:
            if not other.status.done:
                self.finish(other, OrderStatus.CANCELED, now_ms, reason)
        return self.book.get(order.id) or order

    def amend(self, order: Order, request: OrderRequest, now_ms: int) -> Order:
        """Gives an open order a new request, of which `qty` is the new total; it has been admitted."""
        self._unlock(order)
        order = replace(order, request=request, qty=request.qty or order.qty, updated_ms=now_ms)
        self.book.put(order)
        if order.status is OrderStatus.PENDING:
            return order
        return self.enter(order, now_ms)

    def _prune(self, key: str, now_ms: int) -> None:
        """Ends orders that were to reduce a position that is no more."""
        if self.account.listings[key].product is Product.SPOT:
            return
        for order in self.book.open_of(key):
            tied = order.request.tied_to_position and order.status is not OrderStatus.PENDING
            resting = working(order) and reduces(order.request)
            if (tied or resting) and self.book.is_open(order.id) and not self._closable(order):
                self.finish(order, OrderStatus.EXPIRED, now_ms, Reason.POSITION_CLOSED)
