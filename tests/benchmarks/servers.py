"""Our server beside a bare one of the same SDK, over real stdio: start, memory, round trips, and the list of tools."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from tests.benchmarks.effort import Effort
from tests.benchmarks.measure import Bound, Figure, Samples, at_most, interleaved
from tests.benchmarks.stdio import BARE_TOOL, Bench, bench, resident_kib

SETTLED_S = 0.5
LONGEST_TO_SETTLE = 20
START = at_most(1.15)
MEMORY = at_most(1.3)
LIST_KB = at_most(60)
TOOLS = at_most(45)
SHOWN = 3
READS = (
    ("get_ticker", {"venue": "binance", "symbols": "BTC/USDT", "market": "perpetual"}),
    ("get_positions", {"venue": "binance", "market": "perpetual"}),
)


def start(effort: Effort) -> list[Figure]:
    """From the start of the process to the reply to `initialize`, and the processor's time until it has ended."""
    wall, busy = Samples(), Samples()
    with bench() as made:
        for command in (made.ours, made.bare):
            _first_reply(made, command)
        for n in range(effort.starts):
            sides = [(made.ours, wall.ours, busy.ours), (made.bare, wall.baseline, busy.baseline)]
            for command, seconds, cpu in sides if n % 2 else reversed(sides):
                before = _children_s()
                seconds.append(_first_reply(made, command))
                cpu.append(_children_s() - before)
    figures = [wall.costlier("start to first reply", "ms", scale=1000, target=START)]
    if all(busy.ours) and all(busy.baseline):
        figures.append(busy.costlier("processor time of a start and an end", "ms", scale=1000))
    return figures


def _first_reply(made: Bench, command: Sequence[str]) -> float:
    begun = time.perf_counter()
    with made.start(command) as server:
        server.initialize()
        return time.perf_counter() - begun


def _children_s() -> float:
    """The processor's seconds of all children that have ended; 0 where the system does not count them."""
    times = os.times()
    return times.children_user + times.children_system


def memory(effort: Effort) -> list[Figure]:
    """Resident memory after the handshake and `tools/list`, once it no longer grows. Empty where it cannot be read."""
    with bench() as made:
        if resident_kib(os.getpid()) is None:
            return []
        samples = interleaved(lambda: _idle(made, made.ours), lambda: _idle(made, made.bare), effort.processes)
    return [samples.costlier("idle memory", "MB", scale=1024 / 1e6, target=MEMORY)]


def _idle(made: Bench, command: Sequence[str]) -> float:
    """KiB."""
    with made.start(command) as server:
        server.greet()
        server.request("tools/list")
        held = resident_kib(server.pid)
        for _ in range(LONGEST_TO_SETTLE):
            time.sleep(SETTLED_S)
            before, held = held, resident_kib(server.pid)
            if held == before:
                break
        if held is None:
            raise RuntimeError("the server's memory can no longer be read")
        return held


def round_trips(effort: Effort) -> list[Figure]:
    """A read over the paper exchange and back, beside a tool that only says its argument again."""
    figures = []
    with bench() as made, made.start(made.ours) as ours, made.start(made.bare) as bare:
        ours.greet()
        bare.greet()

        def ask(name: str, arguments: dict[str, Any]) -> Callable[[], float]:
            return lambda: ours.call(name, arguments)[0]

        def echo() -> float:
            taken, result = bare.call(BARE_TOOL, {"text": "abc"})
            assert result["content"][0]["text"] == "abc"
            return taken

        for name, arguments in READS:
            first, _ = ours.call(name, arguments)
            echo()
            samples = interleaved(ask(name, arguments), echo, effort.calls)
            figures += [
                samples.costlier(f"{name} over stdio", "ms", scale=1000),
                Figure(name=f"{name}, the first call", ours=first * 1000, unit="ms"),
            ]
    return figures


def listing(effort: Effort) -> list[Figure]:
    """What a model's context pays for the list of tools: the bytes of the reply, and the largest tools."""
    with bench() as made, made.start(made.ours) as server:
        server.greet()
        line = server.request("tools/list")
    tools = json.loads(line)["result"]["tools"]
    sizes = sorted(((_bytes(tool), tool["name"]) for tool in tools), reverse=True)
    total = sum(size for size, _ in sizes)
    return [
        _plain("tools/list", len(line) / 1000, "kB", LIST_KB, f"{total / len(tools):.0f} bytes a tool"),
        _plain("tools in the list", len(tools), "tools", TOOLS),
        *(_plain(f"  {name}", size / 1000, "kB") for size, name in sizes[:SHOWN]),
    ]


def _plain(name: str, value: float, unit: str, target: Bound | None = None, note: str = "") -> Figure:
    return Figure(name=name, ours=value, unit=unit, target=target, note=note)


def _bytes(tool: dict[str, Any]) -> int:
    return len(json.dumps(tool, ensure_ascii=False, separators=(",", ":")).encode())
