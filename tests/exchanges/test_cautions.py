"""What borrows, or sends money to another account, says so in every summary."""

from __future__ import annotations

import re

import pytest

from blave_mcp.exchanges.cautions import BORROWS, OTHER_ACCOUNT
from blave_mcp.exchanges.endpoint import Endpoint
from blave_mcp.server.kinds import kinds

WRITES = [endpoint for kind in kinds().values() for endpoint in kind.dialect.catalogue if endpoint.writes]
OF_LOANS = re.compile(r"borrow|loan\b|spot-margin-trade", re.IGNORECASE)
OF_OTHERS = re.compile(r"sub-?account.*transfer|transfer.*sub-?account|universal-transfer", re.IGNORECASE)
REPAYS = {"v5.loan.auto_repay", "spot.margin.repay"}
"""What only gives back."""


def said(pattern: re.Pattern[str]) -> list[Endpoint]:
    return [one for one in WRITES if pattern.search(f"{one.path} {one.doc}") and one.id not in REPAYS]


TELLING = (
    ("v5.transfer.create", {"ccy": "USDT", "amt": "1", "from": "6", "to": "6", "type": "1", "subAcct": "other"}),
    ("spot.order.create", {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Market", "qty": "1", "isLeverage": 1}),
    ("auth.funding_offer.create", {"type": "LIMIT", "symbol": "fUSD", "amount": "-1000", "rate": "0.1", "period": 2}),
)
"""Arguments that make the difference."""


def carries(endpoint: Endpoint, caution: str) -> bool:
    telling = next((args for id, args in TELLING if id == endpoint.id), {})
    return caution in endpoint.caution_for(telling)


@pytest.mark.parametrize("endpoint", said(OF_LOANS), ids=repr)
def test_what_borrows_warns_of_interest_and_liquidation(endpoint: Endpoint):
    assert carries(endpoint, BORROWS)


@pytest.mark.parametrize("endpoint", said(OF_OTHERS), ids=repr)
def test_what_pays_another_account_says_so(endpoint: Endpoint):
    assert carries(endpoint, OTHER_ACCOUNT)


def test_arguments_that_borrow_nothing_and_pay_nobody_else_warn_of_nothing():
    found = {one.id: one for one in WRITES if callable(one.caution)}
    assert found["v5.transfer.create"].caution_for({"ccy": "USDT", "type": "0"}) == ""
    assert found["spot.order.create"].caution_for({"symbol": "BTCUSDT"}) == ""
    assert found["spot.batch.create"].caution_for({"request": [{"isLeverage": 0}, {"isLeverage": 1}]}) == BORROWS


def test_there_is_something_to_warn_of():
    assert len(said(OF_LOANS)) >= 3
    assert len(said(OF_OTHERS)) >= 3


def test_no_withdrawal_is_in_any_catalogue():
    assert [one for one in WRITES if re.search(r"withdraw", f"{one.path} {one.id}", re.IGNORECASE)] == []
