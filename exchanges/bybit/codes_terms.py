"""What a return code is made of, and the advice that many of them share."""

from __future__ import annotations

from blave_mcp.exchanges.codes import Code

KEY_ADVICE = (
    "Check BYBIT_API_KEY and BYBIT_API_SECRET, the key's permissions, its expiry and its IP list at"
    " https://www.bybit.com/app/user/api-management; the testnet has keys of its own."
)
FUNDS = "Use a smaller size, or move funds into the unified account."
GRID = "See the instrument's rules."


def key(meaning: str) -> Code:
    return Code(meaning, KEY_ADVICE, bad_key=True)


def funds(meaning: str) -> Code:
    return Code(meaning, FUNDS)
