"""Signatures, attribution and the bytes that are sent, for every endpoint; and ccxt, which signs the same text."""

from __future__ import annotations

import hashlib
import hmac
import json
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import ccxt  # type: ignore[import-untyped]
import pytest

from blave_mcp.exchanges.bingx.endpoints import BINGX
from blave_mcp.exchanges.bingx.wire import canonical, ordered, signature
from blave_mcp.exchanges.endpoint import Auth, Endpoint
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.wire import HttpRequest
from tests.conftest import ROOT
from tests.exchanges.bingx.examples import BASE, DIALECT, EVERY, KEY, NOW_MS, example, request

DOCUMENTED = json.loads((ROOT / "tests" / "signing" / "bingx.json").read_text())


def parameters(sent: HttpRequest) -> str:
    """The parameters as they travel: the form of a POST, the query of the others."""
    query = urlsplit(sent.url).query
    if sent.method == "POST":
        assert query == ""
        return sent.body.decode("ascii")
    assert sent.body == b""
    return query


@pytest.mark.parametrize("vector", DOCUMENTED["vectors"], ids=lambda vector: vector["name"])
def test_the_venue_s_own_example_is_signed_as_it_signs_it(vector: dict[str, Any]):
    text = canonical(tuple(pair) for pair in vector["args"])
    assert text == vector["canonical"]
    assert signature(vector["secret"], text) == vector["signature"]


@pytest.mark.parametrize("vector", DOCUMENTED["orders"], ids=lambda vector: vector["canonical"][:20])
def test_the_parameters_are_put_in_the_order_that_the_venue_shows(vector: dict[str, Any]):
    assert canonical(ordered((name, value) for name, value in vector["args"])) == vector["canonical"]


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_every_request_tells_the_source_and_a_signed_one_is_signed_over_its_sorted_plain_parameters(
    endpoint: Endpoint,
):
    sent = request(example(endpoint))
    assert sent.headers["X-SOURCE-KEY"] == "BX-AI-SKILL"
    assert sent.headers["User-Agent"] == "blave-quant-mcp"
    assert sent.method == endpoint.method
    assert sent.url.partition("?")[0] == BASE + endpoint.path
    text = parameters(sent)
    if endpoint.auth is Auth.NONE:
        assert "X-BX-APIKEY" not in sent.headers
        assert "signature" not in text
        assert f"timestamp={NOW_MS}" in text
        return
    payload, _, given = text.rpartition("&signature=")
    pairs = [piece.split("=", 1) for piece in payload.split("&")]
    assert [name for name, _ in pairs] == sorted(name for name, _ in pairs)
    plain = "&".join(f"{name}={unquote(value)}" for name, value in pairs)
    assert given == hmac.new(KEY.secret.encode(), plain.encode(), hashlib.sha256).hexdigest()
    assert {"recvWindow": "5000", "timestamp": str(NOW_MS)}.items() <= dict(pairs).items()
    assert sent.headers["X-BX-APIKEY"] == KEY.key
    assert KEY.secret not in sent.url + sent.body.decode() + str(dict(sent.headers))


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_every_argument_of_the_example_arrives(endpoint: Endpoint):
    call = example(endpoint)
    found = dict(parse_qsl(parameters(request(call))))
    for name, value in call.args:
        if isinstance(value, list | dict):
            continue
        assert found.pop(name) == (str(value).lower() if isinstance(value, bool) else str(value))
    left = {"timestamp", "recvWindow", "signature", "startTs", "endTs"}
    lists = {name for name, value in call.args if isinstance(value, list | dict)}
    assert set(found) <= left | lists


def test_numbers_in_a_batch_are_json_numbers_with_all_their_digits():
    text = dict(parse_qsl(parameters(request(example(BINGX["swap.batch.create"])))))["batchOrders"]
    assert " " not in text
    first, second = json.loads(text, parse_float=Decimal)
    assert (first["quantity"], first["price"], first["reduceOnly"]) == (Decimal("0.001"), 60000, "true")
    assert (first["clientOrderId"], second["clientOrderId"]) == ("t10", "t11")


