"""What the user does with the account besides orders: transfers, holds, margin settings."""

from __future__ import annotations

from decimal import Decimal

from blave_mcp.exchanges.paper.account import Account
from blave_mcp.exchanges.paper.cash import HOUSE, Slot
from blave_mcp.exchanges.paper.margin import exposure, max_notional
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import (
    ONE,
    QUANTUM,
    ZERO,
    EntryKind,
    Listing,
    MarginMode,
    PositionSide,
    Product,
    Transfer,
)


def _check_amount(amount: Decimal) -> None:
    if not amount.is_finite() or amount <= 0 or amount % QUANTUM:
        raise PaperRefusal(Reason.BAD_AMOUNT, f"{amount} is not a positive multiple of {QUANTUM}")


def _check_funds(account: Account, slot: Slot, amount: Decimal) -> None:
    have = account.spendable(slot)
    if amount > have:
        raise PaperRefusal(Reason.INSUFFICIENT_BALANCE, f"needs {amount} {slot[1]} in {slot[0]}, free are {have}")


def transfer(
    account: Account, asset: str, amount: Decimal, *, source: str, target: str, now_ms: int, tag: str
) -> Transfer:
    _check_amount(amount)
    if source == target:
        raise PaperRefusal(Reason.SAME_WALLET, f"from {source} to {target}")
    _check_funds(account, (source, asset), amount)
    account.cash.move(asset, amount, source, target)
    done = Transfer(
        id=account.next_id("transfer"),
        asset=asset,
        amount=amount,
        source=source,
        target=target,
        tag=tag,
        time_ms=now_ms,
    )
    account.transfers.append(done)
    account.note(EntryKind.TRANSFER, (source, asset), -amount, now_ms, ref=done.id)
    account.note(EntryKind.TRANSFER, (target, asset), amount, now_ms, ref=done.id)
    return done


def hold(account: Account, slot: Slot, amount: Decimal) -> None:
    _check_amount(amount)
    _check_funds(account, slot, amount)
    account.cash.lock(slot, amount)
    account.cash.held[slot] = account.cash.held.get(slot, ZERO) + amount
    account.changes += 1


def release(account: Account, slot: Slot, amount: Decimal) -> None:
    _check_amount(amount)
    held = account.cash.held.get(slot, ZERO)
    if amount > held:
        raise PaperRefusal(Reason.NOT_HELD, f"{amount} of {held} {slot[1]}")
    account.cash.lock(slot, -amount)
    account.cash.held[slot] = held - amount
    account.changes += 1


def pay(account: Account, slot: Slot, amount: Decimal, now_ms: int, key: str) -> None:
    _check_amount(abs(amount))
    if amount < 0:
        _check_funds(account, slot, -amount)
    account.cash.exchange(slot, amount, HOUSE)
    account.note(EntryKind.HOUSE, slot, amount, now_ms, key=key)


# Settings of positions


def _has_orders(account: Account, key: str | None = None) -> bool:
    return any(
        account.listings[order.key].product is Product.PERP if key is None else order.key == key
        for order in account.book.open()
    )


def _check_leveraged(listing: Listing) -> None:
    if not listing.product.leveraged:
        raise PaperRefusal(Reason.UNKNOWN_SYMBOL, f"{listing.key} has no positions")


def set_hedge(account: Account, hedge: bool) -> None:
    if hedge == account.hedge:
        raise PaperRefusal(Reason.POSITION_MODE_UNCHANGED, f"hedge mode is {'on' if hedge else 'off'} already")
    held = sum(account.listings[key].product is Product.PERP for key, _ in account.legs)
    if held:
        raise PaperRefusal(Reason.POSITION_MODE_HAS_POSITION, f"{held} positions are open")
    if _has_orders(account):
        raise PaperRefusal(Reason.POSITION_MODE_HAS_ORDERS, "orders are open")
    account.hedge = hedge
    account.changes += 1


def set_margin_mode(account: Account, listing: Listing, mode: MarginMode) -> None:
    _check_leveraged(listing)
    if mode is account.mode(listing.key):
        raise PaperRefusal(Reason.MARGIN_MODE_UNCHANGED, f"{listing.key} is {mode.value} already")
    if account.legs_of(listing.key):
        raise PaperRefusal(Reason.MARGIN_MODE_HAS_POSITION, f"{listing.key} has a position")
    if _has_orders(account, listing.key):
        raise PaperRefusal(Reason.MARGIN_MODE_HAS_ORDERS, f"{listing.key} has open orders")
    account.modes[listing.key] = mode
    account.changes += 1


def set_leverage(account: Account, listing: Listing, leverage: Decimal) -> None:
    _check_leveraged(listing)
    key = listing.key
    if not leverage.is_finite() or not ONE <= leverage <= listing.max_leverage:
        raise PaperRefusal(Reason.LEVERAGE_INVALID, f"{leverage} is not within 1 .. {listing.max_leverage}")
    old, chosen = account.leverage(key), account.leverages.get(key)
    _, most = exposure(account.legs_of(key), account.load(key), hedge=account.hedged(key))
    cap = max_notional(listing.tiers, leverage)
    if most > cap:
        raise PaperRefusal(Reason.LEVERAGE_TOO_HIGH, f"{most} {listing.settle} is above {cap} at {leverage}x")
    held = account.legs_of(key)
    if leverage < old and held and account.mode(key) is MarginMode.ISOLATED:
        raise PaperRefusal(Reason.LEVERAGE_NEEDS_MARGIN, "an isolated position keeps its leverage or raises it")
    before = account.spare(listing.settle)
    account.leverages[key] = leverage
    after = account.spare(listing.settle)
    if after < 0 and after < before:
        del account.leverages[key]
        if chosen is not None:
            account.leverages[key] = chosen
        raise PaperRefusal(Reason.LEVERAGE_NEEDS_MARGIN, f"{leverage}x needs {-after} {listing.settle} more")
    account.changes += 1


def adjust_margin(account: Account, listing: Listing, side: PositionSide, amount: Decimal) -> None:
    _check_leveraged(listing)
    _check_amount(abs(amount))
    leg = account.leg(listing.key, side)
    if not leg.qty:
        raise PaperRefusal(Reason.NO_POSITION, f"{listing.key} {side.value} is empty")
    if account.mode(listing.key) is not MarginMode.ISOLATED:
        raise PaperRefusal(Reason.NOT_ISOLATED, f"{listing.key} is cross")
    slot = account.margin_slot(listing.settle)
    if amount > account.spendable(slot):
        raise PaperRefusal(Reason.INSUFFICIENT_MARGIN, f"free are {account.spendable(slot)} {listing.settle}")
    after = leg.isolated + amount + min(ZERO, leg.unrealised(leg.mark))
    if amount < 0 and (leg.isolated + amount < 0 or after < account.leg_margin(leg)):
        raise PaperRefusal(
            Reason.ISOLATED_MARGIN_INSUFFICIENT, f"{after} would be left, {account.leg_margin(leg)} are needed"
        )
    account.cash.lock(slot, amount)
    leg.isolated += amount
    account.changes += 1
