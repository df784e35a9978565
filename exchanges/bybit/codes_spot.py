"""Bybit's return codes of spot orders, spot margin and wallets. https://bybit-exchange.github.io/docs/v5/error"""

from __future__ import annotations

from collections.abc import Mapping

from blave_mcp.exchanges.bybit.codes_terms import GRID, funds
from blave_mcp.exchanges.codes import Code, form, limited, unknown

STATE = "Look at the order's state."
SMALLER = "Use a smaller size."
MARGIN_OFF = "Switch spot margin on first (spot.margin.switch)."
LOAN = "Your institutional loan's terms say what may be traded."
BUSY = "Try again later."

SPOT: Mapping[int, Code] = {
    170001: unknown("An error inside Bybit."),
    170005: limited("More new orders than the limit."),
    170007: unknown("Bybit's backend did not answer in time."),
    170010: Code("The order would pass the most that may be held of a leveraged token.", SMALLER),
    170011: Code("The order would pass the most that may be held of an innovation token.", SMALLER),
    170019: Code("The order would pass the most that may be held.", SMALLER),
    170031: Code("This feature is suspended.", BUSY),
    170032: unknown("A network error inside Bybit."),
    170033: funds("The margin balance is too small."),
    170034: Code("The debt would pass what spot margin allows.", SMALLER),
    170035: unknown("It was handed over for processing."),
    170036: Code("Spot margin is not on for this account.", MARGIN_OFF),
    170037: Code("This coin has no spot margin."),
    170105: form("A parameter is empty."),
    170115: form("timeInForce is not valid."),
    170116: form("orderType is not valid."),
    170117: form("side is not valid."),
    170121: Code("There is no such symbol.", "Look the symbol up among the instruments."),
    170124: Code("The order's amount is too large.", SMALLER),
    170130: form("A parameter's value is not valid."),
    170131: funds("The balance is too small."),
    170132: Code("The price is too high.", "See spot.price_limit.get."),
    170133: Code("The price is below the least.", "See spot.price_limit.get."),
    170134: Code("The price has more decimals than the tick allows.", GRID),
    170135: Code("The size is above the most.", SMALLER),
    170136: Code("The size is below the least.", GRID),
    170137: Code("The size has more decimals than the step allows.", GRID),
    170139: Code("The order is filled already.", STATE),
    170140: Code("The order's value is below the least.", GRID),
    170141: Code("The client order id was used before.", "Look that order up; use another id for a new one."),
    170142: Code("The order is cancelled already.", STATE),
    170143: Code("The order is not on the book.", STATE, not_found=True),
    170144: Code("The order is locked.", STATE),
    170145: Code("This kind of order cannot be cancelled."),
    170146: unknown("Placing the order took too long."),
    170147: unknown("Cancelling the order took too long."),
    170148: Code("The amount of the market order has too many decimals.", GRID),
    170149: unknown("The order could not be created."),
    170150: unknown("The order could not be cancelled."),
    170151: Code("The pair is not open yet.", BUSY),
    170157: Code("The pair cannot be traded over the API."),
    170159: Code("Market orders are not taken in the first minutes of a new pair.", "Use a limit order."),
    170190: Code("The order is cancelled already.", STATE),
    170191: unknown("The order cannot be cancelled now."),
    **{
        code: Code(
            "The price lies outside what is taken now; the message gives the limit.", "See spot.price_limit.get."
        )
        for code in (170192, 170193, 170194)
    },
    **{code: Code("The order might not fill at this price.", "Choose another price.") for code in (170195, 170196)},
    **{
        code: Code("So large an order would move the price too far.", SMALLER)
        for code in (170197, 170198, 170199, 170200)
    },
    170201: Code("The account's trading is restricted.", "Ask Bybit's support."),
    170202: form("orderFilter is not valid."),
    170203: form("A take-profit or stop-loss price is missing."),
    170204: Code("The trigger is more than 10 % above the price.", "Choose a nearer trigger."),
    170206: Code("The trigger is more than 10 % below the price.", "Choose a nearer trigger."),
    170207: Code("Bybit has too little of the coin to lend now.", SMALLER),
    170210: Code("The new order was rejected.", "The message says why."),
    170212: unknown("The cancellation is being processed."),
    170213: Code("There is no such order.", STATE, not_found=True),
    **{
        code: Code("An institutional loan does not allow this.", LOAN)
        for code in (170215, 170216, 170220, 170223, 170230, 170709)
    },
    170217: Code("This pair takes post-only orders alone now.", "Use time_in_force post_only."),
    170218: Code("The post-only order would have taken from the book.", "Choose a price that rests."),
    170219: Code("The account may not use this."),
    170221: Code("There is no such coin."),
    170222: limited("Too many requests in this stretch of time."),
    170224: Code("The account is not admitted to the innovation zone.", "See the account at Bybit."),
    170226: Code("The margin account is being liquidated.", "Look at the account at Bybit."),
    170227: Code("This is not supported."),
    170228: Code("The order is larger than the account may buy.", SMALLER),
    170229: Code("The order is larger than the account may sell.", SMALLER),
    170234: unknown("An error of Bybit's system."),
    170310: unknown("Changing the order took too long."),
    170311: unknown("The order could not be changed."),
    170312: Code("This order cannot be changed.", "Cancel it and place another."),
    170313: Code("The new size is less than what is filled.", "Use a larger size, or cancel the order."),
    **{
        code: Code("Spot margin does not allow this now; the message says more.", MARGIN_OFF)
        for code in (*range(176002, 176005), *range(176007, 176014), 176016, 176017, 176024, *range(176034, 176041))
    },
    176005: unknown("Borrowing failed."),
    176006: unknown("Repaying failed."),
    176015: funds("The balance is too small."),
    **{code: Code("A settlement or liquidation is going on.", BUSY) for code in (176018, 176019)},
    **{
        code: Code("The amount to borrow or repay is outside the limits.", "See spot.collateral.list.")
        for code in (*range(176025, 176030), 176031, 176132, 176133)
    },
}

ASSETS: Mapping[int, Code] = {
    131001: unknown("An error of Bybit's wallet service."),
    131002: form("A parameter is wrong."),
    131003: unknown("An error inside Bybit."),
    131004: Code("The account must be verified first.", "Verify it at Bybit."),
    131084: Code("The account is being upgraded.", BUSY),
    131200: unknown("An error of Bybit's transfer service."),
    131201: unknown("An error inside Bybit."),
    131202: form("The member id is not valid."),
    131203: form("A parameter is wrong."),
    131204: Code("The account could not be read.", BUSY),
    131205: Code("The transfer could not be read.", BUSY),
    131206: Code("This cannot be transferred."),
    131207: Code("There is no such account."),
    131208: Code("Transfers are forbidden for this account.", "Ask Bybit's support."),
    131209: Code("The sub-account does not belong to this account."),
    131210: Code("The amount has too many decimals.", "Round it."),
    131211: form("Both accounts of the transfer are the same."),
    131212: Code("The balance is too small.", "See what the account holds."),
    131213: Code("The loan-to-value check forbids it.", "Use a smaller amount."),
    131214: Code("The transfer id was used before.", "Look that transfer up; use another id for a new one."),
    131215: form("The amount is not valid."),
    131216: unknown("The balance could not be read."),
    131217: unknown("The risk check failed."),
    131227: Code("The sub-account may not use universal transfers.", "Allow it at Bybit."),
    131228: Code("Less than that can be transferred out.", "See spot.funds.get for what can be."),
    131229: Code("Compliance rules forbid this coin."),
    131230: unknown("The system is busy."),
}
