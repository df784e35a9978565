"""Numbers as they are shown: exact where they are the venue's, rounded where they are ours."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blave_mcp.tools.format import exact, money, near, percent, ratio, rounded, short

AMOUNTS = st.decimals(-(10**15), 10**15, allow_nan=False, allow_infinity=False, places=12)


@given(AMOUNTS)
def test_an_exact_number_loses_nothing_and_has_no_exponent(number: D):
    text = exact(number)
    assert D(text) == number
    assert "E" not in text
    assert not ("." in text and text.endswith(("0", ".")))


@given(AMOUNTS, st.integers(1, 20))
def test_rounding_changes_a_number_by_less_than_its_last_digit(number: D, digits: int):
    off = abs(rounded(number, digits) - number)
    assert off <= max(D(1), abs(number) * D(10) ** (1 - digits))


@pytest.mark.parametrize(
    ("number", "text"),
    [("1.50E-7", "0.00000015"), ("1E+3", "1000"), ("-0.00", "0"), ("100", "100"), ("100.10", "100.1"), ("0", "0")],
)
def test_exact_numbers_are_written_as_people_write_them(number: str, text: str):
    assert exact(D(number)) == text


def test_nothing_stays_nothing():
    assert exact(None) is None
    assert near(None) is None
    assert short(None) == money(None) == percent(None) == "n/a"


def test_short_numbers_keep_whole_digits_and_drop_the_rest():
    assert short(D("67890.123456"), 4) == "67,890"
    assert short(D("0.000012345678"), 4) == "0.00001235"
    assert short(D("1000000.0")) == "1,000,000"


def test_money_has_two_places_or_four_digits():
    assert money(D("1234.567"), "USDT") == "1,234.57 USDT"
    assert money(D("-0.5"), "USDT") == "-0.5 USDT"
    assert money(D("0.00012346")) == "0.0001235"
    assert money(D(0), "BTC") == "0.00 BTC"


def test_percent_takes_a_fraction_and_says_the_sign():
    assert percent(D("0.0125")) == "+1.25 %"
    assert percent(D("-0.00001"), 4) == "-0.0010 %"


def test_a_quotient_by_zero_is_no_number():
    assert ratio(D(1), D(0)) is None
    assert ratio(D(1), D(3), 4) == D("0.3333")
