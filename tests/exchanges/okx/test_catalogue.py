"""What the catalogue promises, for every entry; and its conditional rules, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from blave_mcp.exchanges.endpoint import Auth, Effect, Endpoint
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.okx.endpoints import OKX
from tests.exchanges.okx.examples import DIALECT, EVERY, LIMIT, SWAP, example

# What the operator's reference lists for OKX, and what its text names beside the tables.
WANTED = {
    ("GET", "/api/v5/account/balance", Effect.READ),
    ("GET", "/api/v5/account/positions", Effect.READ),
    ("POST", "/api/v5/trade/order", Effect.WRITE),
    ("POST", "/api/v5/trade/cancel-order", Effect.WRITE),
    ("GET", "/api/v5/trade/orders-pending", Effect.READ),
    ("GET", "/api/v5/trade/order", Effect.READ),
    ("GET", "/api/v5/trade/orders-history", Effect.READ),
    ("POST", "/api/v5/trade/close-position", Effect.WRITE),
    ("GET", "/api/v5/market/ticker", Effect.READ),
    ("GET", "/api/v5/market/candles", Effect.READ),
    ("GET", "/api/v5/public/funding-rate", Effect.READ),
    ("GET", "/api/v5/public/instruments", Effect.READ),
    ("POST", "/api/v5/trade/batch-orders", Effect.WRITE),
    ("POST", "/api/v5/trade/cancel-batch-orders", Effect.WRITE),
    ("POST", "/api/v5/trade/order-algo", Effect.WRITE),
    ("POST", "/api/v5/trade/amend-order", Effect.WRITE),
    ("POST", "/api/v5/account/set-leverage", Effect.WRITE),
}


def test_every_listed_endpoint_is_in_the_catalogue_with_its_effect():
    have = {(endpoint.method, endpoint.path, endpoint.effect) for endpoint in EVERY}
    assert WANTED - have == set()


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_every_endpoint_has_a_valid_example(endpoint: Endpoint):
    call = example(endpoint)
    assert call.endpoint is endpoint
    assert OKX.revive(call.to_json()) == call


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_every_parameter_takes_its_own_example(endpoint: Endpoint):
    for param in endpoint.params:
        if not param.items or param.example is not None:
            param.check(param.example)


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_every_endpoint_names_a_page_of_the_venue(endpoint: Endpoint):
    assert endpoint.url.startswith("https://www.okx.com/docs-v5/en/#")
    assert endpoint.path.startswith("/api/v5/")


def test_no_route_is_listed_twice():
    routes = [(endpoint.method, endpoint.path) for endpoint in EVERY]
    assert len(set(routes)) == len(routes)


def test_nothing_withdraws():
    assert not [e.path for e in EVERY if e.writes and "withdraw" in e.path]


def test_only_market_and_public_data_are_open():
    opened = {endpoint.path.split("/")[3] for endpoint in EVERY if endpoint.auth is Auth.NONE}
    assert opened == {"public", "market", "system"}


def test_every_endpoint_that_places_orders_or_moves_money_carries_a_client_id():
    carrying = {endpoint.id for endpoint in EVERY if example(endpoint).client_ids()}
    assert carrying == {
        "v5.order.create", "v5.batch.create", "v5.algo.create", "v5.position.close", "v5.transfer.create",
    }  # fmt: skip
    for endpoint in EVERY:
        ids = example(endpoint).client_ids()
        assert all(id.isalnum() and len(id) <= 32 for id in ids)
        assert len(set(ids)) == len(ids)


def test_attached_orders_are_stamped_too():
    call = OKX["v5.order.create"].call(LIMIT, attachAlgoOrds=[{"slTriggerPx": "1", "slOrdPx": "-1"}])
    stamped = call.stamped(lambda wished, suffix: DIALECT.client_id("v5", wished, f"t{suffix}"))
    assert len(set(stamped.client_ids())) == 2


ALGO = {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "sell", "sz": "1"}
REFUSED = [
    ("v5.order.create", {**LIMIT, "px": None}, "px is required for ordType limit"),
    ("v5.order.create", {**SWAP, "px": "1"}, "px cannot be given for ordType market"),
    ("v5.order.create", {**LIMIT, "tgtCcy": "base_ccy"}, "tgtCcy cannot be given for ordType limit"),
    ("v5.order.create", {**SWAP, "tdMode": "cash"}, "cash belongs to spot"),
    ("v5.order.create", {**SWAP, "tgtCcy": "quote_ccy"}, "tgtCcy belongs to spot"),
    ("v5.order.create", {**LIMIT, "posSide": "long"}, "posSide belongs to SWAP"),
    ("v5.order.create", {**LIMIT, "attachAlgoOrds": [{"slTriggerPx": "1"}]}, "slOrdPx are given together"),
    ("v5.order.cancel", {"instId": "BTC-USDT"}, "ordId or clOrdId must be given"),
    ("v5.order.amend", {"instId": "BTC-USDT", "ordId": "1"}, "newSz or newPx or attachAlgoOrds must be given"),
    ("v5.batch.create", {"orders": [LIMIT, {**LIMIT, "px": None}]}, r"orders\[1\]: px is required"),
    ("v5.batch.cancel", {"orders": [{"instId": "BTC-USDT"}]}, r"orders\[0\]: ordId or clOrdId"),
    ("v5.batch.create", {"orders": [LIMIT] * 21}, "at most 20"),
    ("v5.algo.cancel", {"orders": [{"instId": "BTC-USDT", "algoId": "1"}] * 11}, "at most 10"),
    ("v5.algo.create", {**ALGO, "ordType": "conditional"}, "tpTriggerPx or slTriggerPx is required"),
    ("v5.algo.create", {**ALGO, "ordType": "conditional", "slTriggerPx": "1"}, "slOrdPx are given together"),
    (
        "v5.algo.create",
        {**ALGO, "ordType": "conditional", "slTriggerPx": "1", "slOrdPx": "-1", "tpTriggerPx": "2", "tpOrdPx": "-1"},
        "use ordType oco for both",
    ),
    ("v5.algo.create", {**ALGO, "ordType": "oco", "tpTriggerPx": "2", "tpOrdPx": "-1"}, "slTriggerPx is required for"),
    ("v5.algo.create", {**ALGO, "ordType": "trigger", "orderPx": "-1"}, "triggerPx is required for ordType trigger"),
    ("v5.algo.create", {**ALGO, "ordType": "trigger", "triggerPx": "1", "orderPx": "-2"}, "at least -1"),
    ("v5.algo.create", {**ALGO, "ordType": "trigger", "triggerPx": "1", "orderPx": "0"}, "or -1 for a market order"),
    ("v5.algo.create", {**ALGO, "ordType": "move_order_stop"}, "callbackRatio or callbackSpread is required"),
    ("v5.algo.create", {**ALGO, "ordType": "twap", "szLimit": "1", "pxLimit": "1"}, "timeInterval is required"),
    ("v5.algo.create", {**ALGO, "ordType": "trigger", "sz": None}, "sz or closeFraction must be given"),
    ("v5.algo.create", {**ALGO, "ordType": "oco", "closeFraction": "1"}, "cannot be given together"),
    ("v5.algo.list", {"ordType": "oco"}, "state or algoId must be given"),
    ("v5.tiers.list", {"instType": "SWAP", "tdMode": "cross"}, "instFamily is required for instType SWAP"),
    ("v5.leverage.set", {"lever": "5", "mgnMode": "cross"}, "instId or ccy must be given"),
    ("v5.leverage.set", {"lever": "5", "mgnMode": "cross", "instId": "a", "ccy": "b"}, "cannot be given together"),
    ("v5.transfer.create", {"type": "1", "ccy": "USDT", "amt": "1", "from": "6", "to": "6"}, "subAcct is required"),
    ("v5.transfer.get", {}, "transId or clientId"),
    ("v5.order.deadline", {"timeOut": 5}, "timeOut is 0, or 10 to 120"),
    ("v5.index.list", {}, "quoteCcy or instId"),
    ("v5.fees.get", {"instType": "SPOT", "instId": "BTC-USDT", "groupId": "1"}, "cannot be given together"),
]  # fmt: skip


@pytest.mark.parametrize(("id", "args", "why"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_what_the_venue_would_refuse_is_refused_before_it_is_sent(id: str, args: dict[str, Any], why: str):
    with pytest.raises(BadArgument, match=why):
        OKX[id].call(args)


def test_a_float_is_refused_everywhere():
    with pytest.raises(BadArgument, match="is a float"):
        OKX["v5.order.create"].call({**LIMIT, "px": 2.15})
    with pytest.raises(BadArgument, match="is a float"):
        OKX["v5.batch.create"].call(orders=[{**LIMIT, "sz": 0.1}])


def test_the_clock_is_read_without_a_key():
    call = DIALECT.clock_call("v5")
    assert call is not None
    assert call.endpoint.auth is Auth.NONE
    assert DIALECT.clock_ms([{"ts": "1597026383085"}]) == 1597026383085
