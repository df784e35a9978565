"""What the catalogue promises, for every entry; and its conditional rules, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from blave_mcp.exchanges.bitfinex.endpoints import BITFINEX
from blave_mcp.exchanges.cautions import BORROWS, WHOLE_ACCOUNT
from blave_mcp.exchanges.endpoint import Auth, Effect, Endpoint
from blave_mcp.exchanges.errors import BadArgument
from tests.exchanges.bitfinex.examples import DIALECT, EVERY, ORDER, example

# The routes that this project's reference lists for Bitfinex.
LISTED = """
GET /v2/ticker/{Symbol} read
GET /v2/tickers read
GET /v2/candles/trade:{TimeFrame}:{Symbol}/hist read
POST /v2/auth/r/wallets read
POST /v2/auth/w/order/submit write
POST /v2/auth/w/order/update write
POST /v2/auth/w/order/cancel write
POST /v2/auth/w/order/cancel/multi write
POST /v2/auth/r/orders read
POST /v2/auth/r/orders/hist read
POST /v2/auth/r/positions read
POST /v2/auth/w/transfer write
GET /v2/ticker/{fSymbol} read
POST /v2/auth/w/funding/offer/submit write
POST /v2/auth/w/funding/offer/cancel write
POST /v2/auth/r/funding/offers/{Symbol} read
POST /v2/auth/r/funding/loans/{Symbol} read
POST /v2/auth/r/funding/credits/{Symbol} read
POST /v2/auth/r/info/funding/{key} read
""".strip().splitlines()


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_every_endpoint_has_a_valid_example_and_comes_back_from_the_record(endpoint: Endpoint):
    call = example(endpoint)
    assert call.endpoint is endpoint
    assert BITFINEX.revive(call.to_json()) == call


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_every_parameter_takes_its_own_example(endpoint: Endpoint):
    for param in endpoint.params:
        param.check(param.example)


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_what_is_public_is_got_and_what_is_not_is_posted(endpoint: Endpoint):
    assert endpoint.url.startswith("https://docs.bitfinex.com/reference/")
    public = endpoint.product == "public"
    assert (endpoint.method, endpoint.auth) == (("GET", Auth.NONE) if public else ("POST", Auth.SIGNED))
    assert ("/auth/" in endpoint.path) is not public
    assert endpoint.writes == ("/w/" in endpoint.path)


@pytest.mark.parametrize("line", LISTED)
def test_every_listed_route_is_there_with_its_effect(line: str):
    method, path, effect = line.split()
    (found,) = [one for one in EVERY if (one.method, one.path) == (method, path)]
    assert found.effect == effect


def test_a_route_stands_once():
    routes = [(one.method, one.path) for one in EVERY]
    assert len(set(routes)) == len(routes)


def test_orders_alone_carry_a_client_id():
    assert [one.id for one in EVERY if example(one).client_ids()] == ["auth.order.create"]


def test_nothing_only_checks_and_no_clock_is_read():
    assert Effect.VALIDATE not in {one.effect for one in EVERY}
    assert DIALECT.clock_call("auth") is None


@pytest.mark.parametrize("hostile", ["tBTCUSD/../x", "tBTC?USD", "BTCUSD", "tbtcusd", "tBTC USD", "fUSD", "t"])
def test_nothing_but_a_pair_gets_into_a_path(hostile: str):
    for id in ("public.ticker.get", "public.trades.list", "auth.order.symbol", "auth.trades.symbol"):
        with pytest.raises(BadArgument, match="looks like"):
            BITFINEX[id].call(Symbol=hostile)


@pytest.mark.parametrize("hostile", ["fUSD/hist", "tBTCUSD", "usd", "f", "base/../w/transfer"])
def test_nothing_but_a_currency_gets_into_a_funding_path(hostile: str):
    for id, name in (
        ("public.ticker.funding", "fSymbol"),
        ("auth.funding.offers", "Symbol"),
        ("auth.funding.info", "key"),
    ):
        with pytest.raises(BadArgument, match="looks like"):
            BITFINEX[id].call({name: hostile})


MARKET = {"type": "MARKET", "symbol": "tBTCUSD", "amount": "-1"}
OFFER = {"type": "LIMIT", "symbol": "fUSD", "amount": "150", "rate": "0.0002", "period": 2}
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("auth.order.create", {k: v for k, v in ORDER.items() if k != "price"}, "price is required"),
    ("auth.order.create", {**ORDER, "amount": "0"}, "amount must not be zero"),
    ("auth.order.create", {**ORDER, "amount": 0.01}, "is a float"),
    ("auth.order.create", {**ORDER, "type": "EXCHANGE STOP LIMIT"}, "price_aux_limit is required"),
    ("auth.order.create", {**ORDER, "price_aux_limit": "1"}, "is for STOP LIMIT"),
    ("auth.order.create", {**MARKET, "type": "TRAILING STOP"}, "price_trailing is required"),
    ("auth.order.create", {**ORDER, "price_trailing": "1"}, "is for TRAILING STOP"),
    ("auth.order.create", {**ORDER, "flags": 16384}, "price_oco_stop and the OCO flag"),
    ("auth.order.create", {**ORDER, "price_oco_stop": "1"}, "price_oco_stop and the OCO flag"),
    ("auth.order.create", {**ORDER, "type": "STOP", "flags": 16384, "price_oco_stop": "1"}, "made of a LIMIT"),
    ("auth.order.create", {**MARKET, "flags": 4096}, "Only a LIMIT order can be post-only"),
    ("auth.order.create", {**ORDER, "flags": 1024}, "holds no positions"),
    ("auth.order.create", {**ORDER, "flags": 3}, "flags holds 3"),
    ("auth.order.create", {**ORDER, "meta": ["x"]}, "meta must be an object"),
    ("auth.order.create", {**ORDER, "symbol": "BTCUSD"}, "symbol looks like tBTCUSD"),
    ("auth.order.amend", {"id": 1}, "amount or delta or price"),
    ("auth.order.amend", {"id": 1, "amount": "1", "delta": "1"}, "cannot go together"),
    ("auth.order.cancel", {"cid": 12345}, "cid and cid_date are given together"),
    ("auth.order.cancel", {}, "Give id, or cid"),
    ("auth.order.cancel", {"id": 1, "cid": 2, "cid_date": "2026-04-17"}, "Give id, or cid"),
    ("auth.order.cancel", {"cid": 2, "cid_date": "17 April"}, "cid_date looks like"),
    ("auth.orders.cancel", {}, "id or cid or gid or all"),
    ("auth.orders.cancel", {"id": 1}, "id must be a list"),
    ("auth.orders.cancel", {"all": 1, "id": [1]}, "all stands alone"),
    ("auth.orders.batch", {"ops": []}, "1 to 75"),
    ("auth.orders.batch", {"ops": [["on", ORDER]] * 76}, "1 to 75"),
    ("auth.orders.batch", {"ops": [["buy", ORDER]]}, "one of on, ou, oc, oc_multi"),
    ("auth.orders.batch", {"ops": [["on", {**ORDER, "amount": "0"}]]}, r"ops\[0\]: amount must not be zero"),
    ("auth.orders.batch", {"ops": [["on", {**ORDER, "size": "1"}]]}, r'no argument "size" in ops\[0\]'),
    ("auth.orders.batch", {"ops": [["oc", {}]]}, r"ops\[0\]: Give id"),
    ("auth.transfer.create", {"from": "margin", "to": "margin", "currency": "USD", "amount": "1"}, "same wallet"),
    ("auth.transfer.create", {"from": "spot", "to": "margin", "currency": "USD", "amount": "1"}, "cannot be"),
    ("auth.funding_offer.create", {**OFFER, "period": 1}, "at least 2"),
    ("auth.funding_offer.create", {**OFFER, "period": 121}, "at most 120"),
    ("auth.funding_offer.create", {**OFFER, "rate": "0"}, "greater than zero for a LIMIT"),
    ("auth.funding_offer.create", {**OFFER, "rate": "-0.0001"}, "greater than zero for a LIMIT"),
    ("auth.funding_offer.create", {**OFFER, "type": "FRRDELTAVAR", "rate": "-0.0001"}, "cannot be negative"),
    ("auth.funding_offer.create", {**OFFER, "flags": 4096}, "flags holds 4096"),
    ("auth.funding_offer.create", {**OFFER, "symbol": "tBTCUSD"}, "symbol looks like fUSD"),
    ("public.book.get", {"Symbol": "tBTCUSD", "Precision": "P0", "len": 50}, "len is 1, 25, 100 or 250"),
    ("public.conf.get", {"Config": "../x"}, "looks like"),
]  # fmt: skip


@pytest.mark.parametrize(("id", "args", "words"), REFUSED)
def test_conditional_rules_say_what_is_wrong(id: str, args: dict[str, Any], words: str):
    with pytest.raises(BadArgument, match=words):
        BITFINEX[id].call(args)


@pytest.mark.parametrize(
    ("id", "args", "text"),
    [
        ("auth.order.create", ORDER, ""),
        ("auth.order.create", MARKET, BORROWS),
        ("auth.order.create", {**MARKET, "flags": 1024}, ""),
        ("auth.orders.batch", {"ops": [["on", ORDER], ["oc", {"id": 1}]]}, ""),
        ("auth.orders.batch", {"ops": [["on", ORDER], ["on", MARKET]]}, BORROWS),
        ("auth.orders.cancel", {"id": [1]}, ""),
        ("auth.orders.cancel", {"all": 1}, WHOLE_ACCOUNT),
        ("auth.funding_offer.create", OFFER, ""),
        ("auth.funding_offer.create", {**OFFER, "amount": "-150"}, BORROWS),
        ("auth.position.increase", {"symbol": "tBTCUSD", "amount": "1"}, BORROWS),
    ],
)
def test_what_borrows_or_holds_for_the_whole_account_says_so(id: str, args: dict[str, Any], text: str):
    call = BITFINEX[id].call(args)
    assert call.endpoint.caution_for(call.arguments) == text


@pytest.mark.parametrize(
    ("id", "args"),
    [
        ("auth.order.create", {**MARKET, "flags": 1024}),
        ("auth.order.create", {**ORDER, "flags": 64 + 4096}),
        ("auth.order.create", {**ORDER, "type": "LIMIT", "flags": 16384 + 1024, "price_oco_stop": "49000"}),
        ("auth.order.create", {**MARKET, "type": "EXCHANGE TRAILING STOP", "price_trailing": "100"}),
        ("auth.funding_offer.create", {**OFFER, "type": "FRRDELTAVAR", "rate": "0"}),
        ("auth.funding_offer.create", {**OFFER, "type": "FRRDELTAFIX", "rate": "-0.0001"}),
        ("auth.funding_offer.create", {**OFFER, "amount": "-150", "flags": 64}),
        ("auth.order.symbol", {"Symbol": "tTESTBTC:TESTUSD"}),
    ],
)
def test_what_belongs_together_is_taken(id: str, args: dict[str, Any]):
    assert BITFINEX[id].call(args).endpoint.id == id
