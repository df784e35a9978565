"""Margin on the paper exchange: spot pairs on borrowed money, its interest, its tiers and its end."""

from decimal import Decimal

import pytest

from blave_mcp.exchanges.paper.exchange import PaperExchange
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import EntryKind, Listing, MarginMode, PositionSide, Rules, Side
from tests.exchanges.paper.scripted import (
    HOUR,
    LISTINGS,
    MARGIN,
    PERP,
    SPOT,
    T0,
    ScriptedMarket,
    buy,
    net,
    new_exchange,
    new_market,
    refused,
    sell,
)

D = Decimal
START = {"one": {"USDT": D(10_000), "BTC": D(1)}}
UNIFIED = Rules(spot_wallet="one", perp_wallet="one", default_leverage=D(5))


def open_on(market: ScriptedMarket, *, hedge: bool = False, mode: MarginMode = MarginMode.CROSS) -> PaperExchange:
    rules = Rules(
        spot_wallet="one", perp_wallet="one", default_leverage=D(5), hedge=hedge, default_margin_mode=mode
    )  # fmt: skip
    return new_exchange(market, rules=rules, balances=START)


@pytest.fixture
def market() -> ScriptedMarket:
    return new_market()


def cash(exchange: PaperExchange, now_ms: int) -> Decimal:
    return exchange.balance("one", "USDT", now_ms).total


def test_a_long_gains_what_the_spot_price_gains_and_leaves_the_coins_alone(market: ScriptedMarket):
    exchange = open_on(market)
    bought = exchange.place(buy(MARGIN, "0.5"), T0)
    assert bought.average == market.prices(SPOT, T0).ask, "it meets the book of spot"
    (held,) = exchange.positions(T0)
    assert (held.qty, held.leverage, held.margin_mode) == (D("0.5"), D(5), MarginMode.CROSS)
    assert held.initial_margin == D("0.5") * held.mark / 5
    market.move(SPOT, T0 + 1_000, "51000")
    exchange.place(sell(MARGIN, "0.5", reduce_only=True), T0 + 1_000)
    assert exchange.positions(T0 + 1_000) == ()
    paid = sum((fill.commission for fill in exchange.fills(T0 + 1_000)), D(0))
    assert paid == LISTINGS[SPOT].taker_fee * D("0.5") * (D("50000.01") + 51_000)
    assert cash(exchange, T0 + 1_000) == 10_000 + D("0.5") * (51_000 - D("50000.01")) - paid
    assert exchange.balance("one", "BTC", T0 + 1_000).total == 1


def test_a_market_buy_in_quote_opens_and_one_that_reduces_stops_at_the_position(market: ScriptedMarket):
    exchange = open_on(market)
    opened = exchange.place(buy(MARGIN, quote_qty="1000"), T0)
    assert opened.executed == D("1000") / D("50000.01") // D("0.00001") * D("0.00001")
    exchange.place(sell(MARGIN, f"{opened.executed}", reduce_only=True), T0)
    exchange.place(sell(MARGIN, "0.01"), T0)
    closed = exchange.place(buy(MARGIN, quote_qty="90000", reduce_only=True), T0)
    assert (closed.executed, closed.status.value) == (D("0.01"), "filled")
    assert exchange.positions(T0) == ()
    assert refused(exchange, buy(MARGIN, quote_qty="1000", reduce_only=True)) is Reason.REDUCE_ONLY_REJECTED
    assert refused(exchange, buy(MARGIN, quote_qty="60000")) is Reason.INSUFFICIENT_MARGIN


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_every_full_hour_what_is_borrowed_costs_interest(market: ScriptedMarket, side: Side):
    exchange = open_on(market)
    exchange.place(buy(MARGIN, "0.5") if side is Side.BUY else sell(MARGIN, "0.5"), T0 + 1)
    before = cash(exchange, T0 + 1)
    # A long owes the quote that it cost, a short its base, here worth as much as it was sold for.
    owed = D("0.5") * (D("50000.01") if side is Side.BUY else D("50000"))
    rate = LISTINGS[MARGIN].quote_interest if side is Side.BUY else LISTINGS[MARGIN].base_interest
    hourly = (owed * rate).quantize(D("1e-8"))
    assert cash(exchange, T0 + HOUR - 1) == before
    assert abs(cash(exchange, T0 + HOUR) - (before - hourly)) <= D("1e-8")
    assert abs(cash(exchange, T0 + 24 * HOUR) - (before - 24 * hourly)) <= 24 * D("1e-8")
    payments = exchange.funding_payments(T0 + 24 * HOUR)
    assert [(each.rate, each.key) for each in payments] == [(rate, MARGIN)] * 24
    noted = [each.amount for each in exchange.entries(T0 + 24 * HOUR) if each.kind is EntryKind.INTEREST]
    assert noted == [each.amount for each in payments]


