"""The watch on posts: each once, none lost, marked only after it arrived."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from blave_mcp.exchanges.errors import Unavailable
from blave_mcp.exchanges.http import HttpTransport
from blave_mcp.exchanges.sources.pages import Pages
from blave_mcp.exchanges.wire import HttpReply, HttpRequest
from blave_mcp.server.monitor import FIRST, KEPT, AlertWatch, PostWatch, Seen, keep_watching
from blave_mcp.server.notify import Channels
from blave_mcp.tools.blave.alerts import Alert, Listening
from tests.exchanges.sources.pages_of import feed, item
from tests.fakes import FakeClock, RecordingTransport
from tests.server.peers import run
from tests.server.test_notify import HOOK, OK, Service, channel
from tests.server.venues import LoopbackVenue

POSTS = "https://posts.example"


class Feed:
    """A feed whose posts a test sets, newest first."""

    def __init__(self, *ids: int) -> None:
        self.ids = list(ids)
        self.down = False

    def answer(self, _: HttpRequest) -> HttpReply:
        if self.down:
            return HttpReply(404)
        return HttpReply(200, {}, feed(*(item(str(n), f"<p>post {n}</p>") for n in self.ids)))


@pytest.fixture
def seen(tmp_path: Path) -> Iterator[Seen]:
    with Seen(tmp_path / "monitor.sqlite3") as opened:
        yield opened


def watch_of(source: Feed, seen: Seen, channels: Channels | None = None) -> tuple[PostWatch, list[str]]:
    clock, said = FakeClock(), list[str]()
    transport = RecordingTransport({("GET", "/feed"): source.answer})
    watch = PostWatch(Pages(transport, clock, posts_url=POSTS), seen, clock, said.append, channels)
    return watch, said


def posts_in(texts: list[str]) -> list[str]:
    return [line for text in texts for line in text.split("\n") if line.startswith("post ")]


async def test_a_first_run_hands_on_the_latest_few_and_later_runs_what_is_new_oldest_first(seen: Seen):
    source = Feed(5, 4, 3, 2, 1)
    watch, said = watch_of(source, seen)
    assert await watch.once() == FIRST
    assert posts_in(said) == ["post 3", "post 4", "post 5"]
    source.ids = [7, 6, 5, 4]
    assert await watch.once() == 2
    assert posts_in(said)[3:] == ["post 6", "post 7"]
    assert await watch.once() == 0
    assert said[0].splitlines()[0] == "Truth Social, 2026-04-24 05:13:56 UTC"
    assert said[0].strip().splitlines()[-1] == "https://truthsocial.com/@realDonaldTrump/93"


async def test_two_hundred_and_more_are_remembered(seen: Seen):
    source = Feed(*range(300, 0, -1))
    watch, _ = watch_of(source, seen)
    await watch.once()
    assert await watch.once() == 0
    seen.mark(POSTS, [f"x{n}" for n in range(KEPT)], 0)
    assert len(seen.new(POSTS, [f"x{n}" for n in range(KEPT)])) == 0
    assert seen.new(POSTS, ["91"]) == ["91"], "the oldest make room"


async def test_a_post_that_did_not_arrive_stays_new_and_nothing_overtakes_it(seen: Seen):
    source = Feed(2, 1)
    with Service(OK["Discord"], HttpReply(403), HttpReply(403), OK["Discord"]) as service:
        async with HttpTransport() as transport:
            channels = Channels([channel("Discord", service.url)], transport, FakeClock())
            watch, said = watch_of(source, seen, channels)
            assert await watch.once() == 1
            assert watch.failures[0].startswith("NOT sent to Discord: ")
            assert await watch.once() == 0
            assert await watch.once() == 1
    assert posts_in(said) == ["post 1", "post 2", "post 2", "post 2"]
    assert len(service.got) == 4


async def test_two_watches_share_what_was_delivered(tmp_path: Path, seen: Seen):
    source = Feed(2, 1)
    watch, _ = watch_of(source, seen)
    assert await watch.once() == 2
    with Seen(tmp_path / "monitor.sqlite3") as other:
        again, _ = watch_of(source, other)
        assert await again.once() == 0


async def test_a_translation_comes_with_the_original_and_its_failure_is_said(seen: Seen):
    watch, said = watch_of(Feed(1), seen)
    watch.translate = lambda text: text.upper()
    await watch.once()
    assert "post 1\nPOST 1\nhttps://" in said[0]

    def broken(text: str) -> str:
        raise Unavailable("The translation failed (Timeout).")

    more, told = watch_of(Feed(2, 1), seen)
    more.translate = broken
    assert await more.once() == 1
    assert "post 2\n[The translation failed (Timeout).]" in told[0]


async def test_a_standing_watch_survives_a_feed_that_is_down(seen: Seen):
    source = Feed(1)
    source.down = True
    watch, said = watch_of(source, seen)
    complaints: list[str] = []
    clock = watch.clock
    assert isinstance(clock, FakeClock)

    def complain(text: str) -> None:
        complaints.append(text)
        source.down = False

    with anyio.move_on_after(5) as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(keep_watching, watch, 10, complain)
            while not said:
                await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
    assert not scope.cancelled_caught
    assert len(complaints) == 1
    assert complaints[0].startswith("Unavailable: ")
    assert 600 in clock.slept


def test_the_command_prints_pushes_and_remembers(tmp_path: Path):
    source = Feed(2, 1)
    with LoopbackVenue(source.answer) as page, Service(OK["Slack"]) as slack:
        env = {"BLAVE_MCP_POSTS_URL": page.url, "BLAVE_MCP_SLACK_WEBHOOK": slack.url + HOOK}
        first = run("monitor", "posts", home=tmp_path / "home", **env)
        again = run("monitor", "posts", home=tmp_path / "home", **env)
        source.down = True
        failed = run("monitor", "posts", home=tmp_path / "home", **env)
    assert (first.returncode, again.returncode, failed.returncode) == (0, 0, 2), first.stderr + again.stderr
    assert posts_in([first.stdout]) == ["post 1", "post 2"]
    assert "2 new; also sent to Slack." in first.stderr
    assert again.stdout == ""
    assert "0 new" in again.stderr
    assert "Unavailable: " in failed.stderr
    assert len(slack.got) == 2
    assert HOOK not in first.stdout + first.stderr + again.stderr + failed.stderr


# Alerts.


class Written:
    """A listener whose written alerts a test sets."""

    def __init__(self, *ids: str) -> None:
        self.alerts = [Alert(id, 1_767_225_600_000, {"action": "buy\x1b[2J", "symbol": "BTCUSDT"}) for id in ids]
        self.trouble = ""

    channels = ("desk",)

    def follow(self, channel: str) -> None:
        raise AssertionError("nothing more is followed")

    def listening(self, channel: str) -> Listening:
        return Listening(not self.trouble, "", None, self.trouble)

    def after(self, channel: str, id: str, limit: int) -> list[Alert]:
        found = [alert for alert in self.alerts if alert.id > id]
        return found[:limit] if id else found[-limit:]

    def add(self, id: str) -> None:
        self.alerts.append(Alert(id, 1_767_225_600_000, {"n": id}))


def alert_watch(
    source: Written, seen: Seen, channels: Channels | None = None
) -> tuple[AlertWatch, list[str], list[str]]:
    said, complaints = list[str](), list[str]()
    watch = AlertWatch(source, seen, FakeClock(), said.append, complaints.append, channels)
    return watch, said, complaints


async def test_a_first_watch_begins_now_and_a_later_one_where_the_last_ended(seen: Seen):
    source = Written("1-0", "2-0")
    watch, said, _ = alert_watch(source, seen)
    assert await watch.look("desk")
    assert said == []
    source.add("3-0")
    source.add("4-0")
    assert await watch.look("desk")
    assert [line[-5:] for line in said] == ["[3-0]", "[4-0]"]
    source.add("5-0")
    later, more, _ = alert_watch(source, seen)
    assert await later.look("desk")
    assert more == ["TradingView alert in desk, 2026-01-01 00:00:00 UTC: n=5-0 [5-0]"]


async def test_where_nothing_was_written_yet_the_first_alert_is_handed_on(seen: Seen):
    source = Written()
    watch, said, _ = alert_watch(source, seen)
    assert await watch.look("desk")
    source.alerts = Written("1-0").alerts
    assert await watch.look("desk")
    assert said == ["TradingView alert in desk, 2026-01-01 00:00:00 UTC: action=buy [2J, symbol=BTCUSDT [1-0]"]


async def test_an_alert_that_did_not_arrive_is_tried_again_before_the_next(seen: Seen):
    source = Written()
    with Service(HttpReply(403), OK["Slack"]) as service:
        async with HttpTransport() as transport:
            channels = Channels([channel("Slack", service.url)], transport, FakeClock())
            watch, said, complaints = alert_watch(source, seen, channels)
            assert await watch.look("desk")
            source.add("1-0")
            source.add("2-0")
            assert not await watch.look("desk")
            assert await watch.look("desk")
    assert [line[-5:] for line in said] == ["[1-0]", "[1-0]", "[2-0]"]
    assert len(service.got) == 3
    assert complaints[0].startswith("NOT sent to Slack: ")


async def test_trouble_of_the_listener_is_told_once_and_its_end_too(seen: Seen):
    source = Written()
    source.trouble = "Blave ended the stream."
    watch, _, complaints = alert_watch(source, seen)
    async with anyio.create_task_group() as group:
        group.start_soon(watch.run)
        while len(complaints) < 1:
            await anyio.lowlevel.checkpoint()
        source.trouble = ""
        while len(complaints) < 2:
            await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    assert complaints == ["desk: Blave ended the stream.", "desk: connected again."]


def test_alerts_want_a_channel(tmp_path: Path):
    refused = run("monitor", "alerts", home=tmp_path / "home")
    assert refused.returncode == 2
    assert "BLAVE_MCP_ALERT_CHANNELS" in refused.stderr
