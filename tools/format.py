"""Numbers for people: short, exact in what they show, and never by way of a float."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import overload

DOLLARS = ("USDT", "USDC", "USD", "FDUSD", "TUSD", "BUSD", "DAI", "USDP", "USDE", "USD1", "PYUSD", "UST", "UDC")
"""Assets that count as one dollar, Bitfinex's names of them included; what they trade at is not asked."""

_ROOMY = Context(prec=60)


@overload
def exact(number: Decimal) -> str: ...
@overload
def exact(number: None) -> None: ...
@overload
def exact(number: Decimal | None) -> str | None: ...
def exact(number: Decimal | None) -> str | None:
    """Every digit, without exponent and without trailing zeros: Decimal("1.50E-7") -> "0.00000015"."""
    if number is None:
        return None
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text if number else "0"


def rounded(number: Decimal, digits: int) -> Decimal:
    """Rounds to significant digits; whole digits are never rounded away: 67890.123 to 4 digits is 67890."""
    places = max(0, digits - 1 - number.adjusted()) if number else 0
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= places:
        return number
    return number.quantize(Decimal(1).scaleb(-places), context=_ROOMY)


def near(number: Decimal | None, digits: int = 10) -> str | None:
    """Like `exact`, to so many significant digits; for quotients, which may have no end."""
    return None if number is None else exact(rounded(number, digits))


def short(number: Decimal | None, digits: int = 6) -> str:
    """67,890.1 - thousands separators, significant digits, no trailing zeros, no exponent; None is "n/a"."""
    if number is None:
        return "n/a"
    text = f"{rounded(number, digits):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(number: Decimal | None, unit: str = "") -> str:
    """1,234.57 USDT - two places from 1 upwards, four significant digits below."""
    if number is None:
        return "n/a"
    whole = not number or abs(number) >= 1
    text = f"{number.quantize(Decimal('0.01'), context=_ROOMY):,f}" if whole else short(number, 4)
    return f"{text} {unit}".rstrip()


def coins(number: Decimal, asset: str) -> str:
    """Money for what counts in dollars and cents, all that matters of it for any other asset: "1.00318581 BTC"."""
    if asset in DOLLARS:
        return money(number, asset)
    return f"{short(number, 8 + max(0, number.adjusted()))} {asset}"


def percent(fraction: Decimal | None, places: int = 2) -> str:
    """+1.25 % from the fraction 0.0125."""
    if fraction is None:
        return "n/a"
    return f"{(fraction * 100).quantize(Decimal(1).scaleb(-places), context=_ROOMY):+,f} %"


def ratio(part: Decimal, whole: Decimal, digits: int = 8) -> Decimal | None:
    """part / whole to so many significant digits; None where the whole is zero."""
    return Context(prec=digits).divide(part, whole) if whole else None
