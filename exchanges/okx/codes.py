"""What OKX's error codes mean and prove.

An order's own result stands in its element of `data` as sCode and sMsg, below a code of 1 (all failed) or 2 (some did).
https://www.okx.com/docs-v5/en/#error-code-rest-api
"""

from __future__ import annotations

from collections.abc import Mapping

from blave_mcp.exchanges.codes import CLOCK_ADVICE, FORM_ADVICE, Code, form, limited, unknown
from blave_mcp.exchanges.okx.codes_trade import TRADE_MEANINGS

KEY_ADVICE = (
    "Check OKX_API_KEY, OKX_SECRET_KEY and OKX_PASSPHRASE, the key's permissions and its IP list at"
    " https://www.okx.com/account/my-api; demo trading has keys of its own."
)
LATER = "Try again later."


def _key(meaning: str) -> Code:
    return Code(meaning, KEY_ADVICE, bad_key=True)


def _account(meaning: str) -> Code:
    return Code(meaning, "The account's page on OKX and its support tell more.")


_GENERAL: dict[str, Code] = {
    "1": unknown("The operation failed; the answer does not say why."),
    "50000": form("The body of the request was empty."),
    "50001": unknown("The service is not available now."),
    "50002": form("The body was no valid JSON."),
    "50004": unknown("OKX's own servers did not answer in time; whether it was carried out is not known."),
    "50005": Code("The endpoint is switched off.", LATER),
    "50006": form("The content type was not application/json."),
    "50007": _account("The user is blocked."),
    "50008": _key("There is no such user."),
    "50009": _account("The account is frozen while it is liquidated."),
    "50010": form("The user id was empty."),
    "50011": limited("More requests than the endpoint's limit."),
    "50012": _account("The account's state does not allow it."),
    # The reference calls this an expired timestamp; the venue says that its systems are busy.
    "50013": unknown("OKX's systems are busy."),
    "50014": form("A required parameter is empty."),
    "50015": form("One of two parameters must be given."),
    "50016": form("Two parameters contradict each other."),
    **{
        code: Code(f"{what} frozen for {why}.", LATER)
        for code, what, why in (
            ("50017", "The position is", "auto-deleveraging"), ("50018", "The currency is", "auto-deleveraging"),
            ("50019", "The account is", "auto-deleveraging"), ("50020", "The position is", "liquidation"),
            ("50021", "The currency is", "liquidation"), ("50022", "The account is", "liquidation"),
            ("50023", "The account is", "the settlement of funding"),
        )
    },
    "50024": form("Two parameters cannot be given together."),
    "50025": form("A parameter has more values than it may."),
    "50026": unknown("An error in OKX's own systems."),
    "50027": _account("The account may not trade."),
    "50028": _account("OKX does not take the order from this account."),
    "50029": _account("The account is held by risk control."),
    "50030": _key("The key may not use this endpoint."),
    "50032": _account("The account is set not to trade this currency."),
    "50033": _account("The account is set not to trade this instrument."),
    "50035": _key("The endpoint wants a key that is bound to an IP address."),
    "50036": Code("The request's own deadline lay in the past.", CLOCK_ADVICE, clock_skew=True),
    "50037": Code("The request's own deadline had passed.", "Propose it again."),
    "50038": Code("Demo trading does not have this.", "Use what demo trading has, or a live key."),
    "50040": limited("The operation is asked for too often."),
    "50041": _account("The user is not on the list of those who may."),
    "50042": Code("The request repeats an earlier one.", "Look at the order before anything is sent again."),
    "50044": form("A broker type must be chosen."),
    "50046": Code("The feature is switched off for now.", LATER),
    "50049": Code("The instrument has no tiers: it has no margin trading."),
    "50051": _account("Rules of the user's country forbid it."),
    "50052": _account("Rules of the user's country forbid this asset."),
    "50053": Code("Only demo trading has this.", "Use a demo key."),
    "50059": _account("Regulation wants further steps from the user first."),
    "50060": _account("Regulation wants the user's identity first."),
    "50061": limited("More orders than this account may send."),
    "50062": Code("The feature is not available now.", LATER),
    "50064": Code("Borrowing is not available now.", LATER),
    "50067": Code("The API does not trade across sites.", "Set BLAVE_MCP_OKX_URL to the host of your region."),
    "50071": Code("The id exists already.", "Choose another client id."),
    "50072": Code("This account mode has no isolated margin.", "Use cross margin."),
    "50076": form("The stretch of time is too long."),
    "50077": form("The stretch of time is too long."),
    # Keys and signatures.
    "50100": _key("The key is frozen."),
    "50101": _key("The key belongs to another environment: live keys and demo keys are not the same."),
    "50102": Code("The request's time lay outside the venue's 30 seconds.", CLOCK_ADVICE, clock_skew=True),
    "50103": _key("The request had no key."),
    "50104": _key("The request had no passphrase."),
    "50105": _key("The passphrase is wrong."),
    "50106": _key("The request had no signature."),
    "50107": _key("The request had no timestamp."),
    "50108": form("There is no such exchange id."),
    "50109": form("There is no such exchange domain."),
    "50110": _key("This IP address is not on the key's list."),
    # The reference calls this an invalid signature, which is 50113.
    "50111": _key("The key is not valid."),
    "50112": Code("The request's timestamp is not valid.", CLOCK_ADVICE, clock_skew=True),
    "50113": _key("The signature is wrong: the secret does not belong to the key."),
    "50114": _key("The authorisation is not valid."),
    "50115": form("The endpoint does not take this method."),
    "50116": _key("No further key of this kind can be made."),
    "50118": _key("The broker's IP address must be on the list first."),
    "50119": _key("There is no such key."),
    "50120": _key("The key may not do this."),
    "50121": _account("OKX does not serve this IP address."),
    "50122": Code("The amount is below the least.", "Make it larger."),
    # At the edge of OKX's network: https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-1xxx-errors/error-1010/
    "1010": Code("The request was turned away before it reached OKX: its User-Agent was not accepted.",
                 "Nothing may stand between this server and OKX that changes headers."),
}  # fmt: skip

