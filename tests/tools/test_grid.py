"""Sizes are given in base units, so what a refusal advises is in base units on every venue."""

from __future__ import annotations

from decimal import Decimal

import pytest

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.models import Instrument, Market
from blave_mcp.tools.grid import check_notional, check_size, floor_to, to_units, unit_words

D = Decimal
SWAP = Instrument(
    venue="toy", market=Market.PERPETUAL, symbol="BTC/USDT", native="BTC-USDT-SWAP", base="BTC", quote="USDT",
    settle="USDT", contract_size=D("0.01"), tick=D("0.1"), step=D("0.1"), min_size=D("0.1"), max_size=D(10000),
    min_notional=D(100),
)  # fmt: skip


@pytest.mark.parametrize(
    ("base", "says"),
    [
        ("0.0101", r"size 0\.0101 BTC .* off the step .* 0\.001 BTC \(0\.1 contracts of 0\.01\).*: 0\.01 or 0\.011\."),
        ("0.0001", r"size 0\.0001 BTC .* under the least .*, 0\.001 BTC .*Use 0\.001 or more\."),
        ("500", r"size 500 BTC .* over the most .* takes, 100 BTC \(10000 contracts of 0\.01\)"),
    ],
)  # fmt: skip
def test_what_is_advised_can_be_given_as_it_stands(base: str, says: str) -> None:
    with pytest.raises(BadArgument, match=says):
        check_size(SWAP, to_units(SWAP, D(base)), market=False)


@pytest.mark.parametrize(("price", "least"), [("50000", "0.002"), ("40000", "0.003"), ("100000", "0.001")])
def test_the_least_size_for_a_notional_is_the_least_that_is_enough(price: str, least: str) -> None:
    if D(price) * D("0.001") < 100:
        with pytest.raises(BadArgument, match=rf"At {price} the least size is {least}\."):
            check_notional(SWAP, D("0.1"), D(price))
    check_notional(SWAP, to_units(SWAP, D(least)), D(price))


def test_one_contract_is_one_contract() -> None:
    assert unit_words(SWAP, D(1)) == "0.01 BTC (1 contract of 0.01)"
    assert unit_words(SWAP, D("2.5")) == "0.025 BTC (2.5 contracts of 0.01)"


@pytest.mark.parametrize(
    ("value", "step", "floor"), [("1.29", "0.1", "1.2"), ("1.2", "0.1", "1.2"), ("1e18", "1e-8", "1e18")]
)
def test_the_floor_is_exact_however_far_the_step(value: str, step: str, floor: str) -> None:
    assert floor_to(D(value), D(step)) == D(floor)
