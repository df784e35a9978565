"""Error codes of perpetuals.

https://developer-pro.bitmart.com/en/futuresv2/#error-code
"""

from __future__ import annotations

from collections.abc import Mapping

from blave_mcp.exchanges.bitmart.codes import (
    KEY_ADVICE,
    OPEN_ADVICE,
    ORDER_ADVICE,
    TERMS_ADVICE,
    absent,
    funds,
    grid,
    support,
)
from blave_mcp.exchanges.codes import CLOCK_ADVICE, Code, form, unknown

POSITION_ADVICE = "Look at the open positions."
TRIGGER_ADVICE = "Choose a trigger nearer to the price, on its right side."
BRACKET_ADVICE = "futures.brackets.list tells what each size allows; use less leverage or a smaller size."
SYSTEM_ERROR = Code(
    "A system error, which BitMart also gives for leverage or a margin mode that an open position does not have.",
    TERMS_ADVICE,
)
"""40012. https://developer-pro.bitmart.com/en/futuresv2/#error-code calls it "System error"; what proves a refusal is a
message that says more than that."""

FUTURES: Mapping[str, Code] = {
    "40001": support("BitMart does not find the futures account."),
    "40002": absent("There is no such transfer."),
    "40003": unknown("BitMart has had a transfer with this number before."),
    "40004": support("The account has too many futures accounts."),
    "40005": grid("The amount has more digits than the coin."),
    "40006": Code("The key may not be used from this address.", KEY_ADVICE, bad_key=True),
    "40007": form("An argument is not understood."),
    "40008": Code("The timestamp is wrong.", CLOCK_ADVICE, clock_skew=True),
    "40009": form("The version is wrong."),
    "40010": form("There is no such function."),
    "40011": form("The request is not accepted."),
    "40012": SYSTEM_ERROR,
    "40013": Code("The clock is wrong, or requests come too often.", CLOCK_ADVICE, clock_skew=True),
    "40014": Code("The contract is offline.", "Look at the instrument's status."),
    "40015": Code("The contract is paused.", "Look at the instrument's status."),
    "40016": Code("The order would liquidate the position.", "Use a smaller size or less leverage."),
    "40017": form("One position cannot be opened and closed at once."),
    "40018": Code("The position is closed.", POSITION_ADVICE),
    "40019": Code("The position is being liquidated.", POSITION_ADVICE),
    "40020": Code("The position is smaller than that.", POSITION_ADVICE),
    "40021": Code("There is no such position.", POSITION_ADVICE),
    "40022": Code("The position is not isolated.", POSITION_ADVICE),
    "40023": Code("The position would be liquidated with less margin.", POSITION_ADVICE),
    "40024": Code("The position would come near to liquidation with less margin.", POSITION_ADVICE),
    "40025": Code("The margin cannot be less than its base.", POSITION_ADVICE),
    "40026": Code("The cross positions are being liquidated.", POSITION_ADVICE),
    "40027": funds("The futures wallet has not enough."),
    "40028": Code("There are too many plan orders.", "Cancel some first."),
    "40029": Code("The leverage is too high.", BRACKET_ADVICE),
    "40030": Code("The leverage is too low.", BRACKET_ADVICE),
    "40031": Code("The trigger is too far from the price.", TRIGGER_ADVICE),
    "40032": form("The plan order lives too long."),
    "40033": form("The plan order lives too short."),
    "40034": form("There is no such contract."),
    "40035": absent("There is no such order."),
    "40036": Code("The order is not in a state for this.", ORDER_ADVICE),
    "40037": absent("There is no order with this id."),
    "40038": form("The step of the candles is wrong."),
    "40039": form("A time is wrong."),
    "40040": Code("The leverage is not valid here.", TERMS_ADVICE),
    "40041": form("side is 1 to 4."),
    "40042": form("There is no such order type."),
    "40043": grid("Price or size has too many digits."),
    "40044": grid("Price or size is out of range."),
    "40045": form("open_type is cross or isolated."),
    "40046": support("The futures account is not opened."),
    "40047": support("BitMart does not serve this country."),
    "40048": form("A client order id has letters and digits alone."),
    "40049": form("A client order id has at most 32 characters."),
    "40050": Code("An order with this client id is there already.", ORDER_ADVICE),
    "40059": Code("The position mode cannot be changed now: there are positions or open orders.", OPEN_ADVICE),
    "42000": funds("The balance is not enough."),
    "49998": form("An argument is wrong."),
}
