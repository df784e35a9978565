"""Orders on the paper exchange: straight to its face, with books in memory and in SQLite, and through the gate."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import anyio

from blave_mcp.exchanges.binance.endpoints import BINANCE
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.paper.face import BookStore, FaceTransport, MemoryBookStore
from blave_mcp.exchanges.paper.faces import open_face
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.wire import Credentials
from blave_mcp.server.app import build
from blave_mcp.server.kinds import url_names
from blave_mcp.server.paper_books import PaperBooks
from blave_mcp.server.settings import load
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.registry import ALL_TOOLS
from blave_mcp.tools.spec import Result
from tests.benchmarks.effort import Effort
from tests.benchmarks.measure import Figure, Samples, spread
from tests.exchanges.binance.examples import BASE, DIALECT
from tests.fakes import FakeCaller, FakeClock

KEY = Credentials("bench-key", "bench-secret")
BETWEEN_S = 0.25
READ_S = 5.0
ORDER = {"symbol": "BTCUSDT", "type": "MARKET", "quantity": "0.01", "newOrderRespType": "RESULT"}
PROPOSED = {"venue": "binance", "market": "perpetual", "symbol": "BTC/USDT", "type": "market", "size": "0.01"}
PART = 10


def paper(effort: Effort) -> list[Figure]:
    """Orders a second over both stores, then whole actions a second as the server ships them."""
    with tempfile.TemporaryDirectory(prefix="blave-mcp-benchmarks-") as name:
        folder = Path(name)
        samples = _orders(folder, effort.orders)
        proposing, confirming = anyio.run(_actions, folder / "home", effort.actions)
    # Whether an order costs more the more there were before it.
    part = max(1, effort.orders // PART)
    early, late = samples.baseline[:part], samples.baseline[-part:]
    whole = [a + b for a, b in zip(proposing, confirming, strict=True)]
    plain = statistics.median(samples.baseline)
    return [
        _rate("orders a second, books in memory", samples.baseline),
        _rate("orders a second, books in SQLite", samples.ours, plain),
        Figure(
            name=f"an order of the last {part} of {effort.orders}, beside the first {part}",
            ours=min(late) * 1000,
            baseline=min(early) * 1000,
            unit="ms",
            ratio=min(late) / min(early),
        ),
        _rate("actions a second, proposed and confirmed", whole, plain),
        _rate("  of which proposing", proposing),
        _rate("  of which confirming", confirming),
    ]


def _rate(name: str, seconds: list[float], plain: float | None = None) -> Figure:
    """How often a second; `plain` is the seconds of the baseline."""
    middle = statistics.median(seconds)
    return Figure(
        name=name,
        ours=1 / middle,
        unit="/s",
        baseline=None if plain is None else 1 / plain,
        ratio=None if plain is None else plain / middle,
        noise=spread(seconds, middle),
    )


def _orders(folder: Path, count: int) -> Samples:
    """Sends the same market orders to a face over SQLite (ours) and to one over memory (the baseline).

    Every order fills; buys and sells take turns, so that the position stays small.
    """
    books = PaperBooks(folder / "paper.sqlite3")
    try:
        sides = [_Side(books), _Side(MemoryBookStore())]
        samples = Samples()
        for n in range(-2, count):
            call = BINANCE["futures.order.create"].call(ORDER, side="SELL" if n % 2 else "BUY")
            call = call.having(newClientOrderId=DIALECT.client_id("futures", "", f"b{n + 2}"))
            told = []
            for side, kept in zip(sides, (samples.ours, samples.baseline), strict=True):
                taken, body = side.place(call)
                told.append(body)
                if n >= 0:
                    kept.append(taken)
            assert told[0] == told[1]
            assert json.loads(told[0])["status"] == "FILLED", told[0]
    finally:
        books.close()
    return samples


class _Side:
    """A face of its own, with a market and a clock of its own."""

    def __init__(self, store: BookStore) -> None:
        self._clock = FakeClock()
        self._face: FaceTransport = open_face(
            "binance-futures", SyntheticMarket(), store, self._clock.now_ms, key=KEY.key, secret=KEY.secret
        )

    def place(self, call: Call) -> tuple[float, bytes]:
        """Signs and sends; returns the seconds that it took, and the answer."""
        self._clock.advance(BETWEEN_S)
        begun = time.perf_counter()
        request = DIALECT.request(
            call, KEY, base_url=BASE["futures"], now_ms=self._clock.now_ms(), testnet=False
        )  # fmt: skip
        reply = self._face.answer(request)
        taken = time.perf_counter() - begun
        assert reply.status == 200, reply.body
        return taken, reply.body


async def _actions(home: Path, count: int) -> tuple[list[float], list[float]]:
    """Proposes and confirms market orders in the server's own parts; only time is ours.

    Returns:
        The seconds that proposing took, and those that confirming took, action by action.
    """
    clock = FakeClock()
    settings = load(
        {"BLAVE_MCP_MODE": "paper", "BLAVE_MCP_HOME": str(home)}, url_names=url_names(), env_file=home / "none"
    )
    app = build(settings, clock=clock)
    proposing, confirming = [], []
    try:
        for n in range(-1, count):
            taken, pending = await _timed(app.desk, "place_order", **PROPOSED, side="sell" if n % 2 else "buy")
            clock.advance(READ_S)
            word = {"token": pending.data["token"], "confirmation": "CONFIRM"}
            more, done = await _timed(app.desk, "confirm_action", **word)
            assert done.data["state"] == "done", done.text
            if n >= 0:
                proposing.append(taken)
                confirming.append(more)
    finally:
        await app.aclose()
    return proposing, confirming


async def _timed(desk: Desk, name: str, **given: Any) -> tuple[float, Result]:
    """Runs a tool as the server does: its arguments checked first."""
    tool = next(tool for tool in ALL_TOOLS if tool.name == name)
    caller: dict[str, Any] = {"caller": FakeCaller()} if tool.wants_caller else {}
    begun = time.perf_counter()
    result = await tool.run(desk, **tool.check(given), **caller)
    return time.perf_counter() - begun, result
