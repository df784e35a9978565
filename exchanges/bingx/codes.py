"""What BingX's error codes mean and prove.

Sources:
    https://github.com/BingX-API/api-ai-skills/blob/master/skills/swap-trade/api-reference.md (Common Error Codes)
    https://bingx-api.github.io/docs/#/en-us/swapV2/base-info.html#Common%20business%20error%20codes
    https://bingx-api.github.io/docs/#/en-us/spot/base-info.html#Error%20code
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from blave_mcp.exchanges.codes import CLOCK_ADVICE, FORM_ADVICE, Code, unknown
from blave_mcp.exchanges.dialect import Verdict

KEY_PAGE = "https://bingx.com/en/accounts/api"
KEY_ADVICE = (
    f"Check BINGX_API_KEY and BINGX_SECRET_KEY, the key's permissions and its IP list at {KEY_PAGE};"
    " new keys can only read."
)
GRID = "Put price and size on the instrument's grid and within its limits."
MARGIN = "Add margin, lower the leverage or make the order smaller."


def _key(meaning: str) -> Code:
    return Code(meaning, KEY_ADVICE, bad_key=True)


def _gone(meaning: str) -> Code:
    return Code(meaning, "See the open orders and the order history.", not_found=True)


CODES: Mapping[int, Code] = {
    # The gateway.
    100001: _key("The signature is wrong: the secret does not belong to the key."),
    100004: _key("The key lacks the permission for this."),
    100400: Code("The request is not one that BingX takes.", FORM_ADVICE),
    100403: _key("The key may not do this."),
    100410: Code("More requests than the limit.", "Wait, and ask less often.", Verdict.RATE_LIMITED),
    100412: _key("The signature is missing or wrong."),
    100413: _key("The key is wrong or is not known here; the simulated host has no keys of its own."),
    100414: Code("BingX's risk control holds the account back.", "Ask BingX's support."),
    100419: _key("The request does not come from an address on the key's IP list."),
    100421: Code("The request's time lay outside the venue's window, or the pair is closed to the API.", CLOCK_ADVICE),
    100437: Code("The amount is below the least that can be moved.", "Use a larger amount."),
    100440: Code("The order's price is too far from the market.", "Choose a price nearer to the market."),
    100441: Code("The account is not in order for trading.", "Look at the account at BingX."),
    100490: Code("The pair is not open for trading now.", "Choose another pair, or wait."),
    100500: unknown("BingX's system was busy or failed."),
    100503: unknown("BingX's servers were busy."),
    # Spot.
    100202: Code("The balance is not enough.", "Use a smaller amount, or transfer to the spot wallet."),
    100204: Code("There is no such thing as was asked for.", FORM_ADVICE, not_found=True),
    100404: _gone("There is no such order, or it has ended."),
    # Perpetuals.
    101204: Code("The margin is not enough.", MARGIN),
    101205: Code("There is no position to close.", "See the positions; close at most what is open."),
    101206: Code("The available balance is not enough.", "Transfer more to the perpetual wallet or make it smaller."),
    101209: Code(
        "The position would exceed what this leverage allows.", "Make the order smaller or lower the leverage."
    ),
    101211: Code("The price is outside the allowed range.", "Choose a price nearer to the market."),
    101212: Code("Orders that wait already take up what can be closed.", "Cancel those orders first."),
    101215: Code("A post-only order would have taken from the book.", "Choose a price that rests."),
    101253: Code("The margin is not enough.", MARGIN),
    101290: Code("A reduce-only order can only reduce a position.", "See the positions; close at most what is open."),
    101400: Code(
        "The order breaks a rule: too small, take-profit or stop on the wrong side, a client id used twice, or the pair"
        " is suspended.",
        GRID,
    ),
    101414: Code("The leverage is higher than allowed.", "Choose a lower leverage."),
    101415: Code("The pair is suspended.", "Read BingX's announcements; closing may still be possible."),
    101419: Code("The limit of open orders is reached.", "Cancel some orders first."),
    101481: Code("The client order id has been used before.", "Leave it out, or choose another."),
    101485: Code("The order is below the least size.", GRID),
    104103: Code("The position mode cannot change with positions or open orders.", "Close and cancel them first."),
    109400: Code("A parameter is missing, malformed or does not fit the position mode.", FORM_ADVICE),
    109403: Code("BingX's risk control forbids this.", "Ask BingX's support."),
    109414: Code("The account's data are not ready.", "Try again later."),
    109420: Code("There is no such position.", "See the positions.", not_found=True),
    109421: _gone("There is no such order: filled, cancelled, or another id."),
    109425: Code("There is no such pair.", "find_instruments lists what can be traded."),
    109429: Code("More requests than the limit.", "Wait, and ask less often.", Verdict.RATE_LIMITED),
    109500: unknown("BingX's servers failed."),
    110206: Code("The limit of take-profit and stop-loss orders is reached.", "Cancel some of them first."),
    110400: Code("The order does not meet the requirements of price, size or type.", GRID),
    110411: Code("The stop-loss or take-profit price is not valid.", "Put the trigger on the right side of the price."),
    110412: Code("The trigger lies where it would fire at once.", "Move the trigger to the other side of the price."),
    110413: Code("The stop-loss or take-profit lies on the wrong side.", "Move it to the other side of the price."),
    110422: Code("The size is not one that the pair takes.", GRID),
    110424: Code("The size is more than what can be closed.", "Close at most what is open."),
    110425: Code("The order is worth less than the least.", "Make the order larger."),
    110500: unknown("BingX's order system was busy."),
    # The older codes, still given in places.
    80001: unknown("The request failed, for a reason that BingX does not name."),
    80012: unknown("The service was not available."),
    80013: Code("The limit of open orders is reached.", "Cancel some orders first."),
    80014: Code("A parameter is missing or malformed.", FORM_ADVICE),
    80016: _gone("There is no such order."),
    80017: Code("There is no such position.", "See the positions.", not_found=True),
    80018: Code("The order has ended already.", "See the order history."),
    80020: Code("BingX's risk control forbids this.", "Ask BingX's support."),
}

UNPROVEN = frozenset({80018, 101205, 101209, 101215, 101290, 101414, 110411, 110412, 110413, 110422, 110424})
"""Seen in answers, but on none of the pages above: their meaning is told, and they prove nothing about a write."""

TRANSFERS: Mapping[str, Code] = {
    "Insufficient assets": Code("The balance is not enough.", "Use a smaller amount."),
    "illegal transferType": Code("There is no such way between these wallets.", FORM_ADVICE),
}
"""What the transfer endpoint says instead of a code."""

STATUSES: Mapping[int, Code] = {
    400: Code("The request is malformed.", FORM_ADVICE),
    401: _key("The key is not valid."),
    403: _key("The key, or this address, may not ask for this."),
    404: Code("BingX has no such endpoint.", FORM_ADVICE),
    418: Code("This address is banned for a while, for asking on after a warning.", "", Verdict.RATE_LIMITED),
    429: Code("More requests than the limit.", "Wait, and ask less often.", Verdict.RATE_LIMITED),
}


def lookup(number: int, message: str) -> Code | None:
    """Returns what a code means; a complaint about the time is told from the others by its text."""
    known = CODES.get(number)
    if known is not None and number in UNPROVEN:
        return replace(known, verdict=Verdict.UNKNOWN)
    if known is not None and number in (100400, 100421, 109400, 80014) and "timestamp" in message.lower():
        return replace(known, meaning="The request's time lay outside the venue's window.", advice=CLOCK_ADVICE,
                       clock_skew=True)  # fmt: skip
    if known is not None and number in (100400, 80014, 109400, 109414) and _absent(message):
        return replace(known, not_found=True)
    return known


def _absent(message: str) -> bool:
    folded = message.lower()
    return "order" in folded and ("not exist" in folded or "not found" in folded)
