"""The screener conditions that the user has saved at Blave."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.params import plain, text
from blave_mcp.exchanges.untrusted import clean, quoted
from blave_mcp.tools.answers import answer
from blave_mcp.tools.blave.market import BLAVE
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.spec import Result, Tool, Toolset, Touch

if TYPE_CHECKING:
    from blave_mcp.exchanges.blave.models_market import SavedCondition

LONGEST = 400


async def get_screener(desk: Desk, *, condition_id: str = "") -> Result:
    given = condition_id.strip()
    if given and not (given.isascii() and given.isdecimal() and len(given) < 16):
        raise BadArgument(
            f'condition_id must be a whole number, not "{given[:40]}".', advice="get_screener without one lists them."
        )
    from blave_mcp.exchanges.blave.verbs_market import BlaveScreener

    venue = desk.venue(BLAVE)
    desk.require_key(venue)
    if given:
        symbols = [clean(each, most=30) for each in await venue.client.ask(BlaveScreener().result(int(given)))]
        parts = [f"Condition {int(given)}: {len(symbols)} symbols match now, fetched afresh.", " ".join(symbols)]
        return answer(desk, venue, parts, {"condition_id": int(given), "symbols": symbols})
    found = await venue.client.ask(BlaveScreener().conditions())
    parts = [
        f"{len(found)} saved conditions; get_screener with a condition_id runs one.",
        *(f"{each.id}: {_told(each)}" for each in found),
    ]
    if not found:
        parts = ["No screener conditions are saved at Blave for this key."]
    data = {"conditions": [{"id": each.id, "content": _plain(each.content)} for each in found]}
    return answer(desk, venue, parts, data)


def _told(condition: SavedCondition) -> str:
    return quoted(json.dumps(_plain(condition.content), ensure_ascii=False), most=LONGEST)


def _plain(value: Any) -> Any:
    """Plain JSON without floats."""
    return json.loads(json.dumps(value, default=plain))


SCREENER_TOOL = Tool(
    name="get_screener",
    title="Saved screeners",
    doc="Lists the screener conditions saved at Blave, or with condition_id tells which symbols match one now.",
    toolset=Toolset.MARKET,
    touch=Touch.READ,
    run=get_screener,
    params=(text("condition_id", "A number from the list.", example="1"),),
)
