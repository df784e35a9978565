"""The deterministic generator as a market: `walk`'s prices on each listing's grid, and what is shown around them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from blave_mcp.exchanges.paper.ladder import ladder
from blave_mcp.exchanges.paper.listings import Profile, default_listings, profiles
from blave_mcp.exchanges.paper.market import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Bar,
    Depth,
    Funding,
    IntervalUnavailable,
    NoSuchMarket,
    Prices,
    Quote,
    Span,
    Tick,
    Trade,
    bar_opens,
)
from blave_mcp.exchanges.paper.types import QUANTUM, ZERO, Listing, Product
from blave_mcp.exchanges.paper.walk import TICK_MS, Stretch, Walk, unit_noise

GENESIS_MS = 1_546_300_800_000
"""2019-01-01: no bar is older."""
_PERP_VOLUME = 3
_PREMIUM = 1.5e-4
_BASE_RATE = 1e-4
_RATE_CAP = 3e-3
_STEP = 5 * MINUTE


class SyntheticMarket:
    """See `Market`; market time is wall time.

    Args:
        listings: what has prices; their quotes count as dollars.
        seed: another seed, another history.
    """

    def __init__(self, listings: Iterable[Listing] | None = None, *, seed: int = 1) -> None:
        self._listings = {listing.key: listing for listing in (default_listings() if listings is None else listings)}
        self._seed = seed
        self._assets: dict[str, _Asset] = {}

    def keys(self) -> tuple[str, ...]:
        return tuple(self._listings)

    def origin(self, key: str) -> str:
        self.asset(key)
        return "synthetic"

    def clock(self, now_ms: int) -> int:
        return now_ms

    def memento(self) -> str:
        return f"synthetic:{self._seed}"

    def restore(self, memento: str) -> None:
        kind, _, seed = memento.partition(":")
        if kind == "synthetic" and int(seed) != self._seed:
            self._seed = int(seed)
            self._assets.clear()

    def listings(self) -> tuple[Listing, ...]:
        return tuple(self._listings.values())

    def asset(self, key: str) -> _Asset:
        """Raises: NoSuchMarket."""
        found = self._assets.get(key)
        if found is None:
            listing = self._listings.get(key)
            if listing is None:
                raise NoSuchMarket(f"No prices for {key}.")
            name, scale = spot_asset(listing.base)
            # One walk for both products of an asset: they share its hash and so its history, only the scale differs.
            shared = next((a for a in self._assets.values() if a.name == name), None)
            walk = shared.walk if shared else _walk(self._seed, name)
            found = self._assets[key] = _Asset(listing, self._seed, name, scale, walk)
        return found

    def prices(self, key: str, now_ms: int) -> Prices:
        return self.asset(key).prices(now_ms)

    def quote(self, key: str, now_ms: int) -> Quote:
        asset = self.asset(key)
        prices = asset.prices(now_ms)
        depth = asset.depth(now_ms, 1)
        day = asset.bar(now_ms + 1 - DAY, now_ms + 1)
        interval = asset.listing.funding_interval_ms
        coming = (now_ms // interval + 1) * interval if asset.perp else 0
        return Quote(
            key=key,
            time_ms=now_ms,
            bid=prices.bid,
            bid_qty=depth.bids[0].qty,
            ask=prices.ask,
            ask_qty=depth.asks[0].qty,
            last=prices.last,
            mark=prices.mark,
            index=prices.index,
            funding_rate=asset.funding_rate(coming) if asset.perp else ZERO,
            next_funding_ms=coming,
            open_24h=day.open,
            high_24h=day.high,
            low_24h=day.low,
            volume_24h=day.volume,
            quote_volume_24h=day.quote_volume,
        )

    def depth(self, key: str, now_ms: int, levels: int) -> Depth:
        return self.asset(key).depth(now_ms, levels)

    def bars(self, key: str, interval_ms: int, start_ms: int, end_ms: int, now_ms: int) -> list[Bar]:
        if interval_ms < SECOND or interval_ms % SECOND:
            raise IntervalUnavailable(f"No bars of {interval_ms} ms: whole seconds only.")
        asset = self.asset(key)
        stop = now_ms + 1
        return [
            asset.bar(start, min(end, stop))
            for start, end in bar_opens(interval_ms, max(start_ms, GENESIS_MS), min(end_ms, stop))
        ]

    def trades(self, key: str, now_ms: int, count: int) -> list[Trade]:
        return self.asset(key).trades(now_ms, count)

    def open_interest(self, key: str, now_ms: int) -> Decimal:
        return self.asset(key).open_interest(now_ms)

    def funding_rate(self, key: str, time_ms: int) -> Decimal:
        return self.asset(key).funding_rate(time_ms)

    def fundings(self, key: str, start_ms: int, end_ms: int, now_ms: int) -> list[Funding]:
        asset = self.asset(key)
        if not asset.perp:
            return []
        interval = asset.listing.funding_interval_ms
        first = -(-max(start_ms, GENESIS_MS) // interval) * interval
        return [
            Funding(time, asset.funding_rate(time), asset.mark(time))
            for time in range(first, min(end_ms, now_ms + 1), interval)
        ]

    def span(self, key: str, from_ms: int, to_ms: int) -> Span | None:
        return self.asset(key).span(from_ms, to_ms)

    def path(self, key: str, from_ms: int, to_ms: int) -> list[Tick]:
        return self.asset(key).path(from_ms, to_ms)


def spot_asset(base: str) -> tuple[str, int]:
    """Returns the asset behind a base, and how many of it make one: "1000SHIB" is 1000 of SHIB."""
    for scale in (1_000_000, 10_000, 1_000):
        if base.startswith(str(scale)) and base != str(scale):
            return base[len(str(scale)) :], scale
    return base, 1


def profile_of(name: str) -> Profile:
    """Returns the asset's profile, or one made from its name."""
    known = profiles().get(name)
    if known is not None:
        return known
    level = 10.0 ** (int(unit_noise(name, "level") * 4) - 1) * (1 + 8 * unit_noise(name, "digit"))
    return Profile(level, 0.04 + 0.02 * unit_noise(name, "sigma"), 2e7, Decimal(1))


