"""Endpoints as data: what is checked when the catalogue is written, and when a call is made."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blave_mcp.exchanges.catalogue import Bucket, Catalogue
from blave_mcp.exchanges.endpoint import Auth, Call, Endpoint
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.params import (
    anything,
    client_id,
    decimal,
    flag,
    integer,
    json_list,
    json_value,
    one_of,
    plain,
    text,
)

URL = "https://venue.example/docs"


def catalogue() -> Catalogue:
    return Catalogue("venue", products={"spot": "venue"}, buckets={"w": Bucket(10, 1.0)})


def endpoint(*params: Any, **more: Any) -> Endpoint:
    return catalogue().write("spot.thing.do", "POST /thing", doc="d", url=URL, bucket="w", params=params, **more)


BAD_ENTRIES = [
    ({"id": "thing"}, "product.subject.verb"),
    ({"id": "futures.thing.do"}, "no product futures"),
    ({"bucket": "nope"}, "no bucket nope"),
    ({"route": "PATCH /thing"}, "a route is METHOD /path"),
    ({"route": "POST thing"}, "a route is METHOD /path"),
    ({"params": [text("a"), text("a")]}, "named twice"),
    ({"route": "GET /thing"}, "a GET that writes wants a reason"),
    ({"auth": Auth.NONE}, "a write is signed"),
    ({"doc": ""}, "doc and url are required"),
    ({"url": "http://x"}, "doc and url are required"),
]


@pytest.mark.parametrize(("change", "fault"), BAD_ENTRIES)
def test_a_fault_in_an_entry_fails_at_import(change: dict[str, Any], fault: str) -> None:
    sound = {"id": "spot.thing.do", "route": "POST /thing", "doc": "d", "url": URL, "bucket": "w"}
    entry: dict[str, Any] = {**sound, **change}
    id, route = entry.pop("id"), entry.pop("route")
    with pytest.raises(ValueError, match=fault):
        catalogue().write(id, route, **entry)


def test_an_id_is_taken_once_and_a_post_that_reads_wants_a_reason() -> None:
    book = catalogue()
    book.read("spot.thing.get", "GET /thing", doc="d", url=URL, bucket="w")
    with pytest.raises(ValueError, match="the id is taken"):
        book.read("spot.thing.get", "GET /thing", doc="d", url=URL, bucket="w")
    with pytest.raises(ValueError, match="a POST that reads wants a reason"):
        book.read("spot.thing.ask", "POST /thing", doc="d", url=URL, bucket="w")
    assert book.read("spot.thing.ask", "POST /thing", doc="d", url=URL, bucket="w", reason="it does").reason


def test_an_unknown_argument_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(BadArgument, match=r'no argument "quantty"\. Nothing was sent\. Did you mean quantity'):
        endpoint(decimal("quantity"), text("symbol")).call(quantty="1")


REFUSED = [
    (decimal("x"), 0.1, "is a float"),
    (decimal("x"), True, "must be a decimal string"),
    (decimal("x"), "0", "greater than zero"),
    (decimal("x"), "-1", "greater than zero"),
    (decimal("x"), "NaN", "finite"),
    (decimal("x"), "sNaN", "finite"),
    (decimal("x"), "-Infinity", "finite"),
    (decimal("x"), "1e400", "more digits"),
    (decimal("x"), "1e-400", "more digits"),
    (decimal("x"), "1" * 41, "more digits"),
    (decimal("x"), "1,5", "not a decimal number"),
    (decimal("x", required=True), "", "not a decimal number"),
    (decimal("x", low="-5"), "-6", "at least -5"),
    (decimal("x", high=Decimal(5)), "6", "at most 5"),
    (decimal("x", high=100), "101", r"at most 100, not 101\."),
    (decimal("x"), "1e19", "more digits"),
    (decimal("x"), 10**30, "more digits"),
    (integer("x", low=1, high=125), 0, "at least 1"),
    (integer("x", low=1, high=125), 126, "at most 125"),
    (integer("x"), True, "whole number"),
    (integer("x"), "5.0", "whole number"),
    (integer("x"), 5.0, "whole number"),
    (flag("x"), "yes", "true or false"),
    (flag("x"), 1, "true or false"),
    (text("x", required=True), "", "not empty"),
    (text("x"), 5, r'must be a text, not int\..*Write it as "5"'),
    (text("x"), True, r"must be a text, not bool\. Nothing was sent\.$"),
    (text("x"), "BTC\u202eTDSU", "control or invisible characters"),
    (text("x"), "BTC\u2028  Mode  LIVE", "control or invisible characters"),
    (text("x"), "B\u200bTC", "control or invisible characters"),
    (text("x"), "\ud800", "control or invisible characters"),
    (json_value("x"), {"a": ["B\u202eTC"]}, "control or invisible characters"),
    (text("x"), "a\nb", "control or invisible characters"),
    (one_of("x", ["a", "b"]), "A", 'cannot be "A"'),
    (one_of("x", ["a", "b"]), ["a"], "cannot be"),
    (json_value("x"), {"a": [0.5]}, "holds a float"),
    (json_value("x"), "{", "is not JSON"),
    (json_list("x", [text("a")], most=1), [{"a": "1"}, {"a": "2"}], "at most 1 elements, not 2"),
    (json_list("x", [text("a")]), [], "at least one element"),
    (json_list("x", [text("a")]), [{"b": "1"}], 'no argument "b" in x'),
    (json_list("x", [decimal("a")]), [{"a": "1"}, {"a": 0.5}], r"x\[1\]\.a is a float"),
    (json_list("x", [decimal("a")]), [1], "must be an object"),
]


@pytest.mark.parametrize(("param", "value", "says"), REFUSED)
def test_an_unusable_value_is_refused_with_its_place(param: Any, value: Any, says: str) -> None:
    with pytest.raises(BadArgument, match=says):
        endpoint(param).call(x=value)


def test_values_take_their_canonical_form_and_the_endpoints_order() -> None:
    call = endpoint(decimal("b"), integer("a"), flag("c"), json_value("d"), anything("e")).call(
        e=["CONFIRM"], c=False, a="7", b="0.010", d='{"k": 1.10}'
    )
    assert call.args == (("b", "0.010"), ("a", 7), ("c", False), ("d", {"k": "1.10"}), ("e", "['CONFIRM']"))


@given(st.decimals(min_value="1e-18", max_value="1e18", allow_nan=False, allow_infinity=False, places=18))
def test_a_decimal_keeps_every_digit_on_its_way(number: Decimal) -> None:
    sent = endpoint(decimal("x", low="0")).call(x=plain(number)).get("x")
    assert Decimal(sent) == number
    assert "e" not in sent.lower()


def test_a_call_goes_through_its_stored_form_unchanged() -> None:
    book = catalogue()
    one = book.write("spot.thing.do", "POST /t", doc="d", url=URL, bucket="w", params=[decimal("x"), text("y")])
    call = one.call(x="1.50", y="é")
    assert book.revive(call.to_json()) == call


def test_a_rule_looks_at_all_arguments_together() -> None:
    one = endpoint(text("a"), text("b"), rule=lambda args: "a and b exclude each other" if len(args) == 2 else None)
    assert one.call(a="1").get("a") == "1"
    with pytest.raises(BadArgument, match="exclude each other"):
        one.call(a="1", b="2")


def test_every_client_id_is_stamped_those_inside_a_batch_included() -> None:
    one = endpoint(client_id("list"), client_id("first"), json_list("orders", [decimal("size"), client_id("cid")]))
    call = one.call(orders=[{"size": "1"}, {"size": "2", "cid": "mine"}])
    stamped = call.stamped(lambda wished, at: f"p-{wished or at}")
    assert stamped.client_ids() == ("p-a", "p-b", "p-0", "p-mine")
    assert stamped.get("orders")[1] == {"size": "2", "cid": "p-mine"}
    assert call.client_ids() == ("mine",), "the call itself is unchanged"


def test_two_endpoints_alike_are_not_the_same() -> None:
    one, two = catalogue(), catalogue()
    a, b = (c.read("spot.thing.get", "GET /t", doc="d", url=URL, bucket="w") for c in (one, two))
    assert a != b
    assert one.owns(a)
    assert not one.owns(b)
    assert Call(a) != Call(b)
