"""What Binance's error codes mean and prove. A code may mean different things on spot and on futures.

Sources:
    https://developers.binance.com/docs/binance-spot-api-docs/errors
    https://developers.binance.com/docs/derivatives/usds-margined-futures/error-code
"""

from __future__ import annotations

from collections.abc import Mapping

from blave_mcp.exchanges.binance.codes_futures import FUTURES_MEANINGS
from blave_mcp.exchanges.codes import CLOCK_ADVICE, Code, form, limited, unknown
from blave_mcp.exchanges.dialect import Verdict

KEY_ADVICE = (
    "Check BINANCE_API_KEY and BINANCE_SECRET_KEY, the key's permissions and its IP list at"
    " https://www.binance.com/en/my/settings/api-management; testnets have keys of their own."
)


def _key(meaning: str) -> Code:
    return Code(meaning, KEY_ADVICE, bad_key=True)


COMMON: dict[int, Code] = {
    # 10xx: the server or the network.
    -1000: unknown("An error that Binance does not name."),
    -1001: unknown("Binance's own servers lost each other."),
    -1002: _key("The key may not do this."),
    -1003: limited("More requests, or more request weight, than the limit."),
    -1006: unknown("Binance's bus gave an unexpected answer; whether it was carried out is not known."),
    -1007: unknown("Binance's backend did not answer in time; whether it was carried out is not known."),
    -1008: Code("Binance's servers are overloaded.", "Try again in a few minutes.", Verdict.UNKNOWN),
    -1010: Code("The matching engine rejected it.", "The venue's message says why."),
    -1013: Code(
        "The order breaks one of the symbol's filters (price, size or notional).", "See the instrument's rules."
    ),
    -1014: form("This combination of order parameters is not supported."),
    -1015: limited("More new orders than the limit."),
    -1016: Code("The service is being shut down.", "Try again later.", Verdict.UNKNOWN),
    -1020: Code("The venue does not support this operation."),
    -1021: Code("The request's time lay outside the venue's window.", CLOCK_ADVICE, clock_skew=True),
    -1022: _key("The signature is wrong: the secret does not belong to the key."),
    # 11xx: the request.
    -1100: form("A parameter has characters that are not allowed."),
    -1101: form("More parameters than the endpoint takes, or one of them twice."),
    -1102: form("A required parameter is missing, empty or malformed."),
    -1103: form("A parameter that the endpoint does not know."),
    -1104: form("Parameters that the endpoint did not read."),
    -1105: form("A parameter is empty."),
    -1106: form("A parameter that is not wanted here."),
    -1111: Code("More decimals than the symbol or asset allows.", "Round price and size to the instrument's grid."),
    -1112: Code("The book is empty on the other side.", "A market order cannot be filled now."),
    -1114: form("timeInForce is not wanted for this order type."),
    -1115: form("timeInForce is not valid."),
    -1116: form("The order type is not valid."),
    -1117: form("The side is not valid."),
    -1118: form("The new client order id is empty."),
    -1119: form("The original client order id is empty."),
    -1120: form("The interval is not valid."),
    -1121: Code("There is no such symbol.", "Look the symbol up among the instruments."),
    -1122: form("The symbol status is not valid."),
    -1125: Code("There is no such listen key."),
    -1127: Code("The stretch of time is too long.", "Ask for a shorter one."),
    -1128: form("These optional parameters do not go together."),
    -1130: form("A parameter's value is not valid."),
    # 20xx: processing.
    -2010: Code("The new order was rejected.", "The venue's message says why, for instance too small a balance."),
    -2011: Code("The cancellation was rejected: there is no such open order.", "Look at the order's state."),
    -2013: Code("There is no such order.", "Look at the open orders and at the history.", not_found=True),
    -2014: _key("The key does not have the form of a key."),
    -2015: _key("The key, its IP list or its permissions do not allow this."),
    -2016: Code("No trading window was found for the symbol."),
}

