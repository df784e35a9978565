"""Lending on paper: whatever is offered, lent, taken back and paid, no money is made or lost."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from blave_mcp.exchanges.paper.exchange import PaperExchange
from blave_mcp.exchanges.paper.lending import CURRENCIES, Lender, Loan, Offer, bids, frr, offers
from blave_mcp.exchanges.paper.refusals import PaperRefusal
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket

START_MS = 1_767_225_600_000
HOUR, DAY = 3_600_000, 86_400_000
D = Decimal
FEES = {"fee": D("0.15"), "hidden_fee": D("0.18")}
START = {"funding": {"USDT": D(10_000), "BTC": D(1)}}


def an_offer(currency: str, amount: str, kind: str, rate: str, period: int, *, hidden: bool) -> Offer:
    return Offer(
        id=0, currency=currency, amount=D(amount), kind=kind, rate=D(rate), period=period, hidden=hidden, created_ms=0,
        updated_ms=0,
    )  # fmt: skip


DEEDS = st.lists(
    st.one_of(
        st.tuples(
            st.just("offer"), st.sampled_from(["USDT", "BTC"]), st.sampled_from(["0.5", "150", "3000.12345678"]),
            st.sampled_from([("limit", "0.00001"), ("limit", "0.0002"), ("limit", "0.05"), ("fix", "0"), ("var", "0")]),
            st.sampled_from([2, 30, 120]), st.booleans(),
        ),
        st.tuples(st.just("cancel"), st.integers(1, 12)),
        st.tuples(st.just("wait"), st.sampled_from([1, HOUR, 7 * HOUR, DAY, 40 * DAY])),
        st.tuples(st.just("reload")),
    ),
    max_size=12,
)  # fmt: skip


@given(DEEDS)
@settings(max_examples=40, deadline=None)
def test_money_is_conserved_and_what_is_lent_is_locked(deeds: list[tuple[object, ...]]):
    now = START_MS
    exchange = PaperExchange(SyntheticMarket(), now_ms=now, balances=START)
    lender = Lender(exchange, "funding", {}, **FEES)
    for deed in deeds:
        match deed:
            case ("offer", str(currency), str(amount), (str(kind), str(rate)), int(period), bool(hidden)):
                wish = an_offer(currency, amount, kind, rate, period, hidden=hidden)
                try:
                    lender.submit(wish, now)
                except PaperRefusal:
                    assert exchange.balance("funding", currency, now).free < D(amount)
            case ("cancel", int(id)):
                lender.cancel(id, now)
            case ("wait", int(ms)):
                now += ms
            case _:
                lender = Lender(exchange, "funding", lender.to_json(), **FEES)
        lender.advance(now)
        for asset, total in exchange.totals().items():
            assert total == START["funding"].get(asset, 0)
            bound: list[Offer | Loan] = [*lender.offers, *lender.loans]
            balance = exchange.balance("funding", asset, now)
            assert balance.locked == sum((one.amount for one in bound if one.currency == asset), D(0))
            earned = sum((one.earned for one in (*lender.loans, *lender.past_loans) if one.currency == asset), D(0))
            assert balance.total == START["funding"].get(asset, D(0)) + earned
            assert balance.free >= 0


def test_the_same_time_is_reached_in_one_step_or_in_many():
    totals = []
    for steps in (1, 240):
        exchange = PaperExchange(SyntheticMarket(), now_ms=START_MS, balances=START)
        lender = Lender(exchange, "funding", {}, **FEES)
        lender.submit(an_offer("USDT", "1000", "limit", "0.00025", 2, hidden=False), START_MS)
        lender.submit(an_offer("USDT", "1000", "var", "0", 30, hidden=False), START_MS)
        for n in range(1, steps + 1):
            lender.advance(START_MS + 240 * HOUR * n // steps)
        totals.append((exchange.balance("funding", "USDT", START_MS + 240 * HOUR), lender.loans, lender.offers))
    assert totals[0] == totals[1]


def test_bids_lie_below_offers_and_both_near_the_frr():
    for currency in CURRENCIES:
        for day in range(20):
            now = START_MS + day * DAY
            best, least = next(bids(currency, now)), next(offers(currency, now))
            assert best.rate <= least.rate
            assert abs(frr(currency, now) - best.rate) <= frr(currency, now) / 10
            rates = [one.rate for one in bids(currency, now)]
            assert rates == sorted(rates, reverse=True)
