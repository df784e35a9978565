"""A made-up order book around a price: the same for everyone who looks in the same second."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from hashlib import shake_128

from blave_mcp.exchanges.paper.market import SECOND, Depth, Level

_GAP = 50_000
"""The first levels lie this part of the price apart."""
_SHARE = 60_000
"""The best level holds about this part of a day's volume."""
_WHOLE = 65_536


def ladder(
    salt: str, bid: Decimal, ask: Decimal, time_ms: int, levels: int, *, tick: Decimal, unit: Decimal, day: Decimal
) -> Depth:
    """Returns the book at market time `time_ms`; fewer levels are a prefix of more.

    Args:
        unit: sizes are multiples of it.
        day: an ordinary day's volume in base units; sizes are in proportion.
    """
    gap = max(1, int(bid / tick) // _GAP)
    day_units = int(day / unit)

    def side(best: Decimal, sign: int) -> Iterator[Level]:
        # A longer answer of this hash begins with the shorter one.
        noise = shake_128(f"{salt}|{time_ms // SECOND}|{sign}".encode()).digest(2 * levels)
        for i in range(levels):
            price = best + sign * (i * gap + i * i * gap // 40) * tick
            if price <= 0:
                return
            # 0.4 to 1.6 times the share, and a tenth more with each level.
            random = 2 * _WHOLE + 6 * int.from_bytes(noise[2 * i : 2 * i + 2], "little")
            units = day_units * random * (10 + i) // (50 * _WHOLE * _SHARE)
            yield Level(price, max(1, units) * unit)

    return Depth(tuple(side(bid, -1)), tuple(side(ask, 1)), time_ms)
