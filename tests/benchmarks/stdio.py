"""Servers as a client meets them: a process, and lines of JSON through its pipes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.conftest import OURS

PROTOCOL = "2025-11-25"
LONGEST_S = 300.0
BARE_TOOL = "echo"
BARE = f'''\
from mcp.server import MCPServer

server = MCPServer("bare", log_level="WARNING")


@server.tool()
def {BARE_TOOL}(text: str) -> str:
    """Says the text again."""
    return text


server.run("stdio")
'''
"""The least server that the SDK can make: what every server pays."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Both servers, ready to be started.

    Attributes:
        folder: where they run and keep their files.
    """

    folder: Path
    ours: tuple[str, ...]
    bare: tuple[str, ...]

    def start(self, command: Sequence[str]) -> Server:
        return Server(command, self.folder)


@contextmanager
def bench() -> Iterator[Bench]:
    """Makes a folder for both servers, and takes it away."""
    with tempfile.TemporaryDirectory(prefix="blave-mcp-benchmarks-") as name:
        folder = Path(name)
        bare = folder / "bare.py"
        bare.write_text(BARE, "utf-8")
        found = shutil.which("blave-mcp", path=str(Path(sys.executable).parent))
        installed = (found,) if found else (sys.executable, "-m", "blave_mcp.server.cli")
        yield Bench(folder, (*installed, "serve"), (sys.executable, str(bare)))


class Server:
    """A server in a process of its own, in paper mode, without a key and without a `.env`.

    Args:
        folder: its working folder and its home.
    """

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        # Without cached bytecode ours would be compiled at every start, and the installed packages not.
        unwanted = "PYTHONDONTWRITEBYTECODE"
        clean = {name: value for name, value in os.environ.items() if name != unwanted and not OURS.match(name)}
        own = {"BLAVE_MCP_HOME": str(folder / "home"), "BLAVE_MCP_ENV_FILE": os.devnull, "BLAVE_MCP_MODE": "paper"}
        self._errors = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**clean, **own},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        # A server that hangs is ended, so that reading from it ends too.
        self._watch = threading.Timer(LONGEST_S, self._process.kill)
        self._watch.daemon = True
        self._watch.start()
        self._count = 0

    @property
    def pid(self) -> int:
        return self._process.pid

    def initialize(self) -> None:
        """Sends `initialize` and reads the reply; `initialized` is left to `greet`."""
        client = {"name": "benchmark", "version": "1"}
        self.request("initialize", {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": client})

    def greet(self) -> None:
        """The whole handshake."""
        self.initialize()
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def request(self, method: str, params: dict[str, Any] | None = None) -> bytes:
        """Returns the line that answers.

        Raises:
            RuntimeError: an error, or a server that has ended.
        """
        self._count += 1
        self._send({"jsonrpc": "2.0", "id": self._count, "method": method, "params": params or {}})
        assert self._process.stdout is not None
        while line := self._process.stdout.readline():
            told = json.loads(line)
            if told.get("id") != self._count:
                continue
            if "error" in told:
                raise RuntimeError(f"{method}: {told['error']}")
            return line
        self._errors.seek(0)
        raise RuntimeError(f"the server ended: {self._errors.read()[-2000:].decode(errors='replace')}")

    def call(self, tool: str, arguments: dict[str, Any]) -> tuple[float, dict[str, Any]]:
        """Calls a tool; returns the seconds from the request to the reply, and its result.

        Raises:
            RuntimeError: the tool failed.
        """
        begun = time.perf_counter()
        line = self.request("tools/call", {"name": tool, "arguments": arguments})
        taken = time.perf_counter() - begun
        result: dict[str, Any] = json.loads(line)["result"]
        if result.get("isError"):
            raise RuntimeError(f"{tool}: {result['content']}")
        return taken, result

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """Closes its stdin, at which it ends."""
        with self._errors, self._process:
            try:
                self._process.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.communicate()
        self._watch.cancel()

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def resident_kib(pid: int) -> int | None:
    """What a process holds in memory; None where the system has no way to ask."""
    status = Path(f"/proc/{pid}/status")
    if status.is_file():
        lines = status.read_text("ascii", "replace").splitlines()
        return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), None)
    if shutil.which("ps") is None:
        return None
    told = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return int(told) if told.strip().isdecimal() else None
