"""The user's own channels: Telegram, Slack, Discord. What was not set in the environment does not exist here.

Nothing of a channel's address is ever shown: it is what lets one post there.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import anyio
from pydantic import SecretStr

from blave_mcp.exchanges.clock import Clock
from blave_mcp.exchanges.untrusted import quoted
from blave_mcp.exchanges.wire import HttpReply, HttpRequest, NetworkFault, Transport
from blave_mcp.server.settings import Settings
from blave_mcp.tools.spec import Picture

TELEGRAM_URL = "https://api.telegram.org"
TRIES = 3
TIMEOUT_S = 10.0
LONGEST_WAIT_S = 15.0
PATIENCE_S = 45.0
FIRST_PAUSE_S = 0.5
LONGEST_CAPTION = 1000
LONGEST_TEXT = 1900
"""Below every channel's limit: Telegram 1,024 and 4,096, Discord 2,000."""


class Failed(Exception):
    """A channel did not take it. The text is for the user and holds nothing secret.

    Attributes:
        wait: seconds until it may be tried again; None where another try is useless.
    """

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


class Channel(Protocol):
    """How one service takes pictures and texts, and how it says no. Pure."""

    @property
    def title(self) -> str: ...

    @property
    def takes_pictures(self) -> bool: ...

    def picture(self, png: bytes, name: str, caption: str) -> HttpRequest: ...

    def text(self, text: str) -> HttpRequest: ...

    def check(self, reply: HttpReply) -> None:
        """Raises Failed."""
        ...


def _form(fields: Mapping[str, str], file: str, name: str, png: bytes) -> tuple[dict[str, str], bytes]:
    """multipart/form-data, RFC 7578; `file` is the field that the picture goes to."""
    boundary = secrets.token_hex(16)
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    safe = re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:80]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{file}"; filename="{safe}.png"\r\n'
        "Content-Type: image/png\r\n\r\n"
    )
    body = "".join(parts).encode() + head.encode() + png + f"\r\n--{boundary}--\r\n".encode()
    return {"content-type": f"multipart/form-data; boundary={boundary}"}, body


def _json(url: str, payload: Mapping[str, object]) -> HttpRequest:
    return HttpRequest("POST", url, {"content-type": "application/json"}, json.dumps(payload).encode())


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 40]} ... [{len(text) - most + 40} more characters]"


def _seconds(value: object) -> float | None:
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return found if 0 <= found < 1e6 else None


def _decoded(reply: HttpReply) -> Mapping[str, object]:
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _refusal(reply: HttpReply, told: object, waits: object, wrong_key: Sequence[int]) -> Failed:
    """What an answer that is no success means, alike for all of them."""
    words = f": {quoted(told, most=120)}" if isinstance(told, str) and told else ""
    if reply.status == 429:
        seconds = _seconds(waits)
        return Failed(f"it asks to wait{'' if seconds is None else f' {seconds:.0f} s'} (429)", seconds or 1.0)
    if reply.status >= 500:
        return Failed(f"it is in trouble ({reply.status})", FIRST_PAUSE_S)
    if reply.status in wrong_key:
        return Failed(f"it knows no such address ({reply.status}); check the variable{words}")
    if reply.status == 403:
        return Failed(f"it does not let us write there (403){words}")
    return Failed(f"it refused ({reply.status}){words}")


@dataclass(frozen=True, slots=True)
class Telegram:
    """https://core.telegram.org/bots/api - no parse mode: every character is shown as it is."""

    token: SecretStr
    chat: str
    base: str = TELEGRAM_URL
    title = "Telegram"
    takes_pictures = True

    def _url(self, method: str) -> str:
        return f"{self.base}/bot{self.token.get_secret_value()}/{method}"

    def picture(self, png: bytes, name: str, caption: str) -> HttpRequest:
        fields = {"chat_id": self.chat, "caption": _cut(caption, LONGEST_CAPTION)}
        headers, body = _form(fields, "photo", name, png)
        return HttpRequest("POST", self._url("sendPhoto"), headers, body)

    def text(self, text: str) -> HttpRequest:
        payload = {"chat_id": self.chat, "text": text, "link_preview_options": {"is_disabled": True}}
        return _json(self._url("sendMessage"), payload)

    def check(self, reply: HttpReply) -> None:
        told = _decoded(reply)
        if reply.status == 200 and told.get("ok") is True:
            return
        if reply.status == 200:
            raise Failed("its answer cannot be read, so it may or may not have arrived")
        more = told.get("parameters")
        waits = more.get("retry_after") if isinstance(more, dict) else reply.headers.get("retry-after")
        raise _refusal(reply, told.get("description"), waits, (401, 404))


@dataclass(frozen=True, slots=True)
class Slack:
    """https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks - text alone, no files."""

    webhook: SecretStr
    title = "Slack"
    takes_pictures = False

    def picture(self, png: bytes, name: str, caption: str) -> HttpRequest:
        return self.text(caption)

    def text(self, text: str) -> HttpRequest:
        safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        payload = {"text": safe, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False, "link_names": 0}
        return _json(self.webhook.get_secret_value(), payload)

    def check(self, reply: HttpReply) -> None:
        if reply.status == 200 and reply.body.strip() == b"ok":
            return
        if reply.status == 200:
            raise Failed("its answer cannot be read, so it may or may not have arrived")
        told = reply.body[:200].decode("utf-8", "replace")
        raise _refusal(reply, told, reply.headers.get("retry-after"), (404, 410))


