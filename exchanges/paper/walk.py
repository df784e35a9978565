"""A made-up price that any process can look up at any time, with nothing stored: hashes all the way down.

Log price is a Brownian motion in a time that itself runs unevenly (a random cascade splits the variance, so calm and
wild stretches cluster). It is built from the top: blocks of 512 days are halved down to days, days are split down to
seconds. Each split is made from a hash of its place, and the parts keep the whole's open, high, low, close and volume,
so bars of all intervals agree exactly. Part of each step is common to all assets.

Only +, -, *, /, sqrt and hashes are used, so that all platforms agree to the last bit.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from functools import cache, lru_cache
from hashlib import blake2b
from typing import NamedTuple

from blave_mcp.exchanges.paper.market import DAY, HOUR, MINUTE, SECOND

SIZES = (DAY, 4 * HOUR, HOUR, 15 * MINUTE, 5 * MINUTE, MINUTE, 15 * SECOND, 5 * SECOND, SECOND)
_FANS = tuple(SIZES[i] // SIZES[i + 1] for i in range(len(SIZES) - 1))
_HALVINGS = 9
_LAST = len(SIZES) - 1
_TABLE = 4096
TICK_MS = 250
"""A second has four ticks: its open, its two extremes, its close. Each holds until the next."""


class Node(NamedTuple):
    """One bar of the tree. Prices in dollars, `variance` in squared dollars, volumes in units."""

    open: float
    high: float
    low: float
    close: float
    variance: float
    units: int
    taker: int


class Stretch(NamedTuple):
    """A run of ticks, summed up."""

    open: float
    high: float
    low: float
    close: float
    units: int
    taker: int


@cache
def _gauss() -> tuple[float, ...]:
    from statistics import NormalDist

    inverse = NormalDist().inv_cdf
    # Rounded, so that a last bit of some platform's logarithm cannot show.
    return tuple(round(inverse((i + 0.5) / _TABLE), 6) for i in range(_TABLE))


@cache
def _exponential() -> tuple[float, ...]:
    return tuple(round(-math.log((i + 0.5) / _TABLE), 6) for i in range(_TABLE))


def exp(x: float) -> float:
    """Returns e**x to about 1e-4 for |x| < 3, by means that are the same everywhere."""
    y = (1 + x / 64) / (1 - x / 64)
    for _ in range(5):
        y *= y
    return y


def digest(*parts: object) -> bytes:
    return blake2b("|".join(map(str, parts)).encode(), digest_size=64).digest()


def unit_noise(*parts: object) -> float:
    """Returns a uniform number in [0, 1) that belongs to the parts."""
    return int.from_bytes(digest(*parts)[:6], "little") / 2**48


class Walk:
    """The price of one asset.

    Args:
        seed: another seed, another history.
        name: of the asset.
        price: level in dollars; sigma: of a day's return; share: of that which is common to all assets, 0 to 1.
        day_units: volume of an ordinary day, in units.
    """

    def __init__(self, seed: int, name: str, *, price: float, sigma: float, share: float, day_units: float) -> None:
        self._seed = seed
        self._name = name
        self._price = price
        self._sigma = sigma
        self._common = share
        self._own = math.sqrt(1 - share * share)
        self._day_units = day_units
        self.children: Callable[[int, int], tuple[Node, ...]] = lru_cache(maxsize=16_384)(self._children)
        self.day: Callable[[int], Node] = lru_cache(maxsize=4_096)(self._day)
        self._block: Callable[[int, int], tuple[float, float, float]] = lru_cache(maxsize=8_192)(self._make_block)

    # Days

    def _anchor(self, block: int) -> float:
        gauss = _gauss()
        common = gauss[int(unit_noise(self._seed, "anchor", block) * _TABLE)]
        own = gauss[int(unit_noise(self._seed, self._name, "anchor", block) * _TABLE)]
        return 7 * self._sigma * (self._common * common + self._own * own)

    def _make_block(self, level: int, index: int) -> tuple[float, float, float]:
        """Returns log price (around 0) at both ends, and the variance between, of a stretch of 512 >> level days."""
        if level == 0:
            return self._anchor(index), self._anchor(index + 1), self._sigma**2 * 2**_HALVINGS
        left, right, variance = self._block(level - 1, index // 2)
        common = struct.unpack_from("<2H", digest(self._seed, "half", level, index // 2))
        (own,) = struct.unpack_from("<H", digest(self._seed, self._name, "half", level, index // 2))
        gauss = _gauss()
        part = 0.3 + 0.4 * common[0] / 65536
        step = self._common * gauss[common[1] >> 4] + self._own * gauss[own >> 4]
        middle = left + part * (right - left) + math.sqrt(variance * part * (1 - part)) * step
        return (middle, right, variance * (1 - part)) if index % 2 else (left, middle, variance * part)

    def _day(self, index: int) -> Node:
        left, right, variance = self._block(_HALVINGS, index)
        first, last = self._price * exp(left), self._price * exp(right)
        raw = struct.unpack_from("<4H", digest(self._seed, self._name, "day", index))
        spread = variance * first * first
        high, low = _extremes(first, last, spread, raw[0], raw[1])
        # A bridge can dip far in one day; a price stays positive.
        low = max(low, min(first, last) * 0.7)
        wildness = math.sqrt(variance) / self._sigma
        units = int(self._day_units * wildness * (0.6 + 0.8 * raw[2] / 65536)) + 1
        lean = (last - first) / math.sqrt(spread)
        taker = int(units * min(0.6, max(0.4, 0.5 + 0.02 * lean + 0.04 * (raw[3] / 65536 - 0.5))))
        return Node(first, high, low, last, spread, units, taker)

    # Within a day

    def node(self, level: int, index: int) -> Node:
        """Returns the bar number `index` since 1970 of SIZES[level]."""
        if level == 0:
            return self.day(index)
        fan = _FANS[level - 1]
        return self.children(level - 1, index // fan)[index % fan]

    def _children(self, level: int, index: int) -> tuple[Node, ...]:
        first, high, low, last, variance, units, taker = self.node(level, index)
        fan = _FANS[level]
        common = struct.unpack_from(f"<{2 * fan}H", digest(self._seed, level, index))
        own = struct.unpack_from(f"<{3 * fan}H{2 * fan}B", digest(self._seed, self._name, level, index))
        gauss = _gauss()

        # Shares of variance, and the bridge from open to close over them.
        shares = [0.25 + raw / 65536 for raw in common[:fan]]
        whole = sum(shares)
        shares = [share / whole for share in shares]
        steps = [
            math.sqrt(variance * shares[i])
            * (self._common * gauss[common[fan + i] >> 4] + self._own * gauss[own[i] >> 4])
            for i in range(fan)
        ]
        drift = last - first - sum(steps)
        points = [first]
        at = first
        for i in range(fan - 1):
            at += steps[i] + drift * shares[i]
            points.append(_inside(at, low, high))
        points.append(last)

        highs, lows = [], []
        for i in range(fan):
            up, down = _extremes(points[i], points[i + 1], variance * shares[i], own[fan + i], own[2 * fan + i])
            highs.append(min(up, high))
            lows.append(max(down, low))
        # The whole's extremes are reached in the part that comes nearest to them.
        highs[highs.index(max(highs))] = high
        lows[lows.index(min(lows))] = low

        sizes = _split(units, [math.sqrt(shares[i]) * (64 + own[3 * fan + i]) for i in range(fan)])
        leans = []
        for i in range(fan):
            lean = (points[i + 1] - points[i]) / math.sqrt(variance * shares[i]) if variance else 0.0
            leans.append(0.08 * lean + 0.16 * (own[4 * fan + i] / 256 - 0.5))
        takers = _split_within(taker, sizes, leans)
        return tuple(
            Node(points[i], highs[i], lows[i], points[i + 1], variance * shares[i], sizes[i], takers[i])
            for i in range(fan)
        )

    # Runs of ticks

    def ticks(self, second: int) -> tuple[tuple[float, int, int], ...]:
        """Returns (price, units, taker units) of the four ticks of a second since 1970."""
        node = self.node(_LAST, second)
        near, far = (node.low, node.high) if node.close >= node.open else (node.high, node.low)
        quarter, taker = node.units // 4, node.taker // 4
        rest = node.units - 3 * quarter, node.taker - 3 * taker
        return (
            (node.open, quarter, taker),
            (near, quarter, taker),
            (far, quarter, taker),
            (node.close, rest[0], rest[1]),
        )

    def price(self, time_ms: int) -> float:
        return self.ticks(time_ms // SECOND)[time_ms % SECOND // TICK_MS][0]

    def stretch(self, start_ms: int, end_ms: int) -> Stretch | None:
        """Returns the sum of the ticks in [start_ms, end_ms); None where there is none."""
        first = high = low = last = 0.0
        units = taker = 0
        empty = True
        at = start_ms
        while at < end_ms:
            for level, size in enumerate(SIZES):
                if at % size == 0 and at + size <= end_ms:
                    node = self.node(level, at // size)
                    if empty:
                        first, high, low, empty = node.open, node.high, node.low, False
                    high, low, last = max(high, node.high), min(low, node.low), node.close
                    units += node.units
                    taker += node.taker
                    at += size
                    break
            else:
                second = at // SECOND
                stop = min(end_ms, (second + 1) * SECOND)
                for i, (price, size, bought) in enumerate(self.ticks(second)):
                    if at <= second * SECOND + i * TICK_MS < stop:
                        if empty:
                            first, high, low, empty = price, price, price, False
                        high, low, last = max(high, price), min(low, price), price
                        units += size
                        taker += bought
                at = stop
        return None if empty else Stretch(first, high, low, last, units, taker)


def _extremes(first: float, last: float, variance: float, up: int, down: int) -> tuple[float, float]:
    """Returns a high and a low of a Brownian bridge, from two 16-bit uniforms.

    P(max > m) = exp(-2 (m - a)(m - b) / variance): https://en.wikipedia.org/wiki/Brownian_bridge
    """
    table = _exponential()
    square = (last - first) ** 2
    high = (first + last + math.sqrt(square + 2 * variance * table[up >> 4])) / 2
    low = (first + last - math.sqrt(square + 2 * variance * table[down >> 4])) / 2
    # Rounding may leave them a bit short of the ends.
    return max(high, first, last), min(low, first, last)


def _inside(value: float, low: float, high: float) -> float:
    if value > high:
        value = 2 * high - value
    elif value < low:
        value = 2 * low - value
    return min(max(value, low), high)


def _split(total: int, weights: list[float]) -> list[int]:
    whole = sum(weights)
    parts = [int(total * weight / whole) for weight in weights[:-1]]
    return [*parts, total - sum(parts)]


def _split_within(total: int, caps: list[int], leans: list[float]) -> list[int]:
    """Splits `total` (at most the sum of caps) into parts at most their caps, near cap * (mean + lean)."""
    whole = sum(caps)
    mean = total / whole if whole else 0.0
    parts = [min(cap, max(0, int(cap * (mean + lean)))) for cap, lean in zip(caps, leans, strict=True)]
    missing = total - sum(parts)
    for i, cap in enumerate(caps):
        if missing > 0:
            change = min(missing, cap - parts[i])
        elif missing < 0:
            change = -min(-missing, parts[i])
        else:
            break
        parts[i] += change
        missing -= change
    return parts
