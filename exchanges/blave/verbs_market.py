"""Blave's verbs for liquidation maps, sectors and the screener. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.blave.endpoints import BLAVE
from blave_mcp.exchanges.blave.models_market import (
    LiquidationChange,
    LiquidationMap,
    SavedCondition,
    Sector,
    SectorRotation,
)
from blave_mcp.exchanges.blave.parse import ask, seconds_to_ms
from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.exact import number, optional

ZERO = Decimal(0)


class BlaveMaps:
    """Liquidations by price, and what is drawn over sectors."""

    def liquidation_map(
        self, symbol: str, *, price_min: str | None = None, price_max: str | None = None
    ) -> Ask[LiquidationMap]:
        call = BLAVE["data.liquidation.map"].call(symbol=symbol, price_min=price_min, price_max=price_max)
        return ask(parse_map, call)

    def liquidation_change(
        self, symbol: str, *, price_min: str | None = None, price_max: str | None = None
    ) -> Ask[LiquidationChange]:
        call = BLAVE["data.liquidation.map_change"].call(symbol=symbol, price_min=price_min, price_max=price_max)
        return ask(parse_change, call)

    def sector_rotation(self) -> Ask[SectorRotation]:
        return ask(parse_sectors, BLAVE["data.sector_rotation.history"].call())


class BlaveScreener:
    """The conditions that the user has saved at Blave."""

    def conditions(self) -> Ask[tuple[SavedCondition, ...]]:
        return ask(parse_conditions, BLAVE["data.screener.conditions"].call())

    def result(self, condition_id: int) -> Ask[tuple[str, ...]]:
        """The symbols that match now."""
        return ask(parse_matches, BLAVE["data.screener.result"].call(condition_id=condition_id))


def _numbers(values: Any, count: int) -> tuple[Decimal, ...]:
    """One number a bucket; an empty one is nothing at that price.

    Raises:
        ValueError: not as many as there are buckets.
    """
    found = tuple(optional(each) or ZERO for each in values)
    if len(found) != count:
        raise ValueError("one number for each bucket")
    return found


def parse_map(payload: Any) -> LiquidationMap:
    """{"data": {"labels", "liquidation": {"24h": {"buy_liq", "sell_liq"}}, "cumsum", "oi_value", "price"}}"""
    data = payload["data"]
    labels = tuple(map(number, data["labels"]))
    return LiquidationMap(
        price=number(data["price"]),
        labels=labels,
        open_interest=_numbers(data["oi_value"], len(labels)),
        cumulative=_numbers(data["cumsum"], len(labels)),
        sides={
            timeframe: {name: _numbers(values, len(labels)) for name, values in sides.items()}
            for timeframe, sides in (data.get("liquidation") or {}).items()
        },
    )


def parse_change(payload: Any) -> LiquidationChange:
    """{"data": {"labels", "price", "hist_0_1h", "hist_1_8h", "hist_8_24h"}}"""
    data = payload["data"]
    labels = tuple(map(number, data["labels"]))
    return LiquidationChange(
        price=number(data["price"]),
        labels=labels,
        last_hour=_numbers(data["hist_0_1h"], len(labels)),
        to_8_hours=_numbers(data["hist_1_8h"], len(labels)),
        to_24_hours=_numbers(data["hist_8_24h"], len(labels)),
    )


def parse_sectors(payload: Any) -> SectorRotation:
    """{"data": {"alpha": {sector: {"data": [...], "name_en", "name_zh"}}, "timestamp": [...]}}"""
    data = payload["data"]
    times = tuple(map(seconds_to_ms, data["timestamp"]))
    return SectorRotation(
        times_ms=times,
        sectors=tuple(_sector(key, each, len(times)) for key, each in data["alpha"].items()),
    )


def _sector(key: str, each: Mapping[str, Any], count: int) -> Sector:
    values = tuple(map(optional, each["data"]))
    if len(values) != count:
        raise ValueError("one value for each time")
    return Sector(key=key, en=str(each.get("name_en") or key), zh=str(each.get("name_zh") or key), values=values)


def parse_conditions(payload: Any) -> tuple[SavedCondition, ...]:
    """{"data": {condition_id: {"filters": [...], ...}}}"""
    return tuple(SavedCondition(int(id), content) for id, content in (payload["data"] or {}).items())


def parse_matches(payload: Any) -> tuple[str, ...]:
    """{"data": [symbol, ...]}, or the same list under "symbols"."""
    data = payload["data"]
    symbols = data["symbols"] if isinstance(data, dict) else data
    if not isinstance(symbols, list) or not all(isinstance(each, str) for each in symbols):
        raise TypeError("a list of symbols was expected")
    return tuple(dict.fromkeys(symbols))
