"""What became of a write: for each writing endpoint, the read that tells, and what its answer proves."""

from __future__ import annotations

from typing import Any

import pytest

from blave_mcp.exchanges.binance.endpoints import BINANCE
from blave_mcp.exchanges.binance.verbs import BinanceFutures, BinanceSpot
from blave_mcp.exchanges.dialect import Ask, VenueFault, Verdict
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import Unavailable
from blave_mcp.exchanges.models import Trace
from tests.exchanges.binance.examples import EVERY, NOW_MS, example, payload

VERBS = {"spot": BinanceSpot(), "futures": BinanceFutures()}
WRITES = [endpoint for endpoint in EVERY if endpoint.writes]
ABSENT = VenueFault(Verdict.REFUSED, code="-2013", message="Order does not exist.", not_found=True)


def traced(call: Call | str, sent_ms: int = NOW_MS) -> Ask[Trace]:
    call = example(BINANCE[call]) if isinstance(call, str) else call
    question = VERBS[call.endpoint.product].trace(call, sent_ms=sent_ms)
    assert question is not None
    return question


def asked(question: Ask[Trace]) -> list[tuple[str, dict[str, Any]]]:
    return [(call.endpoint.id, call.arguments) for call in question.calls]


def spot_order(**changes: Any) -> dict[str, Any]:
    return {**payload("spot_order"), **changes}


def futures_order(**changes: Any) -> dict[str, Any]:
    return {**payload("futures_order"), "type": "LIMIT", "origType": "LIMIT", **changes}


def algo_order(**changes: Any) -> dict[str, Any]:
    return {**payload("futures_algo"), **changes}


@pytest.mark.parametrize("endpoint", WRITES, ids=lambda endpoint: endpoint.id)
def test_every_write_can_be_traced_by_reads_alone(endpoint: Any):
    question = traced(example(endpoint))
    assert question.calls
    assert not any(call.endpoint.writes for call in question.calls)


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_only_writes_are_traced(endpoint: Any):
    question = VERBS[endpoint.product].trace(example(endpoint), sent_ms=NOW_MS)
    assert (question is not None) == endpoint.writes


@pytest.mark.parametrize(
    ("id", "query"),
    [
        ("spot.order.create", ("spot.order.get", {"symbol": "BTCUSDT", "origClientOrderId": "x-GBN6HWR2t1"})),
        ("spot.sor.create", ("spot.order.get", {"symbol": "BTCUSDT", "origClientOrderId": "x-GBN6HWR2t1"})),
        ("futures.order.create", ("futures.order.get", {"symbol": "BTCUSDT", "origClientOrderId": "x-52DDFAFNt1"})),
        ("futures.algo.create", ("futures.algo.get", {"clientAlgoId": "x-52DDFAFNt1"})),
        ("spot.list.oco", ("spot.list.get", {"origClientOrderId": "x-GBN6HWR2t1a"})),
        ("spot.list.otoco", ("spot.list.get", {"origClientOrderId": "x-GBN6HWR2t1a"})),
    ],
)
def test_what_was_placed_is_looked_up_by_its_client_id_and_its_absence_is_proof(id: str, query: tuple[str, Any]):
    question = traced(id)
    assert asked(question) == [query]
    gone = question.parse(ABSENT)
    assert gone.found is False
    assert "-2013" in gone.text


def test_a_filled_order_is_told_in_the_venue_s_own_numbers():
    filled = spot_order(status="FILLED", executedQty="1.0", cummulativeQuoteQty="0.099", clientOrderId="x-GBN6HWR2t1")
    assert traced("spot.order.create").parse(filled) == Trace(
        found=True,
        text="Order 1 (client id x-GBN6HWR2t1) is filled: 1.0 of 1.0 filled at 0.099 on average, 0.099 in quote.",
        facts={
            "order_id": "1", "client_id": "x-GBN6HWR2t1", "status": "filled", "size": "1.0", "filled": "1.0",
            "average": "0.099", "price": "0.1", "cost": "0.099",
        },
    )  # fmt: skip


def test_an_order_that_the_engine_rejected_did_not_take_effect():
    assert traced("futures.order.create").parse(futures_order(status="REJECTED")).found is False
    assert traced("futures.order.create").parse(futures_order(status="EXPIRED")).found is True
    assert traced("futures.algo.create").parse(algo_order(algoStatus="REJECTED")).found is False
    whole = traced("futures.algo.create").parse(algo_order(algoStatus="NEW", closePosition=True, quantity="0"))
    assert (whole.found, "the whole position" in whole.text) == (True, True)


@pytest.mark.parametrize(
    ("id", "order"),
    [
        ("spot.order.cancel", spot_order),
        ("futures.order.cancel", futures_order),
        ("futures.algo.cancel", lambda status: algo_order(algoStatus=status)),
    ],
)
def test_a_cancellation_took_effect_where_the_order_is_cancelled(id: str, order: Any):
    question = traced(id)
    assert question.parse(order(status="CANCELED")).found is True
    assert question.parse(order(status="NEW")).found is False
    assert question.parse(ABSENT).found is None


def test_a_filled_order_was_not_cancelled():
    done = traced("spot.order.cancel").parse(spot_order(status="FILLED", executedQty="1.0"))
    assert (done.found, "filled" in done.text) == (False, True)


@pytest.mark.parametrize(
    ("id", "row"),
    [
        ("spot.order.cancel_all", lambda ms: spot_order(time=ms)),
        ("futures.order.cancel_all", lambda ms: futures_order(time=ms)),
        ("futures.algo.cancel_all", lambda ms: algo_order(createTime=ms)),
    ],
)
def test_cancelling_all_failed_where_an_older_order_is_still_open(id: str, row: Any):
    question = traced(id)
    assert question.parse([]).found is True
    assert question.parse([row(NOW_MS + 1)]).found is True
    assert question.parse([row(NOW_MS + 1), row(NOW_MS - 1)]).found is False


