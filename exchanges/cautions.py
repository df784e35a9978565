"""What a person should read before certain calls are sent, whatever the venue."""

from __future__ import annotations

from collections.abc import Collection

from blave_mcp.exchanges.endpoint import Caution
from blave_mcp.exchanges.params import Args

BORROWS = (
    "Borrowed money costs interest until it is repaid, also after the trade is closed; where prices move against you "
    "the venue sells your collateral (liquidation). Look at the debt and its rate first; repay what you no longer need."
)
OTHER_ACCOUNT = (
    "The money goes to another account: check its id to the letter. Whoever holds that account's key can use the money."
)
TIMED = "When the time runs out every open order is canceled, those that protect a position among them."
REVERSES = "It trades twice the position's size at the market, and pays the fees of both trades."
WHOLE_ACCOUNT = "It holds for the whole account, every symbol and every program that trades on it."


def where(name: str, values: Collection[str], text: str) -> Caution:
    """The text where an argument, of the call or of an element of its batch, has one of the values."""

    def caution(args: Args) -> str:
        batches = (element for value in args.values() if isinstance(value, list) for element in value)
        return text if any(str(each.get(name)) in values for each in (args, *batches)) else ""

    return caution
