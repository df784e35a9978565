"""Sector rotation: how each sector of coins did over several stretches of time."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from blave_mcp.exchanges.untrusted import clean
from blave_mcp.tools.answers import answer
from blave_mcp.tools.blave import meaning
from blave_mcp.tools.blave.market import BLAVE
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.format import exact
from blave_mcp.tools.spec import File, Result, columnar, csv
from blave_mcp.tools.times import DAY_MS, day

if TYPE_CHECKING:
    from blave_mcp.exchanges.blave.models_market import Sector, SectorRotation

WINDOWS = (1, 3, 7, 30, 90)
"""In days: the data are daily, so there are none shorter."""
SHOWN = 10


def change(rotation: SectorRotation, sector: Sector, days: int) -> Decimal | None:
    """A sector's return over the last days, as a fraction; None where the series does not reach so far back."""
    values = dict(zip(rotation.times_ms, sector.values, strict=True))
    last = max((at for at, value in values.items() if value is not None), default=None)
    if last is None:
        return None
    now, then = values[last], values.get(last - days * DAY_MS)
    return None if now is None or then is None or then <= -1 else (1 + now) / (1 + then) - 1


async def sector_rotation(desk: Desk, lang: str) -> Result:
    from blave_mcp.exchanges.blave.verbs_market import BlaveMaps

    venue = desk.venue(BLAVE)
    desk.require_key(venue)
    rotation = await venue.client.ask(BlaveMaps().sector_rotation())
    if not rotation.times_ms or not rotation.sectors:
        return answer(desk, venue, ["Sector rotation: no data."], {"indicator": meaning.SECTORS, "sectors": []})
    found = [(clean(getattr(s, lang), most=30), [change(rotation, s, n) for n in WINDOWS]) for s in rotation.sectors]
    found.sort(key=lambda each: (each[1][2] is None, -(each[1][2] or Decimal(0))))
    told = [(name, *map(_percent, values)) for name, values in found]
    columns = ("sector", *(f"{n}d_percent" for n in WINDOWS))
    shown = told if len(told) <= 2 * SHOWN else [*told[:SHOWN], *told[-SHOWN:]]
    left = len(told) - len(shown)
    parts = [
        f"{meaning.NAMES[meaning.SECTORS].title(lang)}: {len(told)} sectors by their 7-day return, daily data to "
        f"{day(rotation.times_ms[-1])} UTC.",
        csv(columns, shown),
        f"{left} sectors between them are not shown; the file has all." if left else "",
        meaning.caution(lang),
    ]
    result = answer(desk, venue, parts, {"indicator": meaning.SECTORS, "sectors": columnar(columns, shown)})
    return Result(result.text, result.data, files=(_file(rotation),))


def _percent(value: Decimal | None) -> str | None:
    return None if value is None else exact(round(value * 100, 2))


def _file(rotation: SectorRotation) -> File:
    columns = ("date_utc", *(clean(sector.key, most=60) for sector in rotation.sectors))
    by_time = zip(*(sector.values for sector in rotation.sectors), strict=True)
    rows = [(day(at), *map(exact, values)) for at, values in zip(rotation.times_ms, by_time, strict=True)]
    return File(
        "sector-rotation.csv", csv(columns, rows), f"Returns of {len(rotation.sectors)} sectors since the start"
    )
