"""Reads are retried, writes never; what a venue's answer means for each."""

from __future__ import annotations

import random
from typing import Any

import pytest

from blave_mcp.exchanges import gate as gate_module
from blave_mcp.exchanges.catalogue import Bucket, Catalogue
from blave_mcp.exchanges.client import VenueClient
from blave_mcp.exchanges.dialect import Ask, VenueFault
from blave_mcp.exchanges.endpoint import Auth, Call
from blave_mcp.exchanges.errors import (
    BadArgument,
    LimitExceeded,
    MissingCredentials,
    NeedsConfirmation,
    OutcomeUnknown,
    RateLimited,
    Unavailable,
    VenueRefused,
)
from blave_mcp.exchanges.gate import Approved
from blave_mcp.exchanges.limits import Pacer
from blave_mcp.exchanges.wire import Credentials
from tests.fakes import FakeClock, RecordingTransport, query, reply, unreachable
from tests.toy import BATCH, LOOK, PLACE, RARE, TIME, TOY, ToyDialect

KEY = Credentials("fake-key", "fake-secret")


def approved(call: Call) -> Approved:
    """An approval as the gate mints it."""
    return Approved(gate_module._MINT, call)


def client_over(
    answers: dict[tuple[str, str], Any], *, key: Credentials | None = KEY
) -> tuple[VenueClient, RecordingTransport]:
    clock = FakeClock()
    transport = RecordingTransport({("GET", "/time"): lambda _: {"time": clock.now_ms()}, **answers})
    client = VenueClient(
        ToyDialect(),
        transport,
        key,
        base_urls={"spot": "https://toy.example"},
        backup_urls={"spot": "https://backup.example"},
        clock=clock,
        pacer=Pacer(clock),
        rng=random.Random(1),  # noqa: S311 - jitter
    )
    return client, transport


def in_turn(*answers: Any) -> Any:
    left = list(answers)
    return lambda _: left.pop(0)


ORDER = PLACE.call(symbol="BTC", size="1", cid="toy-1")


async def test_a_read_is_retried_after_a_network_fault_and_goes_to_the_backup_host() -> None:
    client, transport = client_over({("GET", "/order"): in_turn(unreachable(sent=True), {"ok": True})})
    assert await client.read(LOOK.call(id="7")) == {"ok": True}
    hosts = [r.url.split("/")[2] for r in transport.sent(path="/order")]
    assert hosts == ["toy.example", "backup.example"]


async def test_a_read_gives_up_after_four_tries_and_says_that_no_data_came() -> None:
    client, transport = client_over({("GET", "/order"): lambda _: unreachable(sent=False)})
    with pytest.raises(Unavailable, match=r"could not be reached.*No data was returned"):
        await client.read(LOOK.call(id="7"))
    assert len(transport.sent(path="/order")) == 4


async def test_the_pauses_between_tries_grow_and_vary() -> None:
    client, _ = client_over({("GET", "/order"): lambda _: reply({}, 500)})
    with pytest.raises(Unavailable):
        await client.read(LOOK.call(id="7"))
    pauses = client.clock.slept  # type: ignore[attr-defined]
    assert len(pauses) == 3
    assert all(0.5 * base <= pause <= 1.5 * base for pause, base in zip(pauses, (0.25, 0.5, 1.0), strict=True))


async def test_a_rate_limited_read_waits_as_long_as_the_venue_says() -> None:
    client, _ = client_over({("GET", "/order"): in_turn(reply({}, 429, retry_after="3"), {"ok": 1})})
    assert await client.read(LOOK.call(id="7")) == {"ok": 1}
    assert sum(client.clock.slept) >= 3  # type: ignore[attr-defined]


async def test_a_wait_that_is_too_long_is_told_instead() -> None:
    client, transport = client_over({("GET", "/order"): lambda _: reply({}, 429, retry_after="120")})
    with pytest.raises(RateLimited) as told:
        await client.read(LOOK.call(id="7"))
    assert told.value.seconds == 120
    assert len(transport.sent(path="/order")) == 1
    with pytest.raises(RateLimited):
        await client.read(LOOK.call(id="7"))
    assert len(transport.sent(path="/order")) == 1, "the bucket stays closed until then"


async def test_a_refused_read_is_not_tried_again() -> None:
    client, transport = client_over({("GET", "/order"): lambda _: reply({"code": "-7", "msg": "no\x1b[31m such"}, 400)})
    with pytest.raises(VenueRefused) as told:
        await client.read(LOOK.call(id="7"))
    assert told.value.code == "-7"
    assert "“-7: " not in str(told.value)
    assert "“no [31m such”" in str(told.value), "the venue's text is quoted and stripped"
    assert len(transport.sent(path="/order")) == 1


async def test_the_clock_is_measured_before_the_first_signed_call_and_again_after_a_timestamp_refusal() -> None:
    client, transport = client_over({("GET", "/order"): in_turn(reply({"code": "clock"}, 400), {"ok": 1}, {"ok": 2})})
    client.clock.advance(0)  # type: ignore[attr-defined]
    transport.answers["GET", "/time"] = lambda _: {"time": client.clock.now_ms() + 90_000}
    await client.read(LOOK.call(id="7"))
    await client.read(LOOK.call(id="7"))
    paths = [r.url.split("/")[3].partition("?")[0] for r in transport.requests]
    assert paths == ["time", "order", "time", "order", "order"]
    stamp = int(query(transport.requests[-1])["timestamp"])
    assert stamp == client.clock.now_ms() + 90_000


