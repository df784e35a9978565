"""Blave: its key, its answers, and a long stretch of candles in years."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blave_mcp.exchanges.blave.dialect import BlaveDialect
from blave_mcp.exchanges.blave.endpoints import BLAVE
from blave_mcp.exchanges.blave.models import AlphaRow, Price, Statistics
from blave_mcp.exchanges.blave.parse import parse_candles
from blave_mcp.exchanges.blave.verbs import BlaveData, years
from blave_mcp.exchanges.dialect import VenueFault, Verdict
from blave_mcp.exchanges.endpoint import Auth, Effect
from blave_mcp.exchanges.errors import BadArgument, Unavailable, Unsupported, VenueRefused
from blave_mcp.exchanges.models import Candle
from blave_mcp.exchanges.wire import Credentials, HttpReply
from tests.conftest import ROOT

DIALECT, DATA = BlaveDialect(), BlaveData()
KEY = Credentials("fake-key", "fake-secret")
D = Decimal


def read(name: str) -> Any:
    text = (ROOT / "tests" / "payloads" / "blave" / f"{name}.json").read_bytes()
    return DIALECT.decipher(BLAVE["data.alpha.table"].call(), HttpReply(200, {}, text))


def fault(status: int, body: Any = None, **headers: str) -> VenueFault:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    reply = HttpReply(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)
    with pytest.raises(VenueFault) as caught:
        DIALECT.decipher(BLAVE["data.alpha.table"].call(), reply)
    return caught.value


def test_every_endpoint_reads_with_a_key_and_without_a_signature():
    for endpoint in BLAVE:
        assert (endpoint.effect, endpoint.auth, endpoint.product) == (Effect.READ, Auth.KEY, "data")
    assert DIALECT.clock_call("data") is None
    with pytest.raises(Unsupported):
        DIALECT.client_id("data", "", "t")


def test_the_key_travels_in_two_headers_and_never_in_the_address():
    call = BLAVE["data.candles.list"].call(
        symbol="BTC USDT", period="1h", start_date="2025-01-01", end_date="2025-03-01"
    )  # fmt: skip
    request = DIALECT.request(call, KEY, base_url="https://api.blave.org", now_ms=0, testnet=False)
    assert request.url == (
        "https://api.blave.org/kline?symbol=BTC%20USDT&period=1h&start_date=2025-01-01&end_date=2025-03-01"
    )
    assert dict(request.headers) == {
        "User-Agent": "blave-quant-mcp",
        "api-key": "fake-key",
        "secret-key": "fake-secret",
    }
    with pytest.raises(ValueError, match="wants a key"):
        DIALECT.request(call, None, base_url="https://api.blave.org", now_ms=0, testnet=False)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_says_where_a_plan_and_a_key_are_to_be_had(status: int):
    found = fault(status, {"message": "Unauthorized"})
    assert (found.verdict, found.bad_key, found.message) == (Verdict.REFUSED, True, "Unauthorized")
    for word in (
        "blave_api_key", "blave_secret_key", "https://blave.org/landing/en/pricing",
        "https://blave.org/landing/en/api?tab=blave",
    ):  # fmt: skip
        assert word in found.advice


def test_the_limit_waits_five_minutes_unless_told():
    assert (fault(429).verdict, fault(429).retry_after) == (Verdict.RATE_LIMITED, 300)
    assert fault(429, retry_after="17").retry_after == 17
    assert BLAVE.buckets["requests"].amount == 100
    assert BLAVE.buckets["requests"].seconds == 300


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (400, {"detail": "bad symbol"}, Verdict.REFUSED),
        (403, {"error": "period is required"}, Verdict.REFUSED),
        (404, b"", Verdict.REFUSED),
        (500, b"<html>", Verdict.UNAVAILABLE),
        (200, b"<html>", Verdict.UNAVAILABLE),
        (200, b"NaN", Verdict.UNAVAILABLE),
        (200, b'"text"', Verdict.UNAVAILABLE),
    ],
)
def test_other_answers(status: int, body: Any, verdict: Verdict):
    assert (fault(status, body).verdict, fault(status, body).bad_key) == (verdict, False)


def test_the_price_never_passes_through_a_float():
    question = DATA.price("BTCUSDT")
    assert question.calls[0].arguments == {"symbol": "BTCUSDT"}
    assert question.parse(read("price")) == Price("BTCUSDT", D("95000.0"), D("2.5"))


def test_a_candle_s_time_is_in_seconds():
    rows = [{"time": 1735689600, "open": D("1.1"), "high": 2, "low": "0.5", "close": D("1.5")}]
    assert parse_candles(rows) == (Candle(1735689600000, D("1.1"), D(2), D("0.5"), D("1.5")),)


@pytest.mark.parametrize("time", [1735689600000, -1, D("1e999999"), "soon"])
def test_a_time_that_is_no_number_of_seconds_is_never_guessed_at(time: Any):
    rows = [{"time": time, "open": 1, "high": 1, "low": 1, "close": 1}]
    with pytest.raises(Unavailable, match="documented form"):
        DATA.candles("BTC", "1d", date(2025, 1, 1), date(2025, 1, 2)).parse(rows)


def test_empty_texts_are_missing_values_at_either_level():
    table = DATA.alpha_table().parse(
        {
            "data": {
                "BTCUSDT": {
                    "price": {"-": D("70000.5")},
                    "price_change": {"15min": "", "24h": D("2.5")},
                    "market_cap": "",
                    "market_cap_percentile": {"-": ""},
                    "funding_rate": {"binance": D("-0.01")},
                    "statistics": {"up_prob": D("0.6"), "exp_value": "", "is_data_sufficient": True},
                    "whale_hunter": {"24h-score_oi": D("0.7"), "1h-score_oi": ""},
                    "holder_concentration": "",
                },
                "NEWUSDT": {"statistics": ""},
            },
            "fields": {"x": 1},
            "note": None,
        }
    )
    btc, new = table.rows
    assert btc == AlphaRow(
        symbol="BTCUSDT",
        price=D("70000.5"),
        price_change={"15min": None, "24h": D("2.5")},
        market_cap=None,
        market_cap_percentile=None,
        funding_rate={"binance": D("-0.01")},
        oi_imbalance=None,
        statistics=Statistics(
            sufficient=True,
            up_prob=D("0.6"),
            exp_value=None,
            avg_up_return=None,
            avg_down_return=None,
            return_ratio=None,
        ),
        indicators={"whale_hunter": {"24h-score_oi": D("0.7"), "1h-score_oi": None}, "holder_concentration": {}},
    )
    assert (new.price, new.statistics.sufficient, new.indicators) == (None, None, {})
    assert table.fields == {"x": 1}


@pytest.mark.parametrize("broken", [None, [], {}, "x", {"data": [1]}, {"data": {"X": 1}}])
def test_an_answer_of_another_form_is_told_and_never_guessed(broken: Any):
    for question in (DATA.alpha_table(), DATA.price("X")):
        with pytest.raises(Unavailable, match="documented form"):
            question.parse(broken)


def test_what_does_not_exist_is_refused():
    with pytest.raises(VenueRefused, match="HTTP 404"):
        DATA.price("X").parse(VenueFault(Verdict.REFUSED, code="HTTP 404", message="", not_found=True))


def bar(day: date) -> dict[str, Any]:
    at = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    return {"time": at, "open": 1, "high": 1, "low": 1, "close": 1}


def test_a_long_stretch_of_candles_is_asked_in_years_and_joined_without_a_shared_bar():
    start, end = date(2022, 1, 1), date(2024, 6, 1)
    question = DATA.candles("BTCUSDT", "1d", start, end)
    asked = [(call.get("start_date"), call.get("end_date")) for call in question.calls]
    assert asked == [("2022-01-01", "2023-01-01"), ("2023-01-01", "2024-01-01"), ("2024-01-01", "2024-06-01")]
    pages = []
    for first, last in years(start, end):
        days = (last - first).days
        pages.append([bar(first + timedelta(days=n)) for n in range(days + 1)])  # the end's own day is counted in
    times = [candle.open_ms for candle in question.parse(*reversed(pages))]
    assert times == [bar(start + timedelta(days=n))["time"] * 1000 for n in range((end - start).days)]


@given(start=st.dates(date(2015, 1, 1), date(2026, 1, 1)), days=st.integers(1, 3000))
@settings(deadline=None, max_examples=100)
def test_years_cover_a_stretch_of_days_without_gap_or_overlap(start: date, days: int):
    pieces = list(years(start, start + timedelta(days=days)))
    assert pieces[0][0] == start
    assert pieces[-1][1] == start + timedelta(days=days)
    assert all(a[1] == b[0] for a, b in pairwise(pieces))
    assert all(timedelta(0) < b - a <= timedelta(days=365) for a, b in pieces)


@pytest.mark.parametrize(("start", "end"), [(date(2025, 1, 1), date(2025, 1, 1)), (date(2000, 1, 1), date(2025, 1, 1))])
def test_a_stretch_that_cannot_be_asked(start: date, end: date):
    with pytest.raises(BadArgument):
        DATA.candles("BTCUSDT", "1d", start, end)


@pytest.mark.parametrize("period", ["", "1m", "h", "0h", "-1h", "1.5h", "1w", "１h"])
def test_a_period_is_a_number_and_a_unit(period: str):
    with pytest.raises(BadArgument):
        DATA.candles("BTCUSDT", period, date(2025, 1, 1), date(2025, 1, 2))


@pytest.mark.parametrize("period", ["5min", "15min", "1h", "8h", "1d", "30d"])
def test_the_documented_periods_are_taken(period: str):
    assert DATA.candles("BTCUSDT", period, date(2025, 1, 1), date(2025, 1, 2)).calls
