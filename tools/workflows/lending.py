"""plan_lending: a ladder of offers for what is free, and the actions that would make it so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Any

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.funding import (
    FundingBook,
    FundingOffer,
    FundingRates,
    FundingStatus,
    FundingTrade,
    FundingVerbs,
    OfferIntent,
    OfferType,
)
from blave_mcp.tools.answers import answer, table
from blave_mcp.tools.charts.figure import Figure
from blave_mcp.tools.charts.lending import ladder_figure
from blave_mcp.tools.desk import Desk, Venue
from blave_mcp.tools.format import exact, money, percent, short
from blave_mcp.tools.funding import LendingMarket, cancel_funding_offer, lending_market, propose_offer
from blave_mcp.tools.funding_views import both
from blave_mcp.tools.research.lending import (
    CENT,
    YEAR,
    Rung,
    Weights,
    borrowers_bid,
    expected,
    ladder,
    read_weights,
    weights_for,
)
from blave_mcp.tools.spec import Result, columnar
from blave_mcp.tools.summary import RISK
from blave_mcp.tools.workflows.show import illustrated
from blave_mcp.tools.workflows.tools import DEMAND

HOUR_MS = 3_600_000
PAGE = 10_000
MOST_PAGES = 20
DEPTH = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A ladder, and everything it was made from.

    Attributes:
        least: the smallest offer that the venue takes, in the currency.
        usable: free now, and what resting offers would give back.
        cut: the user's own bound on the amount, or None.
    """

    place: Venue
    verbs: FundingVerbs
    status: FundingStatus
    rates: FundingRates
    book: FundingBook
    worth: Decimal
    floor: Decimal | None
    least: Decimal
    tier: Decimal | None
    weights: Weights
    trades: int
    cut: Decimal | None
    rungs: tuple[Rung, ...]

    @property
    def resting(self) -> list[FundingOffer]:
        return [one for one in self.status.offers if one.amount > 0]

    @property
    def usable(self) -> Decimal:
        return self.status.wallet.free + sum((one.amount for one in self.resting), Decimal(0))

    @property
    def total(self) -> Decimal:
        return sum((one.amount for one in self.rungs), Decimal(0))


async def three_days(desk: Desk, place: Venue, verbs: FundingVerbs, currency: str) -> list[FundingTrade]:
    """Every trade of the last three days, page by page, each once."""
    now = desk.clock.now_ms()
    start, found = now - 72 * HOUR_MS, dict[str, FundingTrade]()
    for _ in range(MOST_PAGES):
        page = await desk.ask(place.name, verbs.trades(currency, start_ms=start, end_ms=now + 1, limit=PAGE))
        fresh = [trade for trade in page if trade.id not in found]
        found.update((trade.id, trade) for trade in fresh)
        if len(page) < PAGE or not fresh:
            break
        start = page[-1].time_ms  # the last one again: others may share its time
    return list(found.values())


async def make_plan(
    desk: Desk,
    currency: str,
    *,
    venue: str = "bitfinex",
    amount: str = "",
    tranches: int = 3,
    weights: str = "",
    demand: str = DEMAND,
) -> Plan:
    """Reads the market and the account.

    Raises:
        BadArgument, Unsupported, MissingCredentials, and what the venue answers.
    """
    place, verbs = desk.funding(venue)
    desk.require_key(place)
    name = currency.strip().upper()
    own = read_weights(weights, verbs.periods) if weights else None
    cut = Decimal(amount) if amount else None
    if cut is not None and cut <= 0:
        raise BadArgument("amount is greater than zero.", advice="Leave it out to plan all that is free.")
    now = await lending_market(desk, place, verbs, name)
    status, rates = now.status, now.rates
    trades = await three_days(desk, place, verbs, name)
    tier, chosen = (None, own) if own is not None else weights_for(rates.frr)
    least = (verbs.least_dollars / now.worth).quantize(CENT, ROUND_UP)
    floor = borrowers_bid(now.book.bids, Decimal(demand))
    resting = sum((one.amount for one in status.offers if one.amount > 0), Decimal(0))
    usable = (status.wallet.free + resting).quantize(CENT, ROUND_DOWN)
    total = usable if cut is None else min(usable, cut)
    rungs = ladder(total, least=least, weights=chosen, trades=trades, frr=rates.frr, floor=floor, tranches=tranches)
    return Plan(
        place=place, verbs=verbs, status=status, rates=rates, book=now.book, worth=now.worth, floor=floor, least=least,
        tier=tier, weights=chosen, trades=len(trades), cut=cut, rungs=tuple(rungs),
    )  # fmt: skip


