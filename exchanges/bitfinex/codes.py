"""What Bitfinex's error answers mean and prove. https://docs.bitfinex.com/docs/abbreviations-glossary

An error is `["error", code, text]`. Most refusals share the one code 10001, so that only the text tells them apart; a
text that is not known proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from blave_mcp.exchanges.codes import FORM_ADVICE, Code
from blave_mcp.exchanges.dialect import Verdict

KEY_ADVICE = (
    "Check BITFINEX_API_KEY and BITFINEX_API_SECRET, the key's permissions and its IP list at"
    " https://setting.bitfinex.com/api."
)
LOOK = "Look at the open orders or offers before anything is sent again."
FUNDS = (
    "Use a smaller amount, or move funds into the right wallet: exchange for spot, margin for margin, funding to lend."
)
GENERIC = 10001
BLOCKED_S = 60
"""An address over its limit is blocked for a minute. https://docs.bitfinex.com/docs/requirements-and-limitations"""


def _key(meaning: str) -> Code:
    return Code(meaning, KEY_ADVICE, bad_key=True)


CODES: Mapping[int, Code] = {
    10000: Code("An error that Bitfinex does not name.", LOOK, Verdict.UNKNOWN),
    10001: Code("An error of which only the text tells more.", LOOK, Verdict.UNKNOWN),
    10008: Code("Two requests met; what became of this one is not known.", LOOK, Verdict.UNKNOWN),
    10020: Code("A parameter is missing or wrong; the message names it.", FORM_ADVICE),
    10050: Code("The configuration that was asked for is not taken.", FORM_ADVICE),
    10100: _key("The key is not valid."),
    10111: _key("The signed payload is not the one that was expected."),
    10112: _key("The signature is wrong: the secret does not belong to the key."),
    10113: _key("The signature is not made as Bitfinex wants it."),
    10114: Code(
        "The nonce was not above the last one that Bitfinex saw for this key.",
        "Another program uses the same key; give each program a key of its own.",
        clock_skew=True,
    ),
    10200: _key("The key's session could not be ended."),
    10300: Code("The subscription failed.", FORM_ADVICE),
    11000: Code("Bitfinex is not ready.", "Try again in a moment.", Verdict.UNAVAILABLE),
    11010: Code("More requests than the limit of this endpoint.", "Wait a minute.", Verdict.RATE_LIMITED),
    20051: Code("Bitfinex is restarting.", "Try again in a few minutes.", Verdict.UNAVAILABLE),
    20060: Code("Bitfinex is in maintenance.", "Try again in a few minutes.", Verdict.UNAVAILABLE),
}

# Beginnings or parts of texts that come with 10001, in small letters, and what they prove.
_TEXTS: tuple[tuple[str, Code], ...] = (
    ("not enough", Code("The wallet does not hold enough.", FUNDS)),
    ("available balance is only", Code("The wallet does not hold enough.", FUNDS)),
    ("insufficient", Code("The wallet does not hold enough.", FUNDS)),
    ("order not found", Code("There is no such open order.", "See the open orders.", not_found=True)),
    ("offer not found", Code("There is no such offer.", "See the open offers.", not_found=True)),
    ("funding not found", Code("There is no such loan or credit.", "See what is lent.", not_found=True)),
    ("position not found", Code("There is no such position.", "See the open positions.", not_found=True)),
    ("minimum size", Code("The amount is under the least that is taken.", "See the instrument's least size.")),
    ("incorrect amount", Code("The amount is not one that is taken.", "Funding is worth at least 150 USD.")),
    ("maximum size", Code("The amount is over the most that is taken.", "Use several orders.")),
    ("invalid order", Code("The order was turned down; the message says why.", FORM_ADVICE)),
    ("invalid offer", Code("The offer was turned down; the message says why.", FORM_ADVICE)),
    ("invalid price", Code("The price is not one that is taken.", "Prices have at most 5 significant digits.")),
    ("invalid rate", Code("The rate is not one that is taken.", "See the funding book.")),
    ("permission", _key("The key lacks the permission for this.")),
    ("apikey: ", _key("The key is not valid.")),
    ("symbol: invalid", Code("There is no such symbol.", "Look the symbol up among the instruments.")),
    ("route not found", Code("There is no such route.", "See the endpoint's documentation.")),
)

HTTP: Mapping[int, Code] = {
    400: Code("Bitfinex could not read the request.", FORM_ADVICE),
    401: _key("The key was not accepted."),
    403: Code("The request was turned away, perhaps by where it came from.", "See Bitfinex's terms for your country."),
    404: Code("There is no such route.", "See the endpoint's documentation."),
    429: Code("More requests than the limit of this endpoint.", "Wait a minute.", Verdict.RATE_LIMITED),
    503: Code("Bitfinex is unavailable for the moment.", "Try again later.", Verdict.UNAVAILABLE),
}


def by_text(text: str) -> Code | None:
    """Returns what a text that came with 10001 or with a failed notification means, where it is known."""
    small = text.lower()
    return next((code for part, code in _TEXTS if part in small), None)


def lookup(number: int, text: str) -> Code | None:
    """Returns what an error means; None for a code that is not known."""
    if number == GENERIC and (told := by_text(text)):
        return told
    return CODES.get(number)


def harmless(code: Code) -> Code:
    """The same error met by a read, which changes nothing: what is not known of a write is a refusal of a read."""
    return replace(code, verdict=Verdict.REFUSED) if code.verdict is Verdict.UNKNOWN else code