# Transfers (58xxx) and settings (59xxx).
_FUNDS: dict[str, Code] = {
    "58001": _key("The trade password is wrong."),
    "58004": _account("The account is blocked."),
    "58006": Code("The service is not available for this currency.", LATER),
    "58007": unknown("OKX's asset service failed."),
    "58100": _account("The product is under risk control; no money may leave it."),
    "58101": _account("Transfers are suspended."),
    "58102": limited("Transfers come too often."),
    "58103": form("The sub-account does not belong to this master account."),
    "58104": _account("A P2P trade holds the transfer."),
    "58105": _account("A P2P trade holds the transfer."),
    "58110": Code("The contract is under risk control; its transfers are suspended.", LATER),
    "58111": Code("Funding is being charged.", "Try again in a few minutes."),
    "58112": unknown("The transfer failed; OKX does not say at what point."),
    "58114": form("The amount must be above zero."),
    "58115": form("There is no such sub-account."),
    "58116": Code("The amount is above the limit.", "Transfer less."),
    "58117": _account("A negative balance must be settled first."),
    "58119": _key("The key or sub-account may not transfer out."),
    "58120": Code("Transfers are closed for now.", LATER),
    "58121": Code("The transfer would leave the account under too much risk.", "Transfer less, or close positions."),
    "58123": form("Source and target are the same account."),
    "58124": unknown("The transfer is being carried out."),
    "58127": form("The master account's key does not take this type of transfer."),
    "58128": form("The sub-account's key does not take this type of transfer."),
    "58129": form("Source and target do not go with the type of transfer."),
    "58350": Code("The balance is too small.", "Transfer less; see get_balances."),
    "59000": Code("Positions or orders are open.", "Close and cancel them first."),
    "59001": Code("There are debts.", "Repay them first."),
    "59002": Code("Sub-accounts have positions, orders or bots.", "Close them first."),
    "59004": Code("The account has this setting already."),
    "59100": Code("Positions are open.", "Close them, or keep the leverage."),
    "59101": Code("Orders on isolated margin are open.", "Cancel them first."),
    "59102": Code("The leverage is above the instrument's most.", "Use less; find_instruments tells the most."),
    "59103": Code("The account has too little margin for so low a leverage.", "Use more leverage, or add funds."),
    "59104": Code("The position is too large for so much leverage.", "Use less leverage."),
    "59105": Code("The leverage is below the least.", "Use more."),
    "59106": Code("The order is above what its tier allows.", "Make it smaller."),
    "59107": Code("Orders are open.", "Cancel them, then set the leverage."),
    "59108": Code("The account has too little margin for so low a leverage.", "Use more leverage, or add funds."),
    "59109": Code("The equity would be below the margin.", "Use more leverage, or add funds."),
    "59110": Code("The instrument has no isolated margin.", "Use cross margin."),
    "59111": Code("In portfolio margin the leverage of cross positions cannot be asked or set."),
    "59113": _account("Placing orders wants a higher identity level."),
    "59132": Code("Positions are open; the setting cannot change.", "Close them first."),
    "59200": Code("The balance is too small.", "Use less, or add funds."),
    "59201": Code("The balance is negative.", "Add funds first."),
    "59216": Code("There is no such position.", "get_positions shows what is open.", not_found=True),
    "59300": Code("There is no such position.", "get_positions shows what is open.", not_found=True),
    "59301": Code("More margin than can be added or taken out.", "Use less."),
    "59302": Code("The margin cannot be changed now.", LATER),
    "59303": Code("The available margin is too small.", "Use less, or transfer funds to the trading account."),
    "59401": Code("The holdings have reached their limit."),
    "59410": Code("This asset cannot be borrowed."),
    "59411": Code("The free margin is too small to borrow so much.", "Borrow less."),
    "59412": Code("The amount is above what may be borrowed.", "Borrow less."),
    "59413": Code("There is nothing to repay."),
    "59414": Code("The amount is below the least that is lent.", "Borrow more."),
    "59500": _key("Only a key of the master account may do this."),
    "59506": _key("There is no such key."),
    "59507": form("The two sub-accounts must differ and belong to one master account."),
    "59508": _account("The sub-account is suspended."),
}

# A client order id that is taken proves that this request made no order, not that none exists.
_TRADE_SPECIAL: dict[str, Code] = {
    "51000": form("A parameter is wrong; the venue's message names it."),
    "51001": Code("There is no such instrument.", "find_instruments lists them.", not_found=True),
    "51009": _account("The platform does not let this account place orders."),
    "51113": limited("Positions are closed at the market too often."),
    "51149": unknown("The order did not come through in time."),
    "51400": Code("There is no such open order: it is filled, cancelled, or never was.", "Look at the order.",
                  not_found=True),
    "51503": Code("There is no such order to change.", "Look at the open orders.", not_found=True),
    "51600": Code("There is no such state.", FORM_ADVICE),
    "51603": Code("There is no such order.", "Cancelled orders without a fill are forgotten after two hours.",
                  not_found=True),
}  # fmt: skip

CODES: Mapping[str, Code] = (
    _GENERAL
    | {code: Code(meaning, advice) for code, (meaning, advice) in TRADE_MEANINGS.items()}
    | _TRADE_SPECIAL
    | _FUNDS
)


def lookup(code: str) -> Code | None:
    """A sub-code (51004_1101) means what its code does."""
    return CODES.get(code.partition("_")[0])
