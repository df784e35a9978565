"""Signatures over the bytes that are sent, the broker's referer on everything, and ids that are stamped or refused."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blave_mcp.exchanges.bybit.dialect import query_of
from blave_mcp.exchanges.bybit.endpoints import BYBIT
from blave_mcp.exchanges.endpoint import Auth, Call, Endpoint
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.params import to_decimal
from blave_mcp.exchanges.wire import Credentials, HttpRequest
from tests.exchanges.bybit.examples import BASE, DIALECT, EVERY, KEY, NOW_MS, example
from tests.fakes import visible_text


def sent(call: Call, *, key: Credentials | None = KEY, now_ms: int = NOW_MS) -> HttpRequest:
    return DIALECT.request(call, key, base_url=BASE, now_ms=now_ms, testnet=False)


def signed_part(request: HttpRequest) -> str:
    """What of a request is signed: the body of a POST, the query of a GET."""
    if request.method == "POST":
        assert urlsplit(request.url).query == ""
        return request.body.decode("ascii")
    assert request.body == b""
    return urlsplit(request.url).query


def recomputed(request: HttpRequest) -> str:
    stamp, window = (request.headers[f"X-BAPI-{name}"] for name in ("TIMESTAMP", "RECV-WINDOW"))
    text = f"{stamp}{KEY.key}{window}{signed_part(request)}"
    return hmac.new(KEY.secret.encode(), text.encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_every_request_carries_the_referer_and_the_signature_of_its_own_bytes(endpoint: Endpoint):
    request = sent(example(endpoint))
    assert request.headers["referer"] == "Ue001036"
    assert (request.method, request.url.partition("?")[0]) == (endpoint.method, BASE + endpoint.path)
    assert ("Content-Type" in request.headers) == (request.method == "POST")
    if endpoint.auth is Auth.NONE:
        assert not [name for name in request.headers if name.upper().startswith("X-BAPI")]
        return
    assert request.headers["X-BAPI-SIGN"] == recomputed(request)
    assert request.headers["X-BAPI-TIMESTAMP"] == str(NOW_MS)
    assert request.headers["X-BAPI-RECV-WINDOW"] == "5000"
    assert request.headers["X-BAPI-API-KEY"] == KEY.key
    assert KEY.secret not in request.url + request.body.decode() + str(dict(request.headers))


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_the_arguments_travel_unchanged_and_in_their_order(endpoint: Endpoint):
    call = example(endpoint)
    text = signed_part(sent(call))
    if endpoint.method == "POST":
        assert " " not in text
        assert list(json.loads(text).items()) == list(call.args)
        return
    pairs = [(name, value if name != "cursor" else "page_token=39380&") for name, value in call.args]
    assert parse_qsl(text) == [(name, str(value)) for name, value in pairs]


def test_a_cursor_goes_back_as_it_came():
    assert query_of([("cursor", "132766%3A2%2C132766%3A2"), ("coin", "A&B")]) == (
        "cursor=132766%3A2%2C132766%3A2&coin=A%26B"
    )


@pytest.mark.parametrize("endpoint", [e for e in EVERY if e.auth is not Auth.NONE], ids=lambda endpoint: endpoint.id)
def test_a_signed_endpoint_is_never_sent_unsigned(endpoint: Endpoint):
    with pytest.raises(ValueError, match="no credentials"):
        sent(example(endpoint), key=None)


@pytest.mark.parametrize("endpoint", [e for e in EVERY if example(e).client_ids()], ids=lambda endpoint: endpoint.id)
def test_what_places_orders_or_moves_funds_is_never_sent_without_an_id(endpoint: Endpoint):
    bare = {name: value for name, value in example(endpoint).args if name not in ("orderLinkId", "transferId")}
    if endpoint.id.endswith("batch.create"):
        bare["request"] = [{k: v for k, v in one.items() if k != "orderLinkId"} for one in bare["request"]]
    with pytest.raises(ValueError, match="must be stamped"):
        sent(endpoint.call(bare))


def test_hosts_are_live_testnet_and_a_backup_for_reads():
    hosts = DIALECT.hosts
    assert set(hosts) == {"spot", "linear"}
    for host in hosts.values():
        assert (host.live, host.testnet, host.backup) == (
            "https://api.bybit.com", "https://api-testnet.bybit.com", "https://api.bytick.com",
        )  # fmt: skip


def test_a_client_id_is_the_user_s_own_or_a_uuid_of_the_action():
    made = DIALECT.client_id("spot", "", "k3xw2a1")
    assert str(UUID(made)) == made
    assert made == DIALECT.client_id("linear", "", "k3xw2a1")
    assert made != DIALECT.client_id("spot", "", "k3xw2a2")
    assert DIALECT.client_id("spot", "my-order_1", "t") == "my-order_1"
    assert len(DIALECT.client_id("spot", "m" * 36, "t")) == 36
    with pytest.raises(BadArgument, match="at most 36 characters"):
        DIALECT.client_id("spot", "m" * 37, "t")
    for bad in ("with blank", "ünïcode", "dot.dot", "semi;colon", "new\nline"):
        with pytest.raises(BadArgument, match="characters that Bybit does not take"):
            DIALECT.client_id("linear", bad, "t")


def test_a_transfer_s_own_id_must_be_a_uuid():
    transfer = BYBIT["spot.transfer.create"]
    args = {"coin": "USDT", "amount": "1", "fromAccountType": "FUND", "toAccountType": "UNIFIED"}
    with pytest.raises(BadArgument, match="must be a UUID"):
        transfer.call(args, transferId="mine")
    with pytest.raises(BadArgument, match="two different accounts"):
        transfer.call({**args, "toAccountType": "FUND"})
    own = "42c0cfb0-6bca-c242-bc76-4e6df6cbcb16"
    assert transfer.call(args, transferId=own).get("transferId") == own


@given(st.decimals(min_value="1e-12", max_value="1e12", allow_nan=False, allow_infinity=False, places=12))
@settings(deadline=None, max_examples=200)
def test_an_amount_is_signed_and_sent_to_the_digit(amount: Any):
    if amount <= 0:
        return
    call = example(BYBIT["spot.transfer.create"]).having(amount=amount)
    told = json.loads(sent(call).body)["amount"]
    assert "e" not in told.lower()
    assert to_decimal(told, "amount") == amount


@given(visible_text())
@settings(deadline=None, max_examples=200)
def test_whatever_the_text_the_signature_is_that_of_the_bytes(word: str):
    get = sent(BYBIT["linear.order.history"].call(category="linear", symbol=word, cursor=word))
    get.url.encode("ascii")
    assert get.headers["X-BAPI-SIGN"] == recomputed(get)
    post = sent(BYBIT["linear.order.cancel"].call(category="linear", symbol=word, orderId=word))
    assert json.loads(post.body)["symbol"] == word
    assert post.headers["X-BAPI-SIGN"] == recomputed(post)
