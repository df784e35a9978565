"""The account: its cash, positions, settings, orders and records, and what they are worth together.

Positions carry the mark last seen, so nothing here asks the market.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.book import Book, working
from blave_mcp.exchanges.paper.cash import Cash, Slot
from blave_mcp.exchanges.paper.codec import Log, dumps, pack, unpack
from blave_mcp.exchanges.paper.margin import (
    Leg,
    Load,
    exposure,
    initial,
    liquidation_price,
    maintenance,
    max_notional,
    surplus,
)
from blave_mcp.exchanges.paper.matching import reduces
from blave_mcp.exchanges.paper.types import (
    ZERO,
    Balance,
    Entry,
    EntryKind,
    Fill,
    FundingPayment,
    Liquidation,
    Listing,
    MarginAccount,
    MarginMode,
    Position,
    PositionSide,
    Product,
    Rules,
    Side,
    Transfer,
)

ONE_WAY = (PositionSide.BOTH,)
LEGS = (PositionSide.LONG, PositionSide.SHORT)


class Account:
    """All that is stored, and the sums over it. Changes to money are made by `settlement`."""

    def __init__(self, listings: Mapping[str, Listing], rules: Rules) -> None:
        self.listings = listings
        self.rules = rules
        self.cash = Cash()
        self.book = Book(rules.keep_orders)
        self.legs: dict[tuple[str, PositionSide], Leg] = {}
        self.hedge = rules.hedge
        self.leverages: dict[str, Decimal] = {}
        self.modes: dict[str, MarginMode] = {}
        self.settled_ms = 0
        self.fills = Log(Fill, rules.keep_fills, lambda fill: fill.order_id)
        self.entries = Log(Entry, rules.keep_entries)
        self.transfers = Log(Transfer, rules.keep_entries)
        self.fundings = Log(FundingPayment, rules.keep_entries)
        self.liquidations = Log(Liquidation, rules.keep_entries)
        self.changes = 0
        self._ids: dict[str, int] = {}

    # Names and settings

    def next_id(self, kind: str) -> int:
        self._ids[kind] = self._ids.get(kind, 0) + 1
        return self._ids[kind]

    def slot(self, listing: Listing, asset: str) -> Slot:
        return (self.rules.perp_wallet if listing.product.leveraged else self.rules.spot_wallet), asset

    def margin_slot(self, asset: str) -> Slot:
        return self.rules.perp_wallet, asset

    def margin_assets(self) -> tuple[str, ...]:
        return tuple(sorted({listing.settle for listing in self.listings.values() if listing.product.leveraged}))

    def leverage(self, key: str) -> Decimal:
        return self.leverages.get(key, min(self.rules.default_leverage, self.listings[key].max_leverage))

    def mode(self, key: str) -> MarginMode:
        return self.modes.get(key, self.rules.default_margin_mode)

    # Legs

    def hedged(self, key: str) -> bool:
        """Whether a listing has a long and a short leg; hedge mode is for perpetuals alone."""
        return self.hedge and self.listings[key].product is Product.PERP

    def sides(self, key: str) -> tuple[PositionSide, ...]:
        return LEGS if self.hedged(key) else ONE_WAY

    def leg(self, key: str, side: PositionSide) -> Leg:
        """Returns a leg, an empty one where nothing is held (not kept until it is)."""
        return self.legs.get((key, side)) or Leg(key, side)

    def legs_of(self, key: str) -> list[Leg]:
        return [leg for side in self.sides(key) if (leg := self.legs.get((key, side))) is not None]

    def settling_in(self, asset: str) -> list[Leg]:
        """Returns the legs that are held in listings that settle in this asset, by key and side."""
        return [leg for _, leg in sorted(self.legs.items()) if self.listings[leg.key].settle == asset]

    def cross_legs(self, asset: str) -> list[Leg]:
        return [leg for leg in self.settling_in(asset) if self.mode(leg.key) is MarginMode.CROSS]

    # Margin

    def load(self, key: str, *, without: int = 0) -> Load:
        """Returns the notional of a listing's open orders that would open a position."""
        load = Load()
        for order in self.book.open_of(key):
            if order.id != without and working(order) and not reduces(order.request) and order.price is not None:
                load = load.plus(order.side, order.price * order.remaining)
        return load

    def order_margin(self, key: str, load: Load) -> Decimal:
        held, most = exposure(self.legs_of(key), load, hedge=self.hedged(key))
        return initial(most - held, self.leverage(key))

    def leg_margin(self, leg: Leg) -> Decimal:
        return initial(leg.size * leg.mark, self.leverage(leg.key))

    def spare(self, asset: str) -> Decimal:
        """Returns cross equity less all initial margin; negative where losses have eaten into it."""
        left = self.cash.free_of(self.margin_slot(asset))
        for leg in self.cross_legs(asset):
            left += leg.unrealised(leg.mark) - self.leg_margin(leg)
        for key in self.book.open_keys():
            listing = self.listings[key]
            if listing.product.leveraged and listing.settle == asset:
                left -= self.order_margin(key, self.load(key))
        return left

    def available(self, asset: str) -> Decimal:
        return max(ZERO, self.spare(asset))

    def spendable(self, slot: Slot) -> Decimal:
        """Returns what can leave a wallet's free balance: all of it, but for what positions and orders need."""
        free = self.cash.free_of(slot)
        if slot[0] == self.rules.perp_wallet and slot[1] in self.margin_assets():
            free = min(free, self.spare(slot[1]))
        return max(ZERO, free)

    def cross_room(self, asset: str) -> Decimal:
        """Returns cross equity less maintenance: at or below zero, with a position, it is to be liquidated."""
        left = self.cash.free_of(self.margin_slot(asset))
        for leg in self.cross_legs(asset):
            left += surplus(self.listings[leg.key], [leg], leg.mark)
        return left

    def isolated_room(self, leg: Leg) -> Decimal:
        return leg.isolated + surplus(self.listings[leg.key], [leg], leg.mark)

    def liquidation_price(self, leg: Leg) -> Decimal | None:
        listing = self.listings[leg.key]
        if self.mode(leg.key) is MarginMode.ISOLATED:
            return liquidation_price(listing, [leg], leg.isolated, leg.mark)
        mine = [other for other in self.legs_of(leg.key) if other.qty]
        balance = self.cross_room(listing.settle) - surplus(listing, mine, leg.mark)
        return liquidation_price(listing, mine, balance, leg.mark)

    # Views

    def position(self, key: str, side: PositionSide) -> Position:
        leg = self.leg(key, side)
        listing = self.listings[key]
        leverage = self.leverage(key)
        entry = leg.cost / leg.size if leg.qty else ZERO
        return Position(
            id=leg.id,
            key=key,
            position_side=side,
            qty=leg.qty,
            entry_price=entry,
            break_even=(leg.cost + leg.sign * leg.fees) / leg.size if leg.qty else ZERO,
            mark=leg.mark,
            notional=leg.qty * leg.mark,
            unrealised=leg.unrealised(leg.mark),
            realised_pnl=leg.realised,
            leverage=leverage,
            margin_mode=self.mode(key),
            isolated_margin=leg.isolated,
            initial_margin=self.leg_margin(leg),
            maintenance_margin=maintenance(listing.tiers, leg.size * leg.mark),
            liquidation_price=self.liquidation_price(leg) if leg.qty else None,
            max_notional=max_notional(listing.tiers, leverage),
            opened_ms=leg.opened_ms,
            updated_ms=leg.updated_ms,
        )

    def margin_account(self, asset: str) -> MarginAccount:
        free = self.cash.free_of(self.margin_slot(asset))
        legs = self.settling_in(asset)
        crossed = set(map(id, self.cross_legs(asset)))
        profit = {id(leg): leg.unrealised(leg.mark) for leg in legs}
        upkeep = {id(leg): maintenance(self.listings[leg.key].tiers, leg.size * leg.mark) for leg in legs}
        isolated = sum((leg.isolated for leg in legs), ZERO)
        unrealised = sum(profit.values(), ZERO)
        held = sum((self.leg_margin(leg) for leg in legs), ZERO)
        ordered = ZERO
        for key in self.book.open_keys():
            if self.listings[key].product.leveraged and self.listings[key].settle == asset:
                ordered += self.order_margin(key, self.load(key))
        return MarginAccount(
            asset=asset,
            wallet_balance=free + isolated,
            cross_wallet=free,
            unrealised=unrealised,
            cross_unrealised=sum((value for leg, value in profit.items() if leg in crossed), ZERO),
            margin_balance=free + isolated + unrealised,
            position_initial_margin=held,
            order_initial_margin=ordered,
            initial_margin=held + ordered,
            maintenance_margin=sum(upkeep.values(), ZERO),
            cross_maintenance=sum((value for leg, value in upkeep.items() if leg in crossed), ZERO),
            available=self.available(asset),
            max_withdraw=self.spendable(self.margin_slot(asset)),
        )

    def balance(self, slot: Slot) -> Balance:
        return self.cash.balance(slot)

    # Records

    def note(self, kind: EntryKind, slot: Slot, amount: Decimal, now_ms: int, *, key: str = "", ref: int = 0) -> None:
        """Records a movement in a wallet; nothing where nothing moved."""
        self.changes += 1
        if amount:
            self.entries.append(
                Entry(
                    id=self.next_id("entry"),
                    kind=kind,
                    wallet=slot[0],
                    asset=slot[1],
                    amount=amount,
                    key=key,
                    ref=ref,
                    time_ms=now_ms,
                )
            )

    # State

    @property
    def logs(self) -> Mapping[str, Log[Any]]:
        """What is only ever added to, by the names of the state; the book has such logs too."""
        return {
            "fills": self.fills,
            "entries": self.entries,
            "transfers": self.transfers,
            "fundings": self.fundings,
            "liquidations": self.liquidations,
        }

    def to_json(self) -> str:
        """Returns the whole state."""
        logs = ",".join(f'"{name}":{log.to_json()}' for name, log in self.logs.items())
        return f'{{{logs},"book":{self.book.to_json()},{dumps(self._plain())[1:]}'

    def head(self) -> str:
        """Returns the state without what is only ever added to."""
        return f'{{"book":{self.book.head()},{dumps(self._plain())[1:]}'

    def _plain(self) -> dict[str, Any]:
        cash = self.cash
        return {
            "free": _slots(cash.free),
            "locked": _slots(cash.locked),
            "held": _slots(cash.held),
            "system": {name: {a: str(v) for a, v in book.items()} for name, book in cash.system.items()},
            "legs": [pack(leg) for _, leg in sorted(self.legs.items())],
            "hedge": self.hedge,
            "leverages": {key: str(value) for key, value in self.leverages.items()},
            "modes": {key: mode.value for key, mode in self.modes.items()},
            "settled_ms": self.settled_ms,
            "ids": self._ids,
        }

    def from_state(self, state: dict[str, Any]) -> None:
        cash = self.cash
        cash.free, cash.locked, cash.held = (_unslots(state[name]) for name in ("free", "locked", "held"))
        cash.system = {name: {a: Decimal(v) for a, v in book.items()} for name, book in state["system"].items()}
        for row in state["legs"]:
            leg = unpack(Leg, row)
            self.legs[leg.key, leg.side] = leg
        self.hedge = state["hedge"]
        self.leverages = {key: Decimal(value) for key, value in state["leverages"].items()}
        self.modes = {key: MarginMode(value) for key, value in state["modes"].items()}
        self.settled_ms = state["settled_ms"]
        self._ids = state["ids"]
        for name, log in self.logs.items():
            log.load(state[name])
        self.book.load(state["book"])


def _slots(amounts: Mapping[Slot, Decimal]) -> list[list[str]]:
    return [[wallet, asset, str(amount)] for (wallet, asset), amount in amounts.items()]


def _unslots(rows: list[list[str]]) -> dict[Slot, Decimal]:
    return {(wallet, asset): Decimal(amount) for wallet, asset, amount in rows}


def closing_side(leg: Leg) -> Side:
    return Side.SELL if leg.qty > 0 else Side.BUY
