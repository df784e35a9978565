"""Venues on this machine's loopback, for what the paper exchange inside the server cannot do: be slow, be hostile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

from blave_mcp.exchanges.paper.face import MemoryBookStore
from blave_mcp.exchanges.paper.faces import open_face
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.wire import HttpReply, HttpRequest
from blave_mcp.server.paper_house import paper_key
from tests.server.peers import PATIENCE

ORDER = ("POST", "/fapi/v1/order")


class LoopbackVenue:
    """Answers HTTP on 127.0.0.1 as it is told.

    Attributes:
        requests: method and path of everything that came, in order.
    """

    def __init__(self, answer: Callable[[HttpRequest], HttpReply]) -> None:
        self._answer = answer
        self.requests: list[tuple[str, str]] = []
        venue = self

        class Handler(BaseHTTPRequestHandler):
            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                self.close_connection = True
                if self.raw_requestline and self.parse_request():
                    venue._serve(self)

            def log_message(self, format: str, *args: Any) -> None:
                """Tests watch what was asked by `requests`."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that went before it was answered."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.05])
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        request = HttpRequest(handler.command, self.url + handler.path, dict(handler.headers), body)
        self.requests.append((handler.command, urlsplit(handler.path).path))
        reply = self._answer(request)
        handler.send_response(reply.status)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(reply.body)))
        handler.end_headers()
        handler.wfile.write(reply.body)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class HeldVenue(LoopbackVenue):
    """Binance's perpetuals on the paper exchange, whose answers to orders can be held back.

    Attributes:
        hold: whether they are. The order is carried out all the same.
        arrived: set as soon as an order is carried out.
        release: lets the answers go.
    """

    def __init__(self) -> None:
        key = paper_key("binance")
        self._face = open_face(
            "binance-futures", SyntheticMarket(), MemoryBookStore(), now_ms, key=key.key, secret=key.secret
        )
        self._turn = threading.Lock()
        self.hold = True
        self.arrived, self.release = threading.Event(), threading.Event()
        super().__init__(self._held)

    def _held(self, request: HttpRequest) -> HttpReply:
        with self._turn:
            reply = self._face.answer(request)
        if (request.method, urlsplit(request.url).path) == ORDER:
            self.arrived.set()
            if self.hold:
                self.release.wait(PATIENCE)
        return reply

    @property
    def orders(self) -> int:
        """How many orders were sent."""
        return self.requests.count(ORDER)

    def __exit__(self, *_: object) -> None:
        self.release.set()
        super().__exit__()


def now_ms() -> int:
    return time.time_ns() // 1_000_000
