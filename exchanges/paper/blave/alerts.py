"""The face's alert stream: a Redis stream of 1,000 messages a channel, served as server-sent events.

The channel "demo" has an alert of its own every five minutes: whether BTC rose or fell in the hour before. Other
channels have what `publish` puts there, and are empty without it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.blave import series
from blave_mcp.exchanges.paper.blave.asking import Ask, BlaveRefusal
from blave_mcp.exchanges.paper.face import encode, short
from blave_mcp.exchanges.paper.market import MINUTE, SECOND

BUFFER = 1_000
KEEPALIVE_MS = 15 * SECOND
DEMO = "demo"
DEMO_EVERY_MS = 5 * MINUTE
DEMO_BUFFER = 50
Id = tuple[int, int]


@dataclass(slots=True)
class AlertBoard:
    """What was sent to each channel, the newest 1,000."""

    _channels: dict[str, deque[tuple[Id, Mapping[str, Any]]]] = field(default_factory=dict)
    _last: dict[str, Id] = field(default_factory=dict)

    def publish(self, channel: str, fields: Mapping[str, Any], now_ms: int) -> str:
        """Adds an alert, as TradingView's webhook does; returns its id."""
        ms, count = self._last.get(channel, (0, -1))
        id = (now_ms, 0) if now_ms > ms else (ms, count + 1)
        self._last[channel] = id
        self._channels.setdefault(channel, deque(maxlen=BUFFER)).append((id, dict(fields)))
        return f"{id[0]}-{id[1]}"

    def last(self, channel: str) -> Id:
        """Returns the newest id of a channel."""
        return self._last.get(channel, (0, 0))

    def after(self, channel: str, last: Id) -> list[tuple[Id, Mapping[str, Any]]]:
        """Returns what came after an id, as far as it is still held."""
        return [each for each in self._channels.get(channel, ()) if each[0] > last]


def start_of(ask: Ask) -> tuple[str, Id]:
    """Returns channel and id after which a new connection is to be served.

    Raises:
        BlaveRefusal: no channel, or an id that is none.
    """
    channel = ask.text("channel")
    last = ask.params.get("last_id", "$")
    if last == "$":
        demo = (ask.now - ask.now % DEMO_EVERY_MS, 0) if channel == DEMO else (0, 0)
        return channel, max(demo, ask.face.board.last(channel))
    ms, _, count = last.partition("-")
    if not (ms.isdecimal() and ms.isascii() and (not count or (count.isdecimal() and count.isascii()))):
        raise BlaveRefusal(400, "invalid last_id")
    return channel, (int(ms), int(count or 0))


def demo_alerts(ask: Ask, last: Id) -> list[tuple[Id, Mapping[str, Any]]]:
    """Returns the demonstration's alerts after an id, at most the newest 50."""
    newest = ask.now // DEMO_EVERY_MS
    oldest = max(last[0] // DEMO_EVERY_MS, newest - DEMO_BUFFER + 1)
    listing = ask.listings.get("BTCUSDT") or next(iter(ask.listings.values()), None)
    found: list[tuple[Id, Mapping[str, Any]]] = []
    for slot in range(oldest, newest + 1):
        id = (slot * DEMO_EVERY_MS, 0)
        if id <= last or listing is None:
            continue
        change = series.price_change(ask.market, listing, 60, id[0])
        price = ask.market.prices(listing.key, id[0]).last
        rose = change is not None and change >= Decimal(0)
        found.append(
            (
                id,
                {
                    "action": "buy" if rose else "sell",
                    "symbol": listing.symbol,
                    "price": short(price),
                    "comment": "paper demonstration: synthetic",
                },
            )
        )
    return found


def event(id: Id, fields: Mapping[str, Any]) -> bytes:
    return f"data: {encode({'id': f'{id[0]}-{id[1]}', **fields})}\n\n".encode()


KEEPALIVE = b": keepalive\n\n"


class AlertStream:
    """One open connection.

    Args:
        newer: what came on the channel after an id, at a wall time.
        cuts: how often the streams of the face have been cut; one that was open then is over.
    """

    def __init__(
        self,
        newer: Callable[[Id, int], list[tuple[Id, Mapping[str, Any]]]],
        last: Id,
        now_ms: int,
        cuts: Callable[[], int],
    ) -> None:
        self._newer = newer
        self._last = last
        self._heard_ms = now_ms
        self._cuts = cuts
        self._born = cuts()

    def poll(self, now_ms: int) -> bytes | None:
        """Returns what is to be sent now; None where the connection is cut."""
        if self._cuts() != self._born:
            return None
        sent = b""
        for id, fields in self._newer(self._last, now_ms):
            sent += event(id, fields)
            self._last = id
        if not sent and now_ms - self._heard_ms >= KEEPALIVE_MS:
            sent = KEEPALIVE
        if sent:
            self._heard_ms = now_ms
        return sent