def test_an_attached_stop_is_an_object_in_a_text_with_its_price_as_a_number():
    text = dict(parse_qsl(parameters(request(example(BINGX["swap.order.test"])))))["stopLoss"]
    assert text == '{"type":"STOP_MARKET","stopPrice":50000.5,"workingType":"MARK_PRICE"}'


def test_fills_without_a_window_are_those_of_the_last_seven_days():
    found = dict(parse_qsl(parameters(request(BINGX["swap.fills.list"].call(symbol="BTC-USDT")))))
    assert (int(found["startTs"]), int(found["endTs"])) == (NOW_MS - 7 * 86_400_000, NOW_MS)
    with pytest.raises(BadArgument, match="startTs and endTs both"):
        BINGX["swap.fills.list"].call(symbol="BTC-USDT", startTs=1)


def test_the_hosts_are_the_documented_ones_and_the_backup_is_for_reads():
    for host in DIALECT.hosts.values():
        assert (host.live, host.backup, host.testnet) == (
            "https://open-api.bingx.com",
            "https://open-api.bingx.pro",
            "https://open-api-vst.bingx.com",
        )


@pytest.mark.parametrize("wished", ["has space", "x" * 41, "under_score", "a&b=c", "é"])
def test_a_client_id_that_bingx_does_not_take_is_refused(wished: str):
    with pytest.raises(BadArgument, match="1 to 40 letters and digits"):
        DIALECT.client_id("swap", wished, "t1")


def test_a_client_id_is_kept_in_small_letters_as_bingx_keeps_it():
    assert DIALECT.client_id("swap", "MyOrder1", "t1") == "myorder1"
    assert DIALECT.client_id("spot", "", "T1a") == "t1a"
    assert DIALECT.client_id("spot", "x" * 40, "t1") == "x" * 40


def test_an_order_that_was_not_stamped_and_a_signed_call_without_a_key_are_programming_errors():
    call = BINGX["spot.order.create"].call(
        symbol="BTC-USDT", side="BUY", type="MARKET", quantity="1", newClientOrderId="ABC"
    )
    with pytest.raises(ValueError, match="small letters"):
        request(call)
    with pytest.raises(ValueError, match="no credentials"):
        request(BINGX["spot.account.get"].call(), key=None)


# ccxt.

OTHER_APIS = {
    "/openApi/swap/v1/": "swap.v1",
    "/openApi/swap/v2/": "swap.v2",
    "/openApi/swap/v3/": "swap.v3",
    "/openApi/spot/v1/": "spot.v1",
    "/openApi/spot/v2/": "spot.v2",
    "/openApi/fund/v1/": "fund.v1",
    "/openApi/account/v1/": "account.v1",
    "/openApi/api/v3/": "api.v3",
    "/openApi/api/asset/v1/": "api.asset.v1",
}


@pytest.fixture(scope="module")
def other() -> Any:
    exchange = ccxt.bingx({"apiKey": KEY.key, "secret": KEY.secret, "options": {"broker": "BX-AI-SKILL"}})
    exchange.nonce = lambda: NOW_MS
    return exchange


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.id)
def test_ccxt_signs_and_sends_the_same_bytes(endpoint: Endpoint, other: Any):
    """ccxt puts the parameters of a POST into the query; BingX's own client, like ours, into a form.

    https://github.com/BingX-API/api-ai-skills/blob/master/skills/references/authentication.md (fetchSigned)
    """
    sent = request(example(endpoint))
    ours = parameters(sent)
    given = dict(parse_qsl(ours))
    for name in ("timestamp", "signature"):
        given.pop(name, None)
    root = max((root for root in OTHER_APIS if endpoint.path.startswith(root)), key=len)
    section = [*OTHER_APIS[root].split("."), "public" if endpoint.auth is Auth.NONE else "private"]
    theirs = other.sign(endpoint.path.removeprefix(root), section, endpoint.method, given)
    assert theirs["url"] == f"{BASE}{endpoint.path}?{ours}"
    assert theirs["method"] == sent.method
    if endpoint.auth is not Auth.NONE:
        for name in ("X-BX-APIKEY", "X-SOURCE-KEY"):
            assert theirs["headers"][name] == sent.headers[name]
