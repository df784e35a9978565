"""The lending plan: pure arithmetic, the tool over the paper book, and the command that a person runs."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.funding import FundingLevel, FundingTrade
from blave_mcp.server.lend import Lender
from blave_mcp.server.store import Store
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.research.lending import (
    TIERS,
    borrowers_bid,
    expected,
    ladder,
    rates_of,
    read_weights,
    split,
    weights_for,
)
from blave_mcp.tools.workflows.lending import make_plan
from tests.desks import bitfinex, desk_of, paper_bitfinex
from tests.fakes import FakeClock, FakeHalt
from tests.server.peers import run
from tests.tools.conftest import call

D = Decimal
LEAST = D(150)


def level(rate: str, amount: str) -> FundingLevel:
    return FundingLevel(D(rate), 2, 1, D(amount))


def trades(period: int, *rates: str) -> list[FundingTrade]:
    return [
        FundingTrade(id=f"{period}-{n}", time_ms=n, amount=D(1), rate=D(rate), period=period)
        for n, rate in enumerate(rates)
    ]


# The arithmetic.


def test_the_tier_is_that_of_the_frr_a_year():
    assert weights_for(D("0.0003"))[0] == D("0.10")
    assert weights_for(D("0.0002"))[0] == D("0.06")
    assert weights_for(D("0.0001"))[0] == D("0.03")
    assert weights_for(D("0"))[0] == D("0")
    for _, weights in TIERS:
        assert sum(weights.values()) == 1


def test_what_borrowers_bid_is_the_rate_at_which_their_sum_reaches_the_demand():
    bids = [level("0.0001", "100000"), level("0.0003", "20000"), level("0.0002", "40000")]
    assert borrowers_bid(bids, D(50000)) == D("0.0002")
    assert borrowers_bid(bids, D(20000)) == D("0.0003")
    assert borrowers_bid(bids, D(10**9)) == D("0.0001")
    assert borrowers_bid([], D(1)) is None


def test_rates_come_from_the_trades_of_the_period_alone():
    found = rates_of([*trades(2, "1", "2", "3", "4", "5"), *trades(30, "100")], 2)
    assert (found.count, found.median, found.upper) == (5, D(3), D(4))
    assert rates_of(trades(2, "1", "2"), 2).median == D("1.5")
    assert rates_of([], 7).median is None


WEIGHTS = {2: D("0.4"), 7: D("0.3"), 30: D("0.2"), 120: D("0.1")}


@pytest.mark.parametrize(
    ("total", "wanted"),
    [
        ("149.99", {}),
        ("150", {2: (1, "150")}),
        ("299", {2: (1, "299")}),
        ("300", {2: (1, "150"), 7: (1, "150")}),
        ("600", {2: (2, "300"), 7: (1, "150"), 30: (1, "150")}),
        ("1500", {2: (3, "600"), 7: (3, "450"), 30: (2, "300"), 120: (1, "150")}),
        ("100000", {2: (3, "40000"), 7: (3, "30000"), 30: (3, "20000"), 120: (3, "10000")}),
    ],
)
def test_periods_too_small_to_lend_give_their_share_to_the_others(total: str, wanted: dict[int, tuple[int, str]]):
    assert split(D(total), LEAST, WEIGHTS, 3) == {days: (n, D(size)) for days, (n, size) in wanted.items()}


@given(
    total=st.decimals(0, 10**7, places=8),
    least=st.decimals(1, 1000, places=2),
    shares=st.dictionaries(st.integers(2, 120), st.integers(1, 100), min_size=1, max_size=5),
    tranches=st.integers(1, 10),
)
def test_nothing_is_lost_and_no_offer_is_too_small(
    total: Decimal, least: Decimal, shares: dict[int, int], tranches: int
):
    rungs = ladder(
        total, least=least, weights={k: D(v) for k, v in shares.items()}, trades=[], frr=D("0.0002"), floor=None,
        tranches=tranches,
    )  # fmt: skip
    assert bool(rungs) == (total >= least)
    if rungs:
        assert sum(one.amount for one in rungs) == total
        assert min(one.amount for one in rungs) >= least
        assert all(one.amount == one.amount.quantize(D("0.00000001")) for one in rungs)


def test_rates_climb_from_the_median_to_the_upper_quartile_and_never_below_what_borrowers_bid():
    rungs = ladder(
        D(900), least=LEAST, weights={2: D(1)}, trades=trades(2, "1", "2", "3", "4", "5"), frr=D(9), floor=D("3.2"),
    )  # fmt: skip
    assert [one.rate for one in rungs] == [D("3.2"), D("3.5"), D(4)]
    assert "borrowers bid" in rungs[0].why


def test_a_thin_period_gets_one_offer_at_the_frr_or_at_the_bid_where_that_is_higher():
    (one,) = ladder(D(900), least=LEAST, weights={7: D(1)}, trades=trades(7, "1"), frr=D("0.0002"), floor=None)
    assert (one.rate, one.amount) == (D("0.0002"), D(900))
    assert "1 trades tell no rate" in one.why
    (two,) = ladder(D(900), least=LEAST, weights={7: D(1)}, trades=[], frr=D("0.0002"), floor=D("0.0003"))
    assert two.rate == D("0.0003")


def test_the_expected_yield_is_weighted_by_amount_and_net_of_the_venues_part():
    rungs = ladder(D(1000), least=LEAST, weights={2: D(1)}, trades=[], frr=D("0.0002"), floor=None)
    found = expected(rungs, D("0.15"))
    assert found is not None
    assert (found.gross, found.net, found.net_per_day) == (D("0.073"), D("0.06205"), D("0.17"))
    assert expected([], D("0.15")) is None


def test_own_shares_are_read_and_need_not_sum_to_a_hundred():
    assert read_weights("2:1, 30:3%", (2, 120)) == {2: D("0.25"), 30: D("0.75")}
    for wrong in ("2", "x:1", "2:-1", "1:50", "121:50", "2:0", "", "2:1:1"):
        with pytest.raises(BadArgument):
            read_weights(wrong, (2, 120))


# The tool, over the paper book.


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def desk(tmp_path: Path, clock: FakeClock) -> Iterator[Desk]:
    with Store(tmp_path / "blave.sqlite3") as store:
        yield desk_of(clock, store, bitfinex(paper_bitfinex(clock), clock))


async def confirmed(desk: Desk, clock: FakeClock, token: str) -> str:
    clock.advance(3)
    done = await call(desk, "confirm_action", token=token, confirmation="CONFIRM")
    return str(done.data["state"])


async def test_the_plan_shows_market_wallet_ladder_and_yield_and_proposes_nothing_of_itself(desk: Desk):
    result = await call(desk, "plan_lending", currency="USDT")
    assert result.data["actions"] == []
    assert sum(D(row[1]) for row in result.data["plan"]["rows"]) == D(result.data["total"]) == D(50000)
    assert D(result.data["expected"]["net_a_year"]) == (
        D(result.data["expected"]["gross_a_year"]) * D("0.85")
    ).quantize(D("0.00000001"))
    rates = [D(row[2]) for row in result.data["plan"]["rows"]]
    assert min(rates) >= D(result.data["borrowers_bid_per_day"])
    assert "Nothing is proposed yet." in result.text
    assert "lent out 0 in 0 loans and credits" in result.text
    (chart,) = result.pictures
    assert "Ladder of 12 offers of USDT" in chart.alt
    assert await call(desk, "list_actions") is not None
    assert desk.gate.recent(5) == []


async def test_each_offer_is_an_action_of_its_own_and_a_second_plan_takes_the_resting_ones_back_first(
    desk: Desk, clock: FakeClock
):
    options = {"currency": "USDT", "weights": "2:50,30:50", "tranches": 1, "amount": "400", "chart": False}
    first = await call(desk, "plan_lending", propose=True, **options)
    tokens = [one["token"] for one in first.data["actions"]]
    assert len(tokens) == 2
    assert len({one["action"] for one in first.data["actions"]}) == 2
    assert first.text.count("PENDING ACTION") == 2
    assert [await confirmed(desk, clock, token) for token in tokens] == ["done", "done"]
    status = await call(desk, "get_funding", currency="USDT", view="status")
    again = await call(desk, "plan_lending", propose=True, **options)
    resting = again.data["resting_offers"]
    assert all(id in status.text for id in resting)
    assert len(again.data["actions"]) == len(resting) > 0
    assert "taken back" in again.text
    for one in again.data["actions"]:
        assert await confirmed(desk, clock, one["token"]) == "done"
    third = await call(desk, "plan_lending", **options)
    assert third.data["resting_offers"] == []


async def test_a_balance_below_the_minimum_offers_nothing_and_says_so(desk: Desk):
    result = await call(desk, "plan_lending", currency="USDT", amount="149.99", propose=True)
    assert "NOTHING TO OFFER: 149.99 USDT is below the least of one offer, 150 USDT (150 USD)." in result.text
    assert (result.data["actions"], result.pictures, desk.gate.recent(5)) == ([], (), [])


async def test_a_book_without_bids_has_no_floor_and_is_still_planned(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    from dataclasses import replace

    from blave_mcp.tools import funding
    from blave_mcp.tools.workflows import lending

    real = funding.lending_market

    async def one_sided(*args: object) -> object:
        found = await real(*args)  # type: ignore[arg-type]
        return replace(found, book=structs.replace(found.book, bids=()))

    monkeypatch.setattr(lending, "lending_market", one_sided)
    plan = await make_plan(desk, "USDT")
    assert plan.floor is None
    assert plan.total == D(50000)
    assert "none: nobody bids" in "\n".join(lending.plan_lines(plan))


async def test_what_is_no_amount_or_has_no_lending_is_refused(desk: Desk):
    with pytest.raises(BadArgument, match="greater than zero"):
        await call(desk, "plan_lending", currency="USDT", amount="0")
    with pytest.raises(BadArgument, match="no period with its share"):
        await call(desk, "plan_lending", currency="USDT", weights="all")


# The command.


async def lend(desk: Desk, *answers: str, **options: object) -> tuple[int, str, list[str]]:
    said: list[str] = []
    asked: list[str] = []
    words = iter(answers)

    def ask(question: str) -> str:
        asked.append(question)
        said.append(f"> {question}")
        return next(words)

    given = {"amount": "400", "weights": "2:50,30:50", "tranches": 1, **options}
    code = await Lender(desk, "USDT", given, said.append, ask).run()
    return code, "\n".join(said), asked


async def test_a_person_sees_the_whole_plan_and_one_word_carries_out_this_one_run(desk: Desk):
    code, said, asked = await lend(desk, "CONFIRM")
    assert code == 0, said
    assert len(asked) == 1
    before = said[: said.index("> ")]
    assert "PAPER" in before
    assert "Then makes 2 offers as above." in before
    assert said.count("DONE: Lend 200 USDT") == 2
    assert [(one.state.value, one.channel) for one in desk.gate.recent(5)] == [("done", "terminal")] * 2


@pytest.mark.parametrize("word", ["confirm", "CONFIRM ", "yes", "", "CONFIRM!"])
async def test_any_other_word_sends_nothing(desk: Desk, word: str):
    code, said, _ = await lend(desk, word)
    assert code == 1
    assert said.endswith("Nothing was sent.")
    assert desk.gate.recent(5) == []


async def test_a_second_run_takes_back_first_reads_the_wallet_and_offers_again(desk: Desk):
    await lend(desk, "CONFIRM", weights="120:1", amount="300", tranches=2)
    resting = len((await make_plan(desk, "USDT")).resting)
    code, said, asked = await lend(desk, "CONFIRM", "CONFIRM", amount="600")
    assert code == 0, said
    assert resting == 2
    assert said.count("First takes back offer") == 2
    assert said.count("DONE: Cancel offer") == 2
    assert said.count("DONE: Lend 300 USDT") == 2
    assert len(asked) == 1


async def test_a_halt_stops_the_run_and_what_was_not_sent_is_discarded(desk: Desk):
    brake = FakeHalt()
    desk.halt = brake
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        if text.startswith("DONE"):
            brake.why = "enough"

    options: dict[str, object] = {"amount": "900", "weights": "2:50,30:50", "tranches": 2}
    assert await Lender(desk, "USDT", options, say, lambda _: "CONFIRM").run() == 1
    assert said[-1] == "Stopped. 2 more actions were not sent."
    states = sorted(one.state.value for one in desk.gate.recent(10))
    assert states == ["discarded", "discarded", "done", "refused"]


async def test_below_the_minimum_nobody_is_asked(desk: Desk):
    code, said, asked = await lend(desk, amount="100")
    assert (code, asked) == (0, [])
    assert "NOTHING TO OFFER" in said


def test_without_a_terminal_the_command_refuses(tmp_path: Path):
    refused = run("lend", "USDT", home=tmp_path / "home")
    assert refused.returncode == 2
    assert "wants a person at a terminal" in refused.stderr
    assert "Nothing was sent." in refused.stderr
