"""The margin of positions, cross and isolated, and what wallets may give."""

import pytest

from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import (
    MarginMode,
    OrderStatus,
    OrderType,
    Rules,
    Side,
)
from tests.exchanges.paper.perpetuals import (
    CROSS,
    ISOLATED,
    D,
    cash,
    free_exchange,
    isolated_exchange,
)
from tests.exchanges.paper.scripted import (
    ETH,
    PERP,
    SPOT,
    T0,
    buy,
    net,
    new_exchange,
    new_market,
    refused,
    request,
    sell,
)

# Margin


def test_an_opening_order_needs_margin_and_a_reducing_one_never_does():
    exchange = free_exchange()
    # 20x on 10,000 pays for 200,000; the loss against the mark at once counts as well.
    assert refused(exchange, buy(PERP, "4")) is Reason.INSUFFICIENT_MARGIN
    exchange.place(buy(PERP, "3.9"), T0)
    account = exchange.margin_account(T0)
    assert account.position_initial_margin == D("3.9") * 50_000 / 20
    assert account.available == 10_000 - D("3.9") * D("0.1") - account.position_initial_margin
    assert refused(exchange, buy(PERP, "0.3")) is Reason.INSUFFICIENT_MARGIN
    assert exchange.place(sell(PERP, "3"), T0).status is OrderStatus.FILLED


def test_turning_over_needs_margin_only_for_what_is_larger_than_before():
    exchange = free_exchange()
    exchange.place(buy(PERP, "3"), T0)
    assert exchange.place(sell(PERP, "6.5"), T0).status is OrderStatus.FILLED
    assert exchange.positions(T0)[0].qty == D("-3.5")
    assert refused(exchange, buy(PERP, "8")) is Reason.INSUFFICIENT_MARGIN


def test_resting_orders_hold_margin_and_conditional_ones_do_not():
    exchange = free_exchange()
    exchange.place(buy(PERP, "2", "48000"), T0)
    exchange.place(sell(PERP, "1", "52000"), T0)
    exchange.place(request(PERP, Side.BUY, OrderType.STOP_MARKET, "3", trigger_price="52000"), T0)
    account = exchange.margin_account(T0)
    # The larger side alone: both cannot fill from one price.
    assert (account.order_initial_margin, account.available) == (4_800, 5_200)
    assert exchange.transferable("perp", "USDT", T0) == 5_200


def test_a_reduction_frees_margin_and_unrealised_profit_counts_but_cannot_be_taken_out():
    market = new_market()
    exchange = free_exchange(market)
    exchange.place(buy(PERP, "2", "50000.1"), T0)
    market.move(PERP, T0 + 1_000, "60000.1")
    account = exchange.margin_account(T0 + 1_000)
    assert account.unrealised == 20_000
    assert account.available == 10_000 + 20_000 - D("6000.01")
    assert account.max_withdraw == 10_000


def test_a_price_worse_than_the_mark_costs_its_loss_as_well_as_margin():
    market = new_market()
    exchange = free_exchange(market)
    market.move(PERP, T0 + 1_000, "50000", "48000")
    # 3 at 50000.1 need 7,500 of margin, and lose 6,000 against the mark at once.
    assert refused(exchange, buy(PERP, "3"), T0 + 1_000) is Reason.INSUFFICIENT_MARGIN
    assert exchange.place(sell(PERP, "3"), T0 + 1_000).status is OrderStatus.FILLED


def test_an_amended_order_does_not_need_margin_twice():
    exchange = free_exchange()
    order = exchange.place(buy(PERP, "3.9", "49000"), T0)
    assert exchange.amend(PERP, T0, order_id=order.id, price=D(49_500)).price == 49_500
    with pytest.raises(PaperRefusal) as caught:
        exchange.amend(PERP, T0, order_id=order.id, qty=D("4.1"))
    assert caught.value.reason is Reason.INSUFFICIENT_MARGIN


def test_a_position_that_the_market_has_made_too_large_can_still_be_made_smaller():
    market = new_market()
    exchange = free_exchange(market, balances={"perp": {"USDT": D(100_000)}})
    exchange.set_leverage(PERP, D(125), T0)
    exchange.place(buy(PERP, "0.9"), T0)
    market.move(PERP, T0 + 1_000, "60000")
    assert refused(exchange, buy(PERP, "0.01"), T0 + 1_000) is Reason.MAX_POSITION
    assert exchange.place(sell(PERP, "0.5"), T0 + 1_000).status is OrderStatus.FILLED


