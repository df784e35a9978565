"""The margin formulas against the worked example in Binance's own documentation."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blave_mcp.exchanges.paper.listings import TIERS, tiers_of
from blave_mcp.exchanges.paper.margin import (
    Leg,
    Load,
    exposure,
    initial,
    liquidation_price,
    maintenance,
    max_notional,
    tier_at,
)
from blave_mcp.exchanges.paper.types import Listing, PositionSide, Side
from tests.exchanges.paper.scripted import ETH, LISTINGS, PERP

D = Decimal
M = 1_000_000
# The tiers of that example: https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93 (2021), whose table
# gives 1,300 as BTCUSDT's maintenance amount at 500,000.
OLD_BTC = tiers_of(
    [
        (50_000, 125, "0.004"),
        (250_000, 100, "0.005"),
        (1 * M, 50, "0.01"),
        (10 * M, 20, "0.025"),
        (20 * M, 10, "0.05"),
        (50 * M, 5, "0.1"),
    ]
)
OLD_ETH = tiers_of(
    [
        (10_000, 100, "0.005"),
        (100_000, 75, "0.0065"),
        (500_000, 50, "0.01"),
        (1 * M, 25, "0.02"),
        (2 * M, 10, "0.05"),
        (5 * M, 5, "0.1"),
        (10 * M, 4, "0.125"),
    ]
)
WALLET = D("1535443.01")


def old(key: str) -> Listing:
    return replace(LISTINGS[key], tiers=OLD_BTC if key == PERP else OLD_ETH)


def leg(key: str, qty: str, entry: str, mark: str, side: PositionSide = PositionSide.BOTH) -> Leg:
    return Leg(key, side, qty=D(qty), cost=abs(D(qty)) * D(entry), mark=D(mark))


BTC_LEG = leg(PERP, "109.488", "32481.98", "31967.27")
ETH_LEG = leg(ETH, "3683.979", "1456.84", "1335.18")


def test_maintenance_amounts_are_those_of_the_documents_table():
    assert [tier.cum for tier in OLD_BTC] == [0, 50, 1_300, 16_300, 266_300, 1_266_300]
    assert [tier.cum for tier in OLD_ETH[:6]] == [0, 15, 365, 5_365, 35_365, 135_365]
    assert tier_at(OLD_BTC, D(500_000)).cum == 1_300


def test_maintenance_margins_are_those_of_the_documents_example():
    assert round(maintenance(OLD_ETH, ETH_LEG.size * ETH_LEG.mark), 3) == D("356512.508")
    assert round(maintenance(OLD_BTC, BTC_LEG.size * BTC_LEG.mark), 5) == D("71200.81144")


@pytest.mark.parametrize(
    ("key", "mine", "other_key", "other", "cross", "alone"),
    [
        (ETH, ETH_LEG, PERP, BTC_LEG, "1153.26", "1114.78"),
        (PERP, BTC_LEG, ETH, ETH_LEG, "26316.89", "18778.73"),
    ],
)
def test_liquidation_prices_are_those_of_the_documents_example(
    *, key: str, mine: Leg, other_key: str, other: Leg, cross: str, alone: str
):
    listing, other_listing = old(key), old(other_key)
    upkeep = maintenance(other_listing.tiers, other.size * other.mark)
    shared = WALLET + other.unrealised(other.mark) - upkeep
    together = liquidation_price(listing, [mine], shared, mine.mark)
    isolated = liquidation_price(listing, [mine], WALLET, mine.mark)
    assert together is not None
    assert isolated is not None
    assert (round(together, 2), round(isolated, 2)) == (D(cross), D(alone))


def test_a_short_is_liquidated_above_its_entry():
    price = liquidation_price(old(PERP), [leg(PERP, "-1", "40000", "40000")], D(4_000), D(40_000))
    # 4000 + 40000 - p = 0.004 p while p is at most 50,000.
    assert price is not None
    assert round(price, 4) == round(D(44_000) / D("1.004"), 4)


def test_a_long_that_is_paid_in_full_has_no_liquidation_price():
    assert liquidation_price(old(PERP), [leg(PERP, "1", "40000", "40000")], D(40_000), D(40_000)) is None
    assert liquidation_price(old(PERP), [], D(1), D(40_000)) is None


def test_both_legs_of_a_hedge_share_one_liquidation_price():
    long = leg(PERP, "2", "40000", "40000", PositionSide.LONG)
    short = leg(PERP, "-1", "40000", "40000", PositionSide.SHORT)
    price = liquidation_price(old(PERP), [long, short], D(4_000), D(40_000))
    assert price is not None
    left = D(4_000) + long.unrealised(price) + short.unrealised(price)
    upkeep = maintenance(OLD_BTC, 2 * price) + maintenance(OLD_BTC, price)
    assert abs(left - upkeep) < D("0.001")


@given(
    qty=st.integers(-3_000, 3_000).filter(bool),
    entry=st.integers(20_000, 90_000),
    balance=st.integers(1, 20_000_000),
    tiers=st.sampled_from(sorted(TIERS)),
)
@settings(deadline=None, max_examples=150)
def test_at_the_liquidation_price_what_is_left_is_exactly_maintenance(qty: int, entry: int, balance: int, tiers: str):
    listing = replace(LISTINGS[PERP], tiers=TIERS[tiers])
    mine = leg(PERP, str(qty), str(entry), str(entry))
    price = liquidation_price(listing, [mine], D(balance), D(entry))
    if price is None:
        # Nothing above zero: a long with more than enough behind it.
        assert qty > 0
        assert D(balance) + mine.unrealised(D("0.01")) > maintenance(listing.tiers, mine.size * D("0.01"))
        return
    left = D(balance) + mine.unrealised(price)
    assert abs(left - maintenance(listing.tiers, mine.size * price)) < D("0.01")


@given(first=st.integers(0, 2_000_000_000), second=st.integers(0, 2_000_000_000), tiers=st.sampled_from(sorted(TIERS)))
@settings(deadline=None, max_examples=150)
def test_maintenance_rises_with_the_notional_and_is_convex(first: int, second: int, tiers: str):
    table = TIERS[tiers]
    low, high = sorted((D(first), D(second)))
    middle = (low + high) / 2
    assert maintenance(table, low) <= maintenance(table, high)
    assert 2 * maintenance(table, middle) <= maintenance(table, low) + maintenance(table, high)


def test_initial_margin_is_rounded_up():
    assert initial(D(100), D(3)) == D("33.33333334")


def test_the_most_that_a_leverage_allows_is_the_cap_of_the_last_tier_that_allows_it():
    assert max_notional(OLD_BTC, D(125)) == 50_000
    assert max_notional(OLD_BTC, D(21)) == 1 * M
    assert max_notional(OLD_BTC, D(20)) == 10 * M
    assert max_notional(OLD_BTC, D(126)) == 0


def test_exposure_counts_only_the_orders_that_would_make_a_position_larger():
    long = leg(PERP, "1", "100", "100")
    assert exposure([long], Load(D(0), D(150)), hedge=False) == (D(100), D(100))
    assert exposure([long], Load(D(0), D(250)), hedge=False) == (D(100), D(150))
    assert exposure([long], Load(D(30), D(0)), hedge=False) == (D(100), D(130))
    legs = [
        leg(PERP, "1", "100", "100", PositionSide.LONG),
        leg(PERP, "-2", "100", "100", PositionSide.SHORT),
    ]
    assert exposure(legs, Load().plus(Side.BUY, D(10)).plus(Side.SELL, D(20)), hedge=True) == (D(300), D(330))
