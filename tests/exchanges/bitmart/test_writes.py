"""What the write verbs send, and what each trace makes of the venue's answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from blave_mcp.exchanges.bitmart.endpoints import BITMART
from blave_mcp.exchanges.dialect import VenueFault, Verdict
from blave_mcp.exchanges.endpoint import Call, Effect
from blave_mcp.exchanges.errors import BadArgument, Unsupported
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
from tests.exchanges.bitmart.examples import EVERY, FUTURES, MARGIN, NOW_MS, SPOT, example, payload

(PERP,) = FUTURES.instruments().parse(payload("futures_details"))
(PAIR,) = SPOT.instruments().parse(payload("spot_symbols"))
(MARGIN_PAIR,) = MARGIN.instruments().parse(payload("spot_symbols"))
DETAILS = payload("futures_details")
TERMS: dict[str, Any] = {"leverage": 5, "margin_mode": MarginMode.CROSS}
ONE = Decimal(1)
ABSENT = VenueFault(Verdict.REFUSED, code="50005", message="no", not_found=True)


def intent(instrument: Instrument, **more: Any) -> OrderIntent:
    given: dict[str, Any] = {"side": Side.BUY, "type": OrderType.MARKET, "size": ONE}
    return OrderIntent(instrument=instrument, **{**given, **more})


def sent(calls: tuple[Call, ...]) -> dict[str, Any]:
    (call,) = calls
    return {"id": call.endpoint.id, **call.arguments}


def order(**more: Any) -> Order:
    given: dict[str, Any] = {
        "id": "7", "client_id": "c", "symbol": "BTC/USDT", "native": "BTC_USDT", "side": Side.BUY,
        "type": OrderType.LIMIT, "status": OrderStatus.OPEN, "size": Decimal(2), "filled": Decimal(0),
        "price": Decimal(100),
    }  # fmt: skip
    return Order(**{**given, **more})


# Placing.


@pytest.mark.parametrize(
    ("leg", "side", "reduce", "code"),
    [
        (PositionSide.LONG, Side.BUY, False, 1),
        (PositionSide.SHORT, Side.BUY, False, 2),
        (PositionSide.LONG, Side.SELL, False, 3),
        (PositionSide.SHORT, Side.SELL, False, 4),
        (PositionSide.BOTH, Side.BUY, False, 1),
        (PositionSide.BOTH, Side.BUY, True, 2),
        (PositionSide.BOTH, Side.SELL, True, 3),
        (PositionSide.BOTH, Side.SELL, False, 4),
    ],
)
def test_one_of_four_sides_and_terms_for_those_that_open(leg: PositionSide, side: Side, reduce: bool, code: int):
    args = sent(FUTURES.place(intent(PERP, side=side, position_side=leg, reduce_only=reduce, **TERMS)))
    assert args["side"] == code
    assert ({"leverage", "open_type"} <= args.keys()) is (code in (1, 4))
    assert "price" not in args


def test_a_limit_order_says_its_mode_and_an_opening_order_without_terms_is_refused():
    args = sent(
        FUTURES.place(
            intent(PERP, type=OrderType.LIMIT, price=Decimal("60000.5"), time_in_force=TimeInForce.POST_ONLY,
                   size=Decimal(10), client_id="me", **TERMS)
        )
    )  # fmt: skip
    assert args == {
        "id": "futures.order.create", "symbol": "BTCUSDT", "side": 1, "type": "limit", "price": "60000.5", "size": "10",
        "leverage": "5", "open_type": "cross", "mode": 4, "client_order_id": "me",
    }  # fmt: skip
    with pytest.raises(BadArgument, match="leverage and margin mode"):
        FUTURES.place(intent(PERP))
    with pytest.raises(Unsupported, match="in contracts"):
        FUTURES.place(intent(PERP, size=None, quote_size=ONE, **TERMS))


@pytest.mark.parametrize(
    ("kind", "side", "way"),
    [
        (OrderType.STOP_MARKET, Side.BUY, 1),
        (OrderType.STOP_MARKET, Side.SELL, 2),
        (OrderType.TAKE_PROFIT_MARKET, Side.BUY, 2),
        (OrderType.TAKE_PROFIT_LIMIT, Side.SELL, 1),
    ],
)
def test_the_way_of_a_trigger_follows_from_what_it_is_for(kind: OrderType, side: Side, way: int):
    price = Decimal(9) if kind.has_price else None
    args = sent(
        FUTURES.place(
            intent(PERP, type=kind, side=side, trigger=Decimal(8), price=price, trigger_by=TriggerBy.MARK, **TERMS)
        )
    )
    assert (args["id"], args["price_way"], args["price_type"]) == ("futures.plan.create", way, 2)
    assert args.get("executive_price") == ("9" if kind.has_price else None)


def test_trailing_stops_want_an_activation_and_trail_by_at_most_five_percent():
    wish: dict[str, Any] = {"type": OrderType.TRAILING_STOP, "callback_percent": Decimal(2), **TERMS}
    args = sent(FUTURES.place(intent(PERP, activation=Decimal(72000), **wish)))
    assert (args["id"], args["activation_price"], args["callback_rate"]) == ("futures.trail.create", "72000", "2")
    with pytest.raises(BadArgument, match="activation price"):
        FUTURES.place(intent(PERP, **wish))
    with pytest.raises(BadArgument, match=r"0\.1 to 5"):
        FUTURES.place(intent(PERP, activation=ONE, **{**wish, "callback_percent": Decimal(6)}))
    with pytest.raises(Unsupported, match="no client id"):
        FUTURES.place(intent(PERP, activation=ONE, client_id="x", **wish))


def test_closing_whatever_is_open_is_a_stop_for_the_whole_position():
    wish: dict[str, Any] = {"type": OrderType.STOP_MARKET, "side": Side.SELL, "close_position": True, "size": None}
    args = sent(FUTURES.place(intent(PERP, trigger=Decimal(5), client_id="me", **wish)))
    assert args == {
        "id": "futures.tpsl.create", "symbol": "BTCUSDT", "type": "stop_loss", "side": 3, "trigger_price": "5",
        "executive_price": "0", "price_type": 1, "plan_category": 2, "client_order_id": "me", "category": "market",
    }  # fmt: skip
    with pytest.raises(BadArgument, match="has no size"):
        FUTURES.place(intent(PERP, trigger=ONE, **{**wish, "size": ONE}))
    with pytest.raises(BadArgument, match="can close whatever"):
        FUTURES.place(intent(PERP, trigger=ONE, price=ONE, **{**wish, "type": OrderType.STOP_LIMIT}))


def test_spot_orders_by_type_and_sized_as_bitmart_sizes_them():
    assert sent(SPOT.place(intent(PAIR, size=None, quote_size=Decimal(50)))) == {
        "id": "spot.order.create", "symbol": "BTC_USDT", "side": "buy", "type": "market", "notional": "50",
    }  # fmt: skip
    for force, kind in ((None, "limit"), (TimeInForce.IOC, "ioc"), (TimeInForce.POST_ONLY, "limit_maker")):
        args = sent(SPOT.place(intent(PAIR, type=OrderType.LIMIT, price=Decimal(9), time_in_force=force)))
        assert (args["type"], args["size"], args["price"]) == (kind, "1", "9")
    args = sent(MARGIN.place(intent(MARGIN_PAIR, side=Side.SELL, client_id="me")))
    assert (args["id"], args["clientOrderId"], args["size"]) == ("spot.margin_order.create", "me", "1")
    for wrong in (
        {}, {"side": Side.SELL, "size": None, "quote_size": ONE}, {"reduce_only": True},
        {"type": OrderType.STOP_MARKET, "trigger": ONE},
        {"type": OrderType.LIMIT, "price": ONE, "time_in_force": TimeInForce.FOK},
    ):  # fmt: skip
        with pytest.raises(Unsupported):
            SPOT.place(intent(PAIR, **wrong))


# Changing and cancelling.


def test_changing_a_spot_order_cancels_it_and_places_what_is_unfilled():
    cancel, place = SPOT.amend(
        order(filled=Decimal("0.5"), time_in_force=TimeInForce.POST_ONLY), PAIR, price=Decimal(90), size=None
    )
    assert cancel.arguments == {"symbol": "BTC_USDT", "order_id": "7"}
    assert (place.get("size"), place.get("price"), place.get("type")) == ("1.5", "90", "limit_maker")
    with pytest.raises(BadArgument, match="filled already"):
        SPOT.amend(order(filled=Decimal(1)), PAIR, price=None, size=Decimal(1))
    with pytest.raises(Unsupported):
        SPOT.amend(order(type=OrderType.MARKET), PAIR, price=ONE, size=None)


def test_changing_an_order_of_a_perpetual():
    plain = order(native="BTCUSDT")
    assert sent(FUTURES.amend(plain, PERP, price=Decimal(9), size=Decimal(3))) == {
        "id": "futures.order.modify", "symbol": "BTCUSDT", "order_id": 7, "price": "9", "size": "3",
    }  # fmt: skip
    waiting = order(
        native="BTCUSDT", type=OrderType.STOP_LIMIT, conditional=True, trigger=Decimal(8), trigger_by=TriggerBy.MARK
    )
    assert sent(FUTURES.amend(waiting, PERP, price=Decimal(9), size=None)) == {
        "id": "futures.plan.modify", "symbol": "BTCUSDT", "order_id": "7", "type": "limit", "trigger_price": "8",
        "executive_price": "9", "price_type": 2,
    }  # fmt: skip
    with pytest.raises(Unsupported, match="not the size"):
        FUTURES.amend(waiting, PERP, price=None, size=ONE)
    with pytest.raises(Unsupported):
        FUTURES.amend(order(type="liquidate"), PERP, price=ONE, size=None)


def test_each_kind_of_order_is_cancelled_in_its_own_book():
    kinds = {
        "futures.order.cancel": {},
        "futures.plan.cancel": {"conditional": True, "type": OrderType.STOP_MARKET},
        "futures.trail.cancel": {"conditional": True, "type": OrderType.TRAILING_STOP},
    }
    for id, more in kinds.items():
        assert sent(FUTURES.cancel(order(native="BTCUSDT", **more)))["id"] == id
    orders = [order(native="BTCUSDT", id=str(n), **more) for n, more in enumerate(kinds.values())]
    swept = FUTURES.cancel_all("BTCUSDT", orders)
    assert [(call.endpoint.id, call.get("order_id")) for call in swept] == [
        ("futures.order.cancel_all", None), ("futures.plan.cancel", "1"), ("futures.trail.cancel", "2"),
    ]  # fmt: skip
    assert sent(SPOT.cancel_all("BTC_USDT", []))["id"] == "spot.order.cancel_all"
    by_id = MARGIN.cancel_all("BTC_USDT", [order(id=str(n)) for n in range(12)])
    assert [len(call.get("orderIds")) for call in by_id] == [10, 2]
    assert MARGIN.cancels_by_id
    with pytest.raises(Unsupported, match="margin has no transfer"):
        MARGIN.transfer("USDT", ONE, "spot", "futures")


def test_protection_is_one_order_for_each_price_the_stop_first():
    def protect(**more: Any) -> tuple[Call, ...]:
        given: dict[str, Any] = {
            "closing": Side.BUY, "position_side": PositionSide.BOTH, "size": None, "take_profit": Decimal(5),
            "stop_loss": Decimal(9), "trigger_by": TriggerBy.MARK,
        }  # fmt: skip
        return FUTURES.protect(PERP, **{**given, **more})

    stop, profit = protect()
    assert (stop.get("type"), stop.get("side"), stop.get("plan_category")) == ("stop_loss", 2, 2)
    assert (profit.get("type"), profit.get("trigger_price"), profit.get("price_type")) == ("take_profit", "5", 2)
    (part,) = protect(size=Decimal(50), take_profit=None, closing=Side.SELL, position_side=PositionSide.LONG)
    assert (part.get("side"), part.get("size"), part.get("plan_category")) == (3, "50", 1)
    with pytest.raises(BadArgument, match="must be given"):
        protect(take_profit=None, stop_loss=None)


def test_leverage_names_the_margin_mode_that_it_is_for():
    isolated = FUTURES.under(MarginMode.ISOLATED)
    assert sent(isolated.set_leverage("BTCUSDT", 7)) == {
        "id": "futures.leverage.set", "symbol": "BTCUSDT", "leverage": "7", "open_type": "isolated",
    }  # fmt: skip
    assert sent(FUTURES.set_margin_mode("BTCUSDT", MarginMode.ISOLATED))["open_type"] == "isolated"
    assert sent(FUTURES.set_position_mode(PositionMode.ONE_WAY))["position_mode"] == "one_way_mode"
    assert sent(SPOT.transfer("USDT", ONE, "futures", "spot"))["type"] == "contract_to_spot"
    with pytest.raises(BadArgument, match="USDT alone"):
        SPOT.transfer("BTC", ONE, "spot", "futures")
    with pytest.raises(BadArgument, match="no transfer"):
        SPOT.transfer("USDT", ONE, "spot", "spot")


# Traces.

UNTOLD = {
    "futures.order.cancel_after", "futures.demo.claim", "spot.margin.move", "spot.algo.create", "spot.algo.cancel",
    "spot.algo.cancel_all",
}  # fmt: skip
"""No read of BitMart tells what became of these."""


def trace(id: str, *payloads: Any, sent_ms: int = NOW_MS, **args: Any) -> Trace:
    call = BITMART[id].call(args) if args else example(BITMART[id])
    question = FUTURES.trace(call, sent_ms=sent_ms)
    assert question is not None
    assert all(asked.endpoint.effect is Effect.READ for asked in question.calls)
    return question.parse(*payloads)


def test_every_other_write_has_a_read_that_tells():
    untold = {e.id for e in EVERY if e.effect is Effect.WRITE and SPOT.trace(example(e), sent_ms=NOW_MS) is None}
    assert untold == UNTOLD


def test_a_spot_order_is_found_by_its_client_id_and_absence_is_proof():
    found = trace("spot.order.create", payload("spot_order"))
    assert (found.found, found.facts["order_id"], found.facts["status"]) == (True, "1234567890", "open")
    assert trace("spot.order.create", ABSENT).found is False
    failed = {**payload("spot_order"), "state": "failed"}
    assert trace("spot.margin_order.create", failed).found is False
    both = trace("spot.batch.create", payload("spot_order"), ABSENT)
    assert both.found is True
    assert "no order" in both.text
    assert trace("spot.batch.create", ABSENT, ABSENT).found is False


def test_a_cancellation_is_told_by_the_order():
    done = {**payload("spot_order"), "state": "canceled"}
    assert trace("spot.order.cancel", done).found is True
    assert trace("spot.order.cancel", payload("spot_order")).found is False
    assert trace("spot.order.cancel", ABSENT).found is None
    assert trace("spot.batch.cancel", done, payload("spot_order"), ABSENT).found is True
    assert trace("spot.order.cancel_all", []).found is True
    old = [payload("spot_order")]
    assert trace("spot.order.cancel_all", old, sent_ms=1_800_000_000_000).found is False
    assert trace("spot.order.cancel_all", old, sent_ms=1_600_000_000_000).found is True, "placed afterwards"


def test_an_order_of_a_perpetual_is_sought_among_open_waiting_and_done():
    mine = {**payload("futures_order"), "client_order_id": "t1"}
    assert trace("futures.order.create", [], [], [mine], DETAILS).found is True
    assert trace("futures.order.create", [], [], ABSENT, DETAILS).found is False
    plan = {**payload("futures_plans")[0], "client_order_id": "t1", "type": "stop_loss", "side": 3, "plan_category": 2}
    told = trace("futures.tpsl.create", [], [plan], [], DETAILS)
    assert (told.found, told.facts["trigger"]) == (True, "65000")
    ended = {**payload("futures_order"), "deal_size": "0"}
    assert trace("futures.order.cancel", [], [], [ended], DETAILS).found is True
    assert trace("futures.order.cancel", [], [], [], DETAILS).found is None
    assert trace("futures.plan.cancel", [], [], [], DETAILS).found is True
    assert trace("futures.plan.cancel", [], payload("futures_plans"), [], DETAILS).found is False
    swept = trace("futures.plan.cancel", payload("futures_plans"), DETAILS, symbol="BTCUSDT")
    assert swept.found is False
    open_one = {**payload("futures_order"), "state": 2, "deal_size": "0"}
    assert trace("futures.order.cancel_all", [open_one], DETAILS).found is False
    assert trace("futures.trail.cancel", [open_one], DETAILS, symbol="BTCUSDT").found is True


def test_orders_without_a_client_id_are_known_by_what_they_are():
    plan = {**payload("futures_plans")[0], "create_time": NOW_MS}
    assert trace("futures.plan.create", [plan], DETAILS).found is True
    assert trace("futures.plan.create", [{**plan, "create_time": NOW_MS - 60_000}], DETAILS).found is None, "older"
    assert trace("futures.plan.create", [{**plan, "trigger_price": "1"}], DETAILS).found is None
    trailing = {
        **payload("futures_order"), "type": "trailing", "side": 3, "size": "10", "state": 2, "deal_size": "0",
        "activation_price": "72000", "callback_rate": "2", "create_time": NOW_MS,
    }  # fmt: skip
    assert trace("futures.trail.create", [trailing], DETAILS).found is True
    assert trace("futures.trail.create", [], DETAILS).found is None


def test_a_change_is_done_when_the_order_has_what_was_asked_for():
    resting = {**payload("futures_order"), "type": "limit", "state": 2, "deal_size": "0", "price": "66500"}
    assert trace("futures.order.modify", [resting], [], [], DETAILS).found is True
    assert trace("futures.order.modify", [{**resting, "price": "66400"}], [], [], DETAILS).found is False
    assert trace("futures.order.modify", [], [], [payload("futures_order")], DETAILS).found is None
    assert trace("futures.order.modify", [], [], [], DETAILS).found is None
    plan = {**payload("futures_plans")[0], "trigger_price": "64000"}
    assert trace("futures.plan.modify", [], [plan], [], DETAILS).found is True
    preset = {**payload("futures_order"), "preset_take_profit_price": "73000", "preset_stop_loss_price": "64000"}
    assert trace("futures.preset.modify", preset).found is True
    assert trace("futures.preset.modify", payload("futures_order")).found is False


def test_settings_are_told_by_the_state_that_was_asked_for():
    (row,) = payload("futures_positions")
    assert trace("futures.leverage.set", [{**row, "leverage": "20"}]).found is True
    assert trace("futures.leverage.set", [row]).found is False
    assert trace("futures.leverage.set", []).found is None
    assert trace("futures.position_mode.set", payload("futures_position_mode")).found is True


def test_transfers_and_loans_are_found_in_their_records_and_absence_is_no_proof():
    (record,) = payload("futures_transfers")["records"]
    assert trace("futures.transfer.create", {"records": [record]}).found is True
    assert trace("futures.transfer.create", {"records": [{**record, "state": "FAILED"}]}).found is False
    assert trace("futures.transfer.create", {"records": [{**record, "state": "PROCESSING"}]}).found is None
    assert trace("futures.transfer.create", {"records": []}).found is None
    loan = {**payload("margin_borrows")["records"][0], "borrow_amount": "1000", "create_time": NOW_MS // 1000}
    assert trace("spot.margin.borrow", {"records": [loan | {"currency": "USDT"}]}).facts["borrow_id"] == "123456789"
    assert trace("spot.margin.borrow", payload("margin_borrows")).found is None
    paid = {**payload("margin_repayments")["records"][0], "repaid_amount": "1000", "repay_time": NOW_MS // 1000}
    assert trace("spot.margin.repay", {"records": [paid]}).facts["interest"] == "1"
    (moved,) = payload("futures_sub_transfers")
    recent = {**moved, "submissionTime": NOW_MS // 1000}
    assert trace("futures.subaccount.from_main", [recent]).found is True
    back = {**recent, "fromAccount": "mysubuser", "toAccount": "main"}
    assert trace("futures.subaccount.to_main", [back]).found is True
    assert trace("futures.subaccount.own_to_main", [moved]).found is None
