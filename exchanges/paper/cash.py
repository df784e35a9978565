"""Who owns what: the user's wallets and the exchange's own accounts. Every movement has two ends: sums never change."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from blave_mcp.exchanges.paper.types import ZERO, Balance, SystemAccounts

Slot = tuple[str, str]
"""Wallet and asset."""
HOUSE, FEES, INSURANCE = "house", "fees", "insurance"


class Cash:
    """Balances of wallets, and of the house, the fee account and the insurance fund.

    Nothing here checks whether an amount is there: `Account` does.
    """

    def __init__(self) -> None:
        self.free: dict[Slot, Decimal] = {}
        self.locked: dict[Slot, Decimal] = {}
        self.held: dict[Slot, Decimal] = {}
        """The part of `locked` that `hold` put there."""
        self.system: dict[str, dict[str, Decimal]] = {HOUSE: {}, FEES: {}, INSURANCE: {}}

    def open(self, balances: Mapping[str, Mapping[str, Decimal]]) -> None:
        for wallet, assets in balances.items():
            for asset, amount in assets.items():
                self.free[wallet, asset] = amount

    def free_of(self, slot: Slot) -> Decimal:
        return self.free.get(slot, ZERO)

    def locked_of(self, slot: Slot) -> Decimal:
        return self.locked.get(slot, ZERO)

    def balance(self, slot: Slot) -> Balance:
        return Balance(wallet=slot[0], asset=slot[1], free=self.free_of(slot), locked=self.locked_of(slot))

    def slots(self) -> list[Slot]:
        return sorted({*self.free, *self.locked})

    def exchange(self, slot: Slot, amount: Decimal, other: str) -> None:
        """Gives `amount` (negative: takes it) to a wallet from one of the exchange's own accounts."""
        self.free[slot] = self.free_of(slot) + amount
        book = self.system[other]
        book[slot[1]] = book.get(slot[1], ZERO) - amount

    def between(self, asset: str, amount: Decimal, source: str, target: str) -> None:
        """Moves an amount between two of the exchange's own accounts."""
        self.system[source][asset] = self.system[source].get(asset, ZERO) - amount
        self.system[target][asset] = self.system[target].get(asset, ZERO) + amount

    def move(self, asset: str, amount: Decimal, source: str, target: str) -> None:
        """Moves an amount between two wallets."""
        self.free[source, asset] = self.free_of((source, asset)) - amount
        self.free[target, asset] = self.free_of((target, asset)) + amount

    def lock(self, slot: Slot, amount: Decimal) -> None:
        """Moves from free to locked (negative: back)."""
        self.free[slot] = self.free_of(slot) - amount
        self.locked[slot] = self.locked_of(slot) + amount

    def system_accounts(self) -> SystemAccounts:
        return SystemAccounts(
            house=dict(self.system[HOUSE]), fees=dict(self.system[FEES]), insurance=dict(self.system[INSURANCE])
        )

    def totals(self) -> dict[str, Decimal]:
        sums: dict[str, Decimal] = {}
        for (_, asset), amount in [*self.free.items(), *self.locked.items()]:
            sums[asset] = sums.get(asset, ZERO) + amount
        for book in self.system.values():
            for asset, amount in book.items():
                sums[asset] = sums.get(asset, ZERO) + amount
        return sums