def plan_lines(plan: Plan) -> list[str]:
    """The whole plan for a person."""
    unit, wallet = plan.status.currency, plan.status.wallet
    lent = [one for one in plan.status.lent if not one.borrowed]
    out = sum((one.amount for one in lent), Decimal(0))
    shares = ", ".join(f"{days} d {percent(share, 0).lstrip('+')}" for days, share in plan.weights.items())
    why = "your own shares" if plan.tier is None else f"FRR of {percent(plan.tier, 0).lstrip('+')} a year or more"
    found = expected(plan.rungs, plan.verbs.fee)
    bid = "none: nobody bids" if plan.floor is None else both(plan.floor)
    lines = [
        f"Lending plan for {unit} on {plan.place.title}.",
        f"Market: FRR {both(plan.rates.frr)}; what borrowers bid for enough: {bid}; {plan.trades} trades in 3 days.",
        f"Wallet: {exact(wallet.total)} {unit}, free {exact(wallet.free)}; in {len(plan.resting)} resting offers "
        f"{exact(plan.usable - wallet.free)}; lent out {exact(out)} in {len(lent)} loans and credits.",
        f"Periods: {shares} ({why}).",
    ]
    if not plan.rungs:
        wanted = plan.usable if plan.cut is None else min(plan.usable, plan.cut)
        lines.append(
            f"NOTHING TO OFFER: {exact(wanted)} {unit} is below the least of one offer, {exact(plan.least)} {unit} "
            f"({exact(plan.verbs.least_dollars)} USD)."
        )
        return lines
    lines.append(rung_table(plan.rungs).text)
    assert found is not None  # noqa: S101 - there are rungs
    lines.append(
        f"Together {exact(plan.total)} {unit}. If all of it is lent for its whole period: "
        f"{percent(found.gross).lstrip('+')} a year, {percent(found.net).lstrip('+')} after the venue's "
        f"{exact(plan.verbs.fee * 100)} % of the interest, about {money(found.net_per_day, unit)} a day. "
        "Offers above the market may never be lent, and borrowers may return early."
    )
    return lines


def rung_table(rungs: Sequence[Rung]) -> Any:
    rows = [
        [n, one.period, exact(one.amount), exact(one.rate), short(one.rate * 100 * YEAR, 4), one.why]
        for n, one in enumerate(rungs, 1)
    ]
    return table(["offer", "days", "amount", "rate_per_day", "percent_a_year", "why"], rows)


def plan_figure(plan: Plan) -> Figure:
    yearly = YEAR * 100
    return ladder_figure(
        plan.status.currency,
        [(one.period, float(one.rate * yearly), float(one.amount)) for one in plan.rungs],
        frr=float(plan.rates.frr * yearly),
        floor=None if plan.floor is None else float(plan.floor * yearly),
        note=f"{plan.place.title}; before the venue's part of the interest. {RISK}",
    )


async def propose_cancels(desk: Desk, plan: Plan) -> list[Result]:
    """One pending action for each resting offer."""
    unit = plan.status.currency
    return [
        await cancel_funding_offer(desk, currency=unit, offer=one.id, venue=plan.place.name) for one in plan.resting
    ]


def propose_offers(desk: Desk, plan: Plan) -> list[Result]:
    """One pending action for each rung, checked against what the plan was made from."""
    market = LendingMarket(status=plan.status, rates=plan.rates, book=plan.book, worth=plan.worth)
    unit = plan.status.currency
    return [
        propose_offer(
            desk,
            plan.place,
            plan.verbs,
            OfferIntent(currency=unit, amount=one.amount, type=OfferType.LIMIT, rate=one.rate, period=one.period),
            market,
        )
        for one in plan.rungs
    ]


async def plan_lending(
    desk: Desk,
    *,
    currency: str,
    venue: str = "bitfinex",
    amount: str = "",
    tranches: int = 3,
    weights: str = "",
    demand: str = DEMAND,
    propose: bool = False,
    chart: bool = True,
) -> Result:
    plan = await make_plan(
        desk, currency, venue=venue, amount=amount, tranches=tranches, weights=weights, demand=demand
    )
    lines = plan_lines(plan)
    actions: list[Result] = []
    if propose and plan.rungs:
        actions = await propose_cancels(desk, plan) if plan.resting else propose_offers(desk, plan)
    if actions and plan.resting:
        lines.append(
            f"First the {len(actions)} resting offers are taken back, each with its own CONFIRM. When they are, call "
            "plan_lending again with propose: it reads the wallet anew and proposes the offers."
        )
    elif actions:
        lines.append(f"{len(actions)} offers are proposed, each with its own CONFIRM. They expire one by one.")
    elif plan.rungs:
        what = "taking back each resting offer" if plan.resting else "each offer"
        lines.append(f"Nothing is proposed yet. With propose: true there is one pending action for {what}.")
    lines += [action.text for action in actions]
    data = {
        "venue": plan.place.name,
        "currency": plan.status.currency,
        "plan": columnar(
            ["days", "amount", "rate_per_day", "why"],
            [[one.period, exact(one.amount), exact(one.rate), one.why] for one in plan.rungs],
        ),
        "total": exact(plan.total),
        "least": exact(plan.least),
        "frr_per_day": exact(plan.rates.frr),
        "borrowers_bid_per_day": exact(plan.floor),
        "resting_offers": [one.id for one in plan.resting],
        "actions": [{"action": one.data["action"], "token": one.data["token"]} for one in actions],
    }
    if found := expected(plan.rungs, plan.verbs.fee):
        data["expected"] = {
            "gross_a_year": exact(found.gross.quantize(CENT)),
            "net_a_year": exact(found.net.quantize(CENT)),
            "net_per_day": exact(found.net_per_day.quantize(CENT)),
        }
    result = answer(desk, plan.place, lines, data)
    return await illustrated(desk, result, plan_figure(plan)) if chart and plan.rungs else result
