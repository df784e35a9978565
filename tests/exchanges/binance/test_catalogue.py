"""What the catalogue promises, for every entry; and its conditional rules, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from blave_mcp.exchanges.binance.endpoints import BINANCE
from blave_mcp.exchanges.endpoint import Auth, Effect, Endpoint
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.params import Kind
from tests.exchanges.binance.examples import DIALECT, EVERY, LIMIT, example

BUY = {"symbol": "BTCUSDT", "side": "BUY"}
ALGO = {**BUY, "algoType": "CONDITIONAL"}


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_every_endpoint_has_a_valid_example(endpoint: Endpoint):
    call = example(endpoint)
    assert call.endpoint is endpoint
    assert BINANCE.revive(call.to_json()) == call


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_every_parameter_takes_its_own_example(endpoint: Endpoint):
    for param in endpoint.params:
        if not param.items:
            param.check(param.example)


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_every_endpoint_names_a_page_of_the_venue(endpoint: Endpoint):
    assert endpoint.url.startswith("https://developers.binance.com/")


def test_no_route_is_listed_twice():
    routes = [(endpoint.method, endpoint.path) for endpoint in EVERY]
    assert len(set(routes)) == len(routes)


def test_every_endpoint_that_places_an_order_carries_a_client_id():
    placing = {
        endpoint.id for endpoint in EVERY if endpoint.effect is not Effect.READ and example(endpoint).client_ids()
    }
    assert placing == {
        "spot.order.create", "spot.order.test", "spot.order.replace", "spot.order.amend", "spot.sor.create",
        "spot.sor.test", "spot.list.oco", "spot.list.oto", "spot.list.otoco", "futures.order.create",
        "futures.order.test", "futures.algo.create", "futures.batch.create",
    }  # fmt: skip


def test_every_id_of_a_call_is_stamped_with_the_venue_s_attribution_and_no_two_are_alike():
    for endpoint in EVERY:
        ids = example(endpoint).client_ids()
        prefix = {"spot": "x-GBN6HWR2", "futures": "x-52DDFAFN"}[endpoint.product]
        assert all(id.startswith(prefix) and len(id) <= 36 for id in ids)
        assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("id", "names"),
    [
        ("spot.list.oco", {"listClientOrderId", "aboveClientOrderId", "belowClientOrderId"}),
        ("spot.list.oto", {"listClientOrderId", "workingClientOrderId", "pendingClientOrderId"}),
        (
            "spot.list.otoco",
            {
                "listClientOrderId",
                "workingClientOrderId",
                "pendingAboveClientOrderId",
                "pendingBelowClientOrderId",
            },
        ),
        ("spot.order.replace", {"newClientOrderId"}),
    ],
)
def test_references_to_other_orders_are_never_stamped(id: str, names: set[str]):
    assert {param.name for param in BINANCE[id].params if param.kind is Kind.CLIENT_ID} == names


def test_only_market_data_is_open():
    open_ones = {endpoint.id for endpoint in EVERY if endpoint.auth is Auth.NONE}
    assert all(endpoint.effect is Effect.READ for endpoint in EVERY if endpoint.auth is Auth.NONE)
    assert not {id for id in open_ones if "order" in id or "account" in id or "position" in id}


REFUSED = [
    ("spot.order.create", {"type": "LIMIT", "quantity": "1", "price": "2"}, "timeInForce is required"),
    ("spot.order.create", {"type": "LIMIT", "timeInForce": "GTC", "quantity": "1"}, "price or pegPriceType"),
    ("spot.order.create", {"type": "MARKET"}, "quantity \\(base\\) or quoteOrderQty"),
    ("spot.order.create", {"type": "MARKET", "quantity": "1", "quoteOrderQty": "10"}, "one of them"),
    ("spot.order.create", {"type": "MARKET", "quantity": "1", "price": "2"}, "price cannot be given"),
    ("spot.order.create", {**LIMIT, "quoteOrderQty": "10"}, "quoteOrderQty cannot be given"),
    ("spot.order.create", {"type": "STOP_LOSS", "quantity": "1"}, "stopPrice or trailingDelta"),
    ("spot.order.create", {**LIMIT, "stopPrice": "1"}, "stopPrice cannot be given"),
    ("spot.order.create", {**LIMIT, "timeInForce": "IOC", "icebergQty": "0.0001"}, "must have timeInForce GTC"),
    ("spot.order.create", {"type": "STOP_LOSS", "quantity": "1", "trailingDelta": 5}, "at least 10"),
    ("spot.order.create", {**LIMIT, "pegOffsetType": "PRICE_LEVEL"}, "given together"),
    ("spot.order.cancel", {"side": None}, "orderId or origClientOrderId"),
    ("spot.sor.create", {"type": "LIMIT", "quantity": "1"}, "wants price and timeInForce"),
    ("spot.sor.create", {"type": "MARKET", "quantity": "1", "price": "1"}, "takes neither"),
    ("futures.order.create", {"type": "LIMIT", "quantity": "1", "price": "2"}, "timeInForce is required"),
    ("futures.order.create", {"type": "MARKET"}, "quantity is required"),
    ("futures.order.create", {**LIMIT, "priceMatch": "QUEUE"}, "cannot be given together"),
    ("futures.order.create", {**LIMIT, "timeInForce": "GTD"}, "goodTillDate is required"),
    (
        "futures.order.create",
        {"type": "MARKET", "quantity": "1", "reduceOnly": True, "positionSide": "LONG"},
        "hedge mode",
    ),
    ("futures.algo.create", {"type": "STOP_MARKET", "triggerPrice": "1"}, "quantity is required"),
    ("futures.algo.create", {"type": "STOP", "triggerPrice": "1", "quantity": "1"}, "price or priceMatch"),
    ("futures.algo.create", {"type": "STOP_MARKET", "quantity": "1"}, "triggerPrice is required"),
    (
        "futures.algo.create",
        {"type": "STOP_MARKET", "triggerPrice": "1", "quantity": "1", "closePosition": True},
        "quantity cannot be given with closePosition",
    ),
    (
        "futures.algo.create",
        {"type": "STOP_MARKET", "triggerPrice": "1", "closePosition": True, "positionSide": "LONG"},
        "SELL for a LONG",
    ),
    ("futures.algo.create", {"type": "TRAILING_STOP_MARKET", "quantity": "1"}, "callbackRate is required"),
    (
        "futures.algo.create",
        {"type": "TRAILING_STOP_MARKET", "quantity": "1", "callbackRate": "11"},
        "at most 10",
    ),
]


@pytest.mark.parametrize(("id", "args", "why"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_what_the_venue_would_refuse_is_refused_before_it_is_sent(id: str, args: dict, why: str):
    common = ALGO if id == "futures.algo.create" else BUY
    wanted = {**common, **args} if "side" not in args else {"symbol": "BTCUSDT"}
    with pytest.raises(BadArgument, match=why):
        BINANCE[id].call(wanted)


@pytest.mark.parametrize("kind", ["STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"])
def test_a_conditional_type_on_the_plain_endpoint_is_sent_to_the_algo_one(kind: str):
    with pytest.raises(BadArgument, match=r"futures\.algo\.create.*-4120"):
        BINANCE["futures.order.create"].call(**BUY, type=kind, quantity="1")
    with pytest.raises(BadArgument, match=r"batchOrders\[1\].*futures\.algo\.create"):
        BINANCE["futures.batch.create"].call(
            batchOrders=[{**BUY, "type": "MARKET", "quantity": "1"}, {**BUY, "type": kind, "quantity": "1"}]
        )


def test_the_legs_of_an_oco_stand_on_the_side_that_their_type_means():
    oco = BINANCE["spot.list.oco"]
    sell = {"symbol": "BTCUSDT", "side": "SELL", "quantity": "1"}
    with pytest.raises(BadArgument, match="One of aboveType and belowType is STOP_LOSS"):
        oco.call(sell, aboveType="TAKE_PROFIT", aboveStopPrice="2", belowType="TAKE_PROFIT", belowStopPrice="1")
    with pytest.raises(BadArgument, match="the STOP_LOSS leg is belowType"):
        oco.call(sell, aboveType="STOP_LOSS", aboveStopPrice="2", belowType="TAKE_PROFIT", belowStopPrice="1")
    call = oco.call(sell, aboveType="LIMIT_MAKER", abovePrice="2", belowType="STOP_LOSS", belowStopPrice="1")
    assert call.get("abovePrice") == "2"


def test_a_batch_is_as_large_as_the_venue_allows():
    order = {**BUY, "type": "MARKET", "quantity": "1"}
    with pytest.raises(BadArgument, match="at most 5"):
        BINANCE["futures.batch.create"].call(batchOrders=[order] * 6)
    wrong: list[Any] = [[], ["1"], list(range(1, 12)), [True], {}, [0]]
    for ids in wrong:
        with pytest.raises(BadArgument, match="list of 1 to 10 order ids"):
            BINANCE["futures.batch.cancel"].call(symbol="BTCUSDT", orderIdList=ids)


def test_the_clock_of_each_product_is_read_without_a_key():
    for product in ("spot", "futures"):
        call = DIALECT.clock_call(product)
        assert call is not None
        assert call.endpoint.auth is Auth.NONE
    assert DIALECT.clock_ms({"serverTime": 1499827319559}) == 1499827319559
