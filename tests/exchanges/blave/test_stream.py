"""The bytes of the alert stream, however they are cut."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blave_mcp.exchanges.blave.stream import (
    LONGEST_EVENT,
    AlertEvent,
    AlertReader,
    known_channel,
    known_id,
    order_of,
    stream_call,
)
from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.paper.blave.alerts import KEEPALIVE, event
from tests.desks import blave
from tests.fakes import FakeClock, Silence

DOCUMENTED = (
    b'data: {"id": "1712054400000-0", "action": "buy", "symbol": "BTCUSD", "price": "95000"}\n\n: keepalive\n\n'
)
ALERT = AlertEvent("1712054400000-0", {"action": "buy", "symbol": "BTCUSD", "price": "95000"})


def read(*chunks: bytes) -> list[AlertEvent]:
    reader = AlertReader()
    return [alert for chunk in chunks for alert in reader.feed(chunk)]


def test_the_documented_event_and_keepalive_are_read():
    assert read(DOCUMENTED) == [ALERT]


@given(st.lists(st.integers(0, 200), max_size=30))
def test_cuts_between_any_two_bytes_make_no_difference(cuts: list[int]):
    body = event((1, 0), {"名": "巨鯨", "n": 1}) + KEEPALIVE + event((2, 5), {"a": "b\nc"})
    edges = sorted({0, len(body), *(c for c in cuts if c < len(body))})
    pieces = [body[a:b] for a, b in pairwise(edges)]
    assert read(*pieces) == [AlertEvent("1-0", {"名": "巨鯨", "n": "1"}), AlertEvent("2-5", {"a": "b\nc"})]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("space", [b"", b" "])
def test_every_line_end_and_no_space_after_the_colon_are_taken(newline: bytes, space: bytes):
    body = newline.join([b"event: alert", b"data:" + space + b'{"id":"3-1","x":', b"data: [1.50]}", b"", b""])
    assert read(*[body[n : n + 1] for n in range(len(body))], b": x" + newline) == [
        AlertEvent("3-1", {"x": '["1.50"]'})
    ]


def test_an_unfinished_event_is_not_handed_on():
    assert read(DOCUMENTED[:-15]) == []


def test_what_is_no_object_is_kept_as_text_and_stops_nothing():
    found = read(
        b"\xef\xbb\xbfdata: not json\n\n",
        b"data: [1]\n\n",
        b"id: 9-9\ndata: {}\n\n",
        b'data: {"id": 7}\n\n',
        DOCUMENTED,
    )
    assert found == [
        AlertEvent("", {"text": "not json"}),
        AlertEvent("", {"text": "[1]"}),
        AlertEvent("9-9", {}),
        AlertEvent("", {}),
        ALERT,
    ]


def test_an_event_without_end_is_left_out_said_so_and_takes_no_memory():
    reader = AlertReader()
    for _ in range(40):
        assert list(reader.feed(b"data: " + b"x" * (LONGEST_EVENT // 10))) == []
        assert len(reader._text) <= LONGEST_EVENT + LONGEST_EVENT // 5
    assert [alert.fields["text"][:11] for alert in reader.feed(b"\n\n")] == ["an alert of"]
    assert list(reader.feed(DOCUMENTED)) == [ALERT]


def test_bytes_that_are_no_utf8_do_not_stop_the_stream():
    assert read(b'data: {"id":"1-0","a":"\xff"}\n\n') == [AlertEvent("1-0", {"a": "\ufffd"})]


@pytest.mark.parametrize("wrong", ["", "a b", "a/b", "x" * 81, "名"])
def test_a_channel_has_a_plain_name(wrong: str):
    with pytest.raises(BadArgument, match="cannot be a channel"):
        known_channel(wrong)


@pytest.mark.parametrize("wrong", ["", "$", "1712054400000", "a-0", "1-", "1-0 "])
def test_an_id_is_two_numbers(wrong: str):
    with pytest.raises(BadArgument, match="no id of an alert"):
        known_id(wrong)


def test_ids_are_ordered_by_number():
    assert sorted(["10-0", "9-10", "9-9"], key=order_of) == ["9-9", "9-10", "10-0"]


async def test_a_stream_is_not_read_as_if_it_had_an_end():
    with pytest.raises(Unsupported, match="has no end"):
        await blave(Silence(), FakeClock()).client.read(stream_call("demo", "$"))


def test_numbers_keep_their_digits():
    found: Any = read(b'data: {"id":"1-0","price":95000.10,"deep":{"a":0.10}}\n\n')[0].fields
    assert found["price"] == "95000.10"
    assert json.loads(found["deep"]) == {"a": "0.10"}
