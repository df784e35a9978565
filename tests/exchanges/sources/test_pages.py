"""How pages are read, over a real server on this machine."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from blave_mcp.exchanges.errors import BlaveError, RateLimited, Unavailable
from blave_mcp.exchanges.http import HttpTransport
from blave_mcp.exchanges.sources.pages import Pages, closed_pages
from blave_mcp.exchanges.wire import HttpReply, HttpRequest
from tests.fakes import FakeClock
from tests.server.venues import LoopbackVenue


async def read(answer: Callable[[HttpRequest], HttpReply], *, disguised: bool = False) -> bytes:
    with LoopbackVenue(answer) as host:
        async with HttpTransport() as transport:
            pages = Pages(transport, FakeClock(), disguised=transport if disguised else None)
            return await pages.read(f"{host.url}/page")


async def test_a_page_is_read_and_one_move_within_the_place_is_followed():
    def answer(request: HttpRequest) -> HttpReply:
        if request.url.endswith("/page"):
            return HttpReply(301, {"location": "/page/"})
        return HttpReply(200, {}, b"found")

    assert await read(answer) == b"found"


@pytest.mark.parametrize(
    ("reply", "kind", "why"),
    [
        (HttpReply(403), Unavailable, "turns programs away (403). No data was returned. pip install"),
        (HttpReply(404), Unavailable, "answers 404"),
        (HttpReply(502), Unavailable, "answers 502"),
        (HttpReply(429, {"retry-after": "30"}), RateLimited, "Wait 30 s"),
        (HttpReply(302, {"location": "https://elsewhere.example/"}), Unavailable, "leads to another place"),
        (HttpReply(302, {"location": "/page"}), Unavailable, "leads in a circle"),
    ],
)
async def test_what_is_no_page_is_told(reply: HttpReply, kind: type[BlaveError], why: str):
    with pytest.raises(kind) as failure:
        await read(lambda _: reply)
    assert why in str(failure.value)


async def test_a_page_that_turns_programs_away_is_asked_again_in_disguise_where_there_is_one():
    count = 0

    def answer(_: HttpRequest) -> HttpReply:
        nonlocal count
        count += 1
        return HttpReply(403) if count == 1 else HttpReply(200, {}, b"hello, browser")

    assert await read(answer, disguised=True) == b"hello, browser"
    with pytest.raises(Unavailable, match="Try again later"):
        await read(lambda _: HttpReply(403), disguised=True)


async def test_a_desk_without_pages_says_so():
    with pytest.raises(Unavailable, match="no page can be read here"):
        await closed_pages().read("https://example.com/")


async def test_the_browser_like_client_is_an_extra_and_reads_the_same_page():
    pytest.importorskip("curl_cffi")
    from blave_mcp.server.impersonate import BrowserTransport

    seen: list[str] = []

    def answer(request: HttpRequest) -> HttpReply:
        agent = next((v for k, v in request.headers.items() if k.lower() == "user-agent"), "")
        seen.append(agent)
        return HttpReply(200, {"x-kind": "page"}, b"found")

    with LoopbackVenue(answer) as host:
        reply = await BrowserTransport().send(HttpRequest("GET", f"{host.url}/x", {"user-agent": "ours"}), timeout=10)
    assert (reply.status, reply.body, reply.headers["x-kind"]) == (200, b"found", "page")
    assert "Chrome" in seen[0]
