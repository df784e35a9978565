"""A server in a process of its own, and a client that speaks to it line by line."""

from __future__ import annotations

import json
import os
import queue
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, Self

HANDSHAKE = "2025-11-25"
MODERN = "2026-07-28"
PATIENCE = 60.0
"""Longer than anything takes on a busy machine; only a test that fails waits so long."""
READING_S = 2.1
"""A little longer than the gate lets a person read."""

INFO = {"name": "lines", "version": "1"}
SERVE = ("-m", "blave_mcp.server.cli", "serve")

Answer = Callable[[dict[str, Any]], dict[str, Any]]
"""What the client answers to a request of the server: its `result` or its `error`."""


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a server: nothing of whoever runs the tests but what a process needs to start."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "BLAVE_MCP_HOME": str(home),
        "BLAVE_MCP_ENV_FILE": os.devnull,
        **more,
    }


def run(*args: str, home: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs a command of `blave-mcp` to its end."""
    command = [sys.executable, "-m", "blave_mcp.server.cli", *args]
    return subprocess.run(
        command, env=environment(home, **env), capture_output=True, text=True, timeout=PATIENCE, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


class Peer:
    """A running server.

    Args:
        era: the protocol that `request` speaks: by handshake, which is up to `initialize`, or with an envelope each.
        capabilities: what the client says that it can.
        python: what the interpreter is given.

    Attributes:
        answer: answers what the server asks of the client.
        asked: what the server asked of the client.
        heard: the notifications that came while a reply was waited for.
        hello: what the server said of itself.
        info: what the client says that it is.
        stray: lines on stdout that are no message of the protocol.
    """

    def __init__(
        self,
        home: Path,
        *args: str,
        era: str = HANDSHAKE,
        capabilities: Mapping[str, Any] | None = None,
        python: tuple[str, ...] = SERVE,
        **env: str,
    ) -> None:
        self.home = home
        self.era = era
        self.capabilities = dict(capabilities or {})
        self.info: dict[str, Any] = dict(INFO)
        self.answer: Answer = lambda _request: {"error": {"code": -32601, "message": "Method not found"}}
        self.asked: list[dict[str, Any]] = []
        self.heard: list[dict[str, Any]] = []
        self.hello: dict[str, Any] = {}
        self.stray: list[str] = []
        self._replies: dict[Any, dict[str, Any]] = {}
        self._messages: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._last = 0
        self._deaf = threading.Event()
        self._log = (home.parent / f"{home.name}-{id(self)}.log").open("w+b")
        self.process = subprocess.Popen(
            [sys.executable, *python, *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=environment(home, **env),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def stdin(self) -> IO[bytes]:
        assert self.process.stdin is not None
        return self.process.stdin

    @property
    def stdout(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout

    def _read(self) -> None:
        rest = b""
        while not self._deaf.is_set():
            if not select.select([self.stdout], [], [], 0.05)[0]:
                continue
            found = os.read(self.stdout.fileno(), 1 << 16)
            *lines, rest = (rest + found).split(b"\n")
            for line in lines if found else filter(None, [rest]):
                message = _message(line)
                if message is None:
                    self.stray.append(line.decode("utf-8", "replace"))
                else:
                    self._messages.put(message)
            if not found:
                break
        self._messages.put(None)

    def hang_up(self) -> None:
        """Closes its end of the server's stdout: whatever the server writes then breaks the pipe."""
        self._deaf.set()
        self._reader.join()
        self.stdout.close()

    def line(self, line: bytes) -> None:
        """Sends a line as it is."""
        self.stdin.write(line + b"\n")
        self.stdin.flush()

    def notify(self, method: str, **params: Any) -> None:
        self.line(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode())

    def send(self, method: str, params: Mapping[str, Any] | None = None) -> int:
        """Sends a request and returns its id."""
        self._last += 1
        given = dict(params or {})
        if self.era == MODERN:
            given["_meta"] = self.envelope
        message = {"jsonrpc": "2.0", "id": self._last, "method": method, "params": given}
        self.line(json.dumps(message).encode())
        return self._last

    @property
    def envelope(self) -> dict[str, Any]:
        prefix = "io.modelcontextprotocol/"
        return {
            f"{prefix}protocolVersion": MODERN,
            f"{prefix}clientInfo": self.info,
            f"{prefix}clientCapabilities": self.capabilities,
        }

    def reply(self, id: int) -> dict[str, Any]:
        """Waits for the reply to a request; answers what the server asks meanwhile."""
        while id not in self._replies:
            message = self._messages.get(timeout=PATIENCE)
            assert message is not None, f"the server has gone: {self.log()}"
            if "method" not in message:
                self._replies[message["id"]] = message
            elif "id" in message:
                self.asked.append(message)
                self.line(json.dumps({"jsonrpc": "2.0", "id": message["id"], **self.answer(message)}).encode())
            else:
                self.heard.append(message)
        return self._replies.pop(id)

    def request(self, method: str, **params: Any) -> dict[str, Any]:
        """Sends a request and returns the reply to it, result or error."""
        return self.reply(self.send(method, params))

    def result(self, method: str, **params: Any) -> dict[str, Any]:
        reply = self.request(method, **params)
        assert "result" in reply, reply
        found: dict[str, Any] = reply["result"]
        return found

    def initialize(self) -> dict[str, Any]:
        """The handshake."""
        self.hello = self.result(
            "initialize", protocolVersion=HANDSHAKE, capabilities=self.capabilities, clientInfo=self.info
        )
        self.notify("notifications/initialized")
        return self.hello

    def call(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """Calls a tool; returns its result, failed or not."""
        return self.result("tools/call", name=tool, arguments=arguments)

    def data(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """Calls a tool that must succeed; returns its structured part."""
        result = self.call(tool, **arguments)
        assert not result.get("isError"), text_of(result)
        found: dict[str, Any] = result["structuredContent"]
        return found

    def settled(self, token: str) -> str:
        """Waits until an action is no longer being sent or looked up; returns its state."""
        deadline = time.monotonic() + PATIENCE
        while (state := self.data("get_action", action=token)["state"]) in ("approved", "sent", "unknown"):
            assert time.monotonic() < deadline, f"it is {state} for good"
            time.sleep(0.05)
        return str(state)

    def log(self) -> str:
        """What the server has written to stderr."""
        return Path(self._log.name).read_text("utf-8", "replace")

    def wait(self) -> int:
        """Waits until the process has ended of itself; returns its exit code."""
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def close(self) -> int:
        """Closes stdin, as clients do, and waits; returns the exit code."""
        if not self.stdin.closed:
            self.stdin.close()
        code = self.wait()
        self._put_away()
        return code

    def _put_away(self) -> None:
        self.stdout.close()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.wait()
        self.stdin.close()
        self._put_away()


def _message(line: bytes) -> dict[str, Any] | None:
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) and message.get("jsonrpc") == "2.0" else None


def text_of(result: Mapping[str, Any]) -> str:
    """Every text of a tool's result."""
    return "\n".join(block["text"] for block in result["content"] if block["type"] == "text")


SPOT_ORDER = {"venue": "binance", "market": "spot", "symbol": "ETH/USDT", "side": "buy", "quote_size": "50"}
PERPETUAL_ORDER = {
    "venue": "binance", "market": "perpetual", "symbol": "BTC/USDT", "side": "buy", "size": "0.01", "leverage": 5,
}  # fmt: skip
