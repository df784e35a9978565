"""Farside's tables, as they are and as they may become."""

from datetime import date
from decimal import Decimal

import pytest

from blave_mcp.exchanges.errors import Unavailable
from blave_mcp.exchanges.sources.etf import _number, parse_etf
from tests.exchanges.sources.pages_of import EARLY, FUNDS, etf_page, ether_page


def test_columns_are_found_by_their_headings_and_days_by_their_dates():
    flows = parse_etf(etf_page(), "BTC")
    assert flows.funds == FUNDS
    assert [day.day for day in flows.days] == [date(2024, 1, 11), date(2024, 1, 12)]
    first = flows.days[0]
    assert first.flows["IBIT"] == Decimal("111.7")
    assert first.flows["GBTC"] == Decimal("-95.1")
    assert first.flows["MSBT"] is None
    assert first.total == Decimal("655.3")
    assert flows.notes == ()


def test_a_new_fund_in_the_middle_shifts_nothing():
    rows = [(*row[:3], "7.5", *row[3:-1], "662.8" if n == 0 else "210.5") for n, row in enumerate(EARLY)]
    flows = parse_etf(etf_page(rows, (*FUNDS[:2], "NEWF", *FUNDS[2:])), "BTC")
    assert flows.days[0].flows["NEWF"] == Decimal("7.5")
    assert flows.days[0].flows["GBTC"] == Decimal("-95.1")
    assert flows.days[1].total == Decimal("210.5")


def test_a_total_that_is_not_the_sum_is_told_and_one_that_is_missing_is_summed():
    wrong = [(*EARLY[0][:-1], "999.9"), EARLY[1]]
    assert parse_etf(etf_page(wrong), "BTC").notes == (
        "2024-01-11: the page's total 999.9 is not the sum of its funds, 655.3.",
    )
    rows = [row[:-1] for row in EARLY]
    flows = parse_etf(etf_page(rows, total=False), "BTC")
    assert flows.days[0].total == Decimal("655.3")
    assert "summed" in flows.notes[0]


def test_a_day_without_any_figure_is_no_inflow_whatever_its_total_says():
    empty = ("15 Jan 2024", *("-" for _ in FUNDS), "0.0")
    day = parse_etf(etf_page([*EARLY, empty]), "BTC").days[-1]
    assert day.total is None
    assert set(day.flows.values()) == {None}


def test_the_later_of_two_rows_of_one_day_holds_and_days_are_sorted():
    again = (EARLY[0][0], "112.0", *EARLY[0][2:-1], "655.6")
    flows = parse_etf(etf_page([EARLY[1], EARLY[0], again]), "BTC")
    assert [day.day.day for day in flows.days] == [11, 12]
    assert flows.days[0].flows["IBIT"] == Decimal("112.0")


def test_the_ether_page_with_its_three_rows_of_headings():
    rows = [("23 Jul 2024", "266.5", "71.3", "(484.1)", "15.1", "(131.2)")]
    flows = parse_etf(ether_page(rows), "ETH")
    assert flows.funds == ("ETHA", "FETH", "ETHE", "ETH")
    assert flows.days[0].flows == {
        "ETHA": Decimal("266.5"), "FETH": Decimal("71.3"), "ETHE": Decimal("-484.1"), "ETH": Decimal("15.1"),
    }  # fmt: skip
    assert flows.notes == ()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("(86.5)", "-86.5"), ("-86.5", "-86.5"), ("−86.5", "-86.5"), ("1,234.5", "1234.5"), ("0.0", "0.0"),
        ("(1,234.5)", "-1234.5"), ("-", None), ("—", None), ("−", None), ("", None), ("n/a", None), ("x", None),
        ("NaN", None), ("Infinity", None), ("()", None),
    ],
)  # fmt: skip
def test_numbers_in_every_spelling(text: str, number: str | None):
    assert _number(text) == (None if number is None else Decimal(number))


def test_what_does_not_fit_is_told_and_the_rest_is_kept():
    short = ("13 Jan 2024", "1.0")
    odd = ("14 Jan 2024", "soon", *EARLY[0][2:])
    flows = parse_etf(etf_page([*EARLY, short, odd, ("Holiday\x07", *EARLY[0][1:])]), "BTC")
    assert [day.day.day for day in flows.days] == [11, 12, 14]
    assert flows.notes[0] == "2024-01-13: 2 cells instead of 14; the day was left out."
    assert "2024-01-14: no number for IBIT." in flows.notes
    assert flows.notes[-1] == "A row that is no day was left out: Holiday."


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (b"", "no table with days"),
        (b"<html><table><tr><td>Just a moment...</td></tr></table>", "no table with days"),
        (b"\xff\xfe\x00", "no table with days"),
        (b"<table><tr><td>11 Jan 2024</td><td>1.0</td></tr></table>", "no headings"),
        (b"<table><tr><td colspan=99999999>x</td></tr></table>", "no table with days"),
    ],
)
def test_a_page_that_has_changed_is_said_to_have_changed(page: bytes, why: str):
    with pytest.raises(Unavailable, match=why) as failure:
        parse_etf(page, "BTC")
    assert failure.value.undone == "No data was returned."
