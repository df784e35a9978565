"""The user's own channels, over a real server on this machine."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable
from email import message_from_bytes
from email.policy import HTTP
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from blave_mcp.exchanges.http import HttpTransport
from blave_mcp.exchanges.wire import HttpReply, HttpRequest
from blave_mcp.server import notify
from blave_mcp.server.app import build
from blave_mcp.server.kinds import url_names
from blave_mcp.server.notify import Channel, Channels, Discord, Slack, Telegram
from blave_mcp.server.serve import log_to_stderr
from blave_mcp.server.settings import BadSetting, load
from blave_mcp.tools.spec import Picture
from tests.fakes import FakeClock
from tests.server.venues import LoopbackVenue

TOKEN = "12345:fake-token-of-a-test"
HOOK = "/hooks/fake-webhook-of-a-test"
PNG = b"\x89PNG\r\n\x1a\nnot really one\r\n--boundary"
CHART = Picture("liquidation-map-BTCUSDT", PNG, "Longs below at 61,000.", "BTCUSDT <at> *67,420* & @everyone")
OK = {
    "Telegram": HttpReply(200, {}, b'{"ok":true,"result":{}}'),
    "Slack": HttpReply(200, {}, b"ok"),
    "Discord": HttpReply(204),
}


class Service(LoopbackVenue):
    """Plays all three services; answers in turn, the last answer for good."""

    def __init__(self, *answers: HttpReply | Callable[[], HttpReply]) -> None:
        self.answers = list(answers)
        self.got: list[HttpRequest] = []
        super().__init__(self._next)

    def _next(self, request: HttpRequest) -> HttpReply:
        self.got.append(request)
        answer = self.answers[min(len(self.got), len(self.answers)) - 1]
        return answer() if callable(answer) else answer


def channel(title: str, url: str) -> Channel:
    if title == "Telegram":
        return Telegram(SecretStr(TOKEN), "-1001", url)
    return (Slack if title == "Slack" else Discord)(SecretStr(url + HOOK))


async def delivered(service: Service, title: str, *, prefix: str = "", clock: FakeClock | None = None) -> str:
    async with HttpTransport() as transport:
        channels = Channels([channel(title, service.url)], transport, clock or FakeClock(), prefix)
        return await channels.deliver(CHART)


def fields_of(request: HttpRequest) -> dict[str, Any]:
    """The parts of a multipart body, read by the standard library."""
    kind = next(value for name, value in request.headers.items() if name.lower() == "content-type")
    whole = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + request.body, policy=HTTP)
    found: dict[str, Any] = {}
    for part in whole.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        found[name] = part.get_payload(decode=True)
    return found


each = pytest.mark.parametrize("title", OK)


# What arrives.


async def test_telegram_gets_the_picture_with_its_caption_in_the_users_chat_and_without_markup():
    with Service(OK["Telegram"]) as service:
        assert await delivered(service, "Telegram", prefix="[PAPER] ") == "Sent to Telegram."
    assert [request.url.partition(service.url)[2] for request in service.got] == [f"/bot{TOKEN}/sendPhoto"]
    fields = fields_of(service.got[0])
    assert fields["chat_id"] == b"-1001"
    assert fields["caption"].decode() == f"[PAPER] {CHART.caption}"
    assert fields["photo"] == PNG
    assert "parse_mode" not in fields


async def test_discord_gets_the_picture_mentions_nobody_and_shows_marks_as_they_are():
    with Service(OK["Discord"]) as service:
        assert await delivered(service, "Discord") == "Sent to Discord."
    fields = fields_of(service.got[0])
    payload = json.loads(fields["payload_json"])
    assert fields["files[0]"] == PNG
    assert payload["allowed_mentions"] == {"parse": []}
    assert payload["content"] == r"BTCUSDT \<at\> \*67,420\* & \@everyone"


async def test_slack_whose_webhooks_take_no_files_gets_the_description_and_the_user_is_told():
    with Service(OK["Slack"]) as service:
        assert await delivered(service, "Slack") == "Described (its webhooks take no pictures) to Slack."
    payload = json.loads(service.got[0].body)
    assert payload["text"] == "BTCUSDT &lt;at&gt; *67,420* &amp; @everyone\nLongs below at 61,000."
    assert payload["mrkdwn"] is False
    assert payload["unfurl_links"] is False


@each
async def test_a_long_text_is_cut_and_says_so(title: str):
    with Service(OK[title]) as service:
        async with HttpTransport() as transport:
            channels = Channels([channel(title, service.url)], transport, FakeClock())
            (one,) = await channels.tell("word " * 1000)
    assert one.arrived
    told = json.loads(service.got[0].body)
    text = told.get("text") or told["content"]
    assert len(text) <= 2000
    assert "more characters" in text


# What goes wrong.


@each
async def test_a_limit_is_waited_for_and_the_message_sent_again(title: str):
    slow = {
        "Telegram": HttpReply(429, {}, b'{"ok":false,"error_code":429,"parameters":{"retry_after":7}}'),
        "Slack": HttpReply(429, {"retry-after": "7"}, b"rate_limited"),
        "Discord": HttpReply(429, {}, b'{"message":"You are being rate limited.","retry_after":7.0,"global":false}'),
    }[title]
    clock = FakeClock()
    with Service(slow, OK[title]) as service:
        told = await delivered(service, title, clock=clock)
    assert told.endswith(f"to {title}.")
    assert "NOT" not in told
    assert clock.slept == [7.0]
    assert len(service.got) == 2


@each
async def test_a_limit_that_lasts_longer_than_a_tool_may_is_told(title: str):
    clock = FakeClock()
    body = b'{"ok":false,"parameters":{"retry_after":900},"retry_after":900}'
    with Service(HttpReply(429, {"retry-after": "900"}, body)) as service:
        told = await delivered(service, title, clock=clock)
    assert told == f"NOT sent to {title}: it asks to wait 900 s (429)."
    assert (clock.slept, len(service.got)) == ([], 1)


@each
@pytest.mark.parametrize(("status", "why"), [(403, "does not let us write"), (404, "check the variable")])
async def test_a_refusal_is_told_and_not_repeated(title: str, status: int, why: str):
    body = b'{"ok":false,"description":"Forbidden: bot was blocked","message":"Missing Access"}'
    with Service(HttpReply(status, {}, body)) as service:
        told = await delivered(service, title)
    assert told.startswith(f"NOT sent to {title}: it ")
    assert why in told
    assert len(service.got) == 1


@each
async def test_a_service_in_trouble_is_asked_a_bounded_number_of_times(title: str):
    clock = FakeClock()
    with Service(HttpReply(502, {}, b"<html>bad gateway</html>")) as service:
        told = await delivered(service, title, clock=clock)
    assert told == f"NOT sent to {title}: it is in trouble (502)."
    assert len(service.got) == notify.TRIES
    assert len(clock.slept) == notify.TRIES - 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"ok":"yes"}', b"\xff\xfe", b"[" * 100_000])
@pytest.mark.parametrize("title", ["Telegram", "Slack"])
async def test_an_answer_that_cannot_be_read_is_told_as_unknown_and_not_sent_again(title: str, body: bytes):
    with Service(HttpReply(200, {}, body)) as service:
        told = await delivered(service, title)
    assert told == f"NOT sent to {title}: its answer cannot be read, so it may or may not have arrived."
    assert len(service.got) == 1


@each
async def test_silence_and_a_closed_door_end_in_words(title: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(notify, "TIMEOUT_S", 0.2)

    def silent() -> HttpReply:
        time.sleep(0.5)
        return OK[title]

    with Service(silent) as service:
        told = await delivered(service, title)
    assert told == f"NOT sent to {title}: it cannot be reached, or did not answer."
    assert len(service.got) == notify.TRIES
    again = await delivered(service, title)  # nobody listens there any more
    assert again == f"NOT sent to {title}: it cannot be reached, or did not answer."


async def test_one_channel_that_fails_does_not_keep_the_others():
    with Service(OK["Discord"]) as good, Service(HttpReply(403)) as bad:
        async with HttpTransport() as transport:
            both = Channels([channel("Telegram", bad.url), channel("Discord", good.url)], transport, FakeClock())
            told = await both.deliver(CHART)
    assert told.startswith("NOT sent to Telegram: ")
    assert told.endswith("; Sent to Discord.")


# Secrets, and where things may go.


@each
async def test_no_secret_stands_in_a_log_a_repr_or_what_is_told(
    title: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    log_to_stderr("debug")
    shown: list[str] = []
    try:
        for reply in (OK[title], HttpReply(403, {}, b"{}"), HttpReply(500), HttpReply(200, {}, b"?")):
            with Service(reply) as service:
                shown.append(await delivered(service, title))
                one = channel(title, service.url)
                request = one.text("x")
                shown += [repr(one), str(one)]
                with pytest.raises(TypeError):
                    json.dumps(one)
                assert TOKEN in request.url or HOOK in request.url
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers
    shown += [caplog.text, *capfd.readouterr()]
    assert [text for text in shown if TOKEN in text or HOOK in text] == []


GIVEN = {"BLAVE_MCP_TELEGRAM_TOKEN": TOKEN, "BLAVE_MCP_TELEGRAM_CHAT": "-1001"}


def settings_of(tmp_path: Path, **given: str) -> Any:
    empty = tmp_path / "empty.env"
    empty.touch()
    return load({"BLAVE_MCP_HOME": str(tmp_path), **given}, url_names=url_names(), env_file=empty)


def test_without_a_channel_nothing_is_sent(tmp_path: Path):
    app = build(settings_of(tmp_path))
    assert app.channels is None
    app.store.close()
    app.series.close()


def test_the_channels_are_those_that_were_set_and_paper_is_said(tmp_path: Path):
    app = build(settings_of(tmp_path, **GIVEN, BLAVE_MCP_DISCORD_WEBHOOK="https://discord.com/api/webhooks/1/x"))
    assert app.channels is not None
    assert app.channels.titles == "Telegram, Discord"
    assert app.channels.prefix == "[PAPER] "
    assert TOKEN not in repr(app)
    app.store.close()
    app.series.close()


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"BLAVE_MCP_SLACK_WEBHOOK": "http://hooks.slack.com/x-secret"}, "a webhook is https"),
        ({"BLAVE_MCP_DISCORD_WEBHOOK": "https://u:x-secret@discord.com/x"}, "a webhook is https"),
        ({"BLAVE_MCP_DISCORD_WEBHOOK": "https://discord.com/x-secret\t"}, None),
        ({"BLAVE_MCP_TELEGRAM_TOKEN": "x-secret", "BLAVE_MCP_TELEGRAM_CHAT": "1"}, "BotFather"),
        ({"BLAVE_MCP_TELEGRAM_TOKEN": "1:x-secret"}, "wants both"),
        ({"BLAVE_MCP_TELEGRAM_CHAT": "1"}, "wants both"),
        ({**GIVEN, "BLAVE_MCP_TELEGRAM_CHAT": "some chat"}, "BLAVE_MCP_TELEGRAM_CHAT cannot be"),
        ({**GIVEN, "BLAVE_MCP_TELEGRAM_URL": "http://example.com"}, "https://host"),
    ],
)
def test_a_channel_that_cannot_be_used_is_refused_at_start_without_showing_it(
    tmp_path: Path, given: dict[str, str], what: str | None
):
    if what is None:
        assert settings_of(tmp_path, **given).discord_webhook.get_secret_value() == "https://discord.com/x-secret"
        return
    with pytest.raises(BadSetting) as failure:
        settings_of(tmp_path, **given)
    assert what in str(failure.value)
    assert "x-secret" not in str(failure.value)


def test_where_the_channels_service_lies_is_never_taken_from_a_file_that_happens_to_be_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / ".env").write_text("BLAVE_MCP_TELEGRAM_URL=https://example.com\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadSetting, match="may be anybody's"):
        load({}, url_names=url_names())


def test_a_file_name_cannot_break_out_of_its_header():
    request = Telegram(SecretStr(TOKEN), "1").picture(PNG, 'x"\r\nevil: 1', "caption\r\n--")
    head = request.body[:2000].decode("latin-1")
    assert re.findall(r'filename="([^"]*)"', head) == ["x-evil-1.png"]
    assert fields_of(request)["caption"] == b"caption\r\n--"
