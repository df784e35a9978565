"""stdin and stdout, kept for the protocol alone, and read so that a signal can end the process."""

from __future__ import annotations

import os
import sys
import threading

import anyio
import anyio.from_thread
import anyio.lowlevel
import anyio.to_thread


class Wire:
    """The process's stdin and stdout. Once it is made, whatever else prints prints to stderr, to the very end.

    It serves the SDK's `stdio_server` as both of its streams. stdin is read in a thread that does not keep the process
    alive: no read from a pipe can be interrupted, and a server that is told to stop must not wait for one.
    """

    def __init__(self) -> None:
        sys.stdout.flush()
        self._stdin, self._stdout = os.dup(0), os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        self._found, self._lines = anyio.create_memory_object_stream[str]()

    def __aiter__(self) -> Wire:
        """Starts reading: the lines of stdin, until it ends or stdout is found closed."""
        threading.Thread(target=self._read, args=[anyio.lowlevel.current_token()], name="stdin", daemon=True).start()
        return self

    async def __anext__(self) -> str:
        try:
            return await self._lines.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    def _read(self, token: anyio.lowlevel.EventLoopToken) -> None:
        try:
            with os.fdopen(self._stdin, "rb") as stdin:
                for line in stdin:
                    anyio.from_thread.run(self._found.send, line.decode("utf-8", "replace"), token=token)
            anyio.from_thread.run(self._found.aclose, token=token)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, RuntimeError):
            return  # the server has stopped, or its loop has ended

    async def write(self, text: str) -> None:
        """Writes to stdout. A client that has gone is no fault: it ends what is read, and so the serving."""
        try:
            await anyio.to_thread.run_sync(self._write, text.encode())
        except OSError:
            self._found.close()

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._stdout, rest) :]

    async def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Reads no more."""
        self._found.close()
        self._lines.close()
