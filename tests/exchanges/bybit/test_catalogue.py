"""What the catalogue promises, for every entry; and its conditional rules, one by one."""

from __future__ import annotations

import csv
from typing import Any

import pytest

from blave_mcp.exchanges.bybit.endpoints import BYBIT
from blave_mcp.exchanges.endpoint import Auth, Effect, Endpoint
from blave_mcp.exchanges.errors import BadArgument
from tests.exchanges.bybit.examples import DIALECT, EVERY, LINEAR_ORDER, ORDER, SPOT_ORDER, example

# The routes that this project's reference lists for Bybit.
LISTED = """
GET,/v5/market/instruments-info,read
GET,/v5/market/tickers,read
GET,/v5/account/wallet-balance,read
POST,/v5/order/create,write
POST,/v5/order/cancel,write
GET,/v5/order/realtime,read
GET,/v5/position/list,read
POST,/v5/position/set-leverage,write
POST,/v5/position/set-tpsl,write
GET,/v5/order/history,read
""".strip().splitlines()


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_every_endpoint_has_a_valid_example_and_comes_back_from_the_record(endpoint: Endpoint):
    call = example(endpoint)
    assert call.endpoint is endpoint
    assert BYBIT.revive(call.to_json()) == call


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_every_parameter_takes_its_own_example(endpoint: Endpoint):
    for param in endpoint.params:
        for one in param.items or (param,):
            one.check(one.example)


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_every_endpoint_names_a_page_of_the_venue_and_a_bucket_of_its_own_side(endpoint: Endpoint):
    assert endpoint.url.startswith("https://bybit-exchange.github.io/docs/v5/")
    other = {"spot": "linear", "linear": "spot"}[endpoint.product]
    assert not endpoint.bucket.startswith(f"{other}.")


@pytest.mark.parametrize("row", list(csv.reader(LISTED)), ids=lambda row: row[1])
def test_every_listed_route_is_there_with_its_effect(row: list[str]):
    method, path, effect = row
    found = [one for one in EVERY if (one.method, one.path) == (method, path)]
    assert found
    assert {one.effect.value for one in found} == {effect}


def test_a_route_stands_at_most_once_for_each_market():
    routes = [(one.product, one.method, one.path) for one in EVERY]
    assert len(set(routes)) == len(routes)


def test_whatever_has_a_category_has_its_market_s():
    for endpoint in EVERY:
        for param in endpoint.params:
            if param.name == "category" and param.required:
                assert set(param.choices) <= {"spot": {"spot"}, "linear": {"linear", "inverse"}}[endpoint.product]


def test_only_what_places_orders_or_moves_funds_carries_a_client_id():
    assert {one.id for one in EVERY if example(one).client_ids()} == {
        "spot.order.create", "linear.order.create", "linear.order.check", "spot.batch.create", "linear.batch.create",
        "spot.transfer.create", "spot.transfer.universal",
    }  # fmt: skip


def test_the_ids_of_a_batch_differ():
    for product in ("spot", "linear"):
        ids = example(BYBIT[f"{product}.batch.create"]).client_ids()
        assert len(set(ids)) == len(ids) == 2


def test_the_one_endpoint_that_only_checks_is_the_pre_check():
    assert [one.id for one in EVERY if one.effect is Effect.VALIDATE] == ["linear.order.check"]


def test_the_clock_of_each_market_is_read_without_a_key():
    for product in ("spot", "linear"):
        call = DIALECT.clock_call(product)
        assert call is not None
        assert (call.endpoint.product, call.endpoint.auth) == (product, Auth.NONE)