def test_a_profit_elsewhere_does_not_pay_for_an_isolated_position():
    market = new_market()
    exchange = free_exchange(market)
    exchange.set_margin_mode(PERP, ISOLATED, T0)
    exchange.place(buy(ETH, "90"), T0)
    market.move(ETH, T0 + 1_000, "2500")
    assert exchange.margin_account(T0 + 1_000).available > 30_000
    assert refused(exchange, buy(PERP, "5"), T0 + 1_000) is Reason.INSUFFICIENT_MARGIN
    assert exchange.place(buy(PERP, "3"), T0 + 1_000).status is OrderStatus.FILLED


def test_a_position_cannot_outgrow_what_its_leverage_allows():
    exchange = free_exchange(balances={"perp": {"USDT": D(10_000_000)}})
    exchange.set_leverage(PERP, D(125), T0)
    assert exchange.settings(PERP).max_notional == 50_000
    assert refused(exchange, buy(PERP, "1.1")) is Reason.MAX_POSITION
    exchange.place(buy(PERP, "0.9"), T0)
    assert refused(exchange, buy(PERP, "0.2", "49000")) is Reason.MAX_POSITION
    assert exchange.place(sell(PERP, "0.9", "51000"), T0).status is OrderStatus.NEW


@pytest.mark.parametrize(
    ("leverage", "reason"),
    [
        ("0", Reason.LEVERAGE_INVALID),
        ("126", Reason.LEVERAGE_INVALID),
        ("125", Reason.LEVERAGE_TOO_HIGH),
        ("2", Reason.LEVERAGE_NEEDS_MARGIN),
    ],
)
def test_leverage_is_refused_where_the_position_forbids_it(leverage: str, reason: Reason):
    exchange = free_exchange()
    exchange.place(buy(PERP, "2"), T0)
    before = exchange.to_json()
    with pytest.raises(PaperRefusal) as caught:
        exchange.set_leverage(PERP, D(leverage), T0)
    assert caught.value.reason is reason
    assert exchange.to_json() == before
    assert exchange.set_leverage(PERP, D(50), T0).leverage == 50


def test_raising_the_leverage_is_never_a_matter_of_margin():
    market = new_market()
    exchange = free_exchange(market)
    exchange.place(buy(PERP, "3.5"), T0)
    market.move(PERP, T0 + 1_000, "49500")
    assert exchange.margin_account(T0 + 1_000).available == 0
    assert exchange.set_leverage(PERP, D(25), T0 + 1_000).leverage == 25


def test_the_margin_mode_changes_only_with_nothing_open_in_the_listing():
    exchange = free_exchange()
    reasons = []

    def attempt(mode: MarginMode) -> None:
        with pytest.raises(PaperRefusal) as caught:
            exchange.set_margin_mode(PERP, mode, T0)
        reasons.append(caught.value.reason)

    attempt(CROSS)
    order = exchange.place(buy(PERP, "0.1", "49000"), T0)
    attempt(ISOLATED)
    exchange.cancel(PERP, T0, order_id=order.id)
    exchange.place(buy(PERP, "0.1"), T0)
    attempt(ISOLATED)
    assert exchange.set_margin_mode(ETH, ISOLATED, T0).margin_mode is ISOLATED
    assert reasons == [
        Reason.MARGIN_MODE_UNCHANGED,
        Reason.MARGIN_MODE_HAS_ORDERS,
        Reason.MARGIN_MODE_HAS_POSITION,
    ]


def test_an_isolated_position_has_its_own_margin():
    exchange = isolated_exchange()
    position = exchange.positions(T0)[0]
    assert position.isolated_margin == D("2500.005")
    balance = exchange.balance("perp", "USDT", T0)
    assert (balance.free, balance.locked) == (D("7499.995"), D("2500.005"))
    exchange.place(sell(PERP, "0.4"), T0)
    assert exchange.positions(T0)[0].isolated_margin == D("1500.003")


def test_margin_is_added_to_and_taken_from_an_isolated_position():
    exchange = isolated_exchange()
    more = exchange.adjust_margin(PERP, D(1_000), T0)
    assert more.isolated_margin == D("3500.005")
    before = exchange.positions(T0)[0].liquidation_price
    less = exchange.adjust_margin(PERP, D(-900), T0)
    assert less.isolated_margin == D("2600.005")
    assert before is not None
    assert less.liquidation_price is not None
    assert less.liquidation_price > before


@pytest.mark.parametrize(
    ("key", "amount", "reason"),
    [
        (PERP, "0", Reason.BAD_AMOUNT),
        (PERP, "0.000000001", Reason.BAD_AMOUNT),
        (PERP, "7500", Reason.INSUFFICIENT_MARGIN),
        (PERP, "-0.1", Reason.ISOLATED_MARGIN_INSUFFICIENT),
        (ETH, "1", Reason.NO_POSITION),
    ],
)
def test_isolated_margin_is_refused_where_it_is_not_there_or_not_spare(key: str, amount: str, reason: Reason):
    exchange = isolated_exchange()
    with pytest.raises(PaperRefusal) as caught:
        exchange.adjust_margin(key, D(amount), T0)
    assert caught.value.reason is reason


