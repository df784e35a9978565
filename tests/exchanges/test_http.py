"""The real transport against a real server on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from blave_mcp.exchanges.http import HttpTransport
from blave_mcp.exchanges.wire import HttpRequest, NetworkFault


class _Handler(BaseHTTPRequestHandler):
    seen: ClassVar[list[tuple[str, str, dict[str, str], bytes]]] = []

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.seen.append((self.command, self.path, dict(self.headers), body))
        if self.path.startswith("/hang-up"):
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if self.path.startswith("/slow"):
            threading.Event().wait(1.0)
        self.send_response(302 if self.path.startswith("/moved") else 200)
        self.send_header("Location", "/elsewhere")
        self.send_header("X-Used", "7")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    do_GET = do_POST = do_DELETE = do_PUT = _answer

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def base() -> Iterator[str]:
    _Handler.seen.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


TRICKY = "a=1&batch=%5B%7B%22x%22%3A%221%22%7D%5D&e=%40&s=a%2Bb%20c&n=x-52DDFAFNid&signature=00ff"


async def test_the_bytes_that_were_signed_are_the_bytes_that_arrive(base: str) -> None:
    async with HttpTransport() as transport:
        await transport.send(HttpRequest("GET", f"{base}/path?{TRICKY}", {"X-Key": "k"}), timeout=5)
        await transport.send(HttpRequest("POST", f"{base}/path", {"X-Key": "k"}, TRICKY.encode()), timeout=5)
    (_, path, headers, _), (_, _, _, body) = _Handler.seen
    assert path == f"/path?{TRICKY}"
    assert headers["X-Key"] == "k"
    assert body == TRICKY.encode()


async def test_header_names_come_back_in_lower_case(base: str) -> None:
    async with HttpTransport() as transport:
        reply = await transport.send(HttpRequest("GET", f"{base}/"), timeout=5)
    assert (reply.status, reply.headers["x-used"], reply.body) == (200, "7", b"ok")


async def test_a_redirect_is_not_followed(base: str) -> None:
    async with HttpTransport() as transport:
        reply = await transport.send(HttpRequest("GET", f"{base}/moved"), timeout=5)
    assert reply.status == 302
    assert len(_Handler.seen) == 1


@pytest.mark.parametrize("path", ["/hang-up", "/slow"])
async def test_a_request_that_left_and_got_no_answer_counts_as_sent_and_is_not_repeated(base: str, path: str) -> None:
    async with HttpTransport() as transport:
        with pytest.raises(NetworkFault) as fault:
            await transport.send(HttpRequest("POST", f"{base}{path}?secret=1", body=b"x"), timeout=0.2)
    assert fault.value.sent
    assert "secret" not in str(fault.value)
    assert len(_Handler.seen) == 1


async def test_a_refused_connection_counts_as_not_sent() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with HttpTransport() as transport:
        with pytest.raises(NetworkFault) as fault:
            await transport.send(HttpRequest("POST", f"http://127.0.0.1:{port}/"), timeout=2)
    assert not fault.value.sent


async def test_a_url_that_would_be_rewritten_is_not_sent(base: str) -> None:
    async with HttpTransport() as transport:
        with pytest.raises(ValueError, match="signature"):
            await transport.send(HttpRequest("GET", f"{base}/a b?x=ü"), timeout=2)
    assert _Handler.seen == []


async def test_no_proxy_is_taken_from_the_environment(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with HttpTransport() as transport:
        assert (await transport.send(HttpRequest("GET", f"{base}/"), timeout=5)).status == 200
