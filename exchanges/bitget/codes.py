"""What Bitget's error codes mean and prove.

Sources:
    https://www.bitget.com/api-doc/spot/error-code/restapi
    https://www.bitget.com/api-doc/contract/error-code/restapi
    https://www.bitget.com/api-doc/common/faq (question 14: the codes of a release)
"""

from __future__ import annotations

from collections.abc import Mapping

from blave_mcp.exchanges.codes import CLOCK_ADVICE, Code, form, limited, unknown
from blave_mcp.exchanges.dialect import Verdict

KEY_ADVICE = (
    "Check BITGET_API_KEY, BITGET_SECRET_KEY and BITGET_PASSPHRASE, the key's permissions and its IP list at"
    " https://www.bitget.com/account/newapi; demo trading has keys of its own, and so has the unified account."
)
GRID_ADVICE = "Look at the instrument's tick, step and least sizes."
FUNDS_ADVICE = "Use a smaller size, or move funds with transfer_funds."
OPEN_ADVICE = "Close the position and cancel the orders first."
ORDER_ADVICE = "Look at the open orders and at the history."
TPSL_ADVICE = "Choose a trigger on the right side of the price."


def _key(meaning: str) -> Code:
    return Code(meaning, KEY_ADVICE, bad_key=True)


def _grid(meaning: str) -> Code:
    return Code(meaning, GRID_ADVICE)


def _funds(meaning: str) -> Code:
    return Code(meaning, FUNDS_ADVICE)


def _clock(meaning: str) -> Code:
    return Code(meaning, CLOCK_ADVICE, clock_skew=True)


def _absent(meaning: str) -> Code:
    return Code(meaning, ORDER_ADVICE, not_found=True)


def _tpsl(meaning: str) -> Code:
    return Code(meaning, TPSL_ADVICE)


def _busy(meaning: str) -> Code:
    return Code(meaning, OPEN_ADVICE)


def _account(meaning: str) -> Code:
    return Code(meaning, "Ask Bitget's support, or look at the account on its site.")


