"""What every request to a Binance face must carry, and what it costs."""

import json
from typing import Any

import pytest

from blave_mcp.exchanges.paper.market import Prices, StalePrice
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.wire import HttpReply, HttpRequest
from tests.exchanges.paper.face_client import (
    FORM,
    FUTURES,
    KEY,
    SPOT,
    START,
    House,
    few_listings,
    form,
    futures,
    signature,
    signed,
    spot,
)

ACCOUNT = {SPOT: "/api/v3/account", FUTURES: "/fapi/v3/account"}
ORDER = {SPOT: "/api/v3/order", FUTURES: "/fapi/v1/order"}
VENUES = pytest.mark.parametrize("name", [SPOT, FUTURES])
LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}


def ask(name: str, query: str, *, key: str | None = KEY, house: House | None = None) -> tuple[int, Any]:
    headers = {} if key is None else {"X-MBX-APIKEY": key}
    url = f"https://venue.test{ACCOUNT[name]}?{query}"
    return told((house or House()).face(name).answer(HttpRequest("GET", url, headers)))


def told(reply: HttpReply) -> tuple[int, Any]:
    body = json.loads(reply.body)
    return reply.status, body.get("code", "fine") if isinstance(body, dict) else "fine"


def post(name: str, query: str, body: str, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    url = f"https://venue.test{ORDER[name]}" + (f"?{query}" if query else "")
    sent = {"X-MBX-APIKEY": KEY, **(FORM if headers is None else headers)}
    return told(House().face(name).answer(HttpRequest("POST", url, sent, body.encode())))


@VENUES
def test_a_request_signed_by_hand_is_answered(name: str):
    assert ask(name, signed({}, START)) == (200, "fine")


def test_the_signature_of_the_documentation_is_the_one_that_is_checked():
    # https://developers.binance.com/docs/binance-spot-api-docs/rest-api/request-security, POST /api/v3/order
    payload = (
        "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559"
    )
    secret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
    assert signature(payload, secret) == "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"


@VENUES
@pytest.mark.parametrize(
    ("key", "code"), [(None, -2014), ("", -2014), ("a key", -2014), ("another", -2015), (KEY.upper(), -2015)]
)
def test_a_wrong_key_is_refused_before_anything_else(name: str, key: str | None, code: int):
    assert ask(name, signed({}, START), key=key) == (401, code)


@VENUES
def test_the_signature_may_be_upper_case_and_must_be_right(name: str):
    payload, _, digest = signed({}, START).rpartition("=")
    assert ask(name, f"{payload}={digest.upper()}") == (200, "fine")
    assert ask(name, f"{payload}={digest[:-1]}0x") == (400, -1022)
    assert ask(name, f"{payload}=") == (400, -1102)
    assert ask(name, f"timestamp={START}") == (400, -1102)


@VENUES
def test_the_signature_must_come_last(name: str):
    payload = f"timestamp={START}"
    assert ask(name, f"signature={signature(payload)}&{payload}") == (400, -1022)
    assert ask(name, f"{payload}&signature={signature(payload)}&recvWindow=5000") == (400, -1022)


@VENUES
def test_the_signature_covers_query_and_body_without_a_separator(name: str):
    query, body = form(LIMIT), f"timestamp={START}"
    assert post(name, query, f"{body}&signature={signature(query + body)}")[0] == 200
    assert post(name, query, f"{body}&signature={signature(f'{query}&{body}')}") == (400, -1022)
    everything = f"{query}&{body}"
    assert post(name, everything, f"signature={signature(everything)}")[0] == 200


@VENUES
def test_a_body_that_is_no_form_is_not_read(name: str):
    body = signed(LIMIT, START)
    assert post(name, "", body, {"Content-Type": "application/json"}) == (400, -1102)
    assert post(name, "", body, {})[0] == 200


@VENUES
@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "fine"),
        ({"recvWindow": 60000}, "fine"),
        ({"recvWindow": 60001}, -1131),
        ({"recvWindow": "x"}, -1100),
        ({"recvWindow": "100.5"}, "fine"),
    ],
)
def test_the_receive_window_has_a_limit(name: str, params: dict[str, Any], code: Any):
    assert ask(name, signed(params, START))[1] == code


@VENUES
@pytest.mark.parametrize(
    ("behind_ms", "window", "code"),
    [
        (5_000, 5_000, "fine"),
        (5_001, 5_000, -1021),
        (10_000, 10_000, "fine"),
        (-999, 5_000, "fine"),
        (-1_000, 5_000, -1021),
    ],
)
def test_a_timestamp_is_taken_within_the_window_only(name: str, behind_ms: int, window: int, code: Any):
    assert ask(name, signed({"recvWindow": window}, START - behind_ms))[1] == code


@VENUES
@pytest.mark.parametrize("timestamp", ["", "soon", "-1", "1.5"])
def test_a_timestamp_that_is_none_is_refused(name: str, timestamp: str):
    payload = f"timestamp={timestamp}"
    assert ask(name, f"{payload}&signature={signature(payload)}")[1] in (-1100, -1102)


