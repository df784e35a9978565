"""Signatures: the venue's own vectors, the bytes that are sent, and what is never signed."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blave_mcp.exchanges.binance.dialect import encoded, signature
from blave_mcp.exchanges.binance.endpoints import BINANCE
from blave_mcp.exchanges.endpoint import Auth, Call, Endpoint
from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.params import Kind, Param, to_decimal
from blave_mcp.exchanges.wire import Credentials, HttpRequest
from tests.conftest import ROOT
from tests.exchanges.binance.examples import BASE, DIALECT, EVERY, KEY, NOW_MS, example
from tests.fakes import visible_text

VECTORS = json.loads((ROOT / "tests" / "signing" / "binance.json").read_text())["vectors"]


def sent(call: Call, *, now_ms: int = NOW_MS, key: Credentials | None = KEY) -> HttpRequest:
    product = call.endpoint.product
    return DIALECT.request(call, key, base_url=BASE[product], now_ms=now_ms, testnet=False)


def parameters(request: HttpRequest) -> str:
    """The parameters as they travel: the body of a POST or PUT, the query of the others."""
    query = urlsplit(request.url).query
    if request.method in ("POST", "PUT"):
        assert query == ""
        return request.body.decode("ascii")
    assert request.body == b""
    return query


def recomputed(payload: str) -> str:
    return hmac.new(KEY.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_venue_s_own_examples_are_signed_as_it_signs_them(vector: dict[str, Any]):
    payload = encoded([tuple(pair) for pair in vector["args"]])
    assert payload == vector["payload"]
    assert signature(vector["secret"], payload) == vector["signature"]


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_every_signed_request_ends_with_window_time_and_the_signature_of_its_own_bytes(endpoint: Endpoint):
    request = sent(example(endpoint))
    text = parameters(request)
    assert request.headers["User-Agent"] == "blave-quant-mcp"
    assert urlsplit(request.url).path == endpoint.path
    if endpoint.auth is Auth.NONE:
        assert "X-MBX-APIKEY" not in request.headers
        assert "signature" not in text
        return
    payload, _, given_signature = text.rpartition("&signature=")
    assert given_signature == recomputed(payload)
    assert payload.endswith(f"recvWindow=5000&timestamp={NOW_MS}")
    assert request.headers["X-MBX-APIKEY"] == KEY.key
    assert KEY.secret not in request.url + request.body.decode() + str(dict(request.headers))


def test_a_post_carries_its_parameters_as_a_form():
    request = sent(example(BINANCE["spot.order.create"]))
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(request.body.decode()))["newClientOrderId"] == "x-GBN6HWR2t1"


def test_lists_travel_as_compact_percent_encoded_json():
    request = sent(example(BINANCE["futures.batch.create"]))
    batch = dict(parse_qsl(request.body.decode()))["batchOrders"]
    assert " " not in batch
    assert [order["newClientOrderId"] for order in json.loads(batch)] == ["x-52DDFAFNt10", "x-52DDFAFNt11"]
    assert json.loads(batch)[0]["reduceOnly"] == "true"
    assert b"{" not in request.body
    cancel = sent(example(BINANCE["futures.batch.cancel"]))
    assert "orderIdList=%5B1234567%2C2345678%5D" in cancel.url


def test_wallet_transfers_are_not_sent_to_the_testnet():
    for id in ("spot.transfer.create", "spot.transfer.list"):
        with pytest.raises(Unsupported, match="testnet"):
            DIALECT.request(
                example(BINANCE[id]), KEY, base_url=DIALECT.hosts["spot"].testnet, now_ms=NOW_MS, testnet=True
            )


def test_flags_are_written_small():
    request = sent(BINANCE["futures.position_mode.set"].call(dualSidePosition=True))
    assert b"dualSidePosition=true" in request.body


@pytest.mark.parametrize("endpoint", [e for e in EVERY if e.auth is not Auth.NONE], ids=lambda endpoint: endpoint.id)
def test_a_signed_endpoint_is_never_sent_unsigned(endpoint: Endpoint):
    with pytest.raises(ValueError, match="no credentials"):
        sent(example(endpoint), key=None)


@pytest.mark.parametrize(
    "endpoint", [e for e in EVERY if example(e).client_ids()], ids=lambda endpoint: endpoint.id
)  # fmt: skip
def test_an_order_without_the_attribution_on_each_id_is_never_signed(endpoint: Endpoint):
    with pytest.raises(ValueError, match="must be stamped"):
        sent(example(endpoint).stamped(lambda wished, suffix: f"mine{suffix}"))
    bare = {name: value for name, value in example(endpoint).args if not name.endswith(("ClientOrderId", "AlgoId"))}
    if endpoint.id == "futures.batch.create":
        stamped, other = bare["batchOrders"]
        bare["batchOrders"] = [stamped, {k: v for k, v in other.items() if k != "newClientOrderId"}]
    with pytest.raises(ValueError, match="must be stamped"):
        sent(endpoint.call(bare))


def test_a_client_id_gets_the_product_s_prefix_and_is_never_cut():
    assert DIALECT.client_id("spot", "", "k3xw2a1") == "x-GBN6HWR2k3xw2a1"
    assert DIALECT.client_id("futures", "", "k3xw2a1") == "x-52DDFAFNk3xw2a1"
    assert DIALECT.client_id("spot", "mine", "k3xw2a1") == "x-GBN6HWR2mine"
    assert DIALECT.client_id("futures", "x-52DDFAFNmine", "k3xw2a1") == "x-52DDFAFNmine"
    assert DIALECT.client_id("spot", "x-52DDFAFNmine", "t") == "x-GBN6HWR2x-52DDFAFNmine"
    assert len(DIALECT.client_id("spot", "m" * 26, "t")) == 36
    with pytest.raises(BadArgument, match="at most 26 characters"):
        DIALECT.client_id("spot", "m" * 27, "t")
    for bad in ("with blank", "ünïcode", "semi;colon", "new\nline", "quote'"):
        with pytest.raises(BadArgument, match="characters that Binance does not take"):
            DIALECT.client_id("futures", bad, "t")


TAGS = st.from_regex(r"[a-z0-9]{1,16}", fullmatch=True)


@given(product=st.sampled_from(["spot", "futures"]), wished=st.text(max_size=40), tag=TAGS)
@settings(deadline=None, max_examples=200)
def test_whatever_is_wished_an_id_is_attributed_or_refused(product: str, wished: str, tag: str):
    try:
        id = DIALECT.client_id(product, wished, tag)
    except BadArgument:
        return
    assert id.startswith({"spot": "x-GBN6HWR2", "futures": "x-52DDFAFN"}[product])
    assert len(id) <= 36
    assert id.endswith(wished or tag)
    assert id.isascii()


@given(st.decimals(min_value="1e-12", max_value="1e12", allow_nan=False, allow_infinity=False, places=12))
@settings(deadline=None, max_examples=200)
def test_an_amount_is_signed_and_sent_to_the_digit(amount: Any):
    if amount <= 0:
        return
    call = BINANCE["spot.transfer.create"].call(type="MAIN_UMFUTURE", asset="USDT", amount=amount)
    fields = dict(parse_qsl(parameters(sent(call))))
    assert "e" not in fields["amount"].lower()
    assert to_decimal(fields["amount"], "amount") == amount


def values(param: Param) -> st.SearchStrategy[Any]:
    if param.items:
        return st.lists(arguments(param.items), min_size=1, max_size=param.most or 3)
    match param.kind:
        case Kind.ONE_OF:
            return st.sampled_from(param.choices)
        case Kind.FLAG:
            return st.booleans()
        case Kind.INTEGER:
            low, high = int(param.low or 0), int(param.high) if param.high is not None else 10**15
            return st.integers(low, high)
        case Kind.DECIMAL:
            return st.decimals(param.low or 0, param.high or 10**9, places=8).filter(lambda number: number > 0)
        case Kind.CLIENT_ID:
            return st.from_regex(r"[.A-Z:/a-z0-9_-]{1,20}", fullmatch=True)
        case Kind.JSON:
            return st.just(param.example)
        case _:
            return visible_text()


def arguments(params: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {param.name: values(param) for param in params if param.required},
        optional={param.name: values(param) for param in params if not param.required},
    )


def varied(endpoint: Endpoint) -> st.SearchStrategy[dict[str, Any]]:
    """The endpoint's example with other values, so that its rules hold."""
    base = example(endpoint).arguments
    free = (Kind.DECIMAL, Kind.INTEGER, Kind.TEXT, Kind.CLIENT_ID)
    other = {param.name: values(param) for param in endpoint.params if param.name in base and param.kind in free}
    return st.fixed_dictionaries(other).map(lambda drawn: base | drawn)


