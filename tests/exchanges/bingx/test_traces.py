"""What becomes of a write: which read is asked, and what its answer proves."""

from __future__ import annotations

from typing import Any

import pytest

from blave_mcp.exchanges.bingx.endpoints import BINGX
from blave_mcp.exchanges.bingx.traces import trace
from blave_mcp.exchanges.dialect import VenueFault, Verdict
from blave_mcp.exchanges.endpoint import Effect, Endpoint
from blave_mcp.exchanges.models import Trace
from tests.exchanges.bingx.examples import EVERY, example, payload

WRITES = [endpoint for endpoint in EVERY if endpoint.effect is Effect.WRITE]
UNTOLD = {"swap.kill_switch.set", "spot.kill_switch.set"}
GONE = VenueFault(Verdict.REFUSED, code="109421", message="order not exist", meaning="none", not_found=True)
SENT_MS = 1_669_776_330_000


def asked(id: str, sent_ms: int = SENT_MS, **changes: Any) -> Any:
    call = example(BINGX[id])
    question = trace(call.having(**changes) if changes else call, sent_ms)
    assert question is not None
    return question


def told(id: str, *payloads: Any, sent_ms: int = SENT_MS, **changes: Any) -> Trace:
    found: Trace = asked(id, sent_ms, **changes).parse(*payloads)
    return found


@pytest.mark.parametrize("endpoint", WRITES, ids=lambda e: e.id)
def test_every_write_has_a_read_that_tells_and_the_kill_switch_alone_has_none(endpoint: Endpoint):
    question = trace(example(endpoint), 0)
    assert (question is None) == (endpoint.id in UNTOLD)
    if question is not None:
        assert all(call.endpoint.effect is Effect.READ for call in question.calls)


@pytest.mark.parametrize(
    ("id", "read", "name", "client_id", "found"),
    [
        ("swap.order.create", "swap.order.get", "clientOrderId", "t1", "swap_order"),
        ("spot.order.create", "spot.order.get", "clientOrderID", "t1", "spot_order"),
    ],
)
def test_a_plain_order_is_looked_up_by_its_client_id_and_its_absence_is_proof(
    id: str, read: str, name: str, client_id: str, found: str
):
    (call,) = asked(id).calls
    assert (call.endpoint.id, call.get(name)) == (read, client_id)
    assert told(id, GONE).found is False
    there = told(id, payload(found))
    assert there.found is True
    assert there.facts["order_id"] in there.text


def test_an_order_that_the_venue_rejected_was_not_placed():
    failed = payload("spot_order") | {"status": "FAILED"}
    assert told("spot.order.create", failed).found is False


def test_a_conditional_order_is_looked_for_among_the_open_ones_where_absence_proves_nothing():
    stop = {
        "symbol": "LINK-USDT", "side": "BUY", "type": "TRIGGER_MARKET", "positionSide": "LONG", "quantity": "5",
        "stopPrice": "5",
    }  # fmt: skip
    call = BINGX["swap.order.create"].call(stop)
    question = trace(call, SENT_MS)
    assert question is not None
    assert [one.endpoint.id for one in question.calls] == ["swap.order.open"]
    there = question.parse(payload("swap_open_orders"))
    assert (there.found, there.facts["order_id"]) == (True, "1597783850786750464")
    assert question.parse({"orders": []}).found is None
    for other in ({"stopPrice": "6"}, {"side": "SELL"}, {"quantity": "4"}):
        elsewhere = trace(BINGX["swap.order.create"].call(stop | other), SENT_MS)
        assert elsewhere is not None
        assert elsewhere.parse(payload("swap_open_orders")).found is None
    later = trace(call, SENT_MS + 10_000)
    assert later is not None
    assert later.parse(payload("swap_open_orders")).found is None, "an older order is not this one"


def test_a_cancellation_is_proven_by_the_order_s_state():
    gone = payload("swap_order")["order"] | {"status": "CANCELLED"}
    assert told("swap.order.cancel", {"order": gone}).found is True
    assert told("swap.order.cancel", payload("swap_order")).found is False
    assert told("swap.order.cancel", GONE).found is None
    assert told("spot.order.cancel", payload("spot_order")).found is True


def test_cancelling_all_is_proven_by_what_was_open_before():
    still = payload("swap_open_orders")
    assert told("swap.order.cancel_all", still, sent_ms=SENT_MS + 1).found is False
    assert told("swap.order.cancel_all", still, sent_ms=SENT_MS - 1).found is True, "it was placed afterwards"
    assert told("swap.order.cancel_all", still, sent_ms=SENT_MS + 1, type="LIMIT").found is True
    assert told("spot.order.cancel_all", {"orders": []}).found is True


def test_an_amended_order_has_the_new_quantity_or_not():
    order = payload("swap_order")
    assert told("swap.order.amend", order, quantity="1").found is True
    assert told("swap.order.amend", order, quantity="2").found is False
    assert told("swap.order.amend", GONE).found is None