def test_an_amendment_took_effect_where_size_and_client_id_are_the_new_ones():
    question = traced("spot.order.amend")
    assert asked(question) == [("spot.order.get", {"symbol": "BTCUSDT", "orderId": 1})]
    new = spot_order(origQty="0.0005", clientOrderId="x-GBN6HWR2t1")
    assert question.parse(new).found is True
    assert question.parse({**new, "origQty": "1.0", "clientOrderId": "old"}).found is False
    assert question.parse({**new, "origQty": "1.0", "status": "FILLED"}).found is None


def test_a_modification_took_effect_where_price_and_size_are_the_new_ones():
    question = traced("futures.order.modify")
    assert question.parse(futures_order(origQty="0.0020", price="60001.0")).found is True
    assert question.parse(futures_order(origQty="0.002", price="60000")).found is False


def test_a_replacement_tells_of_both_orders():
    question = traced("spot.order.replace")
    assert [id for id, _ in asked(question)] == ["spot.order.get", "spot.order.get"]
    old, new = spot_order(status="CANCELED"), spot_order(orderId=2)
    assert question.parse(old, new).found is True
    half = question.parse(old, ABSENT)
    assert (half.found, half.text) == (True, "The old order is canceled; the new one was not placed.")
    assert question.parse(spot_order(), ABSENT).found is False


def test_a_list_is_told_with_its_orders():
    found = traced("spot.list.oco").parse(payload("spot_order_list"))
    assert found.found is True
    assert "Order list 27 (OCO) is EXECUTING: 4 (qD1gy3kc3Gx0rihm9Y3xwS), 5" in found.text
    canceled = traced("spot.list.cancel")
    assert canceled.parse(payload("spot_order_list")).found is False
    assert canceled.parse({**payload("spot_order_list"), "listOrderStatus": "ALL_DONE"}).found is True


def test_a_batch_is_traced_order_by_order():
    question = traced("futures.batch.create")
    assert [args["origClientOrderId"] for _, args in asked(question)] == ["x-52DDFAFNt10", "x-52DDFAFNt11"]
    one = question.parse(futures_order(), ABSENT)
    assert one.found is True
    assert one.text.startswith("1: Order 1917641")
    assert "\n2: Binance has no order" in one.text
    assert one.facts["1.order_id"] == "1917641"
    assert question.parse(ABSENT, ABSENT).found is False
    assert [args["orderId"] for _, args in asked(traced("futures.batch.cancel"))] == [1234567, 2345678]
    assert [id for id, _ in asked(traced("futures.batch.modify"))] == ["futures.order.get"]


@pytest.mark.parametrize(
    ("call", "answer", "found"),
    [
        (BINANCE["futures.leverage.set"].call(symbol="BTCUSDT", leverage=21), "futures_symbol_config", True),
        (BINANCE["futures.leverage.set"].call(symbol="BTCUSDT", leverage=20), "futures_symbol_config", False),
        (
            BINANCE["futures.margin_mode.set"].call(symbol="BTCUSDT", marginType="CROSSED"),
            "futures_symbol_config",
            True,
        ),
        (
            BINANCE["futures.margin_mode.set"].call(symbol="BTCUSDT", marginType="ISOLATED"),
            "futures_symbol_config",
            False,
        ),
        (BINANCE["futures.position_mode.set"].call(dualSidePosition=True), "futures_account_config", True),
        (BINANCE["futures.position_mode.set"].call(dualSidePosition=False), "futures_account_config", False),
        (
            BINANCE["futures.margin.adjust"].call(symbol="BTCUSDT", amount="23.36332311", type=1),
            "futures_margin_history",
            True,
        ),
        (
            BINANCE["futures.margin.adjust"].call(symbol="BTCUSDT", amount="100", type=1, positionSide="LONG"),
            "futures_margin_history",
            True,
        ),
        (BINANCE["futures.margin.adjust"].call(symbol="BTCUSDT", amount="100", type=2), "futures_margin_history", None),
        (
            BINANCE["spot.transfer.create"].call(type="MAIN_UMFUTURE", asset="USDT", amount="1.0"),
            "spot_transfers",
            True,
        ),
        (BINANCE["spot.transfer.create"].call(type="MAIN_UMFUTURE", asset="USDT", amount="3"), "spot_transfers", None),
    ],
)
def test_a_state_is_read_and_compared_with_what_was_asked_for(call: Call, answer: str, found: bool | None):
    assert traced(call, sent_ms=1544433328000).parse(payload(answer)).found is found


def test_an_older_transfer_is_not_taken_for_this_one():
    call = BINANCE["spot.transfer.create"].call(type="MAIN_UMFUTURE", asset="USDT", amount="1")
    question = traced(call, sent_ms=1544433328000 + 60_000)
    assert question.calls[0].get("startTime") == 1544433328000 + 58_000
    assert question.parse(payload("spot_transfers")).found is None
    assert question.parse({"total": 0}).found is None


def test_an_answer_of_another_form_proves_nothing():
    for endpoint in WRITES:
        question = traced(example(endpoint))
        with pytest.raises(Unavailable):
            question.parse(*["?"] * len(question.calls))


def test_nothing_is_concluded_before_a_late_request_can_no_longer_be_taken():
    assert all(verbs.settles_after_ms >= 15_000 for verbs in VERBS.values())