_REQUEST: dict[str, Code] = {
    # The key, its signature, its time.
    "40001": _key("ACCESS-KEY is empty."),
    "40002": _key("The secret key is empty."),
    "40003": _key("ACCESS-SIGN is empty."),
    "40004": _clock("The request's time has expired."),
    "40005": _clock("ACCESS-TIMESTAMP is not valid."),
    "40006": _key("There is no such key."),
    "40007": form("Content-Type is not application/json."),
    "40008": _clock("The request's time lies more than 30 seconds from the venue's."),
    "40009": _key("The signature is wrong: the secret does not belong to the key."),
    "40010": _key("The signature is wrong: the secret does not belong to the key."),
    "40011": _key("ACCESS-PASSPHRASE is empty."),
    "40012": _key("The key or its passphrase is wrong."),
    "40014": _key("The key lacks the permission."),
    "40016": _key("The account must bind a phone or an authenticator first."),
    "40018": _key("This address is not on the key's IP list."),
    "40025": _key("The account lacks the permission."),
    "40036": _key("The passphrase is wrong."),
    "40037": _key("There is no such key."),
    "40038": _key("This address is not on the key's IP list."),
    "40040": _key("The key's permissions are not set as they should be."),
    "40041": _key("There is no such key."),
    "40048": _key("Only a key of the parent account may do this."),
    "40061": _key("A sub-account may not do this."),
    "40068": _key("A sub-account may not do this."),
    "40078": _clock("The request's time lies outside the receive window."),
    "40079": form("receiveWindow must be less than 60 s."),
    "40081": _key("A demo account has spot orders and plan orders alone."),
    "40085": _key("This is the API of the classic account, and the account is a unified one."),
    "40099": _key("The key belongs to the other environment: demo trading and live trading have keys of their own."),
    # The account.
    "40013": _account("The account's status is abnormal."),
    "40022": _account("The account is restricted."),
    "40023": _account("The API is restricted for this account."),
    "40024": _account("The account is frozen."),
    "40026": _account("The account is disabled."),
    "40031": _account("The account was cancelled."),
    "40035": _account("Identity verification is wanted first."),
    "40100": _account("Identity verification is wanted first."),
    "40101": _account("Identity verification is wanted first."),
    "40103": _account("Bitget does not serve this address's country."),
    "40104": _account("Bitget does not serve this address's country."),
    "40105": _account("Demo trading does not have this."),
    "40110": _account("Demo trading does not have this now."),
    "40111": _account("Bitget does not serve this country without identity verification."),
    "40301": _account("The account has not been given this permission."),
    "40710": _account("The account is frozen."),
    "40752": _account("The account may not do this kind of business."),
    "40753": _account("Futures are disabled for this account."),
    "40760": _account("The account's status is abnormal."),
    "40916": _account("Futures are restricted for this account."),
    "45009": _account("The account is at risk and cannot trade now."),
    "45107": _account("Opening positions by API is restricted."),
    "45108": _account("Closing positions by API is restricted."),
    # The system. Of these nothing is said about what became of the request.
    "40015": unknown("Bitget's system is abnormal, as it is during a release."),
    "40725": unknown("A service of Bitget's failed, as it does during a release."),
    "40908": unknown("Something else changed the same thing at the same moment."),
    "40910": unknown("Bitget's own operation timed out."),
    "43059": unknown("The request failed, and Bitget does not say why."),
    "45001": unknown("An error that Bitget does not name, as it has during a release."),
    "50031": unknown("A system error."),
    "40200": Code("The server is being upgraded.", "Try again later.", Verdict.UNKNOWN),
    # Limits.
    "429": limited("More requests than the limit."),
    "1001": limited("More requests than the limit."),
    "40047": limited("More requests than the limit."),
    "50009": limited("More requests than the limit."),
    "45129": Code("The same order can be cancelled once a second.", "Wait a second and look at the order."),
    # The form.
    "400172": form("A parameter cannot be used as it is."),
    "40017": form("A parameter cannot be used as it is."),
    "40019": form("A parameter is empty."),
    "40020": form("A parameter is wrong."),
    "40034": form("The value of a parameter does not exist."),
    "40053": form("A parameter lies outside its range."),
    "40054": Code("There is no such data."),
    "40057": form("A parameter does not have its form."),
    "40058": form("A parameter is longer than it may be."),
    "40059": form("A parameter is larger than it may be."),
    "40064": form("A parameter cannot be used as it is."),
    "40304": form("A client id may have at most 50 characters."),
    "40305": form("A client id is too long or has characters that are not allowed."),
    "40306": form("More orders than a batch may have."),
    "40402": form("An order id or client id does not have its form."),
    "40404": Code("There is no such route.", "Bitget's documentation may have another name for it."),
    "40407": form("The direction is not the plan order's."),
    "40408": form("The range is wrong."),
    "40409": form("A format is wrong."),
    "40704": form("Only the last three months can be asked for."),
    "40705": form("Start and end lie more than 90 days apart."),
    "40707": form("The start lies after the end."),
    "40724": form("A parameter is empty."),
    "40808": form("A parameter cannot be used as it is, such as a size with too many decimals."),
    "40811": form("A parameter is missing."),
    "40812": form("A condition is not met."),
    "40813": form("A parameter is empty."),
    "40913": form("One of two parameters must be given."),
    "40924": form("orderId or clientOid must be given."),
    "40925": form("Price and size must be given together."),
    "41002": form("A parameter is wrong."),
    "41100": form("A parameter is wrong."),
    "41101": form("A parameter is wrong."),
    "41103": _grid("A parameter is wrong, such as a price with too many decimals."),
    "43011": form("A parameter does not meet its specification."),
    "43058": form("A parameter cannot be used as it is."),
    "43111": form("A parameter is wrong."),
    "43123": form("A parameter is wrong."),
    "48001": form("A parameter cannot be used as it is."),
    "48002": form("A parameter is missing."),
}  # fmt: skip

