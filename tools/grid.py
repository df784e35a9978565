"""The grid on which a venue's prices and sizes lie. What does not fit is refused with the nearest that does."""

from __future__ import annotations

from decimal import Decimal

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.models import Instrument, Side
from blave_mcp.tools.format import exact


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """The greatest multiple of `step` that is not above `value`."""
    return value // step * step


def _around(value: Decimal, step: Decimal) -> str:
    below = floor_to(value, step)
    above = below + step
    return f"{exact(below)} or {exact(above)}" if below > 0 else exact(above)


def check_price(instrument: Instrument, price: Decimal, *, name: str = "price") -> Decimal:
    """Raises BadArgument where the price is off the tick."""
    if price % instrument.tick:
        raise BadArgument(
            f"{name} {exact(price)} is off the tick of {instrument.symbol}, {exact(instrument.tick)}.",
            advice=f"Nearest: {_around(price, instrument.tick)}.",
        )
    return price


def check_band(instrument: Instrument, side: Side, price: Decimal, reference: Decimal) -> None:
    """Raises BadArgument where a limit price lies outside the venue's band around the reference price."""
    both = instrument.band_both_sides
    low = reference * instrument.price_down if instrument.price_down and (both or side is Side.SELL) else None
    high = reference * instrument.price_up if instrument.price_up and (both or side is Side.BUY) else None
    if (low is not None and price < low) or (high is not None and price > high):
        words = [f"at least {exact(floor_to(low, instrument.tick))}"] if low is not None else []
        words += [f"at most {exact(floor_to(high, instrument.tick))}"] if high is not None else []
        raise BadArgument(
            f"price {exact(price)} is outside the venue's band for a {side} in {instrument.symbol} now:"
            f" {' and '.join(words)}.",
            advice="Choose a price inside it.",
        )


def unit_words(instrument: Instrument, units: Decimal) -> str:
    """A size in base units, and in contracts where the venue counts so."""
    base = f"{exact(to_base(instrument, units))} {instrument.base}"
    if instrument.contract_size == 1:
        return base
    return f"{base} ({exact(units)} contract{'' if units == 1 else 's'} of {exact(instrument.contract_size)})"


def check_size(instrument: Instrument, size: Decimal, *, market: bool) -> Decimal:
    """Checks a size in the venue's own unit against step, least and most.

    Raises:
        BadArgument: names the nearest sizes that fit, in base units, as sizes are given.
    """
    step = (market and instrument.market_step) or instrument.step
    least = max(instrument.min_size, (market and instrument.market_min) or Decimal(0))
    most = (market and instrument.market_max) or instrument.max_size
    told = f"size {unit_words(instrument, size)}"
    if size < least:
        raise BadArgument(
            f"{told} is under the least that {instrument.symbol} takes, {unit_words(instrument, least)}.",
            advice=f"Use {exact(to_base(instrument, least))} or more.",
        )
    if size % step:
        raise BadArgument(
            f"{told} is off the step of {instrument.symbol}, {unit_words(instrument, step)}.",
            advice=f"Nearest: {_around(to_base(instrument, size), to_base(instrument, step))}.",
        )
    if most is not None and size > most:
        raise BadArgument(
            f"{told} is over the most that one {'market ' if market else ''}order in {instrument.symbol}"
            f" takes, {unit_words(instrument, most)}.",
            advice="Use less, or several orders, each with its own CONFIRM.",
        )
    return size


def check_notional(instrument: Instrument, size: Decimal, price: Decimal) -> None:
    """Raises BadArgument where size * price (size in the venue's unit) is under the venue's least."""
    least = instrument.min_notional
    if least is None:
        return
    notional = size * instrument.contract_size * price
    if notional < least:
        wanted = least / (price * instrument.contract_size)
        units = floor_to(wanted, instrument.step)
        units = max(units if units >= wanted else units + instrument.step, instrument.min_size)
        raise BadArgument(
            f"The order is worth {exact(round(notional, 4))} {instrument.quote}; {instrument.symbol} takes no less than"
            f" {exact(least)}.",
            advice=f"At {exact(price)} the least size is {exact(to_base(instrument, units))}.",
        )


def to_units(instrument: Instrument, base_size: Decimal) -> Decimal:
    """Base units in the venue's own size unit (contracts where it counts so)."""
    return base_size / instrument.contract_size


def to_base(instrument: Instrument, units: Decimal) -> Decimal:
    """The venue's own size unit in base units."""
    return units * instrument.contract_size