def test_a_cross_position_has_no_margin_of_its_own_to_adjust():
    exchange = free_exchange()
    exchange.place(buy(PERP, "1"), T0)
    with pytest.raises(PaperRefusal) as caught:
        exchange.adjust_margin(PERP, D(1), T0)
    assert caught.value.reason is Reason.NOT_ISOLATED


def test_an_isolated_position_does_not_lower_its_leverage():
    exchange = isolated_exchange()
    with pytest.raises(PaperRefusal) as caught:
        exchange.set_leverage(PERP, D(10), T0)
    assert caught.value.reason is Reason.LEVERAGE_NEEDS_MARGIN
    assert exchange.set_leverage(PERP, D(40), T0).leverage == 40


def test_an_isolated_loss_beyond_its_margin_is_the_insurance_funds():
    market = new_market()
    exchange = isolated_exchange(market)
    # The book is far below the mark: the sale loses more than the 2,500 set aside.
    market.move(PERP, T0 + 1_000, "46000.1", "50000")
    exchange.place(sell(PERP, "1"), T0 + 1_000)
    assert cash(exchange, T0 + 1_000) == 10_000 - D("2500.005")
    assert exchange.system_accounts().insurance == {"USDT": D("-1499.995")}
    assert net(exchange.totals()) == {"USDT": 10_000}


# Wallets


def test_transfers_move_what_is_free_and_no_more():
    exchange = free_exchange()
    exchange.transfer("USDT", D("2500.5"), source="perp", target="spot", now_ms=T0, tag="x")
    (done,) = exchange.transfers(T0)
    assert (done.amount, done.source, done.target, done.tag) == (D("2500.5"), "perp", "spot", "x")
    assert exchange.balance("spot", "USDT", T0).free == D("2500.5")
    exchange.place(buy(PERP, "2"), T0)
    spare = exchange.transferable("perp", "USDT", T0)
    assert spare == 7_500 - D("0.5") - D("0.2") - 5_000
    for amount, source, target, reason in (
        (spare + D("0.00000001"), "perp", "spot", Reason.INSUFFICIENT_BALANCE),
        (D(1), "nowhere", "spot", Reason.INSUFFICIENT_BALANCE),
        (D(1), "spot", "spot", Reason.SAME_WALLET),
        (D(-1), "perp", "spot", Reason.BAD_AMOUNT),
        (D("1e-9"), "perp", "spot", Reason.BAD_AMOUNT),
    ):
        with pytest.raises(PaperRefusal) as caught:
            exchange.transfer("USDT", amount, source=source, target=target, now_ms=T0)
        assert caught.value.reason is reason
    exchange.transfer("USDT", spare, source="perp", target="spot", now_ms=T0)
    assert exchange.margin_account(T0).available == 0


def test_what_is_held_cannot_be_spent_until_it_is_released():
    exchange = new_exchange()
    exchange.hold("spot", "USDT", D(49_000), now_ms=T0)
    assert refused(exchange, buy(SPOT, "0.1", "49000")) is Reason.INSUFFICIENT_BALANCE
    with pytest.raises(PaperRefusal) as caught:
        exchange.release("spot", "USDT", D(49_001), now_ms=T0)
    assert caught.value.reason is Reason.NOT_HELD
    exchange.release("spot", "USDT", D(49_000), now_ms=T0)
    assert exchange.place(buy(SPOT, "0.1", "49000"), T0).status is OrderStatus.NEW


def test_the_house_pays_interest_and_collects_it():
    exchange = new_exchange()
    exchange.pay("funding", "USDT", D(5), now_ms=T0)
    exchange.pay("spot", "USDT", D(-2), now_ms=T0)
    assert exchange.balance("funding", "USDT", T0).free == 5
    assert exchange.system_accounts().house == {"USDT": -3}
    with pytest.raises(PaperRefusal) as caught:
        exchange.pay("funding", "USDT", D(-6), now_ms=T0)
    assert caught.value.reason is Reason.INSUFFICIENT_BALANCE


def test_in_a_unified_account_spot_cannot_spend_what_positions_need():
    rules = Rules(spot_wallet="unified", perp_wallet="unified")
    exchange = free_exchange(rules=rules, balances={"unified": {"USDT": D(10_000)}})
    exchange.place(buy(PERP, "3"), T0)
    assert refused(exchange, buy(SPOT, "0.06")) is Reason.INSUFFICIENT_BALANCE
    exchange.place(buy(SPOT, "0.0499"), T0)
    assert exchange.margin_account(T0).available < 10
    assert exchange.balance("unified", "BTC", T0).free == D("0.0499")