SPOT: Mapping[int, Code] = COMMON | {
    -1033: Code("The FIX sender id is in use by another session."),
    -1034: limited("More connections than the limit."),
    -1035: Code("The FIX session was logged out."),
    -1108: form("A parameter's value is too large."),
    -1134: form("strategyType must be at least 1000000."),
    -1135: form("A parameter that should hold JSON does not."),
    -1139: form("The ticker type is not valid."),
    -1145: form("cancelRestrictions is not valid."),
    -1151: form("A symbol stands in the list twice."),
    -1152: form("The X-MBX-SBE header is not valid."),
    -1153: form("The SBE schema is not supported."),
    -1155: form("SBE is not enabled."),
    -1158: form("This order type cannot be part of an OCO."),
    -1160: form("An iceberg leg of an OCO must be GTC."),
    -1161: form("The SBE schema is too old."),
    -1165: form("The limit leg of a buy OCO must be below."),
    -1166: form("The limit leg of a sell OCO must be above."),
    -1168: form("At least one leg of an OCO must be contingent."),
    **{code: form("A fault in a FIX message.") for code in range(-1178, -1168)},
    **{code: form("A fault in a FIX session.") for code in (-1179, -1180, *range(-1191, -1182))},
    -1181: limited("More FIX messages than the limit."),
    -1182: form("Fields contradict each other."),
    -1194: form("The time unit is not valid."),
    -1196: form("The stop-loss leg of a buy OCO must be above."),
    -1197: form("The stop-loss leg of a sell OCO must be below."),
    -1198: form("The take-profit leg of a buy OCO must be below."),
    -1199: form("The take-profit leg of a sell OCO must be above."),
    -1210: form("pegPriceType is not valid."),
    -1211: form("pegOffsetType is not valid."),
    -1220: Code("The symbol is not in the status that was asked for."),
    -1221: form("A field of the SBE message is missing or not valid."),
    -1222: form("The working order of an OPO list must buy."),
    -1223: form("The pending orders of an OPO list must sell."),
    -1224: form("The working order lacks a parameter."),
    -1225: form("The pending orders have a parameter that is not wanted."),
    -2021: unknown("Of cancelling and replacing, one failed and the other did not."),
    -2022: Code("Neither the cancellation nor the new order went through.", "Look at the order's state."),
    -2026: Code(
        "The order ended without a fill more than 90 days ago and is archived.", "It can no longer be asked for."
    ),
    -2035: Code("The user data stream is already subscribed."),
    -2036: Code("The user data stream is not subscribed."),
    -2038: Code("The amendment was rejected.", "The venue's message says why."),
    -2039: Code("orderId and client id belong to different orders.", "Give one of them."),
    -2042: Code("The connection has as many subscriptions as it may."),
}
_FUTURES_SPECIAL: dict[int, Code] = {
    -1004: Code("This IP is already on the list."),
    -1005: Code("This IP is not on the list."),
    -1008: Code(
        "The venue's overload protection turned it away; it failed for certain.",
        "Try again shortly; reduce-only and closing orders are exempt.",
    ),
    -1011: _key("This IP may not use this route."),
    -1023: form("The start lies after the end."),
    -1099: _key("Not found, not authenticated or not authorised."),
    -1108: form("There is no such asset."),
    -1109: Code("The account is not valid.", "Open a futures account at Binance first."),
    -1110: form("The symbol type is not valid."),
    -1113: form("The amount of a withdrawal must be negative."),
    -1126: Code("The asset is not supported."),
    -1136: form("newOrderRespType is not valid."),
    -2012: unknown("Not all of the batch was cancelled."),
    -2017: _key("The account's keys are locked."),
    -4056: _key("The type of the key is not valid."),
    -4057: _key("The public key is not valid."),
    -4083: unknown("The batch could not be placed as a whole."),
    -4120: Code(
        "This order type is taken by the conditional-order endpoint alone.",
        "Use futures.algo.create with triggerPrice in place of stopPrice.",
    ),
    -5028: Code("It reached the matching engine too late and was rejected.", CLOCK_ADVICE, clock_skew=True),
}

FUTURES: Mapping[int, Code] = (
    COMMON | {code: Code(meaning, advice) for code, (meaning, advice) in FUTURES_MEANINGS.items()} | _FUTURES_SPECIAL
)

ABSENT = ("Order does not exist.", "Order list does not exist.")
"""Messages that say that the thing asked for does not exist, whatever the code (a list has one of its own)."""

# https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info#http-return-codes
FAILED_503 = ("Service Unavailable.", "Internal error; unable to process your request. Please try again.")
"""Messages of a futures answer with status 503 that mean a failure for certain."""


def lookup(product: str, code: int) -> Code | None:
    return (SPOT if product == "spot" else FUTURES).get(code)