def _walk(seed: int, name: str) -> Walk:
    profile = profile_of(name)
    return Walk(
        seed,
        name,
        price=profile.price,
        sigma=profile.sigma,
        share=0.9 if name == "BTC" else 0.78,
        day_units=profile.turnover / profile.price / float(profile.unit),
    )


class _Asset:
    """One listing's market."""

    def __init__(self, listing: Listing, seed: int, name: str, scale: int, walk: Walk) -> None:
        self.listing = listing
        self.name = name
        self.walk = walk
        self.perp = listing.product is Product.PERP
        profile = profile_of(name)
        self._seed = seed
        self._tick = listing.tick
        self._grid = float(listing.tick)
        basis = 4e-4 * (unit_noise(seed, name, "basis") - 0.4) if self.perp else 0.0
        self._index_scale = float(scale)
        self._scale = float(scale) * (1 + basis)
        self._volume = _PERP_VOLUME if self.perp else 1
        self._unit = profile.unit / scale
        self._day_units = round(profile.turnover / profile.price / scale * self._volume / float(self._unit))
        self._spread = max(1, round(profile.price * self._scale * 1.2e-5 / self._grid))

    def _ticks(self, dollars: float) -> int:
        return max(1, round(dollars * self._scale / self._grid))

    def _price(self, dollars: float) -> Decimal:
        return self._ticks(dollars) * self._tick

    # Mark: the price times a premium that follows hourly points in steps of five minutes

    def _lattice(self, hour: int) -> float:
        return _PREMIUM * (2 * unit_noise(self._seed, self.name, "premium", hour) - 1)

    def _premium(self, time_ms: int) -> float:
        hour, rest = divmod(time_ms, HOUR)
        before, after = self._lattice(hour), self._lattice(hour + 1)
        return before + (after - before) * (rest // _STEP * _STEP / HOUR)

    def _mark_of(self, dollars: float, premium: float) -> Decimal:
        return max(1, round(dollars * self._scale * (1 + premium) / self._grid)) * self._tick

    def mark(self, time_ms: int) -> Decimal:
        dollars = self.walk.price(time_ms)
        return self._mark_of(dollars, self._premium(time_ms)) if self.perp else self._price(dollars)

    def prices(self, now_ms: int) -> Prices:
        dollars = self.walk.price(now_ms)
        last = self._ticks(dollars)
        at_bid = unit_noise(self._seed, self.listing.key, "side", now_ms // TICK_MS) < 0.5
        bid = max(1, last if at_bid else last - self._spread)
        return Prices(
            bid=bid * self._tick,
            ask=(bid + self._spread) * self._tick,
            last=last * self._tick,
            mark=self.mark(now_ms),
            index=max(1, round(dollars * self._index_scale / self._grid)) * self._tick,
        )

    def depth(self, now_ms: int, levels: int) -> Depth:
        prices = self.prices(now_ms)
        return ladder(
            f"{self._seed}|{self.listing.key}",
            prices.bid,
            prices.ask,
            now_ms,
            levels,
            tick=self._tick,
            unit=self._unit,
            day=self._day_units * self._unit,
        )

    # Bars, trades, path

    def bar(self, start_ms: int, end_ms: int) -> Bar:
        run = self.walk.stretch(start_ms, end_ms)
        if run is None:
            raise ValueError("a bar holds at least its opening tick")
        return self._bar(start_ms, run)

    def _bar(self, start_ms: int, run: Stretch) -> Bar:
        first, high, low, last = (self._price(x) for x in run[:4])
        volume = run.units * self._volume * self._unit
        quote = (volume * (first + high + low + last) / 4).quantize(QUANTUM)
        # About 1500 dollars a trade.
        trades = run.units and 1 + int(quote / 1500)
        return Bar(start_ms, first, high, low, last, volume, run.taker * self._volume * self._unit, quote, trades)

    def trades(self, now_ms: int, count: int) -> list[Trade]:
        found: list[Trade] = []
        second = now_ms // SECOND
        while len(found) < count and second * SECOND >= GENESIS_MS:
            for i in (3, 2, 1, 0):
                time = second * SECOND + i * TICK_MS
                price, units, bought = self.walk.ticks(second)[i]
                if time <= now_ms and units and len(found) < count:
                    qty = units * self._volume * self._unit
                    found.append(Trade(time // TICK_MS, self._price(price), qty, time, bought * 2 < units))
            second -= 1
        return found[::-1]

    def path(self, from_ms: int, to_ms: int) -> list[Tick]:
        found: list[Tick] = []
        for second in range((from_ms + 1) // SECOND, to_ms // SECOND + 1):
            premium = self._premium(second * SECOND) if self.perp else 0.0
            for i, (dollars, _, _) in enumerate(self.walk.ticks(second)):
                time = second * SECOND + i * TICK_MS
                if from_ms < time <= to_ms:
                    last = self._price(dollars)
                    found.append(Tick(time, last, self._mark_of(dollars, premium) if self.perp else last))
        return found

    def span(self, from_ms: int, to_ms: int) -> Span | None:
        run = self.walk.stretch(from_ms + 1, to_ms + 1)
        if run is None:
            return None
        low, high, last = self._price(run.low), self._price(run.high), self._price(run.close)
        if not self.perp:
            return Span(low, high, low, high, last, last, True)
        end = self._mark_of(run.close, self._premium(to_ms // TICK_MS * TICK_MS))
        if to_ms - from_ms > HOUR:
            widest = self._mark_of(run.low, -_PREMIUM), self._mark_of(run.high, _PREMIUM)
            return Span(low, high, *widest, last, end, False)
        marks: list[Decimal] = []
        at = from_ms + 1
        while at <= to_ms:
            stop = min((at // _STEP + 1) * _STEP, to_ms + 1)
            part = self.walk.stretch(at, stop)
            if part is not None:
                premium = self._premium(at)
                marks += self._mark_of(part.low, premium), self._mark_of(part.high, premium)
            at = stop
        return Span(low, high, min(marks), max(marks), last, end, True)

    # Perpetuals

    def open_interest(self, now_ms: int) -> Decimal:
        hour, part = divmod(now_ms, HOUR)
        noise = [unit_noise(self._seed, self.name, "interest", hour + i) for i in (0, 1)]
        day, slow_part = divmod(now_ms, 7 * DAY)
        slow = [unit_noise(self._seed, self.name, "slow interest", day + i) for i in (0, 1)]
        fast = noise[0] + (noise[1] - noise[0]) * (part / HOUR)
        drift = slow[0] + (slow[1] - slow[0]) * (slow_part / (7 * DAY))
        return round(self._day_units * (0.35 + 0.3 * drift + 0.03 * fast)) * self._unit

    def funding_rate(self, time_ms: int) -> Decimal:
        if not self.perp:
            return ZERO
        day = (time_ms - self.listing.funding_interval_ms) // DAY
        now, before = self.walk.day(day).open, self.walk.day(day - 3).open
        noise = unit_noise(self._seed, self.name, "funding", time_ms) - 0.5
        raw = _BASE_RATE + 0.003 * (now / before - 1) + 1e-4 * noise
        rate = Decimal(round(min(_RATE_CAP, max(-_RATE_CAP, raw)) * 1e8))
        return rate * QUANTUM