@VENUES
@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({**LIMIT, "colour": "red"}, -1104),
        ({**LIMIT, "newClientOrderId": ""}, -1105),
        ({"symbol": "BTCUSDT", "side": "BUY"}, -1102),
        ({**LIMIT, "symbol": ""}, -1102),
        ({**LIMIT, "symbol": "NOPE"}, -1121),
        ({**LIMIT, "symbol": "btcusdt"}, -1121),
        ({**LIMIT, "side": "buy"}, -1117),
        ({**LIMIT, "type": "WISH"}, -1116),
        ({**LIMIT, "quantity": "1e-2"}, -1100),
        ({**LIMIT, "quantity": "a lot"}, -1100),
        ({**LIMIT, "newClientOrderId": "with space"}, -1100),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named_by_code(name: str, params: dict[str, Any], code: int):
    assert post(name, "", signed(params, START)) == (400, code)


@VENUES
def test_a_parameter_that_comes_twice_is_refused(name: str):
    payload = f"recvWindow=1&recvWindow=5000&timestamp={START}"
    assert ask(name, f"{payload}&signature={signature(payload)}") == (400, -1101)


@VENUES
def test_the_query_counts_where_query_and_body_differ(name: str):
    query = form(LIMIT)
    body = f"symbol=NOPE&timestamp={START}"
    assert post(name, query, f"{body}&signature={signature(query + body)}")[0] == 200


@pytest.mark.parametrize(
    ("name", "method", "path", "code"),
    [
        (SPOT, "GET", "/api/v3/nothing", -1020),
        (SPOT, "PATCH", "/api/v3/order", -1020),
        (SPOT, "GET", "/fapi/v1/time", -1020),
        (FUTURES, "GET", "/fapi/v1/nothing", -5000),
        (FUTURES, "DELETE", "/fapi/v1/leverage", -5000),
        (FUTURES, "GET", "/api/v3/time", -5000),
    ],
)
def test_an_unknown_route_answers_in_the_venues_own_envelope(name: str, method: str, path: str, code: int):
    reply = House().face(name).answer(HttpRequest(method, f"https://venue.test{path}"))
    assert told(reply) == (404, code)
    assert json.loads(reply.body).keys() == {"code", "msg"}


def test_used_weight_is_told_and_runs_out():
    house = House()
    costs = [("/api/v3/ping", {}, 1), ("/api/v3/ticker/24hr", {}, 81), ("/api/v3/depth", {"symbol": "BTCUSDT"}, 86)]
    for path, params, used in costs:
        reply = house.send(SPOT, "GET", path, params, public=True)
        assert reply.headers["x-mbx-used-weight-1m"] == str(used)
    while house.send(SPOT, "GET", "/api/v3/ticker/24hr", public=True).status == 200:
        pass
    reply = house.send(SPOT, "GET", "/api/v3/ping", public=True)
    assert told(reply) == (429, -1003)
    house.clock.wait(int(reply.headers["retry-after"]))
    assert house.send(SPOT, "GET", "/api/v3/ping", public=True).headers["x-mbx-used-weight-1m"] == "1"


def test_orders_are_counted_in_headers_and_stopped_at_the_limit():
    house = House()
    reply = house.send(SPOT, "POST", "/api/v3/order", LIMIT)
    assert reply.headers["x-mbx-order-count-10s"] == "1"
    assert reply.headers["x-mbx-order-count-1d"] == "1"
    assert "x-mbx-order-count-10s" not in house.send(SPOT, "GET", "/api/v3/account").headers
    small = {**LIMIT, "quantity": "0.0001"}
    codes = [told(house.send(SPOT, "POST", "/api/v3/order", small)) for _ in range(100)]
    assert codes[-1] == (429, -1015)
    counts = spot(house).ok("GET", "/api/v3/rateLimit/order")
    assert [(row["interval"], row["intervalNum"], row["limit"], row["count"]) for row in counts] == [
        ("SECOND", 10, 100, 100),
        ("DAY", 1, 200_000, 100),
    ]
    house.clock.wait(10)
    assert house.send(SPOT, "POST", "/api/v3/order", small).status == 200


def test_futures_count_orders_by_ten_seconds_and_by_the_minute():
    house = House()
    reply = house.send(FUTURES, "POST", "/fapi/v1/order", LIMIT)
    assert (reply.headers["x-mbx-order-count-10s"], reply.headers["x-mbx-order-count-1m"]) == ("1", "1")
    venue = futures(house)
    assert venue.get("/fapi/v1/exchangeInfo")["rateLimits"][1:] == venue.ok("GET", "/fapi/v1/rateLimit/order")


def test_an_order_that_is_not_understood_is_not_counted():
    house = House()
    reply = house.send(SPOT, "POST", "/api/v3/order", {**LIMIT, "type": "WISH"})
    assert "x-mbx-order-count-10s" not in reply.headers


class Silent(SyntheticMarket):
    """A market whose prices are too old."""

    def prices(self, key: str, now_ms: int) -> Prices:
        raise StalePrice(f"no price of {key} for a minute")


@VENUES
def test_a_market_that_cannot_answer_is_a_503_that_says_the_operation_failed(name: str):
    house = House(market=Silent(few_listings()))
    path = "/api/v3/ticker/price" if name == SPOT else "/fapi/v1/ticker/price"
    reply = house.send(name, "GET", path, {"symbol": "BTCUSDT"}, public=True)
    assert told(reply) == (503, -1001)
