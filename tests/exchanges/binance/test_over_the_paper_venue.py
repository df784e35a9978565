"""The dialect and the verbs against the paper venue, which shares no code with them: every verb, and every trace."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from blave_mcp.exchanges.binance.verbs import BinanceFutures, BinanceSpot
from blave_mcp.exchanges.dialect import Ask, VenueFault, Verdict
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.models import (
    Instrument,
    MarginMode,
    Order,
    OrderIntent,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    Side,
    TimeInForce,
    Trace,
    TriggerBy,
)
from blave_mcp.exchanges.wire import Credentials
from tests.exchanges.binance.examples import DIALECT
from tests.exchanges.paper.face_client import KEY, SECRET, House

D = Decimal
SPOT, FUTURES = BinanceSpot(), BinanceFutures()
PAIR = Credentials(KEY, SECRET)


@dataclass
class Paper:
    """Sends our requests to the faces, as the client would."""

    house: House = field(default_factory=House)
    count: int = 0

    def send(self, call: Call) -> Any:
        product = call.endpoint.product
        now = self.house.clock.now
        request = DIALECT.request(call, PAIR, base_url=DIALECT.hosts[product].live, now_ms=now, testnet=False)
        return DIALECT.decipher(call, self.house.face(f"binance-{product}").answer(request))

    def ask(self, question: Ask[Any]) -> Any:
        payloads = []
        for call in question.calls:
            try:
                payloads.append(self.send(call))
            except VenueFault as fault:
                if not fault.not_found:
                    raise
                payloads.append(fault)
        return question.parse(*payloads)

    def stamped(self, call: Call) -> Call:
        self.count += 1
        product = call.endpoint.product
        return call.stamped(lambda wished, suffix: DIALECT.client_id(product, wished, f"t{self.count}{suffix}"))

    def carry_out(self, verbs: Any, calls: tuple[Call, ...]) -> list[Trace]:
        """Sends each call and looks up what became of it."""
        traces = []
        for each in calls:
            call = self.stamped(each)
            sent_ms = self.house.clock.now
            self.house.clock.wait(1)
            self.send(call)
            traces.append(self.ask(verbs.trace(call, sent_ms=sent_ms)))
        return traces

    def instrument(self, verbs: Any, native: str = "BTCUSDT") -> Instrument:
        return next(each for each in self.ask(verbs.instruments()) if each.native == native)

    def near(self, verbs: Any, share: str) -> Decimal:
        return (self.ask(verbs.ticker("BTCUSDT")).last * D(share)).quantize(D("0.1"))


def intent(instrument: Instrument, kind: OrderType, **more: Any) -> OrderIntent:
    return OrderIntent(**{"instrument": instrument, "side": Side.BUY, "type": kind, "size": D("0.01"), **more})


@pytest.mark.parametrize("verbs", [SPOT, FUTURES])
def test_the_market_can_be_read(verbs: Any):
    paper = Paper()
    instrument = paper.instrument(verbs)
    assert (instrument.symbol, instrument.trading) == ("BTC/USDT", True)
    ticker = paper.ask(verbs.ticker("BTCUSDT"))
    book = paper.ask(verbs.book("BTCUSDT", 5))
    assert ticker.symbol == book.symbol == "BTC/USDT"
    assert len(book.bids) == len(book.asks) == 5
    assert book.bids[0].price < book.asks[0].price
    end = paper.house.clock.now // 3_600_000 * 3_600_000
    start = end - 10 * 3_600_000
    candles = paper.ask(verbs.candles("BTCUSDT", "1h", start_ms=start, end_ms=end, limit=100))
    assert [candle.open_ms for candle in candles] == list(range(start, end, 3_600_000))
    assert paper.ask(verbs.trades("BTCUSDT", 5))


@pytest.mark.parametrize("verbs", [SPOT, FUTURES])
def test_the_account_can_be_read(verbs: Any):
    paper = Paper()
    assert D(50_000) in [balance.free for balance in paper.ask(verbs.balances())]
    settings = paper.ask(verbs.settings("BTCUSDT"))
    assert settings.symbol == "BTC/USDT"
    assert settings.taker_fee > 0
    assert paper.ask(verbs.open_orders()) == ()
    assert paper.ask(verbs.order_history("BTCUSDT", start_ms=None, end_ms=None, limit=9)) == ()
    assert paper.ask(verbs.fills("BTCUSDT", start_ms=None, end_ms=None, limit=9)) == ()


@pytest.mark.parametrize("verbs", [SPOT, FUTURES])
def test_a_market_order_is_filled_and_traced(verbs: Any):
    paper = Paper()
    (trace,) = paper.carry_out(verbs, verbs.place(intent(paper.instrument(verbs), OrderType.MARKET)))
    assert (trace.found, trace.facts["status"], D(trace.facts["filled"])) == (True, "filled", D("0.01"))
    (order,) = paper.ask(verbs.order_history("BTCUSDT", start_ms=None, end_ms=None, limit=9))
    assert (order.id, order.status, order.client_id) == (
        trace.facts["order_id"],
        OrderStatus.FILLED,
        trace.facts["client_id"],
    )
    fills = paper.ask(verbs.fills("BTCUSDT", start_ms=None, end_ms=None, limit=9))
    assert sum(fill.size for fill in fills) == D("0.01")


@pytest.mark.parametrize("verbs", [SPOT, FUTURES])
def test_a_resting_order_is_amended_and_cancelled(verbs: Any):
    paper = Paper()
    instrument = paper.instrument(verbs)
    price = paper.near(verbs, "0.9")
    paper.carry_out(
        verbs, verbs.place(intent(instrument, OrderType.LIMIT, price=price, time_in_force=TimeInForce.POST_ONLY))
    )
    (order,) = paper.ask(verbs.open_orders("BTCUSDT"))
    assert (order.price, order.size, order.time_in_force) == (price, D("0.01"), TimeInForce.POST_ONLY)
    (smaller,) = paper.carry_out(verbs, verbs.amend(order, instrument, price=None, size=D("0.008")))
    assert (smaller.found, D(smaller.facts["size"])) == (True, D("0.008"))
    (order,) = paper.ask(verbs.open_orders("BTCUSDT"))
    (moved,) = paper.carry_out(verbs, verbs.amend(order, instrument, price=price - 100, size=None))
    assert moved.found is True
    (order,) = paper.ask(verbs.open_orders("BTCUSDT"))
    assert (order.price, order.size) == (price - 100, D("0.008"))
    (gone,) = paper.carry_out(verbs, verbs.cancel(order))
    assert (gone.found, gone.facts["status"]) == (True, "canceled")
    assert paper.ask(verbs.open_orders("BTCUSDT")) == ()


CONDITIONAL: list[tuple[OrderType, str, dict[str, str]]] = [
    (OrderType.STOP_MARKET, "1.1", {}),
    (OrderType.STOP_LIMIT, "1.1", {"price": "1.11"}),
    (OrderType.TAKE_PROFIT_MARKET, "0.9", {}),
    (OrderType.TAKE_PROFIT_LIMIT, "0.9", {"price": "0.91"}),
    (OrderType.TRAILING_STOP, "", {}),
]


@pytest.mark.parametrize("verbs", [SPOT, FUTURES])
@pytest.mark.parametrize(("kind", "trigger", "prices"), CONDITIONAL)
def test_a_conditional_order_waits_is_found_and_cancelled(
    verbs: Any, kind: OrderType, trigger: str, prices: dict[str, str]
):
    paper = Paper()
    more: dict[str, Any] = {name: paper.near(verbs, share) for name, share in prices.items()}
    if kind is OrderType.TRAILING_STOP:
        more["callback_percent"] = D("1.5")
    else:
        more["trigger"] = paper.near(verbs, trigger)
    (placed,) = paper.carry_out(verbs, verbs.place(intent(paper.instrument(verbs), kind, **more)))
    assert placed.found is True
    (order,) = paper.ask(verbs.open_orders("BTCUSDT"))
    assert (order.type, order.status, order.size) == (kind, OrderStatus.UNTRIGGERED, D("0.01"))
    assert order.conditional == (verbs is FUTURES)
    assert order.trigger == more.get("trigger", order.trigger)
    same = paper.ask(verbs.order("BTCUSDT", id=order.id, conditional=order.conditional))
    assert (same.id, same.client_id) == (order.id, order.client_id)
    (gone,) = paper.carry_out(verbs, verbs.cancel(order))
    assert gone.found is True


def test_a_futures_position_is_opened_protected_and_closed():
    paper = Paper()
    btc = paper.instrument(FUTURES)
    assert [trace.found for trace in paper.carry_out(FUTURES, FUTURES.set_leverage("BTCUSDT", 7))] == [True]
    mode = FUTURES.set_margin_mode("BTCUSDT", MarginMode.ISOLATED)
    assert [trace.found for trace in paper.carry_out(FUTURES, mode)] == [True]
    paper.carry_out(FUTURES, FUTURES.place(intent(btc, OrderType.MARKET)))
    (position,) = paper.ask(FUTURES.positions())
    assert (position.side, position.size, position.leverage, position.margin_mode) == (
        PositionSide.LONG,
        D("0.01"),
        7,
        MarginMode.ISOLATED,
    )
    assert position.liquidation is not None
    assert position.liquidation < position.entry
    (margin,) = paper.carry_out(FUTURES, FUTURES.adjust_margin("BTCUSDT", PositionSide.BOTH, D("10")))
    assert margin.found is True
    guards = FUTURES.protect(
        btc,
        closing=Side.SELL,
        position_side=PositionSide.BOTH,
        size=None,
        take_profit=paper.near(FUTURES, "1.1"),
        stop_loss=paper.near(FUTURES, "0.95"),
        trigger_by=TriggerBy.MARK,
    )
    assert [trace.found for trace in paper.carry_out(FUTURES, guards)] == [True, True]
    open_ones: tuple[Order, ...] = paper.ask(FUTURES.open_orders())
    assert {(order.close_position, order.trigger_by) for order in open_ones} == {(True, TriggerBy.MARK)}
    assert [trace.found for trace in paper.carry_out(FUTURES, FUTURES.cancel_all("BTCUSDT", ()))] == [True, True]
    paper.carry_out(FUTURES, FUTURES.place(intent(btc, OrderType.MARKET, side=Side.SELL, reduce_only=True)))
    assert paper.ask(FUTURES.positions()) == ()


def test_hedge_mode_has_two_positions_in_one_symbol():
    paper = Paper()
    btc = paper.instrument(FUTURES)
    (mode,) = paper.carry_out(FUTURES, FUTURES.set_position_mode(PositionMode.HEDGE))
    assert mode.found is True
    assert paper.ask(FUTURES.settings("BTCUSDT")).position_mode is PositionMode.HEDGE
    for side, position_side in ((Side.BUY, PositionSide.LONG), (Side.SELL, PositionSide.SHORT)):
        paper.carry_out(FUTURES, FUTURES.place(intent(btc, OrderType.MARKET, side=side, position_side=position_side)))
    assert {position.side for position in paper.ask(FUTURES.positions())} == {PositionSide.LONG, PositionSide.SHORT}
    closing = intent(btc, OrderType.MARKET, side=Side.SELL, position_side=PositionSide.LONG, reduce_only=True)
    paper.carry_out(FUTURES, FUTURES.place(closing))
    assert [position.side for position in paper.ask(FUTURES.positions())] == [PositionSide.SHORT]


def test_brackets_and_funding_can_be_read():
    paper = Paper()
    tiers = paper.ask(FUTURES.brackets("BTCUSDT"))
    assert tiers[0].floor == 0
    assert all(a.cap == b.floor for a, b in pairwise(tiers))
    rates = paper.ask(FUTURES.funding_rates("BTCUSDT", start_ms=None, end_ms=None, limit=3))
    assert [rate.time_ms for rate in rates] == sorted(rate.time_ms for rate in rates)


def test_spot_holdings_are_protected_by_an_oco():
    paper = Paper()
    calls = SPOT.protect(
        paper.instrument(SPOT),
        closing=Side.SELL,
        position_side=PositionSide.BOTH,
        size=D("0.01"),
        take_profit=paper.near(SPOT, "1.1"),
        stop_loss=paper.near(SPOT, "0.9"),
        trigger_by=TriggerBy.LAST,
    )
    (placed,) = paper.carry_out(SPOT, calls)
    assert placed.found is True
    orders = paper.ask(SPOT.open_orders("BTCUSDT"))
    assert {order.type for order in orders} == {OrderType.TAKE_PROFIT_MARKET, OrderType.STOP_MARKET}
    assert {order.list_id for order in orders} == {placed.facts["list_id"]}
    (gone,) = paper.carry_out(SPOT, SPOT.cancel_all("BTCUSDT", ()))
    assert gone.found is True


def test_a_transfer_is_found_in_the_history():
    paper = Paper()
    for source, target in (("spot", "futures"), ("futures", "spot")):
        (trace,) = paper.carry_out(SPOT, SPOT.transfer("USDT", D("10"), source, target))
        assert (trace.found, trace.facts["status"]) == (True, "CONFIRMED")


@pytest.mark.parametrize("verbs", [SPOT, FUTURES])
def test_an_order_that_was_never_sent_is_proved_absent(verbs: Any):
    paper = Paper()
    for call in verbs.place(intent(paper.instrument(verbs), OrderType.MARKET)):
        question = verbs.trace(paper.stamped(call), sent_ms=paper.house.clock.now)
        assert paper.ask(question).found is False


@pytest.mark.parametrize("verbs", [SPOT, FUTURES])
def test_a_refusal_is_a_refusal(verbs: Any):
    paper = Paper()
    huge = intent(paper.instrument(verbs), OrderType.LIMIT, size=D("50"), price=paper.near(verbs, "0.99"))
    with pytest.raises(VenueFault) as caught:
        paper.carry_out(verbs, verbs.place(huge))
    assert caught.value.verdict is Verdict.REFUSED
    assert caught.value.meaning
