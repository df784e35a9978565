"""Money changes hands here and nowhere else: fills, funding, interest, liquidation. Every movement has two ends.

What a division makes is rounded to QUANTUM once; the other part of a split is what remains.
"""

from __future__ import annotations

from decimal import ROUND_UP, Decimal

from blave_mcp.exchanges.paper.account import Account, closing_side
from blave_mcp.exchanges.paper.borrowing import loan_value
from blave_mcp.exchanges.paper.cash import FEES, HOUSE, INSURANCE
from blave_mcp.exchanges.paper.margin import Leg, initial
from blave_mcp.exchanges.paper.types import (
    QUANTUM,
    ZERO,
    EntryKind,
    Fill,
    FundingPayment,
    Liquidation,
    MarginMode,
    Order,
    Side,
)


def spot_fill(account: Account, order: Order, price: Decimal, qty: Decimal, now_ms: int, *, maker: bool) -> Fill:
    """Swaps quote for base with the house, and charges the fee. The amounts are in the wallet's free balance."""
    listing = account.listings[order.key]
    quote = price * qty
    sign = order.side.sign
    base_slot, quote_slot = account.slot(listing, listing.base), account.slot(listing, listing.quote)
    rate = listing.maker_fee if maker else listing.taker_fee
    in_base = order.side is Side.BUY and account.rules.spot_fee_in == "received"
    fee = ((qty if in_base else quote) * rate).quantize(QUANTUM)
    fee_slot = base_slot if in_base else quote_slot
    fill = _fill(account, order, price, qty, now_ms, maker=maker, fee=fee, fee_asset=fee_slot[1])
    account.cash.exchange(base_slot, sign * qty, HOUSE)
    account.cash.exchange(quote_slot, -sign * quote, HOUSE)
    account.cash.exchange(fee_slot, -fee, FEES)
    account.note(EntryKind.TRADE, base_slot, sign * qty, now_ms, key=order.key, ref=fill.id)
    account.note(EntryKind.TRADE, quote_slot, -sign * quote, now_ms, key=order.key, ref=fill.id)
    account.note(EntryKind.COMMISSION, fee_slot, -fee, now_ms, key=order.key, ref=fill.id)
    return fill


def position_fill(
    account: Account, order: Order, price: Decimal, qty: Decimal, now_ms: int, *, maker: bool, mark: Decimal
) -> Fill:
    """Closes what the fill closes, opens with the rest (one-way mode turns over), and charges the fee."""
    listing = account.listings[order.key]
    side = order.request.position_side
    leg = account.legs.get((order.key, side))
    if leg is None:
        leg = account.legs[order.key, side] = Leg(order.key, side)
    leg.mark, leg.updated_ms = mark, now_ms
    rate = listing.maker_fee if maker else listing.taker_fee
    fee = (price * qty * rate).quantize(QUANTUM)
    closed = min(qty, leg.closable(order.side))
    slot = account.margin_slot(listing.settle)
    realised = released = ZERO
    isolated = account.mode(order.key) is MarginMode.ISOLATED
    if closed:
        realised, released = _close(account, leg, price, closed)
    fill = _fill(account, order, price, qty, now_ms, maker=maker, fee=fee, fee_asset=listing.settle, realised=realised)
    account.cash.exchange(slot, realised, HOUSE)
    account.note(EntryKind.REALISED_PNL, slot, realised, now_ms, key=order.key, ref=fill.id)
    if isolated:
        _isolated_loss(account, leg, -realised - released, listing.settle, now_ms)
    account.cash.exchange(slot, -fee, FEES)
    account.note(EntryKind.COMMISSION, slot, -fee, now_ms, key=order.key, ref=fill.id)
    opened = qty - closed
    if opened:
        if not leg.qty:
            leg.id, leg.opened_ms, leg.realised, leg.fees = account.next_id("position"), now_ms, ZERO, ZERO
        leg.qty += order.side.sign * opened
        leg.cost += price * opened
        leg.fees += fee if not closed else (fee * opened / qty).quantize(QUANTUM)
        if isolated:
            # Losses elsewhere may have left less than was reserved: the position then has less, the wallet no debt.
            wanted = initial(price * opened, account.leverage(order.key))
            margin = min(wanted, max(ZERO, account.cash.free_of(slot)))
            account.cash.lock(slot, margin)
            leg.isolated += margin
    elif not leg.qty:
        del account.legs[order.key, side]
    cover(account, listing.settle, now_ms)
    return fill


def _close(account: Account, leg: Leg, price: Decimal, qty: Decimal) -> tuple[Decimal, Decimal]:
    """Takes `qty` out of a leg and frees its share of isolated margin; returns the realised PnL and that share."""
    whole = qty == leg.size
    cost = leg.cost if whole else (leg.cost * qty / leg.size).quantize(QUANTUM)
    margin = leg.isolated if whole else (leg.isolated * qty / leg.size).quantize(QUANTUM)
    fees = leg.fees if whole else (leg.fees * qty / leg.size).quantize(QUANTUM)
    realised = leg.sign * (price * qty - cost)
    leg.qty -= leg.sign * qty
    leg.cost -= cost
    leg.fees -= fees
    leg.realised += realised
    account.cash.lock(account.margin_slot(account.listings[leg.key].settle), -margin)
    leg.isolated -= margin
    return realised, margin