@pytest.mark.parametrize(("id", "order"), [("swap.order.replace", "swap_order"), ("spot.order.replace", "spot_order")])
def test_a_replacement_is_told_by_the_new_order_and_by_the_old(id: str, order: str):
    new = payload(order)
    old = payload("spot_order") if id.startswith("spot") else {"order": new["order"] | {"status": "CANCELLED"}}
    assert told(id, old, new).found is True
    half = told(id, old, GONE)
    assert (half.found, "new one was not placed" in half.text) == (True, True)
    resting = payload("spot_placed") if id.startswith("spot") else {"order": new["order"] | {"status": "NEW"}}
    assert told(id, resting, GONE).found is False
    assert told(id, GONE, GONE).found is False


def test_a_batch_took_effect_if_any_of_it_did():
    assert [call.endpoint.id for call in asked("swap.batch.create").calls] == ["swap.order.get"] * 2
    both = told("swap.batch.create", payload("swap_order"), GONE)
    assert (both.found, both.text.count("\n")) == (True, 1)
    assert told("swap.batch.create", GONE, GONE).found is False
    assert told("spot.batch.cancel", payload("spot_order"), GONE).found is True
    assert told("swap.batch.cancel", GONE, GONE).found is None
    assert told("swap.batch.replace", payload("swap_order"), payload("swap_order")).found is True
    assert told("spot.batch.create", payload("spot_order")).facts["1.order_id"] == "1514087361158316032"


def test_an_oco_pair_is_found_by_its_list_s_id():
    assert asked("spot.oco.create").calls[0].get("clientOrderId").startswith("t1")
    assert told("spot.oco.create", payload("spot_oco")).facts["list_id"] == "1827968196914479104"
    assert told("spot.oco.create", GONE).found is False
    assert told("spot.oco.create", []).found is None
    assert told("spot.oco.cancel", payload("spot_oco"), orderId="1827968197060460544").found is False
    assert told("spot.oco.cancel", payload("spot_oco"), orderId="5").found is True


def test_a_setting_is_proven_by_what_is_set():
    assert told("swap.leverage.set", payload("swap_leverage"), side="BOTH", leverage=5).found is True
    assert told("swap.leverage.set", payload("swap_leverage") | {"shortLeverage": 3}, side="BOTH").found is False
    assert told("swap.leverage.set", payload("swap_leverage") | {"shortLeverage": 3}, side="LONG").found is True
    assert told("swap.margin_mode.set", payload("swap_margin_mode"), marginType="CROSSED").found is True
    assert told("swap.margin_mode.set", payload("swap_margin_mode"), marginType="ISOLATED").found is False
    assert told("swap.position_mode.set", payload("swap_position_mode"), dualSidePosition="false").found is True
    assert told("swap.position_mode.set", payload("swap_position_mode"), dualSidePosition="true").found is False


def test_positions_are_told_and_prove_only_that_they_are_gone():
    held = payload("swap_positions")
    assert told("swap.position.close", held, positionId="1792480725958881280").found is None
    assert told("swap.position.close", held, positionId="7").found is True
    assert told("swap.position.close_all", held).found is None
    assert told("swap.position.close_all", []).found is True
    for id in ("swap.position.reverse", "swap.margin.adjust", "swap.auto_margin.set"):
        found = told(id, held)
        assert (found.found, "long 0.1 LTC/USDT" in found.text) == (None, True)
    assert "194.8212 USDT" in told("swap.vst.apply", payload("swap_balance")).text


def test_a_twap_order_is_found_among_those_that_run_and_told_by_its_state():
    twap = payload("swap_twap")
    running = {"list": [twap], "total": 1}
    there = told("swap.twap.create", running, sent_ms=1732693017000, totalAmount="1")
    assert (there.found, there.facts["main_order_id"]) == (True, "5596903086063901779")
    assert told("swap.twap.create", running, sent_ms=1732693017000, totalAmount="2").found is None
    assert told("swap.twap.cancel", twap).found is None, "it was filled"
    assert told("swap.twap.cancel", twap | {"orderStatus": "Running"}).found is False
    assert told("swap.twap.cancel", twap | {"orderStatus": "Cancelled"}).found is True
    assert told("swap.twap.cancel", GONE).found is None


def test_a_transfer_is_found_in_the_record_and_its_absence_proves_nothing():
    moved: dict[str, Any] = {"asset": "LTC", "amount": "0.05", "fromAccount": "spot", "toAccount": "USDTMPerp"}
    found = told("spot.transfer.create", payload("spot_transfers"), sent_ms=1752202092000, **moved)
    assert (found.found, found.facts["transfer_id"]) == (True, "1051461075661819338791")
    assert told("spot.transfer.create", payload("spot_transfers"), sent_ms=1752202192000, **moved).found is None
    assert told("spot.transfer.create", {"total": 0, "rows": []}, **moved).found is None
