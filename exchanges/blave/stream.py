"""The TradingView alert stream: bytes -> alerts. Pure.

Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): UTF-8 lines, an event ends with an
empty line, and the space after a field's colon is optional. Blave sends each alert as one `data:` of JSON with the
stream's id in it, and the comment `: keepalive` every 15 seconds.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.blave.endpoints import BLAVE
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.exact import exact_json
from blave_mcp.exchanges.params import plain

KEEPALIVE_S = 15
SILENCE_S = 2 * KEEPALIVE_S + 5
"""A link on which nothing was heard for so long is dead: two keepalives and the time that they travel."""
NEWEST = "$"
"""Stands for "only what comes from now on"."""
LONGEST_EVENT = 1_000_000
_ID = re.compile(r"[0-9]{1,18}-[0-9]{1,18}")
_CHANNEL = re.compile(r"[A-Za-z0-9_.:-]{1,80}")
_LINE = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """One TradingView alert. Everything but the id was written by whoever configured the alert: untrusted.

    Attributes:
        id: of the stream, "1712054400000-0": milliseconds and a counter. "" where the alert carries none.
        fields: name -> value as text; a nested value is its JSON.
    """

    id: str
    fields: Mapping[str, str]


def known_channel(channel: str) -> str:
    """Raises BadArgument where it cannot be a channel's name."""
    if not _CHANNEL.fullmatch(channel):
        raise BadArgument(
            f'"{channel[:40]}" cannot be a channel.', advice="Letters, digits and _ . : - ; Blave gives you the name."
        )
    return channel


def known_id(id: str) -> str:
    """Raises BadArgument where it is no id of the stream."""
    if not _ID.fullmatch(id):
        raise BadArgument(f'"{id[:40]}" is no id of an alert.', advice="They look like 1712054400000-0.")
    return id


def order_of(id: str) -> tuple[int, int]:
    """Sorts ids as the stream does: by milliseconds, then by counter."""
    ms, _, count = id.partition("-")
    return int(ms), int(count)


def stream_call(channel: str, last_id: str) -> Call:
    """Asks for the alerts of a channel after an id."""
    return BLAVE["data.tradingview.stream"].call(channel=channel, last_id=last_id)


class AlertReader:
    """Reads alerts out of a stream's bytes, however they are cut. What is no JSON object becomes an alert of its text,
    and one without end is left out, said so: neither may stop those that follow."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self._data: list[str] = []
        self._id = ""
        self._size = 0
        self._began = False

    def feed(self, chunk: bytes) -> Iterator[AlertEvent]:
        """Takes the next bytes and gives the alerts that they complete."""
        text = self._decode.decode(chunk)
        if text and not self._began:
            self._began, text = True, text.removeprefix("\ufeff")
        self._text += text
        at = 0
        while (found := _LINE.search(self._text, at)) is not None:
            if found.group() == "\r" and found.end() == len(self._text):
                break  # the line feed that may follow has not come yet
            line, at = self._text[at : found.start()], found.end()
            if line:
                self._field(line)
            elif self._data:
                yield self._alert()
        self._text = self._text[at:]
        if len(self._text) > LONGEST_EVENT:
            self._size += len(self._text)
            self._text = "data:"  # the rest of a line that is too long anyway

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._size += len(value)
            self._data.append(value if self._size <= LONGEST_EVENT else "")
        elif name == "id" and "\0" not in value:
            self._id = value

    def _alert(self) -> AlertEvent:
        data, size = "\n".join(self._data), self._size
        self._data, self._size = [], 0
        if size > LONGEST_EVENT:
            return AlertEvent("", {"text": f"an alert of {size} characters, left out"})
        return parse_alert(data, self._id)


def parse_alert(data: str, event_id: str = "") -> AlertEvent:
    """{"id": "1712054400000-0", "action": "buy", ...}: anything that is no text becomes its JSON."""
    try:
        found = exact_json(data.encode())
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        found = {"text": data}
    id = str(found.pop("id", "") or event_id)
    return AlertEvent(id if _ID.fullmatch(id) else "", {str(name): _text(value) for name, value in found.items()})


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=plain)
