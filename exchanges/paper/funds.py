"""Whether the account can pay for an order, and what the book would give it."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_UP, Decimal

from blave_mcp.exchanges.paper.account import Account
from blave_mcp.exchanges.paper.cash import Slot
from blave_mcp.exchanges.paper.margin import exposure, max_notional
from blave_mcp.exchanges.paper.market import Market
from blave_mcp.exchanges.paper.matching import at_market, crosses, reduces, sweep
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import QUANTUM, ZERO, Listing, MarginMode, Order, OrderRequest, Product, Side

_NEAR, _DEEP = 40, 1_000
Plan = list[tuple[Decimal, Decimal]]
"""What a taker gets: (price, size), best first."""


class Funds:
    """Questions to one account and one market; changes nothing."""

    def __init__(self, account: Account, market: Market) -> None:
        self.account = account
        self.market = market

    def plan(self, request: OrderRequest, qty: Decimal | None, now_ms: int) -> Plan:
        """Returns what a taker would get now: (price, size), best first. Looks deeper only where it has to."""
        if not crosses(request, self.market.prices(request.key, now_ms)):
            return []
        listing = self.account.listings[request.key]
        quote = request.quote_qty
        step = listing.market_step if at_market(request) else listing.step
        found: Plan = []
        for levels in (_NEAR, _DEEP):
            depth = self.market.depth(request.key, now_ms, levels)
            side = depth.asks if request.side is Side.BUY else depth.bids
            found = sweep(side, request.side, step=step, qty=qty, quote=quote, limit=request.price)
            last = side[-1].price if side else ZERO
            met = qty is not None and sum((size for _, size in found), ZERO) == qty
            beyond = request.price is not None and (last > request.price) == (request.side is Side.BUY)
            if met or beyond or (found and found[-1][0] != last):
                break
        return found

    def check(self, request: OrderRequest, plan: Plan, *, replacing: int = 0) -> None:
        """Refuses what the account cannot pay for.

        Args:
            plan: what it takes at once; the rest of a limit order counts at its own price.
            replacing: id of an open order whose place it takes; 0 for none.

        Raises: PaperRefusal INSUFFICIENT_BALANCE, INSUFFICIENT_MARGIN, MAX_POSITION.
        """
        listing = self.account.listings[request.key]
        if listing.product is Product.SPOT:
            slot, need = self.spot_need(request, plan)
            have = self.account.spendable(slot)
            if need > have:
                raise PaperRefusal(Reason.INSUFFICIENT_BALANCE, f"needs {need} {slot[1]}, free are {have}")
        elif not reduces(request):
            self._check_margin(request, listing, plan, replacing)

    def spot_need(self, request: OrderRequest, plan: Plan) -> tuple[Slot, Decimal]:
        """Returns which balance an order draws on, and how much of it at most."""
        listing = self.account.listings[request.key]
        taken = sum((size for _, size in plan), ZERO)
        if request.side is Side.SELL:
            return self.account.slot(listing, listing.base), taken if request.qty is None else request.qty
        slot = self.account.slot(listing, listing.quote)
        cost = sum((price * size for price, size in plan), ZERO)
        if request.qty is not None:
            # A stop without a price is locked at its trigger; what it really costs is looked at when it fires.
            at = request.price or request.trigger_price or request.activation_price
            cost += (request.qty - taken) * at if at is not None else ZERO
        elif not plan:
            cost = request.quote_qty or ZERO
        if self.account.rules.spot_fee_in == "quote":
            cost += (cost * max(listing.taker_fee, listing.maker_fee)).quantize(QUANTUM, ROUND_UP)
        return slot, cost

    def _check_margin(self, request: OrderRequest, listing: Listing, plan: Plan, replacing: int) -> None:
        account, key = self.account, request.key
        taken = sum((size for _, size in plan), ZERO)
        cost = sum((price * size for price, size in plan), ZERO)
        resting = request.qty - taken if request.qty is not None and request.price is not None else ZERO
        notional = cost + resting * (request.price or ZERO)
        qty = taken + resting
        if not qty:
            return
        now = account.load(key)
        more = account.load(key, without=replacing).plus(request.side, notional)
        _, most = exposure(account.legs_of(key), more, hedge=account.hedged(key))
        _, before = exposure(account.legs_of(key), now, hedge=account.hedged(key))
        cap = max_notional(listing.tiers, account.leverage(key))
        if most > cap and most > before:
            raise PaperRefusal(
                Reason.MAX_POSITION, f"{most} {listing.quote} is above {cap} at {account.leverage(key)}x"
            )
        closable = ZERO if account.hedged(key) else account.leg(key, request.position_side).closable(request.side)
        opened = max(ZERO, qty - closable)
        if not opened:
            return
        mark = self.market.prices(key, account.settled_ms).mark
        average = notional / qty
        loss = max(ZERO, request.side.sign * (average - mark)) * opened
        need = account.order_margin(key, more) - account.order_margin(key, now)
        need = (need + loss + listing.taker_fee * average * opened).quantize(QUANTUM, ROUND_UP)
        have = account.available(listing.settle)
        if account.mode(key) is MarginMode.ISOLATED:
            have = min(have, max(ZERO, account.cash.free_of(account.margin_slot(listing.settle))))
        if need > have:
            raise PaperRefusal(Reason.INSUFFICIENT_MARGIN, f"needs {need} {listing.settle}, available are {have}")


def rest_of(order: Order) -> OrderRequest:
    """Returns an order's request for what is still to be executed."""
    request = order.request
    if request.quote_qty is not None:
        return request
    # Once triggered, a stop without a price is a market order like any other.
    fired = order.triggered_ms is not None
    return replace(
        request,
        qty=order.remaining,
        close_position=False,
        trigger_price=None if fired else request.trigger_price,
        activation_price=None if fired else request.activation_price,
    )