def _isolated_loss(account: Account, leg: Leg, missing: Decimal, asset: str, now_ms: int) -> None:
    """Pays what an isolated loss exceeds the freed margin by: its other margin first, then the insurance fund.

    Never from the rest of the wallet: that is what isolated means.
    """
    if missing <= 0:
        return
    slot = account.margin_slot(asset)
    margin = min(leg.isolated, missing)
    account.cash.lock(slot, -margin)
    leg.isolated -= margin
    account.cash.exchange(slot, missing - margin, INSURANCE)
    account.note(EntryKind.INSURANCE, slot, missing - margin, now_ms)


def cover(account: Account, asset: str, now_ms: int) -> None:
    """The insurance fund pays what the wallet owes, once no cross position's profit may still pay it."""
    slot = account.margin_slot(asset)
    owed = -account.cash.free_of(slot)
    if owed > 0 and not account.cross_legs(asset):
        account.cash.exchange(slot, owed, INSURANCE)
        account.note(EntryKind.INSURANCE, slot, owed, now_ms)


def fund(account: Account, leg: Leg, rate: Decimal, now_ms: int) -> None:
    """Pays or collects the funding of one leg at its mark."""
    _carry(account, leg, rate, (-leg.qty * leg.mark * rate).quantize(QUANTUM), kind=EntryKind.FUNDING, now_ms=now_ms)


def charge_interest(account: Account, leg: Leg, rate: Decimal, now_ms: int) -> None:
    """Pays the interest on what one margin leg has borrowed, in quote."""
    due = (loan_value(leg) * rate).quantize(QUANTUM, ROUND_UP)
    _carry(account, leg, rate, -due, kind=EntryKind.INTEREST, now_ms=now_ms)


def _carry(account: Account, leg: Leg, rate: Decimal, amount: Decimal, *, kind: EntryKind, now_ms: int) -> None:
    """Pays or collects what a position costs or brings."""
    listing = account.listings[leg.key]
    slot = account.margin_slot(listing.settle)
    payment = FundingPayment(
        id=account.next_id("funding"),
        key=leg.key,
        position_side=leg.side,
        qty=leg.qty,
        mark=leg.mark,
        rate=rate,
        amount=amount,
        asset=listing.settle,
        time_ms=now_ms,
    )
    account.fundings.append(payment)
    account.cash.exchange(slot, amount, HOUSE)
    account.note(kind, slot, amount, now_ms, key=leg.key, ref=payment.id)
    if account.mode(leg.key) is MarginMode.ISOLATED:
        # The position's own margin pays and collects, as far as it goes.
        moved = max(amount, -leg.isolated)
        account.cash.lock(slot, moved)
        leg.isolated += moved
    cover(account, listing.settle, now_ms)


def liquidate(account: Account, legs: list[Leg], equity: Decimal, now_ms: int) -> list[tuple[Leg, Fill, Liquidation]]:
    """Closes legs at their bankruptcy prices: what is left of `equity`, or is missing, is the insurance fund's.

    The house takes them at mark. Legs that fall together share the rest by notional.

    Args:
        equity: margin behind the legs plus their unrealised PnL.
    """
    done: list[tuple[Leg, Fill, Liquidation]] = []
    whole = sum((leg.size * leg.mark for leg in legs), ZERO)
    left = equity
    for number, leg in enumerate(legs):
        listing = account.listings[leg.key]
        slot = account.margin_slot(listing.settle)
        share = left if number == len(legs) - 1 else (equity * leg.size * leg.mark / whole).quantize(QUANTUM)
        left -= share
        profit = leg.unrealised(leg.mark)
        price = (leg.mark - share / leg.qty).quantize(QUANTUM)
        account.cash.lock(slot, -leg.isolated)
        account.cash.exchange(slot, profit - share, HOUSE)
        account.cash.between(listing.settle, share, HOUSE, INSURANCE)
        fill = Fill(
            id=account.next_id("fill"),
            order_id=account.next_id("order"),
            key=leg.key,
            side=closing_side(leg),
            position_side=leg.side,
            price=price,
            qty=leg.size,
            quote=(price * leg.size).quantize(QUANTUM),
            commission=ZERO,
            commission_asset=listing.settle,
            maker=False,
            realised_pnl=profit - share,
            time_ms=now_ms,
            liquidation=True,
        )
        account.fills.append(fill)
        account.note(EntryKind.REALISED_PNL, slot, profit - share, now_ms, key=leg.key, ref=fill.id)
        record = Liquidation(
            id=account.next_id("liquidation"),
            order_id=fill.order_id,
            key=leg.key,
            position_side=leg.side,
            side=fill.side,
            qty=leg.size,
            mark=leg.mark,
            price=price,
            realised_pnl=profit - share,
            insurance=share,
            time_ms=now_ms,
        )
        account.liquidations.append(record)
        del account.legs[leg.key, leg.side]
        done.append((leg, fill, record))
    return done


def _fill(
    account: Account,
    order: Order,
    price: Decimal,
    qty: Decimal,
    now_ms: int,
    *,
    maker: bool,
    fee: Decimal,
    fee_asset: str,
    realised: Decimal = ZERO,
) -> Fill:
    fill = Fill(
        id=account.next_id("fill"),
        order_id=order.id,
        key=order.key,
        side=order.side,
        position_side=order.request.position_side,
        price=price,
        qty=qty,
        quote=price * qty,
        commission=fee,
        commission_asset=fee_asset,
        maker=maker,
        realised_pnl=realised,
        time_ms=now_ms,
    )
    account.fills.append(fill)
    return fill
