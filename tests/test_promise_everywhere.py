"""The promise, for every write of every venue: without the user's word no request but a documented read leaves the
process; with it, that write leaves once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from blave_mcp.exchanges.actions import ActionState
from blave_mcp.exchanges.endpoint import Call, Endpoint
from blave_mcp.exchanges.errors import NeedsConfirmation, NoSuchAction
from blave_mcp.server.app import App, build
from blave_mcp.server.kinds import kinds
from blave_mcp.server.settings import Settings
from tests.fakes import FakeClock
from tests.recorder import Recorder, route
from tests.tools.conftest import call

WRITES = [(name, one) for name, kind in kinds().items() for one in kind.dialect.catalogue if one.writes]
OTHER_WORDS = ("yes", "confirm", "CONFIRM!", "CONFIRM CONFIRM", "")

on_every_write = pytest.mark.parametrize(
    ("venue", "endpoint"), WRITES, ids=[f"{name} {endpoint.id}" for name, endpoint in WRITES]
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def app(tmp_path: Path, clock: FakeClock) -> AsyncIterator[App]:
    app = build(Settings(home=tmp_path), clock=clock)
    yield app
    await app.aclose()


def example(venue: str, endpoint: Endpoint) -> Call:
    made: Call = import_module(f"tests.exchanges.{venue}.examples").example(endpoint)
    return made


def test_every_venue_that_trades_has_writes():
    assert {name for name, _ in WRITES} == {name for name, kind in kinds().items() if not kind.data_only}


@on_every_write
async def test_no_write_is_sent_by_reading_or_proposing_or_any_other_word(
    app: App, clock: FakeClock, venue: str, endpoint: Endpoint
):
    sent = Recorder(app.desk.venue(venue).client)
    made = example(venue, endpoint)
    with pytest.raises(NeedsConfirmation):
        await app.desk.venue(venue).client.read(made)
    given = {"venue": venue, "endpoint": endpoint.id, "args": made.arguments}
    with pytest.raises(NeedsConfirmation, match="propose_endpoint"):
        await call(app.desk, "read_endpoint", **given)
    assert sent.requests == []
    for word in OTHER_WORDS:
        pending = await call(app.desk, "propose_endpoint", **given)
        assert pending.data["state"] == "pending"
        asked = len(sent.requests)
        clock.advance(3)
        with pytest.raises(NeedsConfirmation, match="Nothing was sent"):
            await call(app.desk, "confirm_action", token=pending.data["token"], confirmation=word)
        assert len(sent.requests) == asked
    assert sent.writes == []


@on_every_write
async def test_with_the_word_exactly_that_write_is_sent_once(
    app: App, clock: FakeClock, venue: str, endpoint: Endpoint
):
    sent = Recorder(app.desk.venue(venue).client)
    given = {"venue": venue, "endpoint": endpoint.id, "args": example(venue, endpoint).arguments}
    pending = await call(app.desk, "propose_endpoint", **given)
    clock.advance(3)
    await call(app.desk, "confirm_action", token=pending.data["token"], confirmation="CONFIRM")
    (write,) = sent.writes
    assert route(endpoint).fullmatch(f"{write.method} {urlsplit(write.url).path}")
    state = app.desk.gate.get(pending.data["action"]).state
    assert state in (ActionState.DONE, ActionState.REFUSED, ActionState.UNKNOWN)
    with pytest.raises(NoSuchAction, match="It was not sent again"):
        await call(app.desk, "confirm_action", token=pending.data["token"], confirmation="CONFIRM")
    assert len(sent.writes) == 1
