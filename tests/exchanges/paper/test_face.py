"""The parts that every face is made of."""

from decimal import Decimal
from typing import Any

import pytest

from blave_mcp.exchanges.paper.face import (
    BadForm,
    MemoryBookStore,
    Window,
    encode,
    fixed,
    header,
    json_reply,
    parse_form,
    path_and_query,
    places_of,
    short,
    table,
)
from blave_mcp.exchanges.paper.faces import FACES, open_face
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.wire import HttpRequest
from tests.exchanges.paper.face_client import House, few_listings


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("", {}),
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a=x+y%2Bz", {"a": "x y+z"}),
        ("symbols=%5B%22BTCUSDT%22%5D", {"symbols": '["BTCUSDT"]'}),
        ("a=b=c", {"a": "b=c"}),
        ("a=", {"a": ""}),
        ("name=%E7%B1%8C", {"name": "籌"}),
    ],
)
def test_a_form_is_read_as_it_was_written(raw: str, found: dict[str, str]):
    assert parse_form(raw) == found


@pytest.mark.parametrize(
    ("raw", "name", "twice"),
    [("a=1&a=1", "a", True), ("a=1&%61=2", "a", True), ("a", "a", False), ("=1", "", False), ("a=%FF", "a", False)],
)
def test_a_form_that_is_none_is_refused_by_name(raw: str, name: str, twice: bool):
    with pytest.raises(BadForm) as caught:
        parse_form(raw)
    assert (caught.value.name, caught.value.twice) == (name, twice)


def test_path_and_query_come_apart_without_being_decoded():
    assert path_and_query("https://venue.test/a/b?x=%20&y=1#z") == ("/a/b", "x=%20&y=1")
    assert path_and_query("https://venue.test") == ("/", "")


def test_a_header_is_found_however_it_is_spelt():
    request = HttpRequest("GET", "https://venue.test/", {"X-Mbx-ApiKey": "k"})
    assert (header(request, "x-mbx-apikey"), header(request, "other")) == ("k", "")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, "x", None, True, False]}, '{"a":[1,"x",null,true,false]}'),
        (Decimal("0.00400"), "0.00400"),
        (Decimal("1E+3"), "1000"),
        ({"多": '"\n'}, '{"多":"\\"\\n"}'),
        ((), "[]"),
    ],
)
def test_json_is_written_with_every_digit(value: Any, text: str):
    assert encode(value) == text


@pytest.mark.parametrize("value", [0.1, {"a": [1.0]}, object()])
def test_a_float_is_never_written(value: Any):
    with pytest.raises(TypeError):
        encode(value)


def test_a_reply_names_its_kind_in_lower_case():
    reply = json_reply(418, {"a": 1}, {"retry-after": "3"})
    assert (reply.status, reply.body) == (418, b'{"a":1}')
    assert reply.headers == {"content-type": "application/json;charset=UTF-8", "retry-after": "3"}


def test_numbers_are_written_as_venues_do():
    assert [fixed(Decimal(x), 2) for x in ("1", "-0.001", "2.345")] == ["1.00", "0.00", "2.34"]
    assert [short(Decimal(x)) for x in ("0.00", "1.50", "1E+2", "-0.10")] == ["0", "1.5", "100", "-0.1"]
    assert [places_of(Decimal(x)) for x in ("0.010", "1", "10", "0.00001")] == [2, 0, 0, 5]


def test_a_window_is_free_again_when_the_next_begins():
    window = Window(60_000, 3)
    assert [window.add(1, t) for t in (0, 1, 59_999)] == [True] * 3
    assert not window.add(1, 59_999)
    assert window.seconds_left(59_999) == 1
    assert window.seconds_left(0) == 60
    assert window.add(3, 60_000)
    assert window.at(119_999) == 3
    assert window.at(120_000) == 0


def test_two_routes_for_one_are_refused():
    class Route:
        method, path = "GET", "/a"

    with pytest.raises(ValueError, match="two routes for GET /a"):
        table([Route(), Route()])


@pytest.mark.parametrize("name", FACES)
async def test_a_face_is_a_transport_and_knows_its_hosts(name: str):
    face = House().face(name)
    assert face.name == name
    assert all(url.startswith("https://") for url in face.base_urls)
    reply = await face.send(HttpRequest("GET", f"{face.base_urls[0]}/nowhere"), timeout=1)
    assert reply == face.handle(HttpRequest("GET", f"{face.base_urls[0]}/nowhere"), face.clock())


def test_no_two_faces_answer_for_one_host():
    hosts = [url for name in FACES for url in House().face(name).base_urls]
    assert sorted(set(hosts)) == sorted(hosts)


def test_a_face_that_does_not_exist_is_named():
    with pytest.raises(ValueError, match="no paper face 'nowhere'; there are binance-spot"):
        open_face("nowhere", SyntheticMarket(few_listings()), MemoryBookStore(), lambda: 0, "k", "s")
