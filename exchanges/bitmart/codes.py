"""What BitMart's error codes mean and prove: those of every API, of transfers, and what each code is made of.

Sources:
    https://developer-pro.bitmart.com/en/error/
    https://github.com/bitmartexchange/api-docs (codes from 30016 on)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from blave_mcp.exchanges.codes import CLOCK_ADVICE, Code, form, limited, unknown
from blave_mcp.exchanges.dialect import Verdict

KEY_PAGE = "https://www.bitmart.com/api-config/en"
KEY_ADVICE = (
    "Check BITMART_API_KEY, BITMART_API_SECRET and BITMART_API_MEMO (the memo is the text that was typed when the key"
    f" was made, to the letter), the key's permissions and its IP list at {KEY_PAGE}."
)
GRID_ADVICE = "Look at the instrument's tick, step, least and largest sizes."
FUNDS_ADVICE = "Use a smaller size, or move funds with transfer_funds."
ORDER_ADVICE = "Look at the open orders and at the history."
OPEN_ADVICE = "Close the position and cancel the orders first."
TERMS_ADVICE = (
    "An order must have the leverage and the margin mode of the open position: leave both out to inherit them, or close"
    " the position first."
)


def key(meaning: str) -> Code:
    return Code(meaning, KEY_ADVICE, bad_key=True)


def clock(meaning: str) -> Code:
    return Code(meaning, CLOCK_ADVICE, clock_skew=True)


def grid(meaning: str) -> Code:
    return Code(meaning, GRID_ADVICE)


def funds(meaning: str) -> Code:
    return Code(meaning, FUNDS_ADVICE)


def absent(meaning: str) -> Code:
    return Code(meaning, ORDER_ADVICE, not_found=True)


def support(meaning: str) -> Code:
    return Code(meaning, "Only BitMart can lift this; ask its support.")


def harmless(code: Code) -> Code:
    """The same for a read, which changes nothing whatever went wrong."""
    return code if code.verdict is not Verdict.UNKNOWN else replace(code, verdict=Verdict.UNAVAILABLE, advice="")


COMMON: Mapping[str, Code] = {
    "30000": form("BitMart has no such route."),
    "30001": key("The key header is empty."),
    "30002": key("BitMart does not know the key."),
    "30003": key("The key is frozen."),
    "30004": key("The signature is missing."),
    "30005": key("The signature is wrong: the secret or the memo does not belong to the key."),
    "30006": clock("The timestamp is missing or wrong."),
    "30007": clock("The timestamp lies outside the window of the request."),
    "30008": clock("The timestamp is not in milliseconds."),
    "30010": key("The key may not be used from this address."),
    "30011": key("The key is over its time."),
    "30012": key("The key lacks the permission for this request."),
    "30013": limited("More requests than the limit."),
    "30014": unknown("The service is not available."),
    "30016": Code("The service is in maintenance.", "Try again later.", Verdict.UNKNOWN),
    "30017": limited("The account is held back for breaking the limits."),
    "30018": form("The body is not JSON."),
    "30019": support("The account may not do this."),
    "30030": form("This API is no longer served."),
    "30031": form("This endpoint is no longer served."),
    # Transfers and sub-accounts.
    "60000": form("The request is not understood."),
    "60001": form("There is no such kind of account."),
    "60002": form("BitMart has no such coin."),
    "60005": Code("Less than the least amount.", "Use a larger amount."),
    "60008": funds("The balance is not enough."),
    "60009": Code("More than the limit.", "Use a smaller amount."),
    "60020": support("The account may not deposit."),
    "60021": support("The account may not withdraw."),
    "60026": support("The sub-account may not do this."),
    "60027": form("This is for the key of a sub-account."),
    "60028": support("The account is disabled."),
    "60029": support("The main account has frozen this account."),
    "60030": form("The route takes another method."),
    "60031": form("The body is of another type than the route takes."),
    "60050": support("BitMart does not find the account."),
    "60051": unknown("BitMart's servers failed."),
    "61000": form("The request is not understood."),
    "61001": funds("The balance is not enough."),
    "61003": Code("There is no such sub-account.", "Look at the sub-account's user name."),
    "61004": unknown("BitMart has had a request with this number before."),
    "61005": support("Transfers between these accounts are closed."),
    "61006": support("Sub-accounts are for institutions."),
    "61007": support("The institution is not verified yet."),
    "61008": support("Transfers out are suspended."),
}
