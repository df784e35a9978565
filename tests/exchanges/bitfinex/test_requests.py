"""The request that leaves, for every endpoint: path, query or body, headers, affiliate code, nonce and signature."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from blave_mcp.exchanges.bitfinex.endpoints import BITFINEX
from blave_mcp.exchanges.endpoint import Auth, Endpoint
from blave_mcp.exchanges.errors import BadArgument
from tests.exchanges.bitfinex.examples import DIALECT, EVERY, KEY, ORDER, WRITES, example, sent, sign

AFFILIATE = "ZZDLtrXMF"


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_every_request_is_the_documented_one(endpoint: Endpoint):
    call = example(endpoint)
    request = sent(call)
    parts = urlsplit(request.url)
    path = endpoint.path
    rest = {}
    for name, value in call.arguments.items():
        if f"{{{name}}}" in path:
            path = path.replace(f"{{{name}}}", str(value))
        else:
            rest[name] = value
    assert (request.method, parts.path) == (endpoint.method, path)
    if endpoint.auth is Auth.NONE:
        assert parts.netloc == "api-pub.bitfinex.com"
        assert dict(parse_qsl(parts.query)) == {name: str(value) for name, value in rest.items()}
        assert request.body == b""
        assert {name.lower() for name in request.headers} == {"user-agent"}
        return
    assert (parts.netloc, parts.query) == ("api.bitfinex.com", "")
    body = json.loads(request.body)
    assert set(body) - {"meta"} == set(rest)
    nonce = request.headers["bfx-nonce"]
    assert nonce == "1700000000000000"
    assert request.headers["bfx-apikey"] == KEY.key
    assert request.headers["bfx-signature"] == sign(KEY.secret, parts.path, nonce, request.body)
    assert request.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_the_affiliate_code_is_in_every_order_and_nowhere_else(endpoint: Endpoint):
    request = sent(example(endpoint))
    carries = endpoint.id in ("auth.order.create", "auth.orders.batch")
    assert (AFFILIATE.encode() in request.body) is carries
    assert AFFILIATE not in request.url
    assert AFFILIATE not in str(dict(request.headers))
    if endpoint.id == "auth.order.create":
        assert json.loads(request.body)["meta"] == {"aff_code": AFFILIATE}


def test_of_a_batch_each_new_order_carries_the_code_and_no_other_operation_does():
    ops = json.loads(sent(example(BITFINEX["auth.orders.batch"])).body)["ops"]
    assert [(kind, "meta" in order) for kind, order in ops] == [("on", True), ("oc", False), ("ou", False)]
    assert ops[0][1]["meta"] == {"aff_code": AFFILIATE}


def test_what_the_user_puts_into_meta_stays_and_cannot_replace_the_code():
    call = BITFINEX["auth.order.create"].call({**ORDER, "cid": "7", "meta": {"protect_selfmatch": 1, "aff_code": "x"}})
    assert json.loads(sent(call).body)["meta"] == {"protect_selfmatch": 1, "aff_code": AFFILIATE}


def test_the_documented_order_is_sent_to_the_byte():
    call = BITFINEX["auth.order.create"].call({**ORDER, "cid": "12345"})
    assert sent(call).body == (
        b'{"type":"EXCHANGE LIMIT","symbol":"tBTCUSD","amount":"0.01","price":"50000","flags":0,"cid":12345,'
        b'"meta":{"aff_code":"ZZDLtrXMF"}}'
    )


def test_a_symbol_with_a_colon_is_signed_as_it_is_sent():
    request = sent(BITFINEX["auth.order.symbol"].call(Symbol="tTESTBTC:TESTUSD"))
    assert urlsplit(request.url).path == "/v2/auth/r/orders/tTESTBTC:TESTUSD"
    assert request.headers["bfx-signature"] == sign(
        KEY.secret, "/v2/auth/r/orders/tTESTBTC:TESTUSD", request.headers["bfx-nonce"], b"{}"
    )


def test_the_signature_is_hmac_sha384_of_the_documented_payload():
    """https://docs.bitfinex.com/docs/rest-auth ; the vector was made by `openssl dgst -sha384`."""
    request = sent(BITFINEX["auth.wallet.list"].call())
    assert len(request.headers["bfx-signature"]) == 96
    assert request.headers["bfx-signature"] == (
        "3a412ae5c5be49843ed7c301d32c86ec6fd14d50a14f554f004b6720a27be49f0c4ac3b9c4b0a604d77f198d8ba3833c"
    )


def test_client_ids_are_whole_numbers_of_45_bits_that_differ_by_action():
    ids = {DIALECT.client_id("auth", "", f"action{n}") for n in range(500)}
    assert len(ids) == 500
    assert all(one.isdecimal() and 0 < int(one) < 2**45 for one in ids)
    assert DIALECT.client_id("auth", "", "same") == DIALECT.client_id("auth", "", "same")
    assert DIALECT.client_id("auth", "12345", "x") == "12345"


@pytest.mark.parametrize("wished", ["my-order", "0", "-1", "1.5", str(2**45), "٣"])
def test_a_client_id_that_bitfinex_does_not_take_is_refused(wished: str):
    with pytest.raises(BadArgument, match="whole number from 1 to"):
        DIALECT.client_id("auth", wished, "x")


def test_an_order_without_its_client_id_never_becomes_a_request():
    with pytest.raises(ValueError, match="must be stamped"):
        sent(BITFINEX["auth.order.create"].call(ORDER))


def test_a_signed_request_wants_credentials():
    call = example(WRITES[0])
    with pytest.raises(ValueError, match="no credentials"):
        DIALECT.request(call, None, base_url="https://x", now_ms=1, testnet=False)


def test_there_is_no_test_host_to_mistake_for_the_live_one():
    assert {host.testnet for host in DIALECT.hosts.values()} == {""}