async def test_a_signed_call_without_a_key_never_goes_out_unsigned() -> None:
    client, transport = client_over({}, key=None)
    with pytest.raises(MissingCredentials, match="TOY_KEY, TOY_SECRET"):
        await client.read(LOOK.call(id="7"))
    assert transport.requests == []


async def test_an_absent_thing_reaches_parse_as_a_fault() -> None:
    client, _ = client_over({("GET", "/order"): lambda _: reply({"code": "-2013"}, 404)})
    found = await client.ask(Ask((LOOK.call(id="7"),), lambda payload: payload))
    assert isinstance(found, VenueFault)
    assert found.not_found


async def test_a_write_is_sent_once_and_its_answer_returned() -> None:
    client, transport = client_over({("POST", "/order"): lambda _: {"id": 1}})
    assert await client.write(approved(ORDER)) == {"id": 1}
    assert len(transport.sent("POST")) == 1


@pytest.mark.parametrize("answer", [unreachable(sent=True), reply({}, 500), reply({}, 503), reply({}, 429)])
async def test_a_write_whose_answer_proves_nothing_is_unknown_and_not_retried(answer: Any) -> None:
    client, transport = client_over({("POST", "/order"): lambda _: answer})
    with pytest.raises(OutcomeUnknown, match="do not send it again") as told:
        await client.write(approved(ORDER))
    assert told.value.client_ids == ("toy-1",)
    assert len(transport.sent("POST")) == 1


async def test_a_write_that_never_left_is_unavailable_and_says_so() -> None:
    client, transport = client_over({("POST", "/order"): lambda _: unreachable(sent=False)})
    with pytest.raises(Unavailable, match="Nothing was sent"):
        await client.write(approved(ORDER))
    assert len(transport.sent("POST")) == 1, "not to the backup host either"


async def test_a_write_that_the_venue_refuses_says_that_nothing_changed() -> None:
    client, _ = client_over({("POST", "/order"): lambda _: reply({"code": "-1", "msg": "no"}, 400)})
    with pytest.raises(VenueRefused, match="Nothing was changed"):
        await client.write(approved(ORDER))


async def test_an_approval_is_good_for_one_send() -> None:
    client, transport = client_over({("POST", "/order"): lambda _: {"id": 1}})
    leave = approved(ORDER)
    await client.write(leave)
    with pytest.raises(NeedsConfirmation, match="has been used"):
        await client.write(leave)
    assert len(transport.sent("POST")) == 1


@pytest.mark.parametrize("forged", [ORDER, None, "CONFIRM", object()])
async def test_write_takes_nothing_but_an_approval(forged: Any) -> None:
    client, transport = client_over({})
    with pytest.raises(NeedsConfirmation):
        await client.write(forged)
    assert transport.requests == []


def test_an_approval_cannot_be_made_outside_the_gate() -> None:
    with pytest.raises(NeedsConfirmation, match="confirm_action"):
        Approved(object(), ORDER)


@pytest.mark.parametrize("call", [ORDER, BATCH.call(orders=[{"size": "1"}])])
async def test_read_refuses_a_write_before_any_traffic(call: Call) -> None:
    client, transport = client_over({})
    with pytest.raises(NeedsConfirmation, match="confirm_action alone"):
        await client.read(call)
    assert transport.requests == []


async def test_an_endpoint_of_another_catalogue_is_not_sent_even_under_the_same_id() -> None:
    twin = Catalogue("toy", products={"spot": "toy"}, buckets={"weight": Bucket(1, 1.0)})
    false_read = twin.read(
        "spot.order.get", "POST /withdraw", doc="x", url="https://x", bucket="weight", auth=Auth.NONE, reason="x"
    )
    client, transport = client_over({})
    with pytest.raises(BadArgument, match="not in the catalogue"):
        await client.read(false_read.call())
    assert transport.requests == []


async def test_arguments_that_were_changed_after_the_check_are_not_sent() -> None:
    client, transport = client_over({})
    with pytest.raises(BadArgument):
        await client.write(approved(Call(PLACE, (("symbol", "BTC"), ("size", "-1")))))
    assert transport.requests == []


async def test_the_venues_own_count_slows_us_down() -> None:
    client, _ = client_over({("GET", "/order"): lambda _: reply({"ok": 1}, x_used="100")})
    await client.read(LOOK.call(id="7"))
    with pytest.raises(RateLimited):
        await client.read(LOOK.call(id="7"))


async def test_pacing_waits_for_a_free_place_in_a_sliding_window() -> None:
    client, transport = client_over({("GET", "/rare"): lambda _: {"ok": 1}})
    for _ in range(2):
        await client.read(RARE.call())
    client.clock.advance(4)  # type: ignore[attr-defined]
    await client.read(RARE.call())
    assert client.clock.slept == [pytest.approx(6)]  # type: ignore[attr-defined]
    assert len(transport.sent(path="/rare")) == 3


async def test_a_request_heavier_than_its_bucket_is_refused() -> None:
    clock = FakeClock()
    with pytest.raises(LimitExceeded):
        await Pacer(clock).take("toy", "few", Bucket(2, 10.0), 3)


def test_nothing_of_a_key_stands_in_a_repr() -> None:
    client, _ = client_over({})
    shown = (
        repr(client)
        + repr(client.credentials)
        + repr(ToyDialect().request(TIME.call(), KEY, base_url="https://t", now_ms=1, testnet=False))
    )
    assert "fake-" not in shown
    assert len(TOY) == 5