_DISCORD_MARKS = re.compile(r"([\\*_~`|>#\[\]()<@-])")


@dataclass(frozen=True, slots=True)
class Discord:
    """https://discord.com/developers/docs/resources/webhook - nobody is mentioned, no link is unfolded."""

    webhook: SecretStr
    title = "Discord"
    takes_pictures = True

    @staticmethod
    def _payload(text: str) -> dict[str, object]:
        safe = _DISCORD_MARKS.sub(r"\\\1", text)
        return {"content": _cut(safe, 2000), "allowed_mentions": {"parse": []}, "flags": 4}

    def picture(self, png: bytes, name: str, caption: str) -> HttpRequest:
        payload = json.dumps(self._payload(_cut(caption, LONGEST_CAPTION)))
        headers, body = _form({"payload_json": payload}, "files[0]", name, png)
        return HttpRequest("POST", self.webhook.get_secret_value(), headers, body)

    def text(self, text: str) -> HttpRequest:
        return _json(self.webhook.get_secret_value(), self._payload(text))

    def check(self, reply: HttpReply) -> None:
        if reply.status in (200, 204):
            return
        told = _decoded(reply)
        waits = told.get("retry_after", reply.headers.get("retry-after"))
        raise _refusal(reply, told.get("message"), waits, (401, 404))


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one message on one channel; `why` is "" where it arrived."""

    channel: str
    why: str = ""

    @property
    def arrived(self) -> bool:
        return not self.why


@dataclass(slots=True)
class Channels:
    """Every channel that the user set up.

    Attributes:
        prefix: before every text, so that nobody takes paper for real: "[PAPER] ".
    """

    channels: Sequence[Channel]
    transport: Transport
    clock: Clock
    prefix: str = ""
    _lock: anyio.Lock = field(default_factory=anyio.Lock)

    @property
    def titles(self) -> str:
        return ", ".join(channel.title for channel in self.channels)

    async def deliver(self, picture: Picture) -> str:
        """Sends a chart to every channel; returns what to tell the user. Never raises for a failure to deliver."""
        caption = f"{self.prefix}{picture.caption}"
        described = f"{caption}\n{picture.alt}"

        def request(channel: Channel) -> HttpRequest:
            return channel.picture(picture.png, picture.name, caption if channel.takes_pictures else described)

        found = await self._to_all(request)
        textual = {channel.title for channel in self.channels if not channel.takes_pictures}
        said = []
        for one in found:
            what = "Sent to" if one.channel not in textual else "Described (its webhooks take no pictures) to"
            said.append(f"{what} {one.channel}" if one.arrived else f"NOT sent to {one.channel}: {one.why}")
        return "; ".join(said) + "." if said else ""

    async def tell(self, text: str) -> list[Delivery]:
        """Sends a text to every channel."""
        whole = _cut(f"{self.prefix}{text}", LONGEST_TEXT)
        return await self._to_all(lambda channel: channel.text(whole))

    async def _to_all(self, request: Callable[[Channel], HttpRequest]) -> list[Delivery]:
        found: dict[str, Delivery] = {}

        async def one(channel: Channel) -> None:
            found[channel.title] = await self._send(channel, request(channel))

        async with self._lock, anyio.create_task_group() as group:
            for channel in self.channels:
                group.start_soon(one, channel)
        return [found[channel.title] for channel in self.channels]

    async def _send(self, channel: Channel, request: HttpRequest) -> Delivery:
        why = "it took too long"
        with anyio.move_on_after(PATIENCE_S):
            for attempt in range(1, TRIES + 1):
                wait: float | None
                try:
                    channel.check(await self.transport.send(request, timeout=TIMEOUT_S))
                    return Delivery(channel.title)
                except Failed as failure:
                    why, wait = str(failure), failure.wait
                except ValueError:
                    why, wait = "its address cannot be used as it is written", None
                except NetworkFault:
                    why, wait = "it cannot be reached, or did not answer", FIRST_PAUSE_S * attempt
                if wait is None or wait > LONGEST_WAIT_S or attempt == TRIES:
                    break
                await self.clock.sleep(wait)
        return Delivery(channel.title, why)


def channels_of(settings: Settings, transport: Transport, clock: Clock) -> Channels | None:
    """The channels that were set up; None where there is none."""
    found: list[Channel] = []
    if settings.telegram_token.get_secret_value():
        base = settings.telegram_url or TELEGRAM_URL
        found.append(Telegram(settings.telegram_token, settings.telegram_chat, base))
    if settings.slack_webhook.get_secret_value():
        found.append(Slack(settings.slack_webhook))
    if settings.discord_webhook.get_secret_value():
        found.append(Discord(settings.discord_webhook))
    if not found:
        return None
    prefix = "" if settings.mode == "live" else f"[{settings.mode.upper()}] "
    return Channels(found, transport, clock, prefix)