def check_bytes(endpoint: Endpoint, args: dict[str, Any]) -> None:
    product = endpoint.product
    call = endpoint.call(args)
    call = call.stamped(lambda wished, suffix: DIALECT.client_id(product, wished, f"t{suffix}"))
    text = parameters(sent(call))
    text.encode("ascii")
    names = [name for name, _ in parse_qsl(text, keep_blank_values=True)]
    if endpoint.auth is Auth.NONE:
        assert names == [name for name, _ in call.args]
        return
    assert names == [*(name for name, _ in call.args), "recvWindow", "timestamp", "signature"]
    payload, _, given_signature = text.rpartition("&signature=")
    assert given_signature == recomputed(payload)


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_whatever_the_values_the_signature_is_that_of_the_bytes(endpoint: Endpoint):
    @given(varied(endpoint))
    @settings(deadline=None, max_examples=15)
    def check(args: dict[str, Any]) -> None:
        check_bytes(endpoint, args)

    check()


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_whatever_the_arguments_they_are_refused_or_signed(endpoint: Endpoint):
    @given(arguments(endpoint.params))
    @settings(deadline=None, max_examples=15)
    def check(args: dict[str, Any]) -> None:
        with contextlib.suppress(BadArgument):
            check_bytes(endpoint, args)

    check()
