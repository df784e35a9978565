"""Intents become the calls that mean them, nothing that OKX cannot do is imitated, and every write can be traced."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from blave_mcp.exchanges.dialect import VenueFault, Verdict
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.models import (
    Instrument,
    MarginMode,
    Market,
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
from blave_mcp.exchanges.okx.endpoints import OKX
from blave_mcp.exchanges.okx.verbs import OkxMargin, OkxPerpetual, OkxSpot
from tests.exchanges.okx.examples import EVERY, example, payload
from tests.exchanges.okx.test_reads import ALGO, SWAP, SWAPS, swap_order

SPOT, MARGIN, PERP = OkxSpot(), OkxMargin(), OkxPerpetual()
ISOLATED = PERP.under(MarginMode.ISOLATED)
D = Decimal
(BTC,) = SPOT.instruments().parse(payload("instruments_spot"))
(LENT,) = MARGIN.instruments().parse(payload("instruments_spot"))
(PERP_BTC,) = PERP.instruments().parse(SWAPS)
GONE = VenueFault(Verdict.REFUSED, code="51603", message="x", not_found=True)
SELL, LONG = Side.SELL, PositionSide.LONG


def said(calls: tuple[Call, ...]) -> tuple[str, dict[str, Any]]:
    (call,) = calls
    return call.endpoint.id, call.arguments


def intent(instrument: Instrument, kind: OrderType, **more: Any) -> OrderIntent:
    return OrderIntent(**{"instrument": instrument, "side": Side.BUY, "type": kind, "size": D(2), **more})


MARKET, LIMIT, STOP = OrderType.MARKET, OrderType.LIMIT, OrderType.STOP_MARKET
SPOT_PLACED: list[tuple[OrderIntent, dict[str, Any]]] = [
    (intent(BTC, MARKET), {"ordType": "market", "sz": "2", "tgtCcy": "base_ccy", "banAmend": True}),
    (
        intent(BTC, MARKET, size=None, quote_size=D(50)),
        {"ordType": "market", "sz": "50", "tgtCcy": "quote_ccy", "banAmend": True},
    ),
    (intent(BTC, LIMIT, price=D(9)), {"ordType": "limit", "sz": "2", "px": "9"}),
    (
        intent(BTC, LIMIT, price=D(9), time_in_force=TimeInForce.POST_ONLY),
        {"ordType": "post_only", "sz": "2", "px": "9"},
    ),
    (intent(BTC, LIMIT, price=D(9), time_in_force=TimeInForce.IOC), {"ordType": "ioc", "sz": "2", "px": "9"}),
    (intent(BTC, LIMIT, price=D(9), time_in_force=TimeInForce.FOK), {"ordType": "fok", "sz": "2", "px": "9"}),
    (
        intent(BTC, STOP, trigger=D(9)),
        {
            "ordType": "conditional", "sz": "2", "slTriggerPx": "9", "slOrdPx": "-1", "slTriggerPxType": "last",
            "tgtCcy": "base_ccy",
        },
    ),
    (
        intent(BTC, OrderType.TAKE_PROFIT_LIMIT, trigger=D(9), price=D(8)),
        {"ordType": "conditional", "sz": "2", "tpTriggerPx": "9", "tpOrdPx": "8", "tpTriggerPxType": "last"},
    ),
    (
        intent(BTC, OrderType.TRAILING_STOP, callback_percent=D("1.5"), activation=D(9)),
        {"ordType": "move_order_stop", "sz": "2", "callbackRatio": "0.015", "activePx": "9"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("wish", "wanted"), SPOT_PLACED)
def test_spot_orders_are_traded_without_borrowing(wish: OrderIntent, wanted: dict[str, Any]):
    id, args = said(SPOT.place(wish))
    assert args == {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", **wanted}
    assert id == ("v5.algo.create" if wish.type.has_trigger else "v5.order.create")


PERP_PLACED: list[tuple[OrderIntent, dict[str, Any]]] = [
    (intent(PERP_BTC, MARKET), {"ordType": "market", "sz": "2"}),
    (intent(PERP_BTC, MARKET, reduce_only=True), {"ordType": "market", "sz": "2", "reduceOnly": True}),
    (
        intent(PERP_BTC, MARKET, reduce_only=True, position_side=PositionSide.SHORT),
        {"ordType": "market", "sz": "2", "posSide": "short"},
    ),
    (
        intent(PERP_BTC, STOP, trigger=D(9), trigger_by=TriggerBy.MARK),
        {"ordType": "trigger", "sz": "2", "triggerPx": "9", "orderPx": "-1", "triggerPxType": "mark"},
    ),
    (
        intent(PERP_BTC, OrderType.STOP_LIMIT, trigger=D(9), price=D(8), time_in_force=TimeInForce.IOC),
        {
            "ordType": "trigger", "sz": "2", "triggerPx": "9", "orderPx": "8", "triggerPxType": "last",
            "advanceOrdType": "ioc",
        },
    ),
    (
        intent(PERP_BTC, STOP, trigger=D(9), reduce_only=True),
        {
            "ordType": "conditional", "sz": "2", "slTriggerPx": "9", "slOrdPx": "-1", "slTriggerPxType": "last",
            "reduceOnly": True,
        },
    ),
    (
        intent(PERP_BTC, STOP, size=None, trigger=D(9), close_position=True),
        {
            "ordType": "conditional", "closeFraction": "1", "slTriggerPx": "9", "slOrdPx": "-1",
            "slTriggerPxType": "last", "reduceOnly": True,
        },
    ),
    (
        intent(PERP_BTC, OrderType.TAKE_PROFIT_MARKET, side=SELL, trigger=D(9), position_side=LONG),
        {
            "ordType": "conditional", "sz": "2", "tpTriggerPx": "9", "tpOrdPx": "-1", "tpTriggerPxType": "last",
            "posSide": "long", "side": "sell",
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("wish", "wanted"), PERP_PLACED)
def test_swap_orders_name_their_margin_mode(wish: OrderIntent, wanted: dict[str, Any]):
    _, args = said(PERP.place(wish))
    assert args == {"instId": SWAP, "tdMode": "cross", "side": "buy", **wanted}
    _, isolated = said(ISOLATED.place(wish))
    assert isolated["tdMode"] == "isolated"


def test_margin_orders_name_mode_and_currency():
    _, args = said(MARGIN.under(MarginMode.ISOLATED).place(intent(LENT, LIMIT, price=D(9))))
    assert (args["tdMode"], args["ccy"]) == ("isolated", "USDT")
    _, bought = said(MARGIN.place(intent(LENT, MARKET, size=None, quote_size=D(50))))
    assert (bought["sz"], "tgtCcy" in bought) == ("50", False)


@pytest.mark.parametrize(
    ("wish", "error", "words"),
    [
        (intent(BTC, MARKET, reduce_only=True), Unsupported, "no positions to reduce"),
        (intent(BTC, MARKET, position_side=LONG), Unsupported, "no position side"),
        (intent(LENT, MARKET), Unsupported, "sizes a margin market buy in quote"),
        (intent(PERP_BTC, MARKET, size=None, quote_size=D(5)), Unsupported, "Divide the amount"),
        (intent(PERP_BTC, STOP, size=None, quote_size=D(5), trigger=D(1)), Unsupported, "base or contracts"),
        (intent(PERP_BTC, MARKET, size=None, close_position=True), BadArgument, "Only a stop-market"),
        (intent(PERP_BTC, OrderType.TRAILING_STOP), BadArgument, "distance in percent"),
        (
            intent(PERP_BTC, OrderType.STOP_LIMIT, trigger=D(2), price=D(1), time_in_force=TimeInForce.POST_ONLY),
            Unsupported,
            "time_in_force",
        ),
    ],
)
def test_what_okx_cannot_do_is_refused_in_words(wish: OrderIntent, error: type[Exception], words: str):
    verbs = {Market.SPOT: SPOT, Market.MARGIN: MARGIN, Market.PERPETUAL: PERP}[wish.instrument.market]
    with pytest.raises(error, match=words):
        verbs.place(wish)


def resting(**changes: Any) -> Order:
    base: dict[str, Any] = {
        "id": "7", "client_id": "a", "symbol": "BTC/USDT", "native": SWAP, "side": Side.BUY, "type": LIMIT,
        "status": OrderStatus.OPEN, "size": D("0.1"), "filled": D("0.02"), "price": D(9),
    }  # fmt: skip
    return Order(**base | changes)


def test_amending_sends_what_changes_alone_and_counts_the_size_in_contracts():
    assert said(PERP.amend(resting(), PERP_BTC, price=D(8), size=None)) == (
        "v5.order.amend", {"instId": SWAP, "ordId": "7", "newPx": "8"},
    )  # fmt: skip
    assert said(PERP.amend(resting(), PERP_BTC, price=None, size=D(5)))[1]["newSz"] == "5"
    with pytest.raises(BadArgument, match=r"0\.02 of the order is filled"):
        PERP.amend(resting(), PERP_BTC, price=None, size=D(2))
    with pytest.raises(Unsupported, match="limit orders alone"):
        PERP.amend(resting(conditional=True), PERP_BTC, price=D(8), size=None)


def test_canceling_an_order_and_an_algo_order():
    assert said(PERP.cancel(resting())) == ("v5.order.cancel", {"instId": SWAP, "ordId": "7"})
    assert said(PERP.cancel(resting(conditional=True))) == (
        "v5.algo.cancel", {"orders": [{"instId": SWAP, "algoId": "7"}]},
    )  # fmt: skip


def test_canceling_all_names_every_order_in_batches_of_what_okx_takes():
    orders = [resting(id=str(n), conditional=n >= 25) for n in range(36)]
    calls = PERP.cancel_all(SWAP, orders)
    assert [(call.endpoint.id, len(call.get("orders"))) for call in calls] == [
        ("v5.batch.cancel", 20), ("v5.batch.cancel", 5), ("v5.algo.cancel", 10), ("v5.algo.cancel", 1),
    ]  # fmt: skip
    assert calls[1].get("orders")[-1] == {"instId": SWAP, "ordId": "24"}
    assert calls[3].get("orders") == [{"instId": SWAP, "algoId": "35"}]
    assert PERP.cancel_all(SWAP, []) == ()


def protect(verbs: Any, instrument: Instrument, **more: Any) -> dict[str, Any]:
    wish: dict[str, Any] = {
        "closing": SELL, "position_side": PositionSide.BOTH, "size": None, "take_profit": D(9), "stop_loss": D(5),
        "trigger_by": TriggerBy.MARK,
    }  # fmt: skip
    return said(verbs.protect(instrument, **wish | more))[1]


def test_protection_is_one_order_of_which_one_leg_ends_the_other():
    assert protect(ISOLATED, PERP_BTC) == {
        "instId": SWAP, "tdMode": "isolated", "side": "sell", "ordType": "oco", "closeFraction": "1",
        "tpTriggerPx": "9", "tpTriggerPxType": "mark", "tpOrdPx": "-1", "slTriggerPx": "5", "slTriggerPxType": "mark",
        "slOrdPx": "-1", "reduceOnly": True,
    }  # fmt: skip
    one = protect(PERP, PERP_BTC, take_profit=None, size=D(3), position_side=LONG)
    assert (one["ordType"], one["sz"], one["posSide"], "reduceOnly" in one) == ("conditional", "3", "long", False)
    assert protect(SPOT, BTC, size=D(1))["tdMode"] == "cash"
    assert protect(MARGIN, LENT, size=D(1))["ccy"] == "USDT"
    with pytest.raises(BadArgument, match="Give a size"):
        protect(SPOT, BTC)
    with pytest.raises(BadArgument, match="take-profit or a stop-loss"):
        protect(PERP, PERP_BTC, take_profit=None, stop_loss=None)


def test_settings_and_money():
    assert said(PERP.set_leverage(SWAP, 5)) == (
        "v5.leverage.set", {"instId": SWAP, "lever": "5", "mgnMode": "cross"},
    )  # fmt: skip
    assert said(PERP.under(MarginMode.ISOLATED, LONG).set_leverage(SWAP, 5))[1]["posSide"] == "long"
    assert said(PERP.set_position_mode(PositionMode.HEDGE))[1] == {"posMode": "long_short_mode"}
    assert said(PERP.adjust_margin(SWAP, PositionSide.BOTH, D(-5)))[1] == {
        "instId": SWAP, "posSide": "net", "type": "reduce", "amt": "5",
    }  # fmt: skip
    assert said(SPOT.transfer("USDT", D(5), "funding", "trading"))[1] == {
        "type": "0", "ccy": "USDT", "amt": "5", "from": "6", "to": "18",
    }  # fmt: skip
    with pytest.raises(BadArgument, match="no wallet"):
        SPOT.transfer("USDT", D(5), "spot", "trading")
    with pytest.raises(BadArgument, match="two different"):
        SPOT.transfer("USDT", D(5), "trading", "trading")


# Traces.


def traced(id: str, *payloads: Any, sent_ms: int = 0, **args: Any) -> Trace:
    call = OKX[id].call(args) if args else example(OKX[id])
    question = PERP.trace(call, sent_ms=sent_ms)
    assert question is not None
    assert all(not one.endpoint.writes for one in question.calls)
    found: Trace = question.parse(*payloads)
    return found


def test_every_write_but_those_that_leave_no_trace_can_be_traced():
    untraced = {e.id for e in EVERY if e.writes and PERP.trace(example(e), sent_ms=0) is None}
    # A countdown has no read of its own, and a loan by hand is told by a history without ids.
    assert untraced == {"v5.order.deadline", "v5.loan.change"}


def test_a_placed_order_is_found_by_its_client_id_and_its_absence_is_proof():
    found = traced("v5.order.create", payload("order"))
    assert (found.found, found.facts["order_id"], found.facts["filled"]) == (True, "680800019749904384", "0.00192834")
    assert traced("v5.order.create", GONE).found is False
    assert traced("v5.order.create", []).found is False
    call = OKX["v5.order.create"].call(
        instId=SWAP, tdMode="cross", side="buy", ordType="market", sz="1", clOrdId="abc1"
    )  # fmt: skip
    question = PERP.trace(call, sent_ms=0)
    assert question is not None
    assert question.calls[0].arguments == {"instId": SWAP, "clOrdId": "abc1"}
    assert question.parse([swap_order()], SWAPS).facts["filled"] == "0.04"


def test_algo_orders_cancellations_and_changes():
    assert traced("v5.algo.create", payload("algo_order")).found is True
    failed = [ALGO | {"state": "order_failed", "slTriggerPx": "1"}]
    assert traced("v5.algo.create", failed).found is False
    assert traced("v5.order.cancel", payload("order")).found is False, "it is filled"
    assert traced("v5.order.cancel", [{**payload("order")[0], "state": "canceled"}]).found is True
    assert traced("v5.order.cancel", GONE).found is None
    live = {**payload("order")[0], "state": "live", "ordType": "limit", "tgtCcy": "", "px": "2.2", "sz": "2"}
    assert traced("v5.order.amend", [live]).found is True
    assert traced("v5.order.amend", [{**live, "sz": "3"}]).found is False
    assert traced("v5.order.amend", [{**live, "sz": "3", "state": "filled"}]).found is None
    assert traced("v5.algo.amend", [ALGO | {"sz": "2", "slTriggerPx": "1"}]).found is True
    assert traced("v5.algo.cancel", [ALGO | {"state": "canceled", "slTriggerPx": "1"}]).found is True


def test_a_batch_is_traced_order_by_order():
    found = traced("v5.batch.create", payload("order"), GONE, SWAPS)
    assert found.found is True
    assert "1: Order 680800019749904384" in found.text
    assert "2: OKX has no order" in found.text
    assert traced("v5.batch.create", GONE, [], SWAPS).found is False


def test_states_are_compared_with_what_was_asked_for():
    assert traced("v5.position_mode.set", payload("account_config")).found is True
    assert traced("v5.position_mode.set", payload("account_config"), posMode="net_mode").found is False
    assert traced("v5.leverage.set", payload("leverage_info"), instId=SWAP, lever="10", mgnMode="cross").found is True
    assert traced("v5.leverage.set", payload("leverage_info"), instId=SWAP, lever="9", mgnMode="cross").found is False
    assert traced("v5.account.mode", payload("account_config")).found is True
    assert traced("v5.loan.auto", payload("account_config")).found is False
    assert traced("v5.position.close", []).found is True
    open_one = {**payload("positions")[0], "posSide": "net", "mgnMode": "cross"}
    assert traced("v5.position.close", [open_one]).found is None


def test_money_is_traced_by_its_id_or_by_the_bills():
    assert traced("v5.transfer.create", payload("transfer_state")).found is True
    assert traced("v5.transfer.create", [{**payload("transfer_state")[0], "state": "failed"}]).found is False
    assert traced("v5.transfer.create", [{**payload("transfer_state")[0], "state": "pending"}]).found is None
    assert traced("v5.transfer.create", []).found is False
    bill = {"instId": "BTC-USDT-SWAP", "balChg": "-1.5", "ccy": "USDT", "ts": "5000"}
    assert traced("v5.margin.adjust", [bill], sent_ms=4_000).found is True
    assert traced("v5.margin.adjust", [bill], sent_ms=9_000).found is None
