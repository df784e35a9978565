"""Another price or size for an order that is open. The tool returns a pending action."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.models import Order, PositionSide, Side, TimeInForce
from blave_mcp.tools.desk import Desk, Limits
from blave_mcp.tools.estimates import walk
from blave_mcp.tools.format import coins, exact, money
from blave_mcp.tools.grid import check_band, check_notional, check_price, check_size, to_units, unit_words
from blave_mcp.tools.guards import Guard, order_guard, price_guard
from blave_mcp.tools.manage import open_order, order_line, propose_change
from blave_mcp.tools.orders import check_limit, crosses, percent
from blave_mcp.tools.screens import head_rows, market_words, signed_percent, slippage_rows
from blave_mcp.tools.situation import Situation, read_situation
from blave_mcp.tools.spec import Result
from blave_mcp.tools.summary import Summary

NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Change:
    """An open order and what it would become; sizes in base units, None where the order has none of its own.

    Attributes:
        opens: whether it opens or adds, rather than reduces; always on spot.
        at, was_at: the price at which it is reckoned, after and before.
        takes: whether it would take from the book at once.
    """

    order: Order
    price: Decimal | None
    size: Decimal | None
    was: Decimal | None
    at: Decimal
    was_at: Decimal
    opens: bool
    takes: bool = False

    @property
    def left(self) -> Decimal | None:
        """What is still to be filled."""
        return None if self.size is None else self.size - self.order.filled


async def amend_order(
    desk: Desk, *, venue: str, market: str, symbol: str, order: str, price: str = "", size: str = ""
) -> Result:
    if not price and not size:
        raise BadArgument("Give a new price, a new size or both.")
    now = await read_situation(desk, venue, market, symbol)
    found = await open_order(desk, now.venue, now.verbs, now.instrument.native, order)
    change = _change(now, found, Decimal(price) if price else None, Decimal(size) if size else None, desk.limits)
    instrument, kind = now.instrument, now.verbs.market
    units = to_units(instrument, Decimal(size)) if size else None
    calls = now.verbs.amend(found, instrument, price=change.price, size=units)
    summary = Summary(f"Amend order {found.id} in {instrument.symbol} on {now.venue.title} {market}")
    _rows(summary, now, change)
    guards: list[Guard] = [order_guard(kind, instrument.native, found)]
    if change.takes:
        guards.append(price_guard(kind, instrument.native, now.ticker.last, desk.limits.price_tolerance_percent))
        summary.row(
            "Sent only if",
            f"the price is within {exact(desk.limits.price_tolerance_percent)} % of {exact(now.ticker.last)}",
        )
    summary.verify = "the order"
    label = f"Amend order {found.id}"
    native = instrument.native
    return propose_change(desk, now.venue, now.verbs, summary, label, calls=calls, guards=guards, native=native)


def _change(now: Situation, found: Order, price: Decimal | None, size: Decimal | None, limits: Limits) -> Change:
    """Checks the new price and size as if the order were placed anew.

    Raises:
        BadArgument: off the grid or the band, filled already, or not covered by what is free.
        LimitExceeded: worth more than the operator allows.
    """
    instrument = now.instrument
    if price is not None:
        check_price(instrument, price)
        check_band(instrument, found.side, price, now.mark)
    if size is not None:
        check_size(instrument, to_units(instrument, size), market=False)
        if size <= found.filled:
            raise BadArgument(
                f"{exact(found.filled)} of the order is filled already; the new size must be more than that.",
                advice="Cancel it to keep what is filled.",
            )
    was_at = found.price or found.trigger or now.ticker.last
    at = price or was_at
    resting = found.type == "limit" and not found.conditional
    takes = resting and crosses(now, found.side, at, post_only=found.time_in_force == TimeInForce.POST_ONLY)
    closes = found.position_side in (PositionSide.LONG, PositionSide.SHORT) and (
        (found.position_side is PositionSide.LONG) == (found.side is Side.SELL)
    )
    opens = not (now.derivative and (found.reduce_only or found.close_position or closes))
    after = found.size if size is None else size
    change = Change(found, price, after, found.size, at, was_at, opens, takes)
    if after is not None and opens:
        check_notional(instrument, to_units(instrument, after), at)
        check_limit(limits, after * at, instrument.quote)
        asset, more = _more(now, change)
        free = now.free(asset)
        if more > free:
            raise BadArgument(
                f"The change needs about {exact(round(more, 8))} {asset} more; {exact(free)} is free in this wallet.",
                advice="Use a smaller size, or move funds with transfer_funds.",
            )
    return change


def _more(now: Situation, change: Change) -> tuple[str, Decimal]:
    """How much more must be free than the order holds already; negative where it holds less afterwards."""
    left, was = change.left or NONE, (change.was or NONE) - change.order.filled
    if now.derivative:
        leverage = (now.here[0].leverage if now.here else now.settings.leverage) or 1
        return now.instrument.settle, (left * change.at - was * change.was_at) / leverage
    if change.order.side is Side.BUY:
        return now.instrument.quote, left * change.at - was * change.was_at
    return now.instrument.base, left - was


def _rows(summary: Summary, now: Situation, change: Change) -> None:
    found, instrument = change.order, now.instrument
    head_rows(summary, now.venue, now.verbs, instrument)
    summary.row("Order", order_line(found))
    if change.price is not None:
        before = exact(found.price) if found.price else "none"
        away = signed_percent(percent(change.price, now.ticker.last))
        summary.row("New price", f"{exact(change.price)} (was {before}; {away} from last)")
    if change.size != change.was and change.size is not None:
        summary.row(
            "New size", f"{unit_words(instrument, to_units(instrument, change.size))} (was {exact(change.was)})"
        )
    if found.filled:
        summary.row("Filled", f"{exact(found.filled)}, kept")
    summary.row("Market", market_words(now.ticker))
    if change.left is not None:
        summary.row("Worth", money(change.left * change.at, f"{instrument.quote} still to be filled"))
        fee = now.taker if change.takes else now.settings.maker_fee
        if fee is not None:
            kind = "taker" if change.takes else "maker"
            summary.row(
                "Est. fee", f"{money(change.left * change.at * fee, instrument.quote)} ({exact(fee * 100)} % {kind})"
            )
        if change.takes:
            units = to_units(instrument, change.left)
            slippage_rows(summary, now, found.side, units, walk(now.book, found.side, units))
            summary.warn("At this price the order takes from the book at once.")
    if change.opens and change.size is not None:
        asset, more = _more(now, change)
        free = now.free(asset)
        summary.row("Free balance", f"{coins(free, asset)} now, about {coins(free - more, asset)} after")