def test_interest_of_an_isolated_position_is_paid_out_of_its_margin(market: ScriptedMarket):
    exchange = open_on(market, mode=MarginMode.ISOLATED)
    exchange.place(buy(MARGIN, "0.1"), T0 + 1)
    (held,) = exchange.positions(T0 + 1)
    free = exchange.balance("one", "USDT", T0 + 1).free
    (later,) = exchange.positions(T0 + 5 * HOUR)
    assert later.isolated_margin == held.isolated_margin - 5 * (D("5000.001") * D("0.00001")).quantize(
        D("1e-8"), "ROUND_UP"
    )
    assert exchange.balance("one", "USDT", T0 + 5 * HOUR).free == free


def test_leverage_and_size_are_bound_by_the_tiers(market: ScriptedMarket):
    exchange = open_on(market)
    tiers = LISTINGS[MARGIN].tiers
    assert exchange.set_leverage(MARGIN, D(10), T0).max_notional == tiers[0].cap
    with pytest.raises(PaperRefusal) as told:
        exchange.set_leverage(MARGIN, D(11), T0)
    assert told.value.reason is Reason.LEVERAGE_INVALID
    rich = new_exchange(market, rules=UNIFIED, balances={"one": {"USDT": D(9_000_000)}})
    rich.set_leverage(MARGIN, D(10), T0)
    assert refused(rich, buy(MARGIN, "41", "50000")) is Reason.MAX_POSITION


def test_an_isolated_position_is_liquidated_at_its_price_and_costs_its_margin_alone(market: ScriptedMarket):
    exchange = open_on(market, mode=MarginMode.ISOLATED)
    exchange.place(buy(MARGIN, "0.5"), T0 + 1)
    (held,) = exchange.positions(T0 + 1)
    before, price = cash(exchange, T0 + 1), held.liquidation_price
    assert price is not None
    # margin + (price - entry) * size = price * size * rate of the first tier
    rate = LISTINGS[MARGIN].tiers[0].rate
    exact = (held.entry_price - held.isolated_margin / held.qty) / (1 - rate)
    assert abs(price - exact) < D("0.00001")
    market.move(SPOT, T0 + 2_000, str((price + 1).quantize(D("0.01"))))
    assert len(exchange.positions(T0 + 2_000)) == 1
    market.move(SPOT, T0 + 3_000, str((price - 1).quantize(D("0.01"))))
    assert exchange.positions(T0 + 3_000) == ()
    assert len(exchange.liquidations(T0 + 3_000)) == 1
    assert cash(exchange, T0 + 3_000) == before - held.isolated_margin


def test_cross_margin_and_perpetuals_share_the_wallet_and_fall_together(market: ScriptedMarket):
    exchange = open_on(market)
    exchange.place(buy(PERP, "0.4"), T0 + 1)
    exchange.place(buy(MARGIN, "0.4"), T0 + 1)
    assert len(exchange.positions(T0 + 1)) == 2
    market.move(SPOT, T0 + 1_000, "40000")
    market.move(PERP, T0 + 1_001, "35500")
    assert exchange.positions(T0 + 2_000) == ()
    assert {each.key for each in exchange.liquidations(T0 + 2_000)} == {MARGIN, PERP}
    assert net(exchange.totals()) == {"USDT": D(10_000), "BTC": D(1)}


def test_in_hedge_mode_margin_has_one_position_all_the_same(market: ScriptedMarket):
    exchange = open_on(market, hedge=True)
    exchange.place(buy(PERP, "0.1", position_side=PositionSide.LONG), T0)
    exchange.place(buy(MARGIN, "0.1"), T0)
    exchange.place(sell(MARGIN, "0.3"), T0)
    assert {(p.key, p.position_side, p.qty) for p in exchange.positions(T0)} == {
        (PERP, PositionSide.LONG, D("0.1")),
        (MARGIN, PositionSide.BOTH, D("-0.2")),
    }
    assert refused(exchange, buy(MARGIN, "0.1", position_side=PositionSide.LONG)) is Reason.POSITION_SIDE_MISMATCH
    exchange.place(sell(PERP, "0.1", position_side=PositionSide.LONG), T0)
    exchange.set_hedge(False, T0)
    assert len(exchange.positions(T0)) == 1, "a margin position does not stand in its way"


def test_an_account_with_margin_comes_back_as_it_was(market: ScriptedMarket):
    exchange = open_on(market)
    exchange.place(sell(MARGIN, "0.1"), T0 + 1)
    exchange.place(buy(MARGIN, "0.1", "49000"), T0 + 1)
    again = PaperExchange.from_json(exchange.to_json(), market, listings=LISTINGS.values(), rules=UNIFIED)
    market.move(SPOT, T0 + HOUR, "48000")
    assert again.positions(T0 + 2 * HOUR) == exchange.positions(T0 + 2 * HOUR) == ()
    assert again.to_json() == exchange.to_json()


def test_margin_listings_need_tiers():
    spot: Listing = LISTINGS[SPOT]
    with pytest.raises(ValueError, match="need tiers"):
        type(spot)(**{**{name: getattr(spot, name) for name in spot.__slots__}, "product": LISTINGS[MARGIN].product})