MARKET = {**ORDER, "orderType": "Market"}
del MARKET["price"]
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (
        "spot.order.create",
        {k: v for k, v in SPOT_ORDER.items() if k != "price"},
        "price is required for orderType Limit",
    ),
    ("spot.order.create", {**SPOT_ORDER, "marketUnit": "baseCoin"}, "marketUnit is for orderType Market"),
    ("spot.order.create", {**SPOT_ORDER, "triggerPrice": "27000"}, "triggerPrice goes with orderFilter"),
    ("spot.order.create", {**MARKET, "orderFilter": "tpslOrder"}, "triggerPrice goes with orderFilter"),
    ("spot.order.create", {**MARKET, "slippageTolerance": "1"}, "are given together"),
    ("spot.order.create", {**MARKET, "qty": "0"}, "greater than zero"),
    ("spot.order.create", {**MARKET, "category": "linear"}, "cannot be"),
    ("linear.order.create", {**LINEAR_ORDER, "triggerPrice": "27000"}, "triggerDirection are given together"),
    ("linear.order.create", {**LINEAR_ORDER, "reduceOnly": True}, "cannot be set on a reduceOnly order"),
    ("linear.order.create", {**MARKET, "qty": "0", "reduceOnly": True}, "A qty of 0 is taken with"),
    ("linear.order.create", {**LINEAR_ORDER, "tpOrderType": "Limit"}, "wants tpslMode Partial"),
    (
        "linear.order.create",
        {**LINEAR_ORDER, "slippageToleranceType": "Percent", "slippageTolerance": "0.5"},
        "market orders without a trigger",
    ),
    ("linear.order.create", {**LINEAR_ORDER, "price": 28000.5}, "is a float"),
    ("linear.order.amend", {"symbol": "BTCUSDT", "qty": "1"}, "orderId or orderLinkId"),
    ("linear.order.amend", {"symbol": "BTCUSDT", "orderId": "1"}, "triggerPrice or qty or price"),
    ("linear.order.cancel", {"symbol": "BTCUSDT"}, "orderId or orderLinkId"),
    ("linear.order.cancel_all", {}, "symbol or baseCoin or settleCoin"),
    ("linear.order.open", {}, "One of symbol, baseCoin, settleCoin"),
    ("linear.position.list", {}, "symbol or settleCoin"),
    ("linear.batch.cancel", {"request": [{"symbol": "BTCUSDT"}]}, r"request\[0\]: orderId or orderLinkId"),
    ("linear.batch.create", {"request": [{**MARKET, "qty": "0"}]}, r"request\[0\]: A qty of 0"),
    ("linear.batch.create", {"request": [MARKET] * 21}, "at most 20 elements"),
    ("spot.batch.create", {"request": [MARKET] * 11}, "at most 10 elements"),
    ("linear.leverage.set", {"symbol": "BTCUSDT", "buyLeverage": "0.5", "sellLeverage": "0.5"}, "are 1 or more"),
    ("linear.position_mode.set", {"mode": 0}, "symbol or coin"),
    ("linear.position_mode.set", {"mode": 1, "coin": "USDT"}, r"0 \(one-way\) or 3 \(hedge\)"),
    ("linear.trading_stop.set", {"symbol": "X", "tpslMode": "Full", "positionIdx": 0}, "takeProfit or stopLoss"),
    (
        "linear.trading_stop.set",
        {"symbol": "X", "tpslMode": "Full", "positionIdx": 0, "takeProfit": "1", "tpSize": "1"},
        "are for tpslMode Partial",
    ),
    (
        "linear.trading_stop.set",
        {"symbol": "X", "tpslMode": "Partial", "positionIdx": 0, "takeProfit": "1", "tpSize": "1", "slSize": "2"},
        "must be equal",
    ),
    ("linear.funding.list", {"symbol": "BTCUSDT", "startTime": 1}, "with endTime only"),
]


@pytest.mark.parametrize(("id", "args", "why"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_what_the_venue_would_refuse_is_refused_before_it_is_sent(id: str, args: dict[str, Any], why: str):
    with pytest.raises(BadArgument, match=why):
        BYBIT[id].call({"category": id.partition(".")[0], **args})


def test_a_level_of_zero_takes_away_what_is_set():
    args = {"category": "linear", "symbol": "X", "tpslMode": "Full", "positionIdx": 0, "stopLoss": "0"}
    assert BYBIT["linear.trading_stop.set"].call(args).get("stopLoss") == "0"


def test_the_route_that_the_documentation_lacks_says_where_to_go():
    assert "linear.trading_stop.set" in BYBIT["linear.tpsl.set"].doc