_ORDERS: dict[str, Code] = {
    # There is no such thing.
    "22001": Code("There is no order to cancel.", ORDER_ADVICE),
    "22002": Code("There is no position to close.", "get_positions shows what is open."),
    "40109": _absent("There is no such order."),
    "40768": _absent("There is no such order."),
    "40781": _absent("There is no such transfer."),
    "43001": _absent("There is no such order."),
    "43004": Code("There is no order to cancel.", ORDER_ADVICE),
    "43020": _absent("There is no such take-profit or stop-loss."),
    "43025": _absent("There is no such plan order."),
    "43033": _absent("There is no such trailing stop."),
    "45057": _absent("There is no such order."),
    "43021": Code("The take-profit or stop-loss is done.", ORDER_ADVICE),
    "43026": Code("The plan order is done.", ORDER_ADVICE),
    "43043": Code("There is no position.", "get_positions shows what is open."),
    "45014": Code("There is no position.", "get_positions shows what is open."),
    "45031": Code("The order is done.", ORDER_ADVICE),
    "45055": Code("The order can no longer be cancelled.", ORDER_ADVICE),
    "45056": Code("An order of this kind cannot be cancelled."),
    "40786": Code("An order with this client id is there already.", "Look the order up; do not send it again."),
    "43118": Code("An order with this client id is there already.", "Look the order up; do not send it again."),
    "45034": Code("An order with this client id is there already.", "Look the order up; do not send it again."),
    # The instrument.
    "40072": Code("The symbol is not one of the futures.", "Look the symbol up among the instruments."),
    "40102": Code("There is no such symbol.", "Look the symbol up among the instruments."),
    "40309": Code("The contract was delisted."),
    "40822": Code("There is no such contract.", "Look the symbol up among the instruments."),
    "40844": Code("The contract is under maintenance.", "Try again later."),
    "40845": Code("The contract was delisted."),
    "40878": Code("The index price is abnormal.", "Try again later."),
    "41104": Code("The coin is not supported."),
    "41114": Code("The pair is under maintenance.", "Try again later."),
    "42016": Code("The symbol is not one of spot.", "Look the symbol up among the instruments."),
    "43115": Code("The pair opens soon.", "Try again later."),
    "45017": Code("The contract is settling, or not configured.", "Try again later."),
    "45043": Code("Trading is suspended for settlement or maintenance.", "Try again later."),
    "45119": Code("The symbol takes no order that opens."),
    # Price and size.
    "40706": _grid("The price is wrong."),
    "40748": _grid("The price lies above the highest bid."),
    "40762": _funds("The order is larger than what can be opened."),
    "40815": _grid("The price lies above the highest that may be bid."),
    "40816": _grid("The price lies below the lowest that may be asked."),
    "41117": _grid("The price lies outside the symbol's limits."),
    "43006": _grid("The size is below the least."),
    "43007": _grid("The size is above the most."),
    "43008": _grid("The price is below the least."),
    "43009": _grid("The price is above the most."),
    "43010": _grid("The order is worth less than the least."),
    "43027": _grid("The order is worth less than the least."),
    "43028": _grid("The price is off the tick."),
    "43037": _grid("The size is below the least."),
    "43038": _grid("The size is above the most."),
    "43039": _grid("The price is above the most."),
    "43040": _grid("The price is below the least."),
    "43041": _grid("The order is worth more than the most."),
    "43042": _grid("The order is worth less than the least."),
    "45035": _grid("The price is off the tick."),
    "45110": _grid("The order is worth less than the least."),
    "45111": _grid("The size is below the least."),
    "45112": _grid("The size is above the most."),
    "45113": _grid("The order is worth more than the most."),
    "45114": _grid("The order is below the least."),
    "45115": _grid("The price is off the tick."),
    "45120": _funds("The order is larger than what can be opened."),
    "40921": _grid("The size is above the most of the position's tier."),
    "40923": Code("Neither size nor price would change."),
    "40922": Code("Only an order that stands untouched can be modified.", "Cancel it and place another."),
    # Funds and positions.
    "40711": _funds("The futures account has too little."),
    "40712": _funds("There is too little margin."),
    "40754": _funds("The balance is too small."),
    "40755": Code("The position is smaller than that.", "get_positions shows what is open."),
    "40756": _funds("The locked balance is too small."),
    "40757": Code("The position is smaller than that.", "get_positions shows what is open."),
    "40758": Code("The position is locked by other orders.", "Cancel the orders that close it first."),
    "40798": _funds("The futures account has too little."),
    "40800": _funds("There is too little margin."),
    "40826": _funds("The price moved too much for the margin of a market order."),
    "43012": _funds("The balance is too small."),
    "43117": _funds("That is more than can be transferred."),
    "43132": _funds("The balance is too small."),
    "45002": _funds("The balance is too small."),
    "45003": Code("The position is smaller than that.", "get_positions shows what is open."),
    "45004": _funds("The locked balance is too small."),
    "45005": Code("The position is smaller than that.", "get_positions shows what is open."),
    "45006": Code("The position is smaller than that.", "get_positions shows what is open."),
    "45008": _funds("There are no such assets."),
    "50020": _funds("The balance is too small."),
    "40717": Code("The position is smaller than that.", "get_positions shows what is open."),
    "40804": Code("The position is smaller than that.", "get_positions shows what is open."),
    "43029": Code("The position is smaller than that.", "get_positions shows what is open."),
    "40802": Code("There is no position whose margin could change."),
    "40801": _funds("That is more margin than can be taken out."),
    "40713": _funds("That is more margin than can be taken out."),
    "40799": _funds("That is less than can be transferred."),
    "42013": unknown("The transfer failed, and Bitget does not say at which end."),
    "43137": unknown("The transfer is under way."),
    "40761": _busy("There are too many open orders."),
    "43005": _busy("There are too many open orders."),
    "45118": _busy("There are too many open orders."),
    "40889": _busy("There are too many plan orders."),
    "40890": _busy("There are too many take-profits and stop-losses."),
    "45116": _busy("There are too many positions."),
    # Modes and leverage.
    "40774": Code("The order is one of hedge mode, and the account is in one-way mode.",
                  "tradeSide belongs to hedge mode; leave it out in one-way mode."),
    "43075": Code("The order does not fit the position mode.", "get_positions tells the mode."),
    "45021": Code("The order is one of hedge mode, and the account is in one-way mode.",
                  "tradeSide belongs to hedge mode; leave it out in one-way mode."),
    "45109": Code("The account is in hedge mode.", "Give tradeSide open or close."),
    "40730": _busy("Leverage cannot change with an order."),
    "45097": _busy("Leverage cannot change with an order."),
    "40872": _busy("It cannot change with a position or an order."),
    "40920": _busy("The position mode cannot change with a position or an order."),
    "45117": _busy("The margin mode cannot change with a position or an order."),
    "40814": Code("The leverage is that already.", "Nothing was to be done."),
    "45054": Code("The leverage is that already.", "Nothing was to be done."),
    "40893": _funds("There is too little margin for that leverage."),
    "43050": Code("The leverage lies outside its range.", "find_instruments with details tells the most."),
    "45044": Code("The leverage lies outside its range.", "find_instruments with details tells the most."),
    "45045": Code("The leverage lies above the most.", "find_instruments with details tells the most."),
    "40716": Code("The symbol has no cross margin."),
    "40874": Code("Cross margin has no automatic margin."),
    "40875": Code("The margin of a cross position cannot change.", "Only an isolated position has margin of its own."),
    "45102": Code("Cross margin has no automatic margin."),
    "43049": Code("The coin is no margin here."),
    "45025": Code("The coin is no margin here."),
    # Take-profit and stop-loss.
    **{code: _tpsl("The take-profit of a long must lie above the price.")
       for code in ("40829", "40830", "40915", "43013", "45060", "45064")},
    **{code: _tpsl("The take-profit of a short must lie below the price.")
       for code in ("40831", "40832", "43014", "45061", "45065")},
    **{code: _tpsl("The stop-loss of a long must lie below the price.")
       for code in ("40833", "40834", "40917", "43015", "45062", "45066")},
    **{code: _tpsl("The stop-loss of a short must lie above the price.")
       for code in ("40835", "40836", "43016", "45067", "45122")},
    "43034": _tpsl("The trigger must not lie above the price."),
    "43035": _tpsl("The trigger must not lie below the price."),
    "43032": _tpsl("The distance of the trailing stop is too small."),
    "40837": Code("There is no position to protect.", "get_positions shows what is open."),
    "45068": Code("There is no position to protect.", "get_positions shows what is open."),
    "40891": Code("The position is smaller than that.", "get_positions shows what is open."),
    "43023": Code("The position is smaller than that.", "get_positions shows what is open."),
    "43024": _busy("There is a take-profit or stop-loss already."),
    "43030": _busy("There is a take-profit already."),
    "43031": _busy("There is a stop-loss already."),
    "45051": form("The execution price cannot be used."),
    "45052": form("The trigger price cannot be used."),
}  # fmt: skip

CODES: Mapping[str, Code] = _REQUEST | _ORDERS
NOTHING_OPEN = ("22001", "43004", "43025")
"""What a request that cancels whatever is open is told where nothing is: the state that it asks for."""
