"""Numbers without floats, answers decoded straight into values, and signatures."""

from __future__ import annotations

import hashlib
import hmac
from decimal import Decimal
from urllib.parse import quote, unquote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blave_mcp.exchanges.binance.dialect import encoded
from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.errors import Unavailable
from blave_mcp.exchanges.exact import exact_json, formed, number, read_as
from blave_mcp.exchanges.models import Candle
from blave_mcp.exchanges.signing import hmac_bytes, hmac_hex
from tests.exchanges.test_client import client_over
from tests.fakes import reply
from tests.toy import LOOK

ROWS = tuple[Candle, ...]
BAR = b'[[1499040000000,"0.01634790","0.80000000","0.01575800",0.01577100,"148976.11427815",1499644799999,"2434.2"]]'


def test_a_row_becomes_a_candle_digit_by_digit_whether_its_numbers_are_texts_or_not():
    (candle,) = read_as(BAR, ROWS)
    assert candle == Candle(
        1499040000000, Decimal("0.01634790"), Decimal("0.8"), Decimal("0.015758"), Decimal("0.015771"),
        Decimal("148976.11427815"),
    )  # fmt: skip
    assert str(candle.open) == "0.01634790"
    assert formed(exact_json(BAR), ROWS) == (candle,)
    assert formed((candle,), ROWS) == (candle,)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12))
def test_no_digit_is_lost_on_either_way(value: Decimal):
    body = f'[[1,"{value:f}",{value:f},"1","1","1"]]'.encode()
    for (candle,) in (read_as(body, ROWS), formed(exact_json(body), ROWS)):
        assert f"{candle.open:f}" == f"{candle.high:f}" == f"{value:f}"
    assert number(f"{value:f}") == value


@pytest.mark.parametrize(
    "body", [b'{"code":-1121}', b"[[1]]", b'[["x","1","1","1","1","1"]]', b"<html>", b"", b"[null]"]
)
def test_another_form_is_an_error_and_no_guess(body: bytes):
    with pytest.raises(msgspec.DecodeError):
        read_as(body, ROWS)


class Answer(msgspec.Struct):
    id: str


async def test_an_answer_of_the_form_reaches_parse_as_values_and_any_other_as_the_dialect_reads_it():
    question = Ask((LOOK.call(id="1"),), lambda payload: payload, Answer)
    client, _ = client_over({("GET", "/order"): {"id": "1", "more": 2}})
    assert await client.ask(question) == Answer("1")
    client, _ = client_over({("GET", "/order"): {"name": "1"}})
    assert await client.ask(question) == {"name": "1"}
    client, _ = client_over({("GET", "/order"): reply({"id": "1"}, status=503)})
    with pytest.raises(Unavailable):
        await client.ask(question)


@given(st.text(), st.binary(), st.sampled_from(["sha256", "sha384"]))
def test_signatures_are_those_of_the_standard_library(secret: str, message: bytes, digest: str):
    wanted = hmac.new(secret.encode(), message, getattr(hashlib, digest))
    assert hmac_hex(secret, message, digest) == wanted.hexdigest()
    assert hmac_bytes(secret, message, digest) == wanted.digest()


@given(st.lists(st.text(min_size=1), max_size=4))
def test_every_value_comes_back_from_what_is_signed(values: list[str]):
    args = [(f"name{n}", value) for n, value in enumerate(values)]
    written = encoded(args)
    assert written.isascii()
    parts = [part.split("=") for part in written.split("&")] if args else []
    assert [(name, unquote(value)) for name, value in parts] == args


@pytest.mark.parametrize("value", ["x&", "&", "=", "a=b", "x&y", "x&y=z", "x=y&z", "a b", "%41", "é"])
def test_a_value_with_a_separator_in_it_is_escaped(value: str):
    assert encoded([("symbol", value)]) == f"symbol={quote(value, safe='')}"
    assert encoded([("a", "1"), ("symbol", value), ("b", "2")]) == f"a=1&symbol={quote(value, safe='')}&b=2"
