"""What Bybit's return codes mean and prove. https://bybit-exchange.github.io/docs/v5/error

The codes of spot orders and of wallets stand in `codes_spot`. A code that is in neither table proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from blave_mcp.exchanges.bybit.codes_spot import ASSETS, SPOT
from blave_mcp.exchanges.bybit.codes_terms import FUNDS, GRID, funds, key
from blave_mcp.exchanges.codes import Code, form, limited, unknown
from blave_mcp.exchanges.dialect import Verdict

STATE = "Look at the order's state."
HAS_IT = "There was nothing to change."
BUSY = "Try again later."
LENDING = "Your institutional loan's terms say what may be traded."

GENERAL: Mapping[int, Code] = {
    -1: Code(
        "The request came after its window had passed.", "It is signed anew when it is asked again.", clock_skew=True
    ),
    429: limited("The trading service is under too much load."),
    -2015: key("The key has expired."),
    33004: key("The key has expired."),
    10000: unknown("Bybit's server did not answer in time."),
    10001: form("A parameter is missing or wrong; the message names it."),
    10002: Code(
        "The request's time lay outside the window.", "The clock is compared with Bybit's; ask again.", clock_skew=True
    ),
    10003: key("The key is not valid, or it belongs to the other of mainnet and testnet."),
    10004: key("The signature is wrong: the secret does not belong to the key."),
    10005: key("The key lacks the permission for this."),
    10006: limited("More requests to this endpoint than the account's limit."),
    10007: key("The user could not be authenticated."),
    10008: Code("The account is banned, or of a kind that may not do this.", "See the account's mode at Bybit."),
    10009: Code("This address is banned.", "Wait, or ask Bybit's support."),
    10010: key("The key is bound to other addresses than this one."),
    10014: unknown("Bybit takes this for the repetition of a request."),
    10016: unknown("An error of Bybit's server, or a restart."),
    10017: Code("There is no such route.", "See the endpoint's documentation."),
    10018: limited("More requests from this address than the limit."),
    10019: Code("The trade service is restarting and takes nothing new.", BUSY),
    10024: Code("Compliance rules forbid this.", "Ask Bybit's support; the message says more."),
    10027: Code("Trading is banned for this account.", "Ask Bybit's support."),
    10028: Code("This is for unified accounts only.", "Upgrade the account at Bybit."),
    10029: Code("The symbol is not on the key's list, or does not exist.", "Look the symbol up among the instruments."),
    10404: Code("There is no such operation, or not in this category."),
    10429: limited("Bybit protects its system from too many requests."),
    20003: limited("Too many requests in one session."),
    20006: form("The request id was used before."),
    100028: Code("This is not for unified accounts.", "See the endpoint's documentation for what took its place."),
    34036: Code("The leverage is that already.", HAS_IT),
    34040: Code("Take-profit and stop-loss are those already.", HAS_IT),
    40004: unknown("The order changed while it was being replaced."),
}

CONTRACTS: Mapping[int, Code] = {
    110001: Code("There is no such order, or it has ended.", STATE, not_found=True),
    110003: Code("The price is outside the allowed range.", "See linear.price_limit.get."),
    110004: funds("The wallet balance is too small."),
    110005: Code("The position's state does not allow it.", "Look at the position."),
    110006: funds("The assets would not cover the position's margin."),
    110007: funds("The available balance is too small."),
    110008: Code("The order is filled or cancelled already.", STATE),
    110009: Code("There are as many conditional orders as may be.", "Cancel some."),
    110010: Code("The order is cancelled already.", STATE),
    110011: Code("It would trigger liquidation at once.", "Use a smaller change."),
    110012: funds("The available balance is too small."),
    110013: Code("The risk-limit tier does not allow this leverage.", "Use a lower leverage or a smaller position."),
    110014: funds("The available balance is too small to add margin."),
    110015: Code("The position is on cross margin.", "Only an isolated position has margin of its own."),
    110016: Code("The size is beyond the risk-limit tier.", "Use a smaller size or a lower leverage."),
    110017: Code("The order would not reduce the position.", "Look at the position's side and size."),
    110018: form("The user id is not valid."),
    110019: form("The order id is not valid."),
    110020: Code("500 orders are open, the most there may be.", "Cancel some."),
    110021: Code("Open interest limits positions in this contract now.", "Use a smaller size."),
    110022: Code("The size cannot be made larger now.", "Place another order later."),
    110023: Code("Only reducing orders are taken in this contract now.", "See Bybit's announcements."),
    110024: Code("The position mode cannot change while a position is open.", "Close it first."),
    110025: Code("The position mode is that already.", HAS_IT),
    110026: Code("The margin mode is that already.", HAS_IT),
    110027: Code("The margin is that already.", HAS_IT),
    110028: Code("The position mode cannot change while orders are open.", "Cancel them first."),
    110029: Code("This symbol has no hedge mode.", "Use one-way mode."),
    110030: Code("This order id was used before.", "Use another client id."),
    110031: Code("There is no such risk-limit tier.", "See linear.risk_limit.list."),
    110032: Code("The order is not a valid one.", "See the instrument's rules."),
    110033: Code("Margin cannot be set without a position."),
    110034: Code("There is no position."),
    110035: Code("Orders could not be cancelled before liquidation.", "Look at the open orders.", Verdict.UNKNOWN),
    110036: Code("Cross margin does not allow this change of leverage.", "Use the same leverage for both sides."),
    110037: Code("The account has no settings for this symbol."),
    110038: Code("Portfolio margin has no leverage to set."),
    110039: Code("The maintenance margin would be too high; it might liquidate.", "Use a smaller change."),
    110040: Code("The order would lead to liquidation.", "Use a smaller order."),
    110041: Code("It cannot be while a position or a resting order exists.", "Close and cancel first."),
    110042: Code("Before delivery, positions can only be reduced.", "Reduce only."),
    110043: Code("The leverage is that already.", HAS_IT),
    110044: funds("The available margin is too small."),
    110045: funds("The wallet balance is too small."),
    110046: Code("It would trigger liquidation at once.", "Use a smaller change."),
    110047: funds("The available margin is too small for this risk limit."),
    110048: Code("The position is larger than the wanted risk limit.", "Reduce the position first."),
    110049: form("A tick may only be a number."),
    110050: form("The coin is not valid."),
    110051: funds("The balance does not cover the lowest price of the market."),
    110052: funds("The balance is too small for this price."),
    110053: funds("The balance does not cover market price and upper limit."),
    **{
        code: Code("A TP/SL order of the position stands in the way of the mode.", "Cancel it first.")
        for code in (110054, 110055, 110056)
    },
    110057: form("A conditional or limit order with parameters of TP/SL that do not fit."),
    110058: Code("Too little of the position is left for this take-profit or stop-loss.", "Use a smaller size."),
    110059: Code("The TP/SL of a partly filled order cannot change."),
    110060: Code("With full TP/SL mode this TP/SL cannot change."),
    110061: Code("A position may have 20 partial TP/SL orders at most.", "Cancel some."),
    110062: Code("The institution has no market-maker protection profile."),
    110063: Code("A settlement is going on; nothing is traded meanwhile.", BUSY),
    110064: Code("The new size is not more than what is filled.", "Use a larger size, or cancel the order."),
    110065: Code("Market-maker protection is not on for this account."),
    110066: Code("Trading is not allowed now.", "See Bybit's announcements."),
    110067: Code("Unified accounts cannot do this."),
    110068: Code("Leveraged trading is not allowed for this account."),
    110069: Code("Institutional borrowers may not trade this.", LENDING),
    110070: Code("This symbol cannot be traded."),
    110071: Code("Unified margin is being revised; upgrades are closed.", BUSY),
    110072: Code("The client order id was used before.", "Look that order up; use another id for a new one."),
    110073: Code("The margin mode could not be set.", "Close positions and cancel orders first."),
    110075: Code("The risk limit is that already.", HAS_IT),
    110076: Code("Margin is added by itself in isolated mode only."),
    110077: Code("Portfolio margin has no such thing."),
    110078: Code("More margin than can be taken out.", "Use a smaller amount."),
    110079: unknown("The order is being processed and cannot be changed now."),
    110080: Code("The institutional loan is being liquidated.", LENDING),
    110082: Code("The position has no reduce-only mark to lift."),
    110083: Code("The reduce-only mark must be lifted for both sides at once."),
    110085: Code("The risk limits of this contract have changed.", "Read them again, then order."),
    110086: Code("The leverage is higher than the risk-limit tier allows.", "Lower the leverage first."),
    110087: Code("The leverage is higher than the institutional loan allows.", LENDING),
    110090: Code("The order would pass the most that a position may be at this leverage.", "Lower leverage or size."),
    110092: Code(
        "The trigger lies on the wrong side: it must be above the market to rise to.", "See triggerDirection."
    ),
    110093: Code(
        "The trigger lies on the wrong side: it must be below the market to fall to.", "See triggerDirection."
    ),
    110094: Code("The order's value is below the least.", GRID),
    130000: form("The order's direction is not valid."),
    **{code: Code("An institutional loan does not allow this.", LENDING) for code in (30133, 30134, 30135, 30136)},
    3100326: form("baseCoin is required."),
    3200403: Code("With isolated margin this order cannot be placed.", "Switch the account to cross margin."),
    3400045: Code(
        "The margin mode could not be set.", "The answer gives the reasons; close positions and cancel orders first."
    ),
    3400214: unknown("An error of Bybit's server."),
    3400139: Code("Positions and orders together are beyond the risk limit.", "Use a smaller size."),
    182021: Code(
        "Spot margin cannot be switched on with isolated margin.", "Switch the account to cross margin first."
    ),
    181017: form("The order state that was asked for is not valid."),
}

CODES: Mapping[int, Code] = {**GENERAL, **CONTRACTS, **SPOT, **ASSETS}


def lookup(number: int) -> Code | None:
    return CODES.get(number)


__all__ = ["ASSETS", "CODES", "CONTRACTS", "FUNDS", "GENERAL", "SPOT", "lookup"]
