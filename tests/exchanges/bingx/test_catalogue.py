"""What the catalogue promises, for every entry; and its conditional rules, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from blave_mcp.exchanges.bingx.endpoints import BINGX
from blave_mcp.exchanges.endpoint import Auth, Effect, Endpoint
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.params import Kind
from tests.exchanges.bingx.examples import DIALECT, EVERY, LIMIT, example

BUY = {"symbol": "BTC-USDT", "side": "BUY"}
STOP = {"type": "STOP_MARKET", "stopPrice": "1"}


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_every_endpoint_has_a_valid_example(endpoint: Endpoint):
    call = example(endpoint)
    assert call.endpoint is endpoint
    assert BINGX.revive(call.to_json()) == call


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_every_parameter_takes_its_own_example(endpoint: Endpoint):
    for param in endpoint.params:
        for one in (param, *param.items):
            if not one.items:
                one.check(one.example)


def test_every_endpoint_names_a_page_of_the_venue_and_no_route_is_listed_twice():
    assert all(endpoint.url.startswith("https://bingx-api.github.io/docs/") for endpoint in EVERY)
    routes = [(endpoint.method, endpoint.path) for endpoint in EVERY]
    assert len(set(routes)) == len(routes)


def test_every_private_endpoint_has_a_limit_of_its_own_and_market_data_share_one():
    for endpoint in EVERY:
        assert endpoint.bucket == ("market" if endpoint.auth is Auth.NONE else endpoint.id)
    assert set(BINGX.buckets) == {endpoint.bucket for endpoint in EVERY}


def test_every_endpoint_that_places_an_order_carries_a_client_id():
    placing = {e.id for e in EVERY if e.effect is not Effect.READ and example(e).client_ids()}
    assert placing == {
        "spot.order.create", "spot.order.replace", "spot.batch.create", "spot.oco.create", "swap.order.create",
        "swap.order.test", "swap.order.replace", "swap.batch.create", "swap.batch.replace",
    }  # fmt: skip
    for endpoint in EVERY:
        ids = example(endpoint).client_ids()
        assert len(set(ids)) == len(ids)
        assert all(id.isalnum() and id == id.lower() and len(id) <= 40 for id in ids)


def test_references_to_other_orders_are_never_stamped():
    for id in ("swap.order.cancel", "swap.order.get", "spot.order.cancel", "spot.oco.cancel", "swap.order.amend"):
        assert not [param for param in BINGX[id].params if param.kind is Kind.CLIENT_ID]


def test_only_market_data_is_open():
    open_ones = {endpoint.id for endpoint in EVERY if endpoint.auth is Auth.NONE}
    assert all(endpoint.effect is Effect.READ for endpoint in EVERY if endpoint.auth is Auth.NONE)
    assert not {id for id in open_ones if "order" in id or "account" in id or "position" in id}


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("swap.order.create", {**BUY, "type": "LIMIT", "quantity": "1"}, "price is required for type LIMIT"),
    ("swap.order.create", {**BUY, "type": "MARKET"}, "quantity or quoteOrderQty is required"),
    ("swap.order.create", {**BUY, "type": "MARKET", "quantity": "1", "price": "2"}, "price cannot be given"),
    ("swap.order.create", {**BUY, "type": "STOP_MARKET", "quantity": "1"}, "stopPrice is required"),
    ("swap.order.create", {**BUY, **STOP}, "quantity or closePosition is required"),
    ("swap.order.create", {**BUY, **STOP, "quantity": "1", "closePosition": "true"}, "cannot be given with"),
    ("swap.order.create", {**BUY, **LIMIT, "closePosition": "true"}, "belongs to STOP_MARKET, TAKE_PROFIT_MARKET"),
    ("swap.order.create", {**BUY, **LIMIT, "positionSide": "LONG", "reduceOnly": "true"}, "hedge mode"),
    ("swap.order.create", {**BUY, **LIMIT, "stopLoss": {"type": "LIMIT", "stopPrice": "1"}}, "STOP_MARKET or STOP"),
    ("swap.order.create", {**BUY, **LIMIT, "takeProfit": {"type": "TAKE_PROFIT"}}, "and a stopPrice"),
    ("swap.order.create", {**BUY, **STOP, "quantity": "1", "stopLoss": {}}, "stopLoss cannot be given"),
    ("swap.order.create", {**BUY, "type": "TRAILING_STOP_MARKET", "quantity": "1"}, "priceRate or price"),
    ("swap.order.create", {**BUY, "type": "TRAILING_STOP_MARKET", "quantity": "1", "priceRate": "2"}, "at most 1"),
    ("swap.order.cancel", {"symbol": "BTC-USDT"}, "orderId or clientOrderId, one of them"),
    ("swap.order.cancel", {"symbol": "BTC-USDT", "orderId": 1, "clientOrderId": "a"}, "one of them"),
    ("swap.order.replace", {**BUY, **LIMIT, "cancelReplaceMode": "ALLOW_FAILURE"}, "cancelOrderId or"),
    ("swap.batch.cancel", {"symbol": "BTC-USDT", "orderIdList": ["1"]}, "list of 1 to 10 order ids"),
    ("swap.batch.cancel", {"symbol": "BTC-USDT", "clientOrderIdList": list("abcdefghijk")}, "1 to 10 client ids"),
    ("swap.kill_switch.set", {"type": "ACTIVATE", "timeOut": 9}, "at least 10"),
    ("swap.kill_switch.set", {"type": "ACTIVATE", "timeOut": 121}, "at most 120"),
    ("swap.position.reverse", {"type": "TriggerReverse", "symbol": "BTC-USDT"}, "triggerPrice and workingType"),
    ("swap.auto_margin.set", {"symbol": "BTC-USDT", "positionId": 1, "functionSwitch": "true"}, "amount is required"),
    ("swap.book.get", {"symbol": "BTC-USDT", "limit": 6}, "limit is one of"),
    ("swap.twap.create", {"symbol": "BTC-USDT", "interval": 4}, "side is required"),
    ("spot.order.create", {**BUY, "type": "LIMIT", "quantity": "1"}, "price is required"),
    ("spot.order.create", {**BUY, "type": "MARKET", "quantity": "1", "stopPrice": "1"}, "stopPrice cannot be given"),
    ("spot.order.create", {**BUY, "type": "TAKE_STOP_MARKET", "quantity": "1"}, "stopPrice is required"),
    ("spot.order.cancel", {"symbol": "BTC-USDT"}, "orderId or clientOrderID"),
    ("spot.batch.create", {"data": [{**BUY, "type": "MARKET"}]}, r"data\[0\]: quantity or quoteOrderQty"),
    ("spot.batch.create", {"data": [{**BUY, **LIMIT}] * 6}, "at most 5 elements"),
    ("spot.transfer.create", {"fromAccount": "spot", "toAccount": "spot", "asset": "X", "amount": "1"}, "the same"),
]  # fmt: skip


@pytest.mark.parametrize(("id", "args", "says"), WRONG, ids=lambda value: str(value)[:50])
def test_a_broken_rule_is_told_before_anything_is_sent(id: str, args: dict[str, Any], says: str):
    with pytest.raises(BadArgument, match=says):
        BINGX[id].call(args)


def test_a_float_is_refused_wherever_it_stands():
    with pytest.raises(BadArgument, match="float"):
        BINGX["swap.order.create"].call({**BUY, **LIMIT, "price": 1.5})
    with pytest.raises(BadArgument, match="float"):
        BINGX["swap.order.create"].call({**BUY, **LIMIT, "stopLoss": {"type": "STOP_MARKET", "stopPrice": 1.5}})


def test_the_venue_s_clock_is_read_on_either_half():
    for product in ("spot", "swap"):
        call = DIALECT.clock_call(product)
        assert call is not None
        assert call.endpoint.id == f"{product}.time.get"
    assert DIALECT.clock_ms({"serverTime": 1672025091160}) == 1672025091160
